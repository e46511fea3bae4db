/*
 * findings.c - rules that need no more than the figures of a report.
 *
 * They are written to be seldom wrong rather than to find everything: each says
 * what is so, not why. docs/formulas.md has them for people.
 */
#include "analytics/findings.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/civil_time.h"
#include "base/pointer_list.h"
#include "wattle/error.h"

/* A device is silent when it is behind by a day, and by ten of its steps. */
#define SILENT_MS    CIVIL_MS_PER_DAY
#define SILENT_STEPS 10

/* Of so many, one may have a clock that is ahead. */
#define MANY_DEVICES 50

/*
 * It is stuck when all readings of a day or more have one power; when that is
 * 0, a week, for many devices are switched off for days.
 */
#define STUCK_MS         CIVIL_MS_PER_DAY
#define STUCK_AT_ZERO_MS (7 * CIVIL_MS_PER_DAY)
#define STUCK_READINGS   24

/* Motors draw more than their rating when they start. */
#define RATING_FACTOR 1.5

/* One line in ten, and not just a few of a new device. */
#define MANY_REJECTS 10
#define REJECT_SHARE 10

/* Of two readings the step may be a gap by chance. */
#define LEAST_FOR_GAPS 3

static int
add(struct findings *findings, const struct wattle_finding *finding)
{
    struct wattle_finding *grown = buffer_grow_array(
        findings->items, &findings->cap, findings->n + 1, sizeof(*grown));
    if (grown == NULL)
        return WATTLE_ERR_MEMORY;
    findings->items = grown;
    findings->items[findings->n++] = *finding;
    return WATTLE_OK;
}

static int
compare_later_first(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x < y) - (x > y);
}

/*
 * The time up to which there are readings: that of the latest, but for a few
 * clocks that are ahead of all others. Of every fifty devices one must have
 * come as far, but for a day.
 */
static int
find_newest(const struct wattle_report_result *result, int64_t *newest_ms)
{
    size_t n = 0;
    int64_t *last_ms = malloc((result->n_devices + 1) * sizeof(*last_ms));
    if (last_ms == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < result->n_devices; i++) {
        const struct wattle_figures *f = result->devices[i]->figures;
        if (f->n_readings > 0)
            last_ms[n++] = f->last_ms;
    }
    qsort(last_ms, n, sizeof(*last_ms), compare_later_first);
    const size_t wanted = (n + MANY_DEVICES - 1) / MANY_DEVICES;
    *newest_ms = 0;
    for (size_t i = 0; n > 0 && i + wanted <= n; i++) {
        *newest_ms = last_ms[i];
        if (last_ms[i + wanted - 1] > last_ms[i] - SILENT_MS)
            break;
    }
    free(last_ms);
    return WATTLE_OK;
}

static bool
is_silent(const struct wattle_figures *f, int64_t newest_ms)
{
    const int64_t behind_ms = newest_ms - f->last_ms;
    const double steps = f->n_readings > 1 ? (double)(f->n_readings - 1) : 1;
    return f->n_readings > 0 && behind_ms > SILENT_MS &&
           (double)behind_ms * steps >
               SILENT_STEPS * (double)(f->last_ms - f->first_ms);
}

static bool
is_stuck(const struct wattle_figures *f)
{
    const int64_t least_ms = f->max_power_w == 0 ? STUCK_AT_ZERO_MS : STUCK_MS;
    return f->n_readings >= STUCK_READINGS &&
           f->last_ms - f->first_ms >= least_ms &&
           f->min_power_w == f->max_power_w; /* NaN is not */
}

/*
 * Most of its time is not covered, and not because of a holiday: there are gaps
 * on every other day.
 */
static bool
is_mostly_gaps(const struct wattle_figures *f)
{
    const double span_ms = (double)(f->last_ms - f->first_ms);
    return f->n_readings >= LEAST_FOR_GAPS && f->n_gaps >= 2 &&
           2 * f->covered_hours < span_ms / CIVIL_MS_PER_HOUR &&
           2 * (double)f->n_gaps * CIVIL_MS_PER_DAY >= span_ms;
}

/* What its counters and the energies of its intervals have shown. */
static int
look_at_energies(struct findings *findings,
                 const struct wattle_device_result *device,
                 struct wattle_finding *finding)
{
    int status = WATTLE_OK;
    finding->since_ms = WATTLE_NO_TIME;
    if (!device->has_energies && is_mostly_gaps(device->figures)) {
        finding->kind = WATTLE_FINDING_MOSTLY_GAPS;
        finding->value = (double)device->figures->n_gaps;
        status = add(findings, finding);
    }
    finding->value = NAN;
    finding->kind = WATTLE_FINDING_RISING;
    if (status == WATTLE_OK && device->is_rising)
        status = add(findings, finding);
    for (int e = 0; e < WATTLE_N_COUNTER_EVENTS && status == WATTLE_OK; e++) {
        if (device->counter_events[e] == 0)
            continue;
        finding->kind = WATTLE_FINDING_COUNTER_SPIKE + e;
        finding->value = (double)device->counter_events[e];
        status = add(findings, finding);
    }
    return status;
}

