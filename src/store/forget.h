/*
 * forget.h - takes readings out of a database, and brings them back.
 *
 * What is taken out is kept in a journal: an entry for each time, with its
 * readings as chunks. A forgetting works on one connection, in a transaction
 * that is open, device by device.
 *
 * All functions that return int give 0, or a status with the error set.
 */
#ifndef STORE_FORGET_H
#define STORE_FORGET_H

#include <stdint.h>

#include "sort/shuffle_set.h"
#include "store/database.h"
#include "wattle/error.h"

struct forget;

/* *forget is to be closed in any case. */
int forget_open(struct forget **forget, struct database *db,
                const struct kernels *kernels, struct wattle_error *error);
void forget_close(struct forget *forget);

/* Takes out a device's readings of [since_ms, until_ms). */
int forget_range(struct forget *forget, uint32_t device, int64_t since_ms,
                 int64_t until_ms, struct wattle_error *error);

/*
 * Takes out those readings of a device that are among the rows gathered of it,
 * with the same time and values.
 */
int forget_rows(struct forget *forget, uint32_t device,
                const struct shuffle_set *rows, struct wattle_error *error);

/*
 * Brings back the readings of an entry, but for times at which there are others
 * now: these stay in the journal.
 */
int forget_restore(struct forget *forget, int64_t entry,
                   struct wattle_error *error);

/*
 * After the last device: notes what was taken out, and when, if anything was.
 * n_lines: data lines that are not counted as read any more, beside those of
 * the readings: of files that are not known any more, negative.
 */
int forget_finish(struct forget *forget, const char *what, const char *at,
                  int64_t n_lines, struct wattle_error *error);

/* Readings taken out so far, or brought back. */
uint64_t forget_count(const struct forget *forget);

/* After forget_restore: readings that stay in the journal. */
uint64_t forget_left(const struct forget *forget);

/* The latest entry of the journal; 0 = there is none. */
int forget_latest(struct database *db, int64_t *entry,
                  struct wattle_error *error);

/* An entry of the journal. */
struct forgotten {
    int64_t number;
    const char *at, *what;
    uint64_t n_readings;
};

/* Lists the journal in order. */
typedef int (*forget_take)(void *context, const struct forgotten *entry);
int forget_list(struct database *db, forget_take take, void *context,
                struct wattle_error *error);

/* The columns of the tables, with the checksum. */
#define FORGOTTEN_COLUMNS "number, forgotten_at, what, n_readings, checksum"
#define FORGOTTEN_DATA_COLUMNS                                                 \
    "forgotten, device, first_ms, last_ms, n_readings, data, checksum"

#endif
