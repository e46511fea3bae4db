/*
 * bit_pack.c - whole blocks by kernels, the rest as a stream of bits.
 *
 * Lanes have no padding; a stream is filled up to a whole byte. Words are
 * copied as they are in memory, so the bytes are little-endian because the
 * machines that this is built for are. Nothing is read beyond bit_pack_size
 * bytes.
 */
#include "codec/bit_pack.h"

#include <assert.h>
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

/* Values of any width. */
static void
get_wide(const uint8_t *from, size_t n, unsigned width, int64_t base,
         uint64_t unit, int64_t *out)
{
    const uint64_t mask = UINT64_MAX >> (64 - width);
    const uint8_t *end = from + (n * width + 7) / 8;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *first = from + i * width / 8;
        const unsigned shift = i * width % 8;
        uint8_t bytes[9] = {0};
        uint64_t low;
        memcpy(bytes, first, end - first < 9 ? (size_t)(end - first) : 9);
        memcpy(&low, bytes, 8);
        uint64_t bits = low >> shift;
        if (shift > 0)
            bits |= (uint64_t)bytes[8] << (64 - shift);
        out[i] = (int64_t)((uint64_t)base + (bits & mask) * unit);
    }
}

/* Eight values are `width` bytes; the kernel reads eight bytes more. */
static void
get_stream(const struct kernels *kernels, const uint8_t *from, size_t n,
           unsigned width, int64_t base, uint64_t unit, int64_t *out)
{
    if (width > STREAM_MAX_WIDTH) {
        get_wide(from, n, width, base, unit, out);
        return;
    }
    const size_t size = (n * width + 7) / 8;
    const size_t n_eights = size >= 8 ? (size - 8) / width : 0;
    kernels->unpack_stream(from, n_eights, width, base, unit, out);
    /* the rest, with zeros behind its at most `width` + 7 bytes */
    uint8_t rest[2 * (STREAM_MAX_WIDTH + 8)] = {0};
    int64_t values[8 + 64];
    const size_t n_rest = n - n_eights * 8;
    assert(n_eights * 8 <= n && size - n_eights * width <= sizeof(rest) &&
           (n_rest + 7) / 8 * 8 <= sizeof(values) / sizeof(values[0]));
    memcpy(rest, from + n_eights * width, size - n_eights * width);
    kernels->unpack_stream(rest, (n_rest + 7) / 8, width, base, unit, values);
    memcpy(out + n_eights * 8, values, n_rest * sizeof(*values));
}

void
bit_pack_get(const struct kernels *kernels, const uint8_t *from, size_t n,
             unsigned width, int64_t base, uint64_t unit, int64_t *out)
{
    assert(width <= 64);
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
        get_stream(kernels, from, n, width, base, unit, out);
    }
}
