/*
 * number_text.c - the fewest digits that read back.
 *
 * Most numbers are decimals of a few places, as readings have: when d / 10^9
 * with d below 10^15 is the double, then d without its trailing zeros is the
 * shortest form, because a double has only one decimal of up to 15 digits.
 *
 * For other numbers of everyday size, exactly and in integers: a double m * 2^e
 * stands for all reals up to half way to its neighbours. Scaled to 18 digits
 * before the point, this interval is two integers; the shortest form is the
 * multiple of the largest power of ten between them, nearest to the double.
 *
 * For others the C library prints the digits. Any decimal of up to 15 digits
 * survives the way through a double, so when 15 digits read back, "%.15g"
 * without its trailing zeros is the shortest form. Otherwise 16 digits are
 * tried, and 17 always suffice.
 */
#include "base/number_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/wide_int.h"

static void
put_whole(int64_t value, char out[NUMBER_TEXT_SIZE])
{
    char digits[NUMBER_TEXT_SIZE];
    int n = 0;
    bool negative = value < 0;
    uint64_t rest = negative ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (negative)
        digits[n++] = '-';
    for (int i = 0; i < n; i++)
        out[i] = digits[n - 1 - i];
    out[n] = '\0';
}

/* A locale may print a comma for the point. */
static void
restore_point(char *text)
{
    char *comma = strchr(text, ',');
    if (comma != NULL)
        *comma = '.';
}

/* What everyday_digits can do: 1e-4 <= value < 1e15. */
#define LEAST_EVERYDAY 1e-4
#define MOST_EVERYDAY  1e15

static uint128
wide_power_of_ten(int exponent)
{
    int first = exponent < 18 ? exponent : 18;
    return (uint128)decimal_power_of_ten(first) *
           (uint128)decimal_power_of_ten(exponent - first);
}

/* k such that value * 10^k has 18 digits before the point. */
static int
scale_of(double value)
{
    static const double limits[] = {1e-3, 1e-2, 1e-1, 1e0,  1e1,     1e2, 1e3,
                                    1e4,  1e5,  1e6,  1e7,  1e8,     1e9, 1e10,
                                    1e11, 1e12, 1e13, 1e14, HUGE_VAL};
    int i = 0;
    while (value >= limits[i])
        i++;
    return 21 - i;
}

/* Digits without their trailing zeros, which go to the exponent. */
static uint64_t
strip_zeros(uint64_t digits, int *exponent)
{
    if (digits % 100000 == 0) {
        digits /= 100000;
        *exponent += 5;
    }
    for (; digits % 10 == 0; digits /= 10)
        (*exponent)++;
    return digits;
}

/* Decimals of a few places; false when the positive number is none. */
static bool
decimal_digits(double value, uint64_t *digits, int *exponent)
{
    static const struct {
        double below, scale; /* scale = 10^places */
        int places;
    } steps[] = {{1e12, 1e3, 3}, {1e6, 1e9, 9}};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (value >= steps[i].below)
            break;
        double whole = rint(value * steps[i].scale);
        if (whole / steps[i].scale != value) /* both are exact: 2^53, 10^22 */
            continue;
        *exponent = -steps[i].places;
        *digits = strip_zeros((uint64_t)whole, exponent);
        return true;
    }
    return false;
}

