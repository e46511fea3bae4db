/*
 * test_csv_decoder.c - the two paths of ingest against each other.
 *
 * A text is decoded by the reference parser alone, in one piece, and then by
 * every kernel, with and without remembered templates, in pieces of all sizes.
 * Readings, rejects and line counts must be the same. Views end at a page
 * that cannot be read, but for the agreed slack.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buffer.h"
#include "base/civil_time.h"
#include "generate/counter_hash.h"
#include "formats/csv_format.h"
#include "formats/csv_schema.h"
#include "formats/record_parser.h"
#include "wattle/experimental/tuning.h"
#include "wattle/report.h"

enum { WALL_ROOM = 4 << 20, PAGE = 4096 };

static uint64_t seed_counter;
static uint8_t *wall_start;

static unsigned
pick(unsigned limit)
{
    return (unsigned)(counter_hash(23, seed_counter++) % limit);
}

static int
make_wall(void **state)
{
    (void)state;
    void *map = mmap(NULL, WALL_ROOM + PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED)
        return -1;
    wall_start = map;
    return mprotect(wall_start + WALL_ROOM, PAGE, PROT_NONE);
}

static int
remove_wall(void **state)
{
    (void)state;
    return munmap(wall_start, WALL_ROOM + PAGE);
}

/* ---- running a decoder ------------------------------------------------- */

/* What came out, as bytes that can be compared. */
struct outcome {
    struct buffer rows;
    struct buffer rejects;
    uint64_t n_rows, n_lines, n_fast, end_line;
    uint64_t by_reason[WATTLE_N_REASONS];
};

/* How to run it. */
struct course {
    const struct kernels *kernels;
    bool no_cache;
    bool late_end;    /* the end is told only when nothing more comes */
    size_t piece;     /* bytes that come at once; 0 = random sizes */
    size_t limit;     /* records that start before it; 0 = no limit */
    uint64_t line;    /* of the start */
    size_t *ended_at; /* out, or NULL */
};

static void
outcome_release(struct outcome *o)
{
    buffer_release(&o->rows);
    buffer_release(&o->rejects);
}

/* Row `at` of the public view, at nine places. */
static void
read_view(const struct batch_view *view, size_t at, struct batch_row *row)
{
    memset(row, 0, sizeof(*row));
    row->time_ms = view->time_ms[at];
    for (int c = 0; c < MEASURE_N; c++) {
        if (view->columns[c] == NULL ||
            (view->presence != NULL && (view->presence[at] >> c & 1) == 0))
            continue;
        row->presence |= MEASURE_BIT(c);
        row->nano[c] = view->columns[c][at];
        for (int places = view->decimals[c]; places < 9; places++)
            row->nano[c] *= 10;
    }
}

/* A decoder of CSV, by the interface that all formats have. */
static struct decoder *
open_csv(const struct kernels *kernels, bool no_cache,
         struct registry *registry, struct reject_log *rejects)
{
    const struct decoder_setup setup = {.kernels = kernels,
                                        .no_cache = no_cache,
                                        .registry = registry,
                                        .rejects = rejects};
    return csv_format.open(&setup);
}

static void
begin(struct decoder *d, const struct csv_schema *schema, uint32_t source,
      uint64_t line)
{
    const struct recognition recognition = {.format = &csv_format,
                                            .dialect = (void *)schema};
    const struct decoder_place place = {.source = source, .line = line};
    d->ops->begin(d, &recognition, &place);
}

static void
note_rows(struct outcome *o, const struct decoder *d)
{
    struct batch_view view = batch_view(&d->batch);
    for (size_t i = 0; i < d->batch.n_rows; i++) {
        struct batch_row row, same;
        const char *id = registry_id(d->setup.registry, view.device[i]);
        read_view(&view, i, &row);
        batch_get(&d->batch, i, &same);
        assert_int_equal(same.presence, row.presence);
        assert_memory_equal(same.nano, row.nano, sizeof(row.nano));
        row.device = d->batch.has_rounded ? d->batch.n_rounded[i] : 0;
        assert_int_equal(buffer_append(&o->rows, &row, sizeof(row)), 0);
        assert_int_equal(buffer_append(&o->rows, id, strlen(id) + 1), 0);
    }
    o->n_rows += d->batch.n_rows;
}

