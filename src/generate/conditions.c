/*
 * conditions.c - calendar, daylight and a temperate climate in integers.
 *
 * The temperature is a yearly wave, a daily wave and passing fronts. Angles
 * are 32-bit turns that wrap around; the only table is a checked-in cosine.
 */
#include "generate/conditions.h"

#include <string.h>

#include "base/civil_time.h"
#include "generate/counter_hash.h"

/* 2^32 divided by the days of a year and by the seconds of a day. */
#define TURN_PER_DAY    11759230u
#define TURN_PER_SECOND 49710u

/* Mid-January is coldest, the solstice darkest, four o'clock coolest. */
#define COLDEST_DAY    14
#define DARKEST_DAY    (-10)
#define COOLEST_SECOND (4 * CONDITIONS_HOUR_S)

#define YEAR_MEAN_CDEG  1150
#define YEAR_WAVE_CDEG  1000
#define DAY_WAVE_CDEG   430
#define FRONT_WAVE_CDEG 450

/* Cosine of a whole turn in 64 steps, times 1024. */
static const int16_t cosine_table[65] = {
    1024,  1019,  1004, 980,  946,  903,  851,  792,  724,   650,   569,
    483,   392,   297,  200,  100,  0,    -100, -200, -297,  -392,  -483,
    -569,  -650,  -724, -792, -851, -903, -946, -980, -1004, -1019, -1024,
    -1019, -1004, -980, -946, -903, -851, -792, -724, -650,  -569,  -483,
    -392,  -297,  -200, -100, 0,    100,  200,  297,  392,   483,   569,
    650,   724,   792,  851,  903,  946,  980,  1004, 1019,  1024};

/* Share of people awake and at home at each full hour, of 256. */
static const int16_t awake_table[25] = {
    70,  30,  12,  8,   10,  40,  140, 210, 180, 130, 110, 110, 130,
    130, 115, 125, 160, 210, 240, 252, 254, 245, 205, 140, 70};

/* Voltage drop by the load of the street, 1/10000 of the voltage. */
static const int16_t street_table[25] = {
    30,  35, 40, 40,  38,  25,  5,   -15, -20, -10, 0,  0, -15,
    -10, 5,  0,  -15, -35, -55, -60, -50, -30, -5,  15, 30};

static int32_t
cosine(uint32_t turn)
{
    uint32_t at = turn >> 26;
    int32_t part = (int32_t)((turn >> 16) & 1023);
    int32_t from = cosine_table[at];
    return from + (cosine_table[at + 1] - from) * part / 1024;
}

static int32_t
clamp(int32_t value, int32_t max)
{
    if (value < 0)
        return 0;
    return value > max ? max : value;
}

/* The value of an hourly table, linear between the hours. */
static int32_t
hourly(const int16_t table[25], uint32_t hour, uint32_t second_of_hour)
{
    int32_t from = table[hour];
    return from + (table[hour + 1] - from) * (int32_t)second_of_hour /
                      CONDITIONS_HOUR_S;
}

/* Weather at midnight that begins a day, either way of the season's mean. */
static int32_t
front(uint64_t key, int64_t day)
{
    uint64_t bits = counter_hash(key, (uint64_t)day);
    return (int32_t)counter_pick(bits, 2 * FRONT_WAVE_CDEG + 1) -
           FRONT_WAVE_CDEG;
}

static void
put_two(char *at, uint32_t number)
{
    at[0] = (char)('0' + number / 10);
    at[1] = (char)('0' + number % 10);
}

static void
set_date_text(struct conditions *conditions)
{
    int year = 0;
    int month = 0;
    int day_of_month = 0;
    civil_date_from_day(conditions->day.number, &year, &month, &day_of_month);
    memcpy(conditions->stamp, "YYYY-MM-DD HH:MM:SS,", CONDITIONS_STAMP_LEN);
    put_two(conditions->stamp, (uint32_t)year / 100);
    put_two(conditions->stamp + 2, (uint32_t)year % 100);
    put_two(conditions->stamp + 5, (uint32_t)month);
    put_two(conditions->stamp + 8, (uint32_t)day_of_month);
}

