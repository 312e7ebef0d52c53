/*
 * `virt`: a board for virtual machines, with the memory map that QEMU's board of that name has.
 *
 * The table virt_devices[] is the board: where each device sits and which interrupt is its. The
 * device tree is written from the same rows (virt-fdt.c).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "core/sysbus.h"
#include "hw/acpi/ged.h"
#include "hw/arm/virt.h"
#include "hw/block/flash.h"
#include "hw/char/pl011.h"
#include "hw/gpio/gpio-key.h"
#include "hw/gpio/gpio-pwr.h"
#include "hw/gpio/pl061.h"
#include "hw/intc/arm_gic.h"
#include "hw/intc/arm_gicv2m.h"
#include "hw/intc/arm_gicv3.h"
#include "hw/arm/smmuv3.h"
#include "hw/intc/arm_gicv3_its.h"
#include "hw/loader.h"
#include "hw/nvram/fw_cfg.h"
#include "hw/pci-host/gpex.h"
#include "hw/pci/pci-nic.h"
#include "hw/rtc/pl031.h"
#include "hw/smbios/smbios.h"
#include "qapi/error.h"
#include "qapi/visitor.h"
#include "qemu/error-report.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/block-backend.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/system.h"
#include "target/arm/mte.h"

#define FLASH_BANK   (64 * MiB)
#define FLASH_SECTOR (256 * KiB)

/* ---- Devices ---- */

static DeviceState *new_device(VirtState *s, const VirtDevice *row)
{
    DeviceState *dev = qdev_new(row->type);

    object_property_add_child(OBJECT(s), row->name, OBJECT(dev));
    return dev;
}

static void realize_and_map(VirtState *s, const VirtDevice *row, DeviceState *dev)
{
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    sysbus_realize_and_unref(sbd, &error_fatal);
    if (row->secure) {
        memory_region_add_subregion(&s->secure_memory, row->base, sysbus_mmio_get_region(sbd, 0));
    } else {
        sysbus_mmio_map(sbd, 0, row->base);
    }
    if (row->irq != VIRT_NO_IRQ) {
        sysbus_connect_irq(sbd, 0, qdev_get_gpio_in_named(s->gic, ARM_GIC_SPI_IN, row->irq));
    }
}

/* The outputs of a CPU: timers, performance monitors. */
static void connect_outputs(VirtState *s, unsigned cpu)
{
    static const struct { uint8_t timer, ppi; } timers[] = {
        { ARM_TIMER_PHYS, VIRT_PPI_TIMER_PHYS },
        { ARM_TIMER_VIRT, VIRT_PPI_TIMER_VIRT },
        { ARM_TIMER_HYP, VIRT_PPI_TIMER_HYP },
        { ARM_TIMER_SECURE, VIRT_PPI_TIMER_SECURE },
        { ARM_TIMER_HYPVIRT, VIRT_PPI_TIMER_HYPVIRT },
    };

    for (size_t n = 0; n < ARRAY_SIZE(timers); n++) {
        qdev_connect_gpio_out(
            DEVICE(s->cpus[cpu]), timers[n].timer,
            qdev_get_gpio_in_named(s->gic, ARM_GIC_PPI_IN, cpu * 32 + timers[n].ppi));
    }
    qdev_connect_gpio_out_named(
        DEVICE(s->cpus[cpu]), ARM_CPU_PMU_OUT, 0,
        qdev_get_gpio_in_named(s->gic, ARM_GIC_PPI_IN, cpu * 32 + VIRT_PPI_PMU));
}

/* What virtual interfaces have to say to the hypervisor: sysbus interrupts from `first` on. */
static void connect_maintenance(VirtState *s, unsigned first)
{
    for (unsigned i = 0; s->virtualization && i < s->parent_obj.smp.cpus; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(s->gic), first + i,
                           qdev_get_gpio_in_named(s->gic, ARM_GIC_PPI_IN,
                                                  i * 32 + VIRT_PPI_GIC_MAINTENANCE));
    }
}

