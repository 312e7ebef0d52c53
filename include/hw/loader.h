/*
 * Getting files into guest memory: raw images, ELF, uImage, S-records, Intel hex, ROM blobs; and
 * symbols out of them.
 *
 * Files are untrusted. What is malformed is refused with a message that names the file and what
 * was expected; nothing of it reaches the guest.
 *
 * Images loaded to a guest address are kept as "roms" and copied into guest memory at every reset
 * (so a reset machine boots again), through ROM regions too.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_LOADER_H
#define HW_LOADER_H

#include "qemu/osdep.h"
#include "system/memory.h"

/*
 * ---- Raw files. Sizes in bytes, -1: error (errno says which, where the cause was the host's).
 * ----
 */

int64_t get_image_size(const char *filename);
/* Reads at most `size` bytes to `addr` in this process. */
ssize_t load_image_size(const char *filename, void *addr, size_t size);
/* The file's contents; NULL if it can't be read or is larger than max. */
GBytes *loader_read_file(const char *filename, uint64_t max, Error **errp);
/* A rom at guest physical `addr`; -1 if the file is larger than max_sz. */
ssize_t load_image_targphys(const char *filename, hwaddr addr, uint64_t max_sz);
ssize_t load_image_targphys_as(const char *filename, hwaddr addr, uint64_t max_sz,
                               AddressSpace *as);
/* A rom at the start of `mr`, wherever that is mapped. */
ssize_t load_image_mr(const char *filename, MemoryRegion *mr);
/*
 * A rom with the unpacked contents of a gzip file; -1 if it isn't one or unpacks to more than
 * max_sz.
 */
ssize_t load_image_gzipped(const char *filename, hwaddr addr, uint64_t max_sz);
/*
 * An initrd: a plain file, or a uImage of type ramdisk whose header is dropped; reports its
 * error.
 */
ssize_t load_ramdisk(const char *filename, hwaddr addr, uint64_t max_sz);
ssize_t load_ramdisk_as(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as);
ssize_t load_ramdisk_checked(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as,
                             Error **errp);

/* As load_image_targphys_as() with a message instead of errno. */
ssize_t load_image_checked(const char *filename, hwaddr addr, uint64_t max_sz, AddressSpace *as,
                           Error **errp);

/* Has any function here, or load_device_tree(), looked at the file of that name? */
bool loader_has_opened(const char *filename);

/* ---- ELF. ---- */

#define ELF_LOAD_FAILED       -1
#define ELF_LOAD_NOT_ELF      -2
#define ELF_LOAD_WRONG_ARCH   -3
#define ELF_LOAD_WRONG_ENDIAN -4
#define ELF_LOAD_TOO_BIG      -5
const char *load_elf_strerror(ssize_t error);

#define ELFCLASS_ANY 0

/* Numbers of e_machine are those of <elf.h>: EM_PPC … */
typedef struct ElfLoadOptions {
    int elf_machine; /* EM_*, EM_NONE: any */
    int elf_class;   /* ELFCLASS32, ELFCLASS64 or ELFCLASS_ANY */
    bool big_endian;
    bool any_endian; /* then big_endian says nothing */
    bool clear_lsb;  /* symbols: bit 0 is no address bit */
    bool no_symbols;
    uint64_t max_size; /* highest minus lowest address at most this, 0: no limit */
    /*
     * Segment's p_paddr (and the entry, if it lies in a segment) to physical address; NULL: as it
     * is.
     */
    uint64_t (*translate_fn)(void *opaque, uint64_t addr);
    void *translate_opaque;
    /*
     * A position-independent file (ET_DYN) goes to pie_base instead of where it says, without its
     * relocations being applied: it does that itself.
     */
    bool place_pie;
    uint64_t pie_base;
    AddressSpace *as; /* NULL: address_space_memory */
} ElfLoadOptions;

typedef struct ElfLoadResult {
    uint64_t entry;         /* e_entry, translated as the addresses of the segment that holds it */
    uint64_t virtual_entry; /* e_entry as it stands in the file */
    uint64_t low;           /* lowest physical address loaded */
    uint64_t high;          /* one past the highest, including zero-filled memory */
    uint32_t flags;         /* e_flags */
    uint64_t size;          /* bytes loaded */
    bool is_pie;
} ElfLoadResult;

