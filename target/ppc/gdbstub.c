/*
 * The PowerPC's registers as GDB sees them.
 *
 * GDB knows two of the features (GDB manual, "PowerPC Features") and takes the others as they come:
 * segment registers, and the model's own SPRs out of its table.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/atomic.h"
#include "target/ppc/internal.h"

static CPUPPCState *env_of(CPUState *cs)
{
    return ppc_env(cs);
}

/* ---- org.gnu.gdb.power.core ---- */

enum { CORE_PC = 32, CORE_MSR, CORE_CR, CORE_LR, CORE_CTR, CORE_XER };

#define GPR(n) { .name = "r" #n, .bits = 32 }
#define GPR4(a, b, c, d) GPR(a), GPR(b), GPR(c), GPR(d)

static const GdbRegister core_registers[] = {
    GPR4(0, 1, 2, 3),     GPR4(4, 5, 6, 7),     GPR4(8, 9, 10, 11),   GPR4(12, 13, 14, 15),
    GPR4(16, 17, 18, 19), GPR4(20, 21, 22, 23), GPR4(24, 25, 26, 27), GPR4(28, 29, 30, 31),
    { .name = "pc", .bits = 32, .type = "code_ptr" },
    { .name = "msr", .bits = 32, .type = "uint32" },
    { .name = "cr", .bits = 32, .type = "uint32" },
    { .name = "lr", .bits = 32, .type = "code_ptr" },
    { .name = "ctr", .bits = 32, .type = "uint32" },
    { .name = "xer", .bits = 32, .type = "uint32" },
};

static uint64_t read_core(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUPPCState *env = env_of(cs);

    switch (n) {
    case CORE_PC:
        return env->nip;
    case CORE_MSR:
        return env->msr;
    case CORE_CR:
        return ppc_get_cr(env);
    case CORE_LR:
        return env->lr;
    case CORE_CTR:
        return env->ctr;
    case CORE_XER:
        return ppc_get_xer(env);
    default:
        return env->gpr[n];
    }
}

static bool write_core(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    CPUPPCState *env = env_of(cs);

    switch (n) {
    case CORE_PC:
        env->nip = value & ~3u;
        break;
    case CORE_MSR:
        ppc_store_msr(env, value);
        break;
    case CORE_CR:
        ppc_set_cr(env, value);
        break;
    case CORE_LR:
        env->lr = value;
        break;
    case CORE_CTR:
        env->ctr = value;
        break;
    case CORE_XER:
        ppc_set_xer(env, value);
        break;
    default:
        env->gpr[n] = value;
    }
    return true;
}

static const GdbFeature core_feature = {
    .name = "org.gnu.gdb.power.core",
    .general = true,
    .nb_registers = ARRAY_SIZE(core_registers),
    .registers = core_registers,
    .read = read_core,
    .write = write_core,
};

/* ---- org.gnu.gdb.power.fpu ---- */

enum { FPU_FPSCR = 32 };

#define FPR(n) { .name = "f" #n, .bits = 64, .type = "ieee_double" }
#define FPR4(a, b, c, d) FPR(a), FPR(b), FPR(c), FPR(d)

static const GdbRegister fpu_registers[] = {
    FPR4(0, 1, 2, 3),     FPR4(4, 5, 6, 7),     FPR4(8, 9, 10, 11),   FPR4(12, 13, 14, 15),
    FPR4(16, 17, 18, 19), FPR4(20, 21, 22, 23), FPR4(24, 25, 26, 27), FPR4(28, 29, 30, 31),
    { .name = "fpscr", .bits = 32, .group = "float" },
};

static uint64_t read_fpu(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    return n == FPU_FPSCR ? ppc_read_fpscr(env_of(cs)) : env_of(cs)->fpr[n];
}

static bool write_fpu(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    if (n == FPU_FPSCR) {
        ppc_store_fpscr(env_of(cs), value, 0xffffffff);
    } else {
        ppc_settle_fpscr(env_of(cs));
        env_of(cs)->fpr[n] = value;
    }
    return true;
}

static const GdbFeature fpu_feature = {
    .name = "org.gnu.gdb.power.fpu",
    .general = true,
    .nb_registers = ARRAY_SIZE(fpu_registers),
    .registers = fpu_registers,
    .read = read_fpu,
    .write = write_fpu,
};

/* ---- Segment registers ---- */

