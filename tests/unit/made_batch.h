/*
 * made_batch.h - a batch as callers hand it over, made from a view: columns in
 * a list, presence as a bit of each row.
 */
#ifndef TESTS_MADE_BATCH_H
#define TESTS_MADE_BATCH_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/batch_view.h"
#include "wattle/batch.h"

struct made_batch {
    struct wattle_batch batch; /* borrows the arrays of the view */
    struct wattle_column columns[MEASURE_N];
    uint8_t *validity[MEASURE_N];
};

/* Release it with free_made_batch. */
static inline struct made_batch *
make_batch(const struct batch_view *view)
{
    struct made_batch *made = calloc(1, sizeof(*made));
    wattle_batch_init(&made->batch);
    made->batch.n_rows = view->n_rows;
    made->batch.device = view->device;
    made->batch.time_ms = view->time_ms;
    made->batch.columns = made->columns;
    for (unsigned m = 0; m < MEASURE_N; m++) {
        if (view->columns[m] == NULL)
            continue;
        if (view->presence != NULL)
            made->validity[m] = calloc(1, view->n_rows / 8 + 1);
        for (size_t i = 0; i < view->n_rows && view->presence != NULL; i++) {
            if ((view->presence[i] & MEASURE_BIT(m)) != 0)
                made->validity[m][i / 8] |= (uint8_t)(1u << i % 8);
        }
        made->columns[made->batch.n_columns++] =
            (struct wattle_column){.measure = m,
                                   .decimals = view->decimals[m],
                                   .values = view->columns[m],
                                   .validity = made->validity[m]};
    }
    return made;
}

static inline void
free_made_batch(struct made_batch *made)
{
    for (unsigned m = 0; m < MEASURE_N; m++)
        free(made->validity[m]);
    free(made);
}

#endif
