/*
 * Input on its way to a front end: bytes, and the breaks between them, in the order in which the
 * line brought them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CHARDEV_CHAR_QUEUE_H
#define CHARDEV_CHAR_QUEUE_H

#include "chardev/char-fe.h"

#define CHR_QUEUE_SIZE 16384

typedef struct ChrQueue {
    uint16_t units[CHR_QUEUE_SIZE]; /* ring of bytes and breaks */
    unsigned in, out;               /* free-running */
    bool delivering;
} ChrQueue;

/* How many bytes and breaks wait; how many more there is room for. */
static inline unsigned chr_queue_used(const ChrQueue *q)
{
    return q->in - q->out;
}

static inline unsigned chr_queue_room(const ChrQueue *q)
{
    return CHR_QUEUE_SIZE - chr_queue_used(q);
}

void chr_queue_clear(ChrQueue *q);

/* Appends; what there is no room for is lost. */
void chr_queue_push(ChrQueue *q, const uint8_t *buf, int len);
void chr_queue_push_break(ChrQueue *q);

/* What `be` (may be NULL) can take now. */
int chr_fe_room(const CharBackend *be);

/*
 * Hands out as much as the front end has room for; a break takes the room of one byte. `*whose` is
 * read anew for each piece: what it gets may make the front end go. The caller keeps `q` and
 * `whose` alive meanwhile. Calls from within a front end's handlers are left to the outer call.
 */
void chr_queue_deliver(ChrQueue *q, CharBackend *const *whose);

#endif
