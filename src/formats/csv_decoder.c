/*
 * csv_decoder.c - the course of one block:
 *
 *   split    find the rows, by newlines only
 *   decode   a kernel decodes the rows whose template is known
 *   repair   the reference parser takes every other row, in order; a quoted
 *            record may swallow rows behind it, whatever the kernel made
 *            of them
 *   look up  device ids to numbers
 *   resolve  times without an offset on days when clocks are changed
 *   pack     rows that are not readings are taken out
 *
 * The table of templates changes only where no row of the block depends on it:
 * an empty slot is filled at once, an occupied one when the block is done.
 */
#include "formats/csv_decoder.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil_time.h"
#include "base/error.h"
#include "formats/row_values.h"

/* A partial record longer than this is fed to the parser piece by piece. */
#define INSIDE_BYTES ((size_t)65536)

/* The state of a row beside decoded_rows.is_valid. */
enum { ROW_FAST = 1, ROW_SKIP = 0, ROW_SLOW = 2 };

static struct csv_decoder *
csv_of(struct decoder *decoder)
{
    return (struct csv_decoder *)decoder; /* its first member */
}

static void
close_decoder(struct decoder *decoder)
{
    struct csv_decoder *d = csv_of(decoder);
    if (d == NULL)
        return;
    free(d->table_store);
    free(d->decoded);
    free(d->parser);
    free(d->successor);
    local_clock_release(&d->clock);
    buffer_release(&d->inside_raw);
    free(d);
}

static void
begin(struct decoder *decoder, const struct recognition *recognition,
      const struct decoder_place *place)
{
    struct csv_decoder *d = csv_of(decoder);
    const struct csv_schema *schema = recognition->dialect;
    bool is_first = d->schema == NULL;
    if (is_first || !csv_schema_equal(d->schema, schema))
        d->table_time = TABLE_EMPTY;
    if (!is_first && !csv_schema_equal(d->schema, schema))
        memset(d->table, 0, TEMPLATE_SLOTS * sizeof(struct row_template));
    d->schema = schema;
    d->source = place->source;
    d->counts_cr = place->counts_cr;
    d->base.line = place->line;
    d->base.is_inside = false;
    d->base.is_open = false;
    template_plan_init(&d->plan, schema);
    for (int k = 0; k < TEMPLATE_NUMBERS; k++) {
        bool used = k < d->plan.n_numbers;
        int role = used ? d->plan.role_of_number[k] : ROLE_VALUE;
        d->decoded->number[k] =
            used ? d->base.batch.value[csv_schema_measure(schema, role)]
                 : d->unused;
    }
    record_parser_init(d->parser, schema);
    /* so that the first row of each text says whether its time has an offset */
    d->memo_date = d->memo_key = 0;
    d->base.has_local_times = d->base.lacks_context = false;
    if (!zone_is_same(place->zone, d->clock.zone))
        memset(d->days, 0, sizeof(d->days));
    d->has_clock = place->zone != NULL;
    local_clock_begin(&d->clock, place->zone, place->is_start, place->history);
}

/* The midnight that begins a date given as YYYYMMDD; false when there is none.
 */
static bool
midnight_of(uint32_t date, int64_t *day_ms)
{
    int year = (int)(date / 10000);
    int month = (int)(date / 100 % 100);
    int day = (int)(date % 100);
    if (!civil_date_is_valid(year, month, day))
        return false;
    *day_ms = civil_day_from_date(year, month, day) * CIVIL_MS_PER_DAY;
    return true;
}

/* Says a date, and whether its time has an offset; never 0. */
static uint32_t
date_key(uint32_t date, bool is_local)
{
    return date << 2 | (is_local ? 1 : 2);
}

/* The time of day of a row. */
static int64_t
clock_of(const struct csv_decoder *d, size_t i)
{
    return (int64_t)d->decoded->seconds[i] * 1000 + d->decoded->ms[i];
}

static void
set_memo(struct csv_decoder *d, uint32_t date, bool is_local, int64_t day_ms)
{
    d->memo_date = date;
    d->memo_key = date_key(date, is_local);
    d->memo_is_local = is_local;
    d->memo_day_ms = day_ms;
}

