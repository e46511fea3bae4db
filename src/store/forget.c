/*
 * forget.c - the chunks of a device are built anew without some of its
 * readings, which go into chunks of the journal; or with them again.
 *
 * As in an import, chunks that overlap the range are read and replaced, and
 * late readings merged. The days around are computed from what is stored then.
 */
#include "store/forget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/time_partition.h"
#include "sort/chunk_builder.h"
#include "store/import_write.h"
#include "store/meta.h"
#include "store/stored_check.h"

/* A chunk of the journal has the negative number in a merge. */
struct forget {
    struct database *db;
    const struct kernels *kernels;
    struct import_writer writer;
    struct chunk_reader reader;
    struct device_merge *stored, *given;
    struct chunk_builder *kept, *taken;
    struct checksum *checksum;
    sqlite3_stmt *put_data, *get_data, *drop_days;
    int64_t entry;
    /* while an entry is parted: what comes back goes into the journal first, as
     * entry 0 */
    bool is_parting;
    uint64_t n_left;              /* readings that stay in the journal */
    struct import_device *device; /* being changed */
    struct merge_segment rows;    /* given ones, from `at` on */
    size_t at;
    uint64_t n_taken, n_taken_before;       /* readings */
    uint64_t n_before, n_kept;              /* of the device */
    uint64_t n_lines_before, n_lines_after; /* readings and duplicates */
    struct wattle_error error;              /* of a callback */
};

static int
fetch(void *context, int64_t number, struct buffer *data,
      struct wattle_error *error)
{
    struct forget *f = context;
    if (number >= 0)
        return chunk_reader_fetch(&f->reader, number, data, error);
    sqlite3_bind_int64(f->get_data, 1, -number);
    const int result = database_step(f->db, f->get_data, error);
    int status = result < 0 ? result : WATTLE_ERR_FORMAT;
    if (result == SQLITE_ROW)
        status = buffer_append(data, sqlite3_column_blob(f->get_data, 0),
                               (size_t)sqlite3_column_bytes(f->get_data, 0));
    sqlite3_reset(f->get_data);
    return status == WATTLE_ERR_MEMORY ? error_memory(error) : status;
}

/* A chunk for the journal. */
static int
put_taken(struct forget *f, int64_t entry, const struct built_chunk *chunk)
{
    const int64_t field[5] = {entry, f->device->number, chunk->first_ms,
                              chunk->last_ms, (int64_t)chunk->n_readings};
    checksum_begin(f->checksum);
    for (int i = 0; i < 5; i++) {
        sqlite3_bind_int64(f->put_data, i + 1, field[i]);
        checksum_number(f->checksum, field[i]);
    }
    sqlite3_bind_blob64(f->put_data, 6, chunk->data.data, chunk->data.len,
                        SQLITE_STATIC);
    checksum_bytes(f->checksum, chunk->data.data, chunk->data.len);
    sqlite3_bind_int64(f->put_data, 7, checksum_end(f->checksum));
    const int result = database_step(f->db, f->put_data, &f->error);
    sqlite3_reset(f->put_data);
    return result < 0 ? result : WATTLE_OK;
}

static int
keep_chunk(void *context, struct built_chunk *chunk)
{
    struct forget *f = context;
    if (f->is_parting) {
        const int status = put_taken(f, 0, chunk);
        f->n_taken += chunk->n_readings;
        built_chunk_release(chunk);
        return status;
    }
    f->n_kept += chunk->n_readings;
    f->n_lines_after += chunk->n_readings + chunk->n_duplicates;
    chunk->ended.n = 0; /* days are computed at the end */
    if (import_device_push(f->device, chunk) == WATTLE_OK)
        return WATTLE_OK;
    built_chunk_release(chunk);
    return error_memory(&f->error);
}

