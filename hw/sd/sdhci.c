/*
 * The standard SD host controller, version 3.00.
 *
 * Software writes argument, transfer mode and command; the response comes in registers. The data of
 * a command move block by block, in one of three manners: through a port that software reads or
 * writes (PIO), to or from memory in one piece that is interrupted at boundaries (SDMA), or along a
 * list of descriptors (ADMA2, with addresses of 32 or 64 bits). A long transfer is done in turns,
 * between which the rest of the machine runs.
 *
 * Not there: UHS modes with their tuning and voltages, suspend and resume, stopping at block gaps,
 * wake-up, SDIO's card interrupt, shared buses. Clocks and powers are as software asks for at once.
 *
 * Reference: SD Specifications Part A2, SD Host Controller Simplified Specification, version 3.00.
 * Sections are its.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/sd/sdhci.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"

/*
 * Rows of sdhci_registers[]. The buffer's port at 20 isn't one: the width of an access matters
 * there.
 */
enum {
    SYSTEM_ADDRESS, BLOCK_SIZE, BLOCK_COUNT, ARGUMENT, TRANSFER_MODE, COMMAND, RESPONSE, PRESENT_STATE, HOST_CONTROL,
    POWER_CONTROL, BLOCK_GAP, WAKEUP, CLOCK_CONTROL, TIMEOUT_CONTROL, SOFTWARE_RESET, NORMAL_STATUS, ERROR_STATUS,
    NORMAL_ENABLE, ERROR_ENABLE, NORMAL_SIGNAL, ERROR_SIGNAL, AUTO_CMD_STATUS, HOST_CONTROL_2, CAPABILITIES, CURRENTS,
    FORCE_AUTO_CMD, FORCE_ERROR, ADMA_ERROR, ADMA_ADDRESS, PRESETS, SLOT_STATUS, VERSION,
};

#define BUFFER_PORT 0x20

#define MODE_DMA      0x01
#define MODE_COUNTED  0x02
#define MODE_AUTO     0x0c
#define MODE_AUTO_12  0x04
#define MODE_AUTO_23  0x08
#define MODE_READ     0x10
#define MODE_MANY     0x20

#define COMMAND_RESPONSE 0x03
#define COMMAND_DATA     0x20
enum { RESPONSE_NONE, RESPONSE_LONG, RESPONSE_SHORT, RESPONSE_BUSY };

#define STATE_CMD_INHIBIT  0x00000001
#define STATE_DATA_INHIBIT 0x00000002
#define STATE_DATA_ACTIVE  0x00000004
#define STATE_WRITES       0x00000100
#define STATE_READS        0x00000200
#define STATE_CAN_WRITE    0x00000400 /* the buffer */
#define STATE_CAN_READ     0x00000800
#define STATE_INSERTED     0x00010000
#define STATE_STABLE       0x00020000
#define STATE_DETECT       0x00040000
#define STATE_WRITABLE     0x00080000
#define STATE_LINES        0x01f00000 /* DAT and CMD are high */
#define STATE_TRANSFER     (STATE_DATA_INHIBIT | STATE_DATA_ACTIVE | STATE_WRITES | STATE_READS | STATE_CAN_WRITE | STATE_CAN_READ)

#define CONTROL_DMA_SHIFT 3
enum { DMA_SINGLE, DMA_RESERVED, DMA_LIST_32, DMA_LIST_64 };

#define POWER_ON        0x01
#define CLOCK_INTERNAL  0x01
#define CLOCK_STABLE    0x02
#define CLOCK_CARD      0x04
#define RESET_ALL 0x01
#define RESET_CMD 0x02
#define RESET_DATA 0x04

#define NORMAL_COMMAND  0x0001
#define NORMAL_TRANSFER 0x0002
#define NORMAL_DMA      0x0008
#define NORMAL_WRITE    0x0010
#define NORMAL_READ     0x0020
#define NORMAL_INSERTED 0x0040
#define NORMAL_REMOVED  0x0080
#define NORMAL_ERROR    0x8000
#define ERROR_CMD_TIMEOUT  0x0001
#define ERROR_CMD_INDEX    0x0008
#define ERROR_DATA_TIMEOUT 0x0010
#define ERROR_AUTO_CMD     0x0100
#define ERROR_ADMA         0x0200

