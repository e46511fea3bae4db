/*
 * checkpoint.c - the write-ahead log goes into the file, and free pages go back
 * to the file system.
 *
 * A reader may be in the way: then the log stays, and the next writer tries
 * again.
 */
#include "store/checkpoint.h"

void
checkpoint_run(struct database *db)
{
    if (db->is_fresh) {
        /* the question makes the log and its index, which then stay */
        database_run(db,
                     "PRAGMA journal_mode = WAL;"
                     "SELECT count(*) FROM meta",
                     NULL);
        db->is_fresh = false;
        return;
    }
    /* not waiting for readers: the next import does what is left */
    sqlite3_busy_timeout(db->handle, 0);
    sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE,
                              NULL, NULL);
}

int
checkpoint_vacuum(struct database *db, struct wattle_error *error)
{
    int status = database_run(db, "VACUUM", error);
    if (status == WATTLE_OK)
        checkpoint_run(db);
    return status;
}
