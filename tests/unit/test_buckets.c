/*
 * test_buckets.c - buckets: the quick way against the general way, both
 * against plain arithmetic, merging against one pass, and where buckets begin.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/totals.h"
#include "analytics/buckets_block.h"
#include "base/civil_time.h"
#include "made_rows.h"
#include "unit.h"

#define HOUR_MS CIVIL_MS_PER_HOUR

/* ---- batches ----------------------------------------------------------- */

static const struct kind {
    uint8_t columns;
    uint8_t decimals[MEASURE_N];
    int64_t max[MEASURE_N]; /* values below it */
    bool has_presence;
    bool is_quick;
} kinds[] = {
    {0x07, {3, 3, 3, 0, 0}, {300000, 20000, 1001, 0, 0}, false, true},
    {0x07, {3, 3, 3, 0, 0}, {300000, 90000, 1001, 0, 0}, false, true},
    {0x08, {0, 0, 0, 1, 0}, {0, 0, 0, 30000, 0}, false, true},
    {0x0f, {3, 3, 3, 3, 0}, {300000, 20000, 1001, 3000000, 0}, false, true},
    {0x09, {3, 0, 0, 3, 0}, {300000, 0, 0, 3000000, 0}, false, true},
    /* too large, other decimals, absent columns, energies */
    {0x07, {3, 3, 3, 0, 0}, {1000000000, 1000000000, 1001, 0, 0}, false, false},
    {0x08, {0, 0, 0, 9, 0}, {0, 0, 0, 1000000000000000000, 0}, false, false},
    {0x07,
     {9, 9, 9, 0, 0},
     {300000000000, 20000000000, 1000000001, 0, 0},
     false,
     false},
    {0x0f, {3, 3, 3, 3, 0}, {300000, 20000, 1001, 3000000, 0}, true, false},
    {0x10, {0, 0, 0, 0, 3}, {0, 0, 0, 0, 5000000}, false, false},
    {0x1f, {3, 3, 3, 3, 2}, {300000, 20000, 1001, 3000000, 90000}, true, false},
};

