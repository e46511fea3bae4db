/*
 * test_report_api.c - the public report, through its headers only.
 *
 * Readings handed over as batches must give the answers of the same readings
 * in a CSV file, and both may be mixed.
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

#include "wattle/wattle.h"
#include "wattle/stdio.h"
#include "wattle/experimental/tuning.h"
#include "made_batch.h"
#include "unit.h"

enum { PATH_SIZE = 256, MAX_ROWS = 4000, N_DEVICES = 5 };

#define START_MS INT64_C(1696118400000) /* 2023-10-01 00:00 */

static char folder[PATH_SIZE - 64];
static uint64_t random_state = 1;

static unsigned
pick(unsigned limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695041;
    return (unsigned)(random_state >> 33) % limit;
}

static int
make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(folder, sizeof(folder), "%s/wattle-api-XXXXXX",
             base != NULL && base[0] != '\0' ? base : "/tmp");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

/* Valid for the next 31 calls. */
static const char *
path_of(const char *name)
{
    static char paths[32][PATH_SIZE];
    static unsigned turn;
    char *path = paths[turn++ % 32];
    snprintf(path, PATH_SIZE, "%s/%s", folder, name);
    return path;
}

static int
remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"a.csv", "b.csv", "rejects.csv",
                                        "devices.csv", "table.csv"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unlink(path_of(names[i]));
    return rmdir(folder);
}

static void
write_text(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* ---- readings ---------------------------------------------------------- */

static const char *const ids[N_DEVICES] = {"DEV1", "b", "ABCDEFGHIJKLMNOP",
                                           "ABCDEFGHIJKLMNOPQ", "\xc3\xa9 x"};

struct rows {
    size_t n;
    uint32_t device[MAX_ROWS];
    int64_t time_ms[MAX_ROWS];
    int64_t value[MEASURE_N][MAX_ROWS];
    uint32_t presence[MAX_ROWS];
};

/* Rows with thousandths; some repeat an earlier time. */
static void
make_rows(struct rows *rows, size_t n)
{
    int64_t clock_ms[N_DEVICES] = {0};
    rows->n = n;
    for (size_t i = 0; i < n; i++) {
        uint32_t d = pick(N_DEVICES);
        clock_ms[d] +=
            1000 * (pick(30) == 0 ? -(int64_t)pick(9000) : (int64_t)pick(4000));
        rows->device[i] = d;
        rows->time_ms[i] = START_MS + clock_ms[d];
        rows->value[WATTLE_VOLTAGE][i] = 220000 + pick(20000);
        rows->value[WATTLE_CURRENT][i] = pick(16000);
        rows->value[WATTLE_POWER_FACTOR][i] = (int64_t)pick(2001) - 1000;
        rows->value[WATTLE_POWER][i] = (int64_t)pick(4000000) - 100000;
        rows->presence[i] = pick(2) == 0 ? 0x08 : 0x0f;
    }
}

static void
print_thousandths(FILE *file, int64_t value)
{
    fprintf(file, "%s%lld.%03lld", value < 0 ? "-" : "",
            (long long)llabs(value) / 1000, (long long)llabs(value) % 1000);
}

/* Rows [first, end) as CSV; with_power: power first, the rest optional. */
static void
write_rows(const char *name, const struct rows *rows, size_t first, size_t end,
           bool with_power)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fprintf(file, "time,id,volts,amps,pf%s\n", with_power ? ",power" : "");
    for (size_t i = first; i < end; i++) {
        fprintf(file, "%lld,%s", (long long)rows->time_ms[i],
                ids[rows->device[i]]);
        for (int c = WATTLE_VOLTAGE; c <= WATTLE_POWER - !with_power; c++) {
            fputc(',', file);
            if (!with_power || (rows->presence[i] >> c & 1) != 0)
                print_thousandths(file, rows->value[c][i]);
        }
        fputc('\n', file);
    }
    assert_int_equal(fclose(file), 0);
}

