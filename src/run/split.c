/*
 * lane.c - source after source, block after block: read, decode, filter,
 * divert, account.
 */
#include "engine/lane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel_flag.h"
#include "base/buffer.h"
#include "base/error.h"
#include "engine/row_filter.h"

struct lane *
lane_new(uint64_t begin, uint64_t end)
{
    struct lane *lane = calloc(1, sizeof(*lane));
    if (lane == NULL)
        return NULL;
    lane->begin = begin;
    lane->claimed = begin;
    lane->end = end;
    lane->rejects.fd = -1;
    return lane;
}

static void
release_results(struct lane *lane)
{
    registry_release(&lane->registry);
    account_set_release(&lane->accounts);
    reject_log_release(&lane->rejects);
    reorder_free(lane->reorder);
    regroup_free(lane->regroup);
    free(lane->seen);
    free(lane->device_flags);
    free(lane->device_global);
}

void
lane_free(struct lane *lane)
{
    if (lane == NULL)
        return;
    release_results(lane);
    free(lane);
}

void
lane_restart(struct lane *lane, uint64_t begin)
{
    struct lane *next = lane->next;
    uint64_t end = lane->end;
    release_results(lane);
    *lane = (struct lane){
        .next = next,
        .begin = begin,
        .claimed = begin,
        .end = end > begin ? end : begin,
        .is_certain = true,
        .rejects = {.fd = -1},
    };
}

void
lane_fail(struct lane_shared *shared, int status,
          const struct wattle_error *error)
{
    pthread_mutex_lock(&shared->lock);
    if (atomic_load(&shared->status) == WATTLE_OK) {
        shared->error = *error;
        atomic_store(&shared->status, status);
    }
    pthread_mutex_unlock(&shared->lock);
}

/* What a running lane needs around it. */
struct run {
    struct lane *lane;
    struct lane_shared *shared;
    struct block_decoder *decoder;
    struct stage_clock *clock;
    struct fingerprint_reader *feed; /* NULL = nothing is hashed */
    struct wattle_error error;
    size_t source;
    struct reader *reader;
    bool holds_rest;   /* a last line without its end is not taken */
    uint64_t progress; /* of this source, reported so far */
};

/* Asked before each piece of the input. */
static bool
is_stopped(const struct run *run)
{
    struct wattle_error error;
    int status = cancel_flag_check(run->shared->options->cancel, &error);
    if (status != WATTLE_OK)
        lane_fail(run->shared, status, &error);
    return atomic_load_explicit(&run->shared->status, memory_order_relaxed) !=
           WATTLE_OK;
}

/* Decides for devices seen for the first time what becomes of them. */
static int
meet_devices(struct run *run)
{
    struct lane *lane = run->lane;
    const struct lane_shared *shared = run->shared;
    size_t n = lane->registry.n_devices;
    if (lane->n_flags == n)
        return WATTLE_OK;
    uint8_t *flags =
        buffer_grow_array(lane->device_flags, &lane->flag_cap, n, 1);
    uint32_t *global = buffer_grow_array(lane->device_global, &lane->global_cap,
                                         n, sizeof(*global));
    if (flags != NULL)
        lane->device_flags = flags;
    if (global != NULL)
        lane->device_global = global;
    if (flags == NULL || global == NULL ||
        account_set_reserve(&lane->accounts, n) != WATTLE_OK)
        return error_memory(&run->error);
    for (; lane->n_flags < n; lane->n_flags++) {
        size_t i = lane->n_flags;
        const char *id = registry_id(&lane->registry, (uint32_t)i);
        flags[i] = selection_wants_device(&shared->options->selection, id, NULL)
                       ? 0
                       : LANE_DEVICE_FILTERED;
        if (shared->diverted == NULL)
            continue;
        global[i] = registry_find(shared->devices, id, strlen(id));
        if (global[i] == REGISTRY_NO_DEVICE) {
            /* a wrong guess reads nonsense; else the input has changed */
            lane->saw_unknown = true;
            continue;
        }
        if (shared->diverted[global[i]] != 0)
            flags[i] |= LANE_DEVICE_DIVERTED;
    }
    return WATTLE_OK;
}