#define ADMA_VALID 0x01
#define ADMA_END   0x02
#define ADMA_TELLS 0x04
#define ADMA_ACT   0x30
#define ADMA_TRANSFER 0x20
#define ADMA_LINK  0x30
/* ADMA_ERROR: where it stopped, and why. */
#define ADMA_STOPPED  0x00
#define ADMA_FETCHING 0x01
#define ADMA_MOVING   0x03
#define ADMA_LENGTH   0x04

/* Clocks of 50 MHz, blocks of 2 KiB, ADMA2, high speed, SDMA, 3.3 V, 64-bit descriptors. */
#define CAPABILITIES_VALUE 0x116a32b2u

/* So many blocks or descriptors are dealt with in a row before others have their turn. */
#define WORK_PER_TURN 256

typedef enum SdhciManner { IDLE, PIO, SDMA, ADMA } SdhciManner;

static Sdhci *host_of(RegisterBlock *block)
{
    return container_of(block, Sdhci, regs);
}

static uint32_t get(const Sdhci *s, unsigned row)
{
    return register_get(&s->regs, row);
}

static void set(Sdhci *s, unsigned row, uint32_t value)
{
    register_set(&s->regs, row, value);
}

static void change(Sdhci *s, unsigned row, uint32_t clear, uint32_t add)
{
    set(s, row, (get(s, row) & ~clear) | add);
}

/* ---- interrupts ---- */

static void update_interrupt(Sdhci *s)
{
    bool level = (get(s, NORMAL_STATUS) & get(s, NORMAL_SIGNAL)) || (get(s, ERROR_STATUS) & get(s, ERROR_SIGNAL));

    set(s, SLOT_STATUS, level);
    s->owner->set_irq(s, level);
}

/* What isn't enabled doesn't happen (section 2.2.18). */
static void tell(Sdhci *s, uint16_t normal)
{
    change(s, NORMAL_STATUS, 0, normal & get(s, NORMAL_ENABLE));
    update_interrupt(s);
}

static void tell_error(Sdhci *s, uint16_t errors)
{
    change(s, ERROR_STATUS, 0, errors & get(s, ERROR_ENABLE));
    change(s, NORMAL_STATUS, 0, get(s, ERROR_STATUS) ? NORMAL_ERROR : 0);
    update_interrupt(s);
}

static void error_status_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Sdhci *s = host_of(block);

    if (!get(s, ERROR_STATUS)) {
        change(s, NORMAL_STATUS, NORMAL_ERROR, 0);
    }
    update_interrupt(s);
}

static void interrupts_changed(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_interrupt(host_of(block));
}

static uint64_t force_error(RegisterBlock *block, const Register *reg, uint64_t value)
{
    tell_error(host_of(block), value & 0x0fff);
    return 0;
}

static uint64_t force_auto_cmd(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Sdhci *s = host_of(block);

    if (value & 0x9f) {
        change(s, AUTO_CMD_STATUS, 0, value & 0x9f);
        tell_error(s, ERROR_AUTO_CMD);
    }
    return 0;
}

/* ---- the card ---- */

static void look_at_slot(Sdhci *s)
{
    bool inserted = sd_bus_is_inserted(&s->bus);

    change(s, PRESENT_STATE, STATE_INSERTED | STATE_DETECT | STATE_WRITABLE,
           STATE_STABLE | STATE_LINES | (inserted ? STATE_INSERTED | STATE_DETECT : 0) |
               (inserted && !sd_bus_is_writable(&s->bus) ? 0 : STATE_WRITABLE));
}

static void card_changed(void *opaque, bool inserted)
{
    Sdhci *s = opaque;

    look_at_slot(s);
    if (!inserted) { /* section 2.2.11: power and clock go off by themselves */
        change(s, POWER_CONTROL, POWER_ON, 0);
        change(s, CLOCK_CONTROL, CLOCK_CARD, 0);
    }
    tell(s, inserted ? NORMAL_INSERTED : NORMAL_REMOVED);
}

