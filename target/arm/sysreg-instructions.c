/*
 * The table of system instructions at EL1 and EL0: caches, address translation, TLB maintenance.
 *
 * Reference: DDI 0487, C5.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/cpus.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg.h"

/* ---- Who may, where SCTLR says so ---- */

static bool user_may_maintain_caches(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return arm_sctlr_allows(env, SCTLR_UCI);
}

static bool user_may_restrict(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return arm_sctlr_allows(env, SCTLR_ENRCTX);
}

static bool user_may_zero(CPUARMState *env, const ARMSysReg *reg, bool write)
{
    return arm_sctlr_allows(env, SCTLR_DZE);
}

/* ---- Address translation instructions ---- */

static void write_at(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    bool hosted = arm_el0_is_hosted(env);
    bool pan = (reg->index & 4) && (env->pstate & PSTATE_PAN);
    int mode = reg->index & 2 ? (hosted ? ARM_MMU_HOST_EL0 : ARM_MMU_EL0)
               : pan          ? (hosted ? ARM_MMU_EL2_PAN : ARM_MMU_EL1_PAN)
                              : (hosted ? ARM_MMU_EL2 : ARM_MMU_EL1);

    arm_address_translate(env, value, reg->index & 1 ? MMU_DATA_STORE : MMU_DATA_LOAD, mode, false);
}

/* ---- TLB maintenance ---- */

enum { TLBI_ALL, TLBI_ADDRESS };

typedef struct TLBInvalidation {
    unsigned kind;
    uint64_t operand;
} TLBInvalidation;

static void invalidate(CPUARMState *env, const TLBInvalidation *what)
{
    if (what->kind == TLBI_ADDRESS) {
        arm_tlb_flush_address(env, what->operand);
    } else {
        arm_tlb_flush(env);
    }
}

static void invalidate_all_cpus(CPUState *cs, void *data)
{
    CPUState *other;

    CPU_FOREACH (other) {
        invalidate(&ARM_CPU(other)->env, data);
    }
    g_free(data);
}

void arm_tlb_invalidate(CPUARMState *env, bool inner_shareable, bool by_address, uint64_t operand)
{
    TLBInvalidation what = { by_address ? TLBI_ADDRESS : TLBI_ALL, operand };

    if (inner_shareable && cpus_are_several()) {
        /* all of them at once, before this CPU's next instruction: no `dsb` has to wait */
        async_run_alone(arm_env_cpu(env), invalidate_all_cpus, g_memdup2(&what, sizeof(what)));
    } else {
        invalidate(env, &what);
    }
}

/* CRm says for whom; EL2 may have EL1's go to all. */
static bool is_for_all(const CPUARMState *env, const ARMSysReg *reg)
{
    return reg->crm == 3 || (arm_current_el(env) == 1 && (arm_hcr(env) & HCR_FB));
}

static void write_tlbi_all(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_tlb_invalidate(env, is_for_all(env, reg), false, 0);
}

static void write_tlbi_address(CPUARMState *env, const ARMSysReg *reg, uint64_t value)
{
    arm_tlb_invalidate(env, is_for_all(env, reg), true, value);
}

/* ---- The table ---- */

