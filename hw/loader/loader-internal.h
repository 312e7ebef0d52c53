/*
 * What the image loaders share: files in memory, unpacking, roms, symbols.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef HW_CORE_LOADER_INTERNAL_H
#define HW_CORE_LOADER_INTERNAL_H

#include "qemu/osdep.h"
#include "hw/loader.h"

/* No image is larger than this. */
#define LOADER_MAX_FILE (4 * GiB)

/*
 * Unpacks a gzip stream; `filename` is for messages. NULL if it is corrupt or unpacks to more
 * than max.
 */
GBytes *loader_gunzip(GBytes *packed, uint64_t max, const char *filename, Error **errp);
bool loader_is_gzip(const uint8_t *data, size_t len);

/* Remembers that the machine has looked at a file that was given to it: loader_has_opened(). */
void loader_note_opened(const char *filename);

/* ---- Symbols ---- */

/*
 * The symbols of an ELF file whose bytes are `file`, of any machine, without loading it; false and
 * *errp if it has none.
 */
bool elf_add_symbols(const char *filename, GBytes *file, Error **errp);
bool elf_has_magic(GBytes *file);

typedef struct LoaderSymbol {
    uint64_t addr;
    uint64_t size; /* 0: up to the next symbol or `limit` */
    uint64_t limit;
    const char *name;
} LoaderSymbol;

/* [virt, virt + size) was loaded at phys. */
typedef struct LoaderSegment {
    uint64_t virt, phys, size;
} LoaderSegment;

/*
 * Takes over both arrays (of LoaderSymbol, LoaderSegment) and a reference to what holds the
 * names.
 */
void symbols_add(GArray *symbols, GArray *segments, GBytes *names);
void symbols_remove_all(void);

#endif