/* Takes the rows of diverted devices out of the batch, into the sorter. */
static int
divert(struct run *run, struct batch *batch)
{
    struct lane *lane = run->lane;
    struct batch_view view = batch_view(batch);
    size_t kept = 0;
    for (size_t i = 0; i < batch->n_rows; i++) {
        uint32_t device = batch->device[i];
        if ((lane->device_flags[device] & LANE_DEVICE_DIVERTED) == 0) {
            if (kept != i)
                batch_move(batch, kept, i);
            kept++;
            continue;
        }
        int status = reorder_add(lane->reorder, &view, i,
                                 lane->device_global[device], &run->error);
        if (status != WATTLE_OK)
            return status;
    }
    batch->n_rows = kept;
    return WATTLE_OK;
}

/* A decoded batch on its way into a database. */
static int
gather_batch(struct run *run, const struct batch *batch)
{
    stage_clock_enter(run->clock, STAGE_ACCOUNT);
    for (size_t i = 0; batch->has_rounded && i < batch->n_rows; i++)
        run->lane->tally.n_rounded += batch->n_rounded[i];
    if (batch->n_rows == 0)
        return WATTLE_OK;
    return regroup_add(run->lane->regroup, batch, &run->error);
}

/* A decoded batch on its way into the accounts. */
static int
take_batch(struct run *run, struct batch *batch)
{
    struct lane *lane = run->lane;
    if (lane->regroup != NULL)
        return gather_batch(run, batch);
    int status = meet_devices(run);
    if (status != WATTLE_OK)
        return status;
    stage_clock_enter(run->clock, STAGE_ACCOUNT);
    if (!selection_is_all(&run->shared->options->selection))
        lane->tally.n_filtered += row_filter_apply(
            &run->shared->options->selection, lane->device_flags, batch);
    for (size_t i = 0; batch->has_rounded && i < batch->n_rows; i++)
        lane->tally.n_rounded += batch->n_rounded[i];
    if (run->shared->diverted != NULL)
        status = divert(run, batch);
    if (status != WATTLE_OK || batch->n_rows == 0)
        return status;
    struct batch_view view = batch_view(batch);
    status = account_set_add(&lane->accounts, &view);
    return status == WATTLE_OK ? status : error_memory(&run->error);
}

static uint64_t
start_of(const struct run *run, size_t source)
{
    return run->shared->starts[source];
}

/*
 * Takes the text in view for this lane and tells up to which offset in the
 * file records may begin.
 */
static uint64_t
claim(struct run *run, const struct source *source)
{
    struct lane *lane = run->lane;
    uint64_t start = start_of(run, run->source);
    bool is_plain = source_is_splittable(source);
    pthread_mutex_lock(&run->shared->lock);
    uint64_t seen = is_plain ? start + run->reader->offset + run->reader->len
                             : start_of(run, run->source + 1);
    if (seen > lane->claimed)
        lane->claimed = seen;
    uint64_t end = lane->end;
    pthread_mutex_unlock(&run->shared->lock);
    return is_plain ? end - start : UINT64_MAX;
}

static void
report_progress(struct run *run)
{
    uint64_t now = reader_progress(run->reader);
    if (now > run->progress)
        atomic_fetch_add(run->shared->bytes_done, now - run->progress);
    run->progress = now;
}

/*
 * Decodes what is in view from `at` on; returns a status. *at moves; *ended
 * is set when the lane's end is reached.
 */
