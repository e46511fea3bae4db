/*
 * home_model.c - from the share of a device's power to volts and amperes.
 *
 * The mains sag under load and drift from hour to hour. The current follows
 * from power and power factor at the nominal voltage. Integer arithmetic only,
 * so every machine makes the same readings.
 */
#include "generate/home_model.h"

#include "base/civil_time.h"
#include "generate/counter_hash.h"
#include "generate/kind_shape.h"

/* Purposes of the keys drawn from the seed and of a home. */
enum { KEY_MAINS = 21, KEY_OFFSET = 22, KEY_AWAY = 23 };

/* Parts of the deviation from the nominal voltage, 1/10000. */
#define OFFSET_WAVE 90  /* of a home: near the transformer or far */
#define DRIFT_WAVE  100 /* from hour to hour */
#define NOISE_WAVE  8   /* of a reading */
#define VOLTAGE_MAX 295 /* all together, either way */

/* Resistance from the street to the socket, 1/100 ohm. */
#define WIRE_COHM 4

void
home_model_init(struct home *home, uint64_t seed, int mains_v)
{
    *home = (struct home){
        .key = counter_hash(seed, KEY_MAINS),
        .nominal_dv = (uint32_t)mains_v * 10,
        .number = UINT32_MAX,
    };
}

static int32_t
wave(uint64_t bits, int32_t size)
{
    return (int32_t)counter_pick(bits, (uint32_t)(2 * size + 1)) - size;
}

/* Turns to a home at an hour. */
static void
visit(struct home *home, uint32_t number, int64_t hour)
{
    uint64_t key = counter_hash(home->key, number);
    int32_t offset = wave(counter_hash(key, KEY_OFFSET), OFFSET_WAVE);
    home->number = number;
    home->hour = hour;
    for (int64_t i = 0; i < 2; i++) {
        uint64_t bits = counter_hash(key, (uint64_t)(hour + i));
        home->drift[i] = offset + wave(bits, DRIFT_WAVE);
    }
    /* Some two weeks of the year are spent elsewhere. */
    int64_t week = civil_floor_div(hour, 7 * 24);
    uint64_t bits = counter_hash(key ^ KEY_AWAY, (uint64_t)week);
    home->is_away = (bits & 0xFF) < 10;
}

static uint32_t
voltage_dv(const struct home *home, const struct conditions *conditions,
           uint32_t current_ma, uint64_t bits)
{
    int32_t of_hour = (int32_t)(conditions->day.second % CONDITIONS_HOUR_S);
    int32_t change = home->drift[1] - home->drift[0];
    int32_t sum = home->drift[0] + change * of_hour / CONDITIONS_HOUR_S +
                  conditions->street + wave(bits, NOISE_WAVE);
    int32_t nominal = (int32_t)home->nominal_dv;
    sum -= (int32_t)current_ma * WIRE_COHM / nominal;
    if (sum > VOLTAGE_MAX)
        sum = VOLTAGE_MAX;
    if (sum < -VOLTAGE_MAX)
        sum = -VOLTAGE_MAX;
    return (uint32_t)(nominal * (10000 + sum) / 10000);
}

/* The current for a share of the power at the nominal voltage. */
static uint32_t
current_ma(const struct home *home, const struct device *device, unsigned share,
           uint32_t pf_percent, uint64_t bits)
{
    uint32_t noise = device_kind_spec(device->kind)->noise;
    uint64_t factor = SHAPE_FULL + counter_pick(bits, 2 * noise + 1) - noise;
    uint64_t power_uw =
        device->power_w * share * factor * 1000000 / (SHAPE_FULL * SHAPE_FULL);
    uint64_t ma = power_uw / (home->nominal_dv * pf_percent);
    /* Meters show large currents with two decimals. */
    return (uint32_t)(ma < 10000 ? ma : (ma + 5) / 10 * 10);
}

static void
read_idle(const struct device *device, struct home_reading *reading,
          uint64_t bits)
{
    bool has_idle = device->is_active && device->idle_ma != 0;
    reading->current_ma = has_idle ? device->idle_ma + (bits & 1) : 0;
    reading->pf_percent = device_kind_spec(device->kind)->idle_pf;
}

void
home_model_read(struct home *home, const struct device *device,
                const struct conditions *conditions,
                struct home_reading *reading)
{
    int64_t hour = conditions->day.number * 24 + conditions->hour;
    if (home->number != device->home || home->hour != hour)
        visit(home, device->home, hour);
    uint64_t bits = counter_hash(device->key, (uint64_t)conditions->time_s);

    unsigned share = 0;
    if (device->is_active)
        share = kind_shape_share(device, conditions, home->is_away);
    if (share == 0) {
        read_idle(device, reading, bits);
    } else {
        uint32_t pf = device->pf - (uint32_t)(bits & 1);
        reading->pf_percent = pf;
        reading->current_ma = current_ma(home, device, share, pf, bits >> 16);
    }
    reading->voltage_dv =
        voltage_dv(home, conditions, reading->current_ma, bits >> 32);
}
