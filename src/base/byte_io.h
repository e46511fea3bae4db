/*
 * byte_io.h - numbers as bytes: little-endian and varints.
 *
 * A writer has room for what it is given; a reader never goes beyond its end:
 * it notes the failure once and then yields zeros.
 */
#ifndef BASE_BYTE_IO_H
#define BASE_BYTE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/wide_int.h"

struct byte_reader {
    const uint8_t *at, *end;
    bool failed;
};

static inline size_t
byte_left(const struct byte_reader *r)
{
    return (size_t)(r->end - r->at);
}

static inline uint8_t
byte_get(struct byte_reader *r)
{
    if (r->at == r->end) {
        r->failed = true;
        return 0;
    }
    return *r->at++;
}

/* len bytes; NULL when there are not as many. */
static inline const uint8_t *
byte_take(struct byte_reader *r, size_t len)
{
    if (byte_left(r) < len) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *from = r->at;
    r->at += len;
    return from;
}

/* Seven bits a byte, the low ones first; at most 19 bytes. */
static inline uint128
byte_get_wide(struct byte_reader *r)
{
    uint64_t low = 0, high = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte = byte_get(r);
        low |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return low;
    }
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = byte_get(r);
        high |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return (uint128)high << 63 | low;
    }
    r->failed = true;
    return 0;
}

static inline uint64_t
byte_get_count(struct byte_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = byte_get(r);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return value;
    }
    r->failed = true;
    return 0;
}

/* Zigzag: 0, -1, 1, -2, ... */
static inline int64_t
byte_get_signed(struct byte_reader *r)
{
    uint64_t value = byte_get_count(r);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline int128
byte_get_signed_wide(struct byte_reader *r)
{
    uint128 value = byte_get_wide(r);
    return (int128)(value >> 1) ^ -(int128)(value & 1);
}

static inline uint8_t *
byte_put_wide(uint8_t *to, uint128 value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)((uint8_t)value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

static inline uint8_t *
byte_put_count(uint8_t *to, uint64_t value)
{
    return byte_put_wide(to, value);
}

static inline uint8_t *
byte_put_signed_wide(uint8_t *to, int128 value)
{
    uint128 sign = value < 0 ? ~(uint128)0 : 0;
    return byte_put_wide(to, (uint128)value << 1 ^ sign);
}

static inline uint8_t *
byte_put_signed(uint8_t *to, int64_t value)
{
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    return byte_put_wide(to, (uint64_t)value << 1 ^ sign);
}

#endif
