/*
 * scheduler.h - the threads of a pass, and how they share the input.
 *
 * The first worker takes all of the input as one lane; a worker without work
 * takes the second half of the longest rest there is. So there are about as
 * many lanes as threads, each a contiguous stretch, and no worker waits.
 */
#ifndef ENGINE_SCHEDULER_H
#define ENGINE_SCHEDULER_H

#include "engine/lane.h"

/*
 * Runs a pass with n_threads (the calling thread is one of them) and puts
 * right what lanes guessed wrong. *lanes gets them in input order, also on
 * failure. spent_ns: [N_STAGES] to add to, or NULL = do not measure, and
 * leave no trace.
 */
int scheduler_run(struct lane_shared *shared, int n_threads,
                  struct lane **lanes, int64_t *spent_ns,
                  struct wattle_error *error);

#endif