enum { N_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static int64_t
random_step(unsigned pace)
{
    static const int64_t steps[] = {1,       999,      10000,   60000,
                                    900000,  3599999,  3600000, 3600001,
                                    7000000, 200000000};
    if (pace == 0)
        return 900000; /* on the quarter of an hour */
    if (pace == 1)
        return 890000 + pick(20000);
    return pick(3) == 0 ? 1 + (int64_t)pick(4000000) : steps[pick(10)];
}

static void
fill_rows(struct rows *rows, size_t n, const struct kind *kind,
          int64_t *clock_ms, unsigned pace)
{
    rows->n = n;
    rows->columns = kind->columns;
    rows->has_presence = kind->has_presence;
    memcpy(rows->decimals, kind->decimals, sizeof(rows->decimals));
    for (size_t i = 0; i < n; i++) {
        *clock_ms += random_step(pace);
        rows->device[i] = 3;
        rows->time_ms[i] = *clock_ms;
        rows->presence[i] = kind->has_presence ? random_presence() : 0;
        for (int c = 0; c < MEASURE_N; c++)
            rows->value[c][i] = (kind->columns >> c & 1) != 0
                                    ? random_value(kind->max[c], c)
                                    : 0;
    }
}

static const struct bucket_rule rules[] = {
    {BUCKET_WHOLE, 0, NULL},           {BUCKET_SPANS, 60000, NULL},
    {BUCKET_SPANS, 900000, NULL},      {BUCKET_SPANS, HOUR_MS, NULL},
    {BUCKET_SPANS, 86400000, NULL},    {BUCKET_SPANS, 604800000, NULL},
    {BUCKET_SPANS, 7 * 1234567, NULL}, {BUCKET_MONTHS, 1, NULL},
    {BUCKET_MONTHS, 3, NULL},          {BUCKET_MONTHS, 12, NULL},
};

enum { N_RULES = sizeof(rules) / sizeof(rules[0]) };

static const int64_t gaps_ms[] = {HOUR_MS, 600000, 1, 3 * CIVIL_MS_PER_DAY};

static struct buckets_options
random_options(int64_t start_ms)
{
    struct buckets_options options = {
        .rule = rules[pick(N_RULES)],
        .since_ms = INT64_MIN,
        .until_ms = INT64_MAX,
        .max_gap_ms = gaps_ms[pick(4)],
        .fields = pick(4) == 0 ? pick(WATTLE_QUERY_ALL + 1) : WATTLE_QUERY_ALL,
        .kernels = kernels_for(0)};
    if (options.rule.size == 60000 && options.max_gap_ms > HOUR_MS)
        options.max_gap_ms = HOUR_MS; /* enough buckets as it is */
    if (pick(2) == 0)
        options.since_ms = start_ms + (int64_t)pick(100000000) - 20000000;
    if (pick(2) == 0)
        options.until_ms = start_ms + (int64_t)pick(500000000);
    return options;
}

/* ---- comparing --------------------------------------------------------- */

static void
assert_same_256(struct int256 a, struct int256 b)
{
    assert_int_equal(int256_compare(a, b), 0);
}

static void
assert_same_wide(const struct bucket *a, const struct bucket *b)
{
    static const struct bucket_wide nothing;
    const struct bucket_wide *x = a->wide != NULL ? a->wide : &nothing;
    const struct bucket_wide *y = b->wide != NULL ? b->wide : &nothing;
    assert_int_equal(x->n_power, y->n_power);
    assert_same_256(x->power, y->power);
    assert_same_256(x->min, y->min);
    assert_same_256(x->max, y->max);
    assert_same_256(x->energy, y->energy);
    assert_value(x->returned.units, y->returned.units);
    assert_value(x->returned.rest, y->returned.rest);
    assert_same_256(x->returned.wide, y->returned.wide);
}

static void
assert_same_bucket(const struct bucket *a, const struct bucket *b)
{
    assert_int_equal(a->range.start_ms, b->range.start_ms);
    assert_int_equal(a->range.end_ms, b->range.end_ms);
    assert_int_equal(a->first_ms, b->first_ms);
    assert_int_equal(a->last_ms, b->last_ms);
    assert_int_equal(a->covered_ms, b->covered_ms);
    if (a->is_joint && b->is_joint)
        assert_same_256(a->means, b->means);
    assert_int_equal(a->n_readings, b->n_readings);
    assert_int_equal(a->n_power, b->n_power);
    assert_int_equal(a->n_efficiency, b->n_efficiency);
    assert_int_equal(a->min_nw, b->min_nw);
    assert_int_equal(a->max_nw, b->max_nw);
    assert_value(a->power_nw, b->power_nw);
    assert_value(a->energy, b->energy);
    assert_value(a->energy_rest, b->energy_rest);
    assert_value(a->efficiency, b->efficiency);
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        assert_int_equal(a->n_values[c], b->n_values[c]);
        assert_value(a->values_nano[c], b->values_nano[c]);
    }
    assert_same_wide(a, b);
}

static void
assert_same_list(const struct bucket_list *a, const struct bucket_list *b)
{
    assert_int_equal(a->n, b->n);
    for (size_t i = 0; i < a->n; i++) {
        assert_same_bucket(&a->items[i], &b->items[i]);
        if (i > 0)
            assert_true(a->items[i].range.start_ms >=
                        a->items[i - 1].range.end_ms);
    }
}

/* ---- the quick way ----------------------------------------------------- */

