/*
 * home_model.h - the reading of a device at a conditions.
 *
 * A reading is a pure function of the seed, the device and the time. What
 * is common to a home (its mains voltage, whether its people are away) is
 * kept in a struct home between calls; each thread has its own.
 */
#ifndef GENERATE_HOME_MODEL_H
#define GENERATE_HOME_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "generate/device_listing.h"
#include "generate/conditions.h"

struct home_reading {
    uint32_t voltage_dv; /* 1/10 volt */
    uint32_t current_ma; /* 1/1000 ampere */
    uint32_t pf_percent; /* 1/100 */
};

struct home {
    uint64_t key;
    uint32_t nominal_dv;
    uint32_t number;  /* of the home the rest is about */
    int64_t hour;     /* since 1970, that the rest is about */
    int32_t drift[2]; /* at both ends of the hour, 1/10000 of the voltage */
    bool is_away;
};

/* Mains of 120 or 230 V. */
void home_model_init(struct home *home, uint64_t seed, int mains_v);

/* Makes the reading; a device that is not active reads no current. */
void home_model_read(struct home *home, const struct device *device,
                     const struct conditions *conditions,
                     struct home_reading *reading);

#endif