static int
take_chunk(void *context, struct built_chunk *chunk)
{
    struct forget *f = context;
    const int status = put_taken(f, f->entry, chunk);
    if (f->is_parting)
        f->n_left += chunk->n_readings;
    else
        f->n_taken += chunk->n_readings;
    built_chunk_release(chunk);
    return status;
}

static int
prepare(struct forget *f, struct wattle_error *error)
{
    const struct {
        sqlite3_stmt **statement;
        const char *sql;
    } all[] = {
        {&f->put_data, "INSERT INTO main.forgotten_data(" FORGOTTEN_DATA_COLUMNS
                       ") VALUES(?1,?2,?3,?4,?5,?6,?7)"},
        {&f->get_data,
         "SELECT data FROM main.forgotten_data WHERE number = ?1"},
        {&f->drop_days, "DELETE FROM main.rollup WHERE number BETWEEN ?1 AND "
                        "?2"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        *all[i].statement = database_prepare(f->db, all[i].sql, error);
        if (*all[i].statement == NULL)
            return database_fail(f->db, error);
    }
    return WATTLE_OK;
}

static int
fail_damaged(const struct forget *f, struct wattle_error *error)
{
    return error_set_at(error, WATTLE_ERR_FORMAT, f->db->path, 0,
                        "the journal of removed readings is damaged");
}

int
forget_open(struct forget **out, struct database *db,
            const struct kernels *kernels, struct wattle_error *error)
{
    struct forget *f = calloc(1, sizeof(*f));
    *out = f;
    if (f == NULL)
        return error_memory(error);
    f->db = db;
    f->kernels = kernels;
    f->checksum = checksum_new();
    f->stored = device_merge_new(kernels, UINT32_MAX, fetch, f);
    f->given = device_merge_new(kernels, UINT32_MAX, fetch, f);
    f->kept = chunk_builder_new(kernels, db->sums.zone, db->sums.max_gap_ms,
                                keep_chunk, f);
    f->taken = chunk_builder_new(kernels, db->sums.zone, db->sums.max_gap_ms,
                                 take_chunk, f);
    if (f->checksum == NULL || f->stored == NULL || f->given == NULL ||
        f->kept == NULL || f->taken == NULL)
        return error_memory(error);
    int status = prepare(f, error);
    if (status == WATTLE_OK)
        status = import_writer_open(&f->writer, db, kernels, "", error);
    if (status == WATTLE_OK)
        status = chunk_reader_open(&f->reader, db, error);
    if (status == WATTLE_OK)
        status = forget_latest(db, &f->entry, error);
    if (status == WATTLE_OK && (f->entry < 0 || f->entry > STORED_MAX_COUNT))
        return fail_damaged(f, error);
    f->entry++;
    return status;
}

void
forget_close(struct forget *f)
{
    if (f == NULL)
        return;
    sqlite3_finalize(f->put_data);
    sqlite3_finalize(f->get_data);
    sqlite3_finalize(f->drop_days);
    import_writer_close(&f->writer);
    chunk_reader_close(&f->reader);
    device_merge_free(f->stored);
    device_merge_free(f->given);
    chunk_builder_free(f->kept);
    chunk_builder_free(f->taken);
    checksum_free(f->checksum);
    import_device_free(f->device);
    free(f);
}

uint64_t
forget_left(const struct forget *f)
{
    return f->n_left;
}

uint64_t
forget_count(const struct forget *f)
{
    return f->n_taken;
}

/* ---- what is stored of a device ------------------------------------------ */

/* A range of time, both ends inclusive. */
struct span {
    int64_t first_ms, last_ms;
};

static void
grow(struct span *span, int64_t first_ms, int64_t last_ms)
{
    span->first_ms = first_ms < span->first_ms ? first_ms : span->first_ms;
    span->last_ms = last_ms > span->last_ms ? last_ms : span->last_ms;
}

/*
 * Puts what is stored around a span into the merge: the chunks that overlap it,
 * or the late readings, and those. *all is the span of all of them.
 */
static int
add_stored(struct forget *f, struct span span, struct span *all,
           struct wattle_error *error)
{
    const struct chunk_reader *s = &f->reader;
    const struct block *delta = s->delta;
    if (delta->n_rows > 0) {
        grow(&span, delta->column[BLOCK_TIME][0],
             delta->column[BLOCK_TIME][delta->n_rows - 1]);
        grow(all, span.first_ms, span.last_ms);
    }
    int status = WATTLE_OK;
    for (size_t i = 0; i < s->n_chunks && status == WATTLE_OK; i++) {
        const struct stored_chunk *c = &s->chunks[i];
        if (c->first_ms > span.last_ms || c->last_ms < span.first_ms)
            continue;
        status = device_merge_add_chunk(f->stored, c->number, c->first_ms,
                                        c->last_ms);
        if (status == WATTLE_OK)
            status = import_device_replace(f->device, c->number);
        f->n_before += c->n_readings;
        f->n_lines_before += c->n_readings + c->n_duplicates;
        grow(all, c->first_ms, c->last_ms);
    }
    if (status == WATTLE_OK && delta->n_rows > 0) {
        status = device_merge_add_delta(f->stored, delta);
        f->device->clears_delta = true;
        f->n_before += s->n_delta_new;
        f->n_lines_before += s->n_delta_lines;
    }
    return status == WATTLE_OK ? status : error_memory(error);
}

/* Begins with a device: nothing of it is in the merge yet. */
static int
begin_device(struct forget *f, uint32_t device, struct wattle_error *error)
{
    import_device_free(f->device);
    f->device = import_device_new(device);
    f->n_taken_before = f->n_taken;
    f->n_before = f->n_kept = 0;
    f->rows = (struct merge_segment){0};
    f->at = 0;
    device_merge_reset(f->stored);
    device_merge_reset(f->given);
    if (f->device == NULL || chunk_builder_reset(f->kept) != WATTLE_OK ||
        chunk_builder_reset(f->taken) != WATTLE_OK)
        return error_memory(error);
    return chunk_reader_find(&f->reader, device, INT64_MIN, INT64_MAX, error);
}

/* ---- which readings ------------------------------------------------------ */

/* What is taken out: those in a range, or those that are given, or none. */
struct choice {
    int64_t since_ms, until_ms;
    bool is_given, is_none;
};

/* Moves the given rows on to a time; false when there are none of it. */
static int
go_to(struct forget *f, int64_t time_ms, bool *is_there,
      struct wattle_error *error)
{
    *is_there = false;
    for (;;) {
        const int64_t *times = NULL;
        if (f->rows.n > 0)
            times = f->rows.block->column[BLOCK_TIME] + f->rows.first;
        while (f->at < f->rows.n && times[f->at] < time_ms)
            f->at++;
        if (f->at < f->rows.n) {
            *is_there = times[f->at] == time_ms;
            return WATTLE_OK;
        }
        f->at = 0;
        const int status = device_merge_next_any(f->given, &f->rows, error);
        if (status != WATTLE_OK || f->rows.n == 0)
            return status;
    }
}

/* Whether a stored reading is among those given. */
static int
is_given(struct forget *f, const struct block *block, size_t row, bool *is_it,
         struct wattle_error *error)
{
    const int64_t time_ms = block->column[BLOCK_TIME][row];
    bool is_there;
    *is_it = false;
    int status = go_to(f, time_ms, &is_there, error);
    while (status == WATTLE_OK && is_there && !*is_it) {
        *is_it = block_is_same_reading(block, row, f->rows.block,
                                       f->rows.first + f->at);
        f->at++;
        if (!*is_it)
            status = go_to(f, time_ms, &is_there, error);
    }
    return status;
}

static int
is_chosen(struct forget *f, const struct choice *choice,
          const struct block *block, size_t row, bool *is_it,
          struct wattle_error *error)
{
    const int64_t time_ms = block->column[BLOCK_TIME][row];
    if (choice->is_given)
        return is_given(f, block, row, is_it, error);
    *is_it = !choice->is_none && time_ms >= choice->since_ms &&
             time_ms < choice->until_ms;
    return WATTLE_OK;
}

static int
add_run(struct forget *f, struct chunk_builder *builder,
        const struct merge_segment *s, size_t begin, size_t end,
        struct wattle_error *error)
{
    if (begin == end)
        return WATTLE_OK;
    const int status =
        chunk_builder_add(builder, s->block, s->first + begin, end - begin);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    if (status != WATTLE_OK && error != NULL)
        *error = f->error;
    return status;
}

/* Rows of a segment into one builder or the other. */
static int
part_segment(struct forget *f, const struct choice *choice,
             const struct merge_segment *s, struct wattle_error *error)
{
    size_t begin = 0;
    bool is_out = false;
    int status = WATTLE_OK;
    for (size_t i = 0; i < s->n && status == WATTLE_OK; i++) {
        bool is_it;
        status = is_chosen(f, choice, s->block, s->first + i, &is_it, error);
        if (status != WATTLE_OK || is_it == is_out)
            continue;
        status = add_run(f, is_out ? f->taken : f->kept, s, begin, i, error);
        begin = i;
        is_out = is_it;
    }
    return status == WATTLE_OK
               ? add_run(f, is_out ? f->taken : f->kept, s, begin, s->n, error)
               : status;
}

static int
finish_builder(struct forget *f, struct chunk_builder *builder,
               struct wattle_error *error)
{
    const int status = chunk_builder_finish(builder);
    free(rollup_builder_take(&builder->rollups).days);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    if (status != WATTLE_OK && error != NULL)
        *error = f->error;
    return status;
}

static int
part(struct forget *f, const struct choice *choice, struct wattle_error *error)
{
    int status = WATTLE_OK;
    while (status == WATTLE_OK) {
        struct merge_segment s = {0};
        status = cancel_flag_check(f->db->cancel, error);
        if (status == WATTLE_OK)
            status = device_merge_next(f->stored, &s, error);
        if (status != WATTLE_OK || s.n == 0)
            break;
        status = part_segment(f, choice, &s, error);
    }
    if (status == WATTLE_OK)
        status = finish_builder(f, f->kept, error);
    return status == WATTLE_OK ? finish_builder(f, f->taken, error) : status;
}

/* ---- writing ------------------------------------------------------------- */

static int
drop_days(struct forget *f, const struct import_days *days,
          struct wattle_error *error)
{
    sqlite3_bind_int64(f->drop_days, 1,
                       rollup_number(f->device->number, days->first));
    sqlite3_bind_int64(f->drop_days, 2,
                       rollup_number(f->device->number, days->last));
    const int result = database_step(f->db, f->drop_days, error);
    sqlite3_reset(f->drop_days);
    return result < 0 ? result : WATTLE_OK;
}

/* Replaces what is stored around a span by what was kept of it. */
static int
write_device(struct forget *f, const struct span *all,
             struct wattle_error *error)
{
    struct import_device *device = f->device;
    struct built_chunk chunk;
    const struct database_sums *sums = &f->db->sums;
    const struct time_partition partition = time_partition_days(sums->zone);
    const struct import_days days = {
        time_partition_key(&partition, all->first_ms - sums->max_gap_ms),
        time_partition_key(&partition, all->last_ms + sums->max_gap_ms)};
    int status = import_writer_begin(&f->writer, device, error);
    while (status == WATTLE_OK && import_device_pop(device, &chunk)) {
        status = import_writer_chunk(&f->writer, device->number, &chunk, error);
        built_chunk_release(&chunk);
    }
    if (status == WATTLE_OK)
        status = drop_days(f, &days, error);
    device->recompute[device->n_recompute++] = days;
    return status == WATTLE_OK ? import_writer_end(&f->writer, device, error)
                               : status;
}

/* The span of what is stored of a device, within the one given. */
static struct span
clip(const struct forget *f, int64_t first_ms, int64_t last_ms)
{
    struct span span = {INT64_MAX, INT64_MIN};
    const struct chunk_reader *s = &f->reader;
    const struct block *delta = s->delta;
    if (s->n_chunks > 0)
        grow(&span, s->chunks[0].first_ms, s->chunks[s->n_chunks - 1].last_ms);
    if (delta->n_rows > 0)
        grow(&span, delta->column[BLOCK_TIME][0],
             delta->column[BLOCK_TIME][delta->n_rows - 1]);
    span.first_ms = first_ms > span.first_ms ? first_ms : span.first_ms;
    span.last_ms = last_ms < span.last_ms ? last_ms : span.last_ms;
    return span;
}

static int
change(struct forget *f, struct span span, const struct choice *choice,
       struct wattle_error *error)
{
    const uint32_t device = f->device->number;
    const uint64_t before = f->n_lines_before, after = f->n_lines_after;
    /* of a device with energies all is built anew: none may be left */
    const bool is_metered =
        f->writer.metered.is_known && metered_has(&f->writer.metered, device);
    if (is_metered) {
        const struct span whole = clip(f, INT64_MIN, INT64_MAX);
        if (whole.first_ms <= whole.last_ms)
            grow(&span, whole.first_ms, whole.last_ms);
    }
    struct span all = span;
    int status = add_stored(f, span, &all, error);
    if (status == WATTLE_OK)
        status = part(f, choice, error);
    if (status == WATTLE_OK && !choice->is_none &&
        f->n_taken == f->n_taken_before) { /* it stays as it is */
        f->n_lines_before = before;
        f->n_lines_after = after;
        return WATTLE_OK;
    }
    if (status == WATTLE_OK && is_metered)
        metered_remove(&f->writer.metered, device); /* writing adds it again */
    return status == WATTLE_OK ? write_device(f, &all, error) : status;
}

int
forget_range(struct forget *f, uint32_t device, int64_t since_ms,
             int64_t until_ms, struct wattle_error *error)
{
    const struct choice choice = {.since_ms = since_ms, .until_ms = until_ms};
    if (since_ms >= until_ms)
        return WATTLE_OK;
    int status = begin_device(f, device, error);
    if (status != WATTLE_OK)
        return status;
    const struct span span = clip(f, since_ms, until_ms - 1);
    return span.first_ms <= span.last_ms ? change(f, span, &choice, error)
                                         : WATTLE_OK;
}

int
forget_rows(struct forget *f, uint32_t device, const struct shuffle_set *rows,
            struct wattle_error *error)
{
    const struct choice choice = {.is_given = true};
    const struct gathered g = shuffle_set_measure(rows, device);
    struct shuffle *reduced = NULL;
    if (g.n_rows == 0)
        return WATTLE_OK;
    int status = begin_device(f, device, error);
    if (status == WATTLE_OK)
        status = shuffle_set_reduce(rows, device, g.n_runs, f->given,
                                    f->kernels, &reduced, error);
    if (status == WATTLE_OK)
        device_merge_reset(f->given);
    if (status == WATTLE_OK &&
        shuffle_set_add(rows, device, reduced, f->given) != WATTLE_OK)
        status = error_memory(error);
    if (status == WATTLE_OK) {
        const struct span span = clip(f, g.first_ms, g.last_ms);
        if (span.first_ms <= span.last_ms)
            status = change(f, span, &choice, error);
    }
    shuffle_free(reduced);
    return status;
}

/* ---- bringing back ------------------------------------------------------- */

/* A chunk of the journal, as an input. */
static int
add_entry_chunk(struct forget *f, struct device_merge *merge, sqlite3_stmt *row,
                struct span *span, struct wattle_error *error)
{
    const int64_t number = sqlite3_column_int64(row, 7);
    const int64_t first_ms = sqlite3_column_int64(row, 2);
    const int64_t last_ms = sqlite3_column_int64(row, 3);
    if (!stored_check_row(f->checksum, row, "iiiiibi") || first_ms > last_ms ||
        number <= 0)
        return fail_damaged(f, error);
    grow(span, first_ms, last_ms);
    return device_merge_add_chunk(merge, -number, first_ms, last_ms) ==
                   WATTLE_OK
               ? WATTLE_OK
               : error_memory(error);
}

/* All chunks of an entry that are of a device; *span is that of them. */
static int
add_entry(struct forget *f, struct device_merge *merge, int64_t entry,
          struct span *span, struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        f->db,
        "SELECT " FORGOTTEN_DATA_COLUMNS ", number FROM main.forgotten_data "
        "WHERE forgotten = ?1 AND device = ?2 ORDER BY number",
        error);
    int status = row != NULL ? WATTLE_OK : database_fail(f->db, error);
    *span = (struct span){INT64_MAX, INT64_MIN};
    sqlite3_bind_int64(row, 1, entry);
    sqlite3_bind_int64(row, 2, f->device->number);
    while (status == WATTLE_OK) {
        const int result = database_step(f->db, row, error);
        if (result == SQLITE_DONE)
            break;
        status =
            result < 0 ? result : add_entry_chunk(f, merge, row, span, error);
    }
    sqlite3_finalize(row);
    return status;
}

