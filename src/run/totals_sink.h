/*
 * totals_sink.h - batches of a report become totals by device, after the rows
 * that the report is not about were taken out.
 */
#ifndef RUN_TOTALS_SINK_H
#define RUN_TOTALS_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "analytics/totals.h"
#include "run/scan_options.h"
#include "run/sink.h"
#include "sort/shuffle.h"

struct totals_sink {
    const struct scan_options *options;
    const struct kernels *kernels;
    const struct device_table *table; /* where devices are; or NULL */
    int n_threads; /* memory to sort is shared out among them */
    /* from the second scan on: devices whose rows are gathered */
    const struct registry *devices; /* numbers of `diverted` */
    const uint8_t *diverted;        /* [devices] enum divert; or NULL */
    bool is_fine;                   /* see totals_set.is_fine */
};

/* The state of a split. */
struct totals_split {
    const struct totals_sink *sink;
    struct sink_split split;
    struct totals_set totals;    /* by the split's numbers of devices */
    struct shuffle *gathered;    /* rows of diverted devices, or NULL */
    struct batch *diverted_rows; /* of a batch */
    bool saw_unknown;            /* a device that no earlier scan has seen */
    uint64_t n_outside;          /* gathered rows that are outside the range */
    /* by the split's numbers of devices */
    uint8_t *device_flags;
    size_t n_flags, flag_cap;
};

/* `sink` is a struct totals_sink, `state` a struct totals_split. */
extern const struct sink_ops totals_sink_ops;

#endif
