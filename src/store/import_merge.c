/*
 * import_merge.c - workers build chunks device by device; the caller writes
 * them in the order of devices.
 *
 * So the file does not depend on the number of threads, and is written from
 * front to back.
 *
 * Protocol of the queue:
 * 1. A device belongs to the worker that makes it until it is published, that
 *    is, until queue->devices[its number] points to it. A small device is
 *    published when it is done, a large one at once, while its chunks come.
 * 2. The lock guards devices[], n_queued, writing, is_stopped, and of every
 *    published device its chunks, is_done and status. What else a published
 *    device has is the worker's until is_done, the writer's from then on.
 * 3. n_queued is the size of all chunks of published devices.
 * 4. `writing` ascends: the writer takes devices by number, waits for each to
 *    be published, takes its chunks as they come, and frees it.
 * 5. When the job reads_own, there is no thread: each device is made and
 *    published, then written, and nobody waits.
 * 6. A worker waits while n_queued is over QUEUE_BYTES, but for the device that
 *    is being written: that one waits for its own chunks only, so the writer
 *    always gets on.
 */
#include "store/import_merge.h"

#include <assert.h>
#include <pthread.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/time_partition.h"
#include "base/error.h"
#include "base/pool.h"
#include "sort/chunk_builder.h"
#include "store/database_open.h"
#include "store/import_write.h"
#include "store/meta.h"
#include "store/chunk_reader.h"

#define QUEUE_BYTES ((size_t)16 << 20)

/* Small devices are published several at a time. */
#define SMALL_ROWS    4096
#define SMALL_AT_ONCE 32

/* A few late readings go to the delta, if a chunk to rewrite is large. */
#define DELTA_MAX_NEW   256
#define DELTA_MIN_CHUNK 4096

/* All devices of an import on their way. */
struct merge_queue {
    const struct import_merge *job;
    struct import_device **devices; /* [n_devices] NULL = not begun */
    struct shuffle_set gathered;
    _Atomic uint32_t next;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    size_t n_queued; /* bytes of chunks */
    uint32_t writing;
    bool is_stopped;
};

struct merge_worker {
    struct merge_queue *queue;
    struct database reader; /* with the handle of the job, if it reads_own */
    bool has_reader;
    struct chunk_reader chunk_reader;
    struct device_merge *merge;
    struct chunk_builder *builder;
    struct shuffle *reduced; /* runs of the device, or NULL */
    struct import_device *device;
    struct import_device *small[SMALL_AT_ONCE]; /* done, not published */
    size_t n_small;
    int64_t first_ms, last_ms; /* of all inputs that are merged */
    struct wattle_error error;
};

/* Chunks to be read again and replaced; the range grows over the delta. */
static bool
is_touched(const struct merge_worker *w, const struct gathered *g, size_t i)
{
    const struct chunk_reader *s = &w->chunk_reader;
    const struct stored_chunk *chunk = &s->chunks[i];
    bool is_open_end = i + 1 == s->n_chunks && chunk->last_ms < g->first_ms &&
                       chunk->n_readings < CHUNK_ROWS;
    return is_open_end ||
           (chunk->first_ms <= g->last_ms && chunk->last_ms >= g->first_ms);
}

/*
 * For compacting: from the first chunk that is not full, when more follow, or
 * that delta readings belong to.
 */
static struct gathered
measure_partial_chunks(const struct chunk_reader *s)
{
    struct gathered g = {INT64_MAX, INT64_MIN, 0, 0};
    size_t i = 0;
    while (i < s->n_chunks && s->chunks[i].n_readings == CHUNK_ROWS)
        i++;
    if (i + 1 < s->n_chunks) {
        g.first_ms = s->chunks[i].first_ms;
        g.last_ms = s->chunks[s->n_chunks - 1].last_ms;
        g.n_rows = 1;
    }
    g.n_rows += s->delta->n_rows;
    return g;
}

