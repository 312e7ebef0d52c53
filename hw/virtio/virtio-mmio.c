/*
 * Virtio over MMIO: one device behind a page of registers, version 2 or the legacy version 1.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 4.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/sysbus.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_MMIO_BUS "virtio-mmio-bus"

#define MAGIC   0x74726976 /* "virt" */
#define VENDOR  0x554d4551 /* "QEMU": drivers know it */
#define LEGACY_PAGE_DEFAULT 4096

/* Registers of both versions, those of version 2 alone, those of version 1 alone. */
enum {
    REG_MAGIC = 0x000,
    REG_VERSION = 0x004,
    REG_DEVICE_ID = 0x008,
    REG_VENDOR_ID = 0x00c,
    REG_DEVICE_FEATURES = 0x010,
    REG_DEVICE_FEATURES_SEL = 0x014,
    REG_DRIVER_FEATURES = 0x020,
    REG_DRIVER_FEATURES_SEL = 0x024,
    REG_QUEUE_SEL = 0x030,
    REG_QUEUE_NUM_MAX = 0x034,
    REG_QUEUE_NUM = 0x038,
    REG_QUEUE_NOTIFY = 0x050,
    REG_INTERRUPT_STATUS = 0x060,
    REG_INTERRUPT_ACK = 0x064,
    REG_STATUS = 0x070,
    REG_CONFIG = 0x100,

    REG_QUEUE_READY = 0x044,
    REG_QUEUE_DESC_LOW = 0x080,
    REG_QUEUE_DESC_HIGH = 0x084,
    REG_QUEUE_DRIVER_LOW = 0x090,
    REG_QUEUE_DRIVER_HIGH = 0x094,
    REG_QUEUE_DEVICE_LOW = 0x0a0,
    REG_QUEUE_DEVICE_HIGH = 0x0a4,
    REG_SHM_LEN_LOW = 0x0b0,
    REG_SHM_BASE_HIGH = 0x0bc,
    REG_QUEUE_RESET = 0x0c0,
    REG_CONFIG_GENERATION = 0x0fc,

    REG_GUEST_PAGE_SIZE = 0x028,
    REG_QUEUE_ALIGN = 0x03c,
    REG_QUEUE_PFN = 0x040,
};

typedef struct VirtioMMIO {
    SysBusDevice parent_obj;

    VirtioBus bus;
    MemoryRegion mmio;
    qemu_irq irq;
    bool legacy; /* property "force-legacy": version 1 */

    uint32_t device_features_sel, driver_features_sel, queue_sel;
    uint32_t page_size;
    uint32_t align;
} VirtioMMIO;

DECLARE_INSTANCE_CHECKER(VirtioMMIO, VIRTIO_MMIO, TYPE_VIRTIO_MMIO)

static void update_irq(VirtioMMIO *s, VirtioDevice *dev)
{
    qemu_set_irq(s->irq, dev && dev->isr);
}

static void mmio_interrupt(VirtioBus *bus, VirtioDevice *dev, uint16_t vector)
{
    update_irq(container_of(bus, VirtioMMIO, bus), dev);
}

static void wrong_access(VirtioMMIO *s, bool is_write, hwaddr addr, unsigned size)
{
    if (qemu_loglevel_mask(LOG_GUEST_ERROR)) {
        g_autofree char *slot = qdev_get_human_name(DEVICE(s));

        qemu_log_dev(LOG_GUEST_ERROR, slot, NULL, "%s of %u bytes at 0x%" HWADDR_PRIx ": %s",
                     is_write ? "write" : "read", size, addr,
                     size != 4  ? "registers have 4"
                     : is_write ? "it isn't there or is read-only"
                                : "it isn't there or is write-only");
    }
}

static void reset_registers(VirtioMMIO *s)
{
    s->device_features_sel = s->driver_features_sel = s->queue_sel = 0;
    s->page_size = LEGACY_PAGE_DEFAULT;
    s->align = LEGACY_PAGE_DEFAULT;
}

static uint32_t feature_word(uint64_t features, uint32_t select)
{
    return select > 1 ? 0 : features >> (32 * select);
}

/* Configuration is bytes; the region of a big-endian legacy slot turns values round. */
static uint64_t as_bytes(VirtioMMIO *s, uint64_t value, unsigned size)
{
    if (!s->legacy || !memory_native_big_endian()) {
        return value;
    }
    return size == 4 ? bswap32(value) : size == 2 ? bswap16(value) : value;
}

