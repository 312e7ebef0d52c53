/*
 * Virtio SCSI host: a bus of up to 256 targets, each with up to 16384 logical units.
 *
 * Queue 0 takes task management functions, queue 1 buffers for events, all others commands. A
 * command's buffer has a header and data to the unit, then room for the response and data from it.
 *
 * Reference: Virtual I/O Device (VIRTIO) Version 1.2, section 5.6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/boards.h"
#include "hw/scsi/scsi.h"
#include "hw/virtio/virtio-pci.h"
#include "hw/virtio/virtio.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"

#define TYPE_VIRTIO_SCSI "virtio-scsi-device"
#define MAX_TARGET       255
#define NUM_QUEUES_AUTO  UINT32_MAX
#define MAX_NUM_QUEUES   256
#define DEFAULT_SENSE    96
#define DEFAULT_CDB      32
#define MAX_SENSE        4096 /* what a driver may ask for */

enum { QUEUE_CONTROL, QUEUE_EVENT, QUEUE_COMMANDS };

/* Feature bits (5.6.3). */
enum { F_INOUT, F_HOTPLUG, F_CHANGE, F_T10_PI };

/* Configuration (5.6.4). */
enum {
    CONFIG_NUM_QUEUES = 0,
    CONFIG_SEG_MAX = 4,
    CONFIG_MAX_SECTORS = 8,
    CONFIG_CMD_PER_LUN = 12,
    CONFIG_EVENT_SIZE = 16,
    CONFIG_SENSE_SIZE = 20,
    CONFIG_CDB_SIZE = 24,
    CONFIG_MAX_CHANNEL = 28,
    CONFIG_MAX_TARGET = 30,
    CONFIG_MAX_LUN = 32,
    CONFIG_SIZE = 36,
};

/* Responses (5.6.6.1, 5.6.6.2). */
enum {
    RESPONSE_OK = 0,
    RESPONSE_OVERRUN = 1,
    RESPONSE_ABORTED = 2,
    RESPONSE_BAD_TARGET = 3,
    RESPONSE_RESET = 4,
    RESPONSE_FAILURE = 9,
    RESPONSE_FUNCTION_SUCCEEDED = 10,
    RESPONSE_FUNCTION_REJECTED = 11,
    RESPONSE_INCORRECT_LUN = 12,
};

/* The header of a command, before its CDB; the response, before its sense data. */
enum { HEADER_LUN = 0, HEADER_ID = 8, HEADER_CDB = 19 };
enum {
    ANSWER_SENSE_LENGTH = 0,
    ANSWER_RESIDUAL = 4,
    ANSWER_STATUS = 10,
    ANSWER_RESPONSE = 11,
    ANSWER_SENSE = 12,
};

/* Control requests: type, then … */
enum { CONTROL_TMF = 0, CONTROL_QUERY = 1, CONTROL_SUBSCRIBE = 2 };
enum { TMF_SUBTYPE = 4, TMF_LUN = 8, TMF_ID = 16, TMF_SIZE = 24 };
enum { QUERY_SIZE = 16, QUERY_ANSWER = 5 };

/* Events (5.6.6.3). */
enum { EVENT_NONE = 0, EVENT_TRANSPORT_RESET = 1, EVENT_PARAM_CHANGE = 3 };
enum { EVENT_LUN = 4, EVENT_REASON = 12, EVENT_SIZE = 16 };
enum { REASON_RESCAN = 1, REASON_REMOVED = 2, REASON_CAPACITY = 0x2a | 0x09 << 8 };
#define EVENTS_MISSED 0x80000000u

typedef struct VirtioScsi VirtioScsi;

typedef struct VirtioCommand {
    VirtBuffer buf;
    VirtioScsi *s;
    ScsiRequest *r;
    uint32_t target, lun;
    uint64_t id;
    size_t out_bytes, in_bytes; /* of data */
    struct iovec *iov;
    QEMUIOVector data;
    QTAILQ_ENTRY(VirtioCommand) link;
} VirtioCommand;

