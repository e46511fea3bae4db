/*
 * verify.c - structure, checksums, and everything that follows from the
 * readings computed once more.
 *
 * It changes nothing and goes on behind damage. A lack of memory is an error
 * of the check, never a problem of the database.
 */
#include "store/verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_partition.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "model/registry.h"
#include "store/catalog.h"
#include "store/database_open.h"
#include "store/delta_row.h"
#include "store/metered.h"
#include "store/forget.h"
#include "store/local_file.h"
#include "store/meta.h"
#include "store/checksum.h"
#include "sort/chunk_builder.h"
#include "store/rollup.h"
#include "store/salvage_walk.h"
#include "store/chunk_reader.h"
#include "codec/summary.h"
#include "store/tables.h"

#define NO_TIME INT64_MIN

/*
 * What is kept of the rejects of a file at the most, see reject_room.h: there
 * is room for one more line of the longest kind when there are fewer.
 */
#define LIMIT_LINES "100000"
#define LIMIT_BYTES "15728640"

struct verify {
    struct database *db;
    verify_found found;
    void *context;
    struct verify_result *result;
    struct wattle_error *error;
    struct checksum *checksum;
    struct chunk_reader chunk_reader;
    struct metered metered;
    const struct kernels *kernels;
    bool has_sums; /* those that are stored can be computed once more */
    struct database_sums sums; /* how */
    struct block *block;
    struct buffer data;
    /* the chunk being looked at */
    struct built_chunk rebuilt;
    bool has_rebuilt;
    bool lacks_memory;                   /* to look at it */
    uint64_t n_readings, n_duplicates;   /* in chunks and deltas */
    bool has_damage;                     /* sums of readings mean nothing */
    uint64_t n_lines, n_rejects, n_lost; /* of all files; of meta */
    bool has_count_damage;               /* those mean nothing */
    sqlite3_stmt *days;
};

static void
report(struct verify *v, int64_t device, int64_t first_ms, int64_t last_ms,
       const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    v->result->n_problems++;
    if (v->found != NULL)
        v->found(v->context, device, first_ms, last_ms, text);
}

/* Runs a statement; a failure of it is a problem, not the end. */
static int
walk(struct verify *v, const char *sql,
     int (*take)(struct verify *v, sqlite3_stmt *row))
{
    struct wattle_error why;
    sqlite3_stmt *row = database_prepare(v->db, sql, &why);
    int status = WATTLE_OK;
    while (row != NULL && status == WATTLE_OK) {
        int result = database_step(v->db, row, &why);
        if (result == SQLITE_DONE)
            break;
        if (result == WATTLE_ERR_CANCELLED) {
            status = cancel_flag_check(v->db->cancel, v->error);
            break;
        }
        if (result == WATTLE_ERR_MEMORY) {
            status = error_memory(v->error);
            break;
        }
        if (result < 0) {
            sqlite3_finalize(row);
            row = NULL;
            break;
        }
        status = take(v, row);
    }
    if (row == NULL)
        report(v, -1, NO_TIME, NO_TIME, "%s", why.message);
    v->has_damage = v->has_damage || row == NULL;
    sqlite3_finalize(row);
    return status;
}

static int
take_integrity(struct verify *v, sqlite3_stmt *row)
{
    const char *text = (const char *)sqlite3_column_text(row, 0);
    if (text == NULL || strcmp(text, "ok") == 0)
        return WATTLE_OK;
    v->has_damage = true;
    report(v, -1, NO_TIME, NO_TIME, "SQLite: %s", text);
    return WATTLE_OK;
}

/* Finds an object of the model as it should be: as database_step. */
static int
find_object(struct verify *v, sqlite3_stmt *find, sqlite3_stmt *wanted)
{
    for (int i = 0; i < 4; i++)
        sqlite3_bind_value(find, i + 1, sqlite3_column_value(wanted, i));
    int result = database_step(v->db, find, v->error);
    sqlite3_reset(find);
    return result;
}

