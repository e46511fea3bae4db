/*
 * split.c - source after source, block after block: read, decode, add to the
 * sink.
 *
 * The text of a source comes as views of a reader. A view is claimed before it
 * is decoded, so that nobody steals what is being read. Whatever the decoder
 * makes of a view goes to the sink as batches of up to 1,024 rows; rejects go
 * to the split's log. What came of each source is noted (split_source).
 */
#include "run/split.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel_flag.h"
#include "base/buffer.h"
#include "base/error.h"
#include "run/recognise.h"

struct split *
split_new(uint64_t begin, uint64_t end)
{
    struct split *split = calloc(1, sizeof(*split));
    if (split == NULL)
        return NULL;
    split->begin = begin;
    split->claimed = begin;
    split->end = end;
    reject_log_init(&split->rejects, REJECT_KEEP_NONE);
    return split;
}

static void
release_results(struct split *split, const struct sink_ops *ops)
{
    registry_release(&split->registry);
    reject_log_release(&split->rejects);
    if (split->state != NULL)
        ops->discard(split->state);
    for (size_t i = 0; i < split->n_seen; i++)
        local_states_release(&split->seen[i].states);
    free(split->seen);
}

void
split_free(struct split *split, const struct sink_ops *ops)
{
    if (split == NULL)
        return;
    release_results(split, ops);
    free(split);
}

void
split_restart(struct split *split, const struct sink_ops *ops, uint64_t begin)
{
    struct split *next = split->next;
    uint64_t end = split->end;
    release_results(split, ops);
    *split = (struct split){
        .next = next,
        .begin = begin,
        .claimed = begin,
        .end = end > begin ? end : begin,
        .is_certain = true,
        .rejects = {.spill = SPILL_INIT},
    };
}

void
split_fail(struct split_shared *shared, int status,
           const struct wattle_error *error)
{
    pthread_mutex_lock(&shared->lock);
    if (atomic_load(&shared->status) == WATTLE_OK) {
        shared->error = *error;
        atomic_store(&shared->status, status);
    }
    pthread_mutex_unlock(&shared->lock);
}

/* What a running split needs around it. */
struct split_reading {
    struct split *split;
    struct split_shared *shared;
    struct decoder *decoders[FORMATS_MAX]; /* by format; NULL = not yet */
    struct decoder *decoder;               /* of this source */
    struct batch *rows;                    /* of a source in memory */
    struct stage_clock *clock;
    struct fingerprint_reader *fingerprint; /* NULL = nothing is hashed */
    struct wattle_error error;
    size_t source;
    struct reader *reader;
    bool holds_rest;   /* a last line without its end is not taken */
    uint64_t progress; /* of this source, reported so far */
};

/* Asked before each piece of the input. */
static bool
is_stopped(const struct split_reading *run)
{
    struct wattle_error error;
    int status = cancel_flag_check(run->shared->options->cancel, &error);
    if (status != WATTLE_OK)
        split_fail(run->shared, status, &error);
    return atomic_load_explicit(&run->shared->status, memory_order_relaxed) !=
           WATTLE_OK;
}

/* Hands a batch on; the sink may change it. */
static int
add_batch(struct split_reading *run, struct batch *batch)
{
    stage_clock_enter(run->clock, STAGE_TOTALS);
    return run->shared->ops->add(run->split->state, batch, &run->error);
}

static uint64_t
start_of(const struct split_reading *run, size_t source)
{
    return run->shared->starts[source];
}

/*
 * Takes the text in view for this split and tells up to which offset in the
 * file records may begin.
 */
static uint64_t
claim(struct split_reading *run, const struct source *source)
{
    struct split *split = run->split;
    uint64_t start = start_of(run, run->source);
    bool is_plain = recognise_splits(source);
    pthread_mutex_lock(&run->shared->lock);
    uint64_t seen = is_plain ? start + run->reader->offset + run->reader->len
                             : start_of(run, run->source + 1);
    if (seen > split->claimed)
        split->claimed = seen;
    uint64_t end = split->end;
    pthread_mutex_unlock(&run->shared->lock);
    return is_plain ? end - start : UINT64_MAX;
}

static void
report_progress(struct split_reading *run)
{
    uint64_t now = reader_progress(run->reader);
    if (now > run->progress)
        atomic_fetch_add(run->shared->bytes_done, now - run->progress);
    run->progress = now;
}

/*
 * Decodes what is in view from `at` on; returns a status. *at moves; *ended
 * is set when the split's end is reached.
 */
