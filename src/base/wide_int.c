/*
 * wide_int.c - schoolbook arithmetic on four 64-bit words.
 *
 * Two's complement, the least significant word first. Integer division is by
 * one word. A ratio of two 256-bit numbers is one step of Knuth's algorithm D.
 * Ratios are rounded once, to the nearest double, ties to even. Nothing checks
 * for overflow: callers keep within their ranges.
 */
#include "base/wide_int.h"

#include <math.h>

struct int256
int256_from(int128 value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    uint128 bits = (uint128)value;
    return (struct int256){
        {(uint64_t)bits, (uint64_t)(bits >> 64), sign, sign}};
}

struct int256
int256_neg(struct int256 a)
{
    for (int i = 0; i < 4; i++)
        a.word[i] = ~a.word[i];
    return int256_add(a, int256_from(1));
}

struct int256
int256_sub(struct int256 a, struct int256 b)
{
    return int256_add(a, int256_neg(b));
}

bool
int256_is_negative(struct int256 a)
{
    return a.word[3] >> 63 != 0;
}

static uint64_t
magnitude_of(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

struct int256
int256_mul(struct int256 a, int64_t b)
{
    bool negative = int256_is_negative(a) != (b < 0);
    if (int256_is_negative(a))
        a = int256_neg(a);
    uint64_t factor = magnitude_of(b);
    uint128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (uint128)a.word[i] * factor;
        a.word[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return negative ? int256_neg(a) : a;
}

/* Unsigned division by one word; returns the remainder. */
static uint64_t
divide_words(struct int256 *a, uint64_t divisor)
{
    uint128 rest = 0;
    for (int i = 3; i >= 0; i--) {
        rest = rest << 64 | a->word[i];
        a->word[i] = rest < divisor ? 0 : (uint64_t)(rest / divisor);
        rest -= (uint128)a->word[i] * divisor;
    }
    return (uint64_t)rest;
}

struct int256
int256_div_round(struct int256 a, int64_t b)
{
    bool negative = int256_is_negative(a);
    if (negative)
        a = int256_neg(a);
    uint64_t divisor = (uint64_t)b;
    uint64_t rest = divide_words(&a, divisor);
    if (rest >= divisor - rest)
        a = int256_add(a, int256_from(1));
    return negative ? int256_neg(a) : a;
}

bool
int256_divides(struct int256 a, int64_t b, struct int256 *quotient)
{
    bool negative = int256_is_negative(a);
    if (negative)
        a = int256_neg(a);
    if (divide_words(&a, (uint64_t)b) != 0)
        return false;
    *quotient = negative ? int256_neg(a) : a;
    return true;
}

bool
int256_to_int64(struct int256 a, int64_t *out)
{
    uint64_t sign = a.word[0] >> 63 != 0 ? UINT64_MAX : 0;
    if (a.word[1] != sign || a.word[2] != sign || a.word[3] != sign)
        return false;
    *out = (int64_t)a.word[0];
    return true;
}

int
int256_compare(struct int256 a, struct int256 b)
{
    int64_t high_a = (int64_t)a.word[3];
    int64_t high_b = (int64_t)b.word[3];
    if (high_a != high_b)
        return high_a < high_b ? -1 : 1;
    for (int i = 2; i >= 0; i--) {
        if (a.word[i] != b.word[i])
            return a.word[i] < b.word[i] ? -1 : 1;
    }
    return 0;
}

static int
bit_length(struct int256 a)
{
    for (int i = 3; i >= 0; i--) {
        if (a.word[i] != 0)
            return 64 * i + 64 - __builtin_clzll(a.word[i]);
    }
    return 0;
}

static struct int256
shift_left(struct int256 a, int bits)
{
    for (; bits >= 64; bits -= 64)
        a = (struct int256){{0, a.word[0], a.word[1], a.word[2]}};
    if (bits == 0)
        return a;
    for (int i = 3; i > 0; i--)
        a.word[i] = a.word[i] << bits | a.word[i - 1] >> (64 - bits);
    a.word[0] <<= bits;
    return a;
}

/* rest -= digit * divisor; true when it falls below zero (mod 2^320). */
static bool
take_off(uint64_t rest[5], uint64_t digit, const struct int256 *divisor)
{
    uint128 carry = 0;
    uint64_t borrow = 0;
    for (int i = 0; i < 5; i++) {
        carry += i < 4 ? (uint128)digit * divisor->word[i] : 0;
        uint128 left = (uint128)rest[i] - (uint64_t)carry - borrow;
        rest[i] = (uint64_t)left;
        borrow = (uint64_t)(left >> 127);
        carry >>= 64;
    }
    return borrow != 0;
}

/* rest += divisor; true when that brings it back above zero. */
static bool
put_back(uint64_t rest[5], const struct int256 *divisor)
{
    uint128 sum = 0;
    for (int i = 0; i < 5; i++) {
        sum += (uint128)rest[i] + (i < 4 ? divisor->word[i] : 0);
        rest[i] = (uint64_t)sum;
        sum >>= 64;
    }
    return sum != 0;
}

/*
 * numerator * 2^64 / divisor for numerator < divisor, the divisor's top bit
 * set; *has_rest tells whether something is left. One step of Knuth's
 * algorithm D (The Art of Computer Programming, 4.3.1) with 64-bit digits.
 */
static uint64_t
divide_digit(const struct int256 *numerator, const struct int256 *divisor,
             bool *has_rest)
{
    uint64_t rest[5] = {0, numerator->word[0], numerator->word[1],
                        numerator->word[2], numerator->word[3]};
    uint64_t top = divisor->word[3];
    uint128 high = (uint128)rest[4] << 64 | rest[3];
    uint64_t digit = rest[4] >= top ? UINT64_MAX : (uint64_t)(high / top);
    bool is_below = take_off(rest, digit, divisor);
    while (is_below) { /* twice at most */
        digit--;
        is_below = !put_back(rest, divisor);
    }
    *has_rest = (rest[0] | rest[1] | rest[2] | rest[3]) != 0;
    return digit;
}

/* value * 2^exponent; ldexp(3) is slower where a product will do. */
static double
scale(double value, int exponent)
{
    if (exponent < -900 || exponent > 900)
        return ldexp(value, exponent);
    union {
        uint64_t bits;
        double power;
    } two = {.bits = (uint64_t)(1023 + exponent) << 52};
    return value * two.power;
}

/*
 * A quotient of 62 bits and more whose lowest bit also says "something is left
 * over" rounds correctly when it is converted: at least nine bits more than the
 * 53 leave room for the half and the sticky bit.
 */
static double
finish_ratio(uint64_t quotient, bool rest, int exponent, bool negative)
{
    double value = scale((double)(quotient | (rest ? 1 : 0)), exponent);
    return negative ? -value : value;
}

double
int256_ratio(struct int256 numerator, struct int256 denominator)
{
    bool negative = int256_is_negative(numerator);
    if (negative)
        numerator = int256_neg(numerator);
    if (int256_is_zero(numerator))
        return 0.0;
    /* the top bit of the one at 254, of the other at 255 */
    int up_n = 255 - bit_length(numerator);
    int up_d = 256 - bit_length(denominator);
    numerator = shift_left(numerator, up_n);
    denominator = shift_left(denominator, up_d);
    bool has_rest;
    uint64_t quotient = divide_digit(&numerator, &denominator, &has_rest);
    return finish_ratio(quotient, has_rest, up_d - up_n - 64, negative);
}

double
int128_ratio(int128 numerator, uint64_t denominator)
{
    bool negative = numerator < 0;
    uint128 value = negative ? 0 - (uint128)numerator : (uint128)numerator;
    if (value == 0)
        return 0.0;
    const uint64_t exact = (uint64_t)1 << 53;
    if (value <= exact && denominator <= exact) {
        double ratio = (double)(uint64_t)value / (double)denominator;
        return negative ? -ratio : ratio;
    }
    uint64_t high = (uint64_t)(value >> 64);
    int up = high != 0 ? __builtin_clzll(high)
                       : 64 + __builtin_clzll((uint64_t)value);
    value <<= up;
    uint128 quotient = value / denominator;
    bool rest = quotient * denominator != value;
    int exponent = -up;
    high = (uint64_t)(quotient >> 64);
    if (high != 0) {
        int down = 64 - __builtin_clzll(high);
        rest = rest || (quotient & (((uint128)1 << down) - 1)) != 0;
        quotient >>= down;
        exponent += down;
    }
    return finish_ratio((uint64_t)quotient, rest, exponent, negative);
}