static int
look_at(struct findings *findings, const struct wattle_device_result *device,
        int64_t newest_ms)
{
    const struct wattle_figures *f = device->figures;
    struct wattle_finding finding = {.device_id = device->id,
                                     .name = device->name,
                                     .location = device->location,
                                     .since_ms = WATTLE_NO_TIME,
                                     .value = NAN};
    int status = WATTLE_OK;
    if (is_silent(f, newest_ms)) {
        finding.kind = WATTLE_FINDING_SILENT;
        finding.since_ms = f->last_ms;
        status = add(findings, &finding);
    }
    if (status == WATTLE_OK && f->n_readings > 0 &&
        f->last_ms - newest_ms > SILENT_MS) {
        finding.kind = WATTLE_FINDING_AHEAD;
        finding.since_ms = f->last_ms;
        finding.value =
            (double)(f->last_ms - newest_ms) / (double)CIVIL_MS_PER_DAY;
        status = add(findings, &finding);
        finding.value = NAN;
    }
    if (status == WATTLE_OK && is_stuck(f)) {
        finding.kind = WATTLE_FINDING_STUCK;
        finding.since_ms = f->first_ms;
        finding.value = f->max_power_w;
        status = add(findings, &finding);
    }
    if (status == WATTLE_OK && device->peak_over_rating > RATING_FACTOR) {
        finding.kind = WATTLE_FINDING_OVER_RATING;
        finding.since_ms = WATTLE_NO_TIME;
        finding.value = device->peak_over_rating;
        status = add(findings, &finding);
    }
    return status == WATTLE_OK ? look_at_energies(findings, device, &finding)
                               : status;
}

static uint64_t
n_rejects(const struct findings_input *input, uint32_t device)
{
    return input->n_rejects != NULL ? input->n_rejects[device] : 0;
}

static uint64_t
n_readings(const struct findings_input *input, uint32_t device)
{
    return device < input->totals->n_devices
               ? input->totals->totals[device].n_readings
               : 0;
}

/*
 * Devices of which many lines were rejected. Rejects have no time, so nothing
 * is said of a range.
 */
static int
look_at_rejects(struct findings *findings, const struct findings_input *input)
{
    const struct selection *wanted = input->selection;
    int status = WATTLE_OK;
    if (input->n_rejects == NULL || selection_has_since(wanted) ||
        selection_has_until(wanted))
        return WATTLE_OK;
    for (uint32_t i = 0; i < input->devices->n_devices && status == WATTLE_OK;
         i++) {
        const uint64_t n = n_rejects(input, i);
        const char *id = registry_id(input->devices, i);
        if (n < MANY_REJECTS ||
            !selection_wants_listed(wanted, id, input->table) ||
            n * (REJECT_SHARE - 1) < n_readings(input, i))
            continue;
        const struct device_info *info = device_table_find(input->table, id);
        status =
            add(findings, &(struct wattle_finding){
                              .kind = WATTLE_FINDING_REJECTS,
                              .device_id = id,
                              .name = info != NULL ? info->name : NULL,
                              .location = info != NULL ? info->location : NULL,
                              .since_ms = WATTLE_NO_TIME,
                              .value = (double)n});
    }
    return status;
}

/* Devices of the table without a reading at any time. */
static int
look_for_missing(struct findings *findings, const struct findings_input *input)
{
    const struct device_table *table = input->table;
    int status = WATTLE_OK;
    for (uint32_t i = 0; i < table->ids.n_devices && status == WATTLE_OK; i++) {
        const char *id = registry_id(&table->ids, i);
        const struct device_info *info = &table->infos[i];
        const uint32_t number = registry_find(input->devices, id, strlen(id));
        const bool is_seen =
            number != REGISTRY_NO_DEVICE &&
            (input->is_seen == NULL || input->is_seen[number] ||
             n_rejects(input, number) > 0);
        if (is_seen || info->is_inactive ||
            !selection_wants_listed(input->selection, id, table))
            continue;
        status = add(findings,
                     &(struct wattle_finding){.kind = WATTLE_FINDING_NEVER_SEEN,
                                              .device_id = id,
                                              .name = info->name,
                                              .location = info->location,
                                              .since_ms = WATTLE_NO_TIME,
                                              .value = NAN});
    }
    return status;
}

/* By kind; the longest or greatest first; then by id. */
static int
compare(const void *a, const void *b)
{
    const struct wattle_finding *x = a, *y = b;
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    if (x->kind == WATTLE_FINDING_STUCK && (x->value == 0) != (y->value == 0))
        return x->value == 0 ? 1 : -1;
    if (x->since_ms != y->since_ms)
        return x->since_ms < y->since_ms ? -1 : 1;
    if (x->kind >= WATTLE_FINDING_OVER_RATING &&
        x->kind != WATTLE_FINDING_RISING && x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return strcmp(x->device_id, y->device_id);
}

int
findings_make(struct findings *findings, const struct findings_input *input)
{
    const struct wattle_report_result *result = input->result;
    int64_t newest_ms = 0;
    int status = find_newest(result, &newest_ms);
    for (size_t i = 0; i < result->n_devices && status == WATTLE_OK; i++)
        status = look_at(findings, result->devices[i], newest_ms);
    if (status == WATTLE_OK)
        status = look_for_missing(findings, input);
    if (status == WATTLE_OK)
        status = look_at_rejects(findings, input);
    if (status != WATTLE_OK)
        return status;
    if (findings->n > 1)
        qsort(findings->items, findings->n, sizeof(*findings->items), compare);
    findings->list = pointer_list_new(findings->items, findings->n,
                                      sizeof(*findings->items));
    return findings->list != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

void
findings_release(struct findings *findings)
{
    free(findings->items);
    free(findings->list);
    *findings = (struct findings){0};
}
