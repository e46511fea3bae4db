/*
 * profile.c - 24 fixed hours and a small hash of days.
 */
#include "analytics/profile.h"

#include <stdlib.h>

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

static struct profile_hour *
hour_of_day(struct profile *profile, int64_t hour)
{
    return &profile->hours[hour - day_of_hour(hour) * 24];
}

void
profile_add_day(struct profile *profile, int64_t hour)
{
    struct profile_day *day = find_day(profile, day_of_hour(hour));
    if (day != NULL)
        day->has_readings = true;
}

void
profile_add_power(struct profile *profile, int64_t hour, uint64_t n,
                  int128 power_nw)
{
    struct profile_hour *h = hour_of_day(profile, hour);
    h->n_readings += n;
    h->power_nw += power_nw;
    profile_add_day(profile, hour);
}

void
profile_add_energy(struct profile *profile, int64_t hour, int128 units)
{
    profile_add_part(profile, hour, units, 0);
}

void
profile_add_part(struct profile *profile, int64_t hour, int128 units,
                 int128 rest)
{
    struct profile_hour *h = hour_of_day(profile, hour);
    struct profile_day *day = find_day(profile, day_of_hour(hour));
    h->energy.units += units;
    h->energy.rest += rest;
    if (day != NULL) {
        day->energy.units += units;
        day->energy.rest += rest;
    }
}

void
profile_add_power_fine(struct profile *profile, int64_t hour,
                       struct int256 power_fine)
{
    struct profile_hour *h = hour_of_day(profile, hour);
    h->n_readings++;
    h->power_fine = int256_add(h->power_fine, power_fine);
    profile_add_day(profile, hour);
}

void
profile_add_energy_fine(struct profile *profile, int64_t hour,
                        struct int256 energy_fine)
{
    struct profile_hour *h = hour_of_day(profile, hour);
    h->energy.fine = int256_add(h->energy.fine, energy_fine);
    struct profile_day *day = find_day(profile, day_of_hour(hour));
    if (day != NULL)
        day->energy.fine = int256_add(day->energy.fine, energy_fine);
}

static void
add_energy(struct profile_energy *to, const struct profile_energy *from)
{
    to->units += from->units;
    to->rest += from->rest;
    if (!int256_is_zero(from->fine)) /* hardly ever */
        to->fine = int256_add(to->fine, from->fine);
}

void
profile_merge(struct profile *profile, const struct profile *other)
{
    for (int i = 0; i < 24; i++) {
        struct profile_hour *h = &profile->hours[i];
        const struct profile_hour *o = &other->hours[i];
        h->n_readings += o->n_readings;
        h->power_nw += o->power_nw;
        if (!int256_is_zero(o->power_fine))
            h->power_fine = int256_add(h->power_fine, o->power_fine);
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
           day->energy.rest == 0 && int256_is_zero(day->energy.fine);
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
