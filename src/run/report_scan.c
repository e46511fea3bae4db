/*
 * report_scan.c - one scan, or more while devices are found out of order.
 *
 * One scan is enough when each device's readings come in order of time, and are
 * powers. When some do not, or are for a meter, a further scan sends these
 * devices' readings through a sorter; this ends because the set of such devices
 * only grows. A last scan adds up finer efficiencies where they are needed.
 */
#include "run/report_scan.h"

#include <stdlib.h>
#include <string.h>

#include "analytics/rough_efficiency.h"
#include "base/error.h"
#include "base/zone.h"
#include "base/trace.h"
#include "run/sorted_totals.h"
#include "run/totals_sink.h"

/* A report, and which devices are sorted. */
struct report_run {
    const struct report_scan *report;
    struct report_data *data;
    uint8_t *diverted; /* [devices] enum divert; or NULL */
    bool is_fine;      /* efficiencies are the finer ones */
    bool is_rough;     /* they should be */
    struct wattle_error *error;
};

static const struct totals_split *
totals_of(const struct split *split)
{
    return split->state;
}

/* The usual small case: the totals of one split, the first time, are all. */
static bool
move_only_split(struct report_run *run, struct scan_splits *splits)
{
    struct split *split = splits->first;
    struct totals_split *totals = split->state;
    if (splits->n != 1 || run->diverted != NULL || run->is_fine ||
        totals->totals.n_segments != 0 || totals->totals.n_disordered != 0)
        return false;
    run->data->devices = split->registry;
    run->data->totals = totals->totals;
    registry_init(&split->registry);
    totals_set_init(&totals->totals, 1, false);
    return true;
}

static int
join_totals(struct report_run *run, struct scan_splits *splits)
{
    const struct scan_options *options = run->report->options;
    struct totals_set *total = &run->data->totals;
    size_t n = 0;
    if (move_only_split(run, splits))
        return WATTLE_OK;
    int status = scan_number_devices(splits, &run->data->devices, run->error);
    if (status != WATTLE_OK)
        return status;
    struct totals_set **sets =
        calloc(splits->n + 1, sizeof(struct totals_set *));
    if (sets == NULL)
        return error_memory(run->error);
    for (struct split *split = splits->first; split != NULL;
         split = split->next)
        sets[n++] = &((struct totals_split *)split->state)->totals;
    totals_set_init(total, options->max_gap_ms, options->tuning.no_cache);
    totals_set_range(total, options->selection.since_ms,
                     options->selection.until_ms);
    totals_set_zone(total, zone_unless_utc(options->zone));
    total->kernels = kernels_for(options->tuning.simd);
    total->is_fine = run->is_fine;
    status = totals_set_reserve(total, run->data->devices.n_devices);
    if (status == WATTLE_OK)
        status = totals_set_join(total, sets,
                                 (const uint32_t *const *)splits->device_of, n);
    free(sets);
    return status == WATTLE_OK ? status : error_memory(run->error);
}

/* Every device of a later scan must be known from the first. */
static int
check_unchanged(const struct report_run *run, const struct scan_splits *splits)
{
    for (const struct split *split = splits->first; split != NULL;
         split = split->next) {
        if (totals_of(split)->saw_unknown)
            return error_set(run->error, WATTLE_ERR_CHANGED,
                             "the input changed while it was read");
    }
    return WATTLE_OK;
}

/* Sorted readings of the diverted devices go into the joined totals. */
static int
add_diverted(struct report_run *run, const struct scan_splits *splits)
{
    struct report_data *data = run->data;
    const struct scan_options *options = run->report->options;
    if (run->diverted == NULL)
        return WATTLE_OK;
    struct shuffle_part *parts = calloc(splits->n + 1, sizeof(*parts));
    if (parts == NULL)
        return error_memory(run->error);
    size_t n = 0;
    uint64_t n_outside = 0;
    for (const struct split *split = splits->first; split != NULL;
         split = split->next, n++) {
        parts[n] = (struct shuffle_part){totals_of(split)->gathered,
                                         splits->device_of[n],
                                         split->registry.n_devices};
        n_outside += totals_of(split)->n_outside;
    }
    const struct sorted_totals sorted = {
        .parts = parts,
        .n_parts = n,
        .n_devices = data->devices.n_devices,
        .diverted = run->diverted,
        .holds = options->holds,
        .kernels = kernels_for(options->tuning.simd),
        .n_threads = data->n_threads,
        .cancel = options->cancel,
    };
    struct sorted_counts counts;
    int status = sorted_totals_add(&sorted, &data->totals, &counts, run->error);
    free(parts);
    /* what is outside the range is filtered, replaced or not */
    data->tally.n_duplicates +=
        counts.n_replaced - (n_outside - counts.n_outside);
    return status;
}

/* The totals are whole; whether they are good. */
static int
check_efficiencies(struct report_run *run)
{
    struct report_data *data = run->data;
    const int status = rough_efficiency_find(
        &data->totals, &data->devices, run->report->table, &run->is_rough);
    return status == WATTLE_OK ? status : error_memory(run->error);
}

