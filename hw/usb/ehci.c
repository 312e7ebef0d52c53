/*
 * usb-ehci: a USB 2.0 controller by the Enhanced Host Controller Interface, for high speed.
 *
 * Software keeps queue heads (QHs) in memory: in a ring for control and bulk endpoints, and in a
 * tree below a list of frames for interrupt endpoints. A QH has a queue of transfer descriptors
 * (qTDs), the current one of which is copied into it, the overlay, where the controller works. Here
 * a qTD is one transfer of the device. The ring is walked in every frame, a millisecond, and when a
 * device answers in between.
 *
 * Isochronous endpoints have descriptors of their own in the list of frames: iTDs with a
 * transaction for each of a frame's eight microframes, siTDs with one that is split. All of a
 * frame's are done when it begins.
 *
 * Low and full speed are a companion's business: an OHCI or UHCI controller with `masterbus` shares
 * the sockets, and has each of them until software says that it wants it here (4.2). Without one,
 * high-speed devices alone fit in; behind a high-speed hub, which translates, all do. A transaction
 * that is split for it (4.12) is one here: its device is asked once, in the frame of the start.
 *
 * Reference: Enhanced Host Controller Interface Specification for USB, revision 1.0.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ehci-internal.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"

#define OPERATIONAL        0x20
#define BAR_SIZE           0x1000
#define FRAME_NS           1000000
#define QHS_A_WALK         256 /* a ring that never closes goes on in the next frame */
#define QTDS_A_WALK        32  /* of one QH */
#define MAX_PAGES          5

/* USBCMD, USBSTS, USBINTR (2.3.1 to 2.3.3). */
#define CMD_RUN            0x00000001
#define CMD_RESET          0x00000002
#define CMD_LIST_SIZE(cmd) ((cmd) >> 2 & 3)
#define CMD_PERIODIC       0x00000010
#define CMD_ASYNC          0x00000020
#define CMD_DOORBELL       0x00000040
#define STS_PORT           0x00000004
#define STS_ROLLOVER       0x00000008
#define STS_SYSTEM         0x00000010
#define STS_ADVANCED       0x00000020
#define STS_CAUSES         0x0000003f
#define STS_HALTED         0x00001000
#define STS_PERIODIC       0x00004000
#define STS_ASYNC          0x00008000

/* PORTSC (2.3.9). */
#define PORT_CONNECTED     0x00000001
#define PORT_CSC           0x00000002
#define PORT_ENABLED       0x00000004
#define PORT_PEC           0x00000008
#define PORT_RESUME        0x00000040
#define PORT_SUSPENDED     0x00000080
#define PORT_RESET         0x00000100
#define PORT_LINE_K        0x00000400 /* what a low-speed device does */
#define PORT_LINE_J        0x00000800
#define PORT_POWER         0x00001000
#define PORT_OWNER         0x00002000
#define PORT_STORED        0x0070c000 /* indicators, wake enables: software's */
#define PORT_CHANGES       (PORT_CSC | PORT_PEC | 0x20)

/* Link pointers (3.1, 3.6.1). */
#define LINK_END           0x1
#define LINK_TYPE(p)       ((p) >> 1 & 3)
#define LINK_POINTER       0xffffffe0
enum { LINK_ITD, LINK_QH, LINK_SITD, LINK_FSTN };

/* Words of a QH; the overlay begins with QH_NEXT, and is what a qTD is (3.5, 3.6). */
enum {
    QH_LINK,
    QH_ENDPOINT,
    QH_SPLIT,
    QH_CURRENT,
    QH_NEXT,
    QH_ALTERNATE,
    QH_TOKEN,
    QH_BUFFERS,
    QH_WORDS = QH_BUFFERS + MAX_PAGES
};
enum { QTD_WORDS = QH_WORDS - QH_NEXT };
#define QH_OWN_TOGGLE     0x00004000 /* the toggle is the qTD's */
#define QH_PACKET(w)      ((w) >> 16 & 0x7ff)

#define TOKEN_STATUS      0x000000ff
#define TOKEN_ACTIVE      0x00000080
#define TOKEN_HALTED      0x00000040
#define TOKEN_BABBLE      0x00000010
#define TOKEN_NO_ANSWER   0x00000008
#define TOKEN_PID(w)      ((w) >> 8 & 3)
#define TOKEN_ERRORS_LEFT 0x00000c00
#define TOKEN_PAGE_SHIFT  12
#define TOKEN_PAGE_MASK   0x00007000
#define TOKEN_IOC         0x00008000
#define TOKEN_BYTES_SHIFT 16
#define TOKEN_BYTES_MASK  0x7fff0000
#define TOKEN_TOGGLE      0x80000000

