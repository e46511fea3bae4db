/*
 * row_template.h - where the digits stand in rows of one shape.
 *
 * The shape of a row is the set of positions, in its first 64 bytes up to
 * the newline, of bytes below '0': comma, point, minus, space, quote, CR,
 * LF. The first row of a shape is read by the reference parser; when that
 * finds a plain reading, a template is made from it. Later rows of the same
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
#ifndef SIMD_ROW_TEMPLATE_H
#define SIMD_ROW_TEMPLATE_H

#include <stddef.h>
#include <stdint.h>

#define TEMPLATE_BYTES     64 /* longest row, with its newline */
#define TEMPLATE_CELL      8
#define TEMPLATE_NUMBERS   3
#define TEMPLATE_DATE_CELL 3
#define TEMPLATE_TIME_CELL 4
#define TEMPLATE_MS_CELL   5
#define TEMPLATE_CELLS     6 /* those that hold digits */
#define TEMPLATE_DEVICE_AT (TEMPLATE_CELLS * TEMPLATE_CELL)
#define TEMPLATE_NOTHING   0xff /* in `source`: stays zero */
#define TEMPLATE_SLOTS     512  /* in a table; power of two */

enum template_time { TEMPLATE_CIVIL, TEMPLATE_UNIX };

/* The byte arrays come first: aligned tables keep them aligned. */
struct row_template {
    uint8_t literal[TEMPLATE_BYTES];       /* never zero; zero where not one */
    uint8_t source[TEMPLATE_BYTES];        /* row offset of a canonical byte */
    uint8_t literal_bytes[TEMPLATE_BYTES]; /* 0xff at literals */
    uint8_t zero_char[TEMPLATE_BYTES];     /* '0' at digits */
    /*
     * For machines that move 16 bytes at a time: where the bytes of a cell are
     * in its window. Cells 0 and 1 have the lower eight places, cells 2 and 3
     * the upper, cells 4 and 5 both.
     */
    uint8_t gather[TEMPLATE_CELLS][16];
    uint8_t device_mask[16];
    uint8_t window[TEMPLATE_CELLS + 2]; /* row offset a cell is gathered from */
    uint8_t gap[8];                     /* what follows is in one cache line */
    uint64_t shape;                     /* 0 = empty slot */
    uint64_t literal_mask;
    uint64_t source_mask; /* canonical bytes that have a source */
    int64_t zone_ms;      /* to subtract */
    uint8_t time_kind;    /* enum template_time */
    uint8_t negative;     /* bit k: number k has a minus */
    uint8_t device_at;    /* in the row */
    uint8_t device_len;   /* up to 255; cells 6, 7 used up to 16 */
    uint8_t is_local;     /* the time has no offset */
    uint8_t unused[91];   /* to a power of two: an easy index */
};

_Static_assert(sizeof(struct row_template) == 512, "an easy index");

/* The slot of a shape in a table of TEMPLATE_SLOTS. */
static inline size_t
template_slot(uint64_t shape)
{
    return (size_t)((shape * UINT64_C(0x9e3779b97f4a7c15)) >> 55);
}

#endif
