/*
 * kernels_avx512.c - one row per 64-byte register (AVX-512 with VBMI).
 *
 * A row is loaded whole, compared with its template's literals, and one byte
 * permutation brings every digit to its canonical place. Three multiply-add
 * steps turn eight digits into a number, in all cells at once. Nothing in
 * the loop branches on the data but the final "is this row valid".
 */
#include "simd/column_loops.h"
#include "simd/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

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
 * Constants by cell. What exceeds its limit is not a digit or not a time of the
 * day; unsigned saturating subtraction shows it.
 */
struct weights {
    __m512i zero;  /* bytes: '0' */
    __m512i blank; /* nothing, in rows less '0' */
    __m512i tens, hundreds;
    __m512i digit_max; /* bytes: 9, but anything in the device's cells */
    __m512i pair_max;  /* words: 23, 59, 59 in the time's cell */
};

static struct weights
make_weights(void)
{
    const int64_t digits2 = 0x010a010a010a010a; /* 10, 1 in each pair */
    const int64_t number4 = 0x0001006400010064; /* 100, 1 */
    const int64_t time4 = 0x00000001003c0e10;   /* 3600, 60; 1, 0 */
    const int64_t nines = 0x0909090909090909;
    const int64_t any = -1;
    const int64_t clock = 0x7fff003b003b0017;          /* 23, 59, 59 */
    const int64_t no_id = (int64_t)0xd0d0d0d0d0d0d0d0; /* 0 - '0' */
    struct weights w = {
        _mm512_set1_epi8('0'),
        _mm512_set_epi64(no_id, no_id, 0, 0, 0, 0, 0, 0),
        _mm512_set1_epi64(digits2),
        _mm512_set_epi64(number4, number4, number4, time4, number4, number4,
                         number4, number4),
        _mm512_set_epi64(any, any, nines, nines, nines, nines, nines, nines),
        _mm512_set_epi64(any, any, any, clock, any, any, any, any),
    };
    return w;
}

/* The bytes of the device's cells. */
#define DEVICE_BYTES UINT64_C(0xffff000000000000)

/* What the loop needs beside the row. */
struct decoding {
    const struct row_template *table;
    struct weights weights;
    __m512i number_max[TEMPLATE_NUMBERS];
    struct decoded_rows *out;
};

/* What makes rows invalid, gathered over a few of them. */
struct mismatches {
    __m512i wrong;     /* not zero: no digits, no time of the day */
    uint64_t other;    /* not zero: another shape, other literals */
    uint64_t negative; /* templates' bits */
};

/*
 * Decodes a row to its eight cells: three numbers, date, seconds and ms, these
 * six as two halves yet to be joined, and the two words of the device.
 */
static inline __m512i
decode_row(const struct decoding *d, const uint8_t *text, uint32_t len,
           uint16_t *slot_out, struct mismatches *mismatches)
{
    const struct weights *w = &d->weights;
    __m512i row = _mm512_loadu_si512(text);
    uint64_t low = _mm512_cmplt_epu8_mask(row, w->zero);
    uint64_t shape = len <= TEMPLATE_BYTES ? _bzhi_u64(low, len) : 0;
    size_t slot = template_slot(shape);
    const struct row_template *template = &d->table[slot];
    *slot_out = (uint16_t)slot;
    mismatches->other |= _mm512_mask_cmpneq_epi8_mask(
        template->literal_mask, row, _mm512_load_si512(template->literal));
    mismatches->other |= (template->shape ^ shape) | (shape == 0 ? 1 : 0);
    mismatches->negative |= template->negative;
    __m512i digits = _mm512_mask_permutexvar_epi8(
        w->blank, template->source_mask, _mm512_load_si512(template->source),
        _mm512_sub_epi8(row, w->zero));
    __m512i pairs = _mm512_maddubs_epi16(digits, w->tens);
    __m512i fours = _mm512_madd_epi16(pairs, w->hundreds);
    /* 0xfe: any of the three */
    mismatches->wrong = _mm512_ternarylogic_epi64(
        mismatches->wrong, _mm512_subs_epu8(digits, w->digit_max),
        _mm512_subs_epu16(pairs, w->pair_max), 0xfe);
    return _mm512_mask_add_epi8(fours, DEVICE_BYTES, digits, w->zero);
}

