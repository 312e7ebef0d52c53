/*
 * The x86 CPU's registers as GDB sees them ("i386 Features" in GDB's manual): those of 64-bit mode,
 * whatever the mode is, as GDB doesn't change its mind.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/i386/internal.h"

static CPUX86State *env_of(CPUState *cs)
{
    return &X86_CPU(cs)->env;
}

/* ---- org.gnu.gdb.i386.core ---- */

enum {
    CORE_RIP = 16,
    CORE_EFLAGS,
    CORE_SEGMENTS,
    CORE_ST = CORE_SEGMENTS + X86_NB_SEGS,
    CORE_X87 = CORE_ST + 8,
};

/* GDB's order of registers that instructions number in another one. */
static const uint8_t general_order[8] = { R_EAX, R_EBX, R_ECX, R_EDX, R_ESI, R_EDI, R_EBP, R_ESP };
static const uint8_t segment_order[X86_NB_SEGS] = { R_CS, R_SS, R_DS, R_ES, R_FS, R_GS };

#define GPR(n)     { .name = n, .bits = 64, .type = "int64" }
#define POINTER(n) { .name = n, .bits = 64, .type = "data_ptr" }
#define SELECTOR(n) { .name = n, .bits = 32, .type = "int32" }
#define ST(n)      { .name = "st" #n, .bits = 80, .type = "i387_ext" }
#define X87(n)     { .name = n, .bits = 32, .type = "int", .group = "float" }

static const GdbRegister core_registers[] = {
    GPR("rax"), GPR("rbx"), GPR("rcx"), GPR("rdx"), GPR("rsi"), GPR("rdi"), POINTER("rbp"),
    POINTER("rsp"), GPR("r8"), GPR("r9"), GPR("r10"), GPR("r11"), GPR("r12"), GPR("r13"),
    GPR("r14"), GPR("r15"),
    { .name = "rip", .bits = 64, .type = "code_ptr" },
    { .name = "eflags", .bits = 32, .type = "i386_eflags" },
    SELECTOR("cs"), SELECTOR("ss"), SELECTOR("ds"), SELECTOR("es"), SELECTOR("fs"), SELECTOR("gs"),
    ST(0), ST(1), ST(2), ST(3), ST(4), ST(5), ST(6), ST(7),
    X87("fctrl"), X87("fstat"), X87("ftag"), X87("fiseg"), X87("fioff"), X87("foseg"),
    X87("fooff"), X87("fop"),
};

static const char core_types[] =
    "<flags id=\"i386_eflags\" size=\"4\">\n"
    "<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"PF\" start=\"2\" end=\"2\"/>"
    "<field name=\"AF\" start=\"4\" end=\"4\"/><field name=\"ZF\" start=\"6\" end=\"6\"/>"
    "<field name=\"SF\" start=\"7\" end=\"7\"/><field name=\"TF\" start=\"8\" end=\"8\"/>"
    "<field name=\"IF\" start=\"9\" end=\"9\"/><field name=\"DF\" start=\"10\" end=\"10\"/>"
    "<field name=\"OF\" start=\"11\" end=\"11\"/><field name=\"IOPL\" start=\"12\" end=\"13\"/>"
    "<field name=\"NT\" start=\"14\" end=\"14\"/><field name=\"RF\" start=\"16\" end=\"16\"/>"
    "<field name=\"VM\" start=\"17\" end=\"17\"/><field name=\"AC\" start=\"18\" end=\"18\"/>"
    "<field name=\"VIF\" start=\"19\" end=\"19\"/><field name=\"VIP\" start=\"20\" end=\"20\"/>"
    "<field name=\"ID\" start=\"21\" end=\"21\"/>\n</flags>\n";

static uint64_t *general(CPUX86State *env, unsigned n)
{
    return &env->regs[n < 8 ? general_order[n] : n];
}

