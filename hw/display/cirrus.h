/*
 * Cirrus Logic CL-GD5446: a VGA with packed-pixel modes, memory in banks or all at once, a blitter and
 * a cursor. For the cards that have one (cirrus-vga.c).
 *
 * cirrus.c has registers, windows and picture, cirrus-blt.c the blitter.
 *
 * Reference: Cirrus Logic, "CL-GD5446 Technical Reference Manual".
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_CIRRUS_H
#define HW_DISPLAY_CIRRUS_H

#include "vga.h"

#define CIRRUS_MEMORY    (4 * MiB)
#define CIRRUS_MMIO_SIZE (4 * KiB)
/* The linear aperture: memory, then from its middle on what the processor gives the blitter. */
#define CIRRUS_APERTURE  (32 * MiB)
#define CIRRUS_BLT_FEED  (16 * MiB)

#define CIRRUS_NUM_SEQ 0x20
#define CIRRUS_NUM_GFX 0x3a
#define CIRRUS_NUM_CRT 0x28

/* The blitter's registers among those of the graphics controller. */
enum {
    GR_BACK_0 = 0x00, GR_FRONT_0 = 0x01, GR_BANK_0 = 0x09, GR_BANK_1 = 0x0a, GR_BANK_MODE = 0x0b,
    GR_BACK_1 = 0x10, GR_FRONT_1 = 0x11, GR_BACK_2 = 0x12, GR_FRONT_2 = 0x13, GR_BACK_3 = 0x14,
    GR_FRONT_3 = 0x15, GR_WIDTH = 0x20, GR_HEIGHT = 0x22, GR_TO_PITCH = 0x24, GR_FROM_PITCH = 0x26,
    GR_TO = 0x28, GR_FROM = 0x2c, GR_SKIP = 0x2f, GR_BLT_MODE = 0x30, GR_BLT_STATUS = 0x31,
    GR_BLT_ROP = 0x32, GR_BLT_MODE_2 = 0x33, GR_KEY = 0x34,
};

/* A line of what the processor feeds is at most so long: 13 bits of width, filled up. */
#define CIRRUS_MAX_LINE (8 * KiB + 4)

typedef struct CirrusState {
    VGAState vga;
    MemoryRegion ports, low_container, low, aperture, linear, feed, mmio;

    uint8_t seq_index, seq[CIRRUS_NUM_SEQ]; /* those that the VGA has are in vga, too */
    uint8_t gfx_index, gfx[CIRRUS_NUM_GFX];
    uint8_t crt_index, crt[CIRRUS_NUM_CRT];
    uint8_t cursor_colours[2 * 3];          /* DAC entries of the extended palette: 0 and 15 */
    uint16_t cursor_x, cursor_y;
    uint8_t hidden_dac, hidden_reads; /* the fourth read of 3c6 leads to it */

    /* A blit that waits for the processor's data; lines_left 0: none. */
    uint32_t lines_left, line_at, line_size, to;
    uint8_t line[CIRRUS_MAX_LINE];
} CirrusState;

extern const VMStateDescription vmstate_cirrus;
#define VMSTATE_CIRRUS(_field, _state) \
    VMSTATE_STRUCT(_field, _state, 0, vmstate_cirrus, CirrusState)

/* Makes regions and console. False and *errp: there is no memory for it. */
bool cirrus_init(CirrusState *s, Object *owner, Error **errp);
void cirrus_exit(CirrusState *s);
void cirrus_reset(CirrusState *s);

/* cirrus-blt.c: something was written to the status register; data comes from the processor. */
void cirrus_blt_control(CirrusState *s, uint8_t value);
void cirrus_blt_feed(CirrusState *s, uint8_t value);
static inline bool cirrus_blt_waits(const CirrusState *s)
{
    return s->lines_left != 0;
}

#endif
