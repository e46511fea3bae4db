/*
 * totals_join.c - segments of several workers become the totals of a device.
 *
 * The segments of a device are put in order of time. As long as each ends
 * before the next begins, they join exactly as if one worker had read them.
 * Two that touch or overlap may hide a duplicate or a reading in between:
 * the device is then disordered.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/totals.h"
#include "analytics/totals_parts.h"
#include "wattle/error.h"

struct segment_ref {
    struct device_totals *totals;
    struct totals_first *first;
};

/* All segments, grouped by device: device d has refs[at[d] .. at[d+1]). */
struct segment_index {
    size_t *at; /* [n_devices + 1] */
    struct segment_ref *refs;
};

typedef void (*visit_segment)(struct segment_index *index, uint32_t device,
                              struct device_totals *totals,
                              struct totals_first *first);

static void
visit_set(struct segment_index *index, struct totals_set *set,
          const uint32_t *device_of, visit_segment visit)
{
    for (size_t i = 0; i < set->n_segments; i++) {
        struct totals_segment *s = &set->segments[i];
        uint32_t device = device_of ? device_of[s->device] : s->device;
        visit(index, device, &s->totals, &s->first);
    }
    for (size_t i = 0; i < set->n_devices; i++) {
        /* a meter knows energy of a range without a reading in it */
        if (set->totals[i].n_readings == 0 && set->totals[i].extra == NULL)
            continue;
        uint32_t device = device_of ? device_of[i] : (uint32_t)i;
        visit(index, device, &set->totals[i], &set->firsts[i]);
    }
}

static void
count_segment(struct segment_index *index, uint32_t device,
              struct device_totals *totals, struct totals_first *first)
{
    (void)totals;
    (void)first;
    index->at[device + 1]++;
}

static void
file_segment(struct segment_index *index, uint32_t device,
             struct device_totals *totals, struct totals_first *first)
{
    index->refs[index->at[device]++] = (struct segment_ref){totals, first};
}

static int
build_index(struct segment_index *index, size_t n_devices,
            struct totals_set **sets, const uint32_t *const *device_of,
            size_t n_sets)
{
    index->at = calloc(n_devices + 2, sizeof(*index->at));
    if (index->at == NULL)
        return WATTLE_ERR_MEMORY;
    index->at++; /* so that filing moves at[d] to the start of d + 1 */
    for (size_t k = 0; k < n_sets; k++)
        visit_set(index, sets[k], device_of[k], count_segment);
    for (size_t d = 1; d <= n_devices; d++)
        index->at[d] += index->at[d - 1];
    index->refs = calloc(index->at[n_devices] + 1, sizeof(*index->refs));
    for (size_t k = 0; k < n_sets && index->refs != NULL; k++)
        visit_set(index, sets[k], device_of[k], file_segment);
    index->at--;
    return index->refs != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

static void
sort_by_time(struct segment_ref *refs, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        struct segment_ref moved = refs[i];
        size_t k = i;
        for (; k > 0 && refs[k - 1].first->first_ms > moved.first->first_ms;
             k--)
            refs[k] = refs[k - 1];
        refs[k] = moved;
    }
}

static int
join_extra(struct device_totals *to, struct device_totals *from)
{
    struct totals_extra *b = from->extra;
    if (b == NULL)
        return WATTLE_OK;
    struct totals_extra *a = totals_extra_of(to);
    if (a == NULL)
        return WATTLE_ERR_MEMORY;
    if (b->n_wide > 0) {
        if (a->n_wide == 0 || int256_compare(b->min, a->min) < 0)
            a->min = b->min;
        if (a->n_wide == 0 || int256_compare(b->max, a->max) > 0)
            a->max = b->max;
    }
    a->n_wide += b->n_wide;
    a->n_energy += b->n_energy;
    a->sum = int256_add(a->sum, b->sum);
    a->energy = int256_add(a->energy, b->energy);
    energy_add(&a->returned, &b->returned);
    a->efficiency += b->efficiency;
    a->last = b->last;
    return WATTLE_OK;
}