/* Eight numbers from their halves: low * 10000 + high. */
static inline __m512i
join(__m512i halves)
{
    return _mm512_add_epi64(_mm512_mul_epu32(halves, _mm512_set1_epi64(10000)),
                            _mm512_srli_epi64(halves, 32));
}

static inline void
store_words(uint32_t *out, __m512i values)
{
    _mm256_storeu_si256((__m256i *)out, _mm512_cvtepi64_epi32(values));
}

/*
 * Eight rows of eight cells to columns, the 8 x 8 transpose. False when a
 * number is beyond its limit.
 */
static inline bool
store_eight(const struct decoding *d, const __m512i r[8], size_t i)
{
    struct decoded_rows *out = d->out;
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
    __m512i n0 = join(_mm512_shuffle_i64x2(e0, f0, 0x88));
    __m512i n1 = join(_mm512_shuffle_i64x2(e1, f1, 0x88));
    __m512i n2 = join(_mm512_shuffle_i64x2(e2, f2, 0x88));
    _mm512_storeu_si512(out->number[0] + i, n0);
    _mm512_storeu_si512(out->number[1] + i, n1);
    _mm512_storeu_si512(out->number[2] + i, n2);
    store_words(out->date + i, join(_mm512_shuffle_i64x2(e3, f3, 0x88)));
    __m512i seconds = _mm512_shuffle_i64x2(e0, f0, 0xdd);
    seconds = _mm512_add_epi64(seconds, _mm512_srli_epi64(seconds, 32));
    store_words(out->seconds + i, seconds);
    store_words(out->ms + i, join(_mm512_shuffle_i64x2(e1, f1, 0xdd)));
    _mm512_storeu_si512(out->device[0] + i, _mm512_shuffle_i64x2(e2, f2, 0xdd));
    _mm512_storeu_si512(out->device[1] + i, _mm512_shuffle_i64x2(e3, f3, 0xdd));
    return (_mm512_cmpgt_epi64_mask(n0, d->number_max[0]) |
            _mm512_cmpgt_epi64_mask(n1, d->number_max[1]) |
            _mm512_cmpgt_epi64_mask(n2, d->number_max[2])) == 0;
}

static inline bool
has_mismatch(const struct mismatches *mismatches)
{
    return mismatches->other != 0 ||
           _mm512_test_epi64_mask(mismatches->wrong, mismatches->wrong) != 0;
}

/* One row, which may be invalid. */
static void
decode_alone(const struct decoding *d, const uint8_t *text, uint32_t len,
             size_t i)
{
    struct decoded_rows *out = d->out;
    struct mismatches mismatches = {_mm512_setzero_si512(), 0, 0};
    uint64_t cell[8];
    __m512i cells = decode_row(d, text, len, &out->slot[i], &mismatches);
    _mm512_storeu_si512(cell, cells);
    bool is_valid = !has_mismatch(&mismatches);
    for (int k = 0; k < TEMPLATE_NUMBERS; k++) {
        uint64_t number = (uint32_t)cell[k] * UINT64_C(10000) + (cell[k] >> 32);
        __m128i max = _mm512_castsi512_si128(d->number_max[k]);
        is_valid = is_valid && number <= (uint64_t)_mm_cvtsi128_si64(max);
        out->number[k][i] = (int64_t)number;
    }
    uint64_t date = cell[TEMPLATE_DATE_CELL];
    uint64_t ms = cell[TEMPLATE_MS_CELL];
    uint64_t seconds = cell[TEMPLATE_TIME_CELL];
    out->date[i] = (uint32_t)date * 10000 + (uint32_t)(date >> 32);
    out->seconds[i] = (uint32_t)(seconds + (seconds >> 32));
    out->ms[i] = (uint32_t)ms * 10000 + (uint32_t)(ms >> 32);
    out->device[0][i] = cell[6];
    out->device[1][i] = cell[7];
    out->is_valid[i] = is_valid ? 1 : 0;
    column_negate_row(d->table, d->out, i);
}

