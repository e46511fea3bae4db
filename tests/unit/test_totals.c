/*
 * test_totals.c - totals: the quick way against the general way, joining
 * against one pass, and what must be refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analytics/totals_parts.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "made_rows.h"
#include "unit.h"

enum { N_DEVICES = 7, MAX_SETS = 5 };

/* ---- batches ----------------------------------------------------------- */

/* Kinds of batches; after WIDE_KIND all rows have a power. */
static const struct kind {
    uint8_t columns;
    uint8_t decimals[MEASURE_N];
    int64_t max[MEASURE_N]; /* value below it */
    bool has_presence;
} kinds[] = {
    {0x07, {3, 3, 3, 0, 0}, {300000, 20000, 1001, 0, 0}, false},
    {0x07, {3, 3, 3, 0, 0}, {1000000000, 1000000000, 1001, 0, 0}, false},
    {0x07, {1, 2, 3, 0, 0}, {3000, 2000, 1001, 0, 0}, false},
    {0x08, {0, 0, 0, 1, 0}, {0, 0, 0, 30000, 0}, false},
    {0x08, {0, 0, 0, 9, 0}, {0, 0, 0, 1000000000000000000, 0}, false},
    {0x0f, {3, 3, 3, 3, 0}, {300000, 20000, 1001, 3000000, 0}, false},
    {0x0e, {0, 9, 6, 0, 0}, {0, 2000000000, 1000001, 4000, 0}, false},
    {0x0a, {0, 3, 0, 3, 0}, {0, 20000, 0, 3000000, 0}, false},
    {0x07,
     {9, 9, 9, 0, 0},
     {300000000000, 20000000000, 1000000001, 0, 0},
     false},
    {0x0f, {3, 3, 3, 3, 0}, {300000, 20000, 1001, 3000000, 0}, true},
    {0x10, {0, 0, 0, 0, 3}, {0, 0, 0, 0, 5000000}, false},
    {0x1f, {3, 3, 3, 3, 2}, {300000, 20000, 1001, 3000000, 90000}, true},
};

static int64_t
random_step(void)
{
    static const int64_t steps[] = {1,       999,      10000,   60000,
                                    900000,  3599999,  3600000, 3600001,
                                    7000000, 200000000};
    return pick(3) == 0 ? 1 + (int64_t)pick(4000000) : steps[pick(10)];
}

/* Rows of all devices in turn; each device's time ascends mostly. */
static void
fill_rows(struct rows *rows, size_t n, const struct kind *kind,
          int64_t clock_ms[N_DEVICES], unsigned disorder)
{
    rows->n = n;
    rows->columns = kind->columns;
    rows->has_presence = kind->has_presence;
    memcpy(rows->decimals, kind->decimals, sizeof(rows->decimals));
    unsigned shared = pick(3);
    for (size_t i = 0; i < n; i++) {
        uint32_t device =
            shared != 0 ? (uint32_t)(i % N_DEVICES) : pick(N_DEVICES);
        if (shared == 2) /* all devices at the same times */
            clock_ms[device] += 60000;
        else
            clock_ms[device] += random_step();
        if (disorder != 0 && pick(disorder) == 0)
            clock_ms[device] -= random_step();
        rows->device[i] = device;
        rows->time_ms[i] = clock_ms[device];
        rows->presence[i] = kind->has_presence ? random_presence() : 0;
        for (int c = 0; c < MEASURE_N; c++)
            rows->value[c][i] = (kind->columns >> c & 1) != 0
                                    ? random_value(kind->max[c], c)
                                    : 0;
    }
}

static void
open_set(struct totals_set *set, int64_t max_gap_ms, bool no_cache)
{
    totals_set_init(set, max_gap_ms, no_cache);
    assert_int_equal(totals_set_reserve(set, N_DEVICES), 0);
}

static void
add_by_row(struct totals_set *set, const struct batch_view *batch)
{
    for (size_t i = 0; i < batch->n_rows; i++)
        assert_int_equal(totals_add_row(set, batch, i), 0);
}

/* ---- comparing --------------------------------------------------------- */

static void
assert_same_wide(struct int256 a, struct int256 b)
{
    assert_int_equal(int256_compare(a, b), 0);
}

