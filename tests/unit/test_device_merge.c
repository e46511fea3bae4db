/*
 * test_device_merge.c - readings that are gathered, spilled and merged with
 * what is stored, against a plain list: the latest place of a time stays,
 * duplicates add up, and counts tell what was new, replaced, unchanged.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "generate/counter_hash.h"
#include "sort/chunk_builder.h"
#include "sort/device_merge.h"
#include "unit.h"

#define START_MS INT64_C(1696118400000)
#define MILLI    INT64_C(1000000)

enum { N_TIMES = 6000, MAX_CHUNKS = 4 };

static uint64_t seed_counter;

static uint64_t
below(uint64_t limit)
{
    return counter_hash(13, seed_counter++) % limit;
}

/* ---- gathering --------------------------------------------------------- */

/* In thousandths; the first two have 32 bits just so, the next ones more. */
static const int64_t voltages[] = {INT32_MAX,
                                   INT32_MIN,
                                   INT64_C(1) + INT32_MAX,
                                   INT64_C(-1) + INT32_MIN,
                                   INT64_C(999999999999),
                                   -1};

/* Three values: a row's current tells its voltage. */
static void
set_three(struct batch_row *row, size_t n_voltages)
{
    uint64_t number = below(n_voltages);
    row->presence = MEASURE_BIT(WATTLE_POWER) | MEASURE_BIT(WATTLE_VOLTAGE) |
                    MEASURE_BIT(WATTLE_CURRENT);
    row->nano[WATTLE_VOLTAGE] = voltages[number] * MILLI;
    row->nano[WATTLE_CURRENT] = (int64_t)number * MILLI;
}

/* Of each running number. */
static int64_t time_of_serial[300 * BATCH_ROWS + 1];

/* A batch whose power is a running number: rows can be told apart. */
static void
fill_batch(struct batch *batch, size_t n, uint32_t n_devices, int64_t *serial)
{
    struct batch_row row = {.presence = MEASURE_BIT(WATTLE_POWER)};
    const size_t some[] = {0, 2, 3, 4, 6}; /* 0 = power alone */
    const size_t n_voltages = some[below(5)];
    /* 32 bits of ms do not span from one to the other */
    const int64_t far_ms = ((int64_t)below(3) - 1) * 25 * 86400000;
    if (n_voltages > 0)
        set_three(&row, n_voltages);
    batch_reset(batch, row.presence, NULL);
    for (size_t i = 0; i < n; i++) {
        row.device = (uint32_t)below(n_devices);
        row.time_ms = START_MS + (int64_t)below(5000) * 1000;
        row.time_ms += far_ms;
        if (below(4000) == 0)
            row.time_ms -= 2 * far_ms;
        row.nano[WATTLE_POWER] = ++*serial * MILLI;
        time_of_serial[*serial] = row.time_ms;
        if (n_voltages > 0) {
            set_three(&row, n_voltages);
        } else if (below(400) == 0) { /* another kind of row */
            row.presence |= MEASURE_BIT(WATTLE_VOLTAGE);
            row.nano[WATTLE_VOLTAGE] = 230 * MILLI + 1;
        }
        batch_set(batch, i, &row);
        batch->n_rows = i + 1;
        if (n_voltages == 0)
            row.presence = MEASURE_BIT(WATTLE_POWER);
    }
}

static int64_t
value_at(const struct block *block, int column, size_t row)
{
    const int64_t unit = block->exponent == BLOCK_NANO ? 1 : MILLI;
    return block->column[BLOCK_VALUE + column][row] * unit;
}

