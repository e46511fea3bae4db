/*
 * test_number_text.c - numbers as text, and characters of UTF-8.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number_text.h"
#include "base/utf8.h"
#include "generate/counter_hash.h"

/* ---- exact text -------------------------------------------------------- */

/* -?digits[.digits][e[+-]digits], no needless leading zero: JSON. */
static bool
is_json_number(const char *p)
{
    p += *p == '-';
    size_t whole = strspn(p, "0123456789");
    if (whole == 0 || (whole > 1 && *p == '0'))
        return false;
    p += whole;
    if (*p == '.') {
        size_t places = strspn(p + 1, "0123456789");
        if (places == 0)
            return false;
        p += 1 + places;
    }
    if (*p == 'e') {
        p += p[1] == '-' || p[1] == '+' ? 2 : 1;
        size_t digits = strspn(p, "0123456789");
        p += digits;
        if (digits == 0)
            return false;
    }
    return *p == '\0';
}

/* Digits that count, from the first to the last that is not zero. */
static int
count_digits(const char *text)
{
    int n = 0, last = 0;
    for (const char *p = text; *p != '\0' && *p != 'e'; p++) {
        if (*p < '0' || *p > '9' || (n == 0 && *p == '0'))
            continue;
        n++;
        last = *p != '0' ? n : last;
    }
    return last;
}

static void
assert_exact(double value)
{
    char text[NUMBER_TEXT_SIZE];
    char shorter[64];
    number_text_exact(value, text);
    if (!is_json_number(text) || strtod(text, NULL) != value)
        fail_msg("%s for %.17g", text, value);
    int digits = count_digits(text);
    if (digits <= 1 || fabs(value) < 1e-300)
        return;
    snprintf(shorter, sizeof(shorter), "%.*e", digits - 2, value);
    if (strtod(shorter, NULL) == value)
        fail_msg("%s for %.17g, where %s would do", text, value, shorter);
}

static void
random_doubles_read_back_from_the_shortest_text(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 200000; i++) {
        uint64_t bits = counter_hash(71, i);
        double value;
        memcpy(&value, &bits, sizeof(value));
        if (isfinite(value))
            assert_exact(value);
    }
}

static void
decimals_come_out_as_they_were(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 100000; i++) {
        char text[NUMBER_TEXT_SIZE], wanted[NUMBER_TEXT_SIZE];
        uint64_t bits = counter_hash(72, i);
        int places = 1 + (int)(bits % 9);
        snprintf(wanted, sizeof(wanted), "%llu.%0*llu",
                 (unsigned long long)(bits >> 8 & 0xfffff) + 1, places,
                 (unsigned long long)(bits >> 40) % 10);
        if (wanted[strlen(wanted) - 1] == '0')
            continue;
        number_text_exact(strtod(wanted, NULL), text);
        assert_string_equal(text, wanted);
    }
}

static void
whole_numbers_have_no_point(void **state)
{
    (void)state;
    char text[NUMBER_TEXT_SIZE];
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-7, "-7"},
        {1e6, "1000000"},
        {999999999999999, "999999999999999"},
        {-999999999999999, "-999999999999999"},
        {1e15, "1e+15"},
        {0.5, "0.5"},
        {0.1, "0.1"},
        {-2.25, "-2.25"},
        {NAN, "null"},
        {INFINITY, "null"},
        {-INFINITY, "null"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        number_text_exact(cases[i].value, text);
        assert_string_equal(text, cases[i].text);
    }
    assert_exact(0x1p-1022);
    assert_exact(0x1.fffffffffffffp1023);
    assert_exact(5e-324);
    assert_exact(0x1p-44);
    assert_exact(9007199254740993.0);
    assert_exact(nextafter(1, 2));
    assert_exact(nextafter(1, 0));
}

static void
a_locale_does_not_change_the_point(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8",
                                        "de_DE.utf8"};
    char text[NUMBER_TEXT_SIZE];
    for (size_t i = 0; i < 3; i++)
        setlocale(LC_NUMERIC, names[i]);
    number_text_exact(1234.5, text);
    assert_string_equal(text, "1234.5");
    number_text_grouped(1234.5, 1, text);
    assert_string_equal(text, "1,234.5");
    setlocale(LC_NUMERIC, "C");
}

/* ---- grouped text ------------------------------------------------------ */

