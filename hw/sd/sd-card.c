/*
 * An SD memory card in a slot, its memory in a disk image: "sd-card".
 *
 * Standard capacity (up to 2 GiB, addressed by bytes) or high and extended capacity (addressed by
 * blocks of 512 bytes), as the image's size says. The card is a state machine: commands are rows of
 * two tables (one for those that follow CMD55), with the states in which they are legal. What isn't
 * legal gets no response, and the next response says so.
 *
 * Everything is done at once: the card is never busy, and it is ready as soon as it is asked with a
 * voltage that it knows. SPI mode is ssi-sd.c's. Not there: lock and passwords (CMD42), write protection by
 * group, UHS modes, general commands (CMD56).
 *
 * Reference: SD Specifications Part 1, Physical Layer Simplified Specification, version 3.01.
 * Sections are its.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/sd/sd.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/units.h"
#include "system/block-backend.h"

#define TYPE_SD_CARD "sd-card"
OBJECT_DECLARE_SIMPLE_TYPE(SDCard, SD_CARD)

#define BLOCK 512
#define STANDARD_MAX (2 * GiB)
#define HIGH_UNIT    (512 * KiB) /* of the capacity of larger cards */
#define EXTENDED_MAX (2 * TiB)

/* Section 4.10.1: CURRENT_STATE. */
typedef enum SDState { IDLE, READY, IDENT, STBY, TRAN, DATA, RCV, PRG, DIS, INACTIVE } SDState;
#define IN(state) (1u << (state))
#define ANYWHERE  0x1ff

/* Card status (section 4.10.1). */
#define OUT_OF_RANGE    (1u << 31)
#define ADDRESS_ERROR   (1u << 30)
#define BLOCK_LEN_ERROR (1u << 29)
#define ERASE_SEQ_ERROR (1u << 28)
#define ERASE_PARAM     (1u << 27)
#define WP_VIOLATION    (1u << 26)
#define ILLEGAL_COMMAND (1u << 22)
#define CARD_ECC_FAILED (1u << 21)
#define GENERAL_ERROR   (1u << 19)
#define READY_FOR_DATA  (1u << 8)
#define APP_CMD         (1u << 5)

/* OCR (section 5.1). */
#define OCR_READY    (1u << 31)
#define OCR_HIGH     (1u << 30) /* CCS; in the host's argument HCS */
#define OCR_VOLTAGES 0x00ff8000u

/* What is being transferred. */
typedef enum SDTransfer { NOTHING, READ_ONE, READ_MANY, WRITE_ONE, WRITE_MANY, READ_ANSWER, WRITE_CSD } SDTransfer;

struct SDCard {
    SDDevice parent_obj;

    BlockBackend *blk;
    uint64_t size; /* bytes; 0: no medium */
    bool is_high;

    uint8_t cid[SD_RESPONSE_LONG], csd[SD_RESPONSE_LONG];
    uint8_t state;
    uint32_t status; /* errors, until they have been reported */
    uint32_t ocr;
    uint16_t rca;
    bool app_command; /* the next one is */
    bool is_wide;
    uint8_t function; /* of group 1: 1 is high speed */
    uint32_t block_len, block_count;
    uint32_t erase_start, erase_end;
    bool has_erase_start, has_erase_end;

    uint8_t transfer;
    uint64_t address;  /* bytes, of the next block */
    uint32_t left;     /* blocks; 0: until it is stopped */
    uint32_t written;  /* blocks, for ACMD22 */
    uint8_t buffer[BLOCK];
    uint32_t pos, len; /* in it */
};

/* ---- registers ---- */

static uint8_t crc7(const uint8_t *bytes, size_t size)
{
    uint8_t crc = 0;

    for (size_t i = 0; i < size; i++) {
        for (int bit = 7; bit >= 0; bit--) {
            bool carry = (crc >> 6 & 1) != (bytes[i] >> bit & 1);

            crc = (crc << 1 & 0x7f) ^ (carry ? 0x09 : 0);
        }
    }
    return crc;
}

