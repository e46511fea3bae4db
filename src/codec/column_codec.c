/*
 * column_codec.c - measuring a column, choosing its encoding, and back.
 *
 * One pass over a column finds what each encoding would take; the shortest
 * wins. Decoding checks that the bytes are exactly what encoding writes for
 * that many values.
 */
#include "codec/column_codec.h"

#include <string.h>

#include "base/decimal.h"
#include "base/wide_int.h"
#include "codec/bit_pack.h"
#include "base/byte_io.h"

#define POSITION_BITS   10  /* of a row in a block */
#define MAX_ENTRIES     256 /* of a dictionary */
#define MAX_SPREAD      65536
#define MIN_CHOICE_BITS 3 /* fewer bits a value: nothing else is tried */

/* A column being encoded: values without their common zeros. */
struct plan {
    const struct kernels *kernels;
    const int64_t *values;
    size_t n;
    struct column_range range;
    unsigned width;     /* of a distance from the least value */
    bool has_distances; /* values above the least one, up to 32 bits each */
    uint32_t distances[KERNEL_ROWS];
    unsigned step_width; /* of a step's distance from the least step */
    enum column_encoding encoding;
    size_t cost; /* bytes of the numbers */
    /* patched */
    unsigned low_width;
    size_t n_patched;
    /* dictionary */
    size_t n_entries;
    uint64_t entries[MAX_ENTRIES];
    /* runs */
    size_t longest;
};

/* From the least value: up to 64 bits, whatever the values are. */
static inline uint64_t
distance_of(const struct plan *p, int64_t value)
{
    return (uint64_t)value - (uint64_t)p->range.min;
}

/* Whether the values are a line, one alone too; its step then says all. */
static bool
is_line(const struct column_range *r, size_t n)
{
    /* between values further apart a step is not what it seems */
    bool is_near = (uint64_t)r->max - (uint64_t)r->min <= INT64_MAX;
    return n == 1 || (is_near && r->min_step == r->max_step);
}

/*
 * Whether all values are multiples of 10^zeros. Puts the quotients into room,
 * of a line only the first.
 */
static bool
divide(const struct plan *p, unsigned zeros, int64_t *room)
{
    const int64_t unit = decimal_power_of_ten((int)zeros);
    if (p->values[0] % unit != 0 || p->values[p->n - 1] % unit != 0)
        return false;
    if (!is_line(&p->range, p->n))
        return p->kernels->divide(p->values, p->n, zeros, room);
    room[0] = p->values[0] / unit;
    return p->n == 1 || p->range.min_step % unit == 0;
}

/* Takes away the zeros that all values end with, at most `max`. */
static unsigned
drop_zeros(struct plan *p, unsigned max, int64_t *room)
{
    unsigned zeros = max;
    while (zeros > 0 && !divide(p, zeros, room))
        zeros--;
    if (zeros == 0)
        return 0;
    int64_t unit = decimal_power_of_ten((int)zeros);
    p->values = room;
    p->range.min /= unit;
    p->range.max /= unit;
    if (p->n > 1) {
        p->range.min_step /= unit;
        p->range.max_step /= unit;
    }
    return zeros;
}

static void
find_distances(struct plan *p)
{
    if (p->has_distances || p->width > 32)
        return;
    p->kernels->subtract(p->values, p->n, p->range.min, p->distances);
    p->has_distances = true;
}

static void
consider(struct plan *p, enum column_encoding encoding, size_t cost)
{
    if (cost >= p->cost)
        return;
    p->encoding = encoding;
    p->cost = cost;
}

static void
consider_runs(struct plan *p)
{
    size_t longest = 0, length = 0;
    if (p->range.n_runs * 4 > p->n)
        return;
    for (size_t i = 0; i < p->n; i++) {
        length = i > 0 && p->values[i] == p->values[i - 1] ? length + 1 : 1;
        longest = length > longest ? length : longest;
    }
    p->longest = longest;
    consider(p, COLUMN_RUNS,
             4 + bit_pack_size(p->range.n_runs, p->width) +
                 bit_pack_size(p->range.n_runs, bit_pack_width(longest - 1)));
}

/* Lists the distances there are, ascending; false when they are too many. */
static bool
list_entries(struct plan *p)
{
    uint8_t is_there[MAX_SPREAD + 8];
    const size_t spread = (size_t)distance_of(p, p->range.max) + 1;
    memset(is_there, 0, spread + 8);
    for (size_t i = 0; i < p->n; i++)
        is_there[p->distances[i]] = 1;
    p->n_entries = 0;
    for (size_t at = 0; at < spread; at += 8) {
        uint64_t eight;
        memcpy(&eight, is_there + at, 8);
        for (size_t i = at; eight != 0; eight >>= 8, i++) {
            if ((eight & 1) == 0)
                continue;
            if (p->n_entries == MAX_ENTRIES)
                return false;
            p->entries[p->n_entries++] = i;
        }
    }
    return true;
}

