/*
 * LSI53C895A: a SCSI host adapter that runs programs of its own, SCRIPTS.
 *
 * The driver's programs lie in memory, or in the chip's 8 KiB. An instruction of two (or three)
 * words moves data in a phase of the bus, selects a target, calculates with the chip's registers,
 * jumps, interrupts, or copies memory. A program waits at an instruction for as long as the target
 * needs; others run for a number of instructions before everybody else has a turn, so that one
 * without an end does no harm.
 *
 * Targets here never disconnect within a command and never reselect: one command is under way at a
 * time. They refuse to negotiate (the driver then believes in asynchronous transfers of 8 bits,
 * which cost nothing here).
 *
 * Not there: target mode, the low-level mode without SCRIPTS, 64-bit addresses, parity, the timers
 * but the general purpose one, the serial EEPROM at the GPIO pins.
 *
 * Reference: LSI53C895A PCI to Ultra2 SCSI Controller Technical Manual, version 2.2: chapter 4 has
 * the registers, chapter 5 the instructions. SCSI's phases and messages: SPI-3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/pci.h"
#include "hw/scsi/scsi.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "qemu/units.h"

#define TYPE_LSI53C895A "lsi53c895a"
OBJECT_DECLARE_SIMPLE_TYPE(LsiState, LSI53C895A)

#define REGISTERS  256
#define MMIO_SIZE  1024
#define RAM_SIZE   (8 * KiB)
#define PIECE      (64 * KiB) /* of data that is moved at once */
#define INSTRUCTIONS_PER_TURN 5000
#define MAX_MESSAGES 16
#define TIMER_UNIT 125000 /* ns: of STIME1 with a clock of 40 MHz */

/* Registers that code asks for (4.1). Those of more bytes are little-endian. */
enum {
    SCNTL0 = 0x00, SCNTL1, SCNTL2, SCNTL3, SCID, SXFER, SDID, GPREG, SFBR, SOCL, SSID, SBCL, DSTAT, SSTAT0, SSTAT1, SSTAT2,
    DSA = 0x10, ISTAT0 = 0x14, ISTAT1, MBOX0, MBOX1, CTEST0, CTEST1, CTEST2, CTEST3, TEMP = 0x1c, DFIFO = 0x20, CTEST4, CTEST5,
    CTEST6, DBC = 0x24, DCMD = 0x27, DNAD = 0x28, DSP = 0x2c, DSPS = 0x30, SCRATCHA = 0x34, DMODE = 0x38, DIEN, SBR, DCNTL,
    ADDER = 0x3c, SIEN0 = 0x40, SIEN1, SIST0, SIST1, SLPAR, SWIDE, MACNTL, GPCNTL, STIME0, STIME1, RESPID0, RESPID1, STEST0,
    STEST1, STEST2, STEST3, SIDL, STEST4 = 0x52, SODL = 0x54, CCNTL0 = 0x56, CCNTL1, SBDL, SCRATCHB = 0x5c, SCRATCHC = 0x60,
    MMRS = 0xa0, DBMS = 0xb4, PMJAD1 = 0xc0, PMJAD2 = 0xc4, RBC = 0xc8, UA = 0xcc, ESA = 0xd0, IA = 0xd4, SBC = 0xd8, CSBC = 0xdc,
    SCRATCH_END = 0xa0,
};

#define SCNTL1_RST   0x08
#define SCNTL1_CON   0x10
#define SSTAT0_RST   0x02
#define ISTAT0_ABRT  0x80
#define ISTAT0_SRST  0x40
#define ISTAT0_SIGP  0x20
#define ISTAT0_SEM   0x10
#define ISTAT0_CON   0x08
#define ISTAT0_INTF  0x04
#define ISTAT0_SIP   0x02
#define ISTAT0_DIP   0x01
#define DSTAT_DFE    0x80 /* the FIFO is empty; no cause */
#define DSTAT_BF     0x20 /* bus fault */
#define DSTAT_ABRT   0x10
#define DSTAT_SSI    0x08 /* single step */
#define DSTAT_SIR    0x04 /* instruction INT */
#define DSTAT_IID    0x01 /* illegal instruction */
#define SIST0_MA     0x80 /* phase mismatch */
#define SIST0_UDC    0x04 /* unexpected disconnect */
#define SIST0_RST    0x02
#define SIST1_STO    0x04 /* selection timed out */
#define SIST1_GEN    0x02 /* the general purpose timer */
#define DMODE_MAN    0x01
#define DCNTL_STD    0x04
#define DCNTL_SSM    0x10
#define CCNTL0_ENPMJ 0x80
#define CCNTL0_PMJCTL 0x40

typedef enum Phase {
    PHASE_DATA_OUT, PHASE_DATA_IN, PHASE_COMMAND, PHASE_STATUS, PHASE_RESERVED_4, PHASE_RESERVED_5, PHASE_MESSAGE_OUT,
    PHASE_MESSAGE_IN,
    PHASE_NONE, /* the target is busy: no request for a byte yet */
} Phase;

