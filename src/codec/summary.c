/*
 * summary.c - totals and profile as bytes, in sections.
 *
 * A section has a tag and a length. A reader passes over those that it does
 * not know, so that a later program can add aggregates; it notes those that
 * are missing. Within a section values
 * are varints in the order of the structures; parts that hardly any chunk has
 * are left out and flagged.
 */
#include "codec/summary.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/byte_io.h"
#include "wattle/error.h"

enum { HAS_EXTRA = 1, HAS_WIDE = 2, HAS_REST = 4 };

/* Sections, in this order; then those of the aggregates. */
enum { SECTION_TOTALS = 1, SECTION_PROFILE = 2, SECTION_RETURNED = 3 };

#define SUMMARY_VERSION 2
#define MAX_TOTALS      640 /* bytes before the hours */
#define MAX_HOUR        (10 + 3 * 19 + 2 * 32)
#define MAX_RETURNED    (19 + 32)
#define MAX_DAY         (10 + 1 + 2 * 19 + 32)

static uint8_t *
put_wide(uint8_t *to, struct int256 value)
{
    memcpy(to, value.word, sizeof(value.word));
    return to + sizeof(value.word);
}

static struct int256
get_wide(struct byte_reader *in)
{
    struct int256 value = int256_from(0);
    const uint8_t *from = byte_take(in, sizeof(value.word));
    if (from != NULL)
        memcpy(value.word, from, sizeof(value.word));
    return value;
}

static uint8_t *
put_extra(uint8_t *to, const struct totals_extra *extra, unsigned flags)
{
    to = byte_put_count(to, extra->n_energy);
    to = byte_put_signed_wide(to, extra->efficiency);
    if ((flags & HAS_WIDE) == 0)
        return to;
    to = byte_put_count(to, extra->n_wide);
    to = put_wide(to, extra->sum);
    to = put_wide(to, extra->min);
    to = put_wide(to, extra->max);
    to = put_wide(to, extra->first);
    to = put_wide(to, extra->last);
    return put_wide(to, extra->energy);
}

static void
get_extra(struct byte_reader *in, struct totals_extra *extra, unsigned flags)
{
    memset(extra, 0, sizeof(*extra));
    extra->n_energy = byte_get_count(in);
    extra->efficiency = byte_get_signed_wide(in);
    if ((flags & HAS_WIDE) == 0)
        return;
    extra->n_wide = byte_get_count(in);
    extra->sum = get_wide(in);
    extra->min = get_wide(in);
    extra->max = get_wide(in);
    extra->first = get_wide(in);
    extra->last = get_wide(in);
    extra->energy = get_wide(in);
}

