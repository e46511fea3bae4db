/*
 * reject_log.h - the lines that were no readings, in order, by one worker.
 *
 * Counts are always kept, also by device, and the first few with their places.
 * The raw lines are kept only when somebody wants them: all, or the first ones
 * of each file; beyond a bound they go to a temporary file.
 */
#ifndef FORMATS_REJECT_LOG_H
#define FORMATS_REJECT_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/spill.h"
#include "model/reject_room.h"
#include "wattle/result.h"
#include "wattle/error.h"

#define REJECT_LOG_FIRST 5

/* Which raw lines are kept. */
enum reject_keep {
    REJECT_KEEP_NONE,
    REJECT_KEEP_SOME, /* of each file the first ones: reject_room.h */
    REJECT_KEEP_ALL
};

struct reject_place {
    uint32_t source; /* number of the file */
    uint32_t device; /* in the worker's registry; or REGISTRY_NO_DEVICE */
    int reason;
    uint64_t line; /* counted from 0 where the worker began in the file */
};

/* How many rejects of a file name a device. */
struct reject_of_device {
    uint32_t source, device;
    uint64_t n;
};

struct reject_log {
    uint64_t by_reason[WATTLE_N_REASONS];
    struct reject_of_device *of_devices; /* of a pair there may be several */
    size_t n_of_devices, of_device_cap;
    size_t *at_device; /* [n_at_device] 1 + place in it, of this source */
    size_t n_at_device;
    struct reject_place first[REJECT_LOG_FIRST];
    size_t n_first;
    enum reject_keep keep;
    uint32_t source; /* of the last reject, and what was kept of it */
    struct reject_room room;
    struct buffer raw;  /* entries not yet spilled */
    struct spill spill; /* those before */
};

void reject_log_init(struct reject_log *log, enum reject_keep keep);
void reject_log_release(struct reject_log *log);

/*
 * Notes one reject; raw is its line without the line end. 0, or
 * WATTLE_ERR_MEMORY or WATTLE_ERR_IO with the error set.
 */
int reject_log_add(struct reject_log *log, const struct reject_place *place,
                   const void *raw, size_t raw_len, struct wattle_error *error);

/*
 * Called for each kept entry, in order; the place has no device. A status other
 * than 0, with *error set, ends it.
 */
typedef int (*reject_visit)(void *context, const struct reject_place *place,
                            const char *raw, size_t raw_len,
                            struct wattle_error *error);

/*
 * 0, the status that `visit` returned, WATTLE_ERR_MEMORY or WATTLE_ERR_IO; in
 * each case with the error set.
 */
int reject_log_visit(struct reject_log *log, reject_visit visit, void *context,
                     struct wattle_error *error);

#endif
