/*
 * trace_json.c - a trace as JSON in the Trace Event Format.
 *
 * Events of a thread come in order of begin, an enclosing one before what it
 * encloses. Of a slice only the sums by stage are known, so its stages are
 * laid end to end from its begin, in the order in which a block passes them.
 * Times are microseconds since the trace began, with nanoseconds behind the
 * point.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/trace.h"
#include "output/text_out.h"
#include "output/trace_json.h"
#include "wattle/error.h"
#include "wattle/version.h"

static const char *const stage_names[N_STAGES] = {
    [STAGE_OPEN] = "open",      [STAGE_READ] = "read",
    [STAGE_SPLIT] = "split",    [STAGE_DECODE] = "decode",
    [STAGE_LOOKUP] = "look up", [STAGE_TOTALS] = "totals",
    [STAGE_MERGE] = "merge",    [STAGE_MAKE] = "make",
    [STAGE_PACK] = "pack",      [STAGE_WRITE] = "write",
};

struct trace_writer {
    const struct wattle_trace *trace;
    struct text_out *out;
    int64_t now_ns;
    unsigned thread; /* as written; 0 would mean the idle task to viewers */
};

static void
put_micros(struct text_out *out, const char *key, int64_t ns)
{
    text_out_printf(out, ",\"%s\":%" PRId64 ".%03" PRId64, key, ns / 1000,
                    ns % 1000);
}

/* An event up to its name; the caller goes on behind it. */
static void
put_event(const struct trace_writer *w, const char *kind, const char *category,
          int64_t begin_ns, int64_t end_ns)
{
    text_out_printf(w->out, ",\n{\"ph\":\"%s\",\"pid\":1,\"tid\":%u", kind,
                    w->thread);
    put_micros(w->out, "ts", begin_ns - w->trace->began_ns);
    if (kind[0] == 'X')
        put_micros(w->out, "dur", end_ns - begin_ns);
    text_out_printf(w->out, ",\"cat\":\"%s\",\"name\":", category);
}

static void
put_span(const struct trace_writer *w, const struct trace_span *span)
{
    int64_t end_ns = span->end_ns != 0 ? span->end_ns : w->now_ns;
    put_event(w, "X", "span", span->begin_ns, end_ns);
    text_out_json(w->out, span->name);
    if (span->number != 0)
        text_out_printf(w->out, ",\"args\":{\"number\":%" PRIu64 "}",
                        span->number);
    text_out_byte(w->out, '}');
}

static void
put_slice(const struct trace_writer *w, const struct trace_slice *slice)
{
    if (slice->n_bytes != 0 || slice->n_rows != 0) {
        put_event(w, "X", "block", slice->begin_ns, slice->end_ns);
        text_out_printf(w->out,
                        "\"block\",\"args\":{\"blocks\":%" PRIu32
                        ",\"bytes\":%" PRIu64 ",\"rows\":%" PRIu64 "}}",
                        slice->n_blocks, slice->n_bytes, slice->n_rows);
    }
    int64_t at_ns = slice->begin_ns;
    for (int i = STAGE_OTHER + 1; i < N_STAGES; i++) {
        if (slice->spent_ns[i] <= 0)
            continue;
        put_event(w, "X", "stage", at_ns, at_ns + slice->spent_ns[i]);
        text_out_printf(w->out, "\"%s\"}", stage_names[i]);
        at_ns += slice->spent_ns[i];
    }
}

static void
put_track(struct trace_writer *w, const struct trace_track *track)
{
    w->thread = track->number + 1;
    text_out_printf(
        w->out,
        ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":\"thread_name\","
        "\"args\":{\"name\":",
        w->thread);
    if (track->number == 0)
        text_out_text(w->out, "\"main\"}}");
    else
        text_out_printf(w->out, "\"worker %u\"}}", track->number);
    text_out_printf(w->out,
                    ",\n{\"ph\":\"M\",\"pid\":1,\"tid\":%u,\"name\":"
                    "\"thread_sort_index\",\"args\":{\"sort_index\":%u}}",
                    w->thread, track->number);
    size_t s = 0;
    for (size_t i = 0; i < track->n_slices; i++) {
        while (s < track->n_spans &&
               track->spans[s].begin_ns <= track->slices[i].begin_ns)
            put_span(w, &track->spans[s++]);
        put_slice(w, &track->slices[i]);
    }
    while (s < track->n_spans)
        put_span(w, &track->spans[s++]);
}

static void
put_memory(struct trace_writer *w)
{
    const struct wattle_trace *trace = w->trace;
    w->thread = 1;
    for (size_t i = 0; i < trace->n_samples; i++) {
        const struct trace_sample *sample = &trace->samples[i];
        put_event(w, "C", "memory", sample->time_ns, 0);
        text_out_printf(w->out,
                        "\"memory\",\"args\":{\"resident_bytes\":%" PRIu64 "}}",
                        sample->bytes);
    }
}

int
trace_json_write(const struct wattle_trace *trace, const char *program,
                 const struct wattle_writer *to)
{
    struct text_out text;
    struct trace_writer w = {trace, &text, stage_now_ns(), 0};
    text_out_init(&text, to);
    uint64_t n_joined = 0, n_dropped = 0;
    for (const struct trace_track *t = trace->tracks; t != NULL; t = t->next) {
        n_joined += t->n_joined;
        n_dropped += t->n_dropped;
    }
    text_out_printf(
        &text,
        "{\"displayTimeUnit\":\"ms\",\"otherData\":{\"version\":"
        "\"wattle " WATTLE_VERSION "\",\"joined_blocks\":%" PRIu64
        ",\"dropped_spans\":%" PRIu64 "},\n\"traceEvents\":[\n"
        "{\"ph\":\"M\",\"pid\":1,\"name\":\"process_name\",\"args\":"
        "{\"name\":",
        n_joined, n_dropped);
    text_out_json(&text, program);
    text_out_text(&text, "}}");
    for (const struct trace_track *t = trace->tracks; t != NULL; t = t->next)
        put_track(&w, t);
    put_memory(&w);
    text_out_text(&text, "\n]}\n");
    return text_out_finish(&text);
}
