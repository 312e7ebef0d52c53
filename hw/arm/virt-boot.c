/*
 * `virt` board: starting a kernel (-kernel, -initrd, -append, -dtb).
 *
 * With firmware in flash, that gets them by fw_cfg. Without, they are loaded here:
 * The kernel is an arm64 Image, maybe compressed with gzip; a zImage for CPUs without AArch64; an ELF
 * file or a uImage, which say themselves where they belong; or anything else, taken as it is at 512
 * KiB above the start of RAM.
 * The initrd lies in the middle of RAM, but not beyond 128 MiB, so that the kernel's first mapping
 * doesn't care; the device tree follows it at the next 2 MiB, and both lie behind the kernel.
 *
 * Reference: Linux, Documentation/arch/arm64/booting.rst and Documentation/arm/booting.rst: headers,
 * placement, state of the CPU.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <gio/gio.h>
#include <libfdt.h>
#include "hw/arm/virt.h"
#include "hw/loader.h"
#include "hw/nvram/fw_cfg.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"

#define IMAGE_ALIGN      (2 * MiB)
#define IMAGE_MAGIC      0x644d5241u /* "ARM\x64" */
#define OFFSET_UNKNOWN   (512 * KiB) /* where images without a size in their header want to be */
#define INITRD_LIMIT     (128 * MiB)
#define MAX_UNPACKED     (1 * GiB)

enum { HEADER_TEXT_OFFSET = 8, HEADER_IMAGE_SIZE = 16, HEADER_FLAGS = 24, HEADER_MAGIC = 56,
       HEADER_SIZE = 64 };
enum { FLAG_BIG_ENDIAN = 1 };

/* A zImage unpacks itself to the start of RAM, and moves away first if it lies there. */
#define ZIMAGE_MAGIC   0x016f2818u
#define ZIMAGE_OFFSET  (32 * MiB)
#define ZIMAGE_EXPANDS 4 /* at most so many times as large, roughly */
#define NO_MACHINE_ID  UINT32_MAX

enum { ZIMAGE_HEADER_MAGIC = 0x24, ZIMAGE_HEADER_SIZE = 0x30 };

/* ---- The kernel ---- */

static bool is_gzip(const uint8_t *data, size_t size)
{
    return size > 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* What is packed in `data`, at most `limit` bytes. */
static GBytes *unpack(const char *filename, GBytes *file, uint64_t limit, Error **errp)
{
    g_autoptr(GConverter) inflate =
        G_CONVERTER(g_zlib_decompressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP));
    g_autoptr(GInputStream) packed = g_memory_input_stream_new_from_bytes(file);
    g_autoptr(GInputStream) in = g_converter_input_stream_new(packed, inflate);
    g_autoptr(GByteArray) out = g_byte_array_new();
    g_autoptr(GError) gerr = NULL;
    uint8_t buffer[64 * KiB];
    gssize n;

    while ((n = g_input_stream_read(in, buffer, sizeof(buffer), NULL, &gerr)) > 0) {
        if (out->len + n > limit) {
            error_setg(errp, "kernel '%s' unpacks to more than the %" PRIu64 " MB that there are",
                       filename, limit / MiB);
            return NULL;
        }
        g_byte_array_append(out, buffer, n);
    }
    if (n < 0) {
        error_setg(errp, "kernel '%s' could not be unpacked: %s", filename, gerr->message);
        return NULL;
    }
    return g_byte_array_free_to_bytes(g_steal_pointer(&out));
}

static GBytes *read_file(const char *what, const char *filename, uint64_t limit, Error **errp)
{
    int64_t size = get_image_size(filename);
    GBytes *file;

    if (size >= 0 && size <= (int64_t)limit) {
        file = loader_read_file(filename, limit, NULL);
        if (file) {
            return file;
        }
        size = -1;
    }
    error_setg(errp, size < 0 ? "could not read %s '%s'" : "%s '%s' doesn't fit into RAM", what,
               filename);
    return NULL;
}

static GBytes *read_kernel(const char *filename, uint64_t limit, Error **errp)
{
    g_autoptr(GBytes) file = read_file("kernel", filename, limit, errp);
    size_t size;
    const uint8_t *data = file ? g_bytes_get_data(file, &size) : NULL;

    return file && is_gzip(data, size) ? unpack(filename, file, MIN(limit, MAX_UNPACKED), errp)
                                       : g_steal_pointer(&file);
}

