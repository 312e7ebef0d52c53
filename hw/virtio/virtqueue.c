/*
 * Virtqueues: buffers from the driver to the device and back, whatever the ring's layout.
 *
 * Nothing that the driver writes is believed. Rings and buffers have to lie in memory: a queue that
 * led to registers could make the device call itself.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, sections 2.6 to 2.8.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/host-utils.h"
#include "virtqueue.h"

/* What a driver on another CPU can make the device do in one go; then others get their turn. */
#define BUFFERS_PER_RUN 256
#define ATTRS MEMTXATTRS_UNSPECIFIED

/* --- where the rings are --- */

VirtQueueSetup *virtq_setup(VirtQueue *q)
{
    return &q->setup;
}

unsigned virtq_index(const VirtQueue *q)
{
    return q->index;
}

bool virtq_is_enabled(const VirtQueue *q)
{
    return q->setup.enabled;
}

void virtq_place_legacy(VirtQueue *q, uint64_t desc, uint32_t align)
{
    VirtQueueSetup *s = &q->setup;

    s->desc = desc;
    s->driver = desc + s->size * DESC_SIZE;
    /* flags, idx, the ring and used_event */
    s->device = ROUND_UP(s->driver + 2 * (3 + (uint64_t)s->size), align);
}

static void unmap_area(RingArea *area)
{
    for (unsigned i = 0; i < area->num; i++) {
        address_space_cache_destroy(&area->pieces[i]);
    }
    g_free(area->pieces);
    *area = (RingArea){ 0 };
}

void virtq_unmap(VirtQueue *q)
{
    if (q->mapped) {
        for (int i = 0; i < NUM_AREAS; i++) {
            unmap_area(&q->area[i]);
        }
        q->mapped = false;
    }
}

void virtq_unmap_range(VirtQueue *q, uint64_t first, uint64_t last)
{
    bool hit = false;

    for (int i = 0; i < NUM_AREAS && q->mapped; i++) {
        const RingArea *area = &q->area[i];

        hit |= area->size && area->place <= last && area->place + area->size - 1 >= first;
    }
    if (hit) {
        virtq_unmap(q);
    }
}

/* Pieces end where pages do: no number lies in two if `place` is aligned as is due (to `align`). */
static bool map_pieces(VirtQueue *q, RingArea *area, uint64_t place, uint32_t size, bool writable,
                       unsigned align)
{
    area->place = place;
    for (area->size = 0; area->size < size;) {
        MemoryRegionCache *piece;

        area->pieces = g_renew(MemoryRegionCache, area->pieces, area->num + 1);
        piece = &area->pieces[area->num++];
        area->size += address_space_cache_init(piece, q->dev->as, place + area->size,
                                               size - area->size, writable);
        if (!piece->ptr || (area->size < size && (place + area->size) % align) ||
            (area->num > 1 && place % align)) {
            return false;
        }
    }
    return true;
}

static bool map_area(VirtQueue *q, int i)
{
    static const uint8_t aligns[NUM_AREAS] = { DESC_SIZE, sizeof(uint16_t), sizeof(uint32_t) };
    const uint64_t places[NUM_AREAS] = { q->setup.desc, q->setup.driver, q->setup.device };
    uint32_t size;
    bool writable;

    q->ring->area(q, i, &size, &writable);
    if (map_pieces(q, &q->area[i], places[i], size, writable, aligns[i])) {
        return true;
    }
    virtio_broken(q->dev, "queue %u: no memory for the ring at 0x%" PRIx64 ", %u bytes", q->index,
                  places[i], size);
    return false;
}

/* False: the queue can't be used. */
static bool prepare(VirtQueue *q)
{
    if (q->dev->broken || !q->setup.enabled) {
        return false;
    }
    for (int i = 0; !q->mapped && i < NUM_AREAS; i++) {
        if (!map_area(q, i)) {
            for (; i >= 0; i--) {
                unmap_area(&q->area[i]);
            }
            return false;
        }
    }
    q->mapped = true;
    return true;
}

