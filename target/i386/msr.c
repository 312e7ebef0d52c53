/*
 * Model-specific registers: one row for each, or for several of a kind.
 *
 * A row without functions is a variable of the CPU. What has no row is #GP, as on parts that lack
 * the register; kernels probe for it.
 *
 * Reference: SDM volume 4, chapter 2; volume 3, 11.11 (MTRRs), 15.3 (machine check); AMD64
 * Architecture Programmer's Manual volume 2, appendix A.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "qemu/timer.h"
#include "target/i386/internal.h"

typedef struct MSR MSR;
struct MSR {
    uint32_t first, last;
    bool (*read)(CPUX86State *env, uint32_t n, uint64_t *value); /* n: from first on */
    bool (*write)(CPUX86State *env, uint32_t n, uint64_t value);
    size_t offset;     /* of a variable that holds it; of several: an array */
    uint64_t settable; /* bits of the variable; others must be as they are */
    uint16_t feature;  /* that it belongs to; MSR_ALWAYS, MSR_INTEL, MSR_AMD */
    uint64_t fixed;    /* without variable and function: its value; writes change nothing */
    bool is_read_only; /* writes: #GP */
};

enum { MSR_ALWAYS = 0xffff, MSR_INTEL = 0xfffe, MSR_AMD = 0xfffd };

/* ---- Time ---- */

static uint64_t ticks_at(CPUX86State *env, int64_t ns)
{
    return (__uint128_t)ns * x86_env_archcpu(env)->tsc_hz / NANOSECONDS_PER_SECOND;
}

static uint64_t ticks(CPUX86State *env)
{
    return ticks_at(env, qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL));
}

int64_t x86_tsc_reaches(CPUX86State *env, uint64_t tsc)
{
    int64_t now = qemu_clock_get_ns(QEMU_CLOCK_VIRTUAL);
    uint64_t so_far = ticks_at(env, now), hz = x86_env_archcpu(env)->tsc_hz;
    __uint128_t then;

    if (tsc <= so_far + env->tsc_offset) {
        return now;
    }
    then = (__uint128_t)so_far + (tsc - (so_far + env->tsc_offset));
    then = (then * NANOSECONDS_PER_SECOND + hz - 1) / hz;
    return MIN(then, INT64_MAX);
}

static void tell_of_tsc(CPUX86State *env)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (cpu->interrupts && cpu->interrupts->tsc_changed) {
        BQL_LOCK_GUARD();
        cpu->interrupts->tsc_changed(cpu->interrupt_controller);
    }
}

uint64_t x86_read_tsc(CPUX86State *env)
{
    return ticks(env) + env->tsc_offset;
}

uint64_t x86_read_program_tsc(CPUX86State *env)
{
    return x86_read_tsc(env) + (env->svm.guest ? env->svm.tsc_offset : 0);
}

static bool read_tsc(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = x86_read_program_tsc(env);
    return true;
}

/* TSC_ADJUST has what software has added to the counter (SDM volume 3, 17.17.3). */
static bool write_tsc(CPUX86State *env, uint32_t n, uint64_t value)
{
    uint64_t by = value - x86_read_tsc(env);

    env->tsc_offset += by;
    env->tsc_adjust += by;
    tell_of_tsc(env);
    return true;
}

static bool write_tsc_adjust(CPUX86State *env, uint32_t n, uint64_t value)
{
    env->tsc_offset += value - env->tsc_adjust;
    env->tsc_adjust = value;
    tell_of_tsc(env);
    return true;
}

/* ---- The interrupt controller's ---- */

uint64_t x86_apic_base(CPUX86State *env)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (!cpu->interrupts || !cpu->interrupts->get_base) {
        return 0;
    }
    BQL_LOCK_GUARD();
    return cpu->interrupts->get_base(cpu->interrupt_controller);
}

static bool read_apic_base(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = x86_apic_base(env);
    return x86_env_archcpu(env)->interrupts;
}

static bool write_apic_base(CPUX86State *env, uint32_t n, uint64_t value)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (!cpu->interrupts || !cpu->interrupts->set_base ||
        value >> x86_physical_bits(cpu)) {
        return false;
    }
    BQL_LOCK_GUARD();
    return cpu->interrupts->set_base(cpu->interrupt_controller, value);
}

