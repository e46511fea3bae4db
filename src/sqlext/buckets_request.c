/*
 * buckets_request.c - arguments of SQL into a request for buckets.
 *
 * Spans and times are written as for `wattle query`, but no span is in
 * milliseconds; a time may also be an integer of milliseconds since 1970. The
 * device is an id, not a pattern. Times without an offset are of the zone. A
 * time or span that makes no sense is an error with the argument's name; NULL
 * leaves the default.
 */
#include "sqlext/buckets_request.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/zone.h"
#include "wattle/query.h"

#define MAX_MONTHS 1200
#define MAX_DAYS   36600

void
buckets_request_init(struct buckets_request *request,
                     const struct wattle_zone *zone)
{
    request->pattern.len = 0;
    request->query = (struct bucket_request){
        .selection = SELECTION_ALL,
        .rule = {.kind = BUCKET_WHOLE, .zone = zone_unless_utc(zone)},
        .fields = WATTLE_QUERY_ENERGY,
        .rate_per_kwh = NAN,
        .max_gap_ms = CIVIL_MS_PER_HOUR,
        .kernels = kernels_for(0),
    };
}

void
buckets_request_release(struct buckets_request *request)
{
    buffer_release(&request->pattern);
}

int
buckets_request_device(struct buckets_request *request, sqlite3_value *value,
                       struct wattle_error *error)
{
    struct buffer *pattern = &request->pattern;
    const char *id = (const char *)sqlite3_value_text(value);
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return WATTLE_OK;
    if (id == NULL)
        return error_memory(error);
    int status = WATTLE_OK;
    for (; *id != '\0' && status == WATTLE_OK; id++) {
        if (strchr("*?[\\", *id) != NULL)
            status = buffer_append(pattern, "\\", 1);
        if (status == WATTLE_OK)
            status = buffer_append(pattern, id, 1);
    }
    if (status != WATTLE_OK || buffer_append(pattern, "", 1) != WATTLE_OK)
        return error_memory(error);
    request->globs[0] = pattern->data;
    request->query.selection.device_globs = request->globs;
    request->query.selection.n_device_globs = 1;
    return WATTLE_OK;
}

/* A text as --since takes it, or a number of milliseconds. */
static int
read_time(const struct wattle_zone *zone, sqlite3_value *value,
          const char *name, int64_t *time_ms, struct wattle_error *error)
{
    switch (sqlite3_value_type(value)) {
    case SQLITE_NULL:
        return WATTLE_OK;
    case SQLITE_INTEGER:
        *time_ms = sqlite3_value_int64(value);
        if (*time_ms < CIVIL_MIN_MS)
            *time_ms = CIVIL_MIN_MS;
        if (*time_ms > CIVIL_MAX_MS)
            *time_ms = CIVIL_MAX_MS;
        return WATTLE_OK;
    default:
        break;
    }
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL)
        return error_memory(error);
    const char *trimmed = text;
    size_t len = decimal_trim(&trimmed, (size_t)sqlite3_value_bytes(value));
    if (zone_parse_time(zone, trimmed, len, time_ms))
        return WATTLE_OK;
    return error_set(error, WATTLE_ERR_USAGE,
                     "energy_buckets: %s must be a time such as 2023-10-01 or "
                     "2023-10-01T08:00Z, or milliseconds, not '%s'",
                     name, text);
}

int
buckets_request_since(struct buckets_request *request, sqlite3_value *value,
                      struct wattle_error *error)
{
    struct bucket_request *query = &request->query;
    return read_time(query->rule.zone, value, "since",
                     &query->selection.since_ms, error);
}

int
buckets_request_until(struct buckets_request *request, sqlite3_value *value,
                      struct wattle_error *error)
{
    struct bucket_request *query = &request->query;
    return read_time(query->rule.zone, value, "until",
                     &query->selection.until_ms, error);
}

/* A whole number and a unit; false when it is none, or too large. */
static bool
read_every(const char *text, struct bucket_rule *rule)
{
    static const struct {
        const char *unit;
        int64_t ms;
        int months;
    } units[] = {{"s", 1000, 0},    {"m", 60000, 0},    {"min", 60000, 0},
                 {"h", 3600000, 0}, {"d", 86400000, 0}, {"w", 604800000, 0},
                 {"mo", 0, 1},      {"y", 0, 12}};
    char *end;
    unsigned long n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || n == 0 || n > UINT32_MAX)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].unit) != 0)
            continue;
        if (units[i].months > 0 && n <= MAX_MONTHS / (unsigned)units[i].months)
            *rule = (struct bucket_rule){.kind = BUCKET_MONTHS,
                                         .size = (int)n * units[i].months,
                                         .zone = rule->zone};
        else if (units[i].ms > 0 &&
                 (int64_t)n <= MAX_DAYS * CIVIL_MS_PER_DAY / units[i].ms)
            *rule = (struct bucket_rule){.kind = BUCKET_SPANS,
                                         .size = (int64_t)n * units[i].ms,
                                         .zone = rule->zone};
        return rule->kind != BUCKET_WHOLE;
    }
    return false;
}

int
buckets_request_every(struct buckets_request *request, sqlite3_value *value,
                      struct wattle_error *error)
{
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return WATTLE_OK;
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL)
        return error_memory(error);
    if (read_every(text, &request->query.rule))
        return WATTLE_OK;
    return error_set(error, WATTLE_ERR_USAGE,
                     "energy_buckets: every must be a span such as 15m, 1h, "
                     "1d, 1w, 1mo or 1y, not '%s'",
                     text);
}

int
buckets_request_interpolation(struct buckets_request *request,
                              sqlite3_value *value, struct wattle_error *error)
{
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return WATTLE_OK;
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL)
        return error_memory(error);
    request->query.holds = strcmp(text, "hold") == 0;
    if (request->query.holds || strcmp(text, "linear") == 0)
        return WATTLE_OK;
    return error_set(error, WATTLE_ERR_USAGE,
                     "energy_buckets: interpolation must be linear or hold, "
                     "not '%s'",
                     text);
}

int
buckets_request_max_gap(struct buckets_request *request, sqlite3_value *value,
                        struct wattle_error *error)
{
    struct bucket_rule rule = {.kind = BUCKET_WHOLE};
    if (sqlite3_value_type(value) == SQLITE_NULL)
        return WATTLE_OK;
    const char *text = (const char *)sqlite3_value_text(value);
    if (text == NULL)
        return error_memory(error);
    if (read_every(text, &rule) && rule.kind == BUCKET_SPANS &&
        rule.size <= 366 * CIVIL_MS_PER_DAY) {
        request->query.max_gap_ms = rule.size;
        return WATTLE_OK;
    }
    return error_set(error, WATTLE_ERR_USAGE,
                     "energy_buckets: max_gap must be a span of at most a "
                     "year, such as 90m, 2h or 1d, not '%s'",
                     text);
}