struct VirtioScsi {
    VirtioDevice parent_obj;

    uint32_t num_queues, queue_size, max_sectors, cmd_per_lun; /* properties */

    uint32_t sense_size, cdb_size; /* as the driver wants them */
    ScsiBus *bus;
    QTAILQ_HEAD(, VirtioCommand) active;
    bool events_missed;
    bool resetting; /* who is cancelled now isn't told to the driver */
};

DECLARE_INSTANCE_CHECKER(VirtioScsi, VIRTIO_SCSI, TYPE_VIRTIO_SCSI)

/* --- addresses --- */

/* 1, the target, a single-level number in two bytes, zeros. */
static bool decode_address(const uint8_t bytes[8], uint32_t *target, uint32_t *lun)
{
    uint8_t number[8] = { bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7] };

    *target = bytes[1];
    return bytes[0] == 1 && scsi_lun_decode(number, lun);
}

static void encode_address(uint8_t bytes[8], const ScsiUnit *unit)
{
    uint8_t number[8];

    scsi_lun_encode(number, unit->lun);
    bytes[0] = 1;
    bytes[1] = unit->target;
    memcpy(bytes + 2, number, 6);
}

/* --- the end of a command --- */

static void finish(VirtioCommand *c, uint8_t response)
{
    VirtioDevice *dev = &c->s->parent_obj;
    VirtBuffer *buf = &c->buf;
    VirtQueue *q = buf->queue;
    const ScsiRequest *r = c->r;
    bool has_status = response == RESPONSE_OK && r;
    uint32_t sense_size = has_status ? MIN(r->sense_size, c->s->sense_size) : 0;
    size_t moved = has_status ? r->moved : 0, head = ANSWER_SENSE + c->s->sense_size;
    uint8_t answer[ANSWER_SENSE + SCSI_SENSE_MAX] = { 0 };
    uint32_t written = head + (moved && r->direction == SCSI_FROM_UNIT ? moved : 0);

    virtio_put32(dev, answer + ANSWER_SENSE_LENGTH, sense_size);
    virtio_put32(dev, answer + ANSWER_RESIDUAL, c->out_bytes + c->in_bytes - moved);
    answer[ANSWER_STATUS] = has_status ? r->status : 0;
    answer[ANSWER_RESPONSE] = response;
    memcpy(answer + ANSWER_SENSE, has_status ? r->sense : answer, sense_size);
    iov_from_buf(buf->in, buf->num_in, 0, answer, ANSWER_SENSE + sense_size);
    QTAILQ_REMOVE(&c->s->active, c, link);
    g_clear_pointer(&c->r, scsi_request_unref);
    g_free(c->iov);
    virtq_finish(buf, written);
    virtq_publish(q);
}

static void drop(VirtioCommand *c)
{
    QTAILQ_REMOVE(&c->s->active, c, link);
    g_clear_pointer(&c->r, scsi_request_unref);
    g_free(c->iov);
    virtq_drop(&c->buf);
}

static void abort_command(VirtioCommand *c)
{
    scsi_request_cancel(c->r);
    finish(c, RESPONSE_ABORTED);
}

/* --- what the bus tells --- */

static void command_moved(ScsiRequest *r, size_t bytes)
{
    /* All of it is moved in one go: the status follows. */
}

static void command_complete(ScsiRequest *r)
{
    finish(r->owner, RESPONSE_OK);
}

static void command_cancelled(ScsiRequest *r)
{
    VirtioCommand *c = r->owner;

    if (c->s->resetting) {
        drop(c);
    } else {
        finish(c, RESPONSE_RESET);
    }
}

