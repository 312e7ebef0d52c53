/*
 * VGA: registers and the memory window; vga-render.c draws what they say.
 *
 * Besides the VGA's own there is Bochs' display interface (dispi.c): while it is enabled, the
 * window shows 64 KiB of the linear memory, and the VGA's modes aren't drawn.
 *
 * Timing is that of 640 x 400 at 70 Hz, whatever the registers ask for: what waits for a retrace
 * sees one. There is no vertical interrupt; few boards ever had one.
 *
 * Reference: IBM, "VGA Programming Model" (RS/6000, appendix A); F. Thoegersen, vgadoc.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/log.h"
#include "qemu/timer.h"
#include "vga.h"

/* Miscellaneous output. */
#define MISC_COLOUR 0x01 /* the CRT controller is at 3d4 */
#define MISC_RAM    0x02 /* the window is there */

/* Register 4 of the sequencer. */
#define SEQ4_SEQUENTIAL 0x04 /* addresses don't choose between odd and even maps */
#define SEQ4_CHAIN4     0x08

/* Bits that each register has. */
static const uint8_t seq_bits[5] = { 0x03, 0x3d, 0x0f, 0x3f, 0x0e };
static const uint8_t gfx_bits[9] = { 0x0f, 0x0f, 0x0f, 0x1f, 0x03, 0x7b, 0x0f, 0x0f, 0xff };
static const uint8_t crt_bits[25] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0x3f, 0x7f, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xef, 0xff,
};
static const uint8_t attr_bits[21] = {
    0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x3f,
    0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0xef, 0xff, 0x3f, 0x0f, 0x0f,
};

/* ---- Registers ---- */

/* Whether the display is in a retrace: bit 3 vertically, bit 0 in either direction. */
static uint8_t input_status(void)
{
    enum { LINES = 449, SHOWN = 400, LINE_NS = 31778, SHOWN_NS = 25422 };
    int64_t ns = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL) % ((int64_t)LINES * LINE_NS);
    int line = ns / LINE_NS;
    bool vertical = line >= SHOWN + 12 && line < SHOWN + 14; /* the sync itself */

    return (vertical ? 0x08 : 0) | (line >= SHOWN || ns % LINE_NS >= SHOWN_NS);
}

static bool is_indexed(uint8_t index, size_t count)
{
    return index < count;
}

static void write_attribute(VGAState *v, uint8_t value)
{
    unsigned index = v->attr_index & 0x1f;

    if (!v->attr_data) {
        v->attr_index = value & 0x3f;
    } else if (index < 16 && v->attr_index & 0x20) {
        /* the palette belongs to the display while that is on */
    } else if (is_indexed(index, ARRAY_SIZE(v->attr))) {
        v->attr[index] = value & attr_bits[index];
    }
    v->attr_data = !v->attr_data;
}

static void write_crt(VGAState *v, uint8_t value)
{
    unsigned index = v->crt_index;

    if (!is_indexed(index, ARRAY_SIZE(v->crt))) {
        return;
    }
    if (index < 8 && v->crt[17] & 0x80) { /* protected, but for a bit of the line compare */
        if (index == 7) {
            v->crt[7] = (v->crt[7] & ~0x10) | (value & 0x10);
        }
        return;
    }
    v->crt[index] = value & crt_bits[index];
}

/* Red, green, blue by turns; the address goes on behind blue. */
static uint8_t *pel_byte(VGAState *v, uint8_t *address)
{
    uint8_t *byte = &v->pel[*address * 3 + v->pel_part];

    if (++v->pel_part == 3) {
        v->pel_part = 0;
        ++*address;
    }
    return byte;
}

/* 3b0-3bf or 3d0-3df: those that the VGA has there, as it is set at present; 0: none. */
static unsigned active_port(const VGAState *v, unsigned port)
{
    bool colour = v->misc & MISC_COLOUR;

    if ((port >= 0x3d0) != colour && (port < 0x3c0 || port >= 0x3d0)) {
        return 0;
    }
    return port >= 0x3c0 && port < 0x3d0 ? port : 0x3d0 | (port & 0xf);
}

