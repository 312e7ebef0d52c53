/*
 * MMX, SSE and AVX instructions of random operands, by the translator and by the host's CPU:
 * registers, memory, flags and MXCSR are alike, and so are exceptions.
 *
 * The rows of the opcode tables that the decoder is made from say which instructions there are.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include "x86-machine.h"
#include "target/i386/sse.h"

#define TRIALS 10 /* of each row, unless X86_TRIALS says how many */

/* Within a state's data: what registers hold before and behind, operands in memory. */
enum {
    IN_XMM = 0x80,
    IN_MMX = IN_XMM + 8 * 16,
    IN_MXCSR = IN_MMX + 8 * 8,
    OUT_XMM = 0x280,
    OUT_MMX = OUT_XMM + 8 * 16,
    OUT_MXCSR = OUT_MMX + 8 * 8,
    OUT_HIGH_XMM = 0x400,
    MEMORY = 0x800,
    DATA_USED = 0xa00,
};
/* Where rsi, rbx and rdi point: each reaches 128 bytes to both sides. */
enum { RSI = IN_MMX, RBX = OUT_MMX, RDI = MEMORY + 0x80 };
enum { NB_HIGH = 4 }; /* of xmm8 and up, which begin as copies of xmm0 and up */

/* With whole ymm registers, and without mmx registers */
enum {
    IN_YMM = 0x80,
    OUT_YMM = 0x280,
    VEX_MXCSR = MEMORY, /* before and behind */
    VEX_RSI = IN_YMM + 128,
    VEX_RBX = OUT_YMM + 128,
};
/* Of gathers, which want small numbers in their index register: ymm0 to 2, or ymm8 to 10 */
enum { GATHER_INDEX, GATHER_MASK, GATHER_TO };

static GRand *rnd;

static unsigned pick(unsigned n)
{
    return g_rand_int_range(rnd, 0, n);
}

static uint64_t random64(void)
{
    return (uint64_t)g_rand_int(rnd) << 32 | g_rand_int(rnd);
}

/* ---- Rows ---- */

typedef struct Row {
    char *text;
    uint8_t prefix, map; /* 0, 0x66, ...; 0, 0x38, 0x3a */
    uint8_t opcode;
    int reg;             /* ModRM.reg; -1: an operand */
    bool mem_only, reg_only;
    bool adds_in_any_order; /* of two NaNs the manual and CPUs choose different ones */
    bool vex, gathers;
    int vex_l, w; /* -1: either */
    char **operands;
} Row;

static char operand_letter(const Row *row, const char *letters)
{
    for (char **o = row->operands; *o; o++) {
        if (strchr(letters, (*o)[0])) {
            return (*o)[0];
        }
    }
    return 0;
}

/* Of what not every CPU with SSE4.2 or AVX2 has. */
static bool host_has_feature_of(const char *line)
{
    uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;

#ifdef __x86_64__
    __cpuid(1, eax, ebx, ecx, edx);
    if (strstr(line, "feat=SSE4A")) {
        return __get_cpuid(0x80000001, &eax, &ebx, &ecx, &edx) && (ecx & 1u << 6);
    }
    if (strstr(line, "feat=AES") || strstr(line, "feat=PCLMULQDQ")) {
        return ecx & (strstr(line, "feat=AES") ? 1u << 25 : 1u << 1);
    }
    __cpuid_count(7, 0, eax, ebx, ecx, edx);
    if (strstr(line, "feat=SHA")) {
        return ebx & 1u << 29;
    }
    if (strstr(line, "feat=GFNI")) {
        return ecx & 1u << 8;
    }
    if (strstr(line, "feat=VAES") || strstr(line, "feat=VPCLMULQDQ")) {
        return ecx & (strstr(line, "feat=VAES") ? 1u << 9 : 1u << 10);
    }
#endif
    return true;
}

