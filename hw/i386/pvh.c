/*
 * Kernels with a PVH entry: 32-bit code without paging that is handed where things are.
 *
 * Reference: Xen, docs/misc/pvh.pandoc.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "boot-internal.h"

#define BOOT_ROM     "sysemu-pvh.bin"
#define CMDLINE_ADDR 0x20000
#define CMDLINE_ROOM 0x10000

const char *boot_pvh(BootContext *boot)
{
    const char *cmdline = boot->machine->kernel_cmdline;
    uint32_t entry;
    BootImage image;

    if (!boot_is_elf(boot) || !boot_elf_find_pvh_entry(boot, &entry)) {
        return NULL;
    }
    boot_elf_read(boot, &image);
    if (strlen(cmdline) >= CMDLINE_ROOM) {
        boot_give_up("-append: %zu characters, at most %u are handed on", strlen(cmdline),
                     CMDLINE_ROOM - 1);
    }
    if (image.low.addr < CMDLINE_ADDR + CMDLINE_ROOM &&
        image.low.addr + image.low.size > CMDLINE_ADDR) {
        boot_give_up("-kernel: '%s' lies at %05x to %05x, where its command line goes",
                     boot->machine->kernel_filename, image.low.addr,
                     image.low.addr + image.low.size - 1);
    }
    if (boot->machine->initrd_filename) {
        gsize size;
        uint8_t *initrd = boot_read_file("-initrd", boot->machine->initrd_filename, &size);
        uint32_t addr = boot_initrd_address(boot, size, boot_image_end(&image), UINT32_MAX);

        boot_add_piece(boot, BOOT_INITRD, addr, initrd, size);
    }
    boot_add_image(boot, &image, entry);
    boot_add_piece(boot, BOOT_CMDLINE, CMDLINE_ADDR, (uint8_t *)g_strdup(cmdline),
                   strlen(cmdline) + 1);
    g_clear_pointer(&boot->kernel, g_free);
    return boot_add_rom(boot, BOOT_ROM);
}
