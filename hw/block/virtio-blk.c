/*
 * Virtio block device.
 *
 * Each request is a buffer: a header that the device reads, data, a status byte that it writes.
 * Requests run side by side and finish in any order.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/core/boot-order.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "system/block-backend.h"
#include "system/runstate.h"

#define TYPE_VIRTIO_BLK  "virtio-blk-device"
#define SECTOR           512
#define SERIAL_SIZE      20
#define NUM_QUEUES_AUTO  UINT16_MAX
#define MAX_NUM_QUEUES   256
#define SEG_MAX_OVERHEAD 2 /* header and status take a descriptor each */

/* Feature bits (5.2.3). */
enum {
    BLK_F_SEG_MAX = 2,
    BLK_F_GEOMETRY = 4,
    BLK_F_RO = 5,
    BLK_F_BLK_SIZE = 6,
    BLK_F_FLUSH = 9,
    BLK_F_TOPOLOGY = 10,
    BLK_F_CONFIG_WCE = 11,
    BLK_F_MQ = 12,
    BLK_F_DISCARD = 13,
    BLK_F_WRITE_ZEROES = 14,
};

/* Configuration (5.2.4). */
enum {
    CONFIG_CAPACITY = 0,
    CONFIG_SEG_MAX = 12,
    CONFIG_CYLINDERS = 16,
    CONFIG_HEADS = 18,
    CONFIG_SECTORS = 19,
    CONFIG_BLK_SIZE = 20,
    CONFIG_PHYSICAL_EXP = 24,
    CONFIG_MIN_IO = 26,
    CONFIG_OPT_IO = 28,
    CONFIG_WRITEBACK = 32,
    CONFIG_NUM_QUEUES = 34,
    CONFIG_MAX_DISCARD = 36,
    CONFIG_MAX_DISCARD_SEG = 40,
    CONFIG_DISCARD_ALIGNMENT = 44,
    CONFIG_MAX_ZEROES = 48,
    CONFIG_MAX_ZEROES_SEG = 52,
    CONFIG_ZEROES_MAY_UNMAP = 56,
    CONFIG_SIZE = 60,
};

/* Requests (5.2.6). */
enum {
    REQUEST_IN = 0,
    REQUEST_OUT = 1,
    REQUEST_FLUSH = 4,
    REQUEST_GET_ID = 8,
    REQUEST_DISCARD = 11,
    REQUEST_WRITE_ZEROES = 13,
    REQUEST_BARRIER = 0x80000000, /* legacy: never offered, so it means nothing */
};
enum { STATUS_OK, STATUS_IOERR, STATUS_UNSUPP };

#define HEADER_SIZE      16
#define RANGE_SIZE       16 /* of a discard or write-zeroes request: one range */
#define RANGE_F_UNMAP    1
#define MAX_RANGE_SECTORS (INT32_MAX / SECTOR)

typedef struct VirtioBlk {
    VirtioDevice parent_obj;

    /* properties */
    BlockBackend *blk;
    char *serial;
    char *rerror, *werror;
    uint16_t num_queues, queue_size;
    uint32_t logical_block, physical_block, min_io, opt_io, discard_granularity;
    uint32_t cylinders, heads, sectors;
    uint32_t max_discard, max_zeroes; /* sectors */
    OnOffAuto write_cache;
    IOThread *iothread;
    int32_t bootindex;

    bool cache_at_reset; /* what the cache is before the driver changes it */
    unsigned drained; /* how often the block layer has asked for no new requests */
    VMChangeStateEntry *state_change;
    QTAILQ_HEAD(, BlkRequest) stopped; /* failed, and to be done again when the machine goes on */
} VirtioBlk;

DECLARE_INSTANCE_CHECKER(VirtioBlk, VIRTIO_BLK, TYPE_VIRTIO_BLK)

typedef struct BlkRequest {
    VirtBuffer buf;
    VirtioBlk *s;
    uint32_t type;
    int64_t offset; /* bytes */
    int64_t bytes;
    unsigned flags;
    struct iovec *iov; /* the data's pieces */
    QEMUIOVector qiov;
    QTAILQ_ENTRY(BlkRequest) link;
} BlkRequest;

/* --- the end of a request --- */

static void finish(BlkRequest *r, uint8_t status)
{
    VirtBuffer *buf = &r->buf;
    uint32_t written = buf->in_size;

    iov_from_buf(buf->in, buf->num_in, buf->in_size - 1, &status, 1);
    g_free(r->iov);
    virtq_finish(buf, written);
}

