/*
 * EDID: what a monitor says of itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_EDID_H
#define HW_DISPLAY_EDID_H

#include "system/memory.h"

#define EDID_SIZE 128
/* A detailed timing has twelve bits for each side. */
#define EDID_MAX_SIDE 4095u

/* A monitor that likes this resolution best, at 60 Hz; both at most EDID_MAX_SIDE. */
void edid_make(uint8_t edid[EDID_SIZE], unsigned width, unsigned height);
/* 1 KiB that reads as `edid` (which stays), then zeros; all zeros: no monitor speaks. */
void edid_init_region(MemoryRegion *mr, Object *owner, uint8_t *edid);

#endif
