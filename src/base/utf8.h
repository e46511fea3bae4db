/*
 * utf8.h - well-formed UTF-8, one character at a time.
 *
 * Ground floor.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Bytes of the character that starts at p (1 to 4), or 0 when the bytes there
 * are not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). The
 * text must end with a zero byte; a zero byte itself yields 0.
 */
size_t utf8_len(const unsigned char *p);

/* The same for len bytes, which need not end with a zero. */
bool utf8_is_valid(const char *text, size_t len);

/*
 * Bytes of the character at p if it can be shown on a terminal, and the columns
 * that it takes there; 0 bytes for control characters, marks that turn the
 * direction of text, and stray bytes.
 */
size_t utf8_shown(const unsigned char *p, int *columns);

/* The text as a terminal may show it; see wattle/text.h. */
void utf8_visible(const char *text, char *out, size_t size);

/*
 * A text that is not UTF-8 is taken for Windows-1252, which has Latin-1 in it:
 * writes it as UTF-8 to out. The length, or 0 when it does not fit into size
 * bytes. Bytes without a character become U+FFFD.
 */
size_t utf8_from_latin(const char *text, size_t len, char *out, size_t size);

#endif
