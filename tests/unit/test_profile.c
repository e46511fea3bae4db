/*
 * test_profile.c - sums by hour and by day, in whatever order they come.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "analytics/profile.h"
#include "generate/counter_hash.h"
#include "unit.h"

enum { N_EVENTS = 3000, MAX_PARTS = 5 };

static uint64_t seed_counter;

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(95, seed_counter++) % limit);
}

/* Something to add to a profile. */
struct event {
    int kind;
    int64_t hour;
    int64_t amount, rest;
};

static void
add_event(struct profile *profile, const struct event *e)
{
    struct int256 wide = int256_mul(int256_from(e->amount), e->rest);
    switch (e->kind) {
    case 0:
        profile_add_power(profile, e->hour, 3, e->amount);
        break;
    case 1:
        profile_add_energy(profile, e->hour, e->amount);
        break;
    case 2:
        profile_add_part(profile, e->hour, e->amount, e->rest);
        break;
    case 3:
        profile_add_power_wide(profile, e->hour, wide);
        break;
    default:
        profile_add_energy_wide(profile, e->hour, wide);
        break;
    }
}

static void
make_events(struct event *events, size_t n, unsigned n_hours)
{
    for (size_t i = 0; i < n; i++) {
        int64_t amount = (int64_t)counter_hash(96, seed_counter++) >> 4;
        events[i] =
            (struct event){(int)pick(5), (int64_t)pick(n_hours) - n_hours / 2,
                           amount + (amount == 0), 1 + pick(1 << 30)};
    }
}

static void
assert_same_energy(const struct energy_sum *a, const struct energy_sum *b)
{
    assert_value(a->units, b->units);
    assert_value(a->rest, b->rest);
    assert_int_equal(int256_compare(a->wide, b->wide), 0);
}

static void
assert_same(const struct profile *a, const struct profile *b)
{
    assert_false(a->failed || b->failed);
    for (int h = 0; h < 24; h++) {
        assert_int_equal(a->hours[h].n_readings, b->hours[h].n_readings);
        assert_value(a->hours[h].power_nw, b->hours[h].power_nw);
        assert_int_equal(
            int256_compare(a->hours[h].power_wide, b->hours[h].power_wide), 0);
        assert_same_energy(&a->hours[h].energy, &b->hours[h].energy);
    }
    assert_int_equal(a->n_days, b->n_days);
    for (size_t i = 0; i < a->n_days; i++) {
        assert_int_equal(a->days[i].day, b->days[i].day);
        assert_same_energy(&a->days[i].energy, &b->days[i].energy);
    }
}

/* ---- hours and days ---------------------------------------------------- */

static void
hours_before_1970_belong_to_their_day(void **state)
{
    (void)state;
    static const struct {
        int64_t hour, day;
        int of_day;
    } cases[] = {{0, 0, 0},
                 {23, 0, 23},
                 {24, 1, 0},
                 {-1, -1, 23},
                 {-24, -1, 0},
                 {-25, -2, 23},
                 {-48, -2, 0},
                 {-49, -3, 23},
                 {-17268672, -719528, 0},
                 {-17268671, -719528, 1}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct profile p;
        profile_init(&p);
        profile_add_power(&p, cases[i].hour, 2, 7);
        profile_add_energy(&p, cases[i].hour, -5);
        profile_finish(&p);
        assert_int_equal(p.n_days, 1);
        assert_int_equal(p.days[0].day, cases[i].day);
        assert_value(p.days[0].energy.units, -5);
        for (int h = 0; h < 24; h++) {
            bool here = h == cases[i].of_day;
            assert_int_equal(p.hours[h].n_readings, here ? 2 : 0);
            assert_value(p.hours[h].power_nw, (here ? 7 : 0));
            assert_value(p.hours[h].energy.units, (here ? -5 : 0));
        }
        profile_release(&p);
    }
}

static void
a_reading_alone_makes_a_day(void **state)
{
    (void)state;
    struct profile p;
    profile_init(&p);
    profile_finish(&p);
    assert_int_equal(p.n_days, 0);
    profile_add_power(&p, 30, 1, 0);
    profile_add_power_wide(&p, 80, int256_from(0));
    profile_finish(&p);
    assert_int_equal(p.n_days, 2);
    assert_int_equal(p.days[0].day, 1);
    assert_int_equal(p.days[1].day, 3);
    profile_release(&p);
    assert_int_equal(p.n_days, 0);
}

