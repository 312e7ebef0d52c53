/*
 * The guest TLB: contexts, flushes and fills. Accesses that miss it are in guest-access.c.
 *
 * Generated code compares (page | tag) with an entry of a direct-mapped table, one for each MMU
 * mode; see exec/jit-state.h. The tag names the owner of the entry, a translation context or what
 * all contexts share, so that forgetting a context, or all of them, is a change of tag: nothing is
 * cleared. Tags are short and run out now and then; the slow side, which knows the owner's unique
 * id and pages that are global, fills generated code's side again then without asking the CPU's
 * MMU.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "internal.h"
#include "qemu/atomic.h"
#include "qemu/bitops.h"
#include "qemu/bswap.h"
#include "qemu/host-utils.h"
#include "qemu/main-loop.h"
#include "system/ramblock.h"

/* What modes without a table of their own have: nothing matches, and the first fill makes one. */
static CPUTLBEntry no_entry = { TLB_INVALID, TLB_INVALID, 0 };
static TLBSlowEntry no_slow_entry;

static unsigned nb_entries(const TLBMode *mode)
{
    return mode->slow == &no_slow_entry ? 0 : 1u << mode->bits;
}

/* ---- Page slots ---- */

static void empty_page_slots(CPUState *cpu, unsigned mode, unsigned store)
{
    CPUPageSlots *slots = &cpu->jit->page_slots[mode][store];

    for (; slots->filled; slots->filled &= slots->filled - 1) {
        slots->slot[ctz64(slots->filled)] = (CPUPageSlot){ PAGE_SLOT_EMPTY, 0 };
    }
}

/* What generated code has copied from TLB entries, rights included. */
static void forget_page_slots(CPUState *cpu)
{
    if (!cpu->jit->page_slots_used) {
        return; /* mostly: guests change segment registers by the dozen */
    }
    for (unsigned mode = 0; mode < NB_PAGE_SLOT_MODES; mode++) {
        empty_page_slots(cpu, mode, MMU_DATA_LOAD);
        empty_page_slots(cpu, mode, MMU_DATA_STORE);
    }
    cpu->jit->page_slots_used = false;
}

void tlb_forget_store_slots(CPUState *cpu)
{
    for (unsigned mode = 0; mode < NB_PAGE_SLOT_MODES; mode++) {
        empty_page_slots(cpu, mode, MMU_DATA_STORE);
    }
}

/* ---- Owners and their tags ---- */

static void clear_fast_entries(CPUState *cpu)
{
    forget_page_slots(cpu);
    for (int i = 0; i < NB_MMU_MODES; i++) {
        memset(cpu->jit->tlb[i].entries, 0xff,
               nb_entries(&cpu->tcg->tlb[i]) * sizeof(CPUTLBEntry));
        for (unsigned n = 0; n < nb_entries(&cpu->tcg->tlb[i]); n++) {
            tlb_store_forbidden(cpu, &cpu->tcg->tlb[i].slow[n]);
            cpu->tcg->tlb[i].slow[n].tag = 0;
        }
    }
}

static uint64_t tag_of(CPUState *cpu, TLBOwner *owner)
{
    CPUTcgState *tcg = cpu->tcg;

    if (owner->tag_epoch != tcg->tag_epoch) {
        if (++tcg->tags_given == NB_TLB_TAGS) {
            clear_fast_entries(cpu);
            tcg->tag_epoch++;
            tcg->tags_given = 1;
        }
        owner->tag_epoch = tcg->tag_epoch;
        owner->tag = (uint64_t)tcg->tags_given << TLB_TAG_SHIFT;
    }
    return owner->tag;
}

/* A new id, so that nothing that the owner had is found any more. */
static void renew_owner(CPUState *cpu, TLBOwner *owner)
{
    CPUTcgState *tcg = cpu->tcg;

    if (++tcg->next_id == 0) { /* four thousand million contexts: old entries have to go for real */
        clear_fast_entries(cpu);
        for (int i = 0; i < NB_MMU_MODES; i++) {
            for (unsigned n = 0; n < nb_entries(&tcg->tlb[i]); n++) {
                tcg->tlb[i].slow[n].owner = 0;
            }
        }
        tb_forget_jumps(cpu);
        paged_windows_flush(cpu);
        tcg->next_id = 1;
    }
    owner->id = tcg->next_id;
    owner->tag_epoch = tcg->tag_epoch - 1;
    for (int i = 0; owner->code_pages && i < NB_MMU_MODES; i++) {
        if (owner->itlb[i]) {
            memset(owner->itlb[i], 0, ITLB_SIZE * sizeof(uint32_t));
        }
    }
    owner->code_pages = 0;
}