static void
consider_dictionary(struct plan *p)
{
    if (distance_of(p, p->range.max) >= MAX_SPREAD || !list_entries(p))
        return;
    unsigned width = bit_pack_width(p->n_entries - 1);
    consider(p, COLUMN_DICTIONARY,
             3 + bit_pack_size(p->n_entries, p->width) +
                 bit_pack_size(p->n, width));
}

/* How many distances need more than `width` bits. */
static size_t
count_wider(const struct plan *p, unsigned width)
{
    if (p->has_distances)
        return width < 32 ? p->kernels->count_wider(p->distances, p->n, width)
                          : 0;
    size_t n_wider = 0;
    for (size_t i = 0; i < p->n; i++)
        n_wider += distance_of(p, p->values[i]) >> width != 0;
    return n_wider;
}

/* FRAME with fewer bits, when few values need more. */
static void
consider_patched(struct plan *p)
{
    for (unsigned low = p->width; low-- > 0;) {
        size_t n_patched = count_wider(p, low);
        size_t cost = 4 + bit_pack_size(p->n, low) +
                      bit_pack_size(n_patched, POSITION_BITS) +
                      bit_pack_size(n_patched, p->width - low);
        if (cost < p->cost) {
            consider(p, COLUMN_PATCHED, cost);
            p->low_width = low;
            p->n_patched = n_patched;
        }
        /* with fewer bits there are more patches, and wider ones */
        if (bit_pack_size(n_patched, POSITION_BITS + p->width - low) >= p->cost)
            return;
    }
}

static void
choose(struct plan *p, bool is_quick)
{
    const struct column_range *r = &p->range;
    p->cost = SIZE_MAX;
    if (r->min == r->max) {
        consider(p, COLUMN_CONSTANT, 0);
        return;
    }
    if (r->min_step == r->max_step) {
        consider(p, COLUMN_LINEAR, 0);
        return;
    }
    p->width = bit_pack_width((uint64_t)r->max - (uint64_t)r->min);
    p->step_width =
        bit_pack_width((uint64_t)r->max_step - (uint64_t)r->min_step);
    consider(p, COLUMN_FRAME, bit_pack_size(p->n, p->width));
    consider(p, COLUMN_STEPS, 4 + bit_pack_size(p->n, p->step_width));
    if (is_quick || p->cost * 8 < MIN_CHOICE_BITS * p->n)
        return;
    find_distances(p);
    consider_runs(p);
    consider_dictionary(p);
    consider_patched(p);
}

static uint8_t *
put_packed(const struct plan *p, const uint64_t *values, size_t n,
           unsigned width, uint8_t *to)
{
    bit_pack_put(p->kernels, values, n, width, to);
    return to + bit_pack_size(n, width);
}

static uint8_t *
write_frame(struct plan *p, uint64_t *room, uint8_t *to)
{
    if (p->n == KERNEL_ROWS && p->width <= 32) {
        find_distances(p);
        *to++ = (uint8_t)p->width;
        p->kernels->pack(p->distances, p->width, to);
        return to + bit_pack_size(p->n, p->width);
    }
    for (size_t i = 0; i < p->n; i++)
        room[i] = distance_of(p, p->values[i]);
    *to++ = (uint8_t)p->width;
    return put_packed(p, room, p->n, p->width, to);
}

static uint8_t *
write_steps(const struct plan *p, uint64_t *room, uint8_t *to)
{
    room[0] = 0;
    for (size_t i = 1; i < p->n; i++)
        room[i] = (uint64_t)p->values[i] - (uint64_t)p->values[i - 1] -
                  (uint64_t)p->range.min_step;
    to = byte_put_signed(to, p->values[0]);
    to = byte_put_signed(to, p->range.min_step);
    *to++ = (uint8_t)p->step_width;
    return put_packed(p, room, p->n, p->step_width, to);
}

static uint8_t *
write_runs(const struct plan *p, uint64_t *room, uint8_t *to)
{
    uint64_t lengths[KERNEL_ROWS];
    size_t n_runs = 0;
    for (size_t i = 0; i < p->n; i++) {
        if (i > 0 && p->values[i] == p->values[i - 1]) {
            lengths[n_runs - 1]++;
            continue;
        }
        room[n_runs] = distance_of(p, p->values[i]);
        lengths[n_runs++] = 0; /* how many more */
    }
    unsigned width = bit_pack_width(p->longest - 1);
    *to++ = (uint8_t)p->width;
    *to++ = (uint8_t)width;
    to = byte_put_count(to, n_runs);
    to = put_packed(p, room, n_runs, p->width, to);
    return put_packed(p, lengths, n_runs, width, to);
}

