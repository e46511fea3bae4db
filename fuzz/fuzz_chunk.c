/*
 * fuzz_chunk.c - libFuzzer target: any bytes as a chunk and as a summary.
 *
 * The first byte chooses the kernels. What can be decoded must be the same
 * with plain C, and the same once more when it is encoded anew. Bytes lie in
 * a buffer of their exact length, so that reading beyond it is found.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/chunk.h"
#include "codec/summary.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_VALUE (INT64_C(1) << 61) /* of column_encode */

static void
must(bool condition, const char *what)
{
    if (condition)
        return;
    fprintf(stderr, "fuzz_chunk: %s\n", what);
    abort();
}

static bool
is_same(const struct block *a, const struct block *b)
{
    if (a->columns != b->columns || a->n_rows != b->n_rows)
        return false;
    for (int c = 0; c < BLOCK_N_COLUMNS; c++) {
        if ((a->columns & BLOCK_BIT(c)) != 0 &&
            memcmp(a->column[c], b->column[c], a->n_rows * 8) != 0)
            return false;
    }
    return true;
}

/* Whether these values are what an encoder may be given. */
static bool
is_encodable(const struct block *block)
{
    for (int c = 0; c < BLOCK_N_COLUMNS; c++) {
        if ((block->columns & BLOCK_BIT(c)) == 0)
            continue;
        for (size_t i = 0; i < block->n_rows; i++) {
            int64_t value = block->column[c][i];
            if (value > MAX_VALUE || value < -MAX_VALUE)
                return false;
        }
    }
    return true;
}

static void
encode_again(const struct kernels *kernels, struct block *block,
             struct block *other, bool is_quick)
{
    static uint8_t room[BLOCK_MAX_BYTES];
    size_t len = block_encode(kernels, block, is_quick, room);
    uint8_t *bytes = malloc(len);
    must(bytes != NULL && len <= sizeof(room), "a block is too long");
    memcpy(bytes, room, len);
    must(block_decode(kernels, bytes, len, block->n_rows, UINT32_MAX, other,
                      NULL),
         "a block cannot be decoded that was just encoded");
    if (other->exponent != block->exponent) {
        block_to_nano(block);
        block_to_nano(other);
    }
    must(is_same(block, other), "a block changes when it is encoded");
    free(bytes);
}

static void
try_chunk(const struct kernels *kernels, const uint8_t *data, size_t size)
{
    static struct block block, plain;
    struct chunk chunk;
    if (!chunk_open(&chunk, data, size))
        return;
    for (size_t i = 0; i < chunk.n_blocks; i++) {
        bool is_good = chunk_decode(&chunk, kernels, i, UINT32_MAX, &block);
        must(chunk_decode(&chunk, &kernels_scalar, i, UINT32_MAX, &plain) ==
                 is_good,
             "kernels differ about damage");
        if (!is_good)
            continue;
        must(is_same(&block, &plain), "kernels differ about values");
        if (is_encodable(&block)) {
            encode_again(kernels, &block, &plain, i % 2 == 0);
        }
    }
}

static void
try_summary(const uint8_t *data, size_t size)
{
    struct summary summary = {0};
    int status = summary_decode(data, size, &summary);
    must(status != WATTLE_ERR_MEMORY, "a summary asks for much memory");
    if (status == WATTLE_OK)
        status = summary_decode(data, size, &summary);
    summary_release(&summary);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const struct kernels *kernels = kernels_for(data[0] % 4);
    uint8_t *exact = malloc(size);
    must(exact != NULL, "no memory");
    memcpy(exact, data + 1, size - 1);
    exact = realloc(exact, size > 1 ? size - 1 : 1);
    try_chunk(kernels != NULL ? kernels : &kernels_scalar, exact, size - 1);
    try_summary(exact, size - 1);
    free(exact);
    return 0;
}
