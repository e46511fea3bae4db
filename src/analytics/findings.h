/*
 * findings.h - devices that somebody should look at: silent, never seen, stuck,
 * above their rating, with many rejected lines, and the like.
 */
#ifndef ANALYTICS_FINDINGS_H
#define ANALYTICS_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "analytics/totals.h"
#include "model/device_table.h"
#include "model/selection.h"
#include "wattle/result.h"

/* Findings, and pointers to them for the result. Zeros are none. */
struct findings {
    struct wattle_finding *items;
    size_t n, cap;
    const struct wattle_finding **list; /* [n], then NULL */
};

struct findings_input {
    const struct wattle_report_result *result;
    const struct device_table *table;
    const struct selection *selection;
    const struct registry *devices;
    const struct totals_set *totals; /* by their numbers */
    const bool *is_seen; /* [devices] has a reading at any time; NULL = all */
    const uint64_t *n_rejects; /* [devices] lines that name it; NULL = none */
};

/*
 * Looks at the devices of a result, and at those of the table that are wanted
 * and have no reading. Texts are borrowed from both. 0 or WATTLE_ERR_MEMORY;
 * release them in any case.
 */
int findings_make(struct findings *findings,
                  const struct findings_input *input);
void findings_release(struct findings *findings);

#endif
