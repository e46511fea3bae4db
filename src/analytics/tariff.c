/*
 * tariff.c - what energy costs, and a mean power in a month.
 *
 * A price of up to nine decimals, and below a million, is kept as a whole
 * number of 1e-9 of the currency. Costs are then exact products that are
 * divided and rounded once. With any other price the energies or mean powers
 * are rounded first, and the cost is computed in doubles.
 */
#include "analytics/tariff.h"

#include <math.h>

#include "analytics/power.h"
#include "analytics/quotient.h"
#include "base/decimal.h"

#define HOURS_PER_MONTH 720 /* 30 days */
#define W_PER_KW        1000

/* A price as a whole number of 1e-9; false when it is none. */
static bool
take_price(double per_kwh, int64_t *nano)
{
    double scaled = nearbyint(per_kwh * 1e9);
    if (!(fabs(scaled) < 1e15) || scaled / 1e9 != per_kwh)
        return false;
    *nano = (int64_t)scaled;
    return true;
}

void
tariff_init(struct tariff *tariff, double rate_per_kwh,
            double return_rate_per_kwh)
{
    *tariff = (struct tariff){.rate_per_kwh = rate_per_kwh,
                              .return_rate_per_kwh = return_rate_per_kwh};
    tariff->is_decimal = take_price(rate_per_kwh, &tariff->rate_nano) &&
                         take_price(return_rate_per_kwh, &tariff->return_nano);
}

double
tariff_monthly_cost(const struct tariff *tariff, struct int256 imported,
                    struct int256 returned, uint64_t n)
{
    struct int256 places = int256_mul(int256_from((int128)n), DECIMAL_ONE);
    places = int256_mul(places, POWER_WIDE_PER_NW);
    if (!tariff->is_decimal)
        return (int256_ratio(imported, places) * tariff->rate_per_kwh -
                int256_ratio(returned, places) * tariff->return_rate_per_kwh) /
               W_PER_KW * HOURS_PER_MONTH;
    imported = int256_mul(imported, tariff->rate_nano * HOURS_PER_MONTH);
    returned = int256_mul(returned, tariff->return_nano * HOURS_PER_MONTH);
    return int256_ratio(int256_sub(imported, returned),
                        int256_mul(places, W_PER_KW * DECIMAL_ONE));
}

double
tariff_cost(const struct tariff *tariff, const struct energy_sum *energy,
            const struct energy_sum *returned)
{
    const struct energy_sum imported = quotient_imported(energy, returned);
    if (tariff->is_decimal)
        return quotient_cost(&imported, tariff->rate_nano, returned,
                             tariff->return_nano);
    return quotient_kwh_of_parts(&imported) * tariff->rate_per_kwh -
           quotient_kwh_of_parts(returned) * tariff->return_rate_per_kwh;
}
