/*
 * shuffle.c - blocks of rows become runs, in memory or in a file.
 *
 * A device has a page of rows until it is full or memory is short; then its
 * rows are sorted by time, encoded, and are a run. Runs of a device stay in
 * the order of arrival.
 */
#include "sort/shuffle.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/spill.h"
#include "sort/key_sort.h"
#include "sort/row_pages.h"

#define SPILL_BYTES ((size_t)1 << 20)

/* Numbers + 1 of runs. */
struct device_runs {
    uint32_t first, last;
};

/* What lies around small runs. */
#define WINDOW_BYTES ((uint64_t)32 << 10)
#define N_WINDOWS    64

struct shuffle_window {
    uint64_t shuffle; /* its serial number, 0 = empty */
    uint64_t number;  /* of the window in the file */
    uint8_t bytes[WINDOW_BYTES];
};

struct shuffle {
    uint64_t serial; /* no other ever has it */
    const struct kernels *kernels;
    struct row_pages *pages; /* NULL when all is gathered */
    struct device_runs *devices;
    size_t n_devices, device_cap;
    struct spilled_run *runs;
    size_t n_runs, run_cap;
    struct block *block;     /* to encode */
    struct buffer unwritten; /* runs not yet in the file */
    struct spill spill;
};

static _Atomic uint64_t n_made;

struct shuffle *
shuffle_new(const struct kernels *kernels, size_t max_bytes)
{
    struct shuffle *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    r->serial = atomic_fetch_add(&n_made, 1) + 1;
    r->kernels = kernels;
    r->spill = (struct spill)SPILL_INIT;
    r->pages = row_pages_new(kernels, max_bytes);
    r->block = aligned_alloc(64, sizeof(*r->block));
    if (r->pages == NULL || r->block == NULL) {
        shuffle_free(r);
        return NULL;
    }
    return r;
}

void
shuffle_free(struct shuffle *r)
{
    if (r == NULL)
        return;
    free(r->runs);
    row_pages_free(r->pages);
    free(r->devices);
    free(r->block);
    buffer_release(&r->unwritten);
    spill_release(&r->spill);
    free(r);
}

static int
write_runs(struct shuffle *r, struct wattle_error *error)
{
    int status =
        spill_append(&r->spill, r->unwritten.data, r->unwritten.len, error);
    if (status == WATTLE_OK)
        r->unwritten.len = 0;
    return status;
}

/* By time; rows of equal times stay in order of arrival. */
static void
sort_block(struct block *block)
{
    uint64_t keys[BLOCK_ROWS], spare[BLOCK_ROWS];
    int64_t moved[BLOCK_ROWS];
    bool is_sorted = key_sort(block->column[BLOCK_TIME], block->n_rows,
                              KEY_BLOCK_BITS, keys, spare);
    assert(is_sorted); /* no two times are 2^54 ms apart */
    (void)is_sorted;
    for (int c = 0; c < BLOCK_N_COLUMNS; c++) {
        if ((block->columns & BLOCK_BIT(c)) == 0)
            continue;
        for (size_t i = 0; i < block->n_rows; i++)
            moved[i] = block->column[c][key_row(keys[i], KEY_BLOCK_BITS)];
        memcpy(block->column[c], moved, block->n_rows * sizeof(moved[0]));
    }
}

/* How times ascend. */
enum order { UNSORTED, WITH_EQUALS, STRICT };

static enum order
order_of(const struct kernels *kernels, const int64_t *time_ms, size_t n)
{
    if (kernels->ascends(time_ms, n))
        return STRICT;
    for (size_t i = 1; i < n; i++) {
        if (time_ms[i] < time_ms[i - 1])
            return UNSORTED;
    }
    return WITH_EQUALS;
}

