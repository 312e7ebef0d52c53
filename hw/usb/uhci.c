/*
 * piix3-usb-uhci and its family: USB 1.1 controllers by the Universal Host Controller Interface.
 *
 * Software keeps a list of 1024 frames. Each entry leads through transfer descriptors (TDs), one
 * for each packet, and queue heads (QHs), each with a vertical queue of TDs. The controller follows
 * it once a millisecond and writes into each TD how its packet went. Lists may be rings, for the
 * rest of a frame's bandwidth: here a frame ends after so many steps, or a round in which nothing
 * happened. Isochronous TDs stand in front of the QHs, and have their frame and no other.
 *
 * With `masterbus`, the ports are those of an EHCI controller, which has them first.
 *
 * Reference: Intel, Universal Host Controller Interface (UHCI) Design Guide, revision 1.1; the PCI
 * ids as in the data sheets of PIIX3, PIIX4 and ICH9.
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

#define TYPE_UHCI "uhci"
OBJECT_DECLARE_SIMPLE_TYPE(UhciState, UHCI)

#define NUM_PORTS     2
#define FRAME_NS      1000000
#define STEPS_A_FRAME 512
#define BAR_SIZE      0x20

#define CMD_RUN          0x0001
#define CMD_RESET        0x0002
#define CMD_GLOBAL_RESET 0x0004
#define CMD_SUSPEND      0x0008
#define STS_INT          0x0001
#define STS_ERROR        0x0002
#define STS_RESUME       0x0004
#define STS_SYSTEM       0x0008
#define STS_PROCESS      0x0010
#define STS_HALTED       0x0020
#define INTR_ERROR       0x0001
#define INTR_RESUME      0x0002
#define INTR_COMPLETE    0x0004
#define INTR_SHORT       0x0008

#define PORT_CONNECTED  0x0001
#define PORT_CSC        0x0002
#define PORT_ENABLED    0x0004
#define PORT_PEC        0x0008
#define PORT_RESUME     0x0040
#define PORT_ALWAYS     0x0080
#define PORT_LOW_SPEED  0x0100
#define PORT_RESET      0x0200
#define PORT_SUSPENDED  0x1000
#define PORT_CHANGES    (PORT_CSC | PORT_PEC)

/* Links (3.1) and TDs (3.2): link, status, token, buffer. */
#define LINK_END     0x1
#define LINK_QH      0x2
#define LINK_DEPTH   0x4
#define LINK_POINTER 0xfffffff0
#define TD_LENGTH    0x000007ff
#define TD_STATUS    0x00fe0000
#define TD_TIMEOUT   0x00040000
#define TD_NAK       0x00080000
#define TD_BABBLE    0x00100000
#define TD_STALLED   0x00400000
#define TD_ACTIVE    0x00800000
#define TD_IOC       0x01000000
#define TD_ISO       0x02000000
#define TD_SHORT     0x20000000
#define TOKEN_ADDRESS(w)  ((w) >> 8 & 0x7f)
#define TOKEN_ENDPOINT(w) ((w) >> 15 & 0xf)
#define TOKEN_SIZE(w)     ((((w) >> 21) + 1) & 0x7ff)

enum { ROW_COMMAND, ROW_STATUS, ROW_INTR, ROW_FRNUM, ROW_BASE, ROW_SOF, ROW_PORTS };

struct UhciState {
    PCIDevice parent_obj;

    /* properties */
    char *masterbus;
    uint32_t first_port;

    MemoryRegion bar;
    RegisterBlock regs;
    USBBus *bus;
    USBPort own_ports[NUM_PORTS], *ports[NUM_PORTS];
    USBFlights flights;
    QEMUTimer *frame_timer;
    QEMUBH *walk_bh;
    int64_t frame_start;
    uint8_t causes; /* of STS_INT: INTR_COMPLETE, INTR_SHORT */
    unsigned in_dma;
};

static UhciState *uhci_of(RegisterBlock *block)
{
    return UHCI(block->owner);
}

static uint32_t get(const UhciState *s, unsigned row)
{
    return register_get(&s->regs, row);
}

static bool is_running(const UhciState *s)
{
    return !(get(s, ROW_STATUS) & STS_HALTED);
}

/* --- interrupts --- */

