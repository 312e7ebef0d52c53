/*
 * Small endless loops of guest code, each of which spends its time on one thing; r3 counts the rounds. micro.py links
 * this once for each case, with the case's label as the entry, and runs it next to QEMU.
 *
 * Loaded at 1 MiB; RAM starts at 0 and has 64 MiB. DEVICE is the address of a byte-wide register that may be read.
 *
 * SPDX-License-Identifier: MIT
 */

        .set    TABLE, 0x00800000       /* page table, 128 KiB */
        .set    MEMORY, 0x01000000      /* 16 MiB of data */
        .set    MAPPED, 0x10000000      /* where the page table shows it: all of it */
        .set    HOLE, 0x11000000        /* not in the page table */
        .set    MSR_DR, 0x0010
        .set    MSR_BASE, 0x3000        /* FP, ME */
        .set    BRANCH_ABSOLUTE, 0x48000002

        .macro  load reg, value
        lis     \reg, (\value)@h
        ori     \reg, \reg, (\value)@l
        .endm

        /* Machine state and caches as every case wants them. */
        .macro  begin
        li      %r3, 0
        li      %r0, MSR_BASE
        mtmsr   %r0
        isync
        load    %r0, 0xc000             /* ICE, DCE */
        mtspr   1008, %r0
        isync
        load    %r4, MEMORY
        .endm

        /* Has the exception vector go to a handler of the case. */
        .macro  vector number, handler
        load    %r5, (\handler + BRANCH_ABSOLUTE)
        li      %r6, \number
        stw     %r5, 0(%r6)
        dcbst   0, %r6
        sync
        icbi    0, %r6
        isync
        .endm

        /* r4: where the mapped memory is from now on. */
        .macro  begin_translated
        begin
        bl      fill_page_table
        li      %r0, MSR_BASE | MSR_DR
        mtmsr   %r0
        isync
        lis     %r4, MAPPED@h
        .endm

        .macro  case name
        .globl  case_\name
        .balign 4096
case_\name:
        .endm

        .text

/* Segment 1, with VSID 1; two pages share each group of 2048. */
fill_page_table:
        lis     %r5, TABLE@h
        ori     %r0, %r5, 1             /* HTABMASK: 128 KiB */
        mtspr   25, %r0                 /* SDR1 */
        li      %r0, 1
        mtsr    1, %r0
        li      %r6, 0                  /* page */
1:      xori    %r7, %r6, 1
        rlwinm  %r7, %r7, 6, 15, 25     /* group */
        rlwimi  %r7, %r6, 24, 28, 28    /* entry */
        add     %r7, %r7, %r5
        rlwinm  %r8, %r6, 22, 26, 31    /* API */
        oris    %r8, %r8, 0x8000        /* V */
        ori     %r8, %r8, 1 << 7
        stw     %r8, 0(%r7)
        slwi    %r8, %r6, 12
        oris    %r8, %r8, MEMORY@h
        ori     %r8, %r8, 0x192         /* R C M, PP 2 */
        stw     %r8, 4(%r7)
        addi    %r6, %r6, 1
        cmpwi   %r6, 4096
        bne     1b
        sync
        blr

        case    empty_loop
        begin
1:      addi    %r3, %r3, 1
        b       1b

        case    integer
        begin
        load    %r5, 0x12345678
        li      %r6, 77
1:      addi    %r3, %r3, 1
        mullw   %r7, %r5, %r6
        rlwinm  %r8, %r7, 7, 3, 28
        xor     %r5, %r8, %r3
        addc    %r9, %r5, %r7
        adde    %r10, %r8, %r6
        srawi   %r11, %r10, 3
        subf.   %r12, %r11, %r9
        bge     2f
        neg     %r12, %r12
2:      cmplw   %cr6, %r12, %r7
        bgt     %cr6, 3f
        or      %r6, %r12, %r9
3:      cntlzw  %r10, %r12
        slw     %r6, %r6, %r10
        and     %r5, %r5, %r6
        addze   %r5, %r5
        b       1b

        case    float
        begin
        lis     %r5, 0x3ff8             /* 1.5 */
        stw     %r5, 0(%r4)
        li      %r0, 0
        stw     %r0, 4(%r4)
        lfd     %f1, 0(%r4)
        fmr     %f2, %f1
        fmr     %f3, %f1
1:      addi    %r3, %r3, 1
        fmadd   %f4, %f1, %f2, %f3
        fmul    %f5, %f1, %f2
        fsub    %f6, %f4, %f5
        fadd    %f7, %f6, %f1
        fmul    %f8, %f7, %f2
        fsub    %f9, %f8, %f5
        b       1b

        case    branches_in_a_page
        begin
1:      addi    %r3, %r3, 1
        b       2f
        nop
2:      b       3f
        nop
3:      b       4f
        nop
4:      b       1b

        case    branches_across_pages
        begin
        b       far_1
        .balign 4096
far_1:  addi    %r3, %r3, 1
        b       far_2
        .balign 4096
far_2:  b       far_3
        .balign 4096
far_3:  b       far_4
        .balign 4096
