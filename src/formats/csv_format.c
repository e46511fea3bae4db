/*
 * csv_format.c - the header line of a CSV text, and what its columns are.
 */
#include "formats/csv_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "formats/csv_decoder.h"
#include "formats/csv_schema.h"
#include "formats/record_parser.h"

/* How sure a header makes: it was chosen by names that others use as well. */
enum { CERTAIN = 80, UNLIKELY = 1 };

static const char bom[3] = {'\xef', '\xbb', '\xbf'};

static size_t
skip_bom(const struct format_sample *sample)
{
    bool has_bom = sample->len >= sizeof(bom) &&
                   memcmp(sample->bytes, bom, sizeof(bom)) == 0;
    return has_bom ? sizeof(bom) : 0;
}

/* A header with one column that other separators would split. */
static const char *
separator_hint(const struct format_sample *sample)
{
    const uint8_t *end = memchr(sample->bytes, '\n', sample->len);
    size_t len = end != NULL ? (size_t)(end - sample->bytes) : sample->len;
    if (memchr(sample->bytes, ',', len) != NULL)
        return "";
    if (memchr(sample->bytes, ';', len) != NULL)
        return " (its fields seem to be separated by ';')";
    if (memchr(sample->bytes, '\t', len) != NULL)
        return " (its fields seem to be separated by tabs)";
    return "";
}

static void
add_name(void *names, const char *text, size_t len)
{
    csv_schema_builder_add(names, text, len);
}

/*
 * Reads up to the end of the header line; its names go to the builder. False
 * when the sample ends before it.
 */
static bool
find_header(const struct format_sample *sample, struct record_parser *parser,
            struct csv_schema_builder *names, struct recognition *found)
{
    size_t at = skip_bom(sample);
    bool done = true;
    csv_schema_builder_init(names);
    record_parser_init_visit(parser, add_name, names);
    while (parser->is_empty && done) {
        record_parser_reset(parser);
        at += record_parser_feed(parser, sample->bytes + at, sample->len - at,
                                 &done);
        found->header_lines += parser->n_newlines;
        if (sample->has_bare_cr)
            found->header_lines += parser->n_quoted_cr;
    }
    found->has_open_header = !done;
    found->data_offset = at;
    return done || (sample->is_whole && record_parser_finish(parser));
}

static int
probe(const struct format_sample *sample, const struct format_options *options,
      struct recognition *found, struct wattle_error *error)
{
    struct record_parser *parser = calloc(1, sizeof(*parser));
    struct csv_schema *schema = calloc(1, sizeof(*schema));
    struct csv_schema_builder names;
    struct wattle_error why = {0};
    found->certainty = UNLIKELY;
    found->dialect = schema;
    if (parser == NULL || schema == NULL) {
        free(parser);
        return error_memory(error);
    }
    bool is_whole = find_header(sample, parser, &names, found);
    free(parser);
    int status =
        csv_schema_builder_finish(&names, options->value_kind, schema, &why);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    if (!is_whole)
        return error_set(error, WATTLE_ERR_FORMAT,
                         sample->is_whole
                             ? "no usable header line (a quote is open)"
                             : "no usable header line in its first 64 KiB");
    if (status != WATTLE_OK)
        return error_set(error, WATTLE_ERR_FORMAT, "%s%s", why.message,
                         separator_hint(sample));
    found->certainty = CERTAIN;
    found->value_kind = csv_schema_value_kind(schema);
    return WATTLE_OK;
}

static void
release_dialect(void *dialect)
{
    csv_schema_release(dialect);
    free(dialect);
}

static struct decoder *
open_decoder(const struct decoder_setup *setup)
{
    struct csv_decoder *decoder = csv_decoder_new(setup);
    return decoder != NULL ? &decoder->base : NULL;
}

/* Behind the first newline, unless that is inside quotes. */
static size_t
find_record(const uint8_t *text, size_t len)
{
    const uint8_t *newline = len > 0 ? memchr(text, '\n', len) : NULL;
    return newline != NULL ? (size_t)(newline - text) + 1 : SIZE_MAX;
}

const struct format csv_format = {
    .name = "csv",
    .title = "CSV with a header line",
    .traits = FORMAT_SPLITS,
    .probe = probe,
    .release_dialect = release_dialect,
    .open = open_decoder,
    .find_record = find_record,
};