/* Registers the segments as roms. Returns 0, or ELF_LOAD_* with errp set. result may be NULL. */
int elf_load(const char *filename, const ElfLoadOptions *options, ElfLoadResult *result,
             Error **errp);

/*
 * The established signature: bytes loaded or ELF_LOAD_*. big_endian: 0 or 1. elf_note_fn and
 * data_swap must be NULL and 0.
 */
ssize_t load_elf(const char *filename, uint64_t (*elf_note_fn)(void *, void *, bool),
                 uint64_t (*translate_fn)(void *, uint64_t), void *translate_opaque,
                 uint64_t *pentry, uint64_t *lowaddr, uint64_t *highaddr, uint32_t *pflags,
                 int big_endian, int elf_machine, int clear_lsb, int data_swap);

/* ---- uImage (legacy U-Boot images). ---- */

typedef struct UImageInfo {
    uint64_t entry;
    uint64_t load;
    uint64_t size; /* bytes after unpacking */
    bool is_linux;
    bool placed; /* type kernel_noload: it lies where the caller said */
    char name[33];
} UImageInfo;

/* Values of the header's architecture field. */
#define IH_ARCH_ANY   (-1)
#define IH_ARCH_ARM   2
#define IH_ARCH_I386  3
#define IH_ARCH_MIPS  5
#define IH_ARCH_PPC   7
#define IH_ARCH_ARM64 22

/* Is the file a uImage at all (its magic)? */
bool uimage_probe(const char *filename);
/*
 * Loads an executable image (kernel, standalone program, firmware) for `arch`: checks both CRCs,
 * unpacks gzip, registers a rom at the header's load address. Returns bytes loaded or -1 with
 * errp set. info may be NULL.
 */
ssize_t uimage_load(const char *filename, int arch, uint64_t max_size, AddressSpace *as,
                    UImageInfo *info, Error **errp);
/*
 * The same, and an image of type kernel_noload, whose header says no load address, goes to
 * noload_addr: its contents start there and its entry is an offset from it. uimage_load(), and
 * LOAD_UIMAGE_LOADADDR_INVALID as the address, refuse such images.
 */
ssize_t uimage_load_at(const char *filename, int arch, uint64_t noload_addr, uint64_t max_size,
                       AddressSpace *as, UImageInfo *info, Error **errp);
#define LOAD_UIMAGE_LOADADDR_INVALID UINT64_MAX
/*
 * The established signature; reports its error. Any architecture. *loadaddr (loadaddr may be NULL)
 * is where a kernel_noload goes, and then where the image is.
 */
ssize_t load_uimage(const char *filename, hwaddr *ep, hwaddr *loadaddr, int *is_linux,
                    uint64_t (*translate_fn)(void *, uint64_t), void *translate_opaque);

/* ---- Text: Motorola's S-records, Intel's hex. ---- */

typedef struct HexImageInfo {
    uint64_t entry; /* what its start record says; without one, low */
    uint64_t low;   /* the lowest address */
    uint64_t high;  /* one past the highest */
    uint64_t size;  /* bytes loaded */
} HexImageInfo;

/* Does the file start with a line that is a record of one of them? Its checksum isn't looked at. */
bool hex_image_probe(const char *filename);
/*
 * Loads one: checks every record, registers a rom for each stretch of memory. 0, or -1 with errp
 * set, which names the line. info may be NULL.
 */
int hex_image_load(const char *filename, AddressSpace *as, HexImageInfo *info, Error **errp);
/* The established signature: bytes loaded or -1. */
ssize_t load_targphys_hex_as(const char *filename, hwaddr *entry, AddressSpace *as);

/* ---- Programs in any of these formats. ---- */

typedef enum ProgramFormat {
    PROGRAM_ELF,
    PROGRAM_UIMAGE,
    PROGRAM_HEX,
    PROGRAM_RAW,
} ProgramFormat;

