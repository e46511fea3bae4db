/*
 * test_query_api.c - wattle_query_* over small databases: rows, their order,
 * what is refused, and that imports meanwhile do not show.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wattle/import.h"
#include "wattle/query.h"
#include "wattle/stdio.h"
#include "made_batch.h"
#include "unit.h"

#define START_MS INT64_C(1696118400000) /* 2023-10-01 00:00 */
#define HOUR_MS  INT64_C(3600000)

struct home {
    char path[256];
    struct wattle_database *database;
};

/* Imports 100 W for a device, every half hour from start_ms on. */
static void
import_device(const char *path, const char *id, int64_t start_ms, size_t n)
{
    struct wattle_import_options options;
    struct wattle_import *import = NULL;
    struct wattle_error error = {0};
    uint32_t device[100], number;
    int64_t time_ms[100], power[100];
    assert_true(n <= 100);
    wattle_import_options_init(&options);
    assert_int_equal(wattle_import_open(&import, path, &options, &error), 0);
    assert_int_equal(
        wattle_import_add_device(import, id, strlen(id), &number, &error), 0);
    for (size_t i = 0; i < n; i++) {
        device[i] = number;
        time_ms[i] = start_ms + (int64_t)i * HOUR_MS / 2;
        power[i] = 100;
    }
    struct batch_view batch = {
        .n_rows = n, .device = device, .time_ms = time_ms};
    batch.columns[WATTLE_POWER] = power;
    struct made_batch *made = make_batch(&batch);
    assert_int_equal(wattle_import_add_batch(import, &made->batch, &error), 0);
    assert_int_equal(wattle_import_run(import, &error), 0);
    wattle_import_close(import);
    free_made_batch(made);
}

/* A database of "b" with ten readings and "a" with four. */
static int
open_home(void **state)
{
    struct home *home = calloc(1, sizeof(*home));
    const char *base = getenv("TMPDIR");
    assert_non_null(home);
    snprintf(home->path, sizeof(home->path), "%s/wattle-query-XXXXXX",
             base != NULL && base[0] != '\0' ? base : "/tmp");
    int fd = mkstemp(home->path);
    assert_true(fd >= 0);
    close(fd);
    import_device(home->path, "b", START_MS, 10);
    import_device(home->path, "a", START_MS + 3 * HOUR_MS, 4);
    assert_int_equal(
        wattle_database_open(&home->database, home->path, NULL, NULL), 0);
    *state = home;
    return 0;
}

static int
close_home(void **state)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    struct home *home = *state;
    char name[272];
    wattle_database_close(home->database);
    for (size_t i = 0; i < 3; i++) {
        snprintf(name, sizeof(name), "%s%s", home->path, endings[i]);
        unlink(name);
    }
    free(home);
    return 0;
}

static struct wattle_query *
open_query(struct home *home, const struct wattle_query_options *options)
{
    struct wattle_query *query = NULL;
    struct wattle_error error = {0};
    assert_int_equal(wattle_query_open(&query, home->database, options, &error),
                     0);
    return query;
}

static const struct wattle_query_row *
next(struct wattle_query *query)
{
    const struct wattle_query_row *row = NULL;
    struct wattle_error error = {0};
    assert_int_equal(wattle_query_next(query, &row, &error), 0);
    return row;
}

static void
assert_row(const struct wattle_query_row *row, const char *id, int64_t hour,
           uint64_t n_readings, double energy_kwh)
{
    assert_non_null(row);
    if (id != NULL)
        assert_string_equal(row->device_id, id);
    else
        assert_null(row->device_id);
    assert_int_equal(row->start_ms, START_MS + hour * HOUR_MS);
    assert_int_equal(row->figures->n_readings, n_readings);
    assert_value(row->figures->energy_kwh, energy_kwh);
}

