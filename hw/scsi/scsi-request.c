/*
 * SCSI requests: from the CDB through the data to the status.
 *
 * What the host adapter is to be told waits on the bus's list for a bottom half, except for blocks
 * of the medium, whose completion is told where the block layer tells it.
 *
 * References: SAM-5 chapter 5 (commands), SPC-3 4.5 (sense data).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "scsi-internal.h"

enum {
    STAGE_NEW,
    STAGE_DATA,    /* waits for the adapter to move data */
    STAGE_MOVING,  /* data is on its way, or moved() is due */
    STAGE_WORKING, /* waits for the block layer */
    STAGE_PARKED,  /* waits for the machine to go on, or for the end of a drain */
    STAGE_ENDED,   /* complete() is due or has been called */
};

/* --- life --- */

ScsiRequest *scsi_request_new(ScsiUnit *unit, uint32_t lun, uint64_t tag, const uint8_t *cdb,
                              size_t size, void *owner)
{
    ScsiRequest *r = g_new0(ScsiRequest, 1);

    r->bus = SCSI_BUS(DEVICE(unit)->parent_bus);
    r->unit = unit;
    object_ref(OBJECT(unit));
    r->lun = lun;
    r->tag = tag;
    r->owner = owner;
    r->cdb_size = MIN(size, SCSI_CDB_MAX);
    memcpy(r->cdb, cdb, r->cdb_size);
    r->refs = 1;
    qemu_iovec_init(&r->part, 0);
    return r;
}

void scsi_request_ref(ScsiRequest *r)
{
    r->refs++;
}

void scsi_request_unref(ScsiRequest *r)
{
    if (--r->refs) {
        return;
    }
    assert(!r->on_unit && !r->queued && !r->aio);
    object_unref(OBJECT(r->unit));
    qemu_iovec_destroy(&r->part);
    g_free(r->data);
    g_free(r);
}

static void enter_unit(ScsiRequest *r)
{
    scsi_request_ref(r);
    r->on_unit = true;
    QTAILQ_INSERT_TAIL(&r->unit->requests, r, unit_link);
}

static void leave_unit(ScsiRequest *r)
{
    if (r->on_unit) {
        QTAILQ_REMOVE(&r->unit->requests, r, unit_link);
        r->on_unit = false;
        scsi_request_unref(r);
    }
}

/* --- what the adapter is told --- */

static void tell(ScsiRequest *r)
{
    const ScsiHost *host = r->bus->host;
    size_t bytes = r->ready_bytes;
    bool ended = r->stage == STAGE_ENDED;

    scsi_request_ref(r);
    if (bytes) {
        r->ready_bytes = 0;
        if (r->stage == STAGE_MOVING) {
            r->stage = STAGE_DATA;
        }
        host->moved(r, bytes);
    }
    if (ended && !r->cancelled) {
        leave_unit(r);
        host->complete(r);
    }
    scsi_request_unref(r);
}

static void tell_later(ScsiRequest *r)
{
    if (!r->queued) {
        scsi_request_ref(r);
        r->queued = true;
        QTAILQ_INSERT_TAIL(&r->bus->ready, r, ready_link);
        qemu_bh_schedule(r->bus->bh);
    }
}

static void unqueue(ScsiRequest *r)
{
    if (r->queued) {
        QTAILQ_REMOVE(&r->bus->ready, r, ready_link);
        r->queued = false;
        scsi_request_unref(r);
    }
}

void scsi_tell_all(void *opaque)
{
    ScsiBus *bus = opaque;
    ScsiRequest *r;

    while ((r = QTAILQ_FIRST(&bus->ready))) {
        scsi_request_ref(r);
        unqueue(r);
        tell(r);
        scsi_request_unref(r);
    }
}

/* --- the end --- */

static void end(ScsiRequest *r, uint8_t status)
{
    if (r->stage != STAGE_ENDED) {
        r->status = status;
        r->stage = STAGE_ENDED;
        tell_later(r);
    }
}

