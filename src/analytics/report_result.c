/*
 * report_result.c - one figures structure from one sum structure, for devices,
 * locations and all alike.
 *
 * The last step of a report: totals become the public figures of result.h.
 * Nothing is added up in doubles; each figure is one quotient of integers.
 */
#include "analytics/report_result.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analytics/energy_split.h"
#include "analytics/power.h"
#include "analytics/quotient.h"
#include "analytics/tariff.h"
#include "base/decimal.h"
#include "base/most_first.h"
#include "base/pointer_list.h"

/* Exact sums over a set of devices. */
struct sums {
    uint64_t n_readings, n_power, n_efficiency, n_gaps;
    struct int256 power;  /* 1e-27 W */
    struct int256 energy; /* 1e-18 energy units */
    bool is_wide;         /* else the next two say the same */
    int128 power_nw, energy_units, energy_rest;
    int128 efficiency, efficiency_nano;
    int128 gap_ms, covered_ms;
    int64_t first_ms, last_ms;
    double min_w, max_w;        /* NaN = none */
    struct energy_sum returned; /* >= 0 */
    struct energy_sum estimated;
    /* of the devices' mean powers, which make up the monthly cost */
    struct int256 means, returned_means; /* see quotient_mean */
    bool has_mean;
};

/* Whether there is anything to say: a reading, or energy in a range. */
static bool
is_known(const struct device_totals *a)
{
    return a->n_readings > 0 || (a->extra != NULL && a->extra->edge_ms > 0);
}

static uint64_t
count_powers(const struct device_totals *a)
{
    return a->n_readings - (a->extra != NULL ? a->extra->n_energy : 0);
}

static struct energy_sum
energy_of(const struct device_totals *a)
{
    struct energy_sum energy = {.units = a->energy};
    if (a->extra != NULL) {
        energy.wide = a->extra->energy;
        energy.rest = a->extra->energy_rest;
    }
    return energy;
}

static struct energy_sum
returned_by(const struct device_totals *a)
{
    return a->extra != NULL ? a->extra->returned : (struct energy_sum){0};
}

/*
 * The time between the first and the last reading, without its gaps, and that
 * to the ends of the range.
 */
static int64_t
covered_ms(const struct device_totals *a, int64_t first_ms)
{
    int64_t time_ms = a->extra != NULL ? a->extra->edge_ms : 0;
    if (a->n_readings > 0)
        time_ms += a->last_ms - first_ms - a->gap_ms;
    return time_ms;
}

static double
least(double a, double b)
{
    return isnan(a) || b < a ? b : a;
}

static double
greatest(double a, double b)
{
    return isnan(a) || b > a ? b : a;
}

static void
power_extremes(const struct device_totals *a, double *min_w, double *max_w)
{
    const struct totals_extra *extra = a->extra;
    *min_w = *max_w = NAN;
    if (a->min_nw <= a->max_nw) {
        *min_w = quotient_watts_narrow(a->min_nw, 1);
        *max_w = quotient_watts_narrow(a->max_nw, 1);
    }
    if (extra != NULL && extra->n_wide > 0) {
        *min_w = least(*min_w, quotient_of_wide(extra->min, 1, DECIMAL_ONE));
        *max_w = greatest(*max_w, quotient_of_wide(extra->max, 1, DECIMAL_ONE));
    }
}

