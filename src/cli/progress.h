/*
 * progress.h - a progress bar on stderr, for work of more than a second, on
 * a terminal only.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
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

/* Asks the work how far it is; called from another thread. */
typedef void (*progress_read)(const void *work, uint64_t *done,
                              uint64_t *total);

/* A bar that a thread of its own draws while the work goes on. */
struct progress_watch {
    pthread_t thread;
    bool is_running;
    _Atomic bool is_done;
    struct progress progress;
    progress_read read;
    const void *work;
};

void progress_watch_begin(struct progress_watch *watch, progress_read read,
                          const void *work, bool is_wanted);
void progress_watch_end(struct progress_watch *watch);

/* Ctrl-C takes the bar away and ends the program with status 130. */
void progress_clear_on_interrupt(void);

#endif
