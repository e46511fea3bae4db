/*
 * store_backend.c - a snapshot is a transaction, a scan merges chunks and late
 * readings.
 *
 * All reads of a snapshot are of one transaction on one connection.
 */
#include "store/store_backend.h"

#include "store/device_scan.h"
#include "store/query_devices.h"

static struct database *
database_of(struct backend *backend)
{
    return ((struct store_backend *)backend)->db; /* base is its first member */
}

static int
begin(struct backend *backend, bool *has_begun, struct wattle_error *error)
{
    const struct store_backend *own = (struct store_backend *)backend;
    struct database *db = own->db;
    *has_begun = false;
    if (own->is_inside || !sqlite3_get_autocommit(db->handle))
        return WATTLE_OK; /* a query before may be open */
    int status = database_begin(db, error);
    *has_begun = status == WATTLE_OK;
    return status;
}

static void
end(struct backend *backend)
{
    database_commit(database_of(backend), NULL);
}

static int
find_devices(struct backend *backend, const struct selection *selection,
             struct device_list *devices, struct wattle_error *error)
{
    return query_devices_find(devices, database_of(backend), selection, error);
}

static int
begin_scan(struct backend *backend, const struct scan_request *request,
           struct backend_scan **scan, struct wattle_error *error)
{
    struct device_scan **own = (struct device_scan **)(void *)scan;
    return *own != NULL
               ? device_scan_restart(*own, request, error)
               : device_scan_open(own, database_of(backend), request, error);
}

static int
next(struct backend_scan *scan, struct batch_view *batch,
     struct wattle_error *error)
{
    return device_scan_next((struct device_scan *)scan, batch, error);
}

static void
close_scan(struct backend_scan *scan)
{
    device_scan_close((struct device_scan *)scan);
}

static const struct backend_ops ops = {
    .scheme = "sqlite",
    .begin = begin,
    .end = end,
    .devices = find_devices,
    .scan = begin_scan,
    .next = next,
    .close = close_scan,
};

void
store_backend_init(struct store_backend *backend, struct database *db)
{
    *backend = (struct store_backend){.base = {.ops = &ops}, .db = db};
}
