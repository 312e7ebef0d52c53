/*
 * VMC board: starting a kernel without firmware (-kernel, -initrd, -append, -dtb).
 *
 * The image lies where it says (an ELF file's physical addresses, a uImage's load address, those of
 * S-records and Intel hex), otherwise at kernel-addr=, 0 unless given. Above it come a stack, the device tree and the initrd:
 *
 *     0 ... image ... | -append, 64 KiB stack | device tree, 64 KiB or more | initrd ...
 *
 * The kernel is entered as the boot wrapper of Linux does: r3 = device tree, r1 = a valid stack (C
 * code runs before the kernel has one of its own), translation off. Others than Linux find -append
 * where the board's own firmware passes arguments: r6 = start, r7 = end. Everything else is 0.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <libfdt.h>
#include "qapi/error.h"
#include "hw/loader.h"
#include "hw/pci/pci-assign.h"
#include "hw/pci/pci_host.h"
#include "hw/ppc/vmc.h"
#include "qemu/error-report.h"
#include "target/ppc/cpu.h"

#define STACK_SIZE  (64 * KiB)
#define STACK_FRAME 64           /* r1 starts this far below the top, the back chain zero */
#define APPEND_MAX  (16 * KiB)   /* at the stack's lower end */
#define TREE_LIMIT  (256 * MiB)  /* what the kernel maps before it reads the tree */
#define BSS_ROOM    (4 * MiB)    /* images that don't tell how much memory they need */

static bool is_gzip(const char *filename)
{
    uint8_t magic[2] = { 0 };

    return load_image_size(filename, magic, sizeof(magic)) == 2 && magic[0] == 0x1f &&
           magic[1] == 0x8b;
}

/* Devices and pipes have no size to check. A file that isn't there is the loader's to report. */
static bool is_regular(const char *filename, Error **errp)
{
    struct stat st;

    if (stat(filename, &st) == 0 && !S_ISREG(st.st_mode)) {
        error_setg(errp, "'%s' is not a regular file", filename);
        return false;
    }
    return true;
}

/* What names a place for something that has its own is a mistake. */
static bool check_placement(VMCState *s, const char *filename, const ProgramInfo *program,
                            Error **errp)
{
    static const char *const formats[] = { "an ELF file", "a uImage", "an S-record or hex file" };

    if (s->kernel_addr == VMC_NO_KERNEL_ADDR || program->placed) {
        return true;
    }
    error_setg(errp, "kernel '%s' is %s that says itself where it belongs: kernel-addr= is for raw "
                     "images, uImages of type kernel_noload and position-independent ELF files",
               filename, formats[program->format]);
    return false;
}

/* The entry; *high becomes the end of the memory that the image takes. */
static bool load_image(VMCState *s, const char *filename, uint64_t *entry, uint64_t *high,
                       Error **errp)
{
    uint64_t ram_size = s->parent_obj.ram_size;
    const ProgramOptions options = {
        .elf = { .elf_machine = EM_PPC, .elf_class = ELFCLASS32, .big_endian = true },
        .uimage_arch = IH_ARCH_PPC,
        .addr = s->kernel_addr == VMC_NO_KERNEL_ADDR ? 0 : s->kernel_addr,
        .has_addr = s->kernel_addr != VMC_NO_KERNEL_ADDR,
        .max_size = ram_size,
    };
    unsigned mark = rom_count_added();
    ProgramInfo program;

    if (!is_regular(filename, errp)) {
        return false;
    }
    if (is_gzip(filename)) {
        error_setg(errp, "kernel '%s' is compressed with gzip, expected an ELF file, a uImage, "
                         "S-records, Intel hex or a raw image", filename);
        return false;
    }
    if (!load_program(filename, &options, &program, errp) ||
        !check_placement(s, filename, &program, errp) || !rom_check_memory(mark, errp)) {
        return false;
    }
    *entry = program.entry;
    *high = rom_end_below(ram_size) + (program.format == PROGRAM_ELF ? 0 : BSS_ROOM);
    return true;
}

static void load_initrd(const char *filename, uint64_t start, uint64_t ram_size, VMCTreeInfo *info)
{
    ssize_t size;

    is_regular(filename, &error_fatal);
    size = load_ramdisk_checked(filename, start, ram_size - start, NULL, &error_fatal);

    info->initrd_start = start;
    info->initrd_end = start + size;
}

/* "755" from "755_v2.8-powerpc-cpu". */
static char *cpu_number(const char *type)
{
    return g_strndup(type, strcspn(type, "_-"));
}

/* The windows that our firmware opens too: all of PCI for the processor, all of memory for PCI. */
static void setup_hawk(VMCState *s)
{
    uint32_t ram_end = ROUND_UP(s->parent_obj.ram_size, 0x10000) - 1;

    s->boot.hawk = (HawkSetup){
        .outbound[0] = { VMC_PCI_MEM_BASE, VMC_PCI_MEM_BASE + VMC_PCI_MEM_SIZE - 1,
                         VMC_PCI_MEM_BASE, false },
        .outbound[3] = { VMC_PCI_IO_BASE, VMC_PCI_IO_BASE + VMC_PCI_IO_SIZE - 1, 0, true },
        .inbound[0] = { 0, ram_end, 0, false },
        .mpic_base = VMC_MPIC_BASE,
    };
}

