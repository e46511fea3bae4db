/*
 * database_stats.c - counts of rows and bytes, by SQL alone: no chunk is
 * decoded.
 *
 * For `wattle info`, and for the planner of SQLite over the table readings. No
 * checksum is checked, so a number may be wrong in a damaged database; only
 * counts and times of devices that cannot be are refused.
 */
#include "store/database_stats.h"

#include "base/civil_time.h"
#include "base/error.h"
#include "store/stored_check.h"

static int
read_number(struct database *db, const char *sql, uint64_t *out,
            struct wattle_error *error)
{
    int64_t number = 0;
    int status = database_number(db, sql, &number, error);
    *out = (uint64_t)number;
    return status;
}

struct stats_figure {
    const char *sql;
    uint64_t *out;
};

static int
read_figures(struct database *db, struct wattle_info *info,
             struct wattle_error *error)
{
    uint64_t page_bytes = 0, n_pages = 0, n_free = 0;
    const struct stats_figure figures[] = {
        {"PRAGMA page_size", &page_bytes},
        {"PRAGMA page_count", &n_pages},
        {"PRAGMA freelist_count", &n_free},
        {"SELECT ifnull(sum(length(data)), 0) FROM chunk_data",
         &info->data_bytes},
        {"SELECT ifnull(sum(length(summary)), 0) FROM chunk",
         &info->summary_bytes},
        {"SELECT ifnull(sum(length(hour_mwh) + 30), 0) FROM rollup",
         &info->rollup_bytes},
        {"SELECT ifnull(sum(n_lines), 0) FROM file", &info->n_lines},
        {"SELECT ifnull(sum(n_rejects), 0) FROM file", &info->n_rejects},
        {"SELECT count(*) FROM file WHERE is_usable", &info->n_files},
        {"SELECT count(*) FROM delta", &info->n_late},
        {"SELECT ifnull(sum(n_replaced), 0) FROM correction",
         &info->n_corrections},
        {"SELECT value FROM meta WHERE key = 'lost'", &info->n_lost},
    };
    int status = WATTLE_OK;
    for (size_t i = 0;
         i < sizeof(figures) / sizeof(figures[0]) && status == WATTLE_OK; i++)
        status = read_number(db, figures[i].sql, figures[i].out, error);
    info->version = (int)db->version;
    info->file_bytes = page_bytes * n_pages;
    info->free_bytes = page_bytes * n_free;
    return status;
}

static void
add_period(struct wattle_info *info, struct wattle_info_device *device,
           int64_t first_ms, int64_t last_ms)
{
    if (device->first_ms == WATTLE_NO_TIME || first_ms < device->first_ms)
        device->first_ms = first_ms;
    if (device->last_ms == WATTLE_NO_TIME || last_ms > device->last_ms)
        device->last_ms = last_ms;
    if (info->first_ms == WATTLE_NO_TIME || first_ms < info->first_ms)
        info->first_ms = first_ms;
    if (info->last_ms == WATTLE_NO_TIME || last_ms > info->last_ms)
        info->last_ms = last_ms;
}

/* SQL has added up rows that nobody has looked at. */
static bool
is_sound(sqlite3_stmt *row)
{
    uint64_t count;
    bool is_good = true;
    for (int i = 1; i <= 2; i++)
        is_good = is_good && sqlite3_column_int64(row, i) >= CIVIL_MIN_MS &&
                  sqlite3_column_int64(row, i) <= CIVIL_MAX_MS;
    for (int i = 3; i <= 6; i++)
        is_good = is_good && stored_check_count(row, i, &count);
    return is_good;
}

/* Rows of: device, first, last, readings, duplicates, chunks, bytes. */
static int
read_devices(struct database *db, const char *sql, struct wattle_info *info,
             struct wattle_info_device *devices, uint32_t n_devices,
             struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(db, sql, error);
    int status = row != NULL ? WATTLE_OK : database_fail(db, error);
    while (status == WATTLE_OK) {
        int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0 ? result : WATTLE_OK;
        int64_t number = sqlite3_column_int64(row, 0);
        if (status != WATTLE_OK || number < 0 || number >= n_devices)
            continue;
        if (!is_sound(row)) {
            status =
                error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                             "is damaged: there are chunks that cannot be; try "
                             "'wattle check'");
            break;
        }
        struct wattle_info_device *device = &devices[number];
        add_period(info, device, sqlite3_column_int64(row, 1),
                   sqlite3_column_int64(row, 2));
        device->n_readings += (uint64_t)sqlite3_column_int64(row, 3);
        device->n_chunks += (uint64_t)sqlite3_column_int64(row, 5);
        device->n_bytes += (uint64_t)sqlite3_column_int64(row, 6);
        info->n_readings += (uint64_t)sqlite3_column_int64(row, 3);
        info->n_duplicates += (uint64_t)sqlite3_column_int64(row, 4);
        info->n_chunks += (uint64_t)sqlite3_column_int64(row, 5);
    }
    sqlite3_finalize(row);
    return status;
}

int
database_stats_read(struct database *db, struct wattle_info *info,
                    struct wattle_info_device *devices, uint32_t n_devices,
                    struct wattle_error *error)
{
    info->first_ms = info->last_ms = WATTLE_NO_TIME;
    for (uint32_t i = 0; i < n_devices; i++)
        devices[i].first_ms = devices[i].last_ms = WATTLE_NO_TIME;
    int status = database_run(db, "BEGIN", error);
    if (status == WATTLE_OK)
        status = read_figures(db, info, error);
    if (status == WATTLE_OK)
        status = read_devices(
            db,
            "SELECT c.device, min(c.first_ms), max(c.last_ms), "
            "sum(c.n_readings), sum(c.n_duplicates), count(*), "
            "sum(length(c.summary) + length(d.data)) FROM chunk c JOIN "
            "chunk_data d ON d.number = c.number GROUP BY c.device",
            info, devices, n_devices, error);
    if (status == WATTLE_OK)
        status = read_devices(
            db,
            "SELECT device, min(time_ms), max(time_ms), sum(n_shadowed = 0), "
            "sum(1 + n_duplicates - n_shadowed - (n_shadowed = 0)), 0, 0 FROM "
            "delta "
            "GROUP BY device",
            info, devices, n_devices, error);
    database_run(db, "COMMIT", NULL);
    return status;
}

int
database_stats_guess(struct database *db, double *n_devices, double *n_readings,
                     struct wattle_error *error)
{
    int64_t devices = 0, chunks = 0, mean = 0;
    int status = database_number(db, "SELECT max(number) + 1 FROM main.device",
                                 &devices, error);
    if (status == WATTLE_OK)
        status = database_number(db, "SELECT max(number) FROM main.chunk",
                                 &chunks, error);
    if (status == WATTLE_OK)
        status = database_number(db,
                                 "SELECT CAST(avg(n_readings) AS INTEGER) FROM "
                                 "(SELECT n_readings FROM main.chunk LIMIT 32)",
                                 &mean, error);
    *n_devices = devices < 1 ? 1 : (double)devices;
    *n_readings = (double)chunks * (double)mean;
    if (*n_readings < *n_devices)
        *n_readings = *n_devices;
    return status;
}
