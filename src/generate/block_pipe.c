/*
 * block_pipe.c - a ring of slots under one mutex.
 *
 * Invariant: n_taken <= n_given <= n_taken + n_slots. Block b lives in slot
 * b % n_slots from when it is given to a worker until it is taken, so a slot
 * never holds two. `is_taking` is set by the one thread that takes.
 */
#include "generate/block_pipe.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/pool.h"

struct pipe_state {
    const struct block_pipe_work *work;
    uint64_t n_blocks;
    unsigned n_slots;

    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t moved; /* a slot became free, or the run has failed */
    uint64_t n_given;
    uint64_t n_taken;
    bool is_taking;
    bool *is_ready; /* by slot */
    int status;     /* of the first failure */
    struct wattle_error error;
};

/* Remembers the first failure. The lock is held. */
static void
fail(struct pipe_state *state, int status, const struct wattle_error *error)
{
    if (state->status == WATTLE_OK) {
        state->status = status;
        state->error = *error;
    }
    pthread_cond_broadcast(&state->moved);
}

/* Takes what is ready, in order. The lock is held, and let go meanwhile. */
static void
take_ready(struct pipe_state *state, unsigned worker)
{
    if (state->is_taking)
        return;
    state->is_taking = true;
    while (state->status == WATTLE_OK) {
        unsigned slot = (unsigned)(state->n_taken % state->n_slots);
        if (!state->is_ready[slot])
            break;
        struct wattle_error error = {0};
        uint64_t block = state->n_taken;
        pthread_mutex_unlock(&state->lock);
        int status = state->work->take(state->work->context, worker, slot,
                                       block, &error);
        pthread_mutex_lock(&state->lock);
        if (status != WATTLE_OK) {
            fail(state, status, &error);
            break;
        }
        state->is_ready[slot] = false;
        state->n_taken++;
        pthread_cond_broadcast(&state->moved);
    }
    state->is_taking = false;
}

/* Waits for a free slot; false when there is no more work. Lock held. */
static bool
wait_for_block(struct pipe_state *state, uint64_t *block)
{
    for (;;) {
        if (state->status != WATTLE_OK || state->n_given == state->n_blocks)
            return false;
        if (state->n_given < state->n_taken + state->n_slots)
            break;
        pthread_cond_wait(&state->moved, &state->lock);
    }
    *block = state->n_given++;
    return true;
}

/* A pool_work. */
static void
work_on(void *context, unsigned worker)
{
    struct pipe_state *state = context;
    const struct block_pipe_work *work = state->work;
    uint64_t block = 0;
    pthread_mutex_lock(&state->lock);
    while (wait_for_block(state, &block)) {
        uint64_t n_taken = state->n_taken;
        pthread_mutex_unlock(&state->lock);
        if (worker == 0 && work->progress != NULL)
            work->progress(work->context, n_taken);
        unsigned slot = (unsigned)(block % state->n_slots);
        struct wattle_error error = {0};
        int status = work->make(work->context, worker, slot, block, &error);
        pthread_mutex_lock(&state->lock);
        if (status != WATTLE_OK) {
            fail(state, status, &error);
            break;
        }
        state->is_ready[slot] = true;
        take_ready(state, worker);
    }
    pthread_mutex_unlock(&state->lock);
}

int
block_pipe_run(const struct block_pipe_work *work, uint64_t n_blocks,
               unsigned n_workers, unsigned n_slots, struct wattle_error *error)
{
    struct pipe_state state = {
        .work = work,
        .n_blocks = n_blocks,
        .n_slots = n_slots,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .moved = PTHREAD_COND_INITIALIZER,
    };
    state.is_ready = calloc(n_slots, sizeof(bool));
    int status = WATTLE_OK;
    if (state.is_ready == NULL) {
        status = error_memory(error);
    } else {
        pool_run(n_workers, work_on, &state);
        status = state.status;
        if (status != WATTLE_OK && error != NULL)
            *error = state.error;
    }
    pthread_cond_destroy(&state.moved);
    pthread_mutex_destroy(&state.lock);
    free(state.is_ready);
    return status;
}
