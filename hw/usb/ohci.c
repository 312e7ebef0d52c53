/*
 * pci-ohci: a USB 1.1 controller by the Open Host Controller Interface.
 *
 * Software keeps lists of endpoint descriptors (EDs) in memory, one each for control and bulk, and
 * 32 that share their ends for interrupt endpoints; each ED has a queue of transfer descriptors
 * (TDs). The controller walks them in every frame, a millisecond, moves the TDs that are done to a
 * queue of their own and hands that over with an interrupt.
 *
 * A TD is one transfer of the device, however many packets that would be, and an ED does as many in
 * a frame as its device answers: bandwidth isn't modelled. An isochronous TD has a packet for each
 * of up to eight frames, and says which.
 *
 * With `masterbus`, the ports are those of an EHCI controller, which has them first.
 *
 * Reference: OpenHCI, Open Host Controller Interface Specification for USB, release 1.0a.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/register.h"
#include "flights.h"
#include "hw/pci/pci.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"

#define TYPE_OHCI "pci-ohci"
OBJECT_DECLARE_SIMPLE_TYPE(OhciState, OHCI)

#define MAX_PORTS     15
#define FRAME_NS      1000000
#define EDS_A_WALK    256 /* of one list in a frame: a list that bites its tail goes on in the next */
#define TDS_A_WALK    32  /* of one ED */
#define PERIODIC_EDS  64
#define BAR_SIZE      0x100

/* HcControl. */
#define CONTROL_PERIODIC 0x0004
#define CONTROL_ISOCHRONOUS 0x0008
#define CONTROL_LIST     0x0010
#define CONTROL_BULK     0x0020
#define CONTROL_STATE    0x00c0
#define STATE_RESET       0x0000
#define STATE_OPERATIONAL 0x0080
#define STATE_SUSPEND     0x00c0
/* HcCommandStatus. */
#define COMMAND_RESET        0x1
#define COMMAND_CONTROL_FILLED 0x2
#define COMMAND_BULK_FILLED  0x4
/* HcInterruptStatus and HcInterruptEnable. */
#define INT_DONE     0x00000002
#define INT_FRAME    0x00000004
#define INT_RESUME   0x00000008
#define INT_ERROR    0x00000010
#define INT_OVERFLOW 0x00000020
#define INT_HUB      0x00000040
#define INT_ALL      0x4000007f
#define INT_MASTER   0x80000000
/* HcRhDescriptorA: ports always have power, there is no over-current detection. */
#define HUB_NO_SWITCHING 0x00000200
#define HUB_NO_CURRENT   0x00001000
#define HUB_POWER_TIME   0x01000000
/* HcRhPortStatus: what is read. */
#define PORT_CONNECTED 0x00000001
#define PORT_ENABLED   0x00000002
#define PORT_SUSPENDED 0x00000004
#define PORT_RESETS    0x00000010
#define PORT_POWER     0x00000100
#define PORT_LOW_SPEED 0x00000200
#define PORT_CHANGED(bit) ((bit) << 16)
#define PORT_CHANGES   0x001f0000
/* and what writing a bit asks for. */
#define PORT_CLEAR_ENABLE  0x00000001
#define PORT_SET_ENABLE    0x00000002
#define PORT_SET_SUSPEND   0x00000004
#define PORT_CLEAR_SUSPEND 0x00000008
#define PORT_SET_RESET     0x00000010

/* In the HCCA (4.4). */
#define HCCA_FRAME 0x80
#define HCCA_DONE  0x84

/* Endpoint descriptors (4.2). */
#define ED_ADDRESS(w0)  ((w0) & 0x7f)
#define ED_ENDPOINT(w0) ((w0) >> 7 & 0xf)
#define ED_DIRECTION(w0) ((w0) >> 11 & 3)
#define ED_SKIP         0x00004000
#define ED_ISOCHRONOUS  0x00008000
#define ED_PACKET(w0)   ((w0) >> 16 & 0x7ff)
#define ED_HALTED       0x1
#define ED_CARRY        0x2
#define POINTER         0xfffffff0

/* Transfer descriptors (4.3.1). */
#define TD_ROUNDING      0x00040000
#define TD_DIRECTION(w0) ((w0) >> 19 & 3)
#define TD_DELAY(w0)     ((w0) >> 21 & 7)
#define TD_TOGGLE_SHIFT  24
#define TD_OWN_TOGGLE    0x02000000
#define TD_TOGGLE_MASK   0x03000000
#define TD_ERRORS_MASK   0x0c000000
#define TD_CODE_SHIFT    28
#define TD_CODE_MASK     0xf0000000
/* Isochronous ones (4.3.2): four more words, with an offset or a status for each packet. */
#define ITD_WORDS        8
#define ITD_STARTS(w0)   ((w0) & 0xffff)
#define ITD_PACKETS(w0)  (((w0) >> 24 & 7) + 1)
#define ITD_MAX_PACKET   1023
#define PSW_CODE_SHIFT   12
enum { CODE_NO_ERROR = 0, CODE_STALL = 4, CODE_NO_RESPONSE = 5, CODE_OVERRUN = 8,
       CODE_UNDERRUN = 9 };
