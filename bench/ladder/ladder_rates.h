/*
 * ladder_rates.h - the efficiency of one reading,
 *
 *     pf * exp(-sin(2 acos(pf))^2) / (1 + ln(1 + current)),
 *
 * as it stands; by the identity sin(2 acos x)^2 = 4 x^2 (1 - x^2), which needs
 * no trigonometry; or as the product of two factors, each kept in a table by
 * its decimal value and computed when it is first met.
 */
#ifndef LADDER_RATES_H
#define LADDER_RATES_H

#include <stdint.h>

#include "ladder_options.h"

#define LADDER_RATES_SHAPES 2001  /* power factor from -1.000 to 1.000 */
#define LADDER_RATES_LOADS  65536 /* currents below 65.536 A */

struct ladder_rates {
    int kind;                           /* enum ladder_efficiency */
    double shapes[LADDER_RATES_SHAPES]; /* NaN = not known yet */
    double loads[LADDER_RATES_LOADS];   /* 0 = not known yet */
    uint64_t n_products, n_shape_misses, n_load_misses;
};

void ladder_rates_init(struct ladder_rates *rates,
                       const struct ladder_options *options);

/* By one of the two formulas. */
double ladder_rates_formula(const struct ladder_rates *rates, double current,
                            double factor);

/* By table; both in thousandths. NaN when the factor is out of range. */
double ladder_rates_product(struct ladder_rates *rates, int64_t current,
                            int64_t factor);

#endif
