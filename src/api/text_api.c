/*
 * text_api.c - text that a terminal may show.
 *
 * Ids and paths may come from anyone. Control characters, marks that turn the
 * direction of text, and bytes that are not UTF-8 become \xNN, so that printed
 * text cannot control the terminal. base/utf8.c does the work.
 */
#include "base/utf8.h"
#include "wattle/text.h"

void
wattle_text_visible(const char *text, char *out, size_t size)
{
    utf8_visible(text, out, size);
}