/* Bits of a 128-bit register, numbered as the specification does: bit 127 comes first. */
static void set_bits(uint8_t *reg, unsigned high, unsigned low, uint32_t value)
{
    for (unsigned bit = low; bit <= high; bit++, value >>= 1) {
        uint8_t *byte = &reg[15 - bit / 8];

        *byte = (*byte & ~(1 << bit % 8)) | (value & 1) << bit % 8;
    }
}

static void finish_register(uint8_t *reg)
{
    reg[15] = crc7(reg, 15) << 1 | 1;
}

/*
 * How a standard card tells its size: (C_SIZE + 1) << (C_SIZE_MULT + 2) blocks of 1 << READ_BL_LEN
 * bytes (section 5.3.2).
 */
static bool standard_size(uint64_t size, unsigned *block_bits, unsigned *multiplier, uint32_t *c_size)
{
    for (*block_bits = 9; *block_bits <= 10; (*block_bits)++) {
        for (*multiplier = 0; *multiplier < 8; (*multiplier)++) {
            unsigned shift = *block_bits + *multiplier + 2;

            if (size && size % (UINT64_C(1) << shift) == 0 && size >> shift <= 4096) {
                *c_size = (size >> shift) - 1;
                return true;
            }
        }
    }
    return false;
}

/* Classes: basic, block read and write, erase, application specific, switch. */
#define COMMAND_CLASSES 0x535

/* Sections 5.3.2 and 5.3.3. */
static void fill_csd(SDCard *s)
{
    unsigned block_bits = 9, multiplier = 0;
    uint32_t c_size = 0;
    bool read_only = s->blk && !blk_is_writable(s->blk);

    memset(s->csd, 0, sizeof(s->csd));
    set_bits(s->csd, 127, 126, s->is_high ? 1 : 0);
    set_bits(s->csd, 119, 112, 0x0e); /* TAAC: 1 ms */
    set_bits(s->csd, 103, 96, 0x32);  /* 25 MHz */
    set_bits(s->csd, 95, 84, COMMAND_CLASSES);
    if (s->is_high) {
        set_bits(s->csd, 69, 48, s->size / HIGH_UNIT - 1);
    } else {
        standard_size(s->size, &block_bits, &multiplier, &c_size);
        set_bits(s->csd, 79, 79, 1); /* parts of blocks can be read */
        set_bits(s->csd, 73, 62, c_size);
        set_bits(s->csd, 61, 50, 0xffe); /* currents: the largest, as anything */
        set_bits(s->csd, 49, 47, multiplier);
    }
    set_bits(s->csd, 83, 80, block_bits);
    set_bits(s->csd, 46, 46, 1);    /* single blocks can be erased */
    set_bits(s->csd, 45, 39, 0x7f); /* 64 KiB */
    set_bits(s->csd, 28, 26, 2);    /* writing takes 4 times as long as reading */
    set_bits(s->csd, 25, 22, block_bits);
    set_bits(s->csd, 12, 12, read_only);
    finish_register(s->csd);
}

/* Section 5.2: nobody's manufacturer number, a name, a number, January 2026. */
static void fill_cid(SDCard *s)
{
    static const uint8_t cid[15] = { 0xaa, 'S', 'Y', 'E', 'M', 'U', 'S', 'D', 0x10, 0, 0, 0, 1, 0x01, 0xa1 };

    memcpy(s->cid, cid, sizeof(cid));
    finish_register(s->cid);
}

/* ---- data ---- */

static void go_to(SDCard *s, SDState state)
{
    s->state = state;
    if (state != DATA && state != RCV) {
        s->transfer = NOTHING;
    }
}

/* A block of at most BLOCK bytes that a command answers with; the caller fills it in. */
static uint8_t *answer(SDCard *s, size_t size)
{
    memset(s->buffer, 0, size);
    s->pos = 0;
    s->len = size;
    s->transfer = READ_ANSWER;
    s->state = DATA;
    return s->buffer;
}

/* The argument of a data command as bytes; false: an error is in the status. */
static bool take_address(SDCard *s, uint32_t argument, uint32_t len, uint64_t *address)
{
    *address = s->is_high ? (uint64_t)argument * BLOCK : argument;
    if (*address >= s->size || len > s->size - *address) {
        s->status |= OUT_OF_RANGE;
        return false;
    }
    if (*address / BLOCK != (*address + len - 1) / BLOCK) {
        s->status |= ADDRESS_ERROR; /* CSD: blocks don't cross */
        return false;
    }
    return true;
}

