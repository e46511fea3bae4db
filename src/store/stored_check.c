/*
 * stored_check.c - limits of rows, blocks and summaries.
 *
 * The limits of sums are powers of two somewhat above what 32,768 readings can
 * give; so a sum over all chunks that a file can have fits 128 bits, and 256
 * bits where powers are fine.
 */
#include "store/stored_check.h"

#include <math.h>
#include <string.h>

#include "analytics/power.h"
#include "base/civil_time.h"
#include "base/decimal.h"
#include "model/batch.h"
#include "model/registry.h"
#include "store/catalog.h"
#include "store/chunk.h"
#include "wattle/result.h"
#include "wattle/report.h"

/* Data lines that one reading may stand for. */
#define MAX_LINES (INT64_C(1) << 40)

/* Bits of the sums of a chunk: see docs/format.md for their units. */
#define SUM_BITS        70  /* of powers below 2^53 nW */
#define ENERGY_BITS     104 /* of 1e6 kWh, 2^15 times */
#define REST_BITS       80  /* of rests below 2^60 */
#define EFFICIENCY_BITS 76  /* of efficiencies up to 1, in 2^-56 */
#define PRODUCT_BITS    108 /* the same in 1e-9 * 2^-60 */

bool
stored_check_row(struct checksum *checksum, sqlite3_stmt *row,
                 const char *kinds)
{
    static const char letters[] = {[SQLITE_INTEGER] = 'i',
                                   [SQLITE_FLOAT] = 'r',
                                   [SQLITE_TEXT] = 't',
                                   [SQLITE_BLOB] = 'b'};
    int n = (int)strlen(kinds);
    for (int i = 0; i < n; i++) {
        int type = sqlite3_column_type(row, i);
        bool may_be_null = kinds[i] < 'a';
        char wanted = (char)(may_be_null ? kinds[i] - 'A' + 'a' : kinds[i]);
        if (type == SQLITE_NULL ? !may_be_null : letters[type] != wanted)
            return false;
    }
    return checksum_holds(checksum, row, n);
}

static bool
is_between(sqlite3_stmt *row, int column, int64_t low, int64_t high)
{
    int64_t value = sqlite3_column_int64(row, column);
    return value >= low && value <= high;
}

static bool
is_count(sqlite3_stmt *row, int column)
{
    return is_between(row, column, 0, STORED_MAX_COUNT);
}

static bool
is_time(sqlite3_stmt *row, int column)
{
    return is_between(row, column, CIVIL_MIN_MS, CIVIL_MAX_MS);
}

static bool
is_device_number(sqlite3_stmt *row, int column)
{
    return is_between(row, column, 0, REGISTRY_NO_DEVICE - 1);
}

bool
stored_check_count(sqlite3_stmt *row, int column, uint64_t *count)
{
    *count = (uint64_t)sqlite3_column_int64(row, column);
    return sqlite3_column_type(row, column) == SQLITE_INTEGER &&
           is_count(row, column);
}

bool
stored_check_reject_count(sqlite3_stmt *row, int *reason, uint64_t *n)
{
    for (int i = 0; i < 3; i++) {
        if (sqlite3_column_type(row, i) != SQLITE_INTEGER)
            return false;
    }
    *reason = sqlite3_column_int(row, 1);
    *n = (uint64_t)sqlite3_column_int64(row, 2);
    return is_between(row, 0, 1, STORED_MAX_COUNT) &&
           is_between(row, 1, 0, WATTLE_N_REASONS - 1) && is_count(row, 2);
}

