/*
 * Legacy U-Boot images: a 64-byte big-endian header, then the (packed) contents.
 *
 * Reference: the header's description in U-Boot's documentation, "Legacy uImage format".
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "loader-internal.h"

#define UIMAGE_MAGIC       0x27051956
#define UIMAGE_HEADER_SIZE 64

enum {
    IH_OS_LINUX = 5,
};

enum {
    IH_TYPE_STANDALONE = 1,
    IH_TYPE_KERNEL = 2,
    IH_TYPE_RAMDISK = 3,
    IH_TYPE_FIRMWARE = 5,
    IH_TYPE_KERNEL_NOLOAD = 14,
};

enum {
    IH_COMP_NONE = 0,
    IH_COMP_GZIP = 1,
};

/* Offsets of the header's fields. */
enum {
    UIMAGE_HCRC = 4,
    UIMAGE_SIZE = 12,
    UIMAGE_LOAD = 16,
    UIMAGE_ENTRY = 20,
    UIMAGE_DCRC = 24,
    UIMAGE_OS = 28,
    UIMAGE_ARCH = 29,
    UIMAGE_TYPE = 30,
    UIMAGE_COMP = 31,
    UIMAGE_NAME = 32,
};

static const char *const arch_names[] = {
    [IH_ARCH_ARM] = "Arm",     [IH_ARCH_I386] = "x86",      [IH_ARCH_MIPS] = "MIPS",
    [IH_ARCH_PPC] = "PowerPC", [IH_ARCH_ARM64] = "AArch64",
};

static const char *const type_names[] = {
    "invalid image", "standalone program", "kernel",
    "ramdisk",       "multi-file image",   "firmware",
    "script",        "file system",        "flat device tree",
    [IH_TYPE_KERNEL_NOLOAD] = "kernel without a load address",
};

static const char *const comp_names[] = { "no", "gzip", "bzip2", "lzma", "lzo", "lz4", "zstd" };

static const char *name_of(const char *const *names, size_t n, unsigned i)
{
    return i < n && names[i] ? names[i] : "unknown";
}

#define NAME_OF(table, i) name_of(table, ARRAY_SIZE(table), i)

/* The CRC of Ethernet and zlib: polynomial 0x04c11db7, bits reversed. */
static uint32_t crc32(const uint8_t *p, size_t len)
{
    static uint32_t table[256];
    uint32_t crc = ~0u;

    for (unsigned i = 0; !table[255] && i < 256; i++) {
        uint32_t c = i;
        for (int bit = 0; bit < 8; bit++) {
            c = (c >> 1) ^ (c & 1 ? 0xedb88320u : 0);
        }
        table[i] = c;
    }
    while (len--) {
        crc = (crc >> 8) ^ table[(crc ^ *p++) & 0xff];
    }
    return ~crc;
}

/* ldl_be_p() gives an int: an address above 2 GiB would become a negative one of 64 bits. */
static uint32_t field(const uint8_t *header, unsigned offset)
{
    return ldl_be_p(header + offset);
}

static bool has_magic(const uint8_t *h, size_t len)
{
    return len >= UIMAGE_HEADER_SIZE && field(h, 0) == UIMAGE_MAGIC;
}

bool uimage_probe(const char *filename)
{
    uint8_t header[UIMAGE_HEADER_SIZE];

    return load_image_size(filename, header, sizeof(header)) == sizeof(header) &&
           has_magic(header, sizeof(header));
}

/* The header's CRC counts its own field as zero. */
static bool header_crc_ok(const uint8_t *h)
{
    uint8_t copy[UIMAGE_HEADER_SIZE];

    memcpy(copy, h, sizeof(copy));
    memset(copy + UIMAGE_HCRC, 0, 4);
    return crc32(copy, sizeof(copy)) == field(h, UIMAGE_HCRC);
}

