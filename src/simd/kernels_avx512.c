/*
 * kernels_avx512.c - one row per 64-byte register (AVX-512 with VBMI).
 *
 * A row is loaded whole, compared with its layout's literals, and one byte
 * permutation brings every digit to its canonical place. Three multiply-add
 * steps turn eight digits into a number, in all cells at once. Nothing in
 * the loop branches on the data but the final "is this row valid".
 */
#include "simd/column_loops.h"
#include "simd/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

static size_t
split_rows(const uint8_t *text, size_t len, uint32_t *starts, size_t max_rows)
{
    const __m512i newline = _mm512_set1_epi8('\n');
    size_t n = 0;
    starts[0] = 0;
    for (size_t at = 0; at < len; at += 64) {
        __m512i bytes = _mm512_loadu_si512(text + at);
        uint64_t found = _mm512_cmpeq_epi8_mask(bytes, newline);
        if (len - at < 64)
            found &= (UINT64_C(1) << (len - at)) - 1;
        for (; found != 0; found &= found - 1) {
            if (n == max_rows)
                return n;
            starts[++n] = (uint32_t)(at + (size_t)_tzcnt_u64(found)) + 1;
        }
    }
    return n;
}

/*
 * Constants by cell. What exceeds its limit is no digit, no time of the day,
 * or a number beyond number_max; unsigned saturating subtraction shows it.
 */
struct weights {
    __m512i tens, hundreds, myriads;
    __m512i digit_max; /* bytes: 9, but anything in the device's cells */
    __m512i pair_max;  /* words: 23, 59, 59 in the time's cell */
    __m512i four_max;  /* words: by number_max */
};

static struct weights
make_weights(const int64_t number_max[LAYOUT_NUMBERS])
{
    const int64_t digits2 = 0x010a010a010a010a; /* 10, 1 in each pair */
    const int64_t number4 = 0x0001006400010064; /* 100, 1 */
    const int64_t time4 = 0x00000001003c0e10;   /* 3600, 60; 1, 0 */
    const int64_t nines = 0x0909090909090909;
    const int64_t any = -1;
    const int64_t clock = 0x7fff003b003b0017; /* 23, 59, 59 */
    struct weights w = {
        _mm512_set1_epi64(digits2),
        _mm512_set_epi64(number4, number4, number4, time4, number4, number4,
                         number4, number4),
        _mm512_set_epi64(10000, 10000, 10000, 1, 10000, 10000, 10000, 10000),
        _mm512_set_epi64(any, any, nines, nines, nines, nines, nines, nines),
        _mm512_set_epi64(any, any, any, clock, any, any, any, any),
        _mm512_set_epi64(
            any, any, any, any, any, layout_four_limit(number_max[2]),
            layout_four_limit(number_max[1]), layout_four_limit(number_max[0])),
    };
    return w;
}

/* What the loop needs beside the row. */
struct decoding {
    const struct row_layout *table;
    struct weights weights;
    struct decoded_rows *out;
};

/*
 * Decodes row i to its eight cells: three numbers, date, seconds, ms, and the
 * two words of the device. Notes slot and validity.
 */
static inline __m512i
decode_row(const struct decoding *d, const uint8_t *text, uint32_t len,
           size_t i)
{
    const struct weights *w = &d->weights;
    __m512i row = _mm512_loadu_si512(text);
    uint64_t low = _mm512_cmplt_epu8_mask(row, _mm512_set1_epi8('0'));
    uint64_t shape = len <= LAYOUT_BYTES ? _bzhi_u64(low, len) : 0;
    size_t slot = layout_slot(shape);
    const struct row_layout *layout = &d->table[slot];
    /* 0x28: (row ^ literal) & literal_bytes */
    __m512i wrong = _mm512_ternarylogic_epi64(
        row, _mm512_load_si512(layout->literal),
        _mm512_load_si512(layout->literal_bytes), 0x28);
    __m512i bytes = _mm512_maskz_permutexvar_epi8(
        layout->source_mask, _mm512_load_si512(layout->source), row);
    __m512i digits =
        _mm512_sub_epi8(bytes, _mm512_load_si512(layout->zero_char));
    __m512i pairs = _mm512_maddubs_epi16(digits, w->tens);
    __m512i fours = _mm512_madd_epi16(pairs, w->hundreds);
    __m512i over_digit = _mm512_subs_epu8(digits, w->digit_max);
    __m512i over_pair = _mm512_subs_epu16(pairs, w->pair_max);
    __m512i over_four = _mm512_subs_epu16(fours, w->four_max);
    /* 0xfe: any of the three */
    wrong = _mm512_ternarylogic_epi64(wrong, over_digit, over_pair, 0xfe);
    wrong = _mm512_or_si512(wrong, over_four);
    __m512i value = _mm512_add_epi64(_mm512_mul_epu32(fours, w->myriads),
                                     _mm512_srli_epi64(fours, 32));
    value = _mm512_mask_sub_epi64(value, layout->negative,
                                  _mm512_setzero_si512(), value);
    d->out->slot[i] = (uint16_t)slot;
    d->out->is_valid[i] = (_mm512_test_epi64_mask(wrong, wrong) == 0) &
                          (layout->shape == shape) & (shape != 0);
    return _mm512_mask_mov_epi64(value, 0xc0, bytes);
}

