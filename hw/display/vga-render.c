/*
 * What a VGA shows: the CRT controller's counters walk over the screen, line by line, and what they
 * point to becomes dots, as in the hardware. So text, planes, packed pixels and whatever registers
 * make of them are one way, not several modes.
 *
 *     line on the screen -> row of characters and line in it (crt 9, 18)
 *     memory counter     -> address in the maps (crt 14, 17)
 *     four bytes there   -> 8 dots of 4 bits, 4 of 8 bits, or a character's line (gfx 5, 6, font)
 *     dots               -> palette, DAC -> colours (attribute controller, PEL)
 *
 * A line that the hardware only repeats (scan doubling) is shown once, and so is each dot.
 *
 * Reference: IBM, "VGA Programming Model" (RS/6000, appendix A).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/timer.h"
#include "vga.h"

#define MAX_COLUMNS 256
#define MAX_DOTS    ((MAX_COLUMNS + 1) * 9)

/* The 256 indices of the DAC as colours, 0xRRGGBB. */
static void dac_colours(const VGAState *v, uint32_t colours[256])
{
    bool eight_bits = v->dispi.regs[DISPI_ENABLE] & DISPI_8BIT_DAC;

    for (int i = 0; i < 256; i++) {
        uint32_t colour = 0;

        for (int part = 0; part < 3; part++) {
            uint8_t value = v->pel[i * 3 + part];

            if (!eight_bits) {
                value = (value & 0x3f) << 2 | (value >> 4 & 3);
            }
            colour = colour << 8 | value;
        }
        colours[i] = colour;
    }
}

/* What the sixteen values of an attribute come out as. */
static void attribute_colours(const VGAState *v, const uint32_t dac[256], uint32_t colours[16])
{
    for (int i = 0; i < 16; i++) {
        uint8_t index = v->attr[i & v->attr[18]];

        if (v->attr[16] & 0x80) {
            index = (index & 0x0f) | (v->attr[20] & 0x03) << 4;
        }
        index = (index & 0x3f) | (v->attr[20] & 0x0c) << 4;
        colours[i] = dac[index & v->pel_mask];
    }
}

/* All that stays the same from line to line. */
typedef struct Drawing {
    const VGAState *v;
    const uint8_t *maps; /* byte 4n + m: byte n of map m */
    uint32_t dac[256];
    uint32_t colours[16];
    bool graphics, packed; /* packed: 8 bits a dot */
    unsigned columns, row_lines, dots; /* dots: of a column */
    unsigned repeat, lines, compare;
    bool blink; /* the phase in which blinking things are not seen */
    bool cursor_shown;
    const uint8_t *fonts[2];
} Drawing;

static unsigned bits_of(uint8_t value, unsigned bit, unsigned to)
{
    return (value >> bit & 1u) << to;
}

/* Character sets: 8 KiB of map 2 each; three bits say which, two and one apart. */
static const uint8_t *font(const VGAState *v, const uint8_t *maps, unsigned low, unsigned high)
{
    unsigned n = (v->seq[3] >> low & 3) * 2 + (v->seq[3] >> high & 1);

    return maps + n * 0x2000 * 4 + 2;
}

static void prepare(Drawing *d, const VGAState *v, const uint8_t *maps, int64_t frame)
{
    const uint8_t *crt = v->crt;
    unsigned doubled = crt[9] & 0x80 ? 2 : 1;
    unsigned lines = (crt[0x12] | bits_of(crt[7], 1, 8) | bits_of(crt[7], 6, 9)) + 1;
    bool plain_rows = (crt[0x17] & 3) == 3; /* the line in a row is no part of addresses */

    *d = (Drawing){
        .v = v,
        .maps = maps,
        .graphics = v->attr[16] & 1 || v->gfx[6] & 1,
        .packed = v->gfx[5] & 0x40,
        .columns = crt[1] + 1u,
        .row_lines = (crt[9] & 0x1f) + 1u,
        .compare = crt[0x18] | bits_of(crt[7], 4, 8) | bits_of(crt[9], 6, 9),
        .blink = frame / 32 % 2,
        .cursor_shown = frame / 16 % 2 == 0 && !(crt[10] & 0x20),
        .fonts = { font(v, maps, 0, 4), font(v, maps, 2, 5) },
    };
    d->dots = d->graphics ? (d->packed ? 4 : 8) : (v->seq[1] & 1 ? 8 : 9);
    d->repeat = doubled;
    if (d->graphics && plain_rows) {
        d->repeat *= d->row_lines;
        d->row_lines = 1;
    }
    d->lines = MAX(lines / d->repeat, 1);
    dac_colours(v, d->dac);
    attribute_colours(v, d->dac, d->colours);
}

