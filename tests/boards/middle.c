/*
 * A board as they were written for QEMU 2.4 to 5.0: devices by qdev_create(), the command line in
 * globals.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu-common.h"
#include "cpu.h"
#include "hw/hw.h"
#include "hw/sysbus.h"
#include "hw/boards.h"
#include "hw/loader.h"
#include "hw/char/serial.h"
#include "hw/block/flash.h"
#include "hw/misc/unimp.h"
#include "sysemu/sysemu.h"
#include "sysemu/block-backend.h"
#include "sysemu/blockdev.h"
#include "exec/memory.h"
#include "exec/address-spaces.h"
#include "qemu/error-report.h"
#include "qemu/log.h"
#include "elf.h"

#define FLASH_BASE 0xfe000000
#define FLASH_SIZE (16 * 1024 * 1024)
#define SECTOR_SIZE (128 * 1024)

typedef struct {
    MemoryRegion iomem;
    qemu_irq irq[4];
    uint32_t reg[4];
} BoardRegs;

static void regs_irq(void *opaque, int n, int level)
{
    BoardRegs *s = opaque;
    s->reg[n] = level;
}

static uint64_t regs_read(void *opaque, hwaddr addr, unsigned size)
{
    BoardRegs *s = opaque;
    switch (addr >> 2) {
    case 0 ... 3:
        return s->reg[addr >> 2];
    default:
        qemu_log_mask(LOG_GUEST_ERROR, "%s: bad offset 0x%" HWADDR_PRIx "\n", __func__, addr);
        return 0;
    }
}

static void regs_write(void *opaque, hwaddr addr, uint64_t val, unsigned size)
{
    BoardRegs *s = opaque;
    s->reg[(addr >> 2) & 3] = val;
    if (addr == 0) {
        qemu_set_irq(s->irq[0], val & 1);
    }
}

static const MemoryRegionOps regs_ops = {
    .read = regs_read,
    .write = regs_write,
    .endianness = DEVICE_NATIVE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4, },
    .impl = { .min_access_size = 4, .max_access_size = 4, .unaligned = false },
};

static void main_cpu_reset(void *opaque)
{
    PowerPCCPU *cpu = opaque;
    CPUPPCState *env = &cpu->env;

    cpu_reset(CPU(cpu));
    env->nip = 0xfffffffc;
    env->gpr[1] = (16 << 20) - 8;
}

static uint64_t translate(void *opaque, uint64_t addr)
{
    return addr & 0x0fffffff;
}

static void middle_init_memory(MemoryRegion *address_space_mem, ram_addr_t ram_size)
{
    MemoryRegion *ram = g_new(MemoryRegion, 1);
    MemoryRegion *sram = g_new(MemoryRegion, 1);
    MemoryRegion *alias = g_malloc(sizeof(*alias));

    memory_region_allocate_system_memory(ram, NULL, "middle.ram", ram_size);
    memory_region_add_subregion(address_space_mem, 0, ram);

    memory_region_init_ram(sram, NULL, "middle.sram", 64 * 1024, &error_fatal);
    memory_region_add_subregion_overlap(address_space_mem, 0x40000000, sram, 1);
    memory_region_init_alias(alias, NULL, "middle.sram.alias", sram, 0, memory_region_size(sram));
    memory_region_add_subregion(address_space_mem, 0x48000000, alias);
}

static void middle_init_devices(MemoryRegion *address_space_mem, qemu_irq *irqs)
{
    DriveInfo *dinfo;
    DeviceState *dev;
    SysBusDevice *busdev;

    dinfo = drive_get(IF_PFLASH, 0, 0);
    pflash_cfi01_register(FLASH_BASE, "middle.flash", FLASH_SIZE,
                          dinfo ? blk_by_legacy_dinfo(dinfo) : NULL,
                          SECTOR_SIZE, 2, 0x89, 0x18, 0, 0, 1);

    serial_mm_init(address_space_mem, 0x83e01003, 2, irqs[1], 115200, serial_hd(0),
                   DEVICE_BIG_ENDIAN);

    dev = qdev_create(NULL, "or-irq");
    qdev_prop_set_uint16(dev, "num-lines", 2);
    qdev_init_nofail(dev);
    qdev_connect_gpio_out(dev, 0, irqs[2]);

    create_unimplemented_device("middle.dma", 0x60000000, 0x10000);
    dev = qdev_create(NULL, TYPE_UNIMPLEMENTED_DEVICE);
    qdev_prop_set_string(dev, "name", "middle.can");
    qdev_prop_set_uint64(dev, "size", 0x1000);
    qdev_init_nofail(dev);
    busdev = SYS_BUS_DEVICE(dev);
    sysbus_mmio_map_overlap(busdev, 0, 0x60100000, -1000);
}

static void middle_load(const char *kernel_filename, ram_addr_t ram_size)
{
    uint64_t elf_entry, elf_lowaddr, elf_high;
    int kernel_size;

    if (kernel_filename) {
        kernel_size = load_elf(kernel_filename, NULL, translate, NULL, &elf_entry, &elf_lowaddr,
                               &elf_high, NULL, 1, EM_PPC, 0, 0);
        if (kernel_size < 0) {
            kernel_size = load_image_targphys(kernel_filename, 0, ram_size);
        }
        if (kernel_size < 0) {
            error_report("could not load kernel '%s'", kernel_filename);
            exit(1);
        }
    }
    if (bios_name) {
        rom_add_file_fixed(bios_name, 0xfff00000, -1);
    }
}

static void middle_init(MachineState *machine)
{
    MemoryRegion *address_space_mem = get_system_memory();
    BoardRegs *s = g_malloc0(sizeof(*s));
    PowerPCCPU *cpu;
    qemu_irq *irqs;

    cpu = POWERPC_CPU(cpu_create(machine->cpu_type));
    if (cpu == NULL) {
        fprintf(stderr, "Unable to initialize CPU!\n");
        exit(1);
    }
    qemu_register_reset(main_cpu_reset, cpu);

    middle_init_memory(address_space_mem, machine->ram_size);
    memory_region_init_io(&s->iomem, NULL, &regs_ops, s, "middle.regs", 0x1000);
    memory_region_add_subregion(address_space_mem, 0x50000000, &s->iomem);
    irqs = qemu_allocate_irqs(regs_irq, s, 4);
    s->irq[0] = qdev_get_gpio_in(DEVICE(cpu), 0);
    middle_init_devices(address_space_mem, irqs);
    middle_load(machine->kernel_filename, machine->ram_size);
}

static void middle_machine_init(MachineClass *mc)
{
    mc->desc = "tutorial board of some years ago";
    mc->init = middle_init;
    mc->is_default = 0;
    mc->max_cpus = 1;
    mc->default_cpu_type = POWERPC_CPU_TYPE_NAME("750_v3.1");
    mc->ignore_memory_transaction_failures = true;
    mc->default_ram_size = 128 * 1024 * 1024;
}

DEFINE_MACHINE("tutorial-middle", middle_machine_init)
