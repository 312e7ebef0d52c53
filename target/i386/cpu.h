/*
 * The x86 CPU: real, virtual-8086, protected and long mode.
 *
 * Reference: Intel 64 and IA-32 Architectures Software Developer's Manual ("SDM"), volume 1 chapter 3
 * (registers), volume 3 chapters 2 to 6 (system registers, paging, segments, exceptions).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_CPU_H
#define TARGET_I386_CPU_H

#include "qemu/osdep.h"
#include "core/cpu.h"
#include "exec/translator.h"

#define TYPE_X86_CPU        "x86_64-cpu"
#define X86_CPU_TYPE_SUFFIX "-" TYPE_X86_CPU
#define X86_CPU_TYPE_NAME(model) model X86_CPU_TYPE_SUFFIX

typedef struct CPUArchState CPUX86State;
typedef struct X86CPU X86CPU;
typedef struct X86CPUClass X86CPUClass;
typedef struct X86Model X86Model; /* models.c */
DECLARE_OBJ_CHECKERS(X86CPU, X86CPUClass, X86_CPU, TYPE_X86_CPU)

/* General registers, as instructions number them. */
enum {
    R_EAX, R_ECX, R_EDX, R_EBX, R_ESP, R_EBP, R_ESI, R_EDI,
    X86_NB_REGS = 16,
};

/* Segment registers, as instructions number them; the last two have no number. */
enum {
    R_ES, R_CS, R_SS, R_DS, R_FS, R_GS,
    X86_NB_SEGS,
};

/* EFLAGS. The six status flags and DF live apart, see CPUX86State. */
enum {
    FLAG_CF = 1 << 0,
    FLAG_1 = 1 << 1, /* always set */
    FLAG_PF = 1 << 2,
    FLAG_AF = 1 << 4,
    FLAG_ZF = 1 << 6,
    FLAG_SF = 1 << 7,
    FLAG_TF = 1 << 8,
    FLAG_IF = 1 << 9,
    FLAG_DF = 1 << 10,
    FLAG_OF = 1 << 11,
    FLAG_IOPL_SHIFT = 12,
    FLAG_IOPL = 3 << FLAG_IOPL_SHIFT,
    FLAG_NT = 1 << 14,
    FLAG_RF = 1 << 16,
    FLAG_VM = 1 << 17,
    FLAG_AC = 1 << 18,
    FLAG_VIF = 1 << 19,
    FLAG_VIP = 1 << 20,
    FLAG_ID = 1 << 21,
    FLAGS_STATUS = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF,
    FLAGS_APART = FLAGS_STATUS | FLAG_DF,
    FLAGS_ALL = 0x3f7fd5,
};

enum {
    CR0_PE = 1 << 0,
    CR0_MP = 1 << 1,
    CR0_EM = 1 << 2,
    CR0_TS = 1 << 3,
    CR0_ET = 1 << 4,
    CR0_NE = 1 << 5,
    CR0_WP = 1 << 16,
    CR0_AM = 1 << 18,
    CR0_NW = 1 << 29,
    CR0_CD = 1 << 30,
};
#define CR0_PG (1u << 31)

enum {
    CR4_VME = 1 << 0,
    CR4_PVI = 1 << 1,
    CR4_TSD = 1 << 2,
    CR4_DE = 1 << 3,
    CR4_PSE = 1 << 4,
    CR4_PAE = 1 << 5,
    CR4_MCE = 1 << 6,
    CR4_PGE = 1 << 7,
    CR4_PCE = 1 << 8,
    CR4_OSFXSR = 1 << 9,
    CR4_OSXMMEXCPT = 1 << 10,
    CR4_UMIP = 1 << 11,
    CR4_LA57 = 1 << 12,
    CR4_FSGSBASE = 1 << 16,
    CR4_PCIDE = 1 << 17,
    CR4_OSXSAVE = 1 << 18,
    CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21,
    CR4_PKE = 1 << 22,
};