far_4:  b       far_1

        case    calls_in_a_page
        begin
1:      addi    %r3, %r3, 1
        bl      2f
        bl      2f
        b       1b
2:      blr

        case    calls_across_pages
        begin
1:      addi    %r3, %r3, 1
        bl      far_function
        bl      far_function
        b       1b
        .balign 4096
far_function:
        blr

        /* Four targets in turn from one place, as an interpreter's dispatch. */
        case    indirect_branches
        begin
        load    %r5, targets
        li      %r6, 0
1:      lwzx    %r0, %r5, %r6
        addi    %r6, %r6, 4
        mtctr   %r0
        andi.   %r6, %r6, 12
        bctr
target_1:
        addi    %r3, %r3, 1
        b       1b
target_2:
        addi    %r3, %r3, 1
        b       1b
target_3:
        addi    %r3, %r3, 1
        b       1b
target_4:
        addi    %r3, %r3, 1
        b       1b
targets:
        .long   target_1, target_2, target_3, target_4

        .macro  access_memory
1:      addi    %r3, %r3, 1
        lwz     %r5, 0(%r4)
        lhz     %r6, 64(%r4)
        add     %r5, %r5, %r6
        stw     %r5, 128(%r4)
        lbz     %r7, 129(%r4)
        stb     %r7, 192(%r4)
        lwz     %r8, 4096(%r4)
        stw     %r8, 8192(%r4)
        b       1b
        .endm

        case    memory_untranslated
        begin
        access_memory

        case    memory_in_pages
        begin_translated
        access_memory

        /* One load from each of 4096 pages in turn. */
        case    memory_cold
        begin_translated
        li      %r6, 0
1:      addi    %r3, %r3, 1
        lwzx    %r5, %r4, %r6
        addi    %r6, %r6, 0x1000
        rlwinm  %r6, %r6, 0, 8, 31
        b       1b

        case    multiple
        begin
1:      addi    %r3, %r3, 1
        stmw    %r16, 0(%r4)
        lmw     %r16, 64(%r4)
        b       1b

        case    clear_lines
        begin
        li      %r6, 0
1:      addi    %r3, %r3, 1
        dcbz    %r4, %r6
        addi    %r6, %r6, 32
        rlwinm  %r6, %r6, 0, 20, 31
        b       1b

        case    system_calls
        begin
        vector  0xc00, 2f
1:      addi    %r3, %r3, 1
        sc
        b       1b
2:      rfi

        /* The handler goes on behind the load that failed. */
        case    data_faults
        begin_translated
        li      %r0, MSR_BASE
        mtmsr   %r0
        isync
        vector  0x300, 2f
        li      %r0, MSR_BASE | MSR_DR
        mtmsr   %r0
        isync
        lis     %r4, HOLE@h
1:      addi    %r3, %r3, 1
        lwz     %r5, 0(%r4)
        b       1b
2:      mfspr   %r6, 26                 /* SRR0 */
        addi    %r6, %r6, 4
        mtspr   26, %r6
        rfi

        case    translation_on_and_off
        begin_translated
        li      %r6, MSR_BASE
        li      %r7, MSR_BASE | MSR_DR
        lis     %r8, MEMORY@h
1:      addi    %r3, %r3, 1
        mtmsr   %r6
        isync
        lwz     %r5, 0(%r8)
        mtmsr   %r7
        isync
        lwz     %r5, 0(%r4)
        b       1b

        /* Two address spaces in turn; the second one's page has an entry, too: VSID 3 in the other bank of groups. */
        case    address_spaces
        begin_translated
        li      %r0, MSR_BASE
        mtmsr   %r0
        isync
        lis     %r5, TABLE@h
        ori     %r5, %r5, 3 << 6
        lis     %r6, 0x8000
        ori     %r6, %r6, 3 << 7
        stw     %r6, 16(%r5)
        lis     %r6, MEMORY@h
        ori     %r6, %r6, 0x192
        stw     %r6, 20(%r5)
        sync
        li      %r0, MSR_BASE | MSR_DR
        mtmsr   %r0
        isync
        li      %r6, 1
        li      %r7, 3
1:      addi    %r3, %r3, 1
        mtsr    1, %r7
        isync
        lwz     %r5, 0(%r4)
        mtsr    1, %r6
        isync
        lwz     %r5, 0(%r4)
        b       1b

        case    tlb_invalidations
        begin_translated
1:      addi    %r3, %r3, 1
        tlbie   %r4
        sync
        lwz     %r5, 0(%r4)
        b       1b

        /* li r5,0 and li r5,1 in turn. */
        case    changing_code
        begin
        load    %r6, 3f
        load    %r7, 0x38a00000
1:      addi    %r3, %r3, 1
        xori    %r7, %r7, 1
        stw     %r7, 0(%r6)
        dcbst   0, %r6
        sync
        icbi    0, %r6
        isync
        bl      3f
        b       1b
        .balign 4096
3:      li      %r5, 0
        blr

        case    device_reads
        begin
        load    %r4, DEVICE
1:      addi    %r3, %r3, 1
        lbz     %r5, 0(%r4)
        b       1b
