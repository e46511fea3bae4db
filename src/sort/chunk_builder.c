/*
 * chunk_builder.c - fills blocks; full ones go through the builder of rollups
 * into the chunk.
 *
 * Rows of one device go in, in ascending time; chunks, summaries and rollups
 * come out, the same bytes for the same rows however they were handed in.
 */
#include "sort/chunk_builder.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/quotient.h"
#include "codec/summary.h"
#include "wattle/error.h"

void
built_chunk_release(struct built_chunk *chunk)
{
    buffer_release(&chunk->summary);
    buffer_release(&chunk->data);
    free(chunk->ended.days);
    *chunk = (struct built_chunk){0};
}

struct chunk_builder *
chunk_builder_new(const struct kernels *kernels, const struct wattle_zone *zone,
                  int64_t max_gap_ms, built_chunk_take take, void *context)
{
    struct chunk_builder *b = aligned_alloc(64, sizeof(*b));
    if (b == NULL)
        return NULL;
    memset(b, 0, offsetof(struct chunk_builder, block));
    b->kernels = kernels;
    b->take = take;
    b->context = context;
    if (rollup_builder_init(&b->rollups, kernels, zone, max_gap_ms) !=
            WATTLE_OK ||
        chunk_builder_reset(b) != WATTLE_OK) {
        chunk_builder_free(b);
        return NULL;
    }
    return b;
}

int
chunk_builder_reset(struct chunk_builder *b)
{
    b->writer.body.len = 0;
    b->writer.n_blocks = b->writer.n_rows = 0;
    b->block.n_rows = 0;
    b->block.columns = 0;
    b->block.exponent = BLOCK_MILLI;
    b->n_duplicates = b->n_rounded = 0;
    b->measures = 0;
    b->power_nw = b->energy = 0;
    return rollup_builder_reset(&b->rollups);
}

void
chunk_builder_free(struct chunk_builder *b)
{
    if (b == NULL)
        return;
    rollup_builder_release(&b->rollups);
    chunk_writer_release(&b->writer);
    free(b);
}

/* Shown to people only; answers come from the summary. */
static void
set_figures(struct built_chunk *chunk, const struct device_totals *a)
{
    const struct totals_extra *extra = a->extra;
    const struct int256 none = int256_from(0);
    uint64_t n_power = a->n_readings - (extra != NULL ? extra->n_energy : 0);
    bool is_narrow = n_power > 0 && (extra == NULL || extra->n_wide == 0);
    chunk->energy_kwh =
        quotient_kwh(a->energy, extra != NULL ? extra->energy : none);
    chunk->mean_power_w = chunk->min_power_w = chunk->max_power_w = NAN;
    if (is_narrow) {
        chunk->mean_power_w = int128_ratio(a->sum_nw, n_power) / 1e9;
        chunk->min_power_w = (double)a->min_nw / 1e9;
        chunk->max_power_w = (double)a->max_nw / 1e9;
    }
}

static int
finish_chunk(struct chunk_builder *b)
{
    struct built_chunk chunk = {
        .first_ms = b->writer.blocks[0].first_ms,
        .last_ms = b->writer.blocks[b->writer.n_blocks - 1].last_ms,
        .n_readings = b->writer.n_rows,
        .n_duplicates = b->n_duplicates,
        .n_rounded = b->n_rounded,
        .measures = b->measures,
    };
    struct device_totals totals = {0};
    struct totals_first first = {0};
    struct profile profile;
    int status = rollup_builder_cut(&b->rollups, &totals, &first, &profile);
    if (status == WATTLE_OK)
        status = summary_encode(&totals, &first, &profile, 0, &chunk.summary);
    if (status == WATTLE_OK)
        status = chunk_writer_finish(&b->writer, &chunk.data);
    if (status == WATTLE_OK)
        set_figures(&chunk, &totals);
    free(totals.extra);
    aggregate_release(&first.states);
    profile_release(&profile);
    b->n_duplicates = b->n_rounded = 0;
    b->measures = 0;
    b->power_nw = b->energy = 0;
    buffer_trim(&chunk.summary);
    buffer_trim(&chunk.data);
    chunk.ended = rollup_builder_take(&b->rollups);
    if (status == WATTLE_OK)
        return b->take(b->context, &chunk);
    built_chunk_release(&chunk);
    return status;
}

