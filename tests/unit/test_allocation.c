/*
 * test_allocation.c - every allocation of the library fails once, in turn:
 * the call returns WATTLE_ERR_MEMORY and leaves nothing behind, or does
 * without and gives the same answer.
 *
 * The linker sends the library's calls of malloc and its kin here (--wrap in
 * tests/meson.build); those of SQLite and the C library go their usual way.
 * FAILS_AT=N in the environment tries the allocation of that number alone; a
 * breakpoint at refuse_allocation shows who asks for it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "unit.h"
#include "wattle/stdio.h"
#include "wattle/wattle.h"

/* Runs of a scenario: more allocations than this are passed over evenly. */
#define MAX_RUNS 250

/* ---- allocations that fail --------------------------------------------------
 */

static _Atomic long n_allocations;
static _Atomic long fails_at; /* the number of the one that fails; 0 = none */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
char *__wrap_strdup(const char *text);

/* A place for a breakpoint: who asks for what is refused? */
static __attribute__((noinline)) void
refuse_allocation(void)
{
    __asm__ volatile("" ::: "memory");
}

static bool
fails(void)
{
    bool is_it =
        atomic_fetch_add(&n_allocations, 1) + 1 == atomic_load(&fails_at);
    if (is_it)
        refuse_allocation();
    return is_it;
}