/* Rows of three values have the voltage that they came with. */
static void
check_voltage(const struct block *block, size_t row)
{
    const unsigned three = MEASURE_BIT(WATTLE_POWER) |
                           MEASURE_BIT(WATTLE_VOLTAGE) |
                           MEASURE_BIT(WATTLE_CURRENT);
    bool has_presence = (block->columns & BLOCK_BIT(BLOCK_PRESENCE)) != 0;
    unsigned presence = has_presence
                            ? (unsigned)block->column[BLOCK_PRESENCE][row]
                            : (block->columns >> BLOCK_VALUE) & 31;
    if (presence == three) {
        int64_t number = value_at(block, WATTLE_CURRENT, row) / MILLI;
        assert_true(number >= 0 && number < 6);
        assert_true(value_at(block, WATTLE_VOLTAGE, row) ==
                    voltages[number] * MILLI);
    } else if (presence != MEASURE_BIT(WATTLE_POWER)) {
        assert_int_equal(presence, MEASURE_BIT(WATTLE_POWER) |
                                       MEASURE_BIT(WATTLE_VOLTAGE));
        assert_int_equal(value_at(block, WATTLE_VOLTAGE, row), 230 * MILLI + 1);
    }
}

/* Rows of a run ascend; equal times, and runs, are as they came. */
static size_t
check_piece(const struct block *block, int64_t *last_serial)
{
    int64_t least = INT64_MAX, most = 0;
    for (size_t i = 0; i < block->n_rows; i++) {
        int64_t serial = value_at(block, WATTLE_POWER, i) / MILLI;
        assert_value(block->column[BLOCK_TIME][i], time_of_serial[serial]);
        check_voltage(block, i);
        least = serial < least ? serial : least;
        most = serial > most ? serial : most;
        if (i == 0)
            continue;
        int64_t before = value_at(block, WATTLE_POWER, i - 1) / MILLI;
        int64_t step_ms =
            block->column[BLOCK_TIME][i] - block->column[BLOCK_TIME][i - 1];
        assert_true(step_ms > 0 || (step_ms == 0 && serial > before));
    }
    assert_true(least > *last_serial);
    *last_serial = most;
    return block->n_rows;
}

static void
check_gathering(size_t max_bytes, uint32_t n_devices, size_t n_batches)
{
    static struct batch batch;
    static struct block block;
    struct wattle_error error;
    struct shuffle_reader reader = {0};
    struct shuffle *shuffle = shuffle_new(kernels_for(0), max_bytes);
    int64_t serial = 0;
    size_t n_found = 0;
    assert_non_null(shuffle);
    for (size_t i = 0; i < n_batches; i++) {
        fill_batch(&batch, 1 + below(BATCH_ROWS), n_devices, &serial);
        assert_int_equal(shuffle_add(shuffle, &batch, &error), WATTLE_OK);
    }
    assert_int_equal(shuffle_finish(shuffle, &error), WATTLE_OK);
    for (uint32_t d = 0; d < n_devices; d++) {
        int64_t last_serial = 0;
        for (const struct spilled_run *p = shuffle_first_run(shuffle, d);
             p != NULL; p = shuffle_next_run(shuffle, p)) {
            assert_int_equal(
                shuffle_read_run(shuffle, p, &reader, &block, &error),
                WATTLE_OK);
            assert_int_equal(block.n_rows, p->n_rows);
            assert_value(block.column[BLOCK_TIME][0], p->first_ms);
            assert_value(block.column[BLOCK_TIME][p->n_rows - 1], p->last_ms);
            n_found += check_piece(&block, &last_serial);
        }
    }
    assert_int_equal(n_found, serial);
    shuffle_reader_release(&reader);
    shuffle_free(shuffle);
}

static void
gathers_every_row(void **state)
{
    (void)state;
    check_gathering(0, 3000, 300); /* pages run out again and again */
    check_gathering(0, 1, 40);
    check_gathering((size_t)64 << 20, 17, 40);
    check_gathering((size_t)1 << 20, 500, 200);
    check_gathering((size_t)64 << 20, 5, 0);
}

/*
 * A freed shuffle's memory is given to the next one, which must not be taken
 * for it: freed memory is not held back here.
 */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
    return "quarantine_size_mb=0:thread_local_quarantine_size_kb=0";
}

