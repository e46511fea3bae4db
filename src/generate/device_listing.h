/*
 * device_listing.h - the devices of all homes: who they are, devices.csv.
 *
 * Devices are numbered from 0; each home takes HOME_DEVICES in a row. What a
 * device is depends on the seed and its number only, never on how many there
 * are. Read-only after init, so all threads share one table.
 */
#ifndef GENERATE_DEVICE_LISTING_H
#define GENERATE_DEVICE_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "generate/device_kind.h"
#include "wattle/error.h"

enum { HOME_DEVICES = 20 };

struct device {
    uint64_t key;        /* of everything random about it */
    uint32_t home;       /* from 0 */
    uint32_t cycle_rate; /* turns of 2^32 per second; 0 = no cycle */
    uint16_t power_w;    /* real power when fully on */
    uint16_t rating_w;   /* what its plate says */
    uint16_t idle_ma;    /* current when off */
    int16_t habit_s;     /* how much later its people do everything */
    uint8_t kind;        /* enum device_kind */
    uint8_t room;        /* index into the table of rooms */
    uint8_t pf;          /* power factor when on, percent */
    bool is_active;      /* false: unplugged, draws nothing */
};

struct device_listing {
    struct device *devices;
    uint64_t n_devices;
    unsigned id_digits; /* digits after "DEV", at least 4 */
};

/*
 * Makes the table for mains of 120 or 230 V. 0, or WATTLE_ERR_MEMORY with
 * the table empty.
 */
int device_listing_init(struct device_listing *table, uint64_t seed,
                        uint64_t n_devices, int mains_v,
                        struct wattle_error *error);

/* Appends the heading of devices.csv; 0 or WATTLE_ERR_MEMORY. */
int device_listing_put_heading(struct buffer *out);

/* Appends one device's line of devices.csv; 0 or WATTLE_ERR_MEMORY. */
int device_listing_put_row(const struct device_listing *table, uint64_t number,
                           struct buffer *out);

/* Harmless on an empty table. */
void device_listing_release(struct device_listing *table);

#endif