enum { FIRST_X2APIC = 0x800, TSC_DEADLINE = 0x6e0 };

static bool read_interrupt_msr(CPUX86State *env, uint32_t msr, uint64_t *value)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (!cpu->interrupts || !cpu->interrupts->read_msr) {
        return false;
    }
    BQL_LOCK_GUARD();
    return cpu->interrupts->read_msr(cpu->interrupt_controller, msr, value);
}

static bool write_interrupt_msr(CPUX86State *env, uint32_t msr, uint64_t value)
{
    X86CPU *cpu = x86_env_archcpu(env);

    if (!cpu->interrupts || !cpu->interrupts->write_msr) {
        return false;
    }
    BQL_LOCK_GUARD();
    return cpu->interrupts->write_msr(cpu->interrupt_controller, msr, value);
}

static bool read_x2apic(CPUX86State *env, uint32_t n, uint64_t *value)
{
    return read_interrupt_msr(env, FIRST_X2APIC + n, value);
}

static bool write_x2apic(CPUX86State *env, uint32_t n, uint64_t value)
{
    return write_interrupt_msr(env, FIRST_X2APIC + n, value);
}

static bool read_deadline(CPUX86State *env, uint32_t n, uint64_t *value)
{
    return read_interrupt_msr(env, TSC_DEADLINE, value);
}

static bool write_deadline(CPUX86State *env, uint32_t n, uint64_t value)
{
    return write_interrupt_msr(env, TSC_DEADLINE, value);
}

/* ---- Modes ---- */

enum { VM_CR_LOCK = 1 << 3, VM_CR_DISABLED = 1 << 4, VM_CR_BITS = 0x1f };

/* APM volume 2, 15.30.1 */
static bool write_vm_cr(CPUX86State *env, uint32_t n, uint64_t value)
{
    const uint64_t fixed = env->svm.vm_cr & VM_CR_LOCK ? VM_CR_LOCK | VM_CR_DISABLED : 0;

    if ((value & ~(uint64_t)VM_CR_BITS) || ((value & VM_CR_DISABLED) && (env->efer & EFER_SVME))) {
        return false;
    }
    env->svm.vm_cr = (value & ~fixed) | (env->svm.vm_cr & fixed);
    return true;
}

static bool write_hsave(CPUX86State *env, uint32_t n, uint64_t value)
{
    if ((value & 0xfff) || value >> x86_physical_bits(x86_env_archcpu(env))) {
        return false;
    }
    env->svm.hsave = value;
    return true;
}

uint64_t x86_efer_bits(const CPUX86State *env)
{
    return (x86_has(env, X86_FEATURE_SYSCALL) ? EFER_SCE : 0) |
           (x86_has(env, X86_FEATURE_LM) ? EFER_LME | EFER_LMA : 0) |
           (x86_has(env, X86_FEATURE_NX) ? EFER_NXE : 0) |
           (x86_has(env, X86_FEATURE_SVM) ? EFER_SVME : 0);
}

/* LMA says what is, and can't be written. */
static bool write_efer(CPUX86State *env, uint32_t n, uint64_t value)
{
    uint64_t there = x86_efer_bits(env);
    uint64_t changed = env->efer ^ value;

    if (!there || (value & ~there) ||
        ((changed & EFER_SVME) && (env->svm.vm_cr & VM_CR_DISABLED)) ||
        ((changed & EFER_LME) && (env->cr0 & CR0_PG))) {
        return false;
    }
    env->efer = (value & ~(uint64_t)EFER_LMA) | (env->efer & EFER_LMA);
    if (changed & (EFER_NXE | EFER_SVME)) { /* with the latter no page is the same for all */
        x86_flush_all(env);
    }
    x86_update_hflags(env);
    return true;
}

static bool read_efer(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = env->efer;
    return x86_has(env, X86_FEATURE_SYSCALL) || x86_has(env, X86_FEATURE_LM) ||
           x86_has(env, X86_FEATURE_NX);
}

