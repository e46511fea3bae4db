/*
 * kernels_avx2.c - the kernels for 32-byte registers (AVX2, BMI).
 *
 * As in kernels_avx512.c, but each cell is gathered by a byte shuffle from
 * 16 bytes of the row, since no shuffle here reaches across 64.
 */
#include "simd/column_loops.h"
#include "simd/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

static inline uint32_t
equal_mask(__m256i bytes, __m256i other)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, other));
}

static size_t
split_rows(const uint8_t *text, size_t len, uint32_t *starts, size_t max_rows)
{
    const __m256i newline = _mm256_set1_epi8('\n');
    size_t n = 0;
    starts[0] = 0;
    for (size_t at = 0; at < len; at += 64) {
        __m256i a = _mm256_loadu_si256((const __m256i *)(text + at));
        __m256i b = _mm256_loadu_si256((const __m256i *)(text + at + 32));
        uint64_t found =
            (uint64_t)equal_mask(b, newline) << 32 | equal_mask(a, newline);
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

static inline uint64_t
shape_of(__m256i a, __m256i b)
{
    const __m256i last_low = _mm256_set1_epi8('0' - 1);
    const __m256i newline = _mm256_set1_epi8('\n');
    uint64_t low = (uint64_t)equal_mask(_mm256_min_epu8(b, last_low), b) << 32 |
                   equal_mask(_mm256_min_epu8(a, last_low), a);
    uint64_t ends =
        (uint64_t)equal_mask(b, newline) << 32 | equal_mask(a, newline);
    return ends != 0 ? low & _blsmsk_u64(ends) : 0;
}

static inline int
literals_agree(const struct row_layout *layout, __m256i a, __m256i b)
{
    const __m256i *literal = (const __m256i *)layout->literal;
    const __m256i *mask = (const __m256i *)layout->literal_bytes;
    __m256i x = _mm256_xor_si256(a, _mm256_load_si256(literal));
    __m256i y = _mm256_xor_si256(b, _mm256_load_si256(literal + 1));
    return _mm256_testz_si256(x, _mm256_load_si256(mask)) &
           _mm256_testz_si256(y, _mm256_load_si256(mask + 1));
}

/* Two neighbouring cells of the canonical row. */
static inline __m128i
gather_cells(const struct row_layout *layout, const uint8_t *row, int cell)
{
    const uint8_t *left = row + layout->window[cell];
    const uint8_t *right = row + layout->window[cell + 1];
    const __m128i *gather = (const __m128i *)layout->gather[cell];
    return _mm_or_si128(
        _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)left),
                         _mm_load_si128(gather)),
        _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)right),
                         _mm_load_si128(gather + 1)));
}

/* Constants of four cells; a limit that is exceeded makes a row invalid. */
struct weights {
    __m256i hundreds, myriads;
    __m256i pair_max; /* words: 23, 59, 59 in the time's cell */
    __m256i four_max; /* words: by number_max */
};

/* Of cells 0 to 3: three numbers and the date. */
static struct weights
front_weights(const int64_t number_max[LAYOUT_NUMBERS])
{
    const int64_t number4 = 0x0001006400010064; /* 100, 1 */
    const int64_t any = -1;
    struct weights w = {
        _mm256_set1_epi64x(number4),
        _mm256_set1_epi64x(10000),
        _mm256_set1_epi64x(any),
        _mm256_set_epi64x(any, layout_four_limit(number_max[2]),
                          layout_four_limit(number_max[1]),
                          layout_four_limit(number_max[0])),
    };
    return w;
}

/* Of cells 4 and 5: time of the day and milliseconds. */
static struct weights
back_weights(void)
{
    const int64_t number4 = 0x0001006400010064;
    const int64_t time4 = 0x00000001003c0e10; /* 3600, 60; 1, 0 */
    const int64_t any = -1;
    const int64_t clock = 0x7fff003b003b0017; /* 23, 59, 59 */
    struct weights w = {
        _mm256_set_epi64x(number4, number4, number4, time4),
        _mm256_set_epi64x(0, 0, 10000, 1),
        _mm256_set_epi64x(any, any, any, clock),
        _mm256_set1_epi64x(any),
    };
    return w;
}

