/*
 * Image loaders: good files land where they should, bad ones are refused with a message and leave
 * nothing behind.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include "memory-test.h"
#include "hw/loader.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "system/address-spaces.h"
#include "system/reset.h"

#define ANY MEMTXATTRS_UNSPECIFIED

static MemoryRegion ram, flash;
static char *dir;
static char *path; /* the file of the current test */

/* The reset list belongs to another layer; one handler is enough here. */
static QEMUResetHandler *reset_handler;

void qemu_register_reset(QEMUResetHandler *func, void *opaque)
{
    reset_handler = func;
}

static void write_file(const void *data, size_t len)
{
    int fd;

    /* A new file: replacing or truncating the old one may wait for the disk. */
    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    g_assert_cmpint(write(fd, data, len), ==, (ssize_t)len);
    close(fd);
}

static uint32_t mem(hwaddr addr)
{
    return ldl_be_phys(&address_space_memory, addr);
}

static void start(void)
{
    rom_remove_all();
    address_space_set(&address_space_memory, 0, 0xee, 0x10000, ANY);
}

/* err must be set and speak of `part`; nothing may have been loaded. */
static void expect_error(Error *err, const char *part)
{
    g_autoptr(GString) roms = g_string_new("");

    g_assert_nonnull(err);
    if (!strstr(error_get_pretty(err), part) || !strstr(error_get_pretty(err), path)) {
        g_test_message("expected '%s' and '%s' in: %s", part, path, error_get_pretty(err));
        g_test_fail();
    }
    error_free(err);
    rom_print(roms);
    g_assert_cmpstr(roms->str, ==, "");
}

/* ---- Making ELF files ---- */

typedef struct ElfMaker {
    uint8_t data[0x1000];
    bool is64, big;
} ElfMaker;

static void put(ElfMaker *m, size_t at, unsigned size, uint64_t v)
{
    for (unsigned i = 0; i < size; i++) {
        m->data[at + i] = v >> (8 * (m->big ? size - 1 - i : i));
    }
}

