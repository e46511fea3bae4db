/*
 * totals_row.c - the general way: one reading of any kind into the totals of
 * its device. It defines what is right; the quick ways (totals_segment.c,
 * totals_block.c) must leave the same sums.
 */
#include <assert.h>
#include <stdlib.h>

#include "analytics/reading.h"
#include "analytics/totals_parts.h"
#include "base/buffer.h"
#include "wattle/error.h"

/* More segments than this mean "unsorted"; sorting is then cheaper. */
#define MAX_SEGMENTS_PER_DEVICE 64
#define MAX_SEGMENTS            100000

struct totals_extra *
totals_extra_of(struct device_totals *totals)
{
    if (totals->extra == NULL)
        totals->extra = calloc(1, sizeof(*totals->extra));
    totals->needs_care = true;
    return totals->extra;
}

static void
count_gap(struct device_totals *totals, int64_t dt)
{
    totals->n_gaps++;
    totals->gap_ms += dt;
}

static int
add_part(void *context, const struct time_cell *cell,
         const struct energy_part *part)
{
    struct profile *profile = context;
    if (part->is_wide)
        profile_add_energy_wide(profile, cell->key, part->net.wide);
    else
        profile_add_part(profile, cell->key, part->net.units, part->net.rest);
    return WATTLE_OK;
}

void
totals_split_step(struct totals_set *set, const struct power_point *from,
                  const struct power_point *to, struct time_cell *hour)
{
    const struct energy_step step = {.from = from,
                                     .to = to,
                                     .begin_ms = from->time_ms,
                                     .end_ms = to->time_ms,
                                     .partition = &set->hours};
    energy_split(&step, hour, add_part, &set->profile);
}

void
totals_add_part(struct totals_set *set, struct device_totals *totals,
                const struct time_cell *cell, const struct energy_part *part)
{
    struct totals_extra *extra = totals->extra;
    assert(extra != NULL);
    add_part(&set->profile, cell, part);
    if (part->is_wide) {
        extra->energy = int256_add(extra->energy, part->net.wide);
    } else {
        totals->energy += part->net.units;
        extra->energy_rest += part->net.rest;
    }
    if (part->has_returned)
        energy_add(&extra->returned, &part->returned);
}

int
totals_add_step(struct totals_set *set, struct device_totals *totals,
                const struct power_point *to)
{
    int64_t dt = to->time_ms - totals->last_ms;
    if (dt > set->max_gap_ms) {
        count_gap(totals, dt);
        return WATTLE_OK;
    }
    if (totals->last_nw == TOTALS_NO_POWER || to->nw == TOTALS_NO_POWER)
        return WATTLE_OK;
    struct power_point from = {totals->last_ms, totals->last_nw, {{0}}};
    const bool is_wide = from.nw == TOTALS_WIDE || to->nw == TOTALS_WIDE;
    struct time_cell hour = TIME_CELL_NONE;
    if (from.nw == TOTALS_WIDE)
        from.wide = totals->extra->last;
    totals_split_step(set, &from, to, &hour);
    if (!is_wide)
        totals->energy += energy_of_narrow_step(&from, to);
    const bool is_returned = power_is_returned(&from) || power_is_returned(to);
    if (!is_wide && !is_returned)
        return WATTLE_OK;
    struct totals_extra *extra = totals_extra_of(totals);
    if (extra == NULL)
        return WATTLE_ERR_MEMORY;
    if (is_wide)
        extra->energy =
            int256_add(extra->energy, energy_of_wide_step(&from, to));
    if (is_returned) {
        const struct energy_sum returned = energy_returned_by_step(&from, to);
        energy_add(&extra->returned, &returned);
    }
    return WATTLE_OK;
}

static void
add_wide_power(struct totals_extra *extra, struct int256 power)
{
    bool first = extra->n_wide++ == 0;
    extra->sum = int256_add(extra->sum, power);
    if (first || int256_compare(power, extra->min) < 0)
        extra->min = power;
    if (first || int256_compare(power, extra->max) > 0)
        extra->max = power;
    extra->last = power;
}

/* Adds power or energy of a reading to its totals and the profile. */
static int
add_amount(struct totals_set *set, struct device_totals *totals,
           const struct reading *reading)
{
    const struct power_point *point = &reading->point;
    struct time_cell cell = TIME_CELL_NONE;
    time_partition_find(&set->hours, point->time_ms, &cell);
    const int64_t hour = cell.key;
    if (point->nw != TOTALS_WIDE && point->nw != TOTALS_NO_POWER) {
        totals->sum_nw += point->nw;
        if (point->nw < totals->min_nw)
            totals->min_nw = point->nw;
        if (point->nw > totals->max_nw)
            totals->max_nw = point->nw;
        profile_add_power(&set->profile, hour, 1, point->nw);
        /* the quick ways know no returned energy */
        bool is_good = point->nw >= 0 || totals_extra_of(totals) != NULL;
        return is_good ? WATTLE_OK : WATTLE_ERR_MEMORY;
    }
    struct totals_extra *extra = totals_extra_of(totals);
    if (extra == NULL)
        return WATTLE_ERR_MEMORY;
    if (point->nw == TOTALS_WIDE) {
        add_wide_power(extra, point->wide);
        profile_add_power_wide(&set->profile, hour, point->wide);
    } else {
        extra->n_energy++;
        totals->energy += reading->energy;
        profile_add_energy(&set->profile, hour, reading->energy);
        profile_add_day(&set->profile, hour);
    }
    return WATTLE_OK;
}