/* For building everything anew. */
static struct gathered
measure_all_chunks(const struct chunk_reader *s)
{
    struct gathered g = {INT64_MAX, INT64_MIN, 0, 0};
    if (s->n_chunks > 0) {
        g.first_ms = s->chunks[0].first_ms;
        g.last_ms = s->chunks[s->n_chunks - 1].last_ms;
        g.n_rows = 1;
    }
    g.n_rows += s->delta->n_rows;
    return g;
}

static bool
is_for_delta(const struct merge_worker *w, const struct gathered *g)
{
    const struct chunk_reader *s = &w->chunk_reader;
    uint64_t n_rewritten = 0;
    for (size_t i = 0; i < s->n_chunks; i++)
        n_rewritten += is_touched(w, g, i) ? s->chunks[i].n_readings : 0;
    return g->n_rows <= DELTA_MAX_NEW && n_rewritten >= DELTA_MIN_CHUNK &&
           s->delta->n_rows + g->n_rows <= DELTA_MAX_ROWS;
}

static void
cover_delta(const struct chunk_reader *s, struct gathered *g)
{
    const struct block *delta = s->delta;
    if (delta->n_rows == 0)
        return;
    if (delta->column[BLOCK_TIME][0] < g->first_ms)
        g->first_ms = delta->column[BLOCK_TIME][0];
    if (delta->column[BLOCK_TIME][delta->n_rows - 1] > g->last_ms)
        g->last_ms = delta->column[BLOCK_TIME][delta->n_rows - 1];
}

/* The days that a change between two readings may concern. */
static void
ask_for_days(struct merge_worker *w, int64_t from_ms, int64_t to_ms)
{
    const struct database_sums *sums = &w->queue->job->db->sums;
    const struct time_partition days = time_partition_days(sums->zone);
    struct import_device *device = w->device;
    struct import_days *range = &device->recompute[device->n_recompute++];
    range->first = time_partition_key(&days, from_ms - sums->max_gap_ms);
    range->last = time_partition_key(&days, to_ms + sums->max_gap_ms);
}

/* Merges a device's runs in groups when too many overlap. */
static int
reduce_runs(struct merge_worker *w, uint32_t device, const struct gathered *g)
{
    shuffle_free(w->reduced);
    return shuffle_set_reduce(&w->queue->gathered, device, g->n_runs, w->merge,
                              w->queue->job->kernels, &w->reduced, &w->error);
}

/* Puts all places of a device into the merge. */
static int
add_inputs(struct merge_worker *w, uint32_t device, const struct gathered *g,
           bool to_delta)
{
    const struct chunk_reader *s = &w->chunk_reader;
    int status = WATTLE_OK;
    w->first_ms = g->first_ms;
    w->last_ms = g->last_ms;
    for (size_t i = 0; w->has_reader && i < s->n_chunks && status == WATTLE_OK;
         i++) {
        const struct stored_chunk *c = &s->chunks[i];
        if (is_touched(w, g, i)) {
            status = device_merge_add_chunk(w->merge, c->number, c->first_ms,
                                            c->last_ms);
            if (status == WATTLE_OK && !to_delta)
                status = import_device_replace(w->device, c->number);
            w->first_ms = c->first_ms < w->first_ms ? c->first_ms : w->first_ms;
            w->last_ms = c->last_ms > w->last_ms ? c->last_ms : w->last_ms;
        } else {
            w->device->has_neighbours = true;
        }
    }
    if (w->has_reader && s->delta->n_rows > 0 && status == WATTLE_OK) {
        status = device_merge_add_delta(w->merge, s->delta);
        w->device->clears_delta = !to_delta;
    }
    if (status == WATTLE_OK)
        status =
            shuffle_set_add(&w->queue->gathered, device, w->reduced, w->merge);
    return status == WATTLE_OK ? status : error_memory(&w->error);
}

/* Of a device that is not published yet. */
static int
keep_chunk(struct merge_worker *w, struct built_chunk *chunk)
{
    int status = import_device_push(w->device, chunk);
    if (status == WATTLE_OK)
        return status;
    built_chunk_release(chunk);
    return error_memory(&w->error);
}

