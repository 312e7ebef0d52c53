/*
 * PC boards: what those with different chipsets have in common, laid out as on QEMU's boards.
 *
 * RAM lies from 0 up to the PCI hole and goes on at 4 GiB. Below everything else that the CPU sees
 * lies PCI memory: the firmware just below 4 GiB and, as the bridge decides, just below 1 MiB.
 *
 * Interrupt lines 0 to 15 are the ISA bus's; the board takes each to both the 8259s and the I/O
 * APIC, which has the timer at another input.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "audio/audiodev.h"
#include "core/qdev-properties.h"
#include "hw/audio/pcspk.h"
#include "hw/block/fdc.h"
#include "hw/core/boot-order.h"
#include "hw/dma/i8257.h"
#include "hw/i2c/i2c.h"
#include "hw/i386/apic.h"
#include "hw/i386/pc.h"
#include "hw/i386/x86-boot.h"
#include "hw/input/i8042.h"
#include "hw/input/vmmouse.h"
#include "hw/intc/i8259.h"
#include "hw/intc/ioapic.h"
#include "hw/irq.h"
#include "hw/mem/pc-dimm.h"
#include "hw/misc/port92.h"
#include "hw/misc/vmport.h"
#include "hw/nmi.h"
#include "hw/pci/pci-nic.h"
#include "hw/rtc/mc146818rtc.h"
#include "hw/smbios/smbios.h"
#include "hw/sysbus.h"
#include "hw/timer/hpet.h"
#include "hw/timer/i8254.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/cpus.h"
#include "system/reset.h"
#include "system/system.h"

#define OPTION_ROM_BASE 0xc0000
#define OPTION_ROM_SIZE 0x20000

#define FIRST_EEPROM     0x50
#define NUM_EEPROMS      8
#define NUM_SERIAL_LINES 4

/* ---- CPUs ---- */

void pc_create_cpus(PCState *s)
{
    MachineState *machine = MACHINE(s);

    if (machine->smp.max_cpus > 1) {
        cpus_expect_several();
    }
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        DeviceState *cpu = qdev_new(machine->cpu_type);

        qdev_prop_set_uint32(cpu, "apic-id", i);
        qdev_realize_and_unref(cpu, NULL, &error_fatal);
    }
}

static int acknowledge_pic(void *opaque)
{
    return pic_read_irq(isa_pic);
}

/* INTR of a CPU that has no APIC. */
static void intr_changed(void *opaque, int n, int level)
{
    CPUState *cpu = opaque;

    if (level) {
        cpu_interrupt(cpu, CPU_INTERRUPT_HARD);
    } else {
        cpu_reset_interrupt(cpu, CPU_INTERRUPT_HARD);
    }
}

static const X86InterruptOps pic_ops = { .acknowledge = acknowledge_pic };

/* Where the 8259s' INTR goes: the first CPU's LINT0, or the CPU itself. */
static qemu_irq connect_first_cpu(PCState *s)
{
    DeviceState *first = NULL;

    if (!x86_has(&s->cpus[0]->env, X86_FEATURE_APIC)) {
        if (s->parent_obj.smp.max_cpus > 1) {
            error_report("-smp %u: CPUs of type '%s' have no APIC, so there can be only one",
                         s->parent_obj.smp.max_cpus, s->parent_obj.cpu_type);
            exit(1);
        }
        x86_cpu_set_interrupt_controller(s->cpus[0], &pic_ops, s);
        return qemu_allocate_irq(intr_changed, CPU(s->cpus[0]), 0);
    }
    for (unsigned i = 0; i < s->parent_obj.smp.cpus; i++) {
        DeviceState *apic = apic_create(s->cpus[i], &error_fatal);

        first = first ? first : apic;
    }
    apic_set_external(first, acknowledge_pic, s);
    return qdev_get_gpio_in(first, 0);
}

