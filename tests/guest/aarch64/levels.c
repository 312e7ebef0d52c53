/*
 * A bare program for `virt` with EL2 and EL3, started from flash: which level takes what. It runs small pieces of code at
 * each level, secure and non-secure, with traps, routing, stage 2 tables and listed interrupts as it says, and prints what
 * the registers of the level that was entered have. What it prints has to be the same everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
#include "levels.h"

#define SECURE_RAM 0x0e000000ul
#define GICD(off)  (*(volatile u32 *)(0x08000000ul + (off)))
#define GICR(off)  (*(volatile u32 *)(0x080a0000ul + (off)))
#define SGI(off)   (*(volatile u32 *)(0x080b0000ul + (off)))

/* ---- Instructions and registers ---- */

STUB(read_el, "mrs x0, CurrentEL")
STUB(undefined, ".inst 0")
STUB(svc, "svc #1")
STUB(hvc, "hvc #2")
STUB(smc, "smc #3")
STUB(brk, "brk #4")
STUB(wait, "wfi")
STUB(add_float, "fadd d0, d1, d2")
STUB(read_sctlr, "mrs x0, sctlr_el1")
STUB(write_sctlr, "mrs x1, sctlr_el1\n msr sctlr_el1, x1")
STUB(write_ttbr, "mrs x1, ttbr0_el1\n msr ttbr0_el1, x1")
STUB(read_midr, "mrs x0, midr_el1")
STUB(read_mpidr, "mrs x0, mpidr_el1")
STUB(read_pfr, "mrs x0, id_aa64pfr0_el1\n and x0, x0, #0xffff")
STUB(read_isar, "mrs x0, id_isar0_el1")
STUB(read_revidr, "mrs x0, revidr_el1")
STUB(read_clidr, "mrs x0, clidr_el1")
STUB(read_ctr, "mrs x0, ctr_el0")
STUB(read_actlr, "mrs x0, actlr_el1")
STUB(read_cpacr, "mrs x0, cpacr_el1")
STUB(read_counter, "mrs x0, cntpct_el0\n mov x0, #0")
STUB(read_timer, "mrs x0, cntp_ctl_el0\n mov x0, #0")
STUB(read_secure_timer, "mrs x0, cntps_ctl_el1\n mov x0, #0")
STUB(read_hcr, "mrs x0, hcr_el2\n mov x0, #0")
STUB(read_scr, "mrs x0, scr_el3\n mov x0, #0")
STUB(read_sp1, "mrs x0, sp_el1\n mov x0, #0")
STUB(read_cptr, "mrs x0, cptr_el2\n mov x0, #0")
STUB(read_errors, "mrs x0, s3_0_c5_c3_0\n mov x0, #0")
STUB(read_ordering, "mrs x0, s3_0_c10_c4_3\n mov x0, #0")
STUB(read_dczid, "mrs x0, dczid_el0")
STUB(read_mdscr, "mrs x0, mdscr_el1")
STUB(write_oslar, "msr oslar_el1, xzr")
STUB(read_mdrar, "mrs x0, mdrar_el1")
STUB(invalidate_tlb, "tlbi vmalle1")
STUB(invalidate_all, "tlbi alle1")
STUB(invalidate_way, "dc isw, xzr")
STUB(clean_point, "dc cvac, x0")
STUB(clean_code, "ic ialluis")
STUB(zero, "dc zva, x1")
STUB(return_illegally, "mrs x0, CurrentEL\n cmp x0, #12\n b.eq 1f\n cmp x0, #8\n b.eq 2f\n msr spsr_el1, x1\n adr x0, 3f\n"
     " msr elr_el1, x0\n eret\n 1: msr spsr_el3, x1\n adr x0, 3f\n msr elr_el3, x0\n eret\n 2: msr spsr_el2, x1\n adr x0, 3f\n"
     " msr elr_el2, x0\n eret\n 3: mrs x0, CurrentEL")

