/*
 * column_loops.h - loops over columns, written once and compiled by each
 * kernels_*.c with its own instructions.
 *
 * They are plain C that compilers turn into vector code; every variant is the
 * same text, so they agree by construction.
 */
#ifndef SIMD_COLUMN_LOOPS_H
#define SIMD_COLUMN_LOOPS_H

#include <string.h>

#include "simd/kernels.h"

/* Of struct kernels: what no variant has a way of its own for. */
#define COLUMN_LOOPS                                                           \
    .set_times = column_set_times, .multiply = column_multiply,                \
    .unpack = column_unpack, .pack = column_pack, .fill = column_fill,         \
    .ascends = column_ascends, .lies_within = column_lies_within,              \
    .look_up = column_look_up, .divide = column_divide,                        \
    .count_wider = column_count_wider, .transpose = column_transpose,          \
    .subtract = column_subtract, .measure = column_measure

/* Turns the numbers of row i that have a minus. */
static inline void
column_negate_row(const struct row_template *table, struct decoded_rows *out,
                  size_t i)
{
    uint8_t negative = table[out->slot[i]].negative;
    for (int k = 0; k < TEMPLATE_NUMBERS; k++) {
        if ((negative >> k & 1) != 0)
            out->number[k][i] = -out->number[k][i];
    }
}

/*
 * decode_rows in two loops over a few rows that stay in the first-level cache:
 * `find` looks for the template of each row and sets is_valid where there is
 * one, `four` decodes four such rows, `alone` one of those that `four` refuses.
 * What `four` loads then depends on a load, not on all that it takes to see a
 * shape, so the processor works on more rows at once.
 */
struct decoding; /* of the file that includes this */

static inline __attribute__((always_inline, unused)) void
column_decode_in_fours(
    const struct decoding *d, const uint8_t *text, const uint32_t *starts,
    size_t first, size_t n_rows, const struct decoded_rows *out,
    void (*find)(const struct decoding *d, const uint8_t *text,
                 const uint32_t *starts, size_t first, size_t end),
    bool (*four)(const struct decoding *d, const uint8_t *text,
                 const uint32_t *starts, size_t i),
    void (*alone)(const struct decoding *d, const uint8_t *row, size_t i))
{
    for (size_t i = first; i < n_rows;) {
        size_t end = n_rows - i < KERNEL_NEAR ? n_rows : i + KERNEL_NEAR;
        find(d, text, starts, i, end);
        for (; i + 4 <= end; i += 4) {
            uint32_t have_template; /* a byte each */
            memcpy(&have_template, out->is_valid + i, 4);
            if (have_template == 0x01010101 && four(d, text, starts, i))
                continue;
            for (size_t k = i; k < i + 4; k++) {
                if (out->is_valid[k] != 0)
                    alone(d, text + starts[k], k);
            }
        }
        for (; i < end; i++) {
            if (out->is_valid[i] != 0)
                alone(d, text + starts[i], i);
        }
    }
}

static bool
column_set_times(const struct decoded_rows *rows, size_t first, size_t n_rows,
                 uint32_t date, int64_t day_ms, int64_t *restrict time_ms)
{
    uint32_t other = 0;
    for (size_t i = first; i < n_rows; i++)
        other |= (rows->date[i] ^ date) & (0u - rows->is_valid[i]);
    if (other != 0)
        return false;
    for (size_t i = first; i < n_rows; i++)
        time_ms[i] = day_ms + (int64_t)(rows->seconds[i] * 1000 + rows->ms[i]);
    return true;
}

static bool
column_multiply(const int64_t *a, const int64_t *b, const int64_t *c, size_t n,
                int64_t max_ab, int64_t *restrict power)
{
    uint64_t high = 0;
    uint64_t over = 0; /* the top bit shows a product that is too large */
    for (size_t i = 0; i < n; i++) {
        /* 32 x 32 bits: exact when `high` stays small, unused otherwise */
        uint64_t ab = (a[i] & 0xffffffff) * (uint64_t)(b[i] & 0xffffffff);
        high |= (uint64_t)(a[i] | b[i]);
        over |= (uint64_t)(max_ab - 1) - ab;
        power[i] = (int64_t)(ab * (uint64_t)c[i]);
    }
    return high < UINT64_C(1) << 31 && over >> 63 == 0;
}

