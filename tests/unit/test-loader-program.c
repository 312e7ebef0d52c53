/*
 * Programs in whatever format: S-records and Intel hex, images without a place of their own, images
 * where there is no memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <glib/gstdio.h>
#include "memory-test.h"
#include "hw/loader.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/reset.h"

#define ANY      MEMTXATTRS_UNSPECIFIED
#define RAM_SIZE 0x10000

static MemoryRegion ram, flash, registers;
static char *dir, *path;

/* The reset list belongs to another layer. */
void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
}

static void start(const void *data, size_t len)
{
    rom_remove_all();
    address_space_set(&address_space_memory, 0, 0xee, RAM_SIZE, ANY);
    unlink(path);
    g_assert_true(g_file_set_contents(path, data, len, NULL));
}

static uint32_t mem(hwaddr addr)
{
    return ldl_be_phys(&address_space_memory, addr);
}

/* Nothing was loaded and the message speaks of the file and of `part`. */
static void expect_error(Error *err, const char *part)
{
    g_autoptr(GString) list = g_string_new("");

    g_assert_nonnull(err);
    if (!strstr(error_get_pretty(err), part) || !strstr(error_get_pretty(err), path)) {
        g_error("expected '%s' and '%s' in: %s", part, path, error_get_pretty(err));
    }
    error_free(err);
    rom_print(list);
    g_assert_cmpstr(list->str, ==, "");
}

/* ---- S-records and Intel hex ---- */

/* Empty lines, carriage returns, lower case, no newline at the end. */
static const char s_records[] = "S00600004844521B\r\nS10B10005445585474657874DA\r\n\r\n"
                                "S3090000300044415441AC\nS2080010086d6f72652c\nS5030003F9\nS70500001004E6";
static const char intel_hex[] = ":020000040000FA\n:081000005445585474657874DE\n:041008006D6F726531\n:020000020200FA\n:0410000044415441D2\n"
                                ":0400000500001004E3\n:00000001FF\n\x1a";

static void check_text(const char *text, const char *roms)
{
    const ProgramOptions any = { .elf.any_endian = true, .uimage_arch = IH_ARCH_ANY };
    g_autoptr(GString) list = g_string_new("");
    g_autofree char *expected = g_strdup_printf(roms, path, path);
    HexImageInfo info;
    ProgramInfo program;

    start(text, strlen(text));
    g_assert_true(hex_image_probe(path));
    g_assert_cmpint(hex_image_load(path, NULL, &info, &error_abort), ==, 0);
    g_assert_cmphex(info.entry, ==, 0x1004);
    g_assert_cmphex(info.low, ==, 0x1000);
    g_assert_cmphex(info.high, ==, 0x3004);
    g_assert_cmpuint(info.size, ==, 16);
    rom_print(list);
    g_assert_cmpstr(list->str, ==, expected);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x1000), ==, 0x54455854);
    g_assert_cmphex(mem(0x1008), ==, 0x6d6f7265);
    g_assert_cmphex(mem(0x100c), ==, 0xeeeeeeee);
    g_assert_cmphex(mem(0x3000), ==, 0x44415441);

    rom_remove_all();
    g_assert_true(load_program(path, &any, &program, &error_abort));
    g_assert_cmpint(program.format, ==, PROGRAM_HEX);
    g_assert_cmphex(program.entry, ==, 0x1004);
}

#define ROMS "addr=0000000000001000 size=0x00000c mem=ram name=\"%s\"\n" \
             "addr=0000000000003000 size=0x000004 mem=ram name=\"%s\"\n"

static void s_records_are_loaded(void)
{
    check_text(s_records, ROMS);
}

static void intel_hex_is_loaded(void)
{
    check_text(intel_hex, ROMS);
}

static void without_a_start_it_is_the_lowest_address(void)
{
    HexImageInfo info;

    start("S3090000300044415441AC\nS2080010086D6F72652C\n", 44);
    g_assert_cmpint(hex_image_load(path, NULL, &info, &error_abort), ==, 0);
    g_assert_cmphex(info.entry, ==, 0x1008);
}

