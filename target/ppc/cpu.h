/*
 * PowerPC 6xx/7xx/74xx (32-bit) CPU state.
 *
 * Reference: MPC750 RISC Microprocessor Family User's Manual (with the MPC755 appendix) and the
 * Programming Environments Manual for 32-bit implementations ("PEM").
 *
 * Bit masks are written as numbers: bit 0 of the manuals is 0x80000000.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_PPC_CPU_H
#define TARGET_PPC_CPU_H

#include "core/cpu.h"
#include "exec/cpu-loop.h"
#include "exec/cputlb.h"
#include "qemu/bitops.h"
#include "qemu/timer.h"

#define TYPE_POWERPC_CPU        "powerpc-cpu"
#define POWERPC_CPU_TYPE_SUFFIX "-" TYPE_POWERPC_CPU
#define POWERPC_CPU_TYPE_NAME(model) model POWERPC_CPU_TYPE_SUFFIX

/* A file that includes this header sees the opaque CPUArchState as the PowerPC's. */
typedef struct CPUArchState CPUPPCState;

typedef struct PowerPCCPU PowerPCCPU;
typedef struct PowerPCCPUClass PowerPCCPUClass;
DECLARE_OBJ_CHECKERS(PowerPCCPU, PowerPCCPUClass, POWERPC_CPU, TYPE_POWERPC_CPU)

/* Machine state register */
enum {
    MSR_VEC = 0x02000000,  /* AltiVec available (74xx) */
    MSR_POW = 0x00040000,
    MSR_TGPR = 0x00020000, /* GPR0-3 are the table search's own */
    MSR_ILE = 0x00010000,
    MSR_EE = 0x00008000,
    MSR_PR = 0x00004000,
    MSR_FP = 0x00002000,
    MSR_ME = 0x00001000,
    MSR_FE0 = 0x00000800,
    MSR_SE = 0x00000400,
    MSR_BE = 0x00000200,
    MSR_FE1 = 0x00000100,
    MSR_IP = 0x00000040,
    MSR_IR = 0x00000020,
    MSR_DR = 0x00000010,
    MSR_PM = 0x00000004,
    MSR_RI = 0x00000002,
    MSR_LE = 0x00000001,
};

/*
 * The block key (TranslationBlock.flags, CPUPPCState.hflags): these MSR bits at their places in the
 * MSR, and the PPC_HF_* bits, which lie where PPC_HF_MSR has none.
 */
#define PPC_HF_MSR                                                                                 \
    (MSR_VEC | MSR_TGPR | MSR_PR | MSR_FP | MSR_FE0 | MSR_SE | MSR_BE | MSR_FE1 | MSR_IR |         \
     MSR_DR | MSR_LE)
enum {
    /* An FPSCR exception enable (VE OE UE ZE XE) is set: results may be suppressed, see
     * helper_ppc_fp_result(); with FE0 or FE1 also set an FP instruction may raise. */
    PPC_HF_FP_TRAPS = 0x00000002,
    /* FPSCR[RN] isn't "nearest", or FPSCR[NI] is set: no inline arithmetic. */
    PPC_HF_FP_MODE = 0x00000004,
    /* Inline arithmetic, and FPSCR[XX] is clear: the first inexact result must be noticed. */
    PPC_HF_FP_WATCH = 0x00001000,
    /* IABR is enabled: an instruction at env->iabr_pc raises PPC_EXCP_IABR instead of executing. */
    PPC_HF_IABR = 0x00000008,
    /* DABR is enabled (data accesses must not use memory windows). */
    PPC_HF_DABR = 0x00000040,
    /* XER[SO] is set: compares write packed values. */
    PPC_HF_SO = 0x00008000,
    /* A counter of the performance monitor counts a kind of instruction: generated code does. */
    PPC_HF_PERFMON = 0x00000080,
};

/* MMU modes */
enum {
    PPC_MMU_REAL = 0,
    PPC_MMU_SUPERVISOR = 1,
    PPC_MMU_USER = 2,
};

