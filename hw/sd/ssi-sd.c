/*
 * An SD card's slot on an SPI bus: "ssi-sd". The card in it speaks the SD bus's protocol; this is
 * the one of SPI mode in front of it.
 *
 * The host clocks a byte out and one in. Commands have six bytes; the response comes behind a byte
 * of ones. Data to the host begin with a token and end with a CRC; data from the host are answered
 * with one. What the SD bus has and SPI lacks (addresses, selecting) is done here.
 *
 * Reference: SD Specifications Part 1, Physical Layer Simplified Specification, version 3.01,
 * chapter 7. Sections are its.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/sd/sd.h"
#include "hw/ssi/ssi.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_SSI_SD "ssi-sd"
OBJECT_DECLARE_SIMPLE_TYPE(SsiSd, SSI_SD)

#define BLOCK   512
#define NO_DATA 0xff /* the line while nobody drives it */

/* R1 (section 7.3.2.1). */
#define R1_IDLE      0x01
#define R1_ILLEGAL   0x04
#define R1_CRC       0x08
#define R1_ERASE_SEQ 0x10
#define R1_ADDRESS   0x20
#define R1_PARAMETER 0x40

/* Tokens (section 7.3.3). */
#define TOKEN_START      0xfe /* of one block, and of each that is read */
#define TOKEN_START_MANY 0xfc /* of each that is written */
#define TOKEN_STOP       0xfd
#define TOKEN_ACCEPTED   0x05
#define TOKEN_CRC        0x0b
#define TOKEN_FAILED     0x0d
#define TOKEN_ERROR      0x01
#define TOKEN_ECC        0x04
#define TOKEN_RANGE      0x08

/* The card's status (section 4.10.1) and OCR (5.1). */
#define OUT_OF_RANGE    (1u << 31)
#define ADDRESS_ERROR   (1u << 30)
#define BLOCK_LEN_ERROR (1u << 29)
#define ERASE_SEQ_ERROR (1u << 28)
#define ERASE_PARAM     (1u << 27)
#define WP_VIOLATION    (1u << 26)
#define CARD_ECC_FAILED (1u << 21)
#define GENERAL_ERROR   (1u << 19)
#define OCR_READY       (1u << 31)
#define OCR_VOLTAGES    0x00ff8000u

/* What the next byte from the host is. */
typedef enum Phase {
    COMMAND,    /* the first one of a command, or ones */
    ARGUMENT,   /* the rest of it */
    TOKEN,      /* of a block to be written, or ones */
    DATA,       /* of that block, and its CRC */
    NUM_PHASES,
} Phase;

/* What data the host reads. */
typedef enum Source { NO_SOURCE, ONE_BLOCK, MANY_BLOCKS, NUM_SOURCES } Source;

struct SsiSd {
    SSIPeripheral parent_obj;

    SDBus bus;
    uint8_t phase, source;
    bool spi;      /* CMD0 has been there */
    bool idle;     /* not initialized yet */
    bool crc_on, app_command;
    bool writes_many;
    uint16_t rca;
    uint32_t ocr, block_len;
    uint8_t command[6];
    uint32_t command_pos;
    uint8_t out[BLOCK + 16]; /* to the host */
    uint32_t out_pos, out_len;
    uint8_t data[BLOCK + 2]; /* from the host */
    uint32_t data_pos;
};

static uint8_t crc7(const uint8_t *bytes, size_t size)
{
    uint8_t crc = 0;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 0x80 ? crc << 1 ^ 0x12 : crc << 1;
        }
    }
    return crc; /* where it stands in a command: one to the left */
}

static uint16_t crc16(const uint8_t *bytes, size_t size)
{
    uint16_t crc = 0;

    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1;
        }
    }
    return crc;
}

/* ---- to the host ---- */

static void say(SsiSd *s, uint8_t byte)
{
    if (s->out_len < sizeof(s->out)) {
        s->out[s->out_len++] = byte;
    }
}

