/*
 * text_api.c - text that a terminal may see.
 */
#include <string.h>

#include "base/utf8.h"
#include "wattle/text.h"

void
wattle_text_visible(const char *text, char *out, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)text;
    if (size <= sizeof("...") || text == NULL) {
        if (size > 0)
            out[0] = '\0';
        return;
    }
    const size_t room = size - sizeof("...");
    size_t at = 0;
    while (*p != 0) {
        int columns;
        size_t len = utf8_shown(p, &columns);
        if (at + (len != 0 ? len : 4) > room) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        if (len != 0) {
            memcpy(out + at, p, len);
            at += len;
            p += len;
            continue;
        }
        out[at++] = '\\';
        out[at++] = 'x';
        out[at++] = hex[*p >> 4];
        out[at++] = hex[*p & 15];
        p++;
    }
    out[at] = '\0';
}
