/*
 * A console's picture as a file: PPM (binary, as netpbm's ppm(5) describes it) or PNG.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <png.h>
#include "qapi/error.h"
#include "ui/console.h"

/* Three bytes for each pixel: red, green, blue. */
static uint8_t *rgb_bytes(const Surface *s)
{
    g_autofree uint32_t *line = g_new(uint32_t, s->width);
    uint8_t *bytes = g_malloc((size_t)s->width * s->height * 3), *to = bytes;

    for (unsigned y = 0; y < s->height; y++) {
        surface_read(s, 0, y, s->width, 1, line, s->width);
        for (unsigned x = 0; x < s->width; x++) {
            *to++ = line[x] >> 16;
            *to++ = line[x] >> 8;
            *to++ = line[x];
        }
    }
    return bytes;
}

static bool write_ppm(FILE *file, const Surface *s, const uint8_t *rgb)
{
    size_t size = (size_t)s->width * s->height * 3;

    return fprintf(file, "P6\n%u %u\n255\n", s->width, s->height) > 0 &&
           fwrite(rgb, 1, size, file) == size;
}

static bool write_png(FILE *file, const Surface *s, const uint8_t *rgb)
{
    png_image image = { .version = PNG_IMAGE_VERSION, .width = s->width, .height = s->height,
                        .format = PNG_FORMAT_RGB };

    return png_image_write_to_stdio(&image, file, 0, rgb, 0, NULL);
}

bool console_dump(Console *con, const char *filename, ImageFormat format, Error **errp)
{
    static bool (*const writers[])(FILE *, const Surface *, const uint8_t *) = {
        [IMAGE_PPM] = write_ppm,
        [IMAGE_PNG] = write_png,
    };
    g_autofree uint8_t *rgb = NULL;
    /* a FIFO that nobody reads is an error, not a reason to wait */
    int fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NONBLOCK, 0666);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool written;
    struct stat st;

    if (!file || fstat(fd, &st) < 0) {
        error_setg_errno(errp, errno, "failed to open file '%s'", filename);
        if (file) {
            fclose(file);
        }
        return false;
    }
    console_refresh(con);
    rgb = rgb_bytes(console_surface(con));
    written = writers[format](file, console_surface(con), rgb) && fflush(file) == 0;
    if (fclose(file) != 0 || !written) {
        error_setg_errno(errp, errno, "failed to write file '%s'", filename);
        if (S_ISREG(st.st_mode)) { /* half an image is worse than none */
            unlink(filename);
        }
        return false;
    }
    return true;
}
