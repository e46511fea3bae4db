/*
 * text.h - text from outside, such as ids and names of files, for a terminal.
 */
#ifndef WATTLE_TEXT_H
#define WATTLE_TEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Writes a text such that it can be shown: control characters, marks that turn
 * the direction of text, and bytes that are not UTF-8 become \xNN. At most
 * `size` bytes with the zero at the end; a longer text is cut and ends with
 * "...". size must be at least 8.
 */
void wattle_text_visible(const char *text, char *out, size_t size);

#ifdef __cplusplus
}
#endif

#endif