static void create_gicv2(VirtState *s, const VirtDevice *row)
{
    unsigned cpus = s->parent_obj.smp.cpus;
    SysBusDevice *sbd = SYS_BUS_DEVICE(s->gic);

    realize_and_map(s, row, s->gic);
    sysbus_mmio_map(sbd, 1, VIRT_GIC_INTERFACE);
    for (unsigned i = 0; i < cpus; i++) {
        DeviceState *cpu = DEVICE(s->cpus[i]);

        sysbus_connect_irq(sbd, i, qdev_get_gpio_in(cpu, ARM_CPU_IRQ));
        sysbus_connect_irq(sbd, cpus + i, qdev_get_gpio_in(cpu, ARM_CPU_FIQ));
        if (s->virtualization) {
            sysbus_connect_irq(sbd, 2 * cpus + i, qdev_get_gpio_in(cpu, ARM_CPU_VIRQ));
            sysbus_connect_irq(sbd, 3 * cpus + i, qdev_get_gpio_in(cpu, ARM_CPU_VFIQ));
        }
    }
    if (s->virtualization) {
        sysbus_mmio_map(sbd, 2, VIRT_GIC_HYPERVISOR);
        sysbus_mmio_map(sbd, 3, VIRT_GIC_VIRTUAL);
        connect_maintenance(s, 4 * cpus);
    }
}

static void create_gicv3(VirtState *s, const VirtDevice *row)
{
    for (unsigned i = 0; i < s->parent_obj.smp.cpus; i++) {
        arm_gicv3_add_cpu(s->gic, s->cpus[i]);
    }
    realize_and_map(s, row, s->gic);
    sysbus_mmio_map(SYS_BUS_DEVICE(s->gic), 1, VIRT_GICV3_REDISTRIBUTORS);
    connect_maintenance(s, 0);
}

/* Both versions have inputs of the same names. */
static void create_gic(VirtState *s, const VirtDevice *row)
{
    VirtDevice gic = *row;

    gic.type = s->gic_version == 3 ? TYPE_ARM_GICV3 : row->type;
    s->gic = new_device(s, &gic);
    qdev_prop_set_uint32(s->gic, "num-cpu", s->parent_obj.smp.cpus);
    qdev_prop_set_uint32(s->gic, "num-irq", VIRT_NUM_IRQS);
    qdev_prop_set_bit(s->gic, "has-security-extensions", s->secure);
    qdev_prop_set_bit(s->gic, "start-nonsecure", s->parent_obj.kernel_filename && !virt_has_firmware(s));
    if (s->gic_version == 2) {
        qdev_prop_set_bit(s->gic, "has-virtualization-extensions", s->virtualization);
    } else {
        qdev_prop_set_bit(s->gic, "has-lpi", virt_has_its(s));
    }
    (s->gic_version == 3 ? create_gicv3 : create_gicv2)(s, row);
    for (unsigned i = 0; i < s->parent_obj.smp.cpus; i++) {
        connect_outputs(s, i);
    }
}

static void create_v2m(VirtState *s, const VirtDevice *row)
{
    DeviceState *dev;
    SysBusDevice *sbd;

    if (s->gic_version != 2) {
        return;
    }
    dev = new_device(s, row);
    sbd = SYS_BUS_DEVICE(dev);
    qdev_prop_set_uint32(dev, "base-spi", row->irq);
    qdev_prop_set_uint32(dev, "num-spi", row->unit);
    sysbus_realize_and_unref(sbd, &error_fatal);
    sysbus_mmio_map(sbd, 0, row->base);
    for (int i = 0; i < row->unit; i++) {
        sysbus_connect_irq(sbd, i, qdev_get_gpio_in_named(s->gic, ARM_GIC_SPI_IN, row->irq + i));
    }
}

bool virt_has_its(const VirtState *s)
{
    return s->gic_version == 3 && s->its && virt_is_since(s, 6, 2);
}

static void create_its(VirtState *s, const VirtDevice *row)
{
    if (virt_has_its(s)) {
        DeviceState *dev = new_device(s, row);

        object_property_set_link(OBJECT(dev), "parent-gicv3", OBJECT(s->gic), &error_abort);
        realize_and_map(s, row, dev);
    }
}

/* In front of the bridge's functions: before there are any. */
static void create_smmu(VirtState *s, const VirtDevice *row)
{
    if (!s->smmu) {
        return;
    }
    s->smmuv3 = new_device(s, row);
    realize_and_map(s, row, s->smmuv3);
    for (int i = 1; i < SMMUV3_NB_IRQS; i++) {
        sysbus_connect_irq(SYS_BUS_DEVICE(s->smmuv3), i,
                           qdev_get_gpio_in_named(s->gic, ARM_GIC_SPI_IN, row->irq + i));
    }
}

unsigned virt_num_pci_buses(const VirtState *s)
{
    return s->highmem && s->highmem_ecam ? 256 : 16;
}