#define PUT(m, base, Type, field, v)                                                               \
    ((m)->is64                                                                                     \
         ? put(m, (base) + offsetof(Elf64_##Type, field), sizeof(((Elf64_##Type *)0)->field), v)   \
         : put(m, (base) + offsetof(Elf32_##Type, field), sizeof(((Elf32_##Type *)0)->field), v))
#define SIZE(m, Type) ((m)->is64 ? sizeof(Elf64_##Type) : sizeof(Elf32_##Type))

enum {
    PHOFF = 0x40,
    SHOFF = 0x200,
    SYMOFF = 0x400,
    STROFF = 0x600,
    TEXT = 0x800,
    DATA = 0xa00,
};

static void make_segment(ElfMaker *m, unsigned i, uint64_t offset, uint64_t vaddr, uint64_t paddr,
                         uint64_t filesz, uint64_t memsz)
{
    size_t ph = PHOFF + i * SIZE(m, Phdr);

    PUT(m, ph, Phdr, p_type, PT_LOAD);
    PUT(m, ph, Phdr, p_flags, PF_R | PF_X);
    PUT(m, ph, Phdr, p_offset, offset);
    PUT(m, ph, Phdr, p_vaddr, vaddr);
    PUT(m, ph, Phdr, p_paddr, paddr);
    PUT(m, ph, Phdr, p_filesz, filesz);
    PUT(m, ph, Phdr, p_memsz, memsz);
}

static void make_section(ElfMaker *m, unsigned i, uint32_t type, uint64_t flags, uint64_t addr,
                         uint64_t offset, uint64_t size, uint32_t link)
{
    size_t sh = SHOFF + i * SIZE(m, Shdr);

    PUT(m, sh, Shdr, sh_type, type);
    PUT(m, sh, Shdr, sh_flags, flags);
    PUT(m, sh, Shdr, sh_addr, addr);
    PUT(m, sh, Shdr, sh_offset, offset);
    PUT(m, sh, Shdr, sh_size, size);
    PUT(m, sh, Shdr, sh_link, link);
}

static void make_symbol(ElfMaker *m, unsigned i, uint32_t name, uint64_t value, uint64_t size,
                        unsigned type)
{
    size_t at = SYMOFF + i * SIZE(m, Sym);

    PUT(m, at, Sym, st_name, name);
    PUT(m, at, Sym, st_value, value);
    PUT(m, at, Sym, st_size, size);
    PUT(m, at, Sym, st_info, ELF64_ST_INFO(STB_GLOBAL, type));
    PUT(m, at, Sym, st_shndx, 1);
}

/* Text at 0xc0001000 loaded at 0x1000, data with 0x10 bytes of zeros behind at 0x2000; symbols. */
static ElfMaker *make_elf(bool is64, bool big, int machine)
{
    static const char strings[] = "\0start\0work\0label\0var\0$x";
    ElfMaker *m = g_new0(ElfMaker, 1);

    m->is64 = is64;
    m->big = big;
    memcpy(m->data, ELFMAG, SELFMAG);
    m->data[EI_CLASS] = is64 ? ELFCLASS64 : ELFCLASS32;
    m->data[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
    m->data[EI_VERSION] = EV_CURRENT;
    PUT(m, 0, Ehdr, e_type, ET_EXEC);
    PUT(m, 0, Ehdr, e_machine, machine);
    PUT(m, 0, Ehdr, e_version, EV_CURRENT);
    PUT(m, 0, Ehdr, e_entry, 0xc0001004);
    PUT(m, 0, Ehdr, e_phoff, PHOFF);
    PUT(m, 0, Ehdr, e_phentsize, SIZE(m, Phdr));
    PUT(m, 0, Ehdr, e_phnum, 2);
    PUT(m, 0, Ehdr, e_shoff, SHOFF);
    PUT(m, 0, Ehdr, e_shentsize, SIZE(m, Shdr));
    PUT(m, 0, Ehdr, e_shnum, 4);
    make_segment(m, 0, TEXT, 0xc0001000, 0x1000, 0x20, 0x20);
    make_segment(m, 1, DATA, 0xc0002000, 0x2000, 0x10, 0x20);
    make_section(m, 1, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 0xc0001000, TEXT, 0x20, 0);
    make_section(m, 2, SHT_SYMTAB, 0, 0, SYMOFF, 6 * SIZE(m, Sym), 3);
    make_section(m, 3, SHT_STRTAB, 0, 0, STROFF, sizeof(strings), 0);
    memcpy(m->data + STROFF, strings, sizeof(strings));
    make_symbol(m, 1, 1, 0xc0001000, 0, STT_NOTYPE);  /* start, up to work */
    make_symbol(m, 2, 7, 0xc0001008, 8, STT_FUNC);    /* work */
    make_symbol(m, 3, 12, 0xc0001018, 0, STT_NOTYPE); /* label, up to the section's end */
    make_symbol(m, 4, 18, 0xc0001008, 4, STT_OBJECT); /* var: not code */
    make_symbol(m, 5, 22, 0xc0001000, 0, STT_NOTYPE); /* $x */
    memcpy(m->data + TEXT, "TEXTtextTEXTtextTEXTtextTEXTtext", 0x20);
    memcpy(m->data + DATA, "DATAdataDATAdata", 0x10);
    return m;
}

static int load(ElfMaker *m, const ElfLoadOptions *opt, ElfLoadResult *r, Error **errp)
{
    write_file(m->data, sizeof(m->data));
    return elf_load(path, opt, r, errp);
}

static const ElfLoadOptions ppc = { .elf_machine = EM_PPC,
                                    .elf_class = ELFCLASS32,
                                    .big_endian = true };

static void test_elf(gconstpointer data)
{
    static const int machines[] = { EM_386, EM_PPC, EM_X86_64, EM_PPC64 };
    unsigned kind = GPOINTER_TO_UINT(data);
    bool is64 = kind & 2, big = kind & 1;
    g_autofree ElfMaker *m = make_elf(is64, big, machines[kind]);
    ElfLoadOptions opt = { .elf_machine = machines[kind], .big_endian = big };
    ElfLoadResult r;

    start();
    g_assert_cmpint(load(m, &opt, &r, &error_abort), ==, 0);
    g_assert_cmphex(r.entry, ==, 0x1004);
    g_assert_cmphex(r.virtual_entry, ==, 0xc0001004);
    g_assert_cmphex(r.low, ==, 0x1000);
    g_assert_cmphex(r.high, ==, 0x2020);
    g_assert_cmphex(r.size, ==, 0x40);
    /* Nothing reaches the guest before the reset. */
    g_assert_cmphex(mem(0x1000), ==, 0xeeeeeeee);
    g_assert_cmpint(rom_check_and_register_reset(), ==, 0);
    reset_handler(NULL);
    g_assert_cmphex(mem(0x1000), ==, 0x54455854);
    g_assert_cmphex(mem(0x200c), ==, 0x64617461);
    g_assert_cmphex(mem(0x2010), ==, 0);
    g_assert_cmphex(mem(0x201c), ==, 0);
    g_assert_cmphex(mem(0x2020), ==, 0xeeeeeeee);
}

static void test_reset_restores_the_image(void)
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);

    start();
    load(m, &ppc, NULL, &error_abort);
    rom_reset(NULL);
    address_space_set(&address_space_memory, 0x1000, 0x55, 0x1020, ANY);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x1000), ==, 0x54455854);
    g_assert_cmphex(mem(0x2010), ==, 0);
}

static void test_symbols(void)
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);
    uint64_t offset;

    start();
    load(m, &ppc, NULL, &error_abort);
    g_assert_cmpstr(lookup_symbol(0xc0001000), ==, "start");
    g_assert_cmpstr(lookup_symbol_offset(0xc0001004, &offset), ==, "start");
    g_assert_cmphex(offset, ==, 4);
    g_assert_cmpstr(lookup_symbol(0xc000100f), ==, "work");
    g_assert_cmpstr(lookup_symbol(0xc0001010), ==, "");
    g_assert_cmpstr(lookup_symbol(0xc000101f), ==, "label");
    g_assert_cmpstr(lookup_symbol(0xc0001020), ==, "");
    g_assert_cmpstr(lookup_symbol(0xc0000fff), ==, "");
    /* Before the guest turns its MMU on, it runs at physical addresses. */
    g_assert_cmpstr(lookup_symbol_offset(0x100c, &offset), ==, "work");
    g_assert_cmphex(offset, ==, 4);
    g_assert_null(lookup_symbol_offset(0x3000, &offset));
}