/* Adds one row; false when the totals cannot take it. */
static inline bool
column_add_one(struct partial_sums *partial, const struct summed_rows *rows,
               size_t row, int64_t from_ms, struct added_sums *sums)
{
    uint32_t device = rows->device[row];
    struct partial_sums *a = &partial[device / PARTIAL_LANES];
    size_t lane = device % PARTIAL_LANES;
    int64_t now_ms = rows->time_ms[row];
    uint64_t back = (uint64_t)a->last_ms[lane] - (uint64_t)from_ms;
    uint64_t span = (uint64_t)now_ms - (uint64_t)from_ms;
    if (back >= span || a->n_readings[lane] >= PARTIAL_READINGS)
        return false;
    int64_t nw = rows->power_nw[row];
    int64_t both = a->last_nw[lane] + nw;
    int64_t low = (int64_t)((uint64_t)(uint32_t)both * (span - back));
    int64_t high = (both >> 32) * (int64_t)(span - back);
    a->last_ms[lane] = now_ms;
    a->last_nw[lane] = nw;
    a->n_readings[lane]++;
    a->min_nw[lane] = nw < a->min_nw[lane] ? nw : a->min_nw[lane];
    a->max_nw[lane] = nw > a->max_nw[lane] ? nw : a->max_nw[lane];
    a->sum_nw[lane] += nw;
    a->energy_low[lane] += low;
    a->energy_high[lane] += high;
    if (rows->efficiency != NULL)
        a->efficiency[lane] += rows->efficiency[row];
    sums->power_nw += nw;
    sums->energy_low += (uint64_t)low;
    sums->energy_high += high;
    return true;
}

static size_t
column_count_within(const int64_t *values, size_t n, int64_t low, uint64_t span)
{
    size_t i = 0;
    while (i < n && (uint64_t)values[i] - (uint64_t)low < span)
        i++;
    return i;
}

static size_t
column_count_matching(const uint64_t *keys, const uint64_t *low,
                      const uint64_t *high, size_t n)
{
    size_t i = 0;
    while (i < n && keys[2 * i] == low[i] && keys[2 * i + 1] == high[i])
        i++;
    return i;
}

static void
column_unpack(const uint8_t *packed, unsigned width, int64_t base,
              uint32_t unit, int64_t *restrict out)
{
    const uint32_t mask = width < 32 ? (UINT32_C(1) << width) - 1 : UINT32_MAX;
    for (unsigned row = 0; row < KERNEL_ROWS / PACK_LANES; row++) {
        unsigned shift = row * width % 32;
        const uint8_t *from = packed + row * width / 32 * PACK_WORD_BYTES;
        uint32_t low[PACK_LANES], value[PACK_LANES];
        memcpy(low, from, sizeof(low));
        for (unsigned k = 0; k < PACK_LANES; k++)
            value[k] = low[k] >> shift;
        if (shift + width > 32) {
            uint32_t high[PACK_LANES];
            memcpy(high, from + PACK_WORD_BYTES, sizeof(high));
            for (unsigned k = 0; k < PACK_LANES; k++)
                value[k] |= high[k] << (32 - shift);
        }
        for (unsigned k = 0; k < PACK_LANES; k++)
            out[row * PACK_LANES + k] =
                (int64_t)((uint64_t)base + (uint64_t)(value[k] & mask) * unit);
    }
}

static inline void
column_unpack_stream(const uint8_t *packed, size_t n_eights, unsigned width,
                     int64_t base, uint64_t unit, int64_t *restrict out)
{
    const uint64_t mask = (UINT64_C(1) << width) - 1;
    for (size_t i = 0; i < n_eights; i++, packed += width, out += 8) {
        for (unsigned k = 0; k < 8; k++) {
            uint64_t bits;
            memcpy(&bits, packed + k * width / 8, 8);
            bits = bits >> (k * width % 8) & mask;
            out[k] = (int64_t)((uint64_t)base + bits * unit);
        }
    }
}

static void
column_pack(const uint32_t *values, unsigned width, uint8_t *packed)
{
    uint32_t word[PACK_LANES] = {0};
    for (unsigned row = 0; row < KERNEL_ROWS / PACK_LANES; row++) {
        const uint32_t *from = values + row * PACK_LANES;
        unsigned shift = row * width % 32;
        for (unsigned k = 0; k < PACK_LANES; k++)
            word[k] |= from[k] << shift;
        if (shift + width < 32)
            continue;
        memcpy(packed, word, sizeof(word));
        packed += PACK_WORD_BYTES;
        unsigned taken = 32 - shift; /* bits of the value in that word */
        for (unsigned k = 0; k < PACK_LANES; k++)
            word[k] = taken < 32 ? from[k] >> taken : 0;
    }
}

/*
 * Up to 64 values of 32 bits each. By 2^zeros with a shift, by 5^zeros with
 * its inverse modulo 2^32, which gives a quotient of fitting size for
 * multiples and for nothing else.
 */
static inline bool
column_divide_short(const int64_t *restrict values, size_t n, unsigned zeros,
                    uint32_t power, uint32_t inverse,
                    int64_t *restrict quotients)
{
    const uint32_t low_bits = (UINT32_C(1) << zeros) - 1;
    const uint32_t most = UINT32_MAX / power;
    uint32_t value[64], bad = 0, largest = 0;
    for (size_t i = 0; i < n; i++)
        value[i] = (uint32_t)values[i];
    for (size_t i = 0; i < n; i++) {
        uint32_t quotient = (value[i] >> zeros) * inverse;
        bad |= value[i] & low_bits;
        largest = quotient > largest ? quotient : largest;
        value[i] = quotient;
    }
    for (size_t i = 0; i < n; i++)
        quotients[i] = value[i];
    return bad == 0 && largest <= most;
}

