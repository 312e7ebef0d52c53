/*
 * Virtio 9P device: a folder of the host, as a file system that the guest mounts by its tag.
 *
 * Each buffer is a message of 9P and room for the reply. The configuration is the tag: its length
 * and its bytes.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5 (device id 9); Linux's
 * include/uapi/linux/virtio_9p.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "p9.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_9P "virtio-9p-device"
#define QUEUE_SIZE     128
#define MAX_TAG        32 /* bytes */

enum { F_MOUNT_TAG = 0 };
enum { CONFIG_TAG_LENGTH = 0, CONFIG_TAG = 2, CONFIG_SIZE = CONFIG_TAG + MAX_TAG };

typedef struct Virtio9P {
    VirtioDevice parent_obj;

    char *fsdev, *tag; /* properties */

    P9Server *server;
    P9Queue *requests;
} Virtio9P;

DECLARE_INSTANCE_CHECKER(Virtio9P, VIRTIO_9P, TYPE_VIRTIO_9P)

typedef struct Request {
    VirtBuffer buf;
    P9Request p9;
} Request;

static void answered(P9Request *p9)
{
    Request *r = container_of(p9, Request, p9);
    VirtQueue *q = r->buf.queue;

    virtq_finish(&r->buf, p9->written);
    virtq_publish(q);
}

static void dropped(P9Request *p9)
{
    virtq_drop(&container_of(p9, Request, p9)->buf);
}

static void messages_available(VirtioDevice *dev, VirtQueue *q)
{
    Virtio9P *s = VIRTIO_9P(dev);
    Request *r;

    while ((r = virtq_take(q, sizeof(*r)))) {
        r->p9 = (P9Request){
            .out = r->buf.out, .num_out = r->buf.num_out, .out_size = r->buf.out_size,
            .in = r->buf.in, .num_in = r->buf.num_in, .in_size = r->buf.in_size,
        };
        if (!p9_request_init(&r->p9, s->server)) {
            virtio_broken(dev, "a message without a header, or without room for a reply");
            virtq_drop(&r->buf);
            return;
        }
        p9_queue_add(s->requests, &r->p9);
    }
}

static void v9p_read_config(VirtioDevice *dev, uint8_t *config)
{
    Virtio9P *s = VIRTIO_9P(dev);

    virtio_put16(dev, config + CONFIG_TAG_LENGTH, strlen(s->tag));
    memcpy(config + CONFIG_TAG, s->tag, strlen(s->tag));
}

static void v9p_reset(VirtioDevice *dev)
{
    Virtio9P *s = VIRTIO_9P(dev);

    p9_queue_drop_all(s->requests, dropped);
    p9_server_reset(s->server);
}

static void v9p_queue_reset(VirtioDevice *dev, VirtQueue *q)
{
    p9_queue_drop_all(VIRTIO_9P(dev)->requests, dropped);
}

static void v9p_realize(VirtioDevice *dev, Error **errp)
{
    Virtio9P *s = VIRTIO_9P(dev);
    FsExport *fs;

    if (!s->fsdev || !s->tag) {
        error_setg(errp, "%s is missing: expected %s", s->fsdev ? "mount_tag" : "fsdev",
                   s->fsdev ? "the name that the guest mounts" : "the id of a -fsdev");
        return;
    }
    if (!*s->tag || strlen(s->tag) > MAX_TAG) {
        error_setg(errp, "mount_tag=%s: expected 1 to %d bytes", s->tag, MAX_TAG);
        return;
    }
    fs = fsdev_find(s->fsdev, errp);
    if (!fs) {
        return;
    }
    s->server = p9_server_new(fs);
    s->requests = p9_queue_new(answered);
    dev->config_size = CONFIG_TAG + strlen(s->tag);
    dev->device_features |= VIRTIO_FEATURE(F_MOUNT_TAG);
    virtio_add_queue(dev, QUEUE_SIZE, messages_available);
}

/* The device has been reset. */
static void v9p_unrealize(VirtioDevice *dev)
{
    Virtio9P *s = VIRTIO_9P(dev);

    p9_queue_free(s->requests);
    p9_server_free(s->server);
}

/* What the guest has open is in the host's kernel, and stays there. */
static int v9p_pre_save(void *opaque)
{
    Virtio9P *s = opaque;

    if (p9_queue_is_idle(s->requests) && !p9_server_fids(s->server)) {
        return 0;
    }
    error_report("the state can't be saved while the guest has mounted '%s' (%s): what it has open "
                 "there is not part of it", s->tag, TYPE_VIRTIO_9P);
    return -EBUSY;
}

static const VMStateDescription vmstate_9p = {
    .name = "virtio-9p",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = v9p_pre_save,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, Virtio9P),
            VMSTATE_END_OF_LIST(),
        },
};

static Property v9p_properties[] = {
    DEFINE_PROP_STRING("fsdev", Virtio9P, fsdev),
    DEFINE_PROP_STRING("mount_tag", Virtio9P, tag),
    DEFINE_PROP_END_OF_LIST(),
};

static void v9p_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_9P;
    vc->config_size = CONFIG_SIZE;
    vc->realize = v9p_realize;
    vc->unrealize = v9p_unrealize;
    vc->read_config = v9p_read_config;
    vc->reset = v9p_reset;
    vc->queue_reset = v9p_queue_reset;
    dc->vmsd = &vmstate_9p;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, v9p_properties);
}

static const TypeInfo v9p_types[] = {
    {
        .name = TYPE_VIRTIO_9P,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(Virtio9P),
        .class_init = v9p_class_init,
    },
};

DEFINE_TYPES(v9p_types)

static const VirtioPCIKind v9p_pci = {
    .name = "virtio-9p-pci",
    .backend = TYPE_VIRTIO_9P,
    .legacy_id = 0x1009,
    .class_id = 0x0002, /* none of those there are */
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_STORAGE,
};

static void register_9p_pci(void)
{
    virtio_pci_register(&v9p_pci);
}

type_init(register_9p_pci)