/* The button of the monitor's `nmi`: a pulse of the line that parity errors raise, too. */
static void press_nmi(NMIState *n, int cpu_index, Error **errp)
{
    PCState *s = PC_MACHINE(n);

    if (x86_has(&s->cpus[0]->env, X86_FEATURE_APIC)) {
        apic_pulse_lint1();
    } else {
        cpu_interrupt(CPU(s->cpus[0]), CPU_INTERRUPT_NMI);
    }
}

/* ---- Memory ---- */

static void split_ram(PCState *s)
{
    uint64_t size = s->parent_obj.ram_size;
    const PCMachineClass *pmc = PC_MACHINE_GET_CLASS(s);
    uint64_t limit = s->max_below_4g ? MIN(s->max_below_4g, pmc->most_below) : pmc->most_below;

    if (size >= limit) {
        limit = MIN(limit, pmc->more_below);
    }
    if (s->max_below_4g && limit < MiB) {
        warn_report("Only %" PRIu64 " bytes of RAM below 4 GiB: firmware may not work with less "
                    "than 1 MiB", limit);
    }
    s->below_4g = MIN(size, limit);
    s->above_4g = size - s->below_4g;
}

void pc_map_ram(PCState *s)
{
    MemoryRegion *system = get_system_memory(), *ram = s->parent_obj.ram;

    split_ram(s);
    memory_region_init_alias(&s->ram_below, OBJECT(s), "ram-below-4g", ram, 0, s->below_4g);
    memory_region_add_subregion(system, 0, &s->ram_below);
    if (s->above_4g) {
        memory_region_init_alias(&s->ram_above, OBJECT(s), "ram-above-4g", ram, s->below_4g,
                                 s->above_4g);
        memory_region_add_subregion(system, 4 * GiB, &s->ram_above);
    }
    machine_map_device_memory(MACHINE(s), system, 4 * GiB + s->above_4g);
}

static void map_option_roms(PCState *s)
{
    if (PC_MACHINE_GET_CLASS(s)->firmware_is_ram) {
        memory_region_init_ram(&s->option_rom, OBJECT(s), "pc.rom", OPTION_ROM_SIZE, &error_fatal);
    } else {
        memory_region_init_rom(&s->option_rom, OBJECT(s), "pc.rom", OPTION_ROM_SIZE, &error_fatal);
    }
    memory_region_add_subregion_overlap(s->rom_memory, OPTION_ROM_BASE, &s->option_rom, 1);
}

/* Without PCI, what the CPU sees is the ISA bus. */
static void create_host_bridge(PCState *s)
{
    void (*create_host)(PCState *s) = PC_MACHINE_GET_CLASS(s)->create_host;

    if (create_host) {
        memory_region_init(&s->pci_memory, OBJECT(s), "pci", UINT64_MAX);
    }
    s->rom_memory = create_host ? &s->pci_memory : get_system_memory();
    pc_map_firmware(s);
    map_option_roms(s);
    if (create_host) {
        create_host(s);
    }
}

/* ---- Interrupts ---- */

static void gsi_changed(void *opaque, int n, int level)
{
    PCState *s = opaque;

    const PCMachineClass *pmc = PC_MACHINE_GET_CLASS(s);

    if (s->pic_inputs && n < ISA_NUM_IRQS && n != PC_PIC_CASCADE) {
        qemu_set_irq(s->pic_inputs[n], level);
    }
    if (n >= IOAPIC_NUM_PINS) {
        if (s->second_ioapic) {
            qemu_set_irq(qdev_get_gpio_in(s->second_ioapic, n - IOAPIC_NUM_PINS), level);
        }
    } else if (s->ioapic) {
        qemu_set_irq(qdev_get_gpio_in(s->ioapic, n == 0 ? pmc->timer_pin : n), level);
    }
}

static void interrupt_ended(void *opaque, uint8_t vector)
{
    ioapic_eoi_broadcast(vector);
}