/* Hands a chunk to the writer; waits when it is far behind. */
static int
queue_chunk(void *context, struct built_chunk *chunk)
{
    struct merge_worker *w = context;
    struct merge_queue *queue = w->queue;
    if (!w->device->is_published)
        return keep_chunk(w, chunk);
    pthread_mutex_lock(&queue->lock);
    while (queue->n_queued > QUEUE_BYTES && !queue->is_stopped &&
           queue->writing != w->device->number)
        pthread_cond_wait(&queue->moved, &queue->lock);
    /* the device being written: a queue of its own length */
    while (w->device->n_queued > QUEUE_BYTES && !queue->is_stopped)
        pthread_cond_wait(&queue->moved, &queue->lock);
    /* stopped: by a lack of memory, or by the writer, who knows why */
    int status = queue->is_stopped ? WATTLE_ERR_MEMORY
                                   : import_device_push(w->device, chunk);
    if (status == WATTLE_OK) {
        queue->n_queued += import_device_size(chunk);
        pthread_cond_broadcast(&queue->moved);
    }
    pthread_mutex_unlock(&queue->lock);
    if (status == WATTLE_ERR_MEMORY)
        error_memory(&w->error);
    if (status != WATTLE_OK)
        built_chunk_release(chunk);
    return status;
}

static int
build_chunks(struct merge_worker *w)
{
    struct chunk_builder *builder = w->builder;
    int status = chunk_builder_reset(builder);
    while (status == WATTLE_OK) {
        struct merge_segment s;
        status = device_merge_next(w->merge, &s, &w->error);
        if (status != WATTLE_OK || s.n == 0)
            break;
        status = chunk_builder_add(builder, s.block, s.first, s.n);
        if (status == WATTLE_ERR_MEMORY)
            error_memory(&w->error);
    }
    if (status == WATTLE_OK) {
        status = chunk_builder_finish(builder);
        if (status == WATTLE_ERR_MEMORY)
            error_memory(&w->error);
    }
    if (status == WATTLE_OK)
        w->device->days = rollup_builder_take(&builder->rollups);
    return status;
}

static int
fill_delta(struct merge_worker *w)
{
    int status = WATTLE_OK;
    while (status == WATTLE_OK) {
        struct merge_segment s;
        status = device_merge_next(w->merge, &s, &w->error);
        if (status != WATTLE_OK || s.n == 0)
            break;
        if (s.is_new && import_device_push_delta(w->device, &s) != WATTLE_OK)
            status = error_memory(&w->error);
    }
    return status;
}

static int
do_device(struct merge_worker *w, uint32_t number, struct gathered g)
{
    int status = WATTLE_OK;
    device_merge_reset(w->merge);
    if (w->has_reader)
        status = chunk_reader_find(&w->chunk_reader, number, INT64_MIN,
                                   INT64_MAX, &w->error);
    if (status != WATTLE_OK)
        return status;
    if (w->queue->job->compacts) {
        g = w->queue->job->rewrites ? measure_all_chunks(&w->chunk_reader)
                                    : measure_partial_chunks(&w->chunk_reader);
        w->device->n_rows = g.n_rows;
        if (g.n_rows == 0)
            return WATTLE_OK;
    }
    bool to_delta =
        !w->queue->job->compacts && w->has_reader && is_for_delta(w, &g);
    if (to_delta)
        device_merge_limit(w->merge, g.first_ms, g.last_ms + 1);
    else if (w->has_reader)
        cover_delta(&w->chunk_reader, &g);
    status = add_inputs(w, number, &g, to_delta);
    if (status != WATTLE_OK)
        return status;
    status = to_delta ? fill_delta(w) : build_chunks(w);
    w->device->counts = *device_merge_counts(w->merge);
    if (to_delta) {
        ask_for_days(w, g.first_ms, g.last_ms);
    } else if (w->device->has_neighbours) {
        ask_for_days(w, w->first_ms, w->first_ms);
        ask_for_days(w, w->last_ms, w->last_ms);
    }
    return status;
}

