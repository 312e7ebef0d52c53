/*
 * CPU models: their identification registers; finding one by name, listing them; the extensions
 * that `max` has.
 *
 * The numbers of the Cortex-A53, A57 and A72 are from their manuals' register summaries. Those of
 * the A35, A76 and Neoverse N1 are what QEMU 7.2 says. Those of the A7, A15 and A55 are from
 * memory, and haven't been compared with the manuals; the A7 has the A15's cache sizes. What of it
 * this program lacks is taken out when a CPU is made (cpu.c). CCSIDR by CSSELR: level 1 data, level
 * 1 instruction, level 2.
 *
 * Reference: Cortex-A7 (DDI 0464), Cortex-A15 (DDI 0438), Cortex-A53 (DDI 0500), Cortex-A57 (DDI
 * 0488), Cortex-A72 (100095), Cortex-A35 (100236), Cortex-A55 (100442), Cortex-A76 (100798) and
 * Neoverse N1 (100616) Technical Reference Manuals, chapter 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "core/qdev-properties.h"
#include "qapi/error.h"
#include "system/system.h"
#include "target/arm/internal.h"
#include "target/arm/mte.h"
#include "target/arm/pauth.h"

/* What the three have in common. */
#define CORTEX_A5X_A7X                                                                             \
    .pfr0 = 0x00002222, .dfr0 = 0x10305106, .isar0 = 0x00011120,                                   \
    .a32_pfr = { 0x00000131, 0x00011011 }, .a32_dfr0 = 0x03010066,                                 \
    .a32_isar = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121 },        \
    .mvfr = { 0x10110222, 0x12111111, 0x00000043 },                                                \
    .clidr = 0x0a200023, .dczid = 4

/* The parts without AArch64; breakpoints and watchpoints are counted where others say it. */
#define A32_DEBUG .dfr0 = 0x10305000
#define CORTEX_A7_A15                                                                              \
    A32_DEBUG, .a32_pfr = { 0x00001131, 0x00011011 }, .a32_dfr0 = 0x02010555,                      \
    .a32_isar = { 0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142 },                    \
    .mvfr = { 0x10110222, 0x11111111 }, .clidr = 0x0a200023

#define MAX32 "max-aarch32"

/* Armv8.2-A: what the Cortex-A55, A76 and Neoverse N1 have in common. */
#define ARMV8_2                                                                                    \
    .dfr0 = 0x10305408, .isar0 = 0x0000100010211120, .isar1 = 0x100001, .mmfr1 = 0x10212122,       \
    .mmfr2 = 0x1011, .a32_pfr = { 0x10010131, 0x00010000, 0x11 }, .a32_dfr0 = 0x04010088,          \
    .a32_isar = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00010142, 0x01011121, 0x10 },  \
    .a32_mmfr = { 0x10201105, 0x40000000, 0x01260000, 0x02122211, 0x00021110 },                    \
    .mvfr = { 0x10110222, 0x13211111, 0x00000043 }, .clidr = 0x82000023, .dczid = 4

/*
 * What `max` has; nothing of it is a real part's. Not there are SME, nested
 * virtualization, activity monitors, secure EL2, TLB invalidation by range, enhanced pointer
 * authentication.
 */
#define MAX_ID                                                                                     \
    .midr = 0x000f0510, .pfr0 = 0x1101000010112222, .pfr1 = 0x21, .dfr0 = 0x10305408,              \
    .isar0 = 0x1021111110212120, .isar1 = 0x0011111101211012, .mmfr0 = 0x00101126,                 \
    .mmfr1 = 0x10212122, .mmfr2 = 0x1000000110011011,                                              \
    .a32_pfr = { 0x10010131, 0x00011011, 0x11 },                                                   \
    .a32_dfr0 = 0x04010088,                                                                        \
    .a32_isar = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x01011121, 0x10 },  \
    .a32_mmfr = { 0x10201105, 0x40000000, 0x01260000, 0x02122211, 0x00021110 },                    \
    .mvfr = { 0x10110222, 0x13211111, 0x00000043 }, .ctr = 0x8444c004, .clidr = 0x82000023,        \
    .pmcr = 0x41013000, .dczid = 4, .ccsidr = { 0x701fe01a, 0x201fe01a, 0x707fe03a }