/* false: not to be tried. */
static bool parse_row(const char *line, Row *row)
{
    g_auto(GStrv) parts = g_strsplit(line, "|", 2);
    g_auto(GStrv) words = g_strsplit_set(g_strstrip(parts[0]), " \t", -1);
    GPtrArray *bytes = g_ptr_array_new();
    const char *name = NULL, *operands = "-";

    *row = (Row){ .text = g_strdup(line), .reg = -1, .vex_l = -1, .w = -1 };
    for (char **w = words; *w; w++) {
        if (name && **w) {
            operands = *w;
        } else if (g_ascii_isupper(**w)) {
            name = *w;
        } else if (**w == '/') {
            row->reg = (*w)[1] - '0';
        } else if (g_str_equal(*w, "vex")) {
            row->vex = true;
        } else if (**w == 'l' || **w == 'w') {
            *(**w == 'l' ? &row->vex_l : &row->w) = (*w)[1] - '0';
        } else if (g_str_equal(*w, "mem")) {
            row->mem_only = true;
        } else if (g_str_equal(*w, "reg")) {
            row->reg_only = true;
        } else if (**w && !g_str_equal(*w, "np")) {
            g_ptr_array_add(bytes, GUINT_TO_POINTER(strtoul(*w, NULL, 16)));
        }
    }
    g_assert(name && bytes->len >= 2);
    for (unsigned i = 0; i < bytes->len; i++) {
        unsigned byte = GPOINTER_TO_UINT(bytes->pdata[i]);

        if (i + 1 == bytes->len) {
            row->opcode = byte;
        } else if (i == 0 && byte != 0x0f) {
            row->prefix = byte;
        } else if (byte != 0x0f) {
            row->map = byte;
        }
    }
    row->operands = g_strsplit(g_str_equal(operands, "-") ? "" : operands, ",", -1);
    row->gathers = g_str_has_prefix(name, "VGATHER");
    row->adds_in_any_order = g_str_has_prefix(name, "DPP");
    g_ptr_array_free(bytes, true);
    /* The prologue has LDMXCSR. */
    return !g_str_equal(name, "LDMXCSR") && host_has_feature_of(line);
}

static void read_rows(GArray *rows, const char *path)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    lines = g_strsplit(text, "\n", -1);
    for (char **line = lines; *line; line++) {
        Row row;

        if (!**line || **line == '#') {
            continue;
        }
        if (parse_row(*line, &row)) {
            g_array_append_val(rows, row);
        } else {
            g_free(row.text);
            g_strfreev(row.operands);
        }
    }
}

/* ---- Code ---- */

typedef struct Code {
    uint8_t bytes[X86_TEST_MAX_CODE];
    size_t n;
} Code;

static void emit(Code *c, const void *bytes, size_t n)
{
    g_assert(c->n + n <= sizeof(c->bytes));
    memcpy(c->bytes + c->n, bytes, n);
    c->n += n;
}

#define EMIT(c, ...)                                                                               \
    emit(c, (const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }))

static void emit_prologue(Code *c)
{
    for (unsigned i = 0; i < 8; i++) {
        EMIT(c, 0x0f, 0x10, 0x46 | i << 3, IN_XMM + 16 * i - RSI); /* movups */
        EMIT(c, 0x0f, 0x6f, 0x46 | i << 3, IN_MMX + 8 * i - RSI);  /* movq */
    }
    for (unsigned i = 0; i < NB_HIGH; i++) {
        EMIT(c, 0x44, 0x0f, 0x28, 0xc0 | i << 3 | i); /* movaps */
    }
    EMIT(c, 0x0f, 0xae, 0x56, IN_MXCSR - RSI);
}

static void emit_epilogue(Code *c)
{
    EMIT(c, 0x0f, 0xae, 0x5b, OUT_MXCSR - RBX);
    for (unsigned i = 0; i < 8; i++) {
        EMIT(c, 0x0f, 0x11, 0x43 | i << 3, OUT_XMM + 16 * i - RBX);
        EMIT(c, 0x0f, 0x7f, 0x43 | i << 3, OUT_MMX + 8 * i - RBX);
    }
    EMIT(c, 0x48, 0x81, 0xc3, (OUT_HIGH_XMM - RBX) & 0xff, (OUT_HIGH_XMM - RBX) >> 8, 0, 0);
    for (unsigned i = 0; i < NB_HIGH; i++) {
        EMIT(c, 0x44, 0x0f, 0x11, 0x43 | i << 3, 16 * i);
    }
    EMIT(c, 0x0f, 0x77);
}

