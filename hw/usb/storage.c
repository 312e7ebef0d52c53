/*
 * usb-storage: a disk behind the bulk-only transport, with the SCSI command set.
 *
 * The host sends a command block wrapper of 31 bytes, moves the data that it announced there, and
 * reads a status wrapper of 13 bytes: three phases, one after the other. Data that one side wants
 * and the other hasn't is the residue; the pipe of a phase that comes too short is halted, and the
 * host clears it and goes on with the status (6.7 says which case is which).
 *
 * The disk itself is a unit on a SCSI bus below this device. Its answers come later: transfers
 * stay pending until then.
 *
 * Reference: Universal Serial Bus Mass Storage Class, Bulk-Only Transport, revision 1.0.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/qdev-properties.h"
#include "hw/scsi/scsi.h"
#include "hw/usb/usb.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "qemu/module.h"

#define TYPE_USB_STORAGE "usb-storage"
OBJECT_DECLARE_SIMPLE_TYPE(USBStorage, USB_STORAGE)

#define COMMAND_SIZE      31
#define COMMAND_SIGNATURE 0x43425355
#define STATUS_SIZE       13
#define STATUS_SIGNATURE  0x53425355
#define COMMAND_IN        0x80 /* bmCBWFlags */
#define MAX_CDB           16

#define BULK_IN  (1 | USB_DIR_IN)
#define BULK_OUT 2

enum { REQUEST_RESET = 0xff, REQUEST_GET_MAX_LUN = 0xfe };
enum { STATUS_GOOD, STATUS_FAILED, STATUS_PHASE_ERROR };

typedef enum Phase {
    PHASE_COMMAND,
    PHASE_DATA,
    PHASE_STATUS,
    PHASE_BROKEN, /* until the host resets the transport (6.6.1) */
} Phase;

struct USBStorage {
    USBDevice parent_obj;

    /* properties */
    char *drive, *rerror, *werror;
    bool removable;

    ScsiBus *bus;
    uint8_t phase;
    uint32_t tag, wanted; /* of the command: its data, in bytes */
    uint32_t residue;     /* of that, what hasn't been moved */
    bool wanted_in;
    uint8_t status;
    ScsiRequest *request; /* NULL: it has ended */
    bool moving;          /* part of the transfer is with the disk */
    QEMUIOVector part;
    USBTransfer *waiting; /* data or status that is pending */
};

#define STORAGE_INTERFACE(packet, burst)                                                           \
    {                                                                                              \
        .class = 8, .subclass = 6, .protocol = 0x50, .num_endpoints = 2,                           \
        .endpoints = { { BULK_IN, USB_BULK, packet, 0, burst },                                    \
                       { BULK_OUT, USB_BULK, packet, 0, burst } },                                 \
    }

static const USBInterface full_interface = STORAGE_INTERFACE(64, 0);
static const USBInterface high_interface = STORAGE_INTERFACE(512, 0);
static const USBInterface super_interface = STORAGE_INTERFACE(1024, 15);

static const USBConfiguration full_configuration = {
    .self_powered = true, .num_interfaces = 1, .interfaces = &full_interface,
};
static const USBConfiguration high_configuration = {
    .self_powered = true, .num_interfaces = 1, .interfaces = &high_interface,
};
static const USBConfiguration super_configuration = {
    .self_powered = true, .num_interfaces = 1, .interfaces = &super_interface,
};

static const USBDescriptors storage_descriptors = {
    .vendor = 0x46f4,
    .product = 0x0001,
    /* The transport wants a serial number of at least 12 hexadecimal digits (4.1.1). */
    .strings = { NULL, "QEMU", "QEMU USB HARDDRIVE", "000000000001" },
    .at_speed = {
        [USB_FULL] = &full_configuration,
        [USB_HIGH] = &high_configuration,
        [USB_SUPER] = &super_configuration,
    },
    .max_packet0 = 64,
};

/* --- phases --- */

static USBStatus next_data(USBStorage *s, USBTransfer *t);

/* The host has what it announced, or there is no more: the command may have wanted otherwise. */
static void end_data(USBStorage *s)
{
    s->phase = PHASE_STATUS;
    if (s->request) {
        scsi_request_end_data(s->request);
    }
}

static bool status_is_due(const USBStorage *s)
{
    return s->phase == PHASE_STATUS && !s->request;
}