enum {
    ROW_CAPLENGTH,
    ROW_VERSION,
    ROW_HCSPARAMS,
    ROW_HCCPARAMS,
    ROW_COMMAND,
    ROW_STATUS,
    ROW_INTR,
    ROW_FRINDEX,
    ROW_SEGMENT,
    ROW_PERIODIC,
    ROW_ASYNC,
    ROW_CONFIG,
    ROW_PORTS,
};

static EhciState *ehci_of(RegisterBlock *block)
{
    return EHCI(block->owner);
}

static uint32_t get(const EhciState *s, unsigned row)
{
    return register_get(&s->regs, row);
}

bool ehci_is_running(const EhciState *s)
{
    return !(get(s, ROW_STATUS) & STS_HALTED);
}

/* --- interrupts --- */

static void update_irq(EhciState *s)
{
    pci_set_irq(&s->parent_obj, (get(s, ROW_STATUS) & get(s, ROW_INTR) & STS_CAUSES) != 0);
}

void ehci_interrupt(EhciState *s, uint32_t causes)
{
    register_set(&s->regs, ROW_STATUS, get(s, ROW_STATUS) | causes);
    update_irq(s);
}

static void halt(EhciState *s)
{
    timer_del(s->frame_timer);
    usb_flights_drop_all(&s->flights);
    register_set(&s->regs, ROW_COMMAND, get(s, ROW_COMMAND) & ~CMD_RUN);
    register_set(&s->regs, ROW_STATUS,
                 (get(s, ROW_STATUS) & ~(STS_PERIODIC | STS_ASYNC)) | STS_HALTED);
}

/* --- memory --- */

/* What doesn't answer is a host system error, which halts the controller (4.15.2.4). */
bool ehci_dma(EhciState *s, uint32_t at, void *data, size_t size, DMADirection way)
{
    MemTxResult result;

    s->in_dma++;
    result = pci_dma_rw(&s->parent_obj, at, data, size, way, MEMTXATTRS_UNSPECIFIED);
    s->in_dma--;
    if (result != MEMTX_OK) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_EHCI, "memory", "doesn't answer: the controller halts");
        register_set(&s->regs, ROW_STATUS, get(s, ROW_STATUS) | STS_HALTED);
        ehci_interrupt(s, STS_SYSTEM);
    }
    return result == MEMTX_OK;
}

static bool get_words(EhciState *s, uint32_t at, uint32_t *words, unsigned n)
{
    if (!ehci_dma(s, at, words, n * 4, DMA_DIRECTION_TO_DEVICE)) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        words[i] = le32_to_cpu(words[i]);
    }
    return true;
}

bool ehci_put_words(EhciState *s, uint32_t at, const uint32_t *words, unsigned n)
{
    uint32_t raw[QH_WORDS];

    for (unsigned i = 0; i < n; i++) {
        raw[i] = cpu_to_le32(words[i]);
    }
    return ehci_dma(s, at, raw, n * 4, DMA_DIRECTION_FROM_DEVICE);
}

/* --- queue heads --- */

typedef struct Qh {
    uint32_t at;
    uint32_t w[QH_WORDS];
} Qh;

/* Where the next byte of the overlay's buffer is: a page, and in it the offset of buffer 0. */
static size_t next_byte(const Qh *qh)
{
    return ((qh->w[QH_TOKEN] & TOKEN_PAGE_MASK) >> TOKEN_PAGE_SHIFT) * PAGE +
           (qh->w[QH_BUFFERS] & (PAGE - 1));
}

static size_t bytes_left(const Qh *qh)
{
    return (qh->w[QH_TOKEN] & TOKEN_BYTES_MASK) >> TOKEN_BYTES_SHIFT;
}

static bool copy_data(EhciState *s, const Qh *qh, uint8_t *data, size_t size, DMADirection way)
{
    for (size_t done = 0, at = next_byte(qh); done < size;) {
        size_t part = MIN(size - done, PAGE - at % PAGE);
        uint32_t page = qh->w[QH_BUFFERS + at / PAGE] & ~(uint32_t)(PAGE - 1);

        if (!ehci_dma(s, page + at % PAGE, data + done, part, way)) {
            return false;
        }
        done += part;
        at += part;
    }
    return true;
}

