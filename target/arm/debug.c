/*
 * Self-hosted debug: the guest's own breakpoints and watchpoints, and where debug exceptions are
 * on.
 *
 * While none is enabled nothing looks for any. Breakpoints that the current level and state can
 * meet put ARM_HF_BREAKPOINTS into the block key; then each instruction begins with a look at
 * env->breakpoint_filter, which has a bit for each armed address by its low bits, so that mostly
 * nothing follows. Watchpoints are the translator's (cpu_set_own_watchpoints()): the slow path that
 * accesses to their pages take asks here whether the level, the state and the bytes are the ones
 * that are meant.
 *
 * Where the manual leaves open what comes of it, a breakpoint or watchpoint is disabled if its
 * fields are reserved, and bytes selected with gaps are those from the first to the last.
 *
 * Reference: DDI 0487, D2.4 (where exceptions are enabled), D2.8 (breakpoints), D2.9 (watchpoints),
 * D2.10 (software step); G2 for AArch32.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/debug.h"
#include "qemu/bitops.h"
#include "qemu/host-utils.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"
#include "target/arm/sysreg.h"

enum {
    MDSCR_SS = 1 << 0,
    MDSCR_KDE = 1 << 13,
    MDSCR_MDE = 1 << 15, /* AArch32: MDBGen */
    OSLSR_LOCKED = 2,
    OSLSR_MODEL = 8,
    FILTER_BITS = 64,
};

/* ---- Where debug exceptions are on ---- */

/* Without AArch64 there is no EL2's, and authentication lets secure state have its own. */
static bool is_enabled32(const CPUARMState *env)
{
    return arm_current_el(env) != 2;
}

/* Debug exceptions go to a level that uses AArch32. */
static bool taken_by_aarch32(const CPUARMState *env)
{
    return arm_has_only_aarch32(env) || (arm_is_below_aarch32(env) && arm_debug_target(env) == 1);
}

/* AArch64.GenerateDebugExceptions() */
static bool is_enabled(const CPUARMState *env)
{
    unsigned el, taken_by;

    if ((env->oslsr & OSLSR_LOCKED) || env->osdlr) {
        return false;
    }
    if (taken_by_aarch32(env)) {
        return is_enabled32(env);
    }
    if (arm_is_secure(env) && (env->mdcr_el[3] & MDCR3_SDD)) {
        return false;
    }
    el = arm_current_el(env);
    taken_by = arm_debug_target(env);
    return el < taken_by ||
           (el == taken_by && (env->mdscr & MDSCR_KDE) && !(env->pstate & PSTATE_D));
}

bool arm_step_is_on(const CPUARMState *env)
{
    return (env->mdscr & MDSCR_SS) && !taken_by_aarch32(env) && is_enabled(env);
}

/* ---- What control registers say ---- */

/* Fields that DBGBCR and DBGWCR share. */
typedef struct Conditions {
    unsigned ssc, hmc, pxc, linked_to;
} Conditions;

static Conditions conditions(uint64_t control)
{
    return (Conditions){ .ssc = extract32(control, 14, 2),
                         .hmc = extract32(control, 13, 1),
                         .pxc = extract32(control, 1, 2),
                         .linked_to = extract32(control, 16, 4) };
}

static unsigned nb_breakpoints(const CPUARMState *env)
{
    return extract32(env->id.dfr0, 12, 4) + 1;
}

static unsigned nb_watchpoints(const CPUARMState *env)
{
    return extract32(env->id.dfr0, 20, 4) + 1;
}

/* The last ones know contexts. */
static bool knows_contexts(const CPUARMState *env, unsigned n)
{
    return n < nb_breakpoints(env) && n + extract32(env->id.dfr0, 28, 4) + 1 >= nb_breakpoints(env);
}

/* DBGBCR.BT: bit 0 links it; of the others, what is compared. */
enum {
    BT_LINKED = 1,
    BT_ADDRESS = 0,
    BT_CONTEXT = 2,
    BT_MISMATCH = 4,
    BT_EL1_CONTEXT = 6,
    BT_VMID = 8,
    BT_VMID_AND_CONTEXT = 10,
    BT_EL2_CONTEXT = 12,
    BT_BOTH_CONTEXTS = 14
};

