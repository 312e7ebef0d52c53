/*
 * Virtio devices: negotiation, status, configuration, life.
 *
 * Queues are in virtqueue.c, their two layouts in ring-split.c and ring-packed.c.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, chapters 2, 3 and 6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/iommu.h"
#include "virtqueue.h"

#define ISR_QUEUE  0x01
#define ISR_CONFIG 0x02

/* Bits that mean something to legacy drivers alone. */
#define LEGACY_ONLY (VIRTIO_FEATURE(VIRTIO_F_NOTIFY_ON_EMPTY) | VIRTIO_FEATURE(VIRTIO_F_ANY_LAYOUT))

/* --- the bus --- */

VirtioDevice *virtio_bus_device(VirtioBus *bus)
{
    GPtrArray *children = bus->parent_obj.children;

    return children->len ? VIRTIO_DEVICE(g_ptr_array_index(children, 0)) : NULL;
}

static VirtioBus *bus_of(VirtioDevice *dev)
{
    return VIRTIO_BUS(dev->parent_obj.parent_bus);
}

/* --- interrupts --- */

static void interrupt(VirtioDevice *dev, uint8_t isr, uint16_t vector)
{
    VirtioBus *bus = bus_of(dev);

    dev->isr |= isr;
    VIRTIO_BUS_GET_CLASS(bus)->interrupt(bus, dev, vector);
}

void virtio_interrupt_queue(VirtioDevice *dev, uint16_t vector)
{
    interrupt(dev, ISR_QUEUE, vector);
}

uint8_t virtio_take_isr(VirtioDevice *dev)
{
    uint8_t isr = dev->isr;

    dev->isr = 0;
    return isr;
}

void virtio_config_changed(VirtioDevice *dev)
{
    dev->generation++;
    if (dev->status & VIRTIO_STATUS_DRIVER_OK) {
        interrupt(dev, ISR_CONFIG, dev->config_vector);
    }
}

static void tell_broken(VirtioDevice *dev, const char *why)
{
    g_autofree char *name = qdev_get_human_name(bus_of(dev)->parent_obj.parent);

    qemu_log_dev(LOG_GUEST_ERROR, name, NULL, "%s; the device stops until it is reset", why);
    if (virtio_has_feature(dev, VIRTIO_F_VERSION_1)) {
        dev->status |= VIRTIO_STATUS_NEEDS_RESET;
        virtio_config_changed(dev);
    }
}

void virtio_broken(VirtioDevice *dev, const char *fmt, ...)
{
    g_autofree char *text = NULL;
    va_list args;

    if (dev->broken) {
        return;
    }
    dev->broken = true;
    va_start(args, fmt);
    text = g_strdup_vprintf(fmt, args);
    va_end(args);
    if (bql_locked()) {
        tell_broken(dev, text);
    } else {
        dev->broken_why = g_steal_pointer(&text);
        qemu_bh_schedule(dev->told);
    }
}

/* In the main loop, what an I/O thread couldn't say: it never waits for the big lock. */
static void tell_for_iothread(void *opaque)
{
    VirtioDevice *dev = opaque;
    g_autofree char *why = NULL;

    work_context_lock(dev->context);
    why = g_steal_pointer(&dev->broken_why);
    work_context_unlock(dev->context);
    if (why) {
        tell_broken(dev, why);
    }
    for (unsigned i = 0; i < dev->num_queues; i++) {
        VirtQueue *q = dev->queues[i];

        if (qatomic_xchg(&q->interrupt_due, false)) {
            virtio_interrupt_queue(dev, q->setup.vector);
        }
    }
}

void virtio_use_iothread(VirtioDevice *dev, IOThread *thread)
{
    dev->iothread = thread;
    dev->context = iothread_use(thread);
    dev->told = thread ? qemu_bh_new(tell_for_iothread, dev) : NULL;
}

static void leave_iothread(VirtioDevice *dev)
{
    if (dev->told) {
        g_clear_pointer(&dev->told, qemu_bh_delete);
        g_clear_pointer(&dev->broken_why, g_free);
        iothread_done(dev->iothread);
        dev->iothread = NULL;
        dev->context = NULL;
    }
}

/* --- features --- */

void virtio_set_legacy(VirtioDevice *dev, bool legacy)
{
    if (dev->legacy != legacy) {
        WORK_CONTEXT_GUARD(dev->context);

        dev->legacy = legacy;
    }
}

uint64_t virtio_offered_features(const VirtioDevice *dev, bool legacy)
{
    return legacy ? dev->device_features & UINT32_MAX
                  : (dev->device_features & ~LEGACY_ONLY) | VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
}

