/*
 * database.h - one file that holds readings.
 */
#ifndef WATTLE_DATABASE_H
#define WATTLE_DATABASE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/cancel.h"
#include "wattle/error.h"
#include "wattle/zone.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_database;

/*
 * How to use a database. Begin with the macro or the function below, which set
 * every member; NULL instead of options is the same.
 */
struct wattle_database_options {
    size_t size;     /* of this structure, as the caller knows it */
    int64_t wait_ms; /* compact: for an import to end; default one minute */
    /*
     * Or NULL; see cancel.h. Of an open database it cancels every query and
     * statement, until the database is closed.
     */
    struct wattle_cancel *cancel;
    /* compact: whose hours and days it adds up from now on; borrowed. NULL =
     * as it is. */
    const struct wattle_zone *zone;
};

#define WATTLE_DATABASE_OPTIONS_INIT                                           \
    {                                                                          \
        .size = sizeof(struct wattle_database_options), .wait_ms = 60000       \
    }

/* The same for a structure that is there; also for C++. */
static inline void
wattle_database_options_init(struct wattle_database_options *options)
{
    memset(options, 0, sizeof(*options));
    options->size = sizeof(*options);
    options->wait_ms = 60000;
}

/*
 * Opens a database to read it; it is used by one thread at a time. WATTLE_OK,
 * WATTLE_ERR_IO, WATTLE_ERR_USAGE (no name), WATTLE_ERR_FORMAT (not a database
 * of wattle's, or of a newer version), WATTLE_ERR_BUSY (it is being filled for
 * the first time) or WATTLE_ERR_MEMORY; *database is NULL on failure.
 */
int wattle_database_open(struct wattle_database **database, const char *path,
                         const struct wattle_database_options *options,
                         struct wattle_error *error);

/*
 * Its zone: that of its days. Valid until it is closed; NULL when this machine
 * does not know it.
 */
const struct wattle_zone *wattle_database_zone(
    const struct wattle_database *database);

/* Closes it; NULL is harmless. */
void wattle_database_close(struct wattle_database *database);

#ifdef __cplusplus
}
#endif

#endif
