/*
 * database_stats.h - row and byte counts for `wattle info` and for plans.
 */
#ifndef STORE_DATABASE_STATS_H
#define STORE_DATABASE_STATS_H

#include "model/device_table.h"
#include "model/registry.h"
#include "store/database.h"
#include "wattle/error.h"
#include "wattle/maintain.h"

/*
 * Fills the counts of *info and, by number in the registry, n_readings,
 * n_chunks, n_bytes and times of devices[], an array for all of them. 0 or a
 * status with the error set.
 */
int database_stats_read(struct database *db, struct wattle_info *info,
                        struct wattle_info_device *devices, uint32_t n_devices,
                        struct wattle_error *error);

/*
 * Cheap guesses, by the numbers of rows and the size of some of them: at least
 * one device, and a reading each. 0 or a status.
 */
int database_stats_guess(struct database *db, double *n_devices,
                         double *n_readings, struct wattle_error *error);

#endif