static void
assert_same_extra(const struct device_totals *a, const struct device_totals *b)
{
    static const struct totals_extra nothing;
    const struct totals_extra *x = a->extra != NULL ? a->extra : &nothing;
    const struct totals_extra *y = b->extra != NULL ? b->extra : &nothing;
    assert_int_equal(x->n_wide, y->n_wide);
    assert_int_equal(x->n_energy, y->n_energy);
    assert_same_wide(x->sum, y->sum);
    assert_same_wide(x->min, y->min);
    assert_same_wide(x->max, y->max);
    assert_same_wide(x->energy, y->energy);
    assert_value(x->efficiency, y->efficiency);
    if (a->last_nw == TOTALS_WIDE)
        assert_same_wide(x->last, y->last);
}

static void
assert_same_totals(const struct device_totals *a, const struct device_totals *b)
{
    assert_int_equal(a->n_readings, b->n_readings);
    assert_int_equal(a->last_ms, b->last_ms);
    assert_int_equal(a->last_nw, b->last_nw);
    assert_int_equal(a->min_nw, b->min_nw);
    assert_int_equal(a->max_nw, b->max_nw);
    assert_int_equal(a->n_efficiency, b->n_efficiency);
    assert_int_equal(a->n_gaps, b->n_gaps);
    assert_int_equal(a->gap_ms, b->gap_ms);
    assert_value(a->sum_nw, b->sum_nw);
    assert_value(a->energy, b->energy);
    assert_value(a->efficiency, b->efficiency);
    assert_same_extra(a, b);
}

static void
assert_same_energy(const struct energy_sum *a, const struct energy_sum *b)
{
    assert_value(a->units, b->units);
    assert_value(a->rest, b->rest);
    assert_same_wide(a->wide, b->wide);
}

static void
assert_same_profile(struct profile *a, struct profile *b)
{
    profile_finish(a);
    profile_finish(b);
    for (int h = 0; h < 24; h++) {
        assert_int_equal(a->hours[h].n_readings, b->hours[h].n_readings);
        assert_value(a->hours[h].power_nw, b->hours[h].power_nw);
        assert_same_wide(a->hours[h].power_wide, b->hours[h].power_wide);
        assert_same_energy(&a->hours[h].energy, &b->hours[h].energy);
    }
    assert_int_equal(a->n_days, b->n_days);
    for (size_t i = 0; i < a->n_days; i++) {
        assert_int_equal(a->days[i].day, b->days[i].day);
        assert_same_energy(&a->days[i].energy, &b->days[i].energy);
    }
}

/* Sums count only where nothing is disordered. */
static void
assert_same_sets(struct totals_set *a, struct totals_set *b)
{
    totals_set_flush(a);
    totals_set_flush(b);
    assert_int_equal(a->n_disordered, b->n_disordered);
    assert_int_equal(a->n_segments, b->n_segments);
    for (size_t i = 0; i < N_DEVICES; i++) {
        assert_int_equal(a->totals[i].is_disordered,
                         b->totals[i].is_disordered);
        if (a->totals[i].is_disordered)
            continue;
        assert_same_totals(&a->totals[i], &b->totals[i]);
        assert_int_equal(a->totals[i].n_segments, b->totals[i].n_segments);
        if (a->totals[i].n_readings > 0)
            assert_int_equal(a->firsts[i].first_ms, b->firsts[i].first_ms);
    }
    if (a->n_disordered == 0)
        assert_same_profile(&a->profile, &b->profile);
}

/* ---- the quick way ----------------------------------------------------- */

static const int64_t gaps_ms[] = {3600000, 600000, 1, 86400000 * INT64_C(3)};

static void
compare_ways(unsigned disorder, int n_rounds)
{
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < n_rounds; round++) {
        struct totals_set quick, general;
        int64_t clock_ms[N_DEVICES];
        for (int d = 0; d < N_DEVICES; d++)
            clock_ms[d] = START_MS + (int64_t)pick(2) * pick(90000000);
        open_set(&quick, gaps_ms[round % 4], pick(2) == 0);
        open_set(&general, gaps_ms[round % 4], true);
        unsigned n_kinds = sizeof(kinds) / sizeof(kinds[0]);
        unsigned mixed = pick(2);
        unsigned kind = pick(n_kinds);
        for (unsigned k = 0; k < 1 + pick(6); k++) {
            size_t n = 1 + pick(pick(4) == 0 ? MAX_ROWS : 1024);
            kind = mixed != 0 ? pick(n_kinds) : kind;
            fill_rows(rows, n, &kinds[kind], clock_ms, disorder);
            struct batch_view batch = view(rows, 0, n);
            assert_int_equal(totals_set_add(&quick, &batch), 0);
            add_by_row(&general, &batch);
        }
        assert_same_sets(&quick, &general);
        totals_set_release(&quick);
        totals_set_release(&general);
    }
    free(rows);
}

