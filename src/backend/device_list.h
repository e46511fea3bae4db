/*
 * device_list.h - devices that were asked for, with what is known of them.
 */
#ifndef BACKEND_DEVICE_LIST_H
#define BACKEND_DEVICE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct listed_device {
    uint32_t number; /* in its back end */
    char *id;
    char *name;        /* NULL = not known */
    char *location;    /* NULL = not known */
    bool has_energies; /* or may have: of intervals or counters */
};

/* Zero-initialised is empty; the texts are owned. */
struct device_list {
    struct listed_device *items;
    size_t n, cap;
};

/*
 * Appends a device; texts are copied, empty ones count as not known. 0 or
 * WATTLE_ERR_MEMORY.
 */
int device_list_add(struct device_list *list, uint32_t number, const char *id,
                    const char *name, const char *location);

/* Drops the devices from number n on. */
void device_list_cut(struct device_list *list, size_t n);

/* Puts them into the bytewise order of their ids. */
void device_list_sort(struct device_list *list);

void device_list_release(struct device_list *list);

#endif