uint8_t vga_port_read(VGAState *v, unsigned port)
{
    switch (active_port(v, port)) {
    case 0x3c0:
        return v->attr_index;
    case 0x3c1:
        return is_indexed(v->attr_index & 0x1f, ARRAY_SIZE(v->attr)) ? v->attr[v->attr_index & 0x1f]
                                                                     : 0;
    case 0x3c2: /* a monitor is there */
        return 0x10;
    case 0x3c4:
        return v->seq_index;
    case 0x3c5:
        return is_indexed(v->seq_index, ARRAY_SIZE(v->seq)) ? v->seq[v->seq_index] : 0;
    case 0x3c6:
        return v->pel_mask;
    case 0x3c7:
        return v->pel_reading ? 3 : 0;
    case 0x3c8:
        return v->pel_write;
    case 0x3c9:
        return *pel_byte(v, &v->pel_read);
    case 0x3ca:
        return v->feature;
    case 0x3cc:
        return v->misc;
    case 0x3ce:
        return v->gfx_index;
    case 0x3cf:
        return is_indexed(v->gfx_index, ARRAY_SIZE(v->gfx)) ? v->gfx[v->gfx_index] : 0;
    case 0x3d4:
        return v->crt_index;
    case 0x3d5:
        return is_indexed(v->crt_index, ARRAY_SIZE(v->crt)) ? v->crt[v->crt_index] : 0;
    case 0x3da:
        v->attr_data = false;
        return input_status();
    default:
        return 0xff;
    }
}

void vga_port_write(VGAState *v, unsigned port, uint8_t value)
{
    v->changed = true;
    switch (active_port(v, port)) {
    case 0x3c0:
        write_attribute(v, value);
        break;
    case 0x3c2:
        v->misc = value & 0xef;
        break;
    case 0x3c4:
        v->seq_index = value & 7;
        break;
    case 0x3c5:
        if (is_indexed(v->seq_index, ARRAY_SIZE(v->seq))) {
            v->seq[v->seq_index] = value & seq_bits[v->seq_index];
        }
        break;
    case 0x3c6:
        v->pel_mask = value;
        break;
    case 0x3c7:
        v->pel_read = value;
        v->pel_part = 0;
        v->pel_reading = true;
        break;
    case 0x3c8:
        v->pel_write = value;
        v->pel_part = 0;
        v->pel_reading = false;
        break;
    case 0x3c9:
        *pel_byte(v, &v->pel_write) = value;
        break;
    case 0x3ce:
        v->gfx_index = value & 0xf;
        break;
    case 0x3cf:
        if (is_indexed(v->gfx_index, ARRAY_SIZE(v->gfx))) {
            v->gfx[v->gfx_index] = value & gfx_bits[v->gfx_index];
        }
        break;
    case 0x3d4:
        v->crt_index = value & 0x1f;
        break;
    case 0x3d5:
        write_crt(v, value);
        break;
    case 0x3da:
        v->feature = value & 3;
        break;
    default:
        break;
    }
}

/* Those that a VGA answers; the others between 3b0 and 3df may be somebody else's. */
static const struct { uint16_t first, count; } port_ranges[VGA_PORT_RANGES] = {
    { 0x3b4, 2 }, { 0x3ba, 1 }, { 0x3c0, 16 }, { 0x3d4, 2 }, { 0x3da, 1 },
};

static uint64_t ports_read(void *opaque, hwaddr addr, unsigned size)
{
    VGAPorts *ports = opaque;

    return vga_port_read(ports->vga, ports->first + addr);
}

static void ports_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VGAPorts *ports = opaque;

    vga_port_write(ports->vga, ports->first + addr, value);
}

/* A word is an index and its data. */
static const MemoryRegionOps ports_ops = {
    .read = ports_read,
    .write = ports_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 4, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* 1ce: index; 1cf (PCs) and 1d0: data. */
static uint64_t dispi_port_read(void *opaque, hwaddr addr, unsigned size)
{
    VGAState *v = opaque;

    return addr == 0 ? v->dispi_index : dispi_read(&v->dispi, v->dispi_index);
}

static void dispi_port_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VGAState *v = opaque;

    if (addr == 0) {
        v->dispi_index = value;
    } else {
        dispi_write(&v->dispi, v->dispi_index, value);
        v->changed = true;
    }
}

static const MemoryRegionOps dispi_ports_ops = {
    .read = dispi_port_read,
    .write = dispi_port_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 2, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 2, .unaligned = true },
};

/* ---- The window ---- */

static uint8_t *map_bytes(VGAState *v, unsigned offset)
{
    return (uint8_t *)memory_region_get_ram_ptr(&v->memory) + offset * 4;
}

