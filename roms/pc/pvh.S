/*
 * Option ROM of the PC boards: starts the kernel that fw_cfg has at its PVH entry.
 *
 * Reference: Xen, docs/misc/pvh.pandoc and public/arch-x86/hvm/start_info.h; ACPI specification
 * 6.4, 5.2.5 (where the RSDP is).
 *
 * SPDX-License-Identifier: MIT
 */
    .include "boot-rom.inc"
    .include "protected.inc"

    .set MAP_TAG, 0             /* the reserved end of the entry before */

    .set START_MAGIC, 0x336ec578
    .set START, SCRATCH         /* the information, zeroed but for what is set here */
    .set START_VERSION, START + 4
    .set START_MODULES, START + 12
    .set START_MODULE_LIST, START + 16
    .set START_CMDLINE, START + 24
    .set START_RSDP, START + 32
    .set START_MAP, START + 40
    .set START_MAP_ENTRIES, START + 48
    .set MODULE, START + 64     /* address, size, command line, reserved: 8 bytes each */
    .set INFORMATION_SIZE, 64 + 32

    .set RSDP_FROM, 0xe0000
    .set RSDP_TO,  0x100000

    .code16
    .text
    ROM_HEADER "PVH (-kernel)"

boot:
    LOW_SEGMENTS
    FETCH_PIECES
    movw    $START, %di
    movw    $INFORMATION_SIZE, %cx
    xorw    %ax, %ax
    rep stosb
    movb    $KEY_ENTRY, %al
    call    read_number
    movl    %eax, ENTRY
    movb    $KEY_CMDLINE, %al
    call    read_number
    movl    %eax, START_CMDLINE
    movb    $KEY_INITRD_SIZE, %al
    call    read_number
    testl   %eax, %eax
    jz      no_module
    movl    %eax, MODULE + 8
    movb    $KEY_INITRD, %al
    call    read_number
    movl    %eax, MODULE
    movl    $MODULE, START_MODULE_LIST
    incw    START_MODULES
no_module:
    movl    $START_MAGIC, START
    movl    $1, START_VERSION
    call    collect_map
    movl    %ebp, START_MAP_ENTRIES
    movl    $MAP + 4, START_MAP
    jmp     enter_protected

    FETCH_CODE
    PROTECTED_CODE

protected:
    FLAT_SEGMENTS
    movl    $RSDP_FROM, %esi
next_paragraph:
    cmpl    $0x20445352, (%esi) /* "RSD " */
    jne     not_here
    cmpl    $0x20525450, 4(%esi) /* "PTR " */
    je      found
not_here:
    addl    $16, %esi
    cmpl    $RSDP_TO, %esi
    jne     next_paragraph
    xorl    %esi, %esi
found:
    movl    %esi, START_RSDP
    movl    $START, %ebx
    movl    ENTRY, %ecx
    jmp     *%ecx

    IMAGE_PIECES
    ROM_END
