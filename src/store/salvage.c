/*
 * salvage.c - rows whose checksums hold, and that can be, built anew.
 *
 * First all rows of chunks and late readings that can be read are listed, with
 * their devices. Then each device's readings are merged and written as an
 * import would write them, so that what comes out is whole by itself. Last come
 * the files: when anything was lost their contents are forgotten, so that they
 * can be imported again.
 */
#include "store/meta.h"
#include "store/salvage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_partition.h"
#include "base/buffer.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "model/reject_room.h"
#include "store/catalog.h"
#include "store/checksum.h"
#include "codec/chunk.h"
#include "store/delta_row.h"
#include "store/import_write.h"
#include "store/local_file.h"
#include "store/rollup.h"
#include "store/salvage_devices.h"
#include "store/salvage_walk.h"
#include "store/chunk_reader.h"
#include "store/stored_check.h"

struct chunk_place {
    int64_t number;
    uint32_t device;
    int64_t first_ms, last_ms;
};

struct file_row {
    struct catalog_file file;
    char *path, *problem, *imported_at, *real_path;
    uint64_t *parts;
    struct local_file local;
    uint64_t n_kept, n_counted; /* rejects: rows, and what reject_count says */
    uint64_t kept[WATTLE_N_REASONS], counted[WATTLE_N_REASONS];
};

struct salvage {
    struct database *from, *to;
    struct verify_result *result;
    struct wattle_error *error;
    struct checksum *checksum;
    const struct kernels *kernels;
    struct chunk_reader chunk_reader; /* of `from` */
    struct block *block;
    struct buffer data;
    struct salvage_devices devices;
    struct chunk_place *chunks;
    size_t n_chunks, chunk_cap;
    struct delta_row *late;
    size_t n_late, late_cap;
    struct file_row *files;
    size_t n_files, file_cap;
    struct import_writer writer;
    struct catalog_rejects rejects;
    uint32_t device;       /* being written */
    uint64_t n_lines_kept; /* readings and duplicates */
    uint64_t n_known_lost; /* lines of chunks that were dropped */
};

static int
no_memory(struct salvage *s)
{
    return error_memory(s->error);
}

/* A row that is dropped. */
static int
drop(struct salvage *s)
{
    s->result->n_problems++;
    return WATTLE_OK;
}

/* ---- what there is of readings ------------------------------------------ */

/* What ends a salvage, unlike damage. */
static bool
ends_salvage(int status)
{
    return status == WATTLE_ERR_MEMORY || status == WATTLE_ERR_CANCELLED;
}

/* The data of a chunk; *is_open is false when they are damaged. */
static int
open_data(struct salvage *s, int64_t number, struct chunk *chunk, bool *is_open)
{
    s->data.len = 0;
    int status =
        chunk_reader_fetch(&s->chunk_reader, number, &s->data, s->error);
    *is_open =
        status == WATTLE_OK && chunk_open(chunk, s->data.data, s->data.len);
    return ends_salvage(status) ? status : WATTLE_OK;
}

/* Whether all of a chunk can be decoded, as its row says. */
static int
is_whole(struct salvage *s, const struct stored_chunk *row, bool *is_it)
{
    struct chunk chunk;
    int status = open_data(s, row->number, &chunk, is_it);
    if (status != WATTLE_OK || !*is_it)
        return status;
    for (size_t i = 0; i < chunk.n_blocks && *is_it; i++)
        *is_it = chunk_decode(&chunk, s->kernels, i, UINT32_MAX, s->block);
    *is_it = *is_it && chunk.blocks[0].first_ms == row->first_ms &&
             chunk.blocks[chunk.n_blocks - 1].last_ms == row->last_ms;
    return status;
}

/* How many readings a chunk has whose row is damaged, if that can be told. */
static int
count_orphan(struct salvage *s, int64_t number)
{
    struct chunk chunk;
    bool is_open;
    int status = open_data(s, number, &chunk, &is_open);
    s->n_known_lost += is_open ? chunk.n_rows : 0;
    return status;
}

