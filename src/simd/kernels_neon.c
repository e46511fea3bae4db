/*
 * kernels_neon.c - the kernels for 64-bit ARM (NEON, 16-byte registers).
 *
 * One table look-up over the four registers that hold a row brings its bytes
 * to two canonical cells: `source` of the template is the index as it is, and
 * TEMPLATE_NOTHING gives a zero. Digits turn into numbers by steps that
 * multiply neighbours by a pair of weights and add them: bytes to pairs,
 * pairs to fours, fours to eights.
 *
 * The four registers serve look-ups only. What compares bytes loads them
 * again, else gcc 12 copies all four before each look-up.
 */
#include "simd/kernels.h"

#if defined(__AARCH64EL__)

#include <arm_neon.h>

#include "simd/column_loops.h"

/* One bit for each byte of four registers of 0x00 or 0xff. */
static inline uint64_t
bits_of(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    const uint8x16_t bit =
        vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    uint8x16_t ab = vpaddq_u8(vandq_u8(a, bit), vandq_u8(b, bit));
    uint8x16_t cd = vpaddq_u8(vandq_u8(c, bit), vandq_u8(d, bit));
    uint8x16_t all = vpaddq_u8(ab, cd);
    all = vpaddq_u8(all, all);
    return vgetq_lane_u64(vreinterpretq_u64_u8(all), 0);
}

static size_t
split_rows(const uint8_t *text, size_t len, uint32_t *starts, size_t max_rows)
{
    const uint8x16_t newline = vdupq_n_u8('\n');
    size_t n = 0;
    starts[0] = 0;
    for (size_t at = 0; at < len; at += 64) {
        const uint8_t *part = text + at;
        uint64_t found = bits_of(vceqq_u8(vld1q_u8(part), newline),
                                 vceqq_u8(vld1q_u8(part + 16), newline),
                                 vceqq_u8(vld1q_u8(part + 32), newline),
                                 vceqq_u8(vld1q_u8(part + 48), newline));
        if (len - at < 64)
            found &= (UINT64_C(1) << (len - at)) - 1;
        for (; found != 0; found &= found - 1) {
            if (n == max_rows)
                return n;
            size_t newline_at = at + (size_t)__builtin_ctzll(found);
            starts[++n] = (uint32_t)newline_at + 1;
        }
    }
    return n;
}

/* The shape of a row of `len` bytes, its newline the last; 0 when too long. */
static inline uint64_t
shape_of(const uint8_t *row, uint32_t len)
{
    const uint8x16_t digit = vdupq_n_u8('0');
    uint64_t low = bits_of(vcltq_u8(vld1q_u8(row), digit),
                           vcltq_u8(vld1q_u8(row + 16), digit),
                           vcltq_u8(vld1q_u8(row + 32), digit),
                           vcltq_u8(vld1q_u8(row + 48), digit));
    uint64_t within = ~UINT64_C(0) >> (TEMPLATE_BYTES - len) % 64;
    return len <= TEMPLATE_BYTES ? low & within : 0;
}

/* Constants of a call; a limit that is exceeded makes a row invalid. */
struct weights {
    uint8x16_t tens;                     /* 10, 1 */
    uint8x16_t hundreds, clock_hundreds; /* 100, 1; in cell 4 60, 1, 1, 0 */
    uint16x8_t myriads, clock_myriads;   /* 10000, 1; in cell 4 60, 1 */
    uint8x16_t clock_max;                /* 23, 59, 59 in cell 4 */
    uint32x4_t number_max;               /* of cells 0 to 3 */
};

/* What the loop needs beside the row. */
struct decoding {
    const struct row_template *table;
    struct weights weights;
    struct decoded_rows *out;
};

/* What may make rows invalid, gathered over a few of them. */
struct mismatches {
    uint8x16_t digit_max; /* the greatest at each place */
    uint8x16_t clock_max;
    uint32x4_t number_max;
    uint32_t negative; /* templates' bits */
};

/* Cells of a row as pairs of digits, a number below 100 a byte. */
struct pairs {
    uint8x16_t front; /* cells 0 to 3 */
    uint8x16_t back;  /* cells 4 and 5, each byte yet to be added to the next */
};