static uint32_t block_len(const SDCard *s)
{
    return s->is_high ? BLOCK : s->block_len;
}

static bool begin_blocks(SDCard *s, uint32_t argument, SDTransfer transfer)
{
    bool writes = transfer == WRITE_ONE || transfer == WRITE_MANY;
    uint32_t count = s->block_count;

    s->block_count = 0;
    if (writes && block_len(s) != BLOCK) {
        s->status |= BLOCK_LEN_ERROR; /* CSD: no part of a block is written */
        return true;
    }
    if (!take_address(s, argument, block_len(s), &s->address)) {
        return true;
    }
    if (writes && !blk_is_writable(s->blk)) {
        s->status |= WP_VIOLATION;
        return true;
    }
    s->transfer = transfer;
    s->left = transfer == READ_ONE || transfer == WRITE_ONE ? 1 : count;
    s->pos = 0;
    s->len = writes ? BLOCK : 0;
    s->written = writes ? 0 : s->written;
    s->state = writes ? RCV : DATA;
    return true;
}

/* The next block to be read; false: there is none. */
static bool fetch_block(SDCard *s)
{
    uint32_t len = block_len(s);

    if (s->transfer != READ_ONE && s->transfer != READ_MANY) {
        return false;
    }
    if (s->address + len > s->size) {
        s->status |= OUT_OF_RANGE;
        return false;
    }
    if (blk_pread(s->blk, s->address, len, s->buffer) < 0) {
        s->status |= CARD_ECC_FAILED;
        return false;
    }
    s->address += len;
    s->pos = 0;
    s->len = len;
    return true;
}

static bool card_read(SDDevice *card, uint8_t *data, size_t size)
{
    SDCard *s = SD_CARD(card);

    for (size_t done = 0; done < size;) {
        size_t n;

        if (s->state != DATA || (s->pos == s->len && !fetch_block(s))) {
            return false;
        }
        n = MIN(size - done, s->len - s->pos);
        memcpy(data + done, s->buffer + s->pos, n);
        s->pos += n;
        done += n;
        if (s->pos == s->len && (s->transfer == READ_ANSWER || (s->left && --s->left == 0))) {
            go_to(s, TRAN);
        }
    }
    return true;
}

/*
 * Of the CSD only copy flag and protection could change (section 5.3.2), and this card has them as
 * they are.
 */
static void store_block(SDCard *s)
{
    s->pos = 0;
    if (s->transfer == WRITE_CSD) {
        if (memcmp(s->buffer, s->csd, 14) != 0) {
            s->status |= GENERAL_ERROR;
        }
        go_to(s, TRAN);
        return;
    }
    if (s->address + BLOCK > s->size) {
        s->status |= OUT_OF_RANGE;
    } else if (blk_pwrite(s->blk, s->address, BLOCK, s->buffer) < 0) {
        s->status |= GENERAL_ERROR;
    } else {
        s->written++;
    }
    s->address += BLOCK;
    if (s->left && --s->left == 0) {
        go_to(s, TRAN);
    }
}

static bool card_write(SDDevice *card, const uint8_t *data, size_t size)
{
    SDCard *s = SD_CARD(card);

    for (size_t done = 0; done < size;) {
        size_t n;

        if (s->state != RCV) {
            return false;
        }
        n = MIN(size - done, s->len - s->pos);
        memcpy(s->buffer + s->pos, data + done, n);
        s->pos += n;
        done += n;
        if (s->pos == s->len) {
            store_block(s);
        }
    }
    return true;
}

/* ---- commands: false means that this one is illegal ---- */

static void forget(SDCard *s)
{
    s->state = IDLE;
    s->transfer = NOTHING;
    s->status = 0;
    s->ocr = OCR_VOLTAGES;
    s->rca = 0;
    s->app_command = s->is_wide = false;
    s->function = 0;
    s->block_len = BLOCK;
    s->block_count = s->left = s->written = s->pos = s->len = 0;
    s->has_erase_start = s->has_erase_end = false;
}