/* Where SYSCALL and SYSENTER go to. */
static bool write_target(CPUX86State *env, uint64_t *target, uint64_t value)
{
    if (x86_has(env, X86_FEATURE_LM) && !x86_is_canonical(env, value)) {
        return false;
    }
    *target = value;
    return true;
}

static bool write_sysenter_esp(CPUX86State *env, uint32_t n, uint64_t value)
{
    return write_target(env, &env->sysenter_esp, value);
}

static bool write_sysenter_eip(CPUX86State *env, uint32_t n, uint64_t value)
{
    return write_target(env, &env->sysenter_eip, value);
}

static bool write_lstar(CPUX86State *env, uint32_t n, uint64_t value)
{
    return write_target(env, &env->lstar, value);
}

static bool write_cstar(CPUX86State *env, uint32_t n, uint64_t value)
{
    return write_target(env, &env->cstar, value);
}

static uint64_t *base_register(CPUX86State *env, uint32_t n)
{
    return n == 0 ? &env->segs[R_FS].base : n == 1 ? &env->segs[R_GS].base : &env->kernel_gs_base;
}

static bool read_base(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = *base_register(env, n);
    return true;
}

static bool write_base(CPUX86State *env, uint32_t n, uint64_t value)
{
    if (!x86_is_canonical(env, value)) {
        return false;
    }
    *base_register(env, n) = value;
    return true;
}

static bool read_sysenter_cs(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = env->sysenter_cs;
    return true;
}

static bool write_sysenter_cs(CPUX86State *env, uint32_t n, uint64_t value)
{
    env->sysenter_cs = value;
    return true;
}

/* ---- Memory types: kept, and nothing else, as nothing is cached ---- */

static bool all_bytes_are_types(uint64_t value, uint32_t types)
{
    for (unsigned i = 0; i < 8; i++, value >>= 8) {
        if ((value & 0xff) > 7 || !(types >> (value & 7) & 1)) {
            return false;
        }
    }
    return true;
}

/* UC, WC, WT, WP, WB; PAT has UC-, too. */
enum { MTRR_TYPES = 0x73, PAT_TYPES = 0xf3 };

static bool write_pat(CPUX86State *env, uint32_t n, uint64_t value)
{
    if (!all_bytes_are_types(value, PAT_TYPES)) {
        return false;
    }
    env->pat = value;
    return true;
}

static bool read_variable_mtrr(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = n % 2 ? env->mtrr_mask[n / 2] : env->mtrr_base[n / 2];
    return true;
}

static bool write_variable_mtrr(CPUX86State *env, uint32_t n, uint64_t value)
{
    uint64_t low = n % 2 ? 0x800 : 0xff;

    if (value >> x86_physical_bits(x86_env_archcpu(env)) || (value & 0xfff & ~low) ||
        (n % 2 == 0 && ((value & 0xff) > 7 || !(MTRR_TYPES >> (value & 7) & 1)))) {
        return false;
    }
    *(n % 2 ? &env->mtrr_mask[n / 2] : &env->mtrr_base[n / 2]) = value;
    return true;
}

/* Their numbers have gaps. */
static int fixed_mtrr_index(uint32_t n)
{
    static const int8_t index[] = {
        0, -1, -1, -1, -1, -1, -1, -1, 1, 2, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, 3, 4, 5, 6, 7, 8, 9, 10,
    };

    return n < ARRAY_SIZE(index) ? index[n] : -1;
}

static bool read_fixed_mtrr(CPUX86State *env, uint32_t n, uint64_t *value)
{
    int index = fixed_mtrr_index(n);

    *value = index < 0 ? 0 : env->mtrr_fixed[index];
    return index >= 0;
}

static bool write_fixed_mtrr(CPUX86State *env, uint32_t n, uint64_t value)
{
    int index = fixed_mtrr_index(n);

    if (index < 0 || !all_bytes_are_types(value, MTRR_TYPES)) {
        return false;
    }
    env->mtrr_fixed[index] = value;
    return true;
}

/* ---- The rest ---- */

enum { MCG_CTL_THERE = 1 << 8 };

/* A bank's control can have any value; what it has logged can only be cleared. */
static bool write_mc_bank(CPUX86State *env, uint32_t n, uint64_t value)
{
    bool control = n % 4 == 0;

    if (!control && value) {
        return false;
    }
    env->mc_banks[n] = value;
    return true;
}

