/*
 * sink.h - where the batches of a scan go: into totals, or to be sorted for a
 * database.
 *
 * A scan cuts its input into splits, each read by one thread. For each split it
 * opens a state of the sink, adds batches in input order, and seals it when
 * the split has been read to its end. A split that began in the wrong place is
 * read again: its state is discarded and another one opened. When the scan has
 * ended, its caller takes the sealed states out of the list of splits.
 */
#ifndef RUN_SINK_H
#define RUN_SINK_H

#include "formats/reject_log.h"
#include "model/batch.h"
#include "model/registry.h"
#include "model/tally.h"
#include "wattle/error.h"

/* What the state of a split may look at. */
struct sink_split {
    const struct registry *devices; /* numbers of batches; grows meanwhile */
    struct tally *tally; /* n_filtered and n_rounded are the sink's */
};

struct sink_ops {
    const char *name;
    enum reject_keep least_rejects; /* raw lines to keep, unless all are */
    bool wants_sources;             /* note what came of each source */
    /*
     * Opens the state of a split, on the thread that reads it. 0, or a status
     * with the error set; *state is discarded in any case.
     */
    int (*open)(void *sink, const struct sink_split *split, void **state,
                struct wattle_error *error);
    /* Takes the rows of a batch; may change the batch. The same statuses. */
    int (*add)(void *state, struct batch *batch, struct wattle_error *error);
    /* Nothing more is added. The same statuses. */
    int (*seal)(void *state, struct wattle_error *error);
    /* Frees a state, or NULL. */
    void (*discard)(void *state);
};

#endif
