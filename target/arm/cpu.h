/*
 * The Arm CPU: AArch64 at EL0 to EL3, AArch32 at EL0 below that; or AArch32 alone, at all levels.
 *
 * Reference: Arm Architecture Reference Manual for A-profile (DDI 0487), chapters B1 (application
 * level), D1 (exceptions), D8 (translation), D13 (generic timer), D19 (registers).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_ARM_CPU_H
#define TARGET_ARM_CPU_H

#include "qemu/osdep.h"
#include "core/cpu.h"
#include "exec/translator.h"

#define TYPE_ARM_CPU        "arm-cpu"
#define ARM_CPU_TYPE_SUFFIX "-" TYPE_ARM_CPU
#define ARM_CPU_TYPE_NAME(model) model ARM_CPU_TYPE_SUFFIX

typedef struct CPUArchState CPUARMState;
typedef struct ARMCPU ARMCPU;
typedef struct ARMCPUClass ARMCPUClass;
typedef struct ARMModel ARMModel;
DECLARE_OBJ_CHECKERS(ARMCPU, ARMCPUClass, ARM_CPU, TYPE_ARM_CPU)

/* PSTATE, where SPSR_ELx has its fields; NZCV live apart, in env->n to env->v. */
enum {
    PSTATE_SP = 1 << 0,
    PSTATE_EL_SHIFT = 2,
    PSTATE_EL = 3 << PSTATE_EL_SHIFT,
    PSTATE_NRW = 1 << 4, /* AArch32 */
    PSTATE_F = 1 << 6,
    PSTATE_I = 1 << 7,
    PSTATE_A = 1 << 8,
    PSTATE_D = 1 << 9,
    PSTATE_DAIF = PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F,
    PSTATE_BTYPE_SHIFT = 10,
    PSTATE_BTYPE = 3 << PSTATE_BTYPE_SHIFT,
    PSTATE_SSBS = 1 << 12,
    PSTATE_IL = 1 << 20,
    PSTATE_SS = 1 << 21,
    PSTATE_PAN = 1 << 22,
    PSTATE_UAO = 1 << 23,
    PSTATE_DIT = 1 << 24,
    PSTATE_TCO = 1 << 25,
};
#define PSTATE_NZCV 0xf0000000u

/*
 * In AArch32 it is the CPSR, where the exception masks, IL and nRW (which is bit 4 of all modes) are
 * in the same place. IT counts where the block key has it only.
 */
enum {
    CPSR_M = 0x1f,
    CPSR_T = 1 << 5,
    CPSR_AIF = PSTATE_A | PSTATE_I | PSTATE_F,
    CPSR_E = 1 << 9,
    CPSR_GE_SHIFT = 16,
    CPSR_GE = 0xf << CPSR_GE_SHIFT,
    CPSR_Q_SHIFT = 27,
    CPSR_Q = 1 << CPSR_Q_SHIFT,
    CPSR_IT = 3 << 25 | 0xfc00,
};
/* What MRS reads besides the flags, what MSR writes by a call. */
#define CPSR_MRS (CPSR_Q | CPSR_GE | CPSR_E | CPSR_AIF | CPSR_M)
#define CPSR_MSR (CPSR_E | CPSR_AIF | CPSR_M)

static inline uint32_t arm_cpsr_it(uint8_t it)
{
    return (it >> 2 & 0x3f) << 10 | (uint32_t)(it & 3) << 25;
}

static inline uint8_t arm_it_of_cpsr(uint32_t cpsr)
{
    return (cpsr >> 10 & 0x3f) << 2 | (cpsr >> 25 & 3);
}

enum {
    MODE_USR = 0x10,
    MODE_FIQ = 0x11,
    MODE_IRQ = 0x12,
    MODE_SVC = 0x13,
    MODE_MON = 0x16, /* with EL3 */
    MODE_ABT = 0x17,
    MODE_HYP = 0x1a, /* with EL2 */
    MODE_UND = 0x1b,
    MODE_SYS = 0x1f,
};