/* Drops chunks of a device from an entry, up to a number. */
static int
drop_chunks(struct forget *f, int64_t entry, int64_t last,
            struct wattle_error *error)
{
    char sql[160];
    snprintf(sql, sizeof(sql),
             "DELETE FROM main.forgotten_data WHERE forgotten = %lld AND "
             "device = %u AND number <= %lld",
             (long long)entry, f->device->number, (long long)last);
    return database_run(f->db, sql, error);
}

/* Rows of the journal whose times are free go to entry 0; the others stay. */
static int
part_entry(struct forget *f, struct wattle_error *error)
{
    int status = WATTLE_OK;
    while (status == WATTLE_OK) {
        struct merge_segment s = {0};
        status = device_merge_next(f->stored, &s, error);
        if (status != WATTLE_OK || s.n == 0)
            break;
        for (size_t i = 0; i < s.n && status == WATTLE_OK; i++) {
            bool is_there;
            status = go_to(f, s.block->column[BLOCK_TIME][s.first + i],
                           &is_there, error);
            if (status == WATTLE_OK)
                status = add_run(f, is_there ? f->taken : f->kept, &s, i, i + 1,
                                 error);
        }
    }
    if (status == WATTLE_OK)
        status = finish_builder(f, f->kept, error);
    return status == WATTLE_OK ? finish_builder(f, f->taken, error) : status;
}

