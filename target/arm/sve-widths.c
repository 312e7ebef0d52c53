/*
 * SVE2: elements of two sizes. Where Advanced SIMD takes narrow ones from a half of a vector, these
 * take every other one, so that what belongs together lies at the same place.
 *
 * Reference: DDI 0487, C8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/fpu.h"
#include "target/arm/sve.h"

/* "Top": the odd ones of the narrow elements. */
static unsigned is_top(uint32_t insn)
{
    return extract32(insn, 10, 1);
}

/* ---- From narrow ones ---- */

/* Which of two narrow elements an operand's are. */
typedef struct Narrow {
    SveReg value;
    unsigned odd;
} Narrow;

static void lengthen(CPUARMState *env, uint32_t insn, ARMLane *lane, unsigned narrow,
                     const Narrow *n, const Narrow *m)
{
    SveReg d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, narrow + 1); i++) {
        sve_put(&d, i, narrow + 1,
                lane(env, sve_get(&n->value, 2 * i + n->odd, narrow),
                     sve_get(&m->value, 2 * i + m->odd, narrow), sve_get(&d, i, narrow + 1),
                     narrow));
    }
    sve_write(env, sve_rd(insn), &d);
}

static void lengthen_operands(CPUARMState *env, uint32_t insn, ARMLane *lane, unsigned n_odd,
                              unsigned m_odd)
{
    Narrow n = { sve_read(env, sve_rn(insn)), n_odd }, m = { sve_read(env, sve_rm(insn)), m_odd };

    lengthen(env, insn, lane, sve_size(insn) - 1, &n, &m);
}

void arm_sve_long(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    lengthen_operands(env, insn, lane, is_top(insn), is_top(insn));
}

void arm_sve_long_bt(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    lengthen_operands(env, insn, lane, 0, 1);
}

void arm_sve_long_tb(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    lengthen_operands(env, insn, lane, 1, 0);
}

/* The second operand is an element of each quadword: its number lies above the register's, but for
 * bit 11, the lowest. */
void arm_sve_long_element(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), bits = size == MO_32 ? 3 : 4;
    unsigned index = extract32(insn, 16 + bits, 5 - bits) << 1 | extract32(insn, 11, 1);
    Narrow n = { sve_read(env, sve_rn(insn)), is_top(insn) };
    Narrow m = { sve_spread(env, extract32(insn, 16, bits), index, size - 1), 0 };

    lengthen(env, insn, lane, size - 1, &n, &m);
}

/* Shifts to the left. */
void arm_sve_long_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 19, 16);
    Narrow n = { sve_read(env, sve_rn(insn)), is_top(insn) }, m = { .odd = 0 };

    sve_fill(&m.value, shift.size, shift.left);
    lengthen(env, insn, lane, shift.size, &n, &m);
}

void arm_sve_add_wide(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    SveReg n = sve_read(env, sve_rn(insn)), m = sve_read(env, sve_rm(insn)), d;

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        sve_put(&d, i, size,
                lane(env, sve_get(&n, i, size), sve_get(&m, 2 * i + is_top(insn), size - 1), 0,
                     size - 1));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* Both narrow elements are operands. */
void arm_sve_adjacent_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t pg = sve_pg(env, insn);
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        if (sve_active(pg, i, size)) {
            sve_put(&d, i, size,
                    lane(env, sve_get(&n, 2 * i, size - 1), sve_get(&n, 2 * i + 1, size - 1),
                         sve_get(&d, i, size), size - 1));
        }
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- To narrow ones ---- */

/* The odd elements of d, or all of the wide ones, the upper halves of which become zero. */
static void put_narrow(SveReg *d, unsigned i, unsigned narrow, bool top, uint64_t value)
{
    if (top) {
        sve_put(d, 2 * i + 1, narrow, value);
    } else {
        sve_put(d, i, narrow + 1, sve_truncate(value, narrow));
    }
}

static void shorten(CPUARMState *env, uint32_t insn, ARMLane *lane, unsigned narrow,
                    const SveReg *m)
{
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, narrow + 1); i++) {
        put_narrow(&d, i, narrow, is_top(insn),
                   lane(env, sve_get(&n, i, narrow + 1), sve_get(m, i, narrow + 1), 0, narrow));
    }
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_narrow(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveReg m = sve_read(env, sve_rm(insn));

    shorten(env, insn, lane, sve_size(insn) - 1, &m);
}

/* Shifts to the right, and (by nothing) extraction. */
void arm_sve_narrow_i(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    SveShift shift = arm_sve_shift_immediate(insn, 19, 16);
    SveReg count;

    sve_fill(&count, shift.size + 1, shift.right);
    shorten(env, insn, lane, shift.size, &count);
}

/* ---- Floating point. Bits 23 and 22: 2: singles and halves, else doubles and singles ---- */

static unsigned narrow_float(uint32_t insn)
{
    return sve_size(insn) == MO_32 ? MO_16 : MO_32;
}

static void shorten_floats(CPUARMState *env, uint32_t insn, ARMLane *lane, bool top)
{
    unsigned narrow = narrow_float(insn);
    uint64_t pg = sve_pg(env, insn), fpcr = env->fpcr;
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    env->fpcr &= ~(uint64_t)FPCR_AHP; /* FPConvertSVE() */
    for (unsigned i = 0; i < sve_elements(env, narrow + 1); i++) {
        if (sve_active(pg, i, narrow + 1)) {
            put_narrow(&d, i, narrow, top, lane(env, sve_get(&n, i, narrow + 1), 0, 0, narrow));
        }
    }
    env->fpcr = fpcr;
    sve_write(env, sve_rd(insn), &d);
}

void arm_sve_narrow_float_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    shorten_floats(env, insn, lane, false);
}

void arm_sve_narrow_float_top_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    shorten_floats(env, insn, lane, true);
}

/* Of the odd elements. */
void arm_sve_widen_float_p(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned narrow = narrow_float(insn);
    uint64_t pg = sve_pg(env, insn), fpcr = env->fpcr;
    SveReg n = sve_read(env, sve_rn(insn)), d = sve_read(env, sve_rd(insn));

    env->fpcr &= ~(uint64_t)FPCR_AHP;
    for (unsigned i = 0; i < sve_elements(env, narrow + 1); i++) {
        if (sve_active(pg, i, narrow + 1)) {
            sve_put(&d, i, narrow + 1, lane(env, sve_get(&n, 2 * i + 1, narrow), 0, 0, narrow));
        }
    }
    env->fpcr = fpcr;
    sve_write(env, sve_rd(insn), &d);
}
