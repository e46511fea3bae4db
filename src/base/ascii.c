/*
 * ascii.c - comparing words, with case folded for A to Z only.
 *
 * Names of columns and words for missing values must mean the same under every
 * locale. strcasecmp follows the locale, and in Turkish the capital of i is
 * not I. All other bytes are compared as they are.
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