/* The mode for data accesses and instruction fetches of a block with key `hflags`. */
static inline int ppc_data_mmu_idx(uint32_t hflags)
{
    return !(hflags & MSR_DR) ? PPC_MMU_REAL : hflags & MSR_PR ? PPC_MMU_USER : PPC_MMU_SUPERVISOR;
}

static inline int ppc_insn_mmu_idx(uint32_t hflags)
{
    return !(hflags & MSR_IR) ? PPC_MMU_REAL : hflags & MSR_PR ? PPC_MMU_USER : PPC_MMU_SUPERVISOR;
}

/* Exceptions: CPUState.exception_index is the vector's offset. */
enum {
    PPC_EXCP_RESET = 0x0100,
    PPC_EXCP_MCHECK = 0x0200,   /* error: SRR1 bits */
    PPC_EXCP_DSI = 0x0300,      /* env->dar_pending, error: DSISR */
    PPC_EXCP_ISI = 0x0400,      /* error: SRR1 bits */
    PPC_EXCP_EXTERNAL = 0x0500,
    PPC_EXCP_ALIGN = 0x0600,    /* like DSI; DSISR comes from the instruction, error is ignored */
    PPC_EXCP_PROGRAM = 0x0700,  /* error: PPC_PROGRAM_* */
    PPC_EXCP_FPU = 0x0800,
    PPC_EXCP_DECR = 0x0900,
    PPC_EXCP_SYSCALL = 0x0c00,  /* SRR0 is the next instruction's address */
    PPC_EXCP_TRACE = 0x0d00,    /* raised after the traced instruction: env->nip is the next */
    PPC_EXCP_PERFMON = 0x0f00,
    PPC_EXCP_VPU = 0x0f20,
    PPC_EXCP_IMISS = 0x1000,    /* software table search */
    PPC_EXCP_DLMISS = 0x1100,
    PPC_EXCP_DSMISS = 0x1200,
    PPC_EXCP_IABR = 0x1300,
    PPC_EXCP_SMI = 0x1400,
    PPC_EXCP_VPUA = 0x1600,
    PPC_EXCP_THERMAL = 0x1700,
};

/* Program exception: SRR1 bits */
enum {
    PPC_PROGRAM_FP = 0x00100000,
    PPC_PROGRAM_ILLEGAL = 0x00080000,
    PPC_PROGRAM_PRIVILEGED = 0x00040000,
    PPC_PROGRAM_TRAP = 0x00020000,
    PPC_PROGRAM_IMPRECISE = 0x00010000, /* SRR0 isn't the causing instruction */
};

/* Interrupts that wait in CPUPPCState.pending_interrupts until they can be taken. */
enum {
    PPC_INTERRUPT_RESET = 1 << 0,  /* SRESET edge */
    PPC_INTERRUPT_MCHECK = 1 << 1, /* MCP edge or bus error */
    PPC_INTERRUPT_SMI = 1 << 2,    /* level */
    PPC_INTERRUPT_EXT = 1 << 3,    /* level */
    PPC_INTERRUPT_PERFMON = 1 << 4,
    PPC_INTERRUPT_DECR = 1 << 5,   /* edge: latched until taken */
    PPC_INTERRUPT_THERMAL = 1 << 6,
};

/* GPIO inputs of the CPU device: qdev_get_gpio_in(DEVICE(cpu), PPC6xx_INPUT_...). 1 is asserted. */
enum {
    PPC6xx_INPUT_HRESET = 0,
    PPC6xx_INPUT_SRESET = 1,
    PPC6xx_INPUT_CKSTP_IN = 2,
    PPC6xx_INPUT_MCP = 3,
    PPC6xx_INPUT_SMI = 4,
    PPC6xx_INPUT_INT = 5,
    PPC6xx_INPUT_TBEN = 6,
    PPC6xx_INPUT_NB,
};

/*
 * What the performance monitor's events count. First the kinds that generated code counts in
 * env->pm_counts (an instruction may be of several), then what the CPU's own code counts there,
 * then what is worked out.
 */
