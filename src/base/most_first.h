/*
 * most_first.h - the order of lists that are sorted by a figure: most first,
 * what is not known last.
 */
#ifndef BASE_MOST_FIRST_H
#define BASE_MOST_FIRST_H

#include <math.h>

/* Negative when a comes before b, positive when after; 0 = by something else.
 */
static inline int
most_first(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a < b) - (a > b);
}

#endif
