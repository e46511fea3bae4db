/*
 * text_canvas.c - eighths of blocks where UTF-8 is at hand, '#' elsewhere.
 *
 * Texts of users are shown in columns of a fixed width, without what a
 * terminal would take for a command.
 */
#include "output/text_canvas.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/sized_struct.h"
#include "base/utf8.h"

int
text_canvas_init(struct text_canvas *canvas, struct text_out *out,
                 const struct wattle_text_style *style,
                 struct wattle_error *error)
{
    *canvas = (struct text_canvas){out, WATTLE_TEXT_STYLE_INIT};
    return sized_struct_take(&canvas->style, sizeof(canvas->style), style,
                             error);
}

void
text_canvas_colour(const struct text_canvas *canvas, enum text_colour colour)
{
    static const char *const codes[] = {
        [TEXT_PLAIN] = "\033[0m",  [TEXT_BOLD] = "\033[1m",
        [TEXT_DIM] = "\033[2m",    [TEXT_BAR] = "\033[36m",
        [TEXT_BAD] = "\033[1;31m",
    };
    if (canvas->style.is_colour)
        text_out_text(canvas->out, codes[colour]);
}

void
text_canvas_heading(const struct text_canvas *canvas, const char *text)
{
    text_out_byte(canvas->out, '\n');
    text_canvas_colour(canvas, TEXT_BOLD);
    text_out_text(canvas->out, text);
    text_canvas_colour(canvas, TEXT_PLAIN);
    text_out_byte(canvas->out, '\n');
}

static double
clamp_share(double share)
{
    if (!(share > 0))
        return 0;
    return share < 1 ? share : 1;
}

void
text_canvas_bar(const struct text_canvas *canvas, double share, int width,
                bool padded)
{
    static const char *const eighths[] = {"",  "▏", "▎", "▍",
                                          "▌", "▋", "▊", "▉"};
    int drawn = 0;
    width = width > 0 ? width : 0;
    int units = (int)lround(clamp_share(share) * width * 8);
    text_canvas_colour(canvas, TEXT_BAR);
    if (canvas->style.is_utf8) {
        for (; drawn < units / 8; drawn++)
            text_out_text(canvas->out, "█");
        text_out_text(canvas->out, eighths[units % 8]);
        drawn += units % 8 != 0 ? 1 : 0;
    } else {
        for (; drawn < (units + 4) / 8; drawn++)
            text_out_byte(canvas->out, '#');
    }
    text_canvas_colour(canvas, TEXT_PLAIN);
    for (; padded && drawn < width; drawn++)
        text_out_byte(canvas->out, ' ');
}

void
text_canvas_spark(const struct text_canvas *canvas, const double *values,
                  size_t n)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄",
                                         "▅", "▆", "▇", "█"};
    static const char ascii[] = "_.:-=+*#";
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = values[i] > most ? values[i] : most;
    text_canvas_colour(canvas, TEXT_BAR);
    for (size_t i = 0; i < n; i++) {
        double share = most > 0 ? clamp_share(values[i] / most) : 0;
        int level = (int)lround(share * 7);
        if (canvas->style.is_utf8)
            text_out_text(canvas->out, blocks[level]);
        else
            text_out_byte(canvas->out, ascii[level]);
    }
    text_canvas_colour(canvas, TEXT_PLAIN);
}

int
text_canvas_columns(const char *text)
{
    int n = 0, columns;
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        size_t len = utf8_shown(p, &columns);
        p += len != 0 ? len : 1;
        n += columns;
    }
    return n;
}

/* A character, or as many marks as it has columns. */
static void
put_character(const struct text_canvas *canvas, const unsigned char *p,
              size_t len, int columns)
{
    if (len == 1 || (len > 1 && canvas->style.is_utf8)) {
        text_out_bytes(canvas->out, (const char *)p, len);
        return;
    }
    for (; columns > 0; columns--)
        text_out_byte(canvas->out, '?');
}

void
text_canvas_field(const struct text_canvas *canvas, const char *text, int width)
{
    bool cut = text_canvas_columns(text) > width;
    const int room = cut ? width - 1 : width;
    int at = 0;
    for (const unsigned char *p = (const unsigned char *)text; *p != 0;) {
        int columns;
        size_t len = utf8_shown(p, &columns);
        if (at + columns > room)
            break;
        put_character(canvas, p, len, columns);
        at += columns;
        p += len != 0 ? len : 1;
    }
    if (cut)
        text_out_text(canvas->out, canvas->style.is_utf8 ? "…" : "~");
    for (at += cut ? 1 : 0; at < width; at++)
        text_out_byte(canvas->out, ' ');
}

const char *
text_canvas_number(double value, int places, char text[NUMBER_TEXT_SIZE])
{
    if (isnan(value))
        snprintf(text, NUMBER_TEXT_SIZE, "-");
    else
        number_text_grouped(value, places, text);
    return text;
}

void
text_canvas_wrap(const struct text_canvas *canvas, const char *text, int indent)
{
    int at = indent;
    for (bool is_first = true; *text != '\0'; is_first = false) {
        size_t len = strcspn(text, " ");
        int columns = 0;
        for (size_t i = 0; i < len; i++)
            columns += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (!is_first && at + 1 + columns > canvas->style.width) {
            text_out_printf(canvas->out, "\n%*s", indent, "");
            at = indent;
        } else if (!is_first) {
            text_out_byte(canvas->out, ' ');
            at++;
        }
        text_out_bytes(canvas->out, text, len);
        at += columns;
        text += len + (text[len] == ' ');
    }
    text_out_byte(canvas->out, '\n');
}
