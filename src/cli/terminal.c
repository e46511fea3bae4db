/*
 * terminal.c - questions to the terminal and the environment.
 *
 * The width is that of the terminal, within 80 and 120 columns, and 80 without
 * one. UTF-8 is used when the name of the locale says so, colour only on a
 * terminal, unless TERM is dumb or NO_COLOR is set.
 */
#include "cli/terminal.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "wattle/stdio.h"

/* What the library lays out for. */
#define LEAST_COLUMNS 40
#define MOST_COLUMNS  200

static int
text_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return 80;
    return size.ws_col < LEAST_COLUMNS  ? LEAST_COLUMNS
           : size.ws_col > MOST_COLUMNS ? MOST_COLUMNS
                                        : size.ws_col;
}

/*
 * As the locale's name says; setlocale(3) would read files of the system for
 * this one question.
 */
static bool
is_utf8_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (locale == NULL || locale[0] == '\0')
            locale = getenv(names[i]);
    }
    return locale != NULL && (strcasestr(locale, "utf-8") != NULL ||
                              strcasestr(locale, "utf8") != NULL);
}

void
terminal_style(struct wattle_text_style *style, bool is_wide)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool is_dumb = terminal != NULL && strcmp(terminal, "dumb") == 0;
    *style = (struct wattle_text_style){
        .size = sizeof(*style),
        .width = is_wide ? MOST_COLUMNS : text_width(),
        .is_utf8 = is_utf8_locale(),
        .is_colour = isatty(STDOUT_FILENO) && !is_dumb &&
                     (no_colour == NULL || no_colour[0] == '\0'),
    };
}

struct wattle_writer
terminal_stdout(void)
{
    struct wattle_writer writer = wattle_stdio_writer(stdout);
    writer.is_terminal = isatty(STDOUT_FILENO) != 0;
    return writer;
}
