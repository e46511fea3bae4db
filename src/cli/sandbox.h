/*
 * sandbox.h - what a command that only reads gives up before it reads.
 *
 * Files come from anywhere. When its arguments are known, a command says which
 * files it will still open; Landlock keeps the kernel from opening others, and
 * a seccomp filter refuses new programs and connections. So what a file might
 * make of the program ends there. Kernels without one of them do without.
 *
 * The environment variable WATTLE_SANDBOX says "off" to do without, or
 * "require" to fail where the kernel has not both.
 */
#ifndef CLI_SANDBOX_H
#define CLI_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "cli/command.h"

/* What is opened from now on; NULL and 0 = none of a kind. */
struct sandbox {
    const char *const *inputs; /* files and folders to read */
    size_t n_inputs;
    const char *database;   /* with the files beside it */
    const char *outputs[2]; /* to be made or written over */
    bool reads_anything;    /* other databases, as a statement says */
};

/* Enters it, for good; false after one line on stderr, when it is required. */
bool sandbox_enter(const struct command *command, const struct sandbox *what);

#endif
