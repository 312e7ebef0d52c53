/*
 * CL-GD5446: registers, windows to the memory, and the picture; the blitter is in cirrus-blt.c.
 *
 * What a VGA has goes to the VGA core; only registers with more bits, and those that are new, are
 * here. Extended write modes of the window, interlace and the video window are missing.
 *
 * Reference: CL-GD5446 Technical Reference Manual: chapters "External/General registers", "Extension
 * registers", "Hidden DAC register"; Linux, drivers/gpu/drm/tiny/cirrus.c, for how they are used.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cirrus.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/log.h"

enum { SR_UNLOCK = 0x06, SR_MODE = 0x07, SR_DRAM = 0x0f, SR_CURSOR_X = 0x10, SR_CURSOR_Y = 0x11,
       SR_CURSOR = 0x12, SR_CURSOR_PATTERN = 0x13, SR_MEMORY = 0x15, SR_CONFIG = 0x17,
       SR_MCLK = 0x1f };
enum { MODE_PACKED = 0x01 };
enum { CURSOR_ON = 0x01, CURSOR_COLOURS = 0x02, CURSOR_64 = 0x04 };
enum { CONFIG_MMIO = 0x04, CONFIG_MMIO_LINEAR = 0x40, CONFIG_PCI = 0x20 };
enum { BANK_TWO = 0x01, BANK_BY_8 = 0x02, BANK_WRITE_MODES = 0x04, BANK_16K = 0x20 };
enum { CR_EXTENDED = 0x1b, CR_OVERLAY = 0x1d, CR_ID = 0x27 };
#define ID_GD5446      0xb8
#define UNLOCKED       0x12
#define LOCKED         0x0f
#define DRAM_4_MB      0x98 /* 64 bits wide, two banks */
#define MEMORY_4_MB    0x04
#define HIDDEN_AFTER   4

#define PORTS_BASE 0x3b0
#define PORTS_SIZE 0x30
#define MMIO_BLT   0x100 /* in the region: before it are ports, from 3c0 on */

/* ---- Registers ---- */

static void write_seq(CirrusState *s, uint8_t value)
{
    unsigned index = s->seq_index & 0x1f;

    switch (index) {
    case SR_UNLOCK:
        s->seq[index] = (value & 0x17) == UNLOCKED ? UNLOCKED : LOCKED;
        break;
    case SR_CURSOR_X: /* the lower three bits are the index's upper ones */
        s->cursor_x = value << 3 | s->seq_index >> 5;
        break;
    case SR_CURSOR_Y:
        s->cursor_y = value << 3 | s->seq_index >> 5;
        break;
    case SR_DRAM:
    case SR_MEMORY:
        break; /* what there is doesn't change */
    case SR_CONFIG:
        s->seq[index] = (s->seq[index] & 0x38) | (value & 0xc7);
        break;
    default:
        s->seq[index] = value;
        break;
    }
}

static void write_gfx(CirrusState *s, uint8_t value)
{
    if (s->gfx_index >= CIRRUS_NUM_GFX) {
        return;
    }
    if (s->gfx_index == GR_BLT_STATUS) {
        cirrus_blt_control(s, value);
        return;
    }
    s->gfx[s->gfx_index] = value;
    /* with autostart, the destination's last byte starts the blit */
    if (s->gfx_index == GR_TO + 2 && s->gfx[GR_BLT_STATUS] & 0x80) {
        cirrus_blt_control(s, s->gfx[GR_BLT_STATUS] | 0x02);
    }
}

/* CR24, CR26: the attribute controller's index; CR27: which chip it is. */
static uint8_t read_crt(CirrusState *s)
{
    switch (s->crt_index) {
    case 0x24:
        return s->vga.attr_data ? 0x80 : 0;
    case 0x26:
        return s->vga.attr_index & 0x3f;
    case CR_ID:
        return ID_GD5446;
    default:
        return s->crt_index < CIRRUS_NUM_CRT ? s->crt[s->crt_index] : 0xff;
    }
}

/* The cursor's two colours are behind the usual ones, at 0 and 15. */
static uint8_t *cursor_colour(CirrusState *s, uint8_t index)
{
    return s->seq[SR_CURSOR] & CURSOR_COLOURS ? &s->cursor_colours[index & 15 ? 3 : 0] : NULL;
}

