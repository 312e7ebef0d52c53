/*
 * SVE: predicates: logic, breaks, loops, counts, permutations.
 *
 * Reference: DDI 0487, C8.2.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/host-utils.h"
#include "target/arm/internal.h"
#include "target/arm/sve.h"

static uint64_t pn(const CPUARMState *env, uint32_t insn)
{
    return env->preg[extract32(insn, 5, 4)];
}

static uint64_t *pd(CPUARMState *env, uint32_t insn)
{
    return &env->preg[extract32(insn, 0, 4)];
}

static bool sets_flags(uint32_t insn)
{
    return extract32(insn, 22, 1);
}

/* The element that is last among the active ones has that value. */
static bool last_active(uint64_t mask, uint64_t value)
{
    return mask && (value >> (63 - clz64(mask)) & 1);
}

/* ---- Logic ---- */

void arm_sve_logical(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t n = pn(env, insn), m = env->preg[extract32(insn, 16, 4)], g = sve_pg4(env, insn);
    unsigned op = extract32(insn, 23, 1) << 2 | extract32(insn, 9, 1) << 1 | extract32(insn, 4, 1);
    const uint64_t results[] = {
        n & m & g,   n & ~m & g, (n ^ m) & g,  (n & g) | (m & ~g), /* AND BIC EOR SEL */
        (n | m) & g, (n | ~m) & g, ~(n | m) & g, ~(n & m) & g,     /* ORR ORN NOR NAND */
    };

    *pd(env, insn) = results[op];
    if (sets_flags(insn)) {
        arm_sve_test(env, g, results[op], MO_8);
    }
}

void arm_sve_ptest(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    arm_sve_test(env, sve_pg4(env, insn), pn(env, insn), MO_8);
}

/* ---- Breaks ---- */

/* All bits below the lowest of `value`, and that one, too; all if there is none. */
static uint64_t up_to_first(uint64_t value)
{
    return value ? value ^ (value - 1) : UINT64_MAX;
}

/* What comes before the first active true element, or (`after`) that one as well. */
static uint64_t broken(uint64_t g, uint64_t value, bool after)
{
    uint64_t first = value & g;

    return g & (after ? up_to_first(first) : up_to_first(first) & ~(first & -first));
}

/* BRKA, BRKB: bit 23; bit 4: inactive elements stay. */
void arm_sve_brk(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t g = sve_pg4(env, insn), *d = pd(env, insn);
    uint64_t result = broken(g, pn(env, insn), !extract32(insn, 23, 1));

    *d = result | (extract32(insn, 4, 1) ? *d & ~g : 0);
    if (sets_flags(insn)) {
        arm_sve_test(env, g, *d, MO_8);
    }
}

/* BRKPA, BRKPB: nothing unless the first operand's last active element is true. */
void arm_sve_brkp(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t g = sve_pg4(env, insn), m = env->preg[extract32(insn, 16, 4)];
    uint64_t result = last_active(g, pn(env, insn)) ? broken(g, m, !extract32(insn, 4, 1)) : 0;

    *pd(env, insn) = result;
    if (sets_flags(insn)) {
        arm_sve_test(env, g, result, MO_8);
    }
}

void arm_sve_brkn(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t *d = pd(env, insn);

    *d = last_active(sve_pg4(env, insn), pn(env, insn)) ? *d : 0;
    if (sets_flags(insn)) {
        arm_sve_test(env, UINT64_MAX, *d, MO_8);
    }
}

/* ---- One element after the other ---- */

void arm_sve_pfirst(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t g = pn(env, insn), *d = pd(env, insn);

    *d |= g & -g;
    arm_sve_test(env, g, *d, MO_8);
}

void arm_sve_pnext(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    uint64_t all = sve_all_true(env, size), g = pn(env, insn) & all, *d = pd(env, insn);
    uint64_t before = *d & all, later = before ? g & ~MAKE_64BIT_MASK(0, 64 - clz64(before)) : g;

    *d = later & -later;
    arm_sve_test(env, g, *d, size);
}

/* ---- All and none ---- */

static uint64_t first_elements(const CPUARMState *env, unsigned size, unsigned count)
{
    return count ? sve_all_true(env, size) & MAKE_64BIT_MASK(0, MIN(count << size, 64)) : 0;
}

