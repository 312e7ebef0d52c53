/*
 * What the files of this folder share and nobody else needs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_INTERNAL_H
#define TARGET_I386_INTERNAL_H

#include "exec/cpu-loop.h"
#include "exec/cputlb.h"
#include "migration/vmstate.h"
#include "qemu/bswap.h"
#include "target/i386/cpu.h"

#ifndef GETPC
#define GETPC() ((uintptr_t)__builtin_return_address(0))
#endif

/* ---- cpu.c ---- */

/* Works out env->hflags; after every change of a segment, CPL, CR0, CR4, EFER, XCR0, MXCSR or of
 * EFLAGS' TF, IOPL, VM, AC. Keeps X86_HF_SHADOW. */
void x86_update_hflags(CPUX86State *env);
/* What INIT does: as a reset, but the x87, vectors, MTRRs and other MSRs stay (SDM volume 3, table
 * 9-1). */
void x86_init_state(CPUX86State *env);

/* ---- excp.c ---- */

/*
 * Raise an exception of the instruction whose helper was called from `ra` (GETPC(), or 0 when env is
 * already as before the instruction): a fault, pc stays. Don't return.
 */
G_NORETURN_ATTR void x86_raise(CPUX86State *env, unsigned vector, uintptr_t ra);
G_NORETURN_ATTR void x86_raise_error(CPUX86State *env, unsigned vector, uint32_t error,
                                     uintptr_t ra);
void x86_do_interrupt(CPUState *cs);
bool x86_cpu_exec_interrupt(CPUState *cs, int request);
bool x86_has_work(CPUState *cs);
/* The CPU stops until it is reset, which PCs do then. Doesn't return. */
G_NORETURN_ATTR void x86_shut_down(CPUX86State *env, const char *reason, uintptr_t ra);

/* CR2 is set, unless a guest's host hears of it. */
G_NORETURN_ATTR void x86_raise_page_fault(CPUX86State *env, uint64_t addr, uint32_t error,
                                          uintptr_t ra);
/* Which of an exception's kinds #DB is: with what is to be in DR6. A fault's instruction has not been
 * executed, a trap's has. */
G_NORETURN_ATTR void x86_raise_debug(CPUX86State *env, uint32_t dr6, bool is_debug_fault,
                                     uintptr_t ra);

/* ---- debug.c ---- */

/* After a change of DR0 to DR3, DR7, CR4.DE or debug_pending: what is looked for follows, and hflags. */
void x86_debug_changed(CPUX86State *env);
/* TCGCPUOps.own_watchpoint_hit; the same of a port, after the access. */
void x86_data_accessed(CPUState *cs, vaddr addr, unsigned size, MMUAccessType access, int mmu_idx,
                       uintptr_t ra);
void x86_port_accessed(CPUX86State *env, uint32_t port, uint32_t bytes);
/* Raises what comes before the fetch of the instruction at env->pc, if there is something. */
void x86_debug_before_fetch(CPUX86State *env);
/* Adds to the traps that are due before the next instruction. */
void x86_debug_add_pending(CPUX86State *env, uint32_t dr6);
/* Raises them. */
G_NORETURN_ATTR void x86_debug_trap(CPUX86State *env, uintptr_t ra);
/* The instruction that caused them is not completed: they aren't due any more. */
void x86_debug_forget_pending(CPUX86State *env);
/* A block with these flags is left as before one of its instructions. */
void x86_debug_restore(CPUX86State *env, uint64_t flags);

/* ---- svm.c ---- */

/* CPUState.exception_index, besides vectors: x86_svm_finish_exit() is due; VMRUN has injected one. */
enum { X86_EXCP_VMEXIT = 0x100, X86_EXCP_INJECTED };
typedef struct X86SVMEvent {
    unsigned vector;
    bool is_interrupt, is_nmi, is_software, has_error;
    uint32_t error;
    uint64_t next_eip;
} X86SVMEvent;

/* Whether the guest's host wants to know; only while X86_HF_GUEST is set. */
bool x86_svm_intercepts(const CPUX86State *env, unsigned exit);
/* Leaves the guest as before the instruction that `ra` is in (as x86_raise()), for the host. */
G_NORETURN_ATTR void x86_vmexit(CPUX86State *env, uint64_t code, uint64_t info1, uint64_t info2,
                                uint64_t next_rip, uintptr_t ra);
