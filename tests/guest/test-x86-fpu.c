/*
 * Every encoding of the x87, by the translator and by the host's CPU: registers, tags, status word,
 * memory, flags and exceptions are alike. What the arithmetic gives is
 * tests/unit/test-x86-float80.c's; here it matters that each encoding is the right instruction with
 * the right operands. Sequences of them leave the same behind with quick helpers and without.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include "x86-machine.h"
#include "target/i386/float80.h"
#include "target/i386/internal.h"
#include "tcg/tcg-op.h"

#define TRIALS       40 /* of each encoding */
#define IMAGE_TRIALS 200 /* of each pair of instructions that restore and save */
#define SEQUENCES    4000 /* of up to twelve instructions */

/* Within a state's data: the x87's state before and behind, as FNSAVE has it; an operand. */
enum {
    IN_STATE = 0x100,
    OUT_STATE = 0x200,
    MEMORY = 0x300,
    DATA_USED = 0x400,
    ENVIRONMENT_BYTES = 28,
    STATE_BYTES = 108,
};

static GRand *rnd;

static unsigned pick(unsigned n)
{
    return (unsigned)g_rand_int_range(rnd, 0, (int)n);
}

static uint64_t random64(void)
{
    return (uint64_t)g_rand_int(rnd) << 32 | g_rand_int(rnd);
}

/* ---- State ---- */

static void put16(uint8_t *at, uint16_t value)
{
    memcpy(at, &value, sizeof(value));
}

static void random_float80(uint8_t *at)
{
    static const uint16_t exponents[] = { 0,      1,      0x3ffe, 0x3fff, 0x4000,
                                          0x4003, 0x403e, 0x7ffe, 0x7fff };
    uint16_t exponent = exponents[pick(ARRAY_SIZE(exponents))];
    uint64_t significand = pick(3) ? random64() & ~0ull << pick(64) : 0;

    significand = exponent ? significand | 1ull << 63 : significand >> 1;
    memcpy(at, &significand, sizeof(significand));
    put16(at + 8, exponent | pick(2) << 15);
}

/* The last register is empty as a rule, others seldom; some exceptions may be unmasked. */
static void random_fpu(uint8_t *at)
{
    unsigned top = pick(8), tags = 0;

    memset(at, 0, ENVIRONMENT_BYTES);
    put16(at, 0x340 | pick(4) << FPCW_ROUNDING_SHIFT | (pick(3) ? FPCW_MASKS : pick(64)));
    put16(at + 4, top << FPSW_TOP_SHIFT | (pick(2) ? random64() & FPSW_CONDITIONS : 0));
    for (unsigned i = 0; i < 8; i++) {
        tags |= (i == 7 ? pick(8) != 0 : pick(16) == 0) ? 3 << (2 * ((top + i) & 7)) : 0;
        random_float80(at + ENVIRONMENT_BYTES + 10 * i);
    }
    put16(at + 8, tags);
}

static void random_memory(uint8_t *at)
{
    uint64_t bits = random64() & ~0ull << pick(64);

    if (pick(2)) {
        random_float80(at);
    } else {
        memcpy(at, &bits, sizeof(bits));
    }
    if (pick(4) == 0) {
        random_fpu(at);
    }
}

static void random_state(X86TestState *s)
{
    *s = (X86TestState){ .bits = 64, .eflags = random64() & FLAGS_STATUS };
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        s->regs[i] = random64();
    }
    s->regs[R_ESP] = X86_TEST_DATA + X86_TEST_DATA_SIZE - 0x100;
    s->regs[R_ESI] = X86_TEST_DATA + IN_STATE;
    s->regs[R_EBX] = X86_TEST_DATA + OUT_STATE;
    s->regs[R_EDI] = X86_TEST_DATA + MEMORY;
    random_fpu(s->data + IN_STATE);
    random_memory(s->data + MEMORY);
}

/* ---- Encodings ---- */

typedef struct Encoding {
    uint8_t opcode, modrm;
} Encoding;