uint64_t virt_pci_config_base(const VirtState *s)
{
    return virt_num_pci_buses(s) == 256 ? s->pcie_ecam_high : VIRT_PCIE_ECAM;
}

uint64_t virt_pci_window_base(const VirtState *s)
{
    return s->pcie_high;
}

/* A window of the bridge's region n, from `offset` on. */
static void map_pcie(VirtState *s, SysBusDevice *bridge, int n, const char *name, uint64_t offset,
                     uint64_t base, uint64_t size)
{
    MemoryRegion *window = g_new0(MemoryRegion, 1);

    memory_region_init_alias(window, OBJECT(s), name, sysbus_mmio_get_region(bridge, n), offset,
                             size);
    memory_region_add_subregion(get_system_memory(), base, window);
}

/* Addresses on the bus are the CPU's. */
static void create_pcie(VirtState *s, const VirtDevice *row)
{
    DeviceState *dev = new_device(s, row);
    SysBusDevice *sbd = SYS_BUS_DEVICE(dev);

    sysbus_realize_and_unref(sbd, &error_fatal);
    map_pcie(s, sbd, 0, "pcie-ecam", 0, virt_pci_config_base(s),
             virt_num_pci_buses(s) * (uint64_t)PCIE_ECAM_BUS_SIZE);
    map_pcie(s, sbd, 1, "pcie-mmio", row->base, row->base, row->size);
    if (s->highmem && s->highmem_mmio) {
        map_pcie(s, sbd, 1, "pcie-mmio-high", s->pcie_high, s->pcie_high, VIRT_PCIE_HIGH_SIZE);
    }
    sysbus_mmio_map(sbd, 2, VIRT_PCIE_IO);
    for (int i = 0; i < GPEX_NUM_IRQS; i++) {
        sysbus_connect_irq(sbd, i, qdev_get_gpio_in_named(s->gic, ARM_GIC_SPI_IN, row->irq + i));
    }
    s->pci = gpex_bus(GPEX_HOST(dev));
    if (s->smmuv3) {
        arm_smmuv3_attach(s->smmuv3, s->pci);
    }
    pci_init_nic_devices(s->pci, MACHINE_GET_CLASS(s)->default_nic);
}

static void create_uart(VirtState *s, const VirtDevice *row)
{
    DeviceState *dev = new_device(s, row);

    qdev_prop_set_chr(dev, "chardev", serial_hd(row->unit));
    realize_and_map(s, row, dev);
}

/* Two chips of 16 bits side by side. Without a drive the bank is erased, and volatile. */
static void create_flash(VirtState *s, const VirtDevice *row)
{
    VirtDevice place = *row;
    DeviceState *dev = new_device(s, row);

    qdev_prop_set_uint32(dev, "num-blocks", row->size / FLASH_SECTOR);
    qdev_prop_set_uint64(dev, "sector-length", FLASH_SECTOR);
    qdev_prop_set_uint8(dev, "width", 4);
    qdev_prop_set_uint8(dev, "device-width", 2);
    qdev_prop_set_bit(dev, "big-endian", false);
    qdev_prop_set_uint16(dev, "id0", 0x89);
    qdev_prop_set_uint16(dev, "id1", 0x18);
    qdev_prop_set_string(dev, "name", row->name);
    pflash_cfi01_legacy_drive(PFLASH_CFI01(dev), drive_get(IF_PFLASH, 0, row->unit));
    place.secure = s->secure && row->unit == 0; /* firmware for EL3 is nobody else's to change */
    realize_and_map(s, &place, dev);
    s->flash[row->unit] = PFLASH_CFI01(dev);
}

/* Data, selector and DMA address one behind the other. */
static void create_fw_cfg(VirtState *s, const VirtDevice *row)
{
    s->fw_cfg = fw_cfg_init_mem_wide(row->base + 8, row->base, 8, row->base + 16,
                                     &address_space_memory);
    fw_cfg_add_i16(s->fw_cfg, FW_CFG_NB_CPUS, s->parent_obj.smp.cpus);
    smbios_init(s->fw_cfg, &(SMBIOSBoard){ .product = "QEMU Virtual Machine", .entry_64 = true });
}

static void powerdown_requested(Notifier *n, void *data)
{
    VirtState *s = container_of(n, VirtState, powerdown);

    qemu_irq_pulse(qdev_get_gpio_in(s->power_button, 0));
}