/* Several requests are over: one interrupt tells of all. */
static void publish_all(void *opaque)
{
    VirtioBlk *s = opaque;

    for (int i = 0; i < s->num_queues; i++) {
        virtq_publish(virtio_queue(&s->parent_obj, i));
    }
}

static void done(void *opaque, int ret)
{
    BlkRequest *r = opaque;
    VirtioBlk *s = r->s;
    bool is_read = r->type == REQUEST_IN;
    BlockErrorAction action;

    if (ret == 0) {
        finish(r, STATUS_OK);
        return;
    }
    if (ret == -ENOTSUP && (r->type == REQUEST_DISCARD || r->type == REQUEST_WRITE_ZEROES)) {
        finish(r, STATUS_UNSUPP);
        return;
    }
    action = blk_get_error_action(s->blk, is_read, -ret);
    blk_error_action(s->blk, action, is_read, -ret);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        QTAILQ_INSERT_TAIL(&s->stopped, r, link);
    } else {
        finish(r, action == BLOCK_ERROR_ACTION_IGNORE ? STATUS_OK : STATUS_IOERR);
    }
}

/* --- the beginning --- */

static void start(BlkRequest *r)
{
    BlockBackend *blk = r->s->blk;

    switch (r->type) {
    case REQUEST_IN:
        blk_aio_preadv(blk, r->offset, &r->qiov, 0, done, r);
        break;
    case REQUEST_OUT:
        blk_aio_pwritev(blk, r->offset, &r->qiov, 0, done, r);
        break;
    case REQUEST_FLUSH:
        blk_aio_flush(blk, done, r);
        break;
    case REQUEST_DISCARD:
        blk_aio_pdiscard(blk, r->offset, r->bytes, done, r);
        break;
    case REQUEST_WRITE_ZEROES:
        blk_aio_pwrite_zeroes(blk, r->offset, r->bytes, r->flags, done, r);
        break;
    }
}

/* In whole blocks, and not past the end. */
static bool is_in_range(VirtioBlk *s, uint64_t sector, uint64_t bytes)
{
    int64_t length = blk_getlength(s->blk);
    uint64_t sectors = length < 0 ? 0 : length / SECTOR;

    return bytes % s->logical_block == 0 && sector % (s->logical_block / SECTOR) == 0 &&
           sector <= sectors && bytes / SECTOR <= sectors - sector;
}

/* Reads and writes: `bytes` of data from `skip` on in the buffer's pieces. */
static bool prepare_transfer(BlkRequest *r, uint64_t sector, const struct iovec *iov, unsigned num,
                             size_t skip, size_t bytes)
{
    if (!is_in_range(r->s, sector, bytes) ||
        (r->type == REQUEST_OUT && !blk_is_writable(r->s->blk))) {
        return false;
    }
    r->offset = sector * SECTOR;
    r->bytes = bytes;
    r->iov = g_new(struct iovec, num + 1);
    qemu_iovec_init_external(&r->qiov, r->iov, iov_slice(r->iov, num, iov, num, skip, bytes));
    return true;
}

/* Discard and write-zeroes: exactly one range, as the configuration says. The status. */
static uint8_t prepare_range(BlkRequest *r)
{
    VirtioDevice *dev = &r->s->parent_obj;
    bool zeroes = r->type == REQUEST_WRITE_ZEROES;
    uint8_t range[RANGE_SIZE];
    uint64_t sector;
    uint32_t count, flags;

    if (!virtio_has_feature(dev, zeroes ? BLK_F_WRITE_ZEROES : BLK_F_DISCARD)) {
        return STATUS_UNSUPP;
    }
    if (r->buf.out_size != HEADER_SIZE + RANGE_SIZE || !blk_is_writable(r->s->blk)) {
        return STATUS_IOERR;
    }
    iov_to_buf(r->buf.out, r->buf.num_out, HEADER_SIZE, range, sizeof(range));
    sector = virtio_get64(dev, range);
    count = virtio_get32(dev, range + 8);
    flags = virtio_get32(dev, range + 12);
    if ((flags & ~RANGE_F_UNMAP) || (!zeroes && flags)) {
        return STATUS_UNSUPP;
    }
    if (count > (zeroes ? r->s->max_zeroes : r->s->max_discard) ||
        !is_in_range(r->s, sector, (uint64_t)count * SECTOR)) {
        return STATUS_IOERR;
    }
    r->offset = sector * SECTOR;
    r->bytes = (int64_t)count * SECTOR;
    r->flags = flags & RANGE_F_UNMAP ? BDRV_REQ_MAY_UNMAP : 0;
    return STATUS_OK;
}

