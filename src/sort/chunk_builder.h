/*
 * chunk_builder.h - ascending readings of one device become chunks.
 *
 * All functions that return int give 0, WATTLE_ERR_MEMORY, or the status that
 * built_chunk_take returned.
 */
#ifndef SORT_CHUNK_BUILDER_H
#define SORT_CHUNK_BUILDER_H

#include <stdint.h>

#include "base/buffer.h"
#include "codec/chunk.h"
#include "analytics/rollup_builder.h"

/* A finished chunk, as the database keeps it. */
struct built_chunk {
    int64_t first_ms, last_ms;
    uint64_t n_readings, n_duplicates, n_rounded;
    uint32_t measures; /* that any reading has */
    double energy_kwh, mean_power_w, min_power_w, max_power_w; /* or NaN */
    struct buffer summary, data;
    struct day_sums ended; /* days that no later reading can change */
};

void built_chunk_release(struct built_chunk *chunk);

/* Takes a finished chunk, which is the callee's then. 0 or a status. */
typedef int (*built_chunk_take)(void *context, struct built_chunk *chunk);

struct chunk_builder {
    const struct kernels *kernels;
    built_chunk_take take;
    void *context;
    struct rollup_builder rollups;
    struct chunk_writer writer;
    uint64_t n_duplicates, n_rounded; /* of the chunk */
    uint32_t measures;                /* the same */
    int128 power_nw, energy;          /* of its blocks so far */
    struct block block;               /* last: it is large */
};

/*
 * On the heap, since a block is large; NULL = no memory. zone, max_gap_ms: of
 * the sums.
 */
struct chunk_builder *chunk_builder_new(const struct kernels *kernels,
                                        const struct wattle_zone *zone,
                                        int64_t max_gap_ms,
                                        built_chunk_take take, void *context);
void chunk_builder_free(struct chunk_builder *builder);

/* Forgets everything, to begin with another device. */
int chunk_builder_reset(struct chunk_builder *builder);

/* Adds rows of a block that are later than all before. */
int chunk_builder_add(struct chunk_builder *builder, const struct block *rows,
                      size_t first, size_t n_rows);

/* Ends the last chunk and the days; `rollups` has those not in a chunk. */
int chunk_builder_finish(struct chunk_builder *builder);

#endif
