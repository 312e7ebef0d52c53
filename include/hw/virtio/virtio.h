/*
 * Virtio devices: features, status, configuration and queues, whatever transport they sit on.
 *
 * A device is a VirtioDevice on a virtio bus that a transport (virtio-pci, virtio-mmio) provides.
 * It adds its queues at realize. When the driver has put buffers into a queue, the queue's function
 * is called; it takes them with virtq_take(), and gives each back with virtq_finish() then or
 * later. virtq_publish() shows the driver what was given back.
 *
 * The driver and its memory are not trusted. A driver that breaks the rules breaks its device: a
 * guest_error line says how, the driver is told with DEVICE_NEEDS_RESET, and nothing but a reset
 * gets through any more.
 *
 * Everything here runs under the big lock. A device may have an I/O thread (virtio_use_iothread):
 * then its queues' functions are called by that, under the lock of its context, and so may virtq_*()
 * and virtio_broken() be by whoever has that lock. The other functions of the class are called with
 * both locks held.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, OASIS.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_VIRTIO_VIRTIO_H
#define HW_VIRTIO_VIRTIO_H

#include "qemu/osdep.h"
#include "hw/qdev-core.h"
#include "hw/qdev-properties.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "system/iothread.h"
#include "system/memory-cached.h"

/* Device ids (chapter 5). */
#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_RNG     4
#define VIRTIO_ID_BALLOON 5
#define VIRTIO_ID_SCSI    8
#define VIRTIO_ID_9P      9
#define VIRTIO_ID_GPU     16
#define VIRTIO_ID_INPUT   18

/* Device status (2.1). */
#define VIRTIO_STATUS_ACKNOWLEDGE 0x01
#define VIRTIO_STATUS_DRIVER      0x02
#define VIRTIO_STATUS_DRIVER_OK   0x04
#define VIRTIO_STATUS_FEATURES_OK 0x08
#define VIRTIO_STATUS_NEEDS_RESET 0x40
#define VIRTIO_STATUS_FAILED      0x80

/* Feature bits that don't belong to a device type (chapter 6). */
#define VIRTIO_F_NOTIFY_ON_EMPTY 24 /* legacy */
#define VIRTIO_F_ANY_LAYOUT      27 /* legacy */
#define VIRTIO_F_INDIRECT_DESC   28
#define VIRTIO_F_EVENT_IDX       29
#define VIRTIO_F_VERSION_1       32
#define VIRTIO_F_ACCESS_PLATFORM 33
#define VIRTIO_F_RING_PACKED     34
#define VIRTIO_F_IN_ORDER        35
#define VIRTIO_F_RING_RESET      40
#define VIRTIO_FEATURE(bit)      (1ULL << (bit))

#define VIRTIO_NO_VECTOR     0xffff
#define VIRTIO_MAX_QUEUES    1024
#define VIRTIO_MAX_QUEUE_SIZE 1024
#define VIRTIO_MAX_SEGMENTS  1024 /* of a buffer, each way */

#define TYPE_VIRTIO_DEVICE "virtio-device"
OBJECT_DECLARE_TYPE(VirtioDevice, VirtioDeviceClass, VIRTIO_DEVICE)
#define TYPE_VIRTIO_BUS "virtio-bus"
OBJECT_DECLARE_TYPE(VirtioBus, VirtioBusClass, VIRTIO_BUS)

typedef struct VirtQueue VirtQueue;

/*
 * A buffer that the driver has made available: parts that the device reads, then parts that it
 * writes, mapped. A device that wants to keep more about it makes this the first member of a larger
 * structure and says its size to virtq_take().
 */
typedef struct VirtBuffer {
    VirtQueue *queue;
    struct iovec *out; /* to be read by the device */
    struct iovec *in;  /* to be written */
    unsigned num_out, num_in;
    size_t out_size, in_size; /* bytes in all */

    /* private */
    QTAILQ_ENTRY(VirtBuffer) link; /* in order of availability, while the device has it */
    MemoryRegionCache *caches;     /* of the `out` parts, then of the `in` parts */
    uint32_t epoch;
    uint32_t written;
    uint16_t id;
    uint16_t slots;
    bool finished;
} VirtBuffer;

/* The driver has made buffers available (or may have). */
typedef void VirtQueueHandler(VirtioDevice *dev, VirtQueue *q);

struct VirtioDevice {
    DeviceState parent_obj;

