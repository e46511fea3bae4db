/*
 * chunk.c - the directory of a chunk, written and read.
 *
 * Every length in the directory is checked against the bytes that are there
 * before anything is read: a checksum does not stop somebody who means harm.
 */
#include "codec/chunk.h"

#include <string.h>

#include "base/civil_time.h"
#include "base/byte_io.h"
#include "codec/block_check.h"

/* Of a block, in the directory. */
#define MAX_ENTRY_BYTES (4 * 10 + 1 + 2 * 19)

/* Sums that later programs append are passed over. */
static void
get_sums(struct byte_reader *in, struct chunk_block *block)
{
    const uint64_t len = byte_get_count(in);
    const uint8_t *bytes = byte_take(in, len);
    if (bytes == NULL)
        return;
    struct byte_reader sums = {bytes, bytes + len, false};
    block->power_nw = byte_get_signed_wide(&sums);
    block->energy = byte_get_signed_wide(&sums);
    in->failed = in->failed || sums.failed;
}

/* Returns where the sums end. */
static uint8_t *
put_sums(uint8_t *to, const struct chunk_block *block)
{
    uint8_t *begin = to++; /* the length has one byte */
    to = byte_put_signed_wide(to, block->power_nw);
    to = byte_put_signed_wide(to, block->energy);
    *begin = (uint8_t)(to - begin - 1);
    return to;
}

bool
chunk_open(struct chunk *chunk, const void *bytes, size_t len)
{
    struct byte_reader in = {bytes, (const uint8_t *)bytes + len, false};
    chunk->bytes = bytes;
    chunk->len = len;
    chunk->n_rows = 0;
    unsigned version = byte_get(&in);
    chunk->n_blocks = byte_get(&in);
    if (version != CHUNK_VERSION || chunk->n_blocks == 0 ||
        chunk->n_blocks > CHUNK_BLOCKS)
        return false;
    int64_t last_ms = 0;
    for (size_t i = 0; i < chunk->n_blocks; i++) {
        struct chunk_block *b = &chunk->blocks[i];
        *b = (struct chunk_block){.n_rows = byte_get_count(&in)};
        uint64_t begin = (uint64_t)last_ms + (uint64_t)byte_get_signed(&in);
        uint64_t span = byte_get_count(&in);
        b->len = byte_get_count(&in);
        get_sums(&in, b);
        b->first_ms = (int64_t)begin;
        if (b->n_rows == 0 || b->n_rows > BLOCK_ROWS || b->len > len ||
            b->first_ms < CIVIL_MIN_MS || b->first_ms > CIVIL_MAX_MS ||
            span > (uint64_t)(CIVIL_MAX_MS - b->first_ms) ||
            (i > 0 && b->first_ms <= last_ms))
            return false;
        b->last_ms = b->first_ms + (int64_t)span;
        last_ms = b->last_ms;
        chunk->n_rows += b->n_rows;
    }
    for (size_t i = 0; i < chunk->n_blocks && !in.failed; i++) {
        chunk->blocks[i].offset = (size_t)(in.at - (const uint8_t *)bytes);
        byte_take(&in, chunk->blocks[i].len);
    }
    return !in.failed && in.at == in.end;
}

/* Times must ascend and be those of the directory. */
static bool
has_good_times(const struct chunk_block *entry, const struct block *block,
               const struct kernels *kernels)
{
    const int64_t *time_ms = block->column[BLOCK_TIME];
    return kernels->ascends(time_ms, block->n_rows) &&
           time_ms[0] == entry->first_ms &&
           time_ms[block->n_rows - 1] == entry->last_ms;
}

bool
chunk_decode(const struct chunk *chunk, const struct kernels *kernels,
             size_t number, unsigned wanted, struct block *block)
{
    const struct chunk_block *entry = &chunk->blocks[number];
    const uint8_t *bytes = chunk->bytes + entry->offset;
    unsigned stored;
    if ((wanted & BLOCK_VALUES) != 0) /* which of them mean something */
        wanted |= BLOCK_BIT(BLOCK_PRESENCE);
    return block_decode(kernels, bytes, entry->len, entry->n_rows, wanted,
                        block, &stored) &&
           has_good_times(entry, block, kernels) &&
           block_check(kernels, block, stored);
}

int
chunk_writer_add(struct chunk_writer *writer, const struct kernels *kernels,
                 const struct block *block, const struct chunk_block *sums)
{
    if (buffer_reserve(&writer->body, BLOCK_MAX_BYTES) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    uint8_t *to = (uint8_t *)writer->body.data + writer->body.len;
    size_t len = block_encode(kernels, block, false, to);
    struct chunk_block *entry = &writer->blocks[writer->n_blocks++];
    *entry = *sums;
    entry->n_rows = block->n_rows;
    entry->first_ms = block->column[BLOCK_TIME][0];
    entry->last_ms = block->column[BLOCK_TIME][block->n_rows - 1];
    entry->len = len;
    writer->body.len += len;
    writer->n_rows += block->n_rows;
    return WATTLE_OK;
}

int
chunk_writer_finish(struct chunk_writer *writer, struct buffer *out)
{
    uint8_t head[2 + CHUNK_BLOCKS * MAX_ENTRY_BYTES];
    uint8_t *to = head;
    int64_t last_ms = 0;
    *to++ = CHUNK_VERSION;
    *to++ = (uint8_t)writer->n_blocks;
    for (size_t i = 0; i < writer->n_blocks; i++) {
        const struct chunk_block *b = &writer->blocks[i];
        to = byte_put_count(to, b->n_rows);
        to = byte_put_signed(to, b->first_ms - last_ms);
        to = byte_put_count(to, (uint64_t)(b->last_ms - b->first_ms));
        to = byte_put_count(to, b->len);
        to = put_sums(to, b);
        last_ms = b->last_ms;
    }
    int status = buffer_append(out, head, (size_t)(to - head));
    if (status == WATTLE_OK)
        status = buffer_append(out, writer->body.data, writer->body.len);
    writer->body.len = 0;
    writer->n_blocks = 0;
    writer->n_rows = 0;
    return status;
}

void
chunk_writer_release(struct chunk_writer *writer)
{
    buffer_release(&writer->body);
    *writer = (struct chunk_writer){0};
}