static const struct {
    const char *name;
    char *code;
} pieces[] = {
    { "el", read_el }, { "undefined", undefined }, { "svc", svc }, { "hvc", hvc }, { "smc", smc }, { "brk", brk },
    { "fadd", add_float }, { "sctlr", read_sctlr }, { "msr sctlr", write_sctlr },
    { "msr ttbr", write_ttbr }, { "midr", read_midr }, { "mpidr", read_mpidr }, { "pfr0", read_pfr }, { "isar0", read_isar },
    { "revidr", read_revidr }, { "clidr", read_clidr }, { "ctr", read_ctr }, { "cpacr", read_cpacr },
    { "cntpct", read_counter }, { "cntp", read_timer }, { "cntps", read_secure_timer }, { "hcr", read_hcr },
    { "scr", read_scr }, { "sp_el1", read_sp1 }, { "cptr", read_cptr }, { "mdscr", read_mdscr }, { "oslar", write_oslar },
    { "mdrar", read_mdrar }, { "tlbi", invalidate_tlb }, { "tlbi alle1", invalidate_all }, { "dc isw", invalidate_way },
    { "ic", clean_code }, { "actlr", read_actlr },
};

static char data[4096] __attribute__((aligned(4096)));

static void everything(const char *heading, u64 scr, unsigned first, unsigned last)
{
    put(heading);
    put("\n");
    for (u64 i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        for (u64 s = first; s <= last; s++) {
            try(pieces[i].name, &states[s], scr, pieces[i].code, (u64)data, (u64)data);
        }
    }
}

static void traps(void)
{
    static const struct {
        const char *name;
        unsigned bit;
    } bits[] = {
        { "TWI", 13 }, { "TID1", 16 }, { "TID2", 17 }, { "TID3", 18 }, { "TSC", 19 }, { "TACR", 21 }, { "TSW", 22 },
        { "TPC", 23 }, { "TPU", 24 }, { "TTLB", 25 }, { "TVM", 26 }, { "TDZ", 28 }, { "HCD", 29 }, { "TRVM", 30 },
    };

    everything("as it is", SCR_HCE, 0, NB_STATES - 1);
    for (u64 i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
        MSR(hcr_el2, HCR_RW | 1ul << bits[i].bit);
        put("HCR.");
        everything(bits[i].name, SCR_HCE, 1, 2);
        if (i == 0) { /* without the trap it waits for ever */
            try("wfi", &states[1], 0, wait, 0, 0);
        }
        try("zva", &states[1], 0, zero, 0, (u64)data);
        try("cvac", &states[1], 0, clean_point, (u64)data, 0);
        try("dczid", &states[1], 0, read_dczid, 0, 0);
    }
    for (u64 bit = 35; bit <= 36 && (MRS(id_aa64mmfr1_el1) >> 16 & 15); bit++) { /* TLOR, TERR: of Armv8.2 */
        MSR(hcr_el2, HCR_RW | 1ul << bit);
        for (u64 s = 1; s <= 2; s++) {
            try("erridr", &states[s], SCR_HCE, read_errors, 0, 0);
            try("lorc", &states[s], SCR_HCE, read_ordering, 0, 0);
        }
    }
    MSR(hcr_el2, HCR_RW | HCR_TGE);
    everything("HCR.TGE", SCR_HCE, 0, 0);
    MSR(hcr_el2, HCR_RW);
    MSR(cptr_el2, 0x33ff | 1 << 10 | 1u << 31);
    everything("CPTR_EL2", SCR_HCE, 0, 2);
    MSR(cptr_el2, 0x33ff);
    MSR(cptr_el3, 1 << 10 | 1u << 31);
    everything("CPTR_EL3", SCR_HCE, 0, NB_STATES - 1);
    MSR(cptr_el3, 0);
    MSR(mdcr_el2, 7 << 9);
    everything("MDCR_EL2", SCR_HCE, 1, 2);
    MSR(mdcr_el2, 1 << 8);
    everything("MDCR_EL2.TDE", SCR_HCE, 0, 2);
    MSR(mdcr_el2, 0);
    MSR(mdcr_el3, 3 << 9);
    everything("MDCR_EL3", SCR_HCE, 1, NB_STATES - 1);
    MSR(mdcr_el3, 0);
    MSR(cnthctl_el2, 0);
    everything("CNTHCTL", SCR_HCE, 0, 2); /* EL0's go to EL1 where that doesn't let it, either */
    MSR(cntkctl_el1, 0x303);
    everything("CNTHCTL, CNTKCTL", SCR_HCE, 0, 0);
    MSR(cntkctl_el1, 0);
    MSR(cnthctl_el2, 3);
    everything("no HCE, ST", SCR_ST, 1, NB_STATES - 2);
    try("wfi", &states[1], SCR_TWI, wait, 0, 0);
    try("wfi", &states[2], SCR_TWI, wait, 0, 0);
}

