/*
 * trace.h - what ran when and on which thread, for a timeline. What is in this
 * folder may change with any version of the library.
 *
 *     struct wattle_trace *trace = wattle_trace_new(0);
 *     tuning.trace = trace;          see tuning.h
 *     options.tuning = &tuning;      of a report or an import
 *     wattle_report_run(report, &error);
 *     wattle_trace_write(trace, "my program", file);
 *     wattle_trace_free(trace);
 *
 * What is written is the Trace Event Format, JSON that Perfetto
 * (ui.perfetto.dev) opens: for each thread its scans and splits, in them the
 * blocks of input, in each block one event for each stage; and the memory of
 * the process over time.
 *
 * A trace has a hard maximum. When a thread has more blocks than that,
 * neighbouring blocks are put together two by two; sums by stage stay exact.
 * Nothing is written before wattle_trace_write. Without a trace a report
 * spends nothing on it.
 *
 * A trace serves one report or import at a time, and its functions
 * belong to the thread that runs it.
 */
#ifndef WATTLE_EXPERIMENTAL_TRACE_H
#define WATTLE_EXPERIMENTAL_TRACE_H

#include <stddef.h>

#include "wattle/error.h"
#include "wattle/writer.h"

#ifdef __cplusplus
extern "C" {
#endif

struct wattle_trace;

/*
 * An empty trace; its clock begins now. max_blocks is how many blocks, and
 * how many other spans, are kept for each thread: 0 = 4,096, at least 4.
 * NULL when out of memory.
 */
struct wattle_trace *wattle_trace_new(size_t max_blocks);

/*
 * A span of the caller's own around or beside those of the library; spans
 * nest, up to 16 deep. The name is borrowed until wattle_trace_free. A NULL
 * trace is harmless in both.
 */
void wattle_trace_begin(struct wattle_trace *trace, const char *name);
void wattle_trace_end(struct wattle_trace *trace);

/*
 * Writes the trace as one JSON object; spans still open end now. `program`
 * is shown as the process's name. WATTLE_OK, or WATTLE_ERR_IO when the
 * writer fails. To be called when nothing runs.
 */
int wattle_trace_write(const struct wattle_trace *trace, const char *program,
                       const struct wattle_writer *out);

/*
 * A file for a trace, opened before the work and written after it. It must be
 * new, empty, or a trace; and none of `others`, which are the files and the
 * databases that the run reads or writes, whatever their names are.
 */
struct wattle_trace_file;

/*
 * Opens it and leaves what is in it. WATTLE_OK, WATTLE_ERR_USAGE (it holds
 * something else), WATTLE_ERR_IO or WATTLE_ERR_MEMORY; *file is NULL then.
 */
int wattle_trace_file_open(struct wattle_trace_file **file, const char *path,
                           const char *const *others, size_t n_others,
                           struct wattle_error *error);

/*
 * Writes the trace, unless it is NULL, and closes the file in any case.
 * WATTLE_OK, WATTLE_ERR_USAGE (something else went there meanwhile) or
 * WATTLE_ERR_IO.
 */
int wattle_trace_file_close(struct wattle_trace_file *file,
                            const struct wattle_trace *trace,
                            const char *program, struct wattle_error *error);

/* Frees it; NULL is harmless. */
void wattle_trace_free(struct wattle_trace *trace);

#ifdef __cplusplus
}
#endif

#endif