/* Tables and views that somebody has added are not checked. */
static int
compare_schema(struct verify *v, struct database *model)
{
    sqlite3_stmt *wanted = database_prepare(
        model, "SELECT name, type, tbl_name, sql FROM sqlite_master", v->error);
    sqlite3_stmt *find = database_prepare(
        v->db,
        "SELECT 1 FROM sqlite_master WHERE name = ?1 AND type = ?2 AND "
        "tbl_name = ?3 AND sql IS ?4",
        v->error);
    int status = WATTLE_OK;
    if (wanted == NULL)
        status = database_fail(model, v->error);
    else if (find == NULL)
        status = database_fail(v->db, v->error);
    while (status == WATTLE_OK) {
        int result = database_step(model, wanted, v->error);
        if (result == SQLITE_DONE)
            break;
        if (result == SQLITE_ROW)
            result = find_object(v, find, wanted);
        if (result == SQLITE_DONE)
            report(v, -1, NO_TIME, NO_TIME, "%s is not that of format %lld",
                   (const char *)sqlite3_column_text(wanted, 0),
                   (long long)v->db->version);
        status = result < 0 ? result : WATTLE_OK;
    }
    sqlite3_finalize(wanted);
    sqlite3_finalize(find);
    return status;
}

static int
verify_schema(struct verify *v)
{
    struct database model;
    const struct database_open_options how = {
        .mode = DATABASE_MEMORY,
        .format = tables_format_of(&tables_format, v->db->version),
        .busy_ms = DATABASE_BUSY_MS};
    int status = database_open_as(&model, ":memory:", &how, v->error);
    if (status != WATTLE_OK)
        return status;
    status = compare_schema(v, &model);
    database_close(&model);
    return status;
}

static int
take_device(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_device(v->checksum, row))
        report(v, sqlite3_column_int64(row, 0), NO_TIME, NO_TIME,
               "the device's row is damaged");
    return WATTLE_OK;
}

static int
take_missing(struct verify *v, sqlite3_stmt *row)
{
    int64_t n = sqlite3_column_int64(row, 0);
    if (n != 0)
        report(v, -1, NO_TIME, NO_TIME,
               n > 0 ? "rows of the table device are missing: %lld"
                     : "rows of the table device are too many: %lld",
               (long long)llabs(n));
    return WATTLE_OK;
}

static int
take_file(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_file(v->checksum, row)) {
        report(v, -1, NO_TIME, NO_TIME, "the row of file %lld is damaged",
               (long long)sqlite3_column_int64(row, 0));
        v->has_count_damage = true;
        return WATTLE_OK;
    }
    v->n_lines += (uint64_t)sqlite3_column_int64(row, 6);
    v->n_rejects += (uint64_t)sqlite3_column_int64(row, 7);
    return WATTLE_OK;
}

static int
take_place(struct verify *v, sqlite3_stmt *row)
{
    size_t len = (size_t)sqlite3_column_bytes(row, 5);
    uint64_t *parts = malloc(len + 1);
    if (parts == NULL)
        return error_memory(v->error);
    if (len > 0)
        memcpy(parts, sqlite3_column_blob(row, 5), len);
    if (sqlite3_column_int(row, 6) == 0 ||
        !stored_check_place(row, parts, len / sizeof(*parts)))
        report(v, -1, NO_TIME, NO_TIME, "the place of file %lld is damaged",
               (long long)sqlite3_column_int64(row, 0));
    free(parts);
    return WATTLE_OK;
}

static int
take_local_file(struct verify *v, sqlite3_stmt *row)
{
    struct local_file file;
    const int status = local_file_take(&file, v->checksum, row);
    local_file_release(&file);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(v->error);
    if (status != WATTLE_OK || sqlite3_column_int(row, 5) == 0)
        report(v, -1, NO_TIME, NO_TIME, "the time zone of file %lld is damaged",
               (long long)sqlite3_column_int64(row, 0));
    return WATTLE_OK;
}

static int
take_forgotten(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_row(v->checksum, row, "ittii"))
        report(v, -1, NO_TIME, NO_TIME,
               "entry %lld of the journal of removed readings is damaged",
               (long long)sqlite3_column_int64(row, 0));
    else if (sqlite3_column_int64(row, 3) != sqlite3_column_int64(row, 5))
        report(v, -1, NO_TIME, NO_TIME,
               "entry %lld of the journal of removed readings lacks "
               "readings",
               (long long)sqlite3_column_int64(row, 0));
    return WATTLE_OK;
}

