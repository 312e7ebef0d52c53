/*
 * 8237A DMA controller with the page registers that a PC puts beside it.
 *
 * Reference: Intel 8237A data sheet (231466), "Register description" and "Programming"; IBM PC AT
 * Technical Reference, "Direct memory access", for ports, pages and 16-bit channels.
 *
 * A device that holds its request line is asked for data from the main loop, until it moves nothing
 * or the block ends. All channels seem to have the bus at once: priorities and timing don't show.
 * Software requests and memory-to-memory transfers are missing, and the cascade through channel 4
 * is open, masked or not.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/dma/i8257.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define NUM_CHANNELS 4
#define ALL_CHANNELS 0x0f
#define NUM_REGIONS  2 /* page registers are two pieces of ports */

enum {
    STATUS_COMMAND = 0,
    REQUEST = 1,
    MASK_ONE = 2,
    MODE = 3,
    CLEAR_POINTER = 4,
    TEMPORARY_MASTER_CLEAR = 5,
    CLEAR_MASK = 6,
    MASK_ALL = 7,

    COMMAND_MEMORY_TO_MEMORY = 0x01,
    COMMAND_DISABLE = 0x04,

    SELECT_CHANNEL = 0x03,
    SELECT_SET = 0x04,

    MODE_TRANSFER = 0x0c,
    MODE_VERIFY = 0x00,
    MODE_TO_MEMORY = 0x04,
    MODE_FROM_MEMORY = 0x08,
    MODE_AUTO_INIT = 0x10,
    MODE_DECREMENT = 0x20,
};

typedef struct Channel {
    uint16_t base_address, base_count;
    uint16_t address, count; /* current */
    uint8_t page, high_page;
    uint8_t mode;
    IsaDmaTransferHandler device;
    void *device_opaque;
} Channel;

OBJECT_DECLARE_SIMPLE_TYPE(DmaController, I8257)

struct DmaController {
    ISADevice parent_obj;

    MemoryRegion channel_ports, control_ports;
    MemoryRegion page_ports[NUM_REGIONS], high_page_ports[NUM_REGIONS];
    QEMUBH *bh;

    Channel channel[NUM_CHANNELS];
    uint8_t command, mask;
    uint8_t requests; /* lines that devices hold */
    uint8_t done;     /* channels that have reached terminal count, since somebody looked */
    bool second_byte; /* of an address or a count comes next */

    int32_t base, page_base, high_page_base, shift; /* properties */
};

/* ---- blocks ---- */

static unsigned index_of(int channel)
{
    return channel & (NUM_CHANNELS - 1);
}

static int block_size(const DmaController *s, const Channel *c)
{
    return (c->base_count + 1) << s->shift;
}

/* In bytes; the whole block where the count has gone below 0. */
static int block_done(const DmaController *s, const Channel *c)
{
    return (uint16_t)(c->base_count - c->count) << s->shift;
}

static void load_block(Channel *c)
{
    c->address = c->base_address;
    c->count = c->base_count;
}

/*
 * The host address of byte `pos` of the block. The counters of address lines below the page's are
 * 16 bits wide and wrap; a 16-bit channel's page has no bit for line 16.
 */
static hwaddr address_of(const DmaController *s, const Channel *c, int pos)
{
    uint16_t step = pos >> s->shift;
    uint16_t low = c->mode & MODE_DECREMENT ? c->base_address - step : c->base_address + step;
    uint32_t page = (c->page & (s->shift ? 0xfe : 0xff)) << 16 | (uint32_t)c->high_page << 24;

    return page | (uint32_t)low << s->shift | (pos & ((1 << s->shift) - 1));
}

/* How many bytes from `pos` on lie in a row. */
static int in_a_row(const DmaController *s, const Channel *c, int pos)
{
    hwaddr end_of_page = (hwaddr)0x10000 << s->shift;

    if (c->mode & MODE_DECREMENT) {
        return (1 << s->shift) - (pos & ((1 << s->shift) - 1));
    }
    return end_of_page - (address_of(s, c, pos) & (end_of_page - 1));
}

