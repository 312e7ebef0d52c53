/*
 * What Intel and AMD flash banks share; see cfi-flash.h.
 *
 * Reference: JEDEC JESD68.01, Common Flash Interface; JEP137, vendor command set codes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "cfi-flash.h"
#include "hw/sysbus.h"
#include "qapi/error.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "qemu/units.h"
#include "system/ramblock.h"

enum {
    CFI_QRY = 0x10,
    CFI_COMMAND_SET = 0x13,
    CFI_PRIMARY_ADDRESS = 0x15,
    CFI_VCC_MIN = 0x1b,
    CFI_VCC_MAX = 0x1c,
    CFI_WORD_TIME = 0x1f,
    CFI_BUFFER_TIME = 0x20,
    CFI_BLOCK_TIME = 0x21,
    CFI_CHIP_TIME = 0x22,
    CFI_MAX_WORD_TIME = 0x23,
    CFI_MAX_BUFFER_TIME = 0x24,
    CFI_MAX_BLOCK_TIME = 0x25,
    CFI_MAX_CHIP_TIME = 0x26,
    CFI_DEVICE_SIZE = 0x27,
    CFI_INTERFACE = 0x28,
    CFI_BUFFER_SIZE = 0x2a,
    CFI_NUM_REGIONS = 0x2c,
    CFI_REGION_BLOCKS = 0x2d,
    CFI_REGION_BLOCK_SIZE = 0x2f,
};

/*
 * A maximum is 2^n times the typical time. Drivers sleep for the typical time before they look, so
 * for erasing that is given as short as it is here, and the allowance as long as a chip's.
 */
#define MAX_TIME_FACTOR       4
#define MAX_ERASE_TIME_FACTOR 10

/* --- contents --- */

/* Where byte @i of an access of @size bytes stands in the value. */
static unsigned byte_shift(const CfiFlash *f, unsigned i, unsigned size)
{
    return 8 * (f->big_endian ? size - 1 - i : i);
}

static void update_romd(CfiFlash *f)
{
    bool romd = f->array && !f->blank;

    if (f->romd != romd) {
        f->romd = romd;
        memory_region_rom_device_set_romd(&f->mem, romd);
    }
}

/*
 * Through the file behind the memory, if there is one: that costs a third of the page faults that
 * memset() takes.
 */
static void fill_with_ones(CfiFlash *f)
{
    static const size_t chunk = 256 * KiB;
    g_autofree uint8_t *ones = g_malloc(chunk);
    int fd = memory_region_get_fd(&f->mem);
    uint64_t done = 0, base = qemu_ram_get_fd_offset(f->mem.ram_block);

    memset(ones, 0xff, chunk);
    while (fd >= 0 && done < f->size) {
        ssize_t n = pwrite(fd, ones, MIN(chunk, f->size - done), base + done);

        if (n <= 0) {
            break;
        }
        done += n;
    }
    memset(f->storage + done, 0xff, f->size - done);
}

static void fill_blank(MemoryRegion *mr)
{
    CfiFlash *f = container_of(mr, CfiFlash, mem);

    fill_with_ones(f);
    f->blank = false;
    update_romd(f);
}

uint8_t *cfi_flash_storage(CfiFlash *f)
{
    memory_region_demand_contents(&f->mem);
    return f->storage;
}

uint64_t cfi_flash_load(CfiFlash *f, hwaddr offset, unsigned size)
{
    const uint8_t *storage = cfi_flash_storage(f);
    uint64_t value = 0;

    for (unsigned i = 0; i < size && offset + i < f->size; i++) {
        value |= (uint64_t)storage[offset + i] << byte_shift(f, i, size);
    }
    return value;
}

void cfi_flash_program(CfiFlash *f, hwaddr offset, uint64_t value, unsigned size)
{
    uint8_t *storage = cfi_flash_storage(f);

    for (unsigned i = 0; i < size && offset + i < f->size; i++) {
        storage[offset + i] &= value >> byte_shift(f, i, size);
    }
}

/*
 * What could not be written stays due: the next time, it goes along. The back end says so to the
 * user, our result to the guest.
 */
bool cfi_flash_commit(CfiFlash *f, hwaddr offset, uint64_t len)
{
    hwaddr end = offset + len;

    memory_region_flush_rom_device(&f->mem, offset, len);
    if (!f->blk) {
        return true;
    }
    if (f->unsaved_end) {
        offset = MIN(offset, f->unsaved_start);
        end = MAX(end, f->unsaved_end);
    }
    if (blk_pwrite(f->blk, offset, end - offset, f->storage + offset) < 0) {
        f->unsaved_start = offset;
        f->unsaved_end = end;
        return false;
    }
    f->unsaved_start = f->unsaved_end = 0;
    return true;
}

