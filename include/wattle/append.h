/*
 * append.h - readings that keep coming, into a database.
 *
 *     struct wattle_appender *appender;
 *     struct wattle_append_options options;
 *     wattle_append_options_init(&options);
 *     if (wattle_appender_open(&appender, "home.db", &options, &error) ==
 *         WATTLE_OK) {
 *         wattle_appender_add_device(appender, "fridge", 6, &number, &error);
 *         while (...)
 *             wattle_appender_add(appender, &batch, &error);
 *         wattle_appender_close(appender, &error);
 *     }
 *
 * An appender has a queue in memory and a thread of its own, which writes what
 * is queued to the database, in one transaction at a time: after a second or a
 * thousand readings, whichever comes first (flush_ms, flush_rows). What is
 * written is durable: it survives a loss of power. Between two transactions
 * others may write, and readers see whole transactions only.
 *
 * As with an import, a later reading of the same device and time replaces an
 * earlier one. Readings that come late, or one at a time, wait in the table
 * `delta` of the database, at no cost for queries; the thread merges those of a
 * device into chunks when there are 1,024 of them.
 *
 * When a write fails - the disk is full, another program writes for long -
 * nothing is lost: the readings stay queued, and the thread tries again after
 * flush_ms. While the queue is full, wattle_appender_add refuses more.
 *
 * All functions but open and close may be called from any number of threads at
 * the same time.
 */
#ifndef WATTLE_APPEND_H
#define WATTLE_APPEND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/batch.h"
#include "wattle/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_tuning;

/*
 * Begin with the macro or the function below, which set every member. Strings
 * are copied.
 */
struct wattle_append_options {
    size_t size; /* of this structure, as the caller knows it */
    /*
     * What the readings are noted under in the table `file`, 1 to 255 bytes;
     * default "(appended)". All that is appended under a name counts as lines
     * of one file.
     */
    const char *name;
    uint64_t max_rows;   /* readings in the queue, 1 ..; default 1,000,000 */
    uint64_t flush_rows; /* 1 .. max_rows; default 1,000 */
    int64_t flush_ms;    /* 1 .. one day; default one second */
    int64_t wait_ms; /* for another writer, at each write; default 10 seconds */
    const struct wattle_tuning *tuning; /* or NULL; experimental/tuning.h */
};

#define WATTLE_APPEND_OPTIONS_INIT                                             \
    {                                                                          \
        .size = sizeof(struct wattle_append_options), .max_rows = 1000000,     \
        .flush_rows = 1000, .flush_ms = 1000, .wait_ms = 10000                 \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_append_options_init(struct wattle_append_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->max_rows = 1000000;
    options->flush_rows = 1000;
    options->flush_ms = 1000;
    options->wait_ms = 10000;
}

/* What an appender has done so far. Begin with size set; the rest is filled. */
struct wattle_append_stats {
    size_t size;          /* of this structure, as the caller knows it */
    uint64_t n_added;     /* readings taken into the queue */
    uint64_t n_durable;   /* of these, readings that are in the database */
    uint64_t n_new;       /* of these, readings that were not there */
    uint64_t n_replaced;  /* had another value there, or an earlier one here */
    uint64_t n_unchanged; /* were there already */
    uint64_t n_writes;    /* transactions */
    uint64_t n_failures;  /* that were tried and failed */
};

struct wattle_appender;

/*
 * Makes an appender for a database file, which is made if it does not exist.
 * WATTLE_OK, WATTLE_ERR_USAGE (an option out of range), WATTLE_ERR_FORMAT (not
 * a database of wattle, or a newer one), WATTLE_ERR_IO, WATTLE_ERR_BUSY
 * (another program writes, and did not end in wait_ms), WATTLE_ERR_CPU or
 * WATTLE_ERR_MEMORY; *appender is NULL on failure.
 */
int wattle_appender_open(struct wattle_appender **appender,
                         const char *database,
                         const struct wattle_append_options *options,
                         struct wattle_error *error);

/*
 * The number for a device id of 1 to 255 bytes without a zero byte, to use in
 * batches of this appender. WATTLE_ERR_USAGE for other ids, or _MEMORY.
 */
int wattle_appender_add_device(struct wattle_appender *appender, const char *id,
                               size_t len, uint32_t *number,
                               struct wattle_error *error);

/*
 * Takes the readings of a batch into the queue; the arrays are not needed
 * afterwards. All of the batch or nothing: WATTLE_ERR_USAGE when a value is out
 * of its column's range, WATTLE_ERR_BUSY when the queue has no room for it (the
 * message says why the last write failed, if it did), WATTLE_ERR_IO (a
 * temporary file) or WATTLE_ERR_MEMORY. Does not wait for a write.
 */
int wattle_appender_add(struct wattle_appender *appender,
                        const struct wattle_batch *batch,
                        struct wattle_error *error);

/*
 * Waits until all that was added before this call is durable. When a write
 * fails meanwhile, returns why: as wattle_import_run. The readings are still
 * queued then, and it may be called again.
 */
int wattle_appender_flush(struct wattle_appender *appender,
                          struct wattle_error *error);

/* Fills in stats->size bytes of *stats. WATTLE_OK or WATTLE_ERR_USAGE. */
int wattle_appender_stats(struct wattle_appender *appender,
                          struct wattle_append_stats *stats,
                          struct wattle_error *error);

/*
 * Writes what is queued, tried once, and frees the appender in any case; NULL
 * is harmless. When it fails, as wattle_appender_flush, what was not durable is
 * lost: flush first to be able to try again.
 */
int wattle_appender_close(struct wattle_appender *appender,
                          struct wattle_error *error);

#ifdef __cplusplus
}
#endif

#endif
