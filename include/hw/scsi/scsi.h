/*
 * SCSI: a bus of logical units, and the requests that a host adapter sends them.
 *
 * A host adapter (virtio-scsi, USB storage …) owns a ScsiBus and says in a ScsiHost what it wants
 * to be told. For each command it makes a request:
 *
 *     r = scsi_request_new(unit, lun, tag, cdb, size, mine);
 *     scsi_request_start(r);            r->direction and r->length are known now
 *     scsi_request_move(r, qiov);       as often as it likes, one at a time: host->moved()
 *     …                                 host->complete(): r->status and r->sense
 *     scsi_request_unref(r);
 *
 * A command without data completes by itself. The data may be moved in pieces of any size. An
 * adapter that has no more room or data than so much says scsi_request_end_data(). Functions of the
 * host are called by the main loop (or whoever drains the block layer), never from within these
 * calls.
 *
 * Everything here runs under the big lock; or, if the adapter has an I/O thread, under the lock of
 * its context (scsi_bus_set_context()), and what makes and takes away under both.
 *
 * References: SCSI Primary Commands (SPC-3), Block Commands (SBC-3), Multi-Media Commands (MMC-6),
 * Architecture Model (SAM-5), all of T10. Section numbers in hw/scsi are of these.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SCSI_SCSI_H
#define HW_SCSI_SCSI_H

#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "qemu/iov.h"
#include "qemu/main-loop.h"
#include "qemu/queue.h"
#include "system/block-backend.h"

#define SCSI_CDB_MAX   32
#define SCSI_SENSE_MAX 18
#define SCSI_NAME_MAX  36 /* characters of serial and device_id */
#define SCSI_LUN_MAX   16383 /* what the flat space addressing method holds */
#define SCSI_ANY       UINT32_MAX /* properties scsi-id and lun: the next free one */

/* Status codes (SAM-5 5.3.1). */
enum {
    SCSI_GOOD = 0x00,
    SCSI_CHECK_CONDITION = 0x02,
    SCSI_BUSY = 0x08,
    SCSI_RESERVATION_CONFLICT = 0x18,
    SCSI_TASK_SET_FULL = 0x28,
};

typedef enum ScsiDirection {
    SCSI_NO_DATA,
    SCSI_FROM_UNIT, /* data-in */
    SCSI_TO_UNIT,   /* data-out */
} ScsiDirection;

#define TYPE_SCSI_BUS "SCSI"
OBJECT_DECLARE_SIMPLE_TYPE(ScsiBus, SCSI_BUS)
#define TYPE_SCSI_UNIT "scsi-device"
OBJECT_DECLARE_TYPE(ScsiUnit, ScsiUnitClass, SCSI_UNIT)
#define TYPE_SCSI_HD "scsi-hd"
#define TYPE_SCSI_CD "scsi-cd"

typedef struct ScsiRequest ScsiRequest;
typedef struct ScsiCommand ScsiCommand;

/* What has become of a unit. */
typedef enum ScsiChange {
    SCSI_UNIT_ADDED,
    SCSI_UNIT_REMOVED,  /* it is about to go: its requests are cancelled next */
    SCSI_UNIT_CAPACITY, /* or another parameter: see the unit's attention */
    SCSI_UNIT_MEDIUM,
} ScsiChange;

/* What a host adapter has and does. Stays valid as long as the bus. */
typedef struct ScsiHost {
    uint32_t max_target, max_lun; /* the highest numbers; channels are all 0 */
    bool is_atapi; /* commands come as ATA packets, which units say of themselves */

    /*
     * The last scsi_request_move() has worked: it moved that many bytes. If not, complete() says.
     */
    void (*moved)(ScsiRequest *r, size_t bytes);
    /* The command has ended. Nothing happens to the request any more. */
    void (*complete)(ScsiRequest *r);
    /* The request ends without a status since its unit goes away, or was reset by the machine. */
    void (*cancelled)(ScsiRequest *r);
    /* May be NULL. */
    void (*changed)(ScsiBus *bus, ScsiUnit *unit, ScsiChange what);
} ScsiHost;

struct ScsiBus {
    BusState parent_obj;

    const ScsiHost *host;

    /* private */
    WorkContext *context;
    Work work;
    QEMUBH *bh;
    GPtrArray *units; /* of ScsiUnit: those that are realized */
    QTAILQ_HEAD(, ScsiRequest) ready; /* what the bottom half has to tell the host */
};

/* A pending unit attention: one bit each, the lowest is told first. */
typedef enum ScsiAttention {
    SCSI_ATTENTION_RESET,
    SCSI_ATTENTION_MEDIUM,
    SCSI_ATTENTION_EJECT,
    SCSI_ATTENTION_MODE,
    SCSI_ATTENTION_CAPACITY,
    SCSI_ATTENTION_LUNS,
    SCSI_ATTENTION_COUNT,
} ScsiAttention;

/* A logical unit. */
struct ScsiUnit {
    DeviceState parent_obj;

    uint32_t channel, target, lun; /* properties */
    BlockBackend *blk;
    char *vendor, *product, *version, *serial, *device_id;
    uint64_t wwn;
    int32_t bootindex;

    uint32_t attention; /* bit n: ScsiAttention n */
    unsigned drained;   /* how often the block layer has asked for no new requests */
    QTAILQ_HEAD(, ScsiRequest) requests;
};

struct ScsiUnitClass {
    DeviceClass parent_class;

