/*
 * test_civil_time.c - the calendar day by day, and what a timestamp may be.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/civil_time.h"
#include "generate/counter_hash.h"
#include "wattle/report.h"

/* ---- the calendar ------------------------------------------------------ */

static int
length_of_month(int year, int month)
{
    if (month == 2) {
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        return leap ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Counts through the days and compares both conversions. */
static void
every_day_goes_there_and_back(void **state)
{
    (void)state;
    int64_t day = -135140; /* 1600-01-01 */
    for (int year = 1600; year <= 2400; year++) {
        for (int month = 1; month <= 12; month++) {
            int length = length_of_month(year, month);
            for (int d = 1; d <= length; d++, day++) {
                int y, m, dom;
                assert_true(civil_date_is_valid(year, month, d));
                if (civil_day_from_date(year, month, d) != day)
                    fail_msg("%04d-%02d-%02d is day %lld, not %lld", year,
                             month, d,
                             (long long)civil_day_from_date(year, month, d),
                             (long long)day);
                civil_date_from_day(day, &y, &m, &dom);
                if (y != year || m != month || dom != d)
                    fail_msg("day %lld is %d-%d-%d", (long long)day, y, m, dom);
            }
            assert_false(civil_date_is_valid(year, month, 0));
            assert_false(civil_date_is_valid(year, month, length + 1));
        }
    }
    assert_int_equal(civil_day_from_date(1970, 1, 1), 0);
    assert_int_equal(day, civil_day_from_date(2401, 1, 1));
}

static void
dates_outside_the_calendar_are_refused(void **state)
{
    (void)state;
    assert_true(civil_date_is_valid(0, 1, 1));
    assert_true(civil_date_is_valid(0, 2, 29));
    assert_true(civil_date_is_valid(9999, 12, 31));
    assert_false(civil_date_is_valid(-1, 12, 31));
    assert_false(civil_date_is_valid(10000, 1, 1));
    assert_false(civil_date_is_valid(2023, 0, 1));
    assert_false(civil_date_is_valid(2023, 13, 1));
    assert_false(civil_date_is_valid(2023, 2, 29));
    assert_false(civil_date_is_valid(1900, 2, 29));
    assert_true(civil_date_is_valid(2000, 2, 29));
}

static void
rounding_down_holds_before_1970(void **state)
{
    (void)state;
    assert_int_equal(civil_floor_div(-1, 1000), -1);
    assert_int_equal(civil_floor_div(-1000, 1000), -1);
    assert_int_equal(civil_floor_div(-1001, 1000), -2);
    assert_int_equal(civil_floor_div(999, 1000), 0);
    assert_int_equal(civil_floor_div(0, 1000), 0);
}

/* ---- timestamps -------------------------------------------------------- */

static void
assert_time(const char *text, int64_t wanted_ms)
{
    /* of the exact size, so that reading beyond it is seen */
    size_t len = strlen(text);
    char *copy = malloc(len);
    int64_t time_ms = INT64_MIN;
    assert_non_null(copy);
    memcpy(copy, text, len);
    if (!civil_parse(copy, len, &time_ms) || time_ms != wanted_ms)
        fail_msg("%s: %lld, not %lld", text, (long long)time_ms,
                 (long long)wanted_ms);
    assert_true(civil_parse_or_date(copy, len, &time_ms));
    assert_int_equal(time_ms, wanted_ms);
    free(copy);
}

static void
accepted_timestamps_have_their_value(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t time_ms;
    } cases[] = {
        {"1970-01-01 00:00", 0},
        {"1970-01-01T00:00:01", 1000},
        {"2023-10-01 08:00:00", INT64_C(1696147200000)},
        {"2023-10-01T08:00:00Z", INT64_C(1696147200000)},
        {"2023-10-01 08:00:00.5", INT64_C(1696147200500)},
        {"2023-10-01 08:00:00.05", INT64_C(1696147200050)},
        {"2023-10-01 08:00:00.1239999999", INT64_C(1696147200123)},
        {"2023-10-01 08:00:00.0000Z", INT64_C(1696147200000)},
        {"2023-10-01 10:00+02", INT64_C(1696147200000)},
        {"2023-10-01 10:00+0200", INT64_C(1696147200000)},
        {"2023-10-01T13:30:00.25+05:30", INT64_C(1696147200250)},
        {"2023-09-30 23:59-08:01", INT64_C(1696147200000)},
        {"2023-10-01 08:00-00:00", INT64_C(1696147200000)},
        {"2023-10-01 08:00:59+00", INT64_C(1696147259000)},
        {"1969-12-31 23:59:59.999", -1},
        {"0000-01-01 00:00", CIVIL_MIN_MS},
        {"9999-12-31T23:59:59.999", CIVIL_MAX_MS},
        {"9999-12-31T23:59:59.999+23:59", CIVIL_MAX_MS - 86340000},
        {"0000-01-01 00:00-01", CIVIL_MIN_MS + 3600000},
        {"2024-02-29 12:00", INT64_C(1709208000000)},
        {"0", 0},
        {"000", 0},
        {"7.25", 7250},
        {"1696147200", INT64_C(1696147200000)},
        {"1696147200.5", INT64_C(1696147200500)},
        {"1696147200.0009", INT64_C(1696147200000)},
        {"1696147200123", INT64_C(1696147200123)},
        {"1696147200123.999", INT64_C(1696147200123)},
        {"99999999999", INT64_C(99999999999000)},
        {"100000000000", INT64_C(100000000000)},
        {"000001696147200", INT64_C(1696147200000)},
        {"253402300799999", CIVIL_MAX_MS},
        {"20231001.0", INT64_C(20231001000)},    /* a fraction: no date */
        {"20231301", INT64_C(20231301000)},      /* not in the calendar */
        {"2023010108", INT64_C(2023010108000)},  /* of 2034 */
        {"900101010101", INT64_C(900101010101)}, /* of 1998 */
        {"202313010800", INT64_C(202313010800)}, /* month 13 */
        {"202301012400", INT64_C(202301012400)}, /* hour 24 */
        {"4102444799", INT64_C(4102444799000)},
        {"020231001", INT64_C(20231001000)},
        {"2023100", INT64_C(2023100000)},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_time(cases[i].text, cases[i].time_ms);
}

static void
other_texts_are_no_timestamps(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2023-10-01",
        "2023-10-01 ",
        "2023-10-01 08",
        "2023-10-01 08:0",
        "2023-10-01 8:00",
        "2023-10-01  08:00",
        "2023-10-01t08:00",
        "2023-10-01_08:00",
        "2023-10-01 24:00",
        "2023-10-01 08:60",
        "2023-10-01 08:00:60",
        "2023-10-01 08:00:5",
        "2023-10-01 08:00:00.",
        "2023-10-01 08:00:00,5",
        "2023-10-01 08:00.5",
        "2023-10-01 08:00z",
        "2023-10-01 08:00ZZ",
        "2023-10-01 08:00Z+01",
        "2023-10-01 08:00 Z",
        "2023-10-01 08:00+1",
        "2023-10-01 08:00+01:",
        "2023-10-01 08:00+01:0",
        "2023-10-01 08:00+010",
        "2023-10-01 08:00+01:00:60",
        "2023-10-01 08:00+24",
        "2023-10-01 08:00+01:60",
        "2023-10-01 08:00 +01",
        "2023-10-01 08:00+",
        "2023-10-01 08:00UTC",
        "2023-02-29 08:00",
        "2023-13-01 08:00",
        "2023-00-01 08:00",
        "2023-10-00 08:00",
        "2023-10-32 08:00",
        "2023-1-01 08:00",
        "23-10-01 08:00",
        "12023-10-01 08:00",
        "2023/10/01 08:00",
        "01.10.2023 08:00",
        "-2023-10-01 08:00",
        "0000-01-01 00:00+01",
        "9999-12-31 23:59-00:01",
        "20231001",
        "19000101",
        "21001231",
        "20000229",
        "18991231",
        "21010101",
        "00010101",
        "99991231",
        "9999123123",
        "202301010800",
        "20230101080000",
        "20230101080000.5",
        "204002010000",
        "253402300800000",
        "1234567890123456",
        "0000001696147200",
        "1696147200.",
        ".5",
        "-1",
        "+1",
        "1e9",
        "1696147200 ",
        "1696147200Z",
        "1 696 147 200",
        "now",
        "nan",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int64_t time_ms;
        if (civil_parse(bad[i], strlen(bad[i]), &time_ms))
            fail_msg("'%s' was taken for %lld", bad[i], (long long)time_ms);
    }
}

static void
bare_dates_are_midnights_where_asked_for(void **state)
{
    (void)state;
    int64_t time_ms = 0;
    assert_int_equal(wattle_parse_time("2023-10-01", &time_ms), WATTLE_OK);
    assert_int_equal(time_ms, INT64_C(1696118400000));
    assert_int_equal(wattle_parse_time("2023-10-01T08:00Z", &time_ms),
                     WATTLE_OK);
    assert_int_equal(time_ms, INT64_C(1696147200000));
    assert_int_equal(wattle_parse_time("2023-02-29", &time_ms),
                     WATTLE_ERR_FORMAT);
    assert_int_equal(wattle_parse_time("2023-10-01x", &time_ms),
                     WATTLE_ERR_FORMAT);
    assert_int_equal(wattle_parse_time("", &time_ms), WATTLE_ERR_FORMAT);
}

/* ---- there and back ---------------------------------------------------- */

static void
formatted_times_read_back(void **state)
{
    (void)state;
    const uint64_t span = (uint64_t)(CIVIL_MAX_MS - CIVIL_MIN_MS) + 1;
    for (uint64_t i = 0; i < 200000; i++) {
        char text[CIVIL_TEXT_SIZE];
        int64_t back, time_ms = CIVIL_MIN_MS;
        time_ms += (int64_t)(counter_hash(7, i) % span);
        if (i % 3 == 0)
            time_ms = civil_floor_div(time_ms, 1000) * 1000;
        civil_format(time_ms, text);
        assert_int_equal(strlen(text), time_ms % 1000 == 0 ? 20 : 24);
        assert_true(civil_parse(text, strlen(text), &back));
        assert_int_equal(back, time_ms);
    }
}

/* The C library's calendar as a second opinion. */
static void
formatted_times_agree_with_the_c_library(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        char text[CIVIL_TEXT_SIZE], day[CIVIL_TEXT_SIZE], wanted[64];
        time_t time_s = (time_t)(counter_hash(8, i) % 20000000000) - 9000000000;
        struct tm parts;
        assert_non_null(gmtime_r(&time_s, &parts));
        strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%SZ", &parts);
        civil_format((int64_t)time_s * 1000, text);
        assert_string_equal(text, wanted);
        civil_format_day(civil_floor_div((int64_t)time_s, 86400), day);
        assert_memory_equal(day, wanted, 10);
        assert_int_equal(strlen(day), 10);
    }
}

static void
limits_are_formatted(void **state)
{
    (void)state;
    char text[CIVIL_TEXT_SIZE];
    civil_format(CIVIL_MIN_MS, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
    civil_format(CIVIL_MAX_MS, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
    civil_format(-1, text);
    assert_string_equal(text, "1969-12-31T23:59:59.999Z");
    civil_format(5, text);
    assert_string_equal(text, "1970-01-01T00:00:00.005Z");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_day_goes_there_and_back),
        cmocka_unit_test(dates_outside_the_calendar_are_refused),
        cmocka_unit_test(rounding_down_holds_before_1970),
        cmocka_unit_test(accepted_timestamps_have_their_value),
        cmocka_unit_test(other_texts_are_no_timestamps),
        cmocka_unit_test(bare_dates_are_midnights_where_asked_for),
        cmocka_unit_test(formatted_times_read_back),
        cmocka_unit_test(formatted_times_agree_with_the_c_library),
        cmocka_unit_test(limits_are_formatted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
