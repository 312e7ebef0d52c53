/*
 * VMC: a VMEbus single-board computer around the PowerPC 755, software-compatible with the
 * MVME5100.
 *
 * The table vmc_devices[] is the board: where each device sits and which MPIC source it interrupts.
 * The device tree is written from the same rows (vmc-fdt.c).
 *
 * Reference: MVME5100 Single Board Computer Programmer's Reference Guide (V5100A/PG).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/block/flash.h"
#include "hw/char/serial.h"
#include "hw/intc/openpic.h"
#include "hw/irq.h"
#include "hw/loader.h"
#include "hw/misc/vmc-regs.h"
#include "hw/net/i82557.h"
#include "hw/nmi.h"
#include "hw/pci/pci-nic.h"
#include "hw/pci/pci_bus.h"
#include "hw/ppc/vmc.h"
#include "hw/qdev-properties.h"
#include "hw/rtc/m48t37.h"
#include "hw/sysbus.h"
#include "hw/vme/universe.h"
#include "hw/vme/vme.h"
#include "migration/vmstate.h"
#include "qemu/bitops.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/events.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/ppc/cpu.h"
#include "target/ppc/models.h"

#define FIRMWARE_NAME "vmc-firmware.bin"
#define FLASH_SECTOR  (128 * KiB)
#define HID1_PLL_4_TO_1 0xa0000000u /* core : bus */

/* --- interrupts: several lines may share an MPIC source --- */

static void set_irq_line(void *opaque, int n, int level)
{
    VMCState *s = opaque;
    int source = n / 32, line = n % 32;

    s->irq_levels[source] = deposit32(s->irq_levels[source], line, 1, !!level);
    qemu_set_irq(qdev_get_gpio_in(s->mpic, source), s->irq_levels[source] != 0);
}

static const VMStateDescription vmstate_vmc = {
    .name = "VMC",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT32_ARRAY(irq_levels, VMCState, VMC_NUM_IRQS),
        VMSTATE_TIMER_PTR(abort_timer, VMCState),
        VMSTATE_END_OF_LIST()
    },
};

/* A new line to the source. */
static qemu_irq irq_line(VMCState *s, int source)
{
    g_assert(source >= 0 && source < VMC_NUM_IRQS && s->irq_lines[source] < 32);
    return qemu_allocate_irq(set_irq_line, s, source * 32 + s->irq_lines[source]++);
}

/*
 * The ABORT switch on the front panel is no real non-maskable interrupt: it's an input of the
 * MPIC like any other. A finger stays on it long enough for level-sensitive and edge-triggered
 * handlers alike.
 */
#define ABORT_PRESSED_NS (100 * 1000 * 1000)

static void abort_released(void *opaque)
{
    qemu_irq_lower(((VMCState *)opaque)->abort_line);
}

static void press_abort(NMIState *machine, int cpu_index, Error **errp)
{
    VMCState *s = VMC_MACHINE(machine);

    qemu_irq_raise(s->abort_line);
    timer_mod(s->abort_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ABORT_PRESSED_NS);
}

/* What resets the board without the software's wish. */
enum { RESET_BY_WDT2, RESET_BY_RTC };

static void reset_board(void *opaque, int n, int level)
{
    static const char *const reasons[] = {
        [RESET_BY_WDT2] = "watchdog: Hawk's WDT2 has run out",
        [RESET_BY_RTC] = "watchdog: the M48T37's has run out",
    };

    if (level) {
        JsonObject *data = json_object_new();

        json_object_set_string_member(data, "action", "reset");
        event_send("WATCHDOG", data);
        qemu_system_reset_request_because(SHUTDOWN_CAUSE_GUEST_RESET, reasons[n]);
    }
}

/* INTA-INTD of each slot (device number); the rest of the bus has no slots on the original. */
typedef struct PCISlot {
    int8_t slot;
    int8_t irq[4];
} PCISlot;

