/*
 * The translation cache: blocks by key, and by the RAM page they were translated from.
 *
 * A block's key is (ram address, virtual pc, CPU flags, cflags): RAM addresses, not guest physical
 * ones, so that a block stays right when the board moves memory around, and a store through any
 * alias finds it.
 *
 * All CPUs share the cache; tcg_lock() is its lock. A CPU may still be executing a block that has
 * been dropped, to its end: its memory isn't used again before tb_flush_all().
 *
 * A store to a page that is being translated at the same time must not get lost: the page has the
 * mark of code before its bytes are read; who stores to such a page drops the blocks afterwards and
 * leaves a note of that; a block with such a note since its translation began isn't taken.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "qemu/atomic.h"
#include "system/ramblock.h"
#include "tcg/table.h"

#define TB_HASH_BITS 17
#define TB_HASH_SIZE (1u << TB_HASH_BITS)

static TBElement tb_hash[TB_HASH_SIZE];
/* RAM page number -> TBElement of the first range of a block in it; linked through TBRange. */
static GHashTable *tb_pages;
static size_t nb_blocks;
static uint64_t nb_invalidations;

/* Stores to pages with the mark, all so far; and what that was after the last one to a page. */
#define NB_WRITE_SLOTS 1024
static uint64_t nb_writes;
static uint64_t last_write[NB_WRITE_SLOTS];
/*
 * The same for what concerned all pages: a breakpoint; blocks dropped for room, since pages without
 * any are stored to unnoticed.
 */
static uint64_t last_for_all;

void tb_cache_init(void)
{
    tb_pages = g_hash_table_new(g_direct_hash, g_direct_equal);
    page_tokens_reset();
}

static unsigned tb_hash_index(ram_addr_t ram_addr, vaddr pc, uint64_t flags)
{
    uint64_t h = ram_addr ^ (pc << 7) ^ (flags << 21) ^ flags >> 43;

    h *= 0x9e3779b97f4a7c15ull;
    return h >> (64 - TB_HASH_BITS);
}

static TBElement *hash_chain(const TranslationBlock *tb)
{
    return &tb_hash[tb_hash_index(tb_ram_addr(tb), tb->pc, tb->flags)];
}

static TranslationBlock *find(ram_addr_t ram_addr, vaddr pc, uint64_t flags, uint32_t cflags)
{
    TranslationBlock *tb = tb_of_element(tb_hash[tb_hash_index(ram_addr, pc, flags)]);

    while (tb && (tb->pc != pc || tb->flags != flags || tb->cflags != cflags ||
                  tb_ram_addr(tb) != ram_addr)) {
        tb = tb_of_element(tb->hash_next);
    }
    return tb;
}

TranslationBlock *tb_cache_find_block(ram_addr_t ram_addr, vaddr pc, uint64_t flags,
                                      uint32_t cflags)
{
    TranslationBlock *tb = find(ram_addr, pc, flags, cflags);

    while (tb && (tb->region || tb->pc != pc || tb->flags != flags || tb->cflags != cflags ||
                  tb_ram_addr(tb) != ram_addr)) {
        tb = tb_of_element(tb->hash_next);
    }
    return tb;
}

static void fill_jump_cache(CPUState *cpu, const TranslationBlock *tb)
{
    CPUJumpCacheEntry *e = &cpu->jit->jump_cache[jump_cache_index(tb->pc)];

    if (unlikely(tcg_lockstep)) {
        return;
    }
    if (qatomic_read(&e->code) && (e->pc ^ tb->pc) >> JUMP_CACHE_PC_SHIFT == 0 &&
        (e->pc != tb->pc || e->flags != tb->flags) && e->context == cpu->jit->code_context) {
        e = &cpu->jit->jump_cache[jump_cache_second_index(tb->pc, tb->flags)];
    }
    e->pc = tb->pc;
    e->flags = tb->flags;
    e->context = cpu->jit->code_context;
    qatomic_set(&e->code, tb_code(tb));
}

TranslationBlock *tb_cache_find(CPUState *cpu, ram_addr_t ram_addr, vaddr pc, uint64_t flags,
                                uint32_t cflags)
{
    TranslationBlock *tb;

    tcg_lock();
    tb = find(ram_addr, pc, flags, cflags);
    if (tb && cflags == cpu->tcg->cflags) {
        fill_jump_cache(cpu, tb);
    }
    tcg_unlock();
    return tb;
}

static gpointer page_key(ram_addr_t addr)
{
    return (gpointer)(uintptr_t)((addr >> TARGET_PAGE_BITS) + 1);
}

static void clear_mark(ram_addr_t page)
{
    ram_addr_t offset;
    RAMBlock *rb = qemu_ram_block_from_addr(page, &offset);

    if (rb) { /* else it went away, and its marks with it */
        ram_block_clear_code_page(rb, offset);
    }
}