static void test_symbol_map(void)
{
    static const char text[] = "c0000000 T _stext\nc0000010 t inner\nc0000020 D data\r\n"
                               "c0000040 T later\nnonsense\n\nc00000zz\nc0000050 T";
    Error *err = NULL;
    uint64_t offset;

    start();
    write_file(text, strlen(text));
    g_assert_true(load_symbol_map(path, &error_abort));
    g_assert_cmpstr(lookup_symbol_offset(0xc0000018, &offset), ==, "inner");
    g_assert_cmphex(offset, ==, 8);
    g_assert_cmpstr(lookup_symbol(0xc0000041), ==, "later");
    g_assert_cmpstr(lookup_symbol(0xbfffffff), ==, "");
    start();
    write_file("hello\n", 6);
    g_assert_false(load_symbol_map(path, &err));
    expect_error(err, "no symbols");
}

/* For an image that was stripped; a file with nothing but debugging information will do. */
static void test_symbols_of_an_elf_file(void)
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);
    Error *err = NULL;

    start();
    make_segment(m, 0, 0xffff, 0xc0001000, 0x1000, 0x20, 0x20);
    write_file(m->data, sizeof(m->data));
    g_assert_true(load_symbol_map(path, &error_abort));
    g_assert_cmpstr(lookup_symbol(0xc000100f), ==, "work");
    g_assert_null(rom_ptr(0x1000, 1));
    start();
    PUT(m, 0, Ehdr, e_shnum, 0);
    write_file(m->data, sizeof(m->data));
    g_assert_false(load_symbol_map(path, &err));
    expect_error(err, "no symbols");
}