bool cfi_flash_erase(CfiFlash *f, hwaddr offset, uint64_t len)
{
    memset(cfi_flash_storage(f) + offset, 0xff, len);
    return cfi_flash_commit(f, offset, len);
}

void cfi_flash_set_array_mode(CfiFlash *f, bool array)
{
    f->array = array;
    update_romd(f);
}

/* --- lanes --- */

unsigned cfi_flash_num_devices(const CfiFlash *f)
{
    return f->bank_width / f->device_width;
}

uint64_t cfi_flash_lanes(const CfiFlash *f, uint64_t value, hwaddr offset, unsigned size)
{
    unsigned bits = 8 * f->device_width;
    unsigned lane = offset & (f->bank_width - 1);
    uint64_t all = 0;

    for (unsigned i = 0; i < cfi_flash_num_devices(f); i++) {
        all |= (value & MAKE_64BIT_MASK(0, bits)) << (i * bits);
    }
    if (size >= f->bank_width) {
        return all;
    }
    all >>= 8 * (f->big_endian ? f->bank_width - size - lane : lane);
    return all & MAKE_64BIT_MASK(0, 8 * size);
}

uint32_t cfi_flash_query_index(const CfiFlash *f, hwaddr offset)
{
    return offset >> (ctz32(f->bank_width) + ctz32(f->max_device_width) - ctz32(f->device_width));
}

uint16_t cfi_flash_ident(const CfiFlash *f, unsigned which)
{
    if (f->ids_paired) {
        return f->id[2 * which] << 8 | f->id[2 * which + 1];
    }
    return f->id[which];
}

/* --- the query --- */

static void put16(CfiFlash *f, unsigned index, uint32_t value)
{
    f->cfi[index] = value & 0xff;
    f->cfi[index + 1] = value >> 8 & 0xff;
}

/* x8, x16, x8/x16 or x32, as the chips could be wired. */
static uint16_t interface_code(const CfiFlash *f)
{
    if (f->max_device_width == 2) {
        return f->device_width == 1 ? 2 : 1;
    }
    return f->max_device_width == 4 ? 3 : 0;
}

void cfi_flash_fill_query(CfiFlash *f, const CfiVendor *v)
{
    unsigned devices = cfi_flash_num_devices(f);

    memcpy(&f->cfi[CFI_QRY], "QRY", 3);
    put16(f, CFI_COMMAND_SET, v->command_set);
    put16(f, CFI_PRIMARY_ADDRESS, CFI_PRIMARY);
    f->cfi[CFI_VCC_MIN] = v->vcc_min;
    f->cfi[CFI_VCC_MAX] = v->vcc_max;
    f->cfi[CFI_WORD_TIME] = v->word_us;
    f->cfi[CFI_BUFFER_TIME] = v->buffer_us;
    f->cfi[CFI_BLOCK_TIME] = v->block_ms;
    f->cfi[CFI_CHIP_TIME] = v->chip_ms;
    f->cfi[CFI_MAX_WORD_TIME] = v->word_us ? MAX_TIME_FACTOR : 0;
    f->cfi[CFI_MAX_BUFFER_TIME] = v->buffer_us ? MAX_TIME_FACTOR : 0;
    f->cfi[CFI_MAX_BLOCK_TIME] = v->block_ms ? MAX_ERASE_TIME_FACTOR : 0;
    f->cfi[CFI_MAX_CHIP_TIME] = v->chip_ms ? MAX_ERASE_TIME_FACTOR : 0;
    f->cfi[CFI_DEVICE_SIZE] = ctz64(pow2ceil(f->size / devices));
    put16(f, CFI_INTERFACE, interface_code(f));
    put16(f, CFI_BUFFER_SIZE, v->buffer_len);
    f->cfi[CFI_NUM_REGIONS] = 1;
    put16(f, CFI_REGION_BLOCKS, f->nb_blocks - 1);
    put16(f, CFI_REGION_BLOCK_SIZE, f->sector_len / devices / 256);
    memcpy(&f->cfi[CFI_PRIMARY], v->primary, v->primary_len);
}

/* --- set-up --- */

static bool is_width(unsigned width)
{
    return width == 1 || width == 2 || width == 4;
}

