/*
 * A bare program for `virt` with 32-bit CPUs that have EL2 and EL3, started from flash in secure Supervisor mode: which mode takes
 * what. It runs single instructions in modes of both worlds, with traps, routing and tables as it says, and prints what the registers
 * of the mode that was entered have. What it prints has to be the same everywhere.
 *
 * SPDX-License-Identifier: MIT
 */
typedef unsigned int u32;
typedef unsigned long long u64;

#define REG(address)  (*(volatile u32 *)(address))
#define UART          REG(0x09000000)
#define POWER(off)    REG(0x090b0000 + (off))
#define GICD(off)     REG(0x08000000 + (off))
#define GICC(off)     REG(0x08010000 + (off))
#define SECURE_RAM    0x0e000000u
#define NOTHING_THERE 0x0bf00000u

#define READ(op) ({ u32 v_; __asm__ volatile("mrc " op : "=r"(v_)); v_; })
#define WRITE(op, value) __asm__ volatile("mcr " op "\n isb" : : "r"(value) : "memory")
#define WRITE64(op, value) __asm__ volatile("mcrr " op "\n isb" : : "r"((u64)(value)) : "memory")

#define SCTLR      "p15, 0, %0, c1, c0, 0"
#define TTBR0      "p15, 0, %0, c2, c0, 0"
#define TTBR1      "p15, 0, %0, c2, c0, 1"
#define TTBCR      "p15, 0, %0, c2, c0, 2"
#define DACR       "p15, 0, %0, c3, c0, 0"
#define VBAR       "p15, 0, %0, c12, c0, 0"
#define MVBAR      "p15, 0, %0, c12, c0, 1"
#define SCR        "p15, 0, %0, c1, c1, 0"
#define NSACR      "p15, 0, %0, c1, c1, 2"
#define CPACR      "p15, 0, %0, c1, c0, 2"
#define HSCTLR     "p15, 4, %0, c1, c0, 0"
#define HCR        "p15, 4, %0, c1, c1, 0"
#define HDCR       "p15, 4, %0, c1, c1, 1"
#define HCPTR      "p15, 4, %0, c1, c1, 2"
#define HSTR       "p15, 4, %0, c1, c1, 3"
#define HVBAR      "p15, 4, %0, c12, c0, 0"
#define HTCR       "p15, 4, %0, c2, c0, 2"
#define HMAIR0     "p15, 4, %0, c10, c2, 0"
#define VTCR       "p15, 4, %0, c2, c1, 2"
#define CNTHCTL    "p15, 4, %0, c14, c1, 0"
#define TLBIALL    "p15, 0, %0, c8, c7, 0"
#define TLBIALLH   "p15, 4, %0, c8, c7, 0"
#define TLBIALLNSNH "p15, 4, %0, c8, c7, 4"
#define HTTBR      "p15, 4, %Q0, %R0, c2"
#define VTTBR      "p15, 6, %Q0, %R0, c2"

enum { USR = 0x10, FIQ = 0x11, IRQ = 0x12, SVC = 0x13, MON = 0x16, ABT = 0x17, HYP = 0x1a, UND = 0x1b, SYS = 0x1f };
enum { T = 1 << 5, F = 1 << 6, I = 1 << 7, A = 1 << 8 };
enum { NS = 1, SCR_IRQ = 2, SCR_FIQ = 4, SCR_EA = 8, SCR_FW = 16, SCR_AW = 32, SCR_HCE = 256 };

/* ---- Text ---- */

static void put(const char *text)
{
    for (; *text; text++) {
        UART = *text;
    }
}

static void hex(u32 value)
{
    int bit = 28;

    while (bit > 0 && !(value >> bit)) {
        bit -= 4;
    }
    for (; bit >= 0; bit -= 4) {
        UART = "0123456789abcdef"[value >> bit & 15];
    }
    UART = ' ';
}

/* ---- Running code elsewhere ---- */

/* What the mode that was entered saw first; table 0: secure state's vectors, 1: non-secure state's, 2: Hyp mode's, 3: Monitor mode's. */
struct Record {
    u32 taken, table, vector, lr, spsr, cpsr, r0, dfsr, ifsr, dfar, ifar, hsr, hdfar, hifar, hpfar;
} record;

u32 main_sp;
extern void enter(u32 code, u32 spsr, u32 scr, u32 r0);
extern char vectors0[], vectors1[], vectors2[], vectors3[];

#define FAULTS                                                                                                                  \
    "  mrc p15, 0, r6, c5, c0, 0\n str r6, [r3, #28]\n mrc p15, 0, r6, c5, c0, 1\n str r6, [r3, #32]\n"                         \
    "  mrc p15, 0, r6, c6, c0, 0\n str r6, [r3, #36]\n mrc p15, 0, r6, c6, c0, 2\n str r6, [r3, #40]\n"

