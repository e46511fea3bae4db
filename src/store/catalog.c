/*
 * catalog.c - rows of device, file, reject and reject_count.
 *
 * Each row has a checksum over its fields; readers check it first
 * (stored_check.h).
 */
#include "store/catalog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/utf8.h"
#include "store/checksum.h"
#include "store/stored_check.h"
#include "store/tables.h"

static int
fail_damaged(const struct database *db, const char *table,
             struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                        "the table %s is damaged; try 'wattle check'", table);
}

static int
read_device(struct database *db, sqlite3_stmt *row, struct checksum *checksum,
            struct registry *devices, struct device_table *table,
            struct wattle_error *error)
{
    const char *id = (const char *)sqlite3_column_text(row, 1);
    size_t len = (size_t)sqlite3_column_bytes(row, 1);
    if (!stored_check_device(checksum, row) ||
        sqlite3_column_int64(row, 0) != devices->n_devices)
        return fail_damaged(db, "device", error);
    uint32_t n = devices->n_devices;
    uint32_t number = registry_add(devices, id, len);
    if (number == REGISTRY_NO_DEVICE)
        return error_memory(error);
    if (number != n)
        return fail_damaged(db, "device", error);
    bool has_rating = sqlite3_column_type(row, 4) != SQLITE_NULL;
    double rated_w = has_rating ? sqlite3_column_double(row, 4) : NAN;
    if (table != NULL &&
        device_table_add(table, id, (const char *)sqlite3_column_text(row, 2),
                         (const char *)sqlite3_column_text(row, 3), rated_w,
                         sqlite3_column_int(row, 6) != 0) != WATTLE_OK)
        return error_memory(error);
    return WATTLE_OK;
}

int
catalog_read_devices(struct database *db, struct registry *devices,
                     struct device_table *table, struct wattle_error *error)
{
    /* of a device whose readings were all taken back nothing is expected */
    const bool asks = table != NULL && db->version >= 3;
    struct checksum *checksum = checksum_new();
    sqlite3_stmt *row = database_prepare(
        db,
        asks ? "SELECT " STORED_DEVICE_COLUMNS
               ", number IN (SELECT device FROM forgotten_data) AND NOT EXISTS "
               "(SELECT 1 FROM chunk c WHERE c.device = device.number) AND "
               "NOT EXISTS (SELECT 1 FROM delta d WHERE d.device = "
               "device.number) FROM device ORDER BY number"
             : "SELECT " STORED_DEVICE_COLUMNS ", 0 FROM device ORDER BY "
               "number",
        error);
    int status = WATTLE_OK;
    if (checksum == NULL || row == NULL)
        status =
            checksum == NULL ? error_memory(error) : database_fail(db, error);
    while (status == WATTLE_OK) {
        int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0
                     ? result
                     : read_device(db, row, checksum, devices, table, error);
    }
    sqlite3_finalize(row);
    checksum_free(checksum);
    return status == WATTLE_OK ? catalog_check_devices(db, error) : status;
}

int
catalog_count_read_devices(struct database *db, int64_t *n,
                           struct wattle_error *error)
{
    return database_number(
        db,
        "SELECT count(*) FROM device d WHERE EXISTS (SELECT 1 FROM chunk c "
        "WHERE c.device = d.number) OR EXISTS (SELECT 1 FROM delta l WHERE "
        "l.device = d.number)",
        n, error);
}

int
catalog_count_devices(struct database *db, int64_t *n,
                      struct wattle_error *error)
{
    return database_number(db, "SELECT count(*) FROM device", n, error);
}

char *
catalog_device_id(struct database *db, int64_t number)
{
    char *id = NULL;
    sqlite3_stmt *row = database_prepare(
        db, "SELECT device_id FROM device WHERE number = ?1", NULL);
    sqlite3_bind_int64(row, 1, number);
    if (row != NULL && sqlite3_step(row) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        id = text != NULL ? strdup(text) : NULL;
    }
    sqlite3_finalize(row);
    return id;
}