static void create_ioapic(PCState *s)
{
    if (!PC_MACHINE_GET_CLASS(s)->has_ioapic || !x86_has(&s->cpus[0]->env, X86_FEATURE_APIC)) {
        return;
    }
    s->ioapic = qdev_new(TYPE_IOAPIC);
    object_property_add_child(s->host ? OBJECT(s->host) : OBJECT(s), "ioapic", OBJECT(s->ioapic));
    sysbus_realize_and_unref(SYS_BUS_DEVICE(s->ioapic), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(s->ioapic), 0, IO_APIC_DEFAULT_ADDRESS);
    apic_on_eoi(interrupt_ended, s);
}

void pc_create_interrupt_controllers(PCState *s, bool pic)
{
    qemu_irq intr = connect_first_cpu(s);

    s->gsis = qemu_allocate_irqs(gsi_changed, s, PC_MACHINE_GET_CLASS(s)->num_gsis);
    isa_bus_register_input_irqs(s->isa, s->gsis);
    if (pic) {
        s->pic_inputs = i8259_init(s->isa, intr);
    }
    create_ioapic(s);
}

/*
 * ---- The A20 gate ----
 *
 * The keyboard controller's and port 92's, and whoever was written last decides. Chipsets have it
 * open while either says so; then firmware, which opens both, would leave programs no single way to
 * close it, and drivers of the high memory area try just one.
 */
static void a20_written(void *opaque, int n, int level)
{
    PCState *s = opaque;

    for (unsigned i = 0; i < s->parent_obj.smp.max_cpus; i++) {
        if (s->cpus[i]) {
            x86_cpu_set_a20(s->cpus[i], level);
        }
    }
}

/* ---- Devices ---- */

/* The board's ports that nothing needs but many write to: POST codes, and the x87's error latch. */
static uint64_t idle_port_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0xff;
}

static void idle_port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static void ferr_cleared(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    PCState *s = opaque;

    qemu_set_irq(s->gsis[13], 0);
}

static const MemoryRegionOps post_ops = {
    .read = idle_port_read,
    .write = idle_port_write,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

static const MemoryRegionOps ferr_ops = {
    .read = idle_port_read,
    .write = ferr_cleared,
    .valid = { .min_access_size = 1, .max_access_size = 1 },
};

static void add_port(PCState *s, uint16_t port, const char *name, const MemoryRegionOps *ops)
{
    MemoryRegion *mr = g_new0(MemoryRegion, 1);

    memory_region_init_io(mr, OBJECT(s), ops, s, name, 1);
    memory_region_add_subregion(get_system_io(), port, mr);
}

/* Lines that the x87 has from the first CPU only, as a PC/AT. */
static void create_board_ports(PCState *s)
{
    add_port(s, 0x80, "ioport80", &post_ops);
    add_port(s, 0xf0, "ioportF0", &ferr_ops);
    s->cpus[0]->ferr = s->gsis[13];
}

/* A port of that type for each line to the host that there is. */
static void create_lines(PCState *s, const char *type, Chardev *const *lines, int count)
{
    for (int i = 0; i < count; i++) {
        if (lines[i]) {
            ISADevice *dev = isa_new(type);

            qdev_prop_set_uint32(DEVICE(dev), "index", i);
            qdev_prop_set_chr(DEVICE(dev), "chardev", lines[i]);
            isa_realize_and_unref(dev, s->isa, &error_fatal);
        }
    }
}

static ISADevice *create_with_a20(PCState *s, const char *type, const char *line)
{
    ISADevice *dev = isa_create_simple(s->isa, type);

    qdev_connect_gpio_out_named(DEVICE(dev), line, 0, qemu_allocate_irq(a20_written, s, 0));
    return dev;
}

/* VMware's port; its mouse needs the one that raises interrupts. */
static void create_vmport(PCState *s, ISADevice *i8042)
{
    isa_create_simple(s->isa, TYPE_VMPORT);
    if (i8042) {
        ISADevice *mouse = isa_new(TYPE_VMMOUSE);

        object_property_set_link(OBJECT(mouse), "i8042", OBJECT(i8042), &error_abort);
        isa_realize_and_unref(mouse, s->isa, &error_fatal);
    }
}

/* A board without floppy disks gets the controller for those that the user gives it. */
static void create_floppies(PCState *s)
{
    DriveInfo *drives[MAX_FD];
    bool wanted = !MACHINE_GET_CLASS(s)->no_floppy;

    for (int i = 0; i < MAX_FD; i++) {
        drives[i] = drive_get(IF_FLOPPY, 0, i);
        wanted |= drives[i] != NULL;
    }
    if (!wanted) {
        return;
    }
    s->fdc = isa_create_simple(s->isa, TYPE_ISA_FDC);
    isa_fdc_init_drives(s->fdc, drives);
}

/* Its timers can have inputs of the I/O APIC, and the lines of PIT and clock in their place. */
static DeviceState *create_hpet(PCState *s)
{
    DeviceState *hpet;

    if (!s->hpet_enabled) {
        return NULL;
    }
    hpet = qdev_new(TYPE_HPET);
    qdev_prop_set_uint32(hpet, "hpet-intcap", PC_MACHINE_GET_CLASS(s)->hpet_lines);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(hpet), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(hpet), 0, HPET_BASE);
    for (int i = 0; i < PC_NUM_GSIS; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(hpet), i, s->gsis[i]);
    }
    return hpet;
}

