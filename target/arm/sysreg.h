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
    SYSREG_R2 = 16, /* EL1's and lower levels' registers are higher ones', too */
    SYSREG_W2 = 32,
    SYSREG_R3 = 64,
    SYSREG_W3 = 128,
    SYSREG_RW1 = SYSREG_R1 | SYSREG_W1,
    SYSREG_RW2 = SYSREG_R2 | SYSREG_W2,
    SYSREG_RW3 = SYSREG_R3 | SYSREG_W3,
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
    SYSREG_GIC = 32,    /* of the GIC's CPU interface: UNDEFINED if that is elsewhere */
    SYSREG_SVE = 1024,  /* needs access to SVE */
    SYSREG_VHE = 512,   /* there with VHE only */
    SYSREG_E2H = 128,   /* another name of EL1's register: while HCR_EL2.E2H is set */
    SYSREG_PAUTH = 64,  /* of pointer authentication, whichever algorithm */
    SYSREG_PMU = 2048,   /* of the performance monitors */
    SYSREG_ANY_STATE = 8192, /* AArch32: of EL2, but for secure state's privileged modes, too */
    SYSREG_COUNT = 4096, /* a read looks at what the CPU counts: the block's last instruction */
    SYSREG_CHECKED = 256, /* its class says always who may, not only where traps are set */
};

typedef struct ARMSysReg ARMSysReg;
struct ARMSysReg {
    const char *name;
    uint8_t op0, op1, crn, crm, op2;
    uint8_t access;
    uint16_t flags;
    uint16_t count;  /* so many rows, with crm, offset and id_least counting up; 0: one */
    uint16_t offset; /* in env, in units of 8 bytes; 0 (x0): nowhere */
    uint64_t mask;   /* bits that a write changes */
    uint64_t reset;
    uint64_t (*read)(CPUARMState *env, const ARMSysReg *reg);
    void (*write)(CPUARMState *env, const ARMSysReg *reg, uint64_t value);
    /* False: the access traps to EL1 (or who stands for it) now, though the level may in general. */
    bool (*allowed)(CPUARMState *env, const ARMSysReg *reg, bool write);
    unsigned index; /* for hooks: which of several alike */
    uint8_t trap;   /* its class for traps to higher levels; filled in by arm_sysreg_init() */
    const ARMSysReg *hosts; /* what EL2 with HCR_EL2.E2H accesses instead; NULL: the same */
    /* Of an extension: there if a field of an identification register is at least that (SYSREG_OF). */
    uint16_t id_field; /* number of the register in ARMIdRegs << 8 | lowest bit; 0: always there */
    uint8_t id_least;
};

#define SYSREG_OF(reg, low, least)                                                                 \
    .id_field = offsetof(ARMIdRegs, reg) / 8 << 8 | (low), .id_least = least

/* Whether a CPU with these identification registers has it. */
bool arm_sysreg_is_there(const ARMIdRegs *id, const ARMSysReg *reg);

/* "DBGBVRn_EL1" with the number in place of the n; kept for ever. */
const char *arm_numbered_name(const char *pattern, unsigned i);

/* sysreg.c: hooks that rows of higher levels have, too; index: which timer, which ICC register. */
uint64_t arm_read_timer_value(CPUARMState *env, const ARMSysReg *reg);
void arm_write_timer_value(CPUARMState *env, const ARMSysReg *reg, uint64_t value);
uint64_t arm_read_timer_control(CPUARMState *env, const ARMSysReg *reg);
void arm_write_timer_control(CPUARMState *env, const ARMSysReg *reg, uint64_t value);
uint64_t arm_read_timer_compare(CPUARMState *env, const ARMSysReg *reg);
void arm_write_timer_compare(CPUARMState *env, const ARMSysReg *reg, uint64_t value);
/* Bits of SCTLR that extensions have added. */
uint64_t arm_sctlr_of_extensions(const ARMIdRegs *id);
uint64_t arm_read_icc(CPUARMState *env, const ARMSysReg *reg);
void arm_write_icc(CPUARMState *env, const ARMSysReg *reg, uint64_t value);

/* Whether SCTLR of the regime lets EL0 do what the bit is about. */
static inline bool arm_sctlr_allows(const CPUARMState *env, uint64_t bit)
{
    return arm_current_el(env) > 0 || (env->sctlr_el[arm_regime_el(env)] & bit);
}

/* sysreg-instructions.c: EL1's and EL0's system instructions. */
extern const ARMSysReg arm_system_instructions[];
extern const size_t arm_num_system_instructions;

/* pmu.c */
extern const ARMSysReg arm_pmu_sysregs[];
extern const size_t arm_num_pmu_sysregs;

/* debug.c */
extern const ARMSysReg arm_debug_sysregs[];
extern const size_t arm_num_debug_sysregs;

/* sysreg-levels.c: EL2's and EL3's registers and instructions. */
extern const ARMSysReg arm_sysregs_of_levels[];
extern const size_t arm_num_sysregs_of_levels;
/* Calls back with the rows that VHE adds, EL1's registers by another name. */
void arm_sysregs_for_hosts(void (*add)(const ARMSysReg *row));
/* The name of what EL2 with E2H has in place of that register; NULL: itself. */
const char *arm_sysreg_hosts_name(const ARMSysReg *reg);

/* sysreg-traps.c */
uint8_t arm_sysreg_trap_class(const ARMSysReg *reg);
/* The level that an access from the current one traps to, though that may access it; 0: none. */
enum { ARM_SYSREG_UNDEFINED = -1 };
int arm_sysreg_trap_level(const CPUARMState *env, const ARMSysReg *reg, bool write);

/* Whether SYSREG_R0 ... let a level read or write, by its number alone. */
static inline bool arm_level_may_access(unsigned access, unsigned el, bool write)
{
    unsigned levels = el ? (1u << (2 * (el + 1))) - 1 - 3 : 3;

    return access & levels & (write ? 0xaa : 0x55);
}

static inline bool arm_sysreg_may_access(const ARMSysReg *reg, unsigned el, bool write)
{
    return arm_level_may_access(reg->access, el, write);
}

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
