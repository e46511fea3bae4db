/*
 * report_text_parts.c - labels in one column, texts beside them.
 *
 * Numbers for people are short; what needs all digits takes a data format.
 */
#include "output/report_text_parts.h"

#include <stdarg.h>
#include <stdio.h>

static void
label(const struct text_canvas *c, const char *text)
{
    text_canvas_colour(c, TEXT_DIM);
    text_out_printf(c->out, "  %-*s", REPORT_TEXT_LABEL, text);
    text_canvas_colour(c, TEXT_PLAIN);
}

void
report_text_line(const struct text_canvas *c, const char *name,
                 enum text_colour colour, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    label(c, name);
    text_canvas_colour(c, colour);
    text_canvas_wrap(c, text, 2 + REPORT_TEXT_LABEL);
    text_canvas_colour(c, TEXT_PLAIN);
}

int
report_text_places(double most)
{
    return most >= 100 ? 1 : most >= 10 ? 2 : 3;
}

const char *
report_text_count(uint64_t value, char text[NUMBER_TEXT_SIZE])
{
    number_text_count(value, text);
    return text;
}

const char *
report_text_plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

const char *
report_text_minute(const struct text_canvas *c, int64_t time_ms,
                   char text[ZONE_TEXT_SIZE])
{
    zone_format(c->out->zone, time_ms, text);
    text[10] = ' ';
    text[16] = '\0';
    return text;
}

const char *
report_text_energy(double kwh, char text[NUMBER_TEXT_SIZE])
{
    return text_canvas_number(kwh, report_text_places(kwh), text);
}

const char *
report_text_exactly(double value, char text[NUMBER_TEXT_SIZE])
{
    number_text_exact(value, text);
    return text;
}
