/*
 * regroup.c - pages of rows, and pieces made of them.
 *
 * A row on a page is its time and its values, side by side: one cache line is
 * touched for it, however many devices take turns. All rows of a page are of
 * one kind; ordinary rows (every column there, nothing rounded) need no more
 * than that, others carry presence and rounding as well. Memory is what limits
 * it, so ordinary rows of three small values have 16 bytes.
 */
#include "store/regroup.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buffer.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/temp_file.h"

#define PAGE_BYTES  2048
#define SMALL_BYTES 256               /* a device's first page */
#define SLAB_BYTES  ((size_t)2 << 20) /* a huge page */
#define SPILL_BYTES ((size_t)1 << 20)

/* Numbers of a narrow row: its time and three values. */
#define NARROW_WIDTH 4

/* What all rows of a page have in common. */
struct page_kind {
    uint8_t columns;   /* bits of the values a row has room for */
    uint8_t exponent;  /* BLOCK_MILLI or BLOCK_NANO */
    uint8_t has_notes; /* rows end with presence and rounding */
    uint8_t is_narrow; /* rows are of int32_t, times from the page's on */
};

struct page {
    struct page *next;
    int64_t time_ms; /* of its first row */
    struct page_kind kind;
    uint16_t n_rows; /* set by close_page */
    bool is_small;
    int64_t rows[];
};

_Static_assert(sizeof(struct page) == 24, "rows are aligned");

/* What the kinds of some pages come to. */
struct line_kinds {
    uint8_t any_columns, all_columns; /* on one page, on all of them */
    uint8_t exponent;                 /* the finest */
    uint8_t has_notes;                /* one of them */
};

/* The rows of one device that are on pages. */
struct line {
    void *next;            /* where the next row goes */
    int64_t page_ms;       /* time of the last page */
    uint32_t n_left;       /* rows that fit it */
    struct page_kind kind; /* of it */
    uint32_t n_rows;       /* on all its pages */
    struct line_kinds kinds;
    struct page *first, *last;
};

/* Numbers + 1 of pieces. */
struct device_pieces {
    uint32_t first, last;
};

/* What lies around small pieces. */
#define WINDOW_BYTES ((uint64_t)32 << 10)
#define N_WINDOWS    64

struct regroup_window {
    uint64_t regroup; /* its serial number, 0 = empty */
    uint64_t number;  /* of the window in the file */
    uint8_t bytes[WINDOW_BYTES];
};

struct regroup {
    uint64_t serial; /* no other ever has it */
    const struct kernels *kernels;
    struct line *lines;
    struct device_pieces *devices;
    size_t n_devices, line_cap, device_cap;
    struct regroup_piece *pieces;
    size_t n_pieces, piece_cap;
    void **slabs;
    size_t n_slabs, slab_cap, max_slabs;
    size_t n_used; /* bytes of the last slab */
    struct page *free_pages, *free_small;
    struct block *block; /* to encode */
    struct buffer spill; /* pieces not yet in the file */
    int fd;              /* -1 = none yet */
    uint64_t n_spilled;  /* bytes in the file */
};

static _Atomic uint64_t n_made;

struct regroup *
regroup_new(const struct kernels *kernels, size_t max_bytes)
{
    struct regroup *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    r->serial = atomic_fetch_add(&n_made, 1) + 1;
    r->kernels = kernels;
    r->fd = -1;
    r->max_slabs = max_bytes / SLAB_BYTES + 1;
    r->block = aligned_alloc(64, sizeof(*r->block));
    if (r->block == NULL) {
        regroup_free(r);
        return NULL;
    }
    return r;
}

static void
free_slabs(struct regroup *r)
{
    for (size_t i = 0; i < r->n_slabs; i++)
        free(r->slabs[i]);
    free(r->slabs);
    r->slabs = NULL;
    r->n_slabs = r->slab_cap = 0;
    r->free_pages = r->free_small = NULL;
}