/* --- reading --- */

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    VirtioMMIO *s = opaque;
    VirtioDevice *dev = virtio_bus_device(&s->bus);
    VirtQueue *q = dev ? virtio_queue(dev, s->queue_sel) : NULL;

    if (!dev) {
        /* An empty slot has a device id of 0; the driver leaves it alone. */
        const uint32_t empty[] = { MAGIC, s->legacy ? 1 : 2, 0, VENDOR };

        return addr < sizeof(empty) && size == 4 ? empty[addr / 4] : 0;
    }
    virtio_set_legacy(dev, s->legacy);
    if (addr >= REG_CONFIG) {
        return as_bytes(s, virtio_config_read(dev, addr - REG_CONFIG, size), size);
    }
    if (size != 4) {
        wrong_access(s, false, addr, size);
        return 0;
    }
    switch (addr) {
    case REG_MAGIC:
        return MAGIC;
    case REG_VERSION:
        return s->legacy ? 1 : 2;
    case REG_DEVICE_ID:
        return VIRTIO_DEVICE_GET_CLASS(dev)->device_id;
    case REG_VENDOR_ID:
        return VENDOR;
    case REG_DEVICE_FEATURES:
        return feature_word(virtio_offered_features(dev, s->legacy), s->device_features_sel);
    case REG_QUEUE_NUM_MAX:
        return q ? virtq_setup(q)->max_size : 0;
    case REG_INTERRUPT_STATUS:
        return dev->isr;
    case REG_STATUS:
        return dev->status;
    case REG_QUEUE_PFN:
        return s->legacy && q && virtq_is_enabled(q) ? virtq_setup(q)->desc / s->page_size : 0;
    case REG_QUEUE_READY:
        return !s->legacy && q && virtq_is_enabled(q);
    case REG_QUEUE_RESET:
        return 0; /* done at once */
    case REG_CONFIG_GENERATION:
        return s->legacy ? 0 : dev->generation;
    default:
        /* There is no shared memory: its length and address are all ones (4.2.2.1). */
        if (addr >= REG_SHM_LEN_LOW && addr <= REG_SHM_BASE_HIGH && !s->legacy) {
            return UINT32_MAX;
        }
        wrong_access(s, false, addr, size);
        return 0;
    }
}

/* --- writing --- */

/* A register that the other version doesn't have; true if the write was for one of these. */
static bool write_modern(VirtioMMIO *s, VirtioDevice *dev, VirtQueue *q, hwaddr addr,
                         uint32_t value)
{
    static const struct {
        uint16_t reg, member;
    } addresses[] = {
        { REG_QUEUE_DESC_LOW, offsetof(VirtQueueSetup, desc) },
        { REG_QUEUE_DRIVER_LOW, offsetof(VirtQueueSetup, driver) },
        { REG_QUEUE_DEVICE_LOW, offsetof(VirtQueueSetup, device) },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(addresses); i++) {
        if ((addr & ~4ull) == addresses[i].reg) {
            if (q && !virtq_is_enabled(q)) {
                uint64_t *at = (uint64_t *)((char *)virtq_setup(q) + addresses[i].member);

                *at = deposit64(*at, addr & 4 ? 32 : 0, 32, value);
            }
            return true;
        }
    }
    if (addr == REG_QUEUE_READY) {
        if (q && value == 1) {
            virtq_enable(q);
        } else if (q && value == 0) {
            virtio_queue_reset(q);
        }
        return true;
    }
    if (addr == REG_QUEUE_RESET) {
        if (q && value == 1 && virtio_has_feature(dev, VIRTIO_F_RING_RESET)) {
            virtio_queue_reset(q);
        }
        return true;
    }
    return false;
}

static bool write_legacy(VirtioMMIO *s, VirtioDevice *dev, VirtQueue *q, hwaddr addr,
                         uint32_t value)
{
    switch (addr) {
    case REG_GUEST_PAGE_SIZE:
        s->page_size = is_power_of_2(value) ? value : LEGACY_PAGE_DEFAULT;
        return true;
    case REG_QUEUE_ALIGN:
        s->align = is_power_of_2(value) ? value : LEGACY_PAGE_DEFAULT;
        return true;
    case REG_QUEUE_PFN:
        if (q && value && !virtq_is_enabled(q)) {
            virtq_place_legacy(q, (uint64_t)value * s->page_size, s->align);
            virtq_enable(q);
        } else if (q && !value) {
            virtio_queue_reset(q);
        }
        return true;
    default:
        return false;
    }
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VirtioMMIO *s = opaque;
    VirtioDevice *dev = virtio_bus_device(&s->bus);
    VirtQueue *q = dev ? virtio_queue(dev, s->queue_sel) : NULL;

    if (!dev) {
        return;
    }
    virtio_set_legacy(dev, s->legacy);
    if (addr >= REG_CONFIG) {
        virtio_config_write(dev, addr - REG_CONFIG, as_bytes(s, value, size), size);
        return;
    }
    if (size != 4) {
        wrong_access(s, true, addr, size);
        return;
    }
    switch (addr) {
    case REG_DEVICE_FEATURES_SEL:
        s->device_features_sel = value;
        break;
    case REG_DRIVER_FEATURES_SEL:
        s->driver_features_sel = value;
        break;
    case REG_DRIVER_FEATURES:
        if (s->driver_features_sel <= 1) {
            virtio_set_features(dev, deposit64(dev->driver_features, 32 * s->driver_features_sel,
                                               32, value));
        }
        break;
    case REG_QUEUE_SEL:
        s->queue_sel = value;
        break;
    case REG_QUEUE_NUM:
        if (q && !virtq_is_enabled(q)) {
            virtq_setup(q)->size = MIN(value, UINT16_MAX); /* checked when it is enabled */
        }
        break;
    case REG_QUEUE_NOTIFY:
        virtio_kick(dev, value);
        break;
    case REG_INTERRUPT_ACK:
        dev->isr &= ~value;
        update_irq(s, dev);
        break;
    case REG_STATUS:
        virtio_set_status(dev, value);
        if (!(value & 0xff)) {
            reset_registers(s);
            update_irq(s, dev);
        }
        break;
    default:
        if (!(s->legacy ? write_legacy : write_modern)(s, dev, q, addr, value)) {
            wrong_access(s, true, addr, size);
        }
    }
}