/* The device has answered: the overlay's token, and the qTD's, say so (4.10.3, 4.10.4). */
static bool retire(EhciState *s, Qh *qh, const USBFlight *f)
{
    size_t moved = MIN(f->t.moved, f->size), at = next_byte(qh) + moved;
    unsigned packet = QH_PACKET(qh->w[QH_ENDPOINT]);
    unsigned packets = packet ? DIV_ROUND_UP(moved, packet) : 1;
    uint32_t token = qh->w[QH_TOKEN], causes = token & TOKEN_IOC ? STS_INT : 0;

    if (f->t.pid == USB_PID_IN && !copy_data(s, qh, f->buffer, moved, DMA_DIRECTION_FROM_DEVICE)) {
        return false;
    }
    token &= ~(TOKEN_STATUS | TOKEN_BYTES_MASK | TOKEN_PAGE_MASK);
    token |= (f->size - moved) << TOKEN_BYTES_SHIFT | MIN(at / PAGE, 7) << TOKEN_PAGE_SHIFT;
    token ^= MAX(packets, 1) & 1 ? TOKEN_TOGGLE : 0;
    if (f->t.status != USB_DONE) {
        token |= TOKEN_HALTED;
        token |= f->t.status == USB_BABBLE ? TOKEN_BABBLE : 0;
        if (f->t.status == USB_NO_ANSWER) {
            token = (token & ~TOKEN_ERRORS_LEFT) | TOKEN_NO_ANSWER;
        }
        causes |= STS_ERROR;
    } else if (f->t.pid == USB_PID_IN && moved < f->size) {
        causes |= STS_INT; /* a short packet */
    }
    qh->w[QH_TOKEN] = token;
    qh->w[QH_BUFFERS] = (qh->w[QH_BUFFERS] & ~(uint32_t)(PAGE - 1)) | (at & (PAGE - 1));
    if (!ehci_put_words(s, qh->at + QH_TOKEN * 4, &qh->w[QH_TOKEN], 2) ||
        !ehci_put_words(s, (qh->w[QH_CURRENT] & LINK_POINTER) + (QH_TOKEN - QH_NEXT) * 4, &token,
                        1)) {
        return false;
    }
    if (causes) {
        ehci_interrupt(s, causes);
    }
    return true;
}

static bool is_sane(const Qh *qh)
{
    return TOKEN_PID(qh->w[QH_TOKEN]) < 3 && next_byte(qh) + bytes_left(qh) <= MAX_PAGES * PAGE;
}

/* The overlay's transfer. True: it is over. */
static bool run_overlay(EhciState *s, Qh *qh)
{
    static const USBPid pids[] = { USB_PID_OUT, USB_PID_IN, USB_PID_SETUP };
    uint32_t current = qh->w[QH_CURRENT] & LINK_POINTER;
    USBFlight *f = usb_flight_find(&s->flights, current);
    bool over;

    if (f && usb_is_pending(&f->t)) {
        return false;
    }
    if (!is_sane(qh)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_EHCI, "qTD", "a token that makes no sense");
        return false;
    }
    if (f && f->size != bytes_left(qh)) {
        usb_flight_drop(f); /* software has changed what it was for */
        f = NULL;
    }
    if (!f) {
        USBPid pid = pids[TOKEN_PID(qh->w[QH_TOKEN])];

        f = usb_flight_new(&s->flights, current, pid, EHCI_ENDPOINT(qh->w[QH_ENDPOINT]),
                           bytes_left(qh));
        f->in_dma = true;
        if (pid != USB_PID_IN && (!copy_data(s, qh, f->buffer, f->size, DMA_DIRECTION_TO_DEVICE) ||
                                  !ehci_is_running(s))) {
            usb_flight_drop(f);
            return false;
        }
        f->in_dma = false;
        if (!usb_flight_submit(f, usb_find_address(s->bus, s, EHCI_ADDRESS(qh->w[QH_ENDPOINT])))) {
            return false;
        }
    }
    f->in_dma = true;
    over = f->t.status != USB_NAK && retire(s, qh, f);
    usb_flight_drop(f);
    return over;
}

