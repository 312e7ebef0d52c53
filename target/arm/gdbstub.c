/*
 * The Arm CPU's registers as GDB sees them ("AArch64 Features" in GDB's manual), and system
 * registers under their own names.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/arm/internal.h"
#include "target/arm/sve.h"
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

/* ---- org.gnu.gdb.aarch64.fpu, or .sve in its place ---- */

static const ARMSysReg *fpcr_row(void)
{
    return arm_sysreg_find(3, 3, 4, 4, 0);
}

static const ARMSysReg *fpsr_row(void)
{
    return arm_sysreg_find(3, 3, 4, 4, 1);
}

static bool write_by_row(CPUState *cs, const ARMSysReg *row, uint64_t value)
{
    arm_sysreg_write(env_of(cs), row, value);
    return arm_sysreg_read(env_of(cs), row) == value;
}

#define V(n) { .name = "v" #n, .bits = 128, .type = "aarch64v" }
#define V4(a, b, c, d) V(a), V(b), V(c), V(d)

enum { FPU_FPSR = 32, FPU_FPCR };

static const GdbRegister fpu_registers[] = {
    V4(0, 1, 2, 3),     V4(4, 5, 6, 7),     V4(8, 9, 10, 11),   V4(12, 13, 14, 15),
    V4(16, 17, 18, 19), V4(20, 21, 22, 23), V4(24, 25, 26, 27), V4(28, 29, 30, 31),
    { .name = "fpsr", .bits = 32, .type = "int", .group = "float" },
    { .name = "fpcr", .bits = 32, .type = "int", .group = "float" },
};

static uint64_t read_fpu(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    return arm_sysreg_read(env_of(cs), n == FPU_FPSR ? fpsr_row() : fpcr_row());
}

static bool write_fpu(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    return write_by_row(cs, n == FPU_FPSR ? fpsr_row() : fpcr_row(), value);
}

static void read_vector(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t *value)
{
    memcpy(value, env_of(cs)->vreg[n].d, sizeof(ARMVector));
}

static bool write_vector(CPUState *cs, const GdbFeature *feature, unsigned n, const uint64_t *value)
{
    memcpy(env_of(cs)->vreg[n].d, value, sizeof(ARMVector));
    return true;
}

/*
 * The types of a vector's parts: for each size of element the ways to look at it, and a union over
 * all of them, whose names are the ones that people write behind a register's ($v0.d.u[1]).
 */
static const struct ElementSize {
    char letter;
    unsigned bits;
    const char *floating; /* NULL: there is none */
} element_sizes[] = {
    { 'q', 128, NULL },
    { 'd', 64, "ieee_double" },
    { 's', 32, "ieee_single" },
    { 'h', 16, "ieee_half" },
    { 'b', 8, NULL },
};

static void describe_elements(GString *xml, const char *prefix, const struct ElementSize *e,
                              unsigned count)
{
    if (e->floating) {
        g_string_append_printf(xml, "<vector id=\"%s%cf\" type=\"%s\" count=\"%u\"/>\n", prefix,
                               e->letter, e->floating, count);
    }
    g_string_append_printf(xml,
                           "<vector id=\"%s%cu\" type=\"uint%u\" count=\"%u\"/>\n"
                           "<vector id=\"%s%cs\" type=\"int%u\" count=\"%u\"/>\n",
                           prefix, e->letter, e->bits, count, prefix, e->letter, e->bits, count);
    g_string_append_printf(xml, "<union id=\"%sn%c\">\n", prefix, e->letter);
    if (e->floating) {
        g_string_append_printf(xml, "<field name=\"f\" type=\"%s%cf\"/>\n", prefix, e->letter);
    }
    g_string_append_printf(xml,
                           "<field name=\"u\" type=\"%s%cu\"/>\n"
                           "<field name=\"s\" type=\"%s%cs\"/>\n</union>\n",
                           prefix, e->letter, prefix, e->letter);
}

/* Of a vector of so many quadwords: the union is called `name`. */
static void describe_vector_type(GString *xml, const char *name, const char *prefix, unsigned vq)
{
    for (size_t i = 0; i < ARRAY_SIZE(element_sizes); i++) {
        describe_elements(xml, prefix, &element_sizes[i], 128 * vq / element_sizes[i].bits);
    }
    g_string_append_printf(xml, "<union id=\"%s\">\n", name);
    for (size_t i = 0; i < ARRAY_SIZE(element_sizes); i++) {
        g_string_append_printf(xml, "<field name=\"%c\" type=\"%sn%c\"/>\n",
                               element_sizes[i].letter, prefix, element_sizes[i].letter);
    }
    g_string_append(xml, "</union>\n");
}

static GdbFeature *make_fpu_feature(void)
{
    GdbFeature *feature = g_new0(GdbFeature, 1);
    GString *types = g_string_new(NULL);

    describe_vector_type(types, "aarch64v", "aarch64v", 1);
    *feature = (GdbFeature){
        .name = "org.gnu.gdb.aarch64.fpu",
        .nb_registers = ARRAY_SIZE(fpu_registers),
        .registers = fpu_registers,
        .read = read_fpu,
        .write = write_fpu,
        .read_wide = read_vector,
        .write_wide = write_vector,
        .types = g_string_free(types, FALSE),
    };
    return feature;
}

/*
 * Z registers are described with the longest vectors that the CPU has, whatever the length in
 * effect: that is VG, in doublewords.
 */