typedef enum ProgramState {
    PROGRAM_STOPPED,
    PROGRAM_RUNS,
    PROGRAM_WAITS_RESELECT, /* for somebody to set SIGP, since nobody reselects */
    PROGRAM_WAITS_PHASE,    /* the instruction is begun anew then */
    PROGRAM_WAITS_DATA,
} ProgramState;

struct LsiState {
    PCIDevice parent_obj;

    MemoryRegion mmio, io, ram;
    ScsiBus *bus;
    QEMUBH *turn;
    QEMUTimer *general;

    uint8_t regs[REGISTERS];
    uint32_t state; /* ProgramState */
    uint32_t instruction; /* where the current one is */
    uint8_t carry;
    bool in_turn;
    bool moves_data; /* our own DMA, for the bus: registers are deaf */

    /* the connection */
    uint32_t phase;
    uint32_t target; /* -1: the bus is free */
    uint32_t lun;
    uint64_t tag;
    bool attention;
    bool selection_fails; /* nobody answers, which the next instruction that needs a target notices */
    uint8_t message[MAX_MESSAGES]; /* that comes in next */
    uint32_t message_size, message_at;
    bool free_after_message;
    uint8_t status;
    ScsiRequest *request;
    bool data_left; /* the request wants to move more */
    uint64_t to_move;

    /* the block move that is under way */
    uint32_t address, count, piece;
    uint32_t table_entry;
    uint8_t buffer[PIECE];
    QEMUIOVector qiov;
};

#define NO_TARGET UINT32_MAX

static void guest_error(const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_LSI53C895A, what, "%s", why);
}

static uint32_t get32(const LsiState *s, unsigned reg)
{
    return ldl_le_p(s->regs + reg);
}

static void set32(LsiState *s, unsigned reg, uint32_t value)
{
    stl_le_p(s->regs + reg, value);
}

/* ---- interrupts ---- */

static void update_interrupt(LsiState *s)
{
    bool dma = s->regs[DSTAT] & ~DSTAT_DFE, scsi = s->regs[SIST0] | s->regs[SIST1];

    s->regs[ISTAT0] &= ~(ISTAT0_SIP | ISTAT0_DIP);
    s->regs[ISTAT0] |= (dma ? ISTAT0_DIP : 0) | (scsi ? ISTAT0_SIP : 0);
    pci_set_irq(&s->parent_obj, (s->regs[DSTAT] & s->regs[DIEN] & ~DSTAT_DFE) || (s->regs[SIST0] & s->regs[SIEN0]) ||
                                    (s->regs[SIST1] & s->regs[SIEN1]) || (s->regs[ISTAT0] & ISTAT0_INTF));
}

static void stop_for_dma(LsiState *s, uint8_t cause)
{
    s->state = PROGRAM_STOPPED;
    s->regs[DSTAT] |= cause;
    update_interrupt(s);
}

static void stop_for_scsi(LsiState *s, uint8_t cause0, uint8_t cause1)
{
    s->state = PROGRAM_STOPPED;
    s->regs[SIST0] |= cause0;
    s->regs[SIST1] |= cause1;
    update_interrupt(s);
}

/* ---- memory ---- */

static bool load_words(LsiState *s, uint32_t at, uint32_t *words, unsigned n)
{
    if (pci_dma_read(&s->parent_obj, at, words, n * 4) != MEMTX_OK) {
        guest_error("SCRIPTS", "there is no memory where instructions or tables should be");
        stop_for_dma(s, DSTAT_BF);
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        words[i] = le32_to_cpu(words[i]);
    }
    return true;
}

/* Data of the bus, which must not change registers under our feet. */
static bool move_memory(LsiState *s, uint32_t at, void *buf, uint32_t n, bool to_memory)
{
    MemTxResult result;

    s->moves_data = true;
    result = to_memory ? pci_dma_write(&s->parent_obj, at, buf, n) : pci_dma_read(&s->parent_obj, at, buf, n);
    s->moves_data = false;
    if (result != MEMTX_OK) {
        stop_for_dma(s, DSTAT_BF);
    }
    return result == MEMTX_OK;
}

/* ---- the bus ---- */

static void set_phase(LsiState *s, Phase phase)
{
    s->phase = phase;
    s->regs[SSTAT1] = (s->regs[SSTAT1] & ~7) | (phase == PHASE_NONE ? 0 : phase);
    if (s->state == PROGRAM_WAITS_PHASE && phase != PHASE_NONE) {
        s->state = PROGRAM_RUNS;
        set32(s, DSP, s->instruction);
        qemu_bh_schedule(s->turn);
    }
}

static void bus_free(LsiState *s)
{
    ScsiRequest *r = s->request;

    s->request = NULL;
    s->target = NO_TARGET;
    s->selection_fails = false;
    s->attention = s->data_left = s->free_after_message = false;
    s->message_size = s->message_at = 0;
    s->regs[ISTAT0] &= ~ISTAT0_CON;
    s->regs[SCNTL1] &= ~SCNTL1_CON;
    set_phase(s, PHASE_NONE);
    if (r) {
        scsi_request_cancel(r);
        scsi_request_unref(r);
    }
}

static void say(LsiState *s, const uint8_t *message, unsigned size)
{
    memcpy(s->message, message, size);
    s->message_size = size;
    s->message_at = 0;
    set_phase(s, PHASE_MESSAGE_IN);
}