static bool go_idle(SDCard *s, uint32_t argument)
{
    if (s->state != INACTIVE) {
        forget(s);
    }
    return true;
}

static bool identify(SDCard *s, uint32_t argument)
{
    go_to(s, IDENT);
    return true;
}

/* A new address each time, as software asks for until it likes it. */
static bool publish_address(SDCard *s, uint32_t argument)
{
    s->rca += 0x4567;
    s->rca += s->rca == 0;
    go_to(s, STBY);
    return true;
}

static bool ignore(SDCard *s, uint32_t argument)
{
    return true;
}

/*
 * Section 4.3.10: what functions there are, and which ones are chosen. Group 1 has high speed, the
 * others nothing but their default.
 */
static bool switch_function(SDCard *s, uint32_t argument)
{
    uint8_t *status = answer(s, 64);
    bool set = argument & 0x80000000;
    uint8_t chosen[6];
    bool refused = false;

    for (unsigned group = 0; group < 6; group++) {
        unsigned wish = argument >> 4 * group & 0xf, most = group == 0 ? 1 : 0;

        chosen[group] = wish == 0xf ? (group == 0 ? s->function : 0) : wish <= most ? wish : 0xf;
        refused |= chosen[group] == 0xf;
    }
    if (set && !refused) {
        s->function = chosen[0];
    }
    stw_be_p(status, refused ? 0 : 200); /* mA */
    for (unsigned group = 0; group < 6; group++) {
        stw_be_p(status + 12 - 2 * group, group == 0 ? 0x8003 : 0x8001);
        status[16 - group / 2] |= chosen[group] << 4 * (group % 2);
    }
    return true;
}

static bool select_card(SDCard *s, uint32_t argument)
{
    bool meant = argument >> 16 == s->rca;

    if (meant && (s->state == STBY || s->state == DIS)) {
        go_to(s, TRAN);
        return true;
    }
    if (!meant && s->state != STBY && s->state != DIS) {
        go_to(s, STBY);
    }
    return meant;
}

static bool stop(SDCard *s, uint32_t argument)
{
    go_to(s, TRAN);
    return true;
}

static bool go_inactive(SDCard *s, uint32_t argument)
{
    go_to(s, INACTIVE);
    return true;
}

static bool set_block_len(SDCard *s, uint32_t argument)
{
    if (argument == 0 || argument > BLOCK) {
        s->status |= BLOCK_LEN_ERROR;
    } else {
        s->block_len = argument;
    }
    return true;
}

static bool read_one(SDCard *s, uint32_t argument)
{
    return begin_blocks(s, argument, READ_ONE);
}

static bool read_many(SDCard *s, uint32_t argument)
{
    return begin_blocks(s, argument, READ_MANY);
}

static bool set_block_count(SDCard *s, uint32_t argument)
{
    s->block_count = argument;
    return true;
}

static bool write_one(SDCard *s, uint32_t argument)
{
    return begin_blocks(s, argument, WRITE_ONE);
}

static bool write_many(SDCard *s, uint32_t argument)
{
    return begin_blocks(s, argument, WRITE_MANY);
}

static bool program_csd(SDCard *s, uint32_t argument)
{
    s->transfer = WRITE_CSD;
    s->pos = 0;
    s->len = SD_RESPONSE_LONG;
    s->state = RCV;
    return true;
}

static bool erase_from(SDCard *s, uint32_t argument)
{
    s->erase_start = argument;
    s->has_erase_start = true;
    s->has_erase_end = false;
    return true;
}

static bool erase_to(SDCard *s, uint32_t argument)
{
    if (!s->has_erase_start) {
        s->status |= ERASE_SEQ_ERROR;
        return true;
    }
    s->erase_end = argument;
    s->has_erase_end = true;
    return true;
}

/* What was erased reads as zeros (SCR says so). */
static bool erase(SDCard *s, uint32_t argument)
{
    uint64_t first, last;

    if (!s->has_erase_end) {
        s->status |= ERASE_SEQ_ERROR;
    } else if (!take_address(s, s->erase_start, 1, &first) || !take_address(s, s->erase_end, 1, &last) || first > last) {
        s->status |= ERASE_PARAM;
    } else if (!blk_is_writable(s->blk)) {
        s->status |= WP_VIOLATION;
    } else {
        first -= first % BLOCK;
        last -= last % BLOCK;
        if (blk_pwrite_zeroes(s->blk, first, last + BLOCK - first, BDRV_REQ_MAY_UNMAP) < 0) {
            s->status |= GENERAL_ERROR;
        }
    }
    s->has_erase_start = s->has_erase_end = false;
    return true;
}