#define CACHE_OP(name_, op1_, crm_, op2_, ...)                                                     \
    { .name = name_, .op0 = 1, .op1 = op1_, .crn = 7, .crm = crm_, .op2 = op2_, ##__VA_ARGS__ }
#define TAG_CACHE_OP(name_, crm_, op2_)                                                            \
    CACHE_OP(name_, 3, crm_, op2_, .access = SYSREG_W, .allowed = user_may_maintain_caches,        \
             SYSREG_OF(pfr1, 8, 1))
#define TAG_SET_WAY(name_, crm_, op2_)                                                             \
    CACHE_OP(name_, 0, crm_, op2_, .access = SYSREG_W1, .flags = SYSREG_NOTHING,                   \
             SYSREG_OF(pfr1, 8, 2))
#define TLBI(name_, op2_, hook)                                                                    \
    { .name = name_ "IS", .op0 = 1, .crn = 8, .crm = 3, .op2 = op2_, .access = SYSREG_W1,          \
      .flags = SYSREG_ENDS, .write = hook },                                                       \
    { .name = name_, .op0 = 1, .crn = 8, .crm = 7, .op2 = op2_, .access = SYSREG_W1,               \
      .flags = SYSREG_ENDS, .write = hook }

const ARMSysReg arm_system_instructions[] = {
    /* Caches: what is stored is seen at once, so only rights and faults are left of these */
    CACHE_OP("IC IALLUIS", 0, 1, 0, .access = SYSREG_W1, .flags = SYSREG_NOTHING),
    CACHE_OP("IC IALLU", 0, 5, 0, .access = SYSREG_W1, .flags = SYSREG_NOTHING),
    CACHE_OP("IC IVAU", 3, 5, 1, .access = SYSREG_W, .allowed = user_may_maintain_caches),
    CACHE_OP("DC IVAC", 0, 6, 1, .access = SYSREG_W1),
    CACHE_OP("DC ISW", 0, 6, 2, .access = SYSREG_W1, .flags = SYSREG_NOTHING),
    CACHE_OP("DC CSW", 0, 10, 2, .access = SYSREG_W1, .flags = SYSREG_NOTHING),
    CACHE_OP("DC CISW", 0, 14, 2, .access = SYSREG_W1, .flags = SYSREG_NOTHING),
    CACHE_OP("DC ZVA", 3, 4, 1, .access = SYSREG_W, .allowed = user_may_zero),
    CACHE_OP("DC CVAC", 3, 10, 1, .access = SYSREG_W, .allowed = user_may_maintain_caches),
    CACHE_OP("DC CVAP", 3, 12, 1, .access = SYSREG_W, .allowed = user_may_maintain_caches,
             SYSREG_OF(isar1, 0, 1)),
    CACHE_OP("DC CVADP", 3, 13, 1, .access = SYSREG_W, .allowed = user_may_maintain_caches,
             SYSREG_OF(isar1, 0, 2)),
    CACHE_OP("CFP RCTX", 3, 3, 4, .access = SYSREG_W, .flags = SYSREG_NOTHING,
             .allowed = user_may_restrict, SYSREG_OF(isar1, 40, 1)),
    CACHE_OP("DVP RCTX", 3, 3, 5, .access = SYSREG_W, .flags = SYSREG_NOTHING,
             .allowed = user_may_restrict, SYSREG_OF(isar1, 40, 1)),
    CACHE_OP("CPP RCTX", 3, 3, 7, .access = SYSREG_W, .flags = SYSREG_NOTHING,
             .allowed = user_may_restrict, SYSREG_OF(isar1, 40, 1)),
    CACHE_OP("DC CVAU", 3, 11, 1, .access = SYSREG_W, .allowed = user_may_maintain_caches),
    CACHE_OP("DC CIVAC", 3, 14, 1, .access = SYSREG_W, .allowed = user_may_maintain_caches),
    /* Of tags, and of data and tags (FEAT_MTE: 1 for those that EL0 may have, too; 2 for the others) */
    CACHE_OP("DC GVA", 3, 4, 3, .access = SYSREG_W, .allowed = user_may_zero, SYSREG_OF(pfr1, 8, 1)),
    CACHE_OP("DC GZVA", 3, 4, 4, .access = SYSREG_W, .allowed = user_may_zero,
             SYSREG_OF(pfr1, 8, 1)),
    TAG_CACHE_OP("DC CGVAC", 10, 3), TAG_CACHE_OP("DC CGDVAC", 10, 5),
    TAG_CACHE_OP("DC CGVAP", 12, 3), TAG_CACHE_OP("DC CGDVAP", 12, 5),
    TAG_CACHE_OP("DC CGVADP", 13, 3), TAG_CACHE_OP("DC CGDVADP", 13, 5),
    TAG_CACHE_OP("DC CIGVAC", 14, 3), TAG_CACHE_OP("DC CIGDVAC", 14, 5),
    CACHE_OP("DC IGVAC", 0, 6, 3, .access = SYSREG_W1, SYSREG_OF(pfr1, 8, 2)),
    CACHE_OP("DC IGDVAC", 0, 6, 5, .access = SYSREG_W1, SYSREG_OF(pfr1, 8, 2)),
    TAG_SET_WAY("DC IGSW", 6, 4), TAG_SET_WAY("DC IGDSW", 6, 6), TAG_SET_WAY("DC CGSW", 10, 4),
    TAG_SET_WAY("DC CGDSW", 10, 6), TAG_SET_WAY("DC CIGSW", 14, 4),
    TAG_SET_WAY("DC CIGDSW", 14, 6),
    /* index: bit 0 for a store, bit 1 as EL0 */
    CACHE_OP("AT S1E1R", 0, 8, 0, .access = SYSREG_W1, .write = write_at, .index = 0),
    CACHE_OP("AT S1E1W", 0, 8, 1, .access = SYSREG_W1, .write = write_at, .index = 1),
    CACHE_OP("AT S1E0R", 0, 8, 2, .access = SYSREG_W1, .write = write_at, .index = 2),
    CACHE_OP("AT S1E0W", 0, 8, 3, .access = SYSREG_W1, .write = write_at, .index = 3),
    /* index: bit 2 minds PSTATE.PAN */
    CACHE_OP("AT S1E1RP", 0, 9, 0, .access = SYSREG_W1, .write = write_at, .index = 4,
             SYSREG_OF(mmfr1, 20, 2)),
    CACHE_OP("AT S1E1WP", 0, 9, 1, .access = SYSREG_W1, .write = write_at, .index = 5,
             SYSREG_OF(mmfr1, 20, 2)),
    TLBI("TLBI VMALLE1", 0, write_tlbi_all),
    TLBI("TLBI VAE1", 1, write_tlbi_address),
    TLBI("TLBI ASIDE1", 2, write_tlbi_all),
    TLBI("TLBI VAAE1", 3, write_tlbi_address),
    TLBI("TLBI VALE1", 5, write_tlbi_address),
    TLBI("TLBI VAALE1", 7, write_tlbi_address),
};

const size_t arm_num_system_instructions = G_N_ELEMENTS(arm_system_instructions);