/* What the target wants next, when nothing else is to be said. */
static void next_data_phase(LsiState *s)
{
    if (s->data_left && s->to_move) {
        set_phase(s, s->request->direction == SCSI_TO_UNIT ? PHASE_DATA_OUT : PHASE_DATA_IN);
    } else {
        set_phase(s, PHASE_NONE); /* the status follows */
    }
}

/* The command's end, as the target tells it. */
static void command_complete(ScsiRequest *r)
{
    LsiState *s = r->owner;

    if (r != s->request) {
        return;
    }
    s->request = NULL;
    s->data_left = false;
    s->status = r->status;
    scsi_request_unref(r);
    if (s->state == PROGRAM_WAITS_DATA) { /* the rest of what is to be moved never comes */
        s->state = PROGRAM_WAITS_PHASE;
    }
    set_phase(s, PHASE_STATUS);
}

static void command_cancelled(ScsiRequest *r)
{
    LsiState *s = r->owner;

    if (r == s->request) {
        s->request = NULL;
        scsi_request_unref(r);
        bus_free(s);
        stop_for_scsi(s, SIST0_UDC, 0);
    }
}

static void begin_command(LsiState *s, const uint8_t *cdb, unsigned size)
{
    ScsiUnit *unit = scsi_bus_find(s->bus, s->target, s->lun);

    unit = unit ? unit : scsi_bus_find_target(s->bus, s->target);
    set_phase(s, PHASE_NONE);
    if (!unit) {
        bus_free(s);
        stop_for_scsi(s, SIST0_UDC, 0);
        return;
    }
    s->request = scsi_request_new(unit, s->lun, s->tag, cdb, MIN(size, SCSI_CDB_MAX), s);
    scsi_request_start(s->request);
    s->to_move = s->request->length;
    s->data_left = s->request->direction != SCSI_NO_DATA;
    next_data_phase(s);
}

/* Messages to the target (SPI-3, section 16): several may lie behind each other. */
static void take_messages(LsiState *s, const uint8_t *m, unsigned size)
{
    enum { EXTENDED = 0x01, ABORT = 0x06, REJECT = 0x07, NOP = 0x08, RESET = 0x0c, ABORT_TAG = 0x0d, SIMPLE_TAG = 0x20, LAST_TAG = 0x22 };
    static const uint8_t reject = REJECT;
    bool refuses = false;

    s->attention = false;
    for (unsigned i = 0; i < size; i++) {
        if (m[i] & 0x80) { /* identify */
            s->lun = m[i] & 0x1f;
        } else if (m[i] >= SIMPLE_TAG && m[i] <= LAST_TAG && i + 1 < size) {
            s->tag = m[++i];
        } else if (m[i] == ABORT || m[i] == ABORT_TAG || m[i] == RESET) {
            if (m[i] == RESET) {
                scsi_bus_reset_target(s->bus, s->target);
            }
            bus_free(s);
            return;
        } else if (m[i] == EXTENDED && i + 1 < size) {
            i += 1 + m[i + 1];
            refuses = true;
        } else if (m[i] != NOP && m[i] != REJECT) {
            refuses = true;
        }
    }
    if (refuses) {
        say(s, &reject, 1);
    } else if (s->request) {
        next_data_phase(s);
    } else {
        set_phase(s, PHASE_COMMAND);
    }
}

/* ACK falls: if that was the message's last byte, the target goes on, or listens if there is attention. */
static void take_ack(LsiState *s)
{
    if (s->phase != PHASE_MESSAGE_IN || s->message_at < s->message_size) {
        return;
    }
    s->message_size = s->message_at = 0;
    if (s->attention && !s->free_after_message) {
        set_phase(s, PHASE_MESSAGE_OUT);
    } else if (s->free_after_message) {
        bus_free(s);
    } else if (s->request) {
        next_data_phase(s);
    } else {
        set_phase(s, PHASE_COMMAND);
    }
}

/* ---- block moves (5.3) ---- */

static void end_of_move(LsiState *s)
{
    s->state = PROGRAM_RUNS;
    set32(s, DNAD, s->address);
    set32(s, DBC, (uint32_t)s->regs[DCMD] << 24);
}

/*
 * The target is in another phase than the program thinks: it jumps to where that is dealt with, or
 * the driver has to.
 */
static void phase_mismatch(LsiState *s)
{
    bool outbound = s->phase == PHASE_NONE ? false : !(s->regs[DCMD] & 1);

    set32(s, DNAD, s->address);
    set32(s, DBC, (uint32_t)s->regs[DCMD] << 24 | s->count);
    set32(s, UA, s->address);
    set32(s, RBC, (uint32_t)s->regs[DCMD] << 24 | s->count);
    set32(s, ESA, s->table_entry);
    set32(s, IA, s->instruction);
    if (!(s->regs[CCNTL0] & CCNTL0_ENPMJ) || (s->regs[DCMD] & 7) > PHASE_DATA_IN) {
        stop_for_scsi(s, SIST0_MA, 0);
        return;
    }
    set32(s, DSP, get32(s, (s->regs[CCNTL0] & CCNTL0_PMJCTL) && !outbound ? PMJAD2 : PMJAD1));
    s->state = PROGRAM_RUNS;
}