void virtq_enable(VirtQueue *q)
{
    bool packed = virtio_has_feature(q->dev, VIRTIO_F_RING_PACKED);
    WORK_CONTEXT_GUARD(q->dev->context);

    if (q->setup.enabled) {
        return;
    }
    if (!q->setup.size || q->setup.size > q->setup.max_size ||
        (!packed && !is_power_of_2(q->setup.size))) {
        virtio_broken(q->dev, "queue %u: size %u of at most %u", q->index, q->setup.size,
                      q->setup.max_size);
        return;
    }
    q->ring = packed ? &packed_ring : &split_ring;
    q->order_is_big = virtio_byte_order(q->dev) == MO_BE;
    q->setup.enabled = true;
    prepare(q);
}

/* --- buffers out of the ring --- */

bool chain_add(VirtQueue *q, Chain *chain, uint64_t addr, uint32_t len, bool write)
{
    const Segment *last = chain->num ? &chain->segments[chain->num - 1] : NULL;

    if (!len) {
        return true;
    }
    chain->bytes += len;
    if (last && last->write && !write) {
        virtio_broken(q->dev, "queue %u: a device-readable part behind a device-writable one",
                      q->index);
    } else if (chain->num == VIRTIO_MAX_SEGMENTS) {
        virtio_broken(q->dev, "queue %u: a buffer of more than %u parts", q->index,
                      VIRTIO_MAX_SEGMENTS);
    } else if (chain->bytes > UINT32_MAX) {
        virtio_broken(q->dev, "queue %u: a buffer of 4 GiB or more", q->index);
    } else {
        chain->segments[chain->num++] = (Segment){ addr, len, write };
        return true;
    }
    return false;
}

unsigned read_indirect_table(VirtQueue *q, uint64_t addr, uint32_t len, uint8_t *table)
{
    if (!virtio_has_feature(q->dev, VIRTIO_F_INDIRECT_DESC)) {
        virtio_broken(q->dev, "queue %u: an indirect descriptor without INDIRECT_DESC", q->index);
    } else if (!len || len % DESC_SIZE || len > VIRTIO_MAX_SEGMENTS * DESC_SIZE) {
        virtio_broken(q->dev, "queue %u: an indirect table of %u bytes: expected 1 to %u "
                              "descriptors of %u bytes",
                      q->index, len, VIRTIO_MAX_SEGMENTS, DESC_SIZE);
    } else if (!address_space_access_valid(q->dev->as, addr, len, false, ATTRS) ||
               address_space_read(q->dev->as, addr, ATTRS, table, len) != MEMTX_OK) {
        virtio_broken(q->dev, "queue %u: no memory for the indirect table at 0x%" PRIx64, q->index,
                      addr);
    } else {
        return len / DESC_SIZE;
    }
    return 0;
}

static void unmap_parts(MemoryRegionCache *caches, unsigned num, size_t written)
{
    for (unsigned i = 0; i < num; i++) {
        size_t dirty = MIN(written, caches[i].len);

        if (dirty) {
            address_space_cache_invalidate(&caches[i], 0, dirty);
        }
        written -= dirty;
        address_space_cache_destroy(&caches[i]);
    }
}

/* Maps the chain's parts into the scratch space: how many pieces; 0: it can't be. */
static unsigned map_chain(VirtQueue *q, const Chain *chain, VirtBuffer *buf)
{
    struct VirtScratch *s = q->dev->scratch;
    unsigned n = 0;

    for (unsigned i = 0; i < chain->num; i++) {
        Segment part = chain->segments[i];

        while (part.len) {
            MemoryRegionCache *cache = &s->caches[n];
            hwaddr got;

            if (n == VIRTIO_MAX_SEGMENTS) {
                virtio_broken(q->dev, "queue %u: a buffer in more than %u pieces of memory",
                              q->index, n);
                unmap_parts(s->caches, n, 0);
                return 0;
            }
            got = address_space_cache_init(cache, q->dev->as, part.addr, part.len, part.write);
            if (!cache->ptr || !got) {
                virtio_broken(q->dev, "queue %u: a buffer at 0x%" PRIx64 ", where there is no "
                                      "memory to %s",
                              q->index, part.addr, part.write ? "write" : "read");
                unmap_parts(s->caches, n + 1, 0);
                return 0;
            }
            s->iov[n++] = (struct iovec){ cache->ptr, got };
            *(part.write ? &buf->num_in : &buf->num_out) += 1;
            *(part.write ? &buf->in_size : &buf->out_size) += got;
            part.addr += got;
            part.len -= got;
        }
    }
    return n;
}

