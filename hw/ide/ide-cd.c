/*
 * "ide-cd": an ATAPI CD-ROM drive.
 *
 * A SCSI drive behind a task file: the packet of the command PACKET is a command descriptor block,
 * which the drive's logical unit, a "scsi-cd" on a bus of its own below this device, executes. What
 * is ours is how packet, data and status go through the registers.
 *
 * References: ATA/ATAPI-6 chapter 8 (PACKET, IDENTIFY PACKET DEVICE), 9 (protocols);
 * SFF-8020i, ATA Packet Interface for CD-ROMs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "hw/scsi/scsi.h"
#include "ide-internal.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "system/runstate.h"

#define PACKET_SIZE    12
#define SENSE_KEY_AT   2      /* byte of sense data */
#define REQUEST_SENSE  0x03
#define MOST_BYTES     0xfffe /* of a DRQ block */

/* Interrupt reason, in the count register (chapter 8, PACKET): what the data register is about. */
enum {
    REASON_COMMAND = 0x01, /* C/D */
    REASON_TO_HOST = 0x02, /* I/O */
};

enum { FEATURE_DMA = 0x01, FEATURE_OVERLAP = 0x02 };

typedef struct IdeCd {
    IdeUnit parent_obj;

    /* properties */
    char *drive, *rerror, *werror;

    ScsiBus *bus;

    /* the command */
    bool packet; /* the buffer takes the packet */
    bool dma;
    uint16_t limit;       /* bytes of a DRQ block */
    ScsiRequest *request; /* NULL: it has ended, and `failed` says how */
    bool failed;
    bool under_way;       /* a packet has come, and its status is still to be given */
    bool unfinished;      /* in a snapshot: there was a request */
    bool lost;            /* the snapshot's command is to end when the machine goes on */
    uint8_t sense[SCSI_SENSE_MAX]; /* of the last command that failed; key 0: it has been told */
    struct iovec iov;
    QEMUIOVector qiov;
    VMChangeStateEntry *state_change;
} IdeCd;

DECLARE_INSTANCE_CHECKER(IdeCd, IDE_CD, TYPE_IDE_CD)

static void set_reason(IdeUnit *u, uint8_t reason)
{
    u->count = (u->count & 0xff00) | reason;
}

static void set_byte_count(IdeUnit *u, uint16_t bytes)
{
    u->lba[1] = (u->lba[1] & 0xff00) | (bytes & 0xff);
    u->lba[2] = (u->lba[2] & 0xff00) | bytes >> 8;
}

/* --- status --- */

static void give_status(IdeCd *s)
{
    IdeUnit *u = &s->parent_obj;
    uint8_t key = s->sense[SENSE_KEY_AT] & 0x0f;

    s->under_way = false;
    set_reason(u, REASON_COMMAND | REASON_TO_HOST);
    if (s->failed) {
        ide_fail(u, key << 4 | (key == 0x5 || key == 0xb ? ERROR_ABRT : 0));
    } else {
        ide_good(u);
    }
}

static void keep_sense(IdeCd *s, const uint8_t *sense, size_t size)
{
    memset(s->sense, 0, sizeof(s->sense));
    memcpy(s->sense, sense, MIN(size, sizeof(s->sense)));
}

/* The command hasn't got to its end: it can be tried again. */
static void fail_as_aborted(IdeCd *s)
{
    static const uint8_t aborted[SCSI_SENSE_MAX] = { 0x70, 0, 0x0b, [7] = SCSI_SENSE_MAX - 8 };

    keep_sense(s, aborted, sizeof(aborted));
    s->failed = true;
}

static void drop_request(IdeCd *s)
{
    scsi_request_unref(g_steal_pointer(&s->request));
}

/* --- data --- */

/* As the host wants it; pieces other than the last have an even number of bytes. */
static uint32_t piece_size(const IdeCd *s, uint64_t left)
{
    uint32_t most = s->dma ? IDE_BUFFER : s->limit;

    return left <= most ? left : most & ~1u;
}

