/*
 * CL-GD5446: the blitter. It copies rectangles of the memory, or what the processor feeds it, patterns
 * of 8 by 8 pixels, and bits that become one of two colours, combined with what is there.
 *
 * A blit is over at once, but for one that the processor feeds: that goes on line by line.
 *
 * Reference: CL-GD5446 Technical Reference Manual, chapter "BitBLT engine".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cirrus.h"
#include "qemu/bswap.h"
#include "qemu/log.h"

enum { MODE_BACKWARDS = 0x01, MODE_TO_SYSTEM = 0x02, MODE_FED = 0x04, MODE_KEYED = 0x08,
       MODE_PATTERN = 0x40, MODE_EXPAND = 0x80 };
enum { MODE_2_DWORDS = 0x01, MODE_2_INVERT = 0x02, MODE_2_SOLID = 0x04 };
enum { STATUS_BUSY = 0x01, STATUS_START = 0x02, STATUS_RESET = 0x04, STATUS_PROGRESS = 0x08,
       STATUS_AUTO = 0x80 };

/*
 * A raster operation as a truth table: bit 0 is the result where source and destination are 0, bit 1
 * where only the destination is 1, bit 2 only the source, bit 3 both.
 */
static const struct {
    uint8_t code, table;
} rops[] = {
    { 0x00, 0x0 }, { 0x90, 0x1 }, { 0x50, 0x2 }, { 0xd0, 0x3 }, { 0x09, 0x4 }, { 0x0b, 0x5 },
    { 0x59, 0x6 }, { 0xda, 0x7 }, { 0x05, 0x8 }, { 0x95, 0x9 }, { 0x06, 0xa }, { 0xd6, 0xb },
    { 0x0d, 0xc }, { 0xad, 0xd }, { 0x6d, 0xe }, { 0x0e, 0xf },
};

/* What stays the same throughout a blit. */
typedef struct Blit {
    CirrusState *s;
    uint8_t *memory;
    uint8_t mode, mode_2, table;
    unsigned pixel;         /* bytes */
    uint32_t width, height; /* bytes, lines */
    uint32_t to_pitch, from_pitch, to, from;
    unsigned skip;          /* pixels at the left that stay as they are */
    uint8_t front[4], back[4];
} Blit;

static uint32_t number(const CirrusState *s, unsigned reg, unsigned bits)
{
    return (s->gfx[reg] | s->gfx[reg + 1] << 8 | (bits > 16 ? s->gfx[reg + 2] << 16 : 0)) &
           ((1u << bits) - 1);
}

static bool find_rop(uint8_t code, uint8_t *table)
{
    for (size_t i = 0; i < ARRAY_SIZE(rops); i++) {
        if (rops[i].code == code) {
            *table = rops[i].table;
            return true;
        }
    }
    return false;
}

static void prepare(Blit *b, CirrusState *s)
{
    *b = (Blit){
        .s = s,
        .memory = memory_region_get_ram_ptr(&s->vga.memory),
        .mode = s->gfx[GR_BLT_MODE],
        .mode_2 = s->gfx[GR_BLT_MODE_2],
        .pixel = (s->gfx[GR_BLT_MODE] >> 4 & 3) + 1,
        .width = number(s, GR_WIDTH, 13) + 1,
        .height = number(s, GR_HEIGHT, 11) + 1,
        .to_pitch = number(s, GR_TO_PITCH, 13),
        .from_pitch = number(s, GR_FROM_PITCH, 13),
        .to = number(s, GR_TO, 22),
        .from = number(s, GR_FROM, 22),
        .skip = s->gfx[GR_SKIP] & 7,
        .front = { s->gfx[GR_FRONT_0], s->gfx[GR_FRONT_1], s->gfx[GR_FRONT_2], s->gfx[GR_FRONT_3] },
        .back = { s->gfx[GR_BACK_0], s->gfx[GR_BACK_1], s->gfx[GR_BACK_2], s->gfx[GR_BACK_3] },
    };
}

/* ---- Pixels ---- */

static uint8_t combine(const Blit *b, uint8_t source, uint8_t there)
{
    uint8_t result = 0;

    result |= b->table & 1 ? ~source & ~there : 0;
    result |= b->table & 2 ? ~source & there : 0;
    result |= b->table & 4 ? source & ~there : 0;
    result |= b->table & 8 ? source & there : 0;
    return result;
}