static uint64_t plus_64k(void *opaque, uint64_t addr)
{
    return addr + 0x8000;
}

static void test_translate(void)
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);
    uint64_t entry, low, high;

    start();
    write_file(m->data, sizeof(m->data));
    g_assert_cmpint(
        load_elf(path, NULL, plus_64k, NULL, &entry, &low, &high, NULL, 1, EM_PPC, 0, 0), ==, 0x40);
    g_assert_cmphex(low, ==, 0x9000);
    g_assert_cmphex(high, ==, 0xa020);
    g_assert_cmphex(entry, ==, 0xc0001004);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x9000), ==, 0x54455854);
}

static void test_wrong_kind(void)
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);
    ElfLoadOptions opt = ppc;
    Error *err = NULL;

    start();
    opt.elf_machine = EM_ARM;
    g_assert_cmpint(load(m, &opt, NULL, &err), ==, ELF_LOAD_WRONG_ARCH);
    expect_error(err, "PowerPC (machine 20), expected Arm");
    opt = ppc;
    opt.elf_class = ELFCLASS64;
    err = NULL;
    g_assert_cmpint(load(m, &opt, NULL, &err), ==, ELF_LOAD_WRONG_ARCH);
    expect_error(err, "32-bit ELF file, expected 64-bit");
    opt = ppc;
    opt.big_endian = false;
    err = NULL;
    g_assert_cmpint(load(m, &opt, NULL, &err), ==, ELF_LOAD_WRONG_ENDIAN);
    expect_error(err, "expected little-endian");
    opt = ppc;
    opt.max_size = 0x1000;
    err = NULL;
    g_assert_cmpint(load(m, &opt, NULL, &err), ==, ELF_LOAD_TOO_BIG);
    expect_error(err, "too large");
}

static void test_not_elf(void)
{
    Error *err = NULL;

    start();
    write_file("#!/bin/sh\n", 10);
    g_assert_cmpint(elf_load(path, &ppc, NULL, &err), ==, ELF_LOAD_NOT_ELF);
    expect_error(err, "not an ELF file");
    err = NULL;
    write_file("", 0);
    g_assert_cmpint(elf_load(path, &ppc, NULL, &err), ==, ELF_LOAD_NOT_ELF);
    expect_error(err, "not an ELF file");
    err = NULL;
    g_unlink(path);
    g_assert_cmpint(elf_load(path, &ppc, NULL, &err), ==, ELF_LOAD_FAILED);
    expect_error(err, "No such file");
}

/* A change to a good file and what the message must speak of. */
static void corrupt(const char *what, void (*change)(ElfMaker *))
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);
    Error *err = NULL;

    start();
    change(m);
    g_assert_cmpint(load(m, &ppc, NULL, &err), ==, ELF_LOAD_FAILED);
    expect_error(err, what);
}

static void bad_class(ElfMaker *m)
{
    m->data[EI_CLASS] = 7;
}

static void headers_outside(ElfMaker *m)
{
    PUT(m, 0, Ehdr, e_phoff, 0xfffffff0);
}

static void many_headers(ElfMaker *m)
{
    PUT(m, 0, Ehdr, e_phnum, 0xffff);
}

static void odd_header_size(ElfMaker *m)
{
    PUT(m, 0, Ehdr, e_phentsize, 8);
}

static void no_headers(ElfMaker *m)
{
    PUT(m, 0, Ehdr, e_phnum, 0);
}

static void segment_beyond_file(ElfMaker *m)
{
    make_segment(m, 1, 0xff8, 0xc0002000, 0x2000, 0x10, 0x10);
}

static void huge_file_size(ElfMaker *m)
{
    make_segment(m, 1, DATA, 0xc0002000, 0x2000, 0xffffffff, 0xffffffff);
}

static void file_larger_than_memory(ElfMaker *m)
{
    make_segment(m, 1, DATA, 0xc0002000, 0x2000, 0x10, 0x8);
}

static void overlapping(ElfMaker *m)
{
    make_segment(m, 1, DATA, 0xc0002000, 0x1010, 0x10, 0x10);
}

