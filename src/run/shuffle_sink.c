/*
 * shuffle_sink.c - every row is kept: an import filters nothing.
 *
 * The rows of a split are gathered under the split's own numbers of devices;
 * scan_number_devices maps them later.
 */
#include "run/shuffle_sink.h"

#include <stdlib.h>

#include "base/error.h"

static void
discard(void *context)
{
    struct shuffle_split *state = context;
    if (state == NULL)
        return;
    shuffle_free(state->rows);
    free(state);
}

static int
open_split(void *context, const struct sink_split *split, void **out,
           struct wattle_error *error)
{
    const struct shuffle_sink *sink = context;
    struct shuffle_split *state = calloc(1, sizeof(*state));
    *out = state;
    if (state == NULL)
        return error_memory(error);
    state->split = *split;
    state->rows = shuffle_new(sink->kernels, sink->max_bytes);
    return state->rows != NULL ? WATTLE_OK : error_memory(error);
}

static int
add(void *context, struct batch *batch, struct wattle_error *error)
{
    struct shuffle_split *state = context;
    state->split.tally->n_rounded += batch_count_rounded(batch);
    return batch->n_rows > 0 ? shuffle_add(state->rows, batch, error)
                             : WATTLE_OK;
}

static int
seal(void *context, struct wattle_error *error)
{
    struct shuffle_split *state = context;
    return shuffle_finish(state->rows, error);
}

const struct sink_ops shuffle_sink_ops = {
    .name = "shuffle",
    .least_rejects = REJECT_KEEP_SOME,
    .wants_sources = true,
    .open = open_split,
    .add = add,
    .seal = seal,
    .discard = discard,
};
