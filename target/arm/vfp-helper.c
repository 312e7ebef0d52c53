/*
 * Helpers of AArch32's floating point: status registers, fixed-point conversions.
 *
 * Reference: DDI 0487, G8.2 (FPSCR, FPEXC, FPSID, MVFRn), G1.21 (enabling), F6.1 (VCVT).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/helper.h"
#include "target/arm/internal.h"

/* As VMRS numbers them. */
enum { VFP_FPSID = 0, VFP_FPSCR = 1, VFP_MVFR2 = 5, VFP_MVFR1 = 6, VFP_MVFR0 = 7, VFP_FPEXC = 8 };
enum { VMRS_OPC1 = 7 }; /* VMRS is an MRC of coprocessor 10 */

#define FPSCR_STATUS 0xf800009fu /* in FPSR */
#define FPSCR_MODES  0x07c00000u /* in FPCR */

uint32_t arm_read_fpscr(const CPUARMState *env)
{
    return (env->fpsr & FPSCR_STATUS) | (env->fpcr & FPSCR_MODES);
}

void arm_write_fpscr(CPUARMState *env, uint32_t value)
{
    env->fpsr = value & FPSCR_STATUS;
    env->fpcr = value & FPSCR_MODES;
    arm_update_hflags(env);
}

/* FPSCR belongs to what FPEXC.EN enables; the others only to who may use the coprocessor. */
static void check_access(CPUARMState *env, unsigned reg, uintptr_t ra)
{
    uint32_t esr = arm_esr(EC_FP_ACCESS, ARM_ISS_COND_ALWAYS);
    unsigned level = arm_fp_trap_level(env);

    if (reg == VFP_FPSCR && !(env->hflags & ARM_HF_FP)) {
        arm_raise(env, esr, ra);
    } else if (level) {
        arm_raise_to(env, MAX(level, arm_target_el(env)), esr, ra);
    }
}

/* Hyp mode may want to tell a guest something else about the part (HCR.TID0, TID3). */
static void check_identification(CPUARMState *env, unsigned reg, unsigned rt, uintptr_t ra)
{
    uint64_t trap = reg == VFP_FPSID                           ? HCR_TID0
                    : reg >= VFP_MVFR2 && reg <= VFP_MVFR0 ? HCR_TID3
                                                           : 0;

    if (arm_current_el(env) == 1 && (arm_hcr(env) & trap)) {
        arm_raise_to(
            env, 2,
            arm_esr(EC_VMRS, ARM_ISS_COND_ALWAYS | VMRS_OPC1 << 14 | reg << 10 | rt << 5 | 1), ra);
    }
}

uint32_t helper_arm_vfp_read(CPUARMState *env, uint32_t reg, uint32_t rt)
{
    check_access(env, reg, GETPC());
    check_identification(env, reg, rt, GETPC());
    switch (reg) {
    case VFP_FPSCR:
        return arm_read_fpscr(env);
    case VFP_FPSID:
        return env->id.fpsid;
    case VFP_FPEXC:
        return env->fpexc;
    case VFP_MVFR0:
        return env->id.mvfr[0];
    case VFP_MVFR1:
        return env->id.mvfr[1];
    case VFP_MVFR2:
        if (env->id.mvfr[2]) {
            return env->id.mvfr[2];
        }
        /* fall through */
    default:
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), GETPC());
    }
}

void helper_arm_vfp_write(CPUARMState *env, uint32_t reg, uint32_t value)
{
    check_access(env, reg, GETPC());
    switch (reg) {
    case VFP_FPSCR:
        arm_write_fpscr(env, value);
        break;
    case VFP_FPEXC:
        env->fpexc = value & FPEXC_EN;
        break;
    case VFP_FPSID: /* writes are ignored */
        return;
    default:
        arm_raise(env, arm_esr(EC_UNKNOWN, 0), GETPC());
    }
    arm_update_hflags(env);
}

uint64_t helper_arm_vfp_to_fixed(CPUARMState *env, uint64_t a, uint32_t desc)
{
    unsigned size = desc & 3, bits = desc & 4 ? 32 : 16;
    bool is_signed = desc & 8;
    uint64_t value = arm_fp_to_fixed(env, size, a, bits, desc >> 4, is_signed, ARM_ROUND_ZERO);

    value = !is_signed ? value : bits == 16 ? (uint64_t)(int16_t)value : (uint64_t)(int32_t)value;
    return size == MO_32 ? (uint32_t)value : value;
}

/* To nearest, whatever FPSCR says. */
uint64_t helper_arm_vfp_from_fixed(CPUARMState *env, uint64_t a, uint32_t desc)
{
    uint64_t modes = env->fpcr, value, result;
    bool is_signed = desc & 8;

    if (desc & 4) {
        value = is_signed ? (uint64_t)(int32_t)a : (uint32_t)a;
    } else {
        value = is_signed ? (uint64_t)(int16_t)a : (uint16_t)a;
    }
    env->fpcr &= ~(uint64_t)(3u << FPCR_RMODE_SHIFT);
    result = arm_fp_from_fixed(env, desc & 3, value, desc >> 4, is_signed);
    env->fpcr = modes;
    return result;
}