static void
decode_rows(const struct row_template *table,
            const int64_t number_max[TEMPLATE_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    struct decoding d = {.table = table, .weights = make_weights(), .out = out};
    for (int k = 0; k < TEMPLATE_NUMBERS; k++)
        d.number_max[k] = _mm512_set1_epi64(number_max[k]);
    size_t i = first;
    for (; i + 8 <= n_rows; i += 8) {
        __m512i rows[8];
        struct mismatches mismatches = {_mm512_setzero_si512(), 0, 0};
#pragma GCC unroll 8
        for (size_t k = 0; k < 8; k++) {
            _mm_prefetch((const char *)text + starts[i + k] + KERNEL_AHEAD,
                         _MM_HINT_T1);
            rows[k] = decode_row(&d, text + starts[i + k],
                                 starts[i + k + 1] - starts[i + k],
                                 &out->slot[i + k], &mismatches);
        }
        if (!store_eight(&d, rows, i) || has_mismatch(&mismatches)) {
            for (size_t k = i; k < i + 8; k++)
                decode_alone(&d, text + starts[k], starts[k + 1] - starts[k],
                             k);
            continue;
        }
        memset(out->is_valid + i, 1, 8);
        for (size_t k = i; mismatches.negative != 0 && k < i + 8; k++)
            column_negate_row(d.table, out, k);
    }
    for (; i < n_rows; i++)
        decode_alone(&d, text + starts[i], starts[i + 1] - starts[i], i);
}

/* struct added_sums, by lane. */
struct lane_sums {
    __m512i nw, low, high;
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
add_eight(struct partial_sums *a, const struct summed_rows *rows, size_t row,
          __m512i from_ms, struct lane_sums *sums)
{
    __m512i now_ms = _mm512_loadu_si512(rows->time_ms + row);
    __m512i span = _mm512_sub_epi64(now_ms, from_ms);
    __m512i back = _mm512_sub_epi64(_mm512_load_si512(a->last_ms), from_ms);
    __m512i n = _mm512_load_si512(a->n_readings);
    __mmask8 taken = _mm512_cmplt_epu64_mask(back, span);
    taken = _mm512_mask_cmplt_epi64_mask(taken, n,
                                         _mm512_set1_epi64(PARTIAL_READINGS));
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
    sums->nw = _mm512_add_epi64(sums->nw, nw);
    sums->low = _mm512_add_epi64(sums->low, low);
    sums->high = _mm512_add_epi64(sums->high, high);
    return true;
}

/* All eight devices of a block, in the order of their numbers. */
static inline bool
is_block(const uint32_t *device)
{
    if (device[0] % PARTIAL_LANES != 0)
        return false;
    __m256i wanted = _mm256_add_epi32(_mm256_set1_epi32((int)device[0]),
                                      _mm256_set_epi32(7, 6, 5, 4, 3, 2, 1, 0));
    __m256i found = _mm256_loadu_si256((const __m256i *)device);
    return _mm256_cmpneq_epi32_mask(wanted, found) == 0;
}

/* Eight times the same device. */
static inline bool
is_same(const uint32_t *device)
{
    if (device[0] != device[1])
        return false;
    __m256i found = _mm256_loadu_si256((const __m256i *)device);
    __m256i wanted = _mm256_set1_epi32((int)device[0]);
    return _mm256_cmpneq_epi32_mask(wanted, found) == 0;
}

/* Sums over a segment of rows of one device, by lane. */
struct segment {
    struct lane_sums sums;
    __m512i min, max, efficiency;
    __m512i last_ms, last_nw; /* in the last lane: of the last row */
    int64_t n;
};

static inline struct segment
begin_segment(const struct partial_sums *a, size_t lane)
{
    const __m512i none = _mm512_setzero_si512();
    return (struct segment){
        .sums = {none, none, none},
        .min = _mm512_set1_epi64(a->min_nw[lane]),
        .max = _mm512_set1_epi64(a->max_nw[lane]),
        .efficiency = none,
        .last_ms = _mm512_set1_epi64(a->last_ms[lane]),
        .last_nw = _mm512_set1_epi64(a->last_nw[lane]),
        .n = a->n_readings[lane],
    };
}

static inline int64_t
last_lane(__m512i values)
{
    return _mm_extract_epi64(_mm512_extracti64x2_epi64(values, 3), 1);
}

static inline void
end_segment(const struct segment *s, struct partial_sums *a, size_t lane)
{
    a->last_ms[lane] = last_lane(s->last_ms);
    a->last_nw[lane] = last_lane(s->last_nw);
    a->n_readings[lane] = s->n;
    a->min_nw[lane] = _mm512_reduce_min_epi64(s->min);
    a->max_nw[lane] = _mm512_reduce_max_epi64(s->max);
    a->sum_nw[lane] += _mm512_reduce_add_epi64(s->sums.nw);
    a->energy_low[lane] += _mm512_reduce_add_epi64(s->sums.low);
    a->energy_high[lane] += _mm512_reduce_add_epi64(s->sums.high);
    a->efficiency[lane] += _mm512_reduce_add_epi64(s->efficiency);
}

/* Adds eight rows of the segment's device; false when they cannot be. */
static inline bool
extend_segment(struct segment *s, const struct summed_rows *rows, size_t row,
               __m512i from_ms)
{
    __m512i now_ms = _mm512_loadu_si512(rows->time_ms + row);
    /* each row's step begins at the row before */
    __m512i then_ms = _mm512_alignr_epi64(now_ms, s->last_ms, 7);
    __m512i span = _mm512_sub_epi64(now_ms, from_ms);
    __m512i back = _mm512_sub_epi64(then_ms, from_ms);
    if (s->n + 8 > PARTIAL_READINGS ||
        _mm512_cmplt_epu64_mask(back, span) != 0xff)
        return false;
    __m512i dt = _mm512_sub_epi64(span, back);
    __m512i nw = _mm512_loadu_si512(rows->power_nw + row);
    __m512i both = _mm512_add_epi64(nw, _mm512_alignr_epi64(nw, s->last_nw, 7));
    __m512i low = _mm512_mul_epu32(both, dt);
    __m512i high = _mm512_mul_epi32(_mm512_srli_epi64(both, 32), dt);
    s->sums.nw = _mm512_add_epi64(s->sums.nw, nw);
    s->sums.low = _mm512_add_epi64(s->sums.low, low);
    s->sums.high = _mm512_add_epi64(s->sums.high, high);
    s->min = _mm512_min_epi64(s->min, nw);
    s->max = _mm512_max_epi64(s->max, nw);
    if (rows->efficiency != NULL)
        s->efficiency = _mm512_add_epi64(
            s->efficiency, _mm512_loadu_si512(rows->efficiency + row));
    s->last_ms = now_ms;
    s->last_nw = nw;
    s->n += 8;
    return true;
}

/* Adds rows of one device, eight at a time; returns the first other row. */
static inline size_t
add_segment(struct partial_sums *partial, const struct summed_rows *rows,
            size_t row, size_t end, __m512i from_ms, struct lane_sums *sums)
{
    uint32_t device = rows->device[row];
    struct partial_sums *a = &partial[device / PARTIAL_LANES];
    size_t lane = device % PARTIAL_LANES;
    struct segment s = begin_segment(a, lane);
    size_t at = row;
    while (end - at >= 8 && rows->device[at] == device &&
           is_same(rows->device + at) && extend_segment(&s, rows, at, from_ms))
        at += 8;
    if (at == row)
        return row;
    end_segment(&s, a, lane);
    sums->nw = _mm512_add_epi64(sums->nw, s.sums.nw);
    sums->low = _mm512_add_epi64(sums->low, s.sums.low);
    sums->high = _mm512_add_epi64(sums->high, s.sums.high);
    return at;
}

/* Adds rows, as many as go at once; returns the first row not added. */
static inline size_t
add_several(struct partial_sums *partial, const struct summed_rows *rows,
            size_t row, size_t end, __m512i from_ms, struct lane_sums *sums)
{
    const uint32_t *device = rows->device + row;
    if (end - row < PARTIAL_LANES)
        return row;
    if (is_block(device))
        return add_eight(&partial[device[0] / PARTIAL_LANES], rows, row,
                         from_ms, sums)
                   ? row + PARTIAL_LANES
                   : row;
    if (is_same(device))
        return add_segment(partial, rows, row, end, from_ms, sums);
    return row;
}

static size_t
add_rows(struct partial_sums *partial, const struct summed_rows *rows,
         size_t row, size_t end, int64_t from_ms, struct added_sums *sums)
{
    const struct summed_rows r = *rows;
    const __m512i none = _mm512_setzero_si512();
    __m512i from = _mm512_set1_epi64(from_ms);
    struct lane_sums lanes = {none, none, none};
    bool has_lanes = false;
    while (row < end) {
        size_t next = add_several(partial, &r, row, end, from, &lanes);
        if (next == row) {
            if (!column_add_one(partial, &r, row, from_ms, sums))
                break;
            row++;
            continue;
        }
        has_lanes = true;
        row = next;
    }
    if (!has_lanes)
        return row;
    sums->power_nw += _mm512_reduce_add_epi64(lanes.nw);
    sums->energy_low += (uint64_t)_mm512_reduce_add_epi64(lanes.low);
    sums->energy_high += _mm512_reduce_add_epi64(lanes.high);
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

/* Moves the bytes of all eight values to their places at once. */
static void
unpack_stream(const uint8_t *packed, size_t n_eights, unsigned width,
              int64_t base, uint64_t unit, int64_t *out)
{
    const __m512i at =
        _mm512_mul_epu32(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0),
                         _mm512_set1_epi64(width)); /* bits */
    const __m512i bit = _mm512_and_si512(at, _mm512_set1_epi64(7));
    const __m512i from = _mm512_add_epi64(
        _mm512_mullo_epi64(_mm512_srli_epi64(at, 3),
                           _mm512_set1_epi64(0x0101010101010101)),
        _mm512_set1_epi64(0x0706050403020100));
    const __m512i mask = _mm512_set1_epi64((1LL << width) - 1);
    const __m512i first = _mm512_set1_epi64(base);
    const __m512i times = _mm512_set1_epi64((int64_t)unit);
    const __mmask64 is_read = UINT64_MAX >> (56 - width);
    for (size_t i = 0; i < n_eights; i++, packed += width, out += 8) {
        __m512i v = _mm512_maskz_loadu_epi8(is_read, packed);
        v = _mm512_srlv_epi64(_mm512_permutexvar_epi8(from, v), bit);
        v = _mm512_mullo_epi64(_mm512_and_si512(v, mask), times);
        _mm512_storeu_si512(out, _mm512_add_epi64(v, first));
    }
}

static void
accumulate(int64_t *values, size_t n, int64_t first)
{
    const __m512i none = _mm512_setzero_si512();
    const __m512i last = _mm512_set1_epi64(7);
    __m512i before = _mm512_set1_epi64(first);
    values[0] = 0;
    for (size_t i = 0; i < n; i += 8) {
        const __mmask8 here = (__mmask8)(n - i < 8 ? (1U << (n - i)) - 1 : 255);
        __m512i v = _mm512_maskz_loadu_epi64(here, values + i);
        v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, none, 7));
        v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, none, 6));
        v = _mm512_add_epi64(v, _mm512_alignr_epi64(v, none, 4));
        __m512i sum = _mm512_add_epi64(v, before);
        _mm512_mask_storeu_epi64(values + i, here, sum);
        before = _mm512_add_epi64(before, _mm512_permutexvar_epi64(last, v));
    }
}

const struct kernels kernels_avx512 = {
    .name = "avx512",
    .split_rows = split_rows,
    .decode_rows = decode_rows,
    .add_rows = add_rows,
    .count_within = count_within,
    .count_matching = count_matching,
    .unpack_stream = unpack_stream,
    .accumulate = accumulate,
    COLUMN_LOOPS,
};

#endif
