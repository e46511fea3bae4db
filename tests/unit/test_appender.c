/*
 * test_appender.c - readings that are appended are there as if they had been
 * imported, however they are cut; the queue is bounded, and nothing is lost
 * when a write fails.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "generate/counter_hash.h"
#include "unit.h"
#include "wattle/wattle.h"

enum { N_DEVICES = 5, MAX_ROWS = 3000 };

struct folder {
    char path[200], appended[260], imported[260];
};

struct rows {
    size_t n;
    uint32_t device[MAX_ROWS];
    int64_t time_ms[MAX_ROWS];
    int64_t power[MAX_ROWS];
};

static uint64_t n_picked;

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(97, n_picked++) % limit);
}

static int
begin(void **state)
{
    struct folder *f = calloc(1, sizeof(*f));
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    snprintf(f->path, sizeof(f->path), "%s/appender-XXXXXX", base);
    assert_non_null(mkdtemp(f->path));
    snprintf(f->appended, sizeof(f->appended), "%s/appended.db", f->path);
    snprintf(f->imported, sizeof(f->imported), "%s/imported.db", f->path);
    *state = f;
    return 0;
}

static int
end(void **state)
{
    struct folder *f = *state;
    DIR *folder = opendir(f->path);
    assert_non_null(folder);
    for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
        char path[500];
        snprintf(path, sizeof(path), "%s/%s", f->path, e->d_name);
        unlink(path);
    }
    closedir(folder);
    assert_int_equal(rmdir(f->path), 0);
    free(f);
    return 0;
}

/* ---- readings --------------------------------------------------------------
 */

/* Readings that go on, with some late, some again. */
static void
make_rows(struct rows *rows, size_t n, int64_t *clock_ms)
{
    rows->n = n;
    for (size_t i = 0; i < n; i++) {
        *clock_ms += pick(3) == 0 ? 0 : 60000;
        rows->device[i] = pick(N_DEVICES);
        rows->time_ms[i] = INT64_C(1700000000000) + *clock_ms -
                           (pick(10) == 0 ? (int64_t)pick(4000) * 60000 : 0);
        rows->power[i] = pick(2000000);
    }
}

static struct wattle_batch
batch_of(const struct rows *rows, size_t first, size_t n,
         struct wattle_column *column)
{
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    *column = (struct wattle_column){
        .measure = WATTLE_POWER, .decimals = 3, .values = rows->power + first};
    batch.n_rows = n;
    batch.device = rows->device + first;
    batch.time_ms = rows->time_ms + first;
    batch.columns = column;
    batch.n_columns = 1;
    return batch;
}

static const char *
name_of(uint32_t device, char name[16])
{
    snprintf(name, 16, "dev%u", device);
    return name;
}

static struct wattle_appender *
open_appender(const char *path, const struct wattle_append_options *options)
{
    struct wattle_appender *appender;
    struct wattle_error error = {0};
    char name[16];
    if (wattle_appender_open(&appender, path, options, &error) != WATTLE_OK)
        fail_msg("%s", error.message);
    for (uint32_t i = 0; i < N_DEVICES; i++) {
        uint32_t number;
        name_of(i, name);
        assert_int_equal(wattle_appender_add_device(
                             appender, name, strlen(name), &number, NULL),
                         0);
        assert_value(number, i);
    }
    return appender;
}

static int
append(struct wattle_appender *appender, const struct rows *rows, size_t first,
       size_t n, struct wattle_error *error)
{
    struct wattle_column column;
    const struct wattle_batch batch = batch_of(rows, first, n, &column);
    return wattle_appender_add(appender, &batch, error);
}

static void
import(const char *path, const struct rows *rows)
{
    struct wattle_import *import;
    struct wattle_column column;
    char name[16];
    const struct wattle_batch batch = batch_of(rows, 0, rows->n, &column);
    assert_int_equal(wattle_import_open(&import, path, NULL, NULL), 0);
    for (uint32_t i = 0; i < N_DEVICES; i++) {
        uint32_t number;
        name_of(i, name);
        assert_int_equal(
            wattle_import_add_device(import, name, strlen(name), &number, NULL),
            0);
    }
    assert_int_equal(wattle_import_add_batch(import, &batch, NULL), 0);
    assert_int_equal(wattle_import_run(import, NULL), 0);
    wattle_import_close(import);
}

