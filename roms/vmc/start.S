/*
 * Reset and exception vectors, and the few things that C can't say.
 *
 * The image covers fff00000-ffffffff, where a processor with MSR[IP] set finds its vectors.
 *
 * SPDX-License-Identifier: MIT
 */
#include "board.h"

#define HID0     1008
#define HID0_ICE 0x8000
#define HID0_DCE 0x4000
#define HID0_ICFI 0x0800
#define HID0_DCI 0x0400

    .section .vectors, "ax"

/* An exception: keep what the report needs in SPRGs and go to the common part. */
    .macro vector offset
    .org \offset
    mtsprg 0, 3
    mflr 3
    mtsprg 1, 3
    li 3, \offset
    b exception
    .endm

    .org 0x100
    b reset
    vector 0x200
    vector 0x300
    vector 0x400
    vector 0x500
    vector 0x600
    vector 0x700
    vector 0x800
    vector 0x900
    .org 0xc00
    b system_call_entry
    vector 0xd00
    vector 0xf00
    vector 0x1000
    vector 0x1100
    vector 0x1200
    vector 0x1300
    vector 0x1400
    vector 0x1700

    .org 0x2000
    .globl reset
reset:
    li 0, 0
    lis 3, 0x0000
    ori 3, 3, 0x3040            /* FP, ME, IP */
    mtmsr 3
    isync

    /* No block translation until an operating system asks for it. */
    .irp bat, 528, 530, 532, 534, 536, 538, 540, 542
    mtspr \bat, 0
    .endr
    isync

    /* Invalidate and enable the caches. */
    mfspr 3, HID0
    ori 4, 3, HID0_ICE | HID0_DCE | HID0_ICFI | HID0_DCI
    sync
    isync
    mtspr HID0, 4
    ori 4, 3, HID0_ICE | HID0_DCE
    mtspr HID0, 4
    isync

    /* A first stack in low memory, with the state above it. */
    lis 2, FIRST_STACK@h
    ori 2, 2, FIRST_STACK@l
    mtsprg 3, 2                 /* programs use r2 for themselves: exceptions find it here */
    addi 1, 2, -64
    stw 0, 0(1)
    stw 0, 4(1)
    bl early_main               /* sizes memory; returns the end of RAM */

    /* The final place: at the end of RAM. */
    addis 2, 3, (-FIRMWARE_RAM)@ha
    addi 2, 2, (-FIRMWARE_RAM)@l
    mtsprg 3, 2
    addis 1, 2, 0x4             /* stack: 256 KiB above the state, growing down */
    addi 1, 1, -64
    li 0, 0
    stw 0, 0(1)
    stw 0, 4(1)
    bl main
1:  b 1b

/* r3: vector; SPRG0: r3, SPRG1: LR. Reports and returns to the prompt. */
exception:
    mfspr 4, 26                 /* SRR0 */
    mfspr 5, 27                 /* SRR1 */
    mfspr 6, 19                 /* DAR */
    mfspr 7, 18                 /* DSISR */
    mfsprg 8, 1
    mr 9, 1
    mfsprg 2, 3
    lis 10, 0x0000
    ori 10, 10, 0x3042          /* exceptions are recoverable again */
    mtmsr 10
    isync
    bl report_exception
2:  b 2b

    .text
    .globl save_state, restore_state, start_kernel, call_guest, processor_version, read_hid1, sync_code

save_state:
    stw 1, 0(3)
    mflr 0
    stw 0, 4(3)
    mfcr 0
    stw 0, 8(3)
    stmw 13, 12(3)
    li 3, 0
    blr

restore_state:
    lwz 1, 0(3)
    lwz 0, 4(3)
    mtlr 0
    lwz 0, 8(3)
    mtcr 0
    lmw 13, 12(3)
    li 3, 1
    blr

/* r3: device tree, r4: entry, r5: stack. The kernel wants r4 and r5 zero, a valid stack, translation off. */
start_kernel:
    mtctr 4
    mr 1, 5
    li 0, 0
    stw 0, 0(1)
    stw 0, 4(1)
    mtmsr 0
    isync
    li 4, 0
    li 5, 0
    li 6, 0
    li 7, 0
    bctr

/* r3: entry, r4: the program's r3 to r12. r2 is ours and is restored. */
call_guest:
    stwu 1, -32(1)
    mflr 0
    stw 0, 36(1)
    stw 2, 16(1)
    mtctr 3
    lwz 3, 0(4)
    lwz 5, 8(4)
    lwz 6, 12(4)
    lwz 7, 16(4)
    lwz 8, 20(4)
    lwz 9, 24(4)
    lwz 10, 28(4)
    lwz 11, 32(4)
    lwz 12, 36(4)
    lwz 4, 4(4)
    bctrl
    lwz 2, 16(1)
    lwz 0, 36(1)
    mtlr 0
    addi 1, 1, 32
    blr

/*
 * A program's system call. Its registers go to a stack of their own (it may have no valid one),
 * which ends where the network's memory begins, as system_call() wants them.
 */
system_call_entry:
    mtsprg 0, 3
    mtsprg 1, 1
    mfsprg 3, 3
    addis 1, 3, 6
    addi 1, 1, -192
    stw 0, 16(1)
    stw 2, 20(1)
    mfsprg 0, 1
    stw 0, 24(1)
    mfsprg 0, 0
    stw 0, 28(1)
    stmw 4, 32(1)
    mflr 0
    stw 0, 144(1)
    mfcr 0
    stw 0, 148(1)
    mfctr 0
    stw 0, 152(1)
    mfxer 0
    stw 0, 156(1)
    mfspr 0, 26                 /* SRR0, SRR1 */
    stw 0, 160(1)
    mfspr 0, 27
    stw 0, 164(1)
    mr 2, 3
    li 0, 0
    stw 0, 0(1)
    stw 0, 4(1)
    lis 3, 0x0000
    ori 3, 3, 0x3042            /* exceptions are recoverable again */
    mtmsr 3
    isync
    addi 3, 1, 16
    bl system_call
    lwz 0, 144(1)
    mtlr 0
    lwz 0, 148(1)
    mtcr 0
    lwz 0, 152(1)
    mtctr 0
    lwz 0, 156(1)
    mtxer 0
    lwz 0, 160(1)
    lwz 3, 164(1)
    mtspr 26, 0
    mtspr 27, 3
    lmw 4, 32(1)
    lwz 3, 28(1)
    lwz 2, 20(1)
    lwz 0, 16(1)
    lwz 1, 24(1)
    rfi

processor_version:
    mfspr 3, 287
    blr

read_hid1:
    mfspr 3, 1009
    blr

/* Makes r4 bytes of code at r3 visible to instruction fetch. */
sync_code:
    add 4, 3, 4
    rlwinm 3, 3, 0, 0, 26
1:  dcbst 0, 3
    sync
    icbi 0, 3
    addi 3, 3, 32
    cmplw 3, 4
    blt 1b
    sync
    isync
    blr
