/*
 * Input on its way to a front end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "char-queue.h"

#define UNIT_BREAK 0x100
#define RUN_MAX    1024

void chr_queue_clear(ChrQueue *q)
{
    q->out = q->in;
}

void chr_queue_push(ChrQueue *q, const uint8_t *buf, int len)
{
    int n = MIN((unsigned)len, chr_queue_room(q));

    for (int i = 0; i < n; i++) {
        q->units[q->in++ % CHR_QUEUE_SIZE] = buf[i];
    }
}

void chr_queue_push_break(ChrQueue *q)
{
    if (chr_queue_room(q) > 0) {
        q->units[q->in++ % CHR_QUEUE_SIZE] = UNIT_BREAK;
    }
}

int chr_fe_room(const CharBackend *be)
{
    return be && be->chr_can_read && be->chr_read ? be->chr_can_read(be->opaque) : 0;
}

/* Takes bytes out up to the next break, at most `max`. */
static int take_run(ChrQueue *q, uint8_t *run, int max)
{
    int n = 0;

    while (n < max && q->out != q->in && q->units[q->out % CHR_QUEUE_SIZE] != UNIT_BREAK) {
        run[n++] = q->units[q->out++ % CHR_QUEUE_SIZE];
    }
    return n;
}

void chr_queue_deliver(ChrQueue *q, CharBackend *const *whose)
{
    uint8_t run[RUN_MAX];
    int room;

    if (q->delivering) {
        return;
    }
    q->delivering = true;
    while (q->out != q->in && (room = chr_fe_room(*whose)) > 0) {
        CharBackend *be = *whose;
        int n = take_run(q, run, MIN(room, RUN_MAX));

        if (n > 0) {
            be->chr_read(be->opaque, run, n);
            continue;
        }
        q->out++;
        if (be->chr_event) {
            be->chr_event(be->opaque, CHR_EVENT_BREAK);
        }
    }
    q->delivering = false;
}