/* What only approximates, and what not all CPUs have alike. */
static bool is_left_out(Encoding e)
{
    static const Encoding approximate[] = {
        { 0xd9, 0xf0 }, { 0xd9, 0xf1 }, { 0xd9, 0xf2 }, { 0xd9, 0xf3 },
        { 0xd9, 0xf9 }, { 0xd9, 0xfb }, { 0xd9, 0xfe }, { 0xd9, 0xff },
    };

    for (unsigned i = 0; i < ARRAY_SIZE(approximate); i++) {
        if (e.opcode == approximate[i].opcode && e.modrm == approximate[i].modrm) {
            return true;
        }
    }
    return (e.opcode == 0xdb && (e.modrm & 0xf8) == 0xe0 && e.modrm > 0xe3) || /* of the 80287 */
           (e.opcode == 0xd9 &&
            (e.modrm & 0xf8) == 0xd8); /* FSTP's, of another mind about empty ones */
}

/* Whether it writes pointers to the last instruction. */
static bool stores_environment(Encoding e)
{
    return e.modrm < 0xc0 && (e.modrm & 0x38) == 0x30 && (e.opcode == 0xd9 || e.opcode == 0xdd);
}

/* The pointers to the last instruction are updated in different ways by different CPUs. */
static void forget_pointers(uint8_t *environment)
{
    memset(environment + 12, 0, 16);
}

static size_t make_code(uint8_t *code, Encoding e, bool wait)
{
    uint8_t bytes[] = { 0xdd,     0x26,                        /* frstor (%rsi) */
                        e.opcode, e.modrm, wait ? 0x9b : 0x90, /* fwait or nop */
                        0xdd,     0x33 };                      /* fnsave (%rbx) */

    memcpy(code, bytes, sizeof(bytes));
    return sizeof(bytes);
}

/* ---- Comparing ---- */

/* An exception may be pending; MXCSR may be any. */
static void recover(void)
{
#ifdef __x86_64__
    uint32_t mxcsr = 0x1f80;

    asm volatile("fninit\nldmxcsr %0" : : "m"(mxcsr));
#endif
}

static bool alike(Encoding e, X86TestState *a, X86TestState *b)
{
    X86TestState *states[] = { a, b };

    for (unsigned i = 0; i < 2; i++) {
        forget_pointers(states[i]->data + OUT_STATE);
        if (stores_environment(e)) {
            forget_pointers(states[i]->data + MEMORY);
        }
    }
    return a->stop == b->stop && !((a->eflags ^ b->eflags) & FLAGS_STATUS) &&
           a->regs[R_EAX] == b->regs[R_EAX] && !memcmp(a->data, b->data, DATA_USED);
}

static void explain(Encoding e, const X86TestState *before, const X86TestState *ours,
                    const X86TestState *native)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_string_append_printf(out, "%02x %02x: stop %u, native %u, eflags %" PRIx64 " native %" PRIx64,
                           e.opcode, e.modrm, ours->stop, native->stop, ours->eflags & FLAGS_STATUS,
                           native->eflags & FLAGS_STATUS);
    for (unsigned i = 0; i < DATA_USED; i += 2) {
        uint16_t values[3];

        memcpy(&values[0], before->data + i, 2);
        memcpy(&values[1], ours->data + i, 2);
        memcpy(&values[2], native->data + i, 2);
        if (values[1] != values[2] || (i >= IN_STATE && i < IN_STATE + STATE_BYTES)) {
            g_string_append_printf(out, "\n data %x: %04x native %04x before %04x", i, values[1],
                                   values[2], values[0]);
        }
    }
    g_test_message("%s", out->str);
}

static bool try_encoding(Encoding e, bool wait)
{
    X86TestState before, ours, native;
    uint8_t code[X86_TEST_MAX_CODE];
    size_t bytes = make_code(code, e, wait);

    random_state(&before);
    ours = native = before;
    x86_native_run(&native, code, bytes);
    recover();
    x86_machine_run(&ours, code, bytes);
    if (alike(e, &ours, &native)) {
        return true;
    }
    explain(e, &before, &ours, &native);
    return false;
}