void scsi_good(ScsiRequest *r)
{
    end(r, SCSI_GOOD);
}

/* Fixed format (SPC-3 4.5.3). */
static void set_sense(ScsiRequest *r, uint32_t sense)
{
    memset(r->sense, 0, sizeof(r->sense));
    r->sense[0] = 0x70;
    r->sense[2] = sense >> 16;
    r->sense[7] = SCSI_SENSE_MAX - 8;
    r->sense[12] = sense >> 8;
    r->sense[13] = sense;
    r->sense_size = SCSI_SENSE_MAX;
}

void scsi_fail(ScsiRequest *r, uint32_t sense)
{
    set_sense(r, sense);
    end(r, SCSI_CHECK_CONDITION);
}

static const struct {
    int error;
    uint32_t read, write;
} medium_errors[] = {
    { ENOMEDIUM, SENSE_NO_MEDIUM, SENSE_NO_MEDIUM },
    { EACCES, SENSE_WRITE_PROTECTED, SENSE_WRITE_PROTECTED },
    { ENOSPC, SENSE_READ_ERROR, SENSE_SPACE_EXHAUSTED },
    { ENOTSUP, SENSE_INVALID_FIELD, SENSE_INVALID_FIELD },
    { ECANCELED, SENSE_ABORTED, SENSE_ABORTED },
};

static void fail_with_errno(ScsiRequest *r, bool is_read, int error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(medium_errors); i++) {
        if (medium_errors[i].error == error) {
            scsi_fail(r, is_read ? medium_errors[i].read : medium_errors[i].write);
            return;
        }
    }
    scsi_fail(r, is_read ? SENSE_READ_ERROR : SENSE_WRITE_ERROR);
}

/* --- requests to the block layer --- */

/* Starts r->again, unless the block layer wants none now. */
static void run_again(ScsiRequest *r)
{
    if (r->unit->drained) {
        r->stage = STAGE_PARKED;
    } else {
        r->again(r);
    }
}

void scsi_unit_resume(ScsiUnit *unit)
{
    g_autoptr(GPtrArray) parked = g_ptr_array_new();
    ScsiRequest *r;

    QTAILQ_FOREACH(r, &unit->requests, unit_link) {
        if (r->stage == STAGE_PARKED) {
            r->stage = r->next ? STAGE_WORKING : STAGE_MOVING;
            scsi_request_ref(r);
            g_ptr_array_add(parked, r);
        }
    }
    for (guint i = 0; i < parked->len; i++) {
        r = g_ptr_array_index(parked, i);
        if (r->on_unit && !r->cancelled) {
            run_again(r);
        }
        scsi_request_unref(r);
    }
}

/* What is to become of a result: true if the request goes on as if it had worked. */
static bool worked(ScsiRequest *r, bool is_read, int ret)
{
    BlockBackend *blk = r->unit->blk;
    BlockErrorAction action;

    if (ret == 0) {
        return true;
    }
    if (ret == -ENOMEDIUM || ret == -EACCES || ret == -ENOTSUP || ret == -ECANCELED) {
        fail_with_errno(r, is_read, -ret);
        return false;
    }
    action = blk_get_error_action(blk, is_read, -ret);
    blk_error_action(blk, action, is_read, -ret);
    if (action == BLOCK_ERROR_ACTION_STOP) {
        r->stage = STAGE_PARKED;
        return false;
    }
    if (action == BLOCK_ERROR_ACTION_REPORT) {
        fail_with_errno(r, is_read, -ret);
    }
    return action == BLOCK_ERROR_ACTION_IGNORE;
}

static void blocks_moved(void *opaque, int ret)
{
    ScsiRequest *r = opaque;
    bool is_read = r->direction == SCSI_FROM_UNIT;

    r->aio = NULL;
    if (!r->cancelled) {
        if (worked(r, is_read, ret)) {
            r->ready_bytes = r->part.size;
            r->moved += r->part.size;
            if (r->moved == r->length) {
                r->status = SCSI_GOOD;
                r->stage = STAGE_ENDED;
            }
            tell(r);
        }
    }
    scsi_request_unref(r);
}