static bool has_mark(ram_addr_t page)
{
    ram_addr_t offset;
    RAMBlock *rb = qemu_ram_block_from_addr(page, &offset);

    return rb && ram_block_test_code_page(rb, offset);
}

static uint64_t *last_write_to(ram_addr_t page)
{
    return &last_write[(page >> TARGET_PAGE_BITS) % NB_WRITE_SLOTS];
}

static TBElement first_of_page(ram_addr_t addr)
{
    return GPOINTER_TO_UINT(g_hash_table_lookup(tb_pages, page_key(addr)));
}

static TBRange *range_of(TBElement e)
{
    return &tb_ranges(tb_of_element(e))[tb_element_number(e)];
}

static void page_add(TranslationBlock *tb, unsigned n)
{
    TBRange *range = &tb_ranges(tb)[n];
    ram_addr_t page = tb_range_page(range);

    range->prev = 0;
    range->next = first_of_page(page);
    if (range->next) {
        range_of(range->next)->prev = tb_element(tb, n);
    }
    tcg_table_set(tb_pages, page_key(page), GUINT_TO_POINTER(tb_element(tb, n)));
}

static void page_remove(TranslationBlock *tb, unsigned n)
{
    const TBRange *range = &tb_ranges(tb)[n];
    ram_addr_t page = tb_range_page(range);

    if (range->next) {
        range_of(range->next)->prev = range->prev;
    }
    if (range->prev) {
        range_of(range->prev)->next = range->next;
    } else if (range->next) {
        tcg_table_set(tb_pages, page_key(page), GUINT_TO_POINTER(range->next));
    } else {
        tcg_table_remove(tb_pages, page_key(page));
        clear_mark(page);
    }
}

static void add(TranslationBlock *tb)
{
    TBElement *chain = hash_chain(tb);

    tb->hash_next = *chain;
    *chain = tb_element(tb, 0);
    for (unsigned n = 0; n < tb->nb_ranges; n++) {
        page_add(tb, n);
    }
    nb_blocks++;
}

/*
 * Between the marks and the bytes: a store that isn't in those either finds the mark or is counted
 * after this.
 */
uint64_t tb_cache_writes(void)
{
    uint64_t n;

    smp_mb();
    n = qatomic_read(&nb_writes);
    smp_rmb();
    return n;
}

static uint64_t count_write(void)
{
    qatomic_set(&nb_writes, nb_writes + 1);
    return nb_writes;
}

static bool is_good(const TranslationBlock *tb, uint64_t writes)
{
    if (last_for_all > writes) {
        return false;
    }
    for (unsigned n = 0; n < tb->nb_ranges; n++) {
        ram_addr_t page = tb_range_page(&tb_ranges(tb)[n]);

        if (!has_mark(page) || *last_write_to(page) > writes) {
            return false;
        }
    }
    return true;
}

TranslationBlock *tb_cache_add(CPUState *cpu, TranslationBlock *tb, uint64_t writes)
{
    TranslationBlock *known = NULL;

    g_assert(((tb_ram_addr(tb) ^ tb->pc) & ~TARGET_PAGE_MASK) == 0); /* it will be found there */
    tcg_lock();
    if (is_good(tb, writes)) {
        known = find(tb_ram_addr(tb), tb->pc, tb->flags, tb->cflags);
        if (!known) {
            add(tb);
            known = tb;
        }
        if (tb->cflags == cpu->tcg->cflags) {
            fill_jump_cache(cpu, known);
        }
    }
    tb->invalid = known != tb;
    tcg_unlock();
    return known;
}

static void hash_remove(TranslationBlock *tb)
{
    TBElement *link = hash_chain(tb);

    while (tb_of_element(*link) != tb) {
        link = &tb_of_element(*link)->hash_next;
    }
    *link = tb->hash_next;
}

static void forget_jump_cache_entry(CPUJumpCacheEntry *e, const TranslationBlock *tb)
{
    if (qatomic_read(&e->code) == tb_code(tb)) {
        qatomic_set(&e->code, NULL);
    }
}

static void forget_jump_cache(const TranslationBlock *tb)
{
    unsigned first = jump_cache_index(tb->pc), second = jump_cache_second_index(tb->pc, tb->flags);
    CPUState *cpu;

    CPU_FOREACH(cpu) {
        forget_jump_cache_entry(&cpu->jit->jump_cache[first], tb);
        forget_jump_cache_entry(&cpu->jit->jump_cache[second], tb);
    }
}

