/*
 * NOR flash bank with the Intel/Sharp extended command set (CFI 0001).
 *
 * Reference: Intel StrataFlash Embedded Memory (P30) data sheet, "Command Set", "Status Register",
 * "Security Modes" and "Common Flash Interface".
 *
 * Every operation is over when its command has been written: the status register always says
 * ready, so there is never anything to suspend. What it says has been programmed or erased is in
 * the image. Block locks are those of the P30, except that all blocks start unlocked: software
 * that knows no locks works too.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cfi-flash.h"
#include "hw/block/flash.h"
#include "hw/qdev-properties.h"
#include "hw/sysbus.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/block-backend.h"

enum {
    SR_READY = 0x80,
    SR_ERASE_ERROR = 0x20,
    SR_PROGRAM_ERROR = 0x10,
    SR_SEQUENCE_ERROR = SR_ERASE_ERROR | SR_PROGRAM_ERROR,
    SR_LOCKED = 0x02,
};

enum {
    LOCKED = 1,
    LOCKED_DOWN = 2,
};

/* What reads return. */
typedef enum ReadMode {
    READ_ARRAY,
    READ_STATUS,
    READ_ID,
    READ_QUERY,
    READ_MODES
} ReadMode;

/* What the next write is. */
typedef enum Cycle {
    CYCLE_COMMAND,
    CYCLE_PROGRAM_DATA,
    CYCLE_ERASE_CONFIRM,
    CYCLE_LOCK_CONFIRM,
    CYCLE_BUFFER_COUNT,
    CYCLE_BUFFER_DATA,
    CYCLE_BUFFER_CONFIRM,
    CYCLES
} Cycle;

/* Write buffer of one chip, a power of 2. The count of a x8 chip has eight bits. */
#define BUFFER_LEN_X8   8
#define BUFFER_LEN_WIDE 10

#define CONFIRM 0xd0

struct PFlashCFI01 {
    SysBusDevice parent_obj;

    CfiFlash f;
    uint8_t read_mode;
    uint8_t cycle;
    uint8_t status;
    uint8_t *locks; /* one byte per block */

    uint8_t *buffer;
    uint32_t buffer_len;   /* bytes, of the bank */
    uint64_t buffer_start;
    uint32_t buffer_size;  /* bytes that the count announced */
    uint32_t buffer_words; /* still to come */
    uint64_t buffer_block;

    /*
     * Property. False: "clear status register" clears the ready bit, too, until something has been
     * programmed or erased. Firmware for PCs tells a virtual machine's flash chip by that.
     */
    bool ready_when_cleared;
    bool secure; /* property: only secure accesses are commands, others read the array */
};

/* --- states --- */

static void set_read_mode(PFlashCFI01 *s, ReadMode mode)
{
    s->read_mode = mode;
    cfi_flash_set_array_mode(&s->f, mode == READ_ARRAY);
}

/* All operations end here: reads give the status. */
static void finish(PFlashCFI01 *s, uint8_t errors)
{
    s->status |= SR_READY | errors;
    s->cycle = CYCLE_COMMAND;
    set_read_mode(s, READ_STATUS);
}

static void expect(PFlashCFI01 *s, Cycle cycle)
{
    s->cycle = cycle;
    set_read_mode(s, READ_STATUS);
}

static uint64_t block_start(const PFlashCFI01 *s, hwaddr offset)
{
    return offset - offset % s->f.sector_len;
}

static uint8_t block_lock(const PFlashCFI01 *s, hwaddr offset)
{
    return s->f.ro ? LOCKED : s->locks[offset / s->f.sector_len];
}

/* --- reading --- */

static uint64_t read_status(PFlashCFI01 *s, hwaddr offset, unsigned size)
{
    return cfi_flash_lanes(&s->f, s->status, offset, size);
}

static uint64_t read_query(PFlashCFI01 *s, hwaddr offset, unsigned size)
{
    return cfi_flash_lanes(&s->f, cfi_flash_query(&s->f, offset), offset, size);
}

/* Identifier plane: manufacturer and device code anywhere, the lock status of the block at +2. */
static uint64_t read_id(PFlashCFI01 *s, hwaddr offset, unsigned size)
{
    uint32_t index = cfi_flash_query_index(&s->f, offset - block_start(s, offset));
    uint16_t value = 0;

    if (index < 2) {
        value = cfi_flash_ident(&s->f, index);
    } else if (index == 2) {
        value = block_lock(s, offset);
    }
    return cfi_flash_lanes(&s->f, value, offset, size);
}

static uint64_t read_array(PFlashCFI01 *s, hwaddr offset, unsigned size)
{
    return cfi_flash_load(&s->f, offset, size);
}

