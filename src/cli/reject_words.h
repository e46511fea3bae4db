/*
 * reject_words.h - what a report or an import says about lines that were
 * rejected, and what exit status follows from them.
 */
#ifndef CLI_REJECT_WORDS_H
#define CLI_REJECT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/command.h"
#include "wattle/result.h"

/* What came of the lines; arrays are borrowed. */
struct reject_words {
    const struct command *command;
    uint64_t n_lines, n_readings, n_rejects; /* n_readings: of these lines */
    const uint64_t *by_reason;               /* [n_reasons] */
    size_t n_reasons;
    const struct wattle_reject *const *first;
    size_t n_first;
    const struct wattle_skipped_file *const *skipped;
    size_t n_skipped;
    bool is_strict, is_quiet;
    bool is_continued; /* earlier lines of the same input were read before */
};

/*
 * Says in a line on stderr that most lines were rejected, or all: an error
 * then, also with is_quiet; or why is_strict fails. The exit status.
 */
int reject_words_say(const struct reject_words *r);

#endif
