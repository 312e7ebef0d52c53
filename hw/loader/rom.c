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
    unsigned number;
    bool is_blob; /* made by the board, no file */
    GBytes *data;      /* the first bytes; zeros follow up to size */
    uint8_t *writable; /* after rom_ptr(): all `size` bytes, instead of data */
    uint64_t size;
    hwaddr addr; /* in `mr`, or in `as` */
    MemoryRegion *mr;
    AddressSpace *as;
} Rom;

static GPtrArray *roms;
static unsigned num_added; /* ever: each rom's number */

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

/* By address. Sorted when somebody asks: an image may consist of very many pieces. */
static const GPtrArray *sorted_roms(void)
{
    static unsigned sorted;

    if (!roms) {
        roms = g_ptr_array_new_with_free_func(rom_free);
    }
    if (sorted != num_added) {
        g_ptr_array_sort(roms, compare_roms);
        sorted = num_added;
    }
    return roms;
}

static Rom *add_rom(const char *name, GBytes *data, uint64_t size, hwaddr addr, MemoryRegion *mr,
                    AddressSpace *as)
{
    Rom *rom = g_new0(Rom, 1);

    rom->name = g_strdup(name);
    rom->number = num_added++;
    rom->data = g_bytes_ref(data);
    rom->size = MAX(size, g_bytes_get_size(data));
    rom->addr = addr;
    rom->mr = mr;
    rom->as = mr ? NULL : as ? as : &address_space_memory;
    if (!roms) {
        roms = g_ptr_array_new_with_free_func(rom_free);
    }
    g_ptr_array_add(roms, rom);
    return rom;
}

void rom_add_bytes(const char *name, GBytes *data, uint64_t size, hwaddr addr, MemoryRegion *mr,
                   AddressSpace *as)
{
    add_rom(name, data, size, addr, mr, as);
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

    add_rom(name, data, max_len, addr, NULL, as)->is_blob = true;
    return NULL;
}

void rom_remove_all(void)
{
    g_clear_pointer(&roms, g_ptr_array_unref);
    symbols_remove_all();
}

/* ---- Overlaps ---- */

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
    if (a->as != b->as || a->mr != b->mr || rom_last(a) < b->addr) {
        return true;
    }
    error_report("images overlap in guest memory: '%s' at 0x%" PRIx64 "-0x%" PRIx64
                 " and '%s' at 0x%" PRIx64 "-0x%" PRIx64,
                 a->name, a->addr, rom_last(a), b->name, b->addr, rom_last(b));
    return false;
}

/* ---- Images where there is no memory ---- */

/* The memory, or the lack of it, at addr: how far it reaches, and what it is if it isn't memory. */
static uint64_t look_at(const Rom *rom, hwaddr addr, uint64_t size, char **what)
{
    MemoryRegionSection section = memory_region_find(rom->as->root, addr, size);
    uint64_t reach = size;

    if (!section.mr) {
        *what = g_strdup("there is nothing");
    } else if (section.offset_within_address_space > addr) {
        *what = g_strdup("there is nothing");
        reach = section.offset_within_address_space - addr;
    } else {
        reach = section.size;
        if (!section.mr->ram && !section.mr->rom_device) {
            *what = g_strdup_printf("there are registers ('%s')", memory_region_name(section.mr));
        }
    }
    if (section.mr) {
        memory_region_unref(section.mr);
    }
    return reach;
}

/* What stands in the rom's way, for a message; NULL if all of it is memory. */
static char *what_is_in_the_way(const Rom *rom)
{
    uint64_t done = 0;

    while (!rom->mr && done < rom->size) {
        g_autofree char *what = NULL;
        uint64_t reach = look_at(rom, rom->addr + done, rom->size - done, &what);

        if (what) {
            return g_strdup_printf("'%s' lies at 0x%" PRIx64 "-0x%" PRIx64 ", and at 0x%" PRIx64
                                   " %s", rom->name, rom->addr, rom_last(rom), rom->addr + done,
                                   what);
        }
        done += reach;
    }
    return NULL;
}

