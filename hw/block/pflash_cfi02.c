/*
 * NOR flash bank with the AMD/Fujitsu standard command set (CFI 0002).
 *
 * Reference: Spansion S29GL-P MirrorBit Flash data sheet, "Command Definitions" and "Write
 * Operation Status".
 *
 * Programming is over when its command has been written. Erasing takes a while of guest time:
 * first the window in which more sectors may be named, then the erasure, which can be suspended;
 * meanwhile reads give toggling status bits. The image changes when the erasure is over, before
 * reads say so.
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
#include "qemu/timer.h"

enum {
    DQ7_DATA = 0x80,
    DQ6_TOGGLE = 0x40,
    DQ5_FAILED = 0x20,
    DQ3_ERASING = 0x08,
    DQ2_TOGGLE = 0x04,
    DQ1_ABORTED = 0x02,
};

typedef enum ReadMode {
    READ_ARRAY,
    READ_ID,
    READ_QUERY,
    READ_MODES
} ReadMode;

/* What the next write is. */
typedef enum Cycle {
    CYCLE_COMMAND,
    CYCLE_UNLOCK2,
    CYCLE_UNLOCKED,
    CYCLE_PROGRAM_DATA,
    CYCLE_ERASE_UNLOCK1,
    CYCLE_ERASE_UNLOCK2,
    CYCLE_ERASE_COMMAND,
    CYCLE_BUFFER_COUNT,
    CYCLE_BUFFER_DATA,
    CYCLE_BUFFER_CONFIRM,
    CYCLE_BYPASS_RESET,
    CYCLES
} Cycle;

typedef enum EraseState {
    ERASE_IDLE,
    ERASE_WINDOW,    /* more sectors may be named */
    ERASE_RUNNING,
    ERASE_SUSPENDED,
    ERASE_STATES
} EraseState;

#define ERASE_WINDOW_NS (50 * 1000)
#define ERASE_SECTOR_NS (500 * 1000)
#define ERASE_MAX_NS    (20 * 1000 * 1000)

/* Write buffer of one chip, a power of 2. */
#define BUFFER_LEN_X8   8
#define BUFFER_LEN_WIDE 9

#define UNLOCK_ADDRESS_MASK 0x7ff

struct PFlashCFI02 {
    SysBusDevice parent_obj;

    CfiFlash f;
    MemoryRegion mirrors; /* f.mem, `mappings` times */
    MemoryRegion *mirror;
    uint8_t mappings;
    uint16_t unlock_addr0;
    uint16_t unlock_addr1;

    uint8_t read_mode;
    uint8_t cycle;
    bool bypass;
    uint8_t failed;  /* DQ5 or DQ1: status until a reset command */
    uint8_t toggles; /* DQ6 and DQ2 as last read */

    uint8_t erase_state;
    uint8_t *erase_map; /* one byte per sector: named for erasure */
    int64_t erase_left; /* ns, while suspended */
    QEMUTimer *erase_timer;

    uint8_t *buffer;
    uint32_t buffer_len;
    uint64_t buffer_sector;
    uint64_t buffer_page;
    uint32_t buffer_words;
};

/* --- reading --- */

static bool in_erasure(const PFlashCFI02 *s, hwaddr offset)
{
    return s->erase_map[offset / s->f.sector_len];
}

static void update_array_mode(PFlashCFI02 *s)
{
    cfi_flash_set_array_mode(&s->f, s->read_mode == READ_ARRAY && !s->failed &&
                                    s->erase_state == ERASE_IDLE);
}

static void set_read_mode(PFlashCFI02 *s, ReadMode mode)
{
    s->read_mode = mode;
    update_array_mode(s);
}

/* DQ6 toggles as long as an operation runs, DQ2 when a sector being erased is read. */
static uint64_t read_status(PFlashCFI02 *s, hwaddr offset, unsigned size)
{
    bool erasing = s->erase_state != ERASE_IDLE && in_erasure(s, offset);
    uint8_t status;

    if (s->erase_state != ERASE_SUSPENDED || s->failed) {
        s->toggles ^= DQ6_TOGGLE;
    }
    if (erasing) {
        s->toggles ^= DQ2_TOGGLE;
    }
    status = s->toggles | s->failed;
    if (s->failed) {
        status |= ~cfi_flash_storage(&s->f)[offset] & DQ7_DATA;
    } else if (s->erase_state == ERASE_SUSPENDED) {
        status |= DQ7_DATA;
    } else if (s->erase_state == ERASE_RUNNING) {
        status |= DQ3_ERASING;
    }
    return cfi_flash_lanes(&s->f, status, offset, size);
}

