/*
 * PowerPC instruction words for tests, by mnemonic, and running a few of them from a test's `s`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_PPC_ASM_H
#define TESTS_GUEST_PPC_ASM_H

#include "ppc-machine.h"

#define D(op, rt, ra, d)  ((op) << 26 | (rt) << 21 | (ra) << 16 | ((d)&0xffff))
#define X(xo, rt, ra, rb) (31u << 26 | (rt) << 21 | (ra) << 16 | (rb) << 11 | (xo) << 1)
#define LI(rt, si)        ADDI(rt, 0, si)
#define ADDI(rt, ra, si)  D(14u, rt, ra, si)
#define LWZ(rt, d, ra)    D(32u, rt, ra, d)
#define STW(rs, d, ra)    D(36u, rs, ra, d)
#define STWU(rs, d, ra)   D(37u, rs, ra, d)
#define LMW(rt, d, ra)    D(46u, rt, ra, d)
#define LFD(rt, d, ra)    D(50u, rt, ra, d)
#define SPR_FIELD(n)      (((n)&31) << 16 | ((n) >> 5) << 11)
#define MTSPR(n, rs)      (X(467u, rs, 0, 0) | SPR_FIELD(n))
#define MFSPR(rt, n)      (X(339u, rt, 0, 0) | SPR_FIELD(n))
#define MTMSR(rs)         X(146u, rs, 0, 0)
#define MFMSR(rt)         X(83u, rt, 0, 0)
#define MTSR(sr, rs)      X(210u, rs, sr, 0)
#define TLBIE(rb)         X(306u, 0, 0, rb)
#define TLBLD(rb)         X(978u, 0, 0, rb)
#define ICBI(ra, rb)      X(982u, 0, ra, rb)
#define DCBA(ra, rb)      X(758u, 0, ra, rb)
#define DCBZ(ra, rb)      X(1014u, 0, ra, rb)
#define LWARX(rt, ra, rb) X(20u, rt, ra, rb)
#define STWCX(rs, ra, rb) (X(150u, rs, ra, rb) | 1)
#define ECIWX(rt, ra, rb) X(310u, rt, ra, rb)
#define FDIV(t, a, b)     (63u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | 18 << 1)
#define FADD(t, a, b)     (63u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | 21 << 1)
#define NOP               0x60000000u
#define SC                0x44000002u
#define RFI               0x4c000064u
#define ISYNC             0x4c00012cu
#define SYNC              X(598u, 0, 0, 0)
#define EIEIO             X(854u, 0, 0, 0)
#define CROR(t, a, b)     (19u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | 449 << 1)
#define BRANCH(offset)    (0x48000000u | ((offset)&0x03fffffc))
#define BC(bo, bi, offset) (16u << 26 | (bo) << 21 | (bi) << 16 | ((offset)&0xfffc))
#define BDNZ(offset)      (0x42000000u | ((offset)&0xfffc))

/* Runs the words given from the state `s`, and leaves the state after them in it. */
#define RUN(...)                                                                                   \
    do {                                                                                           \
        const uint32_t code_[] = { __VA_ARGS__, SC };                                              \
        ppc_machine_run(&s, code_, ARRAY_SIZE(code_));                                             \
    } while (0)

#endif