static void
thousands_are_parted_by_commas(void **state)
{
    (void)state;
    static const struct {
        double value;
        int places;
        const char *text;
    } cases[] = {
        {0, 0, "0"},
        {999, 0, "999"},
        {1000, 0, "1,000"},
        {-1000, 2, "-1,000.00"},
        {-999, 1, "-999.0"},
        {1234567.891, 1, "1,234,567.9"},
        {100000, 3, "100,000.000"},
        {999.96, 1, "1,000.0"},
        {-123456, 0, "-123,456"},
        {0.05, 2, "0.05"},
    };
    char text[NUMBER_TEXT_SIZE];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        number_text_grouped(cases[i].value, cases[i].places, text);
        assert_string_equal(text, cases[i].text);
    }
    number_text_grouped(-999999999999999744.0, 9, text); /* longest of all */
    assert_string_equal(text, "-999,999,999,999,999,744.000000000");
    number_text_grouped(1e300, 2, text);
    assert_true(strtod(text, NULL) == 1e300);
    number_text_grouped(NAN, 2, text);
    assert_non_null(strstr(text, "nan"));
}

static void
counts_are_grouped_from_the_right(void **state)
{
    (void)state;
    char text[NUMBER_TEXT_SIZE];
    for (uint64_t i = 0; i < 50000; i++) {
        uint64_t value = counter_hash(73, i) >> (i % 64);
        char plain[NUMBER_TEXT_SIZE];
        size_t n = 0, since_comma = 0;
        number_text_count(value, text);
        for (const char *p = text; *p != '\0'; p++) {
            if (*p != ',') {
                plain[n++] = *p;
                since_comma++;
                continue;
            }
            assert_true(p != text && since_comma <= 3);
            assert_true(p == text + since_comma || since_comma == 3);
            since_comma = 0;
        }
        plain[n] = '\0';
        assert_true(n <= 3 || since_comma == 3);
        assert_true(strtoull(plain, NULL, 10) == value);
    }
    number_text_count(UINT64_MAX, text);
    assert_string_equal(text, "18,446,744,073,709,551,615");
}

/* ---- UTF-8 ------------------------------------------------------------- */

/* The length by decoding: value, then the shortest form of that value. */
static size_t
decoded_len(const unsigned char *p)
{
    size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;
    uint32_t value = len == 1 ? p[0] : p[0] & (0xffu >> (len + 1));
    if (p[0] == 0 || p[0] >= 0xf8 || (p[0] >= 0x80 && p[0] < 0xc0))
        return 0;
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
        value = value << 6 | (p[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = value >= 0xd800 && value < 0xe000;
    return value < least[len] || value > 0x10ffff || surrogate ? 0 : len;
}

static void
characters_are_those_of_rfc_3629(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            static const unsigned char tails[][3] = {
                {0, 0, 0},       {0x80, 0, 0},       {0xbf, 0x80, 0},
                {0x7f, 0x80, 0}, {0x80, 0xc0, 0},    {0xc0, 0x80, 0},
                {0x80, 0x7f, 0}, {0x9f, 0xbf, 0xbf}, {'a', 'b', 'c'}};
            for (size_t t = 0; t < sizeof(tails) / sizeof(tails[0]); t++) {
                unsigned char text[6] = {(unsigned char)a, (unsigned char)b};
                memcpy(text + 2, tails[t], 3);
                if (utf8_len(text) != decoded_len(text))
                    fail_msg("%02x %02x %02x %02x: %zu", a, b, text[2], text[3],
                             utf8_len(text));
            }
        }
    }
}

/* A text that ends in the middle of a character: nothing beyond is read. */
static void
cut_characters_are_not_read_beyond_their_end(void **state)
{
    (void)state;
    static const char *const whole[] = {"a", "\xc3\xa9", "\xe2\x82\xac",
                                        "\xf0\x9f\x94\x8c"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(utf8_len((const unsigned char *)whole[i]), i + 1);
        for (size_t len = 0; len <= i; len++) {
            unsigned char *cut = calloc(1, len + 1);
            assert_non_null(cut);
            memcpy(cut, whole[i], len);
            assert_int_equal(utf8_len(cut), 0);
            free(cut);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_doubles_read_back_from_the_shortest_text),
        cmocka_unit_test(decimals_come_out_as_they_were),
        cmocka_unit_test(whole_numbers_have_no_point),
        cmocka_unit_test(a_locale_does_not_change_the_point),
        cmocka_unit_test(thousands_are_parted_by_commas),
        cmocka_unit_test(counts_are_grouped_from_the_right),
        cmocka_unit_test(characters_are_those_of_rfc_3629),
        cmocka_unit_test(cut_characters_are_not_read_beyond_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
