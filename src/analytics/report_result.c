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

#include "analytics/power.h"
#include "analytics/quotient.h"
#include "analytics/tariff.h"
#include "base/decimal.h"
#include "base/pointer_list.h"

/* Exact sums over a set of devices. */
struct sums {
    uint64_t n_readings, n_power, n_efficiency, n_gaps;
    struct int256 power;  /* 1e-27 W */
    struct int256 energy; /* 1e-18 energy units */
    bool is_wide;         /* else the next two say the same */
    int128 power_nw, energy_units;
    int128 efficiency, efficiency_nano;
    int128 gap_ms;
    int64_t first_ms, last_ms;
    double min_w, max_w; /* NaN = none */
    /* sums of the devices' mean powers, which make up the cost */
    struct int256 means; /* 2^-MEAN_BITS * 1e-27 W */
    /* times readings, of the devices that are known by energy only */
    struct int256 weighted;
    uint64_t n_weighted;
};

#define MEAN_BITS 20

/* The mean power of a device that has only energies: see docs/formulas.md. */
static double
mean_from_energy(const struct device_totals *a, int64_t first_ms)
{
    uint64_t n = a->n_readings;
    if (n < 2 || n - 1 <= a->n_gaps)
        return NAN;
    uint64_t n_steps = n - 1 - a->n_gaps;
    int64_t covered_ms = a->last_ms - first_ms - a->gap_ms;
    /* units * k / (n * covered) in nW is energy / 2 / time */
    struct int256 numerator =
        int256_mul(int256_from(a->energy), (int64_t)n_steps);
    struct int256 denominator =
        int256_mul(int256_from((int128)n * covered_ms), 2 * DECIMAL_ONE);
    return int256_ratio(numerator, denominator);
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
    uint64_t n_power = a->n_readings - (extra != NULL ? extra->n_energy : 0);
    f->n_readings = a->n_readings;
    f->mean_power_w =
        n_power > 0 ? quotient_watts(a->sum_nw,
                                     extra != NULL ? extra->sum : zero, n_power)
                    : mean_from_energy(a, first_ms);
    power_extremes(a, &f->min_power_w, &f->max_power_w);
    f->efficiency = quotient_efficiency(
        a->efficiency, extra != NULL ? extra->efficiency : 0, a->n_efficiency);
    f->energy_kwh =
        quotient_kwh(a->energy, extra != NULL ? extra->energy : zero);
    f->monthly_cost =
        n_power > 0 ? tariff_cost(tariff, a->sum_nw,
                                  extra != NULL ? extra->sum : zero, n_power)
                    : tariff_cost_of_mean(tariff, f->mean_power_w);
    f->first_ms = first_ms;
    f->last_ms = a->last_ms;
    f->n_gaps = a->n_gaps;
    f->gap_hours = int128_ratio(a->gap_ms, 3600000);
}

static void
sums_init(struct sums *s)
{
    *s = (struct sums){.first_ms = INT64_MAX,
                       .last_ms = INT64_MIN,
                       .min_w = NAN,
                       .max_w = NAN};
}

/* The mean power of a device in the units of sums.means. */
static struct int256
mean_of_powers(const struct device_totals *a, uint64_t n_power)
{
    struct int256 sum = quotient_wide(a->sum_nw);
    if (a->extra != NULL)
        sum = int256_add(sum, a->extra->sum);
    sum = int256_mul(sum, INT64_C(1) << MEAN_BITS);
    return int256_div_round(sum, (int64_t)n_power);
}

/*
 * A device known by energy only: mean_from_energy in the units of sums.means,
 * 1e27 * 2^20 / 2e9 = 1e18 * 2^19.
 */
static void
add_energy_device(struct sums *s, const struct device_totals *a,
                  const struct wattle_figures *f)
{
    struct int256 mean = int256_mul(int256_from(a->energy),
                                    (int64_t)(a->n_readings - 1 - a->n_gaps));
    mean = int256_mul(mean, INT64_C(1) << (MEAN_BITS - 1));
    mean = int256_mul(mean, POWER_WIDE_PER_NW);
    mean = int256_div_round(mean, f->last_ms - f->first_ms - a->gap_ms);
    s->weighted = int256_add(s->weighted, mean);
    mean = int256_div_round(mean, (int64_t)a->n_readings);
    s->means = int256_add(s->means, mean);
    s->n_weighted += a->n_readings;
}

