/*
 * test_sorted_totals.c - readings in any order come out sorted, the last of
 * equal ones kept, however small the runs are.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "generate/counter_hash.h"
#include "model/batch.h"
#include "run/sorted_totals.h"
#include "simd/kernels.h"
#include "unit.h"

enum { MAX_ROWS = 40000, N_DEVICES = 9, MAX_SPLITS = 4, MANY_SPLITS = 700 };

static uint64_t seed_counter;

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(41, seed_counter++) % limit);
}

/* ---- readings ---------------------------------------------------------- */

/* One reading of any kind, and its place in the input. */
struct reading {
    uint32_t device;
    uint32_t presence;
    uint8_t decimals;
    int64_t time_ms;
    int64_t value[MEASURE_N];
    size_t place;
};

/* A reading as a batch of one row; borrows the reading. */
static struct batch_view
view(const struct reading *r, bool by_presence)
{
    struct batch_view batch = {
        .n_rows = 1, .device = &r->device, .time_ms = &r->time_ms};
    if (by_presence)
        batch.presence = &r->presence;
    for (int c = 0; c < MEASURE_N; c++) {
        if (by_presence || (r->presence >> c & 1) != 0)
            batch.columns[c] = &r->value[c];
        batch.decimals[c] = r->decimals;
    }
    return batch;
}

/* Times are few, so that many readings share one. */
static void
random_reading(struct reading *r, size_t place, unsigned n_times)
{
    static const uint8_t kinds[] = {0x07, 0x07, 0x07, 0x08,
                                    0x0e, 0x10, 0x0f, 0x17};
    *r = (struct reading){.device = pick(N_DEVICES),
                          .presence = kinds[pick(8)],
                          .decimals = pick(5) == 0 ? 9 : 3,
                          .time_ms = INT64_C(1696118400000) +
                                     INT64_C(700001) * pick(n_times),
                          .place = place};
    for (int c = 0; c < MEASURE_N; c++) {
        unsigned max = c == WATTLE_POWER_FACTOR ? 1001 : 1000000;
        r->value[c] = (r->presence >> c & 1) != 0 ? pick(max) : 0;
    }
    if (r->decimals == 9)
        r->value[WATTLE_VOLTAGE] *= 1000003;
}

static int
compare_readings(const void *a, const void *b)
{
    const struct reading *x = a, *y = b;
    if (x->device != y->device)
        return x->device < y->device ? -1 : 1;
    if (x->time_ms != y->time_ms)
        return x->time_ms < y->time_ms ? -1 : 1;
    return x->place < y->place ? -1 : 1;
}

/* The expected totals, by the library's sort; returns the duplicates. */
static uint64_t
add_sorted(struct totals_set *set, struct reading *readings, size_t n)
{
    uint64_t n_duplicates = 0;
    qsort(readings, n, sizeof(*readings), compare_readings);
    for (size_t i = 0; i < n; i++) {
        const struct reading *r = &readings[i];
        if (i + 1 < n && r[1].device == r->device &&
            r[1].time_ms == r->time_ms) {
            n_duplicates++;
            continue;
        }
        struct batch_view batch = view(r, false);
        assert_int_equal(totals_set_add(set, &batch), 0);
    }
    return n_duplicates;
}

/* ---- comparing --------------------------------------------------------- */

static void
assert_same_totals(const struct device_totals *a, const struct device_totals *b)
{
    static const struct totals_extra nothing;
    const struct totals_extra *x = a->extra != NULL ? a->extra : &nothing;
    const struct totals_extra *y = b->extra != NULL ? b->extra : &nothing;
    assert_int_equal(a->n_readings, b->n_readings);
    assert_int_equal(a->last_ms, b->last_ms);
    assert_int_equal(a->last_nw, b->last_nw);
    assert_int_equal(a->min_nw, b->min_nw);
    assert_int_equal(a->max_nw, b->max_nw);
    assert_int_equal(a->n_gaps, b->n_gaps);
    assert_int_equal(a->n_efficiency, b->n_efficiency);
    assert_value(a->sum_nw, b->sum_nw);
    assert_value(a->energy, b->energy);
    assert_value(a->efficiency, b->efficiency);
    assert_value(x->efficiency, y->efficiency);
    assert_int_equal(x->n_wide, y->n_wide);
    assert_int_equal(x->n_energy, y->n_energy);
    assert_int_equal(int256_compare(x->sum, y->sum), 0);
    assert_int_equal(int256_compare(x->energy, y->energy), 0);
}