#define NO_DELAY 7

/* Rows of the registers. */
enum {
    ROW_REVISION, ROW_CONTROL, ROW_COMMAND, ROW_STATUS, ROW_ENABLE, ROW_DISABLE, ROW_HCCA,
    ROW_PERIODIC_CURRENT, ROW_CONTROL_HEAD, ROW_CONTROL_CURRENT, ROW_BULK_HEAD, ROW_BULK_CURRENT,
    ROW_DONE_HEAD, ROW_INTERVAL, ROW_REMAINING, ROW_NUMBER, ROW_PERIODIC_START, ROW_THRESHOLD,
    ROW_HUB_A, ROW_HUB_B, ROW_HUB_STATUS, ROW_PORTS,
};

struct OhciState {
    PCIDevice parent_obj;

    /* properties */
    char *masterbus;
    uint32_t num_ports, first_port;

    MemoryRegion bar;
    RegisterBlock regs;
    USBBus *bus; /* its own, or the master's */
    USBPort own_ports[MAX_PORTS], *ports[MAX_PORTS];
    USBFlights flights;
    QEMUTimer *frame_timer;
    QEMUBH *walk_bh;
    int64_t frame_start;
    unsigned in_dma;
    uint32_t done_delay; /* frames until the done queue is handed over; NO_DELAY: nothing is due */
};

static OhciState *ohci_of(RegisterBlock *block)
{
    return OHCI(block->owner);
}

static uint32_t get(const OhciState *s, unsigned row)
{
    return register_get(&s->regs, row);
}

static unsigned state_of(const OhciState *s)
{
    return get(s, ROW_CONTROL) & CONTROL_STATE;
}

/* --- interrupts --- */

static void update_irq(OhciState *s)
{
    uint32_t enabled = get(s, ROW_ENABLE);

    pci_set_irq(&s->parent_obj, (enabled & INT_MASTER) && (get(s, ROW_STATUS) & enabled));
}

static void interrupt(OhciState *s, uint32_t bits)
{
    register_set(&s->regs, ROW_STATUS, get(s, ROW_STATUS) | bits);
    update_irq(s);
}

/* --- memory --- */

/* What doesn't answer stops the controller, as an unrecoverable error (5.2.2.1). */
static bool dma(OhciState *s, uint32_t at, void *data, size_t size, DMADirection direction)
{
    MemTxResult result;

    s->in_dma++;
    result = pci_dma_rw(&s->parent_obj, at, data, size, direction, MEMTXATTRS_UNSPECIFIED);
    s->in_dma--;
    if (result != MEMTX_OK) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_OHCI, "memory", "doesn't answer: the controller stops");
        timer_del(s->frame_timer);
        interrupt(s, INT_ERROR);
    }
    return result == MEMTX_OK;
}

static bool get_words(OhciState *s, uint32_t at, uint32_t *words, unsigned n)
{
    if (!dma(s, at, words, n * 4, DMA_DIRECTION_TO_DEVICE)) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        words[i] = le32_to_cpu(words[i]);
    }
    return true;
}

static bool put_words(OhciState *s, uint32_t at, const uint32_t *words, unsigned n)
{
    uint32_t raw[4];

    assert(n <= ARRAY_SIZE(raw));
    for (unsigned i = 0; i < n; i++) {
        raw[i] = cpu_to_le32(words[i]);
    }
    return dma(s, at, raw, n * 4, DMA_DIRECTION_FROM_DEVICE);
}

/* --- transfer descriptors --- */

typedef struct Ed {
    uint32_t at;
    uint32_t w[4]; /* control, tail, head, next */
} Ed;

typedef struct Td {
    uint32_t at;
    uint32_t w[4]; /* control, first byte, next, last byte */
} Td;

/* Its buffer is on two pages at most: that of its first and that of its last byte (4.3.1.3.1). */
static size_t td_size(const Td *td)
{
    uint32_t first = td->w[1], last = td->w[3];

    if (!first) {
        return 0;
    }
    if ((first ^ last) & ~0xfffu) {
        return 0x1000 - (first & 0xfff) + (last & 0xfff) + 1;
    }
    return last >= first ? last - first + 1 : 0;
}

static bool copy_data(OhciState *s, const Td *td, uint8_t *data, size_t size, DMADirection way)
{
    size_t on_first = MIN(size, 0x1000 - (td->w[1] & 0xfff));

    return (!on_first || dma(s, td->w[1], data, on_first, way)) &&
           (size == on_first || dma(s, td->w[3] & ~0xfffu, data + on_first, size - on_first, way));
}

