/*
 * SVE2: elements that depend on their neighbours (complex numbers, carries, searches, histograms),
 * single bits, cryptography.
 *
 * Reference: DDI 0487, C8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/crypto-steps.h"
#include "qemu/host-utils.h"
#include "target/arm/sve.h"

/* ---- Complex numbers: real parts are the even elements, imaginary ones the odd ---- */

/* What subtracts as `lane` adds. */
static ARMLane *opposite(ARMLane *lane)
{
    return lane == arm_lane_add     ? arm_lane_sub
           : lane == arm_lane_sqadd ? arm_lane_sqsub
           : lane == arm_lane_mla   ? arm_lane_mls
                                    : arm_lane_sqrdmlsh;
}

/* The operand turned by a quarter, or by three (bit 10), is added. */
void arm_sve_cadd(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    bool three_quarters = extract32(insn, 10, 1);
    ARMLane *real = three_quarters ? lane : opposite(lane);
    ARMLane *imaginary = three_quarters ? opposite(lane) : lane;
    SveReg d = sve_read(env, sve_rd(insn)), m = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i += 2) {
        sve_put(&d, i, size, real(env, sve_get(&d, i, size), sve_get(&m, i + 1, size), 0, size));
        sve_put(&d, i + 1, size,
                imaginary(env, sve_get(&d, i + 1, size), sve_get(&m, i, size), 0, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* One part of n times m, turned by so many quarters (bits 11 and 10), is added. */
static void cmla(CPUARMState *env, uint32_t insn, ARMLane *lane, unsigned size, const SveReg *m)
{
    unsigned rot = extract32(insn, 10, 2), odd = rot & 1;
    ARMLane *real = rot == 1 || rot == 2 ? opposite(lane) : lane;
    ARMLane *imaginary = rot >= 2 ? opposite(lane) : lane;
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i += 2) {
        uint64_t factor = sve_get(&n, i + odd, size);

        sve_put(&d, i, size,
                real(env, factor, sve_get(m, i + odd, size), sve_get(&d, i, size), size));
        sve_put(&d, i + 1, size,
                imaginary(env, factor, sve_get(m, i + !odd, size), sve_get(&d, i + 1, size), size));
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_cmla(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    cmla(env, insn, lane, sve_size(insn), &m);
}

/* Bit 22: words and pairs of them, else halfwords. */
void arm_sve_cmla_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 22, 1) ? MO_32 : MO_16, bits = size == MO_16 ? 3 : 4;
    SveReg m =
        sve_spread(env, extract32(insn, 16, bits), extract32(insn, 16 + bits, 5 - bits), size + 1);

    cmla(env, insn, lane, size, &m);
}

/* The real or the imaginary parts of two products of complex numbers in each element are added. */
static void cdot(CPUARMState *env, uint32_t insn, const SveReg *m)
{
    unsigned size = sve_size(insn), part = size - 2, rot = extract32(insn, 10, 2), odd = rot & 1;
    bool subtracts = rot == 0 || rot == 3;
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        uint64_t sum = sve_get(&d, i, size);

        for (unsigned k = 4 * i; k < 4 * i + 4; k += 2) {
            int64_t real = sve_extend(sve_get(&n, k, part), part);
            int64_t imaginary = sve_extend(sve_get(&n, k + 1, part), part);
            int64_t product = imaginary * sve_extend(sve_get(m, k + !odd, part), part);

            sum += real * sve_extend(sve_get(m, k + odd, part), part);
            sum += subtracts ? -product : product;
        }
        sve_put(&d, i, size, sum);
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_cdot(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    cdot(env, insn, &m);
}

void arm_sve_cdot_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), bits = size == MO_32 ? 3 : 4;
    SveReg m =
        sve_spread(env, extract32(insn, 16, bits), extract32(insn, 16 + bits, 5 - bits), size);

    cdot(env, insn, &m);
}

/* ---- Carries ---- */

/*
 * ADCL, SBCL (bit 23): the even elements of zd, and the even or (bit 10) odd ones of the first
 * operand; the carry in is bit 0 of the second operand's odd element, the carry out is the odd
 * element of the result. Bit 22: doublewords, else words.
 */
void arm_sve_add_carry(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 22, 1) ? MO_64 : MO_32, top = extract32(insn, 10, 1);
    bool subtracts = extract32(insn, 23, 1);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)),
           d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i += 2) {
        uint64_t addend = sve_get(&n, i + top, size);
        __uint128_t sum = sve_get(&d, i, size);

        sum += sve_truncate(subtracts ? ~addend : addend, size);
        sum += sve_get(&m, i + 1, size) & 1;
        sve_put(&d, i, size, sum);
        sve_put(&d, i + 1, size, sum >> (8u << size) & 1);
    }
    sve_write(env, sve_rd(insn), &d);
}

