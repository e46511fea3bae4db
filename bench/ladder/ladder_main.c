/*
 * ladder_main.c - the work of the Python monitor in C, with each technique
 * that makes wattle fast as a switch, so that its worth can be measured.
 *
 *     ladder FOLDER [--SWITCH VALUE ...]
 *
 * It stands between bench/before/monitor.py and wattle: with all switches at
 * their defaults it is the plain translation of the monitor; with all at
 * their last values it is a small, scalar sketch of wattle. It reads what
 * `wattle generate` writes and is no tool for anything else. Energy and first
 * and last instants, which wattle tells, are asked here, too; the monitor does
 * not have them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ladder_answer.h"
#include "ladder_lines.h"
#include "ladder_options.h"
#include "ladder_row.h"
#include "ladder_tally.h"

struct ladder {
    struct ladder_options options;
    struct ladder_lines lines;
    struct ladder_row_parser parser;
    struct ladder_tally tally;
    struct ladder_block **blocks;
    size_t n_blocks, cap;
};

static double
now_s(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* A new block at the end of the list. */
static struct ladder_block *
add_block(struct ladder *ladder)
{
    if (ladder->n_blocks == ladder->cap) {
        ladder->cap = ladder->cap > 0 ? 2 * ladder->cap : 64;
        ladder->blocks = realloc(ladder->blocks,
                                 ladder->cap * sizeof(struct ladder_block *));
        if (ladder->blocks == NULL)
            ladder_options_fail("out of memory");
    }
    struct ladder_block *block = malloc(sizeof(*block));
    if (block == NULL)
        ladder_options_fail("out of memory");
    block->n = 0;
    ladder->blocks[ladder->n_blocks++] = block;
    return block;
}

/* Reads rows into a block; it is left short at the end of the input. */
static void
fill(struct ladder *ladder, struct ladder_block *block)
{
    struct ladder_row row;
    block->n = 0;
    while (block->n < LADDER_BLOCK_ROWS) {
        const char *line = ladder_lines_next(&ladder->lines);
        if (line == NULL)
            return;
        if (!ladder_row_parse(&ladder->parser, line, &row))
            ladder_lines_fail(&ladder->lines);
        ladder_tally_place(&ladder->tally, block, block->n++, &row);
    }
}

/* All readings first, then all questions. */
static void
load_all(struct ladder *ladder, double *load_s, double *analytics_s)
{
    double began_s = now_s();
    struct ladder_block *block;
    do {
        block = add_block(ladder);
        fill(ladder, block);
    } while (block->n == LADDER_BLOCK_ROWS);
    double loaded_s = now_s();
    ladder_tally_add(&ladder->tally, ladder->blocks, ladder->n_blocks);
    *load_s = loaded_s - began_s;
    *analytics_s = now_s() - loaded_s;
}

/* A block is read, its questions answered, and the next one takes its place. */
static void
go_block_by_block(struct ladder *ladder)
{
    struct ladder_block *block = add_block(ladder);
    do {
        fill(ladder, block);
        ladder_tally_add(&ladder->tally, ladder->blocks, 1);
    } while (block->n == LADDER_BLOCK_ROWS);
}

static void
release(struct ladder *ladder)
{
    for (size_t i = 0; i < ladder->n_blocks; i++)
        free(ladder->blocks[i]);
    free(ladder->blocks);
    ladder_lines_close(&ladder->lines);
    ladder_tally_release(&ladder->tally);
    free(ladder);
}

int
main(int argc, char **argv)
{
    struct ladder_options options = ladder_options_read(argc, argv);
    struct ladder *ladder = calloc(1, sizeof(*ladder));
    double load_s = -1, analytics_s = -1;
    if (ladder == NULL)
        ladder_options_fail("out of memory");
    ladder->options = options;
    ladder_lines_open(&ladder->lines, &options);
    ladder_row_parser_init(&ladder->parser, &options);
    ladder_tally_init(&ladder->tally, &options);
    if (options.keep == LADDER_KEEP_ALL)
        load_all(ladder, &load_s, &analytics_s);
    else
        go_block_by_block(ladder);
    if (ladder->tally.n_disordered > 0)
        ladder_options_fail("readings of a device are not in ascending time");
    ladder_answer_print(&ladder->tally, &ladder->parser, load_s, analytics_s);
    release(ladder);
    return fflush(stdout) == 0 ? 0 : 2;
}