static void
assert_same_sets(struct totals_set *got, struct totals_set *wanted)
{
    totals_set_flush(got);
    totals_set_flush(wanted);
    assert_int_equal(got->n_disordered, 0);
    assert_int_equal(got->n_segments, 0);
    for (size_t d = 0; d < N_DEVICES; d++)
        assert_same_totals(&got->totals[d], &wanted->totals[d]);
    profile_finish(&got->profile);
    profile_finish(&wanted->profile);
    assert_int_equal(got->profile.n_days, wanted->profile.n_days);
    for (size_t i = 0; i < got->profile.n_days; i++) {
        const struct profile_day *a = &got->profile.days[i];
        const struct profile_day *b = &wanted->profile.days[i];
        assert_int_equal(a->day, b->day);
        assert_value(a->energy.units, b->energy.units);
        assert_value(a->energy.rest, b->energy.rest);
    }
}

/* ---- sorting ----------------------------------------------------------- */

struct job {
    size_t n_rows;
    unsigned n_times;
    size_t max_bytes; /* of memory for rows of a split */
    size_t n_splits;
    int n_threads;
    bool is_sorted; /* input in order of time, but for duplicates */
};

static struct reading readings[MAX_ROWS];

static void
make_readings(const struct job *job)
{
    for (size_t i = 0; i < job->n_rows; i++)
        random_reading(&readings[i], i, job->n_times);
    if (job->is_sorted) {
        qsort(readings, job->n_rows, sizeof(*readings), compare_readings);
        for (size_t i = 0; i < job->n_rows; i++)
            readings[i].place = i;
    }
}

/* Adds readings to a shuffle, in batches of a few; their number is returned. */
static size_t
add_some(struct shuffle *shuffle, const struct reading *from, size_t n,
         struct wattle_error *error, int *status)
{
    static struct batch batch;
    size_t n_rows = n < BATCH_ROWS ? n : 1 + pick(BATCH_ROWS);
    n_rows = n_rows < n ? n_rows : n;
    batch_reset(&batch, from[0].presence, NULL);
    for (size_t i = 0; i < n_rows; i++) {
        struct batch_row row = {.device = from[i].device,
                                .presence = from[i].presence,
                                .time_ms = from[i].time_ms};
        for (int c = 0; c < MEASURE_N; c++)
            row.nano[c] =
                from[i].value[c] * decimal_power_of_ten(9 - from[i].decimals);
        batch_set(&batch, i, &row);
        batch.n_rows = i + 1;
    }
    *status = shuffle_add(shuffle, &batch, error);
    return n_rows;
}

static struct shuffle *
gather(const struct reading *from, size_t n, size_t max_bytes)
{
    struct shuffle *shuffle = shuffle_new(kernels_for(0), max_bytes);
    int status = WATTLE_OK;
    assert_non_null(shuffle);
    for (size_t at = 0; at < n;) {
        at += add_some(shuffle, from + at, n - at, NULL, &status);
        assert_value(status, WATTLE_OK);
    }
    assert_int_equal(shuffle_finish(shuffle, NULL), 0);
    return shuffle;
}

/* Deals consecutive parts of the input to splits, and adds all up. */
static uint64_t
add_gathered(const struct job *job, struct totals_set *set)
{
    static const uint32_t same[N_DEVICES] = {0, 1, 2, 3, 4, 5, 6, 7, 8};
    struct shuffle *shuffles[MANY_SPLITS];
    struct shuffle_part parts[MANY_SPLITS];
    size_t at = 0;
    for (size_t k = 0; k < job->n_splits; k++) {
        size_t left = job->n_rows - at;
        size_t share = 2 * left / (job->n_splits - k);
        size_t n = k + 1 == job->n_splits ? left : pick((unsigned)share + 1);
        n = n < left ? n : left;
        shuffles[k] = gather(readings + at, n, job->max_bytes);
        parts[k] = (struct shuffle_part){shuffles[k], same, N_DEVICES};
        at += n;
    }
    static const uint8_t diverted[N_DEVICES]; /* none is for a meter */
    const struct sorted_totals sorted = {.parts = parts,
                                         .n_parts = job->n_splits,
                                         .n_devices = N_DEVICES,
                                         .diverted = diverted,
                                         .kernels = kernels_for(0),
                                         .n_threads = job->n_threads};
    struct sorted_counts counts;
    assert_int_equal(sorted_totals_add(&sorted, set, &counts, NULL), 0);
    for (size_t k = 0; k < job->n_splits; k++)
        shuffle_free(shuffles[k]);
    assert_value(counts.n_outside, (uint64_t)0);
    return counts.n_replaced;
}

static void
check_job(const struct job *job)
{
    struct totals_set got, wanted;
    totals_set_init(&got, 3600000, false);
    totals_set_init(&wanted, 3600000, false);
    assert_int_equal(totals_set_reserve(&got, N_DEVICES), 0);
    assert_int_equal(totals_set_reserve(&wanted, N_DEVICES), 0);
    make_readings(job);
    uint64_t n_duplicates = add_gathered(job, &got);
    assert_int_equal(n_duplicates, add_sorted(&wanted, readings, job->n_rows));
    assert_same_sets(&got, &wanted);
    totals_set_release(&got);
    totals_set_release(&wanted);
}