static USBStatus give_status(USBStorage *s, USBTransfer *t)
{
    uint8_t wrapper[STATUS_SIZE];

    if (usb_room(t) < STATUS_SIZE) {
        s->phase = PHASE_BROKEN;
        return USB_BABBLE;
    }
    stl_le_p(wrapper, STATUS_SIGNATURE);
    stl_le_p(wrapper + 4, s->tag);
    stl_le_p(wrapper + 8, s->residue);
    wrapper[12] = s->status;
    usb_give(t, wrapper, sizeof(wrapper));
    s->phase = PHASE_COMMAND;
    return USB_DONE;
}

/* What waits, and can now go on. Its end may bring the next transfer with it. */
static void go_on(USBStorage *s)
{
    USBTransfer *t = s->waiting;
    USBStatus status;

    if (!t || s->moving) {
        return;
    }
    if (s->phase == PHASE_DATA) {
        status = next_data(s, t);
    } else if (status_is_due(s)) {
        status = give_status(s, t);
    } else {
        return;
    }
    if (status != USB_PENDING) {
        s->waiting = NULL;
        usb_complete(t, status);
        usb_endpoint_ready(&s->parent_obj, BULK_OUT);
        if (s->phase == PHASE_STATUS) {
            usb_endpoint_ready(&s->parent_obj, BULK_IN); /* who asked for it before the data ended */
        }
    }
}

/* --- the data phase --- */

/*
 * The command has ended and the host still has data, which are thrown away, or wants some: a short
 * packet tells it that there are no more, and where there are none at all, a halt (6.7.2, 6.7.3).
 */
static USBStatus pad_or_halt(USBStorage *s, USBTransfer *t)
{
    size_t rest = MIN(usb_room(t), s->wanted);

    if (s->wanted_in) {
        end_data(s);
        return t->moved ? USB_DONE : USB_STALL;
    }
    t->moved += rest;
    s->wanted -= rest;
    if (!s->wanted) {
        end_data(s);
    }
    return USB_DONE;
}

static USBStatus next_data(USBStorage *s, USBTransfer *t)
{
    ScsiRequest *r = s->request;
    size_t part = MIN(usb_room(t), s->wanted);

    if (!part) {
        if (!s->wanted) {
            end_data(s);
        }
        return usb_room(t) && !t->moved ? USB_STALL : USB_DONE;
    }
    if (!r) {
        return pad_or_halt(s, t);
    }
    if (r->moved == r->length) {
        return USB_PENDING; /* its end is on the way */
    }
    part = MIN(part, r->length - r->moved);
    qemu_iovec_reset(&s->part);
    qemu_iovec_concat(&s->part, &t->data, t->moved, part);
    s->moving = true;
    scsi_request_move(r, &s->part);
    return USB_PENDING;
}

static void data_moved(ScsiRequest *r, size_t bytes)
{
    USBStorage *s = r->owner;

    s->moving = false;
    s->wanted -= bytes;
    s->residue -= bytes;
    if (s->waiting) {
        s->waiting->moved += bytes;
    }
    go_on(s);
}

static void drop_request(USBStorage *s)
{
    ScsiRequest *r = g_steal_pointer(&s->request);

    s->moving = false;
    if (r) {
        scsi_request_unref(r);
    }
}

static void command_completed(ScsiRequest *r)
{
    USBStorage *s = r->owner;

    s->status = r->status == SCSI_GOOD ? STATUS_GOOD : STATUS_FAILED;
    drop_request(s);
    go_on(s);
}

static void command_cancelled(ScsiRequest *r)
{
    USBStorage *s = r->owner;

    s->status = STATUS_FAILED;
    drop_request(s);
    go_on(s);
}

static const ScsiHost scsi_host = {
    .max_target = 0,
    .max_lun = 0,
    .moved = data_moved,
    .complete = command_completed,
    .cancelled = command_cancelled,
};

/* --- the command phase --- */

