/*
 * Debug registers: which breakpoints are hit, by what, when, and what the handler finds.
 *
 * A case is code, a state of the debug registers, and the #DB that comes of it: the saved instruction
 * pointer, RF as it was pushed, DR6. RBX points to the data, RAX is 0, RCX and RDX are the case's.
 *
 * Reference: SDM volume 3, 17.2, 17.3, 6.8.3, 6.9.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "system/address-spaces.h"
#include "system/memory.h"
#include "target/i386/internal.h"
#include "x86-machine.h"

#define CODE_AT     X86_TEST_CODE
#define DATA        X86_TEST_DATA
#define STACK       (X86_TEST_DATA + 0x1800)
#define NOWHERE     0x40000000u
#define INT3_ENTRY  (X86_TEST_RAM + 0x1000 + 16 * 3) /* of the machine's handlers */
#define DR6_EMPTY   0xffff0ff0u

enum { B0 = 1, B1 = 2, B2 = 4, B3 = 8, BD = 1 << 13, BS = 1 << 14 };
enum { LOCAL = 1, GLOBAL = 2, EXECUTE = 0, WRITE = 1, PORT = 2, ACCESS = 3 };
/* DR7's bits for breakpoint n: the length's code has 8 bytes as 2. */
#define ARM(n, enable, kind, bytes)                                                                \
    ((uint32_t)(enable) << (2 * (n)) | (uint32_t)(kind) << (16 + 4 * (n)) |                        \
     (uint32_t)((bytes) == 8 ? 2 : (bytes) - 1) << (18 + 4 * (n)))

typedef enum Setup {
    PLAIN = 0,
    PAGED = 1 << 0,
    HAS_DE = 1 << 1,
    HAS_RF = 1 << 2,
    HAS_TF = 1 << 3,
    GUARDED = 1 << 4, /* DR7.GD */
    HAS_BTF = 1 << 5, /* and TF: DEBUGCTL */
} Setup;

typedef struct Case {
    const char *name;
    uint8_t code[16];
    uint8_t length;
    unsigned bits;
    Setup setup;
    uint32_t dr7;
    uint64_t dr[4];
    uint64_t rax, rcx, rdx;
    unsigned stop;
    uint64_t ip;
    bool rf;
    uint32_t dr6; /* the bits that are set besides the fixed ones */
} Case;

#define CODE(...) .code = { __VA_ARGS__ }, .length = sizeof((uint8_t[]){ __VA_ARGS__ }), .bits = 64
#define CODE32(...) .code = { __VA_ARGS__ }, .length = sizeof((uint8_t[]){ __VA_ARGS__ }), .bits = 32
#define TRAP(at, causes)  .stop = EXCP_DB, .ip = CODE_AT + (at), .dr6 = (causes)
#define NONE              .stop = X86_STOP_END

#define NOP         0x90
#define STORE_BYTE  0x88, 0x03       /* mov [rbx], al */
#define STORE_4     0x89, 0x03       /* mov [rbx], eax */
#define STORE_8     0x48, 0x89, 0x03 /* mov [rbx], rax */
#define LOAD_4      0x8b, 0x03       /* mov eax, [rbx] */
#define REP_STOSB   0x48, 0x89, 0xdf, 0xf3, 0xaa /* mov rdi, rbx; rep stosb */

