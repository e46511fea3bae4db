/*
 * test_block_check.c - what a database may hold, and what it may not: values,
 * presence and counts of blocks, and the sums of summaries.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "codec/column_codec.h"
#include "codec/block_check.h"

enum { N_ROWS = 11 };

static struct block block;

static void
make_block(unsigned values, unsigned exponent)
{
    memset(&block, 0, sizeof(block));
    block.n_rows = N_ROWS;
    block.exponent = exponent;
    block.columns = BLOCK_BIT(BLOCK_TIME) | values << BLOCK_VALUE;
    for (int64_t i = 0; i < N_ROWS; i++)
        block.column[BLOCK_TIME][i] = i;
}

static bool
is_good(void)
{
    return block_check(kernels_for(0), &block, block.columns);
}

/* Whether a value may be anywhere in a block: beside one more that is wide. */
static bool
may_be(int column, unsigned exponent, int64_t value)
{
    bool found = false;
    for (size_t i = 0; i < N_ROWS; i++) {
        make_block(1u << column | 1u << WATTLE_ENERGY, exponent);
        block.column[BLOCK_VALUE + column][i] = value;
        bool now = is_good();
        assert_true(i == 0 || now == found);
        found = now;
    }
    return found;
}

static void
assert_limits(int column, unsigned exponent, int64_t low, int64_t high)
{
    assert_true(may_be(column, exponent, low));
    assert_true(may_be(column, exponent, high));
    assert_true(may_be(column, exponent, 0));
    assert_false(may_be(column, exponent, low - 1));
    assert_false(may_be(column, exponent, high + 1));
    assert_false(may_be(column, exponent, INT64_MIN));
    assert_false(may_be(column, exponent, INT64_MAX));
}

static void
values_stay_in_their_ranges(void **state)
{
    (void)state;
    const int64_t giga = 1000000000;
    assert_limits(WATTLE_VOLTAGE, BLOCK_MILLI, 0, 1000 * giga);
    assert_limits(WATTLE_VOLTAGE, BLOCK_NANO, 0, giga * giga);
    assert_limits(WATTLE_CURRENT, BLOCK_MILLI, 0, 1000 * giga);
    assert_limits(WATTLE_POWER_FACTOR, BLOCK_MILLI, -1000, 1000);
    assert_limits(WATTLE_POWER_FACTOR, BLOCK_NANO, -giga, giga);
    assert_limits(WATTLE_POWER, BLOCK_MILLI, -1000 * giga, 1000 * giga);
    assert_limits(WATTLE_POWER, BLOCK_NANO, -giga * giga, giga * giga);
    assert_limits(WATTLE_ENERGY, BLOCK_NANO, -giga * giga, giga * giga);
}

static void
a_reading_has_what_makes_one(void **state)
{
    (void)state;
    make_block(1u << WATTLE_VOLTAGE | 1u << WATTLE_CURRENT, BLOCK_MILLI);
    assert_false(is_good());
    make_block(1u << WATTLE_VOLTAGE | 1u << WATTLE_CURRENT |
                   1u << WATTLE_POWER_FACTOR,
               BLOCK_MILLI);
    assert_true(is_good());
    make_block(1u << WATTLE_VOLTAGE | 1u << WATTLE_POWER, BLOCK_MILLI);
    block.columns |= BLOCK_BIT(BLOCK_PRESENCE);
    for (size_t i = 0; i < N_ROWS; i++)
        block.column[BLOCK_PRESENCE][i] = 1 << WATTLE_POWER;
    assert_true(is_good());
    const int64_t bad[] = {
        0, 1 << WATTLE_VOLTAGE, 1 << WATTLE_ENERGY, 32, -1, INT64_MIN};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        block.column[BLOCK_PRESENCE][4] = bad[i];
        assert_false(is_good());
    }
}

static void
absent_values_become_zero_when_they_cannot_be(void **state)
{
    (void)state;
    make_block(1u << WATTLE_VOLTAGE | 1u << WATTLE_POWER, BLOCK_MILLI);
    block.columns |= BLOCK_BIT(BLOCK_PRESENCE);
    for (size_t i = 0; i < N_ROWS; i++)
        block.column[BLOCK_PRESENCE][i] = 1 << WATTLE_POWER;
    block.column[BLOCK_VALUE + WATTLE_VOLTAGE][3] = 230;
    assert_true(is_good());
    assert_int_equal(block.column[BLOCK_VALUE + WATTLE_VOLTAGE][3], 230);
    block.column[BLOCK_VALUE + WATTLE_VOLTAGE][4] = INT64_MIN;
    assert_true(is_good());
    assert_int_equal(block.column[BLOCK_VALUE + WATTLE_VOLTAGE][4], 0);
    block.column[BLOCK_VALUE + WATTLE_POWER][4] = INT64_MAX;
    assert_false(is_good());
}

