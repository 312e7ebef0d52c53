/*
 * PCI buses and the functions on them: creation, placement, reset, bus mastering.
 *
 * Configuration space is in pci-config.c, interrupts are in pci-irq.c.
 *
 * Reference: PCI Local Bus Specification, revision 2.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-properties.h"
#include "qemu/module.h"

static QLIST_HEAD(, PCIBus) root_buses = QLIST_HEAD_INITIALIZER(root_buses);

/* --- buses --- */

PCIBus *pci_root_bus_new(DeviceState *parent, const char *name, MemoryRegion *mem,
                         MemoryRegion *io, uint8_t devfn_min, const char *typename)
{
    PCIBus *bus = PCI_BUS(qbus_new(typename, parent, name));

    bus->address_space_mem = mem;
    bus->address_space_io = io;
    bus->devfn_min = devfn_min;
    return bus;
}

PCIBus *pci_register_root_bus(DeviceState *parent, const char *name, pci_set_irq_fn set_irq,
                              pci_map_irq_fn map_irq, void *irq_opaque, MemoryRegion *mem,
                              MemoryRegion *io, uint8_t devfn_min, int nirq, const char *typename)
{
    PCIBus *bus = pci_root_bus_new(parent, name, mem, io, devfn_min, typename);

    pci_bus_irqs(bus, set_irq, irq_opaque, nirq);
    pci_bus_map_irqs(bus, map_irq);
    return bus;
}

void pci_setup_iommu(PCIBus *bus, PCIIOMMUFunc fn, void *opaque)
{
    bus->iommu_fn = fn;
    bus->iommu_opaque = opaque;
}

int pci_bus_num(PCIBus *bus)
{
    return 0; /* root buses only: there are no bridges yet */
}

PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn)
{
    return bus_num == pci_bus_num(bus) ? bus->devices[devfn] : NULL;
}

void pci_for_each_device_under_bus(PCIBus *bus, void (*fn)(PCIBus *, PCIDevice *, void *),
                                   void *opaque)
{
    for (int devfn = 0; devfn < PCI_DEVFN_MAX; devfn++) {
        if (bus->devices[devfn]) {
            fn(bus, bus->devices[devfn], opaque);
        }
    }
}

PCIBus *pci_get_root_bus(int n)
{
    PCIBus *bus;

    QLIST_FOREACH(bus, &root_buses, next_root) {
        if (n-- == 0) {
            return bus;
        }
    }
    return NULL;
}

static void reset_function(PCIBus *bus, PCIDevice *dev, void *opaque)
{
    dev->irq_state = 0;
    pci_reset_header(dev);
    pci_update_irq_lines(dev);
}

/* The functions' own reset has been done: children come first. */
static void pci_bus_reset(BusState *qbus)
{
    pci_for_each_device_under_bus(PCI_BUS(qbus), reset_function, NULL);
}

static void pci_bus_print_dev(FILE *out, DeviceState *qdev, int indent)
{
    PCIDevice *dev = PCI_DEVICE(qdev);
    const uint8_t *config = dev->config;

    fprintf(out, "%*sclass %04x, addr %02x:%02x.%x, pci id %04x:%04x (sub %04x:%04x)\n", indent, "",
            pci_get_word(config + PCI_CLASS_DEVICE), pci_dev_bus_num(dev), PCI_SLOT(dev->devfn),
            PCI_FUNC(dev->devfn), pci_get_word(config + PCI_VENDOR_ID),
            pci_get_word(config + PCI_DEVICE_ID), pci_get_word(config + PCI_SUBSYSTEM_VENDOR_ID),
            pci_get_word(config + PCI_SUBSYSTEM_ID));
    for (int i = 0; i < PCI_NUM_REGIONS; i++) {
        const PCIIORegion *r = &dev->io_regions[i];

        if (r->size) {
            fprintf(out, "%*sbar %d: %s at 0x%" PRIx64 " [0x%" PRIx64 "]\n", indent, "", i,
                    r->type & PCI_BASE_ADDRESS_SPACE_IO ? "i/o" : "mem", r->addr,
                    r->addr + r->size - 1);
        }
    }
}

static char *pci_bus_dev_path(DeviceState *qdev)
{
    PCIDevice *dev = PCI_DEVICE(qdev);

    return g_strdup_printf("%04x:%02x:%02x.%x", 0, pci_dev_bus_num(dev), PCI_SLOT(dev->devfn),
                           PCI_FUNC(dev->devfn));
}

