/*
 * The guest of el1-aarch32.c: AArch32 at EL1. What it prints is by calls: `hvc #(0x100 + n)`, n being a number for the line, with r0
 * and r1. Its own exceptions are lines, too: 1 to 6 by vector, with r14 and SPSR, and the fault registers of aborts.
 *
 * SPDX-License-Identifier: MIT
 */
        .arch   armv8-a
        .arch_extension virt
        .arch_extension sec
        .fpu    neon-fp-armv8
        .syntax unified
        .arm
        .text
        .globl  _start

        .macro  print n
        hvc     #(0x100 + \n)
        .endm
        .macro  set which, value
        push    {r0, r1}
        mov     r0, #\which
        ldr     r1, =\value
        hvc     #1
        pop     {r0, r1}
        .endm
        .equ    HCR, 0
        .equ    HSTR, 1
        .equ    CPTR, 2
        .equ    MDCR, 3
        .equ    TABLE, 0x40300000
        .equ    LONG, 0x40308000
        .equ    DATA, 0x40400000
        .equ    NOTHING, 0x80000000     /* stage 2 has nothing there */
        .equ    READABLE, 0xc0000000    /* and this read-only */

_start: mrs     r0, cpsr
        mrc     p15, 0, r1, c1, c0, 0   /* SCTLR */
        print   0x10
        mrc     p15, 0, r0, c0, c0, 0   /* MIDR, MPIDR: what EL2 says */
        mrc     p15, 0, r1, c0, c0, 5
        print   0x11
        mrc     p15, 0, r0, c13, c0, 4  /* TPIDRPRW */
        print   0x12
        ldr     r0, =0x89abcdef
        mcr     p15, 0, r0, c13, c0, 2
        add     r0, r0, #1
        mcr     p15, 0, r0, c13, c0, 3
        add     r0, r0, #1
        mcr     p15, 0, r0, c13, c0, 4

        /* Each mode's registers, and where EL2 finds them */
        ldr     r1, =0x11110000
        .irp    mode, 0x11, 0x12, 0x17, 0x1b, 0x1f, 0x13
        cps     #\mode
        add     r13, r1, #\mode
        add     r14, r1, #(\mode * 4)
        .if     \mode != 0x1f
        add     r2, r1, #(\mode * 8)
        bic     r2, r2, #0x1f
        orr     r2, r2, #0x13
        msr     spsr_fsxc, r2
        .endif
        .endr
        cps     #0x11
        mov     r8, #0x80
        mov     r9, #0x90
        mov     r10, #0xa0
        mov     r11, #0xb0
        mov     r12, #0xc0
        cps     #0x13
        mov     r8, #8
        mov     r9, #9
        mov     r10, #10
        mov     r11, #11
        mov     r12, #12
        .irp    mode, 0x11, 0x12, 0x17, 0x1b, 0x1f, 0x13
        cps     #\mode
        hvc     #2
        .endr
        mrs     r0, SPSR_irq            /* banked registers by name */
        mrs     r1, r8_fiq
        print   0x13
        mrs     r0, lr_abt
        mrs     r1, sp_usr
        print   0x14

        ldr     r0, =vectors
        mcr     p15, 0, r0, c12, c0, 0
        .irp    mode, 0x11, 0x12, 0x17, 0x1b, 0x1f, 0x13
        cps     #\mode
        ldr     r13, =DATA + 0x10000 + \mode * 0x100
        .endr

        /* Calls, and what there isn't */
        svc     #0x1234
        .inst   0xe7f000f0              /* UDF */
        bkpt    #0x77
        .inst   0xee011f11              /* MCR p15 SCR: not for this level */
        mrc     p15, 0, r0, c1, c1, 2   /* NSACR */
        print   0x20
        mrs     r0, cpsr
        bic     r0, r0, #0x1f
        orr     r1, r0, #0x1a           /* Hyp mode: illegal */
        msr     cpsr_c, r1
        nop
        cps     #0x13
        vmrs    r0, fpsid               /* FPEXC.EN is 0, CPACR too */
        ldr     r0, =0x00f00000
        mcr     p15, 0, r0, c1, c0, 2
        isb
        vmrs    r0, fpexc
        print   0x21
        vmov.f32 s0, #1.0
        set     5, 0x40000000           /* FPEXC, by EL2 */
        vmov.f32 s0, #1.0
        vadd.f32 s0, s0, s0
        vmov    r0, s0
        print   0x22
        set     CPTR, 0x400             /* TFP */
        vmov.f32 s0, #1.0
        vmrs    r0, fpscr
        set     CPTR, 0
        vmrs    r0, fpexc
        print   0x23

        /* Translation by short descriptors: sections to themselves; 0x500 MiB on EL1's, 0x501 read-only, 0x502 domain 1, 0x503
         * without access flag, 0x504 nothing */
        ldr     r4, =TABLE
        ldr     r5, =0x00000c02         /* section, AP 3, domain 0 */
        mov     r6, #0