/* The contents as they are in the file, after all checks that hold for every type. */
static GBytes *uimage_contents(GBytes *file, const char *filename, Error **errp)
{
    size_t len;
    const uint8_t *h = g_bytes_get_data(file, &len);
    uint32_t size;

    if (!has_magic(h, len)) {
        error_setg(errp, "'%s' is not a uImage", filename);
        return NULL;
    }
    size = field(h, UIMAGE_SIZE);
    if (!header_crc_ok(h)) {
        error_setg(errp, "'%s': the uImage's header is corrupt (wrong CRC)", filename);
    } else if (size > len - UIMAGE_HEADER_SIZE) {
        error_setg(errp, "'%s' is truncated: its uImage header says %u bytes, %zu are there",
                   filename, size, len - UIMAGE_HEADER_SIZE);
    } else if (crc32(h + UIMAGE_HEADER_SIZE, size) != field(h, UIMAGE_DCRC)) {
        error_setg(errp, "'%s': the uImage's contents are corrupt (wrong CRC)", filename);
    } else if (size == 0) {
        error_setg(errp, "'%s' is an empty uImage", filename);
    } else {
        return g_bytes_new_from_bytes(file, UIMAGE_HEADER_SIZE, size);
    }
    return NULL;
}

static bool check_executable(const uint8_t *h, const char *filename, int arch, Error **errp)
{
    unsigned type = h[UIMAGE_TYPE];

    if (type != IH_TYPE_KERNEL && type != IH_TYPE_KERNEL_NOLOAD && type != IH_TYPE_STANDALONE && type != IH_TYPE_FIRMWARE) {
        error_setg(errp, "'%s' is a uImage of type %u (%s), expected a kernel", filename, type,
                   NAME_OF(type_names, type));
        return false;
    }
    if (arch != IH_ARCH_ANY && h[UIMAGE_ARCH] != arch) {
        error_setg(errp, "'%s' is a uImage for architecture %u (%s), expected %s", filename,
                   h[UIMAGE_ARCH], NAME_OF(arch_names, h[UIMAGE_ARCH]), NAME_OF(arch_names, arch));
        return false;
    }
    return true;
}

static GBytes *unpack(GBytes *contents, unsigned comp, uint64_t max, const char *filename,
                      Error **errp)
{
    switch (comp) {
    case IH_COMP_NONE:
        if (g_bytes_get_size(contents) > max) {
            error_setg(errp, "'%s' is too large: at most %" PRIu64 " bytes fit", filename, max);
            return NULL;
        }
        return g_bytes_ref(contents);
    case IH_COMP_GZIP:
        return loader_gunzip(contents, max, filename, errp);
    default:
        error_setg(errp, "'%s' is a uImage with %s compression; supported are none and gzip",
                   filename, NAME_OF(comp_names, comp));
        return NULL;
    }
}

/* Without a load address of its own the image's entry is an offset. */
static void fill_info(UImageInfo *info, const uint8_t *h, uint64_t load, uint64_t size)
{
    info->placed = h[UIMAGE_TYPE] == IH_TYPE_KERNEL_NOLOAD;
    info->entry = field(h, UIMAGE_ENTRY) + (info->placed ? load : 0);
    info->load = load;
    info->size = size;
    info->is_linux = h[UIMAGE_OS] == IH_OS_LINUX;
    memcpy(info->name, h + UIMAGE_NAME, sizeof(info->name) - 1);
    info->name[sizeof(info->name) - 1] = '\0';
}

/* Where a caller puts things. */
typedef struct Placement {
    uint64_t noload_addr; /* LOAD_UIMAGE_LOADADDR_INVALID: nowhere */
    uint64_t (*translate)(void *opaque, uint64_t addr); /* of load addresses; NULL: as they are */
    void *opaque;
    AddressSpace *as;
} Placement;

static bool find_place(const uint8_t *h, const char *filename, const Placement *place,
                       uint64_t *load, Error **errp)
{
    if (h[UIMAGE_TYPE] == IH_TYPE_KERNEL_NOLOAD) {
        *load = place->noload_addr;
        if (*load == LOAD_UIMAGE_LOADADDR_INVALID) {
            error_setg(errp, "'%s' is a uImage without a load address (kernel_noload): it can't "
                             "be loaded here", filename);
            return false;
        }
        return true;
    }
    *load = field(h, UIMAGE_LOAD);
    *load = place->translate ? place->translate(place->opaque, *load) : *load;
    return true;
}

