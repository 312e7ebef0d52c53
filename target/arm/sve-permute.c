/*
 * SVE: elements that move.
 *
 * Reference: DDI 0487, C8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/arm/sve.h"

/* ---- From a scalar ---- */

static void write_all(CPUARMState *env, uint32_t insn, unsigned size, uint64_t value)
{
    SveReg d;

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        sve_put(&d, i, size, value);
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_dup(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    write_all(env, insn, sve_size(insn), env->x[sve_rn(insn)]);
}

/* The lowest bit set of five says the size (up to quadwords), what is above it and two more bits
 * which. */
void arm_sve_dup_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned field = extract32(insn, 22, 2) << 5 | extract32(insn, 16, 5), size = ctz32(field);
    unsigned index = field >> (size + 1);
    SveReg n = sve_read(env, sve_rn(insn)), d = { .d = { 0 } };

    for (unsigned i = 0; index < sve_elements(env, size) && i < sve_bytes(env); i++) {
        d.b[i] = n.b[(index << size) + (i & ((1u << size) - 1))];
    }
    sve_write(env, sve_rd(insn), &d);
}

static void insert_below(CPUARMState *env, uint32_t insn, uint64_t value)
{
    unsigned size = sve_size(insn);
    SveReg old = sve_read(env, sve_rd(insn)), d = old;

    memcpy(&d.b[1 << size], old.b, sve_bytes(env) - (1 << size));
    sve_put(&d, 0, size, value);
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_insr(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    insert_below(env, insn, sve_read_x(env, sve_rn(insn)));
}

void arm_sve_insr_scalar(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    insert_below(env, insn, env->vreg[sve_rn(insn)].d[0]);
}

void arm_sve_cpy(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    arm_sve_copy_where(env, insn, sve_pg(env, insn), env->x[sve_rn(insn)], true);
}

void arm_sve_cpy_scalar(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    arm_sve_copy_where(env, insn, sve_pg(env, insn), env->vreg[sve_rn(insn)].d[0], true);
}

/* ---- To a scalar ---- */

/* The last active element, or (bit 16 clear: LASTA, CLASTA) the one behind it, around the end;
 * -1: none is active. */
static int last_index(const CPUARMState *env, uint32_t insn)
{
    unsigned size = sve_size(insn);
    uint64_t active = sve_pg(env, insn) & sve_all_true(env, size);
    unsigned last;

    if (!active) {
        return -1;
    }
    last = (63 - clz64(active)) >> size;
    return extract32(insn, 16, 1) ? last : (last + 1) % sve_elements(env, size);
}

/* Without an active one LASTA is about the first element, LASTB about the last. */
static uint64_t last_element(CPUARMState *env, uint32_t insn)
{
    unsigned size = sve_size(insn);
    int index = last_index(env, insn);
    SveReg n = sve_read(env, sve_rn(insn));

    if (index < 0) {
        index = extract32(insn, 16, 1) ? sve_elements(env, size) - 1 : 0;
    }
    return sve_get(&n, index, size);
}

void arm_sve_last(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    sve_write_x(env, sve_rd(insn), last_element(env, insn));
}

void arm_sve_last_scalar(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    sve_write_scalar(env, sve_rd(insn), last_element(env, insn));
}

void arm_sve_clast(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    if (last_index(env, insn) >= 0) {
        write_all(env, insn, sve_size(insn), last_element(env, insn));
    }
}

/* An element that stays loses what was above it. */
void arm_sve_clast_scalar(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t old = env->vreg[sve_rd(insn)].d[0];

    sve_write_scalar(env, sve_rd(insn), last_index(env, insn) >= 0
                                            ? last_element(env, insn)
                                            : sve_truncate(old, sve_size(insn)));
}

void arm_sve_clast_general(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t old = sve_read_x(env, sve_rd(insn));

    sve_write_x(env, sve_rd(insn), last_index(env, insn) >= 0
                                       ? last_element(env, insn)
                                       : sve_truncate(old, sve_size(insn)));
}

/* ---- Within and between vectors ---- */

/* Bytes from one on, of two registers as one; from the first on if there is no such byte. */
static void extract(CPUARMState *env, uint32_t insn, unsigned first, unsigned second)
{
    unsigned bytes = sve_bytes(env), at = extract32(insn, 16, 5) << 3 | extract32(insn, 10, 3);
    SveReg n = sve_read(env, first), m = sve_read(env, second), d;

    at = at < bytes ? at : 0;
    memcpy(d.b, &n.b[at], bytes - at);
    memcpy(&d.b[bytes - at], m.b, at);
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_ext(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    extract(env, insn, sve_rd(insn), sve_rn(insn));
}

/* The register behind one that begins a list. */
static unsigned next(unsigned n)
{
    return (n + 1) % 32;
}

void arm_sve_ext_pair(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    extract(env, insn, sve_rn(insn), next(sve_rn(insn)));
}

void arm_sve_reverse(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size);
    SveReg n = sve_read(env, sve_rn(insn)), d;

    for (unsigned i = 0; i < all; i++) {
        sve_put(&d, i, size, sve_get(&n, all - 1 - i, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* Bit 17: without signs, bit 16: the upper half. */
void arm_sve_unpack(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size);
    unsigned first = extract32(insn, 16, 1) ? all : 0;
    SveReg n = sve_read(env, sve_rn(insn)), d;

    for (unsigned i = 0; i < all; i++) {
        uint64_t value = sve_get(&n, first + i, size - 1);

        sve_put(&d, i, size,
                extract32(insn, 17, 1) ? value : (uint64_t)sve_extend(value, size - 1));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* One or two registers are a table; what an index beyond it gets is in d. */
static void look_up(CPUARMState *env, uint32_t insn, unsigned tables, SveReg *d)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size);
    SveReg m = sve_read(env, sve_rm(insn));
    const SveReg table[] = { sve_read(env, sve_rn(insn)), sve_read(env, next(sve_rn(insn))) };

    for (unsigned i = 0; i < all; i++) {
        uint64_t index = sve_get(&m, i, size);

        if (index < tables * all) {
            sve_put(d, i, size, sve_get(&table[index / all], index % all, size));
        }
    }
    sve_write(env, sve_rd(insn), d);
}

void arm_sve_tbl(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg d = { .d = { 0 } };

    look_up(env, insn, 1, &d);
}

void arm_sve_tbl_pair(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg d = { .d = { 0 } };

    look_up(env, insn, 2, &d);
}

void arm_sve_tbx(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg d = sve_read(env, sve_rd(insn));

    look_up(env, insn, 1, &d);
}

/* ZIP, UZP, TRN: bit 10: the second of a pair. */
void arm_sve_zip(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), half = sve_elements(env, size) / 2;
    unsigned first = extract32(insn, 10, 1) ? half : 0;
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < half; i++) {
        sve_put(&d, 2 * i, size, sve_get(&n, first + i, size));
        sve_put(&d, 2 * i + 1, size, sve_get(&m, first + i, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_uzp(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), half = sve_elements(env, size) / 2;
    unsigned odd = extract32(insn, 10, 1);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < half; i++) {
        sve_put(&d, i, size, sve_get(&n, 2 * i + odd, size));
        sve_put(&d, half + i, size, sve_get(&m, 2 * i + odd, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_trn(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size), odd = extract32(insn, 10, 1);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < all; i += 2) {
        sve_put(&d, i, size, sve_get(&n, i + odd, size));
        sve_put(&d, i + 1, size, sve_get(&m, i + odd, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* The same of quadwords; one that has no pair is zero. Bit 10: the second of a pair. */
typedef void QuadwordPermutation(ARMVector *d, const ARMVector *n, const ARMVector *m,
                                 unsigned pairs, unsigned second);

static void zip_quadwords(ARMVector *d, const ARMVector *n, const ARMVector *m, unsigned pairs,
                          unsigned second)
{
    for (unsigned i = 0; i < pairs; i++) {
        d[2 * i] = n[second * pairs + i];
        d[2 * i + 1] = m[second * pairs + i];
    }
}

static void uzp_quadwords(ARMVector *d, const ARMVector *n, const ARMVector *m, unsigned pairs,
                          unsigned second)
{
    for (unsigned i = 0; i < pairs; i++) {
        d[i] = n[2 * i + second];
        d[pairs + i] = m[2 * i + second];
    }
}

static void trn_quadwords(ARMVector *d, const ARMVector *n, const ARMVector *m, unsigned pairs,
                          unsigned second)
{
    for (unsigned i = 0; i < pairs; i++) {
        d[2 * i] = n[2 * i + second];
        d[2 * i + 1] = m[2 * i + second];
    }
}

static void permute_quadwords(CPUARMState *env, uint32_t insn, QuadwordPermutation *fn)
{
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d = { .d = { 0 } };

    fn(d.q, n.q, m.q, arm_vq(env->hflags) / 2, extract32(insn, 10, 1));
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_zip_quadwords(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    permute_quadwords(env, insn, zip_quadwords);
}

void arm_sve_uzp_quadwords(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    permute_quadwords(env, insn, uzp_quadwords);
}

void arm_sve_trn_quadwords(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    permute_quadwords(env, insn, trn_quadwords);
}

/* ---- By a predicate ---- */

void arm_sve_compact(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), at = 0;
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn)), d = { .d = { 0 } };

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            sve_put(&d, at++, size, sve_get(&n, i, size));
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* From the first active element to the last, then the second operand. */
static void splice_registers(CPUARMState *env, uint32_t insn, unsigned begins, unsigned follows)
{
    unsigned size = sve_size(insn), bytes = sve_bytes(env), first = 0, length = 0;
    uint64_t active = sve_pg(env, insn) & sve_all_true(env, size);
    SveReg n = sve_read(env, begins), m = sve_read(env, follows), d;

    if (active) {
        first = ctz64(active);
        length = 63 - clz64(active) + (1 << size) - first;
    }
    memcpy(d.b, &n.b[first], length);
    memcpy(&d.b[length], m.b, bytes - length);
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_splice(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    splice_registers(env, insn, sve_rd(insn), sve_rn(insn));
}

void arm_sve_splice_pair(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    splice_registers(env, insn, sve_rn(insn), next(sve_rn(insn)));
}
