/*
 * test_backend.c - what is computed over any back end is the same over readings
 * in memory and over the same readings in a database.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "backend/bucket_cursor.h"
#include "backend/memory_backend.h"
#include "base/civil_time.h"
#include "generate/counter_hash.h"
#include "run/export.h"
#include "store/database_open.h"
#include "store/store_backend.h"
#include "wattle/import.h"
#include "made_batch.h"
#include "unit.h"

#define START_MS  INT64_C(1696118400000) /* 2023-10-01 00:00 */
#define N_DEVICES 4

static const char *const ids[N_DEVICES] = {"lamp", "attic/fan", "boiler", "0"};

struct homes {
    char path[64];
    struct memory_backend memory;
    struct database db;
    struct store_backend stored;
};

static struct homes homes;
static uint64_t counter;

static unsigned
below(unsigned limit)
{
    return (unsigned)(counter_hash(99, counter++) % limit);
}

/* A reading with a power, or what makes one, or an energy. */
static struct batch_row
any_row(uint32_t device, int64_t time_ms)
{
    struct batch_row row = {.device = device, .time_ms = time_ms};
    switch (below(4)) {
    case 0:
        row.presence = MEASURE_BIT(WATTLE_ENERGY);
        row.nano[WATTLE_ENERGY] = below(1000000) * INT64_C(1000000);
        break;
    case 1:
        row.presence = MEASURE_VIP;
        row.nano[WATTLE_VOLTAGE] = (220 + below(20)) * INT64_C(1000000000);
        row.nano[WATTLE_CURRENT] = below(16000) * INT64_C(1000000);
        row.nano[WATTLE_POWER_FACTOR] = below(1000) * INT64_C(1000000);
        break;
    default:
        row.presence = MEASURE_BIT(WATTLE_POWER);
        row.nano[WATTLE_POWER] = below(2000000) * INT64_C(1000000);
    }
    return row;
}

static void
import_row(struct wattle_import *import, uint32_t device,
           const struct batch_row *row)
{
    struct batch_view view = {
        .n_rows = 1, .device = &device, .time_ms = &row->time_ms};
    MEASURE_FOR_EACH (m, row->presence) {
        view.columns[m] = &row->nano[m];
        view.decimals[m] = 9;
    }
    struct made_batch *made = make_batch(&view);
    assert_int_equal(wattle_import_add_batch(import, &made->batch, NULL), 0);
    free_made_batch(made);
}

static int
make_homes(void **state)
{
    struct wattle_import *import = NULL;
    struct wattle_error error = {0};
    (void)state;
    snprintf(homes.path, sizeof(homes.path), "/tmp/wattle-backend-%d.db",
             (int)getpid());
    memory_backend_init(&homes.memory);
    assert_int_equal(wattle_import_open(&import, homes.path, NULL, &error), 0);
    for (uint32_t d = 0; d < N_DEVICES; d++) {
        uint32_t number;
        int64_t time_ms = START_MS + below(100000);
        assert_int_equal(memory_backend_add_device(&homes.memory, ids[d], NULL),
                         0);
        assert_int_equal(wattle_import_add_device(
                             import, ids[d], strlen(ids[d]), &number, NULL),
                         0);
        for (int i = 0; i < 2500; i++) {
            struct batch_row row = any_row(d, time_ms);
            assert_int_equal(memory_backend_add_reading(&homes.memory, &row),
                             0);
            import_row(import, number, &row);
            time_ms += 1 + below(i % 97 == 0 ? 9000000 : 900000);
        }
    }
    assert_int_equal(wattle_import_run(import, &error), 0);
    wattle_import_close(import);
    assert_int_equal(
        database_open(&homes.db, homes.path, DATABASE_READ, &error), 0);
    store_backend_init(&homes.stored, &homes.db);
    return 0;
}

static int
drop_homes(void **state)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    (void)state;
    memory_backend_release(&homes.memory);
    database_close(&homes.db);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char side[80];
        snprintf(side, sizeof(side), "%s%s", homes.path, ends[i]);
        unlink(side);
    }
    return 0;
}

