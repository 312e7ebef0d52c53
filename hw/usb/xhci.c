/*
 * xHCI: USB controllers for devices of all speeds, qemu-xhci and nec-usb-xhci.
 *
 * Software and controller share rings of 16-byte TRBs in memory: one for commands, one for each
 * endpoint of each device, and one for the events of each interrupter. Doorbells say that there is
 * something new on the first two. The files:
 *
 *     xhci.c            the PCI function, registers, ports, interrupts
 *     xhci-rings.c      reading TRBs, writing events
 *     xhci-commands.c   slots, contexts, endpoints
 *     xhci-transfers.c  transfers
 *
 * A socket that the user sees, "port=1", has two root hub ports, one for SuperSpeed and one for the
 * rest, as sockets have. Port n is that of the n-th socket; the p2 ports of USB 2 come first.
 *
 * What takes time on hardware is done at once: commands, port resets, stopping. Interrupts aren't
 * moderated. A list without an end is walked in turns, between which the rest of the machine runs.
 * Isochronous endpoints have their TDs in time, a frame's all when it begins. Streams, bandwidth
 * negotiation and virtualization are not modelled, and neither is a way to run without bus
 * mastering: what no memory answers halts the controller, as a host system error.
 *
 * Reference: eXtensible Host Controller Interface for Universal Serial Bus, revision 1.2; the PCI
 * ids as in the Linux kernel's and QEMU's lists of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/pci/msix.h"
#include "hw/pci/pcie.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "xhci-internal.h"

/* The BAR: registers, then the MSI-X table and its pending bits. */
#define OPERATIONAL 0x40
#define RUNTIME     0x1000
#define DOORBELLS   0x2000
#define MSIX_TABLE  0x3000
#define MSIX_PBA    0x3800
#define BAR_SIZE    0x4000
#define PROTOCOLS   0x20 /* extended capabilities, in the room behind the capability registers */

#define FRAME_NS    1000000

#define USBCMD_RS    0x1
#define USBCMD_HCRST 0x2
#define USBCMD_INTE  0x4
#define USBCMD_HSEE  0x8
#define USBSTS_HCH   0x1
#define USBSTS_HSE   0x4
#define USBSTS_EINT  0x8
#define USBSTS_PCD   0x10
#define IMAN_IP      0x1
#define IMAN_IE      0x2
#define CRCR_STOP    0x6 /* command stop, command abort */

/* PORTSC (5.4.8). */
#define PORT_CONNECTED  0x00000001
#define PORT_ENABLED    0x00000002
#define PORT_RESET      0x00000010
#define PORT_LINK_SHIFT 5
#define PORT_LINK_MASK  0x000001e0
#define PORT_POWER      0x00000200
#define PORT_SPEED_MASK 0x00003c00
#define PORT_WRITE_LINK 0x00010000
#define PORT_CSC        0x00020000
#define PORT_WRC        0x00080000
#define PORT_PRC        0x00200000
#define PORT_PLC        0x00400000
#define PORT_CHANGES    0x00fe0000
#define PORT_STORED     0x0e00c000 /* indicators, wake enables: software's */
#define PORT_WARM_RESET 0x80000000

enum { LINK_U0 = 0, LINK_U3 = 3, LINK_DISABLED = 4, LINK_DETECT = 5, LINK_POLLING = 7,
       LINK_RESUME = 15 };

static XhciState *xhci_of(RegisterBlock *block)
{
    return XHCI(block->owner);
}

void xhci_guest_error(const char *what, const char *why)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_XHCI, what, "%s", why);
}

bool xhci_is_running(const XhciState *s)
{
    return !(register_get(&s->regs, ROW_USBSTS) & USBSTS_HCH);
}

static void set_status(XhciState *s, uint32_t bits)
{
    register_set(&s->regs, ROW_USBSTS, register_get(&s->regs, ROW_USBSTS) | bits);
}

/* --- memory --- */

void xhci_system_error(XhciState *s)
{
    xhci_guest_error("memory", "it doesn't answer, or makes no sense: the controller halts");
    register_set(&s->regs, ROW_USBCMD, register_get(&s->regs, ROW_USBCMD) & ~(uint64_t)USBCMD_RS);
    set_status(s, USBSTS_HSE | USBSTS_HCH);
}

