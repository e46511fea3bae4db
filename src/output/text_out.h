/*
 * text_out.h - text for a writer, gathered into large pieces: a report
 * on many devices is millions of small ones.
 */
#ifndef OUTPUT_TEXT_OUT_H
#define OUTPUT_TEXT_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "wattle/writer.h"
#include "wattle/zone.h"

#define TEXT_OUT_BYTES 16384

struct text_out {
    struct wattle_writer to;
    const struct wattle_zone *zone; /* of times; NULL, as at first = UTC */
    bool has_failed;                /* nothing more is handed on */
    int failed_errno;               /* errno then */
    size_t len;
    char bytes[TEXT_OUT_BYTES];
};

/* Begins; the writer is copied, its context borrowed. */
void text_out_init(struct text_out *out, const struct wattle_writer *to);

/* A writer to a descriptor, which stays the caller's. */
struct wattle_writer text_out_to_fd(int fd);

/* Hands on what is gathered; an error is noted in has_failed. */
void text_out_flush(struct text_out *out);

/* The same at the end: WATTLE_OK, or WATTLE_ERR_IO and errno as it was. */
int text_out_finish(struct text_out *out);

/* As printf(3); a text beyond TEXT_OUT_BYTES is cut. */
__attribute__((format(printf, 2, 3))) void text_out_printf(struct text_out *out,
                                                           const char *format,
                                                           ...);

void text_out_bytes(struct text_out *out, const char *bytes, size_t len);
void text_out_count(struct text_out *out, uint64_t value);
void text_out_integer(struct text_out *out, int64_t value);

/* Two hexadecimal digits a byte. */
void text_out_blob(struct text_out *out, const char *bytes, size_t len);

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

/* Whether JSON has the text as it is, between quotes. */
bool text_out_is_plain(const char *text);

static inline void
text_out_json(struct text_out *out, const char *text)
{
    text_out_json_bytes(out, text, strlen(text));
}

#endif
