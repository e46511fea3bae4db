/*
 * totals.c - the totals of a set of devices: their memory, and the partial sums
 * that kernels add to.
 *
 * Between two flushes the totals of a device and its partial sums belong
 * together; totals_flush adds the partial sums to the totals and empties them,
 * totals_reload tells them where the device stands.
 */
#include "analytics/totals.h"

#include <stdlib.h>
#include <string.h>

#include "analytics/totals_parts.h"
#include "wattle/error.h"

void
totals_set_init(struct totals_set *set, int64_t max_gap_ms, bool no_cache)
{
    *set = (struct totals_set){.max_gap_ms = max_gap_ms,
                               .no_cache = no_cache,
                               .hours = time_partition_hours(NULL),
                               .kernels = &kernels_scalar};
    profile_init(&set->profile);
    range_edges_init(&set->edges, INT64_MIN, INT64_MAX, max_gap_ms);
}

void
totals_set_init_like(struct totals_set *set, const struct totals_set *like)
{
    totals_set_init(set, like->max_gap_ms, like->no_cache);
    totals_set_range(set, like->edges.since_ms, like->edges.until_ms);
    set->is_fine = like->is_fine;
    set->kernels = like->kernels;
    set->hours = like->hours;
}

void
totals_set_zone(struct totals_set *set, const struct wattle_zone *zone)
{
    set->hours = time_partition_hours(zone);
}

void
totals_set_range(struct totals_set *set, int64_t since_ms, int64_t until_ms)
{
    range_edges_init(&set->edges, since_ms, until_ms, set->max_gap_ms);
}

void
totals_set_release(struct totals_set *set)
{
    for (size_t i = 0; i < set->n_devices; i++) {
        free(set->totals[i].extra);
        aggregate_release(&set->firsts[i].states);
    }
    for (size_t i = 0; i < set->n_segments; i++) {
        free(set->segments[i].totals.extra);
        aggregate_release(&set->segments[i].first.states);
    }
    free(set->totals);
    free(set->firsts);
    free(set->partial);
    free(set->segments);
    profile_release(&set->profile);
    range_edges_release(&set->edges);
    *set = (struct totals_set){0};
}

void
totals_clear(struct device_totals *totals)
{
    *totals = (struct device_totals){
        .last_ms = INT64_MIN,
        .last_nw = TOTALS_NO_POWER,
        .min_nw = INT64_MAX,
        .max_nw = INT64_MIN,
        .n_segments = totals->n_segments,
        .is_disordered = totals->is_disordered,
        .is_metered = totals->is_metered,
        .needs_care = totals->is_disordered,
    };
}

static bool
grow_partial(struct totals_set *set, size_t cap)
{
    struct partial_sums *partial =
        aligned_alloc(64, cap / PARTIAL_LANES * sizeof(*partial));
    if (partial == NULL)
        return false;
    if (set->cap > 0)
        memcpy(partial, set->partial,
               set->cap / PARTIAL_LANES * sizeof(*partial));
    free(set->partial);
    set->partial = partial;
    return true;
}

static int
grow_totals(struct totals_set *set, size_t wanted)
{
    size_t cap = set->cap < 1024 ? 1024 : set->cap;
    while (cap < wanted)
        cap *= 2;
    struct device_totals *totals =
        aligned_alloc(64, cap * sizeof(struct device_totals));
    struct totals_first *firsts =
        realloc(set->firsts, cap * sizeof(struct totals_first));
    if (firsts != NULL)
        set->firsts = firsts;
    if (totals == NULL || firsts == NULL || !grow_partial(set, cap)) {
        free(totals);
        return WATTLE_ERR_MEMORY;
    }
    if (set->n_devices > 0)
        memcpy(totals, set->totals,
               set->n_devices * sizeof(struct device_totals));
    free(set->totals);
    set->totals = totals;
    set->cap = cap;
    return WATTLE_OK;
}