static bool app_follows(SDCard *s, uint32_t argument)
{
    s->app_command = true;
    return true;
}

static bool set_bus_width(SDCard *s, uint32_t argument)
{
    s->is_wide = (argument & 3) == 2;
    return (argument & 3) == 0 || (argument & 3) == 2;
}

/* Section 4.10.2: bus width, speed class 10, allocation units of 4 MiB. */
static bool send_sd_status(SDCard *s, uint32_t argument)
{
    uint8_t *status = answer(s, 64);

    status[0] = s->is_wide ? 0x80 : 0;
    status[8] = 4;
    status[10] = 0x90;
    return true;
}

static bool send_written(SDCard *s, uint32_t argument)
{
    uint32_t written = s->written;

    stl_be_p(answer(s, 4), written);
    return true;
}

/*
 * Section 4.2.3.1. A host that doesn't know large cards never finds this one ready; a voltage of 0
 * asks only.
 */
static bool operate(SDCard *s, uint32_t argument)
{
    if (!(argument & 0x00ffffff)) {
        return true;
    }
    if (!(argument & OCR_VOLTAGES)) {
        go_to(s, INACTIVE);
        return false;
    }
    if (!s->is_high || (argument & OCR_HIGH)) {
        s->ocr |= OCR_READY | (s->is_high ? OCR_HIGH : 0);
        go_to(s, READY);
    }
    return true;
}

/* Section 5.6: version 3, reads as zeros after erasing, widths 1 and 4, CMD23. */
static bool send_scr(SDCard *s, uint32_t argument)
{
    static const uint8_t scr[8] = { 0x02, 0x05, 0x80, 0x02 };
    uint8_t *to = answer(s, sizeof(scr));

    memcpy(to, scr, sizeof(scr));
    to[1] |= s->is_high ? 0x30 : 0x20; /* security */
    return true;
}

/* Version 2 and voltage: the card answers to those that it knows. */
static bool check_voltage(SDCard *s, uint32_t argument)
{
    return (argument >> 8 & 0xf) == 1;
}

typedef enum SDResponse { NONE, R1, R2_CID, R2_CSD, R3, R6, R7 } SDResponse;

typedef struct SDCommand {
    bool (*run)(SDCard *s, uint32_t argument);
    uint16_t states; /* in which it is legal */
    uint8_t response;
    bool addressed; /* only for the card whose address stands in the argument */
} SDCommand;

static const SDCommand commands[64] = {
    [0] = { go_idle, ANYWHERE, NONE },
    [2] = { identify, IN(READY), R2_CID },
    [3] = { publish_address, IN(IDENT) | IN(STBY), R6 },
    [4] = { ignore, IN(STBY), NONE },
    [6] = { switch_function, IN(TRAN), R1 },
    [7] = { select_card, IN(STBY) | IN(TRAN) | IN(DATA) | IN(PRG) | IN(DIS), R1 },
    [8] = { check_voltage, IN(IDLE), R7 },
    [9] = { ignore, IN(STBY), R2_CSD, true },
    [10] = { ignore, IN(STBY), R2_CID, true },
    [12] = { stop, IN(DATA) | IN(RCV), R1 },
    [13] = { ignore, IN(STBY) | IN(TRAN) | IN(DATA) | IN(RCV) | IN(PRG) | IN(DIS), R1, true },
    [15] = { go_inactive, IN(STBY) | IN(TRAN) | IN(DATA) | IN(RCV) | IN(PRG) | IN(DIS), NONE, true },
    [16] = { set_block_len, IN(TRAN), R1 },
    [17] = { read_one, IN(TRAN), R1 },
    [18] = { read_many, IN(TRAN), R1 },
    [23] = { set_block_count, IN(TRAN), R1 },
    [24] = { write_one, IN(TRAN), R1 },
    [25] = { write_many, IN(TRAN), R1 },
    [27] = { program_csd, IN(TRAN), R1 },
    [32] = { erase_from, IN(TRAN), R1 },
    [33] = { erase_to, IN(TRAN), R1 },
    [38] = { erase, IN(TRAN), R1 },
    [55] = { app_follows, IN(IDLE) | IN(STBY) | IN(TRAN) | IN(DATA) | IN(RCV) | IN(PRG) | IN(DIS), R1, true },
};