/* Digits of four cells to their values; *wrong collects what is too large. */
static inline __m256i
evaluate(__m256i digits, const struct weights *w, __m256i *wrong)
{
    const __m256i tens = _mm256_set1_epi16(0x010a);
    const __m256i nine = _mm256_set1_epi8(9);
    __m256i pairs = _mm256_maddubs_epi16(digits, tens);
    __m256i fours = _mm256_madd_epi16(pairs, w->hundreds);
    __m256i over = _mm256_or_si256(_mm256_subs_epu8(digits, nine),
                                   _mm256_subs_epu16(pairs, w->pair_max));
    over = _mm256_or_si256(over, _mm256_subs_epu16(fours, w->four_max));
    *wrong = _mm256_or_si256(*wrong, over);
    return _mm256_add_epi64(_mm256_mul_epu32(fours, w->myriads),
                            _mm256_srli_epi64(fours, 32));
}

static inline void
store_device(const struct row_layout *layout, const uint8_t *row,
             struct decoded_rows *out, size_t i)
{
    __m128i id = _mm_loadu_si128((const __m128i *)(row + layout->device_at));
    id =
        _mm_and_si128(id, _mm_load_si128((const __m128i *)layout->device_mask));
    out->device[0][i] = (uint64_t)_mm_cvtsi128_si64(id);
    out->device[1][i] = (uint64_t)_mm_extract_epi64(id, 1);
}

static inline void
store_numbers(const struct row_layout *layout, __m256i value,
              struct decoded_rows *out, size_t i)
{
    __m128i low = _mm256_castsi256_si128(value);
    __m128i high = _mm256_extracti128_si256(value, 1);
    out->number[0][i] = _mm_cvtsi128_si64(low);
    out->number[1][i] = _mm_extract_epi64(low, 1);
    out->number[2][i] = _mm_cvtsi128_si64(high);
    out->date[i] = (uint32_t)_mm_extract_epi32(high, 2);
    for (int k = 0; layout->negative >> k != 0; k++) {
        if ((layout->negative >> k & 1) != 0)
            out->number[k][i] = -out->number[k][i];
    }
}

static inline int
decode_row(const struct row_layout *layout, const struct weights *front,
           const struct weights *back, const uint8_t *row,
           struct decoded_rows *out, size_t i)
{
    __m256i wrong = _mm256_setzero_si256();
    const __m256i *zero_char = (const __m256i *)layout->zero_char;
    __m256i digits =
        _mm256_sub_epi8(_mm256_set_m128i(gather_cells(layout, row, 2),
                                         gather_cells(layout, row, 0)),
                        _mm256_load_si256(zero_char));
    store_numbers(layout, evaluate(digits, front, &wrong), out, i);
    digits = _mm256_zextsi128_si256(
        _mm_sub_epi8(gather_cells(layout, row, 4),
                     _mm_load_si128((const __m128i *)(zero_char + 1))));
    __m256i clocked = evaluate(digits, back, &wrong);
    out->seconds[i] = (uint32_t)_mm256_extract_epi32(clocked, 0);
    out->ms[i] = (uint32_t)_mm256_extract_epi32(clocked, 2);
    store_device(layout, row, out, i);
    return _mm256_testz_si256(wrong, wrong);
}