static void pci_bus_instance_init(Object *obj)
{
    PCIBus *bus = PCI_BUS(obj), *last, *next;

    last = QLIST_FIRST(&root_buses);
    if (!last) {
        QLIST_INSERT_HEAD(&root_buses, bus, next_root);
        return;
    }
    while ((next = QLIST_NEXT(last, next_root))) {
        last = next;
    }
    QLIST_INSERT_AFTER(last, bus, next_root);
}

static void pci_bus_instance_finalize(Object *obj)
{
    PCIBus *bus = PCI_BUS(obj);

    QLIST_REMOVE(bus, next_root);
    g_free(bus->irq_count);
}

static void pci_bus_class_init(ObjectClass *klass, void *data)
{
    BusClass *k = BUS_CLASS(klass);

    k->print_dev = pci_bus_print_dev;
    k->get_dev_path = pci_bus_dev_path;
    k->reset = pci_bus_reset;
}

/* --- functions --- */

PCIBus *pci_get_bus(const PCIDevice *dev)
{
    return PCI_BUS(qdev_get_parent_bus((DeviceState *)&dev->qdev));
}

uint16_t pci_requester_id(const PCIDevice *dev)
{
    return PCI_BUILD_BDF(pci_dev_bus_num(dev), dev->devfn);
}

void pci_device_reset(PCIDevice *dev)
{
    device_cold_reset(&dev->qdev);
    reset_function(pci_get_bus(dev), dev, NULL);
}

/* The function that makes `devfn` unusable for a new one, NULL if it is free. */
static PCIDevice *slot_conflict(PCIBus *bus, PCIDevice *dev, int devfn)
{
    PCIDevice *first = bus->devices[PCI_DEVFN(PCI_SLOT(devfn), 0)];

    if (bus->devices[devfn]) {
        return bus->devices[devfn];
    }
    /* Further functions are found only where function 0 says that there may be some. */
    return PCI_FUNC(devfn) && first && !first->multifunction ? first : NULL;
}

static int free_slot(PCIBus *bus)
{
    for (int devfn = bus->devfn_min; devfn < PCI_DEVFN_MAX; devfn += PCI_FUNC_MAX) {
        bool taken = false;

        for (int func = 0; func < PCI_FUNC_MAX; func++) {
            taken |= bus->devices[devfn + func] != NULL;
        }
        if (!taken) {
            return devfn;
        }
    }
    return -1;
}

static bool take_slot(PCIBus *bus, PCIDevice *dev, Error **errp)
{
    const char *type = object_get_typename(OBJECT(dev));
    PCIDevice *other;

    if (dev->devfn < 0) {
        dev->devfn = free_slot(bus);
        if (dev->devfn < 0) {
            error_setg(errp, "PCI: no slot/function available for %s, all in use", type);
            return false;
        }
    }
    other = slot_conflict(bus, dev, dev->devfn);
    if (other) {
        error_setg(errp, "PCI: slot %d function %d not available for %s, in use by %s,id=%s",
                   PCI_SLOT(dev->devfn), PCI_FUNC(dev->devfn), type, other->name,
                   other->qdev.id ? other->qdev.id : "(none)");
        return false;
    }
    bus->devices[dev->devfn] = dev;
    return true;
}

/* What the function sees as a master, behind the switch that PCI_COMMAND_MASTER is. */
static void init_bus_master(PCIDevice *dev, PCIBus *bus)
{
    MemoryRegion *target =
        bus->iommu_fn ? bus->iommu_fn(bus, bus->iommu_opaque, dev->devfn)->root
                      : bus->address_space_mem;

    memory_region_init(&dev->bus_master_container, OBJECT(dev), "bus master container", UINT64_MAX);
    memory_region_init_alias(&dev->bus_master_enable, OBJECT(dev), "bus master", target, 0,
                             memory_region_size(target));
    memory_region_set_enabled(&dev->bus_master_enable, false);
    memory_region_add_subregion(&dev->bus_master_container, 0, &dev->bus_master_enable);
    address_space_init(&dev->bus_master_as, &dev->bus_master_container, dev->name);
}