static void test_corrupt_elf(void)
{
    corrupt("ELF class", bad_class);
    corrupt("program headers", headers_outside);
    corrupt("program headers", many_headers);
    corrupt("program headers", odd_header_size);
    corrupt("no loadable", no_headers);
    corrupt("beyond the end", segment_beyond_file);
    corrupt("beyond the end", huge_file_size);
    corrupt("more bytes in the file", file_larger_than_memory);
    corrupt("overlaps", overlapping);
}

static void test_segment_past_the_address_space(void)
{
    g_autofree ElfMaker *m = make_elf(true, true, EM_PPC64);
    ElfLoadOptions opt = { .big_endian = true };
    Error *err = NULL;

    start();
    make_segment(m, 1, DATA, 0, UINT64_MAX - 4, 0x10, 0x10);
    g_assert_cmpint(load(m, &opt, NULL, &err), ==, ELF_LOAD_FAILED);
    expect_error(err, "address space");
}

static void test_truncated_at_every_length(void)
{
    g_autofree ElfMaker *m = make_elf(false, true, EM_PPC);

    for (size_t len = 0; len < DATA + 0x10; len++) {
        Error *err = NULL;

        start();
        write_file(m->data, len);
        g_assert_cmpint(elf_load(path, &ppc, NULL, &err), <, 0);
        expect_error(err, "");
    }
}

/* Any answer is fine, as long as there is one. */
static void test_random_damage(void)
{
    for (int round = 0; round < 3000; round++) {
        g_autofree ElfMaker *m = make_elf(round & 1, round & 2, EM_PPC);
        ElfLoadOptions opt = { .any_endian = true, .max_size = 0x10000 };
        Error *err = NULL;

        start();
        for (int n = g_test_rand_int_range(1, 8); n > 0; n--) {
            m->data[g_test_rand_int_range(0, TEXT)] = g_test_rand_int();
        }
        if (load(m, &opt, NULL, &err) < 0) {
            expect_error(err, "");
        } else {
            lookup_symbol(0xc0001004);
            rom_reset(NULL);
        }
    }
}

/* ---- uImage ---- */

static uint32_t crc(const uint8_t *p, size_t len)
{
    uint32_t c = ~0u;

    while (len--) {
        c ^= *p++;
        for (int i = 0; i < 8; i++) {
            c = (c >> 1) ^ (c & 1 ? 0xedb88320 : 0);
        }
    }
    return ~c;
}

static void seal(uint8_t *h)
{
    stl_be_p(h + 4, 0);
    stl_be_p(h + 4, crc(h, 64));
}

static GByteArray *make_uimage(unsigned arch, unsigned type, unsigned comp, const void *data,
                               size_t len)
{
    GByteArray *a = g_byte_array_new();
    uint8_t h[64] = { 0 };

    stl_be_p(h, 0x27051956);
    stl_be_p(h + 12, len);
    stl_be_p(h + 16, 0x3000);
    stl_be_p(h + 20, 0x3010);
    stl_be_p(h + 24, crc(data, len));
    h[28] = 5;
    h[29] = arch;
    h[30] = type;
    h[31] = comp;
    memcpy(h + 32, "test image", 10);
    seal(h);
    g_byte_array_append(a, h, sizeof(h));
    g_byte_array_append(a, data, len);
    return a;
}

static void write_uimage(GByteArray *a)
{
    write_file(a->data, a->len);
    g_byte_array_free(a, TRUE);
}

static GBytes *gzip(const void *data, size_t len)
{
    g_autoptr(GOutputStream) mem_out = g_memory_output_stream_new_resizable();
    g_autoptr(GZlibCompressor) z = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9);
    g_autoptr(GOutputStream) out = g_converter_output_stream_new(mem_out, G_CONVERTER(z));

    g_output_stream_write_all(out, data, len, NULL, NULL, NULL);
    g_output_stream_close(out, NULL, NULL);
    return g_memory_output_stream_steal_as_bytes(G_MEMORY_OUTPUT_STREAM(mem_out));
}