__asm__(
    ".arch armv7ve\n .arch_extension sec\n .arch_extension virt\n .fpu vfpv3\n"
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".globl _start, enter\n"
    "_start: adr r0, _start\n"
    "  ldr r1, =_start\n"
    "  ldr r2, =image_end\n"
    "1: ldr r3, [r0], #4\n"
    "  str r3, [r1], #4\n"
    "  cmp r1, r2\n"
    "  blo 1b\n"
    "  ldr sp, =stack_top\n"
    "  ldr r0, =main\n"
    "  bx r0\n"
    ".ltorg\n"
    ".text\n"
    /* To Monitor mode, and from there with SCR and SPSR as they shall be. */
    "enter: push {r4-r11, lr}\n"
    "  ldr r4, =main_sp\n"
    "  str sp, [r4]\n"
    "  cps #0x16\n"
    "  mov lr, r0\n"
    "  msr spsr_fsxc, r1\n"
    "  mcr p15, 0, r2, c1, c1, 0\n"
    "  isb\n"
    "  mov r0, r3\n"
    "  ldr r1, =0x11111111\n"
    "  ldr r2, =0x22222222\n"
    "  ldr r3, =record + 64\n"
    "  movs pc, lr\n"
    ".macro table n\n"
    "  .balign 32\n"
    "vectors\\n:\n"
    "  .irp v, 0,1,2,3,4,5,6,7\n"
    "    b entry\\n\\()_\\v\n"
    "  .endr\n"
    "  .irp v, 0,1,2,3,4,5,6,7\n"
    "entry\\n\\()_\\v: mov r5, #\\v\n"
    "    b common\\n\n"
    "  .endr\n"
    ".endm\n"
    "table 0\n table 1\n table 2\n table 3\n"
    ".macro note n\n" /* r6 has where it was */
    "  ldr r3, =record\n"
    "  ldr r7, [r3]\n"
    "  cmp r7, #0\n"
    "  bne back\\n\n"
    "  mov r7, #1\n"
    "  str r7, [r3]\n"
    "  mov r7, #\\n\n"
    "  str r7, [r3, #4]\n"
    "  str r5, [r3, #8]\n"
    "  str r6, [r3, #12]\n"
    "  mrs r6, spsr\n"
    "  str r6, [r3, #16]\n"
    "  mrs r6, cpsr\n"
    "  str r6, [r3, #20]\n"
    "  str r0, [r3, #24]\n"
    ".endm\n"
    "common0: mov r6, lr\n"
    "  note 0\n" FAULTS
    "back0: cps #0x13\n"
    "  b finish\n"
    "common1: mov r6, lr\n"
    "  note 1\n" FAULTS
    "back1: smc #0\n"
    "common2: mrs r6, elr_hyp\n"
    "  note 2\n" FAULTS
    "  mrc p15, 4, r6, c5, c2, 0\n str r6, [r3, #44]\n mrc p15, 4, r6, c6, c0, 0\n str r6, [r3, #48]\n"
    "  mrc p15, 4, r6, c6, c0, 2\n str r6, [r3, #52]\n mrc p15, 4, r6, c6, c0, 4\n str r6, [r3, #56]\n"
    "back2: smc #0\n"
    "common3: mov r6, lr\n"
    "  note 3\n"
    "  mov r6, #0\n"
    "  mcr p15, 0, r6, c1, c1, 0\n"
    "  isb\n" FAULTS
    "back3: mov r6, #0\n"
    "  mcr p15, 0, r6, c1, c1, 0\n"
    "  isb\n"
    "  cps #0x13\n"
    "finish: mov r6, #0\n"
    "  mcr p15, 0, r6, c1, c1, 0\n"
    "  isb\n"
    "  ldr r4, =main_sp\n"
    "  ldr sp, [r4]\n"
    "  pop {r4-r11, pc}\n"
    ".ltorg\n"
    ".bss\n .balign 16\n .space 16384\n stack_top:\n image_end:\n .text\n");

/* ---- Other modes' registers ---- */

#define ZERO 0u
static void with_scr(u32 scr)
{
    WRITE(SCR, scr);
}

/* Monitor mode reaches non-secure state's, and Hyp mode's, with SCR.NS. */
#define AS_NONSECURE(statement)                                                                                                 \
    do {                                                                                                                        \
        __asm__ volatile("str sp, [%0]\n cps #0x16\n ldr sp, [%0]" : : "r"(&main_sp) : "lr", "memory");                        \
        with_scr(NS);                                                                                                           \
        statement;                                                                                                              \
        with_scr(0);                                                                                                            \
        __asm__ volatile("cps #0x13" : : : "memory");                                                                           \
    } while (0)

static void reset_traps(void)
{
    AS_NONSECURE(WRITE(HCR, ZERO); WRITE(HSTR, ZERO); WRITE(HCPTR, ZERO); WRITE(HDCR, 6); WRITE(CNTHCTL, 3); WRITE(SCTLR, 0xc50078);
                 WRITE(HSCTLR, 0x30c50878); WRITE(TTBCR, ZERO));
}

/* ---- One piece of code ---- */

static u32 code[16] __attribute__((aligned(64)));

enum { SMC = 0xe1600070, SVC_77 = 0xef000077, NOP = 0xe320f000 };
#define MRC(op1, rt, crn, crm, op2) (0xee100f10u | (op1) << 21 | (crn) << 16 | (rt) << 12 | (op2) << 5 | (crm))
#define MCR(op1, rt, crn, crm, op2) (MRC(op1, rt, crn, crm, op2) & ~(1u << 20))
#define MRRC(op1, crm) (0xec510f00u | (op1) << 4 | (crm))
#define MRC14(op1, crn, crm, op2) (MRC(op1, 0, crn, crm, op2) & ~(1u << 8))

static const struct Place {
    const char *name;
    u32 mode, scr;
} places[] = {
    { "S-usr", USR, SCR_HCE }, { "S-svc", SVC, SCR_HCE },      { "S-mon", MON, SCR_HCE },   { "mon", MON, SCR_HCE | NS },
    { "usr", USR, SCR_HCE | NS }, { "svc", SVC, SCR_HCE | NS }, { "hyp", HYP, SCR_HCE | NS },
};
enum { NUM_PLACES = sizeof(places) / sizeof(places[0]), IN_USR = 4, IN_SVC, IN_HYP };