static ssize_t load_to(const Placement *place, const char *filename, int arch, uint64_t max_size,
                       UImageInfo *info, Error **errp)
{
    g_autoptr(GBytes) file = loader_read_file(filename, LOADER_MAX_FILE, errp);
    g_autoptr(GBytes) contents = file ? uimage_contents(file, filename, errp) : NULL;
    g_autoptr(GBytes) data = NULL;
    const uint8_t *h;
    uint64_t load, size;

    if (!contents) {
        return -1;
    }
    h = g_bytes_get_data(file, NULL);
    if (!check_executable(h, filename, arch, errp) ||
        !find_place(h, filename, place, &load, errp)) {
        return -1;
    }
    data = unpack(contents, h[UIMAGE_COMP], max_size ? max_size : UINT64_MAX, filename, errp);
    if (!data) {
        return -1;
    }
    size = g_bytes_get_size(data);
    rom_add_bytes(filename, data, size, load, NULL, place->as);
    fill_info(info, h, load, size);
    return size;
}

ssize_t uimage_load_at(const char *filename, int arch, uint64_t noload_addr, uint64_t max_size,
                       AddressSpace *as, UImageInfo *info, Error **errp)
{
    const Placement place = { .noload_addr = noload_addr, .as = as };
    UImageInfo unused;

    return load_to(&place, filename, arch, max_size, info ? info : &unused, errp);
}

ssize_t uimage_load(const char *filename, int arch, uint64_t max_size, AddressSpace *as,
                    UImageInfo *info, Error **errp)
{
    return uimage_load_at(filename, arch, LOAD_UIMAGE_LOADADDR_INVALID, max_size, as, info, errp);
}

ssize_t load_uimage(const char *filename, hwaddr *ep, hwaddr *loadaddr, int *is_linux,
                    uint64_t (*translate_fn)(void *, uint64_t), void *translate_opaque)
{
    const Placement place = { loadaddr ? *loadaddr : LOAD_UIMAGE_LOADADDR_INVALID, translate_fn,
                              translate_opaque, NULL };
    Error *err = NULL;
    UImageInfo info;
    ssize_t size = load_to(&place, filename, IH_ARCH_ANY, 0, &info, &err);

    if (size < 0) {
        error_report_err(err);
        return -1;
    }
    *ep = info.entry;
    if (loadaddr) {
        *loadaddr = info.load;
    }
    if (is_linux) {
        *is_linux = info.is_linux;
    }
    return size;
}

/* ---- Ramdisks ---- */

ssize_t load_ramdisk_checked(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as,
                             Error **errp)
{
    g_autoptr(GBytes) file = NULL, contents = NULL;
    const uint8_t *h;

    if (!uimage_probe(filename)) {
        return load_image_checked(filename, addr, max_sz, as, errp);
    }
    file = loader_read_file(filename, LOADER_MAX_FILE, errp);
    contents = file ? uimage_contents(file, filename, errp) : NULL;
    if (!contents) {
        return -1;
    }
    h = g_bytes_get_data(file, NULL);
    if (h[UIMAGE_TYPE] != IH_TYPE_RAMDISK) {
        error_setg(errp, "'%s' is a uImage of type %u (%s), expected a ramdisk", filename,
                   h[UIMAGE_TYPE], NAME_OF(type_names, h[UIMAGE_TYPE]));
        return -1;
    }
    if (g_bytes_get_size(contents) > max_sz) {
        error_setg(errp, "'%s' is too large: at most %" PRIu64 " bytes fit", filename, max_sz);
        return -1;
    }
    rom_add_bytes(filename, contents, g_bytes_get_size(contents), addr, NULL, as);
    return g_bytes_get_size(contents);
}

ssize_t load_ramdisk_as(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as)
{
    Error *err = NULL;
    ssize_t size = load_ramdisk_checked(filename, addr, max_sz, as, &err);

    if (size < 0) {
        error_report_err(err);
    }
    return size;
}

ssize_t load_ramdisk(const char *filename, hwaddr addr, uint64_t max_sz)
{
    return load_ramdisk_as(filename, addr, max_sz, NULL);
}