void arm_sve_ptrue(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn);
    unsigned count = arm_sve_count(sve_bytes(env), size, extract32(insn, 5, 5));

    *pd(env, insn) = first_elements(env, size, count);
    if (extract32(insn, 16, 1)) {
        arm_sve_test(env, *pd(env, insn), *pd(env, insn), size);
    }
}

void arm_sve_pfalse(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    *pd(env, insn) = 0;
}

/* ---- The first-fault register ---- */

/* Under a predicate, or (bit 16) all of it. */
void arm_sve_rdffr(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    uint64_t g = extract32(insn, 16, 1) ? UINT64_MAX : pn(env, insn);

    *pd(env, insn) = env->preg[SVE_FFR] & g;
    if (sets_flags(insn)) {
        arm_sve_test(env, g, *pd(env, insn), MO_8);
    }
}

void arm_sve_wrffr(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    env->preg[SVE_FFR] = pn(env, insn);
}

void arm_sve_setffr(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    env->preg[SVE_FFR] = sve_all_true(env, MO_8);
}

/* ---- Loops ---- */

/* WHILELT, WHILELE, WHILELO, WHILELS: how many elements there are until `n`, counting up and
 * around the end of its range, is no longer less (or equal). */
void arm_sve_while(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), number = extract32(insn, 12, 1) ? MO_64 : MO_32;
    bool is_unsigned = extract32(insn, 11, 1), or_equal = extract32(insn, 4, 1);
    uint64_t n = sve_read_x(env, sve_rn(insn)), m = sve_read_x(env, sve_rm(insn));
    uint64_t top = is_unsigned ? sve_truncate(UINT64_MAX, number)
                               : sve_truncate(UINT64_MAX, number) >> 1;
    unsigned all = sve_elements(env, size), count;
    bool any;

    n = is_unsigned ? sve_truncate(n, number) : (uint64_t)sve_extend(n, number);
    m = is_unsigned ? sve_truncate(m, number) : (uint64_t)sve_extend(m, number);
    any = is_unsigned ? n < m : (int64_t)n < (int64_t)m;
    if (or_equal && m == top) {
        count = all;
    } else if (any || (or_equal && n == m)) {
        count = MIN(m - n - !or_equal, all - 1) + 1;
    } else {
        count = 0;
    }
    *pd(env, insn) = first_elements(env, size, count);
    arm_sve_test(env, UINT64_MAX, *pd(env, insn), size);
}

static uint64_t last_elements(const CPUARMState *env, unsigned size, unsigned count)
{
    return sve_all_true(env, size) & ~first_elements(env, size, sve_elements(env, size) - count);
}

/* WHILEGE, WHILEGT (bit 4), WHILEHS, WHILEHI (bit 11): the same counting down from the last element
 * on. */
void arm_sve_while_down(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), number = extract32(insn, 12, 1) ? MO_64 : MO_32;
    bool is_unsigned = extract32(insn, 11, 1), or_equal = !extract32(insn, 4, 1);
    uint64_t n = sve_read_x(env, sve_rn(insn)), m = sve_read_x(env, sve_rm(insn)), bottom;
    unsigned all = sve_elements(env, size), count = 0;
    bool any;

    n = is_unsigned ? sve_truncate(n, number) : (uint64_t)sve_extend(n, number);
    m = is_unsigned ? sve_truncate(m, number) : (uint64_t)sve_extend(m, number);
    bottom = is_unsigned ? 0 : UINT64_MAX << ((8u << number) - 1);
    any = is_unsigned ? n > m : (int64_t)n > (int64_t)m;
    if (or_equal && m == bottom) {
        count = all;
    } else if (any || (or_equal && n == m)) {
        count = MIN(n - m - !or_equal, all - 1) + 1;
    }
    *pd(env, insn) = last_elements(env, size, count);
    arm_sve_test(env, UINT64_MAX, *pd(env, insn), size);
}

/*
 * WHILEWR, WHILERW (bit 4): the elements that a loop can take at once which loads from one address
 * and stores to the other: as many as lie between them; all if there is nothing between, or
 * (WHILEWR) what is written lies below what has been read.
 */
