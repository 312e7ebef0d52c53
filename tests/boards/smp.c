/*
 * Several PowerPC CPUs on one bus: RAM at 0, a serial line, and a mailbox.
 *
 * -kernel FILE is an ELF file; every CPU starts at its entry, with translation off and its number
 * in r3. The mailbox, words at 0xf0000000:
 *
 *     0x00 read: how many CPUs there are
 *     0x04 read: the number of the CPU that asks
 *     0x08 write: copies 4 bytes by DMA: the value of 0x0c to the address that is written
 *     0x0c the value
 *     0x10 read: lets other threads of the host run, for CPUs that wait for each other
 *     0x100 + 4 n write: the level of CPU n's external interrupt
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include "qapi/error.h"
#include "hw/boards.h"
#include "hw/char/serial.h"
#include "hw/irq.h"
#include "hw/loader.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "system/reset.h"
#include "system/system.h"
#include "target/ppc/cpu.h"

#define MAX_CPUS     4
#define UART_BASE    0xfef88000
#define MAILBOX_BASE 0xf0000000
#define MAILBOX_SIZE 0x1000

enum {
    MAILBOX_NB_CPUS = 0x00,
    MAILBOX_NUMBER = 0x04,
    MAILBOX_DMA = 0x08,
    MAILBOX_VALUE = 0x0c,
    MAILBOX_YIELD = 0x10,
    MAILBOX_INTERRUPT = 0x100,
};

typedef struct SMPBoard {
    PowerPCCPU *cpus[MAX_CPUS];
    unsigned nb_cpus;
    uint64_t entry;
    uint32_t value;
    MemoryRegion mailbox;
} SMPBoard;

static uint64_t mailbox_read(void *opaque, hwaddr offset, unsigned size)
{
    const SMPBoard *board = opaque;

    switch (offset) {
    case MAILBOX_NB_CPUS:
        return board->nb_cpus;
    case MAILBOX_NUMBER:
        return current_cpu ? current_cpu->cpu_index : 0;
    case MAILBOX_VALUE:
        return board->value;
    case MAILBOX_YIELD:
        bql_unlock();
        g_thread_yield();
        bql_lock();
        return 0;
    default:
        return 0;
    }
}

static void mailbox_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    SMPBoard *board = opaque;
    unsigned n = (offset - MAILBOX_INTERRUPT) / 4;

    if (offset == MAILBOX_VALUE) {
        board->value = value;
    } else if (offset == MAILBOX_DMA) {
        uint32_t bytes = cpu_to_be32(board->value);

        address_space_write(&address_space_memory, value, MEMTXATTRS_UNSPECIFIED, &bytes,
                            sizeof(bytes));
    } else if (offset >= MAILBOX_INTERRUPT && n < board->nb_cpus) {
        qemu_set_irq(qdev_get_gpio_in(DEVICE(board->cpus[n]), PPC6xx_INPUT_INT), value & 1);
    }
}

static const MemoryRegionOps mailbox_ops = {
    .read = mailbox_read,
    .write = mailbox_write,
    .endianness = DEVICE_BIG_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

static void reset_cpus(void *opaque)
{
    SMPBoard *board = opaque;

    for (unsigned i = 0; i < board->nb_cpus; i++) {
        CPUPPCState *env = &board->cpus[i]->env;

        cpu_reset(CPU(board->cpus[i]));
        env->nip = board->entry;
        env->gpr[3] = i;
    }
}

static void load_guest_program(SMPBoard *board, MachineState *machine)
{
    const ElfLoadOptions options = { .elf_machine = EM_PPC, .elf_class = ELFCLASS32,
                                     .big_endian = true, .max_size = machine->ram_size };
    ElfLoadResult elf;

    if (machine->kernel_filename) {
        if (elf_load(machine->kernel_filename, &options, &elf, &error_fatal) == 0) {
            board->entry = elf.entry;
        }
    }
}

static void smp_board_init(MachineState *machine)
{
    SMPBoard *board = g_new0(SMPBoard, 1);
    MemoryRegion *memory = get_system_memory();

    memory_region_add_subregion(memory, 0, machine->ram);
    memory_region_init_io(&board->mailbox, NULL, &mailbox_ops, board, "mailbox", MAILBOX_SIZE);
    memory_region_add_subregion(memory, MAILBOX_BASE, &board->mailbox);
    serial_mm_init(memory, UART_BASE, 4, NULL, 115200, serial_hd(0), DEVICE_BIG_ENDIAN);
    board->nb_cpus = machine->smp.cpus;
    for (unsigned i = 0; i < board->nb_cpus; i++) {
        board->cpus[i] = POWERPC_CPU(cpu_create(machine->cpu_type));
    }
    load_guest_program(board, machine);
    qemu_register_reset(reset_cpus, board);
}

static void smp_board(MachineClass *mc)
{
    mc->desc = "several PowerPC CPUs, RAM and a mailbox";
    mc->init = smp_board_init;
    mc->max_cpus = MAX_CPUS;
    mc->default_cpu_type = POWERPC_CPU_TYPE_NAME("755_v2.8");
    mc->default_ram_size = 64 * MiB;
    mc->default_ram_id = "ram";
}

DEFINE_MACHINE("ppc-smp", smp_board)
