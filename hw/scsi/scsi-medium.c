/*
 * SCSI units with a medium of blocks: what disks and CD-ROM drives share.
 *
 * References: SCSI Block Commands (SBC-3) chapter 5, Multi-Media Commands (MMC-6) chapter 6.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/host-utils.h"
#include "qemu/module.h"
#include "scsi-internal.h"
#include "system/events.h"
#include "system/runstate.h"

#define MAX_BLOCK_SIZE (2u << 20)

static ScsiMedium *medium_of(ScsiRequest *r)
{
    return SCSI_MEDIUM(r->unit);
}

int64_t scsi_medium_blocks(ScsiMedium *m)
{
    int64_t length = blk_getlength(m->parent_obj.blk);

    return length < 0 ? 0 : length / m->block_size;
}

static uint32_t medium_not_ready(ScsiUnit *unit)
{
    ScsiMedium *m = SCSI_MEDIUM(unit);

    if (m->tray_open) {
        return SENSE_NO_MEDIUM_TRAY_OPEN;
    }
    return blk_is_inserted(unit->blk) && scsi_medium_blocks(m) ? SENSE_NONE : SENSE_NO_MEDIUM;
}

/* --- which blocks --- */

/* Address and number in the CDB, which each length of it has elsewhere (SPC-3 4.3.4). */
static void cdb_extent(const ScsiRequest *r, uint64_t *lba, uint64_t *count)
{
    const uint8_t *cdb = r->cdb;

    switch (scsi_cdb_length(cdb[0])) {
    case 6:
        *lba = ldl_be_p(cdb) & 0x1fffff;
        *count = cdb[4] ? cdb[4] : 256;
        break;
    case 10:
        *lba = ldl_be_p(cdb + 2);
        *count = lduw_be_p(cdb + 7);
        break;
    case 12:
        *lba = ldl_be_p(cdb + 2);
        *count = ldl_be_p(cdb + 6);
        break;
    default:
        *lba = ldq_be_p(cdb + 2);
        *count = ldl_be_p(cdb + 10);
        break;
    }
}

bool scsi_medium_extent(ScsiRequest *r, int64_t *offset, int64_t *bytes)
{
    ScsiMedium *m = medium_of(r);
    uint64_t blocks = scsi_medium_blocks(m), lba, count;

    cdb_extent(r, &lba, &count);
    if (lba > blocks || count > blocks - lba) {
        scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
        return false;
    }
    *offset = lba * m->block_size;
    *bytes = count * m->block_size;
    return true;
}

/* --- commands --- */

void scsi_read(ScsiRequest *r)
{
    int64_t offset, bytes;

    if (scsi_cdb_length(r->cdb[0]) > 6 && r->cdb[1] >> 5) { /* protection information */
        scsi_fail(r, SENSE_INVALID_FIELD);
    } else if (scsi_medium_extent(r, &offset, &bytes)) {
        scsi_transfer(r, SCSI_FROM_UNIT, offset, bytes, 0);
    }
}

void scsi_read_capacity(ScsiRequest *r)
{
    ScsiMedium *m = medium_of(r);
    uint64_t last = scsi_medium_blocks(m) - 1;
    uint8_t out[8];

    stl_be_p(out, MIN(last, UINT32_MAX)); /* the highest number: the long command knows */
    stl_be_p(out + 4, m->block_size);
    scsi_answer(r, out, sizeof(out), sizeof(out));
}

void scsi_seek(ScsiRequest *r)
{
    uint64_t lba, count;

    cdb_extent(r, &lba, &count);
    if (lba >= (uint64_t)scsi_medium_blocks(medium_of(r))) {
        scsi_fail(r, SENSE_LBA_OUT_OF_RANGE);
    } else {
        scsi_good(r);
    }
}

static void start_flush(ScsiRequest *r)
{
    scsi_request_ref(r);
    r->aio = blk_aio_flush(r->unit->blk, scsi_step_done, r);
}

/* The whole cache, whatever blocks are named. */
void scsi_sync_cache(ScsiRequest *r)
{
    scsi_run_steps(r, start_flush, scsi_good);
}

static void tell_tray(ScsiMedium *m)
{
    JsonObject *o = json_object_new();
    g_autofree char *path = object_get_canonical_path(OBJECT(m));

    json_object_set_string_member(o, "device", blk_name(m->parent_obj.blk));
    json_object_set_string_member(o, "id", m->parent_obj.parent_obj.id
                                               ? m->parent_obj.parent_obj.id : path);
    json_object_set_boolean_member(o, "tray-open", m->tray_open);
    event_send("DEVICE_TRAY_MOVED", o);
}

static void move_tray(ScsiMedium *m, bool open)
{
    if (m->tray_open != open) {
        m->tray_open = open;
        tell_tray(m);
    }
}

void scsi_start_stop(ScsiRequest *r)
{
    enum { START = 0x01, LOAD_EJECT = 0x02 };
    ScsiMedium *m = medium_of(r);
    bool power_condition = r->cdb[4] >> 4;

    if (power_condition || !(r->cdb[4] & LOAD_EJECT) || !m->removable) {
        scsi_good(r);
    } else if (!(r->cdb[4] & START) && m->locked && !m->tray_open) {
        scsi_fail(r, SENSE_REMOVAL_PREVENTED);
    } else {
        bool load = r->cdb[4] & START;

        if (load && m->tray_open && blk_is_inserted(r->unit->blk)) {
            m->new_medium = true;
        }
        m->eject_requested = false;
        move_tray(m, !load);
        scsi_good(r);
    }
}