/* Where byte `n` of the buffer is. */
static uint32_t td_byte(const Td *td, size_t n)
{
    size_t on_first = 0x1000 - (td->w[1] & 0xfff);

    return n < on_first ? td->w[1] + n : (td->w[3] & ~0xfffu) + (n - on_first);
}

/* The TD, whose first words are w[], goes to the done queue; the ED's head has changed (4.6). */
static bool to_done_queue(OhciState *s, const Ed *ed, uint32_t at, uint32_t *w, unsigned code)
{
    w[2] = get(s, ROW_DONE_HEAD);
    register_set(&s->regs, ROW_DONE_HEAD, at);
    s->done_delay = MIN(s->done_delay, code ? 0 : TD_DELAY(w[0]));
    return put_words(s, at, w, 3) && put_words(s, ed->at + 8, &ed->w[2], 1);
}

/* The TD is over, the ED goes to its next one (4.3.1.3.4). */
static bool retire(OhciState *s, Ed *ed, Td *td, unsigned code, size_t size, size_t moved)
{
    unsigned packet = ED_PACKET(ed->w[0]), packets = packet ? DIV_ROUND_UP(moved, packet) : 1;
    uint32_t toggle = td->w[0] & TD_OWN_TOGGLE ? td->w[0] >> TD_TOGGLE_SHIFT & 1
                                               : (ed->w[2] & ED_CARRY) != 0;

    toggle ^= MAX(packets, 1) & 1;
    ed->w[2] = (td->w[2] & POINTER) | (toggle ? ED_CARRY : 0) |
               (code != CODE_NO_ERROR ? ED_HALTED : 0);
    td->w[1] = moved == size ? 0 : td_byte(td, moved);
    td->w[0] &= ~(TD_TOGGLE_MASK | TD_ERRORS_MASK | TD_CODE_MASK);
    td->w[0] |= TD_OWN_TOGGLE | toggle << TD_TOGGLE_SHIFT | (uint32_t)code << TD_CODE_SHIFT;
    return to_done_queue(s, ed, td->at, td->w, code);
}

static unsigned code_of(bool may_be_short, USBStatus status, size_t size, size_t moved)
{
    switch (status) {
    case USB_DONE:
        return moved < size && !may_be_short ? CODE_UNDERRUN : CODE_NO_ERROR;
    case USB_STALL:
        return CODE_STALL;
    case USB_BABBLE:
        return CODE_OVERRUN;
    default:
        return CODE_NO_RESPONSE;
    }
}

static bool choose_pid(const Ed *ed, const Td *td, USBPid *pid)
{
    static const USBPid pids[] = { USB_PID_SETUP, USB_PID_OUT, USB_PID_IN };
    unsigned of_ed = ED_DIRECTION(ed->w[0]);
    unsigned of_td = TD_DIRECTION(td->w[0]);
    unsigned which = of_ed == 0 || of_ed == 3 ? of_td : of_ed;

    *pid = pids[which % 3];
    return which < 3;
}

static bool is_operational(const OhciState *s)
{
    return state_of(s) == STATE_OPERATIONAL && !(get(s, ROW_STATUS) & INT_ERROR);
}

/* The TD at the head of the queue. True: it is done, and the ED has been changed. */
static bool run_td(OhciState *s, Ed *ed)
{
    Td td = { .at = ed->w[2] & POINTER };
    USBFlight *f = usb_flight_find(&s->flights, td.at);
    size_t size;
    USBPid pid;
    bool over;

    if (f && usb_is_pending(&f->t)) {
        return false;
    }
    if (!get_words(s, td.at, td.w, 4)) {
        return false;
    }
    size = td_size(&td);
    if (!choose_pid(ed, &td, &pid)) {
        return false;
    }
    if (!f) {
        f = usb_flight_new(&s->flights, td.at, pid, ED_ENDPOINT(ed->w[0]), size);
        f->in_dma = true;
        if (pid != USB_PID_IN &&
            (!copy_data(s, &td, f->buffer, size, DMA_DIRECTION_TO_DEVICE) || !is_operational(s))) {
            usb_flight_drop(f);
            return false;
        }
        f->in_dma = false;
        if (!usb_flight_submit(f, usb_find_address(s->bus, s, ED_ADDRESS(ed->w[0])))) {
            return false;
        }
    }
    over = f->t.status != USB_NAK;
    if (over) {
        size_t moved = MIN(f->t.moved, size);

        f->in_dma = true;
        over = (f->t.pid != USB_PID_IN ||
                copy_data(s, &td, f->buffer, moved, DMA_DIRECTION_FROM_DEVICE)) &&
               retire(s, ed, &td,
                      code_of(td.w[0] & TD_ROUNDING, f->t.status, size, moved), size, moved);
    }
    usb_flight_drop(f);
    return over;
}

/* --- isochronous ones --- */

