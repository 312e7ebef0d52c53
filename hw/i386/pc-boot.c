/*
 * Starting a kernel that the user gives (-kernel, -initrd, -append): which kind it is, and Linux.
 *
 * Firmware starts first. It finds an option ROM of ours (roms/pc/) whose boot entry copies the
 * kernel's pieces from fw_cfg to where they belong and starts it; that of Linux jumps to the set-up
 * code, which still asks firmware about the machine. Where the pieces belong is worked out here;
 * UEFI firmware reads the same items and chooses other places.
 *
 * Reference: Linux, Documentation/x86/boot.rst.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "boot-internal.h"
#include "hw/i386/x86-boot.h"
#include "qemu/bswap.h"
#include "qemu/cutils.h"
#include "qemu/units.h"

#define BOOT_ROM "sysemu-linux-boot.bin"

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

typedef struct Kernel {
    uint8_t *file;
    gsize file_size;
    uint8_t *setup; /* of file */
    uint32_t setup_size;
    uint64_t image_size; /* fits into 32 bits once RAM has room for it */
    uint32_t setup_addr, cmdline_addr, initrd_addr, initrd_max;
    unsigned version;
} Kernel;

/* ---- The kernel ---- */

static bool is_linux(const BootContext *boot)
{
    return boot->kernel_size >= HDR_END && ldl_le_p(boot->kernel + HDR_MAGIC) == SETUP_MAGIC;
}

static void read_kernel(Kernel *k, const BootContext *boot)
{
    const char *filename = boot->machine->kernel_filename;
    unsigned sectors;

    k->file = boot->kernel;
    k->file_size = boot->kernel_size;
    k->version = lduw_le_p(k->file + HDR_VERSION);
    if (k->version < 0x200 || !(k->file[HDR_LOAD_FLAGS] & LOADED_HIGH)) {
        boot_give_up("-kernel: '%s' is a zImage, expected a bzImage", filename);
    }
    sectors = k->file[HDR_SETUP_SECTORS] ? k->file[HDR_SETUP_SECTORS] : 4;
    k->setup_size = (sectors + 1) * SECTOR;
    if (k->setup_size >= k->file_size) {
        boot_give_up("-kernel: '%s' has %zu bytes, and says that its set-up code alone has %u",
                     filename, (size_t)k->file_size, k->setup_size);
    }
    k->setup = k->file;
    k->image_size = k->file_size - k->setup_size;
    k->setup_addr = k->version >= 0x202 ? SETUP_ADDR : OLD_SETUP_ADDR;
    k->cmdline_addr = k->version >= 0x202 ? CMDLINE_ADDR : OLD_CMDLINE_ADDR;
    if (k->setup_size > k->cmdline_addr - k->setup_addr - SECTOR) {
        boot_give_up("-kernel: the set-up code of '%s' has %u bytes, there is room for %u",
                     filename, k->setup_size, k->cmdline_addr - k->setup_addr - SECTOR);
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
            boot_give_up("-append: %s: expected normal, ext, ask or a number", *word);
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
        boot_give_up("-append: %zu characters, this kernel takes %u at most", length, max);
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

/* ---- All of it ---- */

static void add_initrd(BootContext *boot, Kernel *k)
{
    gsize size;
    uint8_t *initrd = boot_read_file("-initrd", boot->machine->initrd_filename, &size);

    k->initrd_addr = boot_initrd_address(boot, size, KERNEL_ADDR + k->image_size, k->initrd_max);
    stl_le_p(k->setup + HDR_INITRD_ADDRESS, k->initrd_addr);
    stl_le_p(k->setup + HDR_INITRD_SIZE, size);
    boot_add_piece(boot, BOOT_INITRD, k->initrd_addr, initrd, size);
}

static const char *boot_linux(BootContext *boot)
{
    const char *cmdline = boot->machine->kernel_cmdline;
    Kernel k = { 0 };

    if (!is_linux(boot)) {
        return NULL;
    }
    read_kernel(&k, boot);
    set_header(&k, cmdline);
    if (boot->machine->initrd_filename) {
        add_initrd(boot, &k);
    }
    if (KERNEL_ADDR + k.image_size > boot->low_ram) {
        boot_give_up("-kernel: '%s' doesn't fit into the %" PRIu64 " MB of RAM below 4 GiB",
                     boot->machine->kernel_filename, (uint64_t)(boot->low_ram / MiB));
    }
    boot_add_piece(boot, BOOT_SETUP, k.setup_addr, k.setup, k.setup_size);
    boot_add_piece(boot, BOOT_KERNEL, KERNEL_ADDR, k.file + k.setup_size, k.image_size);
    boot_add_piece(boot, BOOT_CMDLINE, k.cmdline_addr, (uint8_t *)cmdline, strlen(cmdline) + 1);
    return boot_add_rom(boot, BOOT_ROM);
}

static bool cmdline_is_text; /* and not multiboot's information */

const char *x86_boot_setup(MachineState *machine, FWCfgState *fw_cfg, uint64_t low_ram,
                           bool with_rom)
{
    static const char *(*const kinds[])(BootContext *boot) = { boot_linux, boot_multiboot,
                                                               boot_pvh };
    BootContext boot = { .machine = machine, .fw_cfg = fw_cfg, .low_ram = low_ram,
                         .with_rom = with_rom };
    const char *rom = NULL;

    if (!machine->kernel_filename) {
        return NULL; /* what goes with it is refused by the core */
    }
    boot.kernel = boot_read_file("-kernel", machine->kernel_filename, &boot.kernel_size);
    for (size_t i = 0; i < ARRAY_SIZE(kinds) && !boot.known; i++) {
        rom = kinds[i](&boot);
        cmdline_is_text = kinds[i] != boot_multiboot;
    }
    if (!boot.known) {
        boot_give_up("-kernel: '%s' is no kernel for PCs: neither Linux (bzImage) nor multiboot "
                     "nor an ELF file with a PVH entry", machine->kernel_filename);
    }
    machine->inputs_taken |= MACHINE_INPUT_KERNEL | MACHINE_INPUT_INITRD | MACHINE_INPUT_APPEND;
    return rom;
}

void x86_boot_append(MachineState *machine, FWCfgState *fw_cfg, const char *text)
{
    char *cmdline;

    if (!cmdline_is_text) {
        return;
    }
    cmdline = g_strconcat(machine->kernel_cmdline, text, NULL);
    if (strlen(cmdline) >= CMDLINE_ROOM) {
        boot_give_up("-append: no room for what the board adds, %zu characters", strlen(text));
    }
    fw_cfg_modify_string(fw_cfg, FW_CFG_CMDLINE_DATA, cmdline);
    fw_cfg_modify_i32(fw_cfg, FW_CFG_CMDLINE_SIZE, strlen(cmdline) + 1);
    g_free(cmdline);
}