static uint32_t
number_limit(int64_t number_max)
{
    return number_max < UINT32_MAX ? (uint32_t)number_max : UINT32_MAX;
}

static struct weights
make_weights(const int64_t number_max[TEMPLATE_NUMBERS])
{
    static const uint8_t clock_hundreds[16] = {60, 1, 1, 0, 100, 1, 100, 1,
                                               60, 1, 1, 0, 100, 1, 100, 1};
    static const uint16_t clock_myriads[8] = {60, 1, 10000, 1, 60, 1, 10000, 1};
    static const uint8_t clock_max[16] = {23, 59, 59, 255, 255, 255, 255, 255,
                                          23, 59, 59, 255, 255, 255, 255, 255};
    const uint32_t limits[4] = {number_limit(number_max[0]),
                                number_limit(number_max[1]),
                                number_limit(number_max[2]), UINT32_MAX};
    struct weights w = {
        .tens = vreinterpretq_u8_u16(vdupq_n_u16(0x010a)),
        .hundreds = vreinterpretq_u8_u16(vdupq_n_u16(0x0164)),
        .clock_hundreds = vld1q_u8(clock_hundreds),
        .myriads = vreinterpretq_u16_u32(vdupq_n_u32(0x00012710)),
        .clock_myriads = vld1q_u16(clock_myriads),
        .clock_max = vld1q_u8(clock_max),
        .number_max = vld1q_u32(limits),
    };
    return w;
}

/* Neighbours, each times its weight, added up. */
static inline uint16x8_t
add_pairs(uint8x16_t v, uint8x16_t weights)
{
    return vpaddq_u16(vmull_u8(vget_low_u8(v), vget_low_u8(weights)),
                      vmull_high_u8(v, weights));
}

static inline uint32x4_t
add_fours(uint16x8_t v, uint16x8_t weights)
{
    return vpaddq_u32(vmull_u16(vget_low_u16(v), vget_low_u16(weights)),
                      vmull_high_u16(v, weights));
}

/* Not zero where the row has another byte than a literal of its template. */
static inline uint32_t
wrong_literals(const struct row_template *template, const uint8_t *row)
{
    uint8x16_t wrong[4];
    for (int i = 0; i < 4; i++) {
        uint8x16_t literal = vld1q_u8(template->literal + 16 * i);
        uint8x16_t mask = vld1q_u8(template->literal_bytes + 16 * i);
        wrong[i] = vandq_u8(veorq_u8(vld1q_u8(row + 16 * i), literal), mask);
    }
    uint8x16_t all =
        vorrq_u8(vorrq_u8(wrong[0], wrong[1]), vorrq_u8(wrong[2], wrong[3]));
    return vmaxvq_u32(vreinterpretq_u32_u8(all));
}

/* Digits of cells 2 * half and 2 * half + 1, the tens times ten. */
static inline uint8x16_t
take_digits(const struct decoding *d, const struct row_template *template,
            uint8x16x4_t row, int half, struct mismatches *mismatches)
{
    uint8x16_t bytes = vqtbl4q_u8(row, vld1q_u8(template->source + 16 * half));
    uint8x16_t digits =
        vsubq_u8(bytes, vld1q_u8(template->zero_char + 16 * half));
    mismatches->digit_max = vmaxq_u8(mismatches->digit_max, digits);
    return vmulq_u8(digits, d->weights.tens);
}

/* Pairs are bytes: a digit over 9 may overflow one, but is noticed itself. */
static inline struct pairs
decode_row(const struct decoding *d, const uint8_t *row, size_t i,
           struct mismatches *mismatches)
{
    const struct row_template *template = &d->table[d->out->slot[i]];
    const uint8x16x4_t bytes = vld1q_u8_x4(row);
    mismatches->negative |= template->negative;
    uint64x2_t id = vreinterpretq_u64_u8(
        vqtbl4q_u8(bytes, vld1q_u8(template->source + TEMPLATE_DEVICE_AT)));
    vst1q_lane_u64(d->out->device[0] + i, id, 0);
    vst1q_lane_u64(d->out->device[1] + i, id, 1);
    uint8x16_t a = take_digits(d, template, bytes, 0, mismatches);
    uint8x16_t b = take_digits(d, template, bytes, 1, mismatches);
    return (struct pairs){vpaddq_u8(a, b),
                          take_digits(d, template, bytes, 2, mismatches)};
}

