/*
 * rollup_builder.c - a set of totals does the work; its profile keeps hours by
 * day, which are taken out of it whenever a day or a segment ends.
 *
 * The step that leads out of a day is added with the first reading of the next
 * one, so a day is open until the day after it has ended: `before`.
 */
#include "analytics/rollup_builder.h"

#include <stdlib.h>
#include <string.h>

#include "analytics/totals_parts.h"
#include "analytics/power.h"
#include "base/time_partition.h"
#include "base/buffer.h"
#include "wattle/error.h"

/* Energy units in a milliwatt hour, and nW in a milliwatt. */
#define UNITS_PER_MWH INT64_C(7200000000000)
#define NW_PER_MW     1000000

int
rollup_builder_init(struct rollup_builder *builder,
                    const struct kernels *kernels,
                    const struct wattle_zone *zone, int64_t max_gap_ms)
{
    *builder = (struct rollup_builder){.partition = time_partition_days(zone),
                                       .min_nw = INT64_MAX,
                                       .max_nw = INT64_MIN};
    totals_set_init(&builder->set, max_gap_ms, false);
    totals_set_init(&builder->join, max_gap_ms, false);
    totals_set_zone(&builder->set, zone);
    totals_set_zone(&builder->join, zone);
    builder->set.kernels = builder->join.kernels = kernels;
    builder->set.profile.keeps_hours = true;
    return totals_set_reserve(&builder->set, 1);
}

/* The sets stay, emptied: to make them anew takes longer. */
int
rollup_builder_reset(struct rollup_builder *builder)
{
    struct totals_set set = builder->set, join = builder->join;
    struct totals_first first;
    free(totals_set_take(&set, 0, &first).extra);
    aggregate_release(&first.states);
    profile_release(&set.profile);
    profile_release(&join.profile);
    set.profile.keeps_hours = true;
    free(builder->days);
    free(builder->last.extra);
    *builder = (struct rollup_builder){.set = set,
                                       .join = join,
                                       .partition = builder->partition,
                                       .min_nw = INT64_MAX,
                                       .max_nw = INT64_MIN};
    return WATTLE_OK;
}

void
rollup_builder_release(struct rollup_builder *builder)
{
    totals_set_release(&builder->set);
    totals_set_release(&builder->join);
    free(builder->days);
    free(builder->last.extra);
    *builder = (struct rollup_builder){0};
}

static void
add_energy(struct energy_sum *to, const struct energy_sum *from, bool has_wide)
{
    to->units += from->units;
    to->rest += from->rest;
    if (has_wide)
        to->wide = int256_add(to->wide, from->wide);
}

static int64_t
round_div(int128 value, int128 unit)
{
    int128 half = value < 0 ? -unit / 2 : unit / 2;
    int128 sum = value + half;
    if (sum == (int64_t)sum && unit == (int64_t)unit) /* a quicker division */
        return (int64_t)sum / (int64_t)unit;
    return (int64_t)(sum / unit);
}

/* (units + wide / 1e18) / unit, no further than int64_t goes. */
static int64_t
round_wide(int128 units, struct int256 wide, int64_t unit)
{
    int64_t out;
    struct int256 sum =
        int256_add(wide, int256_mul(int256_from(units), POWER_WIDE_PER_NW));
    sum = int256_div_round(int256_div_round(sum, unit), POWER_WIDE_PER_NW);
    if (!int256_to_int64(sum, &out))
        out = int256_is_negative(sum) ? INT64_MIN : INT64_MAX;
    return out;
}

/* Cut to 70 GWh, so that the hours of a day fit the table (tables.c). */
static int64_t
to_mwh(const struct energy_sum *energy, bool has_wide)
{
    const int64_t most = INT64_C(1) << 46;
    int64_t mwh = has_wide
                      ? round_wide(energy->units, energy->wide, UNITS_PER_MWH)
                      : round_div(energy->units, UNITS_PER_MWH);
    return mwh > most ? most : mwh < -most ? -most : mwh;
}

/* Powers over the day. */
static void
sum_powers(const struct day_hours *day, bool has_wide, struct day_sum *sum)
{
    int128 power_nw = 0;
    struct int256 wide = int256_from(0);
    for (int h = 0; h < 24; h++) {
        sum->n_power += day->hours[h].n_readings;
        power_nw += day->hours[h].power_nw;
        if (has_wide)
            wide = int256_add(wide, day->hours[h].power_wide);
    }
    if (sum->n_power == 0)
        return;
    int64_t unit = (int64_t)sum->n_power * NW_PER_MW;
    sum->mean_mw =
        has_wide ? round_wide(power_nw, wide, unit) : round_div(power_nw, unit);
    sum->min_mw = INT64_MAX;
    sum->max_mw = INT64_MIN;
    if (day->min_nw <= day->max_nw) {
        sum->min_mw = round_div(day->min_nw, NW_PER_MW);
        sum->max_mw = round_div(day->max_nw, NW_PER_MW);
    }
    if (day->has_wide) {
        int64_t min_mw = round_wide(0, day->min_wide, NW_PER_MW);
        int64_t max_mw = round_wide(0, day->max_wide, NW_PER_MW);
        sum->min_mw = min_mw < sum->min_mw ? min_mw : sum->min_mw;
        sum->max_mw = max_mw > sum->max_mw ? max_mw : sum->max_mw;
    }
}

