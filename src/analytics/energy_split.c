/*
 * energy_split.c - differences of the energy up to each border.
 *
 * E(a), the energy up to a milliseconds after the first point, is computed at
 * each border (power.c). A part is E at its end minus E at its begin, so parts
 * always add up to the whole, and it does not matter who else has split the
 * step in another way. The same holds of an even energy, whose E(a) is its
 * amount times a / span.
 */
#include "analytics/energy_split.h"

#include "analytics/totals.h"
#include "wattle/error.h"

/* The next border behind begin_ms, of its cell or of all. */
static int64_t
next_border(const struct time_partition *partition, int64_t begin_ms,
            int64_t end_ms, struct time_cell *cell)
{
    time_partition_find(partition, begin_ms, cell);
    return cell->end_ms < end_ms ? cell->end_ms : end_ms;
}

/* Completes a part of which the energy is known. */
static inline void
set_returned(struct energy_part *part, const struct energy_step *step)
{
    const int64_t from_ms = step->from->time_ms;
    if (part->has_returned)
        part->returned =
            power_returned(step->from, step->to, part->begin_ms - from_ms,
                           part->end_ms - from_ms, &part->net);
}

static bool
has_returned(const struct energy_step *step)
{
    return power_is_returned(step->from) || power_is_returned(step->to);
}

static int
split_narrow(const struct energy_step *step, struct time_cell *cell,
             energy_take take, void *context)
{
    const struct power_point *from = step->from, *to = step->to;
    int64_t begin_ms = step->begin_ms;
    struct power_part done =
        power_part_until(from, to, begin_ms - from->time_ms);
    struct energy_part part = {.has_returned = has_returned(step)};
    while (begin_ms < step->end_ms) {
        part.begin_ms = begin_ms;
        begin_ms = next_border(step->partition, begin_ms, step->end_ms, cell);
        part.end_ms = begin_ms;
        struct power_part now =
            power_part_until(from, to, begin_ms - from->time_ms);
        part.net.units = now.units - done.units;
        part.net.rest = now.rest - done.rest;
        set_returned(&part, step);
        int status = take(context, cell, &part);
        if (status != WATTLE_OK)
            return status;
        done = now;
    }
    return WATTLE_OK;
}

static int
split_wide(const struct energy_step *step, struct time_cell *cell,
           energy_take take, void *context)
{
    const struct power_point *from = step->from, *to = step->to;
    int64_t begin_ms = step->begin_ms;
    struct int256 done = power_wide_until(from, to, begin_ms - from->time_ms);
    struct energy_part part = {.is_wide = true,
                               .has_returned = has_returned(step)};
    while (begin_ms < step->end_ms) {
        part.begin_ms = begin_ms;
        begin_ms = next_border(step->partition, begin_ms, step->end_ms, cell);
        part.end_ms = begin_ms;
        struct int256 now =
            power_wide_until(from, to, begin_ms - from->time_ms);
        part.net.wide = int256_sub(now, done);
        set_returned(&part, step);
        int status = take(context, cell, &part);
        if (status != WATTLE_OK)
            return status;
        done = now;
    }
    return WATTLE_OK;
}

/* An even energy of dt > 0, up to a moment 0 <= after_ms <= dt. */
static struct power_part
even_until(int128 units, int64_t dt, int64_t after_ms)
{
    /* 87 bits or less by 48 or less, so the whole is taken out first */
    const int128 whole = units / dt, left = (units - whole * dt) * after_ms;
    const int128 part = left / dt, rest = left - part * dt;
    return (struct power_part){whole * after_ms + part,
                               rest * ((int128)1 << ENERGY_REST_BITS) / dt};
}

/* What takes no time is not split. */
static int
take_instant(const struct energy_step *step, struct time_cell *cell,
             energy_take take, void *context)
{
    const struct even_energy *even = step->even;
    const struct energy_part part = {.begin_ms = even->from_ms,
                                     .end_ms = even->from_ms,
                                     .has_returned = even->returned != 0,
                                     .net = {.units = even->net},
                                     .returned = {.units = even->returned}};
    time_partition_find(step->partition, even->from_ms, cell);
    return take(context, cell, &part);
}

static int
split_even(const struct energy_step *step, struct time_cell *cell,
           energy_take take, void *context)
{
    const struct even_energy *even = step->even;
    const int64_t dt = even->to_ms - even->from_ms;
    if (dt == 0)
        return take_instant(step, cell, take, context);
    int64_t begin_ms = step->begin_ms;
    struct energy_part part = {.has_returned = even->returned != 0};
    struct power_part net = even_until(even->net, dt, begin_ms - even->from_ms);
    struct power_part returned =
        even_until(even->returned, dt, begin_ms - even->from_ms);
    while (begin_ms < step->end_ms) {
        part.begin_ms = begin_ms;
        begin_ms = next_border(step->partition, begin_ms, step->end_ms, cell);
        part.end_ms = begin_ms;
        const int64_t after_ms = begin_ms - even->from_ms;
        struct power_part now = even_until(even->net, dt, after_ms);
        part.net.units = now.units - net.units;
        part.net.rest = now.rest - net.rest;
        net = now;
        now = even_until(even->returned, dt, after_ms);
        part.returned.units = now.units - returned.units;
        part.returned.rest = now.rest - returned.rest;
        returned = now;
        int status = take(context, cell, &part);
        if (status != WATTLE_OK)
            return status;
    }
    return WATTLE_OK;
}

int
energy_split(const struct energy_step *step, struct time_cell *cell,
             energy_take take, void *context)
{
    if (step->even != NULL)
        return split_even(step, cell, take, context);
    bool is_wide = step->from->nw == TOTALS_WIDE || step->to->nw == TOTALS_WIDE;
    return is_wide ? split_wide(step, cell, take, context)
                   : split_narrow(step, cell, take, context);
}

struct int256
energy_of_wide_step(const struct power_point *from,
                    const struct power_point *to)
{
    return power_wide_until(from, to, to->time_ms - from->time_ms);
}

struct energy_sum
energy_returned_by_step(const struct power_point *from,
                        const struct power_point *to)
{
    struct energy_sum net = {0};
    if (from->nw == TOTALS_WIDE || to->nw == TOTALS_WIDE)
        net.wide = energy_of_wide_step(from, to);
    else
        net.units = energy_of_narrow_step(from, to);
    return power_returned(from, to, 0, to->time_ms - from->time_ms, &net);
}