enum {
    SCTLR_M = 1 << 0,
    SCTLR_A = 1 << 1,
    SCTLR_C = 1 << 2,
    SCTLR_SA = 1 << 3,
    SCTLR_SA0 = 1 << 4,
    SCTLR_CP15BEN = 1 << 5,
    SCTLR_NAA = 1 << 6, /* FEAT_LSE2 */
    SCTLR_ITD = 1 << 7,
    SCTLR_SED = 1 << 8,
    SCTLR_UMA = 1 << 9,
    SCTLR_I = 1 << 12,
    SCTLR_V = 1 << 13, /* AArch32: vectors at 0xffff0000 */
    SCTLR_DZE = 1 << 14,
    SCTLR_UCT = 1 << 15,
    SCTLR_NTWI = 1 << 16,
    SCTLR_NTWE = 1 << 18,
    SCTLR_WXN = 1 << 19,
    SCTLR_UWXN = 1 << 20, /* AArch32 */
    SCTLR_E0E = 1 << 24,
    SCTLR_EE = 1 << 25,
    SCTLR_UCI = 1 << 26,
    SCTLR_AFE = 1 << 29, /* AArch32, as TRE and TE */
    SCTLR_TE = 1 << 30,
};
/* Of extensions */
#define SCTLR_ENRCTX (1ull << 10)
#define SCTLR_ENDB  (1ull << 13)
#define SCTLR_IESB  (1ull << 21) /* SErrors are never late here */
#define SCTLR_SPAN  (1ull << 23)
#define SCTLR_ENDA  (1ull << 27)
#define SCTLR_ENIB  (1ull << 30)
#define SCTLR_ENIA  (1ull << 31)
#define SCTLR_BT0   (1ull << 35)
#define SCTLR_BT1   (1ull << 36)
#define SCTLR_ITFSB (1ull << 37) /* faults of tags are never late here, but for TFSR */
#define SCTLR_TCF0_SHIFT 38
#define SCTLR_TCF0  (3ull << SCTLR_TCF0_SHIFT)
#define SCTLR_TCF_SHIFT 40
#define SCTLR_TCF   (3ull << SCTLR_TCF_SHIFT)
#define SCTLR_ATA0  (1ull << 42)
#define SCTLR_ATA   (1ull << 43)
#define SCTLR_DSSBS (1ull << 44)

/* HCR_EL2 */
#define HCR_VM    (1ull << 0)
#define HCR_PTW   (1ull << 2)
#define HCR_FMO   (1ull << 3)
#define HCR_IMO   (1ull << 4)
#define HCR_AMO   (1ull << 5)
#define HCR_VF    (1ull << 6)
#define HCR_VI    (1ull << 7)
#define HCR_VSE   (1ull << 8)
#define HCR_FB    (1ull << 9)
#define HCR_DC    (1ull << 12)
#define HCR_TWI   (1ull << 13)
#define HCR_TWE   (1ull << 14)
#define HCR_TID0  (1ull << 15) /* AArch32 */
#define HCR_TID1  (1ull << 16)
#define HCR_TID2  (1ull << 17)
#define HCR_TID3  (1ull << 18)
#define HCR_TSC   (1ull << 19)
#define HCR_TIDCP (1ull << 20)
#define HCR_TACR  (1ull << 21)
#define HCR_TSW   (1ull << 22)
#define HCR_TPC   (1ull << 23)
#define HCR_TPU   (1ull << 24)
#define HCR_TTLB  (1ull << 25)
#define HCR_TVM   (1ull << 26)
#define HCR_TGE   (1ull << 27)
#define HCR_TDZ   (1ull << 28)
#define HCR_HCD   (1ull << 29)
#define HCR_TRVM  (1ull << 30)
#define HCR_RW    (1ull << 31)
#define HCR_CD    (1ull << 32)
#define HCR_ID    (1ull << 33)
#define HCR_E2H   (1ull << 34)
#define HCR_TLOR  (1ull << 35)
#define HCR_TERR  (1ull << 36)
#define HCR_TEA   (1ull << 37)
#define HCR_APK   (1ull << 40)
#define HCR_API   (1ull << 41)
#define HCR_ATA   (1ull << 56)
#define HCR_DCT   (1ull << 57)
#define HCR_TID5  (1ull << 58)
#define HCR_HOST  (HCR_E2H | HCR_TGE) /* both: EL0 is a host's, in EL2's regime */

/* SCR_EL3, SCR */
enum {
    SCR_NS = 1 << 0,
    SCR_IRQ = 1 << 1,
    SCR_FIQ = 1 << 2,
    SCR_EA = 1 << 3,
    SCR_FW = 1 << 4, /* AArch32: the CPSR's masks keep non-secure state's from Monitor mode */
    SCR_AW = 1 << 5,
    SCR_NET = 1 << 6, /* AArch32: kept */
    SCR_SMD = 1 << 7,
    SCR_HCE = 1 << 8,
    SCR_SIF = 1 << 9,
    SCR_RW = 1 << 10,
    SCR_ST = 1 << 11,
    SCR_TWI = 1 << 12,
    SCR_TWE = 1 << 13,
    SCR_APK = 1 << 16,
    SCR_API = 1 << 17,
    SCR_ATA = 1 << 26,
};

/* CPTR_EL3, and CPTR_EL2 without VHE; with it that has CPACR_EL1's fields, and TCPAC. */
#define CPTR_TZ        (1ull << 8) /* in CPTR_EL3 it is EZ, the other way round */
#define CPTR_TFP       (1ull << 10)
#define CPTR_TTA       (1ull << 20)
#define CPTR_TCPAC     (1ull << 31)
#define CPTR_FPEN_SHIFT 20
#define CPTR_ZEN_SHIFT  16 /* SVE, as FPEN */
#define CPTR_E2H_TTA   (1ull << 28)
/* NSACR: non-secure state may use floating point. */
#define NSACR_CP10_11  (3u << 10)