static void
set_device_figures(struct wattle_figures *f, const struct device_totals *a,
                   int64_t first_ms, const struct tariff *tariff)
{
    const struct totals_extra *extra = a->extra;
    const struct int256 zero = int256_from(0);
    const struct energy_sum energy = energy_of(a);
    const struct energy_sum returned = returned_by(a);
    const uint64_t n_power = count_powers(a);
    const int64_t time_ms = covered_ms(a, first_ms);
    f->n_readings = a->n_readings;
    f->mean_power_w = f->monthly_cost = f->reading_mean_w = NAN;
    if (time_ms > 0) {
        f->mean_power_w = quotient_mean_watts(&energy, time_ms);
        const struct energy_sum imported =
            quotient_imported(&energy, &returned);
        f->monthly_cost = tariff_monthly_cost(tariff, energy_in_wide(&imported),
                                              energy_in_wide(&returned),
                                              2 * (uint64_t)time_ms);
    }
    if (n_power > 0)
        f->reading_mean_w = quotient_watts(
            a->sum_nw, extra != NULL ? extra->sum : zero, n_power);
    power_extremes(a, &f->min_power_w, &f->max_power_w);
    f->efficiency = quotient_efficiency(
        a->efficiency, extra != NULL ? extra->efficiency : 0, a->n_efficiency);
    f->energy_kwh = quotient_kwh_of_parts(&energy);
    f->imported_kwh = quotient_imported_kwh(&energy, &returned);
    f->returned_kwh = quotient_kwh_of_parts(&returned);
    f->cost = tariff_cost(tariff, &energy, &returned);
    f->first_ms = a->n_readings > 0 ? first_ms : WATTLE_NO_TIME;
    f->last_ms = a->n_readings > 0 ? a->last_ms : WATTLE_NO_TIME;
    f->n_gaps = a->n_gaps;
    f->gap_hours = int128_ratio(a->gap_ms, 3600000);
    f->covered_hours = int128_ratio(time_ms, 3600000);
    f->estimated_kwh =
        extra != NULL ? quotient_kwh_of_parts(&extra->estimated) : 0;
}

static void
sums_init(struct sums *s)
{
    *s = (struct sums){.first_ms = INT64_MAX,
                       .last_ms = INT64_MIN,
                       .min_w = NAN,
                       .max_w = NAN};
}

static void
sums_add(struct sums *s, const struct device_totals *a,
         const struct wattle_figures *f)
{
    const struct totals_extra *extra = a->extra;
    const int64_t time_ms = covered_ms(a, f->first_ms);
    s->n_readings += a->n_readings;
    s->n_power += count_powers(a);
    s->n_efficiency += a->n_efficiency;
    s->n_gaps += a->n_gaps;
    s->power_nw += a->sum_nw;
    s->energy_units += a->energy;
    if (extra != NULL) {
        s->power = int256_add(s->power, extra->sum);
        s->energy = int256_add(s->energy, extra->energy);
        energy_add(&s->returned, &extra->returned);
        energy_add(&s->estimated, &extra->estimated);
        s->energy_rest += extra->energy_rest;
        s->efficiency_nano += extra->efficiency;
    }
    s->efficiency += a->efficiency;
    s->gap_ms += a->gap_ms;
    s->covered_ms += time_ms;
    if (a->n_readings > 0 && f->first_ms < s->first_ms)
        s->first_ms = f->first_ms;
    s->last_ms = f->last_ms > s->last_ms ? f->last_ms : s->last_ms;
    if (!isnan(f->min_power_w)) {
        s->min_w = least(s->min_w, f->min_power_w);
        s->max_w = greatest(s->max_w, f->max_power_w);
    }
    if (time_ms > 0) {
        const struct energy_sum energy = energy_of(a);
        const struct energy_sum returned = returned_by(a);
        s->means = int256_add(s->means, quotient_mean(&energy, time_ms));
        s->returned_means =
            int256_add(s->returned_means, quotient_mean(&returned, time_ms));
        s->has_mean = true;
    }
}

