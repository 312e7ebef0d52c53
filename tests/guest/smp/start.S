/*
 * Programs for the board ppc-smp: every CPU comes to main(number) on a stack of its own; exceptions
 * call interrupt(vector, number, &srr0) with translation off and go back.
 *
 * SPRG1: the top of the CPU's stack for exceptions; SPRG2: its number.
 *
 * SPDX-License-Identifier: MIT
 */
    .section .vectors, "ax"

    .macro vector offset
    .org \offset
    mtsprg 0, 1
    mfsprg 1, 1
    stwu 3, -128(1)
    li 3, \offset
    b save
    .endm

    .org 0
vectors:
    .irp n, 0x200, 0x300, 0x400, 0x500, 0x600, 0x700, 0x800, 0x900, 0xc00, 0xd00
    vector \n
    .endr

    .org 0x2000
save:
    stw 0, 4(1)
    mflr 0
    stw 0, 8(1)
    mfctr 0
    stw 0, 12(1)
    mfcr 0
    stw 0, 16(1)
    mfxer 0
    stw 0, 20(1)
    stw 4, 24(1)
    stw 5, 28(1)
    stw 6, 32(1)
    stw 7, 36(1)
    stw 8, 40(1)
    stw 9, 44(1)
    stw 10, 48(1)
    stw 11, 52(1)
    stw 12, 56(1)
    mfsrr0 0
    stw 0, 60(1)
    mfsprg 4, 2
    addi 5, 1, 60
    stwu 1, -16(1)
    bl interrupt
    addi 1, 1, 16
    lwz 0, 60(1)
    mtsrr0 0
    lwz 12, 56(1)
    lwz 11, 52(1)
    lwz 10, 48(1)
    lwz 9, 44(1)
    lwz 8, 40(1)
    lwz 7, 36(1)
    lwz 6, 32(1)
    lwz 5, 28(1)
    lwz 4, 24(1)
    lwz 0, 20(1)
    mtxer 0
    lwz 0, 16(1)
    mtcr 0
    lwz 0, 12(1)
    mtctr 0
    lwz 0, 8(1)
    mtlr 0
    lwz 0, 4(1)
    lwz 3, 0(1)
    mfsprg 1, 0
    rfi

    .globl _start
_start:
    li 4, 0x1000                /* ME, vectors at 0 */
    mtmsr 4
    isync
    mtsprg 2, 3
    addi 4, 3, 1
    slwi 4, 4, 13               /* 8 KiB each */
    lis 1, stacks@h
    ori 1, 1, stacks@l
    add 1, 1, 4
    addi 5, 1, -4096
    mtsprg 1, 1
    mr 1, 5
    li 0, 0
    stwu 0, -16(1)
    bl main
0:  b 0b

    .bss
    .balign 4096
stacks:
    .space 4 * 8192