/* MDCR_EL2, MDCR_EL3 */
#define MDCR_HPMN  0x1full
#define MDCR_TPMCR (1ull << 5)
#define MDCR_TPM   (1ull << 6)
#define MDCR_HPME  (1ull << 7)
#define MDCR_TDE   (1ull << 8)
#define MDCR_TDA   (1ull << 9)
#define MDCR_TDOSA (1ull << 10)
#define MDCR_TDRA  (1ull << 11)
#define MDCR_HPMD  (1ull << 17)
#define MDCR3_SDD  (1ull << 16)
#define MDCR3_SPME (1ull << 17)

/*
 * CPUClass.tcg_ops: exception_index. The rest of an exception is in env->exception. Virtual ones are
 * what EL2 has for EL1.
 */
enum {
    ARM_EXCP_SYNC,
    ARM_EXCP_IRQ,
    ARM_EXCP_FIQ,
    ARM_EXCP_SERROR,
    ARM_EXCP_VIRQ,
    ARM_EXCP_VFIQ,
    ARM_EXCP_VSERROR,
    /* Not exceptions, but bits of pending_lines: what is IRQ or FIQ depending on the security state. */
    ARM_LINE_GROUP1,
    ARM_LINE_GROUP1_SECURE,
};

/* The block key: everything besides the pc that translated code depends on. */
enum {
    ARM_HF_EL = 3,             /* the exception level */
    ARM_HF_E2H = 1 << 2,       /* EL2 with VHE: EL1's registers are EL2's */
    ARM_HF_FP = 1 << 3,        /* FP and SIMD may be used at this level */
    ARM_HF_ALIGN = 1 << 4,     /* SCTLR.A */
    ARM_HF_SP_ALIGN = 1 << 5,  /* SCTLR.SA, or SA0 at EL0 */
    ARM_HF_BIG_ENDIAN = 1 << 6,
    ARM_HF_ILLEGAL = 1 << 7,   /* PSTATE.IL */
    ARM_HF_STEP = 1 << 8,      /* software step is on */
    ARM_HF_STEP_NEXT = 1 << 9, /* and the next instruction is to be executed (PSTATE.SS) */
    ARM_HF_FP_INLINE = 1 << 10, /* FPCR's modes are the default ones, and FPSR.IXC is set */
    ARM_HF_A32 = 1 << 11,      /* AArch32, */
    ARM_HF_THUMB = 1 << 12,    /* with T32 */
    ARM_HF_IT_SHIFT = 13,      /* and ITSTATE, eight bits */
    ARM_HF_IT = 0xff << ARM_HF_IT_SHIFT,
    ARM_HF_PAC_IA = 1 << 21,     /* which pointer authentication is enabled, in the order of */
    ARM_HF_PAC_ALL = 0xf << 21,  /* ARM_PAC_* */
    ARM_HF_BTI = 1 << 25,        /* guarded pages have been seen: PSTATE.BTYPE is kept up */
    ARM_HF_BTYPE_SHIFT = 26,
    ARM_HF_BTYPE = 3 << ARM_HF_BTYPE_SHIFT,
    ARM_HF_UAO = 1 << 28,        /* LDTR, STTR are LDR, STR */
    ARM_HF_PAC_TRAP = 1 << 29,   /* pointer authentication traps to EL2, or to EL3 */
};
#define ARM_HF_TRAPS     (1ull << 40) /* a higher level may want to know of register accesses */
#define ARM_HF_HOST      (1ull << 41) /* EL2 with VHE, and EL0 is its own */
#define ARM_HF_Z_HIGH    (1ull << 42) /* what lies above SIMD registers may not be zero */
#define ARM_HF_NAA       (1ull << 43) /* SCTLR.nAA: what is ordered needn't be aligned */
#define ARM_HF_MMU_SHIFT 44           /* the MMU mode, four bits */
#define ARM_HF_VQ_SHIFT  48           /* SVE's vector length in quadwords, three bits; 0: it traps */
#define ARM_HF_STRIP_TAGS (1ull << 52) /* what isn't checked is accessed without its address' tag, too */
/* Memory tagging, where allocation tags are accessible; else nothing of it is in the key. */
#define ARM_HF_TAG_CHECK (1ull << 53)      /* loads and stores are checked, */
#define ARM_HF_TAG_CHECK_USER (1ull << 54) /* those that are done as EL0 would are */
#define ARM_HF_TAGS      (1ull << 55)      /* allocation tags can be accessed */
#define ARM_HF_TBI_SHIFT 56  /* addresses have tags: a bit for each half; */
#define ARM_HF_TCMA_SHIFT 58 /* those that are all like bit 55 are unchecked: the same */
#define ARM_HF_TBI       (3ull << ARM_HF_TBI_SHIFT)
/* AArch32: secure state's coprocessor registers (SCR.NS = 0). */
#define ARM_HF_SECURE_BANK (1ull << 60)
/* AArch32 at EL0 below AArch64: SCTLR_EL1.ITD and SED take most of IT blocks, and SETEND. */
#define ARM_HF_ITD         (1ull << 62)
#define ARM_HF_SED         (1ull << 63)
#define ARM_HF_BREAKPOINTS (1ull << 61) /* instructions look for the guest's own */

