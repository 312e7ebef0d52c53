/*
 * 82077AA floppy disk controller on the ISA bus.
 *
 * Reference: Intel 82077AA data sheet (290166), sections 2 "Registers", 5 "Command set" and 6
 * "Status register encoding". The register at the base address, which only a PS/2 has, is not
 * decoded.
 *
 * Nothing takes time: steps, and the rotation of the medium, are over at once. Sectors have 512
 * bytes. SCAN commands, deleted data marks and the chip's power management are missing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "floppy.h"
#include "hw/irq.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"

enum {
    PORT_SRB = 1,
    PORT_DOR = 2,
    PORT_TDR = 3,
    PORT_MSR_DSR = 4,
    PORT_FIFO = 5,
    PORT_DIR_CCR = 7,

    DOR_DRIVE = 0x03,
    DOR_RUN = 0x04, /* low: reset */
    DOR_DMA = 0x08, /* interrupts and DMA requests get through */
    DOR_MOTOR_A = 0x10, /* and three more */

    DSR_RESET = 0x80,

    MSR_BUSY = 0x10,
    MSR_NO_DMA = 0x20,
    MSR_TO_HOST = 0x40,
    MSR_READY = 0x80,

    DIR_CHANGED = 0x80,

    ST0_NOT_READY = 0xc0,
    ST0_INVALID = 0x80,
    ST0_ABNORMAL = 0x40,
    ST0_SEEK_END = 0x20,
    ST0_EQUIPMENT = 0x10,
    ST0_HEAD = 0x04,

    ST1_END_OF_CYLINDER = 0x80,
    ST1_NO_DATA = 0x04,
    ST1_NOT_WRITABLE = 0x02,
    ST1_NO_ADDRESS_MARK = 0x01,

    ST2_WRONG_CYLINDER = 0x10,

    ST3_PROTECTED = 0x40,
    ST3_TRACK_0 = 0x10,
    ST3_ALWAYS = 0x28,

    COMMAND_MULTI_TRACK = 0x80,

    SPECIFY_NO_DMA = 0x01,
    CONFIGURE_IMPLIED_SEEK = 0x40,

    VERSION_82077AA = 0x90,
};

#define SIZE_CODE_512 2 /* N: 128 << N */
#define MOST_BYTES    10
#define ALL_DRIVES    0x0f
#define NUM_SELECTS   4 /* that the chip can tell apart */

typedef enum Phase { PHASE_COMMAND, PHASE_EXECUTION, PHASE_RESULT, NUM_PHASES } Phase;
typedef enum Transfer { READING, VERIFYING, WRITING, FORMATTING, NUM_TRANSFERS } Transfer;

OBJECT_DECLARE_SIMPLE_TYPE(FloppyController, ISA_FDC)

struct FloppyController {
    ISADevice parent_obj;

    MemoryRegion low_ports, high_port; /* the IDE interface has the port between them */
    FloppyBus bus;
    qemu_irq irq;
    IsaDma *dma;

    uint8_t dor, tdr, rate;
    bool interrupts;             /* the interrupt line, as DOR doesn't stop it */
    uint8_t resets_to_sense;     /* drives whose state a reset has changed */
    uint8_t seeks_to_sense;      /* drives that have stepped: bits, and what to say of each */
    uint8_t seek_status[NUM_SELECTS];
    uint8_t specified[2];
    uint8_t configured[3];       /* the last two bytes of the command, and LOCK */
    uint8_t perpendicular;

    uint8_t phase;
    uint8_t bytes[MOST_BYTES];   /* of the command, then of the result */
    uint8_t num_bytes, next_byte;

    /* A transfer that is being executed: where it is, as its result will say. */
    uint8_t transfer;
    uint8_t select, head;
    uint8_t at_cylinder, at_head, at_sector, size_code, last_sector;
    bool beyond;                 /* the next sector would be behind the end of the cylinder */
    bool multi_track;
    bool has_unit;               /* `data` is a unit that isn't over */
    uint8_t data[FLOPPY_SECTOR]; /* a unit: a sector, or what a sector is to be formatted with */
    uint16_t data_pos;
    uint8_t sectors_left;        /* of a track to be formatted */
    uint8_t filler;

