/*
 * kernels_avx2.c - the kernels for 32-byte registers (AVX2, BMI).
 *
 * As in kernels_avx512.c, but four rows at a time, and each cell is gathered
 * by a byte shuffle from 16 bytes of the row, since no shuffle here reaches
 * across 64.
 */
#include "simd/column_loops.h"
#include "simd/kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

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
        __m256i a = load_four(text + at);
        __m256i b = load_four(text + at + 32);
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

/* The shape of a row of `len` bytes, its newline the last; 0 when too long. */
static inline uint64_t
shape_of(__m256i a, __m256i b, uint32_t len)
{
    const __m256i last_low = _mm256_set1_epi8('0' - 1);
    uint64_t low = (uint64_t)equal_mask(_mm256_min_epu8(b, last_low), b) << 32 |
                   equal_mask(_mm256_min_epu8(a, last_low), a);
    return len <= TEMPLATE_BYTES ? _bzhi_u64(low, len) : 0;
}

/* What the loop needs beside the row. */
struct decoding {
    const struct row_template *table;
    __m256i clock_weights; /* words: of fours in the cells of the time */
    __m256i clock_max;     /* words: 23, 59, 59 there */
    __m256i number_max[TEMPLATE_NUMBERS];
    int64_t max[TEMPLATE_NUMBERS]; /* the same */
    struct decoded_rows *out;
};

/* What makes rows invalid, gathered over a few of them. */
struct mismatches {
    __m256i wrong;     /* not zero: other literals, no digits, no time */
    uint64_t negative; /* templates' bits */
};

/* Cells of a row, a digit a byte. */
struct cells {
    __m256i front; /* 0, 2 | 1, 3 */
    __m256i back;  /* 4, 4 | 5, 5 */
};

/*
 * Not zero where the row has another byte than a literal of the template. The
 * sign operation clears what belongs to a byte that is not a literal, a zero.
 */
static inline __m256i
differing_literals(const struct row_template *template, const uint8_t *row)
{
    __m256i a = load_four(template->literal);
    __m256i b = load_four(template->literal + 32);
    return _mm256_or_si256(
        _mm256_sign_epi8(_mm256_xor_si256(load_four(row), a), a),
        _mm256_sign_epi8(_mm256_xor_si256(load_four(row + 32), b), b));
}

/* Two neighbouring cells, the second in the upper half. */
static inline __m256i
gather_cells(const struct row_template *template, const uint8_t *row, int cell)
{
    const uint8_t *left = row + template->window[cell];
    const uint8_t *right = row + template->window[cell + 1];
    __m256i bytes = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)left)),
        _mm_loadu_si128((const __m128i *)right), 1);
    return _mm256_shuffle_epi8(
        _mm256_sub_epi8(bytes, _mm256_set1_epi8('0')),
        _mm256_load_si256((const __m256i *)template->gather[cell]));
}

/* Slots of rows first .. end - 1, and whether the templates there are theirs.
 */
static inline void
find_templates(const struct decoding *d, const uint8_t *text,
               const uint32_t *starts, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const uint8_t *row = text + starts[i];
        _mm_prefetch((const char *)row + KERNEL_AHEAD, _MM_HINT_T1);
        uint64_t shape = shape_of(load_four(row), load_four(row + 32),
                                  starts[i + 1] - starts[i]);
        size_t slot = template_slot(shape);
        d->out->slot[i] = (uint16_t)slot;
        d->out->is_valid[i] = shape != 0 && d->table[slot].shape == shape;
    }
}

static inline struct cells
decode_row(const struct decoding *d, const uint8_t *row, size_t i,
           struct mismatches *mismatches)
{
    const struct row_template *template = &d->table[d->out->slot[i]];
    mismatches->negative |= template->negative;
    mismatches->wrong =
        _mm256_or_si256(mismatches->wrong, differing_literals(template, row));
    __m128i id = _mm_and_si128(
        _mm_loadu_si128((const __m128i *)(row + template->device_at)),
        _mm_load_si128((const __m128i *)template->device_mask));
    _mm_storel_epi64((__m128i *)(d->out->device[0] + i), id);
    _mm_storeh_pd((double *)(void *)(d->out->device[1] + i),
                  _mm_castsi128_pd(id));
    return (struct cells){_mm256_or_si256(gather_cells(template, row, 0),
                                          gather_cells(template, row, 2)),
                          gather_cells(template, row, 4)};
}