/* A time from when its day begins; false when it is beyond the calendar. */
static bool
end_time(const struct csv_decoder *d, size_t i, int64_t day_ms,
         int64_t *time_ms)
{
    *time_ms = day_ms + clock_of(d, i) - d->table[d->decoded->slot[i]].zone_ms;
    return *time_ms >= CIVIL_MIN_MS && *time_ms <= CIVIL_MAX_MS;
}

/*
 * A row of a day that is not the one seen last. When its time has no offset and
 * is of a day on which clocks are changed, it is left for the clock.
 */
__attribute__((noinline)) static bool
time_of_day(struct csv_decoder *d, size_t i, bool is_local, int64_t *time_ms)
{
    const uint32_t date = d->decoded->date[i];
    const uint32_t key = date_key(date, is_local);
    struct known_day *known = &d->days[date % CSV_DECODER_DAYS];
    int64_t day_ms, offset_ms = 0;
    d->base.has_local_times = d->base.has_local_times || is_local;
    if (known->key == key) {
        day_ms = known->day_ms;
        set_memo(d, date, is_local, day_ms);
        return end_time(d, i, day_ms, time_ms);
    }
    if (!midnight_of(date, &day_ms))
        return false;
    if (is_local && d->has_clock &&
        !local_clock_is_even(&d->clock, day_ms, &offset_ms)) {
        *time_ms = day_ms + clock_of(d, i);
        if (!local_clock_shows(&d->clock, *time_ms))
            return false;
        d->is_local[i] = 1;
        d->has_local_rows = true;
        return true;
    }
    day_ms -= offset_ms;
    if (day_ms >= CIVIL_MIN_MS && day_ms <= CIVIL_MAX_MS - CIVIL_MS_PER_DAY) {
        *known = (struct known_day){key, day_ms};
        set_memo(d, date, is_local, day_ms);
    }
    return end_time(d, i, day_ms, time_ms);
}

static bool
time_of(struct csv_decoder *d, size_t i, int64_t *time_ms)
{
    const struct decoded_rows *rows = d->decoded;
    const struct row_template *template = &d->table[rows->slot[i]];
    if (template->time_kind == TEMPLATE_UNIX) {
        int64_t value = (int64_t)rows->ms[i] * 100000000 + rows->date[i];
        *time_ms = value < INT64_C(100000000000) ? value * 1000 : value;
        /* what lies elsewhere may be a date: the reference parser knows */
        return *time_ms >= CIVIL_UNIX_LEAST_MS && *time_ms < CIVIL_UNIX_END_MS;
    }
    if (date_key(rows->date[i], template->is_local) != d->memo_key)
        return time_of_day(d, i, template->is_local, time_ms);
    *time_ms = d->memo_day_ms + clock_of(d, i) - template->zone_ms;
    return *time_ms >= CIVIL_MIN_MS && *time_ms <= CIVIL_MAX_MS;
}

/* Whether all rows are likely to be of the day seen last. */
static bool
has_one_day(const struct csv_decoder *d)
{
    return d->memo_date != 0 &&
           d->table_time == (d->memo_is_local ? TABLE_LOCAL : TABLE_UTC);
}

/* Rows of a day from which on a day at once is worth a try. */
enum { DAY_RUN = 16 };

/* Times for rows [first, n), if all are of the day seen last. */
static bool
set_times_of_day(struct csv_decoder *d, size_t first, size_t n)
{
    return has_one_day(d) && d->base.setup.kernels->set_times(
                                 d->decoded, first, n, d->memo_date,
                                 d->memo_day_ms, d->base.batch.time_ms);
}

/*
 * Times for rows [first, n) that a kernel decoded; some turn out invalid. The
 * usual case is one day; then days that have as many rows each.
 */
static void
set_times(struct csv_decoder *d, size_t first, size_t n)
{
    size_t begin = first; /* of the rows of this day */
    if (set_times_of_day(d, first, n))
        return;
    for (size_t i = first; i < n; i++) {
        const uint32_t key = d->memo_key;
        if (d->decoded->is_valid[i] == 0)
            continue;
        if (!time_of(d, i, &d->base.batch.time_ms[i]))
            d->decoded->is_valid[i] = 0;
        if (d->memo_key == key)
            continue;
        const size_t end = n - i < i - begin ? n : i + (i - begin);
        begin = i;
        if (end - i >= DAY_RUN && set_times_of_day(d, i + 1, end))
            i = end - 1;
    }
}