static uint64_t read_id(PFlashCFI02 *s, hwaddr offset, unsigned size)
{
    uint32_t index = cfi_flash_query_index(&s->f, offset) & 0xff;
    uint16_t value = 0; /* +2, sector protection: none */

    if (index < 2) {
        value = cfi_flash_ident(&s->f, index);
    } else if ((index == 0x0e || index == 0x0f) && !s->f.ids_paired) {
        value = s->f.id[index - 0x0e + 2];
    }
    return cfi_flash_lanes(&s->f, value, offset, size);
}

static uint64_t pflash_read(void *opaque, hwaddr offset, unsigned size)
{
    PFlashCFI02 *s = opaque;

    if (s->failed || s->erase_state == ERASE_WINDOW || s->erase_state == ERASE_RUNNING ||
        (s->erase_state == ERASE_SUSPENDED && in_erasure(s, offset))) {
        return read_status(s, offset, size);
    }
    if (s->read_mode == READ_ID) {
        return read_id(s, offset, size);
    }
    if (s->read_mode == READ_QUERY) {
        return cfi_flash_lanes(&s->f, cfi_flash_query(&s->f, offset), offset, size);
    }
    return cfi_flash_load(&s->f, offset, size);
}

/* --- erasing --- */

static int64_t now_ns(void)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
}

static void erase_end(PFlashCFI02 *s)
{
    memset(s->erase_map, 0, s->f.nb_blocks);
    s->erase_state = ERASE_IDLE;
    timer_del(s->erase_timer);
    update_array_mode(s);
}

static void erase_run(PFlashCFI02 *s, int64_t now)
{
    int64_t sectors = 0;

    for (uint32_t i = 0; i < s->f.nb_blocks; i++) {
        sectors += s->erase_map[i];
    }
    s->erase_state = ERASE_RUNNING;
    timer_mod(s->erase_timer, now + MIN(sectors * ERASE_SECTOR_NS, ERASE_MAX_NS));
}

static void erase_timer_expired(void *opaque)
{
    PFlashCFI02 *s = opaque;

    if (s->erase_state == ERASE_WINDOW) {
        erase_run(s, now_ns());
    } else if (s->erase_state == ERASE_RUNNING) {
        for (uint32_t i = 0; i < s->f.nb_blocks; i++) {
            if (s->erase_map[i] &&
                !cfi_flash_erase(&s->f, i * s->f.sector_len, s->f.sector_len)) {
                s->failed = DQ5_FAILED;
            }
        }
        erase_end(s);
    }
}

static void erase_suspend(PFlashCFI02 *s)
{
    int64_t now = now_ns();

    if (s->erase_state == ERASE_WINDOW) {
        erase_run(s, now); /* suspending closes the window */
    }
    s->erase_left = timer_expire_time_ns(s->erase_timer) - now;
    s->erase_state = ERASE_SUSPENDED;
    timer_del(s->erase_timer);
}

static void erase_resume(PFlashCFI02 *s)
{
    s->erase_state = ERASE_RUNNING;
    timer_mod(s->erase_timer, now_ns() + MAX(s->erase_left, 0));
}

static bool refuse_read_only(PFlashCFI02 *s, const char *what)
{
    if (s->f.ro) {
        qemu_log_dev(LOG_GUEST_ERROR, s->f.name, NULL, "%s ignored: the flash is write-protected",
                     what);
    }
    return s->f.ro;
}

static void erase_sector(PFlashCFI02 *s, hwaddr offset)
{
    if (refuse_read_only(s, "sector erase") || s->erase_state == ERASE_SUSPENDED) {
        return;
    }
    s->erase_map[offset / s->f.sector_len] = 1;
    s->erase_state = ERASE_WINDOW;
    timer_mod(s->erase_timer, now_ns() + ERASE_WINDOW_NS);
    set_read_mode(s, READ_ARRAY);
}

static void erase_chip(PFlashCFI02 *s)
{
    if (refuse_read_only(s, "chip erase") || s->erase_state == ERASE_SUSPENDED) {
        return;
    }
    memset(s->erase_map, 1, s->f.nb_blocks);
    erase_run(s, now_ns());
    set_read_mode(s, READ_ARRAY);
}