static unsigned breakpoint_type(const CPUARMState *env, unsigned n)
{
    unsigned type = extract32(env->dbgbcr[n], 20, 4);

    return knows_contexts(env, n) ? type : type & BT_LINKED;
}

static bool is_by_address(unsigned type)
{
    return (type & ~(unsigned)BT_LINKED) == BT_ADDRESS ||
           (type & ~(unsigned)BT_LINKED) == BT_MISMATCH;
}

/* Combinations of HMC, SSC and PMC or PAC that are reserved; there is no secure EL2. */
static bool is_reserved(const CPUARMState *env, const Conditions *c, bool by_mode)
{
    if (!env->has_el2 && !env->has_el3 && (c->hmc || c->ssc)) {
        return true;
    }
    if (!c->hmc) {
        return c->ssc == 3 || (c->pxc == 0 && !by_mode);
    }
    return (c->ssc <= 1 && !(c->pxc & 1)) || (c->ssc == 2 && c->pxc == 2) ||
           (c->ssc == 3 && c->pxc != 0);
}

static bool level_matches(const CPUARMState *env, const Conditions *c)
{
    switch (arm_current_el(env)) {
    case 3:
        return arm_has_only_aarch32(env) ? c->pxc & 1 : c->hmc && !(c->ssc & 1);
    case 2:
        return (c->hmc && !(c->ssc == 2 && c->pxc == 0)) || c->ssc == 3;
    case 1:
        return c->pxc & 1;
    default:
        return c->pxc & 2;
    }
}

/* AArch32's breakpoints that say neither EL0 nor EL1: some modes. */
static bool mode_matches(const CPUARMState *env)
{
    unsigned mode = env->pstate & CPSR_M;

    return mode == MODE_USR || mode == MODE_SVC || mode == MODE_SYS;
}

/* AArch64.StateMatch() but for the link. `as_user`: an access that is made as EL0 would. */
static bool state_matches(const CPUARMState *env, const Conditions *c, bool is_breakpoint,
                          bool as_user)
{
    bool by_mode = is_breakpoint && arm_is_below_aarch32(env);

    if (is_reserved(env, c, by_mode)) {
        return false;
    }
    if (by_mode && !c->hmc && c->pxc == 0 ? !mode_matches(env)
        : as_user                         ? !(c->pxc & 2)
                                          : !level_matches(env, c)) {
        return false;
    }
    return c->ssc == 0 || (c->ssc == 3 && c->hmc) || arm_is_secure(env) == (c->ssc != 1);
}

/* ---- Contexts ---- */

static bool is_in_host(const CPUARMState *env)
{
    return arm_current_el(env) == 2 ? (env->hcr & HCR_E2H) != 0
                                    : arm_current_el(env) == 0 && arm_el0_is_hosted(env);
}

/* Of what runs below EL2, as EL1 has set it. */
static bool el1_context_matches(const CPUARMState *env, unsigned n)
{
    uint64_t context = arm_has_secure_bank(env) ? env->contextidr_s : env->contextidr;

    return (arm_current_el(env) < 2 || arm_has_secure_bank(env)) && !is_in_host(env) &&
           (uint32_t)context == (uint32_t)env->dbgbvr[n];
}

static bool vmid_matches(const CPUARMState *env, unsigned n)
{
    unsigned bits = env->vtcr & 1 << 19 ? 16 : 8;

    return arm_current_el(env) < 2 && arm_el2_enabled(env) && !is_in_host(env) &&
           extract64(env->vttbr, 48, bits) == extract64(env->dbgbvr[n], 32, bits);
}

static bool el2_context_matches(const CPUARMState *env, unsigned n)
{
    return arm_el2_enabled(env) && arm_current_el(env) < 3 &&
           (uint32_t)env->contextidr_el2 == env->dbgbvr[n] >> 32;
}

static bool context_matches(const CPUARMState *env, unsigned n)
{
    switch (breakpoint_type(env, n) & ~(unsigned)BT_LINKED) {
    case BT_CONTEXT:
        return is_in_host(env) ? (uint32_t)env->contextidr_el2 == (uint32_t)env->dbgbvr[n]
                               : el1_context_matches(env, n);
    case BT_EL1_CONTEXT:
        return el1_context_matches(env, n);
    case BT_VMID:
        return vmid_matches(env, n);
    case BT_VMID_AND_CONTEXT:
        return vmid_matches(env, n) && el1_context_matches(env, n);
    case BT_EL2_CONTEXT:
        return el2_context_matches(env, n);
    case BT_BOTH_CONTEXTS:
        return el2_context_matches(env, n) && el1_context_matches(env, n);
    default:
        return false;
    }
}

