/*
 * test_aggregates.c - aggregates go with the totals wherever these go.
 *
 * The list of aggregates in this file takes the place of aggregate_list.c.
 * One counts and does not mind the order; the other sees what follows what,
 * so a segment that is lost, taken twice or joined in the wrong order shows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analytics/totals.h"
#include "base/byte_io.h"
#include "made_batch.h"
#include "made_rows.h"
#include "store/database_open.h"
#include "store/totals_reader.h"
#include "unit.h"
#include "wattle/import.h"
#include "wattle/maintain.h"

/* ---- two aggregates ------------------------------------------------------ */

/* Readings of no power. */
static void
count_zeros(void *state, const struct aggregate_rows *rows)
{
    uint64_t *n_zeros = state;
    for (size_t i = 0; i < rows->n; i++)
        *n_zeros += rows->power_nw[i] == 0;
}

static void
join_zeros(void *state, const void *later)
{
    *(uint64_t *)state += *(const uint64_t *)later;
}

static size_t
encode_zeros(const void *state, uint8_t *to)
{
    return (size_t)(byte_put_count(to, *(const uint64_t *)state) - to);
}

static bool
decode_zeros(void *state, const uint8_t *from, size_t len)
{
    struct byte_reader in = {from, from + len, false};
    *(uint64_t *)state = byte_get_count(&in);
    return !in.failed && in.at == in.end;
}

static bool
are_zeros_plausible(const void *state, const struct aggregate_span *span)
{
    return *(const uint64_t *)state <= span->n_readings;
}

static const struct aggregate zeros = {
    "zeros",    16,           sizeof(uint64_t), count_zeros,
    join_zeros, encode_zeros, decode_zeros,     are_zeros_plausible};

/* How often a device goes from no power to some: its order matters. */
struct starts {
    uint64_t n_starts;
    int64_t first_ms, last_ms;
    uint8_t is_used, begins_on, ends_on;
};

static void
count_starts(void *state, const struct aggregate_rows *rows)
{
    struct starts *s = state;
    for (size_t i = 0; i < rows->n; i++) {
        uint8_t is_on = rows->power_nw[i] != 0;
        if (!s->is_used) {
            *s = (struct starts){0, rows->time_ms[i], 0, 1, is_on, is_on};
        } else {
            assert_true(rows->time_ms[i] > s->last_ms);
            s->n_starts += is_on && !s->ends_on;
        }
        s->ends_on = is_on;
        s->last_ms = rows->time_ms[i];
    }
}

static void
join_starts(void *state, const void *later)
{
    struct starts *s = state;
    const struct starts *b = later;
    assert_true(s->is_used && b->is_used && b->first_ms > s->last_ms);
    s->n_starts += b->n_starts + (b->begins_on && !s->ends_on);
    s->ends_on = b->ends_on;
    s->last_ms = b->last_ms;
}

static size_t
encode_starts(const void *state, uint8_t *to)
{
    memcpy(to, state, sizeof(struct starts));
    return sizeof(struct starts);
}

static bool
decode_starts(void *state, const uint8_t *from, size_t len)
{
    if (len == sizeof(struct starts))
        memcpy(state, from, len);
    return len == sizeof(struct starts);
}

static bool
are_starts_plausible(const void *state, const struct aggregate_span *span)
{
    const struct starts *s = state;
    return s->n_starts < span->n_readings && s->first_ms == span->first_ms &&
           s->last_ms == span->last_ms;
}

static const struct aggregate starts = {"starts",
                                        17,
                                        sizeof(struct starts),
                                        count_starts,
                                        join_starts,
                                        encode_starts,
                                        decode_starts,
                                        are_starts_plausible};

static bool is_listed = true;

const struct aggregate_list *
aggregate_list(void)
{
    static const struct aggregate *const items[] = {&zeros, &starts};
    static const struct aggregate_list both = {items, 2}, none = {NULL, 0};
    return is_listed ? &both : &none;
}

/* ---- what they come to ----------------------------------------------------
 */

/* As plain as can be: over the rows of a device in order of time. */
static void
assert_states(const struct rows *rows, uint32_t device,
              const struct totals_first *first)
{
    uint64_t n_zeros = 0, n_starts = 0, n = 0;
    int64_t before = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->device[i] != device)
            continue;
        int64_t power = rows->value[WATTLE_POWER][i];
        n_zeros += power == 0;
        n_starts += n > 0 && before == 0 && power != 0;
        before = power;
        n++;
    }
    if (n == 0) {
        assert_null(first->states);
        return;
    }
    const uint64_t *found = aggregate_find(first->states, &zeros);
    const struct starts *s = aggregate_find(first->states, &starts);
    assert_non_null(found);
    assert_value(*found, n_zeros);
    assert_value(s->n_starts, n_starts);
}

