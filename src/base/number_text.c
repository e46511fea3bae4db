/*
 * number_text.c - the C library prints the digits; this file picks how many.
 *
 * Any decimal of up to 15 digits survives the way through a double, so when
 * 15 digits read back, "%.15g" without its trailing zeros is the shortest
 * form. Otherwise 16 digits are tried, and 17 always suffice.
 */
#include "base/number_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