/* Whether the breakpoint that another one, or a watchpoint, is linked to agrees. */
static bool link_matches(const CPUARMState *env, unsigned n)
{
    return knows_contexts(env, n) && (env->dbgbcr[n] & 1) &&
           (breakpoint_type(env, n) & BT_LINKED) && context_matches(env, n);
}

/* ---- Breakpoints ---- */

/* One that can match by itself, as things are. */
static bool is_armed(const CPUARMState *env, unsigned n)
{
    unsigned type = breakpoint_type(env, n);
    Conditions c = conditions(env->dbgbcr[n]);

    return (env->dbgbcr[n] & 1) && (is_by_address(type) || !(type & BT_LINKED)) &&
           state_matches(env, &c, true, false);
}

/* Byte address select is by halfwords of T32. */
static bool address_matches(const CPUARMState *env, unsigned n, uint64_t pc)
{
    return !((sextract64(pc ^ env->dbgbvr[n], 0, 56)) & ~3ull) &&
           (env->dbgbcr[n] >> (5 + (pc & 2)) & 1);
}

/* Mismatches are AArch32's alone; for AArch64 they are matches. */
static bool breakpoint_matches(const CPUARMState *env, unsigned n, uint64_t pc)
{
    unsigned type = breakpoint_type(env, n);
    bool mismatch = arm_is_below_aarch32(env) && (type & ~(unsigned)BT_LINKED) == BT_MISMATCH;

    if (!is_armed(env, n)) {
        return false;
    }
    if (!is_by_address(type)) {
        return context_matches(env, n);
    }
    return address_matches(env, n, pc) != mismatch &&
           (!(type & BT_LINKED) || link_matches(env, conditions(env->dbgbcr[n]).linked_to));
}

bool arm_breakpoints_are_on(const CPUARMState *env)
{
    if (!env->breakpoint_filter || !is_enabled(env)) {
        return false;
    }
    for (unsigned n = 0; n < nb_breakpoints(env); n++) {
        if (is_armed(env, n)) {
            return true;
        }
    }
    return false;
}

void helper_arm_check_breakpoints(CPUARMState *env, uint64_t pc)
{
    for (unsigned n = 0; n < nb_breakpoints(env); n++) {
        if (breakpoint_matches(env, n, pc)) {
            unsigned class = taken_by_aarch32(env) ? EC_IABORT : EC_BREAKPOINT_LOWER;

            arm_raise(env, arm_esr(class, FSC_DEBUG), GETPC());
        }
    }
}

/* What may match at any address makes all of them worth a look. */
static uint64_t filter_of(const CPUARMState *env, unsigned n)
{
    unsigned type = breakpoint_type(env, n);
    bool may_mismatch = arm_has_only_aarch32(env) || arm_el1_has_both(env);

    if (!(env->dbgbcr[n] & 1) || (!is_by_address(type) && (type & BT_LINKED))) {
        return 0;
    }
    if (!is_by_address(type) || (may_mismatch && (type & BT_MISMATCH))) {
        return UINT64_MAX;
    }
    return arm_breakpoint_bit(env->dbgbvr[n]);
}

/* ---- Watchpoints ---- */

/* The addresses that are watched; false: none are. */
static bool watched_range(const CPUARMState *env, unsigned n, CPUWatchpoint *w)
{
    uint64_t control = env->dbgwcr[n], addr = sextract64(env->dbgwvr[n], 0, 56) & ~3ull;
    unsigned mask = extract32(control, 24, 5), bytes = extract32(control, 5, 8);

    w->flags = extract32(control, 3, 2); /* LSC: loads, stores */
    if (!(control & 1) || !w->flags || mask == 1 || mask == 2) {
        return false;
    }
    if (mask) {
        w->len = 1ull << mask;
        w->addr = addr & -w->len;
        return bytes == 0xff;
    }
    bytes &= addr & 4 ? 0xf : 0xff;
    if (!bytes) {
        return false;
    }
    w->addr = addr + ctz32(bytes);
    w->len = 32 - clz32(bytes) - ctz32(bytes);
    return true;
}
QEMU_BUILD_BUG_ON(BP_MEM_READ != 1 || BP_MEM_WRITE != 2);

