/*
 * A hypervisor that has Linux for AArch32 run at EL1: as an arm64 Image it is given a device tree, and leaves for the zImage that
 * lies at 0x44000000. It lies itself at the end of RAM then, which Linux is told not to use. Other CPUs are started through it, as
 * firmware knows nothing of AArch32.
 *
 * SPDX-License-Identifier: MIT
 */
        .equ    ZIMAGE, 0x44000000
        .equ    PLACE, 0x5e000000
        .equ    CPU_ON, 0x84000003

        .globl  _start
_start: b       first
        .balign 8
        .quad   0, 0x10000, 0xa         /* text_offset, image_size, flags */
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .balign 64

first:  mov     x20, x0
        adr     x1, _start
        ldr     x2, =PLACE
        adr     x3, end
1:      ldp     x4, x5, [x1], #16
        stp     x4, x5, [x2], #16
        cmp     x1, x3
        b.lo    1b
        ic      ialluis
        dsb     sy
        isb
        ldr     x1, =PLACE
        add     x1, x1, #(moved - _start)
        br      x1
moved:  mov     x0, #0                  /* r0 = 0, r1: no machine, r2: the device tree */
        mov     x1, #-1
        mov     x2, x20
        ldr     x3, =ZIMAGE
        b       leave

/* x3: where to */
leave:  mov     x4, #(1 << 19)          /* HCR_EL2.TSC; RW is 0 */
        msr     hcr_el2, x4
        mov     x4, #0x33ff
        msr     cptr_el2, x4
        msr     hstr_el2, xzr
        mrs     x4, pmcr_el0
        ubfx    x4, x4, #11, #5
        msr     mdcr_el2, x4
        mov     x4, #3
        msr     cnthctl_el2, x4
        msr     cntvoff_el2, xzr
        msr     vttbr_el2, xzr
        mrs     x4, midr_el1
        msr     vpidr_el2, x4
        mrs     x4, mpidr_el1
        msr     vmpidr_el2, x4
        mrs     x4, id_aa64pfr0_el1     /* a GICv3's registers, where they are */
        tst     x4, #(0xf << 24)
        b.eq    1f
        mov     x4, #0xf
        msr     s3_4_c12_c9_5, x4       /* ICC_SRE_EL2 */
        isb
1:      ldr     x4, =0x00c50838
        msr     sctlr_el1, x4
        adr     x4, vectors
        msr     vbar_el2, x4
        msr     elr_el2, x3
        mov     x4, #0x1d3
        msr     spsr_el2, x4
        isb
        eret

/* Another CPU; x0: what it is to do, in the mailbox. */
another:
        mov     x5, x0
        ldp     w3, w0, [x5]
        b       leave

        .balign 0x800
vectors:
        .rept   12
        b       .
        .balign 0x80
        .endr
        b       trapped                 /* from AArch32 */
        .balign 0x80
        .rept   3
        b       .
        .balign 0x80
        .endr

/* SMC is all that there is. */
trapped:
        msr     tpidr_el2, x16
        mrs     x16, esr_el2
        lsr     x16, x16, #26
        cmp     x16, #0x13
        b.ne    .
        ldr     w16, =CPU_ON
        cmp     w0, w16
        b.ne    1f
        and     x16, x1, #7
        adr     x9, mailbox
        add     x9, x9, x16, lsl #3
        stp     w2, w3, [x9]
        dsb     sy
        adr     x2, another
        mov     x3, x9
        ldr     x0, =0xc4000003         /* with 64 bits */
1:      smc     #0
        mrs     x16, elr_el2
        add     x16, x16, #4
        msr     elr_el2, x16
        mrs     x16, tpidr_el2
        eret
        .ltorg
        .balign 16
mailbox: .zero  64
        .balign 16
end:
