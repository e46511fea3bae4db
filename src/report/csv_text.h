/*
 * csv_text.h - one CSV field, quoted when it must be (RFC 4180).
 */
#ifndef REPORT_CSV_TEXT_H
#define REPORT_CSV_TEXT_H

#include <stddef.h>
#include <stdio.h>

void csv_text_put(FILE *out, const char *text, size_t len);

#endif
