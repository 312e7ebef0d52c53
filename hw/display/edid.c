/*
 * A monitor's EDID, version 1.4, made for a resolution.
 *
 * Reference: VESA Enhanced Extended Display Identification Data Standard, release A, revision 2,
 * section 3 (fields and their offsets).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "edid.h"
#include "qemu/bswap.h"

/* Three letters of five bits, A is 1 (3.4.1). "SYS" is nobody's that we know of. */
#define MAKER(a, b, c) (((a) - '@') << 10 | ((b) - '@') << 5 | ((c) - '@'))

#define DOTS_PER_CM 40 /* about 100 to the inch */
#define REFRESH_HZ  60

/*
 * 3.10.2; the blanking is what reduced-blanking timings have: short, and good for any resolution.
 */
static void detailed_timing(uint8_t *d, unsigned width, unsigned height)
{
    enum { HBLANK = 160, HFRONT = 48, HSYNC = 32, VBLANK = 40, VFRONT = 3, VSYNC = 6 };
    uint64_t clock = (uint64_t)(width + HBLANK) * (height + VBLANK) * REFRESH_HZ / 10000;
    unsigned mm_x = width * 10 / DOTS_PER_CM, mm_y = height * 10 / DOTS_PER_CM;

    stw_le_p(d, MIN(clock, UINT16_MAX)); /* in units of 10 kHz */
    d[2] = width;
    d[3] = HBLANK;
    d[4] = (width >> 8) << 4 | HBLANK >> 8;
    d[5] = height;
    d[6] = VBLANK;
    d[7] = (height >> 8) << 4 | VBLANK >> 8;
    d[8] = HFRONT;
    d[9] = HSYNC;
    d[10] = VFRONT << 4 | VSYNC;
    d[12] = mm_x;
    d[13] = mm_y;
    d[14] = (mm_x >> 8 & 0xf) << 4 | (mm_y >> 8 & 0xf);
    d[17] = 0x1a; /* digital separate sync, horizontal positive */
}

/* 3.10.3: a descriptor that isn't a timing; up to thirteen characters, a line feed behind them. */
static void text_descriptor(uint8_t *d, uint8_t tag, const char *text)
{
    size_t n = MIN(strlen(text), 13);

    d[3] = tag;
    memset(d + 5, ' ', 13);
    memcpy(d + 5, text, n);
    if (n < 13) {
        d[5 + n] = '\n';
    }
}

/* 3.9: standard timings at 60 Hz by width and ratio (0: 16:10, 1: 4:3, 2: 5:4, 3: 16:9). */
static void standard_timings(uint8_t *t)
{
    static const struct {
        uint16_t width;
        uint8_t ratio;
    } modes[8] = {
        { 640, 1 }, { 800, 1 }, { 1024, 1 }, { 1280, 2 }, { 1280, 3 }, { 1440, 0 }, { 1600, 1 },
        { 1920, 3 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        t[2 * i] = modes[i].width / 8 - 31;
        t[2 * i + 1] = modes[i].ratio << 6 | (REFRESH_HZ - 60);
    }
}

static void range_limits(uint8_t *d)
{
    static const uint8_t limits[] = { 50, 85, 20, 200, 60 /* x 10 MHz */, 1, '\n' };

    d[3] = 0xfd;
    memset(d + 5, ' ', 13);
    memcpy(d + 5, limits, sizeof(limits));
}

void edid_make(uint8_t edid[EDID_SIZE], unsigned width, unsigned height)
{
    /* sRGB's chromaticities (3.7): two low bits of each, then the eight high ones */
    static const uint8_t chromaticity[] = { 0xee, 0x91, 0xa3, 0x54, 0x4c,
                                            0x99, 0x26, 0x0f, 0x50, 0x54 };
    uint8_t sum = 0;

    memset(edid, 0, EDID_SIZE);
    memset(edid + 1, 0xff, 6);
    stw_be_p(edid + 8, MAKER('S', 'Y', 'S'));
    stw_le_p(edid + 10, 1);
    edid[16] = 1;           /* week, */
    edid[17] = 2026 - 1990; /* year */
    edid[18] = 1;
    edid[19] = 4;
    edid[20] = 0xa5; /* digital, 8 bits a colour, DisplayPort */
    edid[21] = MIN(width / DOTS_PER_CM, 255);
    edid[22] = MIN(height / DOTS_PER_CM, 255);
    edid[23] = 120; /* gamma 2.2 */
    edid[24] = 0x06; /* sRGB; the first detailed timing is the preferred one */
    memcpy(edid + 25, chromaticity, sizeof(chromaticity));
    edid[35] = 0x21; /* established: 640 x 480, 800 x 600 at 60 Hz; */
    edid[36] = 0x08; /* 1024 x 768 */
    standard_timings(edid + 38);
    detailed_timing(edid + 54, width, height);
    range_limits(edid + 72);
    text_descriptor(edid + 90, 0xfc, "sysemu");
    text_descriptor(edid + 108, 0xff, "1");
    for (int i = 0; i < EDID_SIZE - 1; i++) {
        sum += edid[i];
    }
    edid[EDID_SIZE - 1] = -sum;
}

static uint64_t edid_read(void *opaque, hwaddr addr, unsigned size)
{
    const uint8_t *edid = opaque;

    return addr < EDID_SIZE ? edid[addr] : 0;
}

static void edid_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
}

static const MemoryRegionOps edid_ops = {
    .read = edid_read,
    .write = edid_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

void edid_init_region(MemoryRegion *mr, Object *owner, uint8_t *edid)
{
    memory_region_init_io(mr, owner, &edid_ops, edid, "edid", KiB);
}
