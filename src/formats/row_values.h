/*
 * row_values.h - the fields of a record to a reading, or to the reason why
 * it is none.
 */
#ifndef FORMATS_ROW_VALUES_H
#define FORMATS_ROW_VALUES_H

#include "formats/local_clock.h"
#include "formats/record_parser.h"
#include "model/registry.h"
#include "model/batch.h"

#define ROW_IS_READING (-1)

struct row_values {
    struct batch_row row; /* but for its device number */
    const char *device;   /* in the parser's field, trimmed */
    size_t device_len;
    char device_text[REGISTRY_MAX_ID]; /* an id that was not UTF-8 */
    unsigned n_rounded;                /* values with more than nine places */
    bool has_local_time;               /* the time had no offset */
    bool is_local; /* and row.time_ms is to be resolved by the clock */
};

/*
 * Judges a complete record that is not empty. clock: for times without an
 * offset; NULL = they are UTC. Returns ROW_IS_READING, or an
 * enum wattle_reason: the first that applies, in the order fields, time,
 * device, voltage, current, power factor, power or value.
 */
int row_values_read(const struct record_parser *parser,
                    struct local_clock *clock, struct row_values *values);

/*
 * Reads the device of a record that was rejected for that reason; false when
 * none can be made out.
 */
bool row_values_find_device(const struct record_parser *parser, int reason,
                            struct row_values *values);

#endif