static void
small_runs_come_out_sorted(void **state)
{
    (void)state;
    static const size_t bytes[] = {0, 1, 4096, 20000, 1 << 20};
    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        for (size_t n_splits = 1; n_splits <= MAX_SPLITS; n_splits++) {
            struct job job = {1500,           400,  bytes[i], n_splits,
                              1 + (int)i % 3, false};
            check_job(&job);
        }
    }
}

static void
equal_times_keep_the_last_in_input_order(void **state)
{
    (void)state;
    for (unsigned n_times = 1; n_times < 40; n_times += 4) {
        struct job job = {900, n_times, 0, 1 + n_times % MAX_SPLITS, 2, false};
        check_job(&job);
    }
}

static void
borders_of_runs_lose_nothing(void **state)
{
    (void)state;
    for (size_t n = 0; n < 70; n++) {
        struct job job = {n, 50, 0, 1 + n % 2, 1, n % 3 == 0};
        check_job(&job);
    }
    for (size_t n = 9 * 1024 - 2; n < 9 * 1024 + 3; n++) {
        struct job job = {n, 100000, 1 << 24, 1, 1, false};
        check_job(&job);
    }
}

/* More runs than one merge holds, so that some are merged before; a spill. */
static void
many_runs_are_merged_in_groups(void **state)
{
    (void)state;
    struct job shuffled = {MAX_ROWS, 6000, 0, 2, 2, false};
    check_job(&shuffled);
    struct job sorted = {MAX_ROWS, 1000000, 5000, 3, 1, true};
    check_job(&sorted);
    /* a run or more of each device in each split: 700 overlap */
    struct job split = {MAX_ROWS, 6000, 0, MANY_SPLITS, 2, false};
    check_job(&split);
}

/* What totals hold of other devices stays as it is. */
static void
totals_of_others_stay(void **state)
{
    (void)state;
    struct totals_set got, wanted;
    totals_set_init(&got, 3600000, false);
    totals_set_init(&wanted, 3600000, false);
    assert_int_equal(totals_set_reserve(&got, N_DEVICES), 0);
    assert_int_equal(totals_set_reserve(&wanted, N_DEVICES), 0);
    struct job job = {3000, 500, 0, 2, 2, false};
    make_readings(&job);
    const size_t n_others = 1000;
    for (size_t i = 0; i < job.n_rows; i++)
        readings[i].device = i < n_others ? 0 : 1 + readings[i].device % 8;
    add_sorted(&got, readings, n_others);
    memmove(readings, readings + n_others,
            (job.n_rows - n_others) * sizeof(*readings));
    job.n_rows -= n_others;
    uint64_t n_duplicates = add_gathered(&job, &got);
    assert_value(n_duplicates, add_sorted(&wanted, readings, job.n_rows));
    totals_set_flush(&got);
    totals_set_flush(&wanted);
    assert_true(got.totals[0].n_readings > 0);
    for (size_t d = 1; d < N_DEVICES; d++)
        assert_same_totals(&got.totals[d], &wanted.totals[d]);
    totals_set_release(&got);
    totals_set_release(&wanted);
}

static void
nothing_in_is_nothing_out(void **state)
{
    (void)state;
    struct job empty = {0, 50, 0, 2, 2, false};
    check_job(&empty);
    empty.n_splits = 0;
    check_job(&empty);
}

static void
a_folder_without_room_is_an_error(void **state)
{
    (void)state;
    const char *old = getenv("TMPDIR");
    char *kept = old != NULL ? strdup(old) : NULL;
    struct wattle_error error = {0};
    struct shuffle *shuffle = shuffle_new(kernels_for(0), 0);
    assert_non_null(shuffle);
    assert_int_equal(setenv("TMPDIR", "/nonexistent/folder", 1), 0);
    int status = WATTLE_OK;
    for (size_t n = 0; n < 400000 && status == WATTLE_OK;) {
        for (size_t i = 0; i < 1000; i++)
            random_reading(&readings[i], i, 50000);
        n += add_some(shuffle, readings, 1000, &error, &status);
    }
    if (kept != NULL)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
    assert_int_equal(status, WATTLE_ERR_IO);
    assert_int_equal(error.code, WATTLE_ERR_IO);
    assert_non_null(strstr(error.message, "/nonexistent/folder"));
    shuffle_free(shuffle);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_runs_come_out_sorted),
        cmocka_unit_test(equal_times_keep_the_last_in_input_order),
        cmocka_unit_test(borders_of_runs_lose_nothing),
        cmocka_unit_test(many_runs_are_merged_in_groups),
        cmocka_unit_test(totals_of_others_stay),
        cmocka_unit_test(nothing_in_is_nothing_out),
        cmocka_unit_test(a_folder_without_room_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
