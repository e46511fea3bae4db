/*
 * report_result.h - from totals to a report: means, costs, groups.
 *
 * A pure function of totals, device table and tariff. Every quotient is the
 * double nearest to the exact one; sums over devices are integers, too.
 */
#ifndef ANALYTICS_REPORT_RESULT_H
#define ANALYTICS_REPORT_RESULT_H

#include "analytics/findings.h"
#include "analytics/totals.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "wattle/result.h"
#include "wattle/error.h"

struct report_result_input {
    const struct registry *devices;
    struct totals_set *totals; /* its profile is finished here */
    const struct device_table *table;
    double rate_per_kwh, return_rate_per_kwh;
    double budget; /* NaN = none */
    int sort;      /* enum wattle_sort: the order of the devices */
    size_t limit;  /* devices that are listed; 0 = all */
    const struct selection *selection;
    const bool *is_seen; /* see findings.h */
    const uint64_t *n_rejects;
};

struct result_device {
    struct wattle_device_result public;
    struct wattle_figures figures;
    uint32_t number; /* of its totals */
};

struct result_location {
    struct wattle_location_result public;
    struct wattle_figures figures;
};

/* A result, and what it points to. It stays where it is once it is filled. */
struct report_result {
    struct wattle_report_result public;
    struct wattle_figures figures;
    struct wattle_hour_result hours[24];
    struct result_device *devices; /* arrays, and pointers to their elements */
    struct result_location *locations;
    struct wattle_day_result *days;
    struct findings findings;
    const struct wattle_device_result **device_list;
    const struct wattle_location_result **location_list;
    const struct wattle_hour_result **hour_list;
    const struct wattle_day_result **day_list;
};

/*
 * Fills the figures, devices, locations, hours and days of whole->public.
 * Ids point into the registry, names and locations into the table, events into
 * the totals. 0 or
 * WATTLE_ERR_MEMORY; release them in any case.
 */
int report_result_compute(struct report_result *whole,
                          const struct report_result_input *input);

/* Frees what report_result_compute has allocated. */
void report_result_release(struct report_result *whole);

#endif
