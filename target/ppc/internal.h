/*
 * What the files of this folder share and nobody else needs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_INTERNAL_H
#define TARGET_PPC_INTERNAL_H

#include "target/ppc/cpu.h"
#include "target/ppc/spr.h"

#ifndef GETPC
#define GETPC() ((uintptr_t)__builtin_return_address(0))
#endif

/* DSISR */
enum {
    DSISR_NOT_FOUND = 0x40000000,
    DSISR_PROTECTION = 0x08000000,
    DSISR_DIRECT_STORE = 0x04000000, /* also lwarx, stwcx. to write-through pages */
    DSISR_STORE = 0x02000000,
    DSISR_DABR = 0x00400000,
    DSISR_EAR = 0x00100000,
};

/* SRR1 of an ISI */
enum {
    ISI_NOT_FOUND = 0x40000000,
    ISI_NO_EXECUTE = 0x10000000, /* N bit, guarded memory, direct-store segment */
    ISI_PROTECTION = 0x08000000,
};

/* SRR1 of a machine check */
enum {
    MCHECK_MCP = 0x00080000,
    MCHECK_TEA = 0x00040000,
};

enum {
    HID0_EMCP = 0x80000000,
    HID0_ICE = 0x00008000,
    HID0_DCE = 0x00004000,
    HID0_DLOCK = 0x00001000,
    HID0_ICFI = 0x00000800,
    HID0_DCFI = 0x00000400,
    HID0_DOZE = 0x00800000,
    HID0_NAP = 0x00400000,
    HID0_SLEEP = 0x00200000,
    HID0_NOOPTI = 0x00000001,
    HID2_SWT_EN = 0x00080000,
    HID2_HIGH_BAT_EN = 0x00040000,
    L2CR_HWF = 0x00000800,
    MSSCR0_DL1HWF = 0x00800000,
    IABR_BE = 0x00000002,
    IABR_TE = 0x00000001,
    DABR_BT = 0x00000004,
    DABR_DW = 0x00000002,
    DABR_DR = 0x00000001,
};

/* mmu.c */
bool ppc_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra);
size_t ppc_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key);
hwaddr ppc_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs);
void ppc_dump_mmu(CPUState *cs, FILE *f);
/* BATs (or what enables them) have changed: recomputes windows, forgets translations. */
void ppc_bats_changed(CPUPPCState *env);
/* SDR1 or a segment register has changed. */
void ppc_page_table_changed(CPUPPCState *env);
/*
 * WIMG of the data page at ea as the data MMU sees it now, ~0u if it isn't mapped for the access.
 * No side effects.
 */
uint32_t ppc_data_wimg(CPUPPCState *env, uint32_t ea, MMUAccessType access);
/* The same whatever the page's rights are: ~0u if nothing is mapped there. */
uint32_t ppc_mapped_wimg(CPUPPCState *env, uint32_t ea);
#define PPC_NO_PAGE UINT32_MAX /* in dcbz_page, cache_op_page[] */
/* Translation has changed: neither dcbz nor another cache operation knows any page. */
void ppc_forget_pages(CPUPPCState *env);

/* Raises what translating data address ea for an access raises; the DABR isn't looked at. */
void ppc_check_data_access(CPUPPCState *env, uint32_t ea, MMUAccessType access, uintptr_t ra);
/* Whether data address ea lies in a direct-store segment, and no BAT translates it. */
bool ppc_is_direct_store(CPUPPCState *env, uint32_t ea);
/* HID2[SWT_EN] has changed. */
void ppc_software_search_changed(CPUPPCState *env);

/* swt.c: software table search */
struct PPCXlateRegs;
struct PPCXlate;
/* Whether the CPU leaves page table search to software now. */
bool ppc_software_search(CPUPPCState *env);
/* Translation through the CPU's own TLBs; a PPCXlateResult. */
int ppc_soft_xlate(CPUPPCState *env, const struct PPCXlateRegs *regs, uint32_t ea,
                   MMUAccessType access, bool user, struct PPCXlate *x);
G_NORETURN_ATTR void ppc_raise_soft_miss(CPUPPCState *env, uint32_t ea, MMUAccessType access,
                                         bool user, uintptr_t ra);
/* tlbie: empties the sets that ea selects. */
void ppc_soft_tlb_invalidate(CPUPPCState *env, uint32_t ea);

