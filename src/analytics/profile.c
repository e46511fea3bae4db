/*
 * profile.c - 24 fixed hours and a small hash of days.
 *
 * Sums by hour of the day and by day, beside the totals of a set. They join by
 * adding, cell by cell. A lack of memory is noted in `failed` and reported
 * when the totals are used.
 */
#include "analytics/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

void
profile_init(struct profile *profile)
{
    *profile = (struct profile){0};
}

void
profile_release(struct profile *profile)
{
    free(profile->days);
    free(profile->slots);
    free(profile->open);
    profile_init(profile);
}

static int64_t
day_of_hour(int64_t hour)
{
    return hour >= 0 ? hour / 24 : (hour - 23) / 24;
}

static size_t
slot_of(const struct profile *profile, int64_t day)
{
    uint64_t hash = (uint64_t)day * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(hash >> 32) & (profile->n_slots - 1);
}

static void
place(struct profile *profile, size_t index)
{
    size_t at = slot_of(profile, profile->days[index].day);
    while (profile->slots[at] != 0)
        at = (at + 1) & (profile->n_slots - 1);
    profile->slots[at] = (uint32_t)index + 1;
}

static bool
grow(struct profile *profile)
{
    struct profile_day *days = buffer_grow_array(
        profile->days, &profile->day_cap, profile->n_days + 1, sizeof(*days));
    if (days == NULL)
        return false;
    profile->days = days;
    if (2 * (profile->n_days + 1) <= profile->n_slots)
        return true;
    size_t n_slots = profile->n_slots == 0 ? 64 : 2 * profile->n_slots;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        return false;
    free(profile->slots);
    profile->slots = slots;
    profile->n_slots = n_slots;
    for (size_t i = 0; i < profile->n_days; i++)
        place(profile, i);
    return true;
}

/* The day's entry, new if need be; NULL when memory ran out. */
static struct profile_day *
find_day(struct profile *profile, int64_t day)
{
    if (profile->n_days != 0) {
        if (profile->days[profile->latest].day == day)
            return &profile->days[profile->latest];
        size_t at = slot_of(profile, day);
        for (; profile->slots[at] != 0;
             at = (at + 1) & (profile->n_slots - 1)) {
            size_t index = profile->slots[at] - 1;
            if (profile->days[index].day == day) {
                profile->latest = index;
                return &profile->days[index];
            }
        }
    }
    if (!grow(profile)) {
        profile->failed = true;
        return NULL;
    }
    size_t index = profile->n_days++;
    profile->days[index] = (struct profile_day){.day = day};
    place(profile, index);
    profile->latest = index;
    return &profile->days[index];
}

/* The hours of a day that are kept apart; NULL when memory ran out. */
static struct profile_day_hours *
find_open(struct profile *profile, int64_t day)
{
    for (size_t i = profile->n_open; i-- > 0;) {
        if (profile->open[i].day == day)
            return &profile->open[i];
    }
    struct profile_day_hours *open = buffer_grow_array(
        profile->open, &profile->open_cap, profile->n_open + 1, sizeof(*open));
    if (open == NULL) {
        profile->failed = true;
        return NULL;
    }
    profile->open = open;
    open += profile->n_open++;
    memset(open, 0, sizeof(*open));
    open->day = day;
    return open;
}

/* The entry of an hour's day; NULL when memory ran out: sums are void then. */
static inline struct profile_day *
day_at(struct profile *profile, int64_t hour)
{
    if (profile->n_days != 0) { /* mostly the same day */
        struct profile_day *day = &profile->days[profile->latest];
        if ((uint64_t)hour - (uint64_t)day->day * 24 < 24)
            return day;
    }
    return find_day(profile, day_of_hour(hour));
}

static size_t
hour_in(const struct profile_day *day, int64_t hour)
{
    return (size_t)(hour - day->day * 24);
}

/* The hour in its day, when hours are kept by day; else, or on failure, NULL.
 */
static inline struct profile_hour *
hour_kept(struct profile *profile, const struct profile_day *day, int64_t hour)
{
    if (!profile->keeps_hours)
        return NULL;
    struct profile_day_hours *open = find_open(profile, day->day);
    return open != NULL ? &open->hours[hour_in(day, hour)] : NULL;
}

void
profile_add_day(struct profile *profile, int64_t hour)
{
    struct profile_day *day = day_at(profile, hour);
    if (day != NULL)
        day->has_readings = true;
}

static inline void
add_power(struct profile_hour *hour, uint64_t n, int128 power_nw)
{
    hour->n_readings += n;
    hour->power_nw += power_nw;
}