static void emit_vex_prologue(Code *c)
{
    for (unsigned i = 0; i < 8; i++) {
        EMIT(c, 0xc5, 0xfc, 0x10, 0x46 | i << 3, IN_YMM + 32 * i - VEX_RSI); /* vmovups */
    }
    for (unsigned i = 0; i < NB_HIGH; i++) {
        EMIT(c, 0xc5, 0x7c, 0x28, 0xc0 | i << 3 | i); /* vmovaps */
    }
    EMIT(c, 0x0f, 0xae, 0x57, VEX_MXCSR - RDI);
}

static void emit_vex_epilogue(Code *c)
{
    EMIT(c, 0x0f, 0xae, 0x5f, VEX_MXCSR - RDI);
    for (unsigned i = 0; i < 8; i++) {
        EMIT(c, 0xc5, 0xfc, 0x11, 0x43 | i << 3, OUT_YMM + 32 * i - VEX_RBX);
    }
    EMIT(c, 0x48, 0x81, 0xc3, 0, 1, 0, 0); /* add $256, %rbx */
    for (unsigned i = 0; i < NB_HIGH; i++) {
        EMIT(c, 0xc5, 0x7c, 0x11, 0x43 | i << 3, OUT_YMM + 32 * i - VEX_RBX);
    }
    EMIT(c, 0xc5, 0xf8, 0x77); /* vzeroupper */
}

static unsigned random_register(char letter)
{
    static const uint8_t general[] = { R_EAX, R_ECX, R_EDX, R_EBP, 9, 10 };

    switch (letter) {
    case 'P':
    case 'Q':
    case 'N':
        return pick(8);
    case 'V':
    case 'W':
    case 'U':
    case 'H':
    case 'L':
        return pick(4) ? pick(8) : 8 + pick(NB_HIGH);
    default:
        return general[pick(ARRAY_SIZE(general))];
    }
}

/* Prefixes, opcode and what is of them in VEX. */
static void emit_opcode(Code *c, const Row *row, unsigned reg, unsigned index, unsigned rm,
                        unsigned vvvv)
{
    bool sized = false;
    unsigned w = row->w, l = row->vex_l >= 0 ? row->vex_l : pick(2), rex;
    unsigned pp = row->prefix == 0x66 ? 1 : row->prefix == 0xf3 ? 2 : row->prefix == 0xf2 ? 3 : 0;

    for (char **o = row->operands; *o; o++) {
        sized |= (*o)[1] == 'y';
    }
    if (row->w < 0) {
        w = sized && pick(2);
    }
    rex = (reg & 8) >> 1 | (index & 8) >> 2 | (rm & 8) >> 3 | w << 3;
    if (row->vex && !row->map && !(rex & 11) && pick(2)) {
        EMIT(c, 0xc5, (rex & 4 ? 0 : 0x80) | (~vvvv & 15) << 3 | l << 2 | pp);
    } else if (row->vex) {
        EMIT(c, 0xc4, (~rex & 7) << 5 | (row->map == 0x38 ? 2 : row->map == 0x3a ? 3 : 1),
             w << 7 | (~vvvv & 15) << 3 | l << 2 | pp);
    } else {
        if (row->prefix) {
            EMIT(c, row->prefix);
        }
        if (rex) {
            EMIT(c, 0x40 | rex);
        }
        EMIT(c, 0x0f);
        if (row->map) {
            EMIT(c, row->map);
        }
    }
    EMIT(c, row->opcode);
}

static void emit_gather(Code *c, const Row *row)
{
    unsigned high = pick(2) ? 8 : 0;

    emit_opcode(c, row, GATHER_TO | high, GATHER_INDEX | high, R_EDI, GATHER_MASK | high);
    EMIT(c, 0x44 | GATHER_TO << 3, pick(4) << 6 | GATHER_INDEX << 3 | R_EDI, pick(16));
}

/* AMD's CPUs take operands of the SHA instructions wherever they lie, against what the manuals say. */
static bool host_looks_at_alignment(const Row *row)
{
    return !strstr(row->text, " SHA") || x86_host_is_intel();
}

