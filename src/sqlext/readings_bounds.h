/*
 * readings_bounds.h - comparisons of time_ms and timestamp with a value, as
 * SQLite compares them, as limits of a range of times.
 */
#ifndef SQLEXT_READINGS_BOUNDS_H
#define SQLEXT_READINGS_BOUNDS_H

#include <sqlite3.h>
#include <stdint.h>

/*
 * Narrow [*since_ms, *until_ms) by "time_ms OP value": exactly. The range is
 * empty afterwards when the comparison is never true. op is
 * SQLITE_INDEX_CONSTRAINT_EQ, _LT, _LE, _GT or _GE.
 */
void readings_bounds_time(unsigned char op, sqlite3_value *value,
                          int64_t *since_ms, int64_t *until_ms);

/*
 * The same by "timestamp OP value", which compares texts byte by byte: to
 * whole seconds, so that some readings in the range may fail it.
 */
void readings_bounds_timestamp(unsigned char op, sqlite3_value *value,
                               int64_t *since_ms, int64_t *until_ms);

#endif