void
regroup_free(struct regroup *r)
{
    if (r == NULL)
        return;
    free(r->pieces);
    free_slabs(r);
    free(r->lines);
    free(r->devices);
    free(r->block);
    buffer_release(&r->spill);
    if (r->fd >= 0)
        temp_file_close(r->fd);
    free(r);
}

static bool
add_slab(struct regroup *r)
{
    void **slabs = buffer_grow_array(r->slabs, &r->slab_cap, r->n_slabs + 1,
                                     sizeof(*slabs));
    if (slabs == NULL)
        return false;
    r->slabs = slabs;
    void *slab = aligned_alloc(SLAB_BYTES, SLAB_BYTES);
    if (slab == NULL)
        return false;
    madvise(slab, SLAB_BYTES, MADV_HUGEPAGE);
    slabs[r->n_slabs++] = slab;
    r->n_used = 0;
    return true;
}

/* A page, or NULL when there is to be none; *failed then tells of memory. */
static struct page *
take_page(struct regroup *r, bool is_small, bool *failed)
{
    const size_t size = is_small ? SMALL_BYTES : PAGE_BYTES;
    struct page **list = is_small ? &r->free_small : &r->free_pages;
    struct page *page = *list;
    if (page != NULL) {
        *list = page->next;
        return page;
    }
    if (r->n_slabs == 0 || r->n_used + size > SLAB_BYTES) {
        if (r->n_slabs == r->max_slabs)
            return NULL;
        *failed = !add_slab(r);
        if (*failed)
            return NULL;
    }
    char *slab = r->slabs[r->n_slabs - 1];
    r->n_used += size;
    return (struct page *)(void *)(slab + r->n_used - size);
}

static void
give_back(struct regroup *r, struct page *page)
{
    while (page != NULL) {
        struct page *next = page->next;
        struct page **list = page->is_small ? &r->free_small : &r->free_pages;
        page->next = *list;
        *list = page;
        page = next;
    }
}

static int
write_spill(struct regroup *r, struct wattle_error *error)
{
    if (r->fd < 0) {
        r->fd = temp_file_open(error);
        if (r->fd < 0)
            return r->fd;
    }
    int status = temp_file_write(r->fd, r->n_spilled, r->spill.data,
                                 r->spill.len, error);
    r->n_spilled += r->spill.len;
    r->spill.len = 0;
    return status;
}

/* Numbers in a row. */
static unsigned
row_width(struct page_kind kind)
{
    return 1 + (unsigned)__builtin_popcount(kind.columns) + kind.has_notes;
}

static size_t
row_bytes(struct page_kind kind)
{
    return row_width(kind) *
           (kind.is_narrow ? sizeof(int32_t) : sizeof(int64_t));
}

/* Notes how many rows the last page has. */
static void
close_page(struct line *line)
{
    struct page *page = line->last;
    size_t n_bytes = (size_t)((char *)line->next - (char *)page->rows);
    page->n_rows = (uint16_t)(n_bytes / row_bytes(page->kind));
}

/* Of a page with narrow rows. */
static void
gather_narrow(const struct page *page, struct block *block)
{
    const int64_t unit = page->kind.exponent == block->exponent ? 1 : 1000000;
    const int32_t *row = (const int32_t *)(const void *)page->rows;
    const size_t at = block->n_rows, n = page->n_rows;
    int64_t *time_ms = block->column[BLOCK_TIME] + at;
    for (size_t i = 0; i < n; i++)
        time_ms[i] = page->time_ms + row[i * NARROW_WIDTH];
    for (int c = 0; c < WATTLE_N_COLUMNS; c++) {
        int64_t *to = block->column[BLOCK_VALUE + c] + at;
        if ((page->kind.columns & BATCH_HAS(c)) != 0) {
            row++;
            for (size_t i = 0; i < n; i++)
                to[i] = row[i * NARROW_WIDTH] * unit;
        } else if ((block->columns & BLOCK_BIT(BLOCK_VALUE + c)) != 0) {
            memset(to, 0, n * sizeof(*to));
        }
    }
}

