/*
 * CPU families: features, MSR and HID masks, and the SPR tables.
 *
 * References: MPC750UM (750, 740; appendix C for 755, 745), MPC603e, MPC604e and MPC7400/7410
 * user's manuals, PEM for what all have. 750GXUM is IBM's manual of a later 750, with the same
 * chapters.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/internal.h"
#include "target/ppc/mmu-hash.h"

#define OFFSET(num) (offsetof(CPUPPCState, spr) + 4 * (num))

/* Supervisor registers without side effects, and those with a hook on writing. */
#define PLAIN(number, label, bits)                                                                 \
    { .num = number, .name = label, .read_kind = PPC_SPR_FIELD, .write_kind = PPC_SPR_FIELD,       \
      .offset = OFFSET(number), .mask = bits }
#define READ_ONLY(number, label)                                                                   \
    { .num = number, .name = label, .read_kind = PPC_SPR_FIELD, .offset = OFFSET(number) }
/* Writes are ignored. */
#define CONSTANT(number, label)                                                                    \
    { .num = number, .name = label, .read_kind = PPC_SPR_FIELD, .write_kind = PPC_SPR_NOP,         \
      .offset = OFFSET(number) }
#define WITH_HOOK(number, label, bits, hook, how)                                                  \
    { .num = number, .name = label, .read_kind = PPC_SPR_FIELD, .write_kind = PPC_SPR_HELPER,      \
      .offset = OFFSET(number), .mask = bits, .write = hook, .flags = how }
/* By what it does to the code that follows: something if the value changes, if it is written at
 * all, nothing. */
#define HOOKED(number, label, bits, hook)                                                          \
    WITH_HOOK(number, label, bits, hook, PPC_SPR_END_TB | PPC_SPR_IDEMPOTENT)
#define TRIGGER(number, label, bits, hook) WITH_HOOK(number, label, bits, hook, PPC_SPR_END_TB)
#define SETTING(number, label, bits, hook) WITH_HOOK(number, label, bits, hook, PPC_SPR_IDEMPOTENT)
/* A counter; reading one ends the block, so that the instruction count is right. */
#define COUNTER(number, label)                                                                     \
    { .num = number, .name = label, .read_kind = PPC_SPR_HELPER, .write_kind = PPC_SPR_HELPER,     \
      .offset = OFFSET(number), .mask = 0xffffffff, .read = read_pmc, .write = ppc_store_perfmon,  \
      .flags = PPC_SPR_END_TB | PPC_SPR_READ_ENDS_TB | PPC_SPR_SAMPLED, .alias = number }
#define COUNTER_CONTROL(number, label, bits)                                                       \
    { .num = number, .name = label, .read_kind = PPC_SPR_FIELD, .write_kind = PPC_SPR_HELPER,      \
      .offset = OFFSET(number), .mask = bits, .write = ppc_store_perfmon,                          \
      .flags = PPC_SPR_END_TB | PPC_SPR_SAMPLED }
#define USER_COUNTER(number, label, of)                                                            \
    { .num = number, .name = label, .read_kind = PPC_SPR_HELPER, .offset = OFFSET(of),             \
      .read = read_pmc, .flags = PPC_SPR_USER_READ | PPC_SPR_READ_ENDS_TB, .alias = of }
/* What user mode may read of a performance monitor register (number - 16 or so). */
#define USER_VIEW(number, label, of)                                                               \
    { .num = number, .name = label, .read_kind = PPC_SPR_FIELD, .offset = OFFSET(of),              \
      .flags = PPC_SPR_USER_READ, .alias = of }

static uint32_t read_tbl(CPUPPCState *env, const PPCSPR *spr)
{
    return ppc_load_tb(env);
}

static uint32_t read_tbu(CPUPPCState *env, const PPCSPR *spr)
{
    return ppc_load_tb(env) >> 32;
}

static void write_tbl(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    ppc_store_tb(env, (ppc_load_tb(env) & ~0xffffffffull) | value);
}

static void write_tbu(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    ppc_store_tb(env, (ppc_load_tb(env) & 0xffffffffull) | (uint64_t)value << 32);
}

static uint32_t read_dec(CPUPPCState *env, const PPCSPR *spr)
{
    return ppc_load_dec(env);
}