/* In a run that took something, and whose queue looks again by itself. */
static bool will_linger(const VirtQueue *q)
{
    return q->linger && q->running && q->budget < BUFFERS_PER_RUN;
}

/* Who found nothing wants to be told; what came before the driver knew that is found now. */
static FetchResult fetch(VirtQueue *q, Chain *chain)
{
    FetchResult result = q->ring->fetch(q, chain);

    if (result == FETCH_NONE && !will_linger(q)) {
        q->ring->want_kicks(q, true);
        result = q->ring->fetch(q, chain);
    }
    return result;
}

void *virtq_take(VirtQueue *q, size_t size)
{
    struct VirtScratch *scratch = q->dev->scratch;
    Chain chain = { .segments = scratch->segments };
    VirtBuffer found = { .queue = q, .epoch = q->epoch }, *buf;
    unsigned pieces;

    if (!prepare(q) || (q->running && !q->budget) || fetch(q, &chain) != FETCH_OK) {
        return NULL;
    }
    pieces = map_chain(q, &chain, &found);
    if (!pieces && chain.num) {
        return NULL;
    }
    q->budget -= q->running;
    q->in_flight += chain.slots;

    buf = g_malloc0(size);
    *buf = found;
    buf->id = chain.id;
    buf->slots = chain.slots;
    buf->caches = g_memdup2(scratch->caches, pieces * sizeof(scratch->caches[0]));
    buf->out = g_memdup2(scratch->iov, pieces * sizeof(scratch->iov[0]));
    buf->in = buf->out + buf->num_out;
    QTAILQ_INSERT_TAIL(&q->taken, buf, link);
    return buf;
}

bool virtq_is_empty(VirtQueue *q)
{
    return !prepare(q) || q->ring->is_empty(q);
}

/* --- and back --- */

static void free_buffer(VirtBuffer *buf)
{
    g_free(buf->caches);
    g_free(buf->out);
    g_free(buf);
}

static void unmap_buffer(VirtBuffer *buf, size_t written)
{
    unmap_parts(buf->caches, buf->num_out, 0);
    unmap_parts(buf->caches + buf->num_out, buf->num_in, written);
}

void virtq_drop(VirtBuffer *buf)
{
    VirtQueue *q = buf->queue;

    if (buf->epoch == q->epoch) {
        QTAILQ_REMOVE(&q->taken, buf, link);
        q->in_flight -= buf->slots;
    }
    unmap_buffer(buf, buf->in_size);
    free_buffer(buf);
}

void virtq_put_back(VirtBuffer *buf)
{
    VirtQueue *q = buf->queue;

    if (buf->epoch == q->epoch && !q->dev->broken) {
        assert(buf == QTAILQ_LAST(&q->taken, TakenBuffers) && "not the buffer that was taken last");
        q->ring->unfetch(q, buf);
    }
    virtq_drop(buf);
}

static void stage(VirtQueue *q, VirtBuffer *buf)
{
    q->ring->stage(q, buf);
    q->in_flight -= buf->slots;
    QTAILQ_REMOVE(&q->taken, buf, link);
    free_buffer(buf);
}

void virtq_finish(VirtBuffer *buf, uint32_t written)
{
    VirtQueue *q = buf->queue;
    VirtBuffer *oldest;

    if (buf->epoch != q->epoch || !prepare(q)) {
        virtq_drop(buf);
        return;
    }
    buf->written = MIN(written, buf->in_size);
    unmap_buffer(buf, buf->written);
    if (!virtio_has_feature(q->dev, VIRTIO_F_IN_ORDER)) {
        stage(q, buf);
        return;
    }
    buf->finished = true;
    while ((oldest = QTAILQ_FIRST(&q->taken)) && oldest->finished) {
        stage(q, oldest);
    }
}

void virtq_publish(VirtQueue *q)
{
    if (!q->staged || !prepare(q) || !q->ring->publish(q)) {
        return;
    }
    if (bql_locked()) {
        virtio_interrupt_queue(q->dev, q->setup.vector);
    } else {
        qatomic_set(&q->interrupt_due, true);
        qemu_bh_schedule(q->dev->told);
    }
}

