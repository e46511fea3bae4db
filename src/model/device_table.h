/*
 * device_table.h - names, locations and ratings of devices, by id.
 */
#ifndef MODEL_DEVICE_TABLE_H
#define MODEL_DEVICE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/registry.h"

struct device_info {
    const char *name;     /* NULL = not known */
    const char *location; /* NULL = not known */
    double rated_w;       /* NaN = not known */
    bool is_inactive;     /* the table says so: no readings are expected */
};

struct device_table {
    struct registry ids;
    struct device_info *infos; /* by number in ids; texts are owned */
    size_t cap;
};

void device_table_init(struct device_table *table);
void device_table_release(struct device_table *table);

/*
 * Adds a device; texts are copied, empty ones count as not known. A device
 * that is there already keeps what it has. 0 or WATTLE_ERR_MEMORY.
 */
int device_table_add(struct device_table *table, const char *id,
                     const char *name, const char *location, double rated_w,
                     bool is_inactive);

/* NULL when the id is not in the table. */
const struct device_info *device_table_find(const struct device_table *table,
                                            const char *id);

#endif
