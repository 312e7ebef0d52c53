/*
 * Virtio queues on both layouts, with a driver that is a script: what goes round comes back, events
 * are suppressed as asked, and a driver that breaks the rules breaks its device alone.
 *
 * The device under test copies what it reads to what it writes. It sits behind a virtio-mmio slot.
 *
 * SPDX-License-Identifier: MIT
 */
#include "virtio-rig.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "system/address-spaces.h"
#include "system/iommu.h"

/* --- rules --- */

#define PACKED   VIRTIO_FEATURE(VIRTIO_F_RING_PACKED)
#define EVENTS   VIRTIO_FEATURE(VIRTIO_F_EVENT_IDX)
#define INDIR    VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC)
#define IN_ORDER VIRTIO_FEATURE(VIRTIO_F_IN_ORDER)

static const uint64_t layouts[] = {
    0, EVENTS, INDIR, EVENTS | INDIR | IN_ORDER,
    PACKED, PACKED | EVENTS, PACKED | INDIR, PACKED | EVENTS | INDIR | IN_ORDER,
};

static void features_are_negotiated(void)
{
    Rig *r = rig_new(0);

    set_reg(r, DEVICE_SEL, 0);
    g_assert_cmphex(reg(r, DEVICE_FEATURES), ==, INDIR | EVENTS);
    set_reg(r, DEVICE_SEL, 1);
    g_assert_cmphex(reg(r, DEVICE_FEATURES), ==, 1 | (PACKED | IN_ORDER) >> 32 | 1 << 8);
    set_reg(r, DEVICE_SEL, 2);
    g_assert_cmphex(reg(r, DEVICE_FEATURES), ==, 0);

    /* without VERSION_1 it is no driver of this interface */
    set_reg(r, STATUS, 0);
    set_reg(r, STATUS, 3);
    set_reg(r, DRIVER_SEL, 0);
    set_reg(r, DRIVER_FEATURES, UINT32_MAX);
    set_reg(r, STATUS, 3 | 8);
    g_assert_cmphex(reg(r, STATUS), ==, 3);
    /* bits that nobody offers are dropped; nothing changes behind FEATURES_OK */
    set_reg(r, DRIVER_SEL, 1);
    set_reg(r, DRIVER_FEATURES, UINT32_MAX);
    set_reg(r, STATUS, 3 | 8);
    g_assert_cmphex(reg(r, STATUS), ==, 3 | 8);
    g_assert_cmphex(r->echo->parent_obj.driver_features, ==,
                    INDIR | EVENTS | PACKED | IN_ORDER | VIRTIO_FEATURE(VIRTIO_F_VERSION_1) |
                        VIRTIO_FEATURE(VIRTIO_F_RING_RESET));
    set_reg(r, DRIVER_FEATURES, 0);
    g_assert_true(virtio_has_feature(&r->echo->parent_obj, VIRTIO_F_VERSION_1));
    rig_free(r);
}

static void registers_of_the_slot(void)
{
    Rig *r = rig_new(0);

    g_assert_cmphex(reg(r, 0), ==, 0x74726976);
    g_assert_cmpuint(reg(r, 4), ==, 2);
    g_assert_cmpuint(reg(r, 8), ==, 42);
    g_assert_cmpuint(reg(r, QUEUE_NUM_MAX), ==, 256);
    set_reg(r, QUEUE_SEL, 1);
    g_assert_cmpuint(reg(r, QUEUE_NUM_MAX), ==, 0);
    g_assert_cmphex(reg(r, CONFIG), ==, 0x11223344);
    g_assert_cmphex(rd(&r->as, CONFIG + 1, MO_8), ==, 0x33);
    wr(&r->as, CONFIG + 5, 0xab, MO_8);
    g_assert_cmphex(reg(r, CONFIG + 4), ==, 0xab00);
    g_assert_cmphex(reg(r, CONFIG + 0x80), ==, 0);
    virtio_config_changed(&r->echo->parent_obj);
    g_assert_cmphex(reg(r, ISR), ==, 2);
    g_assert_cmpint(r->line.level, ==, 1);
    g_assert_cmpuint(reg(r, GENERATION), ==, 1);
    acknowledge(r);
    rig_free(r);
}