static uint64_t read_x87(const CPUX86State *env, unsigned n)
{
    const uint64_t values[] = {
        env->fpcw, x86_fpu_status_word(env), x86_fpu_tag_word(env), env->fpcs,
        (uint32_t)env->fpip, env->fpds, (uint32_t)env->fpdp, env->fpop,
    };

    return values[n];
}

static void write_x87(CPUX86State *env, unsigned n, uint64_t value)
{
    switch (n) {
    case 0:
        x86_fpu_set_control_word(env, value);
        break;
    case 1:
        x86_fpu_set_status_word(env, value);
        break;
    case 2:
        x86_fpu_set_tag_word(env, value);
        break;
    case 3:
        env->fpcs = value;
        break;
    case 4:
        env->fpip = value;
        break;
    case 5:
        env->fpds = value;
        break;
    case 6:
        env->fpdp = value;
        break;
    default:
        env->fpop = value;
    }
}

static uint64_t read_core(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUX86State *env = env_of(cs);

    if (n < CORE_RIP) {
        return *general(env, n);
    }
    if (n == CORE_RIP) {
        return x86_get_eip(env);
    }
    if (n == CORE_EFLAGS) {
        return x86_get_eflags(env);
    }
    return n < CORE_ST ? env->segs[segment_order[n - CORE_SEGMENTS]].selector
                       : read_x87(env, n - CORE_X87);
}

/* In protected mode a selector is a descriptor that would have to be looked at: it stays. */
static bool write_selector(CPUX86State *env, unsigned seg, uint64_t value)
{
    bool flat = !(env->cr0 & CR0_PE) || (env->eflags & FLAG_VM);

    if (env->segs[seg].selector == value) {
        return true;
    }
    if (!flat || value > UINT16_MAX) {
        return false;
    }
    uint64_t eip = x86_get_eip(env);

    env->segs[seg].selector = value;
    env->segs[seg].base = value << 4;
    x86_update_hflags(env);
    x86_set_eip(env, eip);
    return true;
}

static bool write_core(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    CPUX86State *env = env_of(cs);

    if (n < CORE_RIP) {
        *general(env, n) = value;
    } else if (n == CORE_RIP) {
        x86_set_eip(env, value);
    } else if (n == CORE_EFLAGS) {
        if ((value ^ env->eflags) & FLAG_VM) {
            return false;
        }
        x86_set_eflags(env, value, FLAGS_ALL);
    } else if (n < CORE_ST) {
        return write_selector(env, segment_order[n - CORE_SEGMENTS], value);
    } else {
        write_x87(env, n - CORE_X87, value);
    }
    return true;
}

static X86Float80 *stack_register(CPUX86State *env, unsigned n)
{
    return &env->fpregs[(env->fptop + n - CORE_ST) & 7];
}

static void read_stack(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t *value)
{
    const X86Float80 *st = stack_register(env_of(cs), n);

    value[0] = st->significand;
    value[1] = st->sign_exponent;
}

static bool write_stack(CPUState *cs, const GdbFeature *feature, unsigned n,
                        const uint64_t *value)
{
    *stack_register(env_of(cs), n) = (X86Float80){ value[0], value[1] };
    return true;
}

static const GdbFeature core_feature = {
    .name = "org.gnu.gdb.i386.core",
    .general = true,
    .nb_registers = ARRAY_SIZE(core_registers),
    .registers = core_registers,
    .types = core_types,
    .read = read_core,
    .write = write_core,
    .read_wide = read_stack,
    .write_wide = write_stack,
};

/* ---- org.gnu.gdb.i386.sse ---- */

#define XMM(n) { .name = "xmm" #n, .bits = 128, .type = "vec128" }
#define XMM4(a, b, c, d) XMM(a), XMM(b), XMM(c), XMM(d)

static const GdbRegister sse_registers[] = {
    XMM4(0, 1, 2, 3), XMM4(4, 5, 6, 7), XMM4(8, 9, 10, 11), XMM4(12, 13, 14, 15),
    { .name = "mxcsr", .bits = 32, .type = "int", .group = "vector" },
};

