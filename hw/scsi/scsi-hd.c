/*
 * SCSI disk.
 *
 * References: SCSI Block Commands (SBC-3) chapter 5 (commands), 6.4 (mode pages), 6.5 (vital
 * product data); Seagate, SCSI Commands Reference Manual, revision J.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "scsi-internal.h"
#include "system/runstate.h"

#define HEADS              255
#define SECTORS            63
#define MAX_CYLINDERS      0xffffff
#define UNMAP_HEADER       8
#define UNMAP_DESCRIPTOR   16
#define MAX_DESCRIPTORS    255
#define FILL_SIZE          (1u << 20) /* of a buffer with copies of WRITE SAME's block */
#define MAX_WRITE_SAME     (1u << 30) /* bytes */

typedef struct ScsiHd {
    ScsiMedium parent_obj;

    bool dpofua, is_removable; /* properties */
    uint16_t rotation_rate;
} ScsiHd;

DECLARE_INSTANCE_CHECKER(ScsiHd, SCSI_HD, TYPE_SCSI_HD)

/* --- reading and writing --- */

static void write_blocks(ScsiRequest *r)
{
    bool short_form = scsi_cdb_length(r->cdb[0]) == 6;
    unsigned flags = !short_form && r->cdb[1] & 0x08 ? BDRV_REQ_FUA : 0;
    int64_t offset, bytes;

    if (!short_form && r->cdb[1] >> 5) { /* protection information */
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else if (scsi_medium_extent(r, &offset, &bytes)) {
        scsi_transfer(r, SCSI_TO_UNIT, offset, bytes, flags);
    }
}

/* What was written can be read: that is what its verification would find. */
static void write_and_verify(ScsiRequest *r)
{
    int64_t offset, bytes;

    if (r->cdb[1] >> 5 || r->cdb[1] & 0x06) {
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else if (scsi_medium_extent(r, &offset, &bytes)) {
        scsi_transfer(r, SCSI_TO_UNIT, offset, bytes, BDRV_REQ_FUA);
    }
}

/* The blocks' own verification; comparing them with data (BYTCHK) is not there. */
static void verify(ScsiRequest *r)
{
    int64_t offset, bytes;

    if (r->cdb[1] >> 5 || r->cdb[1] & 0x06) {
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else if (scsi_medium_extent(r, &offset, &bytes)) {
        scsi_good(r);
    }
}

/* (5.16.2) */
static void read_capacity_16(ScsiRequest *r)
{
    ScsiMedium *m = SCSI_MEDIUM(r->unit);
    uint8_t out[32] = { 0 };

    stq_be_p(out, scsi_medium_blocks(m) - 1);
    stl_be_p(out + 8, m->block_size);
    out[13] = ctz32(m->physical_block / m->block_size);
    out[14] = m->discard_granularity ? 0x80 : 0; /* LBPME: UNMAP and its like */
    scsi_answer(r, out, sizeof(out), ldl_be_p(r->cdb + 10));
}

/* --- giving back and filling --- */

/* The descriptor that r->offset points to, in the parameter list (5.28.2). */
static void start_unmap(ScsiRequest *r)
{
    uint32_t block_size = SCSI_MEDIUM(r->unit)->block_size;
    const uint8_t *d = r->data + r->offset;

    scsi_request_ref(r);
    r->aio = blk_aio_pdiscard(r->unit->blk, ldq_be_p(d) * block_size,
                              (int64_t)ldl_be_p(d + 8) * block_size, scsi_step_done, r);
}

static void next_unmap(ScsiRequest *r)
{
    r->offset += UNMAP_DESCRIPTOR;
    r->bytes -= UNMAP_DESCRIPTOR;
    if (r->bytes > 0) {
        scsi_run_steps(r, start_unmap, next_unmap);
    } else {
        scsi_good(r);
    }
}

static void unmap_listed(ScsiRequest *r)
{
    ScsiMedium *m = SCSI_MEDIUM(r->unit);
    uint64_t blocks = scsi_medium_blocks(m), total = 0;
    unsigned size;

    if (r->moved == 0) {
        scsi_good(r);
        return;
    }
    if (r->moved < UNMAP_HEADER) {
        scsi_fail(r, SENSE_PARAMETER_LIST_LENGTH);
        return;
    }
    size = ROUND_DOWN(lduw_be_p(r->data + 2), UNMAP_DESCRIPTOR);
    if (size > r->moved - UNMAP_HEADER) {
        scsi_fail(r, SENSE_PARAMETER_LIST_LENGTH);
        return;
    }
    for (unsigned at = UNMAP_HEADER; at < UNMAP_HEADER + size; at += UNMAP_DESCRIPTOR) {
        uint64_t lba = ldq_be_p(r->data + at), count = ldl_be_p(r->data + at + 8);

        if (lba > blocks || count > blocks - lba) {
            scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
            return;
        }
        total += count;
    }
    if (size > MAX_DESCRIPTORS * UNMAP_DESCRIPTOR || total > m->max_unmap / m->block_size) {
        scsi_fail(r, SENSE_INVALID_PARAMETER);
        return;
    }
    r->offset = UNMAP_HEADER - UNMAP_DESCRIPTOR;
    r->bytes = (int64_t)size + UNMAP_DESCRIPTOR;
    next_unmap(r);
}

static void unmap(ScsiRequest *r)
{
    if (!SCSI_MEDIUM(r->unit)->discard_granularity) {
        scsi_fail(r, SENSE_INVALID_OPCODE);
    } else if (r->cdb[1] & 0x01) { /* ANCHOR */
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else {
        scsi_want_parameters(r, lduw_be_p(r->cdb + 7), unmap_listed);
    }
}

static void start_zeroes(ScsiRequest *r)
{
    scsi_request_ref(r);
    r->aio = blk_aio_pwrite_zeroes(r->unit->blk, r->offset, r->bytes, r->flags, scsi_step_done, r);
}

static void start_fill(ScsiRequest *r)
{
    scsi_request_ref(r);
    r->aio = blk_aio_pwritev(r->unit->blk, r->offset, &r->part, 0, scsi_step_done, r);
}

static void next_fill(ScsiRequest *r)
{
    r->offset += r->part.size;
    r->bytes -= r->part.size;
    if (r->bytes > 0) {
        void *copies = r->part.iov[0].iov_base;

        if ((uint64_t)r->bytes < r->part.size) {
            qemu_iovec_reset(&r->part);
            qemu_iovec_add(&r->part, copies, r->bytes);
        }
        scsi_run_steps(r, start_fill, next_fill);
    } else {
        scsi_good(r);
    }
}

/* r->data: the block that all of r->bytes are to be filled with. */
static void fill(ScsiRequest *r)
{
    uint32_t block_size = SCSI_MEDIUM(r->unit)->block_size;
    size_t size = MIN((uint64_t)r->bytes, MAX(FILL_SIZE, block_size));

    if (r->moved < block_size) {
        scsi_fail(r, SENSE_PARAMETER_LIST_LENGTH);
        return;
    }
    if (!r->data[0] && !memcmp(r->data, r->data + 1, block_size - 1)) {
        scsi_run_steps(r, start_zeroes, scsi_good);
        return;
    }
    r->data = g_realloc(r->data, size);
    for (size_t at = block_size; at < size; at += block_size) {
        memcpy(r->data + at, r->data, block_size);
    }
    qemu_iovec_reset(&r->part);
    qemu_iovec_add(&r->part, r->data, size);
    scsi_run_steps(r, start_fill, next_fill);
}

/* (5.43 to 5.45) */
static void write_same(ScsiRequest *r)
{
    enum { NO_DATA_OUT = 0x01, UNMAP = 0x08, ANCHOR = 0x10, PROTECT = 0xe0 };
    bool long_form = scsi_cdb_length(r->cdb[0]) == 16;
    ScsiMedium *m = SCSI_MEDIUM(r->unit);
    int64_t offset, bytes;

    if (r->cdb[1] & (PROTECT | ANCHOR | (long_form ? 0 : NO_DATA_OUT))) {
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    if (!scsi_medium_extent(r, &offset, &bytes)) {
        return;
    }
    if (!bytes || bytes > MAX_WRITE_SAME) { /* as the page of limits says */
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    r->offset = offset;
    r->bytes = bytes;
    r->flags = r->cdb[1] & UNMAP && m->discard_granularity ? BDRV_REQ_MAY_UNMAP : 0;
    if (r->cdb[1] & NO_DATA_OUT) {
        scsi_run_steps(r, start_zeroes, scsi_good);
    } else {
        scsi_want_parameters(r, m->block_size, fill);
    }
}

/* --- what it says of itself --- */

/* The page of limits (6.5.3). */
static int vpd_limits(ScsiHd *s, uint8_t *out)
{
    ScsiMedium *m = &s->parent_obj;
    uint32_t block = m->block_size;
    bool thin = m->discard_granularity;

    memset(out, 0, 60);
    out[0] = 1; /* WRITE SAME of no blocks isn't one of all */
    stw_be_p(out + 2, MIN(m->min_io / block, UINT16_MAX));
    stl_be_p(out + 4, MIN(m->max_io / block, UINT32_MAX));
    stl_be_p(out + 8, m->opt_io / block);
    stl_be_p(out + 16, thin ? MIN(m->max_unmap / block, UINT32_MAX) : 0);
    stl_be_p(out + 20, thin ? MAX_DESCRIPTORS : 0);
    stl_be_p(out + 24, thin ? MAX(m->discard_granularity / block, 1) : 0);
    stq_be_p(out + 32, MAX_WRITE_SAME / block);
    return 60;
}

static int vpd_characteristics(ScsiHd *s, uint8_t *out)
{
    memset(out, 0, 60);
    stw_be_p(out, s->rotation_rate);
    return 60;
}

/* Which commands give blocks back (6.5.4). */
static int vpd_provisioning(ScsiHd *s, uint8_t *out)
{
    bool thin = s->parent_obj.discard_granularity;

    memset(out, 0, 4);
    out[1] = thin ? 0xe0 : 0; /* UNMAP, WRITE SAME (16), WRITE SAME (10) */
    out[2] = thin ? 2 : 0;
    return 4;
}

static int hd_vpd_page(ScsiUnit *unit, uint8_t page, uint8_t *out)
{
    switch (page) {
    case 0xb0:
        return vpd_limits(SCSI_HD(unit), out);
    case 0xb1:
        return vpd_characteristics(SCSI_HD(unit), out);
    case 0xb2:
        return vpd_provisioning(SCSI_HD(unit), out);
    default:
        return -1;
    }
}

enum {
    PAGE_ERRORS = 0x01,
    PAGE_GEOMETRY = 0x04,
    PAGE_CACHING = 0x08,
    PAGE_CONTROL = 0x0a,

    CACHING_WCE = 0x04, /* byte 2 */
    ERRORS_AWRE = 0x80, /* byte 2: bad blocks are replaced at once */
};

static void put_geometry(ScsiMedium *m, uint8_t *out)
{
    uint64_t cylinders = DIV_ROUND_UP((uint64_t)scsi_medium_blocks(m), HEADS * SECTORS);

    stl_be_p(out + 1, MIN(cylinders, MAX_CYLINDERS)); /* three bytes, from 2 on */
    out[1] = 22;
    out[5] = HEADS;
    stw_be_p(out + 20, 5400);
}

/* Mode pages (SBC-3 6.4, SPC-3 7.4.6); what isn't set is 0, and only WCE can be changed. */
static unsigned hd_mode_page(ScsiUnit *unit, uint8_t page, bool changeable, uint8_t *out)
{
    static const struct {
        uint8_t page, size;
    } pages[] = { { PAGE_ERRORS, 12 }, { PAGE_GEOMETRY, 24 }, { PAGE_CACHING, 20 },
                  { PAGE_CONTROL, 12 } };

    for (size_t i = 0; i < G_N_ELEMENTS(pages); i++) {
        if (pages[i].page != page) {
            continue;
        }
        memset(out, 0, pages[i].size);
        if (page == PAGE_CACHING) {
            out[2] = changeable || blk_enable_write_cache(unit->blk) ? CACHING_WCE : 0;
        } else if (page == PAGE_GEOMETRY && !changeable) {
            put_geometry(SCSI_MEDIUM(unit), out);
        } else if (page == PAGE_ERRORS && !changeable) {
            out[2] = ERRORS_AWRE;
        }
        out[0] = page;
        out[1] = pages[i].size - 2;
        return pages[i].size;
    }
    return 0;
}

static void hd_mode_set(ScsiUnit *unit, uint8_t page, const uint8_t *in)
{
    if (page == PAGE_CACHING) {
        blk_set_enable_write_cache(unit->blk, in[2] & CACHING_WCE);
    }
}

static uint8_t hd_mode_flags(ScsiUnit *unit)
{
    return (blk_is_writable(unit->blk) ? 0 : 0x80) | (SCSI_HD(unit)->dpofua ? 0x10 : 0);
}

static void hd_mode_descriptor(ScsiUnit *unit, uint8_t out[8])
{
    uint64_t blocks = scsi_medium_blocks(SCSI_MEDIUM(unit));

    stl_be_p(out, MIN(blocks, UINT32_MAX));
    stl_be_p(out + 4, SCSI_MEDIUM(unit)->block_size);
}

#define MEDIUM  COMMAND_NEEDS_MEDIUM
#define CHANGES (COMMAND_NEEDS_MEDIUM | COMMAND_WRITES)

static const ScsiCommand hd_commands[] = {
    { .opcode = 0x01, .begin = scsi_good }, /* REZERO UNIT (SCSI-2) */
    { .opcode = 0x08, .flags = MEDIUM, .begin = scsi_read },
    { .opcode = 0x0a, .flags = CHANGES, .begin = write_blocks },
    { .opcode = 0x0b, .flags = MEDIUM, .begin = scsi_seek },
    { .opcode = 0x1b, .begin = scsi_start_stop },
    { .opcode = 0x1e, .begin = scsi_prevent_removal },
    { .opcode = 0x25, .flags = MEDIUM, .begin = scsi_read_capacity },
    { .opcode = 0x28, .flags = MEDIUM, .begin = scsi_read },
    { .opcode = 0x2a, .flags = CHANGES, .begin = write_blocks },
    { .opcode = 0x2b, .flags = MEDIUM, .begin = scsi_seek },
    { .opcode = 0x2e, .flags = CHANGES, .begin = write_and_verify },
    { .opcode = 0x2f, .flags = MEDIUM, .begin = verify },
    { .opcode = 0x35, .flags = MEDIUM, .begin = scsi_sync_cache },
    { .opcode = 0x41, .flags = CHANGES, .begin = write_same },
    { .opcode = 0x42, .flags = CHANGES, .begin = unmap },
    { .opcode = 0x88, .flags = MEDIUM, .begin = scsi_read },
    { .opcode = 0x8a, .flags = CHANGES, .begin = write_blocks },
    { .opcode = 0x8e, .flags = CHANGES, .begin = write_and_verify },
    { .opcode = 0x8f, .flags = MEDIUM, .begin = verify },
    { .opcode = 0x91, .flags = MEDIUM, .begin = scsi_sync_cache },
    { .opcode = 0x93, .flags = CHANGES, .begin = write_same },
    { .opcode = 0x9e, .flags = MEDIUM | COMMAND_ACTION, .action = 0x10, .begin = read_capacity_16 },
    { .opcode = 0xa8, .flags = MEDIUM, .begin = scsi_read },
    { .opcode = 0xaa, .flags = CHANGES, .begin = write_blocks },
    { .opcode = 0xae, .flags = CHANGES, .begin = write_and_verify },
    { .opcode = 0xaf, .flags = MEDIUM, .begin = verify },
    { .begin = NULL },
};

/* --- making one --- */

static void hd_resized(void *opaque)
{
    WORK_CONTEXT_GUARD(scsi_context(opaque));

    scsi_set_attention(opaque, SCSI_ATTENTION_CAPACITY);
    scsi_unit_changed(opaque, SCSI_UNIT_CAPACITY);
}

static const BlockDevOps fixed_ops = {
    .resize_cb = hd_resized,
    .drained_begin = scsi_medium_drained_begin,
    .drained_end = scsi_medium_drained_end,
};
static const BlockDevOps removable_ops = {
    .change_media_cb = scsi_medium_changed,
    .eject_request_cb = scsi_medium_eject_request,
    .is_tray_open = scsi_medium_tray_open,
    .is_medium_locked = scsi_medium_locked,
    .resize_cb = hd_resized,
    .drained_begin = scsi_medium_drained_begin,
    .drained_end = scsi_medium_drained_end,
};

static void hd_realize(ScsiUnit *unit, Error **errp)
{
    ScsiHd *s = SCSI_HD(unit);
    ScsiMedium *m = &s->parent_obj;

    if (!unit->blk) {
        error_setg(errp, "drive property not set");
        return;
    }
    m->removable = s->is_removable;
    if (!m->removable && !blk_is_inserted(unit->blk)) {
        error_setg(errp, "Device needs media, but drive is empty");
        return;
    }
    if (!m->block_size) {
        m->block_size = 512;
    }
    if (m->discard_granularity == UINT32_MAX) {
        m->discard_granularity = 4096;
    }
    scsi_medium_realize(m, m->removable ? &removable_ops : &fixed_ops, errp);
}

static Property hd_properties[] = {
    DEFINE_SCSI_MEDIUM_PROPERTIES(),
    DEFINE_PROP_UINT32("logical_block_size", ScsiMedium, block_size, 0),
    DEFINE_PROP_UINT32("discard_granularity", ScsiMedium, discard_granularity, UINT32_MAX),
    DEFINE_PROP_UINT64("max_unmap_size", ScsiMedium, max_unmap, 1 << 30),
    DEFINE_PROP_UINT64("max_io_size", ScsiMedium, max_io, INT32_MAX),
    DEFINE_PROP_BOOL("removable", ScsiHd, is_removable, false),
    DEFINE_PROP_BOOL("dpofua", ScsiHd, dpofua, false),
    DEFINE_PROP_UINT16("rotation_rate", ScsiHd, rotation_rate, 0),
    DEFINE_PROP_END_OF_LIST(),
};

static const VMStateDescription vmstate_hd = {
    .name = "scsi-hd",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields =
        (const VMStateField[]){
            VMSTATE_UINT32(parent_obj.parent_obj.attention, ScsiHd),
            VMSTATE_BOOL(parent_obj.locked, ScsiHd),
            VMSTATE_BOOL(parent_obj.tray_open, ScsiHd),
            VMSTATE_END_OF_LIST(),
        },
};

static void hd_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ScsiUnitClass *uc = SCSI_UNIT_CLASS(klass);

    uc->type = 0x00; /* direct access block device */
    uc->product = "HARDDISK";
    uc->commands[0] = hd_commands;
    uc->commands[1] = scsi_primary_commands;
    uc->realize = hd_realize;
    uc->mode_page = hd_mode_page;
    uc->mode_set = hd_mode_set;
    uc->mode_flags = hd_mode_flags;
    uc->mode_descriptor = hd_mode_descriptor;
    uc->vpd_page = hd_vpd_page;
    dc->desc = "SCSI disk";
    dc->fw_name = "disk";
    dc->vmsd = &vmstate_hd;
    device_class_set_props(dc, hd_properties);
}

static const TypeInfo hd_types[] = {
    {
        .name = TYPE_SCSI_HD,
        .parent = TYPE_SCSI_MEDIUM,
        .instance_size = sizeof(ScsiHd),
        .class_init = hd_class_init,
    },
};

DEFINE_TYPES(hd_types)