static void write_dec(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    ppc_store_dec(env, value);
}

static uint32_t read_pmc(CPUPPCState *env, const PPCSPR *spr)
{
    return ppc_load_pmc(env, spr->alias);
}

static void write_bat(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    if (env->spr[spr->num] != value) {
        env->spr[spr->num] = value;
        ppc_bats_changed(env);
    }
}

static void write_sdr1(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    env->spr[SPR_SDR1] = value;
    ppc_page_table_changed(env);
}

/* dcbz depends on the cache's enable and lock bits. */
static void write_hid0_603(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    env->spr[SPR_HID0] = value;
    env->dcbz_page = PPC_NO_PAGE;
}

/* The flash invalidate bits drop by themselves while their cache is enabled (MPC750UM table 2-4);
 * on a 603 software clears them. */
static void write_hid0(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    value &= ~(value & HID0_ICE ? HID0_ICFI : 0);
    value &= ~(value & HID0_DCE ? HID0_DCFI : 0);
    write_hid0_603(env, spr, value);
}

static void write_hid2(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    uint32_t changed = env->spr[SPR_HID2] ^ value;

    env->spr[SPR_HID2] = value;
    if (changed & HID2_HIGH_BAT_EN) {
        ppc_bats_changed(env);
    }
    if (changed & HID2_SWT_EN) {
        ppc_software_search_changed(env);
    }
}

static void write_iabr(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    env->spr[SPR_IABR] = value;
    ppc_update_hflags(env);
}

static void write_dabr(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    if (env->spr[SPR_DABR] != value) {
        env->spr[SPR_DABR] = value;
        ppc_update_hflags(env);
        ppc_bats_changed(env);
    }
}

/* A hardware flush (74xx) is over at once and its bit clear again (MPC7400UM 3.7.3.8.1). L2IP is
 * outside the mask: a global invalidation, which software waits for and then ends by clearing L2I,
 * is over at once too (750GXUM 9.5). */
static void write_l2cr(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    env->spr[SPR_L2CR] = value & ~(uint32_t)L2CR_HWF;
}

/* The same for the data cache (MPC7400UM 3.5.2). */
static void write_msscr0(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    env->spr[SPR_MSSCR0] = value & ~(uint32_t)MSSCR0_DL1HWF;
}

/* THRM1-3. The comparison with the junction temperature, here always the same, is over at once. */
enum { TIN = 0x80000000, TIV = 0x40000000, TID = 4, TIE = 2, THRM_V = 1, DEGREES = 40 };

static uint32_t compare_threshold(CPUPPCState *env, uint32_t thrm)
{
    int threshold = thrm >> 23 & 0x7f;
    bool crossed = thrm & TID ? DEGREES < threshold : DEGREES > threshold;

    thrm &= ~(uint32_t)(TIN | TIV);
    if ((thrm & THRM_V) && (env->spr[SPR_THRM3] & 1)) {
        thrm |= TIV | (crossed ? TIN : 0);
    }
    return thrm;
}

static bool thermal_interrupt(uint32_t thrm)
{
    return (thrm & TIN) && (thrm & TIV) && (thrm & TIE);
}

/*
 * A write starts the comparison again, one of THRM3 both. The interrupt is asserted until it is
 * taken; then nothing is compared with that threshold before software writes it again (MPC750UM
 * 10.3.2.1, 750GXUM 10.4.2.1).
 */
static void write_thrm(CPUPPCState *env, const PPCSPR *spr, uint32_t value)
{
    bool asserted = false, held = false;

    env->spr[spr->num] = value;
    for (unsigned num = SPR_THRM1; num <= SPR_THRM2; num++) {
        bool compared = spr->num == num || spr->num == SPR_THRM3;

        if (compared) {
            env->spr[num] = compare_threshold(env, env->spr[num]);
        }
        asserted |= compared && thermal_interrupt(env->spr[num]);
        held |= thermal_interrupt(env->spr[num]);
    }
    if (asserted || !held) {
        ppc_set_pending(env, PPC_INTERRUPT_THERMAL, asserted);
    }
}

