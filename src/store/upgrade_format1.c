/*
 * upgrade_format1.c - the same columns and sums in the frames of format 2.
 *
 * Format 1 had one bit a column in front of a block, sums without a length in
 * the directory of a chunk, a summary without sections, and the five measures
 * of a late reading in columns of the table tail. The bytes of columns and sums
 * are the same in both, so nothing is decoded here: frames are cut and made
 * anew. Only formats that exist in the wild need such a file; it touches
 * nothing but what it needs of them.
 */
#include "store/upgrade_format1.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/byte_io.h"
#include "store/delta_row.h"
#include "store/stored_check.h"
#include "store/tables.h"

enum {
    OLD_N_MEASURES = 5,
    OLD_TIME = 0, /* bits of columns in front of a block */
    OLD_VALUE = 1,
    OLD_PRESENCE = OLD_VALUE + OLD_N_MEASURES,
    OLD_DUPLICATES,
    OLD_ROUNDED,
    OLD_N_COLUMNS,
    OLD_MAX_BLOCKS = 32
};

/* Flags of a summary. */
enum { OLD_EXTRA = 1, OLD_WIDE = 2, OLD_REST = 4 };

#define OLD_WIDE_BYTES 32

/* Reads a row of the database, and writes it as it is now. */
struct upgrade {
    struct database *db;
    struct checksum *checksum;
    sqlite3_stmt *read, *put_chunk, *put_data;
    struct buffer summary, data, blocks;
};

static int
fail_damaged(const struct upgrade *u, const char *what, int64_t number,
             struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, u->db->path, 0,
                        "has the old format 1 and is damaged (%s %lld): it "
                        "cannot be upgraded; import its files into a new "
                        "database",
                        what, (long long)number);
}

/* A statement of this file that cannot be prepared: tables are other ones. */
static int
fail_tables(const struct upgrade *u, struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, u->db->path, 0,
                        "has the old format 1 and is damaged: its tables are "
                        "not what wattle made; import its files into a new "
                        "database");
}

/* ---- summaries ---------------------------------------------------------- */

/* Passes over numbers of seven bits a byte. */
static void
skip_counts(struct byte_reader *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        byte_get_wide(in);
}

static void
skip_totals(struct byte_reader *in, unsigned flags)
{
    skip_counts(in, 13);
    if ((flags & OLD_EXTRA) == 0)
        return;
    skip_counts(in, 2);
    if ((flags & OLD_WIDE) == 0)
        return;
    skip_counts(in, 1);
    byte_take(in, 6 * OLD_WIDE_BYTES);
}

static int
put_section(struct buffer *out, unsigned tag, unsigned flags,
            const uint8_t *from, const uint8_t *to)
{
    uint8_t head[2 * 10 + 1];
    uint8_t *end = byte_put_count(head, tag);
    end = byte_put_count(end, (uint64_t)(to - from) + 1);
    *end++ = (uint8_t)flags;
    int status = buffer_append(out, head, (size_t)(end - head));
    return status == WATTLE_OK ? buffer_append(out, from, (size_t)(to - from))
                               : status;
}

/* WATTLE_ERR_FORMAT when the bytes are not a summary. */
static int
convert_summary(const void *bytes, size_t len, struct buffer *out)
{
    struct byte_reader in = {bytes, (const uint8_t *)bytes + len, false};
    const uint8_t version = 2;
    unsigned old = byte_get(&in);
    unsigned flags = byte_get(&in);
    const uint8_t *totals = in.at;
    skip_totals(&in, flags);
    if (old != 1 || in.failed)
        return WATTLE_ERR_FORMAT;
    out->len = 0;
    int status = buffer_append(out, &version, 1);
    if (status == WATTLE_OK)
        status =
            put_section(out, 1, flags & (OLD_EXTRA | OLD_WIDE), totals, in.at);
    return status == WATTLE_OK
               ? put_section(out, 2, flags & (OLD_WIDE | OLD_REST), in.at,
                             in.end)
               : status;
}

