/*
 * conditions.h - what all homes share at one instant: calendar, light, weather.
 *
 * Computed once for a step and used for every device of that step. The sky
 * of a day is kept between calls, so neighbouring instants are cheap. The
 * structure belongs to one thread.
 *
 *     struct conditions conditions;
 *     conditions_init(&conditions, seed);
 *     conditions_set(&conditions, time_s);
 */
#ifndef GENERATE_CONDITIONS_H
#define GENERATE_CONDITIONS_H

#include <stdbool.h>
#include <stdint.h>

#define CONDITIONS_MINUTE_S 60
#define CONDITIONS_HOUR_S   3600
#define CONDITIONS_DAY_S    86400

/* People's days begin at four in the morning, nights at noon. */
#define CONDITIONS_LIFE_STARTS_S  (4 * CONDITIONS_HOUR_S)
#define CONDITIONS_NIGHT_STARTS_S (12 * CONDITIONS_HOUR_S)

/* Shares are in 1/256: 0 = none, 256 = full. */
enum { CONDITIONS_FULL = 256 };

/* The length of "YYYY-MM-DD HH:MM:SS,". */
enum { CONDITIONS_STAMP_LEN = 20 };

/* A day that need not begin at midnight. */
struct conditions_day {
    int64_t number;  /* days since 1970 */
    uint32_t second; /* since the beginning of this day */
    bool is_weekend; /* Saturday or Sunday */
};

struct conditions {
    uint64_t key;                /* of the weather */
    int64_t time_s;              /* seconds since 1970 UTC */
    struct conditions_day day;   /* begins at midnight */
    struct conditions_day life;  /* begins at four in the morning */
    struct conditions_day night; /* begins at noon */
    uint32_t hour;               /* 0 .. 23 */
    int32_t outdoor_cdeg;        /* temperature outside, 1/100 degree Celsius */
    uint32_t heating;            /* share of the full heating power */
    uint32_t cooling;            /* share of the full cooling power */
    uint32_t darkness;           /* share of the night */
    uint32_t awake;              /* share of people awake and at home */
    int32_t street; /* load of the street, 1/10000 of the voltage */
    char stamp[CONDITIONS_STAMP_LEN]; /* timestamp with a comma, no zero */

    /* Kept while the day stays the same. */
    int32_t mean_cdeg;
    int32_t front_cdeg[2]; /* weather at the begin and the end of the day */
    int32_t half_light_s;  /* from noon to sunset */
};

void conditions_init(struct conditions *conditions, uint64_t seed);

/* Moves to another instant of the years 0000 to 9999. */
void conditions_set(struct conditions *conditions, int64_t time_s);

#endif
