/*
 * bucket.c - adding integers, and the quotients at the end.
 *
 * Sums are integers, so a bucket joins with another in any order; each
 * quotient is formed once, when a row of a query is made, and rounded to the
 * nearest double.
 */
#include "analytics/bucket.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "analytics/totals.h"
#include "analytics/profile.h"
#include "analytics/quotient.h"
#include "base/decimal.h"
#include "wattle/error.h"

void
bucket_init(struct bucket *bucket, struct bucket_range range)
{
    /* one by one: quicker than to clear and to set */
    bucket->range = range;
    bucket->first_ms = INT64_MAX;
    bucket->last_ms = INT64_MIN;
    bucket->covered_ms = 0;
    bucket->n_readings = 0;
    bucket->n_power = 0;
    bucket->n_efficiency = 0;
    bucket->min_nw = INT64_MAX;
    bucket->max_nw = INT64_MIN;
    bucket->power_nw = 0;
    bucket->energy = 0;
    bucket->energy_rest = 0;
    bucket->efficiency = 0;
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        bucket->n_values[c] = 0;
        bucket->values_nano[c] = 0;
    }
    bucket->means = (struct int256){{0}};
    bucket->is_joint = false;
    bucket->wide = NULL;
}

void
bucket_release(struct bucket *bucket)
{
    free(bucket->wide);
    bucket->wide = NULL;
}

struct bucket_wide *
bucket_wide_of(struct bucket *bucket)
{
    if (bucket->wide == NULL)
        bucket->wide = calloc(1, sizeof(*bucket->wide));
    return bucket->wide;
}

static void
widen(struct bucket_wide *wide, struct int256 min, struct int256 max)
{
    if (wide->n_power == 0 || int256_compare(min, wide->min) < 0)
        wide->min = min;
    if (wide->n_power == 0 || int256_compare(max, wide->max) > 0)
        wide->max = max;
}

static void
add_wide(struct bucket_wide *to, const struct bucket_wide *from)
{
    if (from->n_power > 0)
        widen(to, from->min, from->max);
    to->n_power += from->n_power;
    to->power = int256_add(to->power, from->power);
    to->energy = int256_add(to->energy, from->energy);
    energy_add(&to->returned, &from->returned);
}

static int64_t
lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t
greater(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct energy_sum
bucket_energy(const struct bucket *bucket)
{
    struct energy_sum energy = {.units = bucket->energy,
                                .rest = bucket->energy_rest};
    if (bucket->wide != NULL)
        energy.wide = bucket->wide->energy;
    return energy;
}

struct energy_sum
bucket_returned(const struct bucket *bucket)
{
    return bucket->wide != NULL ? bucket->wide->returned
                                : (struct energy_sum){0};
}

void
bucket_finish(struct bucket *bucket)
{
    const struct energy_sum energy = bucket_energy(bucket);
    if (bucket->covered_ms > 0)
        bucket->means = quotient_mean(&energy, bucket->covered_ms);
    bucket->is_joint = true;
}

int
bucket_add(struct bucket *bucket, const struct bucket *other)
{
    if (other->wide != NULL) {
        struct bucket_wide *wide = bucket_wide_of(bucket);
        if (wide == NULL)
            return WATTLE_ERR_MEMORY;
        add_wide(wide, other->wide);
    }
    bucket->first_ms = lesser(bucket->first_ms, other->first_ms);
    bucket->last_ms = greater(bucket->last_ms, other->last_ms);
    bucket->covered_ms += other->covered_ms;
    bucket->means = int256_add(bucket->means, other->means);
    bucket->n_readings += other->n_readings;
    bucket->n_power += other->n_power;
    bucket->n_efficiency += other->n_efficiency;
    bucket->min_nw = lesser(bucket->min_nw, other->min_nw);
    bucket->max_nw = greater(bucket->max_nw, other->max_nw);
    bucket->power_nw += other->power_nw;
    bucket->energy += other->energy;
    bucket->energy_rest += other->energy_rest;
    bucket->efficiency += other->efficiency;
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        bucket->n_values[c] += other->n_values[c];
        bucket->values_nano[c] += other->values_nano[c];
    }
    return WATTLE_OK;
}

static int
add_power(struct bucket *bucket, const struct power_point *point)
{
    bucket->n_power++;
    if (point->nw != TOTALS_WIDE) {
        bucket->power_nw += point->nw;
        bucket->min_nw = lesser(bucket->min_nw, point->nw);
        bucket->max_nw = greater(bucket->max_nw, point->nw);
        return WATTLE_OK;
    }
    struct bucket_wide *wide = bucket_wide_of(bucket);
    if (wide == NULL)
        return WATTLE_ERR_MEMORY;
    widen(wide, point->wide, point->wide);
    wide->n_power++;
    wide->power = int256_add(wide->power, point->wide);
    return WATTLE_OK;
}

static void
add_efficiency(struct bucket *bucket, const struct reading *reading)
{
    assert(!reading->is_milli); /* a fine one */
    bucket->n_efficiency++;
    bucket->efficiency += reading->efficiency;
}