static const Case cases[] = {
    /* Instructions */
    { "execute", CODE(NOP, NOP, NOP), .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT + 1 },
      TRAP(1, B0) },
    { "execute, global", CODE(NOP, NOP, NOP), .dr7 = ARM(3, GLOBAL, EXECUTE, 1),
      .dr = { [3] = CODE_AT }, TRAP(0, B3) },
    { "execute, two at once", CODE(NOP, NOP), .dr7 = ARM(1, LOCAL, EXECUTE, 1) | ARM(2, LOCAL, EXECUTE, 1),
      .dr = { [1] = CODE_AT + 1, [2] = CODE_AT + 1 }, TRAP(1, B1 | B2) },
    { "execute, not armed", CODE(NOP, NOP), .dr = { CODE_AT }, NONE },
    { "execute, within an instruction", CODE(0xb8, 0, 0, 0, 0), .dr7 = ARM(0, LOCAL, EXECUTE, 1),
      .dr = { CODE_AT + 1 }, NONE },
    { "execute, same low bits", CODE(NOP, NOP), .dr7 = ARM(0, LOCAL, EXECUTE, 1),
      .dr = { CODE_AT + 0x1000 }, NONE },
    { "execute, rf", CODE(NOP, NOP), .setup = HAS_RF, .dr7 = ARM(0, LOCAL, EXECUTE, 1),
      .dr = { CODE_AT }, NONE },
    { "execute, rf is for one instruction", CODE(NOP, NOP), .setup = HAS_RF,
      .dr7 = ARM(0, LOCAL, EXECUTE, 1) | ARM(1, LOCAL, EXECUTE, 1), .dr = { CODE_AT, CODE_AT + 1 },
      TRAP(1, B1) },
    { "execute comes before the instruction's faults", CODE(0x0f, 0x0b), .dr7 = ARM(0, LOCAL, EXECUTE, 1),
      .dr = { CODE_AT }, TRAP(0, B0) },
    { "execute comes before the fetch", CODE(0xff, 0xe0), .setup = PAGED, .rax = NOWHERE,
      .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { NOWHERE }, .stop = EXCP_DB, .ip = NOWHERE, .dr6 = B0 },
    { "execute, behind a jump", CODE(0xeb, 0x01, 0xf4, NOP), .dr7 = ARM(0, LOCAL, EXECUTE, 1),
      .dr = { CODE_AT + 3 }, TRAP(3, B0) },
    { "execute, in a loop", CODE(0xff, 0xc9, 0x75, 0xfc, NOP), .rcx = 3000,
      .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT + 4 }, TRAP(4, B0) },
    { "execute, 32 bits", CODE32(NOP, NOP), .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT + 1 },
      TRAP(1, B0) },
    { "a repeated instruction breaks once", CODE(0xf3, 0xaa), .setup = HAS_RF, .rcx = 5,
      .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT }, NONE },
    { "execute, at a repeated instruction", CODE(REP_STOSB), .rcx = 5,
      .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT + 3 }, TRAP(3, B0) },
    /* Data */
    { "write", CODE(STORE_BYTE, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA }, TRAP(2, B0) },
    { "write, 32 bits", CODE32(STORE_BYTE, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA },
      TRAP(2, B0) },
    { "write, paged", CODE(STORE_BYTE, NOP), .setup = PAGED, .dr7 = ARM(0, LOCAL, WRITE, 1),
      .dr = { DATA }, TRAP(2, B0) },
    { "write, the code's last instruction", CODE(STORE_BYTE), .dr7 = ARM(0, LOCAL, WRITE, 1),
      .dr = { DATA }, TRAP(2, B0) },
    { "write doesn't see reads", CODE(LOAD_4, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA },
      NONE },
    { "access sees reads", CODE(LOAD_4, NOP), .dr7 = ARM(0, LOCAL, ACCESS, 1), .dr = { DATA },
      TRAP(2, B0) },
    { "access sees writes", CODE(STORE_4, NOP), .dr7 = ARM(1, GLOBAL, ACCESS, 2),
      .dr = { [1] = DATA + 2 }, TRAP(2, B1) },
    { "behind the access", CODE(STORE_4, NOP), .dr7 = ARM(0, LOCAL, WRITE, 4), .dr = { DATA + 4 },
      NONE },
    { "the access's last byte", CODE(STORE_8, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1),
      .dr = { DATA + 7 }, TRAP(3, B0) },
    { "eight bytes", CODE(0x88, 0x43, 0x07, NOP), .dr7 = ARM(0, LOCAL, WRITE, 8), .dr = { DATA },
      TRAP(3, B0) },
    { "beyond eight bytes", CODE(0x88, 0x43, 0x08, NOP), .dr7 = ARM(0, LOCAL, WRITE, 8), .dr = { DATA },
      NONE },
    { "an address has its length's alignment", CODE(STORE_BYTE, NOP), .dr7 = ARM(0, LOCAL, WRITE, 4),
      .dr = { DATA + 3 }, TRAP(2, B0) },
    { "two at once", CODE(STORE_4, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1) | ARM(2, LOCAL, ACCESS, 4),
      .dr = { DATA + 1, 0, DATA }, TRAP(2, B0 | B2) },
    { "not armed", CODE(STORE_4, NOP), .dr7 = ARM(0, 0, WRITE, 4) | ARM(1, LOCAL, WRITE, 4),
      .dr = { DATA, DATA + 0x100 }, NONE },
    { "push", CODE(0x50, NOP), .dr7 = ARM(0, LOCAL, WRITE, 8), .dr = { STACK - 8 }, TRAP(1, B0) },
    { "call: the trap is at its target", CODE(0xe8, 1, 0, 0, 0, 0xf4, NOP),
      .dr7 = ARM(0, LOCAL, WRITE, 8), .dr = { STACK - 8 }, TRAP(6, B0) },
    { "xchg", CODE(0x87, 0x03, NOP), .dr7 = ARM(0, LOCAL, WRITE, 4), .dr = { DATA }, TRAP(2, B0) },
    { "lock inc", CODE(0xf0, 0xff, 0x03, NOP), .dr7 = ARM(0, LOCAL, ACCESS, 4), .dr = { DATA },
      TRAP(3, B0) },
    { "movups", CODE(0x0f, 0x11, 0x03, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA + 15 },
      TRAP(3, B0) },
    { "fxsave", CODE(0x0f, 0xae, 0x03, NOP), .dr7 = ARM(0, LOCAL, WRITE, 4), .dr = { DATA + 160 },
      TRAP(3, B0) },
    { "a compare comes before", CODE(0x3b, 0x03, STORE_4, NOP), .dr7 = ARM(0, LOCAL, WRITE, 1),
      .dr = { DATA }, TRAP(4, B0) },
    { "an iteration", CODE(REP_STOSB), .rcx = 8, .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA + 2 },
      TRAP(3, B0), .rf = true },
    { "the last iteration", CODE(REP_STOSB, NOP), .rcx = 8, .dr7 = ARM(0, LOCAL, WRITE, 1),
      .dr = { DATA + 7 }, TRAP(5, B0) },
    { "a fault comes first", CODE(0x89, 0x10, NOP), .setup = PAGED, .rax = NOWHERE,
      .dr7 = ARM(0, LOCAL, WRITE, 4), .dr = { NOWHERE }, .stop = EXCP_PF, .ip = CODE_AT, .rf = true },
    { "a trap comes before the next fetch", CODE(0xff, 0xd0), .setup = PAGED, .rax = NOWHERE,
      .dr7 = ARM(0, LOCAL, WRITE, 8), .dr = { STACK - 8 }, .stop = EXCP_DB, .ip = NOWHERE, .dr6 = B0 },
    { "a trap comes before the next breakpoint", CODE(STORE_4, NOP),
      .dr7 = ARM(0, LOCAL, WRITE, 4) | ARM(1, LOCAL, EXECUTE, 1), .dr = { DATA, CODE_AT + 2 },
      TRAP(2, B0) },
    { "int3's frame", CODE(0xcc), .dr7 = ARM(0, LOCAL, WRITE, 8), .dr = { STACK - 8 },
      .stop = EXCP_DB, .ip = INT3_ENTRY, .dr6 = B0 },
    /* Ports */
    { "port", CODE(0xe4, 0x80, NOP), .setup = HAS_DE, .dr7 = ARM(0, LOCAL, PORT, 1), .dr = { 0x80 },
      TRAP(2, B0) },
    { "port, written", CODE(0xee, NOP), .setup = HAS_DE, .rdx = 0x1234, .dr7 = ARM(0, LOCAL, PORT, 1),
      .dr = { 0x1234 }, TRAP(1, B0) },
    { "port, part of the access", CODE(0xef, NOP), .setup = HAS_DE, .rdx = 0x100,
      .dr7 = ARM(0, LOCAL, PORT, 1), .dr = { 0x103 }, TRAP(1, B0) },
    { "port, another one", CODE(0xee, NOP), .setup = HAS_DE, .rdx = 0x101,
      .dr7 = ARM(0, LOCAL, PORT, 1), .dr = { 0x100 }, NONE },
    { "port without cr4.de", CODE(0xe4, 0x80, NOP), .dr7 = ARM(0, LOCAL, PORT, 1), .dr = { 0x80 },
      NONE },
    { "port isn't memory", CODE(STORE_4, NOP), .setup = HAS_DE, .dr7 = ARM(0, LOCAL, PORT, 4),
      .dr = { DATA }, NONE },
    /* Single steps */
    { "step", CODE(NOP, NOP), .setup = HAS_TF, TRAP(1, BS) },
    { "step and data", CODE(STORE_4, NOP), .setup = HAS_TF, .dr7 = ARM(2, LOCAL, WRITE, 4),
      .dr = { [2] = DATA }, TRAP(2, BS | B2) },
    { "step and the next breakpoint", CODE(NOP, NOP), .setup = HAS_TF,
      .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT + 1 }, TRAP(1, BS) },
    { "step of an iteration", CODE(0xf3, 0xaa), .setup = HAS_TF, .rcx = 8,
      .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA + 0x700 }, TRAP(0, BS), .rf = true },
    /* Single steps by branch */
    { "branch", CODE(NOP, 0xeb, 0x01, 0xf4, NOP, NOP), .setup = HAS_BTF, TRAP(4, BS) },
    { "branch to the next instruction", CODE(NOP, 0xeb, 0x00, NOP, NOP), .setup = HAS_BTF,
      TRAP(3, BS) },
    { "branch that isn't taken", CODE(0x85, 0xc0, 0x75, 0x01, NOP, NOP, 0x74, 0x01, 0xf4, NOP),
      .setup = HAS_BTF, TRAP(9, BS) },
    { "loop", CODE(NOP, 0xe2, 0xfd, NOP), .setup = HAS_BTF, .rcx = 2, TRAP(0, BS) },
    { "loop that is over", CODE(NOP, 0xe2, 0xfd, NOP), .setup = HAS_BTF, .rcx = 1, NONE },
    { "call", CODE(0xe8, 1, 0, 0, 0, 0xf4, NOP), .setup = HAS_BTF, TRAP(6, BS) },
    { "return", CODE(0x48, 0x8d, 0x05, 2, 0, 0, 0, 0x50, 0xc3, NOP), .setup = HAS_BTF,
      TRAP(9, BS) },
    { "iterations are no branches", CODE(0xf3, 0xaa, NOP), .setup = HAS_BTF, .rcx = 8, NONE },
    { "no branch, but data", CODE(NOP, STORE_4, NOP), .setup = HAS_BTF,
      .dr7 = ARM(2, LOCAL, WRITE, 4), .dr = { [2] = DATA }, TRAP(3, B2) },
    /* MOV SS: its memory has a selector */
    { "mov ss", CODE(0x8e, 0x93, 0x80, 0, 0, 0, NOP, NOP), .dr7 = ARM(0, LOCAL, ACCESS, 2),
      .dr = { DATA + 0x80 }, TRAP(7, B0) },
    { "mov ss, then a breakpoint", CODE(0x8e, 0x93, 0x80, 0, 0, 0, NOP, NOP),
      .dr7 = ARM(0, LOCAL, EXECUTE, 1), .dr = { CODE_AT + 6 }, NONE },
    { "mov ss, stepped", CODE(0x8e, 0x93, 0x80, 0, 0, 0, NOP, NOP), .setup = HAS_TF, TRAP(7, BS) },
    { "sti isn't like it", CODE(0xfb, NOP, NOP), .dr7 = ARM(0, LOCAL, EXECUTE, 1),
      .dr = { CODE_AT + 1 }, TRAP(1, B0) },
    /* MOV DR */
    { "armed by the program", CODE(0x0f, 0x23, 0xc3, 0x0f, 0x23, 0xf9, STORE_4, NOP),
      .rcx = ARM(0, LOCAL, WRITE, 4), TRAP(8, B0) },
    { "armed for the next instruction", CODE(0x0f, 0x23, 0xc0, 0x0f, 0x23, 0xf9, NOP),
      .rax = CODE_AT + 6, .rcx = ARM(0, LOCAL, EXECUTE, 1), TRAP(6, B0) },
    { "moved by the program", CODE(0x0f, 0x23, 0xc3, STORE_4, NOP), .dr7 = ARM(0, LOCAL, WRITE, 4),
      .dr = { DATA + 0x100 }, TRAP(5, B0) },
    { "disarmed by the program", CODE(0x0f, 0x23, 0xf9, STORE_4, NOP), .dr7 = ARM(0, LOCAL, WRITE, 4),
      .dr = { DATA }, NONE },
    { "general detect", CODE(NOP, 0x0f, 0x21, 0xf8), .setup = GUARDED, TRAP(1, BD), .rf = true },
    { "general detect of dr4", CODE(0x0f, 0x23, 0xe0), .setup = GUARDED, TRAP(0, BD), .rf = true },
    { "general detect comes behind cr4.de", CODE(0x0f, 0x23, 0xe0), .setup = GUARDED | HAS_DE,
      .stop = EXCP_UD, .ip = CODE_AT, .rf = true },
};

