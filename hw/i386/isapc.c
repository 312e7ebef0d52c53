/*
 * `isapc`: a PC with nothing but an ISA bus, laid out as QEMU's board of that name.
 *
 * No chip shows RAM in place of ROM below 1 MiB. So the firmware, and where option ROMs go, is RAM
 * that holds the image after each reset: SeaBIOS keeps its variables there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/net/ne2k-isa.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

static void create_isa_bus(PCState *s)
{
    s->isa = isa_bus_new(NULL, get_system_memory(), get_system_io(), &error_fatal);
}

static void create_cards(PCState *s)
{
    ne2k_isa_init_nic_devices(s->isa);
    for (unsigned channel = 0; channel < PC_IDE_CHANNELS; channel++) {
        s->ide[channel] = isa_ide_create(s->isa, channel);
    }
}

static void isapc_instance_init(Object *obj)
{
    PCState *s = PC_MACHINE(obj);

    s->hpet_enabled = false;
    s->acpi = ON_OFF_AUTO_OFF;
}

static void isapc_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pmc = PC_MACHINE_CLASS(oc);

    pc_add_properties(oc);
    mc->desc = "ISA-only PC";
    mc->max_cpus = 1;
    mc->default_cpu_type = X86_CPU_TYPE_NAME("486");
    mc->default_nic = "ne2k_isa";
    mc->default_display = "isa-cirrus-vga";
    pmc->most_below = 0xe0000000;
    pmc->more_below = 0xe0000000;
    pmc->firmware = "bios.bin";
    pmc->firmware_is_ram = true;
    pmc->create_isa_bridge = create_isa_bus;
    pmc->create_functions = create_cards;
}

static const TypeInfo isapc_types[] = {
    {
        .name = MACHINE_TYPE_NAME("isapc"),
        .parent = TYPE_PC_MACHINE,
        .instance_init = isapc_instance_init,
        .class_init = isapc_class_init,
    },
};

DEFINE_TYPES(isapc_types)