static void returns(void)
{
    static const u64 spsrs[] = { 0x3c0, 0x3c1, 0x3c4, 0x3c5, 0x3c7, 0x3c8, 0x3c9, 0x3cc, 0x3cd, 0x3d3, 0x3da };

    put("returns\n");
    for (u64 i = 0; i < sizeof(spsrs) / sizeof(spsrs[0]); i++) {
        for (u64 s = 1; s < NB_STATES - 1; s++) {
            if (s == 3 || (spsrs[i] & 0xf) == 0) {
                continue;
            }
            hex(spsrs[i]);
            try("return", &states[s], SCR_HCE, return_illegally, 0, spsrs[i]);
        }
    }
    MSR(hcr_el2, HCR_RW | HCR_TGE);
    try("return to EL1 with TGE", &states[2], 0, return_illegally, 0, 0x3c5);
    MSR(hcr_el2, HCR_RW);
}

/* ---- Stage 2 ---- */

static u64 stage2_1[512] __attribute__((aligned(4096)));
static u64 stage2_2[512] __attribute__((aligned(4096)));
static u64 stage2_3[512] __attribute__((aligned(4096)));
static u64 stage1_1[512] __attribute__((aligned(4096)));
static u64 stage1_2[512] __attribute__((aligned(4096)));

#define AF     0x400ul
#define S2(rw) ((u64)(rw) << 6 | 0xful << 2 | AF)
#define IPA    0x80000000ul

STUB(load, "ldr x0, [x0]")
STUB(store, "str x1, [x0]")
STUB(load_byte, "ldrsb w2, [x0, #1]")
STUB(load_half, "ldrsh x3, [x0, #2]")
STUB(store_word, "stur w4, [x0, #4]")
STUB(load_index, "mov x5, #1\n ldr w6, [x0, x5, lsl #2]")
STUB(load_post, "ldr x7, [x0], #8")
STUB(load_pair, "ldp x8, x9, [x0]")
STUB(load_acquire, "ldar x10, [x0]")
STUB(store_release, "stlrb w11, [x0]")
STUB(load_exclusive, "ldxr x12, [x0]")
STUB(load_user, "ldtrsw x13, [x0]")
STUB(load_vector, "ldr q1, [x0]")
STUB(load_zero, "ldr xzr, [x0]")
STUB(jump, "br x0")
STUB(clean, "dc civac, x0")
STUB(translate, "at s1e1r, x0\n isb\n mrs x0, par_el1")
STUB(translate_both, "at s12e1r, x0\n isb\n mrs x0, par_el1")