static void create_speaker(PCState *s, ISADevice *pit)
{
    ISADevice *speaker = isa_new(TYPE_PC_SPEAKER);

    if (s->speaker_audiodev && !audiodev_find(s->speaker_audiodev)) {
        error_report("pcspk-audiodev=%s: there is no -audiodev with that id", s->speaker_audiodev);
        exit(1);
    }
    if (s->speaker_audiodev) {
        object_property_set_str(OBJECT(speaker), "audiodev", s->speaker_audiodev, &error_fatal);
    }
    pcspk_init(speaker, s->isa, pit);
}

static void create_isa_devices(PCState *s)
{
    DeviceState *hpet = create_hpet(s);
    Chardev *serial[NUM_SERIAL_LINES];
    ISADevice *pit, *i8042 = NULL;

    for (int i = 0; i < NUM_SERIAL_LINES; i++) {
        serial[i] = serial_hd(i);
    }
    s->rtc = mc146818_rtc_init(s->isa, 0,
                               hpet ? qdev_get_gpio_in(hpet, HPET_LEGACY_RTC_INT) : NULL);
    pit = i8254_pit_init(s->isa, 0x40, 0, NULL);
    if (hpet) {
        qdev_connect_gpio_out(hpet, 0, qdev_get_gpio_in(DEVICE(pit), 0));
    }
    create_speaker(s, pit);
    create_lines(s, "isa-serial", serial, NUM_SERIAL_LINES);
    create_lines(s, "isa-parallel", parallel_hds, MAX_PARALLEL_PORTS);
    create_floppies(s);
    if (s->i8042_enabled) {
        i8042 = create_with_a20(s, TYPE_I8042, I8042_A20_LINE);
    }
    create_with_a20(s, TYPE_PORT92, PORT92_A20_LINE);
    if (s->vmport != ON_OFF_AUTO_OFF) {
        create_vmport(s, i8042);
    }
}

static void create_display(PCState *s)
{
    const char *type = s->parent_obj.display_type;

    if (type && s->bus) {
        pci_create_simple(s->bus, -1, type);
    } else if (type) {
        isa_create_simple(s->isa, type);
    }
}

/* Chips ask all CPUs; here it is one, as firmware for virtual machines expects. */
static void smi_requested(void *opaque, int n, int level)
{
    PCState *s = opaque;
    bool writer = PC_MACHINE_GET_CLASS(s)->writer_takes_smi && current_cpu;

    if (level) {
        cpu_interrupt(writer ? current_cpu : CPU(s->cpus[0]), CPU_INTERRUPT_SMI);
    }
}

