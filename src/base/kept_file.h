/*
 * kept_file.h - files that a run writes beside its answer: one rule for all.
 *
 * A file that is written over time and may be replaced by a later run (rejects,
 * a trace) must be new, empty, or one of its own kind, which its first bytes
 * tell. It must not be a file that the run reads, nor a database, whatever its
 * name is: files are compared by device and inode. Pipes and devices are taken
 * as they are.
 *
 * A file that must not be there yet (a copy, an export) is written under
 * another name and gets its own when it is whole: new_file_begin. Nobody else's
 * file is touched.
 */
#ifndef BASE_KEPT_FILE_H
#define BASE_KEPT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "wattle/error.h"

/* What kind of file it is to be. */
struct kept_kind {
    const char *name;      /* such as "trace" */
    const char *signature; /* how every one of them begins */
};

/* Whether a file must not be written: what it is then, else NULL. */
typedef const char *(*kept_file_check)(const void *context,
                                       const struct stat *info);

/*
 * Opens or makes the file, and leaves what is in it for now. The descriptor,
 * or WATTLE_ERR_USAGE, WATTLE_ERR_IO or WATTLE_ERR_MEMORY with the error set;
 * then nothing new is left behind.
 */
int kept_file_open(const char *path, const struct kept_kind *kind,
                   kept_file_check check, const void *context,
                   struct wattle_error *error);

/*
 * Empties it, to be written: only if it is still of its kind. 0,
 * WATTLE_ERR_USAGE or WATTLE_ERR_IO.
 */
int kept_file_clear(int fd, const char *path, const struct kept_kind *kind,
                    struct wattle_error *error);

/*
 * Names of a database and of the files that SQLite keeps beside it: what the
 * file is for when it is one of them, else NULL.
 */
const char *kept_file_of_database(const char *database,
                                  const struct stat *info);

/*
 * Whether SQLite would take a file of that name for a part of a database that
 * is there: NAME-wal, NAME-shm or NAME-journal beside a database NAME. 0, or
 * WATTLE_ERR_USAGE, or WATTLE_ERR_MEMORY. kept_file_open and new_file_begin
 * refuse such names.
 */
int kept_file_refuse_side_name(const char *path, struct wattle_error *error);

/* A file in the making. */
struct new_file {
    char *path, *part;
    int fd;
};

/*
 * Begins a file that must not be there, with these permissions (less the
 * umask); written to `part`, by the descriptor or by name. 0 or WATTLE_ERR_IO,
 * WATTLE_ERR_USAGE, WATTLE_ERR_MEMORY.
 */
int new_file_begin(struct new_file *file, const char *path, mode_t mode,
                   struct wattle_error *error);

/*
 * The file is on the disk and gets its name; it is closed in any case. 0, or
 * WATTLE_ERR_IO: then it is taken away.
 */
int new_file_commit(struct new_file *file, struct wattle_error *error);

/* Takes away what was written, and what SQLite has left beside it. */
void new_file_abandon(struct new_file *file);

/* Permissions of a file for a copy of it; those of new files if it has none. */
mode_t new_file_mode_of(const char *path);

#endif