/* EORBT, EORTB (bit 10): elements of the first operand with those at the other places of the
 * second. */
void arm_sve_eor_other(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), top = extract32(insn, 10, 1);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)),
           d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i += 2) {
        sve_put(&d, i + top, size, sve_get(&n, i + top, size) ^ sve_get(&m, i + !top, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Searches ---- */

/* How many elements of m's quadword that has the i-th are that value. */
static unsigned count_in_quadword(const SveReg *m, unsigned i, unsigned size, uint64_t value)
{
    unsigned per_quadword = 16 >> size, first = i / per_quadword * per_quadword, count = 0;

    for (unsigned k = 0; k < per_quadword; k++) {
        count += sve_get(m, first + k, size) == value;
    }
    return count;
}

/* MATCH, NMATCH (bit 4) */
void arm_sve_match(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    bool wanted = !extract32(insn, 4, 1);
    uint64_t pg = sve_pg(env, insn), result = 0;
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size) &&
            (count_in_quadword(&m, i, size, sve_get(&n, i, size)) != 0) == wanted) {
            result |= 1ull << (i << size);
        }
    }
    env->preg[extract32(insn, 0, 4)] = result;
    arm_sve_test(env, pg, result, size);
}

void arm_sve_histseg(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < sve_bytes(env); i++) {
        d.b[i] = count_in_quadword(&m, i, MO_8, n.b[i]);
    }
    sve_write(env, sve_rd(insn), &d);
}

/* Active elements of m, up to the same place, that are equal. */
void arm_sve_histcnt(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        unsigned count = 0;

        for (unsigned k = 0; k <= i && sve_active(pg, i, size); k++) {
            count += sve_active(pg, k, size) && sve_get(&m, k, size) == sve_get(&n, i, size);
        }
        sve_put(&d, i, size, count);
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Single bits ---- */

#define LANE(name)                                                                                 \
    uint64_t arm_sve_##name(CPUARMState *env, uint64_t n, uint64_t m, uint64_t d, unsigned size)

/* n's bits where m has ones, at the bottom. */
LANE(bext)
{
    uint64_t result = 0;

    for (unsigned at = 0; m; m &= m - 1, at++) {
        result |= (n >> ctz64(m) & 1) << at;
    }
    return result;
}

/* n's lowest bits to where m has ones. */
LANE(bdep)
{
    uint64_t result = 0;

    for (; m; m &= m - 1, n >>= 1) {
        result |= (n & 1) << ctz64(m);
    }
    return result;
}

/* And above those of BEXT, the bits where m has zeros. */
LANE(bgrp)
{
    unsigned ones = ctpop64(m);
    uint64_t others = arm_sve_bext(env, n, sve_truncate(~m, size), 0, size);

    return arm_sve_bext(env, n, m, 0, size) | (ones < 64 ? others << ones : 0);
}

/* ---- Polynomials of 64 bits ---- */

/* PMULLB, PMULLT */
void arm_sve_long_quadwords(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned top = extract32(insn, 10, 1);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < sve_elements(env, MO_64); i += 2) {
        CryptoBlock product = polynomial_product(n.d[i + top], m.d[i + top]);

        d.d[i] = product.half[0];
        d.d[i + 1] = product.half[1];
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Cryptography: quadwords by themselves ---- */

/* AESE, AESD (bit 10) */
void arm_sve_aes_round(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg d = sve_read(env, sve_rd(insn)), key = sve_read(env, sve_rn(insn));

    for (unsigned i = 0; i < arm_vq(env->hflags); i++) {
        d.q[i] = arm_aes_round(&d.q[i], &key.q[i], extract32(insn, 10, 1));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* AESMC, AESIMC (bit 10) */
void arm_sve_aes_mix(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < arm_vq(env->hflags); i++) {
        d.q[i] = arm_aes_mix(&d.q[i], extract32(insn, 10, 1));
    }
    sve_write(env, sve_rd(insn), &d);
}

static void each_quadword(CPUARMState *env, uint32_t insn, unsigned n, unsigned m,
                          ARMVector (*fn)(const ARMVector *n, const ARMVector *m))
{
    SveReg a = sve_read(env, n), b = sve_read(env, m), d;

    for (unsigned i = 0; i < arm_vq(env->hflags); i++) {
        d.q[i] = fn(&a.q[i], &b.q[i]);
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_sm4e(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    each_quadword(env, insn, sve_rd(insn), sve_rn(insn), arm_sm4e);
}

void arm_sve_sm4ekey(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    each_quadword(env, insn, sve_rn(insn), sve_rm(insn), arm_sm4ekey);
}

void arm_sve_rax1(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    each_quadword(env, insn, sve_rn(insn), sve_rm(insn), arm_rax1);
}
