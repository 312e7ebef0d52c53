/*
 * usb-ehci: isochronous transfers, whole and split.
 *
 * Reference: Enhanced Host Controller Interface Specification for USB, revision 1.0: 3.3, 3.4, 4.7,
 * 4.12.3.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ehci-internal.h"
#include "qemu/log.h"

/* A transaction of an iTD (3.3.2). */
#define ITD_ACTIVE       0x80000000
#define ITD_BUFFER_ERROR 0x40000000
#define ITD_BABBLE       0x20000000
#define ITD_NO_ANSWER    0x10000000
#define ITD_STATUS       0xf0000000
#define ITD_SIZE(w)      ((w) >> 16 & 0xfff)
#define ITD_SIZE_MASK    0x0fff0000
#define ITD_IOC          0x00008000
#define ITD_PAGE(w)      ((w) >> 12 & 7)
#define ITD_IN           0x00000800 /* in the second page's word */
#define ITD_MAX_SIZE     3072

/* An siTD (3.4). */
#define SITD_IN          0x80000000
#define SITD_IOC         0x80000000
#define SITD_PAGE        0x40000000
#define SITD_SIZE(w)     ((w) >> 16 & 0x3ff)
#define SITD_SIZE_MASK   0x03ff0000
#define SITD_ACTIVE      0x00000080
#define SITD_ERROR       0x00000040
#define SITD_BABBLE      0x00000010
#define SITD_STATUS      0x000000ff

/* `pages` has one more than the last that the data may begin in. */
static bool copy_iso(EhciState *s, const uint32_t *pages, uint32_t offset, uint8_t *data,
                     size_t size, DMADirection way)
{
    size_t on_first = MIN(size, PAGE - offset);

    return (!on_first || ehci_dma(s, (pages[0] & ~(PAGE - 1)) + offset, data, on_first, way)) &&
           (size == on_first ||
            ehci_dma(s, pages[1] & ~(PAGE - 1), data + on_first, size - on_first, way));
}

static bool is_sane_transaction(uint32_t transaction)
{
    size_t size = ITD_SIZE(transaction);
    bool fits = (transaction & (PAGE - 1)) + size <= PAGE;

    return size <= ITD_MAX_SIZE && ITD_PAGE(transaction) + !fits < MAX_ITD_PAGES;
}

/* One microframe's. False: memory doesn't answer. */
static bool run_transaction(EhciState *s, const uint32_t *itd, uint32_t *transaction)
{
    USBPid pid = itd[ITD_PAGES + 1] & ITD_IN ? USB_PID_IN : USB_PID_OUT;
    const uint32_t *pages = &itd[ITD_PAGES + ITD_PAGE(*transaction)];
    uint32_t offset = *transaction & (PAGE - 1), done = *transaction & ~ITD_STATUS;
    size_t size = ITD_SIZE(*transaction), moved;
    uint8_t data[ITD_MAX_SIZE];
    USBStatus status;

    if (!is_sane_transaction(*transaction)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_EHCI, "iTD", "a transaction that is too long");
        *transaction = done | ITD_BUFFER_ERROR;
        return true;
    }
    if (pid == USB_PID_OUT && !copy_iso(s, pages, offset, data, size, DMA_DIRECTION_TO_DEVICE)) {
        return false;
    }
    status = usb_isochronous(usb_find_address(s->bus, s, EHCI_ADDRESS(itd[ITD_PAGES])), pid,
                             EHCI_ENDPOINT(itd[ITD_PAGES]), data, size, &moved);
    if (pid == USB_PID_IN) {
        if (!copy_iso(s, pages, offset, data, moved, DMA_DIRECTION_FROM_DEVICE)) {
            return false;
        }
        done = (done & ~ITD_SIZE_MASK) | moved << 16;
    }
    done |= status == USB_BABBLE ? ITD_BABBLE : 0;
    done |= status == USB_NO_ANSWER ? ITD_NO_ANSWER : 0;
    *transaction = done;
    return true;
}

/* 4.7.2: each transaction has its microframe, and no other. */
void ehci_run_itd(EhciState *s, uint32_t at, uint32_t *itd)
{
    uint32_t causes = 0;

    for (int i = 0; i < MICROFRAMES && ehci_is_running(s); i++) {
        uint32_t *transaction = &itd[ITD_TRANSACTIONS + i];

        if (!(*transaction & ITD_ACTIVE)) {
            continue;
        }
        if (!run_transaction(s, itd, transaction) ||
            !ehci_put_words(s, at + (ITD_TRANSACTIONS + i) * 4, transaction, 1)) {
            return;
        }
        causes |= *transaction & ITD_IOC ? STS_INT : 0;
        causes |= *transaction & ITD_STATUS ? STS_ERROR : 0;
    }
    if (causes) {
        ehci_interrupt(s, causes);
    }
}

/* A packet of full speed, which a hub translates (4.12.3). */
void ehci_run_sitd(EhciState *s, uint32_t at, uint32_t *sitd)
{
    USBPid pid = sitd[SITD_ENDPOINT] & SITD_IN ? USB_PID_IN : USB_PID_OUT;
    uint32_t state = sitd[SITD_STATE], page = state & SITD_PAGE ? 1 : 0;
    uint32_t offset = sitd[SITD_PAGES] & (PAGE - 1);
    const uint32_t pages[] = { sitd[SITD_PAGES + page], sitd[SITD_PAGES + 1] };
    size_t size = SITD_SIZE(state), moved;
    uint8_t data[SITD_SIZE(UINT32_MAX)];
    USBStatus status;

    if (!(state & SITD_ACTIVE) ||
        (pid == USB_PID_OUT && !copy_iso(s, pages, offset, data, size, DMA_DIRECTION_TO_DEVICE))) {
        return;
    }
    status = usb_isochronous(usb_find_address(s->bus, s, EHCI_ADDRESS(sitd[SITD_ENDPOINT])), pid,
                             EHCI_ENDPOINT(sitd[SITD_ENDPOINT]), data, size, &moved);
    if (pid == USB_PID_IN && !copy_iso(s, pages, offset, data, moved, DMA_DIRECTION_FROM_DEVICE)) {
        return;
    }
    state = (state & ~(SITD_STATUS | SITD_SIZE_MASK)) | (size - moved) << 16;
    state |= offset + moved >= PAGE ? SITD_PAGE : 0;
    state |= status == USB_BABBLE ? SITD_BABBLE : 0;
    state |= status == USB_NO_ANSWER ? SITD_ERROR : 0; /* what the hub answers then */
    sitd[SITD_STATE] = state;
    sitd[SITD_PAGES] = (sitd[SITD_PAGES] & ~(PAGE - 1)) | ((offset + moved) & (PAGE - 1));
    if (ehci_put_words(s, at + SITD_STATE * 4, &sitd[SITD_STATE], 2)) {
        uint32_t causes = state & SITD_IOC ? STS_INT : 0;

        causes |= status != USB_DONE ? STS_ERROR : 0;
        if (causes) {
            ehci_interrupt(s, causes);
        }
    }
}