/* Whether all of a chunk of the journal can be decoded. */
static bool
is_whole(struct verify *v, sqlite3_stmt *row)
{
    struct chunk chunk;
    if (!chunk_open(&chunk, sqlite3_column_blob(row, 5),
                    (size_t)sqlite3_column_bytes(row, 5)) ||
        chunk.n_rows != (size_t)sqlite3_column_int64(row, 4) ||
        chunk.blocks[0].first_ms != sqlite3_column_int64(row, 2) ||
        chunk.blocks[chunk.n_blocks - 1].last_ms !=
            sqlite3_column_int64(row, 3))
        return false;
    for (size_t i = 0; i < chunk.n_blocks; i++) {
        if (!chunk_decode(&chunk, v->kernels, i, UINT32_MAX, v->block))
            return false;
    }
    return true;
}

static int
take_forgotten_data(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_row(v->checksum, row, "iiiiibi") || !is_whole(v, row) ||
        sqlite3_column_int(row, 7) == 0)
        report(v, sqlite3_column_int64(row, 1), NO_TIME, NO_TIME,
               "a chunk of removed readings is damaged");
    return WATTLE_OK;
}

static int
take_reject(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_reject(v->checksum, row))
        report(v, -1, NO_TIME, NO_TIME,
               "a rejected line of file %lld is damaged",
               (long long)sqlite3_column_int64(row, 0));
    return WATTLE_OK;
}

static int
take_correction(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_row(v->checksum, row, "iiiiiti"))
        report(v, sqlite3_column_int64(row, 1), NO_TIME, NO_TIME,
               "a correction's row is damaged");
    return WATTLE_OK;
}

static int
take_count(struct verify *v, sqlite3_stmt *row)
{
    report(v, -1, NO_TIME, NO_TIME,
           "rejected lines of file %lld are %lld, not %lld as counted",
           (long long)sqlite3_column_int64(row, 0),
           (long long)sqlite3_column_int64(row, 1),
           (long long)sqlite3_column_int64(row, 2));
    return WATTLE_OK;
}

static int
take_reason(struct verify *v, sqlite3_stmt *row)
{
    int reason;
    uint64_t n;
    if (!stored_check_reject_count(row, &reason, &n) ||
        sqlite3_column_int(row, 3) == 0)
        report(v, -1, NO_TIME, NO_TIME,
               "the count of rejected lines of file %lld, reason %lld, is "
               "damaged",
               (long long)sqlite3_column_int64(row, 0),
               (long long)sqlite3_column_int64(row, 1));
    return WATTLE_OK;
}

/* The row, whether its file and device are there, and rejects of the file. */
static int
take_reject_device(struct verify *v, sqlite3_stmt *row)
{
    if (!stored_check_reject_device(v->checksum, row) ||
        sqlite3_column_int(row, 4) == 0)
        report(v, sqlite3_column_int64(row, 1), NO_TIME, NO_TIME,
               "the count of its rejected lines in file %lld is damaged",
               (long long)sqlite3_column_int64(row, 0));
    return WATTLE_OK;
}

static int
keep_rebuilt(void *context, struct built_chunk *chunk)
{
    struct verify *v = context;
    built_chunk_release(&v->rebuilt);
    v->rebuilt = *chunk;
    v->has_rebuilt = true;
    return WATTLE_OK;
}

/* Not a problem of the database: what is said of it does not count. */
static const char *
lack_memory(struct verify *v)
{
    v->lacks_memory = true;
    return "cannot be checked";
}