/* Random buffers go round until the indices have wrapped several times. */
static void what_goes_in_comes_out(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);
    bool indirect = r->features & INDIR;

    for (int round = 0; round < 20000; round++) {
        Part parts[SIZE];
        unsigned n = g_test_rand_int_range(2, SIZE + 1), out = g_test_rand_int_range(1, n);
        uint32_t bytes = 0, room = 0, len = 0;
        uint8_t sent[SIZE * 64];
        uint16_t id = r->packed ? round % SIZE : (uint16_t)(round * 3) % SIZE;

        for (unsigned i = 0; i < n; i++) {
            parts[i] = (Part){ BUFFERS + i * 0x1000, g_test_rand_int_range(0, 64),
                               i < out ? 0 : WRITE };
            if (i < out) {
                memset(mem(parts[i].addr), g_test_rand_int(), parts[i].len);
                memcpy(sent + bytes, mem(parts[i].addr), parts[i].len);
                bytes += parts[i].len;
            } else {
                memset(mem(parts[i].addr), 0, 64);
                room += parts[i].len;
            }
        }
        if (indirect && round % 2) {
            Part table = { BUFFERS + 0x80000, n * 16, INDIRECT };

            for (unsigned i = 0; i < n; i++) {
                write_desc(r, table.addr, i, &parts[i],
                           parts[i].flags | (i + 1 < n && !r->packed ? NEXT : 0), i + 1);
            }
            offer(r, id, &table, 1);
        } else {
            offer(r, id, parts, n);
        }
        kick(r);
        g_assert_cmpint(collect(r, &len), ==, id);
        g_assert_cmpuint(len, ==, MIN(bytes, room));
        for (unsigned i = out, at = 0; i < n; i++) {
            for (unsigned j = 0; j < parts[i].len && at < len; j++, at++) {
                g_assert_cmphex(mem(parts[i].addr)[j], ==, sent[at]);
            }
        }
        g_assert_cmpint(collect(r, &len), ==, -1);
    }
    g_assert_false(r->echo->parent_obj.broken);
    rig_free(r);
}

static const Part one_out = { BUFFERS, 4, 0 };

static void interrupts_come_as_asked_for(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);
    bool events = r->features & EVENTS;
    uint32_t len;

    offer(r, 0, &one_out, 1);
    kick(r);
    g_assert_cmpint(r->line.rises, ==, 1);
    acknowledge(r);
    g_assert_cmpint(collect(r, &len), ==, 0);

    /* none at all */
    if (r->packed) {
        put(r, driver_area() + 2, 1, 2);
    } else if (!events) {
        put(r, driver_area(), 1, 2);
    } else {
        put(r, driver_area() + 4 + 2 * r->size, r->used - 1, 2);
    }
    offer(r, 1, &one_out, 1);
    kick(r);
    g_assert_cmpint(collect(r, &len), ==, 1);
    g_assert_cmpint(r->line.rises, ==, 1);
    if (!events) {
        rig_free(r);
        return;
    }
    /* one when the second from now is used */
    if (r->packed) {
        unsigned position = (r->used + 1) % (2 * r->size);

        put(r, driver_area(), position % r->size | (wrap_counter(r, position) ? 0x8000 : 0), 2);
        put(r, driver_area() + 2, 2, 2);
    } else {
        put(r, driver_area() + 4 + 2 * r->size, r->used + 1, 2);
    }
    for (int i = 0; i < 3; i++) {
        offer(r, 2 + i, &one_out, 1);
        kick(r);
        g_assert_cmpint(r->line.rises, ==, i < 1 ? 1 : 2);
    }
    rig_free(r);
}

