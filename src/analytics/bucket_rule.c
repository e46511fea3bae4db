/*
 * bucket_rule.c - floor divisions, by time or by months of the calendar.
 *
 * A rule maps a time to the bucket that holds it, also before 1970. Spans of
 * weeks begin on Mondays, those of months with their first day.
 */
#include "analytics/bucket_rule.h"

#include "base/civil_time.h"

#define MS_PER_WEEK (7 * CIVIL_MS_PER_DAY)

/* 1969-12-29, a Monday. */
#define MONDAY_MS (-3 * CIVIL_MS_PER_DAY)

static int64_t
month_start_ms(int64_t months_since_1970)
{
    int64_t years = civil_floor_div(months_since_1970, 12);
    int month = (int)(months_since_1970 - 12 * years) + 1;
    return civil_day_from_date((int)(1970 + years), month, 1) *
           CIVIL_MS_PER_DAY;
}

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

struct bucket_range
bucket_rule_range(const struct bucket_rule *rule, int64_t time_ms)
{
    if (rule->kind == BUCKET_WHOLE)
        return (struct bucket_range){INT64_MIN, INT64_MAX};
    struct bucket_range range = rule->kind == BUCKET_MONTHS
                                    ? months_around(time_ms, rule->size)
                                    : span_around(time_ms, rule->size);
    if (range.start_ms < CIVIL_MIN_MS)
        range.start_ms = CIVIL_MIN_MS;
    return range;
}

static void
find_cell(const void *self, int64_t time_ms, struct time_cell *cell)
{
    const struct bucket_rule *rule = self;
    /* mostly the next one: no division */
    if (rule->kind == BUCKET_SPANS && time_ms == cell->end_ms &&
        cell->end_ms - cell->start_ms == rule->size) {
        cell->start_ms += rule->size;
        cell->end_ms += rule->size;
        return;
    }
    struct bucket_range range = bucket_rule_range(rule, time_ms);
    *cell = (struct time_cell){range.start_ms, range.end_ms, 0};
}

struct time_partition
bucket_rule_partition(const struct bucket_rule *rule)
{
    return (struct time_partition){.find = find_cell, .self = rule};
}