/* Sends a command and keeps its response; the response's length, 0 if there is none. */
static size_t send(Sdhci *s, unsigned index, uint32_t argument, uint8_t response[SD_RESPONSE_LONG])
{
    if (!(get(s, POWER_CONTROL) & POWER_ON) || !(get(s, CLOCK_CONTROL) & CLOCK_CARD)) {
        return 0;
    }
    return sd_bus_command(&s->bus, index, argument, response);
}

/* ---- transfers: their end ---- */

static void stop_transfer(Sdhci *s)
{
    s->manner = IDLE;
    s->waits = false;
    change(s, PRESENT_STATE, STATE_TRANSFER, 0);
}

static void transfer_failed(Sdhci *s, uint16_t error)
{
    stop_transfer(s);
    tell_error(s, error);
}

static void adma_failed(Sdhci *s, uint8_t why)
{
    set(s, ADMA_ERROR, why);
    transfer_failed(s, ERROR_ADMA);
}

static void transfer_done(Sdhci *s)
{
    uint8_t response[SD_RESPONSE_LONG];

    stop_transfer(s);
    if (s->stops) {
        if (send(s, 12, 0, response) == 0) {
            set(s, AUTO_CMD_STATUS, 0x02); /* no response to it */
            tell_error(s, ERROR_AUTO_CMD);
            return;
        }
        register_set_at(&s->regs, RESPONSE, 3, (uint32_t)ldl_be_p(response));
    }
    tell(s, NORMAL_TRANSFER);
}

/*
 * The next block from the card, or a complete one to it; false: that failed, and the transfer is
 * over.
 */
static bool move_block(Sdhci *s)
{
    bool moved = s->reads ? sd_bus_read(&s->bus, s->block, s->block_size) : sd_bus_write(&s->bus, s->block, s->block_size);

    if (!moved) {
        transfer_failed(s, ERROR_DATA_TIMEOUT);
        return false;
    }
    s->pos = 0;
    s->filled = s->reads;
    return true;
}

/* All of the block has passed through memory or port. True: there is another one. */
static bool block_done(Sdhci *s)
{
    if (!s->reads && !move_block(s)) {
        return false;
    }
    s->pos = 0;
    s->filled = false;
    if (s->counted) {
        set(s, BLOCK_COUNT, get(s, TRANSFER_MODE) & MODE_MANY ? s->blocks_left - 1 : get(s, BLOCK_COUNT));
        if (--s->blocks_left == 0) {
            transfer_done(s);
            return false;
        }
    }
    return true;
}

/* ---- PIO ---- */

/* The buffer is there for software: with a block to be read, or empty. */
static void offer_buffer(Sdhci *s)
{
    if (s->reads && !move_block(s)) {
        return;
    }
    change(s, PRESENT_STATE, 0, s->reads ? STATE_CAN_READ : STATE_CAN_WRITE);
    tell(s, s->reads ? NORMAL_READ : NORMAL_WRITE);
}

/* As many bytes of the block as the access has; it doesn't go on into the next one. */
static uint32_t port_access(Sdhci *s, uint32_t value, unsigned size, bool read)
{
    uint32_t usable = read ? STATE_CAN_READ : STATE_CAN_WRITE;

    if (s->manner != PIO || !(get(s, PRESENT_STATE) & usable)) {
        qemu_log_dev(LOG_GUEST_ERROR, "sdhci", "buffer data port", "%s, while there is nothing to be %s", read ? "read" : "written",
                     read ? "read" : "written");
        return 0;
    }
    for (unsigned i = 0; i < size && s->pos < s->block_size; i++, s->pos++) {
        if (read) {
            value |= (uint32_t)s->block[s->pos] << 8 * i;
        } else {
            s->block[s->pos] = value >> 8 * i;
        }
    }
    if (s->pos == s->block_size) {
        change(s, PRESENT_STATE, STATE_CAN_READ | STATE_CAN_WRITE, 0);
        if (block_done(s)) {
            offer_buffer(s);
        }
    }
    return value;
}