/* ---- Contexts ---- */

void tlb_context_changed(CPUState *cpu)
{
    if (!cpu->tcg) {
        return; /* the CPU's first reset: nothing is cached yet */
    }
    forget_page_slots(cpu);
    cpu->tcg->context = NULL;
    cpu->jit->code_context = 0;
    cpu->jit->itlb = cpu->tcg->empty_itlb;
    for (int i = 0; i < cpu->tcg->modes_used; i++) {
        cpu->jit->tlb[i].tag = 0;
        cpu->tcg->tlb[i].owner = 0;
    }
}

void tlb_flush(CPUState *cpu)
{
    if (!cpu->tcg) {
        return;
    }
    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        cpu->tcg->contexts[i].owner.id = 0;
    }
    renew_owner(cpu, &cpu->tcg->shared);
    cpu->tcg->nb_large_pages = 0;
    cpu->tcg->pages = cpu->tcg->code_pages = 0;
    memset(cpu->tcg->seen_code, 0, sizeof(cpu->tcg->seen_code));
    for (int i = 0; i < NB_MMU_MODES; i++) {
        cpu->tcg->tlb[i].pages = 0;
    }
    tcg_stats(cpu)->tlb_flushes++;
    paged_windows_flush(cpu);
    tlb_context_changed(cpu);
}

/* One for all modes that depend on it. */
static size_t context_key(CPUState *cpu, uint8_t *key)
{
    for (int i = 0; i < NB_MMU_MODES; i++) {
        if (cpu->tcg->tlb[i].depends) {
            return cpu->tcg->ops->mmu_context_key(cpu, i, key);
        }
    }
    return 0;
}

static uint32_t hash_key(const uint8_t *key, size_t len)
{
    uint64_t h = len;

    for (size_t i = 0; i + 4 <= len; i += 4) {
        h = (h ^ (uint32_t)ldl_le_p(key + i)) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 29;
    }
    return h;
}

static MMUContext *find_context(CPUTcgState *tcg, const uint8_t *key, size_t len)
{
    uint32_t hash = hash_key(key, len);

    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        MMUContext *context = &tcg->contexts[i];

        if (context->owner.id && context->hash == hash && context->key_len == len &&
            !memcmp(context->key, key, len)) {
            return context;
        }
    }
    return NULL;
}

static MMUContext *make_context(CPUState *cpu, const uint8_t *key, size_t len)
{
    CPUTcgState *tcg = cpu->tcg;
    MMUContext *context = &tcg->contexts[tcg->next_context++ % NB_MMU_CONTEXTS];

    renew_owner(cpu, &context->owner);
    context->key_len = len;
    context->hash = hash_key(key, len);
    memcpy(context->key, key, len);
    tcg_stats(cpu)->contexts_made++;
    return context;
}

/* Modes whose translation doesn't depend on the context keep their entries when it changes. */
static void publish_tags(CPUState *cpu, MMUContext *context)
{
    uint64_t shared = tag_of(cpu, &cpu->tcg->shared), own = tag_of(cpu, &context->owner);

    shared = tag_of(cpu, &cpu->tcg->shared); /* the other one's may have begun a new epoch */
    for (int i = 0; i < cpu->tcg->modes_used; i++) {
        TLBMode *mode = &cpu->tcg->tlb[i];

        cpu->jit->tlb[i].tag = mode->depends ? own : shared;
        mode->owner = mode->depends ? context->owner.id : cpu->tcg->shared.id;
    }
    paged_windows_publish(cpu);
}

static __attribute__((noinline)) MMUContext *work_out_context(CPUState *cpu)
{
    CPUTcgState *tcg = cpu->tcg;
    uint8_t key[MMU_CONTEXT_KEY_MAX];
    size_t len = context_key(cpu, key);

    tcg->context = find_context(tcg, key, len);
    if (!tcg->context) {
        tcg->context = make_context(cpu, key, len);
    }
    publish_tags(cpu, tcg->context);
    tcg_stats(cpu)->context_changes++;
    return tcg->context;
}

static inline MMUContext *current_context(CPUState *cpu)
{
    return likely(cpu->tcg->context) ? cpu->tcg->context : work_out_context(cpu);
}

/* ---- Instruction pages ---- */

static bool itlb_has(const uint32_t *itlb, vaddr pc, ram_addr_t *addr)
{
    const PagePair *pair =
        itlb ? page_token_pair(itlb[(pc >> TARGET_PAGE_BITS) & ITLB_MASK]) : NULL;

    if (!pair || pair->page != (pc & TARGET_PAGE_MASK)) {
        return false;
    }
    *addr = pair->ram_page | (pc & ~TARGET_PAGE_MASK);
    return true;
}