int
bucket_add_reading(struct bucket *bucket, const struct reading *reading)
{
    const struct power_point *point = &reading->point;
    int status = WATTLE_OK;
    if (point->nw != TOTALS_NO_POWER)
        status = add_power(bucket, point);
    if (reading->has_efficiency)
        add_efficiency(bucket, reading);
    if (reading->has_energy)
        bucket->energy += reading->energy;
    bucket->first_ms = lesser(bucket->first_ms, point->time_ms);
    bucket->last_ms = greater(bucket->last_ms, point->time_ms);
    bucket->n_readings++;
    return status;
}

int
bucket_add_part(struct bucket *bucket, const struct energy_part *part)
{
    if (!part->is_wide) {
        bucket->energy += part->net.units;
        bucket->energy_rest += part->net.rest;
        if (!part->has_returned)
            return WATTLE_OK;
    }
    struct bucket_wide *wide = bucket_wide_of(bucket);
    if (wide == NULL)
        return WATTLE_ERR_MEMORY;
    if (part->is_wide)
        wide->energy = int256_add(wide->energy, part->net.wide);
    if (part->has_returned)
        energy_add(&wide->returned, &part->returned);
    return WATTLE_OK;
}

void
bucket_add_values(struct bucket *bucket, const struct batch_view *batch,
                  size_t row, unsigned fields)
{
    unsigned has = reading_columns(batch, row);
    for (int c = 0; c < BUCKET_COLUMNS; c++) {
        if ((has >> c & 1) == 0 || !bucket_wants(fields, c))
            continue;
        bucket->n_values[c]++;
        bucket->values_nano[c] += reading_nano(batch, c, row);
    }
}

static struct int256
wide_power_of(const struct bucket *bucket)
{
    return bucket->wide != NULL ? bucket->wide->power : int256_from(0);
}

static void
set_powers(const struct bucket *bucket, struct wattle_query_figures *f)
{
    const struct bucket_wide *wide = bucket->wide;
    const struct energy_sum energy = bucket_energy(bucket);
    if (bucket->covered_ms > 0)
        f->mean_power_w =
            bucket->is_joint ? quotient_watts_of_means(bucket->means)
                             : quotient_mean_watts(&energy, bucket->covered_ms);
    if (bucket->min_nw <= bucket->max_nw) {
        f->min_power_w = quotient_watts_narrow(bucket->min_nw, 1);
        f->max_power_w = quotient_watts_narrow(bucket->max_nw, 1);
    }
    if (wide != NULL && wide->n_power > 0) {
        double min_w = quotient_of_wide(wide->min, 1, DECIMAL_ONE);
        double max_w = quotient_of_wide(wide->max, 1, DECIMAL_ONE);
        f->min_power_w = fmin(f->min_power_w, min_w);
        f->max_power_w = fmax(f->max_power_w, max_w);
    }
}

static double
mean_value(const struct bucket *bucket, int column)
{
    uint64_t n = bucket->n_values[column];
    /* 1e-9 V, A or 1 are to their unit as nW are to W */
    return n > 0 ? quotient_watts_narrow(bucket->values_nano[column], n) : NAN;
}

void
bucket_figures(const struct bucket *bucket, unsigned fields,
               struct wattle_query_figures *f)
{
    const struct energy_sum energy = bucket_energy(bucket);
    const struct energy_sum returned = bucket_returned(bucket);
    *f = (struct wattle_query_figures){
        .n_readings = bucket->n_readings,
        .mean_power_w = NAN,
        .min_power_w = NAN,
        .max_power_w = NAN,
        .reading_mean_w = NAN,
        .energy_kwh = NAN,
        .imported_kwh = NAN,
        .returned_kwh = NAN,
        .voltage_v = NAN,
        .current_a = NAN,
        .power_factor = NAN,
        .efficiency = NAN,
        .cost = NAN,
        .energy_wh = NAN,
        .energy_returned_wh = NAN,
        .energy_total_wh = NAN,
        .energy_returned_total_wh = NAN,
    };
    if ((fields & WATTLE_QUERY_IMPORTED) != 0)
        f->imported_kwh = quotient_imported_kwh(&energy, &returned);
    if ((fields & WATTLE_QUERY_RETURNED) != 0)
        f->returned_kwh = quotient_kwh_of_parts(&returned);
    if ((fields & WATTLE_QUERY_POWER) != 0)
        set_powers(bucket, f);
    if ((fields & WATTLE_QUERY_READING_MEAN) != 0 && bucket->n_power > 0)
        f->reading_mean_w = quotient_watts(
            bucket->power_nw, wide_power_of(bucket), bucket->n_power);
    if ((fields & WATTLE_QUERY_ENERGY) != 0)
        f->energy_kwh = quotient_kwh_of_parts(&energy);
    if ((fields & WATTLE_QUERY_VOLTAGE) != 0)
        f->voltage_v = mean_value(bucket, WATTLE_VOLTAGE);
    if ((fields & WATTLE_QUERY_CURRENT) != 0)
        f->current_a = mean_value(bucket, WATTLE_CURRENT);
    if ((fields & WATTLE_QUERY_POWER_FACTOR) != 0)
        f->power_factor = mean_value(bucket, WATTLE_POWER_FACTOR);
    if ((fields & WATTLE_QUERY_EFFICIENCY) != 0)
        f->efficiency =
            quotient_efficiency(0, bucket->efficiency, bucket->n_efficiency);
}
