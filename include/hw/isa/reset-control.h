/*
 * The register at port cf9 by which Intel's south bridges reset the machine.
 *
 * Reference: Intel I/O Controller Hub 9 (316972), 13.7.5 (RST_CNT).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_ISA_RESET_CONTROL_H
#define HW_ISA_RESET_CONTROL_H

#include "migration/vmstate.h"
#include "system/memory.h"

enum { RESET_CONTROL_HARD = 0x02, RESET_CONTROL_CPU = 0x04, RESET_CONTROL_POWER = 0x08 };

typedef struct ResetControl {
    MemoryRegion port;
    uint8_t kept; /* bits that stay */
    uint8_t value;
} ResetControl;

/* Makes the region, called `name`, and shows it at its port of `io`. */
void reset_control_init(ResetControl *r, Object *owner, const char *name, MemoryRegion *io,
                        uint8_t kept);
void reset_control_reset(ResetControl *r);

#endif
