/*
 * report_tables.h - the lists of a report as tables.
 *
 * Each list has one table, whatever the format; the figures that they share
 * are listed once, in report_tables.c.
 */
#ifndef OUTPUT_REPORT_TABLES_H
#define OUTPUT_REPORT_TABLES_H

#include "output/result_table.h"
#include "wattle/report.h"

enum report_list {
    REPORT_DEVICES,
    REPORT_LOCATIONS,
    REPORT_HOURS,
    REPORT_DAYS,
    REPORT_FINDINGS,
    REPORT_FIRST_REJECTS,
    REPORT_SKIPPED_FILES,
    REPORT_N_LISTS
};

#define REPORT_MAX_COLUMNS 24

/* A list that is walked through; the result is borrowed. */
struct report_table {
    struct result_table base;
    const struct wattle_report_result *result;
    enum report_list list;
    size_t n_rows, next_row;
    struct result_value row[REPORT_MAX_COLUMNS];
};

/* Begins at the first row; the table must not be moved. */
void report_table_init(struct report_table *table, enum report_list list,
                       const struct wattle_report_result *result);

/* The figures of a whole report, of part 0 = struct wattle_figures. */
extern const struct result_column report_figures[];
extern const size_t report_n_figures;

#endif
