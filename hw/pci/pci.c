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
#include "hw/pci/pci_bridge.h"
#include "hw/pci/pci_bus.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"

static GPtrArray *root_buses; /* of PCIBus, in order of creation */

/* --- buses --- */

PCIBus *pci_root_bus_new(DeviceState *parent, const char *name, MemoryRegion *mem,
                         MemoryRegion *io, uint8_t devfn_min, const char *typename)
{
    PCIBus *root = PCI_BUS(qbus_new(typename, parent, name));

    root->devfn_min = devfn_min;
    root->address_space_io = io;
    root->address_space_mem = mem;
    if (!root_buses) {
        root_buses = g_ptr_array_new();
    }
    g_ptr_array_add(root_buses, root);
    return root;
}

PCIBus *pci_register_root_bus(DeviceState *parent, const char *name, pci_set_irq_fn set_irq,
                              pci_map_irq_fn map_irq, void *irq_opaque, MemoryRegion *mem,
                              MemoryRegion *io, uint8_t devfn_min, int nirq, const char *typename)
{
    PCIBus *root = pci_root_bus_new(parent, name, mem, io, devfn_min, typename);

    pci_bus_map_irqs(root, map_irq);
    pci_bus_irqs(root, set_irq, irq_opaque, nirq);
    return root;
}

void pci_setup_iommu(PCIBus *bus, PCIIOMMUFunc fn, void *opaque)
{
    bus->iommu_opaque = opaque;
    bus->iommu_fn = fn;
}

PCIBus *pci_get_root_bus(int n)
{
    return root_buses && n >= 0 && (guint)n < root_buses->len ? g_ptr_array_index(root_buses, n)
                                                              : NULL;
}

int pci_bus_num(PCIBus *bus)
{
    return bus->parent_dev ? bus->parent_dev->config[PCI_SECONDARY_BUS] : 0;
}

/*
 * Type 1 cycles: each bridge passes on what lies between its secondary and its subordinate bus
 * number, and makes a type 0 cycle of those for its secondary bus.
 */
PCIDevice *pci_find_device(PCIBus *bus, int bus_num, uint8_t devfn)
{
    if (bus_num == pci_bus_num(bus)) {
        return bus->devices[devfn];
    }
    for (int i = 0; i < PCI_DEVFN_MAX; i++) {
        PCIDevice *dev = bus->devices[i];
        PCIBus *behind = dev ? pci_bridge_get_sec_bus(dev) : NULL;

        /* A number that has not been given out yet leads nowhere. */
        if (behind && dev->config[PCI_SECONDARY_BUS] > pci_bus_num(bus) &&
            bus_num >= dev->config[PCI_SECONDARY_BUS] &&
            bus_num <= dev->config[PCI_SUBORDINATE_BUS]) {
            return pci_find_device(behind, bus_num, devfn);
        }
    }
    return NULL;
}

void pci_for_each_device_under_bus(PCIBus *bus, void (*fn)(PCIBus *, PCIDevice *, void *),
                                   void *opaque)
{
    for (PCIDevice **place = bus->devices; place < bus->devices + PCI_DEVFN_MAX; place++) {
        if (*place) {
            fn(bus, *place, opaque);
        }
    }
}

static void bus_finalize(Object *obj)
{
    if (root_buses) {
        g_ptr_array_remove(root_buses, obj);
    }
    g_free(PCI_BUS(obj)->irq_count);
}

/* --- what is printed of a function --- */

static char *address_as_path(DeviceState *qdev)
{
    PCIDevice *dev = PCI_DEVICE(qdev);

    return g_strdup_printf("0000:%02x:%02x.%x", pci_dev_bus_num(dev), PCI_SLOT(dev->devfn),
                           PCI_FUNC(dev->devfn));
}