/* Three numbers and the date of a row. */
static inline uint32x4_t
evaluate_front(const struct decoding *d, uint8x16_t pairs,
               struct mismatches *mismatches)
{
    uint32x4_t numbers =
        add_fours(add_pairs(pairs, d->weights.hundreds), d->weights.myriads);
    mismatches->number_max = vmaxq_u32(mismatches->number_max, numbers);
    return numbers;
}

/* Seconds of the day and milliseconds of two rows. */
static inline uint32x4_t
evaluate_back(const struct decoding *d, uint8x16_t first, uint8x16_t second,
              struct mismatches *mismatches)
{
    uint8x16_t pairs = vpaddq_u8(first, second);
    mismatches->clock_max = vmaxq_u8(mismatches->clock_max, pairs);
    return add_fours(add_pairs(pairs, d->weights.clock_hundreds),
                     d->weights.clock_myriads);
}

static inline bool
has_mismatch(const struct decoding *d, const struct mismatches *mismatches)
{
    uint8x16_t wrong =
        vorrq_u8(vqsubq_u8(mismatches->digit_max, vdupq_n_u8(9)),
                 vqsubq_u8(mismatches->clock_max, d->weights.clock_max));
    uint32x4_t over = vqsubq_u32(mismatches->number_max, d->weights.number_max);
    return vmaxvq_u32(vorrq_u32(vreinterpretq_u32_u8(wrong), over)) != 0;
}

static inline void
store_number(int64_t *out, uint32x4_t values)
{
    vst1q_s64(out, vreinterpretq_s64_u64(vmovl_u32(vget_low_u32(values))));
    vst1q_s64(out + 2, vreinterpretq_s64_u64(vmovl_high_u32(values)));
}

/* Four rows of cells to columns. */
static inline void
store_rows(struct decoded_rows *out, const uint32x4_t r[4], uint32x4_t clock01,
           uint32x4_t clock23, size_t i)
{
    uint64x2_t a02 = vreinterpretq_u64_u32(vtrn1q_u32(r[0], r[1]));
    uint64x2_t a13 = vreinterpretq_u64_u32(vtrn2q_u32(r[0], r[1]));
    uint64x2_t b02 = vreinterpretq_u64_u32(vtrn1q_u32(r[2], r[3]));
    uint64x2_t b13 = vreinterpretq_u64_u32(vtrn2q_u32(r[2], r[3]));
    store_number(out->number[0] + i,
                 vreinterpretq_u32_u64(vtrn1q_u64(a02, b02)));
    store_number(out->number[1] + i,
                 vreinterpretq_u32_u64(vtrn1q_u64(a13, b13)));
    store_number(out->number[2] + i,
                 vreinterpretq_u32_u64(vtrn2q_u64(a02, b02)));
    vst1q_u32(out->date + i, vreinterpretq_u32_u64(vtrn2q_u64(a13, b13)));
    vst1q_u32(out->seconds + i, vuzp1q_u32(clock01, clock23));
    vst1q_u32(out->ms + i, vuzp2q_u32(clock01, clock23));
}

static inline struct mismatches
no_mismatches(void)
{
    const uint8x16_t none = vdupq_n_u8(0);
    return (struct mismatches){none, none, vdupq_n_u32(0), 0};
}

/* One row that has a template. */
static void
decode_alone(const struct decoding *d, const uint8_t *row, size_t i)
{
    struct decoded_rows *out = d->out;
    struct mismatches mismatches = no_mismatches();
    struct pairs pairs = decode_row(d, row, i, &mismatches);
    uint32x4_t numbers = evaluate_front(d, pairs.front, &mismatches);
    uint32x4_t clock = evaluate_back(d, pairs.back, pairs.back, &mismatches);
    out->number[0][i] = vgetq_lane_u32(numbers, 0);
    out->number[1][i] = vgetq_lane_u32(numbers, 1);
    out->number[2][i] = vgetq_lane_u32(numbers, 2);
    out->date[i] = vgetq_lane_u32(numbers, 3);
    out->seconds[i] = vgetq_lane_u32(clock, 0);
    out->ms[i] = vgetq_lane_u32(clock, 1);
    out->is_valid[i] = !has_mismatch(d, &mismatches);
    column_negate_row(d->table, d->out, i);
}