/*
 * A reading not later than the last one: inside the segment it needs sorting;
 * before it, it may begin another segment.
 */
static int
turn_back(struct totals_set *set, uint32_t device, int64_t time_ms)
{
    struct device_totals *totals = &set->totals[device];
    if (time_ms >= set->firsts[device].first_ms ||
        totals->n_segments >= MAX_SEGMENTS_PER_DEVICE ||
        set->n_segments >= MAX_SEGMENTS) {
        totals_set_disorder(set, device);
        return WATTLE_OK;
    }
    struct totals_segment *grown = buffer_grow_array(
        set->segments, &set->segment_cap, set->n_segments + 1, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    set->segments = grown;
    set->segments[set->n_segments++] =
        (struct totals_segment){device, *totals, set->firsts[device]};
    set->firsts[device].states = NULL;
    totals_clear(totals);
    totals->n_segments++;
    return WATTLE_OK;
}

static void
begin_segment(struct totals_set *set, uint32_t device,
              const struct reading *reading)
{
    struct totals_first *first = &set->firsts[device];
    assert(first->states == NULL);
    first->first_ms = reading->point.time_ms;
    first->first_nw = reading->point.nw;
}

static int
add_efficiency(struct device_totals *totals, const struct reading *reading)
{
    if (!reading->has_efficiency)
        return WATTLE_OK;
    totals->n_efficiency++;
    if (reading->is_milli) {
        totals->efficiency += reading->efficiency;
        return WATTLE_OK;
    }
    struct totals_extra *extra = totals_extra_of(totals);
    if (extra == NULL)
        return WATTLE_ERR_MEMORY;
    extra->efficiency += reading->efficiency;
    return WATTLE_OK;
}

/* What a reading adds by itself. */
static int
add_levels(struct totals_set *set, uint32_t device,
           const struct reading *reading, bool is_first)
{
    struct device_totals *totals = &set->totals[device];
    const int64_t time_ms = reading->point.time_ms;
    int status = add_amount(set, totals, reading);
    if (status == WATTLE_OK)
        status = add_efficiency(totals, reading);
    if (status != WATTLE_OK)
        return status;
    if (is_first && reading->point.nw == TOTALS_WIDE)
        totals->extra->first = reading->point.wide;
    totals->n_readings++;
    totals->last_ms = time_ms;
    totals->last_nw = reading->point.nw;
    const struct aggregate_rows row = {&time_ms, &reading->point.nw, 1};
    return aggregate_add(&set->firsts[device].states, &row);
}

static int
add_reading(struct totals_set *set, uint32_t device,
            const struct reading *reading)
{
    struct device_totals *totals = &set->totals[device];
    int64_t time_ms = reading->point.time_ms;
    int status = WATTLE_OK;
    if (totals->n_readings > 0 && time_ms <= totals->last_ms) {
        status = turn_back(set, device, time_ms);
        if (status != WATTLE_OK || totals->is_disordered)
            return status;
    }
    bool is_first = totals->n_readings == 0;
    if (is_first)
        begin_segment(set, device, reading);
    else
        status = totals_add_step(set, totals, &reading->point);
    return status == WATTLE_OK ? add_levels(set, device, reading, is_first)
                               : status;
}

int
totals_add_levels(struct totals_set *set, uint32_t device,
                  const struct reading *reading)
{
    const bool is_first = set->totals[device].n_readings == 0;
    struct reading levels = *reading;
    levels.energy = 0; /* it comes with the steps */
    assert(is_first || reading->point.time_ms > set->totals[device].last_ms);
    if (is_first)
        begin_segment(set, device, reading);
    return add_levels(set, device, &levels, is_first);
}

int
totals_add_row(struct totals_set *set, const struct batch_view *batch,
               size_t row)
{
    uint32_t device = batch->device[row];
    if (set->totals[device].is_disordered)
        return WATTLE_OK;
    struct reading reading;
    reading_from_row(&reading, batch, row,
                     (struct rating){set->no_cache, set->is_fine});
    totals_flush(set, device, (size_t)device + 1);
    int status = add_reading(set, device, &reading);
    totals_reload(set, device);
    return status;
}
