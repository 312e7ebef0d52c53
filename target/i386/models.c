/*
 * CPU models: finding one by name, its properties, and what CPUID says.
 *
 * Reference: SDM volume 2, CPUID; AMD64 Architecture Programmer's Manual volume 3, appendix E.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qom/value.h"
#include "target/i386/internal.h"

/* ---- Names ---- */

/* Names of the time when the models had versions are the models. */
ObjectClass *x86_class_by_name(const char *name)
{
    size_t length = g_str_has_suffix(name, "-v1") ? strlen(name) - 3 : strlen(name);
    g_autofree char *type = g_strdup_printf("%.*s%s", (int)length, name, X86_CPU_TYPE_SUFFIX);
    ObjectClass *class = object_class_by_name(type);

    class = class ? class : object_class_by_name(name);
    if (class && (!object_class_dynamic_cast(class, TYPE_X86_CPU) ||
                  object_class_is_abstract(class))) {
        return NULL;
    }
    return class;
}

void x86_list_models(void)
{
    printf("Available CPUs:\n");
    for (const X86Model *m = x86_models; m->name; m++) {
        g_autofree char *line = g_strdup_printf("x86 %-20s  %s", m->name, m->model_id);

        printf("%s\n", g_strchomp(line));
    }
    printf("\nRecognized CPUID flags:\n");
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            const char *feature = x86_feature_names[word][bit];

            if (feature) {
                printf("  %s%s\n", feature,
                       x86_supported_features[word] >> bit & 1 ? "" : " (not implemented)");
            }
        }
    }
}

/* ---- Properties ---- */

static void add_feature_row(GArray *rows, const char *name, unsigned feature)
{
    Property row = { name, &qdev_prop_bit,
                     offsetof(X86CPU, wanted) + (feature >> 5) * sizeof(uint32_t),
                     .bit = feature & 31 };

    g_array_append_val(rows, row);
}

/* A feature as the table calls it, and with dashes or underscores for what it has of these. */
static void add_feature_rows(GArray *rows, unsigned word, unsigned bit)
{
    const char *name = x86_feature_names[word][bit];
    char *variants[] = { g_strdelimit(g_strdup(name), "._", '-'),
                         g_strdelimit(g_strdup(name), ".-", '_') };

    add_feature_row(rows, name, X86_FEATURE(word, bit));
    for (unsigned i = 0; i < ARRAY_SIZE(variants); i++) {
        if (strcmp(variants[i], name)) {
            add_feature_row(rows, variants[i], X86_FEATURE(word, bit));
        } else {
            g_free(variants[i]);
        }
    }
}

Property *x86_cpu_properties(void)
{
    static const Property own[] = {
        DEFINE_PROP_UINT32("apic-id", X86CPU, apic_id, UINT32_MAX),
        DEFINE_PROP_INT32("socket-id", X86CPU, socket_id, -1),
        DEFINE_PROP_INT32("die-id", X86CPU, die_id, -1),
        DEFINE_PROP_INT32("core-id", X86CPU, core_id, -1),
        DEFINE_PROP_INT32("thread-id", X86CPU, thread_id, -1),
        DEFINE_PROP_BOOL("check", X86CPU, check, true),
        DEFINE_PROP_BOOL("enforce", X86CPU, enforce, false),
        DEFINE_PROP("family", X86CPU, family, qdev_prop_uint32, uint32_t),
        DEFINE_PROP("model", X86CPU, model_number, qdev_prop_uint32, uint32_t),
        DEFINE_PROP("stepping", X86CPU, stepping, qdev_prop_uint32, uint32_t),
        DEFINE_PROP("level", X86CPU, level, qdev_prop_uint32, uint32_t),
        DEFINE_PROP("xlevel", X86CPU, xlevel, qdev_prop_uint32, uint32_t),
        DEFINE_PROP("phys-bits", X86CPU, physical_bits, qdev_prop_uint32, uint32_t),
        DEFINE_PROP_STRING("vendor", X86CPU, vendor),
        DEFINE_PROP_STRING("model-id", X86CPU, model_id),
        DEFINE_PROP_UINT64("tsc-frequency", X86CPU, tsc_hz, NANOSECONDS_PER_SECOND),
        DEFINE_PROP_BOOL("kvm", X86CPU, shows_kvm, true),
    };
    GArray *rows = g_array_new(true, true, sizeof(Property));

    g_array_append_vals(rows, own, ARRAY_SIZE(own));
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            if (x86_feature_names[word][bit]) {
                add_feature_rows(rows, word, bit);
            }
        }
    }
    for (const X86FeatureAlias *a = x86_feature_aliases; a->name; a++) {
        add_feature_row(rows, a->name, a->feature);
    }
    return (Property *)(void *)g_array_free(rows, false);
}