    uint8_t type;       /* peripheral device type (SPC-3 table 83) */
    const char *product;
    /* Lists of commands, searched in this order; each ends with an entry without a function. */
    const ScsiCommand *commands[3];
    void (*realize)(ScsiUnit *unit, Error **errp);
    void (*unrealize)(ScsiUnit *unit);
    void (*reset)(ScsiUnit *unit);
    bool (*is_removable)(ScsiUnit *unit);
    /* 0, or the sense why the medium can't be reached: SCSI_SENSE(). NULL: it always can. */
    uint32_t (*not_ready)(ScsiUnit *unit);
    /* Adds mode page @page to @out (SPC-3 7.4), 0 bytes if there is no such page. */
    unsigned (*mode_page)(ScsiUnit *unit, uint8_t page, bool changeable, uint8_t *out);
    /* Takes over a page that MODE SELECT has sent, whose unchangeable bits have been checked. */
    void (*mode_set)(ScsiUnit *unit, uint8_t page, const uint8_t *in);
    /* The device-specific byte of mode data, and its block descriptor; NULL: there is none. */
    uint8_t (*mode_flags)(ScsiUnit *unit);
    void (*mode_descriptor)(ScsiUnit *unit, uint8_t out[8]);
    /* Adds vital product data page @page to @out, behind its header; negative: there is none. */
    int (*vpd_page)(ScsiUnit *unit, uint8_t page, uint8_t *out);
};

struct ScsiRequest {
    ScsiBus *bus;
    ScsiUnit *unit;
    uint32_t lun; /* as addressed: the unit may have another one */
    uint64_t tag;
    void *owner; /* the host adapter's */
    uint8_t cdb[SCSI_CDB_MAX];
    unsigned cdb_size;

    ScsiDirection direction;
    uint64_t length; /* bytes that the command wants to move */
    uint64_t moved;

    uint8_t status;
    uint8_t sense[SCSI_SENSE_MAX];
    unsigned sense_size; /* 0: none */

    /* private */
    unsigned refs;
    const ScsiCommand *command;
    int stage;
    bool queued, on_unit, cancelled;
    size_t ready_bytes; /* what moved() has to tell */
    uint8_t *data; /* the answer, or the parameters so far; NULL: blocks of the medium */
    void (*parameters)(ScsiRequest *r);
    int64_t offset; /* on the medium, bytes */
    int64_t bytes;
    unsigned flags;
    QEMUIOVector *qiov;
    QEMUIOVector part;
    BlockAIOCB *aio;
    void (*again)(ScsiRequest *r); /* starts what `aio` is */
    void (*next)(ScsiRequest *r);
    QTAILQ_ENTRY(ScsiRequest) unit_link, ready_link;
};

/* --- for host adapters --- */

/* A bus below @parent, where units may come and go. @name NULL: as qbus_new() names it. */
ScsiBus *scsi_bus_new(DeviceState *parent, const char *name, const ScsiHost *host);
/* Resets all units; their requests are cancelled, with host->cancelled() for each. */
void scsi_bus_reset(ScsiBus *bus);
/* All of the bus belongs to @context from now on, NULL: the main loop. No request is under way. */
void scsi_bus_set_context(ScsiBus *bus, WorkContext *context);
/* Resets all units of a target. */
void scsi_bus_reset_target(ScsiBus *bus, uint32_t target);
/* The unit at that address, or NULL. */
ScsiUnit *scsi_bus_find(ScsiBus *bus, uint32_t target, uint32_t lun);
/* Any unit of the target, for commands to a number that it hasn't; NULL: no such target. */
ScsiUnit *scsi_bus_find_target(ScsiBus *bus, uint32_t target);
/*
 * Plugs a disk in (or a CD-ROM drive if the drive says media=cdrom) that uses @blk. Numbers may be
 * SCSI_ANY; @serial NULL: none. NULL and an error.
 */
ScsiUnit *scsi_bus_add_drive(ScsiBus *bus, BlockBackend *blk, uint32_t target, uint32_t lun,
                             bool removable, const char *serial, Error **errp);

/*
 * A command for @lun of the target that @unit belongs to. Holds one reference for the caller. Any
 * CDB: what is wrong with it becomes the command's status.
 */
ScsiRequest *scsi_request_new(ScsiUnit *unit, uint32_t lun, uint64_t tag, const uint8_t *cdb,
                              size_t size, void *owner);
void scsi_request_ref(ScsiRequest *r);
void scsi_request_unref(ScsiRequest *r);
/* Looks at the command. Afterwards direction and length say what data it wants. */
void scsi_request_start(ScsiRequest *r);
/*
 * Moves the next bytes to or from @qiov, which stays as it is until host->moved(). Nothing of it
 * may be behind `length`.
 */
void scsi_request_move(ScsiRequest *r, QEMUIOVector *qiov);
/* There is no more room, or no more data: the command ends with what it has. */
void scsi_request_end_data(ScsiRequest *r);
/* Ends it without a status. Waits for what has begun; host functions aren't called any more. */
void scsi_request_cancel(ScsiRequest *r);

/* The bytes of a CDB that begins with @opcode; 0: reserved or of variable length. */
unsigned scsi_cdb_length(uint8_t opcode);
/* LUN <-> eight bytes (SAM-5 4.7): false if they are no single-level number. */
bool scsi_lun_decode(const uint8_t bytes[8], uint32_t *lun);
void scsi_lun_encode(uint8_t bytes[8], uint32_t lun);

/* As after power on; requests are cancelled. */
void scsi_unit_reset(ScsiUnit *unit);
/* Cancels the unit's requests, calling host->cancelled() for each. */
void scsi_unit_cancel_all(ScsiUnit *unit);

/* Plugs all if=scsi drives that nobody has into the first SCSI bus; false and an error. */
bool scsi_plug_drives(Error **errp);

#endif
