/*
 * What sets the families of the 6xx, 7xx and 74xx apart: which special purpose registers there are,
 * bits of some, and the few instructions and exceptions that differ.
 *
 * Arguments: back end (host or interp), CPU model.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-asm.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "target/ppc/mmu-hash.h"

#define TABLE 0x00100000u
#define EA    0x10003000u

typedef struct Mask {
    uint16_t num;
    uint32_t bits; /* that keep what is written */
} Mask;

typedef struct Model {
    const char *name;
    const char *sprs;       /* that can be read or written: numbers and ranges */
    Mask masks[8];
    bool tgpr;              /* the miss handlers have GPR0-3 of their own */
    bool hardware_search;
    bool icbi_translates;
    bool locked_takes_dcbz; /* a locked data cache */
    bool isync_traced;
    bool dcba;
    bool naps;              /* by MSR[POW] alone */
    bool strict_alignment;  /* little-endian scalars; and DAR of multiples is 4 more */
    bool invalidate_drops;  /* HID0[ICFI,DCFI], by themselves */
    uint8_t eieio_event;    /* of PMC1; 0: no performance monitor */
} Model;

#define BASE_SPRS "1 8-9 18-19 22 25-27 268-269 272-275 282 284-285 287 528-543 "
#define PM_750    "936-942 952-958 "
#define HID_750   "1008-1010 1013 1019-1022 "
#define SPRS_755  "276-279 560-575 976-982 1011 "

#define L2CR_750  0xffffe000u
#define IBATL_G   0xfffe003bu

static const Model models[] = {
    { "603e", BASE_SPRS "976-982 1008-1010 1013", { { 529, 0xfffe0033 }, { 1010, 0xfffffffe } },
      .tgpr = true, .locked_takes_dcbz = true, .isync_traced = true, .strict_alignment = true },
    { "604e", BASE_SPRS "952-959 1008-1010 1013 1023", { { 529, 0xfffe0033 }, { 1023, 0xf } },
      .hardware_search = true, .icbi_translates = true, .locked_takes_dcbz = true,
      .isync_traced = true, .naps = true, .invalidate_drops = true, .eieio_event = 13 },
    { "740", BASE_SPRS PM_750 HID_750, { { 529, IBATL_G }, { 1008, 0xfbf1f3ed } },
      .hardware_search = true, .locked_takes_dcbz = true, .invalidate_drops = true,
      .eieio_event = 5 },
    { "750", BASE_SPRS PM_750 HID_750 "1017",
      { { 529, IBATL_G }, { 1008, 0xfbf1f3ed }, { 1017, L2CR_750 } },
      .hardware_search = true, .locked_takes_dcbz = true, .invalidate_drops = true,
      .eieio_event = 5 },
    { "745", BASE_SPRS SPRS_755 PM_750 HID_750,
      { { 529, IBATL_G }, { 561, IBATL_G }, { 1008, 0xfbf1f3ed }, { 1011, 0x001ce0e0 } },
      .hardware_search = true, .locked_takes_dcbz = true, .invalidate_drops = true,
      .eieio_event = 5 },
    { "755", BASE_SPRS SPRS_755 PM_750 HID_750 "1014 1016-1017",
      { { 561, IBATL_G }, { 1011, 0x001ce0e0 }, { 1017, 0xffffe700 } },
      .hardware_search = true, .locked_takes_dcbz = true, .invalidate_drops = true,
      .eieio_event = 5 },
    { "7400", BASE_SPRS PM_750 HID_750 "256 928 944 951 1014-1015 1017 1023",
      { { 529, IBATL_G }, { 1008, 0xfbf5f3e7 }, { 1014, 0xff7fffff }, { 1017, 0xfffff700 } },
      .hardware_search = true, .icbi_translates = true, .dcba = true, .invalidate_drops = true,
      .eieio_event = 5 },
    { "7410", BASE_SPRS PM_750 HID_750 "256 928 944 951 1014-1017 1023",
      { { 529, IBATL_G }, { 1014, 0xff7fffff }, { 1017, 0xfffff700 } },
      .hardware_search = true, .icbi_translates = true, .dcba = true, .invalidate_drops = true,
      .eieio_event = 5 },
};

static const Model *model;
static PPCTestState s;

static void begin(uint32_t msr)
{
    address_space_set(&address_space_memory, TABLE, 0, 0x10000, MEMTXATTRS_UNSPECIFIED);
    ppc_state_init(&s);
    s.msr = msr | MSR_ME;
    s.spr[SPR_SDR1] = TABLE;
    s.gpr[4] = EA;
    s.gpr[5] = 0;
}