static void
both_ways_leave_the_same_sums(void **state)
{
    (void)state;
    compare_ways(0, 250);
}

static void
both_ways_leave_the_same_sums_of_unsorted_rows(void **state)
{
    (void)state;
    compare_ways(3000, 150);
    compare_ways(40, 30);
}

static void
the_quick_way_takes_ordinary_batches_only(void **state)
{
    (void)state;
    static const bool quick[] = {true,  false, false, true,  false, true,
                                 false, true,  false, false, false, false};
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        struct totals_set set;
        int status = 1;
        int64_t clock_ms[N_DEVICES] = {0};
        open_set(&set, 3600000, false);
        fill_rows(rows, 500, &kinds[k], clock_ms, 0);
        struct batch_view batch = view(rows, 0, 500);
        assert_int_equal(totals_block_add(&set, &batch, &status), quick[k]);
        assert_int_equal(status, quick[k] ? 0 : 1);
        totals_set_flush(&set);
        if (!quick[k]) {
            for (size_t d = 0; d < N_DEVICES; d++)
                assert_int_equal(set.totals[d].n_readings, 0);
        }
        totals_set_release(&set);
    }
    free(rows);
}

/* ---- plain arithmetic -------------------------------------------------- */

static void
sums_are_those_of_plain_arithmetic(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    struct totals_set set;
    int64_t clock_ms[N_DEVICES] = {0};
    open_set(&set, 3600000, false);
    fill_rows(rows, 1000, &kinds[0], clock_ms, 0);
    struct batch_view batch = view(rows, 0, 1000);
    assert_int_equal(totals_set_add(&set, &batch), 0);
    totals_set_flush(&set);
    for (uint32_t d = 0; d < N_DEVICES; d++) {
        int128 sum = 0, energy = 0;
        int64_t last_ms = 0, last_nw = 0, gap_ms = 0;
        uint64_t n = 0, n_gaps = 0;
        for (size_t i = 0; i < 1000; i++) {
            if (rows->device[i] != d)
                continue;
            int64_t nw =
                rows->value[0][i] * rows->value[1][i] * rows->value[2][i];
            int64_t dt = rows->time_ms[i] - last_ms;
            if (n++ > 0 && dt <= 3600000)
                energy += (int128)(nw + last_nw) * dt;
            else if (n > 1)
                gap_ms += (n_gaps++, dt);
            sum += nw;
            last_ms = rows->time_ms[i];
            last_nw = nw;
        }
        assert_int_equal(set.totals[d].n_readings, n);
        assert_int_equal(set.totals[d].n_efficiency, n);
        assert_value(set.totals[d].sum_nw, sum);
        assert_value(set.totals[d].energy, energy);
        assert_int_equal(set.totals[d].n_gaps, n_gaps);
        assert_int_equal(set.totals[d].gap_ms, gap_ms);
    }
    totals_set_release(&set);
    free(rows);
}

/* Two readings of one device, in watts at nine places. */
static void
add_pair(struct totals_set *set, int64_t t0_ms, int64_t dt_ms,
         const int64_t power[2])
{
    static const uint32_t device[2] = {0, 0};
    int64_t time_ms[2] = {t0_ms, t0_ms + dt_ms};
    struct batch_view batch = {
        .n_rows = 2, .device = device, .time_ms = time_ms};
    batch.columns[WATTLE_POWER] = power;
    batch.decimals[WATTLE_POWER] = 9;
    assert_int_equal(totals_set_add(set, &batch), 0);
    totals_set_flush(set);
}

/*
 * The part of a step within [a, b) ms after its start is
 * 2 p0 (b - a) + (p1 - p0) (b^2 - a^2) / dt; compared times dt and 2^60.
 */
