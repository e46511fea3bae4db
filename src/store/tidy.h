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

/*
 * Takes the write lock: waits up to wait_ms, and calls on_waiting (or NULL)
 * once when it has to.
 */
int tidy_begin_writing(struct database *db, int64_t wait_ms,
                       void (*on_waiting)(void *context), void *context,
                       struct wattle_error *error);

/*
 * After the last commit: the journal goes into the file, unless somebody still
 * reads the old; a fresh file gets its journal for the next time.
 */
void tidy_checkpoint(struct database *db);

/* Gives free pages back. */
int tidy_vacuum(struct database *db, struct wattle_error *error);

#endif