static void check_uimage_loaded(void)
{
    UImageInfo info;

    g_assert_true(uimage_probe(path));
    g_assert_cmpint(uimage_load(path, IH_ARCH_PPC, 0, NULL, &info, &error_abort), ==, 12);
    g_assert_cmphex(info.load, ==, 0x3000);
    g_assert_cmphex(info.entry, ==, 0x3010);
    g_assert_true(info.is_linux);
    g_assert_cmpstr(info.name, ==, "test image");
    rom_reset(NULL);
    g_assert_cmphex(mem(0x3008), ==, 0x6b65726e);
}

static void test_uimage(void)
{
    start();
    write_uimage(make_uimage(IH_ARCH_PPC, 2, 0, "kernkernkern", 12));
    check_uimage_loaded();
}

static void test_uimage_gzip(void)
{
    g_autoptr(GBytes) packed = gzip("kernkernkern", 12);

    start();
    write_uimage(
        make_uimage(IH_ARCH_PPC, 2, 1, g_bytes_get_data(packed, NULL), g_bytes_get_size(packed)));
    check_uimage_loaded();
}

static void bad_uimage(GByteArray *a, uint64_t max, const char *what)
{
    Error *err = NULL;

    start();
    write_uimage(a);
    g_assert_cmpint(uimage_load(path, IH_ARCH_PPC, max, NULL, NULL, &err), ==, -1);
    expect_error(err, what);
}

static void test_bad_uimage(void)
{
    GByteArray *a;
    g_autofree char *zeros = g_malloc0(1 << 20);
    g_autoptr(GBytes) bomb = gzip(zeros, 1 << 20);

    bad_uimage(make_uimage(IH_ARCH_ARM, 2, 0, "abc", 3), 0, "(Arm), expected PowerPC");
    bad_uimage(make_uimage(IH_ARCH_PPC, 3, 0, "abc", 3), 0, "ramdisk");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 2, "abc", 3), 0, "bzip2");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 77, "abc", 3), 0, "unknown compression");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 1, "abc", 3), 0, "gzip");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 0, "abc", 0), 0, "empty");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 0, "abcd", 4), 3, "too large");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 1, g_bytes_get_data(bomb, NULL), g_bytes_get_size(bomb)),
               1000, "more than the 1000 bytes");
    bad_uimage(make_uimage(IH_ARCH_PPC, 2, 1, g_bytes_get_data(bomb, NULL), 200), 0,
               "cannot be unpacked");
    a = make_uimage(IH_ARCH_PPC, 2, 0, "abc", 3);
    a->data[64] ^= 1;
    bad_uimage(a, 0, "contents are corrupt");
    a = make_uimage(IH_ARCH_PPC, 2, 0, "abc", 3);
    a->data[40] ^= 1;
    bad_uimage(a, 0, "header is corrupt");
    a = make_uimage(IH_ARCH_PPC, 2, 0, "abc", 3);
    stl_be_p(a->data + 12, 0xffffffff);
    seal(a->data);
    bad_uimage(a, 0, "truncated");
    a = make_uimage(IH_ARCH_PPC, 2, 0, "abc", 3);
    g_byte_array_set_size(a, 30);
    bad_uimage(a, 0, "not a uImage");
}

/* With CRCs that fit, so that the damage gets past them. */
static void test_random_uimage(void)
{
    g_autoptr(GBytes) packed = gzip("kernkernkernkernkernkern", 24);
    size_t len;
    const uint8_t *data = g_bytes_get_data(packed, &len);

    for (int round = 0; round < 2000; round++) {
        GByteArray *a = make_uimage(IH_ARCH_PPC, 2, 1, data, len);
        Error *err = NULL;

        start();
        for (int n = g_test_rand_int_range(1, 4); n > 0; n--) {
            a->data[g_test_rand_int_range(round & 1 ? 8 : 64, a->len)] = g_test_rand_int();
        }
        stl_be_p(a->data + 24, crc(a->data + 64, MIN(ldl_be_p(a->data + 12), a->len - 64)));
        seal(a->data);
        write_uimage(a);
        if (uimage_load(path, IH_ARCH_PPC, 0x1000, NULL, NULL, &err) < 0) {
            expect_error(err, "");
        }
    }
}

