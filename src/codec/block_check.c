/*
 * block_check.c - limits of blocks and summaries.
 *
 * The limits of sums are powers of two somewhat above what 32,768 readings can
 * give; so a sum over all chunks that a file can have fits 128 bits, and 256
 * bits where powers are wide.
 */
#include "codec/block_check.h"

#include "analytics/power.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "model/batch.h"

/* Bits of the sums of a chunk: see docs/format.md for their units. */
#define SUM_BITS        70  /* of powers below 2^53 nW */
#define ENERGY_BITS     104 /* of 1e6 kWh, 2^15 times */
#define REST_BITS       80  /* of rests below 2^60 */
#define EFFICIENCY_BITS 76  /* of efficiencies up to 1, in 2^-56 */
#define PRODUCT_BITS    108 /* the same in 1e-9 * 2^-60 */

/* ---- blocks ------------------------------------------------------------- */

/* Whether all values of a column, absent ones too, are in [low, high]. */
static bool
is_in_range(const struct kernels *kernels, const struct block *block,
            unsigned column, int64_t low, int64_t high)
{
    return ((block->bounded & BLOCK_BIT(column)) != 0 &&
            block->low[column] >= low && block->high[column] <= high) ||
           kernels->lies_within(block->column[column], block->n_rows, low,
                                high);
}

static bool
are_values_in_range(const struct kernels *kernels, const struct block *block)
{
    const int64_t unit = decimal_power_of_ten((int)block->exponent);
    bool is_good = true;
    for (unsigned m = 0; m < MEASURE_N && is_good; m++) {
        const struct wattle_measure_info *info = &measure_table[m];
        if ((block->columns & BLOCK_BIT(BLOCK_VALUE + m)) != 0)
            is_good = is_in_range(kernels, block, BLOCK_VALUE + m,
                                  info->min_nano / unit, info->max_nano / unit);
    }
    return is_good;
}

/* Every reading has values that make one, and no others than are stored. */
static bool
has_good_presence(const struct block *block, unsigned columns)
{
    const unsigned values = (columns & BLOCK_VALUES) >> BLOCK_VALUE;
    bool is_good = true;
    if ((columns & BLOCK_BIT(BLOCK_PRESENCE)) == 0)
        return batch_is_measured((uint32_t)values);
    if ((block->columns & BLOCK_BIT(BLOCK_PRESENCE)) == 0)
        return true; /* no values were decoded either */
    for (size_t i = 0; i < block->n_rows; i++) {
        uint64_t has = (uint64_t)block->column[BLOCK_PRESENCE][i];
        is_good = is_good && (has & ~(uint64_t)values) == 0 &&
                  batch_is_measured((uint32_t)has);
    }
    return is_good;
}

/* Clears what fills the place of absent values. */
static void
clear_absent(struct block *block)
{
    const int64_t *presence = block->column[BLOCK_PRESENCE];
    for (int c = 0; c < MEASURE_N; c++) {
        int64_t *values = block->column[BLOCK_VALUE + c];
        if ((block->columns & BLOCK_BIT(BLOCK_VALUE + c)) == 0)
            continue;
        for (size_t i = 0; i < block->n_rows; i++)
            values[i] = (presence[i] >> c & 1) != 0 ? values[i] : 0;
    }
}

bool
block_check(const struct kernels *kernels, struct block *block,
            unsigned columns)
{
    for (unsigned c = BLOCK_DUPLICATES; c <= BLOCK_ROUNDED; c++) {
        if ((block->columns & BLOCK_BIT(c)) != 0 &&
            !is_in_range(kernels, block, c, 0, BLOCK_MAX_LINES))
            return false;
    }
    if (!has_good_presence(block, columns))
        return false;
    if (are_values_in_range(kernels, block))
        return true;
    if ((block->columns & BLOCK_BIT(BLOCK_PRESENCE)) == 0)
        return false;
    clear_absent(block);
    block->bounded = 0;
    return are_values_in_range(kernels, block);
}

/* ---- summaries ---------------------------------------------------------- */

/* Whether a sum has at most that many bits beside its sign. */
static bool
has_bits(int128 sum, int bits)
{
    const int128 limit = (int128)1 << bits;
    return sum >= -limit && sum <= limit;
}

