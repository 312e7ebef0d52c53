/*
 * System instructions: what may be written to control registers and MSRs and what is refused, who may
 * execute them, ports and their bitmap.
 *
 * A case is an instruction, what is in RAX, RCX and RDX before it, and which exception it raises or
 * what it leaves in a register.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "x86-machine.h"

enum { OK = X86_STOP_END, GP = EXCP_GP, UD = EXCP_UD, DB = EXCP_DB };

/* How the CPU is set up. */
typedef enum Setup {
    PLAIN,
    PAGED,     /* and CR4.PAE with it */
    PCID_CR3,  /* PAGED, with something in CR3's low bits */
    USER,      /* CPL 3, IOPL 0; a TSS whose bitmap allows ports 0x40 to 0x47 */
    USER_TSD,
    FSGSBASE,
    PKE,
    DEBUG_EXT, /* CR4.DE */
    DEBUG_GD,  /* DR7.GD */
    TASK_SWITCHED,
    NO_OSXSAVE,
    WITH_AUX,
} Setup;

typedef struct Case {
    const char *name;
    uint8_t code[12];
    uint8_t length;
    Setup setup;
    uint64_t rax, rcx, rdx;
    unsigned stop;
    int reg;         /* to look at, if it doesn't fault; -1: none */
    uint64_t result;
} Case;

#define CODE(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })
#define NOTHING -1, 0

#define WRITE_CR0 CODE(0x0f, 0x22, 0xc0)
#define WRITE_CR3 CODE(0x0f, 0x22, 0xd8)
#define WRITE_CR4 CODE(0x0f, 0x22, 0xe0)
#define WRITE_CR8 CODE(0x44, 0x0f, 0x22, 0xc0)
#define RDMSR     CODE(0x0f, 0x32)
#define WRMSR     CODE(0x0f, 0x30)
/* Writes and reads back. */
#define WRMSR_RDMSR CODE(0x0f, 0x30, 0x31, 0xc0, 0x99, 0x0f, 0x32)

#define CR0_NOW (CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_PE)
#define CR4_NOW (CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE)

