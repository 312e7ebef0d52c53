/*
 * The inside of "ide-hd", for its files.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IDE_IDE_HD_H
#define HW_IDE_IDE_HD_H

#include "ide-internal.h"
#include "system/runstate.h"

typedef struct IdeHd {
    IdeUnit parent_obj;

    /* properties */
    BlockBackend *blk;
    char *rerror, *werror;
    uint32_t cylinders, heads, sectors;
    uint32_t logical_block, physical_block, discard_granularity;
    uint16_t rotation_rate;
    OnOffAuto write_cache;

    uint32_t now_heads, now_sectors; /* the translation that INITIALIZE DEVICE PARAMETERS chose */
    uint8_t multiple; /* sectors of a DRQ block for the commands of that name, 0: not set */
    bool smart, look_ahead, standby;
    bool cache_at_reset;
    bool cache_saved; /* in a snapshot: whether the write cache is on */

    /* the command */
    uint8_t step;
    bool dma, deep, by_chs, fua; /* deep: 48-bit addresses */
    uint32_t portion;      /* sectors that are moved at once */
    uint64_t lba, left;    /* where the next portion is, and how many sectors are still to be moved */
    uint32_t range;        /* TRIM: the number of the current one, of `left` */

    GPtrArray *queue; /* of IdeQueued: those under way */
    uint8_t queue_error[16]; /* how the log page about the last one that failed begins */

    bool parked; /* working, but nothing is under way: an error stopped the machine, or drained */
    unsigned drained; /* how often the block layer has asked for no new requests */
    BlockAIOCB *aio;
    struct iovec iov;
    QEMUIOVector qiov;
    VMChangeStateEntry *state_change;
} IdeHd;

DECLARE_INSTANCE_CHECKER(IdeHd, IDE_HD, TYPE_IDE_HD)

bool ide_hd_is_in_range(const IdeHd *s, uint64_t lba, uint64_t count);

/* The class's functions for queued commands. */
void ide_hd_queue(IdeUnit *u, IdeQueued *q);
void ide_hd_cancel_queue(IdeUnit *u);
void ide_hd_queue_failed(IdeUnit *u, unsigned tag, const IdeQueued *q, uint8_t error);
/* Those that an error, or the block layer, has stopped begin again. */
void ide_hd_resume_queue(IdeHd *s);
/* READ LOG EXT; and nothing is in the log. */
void ide_hd_read_log(IdeUnit *u, const IdeCommand *c);
void ide_hd_reset_log(IdeHd *s);

#endif
