/*
 * 16550A UART core: registers, FIFOs, interrupts and the modem lines of the host's back end.
 *
 * Reference: National Semiconductor PC16550D data sheet (TL/C/8652), section 8 "Registers".
 *
 * A character is handed to the back end the moment it is written; only if the back end is full does
 * it wait in the transmitter, and LSR shows it. Received characters come as fast as the guest takes
 * them. What is timed is the character timeout interrupt of the receive FIFO.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "hw/char/serial.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "qemu/timer.h"

enum {
    IER_RDA = 0x01, /* received data, character timeout */
    IER_THRE = 0x02,
    IER_RLS = 0x04, /* receiver line status */
    IER_MS = 0x08,  /* modem status */
    IER_MASK = 0x0f,

    IIR_MS = 0x00,
    IIR_NONE = 0x01,
    IIR_THRE = 0x02,
    IIR_RDA = 0x04,
    IIR_RLS = 0x06,
    IIR_TIMEOUT = 0x0c,
    IIR_FIFO = 0xc0,

    FCR_ENABLE = 0x01,
    FCR_RX_RESET = 0x02,
    FCR_TX_RESET = 0x04,
    FCR_KEPT = 0xc9, /* enable, DMA mode, trigger */

    LCR_WORD = 0x03,
    LCR_STOP = 0x04,
    LCR_PARITY = 0x08,
    LCR_EVEN = 0x10,
    LCR_BREAK = 0x40,
    LCR_DLAB = 0x80,

    MCR_DTR = 0x01,
    MCR_RTS = 0x02,
    MCR_OUT1 = 0x04,
    MCR_OUT2 = 0x08,
    MCR_LOOP = 0x10,
    MCR_MASK = 0x1f,

    LSR_DR = 0x01,
    LSR_OE = 0x02,
    LSR_PE = 0x04,
    LSR_FE = 0x08,
    LSR_BI = 0x10,
    LSR_THRE = 0x20,
    LSR_TEMT = 0x40,
    LSR_FIFO_ERROR = 0x80,
    LSR_CHAR_ERRORS = LSR_PE | LSR_FE | LSR_BI,
    LSR_LINE_ERRORS = LSR_OE | LSR_CHAR_ERRORS,

    MSR_TERI = 0x04,
    MSR_DELTAS = 0x0f,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80,
    MSR_LINES = 0xf0,
};

#define DEFAULT_DIVISOR 12
#define MODEM_POLL_NS   (10 * 1000 * 1000)
#define TX_RETRY_NS     (1 * 1000 * 1000)
#define TIMEOUT_CHARS   4

/* --- FIFOs --- */

static void fifo_clear(SerialFifo *fifo)
{
    fifo->head = 0;
    fifo->num = 0;
}

static unsigned fifo_slot(const SerialFifo *fifo, unsigned i)
{
    return (fifo->head + i) % SERIAL_FIFO_LENGTH;
}

static void fifo_push(SerialFifo *fifo, uint8_t byte)
{
    fifo->data[fifo_slot(fifo, fifo->num)] = byte;
    fifo->num++;
}

static uint8_t fifo_pop(SerialFifo *fifo)
{
    uint8_t byte = fifo->data[fifo->head];

    fifo->head = fifo_slot(fifo, 1);
    fifo->num--;
    return byte;
}

static bool fifo_mode(const SerialState *s)
{
    return s->fcr & FCR_ENABLE;
}

static unsigned rx_trigger(const SerialState *s)
{
    static const uint8_t level[4] = { 1, 4, 8, 14 };

    return level[s->fcr >> 6];
}

/* --- interrupts --- */

static bool rx_interrupt(const SerialState *s)
{
    return fifo_mode(s) ? s->rx.num >= rx_trigger(s) : s->lsr & LSR_DR;
}

/* The highest pending source, as IIR encodes it. */
static uint8_t interrupt_id(const SerialState *s)
{
    if ((s->ier & IER_RLS) && (s->lsr & LSR_LINE_ERRORS)) {
        return IIR_RLS;
    }
    if ((s->ier & IER_RDA) && s->timeout_pending) {
        return IIR_TIMEOUT;
    }
    if ((s->ier & IER_RDA) && rx_interrupt(s)) {
        return IIR_RDA;
    }
    if ((s->ier & IER_THRE) && s->thre_pending) {
        return IIR_THRE;
    }
    if ((s->ier & IER_MS) && (s->msr & MSR_DELTAS)) {
        return IIR_MS;
    }
    return IIR_NONE;
}

