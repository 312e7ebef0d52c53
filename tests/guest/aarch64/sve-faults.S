/*
 * First-fault and no-fault loads of SVE at the end of memory: a bare program for `virt` with 128 MiB and vectors of 512 bits.
 * It prints, for each load, the first-fault register, the lowest doubleword of the destination, and the exception's syndrome
 * (0: none).
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"
        .arch   armv8.2-a+sve
        .text
        .globl  _start

        /* x21: the address, for the load in x1 */
        .macro  try load:vararg
        setffr
        dup     z0.b, #0
        mov     x29, #0
        mov     x1, x21
        \load
        mov     x28, x29
        rdffr   p1.b
        str     p1, [x20]
        ldr     x0, [x20]
        bl      print
        fmov    x0, d0
        bl      print
        mov     x0, x28
        bl      print
        mov     w2, #10
        str     w2, [x3]
        .endm

_start: start_with_sve
        adrp    x20, scratch
        add     x20, x20, :lo12:scratch
        movz    x19, #0x4800, lsl #16   /* the end of memory */
        ptrue   p0.b
        dup     z1.b, #0x5a
        sub     x1, x19, #64
        str     z1, [x1]
        mov     x4, #0
        sub     x21, x19, #64

        try     ldff1b {z0.b}, p0/z, [x1, x4]           /* all of it is there */
        sub     x21, x19, #16
        try     ldff1b {z0.b}, p0/z, [x1, x4]           /* 16 bytes */
        try     ldff1h {z0.h}, p0/z, [x1, x4, lsl #1]   /* 8 elements, twice as far apart in the register */
        try     ldff1b {z0.d}, p0/z, [x1, x4]           /* bytes as doublewords: all 8 */
        mov     x21, x19
        try     ldff1b {z0.b}, p0/z, [x1, x4]           /* the first one faults */
        try     ldnf1b {z0.b}, p0/z, [x1]               /* which is no fault here */
        sub     x21, x19, #16
        try     ldnf1w {z0.s}, p0/z, [x1]               /* 4 words */
        ptrue   p0.s, vl3
        try     ldnf1w {z0.s}, p0/z, [x1]               /* of which 3 are wanted */
        movz    x21, #0x0900, lsl #16                    /* a device isn't looked at */
        try     ldnf1w {z0.s}, p0/z, [x1]
        ptrue   p0.d
        index   z2.d, x19, #-8                          /* the first address is beyond the end, */
        try     ldff1d {z0.d}, p0/z, [z2.d, #0]
        sub     x6, x19, #16
        index   z2.d, x6, #8                            /* the third one is */
        try     ldff1d {z0.d}, p0/z, [z2.d, #0]
        power_off

print:  movz    x3, #0x0900, lsl #16
        print_digits 60
        ret

        skipping_vectors

        .data
        .balign 16
scratch:
        .zero   64