static inline void
store_row(__m512i cells, struct decoded_rows *out, size_t i)
{
    uint64_t cell[8];
    _mm512_storeu_si512(cell, cells);
    for (int k = 0; k < LAYOUT_NUMBERS; k++)
        out->number[k][i] = (int64_t)cell[k];
    out->date[i] = (uint32_t)cell[LAYOUT_DATE_CELL];
    out->seconds[i] = (uint32_t)cell[LAYOUT_TIME_CELL];
    out->ms[i] = (uint32_t)cell[LAYOUT_MS_CELL];
    out->device[0][i] = cell[6];
    out->device[1][i] = cell[7];
}

/* Eight rows of eight cells to columns: the 8 x 8 transpose. */
static inline void
store_eight(const __m512i r[8], struct decoded_rows *out, size_t i)
{
    /* pairs of rows, interleaved: even cells in one, odd ones in the other */
    __m512i a0 = _mm512_unpacklo_epi64(r[0], r[1]);
    __m512i a1 = _mm512_unpackhi_epi64(r[0], r[1]);
    __m512i b0 = _mm512_unpacklo_epi64(r[2], r[3]);
    __m512i b1 = _mm512_unpackhi_epi64(r[2], r[3]);
    __m512i c0 = _mm512_unpacklo_epi64(r[4], r[5]);
    __m512i c1 = _mm512_unpackhi_epi64(r[4], r[5]);
    __m512i d0 = _mm512_unpacklo_epi64(r[6], r[7]);
    __m512i d1 = _mm512_unpackhi_epi64(r[6], r[7]);
    /* cells 0, 4 (and 2, 6) of rows 0-3 and 4-7 */
    __m512i e0 = _mm512_shuffle_i64x2(a0, b0, 0x88);
    __m512i e2 = _mm512_shuffle_i64x2(a0, b0, 0xdd);
    __m512i e1 = _mm512_shuffle_i64x2(a1, b1, 0x88);
    __m512i e3 = _mm512_shuffle_i64x2(a1, b1, 0xdd);
    __m512i f0 = _mm512_shuffle_i64x2(c0, d0, 0x88);
    __m512i f2 = _mm512_shuffle_i64x2(c0, d0, 0xdd);
    __m512i f1 = _mm512_shuffle_i64x2(c1, d1, 0x88);
    __m512i f3 = _mm512_shuffle_i64x2(c1, d1, 0xdd);
    _mm512_storeu_si512(out->number[0] + i, _mm512_shuffle_i64x2(e0, f0, 0x88));
    _mm512_storeu_si512(out->number[1] + i, _mm512_shuffle_i64x2(e1, f1, 0x88));
    _mm512_storeu_si512(out->number[2] + i, _mm512_shuffle_i64x2(e2, f2, 0x88));
    __m512i date = _mm512_shuffle_i64x2(e3, f3, 0x88);
    __m512i seconds = _mm512_shuffle_i64x2(e0, f0, 0xdd);
    __m512i ms = _mm512_shuffle_i64x2(e1, f1, 0xdd);
    _mm256_storeu_si256((__m256i *)(out->date + i),
                        _mm512_cvtepi64_epi32(date));
    _mm256_storeu_si256((__m256i *)(out->seconds + i),
                        _mm512_cvtepi64_epi32(seconds));
    _mm256_storeu_si256((__m256i *)(out->ms + i), _mm512_cvtepi64_epi32(ms));
    _mm512_storeu_si512(out->device[0] + i, _mm512_shuffle_i64x2(e2, f2, 0xdd));
    _mm512_storeu_si512(out->device[1] + i, _mm512_shuffle_i64x2(e3, f3, 0xdd));
}