bool tb_cache_add_region(TranslationBlock *tb, uint64_t writes)
{
    TranslationBlock *root;
    bool good;

    tcg_lock();
    root = tb_cache_find_block(tb_ram_addr(tb), tb->pc, tb->flags, tb->cflags);
    good = root && is_good(tb, writes);
    if (good) {
        add(tb); /* in front of the root, and so found before it */
        forget_jump_cache(root);
        tb_unlink_incoming(root);
    }
    tb->invalid = !good;
    tcg_unlock();
    return good;
}

static void tb_invalidate(TranslationBlock *tb)
{
    tb->invalid = true;
    hash_remove(tb);
    forget_jump_cache(tb);
    tb_unlink_all(tb);
    for (unsigned n = 0; n < tb->nb_ranges; n++) {
        page_remove(tb, n);
    }
    nb_blocks--;
    nb_invalidations++;
}

/* Which byte of a doubleword is whose is known to munged code alone. */
static bool range_has(TBElement e, ram_addr_t start, uint64_t len)
{
    const TBRange *range = range_of(e);
    ram_addr_t first = tb_range_start(range), end = first + range->size;

    if (tb_of_element(e)->munged) {
        first = ROUND_DOWN(first, 8);
        end = ROUND_UP(end, 8);
    }
    return start < end && first < start + len;
}

/* Dropping a block takes all its ranges out of the list: begins again after each. */
static void invalidate_on_page(ram_addr_t page, ram_addr_t start, uint64_t len)
{
    TBElement e = first_of_page(page);

    while (e) {
        if (range_has(e, start, len)) {
            tb_invalidate(tb_of_element(e));
            e = first_of_page(page);
        } else {
            e = range_of(e)->next;
        }
    }
    *last_write_to(page) = count_write();
    if (!first_of_page(page)) { /* marked for a translation under way, maybe: it begins again */
        clear_mark(page);
    }
}

void tb_invalidate_ram_range(ram_addr_t start, uint64_t len)
{
    ram_addr_t page = start & TARGET_PAGE_MASK;

    tcg_lock();
    for (; page < start + len; page += TARGET_PAGE_SIZE) {
        invalidate_on_page(page, start, len);
    }
    tcg_unlock();
}

/* Walks the whole cache: a virtual address may have been mapped to several places. */
void tb_invalidate_virtual(vaddr addr)
{
    tcg_lock();
    last_for_all = count_write();
    for (unsigned i = 0; i < TB_HASH_SIZE; i++) {
        TranslationBlock *tb = tb_of_element(tb_hash[i]);

        while (tb) {
            TranslationBlock *next = tb_of_element(tb->hash_next);

            if (tb->region || addr - tb->pc < tb_size(tb)) {
                tb_invalidate(tb);
            }
            tb = next;
        }
    }
    tcg_unlock();
}

void tb_forget_jumps(CPUState *cpu)
{
    for (unsigned i = 0; i < JUMP_CACHE_SIZE; i++) {
        if (qatomic_read(&cpu->jit->jump_cache[i].code)) { /* most haven't got any memory */
            qatomic_set(&cpu->jit->jump_cache[i].code, NULL);
        }
    }
}

static void drop_block(TranslationBlock *tb)
{
    if (!tb->invalid) {
        tb_invalidate(tb);
    }
}

void tb_cache_drop(TranslationBlock *tb)
{
    tcg_lock();
    drop_block(tb);
    tcg_unlock();
}

void tb_make_room(CPUState *cpu)
{
    region_hold();
    tcg_lock();
    tcg_code_buffer_make_room(drop_block);
    last_for_all = count_write();
    tcg_unlock();
    region_release();
    tcg_stats(cpu)->code_reclaims++;
}

void tb_flush_all(CPUState *cpu)
{
    GHashTableIter iter;
    gpointer key;
    CPUState *each;

    region_hold();
    tcg_lock();
    g_hash_table_iter_init(&iter, tb_pages);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        g_hash_table_iter_remove(&iter);
        clear_mark((ram_addr_t)((uintptr_t)key - 1) << TARGET_PAGE_BITS);
    }
    memset(tb_hash, 0, sizeof(tb_hash));
    CPU_FOREACH(each) {
        if (each->tcg) {
            tb_forget_jumps(each);
            tlb_forget_code_pages(each);
        }
    }
    page_tokens_reset();
    tcg_code_buffer_reset();
    last_for_all = count_write();
    nb_blocks = 0;
    tcg_stats(cpu)->code_flushes++;
    tcg_unlock();
    region_release();
}

void tb_cache_count(size_t *blocks, size_t *pages, uint64_t *invalidations)
{
    tcg_lock();
    *blocks = nb_blocks;
    *pages = g_hash_table_size(tb_pages);
    *invalidations = nb_invalidations;
    tcg_unlock();
}