/* Decodes all blocks and builds the chunk once more from them. */
static const char *
rebuild(struct verify *v, const struct chunk *chunk)
{
    const char *problem = NULL;
    struct chunk_builder *builder = chunk_builder_new(
        v->kernels, v->sums.zone, v->sums.max_gap_ms, keep_rebuilt, v);
    if (builder == NULL)
        return lack_memory(v);
    v->has_rebuilt = false;
    for (size_t i = 0; i < chunk->n_blocks && problem == NULL; i++) {
        if (!chunk_decode(chunk, v->kernels, i, UINT32_MAX, v->block))
            problem = "cannot be decoded";
        else if (chunk_builder_add(builder, v->block, 0, v->block->n_rows) !=
                 WATTLE_OK)
            problem = lack_memory(v);
    }
    if (problem == NULL &&
        (chunk_builder_finish(builder) != WATTLE_OK || !v->has_rebuilt))
        problem = lack_memory(v);
    chunk_builder_free(builder);
    return problem;
}

static bool
is_number(sqlite3_stmt *row, int column, int64_t wanted)
{
    return sqlite3_column_type(row, column) == SQLITE_INTEGER &&
           sqlite3_column_int64(row, column) == wanted;
}

/* What this program knows of a summary, but for some aggregates, as bytes. */
static int
take_known(const struct summary *summary, uint64_t left_out, struct buffer *out)
{
    return summary_encode(&summary->totals, &summary->first, &summary->profile,
                          left_out | summary->missing, out);
}

/* Compares what this program knows of a summary, and what it has. */
static bool
is_same_summary(struct verify *v, const void *bytes, size_t len)
{
    const struct buffer *rebuilt = &v->rebuilt.summary;
    struct summary stored = {0}, wanted = {0};
    struct buffer a = {0}, b = {0};
    int status = summary_decode(bytes, len, &stored);
    if (status == WATTLE_OK)
        status = summary_decode(rebuilt->data, rebuilt->len, &wanted);
    if (status == WATTLE_OK)
        status = take_known(&stored, 0, &a);
    if (status == WATTLE_OK)
        status = take_known(&wanted, stored.missing, &b);
    if (status == WATTLE_ERR_MEMORY)
        v->lacks_memory = true;
    bool is_same = status == WATTLE_OK && a.len == b.len &&
                   memcmp(a.data, b.data, a.len) == 0;
    buffer_release(&a);
    buffer_release(&b);
    summary_release(&stored);
    summary_release(&wanted);
    return is_same;
}

/* What the row says of a chunk must follow from its readings. */
static bool
is_as_rebuilt(struct verify *v, sqlite3_stmt *row)
{
    const struct built_chunk *b = &v->rebuilt;
    return is_number(row, 2, b->first_ms) && is_number(row, 3, b->last_ms) &&
           is_number(row, 4, (int64_t)b->n_readings) &&
           is_number(row, 5, (int64_t)b->n_duplicates) &&
           is_number(row, 6, (int64_t)b->n_rounded) &&
           (!v->has_sums ||
            is_same_summary(v, sqlite3_column_blob(row, 11),
                            (size_t)sqlite3_column_bytes(row, 11)));
}

/* The block sums in the directory, too. */
static bool
has_same_sums(const struct chunk *a, const struct buffer *rebuilt)
{
    struct chunk b;
    if (!chunk_open(&b, rebuilt->data, rebuilt->len) ||
        a->n_blocks != b.n_blocks)
        return false;
    for (size_t i = 0; i < a->n_blocks; i++) {
        if (a->blocks[i].n_rows != b.blocks[i].n_rows ||
            a->blocks[i].power_nw != b.blocks[i].power_nw ||
            a->blocks[i].energy != b.blocks[i].energy)
            return false;
    }
    return true;
}

/* NULL = none. *status says why the chunk could not be read. */
static const char *
find_problem(struct verify *v, sqlite3_stmt *row, struct stored_chunk *found,
             int *status)
{
    struct wattle_error why;
    struct chunk chunk;
    if (!stored_check_chunk(v->checksum, row, found))
        return "its row is damaged";
    v->data.len = 0;
    *status = chunk_reader_fetch(&v->chunk_reader, sqlite3_column_int64(row, 0),
                                 &v->data, &why);
    if (*status != WATTLE_OK)
        return "its data are damaged";
    if (!chunk_open(&chunk, v->data.data, v->data.len))
        return "its directory is damaged";
    const char *problem = rebuild(v, &chunk);
    if (problem == NULL && !is_as_rebuilt(v, row))
        problem = "its summary is not that of its readings";
    if (problem == NULL && v->has_sums &&
        !has_same_sums(&chunk, &v->rebuilt.data))
        problem = "the sums of its blocks are not those of its readings";
    if (problem == NULL && (v->rebuilt.measures & MEASURE_ENERGIES) != 0 &&
        !metered_has(&v->metered, found->device))
        problem = "its device is not in the list of those with energies";
    return problem;
}