static uint64_t pflash_read(void *opaque, hwaddr offset, unsigned size)
{
    static uint64_t (*const readers[READ_MODES])(PFlashCFI01 *s, hwaddr offset, unsigned size) = {
        [READ_ARRAY] = read_array,
        [READ_STATUS] = read_status,
        [READ_ID] = read_id,
        [READ_QUERY] = read_query,
    };
    PFlashCFI01 *s = opaque;

    return readers[s->read_mode](s, offset, size);
}

/* --- commands --- */

static void command_read_array(PFlashCFI01 *s, hwaddr offset)
{
    set_read_mode(s, READ_ARRAY);
}

static void command_read_status(PFlashCFI01 *s, hwaddr offset)
{
    set_read_mode(s, READ_STATUS);
}

static void command_read_id(PFlashCFI01 *s, hwaddr offset)
{
    set_read_mode(s, READ_ID);
}

static void command_query(PFlashCFI01 *s, hwaddr offset)
{
    set_read_mode(s, READ_QUERY);
}

static void command_clear_status(PFlashCFI01 *s, hwaddr offset)
{
    s->status = s->ready_when_cleared ? SR_READY : 0;
}

static void command_program(PFlashCFI01 *s, hwaddr offset)
{
    expect(s, CYCLE_PROGRAM_DATA);
}

static void command_erase(PFlashCFI01 *s, hwaddr offset)
{
    expect(s, CYCLE_ERASE_CONFIRM);
}

static void command_lock(PFlashCFI01 *s, hwaddr offset)
{
    expect(s, CYCLE_LOCK_CONFIRM);
}

static void command_buffer(PFlashCFI01 *s, hwaddr offset)
{
    s->buffer_block = block_start(s, offset);
    expect(s, CYCLE_BUFFER_COUNT);
}

typedef struct FlashCommand {
    uint8_t code;
    void (*run)(PFlashCFI01 *s, hwaddr offset);
} FlashCommand;

static const FlashCommand commands[] = {
    { 0xff, command_read_array },
    { 0xf0, command_read_array },   /* the AMD reset that probing software sends as well */
    { 0x70, command_read_status },
    { 0xe8, command_buffer },
    { 0x40, command_program },
    { 0x10, command_program },
    { 0x20, command_erase },
    { 0x50, command_clear_status },
    { 0x60, command_lock },
    { 0x90, command_read_id },
    { 0x98, command_query },
    { 0xb0, command_read_status },  /* suspend: nothing is running */
    { 0xd0, command_read_status },  /* resume: nothing was suspended */
};

static void cycle_command(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (commands[i].code == (value & 0xff)) {
            commands[i].run(s, offset);
            return;
        }
    }
    qemu_log_dev(LOG_GUEST_ERROR, s->f.name, NULL, "unknown flash command 0x%02x",
                 (unsigned)(value & 0xff));
    set_read_mode(s, READ_ARRAY);
}

/* --- second and later cycles --- */

static void cycle_program_data(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if (block_lock(s, offset)) {
        finish(s, SR_PROGRAM_ERROR | SR_LOCKED);
        return;
    }
    cfi_flash_program(&s->f, offset, value, size);
    finish(s, cfi_flash_commit(&s->f, offset, size) ? 0 : SR_PROGRAM_ERROR);
}

static void cycle_erase_confirm(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if ((value & 0xff) != CONFIRM) {
        finish(s, SR_SEQUENCE_ERROR);
    } else if (block_lock(s, offset)) {
        finish(s, SR_ERASE_ERROR | SR_LOCKED);
    } else {
        bool ok = cfi_flash_erase(&s->f, block_start(s, offset), s->f.sector_len);

        finish(s, ok ? 0 : SR_ERASE_ERROR);
    }
}

/* WP# is taken as asserted: a block that is locked down stays locked until reset. */
static void cycle_lock_confirm(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    uint8_t *lock = &s->locks[offset / s->f.sector_len];

    switch (value & 0xff) {
    case 0x01:
        *lock |= LOCKED;
        break;
    case CONFIRM:
        *lock &= *lock & LOCKED_DOWN ? ~0 : ~LOCKED;
        break;
    case 0x2f:
        *lock |= LOCKED | LOCKED_DOWN;
        break;
    case 0x03: /* read configuration register: how the burst bus is clocked */
        break;
    default:
        finish(s, SR_SEQUENCE_ERROR);
        return;
    }
    finish(s, 0);
}

static void cycle_buffer_count(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    uint64_t words = (value & MAKE_64BIT_MASK(0, 8 * s->f.device_width)) + 1;

    if (words * s->f.bank_width > s->buffer_len) {
        qemu_log_dev(LOG_GUEST_ERROR, s->f.name, NULL,
                     "write of %" PRIu64 " words to a buffer of %u", words,
                     s->buffer_len / s->f.bank_width);
        finish(s, SR_SEQUENCE_ERROR);
        return;
    }
    memset(s->buffer, 0xff, s->buffer_len);
    s->buffer_words = words;
    s->buffer_size = words * s->f.bank_width;
    s->buffer_start = HWADDR_MAX;
    s->cycle = CYCLE_BUFFER_DATA;
}

