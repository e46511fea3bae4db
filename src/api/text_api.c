/*
 * text_api.c - text that a terminal may see.
 */
#include "base/utf8.h"
#include "wattle/text.h"

void
wattle_text_visible(const char *text, char *out, size_t size)
{
    utf8_visible(text, out, size);
}
