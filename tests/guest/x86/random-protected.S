/*
 * Entering and leaving cases, see random-protected.c.
 *
 * SPDX-License-Identifier: MIT
 */
    .equ STACK, 0x1f000    /* of C */
    .equ LAUNCH, 0xe800    /* from where cases of outer levels start: their ESP keeps its upper half, 0 */
    .equ CODE0, 0x08
    .equ DATA0, 0x10

    .text
    .code32
    .globl start32, enter_case, vectors_begin, double_fault
    .macro own_segments
    movl $DATA0, %eax
    movl %eax, %ds
    movl %eax, %es
    movl %eax, %ss
    movl $STACK, %esp
    cld
    .endm

start32:
    own_segments
    call main
    hlt

/* void enter_case(const struct Case *): the order is that of the structure. */
enter_case:
    movl 4(%esp), %esi
    testl $0x20000, 40(%esi)
    jz 1f
    movl $LAUNCH, %esp
    pushl %cs:60(%esi)     /* gs, fs, ds, es of virtual-8086 mode */
    pushl %cs:56(%esi)
    pushl %cs:48(%esi)
    pushl %cs:52(%esi)
    jmp 2f
1:  movw 48(%esi), %ds
    movw %cs:52(%esi), %es
    movw %cs:56(%esi), %fs
    movw %cs:60(%esi), %gs
    testl $3, %cs:36(%esi)
    jz 3f
    movl $LAUNCH, %esp
2:  pushl %cs:44(%esi)     /* ss, esp */
    pushl %cs:12(%esi)
    jmp 4f
3:  movw %cs:44(%esi), %ss
    movl %cs:12(%esi), %esp
4:  pushl %cs:40(%esi)
    pushl %cs:36(%esi)
    pushl %cs:32(%esi)
    movl %cs:(%esi), %edi
    movl %cs:8(%esi), %ebp
    movl %cs:16(%esi), %ebx
    movl %cs:20(%esi), %edx
    movl %cs:24(%esi), %ecx
    movl %cs:28(%esi), %eax
    movl %cs:4(%esi), %esi
    iretl

    .balign 16
vectors_begin:
    .set vector, 0
    .rept 256
    .balign 16
    pushl $vector
    jmp common
    .set vector, vector + 1
    .endr

/* Onto the stack that the handler has got, of whatever size its pointer is. */
common:
    pushal
    movl %gs, %eax
    pushl %eax
    movl %fs, %eax
    pushl %eax
    movl %es, %eax
    pushl %eax
    movl %ds, %eax
    pushl %eax
    movl %esp, %ebx
    movl %ss, %ecx
    own_segments
    ljmp $CODE0, $5f
5:  pushl %ebx
    pushl %ecx
    call handle

double_fault: /* a task of its own */
    own_segments
    call handle_double_fault

    .section .note.GNU-stack, "", @progbits
