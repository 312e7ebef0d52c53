/*
 * PL011: PrimeCell UART with FIFOs of 32 characters (revision r1p5).
 *
 * Characters leave as fast as the back end takes them; what it doesn't take waits in the transmit
 * FIFO, and the flags show it. Received characters come as fast as the guest reads them. The
 * transmitter works even while it is switched off, as early consoles of kernels started without
 * firmware count on that. Not here: DMA, IrDA, and the modem's input lines, which read as a modem
 * that is ready.
 *
 * Reference: PrimeCell UART (PL011) Technical Reference Manual (DDI 0183), chapter 3 (registers)
 * and 2.4, 2.8 (FIFOs, interrupts).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "chardev/char-fe.h"
#include "core/irq.h"
#include "core/qdev-properties.h"
#include "core/register.h"
#include "core/sysbus.h"
#include "hw/char/pl011.h"
#include "hw/qdev-properties-system.h"
#include "qemu/log.h"
#include "qemu/module.h"

OBJECT_DECLARE_SIMPLE_TYPE(PL011State, PL011)

#define FIFO_DEPTH 32

enum {
    DR, RSR, FR, ILPR, IBRD, FBRD, LCR_H, CR, IFLS, IMSC, RIS, MIS, ICR, DMACR,
    PERIPH_ID0, PERIPH_ID1, PERIPH_ID2, PERIPH_ID3, CELL_ID0, CELL_ID1, CELL_ID2, CELL_ID3,
}; /* rows */

enum { FR_CTS = 0x01, FR_DSR = 0x02, FR_DCD = 0x04, FR_BUSY = 0x08, FR_RXFE = 0x10, FR_TXFF = 0x20,
       FR_RXFF = 0x40, FR_TXFE = 0x80 };
enum { DR_BE = 1 << 10, DR_OE = 1 << 11, DR_ERRORS = 0xf00 };
enum { LCR_BRK = 0x01, LCR_PEN = 0x02, LCR_EPS = 0x04, LCR_STP2 = 0x08, LCR_FEN = 0x10 };
enum { CR_UARTEN = 0x0001, CR_LBE = 0x0080, CR_TXE = 0x0100, CR_RXE = 0x0200 };
enum { INT_RX = 1 << 4, INT_TX = 1 << 5, INT_RT = 1 << 6, INT_BE = 1 << 9, INT_OE = 1 << 10,
       INT_ALL = 0x7ff };

typedef struct FIFO {
    uint16_t data[FIFO_DEPTH];
    uint32_t first, used;
} FIFO;

struct PL011State {
    SysBusDevice parent_obj;

    RegisterBlock regs;
    CharBackend chr;
    qemu_irq irq;
    FIFO rx, tx;
    uint32_t raw;  /* interrupt causes, UARTRIS */
    uint32_t errors; /* UARTRSR */
    guint tx_watch;
};

/* ---- FIFOs ---- */

/* With FIFOs off each is a holding register. */
static unsigned depth(PL011State *s)
{
    return register_get(&s->regs, LCR_H) & LCR_FEN ? FIFO_DEPTH : 1;
}

static bool is_full(PL011State *s, const FIFO *f)
{
    return f->used >= depth(s);
}

static void put(FIFO *f, uint16_t value)
{
    f->data[(f->first + f->used++) % FIFO_DEPTH] = value;
}

static uint16_t take(FIFO *f)
{
    uint16_t value = f->data[f->first];

    f->first = (f->first + 1) % FIFO_DEPTH;
    f->used--;
    return value;
}

/* UARTIFLS: eighths of the FIFO. */
static unsigned trigger_level(PL011State *s, unsigned select)
{
    static const uint8_t eighths[] = { 1, 2, 4, 6, 7, 7, 7, 7 };

    return depth(s) == 1 ? 1 : FIFO_DEPTH * eighths[select & 7] / 8;
}

/* ---- Interrupts ---- */

static void update_irq(PL011State *s)
{
    qemu_set_irq(s->irq, (s->raw & register_get(&s->regs, IMSC)) != 0);
}