int
catalog_count_files(struct database *db, int64_t *n_files, int64_t *n_rejects,
                    struct wattle_error *error)
{
    int status =
        database_number(db, "SELECT count(*) FROM file", n_files, error);
    return status == WATTLE_OK
               ? database_number(db, "SELECT sum(n_rejects) FROM file",
                                 n_rejects, error)
               : status;
}

int
catalog_check_devices(struct database *db, struct wattle_error *error)
{
    int64_t n_missing = 0;
    int status =
        database_number(db, CATALOG_MISSING_DEVICES, &n_missing, error);
    if (status == WATTLE_OK && n_missing != 0)
        return fail_damaged(db, "device", error);
    return status;
}

/*
 * Binds a text, which is UTF-8 in a database: names of files need not be. The
 * checksum may be NULL.
 */
static void
bind_text(sqlite3_stmt *row, int column, const char *text,
          struct checksum *checksum)
{
    char *made = NULL;
    size_t len = text != NULL ? strlen(text) : 0;
    if (text != NULL && !utf8_is_valid(text, len)) {
        made = malloc(3 * len + 3);
        if (made != NULL)
            len = utf8_from_latin(text, len, made, 3 * len + 3);
        text = made;
    }
    if (text == NULL)
        sqlite3_bind_null(row, column);
    else if (made != NULL)
        sqlite3_bind_text(row, column, text, (int)len, SQLITE_TRANSIENT);
    else
        sqlite3_bind_text(row, column, text, (int)len, SQLITE_STATIC);
    if (checksum != NULL)
        checksum_bytes(checksum, text, text != NULL ? len : 0);
    free(made);
}

static void
bind_number(sqlite3_stmt *row, int column, int64_t value,
            struct checksum *checksum)
{
    sqlite3_bind_int64(row, column, value);
    checksum_number(checksum, value);
}

static int
write_device(struct database *db, sqlite3_stmt *row, struct checksum *checksum,
             uint32_t number, const char *id, const struct device_info *info,
             struct wattle_error *error)
{
    int64_t bits;
    checksum_begin(checksum);
    bind_number(row, 1, number, checksum);
    bind_text(row, 2, id, checksum);
    bind_text(row, 3, info != NULL ? info->name : NULL, checksum);
    bind_text(row, 4, info != NULL ? info->location : NULL, checksum);
    if (info == NULL || isnan(info->rated_w)) {
        sqlite3_bind_null(row, 5);
        checksum_bytes(checksum, NULL, 0);
    } else {
        sqlite3_bind_double(row, 5, info->rated_w);
        memcpy(&bits, &info->rated_w, sizeof(bits));
        checksum_number(checksum, bits);
    }
    sqlite3_bind_int64(row, 6, checksum_end(checksum));
    int result = database_step(db, row, error);
    sqlite3_reset(row);
    return result < 0 ? result : WATTLE_OK;
}

int
catalog_write_devices(struct database *db, struct registry *devices,
                      uint32_t first, const struct device_table *table,
                      struct wattle_error *error)
{
    for (uint32_t i = 0; i < table->ids.n_devices; i++) {
        const char *id = registry_id(&table->ids, i);
        if (table->infos[i].is_inactive) /* nothing is to be expected of it */
            continue;
        if (registry_add(devices, id, strlen(id)) == REGISTRY_NO_DEVICE)
            return error_memory(error);
    }
    struct checksum *checksum = checksum_new();
    sqlite3_stmt *row = database_prepare(
        db, "INSERT OR REPLACE INTO device VALUES(?1,?2,?3,?4,?5,?6)", error);
    int status = WATTLE_OK;
    if (checksum == NULL || row == NULL)
        status =
            checksum == NULL ? error_memory(error) : database_fail(db, error);
    for (uint32_t i = 0; i < devices->n_devices && status == WATTLE_OK; i++) {
        const char *id = registry_id(devices, i);
        const struct device_info *info = device_table_find(table, id);
        if (i >= first || info != NULL)
            status = write_device(db, row, checksum, i, id, info, error);
    }
    sqlite3_finalize(row);
    checksum_free(checksum);
    /* SQLite plans joins by how many devices there are */
    if (status == WATTLE_OK && first < devices->n_devices)
        status = database_run(db, "ANALYZE main.device", error);
    return status;
}

