/*
 * row_pages.c - pages of rows.
 *
 * A row on a page is its time and its values, side by side: one cache line is
 * touched for it, however many devices take turns. All rows of a page are of
 * one kind; ordinary rows (every column there, nothing rounded) need no more
 * than that, others carry presence and rounding as well. Memory is what limits
 * it, so ordinary rows of three small values have 16 bytes.
 */
#include "sort/row_pages.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/buffer.h"
#include "base/decimal.h"

#define PAGE_BYTES  2048
#define SMALL_BYTES 256               /* a device's first page */
#define SLAB_BYTES  ((size_t)2 << 20) /* a huge page */

/* Numbers of a narrow row: its time and three values. */
#define NARROW_WIDTH 4

/* What all rows of a page have in common. */
struct page_kind {
    uint32_t columns;  /* measures that a row has room for */
    uint8_t exponent;  /* BLOCK_MILLI or BLOCK_NANO */
    uint8_t has_notes; /* rows end with presence and rounding */
    uint8_t is_narrow; /* rows are of int32_t, times from the page's on */
    uint8_t unused;    /* 0: kinds are compared as bytes */
};

struct page {
    struct page *next;
    int64_t time_ms; /* of its first row */
    struct page_kind kind;
    uint16_t n_rows; /* set by close_page */
    bool is_small;
    int64_t rows[];
};

_Static_assert(sizeof(struct page) == 32, "rows are aligned");

/* The kinds of some pages, taken together. */
struct rows_kinds {
    uint32_t any_columns, all_columns; /* on one page, on all of them */
    uint8_t exponent;                  /* the finest */
    uint8_t has_notes;                 /* one of them */
};

/* The rows of one device that are on pages. */
struct device_rows {
    void *next;            /* where the next row goes */
    int64_t page_ms;       /* time of the last page */
    uint32_t n_left;       /* rows that fit it */
    struct page_kind kind; /* of it */
    uint32_t n_rows;       /* on all its pages */
    struct rows_kinds kinds;
    struct page *first, *last;
};

/* Columns of a batch in the order of their bits, and what to times them by. */
struct row_source {
    const struct batch *batch;
    const int64_t *column[MEASURE_N];
    int64_t unit[MEASURE_N];
    unsigned n;
    bool is_plain; /* three values, nothing else, units of 1 */
    struct page_kind kind;
};

struct row_pages {
    const struct kernels *kernels;
    struct device_rows *devices; /* of the devices */
    size_t n_devices, device_cap;
    void **slabs;
    size_t n_slabs, slab_cap, max_slabs;
    size_t n_used; /* bytes of the last slab */
    struct page *free_pages, *free_small;
    struct row_source source; /* what is being added */
};

struct row_pages *
row_pages_new(const struct kernels *kernels, size_t max_bytes)
{
    struct row_pages *p = calloc(1, sizeof(*p));
    if (p == NULL)
        return NULL;
    p->kernels = kernels;
    p->max_slabs = max_bytes / SLAB_BYTES + 1;
    return p;
}

void
row_pages_free(struct row_pages *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->n_slabs; i++)
        free(p->slabs[i]);
    free(p->slabs);
    free(p->devices);
    free(p);
}

static bool
add_slab(struct row_pages *p)
{
    void **slabs = buffer_grow_array(p->slabs, &p->slab_cap, p->n_slabs + 1,
                                     sizeof(*slabs));
    if (slabs == NULL)
        return false;
    p->slabs = slabs;
    void *slab = aligned_alloc(SLAB_BYTES, SLAB_BYTES);
    if (slab == NULL)
        return false;
    madvise(slab, SLAB_BYTES, MADV_HUGEPAGE);
    slabs[p->n_slabs++] = slab;
    p->n_used = 0;
    return true;
}

