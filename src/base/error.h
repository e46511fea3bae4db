/*
 * error.h - filling the public error record.
 *
 * Ground floor. All functions return the code that they set or are given, so
 * that a failing line reads `return error_set(error, WATTLE_ERR_IO, "...")`.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#include "wattle/error.h"

/* Fills *error (may be NULL) with the code and a printf-style message. */
int error_set(struct wattle_error *error, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set, and names the file and line concerned (line 0 = none). */
int error_set_at(struct wattle_error *error, int code, const char *path,
                 uint64_t line, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* WATTLE_ERR_MEMORY with its standard message. */
int error_memory(struct wattle_error *error);

/*
 * The end of a public function: its status. A success leaves no words of what
 * was tried on the way.
 */
int error_end(struct wattle_error *error, int status);

/* WATTLE_ERR_USAGE: an argument that must be there is NULL. */
int error_null(struct wattle_error *error, const char *name);

#endif
