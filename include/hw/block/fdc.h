/*
 * Floppy disks: a PC's controller.
 *
 * All functions run with the big lock held.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_BLOCK_FDC_H
#define HW_BLOCK_FDC_H

#include "hw/isa/isa.h"
#include "system/block-backend.h"

#define TYPE_ISA_FDC "isa-fdc"
#define MAX_FD       2 /* drives at a controller */

/* By the most that a medium of theirs holds: 1.44 MB, 2.88 MB, 1.2 MB. */
typedef enum FloppyDriveType {
    FLOPPY_DRIVE_TYPE_144,
    FLOPPY_DRIVE_TYPE_288,
    FLOPPY_DRIVE_TYPE_120,
    FLOPPY_DRIVE_TYPE_NONE,
    FLOPPY_DRIVE_TYPE_AUTO, /* as its first medium needs it */
} FloppyDriveType;

/*
 * Gives a realized controller its drives: one for each of these that isn't NULL. Ends the program
 * where one can't be.
 */
void isa_fdc_init_drives(ISADevice *fdc, DriveInfo **fds);
/* What drive `i` is, never "auto"; FLOPPY_DRIVE_TYPE_NONE: there is none. For the CMOS memory. */
FloppyDriveType isa_fdc_get_drive_type(ISADevice *fdc, int i);

#endif