/* The power button hangs on one of its pins. */
static void create_gpio(VirtState *s, const VirtDevice *row)
{
    const VirtDevice button = { .name = "power-button", .type = TYPE_GPIO_KEY };
    DeviceState *dev = new_device(s, row);

    realize_and_map(s, row, dev);
    s->power_button = new_device(s, &button);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(s->power_button), &error_fatal);
    qdev_connect_gpio_out(s->power_button, 0, qdev_get_gpio_in(dev, VIRT_POWER_BUTTON_PIN));
    s->powerdown.notify = powerdown_requested;
    qemu_register_powerdown_notifier(&s->powerdown);
}

bool virt_has_events(const VirtState *s)
{
    return virt_is_since(s, 4, 2) && virt_has_acpi(s) && !arm_cpu_is_aarch32(s->cpus[0]);
}

static bool has_no_events(const VirtState *s)
{
    return !virt_has_events(s);
}

static void create_events(VirtState *s, const VirtDevice *row)
{
    s->events = new_device(s, row);
    qdev_prop_set_uint32(s->events, "ged-event",
                         GED_POWER_DOWN | (s->parent_obj.ram_slots ? GED_MEMORY : 0));
    realize_and_map(s, row, s->events);
    sysbus_mmio_map(SYS_BUS_DEVICE(s->events), 1, VIRT_MEMORY_HOTPLUG);
}

static bool has_secure_gpio(const VirtState *s)
{
    return virt_is_since(s, 6, 0);
}

/* Firmware switches the machine off and resets it by two of its pins. */
static void create_secure_gpio(VirtState *s, const VirtDevice *row)
{
    const VirtDevice power = { .name = "secure-power", .type = TYPE_GPIO_PWR };
    DeviceState *dev = new_device(s, row), *control = new_device(s, &power);

    realize_and_map(s, row, dev);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(control), &error_fatal);
    qdev_connect_gpio_out(dev, VIRT_SECURE_RESET_PIN,
                          qdev_get_gpio_in_named(control, GPIO_PWR_RESET, 0));
    qdev_connect_gpio_out(dev, VIRT_SECURE_POWEROFF_PIN,
                          qdev_get_gpio_in_named(control, GPIO_PWR_SHUTDOWN, 0));
}

static void create_secure_ram(VirtState *s, const VirtDevice *row)
{
    MemoryRegion *ram = g_new0(MemoryRegion, 1);

    memory_region_init_ram(ram, NULL, "virt.secure-ram", row->size, &error_fatal);
    memory_region_add_subregion(&s->secure_memory, row->base, ram);
}

bool virt_has_transports(void)
{
    return object_class_by_name(VIRT_TYPE_TRANSPORT) != NULL;
}

/* From the last one down: the first -device gets the last slot, as on QEMU's board. */
static void create_transports(VirtState *s, const VirtDevice *row)
{
    for (int i = VIRT_NUM_TRANSPORTS - 1; i >= 0 && virt_has_transports(); i--) {
        g_autofree char *name = g_strdup_printf("%s%d", row->name, i);
        const VirtDevice slot = {
            .name = name, .type = row->type, .base = row->base + i * row->size, .irq = row->irq + i
        };

        realize_and_map(s, &slot, new_device(s, &slot));
    }
}

