/*
 * query_api.c - the public query: checks the options, then opens a cursor.
 *
 * A bucket_request is what the options come to. The cursor is over a back end;
 * here it is that of a database.
 */
#include <math.h>
#include <stdlib.h>

#include "api/api_check.h"
#include "api/database_handle.h"
#include "api/query_rows.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/sized_struct.h"
#include "simd/kernels.h"
#include "backend/bucket_cursor.h"
#include "store/store_backend.h"
#include "wattle/query.h"

#define ONE_YEAR_MS (INT64_C(366) * CIVIL_MS_PER_DAY)
#define MAX_MONTHS  1200

/* A step of the largest gap makes no more buckets than this. */
#define MAX_BUCKETS 100000

struct wattle_query {
    struct wattle_query_options options; /* as given, and complete */
    struct bucket_request request;       /* the same for the cursor */
    struct store_backend backend;
    struct bucket_cursor cursor;
    struct query_rows rows;
};

static int
check_buckets(const struct wattle_query_options *o, struct wattle_error *error)
{
    bool has_buckets = o->bucket_ms != 0 || o->bucket_months != 0;
    if (o->bucket_ms != 0 && o->bucket_months != 0)
        return error_set(
            error, WATTLE_ERR_USAGE,
            "the options bucket_ms and bucket_months cannot be set "
            "both");
    if (o->bucket_ms < 0 || o->bucket_ms > 1000 * ONE_YEAR_MS ||
        o->bucket_months < 0 || o->bucket_months > MAX_MONTHS)
        return error_set(
            error, WATTLE_ERR_USAGE,
            "buckets must be 1 ms to 1000 years (bucket_ms), or 1 to "
            "%d months (bucket_months)",
            MAX_MONTHS);
    if (o->is_raw &&
        (has_buckets || o->is_total || o->fill != WATTLE_FILL_NONE))
        return error_set(error, WATTLE_ERR_USAGE,
                         "raw readings have no buckets to be summed or "
                         "filled");
    if (o->bucket_ms > 0 && o->max_gap_ms / o->bucket_ms > MAX_BUCKETS)
        return error_set(error, WATTLE_ERR_USAGE,
                         "buckets of %lld ms are too small: the largest gap "
                         "would have more than %d of them",
                         (long long)o->bucket_ms, MAX_BUCKETS);
    return WATTLE_OK;
}

static int
check_options(const struct wattle_query_options *o, struct wattle_error *error)
{
    const struct api_number words[] = {
        {"fields", o->fields, WATTLE_QUERY_ALL},
        {"fill", o->fill, WATTLE_FILL_ZERO},
        {"interpolation", o->interpolation, WATTLE_HOLD},
        {"sort", o->sort, WATTLE_SORT_READINGS},
    };
    int status =
        api_check_numbers(words, sizeof(words) / sizeof(words[0]), error);
    if (status != WATTLE_OK)
        return status;
    if (isinf(o->rate_per_kwh))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option rate_per_kwh must be a number, or NAN");
    if (!isfinite(o->return_rate_per_kwh))
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option return_rate_per_kwh must be a number");
    if (o->sort == WATTLE_SORT_COST && isnan(o->rate_per_kwh))
        return error_set(error, WATTLE_ERR_USAGE,
                         "to sort by cost takes a price: rate_per_kwh");
    if (o->max_gap_ms < 1 || o->max_gap_ms > ONE_YEAR_MS)
        return error_set(error, WATTLE_ERR_USAGE,
                         "the option max_gap_ms must be 1 ms to 366 days");
    status = api_check_range(o->since_ms, o->until_ms, error);
    if (status == WATTLE_OK)
        status = api_check_globs(o->device_globs, o->n_device_globs, error);
    return status == WATTLE_OK ? check_buckets(o, error) : status;
}