/* Hands a view over as a caller's batch. */
static int
add_view(struct wattle_report *report, const struct batch_view *view,
         struct wattle_error *error)
{
    struct made_batch *made = make_batch(view);
    int status = wattle_report_add_batch(report, &made->batch, error);
    free_made_batch(made);
    return status;
}

/* Hands rows [first, end) over in batches of random size. */
static void
add_rows(struct wattle_report *report, const struct rows *rows, size_t first,
         size_t end, bool with_power)
{
    uint32_t number_of[N_DEVICES], device[MAX_ROWS];
    for (uint32_t d = N_DEVICES; d > 0; d--) /* numbers unlike the indexes */
        assert_int_equal(wattle_report_add_device(report, ids[d - 1],
                                                  strlen(ids[d - 1]),
                                                  &number_of[d - 1], NULL),
                         WATTLE_OK);
    for (size_t i = first; i < end; i++)
        device[i] = number_of[rows->device[i]];
    for (size_t n; first < end; first += n) {
        n = 1 + pick((unsigned)(end - first));
        struct batch_view batch = {.n_rows = n,
                                   .device = device + first,
                                   .time_ms = rows->time_ms + first};
        for (int c = WATTLE_VOLTAGE; c <= WATTLE_POWER - !with_power; c++) {
            batch.columns[c] = rows->value[c] + first;
            batch.decimals[c] = 3;
        }
        if (with_power)
            batch.presence = rows->presence + first;
        assert_int_equal(add_view(report, &batch, NULL), WATTLE_OK);
    }
}

/* ---- reports ----------------------------------------------------------- */

static struct wattle_report *
open_report(const struct wattle_report_options *options)
{
    struct wattle_report_options defaults;
    struct wattle_report *report = NULL;
    struct wattle_error error = {0};
    wattle_report_options_init(&defaults);
    int status = wattle_report_open(
        &report, options != NULL ? options : &defaults, &error);
    if (status != WATTLE_OK)
        fail_msg("%s", error.message);
    assert_null(wattle_report_result(report));
    return report;
}

static void
add_file(struct wattle_report *report, const char *name)
{
    assert_int_equal(wattle_report_add_path(report, path_of(name), NULL),
                     WATTLE_OK);
}

static const struct wattle_report_result *
finish(struct wattle_report *report)
{
    struct wattle_error error = {0};
    if (wattle_report_run(report, &error) != WATTLE_OK)
        fail_msg("%s", error.message);
    assert_non_null(wattle_report_result(report));
    return wattle_report_result(report);
}

/* Finishes and closes; the answers as JSON, to be freed. */
static char *
json_of(struct wattle_report *report)
{
    char *text = NULL;
    size_t len = 0;
    const struct wattle_report_result *answers = finish(report);
    assert_int_equal(answers->n_lines, answers->figures->n_readings +
                                           answers->n_duplicates +
                                           answers->n_rejects);
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    const struct wattle_writer writer = wattle_stdio_writer(out);
    assert_int_equal(wattle_report_write_json(answers, false, &writer),
                     WATTLE_OK);
    assert_int_equal(fclose(out), 0);
    wattle_report_close(report);
    return text;
}

static void
assert_same_json(char *got, char *wanted)
{
    assert_string_equal(got, wanted);
    free(got);
    free(wanted);
}

static void
batches_give_the_answers_of_a_file(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 12; round++) {
        bool with_power = round % 2 == 0;
        make_rows(rows, 1 + pick(MAX_ROWS));
        write_rows("a.csv", rows, 0, rows->n, with_power);
        struct wattle_report *from_file = open_report(NULL);
        struct wattle_report *from_rows = open_report(NULL);
        add_file(from_file, "a.csv");
        add_rows(from_rows, rows, 0, rows->n, with_power);
        assert_same_json(json_of(from_rows), json_of(from_file));
    }
    free(rows);
}

