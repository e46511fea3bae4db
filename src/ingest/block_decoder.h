/*
 * block_decoder.h - text in, blocks of readings out: the two paths of ingest.
 *
 * Rows whose shape has an approved layout are decoded by a kernel, all
 * others by the reference parser, in the same block and in the same order.
 * Belongs to one worker; keeps its own device registry.
 */
#ifndef INGEST_BLOCK_DECODER_H
#define INGEST_BLOCK_DECODER_H

#include "base/stage_clock.h"
#include "ingest/layout_builder.h"
#include "ingest/record_parser.h"
#include "ingest/reject_log.h"
#include "model/batch.h"
#include "model/registry.h"
#include "simd/kernels.h"

struct block_decoder {
    /* given */
    const struct kernels *kernels;
    bool no_memo;
    struct registry *registry;
    struct reject_log *rejects;
    struct stage_clock *clock; /* NULL = do not measure */
    struct wattle_error *error;
    /* the file */
    const struct schema *schema;
    uint32_t source;
    uint64_t line;  /* LF bytes before the text of the next call */
    bool counts_cr; /* lines end with CR, too */
    /* results, summed over calls */
    uint64_t n_lines; /* data lines */
    uint64_t n_fast_rows, n_slow_rows;
    struct batch batch; /* of the last call */
    /* own */
    struct layout_plan plan;
    void *table_store;
    struct row_layout *table;   /* [LAYOUT_SLOTS], aligned, in table_store */
    bool table_is_civil;        /* all its times are civil and UTC */
    bool is_all_fast;           /* no row of the block needed repair */
    struct row_layout deferred; /* to put in when the block is done */
    struct decoded_rows *decoded;
    struct record_parser *parser;
    bool is_open;   /* the file ended inside the quotes of its last record */
    bool is_inside; /* a record longer than its text is being read */
    uint64_t inside_line;
    uint64_t inside_len; /* bytes of it so far */
    struct buffer inside_raw;
    uint32_t *successor; /* by device: the device seen after it last time */
    size_t successor_cap;
    uint32_t previous;
    uint32_t memo_date;
    int64_t memo_day_ms;
    uint32_t starts[KERNEL_ROWS + 1];
    int64_t unused[KERNEL_ROWS]; /* numbers that the file does not have */
};

/* A decoder on the heap; NULL = no memory. */
struct block_decoder *block_decoder_new(const struct kernels *kernels,
                                        bool no_memo, struct registry *registry,
                                        struct reject_log *rejects);
void block_decoder_free(struct block_decoder *decoder);

/* The text that follows is of this file, from line `line` (0 = first) on. */
void block_decoder_begin(struct block_decoder *decoder,
                         const struct schema *schema, uint32_t source,
                         uint64_t line);

/* LF bytes before the record that is next, or that is being read. */
static inline uint64_t
block_decoder_line(const struct block_decoder *decoder)
{
    return decoder->is_inside ? decoder->inside_line : decoder->line;
}

/* Text to decode; KERNEL_SLACK bytes behind it are readable. */
struct block_text {
    const uint8_t *bytes; /* starts where a record starts (or goes on) */
    size_t len;
    size_t limit;   /* only records that start before this offset */
    bool is_at_end; /* the file ends behind it */
};

/*
 * Decodes up to BATCH_ROWS rows into decoder->batch. *used tells the bytes
 * done with; 0 means that the text holds no whole record and more of it is
 * needed. 0 or a negative status.
 */
int block_decoder_decode(struct block_decoder *decoder,
                         const struct block_text *text, size_t *used);

#endif