/* ---- chunks ------------------------------------------------------------- */

/* The tag of a column of format 1, and the order of tags. */
static const struct {
    uint8_t column, tag;
} old_columns[OLD_N_COLUMNS] = {
    {OLD_TIME, 0},       {OLD_PRESENCE, 1},   {OLD_DUPLICATES, 2},
    {OLD_ROUNDED, 3},    {OLD_VALUE, 16},     {OLD_VALUE + 1, 17},
    {OLD_VALUE + 2, 18}, {OLD_VALUE + 3, 19}, {OLD_VALUE + 4, 20},
};

/* A column's length in three bytes, and its bytes. */
struct old_column {
    const uint8_t *bytes;
    size_t len;
};

static bool
find_columns(const uint8_t *bytes, size_t len,
             struct old_column column[OLD_N_COLUMNS], unsigned *n)
{
    struct byte_reader in = {bytes, bytes + len, false};
    const uint64_t bits = byte_get_count(&in);
    *n = 0;
    for (int c = 0; c < OLD_N_COLUMNS; c++) {
        column[c] = (struct old_column){NULL, 0};
        if ((bits >> c & 1) == 0)
            continue;
        const uint8_t *size = byte_take(&in, 3);
        if (size == NULL)
            return false;
        size_t n_bytes = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16;
        if (byte_take(&in, n_bytes) == NULL)
            return false;
        column[c] = (struct old_column){size, 3 + n_bytes};
        ++*n;
    }
    return bits >> OLD_N_COLUMNS == 0 && in.at == in.end && !in.failed;
}

/* Appends a block; *len: its new length. */
static int
convert_block(const uint8_t *bytes, size_t old_len, struct buffer *out,
              size_t *len)
{
    struct old_column column[OLD_N_COLUMNS];
    unsigned n;
    const size_t begin = out->len;
    if (!find_columns(bytes, old_len, column, &n))
        return WATTLE_ERR_FORMAT;
    const uint8_t n_columns = (uint8_t)n;
    int status = buffer_append(out, &n_columns, 1);
    for (int i = 0; i < OLD_N_COLUMNS && status == WATTLE_OK; i++) {
        const struct old_column *from = &column[old_columns[i].column];
        if (from->bytes == NULL)
            continue;
        status = buffer_append(out, &old_columns[i].tag, 1);
        if (status == WATTLE_OK)
            status = buffer_append(out, from->bytes, from->len);
    }
    *len = out->len - begin;
    return status;
}

/* What an entry of the directory holds, as bytes of the old one. */
struct old_entry {
    const uint8_t *begin, *sums, *end; /* rows and times; sums */
    uint64_t len;
};

static int
put_entry(const struct old_entry *old, size_t len, struct buffer *out)
{
    uint8_t bytes[2 * 10];
    int status =
        buffer_append(out, old->begin, (size_t)(old->sums - old->begin));
    uint8_t *to = byte_put_count(bytes, len);
    to = byte_put_count(to, (uint64_t)(old->end - old->sums));
    if (status == WATTLE_OK)
        status = buffer_append(out, bytes, (size_t)(to - bytes));
    return status == WATTLE_OK
               ? buffer_append(out, old->sums, (size_t)(old->end - old->sums))
               : status;
}

static bool
read_directory(struct byte_reader *in, struct old_entry *entries, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct old_entry *e = &entries[i];
        e->begin = in->at;
        skip_counts(in, 3);
        e->sums = in->at;
        skip_counts(in, 2);
        e->end = in->at;
        e->len = byte_get_count(in);
    }
    return !in->failed;
}

