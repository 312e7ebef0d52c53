/*
 * Events that the performance monitors count, by family.
 *
 * Events 0 to 4 are the same for every counter. Of the others, what the completed instructions and
 * the MSR tell is counted; what happens in caches, TLBs and queues, or takes cycles, has no
 * equivalent here: such an event has its name, and its counter stands still.
 *
 * Reference: MPC750UM 11.4, 750GXUM tables 11-2 to 11-5; MPC7400UM 11.5; IBM's manual of the 604,
 * chapter 9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/internal.h"

static const PPCPerfEvent common[] = {
    { 0, 0, PPC_PM_NOTHING, "nothing" },
    { 0, 1, PPC_PM_CYCLES, "processor cycles" },
    { 0, 2, PPC_PM_COMPLETED, "instructions completed" },
    { 0, 3, PPC_PM_TB_BIT, "time base bit transitions" },
    { 0, 4, PPC_PM_COMPLETED, "instructions dispatched" },
    { 0 },
};

static const PPCPerfEvent of_604[] = {
    { 1, 0x08, PPC_PM_LWARX, "reservations requested" },
    { 1, 0x0c, PPC_PM_SYNC, "sync instructions" },
    { 1, 0x0d, PPC_PM_EIEIO, "eieio instructions" },
    { 1, 0x0e, PPC_PM_INTEGER, "integer instructions" },
    { 1, 0x0f, PPC_PM_FP, "floating-point instructions" },
    { 1, 0x1f, PPC_PM_IABR, "instruction breakpoint hits" },
    { 2, 0x08, PPC_PM_BRANCH, "branches" },
    { 2, 0x09, PPC_PM_STWCX_DONE, "stwcx. instructions with their reservation" },
    { 0 },
};

static const PPCPerfEvent of_750[] = {
    { 1, 5, PPC_PM_EIEIO, "eieio instructions" },
    { 1, 6, PPC_PM_UNKNOWN, "cycles of ITLB table searches" },
    { 1, 7, PPC_PM_UNKNOWN, "L2 hits" },
    { 1, 8, PPC_PM_UNKNOWN, "instruction addresses delivered to memory" },
    { 1, 9, PPC_PM_IABR, "IABR matches" },
    { 1, 10, PPC_PM_UNKNOWN, "L1 load misses over the threshold" },
    { 1, 11, PPC_PM_UNKNOWN, "unresolved branches" },
    { 1, 12, PPC_PM_UNKNOWN, "stall cycles of second unresolved branches" },
    { 2, 5, PPC_PM_UNKNOWN, "L1 instruction cache misses" },
    { 2, 6, PPC_PM_UNKNOWN, "ITLB misses" },
    { 2, 7, PPC_PM_UNKNOWN, "L2 instruction misses" },
    { 2, 8, PPC_PM_NOT_TAKEN, "branches not taken" },
    { 2, 9, PPC_PM_PRIVILEGE, "changes of MSR[PR]" },
    { 2, 10, PPC_PM_LWARX, "reserved loads" },
    { 2, 11, PPC_PM_LOAD_STORE, "loads and stores" },
    { 2, 12, PPC_PM_UNKNOWN, "snoops" },
    { 2, 13, PPC_PM_UNKNOWN, "L1 castouts to the L2" },
    { 2, 14, PPC_PM_SYSTEM, "system unit instructions" },
    { 2, 15, PPC_PM_UNKNOWN, "instruction fetch misses" },
    { 2, 16, PPC_PM_UNKNOWN, "speculative branches that resolved correctly" },
    { 3, 5, PPC_PM_UNKNOWN, "L1 data cache misses" },
    { 3, 6, PPC_PM_UNKNOWN, "DTLB misses" },
    { 3, 7, PPC_PM_UNKNOWN, "L2 data misses" },
    { 3, 8, PPC_PM_TAKEN, "taken branches" },
    { 3, 9, PPC_PM_MARK_USER, "changes of MSR[PM] in user mode" },
    { 3, 10, PPC_PM_STWCX, "store conditional instructions" },
    { 3, 11, PPC_PM_FP, "FPU instructions" },
    { 3, 12, PPC_PM_UNKNOWN, "L2 castouts by snoops" },
    { 3, 13, PPC_PM_UNKNOWN, "cache operations that hit in the L2" },
    { 3, 15, PPC_PM_UNKNOWN, "cycles of L1 load misses" },
    { 3, 16, PPC_PM_UNKNOWN, "branches of the second stream that resolved correctly" },
    { 3, 17, PPC_PM_UNKNOWN, "stall cycles for LR or CR" },
    { 4, 5, PPC_PM_UNKNOWN, "L2 castouts" },
    { 4, 6, PPC_PM_UNKNOWN, "cycles of DTLB table searches" },
    { 4, 8, PPC_PM_UNKNOWN, "mispredicted branches" },
    { 4, 9, PPC_PM_MARK_SUPERVISOR, "changes of MSR[PM] in supervisor mode" },
    { 4, 10, PPC_PM_STWCX_DONE, "store conditional instructions with their reservation" },
    { 4, 11, PPC_PM_SYNC, "sync instructions" },
    { 4, 12, PPC_PM_UNKNOWN, "snoop retries" },
    { 4, 13, PPC_PM_INTEGER, "integer operations" },
    { 4, 14, PPC_PM_UNKNOWN, "cycles with two unresolved branches" },
    { 0 },
};

static const PPCPerfEvent of_7400[] = {
    { 1, 5, PPC_PM_EIEIO, "eieio instructions" },
    { 1, 9, PPC_PM_IABR, "instruction breakpoint matches" },
    { 2, 5, PPC_PM_NOT_TAKEN, "fall-through branches" },
    { 2, 9, PPC_PM_PRIVILEGE, "user/supervisor mode switches" },
    { 2, 10, PPC_PM_LWARX, "reserved loads" },
    { 2, 11, PPC_PM_LOAD, "loads" },
    { 2, 14, PPC_PM_SYSTEM, "SRU instructions" },
    { 2, 40, PPC_PM_TLBIE, "TLB invalidations" },
    { 3, 5, PPC_PM_TAKEN, "taken branches" },
    { 3, 10, PPC_PM_TLBSYNC, "tlbsync instructions" },
    { 3, 11, PPC_PM_FP, "FPU instructions" },
    { 3, 12, PPC_PM_STWCX, "conditional stores" },
    { 4, 10, PPC_PM_STWCX_DONE, "conditional stores that succeed" },
    { 4, 11, PPC_PM_SYNC, "sync instructions" },
    { 4, 13, PPC_PM_INTEGER, "integer operations" },
    { 0 },
};

static const PPCPerfEvent *find(const PPCPerfEvent *table, unsigned counter, unsigned event)
{
    for (const PPCPerfEvent *e = table; e->name; e++) {
        if (e->counter == counter && e->event == event) {
            return e;
        }
    }
    return NULL;
}

const PPCPerfEvent *ppc_perfmon_event(const PPCFamily *family, unsigned counter, unsigned event)
{
    static const PPCPerfEvent other = { .source = PPC_PM_UNKNOWN, .name = "reserved or unknown" };
    const PPCPerfEvent *table = family->features & PPC_FEAT_ALTIVEC   ? of_7400
                                : family->features & PPC_FEAT_PERFMON ? of_750
                                                                      : of_604;
    const PPCPerfEvent *e = event < ARRAY_SIZE(common) - 1 ? &common[event]
                                                           : find(table, counter, event);

    return e ? e : &other;
}
