/*
 * SCSI CD-ROM and DVD-ROM drive: a disc of one session with one data track.
 *
 * The size of the image decides whether the disc is a CD or a DVD.
 *
 * References: Multi-Media Commands (MMC-6) chapters 5 (features), 6 (commands) and 7 (mode pages);
 * the structures of Linux's <linux/cdrom.h>; Pioneer, BDR-203 Command Reference Manual 0.90.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "scsi-internal.h"
#include "system/runstate.h"

#define DISC_BLOCK    2048
#define CD_BLOCKS     360000 /* 80 minutes: no CD is longer */
#define DATA_TRACK    0x14   /* ADR 1, control 4 */
#define LEAD_OUT      0xaa
#define LEAD_IN_GAP   150    /* blocks between 00:00:00 and block 0 */
#define FRAMES        75     /* a second */
#define SPEED         5632   /* KB/s */
#define READ_CD_USER  0x10

enum { PROFILE_NONE = 0x0000, PROFILE_CD_ROM = 0x0008, PROFILE_DVD_ROM = 0x0010 };

static uint16_t profile(ScsiUnit *unit)
{
    ScsiMedium *m = SCSI_MEDIUM(unit);

    if (m->tray_open || !scsi_medium_blocks(m)) {
        return PROFILE_NONE;
    }
    return scsi_medium_blocks(m) > CD_BLOCKS ? PROFILE_DVD_ROM : PROFILE_CD_ROM;
}

/* --- what it can (6.6) --- */

/* When a feature is current. */
enum { ALWAYS, WITH_DISC, WITH_CD, WITH_DVD };

enum { CORE_SCSI = 1, CORE_ATAPI = 2 };

static const struct {
    uint16_t number;
    uint8_t when, size;
    uint8_t data[8];
} features[] = {
    { 0x0000, ALWAYS, 8, { 0, PROFILE_DVD_ROM, 0, 0, 0, PROFILE_CD_ROM, 0, 0 } },
    { 0x0001, ALWAYS, 4, { 0, 0, 0, CORE_SCSI } }, /* core: the interface */
    { 0x0003, ALWAYS, 4, { 0x29, 0, 0, 0 } }, /* removable medium: tray, eject, lock */
    { 0x0010, WITH_DISC, 8, { 0, 0, 8, 0, 0, 16, 0, 0 } }, /* random readable: 2048, 16 of them */
    { 0x001d, WITH_DISC, 0 },                 /* multi-read */
    { 0x001e, WITH_CD, 4 },                   /* CD read */
    { 0x001f, WITH_DVD, 0 },                  /* DVD read */
    { 0x0100, ALWAYS, 0 },                    /* power management */
    { 0x0105, ALWAYS, 0 },                    /* timeout */
};

static bool is_current(unsigned when, uint16_t disc)
{
    return when == ALWAYS || (when == WITH_DISC && disc != PROFILE_NONE) ||
           (when == WITH_CD && disc == PROFILE_CD_ROM) ||
           (when == WITH_DVD && disc == PROFILE_DVD_ROM);
}

static void get_configuration(ScsiRequest *r)
{
    enum { ALL = 0, CURRENT = 1, ONE = 2 };
    unsigned which = r->cdb[1] & 3;
    uint16_t first = lduw_be_p(r->cdb + 2), disc = profile(r->unit);
    uint8_t out[8 + sizeof(features)] = { 0 };
    unsigned size = 8;

    if (which > ONE) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(features); i++) {
        bool current = is_current(features[i].when, disc);
        uint8_t *at = out + size;

        if (features[i].number < first || (which == ONE && features[i].number != first) ||
            (which == CURRENT && !current)) {
            continue;
        }
        stw_be_p(at, features[i].number);
        at[2] = (features[i].when == ALWAYS ? 2 : 0) | (current ? 1 : 0);
        at[3] = features[i].size;
        memcpy(at + 4, features[i].data, features[i].size);
        if (features[i].number == 0x0000) { /* in the list of profiles, the disc's own */
            at[4 + 2] = disc == PROFILE_DVD_ROM;
            at[8 + 2] = disc == PROFILE_CD_ROM;
        } else if (features[i].number == 0x0001 && r->bus->host->is_atapi) {
            at[4 + 3] = CORE_ATAPI;
        }
        size += 4 + features[i].size;
    }
    stl_be_p(out, size - 4);
    stw_be_p(out + 6, disc);
    scsi_answer(r, out, size, lduw_be_p(r->cdb + 7));
}

