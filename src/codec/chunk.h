/*
 * chunk.h - some tens of thousands of readings of one device as one blob.
 *
 * A chunk is a directory of its blocks, then the blocks. The directory has
 * what is needed to decode nothing: row counts, time ranges, and for each
 * block the sum of power and the energy of the steps that end in it. The
 * bytes are described in docs/format.md.
 */
#ifndef CODEC_CHUNK_H
#define CODEC_CHUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/wide_int.h"
#include "codec/block.h"
#include "wattle/error.h"

#define CHUNK_VERSION 2
#define CHUNK_BLOCKS  32 /* in a full chunk */
#define CHUNK_ROWS    (CHUNK_BLOCKS * BLOCK_ROWS)

struct chunk_block {
    size_t n_rows;
    int64_t first_ms, last_ms;
    int128 power_nw; /* of the readings with a narrow power */
    int128 energy;   /* units of profile.h: steps ending here, in the chunk */
    size_t offset, len; /* of its bytes in the chunk */
};

/* The directory of a chunk. */
struct chunk {
    const uint8_t *bytes; /* borrowed */
    size_t len;
    size_t n_blocks, n_rows;
    struct chunk_block blocks[CHUNK_BLOCKS];
};

/* Reads the directory; false when it is not one. */
bool chunk_open(struct chunk *chunk, const void *bytes, size_t len);

/* Decodes the wanted columns of a block; false when it is damaged. */
bool chunk_decode(const struct chunk *chunk, const struct kernels *kernels,
                  size_t number, unsigned wanted, struct block *block);

/* A chunk in the making. Zero-initialised is empty. */
struct chunk_writer {
    struct buffer body;
    size_t n_blocks, n_rows;
    struct chunk_block blocks[CHUNK_BLOCKS];
};

/* Appends a block; *sums has power_nw and energy. 0 or WATTLE_ERR_MEMORY. */
int chunk_writer_add(struct chunk_writer *writer, const struct kernels *kernels,
                     const struct block *block, const struct chunk_block *sums);

/*
 * Appends the chunk to `out` and empties the writer, in any case. 0 or
 * WATTLE_ERR_MEMORY.
 */
int chunk_writer_finish(struct chunk_writer *writer, struct buffer *out);

void chunk_writer_release(struct chunk_writer *writer);

#endif