void
profile_add_power(struct profile *profile, int64_t hour, uint64_t n,
                  int128 power_nw)
{
    struct profile_day *day = day_at(profile, hour);
    if (day == NULL)
        return;
    day->has_readings = true;
    add_power(&profile->hours[hour_in(day, hour)], n, power_nw);
    struct profile_hour *kept = hour_kept(profile, day, hour);
    if (kept != NULL)
        add_power(kept, n, power_nw);
}

static void
add_power_wide(struct profile_hour *hour, struct int256 power_wide)
{
    hour->n_readings++;
    hour->power_wide = int256_add(hour->power_wide, power_wide);
}

void
profile_add_power_wide(struct profile *profile, int64_t hour,
                       struct int256 power_wide)
{
    struct profile_day *day = day_at(profile, hour);
    if (day == NULL)
        return;
    day->has_readings = true;
    add_power_wide(&profile->hours[hour_in(day, hour)], power_wide);
    struct profile_hour *kept = hour_kept(profile, day, hour);
    if (kept != NULL)
        add_power_wide(kept, power_wide);
}

void
profile_add_energy(struct profile *profile, int64_t hour, int128 units)
{
    profile_add_part(profile, hour, units, 0);
}

static inline void
add_part(struct energy_sum *energy, int128 units, int128 rest)
{
    energy->units += units;
    energy->rest += rest;
}

void
profile_add_part(struct profile *profile, int64_t hour, int128 units,
                 int128 rest)
{
    struct profile_day *day = day_at(profile, hour);
    if (day == NULL)
        return;
    add_part(&day->energy, units, rest);
    add_part(&profile->hours[hour_in(day, hour)].energy, units, rest);
    struct profile_hour *kept = hour_kept(profile, day, hour);
    if (kept != NULL)
        add_part(&kept->energy, units, rest);
}

void
profile_add_hour(struct profile *profile, int64_t hour, uint64_t n,
                 int128 power_nw, int128 units)
{
    struct profile_day *day = day_at(profile, hour);
    if (day == NULL)
        return;
    struct profile_hour *of_day = &profile->hours[hour_in(day, hour)];
    struct profile_hour *kept = hour_kept(profile, day, hour);
    day->has_readings = day->has_readings || n > 0;
    day->energy.units += units;
    add_power(of_day, n, power_nw);
    of_day->energy.units += units;
    if (kept == NULL)
        return;
    add_power(kept, n, power_nw);
    kept->energy.units += units;
}

static void
add_wide(struct energy_sum *energy, struct int256 wide)
{
    energy->wide = int256_add(energy->wide, wide);
}

void
profile_add_energy_wide(struct profile *profile, int64_t hour,
                        struct int256 energy_wide)
{
    struct profile_day *day = day_at(profile, hour);
    if (day == NULL)
        return;
    add_wide(&day->energy, energy_wide);
    add_wide(&profile->hours[hour_in(day, hour)].energy, energy_wide);
    struct profile_hour *kept = hour_kept(profile, day, hour);
    if (kept != NULL)
        add_wide(&kept->energy, energy_wide);
}

static void
add_energy(struct energy_sum *to, const struct energy_sum *from)
{
    to->units += from->units;
    to->rest += from->rest;
    if (!int256_is_zero(from->wide)) /* hardly ever */
        to->wide = int256_add(to->wide, from->wide);
}

void
profile_merge(struct profile *profile, const struct profile *other)
{
    for (int i = 0; i < 24; i++) {
        struct profile_hour *h = &profile->hours[i];
        const struct profile_hour *o = &other->hours[i];
        h->n_readings += o->n_readings;
        h->power_nw += o->power_nw;
        if (!int256_is_zero(o->power_wide))
            h->power_wide = int256_add(h->power_wide, o->power_wide);
        add_energy(&h->energy, &o->energy);
    }
    for (size_t i = 0; i < other->n_days; i++) {
        struct profile_day *day = find_day(profile, other->days[i].day);
        if (day == NULL)
            return;
        day->has_readings = day->has_readings || other->days[i].has_readings;
        add_energy(&day->energy, &other->days[i].energy);
    }
    profile->failed = profile->failed || other->failed;
}

static int
compare_days(const void *a, const void *b)
{
    int64_t x = ((const struct profile_day *)a)->day;
    int64_t y = ((const struct profile_day *)b)->day;
    return (x > y) - (x < y);
}

static bool
is_empty(const struct profile_day *day)
{
    return !day->has_readings && day->energy.units == 0 &&
           day->energy.rest == 0 && int256_is_zero(day->energy.wide);
}

void
profile_finish(struct profile *profile)
{
    size_t kept = 0;
    for (size_t i = 0; i < profile->n_days; i++) {
        if (!is_empty(&profile->days[i]))
            profile->days[kept++] = profile->days[i];
    }
    profile->n_days = kept;
    if (kept > 1)
        qsort(profile->days, kept, sizeof(*profile->days), compare_days);
}