/* Writes while an erasure runs: more sectors, suspend; all else is ignored, or ends the window. */
static void write_while_erasing(PFlashCFI02 *s, hwaddr offset, uint8_t command)
{
    if (command == 0xb0) {
        erase_suspend(s);
    } else if (s->erase_state == ERASE_WINDOW) {
        if (command == 0x30) {
            erase_sector(s, offset);
        } else {
            erase_end(s);
        }
    }
}

/* --- programming --- */

static bool can_program(PFlashCFI02 *s, hwaddr offset)
{
    if (s->erase_state == ERASE_SUSPENDED && in_erasure(s, offset)) {
        qemu_log_dev(LOG_GUEST_ERROR, s->f.name, NULL,
                     "program at 0x%" PRIx64 " in a sector whose erasure is suspended", offset);
        return false;
    }
    return !refuse_read_only(s, "program");
}

static void cycle_program_data(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    s->cycle = CYCLE_COMMAND;
    if (!can_program(s, offset)) {
        return;
    }
    cfi_flash_program(&s->f, offset, value, size);
    if (!cfi_flash_commit(&s->f, offset, size)) {
        s->failed = DQ5_FAILED;
        update_array_mode(s);
    }
}

static void buffer_abort(PFlashCFI02 *s)
{
    qemu_log_dev(LOG_GUEST_ERROR, s->f.name, NULL, "write buffer sequence aborted");
    s->cycle = CYCLE_COMMAND;
    s->failed = DQ1_ABORTED;
    update_array_mode(s);
}

static void cycle_buffer_count(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    uint64_t words = (value & MAKE_64BIT_MASK(0, 8 * s->f.device_width)) + 1;

    if (words * s->f.bank_width > s->buffer_len ||
        offset / s->f.sector_len != s->buffer_sector) {
        buffer_abort(s);
        return;
    }
    memset(s->buffer, 0xff, s->buffer_len);
    s->buffer_words = words;
    s->buffer_page = HWADDR_MAX;
    s->cycle = CYCLE_BUFFER_DATA;
}

static void cycle_buffer_data(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    hwaddr page = offset - offset % s->buffer_len;

    if (s->buffer_page == HWADDR_MAX) {
        s->buffer_page = page;
    }
    if (page != s->buffer_page || page / s->f.sector_len != s->buffer_sector) {
        buffer_abort(s);
        return;
    }
    for (unsigned i = 0; i < size && offset - page + i < s->buffer_len; i++) {
        s->buffer[offset - page + i] = value >> 8 * (s->f.big_endian ? size - 1 - i : i);
    }
    if (--s->buffer_words == 0) {
        s->cycle = CYCLE_BUFFER_CONFIRM;
    }
}

static void cycle_buffer_confirm(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if ((value & 0xff) != 0x29 || offset / s->f.sector_len != s->buffer_sector) {
        buffer_abort(s);
        return;
    }
    s->cycle = CYCLE_COMMAND;
    if (!can_program(s, s->buffer_page)) {
        return;
    }
    for (uint32_t i = 0; i < s->buffer_len; i++) {
        cfi_flash_program(&s->f, s->buffer_page + i, s->buffer[i], 1);
    }
    if (!cfi_flash_commit(&s->f, s->buffer_page, s->buffer_len)) {
        s->failed = DQ5_FAILED;
        update_array_mode(s);
    }
}

/* --- commands --- */

static void command_reset(PFlashCFI02 *s, hwaddr offset)
{
    s->failed = 0;
    set_read_mode(s, READ_ARRAY);
}

static void command_autoselect(PFlashCFI02 *s, hwaddr offset)
{
    set_read_mode(s, READ_ID);
}

static void command_query(PFlashCFI02 *s, hwaddr offset)
{
    set_read_mode(s, READ_QUERY);
}

static void command_program(PFlashCFI02 *s, hwaddr offset)
{
    set_read_mode(s, READ_ARRAY);
    s->cycle = CYCLE_PROGRAM_DATA;
}

static void command_buffer(PFlashCFI02 *s, hwaddr offset)
{
    set_read_mode(s, READ_ARRAY);
    s->buffer_sector = offset / s->f.sector_len;
    s->cycle = CYCLE_BUFFER_COUNT;
}

static void command_erase_setup(PFlashCFI02 *s, hwaddr offset)
{
    s->cycle = CYCLE_ERASE_UNLOCK1;
}

