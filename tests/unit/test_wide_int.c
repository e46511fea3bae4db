/*
 * test_wide_int.c - 256-bit integers, and ratios rounded as they promise.
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

#include "base/wide_int.h"
#include "generate/counter_hash.h"
#include "unit.h"

enum { MAX_DIGITS = 80 };

static uint64_t seed_counter;

static uint64_t
random_bits(void)
{
    return counter_hash(61, seed_counter++);
}

/* A number of up to n bits; lengths are spread evenly. */
static uint64_t
random_word(unsigned n)
{
    unsigned len = (unsigned)(random_bits() % n) + 1;
    uint64_t word = random_bits() >> (64 - len);
    switch (random_bits() % 8) {
    case 0:
        return UINT64_C(1) << (len - 1);
    case 1:
        return UINT64_MAX >> (64 - len);
    default:
        return word;
    }
}

static int64_t
random_int64(unsigned bits)
{
    int64_t value = (int64_t)random_word(bits);
    return random_bits() % 2 == 0 ? value : -value;
}

static int128
random_int128(unsigned bits)
{
    int128 value = (int128)random_word(bits < 64 ? bits : 63);
    if (bits > 64 && random_bits() % 2 == 0)
        value = (value << (bits - 64)) + (int64_t)(random_bits() >> 2);
    return random_bits() % 2 == 0 ? value : -value;
}

static struct int256
random_int256(unsigned bits)
{
    struct int256 a = int256_from(random_int128(100));
    while (bits > 160) {
        a = int256_mul(a, random_int64(bits - 160 < 60 ? bits - 160 : 60));
        bits = bits > 220 ? bits - 60 : 160;
    }
    return a;
}

static void
assert_equal(struct int256 a, struct int256 b)
{
    assert_memory_equal(&a, &b, sizeof(a));
}

/* ---- integers ---------------------------------------------------------- */

static void
small_integers_behave_like_int128(void **state)
{
    (void)state;
    for (int round = 0; round < 100000; round++) {
        int128 a = random_int128(120), b = random_int128(120);
        int64_t factor = random_int64(6);
        struct int256 x = int256_from(a), y = int256_from(b);
        assert_equal(int256_add(x, y), int256_from(a + b));
        assert_equal(int256_sub(x, y), int256_from(a - b));
        assert_equal(int256_neg(x), int256_from(-a));
        assert_equal(int256_mul(x, factor), int256_from(a * factor));
        assert_int_equal(int256_is_negative(x), a < 0);
        assert_int_equal(int256_is_zero(x), a == 0);
        int order = int256_compare(x, y);
        assert_int_equal((order > 0) - (order < 0), (a > b) - (a < b));
    }
}

static void
adding_and_taking_away_restores(void **state)
{
    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct int256 a = random_int256(240), b = random_int256(240);
        assert_equal(int256_sub(int256_add(a, b), b), a);
        assert_equal(int256_add(a, b), int256_add(b, a));
        assert_equal(int256_neg(int256_neg(a)), a);
        assert_true(int256_is_zero(int256_sub(a, a)));
        int order = int256_compare(a, b);
        assert_int_equal(order < 0, int256_is_negative(int256_sub(a, b)));
        assert_int_equal(order == 0, int256_is_zero(int256_sub(a, b)));
        assert_int_equal(int256_compare(b, a) < 0, order > 0);
    }
}

static void
products_divide_back(void **state)
{
    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct int256 a = random_int256(190), quotient = {{1, 2, 3, 4}};
        int64_t b = (int64_t)random_word(62);
        b += b == 0;
        struct int256 product = int256_mul(a, b);
        assert_true(int256_divides(product, b, &quotient));
        assert_equal(quotient, a);
        assert_equal(int256_div_round(product, b), a);
        assert_equal(int256_mul(a, -b), int256_neg(product));
        if (b > 1) {
            struct int256 next = int256_add(product, int256_from(1));
            assert_false(int256_divides(next, b, &quotient));
        }
    }
}

static void
multiplying_distributes(void **state)
{
    (void)state;
    for (int round = 0; round < 50000; round++) {
        struct int256 a = random_int256(185), b = random_int256(185);
        int64_t c = random_int64(60), d = random_int64(60);
        assert_equal(int256_mul(int256_add(a, b), c),
                     int256_add(int256_mul(a, c), int256_mul(b, c)));
        assert_equal(int256_mul(a, c + d),
                     int256_add(int256_mul(a, c), int256_mul(a, d)));
    }
}

