/*
 * local_clock.c - a small cache of days, and a state for each device.
 *
 * A day is even when clocks are not changed on it, nor on the day before or
 * behind it: so rows on either side of a change are remembered.
 */
#include "formats/local_clock.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "wattle/error.h"

#define NEAR_MS CIVIL_MS_PER_DAY

void
local_clock_init(struct local_clock *clock, const struct registry *devices)
{
    *clock = (struct local_clock){.devices = devices};
}

void
local_clock_release(struct local_clock *clock)
{
    free(clock->lasts);
    clock->lasts = NULL;
    clock->n_lasts = 0;
}

void
local_clock_begin(struct local_clock *clock, const struct wattle_zone *zone,
                  bool is_from_start, const struct local_history *history)
{
    if (zone != clock->zone)
        memset(clock->days, 0, sizeof(clock->days));
    clock->zone = zone;
    clock->history = history;
    clock->text++;
    clock->is_from_start = is_from_start;
    clock->has_rows = false;
    clock->lacks_context = false;
}

int
local_clock_save(const struct local_clock *clock, struct local_states *states)
{
    int status = WATTLE_OK;
    if (!clock->has_rows)
        return WATTLE_OK;
    for (size_t i = 0; i < clock->n_lasts && status == WATTLE_OK; i++) {
        if (clock->lasts[i].text == clock->text)
            status =
                local_states_add(states, (uint32_t)i, &clock->lasts[i].state);
    }
    return status;
}

/* Looks at the changes before and behind a day. */
static void
look_at(const struct wattle_zone *zone, struct local_day *day)
{
    const int64_t from_ms = day->day_ms - NEAR_MS;
    const int64_t until_ms = day->day_ms + CIVIL_MS_PER_DAY + NEAR_MS;
    const int64_t guess_ms = day->day_ms - zone_at(zone, day->day_ms).offset_ms;
    const struct zone_span span = zone_at(zone, guess_ms);
    day->is_known = true;
    day->offset_ms = span.offset_ms;
    day->is_changed = false;
    if (span.from_ms != INT64_MIN) {
        const int64_t before_ms = zone_at(zone, span.from_ms - 1).offset_ms;
        day->is_changed = from_ms < span.from_ms + span.offset_ms ||
                          from_ms < span.from_ms + before_ms;
    }
    if (span.until_ms != INT64_MAX) {
        const int64_t behind_ms = zone_at(zone, span.until_ms).offset_ms;
        day->is_changed = day->is_changed ||
                          until_ms > span.until_ms + span.offset_ms ||
                          until_ms > span.until_ms + behind_ms;
    }
}

bool
local_clock_is_even(struct local_clock *clock, int64_t day_ms,
                    int64_t *offset_ms)
{
    const uint64_t number = (uint64_t)day_ms / (uint64_t)CIVIL_MS_PER_DAY;
    struct local_day *day = &clock->days[number % LOCAL_CLOCK_DAYS];
    if (!day->is_known || day->day_ms != day_ms) {
        day->day_ms = day_ms;
        look_at(clock->zone, day);
    }
    *offset_ms = day->offset_ms;
    return !day->is_changed;
}

bool
local_clock_shows(const struct local_clock *clock, int64_t local_ms)
{
    int64_t utc_ms[2];
    return zone_to_utc(clock->zone, local_ms, utc_ms) > 0;
}

/* The last row of a device; NULL = no memory. */
static struct local_last *
last_of(struct local_clock *clock, uint32_t device)
{
    if (device < clock->n_lasts)
        return &clock->lasts[device];
    size_t n = clock->n_lasts < 64 ? 64 : clock->n_lasts;
    while (n <= device)
        n *= 2;
    struct local_last *lasts = realloc(clock->lasts, n * sizeof(*lasts));
    if (lasts == NULL)
        return NULL;
    memset(lasts + clock->n_lasts, 0, (n - clock->n_lasts) * sizeof(*lasts));
    clock->lasts = lasts;
    clock->n_lasts = n;
    return &lasts[device];
}

/* What was known of a device before this text; NULL = nothing. */
static const struct local_state *
remembered(const struct local_clock *clock, uint32_t device)
{
    if (clock->history == NULL)
        return NULL;
    const char *id = registry_id(clock->devices, device);
    const uint32_t number =
        registry_find(clock->history->registry, id, strlen(id));
    return number != REGISTRY_NO_DEVICE
               ? local_states_find(clock->history->states, number)
               : NULL;
}

/* A time that clocks show twice, from begin_ms up to end_ms. */
struct repeated {
    int64_t begin_ms, end_ms;
};

static struct repeated
repeated_around(const struct wattle_zone *zone, int64_t local_ms,
                const int64_t utc_ms[2])
{
    const int64_t change_ms = zone_at(zone, utc_ms[1]).from_ms;
    return (struct repeated){change_ms + local_ms - utc_ms[1],
                             change_ms + local_ms - utc_ms[0]};
}

/* Which way around a repeated time is meant, from the row before it. */
static void
choose(const struct repeated *r, const struct local_state *before,
       int64_t local_ms, struct local_state *now)
{
    if (before->local_ms < r->begin_ms)
        return; /* ascending, and the first time around */
    if (before->local_ms >= r->end_ms) {
        now->is_backward = now->is_second = true;
        return;
    }
    now->is_backward = before->is_backward;
    now->is_second = before->is_second;
    if (before->is_second != before->is_backward)
        return; /* the last time around, either way */
    const bool is_far =
        before->step_ms < 0 || before->step_ms >= r->end_ms - r->begin_ms;
    const int64_t forward_ms = before->is_backward
                                   ? before->local_ms - local_ms
                                   : local_ms - before->local_ms;
    if (forward_ms < 0 || (forward_ms == 0 && is_far))
        now->is_second = !before->is_second;
}

int
local_clock_resolve(struct local_clock *clock, uint32_t device,
                    int64_t local_ms, int64_t *time_ms)
{
    int64_t utc_ms[2] = {local_ms, local_ms};
    struct local_last *last = last_of(clock, device);
    if (last == NULL)
        return WATTLE_ERR_MEMORY;
    const struct local_state *before =
        last->text == clock->text ? &last->state : remembered(clock, device);
    struct local_state now = {.local_ms = local_ms, .step_ms = -1};
    clock->has_rows = true;
    if (before != NULL)
        now.step_ms = local_ms > before->local_ms ? local_ms - before->local_ms
                                                  : before->local_ms - local_ms;
    if (zone_to_utc(clock->zone, local_ms, utc_ms) == 2) {
        const struct repeated r =
            repeated_around(clock->zone, local_ms, utc_ms);
        if (before != NULL)
            choose(&r, before, local_ms, &now);
        else if (!clock->is_from_start)
            clock->lacks_context = true;
    }
    *time_ms = utc_ms[now.is_second ? 1 : 0];
    *last = (struct local_last){now, clock->text};
    return WATTLE_OK;
}
