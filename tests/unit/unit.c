/*
 * unit.c - linked into every unit test.
 *
 *     build/test/tests/test_registry             all its functions
 *     build/test/tests/test_registry 'ids_*'     those whose names match
 */
#include "unit.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>

const char *
unit_real(char text[64], double value)
{
    snprintf(text, 64, "%.17g", value);
    return text;
}

const char *
unit_whole(char text[64], int128 value)
{
    char *at = text + 63;
    uint128 rest = value < 0 ? -(uint128)value : (uint128)value;
    *at = '\0';
    do {
        *--at = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    if (value < 0)
        *--at = '-';
    return at;
}

/* The C library hands the arguments of main to constructors, too. */
__attribute__((constructor)) static void
choose_functions(int argc, char **argv)
{
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
}