static uint8_t pci_irq_line(int slot, int pin)
{
    int source = vmc_pci_irq(slot, pin);

    return source == VMC_IRQ_NONE ? 0xff : source;
}

/*
 * As the board's firmware does, and ours. Operating systems that assign no addresses themselves
 * expect PCI memory between f0000000 and the MPIC; only what is too large for that goes below.
 */
static const PCIAddressPlan pci_plan = {
    .memory = { { VMC_PCI_DEVICES_BASE, VMC_MPIC_BASE - 1 },
                { VMC_PCI_MEM_BASE, VMC_PCI_DEVICES_BASE - 1 } },
    .io = { { 0x1000, 0xffff }, { 0x10000, VMC_PCI_IO_SIZE - 1 } },
    .irq_line = pci_irq_line,
};

static void *make_tree(VMCState *s, const VMCTreeInfo *info)
{
    const char *dtb = MACHINE(s)->dtb;

    return dtb ? vmc_tree_load(dtb, info, &error_fatal) : vmc_tree_build(info, &error_fatal);
}

/* -append into memory; without it there are none. */
static void place_arguments(VMCState *s, uint32_t at)
{
    const char *text = MACHINE(s)->kernel_cmdline;
    size_t len = strlen(text);

    if (len == 0) {
        return;
    }
    if (len >= APPEND_MAX) {
        error_report("-append is too long: %zu bytes, maximum %" PRIu64, len,
                     (uint64_t)(APPEND_MAX - 1));
        exit(1);
    }
    rom_add_blob_fixed("append", text, len + 1, at);
    s->boot.arguments = at;
    s->boot.arguments_end = at + len;
}

/*
 * Loads the kernel and what goes above it; fills in the boot state, and the initrd's place in
 * *info.
 */
static void load_kernel(VMCState *s, VMCTreeInfo *info)
{
    MachineState *machine = MACHINE(s);
    uint64_t ram_size = machine->ram_size;
    uint64_t entry = 0, high = 0;
    uint64_t limit = MIN(ram_size, TREE_LIMIT);
    uint64_t stack, tree, room = vmc_tree_room(machine->dtb);

    load_image(s, machine->kernel_filename, &entry, &high, &error_fatal);
    stack = ROUND_UP(high, 64 * KiB);
    tree = stack + STACK_SIZE;
    if (tree + room > limit) {
        error_report("kernel '%s' leaves no room for stack and device tree: it takes memory up to "
                     "0x%" PRIx64 ", %" PRIu64 " MB are usable",
                     machine->kernel_filename, high, (uint64_t)(limit / MiB));
        exit(1);
    }
    s->boot.direct = true;
    s->boot.entry = entry;
    s->boot.stack = tree - STACK_FRAME;
    s->boot.tree = tree;
    setup_hawk(s);
    place_arguments(s, stack);
    if (machine->initrd_filename) {
        load_initrd(machine->initrd_filename, tree + room, ram_size, info);
    }
}

void vmc_boot_load(VMCState *s)
{
    MachineState *machine = MACHINE(s);
    g_autofree char *cpu = cpu_number(object_get_typename(OBJECT(s->cpu)));
    VMCTreeInfo info = {
        .devices = vmc_devices,
        .num_devices = vmc_num_devices,
        .ram_size = machine->ram_size,
        .cpu = cpu,
        .tb_hz = s->cpu->tb_freq,
        .bootargs = machine->kernel_cmdline[0] ? machine->kernel_cmdline : NULL,
        .boot_order = machine->boot_config.order_given ? machine->boot_config.order : NULL,
    };

    machine->inputs_taken |= MACHINE_INPUT_APPEND | MACHINE_INPUT_DTB;
    if (machine->kernel_filename) {
        load_kernel(s, &info);
    }
    if (!machine->kernel_filename && !machine->dumpdtb) {
        if (machine->dtb) {
            error_report("-dtb only allowed with -kernel option");
            exit(1);
        }
        if (s->kernel_addr != VMC_NO_KERNEL_ADDR) {
            error_report("kernel-addr= only allowed with -kernel option");
            exit(1);
        }
        if (info.boot_order) {
            warn_report("-boot order=%s has no effect without -kernel: what boots is the "
                        "firmware's choice", info.boot_order);
        }
        return;
    }
    machine->fdt = make_tree(s, &info);
    if (machine->dumpdtb) {
        machine_dump_fdt(machine, machine->dumpdtb, &error_fatal);
        exit(0);
    }
    rom_add_blob_fixed("dtb", machine->fdt, fdt_totalsize(machine->fdt), s->boot.tree);
}

void vmc_boot_start(VMCState *s)
{
    CPUPPCState *env = &s->cpu->env;

    if (!s->boot.direct) {
        return;
    }
    hawk_phb_configure(s->phb, &s->boot.hawk);
    pci_assign_addresses(PCI_HOST_BRIDGE(s->phb)->bus, &pci_plan);
    memset(env->gpr, 0, sizeof(env->gpr));
    env->gpr[1] = s->boot.stack;
    env->gpr[3] = s->boot.tree;
    env->gpr[6] = s->boot.arguments;
    env->gpr[7] = s->boot.arguments_end;
    ppc_set_start_state(s->cpu, s->boot.entry, 0);
}