static const char sse_types[] =
    "<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>\n"
    "<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>\n"
    "<vector id=\"v16i8\" type=\"int8\" count=\"16\"/>\n"
    "<vector id=\"v8i16\" type=\"int16\" count=\"8\"/>\n"
    "<vector id=\"v4i32\" type=\"int32\" count=\"4\"/>\n"
    "<vector id=\"v2i64\" type=\"int64\" count=\"2\"/>\n"
    "<union id=\"vec128\">\n"
    "<field name=\"v4_float\" type=\"v4f\"/><field name=\"v2_double\" type=\"v2d\"/>"
    "<field name=\"v16_int8\" type=\"v16i8\"/><field name=\"v8_int16\" type=\"v8i16\"/>"
    "<field name=\"v4_int32\" type=\"v4i32\"/><field name=\"v2_int64\" type=\"v2i64\"/>"
    "<field name=\"uint128\" type=\"uint128\"/>\n</union>\n";

static uint64_t read_mxcsr(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    return x86_read_mxcsr(env_of(cs));
}

static bool write_mxcsr(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    if (value >> 16) {
        return false;
    }
    x86_write_mxcsr(env_of(cs), value);
    return true;
}

static void read_xmm(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t *value)
{
    memcpy(value, env_of(cs)->xmm[n].half, sizeof(env_of(cs)->xmm[n].half));
}

static bool write_xmm(CPUState *cs, const GdbFeature *feature, unsigned n, const uint64_t *value)
{
    memcpy(env_of(cs)->xmm[n].half, value, sizeof(env_of(cs)->xmm[n].half));
    return true;
}

static const GdbFeature sse_feature = {
    .name = "org.gnu.gdb.i386.sse",
    .general = true,
    .nb_registers = ARRAY_SIZE(sse_registers),
    .registers = sse_registers,
    .types = sse_types,
    .read = read_mxcsr,
    .write = write_mxcsr,
    .read_wide = read_xmm,
    .write_wide = write_xmm,
};

/* ---- org.gnu.gdb.i386.segments, and what GDB doesn't know ---- */

static const GdbRegister base_registers[] = { GPR("fs_base"), GPR("gs_base") };

static uint64_t read_base(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    return env_of(cs)->segs[R_FS + n].base;
}

static bool write_base(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    env_of(cs)->segs[R_FS + n].base = value;
    x86_update_hflags(env_of(cs));
    return true;
}

static const GdbFeature base_feature = {
    .name = "org.gnu.gdb.i386.segments",
    .nb_registers = ARRAY_SIZE(base_registers),
    .registers = base_registers,
    .read = read_base,
    .write = write_base,
};

#define SYSTEM(n) { .name = n, .bits = 64, .type = "int64", .group = "system", .control = true }

static const GdbRegister system_registers[] = {
    SYSTEM("k_gs_base"), SYSTEM("cr0"), SYSTEM("cr2"), SYSTEM("cr3"),
    SYSTEM("cr4"),       SYSTEM("cr8"), SYSTEM("efer"),
};

static uint64_t read_system(CPUState *cs, const GdbFeature *feature, unsigned n)
{
    CPUX86State *env = env_of(cs);
    const uint64_t values[] = { env->kernel_gs_base, env->cr0, env->cr2, env->cr3, env->cr4,
                                x86_read_cr8(env), env->efer };

    return values[n];
}

/* They hang together: the debugger looks at them, and can put back what it has seen. */
static bool write_system(CPUState *cs, const GdbFeature *feature, unsigned n, uint64_t value)
{
    return read_system(cs, feature, n) == value;
}

static const GdbFeature system_feature = {
    .name = "org.sysemu.i386.system",
    .nb_registers = ARRAY_SIZE(system_registers),
    .registers = system_registers,
    .read = read_system,
    .write = write_system,
};

const GdbFeature *const *x86_gdb_features(CPUState *cs)
{
    static const GdbFeature *const features[] = { &core_feature, &sse_feature, &base_feature,
                                                  &system_feature, NULL };

    return features;
}