static void give_serial(BlkRequest *r)
{
    char serial[SERIAL_SIZE] = { 0 };
    const char *text = r->s->serial ? r->s->serial : "";

    memcpy(serial, text, strnlen(text, SERIAL_SIZE));
    iov_from_buf(r->buf.in, r->buf.num_in, 0, serial, MIN(SERIAL_SIZE, r->buf.in_size - 1));
    finish(r, STATUS_OK);
}

static void begin(BlkRequest *r)
{
    VirtioDevice *dev = &r->s->parent_obj;
    VirtBuffer *buf = &r->buf;
    uint8_t header[HEADER_SIZE], status = STATUS_OK;
    uint64_t sector;

    iov_to_buf(buf->out, buf->num_out, 0, header, sizeof(header));
    r->type = virtio_get32(dev, header) & ~REQUEST_BARRIER;
    sector = virtio_get64(dev, header + 8);
    switch (r->type) {
    case REQUEST_IN:
        status = prepare_transfer(r, sector, buf->in, buf->num_in, 0, buf->in_size - 1)
                     ? STATUS_OK : STATUS_IOERR;
        break;
    case REQUEST_OUT:
        status = prepare_transfer(r, sector, buf->out, buf->num_out, HEADER_SIZE,
                                  buf->out_size - HEADER_SIZE)
                     ? STATUS_OK : STATUS_IOERR;
        break;
    case REQUEST_FLUSH:
        break;
    case REQUEST_GET_ID:
        give_serial(r);
        return;
    case REQUEST_DISCARD:
    case REQUEST_WRITE_ZEROES:
        status = prepare_range(r);
        break;
    default:
        status = STATUS_UNSUPP;
    }
    if (status != STATUS_OK || (r->type != REQUEST_FLUSH && r->bytes == 0)) {
        finish(r, status);
    } else {
        start(r);
    }
}

static void requests_available(VirtioDevice *dev, VirtQueue *q)
{
    VirtioBlk *s = VIRTIO_BLK(dev);
    BlkRequest *r;

    blk_batch_begin(s->blk);
    while (!s->drained && (r = virtq_take(q, sizeof(*r)))) {
        r->s = s;
        if (r->buf.out_size < HEADER_SIZE || r->buf.in_size < 1) {
            virtio_broken(dev, "queue %u: a request without room for header and status",
                          virtq_index(q));
            virtq_drop(&r->buf);
            break;
        }
        begin(r);
    }
    blk_batch_end(s->blk);
    virtq_publish(q);
}

/* --- around it --- */

/* Requests that an error stopped are done again; more may have been made available meanwhile. */
static void machine_stops_or_goes_on(void *opaque, bool running, RunState state)
{
    VirtioBlk *s = opaque;
    QTAILQ_HEAD(, BlkRequest) again = QTAILQ_HEAD_INITIALIZER(again);
    BlkRequest *r;

    WORK_CONTEXT_GUARD(s->parent_obj.context);

    if (!running) {
        return;
    }
    while ((r = QTAILQ_FIRST(&s->stopped))) {
        QTAILQ_REMOVE(&s->stopped, r, link);
        QTAILQ_INSERT_TAIL(&again, r, link);
    }
    while ((r = QTAILQ_FIRST(&again))) {
        QTAILQ_REMOVE(&again, r, link);
        start(r);
    }
}

static void image_resized(void *opaque)
{
    virtio_config_changed(opaque);
}

static void drained_begin(void *opaque)
{
    VirtioBlk *s = opaque;

    work_context_lock(s->parent_obj.context); /* until the end */
    s->drained++;
}

static void drained_end(void *opaque)
{
    VirtioBlk *s = opaque;

    s->drained--;
    for (int i = 0; !s->drained && i < s->num_queues; i++) {
        virtq_run_later(virtio_queue(&s->parent_obj, i));
    }
    work_context_unlock(s->parent_obj.context);
}

static const BlockDevOps blk_dev_ops = {
    .resize_cb = image_resized,
    .completed = publish_all,
    .drained_begin = drained_begin,
    .drained_end = drained_end,
};