enum {
    PPC_PM_LOAD_STORE,
    PPC_PM_LOAD,
    PPC_PM_INTEGER,
    PPC_PM_FP,
    PPC_PM_SYSTEM,    /* condition register logic, special registers, exceptions, ordering */
    PPC_PM_BRANCH,
    PPC_PM_NOT_TAKEN, /* of these */
    PPC_PM_SYNC,
    PPC_PM_EIEIO,
    PPC_PM_LWARX,
    PPC_PM_STWCX,
    PPC_PM_STWCX_DONE, /* that stored */
    PPC_PM_TLBIE,
    PPC_PM_TLBSYNC,
    PPC_PM_NB_KINDS,
    PPC_PM_PRIVILEGE = PPC_PM_NB_KINDS, /* changes of MSR[PR] */
    PPC_PM_MARK_USER,                   /* changes of MSR[PM] while MSR[PR] is set */
    PPC_PM_MARK_SUPERVISOR,             /* ... clear */
    PPC_PM_IABR,
    PPC_PM_NB_COUNTS,
    PPC_PM_NOTHING = PPC_PM_NB_COUNTS,
    PPC_PM_CYCLES,
    PPC_PM_COMPLETED,
    PPC_PM_TB_BIT,
    PPC_PM_TAKEN,
    PPC_PM_UNKNOWN, /* can't be counted here */
};

/* SPR numbers */
enum {
    SPR_XER = 1,
    SPR_LR = 8,
    SPR_CTR = 9,
    SPR_DSISR = 18,
    SPR_DAR = 19,
    SPR_DEC = 22,
    SPR_SDR1 = 25,
    SPR_SRR0 = 26,
    SPR_SRR1 = 27,
    SPR_VRSAVE = 256,
    SPR_TBL = 268,
    SPR_TBU = 269,
    SPR_SPRG0 = 272,
    SPR_SPRG4 = 276,
    SPR_EAR = 282,
    SPR_TBL_WRITE = 284,
    SPR_TBU_WRITE = 285,
    SPR_PVR = 287,
    SPR_IBAT0U = 528,
    SPR_DBAT0U = 536,
    SPR_IBAT4U = 560,
    SPR_DBAT4U = 568,
    SPR_UMMCR2 = 928,
    SPR_UMMCR0 = 936,
    SPR_MMCR2 = 944,
    SPR_BAMR = 951,
    SPR_MMCR0 = 952,
    SPR_PMC1 = 953,
    SPR_PMC2 = 954,
    SPR_SIA = 955,
    SPR_MMCR1 = 956,
    SPR_PMC3 = 957,
    SPR_PMC4 = 958,
    SPR_SDA = 959,
    SPR_DMISS = 976,
    SPR_DCMP = 977,
    SPR_HASH1 = 978,
    SPR_HASH2 = 979,
    SPR_IMISS = 980,
    SPR_ICMP = 981,
    SPR_RPA = 982,
    SPR_HID0 = 1008,
    SPR_HID1 = 1009,
    SPR_IABR = 1010,
    SPR_HID2 = 1011,
    SPR_DABR = 1013,
    SPR_MSSCR0 = 1014,
    SPR_MSSSR0 = 1015,
    SPR_L2PM = 1016,
    SPR_L2CR = 1017,
    SPR_ICTC = 1019,
    SPR_THRM1 = 1020,
    SPR_THRM2 = 1021,
    SPR_THRM3 = 1022,
    SPR_PIR = 1023,
};
#define PPC_NB_SPRS 1024

