/*
 * test_line_ends.c - CR as line end, in one piece and in all others.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/line_ends.h"
#include "formats/record_parser.h"
#include "generate/counter_hash.h"

static bool
has_cr(const char *text)
{
    return line_ends_has_cr((const uint8_t *)text, strlen(text));
}

static void
the_head_tells(void **state)
{
    (void)state;
    assert_true(has_cr("a,b\r1,2\r3,4\r"));
    assert_true(has_cr("a,b\r1,2\n3,4\n5,6\n")); /* in the header line */
    assert_true(has_cr("\n\na,b\r1,2\n3,4\n"));
    assert_true(has_cr("a,b\n1,2\r3,4\r5,6\r"));
    assert_false(has_cr("a,b\n1,2\r3,4\n5,6\n")); /* a stray one */
    assert_false(has_cr("a,\"b\rc\"\n1,2\n"));    /* in quotes */
    assert_false(has_cr("a,b\r\n1,2\r\n"));
    assert_false(has_cr("a,b\r\r\n1,2\r\r\n"));
    assert_false(has_cr("a,b\r")); /* an LF may follow */
    assert_false(has_cr(""));
}

static void
ignore_field(void *context, const char *text, size_t len)
{
    (void)context;
    (void)text;
    (void)len;
}

/* The header line as the parser of records sees it. */
static bool
parser_sees_cr(const uint8_t *text, size_t len)
{
    static struct record_parser parser;
    size_t at = 0;
    bool done = true;
    record_parser_init_visit(&parser, ',', ignore_field, NULL);
    while (parser.is_empty && done && at < len) {
        record_parser_reset(&parser);
        at += record_parser_feed(&parser, text + at, len - at, &done);
    }
    return parser.has_bare_cr;
}

static void
the_header_line_is_that_of_the_parser(void **state)
{
    static const char letters[] = "ab,,\"\"\r\r\n\n";
    (void)state;
    for (uint64_t i = 0; i < 20000; i++) {
        uint8_t text[64];
        const size_t len = 1 + counter_hash(5, i) % 20;
        for (size_t k = 0; k < sizeof(text); k++)
            text[k] = k < len ? (uint8_t)letters[counter_hash(i, k) % 10]
                              : (uint8_t)'\n';
        assert_int_equal(line_ends_has_cr(text, sizeof(text)),
                         parser_sees_cr(text, sizeof(text)));
    }
}

static const char before[] =
    "a,\"x\ry\"\r1,\"q\"\"\r\"\r\n2,z\"\r\r3\"\r,\"\r\",\r";
static const char after[] =
    "a,\"x\ry\"\n1,\"q\"\"\r\"\r\n2,z\"\n\n3\"\n,\"\r\",\n";

static void
pieces_of_every_size_give_the_same(void **state)
{
    (void)state;
    const size_t len = sizeof(before) - 1;
    for (size_t step = 1; step <= len; step++) {
        uint8_t text[sizeof(before)];
        struct line_ends ends = {false, false};
        size_t done = 0;
        memcpy(text, before, sizeof(before));
        for (size_t have = step < len ? step : len;;) {
            done +=
                line_ends_mend(&ends, text + done, have - done, have == len);
            if (have == len)
                break;
            have = have + step < len ? have + step : len;
        }
        assert_int_equal(done, len);
        assert_memory_equal(text, after, len);
    }
}

static void
a_last_cr_waits_for_what_follows(void **state)
{
    (void)state;
    struct line_ends ends = {false, false};
    uint8_t text[] = "a\r";
    assert_int_equal(line_ends_mend(&ends, text, 2, false), 1);
    assert_int_equal(text[1], '\r');
    assert_int_equal(line_ends_mend(&ends, text + 1, 1, true), 1);
    assert_int_equal(text[1], '\n');
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_tells),
        cmocka_unit_test(the_header_line_is_that_of_the_parser),
        cmocka_unit_test(pieces_of_every_size_give_the_same),
        cmocka_unit_test(a_last_cr_waits_for_what_follows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