    uint32_t iobase, irq_line, dma_channel; /* properties */
    FloppyDriveType fallback, drive_types[MAX_FD];
};

static FloppyDrive *drive_of(FloppyController *s, unsigned select)
{
    return select < MAX_FD ? s->bus.drive[select] : NULL;
}

/* ---- interrupt and phases ---- */

static void set_interrupt(FloppyController *s, bool level)
{
    s->interrupts = level;
    qemu_set_irq(s->irq, level && (s->dor & DOR_DMA));
}

static bool uses_dma(const FloppyController *s)
{
    return s->dma && !(s->specified[1] & SPECIFY_NO_DMA);
}

static void hold_request(FloppyController *s, bool hold)
{
    if (s->dma) {
        IsaDmaClass *k = ISADMA_GET_CLASS(s->dma);

        (hold ? k->hold_DREQ : k->release_DREQ)(s->dma, s->dma_channel);
    }
}

static void expect_command(FloppyController *s)
{
    s->phase = PHASE_COMMAND;
    s->num_bytes = s->next_byte = 0;
}

static void give_result(FloppyController *s, const uint8_t *bytes, unsigned num)
{
    memcpy(s->bytes, bytes, num);
    s->num_bytes = num;
    s->next_byte = 0;
    s->phase = PHASE_RESULT;
}

/* ---- transfers ---- */

static void end_transfer(FloppyController *s, uint8_t st0, uint8_t st1, uint8_t st2)
{
    const uint8_t result[] = {
        st0 | s->select | (s->at_head ? ST0_HEAD : 0), st1, st2,
        s->at_cylinder, s->at_head, s->at_sector, s->size_code,
    };

    hold_request(s, false);
    s->has_unit = false;
    give_result(s, result, sizeof(result));
    set_interrupt(s, true);
}

static void fail_transfer(FloppyController *s, uint8_t st1, uint8_t st2)
{
    end_transfer(s, ST0_ABNORMAL, st1, st2);
}

static bool writes_medium(const FloppyController *s)
{
    return s->transfer == WRITING || s->transfer == FORMATTING;
}

static unsigned unit_size(const FloppyController *s)
{
    return s->transfer == FORMATTING ? 4 : FLOPPY_SECTOR;
}

/* The address behind the current sector: table 5-4. */
static void advance(FloppyController *s)
{
    if (s->at_sector++ != s->last_sector) {
        return;
    }
    s->at_sector = 1;
    s->beyond = true;
    if (s->multi_track) {
        s->at_head ^= 1;
        s->head ^= 1;
        s->beyond = !s->at_head;
    }
    s->at_cylinder += s->beyond;
}

/* Makes the next unit ready; false: that was the end of the transfer. */
static bool begin_unit(FloppyController *s)
{
    FloppyDrive *d = drive_of(s, s->select);

    if (s->has_unit) {
        return true;
    }
    if (s->beyond) {
        fail_transfer(s, ST1_END_OF_CYLINDER, 0);
        return false;
    }
    if (!writes_medium(s) && !floppy_read(d, s->head, s->at_sector, s->data)) {
        fail_transfer(s, ST1_NO_DATA, 0);
        return false;
    }
    s->has_unit = true;
    s->data_pos = 0;
    return true;
}

static bool write_unit(FloppyController *s)
{
    FloppyDrive *d = drive_of(s, s->select);

    if (s->transfer == FORMATTING) {
        uint8_t sector = s->data[2];

        memset(s->data, s->filler, sizeof(s->data));
        return floppy_write(d, s->head, sector, s->data);
    }
    return floppy_write(d, s->head, s->at_sector, s->data);
}

/* All of the unit has been moved; or with fewer bytes, zeros stand for the rest. */
static void end_unit(FloppyController *s)
{
    s->has_unit = false;
    if (writes_medium(s)) {
        memset(s->data + s->data_pos, 0, unit_size(s) - s->data_pos);
        if (!write_unit(s)) {
            fail_transfer(s, ST1_NO_DATA, 0);
            return;
        }
    }
    if (s->transfer != FORMATTING) {
        advance(s);
    } else if (!--s->sectors_left) {
        end_transfer(s, 0, 0, 0);
    }
}

