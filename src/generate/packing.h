/*
 * packing.h - one block of text as a gzip member or a zstd frame.
 *
 * Members and frames may follow one another in a file, so blocks are packed
 * independently, each by the thread that made it.
 */
#ifndef GENERATE_PACKING_H
#define GENERATE_PACKING_H

#include "base/buffer.h"
#include "wattle/error.h"
#include "generate/generator.h"

/* Belongs to one thread. */
struct packing {
    enum generator_packing kind;
    void *state; /* z_stream or ZSTD_CCtx; NULL when there is none */
};

/* What a packed file's name ends with: "", ".gz" or ".zst". */
const char *packing_suffix(enum generator_packing kind);

/* 0, or WATTLE_ERR_MEMORY. */
int packing_init(struct packing *packing, enum generator_packing kind,
                 struct wattle_error *error);

/*
 * Replaces *out by the packed text; not for GENERATOR_PACK_NONE. 0, or
 * WATTLE_ERR_MEMORY.
 */
int packing_run(struct packing *packing, const struct buffer *text,
                struct buffer *out, struct wattle_error *error);

/* Harmless on zeroed memory. */
void packing_release(struct packing *packing);

#endif
