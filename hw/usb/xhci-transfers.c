/*
 * xHCI: transfer rings. A transfer descriptor (TD), the TRBs that are chained, becomes one transfer
 * of a USB device, with its data in a buffer of ours in between: memory is read before the device
 * gets it and written when it is done, so that nothing a guest does to its memory or the rings
 * meanwhile matters.
 *
 * Isochronous endpoints have one TD in each service interval: see xhci_serve_frame().
 *
 * Others are at one TD at a time. One that the device can't answer yet (NAK) stays where it is
 * until the device has something.
 *
 * Reference: eXtensible Host Controller Interface 1.2, sections 4.10 and 4.11.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "xhci-internal.h"

#define MAX_TD_TRBS     1024
#define MAX_TD_BYTES    (16 * 1024 * 1024)
#define TDS_A_TURN      64
#define IMMEDIATE_BYTES 8

struct XhciTd {
    XhciEndpoint *ep;
    GArray *trbs;    /* of XhciTrb */
    XhciRing behind; /* the ring behind it */
    uint8_t *buffer;
    size_t size;
    bool with_device; /* usb_submit() hasn't returned yet */
    bool filling;     /* its data are being read: who does that frees it */
    USBTransfer t;
};

static XhciTrb *td_trb(const XhciTd *td, unsigned i)
{
    return &g_array_index(td->trbs, XhciTrb, i);
}

static void td_free(XhciTd *td)
{
    g_array_unref(td->trbs);
    g_free(td->buffer);
    g_free(td);
}

/* --- the endpoint's context --- */

void xhci_store_endpoint(XhciEndpoint *ep)
{
    XhciState *s = ep->xhci;
    uint64_t context = s->slots[ep->slot - 1].context + ep->dci * XHCI_CONTEXT_SIZE;
    uint8_t bytes[16];

    if (!xhci_dma_read(s, context, bytes, sizeof(bytes))) {
        return;
    }
    bytes[0] = (bytes[0] & ~7) | ep->state;
    stq_le_p(bytes + 8, ep->ring.dequeue | ep->ring.cycle);
    xhci_dma_write(s, context, bytes, sizeof(bytes));
}

static void set_state(XhciEndpoint *ep, uint8_t state)
{
    ep->state = state;
    xhci_store_endpoint(ep);
}

/* --- events --- */

static void transfer_event(XhciEndpoint *ep, const XhciTrb *trb, unsigned code, uint32_t left)
{
    XhciTrb event = {
        .parameter = trb->at,
        .status = code << 24 | (left & 0xffffff),
        .control = TRB_TRANSFER_EVENT << 10 | ep->dci << 16 | (uint32_t)ep->slot << 24,
    };

    event.control |= trb->control & TRB_BEI;
    if (trb_type(trb) == TRB_EVENT_DATA) {
        event.parameter = trb->parameter;
        event.control |= TRB_EVENT_ED;
    }
    xhci_post_event(ep->xhci, trb_interrupter(trb), &event);
}

static bool moves_data(const XhciTrb *trb)
{
    unsigned type = trb_type(trb);

    return type == TRB_NORMAL || type == TRB_DATA || type == TRB_SETUP || type == TRB_ISOCH;
}

/*
 * The events of a TD that came to its end: at each TRB that asks for one, and, if less was moved
 * than there was room for, at the first that asks from there on (4.10.1.1). `sum` is what event
 * data TRBs tell: bytes moved since the last one (4.11.5.2).
 */
static void report_success(XhciTd *td, size_t moved)
{
    bool told_short = false, is_short = false;
    uint32_t sum = 0;

    for (unsigned i = 0; i < td->trbs->len; i++) {
        const XhciTrb *trb = td_trb(td, i);
        uint32_t length = moves_data(trb) ? trb_length(trb) : 0;
        uint32_t done = MIN(length, moved);

        moved -= done;
        sum += done;
        is_short |= done < length;
        if (trb_type(trb) == TRB_EVENT_DATA) {
            if (trb->control & TRB_IOC) {
                transfer_event(td->ep, trb, is_short ? CC_SHORT_PACKET : CC_SUCCESS, sum);
            }
            sum = 0;
        } else if (is_short) {
            if (!told_short && (trb->control & (TRB_ISP | TRB_IOC))) {
                transfer_event(td->ep, trb, CC_SHORT_PACKET, length - done);
                told_short = true;
            }
        } else if (trb->control & TRB_IOC) {
            transfer_event(td->ep, trb, CC_SUCCESS, 0);
        }
    }
}