static void blk_read_config(VirtioDevice *dev, uint8_t *config)
{
    VirtioBlk *s = VIRTIO_BLK(dev);
    int64_t length = blk_getlength(s->blk);

    memset(config, 0, CONFIG_SIZE);
    virtio_put64(dev, config + CONFIG_CAPACITY, length < 0 ? 0 : length / SECTOR);
    virtio_put32(dev, config + CONFIG_SEG_MAX,
                 MAX(s->queue_size, SEG_MAX_OVERHEAD + 1) - SEG_MAX_OVERHEAD);
    virtio_put16(dev, config + CONFIG_CYLINDERS, s->cylinders);
    config[CONFIG_HEADS] = s->heads;
    config[CONFIG_SECTORS] = s->sectors;
    virtio_put32(dev, config + CONFIG_BLK_SIZE, s->logical_block);
    config[CONFIG_PHYSICAL_EXP] = ctz32(s->physical_block / s->logical_block);
    virtio_put16(dev, config + CONFIG_MIN_IO, s->min_io / s->logical_block);
    virtio_put32(dev, config + CONFIG_OPT_IO, s->opt_io / s->logical_block);
    config[CONFIG_WRITEBACK] = blk_enable_write_cache(s->blk);
    virtio_put16(dev, config + CONFIG_NUM_QUEUES, s->num_queues);
    virtio_put32(dev, config + CONFIG_MAX_DISCARD, s->max_discard);
    virtio_put32(dev, config + CONFIG_MAX_DISCARD_SEG, 1);
    virtio_put32(dev, config + CONFIG_DISCARD_ALIGNMENT,
                 MAX(s->discard_granularity, s->logical_block) / SECTOR);
    virtio_put32(dev, config + CONFIG_MAX_ZEROES, s->max_zeroes);
    virtio_put32(dev, config + CONFIG_MAX_ZEROES_SEG, 1);
    config[CONFIG_ZEROES_MAY_UNMAP] = 1;
}

static void blk_write_config(VirtioDevice *dev, const uint8_t *config)
{
    if (virtio_has_feature(dev, BLK_F_CONFIG_WCE)) {
        blk_set_enable_write_cache(VIRTIO_BLK(dev)->blk, config[CONFIG_WRITEBACK] != 0);
    }
}

/* A driver that can't flush expects that what was written stays written (5.2.6.2). */
static void blk_features_accepted(VirtioDevice *dev)
{
    VirtioBlk *s = VIRTIO_BLK(dev);

    if (!virtio_has_feature(dev, BLK_F_CONFIG_WCE)) {
        blk_set_enable_write_cache(s->blk, s->cache_at_reset &&
                                               virtio_has_feature(dev, BLK_F_FLUSH));
    }
}

/* Of one queue, or (NULL) of all: none may still write to memory that the driver thinks is free. */
static void end_requests(VirtioBlk *s, VirtQueue *q)
{
    BlkRequest *r, *next;

    blk_drain(s->blk);
    QTAILQ_FOREACH_SAFE(r, &s->stopped, link, next) {
        if (!q || r->buf.queue == q) {
            QTAILQ_REMOVE(&s->stopped, r, link);
            g_free(r->iov);
            virtq_drop(&r->buf);
        }
    }
}

static void blk_queue_reset(VirtioDevice *dev, VirtQueue *q)
{
    end_requests(VIRTIO_BLK(dev), q);
}

static void blk_reset(VirtioDevice *dev)
{
    VirtioBlk *s = VIRTIO_BLK(dev);

    end_requests(s, NULL);
    blk_set_enable_write_cache(s->blk, s->cache_at_reset);
    blk_iostatus_reset(s->blk);
}

/* --- making one --- */

