/*
 * The display interface of Bochs' VBE extension: eleven registers of 16 bits that choose a linear
 * frame buffer, however a device gives access to them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_DISPI_H
#define HW_DISPLAY_DISPI_H

#include "frame-buffer.h"
#include "migration/vmstate.h"

typedef enum DispiRegister {
    DISPI_ID,
    DISPI_XRES,
    DISPI_YRES,
    DISPI_BPP,
    DISPI_ENABLE,
    DISPI_BANK,
    DISPI_VIRT_WIDTH,
    DISPI_VIRT_HEIGHT,
    DISPI_X_OFFSET,
    DISPI_Y_OFFSET,
    DISPI_VIDEO_MEMORY, /* in units of 64 KiB; read-only */
    DISPI_COUNT
} DispiRegister;

#define DISPI_ENABLED      0x01
#define DISPI_GETCAPS      0x02
#define DISPI_8BIT_DAC     0x20
#define DISPI_LFB_ENABLED  0x40
#define DISPI_NOCLEARMEM   0x80

typedef struct Dispi {
    uint16_t regs[DISPI_COUNT];
    bool big_endian; /* of pixels */
    MemoryRegion *memory;
} Dispi;

extern const VMStateDescription vmstate_dispi;
#define VMSTATE_DISPI(_field, _state) VMSTATE_STRUCT(_field, _state, 0, vmstate_dispi, Dispi)

void dispi_reset(Dispi *d);
/* Any index: what there isn't reads as 0 and isn't written. */
uint16_t dispi_read(const Dispi *d, unsigned index);
void dispi_write(Dispi *d, unsigned index, uint16_t value);
static inline bool dispi_is_enabled(const Dispi *d)
{
    return d->regs[DISPI_ENABLE] & DISPI_ENABLED;
}
/* What it shows; false: nothing that can be shown. */
bool dispi_layout(const Dispi *d, FrameLayout *layout);

/*
 * The registers at 0x500 of a device's memory BAR, and at 0x600 the size of the block there and the
 * pixels' byte order (QEMU's description "standard-vga"); `bar` is the container. Little-endian.
 */
void dispi_init_mmio(Dispi *d, Object *owner, MemoryRegion *bar, MemoryRegion *regs,
                     MemoryRegion *extension);

#endif
