/*
 * Helpers of data processing: checksums, bit reversal; AArch32's parallel arithmetic.
 *
 * Reference: DDI 0487, C6.2 (CRC32, CRC32C, RBIT), F5.1 (SADD16 to UHSUB8, USADA8).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/arm/helper.h"

/* Reflected polynomials, as both checksums are computed from the low bit on. */
#define POLYNOMIAL_CRC32  0xedb88320u
#define POLYNOMIAL_CRC32C 0x82f63b78u

typedef uint32_t CRCTable[256];

static void make_table(CRCTable table, uint32_t polynomial)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;

        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
        }
        table[byte] = crc;
    }
}

static uint32_t update(const CRCTable table, uint32_t crc, uint64_t data, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        crc = crc >> 8 ^ table[(crc ^ data >> (8 * i)) & 0xff];
    }
    return crc;
}

static CRCTable crc32_table, crc32c_table;

static void __attribute__((constructor)) make_tables(void)
{
    make_table(crc32_table, POLYNOMIAL_CRC32);
    make_table(crc32c_table, POLYNOMIAL_CRC32C);
}

uint64_t helper_arm_crc32(uint64_t crc, uint64_t data, uint32_t bytes)
{
    return update(crc32_table, crc, data, bytes);
}

uint64_t helper_arm_crc32c(uint64_t crc, uint64_t data, uint32_t bytes)
{
    return update(crc32c_table, crc, data, bytes);
}

uint64_t helper_arm_rbit64(uint64_t a)
{
    a = (a >> 1 & 0x5555555555555555ull) | (a & 0x5555555555555555ull) << 1;
    a = (a >> 2 & 0x3333333333333333ull) | (a & 0x3333333333333333ull) << 2;
    a = (a >> 4 & 0x0f0f0f0f0f0f0f0full) | (a & 0x0f0f0f0f0f0f0f0full) << 4;
    return __builtin_bswap64(a);
}

/* ---- AArch32: parallel ---- */

/* Halves as they are combined: lane i of n with lane `other` of m, added or subtracted. */
typedef struct ParallelOp {
    uint8_t bits;
    bool exchanged;
    bool subtract[2]; /* the lower lane and the upper one; of bytes, all as the first */
} ParallelOp;

static const ParallelOp parallel_ops[8] = {
    [0] = { 16, false, { false, false } }, /* add16 */
    [1] = { 16, true, { true, false } },   /* asx */
    [2] = { 16, true, { false, true } },   /* sax */
    [3] = { 16, false, { true, true } },   /* sub16 */
    [4] = { 8, false, { false, false } },  /* add8 */
    [7] = { 8, false, { true, true } },    /* sub8 */
};

enum { HOW_PLAIN = 1, HOW_SATURATING, HOW_HALVING, HOW_UNSIGNED = 4 };

static int32_t lane_of(uint32_t word, unsigned lane, unsigned bits, bool is_unsigned)
{
    uint32_t up = word << (32 - bits * (lane + 1));

    return is_unsigned ? (int32_t)(up >> (32 - bits)) : (int32_t)up >> (32 - bits);
}

static int32_t saturated(int32_t value, unsigned bits, bool is_unsigned)
{
    int32_t low = is_unsigned ? 0 : -(1 << (bits - 1));
    int32_t high = is_unsigned ? (1 << bits) - 1 : (1 << (bits - 1)) - 1;

    return MIN(MAX(value, low), high);
}

/* GE: no borrow or a carry, unsigned; not negative, signed. */
static bool is_ge(int32_t value, unsigned bits, bool is_unsigned, bool subtract)
{
    return is_unsigned && !subtract ? value >= 1 << bits : value >= 0;
}

uint32_t helper_arm_parallel(CPUARMState *env, uint32_t n, uint32_t m, uint32_t desc)
{
    const ParallelOp *op = &parallel_ops[desc & 7];
    bool is_unsigned = desc >> 3 & HOW_UNSIGNED;
    unsigned how = desc >> 3 & 3, lanes = 32 / op->bits;
    uint32_t result = 0, mask = (1u << op->bits) - 1, ge = 0;

    for (unsigned i = 0; i < lanes; i++) {
        bool subtract = op->subtract[op->bits == 16 ? i : 0];
        int32_t a = lane_of(n, i, op->bits, is_unsigned);
        int32_t b = lane_of(m, op->exchanged ? 1 - i : i, op->bits, is_unsigned);
        int32_t value = subtract ? a - b : a + b;

        if (is_ge(value, op->bits, is_unsigned, subtract)) {
            ge |= op->bits == 16 ? 3u << (2 * i) : 1u << i;
        }
        value = how == HOW_SATURATING ? saturated(value, op->bits, is_unsigned)
                : how == HOW_HALVING  ? value >> 1
                                      : value;
        result |= (value & mask) << (op->bits * i);
    }
    if (how == HOW_PLAIN) {
        env->pstate = (env->pstate & ~CPSR_GE) | ge << CPSR_GE_SHIFT;
    }
    return result;
}

uint32_t helper_arm_usada8(uint32_t n, uint32_t m, uint32_t a)
{
    for (unsigned i = 0; i < 32; i += 8) {
        a += abs((int)(n >> i & 0xff) - (int)(m >> i & 0xff));
    }
    return a;
}
