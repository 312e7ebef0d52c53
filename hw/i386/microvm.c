/*
 * `microvm`: a machine for guests that know that they are virtual, laid out as QEMU's board of that
 * name. Devices sit in virtio-mmio slots; of a PC there are interrupt controllers, timer, clock and a
 * serial line. PCI Express comes with pcie=on.
 *
 * Guests find the slots by ACPI, which is hardware-reduced; without it, by the kernel's command line,
 * which the board adds to unless auto-kernel-cmdline=off.
 *
 * There is no memory of its own for option ROMs and firmware's variables: all is RAM.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "microvm.h"
#include "core/sysbus.h"
#include "hw/acpi/ged.h"
#include "hw/core/boot-order.h"
#include "hw/i386/x86-boot.h"
#include "hw/intc/ioapic.h"
#include "hw/pci-host/gpex.h"
#include "hw/pci/pci-nic.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/timer/i8254.h"
#include "hw/virtio/virtio-mmio.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/system.h"

#define DEFAULT_FIRMWARE "qboot.rom"
/* SeaBIOS for this board, where that isn't installed. */
#define OTHER_FIRMWARE "bios-microvm.bin"

static DeviceState *new_child(MicrovmState *s, const char *type, const char *name)
{
    DeviceState *dev = qdev_new(type);

    object_property_add_child(OBJECT(s), name, OBJECT(dev));
    return dev;
}

/* ---- virtio ---- */

static void choose_slots(MicrovmState *s)
{
    s->num_slots = MICROVM_FEW_SLOTS;
    s->first_slot_irq = MICROVM_VIRTIO_IRQ_ALONE;
    if (microvm_has_second_ioapic(s)) {
        s->num_slots = MICROVM_MOST_SLOTS;
        s->first_slot_irq = MICROVM_VIRTIO_IRQ_WITH_IOAPIC_2;
    } else if (microvm_has_acpi(s)) {
        s->first_slot_irq = MICROVM_VIRTIO_IRQ_WITH_ACPI;
    }
}

/* From the last one down: the first -device gets the last slot, as on QEMU's board. */
static void create_slots(MicrovmState *s)
{
    choose_slots(s);
    for (unsigned i = s->num_slots; i-- > 0;) {
        g_autofree char *name = g_strdup_printf("virtio%u", i);
        SysBusDevice *sbd = SYS_BUS_DEVICE(new_child(s, TYPE_VIRTIO_MMIO, name));

        s->slots[i] = DEVICE(sbd);
        sysbus_realize_and_unref(sbd, &error_fatal);
        sysbus_mmio_map(sbd, 0, MICROVM_VIRTIO + i * MICROVM_VIRTIO_SIZE);
        sysbus_connect_irq(sbd, 0, s->parent_obj.gsis[s->first_slot_irq + i]);
    }
}

bool microvm_slot_is_used(const MicrovmState *s, unsigned slot)
{
    BusState *bus = g_ptr_array_index(s->slots[slot]->child_buses, 0);

    return bus->children->len > 0;
}

/* ---- Interrupts, and what sits on ISA ---- */

static void create_second_ioapic(MicrovmState *s)
{
    SysBusDevice *sbd;

    if (!microvm_has_second_ioapic(s)) {
        return;
    }
    sbd = SYS_BUS_DEVICE(new_child(s, TYPE_IOAPIC, "second-ioapic"));
    sysbus_realize_and_unref(sbd, &error_fatal);
    sysbus_mmio_map(sbd, 0, MICROVM_IOAPIC_2);
    s->parent_obj.second_ioapic = DEVICE(sbd);
}

static void create_isa(MicrovmState *s)
{
    PCState *pc = &s->parent_obj;

    pc->isa = isa_bus_new(NULL, get_system_memory(), get_system_io(), &error_fatal);
    pc_create_interrupt_controllers(pc, s->pic != ON_OFF_AUTO_OFF);
    if (!pc->ioapic) {
        error_report("machine 'microvm' needs a CPU with an APIC: '%s' has none",
                     pc->parent_obj.cpu_type);
        exit(1);
    }
    create_second_ioapic(s);
    if (s->pit != ON_OFF_AUTO_OFF) {
        i8254_pit_init(pc->isa, 0x40, 0, NULL);
    }
    if (s->rtc != ON_OFF_AUTO_OFF) {
        pc->rtc = mc146818_rtc_init(pc->isa, 0, NULL);
        pc_cmos_setup(pc);
    }
    if (s->isa_serial && serial_hd(0)) {
        ISADevice *serial = isa_new("isa-serial");

        qdev_prop_set_chr(DEVICE(serial), "chardev", serial_hd(0));
        isa_realize_and_unref(serial, pc->isa, &error_fatal);
    }
}

/* ---- ACPI's hardware, PCI Express ---- */