enum {
    EFER_SCE = 1 << 0,
    EFER_LME = 1 << 8,
    EFER_LMA = 1 << 10,
    EFER_NXE = 1 << 11,
    EFER_SVME = 1 << 12,
};

/* Exceptions; the numbers are the vectors (SDM volume 3, table 6-1). */
enum {
    EXCP_DE, EXCP_DB, EXCP_NMI, EXCP_BP, EXCP_OF, EXCP_BR, EXCP_UD, EXCP_NM, EXCP_DF,
    EXCP_TS = 10, EXCP_NP, EXCP_SS, EXCP_GP, EXCP_PF,
    EXCP_MF = 16, EXCP_AC, EXCP_MC, EXCP_XM,
};

/* CPU_INTERRUPT_HARD: the interrupt controller has one for it. */
#define CPU_INTERRUPT_NMI  CPU_INTERRUPT_TGT_0
#define CPU_INTERRUPT_SMI  (CPU_INTERRUPT_TGT_0 << 1)
#define CPU_INTERRUPT_INIT (CPU_INTERRUPT_TGT_0 << 2)
#define CPU_INTERRUPT_SIPI (CPU_INTERRUPT_TGT_0 << 3)
#define CPU_INTERRUPT_VIRTUAL (CPU_INTERRUPT_TGT_0 << 4) /* SVM's V_IRQ */

/*
 * A segment register with what its descriptor said. `attributes` are bits 8 to 23 of the
 * descriptor's second word, without the limit's: as the SDM's "access rights" (volume 3, 24.4.1).
 */
typedef struct X86Segment {
    uint64_t base;
    uint32_t limit; /* in bytes, the last one that is inside (expand-down: outside) */
    uint16_t selector;
    uint16_t attributes; /* SEG_* */
} X86Segment;

enum {
    SEG_ACCESSED = 1 << 0,
    SEG_WRITABLE = 1 << 1,    /* of data; of code: readable */
    SEG_READABLE = 1 << 1,
    SEG_EXPAND_DOWN = 1 << 2, /* of data; of code: conforming */
    SEG_CONFORMING = 1 << 2,
    SEG_CODE = 1 << 3,
    SEG_TYPE = 15,
    SEG_S = 1 << 4, /* code or data, not a system descriptor */
    SEG_DPL_SHIFT = 5,
    SEG_DPL = 3 << SEG_DPL_SHIFT,
    SEG_P = 1 << 7, /* clear: nothing may be accessed (null selector) */
    SEG_AVL = 1 << 12,
    SEG_L = 1 << 13,
    SEG_DB = 1 << 14,
    SEG_G = 1 << 15,
};

/*
 * The lower half of the block key, env->hflags: what translated code depends on besides the pc. The
 * upper half is CS's base, but 0 in 64-bit mode.
 */