/* A page, or NULL: none is allowed, or, with *failed, there is no memory. */
static struct page *
take_page(struct row_pages *p, bool is_small, bool *failed)
{
    const size_t size = is_small ? SMALL_BYTES : PAGE_BYTES;
    struct page **list = is_small ? &p->free_small : &p->free_pages;
    struct page *page = *list;
    if (page != NULL) {
        *list = page->next;
        return page;
    }
    if (p->n_slabs == 0 || p->n_used + size > SLAB_BYTES) {
        if (p->n_slabs == p->max_slabs)
            return NULL;
        *failed = !add_slab(p);
        if (*failed)
            return NULL;
    }
    char *slab = p->slabs[p->n_slabs - 1];
    p->n_used += size;
    return (struct page *)(void *)(slab + p->n_used - size);
}

static void
give_back(struct row_pages *p, struct page *page)
{
    while (page != NULL) {
        struct page *next = page->next;
        struct page **list = page->is_small ? &p->free_small : &p->free_pages;
        page->next = *list;
        *list = page;
        page = next;
    }
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
close_page(struct device_rows *rows)
{
    struct page *page = rows->last;
    size_t n_bytes = (size_t)((char *)rows->next - (char *)page->rows);
    page->n_rows = (uint16_t)(n_bytes / row_bytes(page->kind));
}

/* Of a page with narrow rows. */
static void
gather_narrow(const struct kernels *kernels, const struct page *page,
              struct block *block)
{
    const int32_t unit = page->kind.exponent == block->exponent ? 1 : 1000000;
    const size_t at = block->n_rows, n = page->n_rows;
    int64_t *to[NARROW_WIDTH - 1];
    size_t n_values = 0;
    for (int c = 0; c < MEASURE_N; c++) {
        int64_t *column = block->column[BLOCK_VALUE + c] + at;
        if ((page->kind.columns & MEASURE_BIT(c)) != 0)
            to[n_values++] = column;
        else if ((block->columns & BLOCK_BIT(BLOCK_VALUE + c)) != 0)
            memset(column, 0, n * sizeof(*column));
    }
    kernels->transpose((const int32_t *)(const void *)page->rows, n,
                       page->time_ms, unit, block->column[BLOCK_TIME] + at,
                       to[0], to[1], to[2]);
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
    for (int c = 0; c < MEASURE_N; c++) {
        int64_t *to = block->column[BLOCK_VALUE + c] + at;
        bool is_there = (page->kind.columns & MEASURE_BIT(c)) != 0;
        if ((block->columns & BLOCK_BIT(BLOCK_VALUE + c)) == 0)
            continue;
        for (size_t i = 0; i < page->n_rows; i++)
            to[i] = is_there ? word[i * n_words] * unit : 0;
        word += is_there ? 1 : 0;
    }
    if (!page->kind.has_notes)
        return;
    for (size_t i = 0; i < page->n_rows; i++) {
        block->column[BLOCK_PRESENCE][at + i] = word[i * n_words] & MEASURE_ALL;
        block->column[BLOCK_ROUNDED][at + i] = word[i * n_words] >> 32;
    }
}

/* One page's rows go behind those of the block. */
static void
gather_page(const struct kernels *kernels, const struct page *page,
            struct block *block)
{
    size_t at = block->n_rows, n = page->n_rows;
    bool has_notes = page->kind.has_notes != 0;
    if (page->kind.is_narrow)
        gather_narrow(kernels, page, block);
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
gather(const struct kernels *kernels, const struct device_rows *rows,
       struct block *block)
{
    const struct rows_kinds *kinds = &rows->kinds;
    block->n_rows = 0;
    block->exponent = kinds->exponent;
    block->columns = BLOCK_BIT(BLOCK_TIME) | (unsigned)kinds->any_columns
                                                 << BLOCK_VALUE;
    if (kinds->has_notes || kinds->any_columns != kinds->all_columns)
        block->columns |= BLOCK_BIT(BLOCK_PRESENCE);
    if (kinds->has_notes)
        block->columns |= BLOCK_BIT(BLOCK_ROUNDED);
    for (const struct page *page = rows->first; page; page = page->next) {
        /* the next one has left the caches long ago */
        const char *next = (const char *)page->next;
        for (size_t i = 0; next != NULL && i < PAGE_BYTES; i += 64)
            __builtin_prefetch(next + i);
        gather_page(kernels, page, block);
    }
}

void
row_pages_take(struct row_pages *p, size_t device, struct block *block)
{
    struct device_rows *rows = &p->devices[device];
    close_page(rows);
    gather(p->kernels, rows, block);
    give_back(p, rows->first);
    *rows = (struct device_rows){0};
}

size_t
row_pages_rows(const struct row_pages *p, size_t device)
{
    return device < p->n_devices ? p->devices[device].n_rows : 0;
}

static void
add_kind(struct rows_kinds *kinds, struct page_kind kind)
{
    kinds->any_columns |= kind.columns;
    kinds->all_columns &= kind.columns;
    kinds->has_notes |= kind.has_notes;
    if (kind.exponent < kinds->exponent)
        kinds->exponent = kind.exponent;
}

static void
begin_page(struct device_rows *rows, struct page *page, struct page_kind kind,
           int64_t time_ms)
{
    if (rows->last != NULL) {
        close_page(rows);
        rows->last->next = page;
    } else {
        rows->first = page;
        rows->kinds = (struct rows_kinds){0, MEASURE_ALL, kind.exponent, 0};
    }
    add_kind(&rows->kinds, kind);
    rows->last = page;
    rows->kind = kind;
    rows->next = page->rows;
    rows->page_ms = time_ms;
    size_t n_bytes =
        (page->is_small ? SMALL_BYTES : PAGE_BYTES) - sizeof(*page);
    rows->n_left = (uint32_t)(n_bytes / row_bytes(kind));
    if (rows->n_left > BLOCK_ROWS - rows->n_rows)
        rows->n_left = BLOCK_ROWS - rows->n_rows;
}

int
row_pages_make_room(struct row_pages *p, size_t row, bool is_empty)
{
    const struct row_source *source = &p->source;
    struct device_rows *rows = &p->devices[source->batch->device[row]];
    int64_t time_ms = source->batch->time_ms[row];
    bool is_small = rows->first == NULL, failed = false;
    struct page *page = take_page(p, is_small, &failed);
    if (page == NULL && !failed && is_empty) { /* all are of the other size */
        is_small = !is_small;
        page = take_page(p, is_small, &failed);
    }
    if (page == NULL)
        return failed ? WATTLE_ERR_MEMORY : ROW_PAGES_FULL;
    *page = (struct page){
        .time_ms = time_ms, .kind = source->kind, .is_small = is_small};
    begin_page(rows, page, source->kind, time_ms);
    return WATTLE_OK;
}

static bool
fits(const struct device_rows *rows, struct page_kind kind, int64_t time_ms)
{
    int64_t since = (int64_t)((uint64_t)time_ms - (uint64_t)rows->page_ms);
    return rows->n_left > 0 && memcmp(&rows->kind, &kind, sizeof(kind)) == 0 &&
           (!kind.is_narrow || since == (int32_t)since);
}

/* Whether all values of a column, less `from`, have 32 bits. */
static bool
is_small_column(const int64_t *values, size_t n, int64_t from)
{
    uint64_t beyond = 0;
    for (size_t i = 0; i < n; i++)
        beyond |= (uint64_t)values[i] - (uint64_t)from + (UINT64_C(1) << 31);
    return beyond >> 32 == 0;
}

static void
find_source(const struct batch *batch, struct row_source *source)
{
    struct batch_view view = batch_view(batch);
    unsigned exponent = batch->places == 9 ? BLOCK_NANO : BLOCK_MILLI;
    bool has_notes = !batch->is_uniform || batch->has_rounded;
    source->batch = batch;
    source->n = 0;
    source->kind = (struct page_kind){.columns = batch->columns,
                                      .exponent = (uint8_t)exponent,
                                      .has_notes = has_notes};
    for (int c = 0; c < MEASURE_N; c++) {
        if (view.columns[c] == NULL)
            continue;
        int zeros = 9 - view.decimals[c] - (int)exponent;
        source->column[source->n] = view.columns[c];
        source->unit[source->n++] = decimal_power_of_ten(zeros);
    }
    source->is_plain = source->n + 1 == NARROW_WIDTH && !has_notes;
    for (unsigned k = 0; k < source->n && source->is_plain; k++)
        source->is_plain = source->unit[k] == 1;
    /* times far apart would begin a page each */
    bool is_narrow =
        source->is_plain &&
        is_small_column(batch->time_ms, batch->n_rows, batch->time_ms[0]);
    for (unsigned k = 0; k < source->n && is_narrow; k++)
        is_narrow = is_small_column(source->column[k], batch->n_rows, 0);
    source->kind.is_narrow = is_narrow;
}

int
row_pages_begin(struct row_pages *p, const struct batch *batch,
                size_t n_devices)
{
    find_source(batch, &p->source);
    if (n_devices <= p->n_devices)
        return WATTLE_OK;
    struct device_rows *devices = buffer_grow_array(
        p->devices, &p->device_cap, n_devices, sizeof(*devices));
    if (devices == NULL)
        return WATTLE_ERR_MEMORY;
    p->devices = devices;
    memset(devices + p->n_devices, 0,
           (n_devices - p->n_devices) * sizeof(*devices));
    p->n_devices = n_devices;
    return WATTLE_OK;
}

/*
 * The usual rows: three values that are taken as they are. Adds rows from `i`
 * on as long as they fit; returns the first that does not.
 */
static inline __attribute__((always_inline)) size_t
add_plain(struct row_pages *p, size_t i, bool is_narrow)
{
    /* copies: rows that are written might be any of this */
    const struct row_source source = p->source;
    const struct batch *batch = source.batch;
    const int64_t *a = source.column[0], *b = source.column[1];
    const int64_t *c = source.column[2];
    struct device_rows *devices = p->devices;
    const size_t n = batch->n_rows;
    for (; i < n; i++) {
        struct device_rows *rows = &devices[batch->device[i]];
        if (!fits(rows, source.kind, batch->time_ms[i]))
            break;
        /* the cache line after this one, before its turn comes */
        if ((uintptr_t)rows->next % 64 == 0)
            __builtin_prefetch((const char *)rows->next + 64, 1);
        if (is_narrow) {
            int32_t *to = rows->next;
            to[0] = (int32_t)(batch->time_ms[i] - rows->page_ms);
            to[1] = (int32_t)a[i];
            to[2] = (int32_t)b[i];
            to[3] = (int32_t)c[i];
            rows->next = to + 4;
        } else {
            int64_t *to = rows->next;
            to[0] = batch->time_ms[i];
            to[1] = a[i];
            to[2] = b[i];
            to[3] = c[i];
            rows->next = to + 4;
        }
        rows->n_left--;
        rows->n_rows++;
    }
    return i;
}

/* A row of any other kind, where there is room for it. */
static void
add_row(struct device_rows *rows, const struct row_source *source, size_t i)
{
    const struct batch *batch = source->batch;
    int64_t *to = rows->next;
    *to++ = batch->time_ms[i];
    for (unsigned k = 0; k < source->n; k++)
        *to++ = source->column[k][i] * source->unit[k];
    if (source->kind.has_notes) {
        int64_t presence =
            batch->is_uniform ? batch->columns : batch->presence[i];
        int64_t rounded = batch->has_rounded ? batch->n_rounded[i] : 0;
        *to++ = presence | rounded << 32;
    }
    rows->next = to;
    rows->n_left--;
    rows->n_rows++;
}

size_t
row_pages_add(struct row_pages *p, size_t i)
{
    const struct row_source *source = &p->source;
    const struct batch *batch = source->batch;
    if (source->kind.is_narrow)
        return add_plain(p, i, true);
    if (source->is_plain)
        return add_plain(p, i, false);
    for (; i < batch->n_rows; i++) {
        struct device_rows *rows = &p->devices[batch->device[i]];
        if (!fits(rows, source->kind, batch->time_ms[i]))
            break;
        add_row(rows, source, i);
    }
    return i;
}
