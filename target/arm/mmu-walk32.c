/*
 * AArch32 translation, stage 1: VMSAv8-32 (and VMSAv7), short and long descriptors, Hyp mode's.
 *
 * Reference: DDI 0487, G5.4 (short descriptors), G5.5 (long ones), G5.6 (which table), G5.7
 * (permissions), G5.10 (faults).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/internal.h"
#include "target/arm/mmu-walk32.h"

/* TTBCR: how the halves are divided, and which have no table. */
enum { TTBCR_PD0 = 4, TTBCR_PD1 = 5, TTBCR_T1SZ = 16, TTBCR_EPD0 = 7, TTBCR_EPD1 = 23 };

static int needed_right(MMUAccessType access)
{
    return access == MMU_INST_FETCH ? PAGE_EXEC : access == MMU_DATA_STORE ? PAGE_WRITE : PAGE_READ;
}

/* What the registers take away from the right to execute (G5.7.3). */
static int restrict_execution(const ARMWalk32Regs *regs, int prot, bool user, bool user_writes)
{
    bool never = !(prot & PAGE_READ) || ((regs->sctlr & SCTLR_WXN) && (prot & PAGE_WRITE)) ||
                 (!user && (regs->sctlr & SCTLR_UWXN) && user_writes);

    return never ? prot & ~PAGE_EXEC : prot;
}

/* ---- Short descriptors ---- */

enum { L1_TABLE = 1, SUPERSECTION = 1 << 18 };
enum { DOMAIN_NONE, DOMAIN_CLIENT, DOMAIN_RESERVED, DOMAIN_MANAGER };

/* A section or page, its fields taken out of where the two kinds have them. */
typedef struct ShortEntry {
    unsigned ap; /* AP[2:0] */
    bool xn, pxn, ng, ns;
} ShortEntry;

static int short_permissions(const ARMWalk32Regs *regs, const ShortEntry *e, bool user)
{
    enum { N = 0, R = PAGE_READ, RW = PAGE_READ | PAGE_WRITE };
    static const uint8_t privileged[] = { N, RW, RW, RW, N, R, R, R };
    static const uint8_t unprivileged[] = { N, N, R, RW, N, N, R, R };
    unsigned ap = regs->sctlr & SCTLR_AFE ? e->ap | 1 : e->ap; /* AP[0] is the access flag */
    int prot = (user ? unprivileged : privileged)[ap];

    prot |= e->xn || (e->pxn && !user) ? 0 : PAGE_EXEC;
    return restrict_execution(regs, prot, user, unprivileged[ap] & PAGE_WRITE);
}

static unsigned check_short(const ARMWalk32Regs *regs, const ShortEntry *e, MMUAccessType access,
                            bool user, ARMWalk *walk)
{
    unsigned domain = regs->dacr >> (2 * walk->domain) & 3;

    if ((regs->sctlr & SCTLR_AFE) && !(e->ap & 1)) {
        return FSC_ACCESS_FLAG | walk->level;
    }
    if (domain == DOMAIN_NONE || domain == DOMAIN_RESERVED) {
        return FSC_DOMAIN | walk->level;
    }
    walk->global = !e->ng;
    walk->secure = regs->secure && !e->ns;
    walk->prot = domain == DOMAIN_MANAGER ? PAGE_READ | PAGE_WRITE | PAGE_EXEC
                                          : short_permissions(regs, e, user);
    return walk->prot & needed_right(access) ? 0 : FSC_PERMISSION | walk->level;
}

static unsigned walk_pages(const ARMWalk32Regs *regs, const ARMTableMemory *memory, uint32_t l1,
                           uint32_t address, MMUAccessType access, bool user, ARMWalk *walk)
{
    uint32_t desc;
    ShortEntry e;
    bool large;

    walk->level = 2;
    if (!memory->load_word(memory->opaque, (l1 & 0xfffffc00u) | extract32(address, 12, 8) << 2,
                           &desc)) {
        return FSC_EXTERNAL_ON_WALK | 2;
    }
    if (!(desc & 3)) {
        return FSC_TRANSLATION | 2;
    }
    large = !(desc & 2);
    walk->size = large ? 64 * KiB : 4 * KiB;
    walk->phys = (desc & -(uint32_t)walk->size) | (address & (walk->size - 1));
    e = (ShortEntry){ .ap = extract32(desc, 4, 2) | extract32(desc, 9, 1) << 2,
                      .xn = large ? desc >> 15 & 1 : desc & 1,
                      .pxn = l1 >> 2 & 1,
                      .ns = l1 >> 3 & 1,
                      .ng = desc >> 11 & 1 };
    return check_short(regs, &e, access, user, walk);
}

