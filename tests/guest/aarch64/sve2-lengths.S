/*
 * SVE2 where the vector's length counts: a bare program for `virt`. Instructions on pairs of quadwords
 * with vectors of 384 bits, whose last quadword has no pair, and of 128 bits, which they can't have; the
 * elements between two addresses. Prints a line for each: the six doublewords of the result (of the
 * addresses: the predicate), the exception's syndrome (0: none).
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"
        .arch   armv8.6-a+sve2+f64mm
        .text
        .globl  _start

        .macro  length quadwords
        mov     x0, #(\quadwords - 1)
        msr     s3_0_c1_c2_0, x0        /* ZCR_EL1 */
        isb
        .endm

        /* What x20 points to: x21 words, and the syndrome. */
        .macro  show
        mov     x22, x20
        mov     x23, x21
1:      ldr     x0, [x22], #8
        bl      print
        subs    x23, x23, #1
        b.ne    1b
        mov     x0, x29
        bl      print
        mov     w2, #10
        str     w2, [x3]
        .endm

        .macro  try quadwords, insn:vararg
        length  3
        dup     z0.d, #-1
        length  \quadwords
        mov     x29, #0
        \insn
        length  3
        str     z0, [x20]
        mov     x21, #6
        show
        .endm

        .macro  between insn:vararg
        mov     x29, #0
        \insn
        str     p1, [x20]
        mov     x21, #1
        show
        .endm

_start: start_with_sve
        adrp    x20, scratch
        add     x20, x20, :lo12:scratch
        str     xzr, [x20]
        add     x19, x20, #256
        mov     x24, #0x11
        index   z1.d, #1, #1
        index   z2.d, x24, #1
        str     z1, [x19]
        fdup    z3.d, #1.0
        ptrue   p0.b

        .irp    quadwords, 3, 1
        try     \quadwords, uzp1 z0.q, z1.q, z2.q
        try     \quadwords, uzp2 z0.q, z1.q, z2.q
        try     \quadwords, zip1 z0.q, z1.q, z2.q
        try     \quadwords, zip2 z0.q, z1.q, z2.q
        try     \quadwords, trn1 z0.q, z1.q, z2.q
        try     \quadwords, trn2 z0.q, z1.q, z2.q
        try     \quadwords, fmmla z3.d, z3.d, z3.d
        try     \quadwords, ld1rod {z0.d}, p0/z, [x19]
        .endr
        length  3
        mov     x29, #0
        mov     z0.d, z3.d              /* 1 + 1 * 1 + 1 * 1 */
        str     z0, [x20]
        mov     x21, #6
        show

        str     xzr, [x20]
        mov     x6, #64
        mov     x7, #65
        mov     x8, #72
        between whilewr p1.d, x6, x7    /* less than an element: none lies between */
        between whilerw p1.d, x6, x7
        between whilewr p1.d, x6, x8
        between whilerw p1.d, x6, x8
        between whilewr p1.d, x8, x6    /* below what has been read */
        between whilerw p1.d, x8, x6
        power_off

print:  movz    x3, #0x0900, lsl #16
        print_digits 60
        ret

        .balign 0x800
vectors:
        .skip   0x200
        mrs     x29, esr_el1
        mrs     x0, elr_el1
        add     x0, x0, #4
        msr     elr_el1, x0
        eret
        .balign 0x800

        .bss
        .balign 64
scratch:
        .skip   512