/*
 * MMU modes. Without translation EL0 and EL1 see the same. In guests (what has a second stage) and
 * in secure state these have modes of their own, with or without stage 1, as their global pages
 * aren't everybody's.
 */
enum { /* the busiest first: page slots and places near env are for them */
    ARM_MMU_EL0,
    ARM_MMU_EL1,
    ARM_MMU_EL1_PAN, /* with PSTATE.PAN */
    ARM_MMU_OFF,
    ARM_MMU_EL2,
    ARM_MMU_EL3,
    ARM_MMU_GUEST_EL0,
    ARM_MMU_GUEST_EL1,
    ARM_MMU_GUEST_EL1_PAN,
    ARM_MMU_HOST_EL0, /* in EL2's regime, with VHE */
    ARM_MMU_EL2_PAN,
    ARM_MMU_SECURE_EL0, /* AArch32: in the secure regime, whose privileged modes are EL3 */
};

static inline int arm_mmu_index(uint64_t hflags)
{
    return hflags >> ARM_HF_MMU_SHIFT & 0xf;
}

static inline unsigned arm_vq(uint64_t hflags)
{
    return hflags >> ARM_HF_VQ_SHIFT & 7;
}

/* The longest vectors, in quadwords. */
#define ARM_MAX_VQ 4

#define ARM_NB_ELS 4

/* Identification registers, constant for a CPU. */
typedef struct ARMIdRegs {
    uint64_t midr, mpidr, revidr;
    uint64_t pfr0, pfr1, zfr0, dfr0, dfr1, afr0, afr1, isar0, isar1, isar2; /* ID_AA64* */
    uint64_t mmfr0, mmfr1, mmfr2;
    uint64_t a32_pfr[3], a32_dfr0, a32_afr0, a32_mmfr[6], a32_isar[7], mvfr[3]; /* ID_* */
    uint64_t ctr, clidr, dczid;
    uint64_t pmcr; /* PMCR_EL0's constant fields: who made it, number of counters */
    uint32_t fpsid;
    uint64_t ccsidr[6]; /* by CSSELR: level 1 data, level 1 instruction, level 2, ... */
} ARMIdRegs;

/* A key of pointer authentication: APxKeyHi_EL1, APxKeyLo_EL1. */
typedef struct ARMPacKey {
    uint64_t low, high;
} ARMPacKey;

#define ARM_NB_PAC_KEYS 5

/* A code that was computed. */
#define ARM_PAC_CACHE_BITS 10
typedef struct ARMPacEntry {
    uint64_t data, modifier;
    ARMPacKey key;
    uint64_t code;
    bool valid;
} ARMPacEntry;

typedef struct ARMException {
    uint64_t far;
    uint64_t ipa;   /* of a fault of stage 2 */
    uint32_t esr;
    uint8_t target; /* the level that takes it */
    bool has_far;
    bool has_ipa;
    bool wants_access; /* ESR says what the instruction at the pc loads or stores, if that can be said */
    uint8_t domain;    /* of an abort by short descriptors */
} ARMException;

/* The timers that a level can have; index of everything that there is once for each. */
enum {
    ARM_TIMER_PHYS,
    ARM_TIMER_VIRT,
    ARM_TIMER_HYP,
    ARM_TIMER_SECURE,
    ARM_TIMER_HYPVIRT, /* with VHE */
    ARM_NB_TIMERS,
};

typedef struct ARMTimer {
    uint64_t compare; /* CNTx_CVAL */
    uint32_t control; /* CNTx_CTL: ENABLE, IMASK */
    bool line;        /* the level of the output */
} ARMTimer;

/* The performance monitors (pmu.c); counter 31 is the cycle counter. */
#define ARM_PMU_CYCLES 31
typedef struct ARMPmu {
    uint64_t select, user;           /* PMSELR, PMUSERENR */
    uint64_t value[32], type[32];    /* as of the last look; PMEVTYPER, PMCCFILTR */
    uint64_t base[32];               /* of what counts by itself: the source's count then */
    uint32_t control;                /* PMCR */
    uint32_t enabled, interrupt, overflowed;
    uint32_t active, running; /* that are on; of these, that count at this level */
    int64_t deadline;         /* when to look for an overflow, ns of the virtual clock; INT64_MAX */
    bool line;                /* the level of the output */
} ARMPmu;

/* Events that are counted where they happen: their numbers. */
enum { ARM_PMU_EXC_TAKEN = 0x09, ARM_PMU_EXC_RETURN = 0x0a };

typedef struct ARMVector {
    uint64_t d[2];
} QEMU_ALIGNED(16) ARMVector;

/* What an SVE register has above that. */
typedef struct ARMVectorTop {
    uint64_t d[2 * (ARM_MAX_VQ - 1)];
} QEMU_ALIGNED(16) ARMVectorTop;