/* The next qTD becomes the overlay (4.10.2); false: there is none to do. */
static bool advance_queue(EhciState *s, Qh *qh)
{
    bool came_short = bytes_left(qh) && !(qh->w[QH_ALTERNATE] & LINK_END);
    uint32_t next = came_short ? qh->w[QH_ALTERNATE] : qh->w[QH_NEXT];
    uint32_t toggle = qh->w[QH_TOKEN] & TOKEN_TOGGLE;
    uint32_t qtd[QTD_WORDS];

    if ((next & LINK_END) || !get_words(s, next & LINK_POINTER, qtd, QTD_WORDS) ||
        !(qtd[QH_TOKEN - QH_NEXT] & TOKEN_ACTIVE)) {
        return false;
    }
    qh->w[QH_CURRENT] = next & LINK_POINTER;
    memcpy(&qh->w[QH_NEXT], qtd, sizeof(qtd));
    if (!(qh->w[QH_ENDPOINT] & QH_OWN_TOGGLE)) {
        qh->w[QH_TOKEN] = (qh->w[QH_TOKEN] & ~TOKEN_TOGGLE) | toggle;
    }
    return ehci_put_words(s, qh->at + QH_CURRENT * 4, &qh->w[QH_CURRENT], QH_WORDS - QH_CURRENT);
}

static void run_qh(EhciState *s, Qh *qh)
{
    for (int i = 0; i < QTDS_A_WALK && ehci_is_running(s); i++) {
        if (!(qh->w[QH_TOKEN] & TOKEN_ACTIVE) &&
            ((qh->w[QH_TOKEN] & TOKEN_HALTED) || !advance_queue(s, qh))) {
            return;
        }
        if (!run_overlay(s, qh)) {
            return;
        }
    }
}

/* --- schedules --- */

static void walk_async(EhciState *s)
{
    uint32_t start = get(s, ROW_ASYNC) & LINK_POINTER;
    Qh qh = { .at = start };

    if (!(get(s, ROW_COMMAND) & CMD_ASYNC)) {
        return;
    }
    for (int i = 0; i < QHS_A_WALK && ehci_is_running(s); i++) {
        if (!get_words(s, qh.at, qh.w, QH_WORDS)) {
            return;
        }
        run_qh(s, &qh);
        qh.at = qh.w[QH_LINK] & LINK_POINTER;
        if ((qh.w[QH_LINK] & LINK_END) || qh.at == start) {
            return;
        }
    }
}

/* What a link of the list of frames leads to; the next link. */
static uint32_t run_periodic(EhciState *s, uint32_t link)
{
    /* FSTNs (3.7) are for split transactions that aren't over with their frame: these are. */
    static const uint8_t sizes[] = {
        [LINK_ITD] = ITD_WORDS,
        [LINK_QH] = QH_WORDS,
        [LINK_SITD] = SITD_WORDS,
        [LINK_FSTN] = 2,
    };
    uint32_t at = link & LINK_POINTER, w[ITD_WORDS];
    Qh qh = { .at = at };

    if (!get_words(s, at, w, sizes[LINK_TYPE(link)])) {
        return LINK_END;
    }
    switch (LINK_TYPE(link)) {
    case LINK_ITD:
        ehci_run_itd(s, at, w);
        break;
    case LINK_QH:
        memcpy(qh.w, w, sizeof(qh.w));
        run_qh(s, &qh);
        break;
    case LINK_SITD:
        ehci_run_sitd(s, at, w);
        break;
    }
    return w[0];
}

static void walk_periodic(EhciState *s)
{
    unsigned entries = 1024 >> MIN(CMD_LIST_SIZE(get(s, ROW_COMMAND)), 2);
    uint32_t link;

    if (!(get(s, ROW_COMMAND) & CMD_PERIODIC) ||
        !get_words(s, get(s, ROW_PERIODIC) + get(s, ROW_FRINDEX) / 8 % entries * 4, &link, 1)) {
        return;
    }
    for (int i = 0; i < QHS_A_WALK && !(link & LINK_END) && ehci_is_running(s); i++) {
        link = run_periodic(s, link);
    }
}

/* What software has unlinked isn't come by any more, and the doorbell may be answered (4.8.2). */
static void walk_all(EhciState *s)
{
    walk_async(s);
    usb_flights_sweep(&s->flights);
    if (ehci_is_running(s) && (get(s, ROW_COMMAND) & CMD_DOORBELL)) {
        register_set(&s->regs, ROW_COMMAND, get(s, ROW_COMMAND) & ~CMD_DOORBELL);
        ehci_interrupt(s, STS_ADVANCED);
    }
}