/* The receive interrupt is a level; the timeout one stands for every character below it (2.8.4). */
static void update_rx(PL011State *s)
{
    unsigned level = trigger_level(s, register_get(&s->regs, IFLS) >> 3);

    s->raw &= ~(INT_RX | INT_RT);
    s->raw |= s->rx.used >= level ? INT_RX : 0;
    s->raw |= s->rx.used && s->rx.used < level ? INT_RT : 0;
    update_irq(s);
}

/* The transmit interrupt comes when the FIFO passes its level on the way down. */
static unsigned tx_level(PL011State *s)
{
    return depth(s) == 1 ? 0 : trigger_level(s, register_get(&s->regs, IFLS));
}

/* ---- Transmitter ---- */

static void receive_looped(PL011State *s, uint8_t c);
static gboolean tx_ready(void *do_not_use, GIOCondition cond, void *opaque);

/* False: the back end takes nothing now. */
static bool send_one(PL011State *s)
{
    uint8_t c = s->tx.data[s->tx.first];

    if (register_get(&s->regs, CR) & CR_LBE) {
        receive_looped(s, c);
    } else if (qemu_chr_fe_write(&s->chr, &c, 1) != 1) {
        s->tx_watch = qemu_chr_fe_add_watch(&s->chr, G_IO_OUT | G_IO_HUP, tx_ready, s);
        if (s->tx_watch) {
            return false;
        } /* a back end that can't say when it is ready: the character is lost, as on an open line
           */
    }
    take(&s->tx);
    return true;
}

static void transmit(PL011State *s)
{
    unsigned before = s->tx.used;

    while (s->tx.used && !s->tx_watch && send_one(s)) {
    }
    if (before > tx_level(s) && s->tx.used <= tx_level(s)) {
        s->raw |= INT_TX;
    }
    update_irq(s);
}

static gboolean tx_ready(void *do_not_use, GIOCondition cond, void *opaque)
{
    PL011State *s = opaque;

    s->tx_watch = 0;
    transmit(s);
    return FALSE;
}

/* ---- Receiver ---- */

static int can_receive(void *opaque)
{
    PL011State *s = opaque;
    unsigned needed = CR_UARTEN | CR_RXE;
    bool on = (register_get(&s->regs, CR) & needed) == needed;

    return on && !(register_get(&s->regs, CR) & CR_LBE) && !is_full(s, &s->rx)
               ? (int)(depth(s) - s->rx.used) : 0;
}

static void receive_one(PL011State *s, uint16_t value)
{
    if (is_full(s, &s->rx)) {
        s->errors |= DR_OE >> 8;
        s->raw |= INT_OE;
    } else {
        put(&s->rx, value);
    }
    update_rx(s);
}

static void receive_looped(PL011State *s, uint8_t c)
{
    if (register_get(&s->regs, CR) & CR_RXE) {
        receive_one(s, c);
    }
}

static void receive(void *opaque, const uint8_t *buf, int size)
{
    for (int i = 0; i < size; i++) {
        receive_one(opaque, buf[i]);
    }
}

static void event(void *opaque, QEMUChrEvent event)
{
    PL011State *s = opaque;

    if (event == CHR_EVENT_BREAK && (register_get(&s->regs, CR) & CR_UARTEN)) {
        s->raw |= INT_BE;
        receive_one(s, DR_BE);
    }
}

/* ---- Registers ---- */

static PL011State *state_of(RegisterBlock *block)
{
    return PL011(block->owner);
}

static uint64_t dr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    PL011State *s = state_of(block);
    uint16_t value;

    if (!s->rx.used) {
        return 0;
    }
    value = take(&s->rx);
    s->errors = (s->errors & (DR_OE >> 8)) | (value & DR_ERRORS) >> 8;
    update_rx(s);
    qemu_chr_fe_accept_input(&s->chr);
    return value;
}

static uint64_t dr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PL011State *s = state_of(block);

    if ((register_get(block, CR) & (CR_UARTEN | CR_TXE)) != (CR_UARTEN | CR_TXE)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_PL011, reg->name,
                     "written while the transmitter is off");
    }
    if (!is_full(s, &s->tx)) {
        put(&s->tx, value & 0xff);
        if (s->tx.used > tx_level(s)) {
            s->raw &= ~INT_TX;
        }
        transmit(s);
        if (!s->tx.used) { /* it has gone through at once, past the level */
            s->raw |= INT_TX;
            update_irq(s);
        }
    }
    return 0;
}

