/*
 * salvage_devices.h - the devices of a damaged database.
 *
 * A row whose checksum holds gives a device its id, name, location and rating.
 * Where a row is damaged, the index of ids, which is on other pages, still
 * tells which id a number has. A number without an id is called
 * damaged-NUMBER.
 */
#ifndef STORE_SALVAGE_DEVICES_H
#define STORE_SALVAGE_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/device_table.h"
#include "model/registry.h"
#include "store/checksum.h"
#include "store/database.h"

struct salvage_device_pair;

struct salvage_devices {
    struct registry ids; /* in the order of the new database */
    struct device_table table;
    uint32_t n_real; /* of the ids: the others are made up */
    struct salvage_device_pair *pairs;
    size_t n_pairs, pair_cap;
};

void salvage_devices_init(struct salvage_devices *devices);
void salvage_devices_release(struct salvage_devices *devices);

/*
 * Reads all devices of a database. *n_damaged grows by one for each damaged row
 * and each part that cannot be read. 0 or a status; the devices can be released
 * in any case.
 */
int salvage_devices_read(struct salvage_devices *devices, struct database *from,
                         struct checksum *checksum, uint64_t *n_damaged,
                         struct wattle_error *error);

/* Whether the id of a number of the damaged database is known. */
bool salvage_devices_has(const struct salvage_devices *devices, int64_t old);

/*
 * The number in the new database of a device of the damaged one; an id is made
 * up when it is not known. REGISTRY_NO_DEVICE = no memory.
 */
uint32_t salvage_devices_number(struct salvage_devices *devices, int64_t old);

#endif
