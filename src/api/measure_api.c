/*
 * measure_api.c - the table of measures, for callers.
 */
#include <stddef.h>

#include "model/measure.h"

const struct wattle_measure_info *
wattle_measure_info(unsigned measure)
{
    return measure < MEASURE_N ? &measure_table[measure] : NULL;
}