/* Four rows that have templates; false when one of them may be invalid. */
static inline bool
decode_four(const struct decoding *d, const uint8_t *text,
            const uint32_t *starts, size_t i)
{
    struct mismatches mismatches = no_mismatches();
    struct pairs pairs[4];
    uint32x4_t numbers[4];
#pragma GCC unroll 4
    for (size_t k = 0; k < 4; k++) {
        pairs[k] = decode_row(d, text + starts[i + k], i + k, &mismatches);
        numbers[k] = evaluate_front(d, pairs[k].front, &mismatches);
    }
    uint32x4_t clock01 =
        evaluate_back(d, pairs[0].back, pairs[1].back, &mismatches);
    uint32x4_t clock23 =
        evaluate_back(d, pairs[2].back, pairs[3].back, &mismatches);
    store_rows(d->out, numbers, clock01, clock23, i);
    if (has_mismatch(d, &mismatches))
        return false;
    for (size_t k = i; mismatches.negative != 0 && k < i + 4; k++)
        column_negate_row(d->table, d->out, k);
    return true;
}

/* Slots of rows first .. end - 1, and whether the templates there are theirs.
 */
static inline void
find_templates(const struct decoding *d, const uint8_t *text,
               const uint32_t *starts, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        const uint8_t *row = text + starts[i];
        __builtin_prefetch(row + KERNEL_AHEAD, 0, 2);
        uint64_t shape = shape_of(row, starts[i + 1] - starts[i]);
        size_t slot = template_slot(shape);
        const struct row_template *template = &d->table[slot];
        uint32_t wrong = wrong_literals(template, row);
        d->out->slot[i] = (uint16_t)slot;
        /* no && here: all of this is done faster than it is guessed */
        d->out->is_valid[i] =
            (shape != 0) & (template->shape == shape) & (wrong == 0);
    }
}