static int
decode_view(struct run *run, uint64_t limit, size_t *at, bool *ended)
{
    struct block_decoder *d = run->decoder;
    const struct reader *reader = run->reader;
    for (;;) {
        uint64_t here = reader->offset + *at;
        if (here >= limit && !d->is_inside) {
            *ended = true;
            return WATTLE_OK;
        }
        struct block_text text = {
            .bytes = reader->data + *at,
            .len = reader->len - *at,
            .limit =
                limit - here < SIZE_MAX ? (size_t)(limit - here) : SIZE_MAX,
            .is_at_end = reader->is_at_end && !run->holds_rest,
        };
        if (here >= limit)
            text.limit = 0;
        if (text.len == 0 && !(text.is_at_end && d->is_inside))
            return WATTLE_OK;
        size_t used;
        int status = block_decoder_decode(d, &text, &used);
        if (status == WATTLE_OK)
            status = take_batch(run, &d->batch);
        if (status != WATTLE_OK)
            return status;
        *at += used;
        run->lane->tally.n_bytes += used;
        if (used == 0)
            return WATTLE_OK;
    }
}

/* Skips to behind the first newline; false when the file has none left. */
static int
find_record(struct run *run, size_t *at, bool *found)
{
    *found = false;
    *at = 0;
    while (!*found) {
        int status = reader_more(run->reader, run->reader->len, &run->error);
        if (status != WATTLE_OK)
            return status;
        const uint8_t *data = run->reader->data;
        const uint8_t *newline =
            run->reader->len > 0 ? memchr(data, '\n', run->reader->len) : NULL;
        if (newline != NULL) {
            *at = (size_t)(newline - data) + 1;
            *found = true;
        } else if (run->reader->is_at_end) {
            return WATTLE_OK;
        }
    }
    return WATTLE_OK;
}

/* Skips the header of a source that is read from its start. */
static int
skip_header(struct run *run, const struct source *source, size_t *at)
{
    uint64_t skipped = run->reader->offset;
    while (skipped < source->data_offset) {
        size_t used = run->reader->len;
        int status = reader_more(run->reader, used, &run->error);
        if (status != WATTLE_OK)
            return status;
        uint64_t left = source->data_offset - skipped;
        if (left <= run->reader->len) {
            *at = (size_t)left;
            return WATTLE_OK;
        }
        skipped += run->reader->len;
        if (run->reader->is_at_end)
            break;
    }
    *at = run->reader->len;
    return WATTLE_OK;
}

static void
note_end(struct run *run, size_t at)
{
    struct lane *lane = run->lane;
    lane->ends_inside = true;
    lane->end_source = run->source;
    lane->end_line = run->decoder->line;
    lane->true_end = start_of(run, run->source) + run->reader->offset + at;
}

/*
 * Whether a last line without its end may be half of one: of a cut file, or of
 * one that somebody writes to.
 */
static bool
is_rest_held(const struct run *run, const struct source *source)
{
    if (run->reader->is_cut || source->holds_rest)
        return true;
    return source->kind == SOURCE_PLAIN &&
           source_has_grown(source, run->reader->fd);
}

/* Reads blocks until the file or the lane ends; `from` into the first view. */
static int
read_blocks(struct run *run, const struct source *source, size_t *from,
            bool *ended)
{
    struct reader *reader = run->reader;
    size_t at = *from;
    bool has_view = at < reader->len;
    run->holds_rest =
        has_view && reader->is_at_end && is_rest_held(run, source);
    int status = WATTLE_OK;
    while (status == WATTLE_OK && !*ended && !is_stopped(run)) {
        stage_clock_enter(run->clock, STAGE_READ);
        stage_clock_cut(run->clock, run->lane->tally.n_bytes,
                        run->decoder->n_lines);
        if (!has_view) {
            status = reader_more(reader, at, &run->error);
            at = 0;
        }
        has_view = false;
        if (status != WATTLE_OK)
            break;
        if (reader->is_at_end)
            run->holds_rest = is_rest_held(run, source);
        stage_clock_enter(run->clock, STAGE_OTHER);
        if (run->feed != NULL)
            fingerprint_reader_add(run->feed, reader->offset, reader->data,
                                   reader->len);
        uint64_t limit = claim(run, source);
        report_progress(run);
        status = decode_view(run, limit, &at, ended);
        if (reader->is_at_end)
            break;
    }
    if (*ended)
        note_end(run, at);
    *from = at;
    return status;
}

