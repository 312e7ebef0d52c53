/*
 * What a load or store of one general register does, for who emulates it: ESR_EL2's fields ISV to AR.
 *
 * Reference: DDI 0487, D19.2.37 (ISS of a data abort), C4.1 (encodings of loads and stores).
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