static const SDCommand app_commands[64] = {
    [6] = { set_bus_width, IN(TRAN), R1 },
    [13] = { send_sd_status, IN(TRAN), R1 },
    [22] = { send_written, IN(TRAN), R1 },
    [23] = { ignore, IN(TRAN), R1 },
    [41] = { operate, IN(IDLE), R3 },
    [42] = { ignore, IN(TRAN), R1 },
    [51] = { send_scr, IN(TRAN), R1 },
};

/* Reported errors are forgotten. */
static uint32_t take_status(SDCard *s, SDState state)
{
    uint32_t status = s->status | state << 9 | READY_FOR_DATA | (s->app_command ? APP_CMD : 0);

    s->status = 0;
    return status;
}

static size_t respond(SDCard *s, SDResponse kind, SDState before, uint32_t argument, uint8_t *response)
{
    uint32_t status;

    switch (kind) {
    case R1:
        stl_be_p(response, take_status(s, before));
        return SD_RESPONSE_SHORT;
    case R2_CID:
    case R2_CSD:
        memcpy(response, kind == R2_CID ? s->cid : s->csd, SD_RESPONSE_LONG);
        return SD_RESPONSE_LONG;
    case R3:
        stl_be_p(response, s->ocr);
        return SD_RESPONSE_SHORT;
    case R6: /* the address, and some of the status */
        status = take_status(s, before);
        stl_be_p(response, (uint32_t)s->rca << 16 | (status >> 8 & 0xc000) | (status >> 6 & 0x2000) | (status & 0x1fff));
        return SD_RESPONSE_SHORT;
    case R7:
        stl_be_p(response, argument & 0xfff);
        return SD_RESPONSE_SHORT;
    default:
        return 0;
    }
}

static size_t card_command(SDDevice *card, unsigned index, uint32_t argument, uint8_t response[SD_RESPONSE_LONG])
{
    SDCard *s = SD_CARD(card);
    bool is_app = s->app_command && app_commands[index & 63].run;
    const SDCommand *command = is_app ? &app_commands[index & 63] : &commands[index & 63];
    SDState before = s->state;

    if (s->state == INACTIVE) {
        return 0;
    }
    if (command->addressed && argument >> 16 != s->rca) {
        return 0; /* another card's */
    }
    s->app_command = false;
    if (!command->run || !(command->states & IN(before))) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_SD_CARD, NULL, "%s%u is not legal in state %u", is_app ? "ACMD" : "CMD", index, before);
        s->status |= ILLEGAL_COMMAND;
        return 0;
    }
    if (!command->run(s, argument)) {
        return 0;
    }
    s->app_command |= is_app; /* its own response says that it was taken as one */
    index = respond(s, command->response, before, argument, response);
    s->app_command = command->run == app_follows;
    return index;
}

/* ---- the medium ---- */

static bool card_is_inserted(SDDevice *card)
{
    return SD_CARD(card)->size != 0;
}

static bool card_is_writable(SDDevice *card)
{
    SDCard *s = SD_CARD(card);

    return s->blk && blk_is_writable(s->blk);
}

/* False with *errp: a card can't have that size. */
static bool take_medium(SDCard *s, Error **errp)
{
    int64_t size = s->blk && blk_is_inserted(s->blk) ? blk_getlength(s->blk) : 0;
    unsigned block_bits, multiplier;
    uint32_t c_size;

    s->size = 0;
    if (size < 0) {
        error_setg_errno(errp, -size, "can't tell the size of the card's image");
        return false;
    }
    s->is_high = size > STANDARD_MAX;
    if (s->is_high ? size > EXTENDED_MAX || size % HIGH_UNIT != 0
                   : size && !standard_size(size, &block_bits, &multiplier, &c_size)) {
        error_setg(errp, "no SD card has %" PRId64 " bytes: up to 8 MiB it is a multiple of 2 KiB, then of a 4096th of the next power of "
                   "two, from 1 GiB on of 512 KiB, at most 2 TiB", size);
        return false;
    }
    s->size = size;
    fill_cid(s);
    fill_csd(s);
    forget(s);
    return true;
}