    uint64_t device_features; /* what the device can; some bits are properties */
    uint64_t driver_features; /* what the driver has accepted */
    uint8_t status;
    uint8_t isr; /* bit 0: queues, bit 1: configuration */
    bool broken;
    bool legacy; /* the driver uses the legacy interface: its byte order is the guest's */
    uint32_t generation; /* counts changes of the configuration */
    uint16_t config_vector;
    uint8_t *config;
    size_t config_size;
    VirtQueue **queues;
    uint32_t num_queues;
    struct VirtScratch *scratch; /* for buffers on their way in */
    AddressSpace *as;            /* where the queues are */
    MemoryListener listener;
    GPtrArray *notifiers; /* of IOMMUs in that space */
    IOThread *iothread;          /* who looks after the queues; NULL: the main loop */
    WorkContext *context;        /* its */
    QEMUBH *told;                /* tells the driver what the I/O thread can't */
    char *broken_why;            /* and that isn't told yet */
};

struct VirtioDeviceClass {
    DeviceClass parent_class;

    uint16_t device_id;
    size_t config_size;
    bool modern_only; /* there is no legacy interface for it */

    /* Adds the queues, and the device type's bits to device_features. */
    void (*realize)(VirtioDevice *dev, Error **errp);
    void (*unrealize)(VirtioDevice *dev);
    /* Writes the device's configuration to config[0 .. config_size - 1]; virtio_put16() … */
    void (*read_config)(VirtioDevice *dev, uint8_t *config);
    /* The driver has changed it. */
    void (*write_config)(VirtioDevice *dev, const uint8_t *config);
    /* The driver has accepted driver_features. */
    void (*features_accepted)(VirtioDevice *dev);
    /* The status is no longer `before`. */
    void (*status_changed)(VirtioDevice *dev, uint8_t before);
    /* Forgets what the driver has set up; buffers that the device still has are void. */
    void (*reset)(VirtioDevice *dev);
    /* The same for one queue, before its buffers become void; NULL: there is nothing to forget. */
    void (*queue_reset)(VirtioDevice *dev, VirtQueue *q);
};

struct VirtioBus {
    BusState parent_obj;
};

/* What a transport does for its device. */
struct VirtioBusClass {
    BusClass parent_class;

    /* dev->isr has new bits; vector: whose message is due, VIRTIO_NO_VECTOR: none. */
    void (*interrupt)(VirtioBus *bus, VirtioDevice *dev, uint16_t vector);
    /* What the device sees with VIRTIO_F_ACCESS_PLATFORM; NULL: the system's memory. */
    AddressSpace *(*platform_space)(VirtioBus *bus);
};

/* --- for devices --- */

/* From realize, before anything else: the queues are @thread's. NULL: they are the main loop's. */
void virtio_use_iothread(VirtioDevice *dev, IOThread *thread);
/* From realize. max_size is a power of two up to VIRTIO_MAX_QUEUE_SIZE. */
VirtQueue *virtio_add_queue(VirtioDevice *dev, unsigned max_size, VirtQueueHandler *handler);
VirtQueue *virtio_queue(VirtioDevice *dev, unsigned n);
unsigned virtq_index(const VirtQueue *q);

static inline bool virtio_has_feature(const VirtioDevice *dev, unsigned bit)
{
    return dev->driver_features >> bit & 1;
}
static inline bool virtio_is_running(const VirtioDevice *dev)
{
    return !dev->broken && (dev->status & VIRTIO_STATUS_DRIVER_OK);
}
/*
 * The driver broke a rule, which the message says. The device stops until it is reset.
 */
void virtio_broken(VirtioDevice *dev, const char *fmt, ...) G_GNUC_PRINTF(2, 3);
/* What read_config says has changed: tells the driver. */
void virtio_config_changed(VirtioDevice *dev);

/*
 * The next buffer, or NULL: there is none now, or the device is broken. `size` is that of the
 * structure which begins with a VirtBuffer; what is behind that is zero.
 */
void *virtq_take(VirtQueue *q, size_t size);
/* The last one that was taken becomes available again. It is freed. */
void virtq_put_back(VirtBuffer *buf);
/*
 * Gives the buffer back to the driver, with `written` bytes of its `in` part, from its start on,
 * written. Frees it. The driver sees it after virtq_publish(), with all others since the last one.
 */