static const PCISlot pci_slots[] = {
    { 11, { 0, 0, 0, 0 } },     /* ISA bridge: its 8259 */
    { 13, { 5, 6, 7, 8 } },     /* Universe VME bridge */
    { 14, { 2, -1, -1, -1 } },  /* Ethernet 1 */
    { 16, { 9, 10, 11, 12 } },  /* PMC slot 1 */
    { 17, { 12, 9, 10, 11 } },  /* PMC slot 2 */
    { 19, { 13, -1, -1, -1 } }, /* Ethernet 2 */
    { 20, { 9, 10, 11, 12 } },  /* PMC span */
};

/*
 * Device numbers from here on may be used freely: those that the original lacks share the PMC
 * slots' sources.
 */
#define FIRST_FREE_SLOT 16

#define VME_BRIDGE_SLOT 13

int vmc_pci_irq(int slot, int pin)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pci_slots); i++) {
        if (pci_slots[i].slot == slot) {
            return pci_slots[i].irq[pin];
        }
    }
    return slot >= FIRST_FREE_SLOT ? 9 + (slot + pin) % 4 : VMC_IRQ_NONE;
}

static int map_pci_irq(PCIDevice *dev, int pin)
{
    return vmc_pci_irq(PCI_SLOT(dev->devfn), pin);
}

/* --- devices --- */

static DeviceState *new_device(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = qdev_new(row->type);

    object_property_add_child(OBJECT(s), row->name, OBJECT(dev));
    return dev;
}

static void realize_and_map(VMCState *s, const VMCDevice *row, DeviceState *dev)
{
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    sysbus_realize_and_unref(sbd, &error_fatal);
    sysbus_mmio_map(sbd, 0, row->base);
    if (row->irq != VMC_IRQ_NONE) {
        sysbus_connect_irq(sbd, 0, irq_line(s, row->irq));
    }
}

/* Part of Hawk: its host bridge maps it, where base address register 1 says. */
static void create_mpic(VMCState *s, const VMCDevice *row)
{
    DeviceState *cpu = DEVICE(s->cpu);

    s->mpic = new_device(s, row);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(s->mpic), &error_fatal);
    sysbus_connect_irq(SYS_BUS_DEVICE(s->mpic), 0, qdev_get_gpio_in(cpu, PPC6xx_INPUT_INT));
    qdev_connect_gpio_out_named(s->mpic, HAWK_MPIC_INIT_OUT, 0,
                                qdev_get_gpio_in(cpu, PPC6xx_INPUT_SRESET));
}

static void create_smc(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = new_device(s, row);

    s->smc = dev;
    qdev_prop_set_uint64(dev, "ram-size", s->parent_obj.ram_size);
    qdev_prop_set_uint32(dev, "bus-frequency", VMC_BUS_HZ);
    qdev_prop_set_uint32(dev, "cpu-frequency", VMC_CPU_HZ);
    realize_and_map(s, row, dev);
}

static void create_phb(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = new_device(s, row), *cpu = DEVICE(s->cpu);
    PCIBus *bus;

    s->phb = dev;
    object_property_set_link(OBJECT(dev), "mpic", OBJECT(s->mpic), &error_abort);
    object_property_set_link(OBJECT(dev), "memory", OBJECT(get_system_memory()), &error_abort);
    qdev_prop_set_bit(dev, "watchdogs", s->watchdog);
    realize_and_map(s, row, dev);
    sysbus_mmio_map_overlap(SYS_BUS_DEVICE(dev), 1, 0, -1);

    bus = PCI_HOST_BRIDGE(dev)->bus;
    bus->devfn_min = PCI_DEVFN(FIRST_FREE_SLOT, 0);
    pci_bus_map_irqs(bus, map_pci_irq);
    for (int n = 0; n < HAWK_NUM_INTX; n++) {
        qdev_connect_gpio_out_named(dev, HAWK_INTX_OUT, n, irq_line(s, n));
    }
    qdev_connect_gpio_out_named(dev, HAWK_ERROR_OUT, 0,
                                qdev_get_gpio_in(s->mpic, HAWK_MPIC_IRQ_HAWK_ERROR));
    qdev_connect_gpio_out_named(dev, HAWK_MCP_OUT, 0, qdev_get_gpio_in(cpu, PPC6xx_INPUT_MCP));
    qdev_connect_gpio_out_named(dev, HAWK_WDT_OUT, 0, irq_line(s, VMC_IRQ_WATCHDOG1));
    qdev_connect_gpio_out_named(dev, HAWK_WDT_OUT, 1,
                                qemu_allocate_irq(reset_board, s, RESET_BY_WDT2));
}

