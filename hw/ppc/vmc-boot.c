/*
 * VMC board: starting a kernel without firmware (-kernel, -initrd, -append, -dtb).
 *
 * The image lies where it says (an ELF file's physical addresses, a uImage's load address,
 * otherwise 0). Above it come a stack, the device tree and the initrd:
 *
 *     0 ... image ... | 64 KiB stack | device tree, 64 KiB or more | initrd ...
 *
 * The kernel is entered as the boot wrapper of Linux does: r3 = device tree, r1 = a valid stack (C
 * code runs before the kernel has one of its own), everything else 0, translation off.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <libfdt.h>
#include "qapi/error.h"
#include "hw/loader.h"
#include "hw/ppc/vmc.h"
#include "qemu/error-report.h"
#include "target/ppc/cpu.h"

#define STACK_SIZE  (64 * KiB)
#define STACK_FRAME 64           /* r1 starts this far below the top, the back chain zero */
#define TREE_LIMIT  (256 * MiB)  /* what the kernel maps before it reads the tree */
#define BSS_ROOM    (4 * MiB)    /* images that don't tell how much memory they need */

/* Where the kernel is: addresses below `high` are its own. */
typedef struct Image {
    uint64_t entry;
    uint64_t high;
} Image;

static bool is_gzip(const char *filename)
{
    uint8_t magic[2] = { 0 };

    return load_image_size(filename, magic, sizeof(magic)) == 2 && magic[0] == 0x1f &&
           magic[1] == 0x8b;
}

static bool load_raw(const char *filename, uint64_t ram_size, Image *image, Error **errp)
{
    ssize_t size;

    if (is_gzip(filename)) {
        error_setg(errp, "kernel '%s' is compressed with gzip, expected an ELF file, a uImage or "
                         "a raw image", filename);
        return false;
    }
    size = load_image_checked(filename, 0, ram_size, NULL, errp);
    image->entry = 0;
    image->high = size + BSS_ROOM;
    return size >= 0;
}

static bool load_wrapped(const char *filename, uint64_t ram_size, Image *image, Error **errp)
{
    UImageInfo info;

    if (uimage_load(filename, IH_ARCH_PPC, ram_size, NULL, &info, errp) < 0) {
        return false;
    }
    image->entry = info.entry;
    image->high = info.load + info.size + BSS_ROOM;
    return true;
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

static bool load_image(const char *filename, uint64_t ram_size, Image *image, Error **errp)
{
    const ElfLoadOptions options = {
        .elf_machine = EM_PPC,
        .elf_class = ELFCLASS32,
        .big_endian = true,
        .max_size = ram_size,
    };
    ElfLoadResult elf;
    Error *err = NULL;
    int result;

    if (!is_regular(filename, errp)) {
        return false;
    }
    result = elf_load(filename, &options, &elf, &err);
    if (result == 0) {
        image->entry = elf.entry;
        image->high = elf.high;
        return true;
    }
    if (result != ELF_LOAD_NOT_ELF) {
        error_propagate(errp, err);
        return false;
    }
    error_free(err);
    return uimage_probe(filename) ? load_wrapped(filename, ram_size, image, errp)
                                  : load_raw(filename, ram_size, image, errp);
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

static void *make_tree(VMCState *s, const VMCTreeInfo *info)
{
    const char *dtb = MACHINE(s)->dtb;

    return dtb ? vmc_tree_load(dtb, info, &error_fatal) : vmc_tree_build(info, &error_fatal);
}

/*
 * Loads the kernel and what goes above it; fills in the boot state, and the initrd's place in
 * *info.
 */
static void load_kernel(VMCState *s, VMCTreeInfo *info)
{
    MachineState *machine = MACHINE(s);
    uint64_t ram_size = machine->ram_size;
    Image image = { 0 };
    uint64_t limit = MIN(ram_size, TREE_LIMIT);
    uint64_t stack, tree, room = vmc_tree_room(machine->dtb);

    load_image(machine->kernel_filename, ram_size, &image, &error_fatal);
    stack = ROUND_UP(image.high, 64 * KiB);
    tree = stack + STACK_SIZE;
    if (tree + room > limit) {
        error_report("kernel '%s' leaves no room for stack and device tree: it takes memory up to "
                     "0x%" PRIx64 ", %" PRIu64 " MB are usable",
                     machine->kernel_filename, image.high, (uint64_t)(limit / MiB));
        exit(1);
    }
    s->boot.direct = true;
    s->boot.entry = image.entry;
    s->boot.stack = tree - STACK_FRAME;
    s->boot.tree = tree;
    setup_hawk(s);
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

    if (machine->kernel_filename) {
        load_kernel(s, &info);
    }
    if (!machine->kernel_filename && !machine->dumpdtb) {
        if (machine->dtb) {
            error_report("-dtb only allowed with -kernel option");
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
    memset(env->gpr, 0, sizeof(env->gpr));
    env->gpr[1] = s->boot.stack;
    env->gpr[3] = s->boot.tree;
    ppc_set_start_state(s->cpu, s->boot.entry, 0);
}