static void
assert_part(const struct energy_sum *part, const int64_t power[2], int64_t dt,
            int64_t a, int64_t b)
{
    const int64_t unit = INT64_C(1) << ENERGY_REST_BITS;
    struct int256 got = int256_add(int256_mul(int256_from(part->units), unit),
                                   int256_from(part->rest));
    got = int256_mul(got, dt);
    struct int256 wanted = int256_mul(int256_from((int128)2 * power[0]), b - a);
    wanted = int256_mul(wanted, dt);
    struct int256 bend = int256_from((int128)b * b - (int128)a * a);
    wanted = int256_add(wanted, int256_mul(bend, power[1] - power[0]));
    wanted = int256_mul(wanted, unit);
    struct int256 off = int256_sub(got, wanted);
    if (int256_is_negative(off))
        off = int256_neg(off);
    assert_true(int256_compare(off, int256_from((int128)2 * dt)) <= 0);
}

static void
steps_are_split_at_full_hours(void **state)
{
    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct totals_set set;
        int64_t dt = 1 + (int64_t)pick(82800000);
        int64_t t0 = START_MS * (round % 2 == 0 ? 1 : -1) + pick(90000000);
        int64_t power[2] = {(int64_t)(counter_hash(1, (uint64_t)round) >> 12),
                            (int64_t)(counter_hash(2, (uint64_t)round) >> 12)};
        power[round % 3 == 0] *= -1;
        open_set(&set, dt, false);
        add_pair(&set, t0, dt, power);
        int128 units = 0, rest = 0;
        int64_t first = civil_floor_div(t0, CIVIL_MS_PER_HOUR);
        for (int64_t hour = first; hour * CIVIL_MS_PER_HOUR < t0 + dt; hour++) {
            int64_t of_day = hour - 24 * civil_floor_div(hour, 24);
            int64_t a = hour * CIVIL_MS_PER_HOUR - t0;
            int64_t b = a + CIVIL_MS_PER_HOUR;
            struct energy_sum *part = &set.profile.hours[of_day].energy;
            assert_part(part, power, dt, a < 0 ? 0 : a, b < dt ? b : dt);
            units += part->units;
            rest += part->rest;
        }
        assert_value(units, (int128)(power[0] + power[1]) * dt);
        assert_value(units, set.totals[0].energy);
        assert_value(rest, 0);
        totals_set_release(&set);
    }
}

static void
parts_of_wide_steps_add_up(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct totals_set set;
        int64_t dt = 1 + (int64_t)pick(400000000) * (1 + pick(50));
        uint64_t bits = counter_hash(3, (uint64_t)round);
        int64_t power[2] = {(int64_t)(bits % DECIMAL_MAX), DECIMAL_MAX};
        power[pick(2)] *= pick(2) == 0 ? 1 : -1;
        open_set(&set, dt, false);
        add_pair(&set, START_MS + pick(90000000), dt, power);
        struct int256 wanted =
            int256_mul(int256_from((int128)power[0] + power[1]), dt);
        wanted = int256_mul(wanted, DECIMAL_MAX);
        struct int256 hours = int256_from(0), days = int256_from(0);
        for (int h = 0; h < 24; h++)
            hours = int256_add(hours, set.profile.hours[h].energy.wide);
        for (size_t i = 0; i < set.profile.n_days; i++)
            days = int256_add(days, set.profile.days[i].energy.wide);
        assert_same_wide(hours, wanted);
        assert_same_wide(days, wanted);
        assert_same_wide(set.totals[0].extra->energy, wanted);
        totals_set_release(&set);
    }
}

/* ---- joining ----------------------------------------------------------- */

/* All rows of one device from a sorted table, in a range of its rows. */
static void
feed_range(struct totals_set *set, const struct rows *rows, uint32_t device,
           uint32_t as, size_t first, size_t end)
{
    size_t at = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->device[i] != device)
            continue;
        if (at >= first && at < end) {
            struct batch_view batch = view(rows, i, 1);
            batch.device = &as;
            assert_int_equal(totals_set_add(set, &batch), 0);
        }
        at++;
    }
}

static size_t
count_rows(const struct rows *rows, uint32_t device)
{
    size_t n = 0;
    for (size_t i = 0; i < rows->n; i++)
        n += rows->device[i] == device;
    return n;
}

static void
shuffle(uint32_t *numbers, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        numbers[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = pick(i), swap = numbers[i - 1];
        numbers[i - 1] = numbers[k];
        numbers[k] = swap;
    }
}