/* Where in the maps the memory counter points to, in that line of a row. */
static unsigned map_address(const VGAState *v, unsigned counter, unsigned line)
{
    uint8_t control = v->crt[0x17];
    unsigned address = counter;

    if (v->crt[0x14] & 0x40) {
        address = counter << 2;
    } else if (!(control & 0x40)) {
        address = counter << 1 | (counter >> (control & 0x20 ? 15 : 13) & 1);
    }
    if (!(control & 1)) {
        address = (address & ~0x2000u) | (line & 1) << 13;
    }
    if (!(control & 2)) {
        address = (address & ~0x4000u) | (line >> 1 & 1) << 14;
    }
    return address & (VGA_MAP_SIZE - 1);
}

static void draw_planes(const Drawing *d, const uint8_t *bytes, uint32_t *out)
{
    for (int bit = 7; bit >= 0; bit--) {
        unsigned value = 0;

        for (int map = 0; map < 4; map++) {
            value |= (bytes[map] >> bit & 1u) << map;
        }
        *out++ = d->colours[value];
    }
}

/* Two bits of maps 0 and 2 for the first four dots, of maps 1 and 3 for the others. */
static void draw_interleaved(const Drawing *d, const uint8_t *bytes, uint32_t *out)
{
    for (int half = 0; half < 2; half++) {
        for (int shift = 6; shift >= 0; shift -= 2) {
            *out++ = d->colours[(bytes[half] >> shift & 3) | (bytes[half + 2] >> shift & 3) << 2];
        }
    }
}

static void draw_packed(const Drawing *d, const uint8_t *bytes, uint32_t *out)
{
    for (int map = 0; map < 4; map++) {
        *out++ = d->dac[bytes[map] & d->v->pel_mask];
    }
}

/* A line of a character: code in map 0, attribute in map 1. */
static void draw_character(const Drawing *d, const uint8_t *bytes, unsigned line, bool cursor,
                           uint32_t *out)
{
    const VGAState *v = d->v;
    uint8_t code = bytes[0], attribute = bytes[1];
    bool blinks = v->attr[16] & 0x08;
    uint32_t front = d->colours[attribute & 0x0f];
    uint32_t back = d->colours[attribute >> 4 & (blinks ? 0x07 : 0x0f)];
    uint8_t shape = d->fonts[attribute >> 3 & 1][(code * 32u + line) * 4];
    bool last = shape & 1 && v->attr[16] & 0x04 && (code & 0xe0) == 0xc0; /* line graphics */

    if ((attribute & 0x77) == 0x01 && line == (v->crt[0x14] & 0x1f)) {
        shape = 0xff; /* underlined */
    }
    if (blinks && attribute & 0x80 && d->blink) {
        shape = 0;
        last = false;
    }
    if (cursor) {
        shape = 0xff;
        last = true;
    }
    for (int bit = 7; bit >= 0; bit--) {
        *out++ = shape >> bit & 1 ? front : back;
    }
    if (d->dots == 9) {
        *out = last ? front : back;
    }
}

/* One line of the screen, all columns and one more, which panning may show. */
static void draw_line(const Drawing *d, unsigned counter, unsigned line, uint32_t *out)
{
    const VGAState *v = d->v;
    unsigned cursor_at = v->crt[14] << 8 | v->crt[15];
    bool cursor_line = d->cursor_shown && line >= (v->crt[10] & 0x1fu) &&
                       line <= (v->crt[11] & 0x1fu);

    for (unsigned column = 0; column <= d->columns; column++, counter++, out += d->dots) {
        const uint8_t *bytes = d->maps + map_address(v, counter & 0xffff, line) * 4;

        if (!d->graphics) {
            draw_character(d, bytes, line, cursor_line && (counter & 0xffff) == cursor_at, out);
        } else if (d->packed) {
            draw_packed(d, bytes, out);
        } else if (v->gfx[5] & 0x20) {
            draw_interleaved(d, bytes, out);
        } else {
            draw_planes(d, bytes, out);
        }
    }
}