void x86_svm_finish_exit(CPUX86State *env);
X86SVMEvent x86_svm_take_event(CPUX86State *env);
/* INIT and reset: no guest, and interrupts are let through. */
void x86_svm_leave(CPUX86State *env);
/* Whether IF, or the host's, lets physical interrupts in; whether a virtual one is to be taken now. */
bool x86_svm_interrupts_allowed(const CPUX86State *env);
bool x86_svm_virtual_interrupt_due(const CPUX86State *env);
unsigned x86_svm_take_virtual_interrupt(CPUX86State *env);
/* Whether CR8 is V_TPR. */
bool x86_svm_has_tpr(const CPUX86State *env);
uint8_t x86_svm_read_tpr(const CPUX86State *env);
void x86_svm_write_tpr(CPUX86State *env, uint8_t value);

/* ---- smm.c ---- */

/* Takes an SMI; false if the machine has no SMM, and nothing has changed. */
bool x86_enter_smm(CPUX86State *env);

/* ---- seg-helper.c ---- */

void x86_task_switch(CPUX86State *env, uint16_t selector, unsigned source, uint64_t next_eip,
                     uintptr_t ra);

/* ---- control.c: control and debug registers, MSRs ---- */

#define X86_DR7_RESET (1u << 10)
enum {
    X86_DR6_BREAKPOINTS = 15, /* B0 to B3 */
    X86_DR6_BD = 1 << 13,
    X86_DR6_BS = 1 << 14,
    X86_DR6_BT = 1 << 15,
    X86_DR7_GD = 1 << 13,
    X86_DEBUGCTL_BTF = 1 << 1,
};
/* Bits that CR4 (control.c) and EFER (msr.c) may have. */
uint64_t x86_cr4_bits(const CPUX86State *env);
uint64_t x86_efer_bits(const CPUX86State *env);
void x86_write_cr0(CPUX86State *env, uint64_t value);
void x86_write_cr3(CPUX86State *env, uint64_t value);
void x86_write_cr4(CPUX86State *env, uint64_t value);
/* false: #GP(0), and nothing has changed. */
bool x86_read_msr(CPUX86State *env, uint32_t msr, uint64_t *value);
bool x86_write_msr(CPUX86State *env, uint32_t msr, uint64_t value);
uint64_t x86_read_tsc(CPUX86State *env);
/* As the program sees it: an SVM guest's has an offset. */
uint64_t x86_read_program_tsc(CPUX86State *env);
/* system-helper.c: the rights of pages with keys follow. */
void x86_write_pkru(CPUX86State *env, uint32_t value);
/* IA32_APIC_BASE; 0: there is no APIC. Takes the big lock if the thread hasn't got it. */
uint64_t x86_apic_base(CPUX86State *env);
/* What the interrupt controller has as the task's priority, CR8. */
uint64_t x86_read_cr8(CPUX86State *env);

/* ---- mmu.c ---- */

bool x86_tlb_fill(CPUState *cs, vaddr addr, int size, MMUAccessType access, int mmu_idx, bool probe,
                  uintptr_t ra);
size_t x86_mmu_context_key(CPUState *cs, int mmu_idx, uint8_t *key);
hwaddr x86_get_phys_page_debug(CPUState *cs, vaddr addr, MemTxAttrs *attrs);
void x86_dump_mmu(CPUState *cs, FILE *f);
/* In long mode: bits that no table translates repeat the highest one. */
bool x86_is_canonical(const CPUX86State *env, uint64_t addr);
/* PAE without long mode: the four registers that a load of CR3 fills; false: #GP(0). */
bool x86_load_pdptrs(CPUX86State *env, uint64_t cr3);
/* Everything; all but global pages of a PCID (0 without them); one page, in all of them. */
void x86_flush_all(CPUX86State *env);
void x86_flush_context(CPUX86State *env, unsigned pcid);
void x86_flush_page(CPUX86State *env, uint64_t addr);

/* ---- models.c, models-table.c ---- */

/* What CPUID says of a model. */
struct X86Model {
    const char *name, *model_id; /* the latter is CPUID's brand string */
    const char *vendor;
    uint16_t family;
    uint8_t model, stepping;
    uint32_t level, xlevel; /* highest leaves */
    uint8_t physical_bits;
    bool has_everything;    /* that is supported */
    uint32_t features[FEATURE_WORDS];
};