static uint8_t port_read(CirrusState *s, unsigned port)
{
    bool hidden = s->hidden_reads == HIDDEN_AFTER;

    s->hidden_reads = port == 0x3c6 && !hidden ? s->hidden_reads + 1 : 0;
    switch (port) {
    case 0x3c4:
        return s->seq_index;
    case 0x3c5:
        return (s->seq_index & 0x1f) < 5 ? vga_port_read(&s->vga, port)
                                         : s->seq[s->seq_index & 0x1f];
    case 0x3c6:
        return hidden ? s->hidden_dac : vga_port_read(&s->vga, port);
    case 0x3ce:
        return s->gfx_index;
    case 0x3cf:
        if (s->gfx_index >= 2 && s->gfx_index < 9 && s->gfx_index != 5) {
            return vga_port_read(&s->vga, port);
        }
        return s->gfx_index < CIRRUS_NUM_GFX ? s->gfx[s->gfx_index] : 0xff;
    case 0x3b4:
    case 0x3d4:
        return s->crt_index;
    case 0x3b5:
    case 0x3d5:
        return s->crt_index < 0x19 ? vga_port_read(&s->vga, port) : read_crt(s);
    default:
        return vga_port_read(&s->vga, port);
    }
}

/* True: the VGA isn't to see it. */
static bool port_written(CirrusState *s, unsigned port, uint8_t value)
{
    switch (port) {
    case 0x3c4:
        s->seq_index = value;
        return (value & 0x1f) >= 5;
    case 0x3c5:
        write_seq(s, value);
        return (s->seq_index & 0x1f) >= 5;
    case 0x3c6:
        if (s->hidden_reads == HIDDEN_AFTER) {
            s->hidden_dac = value;
            return true;
        }
        return false;
    case 0x3c9:
        if (cursor_colour(s, s->vga.pel_write)) {
            cursor_colour(s, s->vga.pel_write)[s->vga.pel_part] = value;
            s->vga.pel_part = (s->vga.pel_part + 1) % 3;
            s->vga.pel_write += s->vga.pel_part == 0;
            return true;
        }
        return false;
    case 0x3ce:
        s->gfx_index = value & 0x3f;
        return s->gfx_index >= 9;
    case 0x3cf:
        write_gfx(s, value);
        return s->gfx_index >= 9;
    case 0x3b4:
    case 0x3d4:
        s->crt_index = value & 0x3f;
        return s->crt_index >= 0x19;
    case 0x3b5:
    case 0x3d5:
        if (s->crt_index < CIRRUS_NUM_CRT) {
            s->crt[s->crt_index] = value;
        }
        return s->crt_index >= 0x19;
    default:
        return false;
    }
}

static void port_write(CirrusState *s, unsigned port, uint8_t value)
{
    s->vga.changed = true;
    if (!port_written(s, port, value)) {
        vga_port_write(&s->vga, port, value);
    }
    s->hidden_reads = 0;
}

static uint64_t ports_read(void *opaque, hwaddr addr, unsigned size)
{
    return port_read(opaque, PORTS_BASE + addr);
}

static void ports_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    port_write(opaque, PORTS_BASE + addr, value);
}

/* ---- The blitter's registers in memory ---- */

/* Byte n is this register of the graphics controller; 0xff: none. */
static const uint8_t blt_registers[] = {
    GR_BACK_0, GR_BACK_1, GR_BACK_2, GR_BACK_3, GR_FRONT_0, GR_FRONT_1, GR_FRONT_2, GR_FRONT_3,
    GR_WIDTH, GR_WIDTH + 1, GR_HEIGHT, GR_HEIGHT + 1, GR_TO_PITCH, GR_TO_PITCH + 1, GR_FROM_PITCH,
    GR_FROM_PITCH + 1, GR_TO, GR_TO + 1, GR_TO + 2, 0xff, GR_FROM, GR_FROM + 1, GR_FROM + 2, GR_SKIP,
    GR_BLT_MODE, 0xff, GR_BLT_ROP, GR_BLT_MODE_2, GR_KEY, GR_KEY + 1,
};
enum { BLT_STATUS_AT = 0x40 };

static uint8_t blt_register_at(hwaddr addr)
{
    return addr == BLT_STATUS_AT                  ? GR_BLT_STATUS
           : addr < ARRAY_SIZE(blt_registers) ? blt_registers[addr]
                                              : 0xff;
}

