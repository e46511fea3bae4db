/*
 * test_meter.c - energies of several kinds are counted once, whatever the
 * batches, and a range of time gets its part of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analytics/totals_meter.h"
#include "base/decimal.h"
#include "generate/counter_hash.h"
#include "model/batch.h"
#include "unit.h"

enum { MOST_ROWS = 3000, MINUTE = 60000, HOUR = 60 * MINUTE };

#define KWH ((int128)ENERGY_UNITS_PER_KWH)

static uint64_t seed_counter;

static int64_t
pick(int64_t limit)
{
    return (int64_t)(counter_hash(5, seed_counter++) % (uint64_t)limit);
}

/* The readings of a device, ascending. */
static struct batch_row rows[MOST_ROWS];
static size_t n_rows;

static struct batch_row *
add_row(int64_t time_ms)
{
    struct batch_row *row = &rows[n_rows++];
    assert_true(n_rows <= MOST_ROWS);
    *row = (struct batch_row){.time_ms = time_ms};
    return row;
}

static void
set(struct batch_row *row, unsigned measure, int64_t value)
{
    row->presence |= MEASURE_BIT(measure);
    row->nano[measure] = value * DECIMAL_ONE;
}

/* A reading_source that hands them out in batches of any size. */
struct walk {
    size_t at, most;
    struct batch batch;
};

static int
rewind_walk(void *context, struct wattle_error *error)
{
    (void)error;
    ((struct walk *)context)->at = 0;
    return 0;
}

static int
next_batch(void *context, struct batch_view *view, struct wattle_error *error)
{
    struct walk *w = context;
    (void)error;
    batch_reset(&w->batch, 0, NULL);
    for (; w->at < n_rows && w->batch.n_rows < w->most; w->at++) {
        batch_set(&w->batch, w->batch.n_rows, &rows[w->at]);
        w->batch.n_rows++;
    }
    *view = batch_view(&w->batch);
    return 0;
}

static void
measure(struct totals_set *set, int64_t since_ms, int64_t until_ms,
        size_t batch_rows, bool holds)
{
    static struct totals_meter meter; /* used again and again */
    static struct walk walk;
    const struct reading_source source = {rewind_walk, next_batch, &walk};
    walk.most = batch_rows;
    meter.holds = holds;
    totals_set_init(set, HOUR, false);
    totals_set_range(set, since_ms, until_ms);
    assert_int_equal(totals_set_reserve(set, 1), 0);
    assert_int_equal(totals_meter_add(&meter, set, 0, &source, NULL), 0);
    assert_value(meter.n_inside + meter.n_outside, n_rows);
    totals_set_flush(set);
    if (batch_rows == 1) /* done with it */
        totals_meter_release(&meter);
}

static int128
units_of(const struct totals_set *set)
{
    const struct totals_extra *extra = set->totals[0].extra;
    const int128 one = (int128)1 << ENERGY_REST_BITS;
    assert_value(extra->energy_rest % one, (int128)0);
    return set->totals[0].energy + extra->energy_rest / one;
}

static int128
energy_of(bool holds)
{
    struct totals_set set;
    measure(&set, INT64_MIN, INT64_MAX, 7, holds);
    int128 units = units_of(&set);
    totals_set_release(&set);
    return units;
}

static void
an_hour_known_three_times_counts_once(void **state)
{
    (void)state;
    n_rows = 0;
    /* 1 kWh by the counter, 2 by quarters, 3 by the hour, 4 by the power */
    for (int quarter = 0; quarter <= 4; quarter++) {
        struct batch_row *row = add_row(quarter * 15 * MINUTE);
        set(row, WATTLE_POWER, 4000);
        set(row, WATTLE_ENERGY_TOTAL, 5000 + quarter * 250);
        if (quarter < 4) {
            set(row, WATTLE_ENERGY, 500);
            set(row, WATTLE_SPAN, 900);
        }
    }
    assert_value(energy_of(false), KWH);
    for (size_t i = 0; i < n_rows; i++)
        rows[i].presence &= ~MEASURE_BIT(WATTLE_ENERGY_TOTAL);
    assert_value(energy_of(false), 2 * KWH);
    for (size_t i = 0; i < n_rows; i++)
        rows[i].presence &=
            ~(MEASURE_BIT(WATTLE_ENERGY) | MEASURE_BIT(WATTLE_SPAN));
    set(&rows[0], WATTLE_ENERGY, 3000);
    set(&rows[0], WATTLE_SPAN, 3600);
    assert_value(energy_of(false), 3 * KWH);
    rows[0].presence &=
        ~(MEASURE_BIT(WATTLE_ENERGY) | MEASURE_BIT(WATTLE_SPAN));
    assert_value(energy_of(false), 4 * KWH);
}