static const PPCSPR base_sprs[] = {
    { .num = SPR_XER, .name = "XER", .read_kind = PPC_SPR_GLOBAL, .write_kind = PPC_SPR_GLOBAL,
      .flags = PPC_SPR_USER_READ | PPC_SPR_USER_WRITE },
    { .num = SPR_LR, .name = "LR", .read_kind = PPC_SPR_GLOBAL, .write_kind = PPC_SPR_GLOBAL,
      .flags = PPC_SPR_USER_READ | PPC_SPR_USER_WRITE },
    { .num = SPR_CTR, .name = "CTR", .read_kind = PPC_SPR_GLOBAL, .write_kind = PPC_SPR_GLOBAL,
      .flags = PPC_SPR_USER_READ | PPC_SPR_USER_WRITE },
    PLAIN(SPR_DSISR, "DSISR", 0xffffffff),
    PLAIN(SPR_DAR, "DAR", 0xffffffff),
    { .num = SPR_DEC, .name = "DEC", .read_kind = PPC_SPR_HELPER, .write_kind = PPC_SPR_HELPER,
      .mask = 0xffffffff, .read = read_dec, .write = write_dec, .flags = PPC_SPR_END_TB },
    HOOKED(SPR_SDR1, "SDR1", 0xffff01ff, write_sdr1),
    PLAIN(SPR_SRR0, "SRR0", 0xffffffff),
    PLAIN(SPR_SRR1, "SRR1", 0xffffffff),
    { .num = SPR_TBL, .name = "TBL", .read_kind = PPC_SPR_HELPER, .read = read_tbl,
      .flags = PPC_SPR_USER_READ },
    { .num = SPR_TBU, .name = "TBU", .read_kind = PPC_SPR_HELPER, .read = read_tbu,
      .flags = PPC_SPR_USER_READ },
    PLAIN(SPR_SPRG0, "SPRG0", 0xffffffff),
    PLAIN(SPR_SPRG0 + 1, "SPRG1", 0xffffffff),
    PLAIN(SPR_SPRG0 + 2, "SPRG2", 0xffffffff),
    PLAIN(SPR_SPRG0 + 3, "SPRG3", 0xffffffff),
    PLAIN(SPR_EAR, "EAR", 0x8000003f),
    { .num = SPR_TBL_WRITE, .name = "TBLW", .write_kind = PPC_SPR_HELPER, .mask = 0xffffffff,
      .write = write_tbl },
    { .num = SPR_TBU_WRITE, .name = "TBUW", .write_kind = PPC_SPR_HELPER, .mask = 0xffffffff,
      .write = write_tbu },
    CONSTANT(SPR_PVR, "PVR"),
    { 0 },
};

#define BATU_MASK (BATU_BEPI | BATU_BL | BATU_VS | BATU_VP)
#define BATL_MASK (BATL_BRPN | WIMG_MASK | BATL_PP)
/* The architecture has no W and G in instruction BATs (PEM 2.3.3); the 7xx and 74xx have G
 * (MPC750UM 2.1.1). */
