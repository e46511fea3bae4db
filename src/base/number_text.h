/*
 * number_text.h - numbers as text for people and for programs.
 *
 * Ground floor. The point is always '.', whatever the locale says.
 */
#ifndef BASE_NUMBER_TEXT_H
#define BASE_NUMBER_TEXT_H

#include <stdint.h>

/* Room for any text made here, with its end. */
#define NUMBER_TEXT_SIZE 48

/*
 * The shortest decimal form that reads back to the same double, in JSON's
 * grammar; "null" for infinities and NaN.
 */
void number_text_exact(double value, char out[NUMBER_TEXT_SIZE]);

/* With commas between thousands and `places` decimals: 1,234,567.8 */
void number_text_grouped(double value, int places, char out[NUMBER_TEXT_SIZE]);

/* A count with commas between thousands. */
void number_text_count(uint64_t value, char out[NUMBER_TEXT_SIZE]);

#endif