/* Adds all rows; what is final moves to `list` now and then. */
static void
add_all(struct buckets *buckets, const struct batch_view *batch,
        struct bucket_list *list)
{
    for (size_t row = 0; row < batch->n_rows;) {
        size_t before = row;
        assert_int_equal(buckets_add(buckets, batch, &row), 0);
        size_t n_done = buckets->list.n > 0 ? buckets->list.n - 1 : 0;
        if (n_done == 0)
            continue;
        struct bucket_list done = {0};
        for (size_t i = 0; i < n_done; i++) {
            struct bucket *bucket = &buckets->list.items[i];
            *bucket_list_append(&done, bucket->range) = *bucket;
            bucket->wide = NULL;
        }
        bucket_list_drop(&buckets->list, n_done);
        assert_int_equal(bucket_list_merge(list, &done, done.n), 0);
        bucket_list_release(&done);
        assert_true(row > before);
    }
}

static void
add_by_row(struct buckets *buckets, const struct batch_view *batch)
{
    for (size_t i = 0; i < batch->n_rows; i++)
        assert_int_equal(buckets_add_row(buckets, batch, i), 0);
}

static void
compare_ways(struct rows *rows, int64_t start_ms)
{
    struct buckets quick, general;
    struct bucket_list list = {0};
    int64_t clock_ms = start_ms;
    struct buckets_options options = random_options(start_ms);
    buckets_init(&quick, &options);
    buckets_init(&general, &options);
    general.options.no_cache = true;
    unsigned pace = pick(3), mixed = pick(2), kind = pick(N_KINDS);
    for (unsigned k = 1 + pick(6); k > 0; k--) {
        size_t n = 1 + pick(pick(4) == 0 ? MAX_ROWS : 1024);
        kind = mixed != 0 ? pick(N_KINDS) : kind;
        fill_rows(rows, n, &kinds[kind], &clock_ms, pace);
        struct batch_view batch = view(rows, 0, n);
        add_all(&quick, &batch, &list);
        add_by_row(&general, &batch);
    }
    assert_int_equal(bucket_list_merge(&list, &quick.list, quick.list.n), 0);
    assert_same_list(&list, &general.list);
    bucket_list_release(&list);
    buckets_release(&quick);
    buckets_release(&general);
}

static void
both_ways_leave_the_same_sums(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 150; round++)
        compare_ways(rows, START_MS + (int64_t)pick(90000000));
    for (int round = 0; round < 50; round++)
        compare_ways(rows, -200000000 - (int64_t)pick(90000000));
    free(rows);
}

static void
the_quick_way_takes_ordinary_batches_only(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (size_t k = 0; k < N_KINDS; k++) {
        struct buckets buckets;
        struct buckets_options options = {.rule = rules[3],
                                          .since_ms = INT64_MIN,
                                          .until_ms = INT64_MAX,
                                          .max_gap_ms = HOUR_MS,
                                          .fields = WATTLE_QUERY_ALL,
                                          .kernels = kernels_for(0)};
        int64_t clock_ms = START_MS;
        int status = 1;
        size_t row = 0;
        buckets_init(&buckets, &options);
        fill_rows(rows, 500, &kinds[k], &clock_ms, 0);
        struct batch_view batch = view(rows, 0, 500);
        assert_int_equal(buckets_add_block(&buckets, &batch, &row, &status),
                         kinds[k].is_quick);
        assert_int_equal(status, kinds[k].is_quick ? 0 : 1);
        assert_int_equal(row, kinds[k].is_quick ? 500 : 0);
        assert_int_equal(buckets.list.n, kinds[k].is_quick ? 126 : 0);
        buckets_release(&buckets);
    }
    free(rows);
}

/* ---- plain arithmetic -------------------------------------------------- */

/* Adds powers in W with nine decimals, at times. */
static void
add_powers(struct buckets *buckets, const int64_t *time_ms,
           const int64_t *power, size_t n)
{
    struct batch_view batch = {.n_rows = n, .time_ms = time_ms};
    batch.columns[WATTLE_POWER] = power;
    batch.decimals[WATTLE_POWER] = 9;
    for (size_t row = 0; row < n;)
        assert_int_equal(buckets_add(buckets, &batch, &row), 0);
}

