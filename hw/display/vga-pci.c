/*
 * The standard VGA on PCI, and the same without what a PC has for it: "VGA" and "secondary-vga".
 *
 * BAR 0 is the memory; BAR 2 has EDID at 0, the VGA's ports from 3c0 on at 0x400, the display
 * interface at 0x500 and the pixels' byte order at 0x600. "VGA" answers at the legacy addresses of
 * its bus too, as far as the command register lets it.
 *
 * Reference: QEMU's description of its standard VGA, docs/specs/standard-vga.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "edid.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "vga-pci.h"

#define TYPE_PCI_VGA       "pci-vga"
#define TYPE_VGA           "VGA"
#define TYPE_SECONDARY_VGA "secondary-vga"

typedef struct PCIVGA {
    PCIDevice parent_obj;

    uint32_t memory_mb; /* properties */
    bool edid_enabled;
    uint32_t width, height;

    VGAState vga;
    MemoryRegion bar, edid_rom;
    VGAPCIBar bar_parts;
    bool legacy; /* the legacy addresses are ours */
    uint8_t edid[EDID_SIZE];
} PCIVGA;
DECLARE_INSTANCE_CHECKER(PCIVGA, PCI_VGA, TYPE_PCI_VGA)

static void update_legacy(PCIVGA *s)
{
    if (s->legacy) {
        vga_pci_update_legacy(&s->vga, &s->parent_obj);
    }
}

static void vga_config_write(PCIDevice *dev, uint32_t address, uint32_t value, int len)
{
    pci_default_write_config(dev, address, value, len);
    update_legacy(PCI_VGA(dev));
}

static void vga_realize(PCIDevice *dev, Error **errp)
{
    PCIVGA *s = PCI_VGA(dev);
    Object *obj = OBJECT(dev);
    ERRP_GUARD();

    if (!is_power_of_2(s->memory_mb) || s->memory_mb > 512) {
        error_setg(errp, "vgamem_mb: expected a power of two from 1 to 512");
        return;
    }
    memory_region_init_ram(&s->vga.memory, obj, "vga.vram", s->memory_mb * MiB, errp);
    if (*errp) {
        return;
    }
    s->vga.native_order = true;
    vga_init(&s->vga, obj);
    if (s->edid_enabled) {
        edid_make(s->edid, s->width, s->height);
    }
    memory_region_init(&s->bar, obj, "vga.mmio", 4 * KiB);
    edid_init_region(&s->edid_rom, obj, s->edid);
    memory_region_add_subregion(&s->bar, 0, &s->edid_rom);
    vga_pci_init_bar(&s->vga, obj, &s->bar, &s->bar_parts);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, &s->vga.memory);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->bar);
    if (object_dynamic_cast(obj, TYPE_VGA)) {
        s->legacy = true;
        vga_pci_take_legacy(&s->vga, dev);
    }
}

static void vga_unplug(PCIDevice *dev)
{
    PCIVGA *s = PCI_VGA(dev);

    if (s->legacy) {
        vga_pci_drop_legacy(&s->vga, dev);
    }
    vga_exit(&s->vga);
}

static void pci_vga_reset(DeviceState *dev)
{
    PCIVGA *s = PCI_VGA(dev);

    vga_reset(&s->vga);
    update_legacy(s);
}

static int after_load(void *opaque, int version_id)
{
    update_legacy(opaque);
    return 0;
}

static const VMStateDescription vmstate_pci_vga = {
    .name = "pci-vga",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, PCIVGA),
        VMSTATE_VGA(vga, PCIVGA),
        VMSTATE_END_OF_LIST()
    },
};

static Property vga_properties[] = {
    DEFINE_PROP_UINT32("vgamem_mb", PCIVGA, memory_mb, 16),
    DEFINE_PROP_BOOL("edid", PCIVGA, edid_enabled, true),
    DEFINE_PROP_UINT32_RANGE("xres", PCIVGA, width, 1280, 64, EDID_MAX_SIDE),
    DEFINE_PROP_UINT32_RANGE("yres", PCIVGA, height, 800, 64, EDID_MAX_SIDE),
    DEFINE_PROP_END_OF_LIST(),
};

static void pci_vga_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = vga_realize;
    k->exit = vga_unplug;
    k->config_write = vga_config_write;
    k->vendor_id = 0x1234;
    k->device_id = 0x1111;
    k->revision = 2;
    k->subsystem_vendor_id = 0x1af4;
    k->subsystem_id = 0x1100;
    dc->vmsd = &vmstate_pci_vga;
    dc->reset = pci_vga_reset;
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    device_class_set_props(dc, vga_properties);
}

static void vga_class_init(ObjectClass *oc, void *data)
{
    PCI_DEVICE_CLASS(oc)->class_id = PCI_CLASS_DISPLAY_VGA;
    DEVICE_CLASS(oc)->desc = "standard VGA";
    DEVICE_CLASS(oc)->hotpluggable = false;
}

static void secondary_vga_class_init(ObjectClass *oc, void *data)
{
    PCI_DEVICE_CLASS(oc)->class_id = PCI_CLASS_DISPLAY_OTHER;
    DEVICE_CLASS(oc)->desc = "standard VGA without the legacy addresses";
}

static const TypeInfo vga_types[] = {
    {
        .name = TYPE_PCI_VGA,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(PCIVGA),
        .class_init = pci_vga_class_init,
        .abstract = true,
    },
    {
        .name = TYPE_VGA,
        .parent = TYPE_PCI_VGA,
        .class_init = vga_class_init,
    },
    {
        .name = TYPE_SECONDARY_VGA,
        .parent = TYPE_PCI_VGA,
        .class_init = secondary_vga_class_init,
    },
};

DEFINE_TYPES(vga_types)
