/*
 * Loads and stores of SVE where what generated code does itself ends: a bare program for `virt` with 128 MiB and vectors of 512
 * bits. It prints, for each of the first ones, the exception's syndrome (0: none), the address of the fault, and a checksum of
 * z0 and of the 128 bytes that end the memory; then what copies in loops have left, and what code says that such stores have changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "print.h"
        .arch   armv8.2-a+sve
        .text
        .globl  _start

        /* x21: the address, for the access by x1; z1 to z3 have something to store */
        .macro  try access:vararg
        bl      prepare
        mov     x1, x21
        \access
        bl      report
        .endm

_start: start_with_sve
        adrp    x20, scratch
        add     x20, x20, :lo12:scratch
        movz    x19, #0x4800, lsl #16   /* the end of memory */
        mov     x4, #0

        .irp    before, 64, 60, 16
        sub     x21, x19, #\before
        ptrue   p0.b
        try     ld1b {z0.b}, p0/z, [x1]
        try     st1b {z1.b}, p0, [x1]
        try     ldr z0, [x1]
        try     str z1, [x1]
        try     ld1sh {z0.s}, p0/z, [x1, x4, lsl #1]
        try     st1h {z1.s}, p0, [x1, x4, lsl #1]
        try     ld1b {z0.d}, p0/z, [x1]
        try     st1b {z1.d}, p0, [x1]
        try     ldnt1w {z0.s}, p0/z, [x1]
        try     stnt1w {z1.s}, p0, [x1]
        try     ld1rqb {z0.b}, p0/z, [x1]
        try     ld1rsh {z0.d}, p0/z, [x1, #14]
        try     ldr p1, [x1]
        try     str p0, [x1]
        try     ldr p1, [x1, #7, mul vl]
        sub     x21, x21, #64
        try     ld2h {z0.h, z1.h}, p0/z, [x1]
        try     st2b {z1.b, z2.b}, p0, [x1]
        sub     x21, x21, #64
        try     ld3w {z0.s, z1.s, z2.s}, p0/z, [x1]
        try     st3h {z1.h, z2.h, z3.h}, p0, [x1]
        sub     x21, x21, #64
        try     ld4b {z0.b, z1.b, z2.b, z3.b}, p0/z, [x1]
        try     st4d {z1.d, z2.d, z3.d, z4.d}, p0, [x1]
        sub     x21, x19, #\before
        ptrue   p0.b, vl16              /* what is beyond the end isn't active */
        try     ld1b {z0.b}, p0/z, [x1]
        try     st1b {z1.b}, p0, [x1]
        ptrue   p0.s, vl3
        try     ld1w {z0.s}, p0/z, [x1]
        try     st1w {z1.s}, p0, [x1]
        try     st1b {z1.s}, p0, [x1]
        try     ld2w {z0.s, z1.s}, p0/z, [x1]
        try     st3b {z1.b, z2.b, z3.b}, p0, [x1]
        .endr
        mov     x21, x19                /* nor is anything */
        pfalse  p0.b
        try     ld1b {z0.b}, p0/z, [x1]
        try     st1b {z1.b}, p0, [x1]
        try     ld1rd {z0.d}, p0/z, [x1]
        try     st2b {z1.b, z2.b}, p0, [x1]
        ptrue   p0.b
        try     ld1rd {z0.d}, p0/z, [x1]
        movz    x21, #0x0900, lsl #16
        movk    x21, #0xfe0             /* a device's identification, word by word */
        ptrue   p0.s, vl8
        try     ld1w {z0.s}, p0/z, [x1]
        try     ld1b {z0.s}, p0/z, [x1]

        /* Copies from and to every place within a page, in a loop that gets hot. */
        adrp    x22, buffers
        add     x22, x22, :lo12:buffers
        mov     x0, #0
1:      strb    w0, [x22, x0]
        add     x0, x0, #1
        cmp     x0, #12288
        b.ne    1b
        mov     x23, #0
copy:   add     x1, x22, x23
        add     x2, x22, #12288
        add     x2, x2, x23, lsl #1
        mov     x0, #0
        mov     x5, #130
        whilelo p0.b, x0, x5
2:      ld1b    {z0.b}, p0/z, [x1, x0]
        ldff1b  {z5.b}, p0/z, [x1, x0]
        eor     z0.d, z0.d, z5.d
        ld1b    {z5.b}, p0/z, [x1, x0]
        orr     z0.d, z0.d, z5.d
        st1b    {z0.b}, p0, [x2, x0]
        ld2h    {z2.h, z3.h}, p0/z, [x1]
        st2h    {z2.h, z3.h}, p0, [x2]
        incb    x0
        whilelo p0.b, x0, x5
        b.first 2b
        add     x23, x23, #1
        mov     x0, #4500
        cmp     x23, x0
        b.ne    copy
        mov     x0, #0
        mov     x1, #0
        mov     x3, #3072
3:      ldr     x2, [x22, x1, lsl #3]
        eor     x0, x2, x0, ror #7
        add     x1, x1, #1
        cmp     x1, x3
        b.ne    3b
        bl      print
        bl      line

        /* Each store puts another constant into the code behind it, which lies in its page. */
        mov     x24, #0
4:      adr     x1, patched
        ldr     w2, [x1]
        add     w2, w2, #1 << 5
        mov     z0.s, w2
        ptrue   p0.s, vl1
        tbz     x24, #0, 5f
        mov     z1.s, w2                /* all of a vector: with the three instructions behind it */
        ld1rw   {z2.s}, p0/z, [x1]
        ldr     z2, [x1]
        sel     z0.s, p0, z1.s, z2.s
        ptrue   p0.s
5:      st1w    {z0.s}, p0, [x1]
        dc      cvau, x1
        dsb     ish
        ic      ivau, x1
        dsb     ish
        isb
        bl      patched
        bl      print
        bl      line
        add     x24, x24, #1
        cmp     x24, #6
        b.ne    4b
        power_off

        .balign 64
patched:
        mov     x0, #0x100
        ret
        .zero   128

prepare:
        sub     x1, x19, #512
        index   z0.b, #1, #3
        .irp    at, 0, 1, 2, 3, 4, 5, 6, 7
        str     z0, [x1, #\at, mul vl]
        add     z0.b, z0.b, #11
        .endr
        index   z1.b, #5, #7
        index   z2.b, #2, #9
        index   z3.b, #3, #13
        index   z4.b, #4, #15
        dup     z0.b, #0x5a
        mov     x29, #0
        mov     x27, #0
        ret

report: mov     x26, x30
        mov     x0, x29
        bl      print
        mov     x0, x27
        bl      print
        sub     x1, x19, #256
        str     z0, [x20]
        str     z1, [x20, #1, mul vl]
        str     p1, [x20, #16, mul vl]
        mov     x0, #0
        .irp    from, x20, x1
        mov     x2, #0
6:      ldr     x5, [\from, x2, lsl #3]
        eor     x0, x5, x0, ror #9
        add     x2, x2, #1
        cmp     x2, #32
        b.ne    6b
        .endr
        bl      print
        mov     x30, x26
line:   mov     w2, #10
        movz    x3, #0x0900, lsl #16
        str     w2, [x3]
        ret

print:  movz    x3, #0x0900, lsl #16
        print_digits 60
        ret

        skipping_vectors

        .data
        .balign 64
scratch:
        .zero   1024
        .balign 4096
buffers:
        .zero   32768