/* An error is told at the TRB where it happened, whether that asks for events or not (4.10.2). */
static void report_error(XhciTd *td, unsigned code, size_t moved)
{
    for (unsigned i = 0; i < td->trbs->len; i++) {
        const XhciTrb *trb = td_trb(td, i);
        uint32_t length = moves_data(trb) ? trb_length(trb) : 0;

        if (moved < length || i + 1 == td->trbs->len) {
            transfer_event(td->ep, trb, code, length - MIN(length, moved));
            return;
        }
        moved -= length;
    }
}

/* --- the end of a TD --- */

static bool copy_to_memory(XhciTd *td)
{
    size_t done = 0;

    for (unsigned i = 0; i < td->trbs->len && done < td->t.moved; i++) {
        const XhciTrb *trb = td_trb(td, i);
        size_t part = moves_data(trb) ? MIN(trb_length(trb), td->t.moved - done) : 0;

        if (part && !xhci_dma_write(td->ep->xhci, trb->parameter, td->buffer + done, part)) {
            return false;
        }
        done += part;
    }
    return true;
}

/* What the device's answer means; the TD is over and freed. */
static void finish(XhciTd *td)
{
    static const uint8_t codes[] = {
        [USB_STALL] = CC_STALL, [USB_BABBLE] = CC_BABBLE, [USB_NO_ANSWER] = CC_TRANSACTION_ERROR,
    };
    XhciEndpoint *ep = td->ep;

    ep->td = NULL;
    if (td->t.pid == USB_PID_IN && !copy_to_memory(td)) {
        td_free(td);
        return;
    }
    if (td->t.status == USB_DONE) {
        ep->ring = td->behind;
        report_success(td, td->t.moved);
    } else {
        if (xhci_is_isochronous(ep)) {
            ep->ring = td->behind; /* these go on, whatever happens (4.10.2) */
        } else {
            set_state(ep, EP_HALTED);
        }
        report_error(td, codes[td->t.status], td->t.moved);
    }
    td_free(td);
}

static void completed(USBTransfer *t)
{
    XhciTd *td = t->opaque;
    XhciEndpoint *ep = td->ep;

    finish(td);
    xhci_run_endpoint(ep);
}

static USBDevice *device_of(XhciEndpoint *ep)
{
    return ep->xhci->slots[ep->slot - 1].dev;
}

/* Gives it to the device; true: it is over. */
static bool submit(XhciTd *td)
{
    USBStatus status;

    td->with_device = true;
    status = usb_submit(device_of(td->ep), &td->t);
    td->with_device = false;
    if (status == USB_PENDING || status == USB_NAK) {
        return false;
    }
    finish(td);
    return true;
}

void xhci_drop_td(XhciEndpoint *ep)
{
    if (ep->td && ep->td->filling) {
        ep->td = NULL;
    } else if (ep->td) {
        usb_cancel(&ep->td->t);
        td_free(ep->td);
        ep->td = NULL;
    }
    ep->again = false;
}

void xhci_fail_td(XhciEndpoint *ep)
{
    if (ep->td && ep->td->filling) {
        ep->td = NULL;
    } else if (ep->td) {
        usb_cancel(&ep->td->t);
        ep->td->t.status = USB_NO_ANSWER;
        finish(ep->td);
    }
}

void xhci_stop_td(XhciEndpoint *ep)
{
    if (ep->td) {
        usb_cancel(&ep->td->t);
        report_error(ep->td, CC_STOPPED, 0);
    }
    xhci_drop_td(ep);
}

/* --- the beginning of a TD --- */