static const Case cases[] = {
    /* What changes whenever it is looked at is changed by one write all the same. */
    { "locked neg of a device's register", CODE(0xf0, 0x48, 0xf7, 0x18, 0xeb, 0xfe), PLAIN,
      X86_TEST_DEVICE + 0x808, 0, 0, 0x808, NOTHING },
    /* CR0 */
    { "cr0 upper half", WRITE_CR0, PAGED, CR0_NOW | BIT(32), 0, 0, GP, NOTHING },
    { "cr0 nw without cd", WRITE_CR0, PAGED, CR0_NOW | CR0_NW, 0, 0, GP, NOTHING },
    { "cr0 pg without pe", WRITE_CR0, PAGED, CR0_PG | CR0_ET, 0, 0, GP, NOTHING },
    { "cr0 paging off in 64-bit mode", WRITE_CR0, PAGED, CR0_ET | CR0_PE, 0, 0, GP, NOTHING },
    { "cr0 as it was", WRITE_CR0, PAGED, CR0_NOW, 0, 0, OK, NOTHING },
    { "cr0 undefined bits", CODE(0x0f, 0x22, 0xc0, 0x0f, 0x20, 0xc0), PAGED, CR0_NOW | 0xffc0, 0, 0,
      OK, R_EAX, CR0_NOW },
    { "cr1", CODE(0x0f, 0x22, 0xc8), PLAIN, 0, 0, 0, UD, NOTHING },
    { "read cr5", CODE(0x0f, 0x20, 0xe8), PLAIN, 0, 0, 0, UD, NOTHING },
    { "cr9", CODE(0x44, 0x0f, 0x20, 0xc8), PLAIN, 0, 0, 0, UD, NOTHING },
    { "cr2 has 64 bits", CODE(0x0f, 0x22, 0xd0, 0x31, 0xc0, 0x0f, 0x20, 0xd0), PLAIN,
      0x123456789abcdef0, 0, 0, OK, R_EAX, 0x123456789abcdef0 },
    /* CR3: 40 bits of physical address */
    { "cr3 reserved", WRITE_CR3, PLAIN, BIT(40), 0, 0, GP, NOTHING },
    { "cr3 bit 63 without pcids", WRITE_CR3, PLAIN, BIT(63), 0, 0, GP, NOTHING },
    { "cr3", CODE(0x0f, 0x22, 0xd8, 0x31, 0xc0, 0x0f, 0x20, 0xd8), PLAIN, BIT(39) | 0x1018, 0, 0, OK,
      R_EAX, BIT(39) | 0x1018 },
    /* CR4 */
    { "cr4 vmxe", WRITE_CR4, PAGED, CR4_NOW | CR4_PAE | BIT(13), 0, 0, GP, NOTHING },
    { "cr4 upper half", WRITE_CR4, PAGED, CR4_NOW | CR4_PAE | BIT(32), 0, 0, GP, NOTHING },
    { "cr4 no pae", WRITE_CR4, PAGED, CR4_NOW, 0, 0, GP, NOTHING },
    { "cr4 la57 in long mode", WRITE_CR4, PAGED, CR4_NOW | CR4_PAE | CR4_LA57, 0, 0, GP, NOTHING },
    { "cr4 pcide", WRITE_CR4, PAGED, CR4_NOW | CR4_PAE | CR4_PCIDE, 0, 0, OK, NOTHING },
    { "cr4 pcide and a cr3", WRITE_CR4, PCID_CR3, CR4_NOW | CR4_PAE | CR4_PCIDE, 0, 0, GP, NOTHING },
    { "cr4 all of it", WRITE_CR4, PLAIN,
      CR4_NOW | CR4_PAE | CR4_PSE | CR4_PGE | CR4_TSD | CR4_DE | CR4_MCE | CR4_UMIP | CR4_FSGSBASE |
          CR4_SMEP | CR4_SMAP | CR4_PKE, 0, 0, OK, NOTHING },
    /* CR8 */
    { "cr8 too large", WRITE_CR8, PLAIN, 16, 0, 0, GP, NOTHING },
    { "cr8", WRITE_CR8, PLAIN, 15, 0, 0, OK, NOTHING },
    { "lock mov cr0 is cr8", CODE(0xf0, 0x0f, 0x22, 0xc0), PLAIN, 16, 0, 0, GP, NOTHING },
    { "lock mov cr0 is cr8, small", CODE(0xf0, 0x0f, 0x22, 0xc0), PLAIN, 0, 0, 0, OK, NOTHING },
    { "lock mov from cr0", CODE(0xf0, 0x0f, 0x20, 0xc1), PLAIN, 0, 1, 0, OK, R_ECX, 0 },
    { "lock mov from cr4", CODE(0xf0, 0x0f, 0x20, 0xe1), PLAIN, 0, 1, 0, UD, NOTHING },
    /* CLTS, SMSW, LMSW */
    { "clts", CODE(0x0f, 0x06, 0x0f, 0x20, 0xc0), TASK_SWITCHED, 0, 0, 0, OK, R_EAX,
      CR0_CD | CR0_NW | CR0_PE | CR0_NE | CR0_ET },
    { "smsw", CODE(0x0f, 0x01, 0xe0), TASK_SWITCHED, 0, 0, 0, OK, R_EAX,
      CR0_CD | CR0_NW | CR0_PE | CR0_NE | CR0_ET | CR0_TS },
    { "smsw 16", CODE(0x66, 0x0f, 0x01, 0xe0), TASK_SWITCHED, UINT64_MAX, 0, 0, OK, R_EAX,
      0xffffffffffff0000 | CR0_PE | CR0_NE | CR0_ET | CR0_TS },
    { "lmsw keeps pe", CODE(0x0f, 0x01, 0xf0, 0x0f, 0x20, 0xc0), TASK_SWITCHED, 0xfff0, 0, 0, OK,
      R_EAX, CR0_CD | CR0_NW | CR0_PE | CR0_NE | CR0_ET },
    /* XCR0, PKRU, AC */
    { "xgetbv", CODE(0x0f, 0x01, 0xd0), PLAIN, 0, 0, 0, OK, R_EAX, 7 },
    { "xgetbv without osxsave", CODE(0x0f, 0x01, 0xd0), NO_OSXSAVE, 0, 0, 0, UD, NOTHING },
    { "xgetbv 2", CODE(0x0f, 0x01, 0xd0), PLAIN, 0, 2, 0, GP, NOTHING },
    { "xsetbv without x87", CODE(0x0f, 0x01, 0xd1), PLAIN, 2, 0, 0, GP, NOTHING },
    { "xsetbv avx without sse", CODE(0x0f, 0x01, 0xd1), PLAIN, 5, 0, 0, GP, NOTHING },
    { "xsetbv unknown", CODE(0x0f, 0x01, 0xd1), PLAIN, 0x101, 0, 0, GP, NOTHING },
    { "xsetbv", CODE(0x0f, 0x01, 0xd1, 0x31, 0xc0, 0x0f, 0x01, 0xd0), PLAIN, 3, 0, 0, OK, R_EAX, 3 },
    { "rdpkru without pke", CODE(0x0f, 0x01, 0xee), PLAIN, 0, 0, 0, UD, NOTHING },
    { "wrpkru", CODE(0x0f, 0x01, 0xef, 0x31, 0xc0, 0x0f, 0x01, 0xee), PKE, 0x12345678, 0, 0, OK, R_EAX,
      0x12345678 },
    { "wrpkru with edx", CODE(0x0f, 0x01, 0xef), PKE, 0, 0, 1, GP, NOTHING },
    { "stac", CODE(0x0f, 0x01, 0xcb, 0x9c, 0x58), PLAIN, 0, 0, 0, OK, R_EAX, 0x40002 },
    { "stac, clac", CODE(0x0f, 0x01, 0xcb, 0x0f, 0x01, 0xca, 0x9c, 0x58), PLAIN, 0, 0, 0, OK, R_EAX,
      2 },
    /* Debug registers */
    { "dr6", CODE(0x0f, 0x23, 0xf0, 0x31, 0xc0, 0x0f, 0x21, 0xf0), PLAIN, 0x6001, 0, 0, OK, R_EAX,
      0xffff6ff1 },
    { "dr7", CODE(0x0f, 0x23, 0xf8, 0x0f, 0x21, 0xf8), PLAIN, 0xd000, 0, 0, OK, R_EAX, 0x400 },
    { "dr7 upper half", CODE(0x0f, 0x23, 0xf8), PLAIN, BIT(32), 0, 0, GP, NOTHING },
    { "dr4 is dr6", CODE(0x0f, 0x21, 0xe0), PLAIN, 0, 0, 0, OK, R_EAX, 0xffff0ff0 },
    { "dr4 with de", CODE(0x0f, 0x21, 0xe0), DEBUG_EXT, 0, 0, 0, UD, NOTHING },
    { "dr0 has 64 bits", CODE(0x0f, 0x23, 0xc0, 0x31, 0xc0, 0x0f, 0x21, 0xc0), PLAIN,
      0xffff800012345678, 0, 0, OK, R_EAX, 0xffff800012345678 },
    { "general detect", CODE(0x0f, 0x21, 0xc0), DEBUG_GD, 0, 0, 0, DB, NOTHING },
    { "dr8", CODE(0x44, 0x0f, 0x21, 0xc0), PLAIN, 0, 0, 0, UD, NOTHING },
    /* MSRs */
    { "no such msr", RDMSR, PLAIN, 0, 0x12345678, 0, GP, NOTHING },
    { "write no such msr", WRMSR, PLAIN, 0, 0xce, 0, GP, NOTHING },
    { "efer", RDMSR, PLAIN, 0, 0xc0000080, 0, OK, R_EAX, EFER_LME | EFER_LMA },
    { "efer's lma can't be written", WRMSR_RDMSR, PLAIN, EFER_LME | EFER_SCE | EFER_NXE, 0xc0000080, 0,
      OK, R_EAX, EFER_LME | EFER_LMA | EFER_SCE | EFER_NXE },
    { "efer reserved", WRMSR, PLAIN, EFER_LME | 2, 0xc0000080, 0, GP, NOTHING },
    { "efer lme with paging", WRMSR, PAGED, 0, 0xc0000080, 0, GP, NOTHING },
    { "lstar", WRMSR_RDMSR, PLAIN, 0x89abcdef, 0xc0000082, 0xffff8000, OK, R_EDX, 0xffff8000 },
    { "lstar isn't canonical", WRMSR, PLAIN, 0, 0xc0000082, 0x8000, GP, NOTHING },
    { "gs base", WRMSR_RDMSR, PLAIN, 0x12345678, 0xc0000101, 0x7fff, OK, R_EAX, 0x12345678 },
    { "gs base isn't canonical", WRMSR, PLAIN, 0, 0xc0000101, 0x10000, GP, NOTHING },
    { "fmask has 32 bits", WRMSR, PLAIN, 0, 0xc0000084, 1, GP, NOTHING },
    { "pat", WRMSR_RDMSR, PLAIN, 0x00070106, 0x277, 0x00070105, OK, R_EDX, 0x00070105 },
    { "pat with type 2", WRMSR, PLAIN, 0x00070206, 0x277, 0, GP, NOTHING },
    { "mtrr cap", RDMSR, PLAIN, 0, 0xfe, 0, OK, R_EAX, 0x508 },
    { "mtrr cap is read-only", WRMSR, PLAIN, 0x508, 0xfe, 0, GP, NOTHING },
    { "fixed mtrr", WRMSR_RDMSR, PLAIN, 0x06060606, 0x268, 0x06060606, OK, R_EDX, 0x06060606 },
    { "fixed mtrr that isn't one", RDMSR, PLAIN, 0, 0x251, 0, GP, NOTHING },
    { "mtrr base of type 3", WRMSR, PLAIN, 3, 0x200, 0, GP, NOTHING },
    { "mtrr default", WRMSR_RDMSR, PLAIN, 0xc06, 0x2ff, 0, OK, R_EAX, 0xc06 },
    { "tsc is adjusted", CODE(0x0f, 0x30, 0xb9, 0x3b, 0, 0, 0, 0x0f, 0x32), PLAIN, 0, 0x10, 0x40000000,
      OK, -1, 0 },
    { "machine check banks", RDMSR, PLAIN, 0, 0x179, 0, OK, R_EAX, 0x10a },
    { "machine check status", WRMSR, PLAIN, 1, 0x401, 0, GP, NOTHING },
    { "no apic", RDMSR, PLAIN, 0, 0x1b, 0, GP, NOTHING },
    { "rdpid", CODE(0xf3, 0x0f, 0xc7, 0xf8), WITH_AUX, 0, 0, 0, OK, R_EAX, 0xabcd },
    { "rdtscp", CODE(0x0f, 0x01, 0xf9), WITH_AUX, 0, UINT64_MAX, 0, OK, R_ECX, 0xabcd },
    { "rdpmc", CODE(0x0f, 0x33), PLAIN, 0, 0, 0, GP, NOTHING },
    /* FS and GS bases */
    { "rdfsbase without cr4", CODE(0xf3, 0x48, 0x0f, 0xae, 0xc0), PLAIN, 0, 0, 0, UD, NOTHING },
    { "wrgsbase, rdgsbase", CODE(0xf3, 0x48, 0x0f, 0xae, 0xd8, 0xf3, 0x0f, 0xae, 0xc9), FSGSBASE,
      0xffff800012345678, 0, 0, OK, R_ECX, 0x12345678 },
    { "wrfsbase isn't canonical", CODE(0xf3, 0x48, 0x0f, 0xae, 0xd0), FSGSBASE, BIT(47), 0, 0, GP,
      NOTHING },
    { "wrfsbase of 32 bits", CODE(0xf3, 0x0f, 0xae, 0xd0, 0xf3, 0x48, 0x0f, 0xae, 0xc1), FSGSBASE,
      0xffff800012345678, 0, 0, OK, R_ECX, 0x12345678 },
    /* Invalidation, waiting */
    { "invlpg", CODE(0x0f, 0x01, 0x38), PAGED, BIT(47), 0, 0, OK, NOTHING },
    { "invpcid of no kind", CODE(0x66, 0x0f, 0x38, 0x82, 0x02), PAGED, 4, 0, X86_TEST_DATA, GP,
      NOTHING },
    { "invpcid all", CODE(0x66, 0x0f, 0x38, 0x82, 0x02), PAGED, 2, 0, X86_TEST_DATA, OK, NOTHING },
    { "monitor with extensions", CODE(0x0f, 0x01, 0xc8), PLAIN, X86_TEST_DATA, 1, 0, GP, NOTHING },
    { "monitor", CODE(0x0f, 0x01, 0xc8), PLAIN, X86_TEST_DATA, 0, 0, OK, NOTHING },
    { "mwait with unknown extensions", CODE(0x0f, 0x01, 0xc9), PLAIN, 0, 2, 0, GP, NOTHING },
    { "rsm", CODE(0x0f, 0xaa), PLAIN, 0, 0, 0, UD, NOTHING },
    /* Privilege */
    { "user hlt", CODE(0xf4), USER, 0, 0, 0, GP, NOTHING },
    { "user reads cr0", CODE(0x0f, 0x20, 0xc0), USER, 0, 0, 0, GP, NOTHING },
    { "user writes cr3", WRITE_CR3, USER, 0, 0, 0, GP, NOTHING },
    { "user dr7", CODE(0x0f, 0x21, 0xf8), USER, 0, 0, 0, GP, NOTHING },
    { "user rdmsr", RDMSR, USER, 0, 0x10, 0, GP, NOTHING },
    { "user invlpg", CODE(0x0f, 0x01, 0x38), USER, 0, 0, 0, GP, NOTHING },
    { "user wbinvd", CODE(0x0f, 0x09), USER, 0, 0, 0, GP, NOTHING },
    { "user clts", CODE(0x0f, 0x06), USER, 0, 0, 0, GP, NOTHING },
    { "user lmsw", CODE(0x0f, 0x01, 0xf0), USER, 0, 0, 0, GP, NOTHING },
    { "user stac", CODE(0x0f, 0x01, 0xcb), USER, 0, 0, 0, UD, NOTHING },
    { "user xsetbv", CODE(0x0f, 0x01, 0xd1), USER, 3, 0, 0, GP, NOTHING },
    { "user xgetbv", CODE(0x0f, 0x01, 0xd0), USER, 0, 0, 0, OK, R_EAX, 7 },
    { "user cpuid", CODE(0x0f, 0xa2), USER, 0x40000001, 0, 0, OK, R_EAX, 0 },
    { "user rdtsc", CODE(0x0f, 0x31), USER, 0, 0, 0, OK, NOTHING },
    { "user rdtsc with tsd", CODE(0x0f, 0x31), USER_TSD, 0, 0, 0, GP, NOTHING },
    /* Ports: nobody is there */
    { "in", CODE(0xed), PLAIN, 0, 0, 0x100, OK, R_EAX, UINT32_MAX },
    { "in byte", CODE(0xe4, 0x10), PLAIN, 0x1234, 0, 0, OK, R_EAX, 0x12ff },
    { "in word", CODE(0x66, 0xed), PLAIN, 0x12345678, 0, 0x100, OK, R_EAX, 0x1234ffff },
    { "in with rex.w", CODE(0x48, 0xed), PLAIN, UINT64_MAX, 0, 0x100, OK, R_EAX, UINT32_MAX },
    { "user in, allowed", CODE(0xed), USER, 0, 0, 0x44, OK, R_EAX, UINT32_MAX },
    { "user in, half allowed", CODE(0xed), USER, 0, 0, 0x45, GP, NOTHING },
    { "user out, allowed", CODE(0xe6, 0x47), USER, 0, 0, 0, OK, NOTHING },
    { "user out, not allowed", CODE(0xe6, 0x48), USER, 0, 0, 0, GP, NOTHING },
    { "user in beyond the tss", CODE(0xec), USER, 0, 0, 0x100, GP, NOTHING },
};