/* The response comes 1 to 8 bytes behind the command (section 7.5.4). */
static void respond(SsiSd *s, uint8_t r1)
{
    s->out_pos = s->out_len = 0;
    say(s, NO_DATA);
    say(s, r1 | (s->idle ? R1_IDLE : 0));
}

static void say_block(SsiSd *s, const uint8_t *data, size_t size)
{
    uint16_t crc = crc16(data, size);

    say(s, NO_DATA);
    say(s, TOKEN_START);
    for (size_t i = 0; i < size; i++) {
        say(s, data[i]);
    }
    say(s, crc >> 8);
    say(s, crc);
}

static uint32_t card_command(SsiSd *s, unsigned index, uint32_t argument, size_t *length)
{
    uint8_t response[SD_RESPONSE_LONG] = { 0 };

    *length = sd_bus_command(&s->bus, index, argument, response);
    return ldl_be_p(response);
}

static uint32_t card_status(SsiSd *s)
{
    size_t length;

    return card_command(s, 13, (uint32_t)s->rca << 16, &length);
}

/* Section 7.3.2.1: what a status is in R1. */
static uint8_t r1_of(uint32_t status)
{
    return (status & (OUT_OF_RANGE | BLOCK_LEN_ERROR) ? R1_PARAMETER : 0) |
           (status & ADDRESS_ERROR ? R1_ADDRESS : 0) | (status & ERASE_SEQ_ERROR ? R1_ERASE_SEQ : 0);
}

/* The next block that the host has asked for, or why there is none (section 7.3.3.3). */
static void fetch_block(SsiSd *s)
{
    uint8_t data[BLOCK];
    uint32_t status;

    s->out_pos = s->out_len = 0;
    if (sd_bus_read(&s->bus, data, s->block_len)) {
        say_block(s, data, s->block_len);
    } else {
        status = card_status(s);
        say(s, status & OUT_OF_RANGE ? TOKEN_RANGE : status & CARD_ECC_FAILED ? TOKEN_ECC : TOKEN_ERROR);
        s->source = NO_SOURCE;
    }
    if (s->source == ONE_BLOCK) {
        s->source = NO_SOURCE;
    }
}

static uint8_t next_byte(SsiSd *s)
{
    if (s->out_pos == s->out_len && s->source != NO_SOURCE) {
        fetch_block(s);
    }
    return s->out_pos < s->out_len ? s->out[s->out_pos++] : NO_DATA;
}

/* ---- commands ---- */

/* Section 7.2.1: what CMD0 makes of any state; the card on its own bus is idle, too. */
static void go_idle(SsiSd *s)
{
    size_t length;

    card_command(s, 0, 0, &length);
    s->spi = s->idle = true;
    s->crc_on = s->app_command = false;
    s->source = NO_SOURCE;
    s->phase = COMMAND;
    s->rca = 0;
    s->ocr = 0;
    s->block_len = BLOCK;
    respond(s, 0);
}

/* ACMD41, also as CMD1. A card that is ready is identified and selected, as SPI has it from then on. */
static bool operate(SsiSd *s, uint32_t argument)
{
    size_t length;

    if (!s->idle) {
        return true;
    }
    card_command(s, 55, 0, &length);
    s->ocr = card_command(s, 41, (argument & 0x40000000) | OCR_VOLTAGES, &length);
    if (!length) {
        return false;
    }
    if (s->ocr & OCR_READY) {
        card_command(s, 2, 0, &length);
        s->rca = card_command(s, 3, 0, &length) >> 16;
        card_command(s, 7, (uint32_t)s->rca << 16, &length);
        s->idle = false;
    }
    return true;
}

static void read_ocr(SsiSd *s)
{
    size_t length;

    if (s->idle) { /* without a voltage it is a question only */
        card_command(s, 55, 0, &length);
        s->ocr = card_command(s, 41, 0, &length);
    }
    respond(s, 0);
    for (int shift = 24; shift >= 0; shift -= 8) {
        say(s, s->ocr >> shift);
    }
}