/* FPSCR */
enum {
    FPSCR_FX = 0x80000000,
    FPSCR_FEX = 0x40000000,
    FPSCR_VX = 0x20000000,
    FPSCR_OX = 0x10000000,
    FPSCR_UX = 0x08000000,
    FPSCR_ZX = 0x04000000,
    FPSCR_XX = 0x02000000,
    FPSCR_VXSNAN = 0x01000000,
    FPSCR_VXISI = 0x00800000,
    FPSCR_VXIDI = 0x00400000,
    FPSCR_VXZDZ = 0x00200000,
    FPSCR_VXIMZ = 0x00100000,
    FPSCR_VXVC = 0x00080000,
    FPSCR_FR = 0x00040000,
    FPSCR_FI = 0x00020000,
    FPSCR_FPRF = 0x0001f000, /* C, then FPCC: < > = ? */
    FPSCR_FPCC = 0x0000f000,
    FPSCR_RESERVED = 0x00000800,
    FPSCR_VXSOFT = 0x00000400,
    FPSCR_VXSQRT = 0x00000200,
    FPSCR_VXCVI = 0x00000100,
    FPSCR_VE = 0x00000080,
    FPSCR_OE = 0x00000040,
    FPSCR_UE = 0x00000020,
    FPSCR_ZE = 0x00000010,
    FPSCR_XE = 0x00000008,
    FPSCR_NI = 0x00000004,
    FPSCR_RN = 0x00000003,
};
#define FPSCR_VX_ALL                                                                               \
    (FPSCR_VXSNAN | FPSCR_VXISI | FPSCR_VXIDI | FPSCR_VXZDZ | FPSCR_VXIMZ | FPSCR_VXVC |           \
     FPSCR_VXSOFT | FPSCR_VXSQRT | FPSCR_VXCVI)
/* Bits that mcrfs clears when it copies them. */
#define FPSCR_STICKY  (FPSCR_FX | FPSCR_OX | FPSCR_UX | FPSCR_ZX | FPSCR_XX | FPSCR_VX_ALL)
#define FPSCR_ENABLES (FPSCR_VE | FPSCR_OE | FPSCR_UE | FPSCR_ZE | FPSCR_XE)
/* What the block key depends on. */
#define FPSCR_MODES (FPSCR_ENABLES | FPSCR_NI | FPSCR_RN | FPSCR_XX)
/* What an operation sets anew each time. env->fpscr may be behind in these: ppc_read_fpscr(). */
#define FPSCR_RESULT (FPSCR_FR | FPSCR_FI | FPSCR_FPRF)

/* Biased exponents of the doubles that a denormalized single shows: this one and so many more. */
#define PPC_SINGLE_DENORMAL_EXP  874
#define PPC_SINGLE_DENORMAL_EXPS 23

/* XER */
#define XER_SO 0x80000000u
#define XER_OV 0x40000000u
#define XER_CA 0x20000000u

/*
 * The guest's registers. Generated code keeps the first group (up to xer_rest) and fpr[] in host
 * registers as IR globals; everything else is plain memory that only helpers and explicit loads and
 * stores of the translator touch.
 */
struct CPUArchState {
    uint32_t gpr[32];
    uint64_t crf[8];   /* see PPC_CRF_LT */
    uint32_t nip;
    uint32_t lr;
    uint32_t ctr;
    uint32_t xer_ov;   /* 0 or 1 */
    uint32_t xer_ca;
    uint32_t xer_rest; /* the other bits: the byte count, in place */

    uint32_t xer_so;   /* 0 or 1; goes into hflags, where generated code has it from */
    uint32_t hflags;   /* the block key, kept by ppc_update_hflags() */
    uint32_t msr;      /* read freely; written by ppc_store_msr() only */
    uint32_t fpscr;    /* but for FPSCR_RESULT up to date; ppc_read_fpscr(), ppc_store_fpscr() */

    /* lwarx sets all; stwcx. stores if `reserve` is set and clears it (7xx: the address isn't
     * compared). */
    uint32_t reserve;
    uint32_t reserve_addr;
    uint32_t reserve_value;

    uint64_t fpr[32];

    /* The last floating-point operation of generated code, see fpu.h. */
    uint32_t fp_record;
    uint64_t fp_saved[4];
    uint64_t fp_compared;