bool xhci_dma_read(XhciState *s, uint64_t from, void *to, size_t size)
{
    MemTxResult result;

    s->in_dma++;
    result = pci_dma_read(&s->parent_obj, from, to, size);
    s->in_dma--;
    if (result != MEMTX_OK) {
        xhci_system_error(s);
    }
    return result == MEMTX_OK;
}

bool xhci_dma_write(XhciState *s, uint64_t to, const void *from, size_t size)
{
    MemTxResult result;

    s->in_dma++;
    result = pci_dma_write(&s->parent_obj, to, from, size);
    s->in_dma--;
    if (result != MEMTX_OK) {
        xhci_system_error(s);
    }
    return result == MEMTX_OK;
}

/* --- interrupts --- */

/* With MSI-X each is a message, which clears IP (5.5.2.1); the pin knows only the first. */
void xhci_deliver_interrupts(XhciState *s)
{
    bool enabled = register_get(&s->regs, ROW_USBCMD) & USBCMD_INTE;
    bool messages = msix_enabled(&s->parent_obj);
    bool pin = false;

    for (int n = 0; n < XHCI_NUM_INTRS; n++) {
        uint64_t iman = register_get_at(&s->regs, ROW_IMAN, n);
        bool due = enabled && (iman & IMAN_IP) && (iman & IMAN_IE);

        if (due && messages) {
            register_set_at(&s->regs, ROW_IMAN, n, iman & ~(uint64_t)IMAN_IP);
            msix_notify(&s->parent_obj, n);
        }
        pin |= due && n == 0;
    }
    pci_set_irq(&s->parent_obj, pin && !messages);
}

static void iman_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    xhci_deliver_interrupts(xhci_of(block));
}

static void erst_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    xhci_event_ring_moved(xhci_of(block), block->index);
}

static void erdp_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    xhci_event_ring_advanced(xhci_of(block), block->index);
}

/* --- ports --- */

static unsigned num_ports(const XhciState *s)
{
    return s->p2 + s->p3;
}

static bool is_usb3(const XhciState *s, unsigned port)
{
    return port >= s->p2;
}

static USBPort *socket_of(XhciState *s, unsigned port)
{
    return &s->sockets[is_usb3(s, port) ? port - s->p2 : port];
}

/* The root hub port, from 0, that a socket's device is at. */
static unsigned port_of(XhciState *s, const USBPort *socket)
{
    return socket->index + (socket->dev->speed == USB_SUPER ? s->p2 : 0);
}

/* Whether what is in the socket is at this one of its ports. */
static bool is_occupied(XhciState *s, unsigned port)
{
    USBPort *socket = socket_of(s, port);

    return usb_port_connected(socket) && port_of(s, socket) == port;
}

static uint32_t portsc(XhciState *s, unsigned port)
{
    return register_get_at(&s->regs, ROW_PORTSC, port);
}

static void port_event(XhciState *s, unsigned port)
{
    XhciTrb event = {
        .parameter = (uint64_t)(port + 1) << 24,
        .status = CC_SUCCESS << 24,
        .control = TRB_PORT_EVENT << 10,
    };

    set_status(s, USBSTS_PCD);
    if (xhci_is_running(s)) {
        xhci_post_event(s, 0, &event);
    }
}

/* The first change since software has cleared them is an event (4.19.2). */
static void set_portsc(XhciState *s, unsigned port, uint32_t value)
{
    uint32_t before = portsc(s, port);

    register_set_at(&s->regs, ROW_PORTSC, port, value);
    if ((value & PORT_CHANGES) && !(before & PORT_CHANGES)) {
        port_event(s, port);
    }
}

static uint32_t with_link(uint32_t value, unsigned link)
{
    return (value & ~PORT_LINK_MASK) | link << PORT_LINK_SHIFT;
}

static void go_to_u0(XhciState *s, unsigned port, uint32_t changes)
{
    set_portsc(s, port, with_link(portsc(s, port), LINK_U0) | PORT_ENABLED | changes);
    socket_of(s, port)->enabled = true;
}

/* What is at the port and has to be known at once: after a reset and on a change. */
static uint32_t status_of(XhciState *s, unsigned port)
{
    static const uint8_t ids[] = {
        [USB_FULL] = 1, [USB_LOW] = 2, [USB_HIGH] = 3, [USB_SUPER] = 4,
    };
    uint32_t value = (portsc(s, port) & (PORT_STORED | PORT_CHANGES)) | PORT_POWER;

    if (!is_occupied(s, port)) {
        return with_link(value, LINK_DETECT);
    }
    value |= PORT_CONNECTED | ids[socket_of(s, port)->dev->speed] << 10;
    return with_link(value, is_usb3(s, port) ? LINK_U0 : LINK_POLLING);
}