static void moved(LsiState *s, uint32_t n)
{
    s->address += n;
    s->count -= n;
    set32(s, CSBC, get32(s, CSBC) + n);
}

/* The next piece of data goes between the request and our buffer. */
static void move_piece(LsiState *s)
{
    s->piece = MIN(MIN((uint64_t)s->count, s->to_move), PIECE);
    if (s->phase == PHASE_DATA_OUT && !move_memory(s, s->address, s->buffer, s->piece, false)) {
        return;
    }
    qemu_iovec_init_buf(&s->qiov, s->buffer, s->piece);
    s->state = PROGRAM_WAITS_DATA;
    scsi_request_move(s->request, &s->qiov);
}

static void data_moved(ScsiRequest *r, size_t bytes)
{
    LsiState *s = r->owner;

    if (r != s->request || s->state != PROGRAM_WAITS_DATA) {
        return;
    }
    bytes = MIN(bytes, s->piece);
    if (s->phase == PHASE_DATA_IN) {
        s->regs[SFBR] = s->buffer[0];
        if (!move_memory(s, s->address, s->buffer, bytes, true)) {
            return;
        }
    }
    moved(s, bytes);
    s->to_move -= bytes;
    if (s->to_move == 0) {
        next_data_phase(s);
    }
    if (s->count && s->to_move) {
        move_piece(s);
        return;
    }
    if (s->count) { /* the target has no more: another phase is next, which the mismatch waits for */
        s->state = PROGRAM_WAITS_PHASE;
        if (s->phase != PHASE_NONE) {
            set_phase(s, s->phase);
        }
        return;
    }
    end_of_move(s);
    qemu_bh_schedule(s->turn);
}

/* Phases of few bytes are done at once. */
static void move_short(LsiState *s)
{
    uint8_t bytes[256];
    uint32_t n = MIN(s->count, sizeof(bytes));
    Phase phase = s->phase;

    switch (phase) {
    case PHASE_STATUS:
        n = MIN(n, 1);
        bytes[0] = s->status;
        break;
    case PHASE_MESSAGE_IN:
        n = MIN(n, s->message_size - s->message_at);
        memcpy(bytes, s->message + s->message_at, n);
        break;
    default:
        if (!move_memory(s, s->address, bytes, n, false)) {
            return;
        }
    }
    if (phase & 1) {
        s->regs[SFBR] = bytes[0];
        if (!move_memory(s, s->address, bytes, n, true)) {
            return;
        }
    }
    moved(s, n);
    switch (phase) {
    case PHASE_STATUS:
        s->free_after_message = true;
        say(s, (const uint8_t[]){ 0x00 }, 1); /* command complete */
        break;
    case PHASE_MESSAGE_IN:
        s->message_at += n;
        break; /* the last byte is over when ACK is cleared */
    case PHASE_MESSAGE_OUT:
        s->regs[SFBR] = bytes[0];
        take_messages(s, bytes, n);
        break;
    case PHASE_COMMAND:
        s->regs[SFBR] = bytes[0];
        begin_command(s, bytes, n);
        break;
    default:
        break;
    }
    if (s->state != PROGRAM_RUNS) {
        return;
    }
    if (s->count && (phase == PHASE_MESSAGE_IN || phase == PHASE_STATUS)) {
        phase_mismatch(s);
    } else {
        end_of_move(s);
    }
}

/* The program goes on while a target is selected, up to where it has to be there. */
static bool has_timed_out(LsiState *s)
{
    bool fails = s->selection_fails;

    if (fails) {
        s->selection_fails = false;
        stop_for_scsi(s, 0, SIST1_STO);
    }
    return fails;
}

static void block_move(LsiState *s, uint32_t command, uint32_t address)
{
    Phase wanted = command >> 24 & 7;
    uint32_t entry[2];
    bool goes_on = s->count; /* it has waited for the next phase after a part of it */

    s->table_entry = 0;
    if (command & 1u << 28) { /* table indirect: an offset from DSA */
        s->table_entry = get32(s, DSA) + sextract32(address, 0, 24);
        if (!load_words(s, s->table_entry, entry, 2)) {
            return;
        }
        command = (command & 0xff000000) | (entry[0] & 0xffffff);
        address = entry[1];
    } else if (command & 1u << 29) { /* indirect */
        if (!load_words(s, address, &address, 1)) {
            return;
        }
    }
    if (!goes_on) {
        s->address = address;
        s->count = command & 0xffffff;
    }
    set32(s, IA, s->instruction);
    if (has_timed_out(s)) {
        return;
    }
    if (s->phase == PHASE_MESSAGE_IN) {
        take_ack(s); /* a move lets go of the byte before it */
    }
    if (s->phase == PHASE_COMMAND && wanted == PHASE_MESSAGE_OUT && !s->request) {
        set_phase(s, wanted); /* SeaBIOS selects without attention, and has a message all the same */
    }
    if (s->count == 0) { /* illegal by the manual; SeaBIOS has one for commands without data */
        return;
    }
    if (s->target == NO_TARGET) {
        stop_for_scsi(s, SIST0_UDC, 0);
    } else if (s->phase == PHASE_NONE) {
        s->count = goes_on ? s->count : 0;
        s->state = PROGRAM_WAITS_PHASE;
    } else if (s->phase != wanted) {
        phase_mismatch(s);
        s->count = 0;
    } else if (wanted <= PHASE_DATA_IN) {
        move_piece(s);
    } else {
        move_short(s);
        s->count = 0;
    }
}