#define IBATL_MASK         (BATL_MASK & ~(WIMG_W | WIMG_G))
#define IBATL_MASK_GUARDED (BATL_MASK & ~WIMG_W)
#define BAT_PAIR(name, number, n, lower_mask)                                                      \
    HOOKED(number, name #n "U", BATU_MASK, write_bat),                                             \
    HOOKED(number + 1, name #n "L", lower_mask, write_bat)

static const PPCSPR bat_sprs[] = {
    BAT_PAIR("IBAT", SPR_IBAT0U, 0, IBATL_MASK),
    BAT_PAIR("IBAT", SPR_IBAT0U + 2, 1, IBATL_MASK),
    BAT_PAIR("IBAT", SPR_IBAT0U + 4, 2, IBATL_MASK),
    BAT_PAIR("IBAT", SPR_IBAT0U + 6, 3, IBATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT0U, 0, BATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT0U + 2, 1, BATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT0U + 4, 2, BATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT0U + 6, 3, BATL_MASK),
    { 0 },
};

static const PPCSPR guarded_ibat_sprs[] = {
    BAT_PAIR("IBAT", SPR_IBAT0U, 0, IBATL_MASK_GUARDED),
    BAT_PAIR("IBAT", SPR_IBAT0U + 2, 1, IBATL_MASK_GUARDED),
    BAT_PAIR("IBAT", SPR_IBAT0U + 4, 2, IBATL_MASK_GUARDED),
    BAT_PAIR("IBAT", SPR_IBAT0U + 6, 3, IBATL_MASK_GUARDED),
    { 0 },
};

static const PPCSPR high_bat_sprs[] = {
    BAT_PAIR("IBAT", SPR_IBAT4U, 4, IBATL_MASK_GUARDED),
    BAT_PAIR("IBAT", SPR_IBAT4U + 2, 5, IBATL_MASK_GUARDED),
    BAT_PAIR("IBAT", SPR_IBAT4U + 4, 6, IBATL_MASK_GUARDED),
    BAT_PAIR("IBAT", SPR_IBAT4U + 6, 7, IBATL_MASK_GUARDED),
    BAT_PAIR("DBAT", SPR_DBAT4U, 4, BATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT4U + 2, 5, BATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT4U + 4, 6, BATL_MASK),
    BAT_PAIR("DBAT", SPR_DBAT4U + 6, 7, BATL_MASK),
    { 0 },
};

static const PPCSPR high_sprg_sprs[] = {
    PLAIN(SPR_SPRG4, "SPRG4", 0xffffffff),
    PLAIN(SPR_SPRG4 + 1, "SPRG5", 0xffffffff),
    PLAIN(SPR_SPRG4 + 2, "SPRG6", 0xffffffff),
    PLAIN(SPR_SPRG4 + 3, "SPRG7", 0xffffffff),
    { 0 },
};

static const PPCSPR perfmon_604_sprs[] = {
    COUNTER_CONTROL(SPR_MMCR0, "MMCR0", 0xffffffff),
    COUNTER(SPR_PMC1, "PMC1"),
    COUNTER(SPR_PMC2, "PMC2"),
    PLAIN(SPR_SIA, "SIA", 0xffffffff),
    PLAIN(SPR_SDA, "SDA", 0xffffffff),
    { 0 },
};

static const PPCSPR perfmon_604e_sprs[] = {
    COUNTER_CONTROL(SPR_MMCR1, "MMCR1", 0xffc00000),
    COUNTER(SPR_PMC3, "PMC3"),
    COUNTER(SPR_PMC4, "PMC4"),
    { 0 },
};

static const PPCSPR perfmon_750_sprs[] = {
    COUNTER_CONTROL(SPR_MMCR0, "MMCR0", 0xffffffff),
    COUNTER(SPR_PMC1, "PMC1"),
    COUNTER(SPR_PMC2, "PMC2"),
    PLAIN(SPR_SIA, "SIA", 0xfffffffc),
    COUNTER_CONTROL(SPR_MMCR1, "MMCR1", 0xffc00000),
    COUNTER(SPR_PMC3, "PMC3"),
    COUNTER(SPR_PMC4, "PMC4"),
    USER_VIEW(936, "UMMCR0", SPR_MMCR0),
    USER_COUNTER(937, "UPMC1", SPR_PMC1),
    USER_COUNTER(938, "UPMC2", SPR_PMC2),
    USER_VIEW(939, "USIA", SPR_SIA),
    USER_VIEW(940, "UMMCR1", SPR_MMCR1),
    USER_COUNTER(941, "UPMC3", SPR_PMC3),
    USER_COUNTER(942, "UPMC4", SPR_PMC4),
    { 0 },
};

static const PPCSPR hid_604_sprs[] = {
    SETTING(SPR_HID0, "HID0", 0xffffffff, write_hid0),
    HOOKED(SPR_IABR, "IABR", 0xffffffff, write_iabr),
    HOOKED(SPR_DABR, "DABR", 0xffffffff, write_dabr),
    PLAIN(SPR_PIR, "PIR", 0x0000000f),
    { 0 },
};

static const PPCSPR hid1_sprs[] = {
    CONSTANT(SPR_HID1, "HID1"),
    { 0 },
};

/* 740, 750 and what they all have in common. HID0 bits: MPC750UM table 2-4. */
static const PPCSPR hid_750_sprs[] = {
    SETTING(SPR_HID0, "HID0", 0xfbf1ffed, write_hid0),
    CONSTANT(SPR_HID1, "HID1"),
    HOOKED(SPR_IABR, "IABR", 0xffffffff, write_iabr),
    HOOKED(SPR_DABR, "DABR", 0xffffffff, write_dabr),
    PLAIN(SPR_ICTC, "ICTC", 0x000001ff),
    TRIGGER(SPR_THRM1, "THRM1", 0x3f800007, write_thrm),
    TRIGGER(SPR_THRM2, "THRM2", 0x3f800007, write_thrm),
    TRIGGER(SPR_THRM3, "THRM3", 0x00003fff, write_thrm),
    { 0 },
};

/* Bits 0-18 (MPC750UM 2.1.5). */
static const PPCSPR l2_sprs[] = {
    PLAIN(SPR_L2CR, "L2CR", 0xffffe000),
    { 0 },
};

/* Software table search: 603 and 755. */
static const PPCSPR search_sprs[] = {
    READ_ONLY(SPR_DMISS, "DMISS"),
    PLAIN(SPR_DCMP, "DCMP", 0xffffffff),
    READ_ONLY(SPR_HASH1, "HASH1"),
    READ_ONLY(SPR_HASH2, "HASH2"),
    READ_ONLY(SPR_IMISS, "IMISS"),
    PLAIN(SPR_ICMP, "ICMP", 0xffffffff),
    PLAIN(SPR_RPA, "RPA", 0xfffff1fb),
    { 0 },
};

/* What the 755 (and the 745 but for the L2 registers) adds. */
static const PPCSPR hid_755_sprs[] = {
    HOOKED(SPR_HID2, "HID2", 0x001ce0e0, write_hid2),
    { 0 },
};

static const PPCSPR hid_603_sprs[] = {
    SETTING(SPR_HID0, "HID0", 0xffffffff, write_hid0_603),
    HOOKED(SPR_IABR, "IABR", 0xfffffffe, write_iabr),
    /* There is none, but kernels clear it on these parts, which therefore can't trap. */
    { .num = SPR_DABR, .name = "DABR", .read_kind = PPC_SPR_NOP, .write_kind = PPC_SPR_NOP },
    { 0 },
};

/* L2CR: also L2IO, L2CS and L2DRO (bits 21-23); L2CTR after them is read-only. */
static const PPCSPR l2_755_sprs[] = {
    PLAIN(SPR_L2CR, "L2CR", 0xffffe700),
    PLAIN(SPR_MSSCR0, "MSSCR0", 0xffffffff),
    PLAIN(SPR_L2PM, "L2PM", 0xffffffff),
    { 0 },
};

/* HID0: EIEC (bit 13), NOPDST (bit 30) instead of ABE. L2CR: L2FA and L2HWF (bits 19, 20) too. */
static const PPCSPR hid_7400_sprs[] = {
    SETTING(SPR_HID0, "HID0", 0xfbf5ffe7, write_hid0),
    SETTING(SPR_L2CR, "L2CR", 0xffffff00, write_l2cr),
    SETTING(SPR_MSSCR0, "MSSCR0", 0xffffffff, write_msscr0),
    PLAIN(SPR_MMCR2, "MMCR2", 0x80000000),
    USER_VIEW(SPR_UMMCR2, "UMMCR2", SPR_MMCR2),
    PLAIN(SPR_BAMR, "BAMR", 0xffffffff),
    PLAIN(SPR_MSSSR0, "MSSCR1", 0xffffffff),
    { .num = SPR_VRSAVE, .name = "VRSAVE", .read_kind = PPC_SPR_FIELD, .write_kind = PPC_SPR_FIELD,
      .offset = OFFSET(SPR_VRSAVE), .mask = 0xffffffff,
      .flags = PPC_SPR_USER_READ | PPC_SPR_USER_WRITE },
    PLAIN(SPR_PIR, "PIR", 0xffffffff),
    { 0 },
};

static const PPCSPR l2pm_sprs[] = {
    PLAIN(SPR_L2PM, "L2PM", 0xffffffff),
    { 0 },
};

#define SETS(...) (const PPCSPR *const[]){ base_sprs, bat_sprs, __VA_ARGS__, NULL }

#define MSR_604  0x0005ff77u
/* No performance monitor's mark. */
#define MSR_603  ((MSR_604 & ~MSR_PM) | MSR_TGPR)
#define MSR_7400 (MSR_604 | MSR_VEC)

#define FEAT_603                                                                                   \
    (PPC_FEAT_GRAPHICS | PPC_FEAT_EXTERN | PPC_FEAT_TLB_SWT | PPC_FEAT_TLBSYNC |                   \
     PPC_FEAT_ISYNC_TRACED | PPC_FEAT_603_ALIGNMENT)
#define FEAT_60X (PPC_FEAT_GRAPHICS | PPC_FEAT_EXTERN | PPC_FEAT_HW_SEARCH | PPC_FEAT_TLBSYNC)
#define FEAT_604 (FEAT_60X | PPC_FEAT_ICBI_TRANSLATES | PPC_FEAT_ISYNC_TRACED | PPC_FEAT_NAP)
#define FEAT_750 (FEAT_60X | PPC_FEAT_PERFMON)
#define FEAT_755 (FEAT_750 | PPC_FEAT_TLB_SWT)
#define FEAT_7400                                                                                  \
    (FEAT_750 | PPC_FEAT_ALTIVEC | PPC_FEAT_DCBA | PPC_FEAT_ICBI_TRANSLATES |                      \
     PPC_FEAT_DCBZ_UNLOCKED)

#define SETS_750(...) SETS(guarded_ibat_sprs, hid_750_sprs, perfmon_750_sprs, __VA_ARGS__)
/* What the 745 and 755 have. */
#define SETS_755(...)                                                                              \
    SETS_750(high_bat_sprs, high_sprg_sprs, search_sprs, hid_755_sprs, __VA_ARGS__)

#define FAMILY(id, ...)                                                                            \
    const PPCFamily ppc_family_##id =                                                              \
    { .name = #id, .nb_bats = 4, .tlb_set_bits = 6, __VA_ARGS__ }

FAMILY(603, .features = FEAT_603, .msr_mask = MSR_603, .tlb_set_bits = 5, .runs = true,
       .spr_sets = SETS(hid_603_sprs, search_sprs));
FAMILY(603e, .features = FEAT_603, .msr_mask = MSR_603, .tlb_set_bits = 5, .runs = true,
       .spr_sets = SETS(hid_603_sprs, hid1_sprs, search_sprs));
FAMILY(604, .features = FEAT_604, .msr_mask = MSR_604, .runs = true,
       .spr_sets = SETS(hid_604_sprs, perfmon_604_sprs));
FAMILY(604e, .features = FEAT_604, .msr_mask = MSR_604, .runs = true,
       .spr_sets = SETS(hid_604_sprs, hid1_sprs, perfmon_604_sprs, perfmon_604e_sprs));
FAMILY(740, .features = FEAT_750, .msr_mask = MSR_604, .runs = true, .spr_sets = SETS_750(NULL));
FAMILY(750, .features = FEAT_750, .msr_mask = MSR_604, .runs = true, .spr_sets = SETS_750(l2_sprs));
FAMILY(745, .features = FEAT_755, .msr_mask = MSR_604, .nb_bats = 8, .runs = true,
       .spr_sets = SETS_755(NULL));
FAMILY(755, .features = FEAT_755, .msr_mask = MSR_604, .nb_bats = 8, .runs = true,
       .spr_sets = SETS_755(l2_755_sprs));
FAMILY(7400, .features = FEAT_7400, .msr_mask = MSR_7400, .runs = true,
       .spr_sets = SETS_750(hid_7400_sprs));
FAMILY(7410, .features = FEAT_7400, .msr_mask = MSR_7400, .runs = true,
       .spr_sets = SETS_750(hid_7400_sprs, l2pm_sprs));

/* Known by name and PVR; their SPRs aren't described yet. */
FAMILY(750cx, .runs = false);
FAMILY(750cl, .runs = false);
FAMILY(750fx, .runs = false);
FAMILY(7450, .runs = false);
FAMILY(g2, .runs = false);
FAMILY(e300, .runs = false);