/* The device says when it wants to be notified: of the next buffer. */
static void kicks_are_wanted_for_the_next_buffer(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);
    bool events = r->features & EVENTS;

    for (int i = 0; i < 3 * SIZE; i++) {
        uint32_t len;

        offer(r, i % SIZE, &one_out, 1);
        kick(r);
        collect(r, &len);
        if (r->packed) {
            uint16_t at = r->avail % r->size | (wrap_counter(r, r->avail) ? 0x8000 : 0);

            g_assert_cmphex(take(r, device_area() + 2, 2), ==, events ? 2 : 0);
            g_assert_cmphex(take(r, device_area(), 2), ==, events ? at : 0);
        } else {
            g_assert_cmphex(take(r, device_area(), 2), ==, 0);
            g_assert_cmphex(take(r, device_area() + 4 + 8 * r->size, 2), ==,
                            events ? r->avail : 0);
        }
    }
    rig_free(r);
}

static void finished_out_of_order(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);
    bool in_order = r->features & IN_ORDER;
    static const int order[] = { 2, 0, 3, 1 };
    uint32_t len;

    r->echo->hold = true;
    for (int i = 0; i < 4; i++) {
        offer(r, i, &one_out, 1);
    }
    kick(r);
    g_assert_cmpuint(r->echo->num_held, ==, 4);
    for (int i = 0; i < 4; i++) {
        echo_finish(r->echo->held[order[i]]);
        virtq_publish(r->echo->q);
        if (!in_order) {
            g_assert_cmpint(collect(r, &len), ==, order[i]);
        }
    }
    r->echo->num_held = 0;
    for (int i = 0; in_order && i < 4; i++) {
        g_assert_cmpint(collect(r, &len), ==, i);
    }
    rig_free(r);
}

static void put_back_is_taken_again(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);
    Part parts[] = { { BUFFERS, 4, 0 }, { BUFFERS + 64, 4, WRITE } };
    VirtBuffer *first, *second;

    r->echo->hold = true;
    for (int lap = 0; lap < 3 * SIZE; lap++) {
        uint32_t len;

        offer(r, 0, parts, 2);
        offer(r, 2, parts, 2);
        first = virtq_take(r->echo->q, sizeof(*first));
        second = virtq_take(r->echo->q, sizeof(*second));
        g_assert_true(first && second && !virtq_take(r->echo->q, sizeof(*first)));
        virtq_put_back(second);
        virtq_put_back(first);
        g_assert_false(virtq_is_empty(r->echo->q));
        first = virtq_take(r->echo->q, sizeof(*first));
        echo_finish(first);
        second = virtq_take(r->echo->q, sizeof(*second));
        echo_finish(second);
        virtq_publish(r->echo->q);
        g_assert_cmpint(collect(r, &len), ==, 0);
        g_assert_cmpint(collect(r, &len), ==, 2);
    }
    rig_free(r);
}

/* What the device has at a reset is void: giving it back touches nothing. */
static void reset_voids_what_the_device_has(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);
    VirtBuffer *buf;
    uint32_t len;

    r->echo->hold = true;
    offer(r, 0, &one_out, 1);
    buf = virtq_take(r->echo->q, sizeof(*buf));
    negotiate(r);
    offer(r, 1, &one_out, 1);
    echo_finish(buf);
    virtq_publish(r->echo->q);
    g_assert_cmpint(collect(r, &len), ==, -1);
    r->echo->hold = false;
    kick(r);
    g_assert_cmpint(collect(r, &len), ==, 1);
    rig_free(r);
}

/* A driver that gives the same descriptors again and again doesn't fill the host's memory. */
static void no_more_are_taken_than_the_ring_has(const void *data)
{
    Rig *r = rig_new(*(const uint64_t *)data);

    r->echo->hold = true;
    for (int i = 0; i < 3 * SIZE; i++) {
        offer(r, i % SIZE, &one_out, 1);
        kick(r);
        g_assert_cmpuint(r->echo->num_held, ==, MIN(i + 1, SIZE));
        g_assert_cmpint(r->echo->parent_obj.broken, ==, i >= SIZE);
    }
    rig_free(r);
}

/* --- drivers that break the rules --- */