static void
sums_figures(const struct sums *s, const struct tariff *tariff,
             struct wattle_figures *f)
{
    const struct energy_sum energy = {
        .units = s->energy_units, .rest = s->energy_rest, .wide = s->energy};
    *f = (struct wattle_figures){
        .n_readings = s->n_readings,
        .mean_power_w = s->has_mean ? quotient_watts_of_means(s->means) : NAN,
        .reading_mean_w =
            s->n_power > 0 ? quotient_watts(s->power_nw, s->power, s->n_power)
                           : NAN,
        .min_power_w = s->min_w,
        .max_power_w = s->max_w,
        .efficiency = quotient_efficiency(s->efficiency, s->efficiency_nano,
                                          s->n_efficiency),
        .energy_kwh = quotient_kwh_of_parts(&energy),
        .imported_kwh = quotient_imported_kwh(&energy, &s->returned),
        .returned_kwh = quotient_kwh_of_parts(&s->returned),
        .cost = tariff_cost(tariff, &energy, &s->returned),
        .monthly_cost =
            s->has_mean
                ? tariff_monthly_cost(
                      tariff, int256_add(s->means, s->returned_means),
                      s->returned_means, UINT64_C(1) << QUOTIENT_MEAN_BITS)
                : NAN,
        .first_ms = s->n_readings > 0 ? s->first_ms : WATTLE_NO_TIME,
        .last_ms = s->n_readings > 0 ? s->last_ms : WATTLE_NO_TIME,
        .n_gaps = s->n_gaps,
        .gap_hours = int128_ratio(s->gap_ms, 3600000),
        .covered_hours = int128_ratio(s->covered_ms, 3600000),
        .estimated_kwh = quotient_kwh_of_parts(&s->estimated),
    };
}

/* A device to be sorted. */
struct entry {
    uint64_t start; /* of the id, see text_start */
    const char *id;
    uint32_t number;
};

/* The first eight bytes of a text as a number that sorts as they do. */
static uint64_t
text_start(const char *text)
{
    uint64_t start = 0;
    for (int i = 0; i < 8; i++) {
        start = start << 8 | (unsigned char)*text;
        text += *text != '\0' ? 1 : 0;
    }
    return start;
}

static int
compare_ids(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return strcmp(x->id, y->id);
}

/* Devices often come in the order of their names. */
static bool
is_sorted(const struct entry *entries, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (compare_ids(&entries[i - 1], &entries[i]) > 0)
            return false;
    }
    return true;
}

static struct entry *
sorted_devices(const struct report_result_input *input, size_t *n)
{
    size_t n_all = input->devices->n_devices;
    struct entry *entries = calloc(n_all + 1, sizeof(*entries));
    *n = 0;
    if (entries == NULL)
        return NULL;
    for (size_t i = 0; i < n_all && i < input->totals->n_devices; i++) {
        if (!is_known(&input->totals->totals[i]))
            continue;
        const char *id = registry_id(input->devices, (uint32_t)i);
        entries[(*n)++] = (struct entry){text_start(id), id, (uint32_t)i};
    }
    if (!is_sorted(entries, *n))
        qsort(entries, *n, sizeof(*entries), compare_ids);
    return entries;
}

static void
describe(struct result_device *device, const struct device_table *table)
{
    struct wattle_device_result *answer = &device->public;
    const struct device_info *info = device_table_find(table, answer->id);
    answer->rated_w = answer->peak_over_rating = NAN;
    if (info == NULL)
        return;
    answer->name = info->name;
    answer->location = info->location;
    answer->rated_w = info->rated_w;
    if (info->rated_w > 0)
        answer->peak_over_rating = device->figures.max_power_w / info->rated_w;
}

/* A device to be grouped by location. */
struct located_device {
    uint64_t start; /* of the location, see text_start */
    const struct result_device *device;
};

static int
compare_texts(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a == NULL) - (b == NULL);
    return strcmp(a, b);
}

/*
 * By location, an unknown one last, then by id: devices are in the order of
 * their ids.
 */
static int
compare_locations(const void *a, const void *b)
{
    const struct located_device *x = a, *y = b;
    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    int order =
        compare_texts(x->device->public.location, y->device->public.location);
    if (order != 0)
        return order;
    return (x->device > y->device) - (x->device < y->device);
}

/* All devices by location; none when no location is known. */
static struct located_device *
sort_by_location(const struct report_result *whole, size_t *n)
{
    size_t n_devices = whole->public.n_devices;
    struct located_device *located = calloc(n_devices + 1, sizeof(*located));
    *n = 0;
    if (located == NULL)
        return NULL;
    for (size_t i = 0; i < n_devices; i++) {
        const struct result_device *device = &whole->devices[i];
        const char *location = device->public.location;
        located[i].start = location != NULL ? text_start(location) : UINT64_MAX;
        located[i].device = device;
        *n = location != NULL ? n_devices : *n;
    }
    if (*n > 0)
        qsort(located, *n, sizeof(*located), compare_locations);
    return located;
}