/* 2 |a - q b| <= b, and at a half q is the one farther from zero. */
static void
division_rounds_halves_away_from_zero(void **state)
{
    (void)state;
    for (int round = 0; round < 100000; round++) {
        struct int256 a = random_int256(round % 2 == 0 ? 200 : 100);
        int64_t b = (int64_t)random_word(62);
        b += b == 0;
        if (round % 5 == 0 && b < INT64_C(1) << 40) {
            a = int256_mul(int256_from(random_int64(60) | 1), b);
            b *= 2; /* an exact half */
        }
        struct int256 q = int256_div_round(a, b);
        struct int256 rest = int256_sub(a, int256_mul(q, b));
        struct int256 twice = int256_add(rest, rest);
        bool is_half = false;
        if (int256_is_negative(twice))
            twice = int256_neg(twice);
        assert_true(int256_compare(twice, int256_from(b)) <= 0);
        is_half = int256_compare(twice, int256_from(b)) == 0;
        if (is_half) /* went too far, so the rest points back to zero */
            assert_int_equal(int256_is_negative(rest), !int256_is_negative(a));
    }
    assert_equal(int256_div_round(int256_from(-5), 2), int256_from(-3));
    assert_equal(int256_div_round(int256_from(5), 2), int256_from(3));
    assert_equal(int256_div_round(int256_from(4), 3), int256_from(1));
    int64_t max = INT64_MAX;
    assert_equal(int256_div_round(int256_from(max), max), int256_from(1));
    assert_equal(int256_div_round(int256_from(max / 2), max), int256_from(0));
    assert_equal(int256_div_round(int256_from(max / 2 + 1), max),
                 int256_from(1));
}

static void
int64_is_found_where_it_fits(void **state)
{
    (void)state;
    int64_t out = 7;
    for (int round = 0; round < 20000; round++) {
        int64_t value = random_int64(63);
        assert_true(int256_to_int64(int256_from(value), &out));
        assert_int_equal(out, value);
    }
    assert_true(int256_to_int64(int256_from(INT64_MIN), &out));
    assert_value(out, INT64_MIN);
    out = 7;
    assert_false(int256_to_int64(int256_from((int128)INT64_MAX + 1), &out));
    assert_false(int256_to_int64(int256_from((int128)INT64_MIN - 1), &out));
    struct int256 high = {{5, 0, 0, 1}};
    assert_false(int256_to_int64(high, &out));
    assert_false(int256_to_int64(int256_neg(high), &out));
    assert_int_equal(out, 7);
}

/* ---- ratios ------------------------------------------------------------ */

/* A finite double as integer * 2^exponent. */
static void
take_apart(double value, int64_t *mantissa, int *exponent)
{
    *mantissa = (int64_t)ldexp(frexp(value, exponent), 53);
    *exponent -= 53;
}

static struct int256
times_two_to(struct int256 a, int exponent)
{
    for (; exponent > 0; exponent -= exponent < 60 ? exponent : 60)
        a = int256_mul(a, INT64_C(1) << (exponent < 60 ? exponent : 60));
    return a;
}

/* |n/d - value| * d * 2^shift as an exact integer, shift >= -exponent. */
static struct int256
distance(struct int256 n, struct int256 d, double value, int shift)
{
    int64_t mantissa;
    int exponent;
    take_apart(value, &mantissa, &exponent);
    struct int256 left = times_two_to(n, shift);
    struct int256 right =
        times_two_to(int256_mul(d, mantissa), shift + exponent);
    struct int256 off = int256_sub(left, right);
    return int256_is_negative(off) ? int256_neg(off) : off;
}

/* No neighbour of the ratio may be nearer; at a tie it must be even. */
static void
assert_nearest(struct int256 n, struct int256 d, double ratio)
{
    int64_t mantissa;
    int exponent;
    take_apart(nextafter(ratio, 0), &mantissa, &exponent);
    int shift = exponent < 0 ? -exponent : 0;
    struct int256 own = distance(n, d, ratio, shift);
    for (int side = 0; side < 2; side++) {
        double other = nextafter(ratio, side == 0 ? -INFINITY : INFINITY);
        int order = int256_compare(own, distance(n, d, other, shift));
        take_apart(ratio, &mantissa, &exponent);
        if (order > 0 || (order == 0 && mantissa % 2 != 0))
            fail_msg("%.17g is not nearest, %.17g is", ratio, other);
    }
}

static void
ratios_are_the_nearest_doubles(void **state)
{
    (void)state;
    for (int round = 0; round < 60000; round++) {
        int128 n = random_int128(90);
        uint64_t d = random_word(40) + 1;
        if (n == 0)
            continue;
        double ratio = int128_ratio(n, d);
        assert_nearest(int256_from(n), int256_from((int128)d), ratio);
        assert_true(ratio ==
                    int256_ratio(int256_from(n), int256_from((int128)d)));
    }
}

