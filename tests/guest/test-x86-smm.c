/*
 * System management mode: what an SMI saves and where, what the handler finds, who sees SMRAM, what
 * RSM brings back, and what it refuses. With a model that knows long mode the layout is AMD64's,
 * otherwise the P6's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "x86-machine.h"

/* Offsets from SMBASE. */
enum { HANDLER = 0x8000, FOUND = 0x9000, HANDLER_MAX = 0x100, AREA = 0xfe00 };

enum { FOUND_CR0 = FOUND, FOUND_CR4 = FOUND + 4, FOUND_FLAGS = FOUND + 8, FOUND_CS = FOUND + 12 };

static bool has_long_mode;
static uint32_t smbase = X86_TEST_SMRAM;

/* What the CPU is given besides the registers of a test's state. */
static bool smi_at_start = true, paged;

static void prepare(CPUX86State *env)
{
    env->smbase = smbase;
    env->dr[7] = 0x455;
    env->cr4 &= has_long_mode ? UINT64_MAX : ~(uint64_t)CR4_OSXSAVE;
    if (paged) {
        x86_machine_page(env);
    }
    if (smi_at_start) {
        cpu_interrupt(CPU(x86_machine_cpu()), CPU_INTERRUPT_SMI);
    }
}

static uint8_t *in_smram(unsigned offset)
{
    return x86_machine_smram() + smbase - X86_TEST_SMRAM + offset;
}

static uint32_t u32_at(unsigned offset)
{
    return ldl_le_p(in_smram(offset));
}

/* A register in the area. */
static uint64_t saved(unsigned amd64, unsigned p6)
{
    return has_long_mode ? ldq_le_p(in_smram(amd64)) : u32_at(p6 + 0x8000);
}

typedef struct Code {
    uint8_t bytes[HANDLER_MAX];
    unsigned n;
} Code;

static void emit(Code *code, const char *bytes, unsigned n)
{
    memcpy(code->bytes + code->n, bytes, n);
    code->n += n;
}
#define EMIT(code, text) emit(code, text, sizeof(text) - 1)

static void emit_u32(Code *code, uint32_t value)
{
    stl_le_p(code->bytes + code->n, value);
    code->n += 4;
}

/* mov [address], eax */
static void emit_store(Code *code, uint32_t address)
{
    EMIT(code, "\x67\x66\xa3");
    emit_u32(code, address);
}

static void emit_load_constant(Code *code, uint32_t value)
{
    EMIT(code, "\x66\xb8");
    emit_u32(code, value);
}

/* What it finds goes to SMRAM; then it changes ebx where it was saved, and what `change` says. */
static void write_handler(unsigned change_at, uint32_t change_to)
{
    Code code = { .n = 0 };

    EMIT(&code, "\x66\x0f\x20\xc0"); /* mov eax, cr0 */
    emit_store(&code, smbase + FOUND_CR0);
    EMIT(&code, "\x66\x0f\x20\xe0"); /* mov eax, cr4 */
    emit_store(&code, smbase + FOUND_CR4);
    EMIT(&code, "\x8c\xc8\x8e\xd0\xbc\x00\xa0"); /* mov ax, cs; mov ss, ax; mov sp, 0xa000 */
    EMIT(&code, "\x66\x9c\x66\x58"); /* pushfd; pop eax */
    emit_store(&code, smbase + FOUND_FLAGS);
    EMIT(&code, "\x66\x31\xc0\x8c\xc8"); /* xor eax, eax; mov ax, cs */
    emit_store(&code, smbase + FOUND_CS);
    emit_load_constant(&code, 0x600df00d);
    emit_store(&code, smbase + (has_long_mode ? 0xffe0 : 0xffdc));
    if (change_at) {
        emit_load_constant(&code, change_to);
        emit_store(&code, smbase + change_at);
    }
    EMIT(&code, "\x0f\xaa"); /* rsm */
    memset(x86_machine_smram(), 0, 0x10000);
    memset(in_smram(AREA), 0xa5, 0x200);
    x86_machine_write_smram(smbase - X86_TEST_SMRAM + HANDLER, code.bytes, code.n);
}

