/*
 * defects.h - which rows get which defect, and what a reader must find.
 *
 * Whether a row gets a defect is a pure function of the seed and the row. At
 * most one defect meets a row, so the counts of the truth are exact:
 *
 *     lines = readings + duplicates + rejects
 */
#ifndef GENERATE_DEFECTS_H
#define GENERATE_DEFECTS_H

#include <stdint.h>

#include "base/buffer.h"
#include "generate/row_plan.h"

enum defect {
    DEFECT_NONE,
    /* Lines a reader must reject. */
    DEFECT_MISSING_FIELDS,
    DEFECT_EXTRA_FIELDS,
    DEFECT_MISSING_VALUE,
    DEFECT_MISSING_DEVICE,
    DEFECT_BAD_NUMBER,
    DEFECT_BAD_DATE,
    DEFECT_BAD_POWER_FACTOR,
    DEFECT_NEGATIVE_CURRENT,
    /* Two lines for one reading; the second one counts. */
    DEFECT_DUPLICATE,
    /* Lines that are readings all the same. */
    DEFECT_QUOTED_FIELDS,
    DEFECT_QUOTED_NEWLINE, /* a device of its own, comma and newline in it */
    DEFECT_PADDED_FIELDS,
    DEFECT_CRLF_LINE,
    DEFECT_BLANK_LINE, /* a blank line after the row */
    N_ROW_DEFECTS,
    /* These do not belong to a single row. */
    DEFECT_OUT_OF_ORDER = N_ROW_DEFECTS,
    DEFECT_BYTE_ORDER_MARK,
    DEFECT_NO_LAST_NEWLINE,
    N_DEFECTS
};

struct defects {
    uint64_t key;
    uint32_t row_limit;     /* chances of 2^32 */
    uint32_t stretch_limit; /* for a stretch to be out of order */
};

/* How often each defect was put in, and the rows it was put into. */
struct defect_tally {
    uint64_t n_rows;
    uint64_t counts[N_DEFECTS];
};

/* share: 0 .. 0.5 of all rows. */
void defects_init(struct defects *defects, uint64_t seed, double share);

/*
 * The step whose reading the row at this place shows: another one where a
 * stretch of rows is out of order. Time runs backwards there: two stretches
 * have changed places.
 */
uint64_t defects_step(const struct defects *defects,
                      const struct row_plan *plan,
                      const struct row_place *place);

/*
 * The defect of a row that is in order, never DEFECT_OUT_OF_ORDER; *variant
 * is random and decides the details.
 */
enum defect defects_of_row(const struct defects *defects, uint64_t row,
                           uint32_t *variant);

/* Adds `from` to `to`. */
void defects_add_tally(struct defect_tally *to,
                       const struct defect_tally *from);

/* Appends truth.json; 0 or WATTLE_ERR_MEMORY. */
int defects_put_truth(const struct defect_tally *tally, uint64_t seed,
                      struct buffer *out);

#endif