static uint64_t rsr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return state_of(block)->errors;
}

/* Any write clears the errors. */
static uint64_t rsr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    state_of(block)->errors = 0;
    return 0;
}

static uint64_t fr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    PL011State *s = state_of(block);
    uint32_t flags = FR_CTS | FR_DSR | FR_DCD;

    flags |= s->rx.used ? 0 : FR_RXFE;
    flags |= is_full(s, &s->rx) ? FR_RXFF : 0;
    flags |= s->tx.used ? FR_BUSY : FR_TXFE;
    flags |= is_full(s, &s->tx) ? FR_TXFF : 0;
    return flags;
}

static uint64_t ris_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return state_of(block)->raw;
}

static uint64_t mis_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return state_of(block)->raw & register_get(block, IMSC);
}

static uint64_t icr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PL011State *s = state_of(block);

    s->raw &= ~(value & INT_ALL);
    update_irq(s);
    return 0;
}

/* Line control: the FIFOs are emptied when they are switched on or off. */
static uint64_t lcr_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PL011State *s = state_of(block);
    uint64_t changed = *register_value(block, reg) ^ value;
    int on = (value & LCR_BRK) != 0;

    if (changed & LCR_FEN) {
        s->rx.used = s->tx.used = 0;
    }
    if (changed & LCR_BRK) {
        qemu_chr_fe_ioctl(&s->chr, CHR_IOCTL_SERIAL_SET_BREAK, &on);
    }
    return value & reg->writable;
}

static void control_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    PL011State *s = state_of(block);

    update_rx(s);
    transmit(s);
    qemu_chr_fe_accept_input(&s->chr);
}

static void mask_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_irq(state_of(block));
}

#define ID_ROW(row, name_, offset_, value)                                                         \
    [row] = { name_, .offset = offset_, .size = 4, .reset = value }

static const Register pl011_registers[] = {
    [DR] = { "UARTDR", .offset = 0x00, .size = 4, .read = dr_read, .write = dr_write },
    [RSR] = { "UARTRSR/UARTECR", .offset = 0x04, .size = 4, .read = rsr_read, .write = rsr_write },
    [FR] = { "UARTFR", .offset = 0x18, .size = 4, .read = fr_read },
    [ILPR] = { "UARTILPR", .offset = 0x20, .size = 4, .writable = 0xff },
    [IBRD] = { "UARTIBRD", .offset = 0x24, .size = 4, .writable = 0xffff },
    [FBRD] = { "UARTFBRD", .offset = 0x28, .size = 4, .writable = 0x3f },
    [LCR_H] = { "UARTLCR_H", .offset = 0x2c, .size = 4, .writable = 0xff, .write = lcr_write,
                .written = control_written },
    [CR] = { "UARTCR", .offset = 0x30, .size = 4, .reset = CR_TXE | CR_RXE, .writable = 0xff87,
             .unmodelled = 0x0006, .written = control_written },
    [IFLS] = { "UARTIFLS", .offset = 0x34, .size = 4, .reset = 0x12, .writable = 0x3f,
               .written = control_written },
    [IMSC] = { "UARTIMSC", .offset = 0x38, .size = 4, .writable = INT_ALL,
               .written = mask_written },
    [RIS] = { "UARTRIS", .offset = 0x3c, .size = 4, .read = ris_read },
    [MIS] = { "UARTMIS", .offset = 0x40, .size = 4, .read = mis_read },
    [ICR] = { "UARTICR", .offset = 0x44, .size = 4, .write = icr_write },
    [DMACR] = { "UARTDMACR", .offset = 0x48, .size = 4, .writable = 0x7, .unmodelled = 0x3 },
    ID_ROW(PERIPH_ID0, "UARTPeriphID0", 0xfe0, 0x11),
    ID_ROW(PERIPH_ID1, "UARTPeriphID1", 0xfe4, 0x10),
    ID_ROW(PERIPH_ID2, "UARTPeriphID2", 0xfe8, 0x34),
    ID_ROW(PERIPH_ID3, "UARTPeriphID3", 0xfec, 0x00),
    ID_ROW(CELL_ID0, "UARTPCellID0", 0xff0, 0x0d),
    ID_ROW(CELL_ID1, "UARTPCellID1", 0xff4, 0xf0),
    ID_ROW(CELL_ID2, "UARTPCellID2", 0xff8, 0x05),
    ID_ROW(CELL_ID3, "UARTPCellID3", 0xffc, 0xb1),
};

