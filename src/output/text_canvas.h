/*
 * text_canvas.h - bars, sparklines and texts of a fixed width on a terminal.
 *
 * Widths are in columns. Without UTF-8 everything is ASCII.
 */
#ifndef OUTPUT_TEXT_CANVAS_H
#define OUTPUT_TEXT_CANVAS_H

#include <stddef.h>

#include "base/number_text.h"
#include "output/text_out.h"
#include "wattle/report.h"

struct text_canvas {
    struct text_out *out;
    struct wattle_text_style style;
};

/*
 * Begins a canvas on a text that has begun; style = NULL is the plain one of
 * WATTLE_TEXT_STYLE_INIT. 0 or WATTLE_ERR_USAGE.
 */
int text_canvas_init(struct text_canvas *canvas, struct text_out *out,
                     const struct wattle_text_style *style,
                     struct wattle_error *error);

enum text_colour { TEXT_PLAIN, TEXT_BOLD, TEXT_DIM, TEXT_BAR, TEXT_BAD };

/* Begins and ends a colour; nothing when the style has none. */
void text_canvas_colour(const struct text_canvas *canvas,
                        enum text_colour colour);

/* A heading on a line of its own, with a blank line before. */
void text_canvas_heading(const struct text_canvas *canvas, const char *text);

/* A bar of `share` (0 .. 1) of `width` columns, padded to width when asked. */
void text_canvas_bar(const struct text_canvas *canvas, double share, int width,
                     bool padded);

/* One column per value, its height by value / the largest. */
void text_canvas_spark(const struct text_canvas *canvas, const double *values,
                       size_t n);

/*
 * The text cut or padded to `width` columns. Bytes that are not printable
 * UTF-8 appear as '?'.
 */
void text_canvas_field(const struct text_canvas *canvas, const char *text,
                       int width);

/* The number with commas and `places` decimals, "-" for NaN. Returns `text`. */
const char *text_canvas_number(double value, int places,
                               char text[NUMBER_TEXT_SIZE]);

/*
 * The rest of a line that has `indent` columns: where the width ends, the text
 * goes on in the next line, from the same column. Ends the line.
 */
void text_canvas_wrap(const struct text_canvas *canvas, const char *text,
                      int indent);

/* Columns that the text takes. */
int text_canvas_columns(const char *text);

#endif
