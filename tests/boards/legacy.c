/*
 * A board as they were written for QEMU 0.14.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "hw/hw.h"
#include "hw/legacy-board.h"
#include "sysemu/sysemu.h"
#include "hw/core/boot-order.h"

#define ROM_BASE 0xfff00000
#define ROM_SIZE (1 * MiB)
#define REG_BASE 0xf0000000
#define OR_BASE  0xf1000000
#define SHIFTED_BASE 0xf2000000
#define CLOCK_BASE   0xf3000000
#define UART_BASE    0xf4000000
#define BOOT_ORDER_SIZE 16

typedef struct LegacyRegs {
    uint32_t value;
    qemu_irq irq;
} LegacyRegs;

static uint32_t regs_readb(void *opaque, target_phys_addr_t addr)
{
    LegacyRegs *s = opaque;

    return (s->value >> (24 - 8 * (addr & 3))) & 0xff;
}

static uint32_t regs_readl(void *opaque, target_phys_addr_t addr)
{
    LegacyRegs *s = opaque;

    return addr ? 0x4c454759 : s->value;
}

static void regs_writel(void *opaque, target_phys_addr_t addr, uint32_t value)
{
    LegacyRegs *s = opaque;

    s->value = value;
    qemu_set_irq(s->irq, value & 1);
}

static CPUReadMemoryFunc *const regs_read[] = { regs_readb, NULL, regs_readl };
static CPUWriteMemoryFunc *const regs_write[] = { NULL, NULL, regs_writel };

/* Its firmware would find the boot order in the ROM. */
static void set_boot_order(void *opaque, const char *order, Error **errp)
{
    pstrcpy(opaque, BOOT_ORDER_SIZE, order);
}

/* The line that the board's registers may raise. */
static qemu_irq legacy_devices_init(void)
{
    DeviceState *dev, *gate;

    /* Two lines into one: an interrupt of the registers lights the LED. */
    gate = qdev_create(NULL, "or-irq");
    qdev_prop_set_uint16(gate, "num-lines", 2);
    qdev_init_nofail(gate);
    sysbus_create_simple("m48t37", CLOCK_BASE, qdev_get_gpio_in(gate, 1));
    dev = qdev_create(NULL, "serial-mm");
    qdev_prop_set_chr(dev, "chardev", serial_hds[0]);
    if (qdev_init(dev) < 0) {
        exit(1);
    }
    sysbus_mmio_map(sysbus_from_qdev(dev), 0, UART_BASE);
    return qdev_get_gpio_in(gate, 0);
}

static void legacy_board_init(ram_addr_t ram_size, const char *boot_device,
                              const char *kernel_filename, const char *kernel_cmdline,
                              const char *initrd_filename, const char *cpu_model)
{
    LegacyRegs *s = qemu_mallocz(sizeof(LegacyRegs));
    ram_addr_t ram_offset, rom_offset;
    CPUState *env;
    char *boot_order;
    int io;

    if (cpu_model == NULL) {
        cpu_model = "750";
    }
    env = cpu_init(cpu_model);
    if (!env) {
        fprintf(stderr, "Unable to find PowerPC CPU definition\n");
        exit(1);
    }

    ram_offset = qemu_ram_alloc(NULL, "legacy.ram", ram_size);
    cpu_register_physical_memory(0, ram_size, ram_offset | IO_MEM_RAM);
    rom_offset = qemu_ram_alloc(NULL, "legacy.rom", ROM_SIZE);
    cpu_register_physical_memory(ROM_BASE, ROM_SIZE, rom_offset | IO_MEM_ROM);
    memset(qemu_get_ram_ptr(rom_offset), 0x60, ROM_SIZE);
    boot_order = (char *)qemu_get_ram_ptr(rom_offset) + ROM_SIZE - BOOT_ORDER_SIZE;
    set_boot_order(boot_order, boot_device, NULL);
    qemu_register_boot_set(set_boot_order, boot_order);

    s->irq = legacy_devices_init();
    io = cpu_register_io_memory(regs_read, regs_write, s, DEVICE_BIG_ENDIAN);
    cpu_register_physical_memory(REG_BASE, 0x1000, io);
    cpu_register_physical_memory(OR_BASE, 0x1000, io);
    cpu_register_physical_memory(OR_BASE, 0x1000, IO_MEM_UNASSIGNED);
    cpu_register_physical_memory_offset(SHIFTED_BASE, 0x1000, io, 4);

    if (kernel_filename) {
        hw_error("no room for kernel '%s' behind '%s'\n", kernel_filename,
                 bios_name ? bios_name : "nothing");
    }
}

static QEMUMachine legacy_machine = {
    .name = "tutorial-legacy",
    .desc = "tutorial board of old",
    .init = legacy_board_init,
    .max_cpus = 1,
};

static void legacy_machine_register(void)
{
    qemu_register_machine(&legacy_machine);
}

machine_init(legacy_machine_register);
