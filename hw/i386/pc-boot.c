/*
 * `pc` board: starting a kernel that the user gives (-kernel, -initrd, -append).
 *
 * Firmware starts first. It finds an option ROM of ours (roms/pc/linux-boot.S) whose boot entry
 * copies the kernel's pieces from fw_cfg to where they belong and jumps to the kernel's set-up
 * code, which still asks firmware about the machine. Where the pieces belong is worked out here;
 * UEFI firmware reads the same items and chooses other places.
 *
 * Reference: Linux, Documentation/x86/boot.rst.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/i386/pc.h"
#include "hw/loader.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/error-report.h"
#include "system/system.h"

#define BOOT_ROM      "sysemu-linux-boot.bin"
#define BOOT_ROM_FILE "genroms/" BOOT_ROM

/* The set-up header. */
enum {
    HDR_SETUP_SECTORS = 0x1f1,
    HDR_VIDEO_MODE = 0x1fa,
    HDR_MAGIC = 0x202,
    HDR_VERSION = 0x206,
    HDR_LOADER = 0x210,
    HDR_LOAD_FLAGS = 0x211,
    HDR_INITRD_ADDRESS = 0x218,
    HDR_INITRD_SIZE = 0x21c,
    HDR_HEAP_END = 0x224,
    HDR_CMDLINE = 0x228,
    HDR_INITRD_MAX = 0x22c,
    HDR_CMDLINE_MAX = 0x238,
    HDR_END = 0x268,
    /* before 2.02 */
    OLD_CMDLINE_MAGIC = 0x20,
    OLD_CMDLINE_OFFSET = 0x22,
};
#define SETUP_MAGIC 0x53726448u /* "HdrS" */
#define OLD_MAGIC   0xa33f
enum { LOADED_HIGH = 0x01, CAN_USE_HEAP = 0x80, LOADER_UNKNOWN = 0xff };
enum { VIDEO_NORMAL = 0xffff, VIDEO_EXTENDED = 0xfffe, VIDEO_ASK = 0xfffd };

#define SECTOR       512
#define KERNEL_ADDR  0x100000
#define SETUP_ADDR   0x10000
#define CMDLINE_ADDR 0x20000
/* Set-up code before 2.02 knows one place only. */
#define OLD_SETUP_ADDR   0x90000
#define OLD_CMDLINE_ADDR 0x99000
#define CMDLINE_DEFAULT_MAX 255
#define CMDLINE_ROOM        0x10000
#define INITRD_DEFAULT_MAX  0x37ffffffu

/* What is left free below the end of low RAM: firmware's tables. */
#define FIRMWARE_TABLES (2 * MiB)

typedef struct Kernel {
    uint8_t *file;
    gsize file_size;
    uint8_t *setup; /* of file */
    uint32_t setup_size;
    uint64_t image_size; /* fits into 32 bits once RAM has room for it */
    uint32_t setup_addr, cmdline_addr, initrd_addr, initrd_max;
    unsigned version;
} Kernel;

static G_NORETURN_ATTR G_GNUC_PRINTF(1, 2) void give_up(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    exit(1);
}

/* ---- Files ---- */

static uint8_t *read_file(const char *option, const char *filename, gsize *size)
{
    g_autoptr(GError) gerr = NULL;
    char *contents;

    if (g_file_test(filename, G_FILE_TEST_EXISTS) &&
        !g_file_test(filename, G_FILE_TEST_IS_REGULAR)) {
        give_up("%s: '%s' is no regular file", option, filename); /* it may have no end */
    }
    if (!g_file_get_contents(filename, &contents, size, &gerr)) {
        give_up("%s: could not read '%s': %s", option, filename, gerr->message);
    }
    return (uint8_t *)contents;
}

/* Makes the sum of the bytes 0 by changing one of them. */
static void set_checksum(uint8_t *bytes, gsize size, gsize at)
{
    for (gsize i = 0; i < size; i++) {
        bytes[at] -= i == at ? 0 : bytes[i];
    }
}