static int
note_reject(void *context, const struct reject_place *place, const char *raw,
            size_t raw_len, struct wattle_error *error)
{
    (void)error;
    struct outcome *o = context;
    return buffer_printf(&o->rejects, "%u:%llu:%s:%zu:", place->source,
                         (unsigned long long)place->line,
                         wattle_reason_text(place->reason), raw_len) != 0 ||
           buffer_append(&o->rejects, raw, raw_len) != 0 ||
           buffer_append(&o->rejects, "\n", 1) != 0;
}

/* One call on a view placed before the wall, with a misleading slack. */
static size_t
decode_view(struct decoder *d, struct outcome *o, const uint8_t *bytes,
            struct block_text text)
{
    uint8_t *end = wall_start + WALL_ROOM;
    for (int i = 1; i <= KERNEL_SLACK; i++)
        end[-i] = (uint8_t) "\n,0\"9-x"[i % 7];
    uint8_t *view = end - KERNEL_SLACK - text.len;
    if (text.len > 0)
        memcpy(view, bytes, text.len);
    text.bytes = view;
    size_t used;
    assert_int_equal(d->ops->next(d, &text, &used), WATTLE_OK);
    assert_true(used <= text.len);
    note_rows(o, d);
    return used;
}

/* Decodes what is there; returns where it stopped. */
static size_t
decode_pieces(struct decoder *d, struct outcome *o, const struct course *course,
              const uint8_t *bytes, size_t len)
{
    const size_t limit = course->limit != 0 ? course->limit : SIZE_MAX;
    size_t at = 0, there = 0;
    for (bool is_at_end = false; !is_at_end;) {
        size_t more = course->piece != 0 ? course->piece : 1 + pick(400);
        bool nothing_left = there == len;
        there = len - there < more ? len : there + more;
        is_at_end = course->late_end ? nothing_left : there == len;
        for (size_t used = 1; used != 0;) {
            if (at >= limit && !d->is_inside)
                return at;
            struct block_text text = {.len = there - at,
                                      .limit = at < limit ? limit - at : 0,
                                      .is_at_end = is_at_end};
            if (text.len == 0 && !(is_at_end && d->is_inside))
                break;
            used = decode_view(d, o, bytes + at, text);
            at += used;
        }
    }
    return at;
}

static struct outcome
run(const struct csv_schema *schema, const struct course *course,
    const void *bytes, size_t len)
{
    struct outcome o = {0};
    struct registry registry;
    struct reject_log rejects;
    registry_init(&registry);
    reject_log_init(&rejects, true);
    struct decoder *d =
        open_csv(course->kernels, course->no_cache, &registry, &rejects);
    assert_non_null(d);
    begin(d, schema, 3, course->line);
    size_t at = decode_pieces(d, &o, course, bytes, len);
    if (course->ended_at != NULL)
        *course->ended_at = at;
    else
        assert_int_equal(at, len);
    assert_int_equal(reject_log_visit(&rejects, note_reject, &o, NULL), 0);
    memcpy(o.by_reason, rejects.by_reason, sizeof(o.by_reason));
    o.n_lines = d->n_lines;
    o.n_fast = d->n_fast_rows;
    o.end_line = d->line;
    assert_int_equal(d->n_lines, d->n_fast_rows + d->n_slow_rows);
    d->ops->close(d);
    reject_log_release(&rejects);
    registry_release(&registry);
    return o;
}

static const struct course reference = {
    .kernels = &kernels_scalar, .no_cache = true, .piece = WALL_ROOM};

