/*
 * template_builder.h - from a row the reference parser has approved to a
 * template for all rows of its shape.
 */
#ifndef FORMATS_TEMPLATE_BUILDER_H
#define FORMATS_TEMPLATE_BUILDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/csv_schema.h"
#include "simd/row_template.h"

/* Which of a template's three numbers is which column; see schema. */
struct template_plan {
    bool is_possible; /* rows of this schema can have templates */
    uint8_t delimiter, decimal;
    uint8_t n_numbers;
    uint8_t role_of_number[TEMPLATE_NUMBERS]; /* enum csv_role */
    bool may_be_negative[TEMPLATE_NUMBERS];
    int64_t number_max[TEMPLATE_NUMBERS]; /* thousandths */
};

void template_plan_init(struct template_plan *plan,
                        const struct csv_schema *schema);

/*
 * Makes the template of a row that is a reading by the reference parser. The
 * row ends with LF and is followed by readable bytes up to 64 from its start.
 * False when rows like this one must stay with the reference parser.
 */
bool template_build(struct row_template *template,
                    const struct csv_schema *schema,
                    const struct template_plan *plan, const uint8_t *row,
                    size_t len);

#endif