static int
decode_view(struct split_reading *run, uint64_t limit, size_t *at, bool *ended)
{
    struct decoder *d = run->decoder;
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
        int status = d->ops->next(d, &text, &used);
        if (status == WATTLE_OK)
            status = add_batch(run, &d->batch);
        if (status != WATTLE_OK)
            return status;
        *at += used;
        run->split->tally.n_bytes += used;
        if (used == 0)
            return WATTLE_OK;
    }
}

/* Skips to where the first record seems to begin, if there is one. */
static int
find_record(struct split_reading *run, const struct format *format, size_t *at,
            bool *found)
{
    *found = false;
    *at = 0;
    while (!*found) {
        int status = reader_more(run->reader, run->reader->len, &run->error);
        if (status != WATTLE_OK)
            return status;
        size_t place = format->find_record(run->reader->data, run->reader->len);
        if (place != SIZE_MAX) {
            *at = place;
            *found = true;
        } else if (run->reader->is_at_end) {
            return WATTLE_OK;
        }
    }
    return WATTLE_OK;
}

/* Skips the header of a source that is read from its start. */
static int
skip_header(struct split_reading *run, const struct source *source, size_t *at)
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
note_end(struct split_reading *run, size_t at)
{
    struct split *split = run->split;
    split->ends_inside = true;
    split->end_source = run->source;
    split->end_line = run->decoder->line;
    split->true_end = start_of(run, run->source) + run->reader->offset + at;
}

/*
 * Whether a last line without its end may be half of one: of a cut file, or of
 * one that somebody writes to.
 */
static bool
is_rest_held(const struct split_reading *run, const struct source *source)
{
    if (source->ends_here)
        return false;
    if (run->reader->is_cut || source->holds_rest)
        return true;
    return source->kind == SOURCE_PLAIN &&
           source_has_grown(source, run->reader->fd);
}

