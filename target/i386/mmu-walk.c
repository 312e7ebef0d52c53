/*
 * Paging as a function of the control registers and the tables in memory.
 *
 * A format is a row: how many bytes entries have, and which address bits each level takes. The
 * entries on the way are kept, so that the accessed bits are set only if the access is allowed.
 *
 * Reference: SDM volume 3, chapter 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/cputlb.h"
#include "target/i386/cpu.h"
#include "target/i386/mmu-walk.h"

#define MAX_LEVELS 5

typedef struct Format {
    uint8_t levels;
    uint8_t entry_size;      /* bytes */
    uint8_t index_bits;
    uint8_t large_levels;    /* a bit for each level (0: the last) that PS makes one of pages */
    uint8_t ps_reserved;     /* and for those where PS must be 0 */
} Format;

static const Format format_32bit = { 2, 4, 10, .large_levels = 1 << 1 };
static const Format format_32bit_small = { 2, 4, 10 };
static const Format format_pae = { 2, 8, 9, .large_levels = 1 << 1 };
static const Format format_4_levels = { 4, 8, 9, .large_levels = 1 << 1 | 1 << 2,
                                        .ps_reserved = 1 << 3 };
static const Format format_5_levels = { 5, 8, 9, .large_levels = 1 << 1 | 1 << 2,
                                        .ps_reserved = 1 << 3 | 1 << 4 };

typedef struct Step {
    uint64_t addr, entry;
} Step;

static const Format *format_of(const X86WalkRegs *regs)
{
    if (regs->long_mode) {
        return regs->cr4 & CR4_LA57 ? &format_5_levels : &format_4_levels;
    }
    if (regs->cr4 & CR4_PAE) {
        return &format_pae;
    }
    return regs->cr4 & CR4_PSE ? &format_32bit : &format_32bit_small;
}

static uint64_t bits_between(unsigned low, unsigned beyond)
{
    return low < beyond ? (~0ull << low) & ~(beyond < 64 ? ~0ull << beyond : 0) : 0;
}

uint64_t x86_pdptr_reserved(unsigned physical_bits)
{
    return bits_between(1, 3) | bits_between(5, 9) | bits_between(physical_bits, 64);
}

/* 4 MiB pages have address bits from 32 on in bits 13 to 20. */
static uint64_t reserved_of_4m_page(const X86WalkRegs *regs)
{
    unsigned above = regs->has_pse36 ? MIN(regs->physical_bits, 40) - 32 : 0;

    return bits_between(13 + above, 22);
}

static uint64_t reserved_bits(const X86WalkRegs *regs, const Format *format, unsigned level,
                              bool large)
{
    uint64_t reserved;

    if (format->entry_size == 4) {
        return large ? reserved_of_4m_page(regs) : 0;
    }
    reserved = bits_between(regs->physical_bits, regs->long_mode ? 52 : 63);
    reserved |= regs->no_execute ? 0 : X86_PTE_NX;
    reserved |= format->ps_reserved >> level & 1 ? X86_PTE_PS : 0;
    if (level == 2 && regs->long_mode && !regs->has_1g_pages) {
        reserved |= X86_PTE_PS;
    }
    if (large) {
        reserved |= bits_between(13, level == 2 ? 30 : 21);
    }
    return reserved;
}

static uint64_t table_in(const Format *format, uint64_t entry)
{
    return entry & (format->entry_size == 4 ? bits_between(12, 32) : bits_between(12, 52));
}

static uint64_t page_in(const Format *format, uint64_t entry, unsigned shift, bool large)
{
    if (format->entry_size == 4 && large) {
        return (entry & bits_between(22, 32)) | (entry & bits_between(13, 21)) << 19;
    }
    return table_in(format, entry) & (~0ull << shift);
}

/* ---- Rights ---- */

/* Which accesses a protection key leaves of a user page's; it says nothing of fetches. */
static int allowed_by_key(const X86WalkRegs *regs, X86WalkMode mode, uint64_t entry)
{
    unsigned bits = regs->pkru >> (entry >> 59 & 15) * 2;
    bool no_access = bits & 1, no_write = bits & 2;
    int allowed = PAGE_READ | PAGE_WRITE | PAGE_EXEC;

    if (!regs->long_mode || !(regs->cr4 & CR4_PKE)) {
        return allowed;
    }
    if (no_access) {
        return PAGE_EXEC;
    }
    return no_write && (mode.user || regs->write_protect) ? allowed & ~PAGE_WRITE : allowed;
}

static int allowed_by_rights(const X86WalkRegs *regs, X86WalkMode mode, uint64_t rights)
{
    bool user_page = rights & X86_PTE_U;
    int allowed = rights & X86_PTE_NX ? PAGE_READ : PAGE_READ | PAGE_EXEC;

    if (mode.user) {
        allowed |= rights & X86_PTE_W ? PAGE_WRITE : 0;
        return user_page ? allowed : 0;
    }
    allowed |= rights & X86_PTE_W || !regs->write_protect ? PAGE_WRITE : 0;
    if (user_page) {
        allowed &= regs->cr4 & CR4_SMEP ? ~PAGE_EXEC : ~0;
        allowed &= mode.smap ? PAGE_EXEC : ~0;
    }
    return allowed;
}

