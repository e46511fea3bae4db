/*
 * stored_check.c - limits of the rows of each table, column by column.
 *
 * Nobody computes with what has not passed here. The limits are those of
 * docs/format.md.
 */
#include "store/stored_check.h"

#include <math.h>
#include <string.h>

#include "base/civil_time.h"
#include "codec/block_check.h"
#include "codec/chunk.h"
#include "model/registry.h"
#include "store/catalog.h"
#include "wattle/result.h"
#include "wattle/measure.h"

bool
stored_check_row(struct checksum *checksum, sqlite3_stmt *row,
                 const char *kinds)
{
    static const char letters[] = {[SQLITE_INTEGER] = 'i',
                                   [SQLITE_FLOAT] = 'r',
                                   [SQLITE_TEXT] = 't',
                                   [SQLITE_BLOB] = 'b'};
    int n = (int)strlen(kinds);
    for (int i = 0; i < n; i++) {
        int type = sqlite3_column_type(row, i);
        bool may_be_null = kinds[i] < 'a';
        char wanted = (char)(may_be_null ? kinds[i] - 'A' + 'a' : kinds[i]);
        if (type == SQLITE_NULL ? !may_be_null : letters[type] != wanted)
            return false;
    }
    return checksum_holds(checksum, row, n);
}

static bool
is_between(sqlite3_stmt *row, int column, int64_t low, int64_t high)
{
    int64_t value = sqlite3_column_int64(row, column);
    return value >= low && value <= high;
}

static bool
is_count(sqlite3_stmt *row, int column)
{
    return is_between(row, column, 0, STORED_MAX_COUNT);
}

static bool
is_time(sqlite3_stmt *row, int column)
{
    return is_between(row, column, CIVIL_MIN_MS, CIVIL_MAX_MS);
}

static bool
is_device_number(sqlite3_stmt *row, int column)
{
    return is_between(row, column, 0, REGISTRY_NO_DEVICE - 1);
}

bool
stored_check_count(sqlite3_stmt *row, int column, uint64_t *count)
{
    *count = (uint64_t)sqlite3_column_int64(row, column);
    return sqlite3_column_type(row, column) == SQLITE_INTEGER &&
           is_count(row, column);
}

bool
stored_check_reject_count(sqlite3_stmt *row, int *reason, uint64_t *n)
{
    for (int i = 0; i < 3; i++) {
        if (sqlite3_column_type(row, i) != SQLITE_INTEGER)
            return false;
    }
    *reason = sqlite3_column_int(row, 1);
    *n = (uint64_t)sqlite3_column_int64(row, 2);
    return is_between(row, 0, 1, STORED_MAX_COUNT) &&
           is_between(row, 1, 0, WATTLE_N_REASONS - 1) && is_count(row, 2);
}

bool
stored_check_reject_device(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "iiii") &&
           is_between(row, 0, 1, STORED_MAX_COUNT) &&
           is_device_number(row, 1) && is_between(row, 2, 1, STORED_MAX_COUNT);
}

bool
stored_check_chunk(struct checksum *checksum, sqlite3_stmt *row,
                   struct stored_chunk *chunk)
{
    if (!stored_check_row(checksum, row, "iiiiiiiRRRRbi") ||
        !is_between(row, 0, 1, INT64_MAX - 1) || !is_device_number(row, 1) ||
        !is_time(row, 2) || !is_time(row, 3) ||
        !is_between(row, 4, 1, CHUNK_BLOCKS * BLOCK_ROWS) ||
        !is_between(row, 5, 0, BLOCK_MAX_LINES) ||
        !is_between(row, 6, 0, BLOCK_MAX_LINES))
        return false;
    *chunk = (struct stored_chunk){
        .number = sqlite3_column_int64(row, 0),
        .device = (uint32_t)sqlite3_column_int64(row, 1),
        .first_ms = sqlite3_column_int64(row, 2),
        .last_ms = sqlite3_column_int64(row, 3),
        .n_readings = (uint64_t)sqlite3_column_int64(row, 4),
        .n_duplicates = (uint64_t)sqlite3_column_int64(row, 5),
        .n_rounded = (uint64_t)sqlite3_column_int64(row, 6),
    };
    return chunk->first_ms <= chunk->last_ms;
}

bool
stored_check_delta(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "iiiiibi") &&
           is_device_number(row, 0) && is_time(row, 1) &&
           is_between(row, 2, 0, BLOCK_MAX_LINES) &&
           is_between(row, 3, 0, BLOCK_MAX_LINES) &&
           is_between(row, 4, 0, BLOCK_MAX_LINES) &&
           /* a line that shadows others stands for them, too */
           sqlite3_column_int64(row, 4) <= 1 + sqlite3_column_int64(row, 2);
}

bool
stored_check_file(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "itiTiiiiiBti") &&
           is_between(row, 0, 1, STORED_MAX_COUNT) &&
           is_between(row, 2, 0, CATALOG_ASSUMED) && is_count(row, 4) &&
           is_count(row, 6) && is_count(row, 7) && is_count(row, 8) &&
           sqlite3_column_int64(row, 7) <= sqlite3_column_int64(row, 6) &&
           sqlite3_column_bytes(row, 9) % (int)sizeof(uint64_t) == 0;
}

bool
stored_check_device_id(sqlite3_stmt *row, int number, int id)
{
    if (sqlite3_column_type(row, number) != SQLITE_INTEGER ||
        sqlite3_column_type(row, id) != SQLITE_TEXT ||
        !is_device_number(row, number))
        return false;
    const void *text = sqlite3_column_text(row, id);
    int len = sqlite3_column_bytes(row, id);
    return text != NULL && len > 0 && len <= REGISTRY_MAX_ID &&
           memchr(text, '\0', (size_t)len) == NULL;
}

bool
stored_check_device(struct checksum *checksum, sqlite3_stmt *row)
{
    if (!stored_check_row(checksum, row, "itTTRi") ||
        !stored_check_device_id(row, 0, 1))
        return false;
    bool has_rating = sqlite3_column_type(row, 4) != SQLITE_NULL;
    return !has_rating || isfinite(sqlite3_column_double(row, 4));
}

bool
stored_check_place(sqlite3_stmt *row, const uint64_t *parts, size_t n_parts)
{
    return sqlite3_column_type(row, 0) == SQLITE_INTEGER &&
           sqlite3_column_type(row, 1) == SQLITE_TEXT &&
           sqlite3_column_type(row, 2) == SQLITE_INTEGER &&
           sqlite3_column_type(row, 3) == SQLITE_INTEGER &&
           sqlite3_column_type(row, 4) == SQLITE_INTEGER &&
           is_between(row, 2, 0, CATALOG_ENDS_CR) &&
           is_between(row, 3, 0, WATTLE_VALUE_COUNTER_KWH) &&
           sqlite3_column_int64(row, 4) ==
               checksum_of(parts, n_parts * sizeof(*parts));
}

bool
stored_check_reject(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "iiibi") &&
           is_between(row, 0, 1, STORED_MAX_COUNT) && is_count(row, 1) &&
           is_between(row, 2, 0, WATTLE_N_REASONS - 1);
}
