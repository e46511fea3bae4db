/*
 * salvage_devices.c - ids from whole rows, from the index, or made up.
 *
 * Pairs of old and new numbers are sorted by the old ones. A number whose id
 * is lost gets a made-up id that no real device has, so two devices never
 * become one.
 */
#include "store/salvage_devices.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/error.h"
#include "store/salvage_walk.h"
#include "store/stored_check.h"

/* A device's number in the damaged database, and in the new one. */
struct salvage_device_pair {
    int64_t old;
    uint32_t new;
};

struct salvaged_reading {
    struct salvage_devices *devices;
    struct checksum *checksum;
    uint64_t *n_damaged;
    struct wattle_error *error;
};

void
salvage_devices_init(struct salvage_devices *d)
{
    *d = (struct salvage_devices){0};
    registry_init(&d->ids);
    device_table_init(&d->table);
}

void
salvage_devices_release(struct salvage_devices *d)
{
    registry_release(&d->ids);
    device_table_release(&d->table);
    free(d->pairs);
}

/* False = no memory. */
static bool
add_pair(struct salvage_devices *d, int64_t old, const char *id)
{
    struct salvage_device_pair *pairs = buffer_grow_array(
        d->pairs, &d->pair_cap, d->n_pairs + 1, sizeof(*pairs));
    if (pairs == NULL)
        return false;
    d->pairs = pairs;
    struct salvage_device_pair *pair = &pairs[d->n_pairs];
    pair->old = old;
    pair->new = registry_add(&d->ids, id, strlen(id));
    d->n_pairs += pair->new != REGISTRY_NO_DEVICE ? 1 : 0;
    return pair->new != REGISTRY_NO_DEVICE;
}

static int
take_device(void *context, sqlite3_stmt *row)
{
    struct salvaged_reading *r = context;
    if (!stored_check_device(r->checksum, row)) {
        ++*r->n_damaged;
        return WATTLE_OK;
    }
    const char *id = (const char *)sqlite3_column_text(row, 1);
    bool has_rating = sqlite3_column_type(row, 4) != SQLITE_NULL;
    if (!add_pair(r->devices, sqlite3_column_int64(row, 0), id) ||
        device_table_add(&r->devices->table, id,
                         (const char *)sqlite3_column_text(row, 2),
                         (const char *)sqlite3_column_text(row, 3),
                         has_rating ? sqlite3_column_double(row, 4) : NAN,
                         false) != WATTLE_OK)
        return error_memory(r->error);
    return WATTLE_OK;
}

static int
compare_pairs(const void *a, const void *b)
{
    const struct salvage_device_pair *x = a, *y = b;
    return (x->old > y->old) - (x->old < y->old);
}

static void
sort_pairs(struct salvage_devices *d)
{
    if (d->n_pairs > 0)
        qsort(d->pairs, d->n_pairs, sizeof(*d->pairs), compare_pairs);
}

static const struct salvage_device_pair *
find_pair(const struct salvage_devices *d, size_t n_pairs, int64_t old)
{
    const struct salvage_device_pair key = {.old = old};
    return n_pairs > 0 ? bsearch(&key, d->pairs, n_pairs, sizeof(*d->pairs),
                                 compare_pairs)
                       : NULL;
}

/* Ids that the index alone still has; what it cannot tell stays unknown. */
static int
read_index(struct salvage_devices *d, struct database *from,
           struct wattle_error *error)
{
    /* all columns are in the index: the rows themselves are not read */
    sqlite3_stmt *row =
        database_prepare(from,
                         "SELECT number, device_id FROM main.device INDEXED BY "
                         "sqlite_autoindex_device_1 ORDER BY device_id",
                         NULL);
    const size_t n_whole = d->n_pairs;
    int status = WATTLE_OK;
    while (row != NULL && status == WATTLE_OK &&
           sqlite3_step(row) == SQLITE_ROW) {
        if (!stored_check_device_id(row, 0, 1))
            continue;
        int64_t number = sqlite3_column_int64(row, 0);
        const char *id = (const char *)sqlite3_column_text(row, 1);
        bool is_known =
            find_pair(d, n_whole, number) != NULL ||
            registry_find(&d->ids, id, strlen(id)) != REGISTRY_NO_DEVICE;
        if (!is_known && !add_pair(d, number, id))
            status = error_memory(error);
    }
    sqlite3_finalize(row);
    sort_pairs(d);
    return status;
}

int
salvage_devices_read(struct salvage_devices *d, struct database *from,
                     struct checksum *checksum, uint64_t *n_damaged,
                     struct wattle_error *error)
{
    const struct salvage_table table = {
        "device", STORED_DEVICE_COLUMNS, {"number", NULL}};
    const uint64_t n_before = *n_damaged;
    struct salvaged_reading reading = {d, checksum, n_damaged, error};
    int status =
        salvage_walk(from, &table, take_device, &reading, n_damaged, error);
    sort_pairs(d);
    if (status == WATTLE_OK && *n_damaged > n_before &&
        salvage_has_table(from, table.name))
        status = read_index(d, from, error);
    d->n_real = d->ids.n_devices;
    return status;
}

bool
salvage_devices_has(const struct salvage_devices *d, int64_t old)
{
    return find_pair(d, d->n_pairs, old) != NULL;
}

/* A name for a device whose id is lost; no real one has it. */
static uint32_t
make_up(struct salvage_devices *d, int64_t old)
{
    char name[REGISTRY_MAX_ID];
    int len = snprintf(name, sizeof(name), "damaged-%lld", (long long)old);
    for (;;) {
        uint32_t found = registry_find(&d->ids, name, (size_t)len);
        if (found == REGISTRY_NO_DEVICE || found >= d->n_real)
            break;
        if ((size_t)len + 1 >= sizeof(name))
            return REGISTRY_NO_DEVICE;
        name[len++] = '+';
    }
    return registry_add(&d->ids, name, (size_t)len);
}

uint32_t
salvage_devices_number(struct salvage_devices *d, int64_t old)
{
    const struct salvage_device_pair *pair = find_pair(d, d->n_pairs, old);
    return pair != NULL ? pair->new : make_up(d, old);
}
