/*
 * device_file.c - a device table from a CSV file.
 *
 * It uses the record parser of readings, without a schema. A header without a
 * column of ids is an error. The first line of a device counts; a line without
 * an id is skipped. A rating that is not a number counts as unknown, and text
 * that is not UTF-8 is taken for Windows-1252.
 */
#include "formats/device_file.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "base/buffer.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/utf8.h"
#include "base/line_ends.h"
#include "formats/record_parser.h"

enum column {
    COLUMN_ID,
    COLUMN_NAME,
    COLUMN_LOCATION,
    COLUMN_RATING,
    COLUMN_ACTIVE,
    N_COLUMNS
};

#define MAX_COLUMNS 64
#define MAX_TEXT    (3 * RECORD_FIELD_BYTES) /* when it was not UTF-8 */

static const struct {
    const char *name;
    enum column column;
} aliases[] = {
    {"device_id", COLUMN_ID},
    {"device", COLUMN_ID},
    {"id", COLUMN_ID},
    {"entity_id", COLUMN_ID},
    {"meter", COLUMN_ID},
    {"name", COLUMN_NAME},
    {"location", COLUMN_LOCATION},
    {"room", COLUMN_LOCATION},
    {"power_rating_watts", COLUMN_RATING},
    {"rated_w", COLUMN_RATING},
    {"is_active", COLUMN_ACTIVE},
};

struct table_reader {
    struct device_table *table;
    bool has_header;
    size_t at;                  /* field in the record */
    int column_of[MAX_COLUMNS]; /* -1 = not used */
    char text[N_COLUMNS][MAX_TEXT + 1];
};

static int
column_by_name(const char *text, size_t len)
{
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (ascii_is_word(text, len, aliases[i].name))
            return (int)aliases[i].column;
    }
    return -1;
}

static void
on_field(void *context, const char *text, size_t len)
{
    struct table_reader *r = context;
    size_t at = r->at++;
    len = decimal_trim(&text, len);
    if (at >= MAX_COLUMNS)
        return;
    if (!r->has_header) {
        r->column_of[at] = column_by_name(text, len);
        return;
    }
    int column = r->column_of[at];
    if (column < 0 || r->text[column][0] != '\0')
        return;
    if (utf8_is_valid(text, len))
        memcpy(r->text[column], text, len);
    else
        len = utf8_from_latin(text, len, r->text[column], MAX_TEXT);
    r->text[column][len] = '\0';
}

static bool
has_column(const struct table_reader *r, int column)
{
    for (size_t i = 0; i < MAX_COLUMNS && i < r->at; i++) {
        if (r->column_of[i] == column)
            return true;
    }
    return false;
}

static bool
is_no(const char *text)
{
    static const char *const words[] = {"false", "no", "0", "off"};
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (ascii_is_word(text, strlen(text), words[i]))
            return true;
    }
    return false;
}

/* A complete record: the header, or a device. */
static int
take_record(struct table_reader *r, const char *path,
            struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (!r->has_header) {
        if (!has_column(r, COLUMN_ID))
            return error_set_at(error, WATTLE_ERR_FORMAT, path, 1,
                                "no column device_id in its header line");
        r->has_header = true;
    } else {
        struct decimal rating;
        double rated_w = NAN;
        if (decimal_parse(r->text[COLUMN_RATING],
                          strlen(r->text[COLUMN_RATING]), DECIMAL_MAX, true,
                          &rating) == DECIMAL_OK)
            rated_w = (double)rating.nano / (double)DECIMAL_ONE;
        status = device_table_add(
            r->table, r->text[COLUMN_ID], r->text[COLUMN_NAME],
            r->text[COLUMN_LOCATION], rated_w, is_no(r->text[COLUMN_ACTIVE]));
    }
    r->at = 0;
    for (int c = 0; c < N_COLUMNS; c++)
        r->text[c][0] = '\0';
    return status == WATTLE_OK ? status : error_memory(error);
}

/* All of a file, which is small: a line for each device. */
static int
read_all(FILE *file, struct buffer *text, struct wattle_error *error)
{
    size_t n;
    do {
        if (buffer_reserve(text, 65536) != WATTLE_OK)
            return error_memory(error);
        n = fread(text->data + text->len, 1, 65536, file);
        text->len += n;
    } while (n > 0);
    return WATTLE_OK;
}

static int
read_records(const struct buffer *text, struct table_reader *r,
             const char *path, struct wattle_error *error)
{
    static const char bom[] = "\xef\xbb\xbf";
    uint8_t *bytes = (uint8_t *)text->data;
    const size_t n = text->len;
    struct record_parser parser;
    int status = WATTLE_OK;
    size_t at = n >= 3 && memcmp(bytes, bom, 3) == 0 ? 3 : 0;
    line_ends_settle(bytes + at, n - at);
    record_parser_init_visit(&parser, ',', on_field, r);
    while (at < n && status == WATTLE_OK) {
        bool done;
        at += record_parser_feed(&parser, bytes + at, n - at, &done);
        if (done && !parser.is_empty)
            status = take_record(r, path, error);
        if (done)
            record_parser_reset(&parser);
    }
    if (status == WATTLE_OK && record_parser_finish(&parser) &&
        !parser.is_empty)
        status = take_record(r, path, error);
    return status;
}

int
device_file_read(struct device_table *table, const char *path,
                 struct wattle_error *error)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return error_set_at(error, WATTLE_ERR_IO, path, 0, "%s",
                            strerror(errno));
    struct table_reader *r = calloc(1, sizeof(*r));
    struct buffer text = {0};
    int status = WATTLE_ERR_MEMORY;
    if (r == NULL) {
        error_memory(error);
    } else {
        r->table = table;
        status = read_all(file, &text, error);
        if (status == WATTLE_OK && ferror(file))
            status =
                error_set_at(error, WATTLE_ERR_IO, path, 0, "cannot read it");
        if (status == WATTLE_OK)
            status = read_records(&text, r, path, error);
        if (status == WATTLE_OK && !r->has_header)
            status =
                error_set_at(error, WATTLE_ERR_FORMAT, path, 1, "is empty");
    }
    free(r);
    buffer_release(&text);
    fclose(file);
    return status;
}
