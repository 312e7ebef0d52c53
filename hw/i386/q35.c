/*
 * `q35`: the PC with MCH and ICH9, laid out as QEMU's board of that name.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i2c/smbus_ich9.h"
#include "hw/i386/pc.h"
#include "hw/ide/ide.h"
#include "hw/isa/lpc_ich9.h"
#include "hw/pci-host/q35.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/address-spaces.h"

#define USB_SLOT 0x1d

/* q35-dsdt.asl */
extern const unsigned char q35_dsdt[];
extern const size_t q35_dsdt_size;

static void start_hotplug(PCState *s, ACPITables *t)
{
    ich9_lpc_start_hotplug(ICH9_LPC(s->pm), t);
}

static uint16_t pm_base(PCState *s)
{
    return ich9_lpc_pm_base(ICH9_LPC(s->pm));
}

static const PCAcpi q35_acpi = {
    .dsdt = q35_dsdt,
    .dsdt_size = &q35_dsdt_size,
    .gpe_port = PC_PM_BASE + ICH9_PM_GPE,
    .gpe_moves = true,
    .gpe_size = ICH9_GPE_SIZE,
    .smi_port = ICH9_SMI_PORT,
    .enable = ICH9_ACPI_ENABLE,
    .disable = ICH9_ACPI_DISABLE,
    .pm_base = pm_base,
    .start_hotplug = start_hotplug,
};

static void create_host(PCState *s)
{
    Q35Host *host = Q35_HOST_DEVICE(qdev_new(TYPE_Q35_HOST_DEVICE));

    s->host = DEVICE(host);
    object_property_add_child(OBJECT(s), "q35", OBJECT(host));
    q35_host_connect(host, get_system_memory(), &s->pci_memory, get_system_io(), s->parent_obj.ram,
                     s->below_4g);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(host), &error_fatal);
    s->bus = q35_host_bus(host);
    pc_show_smram(s, q35_host_smram(host));
    s->hole64_size = q35_host_hole64_size(host);
}

static unsigned get_ecam(PCState *s, uint64_t *base)
{
    return q35_host_ecam(Q35_HOST_DEVICE(s->host), base);
}

static void create_isa_bridge(PCState *s)
{
    PCIDevice *lpc = pci_new_multifunction(ICH9_LPC_DEVFN, true, TYPE_ICH9_LPC);

    qdev_prop_set_bit(DEVICE(lpc), "smm-enabled", pc_has_smm(s));
    pci_realize_and_unref(lpc, s->bus, &error_fatal);
    s->isa = ich9_lpc_isa_bus(ICH9_LPC(lpc));
    s->pm = DEVICE(lpc);
    for (unsigned i = 0; i < s->parent_obj.smp.cpus; i++) {
        hotplug_handler_plug(HOTPLUG_HANDLER(lpc), DEVICE(s->cpus[i]), &error_abort);
    }
}

/* An EHCI controller, and three UHCI controllers for slower devices in its ports. */
static void create_usb(PCState *s)
{
    static const char *const companions[] = { "ich9-usb-uhci1", "ich9-usb-uhci2", "ich9-usb-uhci3" };
    PCIDevice *ehci = pci_create_simple_multifunction(s->bus, PCI_DEVFN(USB_SLOT, 7), true,
                                                      "ich9-usb-ehci1");
    BusState *bus = g_ptr_array_index(DEVICE(ehci)->child_buses, 0);

    for (size_t i = 0; i < ARRAY_SIZE(companions); i++) {
        PCIDevice *uhci = pci_new_multifunction(PCI_DEVFN(USB_SLOT, i), true, companions[i]);

        qdev_prop_set_string(DEVICE(uhci), "masterbus", bus->name);
        qdev_prop_set_uint32(DEVICE(uhci), "firstport", 2 * i);
        pci_realize_and_unref(uhci, s->bus, &error_fatal);
    }
}

static void create_functions(PCState *s)
{
    PCIDevice *sata, *smbus;

    for (int gsi = 0; gsi < ICH9_NUM_GSIS; gsi++) {
        qdev_connect_gpio_out_named(s->pm, ICH9_GSI_OUT, gsi, s->gsis[gsi]);
    }
    for (int all = 0; all < ICH9_NUM_SMIS; all++) {
        qdev_connect_gpio_out_named(s->pm, ICH9_SMI_OUT, all, pc_smi_line(s, all));
    }
    ich9_lpc_add_smi_files(ICH9_LPC(s->pm), s->fw_cfg);
    sata = pci_create_simple_multifunction(s->bus, ICH9_SATA_DEVFN, true, TYPE_ICH9_AHCI);
    ahci_create_devs(sata);
    smbus = pci_create_simple_multifunction(s->bus, ICH9_SMBUS_DEVFN, true, TYPE_ICH9_SMB);
    pc_create_eeproms(DEVICE(smbus));
    if (s->parent_obj.usb) {
        create_usb(s);
    }
}

static void q35_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pmc = PC_MACHINE_CLASS(oc);

    pc_add_properties(oc);
    mc->takes_memory_slots = true;
    mc->desc = "Standard PC (Q35 + ICH9, 2009)";
    mc->alias = "q35";
    mc->units_per_default_bus = 1;
    mc->no_floppy = true;
    mc->default_nic = "e1000e";
    pmc->most_below = 0xb0000000; /* configuration space comes next */
    pmc->more_below = 2 * GiB;
    pmc->has_ioapic = true;
    pmc->timer_pin = PC_IOAPIC_TIMER;
    pmc->hpet_lines = 1u << PC_IOAPIC_TIMER | 1u << 8 | 0xff0000;
    pmc->acpi = &q35_acpi;
    pmc->writer_takes_smi = true;
    pmc->pam = 0x90;
    pmc->create_host = create_host;
    pmc->create_isa_bridge = create_isa_bridge;
    pmc->create_functions = create_functions;
    pmc->get_ecam = get_ecam;
}

static const TypeInfo q35_types[] = {
    {
        .name = MACHINE_TYPE_NAME("pc-q35-7.2"),
        .parent = TYPE_PC_MACHINE,
        .class_init = q35_class_init,
    },
};

DEFINE_TYPES(q35_types)