static void reset_by_vme(void *opaque, int n, int level)
{
    if (level) {
        qemu_system_reset_request_because(SHUTDOWN_CAUSE_GUEST_RESET, "the VME bridge pulled LRST");
    }
}

/* The bridge to the crate; its bus is where -device vme-... goes. */
static void create_vme_bridge(VMCState *s)
{
    PCIDevice *dev = pci_new(PCI_DEVFN(VME_BRIDGE_SLOT, 0), TYPE_UNIVERSE2);

    object_property_add_child(OBJECT(s), "vme", OBJECT(dev));
    qdev_prop_set_uint8(DEVICE(dev), "slot", s->slot);
    pci_realize_and_unref(dev, PCI_HOST_BRIDGE(s->phb)->bus, &error_fatal);
    qdev_connect_gpio_out_named(DEVICE(dev), UNIVERSE_RESET_OUT, 0,
                                qemu_allocate_irq(reset_by_vme, s, 0));
}

static MACAddr address_of(PCIDevice *nic)
{
    g_autofree char *text = object_property_get_str(OBJECT(nic), "mac", &error_abort);
    MACAddr mac = { { 0 } };

    net_mac_parse(text, &mac);
    return mac;
}

/*
 * On the board whether or not -nic gives them a cable. Further ones, and other models, are cards in
 * PMC slots.
 */
static void create_nics(VMCState *s)
{
    static const struct {
        const char *name;
        uint8_t slot;
    } nics[] = { { "ethernet1", 14 }, { "ethernet2", 19 } };
    MACAddr macs[G_N_ELEMENTS(nics)];

    for (size_t i = 0; i < G_N_ELEMENTS(nics); i++) {
        PCIDevice *dev = pci_new(PCI_DEVFN(nics[i].slot, 0), TYPE_I82559ER);

        object_property_add_child(OBJECT(s), nics[i].name, OBJECT(dev));
        qemu_configure_nic_device(DEVICE(dev), true, NULL);
        pci_realize_and_unref(dev, PCI_HOST_BRIDGE(s->phb)->bus, &error_fatal);
        macs[i] = address_of(dev);
    }
    hawk_smc_set_ethernets(s->smc, macs, G_N_ELEMENTS(macs));
    pci_init_nic_devices(PCI_HOST_BRIDGE(s->phb)->bus, TYPE_I82559ER);
}

static void create_uart(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = new_device(s, row);

    qdev_prop_set_string(dev, "name", row->name);
    qdev_prop_set_uint8(dev, "regshift", 4);
    qdev_prop_set_uint8(dev, "endianness", DEVICE_BIG_ENDIAN);
    qdev_prop_set_uint32(dev, "baudbase", VMC_UART_HZ / 16);
    qdev_prop_set_chr(dev, "chardev", serial_hd(row->unit));
    realize_and_map(s, row, dev);
}

static void create_board_regs(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = new_device(s, row);

    qdev_prop_set_uint8(dev, "slot", s->slot);
    realize_and_map(s, row, dev);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 1, row->base + VMC_REGS_FEATURES_OFFSET);
    qdev_connect_gpio_out_named(dev, VMC_REGS_TBEN_OUT, 0,
                                qdev_get_gpio_in(DEVICE(s->cpu), PPC6xx_INPUT_TBEN));
}

/* -drive if=mtd keeps the NVRAM. */
static void create_rtc(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = new_device(s, row);
    DriveInfo *dinfo = drive_get(IF_MTD, 0, 0);

    if (dinfo) {
        qdev_prop_set_drive(dev, "drive", blk_by_legacy_dinfo(dinfo));
    }
    realize_and_map(s, row, dev);
    vmc_nvram_fill(s, dev, dinfo != NULL);
    vmc_gev_fill(s, dev, dinfo != NULL);
    qdev_connect_gpio_out_named(dev, M48T37_RESET_OUT, 0,
                                qemu_allocate_irq(reset_board, s, RESET_BY_RTC));
}

/*
 * Intel 28F128J3 and 28F640J3, on a 16-bit bus. Without a drive the bank is erased, and volatile.
 */