static bool
is_same(const struct buffer *a, const struct buffer *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static void
assert_same(const struct outcome *got, const struct outcome *wanted,
            const struct course *course, const char *text)
{
    if (is_same(&got->rows, &wanted->rows) &&
        is_same(&got->rejects, &wanted->rejects) &&
        got->n_lines == wanted->n_lines)
        return;
    fail_msg("%s%s, pieces of %zu: %s differ; text: %.3000s",
             course->kernels->name, course->no_cache ? ", no cache" : "",
             course->piece,
             is_same(&got->rows, &wanted->rows) ? "rejects" : "rows", text);
}

/* All tables and cache settings with one size of pieces. */
static void
compare_courses(const struct csv_schema *schema, const struct buffer *text,
                const struct outcome *wanted, size_t piece)
{
    for (int simd = WATTLE_SIMD_SCALAR; simd <= WATTLE_SIMD_NEON; simd++) {
        struct course course = {.kernels = kernels_for(simd),
                                .piece = piece,
                                .late_end = pick(2) == 0,
                                .no_cache = pick(4) == 0};
        if (course.kernels == NULL)
            continue;
        struct outcome got = run(schema, &course, text->data, text->len);
        assert_same(&got, wanted, &course, text->data);
        outcome_release(&got);
    }
}

static struct csv_schema
schema_from(const char *header, int value_kind)
{
    struct csv_schema schema;
    struct csv_schema_builder builder;
    csv_schema_builder_init(&builder, ',');
    for (const char *p = header; p != NULL;) {
        const char *comma = strchr(p, ',');
        csv_schema_builder_add(&builder, p,
                               comma != NULL ? (size_t)(comma - p) : strlen(p));
        p = comma != NULL ? comma + 1 : NULL;
    }
    assert_int_equal(
        csv_schema_builder_finish(&builder, value_kind, &schema, NULL), 0);
    return schema;
}

/* ---- random text ------------------------------------------------------- */

static void
put(struct buffer *out, const char *text)
{
    assert_int_equal(buffer_append_text(out, text), 0);
}

static void
put_time(struct buffer *out, unsigned n)
{
    enum { N_FORMS = 8, NO_SECONDS = N_FORMS - 1 };
    static const char *const forms[N_FORMS] = {
        "2023-10-01 08:%02u:%02u",       "2023-10-01T08:%02u:%02u.25Z",
        "2023-12-31 23:%02u:%02u+02:00", "2023-12-31 23:%02u:%02u-0330",
        "2023-12-31T23:%02u:%02u.5-11",  "16961472%02u%02u",
        "16961472%02u%02u123",           "2024-02-29 08:%02u"};
    unsigned form = pick(8) == 0 ? pick(N_FORMS) : n / 200 % N_FORMS;
    char text[64];
    if (form == NO_SECONDS)
        snprintf(text, sizeof(text), forms[NO_SECONDS], n % 60);
    else
        snprintf(text, sizeof(text), forms[form], n / 60 % 60, n % 60);
    put(out, pick(60) == 0 ? "2023-02-29 08:00" : text);
}

static const char *const some_ids[] = {"DEV0001",
                                       "DEV0002",
                                       "D",
                                       "sensor.kitchen",
                                       "ABCDEFGHIJKLMNOP",
                                       "ABCDEFGHIJKLMNO",
                                       "a very long identifier of a device",
                                       "\xc3\xa4-1",
                                       "ABCDEFGHIJKLMNOPQ",
                                       "ABCDEFGHIJKLMNOPQR"};

static void
put_number(struct buffer *out, unsigned n)
{
    static const char *const odd[] = {
        "",     "nan",          "x",    "-0",    "1e2", "12345.6789", "+3.5",
        "-1.5", "0.1234567895", "1e10", "007.5", "1.",  "999999",     "2"};
    char text[32];
    snprintf(text, sizeof(text), "%u.%u", n % 2, pick(1000));
    put(out, pick(25) == 0 ? odd[pick(14)] : text);
}

static void
put_field(struct buffer *out, uint8_t role, unsigned n)
{
    bool padded = pick(40) == 0;
    put(out, padded ? "  " : "");
    if (role == ROLE_TIME)
        put_time(out, n);
    else if (role == ROLE_DEVICE)
        put(out,
            pick(50) == 0 ? "" : some_ids[pick(3) == 0 ? pick(10) : n % 5]);
    else if (role == ROLE_NONE)
        put(out, pick(9) == 0 ? "n\xff\r-" : "note");
    else
        put_number(out, n);
    put(out, padded ? "\t" : "");
}

/* A field in quotes, with all that quotes allow. */
static void
put_quoted(struct buffer *out, uint8_t role, unsigned n)
{
    put(out, "\"");
    put_field(out, role, n);
    if (role == ROLE_NONE || pick(6) == 0) {
        static const char *const inner[] = {"\n", "\"\"", ",", "\r\n",
                                            "a\n\nb"};
        put(out, inner[pick(5)]);
    }
    put(out, pick(200) == 0 ? "" : "\"");
    put(out, pick(30) == 0 ? "tail\"x" : "");
}

static void
put_row(struct buffer *out, const struct csv_schema *schema, unsigned n)
{
    size_t n_fields = schema->n_columns;
    if (pick(60) == 0)
        n_fields += pick(2) == 0 ? 1 : (size_t)-1;
    unsigned quotes = pick(12);
    for (size_t c = 0; c < n_fields; c++) {
        uint8_t role = c < schema->n_columns ? schema->role_of[c] : ROLE_NONE;
        put(out, c > 0 ? "," : "");
        if (quotes == 0 && pick(2) == 0)
            put_quoted(out, role, n);
        else
            put_field(out, role, n);
    }
    static const char *const ends[] = {"\r\n", "\r\r\n", "\n\n", "\n\r\n"};
    put(out, pick(20) == 0 ? ends[pick(4)] : "\n");
}

static void
damage(struct buffer *text)
{
    static const char bytes[] = "0123456789,,,.--  ::T\"\"\"\r\r\n\n\n\xff\x80";
    for (unsigned n = pick(6); n > 0; n--)
        text->data[pick((unsigned)text->len)] = bytes[pick(30)];
    if (pick(3) == 0)
        text->len -= pick(text->len < 40 ? 1 : 40);
}

static struct buffer
random_text(const struct csv_schema *schema, unsigned n_rows)
{
    struct buffer text = {0};
    unsigned n = pick(3600);
    for (unsigned i = 0; i < n_rows; i++)
        put_row(&text, schema, n++);
    if (pick(3) != 0)
        damage(&text);
    assert_int_equal(buffer_reserve(&text, 1), 0);
    text.data[text.len] = '\0'; /* for messages */
    return text;
}

/* ---- the two paths ----------------------------------------------------- */

static const char *const headers[] = {
    "timestamp,device_id,voltage,current,power_factor",
    "device,power,time,note",
    "note,time,amps,pf,watts,meter",
};

static void
compare_random_texts(unsigned n_texts, unsigned n_rows, size_t piece)
{
    for (unsigned i = 0; i < n_texts; i++) {
        struct csv_schema schema = schema_from(headers[i % 3], 0);
        struct buffer text = random_text(&schema, 1 + pick(n_rows));
        struct outcome wanted = run(&schema, &reference, text.data, text.len);
        assert_int_equal(wanted.n_fast, 0);
        compare_courses(&schema, &text, &wanted, piece);
        outcome_release(&wanted);
        buffer_release(&text);
        csv_schema_release(&schema);
    }
}

static void
both_paths_agree_on_whole_texts(void **state)
{
    (void)state;
    compare_random_texts(300, 300, WALL_ROOM);
    compare_random_texts(12, 4000, WALL_ROOM);
}

static void
both_paths_agree_on_texts_in_random_pieces(void **state)
{
    (void)state;
    compare_random_texts(150, 120, 0);
    compare_random_texts(20, 3000, 16384);
}

static void
pieces_of_every_size_give_the_same(void **state)
{
    (void)state;
    for (int round = 0; round < 6; round++) {
        struct csv_schema schema = schema_from(headers[round % 3], 0);
        struct buffer text = random_text(&schema, 12);
        struct outcome wanted = run(&schema, &reference, text.data, text.len);
        for (size_t piece = 1; piece <= text.len + 1; piece++)
            compare_courses(&schema, &text, &wanted, piece);
        outcome_release(&wanted);
        buffer_release(&text);
        csv_schema_release(&schema);
    }
}

static void
clean_rows_are_decoded_by_templates(void **state)
{
    (void)state;
    struct csv_schema schema = schema_from(headers[0], 0);
    struct buffer text = {0};
    for (unsigned i = 0; i < 5000; i++)
        buffer_printf(&text,
                      "2023-10-01 08:%02u:%02u,DEV%04u,230.%u,1.%u,0.9\n",
                      i / 60 % 60, i % 60, i % 50, i % 10, i % 7);
    struct course course = {.kernels = kernels_for(WATTLE_SIMD_AUTO),
                            .piece = 30000};
    struct outcome wanted = run(&schema, &reference, text.data, text.len);
    struct outcome got = run(&schema, &course, text.data, text.len);
    assert_same(&got, &wanted, &course, "clean rows");
    assert_int_equal(got.n_rows, 5000);
    assert_true(got.n_fast >= 4990);
    outcome_release(&wanted);
    outcome_release(&got);
    buffer_release(&text);
    csv_schema_release(&schema);
}

/* A 16-byte id is also the beginning of longer ones. */
static void
ids_that_share_sixteen_bytes_stay_apart(void **state)
{
    (void)state;
    struct csv_schema schema = schema_from("time,id,power", 0);
    static const char *const ids[] = {"P", "ABCDEFGHIJKLMNOP",
                                      "P", "ABCDEFGHIJKLMNOPQ",
                                      "P", "ABCDEFGHIJKLMNOPR"};
    struct buffer text = {0};
    for (unsigned i = 0; i < 600; i++)
        buffer_printf(&text, "2023-10-01 08:%02u:%02u,%s,1.5\n", i / 60, i % 60,
                      ids[pick(6)]);
    assert_int_equal(buffer_append(&text, "", 1), 0);
    text.len--;
    struct outcome wanted = run(&schema, &reference, text.data, text.len);
    assert_int_equal(wanted.n_rows, 600);
    compare_courses(&schema, &text, &wanted, WALL_ROOM);
    compare_courses(&schema, &text, &wanted, 1000);
    outcome_release(&wanted);
    buffer_release(&text);
    csv_schema_release(&schema);
}

/* ---- long records ------------------------------------------------------ */

/* Whole units, and x for the rest. */
static void
fill_field(struct buffer *text, size_t len, const char *unit)
{
    for (; len >= strlen(unit); len -= strlen(unit))
        put(text, unit);
    for (; len > 0; len--)
        put(text, "x");
}

/* Rows around a long quoted note, with newlines and doubled quotes. */
static struct buffer
text_with_note(size_t note_len, const char *power)
{
    struct buffer text = {0};
    put(&text, "2023-10-01 08:00,a,1,short\nbad\n2023-10-01 08:01,a,2,s\n");
    put(&text, "2023-10-01 08:02,b,");
    put(&text, power);
    put(&text, ",\"");
    fill_field(&text, note_len, "a long note, \"\"with\"\" all\r\nof it\n");
    put(&text, note_len % 2 == 0 ? "\"\r\n" : "\"\n");
    put(&text, "bad\n2023-10-01 08:03,a,3,\"two\nlines\"\nbad again\n");
    put(&text, "2023-10-01 08:04,a,4,s\nbad");
    assert_int_equal(buffer_append(&text, "", 1), 0);
    text.len--;
    return text;
}

static void
compare_note(size_t note_len, const char *power, uint64_t n_rows)
{
    static const size_t pieces[] = {997,   4096,  65535,  65536,
                                    65537, 66000, 200000, WALL_ROOM};
    struct csv_schema schema = schema_from("time,id,power,note", 0);
    struct buffer text = text_with_note(note_len, power);
    struct outcome wanted = run(&schema, &reference, text.data, text.len);
    assert_int_equal(wanted.n_rows, n_rows);
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
        compare_courses(&schema, &text, &wanted, pieces[i]);
    outcome_release(&wanted);
    buffer_release(&text);
    csv_schema_release(&schema);
}

static void
records_may_be_longer_than_any_piece(void **state)
{
    (void)state;
    for (size_t len = 65450; len < 65600; len += 34)
        compare_note(len, "1.5", 5);
    compare_note(300000, "1.5", 5);
    compare_note(300006, "x", 4);
}

static void
an_unquoted_line_may_be_longer_than_any_piece(void **state)
{
    (void)state;
    struct csv_schema schema = schema_from("note,time,id,power", 0);
    for (int end = 0; end < 3; end++) {
        struct buffer text = {0};
        put(&text, "n,2023-10-01 08:00,a,1\n");
        fill_field(&text, 140000, "no end in \"sight\" \r ");
        static const char *const ends[] = {",2023-10-01 08:01,b,2\r\nbad\n",
                                           ",2023-10-01 08:01,b,2", "\n"};
        put(&text, ends[end]);
        assert_int_equal(buffer_append(&text, "", 1), 0);
        text.len--;
        struct outcome wanted = run(&schema, &reference, text.data, text.len);
        assert_int_equal(wanted.n_rows, end < 2 ? 2 : 1);
        compare_courses(&schema, &text, &wanted, 1000);
        compare_courses(&schema, &text, &wanted, 65536);
        compare_courses(&schema, &text, &wanted, 139999);
        outcome_release(&wanted);
        buffer_release(&text);
    }
    csv_schema_release(&schema);
}

/* The kept part may end at any byte, also one that looks like a line end. */
static void
what_is_kept_of_a_huge_reject_is_the_same_in_all_pieces(void **state)
{
    (void)state;
    struct csv_schema schema = schema_from("time,id,power,note", 0);
    static const char *const units[] = {"x", "\r", "\n", "ab\r\n"};
    for (size_t i = 0; i < 4; i++) {
        struct buffer text = {0};
        put(&text, "bad,\"");
        fill_field(&text, RECORD_RAW_BYTES + 5000, units[i]);
        put(&text, "\"\nbad\n");
        assert_int_equal(buffer_append(&text, "", 1), 0);
        text.len--;
        struct outcome wanted = run(&schema, &reference, text.data, text.len);
        assert_int_equal(wanted.by_reason[WATTLE_REJECT_FIELDS], 2);
        struct course course = reference;
        course.piece = 300000;
        struct outcome got = run(&schema, &course, text.data, text.len);
        if (!is_same(&got.rejects, &wanted.rejects))
            fail_msg("unit %zu: %zu bytes kept in pieces, %zu in one", i,
                     got.rejects.len, wanted.rejects.len);
        outcome_release(&got);
        outcome_release(&wanted);
        buffer_release(&text);
    }
    csv_schema_release(&schema);
}

/* ---- files and limits -------------------------------------------------- */

/* Two decoders that share a text at a limit see each record once. */
static void
a_limit_parts_the_text_between_decoders(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct csv_schema schema = schema_from(headers[round % 3], 0);
        struct buffer text = random_text(&schema, 60);
        struct outcome wanted = run(&schema, &reference, text.data, text.len);
        size_t at = 0;
        struct course course = {.kernels = kernels_for(WATTLE_SIMD_AUTO),
                                .limit = 1 + pick((unsigned)text.len),
                                .ended_at = &at};
        struct outcome left = run(&schema, &course, text.data, text.len);
        assert_true(at >= course.limit || at == text.len);
        course.limit = 0;
        course.ended_at = NULL;
        course.line = left.end_line;
        struct outcome right =
            run(&schema, &course, text.data + at, text.len - at);
        buffer_append(&left.rows, right.rows.data, right.rows.len);
        buffer_append(&left.rejects, right.rejects.data, right.rejects.len);
        left.n_lines += right.n_lines;
        assert_same(&left, &wanted, &course, text.data);
        outcome_release(&left);
        outcome_release(&right);
        outcome_release(&wanted);
        buffer_release(&text);
        csv_schema_release(&schema);
    }
}