static int
take_chunk(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    struct stored_chunk found;
    bool is_it;
    if (!stored_check_chunk(s->checksum, row, &found)) {
        int failed = count_orphan(s, sqlite3_column_int64(row, 0));
        return failed != WATTLE_OK ? failed : drop(s);
    }
    int status = is_whole(s, &found, &is_it);
    if (status != WATTLE_OK)
        return status;
    if (!is_it) {
        s->n_known_lost += found.n_readings + found.n_duplicates;
        return drop(s);
    }
    struct chunk_place *chunks = buffer_grow_array(
        s->chunks, &s->chunk_cap, s->n_chunks + 1, sizeof(*chunks));
    if (chunks == NULL)
        return no_memory(s);
    s->chunks = chunks;
    struct chunk_place *place = &chunks[s->n_chunks++];
    *place = (struct chunk_place){
        found.number, salvage_devices_number(&s->devices, found.device),
        found.first_ms, found.last_ms};
    return place->device != REGISTRY_NO_DEVICE ? WATTLE_OK : no_memory(s);
}

static int
take_late(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    struct delta_row found;
    if (!delta_row_read(row, s->checksum, &found)) {
        s->n_known_lost++;
        return drop(s);
    }
    struct delta_row *late =
        buffer_grow_array(s->late, &s->late_cap, s->n_late + 1, sizeof(*late));
    if (late == NULL)
        return no_memory(s);
    s->late = late;
    struct delta_row *l = &late[s->n_late++];
    *l = found;
    l->device = salvage_devices_number(&s->devices, found.device);
    return l->device != REGISTRY_NO_DEVICE ? WATTLE_OK : no_memory(s);
}

static int
compare_chunks(const void *a, const void *b)
{
    const struct chunk_place *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->first_ms != y->first_ms)
        return x->first_ms < y->first_ms ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static int
compare_late(const void *a, const void *b)
{
    const struct delta_row *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    return (x->time_ms > y->time_ms) - (x->time_ms < y->time_ms);
}

static int
read_places(struct salvage *s)
{
    const struct salvage_table chunks = {
        "chunk", STORED_CHUNK_COLUMNS, {"number", NULL}};
    const struct salvage_table delta = {
        "delta", DELTA_ROW_COLUMNS, {"device", "time_ms"}};
    int status = salvage_walk(s->from, &chunks, take_chunk, s,
                              &s->result->n_problems, s->error);
    if (status == WATTLE_OK)
        status = salvage_walk(s->from, &delta, take_late, s,
                              &s->result->n_problems, s->error);
    if (s->n_chunks > 0)
        qsort(s->chunks, s->n_chunks, sizeof(*s->chunks), compare_chunks);
    if (s->n_late > 0)
        qsort(s->late, s->n_late, sizeof(*s->late), compare_late);
    return status;
}

/* ---- readings, device by device ----------------------------------------- */

static int
write_chunk(void *context, struct built_chunk *chunk)
{
    struct salvage *s = context;
    int status = import_writer_chunk(&s->writer, s->device, chunk, s->error);
    s->result->n_chunks++;
    s->result->n_readings += chunk->n_readings;
    s->n_lines_kept += chunk->n_readings + chunk->n_duplicates;
    built_chunk_release(chunk);
    return status;
}

/* Late readings of one device as a block; those beyond its room are dropped. */
static void
fill_delta(struct salvage *s, const struct delta_row *late, size_t n,
           struct block *delta)
{
    delta_row_begin(delta);
    for (size_t i = 0; i < n && i < BLOCK_ROWS; i++)
        delta_row_append(&late[i], delta);
    for (size_t i = delta->n_rows; i < n; i++)
        drop(s);
}

/* All that a merge yields, into chunks. */
static int
build(struct salvage *s, struct device_merge *merge,
      struct chunk_builder *builder)
{
    int status = chunk_builder_reset(builder);
    while (status == WATTLE_OK) {
        struct merge_segment segment;
        status = device_merge_next(merge, &segment, s->error);
        if (status != WATTLE_OK || segment.n == 0)
            break;
        status =
            chunk_builder_add(builder, segment.block, segment.first, segment.n);
    }
    if (status == WATTLE_OK)
        status = chunk_builder_finish(builder);
    return status == WATTLE_ERR_MEMORY ? no_memory(s) : status;
}

