/*
 * "ide-hd": queued commands, on a link of Serial ATA. Each is one request to the block layer, with the
 * adapter's buffers; READ LOG tells which one has failed.
 *
 * References: Serial ATA 2.5, 13.6 (native command queuing, log 10h); ATA/ATAPI-7, READ LOG EXT.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ide-hd.h"

/* READ LOG EXT */
enum { LOG_DIRECTORY = 0x00, LOG_QUEUE_ERROR = 0x10, LOG_NOT_QUEUED = 0x80 };

static void queued_done(void *opaque, int ret);

static void run_queued(IdeHd *s, IdeQueued *q)
{
    int64_t offset = q->lba * IDE_SECTOR;

    q->parked = s->drained > 0;
    if (!q->parked) {
        q->aio = q->write ? blk_aio_pwritev(s->blk, offset, &q->qiov, q->fua ? BDRV_REQ_FUA : 0,
                                            queued_done, q)
                          : blk_aio_preadv(s->blk, offset, &q->qiov, 0, queued_done, q);
    }
}

static void queued_done(void *opaque, int ret)
{
    IdeQueued *q = opaque;
    IdeHd *s = IDE_HD(q->unit);
    BlockErrorAction action = BLOCK_ERROR_ACTION_IGNORE;

    q->aio = NULL;
    if (q->cancelled) {
        return;
    }
    if (ret < 0) {
        action = blk_get_error_action(s->blk, !q->write, -ret);
        blk_error_action(s->blk, action, !q->write, -ret);
    }
    if (action == BLOCK_ERROR_ACTION_STOP) {
        q->parked = true;
        return;
    }
    g_ptr_array_remove_fast(s->queue, q);
    q->done(q, action != BLOCK_ERROR_ACTION_REPORT ? 0 : q->write ? ERROR_ABRT : ERROR_UNC);
}

void ide_hd_queue(IdeUnit *u, IdeQueued *q)
{
    IdeHd *s = IDE_HD(u);

    q->unit = u;
    q->aio = NULL;
    q->parked = q->cancelled = false;
    s->standby = false;
    if (!ide_hd_is_in_range(s, q->lba, q->sectors)) {
        q->done(q, ERROR_IDNF);
        return;
    }
    g_ptr_array_add(s->queue, q);
    run_queued(s, q);
}

void ide_hd_cancel_queue(IdeUnit *u)
{
    IdeHd *s = IDE_HD(u);

    while (s->queue->len) {
        IdeQueued *q = g_ptr_array_steal_index_fast(s->queue, s->queue->len - 1);

        q->cancelled = true;
        if (q->aio) {
            blk_aio_cancel(q->aio);
        }
    }
}

/* The page has the registers as a failed command leaves them (Serial ATA 2.5, 13.6.5). */
void ide_hd_queue_failed(IdeUnit *u, unsigned tag, const IdeQueued *q, uint8_t error)
{
    uint8_t *page = IDE_HD(u)->queue_error;

    memset(page, 0, sizeof(IDE_HD(u)->queue_error));
    page[0] = tag;
    page[2] = IDE_UNIT_GET_CLASS(u)->status_ready | STATUS_ERR;
    page[3] = error;
    page[7] = DEVICE_LBA;
    for (int i = 0; i < 3; i++) {
        page[4 + i] = q->lba >> 8 * i;
        page[8 + i] = q->lba >> (24 + 8 * i);
    }
}

static void put_log_checksum(IdeUnit *u)
{
    uint8_t sum = 0;

    for (int i = 0; i < IDE_SECTOR - 1; i++) {
        sum += u->buffer[i];
    }
    u->buffer[IDE_SECTOR - 1] = -sum;
}

void ide_hd_reset_log(IdeHd *s)
{
    memset(s->queue_error, 0, sizeof(s->queue_error));
    s->queue_error[0] = LOG_NOT_QUEUED;
}

/* READ LOG EXT: one page, of the directory or of the log about queued commands. */
void ide_hd_read_log(IdeUnit *u, const IdeCommand *c)
{
    IdeHd *s = IDE_HD(u);
    uint8_t log = u->lba[0] & 0xff, page = u->lba[1] & 0xff;

    if (!ide_is_serial(u) || u->count != 1 || page ||
        (log != LOG_DIRECTORY && log != LOG_QUEUE_ERROR)) {
        ide_fail(u, ERROR_ABRT);
        return;
    }
    memset(u->buffer, 0, IDE_SECTOR);
    if (log == LOG_DIRECTORY) {
        stw_le_p(u->buffer, 1); /* version */
        stw_le_p(u->buffer + 2 * LOG_QUEUE_ERROR, 1); /* pages */
    } else {
        memcpy(u->buffer, s->queue_error, sizeof(s->queue_error));
        put_log_checksum(u);
        ide_hd_reset_log(s);
    }
    ide_data_in(u, IDE_SECTOR, false);
}

void ide_hd_resume_queue(IdeHd *s)
{
    for (guint i = 0; i < s->queue->len; i++) {
        IdeQueued *q = g_ptr_array_index(s->queue, i);

        if (q->parked) {
            run_queued(s, q);
        }
    }
}