enum {
    X86_HF_CPL = 3,
    X86_HF_CS32 = 1 << 2,   /* default sizes: CS.D; in 64-bit mode clear */
    X86_HF_CS64 = 1 << 3,   /* 64-bit mode */
    X86_HF_SS32 = 1 << 4,   /* SS.B; in 64-bit mode set */
    X86_HF_PE = 1 << 5,
    X86_HF_VM = 1 << 6,
    X86_HF_LMA = 1 << 7,    /* long mode, compatibility mode included */
    X86_HF_PG = 1 << 8,
    /* Of a segment: any access of the kind it is for is inside; always set in 64-bit mode. CS: eip
     * can't leave it. */
    X86_HF_UNCHECKED_SHIFT = 9,
    X86_HF_BASE_0 = 1 << 15, /* ES, CS, SS and DS have base 0; always set in 64-bit mode */
    X86_HF_TF = 1 << 16,
    X86_HF_SHADOW = 1 << 17, /* interrupts wait for one instruction more: behind STI, MOV SS */
    X86_HF_IOPL = 1 << 18,   /* CPL <= IOPL, and not virtual-8086 mode; or real mode */
    X86_HF_EM = 1 << 19,     /* CR0.EM, .TS, .MP */
    X86_HF_TS = 1 << 20,
    X86_HF_MP = 1 << 21,
    X86_HF_OSFXSR = 1 << 22,
    X86_HF_AVX = 1 << 23,    /* CR4.OSXSAVE and XCR0 allow it */
    X86_HF_SMAP = 1 << 24,   /* supervisor accesses to user pages are forbidden now */
    X86_HF_ALIGN = 1 << 25,  /* alignment is checked: CR0.AM, EFLAGS.AC, CPL 3 */
    X86_HF_SMM = 1 << 26,    /* system management mode */
    X86_HF_SSE_PLAIN = 1 << 27, /* MXCSR: to nearest, all masked, neither DAZ nor FTZ */
    X86_HF_DEBUG = 1 << 28,  /* a breakpoint is armed, or a debug trap is due */
    X86_HF_RF = 1 << 29,     /* then: EFLAGS.RF */
    X86_HF_SS_SHADOW = 1 << 30, /* with X86_HF_SHADOW, behind MOV SS and POP SS: debug traps wait, too */
    X86_HF_SHADOWS = X86_HF_SHADOW | X86_HF_SS_SHADOW,
};
#define X86_HF_GUEST (1u << 31) /* of SVM: instructions may be intercepted */
#define X86_HF_UNCHECKED(seg) (1u << (X86_HF_UNCHECKED_SHIFT + (seg)))

enum {
    X86_MMU_KERNEL, /* CPL < 3, user pages allowed */
    X86_MMU_USER,
    X86_MMU_SMAP,   /* CPL < 3, user pages forbidden; also what the CPU itself reads then */
    X86_MMU_OFF,
};

static inline int x86_mmu_index(uint64_t hflags)
{
    return !(hflags & X86_HF_PG)          ? X86_MMU_OFF
           : (hflags & X86_HF_CPL) == 3   ? X86_MMU_USER
           : hflags & X86_HF_SMAP         ? X86_MMU_SMAP
                                          : X86_MMU_KERNEL;
}

#include "target/i386/svm.h"

typedef struct X86Vector {
    uint64_t half[2];
} QEMU_ALIGNED(16) X86Vector;

/* x87: a register; MMX uses the significand. */
typedef struct X86Float80 {
    uint64_t significand;
    uint16_t sign_exponent;
} X86Float80;

/* Features, by the CPUID word that shows them. */
typedef enum X86FeatureWord {
    FEAT_1_EDX,
    FEAT_1_ECX,
    FEAT_7_0_EBX,
    FEAT_7_0_ECX,
    FEAT_7_0_EDX,
    FEAT_8000_0001_EDX,
    FEAT_8000_0001_ECX,
    FEAT_8000_0007_EDX,
    FEAT_8000_0008_EBX,
    FEAT_D_1_EAX, /* XSAVE */
    FEAT_6_EAX,
    FEAT_8000_000A_EDX, /* SVM */
    FEATURE_WORDS,
} X86FeatureWord;

