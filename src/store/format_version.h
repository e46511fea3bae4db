/*
 * format_version.h - whose file it is, and of which format; from one to the
 * next.
 *
 * All functions that return int give 0, or a status with the error set:
 * WATTLE_ERR_FORMAT for a file that is refused.
 */
#ifndef STORE_FORMAT_VERSION_H
#define STORE_FORMAT_VERSION_H

#include "store/database.h"
#include "store/tables.h"

/* Whether a file has no content: new, or its first import was cut off. */
bool format_version_is_empty(struct database *db);

/*
 * Refuses, with words, a file that is not wattle's, that is of a newer or an
 * unknown format, or of an older one when it is only to be read. Nothing is
 * written.
 */
int format_version_refuse(struct database *db, enum database_mode mode,
                          const struct tables_format *format,
                          struct wattle_error *error);

/*
 * Refuses the main database of a connection that somebody else has opened when
 * it is not one of this program's format.
 */
int format_version_check(struct database *db, struct wattle_error *error);

/*
 * Looks once at what the file says its tables, indexes and views are: a view in
 * place of a table, or a table with another rule, would be computed with as if
 * it were ours, so it is refused. What somebody has added is left alone.
 */
int format_version_check_schema(struct database *db,
                                const struct tables_format *format,
                                struct wattle_error *error);

/*
 * Makes the tables of an empty file, or brings those of an older format to
 * this one: all in one transaction, or nothing.
 */
int format_version_settle(struct database *db, enum database_mode mode,
                          const struct tables_format *format,
                          struct wattle_error *error);

#endif