/* The ROM, with its checksums as they have to be: first that of its Plug and Play header. */
static GByteArray *read_boot_rom(void)
{
    enum { SIZE_BYTE = 2, PNP_POINTER = 0x1a, PNP_SIZE = 32, PNP_CHECKSUM = 9 };
    g_autofree char *filename = qemu_find_file(QEMU_FILE_TYPE_BIOS, BOOT_ROM);
    gsize size;
    unsigned pnp;
    uint8_t *rom;

    if (!filename) {
        give_up("-kernel: could not find '%s', which the build makes on x86 hosts", BOOT_ROM);
    }
    rom = read_file("-kernel", filename, &size);
    if (size < SECTOR || size % SECTOR || rom[SIZE_BYTE] * SECTOR != size) {
        give_up("-kernel: '%s' is no option ROM", filename);
    }
    pnp = lduw_le_p(rom + PNP_POINTER);
    if (pnp > size - PNP_SIZE) {
        give_up("-kernel: the option ROM '%s' can't be booted from", filename);
    }
    rom[pnp + PNP_CHECKSUM] = rom[size - 1] = 0;
    set_checksum(rom + pnp, PNP_SIZE, PNP_CHECKSUM);
    set_checksum(rom, size, size - 1);
    return g_byte_array_new_take(rom, size);
}

/* ---- The kernel ---- */

static void read_kernel(Kernel *k, const char *filename)
{
    unsigned sectors;

    k->file = read_file("-kernel", filename, &k->file_size);
    if (k->file_size < HDR_END || ldl_le_p(k->file + HDR_MAGIC) != SETUP_MAGIC) {
        give_up("-kernel: '%s' is no Linux kernel for PCs (bzImage): multiboot and PVH kernels "
                "aren't supported yet", filename);
    }
    k->version = lduw_le_p(k->file + HDR_VERSION);
    if (k->version < 0x200 || !(k->file[HDR_LOAD_FLAGS] & LOADED_HIGH)) {
        give_up("-kernel: '%s' is a zImage, expected a bzImage", filename);
    }
    sectors = k->file[HDR_SETUP_SECTORS] ? k->file[HDR_SETUP_SECTORS] : 4;
    k->setup_size = (sectors + 1) * SECTOR;
    if (k->setup_size >= k->file_size) {
        give_up("-kernel: '%s' has %zu bytes, and says that its set-up code alone has %u", filename,
                (size_t)k->file_size, k->setup_size);
    }
    k->setup = k->file;
    k->image_size = k->file_size - k->setup_size;
    k->setup_addr = k->version >= 0x202 ? SETUP_ADDR : OLD_SETUP_ADDR;
    k->cmdline_addr = k->version >= 0x202 ? CMDLINE_ADDR : OLD_CMDLINE_ADDR;
    if (k->setup_size > k->cmdline_addr - k->setup_addr - SECTOR) {
        give_up("-kernel: the set-up code of '%s' has %u bytes, there is room for %u", filename,
                k->setup_size, k->cmdline_addr - k->setup_addr - SECTOR);
    }
    k->initrd_max = k->version >= 0x203 ? ldl_le_p(k->file + HDR_INITRD_MAX) : INITRD_DEFAULT_MAX;
}

/* "vga=" in the command line is for the loader. */
static unsigned video_mode(const char *cmdline)
{
    g_auto(GStrv) words = g_strsplit(cmdline, " ", -1);
    unsigned mode = VIDEO_NORMAL, number;

    for (char **word = words; *word; word++) {
        const char *value = *word + 4;

        if (!g_str_has_prefix(*word, "vga=")) {
            continue;
        }
        if (g_str_equal(value, "normal")) {
            mode = VIDEO_NORMAL;
        } else if (g_str_equal(value, "ext")) {
            mode = VIDEO_EXTENDED;
        } else if (g_str_equal(value, "ask")) {
            mode = VIDEO_ASK;
        } else if (qemu_strtoui(value, NULL, 0, &number) == 0 && number <= UINT16_MAX) {
            mode = number;
        } else {
            give_up("-append: %s: expected normal, ext, ask or a number", *word);
        }
    }
    return mode;
}

static void set_cmdline(Kernel *k, const char *cmdline)
{
    size_t length = strlen(cmdline);
    uint32_t max = k->version >= 0x206 ? ldl_le_p(k->setup + HDR_CMDLINE_MAX) : CMDLINE_DEFAULT_MAX;

    max = MIN(max, CMDLINE_ROOM - 1);
    if (length > max) {
        give_up("-append: %zu characters, this kernel takes %u at most", length, max);
    }
    stw_le_p(k->setup + HDR_VIDEO_MODE, video_mode(cmdline));
    if (k->version >= 0x202) {
        stl_le_p(k->setup + HDR_CMDLINE, k->cmdline_addr);
    } else {
        stw_le_p(k->setup + OLD_CMDLINE_MAGIC, OLD_MAGIC);
        stw_le_p(k->setup + OLD_CMDLINE_OFFSET, k->cmdline_addr - k->setup_addr);
    }
}