static void update_irq(UhciState *s)
{
    uint32_t status = get(s, ROW_STATUS), enabled = get(s, ROW_INTR);
    bool due = ((status & STS_INT) && (s->causes & enabled)) ||
               ((status & STS_ERROR) && (enabled & INTR_ERROR)) ||
               ((status & STS_RESUME) && (enabled & INTR_RESUME)) ||
               (status & (STS_SYSTEM | STS_PROCESS));

    pci_set_irq(&s->parent_obj, due);
}

static void interrupt(UhciState *s, uint32_t status, uint8_t cause)
{
    s->causes |= cause;
    register_set(&s->regs, ROW_STATUS, get(s, ROW_STATUS) | status);
    update_irq(s);
}

static void halt(UhciState *s)
{
    timer_del(s->frame_timer);
    usb_flights_drop_all(&s->flights);
    register_set(&s->regs, ROW_COMMAND, get(s, ROW_COMMAND) & ~CMD_RUN);
    register_set(&s->regs, ROW_STATUS, get(s, ROW_STATUS) | STS_HALTED);
}

/* --- memory --- */

static bool dma(UhciState *s, uint32_t at, void *data, size_t size, DMADirection way)
{
    MemTxResult result;

    s->in_dma++;
    result = pci_dma_rw(&s->parent_obj, at, data, size, way, MEMTXATTRS_UNSPECIFIED);
    s->in_dma--;
    if (result != MEMTX_OK) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_UHCI, "memory", "doesn't answer: the controller halts");
        register_set(&s->regs, ROW_STATUS, get(s, ROW_STATUS) | STS_HALTED);
        interrupt(s, STS_SYSTEM, 0);
    }
    return result == MEMTX_OK;
}

static bool get_words(UhciState *s, uint32_t at, uint32_t *words, unsigned n)
{
    if (!dma(s, at, words, n * 4, DMA_DIRECTION_TO_DEVICE)) {
        return false;
    }
    for (unsigned i = 0; i < n; i++) {
        words[i] = le32_to_cpu(words[i]);
    }
    return true;
}

static bool put_word(UhciState *s, uint32_t at, uint32_t word)
{
    word = cpu_to_le32(word);
    return dma(s, at, &word, sizeof(word), DMA_DIRECTION_FROM_DEVICE);
}

/* --- transfer descriptors --- */

typedef enum TdResult {
    TD_STAYS, /* nothing to do, or nothing yet */
    TD_DONE,  /* the queue goes on with the next */
    TD_STOPS, /* done, but the queue waits for software */
} TdResult;

static bool pid_of(uint32_t token, USBPid *pid)
{
    switch (token & 0xff) {
    case 0x2d:
        *pid = USB_PID_SETUP;
        return true;
    case 0x69:
        *pid = USB_PID_IN;
        return true;
    case 0xe1:
        *pid = USB_PID_OUT;
        return true;
    default:
        return false;
    }
}

static void process_error(UhciState *s, const char *what)
{
    qemu_log_dev(LOG_GUEST_ERROR, TYPE_UHCI, "TD", "%s", what);
    halt(s);
    interrupt(s, STS_PROCESS, 0);
}

/* What the device's answer makes of the TD (2.1.2, 3.2.2). */
static TdResult retire(UhciState *s, uint32_t at, uint32_t *td, USBFlight *f)
{
    uint32_t status = td[1] & ~(TD_STATUS | TD_LENGTH);
    bool is_short = f->t.pid == USB_PID_IN && f->t.moved < f->size;
    TdResult result = TD_DONE;

    if (f->t.pid == USB_PID_IN && f->t.moved &&
        !dma(s, td[3], f->buffer, f->t.moved, DMA_DIRECTION_FROM_DEVICE)) {
        return TD_STAYS;
    }
    status |= (f->t.moved - 1) & TD_LENGTH;
    if (f->t.status != USB_DONE) {
        status |= TD_STALLED;
        status |= f->t.status == USB_BABBLE ? TD_BABBLE : 0;
        status |= f->t.status == USB_NO_ANSWER ? TD_TIMEOUT : 0;
        result = TD_STOPS;
    } else if (is_short && (td[1] & TD_SHORT)) {
        result = TD_STOPS;
    }
    if (!put_word(s, at + 4, status)) {
        return TD_STAYS;
    }
    if (f->t.status != USB_DONE) {
        interrupt(s, STS_ERROR, 0);
    } else if (result == TD_STOPS) {
        interrupt(s, STS_INT, INTR_SHORT);
    }
    if (td[1] & TD_IOC) {
        interrupt(s, STS_INT, INTR_COMPLETE);
    }
    return result;
}