/* `may_fault`: operands in memory needn't be aligned. */
static void emit_row(Code *c, const Row *row, bool may_fault)
{
    bool anywhere = may_fault && host_looks_at_alignment(row);
    char rm_letter = operand_letter(row, "WQUNERM");
    bool memory = row->mem_only || (!row->reg_only && pick(2));
    unsigned reg = row->reg >= 0 ? row->reg : random_register(operand_letter(row, "VPG"));
    unsigned rm = memory ? R_EDI : random_register(rm_letter);

    if (row->gathers) {
        emit_gather(c, row);
        return;
    }
    emit_opcode(c, row, reg, 0, rm, operand_letter(row, "H") ? random_register('H') : 0);
    if (!row->operands[0]) { /* no ModRM */
        return;
    }
    EMIT(c, (memory ? 0x40 : 0xc0) | (reg & 7) << 3 | (rm & 7));
    if (memory) {
        EMIT(c, (pick(112) - 64) & (anywhere ? 0xff : row->vex ? 0xe0 : 0xf0));
    }
    for (char **o = row->operands; *o; o++) {
        if ((*o)[0] == 'I') {
            EMIT(c, pick(256));
        }
    }
    if (operand_letter(row, "L")) {
        EMIT(c, random_register('L') << 4 | pick(16));
    }
}

/* ---- Operands ---- */

static uint64_t random_float(unsigned fraction, unsigned exponent_bits)
{
    unsigned bias = (1u << (exponent_bits - 1)) - 1, top = 2 * bias + 1;
    const unsigned exponents[] = { 0, 1, bias - 1, bias, bias + 1, bias + fraction, bias + 31,
                                   bias + 63, bias / 2, top - 1, top };
    uint64_t ones = (1ull << fraction) - 1;
    const uint64_t fractions[] = { 0, 1, ones, (ones >> 1) + 1, random64() & ones,
                                   random64() & ones & ~(ones >> 8) };

    return (uint64_t)pick(2) << (fraction + exponent_bits) |
           (uint64_t)exponents[pick(ARRAY_SIZE(exponents))] << fraction |
           fractions[pick(ARRAY_SIZE(fractions))];
}

/* Eight bytes of one of the kinds that instructions take. */
static uint64_t random_operand(unsigned kind)
{
    static const uint8_t edges[] = { 0, 0, 1, 2, 7, 0x1f, 0x7f, 0x80, 0xfe, 0xff };
    uint64_t v = 0;

    switch (kind) {
    case 0:
        return random_float(52, 11);
    case 1:
        return random_float(23, 8) | random_float(23, 8) << 32;
    case 2:
        for (unsigned i = 0; i < 8; i++) {
            v = v << 8 | edges[pick(ARRAY_SIZE(edges))];
        }
        return v;
    case 3:
        return pick(70);
    default:
        return random64();
    }
}

static void fill(uint8_t *data, size_t bytes)
{
    unsigned kind = pick(5);

    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t v = random_operand(pick(4) ? kind : pick(5));

        memcpy(data + i, &v, 8);
    }
}

/* Numbers of a moderate size, in either format. */
static void fill_moderately(uint8_t *data, size_t bytes)
{
    for (size_t i = 0; i < bytes; i += 4) {
        uint32_t v = (g_rand_int(rnd) & 0x8fffffff) | 0x30000000;

        memcpy(data + i, &v, 4);
    }
}

static uint32_t random_mxcsr(bool unmasked)
{
    uint32_t mxcsr = MXCSR_MASKS;

    if (pick(3) == 0) {
        mxcsr |= pick(4) << MXCSR_RC_SHIFT | (pick(2) ? MXCSR_DAZ : 0) | (pick(2) ? MXCSR_FTZ : 0);
    }
    return unmasked ? mxcsr & ~(1u << (MXCSR_MASKS_SHIFT + pick(6))) : mxcsr;
}