static void
decode_rows(const struct row_layout *table,
            const int64_t number_max[LAYOUT_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    const struct decoding d = {table, make_weights(number_max), out};
    size_t i = first;
    for (; i + 8 <= n_rows; i += 8) {
        __m512i rows[8];
#pragma GCC unroll 8
        for (size_t k = 0; k < 8; k++)
            rows[k] = decode_row(&d, text + starts[i + k],
                                 starts[i + k + 1] - starts[i + k], i + k);
        store_eight(rows, out, i);
    }
    for (; i < n_rows; i++)
        store_row(
            decode_row(&d, text + starts[i], starts[i + 1] - starts[i], i), out,
            i);
}

/* Sums of energy of the run, by lane. */
struct lane_energy {
    __m512i low, high;
};

static inline void
add_to(int64_t *figures, __m512i amount)
{
    _mm512_store_si512(figures,
                       _mm512_add_epi64(_mm512_load_si512(figures), amount));
}

/*
 * Adds eight rows, one for each lane; false, with nothing done, when not all
 * of them can be added.
 */
static inline bool
add_eight(struct running *a, const struct running_rows *rows, size_t row,
          __m512i from_ms, struct lane_energy *energy)
{
    __m512i now_ms = _mm512_loadu_si512(rows->time_ms + row);
    __m512i span = _mm512_sub_epi64(now_ms, from_ms);
    __m512i back = _mm512_sub_epi64(_mm512_load_si512(a->last_ms), from_ms);
    __m512i n = _mm512_load_si512(a->n_readings);
    __mmask8 taken = _mm512_cmplt_epu64_mask(back, span);
    taken = _mm512_mask_cmplt_epi64_mask(taken, n,
                                         _mm512_set1_epi64(RUNNING_READINGS));
    if (taken != 0xff)
        return false;
    __m512i dt = _mm512_sub_epi64(span, back);
    __m512i nw = _mm512_loadu_si512(rows->power_nw + row);
    __m512i both = _mm512_add_epi64(nw, _mm512_load_si512(a->last_nw));
    __m512i low = _mm512_mul_epu32(both, dt);
    __m512i high = _mm512_mul_epi32(_mm512_srli_epi64(both, 32), dt);
    __m512i min = _mm512_min_epi64(nw, _mm512_load_si512(a->min_nw));
    __m512i max = _mm512_max_epi64(nw, _mm512_load_si512(a->max_nw));
    _mm512_store_si512(a->last_ms, now_ms);
    _mm512_store_si512(a->last_nw, nw);
    _mm512_store_si512(a->n_readings,
                       _mm512_add_epi64(n, _mm512_set1_epi64(1)));
    _mm512_store_si512(a->min_nw, min);
    _mm512_store_si512(a->max_nw, max);
    add_to(a->sum_nw, nw);
    add_to(a->energy_low, low);
    add_to(a->energy_high, high);
    if (rows->efficiency != NULL)
        add_to(a->efficiency, _mm512_loadu_si512(rows->efficiency + row));
    energy->low = _mm512_add_epi64(energy->low, low);
    energy->high = _mm512_add_epi64(energy->high, high);
    return true;
}

/* All eight devices of a block, in the order of their numbers. */
static inline bool
is_block(const uint32_t *device)
{
    if (device[0] % RUNNING_LANES != 0)
        return false;
    __m256i wanted = _mm256_add_epi32(_mm256_set1_epi32((int)device[0]),
                                      _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
    __m256i found = _mm256_loadu_si256((const __m256i *)device);
    return _mm256_cmpneq_epi32_mask(wanted, found) == 0;
}

static size_t
add_rows(struct running *running, const struct running_rows *rows, size_t row,
         size_t end, int64_t from_ms, struct running_energy *energy)
{
    const struct running_rows r = *rows;
    __m512i from = _mm512_set1_epi64(from_ms);
    struct lane_energy sums = {_mm512_setzero_si512(), _mm512_setzero_si512()};
    while (row < end) {
        if (end - row >= RUNNING_LANES && is_block(r.device + row) &&
            add_eight(&running[r.device[row] / RUNNING_LANES], &r, row, from,
                      &sums)) {
            row += RUNNING_LANES;
            continue;
        }
        if (!column_add_one(running, &r, row, from_ms, energy))
            break;
        row++;
    }
    energy->low += (uint64_t)_mm512_reduce_add_epi64(sums.low);
    energy->high += _mm512_reduce_add_epi64(sums.high);
    return row;
}

static size_t
count_within(const int64_t *values, size_t n, int64_t low, uint64_t span)
{
    const __m512i begin = _mm512_set1_epi64(low);
    const __m512i size = _mm512_set1_epi64((int64_t)span);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m512i at = _mm512_sub_epi64(_mm512_loadu_si512(values + i), begin);
        uint32_t within = _mm512_cmplt_epu64_mask(at, size);
        if (within != 0xff)
            return i + _tzcnt_u32(~within);
    }
    return i + column_count_within(values + i, n - i, low, span);
}

static size_t
count_matching(const uint64_t *keys, const uint64_t *low, const uint64_t *high,
               size_t n)
{
    const __m512i even = _mm512_set_epi64(14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i odd = _mm512_set_epi64(15, 13, 11, 9, 7, 5, 3, 1);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m512i first = _mm512_loadu_si512(keys + 2 * i);
        __m512i second = _mm512_loadu_si512(keys + 2 * i + 8);
        __m512i lows = _mm512_permutex2var_epi64(first, even, second);
        __m512i highs = _mm512_permutex2var_epi64(first, odd, second);
        uint32_t same =
            _mm512_cmpeq_epi64_mask(lows, _mm512_loadu_si512(low + i));
        same &= _mm512_cmpeq_epi64_mask(highs, _mm512_loadu_si512(high + i));
        if (same != 0xff)
            return i + _tzcnt_u32(~same);
    }
    return i + column_count_matching(keys + 2 * i, low + i, high + i, n - i);
}

const struct kernels kernels_avx512 = {
    .name = "avx512",
    .split_rows = split_rows,
    .decode_rows = decode_rows,
    .set_times = column_set_times,
    .multiply = column_multiply,
    .add_rows = add_rows,
    .count_within = count_within,
    .count_matching = count_matching,
};

#endif