/* The offset in the window's part that is on, -1: not in it (graphics register 6). */
static int window_offset(const VGAState *v, hwaddr addr)
{
    static const struct {
        uint32_t start, size;
    } parts[] = { { 0, 0x20000 }, { 0, 0x10000 }, { 0x10000, 0x8000 }, { 0x18000, 0x8000 } };
    unsigned part = v->gfx[6] >> 2 & 3;

    return v->misc & MISC_RAM && addr >= parts[part].start &&
                   addr - parts[part].start < parts[part].size
               ? (int)(addr - parts[part].start)
               : -1;
}

/* The display interface's bank: 64 KiB of the linear memory. NULL: it isn't on, or not there. */
static uint8_t *bank_byte(VGAState *v, hwaddr addr, uint64_t *at)
{
    *at = (uint64_t)v->dispi.regs[DISPI_BANK] * 64 * KiB + (addr & 0xffff);
    return dispi_is_enabled(&v->dispi) && v->dispi.regs[DISPI_BPP] != 4 &&
                   *at < memory_region_size(&v->memory)
               ? (uint8_t *)memory_region_get_ram_ptr(&v->memory) + *at
               : NULL;
}

/* Where an access goes: a byte of the maps, and which of them the address chooses. */
static unsigned address_maps(const VGAState *v, unsigned offset, unsigned *maps)
{
    if (v->seq[4] & SEQ4_CHAIN4) {
        *maps = 1u << (offset & 3);
        return offset & 0xfffc;
    }
    if (!(v->seq[4] & SEQ4_SEQUENTIAL)) {
        *maps = offset & 1 ? 0xa : 0x5;
        return offset & 0xfffe;
    }
    *maps = 0xf;
    return offset & 0xffff;
}

static uint64_t window_read(void *opaque, hwaddr addr, unsigned size)
{
    VGAState *v = opaque;
    int offset = window_offset(v, addr);
    unsigned maps, map, byte;
    uint8_t result = 0xff;
    uint64_t at;
    uint8_t *bank = bank_byte(v, addr, &at);

    if (bank) {
        return *bank;
    }
    if (offset < 0) {
        return 0xff;
    }
    byte = address_maps(v, offset, &maps);
    memcpy(v->latch, map_bytes(v, byte), 4);
    if (v->gfx[5] & 0x08) { /* read mode 1: where the colours are equal, of the maps that count */
        for (map = 0; map < 4; map++) {
            if (v->gfx[7] & 1u << map) {
                result &= ~(v->latch[map] ^ (v->gfx[2] & 1u << map ? 0xff : 0));
            }
        }
        return result;
    }
    map = v->gfx[4];
    if (maps != 0xf) { /* among those that the address chooses */
        map = v->seq[4] & SEQ4_CHAIN4 ? offset & 3 : (map & 2) | (offset & 1);
    }
    return v->latch[map];
}

/* A byte for one map, by the write mode (graphics registers 0, 1, 3, 5, 8). */
static uint8_t written_byte(const VGAState *v, unsigned map, uint8_t value)
{
    unsigned rotate = v->gfx[3] & 7, mode = v->gfx[5] & 3;
    uint8_t rotated = value >> rotate | value << (8 - rotate), latch = v->latch[map];
    uint8_t set = v->gfx[0] & 1u << map ? 0xff : 0, mask = v->gfx[8], data = rotated;

    if (mode == 1) {
        return latch;
    }
    if (mode == 0 && v->gfx[1] & 1u << map) {
        data = set;
    } else if (mode == 2) {
        data = value & 1u << map ? 0xff : 0;
    } else if (mode == 3) {
        data = set;
        mask &= rotated;
    }
    switch (v->gfx[3] >> 3 & 3) {
    case 1:
        data &= latch;
        break;
    case 2:
        data |= latch;
        break;
    case 3:
        data ^= latch;
        break;
    }
    return (data & mask) | (latch & ~mask);
}

static void window_write(void *opaque, hwaddr addr, uint64_t value, unsigned size)
{
    VGAState *v = opaque;
    int offset = window_offset(v, addr);
    unsigned maps, byte;
    uint64_t at;
    uint8_t *bank = bank_byte(v, addr, &at), *bytes;

    if (bank) {
        *bank = value;
        memory_region_set_dirty(&v->memory, at, 1);
        return;
    }
    if (offset < 0) {
        return;
    }
    byte = address_maps(v, offset, &maps);
    bytes = map_bytes(v, byte);
    for (unsigned map = 0; map < 4; map++) {
        if (v->seq[2] & maps & 1u << map) {
            bytes[map] = written_byte(v, map, value);
        }
    }
    memory_region_set_dirty(&v->memory, byte * 4, 4);
}

