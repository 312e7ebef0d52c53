/*
 * A boot sector that calls VMware's port with each row's registers, and writes to the debug console
 * the registers that come back: EAX, EBX, ECX, EDX, of 4 bytes each.
 *
 * SPDX-License-Identifier: MIT
 */
    .code16
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7000, %sp
    cld
    movw $rows, %bp
next:
    movl (%bp), %eax
    movl 4(%bp), %ebx
    movl 8(%bp), %ecx
    movl $0x11225658, %edx
    pushw %ax
    movb 12(%bp), %al
    movb %al, how
    popw %ax
    cmpb $1, how
    je word
    ja write
    inl %dx, %eax
    jmp done
word:
    inw %dx, %ax
    jmp done
write:
    outl %eax, %dx
done:
    movl %eax, 0x6000
    movl %ebx, 0x6004
    movl %ecx, 0x6008
    movl %edx, 0x600c
    movw $0x6000, %si
    movw $16, %cx
    movw $0xe9, %dx
    rep outsb
    addw $13, %bp
    cmpw $end, %bp
    jb next
    movb $0xfe, %al /* the keyboard controller resets the machine */
    outb %al, $0x64
stop:
    hlt
    jmp stop
how: .byte 0

    .macro row eax, ebx, ecx, how
    .long \eax, \ebx, \ecx
    .byte \how
    .endm
rows:
    row 0x12345678, 1, 10, 0
    row 0x564d5868, 2, 10, 0
    row 0x564d5868, 3, 0x7777000a, 1
    row 0x564d5868, 4, 10, 2
    row 0x564d5868, 5, 0x13, 0
    row 0x564d5868, 6, 0x77770014, 0
    row 0x564d5868, 7, 0x2d, 0
    row 0x564d5868, 8, 0x44, 0
    row 0x564d5868, 9, 0x11, 0
    row 0x564d5868, 10, 0xffff, 0
    row 0x564d5868, 11, 40, 0           /* the mouse */
    row 0x564d5868, 0x45414552, 41, 0
    row 0x564d5868, 13, 40, 0
    row 0x564d5868, 1, 39, 0
    row 0x564d5868, 15, 40, 0
    row 0x564d5868, 0x53424152, 41, 0
    row 0x564d5868, 4, 39, 0            /* more than there is */
    row 0x564d5868, 18, 40, 0
    row 0x564d5868, 0xf5, 41, 0
    row 0x564d5868, 20, 40, 0
end:
    .org 510
    .word 0xaa55