/*
 * Code that is the same in every context (a kernel's, mostly) keeps its instruction pages and jump
 * cache entries whatever the context is; only other code depends on it.
 */
void tlb_sync_context(CPUState *cpu, vaddr pc)
{
    CPUTcgState *tcg = cpu->tcg;
    MMUContext *context = current_context(cpu);
    int mode = tcg->ops->insn_mmu_index(cpu);
    ram_addr_t addr;
    const TLBOwner *owner = itlb_has(tcg->shared.itlb[mode], pc, &addr) ? &tcg->shared
                                                                        : &context->owner;

    cpu->jit->code_context = owner->id;
    cpu->jit->itlb = owner->itlb[mode] ? owner->itlb[mode] : tcg->empty_itlb;
    cpu->jit->window_base = cpu->jit->window[tcg->ops->data_mmu_index(cpu)];
}

/* The class of a page, and those of all pages with its low `bits` bits. */
static inline PageClasses page_class(uint64_t page)
{
    return (PageClasses)1 << (page & ((1u << PAGE_CLASS_BITS) - 1));
}

static inline PageClasses page_classes(uint64_t page, unsigned bits)
{
    PageClasses classes = page_class(bits < PAGE_CLASS_BITS ? page & ((1u << bits) - 1) : page);

    for (; bits < PAGE_CLASS_BITS; bits++) {
        classes |= classes << (1u << bits);
    }
    return classes;
}

/* Those that are left when the pages with these `bits` bits are gone: finer than a class, all. */
static void forget_classes(PageClasses *pages, PageClasses classes, unsigned bits)
{
    *pages &= bits <= PAGE_CLASS_BITS ? ~classes : ~(PageClasses)0;
}

/* The bit of a page in seen_code[]: of its address, bits 47:12 count (see may_be_same_block()). */
static unsigned seen_code_bit(vaddr page)
{
    return (page << 16 >> (16 + TARGET_PAGE_BITS)) * 0x9e3779b97f4a7c15ull >>
           (64 - ctz32(SEEN_CODE_BITS));
}

static void fill_code_page(CPUState *cpu, vaddr page, int mmu_idx, ram_addr_t ram_addr, bool global)
{
    TLBOwner *owner = global ? &cpu->tcg->shared : &current_context(cpu)->owner;
    unsigned bit = seen_code_bit(page);

    cpu->tcg->seen_code[bit / 64] |= 1ull << bit % 64;
    if (!owner->itlb[mmu_idx]) {
        owner->itlb[mmu_idx] = g_new0(uint32_t, ITLB_SIZE);
    }
    owner->itlb[mmu_idx][(page >> TARGET_PAGE_BITS) & ITLB_MASK] = page_token(page, ram_addr);
    owner->code_pages |= page_class(page >> TARGET_PAGE_BITS);
    if (!global) {
        cpu->tcg->code_pages |= page_class(page >> TARGET_PAGE_BITS);
    }
    if (page_tokens_exhausted()) {
        cpu->tcg->flush_wanted = true;
    }
}

static void forget_owners_code_pages(TLBOwner *owner)
{
    for (int i = 0; i < NB_MMU_MODES; i++) {
        if (owner->itlb[i]) {
            memset(owner->itlb[i], 0, ITLB_SIZE * sizeof(uint32_t));
        }
    }
}

void tlb_forget_code_pages(CPUState *cpu)
{
    forget_owners_code_pages(&cpu->tcg->shared);
    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        forget_owners_code_pages(&cpu->tcg->contexts[i].owner);
    }
}

/* ---- Invalidation ---- */

static void drop_entry(CPUState *cpu, int mmu_idx, unsigned index)
{
    TLBSlowEntry *slow = &cpu->tcg->tlb[mmu_idx].slow[index];
    CPUTLBEntry *fast = &cpu->jit->tlb[mmu_idx].entries[index];

    tlb_store_forbidden(cpu, slow);
    slow->owner = 0;
    fast->read = fast->write = TLB_INVALID;
}

/*
 * May both be addresses of the same block or page? Not by bits that a guest may leave out or fill
 * in when it names an address (tags, the sign): what shares the rest is forgotten in vain, as ever.
 */
static bool may_be_same_block(vaddr a, vaddr b, unsigned shift)
{
    return !((a ^ b) & MAKE_64BIT_MASK(shift, 48 - shift));
}

