/*
 * The Arm CPU's registers as GDB sees them ("AArch64 Features" in GDB's manual), and system
 * registers under their own names.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg.h"

static CPUARMState *env_of(CPUState *cs)
{
    return &ARM_CPU(cs)->env;
}

/* ---- org.gnu.gdb.aarch64.core ---- */

enum { CORE_PC = 32, CORE_CPSR };

#define X(n) { .name = "x" #n, .bits = 64 }
#define X4(a, b, c, d) X(a), X(b), X(c), X(d)

static const GdbRegister core_registers[] = {
    X4(0, 1, 2, 3),     X4(4, 5, 6, 7),     X4(8, 9, 10, 11),   X4(12, 13, 14, 15),
    X4(16, 17, 18, 19), X4(20, 21, 22, 23), X4(24, 25, 26, 27), X(28), X(29), X(30),
    { .name = "sp", .bits = 64, .type = "data_ptr" },
    { .name = "pc", .bits = 64, .type = "code_ptr" },
    { .name = "cpsr", .bits = 32, .type = "uint32" },
};

static uint64_t read_core(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUARMState *env = env_of(cs);

    return n == CORE_PC ? env->pc : n == CORE_CPSR ? arm_read_pstate(env) : env->x[n];
}

/* Only flags and masks can be changed: another exception level would be another machine. */
static bool write_core(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    CPUARMState *env = env_of(cs);
    uint32_t settable = PSTATE_NZCV | PSTATE_DAIF;

    if (n == CORE_PC) {
        env->pc = value;
    } else if (n < CORE_PC) {
        env->x[n] = value;
    } else if ((value ^ arm_read_pstate(env)) & ~settable) {
        return false;
    } else {
        arm_write_pstate(env, value);
    }
    return true;
}

static const GdbFeature core_feature = {
    .name = "org.gnu.gdb.aarch64.core",
    .general = true,
    .nb_registers = ARRAY_SIZE(core_registers),
    .registers = core_registers,
    .read = read_core,
    .write = write_core,
};

/* ---- System registers ---- */

static uint64_t read_sysreg(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    const ARMSysReg *const *rows = feature->opaque;

    return arm_sysreg_read(env_of(cs), rows[n]);
}

/* What has no side effect can be put back. */
static bool write_sysreg(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    const ARMSysReg *const *rows = feature->opaque;

    if (value == arm_sysreg_read(env_of(cs), rows[n])) {
        return true;
    }
    if (!(rows[n]->access & SYSREG_W1) || (rows[n]->flags & (SYSREG_CLOCK | SYSREG_NOTHING))) {
        return false;
    }
    arm_sysreg_write(env_of(cs), rows[n], value);
    return arm_sysreg_read(env_of(cs), rows[n]) == value;
}

static GdbFeature *make_sysreg_feature(void)
{
    size_t nb_rows;
    const ARMSysReg *all = arm_sysreg_rows(&nb_rows);
    const ARMSysReg **rows = g_new0(const ARMSysReg *, nb_rows);
    GdbRegister *registers = g_new0(GdbRegister, nb_rows);
    GdbFeature *feature = g_new0(GdbFeature, 1);
    unsigned nb = 0;

    for (size_t i = 0; i < nb_rows; i++) {
        if (all[i].access & SYSREG_R1) {
            rows[nb] = &all[i];
            registers[nb++] = (GdbRegister){
                .name = all[i].name,
                .bits = 64,
                .type = "uint64",
                .group = "system",
                .control = all[i].write || (all[i].flags & SYSREG_CLOCK),
            };
        }
    }
    *feature = (GdbFeature){
        .name = "org.sysemu.aarch64.system",
        .nb_registers = nb,
        .registers = registers,
        .read = read_sysreg,
        .write = write_sysreg,
        .opaque = rows,
    };
    return feature;
}

/* All models have the same. */
const GdbFeature *const *arm_gdb_features(CPUState *cs)
{
    static const GdbFeature *features[3];

    if (!features[0]) {
        features[1] = make_sysreg_feature();
        features[0] = &core_feature;
    }
    return features;
}
