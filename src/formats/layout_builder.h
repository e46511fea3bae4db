/*
 * layout_builder.h - from a row the reference parser has approved to a
 * layout for all rows of its shape.
 */
#ifndef FORMATS_LAYOUT_BUILDER_H
#define FORMATS_LAYOUT_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/csv_schema.h"
#include "simd/row_layout.h"

/* Which of a layout's three numbers is which column; see schema. */
struct layout_plan {
    bool is_possible; /* rows of this schema can have layouts */
    uint8_t delimiter, decimal;
    uint8_t n_numbers;
    uint8_t role_of_number[LAYOUT_NUMBERS]; /* enum csv_role */
    bool may_be_negative[LAYOUT_NUMBERS];
    int64_t number_max[LAYOUT_NUMBERS]; /* thousandths */
};

void layout_plan_init(struct layout_plan *plan,
                      const struct csv_schema *schema);

/*
 * Makes the layout of a row that is a reading by the reference parser. The
 * row ends with LF and is followed by readable bytes up to 64 from its start.
 * False when rows like this one must stay with the reference parser.
 */
bool layout_build(struct row_layout *layout, const struct csv_schema *schema,
                  const struct layout_plan *plan, const uint8_t *row,
                  size_t len);

#endif