static void
files_and_batches_may_be_mixed(void **state)
{
    (void)state;
    struct rows *rows = malloc(sizeof(*rows));
    assert_non_null(rows);
    for (int round = 0; round < 12; round++) {
        bool with_power = round % 2 == 0;
        make_rows(rows, 3 + pick(2000));
        size_t a = pick((unsigned)rows->n),
               b = a + pick((unsigned)(rows->n - a));
        struct wattle_report *mixed = open_report(NULL);
        struct wattle_report *whole = open_report(NULL);
        write_rows("a.csv", rows, 0, rows->n, with_power);
        add_file(whole, "a.csv");
        char *wanted = json_of(whole);
        write_rows("a.csv", rows, 0, a, with_power);
        write_rows("b.csv", rows, b, rows->n, with_power);
        add_file(mixed, "a.csv");
        add_rows(mixed, rows, a, b, with_power);
        add_file(mixed, "b.csv");
        assert_same_json(json_of(mixed), wanted);
    }
    free(rows);
}

/* One reading of device b at the start, with the given power. */
static void
add_one(struct wattle_report *report, int64_t power)
{
    uint32_t device;
    int64_t time_ms = START_MS;
    assert_int_equal(wattle_report_add_device(report, "b", 1, &device, NULL),
                     0);
    struct batch_view batch = {
        .n_rows = 1, .device = &device, .time_ms = &time_ms};
    batch.columns[WATTLE_POWER] = &power;
    assert_int_equal(add_view(report, &batch, NULL), 0);
}

static void
the_later_of_two_equal_times_wins(void **state)
{
    (void)state;
    write_text("a.csv", "time,id,power\n2023-10-01 00:00,b,100\n");
    write_text("b.csv", "time,id,power\n1696118400,b,200\n");
    /* a: file a; b: file b; digits: a batch */
    static const struct {
        const char *order;
        double power_w;
    } cases[] = {{"ab", 200},  {"ba", 100},   {"a7", 7},   {"7a", 100},
                 {"78", 8},    {"a7b", 200},  {"7ab8", 8}, {"b7a", 100},
                 {"77a", 100}, {"ab78b", 200}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct wattle_report *report = open_report(NULL);
        for (const char *p = cases[i].order; *p != '\0'; p++) {
            if (*p >= 'a')
                add_file(report, *p == 'a' ? "a.csv" : "b.csv");
            else
                add_one(report, *p - '0');
        }
        const struct wattle_report_result *answers = finish(report);
        uint64_t n = strlen(cases[i].order);
        assert_value(answers->figures->reading_mean_w, cases[i].power_w);
        assert_int_equal(answers->n_lines, n);
        assert_int_equal(answers->n_duplicates, n - 1);
        assert_int_equal(answers->figures->n_readings, 1);
        wattle_report_close(report);
    }
}

/* ---- answers ----------------------------------------------------------- */

