/*
 * test_decimal.c - decimal text to integers: grammar, rounding, limits.
 *
 * The independent method works on text alone: it writes the digits of a
 * number into a long field of decimals and rounds there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "generate/counter_hash.h"

static enum decimal_status
parse(const char *text, struct decimal *out)
{
    return decimal_parse(text, strlen(text), DECIMAL_MAX, true, out);
}

static void
assert_value(const char *text, int64_t nano, bool rounded)
{
    struct decimal d = {INT64_MIN, !rounded};
    if (parse(text, &d) != DECIMAL_OK || d.nano != nano || d.rounded != rounded)
        fail_msg("%s: got %lld, rounded %d", text, (long long)d.nano,
                 d.rounded);
}

static void
assert_status(const char *text, size_t len, int64_t max_nano, bool negative,
              enum decimal_status expected)
{
    /* a copy of the exact size: reading beyond it is seen by sanitizers */
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    copy = realloc(copy, len > 0 ? len : 1);
    assert_non_null(copy);
    struct decimal d = {42, true};
    int got = (int)decimal_parse(copy, len, max_nano, negative, &d);
    if (got != (int)expected)
        fail_msg("%.*s: status %d, not %d", (int)len, text, got, expected);
    if (expected != DECIMAL_OK)
        assert_int_equal(d.nano, 42);
    free(copy);
}

static void
assert_text_status(const char *text, enum decimal_status expected)
{
    assert_status(text, strlen(text), DECIMAL_MAX, true, expected);
}

/* ---- grammar ----------------------------------------------------------- */

static void
plain_numbers_have_their_value(void **state)
{
    (void)state;
    assert_value("0", 0, false);
    assert_value("230.1", INT64_C(230100000000), false);
    assert_value("+1", DECIMAL_ONE, false);
    assert_value("-1.5", -INT64_C(1500000000), false);
    assert_value("0.000000001", 1, false);
    assert_value("-0.000000001", -1, false);
    assert_value("000012", INT64_C(12000000000), false);
    assert_value("1.500000000000000000000000", INT64_C(1500000000), false);
    assert_value("-0", 0, false);
    assert_value("-0.0e5", 0, false);
}

static void
exponents_move_the_point(void **state)
{
    (void)state;
    assert_value("1e3", INT64_C(1000000000000), false);
    assert_value("1E+3", INT64_C(1000000000000), false);
    assert_value("2500e-3", INT64_C(2500000000), false);
    assert_value("1.25e-2", INT64_C(12500000), false);
    assert_value("0.0000000001e10", DECIMAL_ONE, false);
    assert_value("1e-9", 1, false);
    assert_value("1e-10", 0, true);
    assert_value("1e-99999999999999999999", 0, true);
    assert_value("0e99999999999999999999", 0, false);
    assert_value("1e0000000000000000000000001", 10 * DECIMAL_ONE, false);
    assert_value("1000000000000e-12", DECIMAL_ONE, false);
}

static void
what_is_no_number_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        ".5",   "5.",    "+",     "-",     "--1",   "+-1",      "1e",   "1e+",
        "1e-",  "1.e3",  ".e3",   "e3",    "1 ",    " 1",       "1_0",  "1,5",
        "0x10", "1.2.3", "1e2.5", "1e2e3", "inf",   "-inf",     "-nan", "+nan",
        "1f",   "1.5f",  "NaN.",  "nulll", "nul",   "n/",       "??",   "-",
        "1-",   "1+1",   "\t1",   "1\r",   "1\n",   "infinity", "nan0", "none1",
        "1 2",  "1e 2",  "1/2",   "1:2",   "\"1\"", "1e++2",    "1e3 ", "on"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_text_status(bad[i], DECIMAL_NUMBER);
}

static void
missing_words_are_known_in_any_case(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",    "?",   "null", "NULL", "NaN",     "nan",         "None",
        "n/a", "N/A", "NA",   "na",   "Unknown", "unavailable", "UNAVAILABLE"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        assert_text_status(words[i], DECIMAL_MISSING);
        assert_true(decimal_is_missing(words[i], strlen(words[i])));
    }
    assert_false(decimal_is_missing("0", 1));
    assert_false(decimal_is_missing("nullx", 5));
    assert_false(decimal_is_missing("unavailabl", 10));
    assert_true(decimal_is_missing("nullx", 4));
}

static void
zero_bytes_make_a_missing_word_no_word(void **state)
{
    (void)state;
    char text[20] = {0};
    for (size_t len = 3; len < sizeof(text); len++) {
        memcpy(text, "na", 2);
        assert_status(text, len, DECIMAL_MAX, true, DECIMAL_NUMBER);
        memcpy(text, "null", 4);
        assert_status(text, len, DECIMAL_MAX, true,
                      len == 4 ? DECIMAL_MISSING : DECIMAL_NUMBER);
        memset(text, 0, sizeof(text));
    }
    assert_status("1\0", 2, DECIMAL_MAX, true, DECIMAL_NUMBER);
}