static int
convert_chunk(struct upgrade *u, const void *bytes, size_t len)
{
    struct byte_reader in = {bytes, (const uint8_t *)bytes + len, false};
    struct old_entry entries[OLD_MAX_BLOCKS];
    const unsigned version = byte_get(&in), n = byte_get(&in);
    const uint8_t head[2] = {2, (uint8_t)n};
    if (version != 1 || n == 0 || n > OLD_MAX_BLOCKS ||
        !read_directory(&in, entries, n))
        return WATTLE_ERR_FORMAT;
    u->data.len = u->blocks.len = 0;
    int status = buffer_append(&u->data, head, sizeof(head));
    for (size_t i = 0; i < n && status == WATTLE_OK; i++) {
        size_t new_len = 0;
        const uint8_t *block = byte_take(&in, entries[i].len);
        if (block == NULL)
            return WATTLE_ERR_FORMAT;
        status = convert_block(block, entries[i].len, &u->blocks, &new_len);
        if (status == WATTLE_OK)
            status = put_entry(&entries[i], new_len, &u->data);
    }
    if (status == WATTLE_OK && in.at != in.end)
        return WATTLE_ERR_FORMAT;
    return status == WATTLE_OK
               ? buffer_append(&u->data, u->blocks.data, u->blocks.len)
               : status;
}

static int
run(struct upgrade *u, sqlite3_stmt *statement, struct wattle_error *error)
{
    int result = database_step(u->db, statement, error);
    sqlite3_reset(statement);
    return result < 0 ? result : WATTLE_OK;
}

/* Columns of `read`: those of a chunk, then checksum and data of its data. */
static int
convert_row(struct upgrade *u, struct wattle_error *error)
{
    sqlite3_stmt *row = u->read;
    struct stored_chunk chunk;
    const int64_t number = sqlite3_column_int64(row, 0);
    const void *data = sqlite3_column_blob(row, 14);
    const size_t len = (size_t)sqlite3_column_bytes(row, 14);
    if (!stored_check_chunk(u->checksum, row, &chunk) || data == NULL ||
        !checksum_is_of(sqlite3_column_int64(row, 13), data, len))
        return fail_damaged(u, "chunk", number, error);
    int status =
        convert_summary(sqlite3_column_blob(row, 11),
                        (size_t)sqlite3_column_bytes(row, 11), &u->summary);
    if (status == WATTLE_OK)
        status = convert_chunk(u, data, len);
    if (status == WATTLE_ERR_FORMAT)
        return fail_damaged(u, "chunk", number, error);
    if (status != WATTLE_OK)
        return error_memory(error);
    checksum_begin(u->checksum);
    checksum_columns(u->checksum, row, 0, 11); /* those before the summary */
    checksum_bytes(u->checksum, u->summary.data, u->summary.len);
    sqlite3_bind_int64(u->put_chunk, 1, number);
    sqlite3_bind_blob64(u->put_chunk, 2, u->summary.data, u->summary.len,
                        SQLITE_STATIC);
    sqlite3_bind_int64(u->put_chunk, 3, checksum_end(u->checksum));
    status = run(u, u->put_chunk, error);
    sqlite3_bind_int64(u->put_data, 1, number);
    sqlite3_bind_int64(u->put_data, 2, checksum_of(u->data.data, u->data.len));
    sqlite3_bind_blob64(u->put_data, 3, u->data.data, u->data.len,
                        SQLITE_STATIC);
    return status == WATTLE_OK ? run(u, u->put_data, error) : status;
}

/* One chunk after the other: the statement that reads ends before each write.
 */
static int
convert_chunks(struct upgrade *u, struct wattle_error *error)
{
    int64_t number = INT64_MIN;
    int status = WATTLE_OK, result = SQLITE_ROW;
    while (status == WATTLE_OK) {
        sqlite3_bind_int64(u->read, 1, number);
        result = database_step(u->db, u->read, error);
        if (result != SQLITE_ROW)
            break;
        number = sqlite3_column_int64(u->read, 0);
        status = convert_row(u, error);
        sqlite3_reset(u->read);
    }
    return result < 0 ? result : status;
}

/* ---- late readings ------------------------------------------------------ */