static bool check_sizes(VirtioBlk *s, Error **errp)
{
    if (s->num_queues == NUM_QUEUES_AUTO) {
        s->num_queues = current_machine ? MAX(current_machine->smp.cpus, 1) : 1;
    }
    if (!is_power_of_2(s->logical_block) || s->logical_block < SECTOR ||
        s->logical_block > 2 * 1024 * 1024) {
        error_setg(errp, "logical_block_size=%u: expected a power of two from 512 to 2097152",
                   s->logical_block);
    } else if (!is_power_of_2(s->physical_block) || s->physical_block < s->logical_block) {
        error_setg(errp, "physical_block_size=%u: expected a power of two, at least "
                         "logical_block_size=%u",
                   s->physical_block, s->logical_block);
    } else if (s->min_io % s->logical_block || s->opt_io % s->logical_block) {
        error_setg(errp, "min_io_size=%u and opt_io_size=%u must be multiples of "
                         "logical_block_size=%u",
                   s->min_io, s->opt_io, s->logical_block);
    } else if (s->min_io / s->logical_block > UINT16_MAX) {
        error_setg(errp, "min_io_size=%u: at most %u blocks are possible", s->min_io, UINT16_MAX);
    } else if (s->num_queues < 1 || s->num_queues > MAX_NUM_QUEUES) {
        error_setg(errp, "num-queues=%u: expected 1 to %u", s->num_queues, MAX_NUM_QUEUES);
    } else if (!is_power_of_2(s->queue_size) || s->queue_size <= SEG_MAX_OVERHEAD ||
               s->queue_size > VIRTIO_MAX_QUEUE_SIZE) {
        error_setg(errp, "queue-size=%u: expected a power of two from 4 to %u", s->queue_size,
                   VIRTIO_MAX_QUEUE_SIZE);
    } else if (!s->max_discard || s->max_discard > MAX_RANGE_SECTORS || !s->max_zeroes ||
               s->max_zeroes > MAX_RANGE_SECTORS) {
        error_setg(errp, "max-discard-sectors=%u, max-write-zeroes-sectors=%u: expected 1 to %u",
                   s->max_discard, s->max_zeroes, MAX_RANGE_SECTORS);
    } else {
        return true;
    }
    return false;
}

/* What BIOSes of the time made of a size: 16 heads, 63 sectors a track. */
static void guess_geometry(VirtioBlk *s)
{
    uint64_t sectors;

    if (!s->cylinders && !s->heads && !s->sectors) {
        blk_get_geometry(s->blk, &sectors);
        s->heads = 16;
        s->sectors = 63;
        s->cylinders = MIN(sectors / (s->heads * s->sectors), 16383);
    }
}

static bool apply_error_actions(VirtioBlk *s, Error **errp)
{
    BlockdevOnError on_read, on_write;

    if (!blk_parse_on_error("rerror", s->rerror ? s->rerror : "auto", &on_read, errp) ||
        !blk_parse_on_error("werror", s->werror ? s->werror : "auto", &on_write, errp)) {
        return false;
    }
    blk_set_on_error(s->blk,
                     on_read == BLOCKDEV_ON_ERROR_AUTO ? blk_get_on_error(s->blk, true) : on_read,
                     on_write == BLOCKDEV_ON_ERROR_AUTO ? blk_get_on_error(s->blk, false)
                                                        : on_write);
    return true;
}

static void blk_realize(VirtioDevice *dev, Error **errp)
{
    VirtioBlk *s = VIRTIO_BLK(dev);
    uint64_t *features = &dev->device_features;

    if (!s->blk) {
        error_setg(errp, "drive property not set");
        return;
    }
    if (!blk_is_inserted(s->blk)) {
        error_setg(errp, "Device needs media, but drive is empty");
        return;
    }
    if (!check_boot_index(s->bootindex, errp) || !check_sizes(s, errp) ||
        !apply_error_actions(s, errp)) {
        return;
    }
    add_boot_device_path(s->bootindex, DEVICE(dev), "/disk@0,0");
    guess_geometry(s);
    if (s->write_cache != ON_OFF_AUTO_AUTO) {
        blk_set_enable_write_cache(s->blk, s->write_cache == ON_OFF_AUTO_ON);
    }
    s->cache_at_reset = blk_enable_write_cache(s->blk);
    virtio_use_iothread(dev, s->iothread);
    blk_set_context(s->blk, dev->context);

    *features |= VIRTIO_FEATURE(BLK_F_SEG_MAX) | VIRTIO_FEATURE(BLK_F_GEOMETRY) |
                 VIRTIO_FEATURE(BLK_F_TOPOLOGY) | VIRTIO_FEATURE(BLK_F_BLK_SIZE) |
                 VIRTIO_FEATURE(BLK_F_FLUSH);
    if (s->num_queues > 1) {
        *features |= VIRTIO_FEATURE(BLK_F_MQ);
    }
    if (!blk_is_writable(s->blk)) {
        *features |= VIRTIO_FEATURE(BLK_F_RO);
        *features &= ~(VIRTIO_FEATURE(BLK_F_DISCARD) | VIRTIO_FEATURE(BLK_F_WRITE_ZEROES));
    }
    for (int i = 0; i < s->num_queues; i++) {
        virtio_add_queue(dev, s->queue_size, requests_available);
    }
    blk_set_dev_ops(s->blk, &blk_dev_ops, s);
    s->state_change = qemu_add_vm_change_state_handler(machine_stops_or_goes_on, s);
}

