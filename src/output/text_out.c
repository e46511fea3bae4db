/*
 * text_out.c - gathering text, and the quoting of CSV and JSON.
 *
 * Everything that is written goes through here, so that a failed write is
 * noticed once, at the end, and nothing more is handed on after it.
 */
#include "output/text_out.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "base/number_text.h"
#include "base/utf8.h"
#include "wattle/error.h"

void
text_out_init(struct text_out *out, const struct wattle_writer *to)
{
    out->to = *to;
    out->zone = NULL;
    out->has_failed = false;
    out->len = 0;
}

/* A writer whose context is the number of a descriptor. */
static int
write_to_fd(void *context, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write((int)(intptr_t)context, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return -1;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

struct wattle_writer
text_out_to_fd(int fd)
{
    return (struct wattle_writer){write_to_fd, (void *)(intptr_t)fd,
                                  isatty(fd) != 0};
}

static void
hand_on(struct text_out *out, const char *bytes, size_t len)
{
    if (len == 0 || out->has_failed)
        return;
    out->has_failed = out->to.write(out->to.context, bytes, len) != 0;
    out->failed_errno = errno;
}

void
text_out_flush(struct text_out *out)
{
    hand_on(out, out->bytes, out->len);
    out->len = 0;
}

int
text_out_finish(struct text_out *out)
{
    text_out_flush(out);
    if (!out->has_failed)
        return WATTLE_OK;
    errno = out->failed_errno;
    return WATTLE_ERR_IO;
}

void
text_out_printf(struct text_out *out, const char *format, ...)
{
    size_t room = TEXT_OUT_BYTES - out->len;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out->bytes + out->len, room, format, args);
    va_end(args);
    if (len >= (int)room && out->len > 0) {
        text_out_flush(out);
        room = TEXT_OUT_BYTES;
        va_start(args, format);
        len = vsnprintf(out->bytes, room, format, args);
        va_end(args);
    }
    if (len > 0)
        out->len += (size_t)len < room ? (size_t)len : room - 1;
}

void
text_out_bytes(struct text_out *out, const char *bytes, size_t len)
{
    if (len > TEXT_OUT_BYTES - out->len)
        text_out_flush(out);
    if (len > TEXT_OUT_BYTES) {
        hand_on(out, bytes, len);
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
text_out_integer(struct text_out *out, int64_t value)
{
    if (value < 0)
        text_out_byte(out, '-');
    text_out_count(out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void
text_out_blob(struct text_out *out, const char *bytes, size_t len)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        text_out_byte(out, hex[(unsigned char)bytes[i] >> 4]);
        text_out_byte(out, hex[(unsigned char)bytes[i] & 15]);
    }
}

void
text_out_number(struct text_out *out, double value)
{
    char text[NUMBER_TEXT_SIZE];
    number_text_exact(value, text);
    text_out_text(out, text);
}

/* A field on a terminal. */
static void
put_visible(struct text_out *out, const char *text, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < len;) {
        unsigned char some[5] = {0};
        int columns;
        memcpy(some, text + i, len - i < 4 ? len - i : 4);
        size_t n = utf8_shown(some, &columns);
        if (n == 0) {
            text_out_text(out, "\\x");
            text_out_byte(out, hex[some[0] >> 4]);
            text_out_byte(out, hex[some[0] & 15]);
            i++;
            continue;
        }
        if (text[i] == '"')
            text_out_byte(out, '"');
        text_out_bytes(out, text + i, n);
        i += n;
    }
}

void
text_out_csv(struct text_out *out, const char *text, size_t len)
{
    bool quoted =
        memchr(text, ',', len) != NULL || memchr(text, '"', len) != NULL ||
        memchr(text, '\n', len) != NULL || memchr(text, '\r', len) != NULL;
    if (!quoted && !out->to.is_terminal) {
        text_out_bytes(out, text, len);
        return;
    }
    if (quoted)
        text_out_byte(out, '"');
    if (out->to.is_terminal) {
        put_visible(out, text, len);
    } else {
        for (size_t i = 0; i < len; i++) {
            if (text[i] == '"')
                text_out_byte(out, '"');
            text_out_byte(out, text[i]);
        }
    }
    if (quoted)
        text_out_byte(out, '"');
}

/* A bit for each byte of x that is zero, and maybe for some above that one. */
static inline uint64_t
zero_bytes(uint64_t x)
{
    return (x - 0x0101010101010101u) & ~x & 0x8080808080808080u;
}

/* Whether JSON takes eight bytes as they are; see plain_len. */
static inline bool
is_plain_word(const unsigned char *text)
{
    const uint64_t every = 0x0101010101010101u;
    uint64_t x;
    memcpy(&x, text, sizeof(x));
    uint64_t below_space = (x - 0x20 * every) & ~x & 0x80 * every;
    return (below_space | (x & 0x80 * every) | zero_bytes(x ^ 0x7f * every) |
            zero_bytes(x ^ '"' * every) | zero_bytes(x ^ '\\' * every)) == 0;
}

/* Bytes at the start of a text that JSON takes as they are. */
static size_t
plain_len(const unsigned char *text, const unsigned char *end)
{
    const unsigned char *p = text;
    while (end - p >= 8 && is_plain_word(p))
        p += 8;
    while (p < end && *p >= 0x20 && *p < 0x7f && *p != '"' && *p != '\\')
        p++;
    return (size_t)(p - text);
}

/* A character by its number: one of the sixteen-bit ones. */
static void
put_escape(struct text_out *out, unsigned code)
{
    static const char hex[] = "0123456789abcdef";
    text_out_text(out, "\\u");
    for (int shift = 12; shift >= 0; shift -= 4)
        text_out_byte(out, hex[code >> shift & 15]);
}

/* One character that is not plain; returns its length. */
static size_t
put_special(struct text_out *out, const unsigned char *text)
{
    int columns;
    size_t len = utf8_len(text), shown = utf8_shown(text, &columns);
    if (*text == '"' || *text == '\\') {
        text_out_byte(out, '\\');
        text_out_byte(out, (char)*text);
    } else if (*text < 0x80) { /* also a zero byte */
        put_escape(out, *text);
        len = 1;
    } else if (len == 0) {
        text_out_text(out, "\xef\xbf\xbd"); /* U+FFFD for a stray byte */
        len = 1;
    } else if (shown == 0 && len == 2) {
        put_escape(out, (text[0] & 0x1fu) << 6 | (text[1] & 0x3fu));
    } else if (shown == 0 && len == 3) {
        put_escape(out, (text[0] & 0x0fu) << 12 | (text[1] & 0x3fu) << 6 |
                            (text[2] & 0x3fu));
    } else {
        text_out_bytes(out, (const char *)text, len);
    }
    return len;
}

bool
text_out_is_plain(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    const size_t len = strlen(text);
    return plain_len(at, at + len) == len;
}

void
text_out_json_bytes(struct text_out *out, const char *text, size_t len)
{
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *end = at + len;
    text_out_byte(out, '"');
    for (;;) {
        size_t n = plain_len(at, end);
        text_out_bytes(out, (const char *)at, n);
        at += n;
        if (at >= end)
            break;
        at += put_special(out, at);
    }
    text_out_byte(out, '"');
}
