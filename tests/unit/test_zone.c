/*
 * test_zone.c - offsets that the IANA database is known for, and local times
 * that occur twice or never.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/zone.h"
#include "generate/counter_hash.h"
#include "unit.h"

static int64_t
time_of(const char *text)
{
    int64_t time_ms;
    assert_true(civil_parse(text, strlen(text), &time_ms));
    return time_ms;
}

static struct wattle_zone *
open_zone(const char *name)
{
    struct wattle_zone *zone;
    struct wattle_error error;
    if (wattle_zone_open(&zone, name, &error) != WATTLE_OK)
        print_error("%s: %s\n", name, error.message);
    assert_non_null(zone);
    assert_string_equal(wattle_zone_name(zone), name);
    return zone;
}

struct fact {
    const char *zone, *utc;
    int offset_s;
};

/* As other programs give them; those after 2037 come from the rules. */
static const struct fact facts[] = {
    {"UTC", "2025-01-01 00:00", 0},
    {"Europe/Brussels", "2025-03-30 00:59:59.999", 3600},
    {"Europe/Brussels", "2025-03-30 01:00", 7200},
    {"Europe/Brussels", "2025-10-26 00:59:59.999", 7200},
    {"Europe/Brussels", "2025-10-26 01:00", 3600},
    {"Europe/Brussels", "2130-07-01 00:00", 7200},
    {"America/New_York", "2130-01-01 00:00", -18000},
    {"America/St_Johns", "2055-07-01 00:00", -9000},
    {"America/Sao_Paulo", "2018-12-01 00:00", -7200},
    {"America/Sao_Paulo", "2025-12-01 00:00", -10800},
    {"Australia/Lord_Howe", "2025-01-01 00:00", 39600},
    {"Australia/Lord_Howe", "2025-07-01 00:00", 37800},
    {"Asia/Kathmandu", "1980-01-01 00:00", 19800},
    {"Asia/Kathmandu", "2025-01-01 00:00", 20700},
    {"Asia/Kolkata", "2025-01-01 00:00", 19800},
    {"Pacific/Apia", "2011-12-29 00:00", -36000},
    {"Pacific/Apia", "2011-12-31 00:00", 50400},
    {"Europe/Dublin", "2025-01-01 00:00", 0},
    {"Europe/Dublin", "2090-07-01 00:00", 3600},
    {"Europe/Moscow", "2012-01-01 00:00", 14400},
    {"Europe/Moscow", "2015-01-01 00:00", 10800},
    {"Antarctica/Troll", "2060-07-01 00:00", 7200},
};

static void
offsets_are_those_of_the_database(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
        struct wattle_zone *zone = open_zone(facts[i].zone);
        const int64_t time_ms = time_of(facts[i].utc);
        const struct zone_span span = zone_at(zone, time_ms);
        if (span.offset_ms != facts[i].offset_s * INT64_C(1000))
            print_error("%s at %s\n", facts[i].zone, facts[i].utc);
        assert_value(span.offset_ms, facts[i].offset_s * INT64_C(1000));
        assert_true(span.from_ms <= time_ms && time_ms < span.until_ms);
        wattle_zone_close(zone);
    }
}

