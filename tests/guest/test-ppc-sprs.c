/*
 * Every special purpose register number of the 755: value after reset, bits that can be written,
 * who may read and write it, and which exception the others get. Then what the thermal unit does.
 *
 * The table below is what MPC750UM (chapter 2, appendix for the 755) says, written down a second
 * time on purpose. On the back end named by the first argument: host or interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-asm.h"

enum {
    R = 1,     /* supervisor reads */
    W = 2,     /* supervisor writes */
    UR = 4,    /* user reads */
    UW = 8,    /* user writes */
    TIME = 16, /* its value passes */
    RW = R | W,
};

typedef struct Register {
    uint16_t num;
    uint8_t access;
    uint32_t reset, mask; /* what reads after reset; bits that keep what is written */
} Register;

#define FULL 0xffffffffu
#define BAT(n, lower)                                                                              \
    { n, RW, 0, 0xfffe1fff },                                                                      \
    {                                                                                              \
        (n) + 1, RW, 0, lower                                                                      \
    }
#define IBAT(n) BAT(n, 0xfffe003b)
#define DBAT(n) BAT(n, 0xfffe007b)

static const Register registers[] = {
    { 1, RW | UR | UW, 0, 0xe000007f }, /* XER */
    { 8, RW | UR | UW, 0, FULL },       /* LR */
    { 9, RW | UR | UW, 0, FULL },       /* CTR */
    { 18, RW, 0, FULL },                /* DSISR */
    { 19, RW, 0, FULL },                /* DAR */
    { 22, RW | TIME, 0, FULL },         /* DEC */
    { 25, RW, 0, 0xffff01ff },          /* SDR1 */
    { 26, RW, 0, FULL },                /* SRR0 */
    { 27, RW, 0, FULL },                /* SRR1 */
    { 268, R | UR | TIME, 0, 0 },       /* TBL */
    { 269, R | UR | TIME, 0, 0 },       /* TBU */
    { 272, RW, 0, FULL },
    { 273, RW, 0, FULL },
    { 274, RW, 0, FULL },
    { 275, RW, 0, FULL }, /* SPRG */
    { 276, RW, 0, FULL },
    { 277, RW, 0, FULL },
    { 278, RW, 0, FULL },
    { 279, RW, 0, FULL },
    { 282, RW, 0, 0x8000003f }, /* EAR */
    { 284, W | TIME, 0, 0 },    /* TBL */
    { 285, W | TIME, 0, 0 },    /* TBU */
    { 287, RW, 0x00083208, 0 }, /* PVR */
    IBAT(528),
    IBAT(530),
    IBAT(532),
    IBAT(534),
    DBAT(536),
    DBAT(538),
    DBAT(540),
    DBAT(542),
    IBAT(560),
    IBAT(562),
    IBAT(564),
    IBAT(566),
    DBAT(568),
    DBAT(570),
    DBAT(572),
    DBAT(574),
    { 936, R | UR, 0, 0 },
    { 937, R | UR, 0, 0 },
    { 938, R | UR, 0, 0 },
    { 939, R | UR, 0, 0 }, /* UMMCR0 ... */
    { 940, R | UR, 0, 0 },
    { 941, R | UR, 0, 0 },
    { 942, R | UR, 0, 0 },
    { 952, RW, 0, FULL },        /* MMCR0 */
    { 953, RW, 0, FULL },        /* PMC1 */
    { 954, RW, 0, FULL },        /* PMC2 */
    { 955, RW, 0, 0xfffffffc },  /* SIA */
    { 956, RW, 0, 0xffc00000 },  /* MMCR1 */
    { 957, RW, 0, FULL },        /* PMC3 */
    { 958, RW, 0, FULL },        /* PMC4 */
    { 976, R, 0, 0 },            /* DMISS */
    { 977, RW, 0, FULL },        /* DCMP */
    { 978, R, 0, 0 },            /* HASH1 */
    { 979, R, 0, 0 },            /* HASH2 */
    { 980, R, 0, 0 },            /* IMISS */
    { 981, RW, 0, FULL },        /* ICMP */
    { 982, RW, 0, 0xfffff1fb },  /* RPA */
    { 1008, RW, 0, 0xfbf1f3ed }, /* HID0: with the caches on, ICFI and DCFI drop */
    { 1009, RW, 0, 0 },          /* HID1: the PLL's pins */
    { 1010, RW, 0, FULL },       /* IABR */
    { 1011, RW, 0, 0x001ce0e0 }, /* HID2 */
    { 1013, RW, 0, FULL },       /* DABR */
    { 1014, RW, 0, FULL },       /* MSSCR0 */
    { 1016, RW, 0, FULL },       /* L2PM */
    { 1017, RW, 0, 0xffffe700 }, /* L2CR: L2CTR and L2IP are only read */
    { 1019, RW, 0, 0x000001ff }, /* ICTC */
    { 1020, RW, 0, 0x3f800007 }, /* THRM1: THRM3[E] is clear */
    { 1021, RW, 0, 0x3f800007 }, /* THRM2 */
    { 1022, RW, 0, 0x00003fff }, /* THRM3 */
};

static PPCTestState s;

static const Register *find(unsigned num)
{
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
        if (registers[i].num == num) {
            return &registers[i];
        }
    }
    return NULL;
}