static bool write_mcg_control(CPUX86State *env, uint32_t n, uint64_t value)
{
    if (value != 0 && value != UINT64_MAX) {
        return false;
    }
    env->mcg_control = value;
    return true;
}

static bool is_amd(const CPUX86State *env)
{
    return !strcmp(container_of(env, X86CPU, env)->vendor, "AuthenticAMD");
}

/* A revision that no update is newer than. */
static bool read_microcode_revision(CPUX86State *env, uint32_t n, uint64_t *value)
{
    *value = is_amd(env) ? 0x01000065 : 0x100000000;
    return true;
}

static bool ignore(CPUX86State *env, uint32_t n, uint64_t value)
{
    return true;
}

#define AT(field) .offset = offsetof(CPUX86State, field)

static const MSR msrs[] = {
    { 0x10, 0x10, read_tsc, write_tsc, .feature = X86_FEATURE_TSC },
    { 0x17, 0x17, .feature = MSR_INTEL, .is_read_only = true }, /* PLATFORM_ID */
    { 0x1b, 0x1b, read_apic_base, write_apic_base, .feature = X86_FEATURE_APIC },
    { 0x3b, 0x3b, NULL, write_tsc_adjust, AT(tsc_adjust), .feature = X86_FEATURE_TSC_ADJUST },
    { 0x79, 0x79, NULL, ignore, .feature = MSR_INTEL }, /* BIOS_UPDT_TRIG */
    { 0x8b, 0x8b, read_microcode_revision, ignore, .feature = MSR_ALWAYS },
    { 0xfe, 0xfe, .fixed = 0x500 | X86_NB_VARIABLE_MTRRS, /* MTRRCAP: fixed ones, WC */
      .feature = X86_FEATURE_MTRR, .is_read_only = true },
    { 0x174, 0x174, read_sysenter_cs, write_sysenter_cs, .feature = X86_FEATURE_SEP },
    { 0x175, 0x175, NULL, write_sysenter_esp, AT(sysenter_esp), .feature = X86_FEATURE_SEP },
    { 0x176, 0x176, NULL, write_sysenter_eip, AT(sysenter_eip), .feature = X86_FEATURE_SEP },
    { 0x179, 0x179, .fixed = MCG_CTL_THERE | X86_NB_MC_BANKS, .feature = X86_FEATURE_MCA,
      .is_read_only = true },
    { 0x17a, 0x17a, AT(mcg_status), .settable = 7, .feature = X86_FEATURE_MCA },
    { 0x17b, 0x17b, NULL, write_mcg_control, AT(mcg_control), .feature = X86_FEATURE_MCA },
    /* Clock modulation, thermal interrupt and status: it never gets warm. */
    { 0x19a, 0x19c, .feature = X86_FEATURE_ACPI },
    { 0x1a0, 0x1a0, AT(misc_enable), .settable = 0x450009, .feature = MSR_INTEL },
    { 0x1d9, 0x1d9, AT(debugctl), .settable = 0x3, .feature = MSR_ALWAYS }, /* LBR, BTF */
    { 0x1db, 0x1de, .feature = MSR_ALWAYS }, /* last branches and exceptions: none recorded */
    { 0x200, 0x200 + 2 * X86_NB_VARIABLE_MTRRS - 1, read_variable_mtrr, write_variable_mtrr,
      .feature = X86_FEATURE_MTRR },
    { 0x250, 0x26f, read_fixed_mtrr, write_fixed_mtrr, .feature = X86_FEATURE_MTRR },
    { 0x277, 0x277, NULL, write_pat, AT(pat), .feature = X86_FEATURE_PAT },
    { 0x2ff, 0x2ff, AT(mtrr_default), .settable = 0xcff, .feature = X86_FEATURE_MTRR },
    { 0x400, 0x400 + 4 * X86_NB_MC_BANKS - 1, NULL, write_mc_bank, AT(mc_banks),
      .feature = X86_FEATURE_MCA },
    { TSC_DEADLINE, TSC_DEADLINE, read_deadline, write_deadline,
      .feature = X86_FEATURE_TSC_DEADLINE },
    { FIRST_X2APIC, 0x8ff, read_x2apic, write_x2apic, .feature = X86_FEATURE_X2APIC },
    { 0xc0000080, 0xc0000080, read_efer, write_efer, .feature = MSR_ALWAYS },
    { 0xc0000081, 0xc0000081, AT(star), .settable = UINT64_MAX, .feature = X86_FEATURE_SYSCALL },
    { 0xc0000082, 0xc0000082, NULL, write_lstar, AT(lstar), .feature = X86_FEATURE_LM },
    { 0xc0000083, 0xc0000083, NULL, write_cstar, AT(cstar), .feature = X86_FEATURE_LM },
    { 0xc0000084, 0xc0000084, AT(fmask), .settable = UINT32_MAX, .feature = X86_FEATURE_LM },
    { 0xc0000100, 0xc0000102, read_base, write_base, .feature = X86_FEATURE_LM },
    { 0xc0000103, 0xc0000103, AT(tsc_aux), .settable = UINT32_MAX, .feature = X86_FEATURE_RDTSCP },
    /* AMD: configuration that kernels look at and set bits of; none has an effect. */
    { 0xc0010000, 0xc0010007, .feature = MSR_AMD }, /* performance counters: none counts */
    { 0xc0010010, 0xc0010010, .feature = MSR_AMD }, /* SYSCFG */
    { 0xc0010015, 0xc0010015, .feature = MSR_AMD }, /* HWCR */
    { 0xc001001f, 0xc001001f, .feature = MSR_AMD }, /* NB_CFG */
    { 0xc0010055, 0xc0010055, .feature = MSR_AMD }, /* interrupt pending messages */
    { 0xc0010114, 0xc0010114, NULL, write_vm_cr, AT(svm.vm_cr), .feature = X86_FEATURE_SVM },
    { 0xc0010117, 0xc0010117, NULL, write_hsave, AT(svm.hsave), .feature = X86_FEATURE_SVM },
    { 0xc0011020, 0xc0011023, .feature = MSR_AMD }, /* configuration of the core's units */
    { 0xc0011029, 0xc001102a, .feature = MSR_AMD },
};