static void command_bypass(PFlashCFI02 *s, hwaddr offset)
{
    s->bypass = true;
}

static void command_bypass_reset(PFlashCFI02 *s, hwaddr offset)
{
    s->cycle = CYCLE_BYPASS_RESET;
}

static void command_resume(PFlashCFI02 *s, hwaddr offset)
{
    if (s->erase_state == ERASE_SUSPENDED) {
        erase_resume(s);
    }
}

static void command_nothing(PFlashCFI02 *s, hwaddr offset)
{
}

typedef struct FlashCommand {
    uint8_t code;
    void (*run)(PFlashCFI02 *s, hwaddr offset);
} FlashCommand;

static const FlashCommand plain_commands[] = {
    { 0xf0, command_reset },
    { 0xff, command_reset }, /* the Intel reset that probing software sends as well */
    { 0x98, command_query },
    { 0x30, command_resume },
    { 0xb0, command_nothing }, /* suspend, and nothing is running */
    { }
};

static const FlashCommand unlocked_commands[] = {
    { 0xa0, command_program },
    { 0x25, command_buffer },
    { 0x80, command_erase_setup },
    { 0x90, command_autoselect },
    { 0x20, command_bypass },
    { 0xf0, command_reset },
    { }
};

static const FlashCommand bypass_commands[] = {
    { 0xa0, command_program },
    { 0x25, command_buffer },
    { 0x90, command_bypass_reset },
    { 0xf0, command_reset },
    { }
};

static void run_command(PFlashCFI02 *s, const FlashCommand *table, hwaddr offset, uint8_t code)
{
    s->cycle = CYCLE_COMMAND;
    for (; table->run; table++) {
        if (table->code == code) {
            table->run(s, offset);
            return;
        }
    }
    qemu_log_dev(LOG_GUEST_ERROR, s->f.name, NULL, "unknown flash command 0x%02x", code);
    set_read_mode(s, READ_ARRAY);
}

static bool is_unlock(const PFlashCFI02 *s, hwaddr offset, uint8_t value, bool second)
{
    uint32_t address = second ? s->unlock_addr1 : s->unlock_addr0;

    return value == (second ? 0x55 : 0xaa) &&
           ((cfi_flash_query_index(&s->f, offset) ^ address) & UNLOCK_ADDRESS_MASK) == 0;
}

static void cycle_command(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if (!s->bypass && is_unlock(s, offset, value, false)) {
        s->cycle = CYCLE_UNLOCK2;
    } else if (!s->failed) {
        run_command(s, s->bypass ? bypass_commands : plain_commands, offset, value);
    } else if ((value & 0xff) == 0xf0 && s->failed == DQ5_FAILED) {
        command_reset(s, offset);
    }
}

static void expect_unlock(PFlashCFI02 *s, hwaddr offset, uint64_t value, bool second, Cycle next)
{
    if (is_unlock(s, offset, value, second)) {
        s->cycle = next;
    } else {
        run_command(s, plain_commands, offset, value);
    }
}

static void cycle_unlock2(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    expect_unlock(s, offset, value, true, CYCLE_UNLOCKED);
}

static void cycle_unlocked(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    if (s->failed && (value & 0xff) != 0xf0) {
        s->cycle = CYCLE_COMMAND; /* an aborted buffer write waits for its reset */
        return;
    }
    run_command(s, unlocked_commands, offset, value);
}

static void cycle_erase_unlock1(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    expect_unlock(s, offset, value, false, CYCLE_ERASE_UNLOCK2);
}

static void cycle_erase_unlock2(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    expect_unlock(s, offset, value, true, CYCLE_ERASE_COMMAND);
}

static void cycle_erase_command(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    s->cycle = CYCLE_COMMAND;
    if ((value & 0xff) == 0x30) {
        erase_sector(s, offset);
    } else if ((value & 0xff) == 0x10) {
        erase_chip(s);
    } else {
        run_command(s, plain_commands, offset, value);
    }
}

static void cycle_bypass_reset(PFlashCFI02 *s, hwaddr offset, uint64_t value, unsigned size)
{
    s->cycle = CYCLE_COMMAND;
    s->bypass = false;
}

