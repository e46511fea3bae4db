/*
 * test_counter.c - what falls and jumps of a counter add, example by example.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "analytics/counter.h"
#include "unit.h"

enum { MOST = 16 };

/* Energy units in a Wh. Examples without a unit have only plausible rises. */
#define WH INT64_C(7200000000000000)

struct example {
    const char *name;
    int n;
    int64_t values[MOST];
    int64_t sum; /* what it adds in all */
    uint64_t events[WATTLE_N_COUNTER_EVENTS];
    int64_t unit; /* of the values, in energy units */
};

/* In the order of enum wattle_counter_event. */
static const struct example examples[] = {
    {"rising", 4, {100, 101, 105, 105}, 5, {0}, 1},
    {"one reading", 1, {7}, 0, {0}, 1},
    {"a spike", 5, {100, 101, 900, 102, 103}, 3, {1}, 1},
    {"a spike of three readings", 6, {100, 900, 901, 902, 101, 102}, 2, {3}, 1},
    {"a spike of four readings is one no more, and its end is a reset",
     7,
     {1000, 90000, 90001, 90002, 90003, 1001, 1002},
     89003 + 1001 + 1,
     {0, 0, 0, 1},
     1},
    {"to zero and back", 4, {100, 0, 101, 102}, 2, {0, 1}, 1},
    {"three zeros and back", 6, {100, 0, 0, 0, 101, 102}, 2, {0, 3}, 1},
    {"a small fall, made up later",
     7,
     {1000, 1005, 950, 960, 970, 980, 1010},
     10,
     {0, 0, 1},
     1},
    {"a reset", 6, {1000, 1001, 0, 2, 4, 6}, 7, {0, 0, 0, 1}, 1},
    {"a reset that has counted already",
     6,
     {1000, 1001, 5, 7, 9, 9},
     10,
     {0, 0, 0, 1},
     1},
    {"another meter",
     6,
     {1000, 1001, 500, 501, 502, 503},
     4,
     {0, 0, 0, 0, 1},
     1},
    {"a spike, then a reset",
     7,
     {100, 101, 500, 101, 3, 4, 5},
     6,
     {1, 0, 0, 1},
     1},
    {"a dip, then a reset",
     8,
     {1000, 990, 991, 992, 993, 1, 2, 3},
     3,
     {0, 0, 1, 1},
     1},
    {"a counter of each day, read twice a day",
     8,
     {0, 12, 0, 11, 0, 13, 0, 9},
     45,
     {0, 0, 0, 3},
     1},
    {"a counter of each day, more and more",
     8,
     {0, 12, 0, 13, 0, 14, 0, 15},
     54,
     {0, 0, 0, 3},
     1},
    {"a counter of each day that is not read at midnight",
     9,
     {1, 8, 15, 1, 9, 14, 3, 8, 15},
     43,
     {0, 0, 0, 2},
     1},
    {"a zero in a dip",
     10,
     {1000, 990, 991, 992, 993, 0, 994, 995, 996, 997},
     0,
     {0, 1, 1},
     1},
    {"an outage of many zeros",
     9,
     {5000000, 5000100, 0, 0, 0, 0, 0, 5000200, 5000300},
     300,
     {0, 0, 0, 1},
     WH},
    {"it begins late",
     5,
     {0, 0, 5000000, 5000100, 5000200},
     200,
     {0, 0, 0, 0, 1},
     WH},
    {"a spike beyond ten times the height",
     5,
     {5000, 5010, 995000, 5020, 5030},
     30,
     {1},
     WH},
    {"all zero", 4, {0, 0, 0, 0}, 0, {0}, 1},
    {"from zero", 5, {0, 0, 3, 3, 9}, 9, {0}, 1},
    {"the last reading falls to zero", 3, {50, 51, 0}, 1, {0, 0, 0, 1}, 1},
};

static void
check_example(const struct example *e)
{
    const int64_t unit = e->unit;
    struct counter counter;
    struct counter_survey survey = {0};
    struct counter_step step;
    int64_t sum = 0, last_ms = INT64_MIN;
    uint64_t events[WATTLE_N_COUNTER_EVENTS] = {0};
    int n = 0;
    for (int i = 0; i < e->n; i++) {
        const struct counter_reading reading = {60000 * i,
                                                (int128)e->values[i] * unit};
        counter_survey_add(&survey, &reading);
    }
    counter_begin(&counter, &survey);
    for (int i = 0; i <= e->n; i++) {
        const struct counter_reading reading = {
            60000 * i, (int128)e->values[i % MOST] * unit};
        bool has_step = i < e->n ? counter_add(&counter, &reading, &step)
                                 : counter_drain(&counter, &step);
        while (has_step) {
            n++;
            assert_true(step.rise >= 0);
            assert_true(step.from_ms <= step.at.time_ms);
            if (step.has_event)
                events[step.event]++;
            if (!step.is_stray) {
                /* steps follow each other without a hole */
                assert_true(last_ms == INT64_MIN || step.from_ms == last_ms);
                last_ms = step.at.time_ms;
                sum += (int64_t)(step.rise / unit);
            }
            has_step = i == e->n && counter_drain(&counter, &step);
        }
    }
    assert_value(n, e->n);
    if (sum != e->sum)
        print_error("%s: %lld\n", e->name, (long long)sum);
    assert_value(sum, e->sum);
    for (int k = 0; k < WATTLE_N_COUNTER_EVENTS; k++) {
        if (events[k] != e->events[k])
            print_error("%s: event %d\n", e->name, k);
        assert_value(events[k], e->events[k]);
    }
}

static void
examples_add_what_they_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check_example(&examples[i]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_add_what_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
