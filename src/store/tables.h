/*
 * tables.h - the SQL that makes a database; docs/format.md explains it.
 */
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

/* Statements that make the tables of DATABASE_VERSION, in an empty file. */
extern const char tables_sql[];

/* Views for people and other programs; made anew with every version. */
extern const char tables_views_sql[];

/* For each version n > 1: from n - 1 to n; [0] and [1] are unused. */
extern const char *const tables_upgrades[];

#endif