/* A SuperSpeed link trains itself; others wait for software to reset them (4.19.1). */
static void port_changed(XhciState *s, unsigned port)
{
    uint32_t value = status_of(s, port) | PORT_CSC;

    if (is_usb3(s, port) && is_occupied(s, port)) {
        usb_port_reset(socket_of(s, port));
        socket_of(s, port)->enabled = true;
        value |= PORT_ENABLED;
    }
    set_portsc(s, port, value);
}

static void socket_attached(USBPort *socket)
{
    XhciState *s = socket->owner;

    port_changed(s, port_of(s, socket));
}

static void socket_detached(USBPort *socket)
{
    XhciState *s = socket->owner;
    unsigned port = port_of(s, socket);
    uint32_t kept = portsc(s, port) & (PORT_STORED | PORT_CHANGES);

    set_portsc(s, port, with_link(kept | PORT_POWER, LINK_DETECT) | PORT_CSC);
}

static void socket_resumed(USBPort *socket)
{
    XhciState *s = socket->owner;
    unsigned port = port_of(s, socket);

    if ((portsc(s, port) & PORT_LINK_MASK) >> PORT_LINK_SHIFT != LINK_U3) {
        return;
    }
    if (is_usb3(s, port)) {
        usb_port_suspend(socket, false);
        go_to_u0(s, port, PORT_PLC);
    } else {
        set_portsc(s, port, with_link(portsc(s, port), LINK_RESUME) | PORT_PLC);
    }
}

/* Also behind hubs: slots forget the device. What was pending has ended. */
static void device_gone(USBPort *root, USBDevice *dev)
{
    XhciState *s = root->owner;

    for (int i = 0; i < XHCI_NUM_SLOTS; i++) {
        if (s->slots[i].dev == dev) {
            s->slots[i].dev = NULL;
            for (int n = 0; n < XHCI_NUM_ENDPOINTS; n++) {
                xhci_fail_td(&s->slots[i].endpoints[n]);
            }
        }
    }
}

static const USBPortOps socket_ops = {
    .attached = socket_attached,
    .detached = socket_detached,
    .resumed = socket_resumed,
    .endpoint_ready = xhci_endpoint_ready,
    .gone = device_gone,
};

static void reset_port(XhciState *s, unsigned port, bool warm)
{
    usb_port_reset(socket_of(s, port));
    go_to_u0(s, port, PORT_PRC | (warm ? PORT_WRC : 0));
}

static void disable_port(XhciState *s, unsigned port)
{
    usb_port_disable(socket_of(s, port));
    set_portsc(s, port, with_link(portsc(s, port) & ~PORT_ENABLED, LINK_DISABLED));
}

/* The link states that software may ask for (5.4.8, PLS). */
static void write_link(XhciState *s, unsigned port, unsigned link)
{
    unsigned now = (portsc(s, port) & PORT_LINK_MASK) >> PORT_LINK_SHIFT;
    USBPort *socket = socket_of(s, port);

    if (link == LINK_DETECT && is_usb3(s, port) && now == LINK_DISABLED) {
        usb_port_reset(socket);
        go_to_u0(s, port, 0);
    } else if (link == LINK_DISABLED && is_usb3(s, port)) {
        disable_port(s, port);
    } else if (!(portsc(s, port) & PORT_ENABLED)) {
        xhci_guest_error("PORTSC", "a link state for a port that isn't enabled");
    } else if (link == LINK_U0) {
        usb_port_suspend(socket, false);
        go_to_u0(s, port, now == LINK_U3 || now == LINK_RESUME ? PORT_PLC : 0);
    } else if (link == LINK_U3) {
        usb_port_suspend(socket, true);
        set_portsc(s, port, with_link(portsc(s, port), LINK_U3));
    } else if (link == LINK_RESUME && !is_usb3(s, port) && now == LINK_U3) {
        set_portsc(s, port, with_link(portsc(s, port), LINK_RESUME));
    }
}

