/*
 * forget_api.c - the public way to take readings back.
 *
 * Options become a struct take_back, and words for the journal.
 */
#include <stdio.h>
#include <string.h>

#include "api/api_check.h"
#include "api/inputs.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "run/take_back.h"
#include "store/database_open.h"
#include "store/forget.h"
#include "wattle/forget.h"

enum { WHAT_SIZE = 512 };

/* "devices a, b* since ... until ...", or "file x, and 2 more". */
static void
describe(const struct wattle_forget_options *o, char what[WHAT_SIZE])
{
    char time[CIVIL_TEXT_SIZE];
    const bool has_files = o->n_paths > 0;
    const size_t n = has_files ? o->n_paths : o->n_device_globs;
    const char *const *names = has_files ? o->paths : o->device_globs;
    int at = snprintf(what, WHAT_SIZE, "%s %.300s",
                      has_files ? "file" : "device", names[0]);
    if (n > 1)
        at += snprintf(what + at, (size_t)(WHAT_SIZE - at), " and %zu more",
                       n - 1);
    if (!has_files && o->since_ms != WATTLE_NO_TIME) {
        civil_format(o->since_ms, time);
        at += snprintf(what + at, (size_t)(WHAT_SIZE - at), " since %s", time);
    }
    if (!has_files && o->until_ms != WATTLE_NO_TIME) {
        civil_format(o->until_ms, time);
        snprintf(what + at, (size_t)(WHAT_SIZE - at), " until %s", time);
    }
}

static int
check_options(const struct wattle_forget_options *o, struct wattle_error *error)
{
    if (o->n_paths == 0 && o->n_device_globs == 0)
        return error_set(error, WATTLE_ERR_USAGE,
                         "neither files nor devices are named");
    if (o->n_paths > 0 && o->n_device_globs > 0)
        return error_set(error, WATTLE_ERR_USAGE,
                         "files and devices are both named");
    for (size_t i = 0; i < o->n_paths; i++) {
        if (strcmp(o->paths[i], "-") == 0)
            return error_set(error, WATTLE_ERR_USAGE,
                             "what came from standard input is removed by its "
                             "devices and times");
    }
    return api_check_globs(o->device_globs, o->n_device_globs, error);
}

static int
forget_files(struct take_back *job, const struct wattle_forget_options *o,
             struct wattle_error *error)
{
    struct inputs inputs = {0};
    int status = inputs_open(&inputs, NULL, NULL, error);
    for (size_t i = 0; i < o->n_paths && status == WATTLE_OK; i++)
        status = inputs_add_path(&inputs, o->paths[i], error);
    struct take_back own = *job;
    own.sources = &inputs.sources;
    if (status == WATTLE_OK)
        status = take_back_run(&own, error);
    job->n_readings = own.n_readings;
    inputs_release(&inputs);
    return status;
}

int
wattle_database_forget(const char *path,
                       const struct wattle_forget_options *given,
                       uint64_t *n_readings, struct wattle_error *error)
{
    struct wattle_forget_options options = WATTLE_FORGET_OPTIONS_INIT;
    char what[WHAT_SIZE];
    if (path == NULL || given == NULL)
        return error_null(error, path == NULL ? "path" : "options");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK)
        status = check_options(&options, error);
    if (status != WATTLE_OK)
        return status;
    describe(&options, what);
    struct selection selection = {.device_globs = options.device_globs,
                                  .n_device_globs = options.n_device_globs};
    selection_set_range(&selection, options.since_ms, options.until_ms);
    const struct write_lock_wait wait = {.ms = options.wait_ms,
                                         .cancel = options.cancel};
    const struct scan_options scan = {.selection = SELECTION_ALL,
                                      .max_gap_ms = CIVIL_MS_PER_HOUR,
                                      .cancel = options.cancel};
    struct take_back job = {.database = path,
                            .wait = &wait,
                            .is_dry_run = options.is_dry_run,
                            .what = what,
                            .selection = &selection,
                            .options = &scan};
    status = options.n_paths > 0 ? forget_files(&job, &options, error)
                                 : take_back_run(&job, error);
    if (n_readings != NULL)
        *n_readings = job.n_readings;
    return error_end(error, status);
}

int
wattle_database_unforget(const char *path, int64_t entry,
                         const struct wattle_forget_options *given,
                         uint64_t *n_readings, uint64_t *n_left,
                         struct wattle_error *error)
{
    struct wattle_forget_options options = WATTLE_FORGET_OPTIONS_INIT;
    if (path == NULL)
        return error_null(error, "path");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    if (status == WATTLE_OK && entry < 0)
        status =
            error_set(error, WATTLE_ERR_USAGE, "entries are numbered from 1");
    if (status != WATTLE_OK)
        return status;
    const struct write_lock_wait wait = {.ms = options.wait_ms,
                                         .cancel = options.cancel};
    const struct scan_options scan = {.cancel = options.cancel};
    struct take_back job = {.database = path,
                            .wait = &wait,
                            .is_dry_run = options.is_dry_run,
                            .options = &scan};
    status = take_back_undo(&job, entry, error);
    if (n_readings != NULL)
        *n_readings = job.n_readings;
    if (n_left != NULL)
        *n_left = job.n_left;
    return error_end(error, status);
}

struct visitor {
    wattle_forgotten_visit visit;
    void *context;
};

static int
visit_entry(void *context, const struct forgotten *entry)
{
    const struct visitor *visitor = context;
    const struct wattle_forgotten shown = {entry->number, entry->at,
                                           entry->what, entry->n_readings};
    visitor->visit(visitor->context, &shown);
    return WATTLE_OK;
}

int
wattle_database_list_forgotten(const char *path, wattle_forgotten_visit visit,
                               void *context, struct wattle_error *error)
{
    struct database db;
    struct visitor visitor = {visit, context};
    if (path == NULL || visit == NULL)
        return error_null(error, path == NULL ? "path" : "visit");
    int status = database_open(&db, path, DATABASE_READ, error);
    if (status != WATTLE_OK)
        return status;
    if (db.version >= 3) /* earlier ones have no journal */
        status = forget_list(&db, visit_entry, &visitor, error);
    database_close(&db);
    return error_end(error, status);
}
