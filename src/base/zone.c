/*
 * zone.c - TZif files (RFC 8536) and the rule at their end.
 *
 * A file lists the transitions that are known, and in its last line a rule of
 * POSIX for all later ones ("CET-1CEST,M3.5.0,M10.5.0/3"). The transitions are
 * kept sorted; a later time is computed from the rule, year by year.
 */
#include "base/zone.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/civil_time.h"
#include "base/error.h"
#include "base/zone_names.h"

#define ZONE_FOLDER   "/usr/share/zoneinfo"
#define LOCAL_FILE    "/etc/localtime"
#define MOST_BYTES    (1 << 20) /* real files have some thousands */
#define HEADER_BYTES  44
#define MOST_OFFSET_S (26 * 3600)

struct transition {
    int64_t at_ms;     /* UTC */
    int64_t offset_ms; /* from then on */
};

enum day_kind { DAY_MONTH_WEEK, DAY_OF_YEAR, DAY_WITHOUT_LEAP };

/* When clocks change in a year. */
struct rule_date {
    enum day_kind kind;
    int month, week, day; /* M3.5.0; or the day of the year */
    int64_t clock_ms;     /* local time of that day, before the change */
};

struct rule {
    bool is_there, has_summer;
    int64_t winter_ms, summer_ms; /* offsets */
    struct rule_date begin, end;  /* of the summer */
};

struct wattle_zone {
    char *name;
    int64_t first_offset_ms; /* before the first transition */
    struct transition *transitions;
    size_t n;
    struct rule rule;
};

/* ---- the rule ------------------------------------------------------------ */