/* Rows of some devices in order of time, or device by device. */
static void
make_rows(struct rows *rows, size_t n, uint32_t n_devices, bool by_device)
{
    memset(rows, 0, sizeof(*rows));
    rows->n = n;
    rows->columns = MEASURE_BIT(WATTLE_POWER);
    rows->decimals[WATTLE_POWER] = 3;
    for (size_t i = 0; i < n; i++) {
        rows->device[i] =
            by_device ? (uint32_t)(i * n_devices / n) : (uint32_t)i % n_devices;
        rows->time_ms[i] = START_MS + (int64_t)i * (1 + pick(2)) * 400000;
        if (i > 0 && rows->time_ms[i] <= rows->time_ms[i - 1])
            rows->time_ms[i] = rows->time_ms[i - 1] + 1;
        /* now and then a wide power: 20 MW */
        rows->value[WATTLE_POWER][i] = pick(3) == 0    ? 0
                                       : pick(60) == 0 ? INT64_C(20000000000)
                                                       : 1 + pick(9000);
    }
}

static void
check_states(const struct rows *rows, struct totals_set *set)
{
    totals_set_flush(set);
    for (uint32_t d = 0; d < set->n_devices; d++) {
        assert_false(set->totals[d].is_disordered);
        assert_states(rows, d, &set->firsts[d]);
    }
}

enum { N_DEVICES = 11 };

static struct rows rows;

/* ---- tests ----------------------------------------------------------------
 */

static void
are_the_same_however_rows_are_cut(void **state)
{
    (void)state;
    for (int round = 0; round < 120; round++) {
        struct totals_set set;
        make_rows(&rows, 1 + pick(MAX_ROWS), N_DEVICES, round % 2 == 0);
        totals_set_init(&set, 3600000, false);
        set.kernels = kernels_for(0);
        assert_int_equal(totals_set_reserve(&set, N_DEVICES), 0);
        for (size_t at = 0; at < rows.n;) {
            size_t n = 1 + pick(round % 3 == 0 ? 30 : KERNEL_ROWS);
            n = n < rows.n - at ? n : rows.n - at;
            struct batch_view batch = view(&rows, at, n);
            assert_int_equal(totals_set_add(&set, &batch), 0);
            at += n;
        }
        check_states(&rows, &set);
        totals_set_release(&set);
    }
}

/* Parts in any order, to any of three sets: segments that join. */
static void
join_in_order_of_time(void **state)
{
    enum { N_SETS = 3, MAX_PARTS = 40 };
    static const uint32_t *const same[N_SETS];
    size_t n_checked = 0;
    (void)state;
    for (int round = 0; round < 120; round++) {
        struct totals_set sets[N_SETS], total;
        struct totals_set *list[N_SETS];
        size_t from[MAX_PARTS + 1], n_parts = 1 + pick(MAX_PARTS);
        make_rows(&rows, MAX_ROWS, N_DEVICES, round % 2 == 0);
        for (int k = 0; k < N_SETS; k++) {
            list[k] = &sets[k];
            totals_set_init(&sets[k], 3600000, false);
            sets[k].kernels = kernels_for(0);
            assert_int_equal(totals_set_reserve(&sets[k], N_DEVICES), 0);
        }
        for (size_t i = 0; i <= n_parts; i++)
            from[i] = i * rows.n / n_parts;
        for (size_t i = n_parts; i-- > 0;) { /* the last one first */
            struct batch_view batch;
            size_t at = from[i];
            while (at < from[i + 1]) {
                size_t n = from[i + 1] - at;
                n = n < KERNEL_ROWS ? n : KERNEL_ROWS;
                batch = view(&rows, at, n);
                assert_int_equal(totals_set_add(list[i % N_SETS], &batch), 0);
                at += n;
            }
        }
        totals_set_init(&total, 3600000, false);
        assert_int_equal(totals_set_reserve(&total, N_DEVICES), 0);
        assert_int_equal(totals_set_join(&total, list, same, N_SETS), 0);
        n_checked += total.n_disordered == 0;
        if (total.n_disordered == 0)
            check_states(&rows, &total);
        totals_set_release(&total);
        for (int k = 0; k < N_SETS; k++)
            totals_set_release(&sets[k]);
    }
    assert_true(n_checked > 60); /* the others have too many segments */
}