static bool is_listed(const char *list, unsigned num)
{
    g_auto(GStrv) items = g_strsplit(list, " ", -1);

    for (unsigned i = 0; items[i]; i++) {
        char *end;
        unsigned first = strtoul(items[i], &end, 10);
        unsigned last = *end == '-' ? strtoul(end + 1, NULL, 10) : first;

        if (*items[i] && num >= first && num <= last) {
            return true;
        }
    }
    return false;
}

/* Not 0 after a reset, or set by begin(). */
#define NOT_CLEAR "1 8-9 22 25 268-269 287 1008"

static void test_registers(void)
{
    for (unsigned num = 0; num < PPC_NB_SPRS; num++) {
        bool read, written;

        begin(0);
        RUN(MFSPR(6, num));
        read = s.stop != PPC_EXCP_PROGRAM;
        if (read && s.gpr[6] && !is_listed(NOT_CLEAR, num)) {
            g_error("%s: SPR %u is %08x after a reset", model->name, num, s.gpr[6]);
        }
        begin(0);
        RUN(MTSPR(num, 5));
        written = s.stop != PPC_EXCP_PROGRAM;
        if ((read || written) != is_listed(model->sprs, num)) {
            g_error("%s: SPR %u %s", model->name, num, read || written ? "exists" : "is missing");
        }
    }
}

/* Whatever is written to a register, code goes on or an exception is taken. */
static void test_any_value(void)
{
    static const uint32_t values[] = { 0xffffffff, 0x80000001, 0xa5a5a5a5, 0x00ffff00 };

    for (unsigned i = 0; i < PPC_NB_SPRS * ARRAY_SIZE(values); i++) {
        unsigned num = i / ARRAY_SIZE(values);

        begin(0);
        s.gpr[4] = PPC_DATA;
        s.gpr[5] = values[i % ARRAY_SIZE(values)];
        s.gpr[6] = MSR_ME | MSR_EE;
        RUN(MTSPR(num, 5), MFSPR(7, num), LWZ(3, 0, 4), STW(3, 4, 4), MTMSR(6), NOP);
        if (s.stop == PPC_STOP_TIMEOUT || s.stop == PPC_STOP_CHECKSTOP) {
            g_error("%s: SPR %u = %08x: %s", model->name, num, values[i % ARRAY_SIZE(values)],
                    s.stop == PPC_STOP_TIMEOUT ? "hangs" : "checkstop");
        }
    }
}

static void test_masks(void)
{
    for (const Mask *m = model->masks; m->num; m++) {
        begin(0);
        s.gpr[5] = 0xffffffff;
        RUN(MTSPR(m->num, 5), MFSPR(6, m->num));
        if (s.gpr[6] != m->bits) {
            g_error("%s: SPR %u: ones read as %08x, not %08x", model->name, m->num, s.gpr[6],
                    m->bits);
        }
    }
}

static void test_invalidate_bits(void)
{
    begin(0);
    s.gpr[5] = 0xcc00; /* ICE DCE ICFI DCFI */
    RUN(MTSPR(SPR_HID0, 5), MFSPR(6, SPR_HID0));
    g_assert_cmphex(s.gpr[6], ==, model->invalidate_drops ? 0xc000 : 0xcc00);
}

/* A miss that software has to look for: the 755 leaves the MSR alone, the 603 exchanges GPR0-3. */
static void test_miss(void)
{
    begin(MSR_DR);
    s.gpr[0] = 0x1234;
    if (is_listed(model->sprs, SPR_HID2)) {
        s.spr[SPR_HID2] = 0x00080000;
    }
    RUN(LWZ(3, 0, 4));
    if (model->hardware_search && !is_listed(model->sprs, SPR_HID2)) {
        g_assert_cmphex(s.stop, ==, PPC_EXCP_DSI);
        return;
    }
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DLMISS);
    g_assert_cmphex(s.spr[SPR_DMISS], ==, EA);
    g_assert_cmphex(s.msr, ==, MSR_ME | (model->tgpr ? MSR_TGPR : 0));
    g_assert_cmphex(s.gpr[0], ==, model->tgpr ? 0 : 0x1234);
}

static void test_icbi(void)
{
    begin(MSR_DR);
    RUN(ICBI(4, 5));
    g_assert_cmphex(s.stop, ==, model->icbi_translates ? PPC_EXCP_DSI : PPC_EXCP_SYSCALL);
}