/* What firmware calls a function: by its own name, its class, or its ids. */
static char *firmware_name(PCIDevice *dev)
{
    static const struct {
        uint16_t class_id;
        const char *name;
    } by_class[] = {
        { 0x0100, "scsi" }, { 0x0101, "ide" }, { 0x0102, "fdc" }, { 0x0200, "ethernet" },
        { 0x0300, "display" }, { 0x0601, "isa" }, { 0x0604, "pci-bridge" }, { 0x0c03, "usb" },
    };
    uint16_t class_id = pci_get_word(dev->config + PCI_CLASS_DEVICE);

    if (DEVICE_GET_CLASS(dev)->fw_name) {
        return g_strdup(DEVICE_GET_CLASS(dev)->fw_name);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(by_class); i++) {
        if (by_class[i].class_id == class_id) {
            return g_strdup(by_class[i].name);
        }
    }
    return g_strdup_printf("pci%x,%x", pci_get_word(dev->config + PCI_VENDOR_ID),
                           pci_get_word(dev->config + PCI_DEVICE_ID));
}

/* (PCI Bus Binding to IEEE 1275, 2.2.1.3: the device number, and the function's unless it is 0.) */
static char *address_as_node(DeviceState *qdev)
{
    PCIDevice *dev = PCI_DEVICE(qdev);
    g_autofree char *name = firmware_name(dev);

    return PCI_FUNC(dev->devfn)
               ? g_strdup_printf("%s@%x,%x", name, PCI_SLOT(dev->devfn), PCI_FUNC(dev->devfn))
               : g_strdup_printf("%s@%x", name, PCI_SLOT(dev->devfn));
}

static void print_function(FILE *out, DeviceState *qdev, int indent)
{
    PCIDevice *dev = PCI_DEVICE(qdev);
    g_autofree char *address = address_as_path(qdev);
    uint16_t class_id = pci_get_word(dev->config + PCI_CLASS_DEVICE);
    const char *class_name = pci_class_name(class_id);

    if (class_name) {
        fprintf(out, "%*sclass %s", indent, "", class_name);
    } else {
        fprintf(out, "%*sclass Class %04x", indent, "", class_id);
    }
    fprintf(out, ", addr %s, pci id %04x:%04x (sub %04x:%04x)\n", address + strlen("0000:"),
            pci_get_word(dev->config + PCI_VENDOR_ID), pci_get_word(dev->config + PCI_DEVICE_ID),
            pci_get_word(dev->config + PCI_SUBSYSTEM_VENDOR_ID),
            pci_get_word(dev->config + PCI_SUBSYSTEM_ID));
    for (int bar = 0; bar < PCI_NUM_REGIONS; bar++) {
        const PCIIORegion *region = &dev->io_regions[bar];
        bool is_io = region->type & PCI_BASE_ADDRESS_SPACE_IO;

        if (region->size) {
            fprintf(out, "%*sbar %d: %s at 0x%" PRIx64 " [0x%" PRIx64 "]\n", indent, "", bar,
                    is_io ? "i/o" : "mem", region->addr, region->addr + region->size - 1);
        }
    }
}

/* --- reset --- */

static void reset_common(PCIBus *bus, PCIDevice *dev, void *unused)
{
    dev->irq_state = 0;
    pci_reset_header(dev);
    msi_reset(dev);
    msix_reset(dev);
    pci_update_irq_lines(dev);
}

/* The functions' own reset has been done: children come first. */
static void bus_reset(BusState *bus)
{
    pci_for_each_device_under_bus(PCI_BUS(bus), reset_common, NULL);
}

void pci_device_reset(PCIDevice *dev)
{
    device_cold_reset(&dev->qdev);
    reset_common(pci_get_bus(dev), dev, NULL);
}

static void bus_class(ObjectClass *oc, void *data)
{
    BusClass *class = BUS_CLASS(oc);

    class->reset = bus_reset;
    class->get_dev_path = address_as_path;
    class->get_fw_dev_path = address_as_node;
    class->print_dev = print_function;
}

/* --- places on a bus --- */

PCIBus *pci_get_bus(const PCIDevice *dev)
{
    return PCI_BUS(dev->qdev.parent_bus);
}

/* On conventional buses transactions have no number: what comes from there has the bridge's that leads to it. */
uint16_t pci_requester_id(const PCIDevice *dev)
{
    const PCIDevice *requester = dev;

    for (const PCIBus *bus = pci_get_bus(dev); bus->parent_dev; bus = pci_get_bus(bus->parent_dev)) {
        if (!bus->parent_dev->express) {
            requester = bus->parent_dev;
        }
    }
    return PCI_BUILD_BDF(pci_dev_bus_num(requester), requester->devfn);
}

