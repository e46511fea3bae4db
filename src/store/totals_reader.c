/*
 * totals_reader.c - chunk by chunk in order of time: its summary when all of
 * it is wanted as it is, else its readings, with the delta's among them.
 *
 * A summary is used only when the range, the largest gap and the delta leave
 * its chunk as it is, and it has every aggregate of this program; otherwise
 * the chunk's readings are decoded. Of a device that has energies all readings
 * are, for a meter.
 */
#include "store/totals_reader.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "codec/block_check.h"
#include "analytics/rollup_builder.h"

enum { COLUMN_NUMBER = 0, COLUMN_SUMMARY = 11 }; /* of the statement */

int
totals_reader_open(struct totals_reader *r, struct database *db,
                   const struct kernels *kernels,
                   const struct totals_reader_range *range,
                   struct wattle_error *error)
{
    *r = (struct totals_reader){.range = *range};
    r->part = aligned_alloc(64, sizeof(*r->part));
    r->merge = device_merge_new(kernels, UINT32_MAX, chunk_reader_fetch,
                                &r->chunk_reader);
    if (r->part == NULL || r->merge == NULL)
        return error_memory(error);
    int status = chunk_reader_open(&r->chunk_reader, db, error);
    if (status == WATTLE_OK)
        status = metered_read(&r->metered, db, error);
    if (status != WATTLE_OK)
        return status;
    r->meter.holds = range->holds;
    r->list =
        database_prepare(db,
                         "SELECT " STORED_CHUNK_COLUMNS
                         " FROM chunk WHERE device = ?1 ORDER BY first_ms",
                         error);
    return r->list != NULL ? WATTLE_OK : database_fail(db, error);
}

void
totals_reader_close(struct totals_reader *r)
{
    sqlite3_finalize(r->list);
    device_merge_free(r->merge);
    chunk_reader_close(&r->chunk_reader);
    metered_release(&r->metered);
    totals_meter_release(&r->meter);
    summary_release(&r->summary);
    free(r->part);
    *r = (struct totals_reader){0};
}

static int
fail_damaged(const struct totals_reader *r, struct wattle_error *error)
{
    return chunk_reader_fail(r->chunk_reader.db,
                             sqlite3_column_int64(r->list, COLUMN_NUMBER),
                             error);
}

/*
 * Adds a chunk by its summary. *is_done: false, with nothing added, when the
 * summary lacks an aggregate, since an earlier program wrote it.
 */
static int
add_summary(struct totals_reader *r, const struct stored_chunk *chunk,
            struct totals_set *set, bool *is_done, struct wattle_error *error)
{
    struct summary *s = &r->summary;
    const struct summary_frame frame = {chunk->first_ms, chunk->last_ms,
                                        chunk->n_readings};
    int status = summary_decode(
        sqlite3_column_blob(r->list, COLUMN_SUMMARY),
        (size_t)sqlite3_column_bytes(r->list, COLUMN_SUMMARY), s);
    if (status == WATTLE_ERR_FORMAT ||
        (status == WATTLE_OK && !summary_check(s, &frame)))
        return fail_damaged(r, error);
    *is_done = status != WATTLE_OK || s->missing == 0;
    if (!*is_done)
        return WATTLE_OK;
    if (status == WATTLE_OK)
        status = totals_set_append(set, chunk->device, &s->totals, &s->first);
    if (status != WATTLE_OK)
        return error_memory(error);
    profile_merge(&set->profile, &s->profile);
    r->counts.n_readings += chunk->n_readings;
    r->counts.n_duplicates += chunk->n_duplicates;
    r->counts.n_rounded += chunk->n_rounded;
    return WATTLE_OK;
}

static uint64_t
sum_of(const struct block *block, unsigned column, size_t first, size_t n)
{
    uint64_t sum = 0;
    if ((block->columns & BLOCK_BIT(column)) == 0)
        return 0;
    for (size_t i = first; i < first + n; i++)
        sum += (uint64_t)block->column[column][i];
    return sum;
}

/*
 * Keeps the rows next to the range: the last one before it and the first one
 * behind it, of rows of which [from, to) are inside.
 */
