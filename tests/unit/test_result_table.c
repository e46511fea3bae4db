/*
 * test_result_table.c - every kind of value in every format, tables that fail,
 * writers that fail, and lists of a report.
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

#include "base/error.h"
#include "output/report_tables.h"
#include "output/result_table.h"
#include "unit.h"
#include "wattle/stdio.h"

enum { MAX_COLUMNS = 8 };

/* A table of rows in memory; fails before row `fail_at`. */
struct made_table {
    struct result_table base;
    const struct result_value *values;
    size_t n_rows, next, fail_at;
};

static int
next_made(void *self, const struct result_value **row,
          struct wattle_error *error)
{
    struct made_table *t = self;
    *row = NULL;
    if (t->next == t->fail_at)
        return error_set(error, WATTLE_ERR_FORMAT, "made to fail");
    if (t->next < t->n_rows)
        *row = t->values + t->next++ * t->base.n_columns;
    return WATTLE_OK;
}

static struct made_table
made(const struct result_column *columns, size_t n_columns,
     const struct result_value *values, size_t n_rows)
{
    return (struct made_table){.base = {columns, n_columns, next_made, NULL},
                               .values = values,
                               .n_rows = n_rows,
                               .fail_at = SIZE_MAX};
}

static struct result_value
text_value(const char *text)
{
    return (struct result_value){
        .type = VALUE_TEXT, .bytes = text, .len = strlen(text)};
}

/* A set of the same table, so many times. */
struct made_set {
    struct made_table *table;
    int n_left;
};

static int
next_of_set(void *self, const struct result_table **table,
            struct wattle_error *error)
{
    struct made_set *set = self;
    (void)error;
    set->table->next = 0;
    set->table->base.self = set->table;
    *table = set->n_left-- > 0 ? &set->table->base : NULL;
    return WATTLE_OK;
}

enum format { CSV, JSON, TEXT };

/* What a set of so many times the table becomes; *status as returned. */
static char *
written(struct made_table *table, int n_tables, enum format format,
        const struct wattle_writer *writer, int *status)
{
    struct made_set made_set = {table, n_tables};
    const struct result_set set = {next_of_set, &made_set};
    char *shown = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&shown, &len);
    assert_non_null(out);
    const struct wattle_writer memory = wattle_stdio_writer(out);
    const struct wattle_writer *to = writer != NULL ? writer : &memory;
    if (format == CSV)
        *status = table_csv_write_set(&set, to, NULL);
    else if (format == JSON)
        *status = table_json_write_set(&set, to, NULL);
    else
        *status = table_text_write_set(&set, NULL, to, NULL);
    assert_int_equal(fclose(out), 0);
    return shown;
}

static void
assert_written(struct made_table table, int n_tables, enum format format,
               const char *wanted)
{
    int status = -1;
    char *shown = written(&table, n_tables, format, NULL, &status);
    assert_value(status, WATTLE_OK);
    assert_string_equal(shown, wanted);
    free(shown);
}

static const struct result_column two[] = {{.name = "a", .heading = "A"},
                                           {.name = "b,c", .heading = "B"}};