static X86TestState new_state(unsigned bits)
{
    X86TestState s = { .bits = bits, .eflags = FLAG_CF | FLAG_PF | FLAG_OF | FLAG_DF };

    for (unsigned i = 0; i < (bits == 64 ? 16 : 8); i++) {
        s.regs[i] = (i + 1) * (bits == 64 ? 0x0102030405060708ull : 0x01020304u);
    }
    s.regs[R_ESP] = X86_TEST_DATA + 0x1000;
    return s;
}

static void check_area(const X86TestState *before)
{
    static const struct { unsigned reg, amd64, p6; } registers[] = {
        { R_EAX, 0xfff8, 0x7fd0 }, { R_ECX, 0xfff0, 0x7fd4 }, { R_EDX, 0xffe8, 0x7fd8 },
        { R_ESP, 0xffd8, 0x7fe0 }, { R_EBP, 0xffd0, 0x7fe4 }, { R_ESI, 0xffc8, 0x7fe8 },
        { R_EDI, 0xffc0, 0x7fec },
    };
    const CPUX86State *env = &x86_machine_cpu()->env;

    for (size_t i = 0; i < ARRAY_SIZE(registers); i++) {
        g_assert_cmphex(saved(registers[i].amd64, registers[i].p6), ==,
                        before->regs[registers[i].reg]);
    }
    g_assert_cmphex(saved(0xff78, 0x7ff0), ==, X86_TEST_CODE);
    g_assert_cmphex(saved(0xff70, 0x7ff4), ==, before->eflags | FLAG_1);
    g_assert_cmphex(saved(0xff58, 0x7ffc), ==, env->cr0);
    g_assert_cmphex(saved(0xff50, 0x7ff8), ==, env->cr3);
    g_assert_cmphex(saved(0xff60, 0x7fc8), ==, 0x455);
    g_assert_cmphex(u32_at(0xfefc), ==,
                    has_long_mode ? 0x20064 : 0x20000);
    g_assert_cmphex(u32_at(has_long_mode ? 0xff00 : 0xfef8), ==, smbase);
    if (has_long_mode) {
        g_assert_cmphex(ldq_le_p(in_smram(0xff80)), ==, before->regs[15]);
        g_assert_cmphex(ldq_le_p(in_smram(0xffb8)), ==, before->regs[8]);
        g_assert_cmphex(ldq_le_p(in_smram(0xfed0)), ==, env->efer);
        g_assert_cmphex(ldq_le_p(in_smram(0xff48)), ==, env->cr4);
        /* CS: selector, 12 bits of attributes, limit */
        g_assert_cmphex(lduw_le_p(in_smram(0xfe10)), ==, 8);
        g_assert_cmphex(lduw_le_p(in_smram(0xfe12)), ==,
                        before->bits == 64 ? 0xa9b : before->bits == 32 ? 0xc9b : 0x89b);
        g_assert_cmphex(u32_at(0xfe14), ==, 0xffffffff);
        g_assert_cmphex(ldq_le_p(in_smram(0xfe88)), ==, env->idt.base);
        g_assert_cmphex(ldq_le_p(in_smram(0xff08)), ==, 0xa5a5a5a5a5a5a5a5); /* reserved */
    } else {
        g_assert_cmphex(lduw_le_p(in_smram(0x7fac + 0x8000)), ==, 8);
        g_assert_cmphex(u32_at(0x7fa0 + 0x8000), ==, 0xa5a5a5a5); /* no I/O */
    }
}