/* Terminal count: the host has had enough. */
static void end_by_host(FloppyController *s)
{
    if (s->has_unit) {
        end_unit(s);
    }
    if (s->phase == PHASE_EXECUTION) {
        end_transfer(s, 0, 0, 0);
    }
}

static int dma_moves(void *opaque, int channel, int done, int size)
{
    FloppyController *s = opaque;
    IsaDmaClass *k = ISADMA_GET_CLASS(s->dma);

    while (s->phase == PHASE_EXECUTION && done < size && begin_unit(s)) {
        int now = MIN((int)unit_size(s) - s->data_pos, size - done);

        if (writes_medium(s)) {
            k->read_memory(s->dma, channel, s->data + s->data_pos, done, now);
        } else if (s->transfer == READING) {
            k->write_memory(s->dma, channel, s->data + s->data_pos, done, now);
        }
        done += now;
        s->data_pos += now;
        if (s->data_pos == unit_size(s)) {
            end_unit(s);
        }
    }
    if (s->phase == PHASE_EXECUTION && done == size) {
        end_by_host(s);
    }
    return done;
}

/* Without DMA each byte goes through the FIFO, and the end of the cylinder is the only end. */
static uint8_t fifo_moves(FloppyController *s, uint8_t byte)
{
    if (!begin_unit(s)) {
        return 0;
    }
    if (writes_medium(s)) {
        s->data[s->data_pos] = byte;
    } else {
        byte = s->data[s->data_pos];
    }
    if (++s->data_pos == unit_size(s)) {
        end_unit(s);
        if (s->phase == PHASE_EXECUTION && s->beyond) {
            fail_transfer(s, ST1_END_OF_CYLINDER, 0);
        }
    }
    return byte;
}

/* Reads to the end without a host. */
static void verify(FloppyController *s)
{
    while (s->phase == PHASE_EXECUTION) {
        if (s->beyond) {
            end_transfer(s, 0, 0, 0);
        } else if (begin_unit(s)) {
            end_unit(s);
        }
    }
}

/* What keeps a transfer from beginning, in ST1 and ST2; false: nothing. */
static bool is_hindered(FloppyController *s, uint8_t *st1, uint8_t *st2)
{
    FloppyDrive *d = drive_of(s, s->select);

    *st1 = *st2 = 0;
    if (!d || !floppy_has_medium(d)) {
        *st1 = ST1_NO_ADDRESS_MARK | ST1_NO_DATA;
    } else if (writes_medium(s) && !floppy_is_writable(d)) {
        *st1 = ST1_NOT_WRITABLE;
    } else if (s->size_code != SIZE_CODE_512 || s->at_head != s->head) {
        *st1 = ST1_NO_DATA;
    } else if (s->at_cylinder != d->cylinder) {
        *st1 = ST1_NO_DATA;
        *st2 = ST2_WRONG_CYLINDER;
    }
    return *st1;
}

static void begin_transfer(FloppyController *s, Transfer transfer)
{
    uint8_t st1, st2;

    s->transfer = transfer;
    s->has_unit = s->beyond = false;
    s->phase = PHASE_EXECUTION;
    if (is_hindered(s, &st1, &st2)) {
        fail_transfer(s, st1, st2);
    } else if (transfer == VERIFYING) {
        verify(s);
    } else if (uses_dma(s)) {
        hold_request(s, true);
    } else {
        set_interrupt(s, true);
    }
}

/* ---- commands: bytes[0] is the command, bytes[1] selects head and drive for most ---- */

static void take_selection(FloppyController *s)
{
    s->select = s->bytes[1] & 3;
    s->head = s->bytes[1] >> 2 & 1;
}

static void transfer_data(FloppyController *s, Transfer transfer)
{
    take_selection(s);
    s->multi_track = s->bytes[0] & COMMAND_MULTI_TRACK;
    s->at_cylinder = s->bytes[2];
    s->at_head = s->bytes[3];
    s->at_sector = s->bytes[4];
    s->size_code = s->bytes[5];
    s->last_sector = s->bytes[6];
    if ((s->configured[0] & CONFIGURE_IMPLIED_SEEK) && drive_of(s, s->select)) {
        floppy_step_to(drive_of(s, s->select), s->at_cylinder);
    }
    begin_transfer(s, transfer);
}

static void read_data(FloppyController *s)
{
    transfer_data(s, READING);
}

