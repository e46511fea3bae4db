/*
 * sqlext.h - what SQL can do on a connection to a wattle database: the table
 * `readings`, the function `energy_buckets`, and the function wattle_time_ms.
 */
#ifndef SQLEXT_SQLEXT_H
#define SQLEXT_SQLEXT_H

#include <sqlite3.h>
#include <stdbool.h>

#include "wattle/error.h"

/* Registers them on a connection. 0 or WATTLE_ERR_IO. */
int sqlext_register(sqlite3 *handle, struct wattle_error *error);

/*
 * Whether a program's SQLite is the very library that this code calls: by the
 * address of its source id, which no two libraries share.
 */
bool sqlext_is_same_library(const char *source_id);

#endif
