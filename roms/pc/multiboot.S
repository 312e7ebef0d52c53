/*
 * Option ROM of the PC boards: starts the multiboot kernel that fw_cfg has.
 *
 * The information that the kernel is given is there, as the item that holds a command line for
 * Linux; the memory map and the sizes that only firmware knows are filled in here.
 *
 * Reference: Multiboot Specification 0.6.96, 3.2 (machine state), 3.3 (boot information).
 *
 * SPDX-License-Identifier: MIT
 */
    .include "boot-rom.inc"
    .include "protected.inc"

    .set MAP_TAG, 20            /* the size of what follows */
    .set LOADED_BY_MULTIBOOT, 0x2badb002

/* Fields of the information. */
    .set INFO_LOWER, 4
    .set INFO_UPPER, 8
    .set INFO_MAP_LENGTH, 44
    .set INFO_MAP, 48

    .code16
    .text
    ROM_HEADER "Multiboot (-kernel)"

boot:
    LOW_SEGMENTS
    FETCH_PIECES
    movb    $KEY_ENTRY, %al
    call    read_number
    movl    %eax, ENTRY
    movb    $KEY_CMDLINE, %al
    call    read_number
    movl    %eax, SCRATCH
    int     $0x12
    movzwl  %ax, %eax
    movl    %eax, SCRATCH + 4
    call    collect_map
    jmp     enter_protected

    FETCH_CODE
    PROTECTED_CODE

protected:
    FLAT_SEGMENTS
    movl    SCRATCH, %ebx
    movl    SCRATCH + 4, %eax
    movl    %eax, INFO_LOWER(%ebx)
    imull   $MAP_STRIDE, %ebp, %ecx
    movl    %ecx, INFO_MAP_LENGTH(%ebx)
    movl    $MAP, %esi
    movl    %esi, INFO_MAP(%ebx)

    /* Memory from 1 MiB on: the range of RAM that starts there. */
    testl   %ebp, %ebp
    jz      ready
next_entry:
    cmpl    $0x100000, 4(%esi)
    jne     another
    cmpl    $0, 8(%esi)
    jne     another
    cmpl    $1, 20(%esi)
    jne     another
    movl    12(%esi), %eax
    shrl    $10, %eax
    movl    %eax, INFO_UPPER(%ebx)
another:
    addl    $MAP_STRIDE, %esi
    decl    %ebp
    jnz     next_entry
ready:
    movl    ENTRY, %ecx
    movl    $LOADED_BY_MULTIBOOT, %eax
    jmp     *%ecx

    IMAGE_PIECES
    ROM_END
