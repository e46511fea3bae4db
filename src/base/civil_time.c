/*
 * civil_time.c - dates, days, and the grammar of timestamps.
 *
 * Dates become days by the era method: 400 years have 146,097 days, and years
 * are counted from March. A zone in a text is taken off, so every result is
 * UTC. No time function of libc and no locale takes part.
 */
#include "base/civil_time.h"

#include <stdio.h>

bool
civil_date_is_valid(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int length = lengths[month - 1] + (month == 2 && leap ? 1 : 0);
    return day <= length;
}

int64_t
civil_day_from_date(int year, int month, int day)
{
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = civil_floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t month_from_march = (month + 9) % 12;
    int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    int64_t day_of_era =
        year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void
civil_date_from_day(int64_t day, int *year, int *month, int *day_of_month)
{
    int64_t z = day + 719468;
    int64_t era = civil_floor_div(z, 146097);
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day_of_month = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2 ? 1 : 0));
}

/* A text that is eaten from the left. */
struct time_text {
    const char *at;
    const char *end;
};

static bool
take(struct time_text *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted)
        return false;
    c->at++;
    return true;
}

static bool
take_digits(struct time_text *c, int count, int *value)
{
    int sum = 0;
    if (c->end - c->at < count)
        return false;
    for (int i = 0; i < count; i++) {
        int digit = c->at[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        sum = sum * 10 + digit;
    }
    c->at += count;
    *value = sum;
    return true;
}

/* .fraction: at least one digit, cut after three. */
static bool
take_fraction(struct time_text *c, int64_t *ms)
{
    int64_t weight = 100;
    const char *start = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
        *ms += (*c->at - '0') * weight;
        weight /= 10;
    }
    return c->at > start;
}

/* Z, +HH, +HHMM, +HH:MM[:SS] or nothing, and then the end of the text. */
static bool
take_zone(struct time_text *c, int64_t *offset_ms, bool *is_local)
{
    int hours = 0, minutes = 0, seconds = 0;
    *offset_ms = 0;
    *is_local = c->at == c->end;
    if (*is_local)
        return true;
    if (take(c, 'Z'))
        return c->at == c->end;
    bool west = *c->at == '-';
    if (!take(c, '+') && !take(c, '-'))
        return false;
    if (!take_digits(c, 2, &hours) || hours > 23)
        return false;
    if (c->at < c->end) {
        const bool has_colon = take(c, ':');
        if (!take_digits(c, 2, &minutes) || minutes > 59)
            return false;
        if (has_colon && take(c, ':') &&
            (!take_digits(c, 2, &seconds) || seconds > 59))
            return false;
    }
    int64_t offset = hours * CIVIL_MS_PER_HOUR + minutes * INT64_C(60000) +
                     seconds * INT64_C(1000);
    *offset_ms = west ? -offset : offset;
    return c->at == c->end;
}

static bool
take_date(struct time_text *c, int64_t *day)
{
    int year, month, day_of_month;
    if (!take_digits(c, 4, &year) || !take(c, '-') ||
        !take_digits(c, 2, &month) || !take(c, '-') ||
        !take_digits(c, 2, &day_of_month))
        return false;
    if (!civil_date_is_valid(year, month, day_of_month))
        return false;
    *day = civil_day_from_date(year, month, day_of_month);
    return true;
}

static bool
parse_civil(struct time_text c, int64_t *time_ms, bool *is_local)
{
    int64_t day, ms = 0, offset_ms;
    int hour, minute, second = 0;
    if (!take_date(&c, &day) || (!take(&c, ' ') && !take(&c, 'T')))
        return false;
    if (!take_digits(&c, 2, &hour) || !take(&c, ':') ||
        !take_digits(&c, 2, &minute))
        return false;
    if (take(&c, ':')) {
        if (!take_digits(&c, 2, &second))
            return false;
        if (take(&c, '.') && !take_fraction(&c, &ms))
            return false;
    }
    if (hour > 23 || minute > 59 || second > 59 ||
        !take_zone(&c, &offset_ms, is_local))
        return false;
    *time_ms = day * CIVIL_MS_PER_DAY + hour * CIVIL_MS_PER_HOUR +
               minute * INT64_C(60000) + second * INT64_C(1000) + ms -
               offset_ms;
    return true;
}

/* Whether a time lies where people have meters: 1990 to 2100. */
static bool
is_plausible(int64_t time_ms)
{
    return time_ms >= CIVIL_UNIX_LEAST_MS && time_ms < CIVIL_UNIX_END_MS;
}