/* A section may be forged: what cannot be is told from what can. */
static void
cannot_be_anything(void **state)
{
    struct aggregate_states *states = NULL;
    const struct aggregate_span span = {3, 1000, 3000};
    (void)state;
    *(uint64_t *)aggregate_state(&states, &zeros) = 3;
    *(struct starts *)aggregate_state(&states, &starts) =
        (struct starts){1, 1000, 3000, 1, 0, 1};
    assert_true(aggregate_are_plausible(states, 0, &span));
    *(uint64_t *)aggregate_state(&states, &zeros) = 4;
    assert_false(aggregate_are_plausible(states, 0, &span));
    assert_true(aggregate_are_plausible(states, 1, &span));
    assert_false(aggregate_are_plausible(states, 2, &span));
    aggregate_release(&states);
    assert_true(aggregate_are_plausible(NULL, 0, &span));
    assert_null(aggregate_find(NULL, &zeros));
}

/* ---- in a database --------------------------------------------------------
 */

static char path[64];

static void
remove_database(void)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char side[80];
        snprintf(side, sizeof(side), "%s%s", path, ends[i]);
        unlink(side);
    }
}

static void
import_rows(void)
{
    struct wattle_import *import = NULL;
    struct wattle_error error = {0};
    remove_database();
    assert_int_equal(wattle_import_open(&import, path, NULL, &error), 0);
    for (unsigned d = 0; d < N_DEVICES; d++) {
        char id[8];
        uint32_t number;
        int len = snprintf(id, sizeof(id), "d%02u", d);
        assert_int_equal(
            wattle_import_add_device(import, id, (size_t)len, &number, NULL),
            0);
        assert_value(number, d);
    }
    struct batch_view batch = view(&rows, 0, rows.n);
    struct made_batch *made = make_batch(&batch);
    assert_int_equal(wattle_import_add_batch(import, &made->batch, NULL), 0);
    free_made_batch(made);
    assert_int_equal(wattle_import_run(import, &error), 0);
    wattle_import_close(import);
}

/* Reads totals back; returns how many readings had to be decoded. */
static uint64_t
check_database(void)
{
    const struct totals_reader_range range = {
        .since_ms = INT64_MIN, .until_ms = INT64_MAX, .max_gap_ms = 3600000};
    struct totals_reader reader;
    struct database db;
    struct totals_set set;
    struct wattle_error error = {0};
    assert_int_equal(database_open(&db, path, DATABASE_READ, &error), 0);
    assert_int_equal(database_begin(&db, &error), 0);
    totals_set_init(&set, range.max_gap_ms, false);
    assert_int_equal(totals_set_reserve(&set, N_DEVICES), 0);
    assert_int_equal(
        totals_reader_open(&reader, &db, kernels_for(0), &range, &error), 0);
    for (uint32_t d = 0; d < N_DEVICES; d++)
        assert_int_equal(totals_reader_device(&reader, d, &set, &error), 0);
    check_states(&rows, &set);
    uint64_t n_decoded = reader.counts.n_decoded;
    assert_value(reader.counts.n_readings, rows.n);
    totals_reader_close(&reader);
    totals_set_release(&set);
    database_close(&db);
    return n_decoded;
}

static void
assert_whole(void)
{
    struct wattle_check_result result = WATTLE_CHECK_RESULT_INIT;
    struct wattle_error error = {0};
    assert_int_equal(
        wattle_database_check(path, NULL, NULL, NULL, &result, &error), 0);
    assert_value(result.n_problems, 0u);
    assert_value(result.n_readings, rows.n);
}

static void
are_sections_of_a_summary(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        make_rows(&rows, 1 + pick(MAX_ROWS), N_DEVICES, round % 2 == 0);
        import_rows();
        assert_value(check_database(), 0u);
        assert_whole();
    }
    remove_database();
}

/* What a program without these aggregates has written, and the other way. */
static void
are_added_up_anew_where_a_section_is_missing(void **state)
{
    (void)state;
    make_rows(&rows, MAX_ROWS, N_DEVICES, false);
    is_listed = false;
    import_rows();
    assert_whole();
    is_listed = true;
    assert_value(check_database(), rows.n);
    assert_whole();
    import_rows();
    assert_value(check_database(), 0u);
    is_listed = false;
    assert_whole();
    is_listed = true;
    remove_database();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(are_the_same_however_rows_are_cut),
        cmocka_unit_test(join_in_order_of_time),
        cmocka_unit_test(cannot_be_anything),
        cmocka_unit_test(are_sections_of_a_summary),
        cmocka_unit_test(are_added_up_anew_where_a_section_is_missing),
    };
    snprintf(path, sizeof(path), "/tmp/wattle-aggregates-%d.db", (int)getpid());
    return cmocka_run_group_tests(tests, NULL, NULL);
}