static void out_then_in_then_out(Rig *r)
{
    Part parts[] = { { BUFFERS, 4, 0 }, { BUFFERS, 4, WRITE }, { BUFFERS, 4, 0 } };

    offer(r, 0, parts, 3);
}

static void no_memory(Rig *r)
{
    offer(r, 0, &(Part){ HOLE, 4, 0 }, 1);
}

static void half_memory(Rig *r)
{
    offer(r, 0, &(Part){ RAM_SIZE - 2, 4, WRITE }, 1);
}

static void around_the_end(Rig *r)
{
    offer(r, 0, &(Part){ UINT64_MAX - 1, 4, WRITE }, 1);
}

static void too_large(Rig *r)
{
    Part parts[] = { { 0, UINT32_MAX, 0 }, { 0, UINT32_MAX, 0 } };

    offer(r, 0, parts, 2);
}

static void indirect_not_accepted(Rig *r)
{
    offer(r, 0, &(Part){ BUFFERS, 16, INDIRECT }, 1);
}

static void indirect_of_odd_size(Rig *r)
{
    offer(r, 0, &(Part){ BUFFERS, 17, INDIRECT }, 1);
}

static void indirect_of_nothing(Rig *r)
{
    offer(r, 0, &(Part){ BUFFERS, 0, INDIRECT }, 1);
}

static void indirect_in_a_hole(Rig *r)
{
    offer(r, 0, &(Part){ HOLE, 16, INDIRECT }, 1);
}

static void indirect_too_long(Rig *r)
{
    offer(r, 0, &(Part){ 0, 16 * 1025, INDIRECT }, 1);
}

static void indirect_and_next(Rig *r)
{
    Part parts[] = { { BUFFERS, 16, INDIRECT }, { BUFFERS, 4, 0 } };

    offer(r, 0, parts, 2);
}

static void loop(Rig *r)
{
    Part part = { BUFFERS, 4, 0 };

    offer(r, 0, &part, 1);
    if (r->packed) {
        for (unsigned i = 0; i < r->size; i++) {
            write_desc(r, RING, i, &part, NEXT | AVAIL, 0);
        }
    } else {
        write_desc(r, RING, 0, &part, NEXT, 0);
    }
}

static void beyond_the_table(Rig *r)
{
    if (r->packed) {
        loop(r);
    } else {
        offer(r, 0, &one_out, 1);
        write_desc(r, RING, 0, &one_out, NEXT, r->size);
    }
}

static void head_beyond_the_table(Rig *r)
{
    if (r->packed) {
        loop(r);
    } else {
        offer(r, 0, &one_out, 1);
        put(r, driver_area() + 4, 0xffff, 2);
    }
}

static void index_too_far(Rig *r)
{
    if (r->packed) {
        loop(r);
    } else {
        put(r, driver_area() + 2, r->size + 1, 2);
    }
}

static void nested_tables(Rig *r)
{
    if (r->packed) {
        loop(r); /* packed tables have no such flag */
    } else {
        write_desc(r, BUFFERS, 0, &(Part){ BUFFERS, 16 }, INDIRECT, 0);
        offer(r, 0, &(Part){ BUFFERS, 16, INDIRECT }, 1);
    }
}

static void indirect_loop(Rig *r)
{
    if (r->packed) {
        loop(r);
    } else {
        write_desc(r, BUFFERS, 0, &(Part){ BUFFERS, 16 }, NEXT, 0);
        offer(r, 0, &(Part){ BUFFERS, 16, INDIRECT }, 1);
    }
}

static void queue_in_a_hole(Rig *r)
{
    set_reg(r, READY, 0);
    set_reg(r, DEVICE_AREA, HOLE);
    set_reg(r, READY, 1);
}

static void queue_of_no_size(Rig *r)
{
    set_reg(r, READY, 0);
    set_reg(r, QUEUE_NUM, 0);
    set_reg(r, READY, 1);
}

static void queue_too_large(Rig *r)
{
    set_reg(r, READY, 0);
    set_reg(r, QUEUE_NUM, 257);
    set_reg(r, READY, 1);
}

