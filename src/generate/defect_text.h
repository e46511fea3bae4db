/*
 * defect_text.h - turns a clean line into a damaged one.
 */
#ifndef GENERATE_DEFECT_TEXT_H
#define GENERATE_DEFECT_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "generate/defects.h"

/* Room needed for what becomes of one line. */
enum { DEFECT_TEXT_MAX = 128 };

/*
 * Writes what `line` (a clean line of len bytes with its newline) becomes
 * under a defect of a single row other than DEFECT_DUPLICATE; returns the end
 * of the text. `out` has room for DEFECT_TEXT_MAX bytes.
 */
char *defect_text_put(char *out, enum defect defect, uint32_t variant,
                      const char *line, size_t len);

#endif
