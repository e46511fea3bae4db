/*
 * appender.c - the queue, and the thread that writes.
 *
 * Rows are added to `filling`. The thread takes them as a whole - they are
 * `writing` then, which belongs to the thread - and imports them without the
 * lock. When that fails they stay there, and are tried again before what has
 * come since, so that readings of one time keep their order.
 *
 * Invariant, under the lock: n_added = n_durable + n_writing + rows of filling,
 * and n_writing + rows of filling <= max_rows.
 */
#include "run/appender.h"

#include <assert.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "input/row_store.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "run/importer.h"
#include "store/write_lock.h"

#define NS_PER_MS INT64_C(1000000)

struct appender {
    struct appender_options options; /* with strings of its own */
    struct scan_options scan;
    struct registry written_devices; /* the thread's copy of `devices` */
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t wake;  /* for the thread: there may be something to do */
    pthread_cond_t done;  /* for others: a write has ended */
    struct registry devices;
    struct row_store *filling, *writing; /* NULL = no rows */
    uint64_t n_writing;
    int64_t due_ns; /* when what is queued is written at the latest */
    bool is_asked;  /* to write what there is */
    bool is_closing;
    uint64_t n_attempts; /* writes that have ended */
    int status;          /* of the last one */
    struct wattle_error error;
    struct appender_stats stats;
};

static int64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t
n_filling(const struct appender *a)
{
    return a->filling != NULL ? row_store_count(a->filling) : 0;
}

/* ---- writing --------------------------------------------------------------
 */

/* Imports the rows that are being written; called without the lock. */
static int
import_rows(struct appender *a, struct merge_counts *counts,
            struct wattle_error *error)
{
    const struct write_lock_wait wait = {.ms = a->options.wait_ms};
    struct source_list sources = {0};
    struct device_table table;
    device_table_init(&table);
    struct importer importer = {.database = a->options.database,
                                .options = &a->scan,
                                .wait = &wait,
                                .sources = &sources,
                                .table = &table,
                                .rows_name = a->options.name,
                                .caller_devices = &a->written_devices};
    int status = source_list_lend_rows(&sources, a->options.name, a->writing)
                     ? importer_run(&importer, error)
                     : error_memory(error);
    *counts = importer.counts;
    importer_release(&importer);
    source_list_take_back(&sources);
    source_list_release(&sources);
    device_table_release(&table);
    return status;
}

/* The thread's registry gets the devices that have come since. */
static int
copy_devices(struct appender *a)
{
    for (uint32_t i = a->written_devices.n_devices; i < a->devices.n_devices;
         i++) {
        const char *id = registry_id(&a->devices, i);
        if (registry_add(&a->written_devices, id, strlen(id)) != i)
            return WATTLE_ERR_MEMORY;
    }
    return WATTLE_OK;
}

static void
note_success(struct appender *a, const struct merge_counts *counts)
{
    row_store_free(a->writing);
    a->writing = NULL;
    a->stats.n_durable += a->n_writing;
    a->n_writing = 0;
    a->stats.n_writes++;
    a->stats.counts.n_new += counts->n_new;
    a->stats.counts.n_replaced += counts->n_replaced;
    a->stats.counts.n_unchanged += counts->n_unchanged;
}

/* Writes once; the lock is held, and let go meanwhile. */
static void
write_rows(struct appender *a)
{
    struct merge_counts counts = {0};
    struct wattle_error error = {0};
    if (a->writing == NULL) {
        a->n_writing = n_filling(a);
        a->writing = a->filling;
        a->filling = NULL;
    }
    a->is_asked = false;
    int status =
        copy_devices(a) == WATTLE_OK ? WATTLE_OK : error_memory(&error);
    if (status == WATTLE_OK) {
        pthread_mutex_unlock(&a->lock);
        status = import_rows(a, &counts, &error);
        pthread_mutex_lock(&a->lock);
    }
    if (status == WATTLE_OK)
        note_success(a, &counts);
    else
        a->stats.n_failures++;
    a->status = status;
    a->error = error;
    a->n_attempts++;
    /* what came meanwhile, or has failed, is due a whole span later */
    a->due_ns = now_ns() + a->options.flush_ms * NS_PER_MS;
    pthread_cond_broadcast(&a->done);
}

