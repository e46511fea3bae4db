/*
 * test_null_arguments.c - NULL options are the defaults, NULL paths are errors,
 * errors name the option, and a success leaves no words behind.
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

#include "generate/generator.h"
#include "wattle/wattle.h"
#include "wattle/experimental/tuning.h"
#include "wattle/stdio.h"
#include "unit.h"

static int
enter_folder(void **state)
{
    static char folder[] = "/tmp/wattle-null-XXXXXX";
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    FILE *file = fopen("a.csv", "w");
    fputs("timestamp,device_id,power\n2023-01-01 00:00,a,1\nbad\n", file);
    return fclose(file);
}

static int
leave_folder(void **state)
{
    (void)state;
    return system("rm -r \"$PWD\"");
}

static void
assert_names(const struct wattle_error *error, int status, const char *name)
{
    assert_int_equal(status, WATTLE_ERR_USAGE);
    assert_int_equal(error->code, WATTLE_ERR_USAGE);
    assert_non_null(strstr(error->message, name));
}

static void
assert_no_words(const struct wattle_error *error, int status)
{
    assert_int_equal(status, WATTLE_OK);
    assert_int_equal(error->code, WATTLE_OK);
    assert_string_equal(error->message, "");
    assert_string_equal(error->path, "");
}

/* As if something had gone wrong before. */
static struct wattle_error
used_error(void)
{
    return (struct wattle_error){WATTLE_ERR_IO, 7, "old", "old words"};
}

static void
null_options_are_the_defaults(void **state)
{
    (void)state;
    struct wattle_error error = used_error();
    struct wattle_report *report = NULL;
    struct wattle_import *import = NULL;
    struct wattle_database *database = NULL;
    struct wattle_query *query = NULL;
    assert_int_equal(wattle_report_open(&report, NULL, &error), WATTLE_OK);
    assert_int_equal(wattle_report_add_path(report, "a.csv", &error),
                     WATTLE_OK);
    assert_no_words(&error, wattle_report_run(report, &error));
    assert_int_equal(wattle_report_result(report)->n_lines, 2);
    wattle_report_close(report);
    error = used_error();
    assert_int_equal(wattle_import_open(&import, "a.db", NULL, &error),
                     WATTLE_OK);
    assert_int_equal(wattle_import_add_path(import, "a.csv", &error),
                     WATTLE_OK);
    assert_no_words(&error, wattle_import_run(import, &error));
    wattle_import_close(import);
    error = used_error();
    assert_no_words(&error,
                    wattle_database_open(&database, "a.db", NULL, &error));
    error = used_error();
    assert_no_words(&error, wattle_query_open(&query, database, NULL, &error));
    wattle_query_close(query);
    wattle_database_close(database);
    error = used_error();
    uint64_t n = 0;
    assert_no_words(
        &error, wattle_database_export_file("a.db", NULL, "b.csv", &n, &error));
    assert_int_equal(n, 1);
}

static void
null_parts_are_errors(void **state)
{
    (void)state;
    const struct wattle_writer out = wattle_stdio_writer(stdout);
    static const char *const globs[] = {"a", NULL};
    struct wattle_error error;
    struct wattle_report_options report_options;
    struct wattle_export_options export_options;
    struct wattle_query_options query_options;
    struct wattle_report *report = NULL;
    struct wattle_import *import = NULL;
    struct wattle_database *database = NULL;
    struct wattle_query *query = NULL;
    const int64_t power[] = {1};
    int64_t time_ms;
    wattle_report_options_init(&report_options);
    wattle_export_options_init(&export_options);
    wattle_query_options_init(&query_options);
    for (int i = 0; i < 2; i++) {
        const char *const *given = i > 0 ? globs : NULL;
        report_options.device_globs = given;
        report_options.n_device_globs = 2;
        assert_names(&error,
                     wattle_report_open(&report, &report_options, &error),
                     "device_globs");
        export_options.device_globs = given;
        export_options.n_device_globs = 2;
        assert_names(
            &error,
            wattle_database_export("a.db", &export_options, &out, NULL, &error),
            "device_globs");
        assert_int_equal(wattle_database_open(&database, "a.db", NULL, &error),
                         WATTLE_OK);
        query_options.device_globs = given;
        query_options.n_device_globs = 2;
        assert_names(
            &error, wattle_query_open(&query, database, &query_options, &error),
            "device_globs");
        wattle_database_close(database);
    }
    struct wattle_column column = {.measure = WATTLE_POWER, .values = power};
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    batch.n_rows = 1;
    batch.n_columns = 1;
    batch.columns = &column;
    assert_int_equal(wattle_import_open(&import, "a.db", NULL, &error),
                     WATTLE_OK);
    assert_names(&error, wattle_import_add_batch(import, &batch, &error),
                 "device");
    batch.device = (const uint32_t[]){0};
    assert_names(&error, wattle_import_add_batch(import, &batch, &error),
                 "time_ms");
    wattle_import_close(import);
    assert_int_equal(
        wattle_database_check("a.db", NULL, NULL, NULL, NULL, &error),
        WATTLE_OK);
    assert_int_equal(
        wattle_database_salvage("a.db", "s.db", NULL, NULL, &error), WATTLE_OK);
    assert_int_equal(wattle_parse_time(NULL, &time_ms), WATTLE_ERR_FORMAT);
    char text[8] = "x";
    wattle_text_visible(NULL, text, sizeof(text));
    assert_string_equal(text, "");
}

