/*
 * test_cancel.c - calls that are cancelled: before they begin and in their
 * midst. What was there stays, and nothing new is left.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wattle/stdio.h"
#include "wattle/wattle.h"

#define N_DEVICES 40
#define N_ROWS    400

struct home {
    char folder[256], csv[300], database[300], out[300];
    struct wattle_cancel *cancel;
};

static void
write_readings(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("timestamp,device_id,power\n", file);
    for (int i = 0; i < N_ROWS; i++) {
        for (int d = 0; d < N_DEVICES; d++)
            fprintf(file, "2023-10-%02d %02d:%02d,dev%d,%d\n", 1 + i / 96,
                    i / 4 % 24, i % 4 * 15, d, i);
    }
    assert_int_equal(fclose(file), 0);
}

static int
import(const struct home *home, const char *database,
       struct wattle_cancel *cancel)
{
    struct wattle_import_options options = WATTLE_IMPORT_OPTIONS_INIT;
    struct wattle_import *import;
    struct wattle_error error;
    options.cancel = cancel;
    assert_int_equal(wattle_import_open(&import, database, &options, &error),
                     0);
    assert_int_equal(wattle_import_add_path(import, home->csv, &error), 0);
    int status = wattle_import_run(import, &error);
    wattle_import_close(import);
    return status;
}

static int
begin(void **state)
{
    struct home *home = calloc(1, sizeof(*home));
    assert_non_null(home);
    strcpy(home->folder, "/tmp/wattle-cancel-XXXXXX");
    assert_non_null(mkdtemp(home->folder));
    snprintf(home->csv, sizeof(home->csv), "%s/a.csv", home->folder);
    snprintf(home->database, sizeof(home->database), "%s/h.db", home->folder);
    snprintf(home->out, sizeof(home->out), "%s/out", home->folder);
    write_readings(home->csv);
    assert_int_equal(import(home, home->database, NULL), 0);
    home->cancel = wattle_cancel_new();
    assert_non_null(home->cancel);
    *state = home;
    return 0;
}

static int
end(void **state)
{
    struct home *home = *state;
    char command[300];
    wattle_cancel_free(home->cancel);
    snprintf(command, sizeof(command), "rm -r %s", home->folder);
    assert_int_equal(system(command), 0);
    free(home);
    return 0;
}

/* Files of the folder that begin with a name. */
static int
count_files(const struct home *home, const char *begin)
{
    int n = 0;
    DIR *folder = opendir(home->folder);
    assert_non_null(folder);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
        n += strncmp(entry->d_name, begin, strlen(begin)) == 0 ? 1 : 0;
    closedir(folder);
    return n;
}

static int
drop(void *context, const void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return 0;
}

static int
report(const struct home *home, const char *path)
{
    struct wattle_report_options options = WATTLE_REPORT_OPTIONS_INIT;
    struct wattle_report *report;
    struct wattle_error error;
    options.cancel = home->cancel;
    assert_int_equal(wattle_report_open(&report, &options, &error), 0);
    assert_int_equal(wattle_report_add_path(report, path, &error), 0);
    int status = wattle_report_run(report, &error);
    wattle_report_close(report);
    return status;
}

static int export(const struct home *home)
{
    const struct wattle_writer nowhere = {drop, NULL, false};
    struct wattle_export_options options = WATTLE_EXPORT_OPTIONS_INIT;
    options.cancel = home->cancel;
    return wattle_database_export(home->database, &options, &nowhere, NULL,
                                  NULL);
}

/* All readings of a database, one after the other. */
static int
query(const struct home *home, struct wattle_cancel *late)
{
    struct wattle_database_options how = WATTLE_DATABASE_OPTIONS_INIT;
    struct wattle_query_options options = WATTLE_QUERY_OPTIONS_INIT;
    struct wattle_database *database;
    const struct wattle_query_row *row;
    struct wattle_query *query;
    how.cancel = home->cancel;
    options.is_raw = true;
    int status = wattle_database_open(&database, home->database, &how, NULL);
    if (status != WATTLE_OK)
        return status;
    status = wattle_query_open(&query, database, &options, NULL);
    while (status == WATTLE_OK) {
        status = wattle_query_next(query, &row, NULL);
        if (status == WATTLE_OK && row == NULL)
            break;
        wattle_cancel(late);
    }
    wattle_query_close(query);
    wattle_database_close(database);
    return status;
}

static void
nothing_begins_that_is_cancelled(void **state)
{
    struct home *home = *state;
    struct wattle_database_options how = WATTLE_DATABASE_OPTIONS_INIT;
    char other[310];
    snprintf(other, sizeof(other), "%s-2", home->out);
    how.cancel = home->cancel;
    wattle_cancel(home->cancel);
    wattle_cancel(NULL);
    assert_int_equal(report(home, home->csv), WATTLE_ERR_CANCELLED);
    assert_int_equal(report(home, home->database), WATTLE_ERR_CANCELLED);
    assert_int_equal(export(home), WATTLE_ERR_CANCELLED);
    assert_int_equal(query(home, NULL), WATTLE_ERR_CANCELLED);
    assert_int_equal(import(home, other, home->cancel), WATTLE_ERR_CANCELLED);
    assert_int_equal(
        wattle_database_check(home->database, &how, NULL, NULL, NULL, NULL),
        WATTLE_ERR_CANCELLED);
    assert_int_equal(
        wattle_database_backup(home->database, home->out, &how, NULL),
        WATTLE_ERR_CANCELLED);
    assert_int_equal(
        wattle_database_salvage(home->database, home->out, &how, NULL, NULL),
        WATTLE_ERR_CANCELLED);
    assert_int_equal(wattle_database_compact(home->database, &how, NULL),
                     WATTLE_ERR_CANCELLED);
    assert_string_equal(wattle_status_text(WATTLE_ERR_CANCELLED), "cancelled");
    assert_int_equal(count_files(home, "out."), 0);
    assert_int_equal(access(home->out, F_OK), -1);
}

static void
a_query_ends_in_its_midst(void **state)
{
    struct home *home = *state;
    assert_int_equal(query(home, NULL), WATTLE_OK);
    assert_int_equal(query(home, home->cancel), WATTLE_ERR_CANCELLED);
}

static void *
cancel_soon(void *context)
{
    struct home *home = context;
    usleep(1000);
    wattle_cancel(home->cancel);
    return NULL;
}

/* Whenever it comes: all or nothing. */
static void
an_import_is_whole_or_nothing(void **state)
{
    struct home *home = *state;
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    char other[310], csv[310];
    snprintf(other, sizeof(other), "%s/o.db", home->folder);
    snprintf(csv, sizeof(csv), "%s/none.csv", home->folder);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, home), 0);
    int status = import(home, other, home->cancel);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(status == WATTLE_OK || status == WATTLE_ERR_CANCELLED);
    if (access(other, F_OK) != 0)
        return;
    assert_int_equal(
        wattle_database_check(other, NULL, NULL, NULL, &result, NULL), 0);
    assert_int_equal(result.n_problems, 0);
    assert_int_equal(result.n_readings,
                     status == WATTLE_OK ? N_DEVICES * N_ROWS : 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_begins_that_is_cancelled, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_query_ends_in_its_midst, begin, end),
        cmocka_unit_test_setup_teardown(an_import_is_whole_or_nothing, begin,
                                        end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