typedef struct IsoTd {
    uint32_t at;
    uint32_t w[ITD_WORDS]; /* control, first page, next, last byte, two packets a word */
} IsoTd;

static uint16_t psw(const IsoTd *td, unsigned n)
{
    return td->w[4 + n / 2] >> n % 2 * 16;
}

static bool put_psw(OhciState *s, IsoTd *td, unsigned n, unsigned code, size_t moved)
{
    unsigned i = 4 + n / 2, shift = n % 2 * 16;

    td->w[i] &= ~(0xffffu << shift);
    td->w[i] |= (uint32_t)(code << PSW_CODE_SHIFT | moved) << shift;
    return put_words(s, td->at + i * 4, &td->w[i], 1);
}

/*
 * A packet reaches from its offset to the next one's, the last to the end of the buffer. Bit 12 of
 * an offset chooses between the page of the first and that of the last byte (4.3.2.3).
 */
static bool find_packet(const IsoTd *td, unsigned n, uint32_t *offset, size_t *size)
{
    bool two_pages = (td->w[1] ^ td->w[3]) & ~0xfffu;
    uint32_t end = ((td->w[3] & 0xfff) | (two_pages ? 0x1000 : 0)) + 1;
    uint32_t behind = n + 1 < ITD_PACKETS(td->w[0]) ? psw(td, n + 1) & 0x1fff : end;

    *offset = psw(td, n) & 0x1fff;
    *size = behind - *offset;
    return behind >= *offset && *size <= ITD_MAX_PACKET;
}

static bool copy_packet(OhciState *s, const IsoTd *td, uint32_t offset, uint8_t *data, size_t size,
                        DMADirection way)
{
    size_t on_first = offset < 0x1000 ? MIN(size, 0x1000 - offset) : 0;
    uint32_t first = td->w[1] & ~0xfffu, last = td->w[3] & ~0xfffu;

    return (!on_first || dma(s, first + offset, data, on_first, way)) &&
           (size == on_first || dma(s, last + ((offset + on_first) & 0xfff), data + on_first,
                                    size - on_first, way));
}

/* Packet n, whose frame it is. False: memory doesn't answer. */
static bool run_packet(OhciState *s, const Ed *ed, IsoTd *td, unsigned n)
{
    USBPid pid = ED_DIRECTION(ed->w[0]) == 1 ? USB_PID_OUT : USB_PID_IN;
    USBDevice *dev = usb_find_address(s->bus, s, ED_ADDRESS(ed->w[0]));
    uint8_t data[ITD_MAX_PACKET];
    size_t size, moved;
    uint32_t offset;
    USBStatus status;

    if (!find_packet(td, n, &offset, &size)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_OHCI, "isochronous TD",
                     "packet %u ends before it begins, or has more than 1023 bytes", n);
        return put_psw(s, td, n, CODE_OVERRUN, 0);
    }
    if (pid == USB_PID_OUT) {
        if (!copy_packet(s, td, offset, data, size, DMA_DIRECTION_TO_DEVICE)) {
            return false;
        }
        usb_isochronous(dev, pid, ED_ENDPOINT(ed->w[0]), data, size, &moved);
        return put_psw(s, td, n, CODE_NO_ERROR, 0);
    }
    status = usb_isochronous(dev, pid, ED_ENDPOINT(ed->w[0]), data, size, &moved);
    return copy_packet(s, td, offset, data, moved, DMA_DIRECTION_FROM_DEVICE) &&
           put_psw(s, td, n, code_of(false, status, size, moved), moved);
}

static bool retire_iso(OhciState *s, Ed *ed, IsoTd *td, unsigned code)
{
    ed->w[2] = (td->w[2] & POINTER) | (ed->w[2] & ED_CARRY);
    td->w[0] = (td->w[0] & ~TD_CODE_MASK) | (uint32_t)code << TD_CODE_SHIFT;
    return to_done_queue(s, ed, td->at, td->w, code);
}

static bool is_idle(const Ed *ed)
{
    return (ed->w[0] & ED_SKIP) || (ed->w[2] & ED_HALTED) ||
           (ed->w[2] & POINTER) == (ed->w[1] & POINTER);
}

/* This frame's packet. TDs whose frames have all gone by are an overrun (4.3.2.3). */
static void run_iso_ed(OhciState *s, Ed *ed)
{
    if (ED_DIRECTION(ed->w[0]) == 0 || ED_DIRECTION(ed->w[0]) == 3) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_OHCI, "endpoint", "an isochronous one of no direction");
        return;
    }
    for (int i = 0; i < TDS_A_WALK && !is_idle(ed); i++) {
        IsoTd td = { .at = ed->w[2] & POINTER };
        int16_t n;

        if (!get_words(s, td.at, td.w, ITD_WORDS)) {
            return;
        }
        n = get(s, ROW_NUMBER) - ITD_STARTS(td.w[0]);
        if (n < 0) {
            return;
        }
        if (n < (int)ITD_PACKETS(td.w[0])) {
            if (run_packet(s, ed, &td, n) && n + 1 == (int)ITD_PACKETS(td.w[0])) {
                retire_iso(s, ed, &td, CODE_NO_ERROR);
            }
            return;
        }
        if (!retire_iso(s, ed, &td, CODE_OVERRUN)) {
            return;
        }
    }
}