static void
run_kernel(struct csv_decoder *d, const uint8_t *bytes, size_t first, size_t n)
{
    d->base.setup.kernels->decode_rows(d->table, d->plan.number_max, bytes,
                                       d->starts, first, n, d->decoded);
    set_times(d, first, n);
}

static void
decode_fast(struct csv_decoder *d, const uint8_t *bytes, size_t n)
{
    if (d->base.setup.no_cache || !d->plan.is_possible) {
        memset(d->decoded->is_valid, 0, n);
        return;
    }
    run_kernel(d, bytes, 0, n);
}

static void
note_time(struct csv_decoder *d, const struct row_template *template)
{
    enum table_time time = TABLE_MIXED;
    if (template->time_kind == TEMPLATE_CIVIL && template->zone_ms == 0)
        time = template->is_local ? TABLE_LOCAL : TABLE_UTC;
    if (d->table_time == TABLE_EMPTY)
        d->table_time = time;
    else if (d->table_time != time)
        d->table_time = TABLE_MIXED;
}

/* Keeps the template of a row the reference parser has just approved. */
static void
learn(struct csv_decoder *d, const uint8_t *row, size_t len)
{
    if (d->base.setup.no_cache ||
        !template_build(&d->deferred, d->schema, &d->plan, row, len)) {
        d->deferred.shape = 0;
        return;
    }
    note_time(d, &d->deferred);
    struct row_template *slot = &d->table[template_slot(d->deferred.shape)];
    if (slot->shape == 0) {
        *slot = d->deferred;
        d->deferred.shape = 0;
    }
}

static void
apply_deferred(struct csv_decoder *d)
{
    if (d->deferred.shape != 0)
        d->table[template_slot(d->deferred.shape)] = d->deferred;
    d->deferred.shape = 0;
}

static size_t
without_line_end(const uint8_t *raw, size_t len)
{
    if (len > 0 && raw[len - 1] == '\n')
        len--;
    while (len > 0 && raw[len - 1] == '\r')
        len--;
    return len;
}

/*
 * raw: the record's first bytes; len: of the record, with its line end. The
 * parser still has it.
 */
static int
reject(struct csv_decoder *d, int reason, uint64_t line, const uint8_t *raw,
       uint64_t len)
{
    struct row_values values;
    struct reject_place place = {d->source, REGISTRY_NO_DEVICE, reason, line};
    if (row_values_find_device(d->parser, reason, &values)) {
        place.device = registry_add(d->base.setup.registry, values.device,
                                    values.device_len);
        if (place.device == REGISTRY_NO_DEVICE)
            return error_memory(d->base.setup.error);
    }
    size_t kept = len > RECORD_RAW_BYTES
                      ? RECORD_RAW_BYTES
                      : without_line_end(raw, d->base.setup.rejects->keep !=
                                                      REJECT_KEEP_NONE
                                                  ? (size_t)len
                                                  : 0);
    return reject_log_add(d->base.setup.rejects, &place, raw, kept,
                          d->base.setup.error);
}

static int
store_row(struct csv_decoder *d, struct row_values *values, size_t at)
{
    values->row.device = registry_add(d->base.setup.registry, values->device,
                                      values->device_len);
    if (values->row.device == REGISTRY_NO_DEVICE)
        return error_memory(d->base.setup.error);
    batch_set(&d->base.batch, at, &values->row);
    if (values->n_rounded != 0 && !d->base.batch.has_rounded) {
        d->base.batch.has_rounded = true;
        memset(d->base.batch.n_rounded, 0, sizeof(d->base.batch.n_rounded));
    }
    d->base.batch.n_rounded[at] = (uint8_t)values->n_rounded;
    d->decoded->is_valid[at] = ROW_SLOW;
    d->has_local_rows = d->has_local_rows || values->is_local;
    d->is_local[at] = values->is_local ? 1 : 0;
    return WATTLE_OK;
}

/*
 * A record the parser has complete: into row `at`, or rejected. is_whole:
 * its bytes lie in raw[0..len), with a line end.
 */
static int
take_record(struct csv_decoder *d, size_t at, uint64_t line, const uint8_t *raw,
            size_t len, bool is_whole)
{
    d->decoded->is_valid[at] = ROW_SKIP;
    if (d->parser->is_empty)
        return WATTLE_OK;
    struct row_values values;
    d->base.n_lines++;
    d->base.n_slow_rows++;
    int reason =
        row_values_read(d->parser, d->has_clock ? &d->clock : NULL, &values);
    d->base.has_local_times = d->base.has_local_times || values.has_local_time;
    if (reason != ROW_IS_READING)
        return reject(d, reason, line, raw, len);
    if (is_whole)
        learn(d, raw, (size_t)len);
    return store_row(d, &values, at);
}