uint8_t vga_window_read(VGAState *v, hwaddr addr)
{
    return window_read(v, addr, 1);
}

void vga_window_write(VGAState *v, hwaddr addr, uint8_t value)
{
    window_write(v, addr, value, 1);
}

static const MemoryRegionOps window_ops = {
    .read = window_read,
    .write = window_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 1 },
};

/* ---- Coming and going ---- */

void vga_init(VGAState *v, Object *owner)
{
    static const ConsoleOps console = { .refresh = vga_refresh };

    memory_region_init_io(&v->window, owner, &window_ops, v, "vga-lowmem", VGA_WINDOW_SIZE);
    for (int i = 0; i < VGA_PORT_RANGES; i++) {
        VGAPorts *ports = &v->ports[i];

        ports->vga = v;
        ports->first = port_ranges[i].first;
        memory_region_init_io(&ports->io, owner, &ports_ops, ports, "vga", port_ranges[i].count);
    }
    memory_region_init_io(&v->dispi_ports, owner, &dispi_ports_ops, v, "vbe", 4);
    v->dispi.memory = &v->memory;
    v->con = console_new(owner, 0, &console, v);
    frame_buffer_init(&v->fb, v->con, &v->memory);
}

void vga_hide(VGAState *v, bool hidden)
{
    if (v->hidden != hidden) {
        v->hidden = hidden;
        v->rendered = false;
        v->changed = true;
        frame_buffer_forget(&v->fb);
    }
}

void vga_exit(VGAState *v)
{
    g_clear_pointer(&v->con, console_free);
}

void vga_reset(VGAState *v)
{
    v->misc = v->feature = 0;
    v->seq_index = v->gfx_index = v->crt_index = v->attr_index = 0;
    v->attr_data = v->pel_reading = false;
    v->pel_mask = 0xff;
    v->pel_read = v->pel_write = v->pel_part = 0;
    v->dispi_index = 0;
    memset(v->seq, 0, sizeof(v->seq));
    memset(v->gfx, 0, sizeof(v->gfx));
    memset(v->crt, 0, sizeof(v->crt));
    memset(v->attr, 0, sizeof(v->attr));
    memset(v->pel, 0, sizeof(v->pel));
    memset(v->latch, 0, sizeof(v->latch));
    dispi_reset(&v->dispi);
    v->dispi.big_endian = v->native_order && memory_native_big_endian();
    v->changed = true;
}

static int after_load(void *opaque, int version_id)
{
    VGAState *v = opaque;

    v->changed = true;
    return v->pel_part < 3 ? 0 : -EINVAL;
}

const VMStateDescription vmstate_vga = {
    .name = "vga",
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = after_load,
    .fields = (const VMStateField[]){
        VMSTATE_DISPI(dispi, VGAState),
        VMSTATE_UINT8(misc, VGAState),
        VMSTATE_UINT8(feature, VGAState),
        VMSTATE_UINT8(seq_index, VGAState),
        VMSTATE_UINT8_ARRAY(seq, VGAState, 5),
        VMSTATE_UINT8(gfx_index, VGAState),
        VMSTATE_UINT8_ARRAY(gfx, VGAState, 9),
        VMSTATE_UINT8(crt_index, VGAState),
        VMSTATE_UINT8_ARRAY(crt, VGAState, 25),
        VMSTATE_UINT8(attr_index, VGAState),
        VMSTATE_UINT8_ARRAY(attr, VGAState, 21),
        VMSTATE_BOOL(attr_data, VGAState),
        VMSTATE_UINT8(pel_mask, VGAState),
        VMSTATE_UINT8(pel_read, VGAState),
        VMSTATE_UINT8(pel_write, VGAState),
        VMSTATE_UINT8(pel_part, VGAState),
        VMSTATE_BOOL(pel_reading, VGAState),
        VMSTATE_UINT8_ARRAY(pel, VGAState, 256 * 3),
        VMSTATE_UINT8_ARRAY(latch, VGAState, 4),
        VMSTATE_UINT16(dispi_index, VGAState),
        VMSTATE_END_OF_LIST()
    },
};
