/*
 * text_sample.h - whether a sample is text: for the probes of text formats.
 */
#ifndef FORMATS_TEXT_SAMPLE_H
#define FORMATS_TEXT_SAMPLE_H

#include "formats/format.h"

/* Why a sample is not text in UTF-8, for people; NULL when it may be. */
const char *text_sample_problem(const struct format_sample *sample);

/*
 * What else it looks like, for the end of a message that it cannot be read; ""
 * when there is nothing to say.
 */
const char *text_sample_hint(const struct format_sample *sample);

#endif