static int
add_run(struct shuffle *r, size_t device, const struct block *block,
        enum order order, size_t len, struct wattle_error *error)
{
    struct device_runs *d = &r->devices[device];
    const int64_t *time_ms = block->column[BLOCK_TIME];
    struct spilled_run *runs =
        buffer_grow_array(r->runs, &r->run_cap, r->n_runs + 1, sizeof(*runs));
    if (runs == NULL)
        return error_memory(error);
    r->runs = runs;
    runs[r->n_runs++] = (struct spilled_run){
        .first_ms = time_ms[0],
        .last_ms = time_ms[block->n_rows - 1],
        .offset = r->spill.n_bytes + r->unwritten.len,
        .len = (uint32_t)len,
        .n_rows = (uint16_t)block->n_rows,
        .is_strict = order == STRICT,
    };
    if (d->last != 0)
        runs[d->last - 1].next = (uint32_t)r->n_runs;
    else
        d->first = (uint32_t)r->n_runs;
    d->last = (uint32_t)r->n_runs;
    return WATTLE_OK;
}

/* Encodes a block as the next run of a device. */
static int
put_block(struct shuffle *r, size_t device, const struct block *block,
          enum order order, struct wattle_error *error)
{
    if (buffer_reserve(&r->unwritten, BLOCK_MAX_BYTES) != WATTLE_OK)
        return error_memory(error);
    size_t len = block_encode(r->kernels, block, true,
                              (uint8_t *)r->unwritten.data + r->unwritten.len);
    int status = add_run(r, device, block, order, len, error);
    r->unwritten.len += len;
    if (status == WATTLE_OK && r->unwritten.len >= SPILL_BYTES)
        status = write_runs(r, error);
    return status;
}

/* Encodes what a device has on its pages, and empties them. */
static int
seal(struct shuffle *r, size_t device, struct wattle_error *error)
{
    struct block *block = r->block;
    if (row_pages_rows(r->pages, device) == 0)
        return WATTLE_OK;
    row_pages_take(r->pages, device, block);
    enum order order =
        order_of(r->kernels, block->column[BLOCK_TIME], block->n_rows);
    if (order == UNSORTED) {
        sort_block(block);
        order = order_of(r->kernels, block->column[BLOCK_TIME], block->n_rows);
    }
    return put_block(r, device, block, order, error);
}

static int
seal_all(struct shuffle *r, struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < r->n_devices && status == WATTLE_OK; i++)
        status = seal(r, i, error);
    return status;
}

static int
reserve(struct shuffle *r, size_t n, struct wattle_error *error)
{
    if (n <= r->n_devices)
        return WATTLE_OK;
    struct device_runs *devices =
        buffer_grow_array(r->devices, &r->device_cap, n, sizeof(*devices));
    if (devices == NULL)
        return error_memory(error);
    r->devices = devices;
    memset(devices + r->n_devices, 0, (n - r->n_devices) * sizeof(*devices));
    r->n_devices = n;
    return WATTLE_OK;
}

/* Makes room for a row: a page, perhaps after sealing. */
static int
make_room(struct shuffle *r, size_t device, size_t row,
          struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (row_pages_rows(r->pages, device) == BLOCK_ROWS)
        status = seal(r, device, error);
    if (status != WATTLE_OK)
        return status;
    int result = row_pages_make_room(r->pages, row, false);
    if (result == ROW_PAGES_FULL) {
        status = seal_all(r, error);
        if (status != WATTLE_OK)
            return status;
        result = row_pages_make_room(r->pages, row, true);
    }
    return result == WATTLE_OK ? WATTLE_OK : error_memory(error);
}

int
shuffle_add(struct shuffle *r, const struct batch *batch,
            struct wattle_error *error)
{
    uint32_t last = 0;
    for (size_t i = 0; i < batch->n_rows; i++)
        last = batch->device[i] > last ? batch->device[i] : last;
    int status = reserve(r, (size_t)last + 1, error);
    if (status == WATTLE_OK &&
        row_pages_begin(r->pages, batch, r->n_devices) != WATTLE_OK)
        status = error_memory(error);
    for (size_t i = 0; i < batch->n_rows && status == WATTLE_OK;) {
        i = row_pages_add(r->pages, i);
        if (i < batch->n_rows)
            status = make_room(r, batch->device[i], i, error);
    }
    return status;
}

int
shuffle_finish(struct shuffle *r, struct wattle_error *error)
{
    int status = seal_all(r, error);
    row_pages_free(r->pages);
    r->pages = NULL;
    if (status == WATTLE_OK && spill_is_used(&r->spill) && r->unwritten.len > 0)
        status = write_runs(r, error);
    if (spill_is_used(&r->spill))
        buffer_release(&r->unwritten);
    return status;
}

