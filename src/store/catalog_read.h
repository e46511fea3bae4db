/*
 * catalog_read.h - what a report needs to know about imported files: how many
 * lines there were, and what was rejected.
 */
#ifndef STORE_CATALOG_READ_H
#define STORE_CATALOG_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/database.h"
#include "wattle/result.h"

/* Texts are valid during the call. A status other than 0 ends the listing. */
typedef int (*catalog_take_file)(void *context, const char *path,
                                 bool is_usable, bool is_value_assumed,
                                 const char *problem, uint64_t n_lines,
                                 struct wattle_error *error);

/*
 * Lists all files in the order of their import. WATTLE_ERR_FORMAT when a row is
 * damaged; or another status with the error set.
 */
int catalog_list_files(struct database *db, catalog_take_file take,
                       void *context, struct wattle_error *error);

/* A rejected line: the file's place in that list, from 0. */
struct catalog_reject {
    uint64_t file, line;
    int reason;
    const void *raw; /* valid during the call */
    size_t raw_len;
};

/* Returns CATALOG_ENOUGH to end the listing without a failure. */
#define CATALOG_ENOUGH 1
typedef int (*catalog_take_reject)(void *context,
                                   const struct catalog_reject *reject,
                                   struct wattle_error *error);

/* Lists the rejects that are kept, by file and line. Statuses as above. */
int catalog_list_rejects(struct database *db, catalog_take_reject take,
                         void *context, struct wattle_error *error);

/* Adds up the rejects that name a device to n_of_device [n_devices]. */
int catalog_sum_device_rejects(struct database *db, uint64_t *n_of_device,
                               uint32_t n_devices, struct wattle_error *error);

/* Adds up all rejects by reason. Statuses as above. */
int catalog_sum_rejects(struct database *db,
                        uint64_t by_reason[WATTLE_N_REASONS],
                        struct wattle_error *error);

/*
 * Data lines of files whose readings are not there: lost to damage, or taken
 * back (forget.h), which may be a negative number. Statuses as above.
 */
int catalog_missing_lines(struct database *db, int64_t *n_missing,
                          struct wattle_error *error);

/* Says which table is damaged; returns WATTLE_ERR_FORMAT. */
int catalog_fail_damaged(const struct database *db, const char *table,
                         struct wattle_error *error);

#endif
