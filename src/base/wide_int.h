/*
 * wide_int.h - signed 256-bit integers and exactly rounded ratios.
 *
 * Ground floor. A power in nano-volt x nano-ampere x nano-power-factor needs
 * 150 bits and its time integral more, so sums that must stay exact for any
 * input are held in 256 bits, two's complement, least significant word first.
 * Nothing here overflows for the ranges named in the callers; there is no
 * overflow check.
 */
#ifndef BASE_WIDE_INT_H
#define BASE_WIDE_INT_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

struct int256 {
    uint64_t word[4];
};

static inline struct int256
int256_add(struct int256 a, struct int256 b)
{
    uint128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (uint128)a.word[i] + b.word[i];
        a.word[i] = (uint64_t)carry;
        carry >>= 64;
    }
    return a;
}

static inline bool
int256_is_zero(struct int256 a)
{
    return (a.word[0] | a.word[1] | a.word[2] | a.word[3]) == 0;
}

struct int256 int256_from(int128 value);
struct int256 int256_sub(struct int256 a, struct int256 b);
struct int256 int256_neg(struct int256 a);

/* a * b; the product must fit in 255 bits. */
struct int256 int256_mul(struct int256 a, int64_t b);

/* a / b rounded to the nearest integer, halves away from zero; b > 0. */
struct int256 int256_div_round(struct int256 a, int64_t b);

/* True when b > 0 divides a; the quotient goes to *quotient. */
bool int256_divides(struct int256 a, int64_t b, struct int256 *quotient);

bool int256_is_negative(struct int256 a);

/* True when a lies in the range of int64_t, and then *out holds it. */
bool int256_to_int64(struct int256 a, int64_t *out);

/* Negative, zero or positive as a is below, equal to or above b. */
int int256_compare(struct int256 a, struct int256 b);

/* The double nearest to numerator / denominator (ties to even), den > 0. */
double int256_ratio(struct int256 numerator, struct int256 denominator);

/* The same for numbers that fit: quicker. denominator > 0. */
double int128_ratio(int128 numerator, uint64_t denominator);

#endif
