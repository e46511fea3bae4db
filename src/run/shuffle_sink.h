/*
 * shuffle_sink.h - batches of an import are sorted by device, for the store to
 * merge.
 */
#ifndef RUN_SHUFFLE_SINK_H
#define RUN_SHUFFLE_SINK_H

#include <stddef.h>

#include "run/sink.h"
#include "sort/shuffle.h"

struct shuffle_sink {
    const struct kernels *kernels;
    size_t max_bytes; /* of memory for the rows of a split */
};

/* The state of a split. */
struct shuffle_split {
    struct sink_split split;
    struct shuffle *rows; /* by the split's numbers of devices */
};

/* `sink` is a struct shuffle_sink, `state` a struct shuffle_split. */
extern const struct sink_ops shuffle_sink_ops;

#endif