static void
counts_are_not_negative(void **state)
{
    (void)state;
    for (unsigned c = BLOCK_DUPLICATES; c <= BLOCK_ROUNDED; c++) {
        make_block(1u << WATTLE_POWER, BLOCK_MILLI);
        block.columns |= BLOCK_BIT(c);
        block.column[c][2] = INT64_C(1) << 40;
        assert_true(is_good());
        block.column[c][2]++;
        assert_false(is_good());
        block.column[c][2] = -1;
        assert_false(is_good());
    }
}

/* What the first bytes of a column tell is never narrower than its values. */
static void
bounds_hold_for_every_way(void **state)
{
    (void)state;
    uint8_t bytes[COLUMN_MAX_BYTES];
    int64_t values[KERNEL_ROWS], decoded[KERNEL_ROWS], low, high;
    size_t n_known = 0;
    for (int64_t turn = 0; turn < 400; turn++) {
        size_t n = 1 + (size_t)(turn * 37 % KERNEL_ROWS);
        for (size_t i = 0; i < n; i++) {
            int64_t x = (int64_t)((i * 2654435761u + (size_t)turn) % 1000);
            values[i] = turn % 5 == 0   ? 7 * turn
                        : turn % 5 == 1 ? x * 1000 - 5000
                        : turn % 5 == 2 ? (x < 5 ? 1 << 20 : x)
                        : turn % 5 == 3 ? (int64_t)(i / 50) * 900
                                        : x % 3 * 40000;
        }
        size_t len = column_encode(kernels_for(0), values, n, 6, false, bytes);
        assert_true(column_decode(kernels_for(0), bytes, len, n, 6, decoded));
        if (!column_bounds(bytes, len, 6, &low, &high))
            continue;
        n_known++;
        for (size_t i = 0; i < n; i++)
            assert_true(decoded[i] >= low && decoded[i] <= high);
    }
    assert_true(n_known > 200);
}

/* A summary of two readings with powers of 1 W. */
static void
make_summary(struct summary *s, struct summary_frame *chunk)
{
    *s = (struct summary){0};
    *chunk = (struct summary_frame){1000, 61000, 2};
    s->first = (struct totals_first){1000, 1000000000, NULL};
    s->totals = (struct device_totals){.n_readings = 2,
                                       .last_ms = 61000,
                                       .last_nw = 1000000000,
                                       .min_nw = 1000000000,
                                       .max_nw = 1000000000,
                                       .sum_nw = 2000000000,
                                       .energy = 1};
}

static void
summaries_are_those_of_their_chunk(void **state)
{
    (void)state;
    struct summary s;
    struct summary_frame chunk;
    struct totals_extra extra = {.n_energy = 1};
    make_summary(&s, &chunk);
    assert_true(summary_check(&s, &chunk));
    s.totals.n_readings = 3;
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.first.first_ms--;
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.first.first_nw = TOTALS_WIDE; /* without an extra part */
    assert_false(summary_check(&s, &chunk));
    s.first.first_nw = TOTALS_NO_POWER;
    assert_false(summary_check(&s, &chunk));
    s.totals.extra = &extra;
    assert_true(summary_check(&s, &chunk));
    extra.n_energy = 3;
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.totals.max_nw = INT64_C(1) << 53;
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.totals.energy = (int128)1 << 110;
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.profile.hours[5].power_nw = -((int128)1 << 100);
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.profile.hours[23].energy.wide.word[3] = UINT64_C(1) << 40;
    assert_false(summary_check(&s, &chunk));
    make_summary(&s, &chunk);
    s.totals.gap_ms = -1;
    assert_false(summary_check(&s, &chunk));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_stay_in_their_ranges),
        cmocka_unit_test(a_reading_has_what_makes_one),
        cmocka_unit_test(absent_values_become_zero_when_they_cannot_be),
        cmocka_unit_test(counts_are_not_negative),
        cmocka_unit_test(bounds_hold_for_every_way),
        cmocka_unit_test(summaries_are_those_of_their_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
