/*
 * The MMU of an x86 CPU: ties its registers to the walk, the guest TLB and the exceptions.
 *
 * What a new CR3 makes the hardware forget is a context of its own: the key has a number that each
 * such load takes anew. With PCIDs each has its number.
 *
 * Reference: SDM volume 3, chapter 4; 4.10 (what is cached, and when it goes).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/log.h"
#include "system/memory.h"
#include "target/i386/internal.h"
#include "target/i386/mmu-walk.h"

/* What accesses have, but for `user`: SMM sees memory of its own. */
static MemTxAttrs mode_attributes(const CPUX86State *env)
{
    return (MemTxAttrs){ .secure = env->in_smm };
}

static uint64_t load_entry(void *opaque, uint64_t addr, unsigned size)
{
    MemTxAttrs attrs = mode_attributes(&((X86CPU *)opaque)->env);
    AddressSpace *as = cpu_address_space(opaque, attrs);

    return size == 4 ? address_space_ldl_le(as, addr, attrs, NULL)
                     : address_space_ldq_le(as, addr, attrs, NULL);
}

static uint32_t exchange_entry(void *opaque, uint64_t addr, uint32_t old, uint32_t new)
{
    MemTxAttrs attrs = mode_attributes(&((X86CPU *)opaque)->env);

    return bswap32(address_space_cmpxchgl_be(cpu_address_space(opaque, attrs), addr, bswap32(old),
                                             bswap32(new), attrs));
}

/* ---- Nested paging (APM volume 2, 15.25) ---- */

static bool is_nested(const CPUX86State *env)
{
    return unlikely(env->svm.guest) && env->svm.nested_paging;
}

/* All accesses are a user's there; of the host's registers those count that VMRUN found. */
static X86WalkRegs nested_registers(CPUX86State *env)
{
    return (X86WalkRegs){
        .cr3 = env->svm.nested_cr3,
        .cr4 = env->svm.host.cr4 & (CR4_PAE | CR4_PSE | CR4_LA57),
        .long_mode = env->svm.host.efer & EFER_LMA,
        .no_execute = env->svm.host.efer & EFER_NXE,
        .write_protect = true,
        .has_pse36 = x86_has(env, X86_FEATURE_PSE36),
        .has_1g_pages = x86_has(env, X86_FEATURE_PDPE1GB),
        .physical_bits = x86_physical_bits(x86_env_archcpu(env)),
        .address_mask = env->a20_mask,
    };
}

static uint32_t walk_nested(CPUX86State *env, uint64_t addr, MMUAccessType access, bool look_only,
                            X86Walk *walk)
{
    const X86TableMemory memory = { load_entry, look_only ? NULL : exchange_entry,
                                    x86_env_cpu(env) };
    X86WalkRegs regs = nested_registers(env);
    const X86WalkMode mode = { .user = true, .no_checks = look_only };
    unsigned bits = !regs.long_mode ? 32 : regs.cr4 & CR4_LA57 ? 57 : 48;
    unsigned pointer = addr >> 30 & 3;

    if (addr >> bits) { /* no table has it */
        return X86_PF_U | (access == MMU_DATA_STORE ? X86_PF_W : 0);
    }
    if (!regs.long_mode && (regs.cr4 & CR4_PAE)) { /* pointers are read when they are used */
        uint64_t table = (regs.cr3 & 0xffffffe0) + 8 * pointer;

        regs.pdptr[pointer] = load_entry(x86_env_cpu(env), table & env->a20_mask, 8);
    }
    return x86_walk(&regs, &memory, addr, access, mode, walk);
}

/* Where the guest's own tables are. */
typedef struct GuestTables {
    CPUX86State *env;
    uintptr_t ra;
    bool no_exit;   /* what isn't there reads as 0 */
    bool look_only; /* nor is anything written */
} GuestTables;

enum { NPF_TABLE_SHIFT = 33, NPF_FINAL_SHIFT = 32 };

G_NORETURN_ATTR static void nested_fault(CPUX86State *env, uint64_t addr, uint32_t error,
                                         unsigned kind, uintptr_t ra)
{
    x86_vmexit(env, X86_SVM_EXIT_NPF, error | 1ull << kind, addr, 0, ra);
}

/* A table may have bits set in it: it is as if it was written. */
static bool find_table(const GuestTables *t, uint64_t addr, uint64_t *phys)
{
    X86Walk walk;
    uint32_t error = walk_nested(t->env, addr, t->look_only ? MMU_DATA_LOAD : MMU_DATA_STORE,
                                 t->look_only, &walk);

    if (error != X86_WALK_OK) {
        if (!t->no_exit) {
            nested_fault(t->env, addr, error, NPF_TABLE_SHIFT, t->ra);
        }
        return false;
    }
    *phys = walk.phys;
    return true;
}