static void
text_over_400_bytes_is_no_number(void **state)
{
    (void)state;
    char text[DECIMAL_MAX_TEXT + 2];
    memset(text, '0', sizeof(text));
    text[0] = '1';
    text[1] = '.';
    assert_status(text, DECIMAL_MAX_TEXT, DECIMAL_MAX, true, DECIMAL_OK);
    assert_status(text, DECIMAL_MAX_TEXT + 1, DECIMAL_MAX, true,
                  DECIMAL_NUMBER);
    memset(text, '0', sizeof(text));
    text[DECIMAL_MAX_TEXT - 1] = '7';
    struct decimal d;
    assert_int_equal(
        decimal_parse(text, DECIMAL_MAX_TEXT, DECIMAL_MAX, false, &d),
        DECIMAL_OK);
    assert_int_equal(d.nano, 7 * DECIMAL_ONE);
}

/* ---- rounding and limits ----------------------------------------------- */

static void
the_ninth_place_rounds_half_to_even(void **state)
{
    (void)state;
    assert_value("0.0000000005", 0, true);
    assert_value("0.0000000015", 2, true);
    assert_value("0.0000000025", 2, true);
    assert_value("-0.0000000015", -2, true);
    assert_value("-0.0000000025", -2, true);
    assert_value("0.00000000050000000000000000001", 1, true);
    assert_value("0.0000000004999999999999999999", 0, true);
    assert_value("0.00000000149999999", 1, true);
    assert_value("15e-10", 2, true);
    assert_value("0.9999999995", DECIMAL_ONE, true);
    assert_value("0.99999999949", DECIMAL_ONE - 1, true);
    assert_value("999999999.9999999996", DECIMAL_MAX, true);
}

static void
limits_hold_for_the_exact_value(void **state)
{
    (void)state;
    assert_text_status("1000000000", DECIMAL_OK);
    assert_text_status("-1000000000.000", DECIMAL_OK);
    assert_text_status("1e9", DECIMAL_OK);
    assert_text_status("1000000000.0000000000001", DECIMAL_RANGE);
    assert_text_status("-1000000000.0000000000001", DECIMAL_RANGE);
    assert_text_status("1000000000.000000001", DECIMAL_RANGE);
    assert_text_status("1e10", DECIMAL_RANGE);
    assert_text_status("1e999999999", DECIMAL_RANGE);
    assert_text_status("99999999999999999999999999999999", DECIMAL_RANGE);
    assert_text_status("0.001e13", DECIMAL_RANGE);
    static const char *const factors_in[] = {"1", "-1", "1.0", "10e-1", "0.9"};
    for (size_t i = 0; i < 5; i++)
        assert_status(factors_in[i], strlen(factors_in[i]), DECIMAL_ONE, true,
                      DECIMAL_OK);
    static const char *const factors_out[] = {"1.00000000000000001", "-1.1",
                                              "-1.0000000001", "2", "1e1"};
    for (size_t i = 0; i < 5; i++)
        assert_status(factors_out[i], strlen(factors_out[i]), DECIMAL_ONE, true,
                      DECIMAL_RANGE);
}

static void
only_minus_zero_passes_where_minus_is_refused(void **state)
{
    (void)state;
    assert_status("-0", 2, DECIMAL_MAX, false, DECIMAL_OK);
    assert_status("-0.000", 6, DECIMAL_MAX, false, DECIMAL_OK);
    assert_status("-0e-400", 7, DECIMAL_MAX, false, DECIMAL_OK);
    assert_status("-1e-400", 7, DECIMAL_MAX, false, DECIMAL_RANGE);
    assert_status("-0.00000000000001", 17, DECIMAL_MAX, false, DECIMAL_RANGE);
    assert_status("-5", 2, DECIMAL_MAX, false, DECIMAL_RANGE);
}

/* ---- the independent method -------------------------------------------- */

/*
 * A row of decimal digits with the point after FIELD_WHOLE of them; wide
 * enough for every text of the random tests.
 */
enum { FIELD_WHOLE = 120, FIELD_DIGITS = 300, FIELD_KEPT = FIELD_WHOLE + 9 };

/* Lays the digits of mantissa text x 10^exponent into the field. */
static void
lay_digits(char field[FIELD_DIGITS], const char *text, int exponent)
{
    const char *digits = text + strspn(text, "+-");
    const char *point = strchr(digits, '.');
    int n_whole =
        (int)(point != NULL ? (size_t)(point - digits) : strlen(digits));
    int at = FIELD_WHOLE - n_whole - exponent;
    memset(field, '0', FIELD_DIGITS);
    for (const char *p = digits; *p != '\0'; p++) {
        if (*p == '.')
            continue;
        assert_in_range(at, 0, FIELD_DIGITS - 1);
        field[at++] = *p;
    }
}

/* Adds one at the given place, with carries: text arithmetic. */
static void
add_one(char *field, int place)
{
    while (field[place] == '9')
        field[place--] = '0';
    field[place]++;
}