/* The file ends in the middle of a record. */
static int
take_last(struct csv_decoder *d, size_t at, uint64_t line, const uint8_t *raw,
          uint64_t len)
{
    if (record_parser_finish(d->parser))
        return take_record(d, at, line, raw, len, false);
    d->decoded->is_valid[at] = ROW_SKIP;
    d->base.is_open = true;
    d->base.n_lines++;
    d->base.n_slow_rows++;
    return reject(d, WATTLE_REJECT_QUOTE, line, raw, len);
}

/* Lines that end in the record of the parser: those that quotes hide, too. */
static uint64_t
lines_of_record(const struct csv_decoder *d)
{
    return d->parser->n_newlines + (d->counts_cr ? d->parser->n_quoted_cr : 0);
}

/* The progress of the repair within a block. */
struct repair {
    const struct block_text *text;
    size_t n;            /* rows that the split found */
    size_t used;         /* bytes done with */
    uint64_t line_after; /* of what follows a record beyond the last row */
};

/* How much more of a long record is worth keeping. */
static size_t
raw_room(const struct csv_decoder *d)
{
    return d->base.setup.rejects->keep != REJECT_KEEP_NONE
               ? RECORD_RAW_BYTES - d->inside_raw.len
               : 0;
}

/* Begins to read a record that is too long to wait for its end. */
static int
go_inside(struct csv_decoder *d, struct repair *r, size_t at)
{
    d->base.is_inside = true;
    d->base.inside_line = d->base.line + at;
    d->inside_raw.len = 0;
    d->base.inside_len = r->text->len - d->starts[at];
    size_t len = r->text->len - d->starts[at];
    size_t room = raw_room(d);
    size_t kept = len < room ? len : room;
    r->used = r->text->len;
    if (buffer_append(&d->inside_raw, r->text->bytes + d->starts[at], kept) !=
        WATTLE_OK)
        return error_memory(d->base.setup.error);
    return WATTLE_OK;
}

/*
 * Reads row `at` by the reference parser. *next is the next row to look at;
 * r->n shrinks to `at` when the record does not end in the text.
 */
static int
repair_row(struct csv_decoder *d, struct repair *r, size_t at, size_t *next)
{
    const uint8_t *raw = r->text->bytes + d->starts[at];
    size_t left = r->text->len - d->starts[at];
    bool done;
    record_parser_reset(d->parser);
    size_t len = record_parser_feed(d->parser, raw, left, &done);
    uint64_t line = d->base.line + at;
    *next = at + 1;
    if (done) {
        uint64_t n_lines = lines_of_record(d);
        d->base.line += n_lines - d->parser->n_newlines;
        size_t end = d->starts[at] + len;
        while (*next < r->n && d->starts[*next] < end)
            d->decoded->is_valid[(*next)++] = ROW_SKIP;
        if (end > d->starts[r->n]) {
            r->used = end;
            r->line_after = line + n_lines;
        }
        return take_record(d, at, line, raw, len, true);
    }
    r->n = at;
    if (r->text->is_at_end) {
        r->used = r->text->len;
        r->n = at + 1;
        return take_last(d, at, line, raw, left);
    }
    return left >= INSIDE_BYTES ? go_inside(d, r, at) : WATTLE_OK;
}

static int
repair(struct csv_decoder *d, struct repair *r)
{
    uint8_t *state = d->decoded->is_valid;
    bool knows_more = false;
    int status = WATTLE_OK;
    for (size_t i = 0, next; i < r->n && status == WATTLE_OK; i = next) {
        const uint8_t *found = memchr(state + i, ROW_SKIP, r->n - i);
        if (found == NULL)
            break;
        i = (size_t)(found - state);
        next = i + 1;
        d->is_all_fast = false;
        if (r->text->bytes[d->starts[i]] == '\n') /* a blank line */
            continue;
        if (knows_more) {
            run_kernel(d, r->text->bytes, i, i + 1);
            if (state[i] == ROW_FAST) {
                if (d->base.batch.places == 9)
                    batch_widen(&d->base.batch, i, i + 1);
                continue;
            }
        }
        status = repair_row(d, r, i, &next);
        knows_more = !d->base.setup.no_cache && d->plan.is_possible;
    }
    return status;
}

