/*
 * local_file.h - times of files that have no offset: whose clocks they are of,
 * and where the devices have come to (model/local_state.h).
 *
 * A file without a row has no such times, and nobody said whose they would be.
 * All functions that return int give 0,
 * or a status with the error set.
 */
#ifndef STORE_LOCAL_FILE_H
#define STORE_LOCAL_FILE_H

#include "model/local_state.h"
#include "store/checksum.h"
#include "store/database.h"

struct local_file {
    char *zone;     /* on the heap; NULL = no such times */
    bool has_times; /* false: it was only said whose they would be */
    struct local_states states; /* by numbers of the database; sorted */
};

void local_file_release(struct local_file *file);

/* The columns of the table, with the checksum. */
#define LOCAL_FILE_COLUMNS "file, zone, has_times, states, checksum"

/*
 * Takes such a row; the file is to be released in any case. WATTLE_ERR_FORMAT,
 * without words, when it is damaged, or WATTLE_ERR_MEMORY.
 */
int local_file_take(struct local_file *file, struct checksum *checksum,
                    sqlite3_stmt *row);

/* What is noted of a file; to be released in any case. */
int local_file_read(struct local_file *file, struct database *db,
                    int64_t number, struct wattle_error *error);

/* Notes it in place of what is there: nothing, when the zone is NULL. */
int local_file_write(const struct local_file *file, struct database *db,
                     int64_t number, struct wattle_error *error);

/* Files of format 2 had times in UTC, or with an offset. */
int local_file_upgrade(struct database *db, struct wattle_error *error);

#endif
