/*
 * test_block_chunk.c - blocks and chunks come back as they were, damaged
 * bytes are refused or harmless, and a summary says what the totals of the
 * same readings says.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analytics/totals.h"
#include "generate/counter_hash.h"
#include "sort/chunk_builder.h"
#include "codec/summary.h"
#include "unit.h"

#define START_MS INT64_C(1696118400000) /* 2023-10-01 */
#define MILLI    INT64_C(1000000)

static uint64_t seed_counter;

static uint64_t
below(uint64_t limit)
{
    return counter_hash(12, seed_counter++) % limit;
}

static uint8_t *
exact_copy(const void *bytes, size_t len)
{
    uint8_t *copy = malloc(len);
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    return copy;
}

/* ---- blocks ------------------------------------------------------------ */

/* What a block may be made of. */
struct kind {
    unsigned values; /* bits of enum wattle_column */
    bool has_presence, has_duplicates, has_rounded, is_nano;
    int64_t step_ms;
};

static struct kind
any_kind(void)
{
    static const unsigned values[] = {
        1u << WATTLE_POWER, 1u << WATTLE_ENERGY,
        1u << WATTLE_VOLTAGE | 1u << WATTLE_CURRENT | 1u << WATTLE_POWER_FACTOR,
        (1u << MEASURE_N) - 1};
    static const int64_t steps_ms[] = {1, 1000, 60000, 900000, 3600001};
    return (struct kind){.values = values[below(4)],
                         .has_presence = below(3) == 0,
                         .has_duplicates = below(3) == 0,
                         .has_rounded = below(3) == 0,
                         .is_nano = below(2) == 0,
                         .step_ms = steps_ms[below(5)]};
}

/* A value within its column's limits, in units of 1e-9. */
static int64_t
any_value(int column)
{
    int64_t most = column == WATTLE_POWER_FACTOR ? 1000 : 3000000;
    int64_t value = (int64_t)below((uint64_t)most);
    return column == WATTLE_POWER && below(9) == 0 ? -value : value;
}

static void
fill(struct block *block, struct kind kind, size_t n, int64_t *now_ms)
{
    block->n_rows = n;
    block->exponent = kind.is_nano ? BLOCK_NANO : BLOCK_MILLI;
    block->columns = BLOCK_BIT(BLOCK_TIME) | kind.values << BLOCK_VALUE;
    block->columns |= kind.has_presence ? BLOCK_BIT(BLOCK_PRESENCE) : 0;
    block->columns |= kind.has_duplicates ? BLOCK_BIT(BLOCK_DUPLICATES) : 0;
    block->columns |= kind.has_rounded ? BLOCK_BIT(BLOCK_ROUNDED) : 0;
    for (size_t i = 0; i < n; i++) {
        *now_ms += kind.step_ms + (int64_t)(below(50) == 0 ? below(9999) : 0);
        block->column[BLOCK_TIME][i] = *now_ms;
        for (int c = 0; c < MEASURE_N; c++)
            block->column[BLOCK_VALUE + c][i] =
                kind.is_nano ? any_value(c) * MILLI + (int64_t)below(1000)
                             : any_value(c);
        /* a power or an energy is always there, if any is */
        unsigned needed =
            kind.values & (1u << WATTLE_POWER | 1u << WATTLE_ENERGY);
        block->column[BLOCK_PRESENCE][i] =
            needed != 0 && below(2) == 0 ? needed : kind.values;
        block->column[BLOCK_DUPLICATES][i] = (int64_t)(below(20) / 17);
        block->column[BLOCK_ROUNDED][i] = (int64_t)(below(20) / 18);
    }
}

/* Columns of both, at the finer exponent of the two. */
static void
assert_same_block(struct block *a, struct block *b)
{
    if (a->exponent != b->exponent) {
        block_to_nano(a);
        block_to_nano(b);
    }
    assert_int_equal(a->n_rows, b->n_rows);
    assert_int_equal(a->columns, b->columns);
    for (int c = 0; c < BLOCK_N_COLUMNS; c++) {
        if ((a->columns & BLOCK_BIT(c)) != 0)
            assert_memory_equal(a->column[c], b->column[c],
                                a->n_rows * sizeof(int64_t));
    }
}

