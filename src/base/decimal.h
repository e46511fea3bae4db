/*
 * decimal.h - decimal text to scaled integers, exactly.
 *
 * Ground floor. A value is kept as an integer count of 1e-9 ("nano"), so up
 * to nine decimal places are exact; more are rounded half-even and reported.
 */
#ifndef BASE_DECIMAL_H
#define BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_PLACES   9
#define DECIMAL_ONE      INT64_C(1000000000)
#define DECIMAL_MAX      (DECIMAL_ONE * DECIMAL_ONE) /* 1e9 */
#define DECIMAL_MAX_TEXT 400 /* longer text is not taken for a number */

enum decimal_status {
    DECIMAL_OK,
    DECIMAL_MISSING, /* empty, ?, null, nan, none, n/a, na, unknown, ... */
    DECIMAL_NUMBER,  /* not [+-]digits[.digits][e[+-]digits] */
    DECIMAL_RANGE    /* outside the limits given */
};

struct decimal {
    int64_t nano; /* value * 1e9 */
    bool rounded; /* had more than nine places that were not zero */
};

/*
 * Reads text[0..len), already trimmed. The exact value must lie in
 * [negative ? -max : 0, max], where max_nano = max * 1e9 <= DECIMAL_MAX;
 * minus zero is zero. *out is written for DECIMAL_OK only.
 */
enum decimal_status decimal_parse(const char *text, size_t len,
                                  int64_t max_nano, bool negative,
                                  struct decimal *out);

/* True when the trimmed text stands for "no value", in any case. */
bool decimal_is_missing(const char *text, size_t len);

/* Room for the longest text of decimal_format, with its end. */
#define DECIMAL_TEXT_SIZE 24

/* Writes value / 10^places, 0 <= places <= 9, with the fewest digits. */
void decimal_format(int64_t value, int places, char out[DECIMAL_TEXT_SIZE]);

/* 10 to the power of exponent, 0 <= exponent <= 18. */
int64_t decimal_power_of_ten(int exponent);

/* Cuts spaces and tabs at both ends: moves *text, returns the new length. */
size_t decimal_trim(const char **text, size_t len);

#endif
