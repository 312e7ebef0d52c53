/*
 * From reset to 32-bit code at `start32`, which lies in RAM, where it was linked to.
 *
 * SPDX-License-Identifier: MIT
 */
    .section .vector, "ax"
    .code16
    ljmp $0xf000, $0xff00

    .section .reset, "ax"
reset:
    cli
    cld
    mov $0xf000, %ax
    mov %ax, %ds
    mov $0x2000, %ax
    mov %ax, %es
    xor %si, %si
    xor %di, %di
    mov $0x8000, %cx
    rep movsw
    mov %ax, %ds
    lgdtl %cs:(0xff00 + first_gdtr - reset)
    mov %cr0, %eax
    or $1, %al
    mov %eax, %cr0
    ljmpl $8, $start32

    .balign 8
first_gdt:
    .quad 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
first_gdtr:
    .word . - first_gdt - 1
    .long first_gdt

    .section .note.GNU-stack, "", @progbits