static uint8_t blt_read(CirrusState *s, hwaddr addr)
{
    uint8_t reg = blt_register_at(addr & 0xff);

    return reg == 0xff ? 0xff : s->gfx[reg];
}

static void blt_write(CirrusState *s, hwaddr addr, uint8_t value)
{
    uint8_t reg = blt_register_at(addr & 0xff), index = s->gfx_index;

    if (reg != 0xff) {
        s->gfx_index = reg;
        write_gfx(s, value);
        s->gfx_index = index;
    }
}

static uint64_t mmio_read(void *opaque, hwaddr addr, unsigned size)
{
    return addr < PORTS_SIZE - 0x10                         ? port_read(opaque, 0x3c0 + addr)
           : addr >= MMIO_BLT && addr < MMIO_BLT + 0x100 ? blt_read(opaque, addr)
                                                          : 0xff;
}

static void mmio_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    if (addr < PORTS_SIZE - 0x10) {
        port_write(opaque, 0x3c0 + addr, value);
    } else if (addr >= MMIO_BLT && addr < MMIO_BLT + 0x100) {
        blt_write(opaque, addr, value);
    }
}

/* ---- The windows ---- */

static bool is_packed(const CirrusState *s)
{
    return s->seq[SR_MODE] & MODE_PACKED;
}

/* The blitter's registers lie in the window at b8000. */
static bool shows_registers(const CirrusState *s, hwaddr addr)
{
    return (s->seq[SR_CONFIG] & (CONFIG_MMIO | CONFIG_MMIO_LINEAR)) == CONFIG_MMIO &&
           addr >= 0x18000 && addr < 0x18100;
}

/* Where in the memory; the upper half of 64 KiB may have a bank of its own. */
static uint32_t banked(const CirrusState *s, hwaddr addr)
{
    uint8_t mode = s->gfx[GR_BANK_MODE];
    bool second = mode & BANK_TWO && addr & 0x8000;
    uint32_t bank = s->gfx[second ? GR_BANK_1 : GR_BANK_0] << (mode & BANK_16K ? 14 : 12);

    if (mode & BANK_WRITE_MODES && s->vga.gfx[5] & 3) {
        qemu_log_dev(LOG_UNIMP, "cirrus", "GRB", "extended write modes: bytes are written plainly");
    }
    return (bank + (addr & (mode & BANK_TWO ? 0x7fff : 0xffff))) % CIRRUS_MEMORY;
}

static uint8_t *memory_byte(CirrusState *s, uint32_t at)
{
    return (uint8_t *)memory_region_get_ram_ptr(&s->vga.memory) + at;
}

static uint64_t low_read(void *opaque, hwaddr addr, unsigned size)
{
    CirrusState *s = opaque;

    if (shows_registers(s, addr)) {
        return blt_read(s, addr);
    }
    if (!is_packed(s)) {
        return vga_window_read(&s->vga, addr);
    }
    return addr < 0x10000 ? *memory_byte(s, banked(s, addr)) : 0xff;
}

static void low_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    CirrusState *s = opaque;

    if (shows_registers(s, addr)) {
        blt_write(s, addr, value);
    } else if (cirrus_blt_waits(s)) {
        cirrus_blt_feed(s, value);
    } else if (!is_packed(s)) {
        vga_window_write(&s->vga, addr, value);
    } else if (addr < 0x10000) {
        uint32_t at = banked(s, addr);

        *memory_byte(s, at) = value;
        memory_region_set_dirty(&s->vga.memory, at, 1);
    }
}

static uint64_t feed_read(void *opaque, hwaddr addr, unsigned size)
{
    return 0xff;
}

static void feed_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    cirrus_blt_feed(opaque, value);
}

/* Bytes one by one: all of them are so. */
#define BYTES(name, largest)                                                                       \
    static const MemoryRegionOps name##_ops = {                                                    \
        .read = name##_read,                                                                       \
        .write = name##_write,                                                                     \
        .endianness = DEVICE_LITTLE_ENDIAN,                                                        \
        .valid = { .min_access_size = 1, .max_access_size = largest, .unaligned = true },          \
        .impl = { .min_access_size = 1, .max_access_size = 1 },                                    \
    }
BYTES(ports, 4);
BYTES(mmio, 4);
BYTES(low, 8);
BYTES(feed, 8);

/* ---- The picture ---- */

