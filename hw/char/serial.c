/*
 * 16550A UART core: registers, FIFOs, interrupts and the modem lines of the host's back end.
 *
 * Reference: National Semiconductor PC16550D data sheet (TL/C/8652), section 8 "Registers".
 *
 * A character is handed to the back end the moment it is written; only if the back end is full does
 * it wait in the transmitter, and LSR shows it. Received characters come as fast as the guest takes
 * them, with rests for a guest that takes them in interrupts; while it has RTS dropped they wait on
 * the host. What is timed is the character timeout interrupt of the receive FIFO.
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

#define DEFAULT_DIVISOR 12 /* 9600 baud; the chip's own is undefined */
#define MODEM_POLL_NS   (10 * 1000 * 1000)
#define TX_RETRY_NS     (1 * 1000 * 1000)
#define TIMEOUT_CHARS   4

/*
 * Input that is there as soon as the guest looks would keep an interrupt handler busy for ever: the
 * program that reads the line never runs, and what the handler collects for it overflows. A guest
 * with the receive interrupt on so has a rest from input that is RX_REST times as long as it took
 * to read the input before. A FIFO that lies unread for longer than RX_BUSY_MAX_NS doesn't say
 * how long reading takes.
 */
#define RX_REST         2
#define RX_BUSY_MAX_NS  (100 * 1000)
#define RX_DEBT_MAX_NS  (500 * 1000)

static bool fifo_mode(const SerialState *s)
{
    return s->fcr & FCR_ENABLE;
}

static unsigned fifo_slot(const SerialFifo *fifo, unsigned i)
{
    return (fifo->head + i) % SERIAL_FIFO_LENGTH;
}

static uint8_t fifo_pop(SerialFifo *fifo)
{
    uint8_t byte = fifo->data[fifo->head];

    fifo->head = fifo_slot(fifo, 1);
    fifo->num--;
    return byte;
}

/* --- interrupts --- */

/* The highest pending source, as IIR encodes it. */
static uint8_t interrupt_id(const SerialState *s)
{
    static const uint8_t trigger[4] = { 1, 4, 8, 14 };
    bool received = fifo_mode(s) ? s->rx.num >= trigger[s->fcr >> 6] : s->lsr & LSR_DR;
    const struct {
        uint8_t enable, pending, id;
    } by_priority[] = {
        { IER_RLS, s->lsr & LSR_LINE_ERRORS, IIR_RLS },
        { IER_RDA, s->timeout_pending, IIR_TIMEOUT },
        { IER_RDA, received, IIR_RDA },
        { IER_THRE, s->thre_pending, IIR_THRE },
        { IER_MS, s->msr & MSR_DELTAS, IIR_MS },
    };

    for (size_t i = 0; i < ARRAY_SIZE(by_priority); i++) {
        if ((s->ier & by_priority[i].enable) && by_priority[i].pending) {
            return by_priority[i].id;
        }
    }
    return IIR_NONE;
}

static void update_irq(SerialState *s)
{
    qemu_set_irq(s->irq, interrupt_id(s) != IIR_NONE);
}

/* --- receiver --- */

/*
 * The receive FIFO was filled or read: its timeout starts anew. Setting the timer back for each
 * byte would wake the main loop each time, so one that runs finds out itself.
 */
static void restart_timeout(SerialState *s)
{
    s->timeout_at = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) + TIMEOUT_CHARS * s->char_time_ns;
    if (s->rx.num) {
        timer_mod_anticipate(s->timeout_timer, s->timeout_at);
    }
}

static void timeout_expired(void *opaque)
{
    SerialState *s = opaque;

    if (!s->rx.num) {
        return;
    }
    if (qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) < s->timeout_at) {
        timer_mod(s->timeout_timer, s->timeout_at);
        return;
    }
    s->timeout_pending = true;
    update_irq(s);
}

static void rest_over(void *opaque)
{
    qemu_chr_fe_accept_input(&((SerialState *)opaque)->chr);
}

/* The character at the top of the FIFO shows in LSR, with the errors that came with it. */
static void reveal_top(SerialState *s)
{
    s->lsr &= ~LSR_DR;
    if (s->rx.num) {
        s->lsr |= LSR_DR | s->rx_errors[s->rx.head];
    }
}

