/*
 * filter-buffer: packets wait, and go on together at the end of each interval of guest time.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "net/filter.h"
#include "qapi/error.h"
#include "qemu/timer.h"

#define TYPE_FILTER_BUFFER "filter-buffer"
OBJECT_DECLARE_SIMPLE_TYPE(FilterBuffer, FILTER_BUFFER)

#define HELD_MAX 16384 /* packets; more in one interval are lost */

typedef struct HeldPacket {
    NetClientState *sender;
    unsigned flags;
    struct iovec iov;
    uint8_t data[];
} HeldPacket;

struct FilterBuffer {
    NetFilterState parent_obj;

    uint32_t interval_us;
    QEMUTimer *timer;
    GQueue held; /* of HeldPacket */
};

static bool buffer_packet(NetFilterState *nf, const NetFilterPacket *p)
{
    FilterBuffer *b = FILTER_BUFFER(nf);
    size_t size = iov_size(p->iov, p->iovcnt);
    HeldPacket *held;

    if (g_queue_get_length(&b->held) < HELD_MAX) {
        held = g_malloc(sizeof(*held) + size);
        held->sender = p->sender;
        held->flags = p->flags;
        held->iov = (struct iovec){ held->data, size };
        iov_to_buf(p->iov, p->iovcnt, 0, held->data, size);
        g_queue_push_tail(&b->held, held);
    }
    return true;
}

/* Those that are there now: what comes back of them at once waits for the next time. */
static void release(FilterBuffer *b)
{
    NetFilterState *nf = NETFILTER(b);

    for (guint n = g_queue_get_length(&b->held); n > 0; n--) {
        HeldPacket *held = g_queue_pop_head(&b->held);

        /* The NIC may have gone meanwhile. */
        if (nf->netdev && (held->sender == nf->netdev || held->sender == nf->netdev->peer)) {
            net_filter_pass_on(nf, held->sender, held->flags, &held->iov, 1);
        }
        g_free(held);
    }
}

static void interval_over(void *opaque)
{
    FilterBuffer *b = opaque;

    timer_mod(b->timer, qemu_clock_get_us(QEMU_CLOCK_VIRTUAL) + b->interval_us);
    release(b);
}

static void start_or_stop(NetFilterState *nf)
{
    FilterBuffer *b = FILTER_BUFFER(nf);

    if (nf->on) {
        timer_mod(b->timer, qemu_clock_get_us(QEMU_CLOCK_VIRTUAL) + b->interval_us);
    } else {
        timer_del(b->timer);
        release(b);
    }
}

static bool buffer_setup(NetFilterState *nf, Error **errp)
{
    FilterBuffer *b = FILTER_BUFFER(nf);

    if (!b->interval_us) {
        error_setg(errp, "Parameter 'interval' is missing");
        error_append_hint(errp, "It is a number of microseconds.\n");
        return false;
    }
    b->timer = timer_new_us(QEMU_CLOCK_VIRTUAL, interval_over, b);
    start_or_stop(nf);
    return true;
}

static void buffer_cleanup(NetFilterState *nf)
{
    FilterBuffer *b = FILTER_BUFFER(nf);

    release(b);
    timer_free(b->timer);
    g_queue_clear_full(&b->held, g_free);
}

static void buffer_describe(NetFilterState *nf, GString *out)
{
    g_string_append_printf(out, ",interval=%u", FILTER_BUFFER(nf)->interval_us);
}

static void get_interval(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    qvalue_set_uint(v, FILTER_BUFFER(obj)->interval_us);
}

static void set_interval(Object *obj, QValue *v, const char *name, void *opaque, Error **errp)
{
    int64_t value;

    if (qvalue_to_int(v, name, 1, UINT32_MAX, &value, errp)) {
        FILTER_BUFFER(obj)->interval_us = value;
    }
}

static void buffer_init(Object *obj)
{
    g_queue_init(&FILTER_BUFFER(obj)->held);
}

static void buffer_class_init(ObjectClass *oc, void *data)
{
    NetFilterClass *nfc = NETFILTER_CLASS(oc);

    nfc->setup = buffer_setup;
    nfc->cleanup = buffer_cleanup;
    nfc->status_changed = start_or_stop;
    nfc->packet = buffer_packet;
    nfc->describe = buffer_describe;
    object_class_property_add(oc, "interval", "uint32", get_interval, set_interval, NULL, NULL);
    object_class_property_set_description(oc, "interval", "How long packets wait at most, in us");
}

static const TypeInfo buffer_types[] = {
    {
        .name = TYPE_FILTER_BUFFER,
        .parent = TYPE_NETFILTER,
        .instance_size = sizeof(FilterBuffer),
        .instance_init = buffer_init,
        .class_init = buffer_class_init,
    },
};

DEFINE_TYPES(buffer_types)
