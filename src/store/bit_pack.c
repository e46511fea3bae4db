/*
 * bit_pack.c - whole blocks by kernels, the rest bit by bit.
 */
#include "store/bit_pack.h"

#include <string.h>

size_t
bit_pack_size(size_t n, unsigned width)
{
    if (n == KERNEL_ROWS && width <= 32)
        return (size_t)width * PACK_WORD_BYTES;
    return (n * width + 7) / 8;
}

static void
put_stream(const uint64_t *values, size_t n, unsigned width, uint8_t *to)
{
    uint64_t held = 0;
    unsigned n_held = 0; /* bits, below 64 */
    for (size_t i = 0; i < n; i++) {
        held |= values[i] << n_held;
        n_held += width;
        if (n_held < 64)
            continue;
        memcpy(to, &held, 8);
        to += 8;
        n_held -= 64;
        held = n_held > 0 ? values[i] >> (width - n_held) : 0;
    }
    memcpy(to, &held, (n_held + 7) / 8);
}

void
bit_pack_put(const struct kernels *kernels, const uint64_t *values, size_t n,
             unsigned width, uint8_t *to)
{
    if (width == 0)
        return;
    if (n == KERNEL_ROWS && width <= 32) {
        uint32_t narrow[KERNEL_ROWS];
        for (size_t i = 0; i < n; i++)
            narrow[i] = (uint32_t)values[i];
        kernels->pack(narrow, width, to);
    } else {
        put_stream(values, n, width, to);
    }
}

/* The 64 bits from a bit on; bytes behind the end count as zero. */
static uint64_t
bits_from(const uint8_t *from, size_t size, size_t bit)
{
    uint8_t bytes[9] = {0};
    size_t at = bit / 8;
    unsigned shift = (unsigned)(bit % 8);
    uint64_t low;
    memcpy(bytes, from + at, size - at < 9 ? size - at : 9);
    memcpy(&low, bytes, 8);
    if (shift == 0)
        return low;
    return low >> shift | (uint64_t)bytes[8] << (64 - shift);
}

static void
get_stream(const uint8_t *from, size_t n, unsigned width, int64_t base,
           uint64_t unit, int64_t *out)
{
    const uint64_t mask = width < 64 ? (UINT64_C(1) << width) - 1 : UINT64_MAX;
    const size_t size = (n * width + 7) / 8;
    size_t i = 0;
    /* eight values are `width` bytes: one load each, if it stays inside */
    for (; width <= 56 && (i / 8 + 1) * width + 8 <= size; i += 8) {
        const uint8_t *eight = from + i / 8 * width;
        for (unsigned k = 0; k < 8; k++) {
            uint64_t bits;
            memcpy(&bits, eight + k * width / 8, 8);
            bits = bits >> (k * width % 8) & mask;
            out[i + k] = (int64_t)((uint64_t)base + bits * unit);
        }
    }
    for (; i < n; i++) {
        uint64_t bits = bits_from(from, size, i * width) & mask;
        out[i] = (int64_t)((uint64_t)base + bits * unit);
    }
}

void
bit_pack_get(const struct kernels *kernels, const uint8_t *from, size_t n,
             unsigned width, int64_t base, uint64_t unit, int64_t *out)
{
    if (width == 0) {
        for (size_t i = 0; i < n; i++)
            out[i] = base;
    } else if (n == KERNEL_ROWS && width <= 32 && unit <= UINT32_MAX) {
        kernels->unpack(from, width, base, (uint32_t)unit, out);
    } else if (n == KERNEL_ROWS && width <= 32) {
        kernels->unpack(from, width, 0, 1, out);
        for (size_t i = 0; i < n; i++)
            out[i] = (int64_t)((uint64_t)base + (uint64_t)out[i] * unit);
    } else {
        get_stream(from, n, width, base, unit, out);
    }
}
