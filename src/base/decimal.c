/*
 * decimal.c - one pass over the digits: those that count at nine places go
 * into the integer, the first one beyond and "anything after it" decide the
 * rounding.
 */
#include "base/decimal.h"

#include "base/ascii.h"

static const int64_t powers_of_ten[19] = {
    INT64_C(1),
    INT64_C(10),
    INT64_C(100),
    INT64_C(1000),
    INT64_C(10000),
    INT64_C(100000),
    INT64_C(1000000),
    INT64_C(10000000),
    INT64_C(100000000),
    INT64_C(1000000000),
    INT64_C(10000000000),
    INT64_C(100000000000),
    INT64_C(1000000000000),
    INT64_C(10000000000000),
    INT64_C(100000000000000),
    INT64_C(1000000000000000),
    INT64_C(10000000000000000),
    INT64_C(100000000000000000),
    INT64_C(1000000000000000000),
};

static const char *const missing_words[] = {
    "?", "null", "nan", "na", "n/a", "none", "unknown", "unavailable"};

int64_t
decimal_power_of_ten(int exponent)
{
    return powers_of_ten[exponent];
}

size_t
decimal_trim(const char **text, size_t len)
{
    const char *p = *text;
    while (len > 0 && (*p == ' ' || *p == '\t')) {
        p++;
        len--;
    }
    while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
        len--;
    *text = p;
    return len;
}

bool
decimal_is_missing(const char *text, size_t len)
{
    if (len == 0)
        return true;
    size_t n = sizeof(missing_words) / sizeof(missing_words[0]);
    for (size_t i = 0; i < n; i++) {
        if (ascii_is_word(text, len, missing_words[i]))
            return true;
    }
    return false;
}

/* The parts of a number as they stand in the text. */
struct number_text {
    bool negative;
    const char *whole; /* digits before the point */
    size_t n_whole;
    const char *places; /* digits after the point */
    size_t n_places;
    int64_t exponent;
};

static bool
is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

static size_t
count_digits(const char *p, const char *end)
{
    const char *start = p;
    while (p < end && is_digit(*p))
        p++;
    return (size_t)(p - start);
}

/* [e[+-]digits] at p up to the end; clamps: 400 characters bound it anyway. */
static bool
split_exponent(const char *p, const char *end, int64_t *exponent)
{
    if (p == end)
        return true;
    if (*p != 'e' && *p != 'E')
        return false;
    p++;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    size_t n = count_digits(p, end);
    if (n == 0 || p + n != end)
        return false;
    int64_t value = 0;
    for (; p < end; p++) {
        if (value < 100000)
            value = value * 10 + (*p - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

static bool
split_number(const char *p, size_t len, struct number_text *parts)
{
    const char *end = p + len;
    *parts = (struct number_text){.negative = len > 0 && *p == '-'};
    if (len > 0 && (*p == '-' || *p == '+'))
        p++;
    parts->whole = p;
    parts->n_whole = count_digits(p, end);
    if (parts->n_whole == 0)
        return false;
    p += parts->n_whole;
    if (p < end && *p == '.') {
        p++;
        parts->places = p;
        parts->n_places = count_digits(p, end);
        if (parts->n_places == 0)
            return false;
        p += parts->n_places;
    }
    return split_exponent(p, end, &parts->exponent);
}

/* |value| * 1e9 as whole part and what is left over. */
struct magnitude {
    uint64_t nano;
    int first_left; /* first digit that did not fit in */
    bool more_left; /* any digit after that one is not zero */
    bool too_large; /* nano is beyond any limit */
};

static void
push_digit(struct magnitude *m, int64_t index, int64_t keep, int digit)
{
    if (index < keep) {
        m->nano = m->nano * 10 + (uint64_t)digit;
        m->too_large = m->too_large || m->nano > UINT64_C(1) << 60;
        if (m->too_large)
            m->nano = UINT64_C(1) << 60;
    } else if (index == keep) {
        m->first_left = digit;
    } else {
        m->more_left = m->more_left || digit != 0;
    }
}

static struct magnitude
measure(const struct number_text *parts)
{
    struct magnitude m = {0};
    int64_t n_digits = (int64_t)(parts->n_whole + parts->n_places);
    /* Digits that stand at or above the ninth place. */
    int64_t keep = (int64_t)parts->n_whole + parts->exponent + DECIMAL_PLACES;
    int64_t index = 0;
    for (size_t i = 0; i < parts->n_whole; i++)
        push_digit(&m, index++, keep, parts->whole[i] - '0');
    for (size_t i = 0; i < parts->n_places; i++)
        push_digit(&m, index++, keep, parts->places[i] - '0');
    for (; n_digits < keep && m.nano != 0 && !m.too_large; n_digits++)
        push_digit(&m, 0, 1, 0);
    return m;
}

enum decimal_status
decimal_parse(const char *text, size_t len, int64_t max_nano, bool negative,
              struct decimal *out)
{
    struct number_text parts;
    if (len > DECIMAL_MAX_TEXT)
        return DECIMAL_NUMBER;
    if (!split_number(text, len, &parts))
        return decimal_is_missing(text, len) ? DECIMAL_MISSING : DECIMAL_NUMBER;
    struct magnitude m = measure(&parts);
    bool left = m.first_left != 0 || m.more_left;
    if (m.too_large || m.nano > (uint64_t)max_nano ||
        (m.nano == (uint64_t)max_nano && left))
        return DECIMAL_RANGE;
    if (parts.negative && !negative && (m.nano != 0 || left))
        return DECIMAL_RANGE;
    bool up = m.first_left > 5 ||
              (m.first_left == 5 && (m.more_left || (m.nano & 1) != 0));
    int64_t nano = (int64_t)m.nano + (up ? 1 : 0);
    out->nano = parts.negative ? -nano : nano;
    out->rounded = left;
    return DECIMAL_OK;
}

void
decimal_format(int64_t value, int places, char out[DECIMAL_TEXT_SIZE])
{
    char digits[DECIMAL_TEXT_SIZE];
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    int n = 0;
    while (places > 0 && rest % 10 == 0) {
        rest /= 10;
        places--;
    }
    for (int k = 0; k < places; k++, rest /= 10)
        digits[n++] = (char)('0' + rest % 10);
    if (places > 0)
        digits[n++] = '.';
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *out++ = '-';
    while (n > 0)
        *out++ = digits[--n];
    *out = '\0';
}
