/*
 * catalog_read.c - rows of file, reject and reject_count, each checked before
 * it is handed on.
 *
 * A report over a database reads them for its counts and lists. A damaged row
 * ends the reading with an error that names the table, so no wrong number gets
 * into a report.
 */
#include "store/catalog_read.h"

#include "base/error.h"
#include "store/catalog.h"
#include "store/checksum.h"
#include "store/stored_check.h"

int
catalog_fail_damaged(const struct database *db, const char *table,
                     struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                        "the table %s is damaged; try 'wattle check'", table);
}

/* A statement that is being listed, and who takes its rows. */
struct listing {
    struct database *db;
    sqlite3_stmt *row;
    struct checksum *checksum;
    void *context;
    catalog_take_file take_file;
    catalog_take_reject take_reject;
};

static int
begin(struct listing *listing, const char *sql, struct wattle_error *error)
{
    listing->row = database_prepare(listing->db, sql, error);
    if (listing->row == NULL)
        return database_fail(listing->db, error);
    listing->checksum = checksum_new();
    return listing->checksum != NULL ? WATTLE_OK : error_memory(error);
}

/* Takes row after row, and ends the listing. */
static int
run(struct listing *listing, int status,
    int (*take)(struct listing *listing, struct wattle_error *error),
    struct wattle_error *error)
{
    while (status == WATTLE_OK) {
        int result = database_step(listing->db, listing->row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0 ? result : take(listing, error);
    }
    sqlite3_finalize(listing->row);
    checksum_free(listing->checksum);
    return status == CATALOG_ENOUGH ? WATTLE_OK : status;
}

static int
take_file(struct listing *listing, struct wattle_error *error)
{
    sqlite3_stmt *row = listing->row;
    if (!stored_check_file(listing->checksum, row))
        return catalog_fail_damaged(listing->db, "file", error);
    const char *path = (const char *)sqlite3_column_text(row, 1);
    return listing->take_file(listing->context, path != NULL ? path : "",
                              sqlite3_column_int(row, 2) != 0,
                              sqlite3_column_int(row, 12) != 0,
                              (const char *)sqlite3_column_text(row, 3),
                              (uint64_t)sqlite3_column_int64(row, 6), error);
}

/* Whether values are of an assumed kind: a file may have been read again since,
 * when it was said what they are. */
#define IS_ASSUMED                                                             \
    "(is_usable = 2 AND NOT EXISTS (SELECT 1 FROM place AS mine, "             \
    "place AS later WHERE mine.file = number AND later.real_path = "           \
    "mine.real_path AND later.file > mine.file))"
_Static_assert(CATALOG_ASSUMED == 2, "as in IS_ASSUMED");

int
catalog_list_files(struct database *db, catalog_take_file take, void *context,
                   struct wattle_error *error)
{
    struct listing listing = {.db = db, .context = context, .take_file = take};
    int status = begin(&listing,
                       "SELECT " STORED_FILE_COLUMNS ", " IS_ASSUMED
                       " FROM file ORDER BY number",
                       error);
    return run(&listing, status, take_file, error);
}

static int
take_reject(struct listing *listing, struct wattle_error *error)
{
    sqlite3_stmt *row = listing->row;
    if (!stored_check_reject(listing->checksum, row))
        return catalog_fail_damaged(listing->db, "reject", error);
    const void *raw = sqlite3_column_blob(row, 3);
    const struct catalog_reject reject = {
        .file = (uint64_t)sqlite3_column_int64(row, 5),
        .line = (uint64_t)sqlite3_column_int64(row, 1),
        .reason = sqlite3_column_int(row, 2),
        .raw = raw != NULL ? raw : "",
        .raw_len = (size_t)sqlite3_column_bytes(row, 3),
    };
    return listing->take_reject(listing->context, &reject, error);
}

int
catalog_list_rejects(struct database *db, catalog_take_reject take,
                     void *context, struct wattle_error *error)
{
    struct listing listing = {
        .db = db, .context = context, .take_reject = take};
    int status =
        begin(&listing,
              "SELECT " STORED_REJECT_COLUMNS ", (SELECT count(*) FROM file "
              "WHERE number < reject.file) FROM reject ORDER BY file, line",
              error);
    return run(&listing, status, take_reject, error);
}

static int
add_count(struct listing *listing, struct wattle_error *error)
{
    uint64_t *by_reason = listing->context;
    int reason;
    uint64_t n;
    if (!stored_check_reject_count(listing->row, &reason, &n))
        return catalog_fail_damaged(listing->db, "reject_count", error);
    by_reason[reason] += n;
    return WATTLE_OK;
}

int
catalog_sum_rejects(struct database *db, uint64_t by_reason[WATTLE_N_REASONS],
                    struct wattle_error *error)
{
    struct listing listing = {.db = db, .context = by_reason};
    int status =
        begin(&listing, "SELECT file, reason, n FROM reject_count", error);
    return run(&listing, status, add_count, error);
}

struct device_counts {
    uint64_t *n;
    uint32_t n_devices;
};

static int
add_device_count(struct listing *listing, struct wattle_error *error)
{
    const struct device_counts *counts = listing->context;
    if (!stored_check_reject_device(listing->checksum, listing->row) ||
        sqlite3_column_int64(listing->row, 1) >= counts->n_devices)
        return catalog_fail_damaged(listing->db, "reject_device", error);
    counts->n[sqlite3_column_int64(listing->row, 1)] +=
        (uint64_t)sqlite3_column_int64(listing->row, 2);
    return WATTLE_OK;
}

int
catalog_sum_device_rejects(struct database *db, uint64_t *n_of_device,
                           uint32_t n_devices, struct wattle_error *error)
{
    const struct device_counts counts = {n_of_device, n_devices};
    struct listing listing = {.db = db, .context = (void *)&counts};
    if (db->version < 3) /* it has no such table */
        return WATTLE_OK;
    int status =
        begin(&listing,
              "SELECT " STORED_REJECT_DEVICE_COLUMNS " FROM main.reject_device",
              error);
    return run(&listing, status, add_device_count, error);
}

int
catalog_missing_lines(struct database *db, int64_t *n_missing,
                      struct wattle_error *error)
{
    return database_number(db,
                           "SELECT sum(value) FROM main.meta WHERE key IN "
                           "('lost', 'forgotten')",
                           n_missing, error);
}
