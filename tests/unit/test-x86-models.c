/*
 * x86 CPU models: what CPUID says of them, features that are added and taken away.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/module.h"
#include "target/i386/internal.h"

static X86CPU *make(const char *model)
{
    ObjectClass *class = x86_class_by_name(model);
    X86CPU *cpu;

    g_assert_nonnull(class);
    cpu = X86_CPU(object_new(object_class_get_name(class)));
    cpu->check = false;
    return cpu;
}

/* As realize does it. */
static X86CPU *make_complete(const char *model)
{
    X86CPU *cpu = make(model);

    g_assert_true(x86_choose_features(cpu, &error_abort));
    return cpu;
}

typedef struct Registers {
    uint32_t eax, ebx, ecx, edx;
} Registers;

static Registers cpuid(X86CPU *cpu, uint32_t leaf, uint32_t subleaf)
{
    uint32_t out[4];

    x86_cpuid(&cpu->env, leaf, subleaf, out);
    return (Registers){ out[0], out[1], out[2], out[3] };
}

static void test_names(void)
{
    for (const X86Model *m = x86_models; m->name; m++) {
        g_autofree char *type = g_strconcat(m->name, X86_CPU_TYPE_SUFFIX, NULL);
        g_autofree char *first = g_strconcat(m->name, "-v1", NULL);

        g_assert_cmpstr(object_class_get_name(x86_class_by_name(m->name)), ==, type);
        g_assert_true(x86_class_by_name(type) == x86_class_by_name(m->name));
        g_assert_true(x86_class_by_name(first) == x86_class_by_name(m->name));
    }
    g_assert_null(x86_class_by_name(""));
    g_assert_null(x86_class_by_name("no-such-model"));
    g_assert_null(x86_class_by_name(TYPE_X86_CPU)); /* abstract */
    g_assert_null(x86_class_by_name("device"));
}

/* Signatures as the parts have them (SDM volume 2, CPUID; figure 3-6). */
static void test_signatures(void)
{
    static const struct {
        const char *model, *vendor;
        uint32_t signature, last, last_extended;
    } parts[] = {
        { "486", "GenuineIntel", 0x480, 1, 0 },
        { "pentium", "GenuineIntel", 0x543, 1, 0 },
        { "pentium3", "GenuineIntel", 0x673, 3, 0 },
        { "core2duo", "GenuineIntel", 0x6fb, 0xa, 0x80000008 },
        { "Nehalem", "GenuineIntel", 0x106a3, 0xb, 0x80000008 },
        { "Haswell", "GenuineIntel", 0x306c4, 0xd, 0x80000008 },
        { "Skylake-Client", "GenuineIntel", 0x506e3, 0xd, 0x80000008 },
        { "qemu64", "AuthenticAMD", 0x60fb1, 0xd, 0x8000000a },
        { "EPYC", "AuthenticAMD", 0x800f12, 0xd, 0x8000001e },
    };

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        X86CPU *cpu = make_complete(parts[i].model);
        Registers r = cpuid(cpu, 0, 0);
        uint32_t vendor[] = { r.ebx, r.edx, r.ecx };

        g_assert_cmpmem(vendor, 12, parts[i].vendor, 12);
        g_assert_cmphex(r.eax, ==, parts[i].last);
        g_assert_cmphex(cpuid(cpu, 1, 0).eax, ==, parts[i].signature);
        if (parts[i].last_extended) {
            g_assert_cmphex(cpuid(cpu, 0x80000000, 0).eax, ==, parts[i].last_extended);
        } else { /* there are no such leaves: the last one's answer */
            g_assert_cmphex(cpuid(cpu, 0x80000000, 0).eax, ==, cpuid(cpu, parts[i].last, 0).eax);
        }
        object_unref(OBJECT(cpu));
    }
}