/* The same for values of any size, modulo 2^64. */
static inline bool
column_divide_long(const int64_t *restrict values, size_t n, unsigned zeros,
                   uint64_t power, uint64_t inverse,
                   int64_t *restrict quotients)
{
    const uint64_t low_bits = (UINT64_C(1) << zeros) - 1;
    const uint64_t most = (uint64_t)INT64_MAX / power;
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t quotient = (uint64_t)(values[i] >> zeros) * inverse;
        bad |= (uint64_t)values[i] & low_bits;
        bad |= quotient + most > 2 * most ? 1 : 0;
        quotients[i] = (int64_t)quotient;
    }
    return bad == 0;
}

static bool
column_divide(const int64_t *values, size_t n, unsigned zeros,
              int64_t *restrict quotients)
{
    uint64_t power = 1, inverse = 1;
    for (unsigned i = 0; i < zeros; i++) {
        power *= 5;
        inverse *= UINT64_C(0xcccccccccccccccd); /* of 5 */
    }
    for (size_t at = 0; at < n; at += 64) {
        const size_t m = n - at > 64 ? 64 : n - at;
        uint64_t any = 0;
        for (size_t i = 0; i < m; i++)
            any |= (uint64_t)values[at + i];
        bool is_multiple =
            any >> 32 == 0
                ? column_divide_short(values + at, m, zeros, (uint32_t)power,
                                      (uint32_t)inverse, quotients + at)
                : column_divide_long(values + at, m, zeros, power, inverse,
                                     quotients + at);
        if (!is_multiple)
            return false;
    }
    return true;
}

static void
column_transpose(const int32_t *restrict rows, size_t n, int64_t base,
                 int32_t unit, int64_t *restrict a, int64_t *restrict b,
                 int64_t *restrict c, int64_t *restrict d)
{
    for (size_t i = 0; i < n; i++) {
        a[i] = base + rows[4 * i];
        b[i] = (int64_t)rows[4 * i + 1] * unit;
        c[i] = (int64_t)rows[4 * i + 2] * unit;
        d[i] = (int64_t)rows[4 * i + 3] * unit;
    }
}

static void
column_fill(int64_t *restrict out, size_t n, int64_t first, int64_t step)
{
    uint64_t value = (uint64_t)first;
    size_t i = 0;
    for (; i + 8 <= n; i += 8, value += 8 * (uint64_t)step) {
        for (size_t k = 0; k < 8; k++)
            out[i + k] = (int64_t)(value + k * (uint64_t)step);
    }
    for (; i < n; i++, value += (uint64_t)step)
        out[i] = (int64_t)value;
}

static inline void
column_accumulate(int64_t *values, size_t n, int64_t first)
{
    uint64_t sum = (uint64_t)first;
    values[0] = first;
    for (size_t i = 1; i < n; i++) {
        sum += (uint64_t)values[i];
        values[i] = (int64_t)sum;
    }
}

static bool
column_ascends(const int64_t *values, size_t n)
{
    uint64_t bad = 0;
    for (size_t i = 1; i < n; i++)
        bad |= values[i] <= values[i - 1] ? 1 : 0;
    return bad == 0;
}

static size_t
column_count_wider(const uint32_t *values, size_t n, unsigned width)
{
    uint32_t n_wider = 0;
    for (size_t i = 0; i < n; i++)
        n_wider += values[i] >> width != 0;
    return n_wider;
}

/* The sign bits of two differences tell. */
static bool
column_lies_within(const int64_t *values, size_t n, int64_t low, int64_t high)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= ((uint64_t)values[i] - (uint64_t)low) |
               ((uint64_t)high - (uint64_t)values[i]);
    return bad >> 63 == 0;
}

static bool
column_look_up(int64_t *values, size_t n, const int64_t *entries,
               size_t n_entries)
{
    uint64_t bad = 0;
    for (size_t i = 0; i < n; i++)
        bad |= (uint64_t)values[i] >= n_entries ? 1 : 0;
    if (bad != 0)
        return false;
    for (size_t i = 0; i < n; i++)
        values[i] = entries[values[i]];
    return true;
}

static void
column_subtract(const int64_t *values, size_t n, int64_t base,
                uint32_t *restrict distances)
{
    for (size_t i = 0; i < n; i++)
        distances[i] = (uint32_t)((uint64_t)values[i] - (uint64_t)base);
}

static void
column_measure(const int64_t *values, size_t n, struct column_range *range)
{
    int64_t min = values[0], max = values[0];
    int64_t min_step = INT64_MAX, max_step = INT64_MIN;
    size_t n_runs = 1;
    for (size_t i = 1; i < n; i++) {
        int64_t step = (int64_t)((uint64_t)values[i] - (uint64_t)values[i - 1]);
        min = values[i] < min ? values[i] : min;
        max = values[i] > max ? values[i] : max;
        min_step = step < min_step ? step : min_step;
        max_step = step > max_step ? step : max_step;
        n_runs += step != 0;
    }
    *range = (struct column_range){min, max, min_step, max_step, n_runs};
}

#endif