/*
 * Digits of a cell to two numbers of four digits. What exceeds its limit is
 * no digit or no time of the day.
 */
static inline __m256i
evaluate(__m256i digits, __m256i weights, __m256i pair_max,
         struct mismatches *mismatches)
{
    __m256i pairs = _mm256_maddubs_epi16(digits, _mm256_set1_epi16(0x010a));
    __m256i over =
        _mm256_or_si256(_mm256_subs_epu8(digits, _mm256_set1_epi8(9)),
                        _mm256_subs_epu16(pairs, pair_max));
    mismatches->wrong = _mm256_or_si256(mismatches->wrong, over);
    return _mm256_madd_epi16(pairs, weights);
}

static inline __m256i
hundreds(void)
{
    return _mm256_set1_epi32(0x00010064); /* 100, 1 */
}

static inline __m256i
no_limit(void)
{
    return _mm256_set1_epi8(-1);
}

/* Numbers from their halves: low * 10000 + high. */
static inline __m256i
join(__m256i halves)
{
    return _mm256_add_epi64(_mm256_mul_epu32(halves, _mm256_set1_epi64x(10000)),
                            _mm256_srli_epi64(halves, 32));
}

static inline void
store_words(uint32_t *out, __m256i values)
{
    const __m256i even = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
    _mm_storeu_si128(
        (__m128i *)out,
        _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(values, even)));
}

/* Numbers and dates of four rows, from rows of cells to columns. */
static inline void
store_front(const struct decoding *d, const struct cells r[4], size_t i,
            struct mismatches *mismatches)
{
    struct decoded_rows *out = d->out;
    __m256i f[4];
    for (int k = 0; k < 4; k++)
        f[k] = evaluate(r[k].front, hundreds(), no_limit(), mismatches);
    /* cells 0 | 1 and 2 | 3 of two rows each */
    __m256i a0 = _mm256_unpacklo_epi64(f[0], f[1]);
    __m256i a2 = _mm256_unpackhi_epi64(f[0], f[1]);
    __m256i b0 = _mm256_unpacklo_epi64(f[2], f[3]);
    __m256i b2 = _mm256_unpackhi_epi64(f[2], f[3]);
    __m256i n0 = join(_mm256_permute2x128_si256(a0, b0, 0x20));
    __m256i n1 = join(_mm256_permute2x128_si256(a0, b0, 0x31));
    __m256i n2 = join(_mm256_permute2x128_si256(a2, b2, 0x20));
    store_four(out->number[0] + i, n0);
    store_four(out->number[1] + i, n1);
    store_four(out->number[2] + i, n2);
    store_words(out->date + i, join(_mm256_permute2x128_si256(a2, b2, 0x31)));
    __m256i over = _mm256_or_si256(
        _mm256_cmpgt_epi32(n0, d->number_max[0]),
        _mm256_or_si256(_mm256_cmpgt_epi32(n1, d->number_max[1]),
                        _mm256_cmpgt_epi32(n2, d->number_max[2])));
    mismatches->wrong = _mm256_or_si256(mismatches->wrong, over);
}

/* Times of the day and milliseconds of four rows. */
static inline void
store_back(const struct decoding *d, const struct cells r[4], size_t i,
           struct mismatches *mismatches)
{
    /* cells 4 | 5 of two rows each: the second row's are in odd places */
    __m256i a = _mm256_blend_epi32(r[0].back, r[1].back, 0xcc);
    __m256i b = _mm256_blend_epi32(r[2].back, r[3].back, 0xcc);
    a = evaluate(a, d->clock_weights, d->clock_max, mismatches);
    b = evaluate(b, d->clock_weights, d->clock_max, mismatches);
    __m256i seconds = _mm256_permute2x128_si256(a, b, 0x20);
    seconds = _mm256_add_epi64(seconds, _mm256_srli_epi64(seconds, 32));
    store_words(d->out->seconds + i, seconds);
    store_words(d->out->ms + i, join(_mm256_permute2x128_si256(a, b, 0x31)));
}

