/*
 * meter.c - layers of energy, the best of which counts at each moment.
 *
 * The survey finds what the spans of intervals are that do not say them. The
 * second phase notes over which time each layer knows the energy. In the last
 * one each step of a layer comes out where no better layer covers it.
 *
 * Intervals make layers by the length of their spans: [2^k, 2^(k+1)) ms is one.
 * Those of one layer do not replace each other, so intervals that overlap a
 * little, as a clock is set, keep all of their energy; one among others of half
 * its length gives way.
 */
#include "analytics/meter.h"

#include <assert.h>
#include <string.h>

#include "analytics/reading.h"
#include "analytics/totals.h"
#include "base/civil_time.h"
#include "wattle/error.h"

#define HAS(measure) MEASURE_BIT(measure)

/* What the phases see of a row. */
struct meter_row {
    int64_t time_ms;
    uint32_t has; /* measures */
    const struct batch_view *batch;
    size_t row;
};

static const unsigned counter_measure[2] = {WATTLE_ENERGY_TOTAL,
                                            WATTLE_ENERGY_RETURNED_TOTAL};

void
meter_begin(struct meter *meter, const struct meter_options *options)
{
    struct meter kept = *meter;
    step_counts_clear(&kept.steps);
    for (int i = 0; i < METER_LAYERS; i++)
        stretches_clear(&kept.of[i]);
    stretches_clear(&kept.covered);
    *meter = (struct meter){.options = *options,
                            .phase = METER_SURVEY,
                            .steps = kept.steps,
                            .covered = kept.covered};
    memcpy(meter->of, kept.of, sizeof(meter->of));
}

void
meter_release(struct meter *meter)
{
    step_counts_release(&meter->steps);
    for (int i = 0; i < METER_LAYERS; i++)
        stretches_release(&meter->of[i]);
    stretches_release(&meter->covered);
    *meter = (struct meter){0};
}

/* ---- rows --------------------------------------------------------------- */

/* Energy of the interval that a row begins, in units. */
static struct even_energy
interval_energy(const struct meter_row *r)
{
    struct even_energy energy = {r->time_ms, r->time_ms, 0, 0};
    if ((r->has & HAS(WATTLE_ENERGY)) != 0)
        energy.net = reading_units(r->batch, WATTLE_ENERGY, r->row);
    if (energy.net < 0) /* fed back */
        energy.returned = -energy.net;
    if ((r->has & HAS(WATTLE_ENERGY_RETURNED)) != 0) {
        int128 more = reading_units(r->batch, WATTLE_ENERGY_RETURNED, r->row);
        energy.net -= more;
        energy.returned += more;
    }
    return energy;
}

static bool
is_interval(const struct meter_row *r)
{
    return (r->has & (HAS(WATTLE_ENERGY) | HAS(WATTLE_ENERGY_RETURNED))) != 0;
}

/* The end of the interval that a row begins. */
static int64_t
interval_end(const struct meter *m, const struct meter_row *r)
{
    int64_t span_ms = m->span_ms;
    if ((r->has & HAS(WATTLE_SPAN)) != 0)
        span_ms = reading_span_ms(r->batch, r->row);
    const int64_t most_ms = CIVIL_MAX_MS + 1 - r->time_ms;
    return r->time_ms + (span_ms < most_ms ? span_ms : most_ms);
}

/* The layer of intervals of a length. */
static int
interval_layer(int64_t span_ms)
{
    if (span_ms <= 0)
        return METER_INTERVALS;
    const int bits = 64 - __builtin_clzll((unsigned long long)span_ms);
    return bits < METER_POWERS ? bits : METER_POWERS - 1;
}

/* The step that ends at the power of a row; false when it is a gap. */
static bool
power_step(const struct meter *m, const struct power_point *to, int64_t *end_ms)
{
    const int64_t from_ms = m->power.time_ms;
    *end_ms = to->time_ms;
    if (!m->has_power)
        return false;
    if (!m->options.holds)
        return to->time_ms - from_ms <= m->options.max_gap_ms;
    const int64_t most_ms = m->options.max_gap_ms > METER_HOLD_MS
                                ? m->options.max_gap_ms
                                : METER_HOLD_MS;
    if (to->time_ms - from_ms > most_ms)
        *end_ms = from_ms + most_ms;
    return true;
}

/* What a counter of a row reads. */
static struct counter_reading
counter_reading(const struct meter_row *r, int c)
{
    return (struct counter_reading){
        r->time_ms, reading_units(r->batch, (int)counter_measure[c], r->row)};
}

/* ---- the survey --------------------------------------------------------- */