/* A feature: its word and bit. `x86_has(cpu, X86_FEATURE_SSE2)` */
#define X86_FEATURE(word, bit) ((word) << 5 | (bit))
enum {
    X86_FEATURE_FPU = X86_FEATURE(FEAT_1_EDX, 0),
    X86_FEATURE_VME = X86_FEATURE(FEAT_1_EDX, 1),
    X86_FEATURE_DE = X86_FEATURE(FEAT_1_EDX, 2),
    X86_FEATURE_PSE = X86_FEATURE(FEAT_1_EDX, 3),
    X86_FEATURE_TSC = X86_FEATURE(FEAT_1_EDX, 4),
    X86_FEATURE_MSR = X86_FEATURE(FEAT_1_EDX, 5),
    X86_FEATURE_PAE = X86_FEATURE(FEAT_1_EDX, 6),
    X86_FEATURE_MCE = X86_FEATURE(FEAT_1_EDX, 7),
    X86_FEATURE_CX8 = X86_FEATURE(FEAT_1_EDX, 8),
    X86_FEATURE_APIC = X86_FEATURE(FEAT_1_EDX, 9),
    X86_FEATURE_SEP = X86_FEATURE(FEAT_1_EDX, 11),
    X86_FEATURE_PGE = X86_FEATURE(FEAT_1_EDX, 13),
    X86_FEATURE_MTRR = X86_FEATURE(FEAT_1_EDX, 12),
    X86_FEATURE_MCA = X86_FEATURE(FEAT_1_EDX, 14),
    X86_FEATURE_CMOV = X86_FEATURE(FEAT_1_EDX, 15),
    X86_FEATURE_PAT = X86_FEATURE(FEAT_1_EDX, 16),
    X86_FEATURE_PSE36 = X86_FEATURE(FEAT_1_EDX, 17),
    X86_FEATURE_CLFLUSH = X86_FEATURE(FEAT_1_EDX, 19),
    X86_FEATURE_ACPI = X86_FEATURE(FEAT_1_EDX, 22),
    X86_FEATURE_MMX = X86_FEATURE(FEAT_1_EDX, 23),
    X86_FEATURE_FXSR = X86_FEATURE(FEAT_1_EDX, 24),
    X86_FEATURE_SSE = X86_FEATURE(FEAT_1_EDX, 25),
    X86_FEATURE_SSE2 = X86_FEATURE(FEAT_1_EDX, 26),
    X86_FEATURE_SSE3 = X86_FEATURE(FEAT_1_ECX, 0),
    X86_FEATURE_PCLMULQDQ = X86_FEATURE(FEAT_1_ECX, 1),
    X86_FEATURE_MONITOR = X86_FEATURE(FEAT_1_ECX, 3),
    X86_FEATURE_SSSE3 = X86_FEATURE(FEAT_1_ECX, 9),
    X86_FEATURE_FMA = X86_FEATURE(FEAT_1_ECX, 12),
    X86_FEATURE_CX16 = X86_FEATURE(FEAT_1_ECX, 13),
    X86_FEATURE_PCID = X86_FEATURE(FEAT_1_ECX, 17),
    X86_FEATURE_SSE41 = X86_FEATURE(FEAT_1_ECX, 19),
    X86_FEATURE_SSE42 = X86_FEATURE(FEAT_1_ECX, 20),
    X86_FEATURE_X2APIC = X86_FEATURE(FEAT_1_ECX, 21),
    X86_FEATURE_MOVBE = X86_FEATURE(FEAT_1_ECX, 22),
    X86_FEATURE_POPCNT = X86_FEATURE(FEAT_1_ECX, 23),
    X86_FEATURE_TSC_DEADLINE = X86_FEATURE(FEAT_1_ECX, 24),
    X86_FEATURE_AES = X86_FEATURE(FEAT_1_ECX, 25),
    X86_FEATURE_XSAVE = X86_FEATURE(FEAT_1_ECX, 26),
    X86_FEATURE_AVX = X86_FEATURE(FEAT_1_ECX, 28),
    X86_FEATURE_F16C = X86_FEATURE(FEAT_1_ECX, 29),
    X86_FEATURE_RDRAND = X86_FEATURE(FEAT_1_ECX, 30),
    X86_FEATURE_FSGSBASE = X86_FEATURE(FEAT_7_0_EBX, 0),
    X86_FEATURE_TSC_ADJUST = X86_FEATURE(FEAT_7_0_EBX, 1),
    X86_FEATURE_BMI1 = X86_FEATURE(FEAT_7_0_EBX, 3),
    X86_FEATURE_AVX2 = X86_FEATURE(FEAT_7_0_EBX, 5),
    X86_FEATURE_SMEP = X86_FEATURE(FEAT_7_0_EBX, 7),
    X86_FEATURE_BMI2 = X86_FEATURE(FEAT_7_0_EBX, 8),
    X86_FEATURE_INVPCID = X86_FEATURE(FEAT_7_0_EBX, 10),
    X86_FEATURE_RDSEED = X86_FEATURE(FEAT_7_0_EBX, 18),
    X86_FEATURE_ADX = X86_FEATURE(FEAT_7_0_EBX, 19),
    X86_FEATURE_SMAP = X86_FEATURE(FEAT_7_0_EBX, 20),
    X86_FEATURE_CLFLUSHOPT = X86_FEATURE(FEAT_7_0_EBX, 23),
    X86_FEATURE_CLWB = X86_FEATURE(FEAT_7_0_EBX, 24),
    X86_FEATURE_SHA = X86_FEATURE(FEAT_7_0_EBX, 29),
    X86_FEATURE_UMIP = X86_FEATURE(FEAT_7_0_ECX, 2),
    X86_FEATURE_PKU = X86_FEATURE(FEAT_7_0_ECX, 3),
    X86_FEATURE_LA57 = X86_FEATURE(FEAT_7_0_ECX, 16),
    X86_FEATURE_GFNI = X86_FEATURE(FEAT_7_0_ECX, 8),
    X86_FEATURE_VAES = X86_FEATURE(FEAT_7_0_ECX, 9),
    X86_FEATURE_VPCLMULQDQ = X86_FEATURE(FEAT_7_0_ECX, 10),
    X86_FEATURE_RDPID = X86_FEATURE(FEAT_7_0_ECX, 22),
    X86_FEATURE_SYSCALL = X86_FEATURE(FEAT_8000_0001_EDX, 11),
    X86_FEATURE_NX = X86_FEATURE(FEAT_8000_0001_EDX, 20),
    X86_FEATURE_MMXEXT = X86_FEATURE(FEAT_8000_0001_EDX, 22), /* of MMX, what SSE has */
    X86_FEATURE_PDPE1GB = X86_FEATURE(FEAT_8000_0001_EDX, 26),
    X86_FEATURE_RDTSCP = X86_FEATURE(FEAT_8000_0001_EDX, 27),
    X86_FEATURE_LM = X86_FEATURE(FEAT_8000_0001_EDX, 29),
    X86_FEATURE_3DNOW = X86_FEATURE(FEAT_8000_0001_EDX, 31),
    X86_FEATURE_LAHF_LM = X86_FEATURE(FEAT_8000_0001_ECX, 0),
    X86_FEATURE_SVM = X86_FEATURE(FEAT_8000_0001_ECX, 2),
    X86_FEATURE_CR8_LEGACY = X86_FEATURE(FEAT_8000_0001_ECX, 4), /* LOCK MOV CR0 is MOV CR8 */
    X86_FEATURE_ABM = X86_FEATURE(FEAT_8000_0001_ECX, 5), /* LZCNT */
    X86_FEATURE_SSE4A = X86_FEATURE(FEAT_8000_0001_ECX, 6),
    X86_FEATURE_PREFETCHW = X86_FEATURE(FEAT_8000_0001_ECX, 8),
    X86_FEATURE_XSAVEOPT = X86_FEATURE(FEAT_D_1_EAX, 0),
    X86_FEATURE_XSAVEC = X86_FEATURE(FEAT_D_1_EAX, 1),
    X86_FEATURE_XGETBV1 = X86_FEATURE(FEAT_D_1_EAX, 2),
    X86_FEATURE_NPT = X86_FEATURE(FEAT_8000_000A_EDX, 0),
    X86_FEATURE_NRIPS = X86_FEATURE(FEAT_8000_000A_EDX, 3),
    X86_FEATURE_VMCB_CLEAN = X86_FEATURE(FEAT_8000_000A_EDX, 5),
    X86_FEATURE_FLUSH_BY_ASID = X86_FEATURE(FEAT_8000_000A_EDX, 6),
};

