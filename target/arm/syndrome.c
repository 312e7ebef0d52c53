/*
 * What a load or store of one general register does, for who emulates it: ESR_EL2's fields ISV to
 * AR.
 *
 * Reference: DDI 0487, D19.2.37 (ISS of a data abort), C4.1 (encodings of loads and stores); of
 * AArch32 G8.2 (HSR), F3.1 and F4.1.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bitops.h"
#include "target/arm/internal.h"

enum { ISS_VALID = 1 << 24, ISS_SIGNED = 1 << 21, ISS_WIDE = 1 << 15, ISS_ORDERED = 1 << 14 };

/* The forms that have one register and leave the base register alone. */
static const struct {
    uint32_t mask, bits;
    bool ordered;
} forms[] = {
    { 0x3f000000, 0x39000000 },       /* unsigned offset */
    { 0x3f200c00, 0x38000000 },       /* unscaled offset */
    { 0x3f200c00, 0x38000800 },       /* as EL0 would */
    { 0x3f200c00, 0x38200800 },       /* register offset */
    { 0x3f200c00, 0x19000000, true }, /* LDAPUR, STLUR */
};
#define LOAD_LITERAL_MASK 0x3f000000u /* opc in the place of the size */
#define LOAD_LITERAL      0x18000000u
#define ORDERED_MASK      0x3fa00000u /* LDAR, STLR, LDLAR, STLLR: nothing is signed */
#define ORDERED           0x08800000u
#define LDAPR_MASK        0x3ffffc00u
#define LDAPR             0x38bfc000u

static uint32_t describe(unsigned size, bool sign, bool wide, bool ordered, unsigned rt)
{
    return ISS_VALID | size << 22 | (sign ? ISS_SIGNED : 0) | rt << 16 | (wide ? ISS_WIDE : 0) |
           (ordered ? ISS_ORDERED : 0);
}

uint32_t arm_access_syndrome(uint32_t insn)
{
    unsigned size = extract32(insn, 30, 2), opc = extract32(insn, 22, 2), rt = insn & 0x1f;

    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        if ((insn & forms[i].mask) == forms[i].bits) {
            return describe(size, opc >= 2, opc >= 2 ? opc == 2 : size == 3, forms[i].ordered, rt);
        }
    }
    if ((insn & ORDERED_MASK) == ORDERED || (insn & LDAPR_MASK) == LDAPR) {
        return describe(size, false, size == 3, true, rt);
    }
    if ((insn & LOAD_LITERAL_MASK) == LOAD_LITERAL && size < 3) {
        return describe(size == 1 ? 3 : 2, size == 2, size != 0, false, rt);
    }
    return 0;
}

/* ---- AArch32 ---- */

enum { REG_PC = 15 };

/* Neither register 15 nor a changed base register: those forms aren't described. */
static uint32_t describe32(unsigned size, bool sign, unsigned rt)
{
    return rt == REG_PC ? 0 : ISS_VALID | size << 22 | (sign ? ISS_SIGNED : 0) | rt << 16;
}

/* LDA, STL and their like: `size` as MO_*, with 3 for what isn't there. */
static uint32_t describe_ordered32(unsigned size, unsigned rt)
{
    uint32_t described = size < 3 ? describe32(size, false, rt) : 0;

    return described ? described | ISS_ORDERED : 0;
}

uint32_t arm_access_syndrome_a32(uint32_t insn)
{
    static const uint8_t ordered_sizes[] = { 2, 3, 0, 1 };
    bool offset = (insn & 0x01200000) == 0x01000000; /* P = 1, W = 0 */
    unsigned rt = extract32(insn, 12, 4), kind = extract32(insn, 5, 2);
    bool load = insn >> 20 & 1;

    if (insn >> 28 != 0xf && (insn & 0x0f800ff0) == 0x01800c90) {
        return describe_ordered32(ordered_sizes[extract32(insn, 21, 2)], load ? rt : insn & 0xf);
    }
    if (insn >> 28 == 0xf || !offset) {
        return 0;
    }
    if ((insn & 0x0e000000) == 0x04000000 || (insn & 0x0e000010) == 0x06000000) {
        return describe32(insn >> 22 & 1 ? 0 : 2, false, rt); /* words and bytes */
    }
    if ((insn & 0x0e000090) == 0x00000090 && kind && (load || kind == 1)) {
        return describe32(kind & 1, kind >= 2, rt); /* halfwords, and what is signed */
    }
    return 0;
}

uint32_t arm_access_syndrome_t16(uint32_t insn)
{
    static const struct {
        uint8_t size;
        bool sign;
    } by_register[] = { { 2 }, { 1 }, { 0 }, { 0, true }, { 2 }, { 1 }, { 0 }, { 1, true } };
    static const uint8_t by_immediate[] = { [6] = 2, [7] = 0, [8] = 1 };
    unsigned op = extract32(insn, 12, 4), form = extract32(insn, 9, 3);

    switch (op) {
    case 4: /* a literal */
        return extract32(insn, 11, 1) ? describe32(2, false, extract32(insn, 8, 3)) : 0;
    case 5:
        return describe32(by_register[form].size, by_register[form].sign, insn & 7);
    case 6: case 7: case 8:
        return describe32(by_immediate[op], false, insn & 7);
    case 9: /* at the stack pointer */
        return describe32(2, false, extract32(insn, 8, 3));
    default:
        return 0;
    }
}

uint32_t arm_access_syndrome_t32(uint32_t insn)
{
    unsigned size = extract32(insn, 21, 2);
    bool sign = insn >> 24 & 1, up = insn >> 23 & 1, literal = extract32(insn, 16, 4) == REG_PC;
    bool by_register = !extract32(insn, 6, 6);
    bool by_byte = (insn & 0x0d00) == 0x0c00; /* no writeback; unprivileged, or a negative offset */

    if ((insn & 0xffe00fcf) == 0xe8c00f8f) {
        return describe_ordered32(extract32(insn, 4, 2), extract32(insn, 12, 4));
    }
    if (insn >> 25 != 0x7c || size == 3 || !(up || literal || by_register || by_byte)) {
        return 0;
    }
    return describe32(size, sign, extract32(insn, 12, 4));
}