/* What all splits have found becomes one. */
static int
merge_results(struct report_run *run, struct scan_splits *splits)
{
    struct report_data *data = run->data;
    const struct tally before = data->tally;
    int status = join_totals(run, splits);
    if (status == WATTLE_OK)
        status = check_unchanged(run, splits);
    if (status != WATTLE_OK || data->totals.n_disordered != 0)
        return status;
    status = add_diverted(run, splits);
    if (status == WATTLE_OK && totals_set_add_edges(&data->totals) != WATTLE_OK)
        status = error_memory(run->error);
    if (status == WATTLE_OK)
        status = check_efficiencies(run);
    if (run->is_rough) {
        data->tally = before;
        return status;
    }
    tally_add(&data->tally, &splits->tally);
    if (status == WATTLE_OK && data->tally.n_rejects > 0) {
        data->n_rejects =
            calloc((size_t)data->devices.n_devices + 1, sizeof(uint64_t));
        if (data->n_rejects == NULL)
            return error_memory(run->error);
        scan_count_device_rejects(splits, data->n_rejects);
    }
    return status == WATTLE_OK
               ? scan_take_rejects(splits, &data->rejects, run->error)
               : status;
}

/*
 * One scan; on success the totals may still name disordered devices, or
 * efficiencies may be too rough.
 */
static int
scan_once(struct report_run *run)
{
    struct report_data *data = run->data;
    const struct report_scan *report = run->report;
    const struct scan_options *options = report->options;
    const struct scan scan = {
        .options = options,
        .sources = report->sources,
        .caller_devices = report->caller_devices,
        .n_threads = data->n_threads,
        .progress = report->progress,
        .spent_ns = data->spent_ns,
    };
    struct totals_sink sink = {
        .options = options,
        .kernels = kernels_for(options->tuning.simd),
        .table = report->table,
        .n_threads = data->n_threads,
        .devices = &data->devices,
        .diverted = run->diverted,
        .is_fine = run->is_fine,
    };
    struct scan_splits splits;
    struct stage_clock clock = {.track = trace_track(options->tuning.trace, 0)};
    data->simd = sink.kernels->name;
    data->n_scans++;
    trace_begin(clock.track, "scan", data->n_scans);
    int status = scan_run(&scan, &totals_sink_ops, &sink, &splits, run->error);
    stage_clock_enter(&clock, STAGE_MERGE);
    stage_clock_begin_group(&clock);
    if (status == WATTLE_OK)
        status = merge_results(run, &splits);
    scan_splits_release(&splits);
    stage_clock_enter(&clock, STAGE_OTHER);
    stage_clock_cut(&clock, 0, 0);
    trace_end(clock.track);
    data->spent_ns[STAGE_MERGE] += clock.spent_ns[STAGE_MERGE];
    return status;
}

/*
 * The devices to sort next time: those found now and before. When they are
 * many, all: it saves another scan and costs little more.
 */
static int
widen_diverted(struct report_run *run)
{
    const size_t n = run->data->devices.n_devices;
    uint8_t *flags = realloc(run->diverted, n + 1);
    if (flags == NULL)
        return error_memory(run->error);
    if (run->diverted == NULL)
        memset(flags, 0, n + 1);
    run->diverted = flags;
    size_t n_diverted = 0;
    for (size_t i = 0; i < n; i++) {
        const struct device_totals *totals = &run->data->totals.totals[i];
        if (totals->is_metered)
            flags[i] = DIVERT_METER;
        else if (totals->is_disordered)
            flags[i] = DIVERT_SORT;
        n_diverted += flags[i] != DIVERT_NOT;
    }
    for (size_t i = 0; i < n && 2 * n_diverted > n; i++) {
        if (flags[i] == DIVERT_NOT)
            flags[i] = DIVERT_SORT;
    }
    return WATTLE_OK;
}

/* Another scan, with what the last one has shown. */
static int
scan_again(struct report_run *run)
{
    int status = WATTLE_OK;
    if (run->is_rough) {
        run->is_rough = false;
        run->is_fine = true;
    } else {
        status = widen_diverted(run);
    }
    totals_set_release(&run->data->totals);
    return status == WATTLE_OK ? scan_once(run) : status;
}

/* Opens the sources, on the clock. */
static int
open_sources(const struct report_run *run)
{
    const struct scan_options *options = run->report->options;
    struct stage_clock clock = {.track = trace_track(options->tuning.trace, 0)};
    stage_clock_enter(&clock, STAGE_OPEN);
    stage_clock_begin_group(&clock);
    int status = scan_prepare(options, run->report->sources, run->error);
    stage_clock_enter(&clock, STAGE_OTHER);
    stage_clock_cut(&clock, 0, 0);
    run->data->spent_ns[STAGE_OPEN] += clock.spent_ns[STAGE_OPEN];
    return status;
}

int
report_scan_run(const struct report_scan *report, struct report_data *data,
                struct wattle_error *error)
{
    struct report_run run = {.report = report, .data = data, .error = error};
    data->zone = report->options->zone;
    int status = open_sources(&run);
    if (status != WATTLE_OK)
        return status;
    data->n_threads = scan_threads(report->options, report->sources);
    status = scan_once(&run);
    while (status == WATTLE_OK &&
           (data->totals.n_disordered != 0 || run.is_rough))
        status = scan_again(&run);
    free(run.diverted);
    if (status == WATTLE_OK && data->totals.profile.failed)
        status = error_memory(error);
    return status;
}

void
report_data_release(struct report_data *data)
{
    registry_release(&data->devices);
    free(data->is_seen);
    free(data->n_rejects);
    wattle_zone_close(data->own_zone);
    totals_set_release(&data->totals);
}
