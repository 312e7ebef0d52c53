/*
 * Roms: images that every reset copies into guest memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/main-loop.h"
#include "system/address-spaces.h"
#include "system/reset.h"
#include "loader-internal.h"

typedef struct Rom {
    char *name;
    GBytes *data;      /* the first bytes; zeros follow up to size */
    uint8_t *writable; /* after rom_ptr(): all `size` bytes, instead of data */
    uint64_t size;
    hwaddr addr; /* in `mr`, or in `as` */
    MemoryRegion *mr;
    AddressSpace *as;
} Rom;

/* Sorted by (as, mr, addr). */
static GPtrArray *roms;

static void rom_free(gpointer p)
{
    Rom *rom = p;

    g_bytes_unref(rom->data);
    g_free(rom->writable);
    g_free(rom->name);
    g_free(rom);
}

static int compare_u64(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

static gint compare_roms(gconstpointer a, gconstpointer b)
{
    const Rom *x = *(Rom *const *)a, *y = *(Rom *const *)b;
    int order = compare_u64((uintptr_t)x->as, (uintptr_t)y->as);

    order = order ? order : compare_u64((uintptr_t)x->mr, (uintptr_t)y->mr);
    return order ? order : compare_u64(x->addr, y->addr);
}

void rom_add_bytes(const char *name, GBytes *data, uint64_t size, hwaddr addr, MemoryRegion *mr,
                   AddressSpace *as)
{
    Rom *rom = g_new0(Rom, 1);

    rom->name = g_strdup(name);
    rom->data = g_bytes_ref(data);
    rom->size = MAX(size, g_bytes_get_size(data));
    rom->addr = addr;
    rom->mr = mr;
    rom->as = mr ? NULL : as ? as : &address_space_memory;
    if (!roms) {
        roms = g_ptr_array_new_with_free_func(rom_free);
    }
    g_ptr_array_add(roms, rom);
    g_ptr_array_sort(roms, compare_roms);
}

ssize_t rom_add_file(const char *file, const char *fw_dir, hwaddr addr, int32_t bootindex,
                     bool has_option_rom, MemoryRegion *mr, AddressSpace *as)
{
    Error *err = NULL;
    g_autoptr(GBytes) data = loader_read_file(file, UINT64_MAX, &err);

    if (!data) {
        error_report_err(err);
        return -1;
    }
    rom_add_bytes(file, data, g_bytes_get_size(data), addr, mr, as);
    return 0;
}

MemoryRegion *rom_add_blob(const char *name, const void *blob, size_t len, size_t max_len,
                           hwaddr addr, const char *fw_file_name, void (*fw_callback)(void *),
                           void *callback_opaque, AddressSpace *as, bool read_only)
{
    g_autoptr(GBytes) data = g_bytes_new(blob, len);

    rom_add_bytes(name, data, max_len, addr, NULL, as);
    return NULL;
}

void rom_remove_all(void)
{
    g_clear_pointer(&roms, g_ptr_array_unref);
    symbols_remove_all();
}

/* ---- Overlaps ---- */

static bool same_space(const Rom *a, const Rom *b)
{
    return a->as == b->as && a->mr == b->mr;
}

static uint64_t rom_last(const Rom *rom)
{
    return rom->addr + (rom->size ? rom->size - 1 : 0);
}

/* One more than what fits in the address space, or in the region. */
static bool rom_fits(const Rom *rom)
{
    return rom_last(rom) >= rom->addr && (!rom->mr || rom_last(rom) < memory_region_size(rom->mr));
}

static bool check_overlap(const Rom *a, const Rom *b)
{
    if (!same_space(a, b) || rom_last(a) < b->addr) {
        return true;
    }
    error_report("images overlap in guest memory: '%s' at 0x%" PRIx64 "-0x%" PRIx64
                 " and '%s' at 0x%" PRIx64 "-0x%" PRIx64,
                 a->name, a->addr, rom_last(a), b->name, b->addr, rom_last(b));
    return false;
}

int rom_check_and_register_reset(void)
{
    const Rom *before = NULL;

    for (unsigned i = 0; roms && i < roms->len; i++) {
        const Rom *rom = g_ptr_array_index(roms, i);

        if (!rom_fits(rom)) {
            error_report("image '%s' of %" PRIu64 " bytes does not fit at 0x%" PRIx64, rom->name,
                         rom->size, rom->addr);
            return -1;
        }
        if (!rom->size) {
            continue;
        }
        if (before && !check_overlap(before, rom)) {
            return -1;
        }
        before = rom;
    }
    qemu_register_reset(rom_reset, NULL);
    return 0;
}

/* ---- Reset ---- */

/* The rom's contents and, in *len, how many bytes there are before the zeros. */
static const uint8_t *rom_bytes(const Rom *rom, size_t *len)
{
    if (rom->writable) {
        *len = rom->size;
        return rom->writable;
    }
    return g_bytes_get_data(rom->data, len);
}

static void zero_guest(AddressSpace *as, hwaddr addr, uint64_t len)
{
    static const uint8_t zeros[64 * KiB];

    while (len) {
        uint64_t n = MIN(len, sizeof(zeros));
        address_space_write_rom(as, addr, MEMTXATTRS_UNSPECIFIED, zeros, n);
        addr += n;
        len -= n;
    }
}

static void copy_to_region(const Rom *rom, const uint8_t *bytes, size_t len)
{
    uint8_t *host = memory_region_get_ram_ptr(rom->mr);

    memcpy(host + rom->addr, bytes, len);
    memset(host + rom->addr + len, 0, rom->size - len);
    memory_region_set_dirty(rom->mr, rom->addr, rom->size);
}

void rom_reset(void *unused)
{
    for (unsigned i = 0; roms && i < roms->len; i++) {
        const Rom *rom = g_ptr_array_index(roms, i);
        size_t len;
        const uint8_t *bytes = rom_bytes(rom, &len);

        if (rom->mr) {
            copy_to_region(rom, bytes, len);
        } else {
            address_space_write_rom(rom->as, rom->addr, MEMTXATTRS_UNSPECIFIED, bytes, len);
            zero_guest(rom->as, rom->addr + len, rom->size - len);
        }
    }
}

/* ---- Asking ---- */

static uint8_t *rom_writable(Rom *rom)
{
    if (!rom->writable) {
        size_t len;
        const uint8_t *bytes = g_bytes_get_data(rom->data, &len);

        rom->writable = g_malloc0(rom->size);
        memcpy(rom->writable, bytes, len);
    }
    return rom->writable;
}

void *rom_ptr_for_as(AddressSpace *as, hwaddr addr, size_t size)
{
    for (unsigned i = 0; roms && i < roms->len; i++) {
        Rom *rom = g_ptr_array_index(roms, i);

        if (rom->as == as && addr >= rom->addr && addr - rom->addr < rom->size &&
            size <= rom->size - (addr - rom->addr)) {
            return rom_writable(rom) + (addr - rom->addr);
        }
    }
    return NULL;
}

void *rom_ptr(hwaddr addr, size_t size)
{
    return rom_ptr_for_as(&address_space_memory, addr, size);
}

static bool lies_in_rom(const Rom *rom)
{
    MemoryRegionSection section = memory_region_find(rom->as->root, rom->addr, 1);
    bool is_rom = section.mr && (section.readonly || section.mr->rom_device);

    memory_region_unref(section.mr);
    return is_rom;
}

void rom_print(GString *out)
{
    for (unsigned i = 0; roms && i < roms->len; i++) {
        const Rom *rom = g_ptr_array_index(roms, i);

        if (rom->mr) {
            g_string_append_printf(out, "%s size=0x%06" PRIx64 " name=\"%s\"\n",
                                   memory_region_name(rom->mr), rom->size, rom->name);
        } else {
            g_string_append_printf(
                out, "addr=%016" PRIx64 " size=0x%06" PRIx64 " mem=%s name=\"%s\"\n", rom->addr,
                rom->size, lies_in_rom(rom) ? "rom" : "ram", rom->name);
        }
    }
}