static bool
reserve_successors(struct csv_decoder *d)
{
    size_t old = d->successor_cap;
    if (d->base.setup.registry->n_devices <= old)
        return true;
    uint32_t *grown =
        buffer_grow_array(d->successor, &d->successor_cap,
                          d->base.setup.registry->n_devices, sizeof(*grown));
    if (grown == NULL)
        return false;
    memset(grown + old, 0, (d->successor_cap - old) * sizeof(*grown));
    d->successor = grown;
    return true;
}

static uint32_t
look_up_row(struct csv_decoder *d, const uint8_t *bytes, size_t i)
{
    struct registry *registry = d->base.setup.registry;
    const struct row_template *template = &d->table[d->decoded->slot[i]];
    if (template->device_len > REGISTRY_SHORT_ID) {
        const uint8_t *id = bytes + d->starts[i] + template->device_at;
        return registry_add_any(registry, (const char *)id,
                                template->device_len);
    }
    struct registry_key key = {d->decoded->device[0][i],
                               d->decoded->device[1][i]};
    return registry_add_any_key(registry, key);
}

/*
 * The number of a fast row's device: the one that followed the previous
 * device last time, as long as that is right. REGISTRY_NO_DEVICE = no memory.
 */
static inline uint32_t
guess_device(struct csv_decoder *d, const uint8_t *bytes, size_t i)
{
    const struct decoded_rows *rows = d->decoded;
    const struct registry *registry = d->base.setup.registry;
    if (d->previous < registry->n_devices) {
        uint32_t guess = d->successor[d->previous];
        if (registry->keys[guess].low == rows->device[0][i] &&
            registry->keys[guess].high == rows->device[1][i])
            return guess;
    }
    uint32_t device = look_up_row(d, bytes, i);
    if (device == REGISTRY_NO_DEVICE || !reserve_successors(d))
        return REGISTRY_NO_DEVICE;
    return device;
}

static inline void
follow(struct csv_decoder *d, uint32_t device)
{
    if (d->previous < d->base.setup.registry->n_devices &&
        d->successor[d->previous] != device)
        d->successor[d->previous] = device;
    d->previous = device;
}

/* Rows from `row` on of devices in the order of their numbers; how many. */
static size_t
follow_numbers(struct csv_decoder *d, size_t row, size_t n, uint32_t first)
{
    const struct registry *registry = d->base.setup.registry;
    size_t n_left = registry->n_devices - first;
    size_t count = d->base.setup.kernels->count_matching(
        &registry->keys[first].low, d->decoded->device[0] + row,
        d->decoded->device[1] + row, n - row < n_left ? n - row : n_left);
    for (size_t i = 0; i < count; i++)
        d->base.batch.device[row + i] = first + (uint32_t)i;
    return count;
}

/*
 * The rows from `row` on whose guesses are right, in a block of fast rows
 * only; returns the first other row. Devices mostly come in the order in
 * which they came first, which is that of their numbers.
 */
static size_t
follow_guesses(struct csv_decoder *d, size_t row, size_t n)
{
    const struct registry_key *keys = d->base.setup.registry->keys;
    const uint32_t *successor = d->successor;
    const uint64_t *low = d->decoded->device[0];
    const uint64_t *high = d->decoded->device[1];
    uint32_t *device = d->base.batch.device;
    uint32_t previous = d->previous;
    if (previous >= d->base.setup.registry->n_devices)
        return row;
    while (row < n) {
        uint32_t guess = successor[previous];
        if (keys[guess].low != low[row] || keys[guess].high != high[row])
            break;
        device[row++] = guess;
        previous = guess;
        if (guess + 1 >= d->base.setup.registry->n_devices || row == n ||
            keys[guess + 1].low != low[row])
            continue;
        size_t count = follow_numbers(d, row, n, guess + 1);
        row += count;
        previous += (uint32_t)count;
    }
    d->previous = previous;
    return row;
}

