/*
 * For test-virtio.c: a device that copies what it reads to what it writes, behind a virtio-mmio slot,
 * and the driver's part of both layouts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_VIRTIO_RIG_H
#define TESTS_UNIT_VIRTIO_RIG_H

#include "device-test.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"

#define TYPE_ECHO "test-virtio-echo"
#define RAM_SIZE  0x200000
#define RING      0x10000 /* descriptors; the other areas at + 0x4000 and + 0x8000 */
#define BUFFERS   0x100000
#define HOLE      0x40000000
#define SIZE      8

/* --- the device --- */

typedef struct Echo {
    VirtioDevice parent_obj;
    VirtQueue *q;
    VirtBuffer *held[64]; /* with hold: buffers that are finished by the test */
    unsigned num_held;
    bool hold;
    uint8_t config[8];
} Echo;

DECLARE_INSTANCE_CHECKER(Echo, ECHO, TYPE_ECHO)

static void echo_finish(VirtBuffer *buf)
{
    g_autofree uint8_t *data = g_malloc(buf->out_size + 1);

    iov_to_buf(buf->out, buf->num_out, 0, data, buf->out_size);
    virtq_finish(buf, iov_from_buf(buf->in, buf->num_in, 0, data, buf->out_size));
}

static void echo_handle(VirtioDevice *dev, VirtQueue *q)
{
    Echo *e = ECHO(dev);
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf)))) {
        if (e->hold) {
            g_assert_cmpuint(e->num_held, <, G_N_ELEMENTS(e->held));
            e->held[e->num_held++] = buf;
        } else {
            echo_finish(buf);
        }
    }
    virtq_publish(q);
}

static void echo_reset(VirtioDevice *dev)
{
    Echo *e = ECHO(dev);

    while (e->num_held) {
        virtq_drop(e->held[--e->num_held]);
    }
}

static void echo_realize(VirtioDevice *dev, Error **errp)
{
    ECHO(dev)->q = virtio_add_queue(dev, 256, echo_handle);
}

static void echo_read_config(VirtioDevice *dev, uint8_t *config)
{
    virtio_put32(dev, config, 0x11223344);
    memcpy(config + 4, ECHO(dev)->config + 4, 4);
}

static void echo_write_config(VirtioDevice *dev, const uint8_t *config)
{
    memcpy(ECHO(dev)->config, config, 8);
}

static void echo_class_init(ObjectClass *klass, void *data)
{
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = 42;
    vc->config_size = 8;
    vc->realize = echo_realize;
    vc->reset = echo_reset;
    vc->read_config = echo_read_config;
    vc->write_config = echo_write_config;
}

static const TypeInfo echo_types[] = {
    { .name = TYPE_ECHO, .parent = TYPE_VIRTIO_DEVICE, .instance_size = sizeof(Echo),
      .class_init = echo_class_init },
};

DEFINE_TYPES(echo_types)

/* --- the driver --- */

/* Register offsets of virtio-mmio. */
enum {
    DEVICE_FEATURES = 0x10, DEVICE_SEL = 0x14, DRIVER_FEATURES = 0x20, DRIVER_SEL = 0x24,
    QUEUE_SEL = 0x30, QUEUE_NUM_MAX = 0x34, QUEUE_NUM = 0x38, READY = 0x44, NOTIFY = 0x50,
    ISR = 0x60, ACK = 0x64, STATUS = 0x70, DESC = 0x80, DRIVER_AREA = 0x90, DEVICE_AREA = 0xa0,
    GENERATION = 0xfc, CONFIG = 0x100,
    PAGE_SIZE = 0x28, ALIGN = 0x3c, PFN = 0x40,
};

enum { NEXT = 1, WRITE = 2, INDIRECT = 4, AVAIL = 0x80, USED = 0x8000 };

typedef struct Rig {
    DeviceState *slot;
    Echo *echo;
    AddressSpace as; /* the slot's registers */
    TestLine line;
    uint64_t features;
    unsigned size;
    bool packed;
    MemOp order;
    /* where the driver is: split uses free-running indices, packed positions of two laps */
    unsigned avail, used;
    uint16_t lengths[256]; /* packed: descriptors of the buffer with that id */
} Rig;

static MemoryRegion ram;

static uint8_t *mem(hwaddr addr)
{
    return (uint8_t *)memory_region_get_ram_ptr(&ram) + addr;
}

static void put(Rig *r, hwaddr addr, uint64_t value, unsigned size)
{
    r->order == MO_BE ? stn_be_p(mem(addr), size, value) : stn_le_p(mem(addr), size, value);
}

static uint64_t take(Rig *r, hwaddr addr, unsigned size)
{
    return r->order == MO_BE ? ldn_be_p(mem(addr), size) : ldn_le_p(mem(addr), size);
}

static uint32_t reg(Rig *r, hwaddr offset)
{
    return rd(&r->as, offset, MO_LEUL);
}

static void set_reg(Rig *r, hwaddr offset, uint32_t value)
{
    wr(&r->as, offset, value, MO_LEUL);
}

static hwaddr driver_area(void)
{
    return RING + 0x4000;
}

static hwaddr device_area(void)
{
    return RING + 0x8000;
}

