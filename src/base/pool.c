/*
 * pool.c - threads begin on another core than this one's, then go where they
 * like.
 *
 * Started plainly, a thread may wait for milliseconds behind the one that
 * started it, until the scheduler of the system moves it.
 */
#include "base/pool.h"

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
    *n_started = 0;
    if (n == 0 || pthread_attr_init(&attributes) != 0)
        return NULL;
    struct pool *pool = malloc(sizeof(*pool) + n * sizeof(pool->helpers[0]));
    if (pool != NULL) {
        *pool = (struct pool){.work = work, .context = context};
        choose_cores(pool, &attributes);
    }
    while (pool != NULL && pool->n_helpers < n) {
        struct helper *helper = &pool->helpers[pool->n_helpers];
        *helper = (struct helper){.pool = pool, .number = pool->n_helpers + 1};
        if (pthread_create(&helper->thread, &attributes, help, helper) != 0)
            break;
        pool->n_helpers++;
    }
    pthread_attr_destroy(&attributes);
    if (pool == NULL || pool->n_helpers == 0) {
        free(pool);
        return NULL;
    }
    *n_started = pool->n_helpers;
    return pool;
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
