/*
 * counter.c - what a fall or a sudden rise of a counter means.
 *
 * Everything is judged against `height`, the greatest value accepted since the
 * meter was put in. Nothing depends on how the readings were cut into files,
 * for all that is looked at is the one sequence of a device.
 */
#include "analytics/counter.h"

#include <string.h>

/* A rise that falls back: one of the next is lower, but no lower than where it
 * began, give or take a tenth of it. */
static bool
is_spike(const struct counter *c, int128 value)
{
    const int128 height = c->height, rise = value - height;
    for (unsigned i = 1; i < c->n_ahead; i++) {
        const int128 next = c->ahead[i].value;
        if (next < value && 10 * (height - next) <= rise)
            return true;
    }
    return false;
}

/* A fall that recovers: one of the next is back. */
static bool
is_glitch(const struct counter *c)
{
    for (unsigned i = 1; i < c->n_ahead; i++) {
        if (c->ahead[i].value >= c->height)
            return true;
    }
    return false;
}

static void
set_event(struct counter_step *step, enum wattle_counter_event event,
          bool is_stray)
{
    step->has_event = true;
    step->event = event;
    step->is_stray = is_stray;
}

/* A reading at or above the height. */
static void
judge_rise(struct counter *c, int128 value, struct counter_step *step)
{
    if (is_spike(c, value)) {
        set_event(step, WATTLE_COUNTER_SPIKE, true);
        return;
    }
    step->rise = value - c->height;
    c->height = value;
    c->is_in_dip = false;
}

/* A reading below the height. */
static void
judge_fall(struct counter *c, int128 value, struct counter_step *step)
{
    if (!c->is_in_dip && is_glitch(c)) {
        set_event(step, WATTLE_COUNTER_GLITCH, true);
    } else if (10 * value < c->height) {
        set_event(step, WATTLE_COUNTER_RESET, false);
        step->rise = value > 0 ? value : 0;
        c->height = value;
        c->is_in_dip = false;
    } else if (10 * (c->height - value) < c->height) {
        if (!c->is_in_dip)
            set_event(step, WATTLE_COUNTER_DIP, false);
        c->is_in_dip = true;
    } else {
        set_event(step, WATTLE_COUNTER_METER_CHANGE, false);
        c->height = value;
        c->is_in_dip = false;
    }
}

/* Judges the oldest reading. */
static void
judge(struct counter *c, struct counter_step *step)
{
    const struct counter_reading now = c->ahead[0];
    *step = (struct counter_step){.at = now, .from_ms = now.time_ms};
    if (!c->has_base) {
        c->has_base = true;
        c->height = now.value;
    } else {
        step->from_ms = c->from_ms;
        if (now.value >= c->height)
            judge_rise(c, now.value, step);
        else
            judge_fall(c, now.value, step);
    }
    if (!step->is_stray)
        c->from_ms = now.time_ms;
    c->n_ahead--;
    memmove(c->ahead, c->ahead + 1, c->n_ahead * sizeof(c->ahead[0]));
}

bool
counter_add(struct counter *counter, const struct counter_reading *reading,
            struct counter_step *step)
{
    counter->ahead[counter->n_ahead++] = *reading;
    if (counter->n_ahead <= COUNTER_AHEAD)
        return false;
    judge(counter, step);
    return true;
}

bool
counter_drain(struct counter *counter, struct counter_step *step)
{
    if (counter->n_ahead == 0)
        return false;
    judge(counter, step);
    return true;
}
