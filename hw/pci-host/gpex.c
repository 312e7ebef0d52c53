/*
 * Generic PCI Express host bridge: see hw/pci-host/gpex.h.
 *
 * Reference: PCI Bus Binding to Open Firmware, "Interrupt Mapping"; the device tree binding
 * host-generic-pci.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/pci-host/gpex.h"
#include "hw/pci/pci_bus.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define TYPE_GPEX_ROOT "gpex-root"
#define NUM_BUSES      256
#define IO_SIZE        0x10000

struct GPEXHost {
    PCIHostState parent_obj;

    MemoryRegion ecam, mmio, io;
    qemu_irq irq[GPEX_NUM_IRQS];
};

PCIBus *gpex_bus(GPEXHost *s)
{
    return s->parent_obj.bus;
}

static int gpex_map_irq(PCIDevice *dev, int pin)
{
    return (PCI_SLOT(dev->devfn) + pin) % GPEX_NUM_IRQS;
}

static void gpex_set_irq(void *opaque, int irq, int level)
{
    GPEXHost *s = opaque;

    qemu_set_irq(s->irq[irq], level);
}

/* Where no function answers, reads are all ones and writes are lost (PCIe 2.3.1). */
static uint64_t read_nothing(void *opaque, hwaddr addr, unsigned size)
{
    return UINT64_MAX;
}

static void write_nothing(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

#define ANY_ACCESS { .min_access_size = 1, .max_access_size = 8, .unaligned = true }

static const MemoryRegionOps no_target_ops = {
    .read = read_nothing,
    .write = write_nothing,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = ANY_ACCESS,
    .impl = ANY_ACCESS,
};

/* Functions reach all that the CPUs reach: RAM, and where messages are written to. */
static AddressSpace *seen_by_functions(PCIBus *bus, void *opaque, int devfn)
{
    return &address_space_memory;
}

static void gpex_realize(DeviceState *dev, Error **errp)
{
    GPEXHost *s = GPEX_HOST(dev);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    memory_region_init_io(&s->mmio, OBJECT(s), &no_target_ops, s, "gpex_mmio_window", UINT64_MAX);
    memory_region_init_io(&s->io, OBJECT(s), &no_target_ops, s, "gpex_ioport_window", IO_SIZE);
    s->parent_obj.bus = pci_register_root_bus(dev, "pcie.0", gpex_set_irq, gpex_map_irq, s,
                                              &s->mmio, &s->io, 0, GPEX_NUM_IRQS, TYPE_PCIE_BUS);
    pci_setup_iommu(s->parent_obj.bus, seen_by_functions, s);
    pcie_ecam_init(&s->ecam, OBJECT(s), s->parent_obj.bus, NUM_BUSES);
    sysbus_init_mmio(sbd, &s->ecam);
    sysbus_init_mmio(sbd, &s->mmio);
    sysbus_init_mmio(sbd, &s->io);
    for (int i = 0; i < GPEX_NUM_IRQS; i++) {
        sysbus_init_irq(sbd, &s->irq[i]);
    }
    pci_realize_and_unref(pci_new(PCI_DEVFN(0, 0), TYPE_GPEX_ROOT), s->parent_obj.bus, errp);
}

static void gpex_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "Generic PCI Express host bridge";
    dc->realize = gpex_realize;
    dc->user_creatable = false; /* boards place it */
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const VMStateDescription vmstate_gpex_root = {
    .name = TYPE_GPEX_ROOT,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            { .name = "parent", .kind = VMS_KIND_STRUCT, .size = sizeof(PCIDevice),
              .vmsd = &vmstate_pci_device },
            VMSTATE_END_OF_LIST(),
        },
};

static void gpex_root_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->vendor_id = PCI_VENDOR_ID_REDHAT;
    pc->device_id = PCI_DEVICE_ID_REDHAT_PCIE_HOST;
    pc->class_id = PCI_CLASS_BRIDGE_HOST;
    pc->is_express = true;
    dc->desc = "Generic PCI Express host bridge, PCI side";
    dc->vmsd = &vmstate_gpex_root;
    dc->user_creatable = false; /* part of the host bridge */
    set_bit(DEVICE_CATEGORY_BRIDGE, dc->categories);
}

static const TypeInfo gpex_types[] = {
    {
        .name = TYPE_GPEX_HOST,
        .parent = TYPE_PCI_HOST_BRIDGE,
        .instance_size = sizeof(GPEXHost),
        .class_init = gpex_class_init,
    },
    {
        .name = TYPE_GPEX_ROOT,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCIDevice),
        .class_init = gpex_root_class_init,
    },
};

DEFINE_TYPES(gpex_types)