/* The next piece of data, or the status when there is none. */
static void go_on(IdeCd *s)
{
    IdeUnit *u = &s->parent_obj;
    ScsiRequest *r = s->request;
    uint32_t size;

    if (!r) {
        give_status(s);
        return;
    }
    ide_work(u);
    if (r->moved == r->length) {
        return; /* its end is on the way */
    }
    size = piece_size(s, r->length - r->moved);
    if (r->direction == SCSI_TO_UNIT) {
        set_reason(u, 0);
        set_byte_count(u, size);
        ide_data_out(u, size, s->dma, !s->dma);
        return;
    }
    s->iov = (struct iovec){ u->buffer, size };
    qemu_iovec_init_external(&s->qiov, &s->iov, 1);
    scsi_request_move(r, &s->qiov);
}

static void data_moved(ScsiRequest *r, size_t bytes)
{
    IdeCd *s = r->owner;
    IdeUnit *u = &s->parent_obj;

    if (r->direction == SCSI_TO_UNIT) {
        go_on(s);
        return;
    }
    set_reason(u, REASON_TO_HOST);
    set_byte_count(u, MIN(bytes, MOST_BYTES));
    ide_data_in(u, bytes, s->dma);
}

/* The host may still have data to fetch, after which it gets the status. */
static void command_ended(IdeCd *s)
{
    drop_request(s);
    if (s->parent_obj.phase == PHASE_WORKING) {
        give_status(s);
    }
}

static void command_completed(ScsiRequest *r)
{
    IdeCd *s = r->owner;

    s->failed = r->status != SCSI_GOOD;
    if (s->failed) {
        keep_sense(s, r->sense, r->sense_size);
    }
    command_ended(s);
}

static void command_cancelled(ScsiRequest *r)
{
    IdeCd *s = r->owner;

    fail_as_aborted(s);
    command_ended(s);
}

static const ScsiHost scsi_host = {
    .max_target = 0,
    .max_lun = 0,
    .is_atapi = true,
    .moved = data_moved,
    .complete = command_completed,
    .cancelled = command_cancelled,
};

/* --- commands --- */

/* What the last command left is told once; after that the unit has its say. */
static bool answer_with_sense(IdeCd *s, size_t allocation)
{
    IdeUnit *u = &s->parent_obj;
    uint32_t size = MIN(allocation, SCSI_SENSE_MAX);

    if (!s->sense[SENSE_KEY_AT] || !size) {
        return false;
    }
    memcpy(u->buffer, s->sense, size);
    memset(s->sense, 0, sizeof(s->sense));
    set_reason(u, REASON_TO_HOST);
    set_byte_count(u, size);
    ide_data_in(u, size, s->dma);
    return true;
}

static void begin_packet(IdeCd *s)
{
    ScsiUnit *unit = scsi_bus_find(s->bus, 0, 0);
    uint8_t cdb[PACKET_SIZE];

    memcpy(cdb, s->parent_obj.buffer, sizeof(cdb));
    s->packet = s->failed = false;
    s->under_way = true;
    if (cdb[0] == REQUEST_SENSE && answer_with_sense(s, cdb[4])) {
        return;
    }
    memset(s->sense, 0, sizeof(s->sense));
    if (!unit) { /* somebody has unplugged what is inside of the drive */
        fail_as_aborted(s);
        give_status(s);
        return;
    }
    s->request = scsi_request_new(unit, 0, 0, cdb, sizeof(cdb), s);
    scsi_request_start(s->request);
    go_on(s);
}

static void packet(IdeUnit *u, const IdeCommand *c)
{
    IdeCd *s = IDE_CD(u);
    uint16_t limit = (u->lba[2] & 0xff) << 8 | (u->lba[1] & 0xff);

    if (u->features & FEATURE_OVERLAP) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    s->dma = u->features & FEATURE_DMA;
    s->limit = limit < 2 || limit > MOST_BYTES ? MOST_BYTES : limit;
    s->packet = true;
    set_reason(u, REASON_COMMAND);
    ide_data_out(u, PACKET_SIZE, false, false);
}

static void take_data(IdeCd *s)
{
    IdeUnit *u = &s->parent_obj;

    if (!s->request) {
        give_status(s);
        return;
    }
    s->iov = (struct iovec){ u->buffer, u->filled };
    qemu_iovec_init_external(&s->qiov, &s->iov, 1);
    ide_work(u);
    scsi_request_move(s->request, &s->qiov);
}

static void cd_block_done(IdeUnit *u)
{
    IdeCd *s = IDE_CD(u);

    if (s->packet) {
        begin_packet(s);
    } else if (!s->under_way) {
        ide_good_silently(u); /* what the drive says of itself */
    } else if (u->phase == PHASE_DATA_OUT || u->phase == PHASE_DMA_OUT) {
        take_data(s);
    } else {
        go_on(s);
    }
}