static void send_event(VirtioScsi *s, uint32_t event, const ScsiUnit *unit, uint32_t reason)
{
    VirtioDevice *dev = &s->parent_obj;
    VirtQueue *q = virtio_queue(dev, QUEUE_EVENT);
    uint8_t message[EVENT_SIZE] = { 0 };
    VirtBuffer *buf;

    if (!virtio_is_running(dev)) {
        return;
    }
    buf = virtq_take(q, sizeof(*buf));
    if (!buf) {
        s->events_missed = true;
        return;
    }
    if (buf->in_size < EVENT_SIZE) {
        virtio_broken(dev, "an event buffer of %zu bytes: expected at least %u", buf->in_size,
                      EVENT_SIZE);
        virtq_drop(buf);
        return;
    }
    virtio_put32(dev, message, event | (s->events_missed ? EVENTS_MISSED : 0));
    s->events_missed = false;
    if (unit) {
        encode_address(message + EVENT_LUN, unit);
    }
    virtio_put32(dev, message + EVENT_REASON, reason);
    iov_from_buf(buf->in, buf->num_in, 0, message, sizeof(message));
    virtq_finish(buf, EVENT_SIZE);
    virtq_publish(q);
}

static void unit_changed(ScsiBus *bus, ScsiUnit *unit, ScsiChange what)
{
    VirtioScsi *s = VIRTIO_SCSI(bus->parent_obj.parent);
    VirtioDevice *dev = &s->parent_obj;

    if (what == SCSI_UNIT_ADDED && virtio_has_feature(dev, F_HOTPLUG)) {
        send_event(s, EVENT_TRANSPORT_RESET, unit, REASON_RESCAN);
    } else if (what == SCSI_UNIT_REMOVED && virtio_has_feature(dev, F_HOTPLUG)) {
        send_event(s, EVENT_TRANSPORT_RESET, unit, REASON_REMOVED);
    } else if (what == SCSI_UNIT_CAPACITY && virtio_has_feature(dev, F_CHANGE)) {
        send_event(s, EVENT_PARAM_CHANGE, unit, REASON_CAPACITY);
    }
}

static const ScsiHost scsi_host = {
    .max_target = MAX_TARGET,
    .max_lun = SCSI_LUN_MAX,
    .moved = command_moved,
    .complete = command_complete,
    .cancelled = command_cancelled,
    .changed = unit_changed,
};

/* --- commands --- */

/* The data's pieces, in the direction that the command wants: false: there isn't so much room. */
static bool give_data(VirtioCommand *c)
{
    ScsiRequest *r = c->r;
    VirtBuffer *buf = &c->buf;
    bool to_unit = r->direction == SCSI_TO_UNIT;
    const struct iovec *pieces = to_unit ? buf->out : buf->in;
    unsigned num = to_unit ? buf->num_out : buf->num_in;
    size_t skip = to_unit ? HEADER_CDB + c->s->cdb_size : ANSWER_SENSE + c->s->sense_size;

    if (!r->length) {
        return true;
    }
    if (r->length > (to_unit ? c->out_bytes : c->in_bytes)) {
        return false;
    }
    c->iov = g_new(struct iovec, num);
    qemu_iovec_init_external(&c->data, c->iov,
                             iov_slice(c->iov, num, pieces, num, skip, r->length));
    scsi_request_move(r, &c->data);
    return true;
}

static void begin(VirtioCommand *c)
{
    VirtioScsi *s = c->s;
    VirtioDevice *dev = &s->parent_obj;
    g_autofree uint8_t *header = g_malloc(HEADER_CDB + s->cdb_size);
    ScsiUnit *unit = NULL;

    iov_to_buf(c->buf.out, c->buf.num_out, 0, header, HEADER_CDB + s->cdb_size);
    c->id = virtio_get64(dev, header + HEADER_ID);
    if (decode_address(header + HEADER_LUN, &c->target, &c->lun)) {
        unit = scsi_bus_find(s->bus, c->target, c->lun);
        unit = unit ? unit : scsi_bus_find_target(s->bus, c->target);
    }
    if (!unit) {
        finish(c, RESPONSE_BAD_TARGET);
    } else if (c->out_bytes && c->in_bytes) { /* INOUT isn't offered */
        finish(c, RESPONSE_FAILURE);
    } else {
        c->r = scsi_request_new(unit, c->lun, c->id, header + HEADER_CDB, s->cdb_size, c);
        scsi_request_start(c->r);
        if (!give_data(c)) {
            scsi_request_cancel(c->r);
            finish(c, RESPONSE_OVERRUN);
        }
    }
}