static void
readers_outlive_shuffles(void **state)
{
    static struct block block, found;
    struct wattle_error error;
    struct shuffle_reader reader = {0};
    bool is_same_place = false;
    uintptr_t last = 0;
    (void)state;
    block.n_rows = 5;
    block.exponent = BLOCK_MILLI;
    block.columns =
        BLOCK_BIT(BLOCK_TIME) | BLOCK_BIT(BLOCK_VALUE + WATTLE_POWER);
    for (int64_t turn = 0; turn < 20; turn++) {
        /* no pages, but a file: more than is kept in memory */
        struct shuffle *shuffle = shuffle_new(kernels_for(0), 0);
        assert_non_null(shuffle);
        is_same_place = is_same_place || (uintptr_t)shuffle == last;
        last = (uintptr_t)shuffle;
        for (int64_t k = 0; k < 40000; k++) {
            for (int64_t i = 0; i < 5; i++) {
                block.column[BLOCK_TIME][i] = k * 100 + i * i;
                block.column[BLOCK_VALUE + WATTLE_POWER][i] =
                    (turn * 77777 + k * 1001 + i * i * 13) % 999983;
            }
            assert_int_equal(shuffle_put_run(shuffle, 0, &block, &error),
                             WATTLE_OK);
        }
        assert_int_equal(shuffle_finish(shuffle, &error), WATTLE_OK);
        int64_t k = 0;
        for (const struct spilled_run *p = shuffle_first_run(shuffle, 0);
             p != NULL; p = shuffle_next_run(shuffle, p), k++) {
            assert_int_equal(
                shuffle_read_run(shuffle, p, &reader, &found, &error),
                WATTLE_OK);
            assert_int_equal(value_at(&found, WATTLE_POWER, 1) / MILLI,
                             (turn * 77777 + k * 1001 + 13) % 999983);
        }
        shuffle_free(shuffle);
    }
    assert_true(is_same_place);
    shuffle_reader_release(&reader);
}

/* ---- merging ----------------------------------------------------------- */

/* A time of the model. */
struct known {
    bool is_there, is_new, is_in_chunk;
    int64_t value; /* 1e-9 */
    int64_t n_duplicates, n_shadowed;
};

struct model {
    struct known at[N_TIMES];
    struct merge_counts counts;
};

struct stored_chunks {
    struct built_chunk chunks[MAX_CHUNKS];
    size_t n;
};

static int64_t
time_of(size_t i)
{
    return START_MS + (int64_t)i * 60000;
}

static int
keep(void *context, struct built_chunk *chunk)
{
    struct stored_chunks *s = context;
    assert_true(s->n < MAX_CHUNKS);
    s->chunks[s->n++] = *chunk;
    return WATTLE_OK;
}

static int
fetch(void *context, int64_t number, struct buffer *data,
      struct wattle_error *error)
{
    const struct stored_chunks *s = context;
    (void)error;
    const struct buffer *bytes = &s->chunks[number].data;
    return buffer_append(data, bytes->data, bytes->len);
}

/* Puts [from, to) of the model into a chunk: about half of the times. */
static void
store_chunk(struct stored_chunks *s, struct model *model, size_t from,
            size_t to)
{
    static struct block row;
    struct chunk_builder *builder =
        chunk_builder_new(kernels_for(0), NULL, 3600000, keep, s);
    assert_non_null(builder);
    row.n_rows = 1;
    row.exponent = BLOCK_MILLI;
    row.columns = BLOCK_BIT(BLOCK_TIME) |
                  BLOCK_BIT(BLOCK_VALUE + WATTLE_POWER) |
                  BLOCK_BIT(BLOCK_DUPLICATES);
    for (size_t i = from; i < to; i++) {
        struct known *k = &model->at[i];
        if (below(2) == 0)
            continue;
        int64_t value = (int64_t)below(5);
        *k = (struct known){.is_there = true,
                            .is_in_chunk = true,
                            .value = value * MILLI,
                            .n_duplicates = (int64_t)(below(10) / 8)};
        k->n_shadowed = k->n_duplicates + 1;
        row.column[BLOCK_TIME][0] = time_of(i);
        row.column[BLOCK_VALUE + WATTLE_POWER][0] = value;
        row.column[BLOCK_DUPLICATES][0] = k->n_duplicates;
        assert_int_equal(chunk_builder_add(builder, &row, 0, 1), WATTLE_OK);
    }
    assert_int_equal(chunk_builder_finish(builder), WATTLE_OK);
    chunk_builder_free(builder);
}