static struct buckets
simple(struct bucket_rule rule, int64_t since_ms, int64_t until_ms)
{
    struct buckets buckets;
    struct buckets_options options = {.rule = rule,
                                      .since_ms = since_ms,
                                      .until_ms = until_ms,
                                      .max_gap_ms = 4 * HOUR_MS,
                                      .fields = WATTLE_QUERY_ALL,
                                      .kernels = kernels_for(0)};
    buckets_init(&buckets, &options);
    return buckets;
}

static double
kwh(const struct bucket *bucket)
{
    struct wattle_query_figures figures;
    bucket_figures(bucket, WATTLE_QUERY_ENERGY, &figures);
    return figures.energy_kwh;
}

/* 0 W at 08:45, 1200 W at 09:15: 75 Wh before nine and 225 Wh after. */
static void
steps_are_split_at_borders(void **state)
{
    (void)state;
    const int64_t nine = START_MS + 9 * HOUR_MS;
    const int64_t time_ms[] = {nine - 900000, nine + 900000};
    const int64_t power[] = {0, INT64_C(1200000000000)};
    const struct bucket_rule hours = {BUCKET_SPANS, HOUR_MS, NULL};
    struct buckets buckets = simple(hours, INT64_MIN, INT64_MAX);
    add_powers(&buckets, time_ms, power, 2);
    assert_int_equal(buckets.list.n, 2);
    assert_value(kwh(&buckets.list.items[0]), 0.075);
    assert_value(kwh(&buckets.list.items[1]), 0.225);
    assert_int_equal(buckets.list.items[1].range.start_ms, nine);
    buckets_release(&buckets);

    /* from 08:50 (400 W) to 09:00 (600 W), and from there to 09:10 (1000) */
    buckets = simple(hours, nine - 600000, nine + 600000);
    add_powers(&buckets, time_ms, power, 2);
    assert_int_equal(buckets.list.n, 2);
    assert_int_equal(buckets.list.items[0].n_readings, 0);
    assert_true(fabs(kwh(&buckets.list.items[0]) - 0.4 / 6) < 1e-16);
    assert_true(fabs(kwh(&buckets.list.items[1]) - 0.8 / 6) < 1e-16);
    buckets_release(&buckets);
}

static void
empty_buckets_in_a_step_have_its_energy(void **state)
{
    (void)state;
    const int64_t time_ms[] = {START_MS, START_MS + HOUR_MS};
    const int64_t power[] = {INT64_C(60000000000), INT64_C(60000000000)};
    struct buckets buckets = simple(
        (struct bucket_rule){BUCKET_SPANS, 60000, NULL}, INT64_MIN, INT64_MAX);
    add_powers(&buckets, time_ms, power, 2);
    assert_int_equal(buckets.list.n, 61);
    for (size_t i = 0; i < 60; i++)
        assert_value(kwh(&buckets.list.items[i]), 0.001);
    assert_value(kwh(&buckets.list.items[60]), 0);
    assert_int_equal(buckets.list.items[60].n_readings, 1);
    assert_int_equal(buckets.list.items[30].n_readings, 0);
    buckets_release(&buckets);
}

/* The parts of all buckets, and of adjoining ranges, are the whole. */
static void
parts_add_up_to_the_whole(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 60; round++) {
        int64_t clock_ms = START_MS;
        fill_rows(rows, 300, &kinds[pick(5)], &clock_ms, 2);
        struct batch_view batch = view(rows, 0, 300);
        struct buckets whole = simple(rules[0], INT64_MIN, INT64_MAX);
        struct buckets before = simple(rules[pick(N_RULES)], INT64_MIN,
                                       rows->time_ms[150] + pick(900000));
        struct buckets after =
            simple(before.options.rule, before.options.until_ms, INT64_MAX);
        add_by_row(&whole, &batch);
        add_by_row(&before, &batch);
        add_by_row(&after, &batch);
        int128 units = 0, rest = 0;
        uint64_t n = 0;
        assert_int_equal(
            bucket_list_merge(&before.list, &after.list, after.list.n), 0);
        for (size_t i = 0; i < before.list.n; i++) {
            units += before.list.items[i].energy;
            rest += before.list.items[i].energy_rest;
            n += before.list.items[i].n_readings;
        }
        assert_int_equal(n, 300);
        assert_value(units, whole.list.items[0].energy);
        assert_value(rest, 0);
        buckets_release(&whole);
        buckets_release(&before);
        buckets_release(&after);
    }
    free(rows);
}