/*
 * Which blocks the TLB has been given pages of, as a set that may have more: by a hash of the 2 MiB
 * that one lies in; those that are larger one by one.
 */
#define ARM_BLOCK_FILTER_BITS 13
#define ARM_MAX_LARGE_BLOCKS  8
#define ARM_RECENT_BLOCKS     64
#define ARM_MAX_RECENT_PAGES  11

/* The pages of a block of up to 2 MiB that the TLB has. */
typedef struct ARMRecentBlock {
    uint64_t start;
    uint16_t nb_pages; /* more than there is room for: any of them */
    uint16_t page[ARM_MAX_RECENT_PAGES];
} ARMRecentBlock;

typedef struct ARMBlocks {
    uint64_t filter[1 << (ARM_BLOCK_FILTER_BITS - 6)];
    uint64_t code_filter[1 << (ARM_BLOCK_FILTER_BITS - 6)]; /* those that instructions came from */
    ARMRecentBlock recent[ARM_RECENT_BLOCKS];
    struct {
        uint64_t start, size;
    } large[ARM_MAX_LARGE_BLOCKS];
    unsigned nb_large; /* more than there is room for: all of memory */
    bool tagged;       /* one by a tagged address */
    bool used;
} ARMBlocks;

/*
 * Generated code keeps what is above hflags in host registers, as IR globals; everything else is
 * memory that helpers and explicit loads and stores touch. What exists once for each exception
 * level has four places.
 */
struct CPUArchState {
    uint64_t x[32]; /* x[31]: the stack pointer in use */
    uint64_t pc;
    /*
     * The flags: N is bit 63 of `n`, Z is `z` being 0, C is `c` (0 or 1), V is bit 63 of `v`. An
     * instruction whose result decides N and Z writes it to both.
     */
    uint64_t n, z, c, v;
    /* The exclusive monitor: what was loaded from where; ARM_NO_ADDRESS: open. */
    uint64_t exclusive_address;
    uint64_t exclusive_value[2];
    ARMVector vreg[32];
    /* SVE: what Z registers have above these; predicates, and the first-fault register (sve.h). */
    ARMVectorTop zhigh[32];
    uint64_t preg[17];
    /* What a slow load of SVE has found, and where a slow store's bytes go in vain. */
    QEMU_ALIGNED(16) uint8_t sve_memory[4 * 16 * ARM_MAX_VQ];
    bool z_high_used;  /* ARM_HF_Z_HIGH, where vectors are long enough */
    uint8_t vq_before; /* the length when predicates could last be written */

    uint64_t hflags; /* arm_update_hflags() */
    uint32_t pstate; /* but NZCV */
    uint64_t fpcr;
    uint64_t fpsr;

    uint64_t sp_el[ARM_NB_ELS]; /* of those that aren't in use */
    uint64_t elr_el[ARM_NB_ELS];
    uint64_t spsr_el[ARM_NB_ELS];
    uint64_t vbar_el[ARM_NB_ELS];
    uint64_t esr_el[ARM_NB_ELS];
    uint64_t far_el[ARM_NB_ELS];
    uint64_t sctlr_el[ARM_NB_ELS];
    uint64_t tcr_el[ARM_NB_ELS];
    uint64_t ttbr0_el[ARM_NB_ELS];
    uint64_t ttbr1_el[ARM_NB_ELS];
    uint64_t mair_el[ARM_NB_ELS];
    uint64_t amair_el[ARM_NB_ELS];
    uint64_t afsr0_el[ARM_NB_ELS];
    uint64_t afsr1_el[ARM_NB_ELS];
    uint64_t tpidr_el[ARM_NB_ELS];
    uint64_t actlr_el[ARM_NB_ELS];
    uint64_t tpidrro_el0;
    uint64_t cpacr;
    uint64_t contextidr;
    uint64_t par;
    uint64_t csselr;
    uint64_t cntkctl;
    ARMPacKey pac_keys[ARM_NB_PAC_KEYS]; /* ARM_PAC_* */
    uint64_t lor[4];                     /* LORSA, LOREA, LORN, LORC: kept */
    uint64_t disr, errselr;
    /* Memory tagging: how tags are chosen, and which halves' checks have failed (0: TFSRE0_EL1). */
    uint64_t gcr, rgsr, tfsr_el[ARM_NB_ELS];
    uint64_t impdef[4]; /* CPUACTLR, CPUECTLR, CPUMERRSR, L2MERRSR: kept */

    /* EL2 and EL3 */
    uint64_t hcr, scr; /* as written: arm_hcr() for what is in effect */
    uint64_t cptr_el[ARM_NB_ELS], mdcr_el[ARM_NB_ELS]; /* of EL2 and EL3 */
    uint64_t zcr_el[ARM_NB_ELS];
    uint64_t vttbr, vtcr, hpfar, vpidr, vmpidr, hstr, hacr, cnthctl, contextidr_el2, sder,
        vsesr, vdisr;
    uint64_t ich_traps; /* of ICH_HCR_EL2, which is the GIC's: ICH_HCR_TRAPS */