/* Between the device's buffer and memory. Bytes that don't fit the programmed way aren't moved. */
static int move(IsaDma *dma, int number, void *buf, int pos, int len, bool to_memory)
{
    DmaController *s = I8257(dma);
    Channel *c = &s->channel[index_of(number)];
    uint8_t transfer = c->mode & MODE_TRANSFER;
    uint8_t wanted = to_memory ? MODE_TO_MEMORY : MODE_FROM_MEMORY;

    if (pos < 0 || len <= 0 || pos >= block_size(s, c)) {
        return 0;
    }
    len = MIN(len, block_size(s, c) - pos);
    if (transfer != wanted) {
        if (transfer != MODE_VERIFY) {
            qemu_log_dev(LOG_GUEST_ERROR, TYPE_I8257, "MODE",
                         "channel %d is not set up for the direction of its device", number);
        }
        if (!to_memory) {
            memset(buf, 0, len);
        }
        return len;
    }
    for (int done = 0; done < len;) {
        int piece = MIN(len - done, in_a_row(s, c, pos + done));

        address_space_rw(&address_space_memory, address_of(s, c, pos + done),
                         MEMTXATTRS_UNSPECIFIED, (uint8_t *)buf + done, piece, to_memory);
        done += piece;
    }
    return len;
}

static int dma_read_memory(IsaDma *dma, int channel, void *buf, int pos, int len)
{
    return move(dma, channel, buf, pos, len, false);
}

static int dma_write_memory(IsaDma *dma, int channel, void *buf, int pos, int len)
{
    return move(dma, channel, buf, pos, len, true);
}

static bool dma_has_autoinitialization(IsaDma *dma, int channel)
{
    return I8257(dma)->channel[index_of(channel)].mode & MODE_AUTO_INIT;
}

/* ---- service ---- */

static bool is_ready(const DmaController *s, unsigned i)
{
    return !(s->command & COMMAND_DISABLE) && (s->requests & ~s->mask) >> i & 1 &&
           s->channel[i].device;
}

/* Terminal count: from the start with autoinitialization, else never again until unmasked. */
static void end_block(DmaController *s, unsigned i)
{
    Channel *c = &s->channel[i];

    s->done |= 1 << i;
    if (c->mode & MODE_AUTO_INIT) {
        load_block(c);
    } else {
        s->mask |= 1 << i;
    }
}

/* Whether the device has moved something. */
static bool serve_channel(DmaController *s, unsigned i)
{
    Channel *c = &s->channel[i];
    int before = block_done(s, c), size = block_size(s, c);
    int number = i + (s->shift ? NUM_CHANNELS : 0);
    int after = CLAMP(c->device(c->device_opaque, number, before, size), before, size);
    int steps = (after - before) >> s->shift;

    c->address += c->mode & MODE_DECREMENT ? -steps : steps;
    c->count -= steps;
    if (steps && after >= size) {
        end_block(s, i);
    }
    return steps;
}

static void serve(void *opaque)
{
    DmaController *s = opaque;
    bool moved = false;

    for (unsigned i = 0; i < NUM_CHANNELS; i++) {
        if (is_ready(s, i)) {
            moved |= serve_channel(s, i) && is_ready(s, i);
        }
    }
    if (moved) {
        qemu_bh_schedule(s->bh);
    }
}

/* Something has changed that may make a channel ready. */
static void schedule(DmaController *s)
{
    for (unsigned i = 0; i < NUM_CHANNELS; i++) {
        if (is_ready(s, i)) {
            qemu_bh_schedule(s->bh);
            return;
        }
    }
}

static void dma_schedule(IsaDma *dma)
{
    schedule(I8257(dma));
}

static void dma_hold_dreq(IsaDma *dma, int channel)
{
    DmaController *s = I8257(dma);

    s->requests |= 1 << index_of(channel);
    schedule(s);
}

static void dma_release_dreq(IsaDma *dma, int channel)
{
    I8257(dma)->requests &= ~(1 << index_of(channel));
}

static void dma_register_channel(IsaDma *dma, int channel, IsaDmaTransferHandler handler,
                                 void *opaque)
{
    Channel *c = &I8257(dma)->channel[index_of(channel)];

    c->device = handler;
    c->device_opaque = opaque;
}

/* ---- registers of the channels: an address and a count each, low byte first ---- */

static uint64_t channel_read(void *opaque, hwaddr addr, unsigned size)
{
    DmaController *s = opaque;
    unsigned n = addr >> s->shift;
    const Channel *c = &s->channel[n / 2];
    uint16_t value = n % 2 ? c->count : c->address;
    bool high = s->second_byte;

    s->second_byte = !high;
    return high ? value >> 8 : value & 0xff;
}

/* Base and current registers are written together, a byte at a time. */
static void channel_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    DmaController *s = opaque;
    unsigned n = addr >> s->shift;
    Channel *c = &s->channel[n / 2];
    uint16_t *base = n % 2 ? &c->base_count : &c->base_address;
    uint16_t *current = n % 2 ? &c->count : &c->address;

    *base = s->second_byte ? (*base & 0x00ff) | value << 8 : (*base & 0xff00) | value;
    *current = *base;
    s->second_byte = !s->second_byte;
}