void x86_set_model_defaults(X86CPU *cpu, const X86Model *model)
{
    cpu->family = model->family;
    cpu->model_number = model->model;
    cpu->stepping = model->stepping;
    cpu->level = model->level;
    cpu->xlevel = model->xlevel;
    cpu->physical_bits = model->physical_bits;
    cpu->vendor = g_strdup(model->vendor);
    cpu->model_id = g_strdup(model->model_id);
    memcpy(cpu->wanted, model->has_everything ? x86_supported_features : model->features,
           sizeof(cpu->wanted));
    cpu->wanted[FEAT_1_ECX] |= model->vendor[0] ? X86_HYPERVISOR : 0;
}

/* ---- Features ---- */

/* Where CPUID shows a word, as messages have it. */
static const struct {
    const char *place;
    uint32_t leaf; /* that has to be there */
} feature_words[FEATURE_WORDS] = {
    [FEAT_1_EDX] = { "CPUID.01H:EDX", 1 },
    [FEAT_1_ECX] = { "CPUID.01H:ECX", 1 },
    [FEAT_7_0_EBX] = { "CPUID.07H:EBX", 7 },
    [FEAT_7_0_ECX] = { "CPUID.07H:ECX", 7 },
    [FEAT_7_0_EDX] = { "CPUID.07H:EDX", 7 },
    [FEAT_8000_0001_EDX] = { "CPUID.80000001H:EDX", 0x80000001 },
    [FEAT_8000_0001_ECX] = { "CPUID.80000001H:ECX", 0x80000001 },
    [FEAT_8000_0007_EDX] = { "CPUID.80000007H:EDX", 0x80000007 },
    [FEAT_8000_0008_EBX] = { "CPUID.80000008H:EBX", 0x80000008 },
    [FEAT_D_1_EAX] = { "CPUID.0DH:EAX", 0xd },
    [FEAT_6_EAX] = { "CPUID.06H:EAX", 6 },
    [FEAT_8000_000A_EDX] = { "CPUID.8000000AH:EDX", 0x8000000a },
};

static void report_missing(unsigned word, uint32_t missing)
{
    for (unsigned bit = 0; bit < 32; bit++) {
        const char *name = x86_feature_names[word][bit];

        if (missing >> bit & 1) {
            warn_report("TCG doesn't support requested feature: %s.%s [bit %u]",
                        feature_words[word].place, name ? name : "?", bit);
        }
    }
}

/* AMD repeats leaf 1's in leaf 80000001, where they are the same thing. */
#define REPEATED_BY_AMD 0x0183f3ffu