static int
take_chunk(struct verify *v, sqlite3_stmt *row)
{
    struct stored_chunk found = {0};
    int status = WATTLE_OK;
    v->lacks_memory = false;
    const char *problem = find_problem(v, row, &found, &status);
    if (status == WATTLE_ERR_MEMORY || v->lacks_memory)
        return error_memory(v->error);
    if (status == WATTLE_ERR_CANCELLED)
        return cancel_flag_check(v->db->cancel, v->error);
    const uint64_t n_readings = found.n_readings;
    const uint64_t n_duplicates = found.n_duplicates;
    if (problem != NULL) {
        report(v, sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2),
               sqlite3_column_int64(row, 3), "chunk %lld: %s",
               (long long)sqlite3_column_int64(row, 0), problem);
        v->has_damage = true;
        v->result->n_lost += n_readings + n_duplicates;
        return WATTLE_OK;
    }
    v->result->n_chunks++;
    v->result->n_readings += n_readings;
    v->n_readings += n_readings;
    v->n_duplicates += n_duplicates;
    return WATTLE_OK;
}

static int
take_overlap(struct verify *v, sqlite3_stmt *row)
{
    report(v, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
           sqlite3_column_int64(row, 2), "two chunks overlap");
    return WATTLE_OK;
}

static int
take_orphan(struct verify *v, sqlite3_stmt *row)
{
    report(v, -1, NO_TIME, NO_TIME, "data of chunk %lld, which is not there",
           (long long)sqlite3_column_int64(row, 0));
    return WATTLE_OK;
}

static int
take_delta(struct verify *v, sqlite3_stmt *row)
{
    struct delta_row late;
    if (!delta_row_read(row, v->checksum, &late)) {
        report(v, sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1),
               sqlite3_column_int64(row, 1), "a late reading is damaged");
        v->has_damage = true;
        return WATTLE_OK;
    }
    if ((late.presence & MEASURE_ENERGIES) != 0 &&
        !metered_has(&v->metered, late.device))
        report(v, late.device, late.time_ms, late.time_ms,
               "its device is not in the list of those with energies");
    bool is_new = late.n_shadowed == 0;
    uint64_t n_lines = 1 + late.n_duplicates - late.n_shadowed;
    v->n_readings += is_new ? 1 : 0;
    v->n_duplicates += n_lines - (is_new ? 1 : 0);
    v->result->n_readings += is_new ? 1 : 0;
    return WATTLE_OK;
}

/* Compares a day with the next row of the table. */
static int
take_day(void *context, uint32_t device, const struct day_sum *sum,
         struct wattle_error *error)
{
    struct verify *v = context;
    sqlite3_stmt *row = v->days;
    uint8_t bytes[ROLLUP_MAX_HOUR_BYTES];
    int64_t low;
    size_t len = rollup_pack_hours(sum, &low, bytes);
    int result = database_step(v->db, row, error);
    if (result < 0)
        return result;
    bool has_power = sum->n_power > 0;
    bool is_same =
        result == SQLITE_ROW &&
        is_number(row, 0, rollup_number(device, sum->day)) &&
        is_number(row, 1, (int64_t)sum->n_readings) &&
        (has_power ? is_number(row, 2, sum->mean_mw) &&
                         is_number(row, 3, sum->min_mw) &&
                         is_number(row, 4, sum->max_mw)
                   : sqlite3_column_type(row, 2) == SQLITE_NULL &&
                         sqlite3_column_type(row, 3) == SQLITE_NULL &&
                         sqlite3_column_type(row, 4) == SQLITE_NULL) &&
        is_number(row, 5, sum->energy_mwh) &&
        is_number(row, 6, rollup_hours(sum)) && is_number(row, 7, low) &&
        sqlite3_column_type(row, 8) == SQLITE_BLOB &&
        (size_t)sqlite3_column_bytes(row, 8) == len &&
        memcmp(sqlite3_column_blob(row, 8), bytes, len) == 0;
    if (!is_same) {
        const struct time_partition days = time_partition_days(v->sums.zone);
        const struct time_cell day = time_partition_cell(&days, sum->day);
        report(v, device, day.start_ms, day.end_ms - 1,
               "the sums of a day are not those of its readings");
        return WATTLE_ERR_CHANGED; /* the others would follow */
    }
    return WATTLE_OK;
}

