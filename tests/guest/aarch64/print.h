/*
 * For bare programs on `virt`: the lowest bits of x0 as hexadecimal digits to the UART whose address is in x3; `top` is the
 * lowest bit of the first digit. Changes x1, x2, x5 and the flags.
 *
 * SPDX-License-Identifier: MIT
 */
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