void virtq_finish(VirtBuffer *buf, uint32_t written);
/* Shows what was finished, and interrupts the driver if it wants that. */
void virtq_publish(VirtQueue *q);
/* Frees a buffer without telling the driver: the device or the queue has been reset. */
void virtq_drop(VirtBuffer *buf);
/* Whether virtq_take() would find none. */
bool virtq_is_empty(VirtQueue *q);
bool virtq_is_enabled(const VirtQueue *q);
/*
 * From realize, for queues of the main loop: after a run that took buffers the driver isn't asked
 * to notify; the queue's function is called again @ns of the guest's time later instead, until it
 * finds nothing. Who makes buffers available one by one so interrupts itself less often.
 */
void virtq_linger(VirtQueue *q, int64_t ns);
/* Calls the queue's function, soon, from the main loop or the I/O thread. */
void virtq_run_later(VirtQueue *q);

/* Numbers in configuration and requests, in the byte order that the driver's interface has. */
static inline MemOp virtio_byte_order(const VirtioDevice *dev)
{
    return dev->legacy ? memory_native_memop() : MO_LE;
}
#define VIRTIO_NUMBER_(bits)                                                                       \
    static inline uint##bits##_t virtio_get##bits(const VirtioDevice *dev, const void *at)         \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
                                                                                                   \
        memcpy(&value, at, sizeof(value));                                                         \
        return virtio_byte_order(dev) == MO_BE ? be##bits##_to_cpu(value)                          \
                                               : le##bits##_to_cpu(value);                         \
    }                                                                                              \
    static inline void virtio_put##bits(const VirtioDevice *dev, void *at, uint##bits##_t value)   \
    {                                                                                              \
        value = virtio_byte_order(dev) == MO_BE ? cpu_to_be##bits(value) : cpu_to_le##bits(value); \
        memcpy(at, &value, sizeof(value));                                                         \
    }
VIRTIO_NUMBER_(16)
VIRTIO_NUMBER_(32)
VIRTIO_NUMBER_(64)

extern const VMStateDescription vmstate_virtio_device;
#define VMSTATE_VIRTIO_DEVICE(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_virtio_device, VirtioDevice)

/* --- for transports --- */

/* The device on the bus, or NULL. */
VirtioDevice *virtio_bus_device(VirtioBus *bus);
/* The driver uses this interface from now on. */
void virtio_set_legacy(VirtioDevice *dev, bool legacy);
/* What a driver of this interface is offered. */
uint64_t virtio_offered_features(const VirtioDevice *dev, bool legacy);
/*
 * The driver accepts features: bits that aren't offered are dropped. Nothing happens once
 * FEATURES_OK is set.
 */
void virtio_set_features(VirtioDevice *dev, uint64_t features);
/* 0 resets the device. FEATURES_OK stays clear if the driver's choice is none. */
void virtio_set_status(VirtioDevice *dev, uint8_t status);
void virtio_reset(VirtioDevice *dev);
/*
 * The driver accesses the configuration, `size` bytes (1, 2, 4 or 8) at `offset`; the value's low
 * byte is the first. What lies outside reads as zeros and isn't written.
 */
uint64_t virtio_config_read(VirtioDevice *dev, uint32_t offset, unsigned size);
void virtio_config_write(VirtioDevice *dev, uint32_t offset, uint64_t value, unsigned size);
/* The driver has notified queue n. Any n. */
void virtio_kick(VirtioDevice *dev, unsigned n);
/* Reads the interrupt status, and clears it. */
uint8_t virtio_take_isr(VirtioDevice *dev);

/* What the driver tells about a queue; n is below num_queues. Addresses: guest-physical. */
typedef struct VirtQueueSetup {
    uint16_t max_size; /* read-only */
    uint16_t size;
    uint16_t vector;
    bool enabled;
    uint64_t desc;   /* the three areas of 2.6 */
    uint64_t driver;
    uint64_t device;
} VirtQueueSetup;
VirtQueueSetup *virtq_setup(VirtQueue *q);
/* Places the areas as legacy drivers do: behind each other from `desc` on, the last aligned. */
void virtq_place_legacy(VirtQueue *q, uint64_t desc, uint32_t align);
/* The setup is complete: the queue runs from now on. */
void virtq_enable(VirtQueue *q);
/* The queue alone (2.6.1), as at reset; virtio_queue_reset() tells the device before. */
void virtq_reset(VirtQueue *q);
void virtio_queue_reset(VirtQueue *q);

#endif
