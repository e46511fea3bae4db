/*
 * answers.h - accounts to answers: means, costs, groups.
 *
 * A pure function of accounts, device table and tariff. Every quotient is the
 * double nearest to the exact one; sums over devices are taken in the order
 * of their ids, with compensation.
 */
#ifndef ANALYTICS_ANSWERS_H
#define ANALYTICS_ANSWERS_H

#include "analytics/account.h"
#include "model/device_table.h"
#include "model/registry.h"
#include "wattle/answers.h"
#include "wattle/error.h"

struct answers_input {
    const struct registry *devices;
    struct account_set *accounts; /* its profile is finished here */
    const struct device_table *table;
    double rate_per_kwh;
    double budget; /* NaN = none */
};

/*
 * Fills the figures, devices, locations, hours and days of *answers. The
 * arrays are heap memory; ids point into the registry, names and locations
 * into the table. 0 or WATTLE_ERR_MEMORY.
 */
int answers_compute(struct wattle_answers *answers,
                    const struct answers_input *input);

/* Frees what answers_compute has allocated. */
void answers_release(struct wattle_answers *answers);

#endif