static int
write_device(struct salvage *s, struct device_merge *merge,
             struct chunk_builder *builder, size_t *chunk_at, size_t *late_at)
{
    struct block *delta = s->chunk_reader.delta;
    size_t n_late = 0;
    int status = WATTLE_OK;
    device_merge_reset(merge);
    for (; *chunk_at < s->n_chunks && s->chunks[*chunk_at].device == s->device;
         ++*chunk_at) {
        const struct chunk_place *place = &s->chunks[*chunk_at];
        if (status == WATTLE_OK)
            status = device_merge_add_chunk(merge, place->number,
                                            place->first_ms, place->last_ms);
    }
    while (*late_at + n_late < s->n_late &&
           s->late[*late_at + n_late].device == s->device)
        n_late++;
    if (n_late > 0)
        fill_delta(s, s->late + *late_at, n_late, delta);
    else
        delta->n_rows = 0;
    *late_at += n_late;
    if (status == WATTLE_OK && delta->n_rows > 0)
        status = device_merge_add_delta(merge, delta);
    if (status != WATTLE_OK)
        return no_memory(s);
    return build(s, merge, builder);
}

static int
write_readings(struct salvage *s)
{
    size_t chunk_at = 0, late_at = 0;
    int status = catalog_write_devices(s->to, &s->devices.ids, 0,
                                       &s->devices.table, s->error);
    struct device_merge *merge = device_merge_new(
        s->kernels, UINT32_MAX, chunk_reader_fetch, &s->chunk_reader);
    struct chunk_builder *builder = chunk_builder_new(
        s->kernels, s->to->sums.zone, s->to->sums.max_gap_ms, write_chunk, s);
    if (merge == NULL || builder == NULL)
        status = no_memory(s);
    if (status == WATTLE_OK)
        status =
            import_writer_open(&s->writer, s->to, s->kernels, "", s->error);
    for (s->device = 0;
         s->device < s->devices.ids.n_devices && status == WATTLE_OK;
         s->device++)
        status = write_device(s, merge, builder, &chunk_at, &late_at);
    if (status == WATTLE_OK)
        status = import_writer_finish(&s->writer, s->error);
    import_writer_close(&s->writer);
    device_merge_free(merge);
    chunk_builder_free(builder);
    return status;
}

static int
put_day(void *context, uint32_t device, const struct day_sum *sum,
        struct wattle_error *error)
{
    sqlite3_stmt *put = context;
    struct database db = {.handle = sqlite3_db_handle(put)};
    return rollup_put(&db, put, device, sum, error);
}

/* Days of all devices, from what has been written. */
static int
write_days(struct salvage *s)
{
    struct chunk_reader reader;
    const struct time_partition days = time_partition_days(s->to->sums.zone);
    const int64_t first = time_partition_key(&days, CIVIL_MIN_MS);
    const int64_t last = time_partition_key(&days, CIVIL_MAX_MS);
    int status = chunk_reader_open(&reader, s->to, s->error);
    sqlite3_stmt *put = rollup_prepare(s->to, s->error);
    if (put == NULL)
        status = database_fail(s->to, s->error);
    if (status == WATTLE_OK)
        status = database_run(s->to, "DELETE FROM rollup", s->error);
    for (uint32_t i = 0; i < s->devices.ids.n_devices && status == WATTLE_OK;
         i++)
        status = rollup_compute(&reader, s->kernels, i, first, last, put_day,
                                put, s->error);
    sqlite3_finalize(put);
    chunk_reader_close(&reader);
    return status;
}

/* ---- corrections -------------------------------------------------------- */

static int
take_correction(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    const int64_t old = sqlite3_column_int64(row, 1);
    if (!stored_check_row(s->checksum, row, "iiiiiti") ||
        !salvage_devices_has(&s->devices, old))
        return drop(s);
    sqlite3_stmt *put = database_prepare(
        s->to, "INSERT INTO correction VALUES(?1,?2,?3,?4,?5,?6,?7)", s->error);
    if (put == NULL)
        return database_fail(s->to, s->error);
    checksum_begin(s->checksum);
    for (int i = 0; i < 5; i++) {
        int64_t value = i == 1 ? salvage_devices_number(&s->devices, old)
                               : sqlite3_column_int64(row, i);
        sqlite3_bind_int64(put, i + 1, value);
        checksum_number(s->checksum, value);
    }
    const void *text = sqlite3_column_text(row, 5);
    size_t len = (size_t)sqlite3_column_bytes(row, 5);
    sqlite3_bind_text(put, 6, text, (int)len, SQLITE_STATIC);
    checksum_bytes(s->checksum, text, len);
    sqlite3_bind_int64(put, 7, checksum_end(s->checksum));
    int result = database_step(s->to, put, s->error);
    sqlite3_finalize(put);
    return result < 0 ? result : WATTLE_OK;
}

/* ---- files and rejects -------------------------------------------------- */

