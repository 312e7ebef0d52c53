/*
 * xHCI: what its files share. See xhci.c.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_USB_XHCI_INTERNAL_H
#define HW_USB_XHCI_INTERNAL_H

#include "core/register.h"
#include "hw/pci/pci.h"
#include "hw/usb/usb.h"
#include "qemu/main-loop.h"

#define XHCI_MAX_PORTS     30
#define XHCI_MAX_SOCKETS   15
#define XHCI_NUM_SLOTS     64
#define XHCI_NUM_INTRS     16
#define XHCI_NUM_ENDPOINTS 31 /* device context indices 1 to 31 */
#define XHCI_CONTEXT_SIZE  32
#define XHCI_TRB_SIZE      16

#define TYPE_XHCI "xhci"
typedef struct XhciState XhciState;
DECLARE_INSTANCE_CHECKER(XhciState, XHCI, TYPE_XHCI)

/* --- TRBs (6.4) --- */

enum {
    TRB_NORMAL = 1,
    TRB_SETUP = 2,
    TRB_DATA = 3,
    TRB_STATUS = 4,
    TRB_ISOCH = 5,
    TRB_LINK = 6,
    TRB_EVENT_DATA = 7,
    TRB_NOOP = 8,
    TRB_ENABLE_SLOT = 9,
    TRB_DISABLE_SLOT = 10,
    TRB_ADDRESS_DEVICE = 11,
    TRB_CONFIGURE_ENDPOINT = 12,
    TRB_EVALUATE_CONTEXT = 13,
    TRB_RESET_ENDPOINT = 14,
    TRB_STOP_ENDPOINT = 15,
    TRB_SET_DEQUEUE = 16,
    TRB_RESET_DEVICE = 17,
    TRB_NOOP_COMMAND = 23,
    TRB_TRANSFER_EVENT = 32,
    TRB_COMMAND_EVENT = 33,
    TRB_PORT_EVENT = 34,
};

/* Bits of a TRB's last word. */
#define TRB_CYCLE     0x00000001
#define TRB_TOGGLE    0x00000002 /* link: the cycle state turns */
#define TRB_ISP       0x00000004 /* an event on a short packet */
#define TRB_CHAIN     0x00000010
#define TRB_IOC       0x00000020
#define TRB_IDT       0x00000040 /* the data itself is in the TRB */
#define TRB_BEI       0x00000200 /* the event doesn't interrupt */
#define TRB_BSR       0x00000200 /* address device: without SET_ADDRESS */
#define TRB_DC        0x00000200 /* configure endpoint: deconfigure */
#define TRB_DIR_IN    0x00010000
#define TRB_SIA       0x80000000 /* isochronous: as soon as possible */
#define TRB_FRAME(control) ((control) >> 20 & 0x7ff) /* otherwise: in this frame */
#define TRB_EVENT_ED  0x00000004 /* transfer event: of an event data TRB */

/* Completion codes (table 6-90). */
enum {
    CC_SUCCESS = 1,
    CC_BABBLE = 3,
    CC_TRANSACTION_ERROR = 4,
    CC_TRB_ERROR = 5,
    CC_STALL = 6,
    CC_RESOURCE_ERROR = 7,
    CC_NO_SLOTS = 9,
    CC_SLOT_NOT_ENABLED = 11,
    CC_ENDPOINT_NOT_ENABLED = 12,
    CC_SHORT_PACKET = 13,
    CC_RING_UNDERRUN = 14,
    CC_RING_OVERRUN = 15,
    CC_PARAMETER_ERROR = 17,
    CC_CONTEXT_STATE_ERROR = 19,
    CC_MISSED_SERVICE = 23,
    CC_RING_STOPPED = 24,
    CC_STOPPED = 26,
};

typedef struct XhciTrb {
    uint64_t parameter;
    uint32_t status, control;
    uint64_t at; /* its address */
} XhciTrb;

static inline unsigned trb_type(const XhciTrb *trb)
{
    return trb->control >> 10 & 0x3f;
}

/* Bytes that a transfer TRB moves. */
static inline uint32_t trb_length(const XhciTrb *trb)
{
    return trb->status & 0x1ffff;
}

static inline unsigned trb_interrupter(const XhciTrb *trb)
{
    return trb->status >> 22;
}

/* Where software's TRBs are read next. */
typedef struct XhciRing {
    uint64_t dequeue;
    bool cycle;
} XhciRing;

typedef enum XhciFetch { XHCI_FETCH_NONE, XHCI_FETCH_OK, XHCI_FETCH_BAD } XhciFetch;

/* --- endpoints, slots --- */

enum { EP_DISABLED, EP_RUNNING, EP_HALTED, EP_STOPPED, EP_ERROR }; /* 6.2.3 */
enum { EP_TYPE_ISOCHRONOUS = 1, EP_TYPE_CONTROL = 4, EP_TYPE_IN = 4 /* bit */ };
enum { SLOT_DISABLED = 0, SLOT_DEFAULT = 1, SLOT_ADDRESSED = 2, SLOT_CONFIGURED = 3 };

typedef struct XhciTd XhciTd;

typedef struct XhciEndpoint {
    XhciState *xhci;
    uint8_t slot, dci;
    uint8_t state, type;
    uint8_t interval; /* of an isochronous one: 2^n microframes */
    XhciRing ring;
    XhciTd *td;  /* what it is at */
    bool again;  /* there may be more than one turn's worth of TDs */
} XhciEndpoint;

