/*
 * Floppy disk drives, as a controller sees them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_BLOCK_FLOPPY_H
#define HW_BLOCK_FLOPPY_H

#include "hw/block/fdc.h"
#include "hw/qdev-properties.h"

#define FLOPPY_SECTOR 512

#define TYPE_FLOPPY_BUS "floppy-bus"
OBJECT_DECLARE_SIMPLE_TYPE(FloppyBus, FLOPPY_BUS)

#define TYPE_FLOPPY "floppy"
OBJECT_DECLARE_SIMPLE_TYPE(FloppyDrive, FLOPPY)

struct FloppyBus {
    BusState parent_obj;

    FloppyDrive *drive[MAX_FD];
};

struct FloppyDrive {
    DeviceState parent_obj;

    BlockBackend *blk; /* properties */
    uint32_t unit;
    FloppyDriveType type;

    /* Of the medium; sectors 0: there is none. */
    uint8_t tracks, heads, sectors;
    uint8_t cylinder;  /* where the heads are */
    bool changed;      /* the medium, since the last step */
};

/* Names and numbers of types, for properties. */
extern const PropertyInfo qdev_prop_fdc_drive_type;
#define DEFINE_PROP_FDC_DRIVE_TYPE(name, state, field, value)                                      \
    DEFINE_PROP(name, state, field, qdev_prop_fdc_drive_type, FloppyDriveType,                     \
                QDEV_INITIAL_(value))

/*
 * Moves the heads, which stop at the last track or a little behind it; that a medium was changed is
 * known by then, if there is one now.
 */
void floppy_step_to(FloppyDrive *d, unsigned cylinder);
bool floppy_has_medium(const FloppyDrive *d);
bool floppy_is_writable(const FloppyDrive *d);
/*
 * A sector (numbered from 1) below the heads. What an image is too short for reads as zeros. False:
 * there is no such sector, or the host can't.
 */
bool floppy_read(FloppyDrive *d, unsigned head, unsigned sector, uint8_t *data);
bool floppy_write(FloppyDrive *d, unsigned head, unsigned sector, const uint8_t *data);

#endif