/* Appends a later segment to totals that are not empty. */
static int
join_later(struct totals_set *set, size_t device,
           const struct segment_ref *later)
{
    struct device_totals *to = &set->totals[device], *from = later->totals;
    struct power_point point = {.time_ms = later->first->first_ms,
                                .nw = later->first->first_nw};
    if (point.nw == TOTALS_WIDE)
        point.wide = from->extra->first;
    int status = totals_add_step(set, to, &point);
    if (status == WATTLE_OK)
        status = join_extra(to, from);
    to->last_ms = from->last_ms;
    to->last_nw = from->last_nw;
    to->n_readings += from->n_readings;
    to->min_nw = from->min_nw < to->min_nw ? from->min_nw : to->min_nw;
    to->max_nw = from->max_nw > to->max_nw ? from->max_nw : to->max_nw;
    to->n_efficiency += from->n_efficiency;
    to->sum_nw += from->sum_nw;
    to->energy += from->energy;
    to->efficiency += from->efficiency;
    to->n_gaps += from->n_gaps;
    to->gap_ms += from->gap_ms;
    aggregate_join(&set->firsts[device].states, &later->first->states);
    return status;
}

/* Moves the first segment in; its extra part and states change hands. */
static void
take_first(struct totals_set *total, size_t device,
           const struct segment_ref *ref)
{
    const bool disordered = total->totals[device].is_disordered;
    const bool is_metered = total->totals[device].is_metered;
    total->totals[device] = *ref->totals;
    total->totals[device].is_disordered = disordered;
    total->totals[device].is_metered = is_metered;
    total->totals[device].needs_care = disordered || ref->totals->extra;
    aggregate_release(&total->firsts[device].states);
    total->firsts[device] = *ref->first;
    ref->totals->extra = NULL;
    ref->first->states = NULL;
}

int
totals_set_append(struct totals_set *set, uint32_t device,
                  struct device_totals *later, struct totals_first *first)
{
    const struct segment_ref ref = {later, first};
    int status = WATTLE_OK;
    totals_flush(set, device, device + 1);
    assert(later->n_readings > 0 && later->last_ms >= first->first_ms);
    assert(set->totals[device].n_readings == 0 ||
           first->first_ms > set->totals[device].last_ms);
    if (set->totals[device].n_readings == 0)
        take_first(set, device, &ref);
    else
        status = join_later(set, device, &ref);
    free(later->extra);
    later->extra = NULL;
    aggregate_release(&first->states);
    totals_reload(set, device);
    return status;
}

static int
join_device(struct totals_set *total, size_t device, struct segment_ref *refs,
            size_t n)
{
    int status = WATTLE_OK;
    sort_by_time(refs, n);
    for (size_t i = 1; i < n; i++) {
        if (refs[i].first->first_ms <= refs[i - 1].totals->last_ms)
            totals_set_disorder(total, (uint32_t)device);
    }
    if (n == 0 || total->totals[device].is_disordered)
        return status;
    take_first(total, device, &refs[0]);
    for (size_t i = 1; i < n && status == WATTLE_OK; i++)
        status = join_later(total, device, &refs[i]);
    totals_reload(total, device);
    return status;
}

static void
gather_disorder(struct totals_set *total, const struct totals_set *set,
                const uint32_t *device_of)
{
    for (size_t i = 0; i < set->n_devices; i++) {
        uint32_t device = device_of ? device_of[i] : (uint32_t)i;
        if (set->totals[i].is_metered)
            totals_set_meter(total, device);
        else if (set->totals[i].is_disordered)
            totals_set_disorder(total, device);
    }
}

int
totals_set_join(struct totals_set *total, struct totals_set **sets,
                const uint32_t *const *device_of, size_t n_sets)
{
    struct segment_index index = {NULL, NULL};
    for (size_t k = 0; k < n_sets; k++)
        totals_set_flush(sets[k]);
    int status = build_index(&index, total->n_devices, sets, device_of, n_sets);
    for (size_t k = 0; k < n_sets && status == WATTLE_OK; k++) {
        profile_merge(&total->profile, &sets[k]->profile);
        gather_disorder(total, sets[k], device_of[k]);
        status = range_edges_join(&total->edges, &sets[k]->edges, device_of[k]);
    }
    for (size_t d = 0; d < total->n_devices && status == WATTLE_OK; d++)
        status = join_device(total, d, &index.refs[index.at[d]],
                             index.at[d + 1] - index.at[d]);
    free(index.refs);
    free(index.at);
    return status;
}
