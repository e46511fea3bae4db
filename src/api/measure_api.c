/*
 * measure_api.c - the table of measures, for callers.
 *
 * The table is in model/measure.c. A number that it does not have gives NULL,
 * because a caller may be newer than the library.
 */
#include <stddef.h>

#include "model/measure.h"

const struct wattle_measure_info *
wattle_measure_info(unsigned measure)
{
    return measure < MEASURE_N ? &measure_table[measure] : NULL;
}