/* From the index hole on. */
static void read_track(FloppyController *s)
{
    s->bytes[4] = 1;
    transfer_data(s, READING);
}

static void write_data(FloppyController *s)
{
    transfer_data(s, WRITING);
}

static void verify_data(FloppyController *s)
{
    transfer_data(s, VERIFYING);
}

static void format_track(FloppyController *s)
{
    FloppyDrive *d;

    take_selection(s);
    d = drive_of(s, s->select);
    s->size_code = s->bytes[2];
    s->sectors_left = s->bytes[3];
    s->filler = s->bytes[5];
    s->at_cylinder = d ? d->cylinder : 0;
    s->at_head = s->head;
    s->at_sector = 1;
    if (!s->sectors_left) {
        fail_transfer(s, ST1_NO_DATA, 0);
        return;
    }
    begin_transfer(s, FORMATTING);
}

/* Whatever comes first below the head: sector 1. */
static void read_id(FloppyController *s)
{
    FloppyDrive *d;

    take_selection(s);
    d = drive_of(s, s->select);
    s->at_cylinder = d ? d->cylinder : 0;
    s->at_head = s->head;
    s->at_sector = 1;
    s->size_code = SIZE_CODE_512;
    if (!d || s->head >= d->heads || d->cylinder >= d->tracks) {
        fail_transfer(s, ST1_NO_ADDRESS_MARK, 0);
    } else {
        end_transfer(s, 0, 0, 0);
    }
}

/* A drive that isn't there never tells that its heads are at track 0. */
static void step(FloppyController *s, unsigned cylinder)
{
    FloppyDrive *d = drive_of(s, s->select);

    if (d) {
        floppy_step_to(d, cylinder);
    }
    s->seek_status[s->select] = s->select | (s->head ? ST0_HEAD : 0) | ST0_SEEK_END |
                                (d || cylinder ? 0 : ST0_ABNORMAL | ST0_EQUIPMENT);
    s->seeks_to_sense |= 1 << s->select;
    expect_command(s);
    set_interrupt(s, true);
}

static void recalibrate(FloppyController *s)
{
    take_selection(s);
    s->head = 0;
    step(s, 0);
}

static void seek(FloppyController *s)
{
    take_selection(s);
    step(s, s->bytes[2]);
}

static void seek_relatively(FloppyController *s, int direction)
{
    FloppyDrive *d;
    int to;

    take_selection(s);
    d = drive_of(s, s->select);
    to = (d ? d->cylinder : 0) + direction * s->bytes[2];
    step(s, CLAMP(to, 0, 255));
}

static void seek_outwards(FloppyController *s)
{
    seek_relatively(s, -1);
}

static void seek_inwards(FloppyController *s)
{
    seek_relatively(s, 1);
}

static void give_byte(FloppyController *s, uint8_t byte)
{
    give_result(s, &byte, 1);
}

static void sense_interrupt(FloppyController *s)
{
    unsigned select = 0;
    FloppyDrive *d;
    uint8_t result[2];

    set_interrupt(s, false);
    if (s->resets_to_sense) {
        select = ctz32(s->resets_to_sense);
        s->resets_to_sense &= ~(1 << select);
        result[0] = ST0_NOT_READY | select;
    } else if (s->seeks_to_sense) {
        select = ctz32(s->seeks_to_sense);
        s->seeks_to_sense &= ~(1 << select);
        result[0] = s->seek_status[select];
    } else {
        give_byte(s, ST0_INVALID);
        return;
    }
    d = drive_of(s, select);
    result[1] = d ? d->cylinder : 0;
    give_result(s, result, sizeof(result));
}

static void sense_drive(FloppyController *s)
{
    FloppyDrive *d;

    take_selection(s);
    d = drive_of(s, s->select);
    give_byte(s, ST3_ALWAYS | s->select | (s->head ? ST0_HEAD : 0) |
                     (d && !d->cylinder ? ST3_TRACK_0 : 0) |
                     (d && floppy_has_medium(d) && !floppy_is_writable(d) ? ST3_PROTECTED : 0));
}

static void specify(FloppyController *s)
{
    memcpy(s->specified, s->bytes + 1, sizeof(s->specified));
    expect_command(s);
}

static void configure(FloppyController *s)
{
    memcpy(s->configured, s->bytes + 2, 2);
    expect_command(s);
}