/* ---- registers of the controller ---- */

static void master_clear(DmaController *s)
{
    s->command = s->done = 0;
    s->mask = ALL_CHANNELS;
    s->second_byte = false;
}

static uint64_t control_read(void *opaque, hwaddr addr, unsigned size)
{
    DmaController *s = opaque;
    uint8_t status;

    switch (addr >> s->shift) {
    case STATUS_COMMAND:
        status = s->requests << NUM_CHANNELS | s->done;
        s->done = 0;
        return status;
    case MASK_ALL:
        return s->mask | 0xf0;
    default:
        return 0; /* the temporary register, which nothing fills; others can't be read */
    }
}

static void write_command(DmaController *s, uint8_t value)
{
    if (value & COMMAND_MEMORY_TO_MEMORY) {
        qemu_log_dev(LOG_UNIMP, TYPE_I8257, "COMMAND", "memory to memory is not modelled");
    }
    s->command = value;
}

static void write_mask_bit(DmaController *s, uint8_t value)
{
    uint8_t bit = 1 << (value & SELECT_CHANNEL);

    s->mask = value & SELECT_SET ? s->mask | bit : s->mask & ~bit;
}

static void control_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    DmaController *s = opaque;

    switch (addr >> s->shift) {
    case STATUS_COMMAND:
        write_command(s, value);
        break;
    case REQUEST:
        if (value & SELECT_SET) {
            qemu_log_dev(LOG_UNIMP, TYPE_I8257, "REQUEST", "software requests are not modelled");
        }
        break;
    case MASK_ONE:
        write_mask_bit(s, value);
        break;
    case MODE:
        s->channel[value & SELECT_CHANNEL].mode = value;
        break;
    case CLEAR_POINTER:
        s->second_byte = false;
        break;
    case TEMPORARY_MASTER_CLEAR:
        master_clear(s);
        break;
    case CLEAR_MASK:
        s->mask = 0;
        break;
    case MASK_ALL:
        s->mask = value & ALL_CHANNELS;
        break;
    }
    schedule(s);
}

/* ---- page registers: three in a row, and one apart ---- */

static const struct {
    uint8_t offset, size;
    uint8_t channel[3];
} page_places[NUM_REGIONS] = {
    { 1, 3, { 2, 3, 1 } },
    { 7, 1, { 0 } },
};

/* A piece of the ports has its own operations, so that it knows which one it is. */
static Channel *page_channel(DmaController *s, unsigned piece, hwaddr addr)
{
    return &s->channel[page_places[piece].channel[addr]];
}

#define PAGE_OPS(field, piece)                                                                     \
    static uint64_t field##_read_##piece(void *opaque, hwaddr addr, unsigned size)                 \
    {                                                                                              \
        return page_channel(opaque, piece, addr)->field;                                           \
    }                                                                                              \
    static void field##_write_##piece(void *opaque, hwaddr addr, uint64_t value, unsigned size)    \
    {                                                                                              \
        page_channel(opaque, piece, addr)->field = value;                                          \
    }

PAGE_OPS(page, 0)
PAGE_OPS(page, 1)
PAGE_OPS(high_page, 0)
PAGE_OPS(high_page, 1)

#define BYTE_OPS(read_, write_)                                                                    \
    {                                                                                              \
        .read = read_, .write = write_, .endianness = DEVICE_LITTLE_ENDIAN,                        \
        .impl = { .min_access_size = 1, .max_access_size = 1 },                                    \
    }

static const MemoryRegionOps channel_ops = BYTE_OPS(channel_read, channel_write);
static const MemoryRegionOps control_ops = BYTE_OPS(control_read, control_write);
static const MemoryRegionOps page_ops[NUM_REGIONS] = {
    BYTE_OPS(page_read_0, page_write_0),
    BYTE_OPS(page_read_1, page_write_1),
};
static const MemoryRegionOps high_page_ops[NUM_REGIONS] = {
    BYTE_OPS(high_page_read_0, high_page_write_0),
    BYTE_OPS(high_page_read_1, high_page_write_1),
};

/* ---- the device ---- */

static void i8257_reset(DeviceState *dev)
{
    master_clear(I8257(dev));
}

static void add_ports(DmaController *s, MemoryRegion *mr, const MemoryRegionOps *ops,
                      const char *name, uint16_t port, unsigned size)
{
    memory_region_init_io(mr, OBJECT(s), ops, s, name, size);
    isa_register_ioport(ISA_DEVICE(s), mr, port);
}

