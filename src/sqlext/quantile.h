/*
 * quantile.h - the aggregates median(x) and percentile(x, p).
 */
#ifndef SQLEXT_QUANTILE_H
#define SQLEXT_QUANTILE_H

#include <sqlite3.h>

/* Adds them to a connection; an SQLite code. */
int quantile_register(sqlite3 *handle);

#endif
