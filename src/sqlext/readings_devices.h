/*
 * readings_devices.h - the devices that a condition names, in the bytewise
 * order of their ids, each once.
 */
#ifndef SQLEXT_READINGS_DEVICES_H
#define SQLEXT_READINGS_DEVICES_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "sqlext/readings_plan.h"
#include "store/checksum.h"
#include "store/database.h"
#include "wattle/error.h"

struct readings_device {
    uint32_t number; /* in the database */
    int len;         /* of the id */
    char *id;        /* ended by a zero byte */
};

/* Zero-initialised is empty; the statements are kept for the next time. */
struct readings_devices {
    struct readings_device *items;
    size_t n, cap;
    sqlite3_stmt *all, *by_text, *by_number;
    struct checksum *checksum;
};

/* Finds them anew. 0 or a status with the error set. */
int readings_devices_find(struct readings_devices *devices, struct database *db,
                          enum readings_devices_by by, sqlite3_value *value,
                          struct wattle_error *error);

void readings_devices_release(struct readings_devices *devices);

#endif