static void create_flash(VMCState *s, const VMCDevice *row)
{
    DeviceState *dev = new_device(s, row);

    qdev_prop_set_uint32(dev, "num-blocks", row->size / FLASH_SECTOR);
    qdev_prop_set_uint64(dev, "sector-length", FLASH_SECTOR);
    qdev_prop_set_uint8(dev, "width", 2);
    qdev_prop_set_bit(dev, "big-endian", true);
    qdev_prop_set_uint16(dev, "id0", 0x0089);
    qdev_prop_set_uint16(dev, "id1", row->size > 8 * MiB ? 0x0018 : 0x0017);
    qdev_prop_set_string(dev, "name", row->name);
    pflash_cfi01_legacy_drive(PFLASH_CFI01(dev), drive_get(IF_PFLASH, 0, row->unit));
    realize_and_map(s, row, dev);
    if (row->unit == 0) {
        s->boot_flash = PFLASH_CFI01(dev);
    }
}

const VMCDevice vmc_devices[] = {
    { "mpic", TYPE_HAWK_MPIC, VMC_MPIC_BASE, HAWK_MPIC_SIZE, VMC_IRQ_NONE, 0, create_mpic,
      vmc_describe_mpic },
    { "smc", TYPE_HAWK_SMC, VMC_SMC_BASE, HAWK_SMC_SIZE, VMC_IRQ_NONE, 0, create_smc, NULL },
    { "uart0", TYPE_SERIAL_MM, VMC_UART0_BASE, 0x80, VMC_IRQ_UART, 0, create_uart,
      vmc_describe_serial },
    { "board-regs", TYPE_VMC_REGS, VMC_BOARD_REGS_BASE, VMC_REGS_CONTROL_SIZE, VMC_IRQ_NONE, 0,
      create_board_regs, NULL },
    { "rtc", TYPE_M48T37, VMC_RTC_BASE, M48T37_MMIO_SIZE, VMC_IRQ_RTC, 0, create_rtc, NULL },
    { "uart1", TYPE_SERIAL_MM, VMC_UART1_BASE, 0x80, VMC_IRQ_UART, 1, create_uart,
      vmc_describe_serial },
    { "flash-a", TYPE_PFLASH_CFI01, VMC_FLASH_A_BASE, VMC_FLASH_A_SIZE, VMC_IRQ_NONE, 1,
      create_flash, vmc_describe_flash },
    { "phb", TYPE_HAWK_PHB, VMC_PHB_BASE, 0x1000, VMC_IRQ_NONE, 0, create_phb, vmc_describe_pci },
    { "flash-b", TYPE_PFLASH_CFI01, VMC_FLASH_B_BASE, VMC_FLASH_B_SIZE, VMC_IRQ_NONE, 0,
      create_flash, NULL },
};

const size_t vmc_num_devices = G_N_ELEMENTS(vmc_devices);

/* --- boot flash --- */

/* Ends the program if the file can't be what a boot flash holds. */
static void check_firmware(const char *filename, int64_t size)
{
    uint8_t magic[4] = { 0 };

    if (size < 0) {
        error_report("could not read firmware '%s': %s", filename, strerror(errno));
    } else if (size > (int64_t)VMC_FLASH_B_SIZE) {
        error_report("firmware '%s' is too large for the boot flash: %" PRId64
                     " bytes, maximum %" PRIu64,
                     filename, size, (uint64_t)VMC_FLASH_B_SIZE);
    } else if (size == 0) {
        error_report("firmware '%s' is empty", filename);
    } else if (load_image_size(filename, magic, 4) == 4 && !memcmp(magic, "\177ELF", 4)) {
        error_report("firmware '%s' is an ELF file, expected the flash's contents "
                     "(objcopy -O binary)", filename);
    } else {
        return;
    }
    exit(1);
}

/*
 * A firmware image of up to 1 MiB starts at fff00000, so that the reset vector is 0x100 into it; a
 * larger one ends at the top of the address space.
 */