/* Unless it has asked for this. */
static void smi_of_all_requested(void *opaque, int n, int level)
{
    PCState *s = opaque;

    for (unsigned i = 0; level && i < s->parent_obj.smp.max_cpus; i++) {
        if (s->cpus[i]) {
            cpu_interrupt(CPU(s->cpus[i]), CPU_INTERRUPT_SMI);
        }
    }
}

qemu_irq pc_smi_line(PCState *s, bool all_cpus)
{
    return qemu_allocate_irq(all_cpus ? smi_of_all_requested : smi_requested, s, 0);
}

void pc_create_eeproms(DeviceState *smbus)
{
    I2CBus *bus = I2C_BUS(qdev_get_child_bus(smbus, "i2c"));

    for (int i = 0; i < NUM_EEPROMS; i++) {
        i2c_slave_create(bus, TYPE_SMBUS_EEPROM, FIRST_EEPROM + i);
    }
}

static void create_devices(PCState *s)
{
    PC_MACHINE_GET_CLASS(s)->create_isa_bridge(s);
    pc_create_interrupt_controllers(s, true);
    i8257_dma_init(s->isa, false);
    create_display(s);
    create_isa_devices(s);
    create_board_ports(s);
    if (s->bus) {
        pci_init_nic_devices(s->bus, MACHINE_GET_CLASS(s)->default_nic);
    }
    PC_MACHINE_GET_CLASS(s)->create_functions(s);
}

/* ---- The machine ---- */

/*
 * Cards whose ROM firmware needs in order to use them; where it isn't installed the card has none.
 */
static void choose_card_roms(void)
{
    static GlobalProperty roms[] = {
        { .driver = "VGA", .property = "romfile", .value = "vgabios-stdvga.bin" },
        { .driver = "cirrus-vga", .property = "romfile", .value = "vgabios-cirrus.bin" },
        { .driver = "virtio-vga", .property = "romfile", .value = "vgabios-virtio.bin" },
        { .driver = "bochs-display", .property = "romfile", .value = "vgabios-bochs-display.bin" },
        { .driver = "ramfb", .property = "romfile", .value = "vgabios-ramfb.bin" },
        { .driver = "e1000", .property = "romfile", .value = "efi-e1000.rom" },
        { .driver = "e1000e", .property = "romfile", .value = "efi-e1000e.rom" },
        { .driver = "rtl8139", .property = "romfile", .value = "efi-rtl8139.rom" },
        { .driver = "ne2k_pci", .property = "romfile", .value = "efi-ne2k_pci.rom" },
        { .driver = "i82557b", .property = "romfile", .value = "efi-eepro100.rom" },
        { .driver = "virtio-net-pci", .property = "romfile", .value = "efi-virtio.rom" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(roms); i++) {
        g_autofree char *found = qemu_find_file(QEMU_FILE_TYPE_BIOS, roms[i].value);

        if (found && object_class_by_name(roms[i].driver)) {
            qdev_prop_register_global(&roms[i]);
        }
    }
}

static void tell_smbios(PCState *s)
{
    uint32_t regs[4];

    x86_cpuid(&s->cpus[0]->env, 1, 0, regs);
    smbios_init(s->fw_cfg, &(SMBIOSBoard){
        .product = MACHINE_GET_CLASS(s)->desc,
        .processor_id = regs[0] | (uint64_t)s->cpus[0]->env.features[FEAT_1_EDX] << 32,
        .entry_64 = s->smbios_entry_64,
        .ranges = { { 0, s->below_4g }, { 4 * GiB, s->above_4g } },
    });
}

static void pc_init(MachineState *machine)
{
    PCState *s = PC_MACHINE(machine);

    choose_card_roms();
    pc_create_cpus(s);
    pc_map_ram(s);
    pc_fw_cfg_setup(s);
    create_host_bridge(s);
    create_devices(s);
    pc_fw_cfg_add_sleep_states(s);
    tell_smbios(s);
    pc_cmos_setup(s);
    pc_suspend_setup(s);
    set_first_boot_path(x86_boot_setup(machine, s->fw_cfg, s->below_4g, true));
    pc_acpi_setup(s);
}

static void pc_reset(MachineState *machine, ShutdownCause reason)
{
    PCState *s = PC_MACHINE(machine);

    qemu_devices_reset(reason);
    for (unsigned i = 0; i < machine->smp.max_cpus; i++) {
        if (s->cpus[i]) {
            cpu_reset(CPU(s->cpus[i]));
        }
    }
}

/* ---- Properties ---- */

static const char *const switch_values[] = {
    [ON_OFF_AUTO_AUTO] = "auto", [ON_OFF_AUTO_ON] = "on", [ON_OFF_AUTO_OFF] = "off"
};

void pc_visit_switch(OnOffAuto *field, Visitor *v, const char *name, Error **errp)
{
    static const QEnumLookup lookup = { switch_values, ARRAY_SIZE(switch_values) };
    int value = *field;

    if (visit_type_enum(v, name, &value, &lookup, errp)) {
        *field = value;
    }
}

static void set_switch(OnOffAuto *field, const char *name, const char *value, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(switch_values); i++) {
        if (g_str_equal(value, switch_values[i])) {
            *field = i;
            return;
        }
    }
    error_setg(errp, "%s=%s: expected on, off or auto", name, value);
}