/* ---- I/O instructions (5.4) ---- */

static void select_target(LsiState *s, uint32_t command, uint32_t address)
{
    uint32_t id = command >> 16 & 0xf, entry;

    take_ack(s); /* a program that ended with the last message has left that to us */
    if (s->regs[ISTAT0] & ISTAT0_CON) {
        guest_error("SCRIPTS", "a target is selected while another one is connected");
        stop_for_dma(s, DSTAT_IID);
        return;
    }
    if (command & 1u << 25) { /* from a table: SCNTL3, ID, SXFER */
        if (!load_words(s, get32(s, DSA) + sextract32(command, 0, 24), &entry, 1)) {
            return;
        }
        s->regs[SCNTL3] = entry >> 24;
        id = entry >> 16 & 0xf;
        s->regs[SXFER] = entry >> 8;
    }
    s->regs[SDID] = id;
    if (!scsi_bus_find_target(s->bus, id)) {
        s->selection_fails = true;
        return;
    }
    s->target = id;
    s->lun = 0;
    s->tag = 0;
    s->attention = command & 1u << 24;
    s->regs[SSID] = id | 0x80;
    s->regs[ISTAT0] |= ISTAT0_CON;
    s->regs[SCNTL1] |= SCNTL1_CON;
    set_phase(s, s->attention ? PHASE_MESSAGE_OUT : PHASE_COMMAND);
}

static void wait_reselect(LsiState *s, uint32_t address)
{
    if (s->regs[ISTAT0] & ISTAT0_SIGP) {
        set32(s, DSP, address);
    } else {
        s->state = PROGRAM_WAITS_RESELECT;
    }
}

#define SIGNAL_ATN   0x008
#define SIGNAL_ACK   0x040
#define SIGNAL_CARRY 0x400

static void set_signals(LsiState *s, uint32_t signals)
{
    s->carry |= (signals & SIGNAL_CARRY) != 0;
    if ((signals & SIGNAL_ATN) && s->target != NO_TARGET) {
        s->attention = true;
    }
}

static void clear_signals(LsiState *s, uint32_t signals)
{
    if (signals & SIGNAL_CARRY) {
        s->carry = 0;
    }
    if (signals & SIGNAL_ATN) {
        s->attention = false;
    }
    if (signals & SIGNAL_ACK) {
        take_ack(s);
    }
}

static void io_instruction(LsiState *s, uint32_t command, uint32_t second)
{
    uint32_t address = command & 1u << 26 ? get32(s, DSP) + sextract32(second, 0, 24) : second;

    set32(s, DNAD, address);
    switch (command >> 27 & 7) {
    case 0:
        select_target(s, command, address);
        break;
    case 1: /* wait for the disconnection, which has come with the last message */
        if (s->target != NO_TARGET && s->free_after_message) {
            clear_signals(s, SIGNAL_ACK);
        }
        if (s->target != NO_TARGET) {
            bus_free(s);
        }
        break;
    case 2:
        wait_reselect(s, address);
        break;
    case 3:
        set_signals(s, command);
        break;
    case 4:
        clear_signals(s, command);
        break;
    }
}

/* ---- registers as operands (5.5) ---- */

static uint8_t register_load(LsiState *s, unsigned reg);
static void register_store(LsiState *s, unsigned reg, uint8_t value);

static uint8_t calculate(LsiState *s, unsigned operator, uint8_t a, uint8_t b)
{
    unsigned sum;

    switch (operator) {
    case 0:
        return b;
    case 1:
        sum = a << 1 | s->carry;
        s->carry = a >> 7;
        return sum;
    case 2:
        return a | b;
    case 3:
        return a ^ b;
    case 4:
        return a & b;
    case 5:
        sum = a >> 1 | s->carry << 7;
        s->carry = a & 1;
        return sum;
    default:
        sum = a + b + (operator == 7 ? s->carry : 0);
        s->carry = sum >> 8;
        return sum;
    }
}

static void register_instruction(LsiState *s, uint32_t command)
{
    enum { FROM_SFBR = 5, TO_SFBR = 6 };
    unsigned kind = command >> 27 & 7, reg = (command >> 16 & 0x7f) | (command & 0x80);
    unsigned operator = command >> 24 & 7;
    uint8_t data = command & 1u << 23 ? s->regs[SFBR] : command >> 8 & 0xff;
    uint8_t a = kind == FROM_SFBR ? s->regs[SFBR] : register_load(s, reg), result = calculate(s, operator, a, data);

    if (kind == TO_SFBR) {
        s->regs[SFBR] = result;
    } else {
        register_store(s, reg, result);
    }
}

/* ---- jumps (5.6) ---- */

