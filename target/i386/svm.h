/*
 * Secure virtual machine: what the CPU keeps of it.
 *
 * Reference: AMD64 Architecture Programmer's Manual volume 2 ("APM"), chapter 15; appendix B (VMCB).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_SVM_H
#define TARGET_I386_SVM_H

/* What VMRUN keeps of the host; FS, GS, TR, LDTR and MSRs are VMSAVE's. */
typedef struct X86SVMHost {
    X86Segment segs[4]; /* ES, CS, SS, DS */
    X86Segment gdt, idt;
    uint64_t cr0, cr3, cr4, efer, rip, rsp, rax, pat;
    uint32_t eflags;
} X86SVMHost;

/*
 * The VMCB's intercepts are five words, and the number of an exit says which: word and bit are its
 * upper bits and its lower five. X86_SVM_EXIT_*
 */
#define X86_SVM_INTERCEPTS 5

typedef struct X86SVM {
    bool gif;              /* global interrupt flag; set in CPUs without SVM, too */
    bool guest;            /* between VMRUN and #VMEXIT, but not in SMM */
    bool guest_outside;    /* in SMM: what it interrupted */
    bool nested_paging, masks_interrupts, host_if;
    bool error_is_there;   /* the event that is being delivered has an error code: */
    uint32_t error;
    uint32_t asid, epoch;  /* the latter changes when TLB_CONTROL flushes */
    uint32_t control;      /* V_TPR, V_IRQ and their kin, as in the VMCB at 60h */
    uint8_t vector;        /* of V_IRQ */
    uint32_t intercepts[X86_SVM_INTERCEPTS];
    uint64_t vm_cr, hsave, vmcb;
    uint64_t iopm, msrpm, tsc_offset, nested_cr3;
    X86SVMHost host;
    /* On their way: an exit, an event that VMRUN injects. */
    uint64_t exit_code, exit_info1, exit_info2, exit_next_rip;
    uint64_t event;
} X86SVM;

enum {
    X86_SVM_EXIT_READ_CR = 0x00,
    X86_SVM_EXIT_WRITE_CR = 0x10,
    X86_SVM_EXIT_READ_DR = 0x20,
    X86_SVM_EXIT_WRITE_DR = 0x30,
    X86_SVM_EXIT_EXCEPTION = 0x40,
    X86_SVM_EXIT_INTR = 0x60,
    X86_SVM_EXIT_NMI,
    X86_SVM_EXIT_SMI,
    X86_SVM_EXIT_INIT,
    X86_SVM_EXIT_VINTR,
    X86_SVM_EXIT_CR0_SELECTIVE,
    X86_SVM_EXIT_READ_IDTR,
    X86_SVM_EXIT_READ_GDTR,
    X86_SVM_EXIT_READ_LDTR,
    X86_SVM_EXIT_READ_TR,
    X86_SVM_EXIT_WRITE_IDTR,
    X86_SVM_EXIT_WRITE_GDTR,
    X86_SVM_EXIT_WRITE_LDTR,
    X86_SVM_EXIT_WRITE_TR,
    X86_SVM_EXIT_RDTSC,
    X86_SVM_EXIT_RDPMC,
    X86_SVM_EXIT_PUSHF,
    X86_SVM_EXIT_POPF,
    X86_SVM_EXIT_CPUID,
    X86_SVM_EXIT_RSM,
    X86_SVM_EXIT_IRET,
    X86_SVM_EXIT_SWINT,
    X86_SVM_EXIT_INVD,
    X86_SVM_EXIT_PAUSE,
    X86_SVM_EXIT_HLT,
    X86_SVM_EXIT_INVLPG,
    X86_SVM_EXIT_INVLPGA,
    X86_SVM_EXIT_IOIO,
    X86_SVM_EXIT_MSR,
    X86_SVM_EXIT_TASK_SWITCH,
    X86_SVM_EXIT_FERR_FREEZE,
    X86_SVM_EXIT_SHUTDOWN,
    X86_SVM_EXIT_VMRUN,
    X86_SVM_EXIT_VMMCALL,
    X86_SVM_EXIT_VMLOAD,
    X86_SVM_EXIT_VMSAVE,
    X86_SVM_EXIT_STGI,
    X86_SVM_EXIT_CLGI,
    X86_SVM_EXIT_SKINIT,
    X86_SVM_EXIT_RDTSCP,
    X86_SVM_EXIT_ICEBP,
    X86_SVM_EXIT_WBINVD,
    X86_SVM_EXIT_MONITOR,
    X86_SVM_EXIT_MWAIT,
    X86_SVM_EXIT_MWAIT_ARMED,
    X86_SVM_EXIT_XSETBV,
    X86_SVM_EXIT_NPF = 0x400,
};
#define X86_SVM_EXIT_INVALID UINT64_MAX

#endif
