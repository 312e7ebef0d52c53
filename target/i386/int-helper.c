/*
 * Helpers of integer instructions: what takes too much for generated code.
 *
 * Reference: SDM volume 2, the instructions' pages.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/random.h>
#include "system/ram-access.h"
#include "target/i386/helper.h"
#include "target/i386/internal.h"

JitVector helper_x86_idiv64(CPUX86State *env, uint64_t low, uint64_t high, uint64_t divisor)
{
    __int128 dividend = (__int128)((unsigned __int128)high << 64 | low), quotient;
    int64_t by = divisor;

    /* The smallest number by -1 overflows 128 bits, too. */
    if (by == 0 || (by == -1 && low == 0 && high == 1ull << 63)) {
        x86_raise(env, EXCP_DE, GETPC());
    }
    quotient = dividend / by;
    if (quotient != (int64_t)quotient) {
        x86_raise(env, EXCP_DE, GETPC());
    }
    return (JitVector){ { (uint64_t)quotient, (uint64_t)(dividend % by) } };
}

/* ---- Flags ---- */

void x86_recall_flags(CPUX86State *env, uint64_t recall)
{
    unsigned kind = recall & X86_RECALL_KIND, unused = 64 - (8u << (recall >> X86_RECALL_SIZE & 3));
    bool subtracted = kind == X86_RECALL_SUB || kind == X86_RECALL_DEC;
    bool result_kept = recall & X86_RECALL_RESULT;
    /* Both as the topmost bits of 64. */
    uint64_t first = env->regs[recall >> X86_RECALL_FIRST & 15] << unused;
    uint64_t b = (recall & X86_RECALL_IMM ? (uint64_t)(int32_t)(recall >> X86_RECALL_SECOND)
                                          : env->regs[recall >> X86_RECALL_SECOND & 15])
                 << unused;
    uint64_t a = first, result = first;

    if (!recall) {
        return;
    }
    if (kind == X86_RECALL_LOGIC) {
        result = result_kept ? first : first & b;
        env->fm = env->ft = env->fd = 0;
    } else {
        if (result_kept) {
            a = subtracted ? result + b : result - b;
        } else {
            result = subtracted ? a - b : a + b;
        }
        uint32_t carry = x86_carry_flags(env) & FLAG_CF;

        env->fm = (int64_t)(subtracted ? a : result) >> unused;
        env->ft = (int64_t)b >> unused;
        env->fd = (int64_t)(subtracted ? result : a) >> unused;
        if (kind == X86_RECALL_INC || kind == X86_RECALL_DEC) {
            x86_set_carry_flags(env, carry | (x86_carry_flags(env) & ~FLAG_CF));
        }
    }
    env->fz = env->fs = (int64_t)result >> unused;
}

/* ---- Decimal arithmetic ---- */

static uint32_t sign_zero_parity(uint8_t value)
{
    return (value & 0x80 ? FLAG_SF : 0) | (value ? 0 : FLAG_ZF) |
           (__builtin_parity(value) ? 0 : FLAG_PF);
}

/* AL to a digit, and if it wasn't one AX by 0x106 up or down, so that AH has the carry. */
static void ascii_adjust(CPUX86State *env, bool subtract)
{
    uint16_t ax = env->regs[R_EAX];
    uint32_t flags = x86_get_eflags(env);

    if ((ax & 15) > 9 || (flags & FLAG_AF)) {
        ax += subtract ? -0x106 : 0x106;
        flags = FLAG_AF | FLAG_CF;
    } else {
        flags = 0;
    }
    ax &= 0xff0f;
    env->regs[R_EAX] = (env->regs[R_EAX] & ~0xffffull) | ax;
    x86_set_status_flags(env, flags | sign_zero_parity(ax), FLAGS_STATUS);
}

void helper_x86_aaa(CPUX86State *env)
{
    ascii_adjust(env, false);
}

void helper_x86_aas(CPUX86State *env)
{
    ascii_adjust(env, true);
}

/* AL, a sum or difference of two numbers of two digits each, to two digits. */
static void decimal_adjust(CPUX86State *env, bool subtract)
{
    uint8_t before = env->regs[R_EAX], al = before;
    uint32_t flags = x86_get_eflags(env), result = 0;
    int sign = subtract ? -1 : 1;

    if ((before & 15) > 9 || (flags & FLAG_AF)) {
        /* DAS keeps the borrow of this; DAA's carry says nothing that the next line doesn't. */
        result |= FLAG_AF | (subtract && before < 6 ? FLAG_CF : 0);
        al += sign * 6;
    }
    if (before > 0x99 || (flags & FLAG_CF)) {
        result |= FLAG_CF;
        al += sign * 0x60;
    }
    env->regs[R_EAX] = (env->regs[R_EAX] & ~0xffull) | al;
    x86_set_status_flags(env, result | sign_zero_parity(al), FLAGS_STATUS);
}

