/*
 * readings_table.h - the virtual table `readings`: every reading of the
 * database as a row.
 *
 * It is there by its name alone, without CREATE VIRTUAL TABLE, and reads the
 * schema "main" of its connection. A row is known by device and time.
 */
#ifndef SQLEXT_READINGS_TABLE_H
#define SQLEXT_READINGS_TABLE_H

#include <sqlite3.h>

extern const sqlite3_module readings_table_module;

#endif