static void move_blocks(ScsiRequest *r)
{
    BlockBackend *blk = r->unit->blk;
    int64_t at = r->offset + r->moved;

    scsi_request_ref(r);
    if (r->direction == SCSI_FROM_UNIT) {
        r->aio = blk_aio_preadv(blk, at, &r->part, 0, blocks_moved, r);
    } else {
        r->aio = blk_aio_pwritev(blk, at, &r->part, r->flags, blocks_moved, r);
    }
}

void scsi_run_steps(ScsiRequest *r, void (*again)(ScsiRequest *r), void (*next)(ScsiRequest *r))
{
    r->again = again;
    r->next = next;
    r->stage = STAGE_WORKING;
    run_again(r);
}

void scsi_step_done(void *opaque, int ret)
{
    ScsiRequest *r = opaque;

    r->aio = NULL;
    if (!r->cancelled && worked(r, false, ret)) {
        r->next(r);
    }
    scsi_request_unref(r);
}

/* --- data --- */

void scsi_answer(ScsiRequest *r, const void *data, size_t size, size_t allocation)
{
    r->length = MIN(size, allocation);
    if (!r->length) {
        scsi_good(r);
        return;
    }
    r->direction = SCSI_FROM_UNIT;
    r->data = g_memdup2(data, r->length);
    r->stage = STAGE_DATA;
}

void scsi_want_parameters(ScsiRequest *r, size_t size, void (*then)(ScsiRequest *r))
{
    r->parameters = then;
    r->length = size;
    r->data = g_malloc0(MAX(size, 1));
    if (!size) {
        then(r);
        return;
    }
    r->direction = SCSI_TO_UNIT;
    r->stage = STAGE_DATA;
}

void scsi_transfer(ScsiRequest *r, ScsiDirection direction, int64_t offset, int64_t bytes,
                   unsigned flags)
{
    if (!bytes) {
        scsi_good(r);
        return;
    }
    r->direction = direction;
    r->offset = offset;
    r->length = bytes;
    r->flags = flags;
    r->again = move_blocks;
    r->stage = STAGE_DATA;
}

/* All data is there: what comes next. */
static void data_is_complete(ScsiRequest *r)
{
    if (r->parameters) {
        r->stage = STAGE_WORKING;
        r->parameters(r);
    } else {
        scsi_good(r);
    }
}

void scsi_request_move(ScsiRequest *r, QEMUIOVector *qiov)
{
    size_t bytes = MIN(qiov->size, r->length - r->moved);

    assert(r->stage == STAGE_DATA && bytes);
    r->stage = STAGE_MOVING;
    if (!r->data) {
        qemu_iovec_reset(&r->part);
        qemu_iovec_concat(&r->part, qiov, 0, bytes);
        run_again(r);
        return;
    }
    if (r->direction == SCSI_FROM_UNIT) {
        qemu_iovec_from_buf(qiov, 0, r->data + r->moved, bytes);
    } else {
        qemu_iovec_to_buf(qiov, 0, r->data + r->moved, bytes);
    }
    r->moved += bytes;
    r->ready_bytes = bytes;
    if (r->moved == r->length) {
        data_is_complete(r);
    }
    tell_later(r);
}

void scsi_request_end_data(ScsiRequest *r)
{
    if (r->stage == STAGE_DATA) {
        data_is_complete(r);
    }
}

/* --- the beginning --- */

unsigned scsi_cdb_length(uint8_t opcode)
{
    static const uint8_t by_group[8] = { 6, 10, 10, 0, 16, 12, 10, 10 };

    return by_group[opcode >> 5];
}

static const ScsiCommand *find_command(const ScsiRequest *r)
{
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(r->unit);

    for (size_t list = 0; list < G_N_ELEMENTS(class->commands) && class->commands[list]; list++) {
        for (const ScsiCommand *c = class->commands[list]; c->begin; c++) {
            if (c->opcode == r->cdb[0] &&
                (!(c->flags & COMMAND_ACTION) || c->action == (r->cdb[1] & 0x1f))) {
                return c;
            }
        }
    }
    return NULL;
}

