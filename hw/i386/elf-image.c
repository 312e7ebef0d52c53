/*
 * Kernels as ELF files: their segments as they lie in memory, and notes.
 *
 * Reference: System V ABI, chapter 5 (program header, notes); Xen, public/elfnote.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <elf.h>
#include "boot-internal.h"
#include "qemu/bswap.h"
#include "qemu/units.h"

#define NOTE_PVH_ENTRY 18
#define NOTE_OWNER     "Xen"

/* A program header of either class. */
typedef struct Segment {
    uint32_t type;
    uint64_t offset, vaddr, paddr, filesz, memsz;
} Segment;

static bool is_64(const BootContext *boot)
{
    return boot->kernel[EI_CLASS] == ELFCLASS64;
}

bool boot_is_elf(const BootContext *boot)
{
    const uint8_t *ident = boot->kernel;

    return boot->kernel_size >= sizeof(Elf64_Ehdr) && !memcmp(ident, ELFMAG, SELFMAG) &&
           (ident[EI_CLASS] == ELFCLASS32 || ident[EI_CLASS] == ELFCLASS64) &&
           ident[EI_DATA] == ELFDATA2LSB;
}

/* Both are copied: a file's structures need not be aligned. */
static GArray *read_segments(BootContext *boot, uint64_t *entry)
{
    GArray *segments = g_array_new(false, false, sizeof(Segment));
    bool wide = is_64(boot);
    size_t size = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    uint64_t at;
    unsigned count;
    Elf64_Ehdr e64;
    Elf32_Ehdr e32;

    memcpy(&e64, boot->kernel, sizeof(e64));
    memcpy(&e32, boot->kernel, sizeof(e32));
    at = wide ? e64.e_phoff : e32.e_phoff;
    count = wide ? e64.e_phnum : e32.e_phnum;
    *entry = wide ? e64.e_entry : e32.e_entry;
    if (at > boot->kernel_size || count * size > boot->kernel_size - at) {
        boot_give_up("-kernel: '%s' is truncated: its program headers aren't there",
                     boot->machine->kernel_filename);
    }
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *bytes = boot->kernel + at + i * size;
        Elf64_Phdr p64;
        Elf32_Phdr p32;

        if (wide) {
            memcpy(&p64, bytes, sizeof(p64));
        } else {
            memcpy(&p32, bytes, sizeof(p32));
            p64 = (Elf64_Phdr){ .p_type = p32.p_type, .p_offset = p32.p_offset,
                                .p_vaddr = p32.p_vaddr, .p_paddr = p32.p_paddr,
                                .p_filesz = p32.p_filesz, .p_memsz = p32.p_memsz };
        }
        if (p64.p_offset > boot->kernel_size || p64.p_filesz > boot->kernel_size - p64.p_offset) {
            boot_give_up("-kernel: '%s' is truncated: a segment ends at %" PRIu64 ", the file at "
                         "%zu", boot->machine->kernel_filename,
                         (uint64_t)(p64.p_offset + p64.p_filesz), (size_t)boot->kernel_size);
        }
        g_array_append_val(segments, ((Segment){ p64.p_type, p64.p_offset, p64.p_vaddr, p64.p_paddr,
                                                 p64.p_filesz, p64.p_memsz }));
    }
    return segments;
}

static bool is_loaded(const Segment *s)
{
    return s->type == PT_LOAD && s->memsz;
}

void boot_elf_read(BootContext *boot, BootImage *image)
{
    const char *name = boot->machine->kernel_filename;
    uint64_t entry;
    g_autoptr(GArray) segments = read_segments(boot, &entry);

    *image = (BootImage){ .entry = entry };
    for (guint i = 0; i < segments->len; i++) {
        const Segment *s = &g_array_index(segments, Segment, i);

        if (!is_loaded(s)) {
            continue;
        }
        if (s->filesz > s->memsz) {
            boot_give_up("-kernel: '%s' has a segment of %" PRIu64 " bytes, %" PRIu64 " of them in "
                         "the file", name, s->memsz, s->filesz);
        }
        boot_image_extend(boot, image, s->paddr, s->memsz);
    }
    if (!image->low.size && !image->high.size) {
        boot_give_up("-kernel: '%s' has no segment to load", name);
    }
    boot_image_allocate(image);
    for (guint i = 0; i < segments->len; i++) {
        const Segment *s = &g_array_index(segments, Segment, i);
        BootPart *part = s->paddr < MiB ? &image->low : &image->high;

        if (!is_loaded(s)) {
            continue;
        }
        memcpy(part->bytes + (s->paddr - part->addr), boot->kernel + s->offset, s->filesz);
        if (entry >= s->vaddr && entry - s->vaddr < s->memsz) {
            image->entry = s->paddr + (entry - s->vaddr);
        }
    }
}

/* Notes are words of 4 bytes: two lengths, a type, owner and contents filled up to whole words. */
static bool find_in_notes(const uint8_t *notes, uint64_t size, uint32_t *entry)
{
    enum { HEADER = 12 };

    while (size >= HEADER) {
        uint64_t owner_size = ldl_le_p(notes), contents_size = ldl_le_p(notes + 4);
        uint64_t contents = HEADER + ROUND_UP(owner_size, 4);
        uint64_t next = contents + ROUND_UP(contents_size, 4);

        if (contents + contents_size > size) {
            return false;
        }
        if (ldl_le_p(notes + 8) == NOTE_PVH_ENTRY && owner_size == sizeof(NOTE_OWNER) &&
            !memcmp(notes + HEADER, NOTE_OWNER, sizeof(NOTE_OWNER)) && contents_size >= 4) {
            *entry = ldl_le_p(notes + contents);
            return true;
        }
        notes += MIN(next, size);
        size -= MIN(next, size);
    }
    return false;
}

bool boot_elf_find_pvh_entry(BootContext *boot, uint32_t *entry)
{
    uint64_t unused;
    g_autoptr(GArray) segments = read_segments(boot, &unused);

    for (guint i = 0; i < segments->len; i++) {
        const Segment *s = &g_array_index(segments, Segment, i);

        if (s->type == PT_NOTE && find_in_notes(boot->kernel + s->offset, s->filesz, entry)) {
            return true;
        }
    }
    return false;
}