static uint64_t load_guest_entry(void *opaque, uint64_t addr, unsigned size)
{
    const GuestTables *t = opaque;
    uint64_t phys;

    return find_table(t, addr, &phys) ? load_entry(x86_env_cpu(t->env), phys, size) : 0;
}

static uint32_t exchange_guest_entry(void *opaque, uint64_t addr, uint32_t old, uint32_t new)
{
    const GuestTables *t = opaque;
    uint64_t phys;

    return find_table(t, addr, &phys) ? exchange_entry(x86_env_cpu(t->env), phys, old, new) : ~old;
}

/* Tables of the program that runs: a guest's are found through the nested ones. */
static X86TableMemory table_memory(GuestTables *t)
{
    return is_nested(t->env)
               ? (X86TableMemory){ load_guest_entry, t->look_only ? NULL : exchange_guest_entry, t }
               : (X86TableMemory){ load_entry, t->look_only ? NULL : exchange_entry,
                                   x86_env_cpu(t->env) };
}

/* ---- Registers ---- */

static X86WalkRegs walk_registers(GuestTables *tables, uint64_t addr)
{
    CPUX86State *env = tables->env;
    unsigned pointer = addr >> 30 & 3;
    X86WalkRegs regs = {
        .cr3 = env->cr3,
        .cr4 = env->cr4,
        .long_mode = env->efer & EFER_LMA,
        .no_execute = env->efer & EFER_NXE,
        .write_protect = env->cr0 & CR0_WP,
        .has_pse36 = x86_has(env, X86_FEATURE_PSE36),
        .has_1g_pages = x86_has(env, X86_FEATURE_PDPE1GB),
        .physical_bits = x86_physical_bits(x86_env_archcpu(env)),
        .pkru = env->pkru,
        .address_mask = env->a20_mask,
    };

    memcpy(regs.pdptr, env->pdptr, sizeof(regs.pdptr));
    if (is_nested(env) && (env->cr4 & CR4_PAE) && !regs.long_mode) {
        regs.pdptr[pointer] = load_guest_entry(tables, (env->cr3 & 0xffffffe0) + 8 * pointer, 8);
    }
    return regs;
}

bool x86_is_canonical(const CPUX86State *env, uint64_t addr)
{
    unsigned unused = env->cr4 & CR4_LA57 ? 7 : 16;

    return (uint64_t)((int64_t)(addr << unused) >> unused) == addr;
}

bool x86_load_pdptrs(CPUX86State *env, uint64_t cr3)
{
    uint64_t reserved = x86_pdptr_reserved(x86_physical_bits(x86_env_archcpu(env)));
    uint64_t entries[4];

    if (is_nested(env)) { /* a walk loads the one that it needs (APM volume 2, 15.25.10) */
        return true;
    }
    for (unsigned i = 0; i < 4; i++) {
        entries[i] = load_entry(x86_env_cpu(env),
                                ((cr3 & 0xffffffe0) + 8 * i) & env->a20_mask, 8);
        if ((entries[i] & X86_PTE_P) && (entries[i] & reserved)) {
            return false;
        }
    }
    memcpy(env->pdptr, entries, sizeof(entries));
    return true;
}

/* ---- Fills ---- */

static X86WalkMode walk_mode(int mmu_idx)
{
    return (X86WalkMode){ .user = mmu_idx == X86_MMU_USER, .smap = mmu_idx == X86_MMU_SMAP };
}

static void log_fault(CPUState *cs, uint64_t addr, MMUAccessType access, uint32_t error)
{
    static const char *const kinds[] = { [MMU_DATA_LOAD] = "load", [MMU_DATA_STORE] = "store",
                                         [MMU_INST_FETCH] = "fetch" };

    qemu_log_mask_and_addr(CPU_LOG_MMU, addr, "mmu: cpu%d %s %016" PRIx64 ": error code %#x\n",
                           cs->cpu_index, kinds[access], addr, error);
}

/*
 * Large pages are entered by the page, so that others needn't go with them: what is known of them is
 * which stretches of 2 MiB, and which of 1 GiB, have one. The upper half of the addresses has its
 * own filter, as kernels map all memory there.
 */
static uint64_t *filter_word(uint64_t filter[2][X86_LARGE_PAGE_WORDS], uint64_t addr,
                             unsigned shift, uint64_t *bit)
{
    unsigned hash = (addr >> shift) * 0x9e3779b97f4a7c15ull >> (64 - X86_LARGE_PAGE_BITS);
    bool upper = addr >> 63 || (addr >> 32 == 0 && addr >> 31);

    *bit = 1ull << (hash % 64);
    return &filter[upper][hash / 64];
}

enum { LARGE_SHIFT = 21, HUGE_SHIFT = 30 };

