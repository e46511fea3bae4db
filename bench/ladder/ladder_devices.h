/*
 * ladder_devices.h - device ids to numbers 0, 1, 2, ... in order of arrival:
 * by comparing with every id known, by a hash table, or by the guess that a
 * device is followed by the one that followed it last time, then by the table.
 */
#ifndef LADDER_DEVICES_H
#define LADDER_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "ladder_row.h"

struct ladder_devices {
    int lookup; /* enum ladder_lookup */
    size_t n, cap;
    char (*ids)[LADDER_ID_BYTES];
    uint32_t *next;  /* who followed each device last time */
    uint32_t *slots; /* number + 1; 0 = free */
    size_t n_slots;  /* a power of two, at least twice n */
    uint32_t previous;
    uint64_t n_lookups, n_right_guesses;
};

void ladder_devices_init(struct ladder_devices *devices,
                         const struct ladder_options *options);
void ladder_devices_release(struct ladder_devices *devices);

/* The number of a device, new if need be. */
uint32_t ladder_devices_number(struct ladder_devices *devices,
                               const char id[LADDER_ID_BYTES]);

#endif