static void commands_available(VirtioDevice *dev, VirtQueue *q)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);
    VirtioCommand *c;

    while ((c = virtq_take(q, sizeof(*c)))) {
        size_t out = HEADER_CDB + s->cdb_size, in = ANSWER_SENSE + s->sense_size;

        if (c->buf.out_size < out || c->buf.in_size < in) {
            virtio_broken(dev, "queue %u: a command of %zu and %zu bytes: expected at least %zu "
                               "and %zu",
                          virtq_index(q), c->buf.out_size, c->buf.in_size, out, in);
            virtq_drop(&c->buf);
            return;
        }
        c->s = s;
        c->out_bytes = c->buf.out_size - out;
        c->in_bytes = c->buf.in_size - in;
        QTAILQ_INSERT_TAIL(&s->active, c, link);
        begin(c);
    }
}

/* --- task management --- */

static VirtioCommand *find_command(VirtioScsi *s, uint32_t target, uint32_t lun, const uint64_t *id)
{
    VirtioCommand *c;

    QTAILQ_FOREACH(c, &s->active, link) {
        if (c->r && c->target == target && c->lun == lun && (!id || c->id == *id)) {
            return c;
        }
    }
    return NULL;
}

static uint8_t reset_target(VirtioScsi *s, uint32_t target)
{
    GPtrArray *units = s->bus->parent_obj.children;

    for (guint i = 0; i < units->len; i++) {
        ScsiUnit *unit = SCSI_UNIT(g_ptr_array_index(units, i));

        if (unit->target == target) {
            scsi_unit_reset(unit);
        }
    }
    return RESPONSE_OK;
}

static uint8_t manage_tasks(VirtioScsi *s, const uint8_t *request)
{
    enum {
        ABORT_TASK, ABORT_TASK_SET, CLEAR_ACA, CLEAR_TASK_SET, NEXUS_RESET, UNIT_RESET, QUERY_TASK,
        QUERY_TASK_SET,
    };
    VirtioDevice *dev = &s->parent_obj;
    uint32_t function = virtio_get32(dev, request + TMF_SUBTYPE), target, lun;
    uint64_t id = virtio_get64(dev, request + TMF_ID);
    bool one = function == ABORT_TASK || function == QUERY_TASK;
    VirtioCommand *c;
    ScsiUnit *unit;

    if (!decode_address(request + TMF_LUN, &target, &lun) ||
        !scsi_bus_find_target(s->bus, target)) {
        return RESPONSE_BAD_TARGET;
    }
    if (function == NEXUS_RESET) {
        return reset_target(s, target);
    }
    unit = scsi_bus_find(s->bus, target, lun);
    if (!unit) {
        return RESPONSE_INCORRECT_LUN;
    }
    switch (function) {
    case ABORT_TASK:
    case ABORT_TASK_SET:
    case CLEAR_TASK_SET:
        while ((c = find_command(s, target, lun, one ? &id : NULL))) {
            abort_command(c);
        }
        return RESPONSE_OK;
    case UNIT_RESET:
        scsi_unit_reset(unit);
        return RESPONSE_OK;
    case QUERY_TASK:
    case QUERY_TASK_SET:
        return find_command(s, target, lun, one ? &id : NULL) ? RESPONSE_FUNCTION_SUCCEEDED
                                                              : RESPONSE_OK;
    default:
        return RESPONSE_FUNCTION_REJECTED;
    }
}