/* Of a page with wide ones. */
static void
gather_wide(const struct page *page, struct block *block)
{
    const int64_t unit = page->kind.exponent == block->exponent ? 1 : 1000000;
    const unsigned n_words = row_width(page->kind);
    const int64_t *word = page->rows;
    size_t at = block->n_rows;
    for (size_t i = 0; i < page->n_rows; i++)
        block->column[BLOCK_TIME][at + i] = word[i * n_words];
    word++;
    for (int c = 0; c < WATTLE_N_COLUMNS; c++) {
        int64_t *to = block->column[BLOCK_VALUE + c] + at;
        bool is_there = (page->kind.columns & BATCH_HAS(c)) != 0;
        if ((block->columns & BLOCK_BIT(BLOCK_VALUE + c)) == 0)
            continue;
        for (size_t i = 0; i < page->n_rows; i++)
            to[i] = is_there ? word[i * n_words] * unit : 0;
        word += is_there ? 1 : 0;
    }
    if (!page->kind.has_notes)
        return;
    for (size_t i = 0; i < page->n_rows; i++) {
        block->column[BLOCK_PRESENCE][at + i] = word[i * n_words] & 0xff;
        block->column[BLOCK_ROUNDED][at + i] = word[i * n_words] >> 8;
    }
}

/* One page's rows go behind those of the block. */
static void
gather_page(const struct page *page, struct block *block)
{
    size_t at = block->n_rows, n = page->n_rows;
    bool has_notes = page->kind.has_notes != 0;
    if (page->kind.is_narrow)
        gather_narrow(page, block);
    else
        gather_wide(page, block);
    if (!has_notes && (block->columns & BLOCK_BIT(BLOCK_PRESENCE)) != 0) {
        for (size_t i = at; i < at + n; i++)
            block->column[BLOCK_PRESENCE][i] = page->kind.columns;
    }
    if (!has_notes && (block->columns & BLOCK_BIT(BLOCK_ROUNDED)) != 0)
        memset(block->column[BLOCK_ROUNDED] + at, 0, n * sizeof(int64_t));
    block->n_rows += n;
}

/* All pages of a device become the block. */
static void
gather(const struct line *line, struct block *block)
{
    const struct line_kinds *kinds = &line->kinds;
    block->n_rows = 0;
    block->exponent = kinds->exponent;
    block->columns = BLOCK_BIT(BLOCK_TIME) | (unsigned)kinds->any_columns
                                                 << BLOCK_VALUE;
    if (kinds->has_notes || kinds->any_columns != kinds->all_columns)
        block->columns |= BLOCK_BIT(BLOCK_PRESENCE);
    if (kinds->has_notes)
        block->columns |= BLOCK_BIT(BLOCK_ROUNDED);
    for (const struct page *page = line->first; page; page = page->next) {
        /* the next one has left the caches long ago */
        const char *next = (const char *)page->next;
        for (size_t i = 0; next != NULL && i < PAGE_BYTES; i += 64)
            __builtin_prefetch(next + i);
        gather_page(page, block);
    }
}

/* The order of rows by time, equal times as they came; `order` holds it. */
static void
sort_order(const int64_t *time_ms, size_t n, uint16_t *order)
{
    uint16_t spare[BLOCK_ROWS];
    uint16_t *from = order, *to = spare;
    for (size_t i = 0; i < n; i++)
        order[i] = (uint16_t)i;
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t at = 0; at < n; at += 2 * width) {
            size_t left = at, mid = at + width < n ? at + width : n;
            size_t right = mid, end = at + 2 * width < n ? at + 2 * width : n;
            for (size_t i = at; i < end; i++) {
                bool is_left =
                    left < mid && (right == end ||
                                   time_ms[from[left]] <= time_ms[from[right]]);
                to[i] = is_left ? from[left++] : from[right++];
            }
        }
        uint16_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != order)
        memcpy(order, from, n * sizeof(*order));
}

