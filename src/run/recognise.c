/*
 * recognise.c - the head of a source goes to the formats; their answer stays
 * with the source.
 *
 * Here input and formats meet: neither room knows the other.
 */
#include "run/recognise.h"

#include <assert.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/zone.h"

static void
release(struct recognition *recognition)
{
    format_recognition_release(recognition);
    free(recognition);
}

int
recognise_source(struct source *source, const struct source_options *how,
                 const struct format_options *options,
                 struct wattle_error *error)
{
    struct wattle_error why = {0};
    int status = source_prepare(source, how, error);
    if (status != WATTLE_OK || !source->is_opened ||
        source->recognition != NULL || source->problem != NULL)
        return status;
    const struct format_sample sample = {
        .bytes = source->head,
        .len = source->head_len,
        .is_whole = source->head_len < SOURCE_HEAD_BYTES,
        .has_bare_cr = source->has_bare_cr,
    };
    struct recognition *found = calloc(1, sizeof(*found));
    if (found == NULL)
        return error_memory(error);
    status = formats_recognise(&sample, options, found, &why);
    source->data_offset = found->data_offset;
    source->header_lines = found->header_lines;
    source->has_open_header = found->has_open_header;
    source->is_value_assumed = found->is_value_assumed;
    if (status == WATTLE_ERR_FORMAT)
        source_set_problem(source, why.message);
    if (status == WATTLE_OK)
        source_set_recognition(source, found, release);
    else
        release(found);
    source_drop_head(source);
    return status == WATTLE_ERR_MEMORY ? error_memory(error) : WATTLE_OK;
}

bool
recognise_splits(const struct source *source)
{
    return source_is_seekable(source) &&
           (source->recognition == NULL ||
            (source->recognition->format->traits & FORMAT_SPLITS) != 0);
}

int
recognise_value_kind(const struct source *source)
{
    return source->recognition != NULL ? source->recognition->value_kind : 0;
}

void
recognise_set_value_kind(struct source *source, int value_kind)
{
    struct recognition *recognition = source->recognition;
    assert(source->is_value_assumed && recognition->value_kind != 0);
    recognition->format->set_value_kind(recognition->dialect, value_kind);
    recognition->value_kind = value_kind;
    recognition->is_value_assumed = false;
    source->is_value_assumed = false;
}

const struct wattle_zone *
recognise_zone(const struct source *source, const struct wattle_zone *zone)
{
    const struct recognition *recognition = source->recognition;
    if (recognition != NULL && recognition->zone != NULL)
        zone = recognition->zone;
    return zone_unless_utc(zone);
}

void
recognise_set_zone(struct source *source, const struct wattle_zone *zone,
                   const struct local_history *history)
{
    source->recognition->zone = zone;
    source->recognition->history = history;
}

void
recognise_force_value_kind(struct source *source, int value_kind)
{
    struct recognition *recognition = source->recognition;
    if (recognition->value_kind == 0 || value_kind == 0)
        return;
    recognition->format->set_value_kind(recognition->dialect, value_kind);
    recognition->value_kind = value_kind;
}