/* Functions other than 0 are found only where function 0 says that there may be some. False with *errp: dev isn't to be at devfn. */
static bool may_stand(const PCIBus *bus, int devfn, const PCIDevice *dev, Error **errp)
{
    const PCIDevice *other = bus->devices[devfn], *first = bus->devices[PCI_DEVFN(PCI_SLOT(devfn), 0)];

    if (other) {
        error_setg(errp, "PCI: slot %d function %d not available for %s, in use by %s,id=%s", PCI_SLOT(devfn), PCI_FUNC(devfn),
                   dev->name, other->name, other->qdev.id ? other->qdev.id : "(none)");
        return false;
    }
    if (first && !first->multifunction) {
        error_setg(errp, "PCI: single function device can't be populated in function %x.%d: function 0, %s,id=%s, has no "
                         "multifunction=on",
                   PCI_SLOT(devfn), PCI_FUNC(devfn), first->name, first->qdev.id ? first->qdev.id : "(none)");
        return false;
    }
    for (int func = 1; func < PCI_FUNC_MAX && PCI_FUNC(devfn) == 0 && !dev->multifunction; func++) {
        if (bus->devices[devfn + func]) {
            error_setg(errp, "PCI: %x.0 indicates single function, but %x.%d is already populated: multifunction=on is missing",
                       PCI_SLOT(devfn), PCI_SLOT(devfn), func);
            return false;
        }
    }
    return true;
}

/* The first slot without any function, or -1. */
static int empty_slot(const PCIBus *bus)
{
    static PCIDevice *const none[PCI_FUNC_MAX];

    for (int slot = DIV_ROUND_UP(bus->devfn_min, PCI_FUNC_MAX); slot < PCI_SLOT_MAX; slot++) {
        if (memcmp(&bus->devices[PCI_DEVFN(slot, 0)], none, sizeof(none)) == 0) {
            return PCI_DEVFN(slot, 0);
        }
    }
    return -1;
}

static bool take_place(PCIBus *bus, PCIDevice *dev, Error **errp)
{
    int devfn = dev->devfn < 0 ? empty_slot(bus) : dev->devfn;

    if (devfn < 0) {
        error_setg(errp, "PCI: no slot/function available for %s, all in use", dev->name);
        return false;
    }
    if (!may_stand(bus, devfn, dev, errp)) {
        return false;
    }
    dev->devfn = devfn;
    bus->devices[devfn] = dev;
    return true;
}

/* --- bus mastering --- */

/* Behind a bridge it is what the bridge sees, as long as that may master the bus above. */
MemoryRegion *pci_master_view(PCIBus *bus, int devfn)
{
    const PCIBus *root = bus;

    while (root->parent_dev) {
        root = pci_get_bus(root->parent_dev);
    }
    if (root->iommu_below) {
        return root->iommu_fn(bus, root->iommu_opaque, devfn)->root;
    }
    if (bus->iommu_fn) {
        return bus->iommu_fn(bus, bus->iommu_opaque, devfn)->root;
    }
    return bus->parent_dev ? &bus->parent_dev->bus_master_container : bus->address_space_mem;
}

/* What the function sees as a master, behind the switch that PCI_COMMAND_MASTER is. */
static void init_bus_master(PCIDevice *dev, PCIBus *bus)
{
    MemoryRegion *view = pci_master_view(bus, dev->devfn);

    memory_region_init_alias(&dev->bus_master_enable, OBJECT(dev), "bus master", view, 0,
                             memory_region_size(view));
    memory_region_set_enabled(&dev->bus_master_enable, false);
    memory_region_init(&dev->bus_master_container, OBJECT(dev), "bus master container", UINT64_MAX);
    memory_region_add_subregion(&dev->bus_master_container, 0, &dev->bus_master_enable);
    address_space_init(&dev->bus_master_as, &dev->bus_master_container, dev->name);
}

