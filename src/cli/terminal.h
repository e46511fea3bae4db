/*
 * terminal.h - how text on standard output should look.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "wattle/report.h"
#include "wattle/writer.h"

/*
 * Width, characters and colours; no devices listed. is_wide: the greatest
 * width, whatever the terminal has.
 */
void terminal_style(struct wattle_text_style *style, bool is_wide);

/* Standard output, where results are written. */
struct wattle_writer terminal_stdout(void);

#endif