static char *
copy_text(sqlite3_stmt *row, int column, bool *failed)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    char *copy = text != NULL ? strdup(text) : NULL;
    *failed = *failed || (text != NULL && copy == NULL);
    return copy;
}

static int
take_file(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    bool failed = false;
    if (!stored_check_file(s->checksum, row))
        return drop(s);
    struct file_row *files = buffer_grow_array(s->files, &s->file_cap,
                                               s->n_files + 1, sizeof(*files));
    if (files == NULL)
        return no_memory(s);
    s->files = files;
    struct file_row *f = &files[s->n_files++];
    size_t len = (size_t)sqlite3_column_bytes(row, 9);
    *f = (struct file_row){
        .path = copy_text(row, 1, &failed),
        .problem = copy_text(row, 3, &failed),
        .imported_at = copy_text(row, 10, &failed),
        .parts = malloc(len + 1),
    };
    if (failed || f->parts == NULL)
        return no_memory(s);
    if (len > 0)
        memcpy(f->parts, sqlite3_column_blob(row, 9), len);
    f->file = (struct catalog_file){
        .number = sqlite3_column_int64(row, 0),
        .path = f->path,
        .is_usable = sqlite3_column_int(row, 2) != 0,
        .is_value_assumed = sqlite3_column_int(row, 2) == CATALOG_ASSUMED,
        .problem = f->problem,
        .size_bytes = (uint64_t)sqlite3_column_int64(row, 4),
        .modified_ns = sqlite3_column_int64(row, 5),
        .n_lines = (uint64_t)sqlite3_column_int64(row, 6),
        .n_rejects = (uint64_t)sqlite3_column_int64(row, 7),
        .file_lines = (uint64_t)sqlite3_column_int64(row, 8),
        .parts = f->parts,
        .n_parts = len / sizeof(*f->parts),
    };
    return WATTLE_OK;
}

static int
compare_files(const void *a, const void *b)
{
    const struct file_row *x = a, *y = b;
    return (x->file.number > y->file.number) -
           (x->file.number < y->file.number);
}

static struct file_row *
find_file(struct salvage *s, int64_t number)
{
    const struct file_row key = {.file = {.number = number}};
    return s->n_files > 0
               ? bsearch(&key, s->files, s->n_files, sizeof(key), compare_files)
               : NULL;
}

/* Where a file was; older databases do not have it. */
static int
take_place(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    struct file_row *f = find_file(s, sqlite3_column_int64(row, 0));
    bool failed = false;
    if (f == NULL || f->real_path != NULL ||
        !stored_check_place(row, f->parts, f->file.n_parts))
        return drop(s);
    f->real_path = copy_text(row, 1, &failed);
    f->file.real_path = f->real_path;
    f->file.ends_record = sqlite3_column_int(row, 2);
    f->file.value_kind = sqlite3_column_int(row, 3);
    return failed ? no_memory(s) : WATTLE_OK;
}

/* Whose clocks its times are of. */
static int
take_local_file(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    struct local_file local;
    struct file_row *f = find_file(s, sqlite3_column_int64(row, 0));
    const int status = local_file_take(&local, s->checksum, row);
    if (status != WATTLE_OK || f == NULL || f->local.zone != NULL) {
        local_file_release(&local);
        return status == WATTLE_ERR_MEMORY ? no_memory(s) : drop(s);
    }
    f->local = local;
    return WATTLE_OK;
}

static int
take_reject(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    struct file_row *f = find_file(s, sqlite3_column_int64(row, 0));
    if (!stored_check_reject(s->checksum, row) || f == NULL)
        return drop(s);
    int reason = sqlite3_column_int(row, 2);
    f->n_kept++;
    f->kept[reason]++;
    return catalog_rejects_put(&s->rejects, f->file.number,
                               (uint64_t)sqlite3_column_int64(row, 1), reason,
                               sqlite3_column_blob(row, 3),
                               (size_t)sqlite3_column_bytes(row, 3), s->error);
}

static int
take_count(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    struct file_row *f = find_file(s, sqlite3_column_int64(row, 0));
    int reason;
    uint64_t n;
    if (f == NULL || !stored_check_reject_count(row, &reason, &n))
        return drop(s);
    f->counted[reason] = n;
    f->n_counted += n;
    return WATTLE_OK;
}