/* The rows of a device must be its days, one by one. */
static int
verify_days(struct verify *v, int64_t device)
{
    const struct time_partition days = time_partition_days(v->sums.zone);
    const int64_t first = time_partition_key(&days, CIVIL_MIN_MS);
    const int64_t last = time_partition_key(&days, CIVIL_MAX_MS);
    struct wattle_error why = {0};
    if (device < 0 || device >= REGISTRY_NO_DEVICE)
        return WATTLE_OK; /* its row is damaged, as was said */
    sqlite3_bind_int64(v->days, 1, rollup_number(device, -ROLLUP_DAY_ZERO));
    sqlite3_bind_int64(v->days, 2, rollup_number(device, ROLLUP_DAY_ZERO - 1));
    int status = rollup_compute(&v->chunk_reader, v->kernels, (uint32_t)device,
                                first, last, take_day, v, &why);
    if (status == WATTLE_OK &&
        database_step(v->db, v->days, &why) == SQLITE_ROW)
        report(v, device, NO_TIME, NO_TIME, "there are sums of days too many");
    sqlite3_reset(v->days);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(v->error);
    if (status == WATTLE_ERR_CANCELLED)
        return cancel_flag_check(v->db->cancel, v->error);
    if (status != WATTLE_OK && status != WATTLE_ERR_CHANGED)
        report(v, device, NO_TIME, NO_TIME, "its days cannot be checked: %s",
               why.message);
    return WATTLE_OK;
}

static int
take_device_days(struct verify *v, sqlite3_stmt *row)
{
    return verify_days(v, sqlite3_column_int64(row, 0));
}

/* Every line that was read is somewhere, or known to be lost. */
static void
verify_lines(struct verify *v)
{
    int64_t n_forgotten = 0;
    database_number(v->db,
                    "SELECT value FROM main.meta WHERE key = 'forgotten'",
                    &n_forgotten, NULL);
    uint64_t n_found = v->n_readings + v->n_duplicates + v->n_rejects +
                       v->n_lost + (uint64_t)n_forgotten;
    if (!v->has_count_damage && v->n_lines != n_found)
        report(v, -1, NO_TIME, NO_TIME,
               "%llu data lines were read, but readings, duplicates, rejects "
               "and lost lines are %llu",
               (unsigned long long)v->n_lines, (unsigned long long)n_found);
}

static int
take_meta(struct verify *v, sqlite3_stmt *row)
{
    if (sqlite3_column_int64(row, 0) == 5 &&
        stored_check_count(row, 1, &v->n_lost))
        return WATTLE_OK;
    report(v, -1, NO_TIME, NO_TIME, "the table meta is damaged");
    v->has_count_damage = true;
    return WATTLE_OK;
}

/* A key that has to be there once. */
static int
take_one(struct verify *v, sqlite3_stmt *row)
{
    if (sqlite3_column_int64(row, 0) == 1)
        return WATTLE_OK;
    report(v, -1, NO_TIME, NO_TIME, "the table meta is damaged");
    v->has_count_damage = true;
    return WATTLE_OK;
}

/* Damage here makes answers slow; a device that lacks makes them wrong. */
static int
take_metered(struct verify *v, sqlite3_stmt *row)
{
    (void)row;
    int status = metered_read(&v->metered, v->db, v->error);
    if (status == WATTLE_OK && v->metered.is_damaged)
        report(v, -1, NO_TIME, NO_TIME,
               "the list of devices with energies is damaged");
    return status;
}

