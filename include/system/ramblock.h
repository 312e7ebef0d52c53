/*
 * RAMBlock: the host memory behind a RAM-like region.
 *
 * Blocks live on a memfd (or a file), so that the same page can be mapped at further host
 * addresses. Each has a place in the global numbering of guest RAM bytes, ram_addr_t, which has
 * nothing to do with where guests see it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef SYSTEM_RAMBLOCK_H
#define SYSTEM_RAMBLOCK_H

#include "qemu/osdep.h"
#include "qemu/queue.h"
#include "system/memory-dirty.h"

#define RAM_ADDR_INVALID (~(ram_addr_t)0)
#define RAM_ADDR_MAX     RAM_ADDR_INVALID

/* ram_flags */
#define RAM_PREALLOC     (1u << 0) /* the caller's memory */
#define RAM_SHARED       (1u << 1)
#define RAM_RESIZEABLE   (1u << 2)
#define RAM_READONLY     (1u << 6) /* the host can't write it either */
#define RAM_NORESERVE    (1u << 7)
#define RAM_MIGRATABLE   (1u << 8) /* the contents are part of a snapshot */

struct RAMBlock {
    MemoryRegion *mr;
    uint8_t *host;
    ram_addr_t offset;      /* first ram_addr_t */
    ram_addr_t used_length; /* bytes, multiples of the page size but for the caller's own memory */
    ram_addr_t max_length;
    void (*resized)(const char *name, uint64_t length, void *host);
    uint32_t flags;
    int fd; /* -1: none */
    uint64_t fd_offset;
    size_t host_page_size;
    char idstr[256];           /* unique name */
    unsigned long *code_pages; /* one bit per TARGET_PAGE_SIZE, atomic */
    unsigned long *made;       /* one bit per RAM_MAKE_AHEAD, atomic; NULL: not for this block */
    unsigned long *dirty[DIRTY_MEMORY_NUM]; /* the same; NULL for DIRTY_MEMORY_CODE */
    QLIST_ENTRY(RAMBlock) next;
};

/*
 * Marks of pages that translated code was made from. Lock-free; offset in bytes from the block's
 * start.
 */
void ram_block_set_code_page(RAMBlock *rb, ram_addr_t offset);
void ram_block_clear_code_page(RAMBlock *rb, ram_addr_t offset);
bool ram_block_test_code_page(const RAMBlock *rb, ram_addr_t offset);
/* Is any page of [offset, offset + len) marked? */
bool ram_block_test_code_range(const RAMBlock *rb, ram_addr_t offset, ram_addr_t len);

/*
 * Memory that the host makes at its first use is made in pieces of so many bytes: guests touch
 * neighbouring pages, nearly always, and each page's own fault costs the host more than the page.
 */
#define RAM_MAKE_AHEAD (128 * KiB)
#define RAM_MAKE_BIT(offset) (1UL << ((offset) / RAM_MAKE_AHEAD % (8 * sizeof(long))))

/* Asks the host for the piece around offset, unless that was done. True if it has been asked. */
bool ram_block_make_piece(RAMBlock *rb, ram_addr_t offset);

/* The same where it is called often. */
static inline bool ram_block_make(RAMBlock *rb, ram_addr_t offset)
{
    size_t word = offset / RAM_MAKE_AHEAD / (8 * sizeof(long));

    return rb->made && !(qatomic_read(&rb->made[word]) & RAM_MAKE_BIT(offset)) &&
           ram_block_make_piece(rb, offset);
}

/* Has a client that logs the block not yet been told of a write to the page? Any thread. */
bool ram_block_test_clean_page(const RAMBlock *rb, ram_addr_t offset);
/* Tells all clients that log the block. Any thread, signal handlers too. */
void ram_block_mark_dirty(RAMBlock *rb, ram_addr_t offset, ram_addr_t size);

const char *qemu_ram_get_idstr(const RAMBlock *rb);
/* Renames to "<device path>/<name>"; a second block of the same name is numbered. */
void qemu_ram_set_idstr(RAMBlock *rb, const char *name, const char *device_path);
void *qemu_ram_get_host_addr(const RAMBlock *rb);
ram_addr_t qemu_ram_get_offset(const RAMBlock *rb);
ram_addr_t qemu_ram_get_used_length(const RAMBlock *rb);
ram_addr_t qemu_ram_get_max_length(const RAMBlock *rb);
/* The file that backs it, -1 for none; the block's first byte is at qemu_ram_get_fd_offset(). */
int qemu_ram_get_fd(const RAMBlock *rb);
uint64_t qemu_ram_get_fd_offset(const RAMBlock *rb);
bool qemu_ram_is_shared(const RAMBlock *rb);
bool qemu_ram_is_migratable(const RAMBlock *rb);
void qemu_ram_set_migratable(RAMBlock *rb);

/*
 * Lookups; NULL where nothing matches. Any thread; RCU read lock or big lock while the result is
 * used. _from_host: round_offset gives the start of the page. Blocks are searched one by one: not
 * for hot paths.
 */
RAMBlock *qemu_ram_block_by_name(const char *name);
RAMBlock *qemu_ram_block_from_addr(ram_addr_t addr, ram_addr_t *offset);
RAMBlock *qemu_ram_block_from_host(const void *ptr, bool round_offset, ram_addr_t *offset);
MemoryRegion *memory_region_from_host(const void *ptr, ram_addr_t *offset);
/*
 * The host address of offset `addr` in rb, or, with rb NULL, of ram_addr_t `addr`; NULL if there
 * is none.
 */
void *qemu_map_ram_ptr(RAMBlock *rb, ram_addr_t addr);

/*
 * Zeros at [offset, offset + len), whole host pages: given back to the host, if that is possible.
 * Translations of code that was there are the caller's affair (memory_region_set_dirty()).
 */
void qemu_ram_discard(RAMBlock *rb, ram_addr_t offset, ram_addr_t len);

typedef int (*RAMBlockIterFunc)(RAMBlock *rb, void *opaque);
/* Calls func for each block until it returns other than 0; returns that. */
int qemu_ram_foreach_block(RAMBlockIterFunc func, void *opaque);

/* ---- For system/memory/ itself. Big lock. ---- */

RAMBlock *qemu_ram_alloc(ram_addr_t size, ram_addr_t max_size, uint32_t flags, MemoryRegion *mr,
                         Error **errp);
RAMBlock *qemu_ram_alloc_from_ptr(ram_addr_t size, void *host, MemoryRegion *mr, Error **errp);
/* Takes over `fd` on success. */
RAMBlock *qemu_ram_alloc_from_fd(ram_addr_t size, MemoryRegion *mr, uint32_t flags, int fd,
                                 uint64_t fd_offset, bool readonly, Error **errp);
RAMBlock *qemu_ram_alloc_from_file(ram_addr_t size, MemoryRegion *mr, uint32_t flags,
                                   const char *path, bool readonly, Error **errp);
/* Unmapped after a grace period. */
void qemu_ram_free(RAMBlock *rb);
bool qemu_ram_resize(RAMBlock *rb, ram_addr_t newsize, Error **errp);
/*
 * Copies an image into the block; [offset, offset + len) lies in it. Doesn't look at marks. What
 * the host can't write stays.
 */
void qemu_ram_write(RAMBlock *rb, ram_addr_t offset, const void *buf, size_t len);

#endif