/* ---- The device ---- */

static void pl011_reset(DeviceState *dev)
{
    PL011State *s = PL011(dev);

    register_block_reset(&s->regs);
    s->rx = s->tx = (FIFO){ 0 };
    s->raw = s->errors = 0;
    update_irq(s);
}

static void pl011_realize(DeviceState *dev, Error **errp)
{
    PL011State *s = PL011(dev);

    qemu_chr_fe_set_handlers(&s->chr, can_receive, receive, event, NULL, s, NULL, true);
}

static void pl011_unrealize(DeviceState *dev)
{
    PL011State *s = PL011(dev);

    g_clear_handle_id(&s->tx_watch, g_source_remove);
    qemu_chr_fe_deinit(&s->chr, false);
}

static void pl011_init(Object *obj)
{
    PL011State *s = PL011(obj);

    register_block_init(&s->regs, DEVICE(obj), TYPE_PL011, pl011_registers,
                        ARRAY_SIZE(pl011_registers), DEVICE_LITTLE_ENDIAN, 0x1000);
    sysbus_init_mmio(SYS_BUS_DEVICE(obj), &s->regs.mmio);
    sysbus_init_irq(SYS_BUS_DEVICE(obj), &s->irq);
}

static void pl011_finalize(Object *obj)
{
    register_block_finalize(&PL011(obj)->regs);
}

/* What came from outside is checked: a FIFO has no more than fits. */
static int pl011_post_load(void *opaque, int version_id)
{
    PL011State *s = opaque;

    if (s->rx.used > FIFO_DEPTH || s->tx.used > FIFO_DEPTH || s->rx.first >= FIFO_DEPTH ||
        s->tx.first >= FIFO_DEPTH) {
        return -EINVAL;
    }
    transmit(s);
    return 0;
}

static const VMStateDescription vmstate_fifo = {
    .name = "pl011-fifo",
    .fields = (const VMStateField[]){
        VMSTATE_UINT16_ARRAY(data, FIFO, FIFO_DEPTH),
        VMSTATE_UINT32(first, FIFO),
        VMSTATE_UINT32(used, FIFO),
        VMSTATE_END_OF_LIST(),
    },
};

static const VMStateDescription vmstate_pl011 = {
    .name = TYPE_PL011,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = pl011_post_load,
    .fields = (const VMStateField[]){
        VMSTATE_REGISTER_BLOCK(regs, PL011State),
        VMSTATE_STRUCT(rx, PL011State, 1, vmstate_fifo, FIFO),
        VMSTATE_STRUCT(tx, PL011State, 1, vmstate_fifo, FIFO),
        VMSTATE_UINT32(raw, PL011State),
        VMSTATE_UINT32(errors, PL011State),
        VMSTATE_END_OF_LIST(),
    },
};

static Property pl011_properties[] = {
    DEFINE_PROP_CHR("chardev", PL011State, chr),
    DEFINE_PROP_END_OF_LIST(),
};

static const DeviceTraits pl011_traits = {
    .desc = "PrimeCell UART (PL011)",
    .realize = pl011_realize,
    .unrealize = pl011_unrealize,
    .reset = pl011_reset,
    .state = &vmstate_pl011,
    .properties = pl011_properties,
};

static const TypeInfo pl011_types[] = {
    {
        .name = TYPE_PL011,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(PL011State),
        .instance_init = pl011_init,
        .instance_finalize = pl011_finalize,
        .class_init = device_class_init_traits,
        .class_data = (void *)&pl011_traits,
    },
};

DEFINE_TYPES(pl011_types)