static int
take_zone(struct verify *v, sqlite3_stmt *row)
{
    if (!v->has_sums && !v->has_count_damage)
        report(v, -1, NO_TIME, NO_TIME,
               "the stored sums are of the zone %s, which this version of "
               "wattle does not know: they are not checked",
               (const char *)sqlite3_column_text(row, 0));
    return WATTLE_OK;
}

struct step {
    const char *sql;
    int (*take)(struct verify *v, sqlite3_stmt *row);
};

static int
take_trigger(struct verify *v, sqlite3_stmt *row)
{
    report(v, -1, NO_TIME, NO_TIME,
           "the trigger %s on the table %s is not wattle's: other programs "
           "that write there run it",
           (const char *)sqlite3_column_text(row, 0),
           (const char *)sqlite3_column_text(row, 1));
    return WATTLE_OK;
}

static const struct step steps[] = {
    {"SELECT name, tbl_name FROM main.sqlite_master WHERE type = 'trigger' AND "
     "lower(tbl_name) IN ('meta', 'device', 'file', 'place', "
     "'local_file', 'forgotten', "
     "'forgotten_data', 'reject', 'reject_count', 'chunk', 'chunk_data', "
     "'delta', "
     "'reject_device', 'rollup', 'correction')",
     take_trigger},
    {"PRAGMA integrity_check(20)", take_integrity},
    {"SELECT sum(key IN ('generation', 'lost', 'max_gap_ms', 'n_measures') AND "
     "typeof(value) = 'integer') + sum(key = 'zone' AND typeof(value) = "
     "'text'), max(iif(key = 'lost', value, NULL)) FROM meta",
     take_meta},
    {"SELECT value FROM meta WHERE key = 'zone'", take_zone},
    {"SELECT 1", take_metered},
    {"SELECT " STORED_DEVICE_COLUMNS " FROM device", take_device},
    {CATALOG_MISSING_DEVICES, take_missing},
    {"SELECT " STORED_FILE_COLUMNS " FROM file", take_file},
    {"SELECT " STORED_PLACE_COLUMNS ", (SELECT parts FROM file WHERE number = "
     "place.file), place.file IN (SELECT number FROM file) FROM place",
     take_place},
    {"SELECT " STORED_REJECT_COLUMNS " FROM reject", take_reject},
    {"SELECT number, device, first_ms, last_ms, n_replaced, imported_at, "
     "checksum FROM correction",
     take_correction},
    /* all of them are kept, or as many as a file may have */
    {"SELECT f.number, ifnull(r.n, 0) AS found, f.n_rejects AS counted FROM "
     "file f LEFT JOIN (SELECT file, count(*) AS n, sum(length(raw)) AS size "
     "FROM reject GROUP BY file) r ON r.file = f.number WHERE found > counted "
     "OR (found < counted AND found < " LIMIT_LINES
     " AND ifnull(r.size, 0) < " LIMIT_BYTES ")",
     take_count},
    {"SELECT f.number, (SELECT ifnull(total(n), 0) FROM reject_count c WHERE "
     "c.file = f.number) AS found, f.n_rejects AS counted FROM file f WHERE "
     "found <> counted UNION ALL SELECT c.file, (SELECT count(*) FROM reject "
     "r WHERE r.file = c.file AND r.reason = c.reason) AS found, c.n AS "
     "counted FROM reject_count c WHERE found > counted UNION ALL SELECT "
     "file, count(*), 0 FROM reject GROUP BY file, reason HAVING NOT EXISTS "
     "(SELECT 1 FROM reject_count c WHERE c.file = reject.file AND c.reason = "
     "reject.reason)",
     take_count},
    {"SELECT file, reason, n, file IN (SELECT number FROM file) FROM "
     "reject_count",
     take_reason},
    {"SELECT " STORED_CHUNK_COLUMNS " FROM chunk ORDER BY number", take_chunk},
    {"SELECT a.device, b.first_ms, a.last_ms FROM chunk a JOIN chunk b ON "
     "b.device = a.device AND b.first_ms > a.first_ms AND b.first_ms <= "
     "a.last_ms",
     take_overlap},
    {"SELECT number FROM chunk_data WHERE number NOT IN (SELECT number FROM "
     "chunk)",
     take_orphan},
    {"SELECT " DELTA_ROW_COLUMNS " FROM delta", take_delta},
};