/* YYYYMMDD, or that and HH, HHMM or HHMMSS. */
static bool
spells_date(int64_t value, size_t n_digits)
{
    int64_t clock = 0, unit = 1;
    if (n_digits != 8 && n_digits != 10 && n_digits != 12 && n_digits != 14)
        return false;
    for (size_t i = 8; i < n_digits; i++)
        unit *= 10;
    clock = value % unit;
    value /= unit;
    for (; unit > 1; unit /= 100, clock /= 100) {
        if (clock % 100 > (unit == 100 ? 23 : 59))
            return false;
    }
    return civil_date_is_valid((int)(value / 10000), (int)(value / 100 % 100),
                               (int)(value % 100));
}

static bool
parse_unix(struct time_text c, int64_t *time_ms)
{
    const char *start = c.at;
    int64_t value = 0, ms = 0;
    for (; c.at < c.end && *c.at >= '0' && *c.at <= '9'; c.at++) {
        if (c.at - start == 15)
            return false;
        value = value * 10 + (*c.at - '0');
    }
    if (c.at == start)
        return false;
    size_t n_digits = (size_t)(c.at - start);
    bool has_fraction = take(&c, '.');
    if (has_fraction && !take_fraction(&c, &ms))
        return false;
    if (c.at != c.end)
        return false;
    if (has_fraction && n_digits == 8) /* no date has one */
        n_digits = 0;
    bool seconds = value < INT64_C(100000000000);
    *time_ms = seconds ? value * 1000 + ms : value;
    return is_plausible(*time_ms) || !spells_date(value, n_digits);
}

bool
civil_parse_clock(const char *text, size_t len, bool takes_date,
                  int64_t *time_ms, bool *is_local)
{
    struct time_text c = {text, text + len};
    const bool is_civil = len > 4 && text[4] == '-';
    int64_t day;
    *is_local = false;
    if (takes_date && len == 10 && take_date(&c, &day)) {
        *is_local = true;
        *time_ms = day * CIVIL_MS_PER_DAY;
        return true;
    }
    c.at = text;
    if (!(is_civil ? parse_civil(c, time_ms, is_local)
                   : parse_unix(c, time_ms)))
        return false;
    return *time_ms >= CIVIL_MIN_MS && *time_ms <= CIVIL_MAX_MS;
}

bool
civil_parse(const char *text, size_t len, int64_t *time_ms)
{
    bool is_local;
    return civil_parse_clock(text, len, false, time_ms, &is_local);
}

bool
civil_parse_or_date(const char *text, size_t len, int64_t *time_ms)
{
    bool is_local;
    return civil_parse_clock(text, len, true, time_ms, &is_local);
}

/* The last n decimal digits of a number that is not negative. */
static void
put_digits(char *out, int value, int n)
{
    for (int i = n - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
}

void
civil_format_day(int64_t day, char out[CIVIL_TEXT_SIZE])
{
    int year, month, day_of_month;
    civil_date_from_day(day, &year, &month, &day_of_month);
    if (year < 0 || year > 9999) { /* beyond the calendar, in some zones */
        snprintf(out, CIVIL_TEXT_SIZE, "%c%0*d-%02d-%02d", year < 0 ? '-' : '+',
                 4, year < 0 ? -year : year, month, day_of_month);
        return;
    }
    put_digits(out, year, 4);
    out[4] = '-';
    put_digits(out + 5, month, 2);
    out[7] = '-';
    put_digits(out + 8, day_of_month, 2);
    out[10] = '\0';
}

void
civil_format(int64_t time_ms, char out[CIVIL_TEXT_SIZE])
{
    time_ms = time_ms < CIVIL_MIN_MS ? CIVIL_MIN_MS : time_ms;
    time_ms = time_ms > CIVIL_MAX_MS ? CIVIL_MAX_MS : time_ms;
    int64_t day = civil_floor_div(time_ms, CIVIL_MS_PER_DAY);
    int ms = (int)(time_ms - day * CIVIL_MS_PER_DAY);
    civil_format_day(day, out);
    out[10] = 'T';
    put_digits(out + 11, ms / 3600000, 2);
    out[13] = ':';
    put_digits(out + 14, ms / 60000 % 60, 2);
    out[16] = ':';
    put_digits(out + 17, ms / 1000 % 60, 2);
    char *end = out + 19;
    if (ms % 1000 != 0) {
        *end = '.';
        put_digits(end + 1, ms % 1000, 3);
        end += 4;
    }
    end[0] = 'Z';
    end[1] = '\0';
}
