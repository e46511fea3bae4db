/*
 * device_file.h - a device table from a CSV file such as
 *
 *     device_id,name,location,power_rating_watts,is_active
 *     DEV0001,Fridge,Kitchen,150,true
 *
 * Columns are found by name; all but device_id may be missing.
 */
#ifndef FORMATS_DEVICE_FILE_H
#define FORMATS_DEVICE_FILE_H

#include "model/device_table.h"
#include "wattle/error.h"

/* Reads a file into the table. 0, WATTLE_ERR_IO, _FORMAT or _MEMORY. */
int device_file_read(struct device_table *table, const char *path,
                     struct wattle_error *error);

#endif
