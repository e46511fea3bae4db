/*
 * readings_plan.h - which conditions of a query the table `readings` takes
 * upon itself, and how SQLite hands them over.
 *
 * xBestIndex writes the conditions' names into idxStr, in the order of the
 * arguments of xFilter, and the columns used into idxNum; `EXPLAIN QUERY
 * PLAN` shows both. A condition that is not evaluated exactly for every row
 * only narrows what is read, and SQLite checks it again.
 */
#ifndef SQLEXT_READINGS_PLAN_H
#define SQLEXT_READINGS_PLAN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/measure.h"
#include "store/device_select.h"

enum readings_column {
    READINGS_DEVICE,
    READINGS_TIMESTAMP,
    READINGS_TIME,
    READINGS_VOLTAGE, /* + enum wattle_measure */
    READINGS_LOCAL_TIME = READINGS_VOLTAGE + MEASURE_N,
    READINGS_N_COLUMNS
};

/* idxNum: bits of the columns used, and this one. */
#define READINGS_PLAN_BY_TIME (1 << READINGS_N_COLUMNS) /* of one device */

/* What the estimates are made of. */
struct readings_sizes {
    double n_devices, n_readings;
};

/* The body of xBestIndex; a code of SQLite. */
int readings_plan_choose(sqlite3_index_info *info,
                         const struct readings_sizes *sizes);

/* The conditions with their values. */
struct readings_request {
    enum device_select_by devices_by;
    sqlite3_value *devices; /* borrowed from the arguments of xFilter */
    int64_t since_ms;       /* inclusive */
    int64_t until_ms;       /* exclusive */
};

/* From the arguments of xFilter. */
void readings_plan_read(const char *names, sqlite3_value **values,
                        struct readings_request *request);

#endif
