/*
 * block_pipe.h - many threads make blocks, which leave in order.
 *
 * Blocks are numbered from 0. Each is made into one of a few slots by any
 * thread; the one that finishes the block that is next in line writes it and
 * all that are ready behind it, while the others go on making. Nobody waits
 * unless all slots are full.
 */
#ifndef GENERATE_BLOCK_PIPE_H
#define GENERATE_BLOCK_PIPE_H

#include <stdint.h>

#include "wattle/error.h"

struct block_pipe_work {
    void *context;
    /* Fills a slot with a block. Worker numbers are below n_workers; worker
     * 0 is the calling thread. 0, or a negative status that ends the run, with
     * the error set. */
    int (*make)(void *context, unsigned worker, unsigned slot, uint64_t block,
                struct wattle_error *error);
    /* Takes a block out of its slot; in order, one call at a time, on the
     * thread of any worker. The same statuses. */
    int (*take)(void *context, unsigned worker, unsigned slot, uint64_t block,
                struct wattle_error *error);
    /* Called now and then on the calling thread; may be NULL. */
    void (*progress)(void *context, uint64_t n_taken);
};

/*
 * Runs until all blocks are taken or something failed; returns 0 or the
 * first failure, with *error filled. n_workers and n_slots are at least 1;
 * fewer threads are used where the system gives no more.
 */
int block_pipe_run(const struct block_pipe_work *work, uint64_t n_blocks,
                   unsigned n_workers, unsigned n_slots,
                   struct wattle_error *error);

#endif
