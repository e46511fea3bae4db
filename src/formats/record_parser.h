/*
 * record_parser.h - the reference parser: one CSV record at a time.
 *
 * It defines what is right; the fast path only ever repeats what this parser
 * has approved. It is a state machine that can be fed in pieces of any size,
 * so a record may be longer than any buffer: of each field, without blanks
 * (spaces, and tabs that separate nothing) around it, the first
 * RECORD_FIELD_BYTES are kept, and its length.
 *
 * RFC 4180, and beyond: a line ends with LF and all CR directly before it; a
 * quote inside an unquoted field is data; text behind a closing quote belongs
 * to the field.
 */
#ifndef FORMATS_RECORD_PARSER_H
#define FORMATS_RECORD_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats/csv_schema.h"

#define RECORD_FIELD_BYTES 512
#define RECORD_RAW_BYTES   ((size_t)1 << 20) /* kept of a rejected line */

struct record_field {
    size_t len;     /* true length, without blanks before the first byte */
    size_t trimmed; /* without blanks behind the last one either */
    char text[RECORD_FIELD_BYTES];
};

/* Bytes of `trimmed` that are in text. */
static inline size_t
record_field_kept(const struct record_field *field)
{
    return field->trimmed < RECORD_FIELD_BYTES ? field->trimmed
                                               : RECORD_FIELD_BYTES;
}

enum record_state {
    RECORD_FIELD_START,
    RECORD_PLAIN,      /* in an unquoted field, or behind a closing quote */
    RECORD_QUOTED,     /* inside quotes */
    RECORD_QUOTE_SEEN, /* a quote inside quotes: closing or doubled */
};

/* Called for each field of a record that has no schema. */
typedef void (*record_visit)(void *context, const char *text, size_t len);

struct record_parser {
    char delimiter;
    const struct csv_schema *schema; /* NULL: fields go to on_field */
    record_visit on_field;
    void *context;
    enum record_state state;
    bool is_empty;        /* nothing but CR so far */
    bool has_bare_cr;     /* a CR outside quotes that ends no line */
    size_t n_fields;      /* complete ones */
    size_t pending_cr;    /* CR seen that may belong to the line end */
    uint64_t n_newlines;  /* LF bytes of this record, its end included */
    uint64_t n_quoted_cr; /* CR inside quotes that no LF follows */
    bool is_behind_cr;    /* inside quotes: the last byte was a CR */
    struct record_field current;
    struct record_field fields[N_ROLES];
};

/* For readings: the fields that the schema names are kept. */
void record_parser_init(struct record_parser *parser,
                        const struct csv_schema *schema);

/* For headers and other tables: each field is handed over as it ends. */
void record_parser_init_visit(struct record_parser *parser, char delimiter,
                              record_visit on_field, void *context);

/* Ready for the next record. */
void record_parser_reset(struct record_parser *parser);

/*
 * Feeds bytes; returns how many were taken. *done tells whether the record
 * is complete (its LF was the last byte taken).
 */
size_t record_parser_feed(struct record_parser *parser, const uint8_t *bytes,
                          size_t len, bool *done);

/*
 * Ends a record at the end of the file. False when the file ends inside
 * quotes.
 */
bool record_parser_finish(struct record_parser *parser);

#endif