static void
known_readings_have_known_answers(void **state)
{
    (void)state;
    struct wattle_report_options options;
    wattle_report_options_init(&options);
    options.rate_per_kwh = 0.25;
    options.budget = 36;
    write_text("devices.csv", "device_id,name,location,power_rating_watts\n"
                              "b,Fridge,Kitchen,400\n");
    write_text("a.csv", "time,id,power\n"
                        "2023-10-01 23:30,b,100\n"
                        "2023-10-02 00:30,b,300\n"
                        "2023-10-02 03:00,b,200\n"
                        "oops,b,1\n");
    struct wattle_report *report = open_report(&options);
    add_file(report, "a.csv");
    const struct wattle_report_result *a = finish(report);
    assert_int_equal(a->n_lines, 4);
    assert_int_equal(a->n_rejects, 1);
    assert_int_equal(a->rejects_by_reason[WATTLE_REJECT_TIMESTAMP], 1);
    assert_int_equal(a->first_rejects[0]->line, 5);
    assert_string_equal(a->first_rejects[0]->path, path_of("a.csv"));
    assert_value(a->figures->mean_power_w, 200);
    assert_value(a->figures->reading_mean_w, 200);
    assert_value(a->figures->energy_kwh, 0.2);
    assert_value(a->figures->imported_kwh, 0.2);
    assert_value(a->figures->returned_kwh, 0);
    assert_value(a->figures->cost, 0.05);
    assert_value(a->figures->monthly_cost, 36);
    assert_false(a->is_over_budget); /* not above */
    assert_int_equal(a->figures->n_gaps, 1);
    assert_value(a->figures->gap_hours, 2.5);
    assert_true(isnan(a->figures->efficiency));
    assert_int_equal(a->n_days, 2);
    assert_value(a->days[0]->energy_kwh, 0.075);
    assert_value(a->days[1]->energy_kwh, 0.125);
    assert_value(a->hours[23]->reading_mean_w, 100);
    assert_true(isnan(a->hours[1]->reading_mean_w));
    assert_int_equal(a->n_devices, 1);
    assert_string_equal(a->devices[0]->name, "Fridge");
    assert_value(a->devices[0]->peak_over_rating, 0.75);
    assert_string_equal(a->locations[0]->location, "Kitchen");
    assert_int_equal(a->n_files, 1);
    wattle_report_close(report);
    unlink(path_of("devices.csv"));
}

/* A step of three days between powers of zero books nothing in between. */
static void
days_without_energy_or_readings_are_not_listed(void **state)
{
    (void)state;
    struct wattle_report_options options;
    wattle_report_options_init(&options);
    options.max_gap_ms = 10 * INT64_C(86400000);
    for (int power = 0; power < 2; power++) {
        char text[256];
        snprintf(text, sizeof(text),
                 "time,id,power\n2023-10-01 12:00,b,%d\n"
                 "2023-10-04 12:00,b,%d\n",
                 power, power);
        write_text("a.csv", text);
        struct wattle_report *report = open_report(&options);
        add_file(report, "a.csv");
        assert_int_equal(finish(report)->n_days, power == 0 ? 2 : 4);
        wattle_report_close(report);
    }
}

static void
a_report_of_nothing_is_empty(void **state)
{
    (void)state;
    uint64_t done = 1, total = 1;
    struct wattle_report *report = open_report(NULL);
    const struct wattle_report_result *a = finish(report);
    assert_int_equal(a->n_lines, 0);
    assert_int_equal(a->n_devices, 0);
    assert_true(isnan(a->figures->mean_power_w));
    assert_true(isnan(a->pooled_monthly_cost));
    assert_value(a->figures->energy_kwh, 0);
    assert_true(isnan(a->figures->monthly_cost));
    assert_value(a->figures->first_ms, WATTLE_NO_TIME);
    wattle_report_progress(report, &done, &total);
    assert_int_equal(done, 0);
    wattle_report_close(report);
    wattle_report_close(NULL);
}

/* ---- errors ------------------------------------------------------------ */

static void
options_out_of_range_are_refused(void **state)
{
    (void)state;
    struct wattle_report_options bad[16];
    struct wattle_tuning tuning[16];
    size_t n = 0;
    for (size_t i = 0; i < 16; i++) {
        wattle_report_options_init(&bad[i]);
        wattle_tuning_init(&tuning[i]);
        bad[i].tuning = &tuning[i];
    }
    bad[n++].rate_per_kwh = NAN;
    bad[n++].rate_per_kwh = INFINITY;
    bad[n++].max_gap_ms = 0;
    bad[n++].max_gap_ms = -1;
    bad[n++].max_gap_ms = INT64_C(367) * 86400000;
    bad[n++].n_threads = -1;
    bad[n++].n_threads = 1000000;
    tuning[n++].simd = -1;
    tuning[n++].simd = WATTLE_SIMD_NEON + 1;
    tuning[n++].reader = WATTLE_READER_URING + 1;
    tuning[n++].reader = -1;
    bad[n++].value_kind = -1;
    bad[n++].value_kind = WATTLE_VALUE_COUNTER_KWH + 1;
    bad[n++].interpolation = WATTLE_HOLD + 1;
    bad[n++].sort = WATTLE_SORT_GAPS + 1;
    tuning[n++].block_bytes = SIZE_MAX;
    for (size_t i = 0; i < n; i++) {
        struct wattle_report *report = (struct wattle_report *)&bad;
        struct wattle_error error = {0};
        if (wattle_report_open(&report, &bad[i], &error) != WATTLE_ERR_USAGE)
            fail_msg("case %zu was not refused", i);
        assert_null(report);
        assert_int_equal(error.code, WATTLE_ERR_USAGE);
        assert_true(error.message[0] != '\0');
        assert_int_equal(wattle_report_open(&report, &bad[i], NULL),
                         WATTLE_ERR_USAGE);
    }
}

