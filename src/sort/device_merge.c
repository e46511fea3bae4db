/*
 * device_merge.c - inputs in order of their first time; those whose time has
 * come are open, and the earliest row of the open ones is next.
 *
 * As long as one open input is ahead of all others its rows go out as they
 * lie in its block. Only rows of equal times are looked at one by one.
 *
 * inputs[] is in order of first times, then of priority; the first n_opened
 * have been opened. open[0 .. n_open) is a heap of cursors, the earliest row
 * first and of equal times the lowest priority first; each has a row left.
 * open[n_open .. n_made) are closed cursors, kept for their memory.
 */
#include "sort/device_merge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "codec/chunk.h"

enum input_kind { INPUT_CHUNK, INPUT_DELTA, INPUT_RUN };

struct merge_input {
    enum input_kind kind;
    uint32_t priority; /* of equal times the highest priority stays */
    int64_t first_ms, last_ms;
    int64_t number; /* of the chunk */
    const struct block *delta;
    const struct shuffle *shuffle;
    const struct spilled_run *run;
};

struct merge_cursor {
    const struct merge_input *input;
    const struct block *rows; /* being read: own, or the delta's */
    struct block *own;
    size_t at;
    bool is_strict;
    /* a chunk */
    struct buffer data;
    struct chunk chunk;
    size_t n_blocks_read;
};

struct device_merge {
    const struct kernels *kernels;
    unsigned wanted;
    merge_fetch fetch;
    void *context;
    int64_t since_ms, until_ms;
    struct merge_input *inputs;
    size_t n_inputs, input_cap, n_opened;
    bool is_sorted;
    struct merge_cursor **open; /* a heap; those behind n_open are spare */
    size_t n_open, n_made, open_cap;
    struct block *single; /* a row made of several */
    bool is_new;          /* of it */
    uint64_t n_shadowed;  /* the same */
    size_t n_lent;        /* rows of open[0] that the caller has */
    struct shuffle_reader reader;
    struct merge_counts counts;
};

struct device_merge *
device_merge_new(const struct kernels *kernels, unsigned wanted,
                 merge_fetch fetch, void *context)
{
    struct device_merge *m = calloc(1, sizeof(*m));
    if (m == NULL)
        return NULL;
    *m = (struct device_merge){.kernels = kernels,
                               .wanted = wanted,
                               .fetch = fetch,
                               .context = context};
    m->single = aligned_alloc(64, sizeof(*m->single));
    if (m->single == NULL) {
        device_merge_free(m);
        return NULL;
    }
    device_merge_reset(m);
    return m;
}

void
device_merge_free(struct device_merge *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->n_made; i++) {
        buffer_release(&m->open[i]->data);
        free(m->open[i]->own);
        free(m->open[i]);
    }
    free(m->open);
    free(m->inputs);
    free(m->single);
    shuffle_reader_release(&m->reader);
    free(m);
}

void
device_merge_reset(struct device_merge *m)
{
    m->n_inputs = m->n_opened = m->n_open = 0;
    m->is_sorted = false;
    m->n_lent = 0;
    m->since_ms = INT64_MIN;
    m->until_ms = INT64_MAX;
    m->counts = (struct merge_counts){.replaced_first_ms = INT64_MAX,
                                      .replaced_last_ms = INT64_MIN};
}

void
device_merge_limit(struct device_merge *m, int64_t since_ms, int64_t until_ms)
{
    m->since_ms = since_ms;
    m->until_ms = until_ms;
}

static int
add_input(struct device_merge *m, const struct merge_input *input)
{
    struct merge_input *inputs = buffer_grow_array(
        m->inputs, &m->input_cap, m->n_inputs + 1, sizeof(*inputs));
    if (inputs == NULL)
        return WATTLE_ERR_MEMORY;
    m->inputs = inputs;
    inputs[m->n_inputs] = *input;
    inputs[m->n_inputs].priority = (uint32_t)m->n_inputs;
    m->n_inputs++;
    return WATTLE_OK;
}

int
device_merge_add_chunk(struct device_merge *m, int64_t number, int64_t first_ms,
                       int64_t last_ms)
{
    return add_input(m, &(struct merge_input){.kind = INPUT_CHUNK,
                                              .first_ms = first_ms,
                                              .last_ms = last_ms,
                                              .number = number});
}

int
device_merge_add_delta(struct device_merge *m, const struct block *block)
{
    const int64_t *time_ms = block->column[BLOCK_TIME];
    assert(block->n_rows > 0 && m->kernels->ascends(time_ms, block->n_rows));
    return add_input(
        m, &(struct merge_input){.kind = INPUT_DELTA,
                                 .first_ms = time_ms[0],
                                 .last_ms = time_ms[block->n_rows - 1],
                                 .delta = block});
}