/* device, time_ms, presence, five values, duplicates, rounded, hidden. */
static void
read_late(sqlite3_stmt *row, struct delta_row *late)
{
    *late = (struct delta_row){
        .device = (uint32_t)sqlite3_column_int64(row, 0),
        .time_ms = sqlite3_column_int64(row, 1),
        .presence = (uint32_t)sqlite3_column_int64(row, 2) &
                    ((1u << OLD_N_MEASURES) - 1),
        .n_duplicates = (uint64_t)sqlite3_column_int64(row, 8),
        .n_rounded = (uint64_t)sqlite3_column_int64(row, 9),
        .n_shadowed = (uint64_t)sqlite3_column_int64(row, 10),
    };
    for (int m = 0; m < OLD_N_MEASURES; m++)
        late->nano[m] = sqlite3_column_int64(row, 3 + m);
}

static int
convert_late(struct upgrade *u, struct wattle_error *error)
{
    int status = WATTLE_OK, result = SQLITE_DONE;
    sqlite3_stmt *row = database_prepare(
        u->db,
        "SELECT device, time_ms, presence, voltage_nano, current_nano, "
        "power_factor_nano, power_nano, energy_nano, n_duplicates, n_rounded, "
        "n_hidden, checksum FROM tail",
        error);
    sqlite3_stmt *put = database_prepare(u->db, delta_row_sql, error);
    if (row == NULL || put == NULL)
        status = fail_tables(u, error);
    while (status == WATTLE_OK &&
           (result = database_step(u->db, row, error)) == SQLITE_ROW) {
        struct delta_row late;
        if (!stored_check_row(u->checksum, row, "iiiIIIIIiiii")) {
            status = fail_damaged(u, "a late reading of device",
                                  sqlite3_column_int64(row, 0), error);
            break;
        }
        read_late(row, &late);
        delta_row_bind(&late, u->checksum, put);
        status = run(u, put, error);
    }
    sqlite3_finalize(row);
    sqlite3_finalize(put);
    return result < 0 ? result : status;
}

static int
prepare(struct upgrade *u, struct wattle_error *error)
{
    u->checksum = checksum_new();
    if (u->checksum == NULL)
        return error_memory(error);
    u->read = database_prepare(
        u->db,
        "SELECT c.number, c.device, c.first_ms, c.last_ms, c.n_readings, "
        "c.n_duplicates, c.n_rounded, c.energy_kwh, c.mean_power_w, "
        "c.min_power_w, c.max_power_w, c.summary, c.checksum, d.checksum, "
        "d.data FROM chunk c LEFT JOIN chunk_data d ON d.number = c.number "
        "WHERE c.number > ?1 ORDER BY c.number LIMIT 1",
        error);
    u->put_chunk = database_prepare(
        u->db, "UPDATE chunk SET summary = ?2, checksum = ?3 WHERE number = ?1",
        error);
    u->put_data = database_prepare(
        u->db,
        "UPDATE chunk_data SET checksum = ?2, data = ?3 WHERE number = ?1",
        error);
    if (u->read == NULL || u->put_chunk == NULL || u->put_data == NULL)
        return fail_tables(u, error);
    return WATTLE_OK;
}

int
upgrade_format1(struct database *db, struct wattle_error *error)
{
    struct upgrade u = {.db = db};
    int64_t n_places = 0;
    int status = database_number(
        db, "SELECT count(*) FROM sqlite_master WHERE name = 'place'",
        &n_places, error);
    if (status == WATTLE_OK && n_places == 0)
        status = database_run(db, tables_place, error);
    if (status == WATTLE_OK)
        status = database_run(db, tables_new_in_2, error);
    if (status == WATTLE_OK)
        status = prepare(&u, error);
    if (status == WATTLE_OK)
        status = convert_chunks(&u, error);
    if (status == WATTLE_OK)
        status = convert_late(&u, error);
    sqlite3_finalize(u.read);
    sqlite3_finalize(u.put_chunk);
    sqlite3_finalize(u.put_data);
    checksum_free(u.checksum);
    buffer_release(&u.summary);
    buffer_release(&u.data);
    buffer_release(&u.blocks);
    return status == WATTLE_OK ? database_run(db, "DROP TABLE tail", error)
                               : status;
}