/* Fine powers have 150 bits, their sums and energies up to 200. */
static bool
has_bits_wide(struct int256 value, int bits)
{
    const uint64_t sign = (int64_t)value.word[3] < 0 ? UINT64_MAX : 0;
    int in_word = bits % 64;
    if (bits < 192 && value.word[3] != sign)
        return false;
    uint64_t top = value.word[bits / 64] ^ sign;
    return top >> in_word == 0;
}

static bool
is_power(int64_t nw, const struct totals_extra *extra)
{
    if (nw == TOTALS_NO_POWER)
        return extra != NULL && extra->n_energy > 0;
    if (nw == TOTALS_WIDE)
        return extra != NULL && extra->n_wide > 0;
    return nw > -POWER_NARROW_LIMIT && nw < POWER_NARROW_LIMIT;
}

static bool
is_energy_good(const struct energy_sum *energy)
{
    return has_bits(energy->units, ENERGY_BITS) &&
           has_bits(energy->rest, REST_BITS) &&
           has_bits_wide(energy->wide, 210);
}

static bool
is_extra_good(const struct totals_extra *extra, uint64_t n)
{
    return extra->n_wide <= n && extra->n_energy <= n - extra->n_wide &&
           has_bits(extra->efficiency, PRODUCT_BITS) &&
           has_bits_wide(extra->min, 160) && has_bits_wide(extra->max, 160) &&
           has_bits_wide(extra->first, 160) &&
           has_bits_wide(extra->last, 160) && has_bits_wide(extra->sum, 180) &&
           has_bits_wide(extra->energy, 210) &&
           is_energy_good(&extra->returned) &&
           !int256_is_negative(energy_in_wide(&extra->returned));
}

static bool
are_powers_good(const struct device_totals *a)
{
    const struct totals_extra *extra = a->extra;
    uint64_t n_narrow = a->n_readings;
    if (extra != NULL)
        n_narrow -= extra->n_wide + extra->n_energy;
    if (n_narrow == 0)
        return a->min_nw == INT64_MAX && a->max_nw == INT64_MIN &&
               a->sum_nw == 0;
    return is_power(a->min_nw, NULL) && is_power(a->max_nw, NULL) &&
           a->min_nw <= a->max_nw && has_bits(a->sum_nw, SUM_BITS);
}

static bool
are_totals_good(const struct device_totals *a, const struct totals_first *first,
                const struct summary_frame *frame)
{
    const uint64_t n = frame->n_readings;
    return a->n_readings == n && first->first_ms == frame->first_ms &&
           a->last_ms == frame->last_ms &&
           (a->extra == NULL || is_extra_good(a->extra, n)) &&
           are_powers_good(a) && is_power(first->first_nw, a->extra) &&
           is_power(a->last_nw, a->extra) && has_bits(a->energy, ENERGY_BITS) &&
           a->n_efficiency <= n && has_bits(a->efficiency, EFFICIENCY_BITS) &&
           a->n_gaps <= n && a->gap_ms >= 0 &&
           a->gap_ms <= CIVIL_MAX_MS - CIVIL_MIN_MS;
}

static bool
is_profile_good(const struct profile *profile, uint64_t n)
{
    for (int h = 0; h < 24; h++) {
        const struct profile_hour *hour = &profile->hours[h];
        if (hour->n_readings > n || !has_bits(hour->power_nw, SUM_BITS) ||
            !has_bits_wide(hour->power_wide, 180) ||
            !is_energy_good(&hour->energy))
            return false;
    }
    for (size_t i = 0; i < profile->n_days; i++) {
        if (!is_energy_good(&profile->days[i].energy))
            return false;
    }
    return true;
}

bool
summary_check(const struct summary *summary, const struct summary_frame *frame)
{
    const struct aggregate_span span = {frame->n_readings, frame->first_ms,
                                        frame->last_ms};
    return are_totals_good(&summary->totals, &summary->first, frame) &&
           is_profile_good(&summary->profile, frame->n_readings) &&
           aggregate_are_plausible(summary->first.states, summary->missing,
                                   &span);
}