static void stage2(void)
{
    static const struct {
        const char *name;
        u64 descriptor;
    } pages[] = {
        { "rw", S2(3) | 3 }, { "ro", S2(1) | 3 }, { "wo", S2(2) | 3 },
        { "none", S2(0) | 3 }, { "xn", S2(3) | 3 | 1ul << 54 },
        { "no AF", (S2(3) | 3) & ~AF }, { "invalid", 0 }, { "size", S2(3) | 3 | 1ul << 47 },
        { "reserved", S2(3) | 1 },
    };
    static const struct {
        const char *name;
        char *code;
    } accesses[] = {
        { "ldr", load }, { "str", store }, { "ldrsb", load_byte }, { "ldrsh", load_half }, { "stur", store_word },
        { "ldr index", load_index }, { "ldr post", load_post }, { "ldp", load_pair }, { "ldar", load_acquire },
        { "stlrb", store_release }, { "ldxr", load_exclusive }, { "ldtrsw", load_user }, { "ldr q", load_vector },
        { "ldr xzr", load_zero }, { "br", jump },
    };

    put("stage 2\n");
    MSR(cpacr_el1, 3 << 20);
    stage2_1[0] = 0x00000000 | S2(3) | 1;
    stage2_1[1] = 0x40000000 | S2(3) | 1;
    stage2_1[2] = (u64)stage2_2 | 3;
    stage2_2[0] = (u64)stage2_3 | 3;
    for (u64 i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        stage2_3[i] = pages[i].descriptor ? (u64)data | pages[i].descriptor : 0;
    }
    *(u32 *)data = 0xd4000003 | 0x77 << 5;
    MSR(vtcr_el2, 25 | 1 << 6 | 4ul << 16 | 1ul << 31); /* 39 bits from level 1, 4 KiB, 44 bits out */
    MSR(vttbr_el2, (u64)stage2_1 | 5ul << 48);
    MSR(hcr_el2, HCR_RW | HCR_VM);
    __asm__ volatile("tlbi alle1\n dsb sy\n isb");
    for (u64 i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
        for (u64 n = 0; n < sizeof(accesses) / sizeof(accesses[0]); n++) {
            put(pages[i].name);
            put(" ");
            try(accesses[n].name, &states[1], 0, accesses[n].code, IPA + i * 4096, 0);
            *(u32 *)data = 0xd4000003 | 0x77 << 5;
        }
        try("s12e1r", &states[2], 0, translate_both, IPA + i * 4096, 0);
    }
    try("too large", &states[1], 0, load, 1ul << 40, 0);

    put("both stages\n");
    stage1_1[0] = 0x00000000 | AF | 1;
    stage1_1[1] = 0x40000000 | AF | 1;
    stage1_1[2] = 0x80000000 | AF | 1;             /* as it is */
    stage1_1[3] = (IPA + 6 * 4096) | 3;            /* a table that stage 2 doesn't have */
    stage1_1[4] = (IPA + 3 * 4096) | 3;            /* one that it doesn't let read */
    stage1_1[5] = (u64)stage1_2 | 3;
    stage1_2[0] = 0x80000000 | AF | 1 | 2 << 6;    /* read-only */
    MSR(mair_el1, 0xff);
    MSR(tcr_el1, 25 | 25ul << 16 | 1ul << 23 | 2ul << 30 | 4ul << 32);
    MSR(ttbr0_el1, (u64)stage1_1);
    MSR(sctlr_el1, MRS(sctlr_el1) | 1);
    __asm__ volatile("tlbi alle1\n dsb sy\n isb");
    static const u64 addresses[] = {
        IPA, IPA + 0x1010, IPA + 0x6008, 0xc0000000, 0x100000000, 0x140000000, 0x140001000, 0x180000000, 0xffffff8000000000,
    };
    for (u64 i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        hex(addresses[i]);
        try("ldr", &states[1], 0, load, addresses[i], 0);
        try("str", &states[1], 0, store, addresses[i], 0);
        try("br", &states[1], 0, jump, addresses[i], 0);
        try("s1e1r", &states[1], 0, translate, addresses[i], 0);
        try("s1e1r", &states[2], 0, translate, addresses[i], 0);
        try("s12e1r", &states[2], 0, translate_both, addresses[i], 0);
        *(u32 *)data = 0xd4000003 | 0x77 << 5;
    }
    stage2_2[1] = ((u64)stage1_2 & ~0x1ffffful) | 3 << 6 | AF | 1; /* as a device */
    stage1_1[7] = (IPA + 0x200000 + ((u64)stage1_2 & 0x1fffff)) | 3;
    __asm__ volatile("tlbi alle1\n dsb sy\n isb");
    for (u64 hcr = HCR_VM; hcr <= (HCR_VM | HCR_PTW); hcr += HCR_PTW) {
        MSR(hcr_el2, HCR_RW | hcr);
        hex(hcr);
        try("table in a device", &states[1], 0, load, 0x1c0000000, 0);
    }
    MSR(sctlr_el1, MRS(sctlr_el1) & ~1ul);
    MSR(hcr_el2, HCR_RW);
    __asm__ volatile("tlbi alle1\n dsb sy\n isb");
}

/* ---- Security ---- */

STUB(load_word, "ldr w0, [x0]")

