/*
 * column_codec.h - one column of one block, in the fewest bytes.
 *
 * A column is up to 1,024 whole numbers at a power of ten: value * 10^exponent
 * in 1e-9 of its unit, or in ms. What is stored is the number without its
 * common zeros, in the cheapest of the encodings below; docs/format.md has
 * every byte.
 */
#ifndef CODEC_COLUMN_CODEC_H
#define CODEC_COLUMN_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simd/kernels.h"

#define COLUMN_MAX_EXPONENT 9

/* The most bytes that column_encode writes. */
#define COLUMN_MAX_BYTES (KERNEL_ROWS * 8 + 256)

enum column_encoding {
    COLUMN_CONSTANT,   /* one value */
    COLUMN_LINEAR,     /* first value and step */
    COLUMN_FRAME,      /* distances from the least value */
    COLUMN_STEPS,      /* first value, and steps from the least step */
    COLUMN_RUNS,       /* values and how often each is repeated */
    COLUMN_DICTIONARY, /* the values there are, and which is where */
    COLUMN_PATCHED,    /* FRAME in too few bits, and the rest of some */
    COLUMN_N_ENCODINGS
};

/*
 * Encodes n (1 .. 1,024) values whose magnitude is at most 2^61; the bytes
 * written. A quick encoding tries only the first four of them.
 */
size_t column_encode(const struct kernels *kernels, const int64_t *values,
                     size_t n, unsigned exponent, bool is_quick, uint8_t *to);

/* The exponent at which a column is stored; false when there is none. */
bool column_exponent(const uint8_t *bytes, size_t len, unsigned *exponent);

/*
 * Between which values all those of a column are, decoded to `exponent`, as far
 * as its first bytes tell: they need not be looked at one by one. False when
 * they do not tell, or the bounds do not fit.
 */
bool column_bounds(const uint8_t *bytes, size_t len, unsigned exponent,
                   int64_t *low, int64_t *high);

/*
 * Decodes to `exponent`, which is at most that of column_exponent. False when
 * the bytes are not what column_encode writes for n values; out may then hold
 * anything.
 */
bool column_decode(const struct kernels *kernels, const uint8_t *bytes,
                   size_t len, size_t n, unsigned exponent, int64_t *out);

#endif
