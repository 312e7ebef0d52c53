/*
 * A board the way older tutorials write them: RAM at 0, a 4 MiB ROM at the top, everything in one
 * function.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/units.h"
#include "qapi/error.h"
#include "hw/hw.h"
#include "hw/boards.h"
#include "hw/loader.h"
#include "sysemu/sysemu.h"
#include "sysemu/reset.h"
#include "exec/address-spaces.h"
#include "qemu/error-report.h"
#include "target/ppc/cpu.h"

#define MAX_CPUS  1
#define PROM_ADDR 0xffc00000
#define PROM_SIZE (4 * MiB)

static void tutorial_heathrow_cpu_reset(void *opaque)
{
    PowerPCCPU *cpu = opaque;

    cpu_reset(CPU(cpu));
}

static void tutorial_heathrow_init(MachineState *machine)
{
    ram_addr_t ram_size = machine->ram_size;
    MemoryRegion *sysmem = get_system_memory();
    MemoryRegion *ram = g_new(MemoryRegion, 1);
    MemoryRegion *bios = g_new(MemoryRegion, 1);
    PowerPCCPU *cpu = NULL;
    char *filename;
    int i, bios_size;

    for (i = 0; i < machine->smp.cpus; i++) {
        cpu = POWERPC_CPU(cpu_create(machine->cpu_type));
        qemu_register_reset(tutorial_heathrow_cpu_reset, cpu);
    }

    if (ram_size > 2047 * MiB) {
        error_report("Too much memory for this machine: %" PRIu64 " MB, "
                     "maximum 2047 MB", ram_size / MiB);
        exit(1);
    }
    memory_region_allocate_system_memory(ram, NULL, "tutorial_heathrow.ram", ram_size);
    memory_region_add_subregion(sysmem, 0, ram);

    memory_region_init_rom(bios, NULL, "tutorial_heathrow.bios", PROM_SIZE, &error_fatal);
    memory_region_add_subregion(sysmem, PROM_ADDR, bios);
    if (machine->firmware) {
        filename = qemu_find_file(QEMU_FILE_TYPE_BIOS, machine->firmware);
        bios_size = filename ? load_image_targphys(filename, PROM_ADDR, PROM_SIZE) : -1;
        if (bios_size < 0) {
            error_report("could not load PowerPC bios '%s'", machine->firmware);
            exit(1);
        }
        g_free(filename);
    }
}

static void tutorial_heathrow_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "tutorial board with a ROM at the top";
    mc->init = tutorial_heathrow_init;
    mc->block_default_type = IF_IDE;
    mc->max_cpus = MAX_CPUS;
    mc->default_boot_order = "cd";
    mc->default_cpu_type = POWERPC_CPU_TYPE_NAME("750_v3.1");
    mc->default_ram_size = 128 * MiB;
}

static const TypeInfo tutorial_heathrow_info = {
    .name       = MACHINE_TYPE_NAME("tutorial-heathrow"),
    .parent     = TYPE_MACHINE,
    .class_init = tutorial_heathrow_class_init,
};

static void tutorial_heathrow_register_types(void)
{
    type_register_static(&tutorial_heathrow_info);
}

type_init(tutorial_heathrow_register_types)