/* A day that nothing can be added to any more. */
static int
emit(struct rollup_builder *builder, const struct day_hours *day)
{
    if (!day->is_there)
        return WATTLE_OK;
    struct day_sum *days = buffer_grow_array(
        builder->days, &builder->day_cap, builder->n_days + 1, sizeof(*days));
    if (days == NULL)
        return WATTLE_ERR_MEMORY;
    builder->days = days;
    struct day_sum *sum = &days[builder->n_days++];
    *sum = (struct day_sum){.day = day->day, .n_readings = day->n_readings};
    sum_powers(day, builder->has_wide, sum);
    struct energy_sum total = {0};
    for (int h = 0; h < 24; h++) {
        const struct profile_hour *hour = &day->hours[h];
        add_energy(&total, &hour->energy, builder->has_wide);
        sum->hour_mwh[h] = to_mwh(&hour->energy, builder->has_wide);
        if (hour->n_readings > 0 || sum->hour_mwh[h] != 0)
            sum->hours |= UINT32_C(1) << h;
    }
    sum->energy_mwh = to_mwh(&total, builder->has_wide);
    return WATTLE_OK;
}

static void
add_hours(struct profile_hour *to, const struct profile_hour *from,
          bool has_wide)
{
    for (int h = 0; h < 24; h++) {
        to[h].n_readings += from[h].n_readings;
        to[h].power_nw += from[h].power_nw;
        if (has_wide)
            to[h].power_wide = int256_add(to[h].power_wide, from[h].power_wide);
        add_energy(&to[h].energy, &from[h].energy, has_wide);
    }
}

static void
begin_day(struct day_hours *day, int64_t number)
{
    memset(day, 0, sizeof(*day));
    day->is_there = true;
    day->day = number;
    day->min_nw = INT64_MAX;
    day->max_nw = INT64_MIN;
}

/*
 * Takes the hours of each day out of a profile. Days between the two that are
 * open have energy of one long step, and no reading.
 */
static int
take_hours(struct rollup_builder *builder, struct profile *profile)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < profile->n_open && status == WATTLE_OK; i++) {
        const struct profile_day_hours *open = &profile->open[i];
        struct day_hours *to = &builder->day;
        if (open->day != builder->day.day) {
            to = &builder->before;
            if (!to->is_there || to->day != open->day) {
                status = emit(builder, to);
                begin_day(to, open->day);
            }
        }
        add_hours(to->hours, open->hours, builder->has_wide);
    }
    profile->n_open = 0;
    return status;
}

/* Widens [*min, *max]; the first value is both. */
static void
cover(struct int256 *min, struct int256 *max, bool is_first,
      const struct totals_extra *extra)
{
    if (is_first || int256_compare(extra->min, *min) < 0)
        *min = extra->min;
    if (is_first || int256_compare(extra->max, *max) > 0)
        *max = extra->max;
}

/* Takes the smallest and largest powers out of totals. */
static void
fold_limits(struct rollup_builder *builder, struct device_totals *totals)
{
    struct day_hours *day = &builder->day;
    struct totals_extra *extra = totals->extra;
    if (totals->min_nw < day->min_nw)
        day->min_nw = totals->min_nw;
    if (totals->max_nw > day->max_nw)
        day->max_nw = totals->max_nw;
    if (totals->min_nw < builder->min_nw)
        builder->min_nw = totals->min_nw;
    if (totals->max_nw > builder->max_nw)
        builder->max_nw = totals->max_nw;
    totals->min_nw = INT64_MAX;
    totals->max_nw = INT64_MIN;
    if (extra == NULL || extra->n_wide == 0)
        return;
    cover(&day->min_wide, &day->max_wide, !day->has_wide, extra);
    cover(&builder->min_wide, &builder->max_wide, builder->n_wide == 0, extra);
    day->has_wide = true;
    builder->n_wide += extra->n_wide;
    extra->n_wide = 0; /* the next one begins afresh */
}

/* Takes what has been added since the last time out of the set of totals. */
static int
fold(struct rollup_builder *builder)
{
    struct device_totals *totals = &builder->set.totals[0];
    totals_set_flush(&builder->set);
    builder->has_wide = builder->has_wide || totals->extra != NULL;
    int status = take_hours(builder, &builder->set.profile);
    builder->day.n_readings += totals->n_readings - builder->n_seen;
    builder->n_seen = totals->n_readings;
    fold_limits(builder, totals);
    totals_reload(&builder->set, 0);
    return status;
}