/* ---- DMA ---- */

/* A part of the block to or from memory; false: nothing answers there. */
static bool move_part(Sdhci *s, uint64_t address, uint32_t size)
{
    bool moved;

    s->in_dma = true;
    moved = s->owner->dma(s, address, s->block + s->pos, size, s->reads ? DMA_DIRECTION_FROM_DEVICE : DMA_DIRECTION_TO_DEVICE);
    s->in_dma = false;
    s->pos += size;
    return moved;
}

/* One block, or a part of it up to a boundary. True: go on. */
static bool sdma_step(Sdhci *s)
{
    uint32_t address = get(s, SYSTEM_ADDRESS), boundary = 4096u << (get(s, BLOCK_SIZE) >> 12 & 7);
    uint32_t size;

    if (s->reads && !s->filled && !move_block(s)) {
        return false;
    }
    size = MIN(s->block_size - s->pos, boundary - address % boundary);
    if (!move_part(s, address, size)) {
        transfer_failed(s, ERROR_ADMA);
        return false;
    }
    set(s, SYSTEM_ADDRESS, address + size);
    if (s->pos == s->block_size && !block_done(s)) {
        return false;
    }
    if ((address + size) % boundary == 0) {
        s->waits = true; /* until software writes the address */
        tell(s, NORMAL_DMA);
        return false;
    }
    return true;
}

/* The next descriptor (section 1.13.3). True: go on. */
static bool fetch_descriptor(Sdhci *s)
{
    bool is_wide = (get(s, HOST_CONTROL) >> CONTROL_DMA_SHIFT & 3) == DMA_LIST_64;
    uint8_t raw[12], attributes;
    size_t size = is_wide ? 12 : 8;
    uint64_t address;
    bool found;

    s->in_dma = true;
    found = s->owner->dma(s, s->adma_next, raw, size, DMA_DIRECTION_TO_DEVICE);
    s->in_dma = false;
    attributes = found ? raw[0] : 0;
    if (!(attributes & ADMA_VALID)) {
        adma_failed(s, ADMA_FETCHING);
        return false;
    }
    address = is_wide ? ldq_le_p(raw + 4) : (uint32_t)ldl_le_p(raw + 4);
    s->adma_end = attributes & ADMA_END;
    s->adma_tells = attributes & ADMA_TELLS;
    s->adma_next += size;
    if ((attributes & ADMA_ACT) == ADMA_LINK) {
        s->adma_next = address;
    } else if ((attributes & ADMA_ACT) == ADMA_TRANSFER) {
        s->adma_address = address;
        s->adma_left = lduw_le_p(raw + 2) ? lduw_le_p(raw + 2) : 64 * 1024;
    }
    register_set_at(&s->regs, ADMA_ADDRESS, 0, s->adma_next);
    register_set_at(&s->regs, ADMA_ADDRESS, 1, s->adma_next >> 32);
    return true;
}

/* As much of block and descriptor as both have. True: go on. */
static bool adma_step(Sdhci *s)
{
    uint32_t size;

    if (s->adma_left == 0) {
        if (s->adma_end) {
            adma_failed(s, ADMA_STOPPED | ADMA_LENGTH); /* the list is shorter than the data */
            return false;
        }
        return fetch_descriptor(s);
    }
    if (s->reads && !s->filled && !move_block(s)) {
        return false;
    }
    size = MIN(s->block_size - s->pos, s->adma_left);
    if (!move_part(s, s->adma_address, size)) {
        adma_failed(s, ADMA_MOVING);
        return false;
    }
    s->adma_address += size;
    s->adma_left -= size;
    if (s->adma_left == 0 && s->adma_tells) {
        tell(s, NORMAL_DMA);
    }
    return s->pos < s->block_size || block_done(s);
}

static void run_dma(void *opaque)
{
    Sdhci *s = opaque;

    for (unsigned work = WORK_PER_TURN; work && (s->manner == SDMA || s->manner == ADMA) && !s->waits; work--) {
        if (!(s->manner == SDMA ? sdma_step : adma_step)(s)) {
            return;
        }
    }
    if ((s->manner == SDMA || s->manner == ADMA) && !s->waits) {
        qemu_bh_schedule(s->turn);
    }
}