static bool may_be_same_page(vaddr a, vaddr b)
{
    return may_be_same_block(a, b, TARGET_PAGE_BITS);
}

/*
 * One page, which is in no large one. A kernel that maps and unmaps data all the time goes through
 * all indices of the tables, so it matters that others' entries with the same index stay.
 */
static void drop_page(CPUState *cpu, vaddr addr)
{
    for (int mode = 0; mode < cpu->tcg->modes_used; mode++) {
        unsigned index = addr >> TARGET_PAGE_BITS & (nb_entries(&cpu->tcg->tlb[mode]) - 1);

        if (nb_entries(&cpu->tcg->tlb[mode]) &&
            may_be_same_page(cpu->tcg->tlb[mode].slow[index].page, addr)) {
            drop_entry(cpu, mode, index);
        }
    }
}

/* Of all modes, the entries whose index has these low `bits` bits of `page`. */
static void drop_entries(CPUState *cpu, uint64_t page, unsigned bits)
{
    PageClasses classes = page_classes(page, bits);

    for (int mode = 0; mode < cpu->tcg->modes_used; mode++) {
        TLBMode *table = &cpu->tcg->tlb[mode];
        unsigned n = nb_entries(table), step = 1u << MIN(bits, table->bits);

        if (!(table->pages & classes)) {
            continue;
        }
        for (unsigned i = page & (step - 1); i < n; i += step) {
            drop_entry(cpu, mode, i);
        }
        forget_classes(&table->pages, classes, bits);
    }
}

/* What an owner knows of code pages whose number has these low `bits` bits. */
static void drop_code_pages(TLBOwner *owner, uint64_t page, unsigned bits)
{
    PageClasses classes = page_classes(page, bits);
    unsigned step = 1u << MIN(bits, ITLB_BITS);

    if (!(owner->code_pages & classes)) {
        return;
    }
    forget_classes(&owner->code_pages, classes, bits);
    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        for (unsigned i = page & (step - 1); owner->itlb[mode] && i < ITLB_SIZE; i += step) {
            owner->itlb[mode][i] = ITLB_EMPTY;
        }
    }
}

/* The same of the one page at addr. */
static void drop_code_page(TLBOwner *owner, vaddr addr)
{
    unsigned index = addr >> TARGET_PAGE_BITS & ITLB_MASK;

    if (!(owner->code_pages & page_class(addr >> TARGET_PAGE_BITS))) {
        return;
    }
    for (int mode = 0; mode < NB_MMU_MODES; mode++) {
        const PagePair *pair = owner->itlb[mode] ? page_token_pair(owner->itlb[mode][index]) : NULL;

        if (pair && may_be_same_page(pair->page, addr)) {
            owner->itlb[mode][index] = ITLB_EMPTY;
        }
    }
}

static void drop_contexts_code_pages(CPUState *cpu, uint64_t page, unsigned bits)
{
    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        if (cpu->tcg->contexts[i].owner.id) {
            drop_code_pages(&cpu->tcg->contexts[i].owner, page, bits);
        }
    }
}

/* What the jump cache has of the one page at addr. */
static void drop_jump_cache_page(CPUState *cpu, vaddr addr)
{
    unsigned first = jump_cache_index(addr) & -(1u << JUMP_CACHE_GROUP_BITS);

    for (unsigned i = first; i < first + (1u << JUMP_CACHE_GROUP_BITS); i++) {
        CPUJumpCacheEntry *e = &cpu->jit->jump_cache[i];

        if (qatomic_read(&e->code) && may_be_same_page(e->pc, addr)) {
            qatomic_set(&e->code, NULL);
        }
    }
}

/* The entries of pages of a class, but for those of code that is the same in every context. */
static void drop_jump_cache_group(CPUState *cpu, vaddr addr)
{
    unsigned first = jump_cache_index(addr) & -(1u << JUMP_CACHE_GROUP_BITS);

    for (unsigned i = first; i < first + (1u << JUMP_CACHE_GROUP_BITS); i++) {
        CPUJumpCacheEntry *e = &cpu->jit->jump_cache[i];

        if (qatomic_read(&e->code) && e->context != cpu->tcg->shared.id) {
            qatomic_set(&e->code, NULL);
        }
    }
}

static void drop_jump_cache_groups(CPUState *cpu, PageClasses classes)
{
    for (; classes; classes &= classes - 1) {
        drop_jump_cache_group(cpu, (vaddr)ctz64(classes) << TARGET_PAGE_BITS);
    }
}

