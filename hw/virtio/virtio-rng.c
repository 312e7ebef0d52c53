/*
 * Virtio entropy device: each buffer is filled with random bytes.
 *
 * max-bytes each period milliseconds are given out, no more.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "qemu/timer.h"
#include "system/rng.h"

#define TYPE_VIRTIO_RNG "virtio-rng-device"
#define QUEUE_SIZE      8
#define NO_LIMIT        INT64_MAX

typedef struct VirtioRng {
    VirtioDevice parent_obj;

    RngBackend *rng;
    Object *own_rng;   /* where the user named none */
    uint64_t max_bytes; /* properties */
    uint32_t period_ms;

    VirtQueue *queue;
    QEMUTimer *period;
    int64_t quota; /* bytes left of this period */
    bool asked;
} VirtioRng;

DECLARE_INSTANCE_CHECKER(VirtioRng, VIRTIO_RNG, TYPE_VIRTIO_RNG)

static void received(void *opaque, const uint8_t *bytes, size_t size);

/* One request at a time: the driver has its bytes before the next buffer is looked at. */
static void ask(VirtioRng *s)
{
    VirtBuffer *buf;

    if (s->asked || !virtio_is_running(&s->parent_obj) || s->quota <= 0) {
        return;
    }
    buf = virtq_take(s->queue, sizeof(*buf));
    if (buf) {
        size_t size = MIN(buf->in_size, (uint64_t)s->quota);

        /* The buffer is looked at again when there are bytes: it may be gone by then. */
        virtq_put_back(buf);
        s->asked = true;
        rng_request(s->rng, MAX(size, 1), received, s);
    }
}

static void received(void *opaque, const uint8_t *bytes, size_t size)
{
    VirtioRng *s = opaque;
    VirtBuffer *buf;

    s->asked = false;
    buf = virtio_is_running(&s->parent_obj) ? virtq_take(s->queue, sizeof(*buf)) : NULL;
    if (!buf) {
        return;
    }
    size = iov_from_buf(buf->in, buf->num_in, 0, bytes, MIN(size, (uint64_t)s->quota));
    if (s->quota != NO_LIMIT) {
        s->quota -= size;
    }
    virtq_finish(buf, size);
    virtq_publish(s->queue);
    ask(s);
}

static void buffers_available(VirtioDevice *dev, VirtQueue *q)
{
    ask(VIRTIO_RNG(dev));
}

static int64_t full_quota(const VirtioRng *s)
{
    return MIN(s->max_bytes, (uint64_t)NO_LIMIT);
}

static void next_period(void *opaque)
{
    VirtioRng *s = opaque;

    s->quota = full_quota(s);
    timer_mod(s->period, qemu_clock_get_ms(QEMU_CLOCK_VIRTUAL) + s->period_ms);
    ask(s);
}

static void rng_status_changed(VirtioDevice *dev, uint8_t before)
{
    ask(VIRTIO_RNG(dev));
}

static void rng_reset(VirtioDevice *dev)
{
    VirtioRng *s = VIRTIO_RNG(dev);

    rng_cancel(s->rng, s);
    s->asked = false;
}

static void rng_realize(VirtioDevice *dev, Error **errp)
{
    VirtioRng *s = VIRTIO_RNG(dev);

    if (!s->period_ms) {
        error_setg(errp, "%s: period=0: expected at least 1 millisecond", TYPE_VIRTIO_RNG);
        return;
    }
    if (!s->rng) {
        s->own_rng = object_new(TYPE_RNG_BUILTIN);
        s->rng = RNG_BACKEND(s->own_rng);
    }
    s->queue = virtio_add_queue(dev, QUEUE_SIZE, buffers_available);
    s->quota = full_quota(s);
    if (s->quota != NO_LIMIT) {
        s->period = timer_new_ms(QEMU_CLOCK_VIRTUAL, next_period, s);
        next_period(s);
    }
}

static void rng_unrealize(VirtioDevice *dev)
{
    VirtioRng *s = VIRTIO_RNG(dev);

    if (s->period) {
        timer_free(s->period);
        s->period = NULL;
    }
    if (s->own_rng) {
        s->rng = NULL;
        g_clear_pointer(&s->own_rng, object_unref);
    }
}

static int rng_post_load(void *opaque, int version_id)
{
    ask(opaque);
    return 0;
}

static const VMStateDescription vmstate_rng = {
    .name = "virtio-rng",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = rng_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioRng),
            VMSTATE_INT64(quota, VirtioRng),
            VMSTATE_END_OF_LIST(),
        },
};

static Property rng_properties[] = {
    DEFINE_PROP_UINT64("max-bytes", VirtioRng, max_bytes, INT64_MAX),
    DEFINE_PROP_UINT32("period", VirtioRng, period_ms, 1 << 16),
    DEFINE_PROP_LINK("rng", VirtioRng, rng, TYPE_RNG_BACKEND, RngBackend *),
    DEFINE_PROP_END_OF_LIST(),
};

static void rng_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_RNG;
    vc->realize = rng_realize;
    vc->unrealize = rng_unrealize;
    vc->status_changed = rng_status_changed;
    vc->reset = rng_reset;
    dc->vmsd = &vmstate_rng;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, rng_properties);
}

static const TypeInfo rng_types[] = {
    {
        .name = TYPE_VIRTIO_RNG,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioRng),
        .class_init = rng_class_init,
    },
};

DEFINE_TYPES(rng_types)

static const VirtioPCIKind rng_pci = {
    .name = "virtio-rng-pci",
    .backend = TYPE_VIRTIO_RNG,
    .legacy_id = 0x1005,
    .class_id = PCI_CLASS_OTHERS,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_MISC,
};

static void register_rng_pci(void)
{
    virtio_pci_register(&rng_pci);
}

type_init(register_rng_pci)