int
device_merge_add_run(struct device_merge *m, const struct shuffle *shuffle,
                     const struct spilled_run *run)
{
    assert(run->first_ms <= run->last_ms);
    return add_input(m, &(struct merge_input){.kind = INPUT_RUN,
                                              .first_ms = run->first_ms,
                                              .last_ms = run->last_ms,
                                              .shuffle = shuffle,
                                              .run = run});
}

static int
compare_inputs(const void *a, const void *b)
{
    const struct merge_input *x = a, *y = b;
    if (x->first_ms != y->first_ms)
        return x->first_ms < y->first_ms ? -1 : 1;
    return (x->priority > y->priority) - (x->priority < y->priority);
}

static void
sort_inputs(struct device_merge *m)
{
    bool is_sorted = true;
    for (size_t i = 1; i < m->n_inputs && is_sorted; i++)
        is_sorted = compare_inputs(&m->inputs[i - 1], &m->inputs[i]) < 0;
    if (!is_sorted)
        qsort(m->inputs, m->n_inputs, sizeof(*m->inputs), compare_inputs);
    m->is_sorted = true;
}

static int
fail_damaged(const struct merge_input *input, int64_t time_ms,
             struct wattle_error *error)
{
    char when[CIVIL_TEXT_SIZE];
    civil_format(time_ms, when);
    return error_set(error, WATTLE_ERR_FORMAT,
                     "chunk %lld is damaged from %s on",
                     (long long)input->number, when);
}

/* Decodes the next wanted block of a chunk; n_rows == 0 when it has ended. */
static int
next_block(struct device_merge *m, struct merge_cursor *o,
           struct wattle_error *error)
{
    o->at = 0;
    o->own->n_rows = 0;
    while (o->n_blocks_read < o->chunk.n_blocks) {
        const struct chunk_block *entry = &o->chunk.blocks[o->n_blocks_read];
        if (entry->first_ms >= m->until_ms)
            break;
        size_t number = o->n_blocks_read++;
        if (entry->last_ms < m->since_ms)
            continue;
        if (!chunk_decode(&o->chunk, m->kernels, number, m->wanted, o->own)) {
            o->own->n_rows = 0;
            return fail_damaged(o->input, entry->first_ms, error);
        }
        break;
    }
    return WATTLE_OK;
}

static int
open_chunk(struct device_merge *m, struct merge_cursor *o,
           struct wattle_error *error)
{
    o->data.len = 0;
    int status = m->fetch(m->context, o->input->number, &o->data, error);
    if (status != WATTLE_OK)
        return status;
    if (!chunk_open(&o->chunk, o->data.data, o->data.len) ||
        o->chunk.blocks[0].first_ms != o->input->first_ms ||
        o->chunk.blocks[o->chunk.n_blocks - 1].last_ms != o->input->last_ms)
        return fail_damaged(o->input, o->input->first_ms, error);
    o->n_blocks_read = 0;
    o->is_strict = true;
    return next_block(m, o, error);
}

/* An open input to use, new or used before; NULL = no memory. */
static struct merge_cursor *
make_open(struct device_merge *m)
{
    if (m->n_open < m->n_made)
        return m->open[m->n_open];
    struct merge_cursor **grown =
        buffer_grow_array(m->open, &m->open_cap, m->n_made + 1, sizeof(*grown));
    struct merge_cursor *o = grown != NULL ? calloc(1, sizeof(*o)) : NULL;
    m->open = grown != NULL ? grown : m->open;
    if (o == NULL)
        return NULL;
    o->own = aligned_alloc(64, sizeof(*o->own));
    if (o->own == NULL) {
        free(o);
        return NULL;
    }
    m->open[m->n_made++] = o;
    return o;
}

static int64_t
head_ms(const struct merge_cursor *o)
{
    assert(o->at < o->rows->n_rows);
    return o->rows->column[BLOCK_TIME][o->at];
}

/* The order of the heap: by time, and by priority where times are equal. */
static bool
is_before(const struct merge_cursor *a, const struct merge_cursor *b)
{
    int64_t x_ms = head_ms(a), y_ms = head_ms(b);
    return x_ms != y_ms ? x_ms < y_ms : a->input->priority < b->input->priority;
}