/* A file and its place; one that has none, which an older program imported. */
#define FROM_PLACE                                                             \
    "SELECT " STORED_FILE_COLUMNS ", p.ends_record, p.value_kind FROM place "  \
    "p CROSS JOIN file ON number = p.file WHERE "
#define FROM_OLD "SELECT " STORED_FILE_COLUMNS ", 0, 0 FROM file WHERE "
#define LATEST_OLD                                                             \
    " AND number NOT IN (SELECT file FROM place) ORDER BY number DESC LIMIT 1"

/* Files of format 1 may have no place; they are looked for in another way. */
static int
find_old(struct catalog_files *f, struct wattle_error *error)
{
    int64_t n_old = 0;
    int status = database_number(
        f->db,
        "SELECT EXISTS (SELECT 1 FROM file WHERE is_usable AND size_bytes > 0 "
        "AND number NOT IN (SELECT file FROM place))",
        &n_old, error);
    f->has_old = n_old != 0;
    return status;
}

int
catalog_files_open(struct catalog_files *f, struct database *db,
                   struct wattle_error *error)
{
    *f = (struct catalog_files){.db = db, .checksum = checksum_new()};
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&f->by_path,
         FROM_PLACE "p.real_path = ?1 AND is_usable AND (?2 OR n_lines > 0 OR "
                    "size_bytes > 0) ORDER BY p.file DESC LIMIT 1"},
        {&f->by_path_old, FROM_OLD "path = ?1 AND is_usable" LATEST_OLD},
        {&f->by_content,
         FROM_PLACE "p.content = ?3 AND size_bytes = ?1 AND length(parts) > 0 "
                    "AND parts = ?2 ORDER BY p.file DESC LIMIT 1"},
        {&f->by_content_old, FROM_OLD
         "size_bytes = ?1 AND length(parts) > 0 AND parts = ?2" LATEST_OLD},
        {&f->by_size, "SELECT 1 FROM file WHERE size_bytes = ?1 LIMIT 1"},
        {&f->forget, "DELETE FROM file WHERE path = ?1 AND NOT is_usable"},
        {&f->put, "INSERT OR REPLACE INTO file(" STORED_FILE_COLUMNS ") "
                  "VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12)"},
        {&f->drop_place, "DELETE FROM place WHERE file = ?1"},
        {&f->put_place, "INSERT OR REPLACE INTO place VALUES(?1,?2,?3,?4,?5)"},
    };
    if (f->checksum == NULL)
        return error_memory(error);
    int status = find_old(f, error);
    if (status != WATTLE_OK)
        return status;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        *all[i].statement = database_prepare(db, all[i].sql, error);
        if (*all[i].statement == NULL)
            return database_fail(db, error);
    }
    return WATTLE_OK;
}

void
catalog_files_close(struct catalog_files *f)
{
    sqlite3_stmt *const all[] = {
        f->by_path,   f->by_path_old, f->by_content, f->by_content_old,
        f->by_size,   f->forget,      f->put,        f->put_place,
        f->drop_place};
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        sqlite3_finalize(all[i]);
    checksum_free(f->checksum);
    *f = (struct catalog_files){0};
}

static int
take_file(struct catalog_files *f, sqlite3_stmt *row,
          struct catalog_file *found, struct wattle_error *error)
{
    if (!stored_check_file(f->checksum, row))
        return fail_damaged(f->db, "file", error);
    size_t len = (size_t)sqlite3_column_bytes(row, 9);
    uint64_t *parts = malloc(len + sizeof(*parts));
    if (parts == NULL)
        return error_memory(error);
    if (len > 0)
        memcpy(parts, sqlite3_column_blob(row, 9), len);
    *found = (struct catalog_file){
        .number = sqlite3_column_int64(row, 0),
        .is_usable = sqlite3_column_int(row, 2) != 0,
        .is_value_assumed = sqlite3_column_int(row, 2) == CATALOG_ASSUMED,
        .has_problem = sqlite3_column_type(row, 3) != SQLITE_NULL,
        .ends_record = sqlite3_column_int(row, 12),
        .value_kind = sqlite3_column_int(row, 13),
        .size_bytes = (uint64_t)sqlite3_column_int64(row, 4),
        .modified_ns = sqlite3_column_int64(row, 5),
        .n_lines = (uint64_t)sqlite3_column_int64(row, 6),
        .n_rejects = (uint64_t)sqlite3_column_int64(row, 7),
        .file_lines = (uint64_t)sqlite3_column_int64(row, 8),
        .parts = parts,
        .n_parts = len / sizeof(*parts),
    };
    return WATTLE_OK;
}

