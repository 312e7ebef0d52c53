/*
 * Surfaces: pixels in memory, whoever owns it.
 *
 * A surface is described once and for all; what changes is what is in its pixels. Its memory may be
 * the guest's (a frame buffer in RAM that the guest writes to all the time): readers see what is
 * there at that moment.
 *
 * References may be taken and given up on any thread.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef UI_SURFACE_H
#define UI_SURFACE_H

#include "qemu/osdep.h"

/* Larger ones aren't shown: width and height in pixels. */
#define SURFACE_MAX_SIDE 16384u

/* Where a colour is in a pixel's value, which is that of its bytes in the format's order. */
typedef struct PixelFormat {
    uint8_t bytes; /* of a pixel: 1 to 4 */
    bool big_endian;
    struct {
        uint8_t shift;
        uint8_t bits; /* 1 to 8 */
    } red, green, blue;
} PixelFormat;

/*
 * 0x..RRGGBB as a number of the host, with anything in its highest byte: what surface_read() gives.
 */
extern const PixelFormat pixel_format_host;

/* Formats with 15 (5:5:5), 16 (5:6:5), 24 and 32 bits, blue lowest; NULL for other depths. */
const PixelFormat *pixel_format_for_depth(unsigned depth, bool big_endian);

typedef struct Surface {
    unsigned width, height; /* pixels */
    size_t stride;          /* bytes from one line to the next */
    PixelFormat format;
    uint8_t *pixels;

    /* private */
    bool owned;
} Surface;

/* Black, in pixel_format_host and memory of its own. */
Surface *surface_new(unsigned width, unsigned height);
/* Over `pixels`, which must outlive the surface. */
Surface *surface_new_over(uint8_t *pixels, unsigned width, unsigned height, size_t stride,
                          const PixelFormat *format);
Surface *surface_ref(Surface *s);
void surface_unref(Surface *s); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Surface, surface_unref)

/* Line y of a surface in pixel_format_host. */
static inline uint32_t *surface_line(const Surface *s, unsigned y)
{
    return (uint32_t *)(void *)(s->pixels + y * s->stride);
}

/*
 * Copies a rectangle, which must lie inside, to `out` in pixel_format_host; out_stride is in
 * pixels.
 */
void surface_read(const Surface *s, unsigned x, unsigned y, unsigned width, unsigned height,
                  uint32_t *out, size_t out_stride);

/*
 * Cuts a rectangle to what lies inside; false if nothing does. Any values.
 */
bool surface_clip(const Surface *s, int *x, int *y, int *width, int *height);

#endif