bool
stored_check_chunk(struct checksum *checksum, sqlite3_stmt *row,
                   struct stored_chunk *chunk)
{
    if (!stored_check_row(checksum, row, "iiiiiiiRRRRbi") ||
        !is_between(row, 0, 1, INT64_MAX - 1) || !is_device_number(row, 1) ||
        !is_time(row, 2) || !is_time(row, 3) ||
        !is_between(row, 4, 1, CHUNK_BLOCKS * BLOCK_ROWS) ||
        !is_between(row, 5, 0, MAX_LINES) || !is_between(row, 6, 0, MAX_LINES))
        return false;
    *chunk = (struct stored_chunk){
        .number = sqlite3_column_int64(row, 0),
        .device = (uint32_t)sqlite3_column_int64(row, 1),
        .first_ms = sqlite3_column_int64(row, 2),
        .last_ms = sqlite3_column_int64(row, 3),
        .n_readings = (uint64_t)sqlite3_column_int64(row, 4),
        .n_duplicates = (uint64_t)sqlite3_column_int64(row, 5),
        .n_rounded = (uint64_t)sqlite3_column_int64(row, 6),
    };
    return chunk->first_ms <= chunk->last_ms;
}

bool
stored_check_delta(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "iiiiibi") &&
           is_device_number(row, 0) && is_time(row, 1) &&
           is_between(row, 2, 0, MAX_LINES) &&
           is_between(row, 3, 0, MAX_LINES) &&
           is_between(row, 4, 0, MAX_LINES) &&
           /* a line that shadows others stands for them, too */
           sqlite3_column_int64(row, 4) <= 1 + sqlite3_column_int64(row, 2);
}

bool
stored_check_file(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "itiTiiiiiBti") &&
           is_between(row, 0, 1, STORED_MAX_COUNT) &&
           is_between(row, 2, 0, 1) && is_count(row, 4) && is_count(row, 6) &&
           is_count(row, 7) && is_count(row, 8) &&
           sqlite3_column_int64(row, 7) <= sqlite3_column_int64(row, 6) &&
           sqlite3_column_bytes(row, 9) % (int)sizeof(uint64_t) == 0;
}

bool
stored_check_device_id(sqlite3_stmt *row, int number, int id)
{
    if (sqlite3_column_type(row, number) != SQLITE_INTEGER ||
        sqlite3_column_type(row, id) != SQLITE_TEXT ||
        !is_device_number(row, number))
        return false;
    const void *text = sqlite3_column_text(row, id);
    int len = sqlite3_column_bytes(row, id);
    return text != NULL && len > 0 && len <= REGISTRY_MAX_ID &&
           memchr(text, '\0', (size_t)len) == NULL;
}

bool
stored_check_device(struct checksum *checksum, sqlite3_stmt *row)
{
    if (!stored_check_row(checksum, row, "itTTRi") ||
        !stored_check_device_id(row, 0, 1))
        return false;
    bool has_rating = sqlite3_column_type(row, 4) != SQLITE_NULL;
    return !has_rating || isfinite(sqlite3_column_double(row, 4));
}

bool
stored_check_place(sqlite3_stmt *row, const uint64_t *parts, size_t n_parts)
{
    return sqlite3_column_type(row, 0) == SQLITE_INTEGER &&
           sqlite3_column_type(row, 1) == SQLITE_TEXT &&
           sqlite3_column_type(row, 2) == SQLITE_INTEGER &&
           sqlite3_column_type(row, 3) == SQLITE_INTEGER &&
           sqlite3_column_type(row, 4) == SQLITE_INTEGER &&
           is_between(row, 2, 0, CATALOG_ENDS_CR) &&
           is_between(row, 3, 0, WATTLE_VALUE_ENERGY_KWH + 1) &&
           sqlite3_column_int64(row, 4) ==
               checksum_of(parts, n_parts * sizeof(*parts));
}

bool
stored_check_reject(struct checksum *checksum, sqlite3_stmt *row)
{
    return stored_check_row(checksum, row, "iiibi") &&
           is_between(row, 0, 1, STORED_MAX_COUNT) && is_count(row, 1) &&
           is_between(row, 2, 0, WATTLE_N_REASONS - 1);
}

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

