/*
 * info_output.h - what is in a database, as text and as JSON.
 *
 * Both return 0 or WATTLE_ERR_IO (the writer).
 */
#ifndef OUTPUT_INFO_OUTPUT_H
#define OUTPUT_INFO_OUTPUT_H

#include "wattle/maintain.h"

/* top: devices listed. */
int info_text_write(const struct wattle_info *info, int top,
                    const struct wattle_writer *to);
int info_json_write(const struct wattle_info *info,
                    const struct wattle_writer *to);

#endif
