/*
 * summary.c - varints in the order of the structures; parts that hardly any
 * chunk has are left out and flagged.
 */
#include "store/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "store/byte_io.h"
#include "wattle/error.h"

enum { HAS_EXTRA = 1, HAS_FINE = 2, HAS_REST = 4 };

#define SUMMARY_VERSION 1
#define MAX_ACCOUNT     640 /* bytes before the hours */
#define MAX_HOUR        (10 + 3 * 19 + 2 * 32)
#define MAX_DAY         (10 + 1 + 2 * 19 + 32)

static uint8_t *
put_fine(uint8_t *to, struct int256 value)
{
    memcpy(to, value.word, sizeof(value.word));
    return to + sizeof(value.word);
}

static struct int256
get_fine(struct byte_reader *in)
{
    struct int256 value = int256_from(0);
    const uint8_t *from = byte_take(in, sizeof(value.word));
    if (from != NULL)
        memcpy(value.word, from, sizeof(value.word));
    return value;
}

static uint8_t *
put_extra(uint8_t *to, const struct account_extra *extra, unsigned flags)
{
    to = byte_put_count(to, extra->n_energy);
    to = byte_put_signed_wide(to, extra->efficiency);
    if ((flags & HAS_FINE) == 0)
        return to;
    to = byte_put_count(to, extra->n_fine);
    to = put_fine(to, extra->sum);
    to = put_fine(to, extra->min);
    to = put_fine(to, extra->max);
    to = put_fine(to, extra->first);
    to = put_fine(to, extra->last);
    return put_fine(to, extra->energy);
}

static void
get_extra(struct byte_reader *in, struct account_extra *extra, unsigned flags)
{
    memset(extra, 0, sizeof(*extra));
    extra->n_energy = byte_get_count(in);
    extra->efficiency = byte_get_signed_wide(in);
    if ((flags & HAS_FINE) == 0)
        return;
    extra->n_fine = byte_get_count(in);
    extra->sum = get_fine(in);
    extra->min = get_fine(in);
    extra->max = get_fine(in);
    extra->first = get_fine(in);
    extra->last = get_fine(in);
    extra->energy = get_fine(in);
}

static uint8_t *
put_account(uint8_t *to, const struct account *a,
            const struct account_first *first, unsigned flags)
{
    to = byte_put_count(to, a->n_readings);
    to = byte_put_signed(to, first->first_ms);
    to = byte_put_signed(to, first->first_nw);
    to = byte_put_signed(to, a->last_ms);
    to = byte_put_signed(to, a->last_nw);
    to = byte_put_signed(to, a->min_nw);
    to = byte_put_signed(to, a->max_nw);
    to = byte_put_signed_wide(to, a->sum_nw);
    to = byte_put_signed_wide(to, a->energy);
    to = byte_put_count(to, a->n_efficiency);
    to = byte_put_signed_wide(to, a->efficiency);
    to = byte_put_count(to, a->n_gaps);
    to = byte_put_signed(to, a->gap_ms);
    return (flags & HAS_EXTRA) != 0 ? put_extra(to, a->extra, flags) : to;
}

static int
get_account(struct byte_reader *in, struct account *a,
            struct account_first *first, unsigned flags)
{
    struct account_extra *extra = a->extra;
    *a = (struct account){.n_readings = byte_get_count(in)};
    first->first_ms = byte_get_signed(in);
    first->first_nw = byte_get_signed(in);
    a->last_ms = byte_get_signed(in);
    a->last_nw = byte_get_signed(in);
    a->min_nw = byte_get_signed(in);
    a->max_nw = byte_get_signed(in);
    a->sum_nw = byte_get_signed_wide(in);
    a->energy = byte_get_signed_wide(in);
    a->n_efficiency = byte_get_count(in);
    a->efficiency = byte_get_signed_wide(in);
    a->n_gaps = byte_get_count(in);
    a->gap_ms = byte_get_signed(in);
    if ((flags & HAS_EXTRA) == 0) {
        free(extra);
        return WATTLE_OK;
    }
    a->needs_care = true;
    a->extra = extra != NULL ? extra : malloc(sizeof(*extra));
    if (a->extra == NULL)
        return WATTLE_ERR_MEMORY;
    get_extra(in, a->extra, flags);
    return WATTLE_OK;
}

static uint8_t *
put_energy(uint8_t *to, const struct profile_energy *energy, unsigned flags)
{
    to = byte_put_signed_wide(to, energy->units);
    if ((flags & HAS_REST) != 0)
        to = byte_put_signed_wide(to, energy->rest);
    return (flags & HAS_FINE) != 0 ? put_fine(to, energy->fine) : to;
}

static void
get_energy(struct byte_reader *in, struct profile_energy *energy,
           unsigned flags)
{
    *energy = (struct profile_energy){.units = byte_get_signed_wide(in)};
    if ((flags & HAS_REST) != 0)
        energy->rest = byte_get_signed_wide(in);
    if ((flags & HAS_FINE) != 0)
        energy->fine = get_fine(in);
}

