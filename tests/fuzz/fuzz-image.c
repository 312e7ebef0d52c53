/*
 * Fuzz target: files that a machine loads: kernels in all formats, ramdisks, symbols, device trees.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"
#include <elf.h>
#include <sys/mman.h>
#include "hw/loader.h"
#include "hw/ppc/vmc.h"
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/main-loop.h"
#include "qemu/module.h"
#include "system/address-spaces.h"
#include "system/memory.h"

#define RAM_SIZE (1 * MiB)

/* A 32-bit big-endian executable: one segment of 4 bytes at 0x1000, entry there. */
static const char elf[] = "\177ELF\1\2\1\0\0\0\0\0\0\0\0\0" "\0\2" "\0\24" "\0\0\0\1"
                          "\0\0\20\0" "\0\0\0\64" "\0\0\0\0" "\0\0\0\0"
                          "\0\64" "\0\40" "\0\1" "\0\50" "\0\0" "\0\0"
                          "\0\0\0\1" "\0\0\0\124" "\0\0\20\0" "\0\0\20\0"
                          "\0\0\0\4" "\0\0\0\10" "\0\0\0\7" "\0\0\0\4" "code";
/* A uImage of 4 bytes; its checksums are made right by fix_sums(). */
static const char uimage[] = "\x27\x05\x19\x56" "\0\0\0\0" "\0\0\0\0" "\0\0\0\4"
                             "\0\0\20\0" "\0\0\20\0" "\0\0\0\0" "\5\7\2\0"
                             "name\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" "code";
static const char symbols[] = "00001000 T start\nc0000000 t end\n";
/* An empty tree: header, no reservations, root with #address-cells = 1. */
static const char tree[] = "\xd0\x0d\xfe\xed" "\0\0\0\147" "\0\0\0\70" "\0\0\0\130" "\0\0\0\50"
                           "\0\0\0\21" "\0\0\0\20" "\0\0\0\0" "\0\0\0\17" "\0\0\0\40"
                           "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                           "\0\0\0\1\0\0\0\0" "\0\0\0\3\0\0\0\4\0\0\0\0\0\0\0\1" "\0\0\0\2\0\0\0\11"
                           "#address-cells";
static const char gzip[] = "\x1f\x8b\x08\0\0\0\0\0\0\3KLJN\1\0\x11\xcd\x82\xed\4\0\0\0";

static const char s_records[] = "S00600004844521B\n"
                                "S1131000285F245F2212226A000424290008237C1A\n"
                                "S20800200012345678C3\nS30900003000DEADBEEF8E\n"
                                "S5030003F9\nS70500001000EA\n";
static const char intel_hex[] = ":10010000214601360121470136007EFE09D2190140\r\n"
                                ":020000021200EA\r\n:04FFFE0001020304F5\r\n"
                                ":020000040001F9\r\n:0400000500010010E6\r\n:00000001FF\r\n";

#define BYTES(array) { (array), sizeof(array) - 1 }

const FuzzSeed fuzz_seeds[] = {
    BYTES(elf), BYTES(uimage), BYTES(symbols), { tree, sizeof(tree) }, BYTES(gzip),
    BYTES(s_records), BYTES(intel_hex), { NULL, 0 },
};

const FuzzSeed fuzz_tokens[] = {
    BYTES("\0\0\0\1"), BYTES("\0\0\0\2"), BYTES("\0\0\0\3"), BYTES("\0\0\0\11"), BYTES("\0\0\20\0"),
    BYTES("\xff\xff\xff\xff"), BYTES("\x7f\xff\xff\xff"), BYTES("\0\0\0\1chosen\0\0"), BYTES("memory"),
    BYTES("S1"), BYTES("S3"), BYTES(":02"), BYTES("000002"), BYTES("000004"), BYTES("FFFFFFFF"), BYTES("\n"),
    { NULL, 0 },
};

static int file = -1;
static char path[64];

void fuzz_init(void)
{
    MemoryRegion *ram = g_new0(MemoryRegion, 1);

    qemu_init_main_loop(&error_abort);
    module_call_init(MODULE_INIT_QOM);
    memory_map_init();
    memory_region_init_ram(ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, ram);
    file = memfd_create("fuzz", MFD_CLOEXEC);
    g_assert(file >= 0);
    g_snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
}

static uint32_t crc(const uint8_t *data, size_t size)
{
    uint32_t sum = UINT32_MAX;

    for (size_t i = 0; i < size; i++) {
        sum ^= data[i];
        for (int bit = 0; bit < 8; bit++) {
            sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
        }
    }
    return ~sum;
}

