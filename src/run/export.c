/*
 * export.c - two scans of one snapshot: the first finds out which columns there
 * are, the second writes them.
 *
 * Both scans see the same state, because the back end's snapshot lasts from
 * the first to the last.
 */
#include "run/export.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "output/readings_csv.h"

struct export
{
    struct backend *backend;
    const struct selection *selection;
    struct device_list devices;
    struct backend_scan *scan;
    struct text_out out;
    uint32_t columns; /* that any reading has */
    bool has_gaps;    /* not all have the same */
    uint64_t n_readings;
    struct wattle_error *error;
};

/* Does something with every batch of a device. */
typedef void (*export_take)(struct export *e, const char *id,
                            const struct batch_view *batch);

static int
scan_device(struct export *e, const struct listed_device *device,
            export_take take)
{
    const struct backend_ops *ops = e->backend->ops;
    const struct scan_request request = {
        .device = device->number,
        .since_ms = e->selection->since_ms,
        .until_ms = e->selection->until_ms,
        .columns = MEASURE_ALL,
    };
    int status = ops->scan(e->backend, &request, &e->scan, e->error);
    while (status == WATTLE_OK) {
        struct batch_view batch;
        status = ops->next(e->scan, &batch, e->error);
        if (status != WATTLE_OK || batch.n_rows == 0)
            break;
        take(e, device->id, &batch);
    }
    return status;
}

static int
scan_all(struct export *e, export_take take)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < e->devices.n && status == WATTLE_OK; i++)
        status = scan_device(e, &e->devices.items[i], take);
    return status;
}

/* Which columns there are decides the header. */
static void
note_columns(struct export *e, const char *id, const struct batch_view *batch)
{
    (void)id;
    uint32_t columns = 0;
    for (unsigned m = 0; m < MEASURE_N; m++)
        columns |= batch->columns[m] != NULL ? MEASURE_BIT(m) : 0;
    uint32_t any = columns, all = columns;
    for (size_t i = 0; batch->presence != NULL && i < batch->n_rows; i++) {
        any = (i > 0 ? any : 0) | (columns & batch->presence[i]);
        all &= batch->presence[i];
    }
    e->has_gaps =
        e->has_gaps || any != all || (e->columns != 0 && any != e->columns);
    e->columns |= any;
}

static void
write_rows(struct export *e, const char *id, const struct batch_view *batch)
{
    readings_csv_rows(&e->out, e->columns, e->has_gaps, id, batch);
    e->n_readings += batch->n_rows;
}

static int
write_all(struct export *e)
{
    if (e->columns == 0)
        e->columns = MEASURE_BIT(WATTLE_POWER);
    readings_csv_header(&e->out, e->columns, e->has_gaps);
    int status = scan_all(e, write_rows);
    if (text_out_finish(&e->out) != WATTLE_OK && status == WATTLE_OK)
        status = error_set(e->error, WATTLE_ERR_IO, "cannot write: %s",
                           strerror(errno));
    return status;
}

int
export_run(struct backend *backend, const struct selection *selection,
           const struct wattle_writer *out, uint64_t *n_readings,
           struct wattle_error *error)
{
    bool has_begun = false;
    struct export *e = calloc(1, sizeof(*e));
    if (e == NULL)
        return error_memory(error);
    e->backend = backend;
    e->selection = selection;
    e->error = error;
    text_out_init(&e->out, out);
    int status = backend->ops->begin(backend, &has_begun, error);
    if (status == WATTLE_OK)
        status = backend->ops->devices(backend, selection, &e->devices, error);
    if (status == WATTLE_OK)
        status = scan_all(e, note_columns);
    if (status == WATTLE_OK)
        status = write_all(e);
    backend->ops->close(e->scan);
    if (has_begun)
        backend->ops->end(backend);
    device_list_release(&e->devices);
    *n_readings = e->n_readings;
    free(e);
    return status;
}
