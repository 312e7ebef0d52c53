/*
 * "cirrus-vga" and "isa-cirrus-vga": cards with a CL-GD5446, on PCI and on the ISA bus.
 *
 * On PCI, BAR 0 is the linear aperture and BAR 1 the registers in memory; both cards answer at the
 * legacy addresses of their bus.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cirrus.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg-machine.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"

#define TYPE_CIRRUS_VGA     "cirrus-vga"
#define TYPE_ISA_CIRRUS_VGA "isa-cirrus-vga"
#define CIRRUS_PORTS        0x3b0

/* ---- PCI ---- */

typedef struct PCICirrus {
    PCIDevice parent_obj;

    CirrusState card;
} PCICirrus;
DECLARE_INSTANCE_CHECKER(PCICirrus, CIRRUS_VGA, TYPE_CIRRUS_VGA)

/* The legacy addresses follow the command register. */
static void update_legacy(PCICirrus *s)
{
    uint16_t command = pci_get_word(s->parent_obj.config + PCI_COMMAND);

    memory_region_set_enabled(&s->card.low_container, command & PCI_COMMAND_MEMORY);
    memory_region_set_enabled(&s->card.ports, command & PCI_COMMAND_IO);
}

static void cirrus_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    update_legacy(CIRRUS_VGA(dev));
}

static void pci_cirrus_realize(PCIDevice *dev, Error **errp)
{
    PCICirrus *s = CIRRUS_VGA(dev);
    PCIBus *bus = pci_get_bus(dev);

    if (!cirrus_init(&s->card, OBJECT(dev), errp)) {
        return;
    }
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, &s->card.aperture);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->card.mmio);
    memory_region_add_subregion_overlap(bus->address_space_mem, VGA_WINDOW, &s->card.low_container,
                                        1);
    memory_region_add_subregion(bus->address_space_io, CIRRUS_PORTS, &s->card.ports);
    update_legacy(s);
}

static void pci_cirrus_exit(PCIDevice *dev)
{
    PCICirrus *s = CIRRUS_VGA(dev);
    PCIBus *bus = pci_get_bus(dev);

    memory_region_del_subregion(bus->address_space_mem, &s->card.low_container);
    memory_region_del_subregion(bus->address_space_io, &s->card.ports);
    cirrus_exit(&s->card);
}

static void pci_cirrus_reset(DeviceState *dev)
{
    cirrus_reset(&CIRRUS_VGA(dev)->card);
    update_legacy(CIRRUS_VGA(dev));
}

static int after_load(void *opaque, int version_id)
{
    update_legacy(opaque);
    return 0;
}

static const VMStateDescription vmstate_pci_cirrus = {
    .name = TYPE_CIRRUS_VGA,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PCICirrus),
        VMSTATE_CIRRUS(card, PCICirrus),
        VMSTATE_END_OF_LIST()
    },
};

static void pci_cirrus_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = pci_cirrus_realize;
    k->exit = pci_cirrus_exit;
    k->config_write = cirrus_config_write;
    k->vendor_id = 0x1013;
    k->device_id = 0x00b8;
    k->class_id = PCI_CLASS_DISPLAY_VGA;
    k->subsystem_vendor_id = 0x1af4;
    k->subsystem_id = 0x1100;
    dc->desc = "Cirrus Logic CL-GD5446";
    dc->vmsd = &vmstate_pci_cirrus;
    dc->reset = pci_cirrus_reset;
    dc->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
}

/* ---- ISA ---- */

typedef struct ISACirrus {
    ISADevice parent_obj;

    CirrusState card;
} ISACirrus;
DECLARE_INSTANCE_CHECKER(ISACirrus, ISA_CIRRUS_VGA, TYPE_ISA_CIRRUS_VGA)

static void isa_cirrus_realize(DeviceState *dev, Error **errp)
{
    ISACirrus *s = ISA_CIRRUS_VGA(dev);
    ISADevice *isa = ISA_DEVICE(dev);

    if (!cirrus_init(&s->card, OBJECT(dev), errp)) {
        return;
    }
    memory_region_add_subregion_overlap(isa_address_space(isa), VGA_WINDOW, &s->card.low_container,
                                        1);
    isa_register_ioport(isa, &s->card.ports, CIRRUS_PORTS);
    fw_cfg_add_vga_rom("vgabios-cirrus.bin");
}

static void isa_cirrus_reset(DeviceState *dev)
{
    cirrus_reset(&ISA_CIRRUS_VGA(dev)->card);
}

static const VMStateDescription vmstate_isa_cirrus = {
    .name = TYPE_ISA_CIRRUS_VGA,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_CIRRUS(card, ISACirrus),
        VMSTATE_END_OF_LIST()
    },
};

static void isa_cirrus_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "Cirrus Logic CL-GD5446 on the ISA bus",
        .realize = isa_cirrus_realize,
        .reset = isa_cirrus_reset,
        .state = &vmstate_isa_cirrus,
    };

    device_class_init_traits(oc, (void *)&traits);
    DEVICE_CLASS(oc)->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_DISPLAY, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo cirrus_types[] = {
    {
        .name = TYPE_CIRRUS_VGA,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCICirrus),
        .class_init = pci_cirrus_class_init,
    },
    {
        .name = TYPE_ISA_CIRRUS_VGA,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ISACirrus),
        .class_init = isa_cirrus_class_init,
    },
};

DEFINE_TYPES(cirrus_types)