static char *get_acpi(Object *obj, Error **errp)
{
    return g_strdup(switch_values[PC_MACHINE(obj)->acpi]);
}

static void set_acpi(Object *obj, const char *value, Error **errp)
{
    set_switch(&PC_MACHINE(obj)->acpi, "acpi", value, errp);
}

static char *get_smm(Object *obj, Error **errp)
{
    return g_strdup(switch_values[PC_MACHINE(obj)->smm]);
}

static void set_smm(Object *obj, const char *value, Error **errp)
{
    set_switch(&PC_MACHINE(obj)->smm, "smm", value, errp);
}

static char *get_smbios_entry(Object *obj, Error **errp)
{
    return g_strdup(PC_MACHINE(obj)->smbios_entry_64 ? "64" : "32");
}

static void set_smbios_entry(Object *obj, const char *value, Error **errp)
{
    bool wide = g_str_equal(value, "64");

    if (!wide && !g_str_equal(value, "32")) {
        error_setg(errp, "smbios-entry-point-type=%s: expected 32 or 64", value);
        return;
    }
    PC_MACHINE(obj)->smbios_entry_64 = wide;
}

static bool get_i8042(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->i8042_enabled;
}

static void set_i8042(Object *obj, bool value, Error **errp)
{
    PC_MACHINE(obj)->i8042_enabled = value;
}

static bool get_hpet(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->hpet_enabled;
}

static void set_hpet(Object *obj, bool value, Error **errp)
{
    PC_MACHINE(obj)->hpet_enabled = value;
}

static bool get_fd_bootchk(Object *obj, Error **errp)
{
    return PC_MACHINE(obj)->check_floppies;
}

static void set_fd_bootchk(Object *obj, bool value, Error **errp)
{
    PC_MACHINE(obj)->check_floppies = value;
}

static char *get_speaker_audiodev(Object *obj, Error **errp)
{
    return g_strdup(PC_MACHINE(obj)->speaker_audiodev);
}

static void set_speaker_audiodev(Object *obj, const char *value, Error **errp)
{
    PCState *s = PC_MACHINE(obj);

    g_free(s->speaker_audiodev);
    s->speaker_audiodev = *value ? g_strdup(value) : NULL;
}

static char *get_vmport(Object *obj, Error **errp)
{
    return g_strdup(switch_values[PC_MACHINE(obj)->vmport]);
}

static void set_vmport(Object *obj, const char *value, Error **errp)
{
    set_switch(&PC_MACHINE(obj)->vmport, "vmport", value, errp);
}

