/*
 * key_sort.c - a radix sort, the low digits first.
 *
 * It has no branch on the data, so rows in no order at all cost no more than
 * others. Few rows are sorted by small digits, whose counters are few as well.
 */
#include "sort/key_sort.h"

#include <string.h>

#define MAX_DIGIT_BITS 11
#define FEW_ROWS       4096

/* Makes the keys in order of rows; how many bits they have, 0 = too many. */
static unsigned
make_keys(const int64_t *time_ms, size_t n, unsigned row_bits, uint64_t *keys)
{
    int64_t min_ms = INT64_MAX, max_ms = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        min_ms = time_ms[i] < min_ms ? time_ms[i] : min_ms;
        max_ms = time_ms[i] > max_ms ? time_ms[i] : max_ms;
    }
    const uint64_t range = (uint64_t)max_ms - (uint64_t)min_ms;
    if (range >> (64 - row_bits) != 0)
        return 0;
    for (size_t i = 0; i < n; i++)
        keys[i] = ((uint64_t)time_ms[i] - (uint64_t)min_ms) << row_bits | i;
    unsigned n_bits = row_bits;
    while (n_bits < 64 && range >> (n_bits - row_bits) != 0)
        n_bits++;
    return n_bits;
}

bool
key_sort(const int64_t *time_ms, size_t n, unsigned row_bits, uint64_t *keys,
         uint64_t *spare)
{
    const unsigned n_bits = make_keys(time_ms, n, row_bits, keys);
    const unsigned digit_bits = n <= FEW_ROWS ? 8 : MAX_DIGIT_BITS;
    const unsigned n_digits = 1u << digit_bits;
    uint64_t *from = keys, *to = spare;
    /* rows are in order already: only the bits of the time are sorted by */
    for (unsigned shift = row_bits; shift < n_bits; shift += digit_bits) {
        uint32_t at[1u << MAX_DIGIT_BITS];
        uint32_t before = 0;
        memset(at, 0, n_digits * sizeof(at[0]));
        for (size_t i = 0; i < n; i++)
            at[from[i] >> shift & (n_digits - 1)]++;
        for (unsigned d = 0; d < n_digits; d++) {
            uint32_t n_here = at[d];
            at[d] = before;
            before += n_here;
        }
        for (size_t i = 0; i < n; i++)
            to[at[from[i] >> shift & (n_digits - 1)]++] = from[i];
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != keys)
        memcpy(keys, from, n * sizeof(*keys));
    return n_bits > 0;
}