#define X86_NB_VARIABLE_MTRRS 8
#define X86_NB_MC_BANKS       10
#define X86_LARGE_PAGE_BITS   10
#define X86_LARGE_PAGE_WORDS  ((1 << X86_LARGE_PAGE_BITS) / 64)
#define X86_NB_CONTEXT_NUMBERS 64

/*
 * Generated code keeps registers, pc, flags, segment bases and vectors in host registers, as IR
 * globals (translate.h); everything else is memory that helpers and explicit loads and stores touch.
 */
struct CPUArchState {
    /* In 32-bit modes the upper halves are what 64-bit mode left; nothing else reads them. */
    uint64_t regs[X86_NB_REGS];
    /*
     * Linear address of the next instruction: CS's base + eip; in 64-bit mode rip.
     * x86_get_eip(), x86_set_eip().
     */
    uint64_t pc;
    /*
     * The status flags: ZF is `fz` being 0, SF is bit 63 of `fs`, PF is even parity of its low byte:
     * a result, sign-extended, can be written to both. CF, OF and AF are those of a
     * subtraction, minuend `fm`, subtrahend `ft`, difference `fd`, all sign-extended:
     * x86_carry_flags(); a sum is the minuend of one of its operands.
     */
    uint64_t fz, fs, fm, ft, fd;
    int64_t df; /* 1, or -1 if DF is set */
    /*
     * Segment registers; segs[].base are globals. In 64-bit mode the bases of ES, CS, SS and DS are
     * kept, and not used.
     */
    X86Segment segs[X86_NB_SEGS];
    X86Vector xmm[16];
    X86Vector ymm_high[16];

