/*
 * device_listing.c - fills homes with devices.
 *
 * A home is the list of slots below, in this order, so that even a handful
 * of devices is a good mix. Some slots have two kinds; which one a home gets
 * is decided for the home as a whole, so that few homes have every large
 * consumer at once and most use 2 to 5 MWh a year.
 */
#include "generate/device_listing.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/error.h"
#include "generate/counter_hash.h"

enum room {
    ROOM_KITCHEN,
    ROOM_LIVING,
    ROOM_BEDROOM,
    ROOM_BATHROOM,
    ROOM_OFFICE,
    ROOM_UTILITY,
    ROOM_GARAGE
};

static const char *const room_names[] = {
    [ROOM_KITCHEN] = "Kitchen", [ROOM_LIVING] = "Living room",
    [ROOM_BEDROOM] = "Bedroom", [ROOM_BATHROOM] = "Bathroom",
    [ROOM_OFFICE] = "Office",   [ROOM_UTILITY] = "Utility room",
    [ROOM_GARAGE] = "Garage",
};

/* Large consumers; a home has some of them. */
enum { HAS_NONE = 0, HAS_PUMP = 1, HAS_CAR = 2, HAS_BOILER = 4, HAS_AIR = 8 };

static const uint8_t home_profiles[16] = {
    HAS_AIR,
    HAS_NONE,
    HAS_PUMP,
    HAS_PUMP,
    HAS_CAR,
    HAS_PUMP | HAS_AIR,
    HAS_PUMP | HAS_AIR,
    HAS_CAR | HAS_AIR,
    HAS_CAR,
    HAS_BOILER,
    HAS_BOILER,
    HAS_BOILER | HAS_AIR,
    HAS_NONE,
    HAS_PUMP | HAS_CAR,
    HAS_BOILER | HAS_CAR,
    HAS_AIR,
};

/* One place of a home: its kind, or the other one where `needs` is lacking. */
struct id_slot {
    uint8_t kind;
    uint8_t needs;
    uint8_t other;
    uint8_t rooms[2]; /* one of these */
};