/* CMD9, CMD10: a card that is selected doesn't say on its own bus. */
static void read_register(SsiSd *s, unsigned index)
{
    uint8_t value[SD_RESPONSE_LONG];
    size_t length;
    bool there;

    card_command(s, 7, 0, &length);
    there = sd_bus_command(&s->bus, index, (uint32_t)s->rca << 16, value) == SD_RESPONSE_LONG;
    card_command(s, 7, (uint32_t)s->rca << 16, &length);
    respond(s, there ? 0 : R1_ILLEGAL);
    if (there) {
        say_block(s, value, sizeof(value));
    }
}

/* R2 (section 7.3.2.3). */
static void send_status(SsiSd *s)
{
    uint32_t status = card_status(s);

    respond(s, r1_of(status));
    say(s, (status & GENERAL_ERROR ? 0x04 : 0) | (status & CARD_ECC_FAILED ? 0x10 : 0) |
           (status & WP_VIOLATION ? 0x20 : 0) | (status & ERASE_PARAM ? 0x40 : 0) |
           (status & OUT_OF_RANGE ? 0x80 : 0));
}

/* What the host reads or writes behind a command that the card has taken. */
typedef enum Follows { NOTHING, READ_ONE, READ_MANY, WRITE_ONE, WRITE_MANY, READ_64, READ_8, READ_4 } Follows;

/* Those that are the same on both buses (sections 7.3.1.3 and 7.3.1.4): 1 + what follows. */
static const uint8_t commands[64] = {
    [6] = 1 + READ_64, [12] = 1 + NOTHING, [16] = 1 + NOTHING, [17] = 1 + READ_ONE,
    [18] = 1 + READ_MANY, [24] = 1 + WRITE_ONE, [25] = 1 + WRITE_MANY, [32] = 1 + NOTHING,
    [33] = 1 + NOTHING, [38] = 1 + NOTHING,
}, app_commands[64] = {
    [13] = 1 + READ_64, [22] = 1 + READ_4, [23] = 1 + NOTHING, [42] = 1 + NOTHING, [51] = 1 + READ_8,
};

static void read_answer(SsiSd *s, size_t size)
{
    uint8_t data[64];

    if (sd_bus_read(&s->bus, data, size)) {
        say_block(s, data, size);
    } else {
        say(s, TOKEN_ERROR);
    }
}

static void begin_transfer(SsiSd *s, Follows follows)
{
    switch (follows) {
    case NOTHING:
        break;
    case READ_ONE:
    case READ_MANY:
        s->source = follows == READ_ONE ? ONE_BLOCK : MANY_BLOCKS;
        break;
    case WRITE_ONE:
    case WRITE_MANY:
        s->phase = TOKEN;
        s->writes_many = follows == WRITE_MANY;
        break;
    case READ_64:
        read_answer(s, 64);
        break;
    case READ_8:
        read_answer(s, 8);
        break;
    case READ_4:
        read_answer(s, 4);
        break;
    }
}

static void pass_on(SsiSd *s, unsigned index, uint32_t argument, bool is_app)
{
    uint8_t known = is_app ? app_commands[index] : commands[index];
    uint32_t status;
    size_t length;

    s->source = NO_SOURCE;
    if (!known || s->idle) {
        respond(s, R1_ILLEGAL);
        return;
    }
    if (is_app) {
        card_command(s, 55, (uint32_t)s->rca << 16, &length);
    }
    status = card_command(s, index, argument, &length);
    respond(s, length ? r1_of(status) : R1_ILLEGAL);
    if (length && r1_of(status) == 0) {
        if (index == 16 && !is_app && !(s->ocr & 0x40000000)) {
            s->block_len = argument;
        }
        begin_transfer(s, known - 1);
    }
}