/* Whose lines were rejected: only where the file's rejects are whole. */
static int
take_reject_device(void *context, sqlite3_stmt *row)
{
    struct salvage *s = context;
    const struct file_row *f = find_file(s, sqlite3_column_int64(row, 0));
    if (f == NULL || !stored_check_reject_device(s->checksum, row) ||
        !salvage_devices_has(&s->devices, sqlite3_column_int64(row, 1)))
        return drop(s);
    const uint32_t device =
        salvage_devices_number(&s->devices, sqlite3_column_int64(row, 1));
    return catalog_rejects_add_device(&s->rejects, f->file.number, device,
                                      (uint64_t)sqlite3_column_int64(row, 2),
                                      s->error);
}

/* Rejects of a file count as they are told, if that can be, or as there are. */
static void
settle_rejects(struct salvage *s, struct file_row *f)
{
    bool is_good = f->n_counted == f->file.n_rejects;
    bool is_full = f->n_kept >= REJECT_ROOM_LINES;
    for (int r = 0; r < WATTLE_N_REASONS; r++)
        is_good = is_good && f->kept[r] <= f->counted[r];
    is_good = is_good && (f->n_kept == f->n_counted || is_full);
    if (is_good)
        return;
    s->result->n_problems++;
    f->file.n_rejects = f->n_kept;
    memcpy(f->counted, f->kept, sizeof(f->counted));
    if (f->file.n_rejects > f->file.n_lines)
        f->file.n_lines = f->file.n_rejects;
}

static int
write_file(struct salvage *s, struct catalog_files *files,
           const struct file_row *f, bool is_forgotten)
{
    struct catalog_file row = f->file;
    if (is_forgotten && row.is_usable) {
        row.size_bytes = 0;
        row.modified_ns = 0;
        row.parts = NULL;
        row.n_parts = 0;
        row.real_path = NULL;
    }
    int status = catalog_files_write(files, &row, f->imported_at, s->error);
    if (status == WATTLE_OK && row.real_path != NULL)
        status = local_file_write(&f->local, s->to, row.number, s->error);
    for (int r = 0; r < WATTLE_N_REASONS && status == WATTLE_OK; r++) {
        if (f->counted[r] > 0)
            status = catalog_count_rejects(s->to, row.number, r, f->counted[r],
                                           s->error);
    }
    return status;
}

/*
 * Lines of files that are not known any more, so that all that is there, and
 * what is known to be lost, has a file that it came from.
 */
static int
write_unknown(struct salvage *s, struct catalog_files *files, uint64_t n_lines)
{
    char now[CIVIL_TEXT_SIZE];
    struct file_row row = {
        .file = {.number = s->n_files > 0
                               ? s->files[s->n_files - 1].file.number + 1
                               : 1,
                 .path = "(files that are not known any more)",
                 .is_usable = true,
                 .n_lines = n_lines},
        .imported_at = now,
    };
    civil_format(0, now);
    return n_lines > 0 ? write_file(s, files, &row, true) : WATTLE_OK;
}

/* How many lines have lost their readings, and whose. */
static int
write_files(struct salvage *s)
{
    struct catalog_files files;
    uint64_t n_expected = 0; /* readings and duplicates */
    char sql[400];
    int status = catalog_files_open(&files, s->to, s->error);
    int64_t n_forgotten = 0; /* its readings are not kept: see forget.h */
    database_number(s->from, "SELECT value FROM meta WHERE key = 'forgotten'",
                    &n_forgotten, NULL);
    for (size_t i = 0; i < s->n_files; i++) {
        settle_rejects(s, &s->files[i]);
        n_expected += s->files[i].file.n_lines - s->files[i].file.n_rejects;
    }
    if (n_forgotten < -STORED_MAX_COUNT ||
        (n_forgotten > 0 && (uint64_t)n_forgotten > n_expected))
        n_forgotten = 0; /* it is damaged, or the rows of those files are */
    n_expected -= (uint64_t)n_forgotten;
    uint64_t n_lost =
        n_expected > s->n_lines_kept ? n_expected - s->n_lines_kept : 0;
    n_lost = n_lost > s->n_known_lost ? n_lost : s->n_known_lost;
    s->result->n_lost = n_lost;
    bool is_forgotten = n_lost > 0 || s->result->n_problems > 0;
    for (size_t i = 0; i < s->n_files && status == WATTLE_OK; i++)
        status = write_file(s, &files, &s->files[i], is_forgotten);
    if (status == WATTLE_OK)
        status =
            write_unknown(s, &files, s->n_lines_kept + n_lost - n_expected);
    catalog_files_close(&files);
    snprintf(sql, sizeof(sql),
             "UPDATE meta SET value = %llu WHERE key = 'lost'; UPDATE meta SET "
             "value = %lld WHERE key = 'forgotten'; DELETE FROM reject_device "
             "WHERE file IN (SELECT file FROM reject_device r GROUP BY file "
             "HAVING total(n) > (SELECT n_rejects FROM file WHERE number = "
             "r.file))",
             (unsigned long long)n_lost, (long long)n_forgotten);
    return status == WATTLE_OK ? database_run(s->to, sql, s->error) : status;
}