static __attribute__((noinline)) void drop_classes(CPUState *cpu, uint64_t page, unsigned bits,
                                                   PageClasses classes)
{
    CPUTcgState *tcg = cpu->tcg;

    forget_classes(&tcg->pages, classes, bits);
    drop_entries(cpu, page, bits);
    paged_windows_flush_pages(cpu, page, bits);
    if (tcg->code_pages & classes) {
        drop_contexts_code_pages(cpu, page, bits);
        drop_jump_cache_groups(cpu, classes & tcg->code_pages);
        forget_classes(&tcg->code_pages, classes, bits);
    }
}

void tlb_flush_page_class(CPUState *cpu, vaddr addr, unsigned bits)
{
    uint64_t page = addr >> TARGET_PAGE_BITS;
    PageClasses classes = page_classes(page, bits);

    tcg_stats(cpu)->tlb_page_flushes++;
    forget_page_slots(cpu);
    if (cpu->tcg->pages & classes) {
        drop_classes(cpu, page, bits, classes);
    }
}

static void note_large_page(CPUState *cpu, vaddr addr, uint64_t size)
{
    CPUTcgState *tcg = cpu->tcg;
    vaddr start = addr & -size;

    for (unsigned i = 0; i < tcg->nb_large_pages; i++) {
        const LargePage *p = &tcg->large_pages[i];

        if (start - p->start < p->size && size <= p->size) {
            return;
        }
    }
    if (tcg->nb_large_pages == MAX_LARGE_PAGES) { /* one for everything */
        tcg->large_pages[0] = (LargePage){ 0, UINT64_MAX };
        tcg->nb_large_pages = 1;
        return;
    }
    tcg->large_pages[tcg->nb_large_pages++] = (LargePage){ start, size };
}

static bool in_large_page(const CPUTcgState *tcg, vaddr addr)
{
    for (unsigned i = 0; i < tcg->nb_large_pages; i++) {
        if (addr - tcg->large_pages[i].start < tcg->large_pages[i].size) {
            return true;
        }
    }
    return false;
}

void tlb_flush_page(CPUState *cpu, vaddr addr)
{
    uint64_t page = addr >> TARGET_PAGE_BITS;
    unsigned bit = seen_code_bit(addr);

    if (in_large_page(cpu->tcg, addr)) {
        tlb_flush(cpu);
        return;
    }
    forget_page_slots(cpu);
    drop_page(cpu, addr);
    paged_windows_flush_pages(cpu, page, 64);
    tcg_stats(cpu)->tlb_page_flushes++;
    if (!(cpu->tcg->seen_code[bit / 64] >> bit % 64 & 1)) {
        return; /* mostly: it is data that comes and goes */
    }
    for (unsigned i = 0; i < NB_MMU_CONTEXTS; i++) {
        if (cpu->tcg->contexts[i].owner.id) {
            drop_code_page(&cpu->tcg->contexts[i].owner, addr);
        }
    }
    drop_code_page(&cpu->tcg->shared, addr);
    drop_jump_cache_page(cpu, addr);
}

void tlb_flush_data_block(CPUState *cpu, vaddr addr, unsigned shift)
{
    unsigned nb_pages = 1u << (shift - TARGET_PAGE_BITS);
    uint64_t first = addr >> TARGET_PAGE_BITS & -nb_pages;

    forget_page_slots(cpu);
    for (int mode = 0; mode < cpu->tcg->modes_used; mode++) {
        TLBMode *table = &cpu->tcg->tlb[mode];
        unsigned n = nb_entries(table);

        for (unsigned i = 0; table->pages && i < MIN(n, nb_pages); i++) {
            unsigned index = (first + i) & (n - 1);
            const TLBSlowEntry *slow = &table->slow[index];

            if (slow->owner && may_be_same_block(slow->page, addr, shift)) {
                drop_entry(cpu, mode, index);
            }
        }
    }
    paged_windows_flush(cpu);
    tcg_stats(cpu)->tlb_page_flushes++;
}

/* ---- Tables ---- */

static CPUTLBEntry *new_fast_entries(unsigned bits)
{
    size_t size = sizeof(CPUTLBEntry) << bits;
    void *entries = aligned_alloc(64, size);

    if (!entries) {
        g_error("tcg: no memory for a TLB of %zu bytes", size);
    }
    return memset(entries, 0xff, size);
}