static void control_available(VirtioDevice *dev, VirtQueue *q)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);
    VirtBuffer *buf;

    while ((buf = virtq_take(q, sizeof(*buf)))) {
        uint8_t request[TMF_SIZE] = { 0 }, answer[QUERY_ANSWER] = { 0 };
        size_t size = iov_to_buf(buf->out, buf->num_out, 0, request, sizeof(request));
        uint32_t type = virtio_get32(dev, request), written = 0;

        if (type == CONTROL_TMF && size >= TMF_SIZE && buf->in_size >= 1) {
            answer[0] = manage_tasks(s, request);
            written = 1;
        } else if ((type == CONTROL_QUERY || type == CONTROL_SUBSCRIBE) && size >= QUERY_SIZE &&
                   buf->in_size >= QUERY_ANSWER) {
            written = QUERY_ANSWER; /* no event of those is there to be reported: all zeros */
        } else {
            virtio_broken(dev, "queue %u: a control request of type %u with %zu and %zu bytes",
                          virtq_index(q), type, buf->out_size, buf->in_size);
            virtq_drop(buf);
            return;
        }
        iov_from_buf(buf->in, buf->num_in, 0, answer, written);
        virtq_finish(buf, written);
    }
    virtq_publish(q);
}

/* Buffers for events wait in the ring; what was lost for want of them is told. */
static void event_room(VirtioDevice *dev, VirtQueue *q)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);

    if (s->events_missed) {
        send_event(s, EVENT_NONE, NULL, 0);
    }
}

/* --- the device --- */

static void scsi_read_config(VirtioDevice *dev, uint8_t *config)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);

    memset(config, 0, CONFIG_SIZE);
    virtio_put32(dev, config + CONFIG_NUM_QUEUES, s->num_queues);
    virtio_put32(dev, config + CONFIG_SEG_MAX, MAX(s->queue_size, 3) - 2);
    virtio_put32(dev, config + CONFIG_MAX_SECTORS, s->max_sectors);
    virtio_put32(dev, config + CONFIG_CMD_PER_LUN, s->cmd_per_lun);
    virtio_put32(dev, config + CONFIG_EVENT_SIZE, EVENT_SIZE);
    virtio_put32(dev, config + CONFIG_SENSE_SIZE, s->sense_size);
    virtio_put32(dev, config + CONFIG_CDB_SIZE, s->cdb_size);
    virtio_put16(dev, config + CONFIG_MAX_CHANNEL, 0);
    virtio_put16(dev, config + CONFIG_MAX_TARGET, MAX_TARGET);
    virtio_put32(dev, config + CONFIG_MAX_LUN, SCSI_LUN_MAX);
}

/* Sizes of commands under way are those of when they began: they can't change then. */
static void scsi_write_config(VirtioDevice *dev, const uint8_t *config)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);
    uint32_t sense = virtio_get32(dev, config + CONFIG_SENSE_SIZE);
    uint32_t cdb = virtio_get32(dev, config + CONFIG_CDB_SIZE);

    if (sense == s->sense_size && cdb == s->cdb_size) {
        return;
    }
    if (sense > MAX_SENSE || !cdb || cdb > UINT8_MAX) {
        virtio_broken(dev, "sense_size=%u, cdb_size=%u: expected at most %u, and 1 to %u", sense,
                      cdb, MAX_SENSE, UINT8_MAX);
    } else if (!QTAILQ_EMPTY(&s->active)) {
        virtio_broken(dev, "sense_size and cdb_size change while commands are under way");
    } else {
        s->sense_size = sense;
        s->cdb_size = cdb;
    }
}

static void scsi_reset(VirtioDevice *dev)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);

    s->resetting = true;
    scsi_bus_reset(s->bus);
    s->resetting = false;
    s->events_missed = false;
    s->sense_size = DEFAULT_SENSE;
    s->cdb_size = DEFAULT_CDB;
}

static void scsi_queue_reset(VirtioDevice *dev, VirtQueue *q)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);
    VirtioCommand *c;

again:
    QTAILQ_FOREACH(c, &s->active, link) {
        if (c->buf.queue == q && c->r) {
            scsi_request_cancel(c->r); /* others may end meanwhile */
            drop(c);
            goto again;
        }
    }
}

