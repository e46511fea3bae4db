/*
 * batch.h - storage for a batch of readings, and its builder.
 *
 * A batch has up to BATCH_ROWS rows. Value columns start at BATCH_PLACES
 * decimals; a row that needs more widens the whole batch to nine, so one
 * number of decimals holds for a column of a batch.
 */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/batch_view.h"

#define BATCH_ROWS   1024
#define BATCH_PLACES 3

/* What makes a power together. */
#define MEASURE_VIP                                                            \
    (MEASURE_BIT(WATTLE_VOLTAGE) | MEASURE_BIT(WATTLE_CURRENT) |               \
     MEASURE_BIT(WATTLE_POWER_FACTOR))

/* A reading needs a power, what makes one, or an energy of any kind. */
static inline bool
batch_is_measured(uint32_t presence)
{
    return (presence & (MEASURE_BIT(WATTLE_POWER) | MEASURE_ENERGIES)) != 0 ||
           (presence & MEASURE_VIP) == MEASURE_VIP;
}

struct batch {
    size_t n_rows;
    uint32_t columns;        /* measures that any row has */
    bool is_uniform;         /* every row has exactly `columns` */
    uint8_t places;          /* BATCH_PLACES or 9, of the unit they came in */
    uint8_t kilo[MEASURE_N]; /* 3 where values are in kilo units, else 0 */
    uint32_t device[BATCH_ROWS];
    int64_t time_ms[BATCH_ROWS];
    int64_t value[MEASURE_N][BATCH_ROWS];
    uint32_t presence[BATCH_ROWS];
    bool has_rounded;              /* any n_rounded is not zero */
    uint8_t n_rounded[BATCH_ROWS]; /* valid when has_rounded */
};

/* One reading with its values at nine places. */
struct batch_row {
    uint32_t device;
    uint32_t presence;
    int64_t time_ms;
    int64_t nano[MEASURE_N]; /* where present */
};

/*
 * Empties the batch for rows that have the given columns. kilo: as in the
 * batch; NULL = none.
 */
void batch_reset(struct batch *batch, uint32_t columns,
                 const uint8_t kilo[MEASURE_N]);

/* Puts nine-place values into row `at`, widening the batch if it must. */
void batch_set(struct batch *batch, size_t at, const struct batch_row *row);

/* Brings rows [from, to), still at BATCH_PLACES, to nine places. */
void batch_widen(struct batch *batch, size_t from, size_t to);

/* Reads row `at` back at nine places. */
void batch_get(const struct batch *batch, size_t at, struct batch_row *row);

/* Copies n rows, whose numbers ascend, to another batch, in place of its own.
 */
void batch_take(struct batch *to, const struct batch *from,
                const uint16_t *rows, size_t n);

/* Keeps n rows, whose numbers ascend; the others are dropped. */
void batch_keep(struct batch *batch, const uint16_t *rows, size_t n);

/* Values of all rows that had more than nine decimals. */
uint64_t batch_count_rounded(const struct batch *batch);

/* The batch as columns; valid until the batch changes. */
struct batch_view batch_view(const struct batch *batch);

#endif
