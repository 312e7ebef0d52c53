/*
 * Firmware that runs cases of real-mode code, one after another, and writes to the debug console
 * what each leaves (random16.py, which makes the cases and puts them at CASES).
 *
 * A case of 128 bytes: EDI, ESI, EBP, 0, EBX, EDX, ECX, EAX; EFLAGS; DS, ES, FS, GS, SS, SP;
 * code, which ends with INT3s. It runs at 0800:0000. A result of 64 bytes: GS, FS, ES, DS, the eight
 * registers as PUSHAL leaves them, vector, IP, CS, FLAGS, SP, SS, a hash of what has changed in
 * memory from 10000 to 2ffff. Behind the last case is one of all ones.
 *
 * SPDX-License-Identifier: MIT
 */
    .equ CASES, 0x100000
    .equ CASE, 0x500        /* a copy */
    .equ RESULT, 0x600
    .equ CODE, 0x8000
    .equ STACK, 0x4000
    .equ NEXT, 0x700        /* address of the next case */

    .code16
    /* The lowest 64 KiB, and the stack of what isn't a case. */
    .macro own_segments
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $STACK, %sp
    cld
    .endm

    .section .text
    .globl start
start:
    cli
    own_segments
    /* Vectors: 8 bytes of code each */
    xorw %di, %di
    movw $stubs, %ax
1:  stosw
    pushw %ax
    movw $0xf000, %ax
    stosw
    popw %ax
    addw $8, %ax
    cmpw $0x400, %di
    jb 1b
    /* What memory starts with: 30000 to 4ffff, copied to 10000 for each case */
    movl $0x12345678, %eax
    movw $0x3000, %bx
2:  movw %bx, %es
    xorw %di, %di
    movw $0x4000, %cx
3:  imull $1103515245, %eax, %eax
    addl $12345, %eax
    movl %eax, %edx
    rorl $11, %edx
    movl %edx, %es:(%di)
    addw $4, %di
    loop 3b
    addw $0x1000, %bx
    cmpw $0x5000, %bx
    jb 2b
    movl $CASES, NEXT
    jmp next_case

/* From protected mode's flat data to CASE and CODE. */
next_case:
    own_segments
    lgdtl %cs:gdtr
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    jmp 4f
4:  movw $8, %bx
    movw %bx, %ds
    movl NEXT, %esi
    movl $CASE, %edi
    movl $32, %ecx
5:  movl (%esi), %edx
    movl %edx, (%edi)
    addl $4, %esi
    addl $4, %edi
    addr32 loop 5b
    movl %esi, NEXT
    movw $16, %bx
    movw %bx, %ds
    andb $0xfe, %al
    movl %eax, %cr0
    ljmp $0xf000, $6f
6:  xorw %ax, %ax
    movw %ax, %ds
    cmpl $-1, CASE + 12
    je finished
    movw $CODE >> 4, %ax
    movw %ax, %es
    movw $CASE + 48, %si
    xorw %di, %di
    movw $20, %cx
    rep movsl
    /* Memory */
    movw $0x3000, %ax
    call copy
    movw $0x4000, %ax
    call copy
    /* Registers; the stack of the case holds what starts it */
    xorw %ax, %ax
    movw %ax, %ds
    movw CASE + 44, %ss
    movzwl CASE + 46, %esp
    pushw CASE + 32     /* FLAGS */
    pushw $CODE >> 4
    pushw $0
    movl CASE, %edi
    movl CASE + 4, %esi
    movl CASE + 8, %ebp
    movl CASE + 16, %ebx
    movl CASE + 20, %edx
    movl CASE + 24, %ecx
    movl CASE + 28, %eax
    movw CASE + 38, %es
    movw CASE + 40, %fs
    movw CASE + 42, %gs
    movw CASE + 36, %ds
    iretw

copy:
    movw %ax, %ds
    subw $0x2000, %ax
    movw %ax, %es
    xorw %si, %si
    xorw %di, %di
    movw $0x4000, %cx
    rep movsl
    ret

ended:
    pushal
    pushw %ds
    pushw %es
    pushw %fs
    pushw %gs
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    cld
    movw %sp, RESULT + 48
    movw %ss, RESULT + 50
    movw %sp, %si
    movw $RESULT, %di
    movw $24, %cx
    movw %ss, %ax
    movw %ax, %ds
7:  lodsw
    stosw
    loop 7b
    xorw %ax, %ax
    movw %ax, %ss
    movw $STACK, %sp
    xorl %ebx, %ebx
    movw $0x1000, %ax
    call hash
    movw $0x2000, %ax
    call hash
    xorw %ax, %ax
    movw %ax, %ds
    movl %ebx, RESULT + 52
    movw $RESULT, %si
    movw $64, %cx
    movw $0xe9, %dx
    rep outsb
    jmp next_case

/* Of what differs from the copy: where and what. */
hash:
    movw %ax, %ds
    addw $0x2000, %ax
    movw %ax, %es
    xorw %si, %si
    xorw %di, %di
    movw $0x4000, %cx
8:  repe cmpsl
    je 9f
    addl -4(%si), %ebx
    roll $5, %ebx
    xorw %si, %bx
    jcxz 9f
    jmp 8b
9:  ret

finished:
    movw $0x501, %dx    /* isa-debug-exit */
    outb %al, %dx
    hlt
    jmp finished

gdtr:
    .word 23
    .long gdt + 0xf0000
    .balign 8
gdt:
    .quad 0, 0x00cf93000000ffff, 0x000093000000ffff

    .balign 8
stubs:
    .set vector, 0
    .rept 256
    pushw $vector
    jmp ended
    .balign 8
    .set vector, vector + 1
    .endr

    .org 0xfff0
    ljmp $0xf000, $start
    .org 0x10000
