/*
 * tidy.h - a copy of a database, and a compacter one.
 */
#ifndef STORE_TIDY_H
#define STORE_TIDY_H

#include "store/database.h"
#include "wattle/error.h"

/* Copies all of it, as it is at one moment, to a file that is not there. */
int tidy_backup(struct database *db, const char *out,
                struct wattle_error *error);

/* How a writer waits for another one. */
struct tidy_wait {
    int64_t ms;                        /* so long at the most */
    void (*on_waiting)(void *context); /* called once, or NULL */
    void *context;
    const struct wattle_cancel *cancel; /* of the database, too; or NULL */
};

/* Opens a database and takes the write lock; WATTLE_ERR_BUSY after waiting. */
int tidy_open_to_write(struct database *db, const char *path,
                       enum database_mode mode, const struct tidy_wait *wait,
                       struct wattle_error *error);

/*
 * After the last commit: the journal goes into the file, unless somebody still
 * reads the old; a fresh file gets its journal for the next time.
 */
void tidy_checkpoint(struct database *db);

/* Gives free pages back. */
int tidy_vacuum(struct database *db, struct wattle_error *error);

#endif
