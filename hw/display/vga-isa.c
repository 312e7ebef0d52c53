/*
 * "isa-vga": the standard VGA on the ISA bus.
 *
 * Its ports and its window are where they always are. Besides, all of the memory lies at e0000000,
 * where its BIOS says that Bochs' display interface has it: no ISA bus reaches that far, but that is
 * where the card of that name has it on QEMU's boards.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/isa/isa.h"
#include "hw/nvram/fw_cfg-machine.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "vga.h"

#define TYPE_ISA_VGA "isa-vga"
OBJECT_DECLARE_SIMPLE_TYPE(ISAVGA, ISA_VGA)

#define LINEAR_MEMORY 0xe0000000u

struct ISAVGA {
    ISADevice parent_obj;

    uint32_t memory_mb; /* property */
    VGAState vga;
};

static void isa_vga_realize(DeviceState *dev, Error **errp)
{
    ISAVGA *s = ISA_VGA(dev);
    ISADevice *isa = ISA_DEVICE(dev);
    ERRP_GUARD();

    if (!is_power_of_2(s->memory_mb) || s->memory_mb > 256) {
        error_setg(errp, "vgamem_mb: expected a power of two from 1 to 256");
        return;
    }
    memory_region_init_ram(&s->vga.memory, OBJECT(dev), "vga.vram", s->memory_mb * MiB, errp);
    if (*errp) {
        return;
    }
    s->vga.native_order = true;
    vga_init(&s->vga, OBJECT(dev));
    memory_region_add_subregion_overlap(isa_address_space(isa), VGA_WINDOW, &s->vga.window, 1);
    memory_region_add_subregion(isa_address_space(isa), LINEAR_MEMORY, &s->vga.memory);
    for (int i = 0; i < VGA_PORT_RANGES; i++) {
        isa_register_ioport(isa, &s->vga.ports[i].io, s->vga.ports[i].first);
    }
    isa_register_ioport(isa, &s->vga.dispi_ports, VGA_DISPI_PORT);
    fw_cfg_add_vga_rom("vgabios-isavga.bin");
}

static void isa_vga_reset(DeviceState *dev)
{
    vga_reset(&ISA_VGA(dev)->vga);
}

static const VMStateDescription vmstate_isa_vga = {
    .name = TYPE_ISA_VGA,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_VGA(vga, ISAVGA),
        VMSTATE_END_OF_LIST()
    },
};

static Property isa_vga_properties[] = {
    DEFINE_PROP_UINT32("vgamem_mb", ISAVGA, memory_mb, 8),
    DEFINE_PROP_END_OF_LIST(),
};

static void isa_vga_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "standard VGA on the ISA bus",
        .realize = isa_vga_realize,
        .reset = isa_vga_reset,
        .state = &vmstate_isa_vga,
        .properties = isa_vga_properties,
    };

    device_class_init_traits(oc, (void *)&traits);
    DEVICE_CLASS(oc)->hotpluggable = false;
    set_bit(DEVICE_CATEGORY_DISPLAY, DEVICE_CLASS(oc)->categories);
}

static const TypeInfo isa_vga_types[] = {
    {
        .name = TYPE_ISA_VGA,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(ISAVGA),
        .class_init = isa_vga_class_init,
    },
};

DEFINE_TYPES(isa_vga_types)