/* A delta with totals of its own, over chunks or beside them. */
static void
store_delta(struct block *delta, struct model *model, size_t n)
{
    size_t i = below(50);
    delta->n_rows = 0;
    delta->exponent = BLOCK_NANO;
    delta->columns = BLOCK_BIT(BLOCK_TIME) |
                     BLOCK_BIT(BLOCK_VALUE + WATTLE_POWER) |
                     BLOCK_BIT(BLOCK_DUPLICATES);
    for (; i < N_TIMES && delta->n_rows < n; i += 1 + below(40)) {
        struct known *k = &model->at[i];
        size_t at = delta->n_rows++;
        k->is_there = true;
        k->value = (int64_t)below(5) * MILLI + 1;
        k->n_duplicates = (int64_t)below(3);
        delta->column[BLOCK_TIME][at] = time_of(i);
        delta->column[BLOCK_VALUE + WATTLE_POWER][at] = k->value;
        delta->column[BLOCK_DUPLICATES][at] = k->n_duplicates;
    }
}

/* A new reading, into the model. */
static void
note(struct model *model, size_t i, int64_t value)
{
    struct known *k = &model->at[i];
    struct merge_counts *c = &model->counts;
    if (!k->is_there) {
        c->n_new++;
        *k = (struct known){.is_there = true, .value = value};
    } else {
        bool is_same = k->value == value;
        c->n_unchanged += is_same;
        c->n_replaced += !is_same;
        if (!is_same && time_of(i) < c->replaced_first_ms)
            c->replaced_first_ms = time_of(i);
        if (!is_same && time_of(i) > c->replaced_last_ms)
            c->replaced_last_ms = time_of(i);
        k->value = value;
        k->n_duplicates++;
    }
    k->is_new = true;
}

static struct shuffle *
gather_new(struct model *model, size_t n_rows)
{
    static struct batch batch;
    struct wattle_error error;
    struct shuffle *shuffle = shuffle_new(kernels_for(0), 0);
    struct batch_row row = {.presence = MEASURE_BIT(WATTLE_POWER)};
    size_t low = below(N_TIMES), span = 1 + below(N_TIMES - low), at = 0;
    bool is_ordered = below(2) == 0;
    assert_non_null(shuffle);
    batch_reset(&batch, row.presence, NULL);
    for (size_t n = 0; n < n_rows; n++) {
        at = is_ordered ? (at + below(3)) % span : below(span);
        row.time_ms = time_of(low + at);
        row.nano[WATTLE_POWER] =
            (int64_t)below(5) * MILLI + (below(9) == 0 ? 1 : 0);
        note(model, low + at, row.nano[WATTLE_POWER]);
        batch_set(&batch, batch.n_rows, &row);
        batch.n_rows++;
        if (batch.n_rows == BATCH_ROWS || n + 1 == n_rows) {
            assert_int_equal(shuffle_add(shuffle, &batch, &error), WATTLE_OK);
            batch_reset(&batch, row.presence, NULL);
        }
    }
    assert_int_equal(shuffle_finish(shuffle, &error), WATTLE_OK);
    return shuffle;
}

