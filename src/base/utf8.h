/*
 * utf8.h - well-formed UTF-8, one character at a time.
 *
 * Ground floor.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/*
 * Bytes of the character that starts at p (1 to 4), or 0 when the bytes there
 * are not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates). The
 * text must end with a zero byte; a zero byte itself yields 0.
 */
size_t utf8_len(const unsigned char *p);

#endif