static void receive_char(SerialState *s, uint8_t byte, uint8_t errors)
{
    if (!(s->lsr & LSR_DR)) {
        /* What was idle since it was emptied is rest. */
        int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

        s->rx_debt_ns = MAX(s->rx_debt_ns - (now - s->rx_since) / RX_REST, 0);
        s->rx_since = now;
    }
    if (!fifo_mode(s)) {
        s->lsr |= LSR_DR | errors | (s->lsr & LSR_DR ? LSR_OE : 0);
        s->rbr = byte;
    } else if (s->rx.num == SERIAL_FIFO_LENGTH) {
        s->lsr |= LSR_OE; /* the shift register is overwritten, the FIFO is not */
    } else {
        unsigned slot = fifo_slot(&s->rx, s->rx.num++);

        s->rx.data[slot] = byte;
        s->rx_errors[slot] = errors;
        s->lsr |= errors ? LSR_FIFO_ERROR : 0;
        reveal_top(s);
        restart_timeout(s);
    }
}

static void rx_reset(SerialState *s)
{
    s->rx.num = 0;
    s->timeout_pending = false;
    s->lsr &= ~(LSR_DR | LSR_FIFO_ERROR | LSR_CHAR_ERRORS);
}

static int serial_can_receive(void *opaque)
{
    SerialState *s = opaque;

    if (s->mcr & MCR_LOOP) {
        return 0; /* the pin is disconnected; the host's input waits */
    }
    if (s->rts_dropped || timer_pending(s->rest_timer)) {
        return 0;
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

    if (event == CHR_EVENT_BREAK) {
        receive_char(s, 0, LSR_BI);
        update_irq(s);
    }
}

/* --- transmitter --- */

static gboolean tx_ready(void *do_not_use, GIOCondition cond, void *opaque);

/*
 * From THR or the FIFO through the shift register to the back end, or back to the receiver. A back
 * end that is full is tried again when it has room, or in a while if it can't say when.
 */
static void transmit(SerialState *s)
{
    while (s->tsr_busy || !(s->lsr & LSR_THRE)) {
        if (!s->tsr_busy) {
            s->tsr = fifo_mode(s) ? fifo_pop(&s->tx) : s->thr;
            s->tsr_busy = true;
            if (!fifo_mode(s) || !s->tx.num) {
                s->lsr |= LSR_THRE;
                s->thre_pending = true;
            }
        }
        if (s->mcr & MCR_LOOP) {
            receive_char(s, s->tsr, 0);
        } else {
            int written = qemu_chr_fe_write(&s->chr, &s->tsr, 1);

            if (written == 0 || (written < 0 && errno == EAGAIN)) {
                if (!s->tx_watch) {
                    s->tx_watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, tx_ready, s);
                }
                if (!s->tx_watch) {
                    timer_mod(s->retry_timer,
                              qemu_clock_get_ns(QEMU_CLOCK_REALTIME) + TX_RETRY_NS);
                }
                return;
            }
        }
        s->tsr_busy = false;
    }
    s->lsr |= LSR_TEMT;
}

static void tx_retry(void *opaque)
{
    SerialState *s = opaque;

    transmit(s);
    update_irq(s);
}

static gboolean tx_ready(void *do_not_use, GIOCondition cond, void *opaque)
{
    ((SerialState *)opaque)->tx_watch = 0;
    tx_retry(opaque);
    return FALSE;
}

static void stop_waiting(SerialState *s)
{
    if (s->tx_watch) {
        g_source_remove(s->tx_watch);
        s->tx_watch = 0;
    }
    timer_del(s->retry_timer);
}

static void tx_reset(SerialState *s)
{
    s->tx.num = 0;
    if (!(s->lsr & LSR_THRE)) {
        s->lsr |= LSR_THRE;
        s->thre_pending = true;
    }
    if (!s->tsr_busy) {
        s->lsr |= LSR_TEMT;
    }
}

/* --- the line --- */

