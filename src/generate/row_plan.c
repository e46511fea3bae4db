/*
 * row_plan.c - which rows belong to which device, file and block.
 *
 * Where rows do not divide evenly, the first devices have one reading more,
 * and the first files one row more. Everything is computed from row numbers,
 * without tables.
 */
#include "generate/row_plan.h"

uint64_t
row_plan_steps(const struct row_plan *plan, uint64_t device)
{
    uint64_t least = plan->n_rows / plan->n_devices;
    return least + (device < plan->n_rows % plan->n_devices ? 1 : 0);
}

struct row_place
row_plan_place(const struct row_plan *plan, uint64_t row)
{
    uint64_t n_devices = plan->n_devices;
    if (!plan->by_device)
        return (struct row_place){row % n_devices, row / n_devices};
    uint64_t least = plan->n_rows / n_devices;
    uint64_t n_longer = plan->n_rows % n_devices;
    uint64_t longer_rows = n_longer * (least + 1);
    if (row < longer_rows)
        return (struct row_place){row / (least + 1), row % (least + 1)};
    row -= longer_rows;
    return (struct row_place){n_longer + row / least, row % least};
}

void
row_plan_next(const struct row_plan *plan, struct row_place *place)
{
    if (plan->by_device) {
        place->step++;
        if (place->step == row_plan_steps(plan, place->device)) {
            place->step = 0;
            place->device++;
        }
        return;
    }
    place->device++;
    if (place->device == plan->n_devices) {
        place->device = 0;
        place->step++;
    }
}

static uint64_t
blocks_of(uint64_t n_rows)
{
    return n_rows == 0 ? 1 : (n_rows - 1) / ROW_BLOCK_ROWS + 1;
}

uint64_t
row_plan_count_blocks(const struct row_plan *plan)
{
    uint64_t least = plan->n_rows / plan->n_files;
    uint64_t n_longer = plan->n_rows % plan->n_files;
    return n_longer * blocks_of(least + 1) +
           (plan->n_files - n_longer) * blocks_of(least);
}

struct row_range
row_plan_block(const struct row_plan *plan, uint64_t block)
{
    uint64_t n_rows = plan->n_rows / plan->n_files + 1;
    uint64_t n_longer = plan->n_rows % plan->n_files;
    uint64_t longer_blocks = n_longer * blocks_of(n_rows);
    uint64_t file = 0;
    uint64_t file_row = 0;
    if (block >= longer_blocks) {
        block -= longer_blocks;
        file = n_longer;
        file_row = n_longer * n_rows;
        n_rows--;
    }
    uint64_t n_blocks = blocks_of(n_rows);
    uint64_t of_file = block % n_blocks;
    uint64_t skipped = of_file * ROW_BLOCK_ROWS;
    uint64_t left = n_rows - skipped;
    return (struct row_range){
        .file = file + block / n_blocks,
        .first = file_row + block / n_blocks * n_rows + skipped,
        .n = left < ROW_BLOCK_ROWS ? left : ROW_BLOCK_ROWS,
        .is_first = of_file == 0,
        .is_last = of_file == n_blocks - 1,
    };
}
