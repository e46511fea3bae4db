/*
 * kind_shape.c - one small function for each way of drawing power.
 *
 * Each gives a share of the device's power, in 1/1024 (SHAPE_FULL), from the
 * time, the weather and what people do. Whether they are away counts, too. The
 * same arguments always give the same share; no state is kept.
 */
#include "generate/kind_shape.h"

#include <stdint.h>

#include "generate/counter_hash.h"
#include "generate/device_habit.h"

/* A quarter of full power and so on, in 1/1024. */
#define SHARE(percent) ((percent)*SHAPE_FULL / 100)

/* Purposes of a device's numbers, kept apart from the noise of readings. */
enum { KEY_LAMPS = 0x1A3B, KEY_WORK = 0x30B };

enum { PROGRAM_STEPS = 32 };

/* Power over a programme, 255 = full. */
static const uint8_t washing_program[PROGRAM_STEPS] = {
    10, 250, 250, 250, 250, 30, 12, 34, 14, 32, 12, 30, 14,  33,  12,  35,
    14, 30,  40,  12,  20,  45, 12, 30, 14, 40, 15, 80, 110, 125, 130, 6};
static const uint8_t dishwashing_program[PROGRAM_STEPS] = {
    8,  20, 22, 22, 240, 245, 245, 245, 240, 24, 22, 24, 22, 24, 23, 24,
    22, 24, 23, 22, 24,  240, 245, 245, 240, 22, 20, 10, 6,  6,  5,  5};
static const uint8_t drying_program[PROGRAM_STEPS] = {
    120, 205, 235, 245, 250, 250, 250, 248, 245, 245, 240,
    240, 240, 235, 235, 230, 230, 225, 225, 220, 215, 210,
    205, 200, 190, 175, 150, 110, 40,  22,  35,  20};

struct shape_view {
    const struct device *device;
    const struct conditions *conditions;
    bool is_away;
};

static uint32_t
phase_of(const struct shape_view *v)
{
    return (uint32_t)v->conditions->time_s * v->device->cycle_rate +
           (uint32_t)v->device->key;
}

static bool
find_habit(const struct shape_view *v, const struct conditions_day *day,
           uint32_t *progress)
{
    unsigned n = 0;
    const struct device_habit *habits = device_habit_list(v->device->kind, &n);
    return device_habit_find(habits, n, v->device, day, progress);
}

/* On for `duty` of 1024 of every cycle. */
static bool
is_in_duty(const struct shape_view *v, unsigned duty)
{
    return phase_of(v) >> 22 < duty;
}

/* A motor pulls hard for some seconds, then less and less. */
static unsigned
compressor(const struct shape_view *v, unsigned duty)
{
    uint32_t phase = phase_of(v);
    if (phase >> 22 >= duty)
        return 0;
    if (phase < v->device->cycle_rate * 8)
        return SHARE(118);
    return SHARE(100) - (phase >> 22) / 4;
}

/* Doors open in the evening, and warm days make it work harder. */
static unsigned
shape_cooler(const struct shape_view *v)
{
    unsigned wear = (unsigned)(v->device->key >> 56) / 3;
    int32_t warmth = v->conditions->outdoor_cdeg / 32;
    unsigned duty = 228 + wear + (unsigned)(warmth > 0 ? warmth : 0);
    if (!v->is_away)
        duty += v->conditions->awake / 4;
    return compressor(v, duty);
}

/* Cellars are damp in the warm half of the year. */
static unsigned
shape_dehumidifier(const struct shape_view *v)
{
    unsigned damp = v->conditions->heating < CONDITIONS_FULL / 2
                        ? CONDITIONS_FULL / 2 - v->conditions->heating
                        : 0;
    return compressor(v, 16 + damp);
}

/* Modulates where it can, cycles where less is wanted than its least. */
static unsigned
modulated(const struct shape_view *v, unsigned wanted, unsigned least)
{
    if (wanted >= SHARE(100))
        return SHARE(100);
    if (wanted >= least)
        return wanted;
    return is_in_duty(v, wanted * SHAPE_FULL / least) ? least : 0;
}

static unsigned
shape_heat_pump(const struct shape_view *v)
{
    const struct conditions *conditions = v->conditions;
    uint32_t progress = 0;
    if (!v->is_away && find_habit(v, &conditions->life, &progress))
        return SHARE(88);
    /* How well the house is insulated: 70 to 130 %, less for the night. */
    unsigned percent = 70 + (unsigned)(v->device->key >> 58);
    if (v->is_away)
        percent = percent * 6 / 10;
    else if (conditions->hour >= 22 || conditions->hour < 5)
        percent = percent * 7 / 10;
    return modulated(v, conditions->heating * 4 * percent / 100, SHARE(28));
}

static unsigned
shape_air_conditioner(const struct shape_view *v)
{
    if (v->is_away || v->conditions->hour < 9)
        return 0;
    return modulated(v, v->conditions->cooling * 4, SHARE(35));
}

static unsigned
shape_boiler_pump(const struct shape_view *v)
{
    unsigned heating = v->conditions->heating;
    if (heating < 12)
        return 0;
    return is_in_duty(v, 200 + heating * 3) ? SHARE(100) : 0;
}

/* Reheats after showers, and keeps warm in between. */
static unsigned
shape_water_heater(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (!v->is_away && find_habit(v, &v->conditions->life, &progress))
        return SHARE(100);
    return is_in_duty(v, 20) ? SHARE(100) : 0;
}

static unsigned
shape_towel_rail(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (v->conditions->heating < 20)
        return 0;
    return find_habit(v, &v->conditions->life, &progress) ? SHARE(100) : 0;
}

