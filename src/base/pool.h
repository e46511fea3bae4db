/*
 * pool.h - a few threads that do the same work together.
 *
 * Ground floor. Fewer threads run where the system gives no more: work is
 * shared out while it goes on, so that any number of them gets it done. What
 * is shared, and how, belongs to the user: a counter, a queue, or the second
 * half of another one's rest.
 */
#ifndef BASE_POOL_H
#define BASE_POOL_H

/* The work of a thread; helpers are numbered from 1, the caller is 0. */
typedef void (*pool_work)(void *context, unsigned worker);

/* Does the work in up to n_threads threads, this one included; n_threads > 0.
 */
void pool_run(unsigned n_threads, pool_work work, void *context);

struct pool;

/*
 * Starts up to n helpers and returns at once. *n_started says how many run;
 * NULL, and why in errno, when none does: ENOMEM, EAGAIN.
 */
struct pool *pool_start(unsigned n, pool_work work, void *context,
                        unsigned *n_started);

/* Waits until the helpers have ended, and frees the pool; NULL is harmless. */
void pool_join(struct pool *pool);

#endif
