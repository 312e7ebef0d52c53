/*
 * Branch targets (FEAT_BTI): a bare program for `virt` that calls and jumps into a guarded page, to landing pads of each kind and
 * to none, and prints the syndrome of what comes of it, or 0, for each.
 * Its last jump is one to PACIASP with SCTLR_EL1.BT1 clear.
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"
        .arch armv8.5-a
        .globl  _start
_start: adr     x0, vectors
        msr     vbar_el1, x0
        adr     x0, table               /* 1 GiB blocks: devices, and RAM that is guarded */
        ldr     x1, =0x0000000000000405
        str     x1, [x0]
        ldr     x1, =0x0004000040000701
        str     x1, [x0, #8]
        msr     ttbr0_el1, x0
        ldr     x1, =0x00000000000000ff
        msr     mair_el1, x1
        ldr     x1, =0x200803519        /* T0SZ 25, EPD1, 40 bits */
        msr     tcr_el1, x1
        isb
        tlbi    vmalle1
        dsb     sy
        mrs     x1, sctlr_el1
        orr     x1, x1, #1
        movz    x2, #0x18, lsl #32      /* BT0, BT1 */
        orr     x1, x1, x2
        msr     sctlr_el1, x1
        isb
        movz    x3, #0x0900, lsl #16
        mov     x24, #0                 /* jumps by x17 */
1:      adr     x17, targets
        add     x17, x17, x24, lsl #4
        mov     x29, #0
        adr     x30, 2f
        br      x17
2:      bti     jc
        mov     x0, x29
        bl      print
        add     x24, x24, #1
        cmp     x24, #6
        b.ne    1b
/* Calls, and jumps by another register. */
        mov     x24, #0
4:      adr     x18, targets
        add     x18, x18, x24, lsl #4
        mov     x29, #0
        blr     x18
        bti     jc
        mov     x0, x29
        bl      print
        adr     x18, targets
        add     x18, x18, x24, lsl #4
        mov     x29, #0
        adr     x30, 5f
        br      x18
5:      bti     jc
        mov     x0, x29
        bl      print
        add     x24, x24, #1
        cmp     x24, #6
        b.ne    4b
/* Without BT1 such a jump may come to PACIASP. */
        mrs     x1, sctlr_el1
        movz    x2, #0x10, lsl #32
        bic     x1, x1, x2
        msr     sctlr_el1, x1
        isb
        adr     x18, paciasp
        mov     x29, #0
        adr     x30, 6f
        br      x18
6:      bti     jc
        mov     x0, x29
        bl      print
        power_off

        .balign 16
targets:
        nop
        ret
        nop
        nop
        bti
        ret
        nop
        nop
        bti     c
        ret
        nop
        nop
        bti     j
        ret
        nop
        nop
        bti     jc
        ret
        nop
        nop
paciasp:
        hint    #25                     /* no key is enabled */
        ret
        nop
        nop

print:  print_digits 28
        mov     w2, #10
        str     w2, [x3]
        ret

        .balign 0x800
vectors:
        .rept   16
        mrs     x29, esr_el1            /* and the branch type that is in SPSR */
        mrs     x28, spsr_el1
        and     x28, x28, #0xc00
        orr     x29, x29, x28
        msr     elr_el1, x30
        mrs     x28, spsr_el1
        bic     x28, x28, #0xc00
        msr     spsr_el1, x28
        eret
        .balign 0x80
        .endr

        .balign 4096
table:  .zero   4096