static void
files_that_cannot_be_opened_are_an_error(void **state)
{
    (void)state;
    struct wattle_report *report;
    struct wattle_error error = {0};
    struct wattle_report_options options;
    wattle_report_options_init(&options);
    options.devices_path = path_of("none.csv");
    assert_int_equal(wattle_report_open(&report, &options, &error),
                     WATTLE_ERR_IO);
    assert_null(report);
    assert_string_equal(error.path, options.devices_path);
    report = open_report(NULL);
    assert_int_equal(wattle_report_add_path(report, path_of("none"), &error),
                     WATTLE_ERR_IO);
    assert_string_equal(error.path, path_of("none"));
    assert_int_equal(wattle_report_add_path(report, path_of("none"), NULL),
                     WATTLE_ERR_IO);
    wattle_report_close(report);
}

static void
rejects_are_written_in_input_order(void **state)
{
    (void)state;
    char wanted[4 * PATH_SIZE], got[4 * PATH_SIZE] = {0};
    struct wattle_report_options options;
    wattle_report_options_init(&options);
    options.rejects_path = path_of("rejects.csv");
    write_text("a.csv", "time,id,power\n1,b\n2,b,3\n\nx,\"b\nc\",3\n");
    write_text("b.csv", "time,id,power\n1,,2\r\n");
    struct wattle_report *report = open_report(&options);
    add_file(report, "a.csv");
    add_file(report, "b.csv");
    finish(report);
    wattle_report_close(report);
    snprintf(wanted, sizeof(wanted),
             "file,line,reason,raw\n%s,2,fields,\"1,b\"\n"
             "%s,5,timestamp,\"x,\"\"b\nc\"\",3\"\n%s,2,device,\"1,,2\"\n",
             path_of("a.csv"), path_of("a.csv"), path_of("b.csv"));
    FILE *file = fopen(path_of("rejects.csv"), "r");
    assert_non_null(file);
    assert_true(fread(got, 1, sizeof(got) - 1, file) > 0);
    fclose(file);
    assert_string_equal(got, wanted);
}

static void
rejects_that_cannot_be_written_are_an_error(void **state)
{
    (void)state;
    struct wattle_error error = {0};
    struct wattle_report_options options;
    wattle_report_options_init(&options);
    write_text("a.csv", "time,id,power\n1,b,2\n");
    char own[PATH_SIZE], away[PATH_SIZE];
    snprintf(own, sizeof(own), "%s", path_of("a.csv"));
    snprintf(away, sizeof(away), "%s", path_of("no folder/rejects.csv"));
    options.rejects_path = away;
    struct wattle_report *report = open_report(&options);
    add_file(report, "a.csv");
    assert_int_equal(wattle_report_run(report, &error), WATTLE_ERR_IO);
    assert_string_equal(error.path, away);
    wattle_report_close(report);
    options.rejects_path = own; /* an input must not be written over */
    report = open_report(&options);
    add_file(report, "a.csv");
    assert_int_equal(wattle_report_run(report, NULL), WATTLE_ERR_USAGE);
    wattle_report_close(report);
    report = open_report(NULL);
    add_file(report, "a.csv");
    assert_int_equal(finish(report)->n_lines, 1);
    wattle_report_close(report);
}