static void
decode_rows(const struct row_template *table,
            const int64_t number_max[TEMPLATE_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    const struct decoding d = {table, make_weights(number_max), out};
    column_decode_in_fours(&d, text, starts, first, n_rows, out, find_templates,
                           decode_four, decode_alone);
}

/* struct added_sums, by lane. */
struct lane_sums {
    int64x2_t nw;
    uint64x2_t low;
    int64x2_t high;
};

static inline void
add_to(int64_t *figures, int64x2_t amount)
{
    vst1q_s64(figures, vaddq_s64(vld1q_s64(figures), amount));
}

static inline void
add_extremes(struct partial_sums *a, size_t lane, int64x2_t nw)
{
    int64x2_t min = vld1q_s64(a->min_nw + lane);
    int64x2_t max = vld1q_s64(a->max_nw + lane);
    vst1q_s64(a->min_nw + lane, vbslq_s64(vcltq_s64(nw, min), nw, min));
    vst1q_s64(a->max_nw + lane, vbslq_s64(vcgtq_s64(nw, max), nw, max));
}

/*
 * Adds two rows, to lanes from `lane` on; false, with nothing done, when not
 * both can be added.
 */
static inline bool
add_two(struct partial_sums *a, size_t lane, const struct summed_rows *rows,
        size_t row, int64x2_t from_ms, struct lane_sums *sums)
{
    int64x2_t now_ms = vld1q_s64(rows->time_ms + row);
    int64x2_t last_ms = vld1q_s64(a->last_ms + lane);
    int64x2_t n = vld1q_s64(a->n_readings + lane);
    uint64x2_t span = vreinterpretq_u64_s64(vsubq_s64(now_ms, from_ms));
    uint64x2_t back = vreinterpretq_u64_s64(vsubq_s64(last_ms, from_ms));
    uint64x2_t taken = vandq_u64(vcltq_u64(back, span),
                                 vcltq_s64(n, vdupq_n_s64(PARTIAL_READINGS)));
    if (vminvq_u32(vreinterpretq_u32_u64(taken)) == 0)
        return false;
    uint32x2_t dt = vmovn_u64(vsubq_u64(span, back));
    int64x2_t nw = vld1q_s64(rows->power_nw + row);
    int64x2_t both = vaddq_s64(nw, vld1q_s64(a->last_nw + lane));
    uint64x2_t low = vmull_u32(vmovn_u64(vreinterpretq_u64_s64(both)), dt);
    int64x2_t high = vmull_s32(vshrn_n_s64(both, 32), vreinterpret_s32_u32(dt));
    vst1q_s64(a->last_ms + lane, now_ms);
    vst1q_s64(a->last_nw + lane, nw);
    vst1q_s64(a->n_readings + lane, vaddq_s64(n, vdupq_n_s64(1)));
    add_extremes(a, lane, nw);
    add_to(a->sum_nw + lane, nw);
    add_to(a->energy_low + lane, vreinterpretq_s64_u64(low));
    add_to(a->energy_high + lane, high);
    if (rows->efficiency != NULL)
        add_to(a->efficiency + lane, vld1q_s64(rows->efficiency + row));
    sums->nw = vaddq_s64(sums->nw, nw);
    sums->low = vaddq_u64(sums->low, low);
    sums->high = vaddq_s64(sums->high, high);
    return true;
}

static size_t
add_rows(struct partial_sums *partial, const struct summed_rows *rows,
         size_t row, size_t end, int64_t from_ms, struct added_sums *sums)
{
    const struct summed_rows r = *rows;
    const int64x2_t from = vdupq_n_s64(from_ms);
    struct lane_sums lanes = {vdupq_n_s64(0), vdupq_n_u64(0), vdupq_n_s64(0)};
    while (row < end) {
        uint32_t device = r.device[row];
        bool is_pair = end - row >= 2 && device % 2 == 0 &&
                       r.device[row + 1] == device + 1;
        if (is_pair && add_two(&partial[device / PARTIAL_LANES],
                               device % PARTIAL_LANES, &r, row, from, &lanes)) {
            row += 2;
            continue;
        }
        if (!column_add_one(partial, &r, row, from_ms, sums))
            break;
        row++;
    }
    sums->power_nw += vaddvq_s64(lanes.nw);
    sums->energy_low += vaddvq_u64(lanes.low);
    sums->energy_high += vaddvq_s64(lanes.high);
    return row;
}

static size_t
count_within(const int64_t *values, size_t n, int64_t low, uint64_t span)
{
    const int64x2_t begin = vdupq_n_s64(low);
    const uint64x2_t size = vdupq_n_u64(span);
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        int64x2_t a = vsubq_s64(vld1q_s64(values + i), begin);
        int64x2_t b = vsubq_s64(vld1q_s64(values + i + 2), begin);
        uint64x2_t within =
            vandq_u64(vcltq_u64(vreinterpretq_u64_s64(a), size),
                      vcltq_u64(vreinterpretq_u64_s64(b), size));
        if (vminvq_u32(vreinterpretq_u32_u64(within)) == 0)
            break;
    }
    return i + column_count_within(values + i, n - i, low, span);
}

/* Not zero where two rows are not of the next two devices. */
static inline uint64x2_t
other_keys(const uint64_t *keys, const uint64_t *low, const uint64_t *high)
{
    uint64x2x2_t key = vld2q_u64(keys);
    return vorrq_u64(veorq_u64(key.val[0], vld1q_u64(low)),
                     veorq_u64(key.val[1], vld1q_u64(high)));
}

static size_t
count_matching(const uint64_t *keys, const uint64_t *low, const uint64_t *high,
               size_t n)
{
    size_t i = 0;
    for (; i + 4 <= n; i += 4) {
        uint64x2_t other =
            vorrq_u64(other_keys(keys + 2 * i, low + i, high + i),
                      other_keys(keys + 2 * i + 4, low + i + 2, high + i + 2));
        if (vmaxvq_u32(vreinterpretq_u32_u64(other)) != 0)
            break;
    }
    return i + column_count_matching(keys + 2 * i, low + i, high + i, n - i);
}

/*
 * Times and products are left to the compiler. It uses NEON for times; for
 * products of 64 bits NEON has nothing that beats plain C.
 */
const struct kernels kernels_neon = {
    .name = "neon",
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