/* One answer for each location. */
static int
group_locations(struct report_result *whole,
                const struct report_result_input *input,
                const struct tariff *tariff)
{
    size_t n, i = 0;
    struct located_device *located = sort_by_location(whole, &n);
    struct result_location *locations = calloc(n + 1, sizeof(*locations));
    struct wattle_report_result *result = &whole->public;
    whole->locations = locations;
    if (located == NULL || locations == NULL) {
        free(located);
        return WATTLE_ERR_MEMORY;
    }
    while (i < n) {
        struct sums sums;
        struct result_location *at = &locations[result->n_locations++];
        struct wattle_location_result *l = &at->public;
        l->location = located[i].device->public.location;
        l->figures = &at->figures;
        sums_init(&sums);
        for (; i < n && compare_texts(located[i].device->public.location,
                                      l->location) == 0;
             i++) {
            const struct result_device *device = located[i].device;
            sums_add(&sums, &input->totals->totals[device->number],
                     &device->figures);
            l->n_devices++;
        }
        sums_figures(&sums, tariff, &at->figures);
    }
    free(located);
    whole->location_list =
        pointer_list_new(locations, result->n_locations, sizeof(*locations));
    result->locations = whole->location_list;
    return result->locations != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

static int
set_profile(struct report_result *whole, struct profile *profile)
{
    profile_finish(profile);
    for (int i = 0; i < 24; i++) {
        const struct profile_hour *h = &profile->hours[i];
        whole->hours[i].reading_mean_w =
            h->n_readings > 0
                ? quotient_watts(h->power_nw, h->power_wide, h->n_readings)
                : NAN;
        whole->hours[i].energy_kwh = quotient_kwh_of_parts(&h->energy);
    }
    struct wattle_day_result *days = calloc(profile->n_days + 1, sizeof(*days));
    whole->days = days;
    if (days == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < profile->n_days; i++) {
        const struct profile_day *day = &profile->days[i];
        days[i].day = day->day;
        days[i].energy_kwh = quotient_kwh_of_parts(&day->energy);
    }
    struct wattle_report_result *result = &whole->public;
    result->n_days = profile->n_days;
    result->n_hours = sizeof(whole->hours) / sizeof(whole->hours[0]);
    whole->day_list = pointer_list_new(days, result->n_days, sizeof(*days));
    whole->hour_list = pointer_list_new(whole->hours, result->n_hours,
                                        sizeof(whole->hours[0]));
    result->days = whole->day_list;
    result->hours = whole->hour_list;
    return result->days != NULL && result->hours != NULL ? WATTLE_OK
                                                         : WATTLE_ERR_MEMORY;
}

static double
sorted_value(int sort, const struct wattle_figures *f)
{
    switch (sort) {
    case WATTLE_SORT_ENERGY:
        return f->energy_kwh;
    case WATTLE_SORT_COST:
        return f->cost;
    case WATTLE_SORT_MEAN_POWER:
        return f->mean_power_w;
    case WATTLE_SORT_MAX_POWER:
        return f->max_power_w;
    case WATTLE_SORT_READINGS:
        return (double)f->n_readings;
    default:
        return f->gap_hours;
    }
}

/* A device on its way to its place in the list. */
struct sorted_device {
    double value;
    const struct wattle_device_result *device;
};

/* Most first, unknown last; then as they are in memory, by id. */
static int
compare_sorted(const void *a, const void *b)
{
    const struct sorted_device *x = a, *y = b;
    const int order = most_first(x->value, y->value);
    return order != 0 ? order : x->device < y->device ? -1 : 1;
}

/* Puts the list of devices into the order that was asked for. */
static int
order_devices(struct report_result *whole,
              const struct report_result_input *input)
{
    struct wattle_report_result *result = &whole->public;
    const size_t n = result->n_devices;
    result->sort = input->sort;
    result->n_listed = input->limit > 0 && input->limit < n ? input->limit : n;
    if (input->sort == WATTLE_SORT_NONE)
        return WATTLE_OK;
    struct sorted_device *sorted = calloc(n + 1, sizeof(*sorted));
    if (sorted == NULL)
        return WATTLE_ERR_MEMORY;
    for (size_t i = 0; i < n; i++)
        sorted[i] = (struct sorted_device){
            sorted_value(input->sort, &whole->devices[i].figures),
            &whole->devices[i].public};
    qsort(sorted, n, sizeof(*sorted), compare_sorted);
    for (size_t i = 0; i < n; i++)
        whole->device_list[i] = sorted[i].device;
    free(sorted);
    return WATTLE_OK;
}

static const uint64_t no_events[WATTLE_N_COUNTER_EVENTS];

static int
set_devices(struct report_result *whole,
            const struct report_result_input *input,
            const struct tariff *tariff)
{
    size_t n;
    struct entry *entries = sorted_devices(input, &n);
    struct result_device *devices = calloc(n + 1, sizeof(*devices));
    whole->devices = devices;
    if (entries == NULL || devices == NULL) {
        free(entries);
        return WATTLE_ERR_MEMORY;
    }
    struct sums sums;
    sums_init(&sums);
    for (size_t i = 0; i < n; i++) {
        uint32_t number = entries[i].number;
        const struct device_totals *totals = &input->totals->totals[number];
        devices[i].number = number;
        devices[i].public.id = entries[i].id;
        devices[i].public.figures = &devices[i].figures;
        devices[i].public.counter_events =
            totals->extra != NULL ? totals->extra->n_events : no_events;
        devices[i].public.has_energies =
            totals->extra != NULL && totals->extra->has_energies;
        devices[i].public.is_rising =
            totals->extra != NULL && totals->extra->is_rising;
        set_device_figures(&devices[i].figures, totals,
                           input->totals->firsts[number].first_ms, tariff);
        describe(&devices[i], input->table);
        sums_add(&sums, totals, &devices[i].figures);
    }
    struct wattle_report_result *result = &whole->public;
    sums_figures(&sums, tariff, &whole->figures);
    result->figures = &whole->figures;
    result->pooled_monthly_cost =
        sums.n_power > 0
            ? tariff_monthly_cost(
                  tariff, int256_add(quotient_wide(sums.power_nw), sums.power),
                  int256_from(0), sums.n_power)
            : NAN;
    free(entries);
    result->n_devices = n;
    whole->device_list = pointer_list_new(devices, n, sizeof(*devices));
    result->devices = whole->device_list;
    return result->devices != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
}

int
report_result_compute(struct report_result *whole,
                      const struct report_result_input *input)
{
    struct wattle_report_result *result = &whole->public;
    struct tariff tariff;
    tariff_init(&tariff, input->rate_per_kwh, input->return_rate_per_kwh);
    int status = set_devices(whole, input, &tariff);
    if (status == WATTLE_OK)
        status = order_devices(whole, input);
    if (status == WATTLE_OK)
        status = group_locations(whole, input, &tariff);
    if (status == WATTLE_OK)
        status = set_profile(whole, &input->totals->profile);
    if (status == WATTLE_OK)
        status = findings_make(
            &whole->findings,
            &(struct findings_input){result, input->table, input->selection,
                                     input->devices, input->totals,
                                     input->is_seen, input->n_rejects});
    result->findings = whole->findings.list;
    result->n_findings = whole->findings.n;
    result->rate_per_kwh = input->rate_per_kwh;
    result->return_rate_per_kwh = input->return_rate_per_kwh;
    result->budget = input->budget;
    result->is_over_budget =
        !isnan(input->budget) && whole->figures.monthly_cost > input->budget;
    return status;
}

void
report_result_release(struct report_result *whole)
{
    findings_release(&whole->findings);
    free(whole->devices);
    free(whole->locations);
    free(whole->days);
    free(whole->device_list);
    free(whole->location_list);
    free(whole->hour_list);
    free(whole->day_list);
}