/* Section 7.2.2: off after CMD0, but for that and CMD8. */
static bool crc_matters(const SsiSd *s, unsigned index)
{
    return s->crc_on || index == 0 || index == 8;
}

static void run_command(SsiSd *s)
{
    unsigned index = s->command[0] & 0x3f;
    uint32_t argument = ldl_be_p(s->command + 1), response;
    bool is_app = s->app_command;
    size_t length;

    s->app_command = false;
    s->phase = COMMAND;
    if (!s->spi && (index != 0 || (crc7(s->command, 5) | 1) != s->command[5])) {
        return; /* the card is in SD mode, and nobody speaks to it there */
    }
    if (crc_matters(s, index) && (crc7(s->command, 5) | 1) != s->command[5]) {
        respond(s, R1_CRC);
        return;
    }
    if (!sd_bus_is_inserted(&s->bus)) {
        s->out_pos = s->out_len = 0;
        return;
    }
    switch (is_app && (app_commands[index] || index == 41) ? 64 + index : index) {
    case 0:
        go_idle(s);
        break;
    case 1:
    case 64 + 41:
        respond(s, operate(s, argument) ? 0 : R1_ILLEGAL);
        break;
    case 8:
        response = card_command(s, 8, argument, &length);
        respond(s, length ? 0 : R1_ILLEGAL);
        for (int shift = 24; length && shift >= 0; shift -= 8) {
            say(s, response >> shift);
        }
        break;
    case 9:
    case 10:
        if (s->idle) {
            respond(s, R1_ILLEGAL);
        } else {
            read_register(s, index);
        }
        break;
    case 13:
        send_status(s);
        break;
    case 55:
        s->app_command = true;
        respond(s, 0);
        break;
    case 58:
        read_ocr(s);
        break;
    case 59:
        s->crc_on = argument & 1;
        respond(s, 0);
        break;
    default:
        pass_on(s, index, argument, is_app && app_commands[index]);
    }
}

/* ---- from the host ---- */

static void take_block(SsiSd *s)
{
    uint8_t answer = TOKEN_ACCEPTED;

    if (s->crc_on && crc16(s->data, BLOCK) != lduw_be_p(s->data + BLOCK)) {
        answer = TOKEN_CRC;
    } else if (!sd_bus_write(&s->bus, s->data, BLOCK) ||
               (card_status(s) & (GENERAL_ERROR | WP_VIOLATION | OUT_OF_RANGE))) {
        answer = TOKEN_FAILED;
    }
    s->out_pos = s->out_len = 0;
    say(s, answer);
    say(s, 0); /* busy, for a byte */
    s->phase = s->writes_many ? TOKEN : COMMAND;
}

static void stop_writing(SsiSd *s)
{
    size_t length;

    card_command(s, 12, 0, &length);
    s->out_pos = s->out_len = 0;
    say(s, NO_DATA);
    say(s, 0); /* busy, for a byte */
    s->phase = COMMAND;
}

static uint32_t ssi_sd_transfer(SSIPeripheral *dev, uint32_t word)
{
    SsiSd *s = SSI_SD(dev);
    uint8_t byte = word, back = s->phase == ARGUMENT || s->phase == DATA ? NO_DATA : next_byte(s);

    switch (s->phase) {
    case TOKEN:
        if (byte == (s->writes_many ? TOKEN_START_MANY : TOKEN_START)) {
            s->phase = DATA;
            s->data_pos = 0;
            break;
        }
        if (s->writes_many && byte == TOKEN_STOP) {
            stop_writing(s);
            break;
        }
        /* fall through */
    case COMMAND: /* 01, then the number */
        if ((byte & 0xc0) == 0x40) {
            s->command[0] = byte;
            s->command_pos = 1;
            s->phase = ARGUMENT;
        }
        break;
    case ARGUMENT:
        s->command[s->command_pos++] = byte;
        if (s->command_pos == sizeof(s->command)) {
            run_command(s);
        }
        break;
    case DATA:
        s->data[s->data_pos++] = byte;
        if (s->data_pos == sizeof(s->data)) {
            take_block(s);
        }
        break;
    }
    return back;
}

