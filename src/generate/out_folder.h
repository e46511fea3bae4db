/*
 * out_folder.h - the folder that the generator fills, all or nothing.
 *
 * Files are written as NAME.part and get their names when all of them are
 * whole:
 *
 *     open ---> create, write, close ... ---> commit
 *                                        \--> abort
 *
 * A run that is killed leaves *.part files at most; the next one into the
 * same folder removes them. One thread at a time.
 */
#ifndef GENERATE_OUT_FOLDER_H
#define GENERATE_OUT_FOLDER_H

#include <stdbool.h>
#include <stdint.h>

#include "generate/out_file.h"
#include "wattle/error.h"

struct out_folder {
    const char *path; /* borrowed */
    int fd;           /* of the folder, -1 = not open */
    bool is_new;      /* made by this run */
};

/* "readings_0001.csv" and the suffix, for file 0. */
void out_folder_readings_name(char name[OUT_FILE_NAME_SIZE], uint64_t file,
                              const char *suffix);

/*
 * Makes the folder and those above it where they lack. WATTLE_ERR_USAGE when
 * it already holds readings or a file that would be replaced, and not
 * `force`; WATTLE_ERR_IO; WATTLE_ERR_MEMORY. The folder is open after 0 only.
 */
int out_folder_open(struct out_folder *folder, const char *path, bool force,
                    struct wattle_error *error);

/* Creates NAME.part; 0 or WATTLE_ERR_IO. */
int out_folder_create(const struct out_folder *folder, const char *name,
                      struct out_file *file, struct wattle_error *error);

/*
 * Gives all files their names, removes those an earlier run made that this
 * one did not, and closes the folder. 0, WATTLE_ERR_IO, WATTLE_ERR_MEMORY.
 */
int out_folder_commit(struct out_folder *folder, struct wattle_error *error);

/* Removes what this run made, and closes. Harmless when not open. */
void out_folder_abort(struct out_folder *folder);

#endif
