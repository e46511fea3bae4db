/*
 * progress.c - one line, drawn over and over.
 */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
progress_begin(struct progress *progress, bool is_wanted)
{
    const char *terminal = getenv("TERM");
    bool is_dumb = terminal != NULL && strcmp(terminal, "dumb") == 0;
    *progress = (struct progress){.is_wanted = is_wanted && !is_dumb &&
                                               isatty(STDERR_FILENO)};
    clock_gettime(CLOCK_MONOTONIC, &progress->begun);
}

static double
seconds_since(const struct timespec *begun)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - begun->tv_sec) +
           (double)(now.tv_nsec - begun->tv_nsec) * 1e-9;
}

void
progress_update(struct progress *progress, uint64_t done, uint64_t total)
{
    enum { WIDTH = 30 };
    static const char full[] = "##############################";
    double now_s = seconds_since(&progress->begun);
    bool is_soon = progress->is_drawn && now_s - progress->drawn_s < 0.1;
    if (!progress->is_wanted || now_s < 1.0 || is_soon || total == 0 ||
        done == 0)
        return;
    double share = done < total ? (double)done / (double)total : 1.0;
    int n_full = (int)(share * WIDTH);
    fprintf(stderr, "\r[%.*s%*s] %3.0f %%, %.0f s left \033[K", n_full, full,
            WIDTH - n_full, "", share * 100, now_s / share - now_s);
    fflush(stderr);
    progress->drawn_s = now_s;
    progress->is_drawn = true;
}

void
progress_end(struct progress *progress)
{
    if (progress->is_drawn)
        fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}