/* Queues and buffers are where the driver says, as the platform or as the system sees it. */
static void choose_memory(VirtioDevice *dev)
{
    VirtioBus *bus = bus_of(dev);
    VirtioBusClass *class = VIRTIO_BUS_GET_CLASS(bus);
    AddressSpace *as = NULL;

    if (virtio_has_feature(dev, VIRTIO_F_ACCESS_PLATFORM) && class->platform_space) {
        as = class->platform_space(bus);
    }
    as = as ? as : &address_space_memory;
    if (as != dev->as) {
        memory_listener_unregister(&dev->listener);
        dev->as = as;
        memory_listener_register(&dev->listener, as);
    }
}

static void accept_features(VirtioDevice *dev)
{
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);

    choose_memory(dev);
    if (class->features_accepted) {
        class->features_accepted(dev);
    }
}

void virtio_set_features(VirtioDevice *dev, uint64_t features)
{
    WORK_CONTEXT_GUARD(dev->context);

    if (dev->status & VIRTIO_STATUS_FEATURES_OK) {
        return;
    }
    dev->driver_features = features & virtio_offered_features(dev, dev->legacy);
    if (dev->legacy) {
        accept_features(dev);
    }
}

/* --- status --- */

void virtio_set_status(VirtioDevice *dev, uint8_t status)
{
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);
    uint8_t before = dev->status, new = status & ~before;
    WORK_CONTEXT_GUARD(dev->context);

    if (!status) {
        virtio_reset(dev);
        return;
    }
    if (dev->legacy) {
        status &= ~VIRTIO_STATUS_FEATURES_OK;
    } else if (new & VIRTIO_STATUS_FEATURES_OK) {
        if (virtio_has_feature(dev, VIRTIO_F_VERSION_1)) {
            accept_features(dev);
        } else {
            status &= ~VIRTIO_STATUS_FEATURES_OK;
        }
    }
    dev->status = status | (before & VIRTIO_STATUS_NEEDS_RESET);
    if (class->status_changed && dev->status != before) {
        class->status_changed(dev, before);
    }
}

void virtio_reset(VirtioDevice *dev)
{
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);
    uint8_t before = dev->status;
    WORK_CONTEXT_GUARD(dev->context);

    dev->status = 0;
    if (class->status_changed && before) {
        class->status_changed(dev, before);
    }
    if (class->reset) {
        class->reset(dev);
    }
    for (unsigned i = 0; i < dev->num_queues; i++) {
        virtq_reset(dev->queues[i]);
    }
    if (dev->told) {
        qemu_bh_cancel(dev->told);
        g_clear_pointer(&dev->broken_why, g_free);
    }
    dev->driver_features = 0;
    dev->broken = false;
    dev->isr = 0;
    dev->generation = 0;
    dev->config_vector = VIRTIO_NO_VECTOR;
    choose_memory(dev);
}

/* --- configuration --- */

static void refresh_config(VirtioDevice *dev)
{
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);

    if (class->read_config) {
        class->read_config(dev, dev->config);
    }
}

uint64_t virtio_config_read(VirtioDevice *dev, uint32_t offset, unsigned size)
{
    uint64_t value = 0;
    WORK_CONTEXT_GUARD(dev->context);

    refresh_config(dev);
    for (unsigned i = 0; i < size && offset + i < dev->config_size; i++) {
        value |= (uint64_t)dev->config[offset + i] << (8 * i);
    }
    return value;
}

void virtio_config_write(VirtioDevice *dev, uint32_t offset, uint64_t value, unsigned size)
{
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);
    WORK_CONTEXT_GUARD(dev->context);

    if (!class->write_config || offset >= dev->config_size) {
        return;
    }
    refresh_config(dev);
    for (unsigned i = 0; i < size && offset + i < dev->config_size; i++) {
        dev->config[offset + i] = value >> (8 * i);
    }
    class->write_config(dev, dev->config);
}

/* --- queues --- */

VirtQueue *virtio_queue(VirtioDevice *dev, unsigned n)
{
    return n < dev->num_queues ? dev->queues[n] : NULL;
}

VirtQueue *virtio_add_queue(VirtioDevice *dev, unsigned max_size, VirtQueueHandler *handler)
{
    assert(dev->num_queues < VIRTIO_MAX_QUEUES);
    dev->queues[dev->num_queues] = virtq_new(dev, dev->num_queues, max_size, handler);
    return dev->queues[dev->num_queues++];
}

void virtio_queue_reset(VirtQueue *q)
{
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(q->dev);
    WORK_CONTEXT_GUARD(q->dev->context);

    if (class->queue_reset && q->setup.enabled) {
        class->queue_reset(q->dev, q);
    }
    virtq_reset(q);
}