static void set_perpendicular(FloppyController *s)
{
    s->perpendicular = s->bytes[1];
    expect_command(s);
}

static void set_lock(FloppyController *s)
{
    s->configured[2] = s->bytes[0] & 0x80;
    give_byte(s, s->configured[2] >> 3);
}

static void give_version(FloppyController *s)
{
    give_byte(s, VERSION_82077AA);
}

static void dump_registers(FloppyController *s)
{
    uint8_t result[10] = { 0 };

    for (unsigned i = 0; i < MAX_FD; i++) {
        result[i] = s->bus.drive[i] ? s->bus.drive[i]->cylinder : 0;
    }
    memcpy(result + 4, s->specified, 2);
    result[6] = s->last_sector;
    result[7] = s->configured[2] | (s->perpendicular & 0x3f);
    memcpy(result + 8, s->configured, 2);
    give_result(s, result, sizeof(result));
}

/* `mask`: the bits of the first byte that tell commands apart, table 5-1. */
static const struct Command {
    const char *name;
    uint8_t code, mask;
    uint8_t length;
    void (*execute)(FloppyController *s);
} commands[] = {
    { "READ DATA", 0x06, 0x1f, 9, read_data },
    { "WRITE DATA", 0x05, 0x3f, 9, write_data },
    { "READ TRACK", 0x02, 0x9f, 9, read_track },
    { "VERIFY", 0x16, 0x1f, 9, verify_data },
    { "FORMAT TRACK", 0x0d, 0xbf, 6, format_track },
    { "READ ID", 0x0a, 0xbf, 2, read_id },
    { "RECALIBRATE", 0x07, 0xff, 2, recalibrate },
    { "SEEK", 0x0f, 0xff, 3, seek },
    { "RELATIVE SEEK", 0x8f, 0xff, 3, seek_outwards },
    { "RELATIVE SEEK", 0xcf, 0xff, 3, seek_inwards },
    { "SENSE INTERRUPT STATUS", 0x08, 0xff, 1, sense_interrupt },
    { "SENSE DRIVE STATUS", 0x04, 0xff, 2, sense_drive },
    { "SPECIFY", 0x03, 0xff, 3, specify },
    { "CONFIGURE", 0x13, 0xff, 4, configure },
    { "PERPENDICULAR MODE", 0x12, 0xff, 2, set_perpendicular },
    { "LOCK", 0x14, 0x7f, 1, set_lock },
    { "VERSION", 0x10, 0xff, 1, give_version },
    { "DUMPREG", 0x0e, 0xff, 1, dump_registers },
};

static const struct Command *find_command(uint8_t byte)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if ((byte & commands[i].mask) == commands[i].code) {
            return &commands[i];
        }
    }
    return NULL;
}

/* READ and WRITE DELETED DATA, SCAN EQUAL, SCAN LOW OR EQUAL, SCAN HIGH OR EQUAL. */
static bool is_missing(uint8_t byte)
{
    static const uint8_t missing[] = { 0x0c, 0x09, 0x11, 0x19, 0x1d };

    return memchr(missing, byte & 0x1f, sizeof(missing));
}

static void command_byte(FloppyController *s, uint8_t byte)
{
    const struct Command *command;

    if (!s->num_bytes && !find_command(byte)) {
        qemu_log_dev(is_missing(byte) ? LOG_UNIMP : LOG_GUEST_ERROR, TYPE_ISA_FDC, "FIFO",
                     "no command 0x%02x", byte);
        give_byte(s, ST0_INVALID);
        return;
    }
    s->bytes[s->num_bytes++] = byte;
    command = find_command(s->bytes[0]);
    if (s->num_bytes == command->length) {
        command->execute(s);
    }
}

/* ---- registers ---- */

/* Drives don't turn into anything else; LOCK keeps the FIFO's configuration. */
static void begin_reset(FloppyController *s)
{
    hold_request(s, false);
    if (!s->configured[2]) {
        s->configured[0] = 0x20;
        s->configured[1] = 0;
    }
    s->has_unit = false;
    s->seeks_to_sense = s->resets_to_sense = 0;
    expect_command(s);
    set_interrupt(s, false);
}

