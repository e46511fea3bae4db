/*
 * report_output.h - a report in each format.
 *
 * All return 0, WATTLE_ERR_IO (the writer), WATTLE_ERR_MEMORY or, for text,
 * WATTLE_ERR_USAGE (the style).
 */
#ifndef OUTPUT_REPORT_OUTPUT_H
#define OUTPUT_REPORT_OUTPUT_H

#include <stdbool.h>

#include "wattle/report.h"

int report_text_write(const struct wattle_report_result *result,
                      const struct wattle_text_style *style,
                      const struct wattle_writer *to);
int report_json_write(const struct wattle_report_result *result,
                      bool with_timings, const struct wattle_writer *to);
int report_csv_write(const struct wattle_report_result *result,
                     const struct wattle_writer *to);

#endif
