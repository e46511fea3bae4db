/*
 * text_out.h - text on its way into a file, gathered to large pieces: a report
 * on many devices is millions of small ones.
 */
#ifndef REPORT_TEXT_OUT_H
#define REPORT_TEXT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define TEXT_OUT_BYTES 16384

struct text_out {
    FILE *file;
    bool is_terminal; /* then control characters are shown, not sent */
    size_t len;
    char bytes[TEXT_OUT_BYTES];
};

void text_out_init(struct text_out *out, FILE *file);

/* Hands on what is gathered. Errors stay with the file, see ferror(3). */
void text_out_flush(struct text_out *out);

void text_out_bytes(struct text_out *out, const char *bytes, size_t len);
void text_out_count(struct text_out *out, uint64_t value);

/* The fewest digits that read back; "null" when it is not finite. */
void text_out_number(struct text_out *out, double value);

static inline void
text_out_text(struct text_out *out, const char *text)
{
    text_out_bytes(out, text, strlen(text));
}

static inline void
text_out_byte(struct text_out *out, char byte)
{
    if (out->len == TEXT_OUT_BYTES)
        text_out_flush(out);
    out->bytes[out->len++] = byte;
}

/* One CSV field, quoted when it must be (RFC 4180). */
void text_out_csv(struct text_out *out, const char *text, size_t len);

/*
 * A JSON string with its quotes; bytes that are not UTF-8 become U+FFFD, and
 * control characters are escaped. text[len] must be a zero byte.
 */
void text_out_json_bytes(struct text_out *out, const char *text, size_t len);

static inline void
text_out_json(struct text_out *out, const char *text)
{
    text_out_json_bytes(out, text, strlen(text));
}

#endif