bool x86_choose_features(X86CPU *cpu, Error **errp)
{
    bool complete = true;

    if (strlen(cpu->vendor) != 12 && cpu->vendor[0]) {
        error_setg(errp, "Property 'vendor' must have 12 characters, not '%s'", cpu->vendor);
        return false;
    }
    if (cpu->family > 0xff + 15 || cpu->model_number > 0xff || cpu->stepping > 15) {
        error_setg(errp, "family can be at most 270, model 255, stepping 15 (not %u, %u, %u)",
                   cpu->family, cpu->model_number, cpu->stepping);
        return false;
    }
    if (cpu->physical_bits &&
        (cpu->physical_bits < 32 || cpu->physical_bits > X86_MAX_PHYSICAL_BITS)) {
        error_setg(errp, "phys-bits should be between 32 and %d (but is %u)",
                   X86_MAX_PHYSICAL_BITS, cpu->physical_bits);
        return false;
    }
    if (!strcmp(cpu->vendor, "AuthenticAMD") && cpu->wanted[FEAT_8000_0001_EDX]) {
        uint32_t *repeat = &cpu->wanted[FEAT_8000_0001_EDX];

        *repeat = (*repeat & ~REPEATED_BY_AMD) | (cpu->wanted[FEAT_1_EDX] & REPEATED_BY_AMD);
    }
    for (unsigned word = 0; word < FEATURE_WORDS; word++) {
        uint32_t missing = cpu->wanted[word] & ~x86_supported_features[word];
        uint32_t leaf = feature_words[word].leaf;

        cpu->env.features[word] = cpu->wanted[word] & ~missing;
        complete = complete && !missing;
        if (cpu->check || cpu->enforce) {
            report_missing(word, missing);
        }
        if (cpu->env.features[word] && leaf < 0x80000000) {
            cpu->level = MAX(cpu->level, leaf);
        } else if (cpu->env.features[word]) {
            cpu->xlevel = MAX(cpu->xlevel, leaf);
        }
    }
    if (!complete && cpu->enforce) {
        error_setg(errp, "TCG doesn't support requested features");
        return false;
    }
    return true;
}

unsigned x86_physical_bits(const X86CPU *cpu)
{
    return cpu->physical_bits ? cpu->physical_bits
                              : x86_has(&cpu->env, X86_FEATURE_PSE36) ? 36 : 32;
}

/* ---- CPUID ---- */

uint32_t x86_cpuid_signature(const X86CPU *cpu)
{
    unsigned extended = cpu->family > 15 ? cpu->family - 15 : 0;

    return extended << 20 | (cpu->family - extended) << 8 | (cpu->model_number >> 4) << 16 |
           (cpu->model_number & 15) << 4 | cpu->stepping;
}

typedef struct Leaf {
    uint32_t number;
    void (*fill)(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
    uint32_t fixed[4];
} Leaf;

static uint32_t four_characters(const char *text, size_t at)
{
    uint32_t word = 0;

    for (size_t i = 0, length = strlen(text); i < 4 && at + i < length; i++) {
        word |= (uint32_t)(uint8_t)text[at + i] << (8 * i);
    }
    return word;
}

static void leaf_vendor(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);

    out[EAX] = leaf ? cpu->xlevel : cpu->level;
    out[EBX] = four_characters(cpu->vendor, 0);
    out[EDX] = four_characters(cpu->vendor, 4);
    out[ECX] = four_characters(cpu->vendor, 8);
}

enum { OSXSAVE = 1 << 27, OSPKE = 1 << 4, HT = 1 << 28, CMP_LEGACY = 1 << 1 };

static void leaf_features(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);
    unsigned logical = x86_nb_cores(cpu) * x86_nb_threads(cpu);

    out[EAX] = x86_cpuid_signature(cpu);
    out[EBX] = cpu->apic_id << 24 | 8 << 8; /* CLFLUSH: in quadwords */
    out[ECX] = env->features[FEAT_1_ECX] & ~OSXSAVE;
    out[ECX] |= env->cr4 & CR4_OSXSAVE ? OSXSAVE : 0;
    out[EDX] = env->features[FEAT_1_EDX];
    if (logical > 1) {
        out[EBX] |= (logical & 0xff) << 16;
        out[EDX] |= HT;
    }
    /* The APIC can be off, and then isn't there. */
    if (!(x86_apic_base(env) & X86_APIC_BASE_ENABLE)) {
        out[EDX] &= ~(1u << (X86_FEATURE_APIC & 31));
    }
}