static void next_frame(void *opaque)
{
    EhciState *s = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint32_t index = (get(s, ROW_FRINDEX) + 8) & 0x3fff;

    /* After a pause the frames that it lasted are left out. */
    s->frame_start = now - s->frame_start > 100 * FRAME_NS ? now : s->frame_start + FRAME_NS;
    register_set(&s->regs, ROW_FRINDEX, index);
    if (!(index & 0x1fff)) {
        ehci_interrupt(s, STS_ROLLOVER);
    }
    walk_periodic(s);
    walk_all(s);
    if (ehci_is_running(s)) {
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
}

static void walk_again(void *opaque)
{
    EhciState *s = opaque;

    if (ehci_is_running(s)) {
        walk_all(s);
    }
}

static void transfer_landed(void *opaque)
{
    EhciState *s = opaque;

    qemu_bh_schedule(s->walk_bh);
}

/* --- ports --- */

static uint32_t port_status(EhciState *s, unsigned i)
{
    return register_get_at(&s->regs, ROW_PORTS, i);
}

static void set_port(EhciState *s, unsigned i, uint32_t status)
{
    uint32_t before = port_status(s, i);
    USBPort *socket = &s->ports[i].socket;

    register_set_at(&s->regs, ROW_PORTS, i, status);
    if (socket->owner == s) {
        socket->enabled = status & PORT_ENABLED;
    }
    if (status & (PORT_CHANGES | PORT_RESUME) & ~before) {
        ehci_interrupt(s, STS_PORT);
    }
}

static void port_attached(USBPort *socket)
{
    EhciState *s = socket->owner;
    uint32_t line = socket->dev->speed == USB_LOW ? PORT_LINE_K : PORT_LINE_J;

    set_port(s, socket->index, port_status(s, socket->index) | PORT_CONNECTED | PORT_CSC | line);
}

static void port_detached(USBPort *socket)
{
    EhciState *s = socket->owner;
    uint32_t status = port_status(s, socket->index);

    status &=
        ~(PORT_CONNECTED | PORT_ENABLED | PORT_SUSPENDED | PORT_RESUME | PORT_LINE_K | PORT_LINE_J);
    set_port(s, socket->index, status | PORT_CSC);
}

static void port_resumed(USBPort *socket)
{
    EhciState *s = socket->owner;

    if (port_status(s, socket->index) & PORT_SUSPENDED) {
        set_port(s, socket->index, port_status(s, socket->index) | PORT_RESUME);
    }
}

static const USBPortOps port_ops = {
    .attached = port_attached,
    .detached = port_detached,
    .resumed = port_resumed,
};

static void take_port(EhciState *s, unsigned i)
{
    USBPort *socket = &s->ports[i].socket;

    register_set_at(&s->regs, ROW_PORTS, i, port_status(s, i) & ~PORT_OWNER);
    if (socket->owner != s) {
        usb_port_hand_over(socket, socket->takes, &port_ops, s, i);
    }
}

static void give_port_away(EhciState *s, unsigned i)
{
    EhciPort *p = &s->ports[i];

    if (p->companion && p->socket.owner == s) {
        usb_port_hand_over(&p->socket, USB_SPEED_BIT(USB_LOW) | USB_SPEED_BIT(USB_FULL),
                           p->companion_ops, p->companion, p->companion_index);
        register_set_at(&s->regs, ROW_PORTS, i, port_status(s, i) | PORT_OWNER);
    }
}

/* The end of a reset enables a port with a high-speed device; others are a companion's. */
static void end_reset(EhciState *s, unsigned i, uint32_t status)
{
    USBPort *socket = &s->ports[i].socket;
    bool fits = usb_port_connected(socket) && socket->dev->speed == USB_HIGH;

    usb_port_reset(socket);
    set_port(s, i, (status & ~PORT_RESET) | (fits ? PORT_ENABLED : 0));
}

static uint64_t port_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    EhciState *s = ehci_of(block);
    unsigned i = block->index;
    USBPort *socket = &s->ports[i].socket;
    uint32_t status = port_status(s, i);

    status &= ~(value & PORT_CHANGES);
    status = (status & ~PORT_STORED) | (value & PORT_STORED);
    register_set_at(block, ROW_PORTS, i, status);
    if (s->ports[i].companion && ((value ^ status) & PORT_OWNER)) {
        if (value & PORT_OWNER) {
            give_port_away(s, i);
        } else {
            take_port(s, i);
        }
        return port_status(s, i);
    }
    if (socket->owner != s || !(status & PORT_CONNECTED)) {
        return status;
    }
    if ((status & PORT_ENABLED) && !(value & PORT_ENABLED)) {
        usb_port_disable(socket);
        set_port(s, i, status &= ~(PORT_ENABLED | PORT_SUSPENDED));
    }
    if ((value & PORT_RESET) && !(status & PORT_RESET)) {
        usb_port_disable(socket);
        set_port(s, i, (status & ~(PORT_ENABLED | PORT_SUSPENDED | PORT_RESUME)) | PORT_RESET);
    } else if (!(value & PORT_RESET) && (status & PORT_RESET)) {
        end_reset(s, i, status);
    } else if ((value & PORT_SUSPENDED) && (status & PORT_ENABLED) && !(status & PORT_SUSPENDED)) {
        usb_port_suspend(socket, true);
        set_port(s, i, status | PORT_SUSPENDED);
    } else if ((value & PORT_RESUME) && (status & PORT_SUSPENDED)) {
        register_set_at(block, ROW_PORTS, i, status | PORT_RESUME); /* no change: ours */
    } else if (!(value & PORT_RESUME) && (status & PORT_RESUME)) {
        usb_port_suspend(socket, false);
        set_port(s, i, status & ~(PORT_RESUME | PORT_SUSPENDED));
    }
    return port_status(s, i);
}

