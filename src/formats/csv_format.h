/*
 * csv_format.h - CSV with a header line, in any dialect of csv_dialect.c.
 *
 * Its recognition's dialect is a struct csv_schema.
 */
#ifndef FORMATS_CSV_FORMAT_H
#define FORMATS_CSV_FORMAT_H

#include "formats/format.h"

extern const struct format csv_format;

#endif