/* A table of 2^bits entries in place of the one there is, with what that has. */
static void resize_table(CPUState *cpu, int mmu_idx, unsigned bits)
{
    TLBMode *mode = &cpu->tcg->tlb[mmu_idx];
    CPUTLBTable *table = &cpu->jit->tlb[mmu_idx];
    unsigned old = nb_entries(mode);
    TLBSlowEntry *old_slow = mode->slow;
    CPUTLBEntry *old_fast = table->entries;

    for (unsigned i = 0; i < old; i++) {
        tlb_store_forbidden(cpu, &old_slow[i]);
    }
    *table = (CPUTLBTable){ new_fast_entries(bits), ((1ull << bits) - 1) << CPU_TLB_ENTRY_BITS,
                            table->tag };
    mode->slow = g_new0(TLBSlowEntry, (size_t)1 << bits);
    mode->bits = bits;
    mode->fills = mode->evictions = 0;
    for (unsigned i = 0; i < old; i++) {
        if (old_slow[i].owner) {
            TLBSlowEntry *slow = tlb_slow_entry(cpu, mmu_idx, old_slow[i].page);

            *slow = old_slow[i];
            slow->tag = 0; /* fill generated code's side again */
        }
    }
    if (old) {
        free(old_fast);
        g_free(old_slow);
    }
}

static bool is_current(CPUState *cpu, int mmu_idx, const TLBSlowEntry *slow)
{
    return slow->owner && (slow->owner == cpu->tcg->tlb[mmu_idx].owner ||
                           slow->owner == cpu->tcg->shared.id);
}

/*
 * Before a fill: makes the mode's table, or a larger one if more than a quarter of the fills of
 * late have thrown out what was still good.
 */
static void consider_size(CPUState *cpu, int mmu_idx, vaddr page)
{
    TLBMode *mode = &cpu->tcg->tlb[mmu_idx];
    const TLBSlowEntry *slow;

    if (mode->slow == &no_slow_entry) {
        resize_table(cpu, mmu_idx, TLB_MIN_BITS);
        cpu->tcg->modes_used = MAX(cpu->tcg->modes_used, mmu_idx + 1);
        publish_tags(cpu, cpu->tcg->context);
        return;
    }
    slow = tlb_slow_entry(cpu, mmu_idx, page);
    mode->evictions += is_current(cpu, mmu_idx, slow) && slow->page != page;
    if (++mode->fills >= 2u << mode->bits) {
        if (mode->evictions > mode->fills / 4 && mode->bits < TLB_MAX_BITS) {
            resize_table(cpu, mmu_idx, mode->bits + 1);
        }
        mode->fills = mode->evictions = 0;
    }
}

/* ---- Fills ---- */

void tlb_set_region(TLBSlowEntry *slow, const MemoryRegionSection *section)
{
    hwaddr start = section->offset_within_address_space;
    MemSize end = (MemSize)start + section->size; /* may be 2^64 */

    slow->mr = section->mr;
    slow->mr_offset = section->offset_within_region + (slow->phys - start);
    slow->mr_first = start > slow->phys ? start - slow->phys : 0;
    slow->mr_last = MIN(end - slow->phys, TARGET_PAGE_SIZE) - 1;
    slow->readonly = section->readonly;
}

static bool covers_page(const TLBSlowEntry *slow)
{
    return slow->mr && slow->mr_first == 0 && slow->mr_last == TARGET_PAGE_SIZE - 1;
}

static void fill_slow_entry(TLBSlowEntry *slow, const MemoryRegionSection *section)
{
    MemoryRegion *mr = section->mr;

    tlb_set_region(slow, section);
    slow->ram = NULL;
    slow->host = NULL;
    if (covers_page(slow) && memory_access_is_direct(mr, false)) {
        slow->ram = mr->ram_block;
        slow->ram_addr = mr->ram_block->offset + slow->mr_offset;
        slow->host = mr->ram_block->host + slow->mr_offset;
    }
}

void tlb_fill_fast_entry(CPUState *cpu, int mmu_idx, vaddr addr)
{
    CPUTLBEntry *fast = tlb_fast_entry(cpu, mmu_idx, addr);
    TLBSlowEntry *slow = tlb_slow_entry(cpu, mmu_idx, addr);
    uint64_t tag = cpu->jit->tlb[mmu_idx].tag;

    fast->read = fast->write = TLB_INVALID;
    slow->tag = tag;
    if (!slow->ram || slow->first || slow->last != TARGET_PAGE_SIZE - 1 ||
        (unlikely(cpu->debug) && debug_page_is_watched(cpu, slow->page))) {
        return;
    }
    fast->addend = (uintptr_t)slow->host - slow->page;
    if (slow->prot & PAGE_READ) {
        fast->read = slow->page | tag;
    }
    if ((slow->prot & PAGE_WRITE) && tlb_stores_are_direct(slow) && !tlb_entry_is_guarded(slow)) {
        fast->write = slow->page | tag;
        tlb_store_allowed(cpu, mmu_idx, slow);
    }
}