/* The switch between all ports here and all with their companions (2.3.8). */
static void route_ports(EhciState *s)
{
    for (unsigned i = 0; i < NUM_PORTS; i++) {
        if (get(s, ROW_CONFIG) & 1) {
            take_port(s, i);
        } else {
            give_port_away(s, i);
        }
    }
}

static void config_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    route_ports(ehci_of(block));
}

static bool add_companion(USBBus *bus, unsigned first, unsigned n, const USBPortOps *ops,
                          void *owner, USBPort **ports, Error **errp)
{
    EhciState *s = EHCI(bus->parent_obj.parent);

    for (unsigned i = first; i < MIN(first + n, NUM_PORTS); i++) {
        if (s->ports[i].companion) {
            error_setg(errp, "firstport=%u: port %u of bus '%s' has a companion already", first, i,
                       bus->parent_obj.name);
            return false;
        }
    }
    if (first >= NUM_PORTS) {
        error_setg(errp, "firstport=%u: bus '%s' has ports 0 to %d", first, bus->parent_obj.name,
                   NUM_PORTS - 1);
        return false;
    }
    /* A controller may have more ports than are left: nothing is ever in those. */
    for (unsigned i = first; i < MIN(first + n, NUM_PORTS); i++) {
        EhciPort *p = &s->ports[i];

        p->companion = owner;
        p->companion_ops = ops;
        p->companion_index = i - first;
        p->socket.takes |= USB_SPEED_BIT(USB_LOW) | USB_SPEED_BIT(USB_FULL);
        ports[i - first] = &p->socket;
    }
    route_ports(s);
    return true;
}

static void remove_companion(USBBus *bus, void *owner)
{
    EhciState *s = EHCI(bus->parent_obj.parent);

    for (unsigned i = 0; i < NUM_PORTS; i++) {
        if (s->ports[i].companion == owner) {
            take_port(s, i);
            s->ports[i].companion = NULL;
        }
    }
}

static const USBBusOps bus_ops = {
    .add_companion = add_companion,
    .remove_companion = remove_companion,
};

/* --- registers --- */

static void reset_controller(EhciState *s)
{
    halt(s);
    register_block_reset(&s->regs);
    for (unsigned i = 0; i < NUM_PORTS; i++) {
        USBPort *socket = &s->ports[i].socket;

        register_set_at(&s->regs, ROW_PORTS, i, PORT_POWER | (socket->owner == s ? 0 : PORT_OWNER));
        if (socket->owner == s && usb_port_connected(socket)) {
            usb_port_disable(socket);
            usb_port_reset(socket);
            port_attached(socket);
        }
    }
    route_ports(s);
    update_irq(s);
}