static void
blocks_come_back(void **state)
{
    (void)state;
    static struct block block, out;
    static uint8_t room[BLOCK_MAX_BYTES];
    const struct kernels *kernels = kernels_for(0);
    for (int i = 0; i < 400; i++) {
        int64_t now_ms = START_MS;
        size_t n = below(3) == 0 ? BLOCK_ROWS : 1 + below(BLOCK_ROWS);
        fill(&block, any_kind(), n, &now_ms);
        size_t len = block_encode(kernels, &block, i % 2 == 0, room);
        uint8_t *bytes = exact_copy(room, len);
        assert_true(
            block_decode(kernels, bytes, len, n, UINT32_MAX, &out, NULL));
        assert_same_block(&block, &out);
        assert_true(block_decode(kernels, bytes, len, n,
                                 BLOCK_BIT(BLOCK_VALUE + WATTLE_POWER), &out,
                                 NULL));
        assert_true((out.columns & ~(BLOCK_BIT(BLOCK_TIME) |
                                     BLOCK_BIT(BLOCK_VALUE + WATTLE_POWER))) ==
                    0);
        for (int k = 0; k < 10; k++) {
            size_t cut = below(len);
            uint8_t *part = exact_copy(room, cut + 1);
            assert_false(
                block_decode(kernels, part, cut, n, UINT32_MAX, &out, NULL));
            free(part);
            bytes[below(len)] ^= (uint8_t)(1u << below(8));
            block_decode(kernels, bytes, len, n, UINT32_MAX, &out, NULL);
        }
        free(bytes);
    }
}

/* ---- chunks and summaries ---------------------------------------------- */

struct finished {
    struct built_chunk chunks[4];
    size_t n;
};

static int
keep(void *context, struct built_chunk *chunk)
{
    struct finished *f = context;
    assert_true(f->n < 4);
    f->chunks[f->n++] = *chunk;
    return WATTLE_OK;
}

static void
release(struct finished *f)
{
    for (size_t i = 0; i < f->n; i++)
        built_chunk_release(&f->chunks[i]);
    f->n = 0;
}

/* Adds the rows of a block to totals. */
static void
totals_of(struct totals_set *set, const struct block *block)
{
    static uint32_t device[BLOCK_ROWS];
    static uint32_t presence[BLOCK_ROWS];
    struct batch_view batch =
        block_view(block, 0, block->n_rows, device, presence);
    assert_int_equal(totals_set_add(set, &batch), WATTLE_OK);
}

static void
assert_same_int256(struct int256 a, struct int256 b)
{
    assert_memory_equal(&a, &b, sizeof(a));
}

static void
assert_same_totals(const struct device_totals *a, const struct device_totals *b)
{
    assert_value(a->n_readings, b->n_readings);
    assert_value(a->last_ms, b->last_ms);
    assert_value(a->last_nw, b->last_nw);
    assert_value(a->min_nw, b->min_nw);
    assert_value(a->max_nw, b->max_nw);
    assert_value(a->sum_nw, b->sum_nw);
    assert_value(a->energy, b->energy);
    assert_value(a->n_gaps, b->n_gaps);
    assert_value(a->gap_ms, b->gap_ms);
    assert_value(a->efficiency, b->efficiency);
    assert_value(a->n_efficiency, b->n_efficiency);
    assert_true((a->extra == NULL) == (b->extra == NULL));
    if (a->extra == NULL)
        return;
    assert_value(a->extra->n_wide, b->extra->n_wide);
    assert_value(a->extra->n_energy, b->extra->n_energy);
    assert_value(a->extra->efficiency, b->extra->efficiency);
    if (a->extra->n_wide == 0)
        return;
    assert_same_int256(a->extra->sum, b->extra->sum);
    assert_same_int256(a->extra->min, b->extra->min);
    assert_same_int256(a->extra->max, b->extra->max);
    assert_same_int256(a->extra->energy, b->extra->energy);
}

static void
assert_same_energy(const struct energy_sum *a, const struct energy_sum *b)
{
    assert_value(a->units, b->units);
    assert_value(a->rest, b->rest);
    assert_same_int256(a->wide, b->wide);
}

static void
assert_same_profile(struct profile *a, struct profile *b)
{
    for (int h = 0; h < 24; h++) {
        assert_value(a->hours[h].n_readings, b->hours[h].n_readings);
        assert_value(a->hours[h].power_nw, b->hours[h].power_nw);
        assert_same_int256(a->hours[h].power_wide, b->hours[h].power_wide);
        assert_same_energy(&a->hours[h].energy, &b->hours[h].energy);
    }
    profile_finish(a);
    profile_finish(b);
    assert_int_equal(a->n_days, b->n_days);
    for (size_t i = 0; i < a->n_days; i++) {
        assert_value(a->days[i].day, b->days[i].day);
        assert_value(a->days[i].has_readings, b->days[i].has_readings);
        assert_same_energy(&a->days[i].energy, &b->days[i].energy);
    }
}