/* The first of two passes: what of an entry comes back. */
static int
part_journal(struct forget *f, int64_t entry, struct wattle_error *error)
{
    const struct chunk_reader *s = &f->reader;
    struct span span;
    int64_t last = 0;
    int status = database_number(
        f->db, "SELECT ifnull(max(number), 0) FROM main.forgotten_data", &last,
        error);
    if (status == WATTLE_OK)
        status = add_entry(f, f->stored, entry, &span, error);
    for (size_t i = 0; i < s->n_chunks && status == WATTLE_OK; i++) {
        const struct stored_chunk *c = &s->chunks[i];
        if (c->first_ms <= span.last_ms && c->last_ms >= span.first_ms &&
            device_merge_add_chunk(f->given, c->number, c->first_ms,
                                   c->last_ms) != WATTLE_OK)
            status = error_memory(error);
    }
    if (status == WATTLE_OK && s->delta->n_rows > 0 &&
        device_merge_add_delta(f->given, s->delta) != WATTLE_OK)
        status = error_memory(error);
    f->is_parting = true;
    if (status == WATTLE_OK)
        status = part_entry(f, error);
    f->is_parting = false;
    return status == WATTLE_OK ? drop_chunks(f, entry, last, error) : status;
}

static int
restore_device(struct forget *f, int64_t entry, uint32_t device,
               struct wattle_error *error)
{
    const struct choice choice = {.is_none = true};
    struct span span;
    const uint64_t before = f->n_taken;
    int status = begin_device(f, device, error);
    if (status == WATTLE_OK)
        status = part_journal(f, entry, error);
    if (status != WATTLE_OK || f->n_taken == before)
        return status;
    status = begin_device(f, device, error);
    if (status == WATTLE_OK)
        status = add_entry(f, f->stored, 0, &span, error);
    if (status == WATTLE_OK)
        status = change(f, span, &choice, error);
    return status == WATTLE_OK ? drop_chunks(f, 0, INT64_MAX, error) : status;
}