/* What format 2 does not have. */
static const struct step steps_of_3[] = {
    {"SELECT " LOCAL_FILE_COLUMNS ", file IN (SELECT number FROM file) FROM "
     "local_file",
     take_local_file},
    {"SELECT " STORED_REJECT_DEVICE_COLUMNS ", device IN (SELECT number FROM "
     "device) AND file IN (SELECT number FROM file) FROM reject_device",
     take_reject_device},
    {"SELECT file, total(n), (SELECT n_rejects FROM file WHERE number = "
     "r.file) AS counted FROM reject_device r GROUP BY file HAVING total(n) > "
     "counted",
     take_count},
    {"SELECT " FORGOTTEN_COLUMNS ", (SELECT ifnull(total(n_readings), 0) FROM "
     "forgotten_data WHERE forgotten = forgotten.number) FROM forgotten",
     take_forgotten},
    {"SELECT " FORGOTTEN_DATA_COLUMNS ", forgotten IN (SELECT number FROM "
     "forgotten) AND device IN (SELECT number FROM device) FROM forgotten_data",
     take_forgotten_data},
    {"SELECT count(*) FROM meta WHERE key = 'forgotten' AND typeof(value) = "
     "'integer'",
     take_one},
};

/* What needs whole chunks. */
static const struct step sum_steps[] = {
    {"SELECT number FROM device ORDER BY number", take_device_days},
};

static int
run_steps(struct verify *v, const struct step *list, size_t n)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < n && status == WATTLE_OK; i++)
        status = walk(v, list[i].sql, list[i].take);
    return status;
}

static int
verify_all(struct verify *v)
{
    int status = verify_schema(v);
    if (status == WATTLE_OK)
        status = run_steps(v, steps, sizeof(steps) / sizeof(steps[0]));
    if (status == WATTLE_OK && v->db->version >= 3)
        status = run_steps(v, steps_of_3,
                           sizeof(steps_of_3) / sizeof(steps_of_3[0]));
    if (status == WATTLE_OK && !v->has_damage && v->has_sums)
        status =
            run_steps(v, sum_steps, sizeof(sum_steps) / sizeof(sum_steps[0]));
    if (status == WATTLE_OK && !v->has_damage)
        verify_lines(v);
    return status;
}

int
verify_database(struct database *db, verify_found found, void *context,
                struct verify_result *result, struct wattle_error *error)
{
    struct verify v = {.db = db,
                       .found = found,
                       .context = context,
                       .result = result,
                       .error = error,
                       .kernels = kernels_for(0),
                       .checksum = checksum_new(),
                       .block = aligned_alloc(64, sizeof(struct block))};
    *result = (struct verify_result){0};
    int status = database_run(db, "BEGIN", error);
    if (status == WATTLE_OK) /* as of now: the zone may have changed */
        status = meta_read(db, DATABASE_READ, error);
    v.has_sums = db->sums.is_usable;
    v.sums = db->sums;
    if (!v.has_sums) /* chunks are built once more with some */
        v.sums = (struct database_sums){.max_gap_ms = META_MAX_GAP_MS};
    if (v.checksum == NULL || v.block == NULL)
        status = error_memory(error);
    if (status == WATTLE_OK)
        status = chunk_reader_open(&v.chunk_reader, db, error);
    v.days = status == WATTLE_OK
                 ? database_prepare(
                       db,
                       "SELECT number, n_readings, mean_mw, min_mw, max_mw, "
                       "energy_mwh, hours, hour_low_mwh, hour_mwh FROM rollup "
                       "WHERE number BETWEEN ?1 AND ?2 ORDER BY number",
                       error)
                 : NULL;
    if (status == WATTLE_OK)
        status = v.days != NULL ? verify_all(&v) : database_fail(db, error);
    database_run(db, "COMMIT", NULL);
    sqlite3_finalize(v.days);
    chunk_reader_close(&v.chunk_reader);
    metered_release(&v.metered);
    checksum_free(v.checksum);
    buffer_release(&v.data);
    built_chunk_release(&v.rebuilt);
    free(v.block);
    return status;
}
