/*
 * test_record_parser.c - what a record is and why it may be no reading: the
 * reference parser and the rules for its fields, case by case.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "formats/row_values.h"
#include "wattle/report.h"

enum { UNTERMINATED = WATTLE_N_REASONS, BLANK };

static struct record_parser parser;

static struct csv_schema
schema_from(const char *header)
{
    struct csv_schema schema;
    struct csv_schema_builder builder;
    csv_schema_builder_init(&builder, ',');
    for (const char *p = header; p != NULL;) {
        const char *comma = strchr(p, ',');
        csv_schema_builder_add(&builder, p,
                               comma != NULL ? (size_t)(comma - p) : strlen(p));
        p = comma != NULL ? comma + 1 : NULL;
    }
    assert_int_equal(csv_schema_builder_finish(&builder, 0, &schema, NULL), 0);
    return schema;
}

/*
 * Feeds a record in pieces and judges it: ROW_IS_READING, a reason,
 * UNTERMINATED or BLANK. Without a line end it ends with the file.
 */
static int
judge(const char *record, size_t len, size_t piece, struct row_values *values)
{
    bool done = false;
    record_parser_reset(&parser);
    for (size_t at = 0; at < len && !done;) {
        size_t n = len - at < piece ? len - at : piece;
        size_t used =
            record_parser_feed(&parser, (const uint8_t *)record + at, n, &done);
        assert_true(used == n || done);
        at += used;
        assert_true(!done || at == len);
    }
    if (!done && !record_parser_finish(&parser))
        return UNTERMINATED;
    return parser.is_empty ? BLANK : row_values_read(&parser, NULL, values);
}

struct record_case {
    const char *record;
    int wanted;
    const char *device; /* of a reading */
    int64_t nano;       /* its power */
};

static void
check_case(const struct record_case *c)
{
    size_t len = strlen(c->record);
    for (size_t piece = 1; piece <= len; piece++) {
        struct row_values values = {.n_rounded = 9};
        int got = judge(c->record, len, piece, &values);
        if (got != c->wanted)
            fail_msg("%s: %d, not %d", c->record, got, c->wanted);
        if (got != ROW_IS_READING)
            continue;
        if (values.device_len != strlen(c->device) ||
            memcmp(values.device, c->device, values.device_len) != 0)
            fail_msg("%s: device %.*s", c->record, (int)values.device_len,
                     values.device);
        assert_int_equal(values.row.nano[WATTLE_POWER], c->nano);
        assert_int_equal(values.row.time_ms, 1000);
    }
}