extern const X86Model x86_models[]; /* name NULL: the end */
extern const char *const x86_feature_names[FEATURE_WORDS][32];
/* Other names that features have. name NULL: the end. */
typedef struct X86FeatureAlias {
    const char *name;
    unsigned feature;
} X86FeatureAlias;
extern const X86FeatureAlias x86_feature_aliases[];
/* What this program can do. */
extern const uint32_t x86_supported_features[FEATURE_WORDS];
ObjectClass *x86_class_by_name(const char *name);
void x86_list_models(void);
/* The properties of all models; an array of its own, which ends as DeviceClass wants it. */
Property *x86_cpu_properties(void);
/* EAX, EBX, ECX, EDX of CPUID leaves, in cpuid-caches.c. */
enum { EAX, EBX, ECX, EDX };
typedef void X86CpuidLeaf(CPUX86State *env, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
X86CpuidLeaf x86_leaf_cache_descriptors, x86_leaf_caches, x86_leaf_amd_l1, x86_leaf_amd_l2_l3,
    x86_leaf_amd_caches;

static inline bool x86_is_amd(const X86CPU *cpu)
{
    return !strcmp(cpu->vendor, "AuthenticAMD");
}

static inline unsigned x86_nb_cores(const X86CPU *cpu)
{
    return MAX(cpu->cores, 1);
}

static inline unsigned x86_nb_threads(const X86CPU *cpu)
{
    return MAX(cpu->threads, 1);
}

void x86_set_model_defaults(X86CPU *cpu, const X86Model *model);
/* Works out env->features; false and *errp if `enforce` refuses. */
bool x86_choose_features(X86CPU *cpu, Error **errp);
uint32_t x86_cpuid_signature(const X86CPU *cpu);
unsigned x86_physical_bits(const X86CPU *cpu);
#define X86_MAX_PHYSICAL_BITS 52
/* XSAVE's components by their bit of XCR0: where they are in the standard format. */
typedef struct X86XsaveComponent {
    uint32_t offset, size; /* bytes; size 0: there is none */
    unsigned feature;
} X86XsaveComponent;
enum { X86_XCR0_X87 = 1 << 0, X86_XCR0_SSE = 1 << 1, X86_XCR0_AVX = 1 << 2, X86_XCR0_PKRU = 1 << 9 };
#define X86_NB_XSAVE_COMPONENTS 10
extern const X86XsaveComponent x86_xsave_component[X86_NB_XSAVE_COMPONENTS];
/* Those that XCR0 may have; bytes that some of them need, in standard and compacted format. */
uint64_t x86_xsave_components(const CPUX86State *env);
uint32_t x86_xsave_size(uint64_t components);
uint32_t x86_xsave_compact_size(uint64_t components);
#define X86_HYPERVISOR        (1u << 31) /* of leaf 1's ECX */

/* ---- dump.c, gdbstub.c, vmstate.c ---- */

void x86_dump_state(CPUState *cs, FILE *f, int flags);
bool x86_get_register(CPUState *cs, const char *name, uint64_t *value);
const GdbFeature *const *x86_gdb_features(CPUState *cs);
extern const VMStateDescription vmstate_x86_cpu;

/* ---- fpu-helper.c, sse-helper.c ---- */

void x86_fpu_init(CPUX86State *env); /* FNINIT */
/* After a change of fpsw or CR0.NE: the exception that waits for the next instruction, FERR#. */
void x86_fpu_changed(CPUX86State *env);
/* The tag word as FNSTENV stores it (two bits for each physical register), the status word with TOP. */
uint16_t x86_fpu_tag_word(const CPUX86State *env);
void x86_fpu_set_tag_word(CPUX86State *env, uint16_t tags);
uint16_t x86_fpu_status_word(const CPUX86State *env);
void x86_fpu_set_status_word(CPUX86State *env, uint16_t status);
void x86_fpu_set_control_word(CPUX86State *env, uint16_t control);
/* MXCSR with the host's sticky flags gathered; a new value. */
uint32_t x86_read_mxcsr(CPUX86State *env);
void x86_write_mxcsr(CPUX86State *env, uint32_t value);

/* ---- int-helper.c ---- */

/*
 * Flags that translated code hadn't written yet, made again of registers: the operation, its operands'
 * size (MO_*), the register that is its first operand or, with RESULT, its result; its second one, a
 * register or 32 bits of a constant.
 */
enum {
    X86_RECALL_ADD = 1,
    X86_RECALL_SUB,
    X86_RECALL_LOGIC,
    X86_RECALL_INC,
    X86_RECALL_DEC,
    X86_RECALL_KIND = 7,
    X86_RECALL_SIZE = 3,   /* two bits from here on */
    X86_RECALL_FIRST = 5,  /* four */
    X86_RECALL_RESULT = 1 << 9,
    X86_RECALL_IMM = 1 << 10,
    X86_RECALL_SECOND = 11,
};

/* 0: there are none. */
void x86_recall_flags(CPUX86State *env, uint64_t recall);

/* ---- Translator's entry points: translate.c ---- */

void x86_translate_init(void);
void x86_translate_code(CPUState *cs, TranslationBlock *tb, const TranslatorInput *input);

/* ---- Memory, for helpers: linear addresses, as the program of the present CPL; and as the CPU
 * itself, whatever CPL is (descriptor tables, TSS, stacks of inner levels). ---- */

static inline int x86_current_mmu_index(CPUX86State *env)
{
    return x86_mmu_index(env->hflags);
}

static inline int x86_system_mmu_index(CPUX86State *env)
{
    return !(env->hflags & X86_HF_PG) ? X86_MMU_OFF
           : env->cr4 & CR4_SMAP      ? X86_MMU_SMAP
                                      : X86_MMU_KERNEL;
}

static inline uint64_t x86_load(CPUX86State *env, uint64_t addr, MemOp op, int mmu_idx, uintptr_t ra)
{
    return cpu_ld_mmu(env, addr, make_memop_idx(op | MO_WIDE, mmu_idx), ra);
}

static inline void x86_store(CPUX86State *env, uint64_t addr, uint64_t value, MemOp op, int mmu_idx,
                             uintptr_t ra)
{
    cpu_st_mmu(env, addr, value, make_memop_idx(op | MO_WIDE, mmu_idx), ra);
}

/* Faults if an access to `bytes` bytes, at most a page, would. */
static inline void x86_probe(CPUX86State *env, uint64_t addr, unsigned bytes, MMUAccessType access,
                             int mmu_idx, uintptr_t ra)
{
    unsigned in_page = 4096 - (addr & 4095);

    probe_access_rights(env, addr, MIN(bytes, in_page), access, mmu_idx, ra);
    if (bytes > in_page) {
        uint64_t next = addr + in_page;

        probe_access_rights(env, env->hflags & X86_HF_CS64 ? next : (uint32_t)next,
                            bytes - in_page, access, mmu_idx, ra);
    }
}

/*
 * A structure in guest memory that is read or written in pieces. Where it lies in one page of RAM that
 * has been checked once, and the pieces are copied.
 */
typedef struct X86Span {
    CPUX86State *env;
    uint64_t addr;
    int mmu_idx;
    uintptr_t ra;
    uint8_t *host;  /* NULL: each piece is an access of its own */
    unsigned bytes; /* that have been checked */
} X86Span;

/* Faults if an access to `bytes` bytes, at most a page, would. */
static inline X86Span x86_span(CPUX86State *env, uint64_t addr, unsigned bytes,
                               MMUAccessType access, uintptr_t ra)
{
    X86Span s = { env, addr, x86_current_mmu_index(env), ra, NULL, bytes };

    if ((addr & 4095) + bytes <= 4096) {
        s.host = probe_access(env, addr, bytes, access, s.mmu_idx, ra);
    } else {
        x86_probe(env, addr, bytes, access, s.mmu_idx, ra);
    }
    return s;
}

/* Addresses wrap as the mode has it. */
static inline uint64_t x86_span_address(const X86Span *s, unsigned offset)
{
    uint64_t addr = s->addr + offset;

    return s->env->hflags & X86_HF_CS64 ? addr : (uint32_t)addr;
}

/* A piece of it, or of what follows it; size: MO_8 to MO_64. */
static inline uint64_t x86_span_get(const X86Span *s, unsigned offset, MemOp size)
{
    if (s->host && offset + (1u << size) <= s->bytes) {
        return ldn_le_p(s->host + offset, 1 << size);
    }
    return x86_load(s->env, x86_span_address(s, offset), size, s->mmu_idx, s->ra);
}

static inline void x86_span_put(const X86Span *s, unsigned offset, uint64_t value, MemOp size)
{
    if (s->host && offset + (1u << size) <= s->bytes) {
        stn_le_p(s->host + offset, 1 << size, value);
    } else {
        x86_store(s->env, x86_span_address(s, offset), value, size, s->mmu_idx, s->ra);
    }
}

/* What of CR4 translation depends on. */
#define CR4_OF_PAGING                                                                              \
    (CR4_PSE | CR4_PAE | CR4_PGE | CR4_LA57 | CR4_PCIDE | CR4_SMEP | CR4_SMAP | CR4_PKE)

#endif