static void
templates_of_one_header_do_not_serve_another(void **state)
{
    (void)state;
    struct csv_schema first = schema_from("time,id,volts,amps,pf", 0);
    struct csv_schema second = schema_from("time,id,volts,pf,amps", 0);
    static const char text[] = "2023-10-01 08:00,a,230,0.5,0.9\n"
                               "2023-10-01 08:01,a,230,0.5,0.9\n";
    struct registry registry;
    struct reject_log rejects;
    registry_init(&registry);
    reject_log_init(&rejects, false);
    struct decoder *d = open_csv(&kernels_scalar, false, &registry, &rejects);
    struct outcome o = {0};
    const struct csv_schema *const order[] = {&first, &second, &first};
    for (int i = 0; i < 3; i++) {
        begin(d, order[i], 0, 0);
        struct block_text view = {
            .len = sizeof(text) - 1, .limit = SIZE_MAX, .is_at_end = true};
        decode_view(d, &o, (const uint8_t *)text, view);
        assert_int_equal(d->batch.n_rows, 2);
        for (size_t row = 0; row < 2; row++) {
            struct batch_row r;
            batch_get(&d->batch, row, &r);
            assert_int_equal(r.nano[WATTLE_CURRENT],
                             i == 1 ? 900000000 : 500000000);
        }
    }
    outcome_release(&o);
    d->ops->close(d);
    registry_release(&registry);
    csv_schema_release(&first);
    csv_schema_release(&second);
}

