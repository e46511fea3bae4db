/*
 * reorder_merge.c - runs of all workers, merged by a binary heap.
 *
 * Runs are numbered in input order, so "device, time, run number" brings
 * equal readings out in input order and the last of them is kept. What comes
 * out is packed into batches again and goes through the ordinary accounts.
 */
#include <stdlib.h>

#include "analytics/reorder_run.h"
#include "base/error.h"

#define MERGE_BYTES ((size_t)16 << 20) /* for all read buffers together */
#define MIN_RECORDS 64
#define MAX_RECORDS 4096
#define BATCH_ROWS  1024

/* One run being read. */
struct run_reader {
    const struct reorder_record *records; /* buffer or memory run */
    struct reorder_record *buffer;        /* owned; NULL = memory run */
    size_t at, n, cap;
    const struct spill *spill;
    uint64_t offset, n_left; /* in the file, after the buffer */
};

/* Records on their way into accounts. */
struct outlet {
    struct account_set *accounts;
    struct reorder_record kinds; /* presence and decimals of the rows */
    size_t n_rows;
    uint32_t device[BATCH_ROWS];
    int64_t time_ms[BATCH_ROWS];
    int64_t value[REORDER_VALUES][BATCH_ROWS];
};

struct merge {
    struct run_reader *readers;
    size_t n_readers;
    size_t *heap; /* numbers of readers */
    size_t n_heap;
    struct outlet *outlet;
    struct wattle_error *error;
};

static const struct reorder_record *
head(const struct run_reader *reader)
{
    return &reader->records[reader->at];
}

static bool
is_before(const struct merge *m, size_t x, size_t y)
{
    const struct reorder_record *a = head(&m->readers[x]);
    const struct reorder_record *b = head(&m->readers[y]);
    if (a->device != b->device)
        return a->device < b->device;
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms;
    return x < y;
}

static void
sink_down(struct merge *m, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2; child++) {
            if (child < m->n_heap &&
                is_before(m, m->heap[child], m->heap[least]))
                least = child;
        }
        if (least == at)
            return;
        size_t swap = m->heap[at];
        m->heap[at] = m->heap[least];
        m->heap[least] = swap;
        at = least;
    }
}

static int
refill(struct run_reader *reader, struct wattle_error *error)
{
    size_t n =
        reader->n_left < reader->cap ? (size_t)reader->n_left : reader->cap;
    size_t size = n * sizeof(*reader->buffer);
    int status =
        spill_read(reader->spill, reader->offset, reader->buffer, size, error);
    reader->records = reader->buffer;
    reader->at = 0;
    reader->n = n;
    reader->n_left -= n;
    reader->offset += size;
    return status;
}

static int
open_reader(struct merge *m, const struct reorder *r, size_t run, size_t cap)
{
    struct run_reader *reader = &m->readers[m->n_readers];
    *reader = (struct run_reader){.spill = &r->spill, .cap = cap};
    if (run == r->n_runs) {
        reader->records = r->records;
        reader->n = r->n;
    } else {
        reader->offset = r->runs[run].offset;
        reader->n_left = r->runs[run].n_records;
        reader->buffer = malloc(cap * sizeof(*reader->buffer));
        if (reader->buffer == NULL)
            return error_memory(m->error);
        int status = refill(reader, m->error);
        if (status != WATTLE_OK) {
            free(reader->buffer);
            return status;
        }
    }
    if (reader->n == 0)
        return WATTLE_OK;
    m->heap[m->n_heap++] = m->n_readers++;
    return WATTLE_OK;
}

static int
open_readers(struct merge *m, struct reorder **reorders, size_t n)
{
    size_t n_runs = 0;
    for (size_t i = 0; i < n; i++)
        n_runs += reorders[i]->n_runs + 1;
    m->readers = calloc(n_runs + 1, sizeof(*m->readers));
    m->heap = calloc(n_runs + 1, sizeof(*m->heap));
    if (m->readers == NULL || m->heap == NULL)
        return error_memory(m->error);
    size_t cap = MERGE_BYTES / sizeof(struct reorder_record) / (n_runs + 1);
    cap = cap > MAX_RECORDS ? MAX_RECORDS : cap;
    cap = cap < MIN_RECORDS ? MIN_RECORDS : cap;
    for (size_t i = 0; i < n; i++) {
        for (size_t run = 0; run <= reorders[i]->n_runs; run++) {
            int status = open_reader(m, reorders[i], run, cap);
            if (status != WATTLE_OK)
                return status;
        }
    }
    for (size_t i = m->n_heap; i > 0; i--)
        sink_down(m, i - 1);
    return WATTLE_OK;
}

