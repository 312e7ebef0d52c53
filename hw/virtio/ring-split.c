/*
 * Split virtqueues: a table of descriptors, a ring of what is available, a ring of what is used.
 *
 * Area DRIVER: flags, idx, ring[size], used_event, 16 bits each. Area DEVICE: flags, idx (16 bits),
 * ring[size] of id and length (32 bits each), avail_event (16 bits).
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 2.7.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "virtqueue.h"

#define RING_FLAGS 0
#define RING_IDX   2
#define RING_START 4
#define AVAIL_ENTRY_SIZE 2
#define USED_ENTRY_SIZE  8
#define AVAIL_F_NO_INTERRUPT 1
#define USED_F_NO_NOTIFY     1

static uint32_t used_event_at(const VirtQueue *q)
{
    return RING_START + q->setup.size * AVAIL_ENTRY_SIZE;
}

static uint32_t avail_event_at(const VirtQueue *q)
{
    return RING_START + q->setup.size * USED_ENTRY_SIZE;
}

static void split_area(const VirtQueue *q, int area, uint32_t *size, bool *writable)
{
    const uint32_t sizes[NUM_AREAS] = {
        [AREA_DESC] = q->setup.size * DESC_SIZE,
        [AREA_DRIVER] = used_event_at(q) + 2,
        [AREA_DEVICE] = avail_event_at(q) + 2,
    };

    *size = sizes[area];
    *writable = area == AREA_DEVICE;
}

/* How many buffers wait; false and a broken device if there can't be so many. */
static bool waiting(VirtQueue *q, uint16_t *count)
{
    uint16_t idx = ring_load(q, AREA_DRIVER, RING_IDX, MO_16);

    *count = idx - (uint16_t)q->next_avail;
    if (*count > q->setup.size) {
        virtio_broken(q->dev, "queue %u: available index %u is more than a ring ahead of %u",
                      q->index, idx, (uint16_t)q->next_avail);
        return false;
    }
    smp_rmb(); /* the index before what it makes available */
    return true;
}

static bool split_is_empty(VirtQueue *q)
{
    uint16_t count;

    return !waiting(q, &count) || count == 0;
}

/* A descriptor, from the queue's table or from an indirect one. */
typedef struct SplitDesc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
} SplitDesc;

static SplitDesc decode(const VirtQueue *q, const uint8_t *at)
{
    return (SplitDesc){
        .addr = ram_load(at, ring_op(q, MO_64)),
        .len = ram_load(at + 8, ring_op(q, MO_32)),
        .flags = ram_load(at + 12, ring_op(q, MO_16)),
        .next = ram_load(at + 14, ring_op(q, MO_16)),
    };
}

static const uint8_t *ring_descriptor(VirtQueue *q, unsigned i)
{
    uint32_t at = i * DESC_SIZE;
    const MemoryRegionCache *piece = ring_piece(q, AREA_DESC, &at, DESC_SIZE);

    return (const uint8_t *)piece->ptr + at;
}

