/*
 * `pc`: the PC with i440FX and PIIX3, laid out as QEMU's board of that name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/acpi/acpi-pm.h"
#include "hw/acpi/piix4.h"
#include "hw/board-versions.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/isa/piix3.h"
#include "hw/pci-host/i440fx.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define SMBUS_PORT 0xb100

/* pc-dsdt.asl */
extern const unsigned char pc_dsdt[];
extern const size_t pc_dsdt_size;

static void start_hotplug(PCState *s, ACPITables *t)
{
    piix4_start_hotplug(PIIX4_PM(s->pm), t);
}

static uint16_t pm_base(PCState *s)
{
    return piix4_pm_base(PIIX4_PM(s->pm));
}

static const PCAcpi i440fx_acpi = {
    .dsdt = pc_dsdt,
    .dsdt_size = &pc_dsdt_size,
    .gpe_port = PIIX4_GPE_PORT,
    .gpe_size = ACPI_PM_GPE_SIZE,
    .smi_port = PIIX4_SMI_PORT,
    .enable = PIIX4_ACPI_ENABLE,
    .disable = PIIX4_ACPI_DISABLE,
    .pm_base = pm_base,
    .start_hotplug = start_hotplug,
};

static void create_host(PCState *s)
{
    I440FXHost *host = I440FX_PCI_HOST_BRIDGE(qdev_new(TYPE_I440FX_PCI_HOST_BRIDGE));

    s->host = DEVICE(host);
    object_property_add_child(OBJECT(s), "i440fx", OBJECT(host));
    i440fx_connect(host, get_system_memory(), &s->pci_memory, get_system_io(), s->parent_obj.ram);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(host), &error_fatal);
    s->bus = i440fx_bus(host);
    pc_show_smram(s, i440fx_smram(host));
    s->hole64_size = i440fx_hole64_size(host);
}

static void create_isa_bridge(PCState *s)
{
    s->isa = piix3_isa_bus(PIIX3(pci_create_simple_multifunction(s->bus, PCI_DEVFN(1, 0), true,
                                                                 TYPE_PIIX3)));
}

static void create_ide(PCState *s)
{
    PCIDevice *ide = pci_create_simple_multifunction(s->bus, PCI_DEVFN(1, 1), false,
                                                     TYPE_PIIX3_IDE);

    pci_ide_connect_irqs(ide, s->gsis[14], s->gsis[15]);
    pci_ide_create_devs(ide);
    for (unsigned channel = 0; channel < PC_IDE_CHANNELS; channel++) {
        s->ide[channel] = pci_ide_bus(ide, channel);
    }
}

static void create_power_management(PCState *s)
{
    PCIDevice *pm = pci_new_multifunction(PCI_DEVFN(1, 3), false, TYPE_PIIX4_PM);

    qdev_prop_set_uint32(DEVICE(pm), "smb_io_base", SMBUS_PORT);
    qdev_prop_set_bit(DEVICE(pm), "smm-enabled", pc_has_smm(s));
    pci_realize_and_unref(pm, s->bus, &error_fatal);
    s->pm = DEVICE(pm);
    for (unsigned i = 0; i < s->parent_obj.smp.cpus; i++) {
        hotplug_handler_plug(HOTPLUG_HANDLER(pm), DEVICE(s->cpus[i]), &error_abort);
    }
    qdev_connect_gpio_out(DEVICE(pm), 0, s->gsis[PC_SCI]);
    qdev_connect_gpio_out_named(DEVICE(pm), PIIX4_SMI_OUT, 0, pc_smi_line(s, false));
    pc_create_eeproms(DEVICE(pm));
}

static void create_functions(PCState *s)
{
    create_ide(s);
    create_power_management(s);
}

static void pc_i440fx_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pmc = PC_MACHINE_CLASS(oc);

    pc_add_properties(oc);
    mc->takes_memory_slots = true;
    mc->desc = "Standard PC (i440FX + PIIX, 1996)";
    if (data) {
        board_version_class_init(mc, GPOINTER_TO_UINT(data));
    } else {
        mc->alias = "pc";
        mc->is_default = true;
    }
    pmc->most_below = 0xe0000000; /* then 3 GiB, so that huge pages fit */
    pmc->more_below = 3 * GiB;
    pmc->has_ioapic = true;
    pmc->timer_pin = PC_IOAPIC_TIMER;
    pmc->hpet_lines = 1u << PC_IOAPIC_TIMER;
    pmc->acpi = &i440fx_acpi;
    pmc->pam = 0x59;
    pmc->create_host = create_host;
    pmc->create_isa_bridge = create_isa_bridge;
    pmc->create_functions = create_functions;
}

#define OLD_I440FX(major, minor)                                                                   \
    {                                                                                              \
        .name = MACHINE_TYPE_NAME("pc-i440fx-" #major "." #minor),                                 \
        .parent = TYPE_PC_MACHINE,                                                                 \
        .class_init = pc_i440fx_class_init,                                                        \
        .class_data = GUINT_TO_POINTER(BOARD_VERSION(major, minor)),                               \
    },

static const TypeInfo pc_i440fx_types[] = {
    {
        .name = MACHINE_TYPE_NAME("pc-i440fx-7.2"),
        .parent = TYPE_PC_MACHINE,
        .class_init = pc_i440fx_class_init,
    },
    BOARD_OLD_VERSIONS(OLD_I440FX)
};

DEFINE_TYPES(pc_i440fx_types)