static void
sums_add(struct sums *s, const struct device_totals *a,
         const struct wattle_figures *f)
{
    const struct totals_extra *extra = a->extra;
    uint64_t n_power = a->n_readings - (extra != NULL ? extra->n_energy : 0);
    s->n_readings += a->n_readings;
    s->n_power += n_power;
    s->n_efficiency += a->n_efficiency;
    s->n_gaps += a->n_gaps;
    s->power_nw += a->sum_nw;
    s->energy_units += a->energy;
    if (extra != NULL) {
        s->power = int256_add(s->power, extra->sum);
        s->energy = int256_add(s->energy, extra->energy);
        s->efficiency_nano += extra->efficiency;
    }
    s->efficiency += a->efficiency;
    s->gap_ms += a->gap_ms;
    s->first_ms = f->first_ms < s->first_ms ? f->first_ms : s->first_ms;
    s->last_ms = f->last_ms > s->last_ms ? f->last_ms : s->last_ms;
    if (!isnan(f->min_power_w)) {
        s->min_w = least(s->min_w, f->min_power_w);
        s->max_w = greatest(s->max_w, f->max_power_w);
    }
    if (n_power > 0)
        s->means = int256_add(s->means, mean_of_powers(a, n_power));
    else if (!isnan(f->mean_power_w))
        add_energy_device(s, a, f);
}

/* Mean power over readings; those that gave energy count by their means. */
static double
mean_power(const struct sums *s)
{
    if (s->n_power == 0 && s->n_weighted == 0)
        return NAN;
    if (s->n_weighted == 0)
        return quotient_watts(s->power_nw, s->power, s->n_power);
    struct int256 sum = int256_add(quotient_wide(s->power_nw), s->power);
    sum = int256_mul(sum, INT64_C(1) << MEAN_BITS);
    struct int256 places = int256_mul(
        int256_from((int128)(s->n_power + s->n_weighted) << MEAN_BITS),
        DECIMAL_ONE);
    return int256_ratio(int256_add(sum, s->weighted),
                        int256_mul(places, POWER_WIDE_PER_NW));
}

/* The bill: what the devices' mean powers cost together. */
static double
cost_of_means(const struct sums *s, const struct tariff *tariff)
{
    return tariff_cost(tariff, 0, s->means, UINT64_C(1) << MEAN_BITS);
}

static void
sums_figures(const struct sums *s, const struct tariff *tariff,
             struct wattle_figures *f)
{
    *f = (struct wattle_figures){
        .n_readings = s->n_readings,
        .mean_power_w = mean_power(s),
        .min_power_w = s->min_w,
        .max_power_w = s->max_w,
        .efficiency = quotient_efficiency(s->efficiency, s->efficiency_nano,
                                          s->n_efficiency),
        .energy_kwh = quotient_kwh(s->energy_units, s->energy),
        .monthly_cost = cost_of_means(s, tariff),
        .first_ms = s->n_readings > 0 ? s->first_ms : WATTLE_NO_TIME,
        .last_ms = s->n_readings > 0 ? s->last_ms : WATTLE_NO_TIME,
        .n_gaps = s->n_gaps,
        .gap_hours = int128_ratio(s->gap_ms, 3600000),
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
        if (input->totals->totals[i].n_readings == 0)
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
        whole->hours[i].mean_power_w =
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
        set_device_figures(&devices[i].figures, totals,
                           input->totals->firsts[number].first_ms, tariff);
        describe(&devices[i], input->table);
        sums_add(&sums, totals, &devices[i].figures);
    }
    struct wattle_report_result *result = &whole->public;
    sums_figures(&sums, tariff, &whole->figures);
    result->figures = &whole->figures;
    result->pooled_monthly_cost =
        sums.n_power > 0 && sums.n_weighted == 0
            ? tariff_cost(tariff, sums.power_nw, sums.power, sums.n_power)
            : tariff_cost_of_mean(tariff, whole->figures.mean_power_w);
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
    tariff_init(&tariff, input->rate_per_kwh);
    int status = set_devices(whole, input, &tariff);
    if (status == WATTLE_OK)
        status = group_locations(whole, input, &tariff);
    if (status == WATTLE_OK)
        status = set_profile(whole, &input->totals->profile);
    result->rate_per_kwh = input->rate_per_kwh;
    result->budget = input->budget;
    result->is_over_budget =
        !isnan(input->budget) && whole->figures.monthly_cost > input->budget;
    return status;
}

void
report_result_release(struct report_result *whole)
{
    free(whole->devices);
    free(whole->locations);
    free(whole->days);
    free(whole->device_list);
    free(whole->location_list);
    free(whole->hour_list);
    free(whole->day_list);
}
