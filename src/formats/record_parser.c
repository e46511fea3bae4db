/*
 * record_parser.c - a byte-wise machine with a quick run for plain text.
 *
 * It can be fed in pieces cut anywhere, and defines how text is cut into
 * records and fields (RFC 4180, with the exceptions of docs/input.md).
 */
#include "formats/record_parser.h"

#include <string.h>

void
record_parser_init(struct record_parser *parser,
                   const struct csv_schema *schema)
{
    parser->delimiter = schema->dialect->delimiter;
    parser->schema = schema;
    parser->on_field = NULL;
    record_parser_reset(parser);
}

void
record_parser_init_visit(struct record_parser *parser, char delimiter,
                         record_visit on_field, void *context)
{
    parser->delimiter = delimiter;
    parser->schema = NULL;
    parser->on_field = on_field;
    parser->context = context;
    record_parser_reset(parser);
}

void
record_parser_reset(struct record_parser *parser)
{
    parser->state = RECORD_FIELD_START;
    parser->is_empty = true;
    parser->has_bare_cr = false;
    parser->n_fields = 0;
    parser->pending_cr = 0;
    parser->n_newlines = 0;
    parser->n_quoted_cr = 0;
    parser->is_behind_cr = false;
    parser->current.len = parser->current.trimmed = 0;
}

/* A tab that separates is not left over: fields are cut before. */
static bool
is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void
append(struct record_parser *parser, const void *bytes, size_t len)
{
    struct record_field *field = &parser->current;
    const char *p = bytes;
    while (field->len == 0 && len > 0 && is_blank(*p)) {
        p++;
        len--;
    }
    if (field->len < RECORD_FIELD_BYTES) {
        size_t room = RECORD_FIELD_BYTES - field->len;
        memcpy(field->text + field->len, p, len < room ? len : room);
    }
    for (size_t n = len; n > 0; n--) {
        if (!is_blank(p[n - 1])) {
            field->trimmed = field->len + n;
            break;
        }
    }
    field->len += len;
}

/* CR that turned out not to stand before the line end are data. */
static void
append_pending(struct record_parser *parser)
{
    parser->has_bare_cr = true;
    for (; parser->pending_cr > 0; parser->pending_cr--)
        append(parser, "\r", 1);
}

static void
end_field(struct record_parser *parser)
{
    struct record_field *field = &parser->current;
    size_t kept = record_field_kept(field);
    const struct csv_schema *schema = parser->schema;
    if (schema == NULL) {
        parser->on_field(parser->context, field->text, kept);
    } else if (parser->n_fields < schema->n_columns) {
        uint8_t role = schema->role_of[parser->n_fields];
        if (role != ROLE_NONE) {
            parser->fields[role].trimmed = field->trimmed;
            memcpy(parser->fields[role].text, field->text, kept);
        }
    }
    parser->n_fields++;
    field->len = field->trimmed = 0;
    parser->state = RECORD_FIELD_START;
}

/* Length of the run of bytes that mean nothing but themselves. */
static size_t
plain_run(const uint8_t *p, const uint8_t *end, uint8_t delimiter)
{
    const uint8_t *start = p;
    while (p < end && *p != delimiter && *p != '\n' && *p != '\r')
        p++;
    return (size_t)(p - start);
}

/* Outside quotes. Returns the bytes taken; sets *done at the line's end. */
static size_t
feed_plain(struct record_parser *parser, const uint8_t *p, const uint8_t *end,
           bool *done)
{
    if (*p == '\r') {
        parser->pending_cr++;
        return 1;
    }
    if (*p == '\n') {
        parser->pending_cr = 0;
        parser->n_newlines++;
        *done = true;
        return 1;
    }
    parser->is_empty = false;
    if (parser->pending_cr > 0) {
        append_pending(parser);
        parser->state = RECORD_PLAIN;
    }
    if (*p == (uint8_t)parser->delimiter) {
        end_field(parser);
        return 1;
    }
    if (parser->state == RECORD_FIELD_START && *p == '"') {
        parser->state = RECORD_QUOTED;
        return 1;
    }
    size_t n = plain_run(p, end, (uint8_t)parser->delimiter);
    append(parser, p, n);
    parser->state = RECORD_PLAIN;
    return n;
}

/* Counts lines that end inside quotes. */
static void
count_line_end(struct record_parser *parser, uint8_t byte)
{
    parser->n_newlines += byte == '\n' ? 1 : 0;
    parser->n_quoted_cr += parser->is_behind_cr && byte != '\n' ? 1 : 0;
    parser->is_behind_cr = byte == '\r';
}

static size_t
feed_quoted(struct record_parser *parser, const uint8_t *p, const uint8_t *end)
{
    if (*p == '"') {
        if (parser->is_behind_cr)
            count_line_end(parser, *p);
        parser->state = RECORD_QUOTE_SEEN;
        return 1;
    }
    const uint8_t *stop = p;
    for (;;) {
        if (parser->is_behind_cr && stop < end && *stop != '"')
            count_line_end(parser, *stop++);
        while (stop<end && * stop> '\r' && *stop != '"')
            stop++;
        if (stop == end || *stop == '"')
            break;
        count_line_end(parser, *stop++);
    }
    append(parser, p, (size_t)(stop - p));
    return (size_t)(stop - p);
}

size_t
record_parser_feed(struct record_parser *parser, const uint8_t *bytes,
                   size_t len, bool *done)
{
    const uint8_t *p = bytes;
    const uint8_t *end = bytes + len;
    *done = false;
    while (p < end && !*done) {
        switch (parser->state) {
        case RECORD_QUOTED:
            p += feed_quoted(parser, p, end);
            break;
        case RECORD_QUOTE_SEEN:
            parser->state = RECORD_PLAIN;
            if (*p == '"') {
                append(parser, p, 1);
                parser->state = RECORD_QUOTED;
                p++;
            }
            break;
        default:
            p += feed_plain(parser, p, end, done);
            break;
        }
    }
    if (*done && !parser->is_empty)
        end_field(parser);
    return (size_t)(p - bytes);
}

bool
record_parser_finish(struct record_parser *parser)
{
    if (parser->state == RECORD_QUOTED)
        return false;
    parser->pending_cr = 0;
    if (!parser->is_empty)
        end_field(parser);
    return true;
}