/*
 * Publishes the small devices that are done, and then waits for the writer when
 * it is far behind. False when all is to stop.
 */
static bool
publish_small(struct merge_worker *w)
{
    struct merge_queue *queue = w->queue;
    if (w->n_small == 0)
        return true;
    pthread_mutex_lock(&queue->lock);
    for (size_t i = 0; i < w->n_small; i++) {
        assert(queue->devices[w->small[i]->number] == NULL);
        queue->devices[w->small[i]->number] = w->small[i];
        queue->n_queued += w->small[i]->n_queued;
    }
    w->n_small = 0;
    pthread_cond_broadcast(&queue->moved);
    while (queue->n_queued > QUEUE_BYTES && !queue->is_stopped &&
           !queue->job->reads_own)
        pthread_cond_wait(&queue->moved, &queue->lock);
    bool goes_on = !queue->is_stopped;
    pthread_mutex_unlock(&queue->lock);
    return goes_on;
}

static void
finish_device(struct merge_worker *w, int status)
{
    struct import_device *device = w->device;
    struct merge_queue *queue = w->queue;
    if (status != WATTLE_OK)
        device->error = malloc(sizeof(*device->error));
    if (device->error != NULL)
        *device->error = w->error;
    if (!device->is_published) {
        device->status = status;
        device->is_done = true;
        w->small[w->n_small++] = device;
        if (w->n_small == SMALL_AT_ONCE || status != WATTLE_OK)
            publish_small(w);
        return;
    }
    pthread_mutex_lock(&queue->lock);
    device->is_done = true;
    device->status = status;
    pthread_cond_broadcast(&queue->moved);
    pthread_mutex_unlock(&queue->lock);
}

/* Makes the device's place in the queue; a large one is published at once. */
static bool
begin_device(struct merge_worker *w, uint32_t number, uint64_t n_rows)
{
    struct merge_queue *queue = w->queue;
    struct import_device *device = import_device_new(number);
    bool is_large =
        (n_rows > SMALL_ROWS || queue->job->compacts) && !queue->job->reads_own;
    w->device = device;
    if (device != NULL)
        device->n_rows = n_rows;
    if (device != NULL && !is_large)
        return true;
    publish_small(w);
    pthread_mutex_lock(&queue->lock);
    if (device == NULL)
        queue->is_stopped = true;
    else
        device->is_published = true;
    queue->devices[number] = device;
    pthread_cond_broadcast(&queue->moved);
    pthread_mutex_unlock(&queue->lock);
    return device != NULL;
}

static bool
run_device(struct merge_worker *w, uint32_t number)
{
    struct gathered g = shuffle_set_measure(&w->queue->gathered, number);
    if (!begin_device(w, number, g.n_rows))
        return false;
    int status = cancel_flag_check(w->queue->job->db->cancel, &w->error);
    if (status == WATTLE_OK && (g.n_rows > 0 || w->queue->job->compacts))
        status = reduce_runs(w, number, &g);
    if (status == WATTLE_OK && (g.n_rows > 0 || w->queue->job->compacts))
        status = do_device(w, number, g);
    finish_device(w, status);
    return status == WATTLE_OK;
}

static int
open_worker(struct merge_worker *w, struct merge_queue *queue)
{
    *w = (struct merge_worker){.queue = queue};
    w->merge = device_merge_new(queue->job->kernels, UINT32_MAX,
                                chunk_reader_fetch, &w->chunk_reader);
    const struct database_sums *sums = &queue->job->db->sums;
    w->builder = chunk_builder_new(queue->job->kernels, sums->zone,
                                   sums->max_gap_ms, queue_chunk, w);
    if (w->merge == NULL || w->builder == NULL)
        return error_memory(&w->error);
    if (queue->job->readers_path == NULL)
        return WATTLE_OK;
    int status = WATTLE_OK;
    if (queue->job->reads_own)
        w->reader = *queue->job->db;
    else
        status = database_open(&w->reader, queue->job->readers_path,
                               DATABASE_READ, &w->error);
    if (status != WATTLE_OK)
        return status;
    w->has_reader = true;
    return chunk_reader_open(&w->chunk_reader, &w->reader, &w->error);
}

