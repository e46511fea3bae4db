/*
 * unit.h - what cmocka lacks: numbers of any type are compared, and both are
 * shown when they differ.
 */
#ifndef UNIT_UNIT_H
#define UNIT_UNIT_H

#include <stddef.h>

#include "base/wide_int.h"

/* The value as text. */
const char *unit_real(char text[64], double value);
const char *unit_whole(char text[64], int128 value);

#define UNIT_TEXT(text, value)                                                 \
    _Generic((value), double                                                   \
             : unit_real, float                                                \
             : unit_real, default                                              \
             : unit_whole)(text, value)

/* a == b, with their types' own comparison. */
#define assert_value(a, b)                                                     \
    do {                                                                       \
        __auto_type unit_a = (a);                                              \
        __auto_type unit_b = (b);                                              \
        if (!(unit_a == unit_b)) {                                             \
            char unit_text[2][64];                                             \
            print_error("%s is %s, not %s (%s)\n", #a,                         \
                        UNIT_TEXT(unit_text[0], unit_a),                       \
                        UNIT_TEXT(unit_text[1], unit_b), #b);                  \
            _fail(__FILE__, __LINE__);                                         \
        }                                                                      \
    } while (0)

#endif
