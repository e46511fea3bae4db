/*
 * test_energy_split.c - parts of a step add up, whatever it is split by, and
 * each is the area under its part of the straight line.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

#include "analytics/bucket_rule.h"
#include "analytics/energy_split.h"
#include "base/civil_time.h"
#include "generate/counter_hash.h"
#include "unit.h"

static uint64_t counter;

static int64_t
pick(int64_t limit)
{
    return (int64_t)(counter_hash(77, counter++) % (uint64_t)limit);
}

struct sums {
    const struct power_point *from, *to;
    int64_t at_ms; /* where the next part must begin */
    int64_t end_ms;
    int128 units, rest;
    struct int256 wide;
    size_t n;
};

/* Twice the area under the line between two times, in nW ms. */
static long double
area(const struct sums *s, int64_t a_ms, int64_t b_ms)
{
    long double dt = (long double)(s->to->time_ms - s->from->time_ms);
    long double p0 = (long double)s->from->nw, p1 = (long double)s->to->nw;
    long double a = (long double)(a_ms - s->from->time_ms);
    long double b = (long double)(b_ms - s->from->time_ms);
    return 2 * p0 * (b - a) + (p1 - p0) * (b * b - a * a) / dt;
}

/* Twice the area below zero between two times, as a positive number. */
static long double
area_below(const struct sums *s, int64_t a_ms, int64_t b_ms)
{
    long double dt = (long double)(s->to->time_ms - s->from->time_ms);
    long double p0 = (long double)s->from->nw, p1 = (long double)s->to->nw;
    long double slope = (p1 - p0) / dt;
    long double a = (long double)(a_ms - s->from->time_ms);
    long double b = (long double)(b_ms - s->from->time_ms);
    long double pa = p0 + slope * a, pb = p0 + slope * b;
    if (pa < 0 && pb > 0)
        b = -p0 / slope;
    else if (pa > 0 && pb < 0)
        a = -p0 / slope;
    else if (pa > 0 || pb > 0)
        return 0;
    return -(p0 * 2 + slope * (a + b)) * (b - a);
}

static void
check_returned(const struct sums *s, int64_t until_ms,
               const struct energy_part *part)
{
    long double wanted = area_below(s, s->at_ms, until_ms);
    struct int256 wide = energy_in_wide(&part->returned);
    long double found =
        part->has_returned
            ? (long double)int256_ratio(wide, int256_from(1)) / 1e18L
            : 0;
    long double scale =
        fabsl((long double)s->from->nw) + fabsl((long double)s->to->nw);
    assert_true(fabsl(found - wanted) <= 1 + scale * 1e-6L);
    assert_false(part->has_returned && int256_is_negative(wide));
}

static int
take(void *context, const struct time_cell *cell,
     const struct energy_part *part)
{
    struct sums *s = context;
    int64_t until_ms = cell->end_ms < s->end_ms ? cell->end_ms : s->end_ms;
    assert_true(cell->start_ms <= s->at_ms && s->at_ms < cell->end_ms);
    if (!part->is_wide) {
        long double wanted = area(s, s->at_ms, until_ms);
        long double found = (long double)part->net.units +
                            (long double)part->net.rest / 0x1p60L;
        long double scale =
            fabsl((long double)s->from->nw) + fabsl((long double)s->to->nw);
        assert_true(fabsl(found - wanted) <= 1 + scale * 1e-6L);
        check_returned(s, until_ms, part);
        s->units += part->net.units;
        s->rest += part->net.rest;
    } else {
        s->wide = int256_add(s->wide, part->net.wide);
    }
    s->at_ms = until_ms;
    s->n++;
    return 0;
}

static struct time_partition
any_partition(struct bucket_rule *rule)
{
    static const int64_t sizes[] = {1000,    60000,   900000,
                                    3600000, 7000001, 604800000};
    switch (pick(4)) {
    case 0:
        return time_partition_hours(NULL);
    case 1:
        *rule = (struct bucket_rule){.kind = BUCKET_MONTHS, .size = 1};
        break;
    case 2:
        *rule = (struct bucket_rule){.kind = BUCKET_WHOLE};
        break;
    default:
        *rule =
            (struct bucket_rule){.kind = BUCKET_SPANS, .size = sizes[pick(6)]};
    }
    return bucket_rule_partition(rule);
}

static struct power_point
any_point(int64_t time_ms, bool is_wide)
{
    struct power_point point = {.time_ms = time_ms};
    if (is_wide)
        power_from_wide(&point, int256_from(pick(INT64_MAX) | 1));
    else
        point.nw = pick(INT64_C(1) << 50) - (INT64_C(1) << 49);
    return point;
}

static void
parts_add_up(void **state)
{
    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct bucket_rule rule;
        const struct time_partition partition = any_partition(&rule);
        bool is_wide = i % 5 == 0;
        int64_t from_ms = INT64_C(1696118400000) + pick(10000000000);
        int64_t dt_ms = 1 + pick(i % 3 == 0 ? 3600000 : 900000);
        const struct power_point from = any_point(from_ms, is_wide);
        const struct power_point to = any_point(from_ms + dt_ms, false);
        const struct energy_step step = {.from = &from,
                                         .to = &to,
                                         .begin_ms = from_ms,
                                         .end_ms = from_ms + dt_ms,
                                         .partition = &partition};
        struct sums s = {.from = &from,
                         .to = &to,
                         .at_ms = from_ms,
                         .end_ms = from_ms + dt_ms,
                         .wide = int256_from(0)};
        struct time_cell cell = TIME_CELL_NONE;
        assert_int_equal(energy_split(&step, &cell, take, &s), 0);
        assert_value(s.at_ms, s.end_ms);
        if (!is_wide) {
            assert_value(s.units, energy_of_narrow_step(&from, &to) -
                                      s.rest / ((int128)1 << 60));
            assert_value(s.rest % ((int128)1 << 60), (int128)0);
        } else {
            struct int256 total = energy_of_wide_step(&from, &to);
            assert_int_equal(int256_compare(s.wide, total), 0);
        }
    }
}