/* Section 2.2.1: what SDMA waits for at a boundary. */
static void system_address_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Sdhci *s = host_of(block);

    if (s->manner == SDMA && s->waits) {
        s->waits = false;
        qemu_bh_schedule(s->turn);
    }
}

/* ---- commands ---- */

static void begin_transfer(Sdhci *s)
{
    uint16_t mode = get(s, TRANSFER_MODE);
    unsigned dma = get(s, HOST_CONTROL) >> CONTROL_DMA_SHIFT & 3;

    s->block_size = get(s, BLOCK_SIZE) & 0xfff;
    s->reads = mode & MODE_READ;
    s->counted = !(mode & MODE_MANY) || (mode & MODE_COUNTED);
    s->blocks_left = mode & MODE_MANY ? get(s, BLOCK_COUNT) : 1;
    s->stops = (mode & MODE_AUTO) == MODE_AUTO_12 && (mode & MODE_MANY);
    s->pos = 0;
    s->filled = s->waits = s->adma_end = false;
    s->adma_left = 0;
    s->adma_next = register_get_at(&s->regs, ADMA_ADDRESS, 0) | register_get_at(&s->regs, ADMA_ADDRESS, 1) << 32;
    if (s->block_size == 0 || s->block_size > SDHCI_BLOCK_MAX || (s->counted && s->blocks_left == 0)) {
        qemu_log_dev(LOG_GUEST_ERROR, "sdhci", "block size", "%u blocks of %u bytes can't be transferred", s->blocks_left, s->block_size);
        transfer_failed(s, ERROR_DATA_TIMEOUT);
        return;
    }
    if ((mode & MODE_DMA) && dma == DMA_RESERVED) {
        qemu_log_dev(LOG_GUEST_ERROR, "sdhci", "host control", "a reserved kind of DMA");
        transfer_failed(s, ERROR_ADMA);
        return;
    }
    s->manner = !(mode & MODE_DMA) ? PIO : dma == DMA_SINGLE ? SDMA : ADMA;
    change(s, PRESENT_STATE, 0, STATE_DATA_INHIBIT | STATE_DATA_ACTIVE | (s->reads ? STATE_READS : STATE_WRITES));
    if (s->manner == PIO) {
        offer_buffer(s);
    } else {
        qemu_bh_schedule(s->turn);
    }
}

/* Section 2.2.7: of a long response the CRC isn't kept. */
static void keep_response(Sdhci *s, const uint8_t *response, size_t size)
{
    if (size == SD_RESPONSE_SHORT) {
        register_set_at(&s->regs, RESPONSE, 0, (uint32_t)ldl_be_p(response));
        return;
    }
    for (unsigned i = 0; i < 4; i++) {
        uint32_t word = 0;

        for (unsigned n = 0; n < 4; n++) {
            int byte = 14 - (int)(4 * i + n);

            word |= byte >= 0 ? (uint32_t)response[byte] << 8 * n : 0;
        }
        register_set_at(&s->regs, RESPONSE, i, word);
    }
}

static void command_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Sdhci *s = host_of(block);
    uint16_t command = get(s, COMMAND);
    unsigned expected = command & COMMAND_RESPONSE, index = command >> 8 & 0x3f;
    bool has_data = command & COMMAND_DATA;
    uint8_t response[SD_RESPONSE_LONG];
    size_t size;

    if (s->in_dma || (has_data && s->manner != IDLE)) {
        qemu_log_dev(LOG_GUEST_ERROR, "sdhci", "command", "one with data while others are transferred");
        return;
    }
    if (has_data && (get(s, TRANSFER_MODE) & MODE_AUTO) == MODE_AUTO_23 &&
        send(s, 23, get(s, SYSTEM_ADDRESS), response) == 0) {
        set(s, AUTO_CMD_STATUS, 0x02);
        tell_error(s, ERROR_AUTO_CMD);
        return;
    }
    size = send(s, index, get(s, ARGUMENT), response);
    if (expected != RESPONSE_NONE && size != (expected == RESPONSE_LONG ? SD_RESPONSE_LONG : SD_RESPONSE_SHORT)) {
        tell_error(s, ERROR_CMD_TIMEOUT);
        return;
    }
    if (expected != RESPONSE_NONE) {
        keep_response(s, response, size);
    }
    if (index == 12 && s->manner != IDLE) {
        stop_transfer(s);
    }
    tell(s, NORMAL_COMMAND | (expected == RESPONSE_BUSY && !has_data ? NORMAL_TRANSFER : 0));
    if (has_data) {
        begin_transfer(s);
    }
}

