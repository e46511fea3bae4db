/*
 * cancel.h - stopping a call of the library from elsewhere.
 *
 *     static struct wattle_cancel *cancel;
 *
 *     static void
 *     on_signal(int number)
 *     {
 *         wattle_cancel(cancel);
 *     }
 *     ...
 *     cancel = wattle_cancel_new();
 *     options.cancel = cancel;
 *     signal(SIGINT, on_signal);
 *     status = wattle_import_run(import, &error);
 *
 * A call that is cancelled returns WATTLE_ERR_CANCELLED within some tenths of a
 * second. What it was writing is taken back: a database is as it was before,
 * and a new file is not made. A read that waits for a pipe or a terminal is not
 * woken.
 */
#ifndef WATTLE_CANCEL_H
#define WATTLE_CANCEL_H

#ifdef __cplusplus
extern "C" {
#endif

/* One may be given to any number of calls, in any threads. */
struct wattle_cancel;

/* NULL when out of memory. */
struct wattle_cancel *wattle_cancel_new(void);

/*
 * Cancels the calls that it was given to, those that run now and later ones.
 * May be called from any thread and from a signal handler; NULL is harmless.
 */
void wattle_cancel(struct wattle_cancel *cancel);

/* To be called when nothing uses it any more; NULL is harmless. */
void wattle_cancel_free(struct wattle_cancel *cancel);

#ifdef __cplusplus
}
#endif

#endif
