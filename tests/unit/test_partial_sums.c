/*
 * test_partial_sums.c - the kernels that add to totals and count along columns:
 * every variant against the scalar one, and that against plain arithmetic.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/wide_int.h"
#include "generate/counter_hash.h"
#include "simd/kernels.h"
#include "wattle/experimental/tuning.h"
#include "unit.h"

enum { N_BLOCKS = 5, N_DEVICES = N_BLOCKS * PARTIAL_LANES, HOUR_MS = 3600000 };

static uint64_t seed_counter;

static uint64_t
random_bits(void)
{
    return counter_hash(91, seed_counter++);
}

static unsigned
pick(unsigned limit)
{
    return (unsigned)(random_bits() % limit);
}

/* The upper part of an energy. */
static int128
wide(int64_t high)
{
    return (int128)high * (INT64_C(1) << 32);
}

static const int levels[] = {WATTLE_SIMD_SCALAR, WATTLE_SIMD_AVX2,
                             WATTLE_SIMD_AVX512, WATTLE_SIMD_AUTO};

struct case_rows {
    size_t n;
    int64_t from_ms;
    uint32_t device[KERNEL_ROWS];
    int64_t time_ms[KERNEL_ROWS];
    int64_t power_nw[KERNEL_ROWS];
    int64_t efficiency[KERNEL_ROWS];
};

static int64_t
random_power(void)
{
    static const int64_t edges[] = {0, 1, -1, (INT64_C(1) << 53) - 1,
                                    1 - (INT64_C(1) << 53)};
    if (pick(8) == 0)
        return edges[pick(5)];
    return (int64_t)(random_bits() >> (11 + pick(40))) *
           (pick(4) == 0 ? -1 : 1);
}

/* Devices in order, or one for long, with leaps now and then. */
static void
make_rows(struct case_rows *rows)
{
    static const unsigned leaps[] = {3, 40, 2000};
    unsigned leap = leaps[pick(3)];
    uint32_t device = pick(N_DEVICES);
    uint32_t stride = pick(3) != 0 ? 1 : 0;
    rows->n = 1 + pick(pick(2) == 0 ? KERNEL_ROWS : 40);
    rows->from_ms = (int64_t)(random_bits() >> 20) - (INT64_C(1) << 43);
    for (size_t i = 0; i < rows->n; i++) {
        device =
            pick(leap) == 0 ? pick(N_DEVICES) : (device + stride) % N_DEVICES;
        rows->device[i] = device;
        rows->time_ms[i] =
            rows->from_ms + 1 + (int64_t)(i * HOUR_MS / KERNEL_ROWS);
        if (i > 0 && pick(100) == 0)
            rows->time_ms[i] = rows->time_ms[i - 1] - pick(2);
        rows->power_nw[i] = random_power();
        rows->efficiency[i] = (int64_t)(random_bits() >> 8) - (1 << 20);
    }
}

static void
make_accounts(struct partial_sums *partial, const struct case_rows *rows)
{
    bool fresh = pick(3) != 0;
    for (size_t d = 0; d < N_DEVICES; d++) {
        struct partial_sums *a = &partial[d / PARTIAL_LANES];
        size_t k = d % PARTIAL_LANES;
        unsigned kind = fresh ? 9 : pick(12);
        a->last_ms[k] = kind == 0   ? INT64_MIN
                        : kind == 1 ? rows->from_ms - 1
                        : kind == 2 ? rows->from_ms + pick(HOUR_MS)
                                    : rows->from_ms;
        a->last_nw[k] = random_power();
        a->n_readings[k] = kind == 3 ? PARTIAL_READINGS : pick(90);
        a->min_nw[k] = pick(2) == 0 ? INT64_MAX : random_power();
        a->max_nw[k] = pick(2) == 0 ? INT64_MIN : random_power();
        a->sum_nw[k] = random_power();
        a->energy_low[k] = random_power();
        a->energy_high[k] = random_power();
        a->efficiency[k] = random_power();
    }
}

/* One row in plain arithmetic; false when it may not be added. */
static bool
add_plainly(struct partial_sums *a, size_t k, const struct case_rows *rows,
            size_t row, bool has_efficiency, int128 *energy)
{
    int64_t now = rows->time_ms[row], last = a->last_ms[k];
    if (last < rows->from_ms || last >= now ||
        a->n_readings[k] >= PARTIAL_READINGS)
        return false;
    int64_t nw = rows->power_nw[row];
    int128 step = (int128)(a->last_nw[k] + nw) * (now - last);
    int128 sum = a->energy_low[k] + wide(a->energy_high[k]);
    *energy += step;
    sum += step;
    a->energy_low[k] = (int64_t)(sum & 0xffffffff);
    a->energy_high[k] = (int64_t)(sum >> 32);
    a->last_ms[k] = now;
    a->last_nw[k] = nw;
    a->n_readings[k]++;
    a->min_nw[k] = nw < a->min_nw[k] ? nw : a->min_nw[k];
    a->max_nw[k] = nw > a->max_nw[k] ? nw : a->max_nw[k];
    a->sum_nw[k] += nw;
    a->efficiency[k] += has_efficiency ? rows->efficiency[row] : 0;
    return true;
}