/* Restores the heap after the head of open[0] has become later. */
static void
sift_down(struct device_merge *m)
{
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1;
             child <= 2 * at + 2 && child < m->n_open; child++) {
            if (is_before(m->open[child], m->open[least]))
                least = child;
        }
        if (least == at)
            return;
        struct merge_cursor *swap = m->open[at];
        m->open[at] = m->open[least];
        m->open[least] = swap;
        at = least;
    }
}

/* Restores the heap after open[n_open - 1] has come. */
static void
sift_up(struct device_merge *m)
{
    for (size_t at = m->n_open - 1; at > 0;) {
        size_t parent = (at - 1) / 2;
        if (!is_before(m->open[at], m->open[parent]))
            return;
        struct merge_cursor *swap = m->open[at];
        m->open[at] = m->open[parent];
        m->open[parent] = swap;
        at = parent;
    }
}

static int
open_next(struct device_merge *m, struct wattle_error *error)
{
    struct merge_cursor *o = make_open(m);
    int status = WATTLE_OK;
    if (o == NULL)
        return error_memory(error);
    o->input = &m->inputs[m->n_opened++];
    o->rows = o->own;
    o->at = 0;
    if (o->input->kind == INPUT_CHUNK) {
        status = open_chunk(m, o, error);
    } else if (o->input->kind == INPUT_DELTA) {
        o->rows = o->input->delta;
        o->is_strict = true;
    } else {
        status = shuffle_read_run(o->input->shuffle, o->input->run, &m->reader,
                                  o->own, error);
        o->is_strict = o->input->run->is_strict;
    }
    if (status == WATTLE_OK && o->rows->n_rows > 0) {
        m->n_open++;
        sift_up(m);
    }
    return status;
}

/* Moves open[0] on by n rows; an input that has ended is closed. */
static int
advance(struct device_merge *m, size_t n, struct wattle_error *error)
{
    struct merge_cursor *o = m->open[0];
    int status = WATTLE_OK;
    o->at += n;
    if (o->at == o->rows->n_rows && o->input->kind == INPUT_CHUNK)
        status = next_block(m, o, error);
    if (status != WATTLE_OK || o->at < o->rows->n_rows) {
        sift_down(m);
        return status;
    }
    m->open[0] = m->open[--m->n_open];
    m->open[m->n_open] = o;
    sift_down(m);
    return status;
}

/* The next time anywhere but in open[0]. */
static int64_t
find_other(const struct device_merge *m)
{
    int64_t other_ms =
        m->n_opened < m->n_inputs ? m->inputs[m->n_opened].first_ms : INT64_MAX;
    for (size_t i = 1; i < 3 && i < m->n_open; i++) {
        if (head_ms(m->open[i]) < other_ms)
            other_ms = head_ms(m->open[i]);
    }
    return other_ms;
}

/* How many rows from the head on are before other_ms and of their own time. */
static size_t
count_ahead(const struct merge_cursor *o, int64_t other_ms)
{
    const int64_t *time_ms = o->rows->column[BLOCK_TIME] + o->at;
    size_t n = o->rows->n_rows - o->at;
    if (time_ms[n - 1] >= other_ms) {
        size_t low = 0;
        while (n > 0) {
            size_t half = n / 2;
            bool is_before = time_ms[low + half] < other_ms;
            low += is_before ? half + 1 : 0;
            n = is_before ? n - half - 1 : half;
        }
        n = low;
    }
    if (o->is_strict)
        return n;
    size_t left = o->rows->n_rows - o->at;
    for (size_t i = 0; i < n; i++) {
        if (i + 1 < left && time_ms[i + 1] == time_ms[i])
            return i;
    }
    return n;
}

static int64_t
value_at(const struct block *block, unsigned column, size_t row)
{
    return (block->columns & BLOCK_BIT(column)) != 0
               ? block->column[column][row]
               : 0;
}

