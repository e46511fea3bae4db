/*
 * device_kind.h - what kinds of devices there are, and their plain numbers.
 *
 * One table, indexed by enum device_kind. How a kind behaves over the day is
 * in kind_shape.h; which kinds a home has is in device_listing.h.
 */
#ifndef GENERATE_DEVICE_KIND_H
#define GENERATE_DEVICE_KIND_H

#include <stdint.h>

enum device_kind {
    KIND_FRIDGE,
    KIND_FREEZER,
    KIND_DEHUMIDIFIER,
    KIND_HEAT_PUMP,
    KIND_AIR_CONDITIONER,
    KIND_BOILER_PUMP,
    KIND_WATER_HEATER,
    KIND_TOWEL_RAIL,
    KIND_EV_CHARGER,
    KIND_BIKE_CHARGER,
    KIND_WASHING_MACHINE,
    KIND_DRYER,
    KIND_DISHWASHER,
    KIND_OVEN,
    KIND_KETTLE,
    KIND_MICROWAVE,
    KIND_COFFEE_MACHINE,
    KIND_TV,
    KIND_COMPUTER,
    KIND_SOUND_SYSTEM,
    KIND_LIGHTS,
    KIND_ROUTER,
    N_DEVICE_KINDS
};

/* Each device draws its own value between the smallest and the largest. */
struct device_kind_spec {
    const char *noun;     /* "fridge", as in "Kitchen fridge" */
    uint16_t power_w[2];  /* real power when fully on */
    uint16_t idle_ma[2];  /* current when off; 0 = none */
    uint16_t period_s[2]; /* of an on-and-off cycle; 0 = has none */
    uint8_t pf[2];        /* power factor when on, percent */
    uint8_t idle_pf;      /* power factor when off, percent */
    uint8_t noise;        /* of the power, 1/1024 either way */
};

/* The numbers of a kind; never NULL. */
const struct device_kind_spec *device_kind_spec(enum device_kind kind);

#endif
