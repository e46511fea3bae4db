/*
 * ladder_rates.c - two formulas and two tables.
 */
#include "ladder_rates.h"

#include <math.h>
#include <string.h>

void
ladder_rates_init(struct ladder_rates *rates,
                  const struct ladder_options *options)
{
    memset(rates, 0, sizeof(*rates));
    rates->kind = options->efficiency;
    for (int i = 0; i < LADDER_RATES_SHAPES; i++)
        rates->shapes[i] = NAN;
}

double
ladder_rates_formula(const struct ladder_rates *rates, double current,
                     double factor)
{
    if (rates->kind == LADDER_EFFICIENCY_TRIGONOMETRY) {
        double sine = sin(2 * acos(factor));
        return factor * exp(-(sine * sine)) / (1 + log1p(current));
    }
    double square = factor * factor;
    return factor * exp(-4 * square * (1 - square)) / (1 + log1p(current));
}

static double
load_of(int64_t current)
{
    return 1 / (1 + log1p((double)current / 1000));
}

double
ladder_rates_product(struct ladder_rates *rates, int64_t current,
                     int64_t factor)
{
    rates->n_products++;
    if (factor < -1000 || factor > 1000)
        return NAN;
    double *shape = &rates->shapes[factor + 1000];
    if (isnan(*shape)) {
        double x = (double)factor / 1000;
        rates->n_shape_misses++;
        *shape = x * exp(-4 * x * x * (1 - x * x));
    }
    if (current < 0 || current >= LADDER_RATES_LOADS) {
        rates->n_load_misses++;
        return *shape * load_of(current);
    }
    double *load = &rates->loads[current];
    if (*load == 0) {
        rates->n_load_misses++;
        *load = load_of(current);
    }
    return *shape * *load;
}