static int
note_edges(const struct totals_reader *r, const struct merge_segment *s,
           size_t from, size_t to, struct totals_set *set)
{
    const int64_t *time_ms = s->block->column[BLOCK_TIME] + s->first;
    const size_t near[] = {from > 0 ? from - 1 : s->n, to};
    uint32_t presence[BLOCK_ROWS];
    for (int i = 0; i < 2; i++) {
        const size_t row = near[i];
        if (row >= s->n || !range_edges_want(&set->edges, time_ms[row]))
            continue;
        const struct batch_view batch =
            block_view(s->block, s->first + row, 1, r->device, presence);
        if (range_edges_add(&set->edges, &batch, 0) != WATTLE_OK)
            return WATTLE_ERR_MEMORY;
    }
    return WATTLE_OK;
}

/* Those of a segment's rows that are in the range. */
struct inside {
    size_t from, to; /* within the segment */
};

/* Finds and counts them. */
static struct inside
count_segment(struct totals_reader *r, const struct merge_segment *s)
{
    const int64_t *time_ms = s->block->column[BLOCK_TIME] + s->first;
    struct inside in = {0, s->n};
    const uint64_t n_all =
        s->n + sum_of(s->block, BLOCK_DUPLICATES, s->first, s->n);
    while (in.from < in.to && time_ms[in.from] < r->range.since_ms)
        in.from++;
    while (in.to > in.from && time_ms[in.to - 1] >= r->range.until_ms)
        in.to--;
    const size_t first = s->first + in.from, n = in.to - in.from;
    const uint64_t n_duplicates = sum_of(s->block, BLOCK_DUPLICATES, first, n);
    r->counts.n_readings += n;
    r->counts.n_decoded += n;
    r->counts.n_duplicates += n_duplicates;
    r->counts.n_rounded += sum_of(s->block, BLOCK_ROUNDED, first, n);
    r->counts.n_filtered += n_all - n - n_duplicates;
    return in;
}