static void
sort_block(struct block *block)
{
    uint16_t order[BLOCK_ROWS];
    int64_t moved[BLOCK_ROWS];
    sort_order(block->column[BLOCK_TIME], block->n_rows, order);
    for (int c = 0; c < BLOCK_N_COLUMNS; c++) {
        if ((block->columns & BLOCK_BIT(c)) == 0)
            continue;
        for (size_t i = 0; i < block->n_rows; i++)
            moved[i] = block->column[c][order[i]];
        memcpy(block->column[c], moved, block->n_rows * sizeof(moved[0]));
    }
}

/* How times ascend. */
enum order { UNSORTED, WITH_EQUALS, STRICT };

static enum order
order_of(const int64_t *time_ms, size_t n)
{
    uint64_t falls = 0, equals = 0;
    for (size_t i = 1; i < n; i++) {
        falls |= time_ms[i] < time_ms[i - 1];
        equals |= time_ms[i] == time_ms[i - 1];
    }
    return falls != 0 ? UNSORTED : equals != 0 ? WITH_EQUALS : STRICT;
}

static int
add_piece(struct regroup *r, size_t device, const struct block *block,
          enum order order, size_t len, struct wattle_error *error)
{
    struct device_pieces *d = &r->devices[device];
    const int64_t *time_ms = block->column[BLOCK_TIME];
    struct regroup_piece *pieces = buffer_grow_array(
        r->pieces, &r->piece_cap, r->n_pieces + 1, sizeof(*pieces));
    if (pieces == NULL)
        return error_memory(error);
    r->pieces = pieces;
    pieces[r->n_pieces++] = (struct regroup_piece){
        .first_ms = time_ms[0],
        .last_ms = time_ms[block->n_rows - 1],
        .offset = r->n_spilled + r->spill.len,
        .len = (uint32_t)len,
        .n_rows = (uint16_t)block->n_rows,
        .is_strict = order == STRICT,
    };
    if (d->last != 0)
        pieces[d->last - 1].next = (uint32_t)r->n_pieces;
    else
        d->first = (uint32_t)r->n_pieces;
    d->last = (uint32_t)r->n_pieces;
    return WATTLE_OK;
}

/* Encodes a block as the next piece of a device. */
static int
put_block(struct regroup *r, size_t device, const struct block *block,
          enum order order, struct wattle_error *error)
{
    if (buffer_reserve(&r->spill, BLOCK_MAX_BYTES) != WATTLE_OK)
        return error_memory(error);
    size_t len = block_encode(r->kernels, block, true,
                              (uint8_t *)r->spill.data + r->spill.len);
    int status = add_piece(r, device, block, order, len, error);
    r->spill.len += len;
    if (status == WATTLE_OK && r->spill.len >= SPILL_BYTES)
        status = write_spill(r, error);
    return status;
}

/* Encodes what a device has on its pages, and empties them. */
static int
seal(struct regroup *r, size_t device, struct wattle_error *error)
{
    struct line *line = &r->lines[device];
    struct block *block = r->block;
    if (line->n_rows == 0)
        return WATTLE_OK;
    close_page(line);
    gather(line, block);
    enum order order = order_of(block->column[BLOCK_TIME], block->n_rows);
    if (order == UNSORTED) {
        sort_block(block);
        order = order_of(block->column[BLOCK_TIME], block->n_rows);
    }
    give_back(r, line->first);
    *line = (struct line){0};
    return put_block(r, device, block, order, error);
}

static int
seal_all(struct regroup *r, struct wattle_error *error)
{
    int status = WATTLE_OK;
    for (size_t i = 0; i < r->n_devices && status == WATTLE_OK; i++)
        status = seal(r, i, error);
    return status;
}

static void
add_kind(struct line_kinds *kinds, struct page_kind kind)
{
    kinds->any_columns |= kind.columns;
    kinds->all_columns &= kind.columns;
    kinds->has_notes |= kind.has_notes;
    if (kind.exponent < kinds->exponent)
        kinds->exponent = kind.exponent;
}

