/*
 * Control registers: what may be written to them, and what follows.
 *
 * Reference: SDM volume 3, 2.5 (control registers), 4.1.2 (paging modes), 4.10.4 (what is
 * invalidated).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/main-loop.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

/* ---- CR0 ---- */

#define CR0_DEFINED                                                                                \
    (CR0_PE | CR0_MP | CR0_EM | CR0_TS | CR0_ET | CR0_NE | CR0_WP | CR0_AM | CR0_NW | CR0_CD |    \
     CR0_PG)

static bool cr0_is_allowed(const CPUX86State *env, uint64_t value)
{
    bool pe = value & CR0_PE, pg = value & CR0_PG, was_pg = env->cr0 & CR0_PG;

    if (value >> 32 || (pg && !pe) || ((value & CR0_NW) && !(value & CR0_CD))) {
        return false;
    }
    if (!pg && ((env->cr4 & CR4_PCIDE) || x86_in_64bit_mode(env))) {
        return false;
    }
    if (pg && !was_pg && (env->efer & EFER_LME)) {
        return (env->cr4 & CR4_PAE) && !(env->segs[R_CS].attributes & SEG_L);
    }
    return true;
}

static bool uses_pdptrs(const CPUX86State *env)
{
    return (env->cr0 & CR0_PG) && (env->cr4 & CR4_PAE) && !(env->efer & EFER_LMA);
}

void x86_write_cr0(CPUX86State *env, uint64_t value)
{
    uint64_t changed;

    value = (value & CR0_DEFINED) | CR0_ET;
    changed = env->cr0 ^ value;
    env->cr0 = value;
    if ((changed & CR0_PG) && (env->efer & EFER_LME)) {
        env->efer = (env->efer & ~(uint64_t)EFER_LMA) | (value & CR0_PG ? EFER_LMA : 0);
    }
    if ((changed & CR0_PG) || ((changed & CR0_WP) && (value & CR0_PG))) {
        x86_flush_all(env);
    }
    if (changed & CR0_NE) {
        x86_fpu_changed(env);
    }
    x86_update_hflags(env);
}

/* ---- CR3 ---- */

#define CR3_NO_FLUSH (1ull << 63)

static bool cr3_is_allowed(CPUX86State *env, uint64_t value)
{
    if (env->efer & EFER_LMA) {
        value &= env->cr4 & CR4_PCIDE ? ~CR3_NO_FLUSH : ~0ull;
        return !(value >> x86_physical_bits(x86_env_archcpu(env)));
    }
    return true;
}

void x86_write_cr3(CPUX86State *env, uint64_t value)
{
    bool keep = (env->cr4 & CR4_PCIDE) && (value & CR3_NO_FLUSH);

    if (!(env->efer & EFER_LMA)) {
        value = (uint32_t)value;
    }
    env->cr3 = value & ~CR3_NO_FLUSH;
    if (uses_pdptrs(env)) {
        x86_load_pdptrs(env, env->cr3);
    }
    if (keep) {
        tlb_context_changed(x86_env_cpu(env));
    } else {
        x86_flush_context(env, env->cr4 & CR4_PCIDE ? env->cr3 & 0xfff : 0);
    }
}

/* ---- CR4 ---- */

/* Which bits there are, by the feature that they belong to. */
static const struct {
    uint32_t bits;
    uint16_t feature;
} cr4_bits[] = {
    { CR4_TSD, X86_FEATURE_TSC },         { CR4_DE, X86_FEATURE_DE },
    { CR4_PSE, X86_FEATURE_PSE },         { CR4_PAE, X86_FEATURE_PAE },
    { CR4_MCE, X86_FEATURE_MCE },         { CR4_PGE, X86_FEATURE_PGE },
    { CR4_PCE, X86_FEATURE_TSC },         { CR4_OSFXSR, X86_FEATURE_FXSR },
    { CR4_OSXMMEXCPT, X86_FEATURE_SSE },  { CR4_UMIP, X86_FEATURE_UMIP },
    { CR4_LA57, X86_FEATURE_LA57 },       { CR4_FSGSBASE, X86_FEATURE_FSGSBASE },
    { CR4_PCIDE, X86_FEATURE_PCID },      { CR4_OSXSAVE, X86_FEATURE_XSAVE },
    { CR4_SMEP, X86_FEATURE_SMEP },       { CR4_SMAP, X86_FEATURE_SMAP },
    { CR4_PKE, X86_FEATURE_PKU },         { CR4_VME | CR4_PVI, X86_FEATURE_VME },
};

