/*
 * LSI53C895A: programs (SCRIPTS), and the targets that they speak with.
 *
 * Reference: LSI53C895A PCI to Ultra2 SCSI Controller Technical Manual, version 2.2, chapter 5.
 * SCSI's phases and messages: SPI-3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "lsi53c895a-internal.h"
#include "qemu/bitops.h"

void lsi_stop_for_dma(LsiState *s, uint8_t cause)
{
    s->state = PROGRAM_STOPPED;
    s->regs[DSTAT] |= cause;
    lsi_update_interrupt(s);
}

void lsi_stop_for_scsi(LsiState *s, uint8_t cause0, uint8_t cause1)
{
    s->state = PROGRAM_STOPPED;
    s->regs[SIST0] |= cause0;
    s->regs[SIST1] |= cause1;
    lsi_update_interrupt(s);
}

/* ---- memory ---- */

static bool load_words(LsiState *s, uint32_t at, uint32_t *words, unsigned n)
{
    if (pci_dma_read(&s->parent_obj, at, words, n * 4) != MEMTX_OK) {
        lsi_guest_error("SCRIPTS", "there is no memory where instructions or tables should be");
        lsi_stop_for_dma(s, DSTAT_BF);
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
        lsi_stop_for_dma(s, DSTAT_BF);
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
        lsi_set(s, DSP, s->instruction);
        qemu_bh_schedule(s->turn);
    }
}

void lsi_bus_free(LsiState *s)
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
void lsi_command_complete(ScsiRequest *r)
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

void lsi_command_cancelled(ScsiRequest *r)
{
    LsiState *s = r->owner;

    if (r == s->request) {
        s->request = NULL;
        scsi_request_unref(r);
        lsi_bus_free(s);
        lsi_stop_for_scsi(s, SIST0_UDC, 0);
    }
}

