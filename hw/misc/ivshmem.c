/*
 * ivshmem-plain: a memory backend as a PCI card, for a guest to share with programs on the host or
 * with another guest.
 *
 *     -object memory-backend-file,id=m,mem-path=/dev/shm/m,size=16M,share=on
 *     -device ivshmem-plain,memdev=m[,bar-size=1M]
 *
 * BAR 2 is the memory. BAR 0 has four registers of a card whose peers interrupt each other: here
 * nobody does. With bar-size, and on a PCI Express bus, BAR 2 shows that much of the memory after a
 * reset, and software may have it show more or less (Resizable BAR, from 1 MiB to all of it), as
 * graphics cards let it.
 *
 * Reference: "Device Specification for Inter-VM shared memory device" (QEMU's docs/specs).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci_ids.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/hostmem.h"

#define TYPE_IVSHMEM_PLAIN "ivshmem-plain"
OBJECT_DECLARE_SIMPLE_TYPE(IVShmem, IVSHMEM_PLAIN)

enum { INTERRUPT_MASK = 0, INTERRUPT_STATUS = 4, IV_POSITION = 8, DOORBELL = 12 };

#define REGISTERS_SIZE 256
#define MEMORY_BAR     2
#define LARGEST_BAR    (512 * (uint64_t)GiB) /* that the capability's first word can name */

struct IVShmem {
    PCIDevice parent_obj;

    HostMemoryBackend *memdev; /* properties */
    uint64_t bar_size;         /* 0: all of it, always */
    OnOffAuto master;

    MemoryRegion registers, window;
    uint32_t interrupt_mask;
};

/* Without peers there is no interrupt, and the card's own number among them is 0. */
static uint64_t registers_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr == INTERRUPT_MASK ? ((IVShmem *)opaque)->interrupt_mask : 0;
}

static void registers_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (addr == INTERRUPT_MASK) {
        ((IVShmem *)opaque)->interrupt_mask = value;
    } else if (addr == DOORBELL) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_IVSHMEM_PLAIN, "Doorbell", "there is no peer %u",
                     (unsigned)(value >> 16));
    }
}

static const MemoryRegionOps registers_ops = {
    .read = registers_read,
    .write = registers_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

static bool check_properties(IVShmem *s, uint64_t size, Error **errp)
{
    const char *id = host_memory_backend_id(s->memdev);

    if (host_memory_backend_is_mapped(s->memdev)) {
        error_setg(errp, TYPE_IVSHMEM_PLAIN ": memdev '%s' is another device's memory already", id);
    } else if (!is_power_of_2(size)) {
        error_setg(errp,
                   TYPE_IVSHMEM_PLAIN ": memdev '%s' has %" PRIu64
                                      " bytes: a PCI region is a power of two",
                   id, size);
    } else if (s->bar_size && !PCI_DEVICE(s)->express) {
        error_setg(errp, TYPE_IVSHMEM_PLAIN ": bar-size needs a PCI Express bus");
    } else if (s->bar_size &&
               (!is_power_of_2(s->bar_size) || s->bar_size < MiB || s->bar_size > size)) {
        error_setg(errp,
                   TYPE_IVSHMEM_PLAIN
                   ": bar-size: expected a power of two from 1M to the size of memdev '%s'",
                   id);
    } else if (s->bar_size > LARGEST_BAR) {
        error_setg(errp, TYPE_IVSHMEM_PLAIN ": bar-size: expected at most 512G");
    } else {
        return true;
    }
    return false;
}

static void ivshmem_realize(PCIDevice *dev, Error **errp)
{
    IVShmem *s = IVSHMEM_PLAIN(dev);
    MemoryRegion *memory;
    uint64_t size;

    if (!s->memdev) {
        error_setg(errp, TYPE_IVSHMEM_PLAIN ": memdev= is missing: the id of a memory backend");
        return;
    }
    memory = host_memory_backend_get_memory(s->memdev);
    size = memory_region_size(memory);
    if (!check_properties(s, size, errp) ||
        (dev->express && pcie_endpoint_cap_init(dev, 0, errp) < 0)) {
        return;
    }
    memory_region_init_io(&s->registers, OBJECT(s), &registers_ops, s, "ivshmem-registers",
                          REGISTERS_SIZE);
    memory_region_init_alias(&s->window, OBJECT(s), "ivshmem-memory", memory, 0,
                             s->bar_size ?: size);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->registers);
    pci_register_bar(dev, MEMORY_BAR, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
                     &s->window);
    if (s->bar_size) {
        PCIEResizableBar bar = { .bar = MEMORY_BAR,
                                 .largest = ctz64(MIN(size, LARGEST_BAR) / MiB) };

        pcie_add_resizable_bars(dev, PCIE_EXT_CAP_START, &bar, 1);
    }
    host_memory_backend_set_mapped(s->memdev, true);
}

static void ivshmem_exit(PCIDevice *dev)
{
    host_memory_backend_set_mapped(IVSHMEM_PLAIN(dev)->memdev, false);
}

static void ivshmem_reset(DeviceState *dev)
{
    IVSHMEM_PLAIN(dev)->interrupt_mask = 0;
}

static const VMStateDescription vmstate_ivshmem = {
    .name = TYPE_IVSHMEM_PLAIN,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, IVShmem),
            VMSTATE_UINT32(interrupt_mask, IVShmem),
            VMSTATE_END_OF_LIST(),
        },
};

static Property ivshmem_properties[] = {
    DEFINE_PROP_LINK("memdev", IVShmem, memdev, TYPE_MEMORY_BACKEND, HostMemoryBackend *),
    DEFINE_PROP_SIZE("bar-size", IVShmem, bar_size, 0),
    DEFINE_PROP_ON_OFF_AUTO("master", IVShmem, master, ON_OFF_AUTO_OFF),
    DEFINE_PROP_END_OF_LIST(),
};

static void ivshmem_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(klass);

    k->realize = ivshmem_realize;
    k->exit = ivshmem_exit;
    k->is_express = true;
    k->vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    k->device_id = 0x1110;
    k->revision = 1;
    k->class_id = PCI_CLASS_MEMORY_RAM;
    k->subsystem_vendor_id = PCI_VENDOR_ID_REDHAT_QUMRANET;
    k->subsystem_id = 0x1100;
    dc->desc = "a memory backend as a PCI card";
    dc->reset = ivshmem_reset;
    dc->vmsd = &vmstate_ivshmem;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, ivshmem_properties);
}

static const TypeInfo ivshmem_types[] = {
    {
        .name = TYPE_IVSHMEM_PLAIN,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(IVShmem),
        .class_init = ivshmem_class_init,
    },
};

DEFINE_TYPES(ivshmem_types)