static void
close_worker(struct merge_worker *w)
{
    device_merge_free(w->merge);
    chunk_builder_free(w->builder);
    shuffle_free(w->reduced);
    for (size_t i = 0; i < w->n_small; i++)
        import_device_free(w->small[i]);
    if (w->has_reader) {
        chunk_reader_close(&w->chunk_reader);
        if (!w->queue->job->reads_own)
            database_close(&w->reader);
    }
}

/*
 * A pool_work of helpers: the calling thread writes. A failure before any
 * device stops the writer.
 */
static void
merge_devices(void *context, unsigned worker)
{
    struct merge_worker *w = (struct merge_worker *)context + (worker - 1);
    struct merge_queue *queue = w->queue;
    for (;;) {
        uint32_t number = atomic_fetch_add(&queue->next, 1);
        if (number >= queue->job->n_devices || !run_device(w, number))
            break;
        /* the writer waits for devices in their order: do not sit on one */
        if (number % SMALL_AT_ONCE == SMALL_AT_ONCE - 1 && !publish_small(w))
            break;
    }
    publish_small(w);
}

static int
open_queue(struct merge_queue *queue)
{
    const struct import_merge *job = queue->job;
    queue->devices =
        calloc((size_t)job->n_devices + 1, sizeof(*queue->devices));
    if (queue->devices == NULL)
        return WATTLE_ERR_MEMORY;
    return shuffle_set_open(&queue->gathered, job->splits, job->n_splits,
                            job->n_devices);
}

/* Waits for something of a device: true when there is a chunk to take. */
static bool
wait_for(struct merge_queue *queue, uint32_t number, struct built_chunk *chunk,
         bool *is_done)
{
    bool has_chunk = false;
    pthread_mutex_lock(&queue->lock);
    for (;;) {
        struct import_device *device = queue->devices[number];
        if (device != NULL && import_device_pop(device, chunk)) {
            has_chunk = true;
            assert(queue->n_queued >= import_device_size(chunk));
            queue->n_queued -= import_device_size(chunk);
            pthread_cond_broadcast(&queue->moved);
            break;
        }
        *is_done = queue->is_stopped || (device != NULL && device->is_done);
        if (*is_done)
            break;
        pthread_cond_wait(&queue->moved, &queue->lock);
    }
    pthread_mutex_unlock(&queue->lock);
    return has_chunk;
}

static int
write_device(struct merge_queue *queue, struct import_writer *writer,
             uint32_t number, struct merge_counts *counts,
             struct wattle_error *error)
{
    struct built_chunk chunk;
    bool is_done = false, has_begun = false;
    int status = WATTLE_OK;
    pthread_mutex_lock(&queue->lock);
    assert(number >= queue->writing);
    queue->writing = number;
    pthread_cond_broadcast(&queue->moved);
    pthread_mutex_unlock(&queue->lock);
    while (wait_for(queue, number, &chunk, &is_done)) {
        if (status == WATTLE_OK && !has_begun)
            status = import_writer_begin(writer, queue->devices[number], error);
        has_begun = true;
        if (status == WATTLE_OK)
            status = import_writer_chunk(writer, number, &chunk, error);
        built_chunk_release(&chunk);
        if (status != WATTLE_OK)
            return status;
    }
    struct import_device *device = queue->devices[number];
    if (device == NULL || !device->is_done)
        return error_memory(error);
    if (device->status != WATTLE_OK) {
        if (device->error != NULL && error != NULL)
            *error = *device->error;
        return device->status;
    }
    if (device->n_rows == 0)
        return WATTLE_OK;
    if (!has_begun)
        status = import_writer_begin(writer, device, error);
    if (status == WATTLE_OK)
        status = import_writer_end(writer, device, error);
    counts->n_new += device->counts.n_new;
    counts->n_replaced += device->counts.n_replaced;
    counts->n_unchanged += device->counts.n_unchanged;
    return status;
}

