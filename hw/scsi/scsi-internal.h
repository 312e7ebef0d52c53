/*
 * The inside of SCSI units, for the kinds of units.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_SCSI_SCSI_INTERNAL_H
#define HW_SCSI_SCSI_INTERNAL_H

#include "core/qdev-properties.h"
#include "hw/scsi/scsi.h"
#include "qemu/bswap.h"
#include "system/runstate.h"

/* Sense key, additional sense code and qualifier in one number (SPC-3 4.5). */
#define SCSI_SENSE(key, asc, ascq) ((uint32_t)(key) << 16 | (asc) << 8 | (ascq))
enum {
    SENSE_NONE = 0,
    SENSE_NO_MEDIUM = SCSI_SENSE(2, 0x3a, 0x00),
    SENSE_NO_MEDIUM_TRAY_OPEN = SCSI_SENSE(2, 0x3a, 0x02),
    SENSE_READ_ERROR = SCSI_SENSE(3, 0x11, 0x00),
    SENSE_WRITE_ERROR = SCSI_SENSE(3, 0x0c, 0x00),
    SENSE_TARGET_FAILURE = SCSI_SENSE(4, 0x44, 0x00),
    SENSE_PARAMETER_LIST_LENGTH = SCSI_SENSE(5, 0x1a, 0x00),
    SENSE_INVALID_OPCODE = SCSI_SENSE(5, 0x20, 0x00),
    SENSE_LBA_OUT_OF_RANGE = SCSI_SENSE(5, 0x21, 0x00),
    SENSE_INVALID_FIELD = SCSI_SENSE(5, 0x24, 0x00),
    SENSE_NO_SUCH_LUN = SCSI_SENSE(5, 0x25, 0x00),
    SENSE_INVALID_PARAMETER = SCSI_SENSE(5, 0x26, 0x00),
    SENSE_CANT_SAVE = SCSI_SENSE(5, 0x39, 0x00),
    SENSE_REMOVAL_PREVENTED = SCSI_SENSE(5, 0x53, 0x02),
    SENSE_WRONG_TRACK_MODE = SCSI_SENSE(5, 0x64, 0x00),
    SENSE_WRITE_PROTECTED = SCSI_SENSE(7, 0x27, 0x00),
    SENSE_SPACE_EXHAUSTED = SCSI_SENSE(7, 0x27, 0x07),
    SENSE_ABORTED = SCSI_SENSE(11, 0x00, 0x00),
};

enum {
    OPCODE_REQUEST_SENSE = 0x03,
    OPCODE_INQUIRY = 0x12,
    OPCODE_REPORT_LUNS = 0xa0,
};

/* Properties of a command. */
enum {
    COMMAND_NEEDS_MEDIUM = 1 << 0,
    COMMAND_BEFORE_ATTENTION = 1 << 1, /* a pending unit attention doesn't stop it */
    COMMAND_WRITES = 1 << 2,           /* refused on a read-only medium */
    COMMAND_ACTION = 1 << 3,           /* `action` is the service action in byte 1 */
};

/*
 * begin() does one of what follows: answers, asks for parameters, transfers blocks, succeeds or
 * fails (for these two: now or later).
 */
struct ScsiCommand {
    uint8_t opcode;
    uint8_t flags;
    uint8_t action;
    void (*begin)(ScsiRequest *r);
};

/* The command has worked. */
void scsi_good(ScsiRequest *r);
/* It has not: CHECK CONDITION with that SCSI_SENSE(). */
void scsi_fail(ScsiRequest *r, uint32_t sense);
/* Data-in: the first of @allocation bytes of @data, which is copied. */
void scsi_answer(ScsiRequest *r, const void *data, size_t size, size_t allocation);
/* Data-out: calls @then with @size bytes in r->data (r->moved of them, if the host ended early). */
void scsi_want_parameters(ScsiRequest *r, size_t size, void (*then)(ScsiRequest *r));
/* Blocks of the medium, in bytes that lie inside of it. @flags: BDRV_REQ_FUA. */
void scsi_transfer(ScsiRequest *r, ScsiDirection direction, int64_t offset, int64_t bytes,
                   unsigned flags);

