/*
 * key_sort.h - rows in order of time, and of arrival where times are equal.
 *
 * A key is the distance from the earliest time and, below it, the row's number:
 * so keys differ, and their order is the one wanted.
 */
#ifndef SORT_KEY_SORT_H
#define SORT_KEY_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bits of a key that number its row: enough for the rows there are. */
#define KEY_BLOCK_BITS 10 /* then any two times of readings fit a key */
#define KEY_GROUP_BITS 18 /* then times within 2,000 years */

/* The row that a key is of. */
static inline size_t
key_row(uint64_t key, unsigned row_bits)
{
    return (size_t)(key & ((UINT64_C(1) << row_bits) - 1));
}

/*
 * Fills keys[n] with the keys of n times, 0 < n <= 2^row_bits, in ascending
 * order. spare[n] is room to work in. False, with nothing promised about the
 * keys, when a distance of times has more than 64 - row_bits bits.
 */
bool key_sort(const int64_t *time_ms, size_t n, unsigned row_bits,
              uint64_t *keys, uint64_t *spare);

#endif