/* The TRBs up to the first that isn't chained; *td stays NULL if they aren't all there. */
static XhciFetch gather(XhciEndpoint *ep, XhciTd **td)
{
    g_autoptr(GArray) trbs = g_array_new(false, false, sizeof(XhciTrb));
    XhciRing ring = ep->ring;
    size_t size = 0;
    XhciTrb trb;

    do {
        XhciFetch result = xhci_fetch(ep->xhci, &ring, &trb);

        if (result != XHCI_FETCH_OK) {
            return result;
        }
        size += moves_data(&trb) ? trb_length(&trb) : 0;
        if (trbs->len == MAX_TD_TRBS || size > MAX_TD_BYTES) {
            xhci_guest_error("transfer ring", "a TD of more than 1024 TRBs or 16 MiB");
            return XHCI_FETCH_BAD;
        }
        g_array_append_val(trbs, trb);
    } while (trb.control & TRB_CHAIN);
    *td = g_new0(XhciTd, 1);
    (*td)->ep = ep;
    (*td)->trbs = g_steal_pointer(&trbs);
    (*td)->behind = ring;
    (*td)->size = size;
    return XHCI_FETCH_OK;
}

/* Which packets its first TRB asks for; false: it can't stand there. */
static bool choose_pid(XhciTd *td)
{
    const XhciTrb *first = td_trb(td, 0);
    bool is_control = td->ep->type == EP_TYPE_CONTROL;
    bool dir_in = first->control & TRB_DIR_IN;

    td->t.endpoint = td->ep->dci / 2;
    switch (trb_type(first)) {
    case TRB_SETUP:
        td->t.pid = USB_PID_SETUP;
        return is_control && (first->control & TRB_IDT) && td->size == 8;
    case TRB_DATA:
    case TRB_STATUS:
        td->t.pid = dir_in ? USB_PID_IN : USB_PID_OUT;
        return is_control && (trb_type(first) == TRB_DATA || td->size == 0);
    case TRB_NORMAL:
    case TRB_ISOCH:
        td->t.pid = td->ep->type & EP_TYPE_IN ? USB_PID_IN : USB_PID_OUT;
        return !is_control && xhci_is_isochronous(td->ep) == (trb_type(first) == TRB_ISOCH);
    default:
        return false;
    }
}

/* What goes to the device is read now, once. */
static bool copy_from_memory(XhciTd *td)
{
    size_t done = 0;

    for (unsigned i = 0; i < td->trbs->len; i++) {
        const XhciTrb *trb = td_trb(td, i);
        size_t part = moves_data(trb) ? trb_length(trb) : 0;

        if (part && (trb->control & TRB_IDT)) {
            uint8_t immediate[IMMEDIATE_BYTES];

            stq_le_p(immediate, trb->parameter);
            memcpy(td->buffer + done, immediate, MIN(part, IMMEDIATE_BYTES));
        } else if (part &&
                   !xhci_dma_read(td->ep->xhci, trb->parameter, td->buffer + done, part)) {
            return false;
        }
        done += part;
    }
    return true;
}

static bool has_no_transfer(const XhciTd *td)
{
    unsigned type = trb_type(td_trb(td, 0));

    return type == TRB_NOOP || type == TRB_EVENT_DATA;
}

/* Reading may be of another device's registers, and end in our own. False: the TD is over. */
static bool fill(XhciTd *td)
{
    XhciEndpoint *ep = td->ep;
    bool filled;

    td->filling = true;
    filled = copy_from_memory(td);
    td->filling = false;
    if (filled && ep->td == td) {
        return true;
    }
    if (ep->td == td) {
        xhci_drop_td(ep);
    } else {
        td_free(td);
    }
    return false;
}

/* True: over, and the endpoint may go on. */
static bool begin(XhciTd *td)
{
    XhciEndpoint *ep = td->ep;

    ep->td = td;
    if (has_no_transfer(td)) {
        td->t.pid = USB_PID_OUT;
        td->t.status = USB_DONE;
        finish(td);
        return true;
    }
    if (!choose_pid(td)) {
        ep->td = NULL;
        xhci_guest_error("transfer ring", "a TRB that can't stand on this kind of endpoint");
        set_state(ep, EP_ERROR);
        report_error(td, CC_TRB_ERROR, 0);
        td_free(td);
        return false;
    }
    td->buffer = g_malloc0(td->size);
    qemu_iovec_init_buf(&td->t.data, td->buffer, td->size);
    td->t.complete = completed;
    td->t.opaque = td;
    if (td->t.pid != USB_PID_IN && !fill(td)) {
        return false;
    }
    if (xhci_is_isochronous(ep)) {
        td->t.status = usb_isochronous(device_of(ep), td->t.pid, td->t.endpoint, td->buffer,
                                       td->size, &td->t.moved);
        finish(td);
        return true;
    }
    return submit(td);
}

