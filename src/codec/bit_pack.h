/*
 * bit_pack.h - n values of a few bits each, and back.
 *
 * A whole block of at most 32 bits a value lies in lanes (see kernels.h), all
 * else is one stream of bits, the low ones first.
 */
#ifndef CODEC_BIT_PACK_H
#define CODEC_BIT_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "simd/kernels.h"

/* Bits that hold every number up to max. */
static inline unsigned
bit_pack_width(uint64_t max)
{
    return max == 0 ? 0 : 64 - (unsigned)__builtin_clzll(max);
}

/* Bytes that n values of `width` (0 .. 64) bits take. */
size_t bit_pack_size(size_t n, unsigned width);

/* Packs values below 2^width; writes bit_pack_size bytes. */
void bit_pack_put(const struct kernels *kernels, const uint64_t *values,
                  size_t n, unsigned width, uint8_t *to);

/*
 * out[i] = base + unit * value i, modulo 2^64; reads bit_pack_size bytes.
 * n <= KERNEL_ROWS.
 */
void bit_pack_get(const struct kernels *kernels, const uint8_t *from, size_t n,
                  unsigned width, int64_t base, uint64_t unit, int64_t *out);

#endif