static void
a_day_of_nothing_is_no_day(void **state)
{
    (void)state;
    struct profile p;
    profile_init(&p);
    profile_add_energy(&p, 5, 0);
    profile_add_energy(&p, 30, 9);
    profile_add_energy(&p, 31, -9); /* takes away what the hour before gave */
    profile_add_part(&p, 50, 0, 1);
    profile_add_energy_wide(&p, 80, int256_from(-1));
    profile_finish(&p);
    assert_int_equal(p.n_days, 2);
    assert_int_equal(p.days[0].day, 2);
    assert_int_equal(p.days[1].day, 3);
    profile_release(&p);
}

static void
days_come_out_ascending_with_their_sums(void **state)
{
    (void)state;
    enum { N_DAYS = 5000 };
    struct profile p;
    profile_init(&p);
    for (int round = 0; round < 3; round++) {
        for (int64_t i = 0; i < N_DAYS; i++) {
            int64_t day = i * 1237 % N_DAYS - N_DAYS / 2; /* all, shuffled */
            profile_add_energy(&p, day * 24 + (round * 11) % 24, 2 * day + 1);
        }
    }
    profile_finish(&p);
    assert_int_equal(p.n_days, N_DAYS);
    for (int64_t i = 0; i < N_DAYS; i++) {
        int64_t day = i - N_DAYS / 2;
        assert_int_equal(p.days[i].day, day);
        assert_value(p.days[i].energy.units, (int128)3 * (2 * day + 1));
    }
    profile_release(&p);
}

/* ---- merging ----------------------------------------------------------- */

static void
merging_in_any_order_gives_the_same(void **state)
{
    (void)state;
    struct event *events = malloc(N_EVENTS * sizeof(*events));
    assert_non_null(events);
    for (int round = 0; round < 60; round++) {
        struct profile whole, total, parts[MAX_PARTS];
        unsigned n_parts = 1 + pick(MAX_PARTS);
        size_t n = pick(N_EVENTS);
        make_events(events, n, round % 2 == 0 ? 100 : 100000);
        profile_init(&whole);
        profile_init(&total);
        for (unsigned k = 0; k < n_parts; k++)
            profile_init(&parts[k]);
        for (size_t i = 0; i < n; i++)
            add_event(&whole, &events[i]);
        for (size_t i = n; i > 0; i--)
            add_event(&parts[pick(n_parts)], &events[i - 1]);
        unsigned first = pick(n_parts);
        for (unsigned k = 0; k < n_parts; k++)
            profile_merge(&total, &parts[(first + k) % n_parts]);
        profile_finish(&whole);
        profile_finish(&total);
        assert_same(&whole, &total);
        for (unsigned k = 0; k < n_parts; k++)
            profile_release(&parts[k]);
        profile_release(&whole);
        profile_release(&total);
    }
    free(events);
}

static void
hours_and_days_hold_the_same_energy(void **state)
{
    (void)state;
    struct event *events = malloc(N_EVENTS * sizeof(*events));
    struct profile p;
    struct energy_sum hours = {0}, days = {0};
    assert_non_null(events);
    make_events(events, N_EVENTS, 5000);
    profile_init(&p);
    for (size_t i = 0; i < N_EVENTS; i++)
        add_event(&p, &events[i]);
    for (int h = 0; h < 24; h++) {
        hours.units += p.hours[h].energy.units;
        hours.rest += p.hours[h].energy.rest;
        hours.wide = int256_add(hours.wide, p.hours[h].energy.wide);
    }
    for (size_t i = 0; i < p.n_days; i++) {
        days.units += p.days[i].energy.units;
        days.rest += p.days[i].energy.rest;
        days.wide = int256_add(days.wide, p.days[i].energy.wide);
    }
    assert_same_energy(&hours, &days);
    assert_true(hours.units != 0 && hours.rest != 0);
    profile_release(&p);
    free(events);
}

static void
what_failed_stays_failed_when_merged(void **state)
{
    (void)state;
    struct profile a, b;
    profile_init(&a);
    profile_init(&b);
    b.failed = true;
    profile_merge(&a, &b);
    assert_true(a.failed);
    profile_release(&a);
    profile_release(&b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_before_1970_belong_to_their_day),
        cmocka_unit_test(a_reading_alone_makes_a_day),
        cmocka_unit_test(a_day_of_nothing_is_no_day),
        cmocka_unit_test(days_come_out_ascending_with_their_sums),
        cmocka_unit_test(merging_in_any_order_gives_the_same),
        cmocka_unit_test(hours_and_days_hold_the_same_energy),
        cmocka_unit_test(what_failed_stays_failed_when_merged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
