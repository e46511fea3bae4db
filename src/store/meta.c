/*
 * meta.c - keys and values of the table meta.
 *
 * n_measures is the number of the last measure that a reading has, plus one: a
 * program that knows fewer would drop values when it merges chunks, so it does
 * not open the database.
 */
#include "store/meta.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "model/measure.h"

#define MAX_GAP_LIMIT (INT64_C(366) * 86400000)

/* Room for the name of a zone. */
#define META_ZONE_SIZE 256

/* No program has as many measures: a greater number is damage. */
#define MAX_MEASURES 4096

struct meta {
    char zone[META_ZONE_SIZE];      /* "" = not there */
    int64_t max_gap_ms, n_measures; /* -1 = not there */
};

/* One row: key, value. Keys of later programs are passed over. */
static void
take_row(sqlite3_stmt *row, struct meta *meta)
{
    const char *key = (const char *)sqlite3_column_text(row, 0);
    const bool is_number = sqlite3_column_type(row, 1) == SQLITE_INTEGER;
    if (key == NULL)
        return;
    if (strcmp(key, "zone") == 0) {
        const char *zone = (const char *)sqlite3_column_text(row, 1);
        if (zone != NULL && strlen(zone) < sizeof(meta->zone))
            memcpy(meta->zone, zone, strlen(zone) + 1);
    } else if (strcmp(key, "max_gap_ms") == 0 && is_number) {
        meta->max_gap_ms = sqlite3_column_int64(row, 1);
    } else if (strcmp(key, "n_measures") == 0 && is_number) {
        meta->n_measures = sqlite3_column_int64(row, 1);
    }
}

static int
read_rows(struct database *db, struct meta *meta, struct wattle_error *error)
{
    int result;
    sqlite3_stmt *row =
        database_prepare(db, "SELECT key, value FROM main.meta", error);
    if (row == NULL)
        return database_fail(db, error);
    while ((result = database_step(db, row, error)) == SQLITE_ROW)
        take_row(row, meta);
    sqlite3_finalize(row);
    return result < 0 ? result : WATTLE_OK;
}

static int
refuse(const struct database *db, const struct meta *meta,
       enum database_mode mode, struct wattle_error *error)
{
    const bool is_gap_known =
        meta->max_gap_ms >= 1 && meta->max_gap_ms <= MAX_GAP_LIMIT;
    const bool are_measures_known =
        meta->n_measures >= 0 && meta->n_measures <= MAX_MEASURES;
    if (are_measures_known && meta->n_measures > MEASURE_N)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "holds measures that this version of wattle does "
                            "not know; use the version that wrote it, or a "
                            "later one");
    if (mode == DATABASE_READ)
        return WATTLE_OK;
    if (db->zone == NULL)
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "adds up days of the time zone '%s', which this "
                            "machine does not know; install tzdata, or change "
                            "it where the zone is known",
                            meta->zone);
    if (!is_gap_known || !are_measures_known)
        return error_set_at(
            error, WATTLE_ERR_FORMAT, db->path, 0,
            "is damaged: the table meta lacks a good "
            "max_gap_ms or n_measures; restore a backup, or try 'wattle "
            "check --salvage'");
    return WATTLE_OK;
}

/* The zone of a name; none where this machine does not know it. */
static int
open_zone(struct database *db, const char *name, struct wattle_error *error)
{
    struct wattle_error why;
    wattle_zone_close(db->zone);
    db->zone = NULL;
    db->sums.zone = NULL;
    if (wattle_zone_open(&db->zone, name, &why) == WATTLE_ERR_MEMORY)
        return error_memory(error);
    db->sums.zone = zone_unless_utc(db->zone);
    return WATTLE_OK;
}

int
meta_read(struct database *db, enum database_mode mode,
          struct wattle_error *error)
{
    struct meta meta = {.max_gap_ms = -1, .n_measures = -1};
    int status = read_rows(db, &meta, error);
    if (status != WATTLE_OK)
        return status;
    status = open_zone(db, meta.zone, error);
    if (status != WATTLE_OK)
        return status;
    db->sums.is_usable = db->zone != NULL && meta.max_gap_ms > 0 &&
                         meta.max_gap_ms <= MAX_GAP_LIMIT;
    db->sums.max_gap_ms = meta.max_gap_ms;
    db->n_measures = meta.n_measures;
    return refuse(db, &meta, mode, error);
}

int
meta_read_zone(struct database *db, struct wattle_error *error)
{
    struct meta meta = {.zone = ""};
    int status = read_rows(db, &meta, error);
    if (status == WATTLE_OK && db->zone != NULL &&
        strcmp(wattle_zone_name(db->zone), meta.zone) == 0)
        return WATTLE_OK;
    if (status == WATTLE_OK)
        status = open_zone(db, meta.zone, error);
    if (status != WATTLE_OK || db->zone != NULL)
        return status;
    return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                        "has the time zone '%s', which this machine does not "
                        "know; install tzdata",
                        meta.zone);
}

int
meta_set_zone(struct database *db, const char *name, struct wattle_error *error)
{
    sqlite3_stmt *put = database_prepare(
        db, "UPDATE main.meta SET value = ?1 WHERE key = 'zone'", error);
    if (put == NULL)
        return database_fail(db, error);
    sqlite3_bind_text(put, 1, name, -1, SQLITE_STATIC);
    const int result = database_step(db, put, error);
    sqlite3_finalize(put);
    return result < 0 ? result : open_zone(db, name, error);
}

int
meta_copy_zone(struct database *from, struct database *to,
               struct wattle_error *error)
{
    struct wattle_error why;
    struct wattle_zone *zone = NULL;
    struct meta meta = {.zone = ""};
    int status = read_rows(from, &meta, &why);
    if (status == WATTLE_OK)
        status = wattle_zone_open(&zone, meta.zone, &why);
    if (status == WATTLE_OK)
        status = meta_set_zone(to, wattle_zone_name(zone), error);
    else
        status = WATTLE_OK; /* days are those of UTC then */
    wattle_zone_close(zone);
    return status;
}

int
meta_note_measures(struct database *db, uint32_t measures,
                   struct wattle_error *error)
{
    char sql[96];
    if (measures == 0)
        return WATTLE_OK;
    snprintf(sql, sizeof(sql),
             "UPDATE meta SET value = max(value, %d) WHERE key = 'n_measures'",
             32 - __builtin_clz(measures));
    return database_run(db, sql, error);
}

int
meta_add_forgotten(struct database *db, int64_t n_lines,
                   struct wattle_error *error)
{
    char sql[128];
    snprintf(sql, sizeof(sql),
             "UPDATE main.meta SET value = value + %lld WHERE key = "
             "'forgotten'",
             (long long)n_lines);
    return database_run(db, sql, error);
}

int
meta_generation(struct database *db, int64_t *generation,
                struct wattle_error *error)
{
    return database_number(db,
                           "SELECT value FROM meta WHERE key = 'generation'",
                           generation, error);
}

int
meta_note_change(struct database *db, struct wattle_error *error)
{
    return database_run(
        db, "UPDATE meta SET value = value + 1 WHERE key = 'generation'",
        error);
}
