/*
 * metered.h - which stored devices have energies, beside or instead of powers:
 * those that a meter adds up (analytics/meter.h).
 *
 * The set is a value of the table meta. A database of an earlier program has
 * none; then any device may be one. A meter gives the right answer for every
 * device, but decodes all of its readings.
 */
#ifndef STORE_METERED_H
#define STORE_METERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/database.h"

/* Zero-initialised: not known. */
struct metered {
    bool is_known, is_changed;
    bool is_damaged; /* there is one, and it is not what was written */
    uint8_t *bits;   /* by device number */
    size_t len;
};

/* Reads the set of a database. 0, or a status with the error set. */
int metered_read(struct metered *set, struct database *db,
                 struct wattle_error *error);

void metered_release(struct metered *set);

/* Forgets it: no device has energies, until it is added. */
void metered_begin(struct metered *set);

/* Whether a device has energies, or may have. */
bool metered_has(const struct metered *set, uint32_t device);

/* Adds a device to a set that is known; else nothing. 0 or WATTLE_ERR_MEMORY.
 */
int metered_add(struct metered *set, uint32_t device);

/* Takes a device out of a set that is known; else nothing. */
void metered_remove(struct metered *set, uint32_t device);

/* Writes a set that has changed. 0, or a status with the error set. */
int metered_write(struct metered *set, struct database *db,
                  struct wattle_error *error);

#endif