const VirtDevice virt_devices[] = {
    { "gic", TYPE_ARM_GIC, 0x08000000, 0x10000, VIRT_NO_IRQ, 0, create_gic, virt_describe_gic },
    { "gicv2m", TYPE_ARM_GICV2M, 0x08020000, ARM_GICV2M_SIZE, 48, 64, create_v2m, NULL },
    { "gic-its", TYPE_ARM_GICV3_ITS, 0x08080000, ARM_GICV3_ITS_SIZE, VIRT_NO_IRQ, 0, create_its,
      NULL },
    { "virt.flash0", TYPE_PFLASH_CFI01, 0x00000000, FLASH_BANK, VIRT_NO_IRQ, 0, create_flash,
      virt_describe_flash },
    { "virt.flash1", TYPE_PFLASH_CFI01, 0x04000000, FLASH_BANK, VIRT_NO_IRQ, 1, create_flash,
      virt_describe_flash },
    { "uart0", TYPE_PL011, 0x09000000, 0x1000, 1, 0, create_uart, virt_describe_uart },
    { "rtc", TYPE_PL031, 0x09010000, 0x1000, 2, 0, NULL, virt_describe_rtc },
    { "fw_cfg", TYPE_FW_CFG_MEM, 0x09020000, 0x18, VIRT_NO_IRQ, 0, create_fw_cfg,
      virt_describe_fw_cfg },
    { "gpio", TYPE_PL061, 0x09030000, 0x1000, 7, 0, create_gpio, virt_describe_gpio,
      .there = has_no_events },
    { "acpi-ged", TYPE_ACPI_GED, 0x09080000, 0x4, 9, 0, create_events, NULL,
      .there = virt_has_events },
    { "secure-uart", TYPE_PL011, 0x09040000, 0x1000, 8, 1, create_uart, virt_describe_uart, true },
    { "secure-gpio", TYPE_PL061, 0x090b0000, 0x1000, VIRT_NO_IRQ, 0, create_secure_gpio,
      virt_describe_secure_gpio, true, has_secure_gpio },
    { "secure-ram", NULL, 0x0e000000, 0x01000000, VIRT_NO_IRQ, 0, create_secure_ram,
      virt_describe_secure_ram, true },
    { "virtio", VIRT_TYPE_TRANSPORT, 0x0a000000, 0x200, 16, 0, create_transports,
      virt_describe_transports },
    { "smmuv3", TYPE_ARM_SMMUV3, 0x09050000, ARM_SMMUV3_SIZE, 74, 0, create_smmu,
      virt_describe_smmu },
    { "pcie", TYPE_GPEX_HOST, 0x10000000, 0x2eff0000, 3, 0, create_pcie, virt_describe_pcie },
};

const size_t virt_num_devices = G_N_ELEMENTS(virt_devices);

const VirtDevice *virt_find_device(const char *name)
{
    for (size_t i = 0; i < virt_num_devices; i++) {
        if (g_str_equal(virt_devices[i].name, name)) {
            return &virt_devices[i];
        }
    }
    g_assert_not_reached();
}

/* ---- The machine ---- */

/*
 * Who does the firmware's part of starting and stopping CPUs: firmware for EL3, if there is one, and
 * else we do, called by what no level of the guest's takes.
 */
unsigned virt_psci_conduit(const VirtState *s)
{
    return s->secure && virt_has_firmware(s) ? ARM_PSCI_NONE
           : s->virtualization               ? ARM_PSCI_SMC
                                             : ARM_PSCI_HVC;
}

/* What secure state has for itself lies in front of what all have. */
static void create_secure_memory(VirtState *s)
{
    MemoryRegion *all = g_new0(MemoryRegion, 1);

    memory_region_init(&s->secure_memory, OBJECT(s), "secure-memory", UINT64_MAX);
    memory_region_init_alias(all, OBJECT(s), "all", get_system_memory(), 0, UINT64_MAX);
    memory_region_add_subregion_overlap(&s->secure_memory, 0, all, -1);
    address_space_init(&s->secure_space, &s->secure_memory, "cpu-secure-memory-0");
}

/* Tags of RAM in [base, base + size), in a tree that has all in a 32nd of its place and size. */
static void create_tag_ram(MemoryRegion *tree, const char *name, uint64_t base, uint64_t size)
{
    MemoryRegion *ram = g_new0(MemoryRegion, 1);

    memory_region_init_ram(ram, NULL, name, size >> ARM_TAG_BYTE_SHIFT, &error_fatal);
    memory_region_add_subregion(tree, base >> ARM_TAG_BYTE_SHIFT, ram);
}

static void create_tag_memory(VirtState *s)
{
    memory_region_init(&s->tag_memory, OBJECT(s), "tag-memory", UINT64_MAX >> ARM_TAG_BYTE_SHIFT);
    create_tag_ram(&s->tag_memory, "mach-virt.tag", VIRT_RAM_BASE, s->parent_obj.ram_size);
    if (s->secure) {
        const VirtDevice *row = virt_find_device("secure-ram");

        memory_region_init(&s->secure_tag_memory, OBJECT(s), "secure-tag-memory",
                           UINT64_MAX >> ARM_TAG_BYTE_SHIFT);
        memory_region_add_subregion_overlap(&s->secure_tag_memory, 0, &s->tag_memory, -1);
        create_tag_ram(&s->secure_tag_memory, "mach-virt.secure-tag", row->base, row->size);
    }
}

