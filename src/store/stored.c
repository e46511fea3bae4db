/*
 * stored.c - statements on chunk, chunk_data and tail.
 */
#include "store/stored.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"

const char stored_tail_sql[] =
    "INSERT OR REPLACE INTO tail(" STORED_TAIL_COLUMNS
    ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)";

static const char fetch_sql[] =
    "SELECT checksum, data FROM chunk_data WHERE number = ?1";

int
stored_open(struct stored *s, struct database *db, struct wattle_error *error)
{
    *s = (struct stored){.db = db};
    s->checksum = checksum_new();
    s->tail = aligned_alloc(64, sizeof(*s->tail));
    if (s->checksum == NULL || s->tail == NULL)
        return error_memory(error);
    s->tail->n_rows = 0;
    s->list_chunks = database_prepare(
        db,
        "SELECT " STORED_CHUNK_COLUMNS
        " FROM chunk WHERE device = ?1 AND first_ms < ?3 AND "
        "first_ms >= ifnull((SELECT max(first_ms) FROM chunk WHERE "
        "device = ?1 AND first_ms <= ?2), ?2) AND last_ms >= ?2 "
        "ORDER BY first_ms",
        error);
    s->fetch_data = database_prepare(db, fetch_sql, error);
    s->list_tail = database_prepare(
        db,
        "SELECT " STORED_TAIL_COLUMNS " FROM tail WHERE device = ?1 AND "
        "time_ms >= ?2 AND time_ms < ?3 ORDER BY time_ms",
        error);
    if (s->list_chunks == NULL || s->fetch_data == NULL || s->list_tail == NULL)
        return database_fail(db, error);
    return WATTLE_OK;
}

int
stored_open_data(struct stored *s, struct database *db, bool has_data,
                 struct wattle_error *error)
{
    *s = (struct stored){.db = db};
    s->checksum = checksum_new();
    s->tail = aligned_alloc(64, sizeof(*s->tail));
    if (s->checksum == NULL || s->tail == NULL)
        return error_memory(error);
    s->tail->n_rows = 0;
    if (has_data)
        s->fetch_data = database_prepare(db, fetch_sql, NULL);
    return WATTLE_OK;
}

void
stored_close(struct stored *s)
{
    sqlite3_finalize(s->list_chunks);
    sqlite3_finalize(s->fetch_data);
    sqlite3_finalize(s->list_tail);
    checksum_free(s->checksum);
    free(s->tail);
    free(s->chunks);
    *s = (struct stored){0};
}

/* With the chunk's time, if it is one of those found last. */
int
stored_complain(struct database *db, int64_t number, struct wattle_error *error)
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
add_chunk(struct stored *s, struct wattle_error *error)
{
    struct stored_chunk *chunks = buffer_grow_array(
        s->chunks, &s->chunk_cap, s->n_chunks + 1, sizeof(*chunks));
    if (chunks == NULL)
        return error_memory(error);
    s->chunks = chunks;
    if (!stored_check_chunk(s->checksum, s->list_chunks, &chunks[s->n_chunks]))
        return stored_complain(s->db, sqlite3_column_int64(s->list_chunks, 0),
                               error);
    s->n_chunks++;
    return WATTLE_OK;
}

static int
fail_tail(const struct stored *s, struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, s->db->path, 0,
                        "a late reading is damaged; try 'wattle check'");
}