/* excp.c */
void ppc_do_interrupt(CPUState *cs);
bool ppc_cpu_exec_interrupt(CPUState *cs, int request);
bool ppc_has_work(CPUState *cs);
G_NORETURN_ATTR void ppc_do_unaligned_access(CPUState *cs, vaddr addr, MMUAccessType access,
                                             int mmu_idx, uintptr_t ra);
void ppc_do_transaction_failed(CPUState *cs, hwaddr physaddr, vaddr addr, unsigned size,
                               MMUAccessType access, int mmu_idx, MemTxAttrs attrs,
                               MemTxResult result, uintptr_t ra);
/* Raises a DSI or alignment exception with DAR `ea`. */
G_NORETURN_ATTR void ppc_raise_data_exception(CPUPPCState *env, int excp, uint32_t error,
                                              uint32_t ea, uintptr_t ra);
/* DSISR of an alignment exception by instruction `insn`. */
uint32_t ppc_alignment_dsisr(uint32_t insn);
/* Sets or clears PPC_INTERRUPT_* bits and tells the CPU loop. The CPU's thread needs no lock for
 * this; others take the big one, if they haven't got it. */
void ppc_set_pending(CPUPPCState *env, uint32_t bits, bool set);
void ppc_init_gpios(PowerPCCPU *cpu);
void ppc_pins_after_reset(CPUPPCState *env);
/* Whether the FPSCR asks for the FP enabled exception in the current MSR. */
bool ppc_fp_exception_due(const CPUPPCState *env);

/* timebase.c */
uint64_t ppc_load_tb(CPUPPCState *env);
void ppc_store_tb(CPUPPCState *env, uint64_t value);
uint32_t ppc_load_dec(CPUPPCState *env);
void ppc_store_dec(CPUPPCState *env, uint32_t value);
void ppc_timebase_init(PowerPCCPU *cpu);
void ppc_timebase_reset(CPUPPCState *env);
/* CPUClass.deadline_passed: DEC has turned negative. */
void ppc_deadline_passed(CPUState *cs, int64_t now);
/* A snapshot has been loaded. */
void ppc_timebase_loaded(CPUPPCState *env);
/* The TBEN input or sleep mode may have changed: starts or stops the clock. Under the big lock. */
void ppc_timebase_update(CPUPPCState *env);

/* perfmon.c */
uint32_t ppc_load_pmc(CPUPPCState *env, unsigned spr);
/* Writes MMCR0, MMCR1 or a counter. */
void ppc_store_perfmon(CPUPPCState *env, const PPCSPR *spr, uint32_t value);
/* Before and after a change of MSR[PR] or MSR[PM], or around a snapshot. `address`: for SIA. */
void ppc_perfmon_fold(CPUPPCState *env, uint32_t address);
void ppc_perfmon_restart(CPUPPCState *env);
void ppc_perfmon_init(CPUPPCState *env);
void ppc_perfmon_reset(CPUPPCState *env);
void ppc_perfmon_finalize(CPUPPCState *env);

/* perfmon-events.c */
typedef struct PPCPerfEvent {
    uint8_t counter; /* 1-4 */
    uint8_t event;   /* as the counter's field in MMCR0 or MMCR1 selects it */
    uint8_t source;  /* PPC_PM_* */
    const char *name;
} PPCPerfEvent;
/* Never NULL. */
const PPCPerfEvent *ppc_perfmon_event(const PPCFamily *family, unsigned counter, unsigned event);

/* dump.c */
void ppc_dump_state(CPUState *cs, FILE *f, int flags);
bool ppc_get_register(CPUState *cs, const char *name, uint64_t *value);

/* core-status.c */
void ppc_core_status(CPUState *cs, GByteArray *status);

/* gdbstub.c */
const GdbFeature *const *ppc_gdb_features(CPUState *cs);

/* vmstate.c */
extern const VMStateDescription vmstate_ppc_cpu;

/* models.c */
ObjectClass *ppc_class_by_name(const char *model);

/* families.c */
extern const PPCFamily ppc_family_603, ppc_family_603e, ppc_family_604, ppc_family_604e,
    ppc_family_740, ppc_family_750, ppc_family_750cx, ppc_family_750cl, ppc_family_750fx,
    ppc_family_745, ppc_family_755, ppc_family_7400, ppc_family_7410, ppc_family_7450,
    ppc_family_g2, ppc_family_e300;

#endif