static void
assert_same_partial(const struct partial_sums *got,
                    const struct partial_sums *wanted)
{
    for (size_t d = 0; d < N_DEVICES; d++) {
        const struct partial_sums *a = &got[d / PARTIAL_LANES];
        const struct partial_sums *b = &wanted[d / PARTIAL_LANES];
        size_t k = d % PARTIAL_LANES;
        assert_int_equal(a->last_ms[k], b->last_ms[k]);
        assert_int_equal(a->last_nw[k], b->last_nw[k]);
        assert_int_equal(a->n_readings[k], b->n_readings[k]);
        assert_int_equal(a->min_nw[k], b->min_nw[k]);
        assert_int_equal(a->max_nw[k], b->max_nw[k]);
        assert_int_equal(a->sum_nw[k], b->sum_nw[k]);
        assert_int_equal(a->efficiency[k], b->efficiency[k]);
        int128 x = a->energy_low[k] + wide(a->energy_high[k]);
        int128 y = b->energy_low[k] + wide(b->energy_high[k]);
        assert_value(x, y);
    }
}

static void
check_rows(const struct kernels *kernels, const struct case_rows *rows,
           const struct partial_sums *before, bool has_efficiency)
{
    _Alignas(64) struct partial_sums got[N_BLOCKS];
    _Alignas(64) struct partial_sums wanted[N_BLOCKS];
    memcpy(got, before, sizeof(got));
    memcpy(wanted, before, sizeof(wanted));
    const struct summed_rows view = {rows->device, rows->time_ms,
                                     rows->power_nw,
                                     has_efficiency ? rows->efficiency : NULL};
    struct added_sums sums = {0, 0, 0};
    int128 energy = 0;
    int64_t power = 0;
    for (size_t row = 0; row < rows->n; row++) {
        size_t end =
            kernels->add_rows(got, &view, row, rows->n, rows->from_ms, &sums);
        for (; row < rows->n; row++) {
            size_t d = rows->device[row];
            if (!add_plainly(&wanted[d / PARTIAL_LANES], d % PARTIAL_LANES,
                             rows, row, has_efficiency, &energy))
                break;
            power += rows->power_nw[row];
        }
        assert_int_equal(end, row);
    }
    assert_same_partial(got, wanted);
    assert_int_equal(sums.power_nw, power);
    assert_value(sums.energy_low + wide(sums.energy_high), energy);
}

static void
rows_are_added_as_plain_arithmetic_says(void **state)
{
    (void)state;
    struct case_rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 3000; round++) {
        _Alignas(64) struct partial_sums before[N_BLOCKS];
        make_rows(rows);
        make_accounts(before, rows);
        bool has_efficiency = pick(2) == 0;
        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
            if (kernels_for(levels[i]) != NULL)
                check_rows(kernels_for(levels[i]), rows, before,
                           has_efficiency);
        }
    }
    free(rows);
}

static void
leading_values_within_a_range_are_counted(void **state)
{
    (void)state;
    int64_t values[100];
    for (int round = 0; round < 20000; round++) {
        static const int64_t lows[] = {0, -50, INT64_MIN, INT64_MAX - 60,
                                       1700000000000};
        int64_t low = lows[pick(5)];
        uint64_t span = 1 + pick(60);
        size_t n = pick(100), wanted = 0;
        unsigned miss = 1 + pick(80);
        for (size_t i = 0; i < n; i++)
            values[i] = pick(miss) == 0
                            ? (int64_t)((uint64_t)low +
                                        (pick(2) == 0 ? span : (uint64_t)-1))
                            : (int64_t)((uint64_t)low + pick((unsigned)span));
        while (wanted < n && (uint64_t)values[wanted] - (uint64_t)low < span)
            wanted++;
        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
            const struct kernels *kernels = kernels_for(levels[i]);
            if (kernels != NULL)
                assert_int_equal(kernels->count_within(values, n, low, span),
                                 wanted);
        }
    }
}

static void
leading_keys_that_match_are_counted(void **state)
{
    (void)state;
    uint64_t keys[200], low[100], high[100];
    for (int round = 0; round < 20000; round++) {
        size_t n = pick(100), wanted = n;
        for (size_t i = 0; i < n; i++) {
            keys[2 * i] = low[i] = random_bits();
            keys[2 * i + 1] = high[i] = random_bits();
        }
        if (n > 0 && pick(3) != 0) {
            wanted = pick((unsigned)n);
            uint64_t bit = UINT64_C(1) << pick(64);
            if (pick(2) == 0)
                low[wanted] ^= bit;
            else
                high[wanted] ^= bit;
        }
        for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
            const struct kernels *kernels = kernels_for(levels[i]);
            if (kernels != NULL)
                assert_int_equal(kernels->count_matching(keys, low, high, n),
                                 wanted);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_added_as_plain_arithmetic_says),
        cmocka_unit_test(leading_values_within_a_range_are_counted),
        cmocka_unit_test(leading_keys_that_match_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