uint64_t x86_cr4_bits(const CPUX86State *env)
{
    uint64_t there = 0;

    for (size_t i = 0; i < ARRAY_SIZE(cr4_bits); i++) {
        there |= x86_has(env, cr4_bits[i].feature) ? cr4_bits[i].bits : 0;
    }
    return there;
}

static bool cr4_is_allowed(const CPUX86State *env, uint64_t value)
{
    uint64_t changed = env->cr4 ^ value;

    if (value & ~x86_cr4_bits(env)) {
        return false;
    }
    if ((changed & CR4_PCIDE) && (value & CR4_PCIDE) &&
        (!(env->efer & EFER_LMA) || (env->cr3 & 0xfff))) {
        return false;
    }
    return !(env->efer & EFER_LMA) || ((value & CR4_PAE) && !(changed & CR4_LA57));
}

void x86_write_cr4(CPUX86State *env, uint64_t value)
{
    uint64_t changed = env->cr4 ^ value;

    env->cr4 = value;
    if (changed & CR4_OF_PAGING) {
        x86_flush_all(env);
    }
    if (changed & CR4_DE) {
        x86_debug_changed(env);
    } else {
        x86_update_hflags(env);
    }
}

/* ---- CR8 ---- */

uint64_t x86_read_cr8(CPUX86State *env)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (x86_svm_has_tpr(env)) {
        return x86_svm_read_tpr(env);
    }
    if (!cpu->interrupts || !cpu->interrupts->get_tpr) {
        return 0;
    }
    BQL_LOCK_GUARD();
    return cpu->interrupts->get_tpr(cpu->interrupt_controller);
}

static void write_cr8(CPUX86State *env, uint64_t value)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (x86_svm_has_tpr(env)) {
        x86_svm_write_tpr(env, value);
    } else if (cpu->interrupts && cpu->interrupts->set_tpr) {
        BQL_LOCK_GUARD();
        cpu->interrupts->set_tpr(cpu->interrupt_controller, value);
    }
}

/* ---- MOV ---- */

uint64_t helper_x86_read_cr8(CPUX86State *env)
{
    return x86_read_cr8(env);
}

/* The four registers that a write of CR0, CR3 or CR4 loads in PAE paging; before it changes. */
static bool load_pdptrs(CPUX86State *env, unsigned number, uint64_t value)
{
    uint64_t cr0 = number == 0 ? value : env->cr0, cr4 = number == 4 ? value : env->cr4;
    uint64_t reloads = number == 0   ? (env->cr0 ^ value) & (CR0_PG | CR0_CD | CR0_NW)
                       : number == 4 ? (env->cr4 ^ value) & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP)
                                     : 1;

    if (!(cr0 & CR0_PG) || !(cr4 & CR4_PAE) || (env->efer & EFER_LME) || !reloads) {
        return true;
    }
    return x86_load_pdptrs(env, number == 3 ? value : env->cr3);
}

void helper_x86_write_cr(CPUX86State *env, uint32_t number, uint64_t value)
{
    bool allowed = number == 0   ? cr0_is_allowed(env, value)
                   : number == 3 ? cr3_is_allowed(env, value)
                   : number == 4 ? cr4_is_allowed(env, value)
                                 : value <= 15;

    if (!allowed || (number != 8 && !load_pdptrs(env, number, value))) {
        x86_raise_error(env, EXCP_GP, 0, GETPC());
    }
    switch (number) {
    case 0:
        x86_write_cr0(env, value);
        break;
    case 3:
        x86_write_cr3(env, value);
        break;
    case 4:
        x86_write_cr4(env, value);
        break;
    default:
        write_cr8(env, value);
    }
}

/* LMSW can set PE, but not clear it. */
void helper_x86_lmsw(CPUX86State *env, uint32_t value)
{
    uint64_t mask = CR0_PE | CR0_MP | CR0_EM | CR0_TS;

    x86_write_cr0(env, (env->cr0 & ~(mask & ~CR0_PE)) | (value & mask));
}

void helper_x86_clts(CPUX86State *env)
{
    env->cr0 &= ~(uint64_t)CR0_TS;
    x86_update_hflags(env);
}

void helper_x86_stac_clac(CPUX86State *env, uint32_t set)
{
    x86_set_eflags(env, set ? FLAG_AC : 0, FLAG_AC);
}