/* Takes away what stands in place of absent values. */
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
stored_check_block(const struct kernels *kernels, struct block *block,
                   unsigned columns)
{
    for (unsigned c = BLOCK_DUPLICATES; c <= BLOCK_ROUNDED; c++) {
        if ((block->columns & BLOCK_BIT(c)) != 0 &&
            !is_in_range(kernels, block, c, 0, MAX_LINES))
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

/* Whether a sum has at most so many bits beside its sign. */
static bool
has_bits(int128 sum, int bits)
{
    const int128 limit = (int128)1 << bits;
    return sum >= -limit && sum <= limit;
}

/* Fine powers have 150 bits, their sums and energies up to 200. */
static bool
has_bits_fine(struct int256 value, int bits)
{
    const uint64_t sign = (int64_t)value.word[3] < 0 ? UINT64_MAX : 0;
    int in_word = bits % 64;
    if (bits < 192 && value.word[3] != sign)
        return false;
    uint64_t top = value.word[bits / 64] ^ sign;
    return top >> in_word == 0;
}

static bool
is_power(int64_t nw, const struct account_extra *extra)
{
    if (nw == ACCOUNT_NO_POWER)
        return extra != NULL && extra->n_energy > 0;
    if (nw == ACCOUNT_FINE)
        return extra != NULL && extra->n_fine > 0;
    return nw > -POWER_NARROW_LIMIT && nw < POWER_NARROW_LIMIT;
}

static bool
is_extra_good(const struct account_extra *extra, uint64_t n)
{
    return extra->n_fine <= n && extra->n_energy <= n - extra->n_fine &&
           has_bits(extra->efficiency, PRODUCT_BITS) &&
           has_bits_fine(extra->min, 160) && has_bits_fine(extra->max, 160) &&
           has_bits_fine(extra->first, 160) &&
           has_bits_fine(extra->last, 160) && has_bits_fine(extra->sum, 180) &&
           has_bits_fine(extra->energy, 210);
}

static bool
are_powers_good(const struct account *a)
{
    const struct account_extra *extra = a->extra;
    uint64_t n_narrow = a->n_readings;
    if (extra != NULL)
        n_narrow -= extra->n_fine + extra->n_energy;
    if (n_narrow == 0)
        return a->min_nw == INT64_MAX && a->max_nw == INT64_MIN &&
               a->sum_nw == 0;
    return is_power(a->min_nw, NULL) && is_power(a->max_nw, NULL) &&
           a->min_nw <= a->max_nw && has_bits(a->sum_nw, SUM_BITS);
}

static bool
is_account_good(const struct account *a, const struct account_first *first,
                const struct stored_chunk *chunk)
{
    const uint64_t n = chunk->n_readings;
    return a->n_readings == n && first->first_ms == chunk->first_ms &&
           a->last_ms == chunk->last_ms &&
           (a->extra == NULL || is_extra_good(a->extra, n)) &&
           are_powers_good(a) && is_power(first->first_nw, a->extra) &&
           is_power(a->last_nw, a->extra) && has_bits(a->energy, ENERGY_BITS) &&
           a->n_efficiency <= n && has_bits(a->efficiency, EFFICIENCY_BITS) &&
           a->n_gaps <= n && a->gap_ms >= 0 &&
           a->gap_ms <= CIVIL_MAX_MS - CIVIL_MIN_MS;
}

static bool
is_energy_good(const struct profile_energy *energy)
{
    return has_bits(energy->units, ENERGY_BITS) &&
           has_bits(energy->rest, REST_BITS) &&
           has_bits_fine(energy->fine, 210);
}

static bool
is_profile_good(const struct profile *profile, uint64_t n)
{
    for (int h = 0; h < 24; h++) {
        const struct profile_hour *hour = &profile->hours[h];
        if (hour->n_readings > n || !has_bits(hour->power_nw, SUM_BITS) ||
            !has_bits_fine(hour->power_fine, 180) ||
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
stored_check_summary(const struct summary *summary,
                     const struct stored_chunk *chunk)
{
    return is_account_good(&summary->account, &summary->first, chunk) &&
           is_profile_good(&summary->profile, chunk->n_readings);
}