static uint32_t take_attention(ScsiUnit *unit)
{
    static const uint32_t senses[SCSI_ATTENTION_COUNT] = {
        [SCSI_ATTENTION_RESET] = SCSI_SENSE(6, 0x29, 0x00),
        [SCSI_ATTENTION_MEDIUM] = SCSI_SENSE(6, 0x28, 0x00),
        [SCSI_ATTENTION_EJECT] = SCSI_SENSE(6, 0x5a, 0x01),
        [SCSI_ATTENTION_MODE] = SCSI_SENSE(6, 0x2a, 0x01),
        [SCSI_ATTENTION_CAPACITY] = SCSI_SENSE(6, 0x2a, 0x09),
        [SCSI_ATTENTION_LUNS] = SCSI_SENSE(6, 0x3f, 0x0e),
    };

    for (int i = 0; i < SCSI_ATTENTION_COUNT; i++) {
        if (unit->attention & 1u << i) {
            unit->attention &= ~(1u << i);
            return senses[i];
        }
    }
    return SENSE_NONE;
}

uint32_t scsi_take_sense(ScsiUnit *unit)
{
    return take_attention(unit);
}

void scsi_set_attention(ScsiUnit *unit, ScsiAttention what)
{
    if (what == SCSI_ATTENTION_RESET) {
        unit->attention = 0; /* it says more than all others (SAM-5 5.14.2) */
    }
    unit->attention |= 1u << what;
}

/* A command whose number has no unit: SPC-3 6.4.1, 6.21, SAM-5 4.13 say who answers then. */
static bool is_for_any_lun(uint8_t opcode)
{
    return opcode == OPCODE_INQUIRY || opcode == OPCODE_REPORT_LUNS ||
           opcode == OPCODE_REQUEST_SENSE;
}

void scsi_request_start(ScsiRequest *r)
{
    ScsiUnitClass *class = SCSI_UNIT_GET_CLASS(r->unit);
    unsigned needed = scsi_cdb_length(r->cdb[0]);
    const ScsiCommand *c;
    uint32_t sense;

    assert(r->stage == STAGE_NEW);
    enter_unit(r);
    c = needed && needed <= r->cdb_size ? find_command(r) : NULL;
    r->command = c;
    if (r->lun != r->unit->lun && !is_for_any_lun(r->cdb[0])) {
        scsi_fail(r, SENSE_NO_SUCH_LUN);
    } else if (!c) {
        qemu_log_mask(LOG_UNIMP, "scsi: command 0x%02x is not there\n", r->cdb[0]);
        scsi_fail(r, SENSE_INVALID_OPCODE);
    } else if (!(c->flags & COMMAND_BEFORE_ATTENTION) && (sense = take_attention(r->unit))) {
        scsi_fail(r, sense);
    } else if (c->flags & COMMAND_NEEDS_MEDIUM && class->not_ready &&
               (sense = class->not_ready(r->unit))) {
        scsi_fail(r, sense);
    } else if (c->flags & COMMAND_WRITES && !blk_is_writable(r->unit->blk)) {
        scsi_fail(r, SENSE_WRITE_PROTECTED);
    } else {
        c->begin(r);
    }
}

/* --- taking back --- */

void scsi_request_cancel(ScsiRequest *r)
{
    scsi_request_ref(r);
    r->cancelled = true;
    if (r->aio) {
        blk_aio_cancel(r->aio);
    }
    unqueue(r);
    leave_unit(r);
    scsi_request_unref(r);
}

void scsi_unit_cancel_all(ScsiUnit *unit)
{
    ScsiRequest *r;

    while ((r = QTAILQ_FIRST(&unit->requests))) {
        scsi_request_ref(r);
        scsi_request_cancel(r);
        r->bus->host->cancelled(r);
        scsi_request_unref(r);
    }
}
