/*
 * format.h - what a text can be, and who makes batches of readings of it.
 *
 * A format is a constant in a file of its own and a line in format_list.c. It
 * looks at the first bytes of a text and says how sure it is (probe); the
 * surest one reads the text (open). What it found out is a struct recognition,
 * which all threads that read the text share.
 *
 * No format opens a file: texts come from the room input, views of them from
 * its readers.
 */
#ifndef FORMATS_FORMAT_H
#define FORMATS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/stage_clock.h"
#include "formats/reject_log.h"
#include "model/batch.h"
#include "model/registry.h"
#include "simd/kernels.h"
#include "wattle/error.h"

struct format;
struct decoder;
struct local_history;
struct local_states;

/* The first bytes of a text. CR that end lines are LF already. */
struct format_sample {
    const uint8_t *bytes;
    size_t len;
    bool is_whole;    /* the text has no more */
    bool has_bare_cr; /* lines of the text end with CR, here and there or all */
};

/* What a caller says about all texts. */
struct format_options {
    int value_kind; /* enum wattle_value_kind */
};

/* What was found out about a text. */
struct recognition {
    const struct format *format;
    int certainty;        /* 1 .. 100 */
    uint64_t data_offset; /* of the first byte behind the header, in the text */
    uint64_t header_lines;
    bool has_open_header;  /* the header line has no end yet */
    int value_kind;        /* enum wattle_value_kind when it matters, or 0 */
    bool is_value_assumed; /* neither the caller nor the text says it */
    /* where it is known how the text was read before; both borrowed */
    const struct wattle_zone *zone; /* NULL = that of all texts */
    const struct local_history *history;
    void *dialect; /* the format's own; owned */
};

void format_recognition_release(struct recognition *recognition);

/* Where a decoder begins. */
struct decoder_place {
    uint32_t source;                /* number for rejects */
    uint64_t line;                  /* LF bytes of the text before it */
    bool counts_cr;                 /* lines end with CR, too */
    bool is_start;                  /* no record of the text is before it */
    const struct wattle_zone *zone; /* of times without an offset; NULL = UTC */
    /* where the records before it have come to, of a text that goes on; NULL =
     * there are none, or it is not known */
    const struct local_history *history;
};

/* Text to decode; KERNEL_SLACK bytes behind it are readable. */
struct block_text {
    const uint8_t *bytes; /* starts where a record starts (or goes on) */
    size_t len;
    size_t limit;   /* only records that start before this offset */
    bool is_at_end; /* the text ends behind it */
};

/* What a decoder works with; borrowed. */
struct decoder_setup {
    const struct kernels *kernels;
    bool no_cache;
    struct registry *registry; /* gets the devices */
    struct reject_log *rejects;
    struct stage_clock *clock; /* NULL = do not measure */
    struct wattle_error *error;
};

struct decoder_ops {
    /* The text that follows is of a file that was recognised as this. */
    void (*begin)(struct decoder *decoder,
                  const struct recognition *recognition,
                  const struct decoder_place *place);
    /*
     * Decodes up to BATCH_ROWS rows into decoder->batch. *used tells the bytes
     * done with; 0 means that the text holds no whole record and more of it is
     * needed. 0, or a negative status with setup.error set.
     */
    int (*next)(struct decoder *decoder, const struct block_text *text,
                size_t *used);
    /*
     * Adds where the devices of the text have come to, if it is one whose times
     * need that: see local_clock.h. 0 or WATTLE_ERR_MEMORY. NULL = none does.
     */
    int (*save_states)(const struct decoder *decoder,
                       struct local_states *states);
    void (*close)(struct decoder *decoder);
};

/* One worker's decoder of a format; the format's own begins with it. */
struct decoder {
    const struct decoder_ops *ops;
    struct decoder_setup setup;
    /* results, summed over calls */
    uint64_t n_lines; /* data lines */
    uint64_t n_fast_rows, n_slow_rows;
    /* of this text */
    bool has_local_times; /* some have no offset */
    bool lacks_context;   /* a time that occurs twice needs a record before the
                             text: see local_clock.h */
    struct batch batch;   /* of the last call */
    /* where it is in the text */
    uint64_t line;        /* LF bytes before the record that is next */
    bool is_open;         /* the text ended inside its last record */
    bool is_inside;       /* a record longer than its text is being read */
    uint64_t inside_len;  /* bytes of it so far */
    uint64_t inside_line; /* LF bytes before it */
};

/* LF bytes before the record that is next, or that is being read. */
static inline uint64_t
decoder_line(const struct decoder *decoder)
{
    return decoder->is_inside ? decoder->inside_line : decoder->line;
}

/* What a format can do. */
enum {
    FORMAT_SPLITS = 1 /* several threads may read parts of one text */
};

struct format {
    const char *name; /* "csv" */
    const char *title;
    const char *name_end; /* ".csv": of the files that a folder is read for */
    unsigned traits;
    /*
     * Looks at a sample. WATTLE_OK with *found filled in; WATTLE_ERR_FORMAT
     * with a message that says why not, and certainty how likely the text was
     * meant to be of this format; or WATTLE_ERR_MEMORY. `found` is empty
     * before, and to be released in any case.
     */
    int (*probe)(const struct format_sample *sample,
                 const struct format_options *options,
                 struct recognition *found, struct wattle_error *error);
    void (*release_dialect)(void *dialect);
    /*
     * Where the kind of values matters (recognition->value_kind is not 0): says
     * what they are, before anything is read. NULL: it never matters.
     */
    void (*set_value_kind)(void *dialect, int value_kind);
    /* NULL = no memory. */
    struct decoder *(*open)(const struct decoder_setup *setup);
    /*
     * Where the first record that begins in the text begins, if it is guessed
     * right; SIZE_MAX = none does. Only with FORMAT_SPLITS.
     */
    size_t (*find_record)(const uint8_t *text, size_t len);
};

/* All formats, the end marked by NULL. */
extern const struct format *const format_list[];

/* The most formats there are. */
enum { FORMATS_MAX = 64 };

/* The place of a format in the list. */
size_t format_number(const struct format *format);

/*
 * Whether a file of this name in a folder is read, without what packing has
 * added; and the same for people.
 */
bool formats_take_name(const char *name, size_t len);
#define FORMATS_NAMES "*.csv"

/*
 * Recognises a text. WATTLE_OK; WATTLE_ERR_FORMAT with a message for people
 * when no format can read it, or WATTLE_ERR_MEMORY. Release it in any case.
 */
int formats_recognise(const struct format_sample *sample,
                      const struct format_options *options,
                      struct recognition *found, struct wattle_error *error);

#endif