static void give_tag_memory(VirtState *s, Object *cpu)
{
    if (!arm_model_may_have_tags(ARM_CPU(cpu))) {
        error_report("-machine virt,mte=on: the CPU has no memory tagging; -cpu max does");
        exit(1);
    }
    object_property_set_link(cpu, "tag-memory", OBJECT(&s->tag_memory), &error_abort);
    if (s->secure) {
        object_property_set_link(cpu, "secure-tag-memory", OBJECT(&s->secure_tag_memory),
                                 &error_abort);
    }
}

/* Clusters of eight, as many as a GICv2 has; of sixteen, as many as fit into a GICv3's list. */
static void create_cpus(VirtState *s)
{
    MachineState *machine = MACHINE(s);
    unsigned cluster = s->gic_version == 3 ? 16 : 8;

    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        Object *cpu = object_new(machine->cpu_type);
        g_autofree char *name = g_strdup_printf("cpu%u", i);

        s->cpus[i] = ARM_CPU(cpu);
        object_property_add_child(OBJECT(s), name, cpu);
        qdev_prop_set_uint64(DEVICE(cpu), "mp-affinity", (i / cluster) << 8 | i % cluster);
        qdev_prop_set_uint32(DEVICE(cpu), "psci-conduit", virt_psci_conduit(s));
        qdev_prop_set_bit(DEVICE(cpu), "has_el2", s->virtualization);
        qdev_prop_set_bit(DEVICE(cpu), "has_el3", s->secure);
        if (s->secure) {
            CPU(cpu)->spaces[0] = &address_space_memory;
            CPU(cpu)->spaces[1] = &s->secure_space;
        }
        if (s->mte) {
            give_tag_memory(s, cpu);
        }
        qdev_prop_set_uint32(DEVICE(cpu), "core-count", MIN(machine->smp.cpus, 4));
        qdev_prop_set_bit(DEVICE(cpu), "start-powered-off",
                          i > 0 && virt_psci_conduit(s) != ARM_PSCI_NONE);
        qdev_realize_and_unref(DEVICE(cpu), NULL, &error_fatal);
    }
}

bool virt_has_firmware(const VirtState *s)
{
    return s->parent_obj.firmware || drive_get(IF_PFLASH, 0, 0);
}

/* -bios goes into the first bank. */
static void load_firmware(VirtState *s)
{
    const char *name = s->parent_obj.firmware;
    g_autofree char *filename = name ? qemu_find_file(QEMU_FILE_TYPE_BIOS, name) : NULL;
    uint8_t *contents = memory_region_get_ram_ptr(pflash_cfi01_get_memory(s->flash[0]));
    int64_t size;

    if (!name) {
        return;
    }
    if (drive_get(IF_PFLASH, 0, 0)) {
        error_report(
            "-bios and a drive with if=pflash,unit=0 both give the first flash bank's contents");
        exit(1);
    }
    if (!filename) {
        error_report("could not find firmware '%s'", name);
        exit(1);
    }
    size = get_image_size(filename);
    if (size <= 0 || size > (int64_t)FLASH_BANK) {
        error_report("firmware '%s' has %" PRId64 " bytes, expected 1 to %" PRIu64, filename, size,
                     (uint64_t)FLASH_BANK);
        exit(1);
    }
    if (load_image_size(filename, contents, size) != size) {
        error_report("could not read firmware '%s'", filename);
        exit(1);
    }
}

static void virt_init(MachineState *machine)
{
    VirtState *s = VIRT_MACHINE(machine);

    if (!s->highmem && machine->ram_size > VIRT_LOW_END - VIRT_RAM_BASE) {
        error_report("highmem=off leaves room for %" PRIu64 " MB of RAM, there are %" PRIu64
                     " MB (-m)", (uint64_t)((VIRT_LOW_END - VIRT_RAM_BASE) / MiB),
                     (uint64_t)(machine->ram_size / MiB));
        exit(1);
    }
    if (s->gic_version == 2 && machine->smp.cpus > ARM_GIC_MAX_CPUS) {
        error_report("-smp %u: a GICv2 has %d CPUs at most, gic-version=3 has more",
                     machine->smp.cpus, ARM_GIC_MAX_CPUS);
        exit(1);
    }
    memory_region_add_subregion(get_system_memory(), VIRT_RAM_BASE, machine->ram);
    if (s->secure) {
        create_secure_memory(s);
    }
    if (s->mte) {
        create_tag_memory(s);
    }
    create_cpus(s);
    virt_map_high(s);
    for (size_t i = 0; i < virt_num_devices; i++) {
        const VirtDevice *row = &virt_devices[i];

        if (!virt_has_device(s, row)) {
            continue;
        }
        if (row->create) {
            row->create(s, row);
        } else {
            realize_and_map(s, row, new_device(s, row));
        }
    }
    load_firmware(s);
    virt_boot_load(s);
    virt_acpi_setup(s);
}

