/*
 * out_file.h - one file being written, or standard output.
 *
 * In a folder it is called NAME.part until out_folder.h gives it its name.
 * Every message names the final file. One thread at a time.
 */
#ifndef GENERATE_OUT_FILE_H
#define GENERATE_OUT_FILE_H

#include <stddef.h>

#include "wattle/error.h"

/* What a file's name ends with until it is whole. */
#define OUT_FILE_PART ".part"

/* Room for a name and for the name of its part, with their ends. */
enum { OUT_FILE_NAME_SIZE = 40, OUT_FILE_PART_SIZE = 48 };

struct out_file {
    char name[OUT_FILE_NAME_SIZE]; /* the final one */
    const char *folder;            /* borrowed; NULL for standard output */
    int fd;                        /* -1 = not open */
};

void out_file_part_name(char part[OUT_FILE_PART_SIZE], const char *name);

/*
 * Creates NAME.part in the folder that folder_fd is open on; `folder` is its
 * path for messages. 0 or WATTLE_ERR_IO.
 */
int out_file_create(struct out_file *file, int folder_fd, const char *folder,
                    const char *name, struct wattle_error *error);

/* Makes standard output a file, which close leaves open. */
void out_file_stdout(struct out_file *file);

/* Writes all bytes; 0 or WATTLE_ERR_IO. */
int out_file_write(struct out_file *file, const void *bytes, size_t len,
                   struct wattle_error *error);

/* Closes when open; 0, or WATTLE_ERR_IO when something was not written. */
int out_file_close(struct out_file *file, struct wattle_error *error);

/*
 * WATTLE_ERR_IO with "cannot VERB FOLDER/NAME: REASON" from errno; name may
 * be "" for the folder itself.
 */
int out_file_error(struct wattle_error *error, const char *folder,
                   const char *name, const char *verb);

#endif
