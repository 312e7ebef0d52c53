/*
 * CPUState and CPUClass: what every CPU model has, whatever its architecture.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include "qemu/osdep.h"
#include "core/qdev-core.h"
#include "exec/gdb-registers.h"
#include "exec/jit-state.h"
#include "exec/memattrs.h"
#include "exec/memop.h"
#include "qemu/queue.h"

#define TYPE_CPU "cpu"
OBJECT_DECLARE_TYPE(CPUState, CPUClass, CPU)

/*
 * Bits of CPUState.interrupt_request. Numbers from CPU_INTERRUPT_TGT_0 up are the architecture's.
 */
#define CPU_INTERRUPT_HARD  0x0002
#define CPU_INTERRUPT_HALT  0x0020
#define CPU_INTERRUPT_DEBUG 0x0080
#define CPU_INTERRUPT_RESET 0x0400
#define CPU_INTERRUPT_TGT_0 0x1000

/* Values of CPUState.exception_index beyond the architecture's own; also results of cpu_exec(). */
#define EXCP_NONE      (-1)
#define EXCP_INTERRUPT 0x10000 /* leave cpu_exec() to look after requests */
#define EXCP_HLT       0x10001 /* the CPU has halted */
#define EXCP_DEBUG     0x10002 /* breakpoint, watchpoint or single step: stop for the debugger */
#define EXCP_HALTED    0x10003 /* still halted, nothing to do */
#define EXCP_IDLE      0x10004 /* it runs on the spot: nothing happens before an interrupt */
#define EXCP_POLL      0x10005 /* it asks devices all the time: it may nap, as `nap` says */

/* What one architecture gives the translator. All run on the CPU's own thread. */
typedef struct TCGCPUOps {
    /* Registers the IR globals; once per architecture, before the first translation. */
    void (*initialize)(void);

    /* Bytes of CPUState.env. */
    size_t env_size;

    /* What an instruction stores into the code behind it is what is executed next. */
    bool sees_own_stores;

    /* Fills the current TCGContext: translator_loop(). tb->pc/flags/cflags are set. */
    void (*translate_code)(CPUState *cpu, TranslationBlock *tb, const TranslatorInput *input);

    /* The current pc and the state bits that translated code depends on (the block's key). */
    void (*get_tb_cpu_state)(CPUState *cpu, vaddr *pc, uint64_t *flags);

    /* Sets env's pc (and what else insn_start recorded) from an instruction's insn_start words, of
     * which the first is the pc. */
    void (*restore_state_to_opc)(CPUState *cpu, const TranslationBlock *tb, const uint64_t *data);

    /* MMU mode indices for data accesses and instruction fetches in the current state. */
    int (*data_mmu_index)(CPUState *cpu);
    int (*insn_mmu_index)(CPUState *cpu);

    /*
     * Translates `addr`: on success calls tlb_set_page_with_attrs() and returns true; otherwise,
     * with `probe` returns false, and without it raises the guest's exception (restoring state from
     * `ra`) and doesn't return.
     */
    bool (*tlb_fill)(CPUState *cpu, vaddr addr, int size, MMUAccessType access, int mmu_idx,
                     bool probe, uintptr_t ra);

    /*
     * Writes the bytes that identify the current translation context of `mmu_idx` (segment
     * registers, ASID …) to `key` (room for MMU_CONTEXT_KEY_MAX) and returns how many, always the
     * same number for one mode. Modes whose
     * translation never depends on such registers return 0.
     */
    size_t (*mmu_context_key)(CPUState *cpu, int mmu_idx, uint8_t *key);

    /*
     * MMU modes (a bit each) whose context instructions executed in them can't change: user modes.
     * Paged windows serve these.
     */
    uint32_t paged_window_modes;

    /*
     * A physical access failed with `result` (nothing there, device error). May raise an exception.
     */
    void (*do_transaction_failed)(CPUState *cpu, hwaddr physaddr, vaddr addr, unsigned size,
                                  MMUAccessType access, int mmu_idx, MemTxAttrs attrs,
                                  MemTxResult result, uintptr_t ra);

    /* A MO_ALIGN access of `size` bytes is misaligned: is it to be made all the same? NULL: no. */
    bool (*tolerates_unaligned)(CPUState *cpu, vaddr addr, unsigned size);
    /* It isn't: raises the exception. */
    G_NORETURN_ATTR void (*do_unaligned_access)(CPUState *cpu, vaddr addr, MMUAccessType access,
                                                int mmu_idx, uintptr_t ra);

    /* An access is about to be made that one of cpu_set_own_watchpoints() looks for. May raise an
     * exception; else the access is made. */
    void (*own_watchpoint_hit)(CPUState *cpu, vaddr addr, unsigned size, MMUAccessType access,
                               int mmu_idx, uintptr_t ra);
    /* The address without what watchpoints, a debugger's too, don't compare: a tag.
     * NULL: they compare all of it. */
    vaddr (*watched_address)(CPUState *cpu, vaddr addr);

    /* Delivers the exception in cpu->exception_index. */
    void (*do_interrupt)(CPUState *cpu);

    /*
     * Takes a pending interrupt of `request`, if one is enabled: true if the CPU's state changed.
     * Like do_interrupt(), called without the big lock.
     */
    bool (*cpu_exec_interrupt)(CPUState *cpu, int request);
} TCGCPUOps;