static void print_record(const char *what, const char *where)
{
    put(what);
    UART = ' ';
    put(where);
    put(": ");
    if (record.table == 3 && record.vector == 2 && (record.lr == (u32)&code[2] || record.lr == (u32)&code[1] + 1)) {
        put("done ");
        hex(record.spsr);
        hex(record.r0);
    } else {
        put("to ");
        put(record.table == 0 ? "secure " : record.table == 1 ? "nonsecure " : record.table == 2 ? "hyp " : "monitor ");
        hex(record.vector);
        hex(record.lr - (u32)code);
        hex(record.spsr);
        hex(record.cpsr);
        hex(record.r0);
        if (record.table == 2 && record.vector < 6) {
            hex(record.hsr);
        }
        if (record.vector == 3 || record.vector == 4 || (record.table == 2 && record.vector == 5 && record.hsr >> 30 == 2)) {
            hex(record.dfsr), hex(record.ifsr), hex(record.dfar), hex(record.ifar);
            hex(record.hdfar), hex(record.hifar), hex(record.hpfar);
        }
    }
    put("\r\n");
}

static void forget_faults(void)
{
    WRITE("p15, 0, %0, c5, c0, 0", ZERO);
    WRITE("p15, 0, %0, c5, c0, 1", ZERO);
    WRITE("p15, 0, %0, c6, c0, 0", ZERO);
    WRITE("p15, 0, %0, c6, c0, 2", ZERO);
}

static void execute(const char *what, const char *where, u32 mode, u32 scr, u32 r0)
{
    u32 *words = (u32 *)&record;

    forget_faults();
    AS_NONSECURE(forget_faults(); WRITE("p15, 4, %0, c6, c0, 0", ZERO); WRITE("p15, 4, %0, c6, c0, 2", ZERO);
                 WRITE("p15, 4, %0, c6, c0, 4", ZERO); WRITE("p15, 4, %0, c5, c2, 0", ZERO));
    for (unsigned i = 0; i < sizeof(record) / 4; i++) {
        words[i] = 0;
    }
    enter((u32)code, mode, scr, r0);
    print_record(what, where);
}

static void one(const char *what, u32 insn, const struct Place *p, u32 more_scr, u32 r0)
{
    code[0] = insn;
    code[1] = p->mode == USR ? SVC_77 : SMC;
    code[2] = code[3] = SMC;
    WRITE("p15, 0, %0, c7, c5, 0", ZERO);
    execute(what, p->name, p->mode | A | I | F, p->scr | more_scr, r0);
}

static void everywhere(const char *what, u32 insn, u32 r0)
{
    for (unsigned i = 0; i < NUM_PLACES; i++) {
        one(what, insn, &places[i], 0, r0);
    }
}

/* ---- Instructions ---- */

static void instructions(void)
{
    static const struct {
        const char *name;
        u32 insn;
    } list[] = {
        { "nop", NOP }, { "udf", 0xe7f000f0 }, { "svc", 0xef001234 }, { "hvc", 0xe1412374 }, { "smc", SMC }, { "bkpt", 0xe1212374 },
        { "mrs cpsr", 0xe10f0000 }, { "rfe", 0xf8900a00 }, { "movs pc, lr", 0xe1b0f00e }, { "ldm ^", 0xe8d04000 },
        { "scr", MRC(0, 0, 1, 1, 0) }, { "sder", MRC(0, 0, 1, 1, 1) }, { "nsacr", MRC(0, 0, 1, 1, 2) }, { "mvbar", MRC(0, 0, 12, 0, 1) },
        { "set nsacr", MCR(0, 0, 1, 1, 2) }, { "set cntfrq", MCR(0, 1, 14, 0, 0) },
        { "hcr", MRC(4, 0, 1, 1, 0) }, { "hsctlr", MRC(4, 0, 1, 0, 0) }, { "hstr", MRC(4, 0, 1, 1, 3) }, { "hsr", MRC(4, 0, 5, 2, 0) },
        { "vpidr", MRC(4, 0, 0, 0, 0) }, { "vmpidr", MRC(4, 0, 0, 0, 5) }, { "cnthctl", MRC(4, 0, 14, 1, 0) }, { "cntvoff", MRRC(4, 14) },
        { "httbr", MRRC(4, 2) }, { "vttbr", MRRC(6, 2) }, { "htpidr", MRC(4, 0, 13, 0, 2) }, { "hmair0", MRC(4, 0, 10, 2, 0) },
        { "midr", MRC(0, 0, 0, 0, 0) }, { "mpidr", MRC(0, 0, 0, 0, 5) }, { "id_pfr1", MRC(0, 0, 0, 1, 1) }, { "reserved id", MRC(0, 0, 0, 3, 4) },
        { "tlbiallh", MCR(4, 1, 8, 7, 0) }, { "tlbiall", MCR(0, 1, 8, 7, 0) }, { "tlbiallnsnh", MCR(4, 1, 8, 7, 4) },
        { "mrs sp_usr", 0xe1050200 }, { "mrs sp_irq", 0xe1010300 }, { "mrs spsr_irq", 0xe1400300 }, { "mrs lr_abt", 0xe1040300 },
        { "mrs sp_mon", 0xe10d0300 }, { "mrs spsr_mon", 0xe14c0300 }, { "mrs elr_hyp", 0xe10e0300 }, { "mrs sp_hyp", 0xe10f0300 },
        { "mrs spsr_hyp", 0xe14e0300 }, { "cps i", 0xf1080080 }, { "srs svc", 0xf8cd0513 }, { "vmrs fpexc", 0xeef80a10 },
        { "vmrs fpsid", 0xeef00a10 }, { "vmrs mvfr0", 0xeef70a10 }, { "cpacr", MRC(0, 0, 1, 0, 2) }, { "csselr", MRC(2, 0, 0, 0, 0) },
        { "load of nothing", 0xe5900000 }, { "fetch of nothing", 0xe12fff10 }, { "unaligned", 0xe1901f9f },
    };

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        u32 r0 = list[i].insn == 0xe5900000 || list[i].insn == 0xe12fff10 ? NOTHING_THERE
                 : list[i].insn == 0xe1901f9f                            ? 0x40100001
                 : list[i].insn == MCR(0, 0, 1, 1, 2)                     ? 0xc00
                                                                          : 0x12345678;

        if (list[i].insn == 0xe1b0f00e || list[i].insn == 0xf8900a00 || list[i].insn == 0xe8d04000) {
            one(list[i].name, list[i].insn, &places[IN_HYP], 0, 0x40100000);
        } else if (list[i].insn == 0xf8cd0513) {
            one(list[i].name, list[i].insn, &places[IN_HYP], 0, 0x40100000);
        } else if (list[i].insn == 0xef001234 || list[i].insn == 0xe10f0000) {
            for (unsigned p = 0; p < NUM_PLACES; p++) {
                one(list[i].name, list[i].insn, &places[p], 0, r0);
            }
        } else {
            everywhere(list[i].name, list[i].insn, r0);
        }
    }
    for (unsigned i = 0; i < NUM_PLACES; i++) {
        one("external abort, SCR.EA", 0xe5900000, &places[i], SCR_EA, NOTHING_THERE);
        one("external abort of a fetch, SCR.EA", 0xe12fff10, &places[i], SCR_EA, NOTHING_THERE);
    }
    one("secure RAM", 0xe5900000, &places[1], 0, SECURE_RAM);
    one("secure RAM", 0xe5900000, &places[IN_SVC], 0, SECURE_RAM);
    one("secure RAM", 0xe5900000, &places[IN_HYP], 0, SECURE_RAM);
}

