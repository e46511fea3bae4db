/*
 * block.c - columns of a block, one behind the other.
 *
 * Columns are tagged and written in the order of their tags, so that a reader
 * finds the ones it knows. All values of a block have one exponent: milli, or
 * nano when one value needs it.
 */
#include "codec/block.h"

#include <string.h>

#include "base/byte_io.h"
#include "codec/column_codec.h"

#define NANO_PER_MILLI 1000000

const uint32_t block_no_device[BLOCK_ROWS];

void
block_to_nano(struct block *block)
{
    if (block->exponent == BLOCK_NANO)
        return;
    for (int c = BLOCK_VALUE; c < BLOCK_PRESENCE; c++) {
        if ((block->columns & BLOCK_BIT(c)) == 0)
            continue;
        for (size_t i = 0; i < block->n_rows; i++)
            block->column[c][i] *= NANO_PER_MILLI;
    }
    block->exponent = BLOCK_NANO;
}

void
block_add_column(struct block *block, unsigned column)
{
    if ((block->columns & BLOCK_BIT(column)) != 0)
        return;
    bool is_value = column >= BLOCK_VALUE && column < BLOCK_PRESENCE;
    if (is_value && block->n_rows > 0)
        block_add_column(block, BLOCK_PRESENCE);
    int64_t before = 0;
    if (column == BLOCK_PRESENCE)
        before = (block->columns & BLOCK_VALUES) >> BLOCK_VALUE;
    for (size_t i = 0; i < block->n_rows; i++)
        block->column[column][i] = before;
    block->columns |= BLOCK_BIT(column);
}

/* Makes the block's kind wide enough for rows of another. */
static void
adapt(struct block *block, const struct block *rows)
{
    if (block->n_rows == 0) {
        block->columns = rows->columns;
        block->exponent = rows->exponent;
        return;
    }
    if (rows->exponent < block->exponent)
        block_to_nano(block);
    unsigned missing = rows->columns & ~block->columns;
    unsigned lacking = block->columns & BLOCK_VALUES & ~rows->columns;
    if (lacking != 0)
        block_add_column(block, BLOCK_PRESENCE);
    for (unsigned c = 0; c < BLOCK_N_COLUMNS; c++) {
        if ((missing & BLOCK_BIT(c)) != 0)
            block_add_column(block, c);
    }
}

void
block_append(struct block *block, const struct block *rows, size_t first,
             size_t n)
{
    adapt(block, rows);
    const int64_t unit = block->exponent == rows->exponent ? 1 : 1000000;
    for (unsigned left = block->columns; left != 0; left &= left - 1) {
        const unsigned c = (unsigned)__builtin_ctz(left);
        int64_t *to = block->column[c] + block->n_rows;
        const int64_t *from = rows->column[c] + first;
        bool is_value = c >= BLOCK_VALUE && c < BLOCK_PRESENCE;
        if ((rows->columns & BLOCK_BIT(c)) == 0) {
            /* what is absent repeats what was there: it packs well */
            int64_t fill = c == BLOCK_PRESENCE
                               ? (rows->columns & BLOCK_VALUES) >> BLOCK_VALUE
                           : is_value && block->n_rows > 0 ? to[-1]
                                                           : 0;
            for (size_t i = 0; i < n; i++)
                to[i] = fill;
        } else if (is_value && unit != 1) {
            for (size_t i = 0; i < n; i++)
                to[i] = from[i] * unit;
        } else if (n == 1) { /* often so when runs overlap */
            to[0] = from[0];
        } else {
            memcpy(to, from, n * sizeof(*to));
        }
    }
    block->n_rows += n;
}

/* How columns are named in the bytes. Measures follow: TAG_VALUE + number. */
enum { TAG_TIME, TAG_PRESENCE, TAG_DUPLICATES, TAG_ROUNDED, TAG_VALUE = 16 };

/* The order of columns in the bytes: tags ascend. */
static const uint8_t column_order[BLOCK_N_COLUMNS] = {
    BLOCK_TIME, BLOCK_PRESENCE, BLOCK_DUPLICATES, BLOCK_ROUNDED, BLOCK_VALUE,
};

static unsigned
column_at(unsigned place)
{
    return place <= 4 ? column_order[place] : BLOCK_VALUE + place - 4;
}

static unsigned
tag_at(unsigned place)
{
    return place < 4 ? place : TAG_VALUE + place - 4;
}

/* The column of a tag, or BLOCK_N_COLUMNS when this program knows none. */
static unsigned
column_of(uint64_t tag)
{
    if (tag < 4)
        return column_order[tag];
    return tag >= TAG_VALUE && tag < TAG_VALUE + MEASURE_N
               ? BLOCK_VALUE + (unsigned)(tag - TAG_VALUE)
               : BLOCK_N_COLUMNS;
}

size_t
block_encode(const struct kernels *kernels, const struct block *block,
             bool is_quick, uint8_t *to)
{
    uint8_t *begin = to;
    to = byte_put_count(to, (uint64_t)__builtin_popcount(block->columns));
    for (unsigned place = 0; place < BLOCK_N_COLUMNS; place++) {
        const unsigned c = column_at(place);
        if ((block->columns & BLOCK_BIT(c)) == 0)
            continue;
        to = byte_put_count(to, tag_at(place));
        bool is_value = c >= BLOCK_VALUE && c < BLOCK_PRESENCE;
        size_t len =
            column_encode(kernels, block->column[c], block->n_rows,
                          is_value ? block->exponent : 0, is_quick, to + 3);
        /* three bytes of length, so that nothing has to move */
        to[0] = (uint8_t)len;
        to[1] = (uint8_t)(len >> 8);
        to[2] = (uint8_t)(len >> 16);
        to += 3 + len;
    }
    return (size_t)(to - begin);
}