/* What a loader fills in. */
static void set_header(Kernel *k, const char *cmdline)
{
    k->setup[HDR_LOADER] = LOADER_UNKNOWN;
    if (k->version >= 0x201) {
        k->setup[HDR_LOAD_FLAGS] |= CAN_USE_HEAP;
        stw_le_p(k->setup + HDR_HEAP_END, k->cmdline_addr - k->setup_addr - SECTOR);
    }
    set_cmdline(k, cmdline);
}

/* ---- The initrd: as high as kernel and firmware let it be ---- */

static void add_initrd(PCState *s, Kernel *k, const char *filename)
{
    gsize size;
    uint8_t *initrd = read_file("-initrd", filename, &size);
    uint64_t free_end = s->below_4g - MIN(s->below_4g, FIRMWARE_TABLES);
    uint64_t end = MIN((uint64_t)k->initrd_max + 1, free_end);
    uint64_t kernel_end = KERNEL_ADDR + k->image_size;

    if (size > end || ROUND_DOWN(end - size, 4 * KiB) < kernel_end) {
        give_up("-initrd: '%s' has %zu bytes, which don't fit behind the kernel into the %" PRIu64
                " MB of RAM below 4 GiB", filename, (size_t)size, (uint64_t)(s->below_4g / MiB));
    }
    k->initrd_addr = ROUND_DOWN(end - size, 4 * KiB);
    stl_le_p(k->setup + HDR_INITRD_ADDRESS, k->initrd_addr);
    stl_le_p(k->setup + HDR_INITRD_SIZE, size);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_INITRD_ADDR, k->initrd_addr);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_INITRD_SIZE, size);
    fw_cfg_add_bytes(s->fw_cfg, FW_CFG_INITRD_DATA, initrd, size);
}

/* ---- All of it ---- */

static void add_items(PCState *s, const Kernel *k)
{
    const char *cmdline = s->parent_obj.kernel_cmdline;

    fw_cfg_add_i32(s->fw_cfg, FW_CFG_SETUP_ADDR, k->setup_addr);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_SETUP_SIZE, k->setup_size);
    fw_cfg_add_bytes(s->fw_cfg, FW_CFG_SETUP_DATA, k->setup, k->setup_size);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_KERNEL_ADDR, KERNEL_ADDR);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_KERNEL_SIZE, k->image_size);
    fw_cfg_add_bytes(s->fw_cfg, FW_CFG_KERNEL_DATA, k->file + k->setup_size, k->image_size);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_CMDLINE_ADDR, k->cmdline_addr);
    fw_cfg_add_i32(s->fw_cfg, FW_CFG_CMDLINE_SIZE, strlen(cmdline) + 1);
    fw_cfg_add_string(s->fw_cfg, FW_CFG_CMDLINE_DATA, cmdline);
}

void pc_boot_setup(PCState *s, const char **first)
{
    MachineState *machine = &s->parent_obj;
    Kernel k = { 0 };

    if (!machine->kernel_filename) {
        return; /* what goes with it is refused by the core */
    }
    read_kernel(&k, machine->kernel_filename);
    set_header(&k, machine->kernel_cmdline);
    if (machine->initrd_filename) {
        add_initrd(s, &k, machine->initrd_filename);
    }
    if (KERNEL_ADDR + k.image_size > s->below_4g) {
        give_up("-kernel: '%s' doesn't fit into the %" PRIu64 " MB of RAM below 4 GiB",
                machine->kernel_filename, (uint64_t)(s->below_4g / MiB));
    }
    add_items(s, &k);
    pc_fw_cfg_give_file(s, BOOT_ROM_FILE, read_boot_rom());
    *first = "/rom@" BOOT_ROM_FILE;
    machine->inputs_taken |= MACHINE_INPUT_KERNEL | MACHINE_INPUT_INITRD | MACHINE_INPUT_APPEND;
}
