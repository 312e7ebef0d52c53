/*
 * Pages by segments and a page table, above the 256 MiB that a BAT maps.
 *
 * SPDX-License-Identifier: MIT
 */
#pragma once

#include "bare.h"
#include "bench.h"

enum {
    PAGE = 4096,
    SPR_SDR1 = 25,
    TABLE = 0x02000000,         /* physical; 128 KiB: 2048 groups of eight entries */
    TABLE_SIZE = 0x20000,
    TABLE_MASK = 1,             /* what SDR1 has for that size */
    MEMORY = 0x03000000,        /* physical; what pages show */
    SEGMENT_SIZE = 0x10000000,
    PAGES_AT = 0x10000000,      /* segment 1 */
};

typedef struct PageEntry {
    uint32_t high, low;
} PageEntry;

/* An empty table. */
static void start_paging(void)
{
    uint32_t *table = (uint32_t *)TABLE;

    for (int i = 0; i < TABLE_SIZE / 4; i++) {
        table[i] = 0;
    }
    mtspr(SPR_SDR1, TABLE | TABLE_MASK);
}

/* The page `number` of the segment with that id is the memory at `physical`. Returns its entry. */
static PageEntry *map_page(uint32_t vsid, uint32_t number, uint32_t physical)
{
    uint32_t group = (vsid ^ number) & 2047;
    PageEntry *entry = (PageEntry *)TABLE + group * 8;

    for (int i = 0; i < 8; i++, entry++) {
        if (!(entry->high >> 31)) {
            entry->low = physical | 0x192; /* referenced, changed, coherent, read and write */
            __asm__ volatile("eieio" ::: "memory");
            entry->high = 0x80000000 | vsid << 7 | number >> 10;
            __asm__ volatile("sync" ::: "memory");
            return entry;
        }
    }
    bench_fail("a group of the page table is full");
}

/* number: of the segment register. */
#define set_segment(number, vsid) \
    __asm__ volatile("mtsr %0, %1; isync" :: "i"(number), "r"(vsid) : "memory")

static inline void forget_page(uint32_t address)
{
    __asm__ volatile("tlbie %0; sync" :: "r"(address) : "memory");
}