AddressSpace *pci_get_address_space(PCIDevice *dev)
{
    return &dev->bus_master_as;
}

MemTxResult pci_dma_rw(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len,
                       DMADirection dir, MemTxAttrs attrs)
{
    return dma_memory_rw(pci_get_address_space(dev), addr, buf, len, dir, attrs);
}

MemTxResult pci_dma_read(PCIDevice *dev, dma_addr_t addr, void *buf, dma_addr_t len)
{
    return dma_memory_rw(pci_get_address_space(dev), addr, buf, len, DMA_DIRECTION_TO_DEVICE,
                         MEMTXATTRS_UNSPECIFIED);
}

MemTxResult pci_dma_write(PCIDevice *dev, dma_addr_t addr, const void *buf, dma_addr_t len)
{
    return dma_memory_rw(pci_get_address_space(dev), addr, (void *)buf, len,
                         DMA_DIRECTION_FROM_DEVICE, MEMTXATTRS_UNSPECIFIED);
}

void pci_send_message(PCIDevice *dev, uint64_t addr, uint32_t data)
{
    MemTxAttrs attrs = { .requester_id = pci_requester_id(dev) };

    address_space_stl_le(&dev->bus_master_as, addr, data, attrs, NULL);
}

void pci_bus_on_target_abort(PCIBus *bus, PCITargetAbortFunc *fn, void *opaque)
{
    bus->target_abort = fn;
    bus->target_abort_opaque = opaque;
}

MemTxResult pci_target_abort(PCIDevice *dev, hwaddr addr, bool io, bool is_write, MemTxAttrs attrs)
{
    uint8_t *status = dev->config + PCI_STATUS;
    PCIBus *bus = pci_get_bus(dev);

    pci_set_word(status, pci_get_word(status) | PCI_STATUS_SIG_TARGET_ABORT);
    while (bus->parent_dev) {
        bus = pci_get_bus(bus->parent_dev);
    }
    if ((attrs.unspecified && !attrs.byte_enables) || !bus->target_abort) {
        return MEMTX_ERROR;
    }
    return bus->target_abort(bus->target_abort_opaque, addr, io, is_write);
}

/* --- functions --- */

static PCIDevice *new_function(const char *type, int devfn, bool with_others)
{
    PCIDevice *dev = PCI_DEVICE(qdev_new(type));

    dev->multifunction = with_others;
    dev->devfn = devfn;
    return dev;
}

PCIDevice *pci_new(int devfn, const char *type)
{
    return new_function(type, devfn, false);
}

PCIDevice *pci_new_multifunction(int devfn, bool with_others, const char *type)
{
    return new_function(type, devfn, with_others);
}

bool pci_realize_and_unref(PCIDevice *dev, PCIBus *bus, Error **errp)
{
    return qdev_realize_and_unref(&dev->qdev, &bus->qbus, errp);
}

static PCIDevice *plug_in(PCIDevice *dev, PCIBus *bus)
{
    pci_realize_and_unref(dev, bus, &error_fatal);
    return dev;
}

PCIDevice *pci_create_simple(PCIBus *bus, int devfn, const char *type)
{
    return plug_in(new_function(type, devfn, false), bus);
}

PCIDevice *pci_create_simple_multifunction(PCIBus *bus, int devfn, bool with_others,
                                           const char *type)
{
    return plug_in(new_function(type, devfn, with_others), bus);
}

/* A region within another one holds a reference to its owner: that would keep itself alive. */
static int take_out_of_own_region(Object *child, void *opaque)
{
    MemoryRegion *mr = (MemoryRegion *)object_dynamic_cast(child, TYPE_MEMORY_REGION);

    if (mr && mr->container && mr->owner == opaque && mr->container->owner == opaque) {
        memory_region_del_subregion(mr->container, mr);
    }
    return 0;
}

static void leave_bus(PCIDevice *dev)
{
    dev->irq_state = 0;
    pci_update_irq_lines(dev);
    pci_unmap_regions(dev);
    address_space_destroy(&dev->bus_master_as);
    object_child_foreach(OBJECT(dev), take_out_of_own_region, dev);
    pci_get_bus(dev)->devices[dev->devfn] = NULL;
}

