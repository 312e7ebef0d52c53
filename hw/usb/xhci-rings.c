/*
 * xHCI: rings in memory. Software's are read TRB by TRB; events are written to those of the
 * interrupters.
 *
 * Reference: eXtensible Host Controller Interface 1.2, section 4.9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "qemu/bswap.h"
#include "xhci-internal.h"

#define MAX_LINKS        32   /* in a row: a ring has at least one TRB in each segment */
#define MIN_SEGMENT      16   /* TRBs of an event ring segment (6.5) */
#define MAX_SEGMENT      4096
#define MAX_WAITING      4096
#define ERST_ENTRY_SIZE  16
#define ERDP_BUSY        0x8
#define POINTER_MASK     (~0xfULL)

/* --- software's --- */

static bool read_trb(XhciState *s, uint64_t at, XhciTrb *trb)
{
    uint8_t bytes[XHCI_TRB_SIZE];

    /* The cycle bit is what makes the rest valid: it is read first (4.9.2). */
    if (!xhci_dma_read(s, at + 12, bytes + 12, 4)) {
        return false;
    }
    smp_rmb();
    if (!xhci_dma_read(s, at, bytes, 12)) {
        return false;
    }
    trb->parameter = ldq_le_p(bytes);
    trb->status = ldl_le_p(bytes + 8);
    trb->control = ldl_le_p(bytes + 12);
    trb->at = at;
    return true;
}

XhciFetch xhci_fetch(XhciState *s, XhciRing *ring, XhciTrb *trb)
{
    for (int links = 0; links < MAX_LINKS; links++) {
        if (!read_trb(s, ring->dequeue, trb) || (trb->control & TRB_CYCLE) != ring->cycle) {
            return XHCI_FETCH_NONE;
        }
        if (trb_type(trb) != TRB_LINK) {
            ring->dequeue += XHCI_TRB_SIZE;
            return XHCI_FETCH_OK;
        }
        ring->dequeue = trb->parameter & POINTER_MASK;
        ring->cycle ^= (trb->control & TRB_TOGGLE) != 0;
    }
    xhci_guest_error("ring", "nothing but links");
    return XHCI_FETCH_BAD;
}

/* --- event rings --- */

static bool load_segment(XhciState *s, unsigned n, uint32_t segment, uint64_t *base, uint32_t *size)
{
    uint64_t table = register_get_at(&s->regs, ROW_ERSTBA, n);
    uint8_t entry[ERST_ENTRY_SIZE];

    if (!xhci_dma_read(s, table + segment * ERST_ENTRY_SIZE, entry, sizeof(entry))) {
        return false;
    }
    *base = ldq_le_p(entry) & ~0x3fULL;
    *size = ldl_le_p(entry + 8) & 0xffff;
    if (*size < MIN_SEGMENT || *size > MAX_SEGMENT) {
        xhci_guest_error("event ring", "a segment's size is not 16 to 4096 TRBs");
        xhci_system_error(s);
        return false;
    }
    return true;
}

static bool start_ring(XhciState *s, unsigned n)
{
    XhciEventRing *ring = &s->events[n];

    if (!ring->started) {
        ring->segment = ring->index = 0;
        ring->cycle = true;
        ring->started = register_get_at(&s->regs, ROW_ERSTSZ, n) &&
                        load_segment(s, n, 0, &ring->base, &ring->size);
    }
    return ring->started;
}

static uint64_t next_address(const XhciEventRing *ring)
{
    return ring->base + ring->index * XHCI_TRB_SIZE;
}

/* One event further; false: there is no room (or no ring). */
static bool put_event(XhciState *s, unsigned n, const XhciTrb *event)
{
    XhciEventRing *ring = &s->events[n], after = *ring;
    uint64_t taken_to = register_get_at(&s->regs, ROW_ERDP, n) & POINTER_MASK;
    uint8_t bytes[XHCI_TRB_SIZE];

    if (++after.index == ring->size) {
        uint32_t segments = register_get_at(&s->regs, ROW_ERSTSZ, n);

        after.index = 0;
        after.segment++;
        if (after.segment >= segments) {
            after.segment = 0;
            after.cycle = !ring->cycle;
        }
        if (!load_segment(s, n, after.segment, &after.base, &after.size)) {
            return false;
        }
    }
    if (next_address(&after) == taken_to) {
        return false;
    }
    stq_le_p(bytes, event->parameter);
    stl_le_p(bytes + 8, event->status);
    stl_le_p(bytes + 12, (event->control & ~TRB_CYCLE) | ring->cycle);
    if (!xhci_dma_write(s, next_address(ring), bytes, 12)) {
        return false;
    }
    smp_wmb(); /* software looks at the cycle bit */
    xhci_dma_write(s, next_address(ring) + 12, bytes + 12, 4);
    *ring = after;
    return true;
}

/* Interrupts once until software says that it has seen it (4.17.2). */
static void note_event(XhciState *s, unsigned n)
{
    uint64_t erdp = register_get_at(&s->regs, ROW_ERDP, n);

    if (!(erdp & ERDP_BUSY)) {
        register_set_at(&s->regs, ROW_ERDP, n, erdp | ERDP_BUSY);
        register_set_at(&s->regs, ROW_IMAN, n, register_get_at(&s->regs, ROW_IMAN, n) | 1);
        register_set(&s->regs, ROW_USBSTS, register_get(&s->regs, ROW_USBSTS) | 0x8 /* EINT */);
        xhci_deliver_interrupts(s);
    }
}

bool xhci_events_wait(XhciState *s, unsigned n)
{
    return n < XHCI_NUM_INTRS && s->events[n].waiting.length;
}

void xhci_post_event(XhciState *s, unsigned n, const XhciTrb *event)
{
    if (n >= XHCI_NUM_INTRS || !start_ring(s, n)) {
        xhci_guest_error("event", "for an interrupter that has no event ring");
        return;
    }
    if (xhci_events_wait(s, n) || !put_event(s, n, event)) {
        if (s->events[n].waiting.length < MAX_WAITING) {
            g_queue_push_tail(&s->events[n].waiting, g_memdup2(event, sizeof(*event)));
        } else {
            xhci_guest_error("event", "lost: thousands wait for room already");
        }
        return;
    }
    if (!(event->control & TRB_BEI)) {
        note_event(s, n);
    }
}

void xhci_event_ring_advanced(XhciState *s, unsigned n)
{
    XhciEventRing *ring = &s->events[n];
    bool had_waiting = ring->waiting.length;

    while (ring->started && ring->waiting.length &&
           put_event(s, n, g_queue_peek_head(&ring->waiting))) {
        g_free(g_queue_pop_head(&ring->waiting));
    }
    if (ring->started &&
        next_address(ring) != (register_get_at(&s->regs, ROW_ERDP, n) & POINTER_MASK)) {
        note_event(s, n);
    }
    if (had_waiting && !ring->waiting.length) {
        xhci_schedule_turn(s);
    }
}

void xhci_event_ring_moved(XhciState *s, unsigned n)
{
    s->events[n].started = false;
}

void xhci_event_rings_reset(XhciState *s)
{
    for (int n = 0; n < XHCI_NUM_INTRS; n++) {
        s->events[n].started = false;
        g_queue_clear_full(&s->events[n].waiting, g_free);
    }
}
