/*
 * ladder_answer.h - the answer as JSON on stdout, with hit rates and times.
 */
#ifndef LADDER_ANSWER_H
#define LADDER_ANSWER_H

#include "ladder_tally.h"

/* Times are negative where loading and analytics are one. */
void ladder_answer_print(const struct ladder_tally *tally,
                         const struct ladder_row_parser *parser, double load_s,
                         double analytics_s);

#endif
