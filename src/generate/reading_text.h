/*
 * reading_text.h - one reading as a line of CSV, fast.
 *
 * Two digits at a time from tables; no division by anything but constants.
 * Read-only after init, shared by all threads.
 */
#ifndef GENERATE_READING_TEXT_H
#define GENERATE_READING_TEXT_H

#include <stdint.h>

#include "generate/home_model.h"
#include "generate/conditions.h"

/* The heading of every file. */
#define READING_TEXT_HEADING                                                   \
    "timestamp,device_id,voltage,current,power_factor\n"

/* Room needed for a line and for the bytes written past its end. */
enum { READING_TEXT_MAX = 64 };

struct reading_text {
    char pairs[200];         /* "00" to "99" */
    char fractions[1000][4]; /* thousandths without trailing zeros; length */
    unsigned id_digits;      /* 4 .. 8 */
};

void reading_text_init(struct reading_text *text, unsigned id_digits);

/*
 * Writes the line of device `number` (from 0) at `out`, which has room for
 * READING_TEXT_MAX bytes; returns the end of the line. `stamp` is that of the
 * conditions.
 */
char *reading_text_put(const struct reading_text *text, char *out,
                       const char stamp[CONDITIONS_STAMP_LEN], uint64_t number,
                       const struct home_reading *reading);

#endif