#define MMU_CONTEXT_KEY_MAX 128

typedef struct CPUDisasInfo {
    int cap_arch; /* Capstone's cs_arch and cs_mode */
    int cap_mode; /* but for the byte order, which is memory_view's */
    unsigned insn_unit; /* bytes: instruction alignment */
} CPUDisasInfo;

/*
 * How a CPU's program, in its present mode, sees memory. Bytes have the address that the program
 * gives them; where the bus has them elsewhere (PowerPC's little-endian mode), `munge` is what the
 * CPU XORs to a byte's address, less than 8.
 */
typedef struct CPUMemoryView {
    bool big_endian;
    uint8_t munge;
    uint8_t address_bits; /* of the program's addresses: CPUState.address_bits */
} CPUMemoryView;

/* Of numbers where they lie: what is munged has the memory's order, not the program's. */
static inline bool cpu_memory_is_big_endian(CPUMemoryView view)
{
    return view.big_endian != (view.munge != 0);
}

/* Digits that show an address. */
static inline int cpu_address_digits(CPUMemoryView view)
{
    return view.address_bits / 4;
}

#define CPU_MAX_ADDRESS_SPACES 4

struct CPUClass {
    DeviceClass parent_class;

    /* The concrete class for a -cpu model name (without features), or NULL. */
    ObjectClass *(*class_by_name)(const char *cpu_model);
    bool (*has_work)(CPUState *cpu);
    /* QEMU_CLOCK_VIRTUAL, which reads `now`, has reached the time that cpu_set_deadline() named. On
     * the CPU's thread, maybe without the big lock; sets the next deadline. */
    void (*deadline_passed)(CPUState *cpu, int64_t now);
    void (*set_pc)(CPUState *cpu, vaddr value);
    vaddr (*get_pc)(CPUState *cpu);
    /*
     * On the CPU's thread: the guest pc of the instruction that host address `ra` belongs to; false
     * if ra is no generated code. Looks, and changes nothing. Set by the accelerator that runs the
     * CPU, before it does; get_pc() is exact only while the CPU is out of generated code.
     */
    bool (*find_guest_pc)(CPUState *cpu, uintptr_t ra, vaddr *pc);
    /* Prints the registers, `info registers`. flags: CPU_DUMP_*. */
    void (*dump_state)(CPUState *cpu, FILE *f, int flags);
    /*
     * Physical address of the page at `addr`, HWADDR_MAX if not mapped, and the attributes of an
     * access there; no side effects. What it doesn't set in *attrs stays MEMTXATTRS_UNSPECIFIED.
     */
    hwaddr (*get_phys_page_debug)(CPUState *cpu, vaddr addr, MemTxAttrs *attrs);
    /* Byte order and munging. On the CPU's thread, or while it is stopped. NULL: little-endian. */
    CPUMemoryView (*memory_view)(CPUState *cpu);
    /* Which of the CPU's address spaces an access with these attributes goes to. NULL: the first. */
    unsigned (*address_space_index)(CPUState *cpu, MemTxAttrs attrs);
    /* The current value of the register that the monitor calls `$name`; false if there is none. */
    bool (*get_register)(CPUState *cpu, const char *name, uint64_t *value);
    /* Prints the translation tables, `info tlb`. */
    void (*dump_mmu)(CPUState *cpu, FILE *f);
    /* Prints the CPU's own interrupt controller, `info lapic`; false if it has none. With the big
     * lock held. */
    bool (*dump_interrupts)(CPUState *cpu, FILE *f);
    void (*disas_set_info)(CPUState *cpu, CPUDisasInfo *info);
    /* The registers as GDB sees them, NULL-terminated; and GDB's name of the architecture. */
    const GdbFeature *const *(*gdb_features)(CPUState *cpu);
    const char *gdb_architecture;
    /* GDB takes a watchpoint's stop to be before the access, and does the instruction itself. */
    bool gdb_stop_before_watchpoint;
    /*
     * Core files (32 bits): the machine's number in ELF, and the content of the note with the
     * CPU's registers, appended; NULL: none. The CPU stands still.
     */
    uint16_t elf_machine;
    void (*core_status)(CPUState *cpu, GByteArray *status);
    /* Prints the models that class_by_name knows to stdout, `-cpu help`. */
    void (*list_models)(void);

    bool native_big_endian; /* the byte order that boards and drivers take for the machine's own */
    const char *arch_name;  /* "ppc": which qemu-system-* this CPU belongs to */
    const TCGCPUOps *tcg_ops;
};

enum {
    CPU_DUMP_FPU = 1,
};

struct CPUState {
    DeviceState parent_obj;

