/*
 * metered.c - a set of bits with a checksum before it. One that is damaged is
 * not known, which makes answers slow, not wrong.
 */
#include "store/metered.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/error.h"
#include "store/checksum.h"

enum { CHECKSUM_BYTES = 8 };

static int
take_blob(struct metered *set, const uint8_t *bytes, size_t len,
          struct wattle_error *error)
{
    uint64_t checksum = 0;
    if (bytes == NULL || len < CHECKSUM_BYTES)
        return WATTLE_OK;
    for (int i = CHECKSUM_BYTES; i-- > 0;)
        checksum = checksum << 8 | bytes[i];
    bytes += CHECKSUM_BYTES;
    len -= CHECKSUM_BYTES;
    if (!checksum_is_of((int64_t)checksum, bytes, len))
        return WATTLE_OK;
    set->bits = malloc(len + 1);
    if (set->bits == NULL)
        return error_memory(error);
    memcpy(set->bits, bytes, len);
    set->len = len;
    set->is_known = true;
    return WATTLE_OK;
}

int
metered_read(struct metered *set, struct database *db,
             struct wattle_error *error)
{
    metered_release(set);
    sqlite3_stmt *row = database_prepare(
        db, "SELECT value FROM main.meta WHERE key = 'metered'", error);
    if (row == NULL)
        return database_fail(db, error);
    const int result = database_step(db, row, error);
    int status = result < 0 ? result : WATTLE_OK;
    if (result == SQLITE_ROW && sqlite3_column_type(row, 0) == SQLITE_BLOB)
        status = take_blob(set, sqlite3_column_blob(row, 0),
                           (size_t)sqlite3_column_bytes(row, 0), error);
    set->is_damaged = result == SQLITE_ROW && !set->is_known;
    sqlite3_finalize(row);
    return status;
}

void
metered_release(struct metered *set)
{
    free(set->bits);
    *set = (struct metered){0};
}

void
metered_begin(struct metered *set)
{
    metered_release(set);
    set->is_known = set->is_changed = true;
}

bool
metered_has(const struct metered *set, uint32_t device)
{
    if (!set->is_known)
        return true;
    return device / 8 < set->len &&
           (set->bits[device / 8] >> device % 8 & 1) != 0;
}

int
metered_add(struct metered *set, uint32_t device)
{
    const size_t at = device / 8;
    if (metered_has(set, device))
        return WATTLE_OK;
    if (at >= set->len) {
        uint8_t *bits = realloc(set->bits, at + 1);
        if (bits == NULL)
            return WATTLE_ERR_MEMORY;
        memset(bits + set->len, 0, at + 1 - set->len);
        set->bits = bits;
        set->len = at + 1;
    }
    set->bits[at] |= (uint8_t)(1u << device % 8);
    set->is_changed = true;
    return WATTLE_OK;
}

void
metered_remove(struct metered *set, uint32_t device)
{
    if (!set->is_known || !metered_has(set, device))
        return;
    set->bits[device / 8] &= (uint8_t) ~(1u << device % 8);
    set->is_changed = true;
}

int
metered_write(struct metered *set, struct database *db,
              struct wattle_error *error)
{
    if (!set->is_known || !set->is_changed)
        return WATTLE_OK;
    uint8_t *blob = malloc(CHECKSUM_BYTES + set->len);
    if (blob == NULL)
        return error_memory(error);
    uint64_t checksum = (uint64_t)checksum_of(set->bits, set->len);
    for (int i = 0; i < CHECKSUM_BYTES; i++)
        blob[i] = (uint8_t)(checksum >> 8 * i);
    if (set->len > 0)
        memcpy(blob + CHECKSUM_BYTES, set->bits, set->len);
    sqlite3_stmt *put = database_prepare(
        db, "INSERT OR REPLACE INTO main.meta VALUES('metered', ?1)", error);
    int status = put != NULL ? WATTLE_OK : database_fail(db, error);
    if (status == WATTLE_OK) {
        sqlite3_bind_blob64(put, 1, blob, CHECKSUM_BYTES + set->len,
                            SQLITE_STATIC);
        const int result = database_step(db, put, error);
        status = result < 0 ? result : WATTLE_OK;
    }
    sqlite3_finalize(put);
    free(blob);
    set->is_changed = status != WATTLE_OK;
    return status;
}