/* A bucket of everything has what the device's totals have. */
static void
the_whole_is_the_totals(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 33; round++) {
        struct totals_set set;
        int64_t clock_ms = START_MS;
        fill_rows(rows, 700, &kinds[round % N_KINDS], &clock_ms, 2);
        struct batch_view batch = view(rows, 0, 700);
        totals_set_init(&set, 4 * HOUR_MS, false);
        set.is_fine = true;
        assert_int_equal(totals_set_reserve(&set, 4), 0);
        assert_int_equal(totals_set_add(&set, &batch), 0);
        totals_set_flush(&set);
        const struct device_totals *a = &set.totals[3];
        struct buckets whole = simple(rules[0], INT64_MIN, INT64_MAX);
        for (size_t row = 0; row < 700;)
            assert_int_equal(buckets_add(&whole, &batch, &row), 0);
        const struct bucket *b = &whole.list.items[0];
        assert_int_equal(a->n_readings, b->n_readings);
        assert_int_equal(a->n_efficiency, b->n_efficiency);
        assert_value(a->sum_nw, b->power_nw);
        assert_value(a->energy, b->energy);
        assert_value(a->extra != NULL ? a->extra->efficiency : 0,
                     b->efficiency);
        assert_value(b->energy_rest, 0);
        assert_int_equal(a->min_nw, b->min_nw);
        assert_int_equal(a->max_nw, b->max_nw);
        assert_int_equal(a->last_ms, b->last_ms);
        if (a->extra != NULL && b->wide != NULL) {
            assert_same_256(a->extra->sum, b->wide->power);
            assert_same_256(a->extra->energy, b->wide->energy);
            assert_value(a->extra->returned.units, b->wide->returned.units);
            assert_same_256(a->extra->returned.wide, b->wide->returned.wide);
        }
        totals_set_release(&set);
        buckets_release(&whole);
    }
    free(rows);
}

/* ---- merging ----------------------------------------------------------- */

static void
merging_is_adding_in_any_order(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 40; round++) {
        struct bucket_list sums[2] = {{0}, {0}};
        struct bucket_rule rule = rules[pick(N_RULES)];
        struct buckets devices[2][3];
        for (int d = 0; d < 3; d++) {
            int64_t clock_ms = START_MS + (int64_t)pick(200000000);
            fill_rows(rows, 1 + pick(400), &kinds[pick(N_KINDS)], &clock_ms, 2);
            struct batch_view batch = view(rows, 0, rows->n);
            for (int order = 0; order < 2; order++) {
                devices[order][d] = simple(rule, INT64_MIN, INT64_MAX);
                add_by_row(&devices[order][d], &batch);
            }
        }
        for (int d = 0; d < 3; d++) {
            struct bucket_list *up = &devices[0][d].list;
            struct bucket_list *down = &devices[1][2 - d].list;
            assert_int_equal(bucket_list_merge(&sums[0], up, up->n), 0);
            assert_int_equal(bucket_list_merge(&sums[1], down, down->n), 0);
        }
        assert_same_list(&sums[0], &sums[1]);
        for (int d = 0; d < 3; d++) {
            buckets_release(&devices[0][d]);
            buckets_release(&devices[1][d]);
        }
        bucket_list_release(&sums[0]);
        bucket_list_release(&sums[1]);
    }
    free(rows);
}

/* ---- rules ------------------------------------------------------------- */