static void
a_finer_interval_cuts_a_coarser_one(void **state)
{
    (void)state;
    n_rows = 0;
    struct batch_row *row = add_row(0); /* 4 kWh in four hours */
    set(row, WATTLE_ENERGY, 4000);
    set(row, WATTLE_SPAN, 4 * 3600);
    row = add_row(HOUR); /* of which one hour is known better */
    set(row, WATTLE_ENERGY, 5000);
    set(row, WATTLE_SPAN, 3600);
    assert_value(energy_of(false), 8 * KWH);
}

static void
daily_energies_have_no_gaps(void **state)
{
    (void)state;
    struct totals_set set_;
    n_rows = 0;
    for (int day = 0; day < 10; day++)
        set(add_row(INT64_C(86400000) * day), WATTLE_ENERGY, 2400);
    measure(&set_, INT64_MIN, INT64_MAX, 3, false);
    const struct device_totals *t = &set_.totals[0];
    assert_value(units_of(&set_), 24 * KWH);
    assert_value(t->n_gaps, (uint64_t)0);
    /* the last day is covered as well */
    assert_value(t->last_ms + t->extra->edge_ms, 10 * INT64_C(86400000));
    totals_set_release(&set_);
}

static void
a_power_holds_for_a_day_at_most(void **state)
{
    (void)state;
    n_rows = 0;
    set(add_row(0), WATTLE_POWER, 1000);
    set(add_row(5 * HOUR), WATTLE_POWER, 0);
    set(add_row(6 * HOUR), WATTLE_POWER, 100);
    set(add_row(46 * HOUR), WATTLE_POWER, 500);
    assert_value(energy_of(true), 5 * KWH + 24 * KWH / 10);
}

/* Any readings at all. */
static void
make_any(bool has_energies)
{
    int64_t time_ms = pick(INT64_C(1000000000000));
    int64_t height = pick(5000);
    n_rows = 0;
    const size_t n = (size_t)pick(400);
    for (size_t i = 0; i < n; i++) {
        static const int64_t steps[] = {1,        1000,     15 * MINUTE, HOUR,
                                        HOUR + 1, 3 * HOUR, 24 * HOUR};
        struct batch_row *row = add_row(time_ms);
        time_ms += pick(4) == 0 ? steps[pick(7)] : 15 * MINUTE;
        height += pick(3) == 0 ? pick(900) : 2;
        if (!has_energies || pick(2) == 0)
            set(row, WATTLE_POWER, pick(4000) - 500);
        if (!has_energies)
            continue;
        if (pick(2) == 0)
            set(row, WATTLE_ENERGY_TOTAL, pick(30) == 0 ? pick(9000) : height);
        if (pick(3) == 0 || row->presence == 0)
            set(row, WATTLE_ENERGY, pick(900) - 90);
        if (pick(3) == 0)
            set(row, WATTLE_SPAN, pick(3) == 0 ? pick(90000) : 900);
        if (pick(5) == 0)
            set(row, WATTLE_ENERGY_RETURNED, pick(900));
    }
}

static void
assert_same(const struct totals_set *a, const struct totals_set *b)
{
    const struct device_totals *x = &a->totals[0], *y = &b->totals[0];
    assert_value(x->n_readings, y->n_readings);
    assert_value(x->energy, y->energy);
    assert_value(x->sum_nw, y->sum_nw);
    assert_value(x->n_gaps, y->n_gaps);
    assert_value(x->gap_ms, y->gap_ms);
    assert_value(x->extra->edge_ms, y->extra->edge_ms);
    assert_value(x->extra->energy_rest, y->extra->energy_rest);
    assert_value(x->extra->returned.units, y->extra->returned.units);
    assert_value(x->extra->returned.rest, y->extra->returned.rest);
    assert_value(x->extra->estimated.units, y->extra->estimated.units);
    assert_memory_equal(x->extra->n_events, y->extra->n_events,
                        sizeof(x->extra->n_events));
}

static void
batches_do_not_matter(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        struct totals_set one, many;
        make_any(true);
        measure(&one, INT64_MIN, INT64_MAX, 1024, i % 5 == 0);
        measure(&many, INT64_MIN, INT64_MAX, 1 + (size_t)pick(5), i % 5 == 0);
        assert_same(&one, &many);
        totals_set_release(&one);
        totals_set_release(&many);
    }
}

/* The parts of a whole, in units with their rests. */
static void
add_to(int128 *units, int128 *rest, const struct totals_set *set)
{
    *units += set->totals[0].energy;
    *rest += set->totals[0].extra->energy_rest;
}