/* By how many dots the picture is shifted to the left. */
static unsigned panning(const Drawing *d)
{
    unsigned pan = d->v->attr[19];

    if (d->dots == 9) {
        return pan < 8 ? pan + 1 : 0;
    }
    return d->packed && d->graphics ? pan / 2 % 4 : pan % 8;
}

/* Draws all lines; the console hears of those that look different. */
static void draw_screen(const Drawing *d, Console *con)
{
    Surface *s = console_surface(con);
    const uint8_t *crt = d->v->crt;
    unsigned row_start = crt[12] << 8 | crt[13], line = crt[8] & 0x1f, pan = panning(d);
    unsigned same = 0; /* from here on, lines have changed */
    uint32_t dots[MAX_DOTS];

    for (unsigned y = 0; y <= d->lines; y++) {
        bool changed = false;

        if (y < d->lines) {
            draw_line(d, row_start, line, dots);
            changed = memcmp(surface_line(s, y), dots + pan, s->width * sizeof(*dots)) != 0;
        }
        if (changed) {
            memcpy(surface_line(s, y), dots + pan, s->width * sizeof(*dots));
        } else {
            console_update(con, 0, same, s->width, y - same);
            same = y + 1;
        }
        if (y == d->compare / d->repeat) { /* the lower part shows the memory's beginning */
            row_start = 0;
            line = 0;
            pan = d->v->attr[16] & 0x20 ? 0 : pan;
        } else if (++line >= d->row_lines) {
            row_start += crt[0x13] * 2;
            line = 0;
        }
    }
}

static void show_nothing(VGAState *v)
{
    Surface *s = console_surface(v->con);

    if (v->changed || !v->rendered) {
        console_set_surface(v->con, surface_new(s->width, s->height));
        v->rendered = true;
    }
    v->changed = false;
}

/* Pages that were written to, or an earlier phase of what blinks. */
static bool needs_drawing(VGAState *v, unsigned phase)
{
    g_autofree DirtyBitmapSnapshot *dirty =
        memory_region_snapshot_and_clear_dirty(&v->memory, 0, 4 * VGA_MAP_SIZE, DIRTY_MEMORY_VGA);

    return memory_region_snapshot_get_dirty(&v->memory, dirty, 0, 4 * VGA_MAP_SIZE) ||
           v->changed || !v->rendered || phase != v->blink;
}

static void show_vga(VGAState *v)
{
    /* 60 frames a second; what blinks does so every 16 and 32 of them */
    int64_t frame = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) / (NANOSECONDS_PER_SECOND / 60);
    unsigned phase = frame / 16 % 4;
    Surface *s = console_surface(v->con);
    Drawing d;

    if (!needs_drawing(v, phase)) {
        return;
    }
    prepare(&d, v, memory_region_get_ram_ptr(&v->memory), frame);
    if (!v->rendered || s->width != d.columns * d.dots || s->height != d.lines) {
        console_set_surface(v->con, surface_new(d.columns * d.dots, d.lines));
        v->rendered = true;
    }
    draw_screen(&d, v->con);
    v->changed = false;
    v->blink = phase;
}

void vga_refresh(void *opaque)
{
    VGAState *v = opaque;
    FrameLayout layout;
    uint32_t colours[256];

    if (v->hidden) {
        return;
    }
    if (v->own_layout ? v->own_layout(v, &layout) : dispi_layout(&v->dispi, &layout)) {
        v->rendered = false;
        dac_colours(v, colours);
        if (v->own_drawing && v->own_drawing(v, &layout, colours)) {
            frame_buffer_forget(&v->fb);
        } else {
            frame_buffer_refresh(&v->fb, &layout, colours);
        }
        return;
    }
    frame_buffer_forget(&v->fb);
    if (dispi_is_enabled(&v->dispi)) { /* a mode that can't be shown: what was there stays */
        return;
    }
    if (v->attr_index & 0x20 && !(v->seq[1] & 0x20)) {
        show_vga(v);
    } else {
        show_nothing(v);
    }
}
