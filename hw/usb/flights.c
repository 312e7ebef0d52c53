/*
 * Transfers on their way: see flights.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "flights.h"

void usb_flights_init(USBFlights *all, void (*landed)(void *opaque), void *opaque)
{
    QTAILQ_INIT(&all->list);
    all->landed = landed;
    all->opaque = opaque;
}

USBFlight *usb_flight_find(USBFlights *all, uint64_t key)
{
    USBFlight *f;

    QTAILQ_FOREACH(f, &all->list, link) {
        if (f->key == key) {
            f->seen = true;
            return f;
        }
    }
    return NULL;
}

static void landed(USBTransfer *t)
{
    USBFlight *f = t->opaque;

    f->all->landed(f->all->opaque);
}

USBFlight *usb_flight_new(USBFlights *all, uint64_t key, USBPid pid, uint8_t endpoint, size_t size)
{
    USBFlight *f = g_new0(USBFlight, 1);

    f->all = all;
    f->key = key;
    f->size = size;
    f->seen = true;
    f->buffer = g_malloc0(size);
    f->t.pid = pid;
    f->t.endpoint = endpoint;
    f->t.complete = landed;
    f->t.opaque = f;
    qemu_iovec_init_buf(&f->t.data, f->buffer, size);
    QTAILQ_INSERT_TAIL(&all->list, f, link);
    return f;
}

bool usb_flight_submit(USBFlight *f, USBDevice *dev)
{
    return usb_submit(dev, &f->t) != USB_PENDING;
}

void usb_flight_drop(USBFlight *f)
{
    usb_cancel(&f->t);
    QTAILQ_REMOVE(&f->all->list, f, link);
    g_free(f->buffer);
    g_free(f);
}

void usb_flights_sweep(USBFlights *all)
{
    USBFlight *f, *next;

    QTAILQ_FOREACH_SAFE(f, &all->list, link, next) {
        if (f->seen) {
            f->seen = false;
        } else {
            usb_flight_drop(f);
        }
    }
}

void usb_flights_drop_all(USBFlights *all)
{
    USBFlight *f, *next;

    QTAILQ_FOREACH_SAFE(f, &all->list, link, next) {
        if (!f->in_dma) {
            usb_flight_drop(f);
        }
    }
}