static const struct id_slot slots[HOME_DEVICES] = {
    {KIND_FRIDGE, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
    {KIND_TV, 0, 0, {ROOM_LIVING, ROOM_LIVING}},
    {KIND_WASHING_MACHINE, 0, 0, {ROOM_UTILITY, ROOM_BATHROOM}},
    {KIND_LIGHTS, 0, 0, {ROOM_LIVING, ROOM_LIVING}},
    {KIND_HEAT_PUMP, HAS_PUMP, KIND_BOILER_PUMP, {ROOM_UTILITY, ROOM_GARAGE}},
    {KIND_KETTLE, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
    {KIND_ROUTER, 0, 0, {ROOM_OFFICE, ROOM_LIVING}},
    {KIND_OVEN, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
    {KIND_EV_CHARGER, HAS_CAR, KIND_BIKE_CHARGER, {ROOM_GARAGE, ROOM_GARAGE}},
    {KIND_DISHWASHER, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
    {KIND_COMPUTER, 0, 0, {ROOM_OFFICE, ROOM_OFFICE}},
    {KIND_WATER_HEATER,
     HAS_BOILER,
     KIND_TOWEL_RAIL,
     {ROOM_BATHROOM, ROOM_BATHROOM}},
    {KIND_LIGHTS, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
    {KIND_AIR_CONDITIONER,
     HAS_AIR,
     KIND_DEHUMIDIFIER,
     {ROOM_BEDROOM, ROOM_UTILITY}},
    {KIND_FREEZER, 0, 0, {ROOM_UTILITY, ROOM_GARAGE}},
    {KIND_MICROWAVE, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
    {KIND_DRYER, 0, 0, {ROOM_UTILITY, ROOM_BATHROOM}},
    {KIND_SOUND_SYSTEM, 0, 0, {ROOM_LIVING, ROOM_BEDROOM}},
    {KIND_LIGHTS, 0, 0, {ROOM_BEDROOM, ROOM_OFFICE}},
    {KIND_COFFEE_MACHINE, 0, 0, {ROOM_KITCHEN, ROOM_KITCHEN}},
};

/* Purposes of the keys that are drawn from the seed. */
enum { KEY_DEVICES = 11, KEY_HOMES = 12 };

/* A socket of 120 V gives no more than this. */
#define LIMIT_120_W 2300

/* A compressor takes more to start than to run. */
static bool
has_compressor(uint8_t kind)
{
    return kind == KIND_FRIDGE || kind == KIND_FREEZER ||
           kind == KIND_DEHUMIDIFIER;
}

/*
 * The plate states a round number above the highest power; that of a few
 * devices states somewhat less than they take at times.
 */
static uint16_t
rating(uint32_t power_w, uint8_t kind, uint64_t bits)
{
    uint32_t percent = has_compressor(kind) ? 122 : 105;
    if ((bits & 0xFF) < 8) {
        uint32_t plate_w = power_w * (percent - 8) / 100;
        return (uint16_t)(plate_w < 100 ? plate_w : plate_w / 10 * 10);
    }
    percent += counter_pick(bits >> 16, 12);
    uint32_t plate_w = power_w * percent / 100;
    uint32_t step_w = plate_w < 100 ? 5 : plate_w < 1000 ? 10 : 100;
    return (uint16_t)((plate_w + step_w - 1) / step_w * step_w);
}

static uint8_t
slot_kind(const struct id_slot *slot, uint64_t home_bits)
{
    uint8_t profile = home_profiles[home_bits & 15];
    bool lacks = slot->needs != 0 && (profile & slot->needs) == 0;
    return lacks ? slot->other : slot->kind;
}

/* The room a slot is in; an air conditioner is never in a utility room. */
static uint8_t
slot_room(const struct id_slot *slot, uint8_t kind, uint64_t bits)
{
    if (kind == KIND_AIR_CONDITIONER)
        return (bits & 1) != 0 ? ROOM_BEDROOM : ROOM_LIVING;
    if (kind == KIND_DEHUMIDIFIER)
        return (bits & 1) != 0 ? ROOM_UTILITY : ROOM_BATHROOM;
    return slot->rooms[bits & 1];
}

static struct device
make_device(uint64_t seed, uint64_t number, int mains_v)
{
    uint64_t home = number / HOME_DEVICES;
    uint64_t home_bits = counter_hash(counter_hash(seed, KEY_HOMES), home);
    const struct id_slot *slot = &slots[number % HOME_DEVICES];

    struct device device = {.home = (uint32_t)home};
    device.key = counter_hash(counter_hash(seed, KEY_DEVICES), number);
    device.kind = slot_kind(slot, home_bits);
    /* Rooms are drawn for the home: washer and dryer stand together. */
    device.room = slot_room(slot, device.kind, home_bits >> 4);

    const struct device_kind_spec *spec = device_kind_spec(device.kind);
    uint64_t bits = counter_hash(device.key, 1);
    uint32_t power_w =
        counter_between(bits, spec->power_w[0], spec->power_w[1]);
    if (mains_v < 200 && power_w > LIMIT_120_W)
        power_w = LIMIT_120_W - (uint32_t)(bits & 63) * 5;
    device.power_w = (uint16_t)power_w;
    device.idle_ma = (uint16_t)counter_between(bits >> 16, spec->idle_ma[0],
                                               spec->idle_ma[1]);
    device.pf = (uint8_t)counter_between(bits >> 32, spec->pf[0], spec->pf[1]);
    uint32_t period_s =
        counter_between(bits >> 48, spec->period_s[0], spec->period_s[1]);
    if (period_s != 0)
        device.cycle_rate = UINT32_MAX / period_s;

    bits = counter_hash(device.key, 2);
    device.rating_w = rating(power_w, device.kind, bits);
    device.is_active = (bits >> 32 & 0xFF) >= 4;
    /* Early birds and night owls, up to three quarters of an hour. */
    device.habit_s = (int16_t)((int)counter_pick(home_bits >> 16, 5401) - 2700);
    return device;
}

static unsigned
count_digits(uint64_t number)
{
    unsigned n = 1;
    for (; number >= 10; number /= 10)
        n++;
    return n;
}

int
device_listing_init(struct device_listing *table, uint64_t seed,
                    uint64_t n_devices, int mains_v, struct wattle_error *error)
{
    *table = (struct device_listing){.n_devices = n_devices};
    unsigned digits = count_digits(n_devices);
    table->id_digits = digits < 4 ? 4 : digits;
    table->devices = malloc((size_t)n_devices * sizeof(struct device));
    if (table->devices == NULL)
        return error_memory(error);
    for (uint64_t i = 0; i < n_devices; i++)
        table->devices[i] = make_device(seed, i, mains_v);
    return WATTLE_OK;
}

int
device_listing_put_heading(struct buffer *out)
{
    return buffer_append_text(
        out, "device_id,name,location,power_rating_watts,is_active\n");
}

/*
 * One home: its rooms. A village: every room of every home. A town: homes.
 * A region: streets of a hundred homes. So locations stay few enough to read.
 */
static int
put_location(const struct device_listing *table, const struct device *device,
             struct buffer *out)
{
    const char *room = room_names[device->room];
    unsigned home = device->home + 1;
    if (table->n_devices <= HOME_DEVICES)
        return buffer_printf(out, "%s", room);
    if (table->n_devices <= UINT64_C(100) * HOME_DEVICES)
        return buffer_printf(out, "Home %u / %s", home, room);
    if (table->n_devices <= UINT64_C(5000) * HOME_DEVICES)
        return buffer_printf(out, "Home %u", home);
    return buffer_printf(out, "Street %u", device->home / 100 + 1);
}

int
device_listing_put_row(const struct device_listing *table, uint64_t number,
                       struct buffer *out)
{
    const struct device *device = &table->devices[number];
    const char *noun = device_kind_spec(device->kind)->noun;
    int status =
        buffer_printf(out, "DEV%0*" PRIu64 ",%s %s,", (int)table->id_digits,
                      number + 1, room_names[device->room], noun);
    if (status == WATTLE_OK)
        status = put_location(table, device, out);
    if (status == WATTLE_OK)
        status = buffer_printf(out, ",%u,%s\n", (unsigned)device->rating_w,
                               device->is_active ? "true" : "false");
    return status;
}

void
device_listing_release(struct device_listing *table)
{
    free(table->devices);
    *table = (struct device_listing){0};
}