static void begin_command(LsiState *s, const uint8_t *cdb, unsigned size)
{
    ScsiUnit *unit = scsi_bus_find(s->bus, s->target, s->lun);

    unit = unit ? unit : scsi_bus_find_target(s->bus, s->target);
    set_phase(s, PHASE_NONE);
    if (!unit) {
        lsi_bus_free(s);
        lsi_stop_for_scsi(s, SIST0_UDC, 0);
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
            lsi_bus_free(s);
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
        lsi_bus_free(s);
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
    lsi_set(s, DNAD, s->address);
    lsi_set(s, DBC, (uint32_t)s->regs[DCMD] << 24);
}

/*
 * The target is in another phase than the program thinks: it jumps to where that is dealt with, or
 * the driver has to.
 */
static void phase_mismatch(LsiState *s)
{
    bool outbound = s->phase == PHASE_NONE ? false : !(s->regs[DCMD] & 1);

    lsi_set(s, DNAD, s->address);
    lsi_set(s, DBC, (uint32_t)s->regs[DCMD] << 24 | s->count);
    lsi_set(s, UA, s->address);
    lsi_set(s, RBC, (uint32_t)s->regs[DCMD] << 24 | s->count);
    lsi_set(s, ESA, s->table_entry);
    lsi_set(s, IA, s->instruction);
    if (!(s->regs[CCNTL0] & CCNTL0_ENPMJ) || (s->regs[DCMD] & 7) > PHASE_DATA_IN) {
        lsi_stop_for_scsi(s, SIST0_MA, 0);
        return;
    }
    lsi_set(s, DSP, lsi_get(s, (s->regs[CCNTL0] & CCNTL0_PMJCTL) && !outbound ? PMJAD2 : PMJAD1));
    s->state = PROGRAM_RUNS;
}

static void moved(LsiState *s, uint32_t n)
{
    s->address += n;
    s->count -= n;
    lsi_set(s, CSBC, lsi_get(s, CSBC) + n);
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

void lsi_data_moved(ScsiRequest *r, size_t bytes)
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
        lsi_stop_for_scsi(s, 0, SIST1_STO);
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
        s->table_entry = lsi_get(s, DSA) + sextract32(address, 0, 24);
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
    lsi_set(s, IA, s->instruction);
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
        lsi_stop_for_scsi(s, SIST0_UDC, 0);
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
        lsi_guest_error("SCRIPTS", "a target is selected while another one is connected");
        lsi_stop_for_dma(s, DSTAT_IID);
        return;
    }
    if (command & 1u << 25) { /* from a table: SCNTL3, ID, SXFER */
        if (!load_words(s, lsi_get(s, DSA) + sextract32(command, 0, 24), &entry, 1)) {
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
        lsi_set(s, DSP, address);
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
    uint32_t address = command & 1u << 26 ? lsi_get(s, DSP) + sextract32(second, 0, 24) : second;

    lsi_set(s, DNAD, address);
    switch (command >> 27 & 7) {
    case 0:
        select_target(s, command, address);
        break;
    case 1: /* wait for the disconnection, which has come with the last message */
        if (s->target != NO_TARGET && s->free_after_message) {
            clear_signals(s, SIGNAL_ACK);
        }
        if (s->target != NO_TARGET) {
            lsi_bus_free(s);
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
    uint8_t a = kind == FROM_SFBR ? s->regs[SFBR] : lsi_register_load(s, reg), result = calculate(s, operator, a, data);

    if (kind == TO_SFBR) {
        s->regs[SFBR] = result;
    } else {
        lsi_register_store(s, reg, result);
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
    uint32_t target = command & 1u << 23 ? lsi_get(s, DSP) + sextract32(second, 0, 24) : second;
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
        lsi_set(s, DSP, target);
        break;
    case 1:
        lsi_set(s, TEMP, lsi_get(s, DSP));
        lsi_set(s, DSP, target);
        break;
    case 2:
        lsi_set(s, DSP, lsi_get(s, TEMP));
        break;
    case 3:
        if (command & 1u << 20) { /* on the fly: the program goes on */
            s->regs[ISTAT0] |= ISTAT0_INTF;
            lsi_update_interrupt(s);
        } else {
            lsi_stop_for_dma(s, DSTAT_SIR);
        }
        break;
    default:
        lsi_stop_for_dma(s, DSTAT_IID);
    }
}

/* ---- memory instructions (5.7, 5.8) ---- */

static void copy_memory(LsiState *s, uint32_t command, uint32_t from)
{
    uint32_t n = command & 0xffffff, to;

    if (!load_words(s, lsi_get(s, DSP), &to, 1)) {
        return;
    }
    lsi_set(s, DSP, lsi_get(s, DSP) + 4);
    lsi_set(s, TEMP, to);
    s->turn_left -= MIN(s->turn_left, n / BYTES_PER_INSTRUCTION);
    while (n && s->state == PROGRAM_RUNS) {
        uint8_t bytes[1024];
        uint32_t piece = MIN(n, sizeof(bytes));

        if (pci_dma_read(&s->parent_obj, from, bytes, piece) != MEMTX_OK ||
            pci_dma_write(&s->parent_obj, to, bytes, piece) != MEMTX_OK) {
            lsi_stop_for_dma(s, DSTAT_BF);
            return;
        }
        from += piece;
        to += piece;
        n -= piece;
    }
}

static void load_or_store(LsiState *s, uint32_t command, uint32_t second)
{
    uint32_t at = command & 1u << 28 ? lsi_get(s, DSA) + sextract32(second, 0, 24) : second;
    unsigned n = command & 7, reg = command >> 16 & 0xff;
    uint8_t bytes[4];

    if (n == 0 || n > 4 || reg + n > REGISTERS) {
        lsi_guest_error("SCRIPTS", "a load or store of that many bytes isn't there");
        lsi_stop_for_dma(s, DSTAT_IID);
        return;
    }
    if (command & 1u << 24) {
        if (move_memory(s, at, bytes, n, false)) {
            for (unsigned i = 0; i < n; i++) {
                lsi_register_store(s, reg + i, bytes[i]);
            }
        }
        return;
    }
    for (unsigned i = 0; i < n; i++) {
        bytes[i] = lsi_register_load(s, reg + i);
    }
    move_memory(s, at, bytes, n, true);
}

/* ---- the program ---- */

static void step(LsiState *s)
{
    uint32_t words[2];

    s->instruction = lsi_get(s, DSP);
    if (!load_words(s, s->instruction, words, 2)) {
        return;
    }
    lsi_set(s, DSP, s->instruction + 8);
    lsi_set(s, DBC, words[0]); /* DCMD is its last byte */
    lsi_set(s, DSPS, words[1]);
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
        lsi_stop_for_dma(s, DSTAT_SSI);
    }
}

void lsi_run(LsiState *s)
{
    if (s->in_turn) {
        return;
    }
    s->in_turn = true;
    s->turn_left = INSTRUCTIONS_PER_TURN;
    while (s->turn_left && s->state == PROGRAM_RUNS) {
        s->turn_left--;
        step(s);
    }
    s->in_turn = false;
    if (s->state == PROGRAM_RUNS) {
        qemu_bh_schedule(s->turn);
    }
}

void lsi_start(LsiState *s)
{
    s->count = 0;
    s->state = PROGRAM_RUNS;
    lsi_run(s);
}