static uint8_t *
put_sums(uint8_t *to, const struct device_totals *a,
         const struct totals_first *first, unsigned flags)
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
get_totals(struct byte_reader *in, struct device_totals *a,
           struct totals_first *first, unsigned flags)
{
    struct totals_extra *extra = a->extra;
    *a = (struct device_totals){.n_readings = byte_get_count(in)};
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
put_energy(uint8_t *to, const struct energy_sum *energy, unsigned flags)
{
    to = byte_put_signed_wide(to, energy->units);
    if ((flags & HAS_REST) != 0)
        to = byte_put_signed_wide(to, energy->rest);
    return (flags & HAS_WIDE) != 0 ? put_wide(to, energy->wide) : to;
}

static void
get_energy(struct byte_reader *in, struct energy_sum *energy, unsigned flags)
{
    *energy = (struct energy_sum){.units = byte_get_signed_wide(in)};
    if ((flags & HAS_REST) != 0)
        energy->rest = byte_get_signed_wide(in);
    if ((flags & HAS_WIDE) != 0)
        energy->wide = get_wide(in);
}

static uint8_t *
put_hours(uint8_t *to, const struct profile *profile, unsigned flags)
{
    for (int h = 0; h < 24; h++) {
        const struct profile_hour *hour = &profile->hours[h];
        to = byte_put_count(to, hour->n_readings);
        to = byte_put_signed_wide(to, hour->power_nw);
        if ((flags & HAS_WIDE) != 0)
            to = put_wide(to, hour->power_wide);
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
        if ((flags & HAS_WIDE) != 0)
            hour->power_wide = get_wide(in);
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
find_flags(const struct device_totals *totals, const struct profile *profile)
{
    unsigned flags = 0;
    if (totals->extra != NULL)
        flags |= HAS_EXTRA | (totals->extra->n_wide > 0 ? HAS_WIDE : 0);
    for (size_t i = 0; i < profile->n_days; i++)
        flags |= profile->days[i].energy.rest != 0 ? HAS_REST : 0;
    for (int h = 0; h < 24; h++)
        flags |= profile->hours[h].energy.rest != 0 ? HAS_REST : 0;
    return flags;
}

/* Appends a section with the bytes [from, to). */
static int
put_section(struct buffer *out, unsigned tag, const uint8_t *from,
            const uint8_t *to)
{
    uint8_t head[2 * 10];
    uint8_t *end = byte_put_count(head, tag);
    end = byte_put_count(end, (uint64_t)(to - from));
    int status = buffer_append(out, head, (size_t)(end - head));
    return status == WATTLE_OK ? buffer_append(out, from, (size_t)(to - from))
                               : status;
}

static int
put_totals(struct buffer *out, const struct device_totals *totals,
           const struct totals_first *first, unsigned flags)
{
    uint8_t bytes[MAX_TOTALS];
    uint8_t *to = bytes;
    *to++ = (uint8_t)(flags & (HAS_EXTRA | HAS_WIDE));
    to = put_sums(to, totals, first, flags);
    return put_section(out, SECTION_TOTALS, bytes, to);
}

static int
put_profile(struct buffer *out, const struct profile *profile, unsigned flags)
{
    uint8_t *bytes = malloc(1 + 24 * MAX_HOUR + 10 + profile->n_days * MAX_DAY);
    if (bytes == NULL)
        return WATTLE_ERR_MEMORY;
    uint8_t *to = bytes;
    *to++ = (uint8_t)(flags & (HAS_WIDE | HAS_REST));
    to = put_hours(to, profile, flags);
    to = put_days(to, profile, flags);
    int status = put_section(out, SECTION_PROFILE, bytes, to);
    free(bytes);
    return status;
}

/* Only when a power is below zero: else nothing is returned. */
static int
put_returned(struct buffer *out, const struct device_totals *totals)
{
    uint8_t bytes[MAX_RETURNED];
    if (!totals_have_returned(totals))
        return WATTLE_OK;
    /* of whole steps, which have no rest */
    const struct energy_sum *returned = &totals->extra->returned;
    assert(returned->rest == 0);
    uint8_t *to = byte_put_signed_wide(bytes, returned->units);
    to = put_wide(to, returned->wide);
    return put_section(out, SECTION_RETURNED, bytes, to);
}

/* A device without states, where readings were added: cannot be. */
static int
put_aggregates(struct buffer *out, const struct aggregate_states *states,
               uint64_t left_out)
{
    const struct aggregate_list *list = aggregate_list();
    uint8_t bytes[AGGREGATE_MAX_BYTES];
    int status = WATTLE_OK;
    for (size_t k = 0; k < list->n && status == WATTLE_OK; k++) {
        const struct aggregate *a = list->items[k];
        if ((left_out >> k & 1) != 0)
            continue;
        size_t len = a->encode(aggregate_find(states, a), bytes);
        assert(len <= sizeof(bytes) && a->section >= AGGREGATE_FIRST_SECTION);
        status = put_section(out, a->section, bytes, bytes + len);
    }
    return status;
}

int
summary_encode(const struct device_totals *totals,
               const struct totals_first *first, const struct profile *profile,
               uint64_t left_out, struct buffer *out)
{
    const uint8_t version = SUMMARY_VERSION;
    const unsigned flags = find_flags(totals, profile);
    int status = buffer_append(out, &version, 1);
    if (status == WATTLE_OK)
        status = put_totals(out, totals, first, flags);
    if (status == WATTLE_OK)
        status = put_profile(out, profile, flags);
    if (status == WATTLE_OK && (left_out & SUMMARY_RETURNED) == 0)
        status = put_returned(out, totals);
    return status == WATTLE_OK ? put_aggregates(out, first->states, left_out)
                               : status;
}

/* Reads a section that is not an aggregate's; the bytes must be used up. */
static int
get_own_section(struct byte_reader *in, unsigned tag, struct summary *summary)
{
    int status = WATTLE_OK;
    if (tag == SECTION_RETURNED) {
        summary->returned.units = byte_get_signed_wide(in);
        summary->returned.wide = get_wide(in);
    } else if (tag == SECTION_TOTALS) {
        const unsigned flags = byte_get(in);
        status = get_totals(in, &summary->totals, &summary->first, flags);
    } else {
        const unsigned flags = byte_get(in);
        get_hours(in, &summary->profile, flags);
        status = get_days(in, summary, flags);
    }
    if (status == WATTLE_OK && (in->failed || in->at != in->end))
        status = WATTLE_ERR_FORMAT;
    return status;
}

/* What is returned goes into the totals; or is known to be missing. */
static int
set_returned(struct summary *summary, bool is_there)
{
    const bool is_wanted = totals_have_returned(&summary->totals);
    if (is_there && !is_wanted)
        return WATTLE_ERR_FORMAT;
    if (is_there)
        summary->totals.extra->returned = summary->returned;
    else if (is_wanted)
        summary->missing |= SUMMARY_RETURNED;
    return WATTLE_OK;
}

/* Reads the section of the k-th aggregate. */
static int
get_aggregate(const uint8_t *bytes, size_t len, size_t k,
              struct summary *summary)
{
    const struct aggregate *a = aggregate_list()->items[k];
    const uint64_t bit = UINT64_C(1) << k;
    if ((summary->missing & bit) == 0)
        return WATTLE_ERR_FORMAT; /* twice */
    void *state = aggregate_state(&summary->first.states, a);
    if (state == NULL)
        return WATTLE_ERR_MEMORY;
    summary->missing &= ~bit;
    return a->decode(state, bytes, len) ? WATTLE_OK : WATTLE_ERR_FORMAT;
}

/* What a tag says, or nothing when it is not known; *seen collects ours. */
static int
get_section(uint64_t tag, const uint8_t *bytes, size_t len, unsigned *seen,
            struct summary *summary)
{
    const struct aggregate_list *list = aggregate_list();
    if (tag >= SECTION_TOTALS && tag <= SECTION_RETURNED) {
        struct byte_reader in = {bytes, bytes + len, false};
        if ((*seen & 1u << tag) != 0)
            return WATTLE_ERR_FORMAT;
        *seen |= 1u << tag;
        return get_own_section(&in, (unsigned)tag, summary);
    }
    for (size_t k = 0; k < list->n; k++) {
        if (list->items[k]->section == tag)
            return get_aggregate(bytes, len, k, summary);
    }
    return WATTLE_OK;
}

int
summary_decode(const void *bytes, size_t len, struct summary *summary)
{
    const size_t n_aggregates = aggregate_list()->n;
    struct byte_reader in = {bytes, (const uint8_t *)bytes + len, false};
    unsigned seen = 0; /* bits of our own sections */
    int status = WATTLE_OK;
    aggregate_release(&summary->first.states);
    summary->missing = n_aggregates > 0 ? UINT64_MAX >> (64 - n_aggregates) : 0;
    if (byte_get(&in) != SUMMARY_VERSION)
        return WATTLE_ERR_FORMAT;
    while (status == WATTLE_OK && in.at != in.end) {
        const uint64_t tag = byte_get_count(&in);
        const uint64_t n = byte_get_count(&in);
        const uint8_t *section = byte_take(&in, n);
        if (section == NULL || in.failed)
            return WATTLE_ERR_FORMAT;
        status = get_section(tag, section, n, &seen, summary);
    }
    const unsigned all = 1u << SECTION_TOTALS | 1u << SECTION_PROFILE;
    if (status == WATTLE_OK &&
        ((seen & all) != all || summary->totals.n_readings == 0))
        status = WATTLE_ERR_FORMAT;
    return status == WATTLE_OK
               ? set_returned(summary, (seen & 1u << SECTION_RETURNED) != 0)
               : status;
}

void
summary_release(struct summary *summary)
{
    free(summary->totals.extra);
    aggregate_release(&summary->first.states);
    profile_release(&summary->profile);
    *summary = (struct summary){0};
}