static void scsi_realize(VirtioDevice *dev, Error **errp)
{
    VirtioScsi *s = VIRTIO_SCSI(dev);
    DeviceState *carrier = dev->parent_obj.parent_bus->parent;
    g_autofree char *bus_name = carrier->id ? g_strdup_printf("%s.0", carrier->id) : NULL;

    if (s->num_queues == NUM_QUEUES_AUTO) {
        s->num_queues = current_machine ? MAX(current_machine->smp.cpus, 1) : 1;
    }
    if (s->num_queues < 1 || s->num_queues > MAX_NUM_QUEUES) {
        error_setg(errp, "num_queues=%u: expected 1 to %u", s->num_queues, MAX_NUM_QUEUES);
        return;
    }
    if (!is_power_of_2(s->queue_size) || s->queue_size < 4 ||
        s->queue_size > VIRTIO_MAX_QUEUE_SIZE) {
        error_setg(errp, "virtqueue_size=%u: expected a power of two from 4 to %u", s->queue_size,
                   VIRTIO_MAX_QUEUE_SIZE);
        return;
    }
    virtio_add_queue(dev, s->queue_size, control_available);
    virtio_add_queue(dev, s->queue_size, event_room);
    for (uint32_t i = 0; i < s->num_queues; i++) {
        virtio_add_queue(dev, s->queue_size, commands_available);
    }
    s->sense_size = DEFAULT_SENSE;
    s->cdb_size = DEFAULT_CDB;
    if (!s->bus) {
        s->bus = scsi_bus_new(DEVICE(dev), bus_name, &scsi_host);
    }
}

static void scsi_instance_init(Object *obj)
{
    QTAILQ_INIT(&VIRTIO_SCSI(obj)->active);
}

static const VMStateDescription vmstate_scsi = {
    .name = "virtio-scsi",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_VIRTIO_DEVICE(parent_obj, VirtioScsi),
            VMSTATE_UINT32(sense_size, VirtioScsi),
            VMSTATE_UINT32(cdb_size, VirtioScsi),
            VMSTATE_BOOL(events_missed, VirtioScsi),
            VMSTATE_END_OF_LIST(),
        },
};

static Property scsi_properties[] = {
    DEFINE_PROP_UINT32("num_queues", VirtioScsi, num_queues, NUM_QUEUES_AUTO),
    DEFINE_PROP_UINT32("virtqueue_size", VirtioScsi, queue_size, 256),
    DEFINE_PROP_UINT32("max_sectors", VirtioScsi, max_sectors, 0xffff),
    DEFINE_PROP_UINT32("cmd_per_lun", VirtioScsi, cmd_per_lun, 128),
    DEFINE_PROP_BIT64("hotplug", VirtioDevice, device_features, F_HOTPLUG, true),
    DEFINE_PROP_BIT64("param_change", VirtioDevice, device_features, F_CHANGE, true),
    DEFINE_PROP_END_OF_LIST(),
};

static void scsi_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    VirtioDeviceClass *vc = VIRTIO_DEVICE_CLASS(klass);

    vc->device_id = VIRTIO_ID_SCSI;
    vc->config_size = CONFIG_SIZE;
    vc->realize = scsi_realize;
    vc->read_config = scsi_read_config;
    vc->write_config = scsi_write_config;
    vc->reset = scsi_reset;
    vc->queue_reset = scsi_queue_reset;
    dc->vmsd = &vmstate_scsi;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, scsi_properties);
}

static const TypeInfo scsi_types[] = {
    {
        .name = TYPE_VIRTIO_SCSI,
        .parent = TYPE_VIRTIO_DEVICE,
        .instance_size = sizeof(VirtioScsi),
        .instance_init = scsi_instance_init,
        .class_init = scsi_class_init,
    },
};

DEFINE_TYPES(scsi_types)

static const VirtioPCIKind scsi_pci = {
    .name = "virtio-scsi-pci",
    .backend = TYPE_VIRTIO_SCSI,
    .legacy_id = 0x1004,
    .class_id = PCI_CLASS_STORAGE_SCSI,
    .vectors = VIRTIO_PCI_VECTORS_AUTO,
    .category = DEVICE_CATEGORY_STORAGE,
};

static void register_scsi_pci(void)
{
    virtio_pci_register(&scsi_pci);
}

type_init(register_scsi_pci)