static void portsc_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    XhciState *s = xhci_of(block);
    unsigned port = block->index;

    if (port >= num_ports(s) || !is_occupied(s, port)) {
        return;
    }
    if (value & PORT_ENABLED) {
        disable_port(s, port); /* written 1: to be disabled */
    }
    if (value & (PORT_RESET | PORT_WARM_RESET)) {
        reset_port(s, port, is_usb3(s, port) && (value & PORT_WARM_RESET));
    } else if (value & PORT_WRITE_LINK) {
        write_link(s, port, (value & PORT_LINK_MASK) >> PORT_LINK_SHIFT);
    }
}

USBDevice *xhci_find_device(XhciState *s, unsigned port, uint32_t route)
{
    char path[USB_PATH_SIZE];
    USBPort *p;
    int length;

    if (!port || port > num_ports(s) || !is_occupied(s, port - 1)) {
        return NULL;
    }
    length = snprintf(path, sizeof(path), "%s", socket_of(s, port - 1)->path);
    for (; route & 0xf; route >>= 4) { /* 8.9 of USB 3.2: four bits for each hub on the way */
        length += snprintf(path + length, sizeof(path) - length, ".%u", route & 0xf);
    }
    QTAILQ_FOREACH(p, &s->bus->ports, link) {
        if (g_str_equal(p->path, path)) {
            return usb_port_connected(p) ? p->dev : NULL;
        }
    }
    return NULL;
}

/* --- commands from registers --- */

static void turn(void *opaque)
{
    XhciState *s = opaque;

    if (s->commands_again) {
        xhci_run_commands(s);
    }
    for (int i = 0; i < XHCI_NUM_SLOTS * XHCI_NUM_ENDPOINTS; i++) {
        XhciEndpoint *ep = &s->slots[i / XHCI_NUM_ENDPOINTS].endpoints[i % XHCI_NUM_ENDPOINTS];

        if (ep->again || (s->resumed && ep->state == EP_RUNNING)) {
            xhci_run_endpoint(ep);
        }
    }
    s->resumed = false;
}

void xhci_schedule_turn(XhciState *s)
{
    qemu_bh_schedule(s->turn);
}

/* --- frames --- */

static void next_frame(void *opaque)
{
    XhciState *s = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    bool more = false;

    /* After a pause the frames that it lasted are left out. */
    s->frame_start = now - s->frame_start > 100 * FRAME_NS ? now / FRAME_NS * FRAME_NS
                                                           : s->frame_start + FRAME_NS;
    for (int i = 0; i < XHCI_NUM_SLOTS * XHCI_NUM_ENDPOINTS; i++) {
        XhciEndpoint *ep = &s->slots[i / XHCI_NUM_ENDPOINTS].endpoints[i % XHCI_NUM_ENDPOINTS];

        if (ep->again && xhci_is_isochronous(ep)) {
            xhci_serve_frame(ep, s->frame_start / FRAME_NS);
            more |= ep->again;
        }
    }
    if (more && xhci_is_running(s)) {
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
}

void xhci_start_frames(XhciState *s)
{
    if (!timer_pending(s->frame_timer)) {
        s->frame_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / FRAME_NS * FRAME_NS;
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
}

static void doorbell_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    XhciState *s = xhci_of(block);
    unsigned slot = block->index, target = value & 0xff;

    if (!xhci_is_running(s)) {
        xhci_guest_error("doorbell", "the controller is halted");
    } else if (slot == 0) {
        xhci_run_commands(s);
    } else if (!s->slots[slot - 1].enabled || !target || target > XHCI_NUM_ENDPOINTS) {
        xhci_guest_error("doorbell", "no such slot or endpoint");
    } else {
        XhciEndpoint *ep = &s->slots[slot - 1].endpoints[target - 1];

        /* A stopped endpoint goes on (4.6.9). */
        if (ep->state == EP_STOPPED) {
            ep->state = EP_RUNNING;
            xhci_store_endpoint(ep);
        }
        xhci_run_endpoint(ep);
    }
}

static void crcr_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    XhciState *s = xhci_of(block);

    if (s->commands_run) {
        if (value & CRCR_STOP) {
            xhci_stop_commands(s);
        }
        return;
    }
    s->commands = (XhciRing) {
        .dequeue = register_get(block, ROW_CRCR) & ~0x3fULL,
        .cycle = register_get(block, ROW_CRCR) & 1,
    };
}

/* The pointer and cycle state stay with us; they read as 0 (5.4.5). */
static uint64_t crcr_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return xhci_of(block)->commands_run ? 0x8 : 0;
}

