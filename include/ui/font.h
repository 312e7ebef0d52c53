/*
 * A font for text consoles: dots that the build takes from GNU Unifont.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_FONT_H
#define UI_FONT_H

#include "qemu/osdep.h"

#define FONT_WIDTH  8
#define FONT_HEIGHT 16

typedef struct Glyph {
    uint16_t code; /* Unicode */
    uint8_t lines[FONT_HEIGHT]; /* the highest bit is the leftmost dot */
} Glyph;

extern const Glyph font_glyphs[]; /* by code */
extern const unsigned font_num_glyphs;

#endif