/* The devices of an entry, ascending; the caller frees them. */
static int
list_devices(struct forget *f, int64_t entry, struct buffer *devices,
             struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        f->db,
        "SELECT DISTINCT device, device IN (SELECT number FROM main.device) "
        "FROM main.forgotten_data WHERE forgotten = ?1 ORDER BY device",
        error);
    int status = row != NULL ? WATTLE_OK : database_fail(f->db, error);
    sqlite3_bind_int64(row, 1, entry);
    while (status == WATTLE_OK) {
        const int result = database_step(f->db, row, error);
        if (result == SQLITE_DONE)
            break;
        const uint32_t device = (uint32_t)sqlite3_column_int64(row, 0);
        status = result < 0 ? result : fail_damaged(f, error);
        if (result == SQLITE_ROW && sqlite3_column_int(row, 1) != 0)
            status =
                buffer_append(devices, &device, sizeof(device)) == WATTLE_OK
                    ? WATTLE_OK
                    : error_memory(error);
    }
    sqlite3_finalize(row);
    return status;
}

static int
put_entry(struct forget *f, const struct forgotten *entry,
          struct wattle_error *error)
{
    sqlite3_stmt *row = database_prepare(
        f->db,
        "INSERT OR REPLACE INTO main.forgotten(" FORGOTTEN_COLUMNS ") "
        "VALUES(?1,?2,?3,?4,?5)",
        error);
    if (row == NULL)
        return database_fail(f->db, error);
    checksum_begin(f->checksum);
    checksum_number(f->checksum, entry->number);
    checksum_bytes(f->checksum, entry->at, strlen(entry->at));
    checksum_bytes(f->checksum, entry->what, strlen(entry->what));
    checksum_number(f->checksum, (int64_t)entry->n_readings);
    sqlite3_bind_int64(row, 1, entry->number);
    sqlite3_bind_text(row, 2, entry->at, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(row, 3, entry->what, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(row, 4, (int64_t)entry->n_readings);
    sqlite3_bind_int64(row, 5, checksum_end(f->checksum));
    const int result = database_step(f->db, row, error);
    sqlite3_finalize(row);
    return result < 0 ? result : WATTLE_OK;
}

/* What is left of an entry, or nothing. */
static int
settle_entry(struct forget *f, int64_t entry, struct wattle_error *error)
{
    char sql[160];
    struct forgotten left = {0};
    if (f->n_left == 0) {
        snprintf(sql, sizeof(sql),
                 "DELETE FROM main.forgotten WHERE number = %lld",
                 (long long)entry);
        return database_run(f->db, sql, error);
    }
    sqlite3_stmt *row = database_prepare(
        f->db,
        "SELECT forgotten_at, what FROM main.forgotten WHERE number = ?1",
        error);
    if (row == NULL)
        return database_fail(f->db, error);
    sqlite3_bind_int64(row, 1, entry);
    const int result = database_step(f->db, row, error);
    int status = result < 0 ? result : fail_damaged(f, error);
    if (result == SQLITE_ROW) {
        left.number = entry;
        left.at = (const char *)sqlite3_column_text(row, 0);
        left.what = (const char *)sqlite3_column_text(row, 1);
        left.n_readings = f->n_left;
        if (left.at != NULL && left.what != NULL)
            status = put_entry(f, &left, error);
    }
    sqlite3_finalize(row);
    return status;
}

int
forget_restore(struct forget *f, int64_t entry, struct wattle_error *error)
{
    struct buffer devices = {0};
    int64_t n_lacking = 0;
    char sql[256];
    snprintf(
        sql, sizeof(sql),
        "SELECT (SELECT n_readings FROM main.forgotten WHERE number = "
        "%lld) <> (SELECT total(n_readings) FROM main.forgotten_data WHERE "
        "forgotten = %lld)",
        (long long)entry, (long long)entry);
    int status = database_number(f->db, sql, &n_lacking, error);
    if (status == WATTLE_OK && n_lacking != 0)
        status = fail_damaged(f, error);
    if (status == WATTLE_OK)
        status = list_devices(f, entry, &devices, error);
    f->entry = entry;
    for (size_t at = 0; at < devices.len && status == WATTLE_OK;
         at += sizeof(uint32_t)) {
        uint32_t device;
        memcpy(&device, devices.data + at, sizeof(device));
        status = restore_device(f, entry, device, error);
    }
    buffer_release(&devices);
    return status == WATTLE_OK ? settle_entry(f, entry, error) : status;
}

/* ---- the journal --------------------------------------------------------- */

int
forget_finish(struct forget *f, const char *what, const char *at,
              int64_t n_lines, struct wattle_error *error)
{
    int status = import_writer_finish(&f->writer, error);
    if (status == WATTLE_OK && what != NULL && f->n_taken > 0)
        status = put_entry(
            f, &(struct forgotten){f->entry, at, what, f->n_taken}, error);
    n_lines += (int64_t)(f->n_lines_before - f->n_lines_after);
    return status == WATTLE_OK ? meta_add_forgotten(f->db, n_lines, error)
                               : status;
}

int
forget_latest(struct database *db, int64_t *entry, struct wattle_error *error)
{
    return database_number(
        db, "SELECT ifnull(max(number), 0) FROM main.forgotten", entry, error);
}

static int
take_entry(struct database *db, sqlite3_stmt *row, struct checksum *checksum,
           forget_take take, void *context, struct wattle_error *error)
{
    uint64_t n_readings;
    if (!stored_check_row(checksum, row, "ittii") ||
        !stored_check_count(row, 3, &n_readings))
        return error_set_at(error, WATTLE_ERR_FORMAT, db->path, 0,
                            "the table forgotten is damaged; try 'wattle "
                            "check'");
    const struct forgotten entry = {
        .number = sqlite3_column_int64(row, 0),
        .at = (const char *)sqlite3_column_text(row, 1),
        .what = (const char *)sqlite3_column_text(row, 2),
        .n_readings = n_readings};
    return take(context, &entry);
}

int
forget_list(struct database *db, forget_take take, void *context,
            struct wattle_error *error)
{
    struct checksum *checksum = checksum_new();
    sqlite3_stmt *row = database_prepare(
        db, "SELECT " FORGOTTEN_COLUMNS " FROM main.forgotten ORDER BY number",
        error);
    int status = row != NULL ? WATTLE_OK : database_fail(db, error);
    if (status == WATTLE_OK && checksum == NULL)
        status = error_memory(error);
    while (status == WATTLE_OK) {
        const int result = database_step(db, row, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0
                     ? result
                     : take_entry(db, row, checksum, take, context, error);
    }
    sqlite3_finalize(row);
    checksum_free(checksum);
    return status;
}
