/*
 * Bochs' VBE extension: see dispi.h.
 *
 * Enabling takes over width, height and depth, sets the virtual width to the width and the offsets
 * to 0, and clears the memory unless it is told not to. While it is enabled, those three don't
 * change. With GETCAPS they read as the largest values.
 *
 * References: osdev.org, "Bochs VBE Extensions"; QEMU's description of its standard VGA,
 * docs/specs/standard-vga.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "dispi.h"
#include "qemu/log.h"

#define ID_OLDEST 0xb0c0
#define ID_NEWEST 0xb0c5
#define MAX_DEPTH 32

#define EXTENSION_SIZE 8
#define ORDER_BIG      0xbebebebeu
#define ORDER_LITTLE   0x1e1e1e1eu

const VMStateDescription vmstate_dispi = {
    .name = "dispi",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]){
        VMSTATE_UINT16_ARRAY(regs, Dispi, DISPI_COUNT),
        VMSTATE_BOOL(big_endian, Dispi),
        VMSTATE_END_OF_LIST()
    },
};

void dispi_reset(Dispi *d)
{
    memset(d->regs, 0, sizeof(d->regs));
    d->regs[DISPI_ID] = ID_NEWEST;
    d->regs[DISPI_BPP] = 8;
    d->regs[DISPI_VIDEO_MEMORY] = MIN(memory_region_size(d->memory) / (64 * KiB), UINT16_MAX);
}

/* 0 stands for 8. */
static unsigned depth_of(const Dispi *d)
{
    return d->regs[DISPI_BPP] ? d->regs[DISPI_BPP] : 8;
}

static unsigned bytes_per_pixel(const Dispi *d)
{
    return DIV_ROUND_UP(depth_of(d), 8);
}

/* Bytes from one line to the next: a depth of 4 has a bit of each pixel in each of four maps. */
static uint64_t line_stride(const Dispi *d)
{
    unsigned pixels = MAX(d->regs[DISPI_VIRT_WIDTH], d->regs[DISPI_XRES]);

    return d->regs[DISPI_BPP] == 4 ? pixels / 8 : (uint64_t)pixels * bytes_per_pixel(d);
}

uint16_t dispi_read(const Dispi *d, unsigned index)
{
    bool caps = d->regs[DISPI_ENABLE] & DISPI_GETCAPS;

    switch (index) {
    case DISPI_XRES:
    case DISPI_YRES:
        return caps ? SURFACE_MAX_SIDE : d->regs[index];
    case DISPI_BPP:
        return caps ? MAX_DEPTH : d->regs[index];
    case DISPI_VIRT_HEIGHT: /* as many lines as there is memory for */
        return line_stride(d) ? MIN(memory_region_size(d->memory) / line_stride(d), UINT16_MAX) : 0;
    default:
        return index < DISPI_COUNT ? d->regs[index] : 0;
    }
}

static void write_enable(Dispi *d, uint16_t value)
{
    bool begins = value & DISPI_ENABLED && !dispi_is_enabled(d);
    FrameLayout layout;

    d->regs[DISPI_ENABLE] = value & (DISPI_ENABLED | DISPI_GETCAPS | DISPI_8BIT_DAC |
                                     DISPI_LFB_ENABLED | DISPI_NOCLEARMEM);
    if (!begins) {
        return;
    }
    d->regs[DISPI_VIRT_WIDTH] = d->regs[DISPI_XRES];
    d->regs[DISPI_X_OFFSET] = d->regs[DISPI_Y_OFFSET] = 0;
    d->regs[DISPI_BANK] = 0;
    if (!dispi_layout(d, &layout)) {
        qemu_log_mask(LOG_GUEST_ERROR, "dispi: %u x %u with %u bits can't be shown\n",
                      d->regs[DISPI_XRES], d->regs[DISPI_YRES], d->regs[DISPI_BPP]);
    } else if (!(value & DISPI_NOCLEARMEM)) {
        memset(memory_region_get_ram_ptr(d->memory), 0, layout.stride * layout.height);
        memory_region_set_dirty(d->memory, 0, layout.stride * layout.height);
    }
}

void dispi_write(Dispi *d, unsigned index, uint16_t value)
{
    switch (index) {
    case DISPI_ID: /* the version that software wants, if it is one */
        if (value >= ID_OLDEST && value <= ID_NEWEST) {
            d->regs[index] = value;
        }
        return;
    case DISPI_XRES:
    case DISPI_YRES:
    case DISPI_BPP:
        if (!dispi_is_enabled(d)) {
            d->regs[index] = value;
        }
        return;
    case DISPI_ENABLE:
        write_enable(d, value);
        return;
    case DISPI_BANK:
    case DISPI_VIRT_WIDTH:
    case DISPI_X_OFFSET:
    case DISPI_Y_OFFSET:
        d->regs[index] = value;
        return;
    default: /* read-only, or not there */
        return;
    }
}

bool dispi_layout(const Dispi *d, FrameLayout *layout)
{
    *layout = (FrameLayout){
        .width = d->regs[DISPI_XRES],
        .height = d->regs[DISPI_YRES],
        .depth = depth_of(d),
        .stride = line_stride(d),
        .big_endian = d->big_endian,
    };
    layout->offset = d->regs[DISPI_Y_OFFSET] * layout->stride +
                     (uint64_t)d->regs[DISPI_X_OFFSET] * bytes_per_pixel(d);
    return dispi_is_enabled(d) && frame_layout_is_valid(layout, memory_region_size(d->memory));
}

/* ---- In memory ---- */

static uint64_t flat_read(void *opaque, hwaddr addr, unsigned size)
{
    return dispi_read(opaque, addr / 2);
}

static void flat_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    dispi_write(opaque, addr / 2, value);
}

static const MemoryRegionOps flat_ops = {
    .read = flat_read,
    .write = flat_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4 },
    .impl = { .min_access_size = 2, .max_access_size = 2 },
};

static uint64_t extension_read(void *opaque, hwaddr addr, unsigned size)
{
    const Dispi *d = opaque;

    return addr == 0 ? EXTENSION_SIZE : d->big_endian ? ORDER_BIG : ORDER_LITTLE;
}

static void extension_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    Dispi *d = opaque;

    if (addr == 4 && (value == ORDER_BIG || value == ORDER_LITTLE)) {
        d->big_endian = value == ORDER_BIG;
    }
}

static const MemoryRegionOps extension_ops = {
    .read = extension_read,
    .write = extension_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 4, .max_access_size = 4 },
    .impl = { .min_access_size = 4, .max_access_size = 4 },
};

void dispi_init_mmio(Dispi *d, Object *owner, MemoryRegion *bar, MemoryRegion *regs,
                     MemoryRegion *extension)
{
    memory_region_init_io(regs, owner, &flat_ops, d, "bochs dispi interface", DISPI_COUNT * 2);
    memory_region_add_subregion(bar, 0x500, regs);
    memory_region_init_io(extension, owner, &extension_ops, d, "qemu extended regs",
                          EXTENSION_SIZE);
    memory_region_add_subregion(bar, 0x600, extension);
}