static TdResult run_td(UhciState *s, uint32_t at, uint32_t *td)
{
    USBFlight *f = usb_flight_find(&s->flights, at);
    TdResult result;
    USBPid pid;

    if (!(td[1] & TD_ACTIVE) || (f && usb_is_pending(&f->t))) {
        return TD_STAYS;
    }
    if (td[1] & TD_ISO) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_UHCI, "TD", "an isochronous one in a queue");
        return TD_STAYS;
    }
    if (!pid_of(td[2], &pid)) {
        process_error(s, "a packet that is none of the three kinds");
        return TD_STAYS;
    }
    if (f && f->size != TOKEN_SIZE(td[2])) {
        usb_flight_drop(f); /* software has changed what it was for */
        f = NULL;
    }
    if (!f) {
        f = usb_flight_new(&s->flights, at, pid, TOKEN_ENDPOINT(td[2]), TOKEN_SIZE(td[2]));
        f->in_dma = true;
        if (pid != USB_PID_IN && f->size &&
            (!dma(s, td[3], f->buffer, f->size, DMA_DIRECTION_TO_DEVICE) || !is_running(s))) {
            usb_flight_drop(f);
            return TD_STAYS;
        }
        f->in_dma = false;
        if (!usb_flight_submit(f, usb_find_address(s->bus, s, TOKEN_ADDRESS(td[2])))) {
            return TD_STAYS;
        }
    }
    f->in_dma = true;
    if (f->t.status == USB_NAK) {
        put_word(s, at + 4, td[1] | TD_NAK);
        result = TD_STAYS;
    } else {
        result = retire(s, at, td, f);
    }
    usb_flight_drop(f);
    return result;
}

/* Over with its frame, whatever the device did: nothing is tried again (3.2.2). */
static void run_iso_td(UhciState *s, uint32_t at, uint32_t *td)
{
    uint32_t status = td[1] & ~(TD_STATUS | TD_LENGTH);
    size_t size = TOKEN_SIZE(td[2]), moved;
    uint8_t data[0x800]; /* more than TOKEN_SIZE() can say */
    USBStatus answer;
    USBPid pid;

    if (!(td[1] & TD_ACTIVE)) {
        return;
    }
    if (!pid_of(td[2], &pid) || pid == USB_PID_SETUP) {
        process_error(s, "an isochronous packet that is neither IN nor OUT");
        return;
    }
    if (pid == USB_PID_OUT && size && !dma(s, td[3], data, size, DMA_DIRECTION_TO_DEVICE)) {
        return;
    }
    answer = usb_isochronous(usb_find_address(s->bus, s, TOKEN_ADDRESS(td[2])), pid,
                             TOKEN_ENDPOINT(td[2]), data, size, &moved);
    if (pid == USB_PID_IN && moved && !dma(s, td[3], data, moved, DMA_DIRECTION_FROM_DEVICE)) {
        return;
    }
    status |= (moved - 1) & TD_LENGTH;
    status |= answer == USB_BABBLE ? TD_BABBLE : 0;
    status |= answer == USB_NO_ANSWER ? TD_TIMEOUT : 0;
    if (!put_word(s, at + 4, status)) {
        return;
    }
    if (answer != USB_DONE) {
        interrupt(s, STS_ERROR, 0);
    }
    if (td[1] & TD_IOC) {
        interrupt(s, STS_INT, INTR_COMPLETE);
    }
}

/* --- the schedule --- */

/*
 * One queue: as many TDs as the device answers, since bandwidth isn't modelled; *steps go down.
 * True: something happened.
 */
static bool run_queue(UhciState *s, uint32_t qh, uint32_t element, int *steps)
{
    bool any = false;

    while (!(element & LINK_END) && is_running(s) && --*steps > 0) {
        uint32_t at = element & LINK_POINTER, td[4];

        if (element & LINK_QH) {
            return any; /* a queue in a queue: no driver has that */
        }
        if (!get_words(s, at, td, 4) || run_td(s, at, td) != TD_DONE) {
            return any;
        }
        any = true;
        element = td[0];
        if (!put_word(s, qh + 4, element)) {
            return any;
        }
    }
    return any;
}

/*
 * Lists end, or become rings somewhere. A round in which nothing happens is the last one; that it
 * is a round shows when a remembered QH comes again, which is another one after 1, 2, 4 ... of
 * them. Isochronous TDs are done at the frame's beginning.
 */