/* Registers are little-endian; legacy ones are in the guest's order. */
#define MMIO_OPS(order) \
    { \
        .read = mmio_read, .write = mmio_write, .endianness = order, \
        .valid = { .min_access_size = 1, .max_access_size = 8 }, \
        .impl = { .min_access_size = 1, .max_access_size = 4 }, \
    }
static const MemoryRegionOps modern_ops = MMIO_OPS(DEVICE_LITTLE_ENDIAN);
static const MemoryRegionOps legacy_ops = MMIO_OPS(DEVICE_NATIVE_ENDIAN);

static void mmio_realize(DeviceState *dev, Error **errp)
{
    VirtioMMIO *s = VIRTIO_MMIO(dev);

    memory_region_init_io(&s->mmio, OBJECT(s), s->legacy ? &legacy_ops : &modern_ops, s,
                          TYPE_VIRTIO_MMIO, VIRTIO_MMIO_SIZE);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(dev), &s->irq);
}

static void mmio_reset(DeviceState *dev)
{
    VirtioMMIO *s = VIRTIO_MMIO(dev);

    reset_registers(s);
    update_irq(s, virtio_bus_device(&s->bus));
}

static void mmio_instance_init(Object *obj)
{
    VirtioMMIO *s = VIRTIO_MMIO(obj);

    qbus_init(&s->bus, sizeof(s->bus), TYPE_VIRTIO_MMIO_BUS, DEVICE(obj), NULL);
}

static const VMStateDescription vmstate_mmio = {
    .name = "virtio-mmio",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(device_features_sel, VirtioMMIO),
            VMSTATE_UINT32(driver_features_sel, VirtioMMIO),
            VMSTATE_UINT32(queue_sel, VirtioMMIO),
            VMSTATE_UINT32(page_size, VirtioMMIO),
            VMSTATE_UINT32(align, VirtioMMIO),
            VMSTATE_END_OF_LIST(),
        },
};

static Property mmio_properties[] = {
    DEFINE_PROP_BOOL("force-legacy", VirtioMMIO, legacy, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void mmio_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "Virtio over MMIO";
    dc->realize = mmio_realize;
    dc->vmsd = &vmstate_mmio;
    dc->user_creatable = false; /* boards place them */
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_legacy_reset(dc, mmio_reset);
    device_class_set_props(dc, mmio_properties);
}

/* "virtio-mmio@a000000": where the transport is. */
static char *mmio_bus_path(DeviceState *dev)
{
    SysBusDevice *carrier = SYS_BUS_DEVICE(dev->parent_bus->parent);

    return g_strdup_printf("%s@%" HWADDR_PRIx, TYPE_VIRTIO_MMIO,
                           sysbus_mmio_get_region(carrier, 0)->addr);
}

static void mmio_bus_class_init(ObjectClass *klass, void *data)
{
    VIRTIO_BUS_CLASS(klass)->interrupt = mmio_interrupt;
    BUS_CLASS(klass)->get_dev_path = mmio_bus_path;
}

static const TypeInfo mmio_types[] = {
    {
        .name = TYPE_VIRTIO_MMIO_BUS,
        .parent = TYPE_VIRTIO_BUS,
        .instance_size = sizeof(VirtioBus),
        .class_init = mmio_bus_class_init,
    },
    {
        .name = TYPE_VIRTIO_MMIO,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(VirtioMMIO),
        .instance_init = mmio_instance_init,
        .class_init = mmio_class_init,
    },
};

DEFINE_TYPES(mmio_types)