static void host_controller_reset(XhciState *s)
{
    xhci_slots_reset(s);
    xhci_event_rings_reset(s);
    register_block_reset(&s->regs);
    s->commands = (XhciRing) { 0 };
    s->commands_run = s->commands_again = false;
    timer_del(s->frame_timer);
    for (unsigned i = 0; i < num_ports(s); i++) {
        uint32_t value = status_of(s, i);

        if (is_occupied(s, i)) {
            usb_port_disable(socket_of(s, i));
            usb_port_reset(socket_of(s, i));
            value |= PORT_CSC | (is_usb3(s, i) ? PORT_ENABLED : 0);
            socket_of(s, i)->enabled = is_usb3(s, i);
        }
        register_set_at(&s->regs, ROW_PORTSC, i, value);
    }
    xhci_deliver_interrupts(s);
}

static void start(XhciState *s)
{
    register_set(&s->regs, ROW_USBSTS,
                 register_get(&s->regs, ROW_USBSTS) & ~(uint64_t)USBSTS_HCH);
    for (unsigned i = 0; i < num_ports(s); i++) {
        if (portsc(s, i) & PORT_CHANGES) {
            port_event(s, i);
        }
    }
}

/* What endpoints are at is given up and begins again with the next doorbell. */
static void stop(XhciState *s)
{
    for (int i = 0; i < XHCI_NUM_SLOTS * XHCI_NUM_ENDPOINTS; i++) {
        xhci_drop_td(&s->slots[i / XHCI_NUM_ENDPOINTS].endpoints[i % XHCI_NUM_ENDPOINTS]);
    }
    xhci_stop_commands(s);
    set_status(s, USBSTS_HCH);
}

static void usbcmd_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    XhciState *s = xhci_of(block);

    if (value & USBCMD_HCRST) {
        host_controller_reset(s);
        return;
    }
    if ((value & USBCMD_RS) && !xhci_is_running(s)) {
        start(s);
    } else if (!(value & USBCMD_RS) && xhci_is_running(s)) {
        stop(s);
    }
    xhci_deliver_interrupts(s);
}

/* --- what the controller says of itself --- */

static uint64_t hcsparams1_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return XHCI_NUM_SLOTS | XHCI_NUM_INTRS << 8 | num_ports(xhci_of(block)) << 24;
}

/* A supported protocol capability (7.2): revision, "USB ", first port and how many. */
static uint64_t protocol_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    XhciState *s = xhci_of(block);
    bool usb3 = reg->offset != PROTOCOLS;
    uint32_t ports = usb3 ? (s->p2 + 1) | s->p3 << 8 : 1 | s->p2 << 8;
    uint32_t words[] = { 2 | (usb3 ? 0 : 4 << 8) | (usb3 ? 3u : 2u) << 24, 0x20425355, ports, 0 };

    return words[block->index];
}

/* 125 us each, while the controller runs (5.5.1). */
static uint64_t mfindex_read(RegisterBlock *block, const Register *reg, uint64_t stored)
{
    return qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / 125000 & 0x3fff;
}

#define INTERRUPTER(name_, offset_, size_)                                                         \
    .name = name_, .offset = RUNTIME + 0x20 + (offset_), .size = size_, .count = XHCI_NUM_INTRS,    \
    .stride = 0x20
#define PORT(name_, offset_)                                                                       \
    .name = name_, .offset = OPERATIONAL + 0x400 + (offset_), .size = 4, .count = XHCI_MAX_PORTS,   \
    .stride = 0x10