/* What was left to us to choose. */
static void
complete(struct wattle_query_options *o)
{
    if (o->fields == 0)
        o->fields = o->is_raw     ? WATTLE_QUERY_ALL
                    : o->is_total ? WATTLE_QUERY_ENERGY
                                  : WATTLE_QUERY_POWER | WATTLE_QUERY_ENERGY;
    if (!isnan(o->rate_per_kwh) || o->sort == WATTLE_SORT_ENERGY)
        o->fields |= WATTLE_QUERY_ENERGY;
    if (o->sort == WATTLE_SORT_MEAN_POWER || o->sort == WATTLE_SORT_MAX_POWER)
        o->fields |= WATTLE_QUERY_POWER;
}

static struct bucket_request
request_of(const struct wattle_query_options *o, const struct tuning *tuning)
{
    struct bucket_request request = {
        .selection = {.device_globs = o->device_globs,
                      .n_device_globs = o->n_device_globs,
                      .location_glob = o->location_glob},
        .rule = {.kind = BUCKET_WHOLE},
        .is_raw = o->is_raw,
        .is_total = o->is_total,
        .fields = o->fields,
        .fill = o->fill,
        .rate_per_kwh = o->rate_per_kwh,
        .return_rate_per_kwh = o->return_rate_per_kwh,
        .max_gap_ms = o->max_gap_ms,
        .holds = o->interpolation == WATTLE_HOLD,
        .kernels = kernels_for(tuning->simd),
        .no_cache = tuning->no_cache,
    };
    selection_set_range(&request.selection, o->since_ms, o->until_ms);
    if (o->bucket_months > 0)
        request.rule = (struct bucket_rule){.kind = BUCKET_MONTHS,
                                            .size = o->bucket_months};
    else if (o->bucket_ms > 0)
        request.rule =
            (struct bucket_rule){.kind = BUCKET_SPANS, .size = o->bucket_ms};
    request.rule.zone = zone_unless_utc(o->zone);
    return request;
}

int
wattle_query_open(struct wattle_query **out, struct wattle_database *database,
                  const struct wattle_query_options *given,
                  struct wattle_error *error)
{
    struct wattle_query_options options = WATTLE_QUERY_OPTIONS_INIT;
    *out = NULL;
    if (database == NULL)
        return error_null(error, "database");
    int status = sized_struct_take(&options, sizeof(options), given, error);
    struct tuning tuning;
    if (status == WATTLE_OK)
        status = check_options(&options, error);
    if (status == WATTLE_OK)
        status = api_check_tuning(options.tuning, &tuning, error);
    if (status != WATTLE_OK)
        return status;
    struct wattle_query *query = calloc(1, sizeof(*query));
    if (query == NULL)
        return error_memory(error);
    query->options = options;
    if (options.zone == NULL)
        query->options.zone = wattle_database_zone(database);
    complete(&query->options);
    if (options.is_raw && (query->options.fields & WATTLE_QUERY_ENERGY) != 0 &&
        database->db.n_measures > WATTLE_ENERGY_RETURNED)
        query->options.fields |= WATTLE_QUERY_METERS;
    query->request = request_of(&query->options, &tuning);
    query->rows =
        (struct query_rows){.sort = options.sort, .limit = options.limit};
    store_backend_init(&query->backend, &database->db);
    status = bucket_cursor_open(&query->cursor, &query->backend.base,
                                &query->request, error);
    if (status != WATTLE_OK) {
        wattle_query_close(query);
        return status;
    }
    *out = query;
    return error_end(error, WATTLE_OK);
}

int
wattle_query_next(struct wattle_query *query,
                  const struct wattle_query_row **row,
                  struct wattle_error *error)
{
    return query_rows_next(&query->rows, &query->cursor, row, error);
}

const struct wattle_query_options *
wattle_query_options_of(const struct wattle_query *query)
{
    return &query->options;
}

size_t
wattle_query_n_devices(const struct wattle_query *query)
{
    return query->cursor.devices.n;
}

size_t
wattle_query_n_sparse(const struct wattle_query *query, const char **first)
{
    const struct bucket_cursor *cursor = &query->cursor;
    if (first != NULL)
        *first = cursor->n_sparse > 0 ? cursor->first_sparse->id : NULL;
    return cursor->n_sparse;
}

void
wattle_query_close(struct wattle_query *query)
{
    if (query == NULL)
        return;
    query_rows_release(&query->rows);
    bucket_cursor_close(&query->cursor);
    free(query);
}