static void update_irq(SerialState *s)
{
    qemu_set_irq(s->irq, interrupt_id(s) != IIR_NONE);
}

/* --- receiver --- */

static void restart_timeout(SerialState *s)
{
    s->timeout_pending = false;
    if (fifo_mode(s) && s->rx.num) {
        timer_mod(s->timeout_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) +
                                    TIMEOUT_CHARS * s->char_time_ns);
    } else {
        timer_del(s->timeout_timer);
    }
}

static void timeout_expired(void *opaque)
{
    SerialState *s = opaque;

    if (s->rx.num) {
        s->timeout_pending = true;
        update_irq(s);
    }
}

/* LSR shows the errors of the character at the top of the FIFO, and whether any waits in it. */
static void show_top_errors(SerialState *s)
{
    uint8_t any = 0;

    for (unsigned i = 0; i < s->rx.num; i++) {
        any |= s->rx_errors[fifo_slot(&s->rx, i)];
    }
    s->lsr = (s->lsr & ~(LSR_DR | LSR_FIFO_ERROR)) | (s->rx.num ? LSR_DR : 0) |
             (any ? LSR_FIFO_ERROR : 0);
    if (s->rx.num) {
        s->lsr |= s->rx_errors[s->rx.head];
    }
}

static void receive_to_fifo(SerialState *s, uint8_t byte, uint8_t errors)
{
    if (s->rx.num == SERIAL_FIFO_LENGTH) {
        s->lsr |= LSR_OE; /* the shift register is overwritten, the FIFO is not */
        return;
    }
    s->rx_errors[fifo_slot(&s->rx, s->rx.num)] = errors;
    fifo_push(&s->rx, byte);
    show_top_errors(s);
    restart_timeout(s);
}

static void receive_char(SerialState *s, uint8_t byte, uint8_t errors)
{
    if (fifo_mode(s)) {
        receive_to_fifo(s, byte, errors);
    } else {
        if (s->lsr & LSR_DR) {
            s->lsr |= LSR_OE;
        }
        s->rbr = byte;
        s->lsr |= LSR_DR | errors;
    }
}

static void rx_reset(SerialState *s)
{
    fifo_clear(&s->rx);
    memset(s->rx_errors, 0, sizeof(s->rx_errors));
    s->lsr &= ~(LSR_DR | LSR_FIFO_ERROR | LSR_CHAR_ERRORS);
    restart_timeout(s);
}

static int serial_can_receive(void *opaque)
{
    SerialState *s = opaque;

    if (s->mcr & MCR_LOOP) {
        return 0; /* the pin is disconnected; the host's input waits */
    }
    if (fifo_mode(s)) {
        return SERIAL_FIFO_LENGTH - s->rx.num;
    }
    return s->lsr & LSR_DR ? 0 : 1;
}

static void serial_receive(void *opaque, const uint8_t *buf, int size)
{
    SerialState *s = opaque;

    for (int i = 0; i < size; i++) {
        receive_char(s, buf[i], 0);
    }
    update_irq(s);
}

static void serial_event(void *opaque, QEMUChrEvent event)
{
    SerialState *s = opaque;

    if (event == CHR_EVENT_BREAK && !(s->mcr & MCR_LOOP)) {
        receive_char(s, 0, LSR_BI);
        update_irq(s);
    }
}

/* --- transmitter --- */

static void transmit(SerialState *s);

static gboolean tx_ready(void *do_not_use, GIOCondition cond, void *opaque)
{
    SerialState *s = opaque;

    s->tx_watch = 0;
    transmit(s);
    update_irq(s);
    return FALSE;
}

static void tx_retry(void *opaque)
{
    SerialState *s = opaque;

    transmit(s);
    update_irq(s);
}

/* The back end is full: come back when it has room. */
static void wait_for_back_end(SerialState *s)
{
    if (s->tx_watch) {
        return;
    }
    s->tx_watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, tx_ready, s);
    if (!s->tx_watch) {
        timer_mod(s->retry_timer, qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + TX_RETRY_NS);
    }
}