static void note_large_page(CPUX86State *env, uint64_t addr, uint64_t size)
{
    uint64_t bit;

    if (size >> HUGE_SHIFT) {
        *filter_word(env->huge_pages, addr, HUGE_SHIFT, &bit) |= bit;
        return;
    }
    for (uint64_t at = 0; at < size; at += 1 << LARGE_SHIFT) {
        *filter_word(env->large_pages, (addr & -size) + at, LARGE_SHIFT, &bit) |= bit;
    }
}

static bool may_be_large_page(CPUX86State *env, uint64_t addr)
{
    uint64_t bit, huge_bit;
    uint64_t word = *filter_word(env->large_pages, addr, LARGE_SHIFT, &bit);
    uint64_t huge_word = *filter_word(env->huge_pages, addr, HUGE_SHIFT, &huge_bit);

    return (word & bit) || (huge_word & huge_bit);
}

/* Before a fault of a fetch; that is made between two instructions. */
static void debug_comes_first(CPUX86State *env, MMUAccessType access)
{
    if (access == MMU_INST_FETCH && unlikely(env->hflags & X86_HF_DEBUG)) {
        x86_debug_before_fetch(env);
    }
}

/* What the guest takes for physical memory is looked up again. */
static bool add_nested(CPUX86State *env, MMUAccessType access, X86Walk *walk, bool probe,
                       uintptr_t ra)
{
    X86Walk nested;
    uint32_t error = walk_nested(env, walk->phys, access, false, &nested);

    if (error != X86_WALK_OK) {
        if (!probe) {
            debug_comes_first(env, access);
            nested_fault(env, walk->phys, error, NPF_FINAL_SHIFT, ra);
        }
        return false;
    }
    walk->phys = nested.phys;
    walk->prot &= nested.prot;
    return true;
}

bool x86_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    GuestTables tables = { env, ra, .no_exit = probe };
    const X86TableMemory memory = table_memory(&tables);
    X86Walk walk = { .prot = PAGE_READ | PAGE_WRITE | PAGE_EXEC, .size = TARGET_PAGE_SIZE,
                     .phys = addr & env->a20_mask };

    if (mmu_idx != X86_MMU_OFF && (env->cr0 & CR0_PG)) {
        uint32_t error;

        if ((env->efer & EFER_LMA) && !x86_is_canonical(env, addr)) {
            if (!probe) {
                debug_comes_first(env, access);
                x86_raise_error(env, EXCP_GP, 0, ra);
            }
            return false;
        }
        const X86WalkRegs regs = walk_registers(&tables, addr);

        error = x86_walk(&regs, &memory, addr, access, walk_mode(mmu_idx), &walk);
        if (error != X86_WALK_OK) {
            if (!probe) {
                debug_comes_first(env, access);
                log_fault(cs, addr, access, error);
                x86_raise_page_fault(env, addr, error, ra);
            }
            return false;
        }
        if (walk.size > TARGET_PAGE_SIZE) {
            note_large_page(env, addr, walk.size);
        }
    }
    if (is_nested(env) && !add_nested(env, access, &walk, probe, ra)) {
        return false;
    }
    tlb_set_page_full(cs, mmu_idx, addr,
                      &(TLBPage){ .phys = walk.phys, .size = TARGET_PAGE_SIZE,
                                  .attrs = { .user = mmu_idx == X86_MMU_USER,
                                             .secure = env->in_smm },
                                  .prot = walk.prot,
                                  .global = walk.global && !(env->efer & EFER_SVME) });
    return true;
}

/* ---- Contexts and invalidation ---- */

static unsigned current_pcid(const CPUX86State *env)
{
    return env->cr4 & CR4_PCIDE ? env->cr3 & 0xfff : 0;
}

/* VMRUN changes what pages' rights depend on without a flush. */
static uint64_t rights_of_guest(const CPUX86State *env)
{
    return !env->svm.guest ? 0
                           : (env->cr0 & (CR0_WP | CR0_PG)) |
                                 ((env->cr4 & CR4_OF_PAGING) | (env->efer & EFER_NXE)) << 32;
}

size_t x86_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key)
{
    CPUX86State *env = &((X86CPU *)cs)->env;
    const uint64_t parts[] = { env->cr3,
                               env->context_number[current_pcid(env) % X86_NB_CONTEXT_NUMBERS],
                               env->cr4 & CR4_PKE ? env->pkru : 0,
                               env->svm.guest ? (uint64_t)env->svm.epoch << 32 | env->svm.asid : 0,
                               is_nested(env) ? env->svm.nested_cr3 | !(env->cr0 & CR0_PG) : 0,
                               rights_of_guest(env) };

    if (mmu_idx == X86_MMU_OFF) {
        return 0;
    }
    memcpy(key, parts, sizeof(parts));
    return sizeof(parts);
}

void x86_flush_all(CPUX86State *env)
{
    memset(env->large_pages, 0, sizeof(env->large_pages));
    memset(env->huge_pages, 0, sizeof(env->huge_pages));
    tlb_flush(x86_env_cpu(env));
}