/* False: it isn't known yet. */
static bool condition(LsiState *s, uint32_t command, bool *holds)
{
    bool wanted = command & 1u << 19, compares_data = command & 1u << 18, compares_phase = command & 1u << 17;
    bool matches = true;

    if (command & 1u << 21) {
        matches = s->carry;
    } else {
        if (compares_phase) {
            if (s->phase == PHASE_NONE && s->target != NO_TARGET) {
                return false;
            }
            matches = s->phase == (command >> 24 & 7);
        }
        if (compares_data) {
            uint8_t care = ~(command >> 8);

            matches = matches && (s->regs[SFBR] & care) == (command & care & 0xff);
        }
    }
    *holds = matches == wanted;
    return true;
}

static void jump_instruction(LsiState *s, uint32_t command, uint32_t second)
{
    uint32_t target = command & 1u << 23 ? get32(s, DSP) + sextract32(second, 0, 24) : second;
    bool holds;

    if ((command & 1u << 17) && has_timed_out(s)) {
        return;
    }
    if (!condition(s, command, &holds)) {
        s->state = PROGRAM_WAITS_PHASE;
        return;
    }
    if (!holds) {
        return;
    }
    switch (command >> 27 & 7) {
    case 0:
        set32(s, DSP, target);
        break;
    case 1:
        set32(s, TEMP, get32(s, DSP));
        set32(s, DSP, target);
        break;
    case 2:
        set32(s, DSP, get32(s, TEMP));
        break;
    case 3:
        if (command & 1u << 20) { /* on the fly: the program goes on */
            s->regs[ISTAT0] |= ISTAT0_INTF;
            update_interrupt(s);
        } else {
            stop_for_dma(s, DSTAT_SIR);
        }
        break;
    default:
        stop_for_dma(s, DSTAT_IID);
    }
}

/* ---- memory instructions (5.7, 5.8) ---- */

static void copy_memory(LsiState *s, uint32_t command, uint32_t from)
{
    uint32_t n = command & 0xffffff, to;

    if (!load_words(s, get32(s, DSP), &to, 1)) {
        return;
    }
    set32(s, DSP, get32(s, DSP) + 4);
    set32(s, TEMP, to);
    while (n && s->state == PROGRAM_RUNS) {
        uint8_t bytes[1024];
        uint32_t piece = MIN(n, sizeof(bytes));

        if (pci_dma_read(&s->parent_obj, from, bytes, piece) != MEMTX_OK ||
            pci_dma_write(&s->parent_obj, to, bytes, piece) != MEMTX_OK) {
            stop_for_dma(s, DSTAT_BF);
            return;
        }
        from += piece;
        to += piece;
        n -= piece;
    }
}

static void load_or_store(LsiState *s, uint32_t command, uint32_t second)
{
    uint32_t at = command & 1u << 28 ? get32(s, DSA) + sextract32(second, 0, 24) : second;
    unsigned n = command & 7, reg = command >> 16 & 0xff;
    uint8_t bytes[4];

    if (n == 0 || n > 4 || reg + n > REGISTERS) {
        guest_error("SCRIPTS", "a load or store of that many bytes isn't there");
        stop_for_dma(s, DSTAT_IID);
        return;
    }
    if (command & 1u << 24) {
        if (move_memory(s, at, bytes, n, false)) {
            for (unsigned i = 0; i < n; i++) {
                register_store(s, reg + i, bytes[i]);
            }
        }
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        bytes[i] = register_load(s, reg + i);
    }
    move_memory(s, at, bytes, n, true);
}

/* ---- the program ---- */

static void step(LsiState *s)
{
    uint32_t words[2];

    s->instruction = get32(s, DSP);
    if (!load_words(s, s->instruction, words, 2)) {
        return;
    }
    set32(s, DSP, s->instruction + 8);
    set32(s, DBC, words[0]); /* DCMD is its last byte */
    set32(s, DSPS, words[1]);
    switch (words[0] >> 30) {
    case 0:
        block_move(s, words[0], words[1]);
        break;
    case 1:
        if ((words[0] >> 27 & 7) >= 5) {
            register_instruction(s, words[0]);
        } else {
            io_instruction(s, words[0], words[1]);
        }
        break;
    case 2:
        jump_instruction(s, words[0], words[1]);
        break;
    case 3:
        if (words[0] & 1u << 29) {
            load_or_store(s, words[0], words[1]);
        } else {
            copy_memory(s, words[0], words[1]);
        }
        break;
    }
    if ((s->regs[DCNTL] & DCNTL_SSM) && s->state == PROGRAM_RUNS) {
        stop_for_dma(s, DSTAT_SSI);
    }
}

static void run(LsiState *s)
{
    if (s->in_turn) {
        return;
    }
    s->in_turn = true;
    for (unsigned i = 0; i < INSTRUCTIONS_PER_TURN && s->state == PROGRAM_RUNS; i++) {
        step(s);
    }
    s->in_turn = false;
    if (s->state == PROGRAM_RUNS) {
        qemu_bh_schedule(s->turn);
    }
}

static void turn(void *opaque)
{
    run(opaque);
}

static void start(LsiState *s)
{
    s->count = 0;
    s->state = PROGRAM_RUNS;
    run(s);
}

/* ---- registers ---- */