static void medium_changed(void *opaque, bool load, Error **errp)
{
    SDCard *s = opaque;

    if (take_medium(s, errp) || !load) {
        sd_bus_card_changed(SD_BUS(qdev_get_parent_bus(DEVICE(s))));
    }
}

static const BlockDevOps card_block_ops = {
    .change_media_cb = medium_changed,
};

static void sd_card_realize(DeviceState *dev, Error **errp)
{
    SDCard *s = SD_CARD(dev);

    if (!take_medium(s, errp)) {
        return;
    }
    if (s->blk) {
        blk_set_dev_ops(s->blk, &card_block_ops, s);
    }
}

static void sd_card_unrealize(DeviceState *dev)
{
    SDCard *s = SD_CARD(dev);

    if (s->blk) {
        blk_set_dev_ops(s->blk, NULL, NULL);
    }
}

static void sd_card_reset(DeviceState *dev)
{
    forget(SD_CARD(dev));
}

/* Sizes and places of a file are not to be trusted: blocks of nothing would be moved for ever. */
static int after_load(void *opaque, int version_id)
{
    SDCard *s = opaque;

    if (s->len > BLOCK || s->pos > s->len || s->block_len < 1 || s->block_len > BLOCK || s->state > INACTIVE ||
        s->transfer > WRITE_CSD || (s->state == RCV && s->len == 0) || s->address > INT64_MAX - BLOCK) {
        return -EINVAL;
    }
    return 0;
}

static const VMStateDescription vmstate_sd_card = {
    .name = TYPE_SD_CARD,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_UINT8(state, SDCard),
        VMSTATE_UINT32(status, SDCard),
        VMSTATE_UINT32(ocr, SDCard),
        VMSTATE_UINT16(rca, SDCard),
        VMSTATE_BOOL(app_command, SDCard),
        VMSTATE_BOOL(is_wide, SDCard),
        VMSTATE_UINT8(function, SDCard),
        VMSTATE_UINT32(block_len, SDCard),
        VMSTATE_UINT32(block_count, SDCard),
        VMSTATE_UINT32(erase_start, SDCard),
        VMSTATE_UINT32(erase_end, SDCard),
        VMSTATE_BOOL(has_erase_start, SDCard),
        VMSTATE_BOOL(has_erase_end, SDCard),
        VMSTATE_UINT8(transfer, SDCard),
        VMSTATE_UINT64(address, SDCard),
        VMSTATE_UINT32(left, SDCard),
        VMSTATE_UINT32(written, SDCard),
        VMSTATE_BUFFER(buffer, SDCard),
        VMSTATE_UINT32(pos, SDCard),
        VMSTATE_UINT32(len, SDCard),
        VMSTATE_END_OF_LIST()
    },
};

static Property sd_card_properties[] = {
    DEFINE_PROP_DRIVE("drive", SDCard, blk),
    DEFINE_PROP_END_OF_LIST(),
};

static void sd_card_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    SDDeviceClass *sc = SD_DEVICE_CLASS(oc);

    sc->command = card_command;
    sc->read = card_read;
    sc->write = card_write;
    sc->is_inserted = card_is_inserted;
    sc->is_writable = card_is_writable;
    dc->desc = "SD memory card";
    dc->realize = sd_card_realize;
    dc->unrealize = sd_card_unrealize;
    dc->reset = sd_card_reset;
    dc->vmsd = &vmstate_sd_card;
    device_class_set_props(dc, sd_card_properties);
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo sd_card_types[] = {
    {
        .name = TYPE_SD_CARD,
        .parent = TYPE_SD_DEVICE,
        .instance_size = sizeof(SDCard),
        .class_init = sd_card_class_init,
    },
};

DEFINE_TYPES(sd_card_types)
