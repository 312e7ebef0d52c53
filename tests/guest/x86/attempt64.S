/*
 * From 32-bit code to long mode; entering and leaving attempts, see system64.c.
 *
 * SPDX-License-Identifier: MIT
 */
    .set PML4, 0x10000
    .set PDPT, 0x11000
    .set DIRECTORY, 0x12000 /* a gigabyte, as it is, for all levels */

    .text
    .code32
    .globl start32
start32:
    mov $0x10, %ax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $PML4, %edi
    xor %eax, %eax
    mov $0xc00, %ecx
    rep stosl
    movl $PDPT + 7, PML4
    movl $DIRECTORY + 7, PDPT
    mov $DIRECTORY, %edi
    mov $0x87, %eax
1:  mov %eax, (%edi)
    add $8, %edi
    add $0x200000, %eax
    cmp $0x40000087, %eax
    jne 1b
    mov $PML4, %eax
    mov %eax, %cr3
    mov $0x20, %eax          /* PAE */
    mov %eax, %cr4
    mov $0xc0000080, %ecx
    mov $0x101, %eax         /* EFER: LME, SCE */
    xor %edx, %edx
    wrmsr
    mov %cr0, %eax
    or $0x80000000, %eax
    mov %eax, %cr0
    lgdt gdtr64
    ljmp $8, $start64

    .balign 8
gdt64:
    .quad 0, 0x00af9b000000ffff, 0x00cf93000000ffff
gdtr64:
    .word . - gdt64 - 1
    .quad gdt64

    .code64
start64:
    mov $0x1f000, %esp
    call main
    lidt no_idt              /* the end, for -no-reboot */
    int3
no_idt:
    .word 0
    .quad 0

/*
 * void attempt(const struct Context *context): leaves through IRET for what the context says; comes
 * back with any interrupt or exception, of which `record` tells.
 */
    .globl attempt
attempt:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, saved_rsp
    pushq 32(%rdi)           /* ss, rsp, rflags, cs, rip */
    pushq 24(%rdi)
    pushq 16(%rdi)
    pushq 8(%rdi)
    pushq (%rdi)
    mov 40(%rdi), %rax
    mov 48(%rdi), %rbx
    mov 56(%rdi), %r11
    mov $0x23, %dx
    mov %edx, %ds
    mov %edx, %es
    xor %edx, %edx
    mov %edx, %fs
    mov %edx, %gs
    xor %ecx, %ecx
    iretq

    .balign 16
    .globl vectors_begin
vectors_begin:
    .set vector, 0
    .rept 256
    .balign 16
    .if (vector == 8) || (vector >= 10 && vector <= 14) || (vector == 17)
    .else
    pushq $0xeeee
    .endif
    pushq $vector
    jmp common
    .set vector, vector + 1
    .endr

common:
    mov %rax, record
    mov %rcx, record + 8
    mov %rdx, record + 16
    mov %rbx, record + 24
    mov %r11, record + 32
    mov %rsp, record + 40
    mov %ds, %eax
    mov %rax, record + 48
    mov %es, %eax
    mov %rax, record + 56
    mov %fs, %eax
    mov %rax, record + 64
    mov %ss, %eax
    mov %rax, record + 72
    mov %rsp, %rsi           /* vector, error code, rip, cs, rflags, rsp, ss */
    mov $record + 80, %edi
    mov $7, %ecx
    cld
    rep movsq
    mov $0x10, %eax
    mov %eax, %ss
    mov saved_rsp, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    .bss
saved_rsp:
    .quad 0

    .section .note.GNU-stack, "", @progbits