/* Empties the sums that run for a device. */
static void
clear_partial(struct totals_set *set, size_t device)
{
    struct partial_sums *partial = &set->partial[device / PARTIAL_LANES];
    size_t lane = device % PARTIAL_LANES;
    partial->n_readings[lane] = 0;
    partial->sum_nw[lane] = 0;
    partial->energy_low[lane] = 0;
    partial->energy_high[lane] = 0;
    partial->efficiency[lane] = 0;
}

int
totals_set_reserve(struct totals_set *set, size_t n_devices)
{
    if (n_devices > set->cap && grow_totals(set, n_devices) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    for (; set->n_devices < n_devices; set->n_devices++) {
        struct device_totals *totals = &set->totals[set->n_devices];
        totals->n_segments = 0;
        totals->is_disordered = totals->is_metered = false;
        set->firsts[set->n_devices] = (struct totals_first){0};
        totals_clear(totals);
        clear_partial(set, set->n_devices);
        totals_reload(set, set->n_devices);
    }
    return WATTLE_OK;
}

static void
flush_device(struct totals_set *set, size_t device)
{
    const struct partial_sums *partial = &set->partial[device / PARTIAL_LANES];
    size_t lane = device % PARTIAL_LANES;
    struct device_totals *totals = &set->totals[device];
    uint64_t n = (uint64_t)partial->n_readings[lane];
    if (n == 0)
        return;
    totals->last_ms = partial->last_ms[lane];
    totals->last_nw = partial->last_nw[lane];
    totals->min_nw = partial->min_nw[lane];
    totals->max_nw = partial->max_nw[lane];
    totals->n_readings += n;
    totals->n_efficiency += set->has_efficiency ? n : 0;
    totals->sum_nw += partial->sum_nw[lane];
    totals->energy += partial->energy_low[lane];
    totals->energy += (int128)partial->energy_high[lane] * (INT64_C(1) << 32);
    totals->efficiency += partial->efficiency[lane];
    clear_partial(set, device);
}

void
totals_flush(struct totals_set *set, size_t from, size_t to)
{
    for (size_t device = from; device < to; device++)
        flush_device(set, device);
}

void
totals_set_flush(struct totals_set *set)
{
    totals_flush(set, 0, set->n_devices);
}

void
totals_reload(struct totals_set *set, size_t device)
{
    struct partial_sums *partial = &set->partial[device / PARTIAL_LANES];
    size_t lane = device % PARTIAL_LANES;
    const struct device_totals *totals = &set->totals[device];
    partial->last_ms[lane] = totals->needs_care ? INT64_MIN : totals->last_ms;
    partial->last_nw[lane] = totals->last_nw;
    partial->min_nw[lane] = totals->min_nw;
    partial->max_nw[lane] = totals->max_nw;
}

bool
totals_have_returned(const struct device_totals *totals)
{
    const struct totals_extra *extra = totals->extra;
    if (extra == NULL)
        return false;
    return totals->min_nw < 0 ||
           (extra->n_wide > 0 && int256_is_negative(extra->min));
}

void
totals_set_disorder(struct totals_set *set, uint32_t device)
{
    struct device_totals *totals = &set->totals[device];
    flush_device(set, device);
    if (!totals->is_disordered)
        set->n_disordered++;
    totals->is_disordered = totals->needs_care = true;
    totals_reload(set, device);
}

void
totals_set_meter(struct totals_set *set, uint32_t device)
{
    totals_set_disorder(set, device);
    set->totals[device].is_metered = true;
}

struct device_totals
totals_set_take(struct totals_set *set, uint32_t device,
                struct totals_first *first)
{
    struct device_totals *totals = &set->totals[device];
    flush_device(set, device);
    struct device_totals taken = *totals;
    *first = set->firsts[device];
    set->firsts[device].states = NULL;
    totals->n_segments = 0;
    totals->is_disordered = totals->is_metered = false;
    totals_clear(totals);
    totals_reload(set, device);
    return taken;
}
