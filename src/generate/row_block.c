/*
 * row_block.c - walks the rows of a block and writes them down.
 *
 * The clean path and the dirty one are separate loops; the clean one decides
 * nothing per row but where the next reading comes from.
 */
#include "generate/row_block.h"

#include <string.h>

#include "generate/defect_text.h"
#include "wattle/error.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"

/* A duplicate's second line follows after so many rows at most. */
#define LATE_ROWS 40

enum { MAX_LATE = 64 };

/* Room that a row may take, with the second line of a duplicate. */
enum { DIRTY_ROW_MAX = DEFECT_TEXT_MAX + READING_TEXT_MAX };

/* A line that is to be written later. */
struct late_line {
    uint64_t due_row;
    size_t len;
    char text[READING_TEXT_MAX];
};

struct late_lines {
    unsigned n;
    struct late_line lines[MAX_LATE];
};

void
row_block_init(struct row_maker *maker, const struct row_recipe *source,
               uint64_t seed, int mains_v)
{
    memset(maker, 0, sizeof(*maker));
    maker->source = source;
    home_model_init(&maker->home, seed, mains_v);
    conditions_init(&maker->conditions, seed);
}

static void
read_place(struct row_maker *maker, uint64_t device, uint64_t step,
           struct home_reading *reading)
{
    const struct row_recipe *source = maker->source;
    if (!maker->has_step || maker->step != step) {
        int64_t since_s = (int64_t)step * source->interval_s;
        conditions_set(&maker->conditions, source->start_s + since_s);
        maker->step = step;
        maker->has_step = true;
    }
    home_model_read(&maker->home, &source->table.devices[device],
                    &maker->conditions, reading);
}

static char *
put_line(const struct row_maker *maker, char *out, uint64_t device,
         const struct home_reading *reading)
{
    return reading_text_put(&maker->source->text, out, maker->conditions.stamp,
                            device, reading);
}

static char *
put_clean_rows(struct row_maker *maker, const struct row_range *range,
               char *out)
{
    const struct row_plan *plan = &maker->source->plan;
    struct row_place place = row_plan_place(plan, range->first);
    struct home_reading reading;
    for (uint64_t i = 0; i < range->n; i++) {
        read_place(maker, place.device, place.step, &reading);
        out = put_line(maker, out, place.device, &reading);
        row_plan_next(plan, &place);
    }
    return out;
}

/* Writes the late lines that are due at a row. */
static char *
put_late(struct late_lines *late, uint64_t row, char *out)
{
    unsigned n_kept = 0;
    for (unsigned i = 0; i < late->n; i++) {
        const struct late_line *line = &late->lines[i];
        if (line->due_row > row) {
            late->lines[n_kept++] = *line;
            continue;
        }
        memcpy(out, line->text, line->len);
        out += line->len;
    }
    late->n = n_kept;
    return out;
}

/* A line with a wrong current now, the right one at once or later. */
static char *
put_duplicate(struct row_maker *maker, struct late_lines *late,
              const struct row_place *place, uint64_t row, uint32_t variant,
              struct home_reading *reading, char *out)
{
    struct late_line *line = &late->lines[late->n++];
    char *end = put_line(maker, line->text, place->device, reading);
    line->len = (size_t)(end - line->text);
    bool at_once = variant % 2 == 0 || late->n == MAX_LATE;
    line->due_row = row + (at_once ? 0 : variant / 2 % LATE_ROWS);
    reading->current_ma += 500;
    return put_line(maker, out, place->device, reading);
}

static char *
put_dirty_row(struct row_maker *maker, struct late_lines *late,
              const struct row_place *place, uint64_t row, bool is_last,
              char *out, struct defect_tally *tally)
{
    const struct row_recipe *source = maker->source;
    struct home_reading reading;
    uint32_t variant = 0;
    uint64_t step = defects_step(&source->defects, &source->plan, place);
    enum defect defect = defects_of_row(&source->defects, row, &variant);
    if (step != place->step)
        defect = DEFECT_OUT_OF_ORDER;
    else if (is_last)
        defect = DEFECT_NONE;
    tally->counts[defect]++;

    read_place(maker, place->device, step, &reading);
    if (defect == DEFECT_DUPLICATE)
        return put_duplicate(maker, late, place, row, variant, &reading, out);
    if (defect == DEFECT_NONE || defect == DEFECT_OUT_OF_ORDER)
        return put_line(maker, out, place->device, &reading);
    char line[READING_TEXT_MAX];
    char *end = put_line(maker, line, place->device, &reading);
    return defect_text_put(out, defect, variant, line, (size_t)(end - line));
}

static char *
put_dirty_rows(struct row_maker *maker, const struct row_range *range,
               char *out, struct defect_tally *tally)
{
    const struct row_plan *plan = &maker->source->plan;
    struct row_place place = row_plan_place(plan, range->first);
    struct late_lines late = {.n = 0};
    uint64_t end = range->first + range->n;
    for (uint64_t row = range->first; row < end; row++) {
        bool is_last = range->is_last && row + 1 == end;
        out = put_dirty_row(maker, &late, &place, row, is_last, out, tally);
        out = put_late(&late, row, out);
        row_plan_next(plan, &place);
    }
    return put_late(&late, UINT64_MAX, out);
}

static bool
has_byte_order_mark(const struct row_recipe *source,
                    const struct row_range *range)
{
    return source->is_dirty && range->is_first && range->file % 2 == 0;
}

/* Every other file ends without a newline, and so does the last one. */
static bool
lacks_last_newline(const struct row_recipe *source,
                   const struct row_range *range)
{
    bool is_chosen =
        range->file % 2 == 1 || range->file + 1 == source->plan.n_files;
    return source->is_dirty && range->is_last && is_chosen;
}

static char *
put_header(const struct row_recipe *source, const struct row_range *range,
           char *out, struct defect_tally *tally)
{
    static const char header[] = BYTE_ORDER_MARK READING_TEXT_HEADING;
    bool has_mark = has_byte_order_mark(source, range);
    size_t skipped = has_mark ? 0 : sizeof(BYTE_ORDER_MARK) - 1;
    size_t len = sizeof(header) - 1 - skipped;
    memcpy(out, header + skipped, len);
    tally->counts[DEFECT_BYTE_ORDER_MARK] += has_mark;
    return out + len;
}

int
row_block_make(struct row_maker *maker, uint64_t block, struct buffer *out,
               struct defect_tally *tally)
{
    const struct row_recipe *source = maker->source;
    struct row_range range = row_plan_block(&source->plan, block);
    size_t row_max = source->is_dirty ? DIRTY_ROW_MAX : READING_TEXT_MAX;
    out->len = 0;
    *tally = (struct defect_tally){.n_rows = range.n};
    int status = buffer_reserve(out, (range.n + 2) * row_max);
    if (status != WATTLE_OK)
        return status;

    char *end = out->data;
    if (range.is_first)
        end = put_header(source, &range, end, tally);
    if (range.n > 0 && source->is_dirty)
        end = put_dirty_rows(maker, &range, end, tally);
    else if (range.n > 0)
        end = put_clean_rows(maker, &range, end);
    if (lacks_last_newline(source, &range)) {
        end--;
        tally->counts[DEFECT_NO_LAST_NEWLINE]++;
    }
    out->len = (size_t)(end - out->data);
    return WATTLE_OK;
}
