/*
 * format_list.c - the list of formats, and the choice of one.
 *
 * Every format looks at the sample; the surest one gets the text. When none can
 * read it, the message is that of the format it was most likely meant to be.
 */
#include "formats/format.h"

#include <string.h>

#include "base/error.h"
#include "formats/csv_format.h"

const struct format *const format_list[] = {&csv_format, NULL};

_Static_assert(sizeof(format_list) / sizeof(format_list[0]) <= FORMATS_MAX,
               "a worker has room for a decoder of each format");

size_t
format_number(const struct format *format)
{
    size_t i = 0;
    while (format_list[i] != format)
        i++;
    return i;
}

void
format_recognition_release(struct recognition *recognition)
{
    if (recognition->format != NULL && recognition->dialect != NULL)
        recognition->format->release_dialect(recognition->dialect);
    *recognition = (struct recognition){0};
}

bool
formats_take_name(const char *name, size_t len)
{
    for (size_t i = 0; format_list[i] != NULL; i++) {
        const char *end = format_list[i]->name_end;
        size_t end_len = strlen(end);
        if (len > end_len && memcmp(name + len - end_len, end, end_len) == 0)
            return true;
    }
    return false;
}

int
formats_recognise(const struct format_sample *sample,
                  const struct format_options *options,
                  struct recognition *found, struct wattle_error *error)
{
    int status = WATTLE_ERR_FORMAT, nearest = -1;
    *found = (struct recognition){0};
    for (size_t i = 0; format_list[i] != NULL; i++) {
        struct recognition own = {.format = format_list[i]};
        struct wattle_error why = {0};
        int result = format_list[i]->probe(sample, options, &own, &why);
        bool is_better =
            result == WATTLE_OK && own.certainty > found->certainty;
        bool is_nearer = result == WATTLE_ERR_FORMAT && status != WATTLE_OK &&
                         own.certainty > nearest;
        if (is_better) {
            format_recognition_release(found);
            *found = own;
            status = WATTLE_OK;
            continue;
        }
        if (is_nearer) {
            nearest = own.certainty;
            error_set(error, WATTLE_ERR_FORMAT, "%s", why.message);
        }
        format_recognition_release(&own);
        if (result == WATTLE_ERR_MEMORY) {
            format_recognition_release(found);
            return error_memory(error);
        }
    }
    return status;
}
