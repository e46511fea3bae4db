/*
 * test_trace.c - a trace stays small, loses no time, and is well-formed.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stage_clock.h"
#include "base/trace.h"
#include "wattle/stdio.h"
#include "wattle/wattle.h"
#include "unit.h"

/* One block that reads for 3 us and decodes for 5 us; 2 us are nobody's. */
static void
add_block(struct stage_clock *clock, uint64_t n_bytes, uint64_t n_rows)
{
    clock->since_ns += 10000;
    clock->spent_ns[STAGE_READ] += 3000;
    clock->spent_ns[STAGE_DECODE] += 5000;
    clock->spent_ns[STAGE_OTHER] += 2000;
    stage_clock_cut(clock, n_bytes, n_rows);
}

static void
test_many_blocks_keep_their_sums(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(8);
    struct trace_track *track = trace_track(trace, 1);
    struct stage_clock clock = {.since_ns = trace->began_ns, .track = track};
    stage_clock_begin_group(&clock);
    for (uint64_t i = 1; i <= 1000; i++)
        add_block(&clock, i * 100, i * 7);
    assert_in_range(track->n_slices, 4, 8);
    struct trace_slice sum = {0};
    int64_t end_ns = trace->began_ns;
    for (size_t i = 0; i < track->n_slices; i++) {
        const struct trace_slice *slice = &track->slices[i];
        assert_value(slice->begin_ns, end_ns);
        end_ns = slice->end_ns;
        sum.n_blocks += slice->n_blocks;
        sum.n_bytes += slice->n_bytes;
        sum.n_rows += slice->n_rows;
        sum.spent_ns[STAGE_READ] += slice->spent_ns[STAGE_READ];
        sum.spent_ns[STAGE_DECODE] += slice->spent_ns[STAGE_DECODE];
    }
    assert_int_equal(sum.n_blocks, 1000);
    assert_int_equal(sum.n_bytes, 100000);
    assert_int_equal(sum.n_rows, 7000);
    assert_int_equal(sum.spent_ns[STAGE_READ], 3000000);
    assert_int_equal(sum.spent_ns[STAGE_DECODE], 5000000);
    assert_int_equal(track->n_dropped, 0);
    assert_int_equal(track->n_joined, 1000 - track->n_slices);
    wattle_trace_free(trace);
}

static void
test_lanes_are_not_joined(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(4);
    struct trace_track *track = trace_track(trace, 0);
    struct stage_clock clock = {.since_ns = trace->began_ns, .track = track};
    for (int i = 0; i < 10; i++) {
        stage_clock_begin_group(&clock);
        add_block(&clock, 100, 1);
    }
    assert_int_equal(track->n_slices, 4);
    assert_int_equal(track->n_dropped, 6);
    wattle_trace_free(trace);
}

static void
test_idle_slices_are_left_out(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(0);
    struct trace_track *track = trace_track(trace, 0);
    struct stage_clock clock = {.since_ns = trace->began_ns, .track = track};
    stage_clock_begin_group(&clock);
    clock.since_ns += 500;
    clock.spent_ns[STAGE_OTHER] += 500;
    stage_clock_cut(&clock, 0, 0);
    assert_int_equal(track->n_slices, 0);
    wattle_trace_free(trace);
}

/* What wattle_trace_write writes, on the heap. */
static char *
written(const struct wattle_trace *trace, const char *program)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_non_null(out);
    const struct wattle_writer to = wattle_stdio_writer(out);
    assert_int_equal(wattle_trace_write(trace, program, &to), WATTLE_OK);
    fclose(out);
    return text;
}

static void
test_too_many_and_too_deep_spans(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(20);
    for (int i = 0; i < 18; i++)
        wattle_trace_begin(trace, "deep");
    for (int i = 0; i < 18; i++)
        wattle_trace_end(trace);
    wattle_trace_end(trace); /* one too many */
    struct trace_track *track = trace_track(trace, 0);
    assert_int_equal(track->n_spans, TRACE_MAX_DEPTH);
    assert_int_equal(track->n_dropped, 2);
    for (int i = 0; i < 10; i++) {
        wattle_trace_begin(trace, "wide");
        wattle_trace_end(trace);
    }
    assert_int_equal(track->n_spans, 20);
    assert_int_equal(track->n_dropped, 8);
    char *text = written(trace, "test");
    assert_non_null(strstr(text, "\"dropped_spans\":8}"));
    free(text);
    wattle_trace_free(trace);
}

static void
test_names_are_escaped(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(0);
    wattle_trace_begin(trace, "a \"b\" \\ \n");
    char *text = written(trace, "p\"q");
    assert_non_null(strstr(text, "\"name\":\"a \\\"b\\\" \\\\ \\u000a\"}"));
    assert_non_null(strstr(text, "{\"name\":\"p\\\"q\"}"));
    free(text);
    wattle_trace_free(trace);
}

static void
test_tracks_are_in_order_and_kept(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(0);
    struct trace_track *two = trace_track(trace, 2);
    struct trace_track *zero = trace_track(trace, 0);
    struct trace_track *one = trace_track(trace, 1);
    assert_ptr_equal(trace->tracks, zero);
    assert_ptr_equal(zero->next, one);
    assert_ptr_equal(one->next, two);
    assert_ptr_equal(trace_track(trace, 2), two);
    wattle_trace_free(trace);
}

static void
test_samples_are_thinned(void **state)
{
    (void)state;
    struct wattle_trace *trace = wattle_trace_new(0);
    if (trace->statm_fd < 0) {
        wattle_trace_free(trace);
        skip();
    }
    struct trace_track *track = trace_track(trace, 0);
    struct stage_clock clock = {.since_ns = trace->began_ns, .track = track};
    stage_clock_begin_group(&clock);
    for (int i = 0; i < 3 * TRACE_MAX_SAMPLES; i++) {
        clock.since_ns += 10000000;
        stage_clock_cut(&clock, 0, 0);
    }
    assert_in_range(trace->n_samples, TRACE_MAX_SAMPLES / 2, TRACE_MAX_SAMPLES);
    assert_true(trace->samples[0].bytes > 0);
    for (size_t i = 1; i < trace->n_samples; i++)
        assert_true(trace->samples[i].time_ns > trace->samples[i - 1].time_ns);
    wattle_trace_free(trace);
}

static void
test_without_a_trace(void **state)
{
    (void)state;
    assert_null(trace_track(NULL, 0));
    wattle_trace_begin(NULL, "a");
    wattle_trace_end(NULL);
    wattle_trace_free(NULL);
    struct stage_clock clock = {0};
    stage_clock_begin_group(&clock);
    stage_clock_cut(&clock, 1, 1);
    stage_clock_cut(NULL, 1, 1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_many_blocks_keep_their_sums),
        cmocka_unit_test(test_lanes_are_not_joined),
        cmocka_unit_test(test_idle_slices_are_left_out),
        cmocka_unit_test(test_too_many_and_too_deep_spans),
        cmocka_unit_test(test_names_are_escaped),
        cmocka_unit_test(test_tracks_are_in_order_and_kept),
        cmocka_unit_test(test_samples_are_thinned),
        cmocka_unit_test(test_without_a_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