static void segments_wrap_and_linear_bases_do_not(void)
{
    static const char segment[] = ":020000020200FA\n:04FFFE0057524150C5\n:0400000301000004F4\n:00000001FF\n";
    static const char linear[] = ":04FFFE0057524150C5\n:00000001FF\n";
    static const char top[] = ":02000004FFF00B\n:04001000686967684C\n:00000001FF\n";
    HexImageInfo info;

    start(segment, strlen(segment));
    g_assert_cmpint(hex_image_load(path, NULL, &info, &error_abort), ==, 0);
    g_assert_cmphex(info.low, ==, 0x2000);
    g_assert_cmphex(info.high, ==, 0x12000);
    g_assert_cmphex(info.entry, ==, 0x1004);
    start(linear, strlen(linear));
    g_assert_cmpint(hex_image_load(path, NULL, &info, &error_abort), ==, 0);
    g_assert_cmphex(info.low, ==, 0xfffe);
    g_assert_cmphex(info.high, ==, 0x10002);
    start(top, strlen(top));
    g_assert_cmpint(hex_image_load(path, NULL, &info, &error_abort), ==, 0);
    g_assert_cmphex(info.low, ==, 0xfff00010);
}

static void bad_text_names_its_line(void)
{
    static const struct {
        const char *text, *what;
    } cases[] = {
        { "S00600004844521B\nS10B10005445585474657874D0\n", "line 2: wrong checksum" },
        { "S00600004844521B\nS10B10005445585474657874\n", "line 2: the record has" },
        { "S00600004844521B\nhello\n", "line 2: this is no S-record" },
        { "S00600004844521B\nS10B10005445585474657874D\n", "line 2: this is no S-record" },
        { "S00600004844521B\n:081000005445585474657874DE\n", "line 2: this is no S-record" },
        { "S00600004844521B\nS4050000616237\n", "line 2: S4 is no type" },
        { "S00600004844521B\nS101FE\n", "line 2: the record is too short" },
        { "S10B10005445585474657874DA\nS2080010086D6F72652C\nS5030004F8\n", "line 3: records are missing: 4 were announced, 2" },
        { "S309FFFFFFFC746F70703A\nS309FFFFFFFE746F707038\n", "line 2: the data goes beyond" },
        { "S00600004844521B\nS70500001004E6\n", "the file has no data" },
        { "S10B10005445585474657874DA\nS10510067878F4\n", "says twice what is at 0x1006" },
        { ":020000040000FA\n:081000005445585474657874D0\n:00000001FF\n", "line 2: wrong checksum" },
        { ":020000040000FA\n:081000005445585474657874DE\n", "line 2: the file is truncated" },
        { ":081000005445585474657874DE\n:00000009F7\n", "line 2: 09 is no type" },
        { ":081000005445585474657874DE\n:0100000400FB\n", "line 2: a record of type 04 has 1 bytes" },
        { ":020000040000FA\n:00000001FF\n", "the file has no data" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Error *err = NULL;

        start(cases[i].text, strlen(cases[i].text));
        g_assert_true(hex_image_probe(path));
        g_assert_cmpint(hex_image_load(path, NULL, NULL, &err), ==, -1);
        expect_error(err, cases[i].what);
    }
}

static void other_text_is_no_hex_image(void)
{
    static const char *const cases[] = { "", "S", ":", "S1", "hello\n", "S1 is a road\n", ":0000\n",
                                         "SX130000\n", "S113000\n", "\n\nS9030000FC\n" };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        start(cases[i], strlen(cases[i]));
        g_assert_false(hex_image_probe(path));
    }
}

/* ---- Programs that don't say where they belong ---- */

static uint32_t crc(const uint8_t *p, size_t len)
{
    uint32_t c = ~0u;

    while (len--) {
        c ^= *p++;
        for (int bit = 0; bit < 8; bit++) {
            c = (c >> 1) ^ (c & 1 ? 0xedb88320u : 0);
        }
    }
    return ~c;
}

/* Of that type, with 8 bytes. */
static void start_with_uimage(int type, uint32_t load, uint32_t entry)
{
    uint8_t file[72] = { 0 };

    memcpy(file + 64, "kernkern", 8);
    stl_be_p(file, 0x27051956);
    stl_be_p(file + 12, 8);
    stl_be_p(file + 16, load);
    stl_be_p(file + 20, entry);
    stl_be_p(file + 24, crc(file + 64, 8));
    file[28] = 5;
    file[29] = IH_ARCH_PPC;
    file[30] = type;
    stl_be_p(file + 4, crc(file, 64));
    start(file, sizeof(file));
}

static void a_uimage_without_a_load_address_goes_where_it_is_told(void)
{
    const ProgramOptions options = { .elf.any_endian = true, .uimage_arch = IH_ARCH_PPC,
                                     .addr = 0x3000 };
    Error *err = NULL;
    ProgramInfo info;
    hwaddr entry, load = 0x4000;

    start_with_uimage(14, 0, 4);
    g_assert_true(load_program(path, &options, &info, &error_abort));
    g_assert_cmpint(info.format, ==, PROGRAM_UIMAGE);
    g_assert_true(info.placed);
    g_assert_cmphex(info.entry, ==, 0x3004);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x3000), ==, 0x6b65726e);
    rom_remove_all();
    g_assert_cmpint(load_uimage(path, &entry, &load, NULL, NULL, NULL), ==, 8);
    g_assert_cmphex(load, ==, 0x4000);
    g_assert_cmphex(entry, ==, 0x4004);
    rom_remove_all();
    g_assert_cmpint(uimage_load(path, IH_ARCH_PPC, 0, NULL, NULL, &err), ==, -1);
    expect_error(err, "without a load address");
}

