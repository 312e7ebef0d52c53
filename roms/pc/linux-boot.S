/*
 * Option ROM of the PC boards: starts the Linux kernel that fw_cfg has.
 *
 * Reference: Linux, Documentation/x86/boot.rst, "Running the kernel".
 *
 * SPDX-License-Identifier: MIT
 */
    .include "boot-rom.inc"

    .code16
    .text
    ROM_HEADER "Linux (-kernel)"

boot:
    LOW_SEGMENTS
    FETCH_PIECES

    /* The set-up code: its segment in all segment registers, its entry one sector in. */
    movb    $KEY_SETUP, %al
    call    read_number
    movl    %eax, %ebx
    movb    $KEY_CMDLINE, %al
    call    read_number
    subl    %ebx, %eax
    subl    $16, %eax           /* the stack ends before the command line */
    shrl    $4, %ebx
    movw    %bx, %ds
    movw    %bx, %es
    movw    %bx, %fs
    movw    %bx, %gs
    movw    %bx, %ss
    movl    %eax, %esp
    addw    $0x20, %bx
    pushw   %bx
    pushw   $0
    lret

    FETCH_CODE

pieces:
    .byte KEY_SETUP, KEY_SETUP_SIZE, KEY_SETUP_DATA
    .byte KEY_CMDLINE, KEY_CMDLINE_SIZE, KEY_CMDLINE_DATA
    .byte KEY_INITRD, KEY_INITRD_SIZE, KEY_INITRD_DATA
    .byte KEY_KERNEL, KEY_KERNEL_SIZE, KEY_KERNEL_DATA
pieces_end:

    ROM_END