static const Register xhci_registers[] = {
    [ROW_CAPLENGTH] = { "CAPLENGTH", .offset = 0x00, .size = 1, .reset = OPERATIONAL },
    [ROW_HCIVERSION] = { "HCIVERSION", .offset = 0x02, .size = 2, .reset = 0x0100 },
    [ROW_HCSPARAMS1] = { "HCSPARAMS1", .offset = 0x04, .size = 4, .read = hcsparams1_read },
    /* An event ring may have 2^3 segments. */
    [ROW_HCSPARAMS2] = { "HCSPARAMS2", .offset = 0x08, .size = 4, .reset = 3 << 4 },
    [ROW_HCSPARAMS3] = { "HCSPARAMS3", .offset = 0x0c, .size = 4 },
    /* 64-bit addresses, and where the extended capabilities are. */
    [ROW_HCCPARAMS1] = { "HCCPARAMS1", .offset = 0x10, .size = 4,
                         .reset = 1 | PROTOCOLS / 4 << 16 },
    [ROW_DBOFF] = { "DBOFF", .offset = 0x14, .size = 4, .reset = DOORBELLS },
    [ROW_RTSOFF] = { "RTSOFF", .offset = 0x18, .size = 4, .reset = RUNTIME },
    [ROW_HCCPARAMS2] = { "HCCPARAMS2", .offset = 0x1c, .size = 4 },
    [ROW_PROTOCOL2] = { "PROTOCOL2_", .offset = PROTOCOLS, .size = 4, .count = 4,
                        .read = protocol_read },
    [ROW_PROTOCOL3] = { "PROTOCOL3_", .offset = PROTOCOLS + 0x10, .size = 4, .count = 4,
                        .read = protocol_read },
    [ROW_USBCMD] = { "USBCMD", .offset = OPERATIONAL + 0x00, .size = 4, .writable = 0x40d,
                     .unmodelled = 0x880, .written = usbcmd_written },
    [ROW_USBSTS] = { "USBSTS", .offset = OPERATIONAL + 0x04, .size = 4, .reset = USBSTS_HCH,
                     .w1c = 0x41c },
    [ROW_PAGESIZE] = { "PAGESIZE", .offset = OPERATIONAL + 0x08, .size = 4, .reset = 1 },
    [ROW_DNCTRL] = { "DNCTRL", .offset = OPERATIONAL + 0x14, .size = 4, .writable = 0xffff },
    [ROW_CRCR] = { "CRCR", .offset = OPERATIONAL + 0x18, .size = 8,
                   .writable = 0xffffffffffffffc1, .read = crcr_read, .written = crcr_written },
    [ROW_DCBAAP] = { "DCBAAP", .offset = OPERATIONAL + 0x30, .size = 8,
                     .writable = 0xffffffffffffffc0 },
    [ROW_CONFIG] = { "CONFIG", .offset = OPERATIONAL + 0x38, .size = 4, .writable = 0x3ff },
    [ROW_PORTSC] = { PORT("PORTSC", 0x0), .writable = PORT_STORED, .w1c = PORT_CHANGES,
                     .written = portsc_written },
    [ROW_PORTPMSC] = { PORT("PORTPMSC", 0x4), .writable = 0x1ffff },
    [ROW_PORTLI] = { PORT("PORTLI", 0x8) },
    [ROW_PORTHLPMC] = { PORT("PORTHLPMC", 0xc), .writable = 0x3fff },
    [ROW_MFINDEX] = { "MFINDEX", .offset = RUNTIME, .size = 4, .read = mfindex_read },
    [ROW_IMAN] = { INTERRUPTER("IMAN", 0x00, 4), .writable = IMAN_IE, .w1c = IMAN_IP,
                   .written = iman_written },
    [ROW_IMOD] = { INTERRUPTER("IMOD", 0x04, 4), .reset = 4000, .writable = 0xffffffff },
    [ROW_ERSTSZ] = { INTERRUPTER("ERSTSZ", 0x08, 4), .writable = 0xffff },
    [ROW_ERSTBA] = { INTERRUPTER("ERSTBA", 0x10, 8), .writable = 0xffffffffffffffc0,
                     .written = erst_written },
    [ROW_ERDP] = { INTERRUPTER("ERDP", 0x18, 8), .writable = 0xfffffffffffffff7, .w1c = 0x8,
                   .written = erdp_written },
    [ROW_DOORBELL] = { "DOORBELL", .offset = DOORBELLS, .size = 4, .count = XHCI_NUM_SLOTS + 1,
                       .written = doorbell_written },
};

static uint64_t xhci_read(void *opaque, hwaddr addr, unsigned size)
{
    XhciState *s = opaque;

    return register_block_read(&s->regs, addr, size);
}

static void xhci_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    XhciState *s = opaque;

    if (s->in_dma) {
        xhci_guest_error("registers", "a write from the controller's own DMA is ignored");
    } else {
        register_block_write(&s->regs, addr, value, size);
    }
}

/* Registers are accessed as words (5.1); those that say what there is, also by bytes. */
static bool xhci_accepts(void *opaque, hwaddr addr, unsigned size, bool is_write, MemTxAttrs attrs)
{
    return size >= 4 || !is_write;
}

static const MemoryRegionOps xhci_ops = {
    .read = xhci_read,
    .write = xhci_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .accepts = xhci_accepts },
    .impl = { .min_access_size = 1, .max_access_size = 8 },
};