/* Numbers for the devices of the fast rows. */
static int
look_up(struct csv_decoder *d, const uint8_t *bytes, size_t n)
{
    const struct decoded_rows *rows = d->decoded;
    if (!reserve_successors(d))
        return error_memory(d->base.setup.error);
    for (size_t i = 0; i < n; i++) {
        if (d->is_all_fast)
            i = follow_guesses(d, i, n);
        if (i == n || rows->is_valid[i] == ROW_SKIP)
            continue;
        if (rows->is_valid[i] == ROW_FAST) {
            uint32_t device = guess_device(d, bytes, i);
            if (device == REGISTRY_NO_DEVICE)
                return error_memory(d->base.setup.error);
            d->base.batch.device[i] = device;
        }
        follow(d, d->base.batch.device[i]);
    }
    return WATTLE_OK;
}

/* Takes out the rows that are not readings. */
static void
pack(struct csv_decoder *d, size_t n)
{
    uint16_t kept[BATCH_ROWS];
    size_t n_kept = 0;
    if (d->is_all_fast) {
        d->base.n_fast_rows += n;
        d->base.n_lines += n;
        d->base.batch.n_rows = n;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t state = d->decoded->is_valid[i];
        d->base.n_fast_rows += state == ROW_FAST ? 1 : 0;
        d->base.n_lines += state == ROW_FAST ? 1 : 0;
        if (state == ROW_SKIP)
            continue;
        if (state == ROW_FAST)
            d->base.batch.presence[i] = d->schema->columns;
        kept[n_kept++] = (uint16_t)i;
    }
    d->base.batch.n_rows = n;
    batch_keep(&d->base.batch, kept, n_kept);
}

/* Times of rows of days on which clocks are changed, in the order of rows. */
static int
resolve_local(struct csv_decoder *d, size_t n)
{
    int64_t *time_ms = d->base.batch.time_ms;
    for (size_t i = 0; i < n; i++) {
        if (d->decoded->is_valid[i] == ROW_SKIP || !d->is_local[i])
            continue;
        if (local_clock_resolve(&d->clock, d->base.batch.device[i], time_ms[i],
                                &time_ms[i]) != WATTLE_OK)
            return error_memory(d->base.setup.error);
    }
    d->base.lacks_context = d->clock.lacks_context;
    return WATTLE_OK;
}

/* The rows have devices: what is left to make a batch of n rows. */
static int
finish(struct csv_decoder *d, size_t n, int status)
{
    if (d->has_local_rows && status == WATTLE_OK)
        status = resolve_local(d, n);
    pack(d, n);
    return status;
}

/* Goes on with a record that began in earlier text. */
static int
decode_inside(struct csv_decoder *d, const struct block_text *text,
              size_t *used)
{
    bool done;
    *used = record_parser_feed(d->parser, text->bytes, text->len, &done);
    size_t room = raw_room(d);
    d->base.inside_len += *used;
    if (buffer_append(&d->inside_raw, text->bytes,
                      *used < room ? *used : room) != WATTLE_OK)
        return error_memory(d->base.setup.error);
    if (!done && !text->is_at_end)
        return WATTLE_OK;
    const uint8_t *raw = (const uint8_t *)d->inside_raw.data;
    uint64_t len = d->base.inside_len;
    d->base.is_inside = false;
    d->base.line = d->base.inside_line + lines_of_record(d);
    int status = done ? take_record(d, 0, d->base.inside_line, raw, len, false)
                      : take_last(d, 0, d->base.inside_line, raw, len);
    return finish(d, 1, status);
}

/* Text without a newline: more is needed, or it is the end of the file. */
static int
decode_rest(struct csv_decoder *d, const struct block_text *text, size_t *used)
{
    if (text->len == 0 || text->limit == 0)
        return WATTLE_OK;
    struct repair r = {text, 1, 0, 0};
    d->starts[0] = 0;
    if (!text->is_at_end) {
        if (text->len < INSIDE_BYTES)
            return WATTLE_OK;
        bool done;
        record_parser_reset(d->parser);
        record_parser_feed(d->parser, text->bytes, text->len, &done);
        *used = text->len;
        return go_inside(d, &r, 0);
    }
    bool done;
    record_parser_reset(d->parser);
    *used = record_parser_feed(d->parser, text->bytes, text->len, &done);
    int status = take_last(d, 0, d->base.line, text->bytes, text->len);
    return finish(d, 1, status);
}

static bool
is_line_end(uint8_t byte)
{
    return byte == '\n' || byte == '\r';
}

/*
 * Bytes of blank lines at the start of the text, up to the last LF among them;
 * *n_lf of them are LF. Eight bytes at a time where lines are nothing but ends.
 */