/* One SMI before the first instruction, in each mode that the model has. */
static void test_there_and_back(void)
{
    static const uint8_t nop[] = { 0x90 };
    static const unsigned modes[] = { 32, 16, 64 };

    for (unsigned i = 0; i < (has_long_mode ? 6 : 4); i++) {
        X86TestState state = new_state(modes[i / 2]), before = state;

        paged = modes[i / 2] == 64 || (i % 2 && modes[i / 2] == 32);
        write_handler(0, 0);
        x86_machine_run(&state, nop, sizeof(nop));
        g_assert_cmpuint(state.stop, ==, X86_STOP_END);
        before.regs[R_EBX] = (before.regs[R_EBX] & ~0xffffffffull) | 0x600df00d;
        for (unsigned n = 0; n < X86_NB_REGS; n++) {
            g_assert_cmphex(state.regs[n], ==, before.regs[n]);
        }
        g_assert_cmphex(state.eflags, ==, before.eflags | FLAG_1);
        check_area(&before);
        g_assert_cmphex(u32_at(FOUND_CR0) & (CR0_PE | CR0_PG), ==, 0);
        g_assert_cmphex(u32_at(FOUND_CR4), ==, 0);
        g_assert_cmphex(u32_at(FOUND_FLAGS), ==, FLAG_1);
        g_assert_cmphex(u32_at(FOUND_CS), ==, smbase >> 4);
        g_assert_cmphex(x86_machine_cpu()->env.dr[7], ==, 0x455);
        g_assert_false(x86_machine_cpu()->env.in_smm);
    }
    paged = false;
}

static void test_smbase_moves(void)
{
    static const uint8_t nop[] = { 0x90 };
    X86TestState state = new_state(32);

    write_handler(has_long_mode ? 0xff00 : 0xfef8, 0x12348000);
    x86_machine_run(&state, nop, sizeof(nop));
    g_assert_cmpuint(state.stop, ==, X86_STOP_END);
    g_assert_cmphex(x86_machine_cpu()->env.smbase, ==, 0x12348000);
}

/* Outside of SMM what is at SMRAM's place isn't SMRAM: mov eax, [place]; RSM is no instruction. */
static void test_outside(void)
{
    static const uint8_t load[] = { 0xa1, 0x00, 0xff, 0x03, 0x00 }, rsm[] = { 0x0f, 0xaa };
    X86TestState state = new_state(32);

    smi_at_start = false;
    memset(x86_machine_smram(), 0x77, 0x10000);
    x86_machine_run(&state, load, sizeof(load));
    g_assert_cmpuint(state.stop, ==, X86_STOP_END);
    g_assert_cmphex(state.regs[R_EAX], !=, 0x77777777);
    x86_machine_run(&state, rsm, sizeof(rsm));
    g_assert_cmpuint(state.stop, ==, EXCP_UD);
    smi_at_start = true;
}

/* RSM of what no CPU can be in. */
static void test_bad_states(void)
{
    static const uint8_t nop[] = { 0x90 };
    static const struct { unsigned amd64, p6; uint32_t value; } rows[] = {
        { 0xff58, 0x7ffc, CR0_PG | CR0_ET }, { 0xff58, 0x7ffc, CR0_PE | CR0_NW },
        { 0xff48, 0x7f08, 1 << 31 },         { 0xfed0, 0x7f0c, EFER_LMA },
        { 0xfed0, 0x7f0c, 2 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        X86TestState state = new_state(32);

        write_handler(has_long_mode ? rows[i].amd64 : rows[i].p6 + 0x8000, rows[i].value);
        x86_machine_run(&state, nop, sizeof(nop));
        g_assert_cmpuint(state.stop, ==, X86_STOP_SHUTDOWN);
    }
}

int main(int argc, char **argv)
{
    const char *model = argc > 2 ? argv[2] : "max";
    int result;

    g_test_init(&argc, &argv, NULL);
    x86_machine_init(argc > 1 && !strcmp(argv[1], "interp"), model);
    x86_machine_set_prepare(prepare);
    has_long_mode = x86_has(&x86_machine_cpu()->env, X86_FEATURE_LM);
    g_test_add_func("/x86/smm/there-and-back", test_there_and_back);
    g_test_add_func("/x86/smm/smbase-moves", test_smbase_moves);
    g_test_add_func("/x86/smm/outside-nothing-of-it", test_outside);
    g_test_add_func("/x86/smm/bad-states-shut-down", test_bad_states);
    result = g_test_run();
    x86_machine_exit();
    return result;
}