/* Runs a statement for one file. */
static int
find_file(struct catalog_files *f, sqlite3_stmt *row,
          struct catalog_file *found, struct wattle_error *error)
{
    *found = (struct catalog_file){0};
    int result = database_step(f->db, row, error);
    int status = result < 0 ? result : WATTLE_OK;
    if (result == SQLITE_ROW)
        status = take_file(f, row, found, error);
    sqlite3_reset(row);
    return status;
}

/* Takes the later of two files. */
static int
find_later(struct catalog_files *f, sqlite3_stmt *row,
           struct catalog_file *found, struct wattle_error *error)
{
    struct catalog_file other;
    int status = find_file(f, row, &other, error);
    if (status == WATTLE_OK && other.number > found->number) {
        free((void *)found->parts);
        *found = other;
    } else {
        free((void *)other.parts);
    }
    return status;
}

int
catalog_files_find_path(struct catalog_files *f, const char *real_path,
                        const char *path, bool with_void,
                        struct catalog_file *found, struct wattle_error *error)
{
    bind_text(f->by_path, 1, real_path, NULL);
    sqlite3_bind_int(f->by_path, 2, with_void);
    int status = find_file(f, f->by_path, found, error);
    if (status != WATTLE_OK || !f->has_old)
        return status;
    bind_text(f->by_path_old, 1, path, NULL);
    return find_later(f, f->by_path_old, found, error);
}

static void
bind_content(sqlite3_stmt *row, uint64_t size_bytes, const uint64_t *parts,
             size_t n_parts)
{
    sqlite3_bind_int64(row, 1, (int64_t)size_bytes);
    sqlite3_bind_blob64(row, 2, parts, n_parts * sizeof(*parts), SQLITE_STATIC);
}

int
catalog_files_find_content(struct catalog_files *f, uint64_t size_bytes,
                           const uint64_t *parts, size_t n_parts,
                           struct catalog_file *found,
                           struct wattle_error *error)
{
    bind_content(f->by_content, size_bytes, parts, n_parts);
    sqlite3_bind_int64(f->by_content, 3,
                       checksum_of(parts, n_parts * sizeof(*parts)));
    int status = find_file(f, f->by_content, found, error);
    if (status != WATTLE_OK || !f->has_old || found->number != 0)
        return status;
    bind_content(f->by_content_old, size_bytes, parts, n_parts);
    return find_file(f, f->by_content_old, found, error);
}

int
catalog_files_has_size(struct catalog_files *f, uint64_t size_bytes, bool *has,
                       struct wattle_error *error)
{
    sqlite3_bind_int64(f->by_size, 1, (int64_t)size_bytes);
    int result = database_step(f->db, f->by_size, error);
    *has = result == SQLITE_ROW;
    sqlite3_reset(f->by_size);
    return result < 0 ? result : WATTLE_OK;
}

/* A number may have had a place: of what the file was before. */
static int
drop_place(struct catalog_files *f, int64_t number, struct wattle_error *error)
{
    sqlite3_bind_int64(f->drop_place, 1, number);
    int result = database_step(f->db, f->drop_place, error);
    sqlite3_reset(f->drop_place);
    return result < 0 ? result : WATTLE_OK;
}