static unsigned depth_of(const CirrusState *s)
{
    switch (s->seq[SR_MODE] >> 1 & 7) {
    case 0:
        return 8;
    case 1:
    case 3:
        return (s->hidden_dac & 0x0f) == 1 ? 16 : 15;
    case 2:
        return 24;
    case 4:
        return 32;
    default:
        return 0;
    }
}

static bool packed_layout(VGAState *v, FrameLayout *l)
{
    CirrusState *s = container_of(v, CirrusState, vga);
    const uint8_t *crt = v->crt;
    uint8_t extended = s->crt[CR_EXTENDED];
    unsigned lines = (crt[0x12] | (crt[7] >> 1 & 1) << 8 | (crt[7] >> 6 & 1) << 9) + 1;
    uint32_t start = crt[12] << 8 | crt[13] | (extended & 0x01) << 16 | (extended & 0x0c) << 15 |
                     (s->crt[CR_OVERLAY] >> 7) << 19;

    *l = (FrameLayout){
        .width = (crt[1] + 1u) * 8,
        .height = crt[9] & 0x80 ? lines / 2 : lines,
        .depth = depth_of(s),
        .offset = start * 4ull,
        .stride = (crt[0x13] | (extended >> 4 & 1) << 8) * 8ull,
    };
    return is_packed(s) && l->depth && frame_layout_is_valid(l, CIRRUS_MEMORY);
}

static uint32_t dac_colour(const uint8_t *pel)
{
    return (pel[0] & 0x3f) << 18 | (pel[1] & 0x3f) << 10 | (pel[2] & 0x3f) << 2;
}

/*
 * Patterns are in the last 16 KiB. Of 32 by 32 dots the first plane's 128 bytes come before the
 * second's; of 64 by 64 each line has 8 bytes of either. Both planes 0: transparent; the second
 * alone: inverted; else one of two colours.
 */
static void draw_cursor(CirrusState *s, Surface *to)
{
    unsigned size = s->seq[SR_CURSOR] & CURSOR_64 ? 64 : 32, bytes = size / 8;
    unsigned number = s->seq[SR_CURSOR_PATTERN] & (size == 64 ? 0x3c : 0x3f);
    const uint8_t *pattern = memory_byte(s, CIRRUS_MEMORY - 16 * KiB + number * 256);

    for (unsigned y = 0; y < size && s->cursor_y + y < to->height; y++) {
        const uint8_t *first = pattern + y * bytes * (size == 64 ? 2 : 1);
        const uint8_t *second = first + (size == 64 ? bytes : 128);
        uint32_t *line = surface_line(to, s->cursor_y + y);

        for (unsigned x = 0; x < size && s->cursor_x + x < to->width; x++) {
            bool a = first[x / 8] >> (7 - x % 8) & 1, b = second[x / 8] >> (7 - x % 8) & 1;
            uint32_t *dot = &line[s->cursor_x + x];

            if (!a && b) {
                *dot ^= 0xffffff;
            } else if (a) {
                *dot = dac_colour(&s->cursor_colours[b ? 3 : 0]);
            }
        }
    }
}

/* With the cursor over it the picture is drawn on its own, all of it each time. */
static bool draw_with_cursor(VGAState *v, const FrameLayout *l, const uint32_t *colours)
{
    CirrusState *s = container_of(v, CirrusState, vga);
    Surface *to = console_surface(v->con);
    uint8_t *pixels = memory_byte(s, l->offset);

    if (!(s->seq[SR_CURSOR] & CURSOR_ON)) {
        return false;
    }
    if (v->fb.shown || to->width != l->width || to->height != l->height) {
        to = surface_new(l->width, l->height);
        console_set_surface(v->con, to);
    }
    if (l->depth == 8) {
        for (unsigned y = 0; y < l->height; y++) {
            for (unsigned x = 0; x < l->width; x++) {
                surface_line(to, y)[x] = colours[pixels[y * l->stride + x]];
            }
        }
    } else {
        g_autoptr(Surface) from =
            surface_new_over(pixels, l->width, l->height, l->stride,
                             pixel_format_for_depth(l->depth, l->big_endian));

        surface_read(from, 0, 0, l->width, l->height, surface_line(to, 0), l->width);
    }
    draw_cursor(s, to);
    console_update_all(v->con);
    return true;
}

/* ---- Coming and going ---- */