static void chip_reset(LsiState *s)
{
    qemu_bh_cancel(s->turn);
    timer_del(s->general);
    s->state = PROGRAM_STOPPED;
    bus_free(s);
    memset(s->regs, 0, sizeof(s->regs));
    s->regs[SCNTL0] = 0xc0;
    s->regs[DSTAT] = DSTAT_DFE;
    s->regs[SSTAT2] = 0x02; /* nobody is connected */
    s->regs[CTEST1] = 0xf0;
    s->regs[CTEST3] = 0x40;
    s->regs[MACNTL] = 0xd0;
    s->regs[GPCNTL] = 0x0f;
    s->regs[GPREG] = 0x7f;
    s->regs[STEST0] = 0;
    s->regs[STEST4] = 0xe0; /* low voltage, and its clock is locked */
    s->carry = 0;
    s->count = 0;
    update_interrupt(s);
}

static void timer_rings(void *opaque)
{
    LsiState *s = opaque;

    s->regs[SIST1] |= SIST1_GEN;
    update_interrupt(s);
}

static void clear_causes(LsiState *s, unsigned reg, uint8_t what)
{
    s->regs[reg] &= ~what;
    update_interrupt(s);
}

static uint8_t register_load(LsiState *s, unsigned reg)
{
    uint8_t value = s->regs[reg];

    switch (reg) {
    case DSTAT:
        clear_causes(s, reg, 0x7f);
        break;
    case SIST0:
    case SIST1:
        clear_causes(s, reg, 0xff);
        break;
    case SSTAT0:
        return s->regs[SCNTL1] & SCNTL1_RST ? SSTAT0_RST : 0;
    case SBCL: /* REQ, BSY, ATN and the phase */
        if (s->target == NO_TARGET) {
            return 0;
        }
        return s->phase == PHASE_NONE ? 0x20 : 0xa0 | (s->attention ? 0x08 : 0) | s->phase;
    case CTEST2:
        value = (value & ~0x40) | (s->regs[ISTAT0] & ISTAT0_SIGP ? 0x40 : 0);
        s->regs[ISTAT0] &= ~ISTAT0_SIGP;
        break;
    case CTEST3:
        return (value & 0x0f) | 0x40; /* chip revision 4 */
    }
    return value;
}

static void istat_written(LsiState *s, uint8_t value)
{
    uint8_t stays = s->regs[ISTAT0] & (ISTAT0_CON | ISTAT0_SIP | ISTAT0_DIP | ISTAT0_SIGP | ISTAT0_INTF);

    if (value & ISTAT0_SRST) {
        chip_reset(s);
        return;
    }
    s->regs[ISTAT0] = (stays & ~(value & ISTAT0_INTF)) | (value & (ISTAT0_ABRT | ISTAT0_SIGP | ISTAT0_SEM));
    if (value & ISTAT0_ABRT) {
        stop_for_dma(s, DSTAT_ABRT);
    } else if ((value & ISTAT0_SIGP) && s->state == PROGRAM_WAITS_RESELECT) {
        set32(s, DSP, get32(s, DNAD));
        s->state = PROGRAM_RUNS;
        run(s);
    }
    update_interrupt(s);
}

static void scntl1_written(LsiState *s, uint8_t before, uint8_t value)
{
    if ((value & ~before) & SCNTL1_RST) {
        bus_free(s);
        scsi_bus_reset(s->bus);
        stop_for_scsi(s, SIST0_RST, 0);
    }
}

static void stime1_written(LsiState *s, uint8_t value)
{
    unsigned n = value & 0xf;

    if (n) {
        timer_mod(s->general, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + ((int64_t)TIMER_UNIT << (n - 1)));
    } else {
        timer_del(s->general);
    }
}

static bool is_read_only(unsigned reg)
{
    static const uint8_t list[] = {
        SSID, SBCL, DSTAT, SSTAT0, SSTAT1, SSTAT2, CTEST1, CTEST2, SIST0, SIST1, STEST0, SIDL, SIDL + 1, STEST4, SBDL, SBDL + 1,
    };

    return memchr(list, reg, sizeof(list)) != NULL;
}

static void register_store(LsiState *s, unsigned reg, uint8_t value)
{
    uint8_t before = s->regs[reg];

    if (is_read_only(reg)) {
        return;
    }
    if (reg == ISTAT0) {
        istat_written(s, value);
        return;
    }
    s->regs[reg] = value;
    switch (reg) {
    case SCNTL1:
        s->regs[reg] = (value & ~SCNTL1_CON) | (before & SCNTL1_CON);
        scntl1_written(s, before, value);
        break;
    case DIEN:
    case SIEN0:
    case SIEN1:
        update_interrupt(s);
        break;
    case STIME1:
        stime1_written(s, value);
        break;
    case DSP + 3:
        if (!(s->regs[DMODE] & DMODE_MAN) && !s->in_turn) {
            start(s);
        }
        break;
    case DCNTL:
        s->regs[reg] = value & ~DCNTL_STD;
        if ((value & DCNTL_STD) && !s->in_turn) {
            start(s);
        }
        break;
    }
}