static void create_events(MicrovmState *s)
{
    SysBusDevice *sbd;

    if (!microvm_has_acpi(s)) {
        return;
    }
    sbd = SYS_BUS_DEVICE(new_child(s, TYPE_ACPI_GED_X86, "ged"));
    sysbus_realize_and_unref(sbd, &error_fatal);
    sysbus_mmio_map(sbd, 0, MICROVM_GED);
    sysbus_mmio_map(sbd, 2, MICROVM_GED_REGS);
    sysbus_connect_irq(sbd, 0, s->parent_obj.gsis[MICROVM_GED_IRQ]);
}

static void map_pcie(MicrovmState *s, SysBusDevice *bridge, int n, const char *name,
                     uint64_t offset, uint64_t base, uint64_t size)
{
    MemoryRegion *window = g_new0(MemoryRegion, 1);

    memory_region_init_alias(window, OBJECT(s), name, sysbus_mmio_get_region(bridge, n), offset,
                             size);
    memory_region_add_subregion(get_system_memory(), base, window);
}

static void create_pcie(MicrovmState *s)
{
    SysBusDevice *bridge;

    if (s->pcie != ON_OFF_AUTO_ON) {
        return;
    }
    bridge = SYS_BUS_DEVICE(new_child(s, TYPE_GPEX_HOST, "pcie-host"));
    sysbus_realize_and_unref(bridge, &error_fatal);
    map_pcie(s, bridge, 0, "pcie-ecam", 0, MICROVM_PCIE_ECAM, MICROVM_PCIE_ECAM_SIZE);
    map_pcie(s, bridge, 1, "pcie-mmio32", MICROVM_PCIE_MMIO, MICROVM_PCIE_MMIO,
             MICROVM_PCIE_MMIO_SIZE);
    map_pcie(s, bridge, 1, "pcie-mmio64", MICROVM_PCIE_HIGH, MICROVM_PCIE_HIGH,
             MICROVM_PCIE_HIGH_SIZE);
    for (int i = 0; i < GPEX_NUM_IRQS; i++) {
        sysbus_connect_irq(bridge, i, s->parent_obj.gsis[MICROVM_PCIE_IRQ + i]);
    }
    pci_init_nic_devices(gpex_bus(GPEX_HOST(bridge)), "virtio-net-pci");
}

/* ---- The machine ---- */

static void check_properties(MicrovmState *s)
{
    if (s->parent_obj.parent_obj.usb) {
        error_report("usb=on: there is no xHCI outside of PCI; -device qemu-xhci with pcie=on is "
                     "one");
        exit(1);
    }
    if (s->parent_obj.acpi == ON_OFF_AUTO_ON && !microvm_can_acpi()) {
        error_report("acpi=on: this program was built without iasl, and has no ACPI tables");
        exit(1);
    }
    if (!microvm_can_acpi()) {
        s->parent_obj.acpi = ON_OFF_AUTO_OFF;
    }
    if (s->pcie == ON_OFF_AUTO_ON && !microvm_has_acpi(s)) {
        error_report("pcie=on needs acpi=on: nothing else tells the guest where it is");
        exit(1);
    }
}

static void choose_firmware(MachineState *machine)
{
    g_autofree char *found = qemu_find_file(QEMU_FILE_TYPE_BIOS, DEFAULT_FIRMWARE);

    if (!machine->firmware) {
        machine->firmware = g_strdup(found ? DEFAULT_FIRMWARE : OTHER_FIRMWARE);
    }
}

/*
 * Linux leaves the PIT alone with hardware-reduced ACPI, and can't measure by it without the
 * speaker's port: the rate of its time stamp counter, by which it sets up all other timers.
 */
static void say_tsc_rate(MicrovmState *s, GString *text)
{
    if (x86_has(&s->parent_obj.cpus[0]->env, X86_FEATURE_TSC) &&
        !strstr(MACHINE(s)->kernel_cmdline, "tsc_early_khz=")) {
        g_string_append_printf(text, " tsc_early_khz=%" PRIu64,
                               s->parent_obj.cpus[0]->tsc_hz / 1000);
    }
}

/*
 * With hardware-reduced ACPI Linux expects UEFI to reset the machine, and else jumps to firmware as
 * it finds it in memory, which is no reset. What there is: ACPI's register, or a triple fault.
 */
static void say_reset(MicrovmState *s, GString *text)
{
    if (!strstr(MACHINE(s)->kernel_cmdline, "reboot=")) {
        g_string_append_printf(text, " reboot=%c", microvm_has_acpi(s) ? 'a' : 't');
    }
}

static void say_slots(MicrovmState *s, GString *text)
{
    for (unsigned i = s->num_slots; i-- > 0;) {
        if (microvm_slot_is_used(s, i)) {
            g_string_append_printf(text, " virtio_mmio.device=%u@0x%x:%u", MICROVM_VIRTIO_SIZE,
                                   MICROVM_VIRTIO + i * MICROVM_VIRTIO_SIZE,
                                   s->first_slot_irq + i);
        }
    }
}