static const struct {
    const char *name;
    void (*fn)(Rig *r);
    uint64_t features;
} crimes[] = {
    { "readable-behind-writable", out_then_in_then_out },
    { "no-memory", no_memory },
    { "half-memory", half_memory },
    { "around-the-end", around_the_end },
    { "four-gigabytes", too_large },
    { "indirect-not-accepted", indirect_not_accepted },
    { "indirect-of-odd-size", indirect_of_odd_size, INDIR },
    { "indirect-of-nothing", indirect_of_nothing, INDIR },
    { "indirect-in-a-hole", indirect_in_a_hole, INDIR },
    { "indirect-too-long", indirect_too_long, INDIR },
    { "indirect-and-next", indirect_and_next, INDIR },
    { "loop", loop },
    { "beyond-the-table", beyond_the_table },
    { "head-beyond-the-table", head_beyond_the_table },
    { "index-too-far", index_too_far },
    { "nested-tables", nested_tables, INDIR },
    { "indirect-loop", indirect_loop, INDIR },
    { "queue-in-a-hole", queue_in_a_hole },
    { "queue-of-no-size", queue_of_no_size },
    { "queue-too-large", queue_too_large },
};

static void crime_breaks_the_device_until_reset(const void *data)
{
    int i = GPOINTER_TO_INT(data) / 2;
    Rig *r = rig_new(crimes[i].features | (GPOINTER_TO_INT(data) % 2 ? PACKED : 0));
    uint32_t len;

    crimes[i].fn(r);
    kick(r);
    g_assert_cmphex(reg(r, STATUS) & 0x40, ==, 0x40);
    g_assert_cmphex(reg(r, ISR) & 2, ==, 2);
    kick(r);
    g_assert_cmpuint(r->echo->num_held, ==, 0);
    set_reg(r, STATUS, 0xf);
    g_assert_cmphex(reg(r, STATUS) & 0x40, ==, 0x40);

    negotiate(r);
    g_assert_cmphex(reg(r, STATUS), ==, 0xf);
    offer(r, 3, &one_out, 1);
    kick(r);
    g_assert_cmpint(collect(r, &len), ==, 3);
    rig_free(r);
}

/* --- legacy --- */

static void legacy_driver_in_the_guests_byte_order(const void *data)
{
    bool big = GPOINTER_TO_INT(data);
    MemOp op = MO_32 | (big ? MO_BE : MO_LE);
    uint32_t len;
    Rig *r;

    memory_set_native_big_endian(big);
    r = rig_with(0, true);
    r->order = big ? MO_BE : MO_LE;
    r->size = 256;
    memset(mem(RING), 0, 0x4000);
    g_assert_cmpuint(rd(&r->as, 4, op), ==, 1);
    wr(&r->as, STATUS, 3, op);
    wr(&r->as, DRIVER_SEL, 0, op);
    wr(&r->as, DRIVER_FEATURES, 0, op);
    wr(&r->as, PAGE_SIZE, 4096, op);
    wr(&r->as, ALIGN, 4096, op);
    wr(&r->as, QUEUE_NUM, 256, op);
    wr(&r->as, PFN, RING / 4096, op);
    wr(&r->as, STATUS, 7, op);
    g_assert_cmphex(rd(&r->as, PFN, op), ==, RING / 4096);
    /* 4096 bytes of descriptors, the available ring behind them, the used one on the next page */
    write_desc(r, RING, 5, &one_out, 0, 0);
    put(r, RING + 0x1000 + 4, 5, 2);
    put(r, RING + 0x1000 + 2, 1, 2);
    wr(&r->as, NOTIFY, 0, op);
    g_assert_cmpuint(take(r, RING + 0x2000 + 2, 2), ==, 1);
    len = take(r, RING + 0x2000 + 4, 4);
    g_assert_cmpuint(len, ==, 5);
    g_assert_cmphex(rd(&r->as, CONFIG, op), ==, 0x11223344);
    g_assert_cmphex(rd(&r->as, CONFIG, MO_8), ==, big ? 0x11 : 0x44);
    rig_free(r);
    memory_set_native_big_endian(false);
}

