/*
 * salvage.c - row by row, by number: what SQLite cannot read is skipped.
 */
#include "store/salvage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "store/catalog.h"
#include "store/checksum.h"
#include "store/chunk.h"
#include "store/rollup.h"
#include "store/stored.h"

struct salvage {
    struct database *from, *to;
    struct verify_result *result;
    struct wattle_error *error;
    struct checksum *checksum;
    struct stored stored; /* of `from` */
    struct buffer data;
    uint64_t n_kept; /* data lines that have a place in `to` */
};

/* A table whose rows are copied one by one. */
struct table {
    const char *name;
    int n_columns; /* the last one is the checksum */
};

/* Writes a row as it is. */
static int
copy_row(struct salvage *s, sqlite3_stmt *row, sqlite3_stmt *put, int n)
{
    for (int i = 0; i < n; i++)
        sqlite3_bind_value(put, i + 1, sqlite3_column_value(row, i));
    int result = database_step(s->to, put, s->error);
    sqlite3_reset(put);
    return result < 0 ? result : WATTLE_OK;
}

static int
prepare_copy(struct salvage *s, const struct table *table,
             const char *condition, sqlite3_stmt **row, sqlite3_stmt **put)
{
    char sql[256], marks[64] = "?1";
    for (int i = 2; i <= table->n_columns; i++) {
        size_t len = strlen(marks);
        snprintf(marks + len, sizeof(marks) - len, ",?%d", i);
    }
    snprintf(sql, sizeof(sql), "SELECT * FROM %s%s", table->name, condition);
    *row = database_prepare(s->from, sql, s->error);
    snprintf(sql, sizeof(sql), "INSERT OR REPLACE INTO %s VALUES(%s)",
             table->name, marks);
    *put = database_prepare(s->to, sql, s->error);
    return *row != NULL && *put != NULL ? WATTLE_OK
                                        : database_fail(s->to, s->error);
}

