/*
 * What bare programs on `virt` have in common.
 *
 * SPDX-License-Identifier: MIT
 */
        /* The lowest bits of x0 as hexadecimal digits to the UART whose address is in x3; `top` is the lowest bit of the first digit.
         * Changes x1, x2, x5 and the flags. */
        .macro  print_digits top
        mov     w1, #\top
1:      lsr     x2, x0, x1
        and     w2, w2, #15
        cmp     w2, #9
        add     w2, w2, #'0'
        add     w5, w2, #('a' - '0' - 10)
        csel    w2, w5, w2, hi
        str     w2, [x3]
        subs    w1, w1, #4
        b.pl    1b
        .endm

        /* SIMD and SVE, with vectors of 512 bits; exceptions go to `vectors`. Changes x0. */
        .macro  start_with_sve
        mov     x0, #(3 << 20 | 3 << 16) /* CPACR_EL1.FPEN, ZEN */
        msr     cpacr_el1, x0
        adr     x0, vectors
        msr     vbar_el1, x0
        isb
        mov     x0, #3
        msr     s3_0_c1_c2_0, x0        /* ZCR_EL1 */
        isb
        .endm

        /* What has faulted is left out; x29 gets the syndrome, x27 the address. Changes x28. */
        .macro  skipping_vectors
        .balign 0x800
vectors:
        .rept   16
        mrs     x28, elr_el1
        add     x28, x28, #4
        msr     elr_el1, x28
        mrs     x29, esr_el1
        mrs     x27, far_el1
        eret
        .balign 0x80
        .endr
        .endm

        .macro  power_off
        mov     w0, #0x0008             /* PSCI: SYSTEM_OFF */
        movk    w0, #0x8400, lsl #16
        hvc     #0
        b       .
        .endm
