/*
 * device_select.h - the devices that a condition names, in the bytewise
 * order of their ids, each once.
 */
#ifndef STORE_DEVICE_SELECT_H
#define STORE_DEVICE_SELECT_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "store/checksum.h"
#include "store/database.h"
#include "wattle/error.h"

/* How devices are asked for. */
enum device_select_by {
    DEVICE_SELECT_ALL,
    DEVICE_SELECT_IS,   /* value */
    DEVICE_SELECT_IN,   /* value: for sqlite3_vtab_in_first and _next */
    DEVICE_SELECT_GLOB, /* value: the pattern */
    DEVICE_SELECT_LIKE
};

struct selected_device {
    uint32_t number; /* in the database */
    int len;         /* of the id */
    char *id;        /* ended by a zero byte */
};

/* Zero-initialised is empty; the statements are kept for the next time. */
struct device_select {
    struct selected_device *items;
    size_t n, cap;
    sqlite3_stmt *all, *by_text, *by_number;
    struct checksum *checksum;
};

/* Finds them anew. 0 or a status with the error set. */
int device_select_find(struct device_select *devices, struct database *db,
                       enum device_select_by by, sqlite3_value *value,
                       struct wattle_error *error);

void device_select_release(struct device_select *devices);

#endif
