/*
 * ladder_lines.c - files by name, lines by fgets or out of blocks.
 */
#include "ladder_lines.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_BYTES    ((size_t)262144)
#define MAX_LINE_BYTES 4096
#define SPARE_BYTES    64 /* readable behind every line */

static bool
is_file_of_readings(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && strcmp(name + len - 4, ".csv") == 0 &&
           strcmp(name, "devices.csv") != 0;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
add_name(struct ladder_lines *lines, const char *folder, const char *name)
{
    size_t n = lines->n_names;
    char **names = realloc(lines->names, (n + 1) * sizeof(*names));
    if (names == NULL)
        ladder_options_fail("out of memory");
    lines->names = names;
    if (asprintf(&names[n], "%s/%s", folder, name) < 0)
        ladder_options_fail("out of memory");
    lines->n_names++;
}

void
ladder_lines_open(struct ladder_lines *lines,
                  const struct ladder_options *options)
{
    *lines = (struct ladder_lines){.input = options->input, .fd = -1};
    lines->buffer = calloc(1, BLOCK_BYTES + SPARE_BYTES);
    DIR *folder = opendir(options->folder);
    if (folder == NULL || lines->buffer == NULL)
        ladder_options_fail("cannot open %s", options->folder);
    for (struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        if (is_file_of_readings(e->d_name))
            add_name(lines, options->folder, e->d_name);
    }
    closedir(folder);
    if (lines->n_names > 0)
        qsort(lines->names, lines->n_names, sizeof(char *), by_name);
}

static void
close_file(struct ladder_lines *lines)
{
    if (lines->file != NULL)
        fclose(lines->file);
    if (lines->fd >= 0)
        close(lines->fd);
    lines->file = NULL;
    lines->fd = -1;
}

void
ladder_lines_close(struct ladder_lines *lines)
{
    close_file(lines);
    for (size_t i = 0; i < lines->n_names; i++)
        free(lines->names[i]);
    free(lines->names);
    free(lines->buffer);
    *lines = (struct ladder_lines){.fd = -1};
}

void
ladder_lines_fail(const struct ladder_lines *lines)
{
    ladder_options_fail("%s:%llu: not a row that this program can read",
                        lines->names[lines->at_name - 1],
                        (unsigned long long)lines->line);
}

/* Opens the next file; false when there is none left. */
static bool
open_file(struct ladder_lines *lines)
{
    close_file(lines);
    if (lines->at_name == lines->n_names)
        return false;
    const char *name = lines->names[lines->at_name++];
    if (lines->input == LADDER_INPUT_LINES)
        lines->file = fopen(name, "re");
    else
        lines->fd = open(name, O_RDONLY | O_CLOEXEC);
    if (lines->file == NULL && lines->fd < 0)
        ladder_options_fail("cannot open %s", name);
    lines->begin = lines->end = 0;
    lines->line = 0;
    return true;
}

/* Ends the line [begin, end) with a zero byte, without its CR. */
static char *
finish_line(struct ladder_lines *lines, char *begin, char *end)
{
    lines->line++;
    if (end > begin && end[-1] == '\r')
        end--;
    *end = '\0';
    return begin;
}

static char *
line_by_fgets(struct ladder_lines *lines)
{
    char *begin = lines->buffer;
    if (fgets(begin, MAX_LINE_BYTES, lines->file) == NULL)
        return NULL;
    size_t len = strlen(begin);
    if (len > 0 && begin[len - 1] == '\n')
        len--;
    return finish_line(lines, begin, begin + len);
}

/* Moves the rest to the front and reads behind it; false at the end. */
static bool
fill_block(struct ladder_lines *lines)
{
    size_t rest = lines->end - lines->begin;
    memmove(lines->buffer, lines->buffer + lines->begin, rest);
    lines->begin = 0;
    lines->end = rest;
    if (rest == BLOCK_BYTES)
        ladder_lines_fail(lines);
    ssize_t n = read(lines->fd, lines->buffer + rest, BLOCK_BYTES - rest);
    if (n < 0)
        ladder_lines_fail(lines);
    lines->end += (size_t)n;
    return n > 0;
}

static char *
line_of_block(struct ladder_lines *lines)
{
    for (;;) {
        char *begin = lines->buffer + lines->begin;
        size_t rest = lines->end - lines->begin;
        char *end = rest > 0 ? memchr(begin, '\n', rest) : NULL;
        if (end != NULL) {
            lines->begin += (size_t)(end - begin) + 1;
            return finish_line(lines, begin, end);
        }
        if (!fill_block(lines))
            break;
    }
    if (lines->begin == lines->end)
        return NULL;
    char *last = lines->buffer + lines->begin;
    char *end = lines->buffer + lines->end;
    lines->begin = lines->end;
    return finish_line(lines, last, end);
}

static char *
line_of_file(struct ladder_lines *lines)
{
    if (lines->file != NULL)
        return line_by_fgets(lines);
    return lines->fd >= 0 ? line_of_block(lines) : NULL;
}

char *
ladder_lines_next(struct ladder_lines *lines)
{
    char *line;
    while ((line = line_of_file(lines)) == NULL) {
        if (!open_file(lines))
            return NULL;
        line_of_file(lines); /* the header */
    }
    return line;
}