/* Full power, then tapering off when nearly full. */
static unsigned
shape_charger(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (!find_habit(v, &v->conditions->night, &progress))
        return 0;
    if (progress < HABIT_PROGRESS * 7 / 8)
        return SHARE(100);
    return SHARE(100) - (progress - HABIT_PROGRESS * 7 / 8) * 6;
}

static unsigned
program(const struct shape_view *v, const uint8_t table[PROGRAM_STEPS])
{
    uint32_t progress = 0;
    if (!find_habit(v, &v->conditions->life, &progress))
        return 0;
    return table[progress * PROGRAM_STEPS / HABIT_PROGRESS] * 4u;
}

static unsigned
shape_washing_machine(const struct shape_view *v)
{
    return program(v, washing_program);
}

static unsigned
shape_dryer(const struct shape_view *v)
{
    return program(v, drying_program);
}

static unsigned
shape_dishwasher(const struct shape_view *v)
{
    return program(v, dishwashing_program);
}

/* Heats up, then the thermostat keeps it hot; light and fan stay on. */
static unsigned
shape_oven(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (!find_habit(v, &v->conditions->life, &progress))
        return 0;
    if (progress < HABIT_PROGRESS / 5 || is_in_duty(v, 340))
        return SHARE(100);
    return SHARE(2);
}

static unsigned
shape_switched(const struct shape_view *v)
{
    uint32_t progress = 0;
    return find_habit(v, &v->conditions->life, &progress) ? SHARE(100) : 0;
}

static unsigned
shape_coffee_machine(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (!find_habit(v, &v->conditions->life, &progress))
        return 0;
    return progress < HABIT_PROGRESS / 2 || is_in_duty(v, 160) ? SHARE(100)
                                                               : SHARE(4);
}

/* A screen's power depends on the picture. */
static unsigned
shape_tv(const struct shape_view *v)
{
    uint32_t progress = 0;
    return find_habit(v, &v->conditions->life, &progress) ? SHARE(92) : 0;
}

/* Mostly idling, busy for some of the ten minutes at a time. */
static unsigned
shape_computer(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (!find_habit(v, &v->conditions->life, &progress))
        return 0;
    uint64_t bits = counter_hash(v->device->key ^ KEY_WORK,
                                 (uint64_t)v->conditions->time_s / 600);
    return SHARE(45) +
           counter_pick(bits, SHARE(45)) * (uint32_t)(bits >> 32 & 0xFF) / 256;
}

/* Waits with a fifth of its power, like most electronics. */
static unsigned
shape_sound_system(const struct shape_view *v)
{
    uint32_t progress = 0;
    if (!v->is_away && find_habit(v, &v->conditions->life, &progress))
        return SHARE(92);
    return SHARE(20);
}

static unsigned
shape_router(const struct shape_view *v)
{
    return v->is_away ? SHARE(82) : SHARE(84) + v->conditions->awake / 4;
}

/* Four lamps: two follow the evening, two are switched now and then. */
static unsigned
shape_lights(const struct shape_view *v)
{
    const struct conditions *conditions = v->conditions;
    uint32_t level = conditions->darkness * conditions->awake / CONDITIONS_FULL;
    if (level == 0)
        return 0;
    uint64_t key = v->device->key ^ KEY_LAMPS;
    uint64_t evening = counter_hash(key, (uint64_t)conditions->life.number);
    uint64_t now = counter_hash(key, (uint64_t)conditions->time_s / 1500);
    unsigned n_lit = 0;
    n_lit += (evening & 0xFF) < level;
    n_lit += (evening >> 8 & 0xFF) < level;
    n_lit += (now & 0xFF) < level * 3 / 4;
    n_lit += (now >> 8 & 0xFF) < level / 2;
    return n_lit * SHARE(25);
}

/* How a kind draws power, and whether somebody must be at home for it. */
static const struct {
    unsigned (*share)(const struct shape_view *view);
    bool needs_people;
} shapes[N_DEVICE_KINDS] = {
    [KIND_FRIDGE] = {shape_cooler, false},
    [KIND_FREEZER] = {shape_cooler, false},
    [KIND_DEHUMIDIFIER] = {shape_dehumidifier, false},
    [KIND_HEAT_PUMP] = {shape_heat_pump, false},
    [KIND_AIR_CONDITIONER] = {shape_air_conditioner, true},
    [KIND_BOILER_PUMP] = {shape_boiler_pump, false},
    [KIND_WATER_HEATER] = {shape_water_heater, false},
    [KIND_TOWEL_RAIL] = {shape_towel_rail, true},
    [KIND_EV_CHARGER] = {shape_charger, true},
    [KIND_BIKE_CHARGER] = {shape_charger, true},
    [KIND_WASHING_MACHINE] = {shape_washing_machine, true},
    [KIND_DRYER] = {shape_dryer, true},
    [KIND_DISHWASHER] = {shape_dishwasher, true},
    [KIND_OVEN] = {shape_oven, true},
    [KIND_KETTLE] = {shape_switched, true},
    [KIND_MICROWAVE] = {shape_switched, true},
    [KIND_COFFEE_MACHINE] = {shape_coffee_machine, true},
    [KIND_TV] = {shape_tv, true},
    [KIND_COMPUTER] = {shape_computer, true},
    [KIND_SOUND_SYSTEM] = {shape_sound_system, false},
    [KIND_LIGHTS] = {shape_lights, true},
    [KIND_ROUTER] = {shape_router, false},
};

unsigned
kind_shape_share(const struct device *device,
                 const struct conditions *conditions, bool is_away)
{
    if (is_away && shapes[device->kind].needs_people)
        return 0;
    struct shape_view view = {device, conditions, is_away};
    return shapes[device->kind].share(&view);
}