static void
null_paths_are_errors(void **state)
{
    (void)state;
    const struct wattle_writer out = wattle_stdio_writer(stdout);
    struct wattle_error error;
    struct wattle_report *report = NULL;
    struct wattle_import *import = NULL;
    struct wattle_database *database = NULL;
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_info *info = NULL;
    struct wattle_sql *sql = NULL;
    struct wattle_query *query = NULL;
    struct wattle_trace_file *trace = NULL;
    uint32_t number;
    assert_int_equal(wattle_report_open(&report, NULL, &error), WATTLE_OK);
    assert_names(&error, wattle_report_add_path(report, NULL, &error), "path");
    assert_names(&error,
                 wattle_report_add_device(report, NULL, 3, &number, &error),
                 "id");
    assert_names(&error, wattle_report_add_batch(report, NULL, &error),
                 "batch");
    wattle_report_close(report);
    assert_names(&error, wattle_import_open(&import, NULL, NULL, &error),
                 "database");
    assert_names(&error, wattle_database_open(&database, NULL, NULL, &error),
                 "path");
    assert_names(&error,
                 wattle_database_check(NULL, NULL, NULL, NULL, &result, &error),
                 "path");
    assert_names(&error,
                 wattle_database_salvage(NULL, "x", NULL, &result, &error),
                 "path");
    assert_names(&error,
                 wattle_database_salvage("x", NULL, NULL, &result, &error),
                 "out");
    assert_names(&error, wattle_database_backup(NULL, "x", NULL, &error),
                 "path");
    assert_names(&error, wattle_database_backup("x", NULL, NULL, &error),
                 "out");
    assert_names(&error, wattle_database_compact(NULL, NULL, &error), "path");
    assert_names(&error, wattle_database_export(NULL, NULL, &out, NULL, &error),
                 "path");
    assert_names(&error,
                 wattle_database_export_file("x", NULL, NULL, NULL, &error),
                 "out");
    assert_names(&error, wattle_database_info(NULL, &info, &error), "path");
    assert_names(&error, wattle_sql_open(&sql, NULL, "SELECT 1", &error),
                 "database");
    assert_names(&error, wattle_query_open(&query, NULL, NULL, &error),
                 "database");
    assert_names(&error, wattle_sql_register(NULL, &error), "connection");
    assert_names(&error, wattle_trace_file_open(&trace, NULL, NULL, 0, &error),
                 "path");
    assert_names(&error, generator_run(NULL, &error), "options");
}

/* Callers that know fewer options, more of them, or have not begun well. */
static void
options_of_other_versions_are_taken(void **state)
{
    (void)state;
    struct wattle_error error;
    struct {
        struct wattle_report_options options;
        uint64_t later[2];
    } newer = {.options = WATTLE_REPORT_OPTIONS_INIT};
    struct wattle_report_options same;
    struct wattle_report *report = NULL;

    memset(&same, 0xff, sizeof(same));
    wattle_report_options_init(&same);
    const struct wattle_report_options begun = WATTLE_REPORT_OPTIONS_INIT;
    assert_int_equal(same.size, begun.size);
    assert_value(same.rate_per_kwh, begun.rate_per_kwh);
    assert_int_equal(same.since_ms, begun.since_ms);
    assert_int_equal(same.max_gap_ms, begun.max_gap_ms);

    newer.options.size = sizeof(newer);
    assert_int_equal(wattle_report_open(&report, &newer.options, &error), 0);
    wattle_report_close(report);
    newer.later[1] = 1;
    assert_int_equal(wattle_report_open(&report, &newer.options, &error),
                     WATTLE_ERR_USAGE);
    assert_null(report);
    assert_non_null(strstr(error.message, "does not have"));

    /* what comes behind the size is not read: it would be an error here */
    struct wattle_report_options older = WATTLE_REPORT_OPTIONS_INIT;
    older.size = offsetof(struct wattle_report_options, value_kind);
    older.value_kind = -1;
    assert_int_equal(wattle_report_open(&report, &older, &error), 0);
    wattle_report_close(report);

    older.size = 0;
    assert_int_equal(wattle_report_open(&report, &older, &error),
                     WATTLE_ERR_USAGE);
    assert_non_null(strstr(error.message, "size"));
}

static void
errors_name_the_option(void **state)
{
    (void)state;
    struct wattle_error error;
    struct wattle_report *report = NULL;
    struct wattle_report_options options;
    struct wattle_tuning tuning;
    const struct {
        const char *name;
        int *value;
    } numbers[] = {{"n_threads", &options.n_threads},
                   {"value_kind", &options.value_kind},
                   {"reader", &tuning.reader},
                   {"simd", &tuning.simd},
                   {"zstd_window_log", &options.zstd_window_log}};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        wattle_report_options_init(&options);
        wattle_tuning_init(&tuning);
        options.tuning = &tuning;
        *numbers[i].value = -1;
        assert_names(&error, wattle_report_open(&report, &options, &error),
                     numbers[i].name);
        *numbers[i].value = 100000;
        assert_names(&error, wattle_report_open(&report, &options, &error),
                     numbers[i].name);
    }
    wattle_report_options_init(&options);
    options.max_gap_ms = 0;
    assert_names(&error, wattle_report_open(&report, &options, &error),
                 "max_gap_ms");
    wattle_report_options_init(&options);
    wattle_tuning_init(&tuning);
    tuning.block_bytes = SIZE_MAX;
    options.tuning = &tuning;
    assert_names(&error, wattle_report_open(&report, &options, &error),
                 "block_bytes");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_options_are_the_defaults),
        cmocka_unit_test(null_parts_are_errors),
        cmocka_unit_test(null_paths_are_errors),
        cmocka_unit_test(options_of_other_versions_are_taken),
        cmocka_unit_test(errors_name_the_option),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
