/*
 * The inside of a virtqueue, for the queue core and the two ring layouts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VIRTIO_VIRTQUEUE_H
#define HW_VIRTIO_VIRTQUEUE_H

#include "hw/virtio/virtio.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "system/ram-access.h"

/* Descriptors have 16 bytes in both layouts, and these flags. */
#define DESC_SIZE       16
#define DESC_F_NEXT     0x0001
#define DESC_F_WRITE    0x0002
#define DESC_F_INDIRECT 0x0004

enum { AREA_DESC, AREA_DRIVER, AREA_DEVICE, NUM_AREAS };

/* One part of a buffer, as the driver describes it. */
typedef struct Segment {
    uint64_t addr;
    uint32_t len;
    bool write;
} Segment;

/* What a layout found out about the next buffer; segments are in the device's scratch space. */
typedef struct Chain {
    Segment *segments; /* room for VIRTIO_MAX_SEGMENTS */
    unsigned num;
    uint64_t bytes;
    uint16_t id;
    uint16_t slots; /* descriptors of the ring that it takes up */
} Chain;

typedef enum FetchResult { FETCH_NONE, FETCH_OK, FETCH_BROKEN } FetchResult;

/* How descriptors get from the driver to the device and back. */
typedef struct RingLayout {
    /* Bytes of an area for the queue's size, and whether the device writes there. */
    void (*area)(const VirtQueue *q, int area, uint32_t *size, bool *writable);
    /* The next buffer, and past it. What is wrong is reported with virtio_broken(). */
    FetchResult (*fetch)(VirtQueue *q, Chain *chain);
    /* Back before the buffer that was fetched last. */
    void (*unfetch)(VirtQueue *q, const VirtBuffer *buf);
    bool (*is_empty)(VirtQueue *q);
    /* Writes that the buffer is used, where the driver doesn't look before publish(). */
    void (*stage)(VirtQueue *q, const VirtBuffer *buf);
    /* True if the driver wants to be interrupted. */
    bool (*publish)(VirtQueue *q);
    void (*want_kicks)(VirtQueue *q, bool on);
} RingLayout;

extern const RingLayout split_ring;
extern const RingLayout packed_ring;

/* A part of the ring in memory: behind an IOMMU in pieces, elsewhere one. No number lies in two. */
typedef struct RingArea {
    MemoryRegionCache *pieces; /* one behind the other; NULL: not mapped */
    unsigned num;
    uint64_t place;
    uint32_t size;
} RingArea;

struct VirtQueue {
    VirtioDevice *dev;
    unsigned index;
    VirtQueueSetup setup;
    VirtQueueHandler *handler;
    QEMUBH *bh;
    Work work;          /* the same on an I/O thread */
    bool interrupt_due; /* atomic: what that has to leave to the main loop */
    QEMUTimer *linger;  /* the next run that the driver needn't ask for; NULL: there are none */
    int64_t linger_ns;

    const RingLayout *ring;
    RingArea area[NUM_AREAS];
    bool mapped;
    bool order_is_big;
    uint32_t epoch; /* changes with every reset: buffers of the one before are void */

    /*
     * Where the device is in the ring. Split: free-running indices. Packed: positions of two laps
     * (0 .. 2 * size - 1), the second of which is the one with the wrap counter at 0.
     */
    uint32_t next_avail;
    uint32_t next_used;
    uint16_t staged;       /* used elements, or ring descriptors, not yet published */
    uint16_t first_flags;  /* packed: of the first staged descriptor, held back */
    uint32_t in_flight;    /* ring entries that the device has; with `staged`: not the driver's */
    bool running;          /* in the queue's function */
    unsigned budget;       /* how many buffers it may still take */
    QTAILQ_HEAD(TakenBuffers, VirtBuffer) taken;
};

/* Room for one buffer on its way from the ring to the device; one a device is enough. */
struct VirtScratch {
    Segment segments[VIRTIO_MAX_SEGMENTS];
    struct iovec iov[VIRTIO_MAX_SEGMENTS];
    MemoryRegionCache caches[VIRTIO_MAX_SEGMENTS];
};

/* Numbers in an area; `at` lies in it. The driver writes there at the same time. */
static inline MemOp ring_op(const VirtQueue *q, MemOp size)
{
    return size | (q->order_is_big ? MO_BE : MO_LE);
}
/* The piece that has `length` bytes at `at`, which becomes the place in it. */
static inline MemoryRegionCache *ring_piece(VirtQueue *q, int area, uint32_t *at, uint32_t length)
{
    MemoryRegionCache *piece = q->area[area].pieces;

    assert(*at + length <= q->area[area].size);
    for (; unlikely(*at >= piece->len); piece++) {
        *at -= piece->len;
    }
    return piece;
}
static inline uint64_t ring_load(VirtQueue *q, int area, uint32_t at, MemOp size)
{
    const MemoryRegionCache *piece = ring_piece(q, area, &at, 1u << size);

    return ram_load((uint8_t *)piece->ptr + at, ring_op(q, size));
}
static inline void ring_store(VirtQueue *q, int area, uint32_t at, uint64_t value, MemOp size)
{
    MemoryRegionCache *piece = ring_piece(q, area, &at, 1u << size);

    ram_store((uint8_t *)piece->ptr + at, value, ring_op(q, size));
    address_space_cache_invalidate(piece, at, 1u << size);
}

/* Adds a part to the chain; false and a broken device if it may not be there. */
bool chain_add(VirtQueue *q, Chain *chain, uint64_t addr, uint32_t len, bool write);
/*
 * Reads a table of indirect descriptors into *table, which has room for VIRTIO_MAX_SEGMENTS;
 * the number of descriptors, 0 and a broken device if that is impossible.
 */
unsigned read_indirect_table(VirtQueue *q, uint64_t addr, uint32_t len, uint8_t *table);

/* Between virtio.c and virtqueue.c. */
VirtQueue *virtq_new(VirtioDevice *dev, unsigned index, unsigned max_size,
                     VirtQueueHandler *handler);
void virtq_free(VirtQueue *q);
/* The memory map has changed: the areas are looked up again when they are needed. */
void virtq_unmap(VirtQueue *q);
/* The same if an area has some of the addresses `first` to `last`: their translations are gone. */
void virtq_unmap_range(VirtQueue *q, uint64_t first, uint64_t last);
void virtq_run(VirtQueue *q);
void virtio_interrupt_queue(VirtioDevice *dev, uint16_t vector);
/* As virtio_kick(), here and now. */
void virtio_run_queue(VirtioDevice *dev, unsigned n);
extern const VMStateDescription vmstate_virtq;

#endif