static void leaf_power(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    out[EAX] = env->features[FEAT_6_EAX];
}

static void leaf_more_features(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    if (subleaf == 0) {
        out[EBX] = env->features[FEAT_7_0_EBX];
        out[ECX] = env->features[FEAT_7_0_ECX] & ~OSPKE;
        out[ECX] |= env->cr4 & CR4_PKE ? OSPKE : 0;
        out[EDX] = env->features[FEAT_7_0_EDX];
    }
}

/* What of the APIC ID is the thread, and what thread and core. */
static void leaf_topology(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);
    unsigned thread_bits = ctz64(pow2ceil(x86_nb_threads(cpu)));

    out[ECX] = subleaf & 0xff;
    out[EDX] = cpu->apic_id;
    if (subleaf == 0) {
        out[EAX] = thread_bits;
        out[EBX] = x86_nb_threads(cpu);
        out[ECX] |= 1 << 8;
    } else if (subleaf == 1) {
        out[EAX] = thread_bits + ctz64(pow2ceil(x86_nb_cores(cpu)));
        out[EBX] = x86_nb_cores(cpu) * x86_nb_threads(cpu);
        out[ECX] |= 2 << 8;
    }
}

enum { XSAVE_LEGACY_AND_HEADER = 576 };

uint64_t x86_xsave_components(const CPUX86State *env)
{
    uint64_t components = 0;

    for (unsigned i = 0; i < X86_NB_XSAVE_COMPONENTS; i++) {
        const X86XsaveComponent *c = &x86_xsave_component[i];

        components |= c->size && x86_has(env, c->feature) ? 1ull << i : 0;
    }
    return x86_has(env, X86_FEATURE_XSAVE) ? components : 0;
}

uint32_t x86_xsave_size(uint64_t components)
{
    uint32_t size = XSAVE_LEGACY_AND_HEADER;

    for (unsigned i = 2; i < X86_NB_XSAVE_COMPONENTS; i++) {
        if (components >> i & 1) {
            size = x86_xsave_component[i].offset + x86_xsave_component[i].size;
        }
    }
    return size;
}

uint32_t x86_xsave_compact_size(uint64_t components)
{
    uint32_t size = XSAVE_LEGACY_AND_HEADER;

    for (unsigned i = 2; i < X86_NB_XSAVE_COMPONENTS; i++) {
        size += components >> i & 1 ? x86_xsave_component[i].size : 0;
    }
    return size;
}

static void leaf_xsave(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    uint64_t components = x86_xsave_components(env);

    if (!x86_has(env, X86_FEATURE_XSAVE)) {
        return;
    }
    if (subleaf == 0) {
        out[EAX] = components;
        out[EDX] = components >> 32;
        out[EBX] = x86_xsave_size(env->xcr0);
        out[ECX] = x86_xsave_size(components);
    } else if (subleaf == 1) {
        out[EAX] = env->features[FEAT_D_1_EAX];
        out[EBX] = out[EAX] & 2 ? x86_xsave_compact_size(env->xcr0) : 0;
    } else if (subleaf < X86_NB_XSAVE_COMPONENTS && components >> subleaf & 1) {
        const X86XsaveComponent *c = &x86_xsave_component[subleaf];

        out[EAX] = c->size;
        out[EBX] = c->offset;
    }
}

static void leaf_hypervisor(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    static const char signature[] = "TCGTCGTCGTCG";

    if (leaf == 0x40000000) {
        out[EAX] = 0x40000001;
        out[EBX] = four_characters(signature, 0);
        out[ECX] = four_characters(signature, 4);
        out[EDX] = four_characters(signature, 8);
    }
}