static void
check_row(const struct merge_segment *s, size_t row, const struct model *model,
          size_t i)
{
    const struct known *k = &model->at[i];
    const struct block *b = s->block;
    const int64_t unit = b->exponent == BLOCK_NANO ? 1 : MILLI;
    bool counts = (b->columns & BLOCK_BIT(BLOCK_DUPLICATES)) != 0;
    assert_value(b->column[BLOCK_TIME][row], time_of(i));
    assert_value(b->column[BLOCK_VALUE + WATTLE_POWER][row] * unit, k->value);
    assert_int_equal(counts ? b->column[BLOCK_DUPLICATES][row] : 0,
                     k->n_duplicates);
    assert_int_equal(s->is_new, k->is_new);
    if (k->is_new)
        assert_int_equal(s->n_shadowed, k->is_in_chunk ? k->n_shadowed : 0);
}

static void
check_merge(struct device_merge *merge, const struct model *model)
{
    struct wattle_error error;
    size_t i = 0;
    for (;;) {
        struct merge_segment s;
        assert_int_equal(device_merge_next(merge, &s, &error), WATTLE_OK);
        if (s.n == 0)
            break;
        for (size_t k = s.first; k < s.first + s.n; k++, i++) {
            while (i < N_TIMES && !model->at[i].is_there)
                i++;
            assert_true(i < N_TIMES);
            check_row(&s, k, model, i);
        }
    }
    while (i < N_TIMES && !model->at[i].is_there)
        i++;
    assert_int_equal(i, N_TIMES);
    const struct merge_counts *c = device_merge_counts(merge);
    assert_value(c->n_new, model->counts.n_new);
    assert_value(c->n_replaced, model->counts.n_replaced);
    assert_value(c->n_unchanged, model->counts.n_unchanged);
    assert_value(c->replaced_first_ms, model->counts.replaced_first_ms);
    assert_value(c->replaced_last_ms, model->counts.replaced_last_ms);
}

static void
run_once(struct device_merge *merge, struct stored_chunks *chunks)
{
    static struct model model;
    static struct block delta;
    struct shuffle *lanes[3];
    size_t n_lanes = below(4), cut = 1000 + below(4000);
    memset(&model, 0, sizeof(model));
    model.counts.replaced_first_ms = INT64_MAX;
    model.counts.replaced_last_ms = INT64_MIN;
    device_merge_reset(merge);
    if (below(3) != 0) {
        store_chunk(chunks, &model, below(900), cut);
        store_chunk(chunks, &model, cut, N_TIMES - below(900));
    }
    for (size_t i = 0; i < chunks->n; i++)
        assert_int_equal(device_merge_add_chunk(merge, (int64_t)i,
                                                chunks->chunks[i].first_ms,
                                                chunks->chunks[i].last_ms),
                         WATTLE_OK);
    delta.n_rows = 0;
    if (below(2) == 0)
        store_delta(&delta, &model, 1 + below(BLOCK_ROWS));
    if (delta.n_rows > 0)
        assert_int_equal(device_merge_add_delta(merge, &delta), WATTLE_OK);
    for (size_t k = 0; k < n_lanes; k++) {
        lanes[k] = gather_new(&model, 1 + below(below(3) == 0 ? 9000 : 200));
        for (const struct spilled_run *p = shuffle_first_run(lanes[k], 0);
             p != NULL; p = shuffle_next_run(lanes[k], p))
            assert_int_equal(device_merge_add_run(merge, lanes[k], p),
                             WATTLE_OK);
    }
    check_merge(merge, &model);
    for (size_t k = 0; k < n_lanes; k++)
        shuffle_free(lanes[k]);
    for (size_t i = 0; i < chunks->n; i++)
        built_chunk_release(&chunks->chunks[i]);
    chunks->n = 0;
}

static void
merges_like_a_list(void **state)
{
    (void)state;
    struct stored_chunks chunks = {.n = 0};
    struct device_merge *merge =
        device_merge_new(kernels_for(0), UINT32_MAX, fetch, &chunks);
    assert_non_null(merge);
    for (int i = 0; i < 60; i++)
        run_once(merge, &chunks);
    device_merge_free(merge);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gathers_every_row),
        cmocka_unit_test(readers_outlive_shuffles),
        cmocka_unit_test(merges_like_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
