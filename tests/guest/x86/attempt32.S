/*
 * Entering and leaving attempts, see system32.c.
 *
 * SPDX-License-Identifier: MIT
 */
    .text
    .code32
    .globl start32
start32:
    mov $0x10, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x1f000, %esp
    call main
    lidt no_idt /* the end, for -no-reboot */
    int3

no_idt:
    .word 0
    .long 0

/*
 * void attempt(const struct Context *context): leaves through IRET for what the context says; comes
 * back with any interrupt or exception, of which `record` tells.
 */
    .globl attempt
attempt:
    pushal
    mov %esp, saved_esp
    mov 36(%esp), %esi
    mov 4(%esi), %ebx
    testl $0x20000, 8(%esi)
    jz 1f
    pushl 40(%esi)            /* gs, fs, ds, es of virtual-8086 mode */
    pushl 36(%esi)
    pushl 32(%esi)
    pushl 28(%esi)
    jmp 2f
1:  testb $3, %bl
    jz 3f
2:  pushl 16(%esi)            /* ss, esp */
    pushl 12(%esi)
3:  pushl 8(%esi)
    pushl %ebx
    pushl (%esi)
    mov 20(%esi), %eax
    mov 24(%esi), %ebx
    mov 44(%esi), %ecx
    testl $0x20003, 4(%esp)
    jz 4f
    mov $0x23, %dx            /* data segments of level 3 */
    mov %dx, %ds
    mov %dx, %es
4:  mov $0, %edx
    iretl

    .balign 16
vectors_begin:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17)
    .else
    pushl $0xeeee
    .endif
    pushl $vector
    jmp common
    .set vector, vector + 1
    .endr
    .globl vectors_begin

common:
    pushal
    mov %ds, %eax
    mov %es, %ebx
    mov %fs, %ebp
    mov $0x10, %cx
    mov %cx, %ds
    mov %cx, %es
    mov %eax, record
    mov %ebx, record + 4
    mov %ebp, record + 8
    mov %esp, %esi            /* eight registers, vector, error code, frame */
    mov $record + 12, %edi
    mov $20, %ecx
    cld
    ss lodsl
    jmp 2f
1:  ss lodsl
2:  stosl
    loop 1b
    mov %ss, %eax
    mov %eax, record + 92
    str %ax
    mov %eax, record + 96
    mov $0x10, %ax
    mov %ax, %ss
    mov saved_esp, %esp
    popal
    ret

    .bss
saved_esp:
    .long 0

    .section .note.GNU-stack, "", @progbits
