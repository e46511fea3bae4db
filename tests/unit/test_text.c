/*
 * test_text.c - what a terminal may see, how wide it is, and UTF-8.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "output/text_canvas.h"
#include "wattle/stdio.h"
#include "wattle/text.h"

static void
assert_visible(const char *text, const char *wanted)
{
    char out[256];
    wattle_text_visible(text, out, sizeof(out));
    assert_string_equal(out, wanted);
}

static void
control_characters_are_written_out(void **state)
{
    (void)state;
    assert_visible("plain K\xc3\xbc"
                   "che",
                   "plain K\xc3\xbc"
                   "che");
    assert_visible("\x1b[31m\a\r\n\t", "\\x1b[31m\\x07\\x0d\\x0a\\x09");
    assert_visible("\x7f", "\\x7f");
    assert_visible("\xc2\x9b"
                   "31m",
                   "\\xc2\\x9b"
                   "31m"); /* C1 */
    assert_visible("a\xe2\x80\xae"
                   "b",
                   "a\\xe2\\x80\\xae"
                   "b");                               /* RLO */
    assert_visible("\xe2\x81\xa6", "\\xe2\\x81\\xa6"); /* LRI */
    assert_visible("\xff\xc3", "\\xff\\xc3");
}

static void
long_text_is_cut_at_a_character(void **state)
{
    (void)state;
    char out[8];
    wattle_text_visible("abcdefgh", out, sizeof(out));
    assert_string_equal(out, "abcd...");
    wattle_text_visible("abc\xc3\xbc"
                        "def",
                        out, sizeof(out));
    assert_string_equal(out, "abc...");
    wattle_text_visible("\x01\x02", out, sizeof(out));
    assert_string_equal(out, "\\x01...");
    wattle_text_visible("abcd", out, sizeof(out));
    assert_string_equal(out, "abcd");
}

static void
columns_are_counted_as_terminals_do(void **state)
{
    (void)state;
    assert_int_equal(text_canvas_columns("abc"), 3);
    assert_int_equal(text_canvas_columns("K\xc3\xbc"
                                         "che"),
                     5);
    assert_int_equal(text_canvas_columns("\xe5\x86\xb7\xe8\x94\xb5"), 4);
    assert_int_equal(text_canvas_columns("\xf0\x9f\x94\x8c"), 2);
    assert_int_equal(text_canvas_columns("e\xcc\x81"), 1);
    assert_int_equal(text_canvas_columns("\x1b\xff"), 2);
}

/* A field has its width whatever is in it, in UTF-8 and without. */
static void
fields_have_their_width(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "a",
        "abcdefghij",
        "\xe5\x86\xb7\xe8\x94\xb5\xe5\xba\xab\xe5\xba\xab",
        "a\xe5\x86\xb7\xe8\x94\xb5\xe5\xba\xab",
        "e\xcc\x81 e\xcc\x81",
        "\x1b[2J"};
    for (int is_utf8 = 0; is_utf8 <= 1; is_utf8++) {
        const struct wattle_text_style style = {.size = sizeof(style),
                                                .is_utf8 = is_utf8 != 0};
        for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
            char *shown = NULL;
            size_t len = 0;
            FILE *out = open_memstream(&shown, &len);
            const struct wattle_writer to = wattle_stdio_writer(out);
            struct text_canvas canvas;
            struct text_out text;
            text_out_init(&text, &to);
            assert_int_equal(text_canvas_init(&canvas, &text, &style, NULL), 0);
            text_canvas_field(&canvas, texts[i], 6);
            assert_int_equal(text_out_finish(&text), 0);
            assert_int_equal(fclose(out), 0);
            assert_int_equal(text_canvas_columns(shown), 6);
            assert_null(strchr(shown, '\x1b'));
            for (size_t k = 0; !is_utf8 && k < len; k++)
                assert_true((unsigned char)shown[k] < 0x80);
            free(shown);
        }
    }
}

static void
other_text_is_windows_1252(void **state)
{
    (void)state;
    char out[16];
    assert_true(utf8_is_valid("abc\xc3\xbc\xf0\x9f\x94\x8c long enough", 22));
    assert_false(utf8_is_valid("K\xfc"
                               "che",
                               5));
    assert_false(utf8_is_valid("12345678\xc3", 9));
    assert_int_equal(utf8_from_latin("K\xfc\x80\x81", 4, out, sizeof(out)), 9);
    assert_memory_equal(out, "K\xc3\xbc\xe2\x82\xac\xef\xbf\xbd", 9);
    /* it fills the room to its last byte */
    assert_int_equal(utf8_from_latin("\x96zz", 3, out, 5), 5);
    assert_int_equal(utf8_from_latin("\x96zz", 3, out, 4), 0);
    assert_int_equal(utf8_from_latin("\x80\x80\x80\x80\x80\x80", 6, out, 16),
                     0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_are_written_out),
        cmocka_unit_test(long_text_is_cut_at_a_character),
        cmocka_unit_test(columns_are_counted_as_terminals_do),
        cmocka_unit_test(fields_have_their_width),
        cmocka_unit_test(other_text_is_windows_1252),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