/* Several sets, each with its own numbers for the devices. */
struct crowd {
    uint32_t n;
    struct totals_set sets[MAX_SETS];
    struct totals_set *pointers[MAX_SETS];
    uint32_t local_of[MAX_SETS][N_DEVICES];
    uint32_t global_of[MAX_SETS][N_DEVICES];
    const uint32_t *device_of[MAX_SETS];
};

static void
open_crowd(struct crowd *crowd, int64_t max_gap_ms)
{
    crowd->n = 1 + pick(MAX_SETS);
    for (uint32_t k = 0; k < crowd->n; k++) {
        open_set(&crowd->sets[k], max_gap_ms, pick(2) == 0);
        crowd->pointers[k] = &crowd->sets[k];
        shuffle(crowd->global_of[k], N_DEVICES);
        for (uint32_t d = 0; d < N_DEVICES; d++)
            crowd->local_of[k][crowd->global_of[k][d]] = d;
        crowd->device_of[k] = crowd->global_of[k];
    }
}

static void
close_crowd(struct crowd *crowd)
{
    for (uint32_t k = 0; k < crowd->n; k++)
        totals_set_release(&crowd->sets[k]);
}

/* Each set gets one range of the device, perhaps in parts from the back. */
static void
share_out(struct crowd *crowd, const struct rows *rows, uint32_t device)
{
    uint32_t order[MAX_SETS];
    size_t left = count_rows(rows, device), end = left;
    shuffle(order, crowd->n);
    for (uint32_t k = 0; k < crowd->n; k++) {
        struct totals_set *set = &crowd->sets[order[k]];
        uint32_t as = crowd->local_of[order[k]][device];
        size_t first = k + 1 < crowd->n ? pick((unsigned)end + 1) : 0;
        while (end > first) {
            size_t n =
                pick(2) == 0 ? end - first : 1 + pick((unsigned)(end - first));
            if (end - n > first && end - n < first + (left / 40))
                n = end - first;
            feed_range(set, rows, device, as, end - n, end);
            end -= n;
        }
    }
}

static void
joined_segments_equal_one_pass(void **state)
{
    (void)state;
    static const int some_kinds[] = {0, 0, 8, 9, 11, 4};
    struct rows *rows = malloc(sizeof(*rows));
    struct crowd *crowd = malloc(sizeof(*crowd));
    assert_true(rows != NULL && crowd != NULL);
    for (int round = 0; round < 300; round++) {
        struct totals_set whole, total;
        int64_t clock_ms[N_DEVICES];
        for (int d = 0; d < N_DEVICES; d++)
            clock_ms[d] = START_MS;
        fill_rows(rows, 400, &kinds[some_kinds[round % 6]], clock_ms, 0);
        open_set(&whole, gaps_ms[round % 4], false);
        open_set(&total, gaps_ms[round % 4], false);
        struct batch_view batch = view(rows, 0, rows->n);
        assert_int_equal(totals_set_add(&whole, &batch), 0);
        totals_set_flush(&whole);
        open_crowd(crowd, gaps_ms[round % 4]);
        for (uint32_t d = 0; d < N_DEVICES; d++)
            share_out(crowd, rows, d);
        assert_int_equal(totals_set_join(&total, crowd->pointers,
                                         crowd->device_of, crowd->n),
                         0);
        assert_int_equal(total.n_disordered, 0);
        for (size_t d = 0; d < N_DEVICES; d++)
            assert_same_totals(&total.totals[d], &whole.totals[d]);
        assert_same_profile(&total.profile, &whole.profile);
        close_crowd(crowd);
        totals_set_release(&whole);
        totals_set_release(&total);
    }
    free(crowd);
    free(rows);
}