void arm_sve_while_conflict(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size);
    uint64_t n = sve_read_x(env, sve_rn(insn)), m = sve_read_x(env, sve_rm(insn));
    bool below = m < n;
    uint64_t distance = (below ? n - m : m - n) >> size;

    if (!distance || (below && !extract32(insn, 4, 1))) {
        distance = all;
    }
    *pd(env, insn) = first_elements(env, size, MIN(distance, all));
    arm_sve_test(env, UINT64_MAX, *pd(env, insn), size);
}

/* CTERMEQ, CTERMNE: N and V say whether and how the loop ends. */
void arm_sve_cterm(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = extract32(insn, 22, 1) ? MO_64 : MO_32;
    uint64_t difference = sve_truncate(sve_read_x(env, sve_rn(insn)) ^
                                       sve_read_x(env, sve_rm(insn)), size);
    bool ends = (difference != 0) == extract32(insn, 4, 1);
    uint32_t kept = arm_read_nzcv(env) & 0x60000000;

    arm_write_nzcv(env, kept | (uint32_t)ends << 31 |
                        (uint32_t)(!ends && !(kept & 0x20000000)) << 28);
}

/* ---- Counts ---- */

static unsigned true_elements(const CPUARMState *env, uint64_t p, unsigned size)
{
    return ctpop64(p & sve_all_true(env, size));
}

void arm_sve_cntp(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    sve_write_x(env, sve_rd(insn), true_elements(env, sve_pg4(env, insn) & pn(env, insn),
                                                 sve_size(insn)));
}

/* INCP and its kin; as arm_sve_count_scalar(), with the fields elsewhere: bit 10: of 64 bits;
 * bit 16: unsigned. Without saturation it is always of 64 bits. */
void arm_sve_incp(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    bool saturates = !extract32(insn, 18, 1);
    unsigned size = extract32(insn, 10, 1) || !saturates ? MO_64 : MO_32;
    uint64_t value = lane(env, sve_truncate(sve_read_x(env, sve_rd(insn)), size),
                          true_elements(env, pn(env, insn), sve_size(insn)), 0, size);

    value = sve_truncate(value, size);
    sve_write_x(env, sve_rd(insn),
                extract32(insn, 16, 1) ? value : (uint64_t)sve_extend(value, size));
}

void arm_sve_incp_vector(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), count = true_elements(env, pn(env, insn), size);
    SveReg d = sve_read(env, sve_rd(insn));

    for (unsigned i = 0; i < sve_elements(env, size); i++) {
        sve_put(&d, i, size, lane(env, sve_get(&d, i, size), count, 0, size));
    }
    sve_write(env, sve_rd(insn), &d);
}

/* ---- Permutations: elements of 1 << size bits ---- */

static uint64_t get(uint64_t p, unsigned i, unsigned size)
{
    return extract64(p, i << size, 1 << size);
}

/* ZIP, UZP, TRN: bits 12 and 11; bit 10: the second of a pair. */
void arm_sve_permute_predicates(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    enum { ZIP, UZP, TRN };
    unsigned size = sve_size(insn), all = sve_elements(env, size), half = all / 2;
    unsigned op = extract32(insn, 11, 2), second = extract32(insn, 10, 1);
    uint64_t n = pn(env, insn), m = env->preg[extract32(insn, 16, 4)], result = 0;

    for (unsigned i = 0; i < all; i++) {
        uint64_t from = op == UZP ? (i < half ? n : m) : i % 2 ? m : n;
        unsigned at = op == ZIP   ? i / 2 + (second ? half : 0)
                      : op == UZP ? 2 * (i % half) + second
                                  : (i & ~1u) + second;

        result |= get(from, at, size) << (i << size);
    }
    *pd(env, insn) = result;
}

void arm_sve_reverse_predicate(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned size = sve_size(insn), all = sve_elements(env, size);
    uint64_t n = pn(env, insn), result = 0;

    for (unsigned i = 0; i < all; i++) {
        result |= get(n, all - 1 - i, size) << (i << size);
    }
    *pd(env, insn) = result;
}

/* PUNPKLO, PUNPKHI: each bit of a half becomes two. */
void arm_sve_unpack_predicate(CPUARMState *env, uint32_t insn, ARMLane *lane)
{
    unsigned half = sve_bytes(env) / 2, first = extract32(insn, 16, 1) ? half : 0;
    uint64_t n = pn(env, insn) >> first, result = 0;

    for (unsigned i = 0; i < half; i++) {
        result |= (n >> i & 1) << 2 * i;
    }
    *pd(env, insn) = result;
}
