/*
 * chunk_reader.c - statements on chunk, chunk_data and delta.
 *
 * Rows are checked before they are used, data before they are decoded. What is
 * listed of a device holds until the next call.
 */
#include "store/chunk_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "store/delta_row.h"

static const char fetch_sql[] =
    "SELECT checksum, data FROM chunk_data WHERE number = ?1";

int
chunk_reader_open(struct chunk_reader *s, struct database *db,
                  struct wattle_error *error)
{
    *s = (struct chunk_reader){.db = db};
    s->checksum = checksum_new();
    s->delta = aligned_alloc(64, sizeof(*s->delta));
    if (s->checksum == NULL || s->delta == NULL)
        return error_memory(error);
    s->delta->n_rows = 0;
    s->list_chunks = database_prepare(
        db,
        "SELECT " STORED_CHUNK_COLUMNS
        " FROM chunk WHERE device = ?1 AND first_ms < ?3 AND "
        "first_ms >= ifnull((SELECT max(first_ms) FROM chunk WHERE "
        "device = ?1 AND first_ms <= ?2), ?2) AND last_ms >= ?2 "
        "ORDER BY first_ms",
        error);
    if (s->list_chunks != NULL)
        s->fetch_data = database_prepare(db, fetch_sql, error);
    if (s->fetch_data != NULL)
        s->list_delta = database_prepare(
            db,
            "SELECT " DELTA_ROW_COLUMNS " FROM delta WHERE device = ?1 AND "
            "time_ms >= ?2 AND time_ms < ?3 ORDER BY time_ms",
            error);
    if (s->list_delta == NULL) /* what failed was the last thing done */
        return database_fail(db, error);
    return WATTLE_OK;
}

int
chunk_reader_open_data(struct chunk_reader *s, struct database *db,
                       bool has_data, struct wattle_error *error)
{
    *s = (struct chunk_reader){.db = db};
    s->checksum = checksum_new();
    s->delta = aligned_alloc(64, sizeof(*s->delta));
    if (s->checksum == NULL || s->delta == NULL)
        return error_memory(error);
    s->delta->n_rows = 0;
    if (has_data)
        s->fetch_data = database_prepare(db, fetch_sql, NULL);
    return WATTLE_OK;
}

int
chunk_reader_count(struct database *db, int64_t *n_chunks, int64_t *n_readings,
                   struct wattle_error *error)
{
    int status =
        database_number(db, "SELECT count(*) FROM chunk", n_chunks, error);
    if (status == WATTLE_OK && n_readings != NULL)
        status = database_number(db, "SELECT sum(n_readings) FROM chunk",
                                 n_readings, error);
    return status;
}

void
chunk_reader_close(struct chunk_reader *s)
{
    sqlite3_finalize(s->list_chunks);
    sqlite3_finalize(s->fetch_data);
    sqlite3_finalize(s->list_delta);
    checksum_free(s->checksum);
    free(s->delta);
    free(s->chunks);
    *s = (struct chunk_reader){0};
}

/* With the chunk's time, if it is one of those found last. */
int
chunk_reader_fail(struct database *db, int64_t number,
                  struct wattle_error *error)
{
    char what[512] = "", first[CIVIL_TEXT_SIZE], last[CIVIL_TEXT_SIZE];
    sqlite3_stmt *row = database_prepare(
        db,
        "SELECT d.device_id, c.first_ms, c.last_ms FROM chunk c JOIN device d "
        "ON d.number = c.device WHERE c.number = ?1",
        NULL);
    sqlite3_bind_int64(row, 1, number);
    if (row != NULL && sqlite3_step(row) == SQLITE_ROW) {
        civil_format(sqlite3_column_int64(row, 1), first);
        civil_format(sqlite3_column_int64(row, 2), last);
        snprintf(what, sizeof(what), ", %s from %s to %s,",
                 (const char *)sqlite3_column_text(row, 0), first, last);
    }
    sqlite3_finalize(row);
    return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                        "chunk %lld%s is damaged; try 'wattle check'",
                        (long long)number, what);
}

static int
add_chunk(struct chunk_reader *s, struct wattle_error *error)
{
    struct stored_chunk *chunks = buffer_grow_array(
        s->chunks, &s->chunk_cap, s->n_chunks + 1, sizeof(*chunks));
    if (chunks == NULL)
        return error_memory(error);
    s->chunks = chunks;
    if (!stored_check_chunk(s->checksum, s->list_chunks, &chunks[s->n_chunks]))
        return chunk_reader_fail(s->db, sqlite3_column_int64(s->list_chunks, 0),
                                 error);
    s->n_chunks++;
    return WATTLE_OK;
}

static int
fail_delta(const struct chunk_reader *s, struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, s->db->path, 0,
                        "a late reading is damaged; try 'wattle check'");
}