static void
quotes_and_line_ends_follow_the_rules(void **state)
{
    (void)state;
    static const struct record_case cases[] = {
        {"1,a,2\n", ROW_IS_READING, "a", 2000000000},
        {"1,a,2\r\n", ROW_IS_READING, "a", 2000000000},
        {"1,a,2\r\r\r\n", ROW_IS_READING, "a", 2000000000},
        {"1,a,2", ROW_IS_READING, "a", 2000000000},
        {"1,a,2\r\r", ROW_IS_READING, "a", 2000000000},
        {"1,a\rb,2\n", ROW_IS_READING, "a\rb", 2000000000},
        {"1,a\r\rb,2\n", ROW_IS_READING, "a\r\rb", 2000000000},
        {"1,a\r,2\n", ROW_IS_READING, "a\r", 2000000000},
        {"1,\ra,2\n", ROW_IS_READING, "\ra", 2000000000},
        {"\r1,a,2\n", WATTLE_REJECT_TIMESTAMP, NULL, 0},
        {" 1 ,\ta b\t, 2 \n", ROW_IS_READING, "a b", 2000000000},
        {"\"1\",\"a\",\"2\"\n", ROW_IS_READING, "a", 2000000000},
        {"1,\"a,b\",2\n", ROW_IS_READING, "a,b", 2000000000},
        {"1,\"a\nb\",2\n", ROW_IS_READING, "a\nb", 2000000000},
        {"1,\"a\r\nb\",2\n", ROW_IS_READING, "a\r\nb", 2000000000},
        {"1,\"a\"\"b\",2\n", ROW_IS_READING, "a\"b", 2000000000},
        {"1,\"\"\"\",2\n", ROW_IS_READING, "\"", 2000000000},
        {"1,\" a \",2\n", ROW_IS_READING, "a", 2000000000},
        {"1,\"a\"b,2\n", ROW_IS_READING, "ab", 2000000000},
        {"1,\"a\"b\"c\",2\n", ROW_IS_READING, "ab\"c\"", 2000000000},
        {"1,\"a\" ,2\n", ROW_IS_READING, "a", 2000000000},
        {"1,a\"b,2\n", ROW_IS_READING, "a\"b", 2000000000},
        {"1, \"a\",2\n", ROW_IS_READING, "\"a\"", 2000000000},
        {"1,a,\"2\"", ROW_IS_READING, "a", 2000000000},
        {"1,a,\"2", UNTERMINATED, NULL, 0},
        {"1,\"a,2\n", UNTERMINATED, NULL, 0},
        {"1,\"a\"\",2\n", UNTERMINATED, NULL, 0},
        {"\n", BLANK, NULL, 0},
        {"\r\r\n", BLANK, NULL, 0},
        {"\r", BLANK, NULL, 0},
        {" \n", WATTLE_REJECT_FIELDS, NULL, 0},
        {"\"\"\n", WATTLE_REJECT_FIELDS, NULL, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_case(&cases[i]);
}

static void
the_first_reason_counts(void **state)
{
    (void)state;
    static const struct record_case cases[] = {
        {"1,a\n", WATTLE_REJECT_FIELDS, NULL, 0},
        {"1,a,2,\n", WATTLE_REJECT_FIELDS, NULL, 0},
        {"x,,nan,y\n", WATTLE_REJECT_FIELDS, NULL, 0},
        {",,2\n", WATTLE_REJECT_MISSING, NULL, 0},
        {"NaN,,2\n", WATTLE_REJECT_MISSING, NULL, 0},
        {"x,,2\n", WATTLE_REJECT_TIMESTAMP, NULL, 0},
        {"1, ,x\n", WATTLE_REJECT_DEVICE, NULL, 0},
        {"1,\" \",2\n", WATTLE_REJECT_DEVICE, NULL, 0},
        {"1,nan,2\n", ROW_IS_READING, "nan", 2000000000},
        {"1,a,\n", WATTLE_REJECT_MISSING, NULL, 0},
        {"1,a,\"N/A\"\n", WATTLE_REJECT_MISSING, NULL, 0},
        {"1,a,2 3\n", WATTLE_REJECT_NUMBER, NULL, 0},
        {"1,a,1e10\n", WATTLE_REJECT_RANGE, NULL, 0},
        {"1,a,-2\n", ROW_IS_READING, "a", -2000000000},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        check_case(&cases[i]);
}

/* A record with one field of the given length. */
static int
judge_long(const char *before, size_t len, char byte, const char *after)
{
    struct buffer text = {0};
    struct row_values values = {.n_rounded = 0};
    assert_int_equal(buffer_append_text(&text, before), 0);
    assert_int_equal(buffer_reserve(&text, len), 0);
    memset(text.data + text.len, byte, len);
    text.len += len;
    assert_int_equal(buffer_append_text(&text, after), 0);
    int reason = judge(text.data, text.len, 100, &values);
    if (reason == ROW_IS_READING && byte == 'x')
        assert_int_equal(values.device_len, len);
    buffer_release(&text);
    return reason;
}

static void
long_fields_are_judged_by_their_whole_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {255, 256, 399,  400,   401,  511,
                                     512, 513, 1000, 10000, 70000};
    assert_int_equal(judge_long("1,", 255, 'x', ",2\n"), ROW_IS_READING);
    for (size_t i = 1; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        size_t len = lengths[i];
        assert_int_equal(judge_long("1,", len, 'x', ",2\n"),
                         WATTLE_REJECT_DEVICE);
        assert_int_equal(judge_long("1,a,", len - 1, '0', "7\n"),
                         len <= 400 ? ROW_IS_READING : WATTLE_REJECT_NUMBER);
        assert_int_equal(judge_long("", len, '1', ",a,2\n"),
                         WATTLE_REJECT_TIMESTAMP);
        assert_int_equal(judge_long("1970-01-01 00:00:01.", len, '0', ",a,2\n"),
                         len + 20 <= 512 ? ROW_IS_READING
                                         : WATTLE_REJECT_TIMESTAMP);
        /* blanks do not count, however many */
        assert_int_equal(judge_long("1,a", len, ' ', ",2\n"), ROW_IS_READING);
        assert_int_equal(judge_long("1,a,2", len, '\t', "\n"), ROW_IS_READING);
        assert_int_equal(judge_long("1,a,", len, ' ', "2\n"), ROW_IS_READING);
        assert_int_equal(judge_long("1,a,", len, ' ', "x\n"),
                         WATTLE_REJECT_NUMBER);
    }
}

static void
zero_bytes_are_no_part_of_an_id(void **state)
{
    (void)state;
    static const char id[] = "1,a\0b,2\n";
    static const char last[] = "1,a\0,2\n";
    static const char number[] = "1,a,2\0\n";
    static const char time[] = "1\0,a,2\n";
    struct row_values values;
    assert_int_equal(judge(id, sizeof(id) - 1, 3, &values),
                     WATTLE_REJECT_DEVICE);
    assert_int_equal(judge(last, sizeof(last) - 1, 3, &values),
                     WATTLE_REJECT_DEVICE);
    assert_int_equal(judge(number, sizeof(number) - 1, 3, &values),
                     WATTLE_REJECT_NUMBER);
    assert_int_equal(judge(time, sizeof(time) - 1, 3, &values),
                     WATTLE_REJECT_TIMESTAMP);
}

/* With a power the other measures may be missing, but must be right. */
static void
other_measures_may_be_absent_beside_a_power(void **state)
{
    (void)state;
    static const struct {
        const char *record;
        int wanted;
        uint32_t presence;
        unsigned n_rounded;
    } cases[] = {
        {"1,a,230,1.5,0.9,5\n", ROW_IS_READING, 0x0f, 0},
        {"1,a,,1.5,?,5\n", ROW_IS_READING, 0x0a, 0},
        {"1,a,,,,5\n", ROW_IS_READING, 0x08, 0},
        {"1,a,0.00000000001,1,0.12345678911,5\n", ROW_IS_READING, 0x0f, 2},
        {"1,a,,,,\n", WATTLE_REJECT_MISSING, 0, 0},
        {"1,a,x,,,\n", WATTLE_REJECT_NUMBER, 0, 0},
        {"1,a,-1,,,\n", WATTLE_REJECT_RANGE, 0, 0},
        {"1,a,,-0.1,,5\n", WATTLE_REJECT_RANGE, 0, 0},
        {"1,a,,,1.01,5\n", WATTLE_REJECT_RANGE, 0, 0},
        {"1,a,,,-1,5\n", ROW_IS_READING, 0x0c, 0},
    };
    struct csv_schema schema = schema_from("time,id,volts,amps,pf,watts");
    record_parser_init(&parser, &schema);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct row_values values;
        const char *record = cases[i].record;
        int got = judge(record, strlen(record), 4, &values);
        if (got != cases[i].wanted)
            fail_msg("%s: %d", record, got);
        if (got != ROW_IS_READING)
            continue;
        assert_int_equal(values.row.presence, cases[i].presence);
        assert_int_equal(values.n_rounded, cases[i].n_rounded);
    }
    csv_schema_release(&schema);
}

/* ---- headers ----------------------------------------------------------- */

static void
add_visited(void *context, const char *text, size_t len)
{
    buffer_printf(context, "[%.*s]", (int)len, text);
}

static void
visited_fields_come_trimmed_and_in_order(void **state)
{
    (void)state;
    struct record_parser visitor;
    struct buffer fields = {0};
    bool done;
    static const char text[] = " a ,\"b,\"\"c\",,\"d\ne\" \r\nnext\n";
    record_parser_init_visit(&visitor, ',', add_visited, &fields);
    size_t used = record_parser_feed(&visitor, (const uint8_t *)text,
                                     sizeof(text) - 1, &done);
    assert_true(done);
    assert_int_equal(used, sizeof(text) - 6);
    assert_int_equal(visitor.n_fields, 4);
    assert_int_equal(visitor.n_newlines, 2);
    assert_int_equal(fields.len, strlen("[a][b,\"c][][d\ne]"));
    assert_memory_equal(fields.data, "[a][b,\"c][][d\ne]", fields.len);
    buffer_release(&fields);
}

static void
headers_without_what_is_needed_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        const char *named; /* in the message */
    } bad[] = {
        {"time,id", "power"},           {"time,power", "device_id"},
        {"id,power", "timestamp"},      {"time,id,volts,amps", "power_factor"},
        {"time,id,amps,pf", "voltage"}, {"x,y,z", "device_id"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct csv_schema_builder builder;
        struct csv_schema schema;
        struct wattle_error error = {0};
        char names[64];
        snprintf(names, sizeof(names), "%s", bad[i].header);
        csv_schema_builder_init(&builder, ',');
        for (char *rest = names, *name; (name = strsep(&rest, ",")) != NULL;)
            csv_schema_builder_add(&builder, name, strlen(name));
        assert_int_equal(
            csv_schema_builder_finish(&builder, 0, &schema, &error),
            WATTLE_ERR_FORMAT);
        if (strstr(error.message, bad[i].named) == NULL)
            fail_msg("%s: %s", bad[i].header, error.message);
        assert_null(schema.role_of);
    }
}

