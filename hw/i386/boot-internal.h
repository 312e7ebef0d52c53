/*
 * Kernels that the user gives (-kernel, -initrd, -append), on any of the PC boards.
 *
 * Each kind has a file of its own, which reads the kernel, works out what lies where and hands that
 * out by fw_cfg, for an option ROM (roms/pc/) that copies it there and starts it:
 *
 *     pc-boot.c      Linux, as bzImage
 *     multiboot.c    multiboot 1
 *     pvh.c          ELF with a note that names its PVH entry
 *
 * What is wrong is reported, and ends the program.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_I386_BOOT_INTERNAL_H
#define HW_I386_BOOT_INTERNAL_H

#include "hw/boards.h"
#include "hw/nvram/fw_cfg.h"

typedef struct BootContext {
    MachineState *machine;
    FWCfgState *fw_cfg;
    uint64_t low_ram; /* bytes, from 0 */
    uint8_t *kernel;  /* the file -kernel names */
    gsize kernel_size;
    bool with_rom;    /* firmware needs an option ROM to start it */
    bool known;       /* the kernel's kind has been found */
} BootContext;

/* What is left free below the end of low RAM: firmware's tables. */
#define BOOT_FIRMWARE_TABLES (2 * MiB)

/* A kernel as it lies in memory: what is below 640 KiB, and what is from 1 MiB on. */
typedef struct BootPart {
    uint8_t *bytes;
    uint32_t addr, size; /* size 0: nothing is there */
} BootPart;
typedef struct BootImage {
    BootPart low, high;
    uint32_t entry;
} BootImage;

G_NORETURN_ATTR void boot_give_up(const char *fmt, ...) G_GNUC_PRINTF(1, 2);

/* The contents of a regular file, for g_free(); `option` is for messages. */
uint8_t *boot_read_file(const char *option, const char *filename, gsize *size);

/*
 * The kernel's pieces are there: adds the option ROM to what firmware finds. Returns its path in the
 * boot order.
 */
const char *boot_add_rom(BootContext *boot, const char *name);

/* One of the kernel's pieces: FW_CFG_*_ADDR, _SIZE, _DATA. Takes `bytes` over. */
typedef enum { BOOT_SETUP, BOOT_KERNEL, BOOT_INITRD, BOOT_CMDLINE } BootPiece;
void boot_add_piece(BootContext *boot, BootPiece piece, uint32_t addr, uint8_t *bytes,
                    uint32_t size);

/*
 * Where an initrd of that size goes, page-aligned: as high as firmware lets it be, and `max` (the
 * last byte it may have), above `kernel_end`.
 */
uint32_t boot_initrd_address(BootContext *boot, gsize size, uint64_t kernel_end, uint64_t max);

/*
 * The part that the range is to be in, which grows to hold it and has no bytes yet. Ends the program
 * if the range isn't in RAM that a loader may use.
 */
BootPart *boot_image_extend(BootContext *boot, BootImage *image, uint64_t addr, uint64_t size);
/* Zeroes for both parts, once it is known how large they are. */
void boot_image_allocate(BootImage *image);
/* Where the high part ends, or would start. */
uint32_t boot_image_end(const BootImage *image);
/* Both parts as pieces, which are taken over, and the entry. */
void boot_add_image(BootContext *boot, const BootImage *image, uint32_t entry);

/*
 * elf-image.c: true if the kernel is an ELF file. boot_elf_read() puts its segments where their
 * physical addresses say; those, and the entry, must be below 4 GiB.
 */
bool boot_is_elf(const BootContext *boot);
void boot_elf_read(BootContext *boot, BootImage *image);
/* Its PVH entry; false if it has none. */
bool boot_elf_find_pvh_entry(BootContext *boot, uint32_t *entry);

/* These know their kernels: NULL if it is none. Else the option ROM's path. */
const char *boot_multiboot(BootContext *boot);
const char *boot_pvh(BootContext *boot);

#endif
