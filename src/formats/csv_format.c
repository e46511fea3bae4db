/*
 * csv_format.c - the header line of a CSV text, and what its columns are.
 *
 * The header is read with commas, and once more for each other delimiter of a
 * dialect. The delimiter that makes most columns known counts, the comma when
 * equal. The records behind the header are read by csv_decoder.c.
 */
#include "formats/csv_format.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "formats/csv_decoder.h"
#include "formats/csv_schema.h"
#include "formats/record_parser.h"
#include "formats/text_sample.h"
#include "formats/value_unit.h"
#include "wattle/measure.h"

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
find_header(const struct format_sample *sample, char delimiter,
            struct record_parser *parser, struct csv_schema_builder *names,
            struct recognition *found)
{
    size_t at = skip_bom(sample);
    bool done = true;
    found->header_lines = 0;
    csv_schema_builder_init(names, delimiter);
    record_parser_init_visit(parser, delimiter, add_name, names);
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

/* Reads the header with one delimiter; *is_whole: it ends in the sample. */
static int
read_header(const struct format_sample *sample, char delimiter, int value_kind,
            struct recognition *found, bool *is_whole,
            struct csv_schema *schema, struct wattle_error *error)
{
    struct csv_schema_builder names;
    struct record_parser *parser = calloc(1, sizeof(*parser));
    if (parser == NULL)
        return error_memory(error);
    *is_whole = find_header(sample, delimiter, parser, &names, found);
    free(parser);
    return csv_schema_builder_finish(&names, value_kind, schema, error);
}

/* Whether no dialect before the i-th has its delimiter. */
static bool
is_first_with_delimiter(size_t i)
{
    for (size_t k = 0; k < i; k++) {
        if (csv_dialects[k].delimiter == csv_dialects[i].delimiter)
            return false;
    }
    return true;
}

/*
 * Tries each delimiter; the one that makes most columns known counts. When no
 * one does, *why is about commas.
 */
static int
find_schema(const struct format_sample *sample, int value_kind,
            struct recognition *found, bool *is_whole,
            struct csv_schema *schema, struct wattle_error *why)
{
    int status =
        read_header(sample, ',', value_kind, found, is_whole, schema, why);
    for (size_t i = 0; i < csv_n_dialects && status != WATTLE_ERR_MEMORY; i++) {
        const char delimiter = csv_dialects[i].delimiter;
        struct recognition other = *found;
        struct csv_schema other_schema;
        bool is_other_whole;
        if (delimiter == ',' || !is_first_with_delimiter(i))
            continue;
        int result = read_header(sample, delimiter, value_kind, &other,
                                 &is_other_whole, &other_schema, NULL);
        if (result == WATTLE_ERR_MEMORY) {
            status = result;
        } else if (result == WATTLE_OK &&
                   (status != WATTLE_OK ||
                    other_schema.n_known > schema->n_known)) {
            csv_schema_release(schema);
            *schema = other_schema;
            *found = other;
            *is_whole = is_other_whole;
            status = WATTLE_OK;
        } else if (result == WATTLE_OK) {
            csv_schema_release(&other_schema);
        }
    }
    return status;
}

static int
probe(const struct format_sample *sample, const struct format_options *options,
      struct recognition *found, struct wattle_error *error)
{
    struct csv_schema *schema = calloc(1, sizeof(*schema));
    struct wattle_error why = {0};
    bool is_whole = false;
    found->certainty = UNLIKELY;
    found->dialect = schema;
    if (schema == NULL)
        return error_memory(error);
    const char *problem = text_sample_problem(sample);
    if (problem != NULL)
        return error_set(error, WATTLE_ERR_FORMAT, "%s", problem);
    int status = find_schema(sample, options->value_kind, found, &is_whole,
                             schema, &why);
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    if (!is_whole)
        return error_set(error, WATTLE_ERR_FORMAT,
                         sample->is_whole
                             ? "no usable header line (a quote is open)"
                             : "no usable header line in its first 64 KiB");
    if (status != WATTLE_OK)
        return error_set(error, WATTLE_ERR_FORMAT, "%s%s%s", why.message,
                         separator_hint(sample), text_sample_hint(sample));
    const bool has_value = csv_schema_value_kind(schema) != 0;
    if (has_value && options->value_kind == WATTLE_VALUE_AUTO)
        status = value_unit_find(sample, schema, found, error);
    else if (has_value)
        status =
            value_unit_check(sample, schema, found, options->value_kind, error);
    if (status != WATTLE_OK)
        return status;
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

static void
set_value_kind(void *dialect, int value_kind)
{
    csv_schema_set_value_kind(dialect, value_kind);
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
    .name_end = ".csv",
    .probe = probe,
    .release_dialect = release_dialect,
    .set_value_kind = set_value_kind,
    .open = open_decoder,
    .find_record = find_record,
};