/* Adds those of a segment's rows that are in the range. */
static int
add_segment(struct totals_reader *r, const struct merge_segment *s,
            struct totals_set *set)
{
    const struct inside in = count_segment(r, s);
    if (note_edges(r, s, in.from, in.to, set) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    if (in.from == in.to)
        return WATTLE_OK;
    struct batch_view batch = block_view(
        s->block, s->first + in.from, in.to - in.from, r->device, r->presence);
    return totals_set_add(set, &batch);
}

static int
add_merged(struct totals_reader *r, struct totals_set *set,
           struct wattle_error *error)
{
    for (;;) {
        struct merge_segment s;
        int status = device_merge_next(r->merge, &s, error);
        if (status != WATTLE_OK || s.n == 0)
            return status;
        if (add_segment(r, &s, set) != WATTLE_OK)
            return error_memory(error);
    }
}

/* The delta's rows [from, to) as a block of their own. */
static void
cut_delta(struct totals_reader *r, size_t from, size_t to)
{
    const struct block *delta = r->chunk_reader.delta;
    r->part->n_rows = to - from;
    r->part->columns = delta->columns;
    r->part->exponent = delta->exponent;
    for (int c = 0; c < BLOCK_N_COLUMNS; c++)
        memcpy(r->part->column[c], delta->column[c] + from,
               (to - from) * sizeof(int64_t));
}

/* Adds a chunk and delta rows by their readings; number 0: delta rows only. */
static int
add_readings(struct totals_reader *r, const struct stored_chunk *chunk,
             size_t from, size_t to, struct totals_set *set,
             struct wattle_error *error)
{
    int status = WATTLE_OK;
    device_merge_reset(r->merge);
    if (chunk != NULL)
        status = device_merge_add_chunk(r->merge, chunk->number,
                                        chunk->first_ms, chunk->last_ms);
    if (status == WATTLE_OK && from < to) {
        cut_delta(r, from, to);
        status = device_merge_add_delta(r->merge, r->part);
    }
    if (status != WATTLE_OK)
        return error_memory(error);
    return add_merged(r, set, error);
}

static size_t
delta_until(const struct totals_reader *r, size_t from, int64_t time_ms)
{
    const struct block *delta = r->chunk_reader.delta;
    while (from < delta->n_rows && delta->column[BLOCK_TIME][from] < time_ms)
        from++;
    return from;
}

/* The chunk that the statement is at; chunks of a device do not overlap. */
static int
add_chunk(struct totals_reader *r, size_t *delta_at, struct totals_set *set,
          struct wattle_error *error)
{
    const struct totals_reader_range *range = &r->range;
    struct stored_chunk chunk;
    int status = WATTLE_OK;
    if (!stored_check_chunk(r->chunk_reader.checksum, r->list, &chunk) ||
        chunk.first_ms <= r->last_ms)
        return fail_damaged(r, error);
    r->last_ms = chunk.last_ms;
    size_t from = delta_until(r, *delta_at, chunk.first_ms);
    size_t to = delta_until(r, from, chunk.last_ms + 1);
    if (from > *delta_at)
        status = add_readings(r, NULL, *delta_at, from, set, error);
    *delta_at = to;
    if (status != WATTLE_OK)
        return status;
    bool is_outside = (chunk.last_ms < range->since_ms &&
                       !range_edges_want(&set->edges, chunk.last_ms)) ||
                      (chunk.first_ms >= range->until_ms &&
                       !range_edges_want(&set->edges, chunk.first_ms));
    bool is_inside =
        chunk.first_ms >= range->since_ms && chunk.last_ms < range->until_ms;
    if (is_outside && from == to) {
        r->counts.n_filtered += chunk.n_readings + chunk.n_duplicates;
        return WATTLE_OK;
    }
    if (is_inside && from == to &&
        database_has_sums(r->chunk_reader.db, range->zone, range->max_gap_ms) &&
        !range->no_summaries) {
        bool is_done = false;
        status = add_summary(r, &chunk, set, &is_done, error);
        if (status != WATTLE_OK || is_done)
            return status;
    }
    return add_readings(r, &chunk, from, to, set, error);
}

/* Begins with all readings of a device. A reading_source.rewind. */
static int
rewind_device(void *context, struct wattle_error *error)
{
    struct totals_reader *r = context;
    int status = chunk_reader_find(&r->chunk_reader, r->device[0], INT64_MIN,
                                   INT64_MAX, error);
    if (status != WATTLE_OK)
        return status;
    device_merge_reset(r->merge);
    return chunk_reader_add_inputs(&r->chunk_reader, r->merge) == WATTLE_OK
               ? WATTLE_OK
               : error_memory(error);
}

/*
 * The next rows for the meter. Each pass counts them: the counts of the last
 * one stay. A reading_source.next.
 */
static int
next_rows(void *context, struct batch_view *batch, struct wattle_error *error)
{
    struct totals_reader *r = context;
    struct merge_segment s;
    int status = cancel_flag_check(r->chunk_reader.db->cancel, error);
    if (status == WATTLE_OK)
        status = device_merge_next(r->merge, &s, error);
    *batch = (struct batch_view){0};
    if (status != WATTLE_OK || s.n == 0)
        return status;
    if (r->meter.meter.phase == METER_ADD)
        count_segment(r, &s);
    *batch = block_view(s.block, s.first, s.n, r->device, r->presence);
    return status;
}

static int
add_metered(struct totals_reader *r, uint32_t device, struct totals_set *set,
            struct wattle_error *error)
{
    const struct reading_source source = {rewind_device, next_rows, r};
    return totals_meter_add(&r->meter, set, device, &source, error);
}

int
totals_reader_device(struct totals_reader *r, uint32_t device,
                     struct totals_set *set, struct wattle_error *error)
{
    size_t delta_at = 0;
    r->last_ms = INT64_MIN;
    for (size_t i = 0; i < BLOCK_ROWS; i++)
        r->device[i] = device;
    if (r->range.holds || metered_has(&r->metered, device))
        return add_metered(r, device, set, error);
    int status = chunk_reader_find_delta(&r->chunk_reader, device, INT64_MIN,
                                         INT64_MAX, error);
    sqlite3_bind_int64(r->list, 1, device);
    while (status == WATTLE_OK) {
        int result = database_step(r->chunk_reader.db, r->list, error);
        if (result == SQLITE_DONE)
            break;
        status = result < 0 ? result : add_chunk(r, &delta_at, set, error);
    }
    sqlite3_reset(r->list);
    if (status == WATTLE_OK && delta_at < r->chunk_reader.delta->n_rows)
        status = add_readings(r, NULL, delta_at, r->chunk_reader.delta->n_rows,
                              set, error);
    return status;
}

int
totals_reader_skip(struct totals_reader *r, uint32_t device,
                   struct wattle_error *error)
{
    struct chunk_reader *s = &r->chunk_reader;
    struct totals_reader_counts *counts = &r->counts;
    int status = chunk_reader_find(s, device, INT64_MIN, INT64_MAX, error);
    if (status != WATTLE_OK)
        return status;
    for (size_t i = 0; i < s->n_chunks; i++)
        counts->n_filtered +=
            s->chunks[i].n_readings + s->chunks[i].n_duplicates;
    counts->n_filtered += s->n_delta_lines;
    return WATTLE_OK;
}