static void
decode_rows(const struct row_layout *table,
            const int64_t number_max[LAYOUT_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    const struct weights front = front_weights(number_max);
    const struct weights back = back_weights();
    for (size_t i = first; i < n_rows; i++) {
        const uint8_t *row = text + starts[i];
        __m256i a = _mm256_loadu_si256((const __m256i *)row);
        __m256i b = _mm256_loadu_si256((const __m256i *)(row + 32));
        uint64_t shape = shape_of(a, b);
        size_t slot = layout_slot(shape);
        const struct row_layout *layout = &table[slot];
        out->slot[i] = (uint16_t)slot;
        out->is_valid[i] = shape != 0 && layout->shape == shape &&
                           literals_agree(layout, a, b) &&
                           decode_row(layout, &front, &back, row, out, i);
    }
}

/* Unsigned a < b, in each 64-bit lane. */
static inline __m256i
is_below(__m256i a, __m256i b)
{
    const __m256i flip = _mm256_set1_epi64x(INT64_MIN);
    return _mm256_cmpgt_epi64(_mm256_xor_si256(b, flip),
                              _mm256_xor_si256(a, flip));
}

static inline __m256i
load_four(const void *at)
{
    return _mm256_loadu_si256((const __m256i *)at);
}

static inline void
store_four(void *at, __m256i value)
{
    _mm256_storeu_si256((__m256i *)at, value);
}

static inline void
add_to(int64_t *figures, __m256i amount)
{
    store_four(figures, _mm256_add_epi64(load_four(figures), amount));
}

/* struct added_sums, by lane. */
struct lane_sums {
    __m256i nw, low, high;
};

static inline __m256i
least_of(__m256i a, __m256i b)
{
    return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b));
}

static inline __m256i
greatest_of(__m256i a, __m256i b)
{
    return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(b, a));
}

/*
 * Adds four rows, to lanes from `lane` on; false, with nothing done, when not
 * all of them can be added.
 */
static inline bool
add_four(struct partial_sums *a, size_t lane, const struct summed_rows *rows,
         size_t row, __m256i from_ms, struct lane_sums *sums)
{
    __m256i now_ms = load_four(rows->time_ms + row);
    __m256i span = _mm256_sub_epi64(now_ms, from_ms);
    __m256i back = _mm256_sub_epi64(load_four(a->last_ms + lane), from_ms);
    __m256i n = load_four(a->n_readings + lane);
    __m256i taken = _mm256_and_si256(
        is_below(back, span),
        _mm256_cmpgt_epi64(_mm256_set1_epi64x(PARTIAL_READINGS), n));
    if (_mm256_movemask_epi8(taken) != -1)
        return false;
    __m256i dt = _mm256_sub_epi64(span, back);
    __m256i nw = load_four(rows->power_nw + row);
    __m256i both = _mm256_add_epi64(nw, load_four(a->last_nw + lane));
    __m256i low = _mm256_mul_epu32(both, dt);
    __m256i high = _mm256_mul_epi32(_mm256_srli_epi64(both, 32), dt);
    store_four(a->last_ms + lane, now_ms);
    store_four(a->last_nw + lane, nw);
    store_four(a->n_readings + lane,
               _mm256_add_epi64(n, _mm256_set1_epi64x(1)));
    store_four(a->min_nw + lane, least_of(load_four(a->min_nw + lane), nw));
    store_four(a->max_nw + lane, greatest_of(load_four(a->max_nw + lane), nw));
    add_to(a->sum_nw + lane, nw);
    add_to(a->energy_low + lane, low);
    add_to(a->energy_high + lane, high);
    if (rows->efficiency != NULL)
        add_to(a->efficiency + lane, load_four(rows->efficiency + row));
    sums->nw = _mm256_add_epi64(sums->nw, nw);
    sums->low = _mm256_add_epi64(sums->low, low);
    sums->high = _mm256_add_epi64(sums->high, high);
    return true;
}

/* Four devices of one block, in the order of their numbers. */
static inline bool
is_half_block(const uint32_t *device)
{
    if (device[0] % 4 != 0)
        return false;
    __m128i wanted = _mm_add_epi32(_mm_set1_epi32((int)device[0]),
                                   _mm_set_epi32(3, 2, 1, 0));
    __m128i found = _mm_loadu_si128((const __m128i *)device);
    return _mm_movemask_epi8(_mm_cmpeq_epi32(wanted, found)) == 0xffff;
}