/* A file that fails in the middle keeps what was read of it. */
static int
note_problem(struct run *run, struct source *source, int status)
{
    char text[640];
    if (status == WATTLE_ERR_MEMORY || status == WATTLE_ERR_CHANGED)
        return status;
    snprintf(text, sizeof(text), "%s; read up to line %llu", run->error.message,
             (unsigned long long)run->decoder->line);
    pthread_mutex_lock(&run->shared->lock);
    source_set_problem(source, text);
    pthread_mutex_unlock(&run->shared->lock);
    return WATTLE_OK;
}

/* Where in the file to begin, and whether that is a record's start. */
static int
enter_text(struct run *run, struct source *source, uint64_t offset, size_t *at,
           bool *found)
{
    struct lane *lane = run->lane;
    bool inside = source->kind == SOURCE_PLAIN && offset > source->data_offset;
    bool guess = inside && !lane->is_certain;
    struct reader_options options = {run->shared->options->tuning.reader,
                                     run->shared->options->tuning.block_bytes};
    uint64_t from = inside ? offset - (guess ? 1 : 0) : 0;
    if (source->kind == SOURCE_PLAIN && !inside)
        from = source->data_offset;
    run->reader = reader_open(source, &options, from, &run->error);
    if (run->reader == NULL)
        return run->error.code;
    *found = true;
    *at = 0;
    int status = WATTLE_OK;
    if (guess)
        status = find_record(run, at, found);
    else if (!inside && source->kind != SOURCE_PLAIN)
        status = skip_header(run, source, at);
    if (!inside && source->kind == SOURCE_PLAIN && offset > 0)
        lane->true_begin = start_of(run, run->source) + source->data_offset;
    if (inside) {
        lane->starts_inside = true;
        lane->first_source = run->source;
        lane->true_begin =
            start_of(run, run->source) + run->reader->offset + *at;
    }
    block_decoder_begin(run->decoder, &source->schema, (uint32_t)run->source,
                        inside ? 0 : source->header_lines);
    run->decoder->counts_cr = source->has_bare_cr;
    return status;
}

/* Where reading a text has come to: `at` in the view. */
static struct lane_source
place_of(const struct run *run, size_t at)
{
    const struct block_decoder *d = run->decoder;
    const struct reader *reader = run->reader;
    struct lane_source seen = {.source = run->source,
                               .end_line = block_decoder_line(d),
                               .is_open = d->is_open};
    if (reader == NULL)
        return seen;
    seen.end_bytes = reader->offset + at - (d->is_inside ? d->inside_len : 0);
    seen.has_rest = d->is_inside;
    for (size_t i = at; i < reader->len && !seen.has_rest; i++)
        seen.has_rest = reader->data[i] != '\r' && reader->data[i] != '\n';
    return seen;
}

/* Notes what came of a source; only an import asks. */
static int
note_source(struct run *run, const struct lane_source *place)
{
    struct lane *lane = run->lane;
    if (lane->regroup == NULL)
        return WATTLE_OK;
    struct lane_source *seen = buffer_grow_array(
        lane->seen, &lane->seen_cap, lane->n_seen + 1, sizeof(*seen));
    if (seen == NULL)
        return error_memory(&run->error);
    lane->seen = seen;
    seen[lane->n_seen++] = *place;
    return WATTLE_OK;
}