static int
enter_day(struct rollup_builder *builder, int64_t day)
{
    if (builder->day.is_there && builder->day.day == day)
        return WATTLE_OK;
    int status = WATTLE_OK;
    if (builder->day.is_there) {
        status = fold(builder);
        if (status == WATTLE_OK)
            status = emit(builder, &builder->before);
        builder->before = builder->day;
    }
    begin_day(&builder->day, day);
    return status;
}

/* Adds the step from the last segment to the first reading of this one. */
static int
join(struct rollup_builder *builder)
{
    struct device_totals *last = &builder->last;
    const struct totals_first *first = &builder->set.firsts[0];
    struct power_point to = {.time_ms = first->first_ms, .nw = first->first_nw};
    if (to.nw == TOTALS_WIDE)
        to.wide = builder->set.totals[0].extra->first;
    builder->is_joining = false;
    profile_release(&builder->join.profile);
    builder->join.profile.keeps_hours = true;
    int status = totals_add_step(&builder->join, last, &to);
    if (builder->join.profile.failed)
        status = WATTLE_ERR_MEMORY;
    builder->has_wide = builder->has_wide || last->extra != NULL ||
                        builder->set.totals[0].extra != NULL;
    if (status == WATTLE_OK)
        status = take_hours(builder, &builder->join.profile);
    return status;
}

static int
add_rows(struct rollup_builder *builder, const struct batch_view *rows)
{
    int status = totals_set_add(&builder->set, rows);
    if (status == WATTLE_OK && builder->is_joining) {
        totals_set_flush(&builder->set);
        status = join(builder);
    }
    return status;
}

int
rollup_builder_add(struct rollup_builder *builder,
                   const struct batch_view *batch)
{
    const int64_t *time_ms = batch->time_ms;
    struct time_cell day = TIME_CELL_NONE;
    int status = WATTLE_OK;
    for (size_t at = 0; at < batch->n_rows && status == WATTLE_OK;) {
        time_partition_find(&builder->partition, time_ms[at], &day);
        size_t n = builder->set.kernels->count_within(
            time_ms + at, batch->n_rows - at, day.start_ms,
            (uint64_t)(day.end_ms - day.start_ms));
        const struct batch_view rows = batch_view_part(batch, at, n);
        status = enter_day(builder, day.key);
        if (status == WATTLE_OK)
            status = add_rows(builder, &rows);
        at += n;
    }
    return status;
}

void
rollup_builder_read(struct rollup_builder *builder, int128 *power_nw,
                    int128 *energy)
{
    totals_set_flush(&builder->set);
    *power_nw = builder->set.totals[0].sum_nw;
    *energy = builder->set.totals[0].energy;
}

/* The totals stays behind as what the next segment joins. */
static int
keep_last(struct rollup_builder *builder, const struct device_totals *totals)
{
    free(builder->last.extra);
    builder->last = *totals;
    builder->last.extra = NULL;
    if (totals->extra != NULL) {
        builder->last.extra = malloc(sizeof(*builder->last.extra));
        if (builder->last.extra == NULL)
            return WATTLE_ERR_MEMORY;
        *builder->last.extra = *totals->extra;
    }
    builder->is_joining = true;
    return WATTLE_OK;
}

int
rollup_builder_cut(struct rollup_builder *builder, struct device_totals *totals,
                   struct totals_first *first, struct profile *profile)
{
    int status = fold(builder);
    *totals = totals_set_take(&builder->set, 0, first);
    totals->min_nw = builder->min_nw;
    totals->max_nw = builder->max_nw;
    if (builder->n_wide > 0) {
        totals->extra->n_wide = builder->n_wide;
        totals->extra->min = builder->min_wide;
        totals->extra->max = builder->max_wide;
    }
    *profile = builder->set.profile;
    profile_init(&builder->set.profile);
    builder->set.profile.keeps_hours = true;
    builder->min_nw = INT64_MAX;
    builder->max_nw = INT64_MIN;
    builder->n_seen = builder->n_wide = 0;
    if (profile->failed || status != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    return keep_last(builder, totals);
}

int
rollup_builder_finish(struct rollup_builder *builder)
{
    int status = emit(builder, &builder->before);
    if (status == WATTLE_OK)
        status = emit(builder, &builder->day);
    builder->before.is_there = builder->day.is_there = false;
    return status;
}

struct day_sums
rollup_builder_take(struct rollup_builder *builder)
{
    struct day_sums sums = {builder->days, builder->n_days};
    builder->days = NULL;
    builder->n_days = builder->day_cap = 0;
    return sums;
}
