/*
 * usb-ehci: what its two files share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_USB_EHCI_INTERNAL_H
#define HW_USB_EHCI_INTERNAL_H

#include "qemu/osdep.h"
#include "core/register.h"
#include "flights.h"
#include "hw/pci/pci.h"
#include "qemu/main-loop.h"

#define TYPE_EHCI "ehci"
OBJECT_DECLARE_SIMPLE_TYPE(EhciState, EHCI)

#define NUM_PORTS        6
#define PAGE             0x1000

/* Causes of interrupts (2.3.2). */
#define STS_INT          0x00000001
#define STS_ERROR        0x00000002

/* The device and the endpoint, in a QH as in iTDs and siTDs. */
#define EHCI_ADDRESS(w)  ((w)&0x7f)
#define EHCI_ENDPOINT(w) ((w) >> 8 & 0xf)

/* Isochronous TDs (3.3): the link, eight transactions, seven pages with more in their low bits. */
enum {
    ITD_TRANSACTIONS = 1,
    ITD_PAGES = 9,
    MAX_ITD_PAGES = 7,
    MICROFRAMES = 8,
    ITD_WORDS = ITD_PAGES + MAX_ITD_PAGES
};
/* Split ones (3.4). */
enum { SITD_ENDPOINT = 1, SITD_STATE = 3, SITD_PAGES = 4, SITD_WORDS = 7 };

typedef struct EhciPort {
    USBPort socket;
    /* The companion that has it, while this controller doesn't; NULL: there is none. */
    const USBPortOps *companion_ops;
    void *companion;
    unsigned companion_index;
} EhciPort;

struct EhciState {
    PCIDevice parent_obj;

    MemoryRegion bar;
    RegisterBlock regs;
    USBBus *bus;
    EhciPort ports[NUM_PORTS];
    USBFlights flights;
    QEMUTimer *frame_timer;
    QEMUBH *walk_bh;
    int64_t frame_start;
    unsigned in_dma;
};

/*
 * The controller halts if memory doesn't answer: false then. `words` are in the host's byte order,
 * at most as many as a queue head has.
 */
bool ehci_dma(EhciState *s, uint32_t at, void *data, size_t size, DMADirection way);
bool ehci_put_words(EhciState *s, uint32_t at, const uint32_t *words, unsigned n);

bool ehci_is_running(const EhciState *s);
void ehci_interrupt(EhciState *s, uint32_t causes);

/* Do what the descriptor says that was read from `at`, and write back what has come of it. */
void ehci_run_itd(EhciState *s, uint32_t at, uint32_t *itd);
void ehci_run_sitd(EhciState *s, uint32_t at, uint32_t *sitd);

#endif
