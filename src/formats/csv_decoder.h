/*
 * csv_decoder.h - CSV text in, blocks of readings out, on two paths.
 *
 * Rows whose shape has an approved template are decoded by a kernel, all
 * others by the reference parser, in the same block and in the same order.
 * Belongs to one worker; keeps its own device registry.
 */
#ifndef FORMATS_CSV_DECODER_H
#define FORMATS_CSV_DECODER_H

#include "formats/format.h"
#include "formats/local_clock.h"
#include "formats/template_builder.h"
#include "formats/record_parser.h"

/* What the times of all templates in a table are, when they are alike. */
enum table_time {
    TABLE_EMPTY,
    TABLE_UTC,   /* civil, and UTC */
    TABLE_LOCAL, /* civil, without an offset */
    TABLE_MIXED
};

/* When a date begins. */
struct known_day {
    uint32_t key; /* see date_key */
    int64_t day_ms;
};

enum { CSV_DECODER_DAYS = 64 };

struct csv_decoder {
    struct decoder base; /* first: what all formats have */
    /* the file */
    const struct csv_schema *schema;
    uint32_t source;
    bool counts_cr; /* lines end with CR, too */
    /* own */
    struct template_plan plan;
    void *table_store;
    struct row_template *table; /* [TEMPLATE_SLOTS], aligned, in table_store */
    enum table_time table_time;
    bool is_all_fast;             /* no row of the block needed repair */
    struct row_template deferred; /* to put in when the block is done */
    struct decoded_rows *decoded;
    struct record_parser *parser;
    struct buffer inside_raw; /* what is kept of a long record */
    uint32_t *successor; /* by device: the device seen after it last time */
    size_t successor_cap;
    uint32_t previous;
    /* a date seen last, and its begin in UTC; of times without an offset or not
     */
    uint32_t memo_date; /* 0 = none */
    uint32_t memo_key;  /* see date_key */
    bool memo_is_local;
    int64_t memo_day_ms;
    struct known_day days[CSV_DECODER_DAYS]; /* by date; key 0 = none */
    bool has_clock; /* times without an offset are not UTC */
    bool has_local_rows;
    struct local_clock clock;
    uint8_t is_local[KERNEL_ROWS]; /* rows for it; when has_local_rows */
    uint32_t starts[KERNEL_ROWS + 1];
    int64_t unused[KERNEL_ROWS]; /* numbers that the file does not have */
};

/* A decoder on the heap; NULL = no memory. Closed by its ops. */
struct csv_decoder *csv_decoder_new(const struct decoder_setup *setup);

#endif