/* --- what has happened (6.7) --- */

static void get_event_status(ScsiRequest *r)
{
    enum { POLLED = 0x01, CLASS_MEDIA = 4, NO_EVENT = 0x80 };
    enum { EVENT_NONE, EVENT_EJECT_REQUEST, EVENT_NEW_MEDIUM };
    ScsiMedium *m = SCSI_MEDIUM(r->unit);
    uint8_t out[8] = { 0, 2, NO_EVENT, 1 << CLASS_MEDIA };
    unsigned size = 4;

    if (!(r->cdb[1] & POLLED)) { /* waiting for one isn't there */
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    if (r->cdb[4] & 1 << CLASS_MEDIA) {
        out[1] = 6;
        out[2] = CLASS_MEDIA;
        out[4] = m->eject_requested ? EVENT_EJECT_REQUEST
                 : m->new_medium    ? EVENT_NEW_MEDIUM
                                    : EVENT_NONE;
        out[5] = (m->tray_open ? 0x01 : 0) | (blk_is_inserted(r->unit->blk) ? 0x02 : 0);
        size = 8;
        if (lduw_be_p(r->cdb + 7) > 4) { /* it is told once */
            m->new_medium = m->new_medium && m->eject_requested;
            m->eject_requested = false;
        }
    }
    scsi_answer(r, out, size, lduw_be_p(r->cdb + 7));
}

static void mechanism_status(ScsiRequest *r)
{
    uint8_t out[8] = { 0 };

    out[1] = SCSI_MEDIUM(r->unit)->tray_open ? 0x10 : 0;
    scsi_answer(r, out, sizeof(out), lduw_be_p(r->cdb + 8));
}

/* --- what is on the disc (6.25) --- */

static void put_address(uint8_t *out, uint32_t block, bool as_time)
{
    if (as_time) {
        block += LEAD_IN_GAP;
        out[0] = 0;
        out[1] = block / FRAMES / 60;
        out[2] = block / FRAMES % 60;
        out[3] = block % FRAMES;
    } else {
        stl_be_p(out, block);
    }
}

static unsigned put_track(uint8_t *out, uint8_t number, uint32_t block, bool as_time)
{
    out[0] = 0;
    out[1] = DATA_TRACK;
    out[2] = number;
    out[3] = 0;
    put_address(out + 4, block, as_time);
    return 8;
}

/* An entry of the raw table: the point that it describes, and its three numbers. */
static unsigned put_point(uint8_t *out, uint8_t point, uint32_t numbers)
{
    memset(out, 0, 11);
    out[0] = 1;
    out[1] = DATA_TRACK;
    out[3] = point;
    out[8] = numbers >> 16;
    out[9] = numbers >> 8;
    out[10] = numbers;
    return 11;
}

static void read_toc(ScsiRequest *r)
{
    enum { FORMAT_TRACKS = 0, FORMAT_SESSIONS = 1, FORMAT_RAW = 2 };
    bool as_time = r->cdb[1] & 2;
    unsigned format = r->cdb[2] & 0x0f ? r->cdb[2] & 0x0f : r->cdb[9] >> 6;
    uint32_t end = MIN(scsi_medium_blocks(SCSI_MEDIUM(r->unit)), UINT32_MAX / 2);
    uint8_t start = r->cdb[6], out[64] = { 0, 0, 1, 1 }, time[4];
    unsigned size = 4;

    if (format > FORMAT_RAW || (format == FORMAT_TRACKS && start > 1 && start != LEAD_OUT)) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    if (format == FORMAT_TRACKS) {
        if (start <= 1) {
            size += put_track(out + size, 1, 0, as_time);
        }
        size += put_track(out + size, LEAD_OUT, end, as_time);
    } else if (format == FORMAT_SESSIONS) {
        size += put_track(out + size, 1, 0, as_time);
    } else {
        put_address(time, end, true);
        size += put_point(out + size, 0xa0, 0x010000); /* first track, kind of disc */
        size += put_point(out + size, 0xa1, 0x010000); /* last track */
        size += put_point(out + size, 0xa2, ldl_be_p(time));
        put_address(time, 0, true);
        size += put_point(out + size, 1, ldl_be_p(time));
    }
    stw_be_p(out, size - 2);
    scsi_answer(r, out, size, lduw_be_p(r->cdb + 7));
}

static void read_disc_information(ScsiRequest *r)
{
    uint8_t out[34] = { 0 };

    if (r->cdb[1] & 7) { /* other kinds than the standard one */
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    stw_be_p(out, sizeof(out) - 2);
    out[2] = 0x0e; /* disc and last session are complete */
    out[3] = 1;    /* first track, sessions, the last session's first and last track */
    out[4] = 1;
    out[5] = 1;
    out[6] = 1;
    out[7] = 0x20; /* for unrestricted use */
    scsi_answer(r, out, sizeof(out), lduw_be_p(r->cdb + 7));
}

static void read_track_information(ScsiRequest *r)
{
    enum { BY_BLOCK = 0, BY_TRACK = 1, BY_SESSION = 2 };
    unsigned by = r->cdb[1] & 3;
    uint32_t which = ldl_be_p(r->cdb + 2);
    uint64_t blocks = scsi_medium_blocks(SCSI_MEDIUM(r->unit));
    uint8_t out[36] = { 0 };

    if (by == BY_BLOCK ? which >= blocks : by > BY_SESSION || which != 1) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    stw_be_p(out, sizeof(out) - 2);
    out[2] = 1;    /* track */
    out[3] = 1;    /* session */
    out[5] = 0x04; /* data, in one go */
    out[6] = 0x01; /* mode 1 */
    stl_be_p(out + 24, MIN(blocks, UINT32_MAX));
    scsi_answer(r, out, sizeof(out), lduw_be_p(r->cdb + 7));
}

static void read_sub_channel(ScsiRequest *r)
{
    static const uint8_t out[4] = { 0, 0x15 }; /* there is no audio */

    if (r->cdb[2] & 0x40) { /* the Q channel itself */
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else {
        scsi_answer(r, out, sizeof(out), lduw_be_p(r->cdb + 7));
    }
}

/* Blocks of a CD by parts: the users' data of data tracks is all that images have. */
static void read_cd(ScsiRequest *r)
{
    uint64_t blocks = scsi_medium_blocks(SCSI_MEDIUM(r->unit));
    uint64_t lba = ldl_be_p(r->cdb + 2), count = ldl_be_p(r->cdb + 5) & 0xffffff;
    unsigned type = r->cdb[1] >> 2 & 7;

    if (type == 1 || type == 3 || (r->cdb[9] & 0xf8) & ~READ_CD_USER || r->cdb[10] & 7) {
        scsi_fail(r, SENSE_WRONG_TRACK_MODE);
    } else if (lba > blocks || count > blocks - lba) {
        scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
    } else if (!(r->cdb[9] & READ_CD_USER)) {
        scsi_good(r);
    } else {
        scsi_transfer(r, SCSI_FROM_UNIT, lba * DISC_BLOCK, count * DISC_BLOCK, 0);
    }
}

/* --- modes --- */

enum { PAGE_ERRORS = 0x01, PAGE_AUDIO = 0x0e, PAGE_POWER = 0x1a, PAGE_CAPABILITIES = 0x2a };

static const struct {
    uint8_t page, size;
    uint8_t data[22];
} mode_pages[] = {
    { PAGE_ERRORS, 12, { 0 } },
    { PAGE_AUDIO, 16, { 0, 0, 4, 0, 0, 0, 0, FRAMES } },
    { PAGE_POWER, 12, { 0 } },
    /* Reads all kinds, writes none, several sessions, tray that can be locked and ejected. */
    { PAGE_CAPABILITIES, 22, { 0, 0, 0x3b, 0, 0x70, 0, 0x29, 0, SPEED >> 8, SPEED & 0xff, 0, 2,
                               2048 >> 8, 2048 & 0xff, SPEED >> 8, SPEED & 0xff } },
};

static unsigned cd_mode_page(ScsiUnit *unit, uint8_t page, bool changeable, uint8_t *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(mode_pages); i++) {
        if (mode_pages[i].page != page) {
            continue;
        }
        memset(out, 0, mode_pages[i].size);
        if (!changeable) {
            memcpy(out, mode_pages[i].data, mode_pages[i].size);
        }
        if (page == PAGE_CAPABILITIES && !changeable && SCSI_MEDIUM(unit)->locked) {
            out[6] |= 0x02;
        }
        out[0] = page;
        out[1] = mode_pages[i].size - 2;
        return mode_pages[i].size;
    }
    return 0;
}

static uint8_t cd_mode_flags(ScsiUnit *unit)
{
    return 0;
}

#define DISC    COMMAND_NEEDS_MEDIUM
#define AT_ONCE COMMAND_BEFORE_ATTENTION

static const ScsiCommand cd_commands[] = {
    { .opcode = 0x08, .flags = DISC, .begin = scsi_read },
    { .opcode = 0x1b, .begin = scsi_start_stop },
    { .opcode = 0x1e, .begin = scsi_prevent_removal },
    { .opcode = 0x25, .flags = DISC, .begin = scsi_read_capacity },
    { .opcode = 0x28, .flags = DISC, .begin = scsi_read },
    { .opcode = 0x2b, .flags = DISC, .begin = scsi_seek },
    { .opcode = 0x35, .flags = DISC, .begin = scsi_good }, /* nothing is ever written */
    { .opcode = 0x42, .flags = DISC, .begin = read_sub_channel },
    { .opcode = 0x43, .flags = DISC, .begin = read_toc },
    { .opcode = 0x46, .flags = AT_ONCE, .begin = get_configuration },
    { .opcode = 0x4a, .flags = AT_ONCE, .begin = get_event_status },
    { .opcode = 0x51, .flags = DISC, .begin = read_disc_information },
    { .opcode = 0x52, .flags = DISC, .begin = read_track_information },
    { .opcode = 0xa8, .flags = DISC, .begin = scsi_read },
    { .opcode = 0xbb, .begin = scsi_good }, /* SET CD SPEED */
    { .opcode = 0xbd, .flags = AT_ONCE, .begin = mechanism_status },
    { .opcode = 0xbe, .flags = DISC, .begin = read_cd },
    { .begin = NULL },
};

/* --- making one --- */

static const BlockDevOps cd_ops = {
    .change_media_cb = scsi_medium_changed,
    .eject_request_cb = scsi_medium_eject_request,
    .is_tray_open = scsi_medium_tray_open,
    .is_medium_locked = scsi_medium_locked,
    .drained_begin = scsi_medium_drained_begin,
    .drained_end = scsi_medium_drained_end,
};

/* Without drive= it is a drive without a disc, which nobody can put one into. */
static void cd_realize(ScsiUnit *unit, Error **errp)
{
    ScsiMedium *m = SCSI_MEDIUM(unit);

    if (!unit->blk) {
        unit->blk = blk_new(NULL);
        blk_attach_dev(unit->blk, DEVICE(unit));
    }
    m->removable = true;
    m->block_size = DISC_BLOCK;
    scsi_medium_realize(m, &cd_ops, errp);
}

static Property cd_properties[] = {
    DEFINE_SCSI_MEDIUM_PROPERTIES(),
    DEFINE_PROP_END_OF_LIST(),
};

static const VMStateDescription vmstate_cd = {
    .name = TYPE_SCSI_CD,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(parent_obj.attention, ScsiMedium),
            VMSTATE_BOOL(locked, ScsiMedium),
            VMSTATE_BOOL(tray_open, ScsiMedium),
            VMSTATE_BOOL(eject_requested, ScsiMedium),
            VMSTATE_BOOL(new_medium, ScsiMedium),
            VMSTATE_END_OF_LIST(),
        },
};

static void cd_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ScsiUnitClass *uc = SCSI_UNIT_CLASS(klass);

    uc->type = 0x05; /* CD/DVD device */
    uc->product = "CD-ROM";
    uc->commands[0] = cd_commands;
    uc->commands[1] = scsi_primary_commands;
    uc->realize = cd_realize;
    uc->mode_page = cd_mode_page;
    uc->mode_flags = cd_mode_flags;
    dc->desc = "SCSI CD-ROM drive";
    dc->fw_name = "disk";
    dc->vmsd = &vmstate_cd;
    device_class_set_props(dc, cd_properties);
}

static const TypeInfo cd_types[] = {
    {
        .name = TYPE_SCSI_CD,
        .parent = TYPE_SCSI_MEDIUM,
        .instance_size = sizeof(ScsiMedium),
        .class_init = cd_class_init,
    },
};

DEFINE_TYPES(cd_types)
