/*
 * query_columns.h - the columns of a query's rows: one table for text, CSV
 * and JSON.
 */
#ifndef REPORT_QUERY_COLUMNS_H
#define REPORT_QUERY_COLUMNS_H

#include <stddef.h>

#include "wattle/query.h"

#define QUERY_MAX_COLUMNS 9

struct query_column {
    const char *name;    /* in CSV and JSON */
    const char *heading; /* in text */
    int places;          /* decimals in text */
    size_t offset;       /* of the double in struct wattle_query_figures */
};

/* The columns of figures that a query has, behind its readings; how many. */
size_t query_columns_of(const struct wattle_query *query,
                        struct query_column columns[QUERY_MAX_COLUMNS]);

/* A row's value of a column. */
double query_columns_value(const struct query_column *column,
                           const struct wattle_query_row *row);

#endif