/* ---- Setups ---- */

#define TSS        (X86_TEST_DATA + 0x1000)
#define TSS_BITMAP 0x68
#define TSS_LIMIT  (TSS_BITMAP + 0x10)

enum { DPL_3 = 3 << SEG_DPL_SHIFT };

static void be_user(CPUX86State *env)
{
    for (unsigned i = 0; i < X86_NB_SEGS; i++) {
        env->segs[i].selector |= 3;
        env->segs[i].attributes |= DPL_3;
    }
    env->cpl = 3;
    env->tr = (X86Segment){ .selector = 0x28, .base = TSS, .limit = TSS_LIMIT,
                            .attributes = SEG_P | 11 };
}

static Setup setup;

static void prepare(CPUX86State *env)
{
    switch (setup) {
    case PAGED:
    case PCID_CR3:
        x86_machine_page(env);
        env->cr3 |= setup == PCID_CR3 ? 0x18 : 0;
        break;
    case USER:
    case USER_TSD:
        be_user(env);
        env->cr4 |= setup == USER_TSD ? CR4_TSD : 0;
        break;
    case FSGSBASE:
        env->cr4 |= CR4_FSGSBASE;
        break;
    case PKE:
        env->cr4 |= CR4_PKE;
        break;
    case DEBUG_EXT:
        env->cr4 |= CR4_DE;
        break;
    case DEBUG_GD:
        env->dr[7] |= 1 << 13;
        break;
    case TASK_SWITCHED:
        env->cr0 |= CR0_TS;
        break;
    case NO_OSXSAVE:
        env->cr4 &= ~(uint64_t)CR4_OSXSAVE;
        break;
    case WITH_AUX:
        env->tsc_aux = 0xabcd;
        break;
    default:
        break;
    }
}