/* Legacy drivers use their queues before they say DRIVER_OK. */
void virtio_run_queue(VirtioDevice *dev, unsigned n)
{
    if (n < dev->num_queues && !dev->broken && virtq_is_enabled(dev->queues[n]) &&
        (dev->legacy || (dev->status & VIRTIO_STATUS_DRIVER_OK))) {
        virtq_run(dev->queues[n]);
    }
}

void virtio_kick(VirtioDevice *dev, unsigned n)
{
    if (!dev->context) {
        virtio_run_queue(dev, n);
    } else if (n < dev->num_queues) {
        virtq_run_later(dev->queues[n]);
    }
}

static void memory_map_changed(MemoryListener *listener)
{
    VirtioDevice *dev = container_of(listener, VirtioDevice, listener);
    WORK_CONTEXT_GUARD(dev->context);

    for (unsigned i = 0; i < dev->num_queues; i++) {
        virtq_unmap(dev->queues[i]);
    }
}

/* An IOMMU in the space that the queues are in, and its notifier. */
typedef struct Translator {
    IOMMUNotifier notifier;
    VirtioDevice *dev;
    MemoryRegion *mr;
    hwaddr offset; /* what to add to the region's addresses */
} Translator;

/* Rings are found again by what the IOMMU says when they are needed. Big lock. */
static void translations_gone(IOMMUNotifier *n, IOMMUTLBEntry *entry)
{
    Translator *t = container_of(n, Translator, notifier);
    hwaddr first = entry->iova + t->offset;
    WORK_CONTEXT_GUARD(t->dev->context);

    for (unsigned i = 0; i < t->dev->num_queues; i++) {
        virtq_unmap_range(t->dev->queues[i], first, first + entry->addr_mask);
    }
}

static void region_came(MemoryListener *listener, MemoryRegionSection *section)
{
    VirtioDevice *dev = container_of(listener, VirtioDevice, listener);
    hwaddr start = section->offset_within_region;
    Translator *t;

    if (!memory_region_is_iommu(section->mr)) {
        return;
    }
    t = g_new0(Translator, 1);
    t->dev = dev;
    t->mr = section->mr;
    t->offset = section->offset_within_address_space - start;
    iommu_notifier_init(&t->notifier, translations_gone, IOMMU_NOTIFIER_UNMAP, start,
                        start + (hwaddr)(section->size - 1), 0);
    memory_region_register_iommu_notifier(t->mr, &t->notifier, &error_abort);
    g_ptr_array_add(dev->notifiers, t);
}

static void region_went(MemoryListener *listener, MemoryRegionSection *section)
{
    VirtioDevice *dev = container_of(listener, VirtioDevice, listener);

    for (guint i = 0; i < dev->notifiers->len; i++) {
        Translator *t = g_ptr_array_index(dev->notifiers, i);

        if (t->mr == section->mr && t->notifier.start == section->offset_within_region) {
            memory_region_unregister_iommu_notifier(t->mr, &t->notifier);
            g_ptr_array_remove_index_fast(dev->notifiers, i);
            g_free(t);
            return;
        }
    }
}

/* --- life --- */

static void free_queues(VirtioDevice *dev)
{
    for (unsigned i = 0; i < dev->num_queues; i++) {
        virtq_free(dev->queues[i]);
    }
    g_clear_pointer(&dev->queues, g_free);
    g_clear_pointer(&dev->scratch, g_free);
    g_clear_pointer(&dev->config, g_free);
    dev->num_queues = 0;
}

static void virtio_device_realize(DeviceState *qdev, Error **errp)
{
    VirtioDevice *dev = VIRTIO_DEVICE(qdev);
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);
    ERRP_GUARD();

    dev->queues = g_new0(VirtQueue *, VIRTIO_MAX_QUEUES);
    dev->scratch = g_new0(struct VirtScratch, 1);
    dev->config_size = class->config_size;
    dev->config = g_malloc0(MAX(dev->config_size, 1));
    dev->config_vector = VIRTIO_NO_VECTOR;
    class->realize(dev, errp);
    if (*errp) {
        free_queues(dev);
        leave_iothread(dev);
        return;
    }
    dev->as = &address_space_memory;
    dev->notifiers = g_ptr_array_new();
    dev->listener = (MemoryListener){ .name = "virtio", .commit = memory_map_changed,
                                      .region_add = region_came, .region_del = region_went };
    memory_listener_register(&dev->listener, dev->as);
}