/* What a Linux kernel can't find out by itself. */
static void add_to_cmdline(MicrovmState *s)
{
    g_autoptr(GString) text = g_string_new(NULL);

    say_tsc_rate(s, text);
    say_reset(s, text);
    if (!microvm_has_acpi(s)) {
        say_slots(s, text);
    }
    x86_boot_append(MACHINE(s), s->parent_obj.fw_cfg, text->str);
}

static void machine_complete(Notifier *notifier, void *data)
{
    MicrovmState *s = container_of(notifier, MicrovmState, complete);

    if (microvm_has_acpi(s)) {
        microvm_write_acpi(s);
    }
    if (s->auto_cmdline && MACHINE(s)->kernel_filename) {
        add_to_cmdline(s);
    }
}

static void microvm_init(MachineState *machine)
{
    MicrovmState *s = MICROVM_MACHINE(machine);
    PCState *pc = &s->parent_obj;

    check_properties(s);
    pc_create_cpus(pc);
    pc_map_ram(pc);
    pc_fw_cfg_setup(pc);
    pc->rom_memory = get_system_memory();
    choose_firmware(machine);
    pc_map_firmware(pc);
    create_isa(s);
    create_events(s);
    create_slots(s);
    create_pcie(s);
    set_first_boot_path(x86_boot_setup(machine, pc->fw_cfg, pc->below_4g, s->option_roms));
    s->complete.notify = machine_complete;
    qemu_add_machine_init_done_notifier(&s->complete);
}

/* ---- Properties ---- */

static const struct {
    const char *name;
    size_t offset;
    const char *desc;
} switches[] = {
    { "pic", offsetof(MicrovmState, pic), "8259 interrupt controllers" },
    { "pit", offsetof(MicrovmState, pit), "8254 timer" },
    { "rtc", offsetof(MicrovmState, rtc), "MC146818 clock" },
    { "pcie", offsetof(MicrovmState, pcie), "PCI Express: off unless it is on" },
    { "ioapic2", offsetof(MicrovmState, second_ioapic),
      "A second I/O APIC, and 24 virtio slots instead of 8: on with ACPI" },
};

static const struct {
    const char *name;
    size_t offset;
    const char *desc;
} flags[] = {
    { "isa-serial", offsetof(MicrovmState, isa_serial), "The first serial line, at 3f8" },
    { "x-option-roms", offsetof(MicrovmState, option_roms),
      "-kernel comes with an option ROM, for firmware that runs such" },
    { "auto-kernel-cmdline", offsetof(MicrovmState, auto_cmdline),
      "The kernel is told the TSC's rate, how to reset and, without ACPI, where virtio devices are" },
};

static void access_switch(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    pc_visit_switch((OnOffAuto *)((char *)obj + switches[GPOINTER_TO_SIZE(opaque)].offset), v, name,
                    errp);
}

static void access_flag(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_bool(v, name, (bool *)((char *)obj + flags[GPOINTER_TO_SIZE(opaque)].offset), errp);
}

static void microvm_instance_init(Object *obj)
{
    MicrovmState *s = MICROVM_MACHINE(obj);

    s->isa_serial = s->option_roms = s->auto_cmdline = true;
    s->parent_obj.hpet_enabled = s->parent_obj.i8042_enabled = false;
}

static void microvm_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);
    PCMachineClass *pmc = PC_MACHINE_CLASS(oc);

    mc->desc = "microvm (i386)";
    mc->init = microvm_init;
    mc->default_ram_id = "microvm.ram";
    mc->default_nic = NULL;
    mc->default_display = NULL;
    mc->block_default_type = IF_VIRTIO;
    mc->no_floppy = mc->no_cdrom = mc->no_parallel = true;
    pmc->most_below = pmc->more_below = 3 * GiB;
    pmc->num_gsis = 2 * IOAPIC_NUM_PINS;
    pmc->has_ioapic = true;
    pmc->firmware_is_ram = true;
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        object_class_property_add(oc, switches[i].name, "OnOffAuto", access_switch, access_switch,
                                  NULL, GSIZE_TO_POINTER(i));
        object_class_property_set_description(oc, switches[i].name, switches[i].desc);
    }
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        object_class_property_add(oc, flags[i].name, "bool", access_flag, access_flag, NULL,
                                  GSIZE_TO_POINTER(i));
        object_class_property_set_description(oc, flags[i].name, flags[i].desc);
    }
}

static const TypeInfo microvm_types[] = {
    {
        .name = TYPE_MICROVM_MACHINE,
        .parent = TYPE_PC_MACHINE,
        .instance_size = sizeof(MicrovmState),
        .instance_init = microvm_instance_init,
        .class_init = microvm_class_init,
    },
};

DEFINE_TYPES(microvm_types)