/* True: it has TDs left. */
static bool run_ed(OhciState *s, Ed *ed)
{
    for (int i = 0; i < TDS_A_WALK; i++) {
        if (is_idle(ed)) {
            return false;
        }
        if (!run_td(s, ed)) {
            break;
        }
    }
    return true;
}

/* --- lists --- */

/*
 * True: some ED has TDs left. Isochronous endpoints are in the periodic lists only, and have their
 * turn once in a frame.
 */
static bool walk(OhciState *s, uint32_t head, int limit, bool isochronous)
{
    Ed ed = { .at = head & POINTER };
    bool more = false;

    for (int i = 0; i < limit && ed.at; i++) {
        if (!get_words(s, ed.at, ed.w, 4)) {
            return false;
        }
        if (!(ed.w[0] & ED_ISOCHRONOUS)) {
            more |= run_ed(s, &ed);
        } else if (isochronous) {
            run_iso_ed(s, &ed);
        }
        ed.at = ed.w[3] & POINTER;
    }
    return more;
}

/* A list is walked while the bit that says that it has been filled is set (5.1.3, 6.4.1). */
static void walk_list(OhciState *s, uint32_t enable, uint32_t filled, unsigned head)
{
    if ((get(s, ROW_CONTROL) & enable) && (get(s, ROW_COMMAND) & filled) &&
        !walk(s, get(s, head), EDS_A_WALK, false)) {
        register_set(&s->regs, ROW_COMMAND, get(s, ROW_COMMAND) & ~filled);
    }
}

static void hand_over_done(OhciState *s, bool frame_is_over)
{
    uint32_t head = get(s, ROW_DONE_HEAD);
    /* Bit 0: other interrupts are due as well (4.4.1). */
    bool others = get(s, ROW_STATUS) & get(s, ROW_ENABLE) & INT_ALL;

    if (!head || s->done_delay == NO_DELAY || (get(s, ROW_STATUS) & INT_DONE)) {
        return;
    }
    if (s->done_delay) {
        s->done_delay -= frame_is_over;
        return;
    }
    head |= others;
    if (put_words(s, get(s, ROW_HCCA) + HCCA_DONE, &head, 1)) {
        register_set(&s->regs, ROW_DONE_HEAD, 0);
        s->done_delay = NO_DELAY;
        interrupt(s, INT_DONE);
    }
}

static void walk_all(OhciState *s, bool frame_begins)
{
    bool isochronous = frame_begins && (get(s, ROW_CONTROL) & CONTROL_ISOCHRONOUS);
    uint32_t head;

    if ((get(s, ROW_CONTROL) & CONTROL_PERIODIC) &&
        get_words(s, get(s, ROW_HCCA) + get(s, ROW_NUMBER) % 32 * 4, &head, 1)) {
        walk(s, head, PERIODIC_EDS, isochronous);
    }
    walk_list(s, CONTROL_LIST, COMMAND_CONTROL_FILLED, ROW_CONTROL_HEAD);
    walk_list(s, CONTROL_BULK, COMMAND_BULK_FILLED, ROW_BULK_HEAD);
    usb_flights_sweep(&s->flights);
}

/* --- frames --- */

static void next_frame(void *opaque)
{
    OhciState *s = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint32_t number = (get(s, ROW_NUMBER) + 1) & 0xffff;

    /* After a pause the frames that it lasted are left out. */
    s->frame_start = now - s->frame_start > 100 * FRAME_NS ? now : s->frame_start + FRAME_NS;
    register_set(&s->regs, ROW_NUMBER, number);
    if (!put_words(s, get(s, ROW_HCCA) + HCCA_FRAME, &number, 1)) {
        return;
    }
    walk_all(s, true);
    hand_over_done(s, true);
    if (is_operational(s)) {
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
        interrupt(s, INT_FRAME | (number & 0x7fff ? 0 : INT_OVERFLOW));
    }
}

/* A device has answered: no need to wait for the next frame. */
static void transfer_landed(void *opaque)
{
    OhciState *s = opaque;

    qemu_bh_schedule(s->walk_bh);
}

static void walk_again(void *opaque)
{
    OhciState *s = opaque;

    if (is_operational(s)) {
        walk_all(s, false);
        hand_over_done(s, false);
    }
}

/* --- the root hub --- */