static void test_ramdisk(void)
{
    Error *err = NULL;

    start();
    write_uimage(make_uimage(IH_ARCH_PPC, 3, 0, "diskdisk", 8));
    g_assert_cmpint(load_ramdisk(path, 0x4000, 100), ==, 8);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x4004), ==, 0x6469736b);
    start();
    write_file("plaindisk", 9);
    g_assert_cmpint(load_ramdisk(path, 0x4000, 100), ==, 9);
    start();
    g_assert_cmpint(load_ramdisk_checked(path, 0x4000, 8, NULL, &err), ==, -1);
    expect_error(err, "too large");
    err = NULL;
    write_uimage(make_uimage(IH_ARCH_PPC, 2, 0, "diskdisk", 8));
    g_assert_cmpint(load_ramdisk_checked(path, 0x4000, 100, NULL, &err), ==, -1);
    expect_error(err, "expected a ramdisk");
}

/* ---- Raw images and roms ---- */

static void test_raw(void)
{
    Error *err = NULL;
    uint8_t buf[4];

    start();
    write_file("raw image", 9);
    g_assert_cmpint(get_image_size(path), ==, 9);
    g_assert_cmpint(load_image_size(path, buf, 4), ==, 4);
    g_assert_cmpmem(buf, 4, "raw ", 4);
    g_assert_cmpint(load_image_targphys(path, 0x5000, 8), ==, -1);
    g_assert_cmpint(load_image_checked(path, 0x5000, 8, NULL, &err), ==, -1);
    expect_error(err, "at most 8 bytes");
    g_assert_cmpint(load_image_targphys(path, 0x5000, 9), ==, 9);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x5000), ==, 0x72617720);
    g_assert_cmpint(get_image_size("/dev/null/x"), ==, -1);
    g_assert_cmpint(get_image_size(dir), ==, -1);
    err = NULL;
    start();
    g_assert_cmpint(load_image_checked("/dev/zero", 0, 1000, NULL, &err), ==, -1);
    g_assert_nonnull(strstr(error_get_pretty(err), "too large"));
    error_free(err);
    err = NULL;
    write_file("", 0);
    g_assert_cmpint(load_image_checked(path, 0, 1000, NULL, &err), ==, -1);
    expect_error(err, "empty");
}

static void test_gzipped(void)
{
    g_autoptr(GBytes) packed = gzip("unpacked", 8);

    start();
    write_file(g_bytes_get_data(packed, NULL), g_bytes_get_size(packed));
    g_assert_cmpint(load_image_gzipped(path, 0x6000, 7), ==, -1);
    g_assert_cmpint(load_image_gzipped(path, 0x6000, 8), ==, 8);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x6000), ==, 0x756e7061);
}

static void test_rom_region_gets_its_image(void)
{
    start();
    write_file("boot", 4);
    g_assert_cmpint(load_image_mr(path, &flash), ==, 4);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x20000), ==, 0x626f6f74);
    start();
    rom_add_blob_fixed("blob", "BLOB", 4, 0x20000);
    rom_reset(NULL);
    g_assert_cmphex(mem(0x20000), ==, 0x424c4f42);
}

static void test_rom_list(void)
{
    g_autoptr(GString) s = g_string_new("");

    start();
    rom_add_blob_fixed("vectors", "vvvv", 4, 0x20000);
    rom_add_blob("cmdline", "c", 1, 0x10, 0, NULL, NULL, NULL, NULL, true);
    rom_print(s);
    g_assert_cmpstr(s->str, ==,
                    "addr=0000000000000000 size=0x000010 mem=ram name=\"cmdline\"\n"
                    "addr=0000000000020000 size=0x000004 mem=rom name=\"vectors\"\n");
}

static void test_rom_ptr(void)
{
    uint8_t *p;

    start();
    rom_add_blob("blob", "abcd", 4, 8, 0x100, NULL, NULL, NULL, NULL, true);
    g_assert_null(rom_ptr(0xff, 1));
    g_assert_null(rom_ptr(0x104, 5));
    p = rom_ptr(0x102, 6);
    g_assert_cmpmem(p, 6, "cd\0\0\0\0", 6);
    p[3] = 'X';
    rom_reset(NULL);
    g_assert_cmphex(mem(0x100), ==, 0x61626364);
    g_assert_cmphex(mem(0x104), ==, 0x00580000);
}

