/*
 * The registers of a CPU in AArch32 alone as GDB sees them ("ARM Features" in GDB's manual), and
 * coprocessor registers under their own names.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/internal.h"
#include "target/arm/sysreg32.h"

static CPUARMState *env_of(CPUState *cs)
{
    return &ARM_CPU(cs)->env;
}

/* ---- org.gnu.gdb.arm.core ---- */

enum { CORE_PC = 15, CORE_CPSR };

#define R(n) { .name = "r" #n, .bits = 32, .type = "uint32" }

static const GdbRegister core_registers[] = {
    R(0), R(1), R(2), R(3), R(4), R(5), R(6), R(7), R(8), R(9), R(10), R(11), R(12),
    { .name = "sp", .bits = 32, .type = "data_ptr" },
    { .name = "lr", .bits = 32 },
    { .name = "pc", .bits = 32, .type = "code_ptr" },
    { .name = "cpsr", .bits = 32, .type = "uint32" },
};

static uint64_t read_core(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUARMState *env = env_of(cs);

    return n == CORE_PC ? env->pc : n == CORE_CPSR ? arm_read_pstate(env) : env->x[n];
}

/* Flags, masks and the instruction set can be changed; another mode would have other registers. */
#define CPSR_SETTABLE (PSTATE_NZCV | CPSR_Q | CPSR_GE | CPSR_AIF | CPSR_T | CPSR_IT)

static bool write_core(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    CPUARMState *env = env_of(cs);

    if (n == CORE_PC) {
        env->pc = (uint32_t)value;
    } else if (n < CORE_PC) {
        env->x[n] = (uint32_t)value;
    } else if ((value ^ arm_read_pstate(env)) & ~CPSR_SETTABLE) {
        return false;
    } else {
        arm_write_pstate(env, value);
    }
    return true;
}

static const GdbFeature core_feature = {
    .name = "org.gnu.gdb.arm.core",
    .general = true,
    .nb_registers = ARRAY_SIZE(core_registers),
    .registers = core_registers,
    .read = read_core,
    .write = write_core,
};

/* ---- org.gnu.gdb.arm.vfp ---- */

#define D(n) { .name = "d" #n, .bits = 64, .type = "ieee_double" }
#define D4(a, b, c, d) D(a), D(b), D(c), D(d)
enum { VFP_FPSCR = 32 };

static const GdbRegister vfp_registers[] = {
    D4(0, 1, 2, 3),     D4(4, 5, 6, 7),     D4(8, 9, 10, 11),   D4(12, 13, 14, 15),
    D4(16, 17, 18, 19), D4(20, 21, 22, 23), D4(24, 25, 26, 27), D4(28, 29, 30, 31),
    { .name = "fpscr", .bits = 32, .type = "int", .group = "float" },
};

static uint64_t read_vfp(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUARMState *env = env_of(cs);

    return n == VFP_FPSCR ? arm_read_fpscr(env) : env->vreg[n / 2].d[n % 2];
}

static bool write_vfp(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    CPUARMState *env = env_of(cs);

    if (n == VFP_FPSCR) {
        arm_write_fpscr(env, value);
        return arm_read_fpscr(env) == (uint32_t)value;
    }
    env->vreg[n / 2].d[n % 2] = value;
    return true;
}

static const GdbFeature vfp_feature = {
    .name = "org.gnu.gdb.arm.vfp",
    .nb_registers = ARRAY_SIZE(vfp_registers),
    .registers = vfp_registers,
    .read = read_vfp,
    .write = write_vfp,
};

/* ---- Coprocessor registers ---- */

static uint64_t read_coprocessor(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    const ARMSysReg32 *const *rows = feature->opaque;

    return arm_sysreg32_read(env_of(cs), rows[n]);
}

static bool write_coprocessor(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    const ARMSysReg32 *const *rows = feature->opaque;

    if (value == arm_sysreg32_read(env_of(cs), rows[n])) {
        return true;
    }
    if (!(rows[n]->access & SYSREG_W1) || (rows[n]->flags & SYSREG_CLOCK)) {
        return false;
    }
    arm_sysreg32_write(env_of(cs), rows[n], value);
    return arm_sysreg32_read(env_of(cs), rows[n]) == value;
}

static GdbFeature *make_coprocessor_feature(void)
{
    size_t nb_rows;
    const ARMSysReg32 *all = arm_sysreg32_rows(&nb_rows);
    const ARMSysReg32 **rows = g_new0(const ARMSysReg32 *, nb_rows);
    GdbRegister *registers = g_new0(GdbRegister, nb_rows);
    GdbFeature *feature = g_new0(GdbFeature, 1);
    unsigned nb = 0;

    for (size_t i = 0; i < nb_rows; i++) {
        if (all[i].access & SYSREG_R1) {
            rows[nb] = &all[i];
            registers[nb++] = (GdbRegister){
                .name = all[i].name,
                .bits = all[i].wide ? 64 : 32,
                .type = all[i].wide ? "uint64" : "uint32",
                .group = "system",
                .control = all[i].write || (all[i].row && all[i].row->write) ||
                           (all[i].flags & SYSREG_CLOCK),
            };
        }
    }
    *feature = (GdbFeature){
        .name = "org.sysemu.arm.system",
        .nb_registers = nb,
        .registers = registers,
        .read = read_coprocessor,
        .write = write_coprocessor,
        .opaque = rows,
    };
    return feature;
}

const GdbFeature *const *arm_gdb_features32(CPUState *cs)
{
    static const GdbFeature *features[4];

    if (!features[0]) {
        features[2] = make_coprocessor_feature();
        features[1] = &vfp_feature;
        features[0] = &core_feature;
    }
    return features;
}
