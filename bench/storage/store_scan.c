/*
 * store_scan.c - decodes every reading of a database, and does nothing else.
 *
 *     store_scan FILE THREADS TIMES
 *
 * Each thread has a connection of its own and every THREADS-th device. All
 * columns are decoded, and one value of each batch is added up, so that
 * nothing can be left out. Prints one JSON object: the readings of one pass,
 * and the seconds of each pass, opening the connections included. Linked
 * against build/release/libwattle_inner.a, because the public API has no scan
 * without figures.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "store/database_open.h"
#include "store/device_scan.h"

#define MAX_THREADS 64

struct part {
    const char *path;
    uint32_t first, step;
    uint64_t n_readings;
    int64_t sum;
    int status;
    struct wattle_error error;
};

static double
now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* One value of each column. */
static int64_t
touch(const struct batch_view *batch)
{
    int64_t sum = batch->time_ms[batch->n_rows - 1];
    for (int i = 0; i < MEASURE_N; i++) {
        if (batch->columns[i] != NULL)
            sum += batch->columns[i][batch->n_rows - 1];
    }
    return sum;
}

/* All batches of the device that the scan stands at. */
static int
drain(struct part *part, struct device_scan *scan)
{
    struct batch_view batch;
    int status;
    while ((status = device_scan_next(scan, &batch, &part->error)) ==
               WATTLE_OK &&
           batch.n_rows > 0) {
        part->n_readings += batch.n_rows;
        part->sum += touch(&batch);
    }
    return status;
}

static int
scan_devices(struct part *part, struct database *db, uint32_t n_devices)
{
    struct device_scan *scan = NULL;
    int status = WATTLE_OK;
    for (uint32_t device = part->first;
         device < n_devices && status == WATTLE_OK; device += part->step) {
        struct scan_request range = {device, INT64_MIN, INT64_MAX,
                                     (1 << MEASURE_N) - 1};
        status = scan == NULL
                     ? device_scan_open(&scan, db, &range, &part->error)
                     : device_scan_restart(scan, &range, &part->error);
        if (status == WATTLE_OK)
            status = drain(part, scan);
    }
    device_scan_close(scan);
    return status;
}

static void *
work(void *context)
{
    struct part *part = context;
    struct database db = {0};
    int64_t n_devices = 0;
    part->status = database_open(&db, part->path, DATABASE_READ, &part->error);
    if (part->status != WATTLE_OK)
        return NULL;
    /* one transaction, as a report and a query have */
    part->status = database_run(&db, "BEGIN", &part->error);
    if (part->status == WATTLE_OK)
        part->status = database_number(&db, "SELECT count(*) FROM device",
                                       &n_devices, &part->error);
    if (part->status == WATTLE_OK)
        part->status = scan_devices(part, &db, (uint32_t)n_devices);
    database_close(&db);
    return NULL;
}

/* One pass; 0, or 1 after saying what went wrong. */
static int
pass(const char *path, unsigned n_threads, uint64_t *n_readings, int64_t *sum)
{
    struct part parts[MAX_THREADS] = {0};
    pthread_t threads[MAX_THREADS];
    *n_readings = 0;
    *sum = 0;
    for (unsigned i = 0; i < n_threads; i++) {
        parts[i].path = path;
        parts[i].first = i;
        parts[i].step = n_threads;
        if (pthread_create(&threads[i], NULL, work, &parts[i]) != 0) {
            fprintf(stderr, "store_scan: cannot start a thread\n");
            exit(2);
        }
    }
    for (unsigned i = 0; i < n_threads; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < n_threads; i++) {
        if (parts[i].status != WATTLE_OK) {
            fprintf(stderr, "store_scan: %s\n", parts[i].error.message);
            return 1;
        }
        *n_readings += parts[i].n_readings;
        *sum += parts[i].sum;
    }
    return 0;
}

int
main(int argc, char **argv)
{
    uint64_t n_readings = 0;
    int64_t sum = 0;
    if (argc != 4 || atoi(argv[2]) < 1 || atoi(argv[2]) > MAX_THREADS ||
        atoi(argv[3]) < 1) {
        fprintf(stderr, "usage: store_scan FILE THREADS TIMES\n");
        return 2;
    }
    printf("{\"times_s\":[");
    for (int i = 0; i < atoi(argv[3]); i++) {
        double began_s = now_s();
        if (pass(argv[1], (unsigned)atoi(argv[2]), &n_readings, &sum) != 0)
            return 1;
        printf("%s%.9f", i > 0 ? "," : "", now_s() - began_s);
    }
    printf("],\"readings\":%" PRIu64 ",\"sum\":%" PRId64 "}\n", n_readings,
           sum);
    return 0;
}
