/*
 * readings_csv.h - readings as CSV that can be read back, decimal for decimal.
 */
#ifndef OUTPUT_READINGS_CSV_H
#define OUTPUT_READINGS_CSV_H

#include <stdbool.h>
#include <stdint.h>

#include "output/text_out.h"
#include "model/batch_view.h"

/*
 * The header for these columns, bits (1 << enum wattle_measure). An empty
 * energy_wh column, which lets rows differ, is added when not every reading
 * has all the others.
 */
void readings_csv_header(struct text_out *out, unsigned columns, bool has_gaps);

/* Rows of one device, under that header. */
void readings_csv_rows(struct text_out *out, unsigned columns, bool has_gaps,
                       const char *id, const struct batch_view *batch);

#endif
