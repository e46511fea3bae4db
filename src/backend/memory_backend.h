/*
 * memory_backend.h - readings in memory, as a back end: for tests of what is
 * computed over any back end.
 */
#ifndef BACKEND_MEMORY_BACKEND_H
#define BACKEND_MEMORY_BACKEND_H

#include "backend/backend.h"
#include "model/batch.h"

struct memory_device {
    char *id, *location; /* location: NULL = not known */
    struct batch_row *rows;
    size_t n_rows, cap;
};

/* Zero-initialised but for memory_backend_init is empty. */
struct memory_backend {
    struct backend base; /* first */
    struct memory_device *devices;
    size_t n_devices, cap;
};

void memory_backend_init(struct memory_backend *backend);
void memory_backend_release(struct memory_backend *backend);

/*
 * Adds a device; its number is how many there were before. location may be
 * NULL. 0 or WATTLE_ERR_MEMORY.
 */
int memory_backend_add_device(struct memory_backend *backend, const char *id,
                              const char *location);

/*
 * Appends a reading that is later than all others of its device. 0 or
 * WATTLE_ERR_MEMORY.
 */
int memory_backend_add_reading(struct memory_backend *backend,
                               const struct batch_row *row);

#endif
