/*
 * kernels.h - the inner loops that exist in several variants.
 *
 * One constant table for each variant, one choice at the start. The scalar
 * table is plain C and says what is right; the others must agree with it on
 * every input, and a test holds them together.
 */
#ifndef SIMD_KERNELS_H
#define SIMD_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simd/row_template.h"

#define KERNEL_ROWS  1024  /* most rows in one call */
#define KERNEL_SLACK 64    /* bytes that may be read behind the text */
#define KERNEL_AHEAD 49152 /* text so far ahead is brought into the cache */
#define KERNEL_NEAR  64    /* rows that stay in the first-level cache */

/*
 * Rows as decoded, before dates and devices are looked up. The numbers go
 * where the caller wants them: arrays of KERNEL_ROWS, in thousandths.
 */
struct decoded_rows {
    int64_t *number[TEMPLATE_NUMBERS];
    uint64_t device[2][KERNEL_ROWS]; /* padded id */
    uint32_t date[KERNEL_ROWS];      /* YYYYMMDD, or low unix digits */
    uint32_t seconds[KERNEL_ROWS];   /* of the day */
    uint32_t ms[KERNEL_ROWS];        /* or high unix digits */
    uint16_t slot[KERNEL_ROWS];      /* of the template */
    uint8_t is_valid[KERNEL_ROWS];   /* 0: for the reference parser */
};

/*
 * What has been added to the totals of devices since the last flush: eight
 * devices a block, a row of eight for each figure. Sums fit 64 bits
 * for that number of readings.
 */
#define PARTIAL_LANES    8
#define PARTIAL_READINGS 127

struct partial_sums {
    int64_t last_ms[PARTIAL_LANES];    /* INT64_MIN: nothing may be added */
    int64_t last_nw[PARTIAL_LANES];    /* power of the last reading */
    int64_t n_readings[PARTIAL_LANES]; /* at most PARTIAL_READINGS */
    int64_t min_nw[PARTIAL_LANES], max_nw[PARTIAL_LANES];
    int64_t sum_nw[PARTIAL_LANES];
    int64_t energy_low[PARTIAL_LANES]; /* energy: low + high * 2^32 */
    int64_t energy_high[PARTIAL_LANES];
    int64_t efficiency[PARTIAL_LANES]; /* at most 2^56 a reading */
};

/* Rows for them; |power| < 2^53. */
struct summed_rows {
    const uint32_t *device;
    const int64_t *time_ms;
    const int64_t *power_nw;
    const int64_t *efficiency; /* NULL = none */
};

/* Sums over rows: power, and the energy of steps, low + high * 2^32. */
struct added_sums {
    int64_t power_nw;
    uint64_t energy_low;
    int64_t energy_high;
};

/*
 * Bit-packing of a whole block: value i is in lane i % 32, and each lane is a
 * stream of bits, cut into words of 32 bits that lie side by side. `width`
 * such rows of words hold KERNEL_ROWS values of `width` bits.
 */
#define PACK_LANES      32
#define PACK_WORD_BYTES 128 /* a word of every lane */

/* With these bits and seven before them a value is in one load. */
#define STREAM_MAX_WIDTH 56

/* What decides how a column is stored. */
struct column_range {
    int64_t min, max;
    int64_t min_step, max_step; /* between neighbours; of one value: none */
    size_t n_runs;              /* of equal values */
};