void helper_x86_daa(CPUX86State *env)
{
    decimal_adjust(env, false);
}

void helper_x86_das(CPUX86State *env)
{
    decimal_adjust(env, true);
}

/* ---- Bits ---- */

/* The value's low bits, one by one, to where the mask has ones. */
uint64_t helper_x86_pdep(uint64_t value, uint64_t mask)
{
    uint64_t result = 0;

    for (; mask; mask &= mask - 1, value >>= 1) {
        result |= value & 1 ? mask & -mask : 0;
    }
    return result;
}

uint64_t helper_x86_pext(uint64_t value, uint64_t mask)
{
    uint64_t result = 0;

    for (unsigned n = 0; mask; mask &= mask - 1, n++) {
        result |= value & mask & -mask ? 1ull << n : 0;
    }
    return result;
}

/* The polynomial 0x11edc6f41, bits reflected, four bits at a time. */
uint64_t helper_x86_crc32(uint64_t crc, uint64_t data, uint32_t bytes)
{
    static const uint32_t of_nibble[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    uint32_t value = crc;

    for (unsigned i = 0; i < 2 * bytes; i++, data >>= 4) {
        value = value >> 4 ^ of_nibble[(value ^ data) & 15];
    }
    return value;
}

JitVector helper_x86_random(void)
{
    uint64_t number = 0;
    bool valid = getrandom(&number, sizeof(number), GRND_NONBLOCK) == sizeof(number);

    return (JitVector){ { valid ? number : 0, valid ? FLAG_CF : 0 } };
}

/* ---- Strings ---- */

void helper_x86_probe_write(CPUX86State *env, uint64_t addr, uint32_t bytes)
{
    x86_probe(env, addr, bytes, MMU_DATA_STORE, x86_current_mmu_index(env), GETPC());
}

/* How many elements there are from an address to the end of its page. */
static uint64_t elements_here(uint64_t addr, unsigned size)
{
    return (TARGET_PAGE_SIZE - (addr & ~TARGET_PAGE_MASK)) >> size;
}

/* Forwards, element by element where they overlap: if the destination is behind the source, a pattern
 * repeats. */
static void copy_elements(uint8_t *to, const uint8_t *from, uint64_t count, unsigned size)
{
    size_t bytes = count << size;

    if (to + bytes <= from || from + bytes <= to) {
        ram_write(to, from, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i += (size_t)1 << size) {
        ram_store(to + i, ram_load(from + i, size), size);
    }
}

uint64_t helper_x86_rep_movs(CPUX86State *env, uint64_t to, uint64_t from, uint64_t count,
                             uint32_t size)
{
    int mmu_idx = x86_current_mmu_index(env);
    uint64_t n = MIN(count, MIN(elements_here(to, size), elements_here(from, size)));

    if (n > 1 && env->df > 0) {
        const uint8_t *source = probe_access(env, from, n << size, MMU_DATA_LOAD, mmu_idx, GETPC());
        uint8_t *destination =
            source ? probe_access(env, to, n << size, MMU_DATA_STORE, mmu_idx, GETPC()) : NULL;

        if (destination) {
            copy_elements(destination, source, n, size);
            return n;
        }
    }
    x86_store(env, to, x86_load(env, from, size, mmu_idx, GETPC()), size, mmu_idx, GETPC());
    return 1;
}

static void fill_elements(uint8_t *to, uint64_t value, uint64_t count, unsigned size)
{
    size_t bytes = count << size;

    if (size == MO_8 || value == 0) {
        ram_fill(to, value, bytes);
        return;
    }
    for (size_t i = 0; i < bytes; i += (size_t)1 << size) {
        ram_store(to + i, value, size);
    }
}

uint64_t helper_x86_rep_stos(CPUX86State *env, uint64_t to, uint64_t value, uint64_t count,
                             uint32_t size)
{
    int mmu_idx = x86_current_mmu_index(env);
    uint64_t n = MIN(count, elements_here(to, size));

    if (n > 1 && env->df > 0) {
        uint8_t *destination = probe_access(env, to, n << size, MMU_DATA_STORE, mmu_idx, GETPC());

        if (destination) {
            fill_elements(destination, value, n, size);
            return n;
        }
    }
    x86_store(env, to, value, size, mmu_idx, GETPC());
    return 1;
}