static void test_dcbz_in_locked_cache(void)
{
    begin(0);
    s.spr[SPR_HID0] = 0xd000; /* ICE DCE DLOCK */
    s.gpr[4] = PPC_DATA;
    RUN(DCBZ(4, 5));
    g_assert_cmphex(s.stop, ==,
                    model->locked_takes_dcbz ? PPC_EXCP_SYSCALL : PPC_EXCP_ALIGN);
}

static void test_isync_trace(void)
{
    begin(MSR_SE);
    RUN(ISYNC, LI(3, 1), LI(3, 2));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_TRACE);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + (model->isync_traced ? 4 : 8));
}

static void test_dcba(void)
{
    begin(MSR_DR);
    RUN(DCBA(4, 5)); /* not mapped: nothing happens */
    g_assert_cmphex(s.stop, ==, model->dcba ? PPC_EXCP_SYSCALL : PPC_EXCP_PROGRAM);
    begin(0);
    s.gpr[4] = PPC_DATA;
    RUN(DCBA(4, 5), LWZ(3, 0x1c, 4), LWZ(6, 0x20, 4));
    g_assert_cmphex(s.stop, ==, model->dcba ? PPC_EXCP_SYSCALL : PPC_EXCP_PROGRAM);
    if (model->dcba) {
        g_assert_cmphex(s.gpr[3], ==, 0);
        g_assert_cmphex(s.gpr[6], !=, 0);
    }
}

static void test_nap(void)
{
    begin(0);
    s.gpr[3] = 0;
    s.gpr[5] = 20000;
    s.gpr[7] = MSR_EE | MSR_ME | MSR_POW;
    RUN(MTSPR(SPR_DEC, 5), MTMSR(7), LI(3, 1), BRANCH(0));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_DECR);
    g_assert_cmphex(s.gpr[3], ==, model->naps ? 0 : 1);
}

static void test_alignment(void)
{
    begin(MSR_LE);
    s.gpr[4] = PPC_DATA;
    RUN(LWZ(3, 2, 4));
    g_assert_cmphex(s.stop, ==, model->strict_alignment ? PPC_EXCP_ALIGN : PPC_EXCP_SYSCALL);
    begin(0);
    s.gpr[4] = PPC_DATA;
    RUN(LMW(29, 2, 4));
    g_assert_cmphex(s.stop, ==, PPC_EXCP_ALIGN);
    g_assert_cmphex(s.spr[SPR_DAR], ==, PPC_DATA + 2 + (model->strict_alignment ? 4 : 0));
}

static void test_performance_monitor(void)
{
    if (!model->eieio_event) {
        g_test_skip("no performance monitor");
        return;
    }
    begin(0);
    s.gpr[6] = model->eieio_event << 6 | 2; /* PMC2: instructions */
    s.gpr[7] = 0x80000000;
    RUN(MTSPR(SPR_MMCR0, 6), EIEIO, NOP, EIEIO, MTSPR(SPR_MMCR0, 7), MFSPR(8, SPR_PMC1),
        MFSPR(9, SPR_PMC2));
    g_assert_cmpuint(s.gpr[8], ==, 2);
    g_assert_cmpuint(s.gpr[9], ==, 4); /* with what stops it */
}

static void add(const char *rule, void (*run)(void))
{
    g_autofree char *path = g_strdup_printf("/ppc/models/%s/%s", model->name, rule);

    g_test_add_func(path, run);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(models) && argc > 2; i++) {
        model = !strcmp(models[i].name, argv[2]) ? &models[i] : model;
    }
    if (!model) {
        g_printerr("usage: test-ppc-models host|interp MODEL\n");
        return 2;
    }
    ppc_machine_init_model(!strcmp(argv[1], "interp"), model->name);
    add("has-its-registers-and-a-reset-clears-them", test_registers);
    add("takes-any-value", test_any_value);
    add("write-masks", test_masks);
    add("flash-invalidate-bits", test_invalidate_bits);
    add("miss-left-to-software", test_miss);
    add("icbi-and-translation", test_icbi);
    add("dcbz-in-a-locked-cache", test_dcbz_in_locked_cache);
    add("isync-and-trace", test_isync_trace);
    add("dcba", test_dcba);
    add("power-saving-without-hid0", test_nap);
    add("alignment", test_alignment);
    add("performance-monitor", test_performance_monitor);
    result = g_test_run();
    ppc_machine_exit();
    return result;
}
