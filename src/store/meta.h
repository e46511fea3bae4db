/*
 * meta.h - what the table meta says about all that is stored.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef STORE_META_H
#define STORE_META_H

#include <stdint.h>

#include "store/database.h"

/* The largest gap of a new database. */
#define META_MAX_GAP_MS INT64_C(3600000)

/*
 * Reads how the stored sums were computed, into db->sums and db->zone. Refuses,
 * as WATTLE_ERR_FORMAT, a database that has measures which this program does
 * not know, and one to be written whose zone this machine does not know. What
 * cannot be read makes the sums of a database that is only read unusable.
 */
int meta_read(struct database *db, enum database_mode mode,
              struct wattle_error *error);

/*
 * Reads db->zone alone, or leaves it when it is still that of the database. A
 * zone that this machine does not know is WATTLE_ERR_FORMAT.
 */
int meta_read_zone(struct database *db, struct wattle_error *error);

/*
 * Says whose hours and days are added up, of a database without readings, in
 * the transaction that is open; db->zone and db->sums.zone follow.
 */
int meta_set_zone(struct database *db, const char *name,
                  struct wattle_error *error);

/*
 * The same: that of a damaged database, if it can be read and this machine
 * knows it.
 */
int meta_copy_zone(struct database *from, struct database *to,
                   struct wattle_error *error);

/* Notes the measures of readings that were written. */
int meta_note_measures(struct database *db, uint32_t measures,
                       struct wattle_error *error);

/* Adds to the data lines of files that are not counted: see docs/format.md. */
int meta_add_forgotten(struct database *db, int64_t n_lines,
                       struct wattle_error *error);

/* The number that each change of the database has raised. */
int meta_generation(struct database *db, int64_t *generation,
                    struct wattle_error *error);

/* Begins a new generation: what was read before may be out of date. */
int meta_note_change(struct database *db, struct wattle_error *error);

#endif