bool cirrus_init(CirrusState *s, Object *owner, Error **errp)
{
    ERRP_GUARD();

    memory_region_init_ram(&s->vga.memory, owner, "vga.vram", CIRRUS_MEMORY, errp);
    if (*errp) {
        return false;
    }
    s->vga.own_layout = packed_layout;
    s->vga.own_drawing = draw_with_cursor;
    vga_init(&s->vga, owner);
    memory_region_init_io(&s->ports, owner, &ports_ops, s, "cirrus-io", PORTS_SIZE);
    memory_region_init_io(&s->mmio, owner, &mmio_ops, s, "cirrus-mmio", CIRRUS_MMIO_SIZE);
    memory_region_init(&s->low_container, owner, "cirrus-lowmem-container", VGA_WINDOW_SIZE);
    memory_region_init_io(&s->low, owner, &low_ops, s, "cirrus-low-memory", VGA_WINDOW_SIZE);
    memory_region_add_subregion(&s->low_container, 0, &s->low);
    memory_region_init(&s->aperture, owner, "cirrus-pci-bar0", CIRRUS_APERTURE);
    memory_region_init_alias(&s->linear, owner, "cirrus-linear-io", &s->vga.memory, 0,
                             CIRRUS_MEMORY);
    memory_region_add_subregion(&s->aperture, 0, &s->linear);
    memory_region_init_io(&s->feed, owner, &feed_ops, s, "cirrus-bitblt-mmio", CIRRUS_MEMORY);
    memory_region_add_subregion(&s->aperture, CIRRUS_BLT_FEED, &s->feed);
    return true;
}

void cirrus_exit(CirrusState *s)
{
    memory_region_del_subregion(&s->low_container, &s->low);
    memory_region_del_subregion(&s->aperture, &s->linear);
    memory_region_del_subregion(&s->aperture, &s->feed);
    vga_exit(&s->vga);
}

void cirrus_reset(CirrusState *s)
{
    vga_reset(&s->vga);
    memset(s->seq, 0, sizeof(s->seq));
    memset(s->gfx, 0, sizeof(s->gfx));
    memset(s->crt, 0, sizeof(s->crt));
    memset(s->cursor_colours, 0, sizeof(s->cursor_colours));
    s->seq_index = s->gfx_index = s->crt_index = 0;
    s->hidden_dac = s->hidden_reads = 0;
    s->cursor_x = s->cursor_y = 0;
    s->lines_left = s->line_at = 0;
    s->seq[SR_UNLOCK] = LOCKED;
    s->seq[SR_DRAM] = DRAM_4_MB;
    s->seq[SR_MEMORY] = MEMORY_4_MB;
    s->seq[SR_CONFIG] = CONFIG_PCI;
    s->seq[SR_MCLK] = 0x2d;
}

static int after_load(void *opaque, int version_id)
{
    CirrusState *s = opaque;

    return s->line_at < CIRRUS_MAX_LINE && s->line_size <= CIRRUS_MAX_LINE &&
                   (!s->lines_left || s->line_at < s->line_size) && s->gfx_index < 0x40
               ? 0
               : -EINVAL;
}

const VMStateDescription vmstate_cirrus = {
    .name = "cirrus",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_VGA(vga, CirrusState),
        VMSTATE_UINT8(seq_index, CirrusState),
        VMSTATE_UINT8_ARRAY(seq, CirrusState, CIRRUS_NUM_SEQ),
        VMSTATE_UINT8(gfx_index, CirrusState),
        VMSTATE_UINT8_ARRAY(gfx, CirrusState, CIRRUS_NUM_GFX),
        VMSTATE_UINT8(crt_index, CirrusState),
        VMSTATE_UINT8_ARRAY(crt, CirrusState, CIRRUS_NUM_CRT),
        VMSTATE_UINT8_ARRAY(cursor_colours, CirrusState, 6),
        VMSTATE_UINT16(cursor_x, CirrusState),
        VMSTATE_UINT16(cursor_y, CirrusState),
        VMSTATE_UINT8(hidden_dac, CirrusState),
        VMSTATE_UINT8(hidden_reads, CirrusState),
        VMSTATE_UINT32(lines_left, CirrusState),
        VMSTATE_UINT32(line_at, CirrusState),
        VMSTATE_UINT32(line_size, CirrusState),
        VMSTATE_UINT32(to, CirrusState),
        VMSTATE_UINT8_ARRAY(line, CirrusState, CIRRUS_MAX_LINE),
        VMSTATE_END_OF_LIST()
    },
};