static int
add_page(struct regroup *r, size_t device, struct page_kind kind,
         int64_t time_ms, struct wattle_error *error)
{
    struct line *line = &r->lines[device];
    bool failed = false;
    bool is_small = line->first == NULL;
    struct page *page = take_page(r, is_small, &failed);
    if (page == NULL && !failed) {
        int status = seal_all(r, error);
        if (status != WATTLE_OK)
            return status;
        page = take_page(r, is_small, &failed);
        if (page == NULL && !failed) { /* all are of the other size */
            is_small = !is_small;
            page = take_page(r, is_small, &failed);
        }
    }
    if (page == NULL)
        return error_memory(error);
    *page =
        (struct page){.time_ms = time_ms, .kind = kind, .is_small = is_small};
    if (line->last != NULL) {
        close_page(line);
        line->last->next = page;
    }
    if (line->first == NULL) {
        line->first = page;
        line->kinds = (struct line_kinds){0, 0xff, kind.exponent, 0};
    }
    add_kind(&line->kinds, kind);
    line->last = page;
    line->kind = kind;
    line->next = page->rows;
    line->page_ms = time_ms;
    size_t n_bytes = (is_small ? SMALL_BYTES : PAGE_BYTES) - sizeof(*page);
    line->n_left = (uint32_t)(n_bytes / row_bytes(kind));
    if (line->n_left > BLOCK_ROWS - line->n_rows)
        line->n_left = BLOCK_ROWS - line->n_rows;
    return WATTLE_OK;
}

static bool
fits(const struct line *line, struct page_kind kind, int64_t time_ms)
{
    int64_t since = (int64_t)((uint64_t)time_ms - (uint64_t)line->page_ms);
    return line->n_left > 0 && memcmp(&line->kind, &kind, sizeof(kind)) == 0 &&
           (!kind.is_narrow || since == (int32_t)since);
}

/* Makes room for a row of a kind: a page, perhaps after sealing. */
static int
make_room(struct regroup *r, size_t device, struct page_kind kind,
          int64_t time_ms, struct wattle_error *error)
{
    int status = WATTLE_OK;
    if (r->lines[device].n_rows == BLOCK_ROWS)
        status = seal(r, device, error);
    return status == WATTLE_OK ? add_page(r, device, kind, time_ms, error)
                               : status;
}

static int
reserve(struct regroup *r, size_t n, struct wattle_error *error)
{
    if (n <= r->n_devices)
        return WATTLE_OK;
    struct line *lines =
        buffer_grow_array(r->lines, &r->line_cap, n, sizeof(*lines));
    struct device_pieces *devices =
        buffer_grow_array(r->devices, &r->device_cap, n, sizeof(*devices));
    r->lines = lines != NULL ? lines : r->lines;
    r->devices = devices != NULL ? devices : r->devices;
    if (lines == NULL || devices == NULL)
        return error_memory(error);
    memset(lines + r->n_devices, 0, (n - r->n_devices) * sizeof(*lines));
    memset(devices + r->n_devices, 0, (n - r->n_devices) * sizeof(*devices));
    r->n_devices = n;
    return WATTLE_OK;
}

/* Columns of a batch in the order of their bits, and what to times them by. */
struct row_source {
    const int64_t *column[WATTLE_N_COLUMNS];
    int64_t unit[WATTLE_N_COLUMNS];
    unsigned n;
    bool is_plain; /* three values, nothing else, units of 1 */
    struct page_kind kind;
};

/* Whether all values of a column have 32 bits. */
static bool
is_small_column(const int64_t *values, size_t n)
{
    uint64_t beyond = 0;
    for (size_t i = 0; i < n; i++)
        beyond |= (uint64_t)values[i] + (UINT64_C(1) << 31);
    return beyond >> 32 == 0;
}