static void
compare_energies(struct meter *m, const struct meter_row *r)
{
    const int128 units = interval_energy(r).net;
    if (m->n_energies == 0)
        m->first_units = units;
    if (m->n_energies++ > 0) {
        m->n_rises += units > m->last_units;
        m->n_falls += units < m->last_units;
    }
    m->last_units = units;
}

/* What is known beside counters, and whether it knows of returned energy. */
static void
note_others(struct meter *m, const struct meter_row *r)
{
    struct reading reading;
    if (is_interval(r)) {
        m->has_others = true;
        m->has_returned = m->has_returned || interval_energy(r).returned != 0 ||
                          (r->has & HAS(WATTLE_ENERGY_RETURNED)) != 0;
    }
    reading_power_from_row(&reading, r->batch, r->row);
    if (reading.point.nw == TOTALS_NO_POWER)
        return;
    m->has_others = true;
    m->has_returned = m->has_returned || power_is_returned(&reading.point);
}

/*
 * A counter of what is returned alone, beside powers or energies that are not:
 * both count, each for its direction.
 */
static bool
is_apart(const struct meter *m)
{
    return !m->has_counter[0] && m->has_others && !m->has_returned;
}

/*
 * Energies seldom rise for long: those of a morning's sun do. Few are enough
 * when they are more than a house can use.
 */
bool
meter_is_rising(const struct meter *meter)
{
    enum { LEAST = 3, MANY = 24, MOST_W = 25000, RISES_A_FALL = 20 };
    const int128 most = (int128)MOST_W * meter->span_ms * ENERGY_UNITS_PER_W_MS;
    if (meter->n_energies < LEAST || 2 * meter->n_rises < meter->n_energies)
        return false;
    if (meter->n_energies >= MANY) /* a counter may be reset */
        return RISES_A_FALL * meter->n_falls <= meter->n_rises;
    return meter->n_falls == 0 && meter->span_ms > 0 &&
           meter->first_units > most;
}

static int
survey_row(struct meter *m, const struct meter_row *r)
{
    for (int c = 0; c < 2; c++) {
        if ((r->has & HAS(counter_measure[c])) == 0)
            continue;
        if (!m->has_counter[c])
            m->counted[c].begin_ms = r->time_ms;
        m->counted[c].end_ms = r->time_ms;
        m->has_counter[c] = true;
        const struct counter_reading reading = counter_reading(r, c);
        counter_survey_add(&m->surveys[c], &reading);
    }
    if (is_interval(r))
        compare_energies(m, r);
    note_others(m, r);
    if (!is_interval(r) || (r->has & HAS(WATTLE_SPAN)) != 0)
        return WATTLE_OK;
    int status = WATTLE_OK;
    if (m->has_interval)
        status = step_counts_add(&m->steps, r->time_ms - m->last_interval_ms);
    m->has_interval = true;
    m->last_interval_ms = r->time_ms;
    return status;
}

/* ---- what is covered ---------------------------------------------------- */

static int
cover(struct meter *m, int layer, int64_t begin_ms, int64_t end_ms)
{
    m->layers |= UINT64_C(1) << layer;
    return stretches_add(&m->of[layer], begin_ms, end_ms);
}

static int
cover_row(struct meter *m, const struct meter_row *r)
{
    int status = WATTLE_OK;
    if (is_interval(r)) {
        const int64_t end_ms = interval_end(m, r);
        status =
            cover(m, interval_layer(end_ms - r->time_ms), r->time_ms, end_ms);
    }
    struct reading reading;
    reading_power_from_row(&reading, r->batch, r->row);
    if (status != WATTLE_OK || reading.point.nw == TOTALS_NO_POWER)
        return status;
    int64_t end_ms;
    if (power_step(m, &reading.point, &end_ms))
        status = cover(m, METER_POWERS, m->power.time_ms, end_ms);
    if (status == WATTLE_OK)
        status = cover(m, METER_POWERS, r->time_ms, r->time_ms);
    m->power = reading.point;
    m->has_power = true;
    return status;
}

/* Counters know all from their first to their last reading. */
static int
cover_counters(struct meter *m)
{
    const int first = m->has_counter[0] && m->has_counter[1] &&
                      m->counted[1].begin_ms < m->counted[0].begin_ms;
    int status = WATTLE_OK;
    for (int i = 0; i < 2 && status == WATTLE_OK; i++) {
        const int c = i ^ first;
        if (m->has_counter[c])
            status = cover(m, is_apart(m) ? METER_APART : METER_COUNTERS,
                           m->counted[c].begin_ms, m->counted[c].end_ms);
    }
    return status;
}

