/*
 * recognise.h - opens a source and finds out what it holds: the room input
 * knows no format, and the room formats opens no file.
 */
#ifndef RUN_RECOGNISE_H
#define RUN_RECOGNISE_H

#include "formats/format.h"
#include "input/source.h"

/*
 * Prepares a source, the first time. What makes it unusable goes to
 * source->problem; only lack of memory is an error.
 */
int recognise_source(struct source *source, const struct source_options *how,
                     const struct format_options *options,
                     struct wattle_error *error);

/* Whether several threads may read parts of it. */
bool recognise_splits(const struct source *source);

/* What the values of a source mean, as in struct recognition; 0 = unknown. */
int recognise_value_kind(const struct source *source);

/*
 * The zone of its times without an offset: `zone`, unless another is known of
 * this source. NULL = UTC.
 */
const struct wattle_zone *recognise_zone(const struct source *source,
                                         const struct wattle_zone *zone);

/*
 * Says whose zone those times are of, and where the devices have come to in the
 * part that is left out (NULL = nowhere); both are borrowed.
 */
void recognise_set_zone(struct source *source, const struct wattle_zone *zone,
                        const struct local_history *history);

/* Says what the values of a source are, whatever it says itself. */
void recognise_force_value_kind(struct source *source, int value_kind);

/* Says what the values of a source are, where that was assumed. */
void recognise_set_value_kind(struct source *source, int value_kind);

#endif