/* HVC without SCR.HCE; SMC that Hyp mode has trapped; what user mode does where Hyp mode has all its exceptions. */
static void calls(void)
{
    struct Place p = places[IN_SVC];

    p.scr &= ~(u32)SCR_HCE;
    one("no hvc", 0xe1412374, &p, 0, 0);
    AS_NONSECURE(WRITE(HCR, 1u << 19));
    one("smc, HCR.TSC", SMC, &places[IN_SVC], 0, 0);
    one("smc, HCR.TSC", SMC, &places[1], 0, 0);
    reset_traps();
    AS_NONSECURE(WRITE(HCR, 1u << 27));
    one("svc, HCR.TGE", 0xef001234, &places[IN_USR], 0, 0);
    one("udf, HCR.TGE", 0xe7f000f0, &places[IN_USR], 0, 0);
    one("bkpt, HCR.TGE", 0xe1212374, &places[IN_USR], 0, 0);
    one("load, HCR.TGE", 0xe5900000, &places[IN_USR], 0, NOTHING_THERE);
    one("fetch, HCR.TGE", 0xe12fff10, &places[IN_USR], 0, NOTHING_THERE);
    reset_traps();
    AS_NONSECURE(WRITE(HDCR, 1u << 8 | 1u << 9 | 1u << 10 | 1u << 11 | 6));
    one("bkpt, HDCR.TDE", 0xe1212374, &places[IN_USR], 0, 0);
    one("bkpt, HDCR.TDE", 0xe1212374, &places[IN_SVC], 0, 0);
    reset_traps();
    /* The instruction set, and byte order, of each mode's exceptions; masks */
    AS_NONSECURE(WRITE(HSCTLR, READ(HSCTLR) | 1u << 25));
    for (u32 scr = 0; scr <= (SCR_IRQ | SCR_FIQ | SCR_EA); scr += 2) {
        one("hvc, masks", 0xe1412374, &places[IN_SVC], scr, scr);
    }
    reset_traps();
}

/* ---- Two of each ---- */

static void banks(void)
{
    static const struct {
        const char *name;
        u32 op1, crn, crm, op2, value;
    } list[] = {
        { "ttbr0", 0, 2, 0, 0, 0x40104000 }, { "ttbr1", 0, 2, 0, 1, 0x40108000 }, { "ttbcr", 0, 2, 0, 2, 5 }, { "dacr", 0, 3, 0, 0, 0x12345 },
        { "dfsr", 0, 5, 0, 0, 0x805 }, { "ifsr", 0, 5, 0, 1, 0x405 }, { "dfar", 0, 6, 0, 0, 0x98765432 }, { "ifar", 0, 6, 0, 2, 0x13579bdf },
        { "par", 0, 7, 4, 0, 0x40100000 }, { "prrr", 0, 10, 2, 0, 0xff0a81a8 }, { "nmrr", 0, 10, 2, 1, 0x40e040e0 },
        { "contextidr", 0, 13, 0, 1, 0x8123 }, { "tpidrurw", 0, 13, 0, 2, 0x1001 }, { "tpidruro", 0, 13, 0, 3, 0x1002 },
        { "tpidrprw", 0, 13, 0, 4, 0x1003 }, { "csselr", 2, 0, 0, 0, 1 }, { "cntp_ctl", 0, 14, 2, 1, 2 }, { "fcseidr", 0, 13, 0, 0, 0 },
    };

    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        u32 set = MCR(list[i].op1, 0, list[i].crn, list[i].crm, list[i].op2);
        u32 get = MRC(list[i].op1, 0, list[i].crn, list[i].crm, list[i].op2);

        one("set", set, &places[1], 0, list[i].value);
        one("set", set, &places[IN_SVC], 0, 0);
        for (unsigned p = 0; p < NUM_PLACES; p++) {
            one(list[i].name, get, &places[p], 0, 0xbad);
        }
        one("set", set, &places[1], 0, 0);
        one("set", set, &places[3], 0, list[i].value); /* Monitor mode: non-secure state's */
        one(list[i].name, get, &places[1], 0, 0xbad);
        one(list[i].name, get, &places[IN_HYP], 0, 0xbad);
        one("set", set, &places[3], 0, 0);
    }
}