enum { SVE_FPSR = 32, SVE_FPCR, SVE_P0, SVE_GDB_FFR = SVE_P0 + SVE_FFR, SVE_VG, SVE_NB };

static uint64_t read_sve(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUARMState *env = env_of(cs);

    switch (n) {
    case SVE_FPSR:
        return arm_sysreg_read(env, fpsr_row());
    case SVE_FPCR:
        return arm_sysreg_read(env, fpcr_row());
    case SVE_VG:
        return 2 * arm_vq(env->hflags);
    default:
        return env->preg[n - SVE_P0];
    }
}

/* A predicate's bits beyond the length in effect are zero; while SVE traps, all of them. */
static bool write_sve(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    CPUARMState *env = env_of(cs);

    switch (n) {
    case SVE_FPSR:
        return write_by_row(cs, fpsr_row(), value);
    case SVE_FPCR:
        return write_by_row(cs, fpcr_row(), value);
    case SVE_VG:
        return value == read_sve(cs, feature, n);
    default:
        if (value != env->preg[n - SVE_P0] &&
            (!sve_bytes(env) || (value & ~sve_all_true(env, MO_8)))) {
            return false;
        }
        env->preg[n - SVE_P0] = value;
        return true;
    }
}

/* One with vectors of a quadword ends there; what is above never counts. */
static void read_z(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t *value)
{
    SveReg z = sve_read(env_of(cs), n);

    memcpy(value, z.d, feature->registers[n].bits / 8);
}

static bool write_z(CPUState *cs, const GdbFeature *feature, unsigned n, const uint64_t *value)
{
    CPUARMState *env = env_of(cs);
    size_t high = feature->registers[n].bits / 8 - sizeof(ARMVector);

    memcpy(env->vreg[n].d, value, sizeof(ARMVector));
    if (memcmp(env->zhigh[n].d, value + 2, high)) {
        memcpy(env->zhigh[n].d, value + 2, high);
        env->z_high_used = true;
        arm_update_hflags(env);
    }
    return true;
}

static GdbFeature *make_sve_feature(unsigned vq)
{
    GdbFeature *feature = g_new0(GdbFeature, 1);
    GdbRegister *registers = g_new0(GdbRegister, SVE_NB);
    GString *types = g_string_new(NULL);

    describe_vector_type(types, "svev", "svev", vq);
    g_string_append_printf(types, "<vector id=\"svep\" type=\"uint8\" count=\"%u\"/>\n", 2 * vq);
    for (unsigned i = 0; i < 32; i++) {
        registers[i] = (GdbRegister){ .name = g_strdup_printf("z%u", i), .bits = 128 * vq,
                                      .type = "svev" };
    }
    registers[SVE_FPSR] = fpu_registers[FPU_FPSR];
    registers[SVE_FPCR] = fpu_registers[FPU_FPCR];
    for (unsigned i = 0; i < SVE_FFR; i++) {
        registers[SVE_P0 + i] = (GdbRegister){ .name = g_strdup_printf("p%u", i), .bits = 16 * vq,
                                               .type = "svep" };
    }
    registers[SVE_GDB_FFR] = (GdbRegister){ .name = "ffr", .bits = 16 * vq, .type = "svep",
                                            .group = "vector" };
    registers[SVE_VG] = (GdbRegister){ .name = "vg", .bits = 64, .type = "int" };
    *feature = (GdbFeature){
        .name = "org.gnu.gdb.aarch64.sve",
        .nb_registers = SVE_NB,
        .registers = registers,
        .read = read_sve,
        .write = write_sve,
        .read_wide = read_z,
        .write_wide = write_z,
        .types = g_string_free(types, FALSE),
    };
    return feature;
}

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
    return write_by_row(cs, rows[n], value);
}

static GdbFeature *make_sysreg_feature(const CPUARMState *env)
{
    size_t nb_rows;
    const ARMSysReg *all = arm_sysreg_rows(&nb_rows);
    const ARMSysReg **rows = g_new0(const ARMSysReg *, nb_rows);
    GdbRegister *registers = g_new0(GdbRegister, nb_rows);
    GdbFeature *feature = g_new0(GdbFeature, 1);
    unsigned nb = 0;

    for (size_t i = 0; i < nb_rows; i++) {
        if ((all[i].access & SYSREG_R1) && arm_sysreg_is_there(&env->id, &all[i])) {
            rows[nb] = &all[i];
            registers[nb++] = (GdbRegister){
                .name = all[i].name,
                .bits = 64,
                .type = "uint64",
                .group = "cp_regs",
                .control = all[i].write || (all[i].flags & SYSREG_CLOCK),
            };
        }
    }
    *feature = (GdbFeature){
        .name = "org.qemu.gdb.arm.sys.regs",
        .nb_registers = nb,
        .registers = registers,
        .read = read_sysreg,
        .write = write_sysreg,
        .opaque = rows,
    };
    return feature;
}

/* What a CPU has doesn't change once it is realized. */
const GdbFeature *const *arm_gdb_features(CPUState *cs)
{
    ARMCPU *cpu = ARM_CPU(cs);

    if (!cpu->gdb_features) {
        unsigned vq = arm_has_sve(&cpu->env.id) ? 32 - clz32(cpu->env.sve_lengths) : 0;
        const GdbFeature **features = g_new0(const GdbFeature *, 4);

        features[0] = &core_feature;
        features[1] = vq ? make_sve_feature(vq) : make_fpu_feature();
        features[2] = make_sysreg_feature(&cpu->env);
        cpu->gdb_features = features;
    }
    return cpu->gdb_features;
}