static void numbers_of_a_uimage_are_unsigned(void)
{
    UImageInfo info;

    start_with_uimage(2, 0x80001000, 0xfff00100);
    g_assert_cmpint(uimage_load(path, IH_ARCH_PPC, 0, NULL, &info, &error_abort), ==, 8);
    g_assert_cmphex(info.load, ==, 0x80001000);
    g_assert_cmphex(info.entry, ==, 0xfff00100);
}

/* One segment of 8 bytes, for PowerPC. */
static void start_with_elf(unsigned type, uint32_t paddr, uint32_t memsz, uint32_t entry)
{
    uint8_t file[sizeof(Elf32_Ehdr) + sizeof(Elf32_Phdr) + 8];
    Elf32_Ehdr eh = {
        .e_type = cpu_to_be16(type), .e_machine = cpu_to_be16(EM_PPC),
        .e_entry = cpu_to_be32(entry), .e_phoff = cpu_to_be32(sizeof(eh)),
        .e_phentsize = cpu_to_be16(sizeof(Elf32_Phdr)), .e_phnum = cpu_to_be16(1),
    };
    Elf32_Phdr ph = {
        .p_type = cpu_to_be32(PT_LOAD), .p_offset = cpu_to_be32(sizeof(eh) + sizeof(ph)),
        .p_vaddr = cpu_to_be32(paddr), .p_paddr = cpu_to_be32(paddr),
        .p_filesz = cpu_to_be32(8), .p_memsz = cpu_to_be32(memsz),
    };

    memcpy(eh.e_ident, ELFMAG, SELFMAG);
    eh.e_ident[EI_CLASS] = ELFCLASS32;
    eh.e_ident[EI_DATA] = ELFDATA2MSB;
    memcpy(file, &eh, sizeof(eh));
    memcpy(file + sizeof(eh), &ph, sizeof(ph));
    memcpy(file + sizeof(eh) + sizeof(ph), "codecode", 8);
    start(file, sizeof(file));
}

static void a_position_independent_elf_file_goes_where_it_is_told(void)
{
    ProgramOptions options = { .elf.big_endian = true, .addr = 0x5000, .has_addr = true };
    ProgramInfo info;

    start_with_elf(ET_DYN, 0x100, 8, 0x104);
    g_assert_true(load_program(path, &options, &info, &error_abort));
    g_assert_true(info.placed);
    g_assert_cmphex(info.entry, ==, 0x5004);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x5000), ==, 0x636f6465);

    rom_remove_all();
    options.has_addr = false;
    g_assert_true(load_program(path, &options, &info, &error_abort));
    g_assert_false(info.placed);
    g_assert_cmphex(info.entry, ==, 0x104);

    start_with_elf(ET_EXEC, 0x100, 8, 0x104);
    options.has_addr = true;
    g_assert_true(load_program(path, &options, &info, &error_abort));
    g_assert_false(info.placed);
    g_assert_cmphex(info.entry, ==, 0x104);
}

static void what_is_forced_to_be_raw_is(void)
{
    const ProgramOptions options = { .addr = 0x6000, .force_raw = true };
    ProgramInfo info;

    start_with_elf(ET_EXEC, 0x100, 8, 0x104);
    g_assert_true(load_program(path, &options, &info, &error_abort));
    g_assert_cmpint(info.format, ==, PROGRAM_RAW);
    g_assert_cmphex(info.entry, ==, 0x6000);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x6000), ==, 0x7f454c46);
}

/* ---- Where there is no memory ---- */

