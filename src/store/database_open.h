/*
 * database_open.h - opening a database, and whether a file is one.
 */
#ifndef STORE_DATABASE_OPEN_H
#define STORE_DATABASE_OPEN_H

#include "store/database.h"

/* How long a reader waits for a lock. */
#define DATABASE_BUSY_MS 10000

/*
 * *is_one: whether a file begins like an SQLite database with our id, be it
 * damaged behind that. Nobody's locks are disturbed. 0 or WATTLE_ERR_MEMORY.
 */
int database_is_one(const char *path, bool *is_one, struct wattle_error *error);

/*
 * Refuses the name of a database to be made beside which the log of another one
 * was left: SQLite would take it for the new one's, or delete it. 0 or
 * WATTLE_ERR_IO.
 */
int database_refuse_left_log(const char *path, struct wattle_error *error);

/*
 * *is_empty: whether a file has no content, because its first import was cut
 * off, say. 0 or WATTLE_ERR_MEMORY.
 */
int database_is_empty(const char *path, bool *is_empty,
                      struct wattle_error *error);

/*
 * Opens the file; an older version is upgraded when it may be written. 0,
 * WATTLE_ERR_IO, WATTLE_ERR_USAGE (no name, or one that kept_file.h refuses),
 * WATTLE_ERR_FORMAT (not ours, damaged, or newer than this program),
 * WATTLE_ERR_BUSY or WATTLE_ERR_MEMORY; on failure it is closed.
 */
int database_open(struct database *db, const char *path,
                  enum database_mode mode, struct wattle_error *error);

/* The same with what database_open chooses itself. */
struct tables_format;
struct database_open_options {
    enum database_mode mode;
    const struct tables_format *format; /* what this program knows */
    int busy_ms; /* to wait for a lock until it is WATTLE_ERR_BUSY */
    /*
     * To save what can be read: a file that is shorter than it says, or whose
     * schema is damaged, is opened all the same. Only with DATABASE_READ.
     */
    bool is_salvage;
};
int database_open_as(struct database *db, const char *path,
                     const struct database_open_options *how,
                     struct wattle_error *error);

#endif