static void
wide_ratios_are_the_nearest_doubles(void **state)
{
    (void)state;
    for (int round = 0; round < 40000; round++) {
        struct int256 d = int256_from(random_int128(100));
        struct int256 n = int256_mul(random_int256(100), random_int64(20));
        if (int256_is_negative(d))
            d = int256_neg(d);
        if (int256_is_zero(d) || int256_is_zero(n))
            continue;
        double ratio = int256_ratio(n, d);
        if (fabs(ratio) > 1e-9 && fabs(ratio) < 1e30)
            assert_nearest(n, d, ratio);
        /* the same ratio of larger numbers */
        int64_t factor = (int64_t)random_word(50) + 1;
        assert_value(int256_ratio(int256_mul(n, factor), int256_mul(d, factor)),
                     ratio);
        assert_value(int256_ratio(int256_neg(n), d), -ratio);
    }
}

/* Numbers that lie exactly between two doubles, and just beside it. */
static void
ties_go_to_the_even_double(void **state)
{
    (void)state;
    for (int round = 0; round < 20000; round++) {
        int64_t odd = (int64_t)(random_bits() >> 11 | UINT64_C(1) << 52);
        int128 half = ((int128)odd << 1) + 1; /* 54 bits: a tie */
        uint64_t d = random_word(30) + 1;
        int128 n = half * (int64_t)d;
        double tie = int128_ratio(n, d);
        assert_value(tie, (double)(2 * odd + (odd % 2 != 0 ? 2 : 0)));
        assert_value(int128_ratio(n + 1, d), (double)(2 * odd + 2));
        assert_value(int128_ratio(n - 1, d), (double)(2 * odd));
        assert_true(int256_ratio(int256_from(n), int256_from((int128)d)) ==
                    tie);
    }
}

/* Digits of a number below 2^127, by repeated division. */
static void
put_decimal(int128 value, char out[MAX_DIGITS])
{
    char digits[MAX_DIGITS];
    int n = 0, at = 0;
    if (value < 0)
        out[at++] = '-';
    for (uint128 rest = value < 0 ? 0 - (uint128)value : (uint128)value;
         rest != 0 || n == 0; rest /= 10)
        digits[n++] = (char)('0' + (int)(rest % 10));
    while (n > 0)
        out[at++] = digits[--n];
    out[at] = '\0';
}

static void
ratios_by_powers_of_ten_agree_with_strtod(void **state)
{
    (void)state;
    for (int round = 0; round < 100000; round++) {
        char text[2 * MAX_DIGITS];
        int128 n = random_int128(126);
        unsigned places = (unsigned)(random_bits() % 19);
        uint64_t d = 1;
        for (unsigned i = 0; i < places; i++)
            d *= 10;
        put_decimal(n, text);
        snprintf(text + strlen(text), 8, "e-%u", places);
        assert_true(int128_ratio(n, d) == strtod(text, NULL));
        struct int256 wide = int256_mul(int256_from(n), 1000000000);
        struct int256 unit =
            int256_mul(int256_from((int128)d), INT64_C(1000000000));
        assert_true(int256_ratio(wide, unit) == strtod(text, NULL));
    }
}

static void
ratios_are_close_to_long_doubles(void **state)
{
    (void)state;
    for (int round = 0; round < 50000; round++) {
        int128 n = random_int128(120);
        uint64_t d = random_bits() | 1;
        long double wanted = (long double)n / (long double)d;
        long double off = fabsl((long double)int128_ratio(n, d) - wanted);
        assert_true(off <= fabsl(wanted) * 0x1.01p-53L);
    }
    assert_true(int128_ratio(0, 5) == 0 && !signbit(int128_ratio(0, 5)));
    assert_value(int256_ratio(int256_from(0), int256_from(9)), 0);
    assert_value(int128_ratio(1, UINT64_MAX), 0x1p-64);
    assert_value(int128_ratio(-7, 2), -3.5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_integers_behave_like_int128),
        cmocka_unit_test(adding_and_taking_away_restores),
        cmocka_unit_test(products_divide_back),
        cmocka_unit_test(multiplying_distributes),
        cmocka_unit_test(division_rounds_halves_away_from_zero),
        cmocka_unit_test(int64_is_found_where_it_fits),
        cmocka_unit_test(ratios_are_the_nearest_doubles),
        cmocka_unit_test(wide_ratios_are_the_nearest_doubles),
        cmocka_unit_test(ties_go_to_the_even_double),
        cmocka_unit_test(ratios_by_powers_of_ten_agree_with_strtod),
        cmocka_unit_test(ratios_are_close_to_long_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