/* ---- what is right ----------------------------------------------------- */

static void
a_known_text_gives_its_readings_and_rejects(void **state)
{
    (void)state;
    static const char text[] = "1970-01-01 00:00:01,\" a \",1.5\n"
                               "\n"
                               "1970-01-01 00:00,b\r\n"
                               "when,b,1\n"
                               "?,b,1\n"
                               "1970-01-01 00:00,,1\r\r\n"
                               "1970-01-01 00:00,b,none\n"
                               "1970-01-01 00:00,\"b\nc\",.5\n"
                               "1970-01-01 00:00,b,-1e10\n"
                               "1000.5,\"b\"\"\",-0.0000000015\n"
                               "5,\"open,1\n";
    static const char rejects[] = "3:2:fields:18:1970-01-01 00:00,b\n"
                                  "3:3:timestamp:8:when,b,1\n";
    struct csv_schema schema = schema_from("time,id,power", 0);
    struct outcome o = run(&schema, &reference, text, sizeof(text) - 1);
    assert_int_equal(o.n_lines, 10);
    assert_int_equal(o.n_rows, 2);
    assert_memory_equal(o.rejects.data, rejects, 12);
    static const uint64_t by_reason[WATTLE_N_REASONS] = {1, 1, 1, 1, 2, 1, 1};
    assert_memory_equal(o.by_reason, by_reason, sizeof(by_reason));
    struct batch_row row;
    memcpy(&row, o.rows.data, sizeof(row));
    assert_int_equal(row.time_ms, 1000);
    assert_int_equal(row.nano[WATTLE_POWER], 1500000000);
    assert_string_equal(o.rows.data + sizeof(row), "a");
    memcpy(&row, o.rows.data + sizeof(row) + 2, sizeof(row));
    assert_int_equal(row.time_ms, 1000500);
    assert_int_equal(row.nano[WATTLE_POWER], -2);
    assert_int_equal(row.device, 1); /* values rounded */
    assert_string_equal(o.rows.data + 2 * sizeof(row) + 2, "b\"");
    outcome_release(&o);
    csv_schema_release(&schema);
}