/* --- the queue's function --- */

void virtq_run_later(VirtQueue *q)
{
    if (q->dev->context) {
        work_context_submit(q->dev->context, &q->work);
    } else {
        qemu_bh_schedule(q->bh);
    }
}

static void run_from_loop(void *opaque)
{
    VirtQueue *q = opaque;

    virtio_run_queue(q->dev, q->index);
}

void virtq_linger(VirtQueue *q, int64_t ns)
{
    assert(!q->linger && !q->dev->context && "lingering is for queues of the main loop");
    q->linger = timer_new_ns(QEMU_CLOCK_VIRTUAL, run_from_loop, q);
    q->linger_ns = ns;
}

/*
 * The driver is told not to notify the device while that looks by itself; whether there is more is
 * looked at once again afterwards, or, where the queue lingers, after a while. A function that
 * takes nothing waits for something else.
 */
void virtq_run(VirtQueue *q)
{
    uint32_t before;

    if (q->running || !q->handler) {
        return;
    }
    q->running = true;
    q->budget = BUFFERS_PER_RUN;
    do {
        before = q->budget;
        if (prepare(q)) {
            q->ring->want_kicks(q, false);
            q->handler(q->dev, q);
        }
        if (prepare(q) && !will_linger(q)) {
            q->ring->want_kicks(q, true);
        }
    } while (q->budget && q->budget != before && !virtq_is_empty(q));
    if (!q->budget) {
        virtq_run_later(q);
    } else if (will_linger(q)) {
        timer_mod_anticipate(q->linger, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + q->linger_ns);
    }
    q->running = false;
}

/* --- life --- */

VirtQueue *virtq_new(VirtioDevice *dev, unsigned index, unsigned max_size,
                     VirtQueueHandler *handler)
{
    VirtQueue *q = g_new(VirtQueue, 1);

    assert(is_power_of_2(max_size) && max_size <= VIRTIO_MAX_QUEUE_SIZE);
    *q = (VirtQueue){
        .dev = dev, .index = index, .handler = handler, .setup.max_size = max_size,
    };
    q->bh = qemu_bh_new(run_from_loop, q);
    q->work = (Work){ .run = run_from_loop, .opaque = q };
    QTAILQ_INIT(&q->taken);
    virtq_reset(q);
    return q;
}

void virtq_reset(VirtQueue *q)
{
    VirtBuffer *buf;
    WORK_CONTEXT_GUARD(q->dev->context);

    virtq_unmap(q);
    while ((buf = QTAILQ_FIRST(&q->taken))) {
        QTAILQ_REMOVE(&q->taken, buf, link);
        if (buf->finished) {
            free_buffer(buf);
        }
    }
    qemu_bh_cancel(q->bh);
    if (q->linger) {
        timer_del(q->linger);
    }
    if (q->dev->context) {
        work_context_cancel(q->dev->context, &q->work);
    }
    qatomic_set(&q->interrupt_due, false);
    q->epoch++;
    q->setup = (VirtQueueSetup){
        .max_size = q->setup.max_size, .size = q->setup.max_size, .vector = VIRTIO_NO_VECTOR,
    };
    q->next_avail = q->next_used = 0;
    q->staged = 0;
    q->in_flight = 0;
    q->budget = 0;
}

void virtq_free(VirtQueue *q)
{
    virtq_reset(q);
    qemu_bh_delete(q->bh);
    timer_free(q->linger);
    g_free(q);
}

const VMStateDescription vmstate_virtq = {
    .name = "virtqueue",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT16(setup.size, VirtQueue),
            VMSTATE_UINT16(setup.vector, VirtQueue),
            VMSTATE_BOOL(setup.enabled, VirtQueue),
            VMSTATE_UINT64(setup.desc, VirtQueue),
            VMSTATE_UINT64(setup.driver, VirtQueue),
            VMSTATE_UINT64(setup.device, VirtQueue),
            VMSTATE_UINT32(next_avail, VirtQueue),
            VMSTATE_UINT32(next_used, VirtQueue),
            VMSTATE_UINT16(staged, VirtQueue),
            VMSTATE_UINT16(first_flags, VirtQueue),
            VMSTATE_END_OF_LIST(),
        },
};
