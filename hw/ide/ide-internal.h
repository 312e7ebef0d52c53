/*
 * The inside of IDE units, for the kinds of units.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_IDE_IDE_INTERNAL_H
#define HW_IDE_IDE_INTERNAL_H

#include "core/qdev-properties.h"
#include "hw/ide/ide.h"
#include "qemu/bswap.h"
#include "qemu/iov.h"
#include "system/block-backend.h"

#define IDE_SECTOR       512
#define IDE_UNIT_ANY     UINT32_MAX /* property unit: the next free place */
#define IDE_MAX_MULTIPLE 16
#define IDE_BUFFER       (128 * 1024)

/* Status register. */
enum {
    STATUS_ERR = 0x01,
    STATUS_DRQ = 0x08,
    STATUS_DSC = 0x10, /* seek complete: of ATA-3 and before, and looked at to this day */
    STATUS_DF = 0x20,
    STATUS_DRDY = 0x40,
    STATUS_BSY = 0x80,
};

/* Error register. */
enum {
    ERROR_ABRT = 0x04,
    ERROR_IDNF = 0x10,
    ERROR_UNC = 0x40,
};

/* Device register and device control register. */
enum {
    DEVICE_HEAD = 0x0f,
    DEVICE_DEV = 0x10,
    DEVICE_LBA = 0x40,
    DEVICE_OBSOLETE = 0xa0, /* read as 1 by what was before ATA-6 */

    CONTROL_NIEN = 0x02,
    CONTROL_SRST = 0x04,
    CONTROL_HOB = 0x80,
};

/* What a unit does. */
typedef enum IdePhase {
    PHASE_IDLE,
    PHASE_DATA_IN, /* the host reads the buffer by the data register */
    PHASE_DATA_OUT,
    PHASE_DMA_IN, /* the same by DMA */
    PHASE_DMA_OUT,
    PHASE_WORKING, /* busy with its medium */
    PHASE_RESET,   /* until the host takes SRST back */
    PHASE_COUNT,
} IdePhase;

/* What a working disk does. */
typedef enum IdeStep {
    STEP_NONE,
    STEP_READ,
    STEP_VERIFY,
    STEP_WRITE,
    STEP_FLUSH,
    STEP_DISCARD,
    STEP_COUNT,
} IdeStep;

/* A unit. Of registers with a byte of history that is the high byte. */
struct IdeUnit {
    DeviceState parent_obj;

    uint32_t unit; /* property: its place on the channel */
    char *serial, *model, *version;
    uint64_t wwn;
    int32_t bootindex;

    uint16_t features, count, lba[3];
    uint8_t device, error, status;
    uint8_t irq; /* an interrupt is pending */
    uint8_t multiword_mode, ultra_mode; /* of DMA: 1 << number, 0: not selected */

    uint8_t phase;
    uint32_t at, filled; /* the next byte in `buffer`, and the end of its contents */
    uint8_t buffer[IDE_BUFFER + 4]; /* a host may read whole words at an odd end */
};

/* A command: a row of a unit's table. */
typedef struct IdeCommand {
    uint8_t code;
    uint8_t last;   /* of a range of codes that mean the same; 0: there is one */
    uint16_t flags; /* the unit's, and IDE_WHILE_BUSY */
    void (*begin)(IdeUnit *u, const struct IdeCommand *c);
} IdeCommand;

#define IDE_WHILE_BUSY 0x8000

#define IDE_QUEUE_DEPTH 32

/*
 * A queued command (READ, WRITE FPDMA QUEUED), which the adapter makes, with its data, and keeps
 * until `done` has been called or the queue has been cancelled.
 */
typedef struct IdeQueued {
    uint64_t lba;
    uint32_t sectors;
    bool write, fua;
    QEMUIOVector qiov;
    void (*done)(struct IdeQueued *q, uint8_t error); /* bits of the error register, 0: it worked */

    /* the unit's */
    IdeUnit *unit;
    BlockAIOCB *aio;
    bool parked, cancelled;
} IdeQueued;

struct IdeUnitClass {
    DeviceClass parent_class;

    const IdeCommand *commands; /* ends with a row without a function */
    uint8_t signature[2];       /* LBA mid and high after a reset */
    uint8_t status_at_reset, status_ready;
    void (*realize)(IdeUnit *u, Error **errp);
    void (*unrealize)(IdeUnit *u);
    /* The buffer is at its end: the host has taken it, or filled it. */
    void (*block_done)(IdeUnit *u);
    /* Ends what goes on with the medium, without a result. */
    void (*cancel)(IdeUnit *u);
    /* Modes as after power on. */
    void (*reset)(IdeUnit *u);
    /* Begins a queued command, which may end at once. NULL: it has no queue. */
    void (*queue)(IdeUnit *u, IdeQueued *q);
    /* Ends all of them; `done` isn't called. */
    void (*cancel_queue)(IdeUnit *u);
    /* Remembers for READ LOG which of them (its tag) has failed, and with what. */
    void (*queue_failed)(IdeUnit *u, unsigned tag, const IdeQueued *q, uint8_t error);
    /* NULL: it has none. */
    void (*get_geometry)(IdeUnit *u, IdeGeometry *geometry);
};

static inline IdeBus *ide_bus_of(IdeUnit *u)
{
    return IDE_BUS(DEVICE(u)->parent_bus);
}

/* --- for units --- */

/* The command has worked; with or without an interrupt. */
void ide_good(IdeUnit *u);
void ide_good_silently(IdeUnit *u);
/* It has not: bits of the error register. */
void ide_fail(IdeUnit *u, uint8_t error);
/* The unit itself is at fault, not what it was asked for. */
void ide_fault(IdeUnit *u);
/* For rows of a table: does nothing, and fails with ABRT. */
void ide_nothing(IdeUnit *u, const IdeCommand *c);
void ide_abort(IdeUnit *u, const IdeCommand *c);
/* The unit is busy with its medium. */
void ide_work(IdeUnit *u);
/* @size bytes in the buffer are for the host; by the data register or by DMA. */
void ide_data_in(IdeUnit *u, uint32_t size, bool dma);
/* As many are wanted from it; @interrupt: it is told so. */
void ide_data_out(IdeUnit *u, uint32_t size, bool dma, bool interrupt);
/* On a link of Serial ATA. */
static inline bool ide_is_serial(IdeUnit *u)
{
    return ide_bus_of(u)->host->serial;
}
/* The registers of a unit that was reset. */
void ide_put_signature(IdeUnit *u);

/* SET FEATURES: what every kind has, 03h: transfer modes. False: that is not possible. */
bool ide_set_transfer_mode(IdeUnit *u);
/* Word @n of IDENTIFY data in the buffer, and text in words (high byte first). */
void ide_put_word(IdeUnit *u, unsigned n, uint16_t value);
void ide_put_text(IdeUnit *u, unsigned n, unsigned words, const char *text);
/* The words about transfer modes, and the checksum, which comes last. */
void ide_put_modes(IdeUnit *u);
void ide_put_checksum(IdeUnit *u);
/* Those about Serial ATA, if the unit is on such a link. */
void ide_put_serial(IdeUnit *u);
/* serial=, model= and ver= fit into IDENTIFY data; sets what the user hasn't. */
bool ide_check_names(IdeUnit *u, const char *model, Error **errp);

/* 0 or -EINVAL: for post_load functions. */
int ide_check_loaded(IdeUnit *u);
extern const VMStateDescription vmstate_ide_unit;
#define VMSTATE_IDE_UNIT(_field, _state)                                                           \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_ide_unit, IdeUnit)

#endif
