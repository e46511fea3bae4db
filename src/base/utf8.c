/*
 * utf8.c - checking UTF-8, and making text fit to be shown.
 *
 * Well-formed is what RFC 3629 allows: no overlong forms, no surrogates,
 * nothing beyond U+10FFFF. utf8_is_valid reads words of several bytes, but
 * never beyond its length; functions without a length need a zero byte at the
 * end. How wide a character is comes from a table here, not from the locale.
 */
#include "base/utf8.h"

#include <string.h>

size_t
utf8_len(const unsigned char *p)
{
    unsigned char low = 0x80, high = 0xbf; /* limits of the second byte */
    size_t len = 0;
    if (p[0] >= 0x01 && p[0] <= 0x7f)
        return 1;
    if (p[0] >= 0xc2 && p[0] <= 0xdf)
        len = 2;
    else if (p[0] >= 0xe0 && p[0] <= 0xef)
        len = 3;
    else if (p[0] >= 0xf0 && p[0] <= 0xf4)
        len = 4;
    if (p[0] == 0xe0)
        low = 0xa0;
    if (p[0] == 0xed)
        high = 0x9f;
    if (p[0] == 0xf0)
        low = 0x90;
    if (p[0] == 0xf4)
        high = 0x8f;
    if (len == 0 || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++) {
        if (p[i] < 0x80 || p[i] > 0xbf)
            return 0;
    }
    return len;
}

/* Short texts in two words that overlap. */
static bool
is_ascii(const char *text, size_t len)
{
    uint64_t word, high = 0;
    uint32_t half[2] = {0};
    if (len >= sizeof(word)) {
        for (size_t i = 0; i + sizeof(word) < len; i += sizeof(word)) {
            memcpy(&word, text + i, sizeof(word));
            high |= word;
        }
        memcpy(&word, text + len - sizeof(word), sizeof(word));
        high |= word;
    } else if (len >= sizeof(half[0])) {
        memcpy(&half[0], text, sizeof(half[0]));
        memcpy(&half[1], text + len - sizeof(half[0]), sizeof(half[0]));
        high = half[0] | half[1];
    } else {
        for (size_t i = 0; i < len; i++)
            high |= (unsigned char)text[i];
    }
    return (high & UINT64_C(0x8080808080808080)) == 0;
}

bool
utf8_is_valid(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text;
    size_t i = 0;
    if (is_ascii(text, len))
        return true;
    uint64_t eight;
    while (i < len) {
        unsigned char some[5] = {0};
        if (len - i >= sizeof(eight)) {
            memcpy(&eight, p + i, sizeof(eight));
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof(eight);
                continue;
            }
        }
        size_t left = len - i;
        if (p[i] < 0x80) {
            i++;
            continue;
        }
        memcpy(some, p + i, left < 4 ? left : 4);
        size_t n = utf8_len(some);
        if (n == 0)
            return false;
        i += n;
    }
    return true;
}

struct range {
    uint32_t first, last;
};

static bool
is_in(uint32_t c, const struct range *ranges, size_t n)
{
    bool found = false;
    for (size_t i = 0; i < n; i++)
        found = found || (c >= ranges[i].first && c <= ranges[i].last);
    return found;
}

/* C0, DEL, C1, and what turns the direction of text or hides it. */
static const struct range controls[] = {
    {0x00, 0x1f},     {0x7f, 0x9f},     {0x061c, 0x061c},
    {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe0fff}};

/* Marks that stand on the character before. */
static const struct range marks[] = {
    {0x0300, 0x036f},  {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x064b, 0x065f},
    {0x0e31, 0x0e31},  {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff},
    {0x1dc0, 0x1dff},  {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    {0x1f3fb, 0x1f3ff}};

/* Two columns wide: East Asian scripts and pictures (Unicode, UAX 11). */
static const struct range wide[] = {
    {0x1100, 0x115f},   {0x231a, 0x231b},   {0x23e9, 0x23f3},
    {0x25fd, 0x25fe},   {0x2614, 0x2615},   {0x26a1, 0x26a1},
    {0x2705, 0x2705},   {0x2728, 0x2728},   {0x274c, 0x274c},
    {0x2795, 0x2797},   {0x2b50, 0x2b55},   {0x2e80, 0x303e},
    {0x3041, 0xa4cf},   {0xa960, 0xa97c},   {0xac00, 0xd7a3},
    {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6},   {0x16fe0, 0x18aff}, {0x1b000, 0x1b2ff},
    {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf}, {0x1f18e, 0x1f18e},
    {0x1f191, 0x1f19a}, {0x1f200, 0x1f64f}, {0x1f680, 0x1f6ff},
    {0x1f7e0, 0x1f7eb}, {0x1f90c, 0x1f9ff}, {0x1fa70, 0x1faff},
    {0x20000, 0x3fffd}};

static uint32_t
code_of(const unsigned char *p, size_t len)
{
    static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t c = p[0] & masks[len];
    for (size_t i = 1; i < len; i++)
        c = c << 6 | (p[i] & 0x3f);
    return c;
}

#define N(ranges) (sizeof(ranges) / sizeof((ranges)[0]))

size_t
utf8_shown(const unsigned char *p, int *columns)
{
    *columns = 1;
    if (p[0] >= 0x20 && p[0] < 0x7f)
        return 1;
    size_t len = utf8_len(p);
    uint32_t c = len > 0 ? code_of(p, len) : 0;
    if (is_in(c, controls, N(controls)))
        return 0;
    if (is_in(c, marks, N(marks)))
        *columns = 0;
    else if (is_in(c, wide, N(wide)))
        *columns = 2;
    return len;
}

size_t
utf8_from_latin(const char *text, size_t len, char *out, size_t size)
{
    /* 0x80 to 0x9f of Windows-1252; 0 = no character */
    static const uint16_t codes[32] = {
        0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
        0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017d, 0,
        0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
        0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        uint32_t c = (unsigned char)text[i];
        if (c >= 0x80 && c < 0xa0)
            c = codes[c - 0x80] != 0 ? codes[c - 0x80] : 0xfffd;
        if (at + (c < 0x80 ? 1 : c < 0x800 ? 2 : 3) > size)
            return 0;
        if (c < 0x80) {
            out[at++] = (char)c;
        } else if (c < 0x800) {
            out[at++] = (char)(0xc0 | c >> 6);
            out[at++] = (char)(0x80 | (c & 0x3f));
        } else {
            out[at++] = (char)(0xe0 | c >> 12);
            out[at++] = (char)(0x80 | (c >> 6 & 0x3f));
            out[at++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return at;
}

void
utf8_visible(const char *text, char *out, size_t size)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)text;
    if (size <= sizeof("...") || text == NULL) {
        if (size > 0)
            out[0] = '\0';
        return;
    }
    const size_t room = size - sizeof("...");
    size_t at = 0;
    while (*p != 0) {
        int columns;
        size_t len = utf8_shown(p, &columns);
        if (at + (len != 0 ? len : 4) > room) {
            memcpy(out + at, "...", 3);
            at += 3;
            break;
        }
        if (len != 0) {
            memcpy(out + at, p, len);
            at += len;
            p += len;
            continue;
        }
        out[at++] = '\\';
        out[at++] = 'x';
        out[at++] = hex[*p >> 4];
        out[at++] = hex[*p & 15];
        p++;
    }
    out[at] = '\0';
}