void scsi_prevent_removal(ScsiRequest *r)
{
    ScsiMedium *m = medium_of(r);

    if (r->cdb[4] & 2) { /* the "persistent" kinds belong to changers */
        scsi_fail(r, SENSE_INVALID_FIELD);
        return;
    }
    m->locked = m->removable && r->cdb[4] & 1;
    scsi_good(r);
}

/* --- the block layer --- */

void scsi_medium_changed(void *opaque, bool load, Error **errp)
{
    ScsiMedium *m = opaque;

    move_tray(m, !load);
    m->eject_requested = false;
    m->new_medium = load;
    if (load) {
        m->locked = false;
        scsi_set_attention(&m->parent_obj, SCSI_ATTENTION_MEDIUM);
    }
    scsi_unit_changed(&m->parent_obj, SCSI_UNIT_MEDIUM);
}

void scsi_medium_eject_request(void *opaque, bool force)
{
    ScsiMedium *m = opaque;

    m->eject_requested = true;
    if (force) {
        m->locked = false;
    }
    scsi_set_attention(&m->parent_obj, SCSI_ATTENTION_EJECT);
    scsi_unit_changed(&m->parent_obj, SCSI_UNIT_MEDIUM);
}

bool scsi_medium_tray_open(void *opaque)
{
    return SCSI_MEDIUM(opaque)->tray_open;
}

bool scsi_medium_locked(void *opaque)
{
    return SCSI_MEDIUM(opaque)->locked;
}

void scsi_medium_drained_begin(void *opaque)
{
    SCSI_UNIT(opaque)->drained++;
}

void scsi_medium_drained_end(void *opaque)
{
    ScsiUnit *unit = SCSI_UNIT(opaque);

    if (--unit->drained == 0) {
        scsi_unit_resume(unit);
    }
}

/* What an error stopped is done again. */
static void machine_stops_or_goes_on(void *opaque, bool running, RunState state)
{
    if (running) {
        scsi_unit_resume(opaque);
    }
}

/* --- life --- */

static bool check_size(const char *name, uint32_t size, uint32_t least, Error **errp)
{
    if (!is_power_of_2(size) || size < least || size > MAX_BLOCK_SIZE) {
        error_setg(errp, "%s=%u: expected a power of two from %u to %u", name, size, least,
                   MAX_BLOCK_SIZE);
        return false;
    }
    return true;
}

static bool check_names(ScsiUnit *unit, Error **errp)
{
    const struct {
        const char *property, *value;
        size_t most;
    } names[] = {
        { "serial", unit->serial, SCSI_NAME_MAX }, { "device_id", unit->device_id, SCSI_NAME_MAX },
        { "vendor", unit->vendor, 8 }, { "product", unit->product, 16 },
        { "ver", unit->version, 4 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (names[i].value && strlen(names[i].value) > names[i].most) {
            error_setg(errp, "%s=%s: at most %zu characters are possible", names[i].property,
                       names[i].value, names[i].most);
            return false;
        }
    }
    return true;
}

static bool apply_error_actions(ScsiMedium *m, Error **errp)
{
    BlockBackend *blk = m->parent_obj.blk;
    BlockdevOnError on_read = blk_get_on_error(blk, true), on_write = blk_get_on_error(blk, false);

    if ((m->rerror && !blk_parse_on_error("rerror", m->rerror, &on_read, errp)) ||
        (m->werror && !blk_parse_on_error("werror", m->werror, &on_write, errp))) {
        return false;
    }
    blk_set_on_error(blk, on_read, on_write);
    return true;
}

bool scsi_medium_realize(ScsiMedium *m, const BlockDevOps *ops, Error **errp)
{
    ScsiUnit *unit = &m->parent_obj;

    if (!m->physical_block) {
        m->physical_block = m->block_size;
    }
    if (!check_size("logical_block_size", m->block_size, 512, errp) ||
        !check_size("physical_block_size", m->physical_block, m->block_size, errp) ||
        !check_names(unit, errp) || !apply_error_actions(m, errp)) {
        return false;
    }
    if (m->write_cache != ON_OFF_AUTO_AUTO) {
        blk_set_enable_write_cache(unit->blk, m->write_cache == ON_OFF_AUTO_ON);
    }
    m->cache_at_reset = blk_enable_write_cache(unit->blk);
    blk_set_dev_ops(unit->blk, ops, m);
    m->state_change = qemu_add_vm_change_state_handler(machine_stops_or_goes_on, unit);
    return true;
}

static void medium_unrealize(ScsiUnit *unit)
{
    qemu_del_vm_change_state_handler(SCSI_MEDIUM(unit)->state_change);
    blk_set_dev_ops(unit->blk, NULL, NULL);
}

static void medium_reset(ScsiUnit *unit)
{
    ScsiMedium *m = SCSI_MEDIUM(unit);

    m->locked = false;
    m->eject_requested = false;
    if (blk_is_inserted(unit->blk)) {
        m->tray_open = false;
    }
    blk_set_enable_write_cache(unit->blk, m->cache_at_reset);
    blk_iostatus_reset(unit->blk);
}

static bool medium_is_removable(ScsiUnit *unit)
{
    return SCSI_MEDIUM(unit)->removable;
}

static void medium_class_init(ObjectClass *klass, void *data)
{
    ScsiUnitClass *uc = SCSI_UNIT_CLASS(klass);

    uc->not_ready = medium_not_ready;
    uc->unrealize = medium_unrealize;
    uc->reset = medium_reset;
    uc->is_removable = medium_is_removable;
}

static const TypeInfo medium_types[] = {
    {
        .name = TYPE_SCSI_MEDIUM,
        .parent = TYPE_SCSI_UNIT,
        .abstract = true,
        .instance_size = sizeof(ScsiMedium),
        .class_init = medium_class_init,
    },
};

DEFINE_TYPES(medium_types)
