/*
 * buckets_table.h - the table-valued function energy_buckets(device, since,
 * until, every): what a device used in each span of time, exactly.
 *
 * SQLite sees one row a bucket, where a GROUP BY over `readings` would see
 * every reading and could not split the energy between two buckets.
 */
#ifndef SQLEXT_BUCKETS_TABLE_H
#define SQLEXT_BUCKETS_TABLE_H

#include <sqlite3.h>

extern const sqlite3_module buckets_table_module;

#endif
