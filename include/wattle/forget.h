/*
 * forget.h - removes readings that were imported by mistake, and restores
 * them.
 *
 * Removed readings are kept in a journal inside the database. The functions
 * return what those of maintain.h do; others may read meanwhile, and an import
 * waits. When one fails, nothing has changed.
 */
#ifndef WATTLE_FORGET_H
#define WATTLE_FORGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/error.h"
#include "wattle/result.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_cancel;

/*
 * What to remove: files or devices, not both. Begin with the macro or the
 * function below, which set every member. Strings are borrowed during the call.
 */
struct wattle_forget_options {
    size_t size; /* of this structure, as the caller knows it */
    /*
     * Files that were imported, and are what they were then, or have grown.
     * Removed are those of their readings that are in the database with the
     * same values. The next import takes the files for new ones.
     */
    const char *const *paths;
    size_t n_paths;
    const char *const *device_globs; /* any may match; see fnmatch(3) */
    size_t n_device_globs;
    int64_t since_ms; /* of devices: inclusive; WATTLE_NO_TIME = no limit */
    int64_t until_ms; /* exclusive; the same */
    bool is_dry_run;  /* do everything, then undo it */
    int64_t wait_ms;  /* for an import to end; default one minute */
    struct wattle_cancel *cancel; /* or NULL; see cancel.h */
};

#define WATTLE_FORGET_OPTIONS_INIT                                             \
    {                                                                          \
        .size = sizeof(struct wattle_forget_options),                          \
        .since_ms = WATTLE_NO_TIME, .until_ms = WATTLE_NO_TIME,                \
        .wait_ms = 60000                                                       \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_forget_options_init(struct wattle_forget_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->since_ms = WATTLE_NO_TIME;
    options->until_ms = WATTLE_NO_TIME;
    options->wait_ms = 60000;
}

/*
 * Removes readings; *n_readings (may be NULL) counts them. WATTLE_ERR_USAGE
 * also when neither files nor devices are named, when no device matches, and
 * when a file was not imported or is not what it was.
 */
int wattle_database_forget(const char *path,
                           const struct wattle_forget_options *options,
                           uint64_t *n_readings, struct wattle_error *error);

/*
 * Restores what an entry of the journal holds (0 = the latest). Where another
 * reading has come for the same time since then, that one stays, and the
 * journal keeps its own: *n_left (may be NULL) of them. WATTLE_ERR_USAGE when
 * there is no such entry. Of the options only is_dry_run, wait_ms and cancel
 * count; NULL = the default.
 */
int wattle_database_unforget(const char *path, int64_t entry,
                             const struct wattle_forget_options *options,
                             uint64_t *n_readings, uint64_t *n_left,
                             struct wattle_error *error);

/* An entry of the journal; valid during the call. */
struct wattle_forgotten {
    int64_t number;   /* from 1 */
    const char *when; /* 2023-10-01T08:00:00Z */
    const char *what; /* in words */
    uint64_t n_readings;
};

typedef void (*wattle_forgotten_visit)(void *context,
                                       const struct wattle_forgotten *entry);

/* Lists the journal, the oldest entry first. */
int wattle_database_list_forgotten(const char *path,
                                   wattle_forgotten_visit visit, void *context,
                                   struct wattle_error *error);

#ifdef __cplusplus
}
#endif

#endif