/* ---- Changing modes ---- */

static void modes(void)
{
    static const u32 targets[] = { USR, FIQ, IRQ, SVC, MON, ABT, HYP, UND, SYS };

    /* Returns from Monitor mode to each mode of both worlds, and what the CPSR is there */
    for (unsigned i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        for (u32 ns = 0; ns <= 1; ns++) {
            struct Place p = { ns ? "non-secure" : "secure", targets[i], ns };

            if (targets[i] != HYP || ns) {
                one("return, mrs cpsr", 0xe10f0000, &p, 0, targets[i]);
            }
        }
    }
    for (u32 to = 0; to < sizeof(targets) / sizeof(targets[0]); to++) { /* by ERET from Hyp mode */
        if (targets[to] == MON) {
            continue;
        }
        code[0] = 0xe16ff000;                    /* msr spsr_cxsf, r0 */
        code[1] = 0xe28f2008;                    /* add r2, pc, #8 */
        code[2] = 0xe12ef302;                    /* msr elr_hyp, r2 */
        code[3] = 0xe160006e;                    /* eret */
        code[4] = NOP;
        code[5] = 0xe10f0000;                    /* mrs r0, cpsr */
        code[6] = 0xe7f000f0;                    /* udf */
        WRITE("p15, 0, %0, c7, c5, 0", ZERO);
        execute("eret from hyp", "to", HYP | A | I | F, NS | SCR_HCE, targets[to] | A | I | F);
    }
}

/* ---- Interrupts ---- */

static void interrupt_config(u32 group1)
{
    GICD(0) = 3;
    GICD(0x80) = group1 ? 0xffffffff : 0; /* IGROUPR0 */
    GICC(4) = 0xff;
    GICC(0) = 1 | 2 | 8; /* both groups, group 0 as FIQ */
}

static void interrupts(void)
{
    static const u32 scrs[] = { 0, SCR_IRQ, SCR_FIQ, SCR_FIQ | SCR_FW, SCR_IRQ | SCR_FIQ | SCR_FW };
    static const u32 hcrs[] = { 0, 1u << 3, 1u << 4, 1u << 27 };
    static const u32 masks[] = { 0, F, I, F | I };

    for (u32 group1 = 0; group1 <= 1; group1++) {
        interrupt_config(group1);
        GICD(0xf00) = 2u << 24 | (group1 ? 1u << 15 : 0) | 3; /* SGIR: SGI 3 to this CPU */
        for (unsigned s = 0; s < 5; s++) {
            for (unsigned h = 0; h < 4; h++) {
                put(group1 ? "IRQ, SCR " : "FIQ, SCR ");
                hex(scrs[s]);
                put("HCR ");
                hex(hcrs[h]);
                put("\r\n");
                AS_NONSECURE(WRITE(HCR, hcrs[h]));
                for (unsigned p = 0; p < NUM_PLACES; p++) {
                    for (unsigned m = 0; m < 4; m++) {
                        if (hcrs[h] == 1u << 27 && places[p].mode == SVC && p == IN_SVC) {
                            continue; /* there is no non-secure Supervisor mode then */
                        }
                        code[0] = NOP;
                        code[1] = places[p].mode == USR ? SVC_77 : SMC;
                        WRITE("p15, 0, %0, c7, c5, 0", ZERO);
                        execute("", places[p].name, places[p].mode | A | masks[m], places[p].scr | scrs[s], 0);
                    }
                }
            }
        }
        GICD(0xf10) = 0xff000000; /* CPENDSGIR0 */
    }
    GICC(0) = 0;
    /* Virtual ones */
    for (u32 h = 0; h < 15; h++) { /* with both, which is first is the implementation's choice */
        u32 hcr = (h & 3) << 3 | (h >> 2) << 6;

        AS_NONSECURE(WRITE(HCR, hcr));
        put("virtual, HCR ");
        hex(hcr);
        put("\r\n");
        for (unsigned p = 0; p < NUM_PLACES; p++) {
            for (unsigned m = 0; m < 4; m++) {
                code[0] = MRC(0, 0, 12, 1, 0); /* ISR */
                code[1] = places[p].mode == USR ? SVC_77 : SMC;
                if (places[p].mode == USR) {
                    code[0] = NOP;
                }
                WRITE("p15, 0, %0, c7, c5, 0", ZERO);
                execute("", places[p].name, places[p].mode | A | masks[m], places[p].scr, 0);
            }
        }
    }
    reset_traps();
}

/* ---- Traps ---- */