static void stop_waiting(SerialState *s)
{
    if (s->tx_watch) {
        g_source_remove(s->tx_watch);
        s->tx_watch = 0;
    }
    if (s->retry_timer) {
        timer_del(s->retry_timer);
    }
}

/* Empties the shift register. False if the back end will take the character later. */
static bool shift_out(SerialState *s)
{
    if (s->mcr & MCR_LOOP) {
        receive_char(s, s->tsr, 0);
        return true;
    }
    int written = qemu_chr_fe_write(&s->chr, &s->tsr, 1);
    return written == 1 || (written < 0 && errno != EAGAIN);
}

/* Moves the next character to the shift register and says so; false if there is none. */
static bool load_shift_register(SerialState *s)
{
    if (s->lsr & LSR_THRE) {
        return false;
    }
    s->tsr = fifo_mode(s) ? fifo_pop(&s->tx) : s->thr;
    s->tsr_busy = true;
    if (!fifo_mode(s) || !s->tx.num) {
        s->lsr |= LSR_THRE;
        s->thre_pending = true;
    }
    return true;
}

static void transmit(SerialState *s)
{
    while (s->tsr_busy || load_shift_register(s)) {
        if (!shift_out(s)) {
            wait_for_back_end(s);
            return;
        }
        s->tsr_busy = false;
    }
    s->lsr |= LSR_TEMT;
}

static void tx_reset(SerialState *s)
{
    fifo_clear(&s->tx);
    if (!(s->lsr & LSR_THRE)) {
        s->lsr |= LSR_THRE;
        s->thre_pending = true;
    }
    if (!s->tsr_busy) {
        s->lsr |= LSR_TEMT;
    }
}

/* --- line parameters --- */

static unsigned baud_rate(const SerialState *s)
{
    unsigned baud = s->divisor ? s->baudbase / s->divisor : 0;

    return baud ? baud : 1;
}

/* Tells the back end speed and format and computes how long a character lasts. */
static void update_parameters(SerialState *s)
{
    QEMUSerialSetParams params = {
        .speed = baud_rate(s),
        .parity = !(s->lcr & LCR_PARITY) ? 'N' : s->lcr & LCR_EVEN ? 'E' : 'O',
        .data_bits = 5 + (s->lcr & LCR_WORD),
        .stop_bits = s->lcr & LCR_STOP ? 2 : 1,
    };
    unsigned bits = 1 + params.data_bits + (s->lcr & LCR_PARITY ? 1 : 0) + params.stop_bits;

    s->char_time_ns = (uint64_t)NANOSECONDS_PER_SECOND * bits / params.speed;
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_PARAMS, &params);
}

/* --- modem lines --- */

static uint8_t looped_lines(const SerialState *s)
{
    return (s->mcr & MCR_RTS ? MSR_CTS : 0) | (s->mcr & MCR_DTR ? MSR_DSR : 0) |
           (s->mcr & MCR_OUT1 ? MSR_RI : 0) | (s->mcr & MCR_OUT2 ? MSR_DCD : 0);
}

/* The input lines; a back end that has none looks like a modem that is on line. */
static uint8_t host_lines(SerialState *s, bool *live)
{
    int tiocm;

    *live = qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) >= 0;
    if (!*live) {
        return MSR_DCD | MSR_DSR | MSR_CTS;
    }
    return (tiocm & CHR_TIOCM_CTS ? MSR_CTS : 0) | (tiocm & CHR_TIOCM_DSR ? MSR_DSR : 0) |
           (tiocm & CHR_TIOCM_RI ? MSR_RI : 0) | (tiocm & CHR_TIOCM_CAR ? MSR_DCD : 0);
}

static void set_lines(SerialState *s, uint8_t lines)
{
    uint8_t changed = (s->msr ^ lines) & MSR_LINES;
    uint8_t delta = changed >> 4;

    if (lines & MSR_RI) {
        delta &= ~MSR_TERI; /* only the trailing edge of RI counts */
    }
    s->msr = lines | (s->msr & MSR_DELTAS) | delta;
}

static void update_lines(SerialState *s)
{
    bool live = false;

    set_lines(s, s->mcr & MCR_LOOP ? looped_lines(s) : host_lines(s, &live));
    if (live && (s->ier & IER_MS)) {
        timer_mod(s->modem_timer, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + MODEM_POLL_NS);
    } else {
        timer_del(s->modem_timer);
    }
}

