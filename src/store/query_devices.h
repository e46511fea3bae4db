/*
 * query_devices.h - which devices of a database a query is about.
 */
#ifndef STORE_QUERY_DEVICES_H
#define STORE_QUERY_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "model/selection.h"
#include "store/database.h"
#include "wattle/error.h"

struct query_device {
    uint32_t number; /* in the database */
    char *id;
    char *name;     /* NULL = not known */
    char *location; /* NULL = not known */
};

/* In the bytewise order of their ids. Zero-initialised is empty. */
struct query_devices {
    struct query_device *items;
    size_t n, cap;
};

/*
 * Finds the devices of a selection. WATTLE_ERR_USAGE when a pattern
 * matches none, or as a database fails; to be released in any case.
 */
int query_devices_find(struct query_devices *devices, struct database *db,
                       const struct selection *selection,
                       struct wattle_error *error);

void query_devices_release(struct query_devices *devices);

#endif