static void leave_bus(PCIDevice *dev)
{
    PCIBus *bus = pci_get_bus(dev);

    pci_unmap_regions(dev);
    dev->irq_state = 0;
    pci_update_irq_lines(dev);
    address_space_destroy(&dev->bus_master_as);
    memory_region_del_subregion(&dev->bus_master_container, &dev->bus_master_enable);
    bus->devices[dev->devfn] = NULL;
}

static void pci_qdev_realize(DeviceState *qdev, Error **errp)
{
    PCIDevice *dev = PCI_DEVICE(qdev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(dev);
    PCIBus *bus = pci_get_bus(dev);
    Error *err = NULL;

    g_strlcpy(dev->name, object_get_typename(OBJECT(dev)), sizeof(dev->name));
    if (!take_slot(bus, dev, errp)) {
        return;
    }
    pci_init_header(dev);
    init_bus_master(dev, bus);
    if (pc->realize) {
        pc->realize(dev, &err);
    }
    if (err) {
        leave_bus(dev);
        error_propagate(errp, err);
    }
}

static void pci_qdev_unrealize(DeviceState *qdev)
{
    PCIDevice *dev = PCI_DEVICE(qdev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(dev);

    if (pc->exit) {
        pc->exit(dev);
    }
    leave_bus(dev);
}

PCIDevice *pci_new_multifunction(int devfn, bool multifunction, const char *name)
{
    PCIDevice *dev = PCI_DEVICE(qdev_new(name));

    dev->devfn = devfn;
    dev->multifunction = multifunction;
    return dev;
}

PCIDevice *pci_new(int devfn, const char *name)
{
    return pci_new_multifunction(devfn, false, name);
}

bool pci_realize_and_unref(PCIDevice *dev, PCIBus *bus, Error **errp)
{
    return qdev_realize_and_unref(&dev->qdev, &bus->qbus, errp);
}

PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn, bool multifunction,
                                           const char *name)
{
    PCIDevice *dev = pci_new_multifunction(devfn, multifunction, name);

    pci_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *name)
{
    return pci_create_simple_multifunction(bus, devfn, false, name);
}

/* --- bus mastering --- */

AddressSpace *pci_get_address_space(PCIDevice *dev)
{
    return &dev->bus_master_as;
}

MemTxResult pci_dma_rw(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len,
                       DMADirection dir, MemTxAttrs attrs)
{
    return dma_memory_rw(&dev->bus_master_as, addr, buf, len, dir, attrs);
}

MemTxResult pci_dma_read(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len)
{
    return pci_dma_rw(dev, addr, buf, len, DMA_DIRECTION_TO_DEVICE, MEMTXATTRS_UNSPECIFIED);
}

MemTxResult pci_dma_write(PCIDevice *dev, dma_addr_t addr, const void *buf, dma_addr_t len)
{
    return pci_dma_rw(dev, addr, (void *)buf, len, DMA_DIRECTION_FROM_DEVICE,
                      MEMTXATTRS_UNSPECIFIED);
}

/* --- types --- */

static int pci_device_post_load(void *opaque, int version_id)
{
    PCIDevice *dev = opaque;

    pci_update_mappings(dev);
    pci_update_irq_lines(dev);
    return 0;
}

const VMStateDescription vmstate_pci_device = {
    .name = "PCIDevice",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pci_device_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8_ARRAY(config, PCIDevice, PCI_CONFIG_SPACE_SIZE),
        VMSTATE_UINT8(irq_state, PCIDevice),
        VMSTATE_END_OF_LIST()
    },
};

static Property pci_device_properties[] = {
    DEFINE_PROP_PCI_DEVFN("addr", PCIDevice, devfn, -1),
    DEFINE_PROP_BOOL("multifunction", PCIDevice, multifunction, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void pci_device_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->realize = pci_qdev_realize;
    dc->unrealize = pci_qdev_unrealize;
    dc->bus_type = TYPE_PCI_BUS;
    device_class_set_props(dc, pci_device_properties);
}

static const TypeInfo pci_types[] = {
    {
        .name = TYPE_PCI_BUS,
        .parent = TYPE_BUS,
        .instance_size = sizeof(PCIBus),
        .instance_init = pci_bus_instance_init,
        .instance_finalize = pci_bus_instance_finalize,
        .class_init = pci_bus_class_init,
    },
    {
        .name = TYPE_PCI_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(PCIDevice),
        .class_size = sizeof(PCIDeviceClass),
        .class_init = pci_device_class_init,
    },
};

DEFINE_TYPES(pci_types)