static void poll_lines(void *opaque)
{
    SerialState *s = opaque;

    update_lines(s);
    update_irq(s);
}

static void drive_modem_outputs(SerialState *s)
{
    int tiocm;

    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) < 0) {
        return;
    }
    tiocm &= ~(CHR_TIOCM_RTS | CHR_TIOCM_DTR);
    if (!(s->mcr & MCR_LOOP)) {
        tiocm |= (s->mcr & MCR_RTS ? CHR_TIOCM_RTS : 0) | (s->mcr & MCR_DTR ? CHR_TIOCM_DTR : 0);
    }
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_TIOCM, &tiocm);
}

/* --- registers --- */

static uint8_t rbr_read(SerialState *s)
{
    uint8_t byte = s->rbr;

    if (fifo_mode(s)) {
        byte = s->rx.num ? fifo_pop(&s->rx) : 0;
        show_top_errors(s);
        restart_timeout(s);
    } else {
        s->lsr &= ~LSR_DR;
    }
    update_irq(s);
    qemu_chr_fe_accept_input(&s->chr);
    return byte;
}

static void thr_write(SerialState *s, uint8_t value)
{
    s->thr = value;
    if (fifo_mode(s)) {
        if (s->tx.num == SERIAL_FIFO_LENGTH) {
            qemu_log_dev(LOG_GUEST_ERROR, TYPE_SERIAL, "THR", "written with the FIFO full");
            return;
        }
        fifo_push(&s->tx, value);
    }
    s->thre_pending = false;
    s->lsr &= ~(LSR_THRE | LSR_TEMT);
    if (!s->tsr_busy) {
        transmit(s);
    }
    update_irq(s);
}

static uint8_t ier_read(SerialState *s)
{
    return s->ier;
}

static void ier_write(SerialState *s, uint8_t value)
{
    uint8_t risen = value & IER_MASK & ~s->ier;

    s->ier = value & IER_MASK;
    if ((risen & IER_THRE) && (s->lsr & LSR_THRE)) {
        s->thre_pending = true;
    }
    if (risen & IER_MS) {
        update_lines(s); /* starts polling, if there is something to poll */
    }
    update_irq(s);
}

static uint8_t iir_read(SerialState *s)
{
    uint8_t id = interrupt_id(s);

    if (id == IIR_THRE) {
        s->thre_pending = false;
        update_irq(s);
    }
    return id | (fifo_mode(s) ? IIR_FIFO : 0);
}

static void fcr_write(SerialState *s, uint8_t value)
{
    uint8_t kept = value & FCR_ENABLE ? value & FCR_KEPT : 0;
    bool mode_changed = (s->fcr ^ value) & FCR_ENABLE;

    s->fcr = kept;
    if (mode_changed || (value & FCR_RX_RESET)) {
        rx_reset(s);
    }
    if (mode_changed || (value & FCR_TX_RESET)) {
        tx_reset(s);
    }
    update_irq(s);
    qemu_chr_fe_accept_input(&s->chr);
}

static uint8_t lcr_read(SerialState *s)
{
    return s->lcr;
}

static void lcr_write(SerialState *s, uint8_t value)
{
    int send_break = value & LCR_BREAK ? 1 : 0;

    s->lcr = value;
    if (!(value & LCR_DLAB)) {
        update_parameters(s);
    }
    if (send_break != s->break_sent) {
        s->break_sent = send_break;
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &send_break);
    }
}

static uint8_t mcr_read(SerialState *s)
{
    return s->mcr;
}

static void mcr_write(SerialState *s, uint8_t value)
{
    uint8_t changed = s->mcr ^ (value & MCR_MASK);

    s->mcr = value & MCR_MASK;
    if (changed) {
        drive_modem_outputs(s);
        update_lines(s);
        update_irq(s);
    }
    if (changed & MCR_LOOP) {
        qemu_chr_fe_accept_input(&s->chr);
    }
}

static uint8_t lsr_read(SerialState *s)
{
    uint8_t value = s->lsr;

    if (value & LSR_LINE_ERRORS) {
        s->lsr &= ~LSR_LINE_ERRORS;
        if (fifo_mode(s)) {
            s->rx_errors[s->rx.head] = 0;
            show_top_errors(s);
        }
        update_irq(s);
    }
    return value;
}