static uint8_t *
put_hours(uint8_t *to, const struct profile *profile, unsigned flags)
{
    for (int h = 0; h < 24; h++) {
        const struct profile_hour *hour = &profile->hours[h];
        to = byte_put_count(to, hour->n_readings);
        to = byte_put_signed_wide(to, hour->power_nw);
        if ((flags & HAS_FINE) != 0)
            to = put_fine(to, hour->power_fine);
        to = put_energy(to, &hour->energy, flags);
    }
    return to;
}

static void
get_hours(struct byte_reader *in, struct profile *profile, unsigned flags)
{
    for (int h = 0; h < 24; h++) {
        struct profile_hour *hour = &profile->hours[h];
        *hour = (struct profile_hour){.n_readings = byte_get_count(in)};
        hour->power_nw = byte_get_signed_wide(in);
        if ((flags & HAS_FINE) != 0)
            hour->power_fine = get_fine(in);
        get_energy(in, &hour->energy, flags);
    }
}

static uint8_t *
put_days(uint8_t *to, const struct profile *profile, unsigned flags)
{
    int64_t before = 0;
    to = byte_put_count(to, profile->n_days);
    for (size_t i = 0; i < profile->n_days; i++) {
        const struct profile_day *day = &profile->days[i];
        to = byte_put_signed(to, (day->day - before) * 2 + day->has_readings);
        to = put_energy(to, &day->energy, flags);
        before = day->day;
    }
    return to;
}

static int
get_days(struct byte_reader *in, struct summary *summary, unsigned flags)
{
    const int64_t limit = CIVIL_MAX_MS / CIVIL_MS_PER_DAY;
    struct profile *profile = &summary->profile;
    int64_t day = 0;
    profile->n_days = byte_get_count(in);
    if (profile->n_days > byte_left(in))
        return WATTLE_ERR_FORMAT;
    struct profile_day *days = buffer_grow_array(
        profile->days, &summary->day_cap, profile->n_days + 1, sizeof(*days));
    if (days == NULL)
        return WATTLE_ERR_MEMORY;
    profile->days = days;
    for (size_t i = 0; i < profile->n_days; i++) {
        int64_t step = byte_get_signed(in);
        if (step > 4 * limit || step < -4 * limit)
            return WATTLE_ERR_FORMAT;
        day += step >> 1;
        days[i].day = day;
        days[i].has_readings = (step & 1) != 0;
        get_energy(in, &days[i].energy, flags);
        if (day > limit || day < -limit)
            return WATTLE_ERR_FORMAT;
    }
    return WATTLE_OK;
}

static unsigned
find_flags(const struct account *account, const struct profile *profile)
{
    unsigned flags = 0;
    if (account->extra != NULL)
        flags |= HAS_EXTRA | (account->extra->n_fine > 0 ? HAS_FINE : 0);
    for (size_t i = 0; i < profile->n_days; i++)
        flags |= profile->days[i].energy.rest != 0 ? HAS_REST : 0;
    for (int h = 0; h < 24; h++)
        flags |= profile->hours[h].energy.rest != 0 ? HAS_REST : 0;
    return flags;
}

int
summary_encode(const struct account *account, const struct account_first *first,
               const struct profile *profile, struct buffer *out)
{
    unsigned flags = find_flags(account, profile);
    size_t room = MAX_ACCOUNT + 24 * MAX_HOUR + 10 + profile->n_days * MAX_DAY;
    if (buffer_reserve(out, room) != WATTLE_OK)
        return WATTLE_ERR_MEMORY;
    uint8_t *begin = (uint8_t *)out->data + out->len;
    uint8_t *to = begin;
    *to++ = SUMMARY_VERSION;
    *to++ = (uint8_t)flags;
    to = put_account(to, account, first, flags);
    to = put_hours(to, profile, flags);
    to = put_days(to, profile, flags);
    out->len += (size_t)(to - begin);
    return WATTLE_OK;
}

int
summary_decode(const void *bytes, size_t len, struct summary *summary)
{
    struct byte_reader in = {bytes, (const uint8_t *)bytes + len, false};
    unsigned version = byte_get(&in);
    unsigned flags = byte_get(&in);
    if (version != SUMMARY_VERSION || in.failed)
        return WATTLE_ERR_FORMAT;
    int status = get_account(&in, &summary->account, &summary->first, flags);
    if (status == WATTLE_OK) {
        get_hours(&in, &summary->profile, flags);
        status = get_days(&in, summary, flags);
    }
    if (status == WATTLE_OK &&
        (in.failed || in.at != in.end || summary->account.n_readings == 0))
        status = WATTLE_ERR_FORMAT;
    return status;
}

void
summary_release(struct summary *summary)
{
    free(summary->account.extra);
    profile_release(&summary->profile);
    *summary = (struct summary){0};
}