/* The second row needs more places: both stay what they are. */
static void
kilo_units_shift_the_decimals(void **state)
{
    (void)state;
    static const char text[] = "1000,a,1.5\n2000,a,0.0000001\n";
    struct registry registry;
    struct reject_log rejects;
    struct csv_schema schema =
        schema_from("time,id,value", WATTLE_VALUE_POWER_KW);
    registry_init(&registry);
    reject_log_init(&rejects, false);
    for (size_t len = 11; len <= sizeof(text) - 1; len += sizeof(text) - 12) {
        struct decoder *d =
            open_csv(&kernels_scalar, false, &registry, &rejects);
        uint8_t padded[sizeof(text) + KERNEL_SLACK] = {0};
        struct block_text view = {padded, len, SIZE_MAX, true};
        size_t used;
        memcpy(padded, text, len);
        begin(d, &schema, 0, 0);
        assert_int_equal(d->ops->next(d, &view, &used), WATTLE_OK);
        struct batch_view batch = batch_view(&d->batch);
        bool is_wide = len > 11;
        assert_int_equal(batch.n_rows, is_wide ? 2 : 1);
        assert_int_equal(batch.decimals[WATTLE_POWER], is_wide ? 6 : 0);
        assert_int_equal(batch.columns[WATTLE_POWER][0],
                         is_wide ? 1500000000 : 1500);
        if (is_wide)
            assert_int_equal(batch.columns[WATTLE_POWER][1], 100);
        d->ops->close(d);
    }
    registry_release(&registry);
    csv_schema_release(&schema);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_text_gives_its_readings_and_rejects),
        cmocka_unit_test(kilo_units_shift_the_decimals),
        cmocka_unit_test(clean_rows_are_decoded_by_templates),
        cmocka_unit_test(templates_of_one_header_do_not_serve_another),
        cmocka_unit_test(pieces_of_every_size_give_the_same),
        cmocka_unit_test(both_paths_agree_on_whole_texts),
        cmocka_unit_test(both_paths_agree_on_texts_in_random_pieces),
        cmocka_unit_test(records_may_be_longer_than_any_piece),
        cmocka_unit_test(an_unquoted_line_may_be_longer_than_any_piece),
        cmocka_unit_test(a_limit_parts_the_text_between_decoders),
        cmocka_unit_test(ids_that_share_sixteen_bytes_stay_apart),
        cmocka_unit_test(
            what_is_kept_of_a_huge_reject_is_the_same_in_all_pieces),
    };
    return cmocka_run_group_tests(tests, make_wall, remove_wall);
}