static void random_state(X86TestState *s, bool vex, bool moderate, bool unmasked)
{
    uint32_t mxcsr = random_mxcsr(unmasked);

    *s = (X86TestState){ .bits = 64, .eflags = random64() & FLAGS_STATUS };
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        s->regs[i] = random_operand(pick(5));
    }
    s->regs[R_ESP] = X86_TEST_DATA + X86_TEST_DATA_SIZE - 0x100;
    s->regs[R_ESI] = X86_TEST_DATA + (vex ? VEX_RSI : RSI);
    s->regs[R_EBX] = X86_TEST_DATA + (vex ? VEX_RBX : RBX);
    s->regs[R_EDI] = X86_TEST_DATA + RDI;
    (moderate ? fill_moderately : fill)(s->data, DATA_USED);
    memcpy(s->data + (vex ? VEX_MXCSR : IN_MXCSR), &mxcsr, sizeof(mxcsr));
}

/* Indices of gathers, of either size, with few bits in their upper halves. */
static void make_small(X86TestState *s)
{
    memset(s->data + IN_YMM + 32 * GATHER_INDEX, 0, 32);
    for (unsigned i = 0; i < 8; i++) {
        s->data[IN_YMM + 32 * GATHER_INDEX + 4 * i] = i % 2 ? 0 : pick(60);
    }
}

/* ---- Comparing ---- */

/* The host's arithmetic, too, has worked under the code's modes. */
static void recover(void)
{
#ifdef __x86_64__
    uint32_t mxcsr = MXCSR_MASKS;

    asm volatile("ldmxcsr %0\n\temms" : : "m"(mxcsr));
#endif
}

static void explain(const char *text, const Code *c, const X86TestState *before,
                    const X86TestState *ours, const X86TestState *native)
{
    g_autoptr(GString) out = g_string_new(NULL);

    g_string_append_printf(out, "%s: stop %u, native %u, eflags %" PRIx64 " native %" PRIx64 "\n",
                           text, ours->stop, native->stop, ours->eflags & FLAGS_STATUS,
                           native->eflags & FLAGS_STATUS);
    for (size_t i = 0; i < c->n; i++) {
        g_string_append_printf(out, " %02x", c->bytes[i]);
    }
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        if (ours->regs[i] != native->regs[i]) {
            g_string_append_printf(out, "\n r%u: %" PRIx64 " native %" PRIx64, i, ours->regs[i],
                                   native->regs[i]);
        }
    }
    for (unsigned i = 0; i < DATA_USED; i += 4) {
        uint32_t a, b, was;

        memcpy(&a, ours->data + i, 4);
        memcpy(&b, native->data + i, 4);
        memcpy(&was, before->data + i, 4);
        if (a != b) {
            g_string_append_printf(out, "\n data %x: %08x native %08x", i, a, b);
        }
    }
    for (unsigned i = IN_XMM; i < IN_MXCSR + 4; i += 4) {
        uint32_t v;

        memcpy(&v, before->data + i, 4);
        g_string_append_printf(out, "%s%08x", i % 16 ? " " : "\n  ", v);
    }
    g_test_message("%s", out->str);
    g_test_fail();
}

static bool differ(const X86TestState *a, const X86TestState *b)
{
    if (a->stop != b->stop || ((a->eflags ^ b->eflags) & FLAGS_STATUS) ||
        memcmp(a->data, b->data, DATA_USED)) {
        return true;
    }
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        if (i != R_ESP && a->regs[i] != b->regs[i]) {
            return true;
        }
    }
    return false;
}

static bool interpreted;

/* The interpreter computes in C, whose library may look at a denormal operand more than once. */
static void forget_denormals(X86TestState *s)
{
    s->data[OUT_MXCSR] &= ~MXCSR_DE;
    s->data[VEX_MXCSR] &= ~MXCSR_DE;
}

/* Behind a fault registers of the vector units can't be seen; that nothing else was written can. */
static bool run_both(const Code *c, const X86TestState *before, const char *text)
{
    bool alike;

    X86TestState *ours = g_memdup2(before, sizeof(*before));
    X86TestState *native = g_memdup2(before, sizeof(*before));

    x86_native_run(native, c->bytes, c->n);
    recover();
    x86_machine_run(ours, c->bytes, c->n);
    if (interpreted) {
        forget_denormals(ours);
        forget_denormals(native);
    }
    alike = !differ(ours, native);
    if (!alike) {
        explain(text, c, before, ours, native);
    }
    g_free(ours);
    g_free(native);
    return alike;
}

static unsigned trials(void)
{
    const char *wanted = g_getenv("X86_TRIALS");

    return wanted ? strtoul(wanted, NULL, 0) : TRIALS;
}

