/*
 * reject_words.c - a figure that rests on few of the lines is never printed
 * without a word about it.
 *
 * Rejects are listed elsewhere, one by one; here is what they mean together.
 */
#include "cli/reject_words.h"

#include <stdio.h>
#include <string.h>

#include "wattle/text.h"

/* The reason that most rejected lines have; of equals the first one met. */
static int
commonest(const struct reject_words *r)
{
    size_t most = r->n_first > 0 ? (size_t)r->first[0]->reason : 0;
    for (size_t i = 0; i < r->n_reasons; i++)
        most = r->by_reason[i] > r->by_reason[most] ? i : most;
    return (int)most;
}

/* "(most often number, first at a.csv:3)"; returns `text`. */
static const char *
example(const struct reject_words *r, char *text, size_t size)
{
    const int reason = commonest(r);
    const char *often =
        r->by_reason[reason] < r->n_rejects ? "most often " : "";
    for (size_t i = 0; i < r->n_first; i++) {
        const struct wattle_reject *reject = r->first[i];
        if (reject->reason != reason)
            continue;
        snprintf(text, size, "(%s%s, first at %s:%llu)", often,
                 wattle_reason_text(reason), reject->path,
                 (unsigned long long)reject->line);
        return text;
    }
    snprintf(text, size, "(%s%s)", often, wattle_reason_text(reason));
    return text;
}

static void
say_strict(const struct reject_words *r)
{
    char text[512];
    if (r->n_rejects > 0)
        cli_complain(r->command, "--strict: %llu of %llu lines rejected %s",
                     (unsigned long long)r->n_rejects,
                     (unsigned long long)r->n_lines,
                     example(r, text, sizeof(text)));
    if (r->n_skipped > 0)
        cli_complain(r->command, "--strict: %zu file%s skipped (first %s: %s)",
                     r->n_skipped, r->n_skipped == 1 ? "" : "s",
                     r->skipped[0]->path, r->skipped[0]->reason);
}

int
reject_words_say(const struct reject_words *r)
{
    char text[512];
    const bool is_dirty = r->n_rejects > 0 || r->n_skipped > 0;
    if (r->n_readings == 0 && r->n_rejects > 0 && !r->is_continued) {
        cli_complain(
            r->command, "there is no reading: %llu of %llu line%s rejected %s",
            (unsigned long long)r->n_rejects, (unsigned long long)r->n_lines,
            r->n_lines == 1 ? "" : "s", example(r, text, sizeof(text)));
        return EXIT_USAGE;
    }
    if (r->is_strict && is_dirty) {
        if (r->is_quiet)
            say_strict(r);
        return EXIT_FOUND;
    }
    if (!r->is_quiet && r->n_rejects > r->n_lines / 2)
        cli_complain(r->command,
                     "warning: most lines were rejected, %llu of %llu %s; the "
                     "figures are those of the rest",
                     (unsigned long long)r->n_rejects,
                     (unsigned long long)r->n_lines,
                     example(r, text, sizeof(text)));
    return EXIT_DONE;
}