/* Only whole text is hashed on the way, which has the bytes of the file. */
static void
begin_hashing(struct run *run, const struct source *source, uint64_t offset)
{
    bool is_same = source->kind == SOURCE_PLAIN && !source->has_bare_cr;
    bool is_start = offset <= source->data_offset;
    fingerprint_reader_begin(
        run->feed, is_same ? &run->shared->fingerprints[run->source] : NULL,
        run->reader->fd, is_start ? source->data_offset : 0);
}

static int
read_text(struct run *run, struct source *source, uint64_t offset, bool *ended)
{
    size_t at = 0;
    bool found = true;
    const uint64_t n_before = run->decoder->n_lines;
    const struct reject_log *rejects = &run->lane->rejects;
    uint64_t by_reason[WATTLE_N_REASONS];
    memcpy(by_reason, rejects->by_reason, sizeof(by_reason));
    run->progress = 0;
    stage_clock_enter(run->clock, STAGE_OPEN);
    int status = enter_text(run, source, offset, &at, &found);
    if (status == WATTLE_OK && !found)
        run->lane->true_begin = start_of(run, run->source + 1);
    if (status == WATTLE_OK && found && run->feed != NULL)
        begin_hashing(run, source, offset);
    if (status == WATTLE_OK && found)
        status = read_blocks(run, source, &at, ended);
    if (status == WATTLE_OK && found && run->feed != NULL &&
        run->reader->is_at_end)
        fingerprint_reader_end(run->feed);
    struct lane_source place = place_of(run, at);
    if (status != WATTLE_OK) {
        bool own = status == WATTLE_ERR_FORMAT || status == WATTLE_ERR_IO;
        status = own && strcmp(run->error.path, source->path) == 0
                     ? note_problem(run, source, status)
                     : status;
    }
    if (run->reader != NULL && run->reader->is_cut) {
        if (run->reader->failure != WATTLE_OK)
            run->error = run->reader->failure_error;
        else
            error_set(&run->error, WATTLE_ERR_IO, "shrank while it was read");
        note_problem(run, source, WATTLE_ERR_IO);
    }
    reader_close(run->reader);
    run->reader = NULL;
    /* a lane that ends with the last source has come to its end as well */
    place.n_lines = run->decoder->n_lines - n_before;
    for (int r = 0; r < WATTLE_N_REASONS; r++)
        place.by_reason[r] = rejects->by_reason[r] - by_reason[r];
    place.is_end = found && (!*ended || run->lane->true_end >=
                                            start_of(run, run->source + 1));
    return status == WATTLE_OK ? note_source(run, &place) : status;
}

/* Rows from memory: each is a data line of its own. */
static int
read_rows(struct run *run, struct source *source)
{
    struct batch *batch = &run->decoder->batch;
    struct batch_row rows[64];
    uint64_t n = row_store_count(source->rows);
    for (uint64_t at = 0; at < n && !is_stopped(run);) {
        int64_t got =
            row_store_read(source->rows, at, rows,
                           sizeof(rows) / sizeof(rows[0]), &run->error);
        if (got < 0)
            return (int)got;
        batch_reset(batch, rows[0].presence, 0);
        for (size_t i = 0; i < (size_t)got; i++) {
            const char *id =
                registry_id(run->shared->caller_devices, rows[i].device);
            rows[i].device = registry_add(&run->lane->registry, id, strlen(id));
            if (rows[i].device == REGISTRY_NO_DEVICE)
                return error_memory(&run->error);
            batch_set(batch, i, &rows[i]);
            batch->n_rows = i + 1;
        }
        run->lane->tally.n_lines += (uint64_t)got;
        at += (uint64_t)got;
        int status = take_batch(run, batch);
        if (status != WATTLE_OK)
            return status;
    }
    const struct lane_source place = {
        .source = run->source, .n_lines = n, .is_end = true};
    return note_source(run, &place);
}