static void
set_sky(struct conditions *conditions)
{
    int64_t day = conditions->day.number;
    uint32_t season = (uint32_t)(day - COLDEST_DAY) * TURN_PER_DAY;
    uint32_t light = (uint32_t)(day - DARKEST_DAY) * TURN_PER_DAY;
    conditions->mean_cdeg =
        YEAR_MEAN_CDEG - cosine(season) * YEAR_WAVE_CDEG / 1024;
    conditions->half_light_s = 22000 - cosine(light) * 7600 / 1024;
    conditions->front_cdeg[0] = front(conditions->key, day);
    conditions->front_cdeg[1] = front(conditions->key, day + 1);
}

/* 1970-01-01 was a Thursday. */
static bool
is_weekend(int64_t day)
{
    int64_t since_monday = day + 3 - 7 * civil_floor_div(day + 3, 7);
    return since_monday >= 5;
}

/* The day that began starts_s after midnight, today or yesterday. */
static void
set_shifted_day(struct conditions_day *out, const struct conditions_day *day,
                uint32_t starts_s)
{
    bool is_yesterday = day->second < starts_s;
    out->number = day->number - (is_yesterday ? 1 : 0);
    out->second =
        day->second + (is_yesterday ? CONDITIONS_DAY_S : 0) - starts_s;
    out->is_weekend = is_weekend(out->number);
}

static void
set_weather(struct conditions *conditions)
{
    int32_t second = (int32_t)conditions->day.second;
    uint32_t turn = (uint32_t)(second - COOLEST_SECOND) * TURN_PER_SECOND;
    int32_t change = conditions->front_cdeg[1] - conditions->front_cdeg[0];
    conditions->outdoor_cdeg =
        conditions->mean_cdeg - cosine(turn) * DAY_WAVE_CDEG / 1024 +
        conditions->front_cdeg[0] + change * second / CONDITIONS_DAY_S;

    conditions->heating = (uint32_t)clamp(
        (1550 - conditions->outdoor_cdeg) / 10, CONDITIONS_FULL);
    conditions->cooling =
        (uint32_t)clamp((conditions->outdoor_cdeg - 2150) / 4, CONDITIONS_FULL);

    int32_t from_noon = second - (CONDITIONS_DAY_S / 2 + 900);
    if (from_noon < 0)
        from_noon = -from_noon;
    conditions->darkness = (uint32_t)clamp(
        (from_noon - conditions->half_light_s + 1800) / 14, CONDITIONS_FULL);
}

void
conditions_init(struct conditions *conditions, uint64_t seed)
{
    memset(conditions, 0, sizeof(*conditions));
    conditions->key = seed;
    conditions->day.number = INT64_MIN;
}

void
conditions_set(struct conditions *conditions, int64_t time_s)
{
    int64_t number = civil_floor_div(time_s, CONDITIONS_DAY_S);
    uint32_t second = (uint32_t)(time_s - number * CONDITIONS_DAY_S);
    conditions->time_s = time_s;
    conditions->day.second = second;
    if (number != conditions->day.number) {
        conditions->day.number = number;
        conditions->day.is_weekend = is_weekend(number);
        set_date_text(conditions);
        set_sky(conditions);
    }
    set_shifted_day(&conditions->life, &conditions->day,
                    CONDITIONS_LIFE_STARTS_S);
    set_shifted_day(&conditions->night, &conditions->day,
                    CONDITIONS_NIGHT_STARTS_S);

    uint32_t hour = second / CONDITIONS_HOUR_S;
    uint32_t of_hour = second % CONDITIONS_HOUR_S;
    conditions->hour = hour;
    put_two(conditions->stamp + 11, hour);
    put_two(conditions->stamp + 14, of_hour / CONDITIONS_MINUTE_S);
    put_two(conditions->stamp + 17, of_hour % CONDITIONS_MINUTE_S);
    conditions->awake = (uint32_t)hourly(awake_table, hour, of_hour);
    conditions->street = hourly(street_table, hour, of_hour);
    set_weather(conditions);
}