/* A later program's sections, before, between and after ours: passed over. */
static void
check_unknown_sections(const struct built_chunk *chunk,
                       const struct summary *known)
{
    static const uint8_t section[] = {0x90, 0x03, 3, 'a', 'b', 'c'};
    const size_t len = chunk->summary.len;
    const uint8_t *from = (const uint8_t *)chunk->summary.data;
    size_t totals = 2; /* behind version and tag: the length of the totals */
    size_t n_totals = from[totals] & 0x7fu;
    if ((from[totals++] & 0x80) != 0)
        n_totals |= (size_t)from[totals++] << 7;
    const size_t places[] = {1, totals + n_totals, len};
    for (size_t i = 0; i < 3; i++) {
        struct summary summary = {0};
        uint8_t *bytes = malloc(len + sizeof(section));
        assert_non_null(bytes);
        memcpy(bytes, from, places[i]);
        memcpy(bytes + places[i], section, sizeof(section));
        memcpy(bytes + places[i] + sizeof(section), from + places[i],
               len - places[i]);
        assert_int_equal(summary_decode(bytes, len + sizeof(section), &summary),
                         WATTLE_OK);
        assert_same_totals(&summary.totals, &known->totals);
        summary_release(&summary);
        free(bytes);
    }
}

/* A summary must be the totals of a set that saw the same readings. */
static void
check_summary(const struct built_chunk *chunk, struct totals_set *set)
{
    struct summary summary = {0};
    struct profile profile;
    uint8_t *bytes = exact_copy(chunk->summary.data, chunk->summary.len);
    totals_set_flush(set);
    for (int round = 0; round < 2; round++) /* a summary may be used again */
        assert_int_equal(summary_decode(bytes, chunk->summary.len, &summary),
                         WATTLE_OK);
    assert_same_totals(&summary.totals, &set->totals[0]);
    assert_value(summary.first.first_ms, set->firsts[0].first_ms);
    assert_value(summary.first.first_nw, set->firsts[0].first_nw);
    profile_init(&profile);
    profile_merge(&profile, &summary.profile);
    assert_same_profile(&profile, &set->profile);
    profile_release(&profile);
    check_unknown_sections(chunk, &summary);
    for (size_t len = 0; len < chunk->summary.len; len += 1 + len / 16) {
        uint8_t *part = exact_copy(bytes, len + 1);
        /* cut between sections it lacks an aggregate, as an old one does */
        assert_true(summary_decode(part, len, &summary) != WATTLE_OK ||
                    summary.missing != 0);
        free(part);
    }
    for (int i = 0; i < 50; i++) {
        bytes[below(chunk->summary.len)] ^= (uint8_t)(1u << below(8));
        assert_int_not_equal(
            summary_decode(bytes, chunk->summary.len, &summary),
            WATTLE_ERR_MEMORY);
    }
    summary_release(&summary);
    free(bytes);
}

static void
check_directory(const struct built_chunk *built, size_t n_rows)
{
    static struct block out;
    struct chunk chunk;
    uint8_t *bytes = exact_copy(built->data.data, built->data.len);
    assert_true(chunk_open(&chunk, bytes, built->data.len));
    assert_int_equal(chunk.n_rows, n_rows);
    assert_value(chunk.blocks[0].first_ms, built->first_ms);
    assert_value(chunk.blocks[chunk.n_blocks - 1].last_ms, built->last_ms);
    for (size_t i = 0; i < 60; i++) {
        struct chunk other;
        size_t cut = i < 10 ? i : below(built->data.len);
        uint8_t *part = exact_copy(bytes, cut + 1);
        assert_false(chunk_open(&other, part, cut));
        free(part);
        part = exact_copy(bytes, built->data.len);
        part[below(i % 2 == 0 ? 100 : built->data.len) % built->data.len] ^=
            (uint8_t)(1u << below(8));
        bool is_open = chunk_open(&other, part, built->data.len);
        for (size_t k = 0; is_open && k < other.n_blocks; k++)
            chunk_decode(&other, kernels_for(0), k, UINT32_MAX, &out);
        free(part);
    }
    free(bytes);
}