/* A random header's checksums are never right: what lies behind that check wants to be seen too. */
static void fix_sums(uint8_t *data, size_t size)
{
    size_t len;

    if (size < 64 || ldl_be_p(data) != 0x27051956) {
        return;
    }
    len = MIN(ldl_be_p(data + 12), size - 64);
    stl_be_p(data + 24, crc(data + 64, len));
    stl_be_p(data + 4, 0);
    stl_be_p(data + 4, crc(data, 64));
}

static int byte_at(const uint8_t *digits)
{
    int high = g_ascii_xdigit_value(digits[0]), low = g_ascii_xdigit_value(digits[1]);

    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Count and checksum of a line of digits from `start` to `end`. */
static void fix_line(uint8_t *start, const uint8_t *end, bool s_record)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = (end - start) / 2;
    size_t count = n - (s_record ? 1 : 5);
    uint8_t sum = 0;

    if ((end - start) % 2 || n < 5 || count > 255) {
        return;
    }
    start[0] = digits[count >> 4];
    start[1] = digits[count & 15];
    for (size_t i = 0; i + 1 < n; i++) {
        sum += byte_at(start + 2 * i);
    }
    sum = s_record ? ~sum : -sum;
    start[2 * n - 2] = digits[sum >> 4];
    start[2 * n - 1] = digits[sum & 15];
}

/* Most lines' counts and checksums; those of the others stay wrong. */
static void fix_lines(uint8_t *data, size_t size)
{
    uint8_t *end = data + size, *next;

    if (!size || (data[0] != 'S' && data[0] != ':')) {
        return;
    }
    for (uint8_t *line = data; line < end; line = next) {
        uint8_t *stop = memchr(line, '\n', end - line), *last;
        size_t mark = data[0] == 'S' ? 2 : 1;

        stop = stop ? stop : end;
        next = stop + 1;
        last = stop > line && stop[-1] == '\r' ? stop - 1 : stop;
        if (last - line > (ptrdiff_t)mark && (last - line) % 16) {
            fix_line(line + mark, last, data[0] == 'S');
        }
    }
}

/* A failure must come with a message, a success without. */
static void check(bool ok, Error *err)
{
    g_assert_true(ok == !err);
    error_free(err);
}

static void load_tree(void)
{
    VMCTreeInfo info = {
        .devices = vmc_devices, .num_devices = vmc_num_devices, .ram_size = 128 * MiB,
        .cpu = "755", .tb_hz = 25000000, .bootargs = "console=ttyS0", .initrd_start = 0x100000,
        .initrd_end = 0x200000,
    };
    Error *err = NULL;
    void *loaded = vmc_tree_load(path, &info, &err);

    check(loaded != NULL, err);
    g_free(loaded);
}

static void load_any_program(void)
{
    const ProgramOptions any = { .elf = { .any_endian = true }, .uimage_arch = IH_ARCH_ANY,
                                 .addr = 0x3000, .has_addr = true, .max_size = RAM_SIZE };
    ElfLoadOptions options = { .any_endian = true };
    ProgramInfo info;
    Error *err = NULL;
    bool ok = elf_load(path, &options, NULL, &err) == 0;

    check(ok, err);
    err = NULL;
    ok = uimage_load(path, IH_ARCH_ANY, RAM_SIZE, NULL, NULL, &err) >= 0;
    check(ok, err);
    err = NULL;
    ok = hex_image_load(path, NULL, NULL, &err) >= 0;
    check(ok, err);
    err = NULL;
    ok = load_program(path, &any, &info, &err);
    check(ok, err);
    err = NULL;
    ok = rom_check_memory(0, &err);
    check(ok, err);
}

static void load_data(void)
{
    Error *err = NULL;
    bool ok = load_symbol_map(path, &err);

    check(ok, err);
    err = NULL;
    ok = load_ramdisk_checked(path, 0x8000, RAM_SIZE / 2, NULL, &err) >= 0;
    check(ok, err);
    load_image_gzipped(path, 0x100, RAM_SIZE / 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree uint8_t *copy = g_memdup2(data, size);
    uint64_t offset;

    fix_sums(copy, size);
    fix_lines(copy, size);
    if (ftruncate(file, 0) < 0 || pwrite(file, copy, size, 0) != (ssize_t)size) {
        g_error("memfd: %s", g_strerror(errno));
    }
    load_tree();
    load_any_program();
    rom_reset(NULL);
    lookup_symbol_offset(0x1002, &offset);
    rom_remove_all();
    load_data();
    rom_reset(NULL);
    rom_remove_all();
    return 0;
}