static void
assert_range(struct bucket_rule rule, int64_t time_ms, const char *start,
             const char *end)
{
    char text[CIVIL_TEXT_SIZE];
    struct bucket_range range = bucket_rule_range(&rule, time_ms);
    civil_format(range.start_ms, text);
    assert_string_equal(text, start);
    civil_format(range.end_ms, text);
    assert_string_equal(text, end);
    assert_true(range.start_ms <= time_ms && time_ms < range.end_ms);
}

static void
buckets_begin_where_people_expect(void **state)
{
    (void)state;
    const struct bucket_rule week = {BUCKET_SPANS, 604800000, NULL};
    const struct bucket_rule month = {BUCKET_MONTHS, 1, NULL};
    const struct bucket_rule quarter = {BUCKET_MONTHS, 3, NULL};
    const struct bucket_rule year = {BUCKET_MONTHS, 12, NULL};
    const struct bucket_rule hour = {BUCKET_SPANS, HOUR_MS, NULL};
    const int64_t sunday = START_MS; /* 2023-10-01 */
    assert_range(week, sunday, "2023-09-25T00:00:00Z", "2023-10-02T00:00:00Z");
    assert_range(week, sunday + 86400000, "2023-10-02T00:00:00Z",
                 "2023-10-09T00:00:00Z");
    assert_range(week, 0, "1969-12-29T00:00:00Z", "1970-01-05T00:00:00Z");
    assert_range(week, -300000000, "1969-12-22T00:00:00Z",
                 "1969-12-29T00:00:00Z");
    assert_range(month, sunday, "2023-10-01T00:00:00Z", "2023-11-01T00:00:00Z");
    assert_range(month, sunday - 1, "2023-09-01T00:00:00Z",
                 "2023-10-01T00:00:00Z");
    assert_range(month, -1, "1969-12-01T00:00:00Z", "1970-01-01T00:00:00Z");
    assert_range(quarter, sunday - 1, "2023-07-01T00:00:00Z",
                 "2023-10-01T00:00:00Z");
    assert_range(quarter, -1, "1969-10-01T00:00:00Z", "1970-01-01T00:00:00Z");
    assert_range(year, sunday, "2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z");
    assert_range(hour, -1, "1969-12-31T23:00:00Z", "1970-01-01T00:00:00Z");
    assert_range(hour, 0, "1970-01-01T00:00:00Z", "1970-01-01T01:00:00Z");
    assert_range(week, CIVIL_MIN_MS, "0000-01-01T00:00:00Z",
                 "0000-01-03T00:00:00Z");
}

static void
figures_are_nan_where_nothing_is_known(void **state)
{
    (void)state;
    struct wattle_query_figures f;
    struct bucket bucket;
    bucket_init(&bucket, (struct bucket_range){0, HOUR_MS});
    bucket_figures(&bucket, WATTLE_QUERY_ALL, &f);
    assert_int_equal(f.n_readings, 0);
    assert_true(isnan(f.mean_power_w) && isnan(f.min_power_w));
    assert_true(isnan(f.max_power_w) && isnan(f.voltage_v));
    assert_true(isnan(f.current_a) && isnan(f.power_factor));
    assert_true(isnan(f.efficiency) && f.energy_kwh == 0);
    bucket_figures(&bucket, 0, &f);
    assert_true(isnan(f.energy_kwh) && isnan(f.cost));
    bucket_release(&bucket);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_leave_the_same_sums),
        cmocka_unit_test(the_quick_way_takes_ordinary_batches_only),
        cmocka_unit_test(steps_are_split_at_borders),
        cmocka_unit_test(empty_buckets_in_a_step_have_its_energy),
        cmocka_unit_test(parts_add_up_to_the_whole),
        cmocka_unit_test(the_whole_is_the_totals),
        cmocka_unit_test(merging_is_adding_in_any_order),
        cmocka_unit_test(buckets_begin_where_people_expect),
        cmocka_unit_test(figures_are_nan_where_nothing_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