unsigned rom_count_added(void)
{
    return num_added;
}

bool rom_check_memory(unsigned since, Error **errp)
{
    const GPtrArray *all = sorted_roms();

    for (unsigned i = 0; i < all->len; i++) {
        const Rom *rom = g_ptr_array_index(all, i);
        g_autofree char *problem = rom->number >= since && rom_fits(rom) ? what_is_in_the_way(rom)
                                                                         : NULL;

        if (problem) {
            error_setg(errp, "%s", problem);
            error_append_hint(errp, "The monitor's 'info mtree -f' shows where memory is.\n");
            return false;
        }
    }
    return true;
}

uint64_t rom_end_below(hwaddr limit)
{
    const GPtrArray *all = sorted_roms();
    uint64_t end = 0;

    for (unsigned i = 0; i < all->len; i++) {
        const Rom *rom = g_ptr_array_index(all, i);

        if (rom->as == &address_space_memory && rom->size && rom->addr < limit) {
            end = MAX(end, rom_last(rom) + 1);
        }
    }
    return end;
}

int rom_check_and_register_reset(void)
{
    const GPtrArray *all = sorted_roms();
    const Rom *before = NULL;

    for (unsigned i = 0; i < all->len; i++) {
        const Rom *rom = g_ptr_array_index(all, i);
        g_autofree char *problem = NULL;

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
        problem = what_is_in_the_way(rom);
        if (problem) { /* the board may know what it does */
            warn_report("image %s: that part is lost", problem);
        }
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

void rom_reset(void *unused)
{
    const GPtrArray *all = sorted_roms();

    for (unsigned i = 0; i < all->len; i++) {
        const Rom *rom = g_ptr_array_index(all, i);
        size_t len;
        const uint8_t *bytes = rom_bytes(rom, &len);

        if (rom->mr) {
            uint8_t *host = (uint8_t *)memory_region_get_ram_ptr(rom->mr) + rom->addr;

            memcpy(host, bytes, len);
            memset(host + len, 0, rom->size - len);
            memory_region_set_dirty(rom->mr, rom->addr, rom->size);
        } else {
            address_space_write_rom(rom->as, rom->addr, MEMTXATTRS_UNSPECIFIED, bytes, len);
            zero_guest(rom->as, rom->addr + len, rom->size - len);
        }
    }
}

/* ---- Asking ---- */

void *rom_ptr_for_as(AddressSpace *as, hwaddr addr, size_t size)
{
    const GPtrArray *all = sorted_roms();

    for (unsigned i = 0; i < all->len; i++) {
        Rom *rom = g_ptr_array_index(all, i);

        if (rom->as != as || addr < rom->addr || addr - rom->addr >= rom->size ||
            size > rom->size - (addr - rom->addr)) {
            continue;
        }
        if (!rom->writable) {
            size_t len;
            const uint8_t *bytes = g_bytes_get_data(rom->data, &len);

            rom->writable = g_malloc0(rom->size);
            memcpy(rom->writable, bytes, len);
        }
        return rom->writable + (addr - rom->addr);
    }
    return NULL;
}

void *rom_ptr(hwaddr addr, size_t size)
{
    return rom_ptr_for_as(&address_space_memory, addr, size);
}

bool rom_blob_holds(const char *text)
{
    const GPtrArray *all = sorted_roms();

    for (unsigned i = 0; i < all->len; i++) {
        const Rom *rom = g_ptr_array_index(all, i);
        size_t len;
        const uint8_t *bytes = rom_bytes(rom, &len);

        if (rom->is_blob && memmem(bytes, len, text, strlen(text))) {
            return true;
        }
    }
    return false;
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
    const GPtrArray *all = sorted_roms();

    for (unsigned i = 0; i < all->len; i++) {
        const Rom *rom = g_ptr_array_index(all, i);

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