static void what_is_in_an_images_way_is_named(void)
{
    static const struct {
        uint32_t paddr, memsz;
        const char *what; /* NULL: it fits */
    } cases[] = {
        { 0x1000, 8, NULL },
        { 0x20000, 0x1000, NULL }, /* flash */
        { 0xfff8, 0x10, "lies at 0xfff8-0x10007, and at 0x10000 there is nothing" },
        { 0x20ff8, 0x10, "lies at 0x20ff8-0x21007, and at 0x21000 there are registers ('regs')" },
        { 0x90000000, 8, "lies at 0x90000000-0x90000007, and at 0x90000000 there is nothing" },
        { 0x1f000, 0x1000, "at 0x1f000 there is nothing" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const ElfLoadOptions any = { .any_endian = true };
        g_autoptr(Error) err = NULL;
        unsigned before = rom_count_added();

        start_with_elf(ET_EXEC, cases[i].paddr, cases[i].memsz, 0);
        g_assert_cmpint(elf_load(path, &any, NULL, &error_abort), ==, 0);
        g_assert_cmpint(rom_check_memory(before, &err), ==, !cases[i].what);
        g_assert_true(!cases[i].what || strstr(error_get_pretty(err), cases[i].what));
        g_assert_true(!cases[i].what || strstr(error_get_pretty(err), "segment 0"));
        g_assert_true(rom_check_memory(rom_count_added(), &error_abort));
    }
}

static void the_end_of_what_lies_in_ram_is_known(void)
{
    rom_remove_all();
    g_assert_cmphex(rom_end_below(RAM_SIZE), ==, 0);
    rom_add_blob_fixed("low", "abcd", 4, 0x100);
    rom_add_blob_fixed("high", "abcd", 4, 0x2000);
    rom_add_blob_fixed("flash", "abcd", 4, 0x20000);
    g_assert_cmphex(rom_end_below(RAM_SIZE), ==, 0x2004);
    g_assert_cmphex(rom_end_below(0x2000), ==, 0x104);
}

/* ---- What was looked at; symbols ---- */

static void files_that_were_opened_are_known(void)
{
    uint8_t byte;

    start("abc", 3);
    g_assert_false(loader_has_opened("/nowhere"));
    g_assert_cmpint(load_image_size(path, &byte, 1), ==, 1);
    g_assert_true(loader_has_opened(path));
    rom_add_blob_fixed("arguments", "console=ttyS0 quiet", 20, 0x100);
    g_assert_true(rom_blob_holds("console=ttyS0 quiet"));
    g_assert_false(rom_blob_holds("console=ttyS1"));
}

static void an_elf_file_without_symbols_says_so(void)
{
    Error *err = NULL;

    start_with_elf(ET_EXEC, 0x100, 8, 0x104);
    g_assert_false(load_symbol_map(path, &err));
    expect_error(err, "without a table of them");
}

static uint64_t no_registers(void *opaque, hwaddr addr, unsigned size)
{
    return 0;
}

static const MemoryRegionOps register_ops = { .read = no_registers };

int main(int argc, char **argv)
{
    int ret;

    memory_test_init(&argc, &argv);
    dir = g_dir_make_tmp("loader-XXXXXX", NULL);
    path = g_build_filename(dir, "image", NULL);
    memory_region_init_ram(&ram, NULL, "ram", RAM_SIZE, &error_abort);
    memory_region_init_rom(&flash, NULL, "flash", 0x1000, &error_abort);
    memory_region_init_io(&registers, NULL, &register_ops, NULL, "regs", 0x1000);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_add_subregion(get_system_memory(), 0x20000, &flash);
    memory_region_add_subregion(get_system_memory(), 0x21000, &registers);

#define RULE(name, func) g_test_add_func("/loader/" name, func)
    RULE("text/s-records-are-loaded", s_records_are_loaded);
    RULE("text/intel-hex-is-loaded", intel_hex_is_loaded);
    RULE("text/without-a-start-it-is-the-lowest-address", without_a_start_it_is_the_lowest_address);
    RULE("text/segments-wrap-and-linear-bases-do-not", segments_wrap_and_linear_bases_do_not);
    RULE("text/bad-text-names-its-line", bad_text_names_its_line);
    RULE("text/other-text-is-no-hex-image", other_text_is_no_hex_image);
    RULE("uimage/without-a-load-address-goes-where-it-is-told",
         a_uimage_without_a_load_address_goes_where_it_is_told);
    RULE("uimage/numbers-are-unsigned", numbers_of_a_uimage_are_unsigned);
    RULE("elf/position-independent-goes-where-it-is-told",
         a_position_independent_elf_file_goes_where_it_is_told);
    RULE("raw/what-is-forced-to-be-raw-is", what_is_forced_to_be_raw_is);
    RULE("rom/what-is-in-an-images-way-is-named", what_is_in_an_images_way_is_named);
    RULE("rom/the-end-of-what-lies-in-ram-is-known", the_end_of_what_lies_in_ram_is_known);
    RULE("files-that-were-opened-are-known", files_that_were_opened_are_known);
    RULE("symbols/an-elf-file-without-them-says-so", an_elf_file_without_symbols_says_so);
    ret = g_test_run();

    rom_remove_all();
    g_unlink(path);
    g_rmdir(dir);
    g_free(path);
    g_free(dir);
    return ret;
}
