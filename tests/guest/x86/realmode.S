/*
 * A disk's boot sector and what it loads: real mode as old systems use it, through firmware's calls and
 * by the hardware itself. Each thing that it tries is a line on the first serial port, "ok" or "NOT ok".
 *
 * References: SDM volume 3, 20 (real mode); Ralf Brown's interrupt list (INT 10h, 13h, 15h, 16h, 1Ah);
 * Intel 8254 datasheet; IBM PC/AT Technical Reference (ports 61, 92).
 *
 * SPDX-License-Identifier: MIT
 */
    .code16
    .text
    .globl _start

#define SERIAL   0x3f8
#define SECTORS  7           /* behind the boot sector */
#define BUFFER   0x9000
#define HIGH     0x200000    /* behind the first MiB, and a multiple of it */

    /* It is wrong if the condition holds. */
    .macro check text, wrong
    set\wrong %al
    movw $\text, %si
    call report
    .endm

_start:
    ljmp $0, $1f
1:  xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $0x7c00, %sp
    sti
    cld
    movb %dl, drive

    /* The rest of us, by cylinder, head and sector */
    movw $0x0200 | SECTORS, %ax
    movw $0x0002, %cx
    movb $0, %dh
    movw $second, %bx
    int $0x13
    jc unreadable
    cmpl $0x6b6f6f4c, signature
    je second
unreadable:
    movw $text_chs, %si
    movb $1, %al
    call report
stop:
    hlt
    jmp stop

/* AL: 0 is good; SI: what it was. */
report:
    pushw %si
    movw $good, %si
    testb %al, %al
    jz 1f
    movw $bad, %si
1:  call say
    popw %si
    call say
    movw $line, %si
say:
    lodsb
    testb %al, %al
    jz 2f
    movb %al, %ah
    movw $SERIAL + 5, %dx
1:  inb %dx, %al
    testb $0x20, %al
    jz 1b
    movb %ah, %al
    movw $SERIAL, %dx
    outb %al, %dx
    jmp say
2:  ret

good:     .asciz "ok "
bad:      .asciz "NOT ok "
line:     .asciz "\n"
text_chs: .asciz "INT 13h reads by cylinder, head, sector"
drive:    .byte 0
    .org 510
    .word 0xaa55

second:
    movb $0, %al
    movw $text_chs, %si
    call report

    /* By block: the sector that begins here once more */
    movb drive, %dl
    movb $0x42, %ah
    movw $packet, %si
    int $0x13
    jc 1f
    movw $second, %si
    movw $BUFFER, %di
    movw $256, %cx
    repe cmpsw
    jne 1f
    xorw %cx, %cx
    jmp 2f
1:  movw $1, %cx
2:  testw %cx, %cx
    check text_lba, nz

    /*
     * A20: ffff:0510 is 0000:0500 or not. The keyboard controller has opened the gate, and doesn't keep
     * it open.
     */
    movw $0xffff, %ax
    movw %ax, %es
    movw $0x2400, %ax
    int $0x15
    call same_place
    check text_a20_off, ne
    movw $0x2401, %ax
    int $0x15
    call same_place
    check text_a20_on, e
    inb $0x92, %al
    andb $0xfc, %al
    outb %al, $0x92
    call same_place
    check text_port92_off, ne
    inb $0x92, %al
    orb $2, %al
    andb $0xfe, %al
    outb %al, $0x92
    call same_place
    check text_port92_on, e
    movb $0xdd, %al
    call keyboard_command
    call same_place
    check text_8042_off, ne
    movb $0xdf, %al
    call keyboard_command
    call same_place
    check text_8042_on, e

    /* "Unreal": a segment register keeps the limit of protected mode */
    cli
    lgdtw table_pointer
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    movw $8, %bx
    movw %bx, %fs
    andb $0xfe, %al
    movl %eax, %cr0
    xorw %bx, %bx
    movw %bx, %fs
    sti
    movl $HIGH, %ebx
    movl $0xcafe1234, %fs:(%ebx)
    movl $0, %fs:4(%ebx)
    cmpl $0xcafe1234, %fs:(%ebx)
    check text_unreal, ne
    movw $0x5000, %cx
    movl $HIGH, %edi
    movl $0x55aa55aa, %eax
1:  movl %eax, %fs:(%edi)       /* on past 64 KiB of offsets, in a loop */
    addl $4, %edi
    decw %cx
    jnz 1b
    cmpl $0x55aa55aa, %fs:0x13ffc(%ebx)
    check text_unreal_loop, ne

    /* Graphics: 320 by 200 with 256 colours */
    movw $0x0013, %ax
    int $0x10
    movb $0x0f, %ah
    int $0x10
    cmpb $0x13, %al
    check text_mode, ne
    movw $0xa000, %ax
    movw %ax, %es
    xorw %di, %di
    xorw %ax, %ax