static bool begin_command(USBStorage *s, const uint8_t *wrapper)
{
    ScsiUnit *unit = scsi_bus_find(s->bus, 0, 0);
    uint32_t lun = wrapper[13] & 0xf, cdb_size = wrapper[14] & 0x1f;
    ScsiRequest *r;

    if (ldl_le_p(wrapper) != COMMAND_SIGNATURE || !unit || !cdb_size || cdb_size > MAX_CDB) {
        return false; /* not valid, or not meaningful (6.2) */
    }
    s->tag = ldl_le_p(wrapper + 4);
    s->wanted = s->residue = ldl_le_p(wrapper + 8);
    s->wanted_in = wrapper[12] & COMMAND_IN;
    r = s->request = scsi_request_new(unit, lun, s->tag, wrapper + 15, cdb_size, s);
    scsi_request_start(r);
    s->phase = s->wanted ? PHASE_DATA : PHASE_STATUS;
    if (r->length && (!s->wanted || s->wanted_in != (r->direction == SCSI_FROM_UNIT))) {
        /* Cases 2, 3, 8 and 10: the host expects something else than the command does. */
        scsi_request_cancel(r);
        drop_request(s);
        s->status = STATUS_PHASE_ERROR;
    }
    return true;
}

static USBStatus take_command(USBStorage *s, USBTransfer *t)
{
    uint8_t wrapper[COMMAND_SIZE];

    if (t->data.size != COMMAND_SIZE || usb_take(t, wrapper, sizeof(wrapper)) != COMMAND_SIZE ||
        !begin_command(s, wrapper)) {
        qemu_log_dev(LOG_GUEST_ERROR, TYPE_USB_STORAGE, "command", "not a valid wrapper");
        usb_halt(&s->parent_obj, BULK_IN);
        s->phase = PHASE_BROKEN;
        return USB_STALL;
    }
    usb_endpoint_ready(&s->parent_obj, BULK_IN);
    return USB_DONE;
}

static USBStatus storage_transfer(USBDevice *dev, USBTransfer *t)
{
    USBStorage *s = USB_STORAGE(dev);
    bool in = t->pid == USB_PID_IN;
    USBStatus status = USB_STALL;

    if (s->waiting) {
        return USB_NAK; /* the other pipe is busy */
    }
    if (!in && s->phase == PHASE_COMMAND) {
        return take_command(s, t);
    }
    if (s->phase == PHASE_DATA && in == s->wanted_in) {
        status = next_data(s, t);
    } else if (in && status_is_due(s)) {
        status = give_status(s, t);
    } else if (in && s->phase == PHASE_STATUS) {
        status = USB_PENDING;
    } else if (in && s->phase == PHASE_COMMAND) {
        return USB_NAK;
    }
    s->waiting = status == USB_PENDING ? t : NULL;
    return status;
}

/* --- the end of it --- */

static void give_up(USBStorage *s)
{
    if (s->request) {
        scsi_request_cancel(s->request);
        drop_request(s);
    }
    s->waiting = NULL;
}

/* The data may be on its way: nothing of it goes to the host's memory any more. */
static void storage_cancel(USBDevice *dev, USBTransfer *t)
{
    USBStorage *s = USB_STORAGE(dev);

    if (s->waiting == t) {
        give_up(s);
        s->status = STATUS_FAILED;
    }
}

static void storage_bus_reset(USBDevice *dev)
{
    USBStorage *s = USB_STORAGE(dev);

    give_up(s);
    s->phase = PHASE_COMMAND;
}

static int storage_control(USBDevice *dev, const USBRequest *r, uint8_t *data)
{
    USBStorage *s = USB_STORAGE(dev);

    switch (USB_REQUEST(r->type, r->request)) {
    case USB_REQUEST(USB_TYPE_CLASS | USB_TO_INTERFACE, REQUEST_RESET):
        storage_bus_reset(dev); /* halts stay, for the host to clear (3.1) */
        return 0;
    case USB_REQUEST(USB_DIR_IN | USB_TYPE_CLASS | USB_TO_INTERFACE, REQUEST_GET_MAX_LUN):
        data[0] = s->bus->host->max_lun;
        return 1;
    default:
        return -1;
    }
}

/* A halt that says that the transport is broken stays until it is reset (6.6.1). */
static void storage_halt_cleared(USBDevice *dev, uint8_t address)
{
    if (USB_STORAGE(dev)->phase == PHASE_BROKEN) {
        usb_halt(dev, address);
    }
}

/* --- the device --- */

