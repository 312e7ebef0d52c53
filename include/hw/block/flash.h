/*
 * CFI NOR flash: Intel (cfi.pflash01) and AMD (cfi.pflash02) command sets.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_BLOCK_FLASH_H
#define HW_BLOCK_FLASH_H

#include "qom/object.h"
#include "system/block-backend.h"
#include "system/memory.h"

#define TYPE_PFLASH_CFI01 "cfi.pflash01"
OBJECT_DECLARE_SIMPLE_TYPE(PFlashCFI01, PFLASH_CFI01)

#define TYPE_PFLASH_CFI02 "cfi.pflash02"
OBJECT_DECLARE_SIMPLE_TYPE(PFlashCFI02, PFLASH_CFI02)

/*
 * Create, realize and map a flash bank of @size bytes at @base. @blk may be NULL (contents all
 * ones, lost at exit); @width is the bank's width in bytes; @be nonzero for a big-endian bus.
 * Errors end the program with a message.
 */
PFlashCFI01 *pflash_cfi01_register(hwaddr base, const char *name, hwaddr size, BlockBackend *blk,
                                   uint32_t sector_len, int width, uint16_t id0, uint16_t id1,
                                   uint16_t id2, uint16_t id3, int be);
BlockBackend *pflash_cfi01_get_blk(PFlashCFI01 *fl);
MemoryRegion *pflash_cfi01_get_memory(PFlashCFI01 *fl);
/* Gives the flash the image of @dinfo, which may be NULL; must come before realize. */
void pflash_cfi01_legacy_drive(PFlashCFI01 *fl, DriveInfo *dinfo);

PFlashCFI02 *pflash_cfi02_register(hwaddr base, const char *name, hwaddr size, BlockBackend *blk,
                                   uint32_t sector_len, int nb_mappings, int width, uint16_t id0,
                                   uint16_t id1, uint16_t id2, uint16_t id3,
                                   uint16_t unlock_addr0, uint16_t unlock_addr1, int be);
MemoryRegion *pflash_cfi02_get_memory(PFlashCFI02 *fl);

#endif