/* Tells the back end speed and format and computes how long a character lasts. */
static void update_parameters(SerialState *s)
{
    unsigned divisor = s->dlm << 8 | s->dll;
    unsigned baud = divisor ? s->baudbase / divisor : 0;
    QEMUSerialSetParams params = {
        .speed = MAX(baud, 1),
        .parity = !(s->lcr & LCR_PARITY) ? 'N' : s->lcr & LCR_EVEN ? 'E' : 'O',
        .data_bits = 5 + (s->lcr & LCR_WORD),
        .stop_bits = s->lcr & LCR_STOP ? 2 : 1,
    };
    unsigned bits = 1 + params.data_bits + (s->lcr & LCR_PARITY ? 1 : 0) + params.stop_bits;

    s->char_time_ns = (uint64_t)NANOSECONDS_PER_SECOND * bits / params.speed;
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_PARAMS, &params);
}

static void send_break(SerialState *s, int on)
{
    s->break_sent = on;
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &on);
}

/* An input line, the output that it shows in loopback, and its name on the host. */
static const struct {
    uint8_t msr;
    uint8_t looped;
    int tiocm;
} modem_lines[] = {
    { MSR_CTS, MCR_RTS, CHR_TIOCM_CTS },
    { MSR_DSR, MCR_DTR, CHR_TIOCM_DSR },
    { MSR_RI, MCR_OUT1, CHR_TIOCM_RI },
    { MSR_DCD, MCR_OUT2, CHR_TIOCM_CAR },
};

/* Reads the input lines; a back end that has none looks like a modem that is on line. */
static void update_lines(SerialState *s)
{
    bool loop = s->mcr & MCR_LOOP;
    int tiocm;
    bool live = !loop && qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) >= 0;
    uint8_t lines = loop || live ? 0 : MSR_DCD | MSR_DSR | MSR_CTS, delta;

    for (size_t i = 0; i < ARRAY_SIZE(modem_lines); i++) {
        if (loop ? s->mcr & modem_lines[i].looped : live && (tiocm & modem_lines[i].tiocm)) {
            lines |= modem_lines[i].msr;
        }
    }
    delta = ((s->msr ^ lines) & MSR_LINES) >> 4;
    if (lines & MSR_RI) {
        delta &= ~MSR_TERI; /* only the trailing edge of RI counts */
    }
    s->msr = lines | (s->msr & MSR_DELTAS) | delta;
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
    uint8_t driven = s->mcr & MCR_LOOP ? 0 : s->mcr;
    int tiocm;

    if (qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_GET_TIOCM, &tiocm) < 0) {
        return;
    }
    tiocm &= ~(CHR_TIOCM_RTS | CHR_TIOCM_DTR);
    tiocm |= (driven & MCR_RTS ? CHR_TIOCM_RTS : 0) | (driven & MCR_DTR ? CHR_TIOCM_DTR : 0);
    qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_TIOCM, &tiocm);
}

/* --- registers --- */

static uint8_t rbr_read(SerialState *s)
{
    bool had_data = s->lsr & LSR_DR;
    uint8_t byte;

    if (!fifo_mode(s)) {
        s->lsr &= ~LSR_DR;
    } else if (s->rx.num) {
        s->rbr = fifo_pop(&s->rx);
        s->timeout_pending = false;
        reveal_top(s);
        restart_timeout(s);
    }
    byte = s->rbr;
    if (had_data && !(s->lsr & LSR_DR)) {
        /* The receiver is empty now: reading took as long as it wasn't. */
        int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

        if (s->ier & IER_RDA) {
            s->rx_debt_ns += MIN(now - s->rx_since, RX_BUSY_MAX_NS);
        }
        s->rx_since = now;
        if (s->rx_debt_ns >= RX_DEBT_MAX_NS) {
            timer_mod(s->rest_timer, now + RX_REST * s->rx_debt_ns);
        }
    }
    qemu_chr_fe_accept_input(&s->chr);
    update_irq(s);
    return byte;
}

static void thr_write(SerialState *s, uint8_t value)
{
    if (fifo_mode(s) && s->tx.num == SERIAL_FIFO_LENGTH) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_SERIAL, "THR", "written with the FIFO full");
        return;
    }
    if (fifo_mode(s)) {
        s->tx.data[fifo_slot(&s->tx, s->tx.num++)] = value;
    }
    s->thr = value;
    s->thre_pending = false;
    s->lsr &= ~(LSR_THRE | LSR_TEMT);
    if (!s->tsr_busy) {
        transmit(s);
    }
    update_irq(s);
}