/* Polling finds that all drives have become ready. */
static void end_reset(FloppyController *s)
{
    s->resets_to_sense = ALL_DRIVES;
    set_interrupt(s, true);
}

static void write_dor(FloppyController *s, uint8_t value)
{
    bool ran = s->dor & DOR_RUN;

    s->dor = value;
    if (!(value & DOR_RUN)) {
        begin_reset(s);
    } else if (!ran) {
        end_reset(s);
    }
    set_interrupt(s, s->interrupts);
}

static uint8_t read_msr(const FloppyController *s)
{
    uint8_t seeks = s->seeks_to_sense & ALL_DRIVES;

    if (!(s->dor & DOR_RUN)) {
        return 0;
    }
    switch (s->phase) {
    case PHASE_RESULT:
        return MSR_READY | MSR_TO_HOST | MSR_BUSY | seeks;
    case PHASE_EXECUTION:
        return uses_dma(s) ? MSR_BUSY | seeks
                           : MSR_READY | MSR_NO_DMA | MSR_BUSY | seeks |
                                 (writes_medium(s) ? 0 : MSR_TO_HOST);
    default:
        return MSR_READY | (s->num_bytes ? MSR_BUSY : 0) | seeks;
    }
}

static void write_dsr(FloppyController *s, uint8_t value)
{
    s->rate = value & 3;
    if ((value & DSR_RESET) && (s->dor & DOR_RUN)) {
        begin_reset(s);
        end_reset(s);
    }
}

static uint8_t read_fifo(FloppyController *s)
{
    uint8_t byte;

    if (s->phase == PHASE_EXECUTION && !uses_dma(s) && !writes_medium(s)) {
        return fifo_moves(s, 0);
    }
    if (s->phase != PHASE_RESULT) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_ISA_FDC, "FIFO", "read while there is nothing in it");
        return 0;
    }
    set_interrupt(s, false);
    byte = s->bytes[s->next_byte++];
    if (s->next_byte == s->num_bytes) {
        expect_command(s);
    }
    return byte;
}

static void write_fifo(FloppyController *s, uint8_t value)
{
    if (!(s->dor & DOR_RUN)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_ISA_FDC, "FIFO", "written during reset");
    } else if (s->phase == PHASE_COMMAND) {
        command_byte(s, value);
    } else if (s->phase == PHASE_EXECUTION && !uses_dma(s) && writes_medium(s)) {
        fifo_moves(s, value);
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_ISA_FDC, "FIFO", "written while it isn't ready");
    }
}

static uint8_t read_dir(FloppyController *s)
{
    FloppyDrive *d = drive_of(s, s->dor & DOR_DRIVE);
    bool turns = s->dor & DOR_MOTOR_A << (s->dor & DOR_DRIVE);

    return d && turns && d->changed ? DIR_CHANGED : 0;
}

static uint64_t fdc_read(void *opaque, hwaddr addr, unsigned size)
{
    FloppyController *s = opaque;

    switch (addr) {
    case PORT_SRB:
        return 0xc0 | (s->dor & 1) << 5 | (s->dor & 0x30) >> 4;
    case PORT_DOR:
        return s->dor;
    case PORT_TDR:
        return s->tdr;
    case PORT_MSR_DSR:
        return read_msr(s);
    case PORT_FIFO:
        return read_fifo(s);
    default:
        return read_dir(s);
    }
}

static void fdc_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    FloppyController *s = opaque;

    switch (addr) {
    case PORT_DOR:
        write_dor(s, value);
        break;
    case PORT_TDR:
        s->tdr = value & 3;
        break;
    case PORT_MSR_DSR:
        write_dsr(s, value);
        break;
    case PORT_FIFO:
        write_fifo(s, value);
        break;
    case PORT_DIR_CCR:
        s->rate = value & 3;
        break;
    }
}

/* Each piece of the ports has its own operations, which know where it begins. */
#define PORT_OPS(name, first)                                                                      \
    static uint64_t name##_read(void *opaque, hwaddr addr, unsigned size)                          \
    {                                                                                              \
        return fdc_read(opaque, addr + (first), size);                                             \
    }                                                                                              \
    static void name##_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)             \
    {                                                                                              \
        fdc_write(opaque, addr + (first), value, size);                                            \
    }                                                                                              \
    static const MemoryRegionOps name##_ops = {                                                    \
        .read = name##_read, .write = name##_write, .endianness = DEVICE_LITTLE_ENDIAN,            \
        .impl = { .min_access_size = 1, .max_access_size = 1 },                                    \
    };