static void
local_times_occur_once_twice_or_never(void **state)
{
    (void)state;
    int64_t utc_ms[2];
    struct wattle_zone *zone = open_zone("Europe/Brussels");
    assert_int_equal(zone_to_utc(zone, time_of("2025-02-01 12:00"), utc_ms), 1);
    assert_value(utc_ms[0], time_of("2025-02-01 11:00"));
    assert_int_equal(zone_to_utc(zone, time_of("2025-03-30 02:30"), utc_ms), 0);
    assert_int_equal(zone_to_utc(zone, time_of("2025-03-30 03:00"), utc_ms), 1);
    assert_value(utc_ms[0], time_of("2025-03-30 01:00"));
    assert_int_equal(zone_to_utc(zone, time_of("2025-10-26 02:00"), utc_ms), 2);
    assert_value(utc_ms[0], time_of("2025-10-26 00:00"));
    assert_value(utc_ms[1], time_of("2025-10-26 01:00"));
    assert_int_equal(zone_to_utc(zone, time_of("2025-10-26 03:00"), utc_ms), 1);
    wattle_zone_close(zone);
    zone = open_zone("Australia/Lord_Howe"); /* half an hour */
    assert_int_equal(zone_to_utc(zone, time_of("2025-04-06 01:45"), utc_ms), 2);
    assert_value(utc_ms[1] - utc_ms[0], INT64_C(1800000));
    assert_int_equal(zone_to_utc(zone, time_of("2025-10-05 02:15"), utc_ms), 0);
    wattle_zone_close(zone);
    zone = open_zone("Pacific/Apia"); /* a day that was left out */
    assert_int_equal(zone_to_utc(zone, time_of("2011-12-30 12:00"), utc_ms), 0);
    wattle_zone_close(zone);
}

/* Any time comes back from its local time. */
static void
there_and_back(void **state)
{
    static const char *const names[] = {
        "Europe/Brussels",   "Europe/Dublin",   "Australia/Lord_Howe",
        "America/Santiago",  "Asia/Kathmandu",  "Pacific/Apia",
        "Africa/Casablanca", "America/St_Johns"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct wattle_zone *zone = open_zone(names[i]);
        for (uint64_t k = 0; k < 4000; k++) {
            int64_t found_ms[2];
            const int64_t utc_ms =
                time_of("1880-01-01 00:00") +
                (int64_t)(counter_hash(i, k) % UINT64_C(12000000000000));
            const struct zone_span span = zone_at(zone, utc_ms);
            int n = zone_to_utc(zone, utc_ms + span.offset_ms, found_ms);
            assert_true(n >= 1 && (n == 1 || found_ms[0] < found_ms[1]));
            assert_true(found_ms[0] == utc_ms || found_ms[n - 1] == utc_ms);
            /* spans follow each other */
            if (span.until_ms < CIVIL_MAX_MS) {
                const struct zone_span next = zone_at(zone, span.until_ms);
                assert_value(next.from_ms, span.until_ms);
            }
        }
        wattle_zone_close(zone);
    }
}

static void
what_is_no_zone_is_refused(void **state)
{
    static const char *const names[] = {
        "", "Nowhere/Town", "../passwd", "/etc/passwd", "Europe", ".hidden"};
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct wattle_zone *zone;
        struct wattle_error error;
        assert_int_equal(wattle_zone_open(&zone, names[i], &error),
                         WATTLE_ERR_USAGE);
        assert_null(zone);
        assert_non_null(strstr(error.message, "time zone"));
    }
}

static void
the_machine_says_its_zone(void **state)
{
    struct wattle_zone *zone;
    (void)state;
    setenv("TZ", "Asia/Kathmandu", 1);
    assert_int_equal(wattle_zone_open(&zone, NULL, NULL), WATTLE_OK);
    assert_string_equal(wattle_zone_name(zone), "Asia/Kathmandu");
    wattle_zone_close(zone);
    setenv("TZ", "<+03>-3", 1); /* a rule of POSIX */
    assert_int_equal(wattle_zone_open(&zone, NULL, NULL), WATTLE_OK);
    assert_value(zone_at(zone, 0).offset_ms, INT64_C(10800000));
    wattle_zone_close(zone);
    setenv("TZ", "", 1);
    assert_int_equal(wattle_zone_open(&zone, NULL, NULL), WATTLE_OK);
    assert_true(zone_is_utc(zone));
    wattle_zone_close(zone);
    unsetenv("TZ");
    assert_int_equal(wattle_zone_open(&zone, NULL, NULL), WATTLE_OK);
    wattle_zone_close(zone);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_are_those_of_the_database),
        cmocka_unit_test(local_times_occur_once_twice_or_never),
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(what_is_no_zone_is_refused),
        cmocka_unit_test(the_machine_says_its_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
