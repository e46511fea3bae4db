/*
 * ladder_devices.c - three ways to find a device.
 */
#include "ladder_devices.h"

#include <stdlib.h>
#include <string.h>

#define NOBODY      UINT32_MAX
#define FIRST_SLOTS 256

void
ladder_devices_init(struct ladder_devices *devices,
                    const struct ladder_options *options)
{
    *devices =
        (struct ladder_devices){.lookup = options->lookup, .previous = NOBODY};
}

void
ladder_devices_release(struct ladder_devices *devices)
{
    free(devices->ids);
    free(devices->next);
    free(devices->slots);
}

static size_t
hash_of(const char id[LADDER_ID_BYTES])
{
    uint64_t words[LADDER_ID_BYTES / 8];
    uint64_t hash = 0;
    memcpy(words, id, sizeof(words));
    for (size_t i = 0; i < LADDER_ID_BYTES / 8; i++) {
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

static void
place(struct ladder_devices *devices, uint32_t number)
{
    size_t mask = devices->n_slots - 1;
    size_t at = hash_of(devices->ids[number]) & mask;
    while (devices->slots[at] != 0)
        at = (at + 1) & mask;
    devices->slots[at] = number + 1;
}

static void
grow_slots(struct ladder_devices *devices)
{
    size_t n_slots = devices->n_slots > 0 ? 2 * devices->n_slots : FIRST_SLOTS;
    uint32_t *slots = calloc(n_slots, sizeof(*slots));
    if (slots == NULL)
        ladder_options_fail("out of memory");
    free(devices->slots);
    devices->slots = slots;
    devices->n_slots = n_slots;
    for (uint32_t i = 0; i < devices->n; i++)
        place(devices, i);
}

static uint32_t
add(struct ladder_devices *devices, const char id[LADDER_ID_BYTES])
{
    size_t n = devices->n;
    if (n == devices->cap) {
        devices->cap = n > 0 ? 2 * n : FIRST_SLOTS;
        devices->ids =
            realloc(devices->ids, devices->cap * sizeof(*devices->ids));
        devices->next =
            realloc(devices->next, devices->cap * sizeof(*devices->next));
        if (devices->ids == NULL || devices->next == NULL)
            ladder_options_fail("out of memory");
    }
    memcpy(devices->ids[n], id, LADDER_ID_BYTES);
    devices->next[n] = NOBODY;
    devices->n++;
    if (2 * devices->n > devices->n_slots)
        grow_slots(devices);
    else
        place(devices, (uint32_t)n);
    return (uint32_t)n;
}

static uint32_t
find_linear(const struct ladder_devices *devices,
            const char id[LADDER_ID_BYTES])
{
    for (size_t i = 0; i < devices->n; i++) {
        if (strcmp(devices->ids[i], id) == 0)
            return (uint32_t)i;
    }
    return NOBODY;
}

static bool
is_same(const char a[LADDER_ID_BYTES], const char b[LADDER_ID_BYTES])
{
    return memcmp(a, b, LADDER_ID_BYTES) == 0;
}

static uint32_t
find_hashed(const struct ladder_devices *devices,
            const char id[LADDER_ID_BYTES])
{
    if (devices->n_slots == 0)
        return NOBODY;
    size_t mask = devices->n_slots - 1;
    for (size_t at = hash_of(id) & mask; devices->slots[at] != 0;
         at = (at + 1) & mask) {
        uint32_t number = devices->slots[at] - 1;
        if (is_same(devices->ids[number], id))
            return number;
    }
    return NOBODY;
}

static uint32_t
find_or_add(struct ladder_devices *devices, const char id[LADDER_ID_BYTES])
{
    uint32_t number = devices->lookup == LADDER_LOOKUP_LINEAR
                          ? find_linear(devices, id)
                          : find_hashed(devices, id);
    return number != NOBODY ? number : add(devices, id);
}

static uint32_t
guess(struct ladder_devices *devices, const char id[LADDER_ID_BYTES])
{
    uint32_t before = devices->previous;
    uint32_t number = before != NOBODY ? devices->next[before] : NOBODY;
    if (number != NOBODY && is_same(devices->ids[number], id)) {
        devices->n_right_guesses++;
        return number;
    }
    number = find_or_add(devices, id);
    if (before != NOBODY)
        devices->next[before] = number;
    return number;
}

uint32_t
ladder_devices_number(struct ladder_devices *devices,
                      const char id[LADDER_ID_BYTES])
{
    devices->n_lookups++;
    if (devices->lookup != LADDER_LOOKUP_GUESS)
        return find_or_add(devices, id);
    devices->previous = guess(devices, id);
    return devices->previous;
}