/*
 * Writes all devices in their order. `own`: the worker, when there is no thread
 * for it: a device is made, then written, as the connection can do one thing at
 * a time. NULL: they come from elsewhere.
 */
static int
write_all(struct merge_queue *queue, struct merge_worker *own,
          struct merge_counts *counts, struct wattle_error *error)
{
    const struct import_merge *job = queue->job;
    struct import_writer writer;
    int status = import_writer_open(&writer, job->db, job->kernels,
                                    job->imported_at, error);
    if (job->rewrites)
        metered_begin(&writer.metered);
    for (uint32_t i = 0; i < job->n_devices && status == WATTLE_OK; i++) {
        if (own != NULL) {
            run_device(own, i);
            publish_small(own);
        }
        status = write_device(queue, &writer, i, counts, error);
        pthread_mutex_lock(&queue->lock);
        if (status == WATTLE_OK) {
            if (job->n_done != NULL)
                atomic_fetch_add(job->n_done, queue->devices[i]->n_rows);
            import_device_free(queue->devices[i]);
            queue->devices[i] = NULL;
        }
        pthread_mutex_unlock(&queue->lock);
    }
    assert(status != WATTLE_OK || queue->n_queued == 0);
    if (status == WATTLE_OK)
        status = import_writer_finish(&writer, error);
    import_writer_close(&writer);
    return status;
}

static void
release_queue(struct merge_queue *queue)
{
    for (uint32_t i = 0; queue->devices != NULL && i < queue->job->n_devices;
         i++)
        import_device_free(queue->devices[i]);
    free(queue->devices);
    shuffle_set_release(&queue->gathered);
    pthread_cond_destroy(&queue->moved);
    pthread_mutex_destroy(&queue->lock);
}

static int
run_threads(struct merge_queue *queue, struct merge_worker *workers,
            struct merge_counts *counts, struct wattle_error *error)
{
    unsigned n_running = 0;
    int status = WATTLE_OK;
    struct pool *pool = pool_start((unsigned)queue->job->n_threads,
                                   merge_devices, workers, &n_running);
    if (n_running == 0)
        status = errno == ENOMEM
                     ? error_memory(error)
                     : error_set(error, WATTLE_ERR_IO,
                                 "cannot start a thread: %s", strerror(errno));
    if (status == WATTLE_OK)
        status = write_all(queue, NULL, counts, error);
    pthread_mutex_lock(&queue->lock);
    queue->is_stopped = true;
    pthread_cond_broadcast(&queue->moved);
    pthread_mutex_unlock(&queue->lock);
    pool_join(pool);
    return status;
}

int
import_merge_run(const struct import_merge *job, struct merge_counts *counts,
                 struct wattle_error *error)
{
    struct merge_queue queue = {.job = job};
    struct merge_worker *workers =
        calloc((size_t)job->n_threads, sizeof(*workers));
    int status = WATTLE_OK;
    int n_open = 0;
    pthread_mutex_init(&queue.lock, NULL);
    pthread_cond_init(&queue.moved, NULL);
    if (workers == NULL || open_queue(&queue) != WATTLE_OK)
        status = error_memory(error);
    for (; n_open < job->n_threads && status == WATTLE_OK; n_open++) {
        status = open_worker(&workers[n_open], &queue);
        if (status != WATTLE_OK && error != NULL)
            *error = workers[n_open].error;
    }
    if (status == WATTLE_OK)
        status = job->reads_own ? write_all(&queue, workers, counts, error)
                                : run_threads(&queue, workers, counts, error);
    for (int i = 0; i < n_open; i++)
        close_worker(&workers[i]);
    free(workers);
    release_queue(&queue);
    return status;
}
