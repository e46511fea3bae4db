/*
 * scan.h - reads all sources once, with several threads, into a sink.
 */
#ifndef RUN_SCAN_H
#define RUN_SCAN_H

#include <stdatomic.h>
#include <stdint.h>

#include "base/stage_clock.h"
#include "formats/reject_log.h"
#include "input/source.h"
#include "model/registry.h"
#include "model/tally.h"
#include "run/scan_options.h"
#include "run/sink.h"
#include "run/split.h"

struct scan_reject {
    uint32_t source;
    int reason;
    uint64_t line; /* counted from 1 */
};

/*
 * Called for every reject in input order when they are kept. A status other
 * than 0, with *error set, ends it.
 */
typedef int (*scan_reject_visit)(void *context,
                                 const struct scan_reject *reject,
                                 const char *raw, size_t raw_len,
                                 struct wattle_error *error);

/* The first rejects, and all of them to a visitor. */
struct scan_rejects {
    scan_reject_visit visit; /* given; NULL = not wanted */
    void *context;
    struct scan_reject first[REJECT_LOG_FIRST];
    size_t n_first;
    uint64_t n_visited;
};

/* How far a scan has come, in bytes; readable from any thread. */
struct scan_progress {
    _Atomic uint64_t done;
    _Atomic uint64_t total; /* 0 = not known: the length of a stream */
};

/* What is scanned; all is borrowed. */
struct scan {
    const struct scan_options *options;
    struct source_list *sources; /* prepared */
    const struct registry *caller_devices;
    struct fingerprint
        *fingerprints; /* of the sources, to be hashed, or NULL */
    int n_threads;     /* see scan_threads */
    struct scan_progress *progress;
    int64_t *spent_ns; /* [N_STAGES] to add to */
};

/* The splits of a scan that has ended. */
struct scan_splits {
    const struct sink_ops *ops;
    struct split *first; /* in input order; their states are sealed */
    size_t n;
    uint32_t **device_of; /* after scan_number_devices: [split][device] */
    struct tally tally;   /* of all of them */
};

/*
 * Opens all sources. WATTLE_ERR_NO_INPUT when none can be used, though there
 * are some, or WATTLE_ERR_MEMORY.
 */
int scan_prepare(const struct scan_options *options,
                 struct source_list *sources, struct wattle_error *error);

/* Threads that the input is worth, or those that the options say. */
int scan_threads(const struct scan_options *options,
                 const struct source_list *sources);

/* Bytes of one scan. */
uint64_t scan_bytes(const struct source_list *sources);

/*
 * Scans the sources. On success the splits tile the input. Release them in any
 * case. 0, or the status of the first failure.
 */
int scan_run(const struct scan *scan, const struct sink_ops *ops, void *sink,
             struct scan_splits *splits, struct wattle_error *error);

/*
 * Gives every device of a split its number in `devices`; new ones are added in
 * the order of the input. 0, or WATTLE_ERR_MEMORY with the error set.
 */
int scan_number_devices(struct scan_splits *splits, struct registry *devices,
                        struct wattle_error *error);

/* Takes the rejects of all splits, with their lines; as reject_log_visit. */
int scan_take_rejects(struct scan_splits *splits, struct scan_rejects *rejects,
                      struct wattle_error *error);

/*
 * Adds to n_of_device [devices], by the numbers of scan_number_devices, how
 * many rejects name each device.
 */
void scan_count_device_rejects(const struct scan_splits *splits,
                               uint64_t *n_of_device);

void scan_splits_release(struct scan_splits *splits);

#endif