static void cd_cancel(IdeUnit *u)
{
    IdeCd *s = IDE_CD(u);

    s->packet = s->under_way = s->lost = false;
    if (s->request) {
        scsi_request_cancel(s->request);
        drop_request(s);
    }
}

/* DEVICE RESET: without an interrupt. */
static void reset_device(IdeUnit *u, const IdeCommand *c)
{
    uint8_t selected = u->device & DEVICE_DEV;

    ide_put_signature(u);
    u->device |= selected;
}

/* These belong to disks; who tries them finds out what this is. */
static void refuse_with_signature(IdeUnit *u, const IdeCommand *c)
{
    reset_device(u, c);
    ide_fail(u, ERROR_ABRT);
}

static void identify_packet(IdeUnit *u, const IdeCommand *c)
{
    enum {
        CD_ROM = 0x8500, REMOVABLE = 0x0080, QUICK_DRQ = 0x0040, /* word 0: packets of 12 bytes */
        CAN_DMA = 0x0100, CAN_LBA = 0x0200, CAN_IORDY = 0x0c00,
        PACKET = 0x0010, RESET = 0x0200, VALID = 0x4000, MAJOR_4_TO_6 = 0x0070,
    };

    memset(u->buffer, 0, IDE_SECTOR);
    ide_put_word(u, 0, CD_ROM | REMOVABLE | QUICK_DRQ);
    ide_put_text(u, 10, 10, u->serial);
    ide_put_text(u, 23, 4, u->version);
    ide_put_text(u, 27, 20, u->model);
    ide_put_word(u, 49, CAN_DMA | CAN_LBA | CAN_IORDY);
    ide_put_word(u, 50, VALID);
    ide_put_word(u, 53, 0x0006); /* words 64-70 and 88 mean something */
    ide_put_word(u, 80, MAJOR_4_TO_6);
    ide_put_word(u, 82, PACKET | RESET);
    ide_put_word(u, 83, VALID);
    ide_put_word(u, 84, VALID);
    ide_put_word(u, 85, PACKET | RESET);
    ide_put_word(u, 87, VALID);
    ide_put_modes(u);
    ide_put_serial(u);
    ide_put_checksum(u);
    ide_data_in(u, IDE_SECTOR, false);
}

static void check_power(IdeUnit *u, const IdeCommand *c)
{
    u->count |= 0xff;
    ide_good(u);
}

static void set_features(IdeUnit *u, const IdeCommand *c)
{
    enum { TRANSFER_MODE = 0x03, KEEP_SETTINGS = 0x66, DEFAULTS_AT_RESET = 0xcc };
    uint8_t what = u->features;

    if ((what == TRANSFER_MODE && ide_set_transfer_mode(u)) || what == KEEP_SETTINGS ||
        what == DEFAULTS_AT_RESET) {
        ide_good(u);
    } else {
        ide_fail(u, ERROR_ABRT);
    }
}

static const IdeCommand cd_commands[] = {
    { 0x08, 0, IDE_WHILE_BUSY, reset_device },
    { 0x20, .begin = refuse_with_signature },
    { 0x90, .begin = ide_nothing }, /* EXECUTE DEVICE DIAGNOSTIC: the channel does it */
    { 0xa0, .begin = packet },
    { 0xa1, .begin = identify_packet },
    { 0xe0, 0xe3, 0, ide_nothing }, /* STANDBY, IDLE and their immediate kinds */
    { 0xe5, .begin = check_power },
    { 0xe6, .begin = ide_nothing }, /* SLEEP: any command wakes it up */
    { 0xec, .begin = refuse_with_signature },
    { 0xef, .begin = set_features },
    { .begin = NULL },
};

/* --- making one --- */

static void machine_stops_or_goes_on(void *opaque, bool running, RunState state)
{
    IdeCd *s = opaque;

    if (running && s->lost) {
        s->lost = false;
        give_status(s);
    }
}

/* The logical unit, with the properties that users give to the drive. */
static bool add_unit(IdeCd *s, DeviceState *unit, Error **errp)
{
    const struct {
        const char *name, *value;
    } strings[] = {
        { "drive", s->drive }, { "rerror", s->rerror }, { "werror", s->werror },
        { "serial", s->parent_obj.serial },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(strings); i++) {
        if (strings[i].value &&
            !object_property_set_str(OBJECT(unit), strings[i].name, strings[i].value, errp)) {
            return false;
        }
    }
    return qdev_realize(unit, BUS(s->bus), errp);
}

