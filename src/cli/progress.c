/*
 * progress.c - one line on standard error, drawn over and over.
 *
 * It is drawn on a terminal only, after the first second, and erased when the
 * work ends or Ctrl-C comes. A thread of its own asks the library how far the
 * work is.
 */
#include "cli/progress.h"

#include <signal.h>
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

static void *
watch(void *context)
{
    struct progress_watch *w = context;
    const struct timespec pause = {0, 50000000};
    while (!atomic_load(&w->is_done)) {
        uint64_t done, total;
        nanosleep(&pause, NULL);
        w->read(w->work, &done, &total);
        progress_update(&w->progress, done, total);
    }
    return NULL;
}

void
progress_watch_begin(struct progress_watch *w, progress_read read,
                     const void *work, bool is_wanted)
{
    *w = (struct progress_watch){.read = read, .work = work};
    progress_begin(&w->progress, is_wanted);
    if (w->progress.is_wanted)
        w->is_running = pthread_create(&w->thread, NULL, watch, w) == 0;
}

void
progress_watch_end(struct progress_watch *w)
{
    atomic_store(&w->is_done, true);
    if (w->is_running)
        pthread_join(w->thread, NULL);
    progress_end(&w->progress);
}

static void
on_interrupt(int signal_number)
{
    (void)signal_number;
    if (isatty(STDERR_FILENO)) {
        static const char clear[] = "\r\033[K";
        ssize_t n = write(STDERR_FILENO, clear, sizeof(clear) - 1);
        (void)n;
    }
    _exit(130);
}

void
progress_clear_on_interrupt(void)
{
    struct sigaction present;
    /* of a job in the background it is ignored, and stays so */
    if (sigaction(SIGINT, NULL, &present) != 0 || present.sa_handler != SIG_IGN)
        signal(SIGINT, on_interrupt);
}
