/*
 * block.h - up to 1,024 readings of one device, column by column, and their
 * bytes.
 *
 * Values are whole numbers at one power of ten for the block: thousandths
 * (BLOCK_MILLI) or, when one value needs more, 1e-9 (BLOCK_NANO). Beside what
 * was measured a block keeps what was said about it: which columns a reading
 * has, how many readings of the same time it has replaced, and how many of
 * their values had more than nine decimals.
 */
#ifndef CODEC_BLOCK_H
#define CODEC_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch_view.h"
#include "simd/kernels.h"

#define BLOCK_ROWS KERNEL_ROWS

enum { BLOCK_NANO = 0, BLOCK_MILLI = 6 }; /* exponents: times 1e-9 */

enum block_column {
    BLOCK_TIME,  /* ms since 1970 UTC; always there */
    BLOCK_VALUE, /* + measure */
    BLOCK_PRESENCE = BLOCK_VALUE + MEASURE_N, /* MEASURE_BITs; else all */
    BLOCK_DUPLICATES,                         /* readings replaced; else none */
    BLOCK_ROUNDED,                            /* values rounded; else none */
    BLOCK_N_COLUMNS
};

#define BLOCK_BIT(column) (1u << (column))
#define BLOCK_VALUES      (MEASURE_ALL << BLOCK_VALUE)

_Static_assert(BLOCK_N_COLUMNS < 32, "sets of columns have 32 bits");

struct block {
    size_t n_rows;
    unsigned columns;  /* bits; the others hold nothing */
    unsigned exponent; /* of the values */
    /*
     * After block_decode: columns whose values are known to be within
     * [low, high], without looking at each. Bits.
     */
    unsigned bounded;
    int64_t low[BLOCK_N_COLUMNS], high[BLOCK_N_COLUMNS];
    _Alignas(64) int64_t column[BLOCK_N_COLUMNS][BLOCK_ROWS];
};

/* The most bytes that block_encode writes. */
#define BLOCK_MAX_BYTES (BLOCK_N_COLUMNS * (BLOCK_ROWS * 8 + 256))

/* The measures that a row has. */
static inline uint32_t
block_presence(const struct block *block, size_t row)
{
    unsigned all = (block->columns & BLOCK_VALUES) >> BLOCK_VALUE;
    if ((block->columns & BLOCK_BIT(BLOCK_PRESENCE)) == 0)
        return all;
    return all & (unsigned)block->column[BLOCK_PRESENCE][row];
}

/* Whether two rows have the same values; their times are not compared. */
bool block_is_same_reading(const struct block *a, size_t i,
                           const struct block *b, size_t k);

/* Brings the values to 1e-9. */
void block_to_nano(struct block *block);

/* Makes sure that a column is there: the new one says what was true before. */
void block_add_column(struct block *block, unsigned column);

/* Appends n rows of another block; its kind widens as it must. */
void block_append(struct block *block, const struct block *rows, size_t first,
                  size_t n);

/* Encodes 1 .. 1,024 rows; the bytes written. Quick: for a short life. */
size_t block_encode(const struct kernels *kernels, const struct block *block,
                    bool is_quick, uint8_t *to);

/*
 * Decodes the wanted columns (bits; the time always) of n_rows rows. *stored
 * (or NULL): the columns that the block has. False when the bytes are damaged,
 * or have a column that this program does not know.
 */
bool block_decode(const struct kernels *kernels, const uint8_t *bytes,
                  size_t len, size_t n_rows, unsigned wanted,
                  struct block *block, unsigned *stored);

/*
 * The block as a batch; `device` has BLOCK_ROWS equal numbers, `presence`
 * room for as many bytes, used when rows differ.
 */
struct batch_view block_view(const struct block *block, size_t first,
                             size_t n_rows, const uint32_t *device,
                             uint32_t *presence);

/* Device numbers of the rows of a block, when there is one device: zeros. */
extern const uint32_t block_no_device[BLOCK_ROWS];

#endif