/* A socket that is shared has its owner elsewhere at times. */
static bool is_ours(OhciState *s, unsigned i)
{
    return s->ports[i] && s->ports[i]->owner == s;
}

static uint32_t port_status(OhciState *s, unsigned i)
{
    return register_get_at(&s->regs, ROW_PORTS, i);
}

static void set_port(OhciState *s, unsigned i, uint32_t status)
{
    uint32_t before = port_status(s, i);

    register_set_at(&s->regs, ROW_PORTS, i, status);
    if (is_ours(s, i)) {
        s->ports[i]->enabled = status & PORT_ENABLED;
    }
    if (status & PORT_CHANGES & ~before) {
        interrupt(s, INT_HUB | (state_of(s) == STATE_SUSPEND ? INT_RESUME : 0));
    }
}

static uint32_t connected_status(const USBPort *port)
{
    return PORT_CONNECTED | (port->dev->speed == USB_LOW ? PORT_LOW_SPEED : 0);
}

static void port_attached(USBPort *port)
{
    OhciState *s = port->owner;

    set_port(s, port->index, port_status(s, port->index) | connected_status(port) |
                                 PORT_CHANGED(PORT_CONNECTED));
}

static void port_detached(USBPort *port)
{
    OhciState *s = port->owner;
    uint32_t status = port_status(s, port->index);

    if (status & PORT_ENABLED) {
        status |= PORT_CHANGED(PORT_ENABLED);
    }
    status &= ~(PORT_CONNECTED | PORT_ENABLED | PORT_SUSPENDED | PORT_LOW_SPEED);
    set_port(s, port->index, status | PORT_CHANGED(PORT_CONNECTED));
}

static void resume_port(OhciState *s, unsigned i)
{
    uint32_t status = port_status(s, i);

    if (is_ours(s, i) && (status & PORT_SUSPENDED)) {
        usb_port_suspend(s->ports[i], false);
        set_port(s, i, (status & ~PORT_SUSPENDED) | PORT_CHANGED(PORT_SUSPENDED));
    }
}

static void port_resumed(USBPort *port)
{
    resume_port(port->owner, port->index);
}

/* Endpoints are polled; but while the whole bus is suspended, a device may wake it (5.1.2.3). */
static void endpoint_ready(USBPort *root, USBDevice *dev, uint8_t address)
{
    OhciState *s = root->owner;

    if (state_of(s) == STATE_SUSPEND && dev->remote_wakeup) {
        interrupt(s, INT_RESUME);
    }
}

static const USBPortOps port_ops = {
    .attached = port_attached,
    .detached = port_detached,
    .resumed = port_resumed,
    .endpoint_ready = endpoint_ready,
};

static void reset_hub(OhciState *s)
{
    for (unsigned i = 0; i < s->num_ports; i++) {
        uint32_t status = PORT_POWER;

        if (is_ours(s, i)) {
            usb_port_disable(s->ports[i]);
            usb_port_reset(s->ports[i]);
            if (usb_port_connected(s->ports[i])) {
                status |= connected_status(s->ports[i]) | PORT_CHANGED(PORT_CONNECTED);
            }
        }
        register_set_at(&s->regs, ROW_PORTS, i, status);
    }
}

/* Bits ask for something; the upper half takes changes back (7.4.4). */
static void port_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    OhciState *s = ohci_of(block);
    unsigned i = block->index;
    uint32_t status = i < s->num_ports ? port_status(s, i) : 0;

    if (i >= s->num_ports || !is_ours(s, i) || !(status & PORT_CONNECTED)) {
        return;
    }
    if (value & PORT_CLEAR_ENABLE) {
        usb_port_disable(s->ports[i]);
        set_port(s, i, status & ~PORT_ENABLED);
    } else if (value & PORT_SET_RESET) {
        usb_port_reset(s->ports[i]);
        set_port(s, i, (status & ~PORT_SUSPENDED) | PORT_ENABLED | PORT_CHANGED(PORT_RESETS));
    } else if (value & PORT_SET_ENABLE) {
        set_port(s, i, status | PORT_ENABLED);
    } else if ((value & PORT_SET_SUSPEND) && (status & PORT_ENABLED)) {
        usb_port_suspend(s->ports[i], true);
        set_port(s, i, status | PORT_SUSPENDED);
    } else if (value & PORT_CLEAR_SUSPEND) {
        resume_port(s, i);
    }
}

static uint64_t hub_a_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return ohci_of(block)->num_ports | HUB_NO_SWITCHING | HUB_NO_CURRENT | HUB_POWER_TIME;
}

/* --- registers --- */

static void control_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    OhciState *s = ohci_of(block);

    if (!is_operational(s)) {
        timer_del(s->frame_timer);
        usb_flights_drop_all(&s->flights);
    } else if (!timer_pending(s->frame_timer)) {
        s->frame_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
    if (state_of(s) == STATE_RESET) {
        reset_hub(s);
    }
}

