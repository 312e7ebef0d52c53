/*
 * The translation cache: blocks by key, and by the RAM page they were translated from.
 *
 * A block's key is (ram address, virtual pc, CPU flags, cflags): RAM addresses, not guest physical
 * ones, so that a block stays right when the board moves memory around, and a store through any
 * alias finds it.
 *
 * All functions run on the CPU's thread or with the CPU stopped.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "system/ramblock.h"

#define TB_HASH_BITS 17
#define TB_HASH_SIZE (1u << TB_HASH_BITS)

static TranslationBlock *tb_hash[TB_HASH_SIZE];
/* RAM page number -> first block with bytes on it; linked through page_next[]. */
static GHashTable *tb_pages;
static size_t nb_blocks;

void tb_cache_init(void)
{
    tb_pages = g_hash_table_new(g_direct_hash, g_direct_equal);
    page_tokens_reset();
}

static unsigned tb_hash_index(ram_addr_t phys_pc, vaddr pc, uint32_t flags)
{
    uint64_t h = phys_pc ^ (pc << 7) ^ ((uint64_t)flags << 21);

    h *= 0x9e3779b97f4a7c15ull;
    return h >> (64 - TB_HASH_BITS);
}

TranslationBlock *tb_cache_find(ram_addr_t phys_pc, vaddr pc, uint32_t flags, uint32_t cflags)
{
    TranslationBlock *tb = tb_hash[tb_hash_index(phys_pc, pc, flags)];

    while (tb && (tb->phys_pc != phys_pc || tb->pc != pc || tb->flags != flags ||
                  tb->cflags != cflags)) {
        tb = tb->hash_next;
    }
    return tb;
}

static gpointer page_key(ram_addr_t addr)
{
    return (gpointer)(uintptr_t)((addr >> TARGET_PAGE_BITS) + 1);
}

static void mark_page(ram_addr_t page, bool has_code)
{
    ram_addr_t offset;
    RAMBlock *rb = qemu_ram_block_from_addr(page, &offset);

    if (!rb) {
        return; /* the block went away, and its marks with it */
    }
    if (has_code) {
        ram_block_set_code_page(rb, offset);
    } else {
        ram_block_clear_code_page(rb, offset);
    }
}

static void protect_page(ram_addr_t page, bool has_code)
{
    mark_page(page, has_code);
    if (has_code) {
        guard_update(page, TARGET_PAGE_SIZE);
    }
}

static void page_add(TranslationBlock *tb, unsigned n)
{
    gpointer key = page_key(tb->page_addr[n]);
    TranslationBlock *first = g_hash_table_lookup(tb_pages, key);

    tb->page_next[n] = first;
    g_hash_table_insert(tb_pages, key, tb);
    if (!first) {
        protect_page(tb->page_addr[n], true);
    }
}

/* The link field of `tb` in the list of page `addr`. */
static TranslationBlock **page_link(TranslationBlock *tb, ram_addr_t addr)
{
    return &tb->page_next[tb->page_addr[0] == addr ? 0 : 1];
}

static void page_remove(TranslationBlock *tb, unsigned n)
{
    ram_addr_t addr = tb->page_addr[n];
    gpointer key = page_key(addr);
    TranslationBlock *first = g_hash_table_lookup(tb_pages, key);

    if (first == tb) {
        if (tb->page_next[n]) {
            g_hash_table_insert(tb_pages, key, tb->page_next[n]);
        } else {
            g_hash_table_remove(tb_pages, key);
            protect_page(addr, false);
        }
        return;
    }
    while (*page_link(first, addr) != tb) {
        first = *page_link(first, addr);
    }
    *page_link(first, addr) = tb->page_next[n];
}

void tb_cache_add(CPUState *cpu, TranslationBlock *tb)
{
    unsigned index = tb_hash_index(tb->phys_pc, tb->pc, tb->flags);
    ram_addr_t last = (tb->phys_pc + MAX(tb->size, 1u) - 1) & TARGET_PAGE_MASK;

    tb->hash_next = tb_hash[index];
    tb_hash[index] = tb;
    tb->page_addr[0] = tb->phys_pc & TARGET_PAGE_MASK;
    tb->page_addr[1] = last != tb->page_addr[0] ? last : HWADDR_MAX;
    page_add(tb, 0);
    if (tb->page_addr[1] != HWADDR_MAX) {
        page_add(tb, 1);
    }
    nb_blocks++;
}

static void hash_remove(TranslationBlock *tb)
{
    TranslationBlock **link = &tb_hash[tb_hash_index(tb->phys_pc, tb->pc, tb->flags)];

    while (*link != tb) {
        link = &(*link)->hash_next;
    }
    *link = tb->hash_next;
}

static void forget_jump_cache(TranslationBlock *tb)
{
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        CPUJumpCacheEntry *e = &cpu->jit->jump_cache[jump_cache_index(tb->pc)];

        if (e->tb == tb) {
            e->code = NULL;
            e->tb = NULL;
        }
    }
}

static void tb_invalidate(TranslationBlock *tb)
{
    tb->invalid = true;
    hash_remove(tb);
    forget_jump_cache(tb);
    tb_unlink_all(tb);
    page_remove(tb, 0);
    if (tb->page_addr[1] != HWADDR_MAX) {
        page_remove(tb, 1);
    }
    nb_blocks--;
    tcg_stats(first_cpu)->invalidations++;
}

static bool tb_overlaps(const TranslationBlock *tb, ram_addr_t start, uint64_t len)
{
    return start < tb->phys_pc + tb->size && tb->phys_pc < start + len;
}

static void invalidate_on_page(ram_addr_t page, ram_addr_t start, uint64_t len)
{
    TranslationBlock *tb = g_hash_table_lookup(tb_pages, page_key(page));

    while (tb) {
        TranslationBlock *next = *page_link(tb, page);

        if (tb_overlaps(tb, start, len)) {
            tb_invalidate(tb);
        }
        tb = next;
    }
}

void tb_invalidate_ram_range(ram_addr_t start, uint64_t len)
{
    ram_addr_t page = start & TARGET_PAGE_MASK;

    for (; page < start + len; page += TARGET_PAGE_SIZE) {
        invalidate_on_page(page, start, len);
    }
}

/* Walks the whole cache: a virtual address may have been mapped to several places. */
void tb_invalidate_virtual(vaddr addr)
{
    for (unsigned i = 0; i < TB_HASH_SIZE; i++) {
        TranslationBlock *tb = tb_hash[i];

        while (tb) {
            TranslationBlock *next = tb->hash_next;

            if (addr - tb->pc < tb->size) {
                tb_invalidate(tb);
            }
            tb = next;
        }
    }
}

void tb_flush_all(CPUState *cpu)
{
    GHashTableIter iter;
    gpointer key;
    CPUState *each;

    g_hash_table_iter_init(&iter, tb_pages);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        g_hash_table_iter_remove(&iter);
        protect_page((ram_addr_t)((uintptr_t)key - 1) << TARGET_PAGE_BITS, false);
    }
    memset(tb_hash, 0, sizeof(tb_hash));
    CPU_FOREACH(each) {
        memset(each->jit->jump_cache, 0, sizeof(each->jit->jump_cache));
        tlb_forget_code_pages(each);
    }
    page_tokens_reset();
    tcg_code_buffer_reset();
    nb_blocks = 0;
    tcg_stats(cpu)->code_flushes++;
}

void tb_cache_count(size_t *blocks, size_t *pages)
{
    *blocks = nb_blocks;
    *pages = g_hash_table_size(tb_pages);
}