static size_t
blank_lines(const uint8_t *bytes, size_t len, uint64_t *n_lf)
{
    const uint64_t lf = UINT64_C(0x0a0a0a0a0a0a0a0a);
    size_t at = 0, end = 0;
    uint64_t word;
    *n_lf = 0;
    while (at < len && is_line_end(bytes[at])) {
        while (len - at >= sizeof(word)) {
            memcpy(&word, bytes + at, sizeof(word));
            if (word != lf)
                break;
            *n_lf += sizeof(word);
            at += sizeof(word);
            end = at;
        }
        while (len - at >= sizeof(word) && bytes[at] == '\r' &&
               memcmp(bytes + at, "\r\n\r\n\r\n\r\n", sizeof(word)) == 0) {
            *n_lf += sizeof(word) / 2;
            at += sizeof(word);
            end = at;
        }
        if (at == len || !is_line_end(bytes[at]))
            break;
        if (bytes[at++] == '\n') {
            end = at;
            ++*n_lf;
        }
    }
    return end;
}

static int
next(struct decoder *decoder, const struct block_text *text, size_t *used)
{
    struct csv_decoder *d = csv_of(decoder);
    *used = 0;
    d->is_all_fast = false;
    if (d->has_local_rows)
        memset(d->is_local, 0, sizeof(d->is_local));
    d->has_local_rows = false;
    batch_reset(&d->base.batch, d->schema->columns, d->schema->kilo);
    if (d->base.is_inside)
        return decode_inside(d, text, used);
    stage_clock_enter(d->base.setup.clock, STAGE_SPLIT);
    if (text->len > 0 && is_line_end(text->bytes[0])) {
        uint64_t n_lf;
        size_t len = text->len < text->limit ? text->len : text->limit;
        *used = blank_lines(text->bytes, len, &n_lf);
        d->base.line += n_lf;
        d->base.batch.n_rows = 0;
        if (*used > 0)
            return WATTLE_OK;
    }
    size_t n = d->base.setup.kernels->split_rows(text->bytes, text->len,
                                                 d->starts, KERNEL_ROWS);
    while (n > 0 && d->starts[n - 1] >= text->limit)
        n--;
    if (n == 0)
        return decode_rest(d, text, used);
    stage_clock_enter(d->base.setup.clock, STAGE_DECODE);
    struct repair r = {text, n, 0, 0};
    d->is_all_fast = true;
    d->base.batch.n_rows = n;
    decode_fast(d, text->bytes, n);
    int status = repair(d, &r);
    /* rows up to r.n are done; the last may have reached beyond them */
    if (r.used == 0)
        r.used = d->starts[r.n];
    stage_clock_enter(d->base.setup.clock, STAGE_LOOKUP);
    if (status == WATTLE_OK)
        status = look_up(d, text->bytes, r.n);
    status = finish(d, r.n, status);
    *used = r.used;
    if (!d->base.is_inside)
        d->base.line = r.line_after != 0 ? r.line_after : d->base.line + r.n;
    apply_deferred(d);
    return status;
}

static int
save_states(const struct decoder *decoder, struct local_states *states)
{
    const struct csv_decoder *d = (const struct csv_decoder *)decoder;
    return local_clock_save(&d->clock, states);
}

static const struct decoder_ops csv_ops = {
    .begin = begin,
    .next = next,
    .save_states = save_states,
    .close = close_decoder,
};

struct csv_decoder *
csv_decoder_new(const struct decoder_setup *setup)
{
    struct csv_decoder *d = calloc(1, sizeof(*d));
    if (d == NULL)
        return NULL;
    d->base.ops = &csv_ops;
    d->base.setup = *setup;
    local_clock_init(&d->clock, setup->registry);
    /* from calloc, for pages that cost nothing until they are used */
    d->table_store = calloc(TEMPLATE_SLOTS + 1, sizeof(struct row_template));
    d->decoded = calloc(1, sizeof(*d->decoded));
    d->parser = calloc(1, sizeof(*d->parser));
    if (d->table_store == NULL || d->decoded == NULL || d->parser == NULL) {
        close_decoder(&d->base);
        return NULL;
    }
    uintptr_t table = (uintptr_t)d->table_store + 63;
    d->table = (struct row_template *)(table - table % 64);
    return d;
}