int
catalog_files_write(struct catalog_files *f, const struct catalog_file *file,
                    const char *imported_at, struct wattle_error *error)
{
    bind_text(f->forget, 1, file->path, NULL);
    int result = database_step(f->db, f->forget, error);
    sqlite3_reset(f->forget);
    if (result < 0)
        return result;
    struct checksum *checksum = f->checksum;
    sqlite3_stmt *row = f->put;
    checksum_begin(checksum);
    bind_number(row, 1, file->number, checksum);
    bind_text(row, 2, file->path, checksum);
    int use = !file->is_usable         ? CATALOG_UNUSABLE
              : file->is_value_assumed ? CATALOG_ASSUMED
                                       : CATALOG_USABLE;
    bind_number(row, 3, use, checksum);
    bind_text(row, 4, file->problem, checksum);
    bind_number(row, 5, (int64_t)file->size_bytes, checksum);
    bind_number(row, 6, file->modified_ns, checksum);
    bind_number(row, 7, (int64_t)file->n_lines, checksum);
    bind_number(row, 8, (int64_t)file->n_rejects, checksum);
    bind_number(row, 9, (int64_t)file->file_lines, checksum);
    size_t len = file->n_parts * sizeof(*file->parts);
    const void *parts = file->parts;
    sqlite3_bind_blob64(row, 10, parts, len, SQLITE_STATIC);
    checksum_bytes(checksum, parts, parts != NULL ? len : 0);
    bind_text(row, 11, imported_at, checksum);
    sqlite3_bind_int64(row, 12, checksum_end(checksum));
    result = database_step(f->db, row, error);
    sqlite3_reset(row);
    if (result < 0)
        return result;
    if (file->real_path == NULL || !file->is_usable)
        return drop_place(f, file->number, error);
    sqlite3_bind_int64(f->put_place, 1, file->number);
    bind_text(f->put_place, 2, file->real_path, NULL);
    sqlite3_bind_int(f->put_place, 3, file->ends_record);
    sqlite3_bind_int(f->put_place, 4, file->value_kind);
    sqlite3_bind_int64(f->put_place, 5, checksum_of(parts, len));
    result = database_step(f->db, f->put_place, error);
    sqlite3_reset(f->put_place);
    return result < 0 ? result : WATTLE_OK;
}

int
catalog_files_drop(struct catalog_files *f, int64_t number,
                   struct wattle_error *error)
{
    static const char *const tables[][2] = {
        {"file", "number"},       {"place", "file"},
        {"local_file", "file"},   {"reject", "file"},
        {"reject_count", "file"}, {"reject_device", "file"}};
    int status = WATTLE_OK;
    for (size_t i = 0;
         i < sizeof(tables) / sizeof(tables[0]) && status == WATTLE_OK; i++) {
        char sql[96];
        snprintf(sql, sizeof(sql), "DELETE FROM main.%s WHERE %s = %lld",
                 tables[i][0], tables[i][1], (long long)number);
        status = database_run(f->db, sql, error);
    }
    return status;
}

int
catalog_next_file(struct database *db, int64_t *number,
                  struct wattle_error *error)
{
    int status = database_number(
        db, "SELECT ifnull(max(number), 0) + 1 FROM file", number, error);
    if (status == WATTLE_OK && (*number < 1 || *number > STORED_MAX_COUNT))
        return fail_damaged(db, "file", error);
    return status;
}

int
catalog_rejects_open(struct catalog_rejects *r, struct database *db,
                     struct wattle_error *error)
{
    *r = (struct catalog_rejects){.db = db, .checksum = checksum_new()};
    if (r->checksum == NULL)
        return error_memory(error);
    r->row = database_prepare(
        db, "INSERT OR REPLACE INTO reject VALUES(?1,?2,?3,?4,?5)", error);
    r->of_device = database_prepare(
        db,
        "SELECT " STORED_REJECT_DEVICE_COLUMNS
        " FROM main.reject_device WHERE file = ?1 AND device = ?2",
        error);
    r->put_device = database_prepare(
        db, "INSERT OR REPLACE INTO main.reject_device VALUES(?1,?2,?3,?4)",
        error);
    return r->row != NULL && r->of_device != NULL && r->put_device != NULL
               ? WATTLE_OK
               : database_fail(db, error);
}

