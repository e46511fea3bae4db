/*
 * trace_json.h - a trace in the Trace Event Format, which browsers show.
 */
#ifndef OUTPUT_TRACE_JSON_H
#define OUTPUT_TRACE_JSON_H

#include "wattle/experimental/trace.h"
#include "wattle/writer.h"

/* 0 or WATTLE_ERR_IO (the writer). */
int trace_json_write(const struct wattle_trace *trace, const char *program,
                     const struct wattle_writer *to);

#endif