static void try_accesses(const char *title, u32 value)
{
    static const struct {
        const char *name;
        u32 insn;
    } list[] = {
        { "sctlr", MRC(0, 0, 1, 0, 0) }, { "actlr", MRC(0, 0, 1, 0, 1) }, { "cpacr", MRC(0, 0, 1, 0, 2) }, { "dacr", MRC(0, 0, 3, 0, 0) },
        { "set contextidr", MCR(0, 1, 13, 0, 1) }, { "set dfar", MCR(0, 1, 6, 0, 0) }, { "ctr", MRC(0, 0, 0, 0, 1) },
        { "tcmtr", MRC(0, 0, 0, 0, 2) }, { "tlbtr", MRC(0, 0, 0, 0, 3) }, { "id_pfr0", MRC(0, 0, 0, 1, 0) }, { "ccsidr", MRC(1, 0, 0, 0, 0) },
        { "csselr", MRC(2, 0, 0, 0, 0) }, { "tlbiall", MCR(0, 1, 8, 7, 0) }, { "dcisw", MCR(0, 1, 7, 6, 2) },
        { "dccmvac", MCR(0, 3, 7, 10, 1) }, { "dccmvau", MCR(0, 3, 7, 11, 1) }, { "iciallu", MCR(0, 1, 7, 5, 0) },
        { "l2ectlr", MRC(1, 0, 9, 0, 3) }, { "tpidrurw", MRC(0, 0, 13, 0, 2) }, { "pmcr", MRC(0, 0, 9, 12, 0) },
        { "pmccntr", MRC(0, 0, 9, 13, 1) }, { "cntp_ctl", MRC(0, 0, 14, 2, 1) }, { "cntp_cval", MRRC(2, 14) }, { "cntkctl", MRC(0, 0, 14, 1, 0) },
        { "dbgdrar", MRC14(0, 1, 0, 0) }, { "isr", MRC(0, 0, 12, 1, 0) }, { "vmrs mvfr0", 0xeef70a10 }, { "vmrs fpsid", 0xeef00a10 },
        { "vadd", 0xf2000d00 }, { "fpexc", 0xeef80a10 }, { "wfe", 0xe320f002 },
    };

    put(title);
    UART = ' ';
    hex(value);
    put("\r\n");
    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        one(list[i].name, list[i].insn, &places[IN_SVC], 0, 0);
        if (i % 3 == 0) {
            one(list[i].name, list[i].insn, &places[IN_USR], 0, 0);
        }
    }
    one("fpexc", 0xeef80a10, &places[IN_HYP], 0, 0);
}

static void traps(void)
{
    WRITE(NSACR, 0xc00);
    WRITE(CPACR, 0x00f00000);
    try_accesses("no traps", 0);
    for (u32 bit = 1; bit <= 26; bit++) {
        u32 value = 1u << bit;

        if (bit == 27 || (bit >= 6 && bit <= 8) || bit == 12 || bit == 13 || bit == 19) {
            continue; /* TGE; virtual interrupts; DC; TWI, TSC: elsewhere or not at all */
        }
        AS_NONSECURE(WRITE(HCR, value));
        try_accesses("HCR", value);
    }
    reset_traps();
    for (u32 n = 0; n < 16; n++) {
        AS_NONSECURE(WRITE(HSTR, 1u << n));
        put("HSTR ");
        hex(n);
        put("\r\n");
        if (n != 4 && n != 14) {
            one("its", MRC(0, 0, n, 0, 0), &places[IN_SVC], 0, 0);
            one("its", MRC(0, 0, n, 0, 0), &places[IN_HYP], 0, 0);
            one("par, tables", n == 7 ? MRRC(0, 7) : MRRC(0, 2), &places[IN_SVC], 0, 0);
            one("tpidruro", MRC(0, 0, 13, 0, 3), &places[IN_USR], 0, 0);
        }
    }
    reset_traps();
    for (u32 bit = 5; bit <= 11; bit++) {
        if (bit != 7 && bit != 8) {
            AS_NONSECURE(WRITE(HDCR, 1u << bit | 6));
            try_accesses("HDCR", 1u << bit);
        }
    }
    reset_traps();
    for (u32 value = 0; value < 4; value++) {
        AS_NONSECURE(WRITE(CNTHCTL, value));
        try_accesses("CNTHCTL", value);
    }
    reset_traps();
    AS_NONSECURE(WRITE(HCPTR, 0xc00));
    try_accesses("HCPTR", 0xc00);
    AS_NONSECURE(WRITE(HCPTR, 1u << 31));
    try_accesses("HCPTR", 1u << 31);
    reset_traps();
    WRITE(CPACR, ZERO);
    try_accesses("CPACR", 0);
    WRITE(CPACR, 0x00f00000);
}

/* ---- Tables ---- */

static u64 stage2_top[4] __attribute__((aligned(4096))), stage2[512] __attribute__((aligned(4096)));
static u64 hyp_top[4] __attribute__((aligned(4096))), hyp_blocks[512] __attribute__((aligned(4096)));
static u32 sections[4096] __attribute__((aligned(16384)));

enum { MB2 = 0x200000 };
#define S2_BLOCK 0x7fdull /* AF, inner shareable, normal memory, all rights */

/* Intermediate addresses: RAM's first 16 MiB, and each kind of block behind that. */
static void make_stage2(void)
{
    stage2_top[0] = 0x000007c1;
    stage2_top[1] = (u32)stage2 | 3;
    stage2_top[2] = 0;
    stage2_top[3] = 0x40000000 | (S2_BLOCK & ~0xc0ull);
    for (u32 i = 0; i < 8; i++) {
        stage2[i] = (0x40000000 + i * MB2) | S2_BLOCK;
    }
    for (u32 i = 8; i < 16; i++) {
        stage2[i] = 0x40200000 | S2_BLOCK;
    }
    stage2[8] = 0;
    stage2[9] &= ~0x80ull;               /* no writes */
    stage2[10] &= ~0x40ull;              /* no reads */
    stage2[11] |= 1ull << 54;            /* no execution */
    stage2[12] &= ~0x400ull;             /* AF */
    stage2[13] = 0x40ff000000ull | S2_BLOCK; /* nothing is there */
    stage2[14] = (0x40200000 | S2_BLOCK) & ~0xc0ull;
}

