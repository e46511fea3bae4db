/*
 * report_scan.h - the data of a report over files and batches.
 */
#ifndef RUN_REPORT_SCAN_H
#define RUN_REPORT_SCAN_H

#include "run/report_data.h"
#include "run/scan.h"

/* What is asked for; all is borrowed. */
struct report_scan {
    const struct scan_options *options;
    struct source_list *sources; /* not prepared */
    const struct registry *caller_devices;
    const struct device_table *table; /* where devices are; or NULL */
    struct scan_progress *progress;
};

/*
 * Scans the sources until the totals are right. *data is zeroed but for the
 * visitor of rejects. 0, or the status of the first failure.
 */
int report_scan_run(const struct report_scan *report, struct report_data *data,
                    struct wattle_error *error);

#endif
