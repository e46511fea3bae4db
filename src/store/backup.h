/*
 * backup.h - a copy of a database.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/database.h"
#include "wattle/error.h"

/*
 * Copies all of it, as it is at one moment, to a file that must not be there.
 * 0, WATTLE_ERR_IO, WATTLE_ERR_CANCELLED, or as new_file_begin or a database
 * fails; then no file is left.
 */
int backup_make(struct database *db, const char *out,
                struct wattle_error *error);

#endif