static void test_brand(void)
{
    X86CPU *cpu = make_complete("Nehalem");
    char text[49] = "";

    for (unsigned i = 0; i < 3; i++) {
        Registers r = cpuid(cpu, 0x80000002 + i, 0);

        memcpy(text + 16 * i, &r, 16);
    }
    g_assert_cmpstr(text, ==, "Intel Core i7 9xx (Nehalem Class Core i7)");
    object_unref(OBJECT(cpu));
}

static void set_feature(X86CPU *cpu, const char *name, bool value)
{
    g_assert_true(object_property_set_bool(OBJECT(cpu), name, value, &error_abort));
}

/* What isn't implemented is masked, or refused. */
static void test_masking(void)
{
    g_autoptr(Error) err = NULL;
    X86CPU *cpu = make("qemu64");

    set_feature(cpu, "vmx", true);
    set_feature(cpu, "pni", false);
    set_feature(cpu, "sse4_2", true);
    set_feature(cpu, "fsgsbase", true);
    g_assert_true(x86_choose_features(cpu, &error_abort));
    g_assert_cmphex(cpuid(cpu, 1, 0).ecx & (1 | 1 << 5 | 1 << 20), ==, 1 << 20);
    g_assert_cmphex(cpuid(cpu, 7, 0).ebx & 1, ==, 1);
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        g_assert_cmphex(cpu->env.features[word] & ~x86_supported_features[word], ==, 0);
    }
    cpu->enforce = true;
    g_assert_false(x86_choose_features(cpu, &err));
    g_assert_cmpstr(error_get_pretty(err), ==, "TCG doesn't support requested features");
    object_unref(OBJECT(cpu));
}

/* Names as QEMU has had them at one time or another. */
static void test_feature_names(void)
{
    static const char *const same[][3] = {
        { "sse4.1", "sse4-1", "sse4_1" },
        { "tsc-deadline", "tsc_deadline", NULL },
        { "lahf-lm", "lahf_lm", NULL },
        { "pni", "sse3", NULL },
        { "nx", "xd", NULL },
    };

    for (size_t i = 0; i < ARRAY_SIZE(same); i++) {
        X86CPU *cpu = make("base");

        set_feature(cpu, same[i][0], true);
        for (unsigned n = 1; n < 3 && same[i][n]; n++) {
            g_assert_true(object_property_get_bool(OBJECT(cpu), same[i][n], &error_abort));
        }
        object_unref(OBJECT(cpu));
    }
}

/* A feature of a leaf that the model doesn't have brings the leaf. */
static void test_levels(void)
{
    X86CPU *cpu = make("pentium3");

    set_feature(cpu, "smep", true);
    set_feature(cpu, "lm", true);
    g_assert_true(x86_choose_features(cpu, &error_abort));
    g_assert_cmphex(cpuid(cpu, 0, 0).eax, ==, 7);
    g_assert_cmphex(cpuid(cpu, 0x80000000, 0).eax, ==, 0x80000001);
    g_assert_cmphex(cpuid(cpu, 7, 0).ebx, ==, 1 << 7);
    object_unref(OBJECT(cpu));
}

static void test_topology(void)
{
    X86CPU *cpu = make("Nehalem");
    Registers r;

    cpu->cores = 4;
    cpu->threads = 2;
    cpu->apic_id = 5;
    g_assert_true(x86_choose_features(cpu, &error_abort));
    r = cpuid(cpu, 1, 0);
    g_assert_cmphex(r.ebx, ==, 5u << 24 | 8 << 16 | 8 << 8);
    g_assert_cmphex(r.edx & 1 << 28, ==, 1 << 28); /* HT */
    r = cpuid(cpu, 0xb, 0);
    g_assert_cmphex(r.eax, ==, 1);
    g_assert_cmphex(r.ebx, ==, 2);
    g_assert_cmphex(r.ecx, ==, 0x100);
    g_assert_cmphex(r.edx, ==, 5);
    r = cpuid(cpu, 0xb, 1);
    g_assert_cmphex(r.eax, ==, 3);
    g_assert_cmphex(r.ebx, ==, 8);
    g_assert_cmphex(r.ecx, ==, 0x201);
    r = cpuid(cpu, 0xb, 2);
    g_assert_cmphex(r.ecx, ==, 2);
    g_assert_cmphex(r.ebx, ==, 0);
    r = cpuid(cpu, 4, 0); /* L1: one core's two threads; four cores in the package */
    g_assert_cmphex(r.eax, ==, 3u << 26 | 1 << 14 | 1 << 8 | 1 << 5 | 1);
    r = cpuid(cpu, 4, 3); /* L3: everybody's */
    g_assert_cmphex(r.eax >> 14 & 0xfff, ==, 7);
    object_unref(OBJECT(cpu));
}

