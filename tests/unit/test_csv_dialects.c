/*
 * test_csv_dialects.c - a dialect is one entry of a table.
 *
 * The table in this file takes the place of csv_dialect.c. The same readings
 * are written in each dialect; the reports must be the same, with remembered
 * row templates and without.
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

#include "formats/csv_dialect.h"
#include "generate/counter_hash.h"
#include "unit.h"
#include "wattle/experimental/tuning.h"
#include "wattle/report.h"

static const struct csv_rule common[] = {
    {"timestamp", ROLE_TIME, 0},
    {"device_id", ROLE_DEVICE, 0},
    {"watts", ROLE_POWER, 0},
    {NULL, ROLE_NONE, 0},
};
/* Knows a column more, so it counts where that is there. */
static const struct csv_rule kilowatts[] = {
    {"timestamp", ROLE_TIME, 0},
    {"device_id", ROLE_DEVICE, 0},
    {"kilowatts", ROLE_POWER, 3},
    {"frequency", ROLE_MEASURES + WATTLE_FREQUENCY, 0},
    {NULL, ROLE_NONE, 0},
};
static const struct csv_rule german[] = {
    {"zeit", ROLE_TIME, 0},
    {"gerät", ROLE_DEVICE, 0},
    {"leistung", ROLE_POWER, 0},
    {NULL, ROLE_NONE, 0},
};
static const struct csv_rule product[] = {
    {"when", ROLE_TIME, 0},        {"meter", ROLE_DEVICE, 0},
    {"u", ROLE_VOLTAGE, 0},        {"i", ROLE_CURRENT, 0},
    {"cos", ROLE_POWER_FACTOR, 0}, {NULL, ROLE_NONE, 0},
};

const struct csv_dialect csv_dialects[] = {
    /* common */ {',', '.', true, common},
    /* kilowatts */ {',', '.', false, kilowatts},
    /* german */ {';', ',', false, german},
    /* tabs */ {'\t', '.', false, common},
    /* tabs-comma */ {'\t', ',', false, product},
};
const size_t csv_n_dialects = sizeof(csv_dialects) / sizeof(csv_dialects[0]);

/* ---- files --------------------------------------------------------------- */

static char path[64];
static uint64_t counter;

static unsigned
below(unsigned limit)
{
    return (unsigned)(counter_hash(71, counter++) % limit);
}

struct found {
    uint64_t n_readings, n_rejects, n_fast, n_skipped;
    double energy_kwh, mean_w;
};

static struct found
read_back(bool no_cache)
{
    struct wattle_report *report = NULL;
    struct wattle_report_options options;
    struct wattle_error error = {0};
    struct wattle_tuning tuning;
    wattle_tuning_init(&tuning);
    wattle_report_options_init(&options);
    tuning.no_cache = no_cache;
    options.tuning = &tuning;
    tuning.timings = true;
    assert_int_equal(wattle_report_open(&report, &options, &error), 0);
    assert_int_equal(wattle_report_add_path(report, path, &error), 0);
    int status = wattle_report_run(report, &error);
    struct found found = {.n_skipped = 1};
    if (status == WATTLE_OK) {
        const struct wattle_report_result *r = wattle_report_result(report);
        found =
            (struct found){r->figures->n_readings,  r->n_rejects,
                           r->timings->n_fast_rows, r->n_skipped_files,
                           r->figures->energy_kwh,  r->figures->reading_mean_w};
    }
    wattle_report_close(report);
    return found;
}

static void
write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

enum variant { COMMON, KILOWATTS, GERMAN, TABS, N_VARIANTS };

/* Power in mW as a dialect has it; `times` a power of ten, for kW. */
static int
put_power(char *to, unsigned mw, char decimal, unsigned divisor, int places)
{
    return sprintf(to, "%u%c%0*u", mw / divisor, decimal, places, mw % divisor);
}