static struct decoding
begin_decoding(const struct row_template *table,
               const int64_t number_max[TEMPLATE_NUMBERS],
               struct decoded_rows *out)
{
    const int64_t number4 = 0x0001006400010064; /* 100, 1 */
    const int64_t time4 = 0x00000001003c0e10;   /* 3600, 60; 1, 0 */
    const int64_t any = -1;
    const int64_t clock = 0x7fff003b003b0017; /* 23, 59, 59 */
    struct decoding d = {
        .table = table,
        .clock_weights = _mm256_set_epi64x(number4, number4, time4, time4),
        .clock_max = _mm256_set_epi64x(any, any, clock, clock),
        .out = out,
    };
    for (int k = 0; k < TEMPLATE_NUMBERS; k++) {
        int64_t max = number_max[k] < INT32_MAX ? number_max[k] : INT32_MAX;
        d.max[k] = number_max[k];
        d.number_max[k] = _mm256_set1_epi64x(max);
    }
    return d;
}

/* One row that has a template. */
static void
decode_alone(const struct decoding *d, const uint8_t *row, size_t i)
{
    static const int place[TEMPLATE_NUMBERS + 1] = {0, 2, 1, 3}; /* in front */
    struct decoded_rows *out = d->out;
    struct mismatches mismatches = {_mm256_setzero_si256(), 0};
    struct cells cells = decode_row(d, row, i, &mismatches);
    __m256i front = evaluate(cells.front, hundreds(), no_limit(), &mismatches);
    __m256i back =
        evaluate(cells.back, d->clock_weights, d->clock_max, &mismatches);
    uint64_t number[TEMPLATE_NUMBERS + 1], time[4];
    store_four(number, join(front));
    store_four(time, back);
    bool is_valid = _mm256_testz_si256(mismatches.wrong, mismatches.wrong) != 0;
    for (int k = 0; k < TEMPLATE_NUMBERS; k++) {
        uint64_t value = number[place[k]];
        is_valid = is_valid && value <= (uint64_t)d->max[k];
        out->number[k][i] = (int64_t)value;
    }
    out->date[i] = (uint32_t)number[place[TEMPLATE_DATE_CELL]];
    out->seconds[i] = (uint32_t)(time[0] + (time[0] >> 32));
    out->ms[i] = (uint32_t)time[2] * 10000 + (uint32_t)(time[2] >> 32);
    out->is_valid[i] = is_valid ? 1 : 0;
    column_negate_row(d->table, d->out, i);
}

/* Four rows that have templates; false when one of them may be invalid. */
static inline bool
decode_four(const struct decoding *d, const uint8_t *text,
            const uint32_t *starts, size_t i)
{
    struct mismatches mismatches = {_mm256_setzero_si256(), 0};
    struct cells rows[4];
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; k++)
        rows[k] = decode_row(d, text + starts[i + k], i + k, &mismatches);
    store_front(d, rows, i, &mismatches);
    store_back(d, rows, i, &mismatches);
    if (!_mm256_testz_si256(mismatches.wrong, mismatches.wrong))
        return false;
    for (size_t k = i; mismatches.negative != 0 && k < i + 4; k++)
        column_negate_row(d->table, d->out, k);
    return true;
}

static void
decode_rows(const struct row_template *table,
            const int64_t number_max[TEMPLATE_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    const struct decoding d = begin_decoding(table, number_max, out);
    column_decode_in_fours(&d, text, starts, first, n_rows, out, find_templates,
                           decode_four, decode_alone);
}

/* Unsigned a < b, in each 64-bit lane. */
static inline __m256i
is_below(__m256i a, __m256i b)
{
    const __m256i flip = _mm256_set1_epi64x(INT64_MIN);
    return _mm256_cmpgt_epi64(_mm256_xor_si256(b, flip),
                              _mm256_xor_si256(a, flip));
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

/* Sums over a segment of rows of one device, by lane. */
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