/* Rows dealt out anyhow: never a wrong totals, at worst a disordered one. */
static void
what_cannot_be_joined_is_disordered(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    struct crowd *crowd = malloc(sizeof(*crowd));
    assert_true(rows != NULL && crowd != NULL);
    size_t n_disordered = 0, n_joined = 0;
    for (int round = 0; round < 400; round++) {
        struct totals_set whole, total;
        int64_t clock_ms[N_DEVICES] = {0};
        fill_rows(rows, 30, &kinds[0], clock_ms, 0);
        open_set(&whole, 3600000, false);
        open_set(&total, 3600000, false);
        struct batch_view batch = view(rows, 0, rows->n);
        assert_int_equal(totals_set_add(&whole, &batch), 0);
        totals_set_flush(&whole);
        open_crowd(crowd, 3600000);
        for (size_t i = 0; i < rows->n; i++) {
            uint32_t k = pick(crowd->n);
            batch = view(rows, i, 1);
            batch.device = &crowd->local_of[k][rows->device[i]];
            assert_int_equal(totals_set_add(&crowd->sets[k], &batch), 0);
        }
        assert_int_equal(totals_set_join(&total, crowd->pointers,
                                         crowd->device_of, crowd->n),
                         0);
        for (size_t d = 0; d < N_DEVICES; d++) {
            if (!total.totals[d].is_disordered)
                assert_same_totals(&total.totals[d], &whole.totals[d]);
            n_joined += !total.totals[d].is_disordered;
        }
        n_disordered += total.n_disordered;
        close_crowd(crowd);
        totals_set_release(&whole);
        totals_set_release(&total);
    }
    assert_true(n_disordered > 200 && n_joined > 200);
    free(crowd);
    free(rows);
}

/* ---- disorder ---------------------------------------------------------- */

static bool
is_disordered_after(const int64_t *times_ms, size_t n, size_t n_sets)
{
    static const uint32_t device = 0;
    static const int64_t power = 5;
    struct totals_set sets[2], total;
    struct totals_set *pointers[2] = {&sets[0], &sets[1]};
    const uint32_t *const device_of[2] = {NULL, NULL};
    open_set(&sets[0], 3600000, false);
    open_set(&sets[1], 3600000, false);
    open_set(&total, 3600000, false);
    for (size_t i = 0; i < n; i++) {
        struct batch_view batch = {
            .n_rows = 1, .device = &device, .time_ms = &times_ms[i]};
        batch.columns[WATTLE_POWER] = &power;
        totals_set_add(&sets[n_sets == 2 && i >= n / 2], &batch);
    }
    assert_int_equal(totals_set_join(&total, pointers, device_of, 2), 0);
    bool is_disordered = total.totals[0].is_disordered;
    assert_int_equal(total.n_disordered, is_disordered);
    assert_true(is_disordered || total.totals[0].n_readings == n);
    totals_set_release(&sets[0]);
    totals_set_release(&sets[1]);
    totals_set_release(&total);
    return is_disordered;
}

static void
duplicates_and_overlaps_mark_disorder(void **state)
{
    (void)state;
    static const struct {
        int64_t times_ms[4];
        size_t n, n_sets;
        bool is_disordered;
    } cases[] = {
        {{1, 2, 3, 4}, 4, 1, false}, {{1, 2, 2, 4}, 4, 1, true},
        {{1, 3, 2, 4}, 4, 1, true},  {{3, 4, 1, 2}, 4, 1, false},
        {{3, 4, 1, 3}, 4, 1, true},  {{3, 4, 1, 5}, 4, 1, true},
        {{3, 4, 2, 1}, 4, 1, false}, {{1, 1}, 2, 1, true},
        {{1, 2, 3, 4}, 4, 2, false}, {{3, 4, 1, 2}, 4, 2, false},
        {{1, 2, 2, 4}, 4, 2, true},  {{2, 4, 1, 2}, 4, 2, true},
        {{1, 4, 2, 3}, 4, 2, true},  {{1, 3, 2, 4}, 4, 2, true},
        {{7, 7}, 2, 2, true},        {{8, 7}, 2, 2, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (is_disordered_after(cases[i].times_ms, cases[i].n,
                                cases[i].n_sets) != cases[i].is_disordered)
            fail_msg("case %zu", i);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quick_way_takes_ordinary_batches_only),
        cmocka_unit_test(both_ways_leave_the_same_sums),
        cmocka_unit_test(both_ways_leave_the_same_sums_of_unsorted_rows),
        cmocka_unit_test(sums_are_those_of_plain_arithmetic),
        cmocka_unit_test(steps_are_split_at_full_hours),
        cmocka_unit_test(parts_of_wide_steps_add_up),
        cmocka_unit_test(joined_segments_equal_one_pass),
        cmocka_unit_test(what_cannot_be_joined_is_disordered),
        cmocka_unit_test(duplicates_and_overlaps_mark_disorder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