static uint8_t *
write_dictionary(const struct plan *p, uint64_t *room, uint8_t *to)
{
    uint8_t number_of[MAX_SPREAD]; /* set where there is an entry */
    number_of[p->entries[0]] = 0;
    for (size_t i = 1; i < p->n_entries; i++)
        number_of[p->entries[i]] = (uint8_t)i;
    for (size_t i = 0; i < p->n; i++)
        room[i] = number_of[p->distances[i]];
    *to++ = (uint8_t)p->width;
    to = byte_put_count(to, p->n_entries);
    to = put_packed(p, p->entries, p->n_entries, p->width, to);
    return put_packed(p, room, p->n, bit_pack_width(p->n_entries - 1), to);
}

static uint8_t *
write_patched(const struct plan *p, uint64_t *room, uint8_t *to)
{
    uint64_t positions[KERNEL_ROWS], high[KERNEL_ROWS];
    size_t n_patched = 0;
    for (size_t i = 0; i < p->n; i++) {
        uint64_t distance = distance_of(p, p->values[i]);
        room[i] = distance & ((UINT64_C(1) << p->low_width) - 1);
        if (distance >> p->low_width == 0)
            continue;
        positions[n_patched] = i;
        high[n_patched++] = distance >> p->low_width;
    }
    *to++ = (uint8_t)p->low_width;
    *to++ = (uint8_t)(p->width - p->low_width);
    to = byte_put_count(to, n_patched);
    to = put_packed(p, room, p->n, p->low_width, to);
    to = put_packed(p, positions, n_patched, POSITION_BITS, to);
    return put_packed(p, high, n_patched, p->width - p->low_width, to);
}

size_t
column_encode(const struct kernels *kernels, const int64_t *values, size_t n,
              unsigned exponent, bool is_quick, uint8_t *to)
{
    int64_t without_zeros[KERNEL_ROWS];
    uint64_t room[KERNEL_ROWS];
    struct plan p;
    p.kernels = kernels;
    p.values = values;
    p.n = n;
    p.has_distances = false;
    kernels->measure(values, n, &p.range);
    unsigned zeros =
        drop_zeros(&p, COLUMN_MAX_EXPONENT - exponent, without_zeros);
    choose(&p, is_quick);
    uint8_t *begin = to;
    *to++ = (uint8_t)(p.encoding << 4 | (exponent + zeros));
    if (p.encoding != COLUMN_STEPS)
        to = byte_put_signed(to, p.encoding == COLUMN_LINEAR ? p.values[0]
                                                             : p.range.min);
    if (p.encoding == COLUMN_LINEAR)
        to = byte_put_signed(to, p.range.min_step);
    else if (p.encoding == COLUMN_FRAME)
        to = write_frame(&p, room, to);
    else if (p.encoding == COLUMN_STEPS)
        to = write_steps(&p, room, to);
    else if (p.encoding == COLUMN_RUNS)
        to = write_runs(&p, room, to);
    else if (p.encoding == COLUMN_DICTIONARY)
        to = write_dictionary(&p, room, to);
    else if (p.encoding == COLUMN_PATCHED)
        to = write_patched(&p, room, to);
    return (size_t)(to - begin);
}

bool
column_exponent(const uint8_t *bytes, size_t len, unsigned *exponent)
{
    *exponent = len > 0 ? bytes[0] & 15 : 0;
    return len > 0 && *exponent <= COLUMN_MAX_EXPONENT &&
           bytes[0] >> 4 < COLUMN_N_ENCODINGS;
}

/* A column being decoded. */
struct decoding {
    const struct kernels *kernels;
    struct byte_reader in;
    size_t n;
    uint64_t unit;
    int64_t *out;
};

/* Reads n packed values; false when the bytes end before. */
static bool
get_packed(struct decoding *d, size_t n, unsigned width, int64_t base,
           uint64_t unit, int64_t *out)
{
    if (width > 64 || d->in.failed)
        return false;
    const uint8_t *from = byte_take(&d->in, bit_pack_size(n, width));
    if (from == NULL)
        return false;
    bit_pack_get(d->kernels, from, n, width, base, unit, out);
    return true;
}

static bool
read_steps(struct decoding *d)
{
    uint64_t value = (uint64_t)byte_get_signed(&d->in) * d->unit;
    int64_t least = (int64_t)((uint64_t)byte_get_signed(&d->in) * d->unit);
    unsigned width = byte_get(&d->in);
    if (!get_packed(d, d->n, width, least, d->unit, d->out))
        return false;
    d->kernels->accumulate(d->out, d->n, (int64_t)value);
    return true;
}