static void begin(uint32_t msr)
{
    ppc_state_init(&s);
    s.msr = msr | MSR_ME;
    s.spr[SPR_HID0] = 0;
    s.lr = s.ctr = s.xer = 0;
}

/* The exception that one access raises: 0, or SRR1's bit. */
static uint32_t access_error(uint32_t insn, uint32_t msr)
{
    begin(msr);
    s.gpr[5] = 0;
    RUN(insn);
    if (s.stop == PPC_EXCP_SYSCALL) {
        return 0;
    }
    g_assert_cmphex(s.stop, ==, PPC_EXCP_PROGRAM);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE);
    return s.spr[SPR_SRR1] & ~(msr | MSR_ME);
}

/* PEM 6.4.7: without the register, a number with bit 4 set is privileged to the user, the others
 * don't exist. */
static uint32_t expected_error(unsigned num, bool user, bool write)
{
    const Register *r = find(num);
    unsigned wanted = user ? (write ? UW : UR) : write ? W : R;
    bool exists = r && (r->access & (write ? W : R));

    if (r && (r->access & wanted)) {
        return 0;
    }
    return user && ((num & 16) || exists) ? PPC_PROGRAM_PRIVILEGED : PPC_PROGRAM_ILLEGAL;
}

static void test_access(void)
{
    for (unsigned num = 0; num < PPC_NB_SPRS; num++) {
        for (unsigned i = 0; i < 4; i++) {
            bool user = i & 1, write = i & 2;
            uint32_t error = access_error(write ? MTSPR(num, 5) : MFSPR(5, num), user ? MSR_PR : 0);

            if (error != expected_error(num, user, write)) {
                g_error("SPR %u, %s by %s: program exception %08x, expected %08x", num,
                        write ? "write" : "read", user ? "user" : "supervisor", error,
                        expected_error(num, user, write));
            }
        }
    }
}

static void test_values(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
        const Register *r = &registers[i];

        if ((r->access & TIME) || !(r->access & R)) {
            continue;
        }
        begin(0);
        s.gpr[5] = FULL;
        s.gpr[6] = 0;
        if (r->access & W) {
            RUN(MFSPR(10, r->num), MTSPR(r->num, 5), MFSPR(11, r->num), MTSPR(r->num, 6),
                MFSPR(12, r->num));
            if (s.gpr[11] != (r->reset | r->mask) || s.gpr[12] != (r->reset & ~r->mask)) {
                g_error("SPR %u: ones read as %08x, zeros as %08x", r->num, s.gpr[11], s.gpr[12]);
            }
        } else {
            RUN(MFSPR(10, r->num));
        }
        g_assert_cmphex(s.stop, ==, PPC_EXCP_SYSCALL);
        g_assert_cmphex(s.gpr[10], ==, r->reset);
    }
}

/* --- Thermal assist unit: the junction is at 40 degrees */

static void test_thermal(void)
{
    begin(0);
    s.gpr[5] = 30u << 23 | 1;     /* above 30? */
    s.gpr[6] = 30u << 23 | 4 | 1; /* below 30? */
    s.gpr[7] = 1;
    RUN(MTSPR(SPR_THRM1, 5), MTSPR(SPR_THRM2, 6), MFSPR(10, SPR_THRM1), MTSPR(SPR_THRM3, 7),
        MFSPR(11, SPR_THRM1), MFSPR(12, SPR_THRM2), MTSPR(SPR_THRM1, 6), MFSPR(13, SPR_THRM1));
    g_assert_cmphex(s.gpr[10] >> 30, ==, 0);
    g_assert_cmphex(s.gpr[11] >> 30, ==, 3);
    g_assert_cmphex(s.gpr[12] >> 30, ==, 1);
    g_assert_cmphex(s.gpr[13] >> 30, ==, 1);
    begin(MSR_EE);
    s.gpr[5] = 30u << 23 | 2 | 1; /* with TIE */
    s.gpr[7] = 1;
    RUN(MTSPR(SPR_THRM3, 7), MTSPR(SPR_THRM1, 5), NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_THERMAL);
    g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 8);
}

/* Taken, the interrupt isn't asserted any more; that the threshold is crossed can still be read. */
static void test_thermal_interrupt_comes_once(void)
{
    CPUPPCState *env = &ppc_machine_cpu()->env;

    begin(MSR_EE);
    s.gpr[5] = 30u << 23 | 2 | 1;
    s.gpr[7] = 1;
    RUN(MTSPR(SPR_THRM3, 7), MTSPR(SPR_THRM1, 5), NOP);
    g_assert_cmphex(s.stop, ==, PPC_EXCP_THERMAL);
    g_assert_cmphex(s.spr[SPR_THRM1] >> 30, ==, 3);
    g_assert_cmphex(env->pending_interrupts & PPC_INTERRUPT_THERMAL, ==, 0);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    ppc_machine_init(argc > 1 && !strcmp(argv[1], "interp"));
    g_test_add_func("/ppc/spr/access-raises-what-number-and-privilege-say", test_access);
    g_test_add_func("/ppc/spr/reset-values-and-write-masks", test_values);
    g_test_add_func("/ppc/thermal/comparison-and-interrupt", test_thermal);
    g_test_add_func("/ppc/thermal/interrupt-comes-once", test_thermal_interrupt_comes_once);
    result = g_test_run();
    ppc_machine_exit();
    return result;
}