/* --- the function --- */

static void xhci_realize(PCIDevice *dev, Error **errp)
{
    XhciState *s = XHCI(dev);

    if (!s->p2 || s->p2 > XHCI_MAX_SOCKETS || s->p3 > XHCI_MAX_SOCKETS) {
        error_setg(errp, "p2=%u, p3=%u: expected 1 to %d USB 2 ports and 0 to %d USB 3 ports",
                   s->p2, s->p3, XHCI_MAX_SOCKETS, XHCI_MAX_SOCKETS);
        return;
    }
    memory_region_init(&s->bar, OBJECT(s), "xhci", BAR_SIZE);
    memory_region_init_io(&s->registers, OBJECT(s), &xhci_ops, s, "xhci-registers", MSIX_TABLE);
    memory_region_add_subregion(&s->bar, 0, &s->registers);
    pci_register_bar(dev, 0, PCI_BASE_ADDRESS_MEM_TYPE_64, &s->bar);
    dev->config[0x60] = 0x30; /* SBRN: USB 3.0 (5.2.3) */
    pci_config_set_interrupt_pin(dev->config, 1);
    if ((dev->express && pcie_endpoint_cap_init(dev, 0xa0, errp) < 0) ||
        msix_init(dev, XHCI_NUM_INTRS, &s->bar, 0, MSIX_TABLE, &s->bar, 0, MSIX_PBA, 0x90,
                  errp) < 0) {
        return;
    }
    s->turn = qemu_bh_new(turn, s);
    s->frame_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, next_frame, s);
    s->bus = usb_bus_new(DEVICE(dev), NULL);
    for (unsigned i = 0; i < MAX(s->p2, s->p3); i++) {
        uint8_t speeds = i < s->p3 ? USB_SPEED_BIT(USB_SUPER) : 0;

        if (i < s->p2) {
            speeds |= USB_SPEED_BIT(USB_LOW) | USB_SPEED_BIT(USB_FULL) | USB_SPEED_BIT(USB_HIGH);
        }
        usb_port_add(s->bus, &s->sockets[i], NULL, i + 1, speeds, &socket_ops, s, i);
    }
}

static void xhci_exit(PCIDevice *dev)
{
    XhciState *s = XHCI(dev);

    host_controller_reset(s);
    usb_bus_remove(s->bus);
    xhci_event_rings_reset(s);
    g_clear_pointer(&s->frame_timer, timer_free);
    g_clear_pointer(&s->turn, qemu_bh_delete);
    msix_uninit(dev);
}

static void xhci_reset(DeviceState *dev)
{
    host_controller_reset(XHCI(dev));
}

static void xhci_init(Object *obj)
{
    XhciState *s = XHCI(obj);

    register_block_init(&s->regs, DEVICE(obj), TYPE_XHCI, xhci_registers,
                        ARRAY_SIZE(xhci_registers), DEVICE_LITTLE_ENDIAN, MSIX_TABLE);
    for (int i = 0; i < XHCI_NUM_SLOTS * XHCI_NUM_ENDPOINTS; i++) {
        unsigned slot = i / XHCI_NUM_ENDPOINTS, dci = i % XHCI_NUM_ENDPOINTS + 1;

        s->slots[slot].endpoints[dci - 1] = (XhciEndpoint) {
            .xhci = s, .slot = slot + 1, .dci = dci,
        };
    }
    for (int i = 0; i < XHCI_NUM_INTRS; i++) {
        g_queue_init(&s->events[i].waiting);
    }
}

static void xhci_finalize(Object *obj)
{
    register_block_finalize(&XHCI(obj)->regs);
}

static int xhci_loaded(void *opaque, int version)
{
    XhciState *s = opaque;

    for (int i = 0; i < XHCI_NUM_SLOTS; i++) {
        XhciSlot *slot = &s->slots[i];

        slot->dev = slot->state != SLOT_DISABLED
                        ? xhci_find_device(s, slot->port, slot->route) : NULL;
    }
    for (int i = 0; i < XHCI_NUM_INTRS; i++) {
        if (s->events[i].index >= MAX(s->events[i].size, 1)) {
            return -EINVAL;
        }
    }
    for (unsigned i = 0; i < num_ports(s); i++) {
        if (is_occupied(s, i)) {
            socket_of(s, i)->enabled = portsc(s, i) & PORT_ENABLED;
        }
    }
    s->resumed = s->commands_again = true;
    xhci_schedule_turn(s);
    return 0;
}