    /* Self-hosted debug */
    uint64_t mdscr, osdlr, oslsr;
    uint64_t dbgbvr[16], dbgbcr[16], dbgwvr[16], dbgwcr[16];
    uint64_t claim;
    uint64_t breakpoint_filter; /* arm_breakpoint_bit() of each that is armed */

    /* AArch32 alone. r13 and r14 of other modes, and FIQ's r8 to r12, lie in x[16] to x[30]. */
    uint64_t spsr_abt, spsr_und, spsr_irq, spsr_fiq; /* spsr_el[1] is SVC's */
    uint64_t dacr, ifsr, fpexc;
    uint64_t sp_mon, lr_mon, mvbar, nsacr; /* Hyp mode's r13 is x[15], SPSR and ELR are EL2's */
    /* Secure state's, of registers that exist twice; others are EL3's in the arrays above. */
    uint64_t dacr_s, ifsr_s, contextidr_s, csselr_s, par_s, tpidrurw_s, tpidruro_s;
    uint32_t global_domains; /* bit n: the TLB may have global pages of domain n */

    ARMTimer timers[ARM_NB_TIMERS];
    uint64_t cntvoff;
    ARMPmu pmu;

    ARMException exception; /* of the exception in exception_index */
    uint32_t pending_lines; /* atomic: a bit ARM_EXCP_* for each interrupt input that is active */
    bool event;             /* the event register: WFE goes on; other CPUs set it, too */
    bool powered_off;       /* until PSCI's CPU_ON; under the big lock; property "start-powered-off" */
    uint32_t cache_op_iss;  /* ESR_CM while cache maintenance by address looks its address up */
    uint64_t checked_address; /* the last access, with its tag, while tags may be looked at */
    uint64_t sve_is_checked;  /* where tags are: this SVE load or store isn't at the stack pointer */
    uint32_t tagged_fills[2]; /* of the TLB, by addresses with tags: at EL0, and above */
    bool guarded_pages;     /* there has been one in the TLB (FEAT_BTI) */
    ARMBlocks blocks;       /* of more than a page, that the TLB may have parts of: mmu.c */
    uint64_t start_pc, start_argument; /* of CPU_ON */

    /* What follows a reset leaves alone. */
    ARMIdRegs id;
    uint64_t cntfrq;
    bool has_el2, has_el3; /* properties */
    uint8_t sve_lengths;   /* bit n: vectors of n + 1 quadwords */
    uintptr_t access_ra;   /* of a helper that accesses a system register, while it does */
};

#define ARM_NO_ADDRESS UINT64_MAX

/* GPIO inputs: the interrupts of the CPU interface. Outputs: its timers (ARM_TIMER_*). */
enum {
    ARM_CPU_IRQ,
    ARM_CPU_FIQ,
    ARM_CPU_VIRQ,
    ARM_CPU_VFIQ,
    /* Of a GIC with two security states: group 1 of each, which is an IRQ in that state, else FIQ. */
    ARM_CPU_GROUP1,
    ARM_CPU_GROUP1_SECURE,
    ARM_CPU_NB_INPUTS,
};

/* Another output: the performance monitors' interrupt. */
#define ARM_CPU_PMU_OUT "pmu-interrupt"

/* Which instruction calls the power state coordination interface. */
enum {
    ARM_PSCI_NONE,
    ARM_PSCI_HVC,
    ARM_PSCI_SMC,
};

/* Registers of a GICv3's CPU interface, ICC_…_EL1. */
typedef enum ARMICCRegister {
    ICC_PMR,
    ICC_IAR0,
    ICC_EOIR0,
    ICC_HPPIR0,
    ICC_BPR0,
    ICC_AP0R0,
    ICC_AP1R0,
    ICC_DIR,
    ICC_RPR,
    ICC_SGI1R,
    ICC_ASGI1R,
    ICC_SGI0R,
    ICC_IAR1,
    ICC_EOIR1,
    ICC_HPPIR1,
    ICC_BPR1,
    ICC_CTLR,
    ICC_IGRPEN0,
    ICC_IGRPEN1,
    /* Of higher levels */
    ICC_CTLR_EL3,
    ICC_IGRPEN1_EL3,
    ICH_AP0R0,
    ICH_AP1R0,
    ICH_HCR,
    ICH_VTR,
    ICH_MISR,
    ICH_EISR,
    ICH_ELRSR,
    ICH_VMCR,
    ICH_LR0,
    ICH_LR15 = ICH_LR0 + 15,
} ARMICCRegister;

/* Which register, and who asks. */
typedef struct ARMGICAccess {
    uint8_t reg; /* ARMICCRegister */
    uint8_t el;
    bool secure, secure_below_el3;
    bool fiq_to_el3; /* SCR_EL3.FIQ */
    bool is_virtual; /* EL1's, whose interrupts are those that EL2 lists */
} ARMGICAccess;

