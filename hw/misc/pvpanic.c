/*
 * pvpanic: a byte by which a guest says that it has crashed, at a port of the ISA bus or in a PCI
 * card's memory. Reading it gives the events that may be said, writing says one.
 *
 * Reference: QEMU's interface description "PVPANIC device" (docs/specs).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/misc/pvpanic.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_ids.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/runstate.h"

enum { PANICKED = 1 << 0, CRASH_LOADED = 1 << 1, ALL_EVENTS = PANICKED | CRASH_LOADED };

#define PORT_FILE "etc/pvpanic-port"

OBJECT_DECLARE_SIMPLE_TYPE(PvpanicISA, PVPANIC_ISA)
OBJECT_DECLARE_SIMPLE_TYPE(PvpanicPCI, PVPANIC_PCI)

typedef struct PanicByte {
    MemoryRegion mr;
    uint8_t events; /* property */
} PanicByte;

struct PvpanicISA {
    ISADevice parent_obj;

    PanicByte byte;
    uint16_t port; /* property */
};

struct PvpanicPCI {
    PCIDevice parent_obj;

    PanicByte byte;
};

/* ---- The byte ---- */

static uint64_t byte_read(void *opaque, hwaddr addr, unsigned size)
{
    return ((PanicByte *)opaque)->events;
}

static void byte_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    uint8_t said = value & ((PanicByte *)opaque)->events;

    if (said & PANICKED) {
        qemu_system_guest_panicked();
    } else if (said & CRASH_LOADED) {
        qemu_system_guest_crashloaded();
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, "pvpanic", "event", "%02x is none that there is",
                     (unsigned)value);
    }
}

static const MemoryRegionOps byte_ops = {
    .read = byte_read,
    .write = byte_write,
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

static void init_byte(PanicByte *byte, Object *owner, unsigned size)
{
    byte->events &= ALL_EVENTS;
    memory_region_init_io(&byte->mr, owner, &byte_ops, byte, "pvpanic", size);
}

/* ---- On the ISA bus: ACPI and a file of fw_cfg tell the port ---- */

static void isa_panic_realize(DeviceState *dev, Error **errp)
{
    PvpanicISA *s = PVPANIC_ISA(dev);
    FWCfgState *fw_cfg = fw_cfg_find();
    uint16_t *port;

    if (isa_pvpanic_find_port() != s->port) {
        error_setg(errp, TYPE_PVPANIC_ISA ": there is one already");
        return;
    }
    init_byte(&s->byte, OBJECT(s), 1);
    isa_register_ioport(ISA_DEVICE(dev), &s->byte.mr, s->port);
    if (fw_cfg) {
        port = g_new(uint16_t, 1);
        stw_le_p(port, s->port);
        fw_cfg_add_file(fw_cfg, PORT_FILE, port, sizeof(*port));
    }
}

static Property isa_panic_properties[] = {
    DEFINE_PROP_UINT16("ioport", PvpanicISA, port, 0x505),
    DEFINE_PROP_UINT8("events", PvpanicISA, byte.events, ALL_EVENTS),
    DEFINE_PROP_END_OF_LIST(),
};

static void isa_panic_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "a port by which guests say that they have crashed",
        .realize = isa_panic_realize,
        .properties = isa_panic_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    DEVICE_CLASS(oc)->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_MISC, DEVICE_CLASS(oc)->categories);
}

uint16_t isa_pvpanic_find_port(void)
{
    Object *obj = object_resolve_path_type("", TYPE_PVPANIC_ISA, NULL);

    return obj ? PVPANIC_ISA(obj)->port : 0;
}

/* ---- As a PCI card ---- */

static void pci_panic_realize(PCIDevice *dev, Error **errp)
{
    PvpanicPCI *s = PVPANIC_PCI(dev);

    init_byte(&s->byte, OBJECT(s), 2);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->byte.mr);
}

static Property pci_panic_properties[] = {
    DEFINE_PROP_UINT8("events", PvpanicPCI, byte.events, ALL_EVENTS),
    DEFINE_PROP_END_OF_LIST(),
};

static const VMStateDescription vmstate_pci_panic = {
    .name = TYPE_PVPANIC_PCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PvpanicPCI),
        VMSTATE_END_OF_LIST()
    },
};

static void pci_panic_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = pci_panic_realize;
    pc->vendor_id = 0x1b36;
    pc->device_id = 0x0011;
    pc->revision = 1;
    pc->class_id = 0x0880; /* system peripheral, other */
    pc->subsystem_vendor_id = PCI_SUBVENDOR_ID_REDHAT_QUMRANET;
    pc->subsystem_id = PCI_SUBDEVICE_ID_QEMU;
    dc->desc = "a card by which guests say that they have crashed";
    dc->vmsd = &vmstate_pci_panic;
    device_class_set_props(dc, pci_panic_properties);
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
}

static const TypeInfo pvpanic_types[] = {
    {
        .name = TYPE_PVPANIC_ISA,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(PvpanicISA),
        .class_init = isa_panic_class_init,
    },
    {
        .name = TYPE_PVPANIC_PCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PvpanicPCI),
        .class_init = pci_panic_class_init,
    },
};

DEFINE_TYPES(pvpanic_types)