static FetchResult split_fetch(VirtQueue *q, Chain *chain)
{
    uint8_t indirect[VIRTIO_MAX_SEGMENTS * DESC_SIZE];
    const uint8_t *table = NULL; /* an indirect one */
    unsigned size = q->setup.size, i, steps = 0;
    uint16_t count;
    SplitDesc desc;

    if (!waiting(q, &count)) {
        return FETCH_BROKEN;
    }
    if (count == 0) {
        return FETCH_NONE;
    }
    if (q->in_flight + q->staged >= q->setup.size) {
        virtio_broken(q->dev, "queue %u: more buffers are available than the table has descriptors: "
                              "%u",
                      q->index, q->setup.size);
        return FETCH_BROKEN;
    }
    i = chain->id = ring_load(q, AREA_DRIVER,
                              RING_START + q->next_avail % size * AVAIL_ENTRY_SIZE, MO_16);
    chain->slots = 1;
    do {
        if (i >= size || steps++ >= size) {
            virtio_broken(q->dev, i >= size ? "queue %u: descriptor %u in a table of %u"
                                            : "queue %u: the chain with descriptor %u has more "
                                              "than the %u that there are: a loop",
                          q->index, i, size);
            return FETCH_BROKEN;
        }
        desc = decode(q, table ? table + i * DESC_SIZE : ring_descriptor(q, i));
        if (!(desc.flags & DESC_F_INDIRECT)) {
            if (!chain_add(q, chain, desc.addr, desc.len, desc.flags & DESC_F_WRITE)) {
                return FETCH_BROKEN;
            }
        } else {
            if (table || (desc.flags & DESC_F_NEXT)) {
                virtio_broken(q->dev, "queue %u: descriptor %u is indirect, and %s", q->index, i,
                              table ? "in an indirect table" : "not the last one");
                return FETCH_BROKEN;
            }
            size = read_indirect_table(q, desc.addr, desc.len, indirect);
            if (!size) {
                return FETCH_BROKEN;
            }
            table = indirect;
            steps = 0;
            desc.flags = DESC_F_NEXT;
            desc.next = 0;
        }
        i = desc.next;
    } while (desc.flags & DESC_F_NEXT);
    q->next_avail = (uint16_t)(q->next_avail + 1);
    return FETCH_OK;
}

static void split_unfetch(VirtQueue *q, const VirtBuffer *buf)
{
    q->next_avail = (uint16_t)(q->next_avail - 1);
}

static void split_stage(VirtQueue *q, const VirtBuffer *buf)
{
    uint16_t at = q->next_used + q->staged;
    uint32_t entry = RING_START + at % q->setup.size * USED_ENTRY_SIZE;

    ring_store(q, AREA_DEVICE, entry, buf->id, MO_32);
    ring_store(q, AREA_DEVICE, entry + 4, buf->written, MO_32);
    q->staged++;
}

static bool split_publish(VirtQueue *q)
{
    uint16_t before = q->next_used, now = before + q->staged;
    uint16_t wanted;

    smp_wmb(); /* the entries before the index */
    ring_store(q, AREA_DEVICE, RING_IDX, now, MO_16);
    q->next_used = now;
    q->staged = 0;
    smp_mb(); /* the index before what the driver wants to know: it does it the other way round */
    if (virtio_has_feature(q->dev, VIRTIO_F_NOTIFY_ON_EMPTY) && q->in_flight == 0 &&
        (uint16_t)ring_load(q, AREA_DRIVER, RING_IDX, MO_16) == q->next_avail) {
        return true;
    }
    if (!virtio_has_feature(q->dev, VIRTIO_F_EVENT_IDX)) {
        return !(ring_load(q, AREA_DRIVER, RING_FLAGS, MO_16) & AVAIL_F_NO_INTERRUPT);
    }
    /* Is the entry that the driver waits for among those from `before` to `now`? */
    wanted = ring_load(q, AREA_DRIVER, used_event_at(q), MO_16);
    return (uint16_t)(wanted - before) < (uint16_t)(now - before);
}

/* With event indices an old one is left in place: the driver won't come by there again soon. */
static void split_want_kicks(VirtQueue *q, bool on)
{
    if (virtio_has_feature(q->dev, VIRTIO_F_EVENT_IDX)) {
        if (on) {
            ring_store(q, AREA_DEVICE, avail_event_at(q), (uint16_t)q->next_avail, MO_16);
        }
    } else {
        ring_store(q, AREA_DEVICE, RING_FLAGS, on ? 0 : USED_F_NO_NOTIFY, MO_16);
    }
    smp_mb(); /* before the driver's index is looked at again */
}

const RingLayout split_ring = {
    .area = split_area,
    .fetch = split_fetch,
    .unfetch = split_unfetch,
    .is_empty = split_is_empty,
    .stage = split_stage,
    .publish = split_publish,
    .want_kicks = split_want_kicks,
};
