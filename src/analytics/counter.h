/*
 * counter.h - the energy between the readings of a counter, one device.
 *
 * A counter should only rise. When it does not, the three readings that follow
 * decide what has happened; so a reading is judged when three more are known,
 * or at the end. The rules are in docs/formulas.md.
 */
#ifndef ANALYTICS_COUNTER_H
#define ANALYTICS_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/wide_int.h"
#include "wattle/result.h"

/* Readings that follow a stray one, of which one must show that it is. */
#define COUNTER_AHEAD 3

struct counter_reading {
    int64_t time_ms;
    int128 value; /* energy units */
};

/* Zero-initialised, or by counter_begin: nothing has been read. */
struct counter {
    struct counter_reading ahead[COUNTER_AHEAD + 1]; /* not judged yet */
    unsigned n_ahead;
    bool has_base;
    bool is_in_dip;
    bool has_before;
    int128 height; /* the greatest accepted since the base */
    int128 last;   /* the last accepted: below it in a dip */
    int128 before; /* the height before the last reset */
    uint64_t n_resets;
    int64_t from_ms; /* of the last reading that is not stray */
};

/* What a reading has shown; both at `at`. */
struct counter_step {
    struct counter_reading at;
    int64_t from_ms; /* the step is [from_ms, at.time_ms) */
    int128 rise;     /* >= 0: what the step adds */
    bool has_event;
    enum wattle_counter_event event;
    bool is_stray; /* it ends no step: spike, glitch */
};

/*
 * Looks through the readings beforehand, to see how often a counter falls to
 * under a tenth and rises plausibly from there: a counter of each day does.
 * Zero-initialised: nothing has been read.
 */
struct counter_survey {
    bool has_last, has_fallen;
    struct counter_reading last;
    uint64_t n_resets;
};

void counter_survey_add(struct counter_survey *survey,
                        const struct counter_reading *reading);

/* Begins a counter of which the survey has seen all readings. */
void counter_begin(struct counter *counter,
                   const struct counter_survey *survey);

/*
 * Takes the next reading, later than all before. True when one could be judged:
 * *step then says what it shows. The first reading is a step of no time.
 */
bool counter_add(struct counter *counter, const struct counter_reading *reading,
                 struct counter_step *step);

/* After the last reading, until false: the ones that are left. */
bool counter_drain(struct counter *counter, struct counter_step *step);

#endif
