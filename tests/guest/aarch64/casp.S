/*
 * Compare and swap of pairs in big-endian memory: a bare program for `virt` that swaps, with x30 and xzr as the first pair, words
 * and doublewords that are what they are compared with. Prints the low words of the stack pointer, of x30 and of both of memory.
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"
        .arch armv8.1-a
        .globl  _start
_start: ldr     x3, =0x09000000
        adr     x10, pair
        mov     w11, #0x1234
        mov     x12, #0x5670            /* the stack pointer has its number */
        ldr     x8, =0x11112222
        ldr     x9, =0x33334444
        mrs     x13, sctlr_el1
        orr     x14, x13, #(1 << 25)    /* EE */

        mov     sp, x12
        msr     sctlr_el1, x14
        isb
        stp     w11, wzr, [x10]
        mov     x30, x11
        casp    w30, wzr, w8, w9, [x10]
        ldp     w6, w7, [x10]
        msr     sctlr_el1, x13
        isb
        mov     x15, x30
        bl      report

        mov     sp, x12
        msr     sctlr_el1, x14
        isb
        stp     x11, xzr, [x10]
        mov     x30, x11
        casp    x30, xzr, x8, x9, [x10]
        ldp     x6, x7, [x10]
        msr     sctlr_el1, x13
        isb
        mov     x15, x30
        bl      report

        power_off

report: mov     x16, x30
        mov     x0, sp
        bl      print
        mov     x0, x15
        bl      print
        mov     x0, x6
        bl      print
        mov     x0, x7
        bl      print
        ret     x16

print:  print_digits 28
        mov     w2, #10
        str     w2, [x3]
        ret

        .balign 16
pair:   .zero   16