static struct wattle_append_stats
stats_of(struct wattle_appender *appender)
{
    struct wattle_append_stats stats = {.size = sizeof(stats)};
    assert_int_equal(wattle_appender_stats(appender, &stats, NULL), 0);
    return stats;
}

/* ---- comparing -------------------------------------------------------------
 */

/* All readings of a database, as text. */
static char *
all_readings(const char *path)
{
    struct wattle_database *database;
    struct wattle_query_options options = WATTLE_QUERY_OPTIONS_INIT;
    const struct wattle_query_row *row;
    struct wattle_query *query;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    options.is_raw = true;
    assert_int_equal(wattle_database_open(&database, path, NULL, NULL), 0);
    assert_int_equal(wattle_query_open(&query, database, &options, NULL), 0);
    while (wattle_query_next(query, &row, NULL) == WATTLE_OK && row != NULL)
        fprintf(out, "%s %lld %.3f\n", row->device_id, (long long)row->start_ms,
                row->figures->mean_power_w);
    wattle_query_close(query);
    wattle_database_close(database);
    fclose(out);
    return text;
}

static void
assert_same_readings(const struct folder *f)
{
    char *got = all_readings(f->appended), *wanted = all_readings(f->imported);
    assert_string_equal(got, wanted);
    free(got);
    free(wanted);
}

static int64_t
ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t found = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return found;
}

static void
print_problem(void *context, const struct wattle_check_problem *problem)
{
    (void)context;
    print_error("%s\n", problem->text);
}

static void
assert_whole(const char *path)
{
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_error error = {0};
    if (wattle_database_check(path, NULL, print_problem, NULL, &result,
                              &error) != WATTLE_OK)
        fail_msg("%s", error.message);
    assert_value(result.n_problems, (uint64_t)0);
}

/* ---- tests -----------------------------------------------------------------
 */

static void
appended_readings_are_as_imported_ones(void **state)
{
    const struct folder *f = *state;
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct rows *rows = malloc(sizeof(*rows));
    int64_t clock_ms = 0;
    uint64_t n_all = 0;
    options.flush_rows = 200;
    struct wattle_appender *a = open_appender(f->appended, &options);
    for (int round = 0; round < 6; round++) {
        make_rows(rows, 100 + pick(MAX_ROWS - 100), &clock_ms);
        for (size_t at = 0; at < rows->n;) {
            size_t n = 1 + pick(300);
            n = n < rows->n - at ? n : rows->n - at;
            assert_int_equal(append(a, rows, at, n, NULL), 0);
            at += n;
            if (pick(4) == 0)
                assert_int_equal(wattle_appender_flush(a, NULL), 0);
        }
        n_all += rows->n;
        import(f->imported, rows);
        assert_int_equal(wattle_appender_flush(a, NULL), 0);
        assert_same_readings(f); /* another connection sees them */
    }
    const struct wattle_append_stats stats = stats_of(a);
    assert_value(stats.n_added, n_all);
    assert_value(stats.n_durable, n_all);
    assert_value(stats.n_new + stats.n_replaced + stats.n_unchanged, n_all);
    assert_value(stats.n_failures, (uint64_t)0);
    assert_true(stats.n_writes > 6);
    assert_int_equal(wattle_appender_close(a, NULL), 0);
    assert_value(ask(f->appended, "SELECT count(*) FROM file"), (int64_t)1);
    assert_value(ask(f->appended, "SELECT n_lines FROM file"), (int64_t)n_all);
    assert_whole(f->appended);
    free(rows);
}

