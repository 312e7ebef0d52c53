/*
 * Surfaces and pixel formats: see ui/surface.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ui/surface.h"

#define HOST_BIG_ENDIAN (G_BYTE_ORDER == G_BIG_ENDIAN)

const PixelFormat pixel_format_host = {
    4, HOST_BIG_ENDIAN, .red = { 16, 8 }, .green = { 8, 8 }, .blue = { 0, 8 },
};

const PixelFormat *pixel_format_for_depth(unsigned depth, bool big_endian)
{
    static const struct {
        unsigned depth;
        PixelFormat format[2]; /* little, big endian */
    } known[] = {
#define RGB(n, bytes, r, g, b)                                                                     \
    { n, { { bytes, false, { g + b, r }, { b, g }, { 0, b } },                                     \
           { bytes, true, { g + b, r }, { b, g }, { 0, b } } } }
        RGB(15, 2, 5, 5, 5),
        RGB(16, 2, 5, 6, 5),
        RGB(24, 3, 8, 8, 8),
        RGB(32, 4, 8, 8, 8),
#undef RGB
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].depth == depth) {
            return &known[i].format[big_endian];
        }
    }
    return NULL;
}

Surface *surface_new_over(uint8_t *pixels, unsigned width, unsigned height, size_t stride,
                          const PixelFormat *format)
{
    Surface *s = g_atomic_rc_box_new0(Surface);

    *s = (Surface){ width, height, stride, *format, pixels };
    return s;
}

Surface *surface_new(unsigned width, unsigned height)
{
    size_t stride = (size_t)width * sizeof(uint32_t);
    Surface *s = surface_new_over(g_malloc0(stride * height), width, height, stride,
                                  &pixel_format_host);

    s->owned = true;
    return s;
}

Surface *surface_ref(Surface *s)
{
    return g_atomic_rc_box_acquire(s);
}

static void surface_clear(void *data)
{
    Surface *s = data;

    if (s->owned) {
        g_free(s->pixels);
    }
}

void surface_unref(Surface *s)
{
    if (s) {
        g_atomic_rc_box_release_full(s, surface_clear);
    }
}

/* A component of any width as eight bits: its own bits, repeated down to the lowest. */
static uint32_t widen(uint32_t pixel, unsigned shift, unsigned bits)
{
    uint32_t value = (pixel >> shift & ((1u << bits) - 1)) << (8 - bits);

    for (unsigned filled = bits; filled < 8; filled *= 2) {
        value |= value >> filled;
    }
    return value;
}

static uint32_t pixel_value(const PixelFormat *f, const uint8_t *at)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < f->bytes; i++) {
        value |= (uint32_t)at[i] << 8 * (f->big_endian ? f->bytes - 1u - i : i);
    }
    return value;
}

static void convert_line(const PixelFormat *f, const uint8_t *from, unsigned width, uint32_t *to)
{
    for (unsigned i = 0; i < width; i++, from += f->bytes) {
        uint32_t pixel = pixel_value(f, from);

        to[i] = widen(pixel, f->red.shift, f->red.bits) << 16 |
                widen(pixel, f->green.shift, f->green.bits) << 8 |
                widen(pixel, f->blue.shift, f->blue.bits);
    }
}

static bool is_host_format(const PixelFormat *f)
{
    return f->bytes == 4 && f->big_endian == HOST_BIG_ENDIAN && f->red.shift == 16 &&
           f->green.shift == 8 && f->blue.shift == 0 && f->red.bits == 8 && f->green.bits == 8 &&
           f->blue.bits == 8;
}

void surface_read(const Surface *s, unsigned x, unsigned y, unsigned width, unsigned height,
                  uint32_t *out, size_t out_stride)
{
    bool as_it_is = is_host_format(&s->format);

    for (unsigned line = y; line < y + height; line++, out += out_stride) {
        const uint8_t *from = s->pixels + line * s->stride + (size_t)x * s->format.bytes;

        if (as_it_is) {
            memcpy(out, from, width * sizeof(*out));
        } else {
            convert_line(&s->format, from, width, out);
        }
    }
}

bool surface_clip(const Surface *s, int *x, int *y, int *width, int *height)
{
    int64_t right = MIN((int64_t)*x + *width, s->width);
    int64_t bottom = MIN((int64_t)*y + *height, s->height);

    *x = MAX(*x, 0);
    *y = MAX(*y, 0);
    *width = MAX(right - *x, 0);
    *height = MAX(bottom - *y, 0);
    return *width > 0 && *height > 0;
}
