/*
 * scheduler.h - the threads of a scan, and how they share the input.
 *
 * The first worker takes all of the input as one split; a worker without work
 * takes the second half of the longest rest there is. So there are about as
 * many splits as threads, each a contiguous part of the input, and no worker
 * waits.
 */
#ifndef RUN_SCHEDULER_H
#define RUN_SCHEDULER_H

#include "run/split.h"

/*
 * Runs a scan with n_threads (the calling thread is one of them) and puts
 * right what splits guessed wrong. *splits gets them in input order, also on
 * failure. spent_ns: [N_STAGES] to add to, or NULL = do not measure, and
 * leave no trace. 0, or the status of the first failure with the error set.
 */
int scheduler_run(struct split_shared *shared, int n_threads,
                  struct split **splits, int64_t *spent_ns,
                  struct wattle_error *error);

#endif