static uint64_t lsi_read(void *opaque, hwaddr addr, unsigned size)
{
    return register_load(opaque, addr % REGISTERS);
}

static void lsi_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    LsiState *s = opaque;

    if (s->moves_data || (s->in_turn && (addr % REGISTERS == ISTAT0 || addr % REGISTERS == SCNTL1))) {
        guest_error("registers", "a write by the chip's own DMA is ignored");
    } else {
        register_store(s, addr % REGISTERS, value);
    }
}

static const MemoryRegionOps lsi_ops = {
    .read = lsi_read,
    .write = lsi_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- device ---- */

static const ScsiHost lsi_scsi_host = {
    .max_target = 15,
    .max_lun = 31,
    .moved = data_moved,
    .complete = command_complete,
    .cancelled = command_cancelled,
};

static void lsi_reset_hold(Object *obj)
{
    chip_reset(LSI53C895A(obj));
}

static void lsi_realize(PCIDevice *dev, Error **errp)
{
    LsiState *s = LSI53C895A(dev);
    g_autofree char *bus_name = DEVICE(dev)->id ? g_strdup_printf("%s.0", DEVICE(dev)->id) : NULL;

    pci_config_set_interrupt_pin(dev->config, 1);
    memory_region_init_io(&s->mmio, OBJECT(dev), &lsi_ops, s, "lsi-registers", MMIO_SIZE);
    memory_region_init_io(&s->io, OBJECT(dev), &lsi_ops, s, "lsi-io", REGISTERS);
    memory_region_init_ram(&s->ram, OBJECT(dev), "lsi-ram", RAM_SIZE, errp);
    if (*errp) {
        return;
    }
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_IO, &s->io);
    pci_register_bar(dev, 1, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->mmio);
    pci_register_bar(dev, 2, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->ram);
    s->target = NO_TARGET;
    s->phase = PHASE_NONE;
    s->turn = qemu_bh_new(turn, s);
    s->general = timer_new_ns(QEMU_CLOCK_VIRTUAL, timer_rings, s);
    s->bus = scsi_bus_new(DEVICE(dev), bus_name, &lsi_scsi_host);
}

static void lsi_exit(PCIDevice *dev)
{
    LsiState *s = LSI53C895A(dev);

    s->state = PROGRAM_STOPPED;
    bus_free(s);
    g_clear_pointer(&s->turn, qemu_bh_delete);
    g_clear_pointer(&s->general, timer_free);
}

/* A command that was under way isn't part of the state: its driver sees the bus reset, and tries it again. */
static int lsi_loaded(void *opaque, int version)
{
    LsiState *s = opaque;
    bool had_command = s->data_left || s->state == PROGRAM_WAITS_PHASE || s->state == PROGRAM_WAITS_DATA;

    if (s->state > PROGRAM_WAITS_DATA || s->phase > PHASE_NONE || s->message_size > MAX_MESSAGES ||
        s->message_at > s->message_size || (s->target != NO_TARGET && s->target > lsi_scsi_host.max_target)) {
        return -EINVAL;
    }
    s->count = 0;
    if (had_command) {
        bus_free(s);
        stop_for_scsi(s, SIST0_RST, 0);
    } else if (s->state == PROGRAM_RUNS) {
        qemu_bh_schedule(s->turn);
    }
    return 0;
}

static const VMStateDescription vmstate_lsi = {
    .name = TYPE_LSI53C895A,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = lsi_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_PCI_DEVICE(parent_obj, LsiState),
        VMSTATE_TIMER_PTR(general, LsiState),
        VMSTATE_BUFFER(regs, LsiState),
        VMSTATE_UINT32(state, LsiState),
        VMSTATE_UINT32(instruction, LsiState),
        VMSTATE_UINT8(carry, LsiState),
        VMSTATE_UINT32(phase, LsiState),
        VMSTATE_UINT32(target, LsiState),
        VMSTATE_UINT32(lun, LsiState),
        VMSTATE_UINT64(tag, LsiState),
        VMSTATE_BOOL(attention, LsiState),
        VMSTATE_BOOL(selection_fails, LsiState),
        VMSTATE_BUFFER(message, LsiState),
        VMSTATE_UINT32(message_size, LsiState),
        VMSTATE_UINT32(message_at, LsiState),
        VMSTATE_BOOL(free_after_message, LsiState),
        VMSTATE_UINT8(status, LsiState),
        VMSTATE_BOOL(data_left, LsiState),
        VMSTATE_END_OF_LIST()
    },
};

static void lsi_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);

    pc->realize = lsi_realize;
    pc->exit = lsi_exit;
    pc->vendor_id = 0x1000; /* LSI Logic */
    pc->device_id = 0x0012;
    pc->class_id = PCI_CLASS_STORAGE_SCSI;
    pc->subsystem_id = 0x1000;
    dc->desc = "LSI53C895A Ultra2 SCSI";
    dc->vmsd = &vmstate_lsi;
    RESETTABLE_CLASS(oc)->phases.hold = lsi_reset_hold;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
}

static const TypeInfo lsi_types[] = {
    {
        .name = TYPE_LSI53C895A,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(LsiState),
        .class_init = lsi_class_init,
    },
};

DEFINE_TYPES(lsi_types)