/* Where instructions may be fetched from is all that is kept of a fetch. */
static void set_code_page(CPUState *cpu, int mmu_idx, vaddr addr, const TLBPage *page)
{
    TLBSlowEntry fetch = { .phys = page->phys & TARGET_PAGE_MASK };
    MemoryRegionSection section =
        address_space_lookup(cpu_address_space(cpu, page->attrs), fetch.phys);

    fill_slow_entry(&fetch, &section);
    cpu->tcg->fetch_mask = MIN(page->size, TARGET_PAGE_SIZE) - 1;
    cpu->tcg->fetch_phys = page->phys & ~cpu->tcg->fetch_mask;
    cpu->tcg->fetch_attrs = page->attrs;
    if (fetch.ram && page->size >= TARGET_PAGE_SIZE) {
        fill_code_page(cpu, addr & TARGET_PAGE_MASK, mmu_idx, fetch.ram_addr, page->global);
    }
}

void tlb_set_page_full(CPUState *cpu, int mmu_idx, vaddr addr, const TLBPage *page)
{
    vaddr start = addr & TARGET_PAGE_MASK;
    MemoryRegionSection section;
    TLBSlowEntry *slow;

    g_assert(page->size >= 1 * KiB && !(page->size & (page->size - 1)));
    current_context(cpu);
    tcg_stats(cpu)->tlb_fills++;
    cpu->tcg->pages |= page_class(addr >> TARGET_PAGE_BITS);
    if (page->size > TARGET_PAGE_SIZE) {
        note_large_page(cpu, addr, page->size);
    }
    if (cpu->tcg->filling == MMU_INST_FETCH) {
        set_code_page(cpu, mmu_idx, addr, page);
        return;
    }
    consider_size(cpu, mmu_idx, start);
    cpu->tcg->tlb[mmu_idx].pages |= page_class(addr >> TARGET_PAGE_BITS);
    slow = tlb_slow_entry(cpu, mmu_idx, start);
    tlb_store_forbidden(cpu, slow);
    slow->page = start;
    slow->owner = page->global ? cpu->tcg->shared.id : cpu->tcg->tlb[mmu_idx].owner;
    slow->first = page->size < TARGET_PAGE_SIZE ? addr & ~TARGET_PAGE_MASK & -page->size : 0;
    slow->last = slow->first + MIN(page->size, TARGET_PAGE_SIZE) - 1;
    slow->phys = (page->phys & -(page->size < TARGET_PAGE_SIZE ? page->size : TARGET_PAGE_SIZE)) -
                 slow->first;
    slow->attrs = page->attrs;
    slow->prot = page->prot;
    slow->extra = page->extra;
    section = address_space_lookup(cpu_address_space(cpu, page->attrs), slow->phys + slow->first);
    fill_slow_entry(slow, &section);
    if (tcg_make_ahead && slow->ram) {
        tcg_stats(cpu)->pieces_made += ram_block_make(slow->ram, slow->mr_offset);
    }
    tlb_fill_fast_entry(cpu, mmu_idx, start);
}

void tlb_set_page_with_attrs(CPUState *cpu, vaddr addr, hwaddr paddr, MemTxAttrs attrs, int prot,
                             int mmu_idx, uint64_t size)
{
    TLBPage page = { .phys = paddr, .size = size, .attrs = attrs, .prot = prot };

    tlb_set_page_full(cpu, mmu_idx, addr, &page);
}

static void call_tlb_fill(CPUState *cpu, vaddr addr, int size, MMUAccessType access, int mmu_idx,
                          uintptr_t ra)
{
    cpu->tcg->filling = access;
    cpu->tcg->ops->tlb_fill(cpu, addr, size, access, mmu_idx, false, ra);
}

static bool entry_allows(CPUState *cpu, int mmu_idx, const TLBSlowEntry *slow, vaddr addr,
                         MMUAccessType access)
{
    unsigned offset = addr & ~TARGET_PAGE_MASK;

    return slow->page == (addr & TARGET_PAGE_MASK) && is_current(cpu, mmu_idx, slow) &&
           offset >= slow->first && offset <= slow->last &&
           (slow->prot & (access == MMU_DATA_STORE ? PAGE_WRITE : PAGE_READ));
}

bool tlb_probe(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx)
{
    current_context(cpu);
    if (entry_allows(cpu, mmu_idx, tlb_slow_entry(cpu, mmu_idx, addr), addr, access)) {
        return true;
    }
    cpu->tcg->filling = access;
    return cpu->tcg->ops->tlb_fill(cpu, addr, size, access, mmu_idx, true, 0);
}