#define SR(n)                                                                                      \
    { .name = "sr" #n, .bits = 32, .type = "uint32", .group = "segment", .control = true }
#define SR4(a, b, c, d) SR(a), SR(b), SR(c), SR(d)

static const GdbRegister segment_registers[] = {
    SR4(0, 1, 2, 3), SR4(4, 5, 6, 7), SR4(8, 9, 10, 11), SR4(12, 13, 14, 15),
};

static uint64_t read_segment(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    return env_of(cs)->sr[n];
}

static bool write_segment(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    ppc_store_sr(env_of(cs), n, value);
    return true;
}

static const GdbFeature segment_feature = {
    .name = "org.sysemu.power.segments",
    .nb_registers = ARRAY_SIZE(segment_registers),
    .registers = segment_registers,
    .read = read_segment,
    .write = write_segment,
};

/* ---- Special purpose registers ---- */

static uint64_t read_spr(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    const PPCSPR *const *rows = feature->opaque;

    return ppc_spr_read(env_of(cs), rows[n]);
}

/* The row through which a register can be written that shows another one, or itself. */
static const PPCSPR *row_for_writing(CPUState *cs, const PPCSPR *row)
{
    unsigned num = row->num == SPR_TBL ? SPR_TBL_WRITE : row->num == SPR_TBU ? SPR_TBU_WRITE
                                                       : row->alias ? row->alias : row->num;

    return ppc_spr_lookup(POWERPC_CPU_GET_CLASS(cs), num);
}

/*
 * What a table search leaves behind can be put back; a constant can't be changed. Restarting a
 * comparison or passing a sign by restoring a value is no event: pending interrupts stay as they
 * were.
 */
static bool write_spr(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    const PPCSPR *const *rows = feature->opaque;
    const PPCSPR *row = row_for_writing(cs, rows[n]);
    CPUPPCState *env = env_of(cs);
    uint32_t pending = qatomic_read(&env->pending_interrupts);

    if (value == ppc_spr_read(env, rows[n])) {
        return true;
    }
    if (row->write_kind == PPC_SPR_NOP) {
        return false;
    }
    if (row->write_kind == PPC_SPR_NONE) {
        env->spr[row->num] = value;
        return true;
    }
    ppc_spr_write(env, row, value);
    ppc_set_pending(env, ~pending, false);
    return true;
}

/* Clocks and counters, and what says how the CPU sees memory or works. */
static bool spr_is_control(const PPCSPR *row)
{
    return row->write_kind == PPC_SPR_HELPER || row->write_kind == PPC_SPR_NOP ||
           row->read_kind == PPC_SPR_HELPER || row->alias;
}

/* XER, LR and CTR are in the core feature; what can't be read has no place in a debugger. */
static bool spr_is_shown(const PPCSPR *row)
{
    return row && row->read_kind != PPC_SPR_NONE && row->read_kind != PPC_SPR_GLOBAL;
}

static GdbFeature *make_spr_feature(const PowerPCCPUClass *pcc)
{
    const PPCSPR **rows = g_new0(const PPCSPR *, PPC_NB_SPRS);
    GdbRegister *registers = g_new0(GdbRegister, PPC_NB_SPRS);
    GdbFeature *feature = g_new0(GdbFeature, 1);
    unsigned nb = 0;

    for (unsigned i = 0; i < PPC_NB_SPRS; i++) {
        if (spr_is_shown(pcc->sprs[i])) {
            rows[nb] = pcc->sprs[i];
            registers[nb++] = (GdbRegister){
                .name = g_ascii_strdown(pcc->sprs[i]->name, -1),
                .bits = 32,
                .type = "uint32",
                .group = "spr",
                .control = spr_is_control(pcc->sprs[i]),
            };
        }
    }
    *feature = (GdbFeature){
        .name = "org.sysemu.power.spr",
        .nb_registers = nb,
        .registers = registers,
        .read = read_spr,
        .write = write_spr,
        .opaque = rows,
    };
    return feature;
}

/* A model's description is made when a debugger first asks, and kept. */
const GdbFeature *const *ppc_gdb_features(CPUState *cs)
{
    PowerPCCPUClass *pcc = POWERPC_CPU_GET_CLASS(cs);

    if (!pcc->gdb_features) {
        const GdbFeature **list = g_new0(const GdbFeature *, 5);

        list[0] = &core_feature;
        list[1] = &fpu_feature;
        list[2] = &segment_feature;
        list[3] = make_spr_feature(pcc);
        pcc->gdb_features = list;
    }
    return pcc->gdb_features;
}