static bool check_widths(CfiFlash *f, Error **errp)
{
    f->ids_paired = !f->device_width && (f->id[2] || f->id[3]);
    if (!f->device_width) {
        f->device_width = f->bank_width;
    }
    if (!f->max_device_width) {
        f->max_device_width = f->device_width;
    }
    if (!is_width(f->bank_width) || !is_width(f->device_width) ||
        !is_width(f->max_device_width)) {
        error_setg(errp, "flash '%s': width %u, device-width %u, max-device-width %u: each must be "
                   "1, 2 or 4 bytes", f->name, f->bank_width, f->device_width,
                   f->max_device_width);
        return false;
    }
    if (f->device_width > f->bank_width || f->device_width > f->max_device_width) {
        error_setg(errp, "flash '%s': device-width %u must not exceed width %u nor "
                   "max-device-width %u", f->name, f->device_width, f->bank_width,
                   f->max_device_width);
        return false;
    }
    return true;
}

static bool check_geometry(CfiFlash *f, Error **errp)
{
    uint64_t unit;

    if (!f->name || !*f->name) {
        error_setg(errp, "flash: property 'name' is missing");
        return false;
    }
    if (!check_widths(f, errp)) {
        return false;
    }
    unit = 256 * cfi_flash_num_devices(f);
    if (!f->nb_blocks || f->nb_blocks > 0x10000) {
        error_setg(errp, "flash '%s': num-blocks is %u, expected 1 to 65536", f->name,
                   f->nb_blocks);
        return false;
    }
    if (!f->sector_len || f->sector_len % unit || f->sector_len / unit > 0xffff) {
        error_setg(errp, "flash '%s': sector-length is %" PRIu64 ", expected a multiple of %" PRIu64
                   " up to %" PRIu64, f->name, f->sector_len, unit, unit * 0xffff);
        return false;
    }
    f->size = f->sector_len * f->nb_blocks;
    return true;
}

bool cfi_flash_realize(CfiFlash *f, DeviceState *dev,
                       uint64_t (*read)(void *opaque, hwaddr addr, unsigned size),
                       void (*write)(void *opaque, hwaddr addr, uint64_t value, unsigned size),
                       Error **errp)
{
    ERRP_GUARD();

    if (!check_geometry(f, errp)) {
        return false;
    }
    f->dev = dev;
    f->ops = (MemoryRegionOps) {
        .read = read,
        .write = write,
        .endianness = f->big_endian ? DEVICE_BIG_ENDIAN : DEVICE_LITTLE_ENDIAN,
        .valid = { .min_access_size = 1, .max_access_size = 8 },
        .impl = { .min_access_size = 1, .max_access_size = f->bank_width },
    };
    memory_region_init_rom_device(&f->mem, OBJECT(dev), &f->ops, dev, f->name, f->size, errp);
    if (*errp) {
        return false;
    }
    f->storage = memory_region_get_ram_ptr(&f->mem);
    f->romd = f->array = true;
    f->blank = !f->blk;
    if (f->blank) {
        update_romd(f);
        memory_region_set_contents_on_demand(&f->mem, fill_blank);
        return true;
    }
    f->ro = !blk_is_writable(f->blk);
    return blk_check_size_and_read_all(f->blk, dev, f->storage, f->size, errp);
}

DeviceState *cfi_flash_create(const CfiFlashSetup *setup)
{
    DeviceState *dev = qdev_new(setup->type);

    if (setup->blk) {
        qdev_prop_set_drive(dev, "drive", setup->blk);
    }
    if (!setup->sector_len || setup->size % setup->sector_len) {
        error_setg(&error_fatal, "flash '%s': size %" PRIu64 " is no multiple of its sector length %u",
                   setup->name, setup->size, setup->sector_len);
    }
    qdev_prop_set_uint32(dev, "num-blocks", setup->size / setup->sector_len);
    qdev_prop_set_uint64(dev, "sector-length", setup->sector_len);
    qdev_prop_set_uint8(dev, "width", setup->width);
    qdev_prop_set_bit(dev, "big-endian", setup->be);
    qdev_prop_set_uint16(dev, "id0", setup->id[0]);
    qdev_prop_set_uint16(dev, "id1", setup->id[1]);
    qdev_prop_set_uint16(dev, "id2", setup->id[2]);
    qdev_prop_set_uint16(dev, "id3", setup->id[3]);
    qdev_prop_set_string(dev, "name", setup->name);
    return dev;
}

void cfi_flash_realize_and_map(DeviceState *dev, hwaddr base)
{
    sysbus_realize_and_unref(SYS_BUS_DEVICE(dev), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(dev), 0, base);
}