/* Puts a later row of the same time in input of the single one. */
static void
take_row(struct device_merge *m, const struct merge_cursor *o, size_t row)
{
    struct block *single = m->single;
    const struct block *rows = o->rows;
    int64_t n_duplicates = 0, n_rounded = 0;
    bool hides = o->input->kind == INPUT_DELTA; /* with totals of its own */
    if (single->n_rows > 0 && !hides) {
        struct merge_counts *counts = &m->counts;
        int64_t now_ms = single->column[BLOCK_TIME][0];
        n_duplicates = single->column[BLOCK_DUPLICATES][0] + 1;
        n_rounded = single->column[BLOCK_ROUNDED][0];
        if (block_is_same_reading(single, 0, rows, row)) {
            counts->n_unchanged++;
        } else {
            counts->n_replaced++;
            if (now_ms < counts->replaced_first_ms)
                counts->replaced_first_ms = now_ms;
            if (now_ms > counts->replaced_last_ms)
                counts->replaced_last_ms = now_ms;
        }
    } else if (o->input->kind == INPUT_RUN) {
        m->counts.n_new++;
    }
    m->is_new = m->is_new || o->input->kind == INPUT_RUN;
    if (o->input->kind == INPUT_CHUNK)
        m->n_shadowed = (uint64_t)value_at(rows, BLOCK_DUPLICATES, row) + 1;
    single->n_rows = 1;
    single->exponent = rows->exponent;
    single->columns = (rows->columns & (BLOCK_BIT(BLOCK_TIME) | BLOCK_VALUES |
                                        BLOCK_BIT(BLOCK_PRESENCE))) |
                      BLOCK_BIT(BLOCK_DUPLICATES) | BLOCK_BIT(BLOCK_ROUNDED);
    for (unsigned c = 0; c <= BLOCK_PRESENCE; c++)
        single->column[c][0] = value_at(rows, c, row);
    single->column[BLOCK_DUPLICATES][0] =
        n_duplicates + value_at(rows, BLOCK_DUPLICATES, row);
    single->column[BLOCK_ROUNDED][0] =
        n_rounded + value_at(rows, BLOCK_ROUNDED, row);
}

/* All rows of one time become one: the heap has them by priority. */
static int
merge_time(struct device_merge *m, int64_t time_ms, struct wattle_error *error)
{
    int status = WATTLE_OK;
    m->single->n_rows = 0;
    m->is_new = false;
    m->n_shadowed = 0;
    while (status == WATTLE_OK && m->n_open > 0 &&
           head_ms(m->open[0]) == time_ms) {
        const struct merge_cursor *o = m->open[0];
        const struct block *rows = o->rows;
        size_t n = 0;
        while (o->at + n < rows->n_rows &&
               rows->column[BLOCK_TIME][o->at + n] == time_ms)
            take_row(m, o, o->at + n++);
        status = advance(m, n, error);
    }
    return status;
}

/* Opens all inputs that begin no later than the earliest row. */
static int
open_due(struct device_merge *m, struct wattle_error *error)
{
    int status = WATTLE_OK;
    while (status == WATTLE_OK && m->n_opened < m->n_inputs &&
           (m->n_open == 0 ||
            m->inputs[m->n_opened].first_ms <= head_ms(m->open[0])))
        status = open_next(m, error);
    return status;
}

/* Gives back what the caller had, and opens what is due. */
static int
begin_next(struct device_merge *m, struct merge_segment *segment,
           struct wattle_error *error)
{
    int status = WATTLE_OK;
    *segment = (struct merge_segment){0};
    if (!m->is_sorted)
        sort_inputs(m);
    if (m->n_lent > 0)
        status = advance(m, m->n_lent, error);
    m->n_lent = 0;
    return status == WATTLE_OK ? open_due(m, error) : status;
}

int
device_merge_next(struct device_merge *m, struct merge_segment *segment,
                  struct wattle_error *error)
{
    int status = begin_next(m, segment, error);
    if (status != WATTLE_OK || m->n_open == 0)
        return status;
    const struct merge_cursor *o = m->open[0];
    size_t n = count_ahead(o, find_other(m));
    if (n == 0) {
        status = merge_time(m, head_ms(o), error);
        *segment =
            (struct merge_segment){m->single, 0, 1, m->is_new, m->n_shadowed};
        return status;
    }
    bool is_new = o->input->kind == INPUT_RUN;
    m->counts.n_new += is_new ? n : 0;
    m->n_lent = n;
    *segment = (struct merge_segment){o->rows, o->at, n, is_new, 0};
    return status;
}

int
device_merge_next_any(struct device_merge *m, struct merge_segment *segment,
                      struct wattle_error *error)
{
    int status = begin_next(m, segment, error);
    if (status != WATTLE_OK || m->n_open == 0)
        return status;
    const struct merge_cursor *o = m->open[0];
    const int64_t *time_ms = o->rows->column[BLOCK_TIME] + o->at;
    const size_t left = o->rows->n_rows - o->at;
    int64_t other_ms = find_other(m);
    size_t n = 1; /* of equal heads this one has the lowest priority */
    while (n < left && time_ms[n] < other_ms)
        n++;
    m->n_lent = n;
    *segment = (struct merge_segment){o->rows, o->at, n, true, 0};
    return status;
}

const struct merge_counts *
device_merge_counts(const struct device_merge *m)
{
    return &m->counts;
}