/* ---- the rest of the registers ---- */

static uint64_t clock_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return (value & 0xffe5) | (value & CLOCK_INTERNAL ? CLOCK_STABLE : 0);
}

static uint64_t software_reset_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    Sdhci *s = host_of(block);

    if (s->in_dma) {
        return 0;
    }
    if (value & RESET_ALL) {
        sdhci_reset(s);
    } else if (value & RESET_DATA) {
        stop_transfer(s);
        qemu_bh_cancel(s->turn);
        change(s, NORMAL_STATUS, NORMAL_TRANSFER | NORMAL_DMA | NORMAL_WRITE | NORMAL_READ, 0);
    }
    if (value & RESET_CMD) {
        change(s, NORMAL_STATUS, NORMAL_COMMAND, 0);
        change(s, PRESENT_STATE, STATE_CMD_INHIBIT, 0);
    }
    update_interrupt(s);
    return 0;
}

#define ROW(row, at, bytes, mask, ...) [row] = { #row, .offset = at, .size = bytes, .writable = mask, ##__VA_ARGS__ }

static const Register sdhci_registers[] = {
    ROW(SYSTEM_ADDRESS, 0x00, 4, 0xffffffff, .written = system_address_written),
    ROW(BLOCK_SIZE, 0x04, 2, 0x7fff),
    ROW(BLOCK_COUNT, 0x06, 2, 0xffff),
    ROW(ARGUMENT, 0x08, 4, 0xffffffff),
    ROW(TRANSFER_MODE, 0x0c, 2, 0x003f),
    ROW(COMMAND, 0x0e, 2, 0x3ffb, .written = command_written),
    ROW(RESPONSE, 0x10, 4, 0, .count = 4),
    ROW(PRESENT_STATE, 0x24, 4, 0),
    ROW(HOST_CONTROL, 0x28, 1, 0xff),
    ROW(POWER_CONTROL, 0x29, 1, 0x0f),
    ROW(BLOCK_GAP, 0x2a, 1, 0x0f, .unmodelled = 0x0f),
    ROW(WAKEUP, 0x2b, 1, 0x07, .unmodelled = 0x07),
    ROW(CLOCK_CONTROL, 0x2c, 2, 0xffff, .write = clock_write),
    ROW(TIMEOUT_CONTROL, 0x2e, 1, 0x0f),
    ROW(SOFTWARE_RESET, 0x2f, 1, 0, .write = software_reset_write),
    ROW(NORMAL_STATUS, 0x30, 2, 0, .w1c = 0x00ff, .written = interrupts_changed),
    ROW(ERROR_STATUS, 0x32, 2, 0, .w1c = 0xffff, .written = error_status_written),
    ROW(NORMAL_ENABLE, 0x34, 2, 0x7fff),
    ROW(ERROR_ENABLE, 0x36, 2, 0xffff),
    ROW(NORMAL_SIGNAL, 0x38, 2, 0x7fff, .written = interrupts_changed),
    ROW(ERROR_SIGNAL, 0x3a, 2, 0xffff, .written = interrupts_changed),
    ROW(AUTO_CMD_STATUS, 0x3c, 2, 0),
    ROW(HOST_CONTROL_2, 0x3e, 2, 0xc03f, .unmodelled = 0xc03f),
    ROW(CAPABILITIES, 0x40, 8, 0, .reset = CAPABILITIES_VALUE),
    ROW(CURRENTS, 0x48, 8, 0, .reset = 0x64), /* 400 mA */
    ROW(FORCE_AUTO_CMD, 0x50, 2, 0, .write = force_auto_cmd),
    ROW(FORCE_ERROR, 0x52, 2, 0, .write = force_error),
    ROW(ADMA_ERROR, 0x54, 1, 0),
    ROW(ADMA_ADDRESS, 0x58, 4, 0xffffffff, .count = 2),
    ROW(PRESETS, 0x60, 2, 0, .count = 8),
    ROW(SLOT_STATUS, 0xfc, 2, 0),
    ROW(VERSION, 0xfe, 2, 0, .reset = 0x0002),
};

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    Sdhci *s = opaque;

    return addr >> 2 == BUFFER_PORT >> 2 ? port_access(s, 0, size, true) : register_block_read(&s->regs, addr, size);
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Sdhci *s = opaque;

    if (addr >> 2 == BUFFER_PORT >> 2) {
        port_access(s, value, size, false);
    } else {
        register_block_write(&s->regs, addr, value, size);
    }
}