PORT_OPS(low_ports, PORT_SRB)
PORT_OPS(high_port, PORT_DIR_CCR)

/* ---- the device ---- */

static void fdc_reset(DeviceState *dev)
{
    FloppyController *s = ISA_FDC(dev);

    s->dor = DOR_RUN | DOR_DMA;
    s->configured[2] = s->tdr = s->rate = s->perpendicular = 0;
    memset(s->specified, 0, sizeof(s->specified));
    begin_reset(s);
}

static void fdc_init(Object *obj)
{
    FloppyController *s = ISA_FDC(obj);

    qbus_init(&s->bus, sizeof(s->bus), TYPE_FLOPPY_BUS, DEVICE(obj), NULL);
}

static void fdc_realize(DeviceState *dev, Error **errp)
{
    FloppyController *s = ISA_FDC(dev);
    ISADevice *isa = ISA_DEVICE(dev);

    if (s->iobase > 0xfff8 || s->irq_line >= ISA_NUM_IRQS || s->dma_channel >= ISA_NUM_CHANNELS) {
        error_setg(errp, TYPE_ISA_FDC ": 'iobase' is 0x%x, 'irq' %u and 'dma' %u, expected up to "
                   "0xfff8, %u and %u", s->iobase, s->irq_line, s->dma_channel, ISA_NUM_IRQS - 1,
                   ISA_NUM_CHANNELS - 1);
        return;
    }
    s->irq = isa_get_irq(isa, s->irq_line);
    s->dma = isa_get_dma(isa_bus_from_device(isa), s->dma_channel);
    if (s->dma) {
        ISADMA_GET_CLASS(s->dma)->register_channel(s->dma, s->dma_channel, dma_moves, s);
    }
    isa->port = s->iobase; /* what firmware calls it, though there is nothing */
    memory_region_init_io(&s->low_ports, OBJECT(s), &low_ports_ops, s, "fdc", 5);
    memory_region_init_io(&s->high_port, OBJECT(s), &high_port_ops, s, "fdc", 1);
    isa_register_ioport(isa, &s->low_ports, s->iobase + PORT_SRB);
    isa_register_ioport(isa, &s->high_port, s->iobase + PORT_DIR_CCR);
}

static void fdc_unrealize(DeviceState *dev)
{
    FloppyController *s = ISA_FDC(dev);
    MemoryRegion *ports = isa_address_space_io(ISA_DEVICE(dev));

    memory_region_del_subregion(ports, &s->low_ports);
    memory_region_del_subregion(ports, &s->high_port);
    if (s->dma) {
        hold_request(s, false);
        ISADMA_GET_CLASS(s->dma)->register_channel(s->dma, s->dma_channel, NULL, NULL);
    }
}

/* Nothing that indexes is taken from a file as it is, and no command is half known. */
static int fdc_post_load(void *opaque, int version_id)
{
    FloppyController *s = opaque;
    const struct Command *command = find_command(s->bytes[0]);

    if (s->phase >= NUM_PHASES || s->transfer >= NUM_TRANSFERS || s->num_bytes > MOST_BYTES ||
        s->select >= NUM_SELECTS || s->head > 1 || s->data_pos >= unit_size(s)) {
        return -EINVAL;
    }
    if ((s->phase == PHASE_RESULT && s->next_byte >= s->num_bytes) ||
        (s->phase == PHASE_COMMAND && s->num_bytes &&
         (!command || s->num_bytes >= command->length)) ||
        (s->phase == PHASE_EXECUTION && !drive_of(s, s->select))) {
        return -EINVAL;
    }
    return 0;
}

