/*
 * Packed virtqueues: one ring of descriptors, which driver and device write in turn.
 *
 * Each of them goes round the ring with a wrap counter that starts at 1 and changes with every lap.
 * Here a place in the ring is a position of two laps: below `size` the counter is 1, from there on
 * it is 0, and after 2 * size it begins anew.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 2.8.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "virtqueue.h"

#define DESC_F_AVAIL 0x0080
#define DESC_F_USED  0x8000

#define DESC_LEN   8
#define DESC_ID    12
#define DESC_FLAGS 14

/* Event suppression, the same in both areas: position and wrap counter, then flags. */
#define EVENT_POSITION 0
#define EVENT_WRAP     0x8000
#define EVENT_FLAGS    2
#define EVENT_AREA     4
enum { EVENT_ENABLE, EVENT_DISABLE, EVENT_DESC };

static bool wrap_at(const VirtQueue *q, uint32_t position)
{
    return position < q->setup.size;
}

static uint32_t slot_at(const VirtQueue *q, uint32_t position)
{
    return position % q->setup.size * DESC_SIZE;
}

static uint32_t advance(const VirtQueue *q, uint32_t position, uint32_t by)
{
    return (position + by) % (2u * q->setup.size);
}

static void packed_area(const VirtQueue *q, int area, uint32_t *size, bool *writable)
{
    *size = area == AREA_DESC ? q->setup.size * DESC_SIZE : EVENT_AREA;
    *writable = area != AREA_DRIVER;
}

static bool is_available(VirtQueue *q, uint32_t position)
{
    uint16_t flags = ring_load(q, AREA_DESC, slot_at(q, position) + DESC_FLAGS, MO_16);
    bool wrap = wrap_at(q, position);

    return !!(flags & DESC_F_AVAIL) == wrap && !!(flags & DESC_F_USED) != wrap;
}

static bool packed_is_empty(VirtQueue *q)
{
    return !is_available(q, q->next_avail);
}

/* In an indirect table the descriptors follow each other, and only the write flag counts. */
static bool add_indirect(VirtQueue *q, Chain *chain, uint64_t addr, uint32_t len)
{
    uint8_t table[VIRTIO_MAX_SEGMENTS * DESC_SIZE];
    unsigned num = read_indirect_table(q, addr, len, table);

    for (unsigned i = 0; i < num; i++) {
        const uint8_t *at = table + i * DESC_SIZE;

        if (!chain_add(q, chain, ldq_le_p(at), ldl_le_p(at + DESC_LEN),
                       lduw_le_p(at + DESC_FLAGS) & DESC_F_WRITE)) {
            return false;
        }
    }
    return num > 0;
}

static FetchResult packed_fetch(VirtQueue *q, Chain *chain)
{
    uint32_t position = q->next_avail;
    uint16_t flags;

    if (!is_available(q, position)) {
        return FETCH_NONE;
    }
    smp_rmb(); /* the flags before the rest */
    chain->slots = 0;
    do {
        uint32_t at = slot_at(q, position);
        uint64_t addr = ring_load(q, AREA_DESC, at, MO_64);
        uint32_t len = ring_load(q, AREA_DESC, at + DESC_LEN, MO_32);
        bool added;

        flags = ring_load(q, AREA_DESC, at + DESC_FLAGS, MO_16);
        if (++chain->slots + q->in_flight + q->staged > q->setup.size) {
            virtio_broken(q->dev, "queue %u: more descriptors are available than the ring's %u",
                          q->index, q->setup.size);
            return FETCH_BROKEN;
        }
        if ((flags & DESC_F_INDIRECT) && (chain->slots > 1 || (flags & DESC_F_NEXT))) {
            virtio_broken(q->dev, "queue %u: the indirect descriptor in slot %u is part of a list",
                          q->index, position % q->setup.size);
            return FETCH_BROKEN;
        }
        added = flags & DESC_F_INDIRECT
                    ? add_indirect(q, chain, addr, len)
                    : chain_add(q, chain, addr, len, flags & DESC_F_WRITE);
        if (!added) {
            return FETCH_BROKEN;
        }
        chain->id = ring_load(q, AREA_DESC, at + DESC_ID, MO_16); /* the last one's counts */
        position = advance(q, position, 1);
    } while (flags & DESC_F_NEXT);
    q->next_avail = position;
    return FETCH_OK;
}

static void packed_unfetch(VirtQueue *q, const VirtBuffer *buf)
{
    q->next_avail = advance(q, q->next_avail, 2u * q->setup.size - buf->slots);
}

static void packed_stage(VirtQueue *q, const VirtBuffer *buf)
{
    uint32_t position = advance(q, q->next_used, q->staged), at = slot_at(q, position);
    uint16_t flags = (wrap_at(q, position) ? DESC_F_AVAIL | DESC_F_USED : 0) |
                     (buf->written ? DESC_F_WRITE : 0);

    ring_store(q, AREA_DESC, at + DESC_ID, buf->id, MO_16);
    ring_store(q, AREA_DESC, at + DESC_LEN, buf->written, MO_32);
    if (q->staged) {
        smp_wmb();
        ring_store(q, AREA_DESC, at + DESC_FLAGS, flags, MO_16);
    } else {
        /* The driver goes on from here: it sees nothing before this is written. */
        q->first_flags = flags;
    }
    q->staged += buf->slots;
}

static bool packed_publish(VirtQueue *q)
{
    uint32_t laps = 2u * q->setup.size, before = q->next_used, count = q->staged;
    uint16_t position, wanted;

    smp_wmb();
    ring_store(q, AREA_DESC, slot_at(q, before) + DESC_FLAGS, q->first_flags, MO_16);
    q->next_used = advance(q, before, count);
    q->staged = 0;
    smp_mb();
    wanted = ring_load(q, AREA_DRIVER, EVENT_FLAGS, MO_16) & 3;
    if (wanted != EVENT_DESC || !virtio_has_feature(q->dev, VIRTIO_F_EVENT_IDX)) {
        return wanted != EVENT_DISABLE;
    }
    /* Is the descriptor that the driver waits for among those that were just used? */
    position = ring_load(q, AREA_DRIVER, EVENT_POSITION, MO_16);
    position = (position & ~EVENT_WRAP) + (position & EVENT_WRAP ? 0 : q->setup.size);
    return (position + laps - before) % laps < count;
}

static void packed_want_kicks(VirtQueue *q, bool on)
{
    uint16_t flags = on ? EVENT_ENABLE : EVENT_DISABLE;

    if (on && virtio_has_feature(q->dev, VIRTIO_F_EVENT_IDX)) {
        ring_store(q, AREA_DEVICE, EVENT_POSITION,
                   q->next_avail % q->setup.size | (wrap_at(q, q->next_avail) ? EVENT_WRAP : 0),
                   MO_16);
        smp_wmb();
        flags = EVENT_DESC;
    }
    ring_store(q, AREA_DEVICE, EVENT_FLAGS, flags, MO_16);
    smp_mb();
}

const RingLayout packed_ring = {
    .area = packed_area,
    .fetch = packed_fetch,
    .unfetch = packed_unfetch,
    .is_empty = packed_is_empty,
    .stage = packed_stage,
    .publish = packed_publish,
    .want_kicks = packed_want_kicks,
};
