/*
 * database.h - one connection to a wattle database, an SQLite file.
 *
 * A connection belongs to one thread at a time. docs/format.md
 * says what the tables hold.
 *
 * Functions that return int give 0, or a status with the error set, but for
 * database_step and database_fail.
 */
#ifndef STORE_DATABASE_H
#define STORE_DATABASE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cancel_flag.h"
#include "base/zone.h"
#include "wattle/error.h"

/* "Watt" and the version of the tables, in the file's header. */
#define DATABASE_APPLICATION_ID 0x57617474
#define DATABASE_VERSION        3

enum database_mode {
    DATABASE_READ,   /* the file must be there */
    DATABASE_TRIAL,  /* to be written to and rolled back: has the format of now
                      */
    DATABASE_WRITE,  /* the same */
    DATABASE_CREATE, /* made when absent */
    DATABASE_MEMORY  /* without a file, always new; the path is for errors */
};

/* What the stored sums were computed with, see docs/format.md. */
struct database_sums {
    bool is_usable;                 /* it is known how */
    const struct wattle_zone *zone; /* of hours and days; NULL = UTC */
    int64_t max_gap_ms;
};

struct database {
    sqlite3 *handle;
    char *path;
    int64_t version;    /* of its format */
    int64_t n_measures; /* one more than the greatest that a reading has */
    struct wattle_zone
        *zone;     /* its own; NULL = this machine does not know it */
    bool is_fresh; /* there was nothing in it; see checkpoint_run */
    struct database_sums sums;
    const struct wattle_cancel *cancel; /* or NULL; see database_set_cancel */
};

void database_close(struct database *db);

/*
 * From now on statements end with WATTLE_ERR_CANCELLED when it is set. Code
 * that computes for long between statements asks db->cancel.
 */
void database_set_cancel(struct database *db,
                         const struct wattle_cancel *cancel);

/*
 * The path such that SQLite takes it for the name of a file, even ":memory:";
 * to be freed. NULL = no memory.
 */
char *database_file_name(const char *path);

/* Whether stored sums are of a zone, and of steps up to max_gap_ms. */
static inline bool
database_has_sums(const struct database *db, const struct wattle_zone *zone,
                  int64_t max_gap_ms)
{
    return db->sums.is_usable && db->sums.max_gap_ms == max_gap_ms &&
           zone_is_same(db->sums.zone, zone);
}

/* Runs statements without results. */
int database_run(struct database *db, const char *sql,
                 struct wattle_error *error);

/*
 * A transaction: its reads see one state of the database. Only
 * write_lock_open begins one that writes. Rolling back does nothing when there
 * is none.
 */
int database_begin(struct database *db, struct wattle_error *error);
int database_commit(struct database *db, struct wattle_error *error);
void database_rollback(struct database *db);

/* The first number that a statement gives; *out stays when there is none. */
int database_number(struct database *db, const char *sql, int64_t *out,
                    struct wattle_error *error);

/* Prepares one statement; NULL on failure, with the error set. */
sqlite3_stmt *database_prepare(struct database *db, const char *sql,
                               struct wattle_error *error);

/* Steps; SQLITE_ROW, SQLITE_DONE, or a negative status with the error set. */
int database_step(struct database *db, sqlite3_stmt *statement,
                  struct wattle_error *error);

/* Whether the folder of a path can be written to; errno is set when not. */
bool database_is_folder_writable(const char *path);

/* Why the system did not open something, as SQLite has seen it. */
const char *database_open_reason(const struct database *db);

/* Sets the error from the connection's last failure; returns its code. */
int database_fail(struct database *db, struct wattle_error *error);

#endif