    uint32_t sr[16];           /* written by ppc_store_sr() only */
    uint32_t insn;             /* instruction word at nip, from insn_start's second word */
    uint32_t iabr_pc;
    uint32_t fp_suppressed;    /* the last FP operation must not write its target */
    uint32_t error_code;       /* of the exception in exception_index */
    uint32_t fault_address;    /* DAR of the exception in exception_index */
    uint32_t pending_interrupts; /* PPC_INTERRUPT_*; under the big lock */
    uint32_t input_levels;     /* bit n: GPIO input n */
    bool checkstopped;         /* until reset */
    hwaddr bus_error;          /* physical address and kind (MMUAccessType) of the last bus error */
    uint32_t bus_error_access;
    uint32_t last_vector;      /* where the last exception went to, and how many faults in a row */
    uint32_t vector_faults;    /* lay in the vector of the one before */
    uint32_t tgpr[4];          /* the GPR0-3 that are not in gpr[] now */

    uint32_t spr[PPC_NB_SPRS]; /* storage of every SPR that has no better place */
    uint32_t saved_cr;         /* the CR, while a snapshot is made or loaded */

    /* Time: see timebase.c */
    uint32_t tb_freq;          /* Hz */
    int64_t tb_offset;         /* ticks: TB = ticks(virtual clock) + tb_offset while it runs */
    uint64_t tb_stopped;       /* the value of a stopped TB */
    bool tb_running;
    uint32_t dec_value;        /* DEC as it was written ... */
    uint64_t dec_start;        /* ... when the running tick counter stood here */
    uint64_t dec_expiry;       /* the tick at which DEC turns negative next; not latched yet */

    /* Performance monitor: see perfmon.c */
    uint64_t pm_base[4];   /* what the counter's source stood at when spr[PMCn] was right */
    uint64_t pm_tb_base;   /* the same for interrupts by a time base bit */
    uint64_t pm_counts[PPC_PM_NB_COUNTS]; /* run freely */
    uint8_t pm_running;    /* bit n: PMC(n + 1) counts */
    bool pm_selected;      /* some counter has an event */
    bool pm_kinds;         /* some counter counts a kind of instruction */
    bool pm_signalled;     /* an interrupt condition was signalled since MMCR0 was written */
    uint32_t pm_sampled;   /* address for SIA; written before a write to MMCRn or PMCn */
    QEMUTimer *pm_timer;

    /* TLBs of the software table search, loaded by tlbld and tlbli: see swt.c. [data,
     * instruction][set][way] */
    struct PPCSoftTLBEntry {
        uint32_t vsid;
        uint32_t page;  /* EA >> 12 & 0xffff */
        uint32_t word1; /* of the page table entry */
        bool valid;
    } soft_tlb[2][64][2];
    uint8_t soft_tlb_lru[2][64]; /* the way to replace next */

    /*
     * Pages, with the MMU mode, that generated code needn't ask about again: the last one that dcbz
     * found to be memory that may be cached, and the last ones that the other cache operations found
     * to allow loads and stores. See mem-helper.c.
     */
    uint32_t dcbz_page;
    uint32_t cache_op_page[2]; /* MMU_DATA_LOAD, MMU_DATA_STORE */
};

struct PowerPCCPU {
    CPUState parent_obj;

    uint32_t tb_freq; /* property "tb-frequency" */
    uint32_t hid1_pll; /* property "hid1": PLL configuration that HID1 shows */
    bool bus_errors;   /* property "bus-errors": failed accesses raise machine checks */

    CPUJitState jit;
    CPUPPCState env;
};
CHECK_CPU_LAYOUT(PowerPCCPU);

/* The registers of a CPU that is known to be a PowerPC: no checked cast, as this is done often. */
static inline CPUPPCState *ppc_env(CPUState *cs)
{
    return (CPUPPCState *)cs->env;
}

QEMU_BUILD_BUG_ON(offsetof(CPUPPCState, fpscr) >= 256);