static void blk_unrealize(VirtioDevice *dev)
{
    VirtioBlk *s = VIRTIO_BLK(dev);

    del_boot_device_path(DEVICE(dev));
    blk_set_context(s->blk, NULL);
    qemu_del_vm_change_state_handler(s->state_change);
    blk_set_dev_ops(s->blk, NULL, NULL);
}

static void blk_instance_init(Object *obj)
{
    QTAILQ_INIT(&VIRTIO_BLK(obj)->stopped);
}

static const VMStateDescription vmstate_blk = {
    .name = "virtio-blk",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioBlk),
            VMSTATE_END_OF_LIST(),
        },
};

static Property blk_properties[] = {
    DEFINE_PROP_DRIVE("drive", VirtioBlk, blk),
    DEFINE_PROP_UINT32("logical_block_size", VirtioBlk, logical_block, SECTOR),
    DEFINE_PROP_UINT32("physical_block_size", VirtioBlk, physical_block, SECTOR),
    DEFINE_PROP_UINT32("min_io_size", VirtioBlk, min_io, 0),
    DEFINE_PROP_UINT32("opt_io_size", VirtioBlk, opt_io, 0),
    DEFINE_PROP_UINT32("discard_granularity", VirtioBlk, discard_granularity, SECTOR),
    DEFINE_PROP_ON_OFF_AUTO("write-cache", VirtioBlk, write_cache, ON_OFF_AUTO_AUTO),
    DEFINE_PROP_STRING("rerror", VirtioBlk, rerror),
    DEFINE_PROP_STRING("werror", VirtioBlk, werror),
    DEFINE_PROP_UINT32_RANGE("cyls", VirtioBlk, cylinders, 0, 0, UINT16_MAX),
    DEFINE_PROP_UINT32_RANGE("heads", VirtioBlk, heads, 0, 0, UINT8_MAX),
    DEFINE_PROP_UINT32_RANGE("secs", VirtioBlk, sectors, 0, 0, UINT8_MAX),
    DEFINE_PROP_STRING("serial", VirtioBlk, serial),
    DEFINE_PROP_BOOTINDEX(VirtioBlk, bootindex),
    DEFINE_PROP_LINK("iothread", VirtioBlk, iothread, TYPE_IOTHREAD, IOThread *),
    DEFINE_PROP_BIT64("config-wce", VirtioDevice, device_features, BLK_F_CONFIG_WCE, true),
    DEFINE_PROP_UINT16("num-queues", VirtioBlk, num_queues, NUM_QUEUES_AUTO),
    DEFINE_PROP_UINT16("queue-size", VirtioBlk, queue_size, 256),
    DEFINE_PROP_BIT64("discard", VirtioDevice, device_features, BLK_F_DISCARD, true),
    DEFINE_PROP_BIT64("write-zeroes", VirtioDevice, device_features, BLK_F_WRITE_ZEROES, true),
    DEFINE_PROP_UINT32("max-discard-sectors", VirtioBlk, max_discard, MAX_RANGE_SECTORS),
    DEFINE_PROP_UINT32("max-write-zeroes-sectors", VirtioBlk, max_zeroes, MAX_RANGE_SECTORS),
    DEFINE_PROP_END_OF_LIST(),
};

static void blk_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_BLOCK;
    vc->config_size = CONFIG_SIZE;
    vc->realize = blk_realize;
    vc->unrealize = blk_unrealize;
    vc->read_config = blk_read_config;
    vc->write_config = blk_write_config;
    vc->features_accepted = blk_features_accepted;
    vc->reset = blk_reset;
    vc->queue_reset = blk_queue_reset;
    dc->vmsd = &vmstate_blk;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, blk_properties);
}

static const TypeInfo blk_types[] = {
    {
        .name = TYPE_VIRTIO_BLK,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioBlk),
        .instance_init = blk_instance_init,
        .class_init = blk_class_init,
    },
};

DEFINE_TYPES(blk_types)

static const VirtioPCIKind blk_pci = {
    .name = "virtio-blk-pci",
    .backend = TYPE_VIRTIO_BLK,
    .legacy_id = 0x1001,
    .class_id = PCI_CLASS_STORAGE_SCSI,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_STORAGE,
};

static void register_blk_pci(void)
{
    virtio_pci_register(&blk_pci);
}

type_init(register_blk_pci)