/* Who they belong to: called with the big lock held; `cpu` is the number that the GIC gave. */
typedef struct ARMGICOps {
    uint64_t (*read)(void *gic, unsigned cpu, const ARMGICAccess *access);
    void (*write)(void *gic, unsigned cpu, const ARMGICAccess *access, uint64_t value);
} ARMGICOps;

/* Properties of models whose extensions can be chosen. */
typedef struct ARMFeatureProperties {
    bool pauth, pauth_impdef, pauth_qarma3, pauth_qarma5;
    bool sve, sve_length[ARM_MAX_VQ];
    uint32_t sve_max_vq;
    bool lpa2;
    bool sme; /* can be asked for, and isn't there */
} ARMFeatureProperties;

struct ARMCPU {
    CPUState parent_obj;

    uint64_t mpidr;        /* property "mp-affinity" */
    uint64_t rvbar;        /* property "rvbar": where a reset starts */
    uint32_t psci_conduit; /* property "psci-conduit": ARM_PSCI_* */
    uint32_t cntfrq;       /* property "cntfrq", Hz */
    uint32_t core_count;   /* property "core-count": of its cluster */
    bool has_pmu;          /* property "pmu" */
    qemu_irq timer_out[ARM_NB_TIMERS];
    qemu_irq pmu_out;
    /* Properties "tag-memory" and "secure-tag-memory": regions with a byte for each 32 of the CPU's
     * memory, NULL: no tags are kept; and as address spaces. */
    MemoryRegion *tag_memory, *secure_tag_memory;
    AddressSpace *tag_space, *secure_tag_space;
    struct RAMBlock *tag_block; /* that a tag was stored in last */
    const ARMGICOps *gic_ops; /* NULL: the CPU interface isn't in system registers */
    void *gic;
    unsigned gic_number;
    uint32_t pac_algorithm; /* ARMPacAlgorithm */
    ARMPacEntry pac_cache[1 << ARM_PAC_CACHE_BITS];
    ARMFeatureProperties features;
    uint32_t lacking; /* of a64.decode's extensions: A64_FLAG_* */
    const GdbFeature *const *gdb_features; /* made when a debugger asks */

    CPUJitState jit;
    CPUARMState env;
};
CHECK_CPU_LAYOUT(ARMCPU);

struct ARMCPUClass {
    CPUClass parent_class;
    const ARMModel *model;
    DeviceRealize parent_realize;
    DeviceReset parent_reset;
};

static inline ARMCPU *arm_env_archcpu(CPUARMState *env)
{
    return container_of(env, ARMCPU, env);
}

static inline CPUState *arm_env_cpu(CPUARMState *env)
{
    return (CPUState *)arm_env_archcpu(env);
}

/* AArch32 is all that there is. */
static inline bool arm_has_only_aarch32(const CPUARMState *env)
{
    return !(env->id.pfr0 & 0xf0);
}

/* EL1 may use either. */
static inline bool arm_el1_has_both(const CPUARMState *env)
{
    return (env->id.pfr0 & 0xf0) == 0x20;
}

static inline bool arm_in_aarch32(const CPUARMState *env)
{
    return env->pstate & PSTATE_NRW;
}

/* Where EL3 uses AArch32 the privileged modes of secure state are EL3 (G1.4.1). */
static inline unsigned arm_el_of_mode(const CPUARMState *env, unsigned mode)
{
    return mode == MODE_USR                                           ? 0
           : mode == MODE_HYP                                         ? 2
           : mode == MODE_MON ? 3
           : env->has_el3 && arm_has_only_aarch32(env) && !(env->scr & SCR_NS) ? 3
                                                                              : 1;
}

static inline unsigned arm_current_el(const CPUARMState *env)
{
    return arm_in_aarch32(env) ? arm_el_of_mode(env, env->pstate & CPSR_M)
                               : (env->pstate & PSTATE_EL) >> PSTATE_EL_SHIFT;
}

/* Performance monitors; parts without AArch64 say so in ID_DFR0. */
static inline bool arm_has_pmu(const ARMIdRegs *id)
{
    return (id->pfr0 ? id->dfr0 >> 8 : id->a32_dfr0 >> 24) & 0xf;
}

/* Arithmetic on halves: the field is 0 for floating point without it, all ones for none. */
static inline bool arm_has_half(const ARMIdRegs *id)
{
    return (id->pfr0 >> 16 & 0xf) == 1;
}

/* Address authentication by QARMA5 (APA), by an algorithm of the implementation's (API), by QARMA3
 * (APA3, in ID_AA64ISAR2). */
static inline bool arm_has_pauth(const ARMIdRegs *id)
{
    return (id->isar1 & 0xff0) || (id->isar2 & 0xf000);
}

/* Addresses of 52 bits with granules of 4 and 16 KiB. */
static inline bool arm_has_lpa2(const ARMIdRegs *id)
{
    return (id->mmfr0 >> 28 & 0xf) == 1;
}

