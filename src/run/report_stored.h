/*
 * report_stored.h - the data of a report, from a database.
 */
#ifndef RUN_REPORT_STORED_H
#define RUN_REPORT_STORED_H

#include "model/device_table.h"
#include "run/report_data.h"
#include "wattle/error.h"

/* What is asked for; all is borrowed. */
struct report_stored {
    const struct scan_options *options;
    const char *database;
    struct source_list *sources; /* gets the files that were imported */
    struct device_table *table;  /* gets what is known of devices; or NULL */
    const struct device_table *known; /* where devices are, after that */
};

/*
 * Fills the data as report_scan_run does. *data is zeroed but for the visitor
 * of rejects. 0 or the status of the first failure.
 */
int report_stored_run(const struct report_stored *report,
                      struct report_data *data, struct wattle_error *error);

#endif
