/*
 * ladder_lines.h - the lines of all files of readings in a folder, one after
 * the other, without their header lines.
 *
 * They come by fgets, or out of blocks of 256 KiB that are read at once.
 */
#ifndef LADDER_LINES_H
#define LADDER_LINES_H

#include <stdint.h>
#include <stdio.h>

#include "ladder_options.h"

struct ladder_lines {
    int input;    /* enum ladder_input */
    char **names; /* of the files, sorted */
    size_t n_names, at_name;
    uint64_t line; /* of the current file */
    FILE *file;
    int fd;
    char *buffer;
    size_t begin, end; /* what is in the buffer and not handed out */
};

/* Ends the process when the folder cannot be read. */
void ladder_lines_open(struct ladder_lines *lines,
                       const struct ladder_options *options);
void ladder_lines_close(struct ladder_lines *lines);

/*
 * The next line, ended by a zero byte in place of the line end; valid and
 * writable until the next call. NULL at the end of the last file.
 */
char *ladder_lines_next(struct ladder_lines *lines);

/* Ends the process, naming the current file and line. */
_Noreturn void ladder_lines_fail(const struct ladder_lines *lines);

#endif
