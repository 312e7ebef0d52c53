/*
 * What the starts of all kinds of kernels share: files, the option ROM, places in memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "boot-internal.h"
#include "hw/loader.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/system.h"

/* Low memory for loaders: behind boot sectors, before what firmware keeps at the end of it. */
#define LOW_START 0x8000
#define LOW_END   0x9f000

#define ROM_UNIT 512

void boot_give_up(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    error_vreport(fmt, ap);
    va_end(ap);
    exit(1);
}

uint8_t *boot_read_file(const char *option, const char *filename, gsize *size)
{
    g_autoptr(GError) gerr = NULL;
    char *contents;

    if (g_file_test(filename, G_FILE_TEST_EXISTS) &&
        !g_file_test(filename, G_FILE_TEST_IS_REGULAR)) {
        boot_give_up("%s: '%s' is no regular file", option, filename); /* it may have no end */
    }
    if (!g_file_get_contents(filename, &contents, size, &gerr)) {
        boot_give_up("%s: could not read '%s': %s", option, filename, gerr->message);
    }
    return (uint8_t *)contents;
}

/* ---- The option ROM ---- */

/* Makes the sum of the bytes 0 by changing one of them. */
static void set_checksum(uint8_t *bytes, gsize size, gsize at)
{
    for (gsize i = 0; i < size; i++) {
        bytes[at] -= i == at ? 0 : bytes[i];
    }
}

/* With its checksums as they have to be: first that of its Plug and Play header. */
static uint8_t *read_rom(const char *name, gsize *size)
{
    enum { SIZE_BYTE = 2, PNP_POINTER = 0x1a, PNP_SIZE = 32, PNP_CHECKSUM = 9 };
    g_autofree char *filename = qemu_find_file(QEMU_FILE_TYPE_BIOS, name);
    unsigned pnp;
    uint8_t *rom;

    if (!filename) {
        boot_give_up("-kernel: could not find '%s', which the build makes on x86 hosts", name);
    }
    rom = boot_read_file("-kernel", filename, size);
    if (*size < ROM_UNIT || *size % ROM_UNIT || rom[SIZE_BYTE] * ROM_UNIT != *size) {
        boot_give_up("-kernel: '%s' is no option ROM", filename);
    }
    pnp = lduw_le_p(rom + PNP_POINTER);
    if (pnp > *size - PNP_SIZE) {
        boot_give_up("-kernel: the option ROM '%s' can't be booted from", filename);
    }
    rom[pnp + PNP_CHECKSUM] = rom[*size - 1] = 0;
    set_checksum(rom + pnp, PNP_SIZE, PNP_CHECKSUM);
    set_checksum(rom, *size, *size - 1);
    return rom;
}

const char *boot_add_rom(BootContext *boot, const char *name)
{
    g_autofree char *file = g_strdup_printf("genroms/%s", name);
    g_autofree char *path = g_strdup_printf("/rom@%s", file);
    gsize size;
    uint8_t *rom;

    boot->known = true;
    if (!boot->with_rom) {
        return NULL;
    }
    rom = read_rom(name, &size);
    fw_cfg_add_file(boot->fw_cfg, file, rom, size);
    return g_intern_string(path);
}

void boot_add_piece(BootContext *boot, BootPiece piece, uint32_t addr, uint8_t *bytes,
                    uint32_t size)
{
    static const struct {
        uint16_t addr, size, data;
    } keys[] = {
        [BOOT_SETUP] = { FW_CFG_SETUP_ADDR, FW_CFG_SETUP_SIZE, FW_CFG_SETUP_DATA },
        [BOOT_KERNEL] = { FW_CFG_KERNEL_ADDR, FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA },
        [BOOT_INITRD] = { FW_CFG_INITRD_ADDR, FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA },
        [BOOT_CMDLINE] = { FW_CFG_CMDLINE_ADDR, FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA },
    };

    fw_cfg_add_i32(boot->fw_cfg, keys[piece].addr, addr);
    fw_cfg_add_i32(boot->fw_cfg, keys[piece].size, size);
    fw_cfg_add_bytes(boot->fw_cfg, keys[piece].data, bytes, size);
}

/* ---- Places ---- */

uint32_t boot_initrd_address(BootContext *boot, gsize size, uint64_t kernel_end, uint64_t max)
{
    uint64_t free_end = boot->low_ram - MIN(boot->low_ram, BOOT_FIRMWARE_TABLES);
    uint64_t end = MIN(max + 1, free_end);

    if (size > end || ROUND_DOWN(end - size, 4 * KiB) < kernel_end) {
        boot_give_up("-initrd: '%s' has %zu bytes, which don't fit behind the kernel into the "
                     "%" PRIu64 " MB of RAM below 4 GiB",
                     boot->machine->initrd_filename, (size_t)size,
                     (uint64_t)(boot->low_ram / MiB));
    }
    return ROUND_DOWN(end - size, 4 * KiB);
}

/* ---- Images ---- */

BootPart *boot_image_extend(BootContext *boot, BootImage *image, uint64_t addr, uint64_t size)
{
    const char *name = boot->machine->kernel_filename;
    BootPart *part = addr < MiB ? &image->low : &image->high;
    uint64_t start = part->size ? MIN(part->addr, addr) : addr;
    uint64_t end = MAX((uint64_t)part->addr + part->size, addr + size);

    if (part == &image->low && (addr < LOW_START || end > LOW_END)) {
        boot_give_up("-kernel: '%s' has %08" PRIx64 " bytes at %08" PRIx64 ", expected them in "
                     "%05x to %05x or above 1 MiB", name, size, addr, LOW_START, LOW_END - 1);
    }
    if (size > boot->low_ram || addr > boot->low_ram - size) {
        boot_give_up("-kernel: '%s' doesn't fit into the %" PRIu64 " MB of RAM below 4 GiB: it has "
                     "%" PRIu64 " bytes at %08" PRIx64, name, (uint64_t)(boot->low_ram / MiB), size,
                     addr);
    }
    part->addr = start;
    part->size = end - start;
    return part;
}

void boot_image_allocate(BootImage *image)
{
    image->low.bytes = g_malloc0(image->low.size);
    image->high.bytes = g_malloc0(image->high.size);
}

uint32_t boot_image_end(const BootImage *image)
{
    return MAX(image->high.addr + image->high.size, MiB);
}

void boot_add_image(BootContext *boot, const BootImage *image, uint32_t entry)
{
    boot_add_piece(boot, BOOT_SETUP, image->low.addr, image->low.bytes, image->low.size);
    boot_add_piece(boot, BOOT_KERNEL, image->high.addr, image->high.bytes, image->high.size);
    fw_cfg_add_i32(boot->fw_cfg, FW_CFG_KERNEL_ENTRY, entry);
}