static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

/* ---- the whole ---- */

void sdhci_reset(Sdhci *s)
{
    qemu_bh_cancel(s->turn);
    register_block_reset(&s->regs);
    s->manner = IDLE;
    s->reads = s->counted = s->stops = s->waits = s->filled = s->adma_end = s->adma_tells = false;
    s->block_size = s->blocks_left = s->pos = s->adma_left = 0;
    look_at_slot(s);
    update_interrupt(s);
}

bool sdhci_realize(Sdhci *s, DeviceState *dev, const SdhciOwner *owner, Error **errp)
{
    s->owner = owner;
    s->dev = dev;
    register_block_init(&s->regs, dev, "sdhci", sdhci_registers, ARRAY_SIZE(sdhci_registers), DEVICE_LITTLE_ENDIAN, SDHCI_SIZE);
    memory_region_init_io(&s->mmio, OBJECT(dev), &mmio_ops, s, "sdhci", SDHCI_SIZE);
    s->turn = qemu_bh_new(run_dma, s);
    sd_bus_init(&s->bus, dev, card_changed, s);
    return sd_bus_take_drive(&s->bus, errp);
}

void sdhci_unrealize(Sdhci *s)
{
    g_clear_pointer(&s->turn, qemu_bh_delete);
}

void sdhci_finalize(Sdhci *s)
{
    register_block_finalize(&s->regs);
}

/* Sizes and places of a file are not to be trusted. */
static int after_load(void *opaque, int version_id)
{
    Sdhci *s = opaque;

    if (s->manner > ADMA || s->block_size > SDHCI_BLOCK_MAX || s->pos > s->block_size || (s->manner != IDLE && s->block_size == 0) ||
        (s->manner != IDLE && s->counted && s->blocks_left == 0)) {
        return -EINVAL;
    }
    look_at_slot(s);
    if (s->manner == SDMA || s->manner == ADMA) {
        qemu_bh_schedule(s->turn);
    }
    return 0;
}

const VMStateDescription vmstate_sdhci = {
    .name = "sdhci",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, Sdhci),
        VMSTATE_UINT8(manner, Sdhci),
        VMSTATE_BOOL(reads, Sdhci),
        VMSTATE_BOOL(counted, Sdhci),
        VMSTATE_BOOL(stops, Sdhci),
        VMSTATE_BOOL(waits, Sdhci),
        VMSTATE_UINT32(block_size, Sdhci),
        VMSTATE_UINT32(blocks_left, Sdhci),
        VMSTATE_BUFFER(block, Sdhci),
        VMSTATE_UINT32(pos, Sdhci),
        VMSTATE_BOOL(filled, Sdhci),
        VMSTATE_UINT64(adma_next, Sdhci),
        VMSTATE_UINT64(adma_address, Sdhci),
        VMSTATE_UINT32(adma_left, Sdhci),
        VMSTATE_BOOL(adma_end, Sdhci),
        VMSTATE_BOOL(adma_tells, Sdhci),
        VMSTATE_END_OF_LIST()
    },
};
