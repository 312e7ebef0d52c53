/*
 * System registers and system instructions: one row each.
 *
 * A row says who may read and write the register, what a reset leaves in it and how it is read and
 * written. What generated code can do by itself, a field of env under a mask, has no hooks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_SYSREG_H
#define TARGET_ARM_SYSREG_H

#include "target/arm/cpu.h"

/* Who may: ARMSysReg.access. A system instruction is written. */
enum {
    SYSREG_R0 = 1,
    SYSREG_W0 = 2,
    SYSREG_R1 = 4,
    SYSREG_W1 = 8,
    SYSREG_RW1 = SYSREG_R1 | SYSREG_W1,
    SYSREG_RW = SYSREG_RW1 | SYSREG_R0 | SYSREG_W0,
    SYSREG_R = SYSREG_R0 | SYSREG_R1,
    SYSREG_W = SYSREG_W0 | SYSREG_W1,
};

/* ARMSysReg.flags */
enum {
    SYSREG_ENDS =
        1, /* a write may change how code is translated or what it sees: back to the loop */
    SYSREG_CLOCK = 2,   /* reads or sets a clock or a counter */
    SYSREG_NOTHING = 4, /* reads as `reset`; writes are ignored */
    SYSREG_FP = 8,      /* needs access to FP and SIMD */
    SYSREG_BY_ADDRESS = 16, /* AArch32: cache maintenance of an address */
    SYSREG_PAUTH = 64,  /* of pointer authentication, whichever algorithm */
    SYSREG_GIC = 32,    /* of the GIC's CPU interface: UNDEFINED if that is elsewhere */
};

typedef struct ARMSysReg ARMSysReg;
struct ARMSysReg {
    const char *name;
    uint8_t op0, op1, crn, crm, op2;
    uint8_t access;
    uint8_t flags;
    uint16_t count;  /* so many rows, with crm and offset counting up; 0: one */
    uint16_t offset; /* in env, in units of 8 bytes; 0 (x0): nowhere */
    uint64_t mask;   /* bits that a write changes */
    uint64_t reset;
    uint64_t (*read)(CPUARMState *env, const ARMSysReg *reg);
    void (*write)(CPUARMState *env, const ARMSysReg *reg, uint64_t value);
    /* False: the access traps to EL1 now, though the level may in general. */
    bool (*allowed)(CPUARMState *env, const ARMSysReg *reg, bool write);
    unsigned index; /* for hooks: which of several alike */
    /* Of an extension: there if a field of an identification register is at least that (SYSREG_OF). */
    uint16_t id_field; /* number of the register in ARMIdRegs << 8 | lowest bit; 0: always there */
    uint8_t id_least;
};

#define SYSREG_OF(reg, low, least)                                                                 \
    .id_field = offsetof(ARMIdRegs, reg) / 8 << 8 | (low), .id_least = least

/* Whether a CPU with these identification registers has it. */
bool arm_sysreg_is_there(const ARMIdRegs *id, const ARMSysReg *reg);

/* The row, or NULL. From any thread, once a CPU exists. */
const ARMSysReg *arm_sysreg_find(unsigned op0, unsigned op1, unsigned crn, unsigned crm,
                                 unsigned op2);
/* A register of the identification space that the architecture reserves: reads as zero. */
bool arm_sysreg_is_reserved_id(unsigned op0, unsigned op1, unsigned crn, unsigned crm);

/* As MRS and MSR do at EL1, whatever the kind; for the monitor and GDB too. */
uint64_t arm_sysreg_read(CPUARMState *env, const ARMSysReg *reg);
void arm_sysreg_write(CPUARMState *env, const ARMSysReg *reg, uint64_t value);

/* Builds the index. Once, before the first translation. */
void arm_sysreg_init(void);
void arm_sysreg_reset(CPUARMState *env);
/* All rows, for GDB and the monitor. */
const ARMSysReg *arm_sysreg_rows(size_t *nb);

/* The ISS of a trapped access (D19.2.37, "MSR, MRS or System instruction"). */
static inline uint32_t arm_sysreg_iss(unsigned op0, unsigned op1, unsigned crn, unsigned crm,
                                      unsigned op2, unsigned rt, bool read)
{
    return op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | read;
}

#endif
