/*
 * text_out.c - gathering text, and the quoting of CSV and JSON.
 */
#include "report/text_out.h"

#include <stdbool.h>

#include "base/number_text.h"
#include "base/utf8.h"

void
text_out_flush(struct text_out *out)
{
    fwrite(out->bytes, 1, out->len, out->file);
    out->len = 0;
}

void
text_out_bytes(struct text_out *out, const char *bytes, size_t len)
{
    if (len > TEXT_OUT_BYTES - out->len)
        text_out_flush(out);
    if (len > TEXT_OUT_BYTES) {
        fwrite(bytes, 1, len, out->file);
        return;
    }
    memcpy(out->bytes + out->len, bytes, len);
    out->len += len;
}

void
text_out_count(struct text_out *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    text_out_bytes(out, digits + at, sizeof(digits) - at);
}

void
text_out_number(struct text_out *out, double value)
{
    char text[NUMBER_TEXT_SIZE];
    number_text_exact(value, text);
    text_out_text(out, text);
}

void
text_out_csv(struct text_out *out, const char *text, size_t len)
{
    bool quoted =
        memchr(text, ',', len) != NULL || memchr(text, '"', len) != NULL ||
        memchr(text, '\n', len) != NULL || memchr(text, '\r', len) != NULL;
    if (!quoted) {
        text_out_bytes(out, text, len);
        return;
    }
    text_out_byte(out, '"');
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '"')
            text_out_byte(out, '"');
        text_out_byte(out, text[i]);
    }
    text_out_byte(out, '"');
}

/* Bytes at the start of a text that JSON takes as they are. */
static size_t
plain_len(const unsigned char *text)
{
    size_t n = 0;
    while (text[n] >= 0x20 && text[n] < 0x80 && text[n] != '"' &&
           text[n] != '\\')
        n++;
    return n;
}

/* One character that is not plain; returns its length. */
static size_t
put_special(struct text_out *out, const unsigned char *text)
{
    static const char hex[] = "0123456789abcdef";
    size_t len = utf8_len(text);
    if (len == 0) {
        text_out_text(out, "\xef\xbf\xbd"); /* U+FFFD for a stray byte */
    } else if (*text == '"' || *text == '\\') {
        text_out_byte(out, '\\');
        text_out_byte(out, (char)*text);
    } else if (*text < 0x20) {
        text_out_text(out, "\\u00");
        text_out_byte(out, hex[*text >> 4]);
        text_out_byte(out, hex[*text & 15]);
    } else {
        text_out_bytes(out, (const char *)text, len);
    }
    return len != 0 ? len : 1;
}

void
text_out_json(struct text_out *out, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    text_out_byte(out, '"');
    for (;;) {
        size_t n = plain_len(at);
        text_out_bytes(out, (const char *)at, n);
        at += n;
        if (*at == 0)
            break;
        at += put_special(out, at);
    }
    text_out_byte(out, '"');
}