static void cd_realize(IdeUnit *u, Error **errp)
{
    IdeCd *s = IDE_CD(u);
    DeviceState *unit;

    if (!ide_check_names(u, "SYSEMU CD-ROM", errp)) {
        return;
    }
    if (!s->bus) {
        s->bus = scsi_bus_new(DEVICE(u), "atapi", &scsi_host); /* not one of scsi.0, scsi.1 … */
    }
    unit = qdev_new(TYPE_SCSI_CD);
    if (add_unit(s, unit, errp)) {
        BUS(s->bus)->full = true; /* for those who look for a bus */
        s->state_change = qemu_add_vm_change_state_handler(machine_stops_or_goes_on, s);
    } else {
        object_unparent(OBJECT(unit));
    }
    object_unref(OBJECT(unit));
}

static void cd_reset(IdeUnit *u)
{
    memset(IDE_CD(u)->sense, 0, SCSI_SENSE_MAX);
}

static void cd_unrealize(IdeUnit *u)
{
    qemu_del_vm_change_state_handler(IDE_CD(u)->state_change);
}

static int cd_saved(void *opaque)
{
    IdeCd *s = opaque;

    s->unfinished = s->request != NULL;
    return 0;
}

static int cd_before_load(void *opaque)
{
    cd_cancel(opaque);
    return 0;
}

/*
 * A command that was under way isn't saved: it has failed, and the host tries again. It gets to
 * know that where it would have got more data or the status.
 */
static int cd_loaded(void *opaque, int version)
{
    IdeCd *s = opaque;
    IdeUnit *u = &s->parent_obj;
    bool takes_data = u->phase == PHASE_DATA_OUT || u->phase == PHASE_DMA_OUT;

    if (ide_check_loaded(u) || s->limit < 2 || (takes_data && !s->packet && !s->under_way) ||
        (s->packet && (u->phase != PHASE_DATA_OUT || u->filled != PACKET_SIZE))) {
        return -EINVAL;
    }
    s->lost = u->phase == PHASE_WORKING;
    if (s->unfinished || takes_data || s->lost) {
        fail_as_aborted(s);
    }
    return 0;
}

static const VMStateDescription vmstate_cd = {
    .name = TYPE_IDE_CD,
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = cd_saved,
    .pre_load = cd_before_load,
    .post_load = cd_loaded,
    .fields = (const VMStateField[]){
        VMSTATE_IDE_UNIT(parent_obj, IdeCd),
        VMSTATE_BOOL(packet, IdeCd),
        VMSTATE_BOOL(dma, IdeCd),
        VMSTATE_UINT16(limit, IdeCd),
        VMSTATE_BOOL(failed, IdeCd),
        VMSTATE_BOOL(under_way, IdeCd),
        VMSTATE_BOOL(unfinished, IdeCd),
        VMSTATE_UINT8_ARRAY(sense, IdeCd, SCSI_SENSE_MAX),
        VMSTATE_END_OF_LIST()
    },
};

static Property cd_properties[] = {
    DEFINE_PROP_STRING("drive", IdeCd, drive),
    DEFINE_PROP_STRING("rerror", IdeCd, rerror),
    DEFINE_PROP_STRING("werror", IdeCd, werror),
    DEFINE_PROP_END_OF_LIST(),
};

static void cd_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    IdeUnitClass *uc = IDE_UNIT_CLASS(klass);

    uc->commands = cd_commands;
    uc->signature[0] = 0x14;
    uc->signature[1] = 0xeb;
    uc->status_at_reset = 0;
    uc->status_ready = STATUS_DRDY;
    uc->realize = cd_realize;
    uc->unrealize = cd_unrealize;
    uc->block_done = cd_block_done;
    uc->cancel = cd_cancel;
    uc->reset = cd_reset;
    dc->desc = "IDE CD-ROM drive";
    dc->vmsd = &vmstate_cd;
    device_class_set_props(dc, cd_properties);
}

static const TypeInfo cd_types[] = {
    {
        .name = TYPE_IDE_CD,
        .parent = TYPE_IDE_UNIT,
        .instance_size = sizeof(IdeCd),
        .class_init = cd_class_init,
    },
};

DEFINE_TYPES(cd_types)