    uint64_t hflags;   /* x86_update_hflags() */
    uint32_t eflags;   /* all but FLAGS_APART; bit 1 set */
    uint8_t cpl;

    X86Segment ldt, tr;   /* attributes: their descriptors' */
    X86Segment gdt, idt;  /* base and limit only */

    uint64_t cr0, cr2, cr3, cr4;
    uint64_t dr[8]; /* 4 and 5 are unused */
    uint32_t debug_pending; /* bits of DR6: debug traps that the next instruction's start raises */
    uint64_t efer, xcr0;
    uint64_t pdptr[4]; /* PAE: loaded with CR3 */
    uint32_t pkru;

    /* x87 and MMX */
    X86Float80 fpregs[8]; /* physical; ST(i) is fpregs[(fptop + i) & 7]; MMi is fpregs[i] */
    uint8_t fptop;
    uint8_t fptags;       /* a bit for each physical register: it is empty */
    uint16_t fpcw, fpsw;  /* fpsw without TOP */
    uint16_t fpop, fpcs, fpds;
    uint64_t fpip, fpdp;
    bool fp_pending;      /* an x87 exception is raised by the next waiting instruction */
    uint32_t mxcsr;       /* the host may have gathered more sticky flags: sse-helper.c */

    /* Model-specific registers */
    uint64_t star, lstar, cstar, fmask, kernel_gs_base;
    uint32_t sysenter_cs;
    uint64_t sysenter_esp, sysenter_eip;
    uint64_t tsc_aux, tsc_offset, tsc_adjust, pat, misc_enable;
    uint64_t mtrr_fixed[11], mtrr_base[X86_NB_VARIABLE_MTRRS], mtrr_mask[X86_NB_VARIABLE_MTRRS];
    uint64_t mtrr_default;
    uint64_t mcg_status, mcg_control, mc_banks[4 * X86_NB_MC_BANKS], debugctl;

    /* The exception or interrupt in exception_index: x86_raise() and its kin fill it. */
    struct {
        uint64_t next_pc;   /* of a software interrupt: the instruction pointer that is saved */
        uint32_t error;
        bool has_error;
        bool software;      /* INT n, INT3, INTO: descriptor privilege is checked */
        bool redirected;    /* by CR4.VME: to the virtual-8086 program's own handler */
        bool is_debug_fault; /* #DB that is a fault, and not an instruction breakpoint's */
    } exception;
    int16_t delivering;     /* vector that is being delivered, for double faults; -1: none. excp.c */
    bool shut_down;         /* after a triple fault: only a reset or INIT wakes it */
    bool nmi_blocked;
    bool in_smm;              /* system management mode */
    bool nmi_blocked_outside; /* then: by what it interrupted */
    uint32_t smbase;          /* where SMM's handler and state save area are */
    uint8_t sipi_vector;    /* atomic: of CPU_INTERRUPT_SIPI */
    bool waits_for_sipi;