/* The disk has the properties that users give to the stick. */
static bool set_up_disk(USBStorage *s, DeviceState *disk, bool is_cd, Error **errp)
{
    const struct {
        const char *name, *value;
    } strings[] = {
        { "serial", s->parent_obj.serial }, { "rerror", s->rerror }, { "werror", s->werror },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(strings); i++) {
        if (strings[i].value &&
            !object_property_set_str(OBJECT(disk), strings[i].name, strings[i].value, errp)) {
            return false;
        }
    }
    if (!is_cd) {
        qdev_prop_set_bit(disk, "removable", s->removable);
    }
    return object_property_set_str(OBJECT(disk), "drive", s->drive, errp) &&
           qdev_realize(disk, BUS(s->bus), errp);
}

static void storage_realize(USBDevice *dev, Error **errp)
{
    USBStorage *s = USB_STORAGE(dev);
    BlockBackend *blk;
    DriveInfo *info;
    DeviceState *disk;
    bool is_cd;

    if (!s->drive) {
        error_setg(errp, "drive: a usb-storage needs one");
        return;
    }
    blk = blk_for_device(s->drive, errp);
    if (!blk) {
        return;
    }
    info = blk_legacy_dinfo(blk);
    is_cd = info && info->media_cd;
    blk_unref(blk);
    if (!s->bus) {
        s->bus = scsi_bus_new(DEVICE(dev), NULL, &scsi_host);
    }
    disk = qdev_new(is_cd ? TYPE_SCSI_CD : TYPE_SCSI_HD);
    if (!set_up_disk(s, disk, is_cd, errp)) {
        object_unparent(OBJECT(disk));
    }
    object_unref(OBJECT(disk));
}

static void storage_unrealize(USBDevice *dev)
{
    give_up(USB_STORAGE(dev));
}

static void storage_init(Object *obj)
{
    qemu_iovec_init(&USB_STORAGE(obj)->part, 0);
}

static void storage_finalize(Object *obj)
{
    qemu_iovec_destroy(&USB_STORAGE(obj)->part);
}

/* A command that was on its way isn't saved: it has failed, and the host asks again. */
static int storage_loaded(void *opaque, int version)
{
    USBStorage *s = opaque;

    return s->phase > PHASE_BROKEN || s->status > STATUS_PHASE_ERROR ? -EINVAL : 0;
}

static const VMStateDescription vmstate_storage = {
    .name = TYPE_USB_STORAGE,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = storage_loaded,
    .fields =
        (const VMStateField[]){
            VMSTATE_USB_DEVICE(parent_obj, USBStorage),
            VMSTATE_UINT8(phase, USBStorage),
            VMSTATE_UINT32(tag, USBStorage),
            VMSTATE_UINT32(wanted, USBStorage),
            VMSTATE_UINT32(residue, USBStorage),
            VMSTATE_BOOL(wanted_in, USBStorage),
            VMSTATE_UINT8(status, USBStorage),
            VMSTATE_END_OF_LIST(),
        },
};

static Property storage_properties[] = {
    DEFINE_PROP_STRING("drive", USBStorage, drive),
    DEFINE_PROP_STRING("rerror", USBStorage, rerror),
    DEFINE_PROP_STRING("werror", USBStorage, werror),
    DEFINE_PROP_BOOL("removable", USBStorage, removable, false),
    DEFINE_PROP_END_OF_LIST(),
};

static void storage_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    USBDeviceClass *uc = USB_DEVICE_CLASS(klass);

    uc->descriptors = &storage_descriptors;
    uc->realize = storage_realize;
    uc->unrealize = storage_unrealize;
    uc->bus_reset = storage_bus_reset;
    uc->control = storage_control;
    uc->transfer = storage_transfer;
    uc->cancel = storage_cancel;
    uc->halt_cleared = storage_halt_cleared;
    dc->desc = "USB disk (bulk-only transport)";
    dc->vmsd = &vmstate_storage;
    set_bit(DEVICE_CATEGORY_STORAGE, dc->categories);
    device_class_set_props(dc, storage_properties);
}

static const TypeInfo storage_types[] = {
    {
        .name = TYPE_USB_STORAGE,
        .parent = TYPE_USB_DEVICE,
        .instance_size = sizeof(USBStorage),
        .instance_init = storage_init,
        .instance_finalize = storage_finalize,
        .class_init = storage_class_init,
    },
};

DEFINE_TYPES(storage_types)
