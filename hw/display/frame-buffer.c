/*
 * Pixels in a RAM region, on a console: see frame-buffer.h.
 *
 * The console's surface lies over the guest's memory, so that nothing is copied here; only values
 * that stand for colours are turned into them. Which lines have changed is known by pages.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "frame-buffer.h"

void frame_buffer_init(FrameBuffer *fb, Console *con, MemoryRegion *memory)
{
    *fb = (FrameBuffer){ .con = con, .memory = memory };
    memory_region_set_log(memory, true, DIRTY_MEMORY_VGA);
}

static uint64_t line_size(const FrameLayout *l)
{
    return (uint64_t)l->width * DIV_ROUND_UP(l->depth, 8);
}

/* Nothing overflows: sides and stride have bounds. */
static uint64_t layout_size(const FrameLayout *l)
{
    return (l->height - 1) * l->stride + line_size(l);
}

bool frame_layout_is_valid(const FrameLayout *l, uint64_t memory_size)
{
    return l->width && l->height && l->width <= SURFACE_MAX_SIDE && l->height <= SURFACE_MAX_SIDE &&
           (l->depth == 8 || pixel_format_for_depth(l->depth, l->big_endian)) &&
           l->stride <= UINT32_MAX && l->stride >= line_size(l) && l->offset <= memory_size &&
           layout_size(l) <= memory_size - l->offset;
}

static bool same_layout(const FrameLayout *a, const FrameLayout *b)
{
    return a->width == b->width && a->height == b->height && a->depth == b->depth &&
           a->offset == b->offset && a->stride == b->stride && a->big_endian == b->big_endian;
}

static uint8_t *pixels_of(const FrameBuffer *fb)
{
    return (uint8_t *)memory_region_get_ram_ptr(fb->memory) + fb->layout.offset;
}

static void begin(FrameBuffer *fb, const FrameLayout *l)
{
    fb->layout = *l;
    fb->shown = true;
    console_set_surface(fb->con,
                        l->depth == 8
                            ? surface_new(l->width, l->height)
                            : surface_new_over(pixels_of(fb), l->width, l->height, l->stride,
                                               pixel_format_for_depth(l->depth, l->big_endian)));
}

static void colour_line(FrameBuffer *fb, unsigned y)
{
    const uint8_t *from = pixels_of(fb) + y * fb->layout.stride;
    uint32_t *to = surface_line(console_surface(fb->con), y);

    for (unsigned x = 0; x < fb->layout.width; x++) {
        to[x] = fb->colours[from[x]];
    }
}

void frame_buffer_refresh(FrameBuffer *fb, const FrameLayout *layout, const uint32_t *colours)
{
    bool all = !fb->shown || !same_layout(&fb->layout, layout);
    g_autofree DirtyBitmapSnapshot *dirty = NULL;
    unsigned first = 0; /* changed lines that wait to be told of: from here to the present one */

    if (all) {
        begin(fb, layout);
    }
    if (layout->depth == 8 && (all || memcmp(fb->colours, colours, sizeof(fb->colours)))) {
        memcpy(fb->colours, colours, sizeof(fb->colours));
        all = true;
    }
    dirty = memory_region_snapshot_and_clear_dirty(fb->memory, layout->offset, layout_size(layout),
                                                   DIRTY_MEMORY_VGA);
    for (unsigned y = 0; y <= layout->height; y++) {
        bool changed = y < layout->height &&
                       (all || memory_region_snapshot_get_dirty(
                                   fb->memory, dirty, layout->offset + y * layout->stride,
                                   line_size(layout)));

        if (changed && layout->depth == 8) {
            colour_line(fb, y);
        }
        if (!changed) {
            console_update(fb->con, 0, first, layout->width, y - first);
            first = y + 1;
        }
    }
}

void frame_buffer_forget(FrameBuffer *fb)
{
    fb->shown = false;
}
