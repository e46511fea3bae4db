/*
 * pool.c - threads begin on another core than this one's, then go where they
 * like.
 *
 * Started plainly, a thread may wait for milliseconds behind the one that
 * started it, until the scheduler of the system moves it.
 */
#include "base/pool.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>

struct helper {
    struct pool *pool;
    unsigned number;
    pthread_t thread;
};

struct pool {
    pool_work work;
    void *context;
    cpu_set_t cores; /* that helpers may run on */
    bool has_cores;
    unsigned n_helpers;
    struct helper helpers[];
};

static void *
help(void *argument)
{
    const struct helper *helper = argument;
    const struct pool *pool = helper->pool;
    if (pool->has_cores)
        pthread_setaffinity_np(pthread_self(), sizeof(pool->cores),
                               &pool->cores);
    pool->work(pool->context, helper->number);
    return NULL;
}

/* Without an affinity, threads are started plainly. */
static void
choose_cores(struct pool *pool, pthread_attr_t *attributes)
{
    int here = sched_getcpu();
    if (here < 0 || here >= CPU_SETSIZE ||
        sched_getaffinity(0, sizeof(pool->cores), &pool->cores) != 0)
        return;
    cpu_set_t others = pool->cores;
    CPU_CLR((size_t)here, &others);
    pool->has_cores =
        CPU_COUNT(&others) > 0 &&
        pthread_attr_setaffinity_np(attributes, sizeof(others), &others) == 0;
}

struct pool *
pool_start(unsigned n, pool_work work, void *context, unsigned *n_started)
{
    pthread_attr_t attributes;
    int failure = 0;
    *n_started = 0;
    if (n == 0)
        return NULL;
    struct pool *pool = malloc(sizeof(*pool) + n * sizeof(pool->helpers[0]));
    if (pool == NULL || pthread_attr_init(&attributes) != 0) {
        free(pool);
        errno = ENOMEM;
        return NULL;
    }
    *pool = (struct pool){.work = work, .context = context};
    choose_cores(pool, &attributes);
    while (pool->n_helpers < n && failure == 0) {
        struct helper *helper = &pool->helpers[pool->n_helpers];
        *helper = (struct helper){.pool = pool, .number = pool->n_helpers + 1};
        failure = pthread_create(&helper->thread, &attributes, help, helper);
        pool->n_helpers += failure == 0 ? 1 : 0;
    }
    pthread_attr_destroy(&attributes);
    *n_started = pool->n_helpers;
    if (pool->n_helpers > 0)
        return pool;
    free(pool);
    errno = failure;
    return NULL;
}

void
pool_join(struct pool *pool)
{
    if (pool == NULL)
        return;
    for (unsigned i = 0; i < pool->n_helpers; i++)
        pthread_join(pool->helpers[i].thread, NULL);
    free(pool);
}

void
pool_run(unsigned n_threads, pool_work work, void *context)
{
    unsigned n_started;
    struct pool *pool = pool_start(n_threads - 1, work, context, &n_started);
    work(context, 0);
    pool_join(pool);
}
