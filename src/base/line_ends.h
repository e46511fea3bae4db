/*
 * line_ends.h - text whose lines end with CR alone, here and there or all.
 *
 * Lines end with LF everywhere else in this room: a CR that ends a line becomes
 * an LF when the text is read, and nothing moves. Inside quotes a CR is data.
 */
#ifndef BASE_LINE_ENDS_H
#define BASE_LINE_ENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether CR alone ends lines, as the first bytes of a text tell: more of them
 * have no LF behind them than there are LF, or one of them is in the header
 * line, outside quotes.
 */
bool line_ends_has_cr(const uint8_t *head, size_t len);

/* Where in a record a text is; zeros: at its start. */
struct line_ends {
    bool is_in_field, is_quoted;
};

/*
 * Makes an LF of every CR outside quotes that no LF follows; text[0..len) goes
 * on where the text before ended. Returns how much of it is done: not a last
 * CR, since an LF may come, nor a last quote, unless it is the end of the file.
 */
size_t line_ends_mend(struct line_ends *ends, uint8_t *text, size_t len,
                      bool is_at_end);

/* Both for a text that is whole. */
void line_ends_settle(uint8_t *text, size_t len);

#endif