static void load_boot_flash(VMCState *s, const char *filename)
{
    uint8_t *contents = memory_region_get_ram_ptr(pflash_cfi01_get_memory(s->boot_flash));
    int64_t size = get_image_size(filename);
    uint32_t offset = VMC_ROM_BASE - VMC_FLASH_B_BASE;

    check_firmware(filename, size);
    if (size > (int64_t)(VMC_FLASH_B_SIZE - offset)) {
        offset = VMC_FLASH_B_SIZE - size;
    }
    if (load_image_size(filename, contents + offset, size) != size) {
        error_report("could not read firmware '%s'", filename);
        exit(1);
    }
}

/*
 * What is in boot flash: a drive's image, -bios, or our firmware, which only a start without
 * -kernel needs.
 */
static void fill_boot_flash(VMCState *s)
{
    MachineState *machine = MACHINE(s);
    const char *name = machine->firmware ? machine->firmware : FIRMWARE_NAME;
    g_autofree char *filename = NULL;

    if (drive_get(IF_PFLASH, 0, 0)) {
        if (machine->firmware) {
            error_report("-bios and a drive with if=pflash,unit=0 "
                         "both give the boot flash's contents");
            exit(1);
        }
        return;
    }
    filename = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);
    if (filename) {
        load_boot_flash(s, filename);
    } else if (machine->firmware || !(machine->kernel_filename || machine->dumpdtb)) {
        error_report("could not find firmware '%s'", name);
        if (!machine->firmware) {
            error_printf("The build makes it where Debian's gcc-powerpc-linux-gnu is installed; -L help "
                         "lists\nwhere it is looked for. -kernel and -bios start without it.\n");
        }
        exit(1);
    }
}

/* --- the machine --- */

static void create_cpu(VMCState *s)
{
    s->cpu = POWERPC_CPU(object_new(MACHINE(s)->cpu_type));
    if (!s->cpu->hid1_pll) {
        s->cpu->hid1_pll = HID1_PLL_4_TO_1;
    }
    object_property_add_child(OBJECT(s), "cpu", OBJECT(s->cpu));
    qdev_realize_and_unref(DEVICE(s->cpu), NULL, &error_fatal);
}

/*
 * The memory controller knows no block of less than 32 MiB. In one that is filled in part the
 * memory comes round again, as it does where a chip has fewer address lines than its controller.
 */
static void repeat_small_ram(MachineState *machine)
{
    for (ram_addr_t at = machine->ram_size; at < HAWK_SMALLEST_BLOCK; at += machine->ram_size) {
        MemoryRegion *again = g_new0(MemoryRegion, 1);

        memory_region_init_alias(again, OBJECT(machine), "ram-again[*]", machine->ram, 0,
                                 MIN(machine->ram_size, HAWK_SMALLEST_BLOCK - at));
        memory_region_add_subregion(get_system_memory(), at, again);
    }
}

static void vmc_init(MachineState *machine)
{
    VMCState *s = VMC_MACHINE(machine);

    memory_region_add_subregion(get_system_memory(), 0, machine->ram);
    repeat_small_ram(machine);
    create_cpu(s);
    for (size_t i = 0; i < vmc_num_devices; i++) {
        const VMCDevice *row = &vmc_devices[i];

        if (row->create) {
            row->create(s, row);
        } else {
            realize_and_map(s, row, new_device(s, row));
        }
    }
    create_vme_bridge(s);
    create_nics(s);
    s->abort_line = irq_line(s, VMC_IRQ_ABORT);
    s->abort_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, abort_released, s);
    vmstate_register(NULL, 0, &vmstate_vmc, s);
    fill_boot_flash(s);
    vmc_boot_load(s);
}

static void vmc_reset(MachineState *machine, ShutdownCause reason)
{
    VMCState *s = VMC_MACHINE(machine);

    qemu_devices_reset(reason);
    cpu_reset(CPU(s->cpu));
    vmc_boot_start(s);
}

static ram_addr_t check_ram_size(MachineState *machine, ram_addr_t size, Error **errp)
{
    if (size > VMC_RAM_MAX) {
        error_setg(errp, "Too much memory for this machine: %" PRIu64 " MB, maximum %" PRIu64 " MB",
                   (uint64_t)(size / MiB), (uint64_t)(VMC_RAM_MAX / MiB));
    } else if (size < VMC_RAM_MIN) {
        error_setg(errp, "Too little memory for this machine: %" PRIu64 " KB, minimum %" PRIu64 " KB",
                   (uint64_t)(size / KiB), (uint64_t)(VMC_RAM_MIN / KiB));
    }
    return size;
}

