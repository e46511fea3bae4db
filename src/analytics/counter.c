/*
 * counter.c - what a fall or a sudden rise of a counter means.
 *
 * Everything is judged against `height`, the greatest value accepted since the
 * meter was put in. Nothing depends on how the readings were cut into files,
 * for all that is looked at is the one sequence of a device.
 */
#include "analytics/counter.h"

#include "analytics/energy_sum.h"

#include <string.h>

/* No home uses this for long. It decides only what else would be ambiguous. */
#define IMPLAUSIBLE_W 100000

/* Whether a rise is more than any home uses in so long. */
static bool
is_too_fast(int128 rise, int64_t dt_ms)
{
    return rise > (int128)IMPLAUSIBLE_W * ENERGY_UNITS_PER_W_MS * dt_ms;
}

/* The same from a time to a reading ahead. */
static bool
is_implausible(const struct counter *c, int128 rise, int64_t from_ms,
               unsigned to)
{
    return is_too_fast(rise, c->ahead[to].time_ms - from_ms);
}

void
counter_survey_add(struct counter_survey *s,
                   const struct counter_reading *reading)
{
    const int128 rise = reading->value - s->last.value;
    if (s->has_fallen && rise >= 0 &&
        !is_too_fast(rise, reading->time_ms - s->last.time_ms))
        s->n_resets++;
    s->has_fallen = s->has_last && 10 * reading->value < s->last.value;
    s->has_last = true;
    s->last = *reading;
}

void
counter_begin(struct counter *counter, const struct counter_survey *survey)
{
    const uint64_t least = 3; /* one or two may be glitches */
    *counter = (struct counter){0};
    if (survey->n_resets >= least)
        counter->n_resets = survey->n_resets;
}

/*
 * Whether a fall that lasts is a reset: to under a tenth, or to under half when
 * the counter has been reset before.
 */
static bool
is_reset(const struct counter *c, int128 value)
{
    return 10 * value < c->height || (c->n_resets > 0 && 2 * value < c->height);
}

/*
 * A rise that falls back: the first of the next that is lower is no lower than
 * where it began, give or take a tenth of it. What goes on to rise before is no
 * spike. A fall to under a tenth may be a reset instead: a counter of each day
 * does that. Then the rise must be implausible.
 */
static bool
is_spike(const struct counter *c, int128 value)
{
    const int128 height = c->height, rise = value - height;
    const bool is_too_much = is_implausible(c, rise, c->from_ms, 0);
    for (unsigned i = 1; i < c->n_ahead; i++) {
        const int128 next = c->ahead[i].value;
        if (10 * (next - value) > rise)
            return false;
        if (next < value)
            return 10 * (height - next) <= rise &&
                   (10 * next >= value || is_too_much);
    }
    return false;
}

/*
 * A fall that recovers: one of the next is back, and none falls further before.
 * A counter that is reset again and again may climb back; then that must be
 * implausible.
 */
static bool
is_glitch(const struct counter *c, int128 value)
{
    for (unsigned i = 1; value < c->last && i < c->n_ahead; i++) {
        const int128 next = c->ahead[i].value;
        if (next < c->ahead[i - 1].value)
            return false;
        if (next >= c->last)
            return c->n_resets == 0 || !is_reset(c, value) ||
                   is_implausible(c, next - value, c->ahead[0].time_ms, i);
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
    const int128 rise = value - c->height;
    const bool is_jump = is_implausible(c, rise, c->from_ms, 0);
    if (is_spike(c, value)) {
        set_event(step, WATTLE_COUNTER_SPIKE, true);
        return;
    }
    if (is_jump && c->has_before && value >= c->before) {
        step->rise = value - c->before; /* it had only failed */
        c->has_before = false;
    } else if (is_jump && c->height == 0) {
        set_event(step, WATTLE_COUNTER_METER_CHANGE, false); /* it began late */
    } else {
        step->rise = rise;
    }
    c->height = value;
    c->is_in_dip = false;
}

/* A reading below the height. */
static void
judge_fall(struct counter *c, int128 value, struct counter_step *step)
{
    if (is_glitch(c, value)) {
        set_event(step, WATTLE_COUNTER_GLITCH, true);
    } else if (is_reset(c, value)) {
        set_event(step, WATTLE_COUNTER_RESET, false);
        step->rise = value > 0 ? value : 0;
        c->before = c->height;
        c->has_before = true;
        c->n_resets++;
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
    if (!step->is_stray) {
        c->from_ms = now.time_ms;
        c->last = now.value;
    }
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