static void pflash_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    static void (*const cycles[CYCLES])(PFlashCFI02 *s, hwaddr offset, uint64_t value,
                                        unsigned size) = {
        [CYCLE_COMMAND] = cycle_command,
        [CYCLE_UNLOCK2] = cycle_unlock2,
        [CYCLE_UNLOCKED] = cycle_unlocked,
        [CYCLE_PROGRAM_DATA] = cycle_program_data,
        [CYCLE_ERASE_UNLOCK1] = cycle_erase_unlock1,
        [CYCLE_ERASE_UNLOCK2] = cycle_erase_unlock2,
        [CYCLE_ERASE_COMMAND] = cycle_erase_command,
        [CYCLE_BUFFER_COUNT] = cycle_buffer_count,
        [CYCLE_BUFFER_DATA] = cycle_buffer_data,
        [CYCLE_BUFFER_CONFIRM] = cycle_buffer_confirm,
        [CYCLE_BYPASS_RESET] = cycle_bypass_reset,
    };
    PFlashCFI02 *s = opaque;

    if (s->erase_state == ERASE_WINDOW || s->erase_state == ERASE_RUNNING) {
        write_while_erasing(s, offset, value);
    } else {
        cycles[s->cycle](s, offset, value, size);
    }
}

/* --- the device --- */

static const uint8_t primary_table[] = {
    'P', 'R', 'I', '1', '1',
    0x00, /* unlock addresses are required */
    0x02, /* erase suspend: to read and to program */
    0x00, /* sectors per protection group: none */
    0x00, /* temporary unprotect */
    0x00, /* protect scheme */
    0x00, /* simultaneous operation */
    0x00, /* burst mode */
    0x00, /* page mode */
    0x00, 0x00, /* acceleration supply */
    0x04, /* uniform sectors, WP# protects the lowest */
};

static void fill_query(PFlashCFI02 *s)
{
    CfiVendor vendor = {
        .command_set = 0x0002,
        .vcc_min = 0x27,
        .vcc_max = 0x36,
        .word_us = 6,
        .buffer_us = 6,
        .block_ms = 1,
        .chip_ms = 5,
        .buffer_len = s->f.device_width == 1 ? BUFFER_LEN_X8 : BUFFER_LEN_WIDE,
        .primary = primary_table,
        .primary_len = sizeof(primary_table),
    };

    cfi_flash_fill_query(&s->f, &vendor);
    s->buffer_len = cfi_flash_num_devices(&s->f) << vendor.buffer_len;
}

static void pflash_reset(DeviceState *dev)
{
    PFlashCFI02 *s = PFLASH_CFI02(dev);

    s->cycle = CYCLE_COMMAND;
    s->bypass = false;
    s->failed = 0;
    s->toggles = 0;
    s->buffer_words = 0;
    s->read_mode = READ_ARRAY;
    erase_end(s);
}

static MemoryRegion *make_mirrors(PFlashCFI02 *s)
{
    if (s->mappings <= 1) {
        return &s->f.mem;
    }
    memory_region_init(&s->mirrors, OBJECT(s), "pflash-mirrors", s->f.size * s->mappings);
    s->mirror = g_new0(MemoryRegion, s->mappings);
    for (unsigned i = 0; i < s->mappings; i++) {
        memory_region_init_alias(&s->mirror[i], OBJECT(s), "pflash-mirror", &s->f.mem, 0,
                                 s->f.size);
        memory_region_add_subregion(&s->mirrors, i * s->f.size, &s->mirror[i]);
    }
    return &s->mirrors;
}

static void pflash_realize(DeviceState *dev, Error **errp)
{
    PFlashCFI02 *s = PFLASH_CFI02(dev);

    if (!cfi_flash_realize(&s->f, dev, pflash_read, pflash_write, errp)) {
        return;
    }
    fill_query(s);
    if (s->f.sector_len < s->buffer_len) {
        error_setg(errp, "flash '%s': sector-length is %" PRIu64 ", expected at least %u", s->f.name,
                   s->f.sector_len, s->buffer_len);
        return;
    }
    s->erase_map = g_malloc0(s->f.nb_blocks);
    s->buffer = g_malloc0(s->buffer_len);
    s->erase_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, erase_timer_expired, s);
    sysbus_init_mmio(SYS_BUS_DEVICE(dev), make_mirrors(s));
    pflash_reset(dev);
}

static void pflash_unrealize(DeviceState *dev)
{
    PFlashCFI02 *s = PFLASH_CFI02(dev);

    timer_free(s->erase_timer);
    g_free(s->erase_map);
    g_free(s->buffer);
    s->erase_timer = NULL;
    s->erase_map = s->buffer = NULL;
}