static int
add_tail_row(struct stored *s, struct wattle_error *error)
{
    sqlite3_stmt *row = s->list_tail;
    struct block *tail = s->tail;
    if (!stored_check_tail(s->checksum, row) || tail->n_rows == BLOCK_ROWS)
        return fail_tail(s, error);
    size_t at = tail->n_rows++;
    tail->column[BLOCK_TIME][at] = sqlite3_column_int64(row, 1);
    tail->column[BLOCK_PRESENCE][at] = sqlite3_column_int64(row, 2);
    for (int c = 0; c < WATTLE_N_COLUMNS; c++)
        tail->column[BLOCK_VALUE + c][at] = sqlite3_column_int64(row, 3 + c);
    tail->column[BLOCK_DUPLICATES][at] = sqlite3_column_int64(row, 8);
    tail->column[BLOCK_ROUNDED][at] = sqlite3_column_int64(row, 9);
    int64_t n_hidden = sqlite3_column_int64(row, 10);
    s->n_tail_new += n_hidden == 0 ? 1 : 0;
    s->n_tail_lines +=
        (uint64_t)(1 + tail->column[BLOCK_DUPLICATES][at] - n_hidden);
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
walk(struct stored *s, sqlite3_stmt *statement,
     int (*take)(struct stored *s, struct wattle_error *error),
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
stored_find(struct stored *s, uint32_t device, int64_t since_ms,
            int64_t until_ms, struct wattle_error *error)
{
    s->n_chunks = 0;
    bind_range(s->list_chunks, device, since_ms, until_ms);
    int status = walk(s, s->list_chunks, add_chunk, error);
    if (status == WATTLE_OK)
        status = stored_find_tail(s, device, since_ms, until_ms, error);
    return status;
}

/* Leaves out what no row of the tail has: chunks are made of it later. */
static void
settle_columns(struct block *tail)
{
    unsigned any = 0, all = UINT32_MAX;
    int64_t most[2] = {0, 0};
    for (size_t i = 0; i < tail->n_rows; i++) {
        any |= (unsigned)tail->column[BLOCK_PRESENCE][i];
        all &= (unsigned)tail->column[BLOCK_PRESENCE][i];
        most[0] |= tail->column[BLOCK_DUPLICATES][i];
        most[1] |= tail->column[BLOCK_ROUNDED][i];
    }
    tail->columns = BLOCK_BIT(BLOCK_TIME) | (any << BLOCK_VALUE & BLOCK_VALUES);
    if (any != all)
        tail->columns |= BLOCK_BIT(BLOCK_PRESENCE);
    if (most[0] != 0)
        tail->columns |= BLOCK_BIT(BLOCK_DUPLICATES);
    if (most[1] != 0)
        tail->columns |= BLOCK_BIT(BLOCK_ROUNDED);
}

int
stored_find_tail(struct stored *s, uint32_t device, int64_t since_ms,
                 int64_t until_ms, struct wattle_error *error)
{
    s->n_tail_new = s->n_tail_lines = 0;
    s->tail->n_rows = 0;
    s->tail->exponent = BLOCK_NANO;
    bind_range(s->list_tail, device, since_ms, until_ms);
    int status = walk(s, s->list_tail, add_tail_row, error);
    settle_columns(s->tail);
    return status;
}

int
stored_add_places(const struct stored *s, struct device_merge *merge)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < s->n_chunks && status == WATTLE_OK; i++)
        status =
            device_merge_add_chunk(merge, s->chunks[i].number,
                                   s->chunks[i].first_ms, s->chunks[i].last_ms);
    if (status == WATTLE_OK && s->tail->n_rows > 0)
        status = device_merge_add_tail(merge, s->tail);
    return status;
}

int
stored_fetch(void *context, int64_t number, struct buffer *data,
             struct wattle_error *error)
{
    struct stored *s = context;
    if (s->fetch_data == NULL)
        return stored_complain(s->db, number, error);
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
        status = stored_complain(s->db, number, error);
    sqlite3_reset(s->fetch_data);
    return status;
}

void
stored_bind_tail(sqlite3_stmt *statement, struct checksum *checksum,
                 uint32_t device, const struct block *block, size_t row,
                 uint64_t n_hidden)
{
    const int64_t unit = block->exponent == BLOCK_NANO ? 1 : 1000000;
    int64_t field[11] = {device, block->column[BLOCK_TIME][row],
                         block_presence(block, row)};
    for (int c = 0; c < WATTLE_N_COLUMNS; c++)
        field[3 + c] = (field[2] & 1 << c) != 0
                           ? block->column[BLOCK_VALUE + c][row] * unit
                           : 0;
    if ((block->columns & BLOCK_BIT(BLOCK_DUPLICATES)) != 0)
        field[8] = block->column[BLOCK_DUPLICATES][row];
    if ((block->columns & BLOCK_BIT(BLOCK_ROUNDED)) != 0)
        field[9] = block->column[BLOCK_ROUNDED][row];
    field[10] = (int64_t)n_hidden;
    checksum_begin(checksum);
    for (int i = 0; i < 11; i++) {
        bool is_absent = i >= 3 && i < 8 && (field[2] & 1 << (i - 3)) == 0;
        if (is_absent) {
            sqlite3_bind_null(statement, i + 1);
            checksum_bytes(checksum, NULL, 0);
        } else {
            sqlite3_bind_int64(statement, i + 1, field[i]);
            checksum_number(checksum, field[i]);
        }
    }
    sqlite3_bind_int64(statement, 12, checksum_end(checksum));
}