static void
run_sources(struct run *run)
{
    struct lane *lane = run->lane;
    const struct lane_shared *shared = run->shared;
    size_t n = shared->sources->n;
    uint64_t at = lane->begin;
    bool ended = false;
    int status = WATTLE_OK;
    lane->true_begin = lane->begin;
    while (run->source < n && start_of(run, run->source + 1) <= at)
        run->source++;
    for (; run->source < n && !ended && status == WATTLE_OK; run->source++) {
        struct source *source = &shared->sources->sources[run->source];
        pthread_mutex_lock(&run->shared->lock);
        bool beyond = at >= lane->end;
        uint64_t next = start_of(run, run->source + 1);
        if (!beyond && lane->claimed < next && !source_is_splittable(source))
            lane->claimed = next;
        pthread_mutex_unlock(&run->shared->lock);
        if (beyond || is_stopped(run))
            break;
        if (source->kind == SOURCE_ROWS)
            status = read_rows(run, source);
        else if (source->is_usable)
            status =
                read_text(run, source, at - start_of(run, run->source), &ended);
        if (!ended)
            at = next;
    }
    if (!ended)
        lane->true_end = at;
    if (status == WATTLE_OK && lane->reorder != NULL)
        status = reorder_finish(lane->reorder, &run->error);
    if (status == WATTLE_OK && lane->regroup != NULL)
        status = regroup_finish(lane->regroup, &run->error);
    if (status != WATTLE_OK)
        lane_fail(run->shared, status, &run->error);
}

/* Sorting memory is shared out among the threads. */
static size_t
sort_rows(const struct lane_shared *shared)
{
    const size_t all = (size_t)1 << 19, least = (size_t)1 << 14;
    size_t rows = all / (size_t)shared->n_threads;
    return rows > least ? rows : least;
}

/* What the decoder and the log of rejects have counted. */
static void
set_tally(struct lane *lane, const struct block_decoder *decoder)
{
    struct tally *tally = &lane->tally;
    tally->n_lines += decoder->n_lines - tally->n_filtered;
    tally->n_fast = decoder->n_fast_rows;
    tally->n_slow = decoder->n_slow_rows;
    for (int r = 0; r < WATTLE_N_REASONS; r++)
        tally_add_rejects(tally, r, lane->rejects.by_reason[r]);
}

void
lane_run(struct lane *lane, struct lane_shared *shared,
         struct stage_clock *clock)
{
    const struct scan_options *options = shared->options;
    struct run run = {.lane = lane, .shared = shared, .clock = clock};
    registry_init(&lane->registry);
    account_set_init(&lane->accounts, options->max_gap_ms,
                     options->tuning.no_memo);
    lane->accounts.kernels = shared->kernels;
    reject_log_init(&lane->rejects, options->keeps_rejects ? REJECT_KEEP_ALL
                                    : shared->gather_bytes > 0
                                        ? REJECT_KEEP_SOME
                                        : REJECT_KEEP_NONE);
    run.decoder = block_decoder_new(shared->kernels, options->tuning.no_memo,
                                    &lane->registry, &lane->rejects);
    bool ready = run.decoder != NULL;
    if (shared->diverted != NULL) {
        lane->reorder = reorder_new(sort_rows(shared));
        ready = ready && lane->reorder != NULL;
    }
    if (shared->gather_bytes > 0) {
        lane->regroup = regroup_new(
            shared->kernels, shared->gather_bytes / (size_t)shared->n_threads);
        ready = ready && lane->regroup != NULL;
    }
    if (shared->fingerprints != NULL) {
        run.feed = fingerprint_reader_new();
        ready = ready && run.feed != NULL;
    }
    if (!ready) {
        error_memory(&run.error);
        lane_fail(shared, WATTLE_ERR_MEMORY, &run.error);
    } else {
        run.decoder->clock = clock;
        run.decoder->error = &run.error;
        run_sources(&run);
        account_set_settle(&lane->accounts);
        set_tally(lane, run.decoder);
    }
    stage_clock_enter(clock, STAGE_OTHER);
    fingerprint_reader_free(run.feed);
    block_decoder_free(run.decoder);
}
