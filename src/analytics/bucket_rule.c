/*
 * bucket_rule.c - floor divisions, by time or by months of the calendar.
 *
 * A rule maps a time to the bucket that holds it, also before 1970. Spans of
 * weeks begin on Mondays, those of months with their first day. Where the zone
 * is not UTC, the same is done with the time that a clock shows.
 */
#include "analytics/bucket_rule.h"

#include "base/civil_time.h"
#include "base/zone.h"

#define MS_PER_WEEK (7 * CIVIL_MS_PER_DAY)

/* 1969-12-29, a Monday. */
#define MONDAY_MS (-3 * CIVIL_MS_PER_DAY)

/* The clock's time at the begin of a month, counted since 1970. */
static int64_t
month_start_ms(int64_t months_since_1970)
{
    int64_t years = civil_floor_div(months_since_1970, 12);
    int month = (int)(months_since_1970 - 12 * years) + 1;
    return civil_day_from_date((int)(1970 + years), month, 1) *
           CIVIL_MS_PER_DAY;
}

/* On the line of a clock that is never changed. */
static struct bucket_range
months_around(int64_t time_ms, int64_t size)
{
    int year, month, day;
    civil_date_from_day(civil_floor_div(time_ms, CIVIL_MS_PER_DAY), &year,
                        &month, &day);
    int64_t months = ((int64_t)year - 1970) * 12 + month - 1;
    int64_t first = civil_floor_div(months, size) * size;
    return (struct bucket_range){month_start_ms(first),
                                 month_start_ms(first + size)};
}

static struct bucket_range
span_around(int64_t time_ms, int64_t size)
{
    int64_t origin_ms = size % MS_PER_WEEK == 0 ? MONDAY_MS : 0;
    int64_t start_ms =
        civil_floor_div(time_ms - origin_ms, size) * size + origin_ms;
    return (struct bucket_range){start_ms, start_ms + size};
}

static struct bucket_range
clock_range(const struct bucket_rule *rule, int64_t time_ms)
{
    return rule->kind == BUCKET_MONTHS ? months_around(time_ms, rule->size)
                                       : span_around(time_ms, rule->size);
}

/* A short span, within the time that one offset holds. */
static struct bucket_range
short_range(const struct bucket_rule *rule, int64_t time_ms)
{
    const struct zone_span span = zone_at(rule->zone, time_ms);
    struct bucket_range range = clock_range(rule, time_ms + span.offset_ms);
    range.start_ms -= span.offset_ms;
    range.end_ms -= span.offset_ms;
    if (range.start_ms < span.from_ms)
        range.start_ms = span.from_ms;
    if (range.end_ms > span.until_ms)
        range.end_ms = span.until_ms;
    return range;
}

static struct bucket_range
long_range(const struct bucket_rule *rule, int64_t time_ms)
{
    const struct bucket_range range =
        clock_range(rule, zone_reached(rule->zone, time_ms));
    return (struct bucket_range){zone_first_utc(rule->zone, range.start_ms),
                                 zone_first_utc(rule->zone, range.end_ms)};
}

struct bucket_range
bucket_rule_range(const struct bucket_rule *rule, int64_t time_ms)
{
    struct bucket_range range;
    if (rule->kind == BUCKET_WHOLE)
        return (struct bucket_range){INT64_MIN, INT64_MAX};
    if (rule->zone == NULL)
        range = clock_range(rule, time_ms);
    else if (rule->kind == BUCKET_SPANS && rule->size <= CIVIL_MS_PER_HOUR)
        range = short_range(rule, time_ms);
    else
        range = long_range(rule, time_ms);
    if (range.start_ms < CIVIL_MIN_MS)
        range.start_ms = CIVIL_MIN_MS;
    return range;
}

bool
bucket_rule_is_next(const struct bucket_rule *rule, int64_t end_ms,
                    int64_t time_ms)
{
    return rule->kind == BUCKET_SPANS && rule->zone == NULL &&
           time_ms >= end_ms && time_ms < end_ms + rule->size;
}

static void
find_cell(const void *self, int64_t time_ms, struct time_cell *cell)
{
    const struct bucket_rule *rule = self;
    /* mostly the next one: no division */
    if (bucket_rule_is_next(rule, cell->end_ms, time_ms) &&
        cell->end_ms - cell->start_ms == rule->size) {
        cell->start_ms += rule->size;
        cell->end_ms += rule->size;
        return;
    }
    if (time_ms >= cell->start_ms && time_ms < cell->end_ms)
        return;
    struct bucket_range range = bucket_rule_range(rule, time_ms);
    *cell = (struct time_cell){range.start_ms, range.end_ms, 0, 0, 0};
}

struct time_partition
bucket_rule_partition(const struct bucket_rule *rule)
{
    return (struct time_partition){.find = find_cell, .self = rule};
}
