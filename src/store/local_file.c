/*
 * local_file.c - rows of the table local_file.
 */
#include "store/local_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/byte_io.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "model/registry.h"
#include "store/stored_check.h"

/* A state: device, local_ms, step_ms, flags. */
enum { STATE_BYTES = 4 + 8 + 8 + 1, IS_SECOND = 1, IS_BACKWARD = 2 };

/* Names of zones are shorter. */
enum { MOST_ZONE_BYTES = 255 };

void
local_file_release(struct local_file *file)
{
    free(file->zone);
    local_states_release(&file->states);
    file->zone = NULL;
}

static uint64_t
get(const uint8_t *bytes, int n)
{
    uint64_t value = 0;
    for (int i = n; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

static void
put(uint8_t *bytes, int n, uint64_t value)
{
    for (int i = 0; i < n; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static bool
is_local_time(int64_t local_ms)
{
    return local_ms >= CIVIL_MIN_MS && local_ms <= CIVIL_MAX_MS;
}

/* One state; the devices ascend. */
static int
take_state(struct local_states *states, const uint8_t *bytes)
{
    const uint64_t device = get(bytes, 4);
    const uint8_t flags = bytes[STATE_BYTES - 1];
    const struct local_state state = {
        .local_ms = (int64_t)get(bytes + 4, 8),
        .step_ms = (int64_t)get(bytes + 12, 8),
        .is_second = (flags & IS_SECOND) != 0,
        .is_backward = (flags & IS_BACKWARD) != 0,
    };
    if (device >= REGISTRY_NO_DEVICE || !is_local_time(state.local_ms) ||
        state.step_ms < -1 || state.step_ms > CIVIL_MAX_MS - CIVIL_MIN_MS ||
        flags > (IS_SECOND | IS_BACKWARD) ||
        (states->n > 0 && device <= states->devices[states->n - 1].device))
        return WATTLE_ERR_FORMAT;
    return local_states_add(states, (uint32_t)device, &state);
}

int
local_file_take(struct local_file *file, struct checksum *checksum,
                sqlite3_stmt *row)
{
    *file = (struct local_file){0};
    if (!stored_check_row(checksum, row, "itibi"))
        return WATTLE_ERR_FORMAT;
    const char *zone = (const char *)sqlite3_column_text(row, 1);
    const int zone_len = sqlite3_column_bytes(row, 1);
    const int64_t has_times = sqlite3_column_int64(row, 2);
    const uint8_t *bytes = sqlite3_column_blob(row, 3);
    const int len = sqlite3_column_bytes(row, 3);
    if (zone == NULL || zone_len < 1 || zone_len > MOST_ZONE_BYTES ||
        memchr(zone, '\0', (size_t)zone_len) != NULL || has_times < 0 ||
        has_times > 1 || len % STATE_BYTES != 0)
        return WATTLE_ERR_FORMAT;
    file->zone = strdup(zone);
    file->has_times = has_times != 0;
    int status = file->zone != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
    for (int at = 0; at < len && status == WATTLE_OK; at += STATE_BYTES)
        status = take_state(&file->states, bytes + at);
    return status;
}

static int
read_row(struct local_file *file, struct database *db, sqlite3_stmt *row,
         struct wattle_error *error)
{
    const int result = database_step(db, row, error);
    if (result != SQLITE_ROW)
        return result < 0 ? result : WATTLE_OK;
    struct checksum *checksum = checksum_new();
    const int status = checksum != NULL ? local_file_take(file, checksum, row)
                                        : WATTLE_ERR_MEMORY;
    checksum_free(checksum);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    return status == WATTLE_OK
               ? WATTLE_OK
               : error_set_at(error, status, db->path, 0,
                              "the table local_file is damaged; try 'wattle "
                              "check'");
}

int
local_file_read(struct local_file *file, struct database *db, int64_t number,
                struct wattle_error *error)
{
    *file = (struct local_file){0};
    sqlite3_stmt *row = database_prepare(
        db,
        "SELECT " LOCAL_FILE_COLUMNS " FROM main.local_file WHERE file = ?1",
        error);
    if (row == NULL)
        return database_fail(db, error);
    sqlite3_bind_int64(row, 1, number);
    const int status = read_row(file, db, row, error);
    sqlite3_finalize(row);
    return status;
}

static int
drop_row(struct database *db, int64_t number, struct wattle_error *error)
{
    sqlite3_stmt *drop = database_prepare(
        db, "DELETE FROM main.local_file WHERE file = ?1", error);
    if (drop == NULL)
        return database_fail(db, error);
    sqlite3_bind_int64(drop, 1, number);
    const int result = database_step(db, drop, error);
    sqlite3_finalize(drop);
    return result < 0 ? result : WATTLE_OK;
}

/* The states as bytes; NULL = no memory. */
static uint8_t *
pack(const struct local_states *states)
{
    uint8_t *bytes = malloc(states->n * STATE_BYTES + 1);
    for (size_t i = 0; bytes != NULL && i < states->n; i++) {
        const struct local_state *state = &states->devices[i].state;
        uint8_t *to = bytes + i * STATE_BYTES;
        put(to, 4, states->devices[i].device);
        put(to + 4, 8, (uint64_t)state->local_ms);
        put(to + 12, 8, (uint64_t)state->step_ms);
        to[20] = (uint8_t)((state->is_second ? IS_SECOND : 0) |
                           (state->is_backward ? IS_BACKWARD : 0));
    }
    return bytes;
}

static int
put_row(const struct local_file *file, struct database *db, int64_t number,
        struct checksum *checksum, const uint8_t *bytes,
        struct wattle_error *error)
{
    const size_t len = file->states.n * STATE_BYTES;
    const size_t zone_len = strlen(file->zone);
    sqlite3_stmt *row = database_prepare(
        db, "INSERT OR REPLACE INTO main.local_file VALUES(?1, ?2, ?3, ?4, ?5)",
        error);
    if (row == NULL)
        return database_fail(db, error);
    checksum_begin(checksum);
    checksum_number(checksum, number);
    checksum_bytes(checksum, file->zone, zone_len);
    checksum_number(checksum, file->has_times ? 1 : 0);
    checksum_bytes(checksum, bytes, len);
    sqlite3_bind_int64(row, 1, number);
    sqlite3_bind_text(row, 2, file->zone, (int)zone_len, SQLITE_STATIC);
    sqlite3_bind_int(row, 3, file->has_times ? 1 : 0);
    sqlite3_bind_blob64(row, 4, bytes, len, SQLITE_STATIC);
    sqlite3_bind_int64(row, 5, checksum_end(checksum));
    const int result = database_step(db, row, error);
    sqlite3_finalize(row);
    return result < 0 ? result : WATTLE_OK;
}

int
local_file_write(const struct local_file *file, struct database *db,
                 int64_t number, struct wattle_error *error)
{
    if (file->zone == NULL)
        return drop_row(db, number, error);
    struct checksum *checksum = checksum_new();
    uint8_t *bytes = pack(&file->states);
    const int status = checksum != NULL && bytes != NULL
                           ? put_row(file, db, number, checksum, bytes, error)
                           : error_memory(error);
    checksum_free(checksum);
    free(bytes);
    return status;
}

int
local_file_upgrade(struct database *db, struct wattle_error *error)
{
    char utc[] = "UTC";
    const struct local_file file = {.zone = utc, .has_times = true};
    sqlite3_stmt *row = database_prepare(
        db, "SELECT number FROM main.file WHERE is_usable", error);
    int status = row != NULL ? WATTLE_OK : database_fail(db, error);
    while (status == WATTLE_OK) {
        const int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0
                     ? result
                     : local_file_write(&file, db, sqlite3_column_int64(row, 0),
                                        error);
    }
    sqlite3_finalize(row);
    return status;
}
