/*
 * ascii.h - comparing words whatever the locale says.
 *
 * Ground floor.
 */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* True when text[0..len) is the word, but for the case of A to Z. */
bool ascii_is_word(const char *text, size_t len, const char *lower_case_word);

#endif