/* Whether the access is made as EL0's: its mode says so where the regime has both. */
static bool is_user_access(const CPUARMState *env, int mmu_idx)
{
    switch (mmu_idx) {
    case ARM_MMU_EL0:
    case ARM_MMU_GUEST_EL0:
    case ARM_MMU_HOST_EL0:
    case ARM_MMU_SECURE_EL0:
        return true;
    default:
        return arm_current_el(env) == 0;
    }
}

static bool watchpoint_matches(const CPUARMState *env, unsigned n, uint64_t addr, unsigned size,
                               int flag, bool as_user)
{
    Conditions c = conditions(env->dbgwcr[n]);
    CPUWatchpoint w;

    return watched_range(env, n, &w) && (w.flags & flag) && addr <= w.addr + (w.len - 1) &&
           w.addr <= addr + (size - 1) && state_matches(env, &c, false, as_user) &&
           (!extract32(env->dbgwcr[n], 20, 1) || link_matches(env, c.linked_to));
}

/* Aborts of translation come first (D1.3.5). */
static void look_for_aborts(CPUARMState *env, uint64_t addr, unsigned size, MMUAccessType access,
                            int mmu_idx, uintptr_t ra)
{
    probe_access_rights(env, addr, 1, access, mmu_idx, ra);
    probe_access_rights(env, addr + size - 1, 1, access, mmu_idx, ra);
}

static void raise_watchpoint(CPUARMState *env, uint64_t addr, MMUAccessType access, uintptr_t ra)
{
    uint32_t iss = FSC_DEBUG | (access == MMU_DATA_STORE ? ESR_WNR : 0);

    env->exception.domain = 0;
    arm_raise_with_far(env, arm_esr(taken_by_aarch32(env) ? EC_DABORT : EC_WATCHPOINT_LOWER, iss),
                       arm_address_as_accessed(env, addr), ra);
}

void arm_data_accessed(CPUState *cs, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                       uintptr_t ra)
{
    CPUARMState *env = &((ARMCPU *)cs)->env;
    int flag = access == MMU_DATA_STORE ? BP_MEM_WRITE : BP_MEM_READ;
    bool as_user = is_user_access(env, mmu_idx);

    if (!is_enabled(env)) {
        return;
    }
    for (unsigned n = 0; n < nb_watchpoints(env); n++) {
        if (watchpoint_matches(env, n, arm_watched_address(cs, addr), size, flag, as_user)) {
            look_for_aborts(env, addr, size, access, mmu_idx, ra);
            raise_watchpoint(env, addr, access, ra);
        }
    }
}

/* Tags don't count; where they aren't ignored, the access faults first. */
vaddr arm_watched_address(CPUState *cs, vaddr addr)
{
    return sextract64(addr, 0, 56);
}

/* ---- What is looked for ---- */

void arm_debug_changed(CPUARMState *env)
{
    bool on = (env->mdscr & MDSCR_MDE) && !(env->oslsr & OSLSR_LOCKED) && !env->osdlr;
    CPUWatchpoint watched[ARRAY_SIZE(env->dbgwcr)];
    unsigned nb_watched = 0;

    env->breakpoint_filter = 0;
    for (unsigned n = 0; on && n < nb_breakpoints(env); n++) {
        env->breakpoint_filter |= filter_of(env, n);
    }
    for (unsigned n = 0; on && n < nb_watchpoints(env); n++) {
        nb_watched += watched_range(env, n, &watched[nb_watched]);
    }
    cpu_set_own_watchpoints(arm_env_cpu(env), watched, nb_watched);
    arm_update_hflags(env);
}

/* ---- Registers ---- */

#define MDSCR_KNOWN 0x0ee0f041ull /* SS, MDE, KDE, TDCC and error status */

static void write_mdscr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->mdscr = value & MDSCR_KNOWN;
    arm_debug_changed(env);
}

static void write_oslar(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->oslsr = OSLSR_MODEL | (value & 1 ? OSLSR_LOCKED : 0);
    arm_debug_changed(env);
}