/* A later appender of the same name goes on with the same line of `file`. */
static void
names_go_on(void **state)
{
    const struct folder *f = *state;
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct rows *rows = malloc(sizeof(*rows));
    int64_t clock_ms = 0;
    static const char *const names[] = {"plug", "plug", NULL, "meter", NULL};
    for (size_t i = 0; i < 5; i++) {
        options.name = names[i];
        struct wattle_appender *a = open_appender(f->appended, &options);
        make_rows(rows, 50, &clock_ms);
        assert_int_equal(append(a, rows, 0, 50, NULL), 0);
        assert_int_equal(wattle_appender_close(a, NULL), 0);
    }
    assert_value(ask(f->appended, "SELECT count(*) FROM file"), (int64_t)3);
    assert_value(ask(f->appended, "SELECT max(n_lines) FROM file"),
                 (int64_t)100);
    assert_whole(f->appended);
    free(rows);
}

static void
sleep_ms(long ms)
{
    const struct timespec span = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

/* Nobody asks: what is queued is written when its time has come. */
static void
readings_are_written_in_time(void **state)
{
    const struct folder *f = *state;
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct rows *rows = malloc(sizeof(*rows));
    int64_t clock_ms = 0;
    options.flush_ms = 20;
    struct wattle_appender *a = open_appender(f->appended, &options);
    make_rows(rows, 10, &clock_ms);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(append(a, rows, i, 1, NULL), 0);
        for (int k = 0; k < 3000 && stats_of(a).n_durable <= i; k++)
            sleep_ms(10);
        assert_value(stats_of(a).n_durable, (uint64_t)i + 1);
    }
    assert_int_equal(wattle_appender_close(a, NULL), 0);
    free(rows);
}

/* Another program writes, and does not end. */
static void
failures_lose_nothing(void **state)
{
    const struct folder *f = *state;
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct rows *rows = malloc(sizeof(*rows));
    struct wattle_error error = {0};
    int64_t clock_ms = 0;
    sqlite3 *other;
    options.flush_ms = 20;
    options.flush_rows = 10;
    options.max_rows = 1000;
    options.wait_ms = 10;
    struct wattle_appender *a = open_appender(f->appended, &options);
    assert_int_equal(sqlite3_open(f->appended, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    make_rows(rows, 1200, &clock_ms);
    assert_int_equal(append(a, rows, 0, 400, NULL), 0);
    assert_int_equal(wattle_appender_flush(a, &error), WATTLE_ERR_BUSY);
    assert_int_equal(append(a, rows, 400, 600, NULL), 0);
    assert_int_equal(append(a, rows, 1000, 1, &error), WATTLE_ERR_BUSY);
    assert_non_null(strstr(error.message, "queue of 1000 readings is full, "
                                          "because the last write failed"));
    struct wattle_append_stats stats = stats_of(a);
    assert_value(stats.n_added, (uint64_t)1000);
    assert_value(stats.n_durable, (uint64_t)0);
    assert_true(stats.n_failures > 0);
    assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL),
                     SQLITE_OK);
    for (int k = 0; k < 3000 && stats_of(a).n_durable == 0; k++)
        sleep_ms(10); /* it tries again by itself */
    assert_int_equal(wattle_appender_flush(a, NULL), 0);
    assert_int_equal(append(a, rows, 1000, 200, NULL), 0);
    assert_int_equal(wattle_appender_flush(a, NULL), 0);
    import(f->imported, rows);
    assert_same_readings(f);
    /* what cannot be written at the end is an error */
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(append(a, rows, 0, 1, NULL), 0);
    assert_int_equal(wattle_appender_close(a, &error), WATTLE_ERR_BUSY);
    sqlite3_close(other);
    assert_whole(f->appended);
    free(rows);
}

struct adder {
    struct wattle_appender *appender;
    const struct rows *rows;
    uint32_t device;
    pthread_t thread;
};

/* Adds the rows of one device, one by one; waits while the queue is full. */
static void *
add_device(void *context)
{
    const struct adder *adder = context;
    for (size_t i = 0; i < adder->rows->n; i++) {
        if (adder->rows->device[i] != adder->device)
            continue;
        while (append(adder->appender, adder->rows, i, 1, NULL) != WATTLE_OK)
            sleep_ms(1);
        if (i % 512 == 0)
            wattle_appender_flush(adder->appender, NULL);
    }
    return NULL;
}