/* A result of the key's colour isn't written; keys have 8 or 16 bits. */
static bool is_key(const Blit *b, const uint8_t *result)
{
    return b->mode & MODE_KEYED && !(b->mode & MODE_EXPAND) && b->pixel <= 2 &&
           result[0] == b->s->gfx[GR_KEY] &&
           (b->pixel == 1 || result[1] == b->s->gfx[GR_KEY + 1]);
}

/* A pixel, or of another size what is left of the line, at `to`. */
static void put(const Blit *b, uint32_t to, const uint8_t *source, unsigned bytes)
{
    uint8_t result[4];

    for (unsigned i = 0; i < bytes; i++) {
        result[i] = combine(b, source[i], b->memory[(to + i) % CIRRUS_MEMORY]);
    }
    if (bytes == b->pixel && is_key(b, result)) {
        return;
    }
    for (unsigned i = 0; i < bytes; i++) {
        b->memory[(to + i) % CIRRUS_MEMORY] = result[i];
    }
}

static void mark_line(const Blit *b, uint32_t to)
{
    uint32_t start = to % CIRRUS_MEMORY, size = MIN(b->width, CIRRUS_MEMORY - start);

    memory_region_set_dirty(&b->s->vga.memory, start, size);
    if (size < b->width) {
        memory_region_set_dirty(&b->s->vga.memory, 0, b->width - size);
    }
}

/* ---- Lines ---- */

/* Bits become colours; with a key, those that are 0 leave what is there. */
static void expand_line(const Blit *b, uint32_t to, const uint8_t *bits, bool repeat)
{
    unsigned pixels = DIV_ROUND_UP(b->width, b->pixel);

    for (unsigned x = b->skip; x < pixels; x++) {
        bool set = bits[repeat ? 0 : x / 8] >> (7 - x % 8) & 1;

        set ^= b->mode_2 & MODE_2_INVERT ? 1 : 0;
        if (set || !(b->mode & MODE_KEYED)) {
            put(b, to + x * b->pixel, set ? b->front : b->back,
                MIN(b->pixel, b->width - x * b->pixel));
        }
    }
    mark_line(b, to);
}

/* Of a pattern the line repeats every eight pixels. */
static void copy_line(const Blit *b, uint32_t to, const uint8_t *source, unsigned repeat)
{
    for (uint32_t x = b->skip * b->pixel; x < b->width; x += b->pixel) {
        put(b, to + x, source + (repeat ? x % repeat : x), MIN(b->pixel, b->width - x));
    }
    mark_line(b, to);
}

/* ---- Blits ---- */

static void read_memory(const Blit *b, uint32_t from, uint8_t *to, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        to[i] = b->memory[(from + i) % CIRRUS_MEMORY];
    }
}

static void fill(const Blit *b)
{
    uint8_t source[4] = { 0xff };

    for (uint32_t y = 0; y < b->height; y++) {
        for (uint32_t x = b->skip * b->pixel; x < b->width; x += b->pixel) {
            memcpy(source, b->front, sizeof(source));
            put(b, b->to + y * b->to_pitch + x, source, MIN(b->pixel, b->width - x));
        }
        mark_line(b, b->to + y * b->to_pitch);
    }
}

/* The pattern's first line is what the address's low bits say; 24-bit lines are 32 bytes apart. */
static void blit_pattern(const Blit *b)
{
    unsigned line_size = b->mode & MODE_EXPAND ? 1 : b->pixel == 3 ? 32 : 8 * b->pixel;
    uint32_t base = b->from & ~7u;
    uint8_t line[32];

    for (uint32_t y = 0; y < b->height; y++) {
        read_memory(b, base + (b->from + y) % 8 * line_size, line, line_size);
        if (b->mode & MODE_EXPAND) {
            expand_line(b, b->to + y * b->to_pitch, line, true);
        } else {
            copy_line(b, b->to + y * b->to_pitch, line, 8 * b->pixel);
        }
    }
}

/* Bits lie one line behind the other, each beginning with a byte. */
static void blit_bits(const Blit *b)
{
    unsigned line_size = DIV_ROUND_UP(DIV_ROUND_UP(b->width, b->pixel), 8);
    uint8_t line[CIRRUS_MAX_LINE / 8 + 1];

    for (uint32_t y = 0; y < b->height; y++) {
        read_memory(b, b->from + y * line_size, line, line_size);
        expand_line(b, b->to + y * b->to_pitch, line, false);
    }
}