static int
add_delta_row(struct chunk_reader *s, struct wattle_error *error)
{
    struct block *delta = s->delta;
    struct delta_row row;
    if (!delta_row_read(s->list_delta, s->checksum, &row) ||
        delta->n_rows == BLOCK_ROWS)
        return fail_delta(s, error);
    delta_row_append(&row, delta);
    s->n_delta_new += row.n_shadowed == 0 ? 1 : 0;
    s->n_delta_lines += 1 + row.n_duplicates - row.n_shadowed;
    return WATTLE_OK;
}

static void
bind_range(sqlite3_stmt *statement, uint32_t device, int64_t since_ms,
           int64_t until_ms)
{
    sqlite3_bind_int64(statement, 1, device);
    sqlite3_bind_int64(statement, 2, since_ms);
    sqlite3_bind_int64(statement, 3, until_ms);
}

/* Runs a statement to its end. */
static int
walk(struct chunk_reader *s, sqlite3_stmt *statement,
     int (*take)(struct chunk_reader *s, struct wattle_error *error),
     struct wattle_error *error)
{
    int status = WATTLE_OK;
    while (status == WATTLE_OK) {
        int result = database_step(s->db, statement, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0 ? result : take(s, error);
    }
    sqlite3_reset(statement);
    return status;
}

int
chunk_reader_find(struct chunk_reader *s, uint32_t device, int64_t since_ms,
                  int64_t until_ms, struct wattle_error *error)
{
    s->n_chunks = 0;
    bind_range(s->list_chunks, device, since_ms, until_ms);
    int status = walk(s, s->list_chunks, add_chunk, error);
    if (status == WATTLE_OK)
        status = chunk_reader_find_delta(s, device, since_ms, until_ms, error);
    return status;
}

/* Leaves out what no row of the delta has: chunks are made of it later. */
static void
settle_columns(struct block *delta)
{
    unsigned any = 0, all = UINT32_MAX;
    int64_t most[2] = {0, 0};
    for (size_t i = 0; i < delta->n_rows; i++) {
        any |= (unsigned)delta->column[BLOCK_PRESENCE][i];
        all &= (unsigned)delta->column[BLOCK_PRESENCE][i];
        most[0] |= delta->column[BLOCK_DUPLICATES][i];
        most[1] |= delta->column[BLOCK_ROUNDED][i];
    }
    delta->columns =
        BLOCK_BIT(BLOCK_TIME) | (any << BLOCK_VALUE & BLOCK_VALUES);
    if (any != all)
        delta->columns |= BLOCK_BIT(BLOCK_PRESENCE);
    if (most[0] != 0)
        delta->columns |= BLOCK_BIT(BLOCK_DUPLICATES);
    if (most[1] != 0)
        delta->columns |= BLOCK_BIT(BLOCK_ROUNDED);
}

int
chunk_reader_find_delta(struct chunk_reader *s, uint32_t device,
                        int64_t since_ms, int64_t until_ms,
                        struct wattle_error *error)
{
    s->n_delta_new = s->n_delta_lines = 0;
    delta_row_begin(s->delta);
    bind_range(s->list_delta, device, since_ms, until_ms);
    int status = walk(s, s->list_delta, add_delta_row, error);
    settle_columns(s->delta);
    return status;
}

int
chunk_reader_add_inputs(const struct chunk_reader *s,
                        struct device_merge *merge)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < s->n_chunks && status == WATTLE_OK; i++)
        status =
            device_merge_add_chunk(merge, s->chunks[i].number,
                                   s->chunks[i].first_ms, s->chunks[i].last_ms);
    if (status == WATTLE_OK && s->delta->n_rows > 0)
        status = device_merge_add_delta(merge, s->delta);
    return status;
}

int
chunk_reader_fetch(void *context, int64_t number, struct buffer *data,
                   struct wattle_error *error)
{
    struct chunk_reader *s = context;
    if (s->fetch_data == NULL)
        return chunk_reader_fail(s->db, number, error);
    sqlite3_bind_int64(s->fetch_data, 1, number);
    int result = database_step(s->db, s->fetch_data, error);
    int status = result < 0 ? result : WATTLE_OK;
    if (result == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(s->fetch_data, 1);
        size_t len = (size_t)sqlite3_column_bytes(s->fetch_data, 1);
        if (bytes == NULL ||
            sqlite3_column_type(s->fetch_data, 1) != SQLITE_BLOB ||
            !checksum_is_of(sqlite3_column_int64(s->fetch_data, 0), bytes, len))
            result = SQLITE_DONE;
        else if (buffer_append(data, bytes, len) != WATTLE_OK)
            status = error_memory(error);
    }
    if (result == SQLITE_DONE)
        status = chunk_reader_fail(s->db, number, error);
    sqlite3_reset(s->fetch_data);
    return status;
}