/* Four times the same device. */
static inline bool
is_same(const uint32_t *device)
{
    return device[0] == device[1] && device[0] == device[2] &&
           device[0] == device[3];
}

static int64_t
sum_four(__m256i values)
{
    int64_t value[4];
    store_four(value, values);
    return (int64_t)((uint64_t)value[0] + (uint64_t)value[1] +
                     (uint64_t)value[2] + (uint64_t)value[3]);
}

/* What a segment of rows of one device comes to, by lane. */
struct segment {
    struct lane_sums sums;
    __m256i min, max, efficiency;
    __m256i last_ms, last_nw; /* in the last lane: of the last row */
    int64_t n;
};

static inline struct segment
begin_segment(const struct partial_sums *a, size_t lane)
{
    const __m256i none = _mm256_setzero_si256();
    return (struct segment){
        .sums = {none, none, none},
        .min = _mm256_set1_epi64x(a->min_nw[lane]),
        .max = _mm256_set1_epi64x(a->max_nw[lane]),
        .efficiency = none,
        .last_ms = _mm256_set1_epi64x(a->last_ms[lane]),
        .last_nw = _mm256_set1_epi64x(a->last_nw[lane]),
        .n = a->n_readings[lane],
    };
}

static inline void
end_segment(const struct segment *s, struct partial_sums *a, size_t lane)
{
    int64_t min[4], max[4];
    store_four(min, s->min);
    store_four(max, s->max);
    for (int k = 1; k < 4; k++) {
        min[0] = min[k] < min[0] ? min[k] : min[0];
        max[0] = max[k] > max[0] ? max[k] : max[0];
    }
    a->last_ms[lane] = _mm256_extract_epi64(s->last_ms, 3);
    a->last_nw[lane] = _mm256_extract_epi64(s->last_nw, 3);
    a->n_readings[lane] = s->n;
    a->min_nw[lane] = min[0];
    a->max_nw[lane] = max[0];
    a->sum_nw[lane] += sum_four(s->sums.nw);
    a->energy_low[lane] += sum_four(s->sums.low);
    a->energy_high[lane] += sum_four(s->sums.high);
    a->efficiency[lane] += sum_four(s->efficiency);
}

/* The last lane of `before`, then the first three of `now`. */
static inline __m256i
shift_in(__m256i before, __m256i now)
{
    __m256i turned = _mm256_permute4x64_epi64(now, 0x93);
    return _mm256_blend_epi32(turned, _mm256_permute4x64_epi64(before, 0x93),
                              0x03);
}

/* Adds four rows of the segment's device; false when they cannot be. */
static inline bool
extend_segment(struct segment *s, const struct summed_rows *rows, size_t row,
               __m256i from_ms)
{
    __m256i now_ms = load_four(rows->time_ms + row);
    /* each row's step begins at the row before */
    __m256i span = _mm256_sub_epi64(now_ms, from_ms);
    __m256i back = _mm256_sub_epi64(shift_in(s->last_ms, now_ms), from_ms);
    if (s->n + 4 > PARTIAL_READINGS ||
        _mm256_movemask_epi8(is_below(back, span)) != -1)
        return false;
    __m256i dt = _mm256_sub_epi64(span, back);
    __m256i nw = load_four(rows->power_nw + row);
    __m256i both = _mm256_add_epi64(nw, shift_in(s->last_nw, nw));
    __m256i low = _mm256_mul_epu32(both, dt);
    __m256i high = _mm256_mul_epi32(_mm256_srli_epi64(both, 32), dt);
    s->sums.nw = _mm256_add_epi64(s->sums.nw, nw);
    s->sums.low = _mm256_add_epi64(s->sums.low, low);
    s->sums.high = _mm256_add_epi64(s->sums.high, high);
    s->min = least_of(s->min, nw);
    s->max = greatest_of(s->max, nw);
    if (rows->efficiency != NULL)
        s->efficiency =
            _mm256_add_epi64(s->efficiency, load_four(rows->efficiency + row));
    s->last_ms = now_ms;
    s->last_nw = nw;
    s->n += 4;
    return true;
}