static void set_up_queue(Rig *r)
{
    const hwaddr areas[] = { RING, driver_area(), device_area() };

    memset(mem(RING), 0, 0xc000);
    r->avail = r->used = 0;
    set_reg(r, QUEUE_SEL, 0);
    set_reg(r, QUEUE_NUM, r->size);
    for (int i = 0; i < 3; i++) {
        set_reg(r, DESC + 0x10 * i, areas[i]);
        set_reg(r, DESC + 0x10 * i + 4, 0);
    }
    set_reg(r, READY, 1);
}

static void negotiate(Rig *r)
{
    set_reg(r, STATUS, 0);
    set_reg(r, STATUS, 1);
    set_reg(r, STATUS, 3);
    for (int half = 0; half < 2; half++) {
        set_reg(r, DRIVER_SEL, half);
        set_reg(r, DRIVER_FEATURES, r->features >> (32 * half));
    }
    set_reg(r, STATUS, 3 | 8);
    g_assert_cmphex(reg(r, STATUS), ==, 3 | 8);
    set_up_queue(r);
    set_reg(r, STATUS, 3 | 8 | 4);
}

static Rig *rig_with(uint64_t features, bool legacy)
{
    Rig *r = g_new0(Rig, 1);
    DeviceState *dev = qdev_new(TYPE_ECHO);

    r->slot = qdev_new(TYPE_VIRTIO_MMIO);
    qdev_prop_set_bit(r->slot, "force-legacy", legacy);
    sysbus_realize(SYS_BUS_DEVICE(r->slot), &error_abort);
    sysbus_connect_irq(SYS_BUS_DEVICE(r->slot), 0, test_line(&r->line));
    qdev_prop_set_bit(dev, "packed", true);
    qdev_prop_set_bit(dev, "in_order", true);
    qdev_realize_and_unref(dev, g_ptr_array_index(r->slot->child_buses, 0), &error_abort);
    r->echo = ECHO(dev);
    test_map(&r->as, r->slot);
    device_cold_reset(r->slot);
    r->size = SIZE;
    r->order = MO_LE;
    r->features = features | VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
    r->packed = features & VIRTIO_FEATURE(VIRTIO_F_RING_PACKED);
    if (!legacy) {
        negotiate(r);
    }
    return r;
}

static Rig *rig_new(uint64_t features)
{
    return rig_with(features, false);
}

static void rig_free(Rig *r)
{
    address_space_destroy(&r->as);
    qdev_unrealize(DEVICE(r->echo));
    test_drop(r->slot);
    g_free(r);
}

/* A part of a buffer. */
typedef struct Part {
    uint64_t addr;
    uint32_t len;
    uint16_t flags;
} Part;

static void write_desc(Rig *r, hwaddr table, unsigned slot, const Part *p, uint16_t flags,
                       uint16_t next_or_id)
{
    hwaddr at = table + slot * 16;

    put(r, at, p->addr, 8);
    put(r, at + 8, p->len, 4);
    put(r, at + (r->packed ? 14 : 12), flags, 2);
    put(r, at + (r->packed ? 12 : 14), next_or_id, 2);
}

static bool wrap_counter(Rig *r, unsigned position)
{
    return position < r->size;
}

static uint16_t avail_flags(Rig *r, unsigned position)
{
    return wrap_counter(r, position) ? AVAIL : USED;
}

/*
 * Makes the parts available as one buffer with that id, which for split is its first descriptor.
 * Positions of split descriptors: from `id` on.
 */
static void offer(Rig *r, uint16_t id, const Part *parts, unsigned n)
{
    if (!r->packed) {
        for (unsigned i = 0; i < n; i++) {
            write_desc(r, RING, (id + i) % r->size, &parts[i],
                       parts[i].flags | (i + 1 < n ? NEXT : 0), (id + i + 1) % r->size);
        }
        put(r, driver_area() + 4 + r->avail % r->size * 2, id, 2);
        r->avail++;
        put(r, driver_area() + 2, (uint16_t)r->avail, 2);
        return;
    }
    r->lengths[id] = n;
    for (unsigned i = n; i-- > 0;) { /* the first one last */
        unsigned position = (r->avail + i) % (2 * r->size);

        write_desc(r, RING, position % r->size, &parts[i],
                   parts[i].flags | (i + 1 < n ? NEXT : 0) | avail_flags(r, position), id);
    }
    r->avail = (r->avail + n) % (2 * r->size);
}

static void kick(Rig *r)
{
    set_reg(r, NOTIFY, 0);
}

/* The next used buffer: its id, or -1. */
static int collect(Rig *r, uint32_t *len)
{
    if (!r->packed) {
        uint16_t idx = take(r, device_area() + 2, 2);
        hwaddr at = device_area() + 4 + r->used % r->size * 8;

        if (idx == (uint16_t)r->used) {
            return -1;
        }
        r->used++;
        *len = take(r, at + 4, 4);
        return take(r, at, 4);
    } else {
        hwaddr at = RING + r->used % r->size * 16;
        uint16_t flags = take(r, at + 14, 2);
        bool wrap = wrap_counter(r, r->used);
        int id = take(r, at + 12, 2);

        if (!!(flags & AVAIL) != wrap || !!(flags & USED) != wrap) {
            return -1;
        }
        *len = take(r, at + 8, 4);
        r->used = (r->used + r->lengths[id]) % (2 * r->size);
        return id;
    }
}

static void acknowledge(Rig *r)
{
    set_reg(r, ACK, reg(r, ISR));
    g_assert_cmpint(r->line.level, ==, 0);
}

#endif