static void ring_is_bad(XhciEndpoint *ep)
{
    XhciTrb here = { .at = ep->ring.dequeue };

    set_state(ep, EP_ERROR);
    transfer_event(ep, &here, CC_TRB_ERROR, 0);
}

static bool any_events_wait(XhciState *s)
{
    for (int n = 0; n < XHCI_NUM_INTRS; n++) {
        if (xhci_events_wait(s, n)) {
            return true;
        }
    }
    return false;
}

/* --- isochronous endpoints --- */

/* How many service intervals begin in the frame. */
static unsigned intervals_in(const XhciEndpoint *ep, int64_t frame)
{
    unsigned interval = MIN(ep->interval, 15);

    return interval < 3 ? 8 >> interval : frame % (1 << (interval - 3)) == 0;
}

/* Frames until the TD's turn; negative: it has been missed (4.11.2.5). */
static int frames_until(const XhciTd *td, int64_t frame)
{
    const XhciTrb *first = td_trb(td, 0);

    if (trb_type(first) != TRB_ISOCH || (first->control & TRB_SIA)) {
        return 0;
    }
    return sextract32(TRB_FRAME(first->control) - frame, 0, 11);
}

/* Nothing is there when something is due: that is said once, until the next doorbell (4.10.3.1). */
static void ring_is_empty(XhciEndpoint *ep)
{
    XhciTrb nothing = { 0 };

    ep->again = false;
    transfer_event(ep, &nothing, ep->type & EP_TYPE_IN ? CC_RING_OVERRUN : CC_RING_UNDERRUN, 0);
}

void xhci_serve_frame(XhciEndpoint *ep, int64_t frame)
{
    XhciState *s = ep->xhci;

    for (unsigned left = intervals_in(ep, frame), looks = TDS_A_TURN; left && looks; looks--) {
        XhciTd *td = NULL;
        XhciFetch result;
        int wait;

        if (!xhci_is_running(s) || ep->state != EP_RUNNING) {
            ep->again = false;
            return;
        }
        if (any_events_wait(s)) {
            return;
        }
        result = gather(ep, &td);
        if (result == XHCI_FETCH_BAD) {
            ring_is_bad(ep);
            return;
        }
        if (result == XHCI_FETCH_NONE) {
            ring_is_empty(ep);
            return;
        }
        wait = frames_until(td, frame);
        if (wait == 0) {
            begin(td);
            left--;
            continue;
        }
        if (wait < 0) {
            ep->ring = td->behind;
            report_error(td, CC_MISSED_SERVICE, 0);
        }
        td_free(td);
        if (wait > 0) {
            return;
        }
    }
}

/* --- all others --- */

void xhci_run_endpoint(XhciEndpoint *ep)
{
    XhciState *s = ep->xhci;

    if (xhci_is_isochronous(ep)) {
        ep->again = xhci_is_running(s) && ep->state == EP_RUNNING;
        xhci_start_frames(s);
        return;
    }
    ep->again = false;
    for (int i = 0; i < TDS_A_TURN; i++) {
        XhciTd *td = NULL;
        XhciFetch result;

        if (!xhci_is_running(s) || ep->state != EP_RUNNING || ep->td) {
            return;
        }
        if (any_events_wait(s)) {
            ep->again = true; /* once software has taken some: xhci_event_ring_advanced() */
            return;
        }
        result = gather(ep, &td);
        if (result == XHCI_FETCH_BAD) {
            ring_is_bad(ep);
        }
        if (result != XHCI_FETCH_OK || !begin(td)) {
            return;
        }
    }
    ep->again = true;
    xhci_schedule_turn(s);
}

/* --- a device has something --- */

void xhci_endpoint_ready(USBPort *root, USBDevice *dev, uint8_t address)
{
    XhciState *s = root->owner;
    unsigned dci = (address & 0xf) * 2 + (address & USB_DIR_IN ? 1 : 0);

    for (int i = 0; i < XHCI_NUM_SLOTS; i++) {
        XhciEndpoint *ep = &s->slots[i].endpoints[dci - 1];

        if (s->slots[i].enabled && s->slots[i].dev == dev && ep->td && ep->state == EP_RUNNING &&
            xhci_is_running(s) && !ep->td->with_device && !usb_is_pending(&ep->td->t) &&
            submit(ep->td)) {
            xhci_run_endpoint(ep);
        }
    }
}
