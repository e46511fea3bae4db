/*
 * ascii.c - case is folded for A to Z only: a header is understood alike in
 * every country.
 */
#include "base/ascii.h"

bool
ascii_is_word(const char *text, size_t len, const char *lower_case_word)
{
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if (lower_case_word[i] == '\0' || c != lower_case_word[i])
            return false;
    }
    return lower_case_word[len] == '\0';
}
