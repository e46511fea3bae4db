/*
 * row_layout.h - where the digits stand in rows of one shape.
 *
 * The shape of a row is the set of positions, in its first 64 bytes up to
 * the newline, of bytes below '0': comma, point, minus, space, quote, CR,
 * LF. The first row of a shape is read by the reference parser; when that
 * finds a plain reading, a layout is made from it. Later rows of the same
 * shape are decoded by moving bytes, and are valid when
 *   - every byte below '0' and every letter or fixed digit of the timestamp
 *     equals the first row's (so no separator can have moved), and
 *   - every byte at a digit's place is a digit.
 * What is not valid in this sense goes to the reference parser again.
 *
 * Bytes are moved to a canonical row of 64 bytes, eight per cell:
 *
 *   cell 0, 1, 2   three numbers in thousandths, right-aligned digits
 *   cell 3         YYYYMMDD, or the lower eight digits of a unix time
 *   cell 4         HHMMSS and two zeros
 *   cell 5         milliseconds, or the upper digits of a unix time
 *   cell 6, 7      device id, padded with zeros (ids of up to 16 bytes)
 */
#ifndef SIMD_ROW_LAYOUT_H
#define SIMD_ROW_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define LAYOUT_BYTES     64 /* longest row, with its newline */
#define LAYOUT_CELL      8
#define LAYOUT_NUMBERS   3
#define LAYOUT_DATE_CELL 3
#define LAYOUT_TIME_CELL 4
#define LAYOUT_MS_CELL   5
#define LAYOUT_CELLS     6 /* those that hold digits */
#define LAYOUT_DEVICE_AT (LAYOUT_CELLS * LAYOUT_CELL)
#define LAYOUT_NOTHING   0xff /* in `source`: stays zero */
#define LAYOUT_SLOTS     512  /* in a table; power of two */

enum layout_time { LAYOUT_CIVIL, LAYOUT_UNIX };

/* The byte arrays come first: aligned tables keep them aligned. */
struct row_layout {
    uint8_t literal[LAYOUT_BYTES];       /* never zero; zero where not one */
    uint8_t source[LAYOUT_BYTES];        /* row offset of a canonical byte */
    uint8_t literal_bytes[LAYOUT_BYTES]; /* 0xff at literals */
    uint8_t zero_char[LAYOUT_BYTES];     /* '0' at digits */
    /*
     * For machines that move 16 bytes at a time: where the bytes of a cell are
     * in its window. Cells 0 and 1 have the lower eight places, cells 2 and 3
     * the upper, cells 4 and 5 both.
     */
    uint8_t gather[LAYOUT_CELLS][16];
    uint8_t device_mask[16];
    uint8_t window[LAYOUT_CELLS + 2]; /* row offset a cell is gathered from */
    uint8_t gap[8];                   /* what follows is in one cache line */
    uint64_t shape;                   /* 0 = empty slot */
    uint64_t literal_mask;
    uint64_t source_mask; /* canonical bytes that have a source */
    int64_t zone_ms;      /* to subtract */
    uint8_t time_kind;    /* enum layout_time */
    uint8_t negative;     /* bit k: number k has a minus */
    uint8_t device_at;    /* in the row */
    uint8_t device_len;   /* up to 255; cells 6, 7 used up to 16 */
    uint8_t unused[92];   /* to a power of two: an easy index */
};

_Static_assert(sizeof(struct row_layout) == 512, "an easy index");

/* The slot of a shape in a table of LAYOUT_SLOTS. */
static inline size_t
layout_slot(uint64_t shape)
{
    return (size_t)((shape * UINT64_C(0x9e3779b97f4a7c15)) >> 55);
}

/*
 * Limits of a number's digits in groups of four, as they come from adding up
 * pairs: the upper four in the low half, the lower four in the high half. A
 * number_max of 10000 and more limits nothing.
 */
static inline int64_t
layout_four_limit(int64_t number_max)
{
    const int64_t any = -1;
    return number_max < 10000 ? (int64_t)((uint64_t)number_max << 32) : any;
}

#endif