/* The expected result of parsing mantissa and exponent. */
static enum decimal_status
expect(const char *text, int exponent, struct decimal *out)
{
    char field[FIELD_DIGITS];
    char zeros[FIELD_DIGITS];
    char limit[FIELD_DIGITS];
    lay_digits(field, text, exponent);
    lay_digits(limit, "1000000000", 0);
    memset(zeros, '0', sizeof(zeros));
    if (memcmp(field, limit, sizeof(field)) > 0)
        return DECIMAL_RANGE;
    const char *tail = field + FIELD_KEPT;
    out->rounded = memcmp(tail, zeros, FIELD_DIGITS - FIELD_KEPT) != 0;
    char half[FIELD_DIGITS];
    memset(half, '0', sizeof(half));
    half[0] = '5';
    int side = memcmp(tail, half, FIELD_DIGITS - FIELD_KEPT);
    bool odd = (field[FIELD_KEPT - 1] - '0') % 2 != 0;
    if (side > 0 || (side == 0 && odd))
        add_one(field, FIELD_KEPT - 1);
    char kept[21];
    snprintf(kept, sizeof(kept), "%.20s", field + FIELD_KEPT - 20);
    out->nano = strtoll(kept, NULL, 10);
    if (text[0] == '-')
        out->nano = -out->nano;
    return DECIMAL_OK;
}

static uint64_t seed_counter;

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(11, seed_counter++) % limit);
}

/* Digits that like to be 0, 5 and 9, so that borders are met. */
static void
put_digits(char *text, unsigned count)
{
    static const char digits[] = "0123456789000000555999";
    size_t at = strlen(text);
    unsigned all = pick(4);
    for (unsigned i = 0; i < count; i++)
        text[at++] = all == 0 ? '0' : digits[pick(all == 1 ? 10 : 22)];
    text[at] = '\0';
}

static void
random_mantissa(char *text)
{
    static const char *const signs[] = {"", "", "+", "-"};
    strcpy(text, signs[pick(4)]);
    put_digits(text, 1 + pick(pick(3) == 0 ? 40 : 10));
    if (pick(4) != 0) {
        strcat(text, ".");
        put_digits(text, 1 + pick(pick(3) == 0 ? 60 : 12));
    }
}

static void
random_decimals_agree_with_text_arithmetic(void **state)
{
    (void)state;
    size_t n_ok = 0, n_rounded = 0;
    for (int round = 0; round < 200000; round++) {
        char mantissa[128], text[160];
        int exponent = pick(2) == 0 ? 0 : (int)pick(120) - 60;
        random_mantissa(mantissa);
        if (exponent == 0)
            snprintf(text, sizeof(text), "%s", mantissa);
        else
            snprintf(text, sizeof(text), "%s%c%s%d", mantissa,
                     pick(2) == 0 ? 'e' : 'E',
                     exponent > 0 && pick(2) == 0 ? "+" : "", exponent);
        struct decimal wanted = {0, false}, got = {0, false};
        enum decimal_status status = expect(mantissa, exponent, &wanted);
        enum decimal_status own = parse(text, &got);
        if (own != status || got.nano != wanted.nano ||
            got.rounded != wanted.rounded)
            fail_msg("%s: %d %lld, not %d %lld", text, own, (long long)got.nano,
                     status, (long long)wanted.nano);
        n_ok += status == DECIMAL_OK;
        n_rounded += got.rounded;
    }
    assert_true(n_ok > 50000 && n_rounded > 10000);
}

static void
trimming_takes_spaces_and_tabs_only(void **state)
{
    (void)state;
    const char *text = " \t 1 2\t ";
    size_t len = decimal_trim(&text, strlen(text));
    assert_int_equal(len, 3);
    assert_memory_equal(text, "1 2", 3);
    const char *blank = " \t\t ";
    assert_int_equal(decimal_trim(&blank, 4), 0);
    const char *line = "\n1\r";
    assert_int_equal(decimal_trim(&line, 3), 3);
}

static void
powers_of_ten_are_ten_apart(void **state)
{
    (void)state;
    assert_int_equal(decimal_power_of_ten(0), 1);
    for (int i = 1; i <= 18; i++)
        assert_int_equal(decimal_power_of_ten(i),
                         10 * decimal_power_of_ten(i - 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_numbers_have_their_value),
        cmocka_unit_test(exponents_move_the_point),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(missing_words_are_known_in_any_case),
        cmocka_unit_test(text_over_400_bytes_is_no_number),
        cmocka_unit_test(the_ninth_place_rounds_half_to_even),
        cmocka_unit_test(limits_hold_for_the_exact_value),
        cmocka_unit_test(only_minus_zero_passes_where_minus_is_refused),
        cmocka_unit_test(random_decimals_agree_with_text_arithmetic),
        cmocka_unit_test(trimming_takes_spaces_and_tabs_only),
        cmocka_unit_test(powers_of_ten_are_ten_apart),
        cmocka_unit_test(zero_bytes_make_a_missing_word_no_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