TLBSlowEntry *tlb_get_entry(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                            int mmu_idx, uintptr_t ra)
{
    TLBSlowEntry *slow = tlb_slow_entry(cpu, mmu_idx, addr);

    current_context(cpu);
    if (!entry_allows(cpu, mmu_idx, slow, addr, access)) {
        call_tlb_fill(cpu, addr, size, access, mmu_idx, ra);
        return tlb_slow_entry(cpu, mmu_idx, addr);
    }
    if (slow->tag != cpu->jit->tlb[mmu_idx].tag) {
        tlb_fill_fast_entry(cpu, mmu_idx, addr);
    }
    return slow;
}

void *tlb_page_extra(CPUArchState *env, vaddr addr, unsigned size, MMUAccessType access,
                     int mmu_idx, uintptr_t ra)
{
    return tlb_get_entry(current_cpu, addr, size, access, mmu_idx, ra)->extra;
}

/* ---- Instruction fetch ---- */

static bool itlb_lookup(CPUState *cpu, int mmu_idx, vaddr pc, ram_addr_t *addr)
{
    return itlb_has(cpu->tcg->shared.itlb[mmu_idx], pc, addr) ||
           itlb_has(current_context(cpu)->owner.itlb[mmu_idx], pc, addr);
}

ram_addr_t tlb_code_address(CPUState *cpu, vaddr pc, bool *io)
{
    int mmu_idx = cpu->tcg->ops->insn_mmu_index(cpu);
    ram_addr_t addr;

    *io = false;
    if (itlb_lookup(cpu, mmu_idx, pc, &addr)) {
        return addr;
    }
    call_tlb_fill(cpu, pc, 4, MMU_INST_FETCH, mmu_idx, 0);
    if (itlb_lookup(cpu, mmu_idx, pc, &addr)) {
        return addr;
    }
    *io = true;
    return cpu->tcg->fetch_phys | (pc & cpu->tcg->fetch_mask);
}

void helper_check_code_page(CPUArchState *env, uint64_t addr, uint64_t ram_addr)
{
    CPUState *cpu = current_cpu;
    ram_addr_t found;
    bool io;

    if (itlb_lookup(cpu, cpu->tcg->ops->insn_mmu_index(cpu), addr, &found) && found == ram_addr) {
        return;
    }
    tcg_restore_to_leave(cpu, (uintptr_t)__builtin_return_address(0));
    found = tlb_code_address(cpu, addr, &io);
    if (io || found != ram_addr) {
        tb_invalidate_ram_range(ram_addr, 1);
    }
    cpu_loop_exit(cpu);
}

static void free_code_pages(TLBOwner *owner)
{
    for (int i = 0; i < NB_MMU_MODES; i++) {
        g_free(owner->itlb[i]);
    }
}

void tlb_free(CPUState *cpu)
{
    for (int i = 0; i < NB_MMU_MODES; i++) {
        if (cpu->tcg->tlb[i].bits) {
            free(cpu->jit->tlb[i].entries);
            g_free(cpu->tcg->tlb[i].slow);
        }
        cpu->jit->tlb[i] = (CPUTLBTable){ .entries = &no_entry };
    }
    for (int i = 0; i < NB_MMU_CONTEXTS; i++) {
        free_code_pages(&cpu->tcg->contexts[i].owner);
    }
    free_code_pages(&cpu->tcg->shared);
}

void tlb_init(CPUState *cpu)
{
    const TCGCPUOps *ops = cpu->tcg->ops;
    uint8_t key[MMU_CONTEXT_KEY_MAX];

    for (int i = 0; i < NB_MMU_MODES; i++) {
        cpu->jit->tlb[i] = (CPUTLBTable){ .entries = &no_entry };
        cpu->tcg->tlb[i] = (TLBMode){
            .slow = &no_slow_entry,
            .depends = ops->mmu_context_key && ops->mmu_context_key(cpu, i, key),
        };
    }
    cpu->tcg->tag_epoch = 1;
    for (int i = 0; i < NB_PAGE_SLOT_MODES; i++) {
        cpu->jit->page_slots[i][MMU_DATA_LOAD].filled = MAKE_64BIT_MASK(0, NB_PAGE_SLOTS);
        cpu->jit->page_slots[i][MMU_DATA_STORE].filled = MAKE_64BIT_MASK(0, NB_PAGE_SLOTS);
    }
    cpu->jit->page_slots_used = true;
    tlb_flush(cpu);
}