/* Adds rows of one device, four at a time; returns the first other row. */
static inline size_t
add_segment(struct partial_sums *partial, const struct summed_rows *rows,
            size_t row, size_t end, __m256i from_ms, struct lane_sums *sums)
{
    uint32_t device = rows->device[row];
    struct partial_sums *a = &partial[device / PARTIAL_LANES];
    size_t lane = device % PARTIAL_LANES;
    struct segment s = begin_segment(a, lane);
    size_t at = row;
    while (end - at >= 4 && rows->device[at] == device &&
           is_same(rows->device + at) && extend_segment(&s, rows, at, from_ms))
        at += 4;
    if (at == row)
        return row;
    end_segment(&s, a, lane);
    sums->nw = _mm256_add_epi64(sums->nw, s.sums.nw);
    sums->low = _mm256_add_epi64(sums->low, s.sums.low);
    sums->high = _mm256_add_epi64(sums->high, s.sums.high);
    return at;
}

/* Adds rows, as many as go at once; returns the first row not added. */
static inline size_t
add_several(struct partial_sums *partial, const struct summed_rows *rows,
            size_t row, size_t end, __m256i from_ms, struct lane_sums *sums)
{
    const uint32_t *device = rows->device + row;
    if (end - row < 4)
        return row;
    if (is_half_block(device))
        return add_four(&partial[device[0] / PARTIAL_LANES],
                        device[0] % PARTIAL_LANES, rows, row, from_ms, sums)
                   ? row + 4
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
    const __m256i none = _mm256_setzero_si256();
    __m256i from = _mm256_set1_epi64x(from_ms);
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
    sums->power_nw += sum_four(lanes.nw);
    sums->energy_low += (uint64_t)sum_four(lanes.low);
    sums->energy_high += sum_four(lanes.high);
    return row;
}

static size_t
count_within(const int64_t *values, size_t n, int64_t low, uint64_t span)
{
    const __m256i begin = _mm256_set1_epi64x(low);
    const __m256i size = _mm256_set1_epi64x((int64_t)span);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        __m256i at = _mm256_sub_epi64(load_four(values + i), begin);
        if (_mm256_movemask_epi8(is_below(at, size)) != -1)
            break;
    }
    return i + column_count_within(values + i, n - i, low, span);
}

static size_t
count_matching(const uint64_t *keys, const uint64_t *low, const uint64_t *high,
               size_t n)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        /* keys as low 0, high 0, low 1, high 1; rows come as lows, highs */
        __m256i lows = load_four(low + i);
        __m256i highs = load_four(high + i);
        __m256i a = _mm256_unpacklo_epi64(lows, highs);
        __m256i b = _mm256_unpackhi_epi64(lows, highs);
        __m256i first = _mm256_permute2x128_si256(a, b, 0x20);
        __m256i second = _mm256_permute2x128_si256(a, b, 0x31);
        __m256i other = _mm256_or_si256(
            _mm256_xor_si256(first, load_four(keys + 2 * i)),
            _mm256_xor_si256(second, load_four(keys + 2 * i + 4)));
        if (!_mm256_testz_si256(other, other))
            break;
    }
    return i + column_count_matching(keys + 2 * i, low + i, high + i, n - i);
}

const struct kernels kernels_avx2 = {
    .name = "avx2",
    .split_rows = split_rows,
    .decode_rows = decode_rows,
    .add_rows = add_rows,
    .count_within = count_within,
    .count_matching = count_matching,
    .unpack_stream = column_unpack_stream,
    .accumulate = column_accumulate,
    COLUMN_LOOPS,
};

#endif
