/*
 * ELF executables: segments become roms, symbols go to the symbol table.
 *
 * The file is read once into memory and every offset in it is checked against its length before
 * use. Headers of both classes and byte orders are read field by field into one 64-bit form.
 *
 * Reference: System V ABI, chapters 4 (object files) and 5 (program loading).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include "qapi/error.h"
#include "qemu/bswap.h"
#include "qemu/error-report.h"
#include "loader-internal.h"

typedef struct ElfFile {
    const char *filename;
    GBytes *bytes;
    const uint8_t *data;
    size_t len;
    bool is64;
    bool big;
} ElfFile;

/* ---- Reading ---- */

static uint64_t get_field(const ElfFile *f, size_t offset, unsigned size)
{
    const uint8_t *p = f->data + offset;
    uint64_t v = 0;

    assert(offset + size <= f->len && "an ELF field is read without a check");
    for (unsigned i = 0; i < size; i++) {
        v |= (uint64_t)p[i] << (8 * (f->big ? size - 1 - i : i));
    }
    return v;
}

/* Field `field` of a structure that has one layout for each class. */
#define GET(f, base, Type, field)                                                                  \
    ((f)->is64 ? get_field((f), (base) + offsetof(Elf64_##Type, field),                            \
                           sizeof(((Elf64_##Type *)0)->field))                                     \
               : get_field((f), (base) + offsetof(Elf32_##Type, field),                            \
                           sizeof(((Elf32_##Type *)0)->field)))
#define SIZE_OF(f, Type) ((f)->is64 ? sizeof(Elf64_##Type) : sizeof(Elf32_##Type))

static bool in_file(const ElfFile *f, uint64_t offset, uint64_t size)
{
    return offset <= f->len && size <= f->len - offset;
}

/* ---- What kind of file ---- */

static const struct {
    int machine;
    const char *name;
} machine_names[] = {
    { EM_PPC, "PowerPC" },  { EM_PPC64, "64-bit PowerPC" },
    { EM_386, "x86" },      { EM_X86_64, "x86-64" },
    { EM_ARM, "Arm" },      { EM_AARCH64, "AArch64" },
    { EM_MIPS, "MIPS" },    { EM_68K, "68000" },
    { EM_RISCV, "RISC-V" },
};

static const char *machine_name(int machine)
{
    for (size_t i = 0; i < ARRAY_SIZE(machine_names); i++) {
        if (machine_names[i].machine == machine) {
            return machine_names[i].name;
        }
    }
    return "another machine";
}

/* 64-bit machines also start 32-bit images. */
static bool machine_fits(int wanted, int found)
{
    return wanted == EM_NONE || wanted == found || (wanted == EM_PPC64 && found == EM_PPC) ||
           (wanted == EM_X86_64 && found == EM_386);
}

static int not_elf(const char *filename, Error **errp)
{
    error_setg(errp, "'%s' is not an ELF file", filename);
    return ELF_LOAD_NOT_ELF;
}

static int check_ident(ElfFile *f, const ElfLoadOptions *opt, Error **errp)
{
    if (f->len < EI_NIDENT || memcmp(f->data, ELFMAG, SELFMAG)) {
        return not_elf(f->filename, errp);
    }
    f->is64 = f->data[EI_CLASS] == ELFCLASS64;
    f->big = f->data[EI_DATA] == ELFDATA2MSB;
    if (f->data[EI_CLASS] != ELFCLASS32 && !f->is64) {
        error_setg(errp, "'%s': unknown ELF class %u", f->filename, f->data[EI_CLASS]);
        return ELF_LOAD_FAILED;
    }
    if (opt->elf_class != ELFCLASS_ANY && opt->elf_class != f->data[EI_CLASS]) {
        error_setg(errp, "'%s' is a %s-bit ELF file, expected %s-bit", f->filename,
                   f->is64 ? "64" : "32", f->is64 ? "32" : "64");
        return ELF_LOAD_WRONG_ARCH;
    }
    return 0;
}

static int check_machine(const ElfFile *f, const ElfLoadOptions *opt, Error **errp)
{
    int machine = GET(f, 0, Ehdr, e_machine);

    if (!machine_fits(opt->elf_machine, machine)) {
        error_setg(errp, "'%s' is an ELF file for %s (machine %d), expected %s", f->filename,
                   machine_name(machine), machine, machine_name(opt->elf_machine));
        return ELF_LOAD_WRONG_ARCH;
    }
    if (!opt->any_endian && f->big != opt->big_endian) {
        error_setg(errp, "'%s' is a %s-endian ELF file, expected %s-endian", f->filename,
                   f->big ? "big" : "little", f->big ? "little" : "big");
        return ELF_LOAD_WRONG_ENDIAN;
    }
    return 0;
}

static int check_header(ElfFile *f, const ElfLoadOptions *opt, Error **errp)
{
    int ret = check_ident(f, opt, errp);

    if (ret) {
        return ret;
    }
    if (f->len < SIZE_OF(f, Ehdr)) {
        error_setg(errp, "'%s' is truncated: %zu bytes are no ELF header", f->filename, f->len);
        return ELF_LOAD_FAILED;
    }
    ret = check_machine(f, opt, errp);
    if (ret) {
        return ret;
    }
    uint64_t phnum = GET(f, 0, Ehdr, e_phnum);
    if (phnum && (GET(f, 0, Ehdr, e_phentsize) != SIZE_OF(f, Phdr) ||
                  !in_file(f, GET(f, 0, Ehdr, e_phoff), phnum * SIZE_OF(f, Phdr)))) {
        error_setg(errp,
                   "'%s' is truncated or corrupt: its ELF program headers are not in the file",
                   f->filename);
        return ELF_LOAD_FAILED;
    }
    return 0;
}

/* ---- Segments ---- */

typedef struct Segment {
    unsigned number;
    uint64_t offset, filesz, memsz, vaddr, phys;
} Segment;

static int fail(Error **errp, const ElfFile *f, unsigned number, const char *what)
{
    error_setg(errp, "'%s': ELF segment %u %s", f->filename, number, what);
    return ELF_LOAD_FAILED;
}

static int read_segment(const ElfFile *f, const ElfLoadOptions *opt, unsigned i, Segment *seg,
                        Error **errp)
{
    size_t ph = GET(f, 0, Ehdr, e_phoff) + i * SIZE_OF(f, Phdr);

    *seg = (Segment){
        .number = i,
        .offset = GET(f, ph, Phdr, p_offset),
        .filesz = GET(f, ph, Phdr, p_filesz),
        .memsz = GET(f, ph, Phdr, p_memsz),
        .vaddr = GET(f, ph, Phdr, p_vaddr),
        .phys = GET(f, ph, Phdr, p_paddr),
    };
    if (opt->translate_fn) {
        seg->phys = opt->translate_fn(opt->translate_opaque, seg->phys);
    }
    if (seg->filesz > seg->memsz) {
        return fail(errp, f, i, "has more bytes in the file than in memory");
    }
    if (!in_file(f, seg->offset, seg->filesz)) {
        return fail(errp, f, i, "lies beyond the end of the file");
    }
    if (seg->memsz && seg->phys + seg->memsz - 1 < seg->phys) {
        return fail(errp, f, i, "does not fit into the address space");
    }
    return 0;
}

static gint compare_segments(gconstpointer a, gconstpointer b)
{
    const Segment *x = a, *y = b;

    return x->phys < y->phys ? -1 : x->phys > y->phys;
}

/*
 * Linker scripts that round things up let the zeros after a segment reach into the next one: cut
 * them there. Bytes from the file must not overlap.
 */
static int separate_segments(const ElfFile *f, GArray *segments, Error **errp)
{
    for (unsigned i = 0; i + 1 < segments->len; i++) {
        Segment *a = &g_array_index(segments, Segment, i);
        const Segment *b = &g_array_index(segments, Segment, i + 1);
        uint64_t room = b->phys - a->phys;

        if (a->filesz > room) {
            return fail(errp, f, a->number, "overlaps the next one");
        }
        a->memsz = MIN(a->memsz, room);
    }
    return 0;
}

static int read_segments(const ElfFile *f, const ElfLoadOptions *opt, GArray *segments,
                         Error **errp)
{
    unsigned phnum = GET(f, 0, Ehdr, e_phnum);

    for (unsigned i = 0; i < phnum; i++) {
        size_t ph = GET(f, 0, Ehdr, e_phoff) + i * SIZE_OF(f, Phdr);
        Segment seg;
        int ret;

        if (GET(f, ph, Phdr, p_type) != PT_LOAD) {
            continue;
        }
        ret = read_segment(f, opt, i, &seg, errp);
        if (ret) {
            return ret;
        }
        if (seg.memsz) {
            g_array_append_val(segments, seg);
        }
    }
    if (!segments->len) {
        error_setg(errp, "'%s' has no loadable ELF segment", f->filename);
        return ELF_LOAD_FAILED;
    }
    g_array_sort(segments, compare_segments);
    return separate_segments(f, segments, errp);
}

/* A position-independent program goes where there is place for it, as a whole. */
static void move_segments(const ElfFile *f, const ElfLoadOptions *opt, GArray *segments)
{
    uint64_t low = g_array_index(segments, Segment, 0).phys;

    if (!opt->place_pie || GET(f, 0, Ehdr, e_type) != ET_DYN) {
        return;
    }
    for (unsigned i = 0; i < segments->len; i++) {
        Segment *seg = &g_array_index(segments, Segment, i);

        seg->phys += opt->pie_base - low;
    }
}

static void fill_result(const ElfFile *f, GArray *segments, ElfLoadResult *r)
{
    const Segment *first = &g_array_index(segments, Segment, 0);
    const Segment *last = &g_array_index(segments, Segment, segments->len - 1);

    *r = (ElfLoadResult){
        .entry = GET(f, 0, Ehdr, e_entry),
        .virtual_entry = GET(f, 0, Ehdr, e_entry),
        .low = first->phys,
        .high = last->phys + last->memsz,
        .flags = GET(f, 0, Ehdr, e_flags),
        .is_pie = GET(f, 0, Ehdr, e_type) == ET_DYN,
    };
    for (unsigned i = 0; i < segments->len; i++) {
        const Segment *seg = &g_array_index(segments, Segment, i);
        r->size += seg->memsz;
        if (r->virtual_entry - seg->vaddr < seg->memsz) {
            r->entry = r->virtual_entry - seg->vaddr + seg->phys;
        }
    }
}

static void add_roms(const ElfFile *f, GArray *segments, AddressSpace *as)
{
    for (unsigned i = 0; i < segments->len; i++) {
        const Segment *seg = &g_array_index(segments, Segment, i);
        g_autofree char *name =
            g_strdup_printf("%s ELF program header segment %u", f->filename, seg->number);
        g_autoptr(GBytes) bytes = g_bytes_new_from_bytes(f->bytes, seg->offset, seg->filesz);

        rom_add_bytes(name, bytes, seg->memsz, seg->phys, NULL, as);
    }
}

/* ---- Symbols. A damaged table costs the symbols, not the image. ---- */

typedef struct Section {
    uint64_t type, flags, addr, offset, size, link;
} Section;

static bool read_section(const ElfFile *f, uint64_t i, Section *s)
{
    size_t sh;

    if (i >= GET(f, 0, Ehdr, e_shnum)) {
        return false;
    }
    sh = GET(f, 0, Ehdr, e_shoff) + i * SIZE_OF(f, Shdr);
    *s = (Section){
        GET(f, sh, Shdr, sh_type),   GET(f, sh, Shdr, sh_flags), GET(f, sh, Shdr, sh_addr),
        GET(f, sh, Shdr, sh_offset), GET(f, sh, Shdr, sh_size),  GET(f, sh, Shdr, sh_link),
    };
    return s->type == SHT_NOBITS || in_file(f, s->offset, s->size);
}

static bool find_symtab(const ElfFile *f, Section *symtab, Section *strtab)
{
    uint64_t shnum = GET(f, 0, Ehdr, e_shnum);

    if (GET(f, 0, Ehdr, e_shentsize) != SIZE_OF(f, Shdr) ||
        !in_file(f, GET(f, 0, Ehdr, e_shoff), shnum * SIZE_OF(f, Shdr))) {
        return false;
    }
    for (uint64_t i = 0; i < shnum; i++) {
        if (read_section(f, i, symtab) && symtab->type == SHT_SYMTAB) {
            return read_section(f, symtab->link, strtab) && strtab->type == SHT_STRTAB;
        }
    }
    return false;
}

/* Functions, and labels of assembler code; no mapping symbols ($x), no local labels. */
static bool read_symbol(const ElfFile *f, const ElfLoadOptions *opt, size_t at,
                        const Section *strtab, LoaderSymbol *s)
{
    unsigned type = GET(f, at, Sym, st_info) & 0xf;
    uint64_t name = GET(f, at, Sym, st_name);
    const char *text = (const char *)f->data + strtab->offset;
    Section in;

    if ((type != STT_FUNC && type != STT_NOTYPE) || name >= strtab->size ||
        !memchr(text + name, '\0', strtab->size - name)) {
        return false;
    }
    s->name = text + name;
    if (!read_section(f, GET(f, at, Sym, st_shndx), &in) || !(in.flags & SHF_EXECINSTR) ||
        !s->name[0] || s->name[0] == '$' || g_str_has_prefix(s->name, ".L")) {
        return false;
    }
    s->addr = GET(f, at, Sym, st_value);
    s->addr = opt->clear_lsb ? s->addr & ~1ULL : s->addr;
    s->size = GET(f, at, Sym, st_size);
    s->limit = in.addr + in.size;
    return true;
}

/* How many. */
static unsigned load_symbols(const ElfFile *f, const ElfLoadOptions *opt, GArray *segments)
{
    Section symtab, strtab;
    GArray *symbols, *map;

    if (opt->no_symbols || !find_symtab(f, &symtab, &strtab)) {
        return 0;
    }
    symbols = g_array_new(FALSE, FALSE, sizeof(LoaderSymbol));
    for (uint64_t i = 0; i < symtab.size / SIZE_OF(f, Sym); i++) {
        LoaderSymbol s;
        if (read_symbol(f, opt, symtab.offset + i * SIZE_OF(f, Sym), &strtab, &s)) {
            g_array_append_val(symbols, s);
        }
    }
    map = g_array_new(FALSE, FALSE, sizeof(LoaderSegment));
    for (unsigned i = 0; i < segments->len; i++) {
        const Segment *seg = &g_array_index(segments, Segment, i);
        LoaderSegment m = { seg->vaddr, seg->phys, seg->memsz };
        g_array_append_val(map, m);
    }
    symbols_add(symbols, map, f->bytes);
    return symbols->len;
}

/* ---- Entry points ---- */

static int load_file(ElfFile *f, const ElfLoadOptions *opt, ElfLoadResult *result, Error **errp)
{
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    int ret = check_header(f, opt, errp);

    if (!ret) {
        ret = read_segments(f, opt, segments, errp);
    }
    if (ret) {
        return ret;
    }
    move_segments(f, opt, segments);
    fill_result(f, segments, result);
    if (opt->max_size && result->high - result->low > opt->max_size) {
        error_setg(errp, "'%s' is too large: it needs %" PRIu64 " bytes, %" PRIu64 " fit",
                   f->filename, result->high - result->low, opt->max_size);
        return ELF_LOAD_TOO_BIG;
    }
    add_roms(f, segments, opt->as);
    load_symbols(f, opt, segments);
    return 0;
}

/* What is something else needn't be read, however long it is. */
static bool is_surely_not_elf(const char *filename)
{
    uint8_t magic[SELFMAG];

    return load_image_size(filename, magic, SELFMAG) == SELFMAG && memcmp(magic, ELFMAG, SELFMAG);
}

int elf_load(const char *filename, const ElfLoadOptions *options, ElfLoadResult *result,
             Error **errp)
{
    g_autoptr(GBytes) bytes = NULL;
    ElfFile f = { .filename = filename };
    ElfLoadResult unused;

    if (is_surely_not_elf(filename)) {
        return not_elf(filename, errp);
    }
    bytes = f.bytes = loader_read_file(filename, LOADER_MAX_FILE, errp);
    if (!bytes) {
        return ELF_LOAD_FAILED;
    }
    f.data = g_bytes_get_data(bytes, &f.len);
    return load_file(&f, options, result ? result : &unused, errp);
}

bool elf_has_magic(GBytes *file)
{
    size_t len;
    const uint8_t *data = g_bytes_get_data(file, &len);

    return len >= SELFMAG && !memcmp(data, ELFMAG, SELFMAG);
}

/* Its segments needn't be there: a file with debugging information only has none of their bytes. */
bool elf_add_symbols(const char *filename, GBytes *file, Error **errp)
{
    const ElfLoadOptions options = { .any_endian = true };
    g_autoptr(GArray) segments = g_array_new(FALSE, FALSE, sizeof(Segment));
    ElfFile f = { .filename = filename, .bytes = file };

    f.data = g_bytes_get_data(file, &f.len);
    if (check_header(&f, &options, errp)) {
        return false;
    }
    if (read_segments(&f, &options, segments, NULL)) {
        g_array_set_size(segments, 0);
    }
    if (!load_symbols(&f, &options, segments)) {
        error_setg(errp, "'%s' has no symbols: it is an ELF file without a table of them "
                         "(stripped?)", filename);
        return false;
    }
    return true;
}

ssize_t load_elf(const char *filename, uint64_t (*elf_note_fn)(void *, void *, bool),
                 uint64_t (*translate_fn)(void *, uint64_t), void *translate_opaque,
                 uint64_t *pentry, uint64_t *lowaddr, uint64_t *highaddr, uint32_t *pflags,
                 int big_endian, int elf_machine, int clear_lsb, int data_swap)
{
    ElfLoadOptions opt = {
        .elf_machine = elf_machine,
        .big_endian = big_endian,
        .clear_lsb = clear_lsb,
        .translate_fn = translate_fn,
        .translate_opaque = translate_opaque,
    };
    ElfLoadResult r;
    int ret;

    assert(!elf_note_fn && !data_swap && "load_elf(): notes and swapped data are not supported");
    ret = elf_load(filename, &opt, &r, NULL);
    if (ret) {
        return ret;
    }
    if (pentry) {
        *pentry = translate_fn ? r.virtual_entry : r.entry;
    }
    if (lowaddr) {
        *lowaddr = r.low;
    }
    if (highaddr) {
        *highaddr = r.high;
    }
    if (pflags) {
        *pflags = r.flags;
    }
    return r.size;
}

const char *load_elf_strerror(ssize_t error)
{
    static const char *const messages[] = {
        [-ELF_LOAD_FAILED] = "the file is damaged or cannot be read",
        [-ELF_LOAD_NOT_ELF] = "the file is not in ELF format",
        [-ELF_LOAD_WRONG_ARCH] = "the ELF file is for another machine",
        [-ELF_LOAD_WRONG_ENDIAN] = "the ELF file has the other byte order",
        [-ELF_LOAD_TOO_BIG] = "the ELF file needs more memory than there is",
    };

    if (error >= 0) {
        return "no error";
    }
    return -error < (ssize_t)ARRAY_SIZE(messages) ? messages[-error] : "unknown error";
}