static bool is_there(const CPUX86State *env, const MSR *msr)
{
    switch (msr->feature) {
    case MSR_ALWAYS:
        return true;
    case MSR_INTEL:
        return !is_amd(env);
    case MSR_AMD:
        return is_amd(env);
    default:
        return x86_has(env, msr->feature);
    }
}

static const MSR *find_msr(const CPUX86State *env, uint32_t number)
{
    for (size_t i = 0; i < ARRAY_SIZE(msrs); i++) {
        if (number >= msrs[i].first && number <= msrs[i].last) {
            return is_there(env, &msrs[i]) ? &msrs[i] : NULL;
        }
    }
    return NULL;
}

static uint64_t *variable(CPUX86State *env, const MSR *msr, uint32_t n)
{
    return (uint64_t *)(void *)((char *)env + msr->offset) + n;
}

bool x86_read_msr(CPUX86State *env, uint32_t number, uint64_t *value)
{
    const MSR *msr = find_msr(env, number);

    if (!msr) {
        qemu_log_mask(LOG_GUEST_ERROR, "x86: RDMSR %#x: there is no such register\n", number);
        return false;
    }
    if (msr->read) {
        return msr->read(env, number - msr->first, value);
    }
    *value = msr->offset ? *variable(env, msr, number - msr->first) : msr->fixed;
    return true;
}

bool x86_write_msr(CPUX86State *env, uint32_t number, uint64_t value)
{
    const MSR *msr = find_msr(env, number);

    if (!msr) {
        qemu_log_mask(LOG_GUEST_ERROR, "x86: WRMSR %#x: there is no such register\n", number);
        return false;
    }
    if (msr->write) {
        return msr->write(env, number - msr->first, value);
    }
    if (!msr->offset || msr->is_read_only) {
        return !msr->is_read_only;
    }
    uint64_t *held = variable(env, msr, number - msr->first);

    if ((*held ^ value) & ~msr->settable) {
        return false;
    }
    *held = value;
    return true;
}