static void write_masked(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    *((uint64_t *)env + reg->offset) = value & reg->mask;
    arm_debug_changed(env);
}

/* BAS has a bit for each halfword, twice. */
static void write_dbgbcr(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    uint64_t selected = value & (1 << 5 | 1 << 7);

    write_masked(env, reg, (value & ~(0xfull << 5)) | selected | selected << 1);
}

#define CLAIM_TAGS 0xff

static uint64_t read_claim(CPUARMState *env, const ARMSysReg *reg)
{
    return reg->index ? env->claim : CLAIM_TAGS;
}

static void write_claim(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    env->claim = reg->index ? env->claim & ~value : env->claim | (value & CLAIM_TAGS);
}

#define FIELD(member) (offsetof(CPUARMState, member) / 8)
#define ROW(name_, op1_, crn_, crm_, op2_, ...)                                                    \
    {                                                                                              \
        .name = name_, .op0 = 2, .op1 = op1_, .crn = crn_, .crm = crm_, .op2 = op2_, ##__VA_ARGS__ \
    }
#define KEPT(name_, op1_, crn_, crm_, op2_)                                                        \
    ROW(name_, op1_, crn_, crm_, op2_, .access = SYSREG_RW1, .flags = SYSREG_NOTHING)
/* As many as ID_AA64DFR0 says. */
#define EACH(name_, op2_, member, mask_, write_, number_field)                                     \
    ROW(name_, 0, 0, 0, op2_, .count = 16, .access = SYSREG_RW1, .flags = SYSREG_ENDS,             \
        .offset = FIELD(member[0]), .mask = mask_, .write = write_,                                \
        SYSREG_OF(dfr0, number_field, 0))

const ARMSysReg arm_debug_sysregs[] = {
    KEPT("OSDTRRX_EL1", 0, 0, 0, 2),
    KEPT("MDCCINT_EL1", 0, 0, 2, 0),
    ROW("MDSCR_EL1", 0, 0, 2, 2, .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(mdscr),
        .write = write_mdscr),
    KEPT("OSDTRTX_EL1", 0, 0, 3, 2),
    KEPT("OSECCR_EL1", 0, 0, 6, 2),
    EACH("DBGBVRn_EL1", 4, dbgbvr, UINT64_MAX, write_masked, 12),
    EACH("DBGBCRn_EL1", 5, dbgbcr, 0x00ffe1e7, write_dbgbcr, 12),
    EACH("DBGWVRn_EL1", 6, dbgwvr, ~3ull, write_masked, 20),
    EACH("DBGWCRn_EL1", 7, dbgwcr, 0x1f1fffff, write_masked, 20),
    ROW("MDRAR_EL1", 0, 1, 0, 0, .access = SYSREG_R1, .flags = SYSREG_NOTHING),
    ROW("OSLAR_EL1", 0, 1, 0, 4, .access = SYSREG_W1, .flags = SYSREG_ENDS, .write = write_oslar),
    ROW("OSLSR_EL1", 0, 1, 1, 4, .access = SYSREG_R1, .offset = FIELD(oslsr),
        .reset = OSLSR_MODEL | OSLSR_LOCKED),
    ROW("OSDLR_EL1", 0, 1, 3, 4, .access = SYSREG_RW1, .flags = SYSREG_ENDS, .offset = FIELD(osdlr),
        .mask = 1, .write = write_masked),
    KEPT("DBGPRCR_EL1", 0, 1, 4, 4),
    ROW("DBGCLAIMSET_EL1", 0, 7, 8, 6, .access = SYSREG_RW1, .read = read_claim,
        .write = write_claim, .index = 0),
    ROW("DBGCLAIMCLR_EL1", 0, 7, 9, 6, .access = SYSREG_RW1, .read = read_claim,
        .write = write_claim, .index = 1),
    ROW("DBGAUTHSTATUS_EL1", 0, 7, 14, 6, .access = SYSREG_R1, .flags = SYSREG_NOTHING),
    ROW("MDCCSR_EL0", 3, 0, 1, 0, .access = SYSREG_R, .flags = SYSREG_NOTHING),
};
const size_t arm_num_debug_sysregs = ARRAY_SIZE(arm_debug_sysregs);