void
catalog_rejects_close(struct catalog_rejects *r)
{
    sqlite3_finalize(r->row);
    sqlite3_finalize(r->of_device);
    sqlite3_finalize(r->put_device);
    checksum_free(r->checksum);
    *r = (struct catalog_rejects){0};
}

int
catalog_rejects_put(struct catalog_rejects *r, int64_t file, uint64_t line,
                    int reason, const void *raw, size_t raw_len,
                    struct wattle_error *error)
{
    const void *bytes = raw_len > 0 ? raw : "";
    checksum_begin(r->checksum);
    bind_number(r->row, 1, file, r->checksum);
    bind_number(r->row, 2, (int64_t)line, r->checksum);
    bind_number(r->row, 3, reason, r->checksum);
    sqlite3_bind_blob64(r->row, 4, bytes, raw_len, SQLITE_STATIC);
    checksum_bytes(r->checksum, bytes, raw_len);
    sqlite3_bind_int64(r->row, 5, checksum_end(r->checksum));
    int result = database_step(r->db, r->row, error);
    sqlite3_reset(r->row);
    return result < 0 ? result : WATTLE_OK;
}

/* What is noted of a file and a device already. */
static int
count_before(struct catalog_rejects *r, int64_t file, uint32_t device,
             uint64_t *n, struct wattle_error *error)
{
    sqlite3_bind_int64(r->of_device, 1, file);
    sqlite3_bind_int64(r->of_device, 2, device);
    int result = database_step(r->db, r->of_device, error);
    *n = 0;
    if (result == SQLITE_ROW) {
        *n = (uint64_t)sqlite3_column_int64(r->of_device, 2);
        if (!stored_check_reject_device(r->checksum, r->of_device))
            result = fail_damaged(r->db, "reject_device", error);
    }
    sqlite3_reset(r->of_device);
    return result < 0 ? result : WATTLE_OK;
}

int
catalog_rejects_add_device(struct catalog_rejects *r, int64_t file,
                           uint32_t device, uint64_t n,
                           struct wattle_error *error)
{
    uint64_t n_before;
    int result = count_before(r, file, device, &n_before, error);
    if (result < 0)
        return result;
    checksum_begin(r->checksum);
    bind_number(r->put_device, 1, file, r->checksum);
    bind_number(r->put_device, 2, device, r->checksum);
    bind_number(r->put_device, 3, (int64_t)(n_before + n), r->checksum);
    sqlite3_bind_int64(r->put_device, 4, checksum_end(r->checksum));
    result = database_step(r->db, r->put_device, error);
    sqlite3_reset(r->put_device);
    return result < 0 ? result : WATTLE_OK;
}

int
catalog_rejects_count(struct database *db, int64_t file, uint64_t *n_lines,
                      uint64_t *n_bytes, struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        db,
        "SELECT count(*), ifnull(sum(length(raw)), 0) FROM reject WHERE "
        "file = ?1",
        error);
    if (row == NULL)
        return database_fail(db, error);
    sqlite3_bind_int64(row, 1, file);
    int result = database_step(db, row, error);
    if (result == SQLITE_ROW) {
        *n_lines = (uint64_t)sqlite3_column_int64(row, 0);
        *n_bytes = (uint64_t)sqlite3_column_int64(row, 1);
    }
    sqlite3_finalize(row);
    return result < 0 ? result : WATTLE_OK;
}

int
catalog_count_rejects(struct database *db, int64_t file, int reason, uint64_t n,
                      struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        db,
        "INSERT INTO reject_count VALUES(?1,?2,?3) ON CONFLICT(file, reason) "
        "DO UPDATE SET n = n + excluded.n",
        error);
    if (row == NULL)
        return database_fail(db, error);
    sqlite3_bind_int64(row, 1, file);
    sqlite3_bind_int64(row, 2, reason);
    sqlite3_bind_int64(row, 3, (int64_t)n);
    int result = database_step(db, row, error);
    sqlite3_finalize(row);
    return result < 0 ? result : WATTLE_OK;
}