static int
copy_files(struct salvage *s)
{
    static const struct {
        struct salvage_table table;
        salvage_take take;
    } steps[] = {
        {{"correction",
          "number, device, first_ms, last_ms, n_replaced, imported_at, "
          "checksum",
          {"number", NULL}},
         take_correction},
        {{"file", STORED_FILE_COLUMNS, {"number", NULL}}, take_file},
        {{"place", STORED_PLACE_COLUMNS, {"file", NULL}}, take_place},
        {{"local_file", LOCAL_FILE_COLUMNS, {"file", NULL}}, take_local_file},
        {{"reject", STORED_REJECT_COLUMNS, {"file", "line"}}, take_reject},
        {{"reject_count", "file, reason, n", {"file", "reason"}}, take_count},
        {{"reject_device", STORED_REJECT_DEVICE_COLUMNS, {"file", "device"}},
         take_reject_device},
    };
    int status = catalog_rejects_open(&s->rejects, s->to, s->error);
    for (size_t i = 0;
         i < sizeof(steps) / sizeof(steps[0]) && status == WATTLE_OK; i++)
        status = salvage_walk(s->from, &steps[i].table, steps[i].take, s,
                              &s->result->n_problems, s->error);
    catalog_rejects_close(&s->rejects);
    return status == WATTLE_OK ? write_files(s) : status;
}

/* ---- all of it ---------------------------------------------------------- */

static int
copy_all(struct salvage *s)
{
    int status = meta_copy_zone(s->from, s->to, s->error);
    if (status == WATTLE_OK)
        status = salvage_devices_read(&s->devices, s->from, s->checksum,
                                      &s->result->n_problems, s->error);
    if (status == WATTLE_OK)
        status = read_places(s);
    if (status == WATTLE_OK)
        status = write_readings(s);
    if (status == WATTLE_OK)
        status = write_days(s);
    s->result->n_unnamed_devices = s->devices.ids.n_devices - s->devices.n_real;
    return status == WATTLE_OK ? copy_files(s) : status;
}

static void
release(struct salvage *s)
{
    chunk_reader_close(&s->chunk_reader);
    checksum_free(s->checksum);
    buffer_release(&s->data);
    salvage_devices_release(&s->devices);
    for (size_t i = 0; i < s->n_files; i++) {
        free(s->files[i].path);
        free(s->files[i].problem);
        free(s->files[i].imported_at);
        free(s->files[i].real_path);
        free(s->files[i].parts);
        local_file_release(&s->files[i].local);
    }
    free(s->files);
    free(s->chunks);
    free(s->late);
    free(s->block);
}

int
salvage_database(struct database *from, struct database *to,
                 struct verify_result *result, struct wattle_error *error)
{
    struct salvage s = {.from = from,
                        .to = to,
                        .result = result,
                        .error = error,
                        .checksum = checksum_new(),
                        .kernels = kernels_for(0),
                        .block = aligned_alloc(64, sizeof(struct block))};
    *result = (struct verify_result){0};
    salvage_devices_init(&s.devices);
    int status =
        s.checksum != NULL && s.block != NULL ? WATTLE_OK : error_memory(error);
    if (status == WATTLE_OK)
        status = chunk_reader_open_data(&s.chunk_reader, from,
                                        salvage_has_table(from, "chunk_data"),
                                        error);
    if (status == WATTLE_OK)
        status = database_run(to, "BEGIN IMMEDIATE", error);
    if (status == WATTLE_OK)
        status = copy_all(&s);
    if (status == WATTLE_OK)
        status = database_run(to, "COMMIT", error);
    if (!sqlite3_get_autocommit(to->handle))
        database_run(to, "ROLLBACK", NULL);
    release(&s);
    return status;
}