static void command_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    EhciState *s = ehci_of(block);
    uint32_t schedules = 0;

    if (value & CMD_RESET) {
        reset_controller(s);
        return;
    }
    if (!(value & CMD_RUN)) {
        halt(s);
        return;
    }
    schedules |= value & CMD_PERIODIC ? STS_PERIODIC : 0;
    schedules |= value & CMD_ASYNC ? STS_ASYNC : 0;
    register_set(&s->regs, ROW_STATUS,
                 (get(s, ROW_STATUS) & ~(STS_HALTED | STS_PERIODIC | STS_ASYNC)) | schedules);
    if (!timer_pending(s->frame_timer)) {
        s->frame_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
    if (value & (CMD_ASYNC | CMD_DOORBELL)) {
        qemu_bh_schedule(s->walk_bh);
    }
}

static void status_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    update_irq(ehci_of(block));
}

static uint64_t hcsparams_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    EhciState *s = ehci_of(block);
    unsigned companions = 0, ports_each = 0;

    for (unsigned i = 0; i < NUM_PORTS; i++) {
        companions += s->ports[i].companion && s->ports[i].companion_index == 0;
        ports_each = MAX(ports_each, s->ports[i].companion ? s->ports[i].companion_index + 1 : 0);
    }
    return NUM_PORTS | ports_each << 8 | companions << 12;
}

static const Register ehci_registers[] = {
    [ROW_CAPLENGTH] = { "CAPLENGTH", .offset = 0x00, .size = 1, .reset = OPERATIONAL },
    [ROW_VERSION] = { "HCIVERSION", .offset = 0x02, .size = 2, .reset = 0x0100 },
    [ROW_HCSPARAMS] = { "HCSPARAMS", .offset = 0x04, .size = 4, .read = hcsparams_read },
    /* The size of the frame list can be chosen; it may be read ahead by a frame. */
    [ROW_HCCPARAMS] = { "HCCPARAMS", .offset = 0x08, .size = 4, .reset = 0x82 },
    [ROW_COMMAND] = { "USBCMD", .offset = OPERATIONAL + 0x00, .size = 4, .reset = 0x00080000,
                      .writable = 0x00ff007d, .unmodelled = 0x80, .written = command_written },
    [ROW_STATUS] = { "USBSTS", .offset = OPERATIONAL + 0x04, .size = 4, .reset = STS_HALTED,
                     .w1c = STS_CAUSES, .written = status_written },
    [ROW_INTR] = { "USBINTR", .offset = OPERATIONAL + 0x08, .size = 4, .writable = STS_CAUSES,
                   .written = status_written },
    [ROW_FRINDEX] = { "FRINDEX", .offset = OPERATIONAL + 0x0c, .size = 4, .writable = 0x3fff },
    [ROW_SEGMENT] = { "CTRLDSSEGMENT", .offset = OPERATIONAL + 0x10, .size = 4 },
    [ROW_PERIODIC] = { "PERIODICLISTBASE", .offset = OPERATIONAL + 0x14, .size = 4,
                       .writable = 0xfffff000 },
    [ROW_ASYNC] = { "ASYNCLISTADDR", .offset = OPERATIONAL + 0x18, .size = 4,
                    .writable = LINK_POINTER },
    [ROW_CONFIG] = { "CONFIGFLAG", .offset = OPERATIONAL + 0x40, .size = 4, .writable = 1,
                     .written = config_written },
    [ROW_PORTS] = { "PORTSC", .offset = OPERATIONAL + 0x44, .size = 4, .count = NUM_PORTS,
                    .reset = PORT_POWER, .write = port_write },
};

static uint64_t ehci_read(void *opaque, hwaddr addr, unsigned size)
{
    EhciState *s = opaque;

    return register_block_read(&s->regs, addr, size);
}

static void ehci_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    EhciState *s = opaque;

    if (s->in_dma) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_EHCI, "registers",
                     "a write from the controller's own DMA is ignored");
    } else {
        register_block_write(&s->regs, addr, value, size);
    }
}

/* Registers are written as words; those that say what there is, are read by bytes too. */
static bool ehci_accepts(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return size == 4 || !is_write;
}

static const MemoryRegionOps ehci_ops = {
    .read = ehci_read,
    .write = ehci_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .accepts = ehci_accepts },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

/* --- the function --- */