static const Case *current;

static void prepare(CPUX86State *env)
{
    const Case *c = current;

    if (c->setup & PAGED) {
        x86_machine_page(env);
    }
    env->cr4 |= c->setup & HAS_DE ? CR4_DE : 0;
    memcpy(env->dr, c->dr, sizeof(c->dr));
    env->dr[7] |= c->dr7 | (c->setup & GUARDED ? 1 << 13 : 0);
    x86_debug_changed(env);
    env->debugctl = c->setup & HAS_BTF ? X86_DEBUGCTL_BTF : 0;
    x86_set_eflags(env,
                   (c->setup & HAS_RF ? FLAG_RF : 0) |
                       (c->setup & (HAS_TF | HAS_BTF) ? FLAG_TF : 0),
                   FLAG_RF | FLAG_TF);
}

static uint64_t saved(unsigned bits, unsigned n)
{
    uint8_t bytes[8];
    const CPUX86State *env = &x86_machine_cpu()->env;

    address_space_read(&address_space_memory, env->regs[R_ESP] + n * (bits / 8),
                       MEMTXATTRS_UNSPECIFIED, bytes, sizeof(bytes));
    return bits == 64 ? ldq_le_p(bytes) : ldl_le_p(bytes);
}

static void run_case(gconstpointer data)
{
    static X86TestState state;
    const Case *c = data;
    const CPUX86State *env = &x86_machine_cpu()->env;
    unsigned skip;

    current = c;
    state = (X86TestState){ .bits = c->bits };
    state.regs[R_EAX] = c->rax;
    state.regs[R_EBX] = DATA;
    state.regs[R_ECX] = c->rcx;
    state.regs[R_EDX] = c->rdx;
    state.regs[R_EDI] = DATA;
    state.regs[R_ESP] = STACK;
    stw_le_p(state.data + 0x80, env->segs[R_SS].selector ?: 16);
    x86_machine_set_prepare(prepare);
    x86_machine_run(&state, c->code, c->length);
    g_assert_cmpuint(state.stop, ==, c->stop);
    g_assert_cmphex(env->dr[6], ==, DR6_EMPTY | c->dr6);
    if (c->stop == X86_STOP_END) {
        return;
    }
    skip = c->stop == EXCP_PF; /* an error code */
    g_assert_cmphex(saved(c->bits, skip), ==, c->ip);
    g_assert_cmpint(!!(saved(c->bits, skip + 2) & FLAG_RF), ==, c->rf);
    g_assert_cmphex(env->debugctl, ==, 0); /* the handler isn't stepped by branches */
}

/* B0 to B3 are those of the last exception, the other causes stay until software clears them. */
static void test_dr6_gathers(void)
{
    static const Case twice = { "", CODE(0x0f, 0x23, 0xf0, STORE_4, NOP), .rax = BS | B3,
                                .dr7 = ARM(0, LOCAL, WRITE, 1), .dr = { DATA }, TRAP(5, BS | B0) };

    run_case(&twice);
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    x86_machine_init(argc > 1 && !strcmp(argv[1], "interp"), "max");
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        g_autofree char *path = g_strdup_printf("/x86/debug/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], run_case);
    }
    g_test_add_func("/x86/debug/dr6 gathers", test_dr6_gathers);
    result = g_test_run();
    x86_machine_exit();
    return result;
}