void *
__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *old, size_t size)
{
    return fails() ? NULL : __real_realloc(old, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails() ? NULL : __real_aligned_alloc(alignment, size);
}

char *
__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

/* ---- files ------------------------------------------------------------------
 */

static char folder[200];

static const char *
in_folder(const char *name)
{
    static char paths[32][500];
    static unsigned next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

/* Readings of a few devices: in order or not, with rejects. */
static size_t
make_text(char *text, size_t size, bool is_mixed)
{
    size_t n = (size_t)snprintf(text, size,
                                "timestamp,device_id,voltage,"
                                "current,power_factor\n");
    for (int i = 0; i < 600 && n + 100 < size; i++) {
        int k = is_mixed ? i * 377 % 600 : i;
        n += (size_t)snprintf(text + n, size - n,
                              "2023-10-%02d %02d:%02d:00,%s%d,230.%d,1.5,0.9\n",
                              1 + k / 96, k / 4 % 24, k % 4 * 15,
                              i % 3 == 0 ? "\"a long, quoted name of a device\""
                                         : "dev",
                              i % 4, k % 10);
        if (i % 50 == 0)
            n += (size_t)snprintf(text + n, size - n, "nonsense,%d\n", i);
    }
    return n;
}

static void
write_file(const char *name, const void *bytes, size_t len)
{
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void
write_packed(const char *text, size_t len)
{
    static char packed[200000];
    size_t n = ZSTD_compress(packed, sizeof(packed), text, len, 1);
    assert_false(ZSTD_isError(n));
    write_file("c.csv.zst", packed, n);
    gzFile gzip = gzopen(in_folder("d.csv.gz"), "wb");
    assert_non_null(gzip);
    assert_int_equal(gzwrite(gzip, text, (unsigned)len), (int)len);
    assert_int_equal(gzclose(gzip), Z_OK);
}

static int
begin(void **state)
{
    static char text[100000];
    const char *base = getenv("TMPDIR") != NULL ? getenv("TMPDIR") : "/tmp";
    (void)state;
    snprintf(folder, sizeof(folder), "%s/allocation-XXXXXX", base);
    assert_non_null(mkdtemp(folder));
    size_t len = make_text(text, sizeof(text), false);
    write_file("a.csv", text, len);
    write_packed(text, len);
    len = make_text(text, sizeof(text), true);
    write_file("b.csv", text, len);
    static const char table[] = "device_id,name,location,rated_w\n"
                                "dev1,\"Fridge, old\",Kitchen,150\n"
                                "dev2,Heater,Bath,2000\n";
    write_file("devices.csv", table, strlen(table));
    return 0;
}

static void
remove_file(const char *name)
{
    unlink(in_folder(name));
}

static int
end(void **state)
{
    (void)state;
    DIR *names = opendir(folder);
    assert_non_null(names);
    for (const struct dirent *e; (e = readdir(names)) != NULL;)
        remove_file(e->d_name);
    closedir(names);
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

/* ---- scenarios --------------------------------------------------------------
 */

/*
 * A few calls of the library; the first failure ends them. What they answer is
 * written to `out`. What was opened is closed in any case.
 */
typedef int (*scenario_run)(const struct wattle_writer *out,
                            struct wattle_error *error);

/* Nothing is needed before a run; or what is. */
typedef void (*prepare_scenario)(void);

struct answer {
    char *text;
    size_t len;
    int status;
    struct wattle_error error;
};

static struct answer
run(scenario_run scenario, prepare_scenario prepare, long fails_at_number)
{
    struct answer answer = {.status = -1};
    if (prepare != NULL)
        prepare();
    FILE *out = open_memstream(&answer.text, &answer.len);
    const struct wattle_writer to = wattle_stdio_writer(out);
    atomic_store(&n_allocations, 0);
    atomic_store(&fails_at, fails_at_number);
    answer.status = scenario(&to, &answer.error);
    atomic_store(&fails_at, 0);
    assert_int_equal(fclose(out), 0);
    return answer;
}

/* Fails each allocation of a scenario in turn, or as many as there is time. */
static void
fail_each(scenario_run scenario, prepare_scenario prepare)
{
    struct answer wanted = run(scenario, prepare, 0);
    const long n = atomic_load(&n_allocations);
    if (wanted.status != WATTLE_OK)
        fail_msg("it fails by itself: %s", wanted.error.message);
    assert_true(n > 3);
    const char *only = getenv("FAILS_AT");
    const long step = n / MAX_RUNS + 1;
    int n_failed = 0;
    for (long at = 1; at <= n; at += at < 60 ? 1 : step) {
        if (only != NULL && atol(only) != at)
            continue;
        struct answer got = run(scenario, prepare, at);
        if (got.status == WATTLE_OK) {
            /* done without */
            if (got.len != wanted.len ||
                memcmp(got.text, wanted.text, got.len) != 0)
                fail_msg("allocation %ld of %ld: another answer", at, n);
        } else {
            if (got.status != WATTLE_ERR_MEMORY)
                fail_msg("allocation %ld of %ld: status %d, %s", at, n,
                         got.status, got.error.message);
            n_failed++;
        }
        free(got.text);
    }
    assert_true(n_failed > 0);
    free(wanted.text);
}

static int
report_files(const struct wattle_writer *out, struct wattle_error *error)
{
    static const char *const names[] = {"a.csv", "b.csv", "c.csv.zst",
                                        "d.csv.gz"};
    struct wattle_report_options options = WATTLE_REPORT_OPTIONS_INIT;
    struct wattle_report *report = NULL;
    options.rejects_path = in_folder("rejects.csv");
    options.n_threads = 2;
    int status = wattle_report_open(&report, &options, error);
    for (size_t i = 0; i < 4 && status == WATTLE_OK; i++)
        status = wattle_report_add_path(report, in_folder(names[i]), error);
    if (status == WATTLE_OK)
        status = wattle_report_run(report, error);
    if (status == WATTLE_OK)
        status =
            wattle_report_write_json(wattle_report_result(report), false, out);
    if (status == WATTLE_OK)
        status =
            wattle_report_write_text(wattle_report_result(report), NULL, out);
    wattle_report_close(report);
    return status;
}

static void
remove_database(void)
{
    remove_file("new.db");
    remove_file("new.db-wal");
    remove_file("new.db-shm");
    remove_file("new.db-journal");
}

static int
import_into(const char *name, struct wattle_error *error)
{
    struct wattle_import_options options = WATTLE_IMPORT_OPTIONS_INIT;
    struct wattle_import *import = NULL;
    options.n_threads = 2;
    int status = wattle_import_open(&import, in_folder(name), &options, error);
    if (status == WATTLE_OK)
        status = wattle_import_add_path(import, in_folder("a.csv"), error);
    if (status == WATTLE_OK)
        status = wattle_import_add_path(import, in_folder("b.csv"), error);
    if (status == WATTLE_OK)
        status = wattle_import_run(import, error);
    wattle_import_close(import);
    return status;
}

static void
make_database(void)
{
    if (access(in_folder("home.db"), F_OK) != 0)
        assert_int_equal(import_into("home.db", NULL), WATTLE_OK);
}

/* All readings of a database. */
static int
write_readings(const char *name, const struct wattle_writer *out,
               struct wattle_error *error)
{
    struct wattle_database *database = NULL;
    struct wattle_query_options options = WATTLE_QUERY_OPTIONS_INIT;
    struct wattle_query *query = NULL;
    options.is_raw = true;
    int status = wattle_database_open(&database, in_folder(name), NULL, error);
    if (status == WATTLE_OK)
        status = wattle_query_open(&query, database, &options, error);
    if (status == WATTLE_OK)
        status = wattle_query_write_csv(query, out, NULL, error);
    wattle_query_close(query);
    wattle_database_close(database);
    return status;
}

static int
import_files(const struct wattle_writer *out, struct wattle_error *error)
{
    int status = import_into("new.db", error);
    return status == WATTLE_OK ? write_readings("new.db", out, error) : status;
}

static int
append_rows(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    struct wattle_appender *appender = NULL;
    uint32_t device = 0;
    options.flush_ms = 60000;
    int status =
        wattle_appender_open(&appender, in_folder("new.db"), &options, error);
    if (status == WATTLE_OK)
        status =
            wattle_appender_add_device(appender, "plug", 4, &device, error);
    for (int64_t i = 0; i < 3 && status == WATTLE_OK; i++) {
        const int64_t time_ms = 1700000000000 + i * 60000, power = 100 + i;
        const struct wattle_column column = {.measure = WATTLE_POWER,
                                             .values = &power};
        struct wattle_batch batch = WATTLE_BATCH_INIT;
        batch.n_rows = 1;
        batch.device = &device;
        batch.time_ms = &time_ms;
        batch.columns = &column;
        batch.n_columns = 1;
        status = wattle_appender_add(appender, &batch, error);
        if (status == WATTLE_OK)
            status = wattle_appender_flush(appender, error);
    }
    int closed = wattle_appender_close(appender, NULL);
    status = status == WATTLE_OK ? closed : status;
    return status == WATTLE_OK ? write_readings("new.db", out, error) : status;
}

static int
report_database(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_report_options options = WATTLE_REPORT_OPTIONS_INIT;
    struct wattle_report *report = NULL;
    options.n_threads = 2;
    options.max_gap_ms = 1800000; /* readings have to be decoded */
    int status = wattle_report_open(&report, &options, error);
    if (status == WATTLE_OK)
        status = wattle_report_add_path(report, in_folder("home.db"), error);
    if (status == WATTLE_OK)
        status = wattle_report_run(report, error);
    if (status == WATTLE_OK)
        status = wattle_report_write_csv(wattle_report_result(report), out);
    wattle_report_close(report);
    return status;
}

static int
query_buckets(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_database *database = NULL;
    struct wattle_query_options options = WATTLE_QUERY_OPTIONS_INIT;
    struct wattle_query *query = NULL;
    int status =
        wattle_database_open(&database, in_folder("home.db"), NULL, error);
    options.bucket_ms = 3600000;
    options.fields = WATTLE_QUERY_ALL;
    for (int is_total = 0; is_total < 2 && status == WATTLE_OK; is_total++) {
        options.is_total = is_total != 0;
        options.fields = is_total != 0 ? 0 : WATTLE_QUERY_ALL;
        status = wattle_query_open(&query, database, &options, error);
        if (status == WATTLE_OK)
            status = wattle_query_write_json(query, out, NULL, error);
        wattle_query_close(query);
        query = NULL;
    }
    options.is_total = false;
    if (status == WATTLE_OK)
        status = wattle_query_open(&query, database, &options, error);
    if (status == WATTLE_OK)
        status = wattle_query_write_text(query, NULL, out, NULL, error);
    wattle_query_close(query);
    wattle_database_close(database);
    return status;
}

static int
ask_sql(const struct wattle_writer *out, struct wattle_error *error)
{
    static const char text[] =
        "SELECT count(*), sum(voltage) FROM readings WHERE device_id = 'dev1';"
        "SELECT * FROM readings WHERE timestamp > '2023-10-03' LIMIT 30;"
        "SELECT device_id, energy_kwh FROM energy_buckets('1d') LIMIT 9;"
        "SELECT * FROM daily";
    struct wattle_database *database = NULL;
    struct wattle_sql *sql = NULL;
    int status =
        wattle_database_open(&database, in_folder("home.db"), NULL, error);
    for (int format = 0; format < 3 && status == WATTLE_OK; format++) {
        status = wattle_sql_open(&sql, database, text, error);
        if (status == WATTLE_OK && format == 0)
            status = wattle_sql_write_text(sql, NULL, out, error);
        if (status == WATTLE_OK && format == 1)
            status = wattle_sql_write_csv(sql, out, error);
        if (status == WATTLE_OK && format == 2)
            status = wattle_sql_write_json(sql, out, error);
        wattle_sql_close(sql);
        sql = NULL;
    }
    wattle_database_close(database);
    return status;
}

static int
maintain(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_export_options options = WATTLE_EXPORT_OPTIONS_INIT;
    struct wattle_info *info = NULL;
    uint64_t n_readings;
    int status = wattle_database_check(in_folder("home.db"), NULL, NULL, NULL,
                                       &result, error);
    if (status == WATTLE_OK)
        assert_value(result.n_problems, (uint64_t)0);
    if (status == WATTLE_OK)
        status = wattle_database_info(in_folder("home.db"), &info, error);
    if (status == WATTLE_OK)
        status = wattle_info_write_text(info, 10, out);
    if (status == WATTLE_OK)
        status = wattle_info_write_json(info, out);
    wattle_info_free(info);
    if (status == WATTLE_OK)
        status = wattle_database_export(in_folder("home.db"), &options, out,
                                        &n_readings, error);
    return status;
}

static void
remove_copy(void)
{
    make_database();
    remove_database();
}

static int
salvage(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    int status = wattle_database_salvage(
        in_folder("home.db"), in_folder("new.db"), NULL, &result, error);
    if (status != WATTLE_OK) {
        assert_int_not_equal(access(in_folder("new.db"), F_OK), 0);
        return status;
    }
    return write_readings("new.db", out, error);
}

/* Late readings wait in the delta of a database, to be merged. */
static void
make_late(void)
{
    struct wattle_import *import = NULL;
    uint32_t number;
    const int64_t time_ms = INT64_C(1696118400000) + 7, power = 5;
    const struct wattle_column column = {.measure = WATTLE_POWER,
                                         .values = &power};
    struct wattle_batch batch = WATTLE_BATCH_INIT;
    remove_database();
    assert_int_equal(import_into("new.db", NULL), WATTLE_OK);
    assert_int_equal(
        wattle_import_open(&import, in_folder("new.db"), NULL, NULL), 0);
    assert_int_equal(wattle_import_add_device(import, "dev1", 4, &number, NULL),
                     0);
    batch.n_rows = 1;
    batch.device = &number;
    batch.time_ms = &time_ms;
    batch.columns = &column;
    batch.n_columns = 1;
    assert_int_equal(wattle_import_add_batch(import, &batch, NULL), 0);
    assert_int_equal(wattle_import_run(import, NULL), 0);
    wattle_import_close(import);
}

static int
compact(const struct wattle_writer *out, struct wattle_error *error)
{
    int status = wattle_database_compact(in_folder("new.db"), NULL, error);
    return status == WATTLE_OK ? write_readings("new.db", out, error) : status;
}

static int
take_back(const struct wattle_writer *out, struct wattle_error *error)
{
    static const char *const globs[] = {"dev1"};
    const char *const paths[] = {in_folder("a.csv")};
    const char *database = in_folder("new.db");
    struct wattle_forget_options files = WATTLE_FORGET_OPTIONS_INIT;
    struct wattle_forget_options devices = WATTLE_FORGET_OPTIONS_INIT;
    struct wattle_database_options zoned = WATTLE_DATABASE_OPTIONS_INIT;
    struct wattle_zone *zone = NULL;
    files.paths = paths;
    files.n_paths = 1;
    devices.device_globs = globs;
    devices.n_device_globs = 1;
    int status = wattle_zone_open(&zone, "Europe/Brussels", error);
    if (status == WATTLE_OK)
        status = wattle_database_forget(database, &files, NULL, error);
    if (status == WATTLE_OK)
        status = wattle_database_unforget(database, 0, NULL, NULL, NULL, error);
    if (status == WATTLE_OK)
        status = wattle_database_forget(database, &devices, NULL, error);
    zoned.zone = zone;
    if (status == WATTLE_OK)
        status = wattle_database_compact(database, &zoned, error);
    wattle_zone_close(zone);
    return status == WATTLE_OK ? write_readings("new.db", out, error) : status;
}

/* Files that were imported as of UTC are read again in a zone. */
static int
import_moved(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_import_options options = WATTLE_IMPORT_OPTIONS_INIT;
    struct wattle_import *import = NULL;
    struct wattle_zone *zone = NULL;
    int status = wattle_zone_open(&zone, "Asia/Kathmandu", error);
    options.n_threads = 2;
    options.zone = zone;
    if (status == WATTLE_OK)
        status =
            wattle_import_open(&import, in_folder("new.db"), &options, error);
    if (status == WATTLE_OK)
        status = wattle_import_add_path(import, in_folder("a.csv"), error);
    if (status == WATTLE_OK)
        status = wattle_import_run(import, error);
    wattle_import_close(import);
    wattle_zone_close(zone);
    return status == WATTLE_OK ? write_readings("new.db", out, error) : status;
}

/* A home whose meters give energies of intervals, counters and powers. */
static void
make_meters(void)
{
    char text[20000];
    size_t n = (size_t)snprintf(text, sizeof(text),
                                "timestamp,device_id,power,energy_wh,span_s,"
                                "energy_total_wh\n");
    if (access(in_folder("meters.db"), F_OK) == 0)
        return;
    for (int i = 0; i < 300; i++)
        n += (size_t)snprintf(
            text + n, sizeof(text) - n,
            "2023-10-%02d %02d:%02d:00,m%d,%s,%d,%s,%d\n", 1 + i / 96,
            i / 4 % 24, i % 4 * 15, i % 2, i % 3 == 0 ? "" : "70", i % 40,
            i % 5 == 0 ? "3600" : "", i % 60 == 7 ? 3 : 500 + i);
    write_file("meters.csv", text, n);
    struct wattle_import *import = NULL;
    assert_int_equal(
        wattle_import_open(&import, in_folder("meters.db"), NULL, NULL), 0);
    assert_int_equal(
        wattle_import_add_path(import, in_folder("meters.csv"), NULL), 0);
    assert_int_equal(wattle_import_run(import, NULL), 0);
    wattle_import_close(import);
}

static int
report_meters(const struct wattle_writer *out, struct wattle_error *error)
{
    static const char *const names[] = {"meters.csv", "meters.db"};
    int status = WATTLE_OK;
    for (int i = 0; i < 2 && status == WATTLE_OK; i++) {
        struct wattle_report_options options = WATTLE_REPORT_OPTIONS_INIT;
        struct wattle_report *report = NULL;
        options.n_threads = 2;
        options.sort = WATTLE_SORT_ENERGY;
        status = wattle_report_open(&report, &options, error);
        if (status == WATTLE_OK)
            status = wattle_report_add_path(report, in_folder(names[i]), error);
        if (status == WATTLE_OK)
            status = wattle_report_run(report, error);
        if (status == WATTLE_OK)
            status = wattle_report_write_csv(wattle_report_result(report), out);
        wattle_report_close(report);
    }
    return status;
}

static int
query_meters(const struct wattle_writer *out, struct wattle_error *error)
{
    struct wattle_database *database = NULL;
    struct wattle_query_options options = WATTLE_QUERY_OPTIONS_INIT;
    struct wattle_query *query = NULL;
    options.bucket_ms = 3600000;
    options.sort = WATTLE_SORT_ENERGY;
    options.interpolation = WATTLE_HOLD;
    int status =
        wattle_database_open(&database, in_folder("meters.db"), NULL, error);
    if (status == WATTLE_OK)
        status = wattle_query_open(&query, database, &options, error);
    if (status == WATTLE_OK)
        status = wattle_query_write_csv(query, out, NULL, error);
    wattle_query_close(query);
    wattle_database_close(database);
    return status;
}

#define TEST(name, scenario, prepare)                                          \
    static void name(void **state)                                             \
    {                                                                          \
        (void)state;                                                           \
        fail_each(scenario, prepare);                                          \
    }

TEST(reports_of_files, report_files, NULL)
TEST(imports, import_files, remove_database)
TEST(appending, append_rows, remove_database)
TEST(reports_of_databases, report_database, make_database)
TEST(queries, query_buckets, make_database)
TEST(reports_of_meters, report_meters, make_meters)
TEST(queries_of_meters, query_meters, make_meters)
TEST(sql, ask_sql, make_database)
TEST(maintenance, maintain, make_database)
TEST(salvaging, salvage, remove_copy)
TEST(compacting, compact, make_late)
TEST(taking_back, take_back, make_late)
TEST(moving, import_moved, make_late)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reports_of_files),
        cmocka_unit_test(imports),
        cmocka_unit_test(appending),
        cmocka_unit_test(reports_of_databases),
        cmocka_unit_test(queries),
        cmocka_unit_test(reports_of_meters),
        cmocka_unit_test(queries_of_meters),
        cmocka_unit_test(sql),
        cmocka_unit_test(maintenance),
        cmocka_unit_test(salvaging),
        cmocka_unit_test(compacting),
        cmocka_unit_test(taking_back),
        cmocka_unit_test(moving),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