struct kernels {
    const char *name;
    /*
     * Finds complete rows: starts[i] is where row i begins, starts[n] where
     * the last one ends. Returns n, at most max_rows.
     */
    size_t (*split_rows)(const uint8_t *text, size_t len, uint32_t *starts,
                         size_t max_rows);
    /*
     * Decodes rows first .. n_rows - 1 by the table of templates. Reads up to
     * KERNEL_SLACK bytes behind the last row. number_max bounds the magnitude
     * of each number.
     */
    void (*decode_rows)(const struct row_template *table,
                        const int64_t number_max[TEMPLATE_NUMBERS],
                        const uint8_t *text, const uint32_t *starts,
                        size_t first, size_t n_rows, struct decoded_rows *out);
    /*
     * Times of rows first .. n_rows - 1, when all valid ones are of one date:
     * day_ms + seconds * 1000 + ms. False, with nothing promised about
     * time_ms, when one is of another date.
     */
    bool (*set_times)(const struct decoded_rows *rows, size_t first,
                      size_t n_rows, uint32_t date, int64_t day_ms,
                      int64_t *time_ms);
    /*
     * power[i] = a[i] * b[i] * c[i], for 0 <= a, b and |c| <= 1000. False,
     * with nothing promised about power, when an a * b is not below max_ab
     * (<= 2^53) or a or b is not below 2^31.
     */
    bool (*multiply)(const int64_t *a, const int64_t *b, const int64_t *c,
                     size_t n, int64_t max_ab, int64_t *power);
    /*
     * Adds rows from `row` on to their totals, each with the step from the
     * device's last reading, whose energy is (p0 + p1) * dt. Stops before
     * the first row whose last reading is earlier than from_ms or not earlier
     * than the row, or whose partial sums are full; returns it, or `end`. No
     * row is more than 2^22 ms after from_ms; at most KERNEL_ROWS rows. *sums
     * grows by what was added. `partial` is aligned to 64 bytes.
     */
    size_t (*add_rows)(struct partial_sums *partial,
                       const struct summed_rows *rows, size_t row, size_t end,
                       int64_t from_ms, struct added_sums *sums);
    /* How many values, from the first on, are in [low, low + span). */
    size_t (*count_within)(const int64_t *values, size_t n, int64_t low,
                           uint64_t span);
    /*
     * How many rows, from the first on, have the keys of devices that follow
     * each other: low[i] == keys[2 i] and high[i] == keys[2 i + 1].
     */
    size_t (*count_matching)(const uint64_t *keys, const uint64_t *low,
                             const uint64_t *high, size_t n);
    /*
     * out[i] = base + unit * the packed value, for KERNEL_ROWS values of 1 to
     * 32 bits. `packed` need not be aligned; its words are little-endian.
     */
    void (*unpack)(const uint8_t *packed, unsigned width, int64_t base,
                   uint32_t unit, int64_t *out);
    /*
     * The same for 8 n_eights values of 1 to STREAM_MAX_WIDTH bits, one behind
     * the other, the low bits first. Reads eight bytes beyond them.
     */
    void (*unpack_stream)(const uint8_t *packed, size_t n_eights,
                          unsigned width, int64_t base, uint64_t unit,
                          int64_t *out);
    /* Packs KERNEL_ROWS values below 2^width into width words a lane. */
    void (*pack)(const uint32_t *values, unsigned width, uint8_t *packed);
    /*
     * quotients[i] = values[i] / 10^zeros, zeros <= 9; false, with nothing
     * promised about them, when one leaves a rest.
     */
    bool (*divide)(const int64_t *values, size_t n, unsigned zeros,
                   int64_t *quotients);
    /* How many values have more than `width` bits, width <= 31. */
    size_t (*count_wider)(const uint32_t *values, size_t n, unsigned width);
    /*
     * Rows of four numbers to columns, which do not overlap: a[i] = base +
     * rows[4 i], b[i] = rows[4 i + 1] * unit and so on.
     */
    void (*transpose)(const int32_t *rows, size_t n, int64_t base, int32_t unit,
                      int64_t *a, int64_t *b, int64_t *c, int64_t *d);
    /* out[i] = first + i * step. */
    void (*fill)(int64_t *out, size_t n, int64_t first, int64_t step);
    /* Each value but the first is a step from the one before: to their sums. */
    void (*accumulate)(int64_t *values, size_t n, int64_t first);
    /* Whether each value is greater than the one before. */
    bool (*ascends)(const int64_t *values, size_t n);
    /* Whether each value is in [low, high]; their distance is below 2^63. */
    bool (*lies_within)(const int64_t *values, size_t n, int64_t low,
                        int64_t high);
    /*
     * values[i] = entries[values[i]]; false, with none changed, when one is
     * not below n_entries.
     */
    bool (*look_up)(int64_t *values, size_t n, const int64_t *entries,
                    size_t n_entries);
    /* distances[i] = values[i] - base, below 2^32 each. */
    void (*subtract)(const int64_t *values, size_t n, int64_t base,
                     uint32_t *distances);
    /* Measures n >= 1 values. */
    void (*measure)(const int64_t *values, size_t n,
                    struct column_range *range);
};

/*
 * The table for a level of enum wattle_simd; AUTO gives the best this CPU
 * has. NULL when the CPU or the build lacks it.
 */
const struct kernels *kernels_for(int simd);

/* The shape of the row at text, or 0 when no newline is within 64 bytes. */
uint64_t kernels_shape(const uint8_t *text);

extern const struct kernels kernels_scalar;
extern const struct kernels kernels_avx2;
extern const struct kernels kernels_avx512;
extern const struct kernels kernels_neon;

#endif
