/*
 * A rectangle of pixels that a display device has in a RAM region, on a console.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_FRAME_BUFFER_H
#define HW_DISPLAY_FRAME_BUFFER_H

#include "system/memory.h"
#include "ui/console.h"

/* How pixels lie in the memory. */
typedef struct FrameLayout {
    unsigned width, height; /* pixels */
    unsigned depth;         /* bits: 8 (with colours), 15, 16, 24, 32 */
    uint64_t offset;        /* of the first pixel, in bytes */
    uint64_t stride;        /* bytes */
    bool big_endian;
} FrameLayout;

/* All zeros but for the console and the region: nothing has been shown yet. */
typedef struct FrameBuffer {
    Console *con;
    MemoryRegion *memory; /* logged for DIRTY_MEMORY_VGA by frame_buffer_init() */

    /* private: what the console's surface shows */
    bool shown;
    FrameLayout layout;
    uint32_t colours[256];
} FrameBuffer;

void frame_buffer_init(FrameBuffer *fb, Console *con, MemoryRegion *memory);
/*
 * Whether the memory holds such a rectangle, of a size that can be shown. Lines don't overlap: a
 * picture isn't larger than the memory that it comes from.
 */
bool frame_layout_is_valid(const FrameLayout *layout, uint64_t memory_size);
/*
 * For ConsoleOps.refresh: shows that (valid) layout, and says what has changed. With a depth of 8,
 * `colours` are what the 256 values look like (0xRRGGBB).
 */
void frame_buffer_refresh(FrameBuffer *fb, const FrameLayout *layout, const uint32_t *colours);
/* The console's surface has become another one: the next refresh begins anew. */
void frame_buffer_forget(FrameBuffer *fb);

#endif