static void state_is_carried_over(const void *data)
{
    Rig *from = rig_new(*(const uint64_t *)data), *to = rig_new(0);
    uint32_t len;

    for (int i = 0; i < SIZE + 3; i++) {
        offer(from, i % SIZE, &one_out, 1);
        kick(from);
        collect(from, &len);
    }
    offer(from, 2, &one_out, 1);
    {
        g_autoptr(GByteArray) bytes = g_byte_array_new();
        VMStateReader reader;

        g_assert_cmpint(vmstate_save_state(bytes, &vmstate_virtio_device, from->echo,
                                           &error_abort), ==, 0);
        reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
        g_assert_cmpint(vmstate_load_state(&reader, &vmstate_virtio_device, to->echo,
                                           &error_abort), ==, 0);
    }
    to->packed = from->packed;
    to->avail = from->avail;
    to->used = from->used;
    memcpy(to->lengths, from->lengths, sizeof(to->lengths));
    kick(to);
    g_assert_cmpint(collect(to, &len), ==, 2);
    rig_free(from);
    rig_free(to);
}

static void memory_that_moves_is_found_again(void)
{
    Rig *r = rig_new(0);
    uint32_t len;

    offer(r, 0, &one_out, 1);
    kick(r);
    g_assert_cmpint(collect(r, &len), ==, 0);
    memory_region_set_enabled(&ram, false);
    memory_region_set_enabled(&ram, true);
    offer(r, 1, &one_out, 1);
    kick(r);
    g_assert_cmpint(collect(r, &len), ==, 1);
    memory_region_set_enabled(&ram, false);
    kick(r);
    g_assert_cmphex(reg(r, STATUS) & 0x40, ==, 0x40);
    memory_region_set_enabled(&ram, true);
    rig_free(r);
}

/* Behind an IOMMU: the device's area is where the test says, all else where it is. */
#define TYPE_TEST_IOMMU "test-virtio-iommu"
#define ELSEWHERE       0x80000

static IOMMUMemoryRegion iommu;
static AddressSpace behind_iommu;
static bool is_elsewhere;

static IOMMUTLBEntry test_translate(IOMMUMemoryRegion *region, hwaddr addr, IOMMUAccessFlags flag,
                                    int index)
{
    hwaddr page = addr & TARGET_PAGE_MASK;

    return (IOMMUTLBEntry){
        .target_as = &address_space_memory,
        .iova = page,
        .translated_addr = is_elsewhere && page == device_area() ? ELSEWHERE : page,
        .addr_mask = ~TARGET_PAGE_MASK,
        .perm = IOMMU_RW,
    };
}

static void test_iommu_class_init(ObjectClass *oc, void *data)
{
    IOMMU_MEMORY_REGION_CLASS(oc)->translate = test_translate;
}

static const TypeInfo iommu_types[] = {
    { .name = TYPE_TEST_IOMMU, .parent = TYPE_IOMMU_MEMORY_REGION,
      .class_init = test_iommu_class_init },
};

DEFINE_TYPES(iommu_types)

static AddressSpace *space_behind_iommu(VirtioBus *bus)
{
    return &behind_iommu;
}

static void is_invalid(hwaddr page)
{
    memory_region_notify_iommu(&iommu, 0, (IOMMUTLBEvent){
        .type = IOMMU_NOTIFIER_UNMAP, .entry = { .iova = page, .addr_mask = ~TARGET_PAGE_MASK },
    });
}

/* Offers a buffer and returns the index of the used ring at `area`. */
static uint16_t used_at(Rig *r, uint16_t id, hwaddr area)
{
    offer(r, id, &one_out, 1);
    kick(r);
    return take(r, area + 2, 2);
}