static GArray *sse_rows, *avx_rows, *avx_and_sse_rows;

/* Fills a program: `n` rows that `pick_row` gives. */
static void make_code(Code *c, bool vex, const Row *const *row, unsigned n, bool may_fault)
{
    c->n = 0;
    (vex ? emit_vex_prologue : emit_prologue)(c);
    for (unsigned i = 0; i < n; i++) {
        emit_row(c, row[i], may_fault);
    }
    (vex ? emit_vex_epilogue : emit_epilogue)(c);
}

static void test_rows(gconstpointer data)
{
    const GArray *rows = *(GArray *const *)data;
    bool vex = rows != sse_rows;
    unsigned nb = trials();

    for (unsigned i = 0; i < rows->len; i++) {
        const Row *row = &g_array_index(rows, Row, i);

        for (unsigned n = 0; n < nb; n++) {
            X86TestState s;
            Code c;

            random_state(&s, vex, row->adds_in_any_order, n % 8 == 0);
            if (row->gathers) {
                make_small(&s);
            }
            make_code(&c, vex, &row, 1, n % 8 == 1);
            if (!run_both(&c, &s, row->text)) {
                break;
            }
        }
    }
}

static void test_sequences(gconstpointer data)
{
    const GArray *rows = *(GArray *const *)data;
    bool vex = rows != sse_rows;
    unsigned nb = trials() * 40;

    for (unsigned n = 0; n < nb; n++) {
        g_autoptr(GString) text = g_string_new(NULL);
        const Row *chosen[5];
        X86TestState s;
        Code c;

        random_state(&s, vex, false, n % 16 == 0);
        for (unsigned i = 0; i < ARRAY_SIZE(chosen); i++) {
            do {
                chosen[i] = &g_array_index(rows, Row, pick(rows->len));
            } while (chosen[i]->adds_in_any_order || chosen[i]->gathers);
            g_string_append_printf(text, "%s\n", chosen[i]->text);
        }
        make_code(&c, vex, chosen, ARRAY_SIZE(chosen), n % 16 == 1);
        if (!run_both(&c, &s, text->str)) {
            break;
        }
    }
}

static bool host_has_avx(void)
{
#ifdef __x86_64__
    unsigned eax, ebx, ecx = 0, edx;

    /* F16C by its bit: clang 14 doesn't know the name */
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
           __get_cpuid(1, &eax, &ebx, &ecx, &edx) && (ecx & 1u << 29);
#else
    return false;
#endif
}

static bool host_has_sse(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("sse4.2");
#else
    return false;
#endif
}

/* Rows of all but mmx registers, where there are whole ymm registers, too. */
static void add_without_mmx(GArray *to, const GArray *from)
{
    for (unsigned i = 0; i < from->len; i++) {
        const Row *row = &g_array_index(from, Row, i);

        if (row->operands[0] && !operand_letter(row, "PQN")) {
            g_array_append_val(to, *row);
        }
    }
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    g_assert(argc == 4);
    sse_rows = g_array_new(false, false, sizeof(Row));
    avx_rows = g_array_new(false, false, sizeof(Row));
    avx_and_sse_rows = g_array_new(false, false, sizeof(Row));
    read_rows(sse_rows, argv[2]);
    read_rows(avx_rows, argv[3]);
    add_without_mmx(avx_and_sse_rows, avx_rows);
    add_without_mmx(avx_and_sse_rows, sse_rows);
    rnd = g_rand_new_with_seed(128);
    interpreted = g_str_equal(argv[1], "interp");
    x86_machine_init(interpreted, "max");
    if (host_has_sse()) {
        g_test_add_data_func("/x86/sse/each-does-what-the-host-does", &sse_rows, test_rows);
        g_test_add_data_func("/x86/sse/sequences-do", &sse_rows, test_sequences);
    }
    if (host_has_avx()) {
        g_test_add_data_func("/x86/avx/each-does-what-the-host-does", &avx_rows, test_rows);
        g_test_add_data_func("/x86/avx/sequences-do-with-sse-between", &avx_and_sse_rows,
                             test_sequences);
    }
    result = g_test_run();
    x86_machine_exit();
    return result;
}