/* Takes the least record off; false at the end or after a failure. */
static bool
next(struct merge *m, struct reorder_record *record, int *status)
{
    if (m->n_heap == 0)
        return false;
    struct run_reader *reader = &m->readers[m->heap[0]];
    *record = *head(reader);
    reader->at++;
    if (reader->at == reader->n && reader->n_left > 0)
        *status = refill(reader, m->error);
    if (*status != WATTLE_OK)
        return false;
    if (reader->at == reader->n)
        m->heap[0] = m->heap[--m->n_heap];
    sink_down(m, 0);
    return true;
}

static int
flush(struct outlet *outlet)
{
    struct batch_view batch = {.n_rows = outlet->n_rows,
                               .device = outlet->device,
                               .time_ms = outlet->time_ms};
    for (int k = 0; k < REORDER_VALUES; k++) {
        uint8_t column = outlet->kinds.column[k];
        if (column == REORDER_NO_COLUMN)
            continue;
        batch.columns[column] = outlet->value[k];
        batch.decimals[column] = outlet->kinds.decimals[k];
    }
    outlet->n_rows = 0;
    return account_set_add(outlet->accounts, &batch);
}

static bool
is_same_kind(const struct reorder_record *a, const struct reorder_record *b)
{
    for (int k = 0; k < REORDER_VALUES; k++) {
        if (a->column[k] != b->column[k] || a->decimals[k] != b->decimals[k])
            return false;
    }
    return true;
}

static int
put(struct outlet *outlet, const struct reorder_record *record)
{
    if (outlet->n_rows > 0 && (outlet->n_rows == BATCH_ROWS ||
                               !is_same_kind(&outlet->kinds, record))) {
        int status = flush(outlet);
        if (status != WATTLE_OK)
            return status;
    }
    size_t at = outlet->n_rows++;
    outlet->kinds = *record;
    outlet->device[at] = record->device;
    outlet->time_ms[at] = record->time_ms;
    for (int k = 0; k < REORDER_VALUES; k++)
        outlet->value[k][at] = record->value[k];
    return WATTLE_OK;
}

static int
run_merge(struct merge *m, uint64_t *duplicates)
{
    struct reorder_record kept, record;
    int status = WATTLE_OK;
    if (!next(m, &kept, &status))
        return status;
    while (status == WATTLE_OK && next(m, &record, &status)) {
        if (record.device == kept.device && record.time_ms == kept.time_ms)
            (*duplicates)++;
        else
            status = put(m->outlet, &kept);
        kept = record;
    }
    if (status == WATTLE_OK)
        status = put(m->outlet, &kept);
    if (status == WATTLE_OK && m->outlet->n_rows > 0)
        status = flush(m->outlet);
    return status;
}

int
reorder_merge(struct reorder **reorders, size_t n, struct account_set *accounts,
              uint64_t *duplicates, struct wattle_error *error)
{
    struct merge m = {.error = error};
    int status = WATTLE_ERR_MEMORY;
    m.outlet = calloc(1, sizeof(*m.outlet));
    if (m.outlet == NULL) {
        status = error_memory(error);
        goto out;
    }
    m.outlet->accounts = accounts;
    status = open_readers(&m, reorders, n);
    if (status == WATTLE_OK)
        status = run_merge(&m, duplicates);
    account_set_settle(accounts);
    if (status == WATTLE_ERR_MEMORY)
        error_memory(error);
out:
    for (size_t i = 0; i < m.n_readers; i++)
        free(m.readers[i].buffer);
    free(m.readers);
    free(m.heap);
    free(m.outlet);
    return status;
}