1:  stosb
    incb %al
    cmpw $64000, %di
    jne 1b
    movw $0x0d00, %ax           /* the pixel of column 7, row 3 */
    movw $7, %cx
    movw $3, %dx
    xorb %bh, %bh
    int $0x10
    cmpb $(3 * 320 + 7) & 0xff, %al
    check text_pixel, ne
    movw $0x0c2a, %ax
    movw $319, %cx
    movw $199, %dx
    xorb %bh, %bh
    int $0x10
    cmpb $0x2a, %es:63999
    check text_last_pixel, ne
    movw $0x0003, %ax
    int $0x10
    movw $0xb800, %ax
    movw %ax, %es
    movw $0x0e41, %ax
    movw $7, %bx
    int $0x10
    cmpb $0x41, %es:0
    check text_teletype, ne

    /* The timer's second channel, which the speaker hears: a square wave of 1.19 ms */
    movb $0xb6, %al
    outb %al, $0x43
    movw $1420, %ax
    outb %al, $0x42
    movb %ah, %al
    outb %al, $0x42
    inb $0x61, %al
    orb $3, %al
    outb %al, $0x61
    xorw %bx, %bx               /* both levels are seen */
    movl $2000000, %ecx
1:  inb $0x61, %al
    testb $0x20, %al
    jz 2f
    orb $1, %bl
    jmp 3f
2:  orb $2, %bl
3:  cmpb $3, %bl
    je 4f
    decl %ecx
    jnz 1b
4:  inb $0x61, %al
    andb $0xfc, %al
    outb %al, $0x61
    cmpb $3, %bl
    check text_speaker, ne

    /* Ticks of the first channel, by IRQ 0 */
    xorb %ah, %ah
    int $0x1a
    movw %dx, %bx
    movl $100000000, %ecx
1:  xorb %ah, %ah
    pushl %ecx
    int $0x1a
    popl %ecx
    subw %bx, %dx
    cmpw $2, %dx
    jae 2f
    decl %ecx
    jnz 1b
2:  cmpw $2, %dx
    check text_ticks, b

    /* Our own handler of IRQ 0, which goes on to firmware's */
    cli
    movl 4 * 8, %eax
    movl %eax, old_handler
    movl $handler, 4 * 8
    sti
1:  cmpb $3, ticks
    jb 1b
    cli
    movl old_handler, %eax
    movl %eax, 4 * 8
    sti
    cmpb $3, ticks
    check text_handler, b

    /* Keyboard: what is put there, and what a user types */
    movb $5, %ah
    movw $0x1e61, %cx
    int $0x16
    xorb %ah, %ah
    int $0x16
    cmpw $0x1e61, %ax
    check text_put, ne
    movw $text_type, %si
    call say
    xorb %ah, %ah
    int $0x16
    cmpw $0x2d78, %ax
    check text_typed, ne

    /* Faults of real mode: a division, and a word across the segment's end */
    cli
    movl $divided, 0
    movl $outside, 4 * 13
    xorw %dx, %dx
    movw $1, %ax
    xorw %bx, %bx
    divw %bx
1:  sti
    cmpb $1, faults
    check text_divide, ne
    cli
    movw 0xffff, %ax
    sti
    cmpb $2, faults
    check text_limit, ne
    movw $text_end, %si
    call say
    jmp stop

/* ZF: what is written there is read here. */
same_place:
    movw $0x1111, 0x500
    movw $0x2222, %es:0x510
    cmpw $0x2222, 0x500
    ret

/* AL, once the controller takes it; and once it has. */
keyboard_command:
    movb %al, %bl
    call 1f
    movb %bl, %al
    outb %al, $0x64
1:  inb $0x64, %al
    testb $2, %al
    jnz 1b
    ret

handler:
    incb %cs:ticks
    ljmp *%cs:old_handler

divided:
    pushw %bp
    movw %sp, %bp
    addw $2, 2(%bp)             /* behind DIV */
    popw %bp
    incb faults
    iretw

outside:
    pushw %bp
    movw %sp, %bp
    addw $3, 2(%bp)             /* behind MOV AX, [ffff] */
    popw %bp
    addb $1, faults
    iretw

    .balign 8
table:
    .quad 0
    .quad 0x00cf92000000ffff    /* data, 4 GiB */
table_pointer:
    .word 15
    .long table
packet:
    .byte 16, 0
    .word 1, BUFFER, 0
    .quad 1
old_handler: .long 0
ticks:  .byte 0
faults: .byte 0
text_lba:         .asciz "INT 13h reads by block"
text_a20_off:     .asciz "INT 15h closes A20"
text_a20_on:      .asciz "INT 15h opens A20"
text_8042_off:    .asciz "the keyboard controller closes A20"
text_8042_on:     .asciz "the keyboard controller opens A20"
text_port92_off:  .asciz "port 92 closes A20"
text_port92_on:   .asciz "port 92 opens A20"
text_unreal:      .asciz "4 GiB in real mode"
text_unreal_loop: .asciz "4 GiB in real mode, in a loop"
text_mode:        .asciz "INT 10h sets mode 13h"
text_pixel:       .asciz "a pixel that was written is read"
text_last_pixel:  .asciz "the last pixel"
text_teletype:    .asciz "INT 10h writes text"
text_speaker:     .asciz "the speaker's square wave"
text_ticks:       .asciz "INT 1Ah counts"
text_handler:     .asciz "IRQ 0 comes to the program"
text_put:         .asciz "INT 16h gives what was put"
text_type:        .asciz "TYPE x\n"
text_typed:       .asciz "INT 16h gives what was typed"
text_divide:      .asciz "a division by zero"
text_limit:       .asciz "a word across the segment's end"
text_end:         .asciz "END\n"
signature:        .ascii "Look"
    .org 512 * (SECTORS + 1)