static unsigned walk_short(const ARMWalk32Regs *regs, const ARMTableMemory *memory,
                           uint32_t address, MMUAccessType access, bool user, ARMWalk *walk)
{
    unsigned n = regs->ttbcr & 7;
    bool upper = n && address >> (32 - n);
    uint32_t ttbr = regs->ttbr[upper], desc, table;
    ShortEntry e;

    walk->level = 1;
    if (regs->ttbcr >> (upper ? TTBCR_PD1 : TTBCR_PD0) & 1) {
        return FSC_TRANSLATION | 1;
    }
    n = upper ? 0 : n;
    table = ttbr & -(1u << (14 - n));
    if (!memory->load_word(memory->opaque, table | extract32(address, 20, 12 - n) << 2, &desc)) {
        return FSC_EXTERNAL_ON_WALK | 1;
    }
    if (!(desc & 3)) {
        return FSC_TRANSLATION | 1;
    }
    walk->domain = desc & 2 && desc & SUPERSECTION ? 0 : extract32(desc, 5, 4);
    if ((desc & 3) == L1_TABLE) {
        return walk_pages(regs, memory, desc, address, access, user, walk);
    }
    if (desc & SUPERSECTION) {
        walk->size = 16 * MiB;
        walk->phys = (desc & 0xff000000u) | (uint64_t)extract32(desc, 20, 4) << 32 |
                     (uint64_t)extract32(desc, 5, 4) << 36;
    } else {
        walk->size = 1 * MiB;
        walk->phys = desc & 0xfff00000u;
    }
    walk->phys |= address & (walk->size - 1);
    e = (ShortEntry){ .ap = extract32(desc, 10, 2) | extract32(desc, 15, 1) << 2,
                      .xn = desc >> 4 & 1,
                      .pxn = desc & 1,
                      .ns = desc >> 19 & 1,
                      .ng = desc >> 17 & 1 };
    return check_short(regs, &e, access, user, walk);
}

/* ---- Long descriptors ---- */

enum { LONG_VALID = 1, LONG_TABLE = 2, LONG_NS = 1 << 5, LONG_AF = 1 << 10, LONG_NG = 1 << 11 };
enum { LONG_PXN = 53, LONG_XN = 54, TABLE_PXN = 59, TABLE_XN = 60, TABLE_AP = 61, TABLE_NS = 63 };

static int long_permissions(const ARMWalk32Regs *regs, uint64_t desc, uint64_t tables, bool user)
{
    bool read_only = (desc >> 7 & 1) || (tables >> (TABLE_AP + 1) & 1);
    bool user_access = (desc >> 6 & 1) && !(tables >> TABLE_AP & 1);
    bool xn = (desc >> LONG_XN & 1) || (tables >> TABLE_XN & 1);
    bool pxn = (desc >> LONG_PXN & 1) || (tables >> TABLE_PXN & 1);
    int prot = 0;

    if (!user || user_access) {
        prot |= PAGE_READ | (read_only ? 0 : PAGE_WRITE);
    }
    prot |= xn || (pxn && !user && !regs->hyp) ? 0 : PAGE_EXEC;
    return restrict_execution(regs, prot, user, !regs->hyp && user_access && !read_only);
}

/* Which table: the lower part's if the address is in that, or nothing divides them (G5.6.3). */
static bool in_upper_part(const ARMWalk32Regs *regs, uint32_t address, unsigned t0sz, unsigned t1sz)
{
    if (t0sz == 0 && t1sz == 0) {
        return false;
    }
    if (t1sz) {
        return address >> (32 - t1sz) == (1u << t1sz) - 1 && !(t0sz && !(address >> (32 - t0sz)));
    }
    return address >> (32 - t0sz);
}

static unsigned walk_long(const ARMWalk32Regs *regs, const ARMTableMemory *memory, uint32_t address,
                          MMUAccessType access, bool user, ARMWalk *walk)
{
    unsigned t0sz = regs->ttbcr & 7, t1sz = regs->hyp ? 0 : regs->ttbcr >> TTBCR_T1SZ & 7;
    bool upper = in_upper_part(regs, address, t0sz, t1sz);
    unsigned input = 32 - (upper ? t1sz : t0sz), level = input > 30 ? 1 : 2, low;
    uint64_t table, tables = 0, desc;
    bool secure = regs->secure;

    walk->level = 1;
    if ((regs->hyp && upper) ||
        (!regs->hyp && (regs->ttbcr >> (upper ? TTBCR_EPD1 : TTBCR_EPD0) & 1)) ||
        (!upper && t0sz && address >> input)) {
        return FSC_TRANSLATION | 1;
    }
    low = level == 1 ? 30 : 21;
    table = extract64(regs->ttbr[upper], 0, 40) & -(8ull << (input - low));
    for (;; level++) {
        unsigned bits = MIN(9, input - low);

        walk->level = level;
        if (!memory->load(memory->opaque, table | extract32(address, low, bits) << 3, secure,
                          &desc)) {
            return FSC_EXTERNAL_ON_WALK | level;
        }
        if (!(desc & LONG_VALID) || (level == 3 && !(desc & LONG_TABLE))) {
            return FSC_TRANSLATION | level;
        }
        if (level == 3 || !(desc & LONG_TABLE)) {
            break;
        }
        tables |= desc;
        secure &= !(desc >> TABLE_NS & 1);
        table = desc & 0xfffffff000ull;
        low -= 9;
        input = low + 9;
    }
    walk->size = 1ull << low;
    walk->phys = (extract64(desc, 0, 40) & -walk->size) | (address & (walk->size - 1));
    if (!(desc & LONG_AF)) {
        return FSC_ACCESS_FLAG | level;
    }
    walk->global = !(desc & LONG_NG) || regs->hyp;
    walk->secure = secure && !(desc & LONG_NS);
    walk->attributes = extract64(desc, 2, 3);
    walk->shareability = extract64(desc, 8, 2);
    walk->prot = long_permissions(regs, desc, tables, user);
    return walk->prot & needed_right(access) ? 0 : FSC_PERMISSION | level;
}

unsigned arm_walk32(const ARMWalk32Regs *regs, const ARMTableMemory *memory, uint32_t address,
                    MMUAccessType access, bool user, ARMWalk *walk)
{
    *walk = (ARMWalk){ 0 };
    return regs->ttbcr & TTBCR_EAE ? walk_long(regs, memory, address, access, user, walk)
                                   : walk_short(regs, memory, address, access, user, walk);
}
