/*
 * test_measures.c - measures beyond those that answers are computed from: they
 * are kept with the reading, through late readings and compaction, and change
 * no answer.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/measure.h"
#include "wattle/stdio.h"
#include "wattle/wattle.h"
#include "unit.h"

#define START_MS INT64_C(1696118400000) /* 2023-10-01 00:00 */

static char path[128];

/* The text that a writer was given. */
struct text {
    char bytes[8192];
    size_t len;
};

static int
keep(void *context, const void *bytes, size_t len)
{
    struct text *text = context;
    assert_true(text->len + len < sizeof(text->bytes));
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    text->bytes[text->len] = '\0';
    return 0;
}

static void
assert_export(const char *wanted)
{
    struct wattle_error error = {0};
    struct text text = {.len = 0};
    const struct wattle_writer out = {.write = keep, .context = &text};
    assert_int_equal(wattle_database_export(path, NULL, &out, NULL, &error),
                     WATTLE_OK);
    assert_string_equal(text.bytes, wanted);
}

/* Rows 60 seconds apart, of one device, with the given columns. */
static void
add(const struct wattle_column *columns, size_t n_columns, int64_t start_ms,
    size_t n_rows)
{
    uint32_t device[2000], number;
    int64_t time_ms[2000];
    struct wattle_error error = {0};
    struct wattle_import *import = NULL;
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    assert_true(n_rows <= 2000);
    assert_int_equal(wattle_import_open(&import, path, NULL, &error),
                     WATTLE_OK);
    assert_int_equal(wattle_import_add_device(import, "m", 1, &number, &error),
                     WATTLE_OK);
    for (size_t i = 0; i < n_rows; i++) {
        device[i] = number;
        time_ms[i] = start_ms + (int64_t)i * 60000;
    }
    batch.n_rows = n_rows;
    batch.device = device;
    batch.time_ms = time_ms;
    batch.n_columns = n_columns;
    batch.columns = columns;
    assert_int_equal(wattle_import_add_batch(import, &batch, &error),
                     WATTLE_OK);
    assert_int_equal(wattle_import_run(import, &error), WATTLE_OK);
    wattle_import_close(import);
}

static int
begin(void **state)
{
    (void)state;
    snprintf(path, sizeof(path), "/tmp/wattle-measures-%d.db", (int)getpid());
    return 0;
}

static int
end(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char side[160];
        snprintf(side, sizeof(side), "%s%s", path, ends[i]);
        unlink(side);
    }
    return 0;
}

static void
every_measure_has_a_description(void **state)
{
    (void)state;
    unsigned n = 0;
    for (; wattle_measure_info(n) != NULL; n++) {
        const struct wattle_measure_info *info = wattle_measure_info(n);
        assert_true(info->name[0] != '\0');
        assert_non_null(info->unit);
        assert_true(info->min_nano <= 0 && info->max_nano > 0);
        assert_true(measure_allows(n, info->max_nano, 9));
        assert_false(measure_allows(n, info->max_nano + 1, 9));
        assert_true(measure_allows(n, info->min_nano / 1000000000, 0));
        assert_false(measure_allows(n, info->min_nano / 1000000000 - 1, 0));
        for (unsigned k = 0; k < n; k++)
            assert_string_not_equal(info->name, wattle_measure_info(k)->name);
    }
    assert_int_equal(n, MEASURE_N);
    assert_null(wattle_measure_info(UINT32_MAX));
}

static void
other_measures_are_kept(void **state)
{
    static const int64_t power[] = {100, 110, 120}, hertz[] = {5001, 0, 4999};
    static const int64_t energy[] = {2500}, span[] = {900}, total[] = {-7};
    static const uint8_t first_and_last[] = {0x05};
    const struct wattle_column many[] = {
        {.measure = WATTLE_FREQUENCY,
         .decimals = 2,
         .values = hertz,
         .validity = first_and_last},
        {.measure = WATTLE_POWER, .decimals = 1, .values = power},
    };
    const struct wattle_column late[] = {
        {.measure = WATTLE_SPAN, .values = span},
        {.measure = WATTLE_ENERGY, .values = energy},
        {.measure = WATTLE_ENERGY_TOTAL, .decimals = 3, .values = total},
    };
    static const char wanted[] =
        "timestamp,device_id,power,energy_wh,span_s,energy_total_wh,"
        "frequency_hz\n"
        "2023-10-01T00:00:00Z,m,10,,,,50.01\n"
        "2023-10-01T00:01:00Z,m,,2500,900,-0.007,\n"
        "2023-10-01T00:02:00Z,m,12,,,,49.99\n";
    (void)state;
    add(many, 2, START_MS, 3);
    add(late, 3, START_MS + 60000, 1);
    assert_export(wanted);
    assert_int_equal(wattle_database_compact(path, NULL, NULL), WATTLE_OK);
    assert_export(wanted);
    assert_int_equal(wattle_database_check(path, NULL, NULL, NULL, NULL, NULL),
                     WATTLE_OK);
}

