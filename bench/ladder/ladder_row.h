/*
 * ladder_row.h - one line to one row.
 *
 * A row is a timestamp "2023-01-01 08:00:00", an id without quotes of at most
 * 23 bytes, and voltage, current and power factor with at most three
 * decimals. Values are doubles, or whole thousandths when sums are integers.
 */
#ifndef LADDER_ROW_H
#define LADDER_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "ladder_options.h"

#define LADDER_ID_BYTES 24

enum { LADDER_VOLTAGE, LADDER_CURRENT, LADDER_FACTOR, LADDER_VALUES };

/* A double, or an integer: the option "sums" says which. */
union ladder_value {
    double real;
    int64_t whole;
};

struct ladder_row {
    int64_t time_s;               /* since 1970 */
    char device[LADDER_ID_BYTES]; /* padded with zero bytes */
    union ladder_value values[LADDER_VALUES];
};

struct ladder_row_parser {
    int time;   /* enum ladder_time */
    int number; /* enum ladder_number */
    bool wants_whole;
    char date[10]; /* the date before, and its day */
    int64_t day;
    uint64_t n_dates, n_known_dates;
};

void ladder_row_parser_init(struct ladder_row_parser *parser,
                            const struct ladder_options *options);

/* False when the line is no such row. */
bool ladder_row_parse(struct ladder_row_parser *parser, const char *line,
                      struct ladder_row *row);

#endif
