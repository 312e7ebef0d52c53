/*
 * What Intel and AMD flash banks share: geometry, contents with their image, byte lanes and the
 * Common Flash Interface query.
 *
 * A bank of `bank_width` bytes is made of bank_width / device_width equal chips side by side, each
 * of which sees the same commands. Reference: JEDEC JESD68.01, Common Flash Interface.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_BLOCK_CFI_FLASH_H
#define HW_BLOCK_CFI_FLASH_H

#include "hw/qdev-properties.h"
#include "system/block-backend.h"
#include "system/memory.h"

#define CFI_TABLE_SIZE 0x60
#define CFI_PRIMARY    0x31 /* where the primary vendor table stands in ours */

typedef struct CfiFlash {
    /* Properties. */
    BlockBackend *blk;
    uint32_t nb_blocks;
    uint64_t sector_len; /* bytes of the bank, not of one chip */
    uint8_t bank_width;
    uint8_t device_width;     /* as the chips are wired; 0: bank_width */
    uint8_t max_device_width; /* what they could do; 0: device_width */
    bool big_endian;
    uint16_t id[4];
    char *name;

    DeviceState *dev;
    MemoryRegion mem;
    MemoryRegionOps ops;
    uint8_t *storage;
    uint64_t size;
    hwaddr unsaved_start, unsaved_end; /* what the image lacks after failed writes; 0, 0: nothing */
    bool ids_paired; /* id[] are high and low bytes: old-style boards */
    bool ro;
    bool blank; /* erased, and the memory isn't filled yet: that costs more time than the rest of a start */
    bool array; /* the chip is in read array mode */
    bool romd;  /* then, unless it is blank, reads go straight to memory */
    uint8_t cfi[CFI_TABLE_SIZE];
} CfiFlash;

/* The properties of both kinds; @_f is the CfiFlash in @_s. */
#define DEFINE_CFI_FLASH_PROPERTIES(_s, _f)                                        \
    DEFINE_PROP_DRIVE("drive", _s, _f.blk),                                        \
    DEFINE_PROP_UINT32("num-blocks", _s, _f.nb_blocks, 0),                         \
    DEFINE_PROP_UINT64("sector-length", _s, _f.sector_len, 0),                     \
    DEFINE_PROP_UINT8("width", _s, _f.bank_width, 0),                              \
    DEFINE_PROP_UINT8("device-width", _s, _f.device_width, 0),                     \
    DEFINE_PROP_UINT8("max-device-width", _s, _f.max_device_width, 0),             \
    DEFINE_PROP_BOOL("big-endian", _s, _f.big_endian, false),                      \
    DEFINE_PROP_UINT16("id0", _s, _f.id[0], 0),                                    \
    DEFINE_PROP_UINT16("id1", _s, _f.id[1], 0),                                    \
    DEFINE_PROP_UINT16("id2", _s, _f.id[2], 0),                                    \
    DEFINE_PROP_UINT16("id3", _s, _f.id[3], 0),                                    \
    DEFINE_PROP_STRING("name", _s, _f.name)

/*
 * Checks the geometry, makes f->mem (reads and writes go to @read and @write, called with @dev) and
 * loads the image; without one the flash is erased. False and @errp on failure.
 */
bool cfi_flash_realize(CfiFlash *f, DeviceState *dev,
                       uint64_t (*read)(void *opaque, hwaddr addr, unsigned size),
                       void (*write)(void *opaque, hwaddr addr, uint64_t value, unsigned size),
                       Error **errp);

unsigned cfi_flash_num_devices(const CfiFlash *f);

/* Array data of @size bytes at @offset as the bus carries them. */
uint64_t cfi_flash_load(CfiFlash *f, hwaddr offset, unsigned size);

/* The contents, for who accesses them by pointer: a blank chip's are filled in first. */
uint8_t *cfi_flash_storage(CfiFlash *f);
/* Clears the bits that are 0 in @value, as programming does; not yet in the image. */
void cfi_flash_program(CfiFlash *f, hwaddr offset, uint64_t value, unsigned size);
/* Writes what was changed to the image. False if that failed: the guest must be told. */
bool cfi_flash_commit(CfiFlash *f, hwaddr offset, uint64_t len);
/* Erases and commits [offset, offset + len). */
bool cfi_flash_erase(CfiFlash *f, hwaddr offset, uint64_t len);

/* @value (of one chip) on the lanes of all chips, cut to an access of @size bytes at @offset. */
uint64_t cfi_flash_lanes(const CfiFlash *f, uint64_t value, hwaddr offset, unsigned size);
/* The chip's own address of @offset for query and identifier reads. */
uint32_t cfi_flash_query_index(const CfiFlash *f, hwaddr offset);
/* Manufacturer (0) and device code (1). */
uint16_t cfi_flash_ident(const CfiFlash *f, unsigned which);

static inline uint8_t cfi_flash_query(const CfiFlash *f, hwaddr offset)
{
    uint32_t index = cfi_flash_query_index(f, offset);

    return index < CFI_TABLE_SIZE ? f->cfi[index] : 0;
}

/* Reads come straight from the array (true) or from the chips' state machine. */
void cfi_flash_set_array_mode(CfiFlash *f, bool array);

/* The part of the query that does not depend on the vendor. */
typedef struct CfiVendor {
    uint16_t command_set;
    uint8_t vcc_min, vcc_max;         /* BCD volts and tenths */
    uint8_t word_us, buffer_us, block_ms, chip_ms; /* typical times, powers of 2 */
    uint8_t buffer_len;               /* of one chip, power of 2 */
    const uint8_t *primary;           /* vendor table, from "PRI" on */
    size_t primary_len;
} CfiVendor;

void cfi_flash_fill_query(CfiFlash *f, const CfiVendor *vendor);

/* Creates, sets up, realizes and maps one; for the two *_register() functions. */
typedef struct CfiFlashSetup {
    const char *type;
    const char *name;
    hwaddr base;
    hwaddr size;
    BlockBackend *blk;
    uint32_t sector_len;
    int width;
    uint16_t id[4];
    int be;
} CfiFlashSetup;

DeviceState *cfi_flash_create(const CfiFlashSetup *setup);
void cfi_flash_realize_and_map(DeviceState *dev, hwaddr base);

#endif