static void
the_first_column_of_a_role_counts(void **state)
{
    (void)state;
    struct csv_schema s =
        schema_from(" Watts\t,TIMESTAMP,date,Meter,power,value");
    static const uint8_t roles[] = {ROLE_POWER,  ROLE_TIME, ROLE_NONE,
                                    ROLE_DEVICE, ROLE_NONE, ROLE_NONE};
    assert_int_equal(s.n_columns, 6);
    assert_memory_equal(s.role_of, roles, 6);
    assert_int_equal(s.columns, MEASURE_BIT(WATTLE_POWER));
    csv_schema_release(&s);
}

static struct csv_schema power_schema;

static int
use_power_schema(void **state)
{
    (void)state;
    power_schema = schema_from("time,id,power");
    record_parser_init(&parser, &power_schema);
    return 0;
}

static int
release_schema(void **state)
{
    (void)state;
    csv_schema_release(&power_schema);
    return 0;
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, use_power_schema, release_schema)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(quotes_and_line_ends_follow_the_rules),
        TEST(the_first_reason_counts),
        TEST(long_fields_are_judged_by_their_whole_length),
        TEST(zero_bytes_are_no_part_of_an_id),
        TEST(other_measures_may_be_absent_beside_a_power),
        TEST(visited_fields_come_trimmed_and_in_order),
        TEST(headers_without_what_is_needed_are_refused),
        TEST(the_first_column_of_a_role_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