static uint64_t
sum_column(const struct block *block, unsigned column)
{
    uint64_t sum = 0;
    if ((block->columns & BLOCK_BIT(column)) == 0)
        return 0;
    for (size_t i = 0; i < block->n_rows; i++)
        sum += (uint64_t)block->column[column][i];
    return sum;
}

/* Columns that say nothing are not stored. */
static void
drop_idle_columns(struct block *block)
{
    for (unsigned c = BLOCK_DUPLICATES; c <= BLOCK_ROUNDED; c++) {
        if (sum_column(block, c) == 0)
            block->columns &= ~BLOCK_BIT(c);
    }
    if ((block->columns & BLOCK_BIT(BLOCK_PRESENCE)) == 0)
        return;
    unsigned any = 0, all = UINT32_MAX;
    for (size_t i = 0; i < block->n_rows; i++) {
        any |= block_presence(block, i);
        all &= block_presence(block, i);
    }
    block->columns &= ~BLOCK_VALUES | any << BLOCK_VALUE;
    if (any == all)
        block->columns &= ~BLOCK_BIT(BLOCK_PRESENCE);
}

static int
finish_block(struct chunk_builder *b)
{
    struct chunk_block sums = {0};
    uint32_t presence[BLOCK_ROWS];
    const struct batch_view rows =
        block_view(&b->block, 0, b->block.n_rows, block_no_device, presence);
    int status = rollup_builder_add(&b->rollups, &rows);
    if (status != WATTLE_OK)
        return status;
    rollup_builder_read(&b->rollups, &sums.power_nw, &sums.energy);
    sums.power_nw -= b->power_nw;
    sums.energy -= b->energy;
    b->power_nw += sums.power_nw;
    b->energy += sums.energy;
    b->n_duplicates += sum_column(&b->block, BLOCK_DUPLICATES);
    b->n_rounded += sum_column(&b->block, BLOCK_ROUNDED);
    drop_idle_columns(&b->block);
    b->measures |= (b->block.columns & BLOCK_VALUES) >> BLOCK_VALUE;
    status = chunk_writer_add(&b->writer, b->kernels, &b->block, &sums);
    b->block.n_rows = 0;
    b->block.columns = 0;
    b->block.exponent = BLOCK_MILLI;
    if (status == WATTLE_OK && b->writer.n_blocks == CHUNK_BLOCKS)
        status = finish_chunk(b);
    return status;
}

int
chunk_builder_add(struct chunk_builder *b, const struct block *rows,
                  size_t first, size_t n_rows)
{
    const int64_t *time_ms = rows->column[BLOCK_TIME] + first;
    int status = WATTLE_OK;
    assert(b->kernels->ascends(time_ms, n_rows));
    assert(b->block.n_rows == 0 || n_rows == 0 ||
           time_ms[0] > b->block.column[BLOCK_TIME][b->block.n_rows - 1]);
    (void)time_ms;
    while (n_rows > 0 && status == WATTLE_OK) {
        size_t room = BLOCK_ROWS - b->block.n_rows;
        size_t n = n_rows < room ? n_rows : room;
        block_append(&b->block, rows, first, n);
        first += n;
        n_rows -= n;
        if (b->block.n_rows == BLOCK_ROWS)
            status = finish_block(b);
    }
    return status;
}

int
chunk_builder_finish(struct chunk_builder *b)
{
    int status = WATTLE_OK;
    if (b->block.n_rows > 0)
        status = finish_block(b);
    if (status == WATTLE_OK && b->writer.n_blocks > 0)
        status = finish_chunk(b);
    if (status == WATTLE_OK)
        status = rollup_builder_finish(&b->rollups);
    return status;
}
