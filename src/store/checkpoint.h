/*
 * checkpoint.h - what is done with the file when something was written to it.
 */
#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include "store/database.h"
#include "wattle/error.h"

/*
 * After the last commit: the journal goes into the file, unless somebody still
 * reads the old; a fresh file gets its journal for the next time.
 */
void checkpoint_run(struct database *db);

/* Gives free pages back, and runs a checkpoint. 0 or as a statement fails. */
int checkpoint_vacuum(struct database *db, struct wattle_error *error);

#endif