static void
adjoining_ranges_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct totals_set whole, part;
        int128 units[2] = {0}, rest[2] = {0};
        uint64_t n = 0;
        make_any(true);
        measure(&whole, INT64_MIN, INT64_MAX, 100, i % 5 == 0);
        add_to(&units[0], &rest[0], &whole);
        int64_t since_ms = INT64_MIN;
        for (int k = 0; k < 4; k++) {
            int64_t until_ms =
                n_rows == 0 || k == 3
                    ? INT64_MAX
                    : (since_ms == INT64_MIN ? rows[0].time_ms : since_ms) +
                          pick(50 * HOUR);
            measure(&part, since_ms, until_ms, 100, i % 5 == 0);
            add_to(&units[1], &rest[1], &part);
            n += part.totals[0].n_readings;
            totals_set_release(&part);
            since_ms = until_ms;
        }
        const int128 one = (int128)1 << ENERGY_REST_BITS;
        assert_value(n, (uint64_t)n_rows);
        assert_value(units[0] + rest[0] / one, units[1] + rest[1] / one);
        assert_value(rest[0] % one, rest[1] % one);
        totals_set_release(&whole);
    }
}

/* Of powers alone a meter says what is said without it. */
static void
powers_need_no_meter(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        static struct batch batch;
        struct totals_set plain, metered;
        make_any(false);
        totals_set_init(&plain, HOUR, false);
        assert_int_equal(totals_set_reserve(&plain, 1), 0);
        batch_reset(&batch, 0, NULL);
        for (size_t k = 0; k < n_rows; k++) {
            batch_set(&batch, batch.n_rows, &rows[k]);
            batch.n_rows++;
        }
        const struct batch_view view = batch_view(&batch);
        assert_int_equal(totals_set_add(&plain, &view), 0);
        totals_set_flush(&plain);
        measure(&metered, INT64_MIN, INT64_MAX, 64, false);
        const struct device_totals *a = &plain.totals[0];
        const struct device_totals *b = &metered.totals[0];
        assert_value(a->n_readings, b->n_readings);
        assert_value(a->n_gaps, b->n_gaps);
        assert_value(a->gap_ms, b->gap_ms);
        assert_value(a->sum_nw, b->sum_nw);
        assert_value(a->min_nw, b->min_nw);
        assert_value(a->energy, units_of(&metered));
        assert_value(b->extra->edge_ms, (int64_t)0);
        totals_set_release(&plain);
        totals_set_release(&metered);
    }
}

/* ---- what is handed out -------------------------------------------------- */

struct watch {
    struct meter meter;
    int64_t safe_ms;
};

static int
take_step(void *context, const struct energy_step *step, bool is_estimated)
{
    struct watch *w = context;
    (void)is_estimated;
    assert_true(step->begin_ms >= w->safe_ms);
    assert_true(step->begin_ms <= step->end_ms);
    return 0;
}

static void
no_step_begins_before_the_safe_time(void **state)
{
    (void)state;
    static struct watch w;
    static struct walk walk = {.most = 1};
    for (int i = 0; i < 100; i++) {
        const struct meter_options options = {.since_ms = INT64_MIN,
                                              .until_ms = INT64_MAX,
                                              .max_gap_ms = HOUR,
                                              .holds = i % 5 == 0,
                                              .take = take_step,
                                              .context = &w};
        make_any(true);
        meter_begin(&w.meter, &options);
        while (w.meter.phase != METER_DONE) {
            struct batch_view view;
            rewind_walk(&walk, NULL);
            w.safe_ms = INT64_MIN;
            while (next_batch(&walk, &view, NULL) == 0 && view.n_rows > 0) {
                assert_int_equal(meter_take(&w.meter, &view), 0);
                if (w.meter.phase == METER_ADD) {
                    assert_true(meter_safe_ms(&w.meter) >= w.safe_ms);
                    w.safe_ms = meter_safe_ms(&w.meter);
                }
            }
            assert_int_equal(meter_end_phase(&w.meter), 0);
        }
    }
    meter_release(&w.meter);
}

static void
energies_that_only_rise_look_like_a_counter(void **state)
{
    (void)state;
    struct totals_set s;
    n_rows = 0;
    for (int i = 0; i < 24; i++)
        set(add_row(i * HOUR), WATTLE_ENERGY, 5000 + i);
    measure(&s, INT64_MIN, INT64_MAX, 5, false);
    assert_true(s.totals[0].extra->is_rising);
    totals_set_release(&s);
    for (int i = 3; i < 24; i += 10) /* one fall would be a reset */
        set(&rows[i], WATTLE_ENERGY, 4000);
    measure(&s, INT64_MIN, INT64_MAX, 1, false);
    assert_false(s.totals[0].extra->is_rising);
    totals_set_release(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_known_three_times_counts_once),
        cmocka_unit_test(a_finer_interval_cuts_a_coarser_one),
        cmocka_unit_test(daily_energies_have_no_gaps),
        cmocka_unit_test(a_power_holds_for_a_day_at_most),
        cmocka_unit_test(batches_do_not_matter),
        cmocka_unit_test(adjoining_ranges_add_up),
        cmocka_unit_test(powers_need_no_meter),
        cmocka_unit_test(no_step_begins_before_the_safe_time),
        cmocka_unit_test(energies_that_only_rise_look_like_a_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