static void
rows_come_by_device_and_time(void **state)
{
    struct wattle_query_options options;
    wattle_query_options_init(&options);
    options.bucket_ms = HOUR_MS;
    struct wattle_query *query = open_query(*state, &options);
    assert_int_equal(wattle_query_n_devices(query), 2);
    assert_row(next(query), "a", 3, 2, 0.1);
    const struct wattle_query_row *row = next(query);
    assert_row(row, "a", 4, 2, 0.05);
    assert_int_equal(row->end_ms, START_MS + 5 * HOUR_MS);
    assert_value(row->figures->mean_power_w, 100);
    assert_true(isnan(row->figures->voltage_v) && isnan(row->figures->cost));
    for (int64_t hour = 0; hour < 4; hour++)
        assert_row(next(query), "b", hour, 2, 0.1);
    assert_row(next(query), "b", 4, 2, 0.05);
    assert_null(next(query));
    assert_null(next(query));
    wattle_query_close(query);
}

static void
a_total_is_one_line_of_buckets(void **state)
{
    struct wattle_query_options options;
    wattle_query_options_init(&options);
    options.bucket_ms = 3 * HOUR_MS;
    options.is_total = true;
    options.rate_per_kwh = 2;
    struct wattle_query *query = open_query(*state, &options);
    assert_row(next(query), NULL, 0, 6, 0.3);
    const struct wattle_query_row *row = next(query);
    assert_row(row, NULL, 3, 8, 0.3);
    assert_value(row->figures->cost, 0.6);
    assert_true(isnan(row->figures->mean_power_w));
    assert_null(next(query));
    wattle_query_close(query);
}

static void
the_whole_range_has_one_row_a_device(void **state)
{
    struct wattle_query_options options;
    wattle_query_options_init(&options);
    struct wattle_query *query = open_query(*state, &options);
    const struct wattle_query_row *row = next(query);
    assert_row(row, "a", 3, 4, 0.15);
    assert_int_equal(row->end_ms, START_MS + 9 * HOUR_MS / 2);
    assert_row(next(query), "b", 0, 10, 0.45);
    assert_null(next(query));
    wattle_query_close(query);

    options.since_ms = START_MS + HOUR_MS / 4;
    options.until_ms = START_MS + HOUR_MS;
    options.fill = WATTLE_FILL_NULL;
    query = open_query(*state, &options);
    row = next(query);
    assert_string_equal(row->device_id, "a");
    assert_int_equal(row->start_ms, options.since_ms);
    assert_int_equal(row->end_ms, options.until_ms);
    assert_true(row->figures->n_readings == 0 &&
                isnan(row->figures->energy_kwh));
    row = next(query);
    assert_string_equal(row->device_id, "b");
    assert_int_equal(row->figures->n_readings, 1);
    assert_value(row->figures->energy_kwh, 0.075);
    assert_null(next(query));
    wattle_query_close(query);
}

static void
holes_are_filled(void **state)
{
    static const char *const globs[] = {"a"};
    struct wattle_query_options options;
    wattle_query_options_init(&options);
    options.bucket_ms = HOUR_MS;
    options.device_globs = globs;
    options.n_device_globs = 1;
    options.since_ms = START_MS + 2 * HOUR_MS + 1;
    options.until_ms = START_MS + 6 * HOUR_MS;
    options.fill = WATTLE_FILL_ZERO;
    struct wattle_query *query = open_query(*state, &options);
    const struct wattle_query_row *row = next(query);
    assert_row(row, "a", 2, 0, 0);
    assert_value(row->figures->max_power_w, 0);
    assert_row(next(query), "a", 3, 2, 0.1);
    assert_row(next(query), "a", 4, 2, 0.05);
    assert_row(next(query), "a", 5, 0, 0);
    assert_null(next(query));
    wattle_query_close(query);
}

static void
raw_rows_are_the_readings(void **state)
{
    struct wattle_query_options options;
    wattle_query_options_init(&options);
    options.is_raw = true;
    options.until_ms = START_MS + HOUR_MS;
    struct wattle_query *query = open_query(*state, &options);
    for (int64_t i = 0; i < 2; i++) {
        const struct wattle_query_row *row = next(query);
        assert_string_equal(row->device_id, "b");
        assert_int_equal(row->start_ms, START_MS + i * HOUR_MS / 2);
        assert_value(row->figures->mean_power_w, 100);
        assert_true(isnan(row->figures->energy_kwh));
    }
    assert_null(next(query));
    wattle_query_close(query);
}

