/*
 * database.h - one file that holds readings.
 */
#ifndef WATTLE_DATABASE_H
#define WATTLE_DATABASE_H

#include "wattle/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_database;

/*
 * Opens a database to read it; it is used by one thread at a time. WATTLE_OK,
 * WATTLE_ERR_IO, WATTLE_ERR_USAGE (no name), WATTLE_ERR_FORMAT (not a database
 * of wattle's, or of a newer version), WATTLE_ERR_BUSY (it is being filled for
 * the first time) or WATTLE_ERR_MEMORY; *database is NULL on failure.
 */
int wattle_database_open(struct wattle_database **database, const char *path,
                         struct wattle_error *error);

/* Closes it; NULL is harmless. */
void wattle_database_close(struct wattle_database *database);

#ifdef __cplusplus
}
#endif

#endif