static void
unusable_files_leave_their_reasons(void **state)
{
    (void)state;
    write_text("a.csv", "time;id;power\n1;b;2\n");
    write_text("b.csv", "");
    struct wattle_report *report = open_report(NULL);
    add_file(report, "a.csv");
    add_file(report, "b.csv");
    assert_int_equal(wattle_report_run(report, NULL), WATTLE_ERR_NO_INPUT);
    const struct wattle_report_result *a = wattle_report_result(report);
    assert_int_equal(a->n_skipped_files, 2);
    assert_string_equal(a->skipped_files[0]->path, path_of("a.csv"));
    assert_non_null(strstr(a->skipped_files[0]->reason, "';'"));
    assert_int_equal(a->n_files, 0);
    wattle_report_close(report);
}

static void
ids_out_of_range_are_refused(void **state)
{
    (void)state;
    char id[256];
    uint32_t first = 7, second = 7, number = 7;
    struct wattle_error error = {0};
    struct wattle_report *report = open_report(NULL);
    memset(id, 'x', sizeof(id));
    assert_int_equal(wattle_report_add_device(report, id, 0, &number, &error),
                     WATTLE_ERR_USAGE);
    assert_int_equal(wattle_report_add_device(report, id, 256, &number, NULL),
                     WATTLE_ERR_USAGE);
    assert_int_equal(wattle_report_add_device(report, "a\0b", 3, &number, NULL),
                     WATTLE_ERR_USAGE);
    assert_int_equal(wattle_report_add_device(report, id, 255, &first, NULL),
                     0);
    assert_int_equal(wattle_report_add_device(report, id, 254, &second, NULL),
                     0);
    assert_int_equal(wattle_report_add_device(report, id, 255, &number, NULL),
                     0);
    assert_int_equal(number, first);
    assert_true(first != second);
    wattle_report_close(report);
}

/* A batch of two rows that is right until something is changed. */
struct pair {
    uint32_t device[2];
    int64_t time_ms[2];
    int64_t value[MEASURE_N][2];
    uint32_t presence[2];
    struct batch_view batch;
};

static void
make_pair(struct pair *pair, uint32_t device)
{
    *pair = (struct pair){.device = {device, device},
                          .time_ms = {START_MS, START_MS + 1},
                          .presence = {0x1f, 0x1f}};
    pair->batch = (struct batch_view){.n_rows = 2,
                                      .device = pair->device,
                                      .time_ms = pair->time_ms,
                                      .presence = pair->presence};
    for (int c = 0; c < MEASURE_N; c++) {
        pair->batch.columns[c] = pair->value[c];
        pair->batch.decimals[c] = 9;
    }
}

static void
spoil(struct pair *p, int how)
{
    const int64_t max = INT64_C(1000000000000000000);
    switch (how) {
    case 0:
        p->value[WATTLE_VOLTAGE][1] = -1;
        break;
    case 1:
        p->value[WATTLE_VOLTAGE][1] = max + 1;
        break;
    case 2:
        p->value[WATTLE_CURRENT][1] = -1;
        break;
    case 3:
        p->value[WATTLE_POWER_FACTOR][1] = 1000000001;
        break;
    case 4:
        p->value[WATTLE_POWER_FACTOR][1] = -1000000001;
        break;
    case 5:
        p->value[WATTLE_POWER][1] = -max - 1;
        break;
    case 6:
        p->value[WATTLE_ENERGY][1] = max + 1;
        break;
    case 7:
        p->batch.decimals[WATTLE_POWER] = 10;
        break;
    case 8:
        p->device[1]++;
        break;
    case 9:
        p->time_ms[1] = INT64_C(253402300800000);
        break;
    case 10:
        p->time_ms[1] = INT64_C(-62167219200001);
        break;
    case 11:
        p->presence[1] = 0x03; /* no power factor, no power */
        break;
    default:
        p->presence[1] = 0;
        break;
    }
}