int
shuffle_put_run(struct shuffle *r, uint32_t device, const struct block *block,
                struct wattle_error *error)
{
    enum order order =
        order_of(r->kernels, block->column[BLOCK_TIME], block->n_rows);
    int status = reserve(r, (size_t)device + 1, error);
    assert(order != UNSORTED);
    return status == WATTLE_OK ? put_block(r, device, block, order, error)
                               : status;
}

const struct spilled_run *
shuffle_first_run(const struct shuffle *r, uint32_t device)
{
    if (device >= r->n_devices || r->devices[device].first == 0)
        return NULL;
    return &r->runs[r->devices[device].first - 1];
}

const struct spilled_run *
shuffle_next_run(const struct shuffle *r, const struct spilled_run *run)
{
    return run->next != 0 ? &r->runs[run->next - 1] : NULL;
}

void
shuffle_reader_release(struct shuffle_reader *reader)
{
    free(reader->windows);
    free(reader->room);
    *reader = (struct shuffle_reader){NULL, NULL};
}

static int
make_room_to_read(struct shuffle_reader *reader, struct wattle_error *error)
{
    if (reader->room == NULL)
        reader->room = malloc(BLOCK_MAX_BYTES);
    if (reader->windows == NULL)
        reader->windows = calloc(N_WINDOWS, sizeof(*reader->windows));
    return reader->room != NULL && reader->windows != NULL
               ? WATTLE_OK
               : error_memory(error);
}

/* Copies bytes out of a window, which is read if it is not there. */
static int
copy_from_window(const struct shuffle *r, struct shuffle_reader *reader,
                 uint64_t offset, size_t len, uint8_t *to,
                 struct wattle_error *error)
{
    uint64_t number = offset / WINDOW_BYTES;
    uint64_t begin = number * WINDOW_BYTES;
    struct shuffle_window *w =
        &reader->windows[(number ^ r->serial) % N_WINDOWS];
    if (w->shuffle != r->serial || w->number != number) {
        uint64_t left = r->spill.n_bytes - begin;
        w->shuffle = 0;
        int status = spill_read(
            &r->spill, begin, w->bytes,
            left < WINDOW_BYTES ? (size_t)left : (size_t)WINDOW_BYTES, error);
        if (status != WATTLE_OK)
            return status;
        w->shuffle = r->serial;
        w->number = number;
    }
    memcpy(to, w->bytes + (offset - begin), len);
    return WATTLE_OK;
}

/* The bytes of a run that is in the file. */
static int
fetch(const struct shuffle *r, const struct spilled_run *run,
      struct shuffle_reader *reader, struct wattle_error *error)
{
    uint64_t end = run->offset + run->len;
    uint64_t border = (run->offset / WINDOW_BYTES + 1) * WINDOW_BYTES;
    if (run->len >= 1024) /* worth a call of its own */
        return spill_read(&r->spill, run->offset, reader->room, run->len,
                          error);
    uint64_t first = end < border ? run->len : border - run->offset;
    int status = copy_from_window(r, reader, run->offset, (size_t)first,
                                  reader->room, error);
    if (status == WATTLE_OK && first < run->len)
        status = copy_from_window(r, reader, border, (size_t)(run->len - first),
                                  reader->room + first, error);
    return status;
}

int
shuffle_read_run(const struct shuffle *r, const struct spilled_run *run,
                 struct shuffle_reader *reader, struct block *block,
                 struct wattle_error *error)
{
    const uint8_t *bytes = (const uint8_t *)r->unwritten.data + run->offset;
    if (spill_is_used(&r->spill)) {
        int status = make_room_to_read(reader, error);
        if (status == WATTLE_OK)
            status = fetch(r, run, reader, error);
        if (status != WATTLE_OK)
            return status;
        bytes = reader->room;
    }
    if (!block_decode(r->kernels, bytes, run->len, run->n_rows, UINT32_MAX,
                      block, NULL))
        return error_set(error, WATTLE_ERR_IO,
                         "a temporary file has lost what was written to it");
    return WATTLE_OK;
}
