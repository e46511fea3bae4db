/*
 * reading_text.c - number formatting by tables.
 *
 * Pieces of fixed size are copied whole and the end pointer moves less far;
 * READING_TEXT_MAX has room for what is written past the end.
 */
#include "generate/reading_text.h"

#include <string.h>

void
reading_text_init(struct reading_text *text, unsigned id_digits)
{
    text->id_digits = id_digits;
    for (unsigned i = 0; i < 100; i++) {
        text->pairs[2 * i] = (char)('0' + i / 10);
        text->pairs[2 * i + 1] = (char)('0' + i % 10);
    }
    for (unsigned i = 0; i < 1000; i++) {
        char *fraction = text->fractions[i];
        fraction[0] = (char)('0' + i / 100);
        fraction[1] = (char)('0' + i / 10 % 10);
        fraction[2] = (char)('0' + i % 10);
        fraction[3] = i % 10 != 0 ? 3 : i % 100 != 0 ? 2 : 1;
    }
}

static void
put_pair(const struct reading_text *text, char *out, uint32_t number)
{
    memcpy(out, text->pairs + (size_t)2 * number, 2);
}

static char *
put_id(const struct reading_text *text, char *out, uint32_t number)
{
    char digits[16] = {0};
    put_pair(text, digits, number / 1000000);
    put_pair(text, digits + 2, number / 10000 % 100);
    put_pair(text, digits + 4, number / 100 % 100);
    put_pair(text, digits + 6, number % 100);
    memcpy(out, "DEV", 4);
    memcpy(out + 3, digits + 8 - text->id_digits, 8);
    out += 3 + text->id_digits;
    *out = ',';
    return out + 1;
}

/* 116.4 to 236.9: always three digits, a point and one digit. */
static char *
put_voltage(const struct reading_text *text, char *out, uint32_t dv)
{
    out[0] = (char)('0' + dv / 1000);
    put_pair(text, out + 1, dv / 10 % 100);
    out[3] = '.';
    out[4] = (char)('0' + dv % 10);
    out[5] = ',';
    return out + 6;
}

static char *
put_current(const struct reading_text *text, char *out, uint32_t ma)
{
    uint32_t amperes = ma / 1000;
    const char *fraction = text->fractions[ma % 1000];
    if (amperes >= 100)
        *out++ = (char)('0' + amperes / 100 % 10);
    if (amperes >= 10)
        *out++ = text->pairs[amperes % 100 * 2];
    *out++ = (char)('0' + amperes % 10);
    *out = '.';
    memcpy(out + 1, fraction, 4);
    out += 1 + fraction[3];
    *out = ',';
    return out + 1;
}

char *
reading_text_put(const struct reading_text *text, char *out,
                 const char stamp[CONDITIONS_STAMP_LEN], uint64_t number,
                 const struct home_reading *reading)
{
    memcpy(out, stamp, CONDITIONS_STAMP_LEN);
    out += CONDITIONS_STAMP_LEN;
    out = put_id(text, out, (uint32_t)number + 1);
    out = put_voltage(text, out, reading->voltage_dv);
    out = put_current(text, out, reading->current_ma);
    uint32_t pf = reading->pf_percent;
    out[0] = pf >= 100 ? '1' : '0';
    out[1] = '.';
    put_pair(text, out + 2, pf % 100);
    out[4] = '\n';
    return out + 5;
}
