/*
 * block_check.h - whether what was decoded is plausible.
 *
 * A checksum finds damage, not somebody who means harm: a person who writes a
 * value can write its checksum. So every block and summary passes here before
 * anybody computes with it. What passes is within the limits of input
 * (docs/input.md), and sums of it fit where they are kept.
 */
#ifndef CODEC_BLOCK_CHECK_H
#define CODEC_BLOCK_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "codec/block.h"
#include "codec/summary.h"

/* Data lines that one reading may stand for. */
#define BLOCK_MAX_LINES (INT64_C(1) << 40)

/*
 * Checks a block that was decoded. `columns` are those that it was stored with;
 * with values, presence is among those decoded. What fills the place of absent
 * values means nothing: it becomes 0 when it is out of range.
 */
bool block_check(const struct kernels *kernels, struct block *block,
                 unsigned columns);

/* What is known of the chunk that a summary belongs to. */
struct summary_frame {
    int64_t first_ms, last_ms;
    uint64_t n_readings;
};

/* Checks a summary that was decoded: it must be one of such a chunk. */
bool summary_check(const struct summary *summary,
                   const struct summary_frame *frame);

#endif