static void
batches_out_of_range_are_not_added(void **state)
{
    (void)state;
    struct wattle_report *report = open_report(NULL);
    struct pair pair;
    uint32_t device;
    assert_int_equal(wattle_report_add_device(report, "b", 1, &device, NULL),
                     0);
    for (int how = 0; how <= 12; how++) {
        struct wattle_error error = {0};
        make_pair(&pair, device);
        spoil(&pair, how);
        if (add_view(report, &pair.batch, &error) != WATTLE_ERR_USAGE)
            fail_msg("batch %d was taken", how);
        assert_true(error.message[0] != '\0');
        assert_int_equal(add_view(report, &pair.batch, NULL), WATTLE_ERR_USAGE);
    }
    make_pair(&pair, device);
    pair.value[WATTLE_VOLTAGE][0] = -5; /* not present: not looked at */
    pair.presence[0] = 0x08;
    assert_int_equal(add_view(report, &pair.batch, NULL), 0);
    pair.batch.n_rows = 0;
    assert_int_equal(add_view(report, &pair.batch, NULL), 0);
    assert_int_equal(finish(report)->n_lines, 2);
    wattle_report_close(report);
}

static void
a_finished_report_takes_nothing_more(void **state)
{
    (void)state;
    struct wattle_report *report = open_report(NULL);
    struct pair pair;
    write_text("a.csv", "time,id,power\n1,b,2\n");
    add_one(report, 5);
    const struct wattle_report_result *answers = finish(report);
    make_pair(&pair, 0);
    assert_int_equal(wattle_report_run(report, NULL), WATTLE_ERR_USAGE);
    assert_int_equal(add_view(report, &pair.batch, NULL), WATTLE_ERR_USAGE);
    assert_int_equal(wattle_report_add_path(report, path_of("a.csv"), NULL),
                     WATTLE_ERR_USAGE);
    assert_ptr_equal(wattle_report_result(report), answers);
    assert_int_equal(answers->n_lines, 1);
    wattle_report_close(report);
}

static void
texts_of_codes_are_never_missing(void **state)
{
    (void)state;
    for (int code = -10; code <= 3; code++)
        assert_true(wattle_status_text(code)[0] != '\0');
    for (int reason = -1; reason <= WATTLE_N_REASONS; reason++)
        assert_true(wattle_reason_text(reason)[0] != '\0');
    assert_string_equal(wattle_reason_text(WATTLE_REJECT_QUOTE), "quote");
    assert_string_equal(wattle_reason_text(WATTLE_REJECT_RANGE), "range");
    assert_string_equal(wattle_version(), WATTLE_VERSION);
    assert_int_equal(wattle_version_number(), WATTLE_VERSION_NUMBER);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_give_the_answers_of_a_file),
        cmocka_unit_test(files_and_batches_may_be_mixed),
        cmocka_unit_test(the_later_of_two_equal_times_wins),
        cmocka_unit_test(known_readings_have_known_answers),
        cmocka_unit_test(days_without_energy_or_readings_are_not_listed),
        cmocka_unit_test(a_report_of_nothing_is_empty),
        cmocka_unit_test(options_out_of_range_are_refused),
        cmocka_unit_test(files_that_cannot_be_opened_are_an_error),
        cmocka_unit_test(rejects_are_written_in_input_order),
        cmocka_unit_test(rejects_that_cannot_be_written_are_an_error),
        cmocka_unit_test(unusable_files_leave_their_reasons),
        cmocka_unit_test(ids_out_of_range_are_refused),
        cmocka_unit_test(batches_out_of_range_are_not_added),
        cmocka_unit_test(a_finished_report_takes_nothing_more),
        cmocka_unit_test(texts_of_codes_are_never_missing),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
