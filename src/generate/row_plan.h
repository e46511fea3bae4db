/*
 * row_plan.h - which reading is in which row, file and block.
 *
 * Arithmetic only. Rows are numbered from 0 over all files. Both orders hold
 * the same set of readings:
 *
 *     time order:    step 0 of every device, step 1 of every device, ...
 *     device order:  all steps of device 0, all steps of device 1, ...
 *
 * A block is the unit of work: consecutive rows of one file. Each file has
 * at least one block, so that it gets its header.
 */
#ifndef GENERATE_ROW_PLAN_H
#define GENERATE_ROW_PLAN_H

#include <stdbool.h>
#include <stdint.h>

enum { ROW_BLOCK_ROWS = 8192 };

struct row_plan {
    uint64_t n_devices;
    uint64_t n_rows;
    uint64_t n_files;
    bool by_device; /* device order */
};

/* Where a row's reading comes from. */
struct row_place {
    uint64_t device;
    uint64_t step;
};

struct row_range {
    uint64_t file; /* from 0 */
    uint64_t first;
    uint64_t n;    /* may be 0 */
    bool is_first; /* of its file */
    bool is_last;  /* of its file */
};

/* How many readings a device has. */
uint64_t row_plan_steps(const struct row_plan *plan, uint64_t device);

/* The place of a row below n_rows. */
struct row_place row_plan_place(const struct row_plan *plan, uint64_t row);

/* The place of the row after this one. */
void row_plan_next(const struct row_plan *plan, struct row_place *place);

uint64_t row_plan_count_blocks(const struct row_plan *plan);

/* The rows of a block, counted from 0 over all files. */
struct row_range row_plan_block(const struct row_plan *plan, uint64_t block);

#endif
