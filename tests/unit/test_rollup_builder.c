/*
 * test_rollup_builder.c - sums of days and hours against plain long doubles,
 * over segments that are cut anywhere.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "codec/block.h"
#include "generate/counter_hash.h"
#include "analytics/rollup_builder.h"
#include "wattle/error.h"

enum { MAX_READINGS = 4000, MAX_DAYS = 4000 };

#define START_MS INT64_C(1696118400000)
#define HOUR_MS  CIVIL_MS_PER_HOUR

static uint64_t seed_counter;

static uint64_t
below(uint64_t limit)
{
    return counter_hash(14, seed_counter++) % limit;
}

struct reading {
    int64_t time_ms;
    int64_t power_mw;
};

/* A day as plain arithmetic has it. */
struct plain_day {
    bool is_there;
    uint64_t n_readings;
    long double sum_mw, min_mw, max_mw, hour_mwh[24];
};

static struct reading readings[MAX_READINGS];
static struct plain_day days[MAX_DAYS];

/* Energy of a step from a to b, hour by hour, along the line between. */
static void
add_step(const struct reading *a, const struct reading *b, int64_t first_day)
{
    const int64_t step_ms = b->time_ms - a->time_ms;
    if (step_ms > HOUR_MS)
        return;
    for (int64_t at = a->time_ms; at < b->time_ms;) {
        int64_t hour = civil_floor_div(at, HOUR_MS);
        int64_t end = (hour + 1) * HOUR_MS < b->time_ms ? (hour + 1) * HOUR_MS
                                                        : b->time_ms;
        long double middle =
            ((long double)(at - a->time_ms) + (long double)(end - a->time_ms)) /
            2 / (long double)step_ms;
        long double mean_mw = (long double)a->power_mw +
                              (long double)(b->power_mw - a->power_mw) * middle;
        struct plain_day *day = &days[civil_floor_div(hour, 24) - first_day];
        day->hour_mwh[hour - civil_floor_div(hour, 24) * 24] +=
            mean_mw * (long double)(end - at) / (long double)HOUR_MS;
        day->is_there = true;
        at = end;
    }
}

static void
compute_days(size_t n, int64_t first_day)
{
    memset(days, 0, sizeof(days));
    for (size_t i = 0; i < n; i++) {
        const struct reading *r = &readings[i];
        struct plain_day *day =
            &days[civil_floor_div(r->time_ms, CIVIL_MS_PER_DAY) - first_day];
        long double power_mw = (long double)r->power_mw;
        day->is_there = true;
        if (day->n_readings == 0)
            day->min_mw = day->max_mw = power_mw;
        day->min_mw = power_mw < day->min_mw ? power_mw : day->min_mw;
        day->max_mw = power_mw > day->max_mw ? power_mw : day->max_mw;
        day->n_readings++;
        day->sum_mw += power_mw;
        if (i > 0)
            add_step(&readings[i - 1], r, first_day);
    }
}

static void
assert_near(int64_t found, long double wanted)
{
    assert_true(fabsl((long double)found - wanted) <= 1.0L);
}

static void
check_days(const struct rollup_builder *meter, int64_t first_day)
{
    size_t at = 0;
    for (size_t d = 0; d < MAX_DAYS; d++) {
        const struct plain_day *day = &days[d];
        long double energy_mwh = 0;
        if (!day->is_there)
            continue;
        assert_true(at < meter->n_days);
        const struct day_sum *sum = &meter->days[at++];
        assert_int_equal(sum->day, first_day + (int64_t)d);
        assert_int_equal(sum->n_readings, day->n_readings);
        for (int h = 0; h < 24; h++) {
            assert_near(sum->hour_mwh[h], day->hour_mwh[h]);
            energy_mwh += day->hour_mwh[h];
        }
        assert_near(sum->energy_mwh, energy_mwh);
        if (day->n_readings == 0)
            continue;
        assert_int_equal(sum->n_power, day->n_readings);
        assert_near(sum->mean_mw, day->sum_mw / (long double)day->n_readings);
        assert_near(sum->min_mw, day->min_mw);
        assert_near(sum->max_mw, day->max_mw);
    }
    assert_int_equal(at, meter->n_days);
}

static void
cut(struct rollup_builder *meter)
{
    struct device_totals totals = {0};
    struct totals_first first;
    struct profile profile;
    assert_int_equal(rollup_builder_cut(meter, &totals, &first, &profile),
                     WATTLE_OK);
    free(totals.extra);
    aggregate_release(&first.states);
    profile_release(&profile);
}

/* Feeds the readings in blocks, cutting segments now and then. */
static void
feed(struct rollup_builder *meter, size_t n)
{
    static struct block block;
    for (size_t at = 0; at < n;) {
        size_t end = at + 1 + below(BLOCK_ROWS);
        end = end < n ? end : n;
        block.n_rows = end - at;
        block.exponent = BLOCK_MILLI;
        block.columns =
            BLOCK_BIT(BLOCK_TIME) | BLOCK_BIT(BLOCK_VALUE + WATTLE_POWER);
        for (size_t i = at; i < end; i++) {
            block.column[BLOCK_TIME][i - at] = readings[i].time_ms;
            block.column[BLOCK_VALUE + WATTLE_POWER][i - at] =
                readings[i].power_mw;
        }
        const struct batch_view rows =
            block_view(&block, 0, block.n_rows, block_no_device, NULL);
        assert_int_equal(rollup_builder_add(meter, &rows), WATTLE_OK);
        at = end;
        if (at < n && below(2) == 0)
            cut(meter);
    }
    cut(meter);
    assert_int_equal(rollup_builder_finish(meter), WATTLE_OK);
}

static void
days_are_those_of_plain_arithmetic(void **state)
{
    (void)state;
    static const int64_t steps_ms[] = {1000,    60000,   900000,
                                       3600000, 3600001, 7 * 60000};
    for (int round = 0; round < 80; round++) {
        struct rollup_builder meter;
        size_t n = 1 + below(MAX_READINGS);
        int64_t step_ms = steps_ms[below(6)];
        int64_t now_ms = (below(4) == 0 ? -START_MS : START_MS) +
                         (int64_t)below(2 * CIVIL_MS_PER_DAY);
        int64_t first_day = civil_floor_div(now_ms, CIVIL_MS_PER_DAY);
        for (size_t i = 0; i < n; i++) {
            readings[i].time_ms = now_ms;
            readings[i].power_mw = (int64_t)below(4000000) - 500000;
            now_ms += step_ms;
            if (below(200) == 0)
                now_ms += (int64_t)below(3 * CIVIL_MS_PER_DAY);
        }
        assert_int_equal(
            rollup_builder_init(&meter, kernels_for(0), NULL, HOUR_MS),
            WATTLE_OK);
        compute_days(n, first_day);
        feed(&meter, n);
        check_days(&meter, first_day);
        rollup_builder_release(&meter);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_those_of_plain_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