/*
 * For commands that have requests of their own to the block layer: @again takes a reference, starts
 * one and puts it into r->aio; its completion function is scsi_step_done(). That waits and calls
 * @again once more if an error stops the machine, fails the command, or calls @next.
 */
void scsi_run_steps(ScsiRequest *r, void (*again)(ScsiRequest *r), void (*next)(ScsiRequest *r));
void scsi_step_done(void *opaque, int ret);

/* The bottom half of a bus, which is the opaque pointer. */
void scsi_tell_all(void *opaque);
/* What REQUEST SENSE has to tell, which is then told. */
uint32_t scsi_take_sense(ScsiUnit *unit);
void scsi_set_attention(ScsiUnit *unit, ScsiAttention what);
/* Tells the host adapter, if the unit is on its bus. */
void scsi_unit_changed(ScsiUnit *unit, ScsiChange what);
/* Starts again what waits for the unit: after an error that stopped the machine, or draining. */
void scsi_unit_resume(ScsiUnit *unit);

/* --- what units with a medium share (scsi-medium.c) --- */

#define TYPE_SCSI_MEDIUM "scsi-medium"
OBJECT_DECLARE_SIMPLE_TYPE(ScsiMedium, SCSI_MEDIUM)

struct ScsiMedium {
    ScsiUnit parent_obj;

    uint32_t block_size, physical_block; /* bytes; block_size 0: what the kind has */
    uint32_t min_io, opt_io, discard_granularity;
    uint64_t max_unmap, max_io;
    OnOffAuto write_cache;
    char *rerror, *werror;

    bool cache_at_reset;
    bool removable, locked, tray_open, eject_requested, new_medium;
    VMChangeStateEntry *state_change;
};

bool scsi_medium_realize(ScsiMedium *m, const BlockDevOps *ops, Error **errp);
void scsi_medium_unrealize(ScsiMedium *m);
int64_t scsi_medium_blocks(ScsiMedium *m);
/* The blocks that the CDB names: false if there are none such, and the command has failed. */
bool scsi_medium_extent(ScsiRequest *r, int64_t *offset, int64_t *bytes);

void scsi_read(ScsiRequest *r);
void scsi_read_capacity(ScsiRequest *r);
void scsi_seek(ScsiRequest *r);
void scsi_sync_cache(ScsiRequest *r);
void scsi_start_stop(ScsiRequest *r);
void scsi_prevent_removal(ScsiRequest *r);
/* For BlockDevOps; the opaque pointer is the ScsiMedium. */
void scsi_medium_changed(void *opaque, bool load, Error **errp);
void scsi_medium_eject_request(void *opaque, bool force);
bool scsi_medium_tray_open(void *opaque);
bool scsi_medium_locked(void *opaque);
void scsi_medium_drained_begin(void *opaque);
void scsi_medium_drained_end(void *opaque);

#define DEFINE_SCSI_MEDIUM_PROPERTIES()                                                            \
    DEFINE_PROP_UINT32("physical_block_size", ScsiMedium, physical_block, 0),                      \
    DEFINE_PROP_UINT32("min_io_size", ScsiMedium, min_io, 0),                                      \
    DEFINE_PROP_UINT32("opt_io_size", ScsiMedium, opt_io, 0),                                      \
    DEFINE_PROP_ON_OFF_AUTO("write-cache", ScsiMedium, write_cache, ON_OFF_AUTO_AUTO),             \
    DEFINE_PROP_STRING("rerror", ScsiMedium, rerror),                                              \
    DEFINE_PROP_STRING("werror", ScsiMedium, werror)

/* The commands that every unit has (scsi-primary.c). */
extern const ScsiCommand scsi_primary_commands[];

#endif