static void security(void)
{
    put("secure memory\n");
    *(volatile u32 *)SECURE_RAM = 0x12345678;
    for (u64 s = 0; s < NB_STATES; s++) {
        try("secure RAM", &states[s], SCR_HCE, load_word, SECURE_RAM, 0);
    }
    try("secure RAM, SCR.EA", &states[1], SCR_EA, load_word, SECURE_RAM, 0);
}

/* ---- Interrupts ---- */

#define TIMER 30 /* EL1's physical one */

/* Unmasks what the piece of code came with masked, and waits a little. */
STUB(look, "isb\n mov x2, #200\n 1: subs x2, x2, #1\n b.ne 1b\n mov x0, #0")

static void routing(void)
{
    static const struct {
        const char *name;
        u32 group, modifier;
    } groups[] = { { "G0 ", 0, 0 }, { "G1NS ", 1, 0 }, { "G1S ", 0, 1 } };
    static const u64 routes[] = { 0, SCR_IRQ, SCR_FIQ, SCR_IRQ | SCR_FIQ };
    static const u64 hcrs[] = { 0, HCR_IMO, HCR_FMO, HCR_IMO | HCR_FMO, HCR_TGE, HCR_HOST };

    put("routing\n");
    GICR(0x14) = 0;
    GICD(0) = 0x30;
    GICD(0) = 0x37;
    MSR(s3_6_c12_c12_5, 0xf); /* ICC_SRE_EL3 */
    MSR(s3_0_c4_c6_0, 0xff);  /* ICC_PMR_EL1 */
    MSR(s3_0_c12_c12_6, 1);   /* ICC_IGRPEN0_EL1 */
    MSR(s3_6_c12_c12_7, 3);   /* ICC_IGRPEN1_EL3 */
    SGI(0x400 + 28) = 0;
    MSR(cntp_cval_el0, 0);
    MSR(cntp_ctl_el0, 1);
    SGI(0x100) = 1u << TIMER;
    for (u64 g = 0; g < 3; g++) {
        SGI(0x80) = groups[g].group << TIMER;
        SGI(0xd00) = groups[g].modifier << TIMER;
        for (u64 r = 0; r < sizeof(routes) / sizeof(routes[0]); r++) {
            for (u64 h = 0; h < sizeof(hcrs) / sizeof(hcrs[0]); h++) {
                MSR(hcr_el2, HCR_RW | hcrs[h]);
                for (u64 s = 0; s < NB_STATES; s++) {
                    if (s == 1 && (hcrs[h] & HCR_TGE)) {
                        continue; /* there is no EL1 then */
                    }
                    for (u64 masked = 0; masked < 2; masked++) {
                        put(groups[g].name);
                        hex(routes[r]);
                        hex(hcrs[h]);
                        put(masked ? "masked " : "");
                        run(&states[s], routes[r] | SCR_HCE, masked ? 0x3c0 : 0, look, 0, 0);
                        report("", states[s].name, look);
                    }
                }
            }
        }
    }
    SGI(0x180) = 1u << TIMER;
    MSR(cntp_ctl_el0, 0);
    MSR(hcr_el2, HCR_RW);
}

/* ---- Listed interrupts ---- */

STUB(acknowledge, "mrs x0, s3_0_c12_c12_0")
STUB(acknowledge0, "mrs x0, s3_0_c12_c8_0")
STUB(end, "msr s3_0_c12_c12_1, x0")
STUB(end0, "msr s3_0_c12_c8_1, x0")
STUB(deactivate, "msr s3_0_c12_c11_1, x0")
STUB(highest, "mrs x0, s3_0_c12_c12_2")
STUB(running, "mrs x0, s3_0_c12_c11_3")
STUB(guest_mask, "msr s3_0_c4_c6_0, x0\n mrs x0, s3_0_c4_c6_0")
STUB(guest_control, "msr s3_0_c12_c12_4, x0\n mrs x0, s3_0_c12_c12_4\n and x0, x0, #3")
STUB(guest_enable, "msr s3_0_c12_c12_7, x0\n mrs x0, s3_0_c12_c12_7")
STUB(pending_state, "mrs x0, isr_el1")
STUB(send, "msr s3_0_c12_c11_5, x0")