/* The shortest digits of a positive number: value ~ digits * 10^*exponent. */
static uint64_t
everyday_digits(double value, int *exponent)
{
    int e;
    uint64_t m = (uint64_t)ldexp(frexp(value, &e), 53);
    int shift = 53 - e + 2; /* value = 4 m / 2^shift */
    int k = scale_of(value);
    uint128 ten = wide_power_of_ten(k);
    uint128 center = 4 * (uint128)m * ten;
    uint128 below = m == UINT64_C(1) << 52 ? ten : 2 * ten;
    uint128 low = center - below, high = center + 2 * ten;
    uint128 mask = ((uint128)1 << shift) - 1;
    /* an end of the interval itself reads back when m is even */
    bool is_open = (m & 1) != 0;
    uint64_t first =
        (uint64_t)(low >> shift) + ((low & mask) != 0 || is_open ? 1 : 0);
    uint64_t last =
        (uint64_t)(high >> shift) - ((high & mask) == 0 && is_open ? 1 : 0);
    uint64_t unit = 1;
    *exponent = -k;
    while ((first + unit * 10 - 1) / (unit * 10) <= last / (unit * 10)) {
        unit *= 10;
        (*exponent)++;
    }
    uint64_t middle = (uint64_t)(center >> shift);
    uint64_t digits = middle / unit, rest = middle % unit;
    bool is_tie = rest == unit / 2 && (center & mask) == 0;
    if (rest >= unit / 2 && (!is_tie || (digits & 1) != 0))
        digits++;
    uint64_t least = (first + unit - 1) / unit, most = last / unit;
    digits = digits < least ? least : digits;
    return digits > most ? most : digits;
}

/* digits * 10^exponent with a point, exponent < 0. */
static void
put_decimal(bool negative, uint64_t digits, int exponent,
            char out[NUMBER_TEXT_SIZE])
{
    char reversed[NUMBER_TEXT_SIZE];
    int n = 0;
    for (; digits != 0 || n <= -exponent; digits /= 10)
        reversed[n++] = (char)('0' + digits % 10);
    int at = 0;
    if (negative)
        out[at++] = '-';
    while (n > 0) {
        if (n == -exponent)
            out[at++] = '.';
        out[at++] = reversed[--n];
    }
    out[at] = '\0';
}

void
number_text_exact(double value, char out[NUMBER_TEXT_SIZE])
{
    if (!isfinite(value)) {
        snprintf(out, NUMBER_TEXT_SIZE, "null");
        return;
    }
    if (fabs(value) < 1e15 && value == (double)(int64_t)value) {
        put_whole((int64_t)value, out);
        return;
    }
    int exponent;
    if (fabs(value) >= LEAST_EVERYDAY && fabs(value) < MOST_EVERYDAY) {
        uint64_t digits;
        if (!decimal_digits(fabs(value), &digits, &exponent))
            digits = everyday_digits(fabs(value), &exponent);
        put_decimal(value < 0, digits, exponent, out);
        return;
    }
    /* numbers below 1e-300 may have fewer digits than any rule promises */
    int digits = fabs(value) < 1e-300 ? 1 : 15;
    for (; digits <= 17; digits++) {
        snprintf(out, NUMBER_TEXT_SIZE, "%.*g", digits, value);
        if (digits == 17 || strtod(out, NULL) == value)
            break;
    }
    restore_point(out);
}

/* Puts commas into the digits at the front of plain. */
static void
group(const char *plain, char out[NUMBER_TEXT_SIZE])
{
    size_t sign = plain[0] == '-' ? 1 : 0;
    size_t n_digits = strspn(plain + sign, "0123456789");
    size_t at = 0;
    for (size_t i = 0; i < sign + n_digits; i++) {
        size_t left = sign + n_digits - i;
        if (i > sign && left % 3 == 0)
            out[at++] = ',';
        out[at++] = plain[i];
    }
    snprintf(out + at, NUMBER_TEXT_SIZE - at, "%s", plain + sign + n_digits);
}

void
number_text_grouped(double value, int places, char out[NUMBER_TEXT_SIZE])
{
    char plain[NUMBER_TEXT_SIZE];
    if (!isfinite(value) || fabs(value) >= 1e18) {
        snprintf(out, NUMBER_TEXT_SIZE, "%.6g", value);
        return;
    }
    snprintf(plain, sizeof(plain), "%.*f", places, value);
    restore_point(plain);
    group(plain, out);
}

void
number_text_count(uint64_t value, char out[NUMBER_TEXT_SIZE])
{
    char plain[NUMBER_TEXT_SIZE];
    snprintf(plain, sizeof(plain), "%llu", (unsigned long long)value);
    group(plain, out);
}