static void
write_rows(enum variant variant, unsigned n, uint64_t seed)
{
    static char text[1 << 20];
    static const char *const headers[] = {
        "timestamp,device_id,watts\n",
        "frequency,timestamp,device_id,kilowatts\n", "Zeit;Gerät;Leistung\n",
        "watts\ttimestamp\tdevice_id\n"};
    char power[32];
    int at = sprintf(text, "%s", headers[variant]);
    counter = seed;
    for (unsigned i = 0; i < n; i++) {
        unsigned mw = below(4) == 0 ? 0 : below(9000000), device = below(5);
        unsigned minute = i % 60, hour = i / 60 % 24, day = 1 + i / 1440;
        char time[32];
        sprintf(time, "2023-10-%02u %02u:%02u:00", day, hour, minute);
        bool is_german = variant == GERMAN;
        put_power(power, mw, is_german ? ',' : '.',
                  variant == KILOWATTS ? 1000000 : 1000,
                  variant == KILOWATTS ? 6 : 3);
        if (variant == COMMON)
            at += sprintf(text + at, "%s,d%u,%s\n", time, device, power);
        else if (variant == KILOWATTS)
            at += sprintf(text + at, "50.0,%s,d%u,%s\n", time, device, power);
        else if (is_german)
            at += sprintf(text + at, "%s;d%u;%s\r\n", time, device, power);
        else
            at += sprintf(text + at, "%s\t%s\td%u\n", power, time, device);
    }
    write_text(text);
}

/* ---- tests ----------------------------------------------------------------
 */

static void
all_say_the_same(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 20; round++) {
        const unsigned n = 1 + below(4000);
        const uint64_t seed = 1000000 * (round + 1);
        struct found wanted = {0};
        for (int v = 0; v < N_VARIANTS; v++) {
            for (int no_cache = 0; no_cache < 2; no_cache++) {
                write_rows((enum variant)v, n, seed);
                struct found found = read_back(no_cache != 0);
                if (v == 0 && no_cache == 0)
                    wanted = found;
                assert_value(found.n_readings, n + 0ul);
                assert_value(found.n_rejects, 0ul);
                assert_value(found.energy_kwh, wanted.energy_kwh);
                assert_value(found.mean_w, wanted.mean_w);
                if (no_cache != 0 || v == GERMAN)
                    assert_value(found.n_fast, 0ul);
                else if (n > 2000 && v != KILOWATTS) /* six decimals */
                    assert_true(found.n_fast > n / 2);
            }
        }
    }
}

static void
numbers_are_written_in_one_way(void **state)
{
    (void)state;
    write_text("Zeit;Gerät;Leistung\n"
               "2023-10-01 08:00;a;1,5\n"
               "2023-10-01 08:01;a;1.5\n" /* no point */
               "2023-10-01 08:02;a;1.234,5\n"
               "2023-10-01 08:03;a;2\n"
               "2023-10-01 08:04;\"a;b\";3,0\n");
    struct found found = read_back(false);
    assert_value(found.n_readings, 3ul);
    assert_value(found.n_rejects, 2ul);
    write_text("when\tmeter\tu\ti\tcos\n"
               "2023-10-01 08:00\ta\t230,0\t1,000\t0,5\n"
               "2023-10-01 08:01\ta\t230,0\t1,000\t1,5\n"); /* over 1 */
    found = read_back(false);
    assert_value(found.n_readings, 1ul);
    assert_value(found.mean_w, 115.0);
    assert_value(found.n_rejects, 1ul);
}

/* A kW column may have as much power as a W column, not a thousand times. */
static void
limits_are_those_of_the_measure(void **state)
{
    (void)state;
    write_text("timestamp,device_id,kilowatts,frequency\n"
               "2023-10-01 08:00,a,1000000,50\n"
               "2023-10-01 08:01,a,1000001,50\n"
               "2023-10-01 08:02,a,1,-50\n"
               "2023-10-01 08:03,a,1,\n");
    struct found found = read_back(false);
    assert_value(found.n_readings, 2ul);
    assert_value(found.n_rejects, 2ul);
}

/* Of two that suffice, the one that knows more columns. */
static void
the_dialect_that_knows_most_counts(void **state)
{
    (void)state;
    write_text("timestamp,device_id,watts,kilowatts,frequency\n"
               "2023-10-01 08:00,a,7,5,50\n");
    assert_value(read_back(false).mean_w, 5000.0);
    write_text("timestamp,device_id,watts,kilowatts,voltage,current\n"
               "2023-10-01 08:00,a,7,5,50,1\n");
    assert_value(read_back(false).mean_w, 7.0);
    write_text("timestamp;device_id;watts\n"
               "2023-10-01 08:00;a;7\n");
    assert_value(read_back(false).n_skipped, 1ul);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_say_the_same),
        cmocka_unit_test(numbers_are_written_in_one_way),
        cmocka_unit_test(limits_are_those_of_the_measure),
        cmocka_unit_test(the_dialect_that_knows_most_counts),
    };
    snprintf(path, sizeof(path), "/tmp/wattle-dialects-%d.csv", (int)getpid());
    int n_failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return n_failed;
}