/* All registers but the routing bit; the controller is suspended afterwards (5.1.1.4). */
static void reset_controller(OhciState *s, uint32_t state)
{
    timer_del(s->frame_timer);
    usb_flights_drop_all(&s->flights);
    register_block_reset(&s->regs);
    register_set(&s->regs, ROW_CONTROL, state);
    s->done_delay = NO_DELAY;
    reset_hub(s);
    update_irq(s);
}

/* Bits are set only; the controller clears them (7.1.3). */
static uint64_t command_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    OhciState *s = ohci_of(block);

    if (value & COMMAND_RESET) {
        reset_controller(s, STATE_SUSPEND);
        return 0;
    }
    return get(s, ROW_COMMAND) | (value & (COMMAND_CONTROL_FILLED | COMMAND_BULK_FILLED));
}

static void status_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_irq(ohci_of(block));
}

static uint64_t enable_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    return get(ohci_of(block), ROW_ENABLE) | (value & (INT_ALL | INT_MASTER));
}

/* Reads as the other one does. */
static uint64_t disable_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return get(ohci_of(block), ROW_ENABLE);
}

static void disable_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    OhciState *s = ohci_of(block);

    register_set(block, ROW_ENABLE, get(s, ROW_ENABLE) & ~value);
    update_irq(s);
}

static uint64_t remaining_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    OhciState *s = ohci_of(block);
    uint32_t interval = get(s, ROW_INTERVAL);
    int64_t gone = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) - s->frame_start;
    uint32_t bits = CLAMP(gone * 12 / 1000, 0, interval & 0x3fff); /* at 12 MHz */

    return (interval & 0x80000000) | (is_operational(s) ? (interval & 0x3fff) - bits : 0);
}

static const Register ohci_registers[] = {
    [ROW_REVISION] = { "HcRevision", .offset = 0x00, .size = 4, .reset = 0x10 },
    [ROW_CONTROL] = { "HcControl", .offset = 0x04, .size = 4, .writable = 0x6ff,
                      .written = control_written },
    [ROW_COMMAND] = { "HcCommandStatus", .offset = 0x08, .size = 4, .writable = 0x6,
                      .write = command_write },
    [ROW_STATUS] = { "HcInterruptStatus", .offset = 0x0c, .size = 4, .w1c = INT_ALL,
                     .written = status_written },
    [ROW_ENABLE] = { "HcInterruptEnable", .offset = 0x10, .size = 4, .writable = 0xffffffff,
                     .write = enable_write, .written = status_written },
    [ROW_DISABLE] = { "HcInterruptDisable", .offset = 0x14, .size = 4, .read = disable_read,
                      .written = disable_written },
    [ROW_HCCA] = { "HcHCCA", .offset = 0x18, .size = 4, .writable = 0xffffff00 },
    [ROW_PERIODIC_CURRENT] = { "HcPeriodCurrentED", .offset = 0x1c, .size = 4 },
    [ROW_CONTROL_HEAD] = { "HcControlHeadED", .offset = 0x20, .size = 4, .writable = POINTER },
    [ROW_CONTROL_CURRENT] = { "HcControlCurrentED", .offset = 0x24, .size = 4,
                              .writable = POINTER },
    [ROW_BULK_HEAD] = { "HcBulkHeadED", .offset = 0x28, .size = 4, .writable = POINTER },
    [ROW_BULK_CURRENT] = { "HcBulkCurrentED", .offset = 0x2c, .size = 4, .writable = POINTER },
    [ROW_DONE_HEAD] = { "HcDoneHead", .offset = 0x30, .size = 4 },
    [ROW_INTERVAL] = { "HcFmInterval", .offset = 0x34, .size = 4, .reset = 0x2edf,
                       .writable = 0xffff3fff },
    [ROW_REMAINING] = { "HcFmRemaining", .offset = 0x38, .size = 4, .read = remaining_read },
    [ROW_NUMBER] = { "HcFmNumber", .offset = 0x3c, .size = 4 },
    [ROW_PERIODIC_START] = { "HcPeriodicStart", .offset = 0x40, .size = 4, .writable = 0x3fff },
    [ROW_THRESHOLD] = { "HcLSThreshold", .offset = 0x44, .size = 4, .reset = 0x628,
                        .writable = 0xfff },
    [ROW_HUB_A] = { "HcRhDescriptorA", .offset = 0x48, .size = 4, .read = hub_a_read },
    [ROW_HUB_B] = { "HcRhDescriptorB", .offset = 0x4c, .size = 4 },
    [ROW_HUB_STATUS] = { "HcRhStatus", .offset = 0x50, .size = 4 },
    [ROW_PORTS] = { "HcRhPortStatus", .offset = 0x54, .size = 4, .count = MAX_PORTS,
                    .w1c = PORT_CHANGES, .written = port_written },
};