static void loads(const char *title, u32 address, const struct Place *p)
{
    static const struct {
        const char *name;
        u32 insn;
        int thumb;
    } list[] = {
        { "ldr", 0xe5901000 }, { "ldr !", 0xe5b01004 }, { "ldr post", 0xe4901004 }, { "ldrb r5", 0xe5d05001 }, { "strh r7", 0xe1c070b2 },
        { "ldrsh", 0xe1d010f2 }, { "ldrsb", 0xe1d010d3 }, { "ldrd", 0xe1c020d8 }, { "str", 0xe5801000 }, { "strb", 0xe5c01001 },
        { "ldr reg", 0xe7901108 }, { "ldm", 0xe8900006 }, { "stm", 0xe8800006 }, { "ldrex", 0xe1901f9f }, { "swp", 0xe1001091 },
        { "clean", MCR(0, 0, 7, 10, 1) }, { "invalidate", MCR(0, 0, 7, 6, 1) }, { "bx", 0xe12fff10 }, { "ldrt", 0xe4b01000 },
        { "t16 ldr", 0xde006801, 1 }, { "t16 strb", 0xde007041, 1 }, { "t16 ldrsh", 0xde005e81, 1 }, { "t32 ldr", 0x1004f8d0, 1 },
        { "t32 ldr !", 0x1f04f850, 1 }, { "t32 strh", 0x2002f8a0, 1 }, { "t32 ldrsb", 0x3003f990, 1 }, { "t32 ldrt", 0x1e04f850, 1 },
        { "t32 ldr reg", 0x1022f850, 1 },
    };

    put(title);
    UART = ' ';
    hex(address);
    put("\r\n");
    for (unsigned i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (list[i].insn == 0xe1001091 || (list[i].insn == 0xe12fff10 && p->mode == HYP)) {
            continue;
        }
        code[0] = list[i].insn;
        code[1] = list[i].thumb ? 0xde00de00 : p->mode == USR ? SVC_77 : SMC;
        code[2] = code[3] = SMC;
        WRITE("p15, 0, %0, c7, c5, 0", ZERO);
        execute(list[i].name, p->name, p->mode | A | I | F | (list[i].thumb ? T : 0), p->scr, address);
    }
}

static void second_stage(void)
{
    make_stage2();
    AS_NONSECURE(WRITE64(VTTBR, (u32)stage2_top); WRITE(VTCR, 0x80003540); WRITE(TLBIALLNSNH, ZERO); WRITE(HCR, 1));
    for (u32 i = 8; i < 15; i++) {
        loads("stage 2", 0x40000000 + i * MB2 + 0x340, &places[IN_SVC]);
    }
    loads("stage 2", 0x41000340, &places[IN_USR]);
    loads("stage 2", 0x80000340, &places[IN_USR]);
    loads("stage 2", 0xc0000340, &places[IN_SVC]);
    loads("stage 2, hyp", 0x41000340, &places[3]);
    /* Address translation, by a guest, by Hyp mode and from outside */
    for (u32 i = 6; i < 15; i++) {
        u32 address = 0x40000000 + i * MB2 + 0x340;

        for (u32 op = 0; op < 8; op++) {
            for (unsigned p = 0; p < NUM_PLACES; p++) {
                if (places[p].mode != USR && (p != 2)) {
                    code[0] = MCR(0, 0, 7, 8, op);
                    code[1] = 0xf57ff06f; /* isb */
                    code[2] = MRRC(0, 7);
                    code[3] = SMC;
                    WRITE("p15, 0, %0, c7, c5, 0", ZERO);
                    put("at ");
                    hex(op);
                    hex(address);
                    execute("", places[p].name, places[p].mode | A | I | F, places[p].scr, address);
                }
            }
        }
    }
    /* Sizes and first levels */
    for (u32 t0sz = 0; t0sz < 16; t0sz++) {
        for (u32 sl0 = 0; sl0 < 2; sl0++) {
            u32 vtcr = 0x80003500 | t0sz | (t0sz >> 3) << 4 | sl0 << 6;

            AS_NONSECURE(WRITE(VTCR, vtcr); WRITE(TLBIALLNSNH, ZERO));
            put("vtcr ");
            hex(vtcr);
            code[0] = MCR(0, 0, 7, 8, 4);
            code[1] = 0xf57ff06f;
            code[2] = MRRC(0, 7);
            code[3] = SMC;
            WRITE("p15, 0, %0, c7, c5, 0", ZERO);
            execute("", "hyp", HYP | A | I | F, NS | SCR_HCE, 0x40100000);
        }
    }
    reset_traps();
    AS_NONSECURE(WRITE(TLBIALLNSNH, ZERO));
}

/* Short descriptors in each world, the same; a guest's, with tables where stage 2 has none. */
static void first_stages(void)
{
    for (u32 i = 0; i < 4096; i++) {
        sections[i] = i << 20 | 0xc02; /* all rights, domain 0 */
    }
    sections[0x501] = 0;
    sections[0x502] = 0x40200000 | 0x8c02;            /* read-only */
    sections[0x503] = 0x40200000 | 0x402;             /* nothing for user mode */
    sections[0x504] = 0x40200000 | 0xc02 | 1u << 4;   /* XN */
    sections[0x505] = 0x40200000 | 0xc22;             /* domain 1 */
    sections[0x506] = SECURE_RAM | 0xc02;
    sections[0x507] = SECURE_RAM | 0xc02 | 1u << 19;  /* NS */
    WRITE(TTBR0, (u32)sections);
    WRITE(DACR, 1u);
    WRITE(TLBIALL, ZERO);
    AS_NONSECURE(WRITE(TTBR0, (u32)sections); WRITE(DACR, 1u); WRITE(TLBIALLNSNH, ZERO); WRITE(SCTLR, 0xc50079));
    WRITE(SCTLR, READ(SCTLR) | 1);
    for (u32 i = 0x500; i < 0x508; i++) {
        for (unsigned p = 0; p < IN_HYP; p++) {
            loads("sections", (i << 20) + 0x340, &places[p]);
        }
    }
    WRITE(SCTLR, READ(SCTLR) & ~1u);
    WRITE(TLBIALL, ZERO);
    make_stage2();
    sections[0x501] = 0x41000001; /* a table that stage 2 doesn't have */
    sections[0x502] = 0x41400001; /* that can't be read */
    AS_NONSECURE(WRITE(HCR, 1); WRITE(VTCR, 0x80003540); WRITE(TLBIALLNSNH, ZERO));
    loads("table in stage 2", 0x50100340, &places[IN_SVC]);
    loads("table in stage 2", 0x50200340, &places[IN_USR]);
    loads("both stages", 0x41200340, &places[IN_USR]);
    reset_traps();
}