static bool get_watchdog(Object *obj, Error **errp)
{
    return VMC_MACHINE(obj)->watchdog;
}

static void set_watchdog(Object *obj, bool value, Error **errp)
{
    VMC_MACHINE(obj)->watchdog = value;
}

static void get_kernel_addr(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, VMC_MACHINE(obj)->kernel_addr);
}

static void set_kernel_addr(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_to_uint(v, name, UINT32_MAX, &VMC_MACHINE(obj)->kernel_addr, errp);
}

static void get_slot(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, VMC_MACHINE(obj)->slot);
}

static void set_slot(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    uint64_t slot;

    if (!qvalue_to_uint(v, name, UINT8_MAX, &slot, errp)) {
        return;
    }
    if (slot < 1 || slot > VME_SLOTS) {
        error_setg(errp, "slot=%" PRIu64 ": a VME crate has slots 1 to %d", slot, VME_SLOTS);
        return;
    }
    VMC_MACHINE(obj)->slot = (uint8_t)slot;
}

static void vmc_instance_init(Object *obj)
{
    VMC_MACHINE(obj)->kernel_addr = VMC_NO_KERNEL_ADDR;
    VMC_MACHINE(obj)->slot = 1;
}

/*
 * The types of all models of the families that fit the socket; the list lives as long as the class.
 */
static const char **cpu_types(void)
{
    static const char *const families[] = { "740", "745", "750", "755", NULL };
    GPtrArray *types = g_ptr_array_new();

    for (const PPCModel *m = ppc_models; m->name; m++) {
        if (m->family && g_strv_contains(families, m->family->name)) {
            g_ptr_array_add(types, g_strconcat(m->name, POWERPC_CPU_TYPE_SUFFIX, NULL));
        }
    }
    g_ptr_array_add(types, NULL);
    return (const char **)g_ptr_array_free(types, false);
}

static void vmc_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    NMI_CLASS(oc)->nmi_monitor_handler = press_abort;
    mc->desc = "VMC PowerPC 755";
    mc->arch_name = "ppc";
    mc->is_default = true;
    mc->init = vmc_init;
    mc->reset = vmc_reset;
    mc->max_cpus = 1;
    mc->default_cpu_type = POWERPC_CPU_TYPE_NAME("755_v2.8");
    mc->valid_cpu_types = cpu_types();
    mc->default_ram_size = 128 * MiB;
    mc->default_ram_id = "vmc.ram";
    mc->fixup_ram_size = check_ram_size;
    mc->block_default_type = IF_PFLASH;
    mc->default_boot_order = "cd";
    mc->default_nic = TYPE_I82559ER;
    mc->no_floppy = true;
    mc->no_cdrom = true;
    mc->no_sdcard = true;
    mc->no_parallel = true;
    vmc_nvram_add_properties(oc);
    vmc_gev_add_property(oc);
    object_class_property_add_bool(oc, "watchdog", get_watchdog, set_watchdog);
    object_class_property_set_description(
        oc, "watchdog", "Hawk's watchdogs run from reset, as on the original (default: off)");
    object_class_property_add(oc, "slot", "uint8", get_slot, set_slot, NULL, NULL);
    object_class_property_set_description(
        oc, "slot", "The board's slot in the VME crate; in slot 1 it is the system controller "
                    "(default: 1)");
    object_class_property_add(oc, "kernel-addr", "uint64", get_kernel_addr, set_kernel_addr, NULL,
                              NULL);
    object_class_property_set_description(
        oc, "kernel-addr", "Where a -kernel goes that doesn't say itself where it belongs (default: 0)");
}

static const TypeInfo vmc_types[] = {
    {
        .name = TYPE_VMC_MACHINE,
        .parent = TYPE_MACHINE,
        .instance_size = sizeof(VMCState),
        .instance_init = vmc_instance_init,
        .class_init = vmc_class_init,
        .interfaces = (InterfaceInfo[]) { { TYPE_NMI }, { } },
    },
};

DEFINE_TYPES(vmc_types)