/* FEAT_LSE2: what lies in 16 aligned bytes is accessed at once, and needn't be aligned. */
static inline bool arm_has_lse2(const ARMIdRegs *id)
{
    return id->mmfr2 >> 32 & 0xf;
}

static inline bool arm_has_sve(const ARMIdRegs *id)
{
    return id->pfr0 >> 32 & 0xf;
}

/* ID_AA64ZFR0: SVE's version and what of extensions it has: where the fields begin. */
enum {
    ARM_ZFR0_SVEVER = 0,
    ARM_ZFR0_AES = 4, /* 2: with products of 64 bits (PMULL) */
    ARM_ZFR0_BITPERM = 16,
    ARM_ZFR0_BF16 = 20,
    ARM_ZFR0_SHA3 = 32,
    ARM_ZFR0_SM4 = 40,
    ARM_ZFR0_I8MM = 44,
    ARM_ZFR0_F32MM = 52,
    ARM_ZFR0_F64MM = 56,
};

static inline unsigned arm_sve_feature(const ARMIdRegs *id, unsigned field)
{
    return id->zfr0 >> field & 0xf;
}

static inline bool arm_has_bti(const ARMIdRegs *id)
{
    return id->pfr1 & 0xf;
}

/* Memory tagging: 1 the instructions, without tags in memory (FEAT_MTE); 2 all of it (FEAT_MTE2); 3
 * asymmetric faults, too (FEAT_MTE3). */
static inline unsigned arm_mte_level(const ARMIdRegs *id)
{
    return id->pfr1 >> 8 & 0xf;
}

static inline bool arm_has_tags(const ARMIdRegs *id)
{
    return arm_mte_level(id) >= 2;
}

/* It has AArch32 alone; of a realized one. */
static inline bool arm_cpu_is_aarch32(const ARMCPU *cpu)
{
    return arm_has_only_aarch32(&cpu->env);
}

/* In secure state: EL3, or below it if SCR_EL3.NS says so. */
static inline bool arm_is_secure_below_el3(const CPUARMState *env)
{
    return env->has_el3 && !(env->scr & SCR_NS);
}

static inline bool arm_is_secure(const CPUARMState *env)
{
    return env->has_el3 && (arm_current_el(env) == 3 || !(env->scr & SCR_NS));
}

/* AArch32 alone: accesses of coprocessor registers that exist twice are to secure state's. */
static inline bool arm_has_secure_bank(const CPUARMState *env)
{
    return arm_has_only_aarch32(env) && arm_is_secure_below_el3(env);
}

/* EL2 is there for what is below it: not so in secure state. */
static inline bool arm_el2_enabled(const CPUARMState *env)
{
    return env->has_el2 && !arm_is_secure_below_el3(env);
}

/* HCR_EL2 as far as it is in effect. */
static inline uint64_t arm_hcr(const CPUARMState *env)
{
    return arm_el2_enabled(env) ? env->hcr : 0;
}

/* EL0 runs below a host at EL2 (VHE). */
static inline bool arm_el0_is_hosted(const CPUARMState *env)
{
    return (arm_hcr(env) & HCR_HOST) == HCR_HOST;
}

/* EL1 uses AArch32: of parts that have nothing else, or because the level above says so (D1.20.2:
 * there EL2 never does). */
static inline bool arm_el1_is_aarch32(const CPUARMState *env)
{
    if (!arm_el1_has_both(env)) {
        return arm_has_only_aarch32(env);
    }
    return arm_el2_enabled(env) ? !(env->hcr & HCR_RW) && !arm_el0_is_hosted(env)
                                : env->has_el3 && !(env->scr & SCR_RW);
}

/* What runs is AArch32 that is EL1's own, or belongs to such. */
static inline bool arm_is_below_aarch32(const CPUARMState *env)
{
    return arm_in_aarch32(env) && arm_el1_is_aarch32(env);
}

/* Which level's registers translate and control what runs at the current one. */
static inline unsigned arm_regime_el(const CPUARMState *env)
{
    unsigned el = arm_current_el(env);

    return el ? el : arm_el0_is_hosted(env) ? 2 : arm_has_secure_bank(env) ? 3 : 1;
}

/* The CPU's ICC registers are there from now on, and gic's; before the machine starts. */
void arm_cpu_set_gic(ARMCPU *cpu, const ARMGICOps *ops, void *gic, unsigned number);

/* The CPU with that affinity (MPIDR_EL1's fields), or NULL. */
ARMCPU *arm_cpu_by_affinity(uint64_t affinity);

/*
 * Puts the CPU into the state in which it starts at `pc` with x0 = `argument` and x1 to x3 = 0, at
 * EL1 with everything masked and translation off: as after a reset, which this follows. Where that
 * is AArch32, r0, and bit 0 of `pc` chooses T32.
 */
void arm_set_start_state(ARMCPU *cpu, uint64_t pc, uint64_t argument);

#endif