static void hyp_stage(void)
{
    for (u32 i = 0; i < 512; i++) {
        hyp_blocks[i] = (0x40000000 + i * MB2) | 0x741; /* AF, AP[1] */
    }
    hyp_blocks[8] = 0;
    hyp_blocks[9] |= 0x80;                /* read-only */
    hyp_blocks[10] |= 1ull << 54;         /* XN */
    hyp_blocks[11] &= ~0x400ull;          /* AF */
    hyp_top[0] = 0x741;
    hyp_top[1] = (u32)hyp_blocks | 3;
    for (u32 t0sz = 0; t0sz < 2; t0sz++) {
        AS_NONSECURE(WRITE64(HTTBR, (u32)hyp_top); WRITE(HMAIR0, 0xff); WRITE(HTCR, 0x80803500 | t0sz); WRITE(TLBIALLH, ZERO);
                     WRITE(HSCTLR, 0x30c50879));
        for (u32 i = 8; i < 12; i++) {
            loads("hyp's stage 1", 0x40000000 + i * MB2 + 0x340, &places[IN_HYP]);
        }
        loads("hyp's stage 1", 0xc0000340, &places[IN_HYP]);
        AS_NONSECURE(WRITE(HSCTLR, 0x30c50878));
    }
    reset_traps();
}

/* ---- Breakpoints and watchpoints: a program of their own, as some of the others depend on what lies where ---- */

#ifdef DEBUG_EVENTS

#define DBGDSCR "p14, 0, %0, c0, c2, 2"
#define DBGBVR0 "p14, 0, %0, c0, c0, 4"
#define DBGBCR0 "p14, 0, %0, c0, c0, 5"
#define DBGWVR0 "p14, 0, %0, c0, c0, 6"
#define DBGWCR0 "p14, 0, %0, c0, c0, 7"
#define DBGOSLAR "p14, 0, %0, c1, c0, 4"

enum { MDBGEN = 1 << 15, BYTES_4 = 0xf << 5, LOADS = 1 << 3, STORES = 2 << 3, MISMATCH = 4 << 20, LDR = 0xe5900000, STR = 0xe5800000 };

static u32 watched[4];

static void debug_events(void)
{
    WRITE(DBGOSLAR, ZERO);
    WRITE(DBGDSCR, MDBGEN);
    WRITE(DBGBVR0, code);
    WRITE(DBGWVR0, watched);
    for (u32 n = 0; n < 32; n++) { /* SSC, HMC, PMC */
        u32 control = (n & 3) << 14 | (n >> 2 & 1) << 13 | (n >> 3) << 1 | BYTES_4 | 1;

        put("state ");
        hex(n);
        put("\r\n");
        WRITE(DBGBCR0, control);
        everywhere("breakpoint", NOP, 0);
        WRITE(DBGBCR0, ZERO);
        WRITE(DBGWCR0, control | LOADS);
        everywhere("watchpoint", LDR, (u32)watched);
        WRITE(DBGWCR0, ZERO);
    }
    put("debug events\r\n");
    for (u32 tde = 0; tde < 2; tde++) {
        AS_NONSECURE(WRITE(HDCR, tde << 8 | tde << 9 | tde << 10 | tde << 11 | 6));
        WRITE(DBGBCR0, BYTES_4 | 3 << 1 | 1);
        everywhere("breakpoint", NOP, 0);
        WRITE(DBGBCR0, ZERO);
        WRITE(DBGWCR0, BYTES_4 | 3 << 1 | STORES | 1);
        everywhere("store", STR, (u32)watched);
        everywhere("load", LDR, (u32)watched);
        WRITE(DBGWCR0, ZERO);
    }
    AS_NONSECURE(WRITE(HDCR, 6));
    WRITE("p14, 0, %0, c0, c4, 5", MISMATCH | BYTES_4 | 2 << 1 | 1); /* it knows contexts, and so mismatches */
    WRITE("p14, 0, %0, c0, c4, 4", code);
    one("mismatch", NOP, &places[IN_USR], 0, 0);
    WRITE("p14, 0, %0, c0, c4, 5", ZERO);
    WRITE(DBGBCR0, BYTES_4 | 3 << 1 | 1);
    one("cause", NOP, &places[IN_SVC], 0, 0);
    hex(READ(DBGDSCR));
    put("\r\n");
    WRITE(DBGBCR0, ZERO);
    WRITE(DBGWCR0, BYTES_4 | 3 << 1 | STORES | 1);
    one("cause", STR, &places[IN_USR], 0, (u32)watched);
    hex(READ(DBGDSCR));
    put("\r\n");
    WRITE(DBGWCR0, ZERO);
    one("cause", 0xe1212374, &places[IN_USR], 0, 0);
    hex(READ(DBGDSCR));
    put("\r\n");
    WRITE(DBGDSCR, ZERO);
}
#endif

int main(void)
{
    WRITE(VBAR, (u32)vectors0);
    WRITE(MVBAR, (u32)vectors3);
    AS_NONSECURE(WRITE(VBAR, (u32)vectors1); WRITE(HVBAR, (u32)vectors2));
    reset_traps();
#ifdef DEBUG_EVENTS
    debug_events();
#else
    instructions();
    calls();
    banks();
    modes();
    interrupts();
    traps();
    second_stage();
    first_stages();
    hyp_stage();
#endif
    put("end\r\n");
    POWER(0x400) = 1;
    POWER(4) = 1;
    for (;;) {
    }
}