static void virt_reset(MachineState *machine, ShutdownCause reason)
{
    VirtState *s = VIRT_MACHINE(machine);

    qemu_devices_reset(reason);
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        cpu_reset(CPU(s->cpus[i]));
    }
    virt_boot_start(s);
}

/* ---- Properties: what others set to choose among what isn't there yet ---- */

static char *get_gic_version(Object *obj, Error **errp)
{
    return g_strdup_printf("%u", VIRT_MACHINE(obj)->gic_version);
}

static void set_gic_version(Object *obj, const char *value, Error **errp)
{
    if (g_str_equal(value, "2")) {
        VIRT_MACHINE(obj)->gic_version = 2;
    } else if (g_str_equal(value, "3") || g_str_equal(value, "max")) {
        VIRT_MACHINE(obj)->gic_version = 3;
    } else {
        error_setg(errp, "gic-version=%s isn't there yet: 2, 3 and max (3) are", value);
    }
}

static char *get_iommu(Object *obj, Error **errp)
{
    return g_strdup(VIRT_MACHINE(obj)->smmu ? "smmuv3" : "none");
}

static void set_iommu(Object *obj, const char *value, Error **errp)
{
    if (g_str_equal(value, "smmuv3") || g_str_equal(value, "none")) {
        VIRT_MACHINE(obj)->smmu = value[0] == 's';
    } else {
        error_setg(errp, "iommu=%s: expected none or smmuv3", value);
    }
}

static const char *const acpi_values[] = {
    [ON_OFF_AUTO_AUTO] = "auto", [ON_OFF_AUTO_ON] = "on", [ON_OFF_AUTO_OFF] = "off"
};

static char *get_acpi(Object *obj, Error **errp)
{
    return g_strdup(acpi_values[VIRT_MACHINE(obj)->acpi]);
}

static void set_acpi(Object *obj, const char *value, Error **errp)
{
    for (size_t i = 0; i < ARRAY_SIZE(acpi_values); i++) {
        if (g_str_equal(value, acpi_values[i])) {
            VIRT_MACHINE(obj)->acpi = i;
            return;
        }
    }
    error_setg(errp, "acpi=%s: expected on, off or auto", value);
}

/* Switches: fields of the machine's. */
static const struct {
    const char *name, *description;
    size_t field;
} switches[] = {
    { "highmem", "RAM and PCIe windows may lie above 4 GiB", offsetof(VirtState, highmem) },
    { "highmem-ecam", "PCIe configuration space of 256 buses, above 4 GiB",
      offsetof(VirtState, highmem_ecam) },
    { "dtb-randomness", "Seeds for the kernel's random numbers and address in the device tree",
      offsetof(VirtState, dtb_randomness) },
    { "highmem-mmio", "A PCIe window of 64-bit addresses", offsetof(VirtState, highmem_mmio) },
    { "its", "A GICv3 has an ITS, for messages of PCI functions", offsetof(VirtState, its) },
    { "mte", "The CPUs have the Memory Tagging Extension, and memory for allocation tags",
      offsetof(VirtState, mte) },
    { "secure", "The CPUs have EL3, and secure state has memory and devices of its own",
      offsetof(VirtState, secure) },
    { "virtualization", "The CPUs have EL2, and the interrupt controller serves guests",
      offsetof(VirtState, virtualization) },
};

static void access_switch(Object *obj, Visitor *v, const char *name, void *field, Error **errp)
{
    visit_type_bool(v, name, (bool *)((char *)obj + (uintptr_t)field), errp);
}

static void virt_instance_init(Object *obj)
{
    VirtState *s = VIRT_MACHINE(obj);

    s->highmem = s->highmem_ecam = s->highmem_mmio = s->dtb_randomness = s->its = true;
    s->gic_version = 2;
}