/* What has begun when it is deselected is over, but for data of a block that go on later. */
static int ssi_sd_set_cs(SSIPeripheral *dev, bool level)
{
    SsiSd *s = SSI_SD(dev);

    if (s->phase == ARGUMENT) {
        s->phase = COMMAND;
    }
    return 0;
}

/* ---- life ---- */

static void ssi_sd_realize(SSIPeripheral *dev, Error **errp)
{
    SsiSd *s = SSI_SD(dev);

    sd_bus_init(&s->bus, DEVICE(dev), NULL, NULL);
    sd_bus_take_drive(&s->bus, errp);
}

static void ssi_sd_reset(DeviceState *dev)
{
    SsiSd *s = SSI_SD(dev);

    s->phase = COMMAND;
    s->source = NO_SOURCE;
    s->spi = s->crc_on = s->app_command = s->writes_many = false;
    s->idle = true;
    s->rca = 0;
    s->ocr = 0;
    s->block_len = BLOCK;
    s->command_pos = s->out_pos = s->out_len = s->data_pos = 0;
}

static int check_positions(void *opaque, int version_id)
{
    SsiSd *s = opaque;

    return s->phase >= NUM_PHASES || s->source >= NUM_SOURCES || s->command_pos > sizeof(s->command) ||
           (s->phase == ARGUMENT && s->command_pos >= sizeof(s->command)) ||
           s->out_len > sizeof(s->out) || s->out_pos > s->out_len || s->data_pos > sizeof(s->data) ||
           (s->phase == DATA && s->data_pos >= sizeof(s->data)) || s->block_len < 1 ||
           s->block_len > BLOCK ? -EINVAL : 0;
}

static const VMStateDescription vmstate_ssi_sd = {
    .name = TYPE_SSI_SD,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = check_positions,
    .fields = (const VMStateField[]){
        VMSTATE_SSI_PERIPHERAL(parent_obj, SsiSd),
        VMSTATE_UINT8(phase, SsiSd),
        VMSTATE_UINT8(source, SsiSd),
        VMSTATE_BOOL(spi, SsiSd),
        VMSTATE_BOOL(idle, SsiSd),
        VMSTATE_BOOL(crc_on, SsiSd),
        VMSTATE_BOOL(app_command, SsiSd),
        VMSTATE_BOOL(writes_many, SsiSd),
        VMSTATE_UINT16(rca, SsiSd),
        VMSTATE_UINT32(ocr, SsiSd),
        VMSTATE_UINT32(block_len, SsiSd),
        VMSTATE_BUFFER(command, SsiSd),
        VMSTATE_UINT32(command_pos, SsiSd),
        VMSTATE_BUFFER(out, SsiSd),
        VMSTATE_UINT32(out_pos, SsiSd),
        VMSTATE_UINT32(out_len, SsiSd),
        VMSTATE_BUFFER(data, SsiSd),
        VMSTATE_UINT32(data_pos, SsiSd),
        VMSTATE_END_OF_LIST()
    },
};

static void ssi_sd_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    SSIPeripheralClass *sc = SSI_PERIPHERAL_CLASS(oc);

    sc->cs_polarity = SSI_CS_LOW;
    sc->realize = ssi_sd_realize;
    sc->transfer = ssi_sd_transfer;
    sc->set_cs = ssi_sd_set_cs;
    dc->desc = "slot for an SD card on an SPI bus";
    dc->reset = ssi_sd_reset;
    dc->vmsd = &vmstate_ssi_sd;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo ssi_sd_types[] = {
    {
        .name = TYPE_SSI_SD,
        .parent = TYPE_SSI_PERIPHERAL,
        .instance_size = sizeof(SsiSd),
        .class_init = ssi_sd_class_init,
    },
};

DEFINE_TYPES(ssi_sd_types)