static void
assert_same_rows(const struct bucket_request *request)
{
    struct bucket_cursor a, b;
    struct wattle_error error = {0};
    assert_int_equal(
        bucket_cursor_open(&a, &homes.memory.base, request, &error), 0);
    assert_int_equal(
        bucket_cursor_open(&b, &homes.stored.base, request, &error), 0);
    for (bool is_row = true; is_row;) {
        struct query_row x, y;
        bool has_other = false;
        assert_int_equal(bucket_cursor_next(&a, &x, &is_row, &error), 0);
        assert_int_equal(bucket_cursor_next(&b, &y, &has_other, &error), 0);
        assert_int_equal(is_row, has_other);
        if (!is_row)
            break;
        if (!request->is_total)
            assert_string_equal(x.public.device_id, y.public.device_id);
        assert_value(x.public.start_ms, y.public.start_ms);
        assert_value(x.public.end_ms, y.public.end_ms);
        assert_memory_equal(&x.figures, &y.figures, sizeof(x.figures));
    }
    bucket_cursor_close(&a);
    bucket_cursor_close(&b);
}

static void
queries_are_the_same(void **state)
{
    static const struct bucket_rule rules[] = {
        {BUCKET_WHOLE, 0, NULL},
        {BUCKET_SPANS, 3600000, NULL},
        {BUCKET_SPANS, 86400000, NULL},
        {BUCKET_MONTHS, 1, NULL},
    };
    static const char *const globs[] = {"*a*", "0"};
    (void)state;
    for (int i = 0; i < 200; i++) {
        int64_t since_ms = START_MS + below(1000) * INT64_C(600000);
        struct bucket_request request = {
            .selection = SELECTION_ALL,
            .rule = rules[below(4)],
            .is_raw = below(6) == 0,
            .fields = below(2) == 0 ? WATTLE_QUERY_ALL : WATTLE_QUERY_ENERGY,
            .rate_per_kwh = 0.3,
            .max_gap_ms = 1000 + below(7200000),
            .kernels = kernels_for(0),
        };
        request.is_total = !request.is_raw && below(3) == 0;
        if (!request.is_raw)
            request.fill = (int)below(3);
        if (below(2) == 0)
            request.selection.since_ms = since_ms;
        if (below(2) == 0)
            request.selection.until_ms = since_ms + below(2000) * 600000 + 1;
        if (below(3) == 0) {
            request.selection.device_globs = globs;
            request.selection.n_device_globs = 2;
        }
        assert_same_rows(&request);
    }
}

struct text {
    char *bytes;
    size_t len, cap;
};

static int
keep(void *context, const void *bytes, size_t len)
{
    struct text *text = context;
    if (text->len + len > text->cap) {
        text->cap = 2 * (text->len + len);
        text->bytes = realloc(text->bytes, text->cap);
    }
    memcpy(text->bytes + text->len, bytes, len);
    text->len += len;
    return 0;
}

static void
exports_are_the_same(void **state)
{
    struct text a = {0}, b = {0};
    const struct wattle_writer to_a = {.write = keep, .context = &a};
    const struct wattle_writer to_b = {.write = keep, .context = &b};
    const struct selection all = SELECTION_ALL;
    uint64_t n = 0, m = 0;
    (void)state;
    assert_int_equal(export_run(&homes.memory.base, &all, &to_a, &n, NULL), 0);
    assert_int_equal(export_run(&homes.stored.base, &all, &to_b, &m, NULL), 0);
    assert_value(n, (uint64_t)N_DEVICES * 2500);
    assert_value(n, m);
    assert_value(a.len, b.len);
    assert_memory_equal(a.bytes, b.bytes, a.len);
    free(a.bytes);
    free(b.bytes);
}

static void
unknown_devices_are_refused(void **state)
{
    static const char *const globs[] = {"nothing*"};
    struct selection selection = SELECTION_ALL;
    struct device_list list = {0};
    struct wattle_error error = {0};
    struct backend *const both[] = {&homes.memory.base, &homes.stored.base};
    (void)state;
    selection.device_globs = globs;
    selection.n_device_globs = 1;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(
            both[i]->ops->devices(both[i], &selection, &list, &error),
            WATTLE_ERR_USAGE);
        assert_int_equal(list.n, 0);
        device_list_release(&list);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_the_same),
        cmocka_unit_test(exports_are_the_same),
        cmocka_unit_test(unknown_devices_are_refused),
    };
    return cmocka_run_group_tests(tests, make_homes, drop_homes);
}