/* Where the columns of an encoded block are. */
struct layout {
    const uint8_t *bytes[BLOCK_N_COLUMNS];
    size_t len[BLOCK_N_COLUMNS];
    unsigned columns;
};

static bool
find_columns(const uint8_t *bytes, size_t len, struct layout *layout)
{
    struct byte_reader in = {bytes, bytes + len, false};
    const uint64_t n_columns = byte_get_count(&in);
    uint64_t next_tag = 0;
    layout->columns = 0;
    if (n_columns > BLOCK_N_COLUMNS)
        return false;
    for (uint64_t i = 0; i < n_columns; i++) {
        const uint64_t tag = byte_get_count(&in);
        const uint8_t *size = byte_take(&in, 3);
        if (size == NULL || tag < next_tag || tag >= UINT32_MAX)
            return false;
        next_tag = tag + 1;
        size_t n = size[0] | (size_t)size[1] << 8 | (size_t)size[2] << 16;
        const uint8_t *column = byte_take(&in, n);
        const unsigned c = column_of(tag);
        if (column == NULL || c == BLOCK_N_COLUMNS)
            return false;
        layout->bytes[c] = column;
        layout->len[c] = n;
        layout->columns |= BLOCK_BIT(c);
    }
    return in.at == in.end && !in.failed &&
           (layout->columns & BLOCK_BIT(BLOCK_TIME)) != 0 &&
           (layout->columns & BLOCK_VALUES) != 0;
}

/* The exponent that all values of the block fit: milli, or nano. */
static bool
find_exponent(const struct layout *layout, unsigned *exponent)
{
    *exponent = BLOCK_MILLI;
    for (int c = BLOCK_VALUE; c < BLOCK_PRESENCE; c++) {
        unsigned stored;
        if ((layout->columns & BLOCK_BIT(c)) == 0)
            continue;
        if (!column_exponent(layout->bytes[c], layout->len[c], &stored))
            return false;
        if (stored < BLOCK_MILLI)
            *exponent = BLOCK_NANO;
    }
    return true;
}

bool
block_decode(const struct kernels *kernels, const uint8_t *bytes, size_t len,
             size_t n_rows, unsigned wanted, struct block *block,
             unsigned *stored)
{
    struct layout layout;
    if (!find_columns(bytes, len, &layout) ||
        !find_exponent(&layout, &block->exponent))
        return false;
    if (stored != NULL)
        *stored = layout.columns;
    block->n_rows = n_rows;
    block->columns = layout.columns & (wanted | BLOCK_BIT(BLOCK_TIME));
    block->bounded = 0;
    for (int c = 0; c < BLOCK_N_COLUMNS; c++) {
        const bool is_value = c >= BLOCK_VALUE && c < BLOCK_PRESENCE;
        const unsigned exponent = is_value ? block->exponent : 0;
        if ((block->columns & BLOCK_BIT(c)) == 0)
            continue;
        if (!column_decode(kernels, layout.bytes[c], layout.len[c], n_rows,
                           exponent, block->column[c]))
            return false;
        if (column_bounds(layout.bytes[c], layout.len[c], exponent,
                          &block->low[c], &block->high[c]))
            block->bounded |= BLOCK_BIT(c);
    }
    return true;
}

struct batch_view
block_view(const struct block *block, size_t first, size_t n_rows,
           const uint32_t *device, uint32_t *presence)
{
    struct batch_view view = {
        .n_rows = n_rows,
        .device = device,
        .time_ms = block->column[BLOCK_TIME] + first,
    };
    for (int c = 0; c < MEASURE_N; c++) {
        if ((block->columns & BLOCK_BIT(BLOCK_VALUE + c)) == 0)
            continue;
        view.columns[c] = block->column[BLOCK_VALUE + c] + first;
        view.decimals[c] = (uint8_t)(9 - block->exponent);
    }
    if ((block->columns & BLOCK_BIT(BLOCK_PRESENCE)) != 0) {
        for (size_t i = 0; i < n_rows; i++)
            presence[i] = (uint32_t)block->column[BLOCK_PRESENCE][first + i];
        view.presence = presence;
    }
    return view;
}

bool
block_is_same_reading(const struct block *a, size_t i, const struct block *b,
                      size_t k)
{
    unsigned presence = block_presence(a, i);
    if (presence != block_presence(b, k))
        return false;
    int64_t unit_a =
        a->exponent == b->exponent || a->exponent == BLOCK_NANO ? 1 : 1000000;
    int64_t unit_b =
        a->exponent == b->exponent || b->exponent == BLOCK_NANO ? 1 : 1000000;
    for (unsigned c = 0; c < MEASURE_N; c++) {
        if ((presence & 1u << c) != 0 &&
            a->column[BLOCK_VALUE + c][i] * unit_a !=
                b->column[BLOCK_VALUE + c][k] * unit_b)
            return false;
    }
    return true;
}