/* The part of a step that a range leaves over. */
static void
a_part_of_a_step_is_split_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct bucket_rule rule;
        const struct time_partition partition = any_partition(&rule);
        int64_t from_ms = pick(10000000000), dt_ms = 3 + pick(900000);
        int64_t begin_ms = from_ms + pick(dt_ms - 1);
        int64_t end_ms = begin_ms + 1 + pick(from_ms + dt_ms - begin_ms);
        const struct power_point from = any_point(from_ms, false);
        const struct power_point to = any_point(from_ms + dt_ms, false);
        const struct energy_step step = {.from = &from,
                                         .to = &to,
                                         .begin_ms = begin_ms,
                                         .end_ms = end_ms,
                                         .partition = &partition};
        struct sums s = {
            .from = &from, .to = &to, .at_ms = begin_ms, .end_ms = end_ms};
        struct time_cell cell = TIME_CELL_NONE;
        assert_int_equal(energy_split(&step, &cell, take, &s), 0);
        assert_value(s.at_ms, end_ms);
    }
}

struct even_sums {
    const struct even_energy *even;
    int64_t at_ms;
    int128 net, net_rest, returned, returned_rest;
    size_t n;
};

static int
take_even(void *context, const struct time_cell *cell,
          const struct energy_part *part)
{
    struct even_sums *s = context;
    const long double span = (long double)(s->even->to_ms - s->even->from_ms);
    const long double share =
        span > 0 ? (long double)(part->end_ms - part->begin_ms) / span : 1;
    const long double wanted = (long double)s->even->net * share;
    const long double found =
        (long double)part->net.units + (long double)part->net.rest / 0x1p60L;
    assert_value(part->begin_ms, s->at_ms);
    assert_true(cell->start_ms <= part->begin_ms &&
                part->end_ms <= cell->end_ms);
    assert_true(fabsl(found - wanted) <= 2 + fabsl(wanted) * 1e-15L);
    s->at_ms = part->end_ms;
    s->net += part->net.units;
    s->net_rest += part->net.rest;
    if (part->has_returned) {
        s->returned += part->returned.units;
        s->returned_rest += part->returned.rest;
    }
    s->n++;
    return 0;
}

/* Energies of the size of all that can be read, over up to 10,000 years. */
static void
an_even_energy_adds_up(void **state)
{
    (void)state;
    const int128 one = (int128)1 << ENERGY_REST_BITS;
    for (int i = 0; i < 3000; i++) {
        struct bucket_rule rule;
        struct time_partition partition = any_partition(&rule);
        const int64_t from_ms = pick(10000000000);
        int64_t span_ms = pick(3) == 0 ? pick(3) : 1 + pick(40000000);
        if (i % 7 == 0) {
            rule = (struct bucket_rule){.kind = BUCKET_MONTHS, .size = 300};
            partition = bucket_rule_partition(&rule);
            span_ms = pick(INT64_C(200000000000000));
        }
        struct even_energy even = {from_ms, from_ms + span_ms,
                                   (int128)pick(INT64_MAX) * pick(7200000) -
                                       (int128)pick(INT64_MAX) * 3600000,
                                   i % 2 ? (int128)pick(INT64_MAX) * 33 : 0};
        const struct energy_step step = {.even = &even,
                                         .begin_ms = even.from_ms,
                                         .end_ms = even.to_ms,
                                         .partition = &partition};
        struct even_sums s = {.even = &even, .at_ms = from_ms};
        struct time_cell cell = TIME_CELL_NONE;
        assert_int_equal(energy_split(&step, &cell, take_even, &s), 0);
        assert_value(s.at_ms, even.to_ms);
        assert_true(s.n > 0);
        assert_value(s.net_rest % one, (int128)0);
        assert_value(s.net + s.net_rest / one, even.net);
        assert_value(s.returned + s.returned_rest / one, even.returned);
    }
}

static int
refuse(void *context, const struct time_cell *cell,
       const struct energy_part *part)
{
    (void)cell;
    (void)part;
    ++*(int *)context;
    return -7;
}

static void
a_refusal_ends_the_split(void **state)
{
    (void)state;
    int n = 0;
    const struct power_point from = {.time_ms = 0, .nw = 5};
    const struct power_point to = {.time_ms = 4 * CIVIL_MS_PER_HOUR, .nw = 7};
    const struct time_partition hours = time_partition_hours(NULL);
    const struct energy_step step = {.from = &from,
                                     .to = &to,
                                     .begin_ms = 0,
                                     .end_ms = to.time_ms,
                                     .partition = &hours};
    struct time_cell cell = TIME_CELL_NONE;
    assert_int_equal(energy_split(&step, &cell, refuse, &n), -7);
    assert_int_equal(n, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_even_energy_adds_up),
        cmocka_unit_test(parts_add_up),
        cmocka_unit_test(a_part_of_a_step_is_split_alone),
        cmocka_unit_test(a_refusal_ends_the_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