/* So many readings that late ones stay beside the chunk. */
static void
late_readings_keep_them(void **state)
{
    enum { N = 1500 };
    static int64_t power[N], hertz[N];
    const struct wattle_column columns[] = {
        {.measure = WATTLE_POWER, .values = power},
        {.measure = WATTLE_FREQUENCY, .decimals = 3, .values = hertz},
    };
    struct text before = {.len = 0}, after = {.len = 0};
    const int64_t minutes = 60000;
    (void)state;
    for (int i = 0; i < N; i++) {
        power[i] = i % 7;
        hertz[i] = 50000 + i % 11;
    }
    for (int k = 0; k < 3; k++)
        add(columns, 2, START_MS + k * N * minutes, N);
    hertz[0] = 1;
    add(columns, 2, START_MS + 700 * minutes, 1); /* over one in a chunk */
    add(columns, 2, START_MS + 700 * minutes + 500, 1);
    const struct wattle_export_options options = {
        .size = sizeof(options),
        .since_ms = START_MS + 700 * minutes,
        .until_ms = START_MS + 702 * minutes};
    const struct wattle_writer to_before = {.write = keep, .context = &before};
    const struct wattle_writer to_after = {.write = keep, .context = &after};
    assert_int_equal(
        wattle_database_export(path, &options, &to_before, NULL, NULL), 0);
    assert_string_equal(before.bytes, "timestamp,device_id,power,frequency_hz\n"
                                      "2023-10-01T11:40:00Z,m,0,0.001\n"
                                      "2023-10-01T11:40:00.500Z,m,0,0.001\n"
                                      "2023-10-01T11:41:00Z,m,1,50.008\n");
    assert_int_equal(wattle_database_compact(path, NULL, NULL), WATTLE_OK);
    assert_int_equal(
        wattle_database_export(path, &options, &to_after, NULL, NULL), 0);
    assert_string_equal(before.bytes, after.bytes);
}

/* Beside a power, the answer is that of the same readings without them. */
static void
answers_do_not_see_them(void **state)
{
    static const int64_t power[] = {100, 250}, other[] = {7, 9};
    const int64_t time_ms[] = {START_MS, START_MS + 60000};
    double kwh[2];
    (void)state;
    for (int round = 0; round < 2; round++) {
        struct wattle_report *report = NULL;
        struct wattle_column columns[MEASURE_N];
        struct wattle_batch batch = WATTLE_BATCH_INIT;
        uint32_t device[2];
        columns[batch.n_columns++] =
            (struct wattle_column){.measure = WATTLE_POWER, .values = power};
        for (unsigned m = WATTLE_SPAN; m < MEASURE_N && round == 1; m++) {
            if ((MEASURE_ENERGIES >> m & 1) == 0)
                columns[batch.n_columns++] =
                    (struct wattle_column){.measure = m, .values = other};
        }
        assert_int_equal(wattle_report_open(&report, NULL, NULL), 0);
        wattle_report_add_device(report, "a", 1, &device[0], NULL);
        device[1] = device[0];
        batch.n_rows = 2;
        batch.device = device;
        batch.time_ms = time_ms;
        batch.columns = columns;
        assert_int_equal(wattle_report_add_batch(report, &batch, NULL), 0);
        assert_int_equal(wattle_report_run(report, NULL), 0);
        kwh[round] = wattle_report_result(report)->figures->energy_kwh;
        wattle_report_close(report);
    }
    assert_true(kwh[0] > 0);
    assert_true(kwh[0] == kwh[1]);
}

static void
wrong_columns_are_refused(void **state)
{
    static const int64_t value[] = {1};
    static const struct {
        struct wattle_column columns[2];
        const char *words;
    } cases[] = {
        {{{.measure = WATTLE_POWER, .values = value},
          {.measure = MEASURE_N, .values = value}},
         "measure 12"},
        {{{.measure = WATTLE_POWER, .values = value},
          {.measure = WATTLE_POWER, .values = value}},
         "two columns of power"},
        {{{.measure = WATTLE_POWER, .values = value},
          {.measure = WATTLE_FREQUENCY, .values = NULL}},
         "frequency_hz has no values"},
        {{{.measure = WATTLE_POWER, .values = value},
          {.measure = WATTLE_FREQUENCY, .decimals = 10, .values = value}},
         "nine decimals"},
    };
    struct wattle_report *report = NULL;
    uint32_t device;
    (void)state;
    assert_int_equal(wattle_report_open(&report, NULL, NULL), 0);
    wattle_report_add_device(report, "a", 1, &device, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wattle_error error = {0};
        struct wattle_batch batch = WATTLE_BATCH_INIT;
        batch.n_rows = 1;
        batch.device = &device;
        batch.time_ms = value;
        batch.n_columns = 2;
        batch.columns = cases[i].columns;
        assert_int_equal(wattle_report_add_batch(report, &batch, &error),
                         WATTLE_ERR_USAGE);
        assert_non_null(strstr(error.message, cases[i].words));
        batch.columns = NULL;
        assert_int_equal(wattle_report_add_batch(report, &batch, &error),
                         WATTLE_ERR_USAGE);
        batch.size = 0;
        assert_int_equal(wattle_report_add_batch(report, &batch, &error),
                         WATTLE_ERR_USAGE);
        assert_non_null(strstr(error.message, "size"));
    }
    wattle_report_close(report);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_measure_has_a_description),
        cmocka_unit_test_setup_teardown(other_measures_are_kept, begin, end),
        cmocka_unit_test_setup_teardown(late_readings_keep_them, begin, end),
        cmocka_unit_test(answers_do_not_see_them),
        cmocka_unit_test(wrong_columns_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