/* What the translator may ask of a family: PPCFamily.features. */
enum {
    PPC_FEAT_GRAPHICS = 1 << 0, /* fres, frsqrte, fsel, stfiwx */
    PPC_FEAT_TLB_SWT = 1 << 2,  /* tlbld, tlbli */
    PPC_FEAT_EXTERN = 1 << 3,   /* eciwx, ecowx */
    PPC_FEAT_ALTIVEC = 1 << 4,
    PPC_FEAT_DCBA = 1 << 5,
    PPC_FEAT_NAP = 1 << 6,       /* MSR[POW] alone saves power, no HID0 bit selects how */
    PPC_FEAT_HW_SEARCH = 1 << 7, /* page tables are searched by hardware */
    PPC_FEAT_PERFMON = 1 << 8,
    PPC_FEAT_TLBSYNC = 1 << 9,
    PPC_FEAT_ICBI_TRANSLATES = 1 << 10, /* icbi's address is translated and may fault */
    PPC_FEAT_DCBZ_UNLOCKED = 1 << 11,   /* dcbz needs a data cache that isn't locked */
    PPC_FEAT_ISYNC_TRACED = 1 << 12,
    /* Misaligned little-endian scalars are refused; DAR of a misaligned lmw, stmw is 4 more. */
    PPC_FEAT_603_ALIGNMENT = 1 << 13,
};

typedef struct PPCFamily PPCFamily;
typedef struct PPCSPR PPCSPR;

struct PPCFamily {
    const char *name;
    uint32_t features;
    uint32_t msr_mask;
    unsigned nb_bats;              /* pairs of each kind */
    unsigned tlb_set_bits;         /* each TLB has 1 << tlb_set_bits sets of two ways */
    const PPCSPR *const *spr_sets; /* ends with NULL; a later set's row replaces an earlier one's */
    bool runs;                     /* false: known by name only */
};

struct PowerPCCPUClass {
    CPUClass parent_class;

    DeviceRealize parent_realize;
    DeviceUnrealize parent_unrealize;
    void (*parent_reset)(DeviceState *dev);

    uint32_t pvr;
    const PPCFamily *family;
    const PPCSPR **sprs; /* PPC_NB_SPRS pointers */
    const GdbFeature *const *gdb_features; /* made on demand */
};

static inline PowerPCCPU *env_archcpu_ppc(CPUPPCState *env)
{
    return container_of(env, PowerPCCPU, env);
}

static inline CPUState *ppc_env_cpu(CPUPPCState *env)
{
    return (CPUState *)env_archcpu_ppc(env);
}

static inline const PPCFamily *ppc_family(CPUPPCState *env)
{
    /* Not the checked cast: env is part of such a CPU. */
    return ((PowerPCCPUClass *)object_get_class((Object *)env_archcpu_ppc(env)))->family;
}

/*
 * CR fields are 64-bit values, so that a compare writes one with two or three host instructions:
 *     LT  bit 62
 *     GT  (int64_t)value > 0
 *     EQ  (uint32_t)value == 0
 *     SO  bits 35 and 36 differ
 * A compare writes a - b with a, b sign- or zero-extended to 64 bits: a difference. Its upper bits are
 * all equal, so that its SO is clear, as XER[SO] nearly always is: code is translated for one value of
 * that (PPC_HF_SO).
 */
#define PPC_CRF_LT 8u
#define PPC_CRF_GT 4u
#define PPC_CRF_EQ 2u
#define PPC_CRF_SO 1u

/*
 * Packed values have each bit in a place of its own; GT and EQ are inverted. Bit 36 is clear, and
 * POSITIVE set, so that a value with bit 63 clear is GT whatever the other bits are.
 */
enum {
    PPC_CRF_AT_EQ = 0,
    PPC_CRF_AT_SO = 35,
    PPC_CRF_AT_POSITIVE = 40,
    PPC_CRF_AT_LT = 62,
    PPC_CRF_AT_GT = 63,
};