/* The opcode with each ModRM byte: a register, or what rdi points to. Other manufacturers' x87s differ where
 * the manuals leave something open. */
static void test_opcode(gconstpointer data)
{
    unsigned opcode = GPOINTER_TO_UINT(data);

    if (!x86_host_is_intel()) {
        g_test_skip("needs a host with an Intel CPU");
        return;
    }
    for (unsigned n = 0; n < 64 + 8; n++) {
        Encoding e = { opcode, n < 64 ? 0xc0 | n : (n & 7) << 3 | R_EDI };

        for (unsigned trial = 0; trial < TRIALS && !is_left_out(e); trial++) {
            if (!try_encoding(e, trial % 2)) {
                g_test_fail();
                break;
            }
        }
    }
}

/* ---- Several instructions, with quick helpers and without ---- */

/* Not those that leave the x87 alone, or whose memory operand isn't there. */
static Encoding random_encoding(void)
{
    static const Encoding frequent[] = {
        { 0xdd, R_EDI },           /* fldl */
        { 0xd9, R_EDI },           /* flds */
        { 0xdb, 5 << 3 | R_EDI },  /* fldt */
        { 0xdd, 3 << 3 | R_EDI },  /* fstpl */
        { 0xdd, 2 << 3 | R_EDI },  /* fstl */
        { 0xdb, 3 << 3 | R_EDI },  /* fistpl */
        { 0xdc, R_EDI },           /* faddl */
        { 0xd9, 0xc9 },            /* fxch */
        { 0xde, 0xc1 },            /* faddp */
        { 0xd8, 0xc9 },            /* fmul */
        { 0xdb, 7 << 3 | R_EDI },  /* fstpt */
    };
    unsigned n = pick(64 + 8);

    if (pick(2)) {
        return frequent[pick(ARRAY_SIZE(frequent))];
    }
    return (Encoding){ 0xd8 + pick(8), n < 64 ? 0xc0 | n : (n & 7) << 3 | R_EDI };
}

/* frstor (%rsi), some instructions, fnsave (%rbx): pointers included. */
static size_t make_sequence(uint8_t *code, Encoding *encodings, unsigned count)
{
    size_t n = 0;

    code[n++] = 0xdd;
    code[n++] = 0x26;
    for (unsigned i = 0; i < count; i++) {
        code[n++] = encodings[i].opcode;
        code[n++] = encodings[i].modrm;
    }
    code[n++] = 0xdd;
    code[n++] = 0x33;
    return n;
}

static bool run_quickly_and_exactly(X86TestState *quick, X86TestState *exact, const uint8_t *code,
                                    size_t bytes)
{
    bool was_inline = tcg_float_inline;

    tcg_float_inline = true;
    x86_machine_run(quick, code, bytes);
    tcg_float_inline = false;
    x86_machine_run(exact, code, bytes);
    tcg_float_inline = was_inline;
    return quick->stop == exact->stop && !((quick->eflags ^ exact->eflags) & FLAGS_STATUS) &&
           quick->regs[R_EAX] == exact->regs[R_EAX] && !memcmp(quick->data, exact->data, DATA_USED);
}

static void test_sequences(void)
{
    for (unsigned trial = 0; trial < SEQUENCES; trial++) {
        Encoding encodings[12];
        unsigned count = 1 + pick(ARRAY_SIZE(encodings));
        uint8_t code[X86_TEST_MAX_CODE];
        X86TestState before, quick, exact;
        size_t bytes;

        for (unsigned i = 0; i < count; i++) {
            encodings[i] = random_encoding();
        }
        bytes = make_sequence(code, encodings, count);
        random_state(&before);
        before.bits = pick(2) ? 64 : 32;
        quick = exact = before;
        if (!run_quickly_and_exactly(&quick, &exact, code, bytes)) {
            for (unsigned i = 0; i < count; i++) {
                g_test_message("%02x %02x", encodings[i].opcode, encodings[i].modrm);
            }
            explain(encodings[0], &before, &quick, &exact);
            g_test_fail();
            return;
        }
    }
}

