/*
 * device_habit.c - the table of habits, and whether one goes on.
 *
 * The table says when people use a device, how likely and for how long.
 * Whether a habit goes on at an instant is drawn from the device and the day;
 * no state is kept. kind_shape.c asks here.
 */
#include "generate/device_habit.h"

#include <stddef.h>

#include "generate/counter_hash.h"

enum { MAX_HABITS = 5 };

/* A time of the day as seconds since the day of people, or the night, began */
#define LIFE(h, m)  (((h)*60 + (m)) * 60 - CONDITIONS_LIFE_STARTS_S)
#define NIGHT(h, m) (((h)*60 + (m)) * 60 - CONDITIONS_NIGHT_STARTS_S)
#define MIN(m)      ((m)*60)
#define PERCENT(p)  ((p)*255 / 100)
/* Start between two times, last between two lengths, chances in percent. */
#define HABIT(start, spread_min, least_min, more_min, workday, weekend)        \
    {                                                                          \
        (start), MIN(spread_min), MIN(least_min), MIN(more_min),               \
            PERCENT(workday), PERCENT(weekend)                                 \
    }

struct habit_list {
    unsigned n;
    struct device_habit habits[MAX_HABITS];
};

static const struct habit_list lists[N_DEVICE_KINDS] = {
    /* Hot water once a day, before people rise. */
    [KIND_HEAT_PUMP] = {1, {HABIT(LIFE(4, 50), 40, 25, 15, 100, 100)}},
    [KIND_WATER_HEATER] = {2,
                           {HABIT(LIFE(5, 50), 60, 18, 22, 90, 80),
                            HABIT(LIFE(18, 45), 120, 18, 26, 88, 92)}},
    [KIND_TOWEL_RAIL] = {2,
                         {HABIT(LIFE(6, 0), 45, 35, 30, 85, 80),
                          HABIT(LIFE(20, 0), 60, 30, 30, 50, 55)}},
    /* The longest charge comes last: it is cut to what the car needs. */
    [KIND_EV_CHARGER] = {1, {HABIT(NIGHT(20, 30), 240, 50, 150, 46, 36)}},
    [KIND_BIKE_CHARGER] = {1, {HABIT(NIGHT(17, 30), 150, 110, 90, 45, 20)}},
    [KIND_WASHING_MACHINE] = {2,
                              {HABIT(LIFE(8, 0), 180, 75, 45, 20, 42),
                               HABIT(LIFE(17, 15), 120, 70, 40, 26, 18)}},
    [KIND_DRYER] = {2,
                    {HABIT(LIFE(11, 15), 120, 75, 45, 9, 30),
                     HABIT(LIFE(19, 30), 90, 70, 40, 18, 12)}},
    [KIND_DISHWASHER] = {2,
                         {HABIT(LIFE(13, 0), 60, 75, 45, 8, 22),
                          HABIT(LIFE(19, 40), 110, 80, 45, 58, 55)}},
    [KIND_OVEN] = {2,
                   {HABIT(LIFE(11, 20), 60, 30, 45, 7, 28),
                    HABIT(LIFE(17, 30), 100, 30, 45, 38, 42)}},
    [KIND_KETTLE] = {5,
                     {HABIT(LIFE(6, 15), 80, 2, 2, 85, 55),
                      HABIT(LIFE(9, 15), 75, 2, 2, 35, 70),
                      HABIT(LIFE(12, 20), 70, 2, 2, 35, 50),
                      HABIT(LIFE(15, 15), 90, 2, 2, 42, 60),
                      HABIT(LIFE(18, 50), 160, 2, 3, 68, 68)}},
    [KIND_MICROWAVE] = {3,
                        {HABIT(LIFE(6, 40), 60, 2, 3, 25, 18),
                         HABIT(LIFE(12, 0), 80, 3, 5, 38, 40),
                         HABIT(LIFE(18, 0), 110, 4, 7, 50, 42)}},
    [KIND_COFFEE_MACHINE] = {3,
                             {HABIT(LIFE(6, 10), 70, 6, 9, 90, 40),
                              HABIT(LIFE(8, 50), 90, 6, 9, 28, 85),
                              HABIT(LIFE(14, 30), 80, 5, 6, 30, 62)}},
    [KIND_TV] = {3,
                 {HABIT(LIFE(6, 30), 40, 20, 30, 16, 4),
                  HABIT(LIFE(13, 45), 90, 60, 120, 7, 38),
                  HABIT(LIFE(18, 15), 90, 135, 120, 88, 92)}},
    [KIND_COMPUTER] = {3,
                       {HABIT(LIFE(8, 5), 50, 190, 45, 55, 10),
                        HABIT(LIFE(12, 50), 40, 200, 75, 55, 14),
                        HABIT(LIFE(19, 45), 70, 50, 90, 32, 44)}},
    [KIND_SOUND_SYSTEM] = {2,
                           {HABIT(LIFE(9, 0), 90, 40, 80, 10, 45),
                            HABIT(LIFE(17, 45), 120, 50, 120, 52, 60)}},
};

const struct device_habit *
device_habit_list(enum device_kind kind, unsigned *n)
{
    *n = lists[kind].n;
    return *n == 0 ? NULL : lists[kind].habits;
}

/* Asked only where the habit could go on, so most readings draw nothing. */
static bool
is_going_on(const struct device_habit *habit, uint64_t bits, bool is_weekend,
            uint32_t since_s, uint32_t *progress)
{
    uint8_t chance = is_weekend ? habit->chance_weekend : habit->chance_workday;
    if ((bits & 0xFF) >= chance)
        return false;
    uint32_t start_s = counter_pick(bits >> 16, habit->spread_s);
    uint32_t length_s =
        habit->shortest_s + counter_pick(bits >> 32, habit->longer_s);
    if (since_s < start_s || since_s - start_s >= length_s)
        return false;
    *progress = (since_s - start_s) * HABIT_PROGRESS / length_s;
    return true;
}

bool
device_habit_find(const struct device_habit *habits, unsigned n,
                  const struct device *device, const struct conditions_day *day,
                  uint32_t *progress)
{
    int32_t second = (int32_t)day->second - device->habit_s;
    for (unsigned i = 0; i < n; i++) {
        const struct device_habit *habit = &habits[i];
        uint32_t since_s = (uint32_t)second - habit->earliest_s;
        if (since_s >= habit->spread_s + habit->shortest_s + habit->longer_s)
            continue;
        uint64_t counter = (uint64_t)day->number * MAX_HABITS + i;
        uint64_t bits = counter_hash(device->key ^ 0x5ABB, counter);
        if (is_going_on(habit, bits, day->is_weekend, since_s, progress))
            return true;
    }
    return false;
}