/* Byte by byte, in the order that overlapping rectangles need; addresses are of the last ones. */
static void blit_backwards(const Blit *b)
{
    for (uint32_t y = 0; y < b->height; y++) {
        uint32_t to = b->to - y * b->to_pitch, from = b->from - y * b->from_pitch;

        for (uint32_t x = 0; x + b->pixel <= b->width; x += b->pixel) {
            uint8_t source[4];

            read_memory(b, from - x - (b->pixel - 1), source, b->pixel);
            put(b, to - x - (b->pixel - 1), source, b->pixel);
        }
        mark_line(b, to - (b->width - 1));
    }
}

static void blit_forwards(const Blit *b)
{
    for (uint32_t y = 0; y < b->height; y++) {
        uint32_t to = b->to + y * b->to_pitch, from = b->from + y * b->from_pitch;

        for (uint32_t x = b->skip * b->pixel; x < b->width; x += b->pixel) {
            unsigned bytes = MIN(b->pixel, b->width - x);
            uint8_t source[4];

            read_memory(b, from + x, source, bytes);
            put(b, to + x, source, bytes);
        }
        mark_line(b, to);
    }
}

/* ---- Fed by the processor ---- */

/* Lines are filled up: bits to bytes or, if so wished, to double words; pixels to double words. */
static void begin_feeding(const Blit *b)
{
    CirrusState *s = b->s;
    unsigned pixels = DIV_ROUND_UP(b->width, b->pixel);

    if (!(b->mode & MODE_EXPAND)) {
        s->line_size = ROUND_UP(b->width, 4);
    } else if (b->mode_2 & MODE_2_DWORDS) {
        s->line_size = DIV_ROUND_UP(pixels, 32) * 4;
    } else {
        s->line_size = DIV_ROUND_UP(pixels, 8);
    }
    s->to = b->to;
    s->line_at = 0;
    s->lines_left = b->height;
    s->gfx[GR_BLT_STATUS] |= STATUS_BUSY | STATUS_PROGRESS;
}

static void end(CirrusState *s)
{
    s->lines_left = 0;
    s->gfx[GR_BLT_STATUS] &= ~(STATUS_BUSY | STATUS_START | STATUS_PROGRESS);
}

void cirrus_blt_feed(CirrusState *s, uint8_t value)
{
    Blit b;

    if (!s->lines_left) {
        return;
    }
    s->line[s->line_at++] = value;
    if (s->line_at < s->line_size) {
        return;
    }
    s->line_at = 0;
    prepare(&b, s);
    if (find_rop(s->gfx[GR_BLT_ROP], &b.table)) {
        if (b.mode & MODE_EXPAND) {
            expand_line(&b, s->to, s->line, false);
        } else {
            copy_line(&b, s->to, s->line, 0);
        }
    }
    s->to += b.to_pitch;
    if (--s->lines_left == 0) {
        end(s);
    }
}

/* ---- The status register ---- */

static void start(CirrusState *s)
{
    Blit b;

    prepare(&b, s);
    if (!find_rop(s->gfx[GR_BLT_ROP], &b.table)) {
        qemu_log_dev(LOG_GUEST_ERROR, "cirrus", "GR32", "0x%02x is no raster operation",
                     s->gfx[GR_BLT_ROP]);
    } else if (b.mode & MODE_TO_SYSTEM) {
        qemu_log_dev(LOG_UNIMP, "cirrus", "GR30", "a blit to the processor: nothing is copied");
    } else if (b.mode & MODE_FED) {
        begin_feeding(&b);
        return;
    } else if (b.mode & MODE_EXPAND && b.mode & MODE_PATTERN && b.mode_2 & MODE_2_SOLID) {
        fill(&b);
    } else if (b.mode & MODE_PATTERN) {
        blit_pattern(&b);
    } else if (b.mode & MODE_EXPAND) {
        blit_bits(&b);
    } else if (b.mode & MODE_BACKWARDS) {
        blit_backwards(&b);
    } else {
        blit_forwards(&b);
    }
    end(s);
}

void cirrus_blt_control(CirrusState *s, uint8_t value)
{
    uint8_t before = s->gfx[GR_BLT_STATUS];

    s->gfx[GR_BLT_STATUS] = (value & ~(STATUS_BUSY | STATUS_PROGRESS)) |
                            (before & (STATUS_BUSY | STATUS_PROGRESS));
    if (before & STATUS_RESET && !(value & STATUS_RESET)) {
        end(s);
    } else if (!(before & STATUS_START) && value & STATUS_START) {
        start(s);
    }
}