static const char *const cpu_types[] = {
    ARM_CPU_TYPE_NAME("cortex-a7"),
    ARM_CPU_TYPE_NAME("cortex-a15"),
    ARM_CPU_TYPE_NAME("cortex-a35"),
    ARM_CPU_TYPE_NAME("cortex-a53"),
    ARM_CPU_TYPE_NAME("cortex-a55"),
    ARM_CPU_TYPE_NAME("cortex-a57"),
    ARM_CPU_TYPE_NAME("cortex-a72"),
    ARM_CPU_TYPE_NAME("cortex-a76"),
    ARM_CPU_TYPE_NAME("neoverse-n1"),
    ARM_CPU_TYPE_NAME("max"),
    ARM_CPU_TYPE_NAME("max-aarch32"),
    NULL,
};

static void virt_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    VIRT_MACHINE_CLASS(oc)->version = BOARD_VERSION(7, 2);
    mc->desc = "ARM Virtual Machine";
    mc->arch_name = "aarch64";
    mc->other_arch_name = "arm";
    mc->other_cpu_type = ARM_CPU_TYPE_NAME("cortex-a15");
    mc->init = virt_init;
    mc->reset = virt_reset;
    mc->max_cpus = VIRT_MAX_CPUS;
    mc->default_cpu_type = ARM_CPU_TYPE_NAME("cortex-a57");
    mc->valid_cpu_types = cpu_types;
    mc->default_ram_size = 128 * MiB;
    mc->default_ram_id = "mach-virt.ram";
    mc->takes_memory_slots = true;
    mc->default_nic = "virtio-net-pci";
    mc->block_default_type = IF_VIRTIO;
    mc->no_floppy = true;
    mc->no_cdrom = true;
    mc->no_sdcard = true;
    mc->no_parallel = true;
    virt_hotplug_class_init(mc);
    machine_class_allow_dynamic_sysbus_dev(mc, "ramfb");
    for (size_t i = 0; i < ARRAY_SIZE(switches); i++) {
        object_class_property_add(oc, switches[i].name, "bool", access_switch, access_switch, NULL,
                                  (void *)switches[i].field);
        object_class_property_set_description(oc, switches[i].name, switches[i].description);
    }
    object_class_property_add_str(oc, "acpi", get_acpi, set_acpi);
    object_class_property_set_description(oc, "acpi", "ACPI tables for firmware: on, off, auto");
    object_class_property_add_str(oc, "iommu", get_iommu, set_iommu);
    object_class_property_set_description(oc, "iommu", "In front of PCI functions: none or smmuv3");
    object_class_property_add_str(oc, "gic-version", get_gic_version, set_gic_version);
    object_class_property_set_description(oc, "gic-version", "Interrupt controller: 2, 3 or max");
}

static void virt_7_2_class_init(ObjectClass *oc, void *data)
{
    MACHINE_CLASS(oc)->alias = "virt";
    MACHINE_CLASS(oc)->is_default = true;
}

static void virt_old_class_init(ObjectClass *oc, void *data)
{
    static const GlobalProperty no_lpa2 = { ARM_CPU_TYPE_NAME("max"), "lpa2", "off" };
    MachineClass *mc = MACHINE_CLASS(oc);
    unsigned version = GPOINTER_TO_UINT(data);

    VIRT_MACHINE_CLASS(oc)->version = version;
    board_version_class_init(mc, version);
    if (version <= BOARD_VERSION(6, 2)) {
        g_ptr_array_add(mc->compat_props, g_memdup2(&no_lpa2, sizeof(no_lpa2)));
    }
}

#define VIRT_TYPE(suffix, init, data)                                                              \
    {                                                                                              \
        .name = MACHINE_TYPE_NAME("virt-" suffix),                                                 \
        .parent = TYPE_VIRT_MACHINE,                                                               \
        .class_init = init,                                                                        \
        .class_data = data,                                                                        \
    },
#define OLD_VIRT(major, minor)                                                                     \
    VIRT_TYPE(#major "." #minor, virt_old_class_init,                                              \
              GUINT_TO_POINTER(BOARD_VERSION(major, minor)))

static const TypeInfo virt_types[] = {
    {
        .name = TYPE_VIRT_MACHINE,
        .parent = TYPE_MACHINE,
        .abstract = true,
        .instance_size = sizeof(VirtState),
        .class_size = sizeof(VirtMachineClass),
        .instance_init = virt_instance_init,
        .class_init = virt_class_init,
        .interfaces = (InterfaceInfo[]){ { TYPE_HOTPLUG_HANDLER }, { NULL } },
    },
    VIRT_TYPE("7.2", virt_7_2_class_init, NULL)
    BOARD_OLD_VERSIONS(OLD_VIRT)
};

DEFINE_TYPES(virt_types)
