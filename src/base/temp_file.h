/*
 * temp_file.h - a nameless file in the temporary folder ($TMPDIR or /tmp).
 *
 * Ground floor. The file has no name from the start, so nothing is left
 * behind however the process ends.
 */
#ifndef BASE_TEMP_FILE_H
#define BASE_TEMP_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "wattle/error.h"

/* Opens one for reading and writing; a descriptor, or a negative status. */
int temp_file_open(struct wattle_error *error);

/* Writes all bytes at the offset; 0 or WATTLE_ERR_IO. */
int temp_file_write(int fd, uint64_t offset, const void *bytes, size_t len,
                    struct wattle_error *error);

/* Reads exactly len bytes at the offset; 0 or WATTLE_ERR_IO. */
int temp_file_read(int fd, uint64_t offset, void *bytes, size_t len,
                   struct wattle_error *error);

/* Closes it; its space is given back. */
void temp_file_close(int fd);

#endif