void x86_flush_context(CPUX86State *env, unsigned pcid)
{
    env->context_number[pcid % X86_NB_CONTEXT_NUMBERS] = ++env->contexts_made;
    tlb_context_changed(x86_env_cpu(env));
}

void x86_flush_page(CPUX86State *env, uint64_t addr)
{
    if (may_be_large_page(env, addr)) {
        x86_flush_all(env);
    } else {
        tlb_flush_page(x86_env_cpu(env), addr);
    }
}

/* ---- Without side effects ---- */

static uint32_t look_up(CPUX86State *env, uint64_t addr, X86Walk *walk)
{
    GuestTables tables = { env, 0, .no_exit = true, .look_only = true };
    const X86TableMemory memory = table_memory(&tables);
    const X86WalkRegs regs = walk_registers(&tables, addr);
    const X86WalkMode mode = { .no_checks = true };

    return x86_walk(&regs, &memory, addr, MMU_DATA_LOAD, mode, walk);
}

/* What the program that runs takes for a physical address. */
static hwaddr physical_address(CPUX86State *env, uint64_t addr)
{
    X86Walk walk;

    if (!is_nested(env)) {
        return addr & TARGET_PAGE_MASK;
    }
    return walk_nested(env, addr, MMU_DATA_LOAD, true, &walk) == X86_WALK_OK
               ? walk.phys & TARGET_PAGE_MASK
               : HWADDR_MAX;
}

hwaddr x86_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs)
{
    CPUX86State *env = &X86_CPU(cs)->env;
    X86Walk walk;

    if (env->in_smm) {
        *attrs = mode_attributes(env);
    }
    if (!(env->cr0 & CR0_PG)) {
        return physical_address(env, (uint32_t)addr & env->a20_mask);
    }
    if (!(env->efer & EFER_LMA)) {
        addr = (uint32_t)addr;
    } else if (!x86_is_canonical(env, addr)) {
        return HWADDR_MAX;
    }
    return look_up(env, addr, &walk) == X86_WALK_OK ? physical_address(env, walk.phys) : HWADDR_MAX;
}

/* ---- `info tlb` and `info mem` ---- */

typedef void PageVisitor(void *opaque, uint64_t addr, const X86Walk *walk);

#define MOST_LOOK_UPS (1u << 20)

/* All pages that are mapped, in order. False: some aren't looked at, as tables that lead to
 * themselves would have no end. */
static bool visit_pages(CPUX86State *env, PageVisitor *visit, void *opaque)
{
    bool lma = env->efer & EFER_LMA;
    unsigned bits = !lma ? 32 : env->cr4 & CR4_LA57 ? 57 : 48;
    uint64_t hole = lma ? 1ull << (bits - 1) : 0, addr = 0;
    unsigned look_ups = 0;

    for (uint64_t step, done = 0; done < 1ull << bits; done += step) {
        X86Walk walk;

        if (look_ups++ == MOST_LOOK_UPS) {
            return false;
        }
        addr = hole && done >= hole ? done | (~0ull << bits) : done;
        if (look_up(env, addr, &walk) == X86_WALK_OK) {
            visit(opaque, addr, &walk);
            step = walk.size;
        } else {
            step = walk.skip;
        }
    }
    return true;
}

static void print_page(void *opaque, uint64_t addr, const X86Walk *walk)
{
    static const struct { uint64_t bit; char letter; } letters[] = {
        { X86_PTE_NX, 'X' }, { X86_PTE_G, 'G' },   { X86_PTE_PS, 'P' },
        { X86_PTE_D, 'D' },  { X86_PTE_A, 'A' },   { X86_PTE_PCD, 'C' },
        { X86_PTE_PWT, 'T' }, { X86_PTE_U, 'U' },  { X86_PTE_W, 'W' },
    };
    uint64_t entry = walk->entry;
    FILE *f = opaque;

    if (walk->size == TARGET_PAGE_SIZE) {
        entry &= ~(uint64_t)X86_PTE_PS; /* that bit is PAT's there */
    }
    fprintf(f, "%016" PRIx64 ": %016" PRIx64 " ", addr, walk->phys);
    for (unsigned i = 0; i < ARRAY_SIZE(letters); i++) {
        fputc(entry & letters[i].bit ? letters[i].letter : '-', f);
    }
    fputc('\n', f);
}

void x86_dump_mmu(CPUState *cs, FILE *f)
{
    CPUX86State *env = &X86_CPU(cs)->env;

    if (!(env->cr0 & CR0_PG)) {
        fprintf(f, "PG disabled\n");
        return;
    }
    if (!visit_pages(env, print_page, f)) {
        fprintf(f, "... and more: the tables have too many entries to look at all of them\n");
    }
}