static bool
has_rows(const struct appender *a)
{
    return a->writing != NULL || a->filling != NULL;
}

/* Rows that failed wait for their time, however many have come since. */
static bool
is_due(const struct appender *a)
{
    if (!has_rows(a))
        return false;
    return a->is_asked || a->is_closing || now_ns() >= a->due_ns ||
           (a->writing == NULL && n_filling(a) >= a->options.flush_rows);
}

static void
wait_for_work(struct appender *a)
{
    if (!has_rows(a)) {
        pthread_cond_wait(&a->wake, &a->lock);
        return;
    }
    const struct timespec due = {.tv_sec = (time_t)(a->due_ns / 1000000000),
                                 .tv_nsec = (long)(a->due_ns % 1000000000)};
    pthread_cond_timedwait(&a->wake, &a->lock, &due);
}

static void *
append_rows(void *context)
{
    struct appender *a = context;
    pthread_mutex_lock(&a->lock);
    for (;;) {
        if (is_due(a)) {
            write_rows(a);
            if (a->is_closing && a->status != WATTLE_OK)
                break; /* tried once */
        } else if (a->is_closing) {
            break;
        } else {
            wait_for_work(a);
        }
    }
    pthread_mutex_unlock(&a->lock);
    return NULL;
}

/* ---- opening, closing -----------------------------------------------------
 */

static void
release(struct appender *a)
{
    registry_release(&a->devices);
    registry_release(&a->written_devices);
    row_store_free(a->filling);
    row_store_free(a->writing);
    pthread_cond_destroy(&a->wake);
    pthread_cond_destroy(&a->done);
    pthread_mutex_destroy(&a->lock);
    free((void *)a->options.database);
    free((void *)a->options.name);
    free(a);
}

/* Makes the database, or finds out that it cannot be written to. */
static int
make_database(const struct appender *a, struct wattle_error *error)
{
    const struct write_lock_wait wait = {.ms = a->options.wait_ms};
    struct database db;
    int status = write_lock_open(&db, a->options.database, DATABASE_CREATE,
                                 &wait, error);
    if (status != WATTLE_OK)
        return status;
    status = database_commit(&db, error);
    database_close(&db);
    return status;
}

static int
start(struct appender *a, struct wattle_error *error)
{
    int status = make_database(a, error);
    if (status != WATTLE_OK)
        return status;
    a->has_thread = pthread_create(&a->thread, NULL, append_rows, a) == 0;
    return a->has_thread
               ? WATTLE_OK
               : error_set(error, WATTLE_ERR_IO, "cannot start a thread");
}

int
appender_open(struct appender **out, const struct appender_options *options,
              struct wattle_error *error)
{
    pthread_condattr_t monotonic;
    *out = NULL;
    struct appender *a = calloc(1, sizeof(*a));
    if (a == NULL)
        return error_memory(error);
    a->options = *options;
    a->options.database = strdup(options->database);
    a->options.name = strdup(options->name);
    a->scan = (struct scan_options){
        .selection = SELECTION_ALL, .tuning = options->tuning, .n_threads = 1};
    registry_init(&a->devices);
    registry_init(&a->written_devices);
    pthread_mutex_init(&a->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&a->wake, &monotonic);
    pthread_cond_init(&a->done, NULL);
    pthread_condattr_destroy(&monotonic);
    int status = a->options.database != NULL && a->options.name != NULL
                     ? start(a, error)
                     : error_memory(error);
    if (status != WATTLE_OK) {
        release(a);
        return status;
    }
    *out = a;
    return WATTLE_OK;
}

