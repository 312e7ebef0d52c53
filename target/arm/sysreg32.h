/*
 * Coprocessor registers of AArch32: one row each. What the manual maps to a register of AArch64
 * says its name, and is that.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_SYSREG32_H
#define TARGET_ARM_SYSREG32_H

#include "target/arm/sysreg.h"

/* ARMSysReg32.part */
enum {
    PART_LOW,  /* bits 31 to 0; the others stay, but of what has a clock or an effect */
    PART_HIGH, /* bits 63 to 32 */
    PART_LOW_KEEPING, /* bits 31 to 0, and the others stay in any case */
    PART_ALL,  /* MCRR and MRRC: 64 bits; in MCR and MRC, the upper ones become zero */
};

typedef struct ARMSysReg32 ARMSysReg32;
struct ARMSysReg32 {
    const char *name;
    uint8_t cp, opc1, crn, crm, opc2;
    bool wide;        /* by MCRR and MRRC: opc1 and crm */
    uint8_t part;
    const char *same; /* the AArch64 register's name; then access, flags and hooks are its */
    uint8_t access;   /* SYSREG_R0 ... */
    uint16_t flags;   /* SYSREG_ENDS ... */
    uint8_t count;    /* so many rows, with crm and the n of both names counting up; 0: one */
    uint16_t offset;  /* in env, in units of 8 bytes; 0: reads as `reset` */
    /* Of what exists twice, secure state's: where it is; or which timer. */
    uint16_t secure_offset;
    uint8_t secure_timer;
    uint32_t mask;
    uint64_t reset;
    uint64_t (*read)(CPUARMState *env, const ARMSysReg32 *reg);
    void (*write)(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value);
    bool (*allowed)(CPUARMState *env, const ARMSysReg32 *reg, bool write);
    unsigned index;
    uint8_t trap; /* its class for Hyp mode's traps; this and what follows is filled in */
    const ARMSysReg *row; /* of `same` */
    const ARMSysReg32 *secure; /* secure state's register; NULL: there is one for both states */
};

/* Who may, from that level in general. Hyp mode's registers aren't secure state's, where that has
 * EL3. */
bool arm_sysreg32_may_access(const ARMSysReg32 *reg, unsigned el, bool secure_bank, bool write);

/* sysreg-traps.c */
uint8_t arm_sysreg32_trap_class(const ARMSysReg32 *reg);
/* The level that the access traps to, 0: none; the syndrome says what it is, also of encodings
 * without a row. */
unsigned arm_sysreg32_trap_level(const CPUARMState *env, const ARMSysReg32 *reg, uint32_t esr,
                                 bool write);

/* NULL: there is none. Any thread, once a CPU exists. */
const ARMSysReg32 *arm_sysreg32_find(unsigned cp, unsigned opc1, unsigned crn, unsigned crm,
                                     unsigned opc2);
const ARMSysReg32 *arm_sysreg32_find_wide(unsigned cp, unsigned opc1, unsigned crm);

uint64_t arm_sysreg32_read(CPUARMState *env, const ARMSysReg32 *reg);
void arm_sysreg32_write(CPUARMState *env, const ARMSysReg32 *reg, uint64_t value);

/* Where generated code may read it by itself at that level: offset of a word in env; 0: nowhere. */
size_t arm_sysreg32_plain_offset(const ARMSysReg32 *reg, unsigned el);

/* After arm_sysreg_init() and arm_sysreg_reset(). */
void arm_sysreg32_init(void);
void arm_sysreg32_reset(CPUARMState *env);
const ARMSysReg32 *arm_sysreg32_rows(size_t *nb);

#endif