static void access_max_below_4g(Object *obj, Visitor *v, const char *name, void *field,
                                Error **errp)
{
    PCState *s = PC_MACHINE(obj);
    uint64_t value = s->max_below_4g;

    if (!visit_type_size(v, name, &value, errp)) {
        return;
    }
    if (value > 4 * GiB) {
        error_setg(errp, "%s=%" PRIu64 ": expected at most 4G", name, value);
        return;
    }
    s->max_below_4g = value;
}

static void pc_instance_init(Object *obj)
{
    PCState *s = PC_MACHINE(obj);

    s->i8042_enabled = s->hpet_enabled = s->check_floppies = true;
}

static void pc_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->arch_name = "x86_64";
    mc->other_arch_name = "i386";
    NMI_CLASS(oc)->nmi_monitor_handler = press_nmi;
    mc->init = pc_init;
    mc->reset = pc_reset;
    mc->max_cpus = PC_MAX_CPUS;
    mc->default_cpu_type = X86_CPU_TYPE_NAME("max");
    mc->default_ram_size = 128 * MiB;
    mc->default_ram_id = "pc.ram";
    mc->default_boot_order = "cad";
    mc->default_nic = "e1000";
    mc->default_display = "VGA";
    PC_MACHINE_CLASS(oc)->firmware = "bios-256k.bin";
    PC_MACHINE_CLASS(oc)->num_gsis = PC_NUM_GSIS;
    mc->block_default_type = IF_IDE;
    mc->no_sdcard = true;
    pc_hotplug_class_init(oc);
    mc->initrd_may_be_list = true;
    object_class_property_add_str(oc, "acpi", get_acpi, set_acpi);
    object_class_property_set_description(oc, "acpi", "ACPI tables for firmware: on, off, auto");
    object_class_property_add_str(oc, "smm", get_smm, set_smm);
    object_class_property_set_description(oc, "smm", "System management mode: on, off, auto");
    object_class_property_add(oc, "max-ram-below-4g", "size", access_max_below_4g,
                              access_max_below_4g, NULL, NULL);
    object_class_property_set_description(oc, "max-ram-below-4g",
                                          "At most so much RAM below 4 GiB; the rest is above");
}

/* What boards with a PC's usual devices have besides. */
void pc_add_properties(ObjectClass *oc)
{
    object_class_property_add_str(oc, "smbios-entry-point-type", get_smbios_entry,
                                  set_smbios_entry);
    object_class_property_set_description(oc, "smbios-entry-point-type",
                                          "SMBIOS version: 32 (2.8), 64 (3.0)");
    object_class_property_add_bool(oc, "i8042", get_i8042, set_i8042);
    object_class_property_set_description(oc, "i8042", "A keyboard controller");
    object_class_property_add_bool(oc, "hpet", get_hpet, set_hpet);
    object_class_property_set_description(oc, "hpet", "High precision event timers");
    object_class_property_add_bool(oc, "fd-bootchk", get_fd_bootchk, set_fd_bootchk);
    object_class_property_set_description(oc, "fd-bootchk",
                                          "Firmware wants a boot sector's mark on floppies");
    object_class_property_add_str(oc, "pcspk-audiodev", get_speaker_audiodev, set_speaker_audiodev);
    object_class_property_set_description(oc, "pcspk-audiodev", "The -audiodev of the speaker");
    object_class_property_add_str(oc, "vmport", get_vmport, set_vmport);
    object_class_property_set_description(oc, "vmport", "VMware's port: on, off, auto");
    pc_add_flash_properties(oc);
}

static const TypeInfo pc_types[] = {
    {
        .name = TYPE_PC_MACHINE,
        .parent = TYPE_MACHINE,
        .abstract = true,
        .instance_size = sizeof(PCState),
        .class_size = sizeof(PCMachineClass),
        .instance_init = pc_instance_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { TYPE_NMI }, { NULL } },
        .class_init = pc_class_init,
    },
};

DEFINE_TYPES(pc_types)