static void walk(UhciState *s, bool frame_begins)
{
    uint32_t link, remembered = 0, words[4];
    int steps = STEPS_A_FRAME, qhs = 0, next_to_remember = 1;
    bool any = false;

    if (!get_words(s, get(s, ROW_BASE) + get(s, ROW_FRNUM) % 1024 * 4, &link, 1)) {
        return;
    }
    while (!(link & LINK_END) && is_running(s) && --steps > 0) {
        uint32_t at = link & LINK_POINTER;

        if (!(link & LINK_QH)) {
            if (!get_words(s, at, words, 4)) {
                return;
            }
            if (!(words[1] & TD_ISO)) {
                run_td(s, at, words);
            } else if (frame_begins) {
                run_iso_td(s, at, words);
            }
            link = words[0];
            continue;
        }
        if (at == remembered && !any) {
            break;
        }
        if (at == remembered || ++qhs == next_to_remember) {
            remembered = at;
            next_to_remember = 2 * qhs;
            any = false;
        }
        if (!get_words(s, at, words, 2)) {
            return;
        }
        link = words[0];
        any |= run_queue(s, at, words[1], &steps);
    }
    usb_flights_sweep(&s->flights);
}

static void next_frame(void *opaque)
{
    UhciState *s = opaque;
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);

    /* After a pause the frames that it lasted are left out. */
    s->frame_start = now - s->frame_start > 100 * FRAME_NS ? now : s->frame_start + FRAME_NS;
    walk(s, true);
    register_set(&s->regs, ROW_FRNUM, (get(s, ROW_FRNUM) + 1) & 0x7ff);
    if (is_running(s)) {
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
}

static void walk_again(void *opaque)
{
    UhciState *s = opaque;

    if (is_running(s)) {
        walk(s, false);
    }
}

static void transfer_landed(void *opaque)
{
    UhciState *s = opaque;

    qemu_bh_schedule(s->walk_bh);
}

/* --- ports --- */

static bool is_ours(UhciState *s, unsigned i)
{
    return s->ports[i] && s->ports[i]->owner == s;
}

static uint16_t port_status(UhciState *s, unsigned i)
{
    return register_get_at(&s->regs, ROW_PORTS, i);
}

static void set_port(UhciState *s, unsigned i, uint16_t status)
{
    register_set_at(&s->regs, ROW_PORTS, i, status);
    if (is_ours(s, i)) {
        s->ports[i]->enabled = status & PORT_ENABLED;
    }
}

/* While the bus sleeps, a change is a reason to wake up (2.1.7). */
static void signal_resume(UhciState *s)
{
    if (get(s, ROW_COMMAND) & CMD_SUSPEND) {
        interrupt(s, STS_RESUME, 0);
    }
}

static void port_attached(USBPort *port)
{
    UhciState *s = port->owner;
    uint16_t low = port->dev->speed == USB_LOW ? PORT_LOW_SPEED : 0;

    set_port(s, port->index, port_status(s, port->index) | PORT_CONNECTED | PORT_CSC | low);
    signal_resume(s);
}

static void port_detached(USBPort *port)
{
    UhciState *s = port->owner;
    uint16_t status = port_status(s, port->index);

    status |= PORT_CSC | (status & PORT_ENABLED ? PORT_PEC : 0);
    status &= ~(PORT_CONNECTED | PORT_ENABLED | PORT_SUSPENDED | PORT_RESUME | PORT_LOW_SPEED);
    set_port(s, port->index, status);
    signal_resume(s);
}

static void port_resumed(USBPort *port)
{
    UhciState *s = port->owner;

    set_port(s, port->index, port_status(s, port->index) | PORT_RESUME);
    signal_resume(s);
}

static void endpoint_ready(USBPort *root, USBDevice *dev, uint8_t address)
{
    if (dev->remote_wakeup) {
        signal_resume(root->owner);
    }
}

static const USBPortOps port_ops = {
    .attached = port_attached,
    .detached = port_detached,
    .resumed = port_resumed,
    .endpoint_ready = endpoint_ready,
};

static void reset_ports(UhciState *s)
{
    for (unsigned i = 0; i < NUM_PORTS; i++) {
        register_set_at(&s->regs, ROW_PORTS, i, PORT_ALWAYS);
        if (is_ours(s, i) && usb_port_connected(s->ports[i])) {
            usb_port_disable(s->ports[i]);
            usb_port_reset(s->ports[i]);
            port_attached(s->ports[i]);
        }
    }
}