/* The first address is the start; the others lie within the announced length, in the same block. */
static void cycle_buffer_data(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if (s->buffer_start == HWADDR_MAX) {
        s->buffer_start = offset;
    }
    if (offset < s->buffer_start || offset + size > s->buffer_start + s->buffer_size ||
        s->buffer_start < s->buffer_block ||
        s->buffer_start + s->buffer_size > s->buffer_block + s->f.sector_len) {
        finish(s, SR_SEQUENCE_ERROR);
        return;
    }
    for (unsigned i = 0; i < size; i++) {
        s->buffer[offset - s->buffer_start + i] =
            value >> 8 * (s->f.big_endian ? size - 1 - i : i);
    }
    if (--s->buffer_words == 0) {
        s->cycle = CYCLE_BUFFER_CONFIRM;
    }
}

static void cycle_buffer_confirm(PFlashCFI01 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if ((value & 0xff) != CONFIRM) {
        finish(s, SR_SEQUENCE_ERROR);
        return;
    }
    if (block_lock(s, s->buffer_block)) {
        finish(s, SR_PROGRAM_ERROR | SR_LOCKED);
        return;
    }
    for (uint32_t i = 0; i < s->buffer_size; i++) {
        cfi_flash_program(&s->f, s->buffer_start + i, s->buffer[i], 1);
    }
    bool ok = cfi_flash_commit(&s->f, s->buffer_start, s->buffer_size);

    finish(s, ok ? 0 : SR_PROGRAM_ERROR);
}

static void pflash_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    static void (*const cycles[CYCLES])(PFlashCFI01 *s, hwaddr offset, uint64_t value,
                                        unsigned size) = {
        [CYCLE_COMMAND] = cycle_command,
        [CYCLE_PROGRAM_DATA] = cycle_program_data,
        [CYCLE_ERASE_CONFIRM] = cycle_erase_confirm,
        [CYCLE_LOCK_CONFIRM] = cycle_lock_confirm,
        [CYCLE_BUFFER_COUNT] = cycle_buffer_count,
        [CYCLE_BUFFER_DATA] = cycle_buffer_data,
        [CYCLE_BUFFER_CONFIRM] = cycle_buffer_confirm,
    };
    PFlashCFI01 *s = opaque;

    cycles[s->cycle](s, offset, value, size);
}

/* --- behind a chipset that lets commands of secure accesses through only --- */

static MemTxResult secure_read(void *opaque, hwaddr offset, uint64_t *value, unsigned size,
                               MemTxAttrs attrs)
{
    *value = attrs.secure ? pflash_read(opaque, offset, size) : read_array(opaque, offset, size);
    return MEMTX_OK;
}

static MemTxResult secure_write(void *opaque, hwaddr offset, uint64_t value, unsigned size,
                                MemTxAttrs attrs)
{
    if (!attrs.secure) {
        return MEMTX_ACCESS_ERROR;
    }
    pflash_write(opaque, offset, value, size);
    return MEMTX_OK;
}

/* --- the device --- */

/* The vendor table: individual block locking; suspend is offered, and over before it can begin. */
static const uint8_t primary_table[] = {
    'P', 'R', 'I', '1', '0',
    0x20, 0x00, 0x00, 0x00, /* features: bit 5, instant individual block locking */
    0x00,                   /* functions after suspend */
    0x03, 0x00,             /* block status register: locked, locked down */
    0x18,                   /* best Vcc, 1.8 V */
    0x00,                   /* best Vpp */
    0x00,                   /* protection register fields */
};

static void fill_query(PFlashCFI01 *s)
{
    CfiVendor vendor = {
        .command_set = 0x0001,
        .vcc_min = 0x17,
        .vcc_max = 0x36,
        .word_us = 7,
        .buffer_us = 9,
        .block_ms = 1,
        .buffer_len = s->f.device_width == 1 ? BUFFER_LEN_X8 : BUFFER_LEN_WIDE,
        .primary = primary_table,
        .primary_len = sizeof(primary_table),
    };

    cfi_flash_fill_query(&s->f, &vendor);
    s->buffer_len = cfi_flash_num_devices(&s->f) << vendor.buffer_len;
}

static void pflash_reset(DeviceState *dev)
{
    PFlashCFI01 *s = PFLASH_CFI01(dev);

    s->status = SR_READY;
    s->cycle = CYCLE_COMMAND;
    s->buffer_words = 0;
    memset(s->locks, 0, s->f.nb_blocks);
    set_read_mode(s, READ_ARRAY);
}

