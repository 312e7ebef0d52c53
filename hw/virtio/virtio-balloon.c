/*
 * Virtio memory balloon: the guest names pages that it doesn't use; the host gets them back.
 *
 * Numbers in the configuration are little-endian, whatever the interface.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/balloon.h"
#include "system/events.h"
#include "system/memory-dirty.h"
#include "system/ramblock.h"

#define TYPE_VIRTIO_BALLOON "virtio-balloon-device"
#define QUEUE_SIZE      128
#define PAGE_BITS       12
#define PAGE            (1u << PAGE_BITS)
#define MAX_PAGE_NUMBERS 256 /* looked at in one go */

enum { F_DEFLATE_ON_OOM = 2, F_REPORTING = 5 };
enum { CONFIG_NUM_PAGES = 0, CONFIG_ACTUAL = 4, CONFIG_SIZE = 16 };

typedef struct VirtioBalloon {
    VirtioDevice parent_obj;

    VirtQueue *inflate, *deflate, *reporting;
    uint32_t num_pages; /* that the guest shall give */
    uint32_t actual;    /* and that it says it has given */
} VirtioBalloon;

DECLARE_INSTANCE_CHECKER(VirtioBalloon, VIRTIO_BALLOON, TYPE_VIRTIO_BALLOON)

/* Whole pages of RAM at [host, host + size) have no contents any more. */
static void forget(const void *host, size_t size)
{
    ram_addr_t offset;
    RAMBlock *rb = qemu_ram_block_from_host(host, false, &offset);
    ram_addr_t start, end;

    if (!rb) {
        return;
    }
    start = ROUND_UP(offset, MAX(rb->host_page_size, PAGE));
    end = ROUND_DOWN(offset + size, MAX(rb->host_page_size, PAGE));
    if (start < end) {
        qemu_ram_discard(rb, start, end - start);
        memory_region_set_dirty(rb->mr, start, end - start);
    }
}

/* What isn't RAM that the guest can write isn't its to give. */
static void forget_page(VirtioDevice *dev, uint32_t number)
{
    MemoryRegionCache cache;
    hwaddr addr = (hwaddr)number << PAGE_BITS;

    if (address_space_cache_init(&cache, dev->as, addr, PAGE, true) == PAGE && cache.ptr) {
        forget(cache.ptr, PAGE);
    }
    address_space_cache_destroy(&cache);
}

static void pages_named(VirtioDevice *dev, VirtQueue *q)
{
    VirtioBalloon *s = VIRTIO_BALLOON(dev);
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf)))) {
        uint8_t numbers[MAX_PAGE_NUMBERS * 4];
        size_t got, at = 0;

        /* Pages that come back need nothing: they are zeros until the guest writes them. */
        while (q == s->inflate &&
               (got = iov_to_buf(buf->out, buf->num_out, at, numbers, sizeof(numbers))) >= 4) {
            for (size_t i = 0; i + 4 <= got; i += 4) {
                forget_page(dev, virtio_get32(dev, numbers + i));
            }
            at += got;
        }
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

/* Free pages, as the buffers themselves: the guest takes them back when it has the buffer back. */
static void pages_reported(VirtioDevice *dev, VirtQueue *q)
{
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf)))) {
        for (unsigned i = 0; i < buf->num_in; i++) {
            forget(buf->in[i].iov_base, buf->in[i].iov_len);
        }
        virtq_finish(buf, 0);
    }
    virtq_publish(q);
}

/* --- the host's side --- */

static uint64_t ram_size(void)
{
    return current_machine ? current_machine->ram_size : 0;
}

static void set_target(void *opaque, uint64_t bytes)
{
    VirtioBalloon *s = opaque;

    s->num_pages = (ram_size() - MIN(bytes, ram_size())) >> PAGE_BITS;
    virtio_config_changed(&s->parent_obj);
}

static uint64_t get_actual(void *opaque)
{
    VirtioBalloon *s = opaque;
    uint64_t given = (uint64_t)s->actual << PAGE_BITS;

    return ram_size() - MIN(given, ram_size());
}

static const BalloonOps balloon_ops = { set_target, get_actual };

/* --- the device --- */

static void balloon_read_config(VirtioDevice *dev, uint8_t *config)
{
    VirtioBalloon *s = VIRTIO_BALLOON(dev);

    stl_le_p(config + CONFIG_NUM_PAGES, s->num_pages);
    stl_le_p(config + CONFIG_ACTUAL, s->actual);
}

static void balloon_write_config(VirtioDevice *dev, const uint8_t *config)
{
    VirtioBalloon *s = VIRTIO_BALLOON(dev);
    uint32_t actual = ldl_le_p(config + CONFIG_ACTUAL);
    JsonObject *data;

    if (actual == s->actual) {
        return;
    }
    s->actual = actual;
    data = json_object_new();
    json_object_set_int_member(data, "actual", (gint64)get_actual(s));
    event_send("BALLOON_CHANGE", data);
}

/* A guest that starts again has all its memory. */
static void balloon_reset(VirtioDevice *dev)
{
    VIRTIO_BALLOON(dev)->actual = 0;
}

static void balloon_realize(VirtioDevice *dev, Error **errp)
{
    VirtioBalloon *s = VIRTIO_BALLOON(dev);

    if (!balloon_register(&balloon_ops, s, errp)) {
        return;
    }
    s->inflate = virtio_add_queue(dev, QUEUE_SIZE, pages_named);
    s->deflate = virtio_add_queue(dev, QUEUE_SIZE, pages_named);
    if (dev->device_features & VIRTIO_FEATURE(F_REPORTING)) {
        s->reporting = virtio_add_queue(dev, 32, pages_reported);
    }
}

static void balloon_unrealize(VirtioDevice *dev)
{
    balloon_unregister(dev);
}

static const VMStateDescription vmstate_balloon = {
    .name = "virtio-balloon",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioBalloon),
            VMSTATE_UINT32(num_pages, VirtioBalloon),
            VMSTATE_UINT32(actual, VirtioBalloon),
            VMSTATE_END_OF_LIST(),
        },
};

static Property balloon_properties[] = {
    DEFINE_PROP_BIT64("deflate-on-oom", VirtioDevice, device_features, F_DEFLATE_ON_OOM, false),
    DEFINE_PROP_BIT64("free-page-reporting", VirtioDevice, device_features, F_REPORTING, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void balloon_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_BALLOON;
    vc->config_size = CONFIG_SIZE;
    vc->realize = balloon_realize;
    vc->unrealize = balloon_unrealize;
    vc->read_config = balloon_read_config;
    vc->write_config = balloon_write_config;
    vc->reset = balloon_reset;
    dc->vmsd = &vmstate_balloon;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    device_class_set_props(dc, balloon_properties);
}

static const TypeInfo balloon_types[] = {
    {
        .name = TYPE_VIRTIO_BALLOON,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioBalloon),
        .class_init = balloon_class_init,
    },
};

DEFINE_TYPES(balloon_types)

static const VirtioPCIKind balloon_pci = {
    .name = "virtio-balloon-pci",
    .backend = TYPE_VIRTIO_BALLOON,
    .legacy_id = 0x1002,
    .class_id = PCI_CLASS_OTHERS,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_MISC,
};

static void register_balloon_pci(void)
{
    virtio_pci_register(&balloon_pci);
}

type_init(register_balloon_pci)
