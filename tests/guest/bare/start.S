/*
 * Programs without an operating system on the VMC board, loaded by -kernel: exception vectors that
 * call interrupt(vector), and main().
 *
 * SPDX-License-Identifier: MIT
 */
#include "../exceptions.inc"

    .macro exception_stack
    lis 1, interrupt_stack_end@h
    ori 1, 1, interrupt_stack_end@l
    .endm

    .section .vectors, "ax"
    vectors_from_0
/* Not to be interrupted again, so one stack will do. */
save:
    save_registers
    stwu 1, -16(1)
    bl interrupt
    addi 1, 1, 16
    restore_registers

    .globl _start
_start:
    li 3, 0x1000                /* ME, vectors at 0 */
    mtmsr 3
    isync
    lis 1, stack_end@h
    ori 1, 1, stack_end@l
    li 0, 0
    stwu 0, -16(1)
    bl main
0:  b 0b

    .bss
    .balign 16
    .space 16384
stack_end:
    .space 4096
interrupt_stack_end:
