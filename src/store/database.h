/*
 * database.h - one connection to a wattle database, an SQLite file.
 *
 * A connection belongs to one thread at a time. What a statement may do and
 * what the tables hold stands in docs/format.md.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cancel_flag.h"
#include "wattle/error.h"

/* "Watt" and the version of the tables, in the file's header. */
#define DATABASE_APPLICATION_ID 0x57617474
#define DATABASE_VERSION        1

/* How long a reader waits for a lock. */
#define DATABASE_BUSY_MS 10000

enum database_mode {
    DATABASE_READ,   /* the file must be there */
    DATABASE_WRITE,  /* the same */
    DATABASE_CREATE, /* made when absent */
    DATABASE_MEMORY  /* without a file, always new; the path is for errors */
};

struct database {
    sqlite3 *handle;
    char *path;
    bool is_fresh; /* there was nothing in it; see checkpoint_run */
    const struct wattle_cancel *cancel; /* or NULL; see database_set_cancel */
};

/*
 * True when a file begins like an SQLite database with our id, be it damaged
 * behind that. Nobody's locks are disturbed.
 */
bool database_is_one(const char *path);

/*
 * Refuses the name of a database to be made beside which the log of another one
 * was left: SQLite would take it for the new one's, or delete it.
 */
int database_refuse_left_log(const char *path, struct wattle_error *error);

/* True for a file without content: its first import was cut off, say. */
bool database_is_empty(const char *path);

/*
 * Opens the file; an older version is upgraded when it may be written. 0,
 * WATTLE_ERR_IO, WATTLE_ERR_USAGE (no name), WATTLE_ERR_FORMAT (not ours, or
 * newer than this program), WATTLE_ERR_BUSY or WATTLE_ERR_MEMORY.
 */
int database_open(struct database *db, const char *path,
                  enum database_mode mode, struct wattle_error *error);

/* The same with what database_open chooses itself. */
struct tables_format;
struct database_way {
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
                     const struct database_way *way,
                     struct wattle_error *error);
void database_close(struct database *db);

/*
 * From now on statements end with WATTLE_ERR_CANCELLED when it is set. Whoever
 * computes for long between them asks db->cancel.
 */
void database_set_cancel(struct database *db,
                         const struct wattle_cancel *cancel);

/*
 * The path such that SQLite takes it for the name of a file, even ":memory:";
 * to be freed. NULL = no memory.
 */
char *database_file_name(const char *path);

/* Runs statements without results. */
int database_run(struct database *db, const char *sql,
                 struct wattle_error *error);

/* The first number that a statement gives; *out stays when there is none. */
int database_number(struct database *db, const char *sql, int64_t *out,
                    struct wattle_error *error);

/* Prepares one statement; NULL on failure, with the error set. */
sqlite3_stmt *database_prepare(struct database *db, const char *sql,
                               struct wattle_error *error);

/* Steps; SQLITE_ROW, SQLITE_DONE, or a negative status with the error set. */
int database_step(struct database *db, sqlite3_stmt *statement,
                  struct wattle_error *error);

/* Sets the error from the connection's last failure; returns its code. */
int database_fail(struct database *db, struct wattle_error *error);

#endif