static void
every_kind_of_value_has_its_form(void **state)
{
    (void)state;
    static const struct result_column one[] = {{.name = "v\"", .heading = "V"}};
    const struct {
        struct result_value value;
        const char *csv, *json, *text;
    } cases[] = {
        {{.type = VALUE_NONE}, "", "null", "NULL"},
        {{.type = VALUE_COUNT, .count = UINT64_MAX},
         "18446744073709551615",
         "18446744073709551615",
         "18446744073709551615"},
        {{.type = VALUE_INTEGER, .integer = INT64_MIN},
         "-9223372036854775808",
         "-9223372036854775808",
         "-9223372036854775808"},
        {{.type = VALUE_REAL, .real = -0.1}, "-0.1", "-0.1", "-0.1"},
        {{.type = VALUE_REAL, .real = NAN}, "", "null", "null"},
        {{.type = VALUE_REAL, .real = HUGE_VAL}, "", "null", "null"},
        {{.type = VALUE_TIME, .integer = 0},
         "1970-01-01T00:00:00Z",
         "\"1970-01-01T00:00:00Z\"",
         "1970-01-01T00:00:00Z"},
        {{.type = VALUE_DAY, .integer = 1},
         "1970-01-02",
         "\"1970-01-02\"",
         "1970-01-02"},
        {{.type = VALUE_TEXT, .bytes = "", .len = 0}, "\"\"", "\"\"", ""},
        {{.type = VALUE_TEXT, .bytes = "a\"b,c", .len = 5},
         "\"a\"\"b,c\"",
         "\"a\\\"b,c\"",
         "a\"b,c"},
        {{.type = VALUE_BLOB, .bytes = "\x00\xff", .len = 2},
         "00FF",
         "\"00FF\"",
         "00FF"},
        {{.type = VALUE_BLOB, .bytes = NULL, .len = 0}, "\"\"", "\"\"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct made_table table = made(one, 1, &cases[i].value, 1);
        char wanted[128];
        snprintf(wanted, sizeof(wanted), "\"v\"\"\"\n%s\n", cases[i].csv);
        assert_written(table, 1, CSV, wanted);
        snprintf(wanted, sizeof(wanted), "[\n{\"v\\\"\":%s}\n]\n",
                 cases[i].json);
        assert_written(table, 1, JSON, wanted);
        int pad = (int)strlen(cases[i].text) > 1 &&
                          result_value_is_number(&cases[i].value)
                      ? (int)strlen(cases[i].text) - 1
                      : 0;
        pad = cases[i].value.type == VALUE_NONE ? 3 : pad;
        snprintf(wanted, sizeof(wanted), "%*sV\n%s\n", pad, "", cases[i].text);
        assert_written(table, 1, TEXT, wanted);
    }
}

/* JSON is scanned eight bytes at a time: each byte at each place. */
static void
json_escapes_what_it_must_wherever_it_stands(void **state)
{
    (void)state;
    for (int byte = 1; byte < 128; byte++) {
        for (size_t at = 0; at < 20; at++) {
            char text[24], wanted[64], *shown = NULL;
            size_t len = 0, n = 0;
            memset(text, 'x', 20);
            text[20] = '\0';
            text[at] = (char)byte;
            wanted[n++] = '"';
            for (size_t i = 0; i < 20; i++) {
                if (text[i] == '"' || text[i] == '\\')
                    n += (size_t)sprintf(wanted + n, "\\%c", text[i]);
                else if (text[i] < 0x20 || text[i] == 0x7f)
                    n += (size_t)sprintf(wanted + n, "\\u%04x",
                                         (unsigned)text[i]);
                else
                    wanted[n++] = text[i];
            }
            snprintf(wanted + n, sizeof(wanted) - n, "\"");
            FILE *file = open_memstream(&shown, &len);
            const struct wattle_writer to = wattle_stdio_writer(file);
            struct text_out out;
            text_out_init(&out, &to);
            text_out_json(&out, text);
            assert_int_equal(text_out_finish(&out), 0);
            fclose(file);
            assert_string_equal(shown, wanted);
            free(shown);
        }
    }
}

static void
tables_follow_each_other(void **state)
{
    (void)state;
    const struct result_value values[] = {text_value("x"),
                                          {.type = VALUE_COUNT, .count = 7},
                                          text_value("long"),
                                          {.type = VALUE_NONE}};
    const struct made_table table = made(two, 2, values, 2);
    assert_written(table, 2, CSV,
                   "a,\"b,c\"\nx,7\nlong,\n\na,\"b,c\"\nx,7\nlong,\n");
    assert_written(table, 2, JSON,
                   "[\n{\"a\":\"x\",\"b,c\":7},\n{\"a\":\"long\",\"b,c\":"
                   "null}\n]\n[\n{\"a\":\"x\",\"b,c\":7},\n{\"a\":\"long\","
                   "\"b,c\":null}\n]\n");
    assert_written(table, 1, TEXT, "A        B\nx        7\nlong  NULL\n");
    assert_written(made(two, 2, values, 0), 1, CSV, "a,\"b,c\"\n");
    assert_written(made(two, 2, values, 0), 1, JSON, "[]\n");
    assert_written(made(two, 2, values, 0), 1, TEXT, "A  B\n");
}

/* Rows beyond those that are kept have the widths of the first ones. */
static void
long_tables_go_on_as_they_began(void **state)
{
    (void)state;
    enum { N = 2500 };
    struct result_value *values = calloc((size_t)N * 2, sizeof(*values));
    assert_non_null(values);
    for (size_t i = 0; i < N; i++) {
        values[2 * i] = text_value("id");
        values[2 * i + 1] =
            (struct result_value){.type = VALUE_COUNT, .count = i};
    }
    struct made_table table = made(two, 2, values, N);
    int status = -1;
    char *shown = written(&table, 1, TEXT, NULL, &status);
    assert_value(status, WATTLE_OK);
    size_t n_lines = 0;
    for (const char *p = shown; (p = strchr(p, '\n')) != NULL; p++)
        n_lines++;
    assert_value(n_lines, (size_t)N + 1);
    assert_non_null(strstr(shown, "\nid    0\n"));
    assert_non_null(strstr(shown, "\nid  999\n"));
    assert_non_null(strstr(shown, "\nid  2499\n"));
    free(shown);
    free(values);
}

static int
fail_to_write(void *context, const void *bytes, size_t len)
{
    (void)context, (void)bytes, (void)len;
    return -1;
}

static void
errors_of_tables_and_writers_are_returned(void **state)
{
    (void)state;
    const struct result_value values[] = {text_value("x"), text_value("y"),
                                          text_value("z"), text_value("w")};
    const struct wattle_writer broken = {fail_to_write, NULL, false};
    for (int format = CSV; format <= TEXT; format++) {
        struct made_table table = made(two, 2, values, 2);
        int status = -1;
        free(written(&table, 1, (enum format)format, &broken, &status));
        assert_value(status, (int)WATTLE_ERR_IO);
        table = made(two, 2, values, 2);
        table.fail_at = 1;
        char *shown = written(&table, 1, (enum format)format, NULL, &status);
        assert_value(status, (int)WATTLE_ERR_FORMAT);
        assert_null(strchr(shown, ']')); /* not taken for all of it */
        free(shown);
    }
}

/* Each list of a report gives its rows in order, then ends and stays so. */
static void
lists_of_a_report_are_tables(void **state)
{
    (void)state;
    const struct wattle_figures figures = {.n_readings = 5,
                                           .energy_kwh = 1.5,
                                           .first_ms = 1000,
                                           .last_ms = 2000,
                                           .n_gaps = 3};
    const struct wattle_device_result device = {.id = "id",
                                                .rated_w = NAN,
                                                .peak_over_rating = NAN,
                                                .figures = &figures};
    const struct wattle_location_result place = {
        .location = NULL, .n_devices = 2, .figures = &figures};
    const struct wattle_hour_result hour = {.energy_kwh = 2};
    const struct wattle_day_result day = {.day = 1, .energy_kwh = 4};
    const struct wattle_reject reject = {"f", 9, WATTLE_REJECT_QUOTE};
    const struct wattle_skipped_file skipped = {"g", "why"};
    const struct wattle_device_result *devices[] = {&device};
    const struct wattle_location_result *places[] = {&place};
    const struct wattle_hour_result *hours[] = {&hour, &hour};
    const struct wattle_day_result *days[] = {&day};
    const struct wattle_reject *rejects[] = {&reject};
    const struct wattle_skipped_file *files[] = {&skipped};
    const struct wattle_finding finding = {.kind = WATTLE_FINDING_STUCK,
                                           .device_id = "id",
                                           .since_ms = 1000,
                                           .value = 230};
    const struct wattle_finding *const findings[] = {&finding, NULL};
    const struct wattle_report_result result = {
        .devices = devices,
        .n_devices = 1,
        .n_listed = 1,
        .locations = places,
        .n_locations = 1,
        .hours = hours,
        .n_hours = 2,
        .days = days,
        .n_days = 1,
        .findings = findings,
        .n_findings = 1,
        .first_rejects = rejects,
        .n_first_rejects = 1,
        .skipped_files = files,
        .n_skipped_files = 1,
    };
    static const char *const wanted[REPORT_N_LISTS] = {
        [REPORT_DEVICES] =
            "device_id,name,location,readings,energy_kwh,imported_kwh,"
            "returned_kwh,cost,monthly_cost,mean_power_w,reading_mean_w,"
            "min_power_w,max_power_w,efficiency,estimated_kwh,first,last,gaps,"
            "gap_hours,"
            "rated_w,peak_over_rating\n"
            "id,,,5,1.5,0,0,0,0,0,0,0,0,0,0,1970-01-01T00:00:01Z,"
            "1970-01-01T00:00:02Z,3,0,,\n",
        [REPORT_LOCATIONS] =
            "location,devices,readings,energy_kwh,imported_kwh,returned_kwh,"
            "cost,monthly_cost,mean_power_w,reading_mean_w,min_power_w,"
            "max_power_w,efficiency,estimated_kwh,gaps,gap_hours\n"
            ",2,5,1.5,0,0,0,0,0,0,0,0,0,0,3,0\n",
        [REPORT_HOURS] = "hour,reading_mean_w,energy_kwh\n0,0,2\n1,0,2\n",
        [REPORT_DAYS] = "day,energy_kwh\n1970-01-02,4\n",
        [REPORT_FINDINGS] = "kind,device_id,name,location,since,value\n"
                            "stuck,id,,,1970-01-01T00:00:01Z,230\n",
        [REPORT_FIRST_REJECTS] = "file,line,reason\nf,9,quote\n",
        [REPORT_SKIPPED_FILES] = "file,reason\ng,why\n",
    };
    for (int list = 0; list < REPORT_N_LISTS; list++) {
        struct report_table table;
        const struct result_value *row;
        uint64_t n_rows = 0;
        char *shown = NULL;
        size_t len = 0;
        FILE *file = open_memstream(&shown, &len);
        const struct wattle_writer to = wattle_stdio_writer(file);
        struct text_out out;
        text_out_init(&out, &to);
        report_table_init(&table, (enum report_list)list, &result);
        assert_int_equal(table_csv_write(&out, &table.base, &n_rows, NULL), 0);
        assert_int_equal(text_out_finish(&out), 0);
        fclose(file);
        assert_string_equal(shown, wanted[list]);
        assert_value(n_rows, (uint64_t)(list == REPORT_HOURS ? 2 : 1));
        assert_int_equal(table.base.next(table.base.self, &row, NULL), 0);
        assert_null(row);
        free(shown);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_value_has_its_form),
        cmocka_unit_test(json_escapes_what_it_must_wherever_it_stands),
        cmocka_unit_test(tables_follow_each_other),
        cmocka_unit_test(long_tables_go_on_as_they_began),
        cmocka_unit_test(errors_of_tables_and_writers_are_returned),
        cmocka_unit_test(lists_of_a_report_are_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