static void function_realize(DeviceState *qdev, Error **errp)
{
    PCIDevice *dev = PCI_DEVICE(qdev);
    PCIDeviceClass *pc = PCI_DEVICE_GET_CLASS(dev);
    PCIBus *bus = pci_get_bus(dev);
    Error *refusal = NULL;

    g_strlcpy(dev->name, object_get_typename(OBJECT(dev)), sizeof(dev->name));
    if (!take_place(bus, dev, errp)) {
        return;
    }
    dev->express = object_dynamic_cast(OBJECT(bus), TYPE_PCIE_BUS) && pc->is_express &&
                   (bus->parent_dev || !pc->is_hybrid);
    pci_init_header(dev);
    init_bus_master(dev, bus);
    if (pc->realize) {
        pc->realize(dev, &refusal);
    }
    if (!refusal && !pci_init_rom(dev, &refusal) && pc->exit) {
        pc->exit(dev);
    }
    if (refusal) {
        leave_bus(dev);
    }
    error_propagate(errp, refusal);
}

static void function_unrealize(DeviceState *qdev)
{
    PCIDevice *dev = PCI_DEVICE(qdev);

    if (PCI_DEVICE_GET_CLASS(dev)->exit) {
        PCI_DEVICE_GET_CLASS(dev)->exit(dev);
    }
    leave_bus(dev);
}

static void function_finalize(Object *obj)
{
    msix_finalize(PCI_DEVICE(obj));
}

/* --- types --- */

static bool has_extended_space(void *opaque)
{
    return PCI_DEVICE(opaque)->express;
}

static const VMStateDescription vmstate_express = {
    .name = "PCIDevice/express",
    .version_id = 1,
    .minimum_version_id = 1,
    .needed = has_extended_space,
    .fields =
        (const VMStateField[]){
            VMSTATE_BUFFER(config, PCIDevice),
            VMSTATE_END_OF_LIST(),
        },
};

/* Regions and lines follow from the registers that were loaded. */
static int derive_from_config(void *opaque, int version_id)
{
    pcie_apply_bar_sizes(opaque);
    pci_update_mappings(opaque);
    pci_update_irq_lines(opaque);
    return 0;
}

const VMStateDescription vmstate_pci_device = {
    .name = "PCIDevice",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            { .name = "config", .kind = VMS_KIND_BUFFER, .size = PCI_CONFIG_SPACE_SIZE,
              .offset = offsetof(PCIDevice, config) },
            VMSTATE_UINT8(irq_state, PCIDevice),
            VMSTATE_END_OF_LIST(),
        },
    .subsections = (const VMStateDescription *const[]){ &vmstate_express, &vmstate_msix, NULL },
    .post_load = derive_from_config,
};

static Property function_properties[] = {
    DEFINE_PROP_PCI_DEVFN("addr", PCIDevice, devfn, -1),
    DEFINE_PROP_STRING("romfile", PCIDevice, romfile),
    DEFINE_PROP_UINT32("romsize", PCIDevice, romsize, UINT32_MAX),
    DEFINE_PROP_BOOL("rombar", PCIDevice, rombar, true),
    DEFINE_PROP_BOOL("multifunction", PCIDevice, multifunction, false),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits function_traits = {
    .bus_type = TYPE_PCI_BUS,
    .realize = function_realize,
    .unrealize = function_unrealize,
    .properties = function_properties,
};

static const TypeInfo pci_types[] = {
    { TYPE_PCI_BUS, TYPE_BUS, .instance_size = sizeof(PCIBus), .instance_finalize = bus_finalize,
      .class_init = bus_class },
    { TYPE_PCIE_BUS, TYPE_PCI_BUS },
    { TYPE_PCI_DEVICE, TYPE_DEVICE, .abstract = true, .instance_size = sizeof(PCIDevice),
      .instance_finalize = function_finalize,
      .class_size = sizeof(PCIDeviceClass), .class_init = device_class_init_traits,
      .class_data = (void *)&function_traits },
};

DEFINE_TYPES(pci_types)