/* ---- FXSAVE, XSAVE and their kin ---- */

/* Within a state's data: images that are restored, one after the other, and the one saved behind.
 */
enum {
    FIRST_IMAGE = 0x400,
    SECOND_IMAGE = 0x800,
    SAVED_IMAGE = 0xc00,
    IMAGES_END = 0x1000,
    IMAGE_BYTES = 0x400,

    IMAGE_FIP = 8,
    IMAGE_MXCSR = 24,
    IMAGE_XSTATE_BV = 512,
    IMAGE_XCOMP_BV = 520,
    IMAGE_AVX = 576,

    COMPONENTS = X86_XCR0_X87 | X86_XCR0_SSE | X86_XCR0_AVX,
};

#define COMPACTED (1ull << 63)
#define NO_SUCH   (1ull << 62) /* component */

typedef struct StateInstruction {
    const char *name;
    uint8_t bytes[3]; /* saves to (%rbx), restores from (%rsi) */
} StateInstruction;

static const StateInstruction savers[] = {
    { "fxsave", { 0x0f, 0xae, 0x03 } },
    { "xsave", { 0x0f, 0xae, 0x23 } },
    { "xsaveopt", { 0x0f, 0xae, 0x33 } },
    { "xsavec", { 0x0f, 0xc7, 0x23 } },
};
static const StateInstruction restorers[] = {
    { "fxrstor", { 0x0f, 0xae, 0x0e } },
    { "xrstor", { 0x0f, 0xae, 0x2e } },
};

static void put64(uint8_t *at, uint64_t value)
{
    memcpy(at, &value, sizeof(value));
}

/*
 * Random in every byte but for: selectors of FIP and FDP, which newer CPUs don't keep; the header,
 * which is good as a rule.
 */
static void random_image(uint8_t *at, bool wide, bool may_be_bad)
{
    bool compacted = pick(2), bad = may_be_bad && pick(4) == 0;
    uint64_t components = pick(COMPONENTS + 1);

    for (unsigned i = 0; i < IMAGE_BYTES; i++) {
        at[i] = random64();
    }
    for (unsigned i = 0; i < 2; i++) {
        put64(at + IMAGE_FIP + 8 * i, random64() >> (wide ? 17 : 32));
    }
    put16(at + IMAGE_MXCSR + 2, bad && pick(3) == 0);
    if (pick(4) == 0) {
        put16(at + IMAGE_MXCSR, 0x1f80);
    }
    memset(at + IMAGE_XSTATE_BV, 0, IMAGE_AVX - IMAGE_XSTATE_BV);
    if (bad && pick(2)) {
        at[IMAGE_XCOMP_BV + 8 + pick(48)] = 1;
    }
    put64(at + IMAGE_XSTATE_BV, components | (bad && pick(6) == 0 ? NO_SUCH : 0));
    if (compacted) {
        components |= bad ? pick(COMPONENTS + 1) & pick(COMPONENTS + 1) : pick(COMPONENTS + 1);
        put64(at + IMAGE_XCOMP_BV, COMPACTED | components | (bad && pick(6) == 0 ? NO_SUCH : 0));
    } else if (bad && pick(6) == 0) {
        put64(at + IMAGE_XCOMP_BV, components);
    }
}

/* xor %edx, %edx; mov $components, %eax; the instruction */
static size_t emit_state(uint8_t *code, unsigned components, const uint8_t bytes[3], bool wide)
{
    uint8_t prelude[] = { 0x31, 0xd2, 0xb8, components, 0, 0, 0, 0x48 };
    size_t n = sizeof(prelude) - !wide;

    memcpy(code, prelude, n);
    memcpy(code + n, bytes, 3);
    return n + 3;
}

