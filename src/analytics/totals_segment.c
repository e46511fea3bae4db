/*
 * totals_segment.c - the quick way for a block of one device: what a file by
 * device and a chunk of a database are made of.
 *
 * Rows follow each other, so the last reading is at hand and nothing has to
 * be looked up. Sums of the hour are kept aside and written when it changes;
 * a step over a full hour takes the general way.
 */
#include <assert.h>

#include "analytics/totals_parts.h"
#include "wattle/error.h"

/* A device's rows on their way into its totals. */
struct open_segment {
    struct totals_set *set;
    struct device_totals *totals;
    struct power_point last;
    struct time_cell hour; /* of the last reading */
    /* of the hour, not in the profile yet */
    uint64_t n;
    int128 power_nw, energy;
    /* of all rows */
    int64_t min_nw, max_nw;
    int128 sum_nw, sum_energy;
};

static void
flush_hour(struct open_segment *s)
{
    if (s->n > 0 || s->energy != 0)
        profile_add_hour(&s->set->profile, s->hour.key, s->n, s->power_nw,
                         s->energy);
    s->sum_nw += s->power_nw;
    s->sum_energy += s->energy;
    s->n = 0;
    s->power_nw = s->energy = 0;
}

static void
enter_hour(struct open_segment *s, int64_t time_ms)
{
    flush_hour(s);
    time_partition_find(&s->set->hours, time_ms, &s->hour);
}

/*
 * The step to a reading beyond the hour, or over a gap: the general way, but
 * for what ends on the full hour. The reading itself is still to be added.
 */
static void
step_beyond(struct open_segment *s, int64_t time_ms, int64_t nw)
{
    const struct power_point to = {.time_ms = time_ms, .nw = nw};
    int64_t dt = time_ms - s->last.time_ms;
    assert(dt > 0 && (time_ms >= s->hour.end_ms || dt > s->set->max_gap_ms));
    if (dt > s->set->max_gap_ms) {
        s->totals->n_gaps++;
        s->totals->gap_ms += dt;
    } else if (time_ms == s->hour.end_ms) {
        s->energy += (int128)(s->last.nw + nw) * dt;
    } else {
        struct time_cell hour = s->hour;
        totals_split_step(s->set, &s->last, &to, &hour);
        s->sum_energy += energy_of_narrow_step(&s->last, &to);
    }
    enter_hour(s, time_ms);
    s->last.time_ms = time_ms;
    s->last.nw = nw;
}

/* Adds rows as long as they are inside the hour; returns the first beyond. */
static size_t
add_inside(struct open_segment *s, const int64_t *time_ms,
           const int64_t *power_nw, size_t i, size_t n)
{
    const int64_t end_ms = s->hour.end_ms, max_gap_ms = s->set->max_gap_ms;
    const size_t first = i;
    int64_t last_ms = s->last.time_ms, last_nw = s->last.nw;
    int64_t min_nw = s->min_nw, max_nw = s->max_nw;
    int128 energy = s->energy, sum_nw = s->power_nw;
    for (; i < n; i++) {
        int64_t dt = time_ms[i] - last_ms;
        int64_t nw = power_nw[i];
        if (time_ms[i] >= end_ms || dt > max_gap_ms)
            break;
        energy += (int128)(last_nw + nw) * dt;
        sum_nw += nw;
        min_nw = nw < min_nw ? nw : min_nw;
        max_nw = nw > max_nw ? nw : max_nw;
        last_ms = time_ms[i];
        last_nw = nw;
    }
    s->n += i - first;
    s->energy = energy;
    s->power_nw = sum_nw;
    s->min_nw = min_nw;
    s->max_nw = max_nw;
    s->last.time_ms = last_ms;
    s->last.nw = last_nw;
    return i;
}

static void
add_rows(struct open_segment *s, const int64_t *time_ms,
         const int64_t *power_nw, size_t n)
{
    for (size_t i = 0; i < n;) {
        i = add_inside(s, time_ms, power_nw, i, n);
        if (i == n)
            return;
        /* into the next hour, where it is inside, a step of no time */
        step_beyond(s, time_ms[i], power_nw[i]);
    }
}

static int128
sum_efficiency(const int64_t *efficiency, size_t n)
{
    int128 sum = 0;
    for (size_t at = 0; at < n;) {
        size_t end = n - at > 64 ? at + 64 : n; /* 64 * 2^56 fit 63 bits */
        int64_t part = 0;
        for (; at < end; at++)
            part += efficiency[at];
        sum += part;
    }
    return sum;
}

/* Whether all rows are of one device and later than the one before. */
static bool
is_segment(const struct totals_set *set, const struct batch_view *batch)
{
    const uint32_t device = batch->device[0];
    const struct device_totals *totals = &set->totals[device];
    uint32_t other = 0;
    if (totals->needs_care ||
        (totals->n_readings > 0 && batch->time_ms[0] <= totals->last_ms))
        return false;
    for (size_t i = 1; i < batch->n_rows; i++)
        other |= batch->device[i] ^ device;
    return other == 0 && set->kernels->ascends(batch->time_ms, batch->n_rows);
}

bool
totals_segment_add(struct totals_set *set, const struct batch_view *batch,
                   const struct reading_block *readings, int *status)
{
    const size_t n = batch->n_rows;
    if (n < TOTALS_SEGMENT_ROWS || readings->has_returned ||
        batch->device[n - 1] != batch->device[0])
        return false;
    const size_t device = batch->device[0];
    struct device_totals *totals = &set->totals[device];
    totals_flush(set, device, device + 1);
    if (!is_segment(set, batch)) {
        totals_reload(set, device);
        return false;
    }
    struct open_segment s = {
        .set = set,
        .totals = totals,
        .min_nw = totals->min_nw,
        .max_nw = totals->max_nw,
        .last = {.time_ms = totals->last_ms, .nw = totals->last_nw},
    };
    if (totals->n_readings == 0) {
        /* the first one is a step from itself: no time, no energy */
        s.last = (struct power_point){.time_ms = batch->time_ms[0],
                                      .nw = readings->power_nw[0]};
        set->firsts[device].first_ms = s.last.time_ms;
        set->firsts[device].first_nw = s.last.nw;
    }
    enter_hour(&s, s.last.time_ms);
    add_rows(&s, batch->time_ms, readings->power_nw, n);
    flush_hour(&s);
    totals->last_ms = s.last.time_ms;
    totals->last_nw = s.last.nw;
    totals->n_readings += n;
    totals->min_nw = s.min_nw;
    totals->max_nw = s.max_nw;
    totals->sum_nw += s.sum_nw;
    totals->energy += s.sum_energy;
    if (readings->has_efficiency) {
        totals->n_efficiency += n;
        totals->efficiency += sum_efficiency(readings->efficiency, n);
    }
    totals_reload(set, device);
    const struct aggregate_rows rows = {batch->time_ms, readings->power_nw, n};
    *status = aggregate_add(&set->firsts[device].states, &rows);
    return true;
}
