/*
 * Option ROM of the `pc` board: starts the Linux kernel that fw_cfg has.
 *
 * Firmware calls the boot entry (BEV) in real mode when it is this ROM's turn. The pieces of the
 * kernel are items of fw_cfg; another item says where each belongs, and a third its size. They are
 * fetched by DMA requests, which reach all memory below 4 GiB from here.
 *
 * References: Plug and Play BIOS Specification 1.0A, 3.2 (expansion header); "QEMU Firmware
 * Configuration (fw_cfg) Device" (DMA interface); Linux, Documentation/x86/boot.rst, "Running the
 * kernel".
 *
 * SPDX-License-Identifier: MIT
 */
    .code16
    .text

/* Ports and keys of fw_cfg. */
    .set SELECTOR,   0x510
    .set DMA_LOW,    0x518
    .set KEY_KERNEL, 0x07       /* address, size, data */
    .set KEY_KERNEL_SIZE, 0x08
    .set KEY_KERNEL_DATA, 0x11
    .set KEY_INITRD, 0x0a
    .set KEY_INITRD_SIZE, 0x0b
    .set KEY_INITRD_DATA, 0x12
    .set KEY_CMDLINE, 0x13
    .set KEY_CMDLINE_SIZE, 0x14
    .set KEY_CMDLINE_DATA, 0x15
    .set KEY_SETUP, 0x16
    .set KEY_SETUP_SIZE, 0x17
    .set KEY_SETUP_DATA, 0x18

/* A DMA request's control word, as it lies in memory: big-endian. */
    .set DMA_ERROR, 0x01000000
    .set DMA_SELECT_AND_READ, 0x0a000000

    .globl start
start:
    .byte 0x55, 0xaa
    .byte 1                     /* blocks of 512 bytes */
    xorw    %ax, %ax            /* nothing to prepare: no IPL device is attached by this */
    lret

    .org 0x1a
    .word plug_and_play

    .align 16
plug_and_play:
    .ascii "$PnP"
    .byte 1                     /* revision */
    .byte 2                     /* length / 16 */
    .word 0                     /* no next header */
    .byte 0
    .byte 0                     /* checksum: who hands the ROM out computes both */
    .long 0                     /* device identifier */
    .word 0                     /* manufacturer */
    .word product
    .byte 0, 0, 0               /* device type */
    .byte 0
    .word 0                     /* boot connection vector */
    .word 0                     /* disconnect vector */
    .word boot
    .word 0
    .word 0
product:
    .asciz "Linux (-kernel)"

boot:
    cli
    cld
    xorw    %ax, %ax
    movw    %ax, %ss
    movw    %ax, %ds
    movw    %ax, %es
    movl    $0x7c00, %esp       /* where a boot sector would be: nobody's */
    movw    $pieces_end - pieces, %cx
next_piece:
    subw    $3, %cx
    movw    %cx, %si
    call    fetch_piece
    testw   %cx, %cx
    jnz     next_piece

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

/* si: offset in `pieces`. */
fetch_piece:
    movb    %cs:pieces(%si), %al
    call    read_number
    movl    %eax, %edi          /* where to */
    movb    %cs:pieces+1(%si), %al
    call    read_number
    testl   %eax, %eax
    jz      fetched
    bswap   %eax
    bswap   %edi
    pushl   %edi                /* the request, from its end: address, */
    pushl   $0
    pushl   %eax                /* length, */
    movzbl  %cs:pieces+2(%si), %eax
    xchgb   %ah, %al            /* key and what to do with it */
    orl     $DMA_SELECT_AND_READ, %eax
    pushl   %eax
    movl    %esp, %ebp
    movl    %esp, %eax
    bswap   %eax
    movw    $DMA_LOW, %dx
    outl    %eax, %dx
wait:
    movl    (%bp), %eax
    testl   $~DMA_ERROR, %eax
    jnz     wait
    addw    $16, %sp
    testl   %eax, %eax
    jnz     failed
fetched:
    ret

/* Item al, a number of four bytes: eax. */
read_number:
    pushl   %edi
    movzbw  %al, %ax
    movw    $SELECTOR, %dx
    outw    %ax, %dx
    incw    %dx
    movw    $4, %bp
read_byte:
    inb     %dx, %al
    shrdl   $8, %eax, %edi      /* from the top down: the last byte read ends up highest */
    decw    %bp
    jnz     read_byte
    movl    %edi, %eax
    popl    %edi
    ret

failed:
    pushw   %cs
    popw    %ds
    movw    $message, %si
print:
    lodsb
    testb   %al, %al
    jz      stop
    movb    $0x0e, %ah
    movw    $7, %bx
    int     $0x10
    jmp     print
stop:
    hlt
    jmp     stop

message:
    .asciz "fw_cfg: the kernel could not be read\r\n"

/* Where to, how much, what. The last comes first. */
pieces:
    .byte KEY_SETUP, KEY_SETUP_SIZE, KEY_SETUP_DATA
    .byte KEY_CMDLINE, KEY_CMDLINE_SIZE, KEY_CMDLINE_DATA
    .byte KEY_INITRD, KEY_INITRD_SIZE, KEY_INITRD_DATA
    .byte KEY_KERNEL, KEY_KERNEL_SIZE, KEY_KERNEL_DATA
pieces_end:

    .org 512
