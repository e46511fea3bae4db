/*
 * error.c - the status list with its texts, and the functions that fill an
 * error record.
 *
 * A message or path that does not fit the record is cut. The caller's record
 * may be NULL; then only the status is returned.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int code;
    const char *text;
} status_texts[] = {
    {WATTLE_OK, "success"},
    {WATTLE_ERR_MEMORY, "out of memory"},
    {WATTLE_ERR_USAGE, "wrong argument"},
    {WATTLE_ERR_IO, "input/output error"},
    {WATTLE_ERR_FORMAT, "unexpected content"},
    {WATTLE_ERR_CPU, "not supported by this CPU"},
    {WATTLE_ERR_CHANGED, "the input changed while it was read"},
    {WATTLE_ERR_BUSY, "another program is writing to the database"},
    {WATTLE_ERR_NO_INPUT, "no usable input"},
    {WATTLE_ERR_CANCELLED, "cancelled"},
};

const char *
wattle_status_text(int status)
{
    size_t n = sizeof(status_texts) / sizeof(status_texts[0]);
    for (size_t i = 0; i < n; i++) {
        if (status_texts[i].code == status)
            return status_texts[i].text;
    }
    return "unknown error";
}

static void
fill(struct wattle_error *error, int code, const char *path, uint64_t line,
     const char *format, va_list args)
{
    if (error == NULL)
        return;
    error->code = code;
    error->line = line;
    snprintf(error->path, sizeof(error->path), "%s", path);
    vsnprintf(error->message, sizeof(error->message), format, args);
}

int
error_set(struct wattle_error *error, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, code, "", 0, format, args);
    va_end(args);
    return code;
}

int
error_set_at(struct wattle_error *error, int code, const char *path,
             uint64_t line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(error, code, path, line, format, args);
    va_end(args);
    return code;
}

int
error_end(struct wattle_error *error, int status)
{
    if (error != NULL && status == WATTLE_OK)
        *error = (struct wattle_error){0};
    return status;
}

int
error_null(struct wattle_error *error, const char *name)
{
    return error_set(error, WATTLE_ERR_USAGE, "%s is NULL", name);
}

int
error_memory(struct wattle_error *error)
{
    return error_set(error, WATTLE_ERR_MEMORY, "%s",
                     wattle_status_text(WATTLE_ERR_MEMORY));
}