/*
 * Adds a stretch, clipped to the range, to what is covered. The end of an
 * interval is not part of it; that of other layers is a reading.
 */
static int
add_covered(struct meter *m, struct stretch s, bool is_closed)
{
    const struct meter_options *o = &m->options;
    struct stretch *last =
        m->covered.n > 0 ? &m->covered.items[m->covered.n - 1] : NULL;
    const bool is_closed_end = is_closed || s.begin_ms == s.end_ms;
    if (s.begin_ms >= o->until_ms || s.end_ms < o->since_ms ||
        (s.end_ms == o->since_ms && !is_closed_end))
        return WATTLE_OK;
    s.begin_ms = s.begin_ms > o->since_ms ? s.begin_ms : o->since_ms;
    s.end_ms = s.end_ms < o->until_ms ? s.end_ms : o->until_ms;
    /* a hole that is no gap */
    if (last != NULL && s.begin_ms - last->end_ms <= o->max_gap_ms)
        s.begin_ms = last->end_ms > s.begin_ms ? s.begin_ms : last->end_ms;
    return stretches_add(&m->covered, s.begin_ms, s.end_ms);
}

/* The layers' stretches, in order of their begins. */
static int
unite_layers(struct meter *m)
{
    size_t at[METER_LAYERS] = {0};
    int status = WATTLE_OK;
    while (status == WATTLE_OK) {
        int next = -1;
        for (uint64_t left = m->layers; left != 0; left &= left - 1) {
            const int i = __builtin_ctzll(left);
            if (at[i] < m->of[i].n &&
                (next < 0 || m->of[i].items[at[i]].begin_ms <
                                 m->of[next].items[at[next]].begin_ms))
                next = i;
        }
        if (next < 0)
            break;
        status = add_covered(m, m->of[next].items[at[next]++],
                             next == METER_COUNTERS || next >= METER_POWERS);
    }
    return status;
}

/* ---- steps -------------------------------------------------------------- */

/*
 * Whether a better layer covers an instant; *until_ms is then the end of that,
 * else where the next one begins, if that is earlier than *until_ms.
 */
static bool
is_covered(const struct meter *m, int layer, int64_t time_ms, int64_t *until_ms)
{
    uint64_t better = m->layers & ((UINT64_C(1) << layer) - 1);
    for (; better != 0; better &= better - 1) {
        int64_t found_ms;
        if (stretches_find(&m->of[__builtin_ctzll(better)], time_ms,
                           &found_ms)) {
            *until_ms = found_ms;
            return true;
        }
        *until_ms = found_ms < *until_ms ? found_ms : *until_ms;
    }
    return false;
}

/* Hands out what no better layer covers of a step. */
static int
put_step(struct meter *m, int layer, struct energy_step *step,
         bool is_estimated)
{
    const struct meter_options *o = &m->options;
    int64_t at_ms = step->begin_ms, end_ms = step->end_ms;
    int64_t until_ms = INT64_MAX;
    int status = WATTLE_OK;
    if (at_ms == end_ms) {
        bool is_wanted = at_ms >= o->since_ms && at_ms < o->until_ms;
        return is_wanted && !is_covered(m, layer, at_ms, &until_ms)
                   ? o->take(o->context, step, is_estimated)
                   : WATTLE_OK;
    }
    at_ms = at_ms > o->since_ms ? at_ms : o->since_ms;
    end_ms = end_ms < o->until_ms ? end_ms : o->until_ms;
    while (at_ms < end_ms && status == WATTLE_OK) {
        until_ms = end_ms;
        if (!is_covered(m, layer, at_ms, &until_ms)) {
            step->begin_ms = at_ms;
            step->end_ms = until_ms;
            status = o->take(o->context, step, is_estimated);
        }
        at_ms = until_ms;
    }
    return status;
}

static int
put_even(struct meter *m, int layer, const struct even_energy *even,
         bool is_estimated)
{
    struct energy_step step = {
        .even = even, .begin_ms = even->from_ms, .end_ms = even->to_ms};
    const bool is_nothing =
        even->from_ms == even->to_ms && even->net == 0 && even->returned == 0;
    return is_nothing ? WATTLE_OK : put_step(m, layer, &step, is_estimated);
}