int
appender_close(struct appender *a, struct wattle_error *error)
{
    pthread_mutex_lock(&a->lock);
    a->is_closing = true;
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
    pthread_join(a->thread, NULL);
    int status = has_rows(a) ? a->status : WATTLE_OK;
    if (status != WATTLE_OK && error != NULL)
        *error = a->error;
    release(a);
    return status;
}

/* ---- adding ---------------------------------------------------------------
 */

uint32_t
appender_add_device(struct appender *a, const char *id, size_t len)
{
    pthread_mutex_lock(&a->lock);
    uint32_t number = registry_add_any(&a->devices, id, len);
    pthread_mutex_unlock(&a->lock);
    return number;
}

uint32_t
appender_n_devices(struct appender *a)
{
    pthread_mutex_lock(&a->lock);
    uint32_t n = a->devices.n_devices;
    pthread_mutex_unlock(&a->lock);
    return n;
}

/* Why there is no room: the queue is small, or nothing can be written. */
static int
fail_full(const struct appender *a, struct wattle_error *error)
{
    if (a->status == WATTLE_OK)
        return error_set(error, WATTLE_ERR_BUSY,
                         "the queue of %llu readings is full",
                         (unsigned long long)a->options.max_rows);
    return error_set_at(error, WATTLE_ERR_BUSY, a->error.path, a->error.line,
                        "the queue of %llu readings is full, because the last "
                        "write failed: %s",
                        (unsigned long long)a->options.max_rows,
                        a->error.message);
}

int
appender_begin_add(struct appender *a, uint64_t n, struct wattle_error *error)
{
    int status = WATTLE_OK;
    pthread_mutex_lock(&a->lock);
    const uint64_t n_queued = a->n_writing + n_filling(a);
    assert(a->stats.n_added == a->stats.n_durable + n_queued);
    assert(n_queued <= a->options.max_rows);
    if (n > a->options.max_rows - n_queued) {
        a->is_asked = a->status == WATTLE_OK;
        pthread_cond_signal(&a->wake);
        status = fail_full(a, error);
    } else if (n > 0 && a->filling == NULL) {
        a->filling = row_store_new();
        if (a->writing == NULL)
            a->due_ns = now_ns() + a->options.flush_ms * NS_PER_MS;
        if (a->filling == NULL)
            status = error_memory(error);
    }
    if (status != WATTLE_OK)
        pthread_mutex_unlock(&a->lock);
    return status;
}

int
appender_add(struct appender *a, const struct batch_view *piece,
             struct wattle_error *error)
{
    return row_store_add(a->filling, piece, error);
}

void
appender_end_add(struct appender *a, bool is_kept)
{
    const uint64_t n_before =
        a->stats.n_added - a->stats.n_durable - a->n_writing;
    if (a->filling != NULL) {
        if (!is_kept)
            row_store_cut(a->filling, n_before);
        a->stats.n_added += row_store_count(a->filling) - n_before;
        if (row_store_count(a->filling) == 0) {
            row_store_free(a->filling);
            a->filling = NULL;
        }
    }
    pthread_cond_signal(&a->wake);
    pthread_mutex_unlock(&a->lock);
}

/* ---- the rest -------------------------------------------------------------
 */

int
appender_flush(struct appender *a, struct wattle_error *error)
{
    int status = WATTLE_OK;
    pthread_mutex_lock(&a->lock);
    const uint64_t target = a->stats.n_added;
    while (a->stats.n_durable < target && status == WATTLE_OK) {
        const uint64_t n_attempts = a->n_attempts;
        a->is_asked = true;
        pthread_cond_signal(&a->wake);
        while (a->n_attempts == n_attempts)
            pthread_cond_wait(&a->done, &a->lock);
        status = a->status;
    }
    if (status != WATTLE_OK && error != NULL)
        *error = a->error;
    pthread_mutex_unlock(&a->lock);
    return status;
}

void
appender_stats(struct appender *a, struct appender_stats *stats)
{
    pthread_mutex_lock(&a->lock);
    *stats = a->stats;
    pthread_mutex_unlock(&a->lock);
}