static int wanted(MMUAccessType access)
{
    return access == MMU_DATA_STORE   ? PAGE_WRITE
           : access == MMU_INST_FETCH ? PAGE_EXEC
                                      : PAGE_READ;
}

static uint32_t error_code(const X86WalkRegs *regs, MMUAccessType access, X86WalkMode mode,
                           uint32_t why)
{
    bool fetches_told = (regs->cr4 & CR4_SMEP) || ((regs->cr4 & CR4_PAE) && regs->no_execute);

    return why | (access == MMU_DATA_STORE ? X86_PF_W : 0) | (mode.user ? X86_PF_U : 0) |
           (access == MMU_INST_FETCH && fetches_told ? X86_PF_FETCH : 0);
}

/* ---- Accessed and dirty bits ---- */

/* False: an entry isn't any more what it was. */
static bool mark_used(const X86TableMemory *memory, const Step *steps, unsigned nb, bool dirty)
{
    for (unsigned i = 0; i < nb; i++) {
        uint32_t old = steps[i].entry, new = old | X86_PTE_A;

        new |= dirty && i == nb - 1 ? X86_PTE_D : 0;
        if (new != old && memory->exchange(memory->opaque, steps[i].addr, old, new) != old) {
            return false;
        }
    }
    return true;
}

/* ---- The walk ---- */

enum { AGAIN = 0x10000, MOST_TRIES = 100 };

static uint32_t walk_once(const X86WalkRegs *regs, const X86TableMemory *memory, uint64_t addr,
                          MMUAccessType access, X86WalkMode mode, X86Walk *walk)
{
    const Format *format = format_of(regs);
    uint64_t table = regs->cr3, rights = X86_PTE_W | X86_PTE_U, entry = 0;
    unsigned nb = 0, shift = 12 + format->index_bits * format->levels;
    Step steps[MAX_LEVELS];
    bool large = false;

    if (format == &format_pae) {
        table = regs->pdptr[addr >> 30 & 3];
        walk->skip = 1ull << 30;
        if (!(table & X86_PTE_P)) {
            return error_code(regs, access, mode, 0);
        }
    }
    for (int level = format->levels - 1; level >= 0 && !large; level--) {
        uint64_t index;

        shift -= format->index_bits;
        index = addr >> shift & ((1u << format->index_bits) - 1);
        steps[nb].addr = (table_in(format, table) + index * format->entry_size) &
                         regs->address_mask;
        entry = memory->load(memory->opaque, steps[nb].addr, format->entry_size);
        steps[nb++].entry = entry;
        walk->skip = 1ull << shift;
        if (!(entry & X86_PTE_P)) {
            return error_code(regs, access, mode, 0);
        }
        large = (entry & X86_PTE_PS) && format->large_levels >> level & 1;
        if (entry & reserved_bits(regs, format, level, large)) {
            return error_code(regs, access, mode, X86_PF_P | X86_PF_RSVD);
        }
        rights = (rights & entry) | ((rights | entry) & X86_PTE_NX);
        table = entry;
    }

    int allowed = allowed_by_rights(regs, mode, rights);
    int by_key = rights & X86_PTE_U ? allowed_by_key(regs, mode, entry) : ~0;
    bool store = access == MMU_DATA_STORE;

    if (!mode.no_checks && !(allowed & by_key & wanted(access))) {
        return error_code(regs, access, mode,
                          X86_PF_P | (allowed & wanted(access) ? X86_PF_KEY : 0));
    }
    if (memory->exchange && !mark_used(memory, steps, nb, store)) {
        return AGAIN;
    }
    walk->size = 1ull << shift;
    walk->phys = (page_in(format, entry, shift, large) | (addr & (walk->size - 1))) &
                 regs->address_mask;
    walk->prot = allowed & by_key & (entry & X86_PTE_D || store ? ~0 : ~PAGE_WRITE);
    walk->rights = rights;
    walk->entry = entry;
    /* A key's rights are the context's. */
    walk->global = (entry & X86_PTE_G) && (regs->cr4 & CR4_PGE) &&
                   !((rights & X86_PTE_U) && (regs->cr4 & CR4_PKE));
    return X86_WALK_OK;
}

uint32_t x86_walk(const X86WalkRegs *regs, const X86TableMemory *memory, uint64_t addr,
                  MMUAccessType access, X86WalkMode mode, X86Walk *walk)
{
    X86TableMemory reading = *memory;
    uint32_t result;

    for (unsigned tries = 0; tries < MOST_TRIES; tries++) {
        result = walk_once(regs, memory, addr, access, mode, walk);
        if (result != AGAIN) {
            return result;
        }
    }
    /* Tables that never stay as they were are some device's registers: no bits are set there. */
    reading.exchange = NULL;
    return walk_once(regs, &reading, addr, access, mode, walk);
}