static void ehci_realize(PCIDevice *dev, Error **errp)
{
    EhciState *s = EHCI(dev);

    pci_config_set_interrupt_pin(dev->config, 4);
    dev->config[0x60] = 0x20; /* SBRN: USB 2.0 */
    dev->config[0x61] = 0x20; /* FLADJ: frames of 60000 bit times */
    memory_region_init_io(&s->bar, OBJECT(s), &ehci_ops, s, "ehci", BAR_SIZE);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &s->bar);
    usb_flights_init(&s->flights, transfer_landed, s);
    s->frame_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, next_frame, s);
    s->walk_bh = qemu_bh_new(walk_again, s);
    s->bus = usb_bus_new(DEVICE(dev), &bus_ops);
    for (unsigned i = 0; i < NUM_PORTS; i++) {
        usb_port_add(s->bus, &s->ports[i].socket, NULL, i + 1, USB_SPEED_BIT(USB_HIGH), &port_ops,
                     s, i);
    }
}

static void ehci_exit(PCIDevice *dev)
{
    EhciState *s = EHCI(dev);

    halt(s);
    usb_bus_remove(s->bus);
    g_clear_pointer(&s->walk_bh, qemu_bh_delete);
    g_clear_pointer(&s->frame_timer, timer_free);
}

static void ehci_reset(DeviceState *dev)
{
    reset_controller(EHCI(dev));
}

static void ehci_init(Object *obj)
{
    register_block_init(&EHCI(obj)->regs, DEVICE(obj), TYPE_EHCI, ehci_registers,
                        ARRAY_SIZE(ehci_registers), DEVICE_LITTLE_ENDIAN, BAR_SIZE);
}

static void ehci_finalize(Object *obj)
{
    register_block_finalize(&EHCI(obj)->regs);
}

/* Which ports a companion has isn't taken over. */
static int ehci_loaded(void *opaque, int version)
{
    EhciState *s = opaque;

    for (unsigned i = 0; i < NUM_PORTS; i++) {
        if (s->ports[i].socket.owner == s) {
            s->ports[i].socket.enabled = port_status(s, i) & PORT_ENABLED;
        }
    }
    return 0;
}

/* What is on its way isn't saved: its qTDs are still in their queues. */
static const VMStateDescription vmstate_ehci = {
    .name = TYPE_EHCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = ehci_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, EhciState),
            VMSTATE_REGISTER_BLOCK(regs, EhciState),
            VMSTATE_TIMER_PTR(frame_timer, EhciState),
            VMSTATE_INT64(frame_start, EhciState),
            VMSTATE_END_OF_LIST(),
        },
};

static void ehci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = ehci_realize;
    pc->exit = ehci_exit;
    pc->vendor_id = 0x8086;
    pc->class_id = PCI_CLASS_SERIAL_USB;
    pc->prog_if = 0x20; /* EHCI */
    dc->reset = ehci_reset;
    dc->vmsd = &vmstate_ehci;
    dc->hotpluggable = false; /* companions know their master */
    set_bit(DEVICE_CATEGORY_USB, dc->categories);
}

typedef struct EhciModel {
    const char *desc;
    uint16_t device;
    uint8_t revision;
} EhciModel;

static const EhciModel ich4_model = { "USB 2.0 controller (EHCI, of ICH4)", 0x24cd, 0x10 };
static const EhciModel ich9_model = { "USB 2.0 controller (EHCI, of ICH9)", 0x293a, 0x03 };

static void ehci_model_class_init(ObjectClass *klass, void *data)
{
    const EhciModel *model = data;

    PCI_DEVICE_CLASS(klass)->device_id = model->device;
    PCI_DEVICE_CLASS(klass)->revision = model->revision;
    DEVICE_CLASS(klass)->desc = model->desc;
}

static const TypeInfo ehci_types[] = {
    {
        .name = TYPE_EHCI,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(EhciState),
        .instance_init = ehci_init,
        .instance_finalize = ehci_finalize,
        .class_init = ehci_class_init,
    },
    {
        .name = "usb-ehci",
        .parent = TYPE_EHCI,
        .class_init = ehci_model_class_init,
        .class_data = (void *)&ich4_model,
    },
    {
        .name = "ich9-usb-ehci1",
        .parent = TYPE_EHCI,
        .class_init = ehci_model_class_init,
        .class_data = (void *)&ich9_model,
    },
};

DEFINE_TYPES(ehci_types)
