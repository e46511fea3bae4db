/*
 * text_sample.c - the first bytes of a file tell whether it can be text.
 *
 * Common files that are not are named, so that people know what to do.
 */
#include "formats/text_sample.h"

#include <stdbool.h>
#include <string.h>

static bool
starts_with(const struct format_sample *sample, const char *bytes, size_t len)
{
    return sample->len >= len && memcmp(sample->bytes, bytes, len) == 0;
}

const char *
text_sample_problem(const struct format_sample *sample)
{
    if (starts_with(sample, "\xff\xfe", 2) ||
        starts_with(sample, "\xfe\xff", 2))
        return "is UTF-16; save it as UTF-8";
    if (starts_with(sample, "SQLite format 3", 15))
        return "is a SQLite database, not CSV";
    if (starts_with(sample, "PK\003\004", 4))
        return "is a ZIP archive or an Excel file; save it as CSV";
    if (starts_with(sample, "\xd0\xcf\x11\xe0", 4))
        return "is an old Excel file; save it as CSV";
    if (memchr(sample->bytes, '\0', sample->len) != NULL)
        return "is not text (it holds zero bytes)";
    if (sample->len == 0)
        return "is empty";
    return NULL;
}

const char *
text_sample_hint(const struct format_sample *sample)
{
    size_t at = 0;
    while (at < sample->len &&
           strchr(" \t\r\n\xef\xbb\xbf", sample->bytes[at]) != NULL)
        at++;
    if (at == sample->len)
        return "";
    switch (sample->bytes[at]) {
    case '{':
    case '[':
        return "; it looks like JSON, which has to be turned into CSV";
    case '<':
        return "; it looks like XML or HTML, which has to be turned into CSV";
    default:
        return "";
    }
}