    /* Large pages that the guest TLB may know, by 2 MiB and by 1 GiB: hashed (mmu.c). */
    uint64_t large_pages[2][X86_LARGE_PAGE_WORDS], huge_pages[2][X86_LARGE_PAGE_WORDS];

    /* What follows a reset leaves alone. */
    /* Translation contexts so far; by PCID, the number of the last that a load of CR3 began. */
    bool fp_ferr;         /* FERR# is asserted instead */
    int32_t fp_stored;    /* within an instruction that stores: helper_x86_fpu_convert() */
    uint16_t fp_stored_high;
    uint64_t contexts_made, context_number[X86_NB_CONTEXT_NUMBERS];
    uint64_t a20_mask;      /* physical addresses are ANDed with it */
    /* Of the debug registers (debug.c): which instructions to look at, by their address's low six
     * bits; whether any breakpoint is armed; whether ports are looked at. */
    uint64_t debug_filter;
    bool debug_armed, watches_ports;
    X86SVM svm;
    uint32_t features[FEATURE_WORDS];
};

/* CPUState.spaces: what the CPU sees, and what it sees in SMM; NULL: the board has no SMM. */
enum {
    X86_SPACE_MEMORY,
    X86_SPACE_SMM,
};

/* IA32_APIC_BASE */
enum {
    X86_APIC_BASE_BSP = 1 << 8,
    X86_APIC_BASE_X2APIC = 1 << 10,
    X86_APIC_BASE_ENABLE = 1 << 11,
};

/*
 * The interrupt controller that a CPU belongs to. All functions are called with the big lock held.
 * get/set_tpr: CR8; base: IA32_APIC_BASE; read/write_msr: x2APIC's registers by their number from
 * 0x800 on, and 0x6e0, the TSC deadline; false: #GP.
 * tsc_changed: software has set the time stamp counter; dump: `info lapic`.
 */
typedef struct X86InterruptOps {
    /* The vector to be taken now, or -1 if it has gone. */
    int (*acknowledge)(void *opaque);
    uint8_t (*get_tpr)(void *opaque);
    void (*set_tpr)(void *opaque, uint8_t priority);
    uint64_t (*get_base)(void *opaque);
    bool (*set_base)(void *opaque, uint64_t value);
    bool (*read_msr)(void *opaque, uint32_t msr, uint64_t *value);
    bool (*write_msr)(void *opaque, uint32_t msr, uint64_t value);
    void (*tsc_changed)(void *opaque);
    void (*dump)(void *opaque, FILE *f);
} X86InterruptOps;

struct X86CPU {
    CPUState parent_obj;

    const X86InterruptOps *interrupts; /* NULL: it has none, CPU_INTERRUPT_HARD can't come */
    void *interrupt_controller;
    /* FERR# of the x87, for IRQ 13 (named GPIO output "ferr"). */
    qemu_irq ferr;

    /* Properties: models.c */
    uint32_t apic_id;
    int32_t socket_id, die_id, core_id, thread_id; /* -1: as the board finds */
    uint32_t family, model_number, stepping;
    uint64_t tsc_hz;
    bool shows_kvm; /* property: there is none to be shown, whatever it says */
    char *vendor, *model_id;
    uint32_t level, xlevel; /* highest CPUID leaves, 0: what features need */
    uint32_t wanted[FEATURE_WORDS]; /* before what isn't there has been taken out */
    uint32_t cores, threads; /* of the package, and of a core: the board's; 0: one */
    uint32_t physical_bits;
    bool check, enforce; /* say, refuse, what of the wanted isn't there */

    CPUJitState jit;
    CPUX86State env;
};
CHECK_CPU_LAYOUT(X86CPU);