/* One chunk of blocks of mixed kinds, read again block by block. */
static void
check_chunk(size_t n_blocks)
{
    static struct block in[CHUNK_BLOCKS], out;
    struct finished f = {.n = 0};
    struct totals_set set;
    struct chunk_builder *builder =
        chunk_builder_new(kernels_for(0), NULL, 3600000, keep, &f);
    const struct kind kind = any_kind();
    int64_t now_ms = below(4) == 0 ? -START_MS / 4 : START_MS;
    size_t n_rows = 0, at = 0, n_duplicates = 0;
    assert_non_null(builder);
    totals_set_init(&set, 3600000, false);
    assert_int_equal(totals_set_reserve(&set, 1), WATTLE_OK);
    for (size_t i = 0; i < n_blocks; i++) {
        struct kind other = i % 3 == 2 ? any_kind() : kind;
        other.step_ms = kind.step_ms;
        fill(&in[i], other, 1 + below(BLOCK_ROWS), &now_ms);
        n_rows += in[i].n_rows;
        for (size_t k = 0; other.has_duplicates && k < in[i].n_rows; k++)
            n_duplicates += (size_t)in[i].column[BLOCK_DUPLICATES][k];
        totals_of(&set, &in[i]);
        assert_int_equal(chunk_builder_add(builder, &in[i], 0, in[i].n_rows),
                         WATTLE_OK);
    }
    assert_int_equal(chunk_builder_finish(builder), WATTLE_OK);
    assert_int_equal(f.n, 1);
    assert_int_equal(f.chunks[0].n_readings, n_rows);
    assert_int_equal(f.chunks[0].n_duplicates, n_duplicates);
    check_summary(&f.chunks[0], &set);
    check_directory(&f.chunks[0], n_rows);
    struct chunk chunk;
    size_t block = 0;
    assert_true(
        chunk_open(&chunk, f.chunks[0].data.data, f.chunks[0].data.len));
    for (size_t i = 0; i < chunk.n_blocks; i++) {
        assert_true(chunk_decode(&chunk, kernels_for(0), i, UINT32_MAX, &out));
        for (size_t k = 0; k < out.n_rows; k++, at++) {
            if (at == in[block].n_rows) {
                at = 0;
                block++;
            }
            const struct block *was = &in[block];
            int64_t unit_was = was->exponent == BLOCK_NANO ? 1 : MILLI;
            int64_t unit = out.exponent == BLOCK_NANO ? 1 : MILLI;
            unsigned presence = block_presence(&out, k);
            assert_true(out.column[BLOCK_TIME][k] ==
                        was->column[BLOCK_TIME][at]);
            assert_int_equal(presence, block_presence(was, at));
            for (int c = 0; c < MEASURE_N; c++) {
                if ((presence & 1u << c) != 0)
                    assert_true(out.column[BLOCK_VALUE + c][k] * unit ==
                                was->column[BLOCK_VALUE + c][at] * unit_was);
            }
        }
    }
    release(&f);
    totals_set_release(&set);
    chunk_builder_free(builder);
}

static void
chunks_come_back(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++)
        check_chunk(1 + below(i % 10 == 0 ? CHUNK_BLOCKS : 5));
}

static void
full_chunks_are_cut(void **state)
{
    (void)state;
    static struct block block;
    struct finished f = {.n = 0};
    const struct kind kind = {.values = 1u << WATTLE_POWER, .step_ms = 1000};
    struct chunk_builder *builder =
        chunk_builder_new(kernels_for(0), NULL, 3600000, keep, &f);
    int64_t now_ms = START_MS;
    assert_non_null(builder);
    for (int i = 0; i < 2 * CHUNK_BLOCKS + 1; i++) {
        fill(&block, kind, BLOCK_ROWS, &now_ms);
        assert_int_equal(chunk_builder_add(builder, &block, 0, BLOCK_ROWS),
                         WATTLE_OK);
    }
    assert_int_equal(chunk_builder_finish(builder), WATTLE_OK);
    assert_int_equal(f.n, 3);
    assert_int_equal(f.chunks[0].n_readings, CHUNK_ROWS);
    assert_int_equal(f.chunks[1].n_readings, CHUNK_ROWS);
    assert_int_equal(f.chunks[2].n_readings, BLOCK_ROWS);
    assert_true(f.chunks[0].last_ms < f.chunks[1].first_ms);
    release(&f);
    chunk_builder_free(builder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_come_back),
        cmocka_unit_test(chunks_come_back),
        cmocka_unit_test(full_chunks_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