static void fill_tss(X86TestState *s)
{
    uint8_t *tss = s->data + (TSS - X86_TEST_DATA);

    stq_le_p(tss + 4, X86_TEST_DATA + 0x800); /* the stack of level 0 */
    stw_le_p(tss + 102, TSS_BITMAP);
    memset(tss + TSS_BITMAP, 0xff, TSS_LIMIT + 1 - TSS_BITMAP);
    tss[TSS_BITMAP + 8] = 0; /* ports 0x40 to 0x47 */
}

static void run_case(gconstpointer data)
{
    static X86TestState state;
    const Case *c = data;

    state = (X86TestState){ .bits = 64 };
    state.regs[R_EAX] = c->rax;
    state.regs[R_ECX] = c->rcx;
    state.regs[R_EDX] = c->rdx;
    state.regs[R_ESP] = X86_TEST_DATA + 0x1800;
    fill_tss(&state);
    setup = c->setup;
    x86_machine_set_prepare(prepare);
    x86_machine_run(&state, c->code, c->length);
    if (state.stop != c->stop) {
        g_test_message("%s: stopped by %u, not %u", c->name, state.stop, c->stop);
        g_test_fail();
    } else if (c->reg >= 0 && state.regs[c->reg] != c->result) {
        g_test_message("%s: leaves %#" PRIx64 ", not %#" PRIx64, c->name, state.regs[c->reg],
                       c->result);
        g_test_fail();
    }
}

/* MOV DR that GD forbids: why is in DR6, and GD is clear for the handler. */
static void test_general_detect(void)
{
    const CPUX86State *env = &x86_machine_cpu()->env;

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (cases[i].setup == DEBUG_GD) {
            run_case(&cases[i]);
        }
    }
    g_assert_cmphex(env->dr[6], ==, 0xffff0ff0 | 1 << 13);
    g_assert_cmphex(env->dr[7], ==, 0x400);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    x86_machine_init(argc > 1 && !strcmp(argv[1], "interp"), "max");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path = g_strdup_printf("/x86/system/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], run_case);
    }
    g_test_add_func("/x86/system/general-detect", test_general_detect);
    result = g_test_run();
    x86_machine_exit();
    return result;
}
