/*
 * write_lock.h - opening a database to write to it.
 */
#ifndef STORE_WRITE_LOCK_H
#define STORE_WRITE_LOCK_H

#include <stdint.h>

#include "store/database.h"
#include "wattle/error.h"

/* How long to wait for another writer, and whom to tell. */
struct write_lock_wait {
    int64_t ms;                        /* so long at the most */
    void (*on_waiting)(void *context); /* called once, or NULL */
    void *context;
    const struct wattle_cancel *cancel; /* of the database, too; or NULL */
};

/*
 * Opens a database and begins a transaction that holds the write lock. 0, or
 * WATTLE_ERR_BUSY after waiting, WATTLE_ERR_CANCELLED, or as database_open
 * fails; then the database is closed.
 */
int write_lock_open(struct database *db, const char *path,
                    enum database_mode mode, const struct write_lock_wait *wait,
                    struct wattle_error *error);

#endif