typedef struct ProgramOptions {
    ElfLoadOptions elf; /* what ELF files are accepted, and the address space of all formats */
    int uimage_arch;    /* IH_ARCH_* */
    /*
     * Where goes what doesn't say where it belongs: a raw image, a kernel_noload; also, with
     * has_addr, a position-independent ELF file.
     */
    hwaddr addr;
    bool has_addr;
    bool force_raw;    /* whatever it looks like */
    uint64_t max_size; /* of raw and uImage contents; 0: no limit */
} ProgramOptions;

typedef struct ProgramInfo {
    ProgramFormat format;
    uint64_t entry;
    bool placed; /* options->addr counted */
} ProgramInfo;

/* Recognises the file's format and loads it. False and *errp; nothing of it is loaded then. */
bool load_program(const char *filename, const ProgramOptions *options, ProgramInfo *info,
                  Error **errp);

/* ---- Roms. ---- */

/*
 * 0 or -1. `mr` (may be NULL): the rom goes to offset `addr` of it; `as` NULL:
 * address_space_memory.
 */
ssize_t rom_add_file(const char *file, const char *fw_dir, hwaddr addr, int32_t bootindex,
                     bool has_option_rom, MemoryRegion *mr, AddressSpace *as);
/*
 * A rom of `size` bytes that starts with `data` (takes a reference) and is zero beyond. mr, as: the
 * same.
 */
void rom_add_bytes(const char *name, GBytes *data, uint64_t size, hwaddr addr, MemoryRegion *mr,
                   AddressSpace *as);
/*
 * Copies `blob`; the rom is max_len long, zero-filled. Returns NULL: there is no region of its
 * own.
 */
MemoryRegion *rom_add_blob(const char *name, const void *blob, size_t len, size_t max_len,
                           hwaddr addr, const char *fw_file_name, void (*fw_callback)(void *),
                           void *callback_opaque, AddressSpace *as, bool read_only);
#define rom_add_file_fixed(f, a, i)    rom_add_file(f, NULL, a, i, false, NULL, NULL)
#define rom_add_file_mr(f, mr, i)      rom_add_file(f, NULL, 0, i, false, mr, NULL)
#define rom_add_file_as(f, as, i)      rom_add_file(f, NULL, 0, i, false, NULL, as)
#define rom_add_blob_fixed(f, b, l, a) rom_add_blob(f, b, l, l, a, NULL, NULL, NULL, NULL, true)
#define rom_add_blob_fixed_as(f, b, l, a, as)                                                      \
    rom_add_blob(f, b, l, l, a, NULL, NULL, NULL, as, true)

/* How many roms have ever been added: a mark for rom_check_memory(). */
unsigned rom_count_added(void);
/*
 * False, with an error that says which image lies where and what is there, if a rom that was added
 * since then doesn't lie in memory (RAM, ROM or flash) entirely.
 */
bool rom_check_memory(unsigned since, Error **errp);
/* One past the end of the last rom in address_space_memory that starts below limit; 0 if none. */
uint64_t rom_end_below(hwaddr limit);
/* Does what the board itself made (rom_add_blob()) contain the text? */
bool rom_blob_holds(const char *text);
/*
 * Called once, when the machine is built: checks that no two roms overlap, warns of those that
 * don't lie in memory, and registers the reset handler that copies them. 0, or -1 with the overlap
 * reported.
 */
int rom_check_and_register_reset(void);
/* Copies all roms to guest memory now. Big lock. */
void rom_reset(void *unused);
/*
 * The rom's own bytes at guest address `addr` (before reset, say); NULL unless one rom holds
 * [addr, addr + size).
 */
void *rom_ptr(hwaddr addr, size_t size);
void *rom_ptr_for_as(AddressSpace *as, hwaddr addr, size_t size);
/* `info roms` */
void rom_print(GString *out);
/* Forgets all roms and symbols (tests). */
void rom_remove_all(void);

/* ---- Symbols. ---- */

/*
 * The name of the symbol that holds the virtual address `addr` (or, where no symbol does, the one
 * that was loaded at that physical address), and how far in; NULL if none. Valid for ever. Any
 * thread.
 */
const char *lookup_symbol_offset(uint64_t addr, uint64_t *offset);
/* "" if none. */
const char *lookup_symbol(uint64_t addr);
/* Adds the text symbols of a kernel's System.map, or those of an ELF file (may be gzipped). */
bool load_symbol_map(const char *filename, Error **errp);

#endif
