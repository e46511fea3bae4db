/*
 * memory_backend.c - one array of rows a device.
 *
 * For tests: what is computed over a back end is computed over this one too,
 * and must be the same.
 */
#include "backend/memory_backend.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"

/* A scan goes through the rows of a device, a batch at a time. */
struct backend_scan {
    const struct memory_device *device;
    struct scan_request request;
    size_t at;
    struct batch batch;
};

static struct memory_backend *
memory_of(struct backend *backend)
{
    return (struct memory_backend *)backend; /* its first member */
}

static int
begin(struct backend *backend, bool *has_begun, struct wattle_error *error)
{
    (void)backend, (void)error;
    *has_begun = true;
    return WATTLE_OK;
}

static void
end(struct backend *backend)
{
    (void)backend;
}

static int
find_devices(struct backend *base, const struct selection *selection,
             struct device_list *devices, struct wattle_error *error)
{
    const struct memory_backend *backend = memory_of(base);
    for (size_t i = 0; i < backend->n_devices; i++) {
        const struct memory_device *device = &backend->devices[i];
        if (!selection_wants_device(selection, device->id, NULL) ||
            (selection->location_glob != NULL &&
             !selection_wants_location(selection, device->location)))
            continue;
        if (device_list_add(devices, (uint32_t)i, device->id, NULL,
                            device->location) != WATTLE_OK)
            return error_memory(error);
        for (size_t k = 0; k < device->n_rows; k++)
            devices->items[devices->n - 1].has_energies |=
                (device->rows[k].presence & MEASURE_ENERGIES) != 0;
    }
    device_list_sort(devices);
    return devices->n > 0 || backend->n_devices == 0
               ? WATTLE_OK
               : error_set(error, WATTLE_ERR_USAGE, "no device matches");
}

static int
begin_scan(struct backend *backend, const struct scan_request *request,
           struct backend_scan **out, struct wattle_error *error)
{
    struct backend_scan *scan = *out != NULL ? *out : calloc(1, sizeof(*scan));
    if (scan == NULL)
        return error_memory(error);
    scan->device = &memory_of(backend)->devices[request->device];
    scan->request = *request;
    scan->at = 0;
    *out = scan;
    return WATTLE_OK;
}

static int
next(struct backend_scan *scan, struct batch_view *view,
     struct wattle_error *error)
{
    const struct memory_device *device = scan->device;
    struct batch *batch = &scan->batch;
    (void)error;
    batch_reset(batch, 0, NULL);
    for (; scan->at < device->n_rows && batch->n_rows < BATCH_ROWS;
         scan->at++) {
        const struct batch_row *row = &device->rows[scan->at];
        if (row->time_ms < scan->request.since_ms ||
            row->time_ms >= scan->request.until_ms)
            continue;
        batch_set(batch, batch->n_rows, row);
        batch->n_rows++;
    }
    *view = batch_view(batch);
    return WATTLE_OK;
}

static void
close_scan(struct backend_scan *scan)
{
    free(scan);
}

static const struct backend_ops ops = {
    .scheme = "memory",
    .begin = begin,
    .end = end,
    .devices = find_devices,
    .scan = begin_scan,
    .next = next,
    .close = close_scan,
};

void
memory_backend_init(struct memory_backend *backend)
{
    *backend = (struct memory_backend){.base = {.ops = &ops}};
}

void
memory_backend_release(struct memory_backend *backend)
{
    for (size_t i = 0; i < backend->n_devices; i++) {
        free(backend->devices[i].id);
        free(backend->devices[i].location);
        free(backend->devices[i].rows);
    }
    free(backend->devices);
    memory_backend_init(backend);
}

int
memory_backend_add_device(struct memory_backend *backend, const char *id,
                          const char *location)
{
    struct memory_device *devices =
        buffer_grow_array(backend->devices, &backend->cap,
                          backend->n_devices + 1, sizeof(*devices));
    if (devices == NULL)
        return WATTLE_ERR_MEMORY;
    backend->devices = devices;
    struct memory_device *device = &devices[backend->n_devices];
    *device = (struct memory_device){.id = strdup(id)};
    if (location != NULL)
        device->location = strdup(location);
    backend->n_devices++;
    return device->id != NULL && (location == NULL || device->location != NULL)
               ? WATTLE_OK
               : WATTLE_ERR_MEMORY;
}

int
memory_backend_add_reading(struct memory_backend *backend,
                           const struct batch_row *row)
{
    struct memory_device *device = &backend->devices[row->device];
    struct batch_row *rows = buffer_grow_array(
        device->rows, &device->cap, device->n_rows + 1, sizeof(*rows));
    if (rows == NULL)
        return WATTLE_ERR_MEMORY;
    device->rows = rows;
    rows[device->n_rows++] = *row;
    return WATTLE_OK;
}