static void ier_changed(SerialState *s, uint8_t changed)
{
    uint8_t risen = changed & s->ier;

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

/* Bit 0 must be 1 for the others to be programmed; a change of it empties both FIFOs. */
static void fcr_write(SerialState *s, uint8_t value)
{
    bool enable = value & FCR_ENABLE;
    bool mode_changed = enable != fifo_mode(s);

    s->fcr = enable ? value & FCR_KEPT : s->fcr & ~FCR_ENABLE;
    if (mode_changed || (enable && (value & FCR_RX_RESET))) {
        rx_reset(s);
    }
    if (mode_changed || (enable && (value & FCR_TX_RESET))) {
        tx_reset(s);
    }
    qemu_chr_fe_accept_input(&s->chr);
    update_irq(s);
}

static void lcr_changed(SerialState *s, uint8_t changed)
{
    if (!(s->lcr & LCR_DLAB)) {
        update_parameters(s);
    }
    if (changed & LCR_BREAK) {
        send_break(s, s->lcr & LCR_BREAK ? 1 : 0);
    }
}

/*
 * RTS taken back while DTR stays asks the other side to wait. A guest that never raised it doesn't
 * use it, and one that lowers both has done with the line.
 */
static void mcr_changed(SerialState *s, uint8_t changed)
{
    bool dtr_alone = (s->mcr & (MCR_DTR | MCR_RTS)) == MCR_DTR;

    s->rts_dropped = dtr_alone && (s->rts_dropped || (changed & MCR_RTS));
    if (changed) {
        drive_modem_outputs(s);
        update_lines(s);
        qemu_chr_fe_accept_input(&s->chr); /* it may have waited for this */
        update_irq(s);
    }
}

/* Reading tells the errors and forgets them; those of characters further down come later. */
static uint8_t lsr_read(SerialState *s)
{
    uint8_t value = s->lsr;

    if (value & (LSR_LINE_ERRORS | LSR_FIFO_ERROR)) {
        s->lsr &= ~(LSR_LINE_ERRORS | LSR_FIFO_ERROR);
        for (unsigned i = 0; i < s->rx.num; i++) {
            unsigned slot = fifo_slot(&s->rx, i);

            s->rx_errors[slot] = i == 0 ? 0 : s->rx_errors[slot];
            s->lsr |= s->rx_errors[slot] ? LSR_FIFO_ERROR : 0;
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

/* A register is a byte that keeps what is written, or functions where it isn't that simple. */
typedef struct SerialRegister {
    const char *name;
    uint8_t (*read)(SerialState *s);
    void (*write)(SerialState *s, uint8_t value);
    size_t stored; /* without `read`: where in SerialState */
    uint8_t mask;  /* the bits that it keeps */
    void (*changed)(SerialState *s, uint8_t bits);
} SerialRegister;

#define STORED(field, bits) .stored = offsetof(SerialState, field), .mask = bits

static const SerialRegister registers[] = {
    { "RBR/THR", rbr_read, thr_write },
    { "IER", STORED(ier, IER_MASK), .changed = ier_changed },
    { "IIR/FCR", iir_read, fcr_write },
    { "LCR", STORED(lcr, 0xff), .changed = lcr_changed },
    { "MCR", STORED(mcr, MCR_MASK), .changed = mcr_changed },
    { "LSR", lsr_read },
    { "MSR", msr_read },
    { "SCR", STORED(scr, 0xff) },
};

/* What offsets 0 and 1 are while LCR has DLAB set. */
static const SerialRegister divisor_registers[] = {
    { "DLL", STORED(dll, 0xff) },
    { "DLM", STORED(dlm, 0xff) },
};

static const SerialRegister *register_at(const SerialState *s, hwaddr addr)
{
    addr %= ARRAY_SIZE(registers);
    return (s->lcr & LCR_DLAB) && addr < ARRAY_SIZE(divisor_registers) ? &divisor_registers[addr]
                                                                       : &registers[addr];
}

static uint64_t serial_read(void *opaque, hwaddr addr, unsigned size)
{
    const SerialRegister *reg = register_at(opaque, addr);

    return reg->read ? reg->read(opaque) : ((uint8_t *)opaque)[reg->stored];
}

static void serial_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    const SerialRegister *reg = register_at(opaque, addr);

    if (reg->write) {
        reg->write(opaque, value);
    } else if (reg->mask) {
        uint8_t *byte = (uint8_t *)opaque + reg->stored;
        uint8_t changed = (*byte ^ value) & reg->mask;

        *byte = value & reg->mask;
        if (reg->changed) {
            reg->changed(opaque, changed);
        }
    } else {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_SERIAL, reg->name,
                     "write of 0x%02x to a read-only register", (unsigned)(value & 0xff));
    }
}

static void names_at(void *opaque, hwaddr addr, unsigned size, uint64_t value,
                     MemoryRegionNameFunc *found, void *data)
{
    found(register_at(opaque, addr)->name, "", "", data);
}

static void names_all(void *opaque, MemoryRegionNameFunc *found, void *data)
{
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
        found(registers[i].name, "", "", data);
    }
    for (size_t i = 0; i < ARRAY_SIZE(divisor_registers); i++) {
        found(divisor_registers[i].name, "", "", data);
    }
}

static const MemoryRegionNames serial_names = { names_at, names_all };

const MemoryRegionOps serial_io_ops = {
    .read = serial_read,
    .write = serial_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
    .names = &serial_names,
};

/* --- the device --- */

/* Master reset leaves the divisor latches, RBR and THR as they are. */
static void serial_reset(DeviceState *dev)
{
    SerialState *s = SERIAL(dev);

    stop_waiting(s);
    s->ier = s->fcr = s->lcr = s->mcr = s->scr = 0;
    s->lsr = LSR_THRE | LSR_TEMT;
    s->tsr_busy = s->thre_pending = s->rts_dropped = false;
    s->rx_debt_ns = 0;
    timer_del(s->rest_timer);
    s->tx = s->rx = (SerialFifo){ 0 }; /* a state that was refused may have left any position */
    rx_reset(s);
    update_parameters(s);
    update_lines(s);
    s->msr &= ~MSR_DELTAS;
    if (s->break_sent) {
        send_break(s, 0);
    }
    qemu_chr_fe_accept_input(&s->chr);
    update_irq(s);
}

/* What the back end has to know of the line, and what it has to be given. */
static void resume(SerialState *s)
{
    update_parameters(s);
    send_break(s, s->break_sent);
    drive_modem_outputs(s);
    transmit(s);
    qemu_chr_fe_accept_input(&s->chr);
}

/* The back end was exchanged at run time: it has to learn what the old one knew. */
static int serial_back_end_changed(void *opaque)
{
    SerialState *s = opaque;

    stop_waiting(s);
    qemu_chr_fe_set_handlers(&s->chr, serial_can_receive, serial_receive, serial_event,
                             serial_back_end_changed, s, NULL, true);
    resume(s);
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
    s->rest_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, rest_over, s);
    s->retry_timer = timer_new_ns(QEMU_CLOCK_REALTIME, tx_retry, s);
    s->dll = DEFAULT_DIVISOR;
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
    timer_free(s->rest_timer);
    timer_free(s->retry_timer);
    s->timeout_timer = s->modem_timer = s->rest_timer = s->retry_timer = NULL;
}

static int serial_post_load(void *opaque, int version_id)
{
    SerialState *s = opaque;
    const SerialFifo *fifos[] = { &s->rx, &s->tx };

    for (size_t i = 0; i < ARRAY_SIZE(fifos); i++) {
        if (fifos[i]->head >= SERIAL_FIFO_LENGTH || fifos[i]->num > SERIAL_FIFO_LENGTH) {
            return -EINVAL;
        }
    }
    if (fifo_mode(s) && !(s->lsr & LSR_THRE) && !s->tx.num) {
        return -EINVAL;
    }
    resume(s);
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
        VMSTATE_UINT8(dlm, SerialState),
        VMSTATE_UINT8(dll, SerialState),
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
        VMSTATE_BOOL(rts_dropped, SerialState),
        VMSTATE_INT64(timeout_at, SerialState),
        VMSTATE_TIMER_PTR(timeout_timer, SerialState),
        VMSTATE_TIMER_PTR(modem_timer, SerialState),
        VMSTATE_TIMER_PTR(rest_timer, SerialState),
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

static const TypeInfo serial_types[] = {
    {
        .name = TYPE_SERIAL,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SerialState),
        .class_init = serial_class_init,
    },
};

DEFINE_TYPES(serial_types)