struct X86CPUClass {
    CPUClass parent_class;
    const X86Model *model;
    DeviceRealize parent_realize;
    DeviceReset parent_reset;
    DeviceUnrealize parent_unrealize;
};

static inline X86CPU *x86_env_archcpu(CPUX86State *env)
{
    return container_of(env, X86CPU, env);
}

static inline CPUState *x86_env_cpu(CPUX86State *env)
{
    return (CPUState *)x86_env_archcpu(env);
}

/* When, in ns of the virtual clock, the time stamp counter reaches `tsc`: now, if it has; INT64_MAX if
 * it won't in that clock's life. */
int64_t x86_tsc_reaches(CPUX86State *env, uint64_t tsc);

/* What CPUID says: EAX, EBX, ECX, EDX. */
void x86_cpuid(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

static inline bool x86_has(const CPUX86State *env, unsigned feature)
{
    return env->features[feature >> 5] >> (feature & 31) & 1;
}

/* 64-bit mode, not compatibility mode. */
static inline bool x86_in_64bit_mode(const CPUX86State *env)
{
    return (env->efer & EFER_LMA) && (env->segs[R_CS].attributes & SEG_L);
}

/* rip, eip or ip as the program sees it. */
static inline uint64_t x86_get_eip(const CPUX86State *env)
{
    return x86_in_64bit_mode(env) ? env->pc : (uint32_t)(env->pc - env->segs[R_CS].base);
}

/* Of the present CS. */
static inline void x86_set_eip(CPUX86State *env, uint64_t eip)
{
    env->pc = x86_in_64bit_mode(env) ? eip : (uint32_t)(env->segs[R_CS].base + eip);
}

/* CF, OF and AF; a subtraction that has them. */
static inline uint32_t x86_carry_flags(const CPUX86State *env)
{
    uint64_t overflow = (env->fm ^ env->ft) & (env->fm ^ env->fd);

    return (env->fm < env->ft ? FLAG_CF : 0) | (overflow >> 63 ? FLAG_OF : 0) |
           ((env->fm ^ env->ft ^ env->fd) & FLAG_AF);
}

static inline void x86_set_carry_flags(CPUX86State *env, uint32_t flags)
{
    env->ft = (uint64_t)(flags & FLAG_CF) << 63;
    env->fm = env->ft ^ 1ull << 63;
    env->fd = env->fm ^ (flags & FLAG_OF ? 1ull << 63 : 0) ^ (flags & FLAG_AF);
}

/* EFLAGS as a whole. */
static inline uint32_t x86_get_eflags(const CPUX86State *env)
{
    return env->eflags | FLAG_1 | x86_carry_flags(env) |
           (__builtin_parity(env->fs & 0xff) ? 0 : FLAG_PF) | (env->fz ? 0 : FLAG_ZF) |
           (env->fs >> 63 ? FLAG_SF : 0) | (env->df < 0 ? FLAG_DF : 0);
}

/* Sets the status flags among `mask` to those of `value`; the others, and DF, stay. */
static inline void x86_set_status_flags(CPUX86State *env, uint32_t value, uint32_t mask)
{
    uint32_t f = (x86_get_eflags(env) & ~mask) | (value & mask);

    x86_set_carry_flags(env, f);
    env->fz = !(f & FLAG_ZF);
    env->fs = (f & FLAG_SF ? 1ull << 63 : 0) | (f & FLAG_PF ? 0 : 1);
}

/*
 * The flags among `mask` become those of `value`; hflags follow. Who may change which is for the
 * caller to know.
 */
void x86_set_eflags(CPUX86State *env, uint32_t value, uint32_t mask);

/*
 * Connects the CPU with its interrupt controller, before the machine starts: it raises
 * CPU_INTERRUPT_HARD while it has an interrupt that the CPU would take if IF allowed it.
 */
void x86_cpu_set_interrupt_controller(X86CPU *cpu, const X86InterruptOps *ops, void *opaque);

/* The A20 gate: closed, address bit 20 is 0. With the big lock held. */
void x86_cpu_set_a20(X86CPU *cpu, bool open);

#endif