static void i8257_realize(DeviceState *dev, Error **errp)
{
    DmaController *s = I8257(dev);
    unsigned size = 8 << s->shift;

    add_ports(s, &s->channel_ports, &channel_ops, "dma-chan", s->base, size);
    add_ports(s, &s->control_ports, &control_ops, "dma-cont", s->base + size, size);
    for (unsigned i = 0; i < NUM_REGIONS; i++) {
        add_ports(s, &s->page_ports[i], &page_ops[i], "dma-page",
                  s->page_base + page_places[i].offset, page_places[i].size);
        if (s->high_page_base >= 0) {
            add_ports(s, &s->high_page_ports[i], &high_page_ops[i], "dma-pageh",
                      s->high_page_base + page_places[i].offset, page_places[i].size);
        }
    }
    s->bh = qemu_bh_new(serve, s);
}

static const VMStateDescription vmstate_channel = {
    .name = "dma_regs",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(base_address, Channel),
        VMSTATE_UINT16(base_count, Channel),
        VMSTATE_UINT16(address, Channel),
        VMSTATE_UINT16(count, Channel),
        VMSTATE_UINT8(page, Channel),
        VMSTATE_UINT8(high_page, Channel),
        VMSTATE_UINT8(mode, Channel),
        VMSTATE_END_OF_LIST()
    },
};

static int i8257_post_load(void *opaque, int version_id)
{
    schedule(opaque);
    return 0;
}

static const VMStateDescription vmstate_i8257 = {
    .name = "dma",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = i8257_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(channel, DmaController, NUM_CHANNELS, 1, vmstate_channel, Channel),
        VMSTATE_UINT8(command, DmaController),
        VMSTATE_UINT8(mask, DmaController),
        VMSTATE_UINT8(requests, DmaController),
        VMSTATE_UINT8(done, DmaController),
        VMSTATE_BOOL(second_byte, DmaController),
        VMSTATE_END_OF_LIST()
    },
};

static Property i8257_properties[] = {
    DEFINE_PROP_INT32_RANGE("base", DmaController, base, 0x00, 0, 0xffe0),
    DEFINE_PROP_INT32_RANGE("page-base", DmaController, page_base, 0x80, 0, 0xfff0),
    DEFINE_PROP_INT32_RANGE("pageh-base", DmaController, high_page_base, 0x480, -1, 0xfff0),
    DEFINE_PROP_INT32_RANGE("dshift", DmaController, shift, 0, 0, 1),
    DEFINE_PROP_END_OF_LIST(),
};

static void i8257_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "8237A DMA controller",
        .realize = i8257_realize,
        .reset = i8257_reset,
        .state = &vmstate_i8257,
        .properties = i8257_properties,
        .board_only = true, /* the bus has to know it */
    };
    IsaDmaClass *k = ISADMA_CLASS(oc);

    device_class_init_traits(oc, (void *)&traits);
    k->has_autoinitialization = dma_has_autoinitialization;
    k->read_memory = dma_read_memory;
    k->write_memory = dma_write_memory;
    k->hold_DREQ = dma_hold_dreq;
    k->release_DREQ = dma_release_dreq;
    k->schedule = dma_schedule;
    k->register_channel = dma_register_channel;
}

static const TypeInfo i8257_types[] = {
    {
        .name = TYPE_I8257,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(DmaController),
        .class_init = i8257_class_init,
        .interfaces = (InterfaceInfo[]) { { TYPE_ISADMA }, { NULL } },
    },
};

DEFINE_TYPES(i8257_types)

/* ---- the pair ---- */

static IsaDma *add_controller(ISABus *bus, int base, int page_base, int high_page_base, int shift)
{
    DeviceState *dev = DEVICE(isa_new(TYPE_I8257));

    qdev_prop_set_int32(dev, "base", base);
    qdev_prop_set_int32(dev, "page-base", page_base);
    qdev_prop_set_int32(dev, "pageh-base", high_page_base);
    qdev_prop_set_int32(dev, "dshift", shift);
    isa_realize_and_unref(ISA_DEVICE(dev), bus, &error_fatal);
    return ISADMA(dev);
}

void i8257_dma_init(ISABus *bus, bool high_page_enable)
{
    IsaDma *low = add_controller(bus, 0x00, 0x80, high_page_enable ? 0x480 : -1, 0);
    IsaDma *high = add_controller(bus, 0xc0, 0x88, high_page_enable ? 0x488 : -1, 1);

    isa_bus_dma(bus, low, high);
}
