/*
 * Transfers on their way, for controllers that walk lists in memory again and again: OHCI, EHCI,
 * UHCI. Each belongs to a descriptor, by whose address it is found when the walk comes by.
 *
 * A walk that finds none begins one; one that finds it over retires the descriptor. What a whole
 * walk hasn't come by any more has been taken off the lists by software, and is cancelled.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_USB_FLIGHTS_H
#define HW_USB_FLIGHTS_H

#include "hw/usb/usb.h"

typedef struct USBFlight {
    USBTransfer t;
    uint64_t key;
    uint8_t *buffer;
    size_t size;
    bool seen;     /* in this walk */
    bool in_dma;   /* its data are being read or written: who does that drops it */
    struct USBFlights *all;
    QTAILQ_ENTRY(USBFlight) link;
} USBFlight;

typedef struct USBFlights {
    QTAILQ_HEAD(, USBFlight) list;
    /* One that was pending is over: time for a walk. */
    void (*landed)(void *opaque);
    void *opaque;
} USBFlights;

void usb_flights_init(USBFlights *all, void (*landed)(void *opaque), void *opaque);
/* The one of that descriptor, which counts as seen; NULL. */
USBFlight *usb_flight_find(USBFlights *all, uint64_t key);
/* A new one with `size` bytes of buffer, not yet with a device. */
USBFlight *usb_flight_new(USBFlights *all, uint64_t key, USBPid pid, uint8_t endpoint, size_t size);
/* Gives it to the device. False: it is still on its way; otherwise f->t.status says how it went. */
bool usb_flight_submit(USBFlight *f, USBDevice *dev);
/* Also takes it back from its device. */
void usb_flight_drop(USBFlight *f);
/* The walk is over: drops what it hasn't seen. */
void usb_flights_sweep(USBFlights *all);
/*
 * All but one that is in_dma: a write into memory may lead to a reset of the controller in the
 * middle of it (by way of the configuration of a bridge above it), and so may a read: of registers of a
 * device that writes then.
 */
void usb_flights_drop_all(USBFlights *all);

#endif