static uint8_t msr_read(SerialState *s)
{
    uint8_t value;

    if (!(s->mcr & MCR_LOOP)) {
        update_lines(s);
    }
    value = s->msr;
    if (value & MSR_DELTAS) {
        s->msr &= ~MSR_DELTAS;
        update_irq(s);
    }
    return value;
}

static uint8_t scr_read(SerialState *s)
{
    return s->scr;
}

static void scr_write(SerialState *s, uint8_t value)
{
    s->scr = value;
}

static uint8_t dll_read(SerialState *s)
{
    return s->divisor & 0xff;
}

static void dll_write(SerialState *s, uint8_t value)
{
    s->divisor = (s->divisor & 0xff00) | value;
}

static uint8_t dlm_read(SerialState *s)
{
    return s->divisor >> 8;
}

static void dlm_write(SerialState *s, uint8_t value)
{
    s->divisor = (s->divisor & 0xff) | value << 8;
}

typedef struct SerialRegister {
    const char *name;
    uint8_t (*read)(SerialState *s);
    void (*write)(SerialState *s, uint8_t value);
} SerialRegister;

#define NUM_REGISTERS     8
#define NUM_DIVISOR_BYTES 2

static const SerialRegister registers[NUM_REGISTERS] = {
    { "RBR/THR", rbr_read, thr_write },
    { "IER", ier_read, ier_write },
    { "IIR/FCR", iir_read, fcr_write },
    { "LCR", lcr_read, lcr_write },
    { "MCR", mcr_read, mcr_write },
    { "LSR", lsr_read, NULL },
    { "MSR", msr_read, NULL },
    { "SCR", scr_read, scr_write },
};

/* What offsets 0 and 1 are while LCR has DLAB set. */
static const SerialRegister divisor_registers[NUM_DIVISOR_BYTES] = {
    { "DLL", dll_read, dll_write },
    { "DLM", dlm_read, dlm_write },
};

static const SerialRegister *register_at(const SerialState *s, hwaddr addr)
{
    addr &= NUM_REGISTERS - 1;
    if ((s->lcr & LCR_DLAB) && addr < NUM_DIVISOR_BYTES) {
        return &divisor_registers[addr];
    }
    return &registers[addr];
}

static uint64_t serial_read(void *opaque, hwaddr addr, unsigned size)
{
    SerialState *s = opaque;

    return register_at(s, addr)->read(s);
}

static void serial_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    SerialState *s = opaque;
    const SerialRegister *reg = register_at(s, addr);

    if (reg->write) {
        reg->write(s, value);
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_SERIAL, reg->name,
                     "write of 0x%02x to a read-only register", (unsigned)(value & 0xff));
    }
}

const MemoryRegionOps serial_io_ops = {
    .read = serial_read,
    .write = serial_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* --- the device --- */

static void serial_reset(DeviceState *dev)
{
    SerialState *s = SERIAL(dev);

    stop_waiting(s);
    s->divisor = DEFAULT_DIVISOR;
    s->ier = s->fcr = s->lcr = s->mcr = s->scr = s->rbr = s->thr = 0;
    s->lsr = LSR_THRE | LSR_TEMT;
    s->tsr_busy = s->thre_pending = s->timeout_pending = false;
    fifo_clear(&s->tx);
    rx_reset(s);
    update_parameters(s);
    s->msr = 0;
    update_lines(s);
    s->msr &= ~MSR_DELTAS;
    if (s->break_sent) {
        int off = 0;

        s->break_sent = false;
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &off);
    }
    update_irq(s);
}

/* The back end was exchanged at run time: it has to learn what the old one knew. */
static int serial_back_end_changed(void *opaque)
{
    SerialState *s = opaque;
    int send_break = s->break_sent;

    stop_waiting(s);
    qemu_chr_fe_set_handlers(&s->chr, serial_can_receive, serial_receive, serial_event,
                             serial_back_end_changed, s, NULL, true);
    update_parameters(s);
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &send_break);
    drive_modem_outputs(s);
    transmit(s);
    update_lines(s);
    update_irq(s);
    return 0;
}