static void
a_query_sees_no_later_imports(void **state)
{
    struct home *home = *state;
    struct wattle_query_options options;
    wattle_query_options_init(&options);
    struct wattle_query *query = open_query(home, &options);
    assert_row(next(query), "a", 3, 4, 0.15);
    import_device(home->path, "b", START_MS, 20);
    import_device(home->path, "c", START_MS, 20);
    struct wattle_query *other = open_query(home, &options);
    assert_row(next(query), "b", 0, 10, 0.45);
    assert_null(next(query));
    wattle_query_close(query);
    wattle_query_close(other);
    query = open_query(home, &options);
    assert_row(next(query), "a", 3, 4, 0.15);
    assert_row(next(query), "b", 0, 20, 0.95);
    assert_row(next(query), "c", 0, 20, 0.95);
    assert_null(next(query));
    wattle_query_close(query);
}

static void
assert_refused(struct home *home, const struct wattle_query_options *options,
               const char *words)
{
    struct wattle_query *query = NULL;
    struct wattle_error error = {0};
    assert_int_equal(wattle_query_open(&query, home->database, options, &error),
                     WATTLE_ERR_USAGE);
    assert_null(query);
    assert_non_null(strstr(error.message, words));
    assert_int_equal(wattle_query_open(&query, home->database, options, NULL),
                     WATTLE_ERR_USAGE);
}

static void
options_that_make_no_sense_are_refused(void **state)
{
    static const char *const globs[] = {"*", "z"};
    struct wattle_query_options usual, o;
    wattle_query_options_init(&usual);
    o = usual;
    o.bucket_ms = HOUR_MS;
    o.bucket_months = 1;
    assert_refused(*state, &o, "bucket_ms and bucket_months");
    o = usual;
    o.bucket_ms = -1;
    assert_refused(*state, &o, "buckets must be");
    o = usual;
    o.bucket_ms = 1;
    assert_refused(*state, &o, "too small");
    o = usual;
    o.is_raw = o.is_total = true;
    assert_refused(*state, &o, "raw readings");
    o = usual;
    o.since_ms = o.until_ms = START_MS;
    assert_refused(*state, &o, "the range is empty");
    o = usual;
    o.since_ms = INT64_MAX;
    assert_refused(*state, &o, "years 0 to 9999");
    o = usual;
    o.max_gap_ms = 0;
    assert_refused(*state, &o, "max_gap_ms");
    o = usual;
    o.fields = WATTLE_QUERY_ALL + 1;
    assert_refused(*state, &o, "the option fields");
    o = usual;
    o.fill = 3;
    assert_refused(*state, &o, "the option fill");
    o = usual;
    o.device_globs = globs;
    o.n_device_globs = 2;
    assert_refused(*state, &o, "no device matches 'z'; there are 'a', 'b'");
    o = usual;
    o.location_glob = "*";
    assert_refused(*state, &o, "no location is known");
}

static void
a_stream_that_fails_is_an_error(void **state)
{
    const struct wattle_text_style style = {.size = sizeof(style), .width = 80};
    struct wattle_query_options options;
    struct wattle_error error = {0};
    wattle_query_options_init(&options);
    for (int format = 0; format < 3; format++) {
        struct wattle_query *query = open_query(*state, &options);
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        setvbuf(full, NULL, _IONBF, 0);
        const struct wattle_writer out = wattle_stdio_writer(full);
        int status =
            format == 0 ? wattle_query_write_csv(query, &out, NULL, &error)
            : format == 1
                ? wattle_query_write_json(query, &out, NULL, &error)
                : wattle_query_write_text(query, &style, &out, NULL, &error);
        assert_int_equal(status, WATTLE_ERR_IO);
        fclose(full);
        wattle_query_close(query);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_come_by_device_and_time),
        cmocka_unit_test(a_total_is_one_line_of_buckets),
        cmocka_unit_test(the_whole_range_has_one_row_a_device),
        cmocka_unit_test(holes_are_filled),
        cmocka_unit_test(raw_rows_are_the_readings),
        cmocka_unit_test(options_that_make_no_sense_are_refused),
        cmocka_unit_test(a_stream_that_fails_is_an_error),
        cmocka_unit_test(a_query_sees_no_later_imports), /* the last one */
    };
    return cmocka_run_group_tests(tests, open_home, close_home);
}