const ARMModel arm_models[] = {
    { "cortex-a15",
      { CORTEX_A7_A15, .pmcr = 0x410f3000, .midr = 0x412fc0f1, .fpsid = 0x410430f0,
        .ctr = 0x8444c004, .a32_mmfr = { 0x10201105, 0x20000000, 0x01240000, 0x02102211 },
        .ccsidr = { 0x701fe00a, 0x201fe00a, 0x711fe07a } } },
    { "cortex-a35",
      { CORTEX_A5X_A7X, .pmcr = 0x410a3000, .midr = 0x411fd040, .mmfr0 = 0x00101122,
        .a32_mmfr = { 0x10201105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x84448004,
        .ccsidr = { 0x700fe01a, 0x201fe00a, 0x703fe03a } } },
    { "cortex-a53",
      { CORTEX_A5X_A7X, .pmcr = 0x41033000, .midr = 0x410fd034, .mmfr0 = 0x00001122,
        .a32_mmfr = { 0x10101105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x84448004,
        .ccsidr = { 0x700fe01a, 0x201fe00a, 0x707fe07a } } },
    { "cortex-a55",
      { ARMV8_2, .pmcr = 0x41453000, .midr = 0x412fd050, .pfr0 = 0x10112222, .pfr1 = 0x10,
        .mmfr0 = 0x00101122, .ctr = 0x84448004,
        .ccsidr = { 0x700fe01a, 0x200fe01a, 0x703fe07a } } },
    { "cortex-a57",
      { CORTEX_A5X_A7X, .pmcr = 0x41013000, .midr = 0x411fd070, .mmfr0 = 0x00001124,
        .a32_mmfr = { 0x10101105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x8444c004,
        .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a } } },
    { "cortex-a72",
      { CORTEX_A5X_A7X, .pmcr = 0x41023000, .midr = 0x410fd083, .mmfr0 = 0x00001124,
        .a32_mmfr = { 0x10201105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x8444c004,
        .ccsidr = { 0x701fe00a, 0x201fe012, 0x707fe07a } } },
    { "cortex-a76",
      { ARMV8_2, .pmcr = 0x410b3000, .midr = 0x414fd0b1, .pfr0 = 0x1100000010111112, .pfr1 = 0x10,
        .mmfr0 = 0x00101122, .ctr = 0x8444c004,
        .ccsidr = { 0x701fe01a, 0x201fe01a, 0x707fe03a } } },
    { "neoverse-n1",
      { ARMV8_2, .pmcr = 0x410c3000, .midr = 0x414fd0c1, .pfr0 = 0x1100000010111112, .pfr1 = 0x20,
        .mmfr0 = 0x00101125, .ctr = 0x8444c004,
        .ccsidr = { 0x701fe01a, 0x201fe01a, 0x70ffe03a } } },
    { "max", { MAX_ID }, .is_max = true },
    { "cortex-a7",
      { CORTEX_A7_A15, .pmcr = 0x41072000, .midr = 0x410fc075, .fpsid = 0x41023075,
        .ctr = 0x84448003,
        .a32_mmfr = { 0x10101105, 0x40000000, 0x01240000, 0x02102211 },
        .ccsidr = { 0x701fe00a, 0x201fe00a, 0x711fe07a } } },
    /* What `max` is for qemu-system-arm: Armv8's AArch32. */
    { MAX32,
      { A32_DEBUG, .midr = 0x000f0510, .pmcr = 0x41013000, .fpsid = 0x41034080, .ctr = 0x8444c004,
        .clidr = 0x0a200023, .a32_pfr = { 0x00000131, 0x00011011 }, .a32_dfr0 = 0x03010066,
        .a32_isar = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121 },
        .a32_mmfr = { 0x10201105, 0x40000000, 0x01260000, 0x02102211 },
        .mvfr = { 0x10110222, 0x12111111, 0x00000043 },
        .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a } } },
    { NULL },
};

/* qemu-system-arm knows those that have nothing but AArch32; one of them has another's name
 * elsewhere. */
static bool is_for_program(const ARMModel *m)
{
    return g_strcmp0(qemu_arch_name, "arm") ? !g_str_equal(m->name, MAX32) : !m->id.pfr0;
}

void arm_cpu_list(void)
{
    for (const ARMModel *m = arm_models; m->name; m++) {
        if (is_for_program(m)) {
            printf("  %s\n", g_str_equal(m->name, MAX32) ? "max" : m->name);
        }
    }
}

ObjectClass *arm_class_by_name(const char *name)
{
    bool max32 = g_str_equal(name, "max") && g_strcmp0(qemu_arch_name, "arm") == 0;
    g_autofree char *type = g_strconcat(max32 ? MAX32 : name, ARM_CPU_TYPE_SUFFIX, NULL);
    ObjectClass *class = object_class_by_name(type);

    class = class ? class : object_class_by_name(name);
    if (class && object_class_dynamic_cast(class, TYPE_ARM_CPU) &&
        !object_class_is_abstract(class) && !is_for_program(ARM_CPU_CLASS(class)->model)) {
        return NULL;
    }
    return class;
}

/* ---- Properties ---- */

/* ID_AA64ISAR1: QARMA5's APA and GPA, an algorithm of the implementation's API and GPI.
 * ID_AA64ISAR2: QARMA3's. */
#define ISAR1_APA (1ull << 4)
#define ISAR1_API (1ull << 8)
#define ISAR1_GPA (1ull << 24)
#define ISAR1_GPI (1ull << 28)
#define ISAR1_PAUTH (0xff0ull | 0xffull << 24)
#define ISAR2_QARMA3 0x1100ull

/* ID_AA64MMFR0: wide addresses with granules of 4 and 16 KiB (TGran4, TGran16), in stage 1: stage 2
 * has the granules as they were. */
#define MMFR0_GRANULES      0x00000ffff0f00000ull
#define MMFR0_GRANULES_LPA2 0x0000022210200000ull

/* Memory tagging, with asymmetric faults: on boards that have memory for tags. */
#define PFR1_MTE3 (3ull << 8)

/* SVE2, with all that there is for it but SME */
#define PFR0_SVE (1ull << 32)
#define ZFR0_SVE2                                                                                  \
    (1ull << ARM_ZFR0_SVEVER | 2ull << ARM_ZFR0_AES | 1ull << ARM_ZFR0_BITPERM |                   \
     1ull << ARM_ZFR0_BF16 | 1ull << ARM_ZFR0_SHA3 | 1ull << ARM_ZFR0_SM4 |                        \
     1ull << ARM_ZFR0_I8MM | 1ull << ARM_ZFR0_F32MM | 1ull << ARM_ZFR0_F64MM)

bool arm_check_features(ARMCPU *cpu, Error **errp)
{
    const ARMFeatureProperties *f = &cpu->features;
    unsigned algorithms = f->pauth_impdef + f->pauth_qarma3 + f->pauth_qarma5;

    if (f->sme) {
        error_setg(errp, "sme=on isn't there yet");
        return false;
    }
    if (f->sve && (f->sve_max_vq < 1 || f->sve_max_vq > ARM_MAX_VQ)) {
        error_setg(errp, "sve-max-vq=%u: vectors have 1 to %u quadwords", f->sve_max_vq, ARM_MAX_VQ);
        return false;
    }
    if (f->sve && !f->sve_length[0]) {
        error_setg(errp, "sve128=off: SVE always has vectors of 128 bits; sve=off leaves it out");
        return false;
    }
    if (f->sve && !f->sve_length[1] &&
        ((f->sve_max_vq > 2 && f->sve_length[2]) || (f->sve_max_vq > 3 && f->sve_length[3]))) {
        error_setg(errp, "sve256=off: powers of two are there up to the longest vectors; "
                         "sve384=off,sve512=off leaves these out, too");
        return false;
    }
    if (algorithms > 1) {
        error_setg(errp, "pauth-impdef, pauth-qarma3 and pauth-qarma5: only one of them can be on");
        return false;
    }
    if (algorithms && !f->pauth) {
        error_setg(errp, "pauth-impdef, pauth-qarma3 and pauth-qarma5 need pauth=on");
        return false;
    }
    return true;
}

bool arm_model_may_have_tags(const ARMCPU *cpu)
{
    return ARM_CPU_GET_CLASS(cpu)->model->is_max;
}

void arm_apply_features(ARMCPU *cpu, ARMIdRegs *id)
{
    const ARMFeatureProperties *f = &cpu->features;

    if (!ARM_CPU_GET_CLASS(cpu)->model->is_max) {
        return;
    }
    if (f->sve) {
        id->pfr0 |= PFR0_SVE;
        id->zfr0 |= ZFR0_SVE2;
        for (unsigned i = 0; i < f->sve_max_vq; i++) {
            cpu->env.sve_lengths |= f->sve_length[i] << i;
        }
    }
    if (f->lpa2) {
        id->mmfr0 = (id->mmfr0 & ~MMFR0_GRANULES) | MMFR0_GRANULES_LPA2;
    }
    id->pfr1 |= cpu->tag_memory ? PFR1_MTE3 : 0;
    id->isar1 &= ~ISAR1_PAUTH;
    cpu->pac_algorithm = f->pauth_impdef   ? ARM_PAC_IMPDEF
                         : f->pauth_qarma3 ? ARM_PAC_QARMA3
                                           : ARM_PAC_QARMA5;
    if (f->pauth) {
        id->isar1 |= f->pauth_impdef   ? ISAR1_API | ISAR1_GPI
                     : f->pauth_qarma3 ? 0
                                       : ISAR1_APA | ISAR1_GPA;
        id->isar2 |= f->pauth_qarma3 ? ISAR2_QARMA3 : 0;
    }
}

static Property max_properties[] = {
    DEFINE_PROP_BOOL("pauth", ARMCPU, features.pauth, true),
    DEFINE_PROP_BOOL("pauth-impdef", ARMCPU, features.pauth_impdef, false),
    DEFINE_PROP_BOOL("pauth-qarma3", ARMCPU, features.pauth_qarma3, false),
    DEFINE_PROP_BOOL("pauth-qarma5", ARMCPU, features.pauth_qarma5, false),
    DEFINE_PROP_BOOL("sve", ARMCPU, features.sve, true),
    DEFINE_PROP_BOOL("sve128", ARMCPU, features.sve_length[0], true),
    DEFINE_PROP_BOOL("sve256", ARMCPU, features.sve_length[1], true),
    DEFINE_PROP_BOOL("sve384", ARMCPU, features.sve_length[2], true),
    DEFINE_PROP_BOOL("sve512", ARMCPU, features.sve_length[3], true),
    DEFINE_PROP_UINT32("sve-max-vq", ARMCPU, features.sve_max_vq, ARM_MAX_VQ),
    DEFINE_PROP_BOOL("sme", ARMCPU, features.sme, false),
    DEFINE_PROP_BOOL("lpa2", ARMCPU, features.lpa2, true),
    DEFINE_PROP_END_OF_LIST(),
};

void arm_add_feature_properties(ObjectClass *klass, const ARMModel *model)
{
    if (model->is_max) {
        device_class_set_props(DEVICE_CLASS(klass), max_properties);
    }
}
