/*
 * Names for registers and their fields, as board and device code spells them:
 *
 *     REG32(CTRL, 0x10)          A_CTRL = 0x10, R_CTRL = 0x10 / 4
 *     FIELD(CTRL, MODE, 4, 3)    R_CTRL_MODE_SHIFT = 4, _LENGTH = 3, _MASK = 0x70
 *
 * ARRAY_FIELD_… work on an array of registers, indexed by R_CTRL. Devices of our own have tables
 * of registers instead: core/register.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_REGISTERFIELDS_H
#define CORE_REGISTERFIELDS_H

#include "qemu/bitops.h"

#define REG_NAMES_(reg, addr, bytes)                                                               \
    enum { A_##reg = (addr), R_##reg = (addr) / (bytes) };
#define REG8(reg, addr)  REG_NAMES_(reg, addr, 1)
#define REG16(reg, addr) REG_NAMES_(reg, addr, 2)
#define REG32(reg, addr) REG_NAMES_(reg, addr, 4)
#define REG64(reg, addr) REG_NAMES_(reg, addr, 8)

#ifndef MAKE_64BIT_MASK
#define MAKE_64BIT_MASK(shift, length) ((~0ULL >> (64 - (length))) << (shift))
#endif

#define FIELD(reg, field, shift, length)                                                           \
    enum { R_##reg##_##field##_SHIFT = (shift) };                                                  \
    enum { R_##reg##_##field##_LENGTH = (length) };                                                \
    enum { R_##reg##_##field##_MASK = MAKE_64BIT_MASK(shift, length) };

#define FIELD_GET_(extract, value, reg, field)                                                     \
    extract((value), R_##reg##_##field##_SHIFT, R_##reg##_##field##_LENGTH)
#define FIELD_EX8(value, reg, field)  FIELD_GET_(extract8, value, reg, field)
#define FIELD_EX16(value, reg, field) FIELD_GET_(extract16, value, reg, field)
#define FIELD_EX32(value, reg, field) FIELD_GET_(extract32, value, reg, field)
#define FIELD_EX64(value, reg, field) FIELD_GET_(extract64, value, reg, field)
#define FIELD_SEX32(value, reg, field) FIELD_GET_(sextract32, value, reg, field)
#define FIELD_SEX64(value, reg, field) FIELD_GET_(sextract64, value, reg, field)

/* `value` with the field set to `field_value`, of which it takes the low bits. */
#define FIELD_PUT_(deposit, type, value, reg, field, field_value)                                  \
    ((type)deposit((value), R_##reg##_##field##_SHIFT, R_##reg##_##field##_LENGTH, (field_value)))
#define FIELD_DP8(value, reg, field, to)  FIELD_PUT_(deposit32, uint8_t, value, reg, field, to)
#define FIELD_DP16(value, reg, field, to) FIELD_PUT_(deposit32, uint16_t, value, reg, field, to)
#define FIELD_DP32(value, reg, field, to) FIELD_PUT_(deposit32, uint32_t, value, reg, field, to)
#define FIELD_DP64(value, reg, field, to) FIELD_PUT_(deposit64, uint64_t, value, reg, field, to)

#define ARRAY_FIELD_EX32(regs, reg, field) FIELD_EX32((regs)[R_##reg], reg, field)
#define ARRAY_FIELD_EX64(regs, reg, field) FIELD_EX64((regs)[R_##reg], reg, field)
#define ARRAY_FIELD_DP32(regs, reg, field, to)                                                     \
    ((regs)[R_##reg] = FIELD_DP32((regs)[R_##reg], reg, field, to))
#define ARRAY_FIELD_DP64(regs, reg, field, to)                                                     \
    ((regs)[R_##reg] = FIELD_DP64((regs)[R_##reg], reg, field, to))

#endif