static bool
take_number(const char **at, int most, int *value)
{
    int n = 0;
    if (!isdigit((unsigned char)**at))
        return false;
    while (isdigit((unsigned char)**at) && n <= most)
        n = n * 10 + *(*at)++ - '0';
    *value = n;
    return n <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_clock(const char **at, int64_t *ms)
{
    int hours, minutes = 0, seconds = 0;
    const bool is_negative = **at == '-';
    if (**at == '-' || **at == '+')
        ++*at;
    if (!take_number(at, 167, &hours))
        return false;
    if (**at == ':') {
        ++*at;
        if (!take_number(at, 59, &minutes))
            return false;
    }
    if (**at == ':') {
        ++*at;
        if (!take_number(at, 59, &seconds))
            return false;
    }
    *ms = ((int64_t)hours * 3600 + minutes * 60 + seconds) * 1000;
    if (is_negative)
        *ms = -*ms;
    return true;
}

/* The same, of clocks to the west of UTC. */
static bool
take_offset(const char **at, int64_t *west_ms)
{
    return take_clock(at, west_ms) &&
           *west_ms > -(MOST_OFFSET_S - 3600) * INT64_C(1000) &&
           *west_ms < (MOST_OFFSET_S - 3600) * INT64_C(1000);
}

/* Letters, or anything in angle brackets; the name itself does not matter. */
static bool
skip_name(const char **at)
{
    const char *start = *at;
    if (**at == '<') {
        while (**at != '\0' && **at != '>')
            ++*at;
        return *(*at)++ == '>';
    }
    while (isalpha((unsigned char)**at))
        ++*at;
    return *at - start >= 3;
}

static bool
take_comma(const char **at)
{
    return *(*at)++ == ',';
}

static bool
take_date(const char **at, struct rule_date *date)
{
    *date = (struct rule_date){.kind = DAY_OF_YEAR, .clock_ms = 2 * 3600000};
    bool is_good;
    if (**at == 'M') {
        ++*at;
        date->kind = DAY_MONTH_WEEK;
        is_good = take_number(at, 12, &date->month) && *(*at)++ == '.' &&
                  take_number(at, 5, &date->week) && *(*at)++ == '.' &&
                  take_number(at, 6, &date->day) && date->month > 0 &&
                  date->week > 0;
    } else if (**at == 'J') {
        ++*at;
        date->kind = DAY_WITHOUT_LEAP;
        is_good = take_number(at, 365, &date->day) && date->day > 0;
    } else {
        is_good = take_number(at, 365, &date->day);
    }
    if (is_good && **at == '/') {
        ++*at;
        is_good = take_clock(at, &date->clock_ms);
    }
    return is_good;
}

/* Reads "CET-1CEST,M3.5.0,M10.5.0/3"; an empty text is no rule. */
static bool
read_rule(const char *text, struct rule *rule)
{
    const char *at = text;
    int64_t west_ms;
    *rule = (struct rule){0};
    if (*at == '\0')
        return true;
    if (!skip_name(&at) || !take_offset(&at, &west_ms))
        return false;
    rule->is_there = true;
    rule->winter_ms = rule->summer_ms = -west_ms;
    if (*at == '\0')
        return true;
    rule->has_summer = true;
    rule->summer_ms = rule->winter_ms + 3600000;
    if (!skip_name(&at))
        return false;
    if (*at != ',' && *at != '\0') {
        if (!take_offset(&at, &west_ms))
            return false;
        rule->summer_ms = -west_ms;
    }
    return take_comma(&at) && take_date(&at, &rule->begin) && take_comma(&at) &&
           take_date(&at, &rule->end) && *at == '\0';
}

static bool
is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* The local midnight of a rule's day, then its clock. */
static int64_t
date_in(const struct rule_date *date, int64_t year)
{
    int64_t day = civil_day_from_date((int)year, 1, 1);
    if (date->kind == DAY_OF_YEAR) {
        day += date->day;
    } else if (date->kind == DAY_WITHOUT_LEAP) {
        day += date->day - 1 + (is_leap(year) && date->day >= 60 ? 1 : 0);
    } else {
        day = civil_day_from_date((int)year, date->month, 1);
        const int64_t next =
            date->month == 12
                ? civil_day_from_date((int)year + 1, 1, 1)
                : civil_day_from_date((int)year, date->month + 1, 1);
        const int64_t since_sunday = day + 4; /* 1970-01-01: a Thursday */
        const int64_t weekday =
            since_sunday - 7 * civil_floor_div(since_sunday, 7);
        day += (date->day - weekday + 7) % 7 + 7 * ((int64_t)date->week - 1);
        while (day >= next)
            day -= 7;
    }
    return day * CIVIL_MS_PER_DAY + date->clock_ms;
}

/* The changes of a year by the rule, in order of time. */
static void
changes_in(const struct rule *rule, int64_t year, struct transition changes[2])
{
    changes[0] = (struct transition){
        date_in(&rule->begin, year) - rule->winter_ms, rule->summer_ms};
    changes[1] = (struct transition){
        date_in(&rule->end, year) - rule->summer_ms, rule->winter_ms};
    if (changes[0].at_ms > changes[1].at_ms) {
        const struct transition first = changes[1];
        changes[1] = changes[0];
        changes[0] = first;
    }
}

/* What the rule says of a time; *span has the limits of the list. */
static void
apply_rule(const struct rule *rule, int64_t utc_ms, struct zone_span *span)
{
    int year, month, day;
    struct transition changes[6];
    span->offset_ms = rule->winter_ms;
    if (!rule->has_summer)
        return;
    civil_date_from_day(civil_floor_div(utc_ms, CIVIL_MS_PER_DAY), &year,
                        &month, &day);
    for (int i = 0; i < 3; i++)
        changes_in(rule, (int64_t)year - 1 + i, &changes[i * 2]);
    for (int i = 0; i < 6; i++) {
        if (changes[i].at_ms > utc_ms) {
            if (changes[i].at_ms < span->until_ms)
                span->until_ms = changes[i].at_ms;
            break;
        }
        span->offset_ms = changes[i].offset_ms;
        if (changes[i].at_ms > span->from_ms)
            span->from_ms = changes[i].at_ms;
    }
}

/* ---- files --------------------------------------------------------------- */

static int64_t
big_endian(const uint8_t *bytes, int n)
{
    uint64_t value = (bytes[0] & 0x80) != 0 ? UINT64_MAX : 0;
    for (int i = 0; i < n; i++)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

/* The six counts of a header: isut, isstd, leap, time, type, char. */
struct counts {
    size_t isut, isstd, leap, time, type, text;
};

static bool
read_header(const uint8_t *bytes, size_t len, struct counts *c)
{
    if (len < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0)
        return false;
    size_t *const all[] = {&c->isut, &c->isstd, &c->leap,
                           &c->time, &c->type,  &c->text};
    for (size_t i = 0; i < 6; i++) {
        const int64_t n = big_endian(bytes + 20 + 4 * i, 4);
        if (n < 0 || n > MOST_BYTES)
            return false;
        *all[i] = (size_t)n;
    }
    return c->type > 0;
}

static size_t
block_size(const struct counts *c, size_t time_bytes)
{
    return c->time * time_bytes + c->time + c->type * 6 + c->text +
           c->leap * (time_bytes + 4) + c->isstd + c->isut;
}

/* Reads a block behind its header; times have 4 or 8 bytes. */
static int
read_block(struct wattle_zone *zone, const uint8_t *bytes,
           const struct counts *c, size_t time_bytes)
{
    const uint8_t *indexes = bytes + c->time * time_bytes;
    const uint8_t *types = indexes + c->time;
    zone->transitions = calloc(c->time + 1, sizeof(*zone->transitions));
    if (zone->transitions == NULL)
        return WATTLE_ERR_MEMORY;
    zone->first_offset_ms = 1000 * big_endian(types, 4);
    for (size_t i = 0; i < c->time; i++) {
        int64_t at_s = big_endian(bytes + i * time_bytes, (int)time_bytes);
        const size_t type = indexes[i];
        if (type >= c->type)
            return WATTLE_ERR_FORMAT;
        const int64_t offset_s = big_endian(types + 6 * type, 4);
        if (offset_s > MOST_OFFSET_S || offset_s < -MOST_OFFSET_S)
            return WATTLE_ERR_FORMAT;
        if (at_s < CIVIL_MIN_MS / 1000) /* "since ever" */
            at_s = CIVIL_MIN_MS / 1000 - 1;
        if (at_s > CIVIL_MAX_MS / 1000)
            break;
        const struct transition t = {at_s * 1000, offset_s * 1000};
        if (zone->n > 0 && t.at_ms < zone->transitions[zone->n - 1].at_ms)
            return WATTLE_ERR_FORMAT;
        zone->transitions[zone->n++] = t;
    }
    return WATTLE_OK;
}

/* The line at the end: between two line feeds. */
static bool
read_footer(const uint8_t *bytes, size_t len, struct rule *rule)
{
    char text[128];
    if (len == 0)
        return true;
    const uint8_t *end = len > 1 ? memchr(bytes + 1, '\n', len - 1) : NULL;
    if (bytes[0] != '\n' || end == NULL || (size_t)(end - bytes) > sizeof(text))
        return false;
    memcpy(text, bytes + 1, (size_t)(end - bytes) - 1);
    text[end - bytes - 1] = '\0';
    return read_rule(text, rule);
}

static int
parse_file(struct wattle_zone *zone, const uint8_t *bytes, size_t len)
{
    struct counts c;
    if (!read_header(bytes, len, &c))
        return WATTLE_ERR_FORMAT;
    const bool is_old = bytes[4] == '\0'; /* version 1 has one block */
    const uint8_t *at = bytes + HEADER_BYTES;
    size_t left = len - HEADER_BYTES;
    size_t size = block_size(&c, 4);
    if (size > left)
        return WATTLE_ERR_FORMAT;
    if (is_old)
        return read_block(zone, at, &c, 4);
    at += size;
    left -= size;
    if (!read_header(at, left, &c))
        return WATTLE_ERR_FORMAT;
    at += HEADER_BYTES;
    left -= HEADER_BYTES;
    size = block_size(&c, 8);
    if (size > left)
        return WATTLE_ERR_FORMAT;
    int status = read_block(zone, at, &c, 8);
    if (status == WATTLE_OK &&
        !read_footer(at + size, left - size, &zone->rule))
        status = WATTLE_ERR_FORMAT;
    return status;
}

/* Reads a whole file; WATTLE_ERR_USAGE when there is none, or no plain one. */
static int
read_file(const char *path, struct buffer *bytes)
{
    char part[4096];
    struct stat info;
    int status = WATTLE_OK;
    /* a pipe would wait for a writer */
    FILE *file = stat(path, &info) == 0 && S_ISREG(info.st_mode)
                     ? fopen(path, "rb")
                     : NULL;
    if (file == NULL)
        return WATTLE_ERR_USAGE;
    while (status == WATTLE_OK && bytes->len < MOST_BYTES) {
        size_t n = fread(part, 1, sizeof(part), file);
        if (n == 0)
            break;
        status = buffer_append(bytes, part, n);
    }
    if (status == WATTLE_OK && ferror(file))
        status = WATTLE_ERR_USAGE; /* a folder */
    fclose(file);
    return status;
}

/*
 * A name is a path inside the folder of zones, not out of it. Names of zones
 * begin with a capital; other files there have another way to count (right/),
 * or say another thing on each machine (localtime).
 */
static bool
is_good_name(const char *name)
{
    return name[0] >= 'A' && name[0] <= 'Z' && strstr(name, "..") == NULL &&
           strlen(name) < 256;
}

static const char *
zone_folder(void)
{
    const char *folder = getenv("TZDIR");
    return folder != NULL && folder[0] != '\0' ? folder : ZONE_FOLDER;
}

static int
read_named(struct wattle_zone *zone, const char *name)
{
    char path[PATH_MAX];
    struct buffer bytes = {0};
    if (name[0] == '/')
        snprintf(path, sizeof(path), "%s", name);
    else if (name[0] != '\0' && name[0] != '.' && strstr(name, "..") == NULL)
        snprintf(path, sizeof(path), "%s/%s", zone_folder(), name);
    else
        return WATTLE_ERR_USAGE;
    int status = read_file(path, &bytes);
    if (status == WATTLE_OK)
        status = parse_file(zone, (const uint8_t *)bytes.data, bytes.len);
    buffer_release(&bytes);
    return status;
}

/* What is said of the machine's zone: a name, a path, or a rule. */
static const char *
local_name(char target[PATH_MAX])
{
    const char *tz = getenv("TZ");
    if (tz != NULL && tz[0] == ':')
        tz++;
    if (tz != NULL)
        return tz[0] != '\0' ? tz : "UTC";
    ssize_t len = readlink(LOCAL_FILE, target, PATH_MAX - 1);
    if (len < 0)
        return access(LOCAL_FILE, R_OK) == 0 ? LOCAL_FILE : "UTC";
    target[len] = '\0';
    const char *name = strstr(target, "zoneinfo/");
    return name != NULL ? name + strlen("zoneinfo/") : LOCAL_FILE;
}

static int
fail(int status, const char *name, struct wattle_error *error)
{
    if (status == WATTLE_ERR_MEMORY)
        return error_memory(error);
    if (status == WATTLE_ERR_FORMAT)
        return error_set(error, status,
                         "the file of the time zone %s is "
                         "damaged",
                         name);
    char alike[ZONE_NAME_SIZE];
    if (zone_find_alike(zone_folder(), name, alike))
        return error_set(error, status,
                         "there is no time zone '%s'; did you mean %s?", name,
                         alike);
    return error_set(error, status,
                     "there is no time zone '%s'; zones have names such as "
                     "Europe/Berlin, America/New_York or UTC",
                     name);
}

static bool
is_word_utc(const char *name)
{
    return strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

int
wattle_zone_open(struct wattle_zone **out, const char *name,
                 struct wattle_error *error)
{
    char target[PATH_MAX];
    const bool is_local = name == NULL;
    struct wattle_zone *zone = calloc(1, sizeof(*zone));
    *out = NULL;
    if (zone == NULL)
        return error_memory(error);
    if (is_local)
        name = local_name(target);
    zone->name = strdup(is_word_utc(name) ? "UTC" : name);
    int status = zone->name != NULL ? WATTLE_OK : WATTLE_ERR_MEMORY;
    /* UTC needs no file, and TZ may be a rule itself */
    if (status == WATTLE_OK && !is_word_utc(name)) {
        status = is_local || is_good_name(name) ? read_named(zone, name)
                                                : WATTLE_ERR_USAGE;
        if (status == WATTLE_ERR_USAGE && is_local &&
            read_rule(name, &zone->rule))
            status = WATTLE_OK;
    }
    if (status != WATTLE_OK) {
        fail(status, name, error);
        wattle_zone_close(zone);
        return status;
    }
    *out = zone;
    return WATTLE_OK;
}

void
wattle_zone_close(struct wattle_zone *zone)
{
    if (zone == NULL)
        return;
    free(zone->name);
    free(zone->transitions);
    free(zone);
}

const char *
wattle_zone_name(const struct wattle_zone *zone)
{
    return zone != NULL ? zone->name : "UTC";
}

bool
zone_is_utc(const struct wattle_zone *zone)
{
    const struct rule *rule = &zone->rule;
    bool is_utc = zone->first_offset_ms == 0 && rule->winter_ms == 0 &&
                  rule->summer_ms == 0;
    for (size_t i = 0; i < zone->n; i++)
        is_utc = is_utc && zone->transitions[i].offset_ms == 0;
    return is_utc;
}

const struct wattle_zone *
zone_unless_utc(const struct wattle_zone *zone)
{
    return zone != NULL && zone_is_utc(zone) ? NULL : zone;
}

bool
zone_is_same(const struct wattle_zone *a, const struct wattle_zone *b)
{
    return a == b || strcmp(wattle_zone_name(a), wattle_zone_name(b)) == 0;
}

/* ---- times --------------------------------------------------------------- */

struct zone_span
zone_at(const struct wattle_zone *zone, int64_t utc_ms)
{
    size_t low = 0, high = zone->n; /* the first transition that is later */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->transitions[middle].at_ms > utc_ms)
            high = middle;
        else
            low = middle + 1;
    }
    struct zone_span span = {
        .from_ms = low > 0 ? zone->transitions[low - 1].at_ms : INT64_MIN,
        .until_ms = low < zone->n ? zone->transitions[low].at_ms : INT64_MAX,
        .offset_ms = low > 0 ? zone->transitions[low - 1].offset_ms
                             : zone->first_offset_ms};
    if (low == zone->n && zone->rule.is_there)
        apply_rule(&zone->rule, utc_ms, &span);
    return span;
}

int
zone_to_utc(const struct wattle_zone *zone, int64_t local_ms, int64_t utc_ms[2])
{
    const int64_t reach_ms = MOST_OFFSET_S * INT64_C(1000);
    int n = 0;
    /* every span that could hold it, in order of time */
    for (int64_t at_ms = local_ms - reach_ms; at_ms <= local_ms + reach_ms;) {
        const struct zone_span span = zone_at(zone, at_ms);
        const int64_t candidate_ms = local_ms - span.offset_ms;
        if (candidate_ms >= span.from_ms && candidate_ms < span.until_ms &&
            (n == 0 || utc_ms[n - 1] != candidate_ms) && n < 2)
            utc_ms[n++] = candidate_ms;
        if (span.until_ms > local_ms + reach_ms)
            break;
        at_ms = span.until_ms;
    }
    return n;
}

/* How far from a change clocks can show a time for the second time. */
#define MOST_REPEATED_MS INT64_C(180000000)

int64_t
zone_reached(const struct wattle_zone *zone, int64_t utc_ms)
{
    const struct zone_span span = zone_at(zone, utc_ms);
    const int64_t local_ms = utc_ms + span.offset_ms;
    if (span.from_ms == INT64_MIN || utc_ms - span.from_ms > MOST_REPEATED_MS)
        return local_ms;
    const int64_t before_ms = span.from_ms - 1;
    const int64_t shown_ms = before_ms + zone_at(zone, before_ms).offset_ms;
    return shown_ms > local_ms ? shown_ms : local_ms;
}

int64_t
zone_first_utc(const struct wattle_zone *zone, int64_t local_ms)
{
    int64_t at_ms = local_ms - MOST_OFFSET_S * INT64_C(1000);
    for (;;) {
        const struct zone_span span = zone_at(zone, at_ms);
        int64_t first_ms = local_ms - span.offset_ms;
        first_ms = first_ms > at_ms ? first_ms : at_ms;
        if (first_ms < span.until_ms)
            return first_ms;
        at_ms = span.until_ms;
    }
}

bool
zone_parse_time(const struct wattle_zone *zone, const char *text, size_t len,
                int64_t *time_ms)
{
    bool is_local;
    if (!civil_parse_clock(text, len, true, time_ms, &is_local))
        return false;
    if (is_local && zone != NULL)
        *time_ms = zone_first_utc(zone, *time_ms);
    return true;
}

int
wattle_zone_parse_time(const struct wattle_zone *zone, const char *text,
                       int64_t *time_ms)
{
    const bool is_time = text != NULL && time_ms != NULL &&
                         zone_parse_time(zone, text, strlen(text), time_ms);
    return is_time ? WATTLE_OK : WATTLE_ERR_FORMAT;
}

void
zone_format(const struct wattle_zone *zone, int64_t time_ms,
            char out[ZONE_TEXT_SIZE])
{
    time_ms = time_ms < CIVIL_MIN_MS ? CIVIL_MIN_MS : time_ms;
    time_ms = time_ms > CIVIL_MAX_MS ? CIVIL_MAX_MS : time_ms;
    int64_t offset_ms = zone != NULL ? zone_at(zone, time_ms).offset_ms : 0;
    if (time_ms + offset_ms < CIVIL_MIN_MS ||
        time_ms + offset_ms > CIVIL_MAX_MS)
        offset_ms = 0;
    civil_format(time_ms + offset_ms, out);
    if (offset_ms == 0 && (zone == NULL || zone_is_utc(zone)))
        return;
    const int64_t s = (offset_ms < 0 ? -offset_ms : offset_ms) / 1000;
    char *end = out + strlen(out) - 1; /* the Z */
    const size_t room = (size_t)(out + ZONE_TEXT_SIZE - end);
    int n = snprintf(end, room, "%c%02d:%02d", offset_ms < 0 ? '-' : '+',
                     (int)(s / 3600 % 100), (int)(s / 60 % 60));
    if (s % 60 != 0 && n > 0)
        snprintf(end + n, room - (size_t)n, ":%02d", (int)(s % 60));
}
