/*
 * A flash image around a program that lies at 0: what the processor begins with, which copies the
 * program (the file "program.bin") to RAM and starts it.
 *
 * Given by the build: WORDS, the size of the program; ENTRY, where it starts.
 *
 * SPDX-License-Identifier: MIT
 */
    .set ROM, 0xfff00000
    .set RESET, 0x100
    .set PROGRAM, 0x1000
    .set ROM_SIZE, 0x100000

    .text
    .org RESET
    lis 3, (ROM + PROGRAM - 4)@h
    ori 3, 3, (ROM + PROGRAM - 4)@l
    li 4, -4
    lis 5, WORDS@h
    ori 5, 5, WORDS@l
    mtctr 5
0:  lwzu 0, 4(3)
    stwu 0, 4(4)
    bdnz 0b
    sync
    lis 3, ENTRY@h
    ori 3, 3, ENTRY@l
    mtctr 3
    bctr

    .org PROGRAM
    .incbin "program.bin"
    .balign 4
    .org ROM_SIZE
