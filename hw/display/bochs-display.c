/*
 * bochs-display: a linear frame buffer on PCI, with registers in memory and nothing of a VGA.
 *
 * BAR 0 is the memory, BAR 2 has EDID at 0, the display interface at 0x500 and its byte order at
 * 0x600. Linux's "bochs" driver, and OVMF's, know it by its number.
 *
 * Reference: QEMU's description of its standard VGA, docs/specs/standard-vga.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "dispi.h"
#include "edid.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"

#define TYPE_BOCHS_DISPLAY "bochs-display"

typedef struct BochsDisplay {
    PCIDevice parent_obj;

    uint64_t memory_size; /* properties */
    bool edid_enabled;
    uint32_t width, height;

    Console *con;
    FrameBuffer fb;
    Dispi dispi;
    MemoryRegion memory;
    MemoryRegion bar, edid_rom, regs, extension;
    uint8_t edid[EDID_SIZE];
} BochsDisplay;
DECLARE_INSTANCE_CHECKER(BochsDisplay, BOCHS_DISPLAY, TYPE_BOCHS_DISPLAY)

static void bochs_refresh(void *opaque)
{
    BochsDisplay *s = opaque;
    static const uint32_t no_colours[256];
    FrameLayout layout;

    if (dispi_layout(&s->dispi, &layout)) {
        frame_buffer_refresh(&s->fb, &layout, no_colours);
    }
}

static const ConsoleOps bochs_console = { .refresh = bochs_refresh };

static void bochs_realize(PCIDevice *dev, Error **errp)
{
    BochsDisplay *s = BOCHS_DISPLAY(dev);
    Object *obj = OBJECT(dev);
    ERRP_GUARD();

    if (s->memory_size < 4 * MiB || s->memory_size > 512 * MiB || !is_power_of_2(s->memory_size)) {
        error_setg(errp, "vgamem: expected a power of two from 4M to 512M");
        return;
    }
    memory_region_init_ram(&s->memory, obj, "bochs-display-pixels", s->memory_size, errp);
    if (*errp) {
        return;
    }
    if (s->edid_enabled) {
        edid_make(s->edid, s->width, s->height);
    }
    s->dispi.memory = &s->memory;
    memory_region_init(&s->bar, obj, "bochs-display-bar2", 4 * KiB);
    edid_init_region(&s->edid_rom, obj, s->edid);
    memory_region_add_subregion(&s->bar, 0, &s->edid_rom);
    dispi_init_mmio(&s->dispi, obj, &s->bar, &s->regs, &s->extension);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_PREFETCH, &s->memory);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->bar);
    s->con = console_new(obj, 0, &bochs_console, s);
    frame_buffer_init(&s->fb, s->con, &s->memory);
}

static void bochs_exit(PCIDevice *dev)
{
    BochsDisplay *s = BOCHS_DISPLAY(dev);

    g_clear_pointer(&s->con, console_free);
}

static void bochs_reset(DeviceState *dev)
{
    BochsDisplay *s = BOCHS_DISPLAY(dev);

    dispi_reset(&s->dispi);
    s->dispi.big_endian = false;
}

static const VMStateDescription vmstate_bochs_display = {
    .name = TYPE_BOCHS_DISPLAY,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, BochsDisplay),
        VMSTATE_DISPI(dispi, BochsDisplay),
        VMSTATE_END_OF_LIST()
    },
};

static Property bochs_properties[] = {
    DEFINE_PROP_SIZE("vgamem", BochsDisplay, memory_size, 16 * MiB),
    DEFINE_PROP_BOOL("edid", BochsDisplay, edid_enabled, true),
    DEFINE_PROP_UINT32_RANGE("xres", BochsDisplay, width, 1280, 64, EDID_MAX_SIDE),
    DEFINE_PROP_UINT32_RANGE("yres", BochsDisplay, height, 800, 64, EDID_MAX_SIDE),
    DEFINE_PROP_END_OF_LIST(),
};

static void bochs_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *k = PCI_DEVICE_CLASS(oc);

    k->realize = bochs_realize;
    k->exit = bochs_exit;
    k->vendor_id = 0x1234;
    k->device_id = 0x1111;
    k->revision = 2;
    k->class_id = PCI_CLASS_DISPLAY_OTHER;
    k->subsystem_vendor_id = 0x1af4;
    k->subsystem_id = 0x1100;
    dc->desc = "linear frame buffer with Bochs' display interface";
    dc->vmsd = &vmstate_bochs_display;
    dc->reset = bochs_reset;
    set_bit(DEVICE_CATEGORY_DISPLAY, dc->categories);
    device_class_set_props(dc, bochs_properties);
}

static const TypeInfo bochs_types[] = {
    {
        .name = TYPE_BOCHS_DISPLAY,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(BochsDisplay),
        .class_init = bochs_class_init,
    },
};

DEFINE_TYPES(bochs_types)