static char *reported;

static void keep_report(void *opaque, const char *text)
{
    char *all = g_strconcat(reported ? reported : "", text, NULL);

    g_free(reported);
    reported = all;
}

static void expect_refused(const char *what)
{
    ErrorSink old = error_set_sink((ErrorSink){ keep_report, NULL });

    g_assert_cmpint(rom_check_and_register_reset(), ==, -1);
    error_set_sink(old);
    g_assert_nonnull(strstr(reported, what));
    g_clear_pointer(&reported, g_free);
}

static void test_overlap(void)
{
    start();
    rom_add_blob_fixed("one", "11111111", 8, 0x100);
    rom_add_blob_fixed("two", "2222", 4, 0x108);
    g_assert_cmpint(rom_check_and_register_reset(), ==, 0);
    rom_add_blob_fixed("three", "3", 1, 0x107);
    expect_refused("'one' at 0x100-0x107 and 'three' at 0x107-0x107");
    start();
    rom_add_blob("large", "l", 1, 0x100, 0, NULL, NULL, NULL, NULL, true);
    rom_add_blob_fixed("far", "f", 1, 0xff);
    expect_refused("'large'");
    start();
    rom_add_blob_fixed("end", "12345678", 8, UINT64_MAX - 2);
    expect_refused("does not fit");
}

#define RULE(name, func) g_test_add_func("/loader/" name, func)

int main(int argc, char **argv)
{
    int ret;

    memory_test_init(&argc, &argv);
    dir = g_dir_make_tmp("test-loader-XXXXXX", NULL);
    path = g_build_filename(dir, "image", NULL);
    memory_region_init_ram(&ram, NULL, "ram", 0x10000, &error_abort);
    memory_region_init_rom(&flash, NULL, "flash", 0x1000, &error_abort);
    memory_region_add_subregion(get_system_memory(), 0, &ram);
    memory_region_add_subregion(get_system_memory(), 0x20000, &flash);

    g_test_add_data_func("/loader/elf/32-little", GUINT_TO_POINTER(0), test_elf);
    g_test_add_data_func("/loader/elf/32-big", GUINT_TO_POINTER(1), test_elf);
    g_test_add_data_func("/loader/elf/64-little", GUINT_TO_POINTER(2), test_elf);
    g_test_add_data_func("/loader/elf/64-big", GUINT_TO_POINTER(3), test_elf);
    RULE("elf/reset-restores-the-image", test_reset_restores_the_image);
    RULE("elf/symbols", test_symbols);
    RULE("elf/translated-addresses", test_translate);
    RULE("elf/wrong-kind-is-named", test_wrong_kind);
    RULE("elf/not-elf", test_not_elf);
    RULE("elf/corrupt", test_corrupt_elf);
    RULE("elf/segment-past-the-address-space", test_segment_past_the_address_space);
    RULE("elf/truncated-at-every-length", test_truncated_at_every_length);
    RULE("elf/random-damage", test_random_damage);
    RULE("symbol-map", test_symbol_map);
    RULE("symbols-of-an-elf-file", test_symbols_of_an_elf_file);
    RULE("uimage/plain", test_uimage);
    RULE("uimage/gzip", test_uimage_gzip);
    RULE("uimage/bad", test_bad_uimage);
    RULE("uimage/random-damage", test_random_uimage);
    RULE("ramdisk", test_ramdisk);
    RULE("raw", test_raw);
    RULE("gzipped", test_gzipped);
    RULE("rom/regions-get-their-image", test_rom_region_gets_its_image);
    RULE("rom/list", test_rom_list);
    RULE("rom/ptr-is-writable-before-reset", test_rom_ptr);
    RULE("rom/overlap-is-refused", test_overlap);
    ret = g_test_run();

    rom_remove_all();
    g_unlink(path);
    g_rmdir(dir);
    g_free(path);
    g_free(dir);
    return ret;
}