/* Bits that say what the operating system has set up. */
static void test_dynamic(void)
{
    X86CPU *cpu = make_complete("max");

    g_assert_cmphex(cpuid(cpu, 1, 0).ecx & 1 << 27, ==, 0);
    g_assert_cmphex(cpuid(cpu, 7, 0).ecx & 1 << 4, ==, 0);
    cpu->env.cr4 = CR4_OSXSAVE | CR4_PKE;
    g_assert_cmphex(cpuid(cpu, 1, 0).ecx & 1 << 27, ==, 1 << 27);
    g_assert_cmphex(cpuid(cpu, 7, 0).ecx & 1 << 4, ==, 1 << 4);
    cpu->env.xcr0 = 3;
    g_assert_cmphex(cpuid(cpu, 0xd, 0).ebx, ==, 576);
    cpu->env.xcr0 = 7;
    g_assert_cmphex(cpuid(cpu, 0xd, 0).ebx, ==, 832);
    cpu->env.xcr0 = 0x207;
    g_assert_cmphex(cpuid(cpu, 0xd, 0).ebx, ==, 2696);
    g_assert_cmphex(cpuid(cpu, 0xd, 1).ebx, ==, 840);
    g_assert_cmphex(cpuid(cpu, 0xd, 9).ebx, ==, 2688);
    g_assert_cmphex(cpuid(cpu, 0xd, 3).eax, ==, 0);
    /* No interrupt controller is connected: there is no APIC. */
    g_assert_cmphex(cpuid(cpu, 1, 0).edx & 1 << 9, ==, 0);
    object_unref(OBJECT(cpu));
}

/* On Intel's parts SYSCALL is there in 64-bit mode only, and says so. */
static void test_syscall(void)
{
    X86CPU *intel = make_complete("Nehalem"), *amd = make_complete("qemu64");

    g_assert_cmphex(cpuid(intel, 0x80000001, 0).edx & 1 << 11, ==, 0);
    g_assert_cmphex(cpuid(amd, 0x80000001, 0).edx & 1 << 11, ==, 1 << 11);
    intel->env.efer = EFER_LMA;
    intel->env.segs[R_CS].attributes = SEG_L;
    g_assert_cmphex(cpuid(intel, 0x80000001, 0).edx & 1 << 11, ==, 1 << 11);
    object_unref(OBJECT(intel));
    object_unref(OBJECT(amd));
}

/* Each has one. */
static void test_table(void)
{
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            if (x86_supported_features[word] >> bit & 1) {
                bool repeated = word == FEAT_8000_0001_EDX && x86_feature_names[FEAT_1_EDX][bit];

                g_assert_true(x86_feature_names[word][bit] || repeated);
            }
        }
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    module_call_init(MODULE_INIT_QOM);
    g_test_add_func("/x86-models/names", test_names);
    g_test_add_func("/x86-models/signatures", test_signatures);
    g_test_add_func("/x86-models/brand", test_brand);
    g_test_add_func("/x86-models/masking", test_masking);
    g_test_add_func("/x86-models/feature-names", test_feature_names);
    g_test_add_func("/x86-models/levels", test_levels);
    g_test_add_func("/x86-models/topology", test_topology);
    g_test_add_func("/x86-models/dynamic", test_dynamic);
    g_test_add_func("/x86-models/syscall", test_syscall);
    g_test_add_func("/x86-models/table", test_table);
    return g_test_run();
}