/* What a counter's reading has shown. */
static int
put_counted(struct meter *m, int which, const struct counter_step *s)
{
    const struct meter_options *o = &m->options;
    const bool is_inside =
        s->at.time_ms >= o->since_ms && s->at.time_ms < o->until_ms;
    if (s->has_event && is_inside)
        m->n_events[s->event]++;
    if (s->is_stray)
        return WATTLE_OK;
    const bool is_returned = which == 1;
    const struct even_energy even = {s->from_ms, s->at.time_ms,
                                     is_returned ? -s->rise : s->rise,
                                     is_returned ? s->rise : 0};
    return put_even(m, METER_COUNTERS, &even,
                    even.to_ms - even.from_ms > o->max_gap_ms);
}

static int
add_counters(struct meter *m, const struct meter_row *r)
{
    int status = WATTLE_OK;
    for (int c = 0; c < 2 && status == WATTLE_OK; c++) {
        if ((r->has & HAS(counter_measure[c])) == 0)
            continue;
        struct counter_step step;
        const struct counter_reading reading = counter_reading(r, c);
        if (counter_add(&m->counters[c], &reading, &step))
            status = put_counted(m, c, &step);
    }
    return status;
}

static int
add_power(struct meter *m, const struct meter_row *r)
{
    struct reading reading;
    reading_power_from_row(&reading, r->batch, r->row);
    struct power_point to = reading.point;
    if (to.nw == TOTALS_NO_POWER)
        return WATTLE_OK;
    int64_t end_ms;
    int status = WATTLE_OK;
    if (power_step(m, &to, &end_ms)) {
        struct power_point from = m->power, end = to;
        if (m->options.holds)
            end = from;
        end.time_ms = end_ms;
        struct energy_step step = {.from = &from,
                                   .to = &end,
                                   .begin_ms = from.time_ms,
                                   .end_ms = end_ms};
        status = put_step(m, METER_POWERS, &step, false);
    }
    m->power = to;
    m->has_power = true;
    return status;
}

static int
add_row(struct meter *m, const struct meter_row *r)
{
    int status = add_counters(m, r);
    if (status == WATTLE_OK && is_interval(r)) {
        struct even_energy even = interval_energy(r);
        even.to_ms = interval_end(m, r);
        status = put_even(m, interval_layer(even.to_ms - even.from_ms), &even,
                          false);
    }
    return status == WATTLE_OK ? add_power(m, r) : status;
}

static int
drain_counters(struct meter *m)
{
    struct counter_step step;
    int status = WATTLE_OK;
    for (int c = 0; c < 2; c++) {
        while (status == WATTLE_OK && counter_drain(&m->counters[c], &step))
            status = put_counted(m, c, &step);
    }
    return status;
}

int64_t
meter_safe_ms(const struct meter *m)
{
    int64_t safe_ms = m->last_ms;
    if (m->phase == METER_DONE)
        return INT64_MAX;
    if (m->has_power && m->power.time_ms < safe_ms)
        safe_ms = m->power.time_ms;
    for (int c = 0; c < 2; c++) {
        const struct counter *counter = &m->counters[c];
        if (!m->has_counter[c])
            continue;
        const int64_t from_ms = counter->has_base ? counter->from_ms
                                : counter->n_ahead > 0
                                    ? counter->ahead[0].time_ms
                                    : INT64_MAX;
        safe_ms = from_ms < safe_ms ? from_ms : safe_ms;
    }
    return safe_ms;
}

/* ---- phases ------------------------------------------------------------- */

int
meter_take(struct meter *meter, const struct batch_view *batch)
{
    struct meter_row r = {.batch = batch};
    int status = WATTLE_OK;
    assert(meter->phase != METER_DONE);
    for (; r.row < batch->n_rows && status == WATTLE_OK; r.row++) {
        r.time_ms = batch->time_ms[r.row];
        r.has = reading_measures(batch, r.row);
        if (meter->phase == METER_SURVEY)
            status = survey_row(meter, &r);
        else if (meter->phase == METER_COVER)
            status = cover_row(meter, &r);
        else
            status = add_row(meter, &r);
        meter->last_ms = r.time_ms;
    }
    return status;
}

int
meter_end_phase(struct meter *meter)
{
    int status = WATTLE_OK;
    switch (meter->phase) {
    case METER_SURVEY:
        meter->span_ms = step_counts_commonest(&meter->steps);
        for (int c = 0; c < 2; c++)
            counter_begin(&meter->counters[c], &meter->surveys[c]);
        break;
    case METER_COVER:
        status = cover_counters(meter);
        if (status == WATTLE_OK)
            status = unite_layers(meter);
        meter->has_power = false;
        meter->last_ms = INT64_MIN;
        break;
    case METER_ADD:
        status = drain_counters(meter);
        break;
    case METER_DONE:
        break;
    }
    meter->phase++;
    return status;
}
