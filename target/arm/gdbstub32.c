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

#define D(n) { .name = "d" #n, .bits = 64, .type = "neon_d" }
#define D4(a, b, c, d) D(a), D(b), D(c), D(d)
#define Q(n) { .name = "q" #n, .bits = 128, .type = "neon_q" }
#define Q4(a, b, c, d) Q(a), Q(b), Q(c), Q(d)
enum { VFP_FPSCR = 32, VFP_Q0 };

static const GdbRegister vfp_registers[] = {
    D4(0, 1, 2, 3),     D4(4, 5, 6, 7),     D4(8, 9, 10, 11),   D4(12, 13, 14, 15),
    D4(16, 17, 18, 19), D4(20, 21, 22, 23), D4(24, 25, 26, 27), D4(28, 29, 30, 31),
    { .name = "fpscr", .bits = 32, .type = "int", .group = "float" },
    Q4(0, 1, 2, 3),     Q4(4, 5, 6, 7),     Q4(8, 9, 10, 11),   Q4(12, 13, 14, 15),
};

/* The parts of a register of so many bits, under the names that people know from GDB's own. */
#define PARTS(name, u8, u16, u32, u64, f64)                                                        \
    "<vector id=\"" name "_u8\" type=\"uint8\" count=\"" u8 "\"/>\n"                               \
    "<vector id=\"" name "_u16\" type=\"uint16\" count=\"" u16 "\"/>\n"                            \
    "<vector id=\"" name "_u32\" type=\"uint32\" count=\"" u32 "\"/>\n"                            \
    "<vector id=\"" name "_f32\" type=\"ieee_single\" count=\"" u32 "\"/>\n"                       \
    "<vector id=\"" name "_u64\" type=\"uint64\" count=\"2\"/>\n"                                  \
    "<vector id=\"" name "_f64\" type=\"ieee_double\" count=\"2\"/>\n"                             \
    "<union id=\"" name "\">\n"                                                                    \
    "<field name=\"u8\" type=\"" name "_u8\"/>\n"                                                  \
    "<field name=\"u16\" type=\"" name "_u16\"/>\n"                                                \
    "<field name=\"u32\" type=\"" name "_u32\"/>\n"                                                \
    "<field name=\"u64\" type=\"" u64 "\"/>\n"                                                     \
    "<field name=\"f32\" type=\"" name "_f32\"/>\n"                                                \
    "<field name=\"f64\" type=\"" f64 "\"/>\n"                                                     \
    "</union>\n"
#define VFP_TYPES                                                                                  \
    PARTS("neon_d", "8", "4", "2", "uint64", "ieee_double")                                        \
    PARTS("neon_q", "16", "8", "4", "neon_q_u64", "neon_q_f64")

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

static void read_q(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t *value)
{
    memcpy(value, env_of(cs)->vreg[n - VFP_Q0].d, sizeof(ARMVector));
}

static bool write_q(CPUState *cs, const GdbFeature *feature, unsigned n, const uint64_t *value)
{
    memcpy(env_of(cs)->vreg[n - VFP_Q0].d, value, sizeof(ARMVector));
    return true;
}

static const GdbFeature vfp_feature = {
    .name = "org.gnu.gdb.arm.vfp",
    .nb_registers = ARRAY_SIZE(vfp_registers),
    .registers = vfp_registers,
    .read = read_vfp,
    .write = write_vfp,
    .read_wide = read_q,
    .write_wide = write_q,
    .types = VFP_TYPES,
};

/* ---- Registers of VFP that only systems use ---- */

static const GdbRegister vfp_system_registers[] = {
    { .name = "fpsid", .bits = 32, .type = "int", .group = "float" },
    { .name = "fpexc", .bits = 32, .type = "int", .group = "float" },
};

static uint64_t read_vfp_system(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    return n ? env_of(cs)->fpexc : env_of(cs)->id.fpsid;
}

static bool write_vfp_system(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    if (n == 1 && !((value ^ env_of(cs)->fpexc) & ~(uint64_t)FPEXC_EN)) {
        env_of(cs)->fpexc = value;
        arm_update_hflags(env_of(cs));
        return true;
    }
    return value == read_vfp_system(cs, feature, n);
}

static const GdbFeature vfp_system_feature = {
    .name = "org.qemu.gdb.arm.vfp-sysregs",
    .nb_registers = ARRAY_SIZE(vfp_system_registers),
    .registers = vfp_system_registers,
    .read = read_vfp_system,
    .write = write_vfp_system,
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
                .group = "cp_regs",
                .control = all[i].write || (all[i].row && all[i].row->write) ||
                           (all[i].flags & SYSREG_CLOCK),
            };
        }
    }
    *feature = (GdbFeature){
        .name = "org.qemu.gdb.arm.sys.regs",
        .nb_registers = nb,
        .registers = registers,
        .read = read_coprocessor,
        .write = write_coprocessor,
        .opaque = rows,
    };
    return feature;
}

/* All models have the same. */
const GdbFeature *const *arm_gdb_features32(CPUState *cs)
{
    static const GdbFeature *features[] = { &core_feature, &vfp_feature, &vfp_system_feature,
                                            NULL, NULL };

    if (!features[3]) {
        features[3] = make_coprocessor_feature();
    }
    return features;
}