/* The packed value for four bits LT GT EQ SO. */
static inline uint64_t ppc_crf_pack(unsigned bits)
{
    return (uint64_t)!(bits & PPC_CRF_EQ) << PPC_CRF_AT_EQ |
           (uint64_t)!!(bits & PPC_CRF_SO) << PPC_CRF_AT_SO | 1ULL << PPC_CRF_AT_POSITIVE |
           (uint64_t)!!(bits & PPC_CRF_LT) << PPC_CRF_AT_LT |
           (uint64_t)!(bits & PPC_CRF_GT) << PPC_CRF_AT_GT;
}

/* The four bits of any value. */
static inline unsigned ppc_crf_unpack(uint64_t value)
{
    return (value >> PPC_CRF_AT_LT & 1) << 3 | ((int64_t)value > 0 ? PPC_CRF_GT : 0) |
           ((uint32_t)value == 0 ? PPC_CRF_EQ : 0) | ((value ^ value >> 1) >> PPC_CRF_AT_SO & 1);
}

/* The 32-bit CR and XER. */
uint32_t ppc_get_cr(const CPUPPCState *env);
void ppc_set_cr(CPUPPCState *env, uint32_t cr);
/* Whether helper_ppc_get_cr_wide() is of use here. Prepares its table: not while code runs. */
bool ppc_has_wide_cr(void);

static inline uint32_t ppc_get_xer(const CPUPPCState *env)
{
    return env->xer_so << 31 | env->xer_ov << 30 | env->xer_ca << 29 | env->xer_rest;
}

/* Bits of XER that exist besides SO OV CA: the string byte count. */
#define XER_REST_MASK 0x0000007fu

/* Works out env->hflags from the MSR, FPSCR, XER[SO] and breakpoint registers. */
void ppc_update_hflags(CPUPPCState *env);

static inline void ppc_set_xer(CPUPPCState *env, uint32_t xer)
{
    env->xer_so = xer >> 31;
    env->xer_ov = xer >> 30 & 1;
    env->xer_ca = xer >> 29 & 1;
    env->xer_rest = xer & XER_REST_MASK;
    ppc_update_hflags(env);
}

/* Writes the MSR (all bits that exist), with every consequence but POW's. */
void ppc_store_msr(CPUPPCState *env, uint32_t value);

/* Writes the FPSCR bits in `mask`; keeps VX and FEX right. Raises nothing. */
void ppc_store_fpscr(CPUPPCState *env, uint32_t value, uint32_t mask);

/* The FPSCR as the program sees it. Changes nothing. */
uint32_t ppc_read_fpscr(const CPUPPCState *env);
/* Brings env->fpscr up to date: before an FPR is written, or saved, by who isn't generated code. */
void ppc_settle_fpscr(CPUPPCState *env);
/*
 * Makes the record of the last operation independent of the FPRs: before other code runs than that
 * which wrote it.
 */
void ppc_detach_fp_record(CPUPPCState *env);
/* With PPC_HF_FP_WATCH, after an operation was done by a helper: leaves that state if XX is set. */
void ppc_fp_watched(CPUPPCState *env);

void ppc_store_sr(CPUPPCState *env, unsigned n, uint32_t value);

/* Raises an exception (PPC_EXCP_*) for the instruction whose helper was called from `ra`. */
G_NORETURN_ATTR void ppc_raise_exception(CPUPPCState *env, int excp, uint32_t error, uintptr_t ra);

/* translate.c */
void ppc_translate_init(void);
void ppc_translate_code(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input);

/* Prints the CPU models, `-cpu help`. */
void ppc_cpu_list(void);

/* Frequency of the time base and decrementer, Hz. Call before realize, or while the CPU is stopped.
 */
void ppc_set_tb_frequency(PowerPCCPU *cpu, uint32_t hz);

/* Puts the CPU into the state in which it starts at `pc` with MSR `msr` (direct kernel boot). */
void ppc_set_start_state(PowerPCCPU *cpu, uint32_t pc, uint32_t msr);

/*
 * The instruction as insn_start records it, and back: small numbers take few bytes there, and the
 * upper half is what mostly counts.
 */
static inline uint32_t ppc_insn_start_word(uint32_t insn)
{
    return rol32(insn, 16);
}

#endif
