/*
 * sql_table.h - what the virtual tables have in common: the connection that
 * they are on, read as a wattle database, and their errors.
 */
#ifndef SQLEXT_SQL_TABLE_H
#define SQLEXT_SQL_TABLE_H

#include <sqlite3.h>

#include "store/database.h"
#include "wattle/error.h"

struct sql_table {
    sqlite3_vtab base;  /* first: SQLite knows the table by it */
    struct database db; /* the handle is borrowed */
};

/*
 * The beginning of xConnect: declares the columns. The schema "main" must be
 * a wattle database. An SQLite code; *message is set as xConnect wants it.
 */
int sql_table_open(struct sql_table *table, sqlite3 *handle,
                   const char *declaration, char **message);

/*
 * To be called before the store is asked, and after. A file, or a program, may
 * have put a view over this table in place of one that the store reads: then it
 * would ask itself, without end. SQLITE_OK, or a code with the message set.
 */
int sql_table_enter(sqlite3_vtab *table);
void sql_table_leave(void);

/* Frees what is inside. */
void sql_table_release(struct sql_table *table);

/*
 * Sets the table's message and returns SQLite's code. device: the id of the
 * device that was being read, or NULL.
 */
int sql_table_fail(sqlite3_vtab *table, const char *device,
                   const struct wattle_error *error);

#endif
