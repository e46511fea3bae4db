/*
 * reject_room.h - how many rejected lines a database keeps of each file.
 *
 * Their number is always kept; a file of nothing but rejects must not fill a
 * disk.
 */
#ifndef MODEL_REJECT_ROOM_H
#define MODEL_REJECT_ROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REJECT_ROOM_LINES UINT64_C(100000)
#define REJECT_ROOM_BYTES (UINT64_C(16) << 20)

/* What has been kept of one file. */
struct reject_room {
    uint64_t n_lines, n_bytes;
};

/* Takes the room for a line of this length; false when there is none. */
static inline bool
reject_room_take(struct reject_room *room, size_t raw_len)
{
    if (room->n_lines >= REJECT_ROOM_LINES ||
        room->n_bytes > REJECT_ROOM_BYTES ||
        raw_len > REJECT_ROOM_BYTES - room->n_bytes)
        return false;
    room->n_lines++;
    room->n_bytes += raw_len;
    return true;
}

#endif