static void leaf_extended_features(CPUX86State *env, uint32_t leaf, uint32_t subleaf,
                                   uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);

    out[EAX] = x86_cpuid_signature(cpu);
    out[ECX] = env->features[FEAT_8000_0001_ECX];
    out[EDX] = env->features[FEAT_8000_0001_EDX];
    out[ECX] |= x86_nb_cores(cpu) > 1 && x86_is_amd(cpu) ? CMP_LEGACY : 0;
    /* Intel's shows SYSCALL only where it is one. */
    if (!x86_is_amd(cpu) && !x86_in_64bit_mode(env)) {
        out[EDX] &= ~(1u << (X86_FEATURE_SYSCALL & 31));
    }
}

static void leaf_brand(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    const char *text = x86_env_archcpu(env)->model_id;

    for (unsigned i = 0; i < 4; i++) {
        out[i] = four_characters(text, (leaf - 0x80000002) * 16 + 4 * i);
    }
}

static void leaf_power_management(CPUX86State *env, uint32_t leaf, uint32_t subleaf,
                                  uint32_t out[4])
{
    out[EDX] = env->features[FEAT_8000_0007_EDX];
}

static void leaf_addresses(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);
    unsigned linear = !x86_has(env, X86_FEATURE_LM)     ? 32
                      : x86_has(env, X86_FEATURE_LA57) ? 57
                                                       : 48;

    out[EAX] = x86_physical_bits(cpu) | linear << 8;
    out[EBX] = env->features[FEAT_8000_0008_EBX];
    if (x86_is_amd(cpu)) { /* logical CPUs, and the bits of APIC IDs that tell them apart */
        unsigned logical = x86_nb_cores(cpu) * x86_nb_threads(cpu);

        out[ECX] = (logical - 1) | (unsigned)ctz64(pow2ceil(logical)) << 12;
    }
}

enum { SVM_REVISION = 1, NB_ASIDS = 16 };

static void leaf_svm(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    if (x86_has(env, X86_FEATURE_SVM)) {
        out[EAX] = SVM_REVISION;
        out[EBX] = NB_ASIDS;
        out[EDX] = env->features[FEAT_8000_000A_EDX];
    }
}

static const Leaf leaves[] = {
    { 0, leaf_vendor },
    { 1, leaf_features },
    { 2, x86_leaf_cache_descriptors },
    { 4, x86_leaf_caches },
    { 5, .fixed = { 0, 0, 3, 0 } }, /* MWAIT takes extensions, and wakes up by masked interrupts */
    { 6, leaf_power },
    { 7, leaf_more_features },
    { 0xb, leaf_topology },
    { 0xd, leaf_xsave },
    { 0x40000000, leaf_hypervisor },
    { 0x40000001, leaf_hypervisor },
    { 0x80000000, leaf_vendor },
    { 0x80000001, leaf_extended_features },
    { 0x80000002, leaf_brand },
    { 0x80000003, leaf_brand },
    { 0x80000004, leaf_brand },
    { 0x80000005, x86_leaf_amd_l1 },
    { 0x80000006, x86_leaf_amd_l2_l3 },
    { 0x80000007, leaf_power_management },
    { 0x80000008, leaf_addresses },
    { 0x8000000a, leaf_svm },
    { 0x8000001d, x86_leaf_amd_caches },
};

/* A leaf beyond the last is the last of the basic ones, with the same subleaf. */
void x86_cpuid(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    X86CPU *cpu = x86_env_archcpu(env);
    bool virtual = env->features[FEAT_1_ECX] & X86_HYPERVISOR;
    uint32_t last = leaf >= 0x80000000                 ? cpu->xlevel
                    : leaf >= 0x40000000 && virtual ? 0x40000001
                                                       : cpu->level;

    leaf = leaf > last ? cpu->level : leaf;
    memset(out, 0, 4 * sizeof(out[0]));
    for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
        if (leaves[i].number == leaf && leaves[i].fill) {
            leaves[i].fill(env, leaf, subleaf, out);
        } else if (leaves[i].number == leaf) {
            memcpy(out, leaves[i].fixed, sizeof(leaves[i].fixed));
        }
    }
}
