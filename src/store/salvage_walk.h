/*
 * salvage_walk.h - all rows of a table that SQLite can still read.
 *
 * Rows are asked for one by one, each with a key greater than the one before.
 * Where a page is damaged, keys behind it are tried, close ones first: so a
 * walk ends, whatever numbers stand in the file, and skips little that is
 * whole.
 */
#ifndef STORE_SALVAGE_WALK_H
#define STORE_SALVAGE_WALK_H

#include <stdbool.h>

#include "store/database.h"

#include "wattle/error.h"

/* What to walk over. */
struct salvage_table {
    const char *name;
    const char *columns; /* the key's one or two come first */
    const char *keys[2]; /* whole numbers; the second NULL = there is one */
};

/* Whether a table is there, and as wattle makes it: no view, for example. */
bool salvage_has_table(struct database *db, const char *name);

/* Takes a row; 0 or a status that ends the walk. */
typedef int (*salvage_take)(void *context, sqlite3_stmt *row);

/*
 * Walks over a table. A table that is not there, or not as wattle makes it, has
 * no rows. *n_damaged grows by one for that, and for each part that cannot be
 * read. 0 or a status.
 */
int salvage_walk(struct database *db, const struct salvage_table *table,
                 salvage_take take, void *context, uint64_t *n_damaged,
                 struct wattle_error *error);

#endif
