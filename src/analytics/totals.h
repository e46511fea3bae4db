/*
 * totals.h - exact sums of the readings of each device, which can be joined.
 *
 * The totals of a device cover one segment: readings in ascending time. Two
 * segments that do not overlap join into one, in whatever order they were read.
 * Sums are integers, so nothing depends on how the readings were cut into
 * batches, threads or files.
 *
 * Two representations of power, chosen by the value alone:
 *   narrow: a whole number of nW below 2^53 (9 MW) - nearly all there is;
 *   wide:   a 256-bit count of 1e-27 W, for anything else.
 * Energy is the trapezoid without its halving: (p0 + p1) * dt, in units of
 * half a nW ms (see profile.h).
 *
 * Ordinary readings are first added to partial sums of 64 bits, eight devices
 * side by side (struct partial_sums in kernels.h), where kernels add many at a
 * time; a flush adds these to the totals. In between, the two belong together.
 *
 * A reading that is not later than the last one begins a new segment, or marks
 * the device as disordered: its readings must then be sorted first, and sums
 * taken meanwhile are void.
 */
#ifndef ANALYTICS_TOTALS_H
#define ANALYTICS_TOTALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/aggregate.h"
#include "analytics/profile.h"
#include "analytics/range_edges.h"
#include "base/time_partition.h"
#include "base/wide_int.h"
#include "simd/kernels.h"
#include "model/batch_view.h"
#include "wattle/result.h"

/* power_nw of a reading whose power is wide, or that has none. */
#define TOTALS_WIDE     (INT64_MIN + 1)
#define TOTALS_NO_POWER INT64_MIN

/* What only few devices have. */
struct totals_extra {
    uint64_t n_wide;   /* readings with a wide power */
    uint64_t n_energy; /* readings that gave energy instead of power */
    struct int256 sum, min, max; /* of the wide powers */
    struct int256 first, last;   /* wide power of the first, last reading */
    struct int256 energy;        /* of steps with a wide end */
    struct energy_sum returned;  /* of all steps, >= 0 */
    int128 efficiency;           /* of other factors, 1e-9 * 2^-60 */
    /*
     * Of a report with a range, added last (totals_set_add_edges), and of a
     * device with a meter: the time that is covered, beside that between the
     * first and the last reading without its gaps; of a meter it may be
     * negative.
     */
    int64_t edge_ms;
    int128 energy_rest; /* 2^-60 units */
    /* of a device with a meter (totals_meter.h) */
    struct energy_sum estimated; /* of counters over gaps; >= 0 */
    uint64_t n_events[WATTLE_N_COUNTER_EVENTS];
    bool has_energies; /* of intervals or counters */
    bool is_rising;    /* its energies of intervals */
};

/* One segment; two cache lines. n_readings == 0 means empty. */
struct device_totals {
    int64_t last_ms;
    int64_t last_nw; /* or TOTALS_WIDE, TOTALS_NO_POWER */
    uint64_t n_readings;
    int64_t min_nw, max_nw; /* of the narrow powers */
    uint64_t n_efficiency;
    int128 sum_nw;
    int128 energy;
    int128 efficiency; /* of factors in thousandths, 2^-56 */
    uint64_t n_gaps;
    int64_t gap_ms;
    struct totals_extra *extra; /* NULL for most; owned */
    uint32_t n_segments;        /* earlier segments of this device */
    bool is_disordered;
    bool is_metered; /* disordered, and its readings are for a meter */
    bool needs_care; /* disordered or with an extra part: general way only */
};

_Static_assert(sizeof(struct device_totals) == 128, "two cache lines");

/* What is needed less often: by joining, and by aggregates. */
struct totals_first {
    int64_t first_ms;
    int64_t first_nw;
    struct aggregate_states *states; /* owned; NULL when there are none */
};

/* Whether some readings have a power below zero; there is an extra part then.
 */
bool totals_have_returned(const struct device_totals *totals);

/* A finished segment beside the current ones. */
struct totals_segment {
    uint32_t device;
    struct device_totals totals;
    struct totals_first first;
};

/* The totals of all devices of one worker. */
struct totals_set {
    int64_t max_gap_ms;
    bool no_cache;
    bool
        is_fine; /* efficiencies are those of efficiency_fine.h; at first not */
    /* of the profile: the key of a cell is day * 24 + hour of the day */
    struct time_partition hours;
    const struct kernels *kernels; /* the scalar ones unless set otherwise */
    struct device_totals *totals;  /* [n_devices], without partial sums */
    struct totals_first *firsts;
    struct partial_sums *partial; /* [cap / PARTIAL_LANES] */
    bool has_efficiency;          /* partial sums have efficiencies */
    size_t n_devices, cap;
    struct totals_segment *segments;
    size_t n_segments, segment_cap;
    size_t n_disordered;
    struct profile profile;
    struct range_edges
        edges; /* readings next to the range, when there is one */
};

void totals_set_init(struct totals_set *set, int64_t max_gap_ms, bool no_cache);

/* Says whose hours and days the profile has; NULL, as at first = UTC. */
void totals_set_zone(struct totals_set *set, const struct wattle_zone *zone);

/* Empty, with the settings of another set. */
void totals_set_init_like(struct totals_set *set,
                          const struct totals_set *like);

/*
 * Says that all readings are of a range: the caller keeps the others out, but
 * for set->edges. At first there is none.
 */
void totals_set_range(struct totals_set *set, int64_t since_ms,
                      int64_t until_ms);

void totals_set_release(struct totals_set *set);

/* Makes room for device numbers below n_devices; 0 or WATTLE_ERR_MEMORY. */
int totals_set_reserve(struct totals_set *set, size_t n_devices);

/*
 * Adds the rows of a batch in their order. Device numbers must be below the
 * number reserved. 0 or WATTLE_ERR_MEMORY.
 */
int totals_set_add(struct totals_set *set, const struct batch_view *batch);

/*
 * Adds the parts of the steps over the begin and the end of the range, from the
 * readings in `edges`: once, when all readings are in one set. 0 or
 * WATTLE_ERR_MEMORY.
 */
int totals_set_add_edges(struct totals_set *set);

/* Flushes all partial sums; then the totals can be read. */
void totals_set_flush(struct totals_set *set);

/* Marks a device whose readings will be sorted and added elsewhere. */
void totals_set_disorder(struct totals_set *set, uint32_t device);

/* Marks one whose sorted readings will be added by a meter (totals_meter.h). */
void totals_set_meter(struct totals_set *set, uint32_t device);

/*
 * Appends a later segment to a device's totals, with the step between. Takes
 * the segment's extra part and states. Its partial sums are flushed then. 0 or
 * WATTLE_ERR_MEMORY.
 */
int totals_set_append(struct totals_set *set, uint32_t device,
                      struct device_totals *later, struct totals_first *first);

/*
 * Forgets a device's totals and returns them: the next ones begin afresh. What
 * has been taken has its first reading, with the states, in *first.
 */
struct device_totals totals_set_take(struct totals_set *set, uint32_t device,
                                     struct totals_first *first);

/*
 * Joins the segments of several sets into `total`, which is empty and has
 * room for all devices. device_of[k][i] is the number in `total` of device i
 * of sets[k]; NULL = the same number. A device with overlapping segments is
 * marked as disordered in `total`. Takes what it needs out of `sets`. All
 * are flushed then. 0 or WATTLE_ERR_MEMORY.
 */
int totals_set_join(struct totals_set *total, struct totals_set **sets,
                    const uint32_t *const *device_of, size_t n_sets);

#endif