static uint64_t port_write(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UhciState *s = uhci_of(block);
    unsigned i = block->index;
    uint16_t status = port_status(s, i) & ~(value & PORT_CHANGES);

    if (!is_ours(s, i) || !(status & PORT_CONNECTED)) {
        return status;
    }
    if ((value & PORT_RESET) && !(status & PORT_RESET)) {
        usb_port_disable(s->ports[i]);
        usb_port_reset(s->ports[i]);
        status &= ~(PORT_ENABLED | PORT_SUSPENDED);
    }
    if (!(value & PORT_ENABLED) && (status & PORT_ENABLED)) {
        usb_port_disable(s->ports[i]);
    }
    usb_port_suspend(s->ports[i], value & PORT_SUSPENDED);
    status &= ~(PORT_RESET | PORT_ENABLED | PORT_SUSPENDED | PORT_RESUME);
    status |= value & (PORT_RESET | PORT_SUSPENDED | PORT_RESUME);
    status |= value & PORT_RESET ? 0 : value & PORT_ENABLED;
    set_port(s, i, status);
    return status;
}

/* --- registers --- */

static void reset_controller(UhciState *s)
{
    halt(s);
    register_block_reset(&s->regs);
    s->causes = 0;
    reset_ports(s);
    update_irq(s);
}

static void command_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UhciState *s = uhci_of(block);

    if (value & (CMD_RESET | CMD_GLOBAL_RESET)) {
        reset_controller(s);
        register_set(block, ROW_COMMAND, value & CMD_GLOBAL_RESET); /* software ends that one */
    } else if (!(value & CMD_RUN)) {
        halt(s);
    } else if (!is_running(s)) {
        register_set(block, ROW_STATUS, get(s, ROW_STATUS) & ~STS_HALTED);
        s->frame_start = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
        timer_mod(s->frame_timer, s->frame_start + FRAME_NS);
    }
}

static void status_written(RegisterBlock *block, const Register *reg, uint64_t value)
{
    UhciState *s = uhci_of(block);

    if (!(get(s, ROW_STATUS) & STS_INT)) {
        s->causes = 0;
    }
    update_irq(s);
}

static const Register uhci_registers[] = {
    [ROW_COMMAND] = { "USBCMD", .offset = 0x00, .size = 2, .writable = 0xfd,
                      .written = command_written },
    [ROW_STATUS] = { "USBSTS", .offset = 0x02, .size = 2, .reset = STS_HALTED, .w1c = 0x1f,
                     .written = status_written },
    [ROW_INTR] = { "USBINTR", .offset = 0x04, .size = 2, .writable = 0xf,
                   .written = status_written },
    [ROW_FRNUM] = { "FRNUM", .offset = 0x06, .size = 2, .writable = 0x7ff },
    [ROW_BASE] = { "FRBASEADD", .offset = 0x08, .size = 4, .writable = 0xfffff000 },
    [ROW_SOF] = { "SOFMOD", .offset = 0x0c, .size = 1, .reset = 0x40, .writable = 0x7f },
    [ROW_PORTS] = { "PORTSC", .offset = 0x10, .size = 2, .count = NUM_PORTS, .reset = PORT_ALWAYS,
                    .write = port_write },
};

static uint64_t uhci_read(void *opaque, hwaddr addr, unsigned size)
{
    UhciState *s = opaque;

    return register_block_read(&s->regs, addr, size);
}

static void uhci_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    UhciState *s = opaque;

    if (s->in_dma) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_UHCI, "registers",
                     "a write from the controller's own DMA is ignored");
    } else {
        register_block_write(&s->regs, addr, value, size);
    }
}

static const MemoryRegionOps uhci_ops = {
    .read = uhci_read,
    .write = uhci_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 4 },
};

/* --- the function --- */

static void uhci_realize(PCIDevice *dev, Error **errp)
{
    UhciState *s = UHCI(dev);

    if (s->masterbus) {
        s->bus = usb_bus_add_companion(s->masterbus, s->first_port, NUM_PORTS, &port_ops, s,
                                       s->ports, errp);
        if (!s->bus) {
            return;
        }
    } else {
        s->bus = usb_bus_new(DEVICE(dev), NULL);
        for (unsigned i = 0; i < NUM_PORTS; i++) {
            s->ports[i] = &s->own_ports[i];
            usb_port_add(s->bus, s->ports[i], NULL, i + 1,
                         USB_SPEED_BIT(USB_LOW) | USB_SPEED_BIT(USB_FULL), &port_ops, s, i);
        }
    }
    pci_config_set_interrupt_pin(dev->config, 4);
    dev->config[0x60] = 0x10; /* SBRN: USB 1.0 */
    memory_region_init_io(&s->bar, OBJECT(s), &uhci_ops, s, "uhci", BAR_SIZE);
    pci_register_bar(dev, 4, PCI_BASE_ADDRESS_SPACE_IO, &s->bar);
    usb_flights_init(&s->flights, transfer_landed, s);
    s->walk_bh = qemu_bh_new(walk_again, s);
    s->frame_timer = timer_new_ns(QEMU_CLOCK_VIRTUAL, next_frame, s);
}

