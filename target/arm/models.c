/*
 * CPU models: their identification registers; finding one by name, listing them.
 *
 * The numbers of the Cortex-A53, A57 and A72 are from their manuals' register summaries. Those of
 * the A7 and A15 are from memory, and haven't been compared with the manuals; the A7 has the A15's
 * cache sizes. What of it this program lacks is taken out when a CPU is made (cpu.c). CCSIDR by
 * CSSELR: level 1 data, level 1 instruction, level 2.
 *
 * Reference: Cortex-A7 (DDI 0464), Cortex-A15 (DDI 0438), Cortex-A53 (DDI 0500), Cortex-A57 (DDI
 * 0488) and Cortex-A72 (100095) Technical Reference Manuals, chapter 4.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "system/system.h"
#include "target/arm/internal.h"

/* What the three have in common. */
#define CORTEX_A5X_A7X                                                                             \
    .pfr0 = 0x00002222, .dfr0 = 0x10305106, .isar0 = 0x00011120,                                   \
    .a32_pfr = { 0x00000131, 0x00011011 }, .a32_dfr0 = 0x03010066,                                 \
    .a32_isar = { 0x02101110, 0x13112111, 0x21232042, 0x01112131, 0x00011142, 0x00011121 },        \
    .mvfr = { 0x10110222, 0x12111111, 0x00000043 },                                                \
    .clidr = 0x0a200023, .dczid = 4

/* The parts without AArch64. */
#define CORTEX_A7_A15                                                                              \
    .a32_pfr = { 0x00001131, 0x00011011 }, .a32_dfr0 = 0x02010555,                                 \
    .a32_isar = { 0x02101110, 0x13112111, 0x21232041, 0x11112131, 0x10011142 },                    \
    .mvfr = { 0x10110222, 0x11111111 }, .clidr = 0x0a200023

const ARMModel arm_models[] = {
    { "cortex-a15",
      { CORTEX_A7_A15, .midr = 0x412fc0f1, .fpsid = 0x410430f0, .ctr = 0x8444c004,
        .a32_mmfr = { 0x10201105, 0x20000000, 0x01240000, 0x02102211 },
        .ccsidr = { 0x701fe00a, 0x201fe00a, 0x711fe07a } } },
    { "cortex-a53",
      { CORTEX_A5X_A7X, .midr = 0x410fd034, .mmfr0 = 0x00001122,
        .a32_mmfr = { 0x10101105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x84448004,
        .ccsidr = { 0x700fe01a, 0x201fe00a, 0x707fe07a } } },
    { "cortex-a57",
      { CORTEX_A5X_A7X, .midr = 0x411fd070, .mmfr0 = 0x00001124,
        .a32_mmfr = { 0x10101105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x8444c004,
        .ccsidr = { 0x701fe00a, 0x201fe012, 0x70ffe07a } } },
    { "cortex-a72",
      { CORTEX_A5X_A7X, .midr = 0x410fd083, .mmfr0 = 0x00001124,
        .a32_mmfr = { 0x10201105, 0x40000000, 0x01260000, 0x02102211 }, .ctr = 0x8444c004,
        .ccsidr = { 0x701fe00a, 0x201fe012, 0x707fe07a } } },
    { "cortex-a7",
      { CORTEX_A7_A15, .midr = 0x410fc075, .fpsid = 0x41023075, .ctr = 0x84448003,
        .a32_mmfr = { 0x10101105, 0x40000000, 0x01240000, 0x02102211 },
        .ccsidr = { 0x701fe00a, 0x201fe00a, 0x711fe07a } } },
    { NULL },
};

/* qemu-system-arm knows those that have nothing but AArch32. */
static bool is_for_program(const ARMModel *m)
{
    return g_strcmp0(qemu_arch_name, "arm") || !m->id.pfr0;
}

void arm_cpu_list(void)
{
    for (const ARMModel *m = arm_models; m->name; m++) {
        if (is_for_program(m)) {
            printf("  %s\n", m->name);
        }
    }
}

ObjectClass *arm_class_by_name(const char *name)
{
    g_autofree char *type = g_strconcat(name, ARM_CPU_TYPE_SUFFIX, NULL);
    ObjectClass *class = object_class_by_name(type);

    class = class ? class : object_class_by_name(name);
    if (class && object_class_dynamic_cast(class, TYPE_ARM_CPU) &&
        !object_class_is_abstract(class) && !is_for_program(ARM_CPU_CLASS(class)->model)) {
        return NULL;
    }
    return class;
}