1:      orr     r0, r5, r6, lsl #20
        str     r0, [r4, r6, lsl #2]
        add     r6, r6, #1
        cmp     r6, #4096
        bne     1b
        add     r5, r4, #(0x500 * 4)
        ldr     r0, =0x40500402
        str     r0, [r5, #0]
        ldr     r0, =0x40508802         /* APX */
        str     r0, [r5, #4]
        ldr     r0, =0x40500c22
        str     r0, [r5, #8]
        ldr     r0, =0x40500c12         /* XN */
        str     r0, [r5, #12]
        mov     r0, #0
        str     r0, [r5, #16]
        mov     r0, #5                  /* domains 0 and 1: clients */
        mcr     p15, 0, r0, c3, c0, 0
        mov     r0, #0
        mcr     p15, 0, r0, c2, c0, 2   /* TTBCR */
        mcr     p15, 0, r4, c2, c0, 0
        mov     r0, #0x42
        mcr     p15, 0, r0, c13, c0, 1
        mcr     p15, 0, r0, c8, c7, 0   /* TLBIALL */
        dsb
        isb
        mrc     p15, 0, r0, c1, c0, 0
        orr     r0, r0, #1
        mcr     p15, 0, r0, c1, c0, 0
        isb
        mrc     p15, 0, r0, c1, c0, 0
        print   0x30
        bl      aborts
        mov     r0, #1                  /* domain 1: none */
        mcr     p15, 0, r0, c3, c0, 0
        isb
        ldr     r4, =0x50200000
        ldr     r0, [r4]
        set     4, 5                    /* DACR, by EL2 */
        mrc     p15, 0, r0, c3, c0, 0
        print   0x31
        ldr     r0, [r4]
        set     6, 0x1234               /* IFSR */
        mrc     p15, 0, r0, c5, c0, 1
        print   0x32
        hvc     #2
        bl      user
        bl      interrupts
        bl      traps
        bl      second_stage
        bl      long_descriptors
        hvc     #3
        b       .

        .ltorg

        /* What faults, at EL1: data and instructions */
aborts: push    {lr}
        ldr     r4, =0x50400000
        ldr     r0, [r4, #4]
        strh    r0, [r4, #8]
        ldr     r4, =0x50100000
        ldr     r0, [r4]
        str     r0, [r4, #12]
        ldr     r4, =0x50400000
        ldr     lr, =1f
        bx      r4
1:      ldr     r4, =0x50300000
        ldr     lr, =1f
        bx      r4
1:      ldr     r4, =0x40400001         /* aligned, where it has to be */
        ldrex   r0, [r4]
        ldm     r4, {r0, r1}
        ldr     r4, =0x50400000         /* ATS1CPR, ATS1CPW */
        mcr     p15, 0, r4, c7, c8, 0
        isb
        mrc     p15, 0, r0, c7, c4, 0
        print   0x33
        ldr     r4, =0x50501234
        mcr     p15, 0, r4, c7, c8, 1
        isb
        mrc     p15, 0, r0, c7, c4, 0
        mrrc    p15, 0, r0, r1, c7
        bic     r0, r0, #0xff0          /* attributes */
        print   0x34
        pop     {pc}
        .ltorg

        /* The same from user mode, in T32; it ends by svc #0xff */
user:   push    {r4, lr}
        ldr     r0, =user_code + 1
        ldr     r1, =saved
        str     sp, [r1]
        mov     r2, #0x30               /* T */
        push    {r0, r2}
        rfeia   sp!
        .thumb
user_code:
        mrs     r0, cpsr
        print_by_svc = 0x55
        svc     #0x55
        ldr     r4, =0x50001000
        ldr     r0, [r4]
        str     r0, [r4]
        ldr     r4, =0x40450000
        str     r0, [r4]
        mrc     p15, 0, r0, c13, c0, 3
        svc     #0x55
        mrc     p15, 0, r0, c1, c0, 0   /* undefined here */
        .inst.n 0xde00                  /* UDF */
        svc     #0xff
        .ltorg
        .arm
user_done:
        cps     #0x13
        ldr     r1, =saved
        ldr     sp, [r1]
        pop     {r4, pc}

        /* Virtual interrupts that EL2 makes pending: in SVC and in user mode */
interrupts:
        push    {r4, lr}
        set     HCR, 0x30               /* FMO, IMO */
        cpsie   aif
        set     HCR, 0xb0               /* VI */
        nop
        set     HCR, 0x70               /* VF */
        nop
        set     HCR, 0x130              /* VSE, without AMO */
        nop
        set     HCR, 0x138
        nop
        cpsid   aif
        set     HCR, 0xb0
        mrc     p15, 0, r0, c12, c1, 0  /* ISR */
        print   0x40
        set     HCR, 0
        pop     {r4, pc}
        .ltorg

        /* Registers that EL2 has trapped */
        .macro  traps_of which, value
        set     \which, \value
        mrc     p15, 0, r3, c1, c0, 0
        mcr     p15, 0, r3, c13, c0, 1
        mrc     p15, 0, r4, c0, c1, 0
        mrc     p15, 0, r5, c0, c0, 7
        mrc     p15, 1, r5, c0, c0, 0
        mrc     p15, 0, r6, c1, c0, 1
        mcr     p15, 0, r6, c7, c14, 2
        mcr     p15, 0, r6, c8, c7, 0
        mrrc    p15, 0, r6, r7, c2
        mrc     p15, 0, r6, c1, c0, 2
        mrc     p14, 0, r6, c0, c0, 0
        mrc     p14, 0, r6, c1, c1, 4
        mrc     p15, 0, r6, c9, c12, 0
        vmrs    r6, mvfr0
        vmrs    r6, fpsid
        smc     #0
        hvc     #2
        .endm
traps:  push    {r4, lr}
        traps_of HCR, 0x44000000        /* TVM, TRVM */
        traps_of HCR, 0x00078000        /* TID0 to TID3 */
        traps_of HCR, 0x02680000        /* TSC, TACR, TSW, TTLB */
        traps_of CPTR, 0x80000000       /* TCPAC */
        traps_of MDCR, 0x660            /* TDA, TDOSA, TPM, TPMCR */
        set     HCR, 0x44080000
        cps     #0x11                   /* numbers of registers: FIQ's, Supervisor mode's */
        .irp    r, r7, r8, r9, r10, r11, r12, r13, r14
        mrc     p15, 0, \r, c2, c0, 0
        .endr
        hvc     #2
        mrrc    p15, 0, r14, r12, c2
        mrrc    p15, 0, r1, r8, c2
        hvc     #2
        ldr     r13, =DATA + 0x11100
        cps     #0x17
        mrc     p15, 0, r14, c2, c0, 0
        cps     #0x1b
        mrc     p15, 0, r14, c2, c0, 0
        cps     #0x12
        mrc     p15, 0, r14, c2, c0, 0
        cps     #0x1f
        mrc     p15, 0, r14, c2, c0, 0
        cps     #0x13
        mrc     p15, 0, r14, c2, c0, 0
        hvc     #2
        movs    r0, #0
        mrceq   p15, 0, r0, c2, c0, 0   /* conditions */
        smceq   #0
        smcne   #0
        set     HCR, 0
        set     HSTR, 0x2000
        mrc     p15, 0, r0, c13, c0, 2
        set     HSTR, 0
        set     HCR, 0x6000             /* TWI, TWE */
        wfi
        wfe
        set     HCR, 0
        set     MDCR, 0x100             /* TDE */
        bkpt    #0x66
        set     MDCR, 0
        pop     {r4, pc}
        .ltorg

        /* Stage 2: faults that EL2 is told of, and what it is told */
second_stage:
        push    {r4, lr}
        set     HCR, 1
        ldr     r4, =NOTHING + 0x1230
        ldr     r0, [r4, #4]
        ldrsb   r1, [r4, #1]
        ldrh    r2, [r4, #2]
        strb    r3, [r4, #3]
        str     r5, [r4], #4
        ldrd    r2, r3, [r4]
        ldm     r4, {r2, r3}
        ldrex   r0, [r4]
        lda     r0, [r4]
        cps     #0x11
        ldr     r8, [r4]
        ldr     r14, [r4]
        hvc     #2
        cps     #0x17
        ldr     r14, [r4]
        cps     #0x1f
        ldr     r14, [r4]
        cps     #0x13
        push    {lr}
        ldr     lr, [r4]
        hvc     #2
        pop     {lr}
        ldr     r6, =READABLE + 0x400000
        ldr     r0, [r6]
        str     r0, [r6]
        strh    r0, [r6, #2]
        adr     r0, 1f + 1
        bx      r0
        .thumb
1:      ldr     r0, [r4]
        ldr.w   r9, [r4, #8]
        strb    r1, [r4, #4]
        push    {r0, r1}
        pop     {r0, r1}
        ldr     r2, =2f
        bx      r2
        .ltorg
        .arm
2:      push    {lr}
        ldr     lr, =3f
        bx      r4
3:      pop     {lr}
        /* Tables of stage 1 that aren't there for stage 2 */
        mrc     p15, 0, r5, c2, c0, 0
        ldr     r0, =NOTHING
        mov     r1, #1                  /* TTBCR.N: only the lower half is this table's */
        mcr     p15, 0, r1, c2, c0, 2
        mcr     p15, 0, r0, c2, c0, 1
        isb
        ldr     r1, =0x90001234
        ldr     r0, [r1]
        mcr     p15, 0, r1, c7, c8, 0
        isb
        mov     r1, #0
        mcr     p15, 0, r1, c2, c0, 2
        isb
        set     HCR, 0
        pop     {r4, pc}
        .ltorg

        /* Long descriptors */
long_descriptors:
        push    {r4, lr}
        mrc     p15, 0, r0, c1, c0, 0
        bic     r0, r0, #1
        mcr     p15, 0, r0, c1, c0, 0
        isb
        ldr     r4, =LONG
        ldr     r0, =0x00000701
        mov     r1, #0
        strd    r0, r1, [r4]
        ldr     r0, =0x40000701
        strd    r0, r1, [r4, #8]
        ldr     r0, =0x40000781         /* read-only */
        strd    r0, r1, [r4, #16]
        mov     r0, #0
        strd    r0, r1, [r4, #24]
        ldr     r0, =0x80000000         /* EAE */
        mcr     p15, 0, r0, c2, c0, 2
        mov     r1, #0x00430000
        mcrr    p15, 0, r4, r1, c2      /* with an ASID */
        ldr     r0, =0x44ff
        mcr     p15, 0, r0, c10, c2, 0
        mcr     p15, 0, r0, c8, c7, 0
        isb
        mrc     p15, 0, r0, c1, c0, 0
        orr     r0, r0, #1
        mcr     p15, 0, r0, c1, c0, 0
        isb
        ldr     r4, =0x80400000
        ldr     r0, [r4]
        str     r0, [r4]
        ldr     r4, =0xc0400000
        ldr     r0, [r4]
        ldr     lr, =1f
        bx      r4
1:      mrrc    p15, 0, r0, r1, c2
        print   0x50
        hvc     #2
        pop     {r4, pc}
        .ltorg

        /* ---- Exceptions: a line each ---- */
        .balign 32
vectors:
        b       .
        b       undefined
        b       call
        b       prefetch
        b       data
        b       .
        b       irq
        b       fiq

        .macro  line n
        push    {r0, r1}
        mrs     r1, spsr
        mov     r0, lr
        print   \n
        .endm

undefined: /* leaves it out */
        line    1
        tst     r1, #0x20
        subne   lr, lr, #2              /* to the T32 instruction */
        ldrhne  r0, [lr]
        subeq   lr, lr, #4
        tst     r1, #0x20
        addeq   lr, lr, #4
        beq     1f
        lsr     r0, r0, #11
        cmp     r0, #0x1d
        addlo   lr, lr, #2
        addhs   lr, lr, #4
1:      bic     r1, r1, #(1 << 20)      /* IL */
        msr     spsr_fsxc, r1
        pop     {r0, r1}
        movs    pc, lr
call:   line    2
        tst     r1, #0x20
        beq     1f
        ldrh    r0, [lr, #-2]
        and     r0, r0, #0xff
        cmp     r0, #0xff
        popeq   {r0, r1}
        beq     user_done
1:      pop     {r0, r1}
        movs    pc, lr
prefetch: /* a call of what isn't there, or BKPT */
        line    3
        mrc     p15, 0, r0, c5, c0, 1
        mrc     p15, 0, r1, c6, c0, 2
        print   7
        ldr     r1, =_start
        sub     r0, lr, #4
        sub     r0, r0, r1
        cmp     r0, #0x100000
        popls   {r0, r1}
        movsls  pc, lr
        pop     {r0, r1}
        cps     #0x13
        bx      lr
data:   line    4
        mrc     p15, 0, r0, c5, c0, 0
        mrc     p15, 0, r1, c6, c0, 0
        print   8
        tst     r0, #0x400              /* asynchronous: nothing to be left out */
        subne   lr, lr, #4
        mrs     r1, spsr
        tst     r1, #0x20
        pop     {r0, r1}
        subseq  pc, lr, #4
        subs    pc, lr, #6
irq:    sub     lr, lr, #4
        line    5
        set     HCR, 0x30
        pop     {r0, r1}
        movs    pc, lr
fiq:    sub     lr, lr, #4
        line    6
        set     HCR, 0x30
        pop     {r0, r1}
        movs    pc, lr
        .ltorg
saved:  .word   0