static void rings_are_found_again_when_their_translations_are_invalid(void)
{
    Rig *r = rig_new(0);
    VirtioBusClass *bus = VIRTIO_BUS_GET_CLASS(g_ptr_array_index(r->slot->child_buses, 0));

    memory_region_init_iommu(&iommu, sizeof(iommu), TYPE_TEST_IOMMU, NULL, "iommu", UINT64_MAX);
    address_space_init(&behind_iommu, MEMORY_REGION(&iommu), "behind-iommu");
    bus->platform_space = space_behind_iommu;
    VIRTIO_DEVICE(r->echo)->device_features |= VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM);
    r->features |= VIRTIO_FEATURE(VIRTIO_F_ACCESS_PLATFORM);
    negotiate(r);

    g_assert_cmpuint(used_at(r, 0, device_area()), ==, 1);
    memcpy(mem(ELSEWHERE), mem(device_area()), TARGET_PAGE_SIZE);
    is_elsewhere = true;
    is_invalid(BUFFERS); /* that isn't the ring's */
    g_assert_cmpuint(used_at(r, 1, device_area()), ==, 2);
    is_invalid(device_area());
    g_assert_cmpuint(used_at(r, 2, ELSEWHERE), ==, 3);
    g_assert_cmpuint(take(r, device_area() + 2, 2), ==, 2);

    bus->platform_space = NULL;
    rig_free(r);
    g_assert_cmpint(iommu.iommu_notify_flags, ==, IOMMU_NOTIFIER_NONE);
    address_space_destroy(&behind_iommu);
}

static const struct {
    const char *name;
    GTestDataFunc fn;
} for_each_layout[] = {
    { "what-goes-in-comes-out", what_goes_in_comes_out },
    { "interrupts-come-as-asked-for", interrupts_come_as_asked_for },
    { "kicks-are-wanted-for-the-next-buffer", kicks_are_wanted_for_the_next_buffer },
    { "finished-out-of-order", finished_out_of_order },
    { "put-back-is-taken-again", put_back_is_taken_again },
    { "reset-voids-what-the-device-has", reset_voids_what_the_device_has },
    { "no-more-are-taken-than-the-ring-has", no_more_are_taken_than_the_ring_has },
    { "state-is-carried-over", state_is_carried_over },
};

int main(int argc, char **argv)
{
    device_test_init(&argc, &argv);
    memory_map_init();
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    qemu_set_log(0, &error_abort);

    g_test_add_func("/virtio/features-are-negotiated", features_are_negotiated);
    g_test_add_func("/virtio/registers-of-the-slot", registers_of_the_slot);
    g_test_add_func("/virtio/memory-that-moves-is-found-again", memory_that_moves_is_found_again);
    g_test_add_func("/virtio/rings-are-found-again-when-their-translations-are-invalid",
                    rings_are_found_again_when_their_translations_are_invalid);
    for (size_t i = 0; i < G_N_ELEMENTS(for_each_layout); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(layouts); j++) {
            g_autofree char *path = g_strdup_printf(
                "/virtio/%s/%s%s%s%s", for_each_layout[i].name,
                layouts[j] & PACKED ? "packed" : "split", layouts[j] & EVENTS ? "-events" : "",
                layouts[j] & INDIR ? "-indirect" : "", layouts[j] & IN_ORDER ? "-in-order" : "");

            g_test_add_data_func(path, &layouts[j], for_each_layout[i].fn);
        }
    }
    for (size_t i = 0; i < 2 * G_N_ELEMENTS(crimes); i++) {
        g_autofree char *path = g_strdup_printf("/virtio/broken/%s/%s", crimes[i / 2].name,
                                                i % 2 ? "packed" : "split");

        g_test_add_data_func(path, GINT_TO_POINTER(i), crime_breaks_the_device_until_reset);
    }
    g_test_add_data_func("/virtio/legacy/little-endian", GINT_TO_POINTER(false),
                         legacy_driver_in_the_guests_byte_order);
    g_test_add_data_func("/virtio/legacy/big-endian", GINT_TO_POINTER(true),
                         legacy_driver_in_the_guests_byte_order);
    return g_test_run();
}