static bool try_images(const StateInstruction *restorer, const StateInstruction *saver)
{
    static const uint8_t xrstor_rdi[] = { 0x0f, 0xae, 0x2f };
    bool wide_in = pick(2), wide_out = pick(2);
    unsigned restored = pick(COMPONENTS + 1), saved = pick(COMPONENTS + 1);
    X86TestState before = { .bits = 64 }, ours, native;
    uint8_t code[X86_TEST_MAX_CODE];
    size_t n = 0;

    before.regs[R_EDI] = X86_TEST_DATA + FIRST_IMAGE;
    before.regs[R_ESI] = X86_TEST_DATA + SECOND_IMAGE + (pick(32) ? 0 : 8);
    before.regs[R_EBX] = X86_TEST_DATA + SAVED_IMAGE + (pick(32) ? 0 : 8);
    before.regs[R_ESP] = X86_TEST_DATA + X86_TEST_DATA_SIZE - 0x100;
    random_image(before.data + FIRST_IMAGE, true, false);
    random_image(before.data + SECOND_IMAGE, wide_in, true);
    random_image(before.data + SAVED_IMAGE, true, false);
    n += emit_state(code + n, COMPONENTS, xrstor_rdi, true);
    n += emit_state(code + n, restored, restorer->bytes, wide_in);
    n += emit_state(code + n, saved, saver->bytes, wide_out);
    ours = native = before;
    x86_native_run(&native, code, n);
    recover();
    x86_machine_run(&ours, code, n);
    if (ours.stop == native.stop && !memcmp(ours.data, native.data, IMAGES_END)) {
        return true;
    }
    g_test_message("%s%s of %u, %s%s of %u: stop %u, native %u", restorer->name,
                   wide_in ? "64" : "", restored, saver->name, wide_out ? "64" : "", saved,
                   ours.stop, native.stop);
    for (unsigned i = 0; i < IMAGE_BYTES; i++) {
        const uint8_t *o = ours.data + SAVED_IMAGE, *h = native.data + SAVED_IMAGE;

        if (o[i] != h[i]) {
            g_test_message("  at %u: %02x, native %02x; restored %02x, then %02x", i, o[i], h[i],
                           before.data[FIRST_IMAGE + i], before.data[SECOND_IMAGE + i]);
        }
    }
    return false;
}

/* AVX, XSAVEOPT and XSAVEC */
static bool host_has_components(void)
{
#ifdef __x86_64__
    uint32_t eax, ebx, ecx, edx;

    return __builtin_cpu_supports("avx") && __get_cpuid_count(0xd, 1, &eax, &ebx, &ecx, &edx) &&
           (eax & 3) == 3;
#else
    return false;
#endif
}

static void test_images(gconstpointer data)
{
    const StateInstruction *saver = data;

    if (!x86_host_is_intel()) {
        g_test_skip("needs a host with an Intel CPU");
        return;
    }
    if (!host_has_components()) {
        g_test_skip("the host's CPU lacks AVX, XSAVEOPT or XSAVEC");
        return;
    }
    for (unsigned trial = 0; trial < 2 * IMAGE_TRIALS; trial++) {
        if (!try_images(&restorers[trial % 2], saver)) {
            g_test_fail();
            return;
        }
    }
}

int main(int argc, char **argv)
{
    bool interpreter = argc > 1 && g_str_equal(argv[argc - 1], "interp");
    int result;

    g_test_init(&argc, &argv, NULL);
    rnd = g_rand_new_with_seed(8087);
    x86_machine_init(interpreter, "max");
    g_test_add_func("/x86/x87/sequences", test_sequences);
    for (unsigned opcode = 0xd8; opcode <= 0xdf; opcode++) {
        g_autofree char *path = g_strdup_printf("/x86/x87/encodings/%02x", opcode);

        g_test_add_data_func(path, GUINT_TO_POINTER(opcode), test_opcode);
    }
    for (unsigned i = 0; i < ARRAY_SIZE(savers); i++) {
        g_autofree char *path = g_strdup_printf("/x86/state/%s", savers[i].name);

        g_test_add_data_func(path, &savers[i], test_images);
    }
    result = g_test_run();
    x86_machine_exit();
    g_rand_free(rnd);
    return result;
}