static void uhci_exit(PCIDevice *dev)
{
    UhciState *s = UHCI(dev);

    halt(s);
    if (s->masterbus) {
        usb_bus_remove_companion(s->bus, s);
    } else {
        usb_bus_remove(s->bus);
    }
    g_clear_pointer(&s->walk_bh, qemu_bh_delete);
    g_clear_pointer(&s->frame_timer, timer_free);
}

static void uhci_reset(DeviceState *dev)
{
    reset_controller(UHCI(dev));
}

static void uhci_init(Object *obj)
{
    register_block_init(&UHCI(obj)->regs, DEVICE(obj), TYPE_UHCI, uhci_registers,
                        ARRAY_SIZE(uhci_registers), DEVICE_LITTLE_ENDIAN, BAR_SIZE);
}

static void uhci_finalize(Object *obj)
{
    register_block_finalize(&UHCI(obj)->regs);
}

static int uhci_loaded(void *opaque, int version)
{
    UhciState *s = opaque;

    for (unsigned i = 0; i < NUM_PORTS; i++) {
        if (is_ours(s, i)) {
            s->ports[i]->enabled = port_status(s, i) & PORT_ENABLED;
        }
    }
    return 0;
}

/* What is on its way isn't saved: its TDs are still active. */
static const VMStateDescription vmstate_uhci = {
    .name = TYPE_UHCI,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = uhci_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_PCI_DEVICE(parent_obj, UhciState),
            VMSTATE_REGISTER_BLOCK(regs, UhciState),
            VMSTATE_TIMER_PTR(frame_timer, UhciState),
            VMSTATE_INT64(frame_start, UhciState),
            VMSTATE_UINT8(causes, UhciState),
            VMSTATE_END_OF_LIST(),
        },
};

static Property uhci_properties[] = {
    DEFINE_PROP_STRING("masterbus", UhciState, masterbus),
    DEFINE_PROP_UINT32("firstport", UhciState, first_port, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static void uhci_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(klass);

    pc->realize = uhci_realize;
    pc->exit = uhci_exit;
    pc->vendor_id = 0x8086;
    pc->class_id = PCI_CLASS_SERIAL_USB;
    pc->prog_if = 0x00; /* UHCI */
    dc->reset = uhci_reset;
    dc->vmsd = &vmstate_uhci;
    dc->hotpluggable = false; /* companions and masters know each other */
    dc->desc = "USB 1.1 controller (UHCI)";
    set_bit(DEVICE_CATEGORY_USB, dc->categories);
    device_class_set_props(dc, uhci_properties);
}

static void uhci_model_class_init(ObjectClass *klass, void *device)
{
    PCI_DEVICE_CLASS(klass)->device_id = GPOINTER_TO_UINT(device);
}

#define UHCI_MODEL(name_, device)                                                                  \
    {                                                                                              \
        .name = name_, .parent = TYPE_UHCI, .class_init = uhci_model_class_init,                   \
        .class_data = GUINT_TO_POINTER(device),                                                    \
    }

static const TypeInfo uhci_types[] = {
    {
        .name = TYPE_UHCI,
        .parent = TYPE_PCI_DEVICE,
        .abstract = true,
        .instance_size = sizeof(UhciState),
        .instance_init = uhci_init,
        .instance_finalize = uhci_finalize,
        .class_init = uhci_class_init,
    },
    UHCI_MODEL("piix3-usb-uhci", 0x7020),
    UHCI_MODEL("piix4-usb-uhci", 0x7112),
    UHCI_MODEL("ich9-usb-uhci1", 0x2934),
    UHCI_MODEL("ich9-usb-uhci2", 0x2935),
    UHCI_MODEL("ich9-usb-uhci3", 0x2936),
};

DEFINE_TYPES(uhci_types)
