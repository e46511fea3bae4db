/*
 * append_api.c - the public appender: checks options and batches.
 *
 * What is accepted goes to run/appender.c. A batch is checked as a whole
 * before its first row is queued, so it is added or refused as a whole.
 */
#include "wattle/append.h"

#include <stdlib.h>
#include <string.h>

#include "api/api_check.h"
#include "api/batch_input.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "base/utf8.h"
#include "model/registry.h"
#include "run/appender.h"

#define DEFAULT_NAME "(appended)"
#define MAX_NAME     255

/* The public name of struct appender. */
struct wattle_appender {
    struct appender *inner;
};

static int
check_options(const struct wattle_append_options *o, const char *name,
              struct wattle_error *error)
{
    const size_t len = strlen(name);
    if (len == 0 || len > MAX_NAME || name[0] == '/' ||
        !utf8_is_valid(name, len))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option name must be 1 to %d bytes of UTF-8, and "
                         "no path from the root",
                         MAX_NAME);
    if (o->max_rows < 1 || o->max_rows > INT64_MAX)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option max_rows must be at least 1");
    if (o->flush_rows < 1 || o->flush_rows > o->max_rows)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option flush_rows must be 1 to max_rows");
    if (o->flush_ms < 1 || o->flush_ms > CIVIL_MS_PER_DAY)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option flush_ms must be 1 ms to one day");
    if (o->wait_ms < 0 || o->wait_ms > CIVIL_MS_PER_DAY)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option wait_ms must be 0 to one day");
    return WATTLE_OK;
}

int
wattle_appender_open(struct wattle_appender **out, const char *database,
                     const struct wattle_append_options *given,
                     struct wattle_error *error)
{
    struct wattle_append_options options = WATTLE_APPEND_OPTIONS_INIT;
    *out = NULL;
    if (database == NULL)
        return error_null(error, "database");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    const char *name = options.name != NULL ? options.name : DEFAULT_NAME;
    struct tuning tuning;
    if (status == WATTLE_OK)
        status = check_options(&options, name, error);
    if (status == WATTLE_OK)
        status = api_check_tuning(options.tuning, &tuning, error);
    if (status != WATTLE_OK)
        return status;
    struct wattle_appender *appender = calloc(1, sizeof(*appender));
    if (appender == NULL)
        return error_memory(error);
    const struct appender_options inner = {.database = database,
                                           .name = name,
                                           .max_rows = options.max_rows,
                                           .flush_rows = options.flush_rows,
                                           .flush_ms = options.flush_ms,
                                           .wait_ms = options.wait_ms,
                                           .tuning = tuning};
    status = appender_open(&appender->inner, &inner, error);
    if (status != WATTLE_OK) {
        free(appender);
        return status;
    }
    *out = appender;
    return error_end(error, WATTLE_OK);
}

int
wattle_appender_add_device(struct wattle_appender *appender, const char *id,
                           size_t len, uint32_t *number,
                           struct wattle_error *error)
{
    int status = api_check_id(id, len, error);
    if (status != WATTLE_OK)
        return status;
    *number = appender_add_device(appender->inner, id, len);
    return api_check_device(*number, error);
}

/* A batch_input_take. */
static int
queue_piece(void *context, const struct batch_view *piece,
            struct wattle_error *error)
{
    return appender_add(context, piece, error);
}

/* All rows of a checked batch, or none. */
static int
add_rows(struct wattle_appender *appender, struct batch_input *input,
         struct wattle_error *error)
{
    int status =
        appender_begin_add(appender->inner, input->given.n_rows, error);
    if (status != WATTLE_OK)
        return status;
    status = batch_input_each(input, queue_piece, appender->inner, error);
    appender_end_add(appender->inner, status == WATTLE_OK);
    return status;
}

int
wattle_appender_add(struct wattle_appender *appender,
                    const struct wattle_batch *batch,
                    struct wattle_error *error)
{
    struct batch_input *input = malloc(sizeof(*input));
    if (input == NULL)
        return error_memory(error);
    int status = batch_input_open(input, batch,
                                  appender_n_devices(appender->inner), error);
    if (status == WATTLE_OK)
        status = add_rows(appender, input, error);
    free(input);
    return status;
}

int
wattle_appender_flush(struct wattle_appender *appender,
                      struct wattle_error *error)
{
    return error_end(error, appender_flush(appender->inner, error));
}

int
wattle_appender_stats(struct wattle_appender *appender,
                      struct wattle_append_stats *stats,
                      struct wattle_error *error)
{
    struct appender_stats now;
    if (stats == NULL)
        return error_null(error, "stats");
    appender_stats(appender->inner, &now);
    const struct wattle_append_stats all = {
        .n_added = now.n_added,
        .n_durable = now.n_durable,
        .n_new = now.counts.n_new,
        .n_replaced = now.counts.n_replaced,
        .n_unchanged = now.counts.n_unchanged,
        .n_writes = now.n_writes,
        .n_failures = now.n_failures,
    };
    return sized_struct_give(stats, &all, sizeof(all), error);
}

int
wattle_appender_close(struct wattle_appender *appender,
                      struct wattle_error *error)
{
    if (appender == NULL)
        return WATTLE_OK;
    int status = appender_close(appender->inner, error);
    free(appender);
    return error_end(error, status);
}
