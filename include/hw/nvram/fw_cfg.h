/*
 * fw_cfg: what the machine tells its firmware, as numbered items and named files.
 *
 * A board makes the device, adds items and files until the machine starts, and describes the
 * registers to the guest (device tree, ACPI). Two places for the registers:
 *
 *     memory, big-endian      data +0 (8 bytes), selector +8 (2 bytes), DMA address +16 (8 bytes)
 *     I/O ports               selector 510 (little-endian), data 511, DMA address 514 (big-endian)
 *
 * Contents are referred to, not copied, and stay the caller's: they live as long as the device.
 * Everything happens under the big lock.
 *
 * Reference: "QEMU Firmware Configuration (fw_cfg) Device", the public description of the
 * interface; keys as in Linux, include/uapi/linux/qemu_fw_cfg.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_NVRAM_FW_CFG_H
#define HW_NVRAM_FW_CFG_H

#include "core/sysbus.h"

#define TYPE_FW_CFG     "fw_cfg" /* abstract */
#define TYPE_FW_CFG_IO  "fw_cfg_io"
#define TYPE_FW_CFG_MEM "fw_cfg_mem"
OBJECT_DECLARE_SIMPLE_TYPE(FWCfgState, FW_CFG)

/* Keys of items. Those that have FW_CFG_ARCH_LOCAL set are another 16384, the architecture's. */
enum {
    FW_CFG_SIGNATURE = 0x00,
    FW_CFG_ID = 0x01,
    FW_CFG_UUID = 0x02,
    FW_CFG_RAM_SIZE = 0x03,
    FW_CFG_NOGRAPHIC = 0x04,
    FW_CFG_NB_CPUS = 0x05,
    FW_CFG_MACHINE_ID = 0x06,
    FW_CFG_KERNEL_ADDR = 0x07,
    FW_CFG_KERNEL_SIZE = 0x08,
    FW_CFG_KERNEL_CMDLINE = 0x09,
    FW_CFG_INITRD_ADDR = 0x0a,
    FW_CFG_INITRD_SIZE = 0x0b,
    FW_CFG_BOOT_DEVICE = 0x0c,
    FW_CFG_NUMA = 0x0d,
    FW_CFG_BOOT_MENU = 0x0e,
    FW_CFG_MAX_CPUS = 0x0f,
    FW_CFG_KERNEL_ENTRY = 0x10,
    FW_CFG_KERNEL_DATA = 0x11,
    FW_CFG_INITRD_DATA = 0x12,
    FW_CFG_CMDLINE_ADDR = 0x13,
    FW_CFG_CMDLINE_SIZE = 0x14,
    FW_CFG_CMDLINE_DATA = 0x15,
    FW_CFG_SETUP_ADDR = 0x16,
    FW_CFG_SETUP_SIZE = 0x17,
    FW_CFG_SETUP_DATA = 0x18,
    FW_CFG_FILE_DIR = 0x19,
    FW_CFG_FILE_FIRST = 0x20,

    FW_CFG_WRITE_CHANNEL = 0x4000, /* in a selected key: of no effect any more */
    FW_CFG_ARCH_LOCAL = 0x8000,
};

#define FW_CFG_MAX_FILE_PATH     56 /* the NUL included */
#define FW_CFG_FILE_SLOTS_MIN    0x10
#define FW_CFG_FILE_SLOTS_DFLT   0x20

/* Features, in the item FW_CFG_ID. */
enum { FW_CFG_VERSION = 1, FW_CFG_VERSION_DMA = 2 };

/* FW_CFG_…: a DMA request's control word. */
enum {
    FW_CFG_DMA_CTL_ERROR = 0x01,
    FW_CFG_DMA_CTL_READ = 0x02,
    FW_CFG_DMA_CTL_SKIP = 0x04,
    FW_CFG_DMA_CTL_SELECT = 0x08,
    FW_CFG_DMA_CTL_WRITE = 0x10,
};
#define FW_CFG_DMA_SIGNATURE 0x51454d5520434647ull /* "QEMU CFG" */

/* The guest has selected the item, and will read it: fw_cfg_modify_…() may change it now. */
typedef void (*FWCfgCallback)(void *opaque);
/* The guest has written len bytes of the item, from `start` on. */
typedef void (*FWCfgWriteCallback)(void *opaque, off_t start, size_t len);

/* --- making one --- */

/*
 * In memory, mapped: the registers of 2 bytes at ctl_addr and data_width (1 to 8) bytes at
 * data_addr; with dma_as, which DMA requests and their buffers are in, 8 bytes at dma_addr. There
 * is one fw_cfg in a machine. The first form has 1 byte of data and no DMA.
 */
FWCfgState *fw_cfg_init_mem(hwaddr ctl_addr, hwaddr data_addr);
FWCfgState *fw_cfg_init_mem_wide(hwaddr ctl_addr, hwaddr data_addr, uint32_t data_width,
                                 hwaddr dma_addr, AddressSpace *dma_as);
/* In the I/O address space: the selector at iobase, data at iobase + 1. */
FWCfgState *fw_cfg_init_io(uint32_t iobase);
FWCfgState *fw_cfg_init_io_dma(uint32_t iobase, uint32_t dma_iobase, AddressSpace *dma_as);

/* The machine's, NULL if it has none. */
FWCfgState *fw_cfg_find(void);
bool fw_cfg_dma_enabled(void *fw_cfg);

/* --- items --- */

/* A key has one item, which add_…() makes; numbers become little-endian; strings end with a NUL. */
void fw_cfg_add_bytes(FWCfgState *s, uint16_t key, void *data, size_t len);
void fw_cfg_add_string(FWCfgState *s, uint16_t key, const char *value);
void fw_cfg_add_i16(FWCfgState *s, uint16_t key, uint16_t value);
void fw_cfg_add_i32(FWCfgState *s, uint16_t key, uint32_t value);
void fw_cfg_add_i64(FWCfgState *s, uint16_t key, uint64_t value);
/* New contents for an item that is there. */
void fw_cfg_modify_string(FWCfgState *s, uint16_t key, const char *value);
void fw_cfg_modify_i16(FWCfgState *s, uint16_t key, uint16_t value);
void fw_cfg_modify_i32(FWCfgState *s, uint16_t key, uint32_t value);
void fw_cfg_modify_i64(FWCfgState *s, uint16_t key, uint64_t value);

/* --- files --- */

/*
 * Files are items with names. Their keys follow the names' order, from FW_CFG_FILE_FIRST on, so
 * that the same set of files always looks the same; a key is final once the machine runs.
 *
 * While the machine is started: if the user's files have taken the name or all the room, the program
 * ends with an error.
 */
void fw_cfg_add_file(FWCfgState *s, const char *filename, void *data, size_t len);
/*
 * Either callback may be NULL. Without read_only the guest can write `data`, by DMA requests.
 */
void fw_cfg_add_file_callback(FWCfgState *s, const char *filename, FWCfgCallback select_cb,
                              FWCfgWriteCallback write_cb, void *callback_opaque, void *data,
                              size_t len, bool read_only);
/* New contents for a file, which is made if it isn't there. Returns the old ones, or NULL. */
void *fw_cfg_modify_file(FWCfgState *s, const char *filename, void *data, size_t len);

/*
 * A file of the user's: takes `data` over (g_free()), whatever happens. false and *errp: the name
 * is empty, too long or taken, there are too many files, or more than 4 GiB.
 */
bool fw_cfg_add_user_file(FWCfgState *s, const char *filename, void *data, size_t len,
                          Error **errp);

#endif
