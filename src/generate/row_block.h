/*
 * row_block.h - the text of one block of rows.
 *
 * A block depends on the plan and its number only, so blocks can be made in
 * any order and on any thread. A struct row_recipe is shared and read-only; a
 * struct row_maker belongs to one thread.
 */
#ifndef GENERATE_ROW_BLOCK_H
#define GENERATE_ROW_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "generate/defects.h"
#include "generate/device_listing.h"
#include "generate/home_model.h"
#include "generate/conditions.h"
#include "generate/reading_text.h"
#include "generate/row_plan.h"

struct row_recipe {
    struct row_plan plan;
    struct device_listing table;
    struct reading_text text;
    struct defects defects;
    bool is_dirty;
    int64_t start_s; /* first timestamp, seconds since 1970 */
    int64_t interval_s;
};

struct row_maker {
    const struct row_recipe *source; /* borrowed */
    struct home home;
    struct conditions conditions;
    uint64_t step; /* the conditions are about */
    bool has_step;
};

void row_block_init(struct row_maker *maker, const struct row_recipe *source,
                    uint64_t seed, int mains_v);

/*
 * Replaces *out by the text of a block (with the header where a file begins)
 * and *tally by what was put in. 0, or WATTLE_ERR_MEMORY.
 */
int row_block_make(struct row_maker *maker, uint64_t block, struct buffer *out,
                   struct defect_tally *tally);

#endif
