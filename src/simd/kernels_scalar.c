/*
 * kernels_scalar.c - the kernels in plain C: slow, readable, normative.
 *
 * The other tables are compared with it by test_kernels, value by value, on
 * random and on odd input.
 */
#include <string.h>

#include "simd/column_loops.h"
#include "simd/kernels.h"

static size_t
split_rows(const uint8_t *text, size_t len, uint32_t *starts, size_t max_rows)
{
    size_t n = 0, at = 0;
    starts[0] = 0;
    while (n < max_rows) {
        const uint8_t *newline = memchr(text + at, '\n', len - at);
        if (newline == NULL)
            break;
        at = (size_t)(newline - text) + 1;
        starts[++n] = (uint32_t)at;
    }
    return n;
}

uint64_t
kernels_shape(const uint8_t *text)
{
    uint64_t shape = 0;
    for (int i = 0; i < TEMPLATE_BYTES; i++) {
        if (text[i] < '0')
            shape |= UINT64_C(1) << i;
        if (text[i] == '\n')
            return shape;
    }
    return 0;
}

static int
literals_agree(const struct row_template *template, const uint8_t *row)
{
    uint64_t rest = template->literal_mask;
    for (; rest != 0; rest &= rest - 1) {
        int at = __builtin_ctzll(rest);
        if (row[at] != template->literal[at])
            return 0;
    }
    return 1;
}

/* The digits of one cell; 0 when one of them is none. */
static int
read_cell(const struct row_template *template, const uint8_t *row, int cell,
          uint8_t digit[TEMPLATE_CELL])
{
    for (int k = 0; k < TEMPLATE_CELL; k++) {
        uint8_t source = template->source[cell * TEMPLATE_CELL + k];
        digit[k] =
            source == TEMPLATE_NOTHING ? 0 : (uint8_t)(row[source] - '0');
        if (digit[k] > 9)
            return 0;
    }
    return 1;
}

static uint32_t
number_of(const uint8_t digit[TEMPLATE_CELL])
{
    uint32_t value = 0;
    for (int k = 0; k < TEMPLATE_CELL; k++)
        value = value * 10 + digit[k];
    return value;
}

static int
decode_time(const struct row_template *template, const uint8_t *row,
            struct decoded_rows *out, size_t i)
{
    uint8_t digit[TEMPLATE_CELL];
    if (!read_cell(template, row, TEMPLATE_DATE_CELL, digit))
        return 0;
    out->date[i] = number_of(digit);
    if (!read_cell(template, row, TEMPLATE_MS_CELL, digit))
        return 0;
    out->ms[i] = number_of(digit);
    if (!read_cell(template, row, TEMPLATE_TIME_CELL, digit))
        return 0;
    uint32_t hour = digit[0] * 10u + digit[1];
    uint32_t minute = digit[2] * 10u + digit[3];
    uint32_t second = digit[4] * 10u + digit[5];
    out->seconds[i] = hour * 3600 + minute * 60 + second;
    return hour < 24 && minute < 60 && second < 60;
}

static int
decode_row(const struct row_template *template,
           const int64_t number_max[TEMPLATE_NUMBERS], const uint8_t *row,
           struct decoded_rows *out, size_t i)
{
    uint8_t digit[TEMPLATE_CELL];
    if (!literals_agree(template, row))
        return 0;
    for (int k = 0; k < TEMPLATE_NUMBERS; k++) {
        if (!read_cell(template, row, k, digit))
            return 0;
        int64_t value = number_of(digit);
        if (value > number_max[k])
            return 0;
        out->number[k][i] = (template->negative >> k & 1) != 0 ? -value : value;
    }
    uint8_t id[16];
    for (int k = 0; k < 16; k++) {
        uint8_t source = template->source[TEMPLATE_DEVICE_AT + k];
        id[k] = source == TEMPLATE_NOTHING ? 0 : row[source];
    }
    for (int half = 0; half < 2; half++) {
        uint64_t word = 0;
        for (int k = 7; k >= 0; k--)
            word = word << 8 | id[8 * half + k];
        out->device[half][i] = word;
    }
    return decode_time(template, row, out, i);
}

static void
decode_rows(const struct row_template *table,
            const int64_t number_max[TEMPLATE_NUMBERS], const uint8_t *text,
            const uint32_t *starts, size_t first, size_t n_rows,
            struct decoded_rows *out)
{
    for (size_t i = first; i < n_rows; i++) {
        const uint8_t *row = text + starts[i];
        uint64_t shape = starts[i + 1] - starts[i] <= TEMPLATE_BYTES
                             ? kernels_shape(row)
                             : 0;
        size_t slot = template_slot(shape);
        const struct row_template *template = &table[slot];
        out->slot[i] = (uint16_t)slot;
        out->is_valid[i] = shape != 0 && template->shape == shape &&
                           decode_row(template, number_max, row, out, i);
    }
}

static size_t
add_rows(struct partial_sums *partial, const struct summed_rows *rows,
         size_t row, size_t end, int64_t from_ms, struct added_sums *sums)
{
    while (row < end && column_add_one(partial, rows, row, from_ms, sums))
        row++;
    return row;
}

const struct kernels kernels_scalar = {
    .name = "scalar",
    .split_rows = split_rows,
    .decode_rows = decode_rows,
    .add_rows = add_rows,
    .count_within = column_count_within,
    .count_matching = column_count_matching,
    .unpack_stream = column_unpack_stream,
    .accumulate = column_accumulate,
    COLUMN_LOOPS,
};