/* Where the image wants to be and how much memory it needs from there. */
static bool place_image(const char *filename, GBytes *image, uint64_t *offset,
                        uint64_t *needed, Error **errp)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(image, &size);

    *offset = OFFSET_UNKNOWN;
    *needed = size;
    if (size >= ZIMAGE_HEADER_SIZE &&
        ldl_le_p(data + ZIMAGE_HEADER_MAGIC) == ZIMAGE_MAGIC) {
        *offset = MIN(ZIMAGE_OFFSET, ROUND_UP((uint64_t)size * ZIMAGE_EXPANDS, IMAGE_ALIGN));
        return true;
    }
    if (size < HEADER_SIZE || ldl_le_p(data + HEADER_MAGIC) != IMAGE_MAGIC) {
        return true;
    }
    if (ldq_le_p(data + HEADER_FLAGS) & FLAG_BIG_ENDIAN) {
        error_setg(errp, "kernel '%s' is big-endian, expected a little-endian one", filename);
        return false;
    }
    if (ldq_le_p(data + HEADER_IMAGE_SIZE)) {
        *offset = ldq_le_p(data + HEADER_TEXT_OFFSET);
        *needed = MAX(*needed, ldq_le_p(data + HEADER_IMAGE_SIZE));
    }
    if (*offset >= IMAGE_ALIGN) {
        error_setg(errp,
                   "kernel '%s' says it belongs 0x%" PRIx64 " bytes from a multiple of 2 MiB: no "
                   "such offset",
                   filename, *offset);
        return false;
    }
    return true;
}

static bool is_elf(const char *filename)
{
    uint8_t magic[4] = { 0 };

    return load_image_size(filename, magic, sizeof(magic)) == 4 && !memcmp(magic, ELFMAG, SELFMAG);
}

/* The entry; *end becomes the end of the memory that the kernel takes. */
static bool load_kernel(VirtState *s, uint64_t *entry, uint64_t *end, Error **errp)
{
    const char *filename = s->parent_obj.kernel_filename;
    uint64_t ram_size = s->parent_obj.ram_size, offset, needed;
    unsigned mark = rom_count_added();
    g_autoptr(GBytes) image = NULL;

    if (is_elf(filename) || uimage_probe(filename)) {
        bool aarch32 = arm_cpu_is_aarch32(s->cpus[0]);
        const ProgramOptions options = {
            .elf = { .elf_machine = aarch32 ? EM_ARM : EM_AARCH64,
                     .elf_class = aarch32 ? ELFCLASS32 : ELFCLASS64 },
            .uimage_arch = aarch32 ? IH_ARCH_ARM : IH_ARCH_ARM64,
            .addr = VIRT_RAM_BASE + OFFSET_UNKNOWN,
            .max_size = ram_size,
        };
        ProgramInfo program;

        if (!load_program(filename, &options, &program, errp) || !rom_check_memory(mark, errp)) {
            return false;
        }
        *entry = program.entry;
        *end = rom_end_below(VIRT_RAM_BASE + ram_size);
        return true;
    }
    image = read_kernel(filename, ram_size, errp);
    if (!image || !place_image(filename, image, &offset, &needed, errp)) {
        return false;
    }
    if (needed > ram_size || offset > ram_size - needed) {
        error_setg(errp, "kernel '%s' needs %" PRIu64 " MB of RAM, there are %" PRIu64 " MB (-m)",
                   filename, needed / MiB, ram_size / MiB);
        return false;
    }
    *entry = VIRT_RAM_BASE + offset;
    *end = *entry + needed;
    rom_add_bytes(filename, image, g_bytes_get_size(image), *entry, NULL, NULL);
    return true;
}

/* ---- What goes with it ---- */

static void load_initrd(VirtState *s, uint64_t kernel_end, VirtTreeInfo *info)
{
    MachineState *machine = MACHINE(s);
    uint64_t middle = VIRT_RAM_BASE + MIN(machine->ram_size / 2, INITRD_LIMIT);
    uint64_t start = MAX(ROUND_UP(kernel_end, IMAGE_ALIGN), middle);
    uint64_t ram_end = VIRT_RAM_BASE + machine->ram_size;

    info->initrd_start = info->initrd_end = start;
    if (machine->initrd_filename) {
        info->initrd_end += load_ramdisk_checked(machine->initrd_filename, start,
                                                 start < ram_end ? ram_end - start : 0, NULL,
                                                 &error_fatal);
    }
}

/* ---- For firmware to start ---- */

