/*
 * device_kind.c - the table of kinds.
 *
 * Ranges of power, current when idle, cycle and power factor of fridges,
 * ovens, lights and so on. device_listing.c draws the values of a device from
 * them. Entries are named by enum device_kind, so their order does not matter.
 */
#include "generate/device_kind.h"

static const struct device_kind_spec specs[N_DEVICE_KINDS] = {
    [KIND_FRIDGE] =
        {"fridge", {65, 110}, {8, 16}, {2400, 4500}, {62, 80}, 42, 20},
    [KIND_FREEZER] =
        {"freezer", {70, 125}, {7, 14}, {2100, 4200}, {62, 80}, 40, 20},
    [KIND_DEHUMIDIFIER] =
        {"dehumidifier", {170, 270}, {9, 20}, {3000, 5400}, {78, 88}, 45, 25},
    [KIND_HEAT_PUMP] =
        {"heat pump", {800, 1400}, {40, 75}, {1800, 3300}, {92, 97}, 35, 30},
    [KIND_AIR_CONDITIONER] = {"air conditioner",
                              {750, 1350},
                              {14, 30},
                              {900, 1500},
                              {88, 96},
                              40,
                              30},
    [KIND_BOILER_PUMP] =
        {"boiler pump", {35, 60}, {12, 25}, {1200, 2400}, {72, 85}, 45, 12},
    [KIND_WATER_HEATER] = {"water heater",
                           {1800, 2300},
                           {0, 6},
                           {14400, 21600},
                           {99, 100},
                           60,
                           8},
    [KIND_TOWEL_RAIL] =
        {"towel rail", {300, 500}, {0, 0}, {0, 0}, {99, 100}, 100, 8},
    [KIND_EV_CHARGER] =
        {"EV charger", {3600, 7200}, {18, 32}, {0, 0}, {98, 99}, 48, 6},
    [KIND_BIKE_CHARGER] =
        {"e-bike charger", {120, 210}, {4, 9}, {0, 0}, {91, 96}, 40, 10},
    [KIND_WASHING_MACHINE] =
        {"washing machine", {1850, 2200}, {6, 20}, {0, 0}, {94, 98}, 45, 30},
    [KIND_DRYER] =
        {"tumble dryer", {700, 1100}, {6, 18}, {0, 0}, {86, 93}, 45, 25},
    [KIND_DISHWASHER] =
        {"dishwasher", {1850, 2200}, {5, 15}, {0, 0}, {95, 99}, 45, 15},
    [KIND_OVEN] = {"oven", {2000, 2600}, {8, 16}, {300, 480}, {99, 100}, 50, 8},
    [KIND_KETTLE] = {"kettle", {1800, 2600}, {0, 0}, {0, 0}, {99, 100}, 100, 8},
    [KIND_MICROWAVE] =
        {"microwave", {950, 1350}, {10, 19}, {0, 0}, {90, 95}, 42, 20},
    [KIND_COFFEE_MACHINE] =
        {"coffee machine", {1150, 1450}, {3, 11}, {60, 90}, {98, 100}, 45, 12},
    [KIND_TV] = {"TV", {70, 150}, {3, 12}, {0, 0}, {90, 96}, 40, 50},
    [KIND_COMPUTER] =
        {"computer", {70, 160}, {9, 25}, {0, 0}, {90, 97}, 45, 60},
    [KIND_SOUND_SYSTEM] =
        {"sound system", {30, 55}, {0, 0}, {0, 0}, {62, 75}, 50, 50},
    [KIND_LIGHTS] = {"lights", {36, 88}, {0, 5}, {0, 0}, {88, 95}, 50, 6},
    [KIND_ROUTER] = {"router", {8, 15}, {0, 0}, {0, 0}, {52, 62}, 50, 50},
};

const struct device_kind_spec *
device_kind_spec(enum device_kind kind)
{
    return &specs[kind];
}