static void lists(const char *when)
{
    put(when);
    put(" hcr ");
    hex(MRS(s3_4_c12_c11_0));
    put("misr ");
    hex(MRS(s3_4_c12_c11_2));
    put("eisr ");
    hex(MRS(s3_4_c12_c11_3));
    put("elrsr ");
    hex(MRS(s3_4_c12_c11_5) & 0xf);
    put("vmcr ");
    hex(MRS(s3_4_c12_c11_7) & ~0x8ul);
    put("ap1 ");
    hex(MRS(s3_4_c12_c9_0));
    put("lr ");
    hex(MRS(s3_4_c12_c12_0));
    hex(MRS(s3_4_c12_c12_1));
    hex(MRS(s3_4_c12_c12_2));
    put("\n");
}

#define LISTED(number, priority) (1ul << 62 | 1ul << 60 | (u64)(priority) << 48 | (number))

static void step(const char *name, void *code, u64 x0)
{
    run(&states[1], 0, 0x3c0, code, x0, 0);
    report(name, "", code);
    lists("  ");
}

static void guest_interrupts(void)
{
    put("lists\n");
    MSR(s3_4_c12_c9_5, 0xf); /* ICC_SRE_EL2 */
    MSR(hcr_el2, HCR_RW | HCR_IMO | HCR_FMO);
    MSR(s3_4_c12_c11_7, 0); /* ICH_VMCR_EL2 */
    MSR(s3_4_c12_c11_0, 1); /* ICH_HCR_EL2 */
    lists("reset");
    step("enable", guest_enable, 1);
    step("mask", guest_mask, 0xf0);
    step("nothing", acknowledge, 0);
    MSR(s3_4_c12_c12_0, LISTED(40, 0x80));
    MSR(s3_4_c12_c12_1, LISTED(41, 0x40) | 1ul << 41);
    MSR(s3_4_c12_c12_2, LISTED(42, 0x40) | 1ul << 61 | (u64)TIMER << 32);
    lists("listed");
    step("isr", pending_state, 0);
    for (int unmasked = 0; unmasked < 2; unmasked++) {
        run(&states[1], 0, unmasked ? 0 : 0x3c0, look, 0, 0);
        report("taken?", "", look);
    }
    run(&states[2], 0, 0, look, 0, 0);
    report("by EL2?", "", look);
    step("highest", highest, 0);
    step("acknowledge", acknowledge, 0);
    step("running", running, 0);
    step("another", acknowledge, 0);
    step("end", end, 41);
    step("acknowledge", acknowledge, 0);
    step("end", end, 42);
    step("group 0", acknowledge0, 0);
    step("acknowledge", acknowledge, 0);
    step("unlisted", end, 77);
    step("separate", guest_control, 2);
    MSR(s3_4_c12_c12_0, LISTED(43, 0x20));
    step("acknowledge", acknowledge, 0);
    step("drop", end, 43);
    step("deactivate", deactivate, 43);
    step("deactivate nothing", deactivate, 44);
    for (u64 bit = 1; bit < 8; bit++) {
        MSR(s3_4_c12_c11_0, 1 | 1ul << bit);
        lists("condition");
    }
    MSR(s3_4_c12_c11_0, 0);
    step("sgi traps", send, 1);
    MSR(hcr_el2, HCR_RW | HCR_IMO | HCR_FMO | 1ul << 7); /* VI, VF by hand */
    run(&states[1], 0, 0, look, 0, 0);
    report("VI", "", look);
    MSR(hcr_el2, HCR_RW | HCR_IMO | HCR_FMO | 1ul << 6);
    run(&states[1], 0, 0, look, 0, 0);
    report("VF", "", look);
    run(&states[2], 0, 0, look, 0, 0);
    report("VF at EL2", "", look);
    MSR(hcr_el2, HCR_RW);
}

void main(void)
{
    set_up_levels();
    put("identity after a reset ");
    hex(MRS(vpidr_el2));
    hex(MRS(vmpidr_el2));
    put("\n");
    MSR(vpidr_el2, 0x12345678);
    MSR(vmpidr_el2, 0x80000042);
    *(volatile u32 *)0x09040000 = '!'; /* the secure UART */
    traps();
    returns();
    security();
    routing();
    guest_interrupts();
    stage2();
    end_program();
}