static const VMStateDescription vmstate_fdc = {
    .name = "fdc",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = fdc_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8(dor, FloppyController),
        VMSTATE_UINT8(tdr, FloppyController),
        VMSTATE_UINT8(rate, FloppyController),
        VMSTATE_BOOL(interrupts, FloppyController),
        VMSTATE_UINT8(resets_to_sense, FloppyController),
        VMSTATE_UINT8(seeks_to_sense, FloppyController),
        VMSTATE_UINT8_ARRAY(seek_status, FloppyController, NUM_SELECTS),
        VMSTATE_UINT8_ARRAY(specified, FloppyController, 2),
        VMSTATE_UINT8_ARRAY(configured, FloppyController, 3),
        VMSTATE_UINT8(perpendicular, FloppyController),
        VMSTATE_UINT8(phase, FloppyController),
        VMSTATE_UINT8_ARRAY(bytes, FloppyController, MOST_BYTES),
        VMSTATE_UINT8(num_bytes, FloppyController),
        VMSTATE_UINT8(next_byte, FloppyController),
        VMSTATE_UINT8(transfer, FloppyController),
        VMSTATE_UINT8(select, FloppyController),
        VMSTATE_UINT8(head, FloppyController),
        VMSTATE_UINT8(at_cylinder, FloppyController),
        VMSTATE_UINT8(at_head, FloppyController),
        VMSTATE_UINT8(at_sector, FloppyController),
        VMSTATE_UINT8(size_code, FloppyController),
        VMSTATE_UINT8(last_sector, FloppyController),
        VMSTATE_BOOL(beyond, FloppyController),
        VMSTATE_BOOL(multi_track, FloppyController),
        VMSTATE_BOOL(has_unit, FloppyController),
        VMSTATE_BUFFER(data, FloppyController),
        VMSTATE_UINT16(data_pos, FloppyController),
        VMSTATE_UINT8(sectors_left, FloppyController),
        VMSTATE_UINT8(filler, FloppyController),
        VMSTATE_END_OF_LIST()
    },
};

static Property fdc_properties[] = {
    DEFINE_PROP_UINT32("iobase", FloppyController, iobase, 0x3f0),
    DEFINE_PROP_UINT32("irq", FloppyController, irq_line, 6),
    DEFINE_PROP_UINT32("dma", FloppyController, dma_channel, 2),
    DEFINE_PROP_FDC_DRIVE_TYPE("fdtypeA", FloppyController, drive_types[0], FLOPPY_DRIVE_TYPE_AUTO),
    DEFINE_PROP_FDC_DRIVE_TYPE("fdtypeB", FloppyController, drive_types[1], FLOPPY_DRIVE_TYPE_AUTO),
    DEFINE_PROP_FDC_DRIVE_TYPE("fallback", FloppyController, fallback, FLOPPY_DRIVE_TYPE_288),
    DEFINE_PROP_END_OF_LIST(),
};

static void fdc_class_init(ObjectClass *oc, void *data)
{
    static const DeviceTraits traits = {
        .desc = "82077AA floppy disk controller",
        .realize = fdc_realize,
        .unrealize = fdc_unrealize,
        .reset = fdc_reset,
        .state = &vmstate_fdc,
        .properties = fdc_properties,
    };
    DeviceClass *dc = DEVICE_CLASS(oc);

    device_class_init_traits(oc, (void *)&traits);
    dc->fw_name = "fdc";
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo fdc_types[] = {
    {
        .name = TYPE_ISA_FDC,
        .parent = TYPE_ISA_DEVICE,
        .instance_size = sizeof(FloppyController),
        .instance_init = fdc_init,
        .class_init = fdc_class_init,
    },
};

DEFINE_TYPES(fdc_types)

/* ---- for boards ---- */

void isa_fdc_init_drives(ISADevice *fdc, DriveInfo **fds)
{
    for (unsigned i = 0; i < MAX_FD; i++) {
        DeviceState *dev;

        if (!fds[i]) {
            continue;
        }
        dev = qdev_new(TYPE_FLOPPY);
        qdev_prop_set_uint32(dev, "unit", i);
        qdev_prop_set_enum(dev, "drive-type", ISA_FDC(fdc)->drive_types[i]);
        qdev_prop_set_drive(dev, "drive", blk_by_legacy_dinfo(fds[i]));
        qdev_realize_and_unref(dev, BUS(&ISA_FDC(fdc)->bus), &error_fatal);
    }
}

FloppyDriveType isa_fdc_get_drive_type(ISADevice *fdc, int i)
{
    FloppyDrive *d = drive_of(ISA_FDC(fdc), i);

    return d ? d->type : FLOPPY_DRIVE_TYPE_NONE;
}