static void virtio_device_unrealize(DeviceState *qdev)
{
    VirtioDevice *dev = VIRTIO_DEVICE(qdev);
    VirtioDeviceClass *class = VIRTIO_DEVICE_GET_CLASS(dev);

    virtio_reset(dev);
    memory_listener_unregister(&dev->listener);
    g_ptr_array_unref(dev->notifiers);
    if (class->unrealize) {
        class->unrealize(dev);
    }
    free_queues(dev);
    leave_iothread(dev);
}

static void virtio_device_reset(DeviceState *qdev)
{
    virtio_reset(VIRTIO_DEVICE(qdev));
}

static Property virtio_device_properties[] = {
    DEFINE_PROP_BIT64("indirect_desc", VirtioDevice, device_features, VIRTIO_F_INDIRECT_DESC, true),
    DEFINE_PROP_BIT64("event_idx", VirtioDevice, device_features, VIRTIO_F_EVENT_IDX, true),
    DEFINE_PROP_BIT64("notify_on_empty", VirtioDevice, device_features, VIRTIO_F_NOTIFY_ON_EMPTY,
                      true),
    DEFINE_PROP_BIT64("any_layout", VirtioDevice, device_features, VIRTIO_F_ANY_LAYOUT, true),
    DEFINE_PROP_BIT64("iommu_platform", VirtioDevice, device_features, VIRTIO_F_ACCESS_PLATFORM,
                      false),
    DEFINE_PROP_BIT64("packed", VirtioDevice, device_features, VIRTIO_F_RING_PACKED, false),
    DEFINE_PROP_BIT64("queue_reset", VirtioDevice, device_features, VIRTIO_F_RING_RESET, true),
    DEFINE_PROP_BIT64("in_order", VirtioDevice, device_features, VIRTIO_F_IN_ORDER, false),
    DEFINE_PROP_END_OF_LIST(),
};

static int device_post_load(void *opaque, int version_id)
{
    VirtioDevice *dev = opaque;

    choose_memory(dev);
    for (unsigned i = 0; i < dev->num_queues; i++) {
        VirtQueue *q = dev->queues[i];

        virtq_unmap(q);
        if (q->setup.enabled) {
            q->setup.enabled = false;
            virtq_enable(q);
        }
    }
    return 0;
}

/* Buffers that the device has are none of it: devices give them back before they are saved. */
const VMStateDescription vmstate_virtio_device = {
    .name = "virtio",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = device_post_load,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT64(driver_features, VirtioDevice),
            VMSTATE_UINT8(status, VirtioDevice),
            VMSTATE_UINT8(isr, VirtioDevice),
            VMSTATE_BOOL(broken, VirtioDevice),
            VMSTATE_BOOL(legacy, VirtioDevice),
            VMSTATE_UINT32(generation, VirtioDevice),
            VMSTATE_UINT16(config_vector, VirtioDevice),
            { .name = "queues", .kind = VMS_KIND_STRUCT, .size = sizeof(VirtQueue),
              .flags = VMS_POINTER | VMS_VARRAY_UINT32 | VMS_ARRAY_OF_POINTER,
              .vmsd = &vmstate_virtq, .num_offset = offsetof(VirtioDevice, num_queues),
              .offset = offsetof(VirtioDevice, queues) },
            VMSTATE_END_OF_LIST(),
        },
};

static void virtio_device_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);

    dc->bus_type = TYPE_VIRTIO_BUS;
    dc->realize = virtio_device_realize;
    dc->unrealize = virtio_device_unrealize;
    device_class_set_legacy_reset(dc, virtio_device_reset);
    device_class_set_props(dc, virtio_device_properties);
}

/* What sits in a slot is one with it. */
static char *virtio_fw_dev_path(DeviceState *dev)
{
    return NULL;
}

static void virtio_bus_class_init(ObjectClass *klass, void *data)
{
    BUS_CLASS(klass)->get_fw_dev_path = virtio_fw_dev_path;
    BUS_CLASS(klass)->max_dev = 1;
}

static const TypeInfo virtio_types[] = {
    {
        .name = TYPE_VIRTIO_BUS,
        .parent = TYPE_BUS,
        .abstract = true,
        .instance_size = sizeof(VirtioBus),
        .class_size = sizeof(VirtioBusClass),
        .class_init = virtio_bus_class_init,
    },
    {
        .name = TYPE_VIRTIO_DEVICE,
        .parent = TYPE_DEVICE,
        .abstract = true,
        .instance_size = sizeof(VirtioDevice),
        .class_size = sizeof(VirtioDeviceClass),
        .class_init = virtio_device_class_init,
    },
};

DEFINE_TYPES(virtio_types)
