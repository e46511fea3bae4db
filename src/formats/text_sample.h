/*
 * text_sample.h - whether a sample is text: for the probes of text formats.
 */
#ifndef FORMATS_TEXT_SAMPLE_H
#define FORMATS_TEXT_SAMPLE_H

#include "formats/format.h"

/* Why a sample is not text in UTF-8, for people; NULL when it may be. */
const char *text_sample_problem(const struct format_sample *sample);

#endif