static void serial_realize(DeviceState *dev, Error **errp)
{
    SerialState *s = SERIAL(dev);

    if (!s->baudbase) {
        error_setg(errp, "serial: baudbase must not be 0");
        return;
    }
    s->timeout_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, timeout_expired, s);
    s->modem_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, poll_lines, s);
    s->retry_timer = timer_new_ns(QEMU_CLOCK_REALTIME, tx_retry, s);
    qemu_chr_fe_set_handlers(&s->chr, serial_can_receive, serial_receive, serial_event,
                             serial_back_end_changed, s, NULL, true);
    serial_reset(dev);
}

static void serial_unrealize(DeviceState *dev)
{
    SerialState *s = SERIAL(dev);

    stop_waiting(s);
    qemu_chr_fe_deinit(&s->chr, false);
    timer_free(s->timeout_timer);
    timer_free(s->modem_timer);
    timer_free(s->retry_timer);
    s->timeout_timer = s->modem_timer = s->retry_timer = NULL;
}

static bool fifo_is_sane(const SerialFifo *fifo)
{
    return fifo->head < SERIAL_FIFO_LENGTH && fifo->num <= SERIAL_FIFO_LENGTH;
}

static int serial_post_load(void *opaque, int version_id)
{
    SerialState *s = opaque;
    int send_break = s->break_sent;

    if (!fifo_is_sane(&s->rx) || !fifo_is_sane(&s->tx) ||
        (fifo_mode(s) && !(s->lsr & LSR_THRE) && !s->tx.num)) {
        return -EINVAL;
    }
    update_parameters(s);
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &send_break);
    drive_modem_outputs(s);
    transmit(s);
    update_irq(s);
    return 0;
}

static const VMStateDescription vmstate_serial_fifo = {
    .name = "serial/fifo",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT8_ARRAY(data, SerialFifo, SERIAL_FIFO_LENGTH),
        VMSTATE_UINT8(head, SerialFifo),
        VMSTATE_UINT8(num, SerialFifo),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_serial = {
    .name = "serial",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = serial_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(divisor, SerialState),
        VMSTATE_UINT8(ier, SerialState),
        VMSTATE_UINT8(fcr, SerialState),
        VMSTATE_UINT8(lcr, SerialState),
        VMSTATE_UINT8(mcr, SerialState),
        VMSTATE_UINT8(lsr, SerialState),
        VMSTATE_UINT8(msr, SerialState),
        VMSTATE_UINT8(scr, SerialState),
        VMSTATE_UINT8(rbr, SerialState),
        VMSTATE_UINT8(thr, SerialState),
        VMSTATE_STRUCT(rx, SerialState, 1, vmstate_serial_fifo, SerialFifo),
        VMSTATE_UINT8_ARRAY(rx_errors, SerialState, SERIAL_FIFO_LENGTH),
        VMSTATE_STRUCT(tx, SerialState, 1, vmstate_serial_fifo, SerialFifo),
        VMSTATE_UINT8(tsr, SerialState),
        VMSTATE_BOOL(tsr_busy, SerialState),
        VMSTATE_BOOL(thre_pending, SerialState),
        VMSTATE_BOOL(timeout_pending, SerialState),
        VMSTATE_BOOL(break_sent, SerialState),
        VMSTATE_TIMER_PTR(timeout_timer, SerialState),
        VMSTATE_TIMER_PTR(modem_timer, SerialState),
        VMSTATE_END_OF_LIST()
    },
};

static Property serial_properties[] = {
    DEFINE_PROP_CHR("chardev", SerialState, chr),
    DEFINE_PROP_UINT32("baudbase", SerialState, baudbase, 115200),
    DEFINE_PROP_END_OF_LIST(),
};

static void serial_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->desc = "16550A UART core";
    dc->user_creatable = false; /* only as a part of a bus variant */
    dc->realize = serial_realize;
    dc->unrealize = serial_unrealize;
    dc->reset = serial_reset;
    dc->vmsd = &vmstate_serial;
    device_class_set_props(dc, serial_properties);
}

static const TypeInfo serial_type = {
    .name = TYPE_SERIAL,
    .parent = TYPE_DEVICE,
    .instance_size = sizeof(SerialState),
    .class_init = serial_class_init,
};

static void serial_register_types(void)
{
    type_register_static(&serial_type);
}

type_init(serial_register_types)
