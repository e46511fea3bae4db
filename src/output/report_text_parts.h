/*
 * report_text_parts.h - what the files of the text report share: lines with a
 * label, and numbers as they look in them.
 */
#ifndef OUTPUT_REPORT_TEXT_PARTS_H
#define OUTPUT_REPORT_TEXT_PARTS_H

#include <stdint.h>

#include "base/civil_time.h"
#include "base/zone.h"
#include "base/number_text.h"
#include "output/text_canvas.h"
#include "wattle/result.h"

/* Columns of a label. */
#define REPORT_TEXT_LABEL 12

/* A label and a text, which goes on below itself where the width ends. */
void __attribute__((format(printf, 4, 5)))
report_text_line(const struct text_canvas *c, const char *name,
                 enum text_colour colour, const char *format, ...);

/* Decimals that a table of numbers up to `most` needs to tell them apart. */
int report_text_places(double most);

/* Each writes to `text` and returns it: a count with commas, */
const char *report_text_count(uint64_t value, char text[NUMBER_TEXT_SIZE]);
/* 2023-10-01 08:00, without seconds, */
const char *report_text_minute(const struct text_canvas *c, int64_t time_ms,
                               char text[ZONE_TEXT_SIZE]);
/* a number with the decimals that energies of its size have, */
const char *report_text_energy(double kwh, char text[NUMBER_TEXT_SIZE]);
/* and all decimals. */
const char *report_text_exactly(double value, char text[NUMBER_TEXT_SIZE]);

/* "s", but "" for one. */
const char *report_text_plural(uint64_t n);

/* report_text_quality.c: devices to look at, and what the data are like. */
void report_text_findings(const struct text_canvas *c,
                          const struct wattle_report_result *a);
void report_text_quality(const struct text_canvas *c,
                         const struct wattle_report_result *a);

#endif
