/*
 * ladder_options.h - the switches of the ladder program.
 *
 * The first value of each enum is the plain way, as the Python monitor does
 * it, and the default; the last is the way wattle does it.
 */
#ifndef LADDER_OPTIONS_H
#define LADDER_OPTIONS_H

enum ladder_input { LADDER_INPUT_LINES, LADDER_INPUT_BLOCKS };
enum ladder_keep { LADDER_KEEP_ALL, LADDER_KEEP_BATCH };
enum ladder_time { LADDER_TIME_STRPTIME, LADDER_TIME_HAND, LADDER_TIME_MEMO };
enum ladder_number { LADDER_NUMBER_STRTOD, LADDER_NUMBER_HAND };
enum ladder_lookup {
    LADDER_LOOKUP_LINEAR,
    LADDER_LOOKUP_HASH,
    LADDER_LOOKUP_GUESS
};
enum ladder_layout { LADDER_LAYOUT_ROWS, LADDER_LAYOUT_COLUMNS };
enum ladder_efficiency {
    LADDER_EFFICIENCY_TRIGONOMETRY,
    LADDER_EFFICIENCY_IDENTITY,
    LADDER_EFFICIENCY_TABLE
};
enum ladder_passes { LADDER_PASSES_MANY, LADDER_PASSES_ONE };
enum ladder_sums {
    LADDER_SUMS_DOUBLE,
    LADDER_SUMS_COMPENSATED,
    LADDER_SUMS_INTEGER
};

struct ladder_options {
    const char *folder;
    int input, keep, time, number, lookup, layout, efficiency, passes, sums;
};

/* Reads the command line; ends the process when it is not understood. */
struct ladder_options ladder_options_read(int argc, char **argv);

/* One line on stderr, then the end of the process. */
__attribute__((noreturn, format(printf, 1, 2))) void ladder_options_fail(
    const char *format, ...);

#endif