/* Reads blocks until the file or the split ends; `from` into the first view. */
static int
read_blocks(struct split_reading *run, const struct source *source,
            size_t *from, bool *ended)
{
    struct reader *reader = run->reader;
    size_t at = *from;
    bool has_view = at < reader->len;
    run->holds_rest =
        has_view && reader->is_at_end && is_rest_held(run, source);
    int status = WATTLE_OK;
    while (status == WATTLE_OK && !*ended && !is_stopped(run)) {
        stage_clock_enter(run->clock, STAGE_READ);
        stage_clock_cut(run->clock, run->split->tally.n_bytes,
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
        if (run->fingerprint != NULL)
            fingerprint_reader_add(run->fingerprint, reader->offset,
                                   reader->data, reader->len);
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
note_problem(struct split_reading *run, struct source *source, int status)
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
enter_text(struct split_reading *run, struct source *source, uint64_t offset,
           size_t *at, bool *found)
{
    struct split *split = run->split;
    bool inside = source->kind == SOURCE_PLAIN && offset > source->data_offset;
    bool guess = inside && !split->is_certain;
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
        status = find_record(run, source->recognition->format, at, found);
    else if (!inside && source->kind != SOURCE_PLAIN)
        status = skip_header(run, source, at);
    if (!inside && source->kind == SOURCE_PLAIN && offset > 0)
        split->true_begin = start_of(run, run->source) + source->data_offset;
    if (inside) {
        split->starts_inside = true;
        split->first_source = run->source;
        split->true_begin =
            start_of(run, run->source) + run->reader->offset + *at;
    }
    const struct decoder_place place = {
        .source = (uint32_t)run->source,
        .line = inside ? 0 : source->header_lines,
        .counts_cr = source->has_bare_cr,
        .is_start = !inside,
        .zone = recognise_zone(source, run->shared->options->zone),
        .history = inside ? NULL : source->recognition->history,
    };
    run->decoder->ops->begin(run->decoder, source->recognition, &place);
    return status;
}

/* Where reading a text has come to: `at` in the view. */
static struct split_source
place_of(const struct split_reading *run, size_t at)
{
    const struct decoder *d = run->decoder;
    const struct reader *reader = run->reader;
    struct split_source seen = {.source = run->source,
                                .end_line = decoder_line(d),
                                .is_open = d->is_open};
    if (reader == NULL)
        return seen;
    seen.end_bytes = reader->offset + at - (d->is_inside ? d->inside_len : 0);
    seen.has_rest = d->is_inside;
    for (size_t i = at; i < reader->len && !seen.has_rest; i++)
        seen.has_rest = reader->data[i] != '\r' && reader->data[i] != '\n';
    return seen;
}

/* Notes what came of a source, when the sink asks; the decoder may be NULL. */
static int
note_source(struct split_reading *run, const struct split_source *place,
            const struct decoder *decoder)
{
    if (!run->shared->ops->wants_sources)
        return WATTLE_OK;
    struct split *split = run->split;
    struct split_source *seen = buffer_grow_array(
        split->seen, &split->seen_cap, split->n_seen + 1, sizeof(*seen));
    if (seen == NULL)
        return error_memory(&run->error);
    split->seen = seen;
    seen += split->n_seen++;
    *seen = *place;
    if (decoder != NULL && decoder->ops->save_states != NULL &&
        decoder->ops->save_states(decoder, &seen->states) != WATTLE_OK)
        return error_memory(&run->error);
    return WATTLE_OK;
}

/* Only whole text is hashed on the way, which has the bytes of the file. */
static void
begin_hashing(struct split_reading *run, const struct source *source,
              uint64_t offset)
{
    bool is_same = source->kind == SOURCE_PLAIN && !source->has_bare_cr;
    bool is_start = offset <= source->data_offset;
    fingerprint_reader_begin(
        run->fingerprint,
        is_same ? &run->shared->fingerprints[run->source] : NULL,
        run->reader->fd, is_start ? source->data_offset : 0);
}

/* The decoder of a source's format, which a split opens once. */
static int
choose_decoder(struct split_reading *run, const struct source *source)
{
    const struct split_shared *shared = run->shared;
    const struct format *format = source->recognition->format;
    struct decoder **decoder = &run->decoders[format_number(format)];
    const struct decoder_setup setup = {
        .kernels = shared->kernels,
        .no_cache = shared->options->tuning.no_cache,
        .registry = &run->split->registry,
        .rejects = &run->split->rejects,
        .clock = run->clock,
        .error = &run->error,
    };
    if (*decoder == NULL)
        *decoder = format->open(&setup);
    run->decoder = *decoder;
    return *decoder != NULL ? WATTLE_OK : error_memory(&run->error);
}

/* The counters of a split before a text, to tell what the text adds. */
struct text_counts {
    uint64_t n_lines;
    uint64_t by_reason[WATTLE_N_REASONS];
};

static struct text_counts
count_before(const struct split_reading *run)
{
    struct text_counts before = {.n_lines = run->decoder->n_lines};
    memcpy(before.by_reason, run->split->rejects.by_reason,
           sizeof(before.by_reason));
    return before;
}

/* Opens the text and reads what of it is ours; *at ends where reading did. */
static int
read_part(struct split_reading *run, struct source *source, uint64_t offset,
          size_t *at, bool *found, bool *ended)
{
    int status = enter_text(run, source, offset, at, found);
    if (status != WATTLE_OK)
        return status;
    if (!*found) { /* no record begins in it */
        run->split->true_begin = start_of(run, run->source + 1);
        return WATTLE_OK;
    }
    if (run->fingerprint != NULL)
        begin_hashing(run, source, offset);
    status = read_blocks(run, source, at, ended);
    if (status == WATTLE_OK && run->fingerprint != NULL &&
        run->reader->is_at_end)
        fingerprint_reader_end(run->fingerprint);
    return status;
}

/*
 * What went wrong with a source is noted, and the others are read all the same:
 * gives 0 then. Any other failure ends the split.
 */
static int
note_failure(struct split_reading *run, struct source *source, int status)
{
    bool is_own = (status == WATTLE_ERR_FORMAT || status == WATTLE_ERR_IO) &&
                  strcmp(run->error.path, source->path) == 0;
    if (is_own)
        status = note_problem(run, source, status);
    if (run->reader == NULL || !run->reader->is_cut)
        return status;
    if (run->reader->failure != WATTLE_OK)
        run->error = run->reader->failure_error;
    else
        error_set(&run->error, WATTLE_ERR_IO, "shrank while it was read");
    note_problem(run, source, WATTLE_ERR_IO);
    return status;
}

static int
read_text(struct split_reading *run, struct source *source, uint64_t offset,
          bool *ended)
{
    const struct split *split = run->split;
    size_t at = 0;
    bool found = true;
    if (choose_decoder(run, source) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    const struct text_counts before = count_before(run);
    run->progress = 0;
    stage_clock_enter(run->clock, STAGE_OPEN);
    int status = read_part(run, source, offset, &at, &found, ended);
    struct split_source place = place_of(run, at);
    status = note_failure(run, source, status);
    reader_close(run->reader);
    run->reader = NULL;
    run->split->lacks_context =
        run->split->lacks_context || run->decoder->lacks_context;
    place.has_local_times = run->decoder->has_local_times;
    run->split->tally.has_local_times =
        run->split->tally.has_local_times || place.has_local_times;
    place.n_lines = run->decoder->n_lines - before.n_lines;
    for (int r = 0; r < WATTLE_N_REASONS; r++)
        place.by_reason[r] = split->rejects.by_reason[r] - before.by_reason[r];
    /* a split that ends with the last source has come to its end as well */
    place.is_end =
        found && (!*ended || split->true_end >= start_of(run, run->source + 1));
    return status == WATTLE_OK ? note_source(run, &place, run->decoder)
                               : status;
}

/* Rows from memory: each is a data line of its own. */
static int
read_rows(struct split_reading *run, struct source *source)
{
    struct batch_row rows[64];
    if (run->rows == NULL)
        run->rows = malloc(sizeof(*run->rows));
    struct batch *batch = run->rows;
    if (batch == NULL)
        return error_memory(&run->error);
    uint64_t n = row_store_count(source->rows);
    for (uint64_t at = 0; at < n && !is_stopped(run);) {
        int64_t got =
            row_store_read(source->rows, at, rows,
                           sizeof(rows) / sizeof(rows[0]), &run->error);
        if (got < 0)
            return (int)got;
        batch_reset(batch, rows[0].presence, NULL);
        for (size_t i = 0; i < (size_t)got; i++) {
            const char *id =
                registry_id(run->shared->caller_devices, rows[i].device);
            rows[i].device =
                registry_add(&run->split->registry, id, strlen(id));
            if (rows[i].device == REGISTRY_NO_DEVICE)
                return error_memory(&run->error);
            batch_set(batch, i, &rows[i]);
            batch->n_rows = i + 1;
        }
        run->split->tally.n_lines += (uint64_t)got;
        at += (uint64_t)got;
        int status = add_batch(run, batch);
        if (status != WATTLE_OK)
            return status;
    }
    const struct split_source place = {
        .source = run->source, .n_lines = n, .is_end = true};
    return note_source(run, &place, NULL);
}

static void
run_sources(struct split_reading *run)
{
    struct split *split = run->split;
    const struct split_shared *shared = run->shared;
    size_t n = shared->sources->n;
    uint64_t at = split->begin;
    bool ended = false;
    int status = WATTLE_OK;
    split->true_begin = split->begin;
    while (run->source < n && start_of(run, run->source + 1) <= at)
        run->source++;
    for (; run->source < n && !ended && status == WATTLE_OK; run->source++) {
        struct source *source = &shared->sources->sources[run->source];
        pthread_mutex_lock(&run->shared->lock);
        bool beyond = at >= split->end;
        uint64_t next = start_of(run, run->source + 1);
        if (!beyond && split->claimed < next && !recognise_splits(source))
            split->claimed = next;
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
        split->true_end = at;
    if (status == WATTLE_OK)
        status = shared->ops->seal(split->state, &run->error);
    if (status != WATTLE_OK)
        split_fail(run->shared, status, &run->error);
}

/* What the decoders and the log of rejects have counted. */
static void
set_tally(struct split *split, struct decoder *const *decoders)
{
    struct tally *tally = &split->tally;
    tally->n_lines -= tally->n_filtered;
    for (size_t i = 0; i < FORMATS_MAX; i++) {
        if (decoders[i] == NULL)
            continue;
        tally->n_lines += decoders[i]->n_lines;
        tally->n_fast += decoders[i]->n_fast_rows;
        tally->n_slow += decoders[i]->n_slow_rows;
    }
    for (int r = 0; r < WATTLE_N_REASONS; r++)
        tally_add_rejects(tally, r, split->rejects.by_reason[r]);
}

/* Everything that the split needs to run; release it in any case. */
static int
prepare(struct split_reading *run)
{
    struct split *split = run->split;
    const struct split_shared *shared = run->shared;
    const struct scan_options *options = shared->options;
    const struct sink_split sink_split = {.devices = &split->registry,
                                          .tally = &split->tally};
    registry_init(&split->registry);
    reject_log_init(&split->rejects, options->keeps_rejects
                                         ? REJECT_KEEP_ALL
                                         : shared->ops->least_rejects);
    if (shared->fingerprints != NULL)
        run->fingerprint = fingerprint_reader_new();
    if (shared->fingerprints != NULL && run->fingerprint == NULL)
        return error_memory(&run->error);
    return shared->ops->open(shared->sink, &sink_split, &split->state,
                             &run->error);
}

void
split_run(struct split *split, struct split_shared *shared,
          struct stage_clock *clock)
{
    struct split_reading run = {
        .split = split, .shared = shared, .clock = clock};
    int status = prepare(&run);
    if (status != WATTLE_OK) {
        split_fail(shared, status, &run.error);
    } else {
        run_sources(&run);
        set_tally(split, run.decoders);
    }
    stage_clock_enter(clock, STAGE_OTHER);
    fingerprint_reader_free(run.fingerprint);
    for (size_t i = 0; i < FORMATS_MAX; i++) {
        if (run.decoders[i] != NULL)
            run.decoders[i]->ops->close(run.decoders[i]);
    }
    free(run.rows);
}
