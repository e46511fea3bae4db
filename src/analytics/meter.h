/*
 * meter.h - the energy of a device that has more than powers: energies of
 * intervals, counters, or powers that hold until the next one.
 *
 * A device may be known by several kinds of measure at once. At each moment the
 * best one counts: a counter before an interval, a finer interval before a
 * coarser one, a power last. So the energy is never counted twice. What each
 * kind knows of the energy is called a layer.
 *
 * The readings of one device are taken three times, each time all of them in
 * ascending order of time:
 *
 *     meter_begin(&meter, &options);
 *     while (meter.phase != METER_DONE) {
 *         for each batch: meter_take(&meter, &batch);
 *         meter_end_phase(&meter);
 *     }
 *
 * A device with one of MEASURE_ENERGIES needs it. In the last phase, METER_ADD,
 * the steps come out, in no particular order. All readings are taken, also
 * those outside the range: a counter's step may begin long before it.
 *
 * Memory grows with the number of holes in the time that the layers cover, not
 * with that of readings.
 */
#ifndef ANALYTICS_METER_H
#define ANALYTICS_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analytics/counter.h"
#include "analytics/energy_split.h"
#include "analytics/step_counts.h"
#include "analytics/stretches.h"
#include "model/batch_view.h"

/* The longest time that a power holds, unless the largest gap is longer. */
#define METER_HOLD_MS (INT64_C(24) * 3600 * 1000)

/* Energy of counters, of intervals by the length of their spans, of powers. */
/* Apart: a counter of what is returned, which says nothing of the rest. */
enum {
    METER_COUNTERS,
    METER_INTERVALS,
    METER_POWERS = 50,
    METER_APART,
    METER_LAYERS
};

enum meter_phase { METER_SURVEY, METER_COVER, METER_ADD, METER_DONE };

struct meter_options {
    int64_t since_ms, until_ms; /* half-open; INT64_MIN, INT64_MAX = no limit */
    int64_t max_gap_ms;
    bool holds; /* a power holds until the next one: METER_HOLD_MS */
    /*
     * Takes a step, or a part of one, inside the range. It has no partition;
     * the taker's copy gets one. is_estimated: of a counter that was not read
     * for longer than max_gap_ms. A status other than 0 ends meter_take.
     */
    int (*take)(void *context, const struct energy_step *step,
                bool is_estimated);
    void *context;
};

struct meter {
    struct meter_options options;
    enum meter_phase phase;
    struct step_counts steps; /* between intervals that do not say their span */
    int64_t span_ms;          /* of those; known after the survey */
    int64_t last_interval_ms; /* the latest of them */
    bool has_interval;
    struct counter_survey surveys[2]; /* of the counters */
    struct counter counters[2];       /* imported, returned */
    struct stretch counted[2];        /* from the first to the last reading */
    bool has_counter[2];
    bool has_others;   /* intervals or powers */
    bool has_returned; /* of which some are fed back */
    bool has_power;
    struct power_point power; /* the latest */
    int64_t last_ms;          /* of the latest row */
    uint64_t layers;          /* bits: those that cover some time */
    struct stretches of[METER_LAYERS];
    /*
     * After METER_COVER: the time that any layer covers, in the range. Holes
     * that are no longer than the largest gap are part of it; the others are
     * the gaps.
     */
    struct stretches covered;
    uint64_t n_events[WATTLE_N_COUNTER_EVENTS]; /* in the range */
    /* of the energies of intervals, from one to the next, anywhere */
    int128 first_units, last_units;
    uint64_t n_energies, n_rises, n_falls;
};

/* Zero-initialised memory, or a meter of a device before. */
void meter_begin(struct meter *meter, const struct meter_options *options);

void meter_release(struct meter *meter);

/* The next rows. 0, WATTLE_ERR_MEMORY, or the status of `take`. */
int meter_take(struct meter *meter, const struct batch_view *batch);

/* All rows have been taken. The same statuses. */
int meter_end_phase(struct meter *meter);

/*
 * Whether the energies of intervals only rise, as those of a counter would that
 * was taken for them. After the survey.
 */
bool meter_is_rising(const struct meter *meter);

/*
 * From METER_ADD on: a time before which no step begins that has not come out
 * yet.
 */
int64_t meter_safe_ms(const struct meter *meter);

#endif
