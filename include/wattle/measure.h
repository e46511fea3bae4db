/*
 * measure.h - what a value of a reading can be: a table that later versions
 * append to.
 *
 * The number of a measure never changes: databases hold it.
 */
#ifndef WATTLE_MEASURE_H
#define WATTLE_MEASURE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum wattle_measure {
    WATTLE_VOLTAGE,               /* RMS, V */
    WATTLE_CURRENT,               /* RMS, A */
    WATTLE_POWER_FACTOR,          /* -1 .. 1 */
    WATTLE_POWER,                 /* active power, W; negative = returned */
    WATTLE_ENERGY,                /* active energy of an interval, Wh */
    WATTLE_SPAN,                  /* length of the interval, s */
    WATTLE_ENERGY_RETURNED,       /* active energy fed back, Wh */
    WATTLE_ENERGY_TOTAL,          /* counter of active energy, Wh */
    WATTLE_ENERGY_RETURNED_TOTAL, /* counter of energy fed back, Wh */
    WATTLE_APPARENT_POWER,        /* VA */
    WATTLE_REACTIVE_POWER,        /* var */
    WATTLE_FREQUENCY,             /* Hz */
    WATTLE_N_MEASURES
};

/* When a value is true. */
enum wattle_measure_kind {
    WATTLE_LEVEL,    /* at the reading's time */
    WATTLE_INTERVAL, /* over the interval that begins at the reading's time */
    WATTLE_COUNTER,  /* a running total at the reading's time */
    WATTLE_ATTRIBUTE /* describes the reading itself */
};

/* What a column named `value` holds. */
enum wattle_value_kind {
    /*
     * As the file says; else power in W, which is counted as assumed. A file
     * whose units or device names speak against power is skipped.
     */
    WATTLE_VALUE_AUTO,
    WATTLE_VALUE_POWER_W,
    WATTLE_VALUE_POWER_KW,
    WATTLE_VALUE_ENERGY_WH, /* energy of the interval */
    WATTLE_VALUE_ENERGY_KWH,
    WATTLE_VALUE_COUNTER_WH, /* running total of energy */
    WATTLE_VALUE_COUNTER_KWH
};

/* What the power is between two readings. */
enum wattle_interpolation {
    WATTLE_LINEAR, /* a straight line; unknown when they are far apart */
    WATTLE_HOLD    /* that of the first, for 24 hours at most: for devices that
                      log a power only when it changes */
};

struct wattle_measure_info {
    const char *name; /* "voltage": the column of an export */
    const char *unit; /* "V"; "" = none */
    enum wattle_measure_kind kind;
    int64_t min_nano, max_nano; /* limits, in 1e-9 of the unit */
};

/*
 * Describes a measure; NULL for a number that this library does not know. The
 * numbers are 0, 1, 2, ... without holes. The result is constant, and later
 * versions may append members: do not copy it. Any thread may call it.
 */
const struct wattle_measure_info *wattle_measure_info(unsigned measure);

#ifdef __cplusplus
}
#endif

#endif
