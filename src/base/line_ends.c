/*
 * line_ends.c - a machine of three states: at the start of a field, in it, in
 * quotes.
 *
 * It goes over text that comes in pieces and turns a CR that ends a line into
 * LF, in place. Inside quotes a CR is data. Bytes are replaced, never moved,
 * so offsets stay the same.
 */
#include "base/line_ends.h"

#include <string.h>

#define HEAD_BYTES ((size_t)65536)

/*
 * Whether the first line that is not blank has one, outside quotes. A line ends
 * with LF and all CR directly before it.
 */
static bool
has_cr_in_header(const uint8_t *head, size_t len)
{
    struct line_ends ends = {false, false};
    bool is_blank = true, is_behind_cr = false;
    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = head[i];
        if (ends.is_quoted) {
            if (byte != '"')
                continue;
            if (i + 1 < len && head[i + 1] == '"')
                i++;
            else
                ends.is_quoted = false;
        } else if (byte == '\n') {
            if (!is_blank)
                return false;
            is_behind_cr = false;
        } else if (byte == '\r') {
            is_behind_cr = true;
        } else if (is_behind_cr) {
            return true;
        } else {
            is_blank = false;
            ends.is_quoted = byte == '"' && !ends.is_in_field;
            ends.is_in_field = byte != ',';
        }
    }
    return false;
}

bool
line_ends_has_cr(const uint8_t *head, size_t len)
{
    const uint8_t *at = len > 0 ? memchr(head, '\r', len) : NULL;
    size_t n_bare = 0, n_lf = 0;
    if (at == NULL)
        return false;
    for (size_t i = (size_t)(at - head); i + 1 < len; i++)
        n_bare += head[i] == '\r' && head[i + 1] != '\n' ? 1 : 0;
    for (size_t i = 0; i < len && n_bare > 0; i++)
        n_lf += head[i] == '\n' ? 1 : 0;
    return n_bare > n_lf || (n_bare > 0 && has_cr_in_header(head, len));
}

size_t
line_ends_mend(struct line_ends *ends, uint8_t *text, size_t len,
               bool is_at_end)
{
    for (size_t i = 0; i < len; i++) {
        const uint8_t byte = text[i];
        if ((byte == '\r' || byte == '"') && i + 1 == len && !is_at_end)
            return i;
        if (ends->is_quoted) {
            if (byte != '"')
                continue;
            if (i + 1 < len && text[i + 1] == '"')
                i++;
            else
                ends->is_quoted = false;
        } else if (byte == '"' && !ends->is_in_field) {
            ends->is_quoted = ends->is_in_field = true;
        } else {
            if (byte == '\r' && (i + 1 == len || text[i + 1] != '\n'))
                text[i] = '\n';
            ends->is_in_field = byte != ',' && byte != '\n' && byte != '\r';
        }
    }
    return len;
}

void
line_ends_settle(uint8_t *text, size_t len)
{
    struct line_ends ends = {false, false};
    if (line_ends_has_cr(text, len < HEAD_BYTES ? len : HEAD_BYTES))
        line_ends_mend(&ends, text, len, true);
}
