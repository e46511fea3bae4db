/*
 * kernels_avx512.c - one row per 64-byte register (AVX-512 with VBMI).
 *
 * A row is loaded whole, compared with its layout's literals, and one byte
 * permutation brings every digit to its canonical place. Three multiply-add
 * steps turn eight digits into a number, in all cells at once. Nothing in
 * the loop branches on the data but the final "is this row valid".
 */
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

/* Per-cell constants: numbers in all cells but the one with the time. */
struct weights {
    __m512i tens, hundreds, myriads, pair_max;
};

static struct weights
make_weights(void)
{
    const int64_t digits2 = 0x010a010a010a010a; /* 10, 1 in each pair */
    const int64_t number4 = 0x0001006400010064; /* 100, 1 */
    const int64_t time4 = 0x00000001003c0e10;   /* 3600, 60; 1, 0 */
    const int64_t any = 0x7fff7fff7fff7fff;
    const int64_t clock = 0x7fff003b003b0017; /* 23, 59, 59 */
    struct weights w = {
        _mm512_set1_epi64(digits2),
        _mm512_set_epi64(number4, number4, number4, time4, number4, number4,
                         number4, number4),
        _mm512_set_epi64(10000, 10000, 10000, 1, 10000, 10000, 10000, 10000),
        _mm512_set_epi64(any, any, any, clock, any, any, any, any),
    };
    return w;
}

static inline void
store_row(__m512i value, __m512i bytes, struct decoded_rows *out, size_t i)
{
    __m128i cells01 = _mm512_castsi512_si128(value);
    __m128i cells23 = _mm512_extracti64x2_epi64(value, 1);
    __m128i cells45 = _mm512_extracti64x2_epi64(value, 2);
    __m128i device = _mm512_extracti64x2_epi64(bytes, 3);
    out->number[0][i] = _mm_cvtsi128_si64(cells01);
    out->number[1][i] = _mm_extract_epi64(cells01, 1);
    out->number[2][i] = _mm_cvtsi128_si64(cells23);
    out->date[i] = (uint32_t)_mm_extract_epi32(cells23, 2);
    out->seconds[i] = (uint32_t)_mm_cvtsi128_si32(cells45);
    out->ms[i] = (uint32_t)_mm_extract_epi32(cells45, 2);
    out->device[0][i] = (uint64_t)_mm_cvtsi128_si64(device);
    out->device[1][i] = (uint64_t)_mm_extract_epi64(device, 1);
}

static void
decode_rows(const struct row_layout *table,
            const int64_t number_max[LAYOUT_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    const struct weights w = make_weights();
    const __m512i zero_char = _mm512_set1_epi8('0');
    const __m512i nine = _mm512_set1_epi8(9);
    const __m512i newline = _mm512_set1_epi8('\n');
    const int64_t any = INT64_MAX;
    const __m512i max = _mm512_set_epi64(any, any, any, any, any, number_max[2],
                                         number_max[1], number_max[0]);
    for (size_t i = first; i < n_rows; i++) {
        __m512i row = _mm512_loadu_si512(text + starts[i]);
        uint64_t low = _mm512_cmplt_epu8_mask(row, zero_char);
        uint64_t ends = _mm512_cmpeq_epi8_mask(row, newline);
        uint64_t shape = ends != 0 ? low & _blsmsk_u64(ends) : 0;
        size_t slot = layout_slot(shape);
        const struct row_layout *layout = &table[slot];
        out->slot[i] = (uint16_t)slot;
        __m512i literal = _mm512_load_si512(layout->literal);
        uint64_t wrong =
            _mm512_mask_cmpneq_epi8_mask(layout->literal_mask, row, literal);
        wrong |= layout->shape ^ shape;
        __m512i source = _mm512_load_si512(layout->source);
        __m512i bytes =
            _mm512_maskz_permutexvar_epi8(layout->source_mask, source, row);
        __m512i digits =
            _mm512_mask_sub_epi8(bytes, layout->digit_mask, bytes, zero_char);
        wrong |= _mm512_mask_cmpgt_epu8_mask(layout->digit_mask, digits, nine);
        __m512i pairs = _mm512_maddubs_epi16(digits, w.tens);
        wrong |= _mm512_mask_cmpgt_epi16_mask(0x00ffffff, pairs, w.pair_max);
        __m512i fours = _mm512_madd_epi16(pairs, w.hundreds);
        __m512i value = _mm512_add_epi64(_mm512_mul_epu32(fours, w.myriads),
                                         _mm512_srli_epi64(fours, 32));
        wrong |= _mm512_mask_cmpgt_epi64_mask(0x07, value, max);
        value = _mm512_mask_sub_epi64(value, layout->negative,
                                      _mm512_setzero_si512(), value);
        store_row(value, bytes, out, i);
        out->is_valid[i] = wrong == 0 && shape != 0;
    }
}

const struct kernels kernels_avx512 = {
    .name = "avx512",
    .split_rows = split_rows,
    .decode_rows = decode_rows,
};

#endif