static int pflash_post_load(void *opaque, int version_id)
{
    PFlashCFI02 *s = opaque;

    if (s->read_mode >= READ_MODES || s->cycle >= CYCLES || s->erase_state >= ERASE_STATES ||
        (s->cycle == CYCLE_BUFFER_DATA && !s->buffer_words) ||
        (s->cycle == CYCLE_BUFFER_CONFIRM &&
         (s->buffer_page >= s->f.size || s->buffer_page % s->buffer_len))) {
        return -EINVAL;
    }
    update_array_mode(s);
    if (!s->f.ro) {
        cfi_flash_commit(&s->f, 0, s->f.size); /* the image follows the snapshot */
    }
    return 0;
}

static const VMStateDescription vmstate_pflash = {
    .name = TYPE_PFLASH_CFI02,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pflash_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(read_mode, PFlashCFI02),
        VMSTATE_UINT8(cycle, PFlashCFI02),
        VMSTATE_BOOL(bypass, PFlashCFI02),
        VMSTATE_UINT8(failed, PFlashCFI02),
        VMSTATE_UINT8(toggles, PFlashCFI02),
        VMSTATE_UINT8(erase_state, PFlashCFI02),
        VMSTATE_VBUFFER_UINT32(erase_map, PFlashCFI02, 0, NULL, f.nb_blocks),
        VMSTATE_INT64(erase_left, PFlashCFI02),
        VMSTATE_TIMER_PTR(erase_timer, PFlashCFI02),
        VMSTATE_VBUFFER_UINT32(buffer, PFlashCFI02, 0, NULL, buffer_len),
        VMSTATE_UINT64(buffer_sector, PFlashCFI02),
        VMSTATE_UINT64(buffer_page, PFlashCFI02),
        VMSTATE_UINT32(buffer_words, PFlashCFI02),
        VMSTATE_END_OF_LIST()
    },
};

static Property pflash_properties[] = {
    DEFINE_CFI_FLASH_PROPERTIES(PFlashCFI02, f),
    DEFINE_PROP_UINT8("mappings", PFlashCFI02, mappings, 1),
    DEFINE_PROP_UINT16("unlock-addr0", PFlashCFI02, unlock_addr0, 0x555),
    DEFINE_PROP_UINT16("unlock-addr1", PFlashCFI02, unlock_addr1, 0x2aa),
    DEFINE_PROP_END_OF_LIST(),
};

static void pflash_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "NOR flash, AMD command set";
    dc->realize = pflash_realize;
    dc->unrealize = pflash_unrealize;
    dc->reset = pflash_reset;
    dc->vmsd = &vmstate_pflash;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, pflash_properties);
}

static void pflash_finalize(Object *obj)
{
    g_free(PFLASH_CFI02(obj)->mirror);
}

static const TypeInfo pflash_type = {
    .name = TYPE_PFLASH_CFI02,
    .parent = TYPE_SYS_BUS_DEVICE,
    .instance_size = sizeof(PFlashCFI02),
    .instance_finalize = pflash_finalize,
    .class_init = pflash_class_init,
};

static void pflash_register_types(void)
{
    type_register_static(&pflash_type);
}

type_init(pflash_register_types)

/* --- for boards --- */

PFlashCFI02 *pflash_cfi02_register(hwaddr base, const char *name, hwaddr size, BlockBackend *blk,
                                   uint32_t sector_len, int nb_mappings, int width, uint16_t id0,
                                   uint16_t id1, uint16_t id2, uint16_t id3,
                                   uint16_t unlock_addr0, uint16_t unlock_addr1, int be)
{
    CfiFlashSetup setup = {
        .type = TYPE_PFLASH_CFI02, .name = name, .base = base, .size = size, .blk = blk,
        .sector_len = sector_len, .width = width, .id = { id0, id1, id2, id3 }, .be = be,
    };
    DeviceState *dev = cfi_flash_create(&setup);

    qdev_prop_set_uint8(dev, "mappings", nb_mappings);
    qdev_prop_set_uint16(dev, "unlock-addr0", unlock_addr0);
    qdev_prop_set_uint16(dev, "unlock-addr1", unlock_addr1);
    cfi_flash_realize_and_map(dev, base);
    return PFLASH_CFI02(dev);
}

MemoryRegion *pflash_cfi02_get_memory(PFlashCFI02 *fl)
{
    return &fl->f.mem;
}
