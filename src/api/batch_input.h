/*
 * batch_input.h - a caller's batch, checked, in pieces that rooms work with.
 */
#ifndef API_BATCH_INPUT_H
#define API_BATCH_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "model/batch.h"
#include "wattle/batch.h"
#include "wattle/error.h"

/* The most rows of a piece. */
#define BATCH_INPUT_ROWS ((size_t)BATCH_ROWS)

struct batch_input {
    struct wattle_batch given;
    const struct wattle_column *column[MEASURE_N]; /* NULL = not given */
    uint32_t measures;                             /* those given */
    uint32_t presence[BATCH_INPUT_ROWS];           /* of the present piece */
};

/*
 * Takes a batch, which stays the caller's, and checks every row of it: device
 * numbers are below n_devices, times and values within their limits, and each
 * row is a reading. 0 or WATTLE_ERR_USAGE.
 */
int batch_input_open(struct batch_input *input,
                     const struct wattle_batch *batch, size_t n_devices,
                     struct wattle_error *error);

/* Rows [first, first + n), n <= BATCH_INPUT_ROWS; valid until the next call. */
struct batch_view batch_input_piece(struct batch_input *input, size_t first,
                                    size_t n);

/* Takes a piece, which is valid during the call. 0 or a status. */
typedef int (*batch_input_take)(void *context, const struct batch_view *piece,
                                struct wattle_error *error);

/*
 * Hands on all rows, piece by piece. 0, or the status of `take` that has ended
 * it.
 */
int batch_input_each(struct batch_input *input, batch_input_take take,
                     void *context, struct wattle_error *error);

#endif