static void
find_source(const struct batch *batch, struct row_source *source)
{
    struct wattle_batch view = batch_view(batch);
    unsigned exponent = batch->places == 9 ? BLOCK_NANO : BLOCK_MILLI;
    bool has_notes = !batch->is_uniform || batch->has_rounded;
    source->n = 0;
    source->kind = (struct page_kind){.columns = batch->columns,
                                      .exponent = (uint8_t)exponent,
                                      .has_notes = has_notes};
    for (int c = 0; c < WATTLE_N_COLUMNS; c++) {
        if (view.columns[c] == NULL)
            continue;
        int zeros = 9 - view.decimals[c] - (int)exponent;
        source->column[source->n] = view.columns[c];
        source->unit[source->n++] = decimal_power_of_ten(zeros);
    }
    source->is_plain = source->n + 1 == NARROW_WIDTH && !has_notes;
    for (unsigned k = 0; k < source->n && source->is_plain; k++)
        source->is_plain = source->unit[k] == 1;
    bool is_narrow = source->is_plain;
    for (unsigned k = 0; k < source->n && is_narrow; k++)
        is_narrow = is_small_column(source->column[k], batch->n_rows);
    source->kind.is_narrow = is_narrow;
}

/*
 * The usual rows: three values that are taken as they are. Adds rows from `i`
 * on as long as they fit; returns the first that does not.
 */
static inline __attribute__((always_inline)) size_t
add_plain(struct regroup *r, const struct batch *batch,
          const struct row_source *source, size_t i, bool is_narrow)
{
    const int64_t *a = source->column[0], *b = source->column[1];
    const int64_t *c = source->column[2];
    for (; i < batch->n_rows; i++) {
        struct line *line = &r->lines[batch->device[i]];
        if (!fits(line, source->kind, batch->time_ms[i]))
            break;
        if (is_narrow) {
            int32_t *to = line->next;
            to[0] = (int32_t)(batch->time_ms[i] - line->page_ms);
            to[1] = (int32_t)a[i];
            to[2] = (int32_t)b[i];
            to[3] = (int32_t)c[i];
            line->next = to + 4;
        } else {
            int64_t *to = line->next;
            to[0] = batch->time_ms[i];
            to[1] = a[i];
            to[2] = b[i];
            to[3] = c[i];
            line->next = to + 4;
        }
        line->n_left--;
        line->n_rows++;
    }
    return i;
}

/* A row of any other kind, where there is room for it. */
static void
add_row(struct line *line, const struct batch *batch,
        const struct row_source *source, size_t i)
{
    int64_t *to = line->next;
    *to++ = batch->time_ms[i];
    for (unsigned k = 0; k < source->n; k++)
        *to++ = source->column[k][i] * source->unit[k];
    if (source->kind.has_notes) {
        unsigned presence =
            batch->is_uniform ? batch->columns : batch->presence[i];
        unsigned rounded = batch->has_rounded ? batch->n_rounded[i] : 0;
        *to++ = presence | rounded << 8;
    }
    line->next = to;
    line->n_left--;
    line->n_rows++;
}

/* Adds rows from `i` on while they fit; returns the first that does not. */
static size_t
add_rows(struct regroup *r, const struct batch *batch,
         const struct row_source *source, size_t i)
{
    if (source->kind.is_narrow)
        return add_plain(r, batch, source, i, true);
    if (source->is_plain)
        return add_plain(r, batch, source, i, false);
    for (; i < batch->n_rows; i++) {
        struct line *line = &r->lines[batch->device[i]];
        if (!fits(line, source->kind, batch->time_ms[i]))
            break;
        add_row(line, batch, source, i);
    }
    return i;
}

int
regroup_add(struct regroup *r, const struct batch *batch,
            struct wattle_error *error)
{
    struct row_source source;
    uint32_t last = 0;
    for (size_t i = 0; i < batch->n_rows; i++)
        last = batch->device[i] > last ? batch->device[i] : last;
    int status = reserve(r, (size_t)last + 1, error);
    find_source(batch, &source);
    for (size_t i = 0; i < batch->n_rows && status == WATTLE_OK;) {
        i = add_rows(r, batch, &source, i);
        if (i < batch->n_rows)
            status = make_room(r, batch->device[i], source.kind,
                               batch->time_ms[i], error);
    }
    return status;
}

int
regroup_finish(struct regroup *r, struct wattle_error *error)
{
    int status = seal_all(r, error);
    free_slabs(r);
    if (status == WATTLE_OK && r->fd >= 0 && r->spill.len > 0)
        status = write_spill(r, error);
    if (r->fd >= 0)
        buffer_release(&r->spill);
    return status;
}

