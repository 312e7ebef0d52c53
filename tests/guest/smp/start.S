/*
 * Programs for the board ppc-smp: every CPU comes to main(number) on a stack of its own; exceptions
 * call interrupt(vector, number, &srr0) with translation off and go back.
 *
 * SPRG1: the top of the CPU's stack for exceptions; SPRG2: its number.
 *
 * SPDX-License-Identifier: MIT
 */
#include "../exceptions.inc"

    .macro exception_stack
    mfsprg 1, 1
    .endm

    .section .vectors, "ax"
    vectors_from_0
save:
    save_registers
    mfsrr0 0
    stw 0, EXCEPTION_FREE(1)
    mfsprg 4, 2
    addi 5, 1, EXCEPTION_FREE
    stwu 1, -16(1)
    bl interrupt
    addi 1, 1, 16
    lwz 0, EXCEPTION_FREE(1)
    mtsrr0 0
    restore_registers

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
