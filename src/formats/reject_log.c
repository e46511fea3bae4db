/*
 * reject_log.c - rejected lines of one worker, in order.
 *
 * An entry is a fixed head and the raw bytes of a line. Entries are kept in
 * memory up to 1 MiB, then in a nameless temporary file. Counts and the places
 * of the first rejects are always kept; raw lines as enum reject_keep says:
 * none, the first ones of each file, or all.
 */
#include "formats/reject_log.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/spill.h"
#include "model/registry.h"

#define SPILL_BYTES ((size_t)1 << 20)

struct entry_head {
    struct reject_place place;
    uint64_t raw_len;
};

void
reject_log_init(struct reject_log *log, enum reject_keep keep)
{
    *log = (struct reject_log){.keep = keep, .spill = SPILL_INIT};
}

void
reject_log_release(struct reject_log *log)
{
    buffer_release(&log->raw);
    spill_release(&log->spill);
    free(log->of_devices);
    free(log->at_device);
}

/* Moves what is in memory to the file. */
static int
spill_raw(struct reject_log *log, struct wattle_error *error)
{
    int status = spill_append(&log->spill, log->raw.data, log->raw.len, error);
    if (status == WATTLE_OK)
        log->raw.len = 0;
    return status;
}

/* Where the count of the device's rejects in the present source is. */
static size_t *
find_device(struct reject_log *log, uint32_t device)
{
    if (device >= log->n_at_device) {
        const size_t n = 2 * (size_t)device + 16;
        size_t *grown = realloc(log->at_device, n * sizeof(*grown));
        if (grown == NULL)
            return NULL;
        memset(grown + log->n_at_device, 0,
               (n - log->n_at_device) * sizeof(*grown));
        log->at_device = grown;
        log->n_at_device = n;
    }
    return &log->at_device[device];
}

static int
count_device(struct reject_log *log, const struct reject_place *place)
{
    if (place->source != log->source && log->n_at_device > 0)
        memset(log->at_device, 0, log->n_at_device * sizeof(*log->at_device));
    if (place->device == REGISTRY_NO_DEVICE)
        return WATTLE_OK;
    size_t *at = find_device(log, place->device);
    if (at == NULL)
        return WATTLE_ERR_MEMORY;
    if (*at == 0) {
        struct reject_of_device *grown =
            buffer_grow_array(log->of_devices, &log->of_device_cap,
                              log->n_of_devices + 1, sizeof(*grown));
        if (grown == NULL)
            return WATTLE_ERR_MEMORY;
        log->of_devices = grown;
        grown[log->n_of_devices] =
            (struct reject_of_device){place->source, place->device, 0};
        *at = ++log->n_of_devices;
    }
    log->of_devices[*at - 1].n++;
    return WATTLE_OK;
}

int
reject_log_add(struct reject_log *log, const struct reject_place *place,
               const void *raw, size_t raw_len, struct wattle_error *error)
{
    log->by_reason[place->reason]++;
    if (count_device(log, place) != WATTLE_OK)
        return error_memory(error);
    if (log->n_first < REJECT_LOG_FIRST)
        log->first[log->n_first++] = *place;
    if (place->source != log->source)
        log->room = (struct reject_room){0};
    log->source = place->source;
    if (log->keep == REJECT_KEEP_NONE ||
        (log->keep == REJECT_KEEP_SOME &&
         !reject_room_take(&log->room, raw_len)))
        return WATTLE_OK;
    struct entry_head head;
    memset(&head, 0, sizeof(head));
    head.place.source = place->source; /* one by one: padding stays zero */
    head.place.device = REGISTRY_NO_DEVICE;
    head.place.reason = place->reason;
    head.place.line = place->line;
    head.raw_len = raw_len;
    if (buffer_append(&log->raw, &head, sizeof(head)) != WATTLE_OK ||
        buffer_append(&log->raw, raw, raw_len) != WATTLE_OK)
        return error_memory(error);
    return log->raw.len < SPILL_BYTES ? WATTLE_OK : spill_raw(log, error);
}

/* Visits the entries in a piece of memory; returns the bytes of whole ones. */
static int
visit_memory(const char *bytes, size_t len, size_t *used, reject_visit visit,
             void *context, struct wattle_error *error)
{
    struct entry_head head;
    int status = WATTLE_OK;
    *used = 0;
    while (status == WATTLE_OK && len - *used >= sizeof(head)) {
        memcpy(&head, bytes + *used, sizeof(head));
        if (head.raw_len > len - *used - sizeof(head))
            break;
        const char *raw = bytes + *used + sizeof(head);
        status = visit(context, &head.place, raw, (size_t)head.raw_len, error);
        *used += sizeof(head) + (size_t)head.raw_len;
    }
    return status;
}

static int
visit_file(struct reject_log *log, reject_visit visit, void *context,
           struct wattle_error *error)
{
    struct buffer piece = {0};
    uint64_t at = 0;
    int status = WATTLE_OK;
    while (at < log->spill.n_bytes && status == WATTLE_OK) {
        uint64_t left = log->spill.n_bytes - at;
        size_t n = left < 2 * SPILL_BYTES ? (size_t)left : 2 * SPILL_BYTES;
        size_t used = 0;
        piece.len = 0;
        if (buffer_reserve(&piece, n) != WATTLE_OK)
            status = error_memory(error);
        else
            status = spill_read(&log->spill, at, piece.data, n, error);
        if (status == WATTLE_OK)
            status = visit_memory(piece.data, n, &used, visit, context, error);
        at += used;
    }
    buffer_release(&piece);
    return status;
}

int
reject_log_visit(struct reject_log *log, reject_visit visit, void *context,
                 struct wattle_error *error)
{
    size_t used;
    int status = visit_file(log, visit, context, error);
    if (status == WATTLE_OK)
        status = visit_memory(log->raw.data, log->raw.len, &used, visit,
                              context, error);
    return status;
}