static void add_file(VirtState *s, uint16_t size_key, uint16_t data_key, GBytes *file)
{
    size_t size;
    const void *data = g_bytes_get_data(file, &size);

    fw_cfg_add_i32(s->fw_cfg, size_key, size);
    fw_cfg_add_bytes(s->fw_cfg, data_key, (void *)data, size);
}

static void pass_to_firmware(VirtState *s)
{
    const MachineState *machine = MACHINE(s);
    const char *arguments = machine->kernel_cmdline;
    uint64_t limit = MIN(machine->ram_size, UINT32_MAX);

    s->boot.kernel = read_kernel(machine->kernel_filename, limit, &error_fatal);
    add_file(s, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, s->boot.kernel);
    if (machine->initrd_filename) {
        s->boot.initrd = read_file("initrd", machine->initrd_filename, limit, &error_fatal);
        add_file(s, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, s->boot.initrd);
    }
    if (*arguments) {
        fw_cfg_add_i32(s->fw_cfg, FW_CFG_CMDLINE_SIZE, strlen(arguments) + 1);
        fw_cfg_add_string(s->fw_cfg, FW_CFG_CMDLINE_DATA, arguments);
    }
}

/* ---- The start ---- */

static void *make_tree(VirtState *s, VirtTreeInfo *info)
{
    MachineState *machine = MACHINE(s);
    g_autofree char *cpu = g_strdup(machine->cpu_type);
    g_autofree char *compatible = NULL;
    uint64_t affinities[ARRAY_SIZE(s->cpus)];

    *strstr(cpu, ARM_CPU_TYPE_SUFFIX) = 0;
    compatible = g_strconcat("arm,", cpu, NULL);
    for (unsigned i = 0; i < machine->smp.cpus; i++) {
        affinities[i] = s->cpus[i]->mpidr;
    }
    info->board = s;
    info->ram_size = machine->ram_size;
    info->num_cpus = machine->smp.cpus;
    info->seeds = s->dtb_randomness;
    info->affinities = affinities;
    info->cpu = compatible;
    info->aarch32 = arm_cpu_is_aarch32(s->cpus[0]);
    info->bootargs = machine->kernel_cmdline[0] ? machine->kernel_cmdline : NULL;
    return machine->dtb ? virt_tree_load(machine->dtb, info, &error_fatal)
                        : virt_tree_build(info, &error_fatal);
}

/* Firmware finds the tree at the start of RAM. */
static void place_tree(VirtState *s, const VirtTreeInfo *info)
{
    MachineState *machine = MACHINE(s);
    uint64_t size = fdt_totalsize(machine->fdt), ram_end = VIRT_RAM_BASE + machine->ram_size;

    s->boot.tree = s->boot.direct ? ROUND_UP(info->initrd_end, IMAGE_ALIGN) : VIRT_RAM_BASE;
    if (s->boot.tree + size > ram_end) {
        error_report("kernel and initrd leave no room for the device tree in %" PRIu64
                     " MB of RAM (-m)",
                     (uint64_t)(machine->ram_size / MiB));
        exit(1);
    }
    rom_add_blob_fixed("dtb", machine->fdt, size, s->boot.tree);
}

void virt_boot_load(VirtState *s)
{
    MachineState *machine = MACHINE(s);
    VirtTreeInfo info = { 0 };
    uint64_t kernel_end = VIRT_RAM_BASE;

    machine->inputs_taken |= MACHINE_INPUT_APPEND | MACHINE_INPUT_DTB;
    if (machine->kernel_filename) {
        s->boot.direct = !virt_has_firmware(s);
    }
    if (s->boot.direct) {
        load_kernel(s, &s->boot.entry, &kernel_end, &error_fatal);
        load_initrd(s, kernel_end, &info);
    } else if (machine->kernel_filename) {
        pass_to_firmware(s);
    } else if (machine->initrd_filename) {
        error_report("-initrd only allowed with -kernel option");
        exit(1);
    }
    machine->fdt = make_tree(s, &info);
    if (machine->dumpdtb) {
        machine_dump_fdt(machine, machine->dumpdtb, &error_fatal);
        exit(0);
    }
    place_tree(s, &info);
}

void virt_boot_start(VirtState *s)
{
    if (s->boot.direct && arm_cpu_is_aarch32(s->cpus[0])) {
        arm_set_start_state(s->cpus[0], s->boot.entry, 0);
        s->cpus[0]->env.x[1] = NO_MACHINE_ID; /* the tree says what it is */
        s->cpus[0]->env.x[2] = s->boot.tree;
    } else if (s->boot.direct) {
        arm_set_start_state(s->cpus[0], s->boot.entry, s->boot.tree);
    }
}