static void
threads_may_add_at_the_same_time(void **state)
{
    const struct folder *f = *state;
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct rows *rows = malloc(sizeof(*rows));
    struct adder adders[N_DEVICES];
    int64_t clock_ms = 0;
    options.max_rows = 300;
    options.flush_rows = 100;
    struct wattle_appender *a = open_appender(f->appended, &options);
    make_rows(rows, MAX_ROWS, &clock_ms);
    for (uint32_t i = 0; i < N_DEVICES; i++) {
        adders[i] = (struct adder){.appender = a, .rows = rows, .device = i};
        assert_int_equal(
            pthread_create(&adders[i].thread, NULL, add_device, &adders[i]), 0);
    }
    for (uint32_t i = 0; i < N_DEVICES; i++)
        pthread_join(adders[i].thread, NULL);
    assert_int_equal(wattle_appender_close(a, NULL), 0);
    import(f->imported, rows);
    assert_same_readings(f);
    free(rows);
}

static void
what_cannot_be_is_refused(void **state)
{
    const struct folder *f = *state;
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct wattle_append_stats stats = {0};
    struct wattle_appender *a = NULL;
    struct wattle_error error = {0};
    struct rows *rows = malloc(sizeof(*rows));
    int64_t clock_ms = 0;
    uint32_t number;
    assert_int_equal(wattle_appender_open(&a, NULL, NULL, &error),
                     WATTLE_ERR_USAGE);
    options.flush_rows = 0;
    assert_int_equal(wattle_appender_open(&a, f->appended, &options, &error),
                     WATTLE_ERR_USAGE);
    options.flush_rows = options.max_rows + 1;
    assert_int_equal(wattle_appender_open(&a, f->appended, &options, &error),
                     WATTLE_ERR_USAGE);
    options.flush_rows = 1;
    options.flush_ms = 0;
    assert_int_equal(wattle_appender_open(&a, f->appended, &options, &error),
                     WATTLE_ERR_USAGE);
    options.flush_ms = 86400000;
    options.name = "";
    assert_int_equal(wattle_appender_open(&a, f->appended, &options, &error),
                     WATTLE_ERR_USAGE);
    options.name = "/etc/passwd";
    assert_int_equal(wattle_appender_open(&a, f->appended, &options, &error),
                     WATTLE_ERR_USAGE);
    assert_null(a);
    assert_int_not_equal(access(f->appended, F_OK), 0); /* none was made */
    assert_int_equal(wattle_appender_open(&a, f->path, NULL, &error),
                     WATTLE_ERR_IO);

    options.name = NULL;
    options.flush_rows = options.max_rows;
    a = open_appender(f->appended, &options);
    assert_int_equal(wattle_appender_add_device(a, "", 0, &number, &error),
                     WATTLE_ERR_USAGE);
    make_rows(rows, 3000, &clock_ms);
    rows->device[2999] = N_DEVICES; /* the last of many */
    assert_int_equal(append(a, rows, 0, 3000, &error), WATTLE_ERR_USAGE);
    rows->device[2999] = 0;
    assert_int_equal(append(a, rows, 0, 0, &error), 0);
    assert_int_equal(wattle_appender_stats(a, &stats, &error),
                     WATTLE_ERR_USAGE);
    assert_value(stats_of(a).n_added, (uint64_t)0);
    assert_int_equal(wattle_appender_flush(a, NULL), 0); /* nothing to do */
    assert_int_equal(wattle_appender_close(a, NULL), 0);
    assert_int_equal(wattle_appender_close(NULL, NULL), 0);
    free(rows);
}

int
main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(appended_readings_are_as_imported_ones),
        IN_FOLDER(names_go_on),
        IN_FOLDER(readings_are_written_in_time),
        IN_FOLDER(failures_lose_nothing),
        IN_FOLDER(threads_may_add_at_the_same_time),
        IN_FOLDER(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