/* Copies rows up to the first one that cannot be read. */
static int
copy_table(struct salvage *s, const struct table *table)
{
    sqlite3_stmt *row = NULL, *put = NULL;
    int status = prepare_copy(s, table, "", &row, &put);
    while (status == WATTLE_OK && sqlite3_step(row) == SQLITE_ROW) {
        if (checksum_holds(s->checksum, row, table->n_columns))
            status = copy_row(s, row, put, table->n_columns);
        else
            s->result->n_problems++;
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    return status;
}

/* The greatest number anybody knows of, plus one. */
static int64_t
count_numbers(struct salvage *s, const char *sql)
{
    int64_t n = 0;
    database_number(s->from, sql, &n, NULL);
    return n;
}

static int
copy_devices(struct salvage *s)
{
    const struct table table = {"device", 6};
    sqlite3_stmt *row = NULL, *put = NULL;
    struct registry ids;
    struct device_table none;
    int64_t n = count_numbers(
        s, "SELECT max(n) FROM (SELECT max(number) + 1 AS n FROM device "
           "UNION ALL SELECT max(device) + 1 FROM chunk)");
    int status = prepare_copy(s, &table, " WHERE number = ?1", &row, &put);
    registry_init(&ids);
    device_table_init(&none);
    for (int64_t i = 0; i < n && i < UINT32_MAX && status == WATTLE_OK; i++) {
        char name[48];
        snprintf(name, sizeof(name), "damaged-%lld", (long long)i);
        sqlite3_bind_int64(row, 1, i);
        bool is_there = sqlite3_step(row) == SQLITE_ROW &&
                        checksum_holds(s->checksum, row, 6);
        const char *id =
            is_there ? (const char *)sqlite3_column_text(row, 1) : name;
        if (registry_add(&ids, id, strlen(id)) == REGISTRY_NO_DEVICE)
            status = error_memory(s->error);
        s->result->n_problems += is_there ? 0 : 1;
        if (is_there && status == WATTLE_OK)
            status = copy_row(s, row, put, 6);
        else if (status == WATTLE_OK)
            status = catalog_write_devices(s->to, &ids, (uint32_t)i, &none,
                                           s->error);
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    registry_release(&ids);
    device_table_release(&none);
    return status;
}

static bool
can_read_data(struct salvage *s, int64_t number)
{
    struct chunk chunk;
    s->data.len = 0;
    return stored_fetch(&s->stored, number, &s->data, NULL) == WATTLE_OK &&
           chunk_open(&chunk, s->data.data, s->data.len);
}

static int
put_data(struct salvage *s, sqlite3_stmt *put, int64_t number)
{
    sqlite3_bind_int64(put, 1, number);
    sqlite3_bind_int64(put, 2, checksum_of(s->data.data, s->data.len));
    sqlite3_bind_blob64(put, 3, s->data.data, s->data.len, SQLITE_STATIC);
    int result = database_step(s->to, put, s->error);
    sqlite3_reset(put);
    return result < 0 ? result : WATTLE_OK;
}

static int
copy_chunks(struct salvage *s)
{
    const struct table table = {"chunk", 13};
    sqlite3_stmt *row = NULL, *put = NULL;
    int64_t n = count_numbers(
        s, "SELECT max(n) FROM (SELECT max(number) + 1 AS n FROM chunk UNION "
           "ALL SELECT max(number) + 1 FROM chunk_data)");
    sqlite3_stmt *data = database_prepare(
        s->to, "INSERT INTO chunk_data VALUES(?1,?2,?3)", s->error);
    int status = prepare_copy(s, &table, " WHERE number = ?1", &row, &put);
    if (data == NULL)
        status = database_fail(s->to, s->error);
    for (int64_t i = 1; i < n && status == WATTLE_OK; i++) {
        sqlite3_bind_int64(row, 1, i);
        int result = sqlite3_step(row);
        bool is_whole = result == SQLITE_ROW &&
                        checksum_holds(s->checksum, row, 13) &&
                        can_read_data(s, i);
        if (is_whole) {
            status = copy_row(s, row, put, 13);
            if (status == WATTLE_OK)
                status = put_data(s, data, i);
            s->result->n_chunks++;
            s->result->n_readings += (uint64_t)sqlite3_column_int64(row, 4);
            s->n_kept += (uint64_t)(sqlite3_column_int64(row, 4) +
                                    sqlite3_column_int64(row, 5));
        } else if (result != SQLITE_DONE) {
            s->result->n_problems++;
        }
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    sqlite3_finalize(data);
    return status;
}

static int
take_day(void *context, uint32_t device, const struct day_sum *sum,
         struct wattle_error *error)
{
    sqlite3_stmt *put = context;
    struct database db = {.handle = sqlite3_db_handle(put)};
    return rollup_put(&db, put, device, sum, error);
}

/* Days of all devices, from what has been copied. */
static int
make_days(struct salvage *s)
{
    struct stored stored;
    int64_t n = 0;
    const int64_t first = civil_floor_div(CIVIL_MIN_MS, CIVIL_MS_PER_DAY);
    const int64_t last = civil_floor_div(CIVIL_MAX_MS, CIVIL_MS_PER_DAY);
    int status = stored_open(&stored, s->to, s->error);
    sqlite3_stmt *put = rollup_prepare(s->to, s->error);
    if (put == NULL)
        status = database_fail(s->to, s->error);
    if (status == WATTLE_OK)
        status =
            database_number(s->to, "SELECT count(*) FROM device", &n, s->error);
    for (int64_t i = 0; i < n && status == WATTLE_OK; i++)
        status = rollup_compute(&stored, kernels_for(0), (uint32_t)i, first,
                                last, take_day, put, s->error);
    sqlite3_finalize(put);
    stored_close(&stored);
    return status;
}

/* Counts of rejects, and how many lines have lost their readings. */
static int
settle_counts(struct salvage *s)
{
    int64_t n_lines = 0, n_rejects = 0, n_tail = 0;
    char sql[96];
    int status = database_run(
        s->to,
        "INSERT INTO reject_count SELECT file, reason, count(*) FROM reject "
        "GROUP BY file, reason",
        s->error);
    if (status == WATTLE_OK)
        status = database_number(s->to, "SELECT count(*) FROM reject",
                                 &n_rejects, s->error);
    if (status == WATTLE_OK)
        status =
            database_number(s->to, "SELECT ifnull(sum(n_lines), 0) FROM file",
                            &n_lines, s->error);
    if (status == WATTLE_OK)
        status = database_number(
            s->to,
            "SELECT ifnull(sum(1 + n_duplicates - n_hidden), 0) FROM tail",
            &n_tail, s->error);
    int64_t n_lost = n_lines - n_rejects - n_tail - (int64_t)s->n_kept;
    s->result->n_lost = n_lost > 0 ? (uint64_t)n_lost : 0;
    snprintf(sql, sizeof(sql),
             "UPDATE meta SET value = %lld WHERE key = 'lost'",
             (long long)n_lost);
    return status == WATTLE_OK ? database_run(s->to, sql, s->error) : status;
}

/* A file that was imported, of which readings are lost. */
static int
forget_content(struct salvage *s, struct catalog_files *files,
               sqlite3_stmt *row)
{
    const struct catalog_file file = {
        .number = sqlite3_column_int64(row, 0),
        .path = (const char *)sqlite3_column_text(row, 1),
        .is_usable = sqlite3_column_int(row, 2) != 0,
        .problem = (const char *)sqlite3_column_text(row, 3),
        .n_lines = (uint64_t)sqlite3_column_int64(row, 4),
        .n_rejects = (uint64_t)sqlite3_column_int64(row, 5),
        .file_lines = (uint64_t)sqlite3_column_int64(row, 6),
    };
    return catalog_files_write(
        files, &file, (const char *)sqlite3_column_text(row, 7), s->error);
}

/* So that the files are not taken for known when they are imported again. */
static int
forget_contents(struct salvage *s)
{
    int64_t n = 0;
    if (s->result->n_lost == 0)
        return WATTLE_OK;
    int status =
        database_number(s->to, "SELECT max(number) FROM file", &n, s->error);
    sqlite3_stmt *row = database_prepare(
        s->to,
        "SELECT number, path, is_usable, problem, n_lines, n_rejects, "
        "file_lines, imported_at FROM file WHERE number = ?1",
        s->error);
    struct catalog_files files;
    if (status == WATTLE_OK)
        status = catalog_files_open(&files, s->to, s->error);
    if (row == NULL)
        return database_fail(s->to, s->error);
    for (int64_t i = 1; i <= n && status == WATTLE_OK; i++) {
        sqlite3_bind_int64(row, 1, i);
        if (database_step(s->to, row, s->error) == SQLITE_ROW &&
            sqlite3_column_int(row, 2) != 0)
            status = forget_content(s, &files, row);
        sqlite3_reset(row);
    }
    sqlite3_finalize(row);
    catalog_files_close(&files);
    return status;
}

static int
copy_all(struct salvage *s)
{
    static const struct table tables[] = {
        {"file", 12}, {"reject", 5}, {"correction", 7}, {"tail", 12}};
    int status = copy_devices(s);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        if (status == WATTLE_OK)
            status = copy_table(s, &tables[i]);
    }
    if (status == WATTLE_OK)
        status = copy_chunks(s);
    if (status == WATTLE_OK)
        status = make_days(s);
    if (status == WATTLE_OK)
        status = settle_counts(s);
    return status == WATTLE_OK ? forget_contents(s) : status;
}

int
salvage_database(struct database *from, struct database *to,
                 struct verify_result *result, struct wattle_error *error)
{
    struct salvage s = {.from = from,
                        .to = to,
                        .result = result,
                        .error = error,
                        .checksum = checksum_new()};
    *result = (struct verify_result){0};
    int status = s.checksum != NULL ? WATTLE_OK : error_memory(error);
    if (status == WATTLE_OK)
        status = stored_open(&s.stored, from, error);
    if (status == WATTLE_OK)
        status = database_run(to, "BEGIN IMMEDIATE", error);
    if (status == WATTLE_OK)
        status = copy_all(&s);
    if (status == WATTLE_OK)
        status = database_run(to, "COMMIT", error);
    stored_close(&s.stored);
    checksum_free(s.checksum);
    buffer_release(&s.data);
    return status;
}