typedef struct XhciSlot {
    bool enabled;
    uint8_t state;
    uint8_t port;    /* root hub port, from 1 */
    uint32_t route;
    uint64_t context; /* the device context in memory */
    USBDevice *dev;  /* NULL: gone, or never there */
    XhciEndpoint endpoints[XHCI_NUM_ENDPOINTS]; /* by device context index - 1 */
} XhciSlot;

/* Where the next event of an interrupter goes (4.9.4). */
typedef struct XhciEventRing {
    bool started;
    uint32_t segment, index, size; /* in TRBs */
    uint64_t base;
    bool cycle;
    GQueue waiting; /* of XhciTrb: for which there is no room */
} XhciEventRing;

struct XhciState {
    PCIDevice parent_obj;

    uint32_t p2, p3; /* properties */

    MemoryRegion bar, registers;
    RegisterBlock regs;
    USBBus *bus;
    USBPort sockets[XHCI_MAX_SOCKETS];
    unsigned in_dma; /* accesses to our registers are our own then, and are ignored */
    XhciRing commands;
    bool commands_run;
    XhciSlot slots[XHCI_NUM_SLOTS];
    XhciEventRing events[XHCI_NUM_INTRS];
    QEMUBH *turn; /* what is left for the next turn of the main loop */
    bool commands_again;
    QEMUTimer *frame_timer; /* runs while an isochronous endpoint has TDs */
    int64_t frame_start;
    bool resumed; /* loaded: all endpoints look what there is */
};

/* Rows of the registers. */
enum {
    ROW_CAPLENGTH, ROW_HCIVERSION, ROW_HCSPARAMS1, ROW_HCSPARAMS2, ROW_HCSPARAMS3, ROW_HCCPARAMS1,
    ROW_DBOFF, ROW_RTSOFF, ROW_HCCPARAMS2, ROW_PROTOCOL2, ROW_PROTOCOL3, ROW_USBCMD, ROW_USBSTS,
    ROW_PAGESIZE, ROW_DNCTRL, ROW_CRCR, ROW_DCBAAP, ROW_CONFIG, ROW_PORTSC, ROW_PORTPMSC,
    ROW_PORTLI, ROW_PORTHLPMC, ROW_MFINDEX, ROW_IMAN, ROW_IMOD, ROW_ERSTSZ, ROW_ERSTBA, ROW_ERDP,
    ROW_DOORBELL,
};

/* xhci.c */
bool xhci_is_running(const XhciState *s);
void xhci_guest_error(const char *what, const char *why);
/* An error that the controller doesn't survive (4.10.2.6): it halts. */
void xhci_system_error(XhciState *s);
/* False, with the controller halted, if memory doesn't answer. */
bool xhci_dma_read(XhciState *s, uint64_t from, void *to, size_t size);
bool xhci_dma_write(XhciState *s, uint64_t to, const void *from, size_t size);
/* The device at a root port behind hubs; NULL. */
USBDevice *xhci_find_device(XhciState *s, unsigned port, uint32_t route);
void xhci_schedule_turn(XhciState *s);
/* From the next frame on, isochronous endpoints are served: xhci_serve_frame(). */
void xhci_start_frames(XhciState *s);
/* Interrupts that are due and allowed now. */
void xhci_deliver_interrupts(XhciState *s);

/* xhci-rings.c */
XhciFetch xhci_fetch(XhciState *s, XhciRing *ring, XhciTrb *trb);
/* Puts the event on the ring of an interrupter. */
void xhci_post_event(XhciState *s, unsigned interrupter, const XhciTrb *event);
/* Events wait for room on the ring. */
bool xhci_events_wait(XhciState *s, unsigned interrupter);
/* Software has taken events, or given the ring another place. */
void xhci_event_ring_advanced(XhciState *s, unsigned interrupter);
void xhci_event_ring_moved(XhciState *s, unsigned interrupter);
void xhci_event_rings_reset(XhciState *s);

/* xhci-commands.c */
void xhci_run_commands(XhciState *s);
void xhci_stop_commands(XhciState *s);
void xhci_slots_reset(XhciState *s);

/* xhci-transfers.c */
static inline bool xhci_is_isochronous(const XhciEndpoint *ep)
{
    return (ep->type & ~EP_TYPE_IN) == EP_TYPE_ISOCHRONOUS;
}
/* Does what is on the endpoint's ring; of an isochronous one, in the frames to come. */
void xhci_run_endpoint(XhciEndpoint *ep);
/* An isochronous endpoint's TDs of a frame. */
void xhci_serve_frame(XhciEndpoint *ep, int64_t frame);
/* What it is at is given up, without an event. */
void xhci_drop_td(XhciEndpoint *ep);
/* The same with the event that Stop Endpoint asks for (4.6.9). */
void xhci_stop_td(XhciEndpoint *ep);
/* The same as if the device didn't answer: it is gone. */
void xhci_fail_td(XhciEndpoint *ep);
void xhci_endpoint_ready(USBPort *root, USBDevice *dev, uint8_t address);
/* Writes state and dequeue pointer to the endpoint's context. */
void xhci_store_endpoint(XhciEndpoint *ep);

#endif