int
regroup_put(struct regroup *r, uint32_t device, const struct block *block,
            struct wattle_error *error)
{
    enum order order = order_of(block->column[BLOCK_TIME], block->n_rows);
    int status = reserve(r, (size_t)device + 1, error);
    return status == WATTLE_OK ? put_block(r, device, block, order, error)
                               : status;
}

const struct regroup_piece *
regroup_first(const struct regroup *r, uint32_t device)
{
    if (device >= r->n_devices || r->devices[device].first == 0)
        return NULL;
    return &r->pieces[r->devices[device].first - 1];
}

const struct regroup_piece *
regroup_next(const struct regroup *r, const struct regroup_piece *piece)
{
    return piece->next != 0 ? &r->pieces[piece->next - 1] : NULL;
}

void
regroup_reader_release(struct regroup_reader *reader)
{
    free(reader->windows);
    free(reader->room);
    *reader = (struct regroup_reader){NULL, NULL};
}

static int
make_room_to_read(struct regroup_reader *reader, struct wattle_error *error)
{
    if (reader->room == NULL)
        reader->room = malloc(BLOCK_MAX_BYTES);
    if (reader->windows == NULL)
        reader->windows = calloc(N_WINDOWS, sizeof(*reader->windows));
    return reader->room != NULL && reader->windows != NULL
               ? WATTLE_OK
               : error_memory(error);
}

/* Copies bytes out of a window, which is read if it is not there. */
static int
copy_from_window(const struct regroup *r, struct regroup_reader *reader,
                 uint64_t offset, size_t len, uint8_t *to,
                 struct wattle_error *error)
{
    uint64_t number = offset / WINDOW_BYTES;
    uint64_t begin = number * WINDOW_BYTES;
    struct regroup_window *w =
        &reader->windows[(number ^ r->serial) % N_WINDOWS];
    if (w->regroup != r->serial || w->number != number) {
        uint64_t left = r->n_spilled - begin;
        w->regroup = 0;
        int status = temp_file_read(
            r->fd, begin, w->bytes,
            left < WINDOW_BYTES ? (size_t)left : (size_t)WINDOW_BYTES, error);
        if (status != WATTLE_OK)
            return status;
        w->regroup = r->serial;
        w->number = number;
    }
    memcpy(to, w->bytes + (offset - begin), len);
    return WATTLE_OK;
}

/* The bytes of a piece that is in the file. */
static int
fetch(const struct regroup *r, const struct regroup_piece *piece,
      struct regroup_reader *reader, struct wattle_error *error)
{
    uint64_t end = piece->offset + piece->len;
    uint64_t border = (piece->offset / WINDOW_BYTES + 1) * WINDOW_BYTES;
    if (piece->len >= 1024) /* worth a call of its own */
        return temp_file_read(r->fd, piece->offset, reader->room, piece->len,
                              error);
    uint64_t first = end < border ? piece->len : border - piece->offset;
    int status = copy_from_window(r, reader, piece->offset, (size_t)first,
                                  reader->room, error);
    if (status == WATTLE_OK && first < piece->len)
        status =
            copy_from_window(r, reader, border, (size_t)(piece->len - first),
                             reader->room + first, error);
    return status;
}

int
regroup_read(const struct regroup *r, const struct regroup_piece *piece,
             struct regroup_reader *reader, struct block *block,
             struct wattle_error *error)
{
    const uint8_t *bytes = (const uint8_t *)r->spill.data + piece->offset;
    if (r->fd >= 0) {
        int status = make_room_to_read(reader, error);
        if (status == WATTLE_OK)
            status = fetch(r, piece, reader, error);
        if (status != WATTLE_OK)
            return status;
        bytes = reader->room;
    }
    if (!block_decode(r->kernels, bytes, piece->len, piece->n_rows, UINT32_MAX,
                      block))
        return error_set(error, WATTLE_ERR_IO,
                         "a temporary file has lost what was written to it");
    return WATTLE_OK;
}