static bool
read_runs(struct decoding *d, int64_t base)
{
    int64_t values[KERNEL_ROWS], more[KERNEL_ROWS];
    unsigned width = byte_get(&d->in);
    unsigned length_width = byte_get(&d->in);
    size_t n_runs = byte_get_count(&d->in);
    if (n_runs == 0 || n_runs > d->n || length_width > POSITION_BITS ||
        !get_packed(d, n_runs, width, base, d->unit, values) ||
        !get_packed(d, n_runs, length_width, 0, 1, more))
        return false;
    size_t at = 0;
    for (size_t run = 0; run < n_runs; run++) {
        size_t end = at + (size_t)more[run] + 1;
        if (end > d->n)
            return false;
        while (at < end)
            d->out[at++] = values[run];
    }
    return at == d->n;
}

static bool
read_dictionary(struct decoding *d, int64_t base)
{
    int64_t entries[MAX_ENTRIES];
    unsigned width = byte_get(&d->in);
    size_t n_entries = byte_get_count(&d->in);
    if (n_entries == 0 || n_entries > MAX_ENTRIES ||
        !get_packed(d, n_entries, width, base, d->unit, entries) ||
        !get_packed(d, d->n, bit_pack_width(n_entries - 1), 0, 1, d->out))
        return false;
    return d->kernels->look_up(d->out, d->n, entries, n_entries);
}

static bool
read_patched(struct decoding *d, int64_t base)
{
    int64_t positions[KERNEL_ROWS], high[KERNEL_ROWS];
    unsigned low_width = byte_get(&d->in);
    unsigned high_width = byte_get(&d->in);
    size_t n_patched = byte_get_count(&d->in);
    if (n_patched > d->n || low_width + high_width > 64 || low_width > 63 ||
        !get_packed(d, d->n, low_width, base, d->unit, d->out) ||
        !get_packed(d, n_patched, POSITION_BITS, 0, 1, positions) ||
        !get_packed(d, n_patched, high_width, 0, d->unit << low_width, high))
        return false;
    for (size_t i = 0; i < n_patched; i++) {
        if ((size_t)positions[i] >= d->n)
            return false;
        int64_t *value = &d->out[positions[i]];
        *value = (int64_t)((uint64_t)*value + (uint64_t)high[i]);
    }
    return true;
}

static bool
read_values(struct decoding *d, enum column_encoding encoding)
{
    if (encoding == COLUMN_STEPS)
        return read_steps(d);
    int64_t base = (int64_t)((uint64_t)byte_get_signed(&d->in) * d->unit);
    switch (encoding) {
    case COLUMN_CONSTANT:
        d->kernels->fill(d->out, d->n, base, 0);
        return true;
    case COLUMN_LINEAR: {
        uint64_t step = (uint64_t)byte_get_signed(&d->in) * d->unit;
        d->kernels->fill(d->out, d->n, base, (int64_t)step);
        return true;
    }
    case COLUMN_FRAME:
        return get_packed(d, d->n, byte_get(&d->in), base, d->unit, d->out);
    case COLUMN_RUNS:
        return read_runs(d, base);
    case COLUMN_DICTIONARY:
        return read_dictionary(d, base);
    default:
        return read_patched(d, base);
    }
}

bool
column_bounds(const uint8_t *bytes, size_t len, unsigned exponent, int64_t *low,
              int64_t *high)
{
    unsigned stored;
    if (!column_exponent(bytes, len, &stored) || stored < exponent)
        return false;
    const enum column_encoding encoding = (enum column_encoding)(bytes[0] >> 4);
    if (encoding == COLUMN_LINEAR || encoding == COLUMN_STEPS)
        return false;
    struct byte_reader in = {bytes + 1, bytes + len, false};
    const int128 unit = decimal_power_of_ten((int)(stored - exponent));
    int128 least = byte_get_signed(&in);
    unsigned width = encoding == COLUMN_CONSTANT ? 0 : byte_get(&in);
    if (encoding == COLUMN_PATCHED)
        width += byte_get(&in);
    if (in.failed || width > 63)
        return false;
    int128 most = (least + (((int128)1 << width) - 1)) * unit;
    least *= unit;
    if (least < INT64_MIN || most > INT64_MAX)
        return false;
    *low = (int64_t)least;
    *high = (int64_t)most;
    return true;
}

bool
column_decode(const struct kernels *kernels, const uint8_t *bytes, size_t len,
              size_t n, unsigned exponent, int64_t *out)
{
    unsigned stored;
    if (!column_exponent(bytes, len, &stored) || stored < exponent || n == 0 ||
        n > KERNEL_ROWS)
        return false;
    struct decoding d = {
        .kernels = kernels,
        .in = {bytes + 1, bytes + len, false},
        .n = n,
        .unit = (uint64_t)decimal_power_of_ten((int)(stored - exponent)),
        .out = out,
    };
    return read_values(&d, (enum column_encoding)(bytes[0] >> 4)) &&
           !d.in.failed && d.in.at == d.in.end;
}