    int cpu_index;
    /*
     * Physical memory as this CPU sees it, in each of its states that see different ones: set before
     * realize; the first is the machine's memory if it isn't. See cpu_address_space().
     */
    AddressSpace *spaces[CPU_MAX_ADDRESS_SPACES];
    /*
     * Guest virtual addresses have 32 or 64 bits. Set by the model, which changes it with the CPU's
     * mode, on the CPU's thread.
     */
    uint8_t address_bits;

    /* Set before realize by the model: &XxxCPU.env; CPUJitState lies directly before it. */
    CPUArchState *env;
    CPUJitState *jit;

    /* Written under the big lock; read by the CPU thread (atomically) without it. */
    uint32_t interrupt_request;
    uint32_t halted;
    bool on_the_spot; /* its thread's own: the last result was EXCP_IDLE, or EXCP_POLL */
    int64_t nap;      /* ns, atomic, its thread sets it: what EXCP_POLL asks for; 0: no poll */

    int32_t exception_index;
    bool running;
    bool at_bql;         /* atomic: its thread has the big lock or waits for it */
    bool exit_request;   /* atomic: leave cpu_exec() soon */
    bool stop, stopped;  /* run-state changes, see system/cpus.c */
    bool debugger_holds; /* with the big lock: it stands still while the machine runs */
    bool unplug;
    bool created;
    bool start_powered_off;
    int singlestep_enabled; /* SSTEP_*, see exec/debug.h */
    CPUDebugState *debug;
    bool ignore_memory_transaction_failures; /* the board's wish: such reads are 0 */
    bool crash_occurred;

    sigjmp_buf jmp_env;
    GThread *thread;
    pthread_t host_thread;
    int thread_id; /* the host's, as ps shows it */
    GCond halt_cond;

    /* See cpu_set_deadline(): ns of the virtual clock, INT64_MAX: none. */
    int64_t deadline;
    timer_t alarm_timer; /* the host's, whose signal is the CPU thread's */
    int64_t alarm;       /* that deadline for which alarm_timer is set, INT64_MAX: it isn't */
    bool alarm_rang;     /* atomic: set by the signal handler */

    struct qemu_work_item *work_first, *work_last; /* under work_mutex */
    GMutex work_mutex;

    CPUTcgState *tcg; /* accel/tcg's own per-CPU state */
    uint64_t mem_io_pc;      /* host pc of the access now being served by a device, 0 if none */

    QTAILQ_ENTRY(CPUState) node;
};

typedef QTAILQ_HEAD(CPUTailQ, CPUState) CPUTailQ;
extern CPUTailQ cpus;
#define CPU_FOREACH(cpu) QTAILQ_FOREACH(cpu, &cpus, node)
extern __thread CPUState *current_cpu;

/* From any thread: makes the CPU leave generated code at the next block head. */
void cpu_exit(CPUState *cpu);
/*
 * Sets / clears interrupt_request bits and wakes the CPU. From any thread with the big lock held, or
 * on the CPU's own.
 */
void cpu_interrupt(CPUState *cpu, int mask);
void cpu_reset_interrupt(CPUState *cpu, int mask);
/*
 * The CPU itself, on its thread, calls its class's deadline_passed() once QEMU_CLOCK_VIRTUAL reaches
 * `ns` (INT64_MAX: never), asleep or not; this replaces an earlier deadline. On the CPU's thread,
 * without any lock, or while that one stands still (stopped, or cpus_hold()).
 */
void cpu_set_deadline(CPUState *cpu, int64_t ns);
/* Resets the CPU as its reset line does. */
void cpu_reset(CPUState *cpu);
CPUState *qemu_get_cpu(int index);
/* A new CPU of that QOM type, realized; exits with a message if it can't be. */
CPUState *cpu_create(const char *type_name);

/* The address space that an access with these attributes goes to. Any thread. */
AddressSpace *cpu_address_space(CPUState *cpu, MemTxAttrs attrs);
/* That of accesses that say nothing about themselves. */
static inline AddressSpace *cpu_default_space(CPUState *cpu)
{
    return cpu->spaces[0];
}

/*
 * How the CPU sees memory now. Waits for a running CPU, with the big lock held, as does
 * cpu_memory_rw_debug().
 */
CPUMemoryView cpu_memory_view(CPUState *cpu);
/*
 * Where in memory the CPU finds the `size` bytes, a power of 2, which its program has at `addr`, a
 * multiple of `size`; and the other way round.
 */
static inline vaddr cpu_munge_address(CPUMemoryView view, vaddr addr, unsigned size)
{
    return addr ^ (view.munge & -size);
}

/*
 * Debugger access to guest virtual memory: the bytes as the CPU's program sees them. No exceptions,
 * no side effects on the MMU. 0, or -1 where unmapped.
 */
int cpu_memory_rw_debug(CPUState *cpu, vaddr addr, void *buf, size_t len, bool is_write);

typedef void (*run_on_cpu_func)(CPUState *cpu, void *data);
/* Runs func on the CPU's thread between two blocks and waits for it (run) or doesn't (async). */
void run_on_cpu(CPUState *cpu, run_on_cpu_func func, void *data);
void async_run_on_cpu(CPUState *cpu, run_on_cpu_func func, void *data);

#endif