static const VMStateDescription vmstate_endpoint = {
    .name = "xhci-endpoint",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT8(state, XhciEndpoint),
            VMSTATE_UINT8(type, XhciEndpoint),
            VMSTATE_UINT8(interval, XhciEndpoint),
            VMSTATE_UINT64(ring.dequeue, XhciEndpoint),
            VMSTATE_BOOL(ring.cycle, XhciEndpoint),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_slot = {
    .name = "xhci-slot",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(enabled, XhciSlot),
            VMSTATE_UINT8(state, XhciSlot),
            VMSTATE_UINT8(port, XhciSlot),
            VMSTATE_UINT32(route, XhciSlot),
            VMSTATE_UINT64(context, XhciSlot),
            VMSTATE_STRUCT_ARRAY(endpoints, XhciSlot, XHCI_NUM_ENDPOINTS, 1, vmstate_endpoint,
                                 XhciEndpoint),
            VMSTATE_END_OF_LIST(),
        },
};

static const VMStateDescription vmstate_event_ring = {
    .name = "xhci-event-ring",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_BOOL(started, XhciEventRing),
            VMSTATE_UINT32(segment, XhciEventRing),
            VMSTATE_UINT32(index, XhciEventRing),
            VMSTATE_UINT32(size, XhciEventRing),
            VMSTATE_UINT64(base, XhciEventRing),
            VMSTATE_BOOL(cycle, XhciEventRing),
            VMSTATE_END_OF_LIST(),
        },
};

/* What endpoints are at isn't saved, and begins again; events that wait for room are lost. */
static const VMStateDescription vmstate_xhci = {
    .name = TYPE_XHCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = xhci_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, XhciState),
            VMSTATE_REGISTER_BLOCK(regs, XhciState),
            VMSTATE_UINT64(commands.dequeue, XhciState),
            VMSTATE_BOOL(commands.cycle, XhciState),
            VMSTATE_BOOL(commands_run, XhciState),
            VMSTATE_STRUCT_ARRAY(slots, XhciState, XHCI_NUM_SLOTS, 1, vmstate_slot, XhciSlot),
            VMSTATE_STRUCT_ARRAY(events, XhciState, XHCI_NUM_INTRS, 1, vmstate_event_ring,
                                 XhciEventRing),
            VMSTATE_END_OF_LIST(),
        },
};

static Property xhci_properties[] = {
    DEFINE_PROP_UINT32("p2", XhciState, p2, 4),
    DEFINE_PROP_UINT32("p3", XhciState, p3, 4),
    DEFINE_PROP_END_OF_LIST(),
};

static void xhci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = xhci_realize;
    pc->exit = xhci_exit;
    pc->class_id = PCI_CLASS_SERIAL_USB;
    pc->prog_if = 0x30; /* xHCI */
    pc->is_express = true;
    dc->reset = xhci_reset;
    dc->vmsd = &vmstate_xhci;
    dc->hotpluggable = true;
    set_bit(DEVICE_CATEGORY_USB, dc->categories);
    device_class_set_props(dc, xhci_properties);
}

typedef struct XhciModel {
    const char *desc;
    uint16_t vendor, device;
    uint8_t revision;
} XhciModel;

static const XhciModel generic_model = { "USB 3 controller (xHCI)", 0x1b36, 0x000d, 1 };
static const XhciModel nec_model = { "USB 3 controller (NEC uPD720200)", 0x1033, 0x0194, 3 };

static void xhci_model_class_init(ObjectClass *klass, void *data)
{
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);
    const XhciModel *model = data;

    pc->vendor_id = model->vendor;
    pc->device_id = model->device;
    pc->revision = model->revision;
    DEVICE_CLASS(klass)->desc = model->desc;
}

static const TypeInfo xhci_types[] = {
    {
        .name = TYPE_XHCI,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(XhciState),
        .instance_init = xhci_init,
        .instance_finalize = xhci_finalize,
        .class_init = xhci_class_init,
    },
    {
        .name = "qemu-xhci",
        .parent = TYPE_XHCI,
        .class_init = xhci_model_class_init,
        .class_data = (void *)&generic_model,
    },
    {
        .name = "nec-usb-xhci",
        .parent = TYPE_XHCI,
        .class_init = xhci_model_class_init,
        .class_data = (void *)&nec_model,
    },
};

DEFINE_TYPES(xhci_types)