static uint64_t ohci_read(void *opaque, hwaddr addr, unsigned size)
{
    OhciState *s = opaque;

    return register_block_read(&s->regs, addr, size);
}

static void ohci_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    OhciState *s = opaque;

    if (s->in_dma) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_OHCI, "registers",
                     "a write from the controller's own DMA is ignored");
    } else {
        register_block_write(&s->regs, addr, value, size);
    }
}

static const MemoryRegionOps ohci_ops = {
    .read = ohci_read,
    .write = ohci_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
};

/* --- the function --- */

static void ohci_realize(PCIDevice *dev, Error **errp)
{
    OhciState *s = OHCI(dev);

    if (!s->num_ports || s->num_ports > MAX_PORTS) {
        error_setg(errp, "num-ports=%u: expected 1 to %d", s->num_ports, MAX_PORTS);
        return;
    }
    if (s->masterbus) {
        s->bus = usb_bus_add_companion(s->masterbus, s->first_port, s->num_ports, &port_ops, s,
                                       s->ports, errp);
        if (!s->bus) {
            return;
        }
    } else {
        s->bus = usb_bus_new(DEVICE(dev), NULL);
        for (unsigned i = 0; i < s->num_ports; i++) {
            s->ports[i] = &s->own_ports[i];
            usb_port_add(s->bus, s->ports[i], NULL, i + 1,
                         USB_SPEED_BIT(USB_LOW) | USB_SPEED_BIT(USB_FULL), &port_ops, s, i);
        }
    }
    pci_config_set_interrupt_pin(dev->config, 1);
    memory_region_init_io(&s->bar, OBJECT(s), &ohci_ops, s, "ohci", BAR_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->bar);
    usb_flights_init(&s->flights, transfer_landed, s);
    s->walk_bh = qemu_bh_new(walk_again, s);
    s->frame_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, next_frame, s);
}

static void ohci_exit(PCIDevice *dev)
{
    OhciState *s = OHCI(dev);

    timer_del(s->frame_timer);
    usb_flights_drop_all(&s->flights);
    if (s->masterbus) {
        usb_bus_remove_companion(s->bus, s);
    } else {
        usb_bus_remove(s->bus);
    }
    g_clear_pointer(&s->frame_timer, timer_free);
    g_clear_pointer(&s->walk_bh, qemu_bh_delete);
}

static void ohci_reset(DeviceState *dev)
{
    reset_controller(OHCI(dev), STATE_RESET);
}

static void ohci_init(Object *obj)
{
    register_block_init(&OHCI(obj)->regs, DEVICE(obj), TYPE_OHCI, ohci_registers,
                        ARRAY_SIZE(ohci_registers), DEVICE_LITTLE_ENDIAN, BAR_SIZE);
}

static void ohci_finalize(Object *obj)
{
    register_block_finalize(&OHCI(obj)->regs);
}

static int ohci_loaded(void *opaque, int version)
{
    OhciState *s = opaque;

    for (unsigned i = 0; i < s->num_ports; i++) {
        if (is_ours(s, i)) {
            s->ports[i]->enabled = port_status(s, i) & PORT_ENABLED;
        }
    }
    return 0;
}

/* What is on its way isn't saved: its TDs are still in their queues. */
static const VMStateDescription vmstate_ohci = {
    .name = TYPE_OHCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ohci_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, OhciState),
            VMSTATE_REGISTER_BLOCK(regs, OhciState),
            VMSTATE_TIMER_PTR(frame_timer, OhciState),
            VMSTATE_INT64(frame_start, OhciState),
            VMSTATE_UINT32(done_delay, OhciState),
            VMSTATE_END_OF_LIST(),
        },
};

static Property ohci_properties[] = {
    DEFINE_PROP_STRING("masterbus", OhciState, masterbus),
    DEFINE_PROP_UINT32("num-ports", OhciState, num_ports, 3),
    DEFINE_PROP_UINT32("firstport", OhciState, first_port, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void ohci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = ohci_realize;
    pc->exit = ohci_exit;
    pc->vendor_id = 0x106b; /* Apple's KeyLargo */
    pc->device_id = 0x003f;
    pc->class_id = PCI_CLASS_SERIAL_USB;
    pc->prog_if = 0x10; /* OHCI */
    dc->reset = ohci_reset;
    dc->vmsd = &vmstate_ohci;
    dc->desc = "USB 1.1 controller (OHCI)";
    dc->hotpluggable = false; /* companions and masters know each other */
    set_bit(DEVICE_CATEGORY_USB, dc->categories);
    device_class_set_props(dc, ohci_properties);
}

static const TypeInfo ohci_types[] = {
    {
        .name = TYPE_OHCI,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(OhciState),
        .instance_init = ohci_init,
        .instance_finalize = ohci_finalize,
        .class_init = ohci_class_init,
    },
};

DEFINE_TYPES(ohci_types)
