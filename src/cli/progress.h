/*
 * progress.h - a progress bar on stderr, for work of more than a second, on
 * a terminal only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
    bool is_wanted;
    bool is_drawn;
    struct timespec begun;
    double drawn_s;
};

/* Begins the clock; nothing is drawn unless wanted and on a terminal. */
void progress_begin(struct progress *progress, bool is_wanted);

/* Draws when it is time to: after a second, then ten times a second. */
void progress_update(struct progress *progress, uint64_t done, uint64_t total);

/* Takes the bar away again. */
void progress_end(struct progress *progress);

#endif