static void pflash_realize(DeviceState *dev, Error **errp)
{
    PFlashCFI01 *s = PFLASH_CFI01(dev);

    if (!cfi_flash_realize(&s->f, dev, pflash_read, pflash_write, errp)) {
        return;
    }
    if (s->secure) {
        s->f.ops.read = NULL;
        s->f.ops.write = NULL;
        s->f.ops.read_with_attrs = secure_read;
        s->f.ops.write_with_attrs = secure_write;
    }
    fill_query(s);
    s->locks = g_malloc0(s->f.nb_blocks);
    s->buffer = g_malloc0(s->buffer_len);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), &s->f.mem);
    pflash_reset(dev);
}

static void pflash_unrealize(DeviceState *dev)
{
    PFlashCFI01 *s = PFLASH_CFI01(dev);

    g_free(s->locks);
    g_free(s->buffer);
    s->locks = s->buffer = NULL;
}

static int pflash_post_load(void *opaque, int version_id)
{
    PFlashCFI01 *s = opaque;

    if (s->read_mode >= READ_MODES || s->cycle >= CYCLES || s->buffer_size > s->buffer_len ||
        (s->cycle == CYCLE_BUFFER_DATA && !s->buffer_words) ||
        (s->cycle == CYCLE_BUFFER_CONFIRM &&
         (s->buffer_start > s->f.size || s->buffer_size > s->f.size - s->buffer_start ||
          s->buffer_block >= s->f.size))) {
        return -EINVAL;
    }
    cfi_flash_set_array_mode(&s->f, s->read_mode == READ_ARRAY);
    if (!s->f.ro) {
        cfi_flash_commit(&s->f, 0, s->f.size); /* the image follows the snapshot */
    }
    return 0;
}

static const VMStateDescription vmstate_pflash = {
    .name = TYPE_PFLASH_CFI01,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pflash_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(read_mode, PFlashCFI01),
        VMSTATE_UINT8(cycle, PFlashCFI01),
        VMSTATE_UINT8(status, PFlashCFI01),
        VMSTATE_VBUFFER_UINT32(locks, PFlashCFI01, 0, NULL, f.nb_blocks),
        VMSTATE_VBUFFER_UINT32(buffer, PFlashCFI01, 0, NULL, buffer_len),
        VMSTATE_UINT64(buffer_start, PFlashCFI01),
        VMSTATE_UINT32(buffer_size, PFlashCFI01),
        VMSTATE_UINT32(buffer_words, PFlashCFI01),
        VMSTATE_UINT64(buffer_block, PFlashCFI01),
        VMSTATE_END_OF_LIST()
    },
};

static Property pflash_properties[] = {
    DEFINE_CFI_FLASH_PROPERTIES(PFlashCFI01, f),
    DEFINE_PROP_BOOL("ready-when-cleared", PFlashCFI01, ready_when_cleared, true),
    DEFINE_PROP_BOOL("secure", PFlashCFI01, secure, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void pflash_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "NOR flash, Intel command set";
    dc->realize = pflash_realize;
    dc->unrealize = pflash_unrealize;
    dc->reset = pflash_reset;
    dc->vmsd = &vmstate_pflash;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, pflash_properties);
}

static const TypeInfo pflash_type = {
    .name = TYPE_PFLASH_CFI01,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(PFlashCFI01),
    .class_init = pflash_class_init,
};

static void pflash_register_types(void)
{
    type_register_static(&pflash_type);
}

type_init(pflash_register_types)

/* --- for boards --- */

PFlashCFI01 *pflash_cfi01_register(hwaddr base, const char *name, hwaddr size, BlockBackend *blk,
                                   uint32_t sector_len, int width, uint16_t id0, uint16_t id1,
                                   uint16_t id2, uint16_t id3, int be)
{
    CfiFlashSetup setup = {
        .type = TYPE_PFLASH_CFI01, .name = name, .base = base, .size = size, .blk = blk,
        .sector_len = sector_len, .width = width, .id = { id0, id1, id2, id3 }, .be = be,
    };
    DeviceState *dev = cfi_flash_create(&setup);

    cfi_flash_realize_and_map(dev, base);
    return PFLASH_CFI01(dev);
}

BlockBackend *pflash_cfi01_get_blk(PFlashCFI01 *fl)
{
    return fl->f.blk;
}

MemoryRegion *pflash_cfi01_get_memory(PFlashCFI01 *fl)
{
    return &fl->f.mem;
}

void pflash_cfi01_legacy_drive(PFlashCFI01 *fl, DriveInfo *dinfo)
{
    if (dinfo) {
        qdev_prop_set_drive(DEVICE(fl), "drive", blk_by_legacy_dinfo(dinfo));
    }
}
