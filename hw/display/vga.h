/*
 * VGA: the registers, the window to its four memory maps, and what it shows.
 *
 * Reference: IBM, "VGA Programming Model" (RS/6000, appendix A).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_DISPLAY_VGA_H
#define HW_DISPLAY_VGA_H

#include "dispi.h"

/* The legacy window, and ports: of both register sets, monochrome at 3b0, colour at 3d0. */
#define VGA_WINDOW      0xa0000
#define VGA_WINDOW_SIZE 0x20000
#define VGA_PORT_RANGES 5
#define VGA_DISPI_PORT  0x1ce

/* Each map has so many bytes; byte n of map m is byte 4n + m of the memory. */
#define VGA_MAP_SIZE 0x10000

typedef struct VGAState VGAState;

typedef struct VGAPorts {
    MemoryRegion io;
    VGAState *vga;
    uint16_t first;
} VGAPorts;

struct VGAState {
    MemoryRegion memory; /* the caller makes it: at least four maps */
    MemoryRegion window, dispi_ports;
    VGAPorts ports[VGA_PORT_RANGES];
    Console *con;
    FrameBuffer fb; /* while the display interface is enabled */
    Dispi dispi;
    /*
     * What a card with modes of its own shows, set before vga_init(): false, the VGA's are in use.
     * NULL: there are none.
     */
    bool (*own_layout)(VGAState *v, FrameLayout *layout);
    /* Then, over that picture: draws it itself (a cursor), false: the pixels as they are. */
    bool (*own_drawing)(VGAState *v, const FrameLayout *layout, const uint32_t *colours);
    bool native_order; /* pixels are in the guest's byte order after a reset */

    uint8_t misc, feature;
    uint8_t seq_index, seq[5];
    uint8_t gfx_index, gfx[9];
    uint8_t crt_index, crt[25];
    uint8_t attr_index, attr[21];
    bool attr_data; /* the next write to 3c0 is data */
    uint8_t pel_mask, pel_read, pel_write, pel_part;
    bool pel_reading; /* the last address was one to read from */
    uint8_t pel[256 * 3];
    uint8_t latch[4];
    uint16_t dispi_index;

    bool hidden;       /* something else is on the console: vga_hide() */

    /* of the renderer */
    bool rendered;     /* its surface is the console's */
    bool changed;      /* registers: everything is drawn anew */
    unsigned blink;    /* the phase that was drawn */
};

extern const VMStateDescription vmstate_vga;
#define VMSTATE_VGA(_field, _state) VMSTATE_STRUCT(_field, _state, 0, vmstate_vga, VGAState)

/* Makes regions and console; the memory is there. */
void vga_init(VGAState *v, Object *owner);
void vga_exit(VGAState *v);
void vga_reset(VGAState *v);
/* The console is somebody else's until it is given back, then what the registers say is shown. */
void vga_hide(VGAState *v, bool hidden);
/* A byte of a port, 3b0 to 3df. */
uint8_t vga_port_read(VGAState *v, unsigned port);
void vga_port_write(VGAState *v, unsigned port, uint8_t value);

/* A byte of the window, 0 to 1ffff. */
uint8_t vga_window_read(VGAState *v, hwaddr addr);
void vga_window_write(VGAState *v, hwaddr addr, uint8_t value);

/* vga-render.c: for ConsoleOps.refresh. */
void vga_refresh(void *opaque);

#endif
