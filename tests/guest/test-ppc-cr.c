/*
 * CR logic and moves of the CR in straight-line code: what the translator knows of a field (how it
 * was written last, bits that are constant, what mfcr gathered before) must not show in the
 * results. Nor must it show that compares leave SO where it is: what a field got is what XER[SO] was
 * then, whatever changes it afterwards. On the back end named by the first argument: host or
 * interp.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-system.h"
#include "hw/qdev-core.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/bitops.h"

#define MFCR(rt)        X(19u, rt, 0, 0)
#define MTCRF(crm, rs)  (X(144u, rs, 0, 0) | (crm) << 12)
#define CMPW(crf, a, b) X(0u, (crf) << 2, a, b)
#define MCRF(to, from)  (19u << 26 | (to) << 23 | (from) << 18)
#define CRLOGIC(xo, t, a, b) (19u << 26 | (t) << 21 | (a) << 16 | (b) << 11 | (xo) << 1)

enum {
    CRNOR = 33,
    CRANDC = 129,
    CRXOR = 193,
    CRNAND = 225,
    CRAND = 257,
    CREQV = 289,
    CRORC = 417,
    CROR_ = 449,
};
static const unsigned logic_ops[] = { CRNOR, CRANDC, CRXOR, CRNAND, CRAND, CREQV, CRORC, CROR_ };

static bool logic(unsigned xo, bool a, bool b)
{
    switch (xo) {
    case CRNOR:
        return !(a | b);
    case CRANDC:
        return a & !b;
    case CRXOR:
        return a ^ b;
    case CRNAND:
        return !(a & b);
    case CRAND:
        return a & b;
    case CREQV:
        return a == b;
    case CRORC:
        return a | !b;
    default:
        return a | b;
    }
}

/* r5 and r6 are compared, r7 is what mtcrf takes. */
static uint32_t sources[3];

static void choose_sources(void)
{
    sources[0] = g_test_rand_int_range(-2, 3);
    sources[1] = g_test_rand_int_range(-2, 3);
    sources[2] = g_test_rand_int();
}

/* What the instructions below do to the CR. */
static uint32_t model(uint32_t cr, uint32_t insn)
{
    unsigned t = insn >> 21 & 31, a = insn >> 16 & 31, b = insn >> 11 & 31, xo = insn >> 1 & 0x3ff;
    int32_t x = sources[0], y = sources[1];

    if (insn >> 26 == 31 && xo == 0) {
        return deposit32(cr, 28 - t, 4, x < y ? 8 : x > y ? 4 : 2);
    }
    if (insn >> 26 == 31) {
        for (unsigned crf = 0; crf < 8; crf++) {
            if (insn >> (12 + 7 - crf) & 1) {
                cr = deposit32(cr, 28 - 4 * crf, 4, sources[2] >> (28 - 4 * crf) & 15);
            }
        }
        return cr;
    }
    if (xo == 0) {
        return deposit32(cr, 28 - (t & ~3u), 4, cr >> (28 - (a & ~3u)) & 15);
    }
    return deposit32(cr, 31 - t, 1, logic(xo, cr >> (31 - a) & 1, cr >> (31 - b) & 1));
}

/* Runs `n` instructions with an mfcr after each that `mfcrs` has a bit for, and one in the end. */
static void check(uint32_t cr, const uint32_t *insns, unsigned n, uint32_t mfcrs)
{
    uint32_t code[40], expected[16], len = 0, gathered = 0, last = cr;

    begin(0);
    memcpy(&s.gpr[5], sources, sizeof(sources));
    s.cr = cr;
    for (unsigned i = 0; i < n; i++) {
        code[len++] = insns[i];
        last = model(last, insns[i]);
        if (mfcrs >> i & 1) {
            expected[gathered] = last;
            code[len++] = MFCR(10 + gathered++);
        }
    }
    code[len++] = MFCR(3);
    code[len++] = SC;
    ppc_machine_run(&s, code, len);
    g_assert_cmphex(s.gpr[3], ==, last);
    g_assert_cmphex(s.cr, ==, last);
    for (unsigned i = 0; i < gathered; i++) {
        g_assert_cmphex(s.gpr[10 + i], ==, expected[i]);
    }
}

/* Each operation on bits of one field and of two, with the field as each kind of instruction leaves
 * it. */
static void test_logic(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(logic_ops) * 100; i++) {
        unsigned t = 4 + i % 4, a = 4 + i / 4 % 5, b = 4 + i / 20 % 5;
        uint32_t insn = CRLOGIC(logic_ops[i / 100], t, a, b);
        uint32_t cr = g_test_rand_int();

        choose_sources();
        check(cr, (uint32_t[]){ insn }, 1, 0);
        check(cr, (uint32_t[]){ CMPW(1, 5, 6), insn, insn }, 3, 0);
        check(cr, (uint32_t[]){ MTCRF(0x60, 7), insn, insn }, 3, 1);
        check(cr, (uint32_t[]){ CMPW(2, 5, 6), MCRF(1, 2), insn }, 3, 3);
    }
}

static uint32_t random_insn(void)
{
    unsigned t = g_test_rand_int_range(0, 12), a = g_test_rand_int_range(0, 12);
    unsigned b = g_test_rand_bit() ? a : g_test_rand_int_range(0, 12);

    switch (g_test_rand_int_range(0, 8)) {
    case 0:
        return CMPW(t / 4, 5, 6);
    case 1:
        return MTCRF(g_test_rand_int_range(0, 256), 7);
    case 2:
        return MCRF(t / 4, a / 4);
    case 3:
        return CRLOGIC(g_test_rand_bit() ? CRXOR : CREQV, t, a, a);
    default:
        return CRLOGIC(logic_ops[g_test_rand_int_range(0, ARRAY_SIZE(logic_ops))], t, a, b);
    }
}

static void test_sequences(void)
{
    for (unsigned n = 0; n < 1000; n++) {
        uint32_t insns[16];

        choose_sources();
        for (unsigned i = 0; i < ARRAY_SIZE(insns); i++) {
            insns[i] = random_insn();
        }
        check(g_test_rand_int(), insns, ARRAY_SIZE(insns), g_test_rand_int() & g_test_rand_int());
    }
}

/* ---- Summary overflow */

#define MTXER(rs)   MTSPR(SPR_XER, rs)
#define MCRXR(crf)  X(512u, (crf) << 2, 0, 0)
#define OE          0x400u
#define RECORD      1u
#define CMPLWI(crf, ra, ui) D(10u, (crf) << 2, ra, ui)
#define FCMPU(crf, a, b) (63u << 26 | (crf) << 23 | (a) << 16 | (b) << 11)
#define NEXT_BLOCK  BRANCH(4)

/* Of what instructions write to a field: LT, GT, EQ without SO. The field is CR0, r5 < r6. */
typedef struct FieldWriter {
    const char *name;
    uint32_t code[3];
    unsigned bits;
    bool own_so; /* clear, whatever XER[SO] is */
} FieldWriter;

static const FieldWriter field_writers[] = {
    { "cmpw, less", { CMPW(0, 5, 6), NOP, NOP }, 8 },
    { "cmpw, greater", { CMPW(0, 6, 5), NOP, NOP }, 4 },
    { "cmpw, equal", { CMPW(0, 5, 5), NOP, NOP }, 2 },
    { "cmplwi", { CMPLWI(0, 6, 0x8000), NOP, NOP }, 8 },
    { "and.", { X(28u, 6, 6, 9) | RECORD, NOP, NOP }, 4 },
    { "and., zero", { X(28u, 6, 11, 10) | RECORD, NOP, NOP }, 2 },
    { "stwcx.", { LWARX(11, 0, 12), STWCX(11, 0, 12), NOP }, 2 },
    { "stwcx. in vain", { STWCX(11, 0, 12), NOP, NOP }, 0 },
    { "mcrf", { CMPW(3, 5, 6), MCRF(0, 3), NOP }, 8 },
    { "crclr eq", { CMPW(0, 5, 5), CRLOGIC(CRXOR, 2, 2, 2), NOP }, 0 },
    { "crset gt", { CMPW(0, 5, 6), CRLOGIC(CREQV, 1, 1, 1), NOP }, 12 },
    { "mtcrf", { MTCRF(0x80, 10), NOP, NOP }, 0, true },
    { "fcmpu", { FCMPU(0, 1, 1), NOP, NOP }, 2, true },
};

/* What changes XER: r8 = 0, r9 = INT32_MAX, r10 = 0, r13 = XER_SO. */
static const struct {
    const char *name;
    uint32_t insn, so[2]; /* what SO becomes, by what it was */
} so_writers[] = {
    { "none", NOP, { 0, 1 } },
    { "addo", X(266u, 14, 9, 9) | OE, { 1, 1 } },
    { "addo without overflow", X(266u, 14, 8, 9) | OE, { 0, 1 } },
    { "addo.", X(266u, 14, 9, 9) | OE, { 1, 1 } },
    { "subfo", X(40u, 14, 15, 9) | OE, { 1, 1 } },
    { "addeo", X(138u, 14, 9, 9) | OE, { 1, 1 } },
    { "nego", X(104u, 14, 15, 0) | OE, { 1, 1 } },
    { "mullwo", X(235u, 14, 9, 9) | OE, { 1, 1 } },
    { "divwo", X(491u, 14, 9, 8) | OE, { 1, 1 } },
    { "divwuo", X(459u, 14, 9, 8) | OE, { 1, 1 } },
    { "mtxer", MTXER(13), { 1, 1 } },
    { "mtxer, clearing", MTXER(8), { 0, 0 } },
    { "mcrxr", MCRXR(7), { 0, 0 } },
};

/* How the field is read: r3 becomes the CR where it isn't read by its bits. */
enum { READ_BY_END, READ_BY_MFCR, READ_BY_BRANCH, READ_BY_MCRF, READ_BY_LOGIC, READ_BY_FAULT, READERS };

static unsigned add_reader(uint32_t *code, unsigned reader)
{
    unsigned n = 0;

    switch (reader) {
    case READ_BY_MFCR:
        code[n++] = MFCR(3);
        break;
    case READ_BY_BRANCH: /* r3 = SO of the field */
        code[n++] = LI(3, 1);
        code[n++] = BC(12, 3, 8);
        code[n++] = LI(3, 0);
        break;
    case READ_BY_MCRF:
        code[n++] = MCRF(2, 0);
        code[n++] = MFCR(3);
        break;
    case READ_BY_LOGIC: /* to CR2: none of the bits stays where it was */
        for (unsigned bit = 0; bit < 4; bit++) {
            code[n++] = CRLOGIC(CROR_, 8 + 3 - bit, bit, bit);
        }
        break;
    case READ_BY_FAULT:
        code[n++] = LWZ(3, 0, 4);
        break;
    }
    return n;
}

static const uint8_t reversed[16] = { 0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15 };

/* `where`: bit 0: the field is written in another block than SO, bit 1: and read in another one */
static void check_so(const FieldWriter *writer, unsigned changer, unsigned reader, unsigned where,
                     unsigned so)
{
    unsigned expected = writer->bits | (writer->own_so ? 0 : so), n = 0, fault;
    uint32_t code[40];

    begin(reader == READ_BY_FAULT ? MSR_DR | MSR_FP : MSR_FP);
    s.cr = 0x06060606;
    s.xer = so ? XER_SO : 0;
    s.gpr[5] = -7;
    s.gpr[6] = 5;
    s.gpr[7] = 0x12345678;
    s.gpr[8] = s.gpr[10] = 0;
    s.gpr[9] = INT32_MAX;
    s.gpr[12] = PPC_DATA;
    s.gpr[13] = XER_SO;
    s.gpr[15] = INT32_MIN;
    memcpy(code, writer->code, sizeof(writer->code));
    n = ARRAY_SIZE(writer->code);
    code[n++] = where & 1 ? NEXT_BLOCK : NOP;
    code[n++] = so_writers[changer].insn;
    code[n++] = where & 2 ? NEXT_BLOCK : NOP;
    fault = n;
    n += add_reader(code + n, reader);
    code[n++] = SC;
    ppc_machine_run(&s, code, n);
    if (reader == READ_BY_FAULT) {
        g_assert_cmphex(s.stop, ==, PPC_EXCP_DSI);
        g_assert_cmphex(s.spr[SPR_SRR0], ==, PPC_CODE + 4 * fault);
    }
    g_assert_cmphex(s.cr >> 28, ==, expected);
    g_assert_cmphex(s.xer >> 31, ==, so_writers[changer].so[so]);
    if (reader == READ_BY_MFCR) {
        g_assert_cmphex(s.gpr[3], ==, s.cr);
    } else if (reader == READ_BY_BRANCH) {
        g_assert_cmphex(s.gpr[3], ==, expected & 1);
    } else if (reader == READ_BY_MCRF) {
        g_assert_cmphex(s.gpr[3] >> 20 & 15, ==, expected);
    } else if (reader == READ_BY_LOGIC) {
        g_assert_cmphex(s.cr >> 20 & 15, ==, reversed[expected]);
    }
}

static bool uses_memory(const FieldWriter *writer)
{
    return g_str_has_prefix(writer->name, "stwcx.");
}

static void test_so(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(field_writers) * ARRAY_SIZE(so_writers) * READERS * 8; i++) {
        unsigned changer = i / 8 % ARRAY_SIZE(so_writers);
        unsigned reader = i / 8 / ARRAY_SIZE(so_writers) % READERS;
        const FieldWriter *writer = &field_writers[i / 8 / ARRAY_SIZE(so_writers) / READERS];

        if (reader == READ_BY_FAULT && uses_memory(writer)) {
            continue;
        }
        if (g_test_verbose()) {
            g_test_message("%s, %s, reader %u, %u", writer->name, so_writers[changer].name, reader,
                           i & 7);
        }
        check_so(writer, changer, reader, i & 3, i >> 2 & 1);
    }
}

/* Several fields, each with the SO of its time, however often SO changes. */
static void test_so_sequences(void)
{
    for (unsigned n = 0; n < 1000; n++) {
        uint32_t code[64], cr = g_test_rand_int();
        unsigned len = 0, so = g_test_rand_bit(), set = 0;

        begin(0);
        choose_sources();
        s.cr = cr;
        s.xer = so ? XER_SO : 0;
        s.gpr[9] = INT32_MAX;
        s.gpr[8] = s.gpr[10] = 0;
        s.gpr[13] = XER_SO;
        s.gpr[15] = INT32_MIN;
        memcpy(&s.gpr[5], sources, sizeof(sources));
        while (len < 50) {
            unsigned changer = g_test_rand_int_range(0, ARRAY_SIZE(so_writers));
            unsigned crf = g_test_rand_int_range(0, 8);

            switch (g_test_rand_int_range(0, 6)) {
            case 0:
                if (so_writers[changer].insn == MCRXR(7)) {
                    continue;
                }
                code[len++] = so_writers[changer].insn;
                so = so_writers[changer].so[so];
                break;
            case 1:
                code[len++] = NEXT_BLOCK;
                break;
            case 2:
                code[len] = random_insn();
                if (code[len] >> 26 == 31) {
                    continue;
                }
                cr = model(cr, code[len++]);
                break;
            case 3: /* r16 counts those that are set */
                code[len++] = BC(4, crf * 4 + 3, 8);
                code[len++] = ADDI(16, 16, 1);
                set += cr >> (28 - crf * 4) & 1;
                break;
            default:
                code[len] = CMPW(crf, 5, 6);
                cr = model(cr, code[len++]);
                cr = deposit32(cr, 28 - 4 * crf, 1, so);
            }
        }
        s.gpr[16] = 0;
        code[len++] = MFCR(3);
        code[len++] = SC;
        ppc_machine_run(&s, code, len);
        g_assert_cmphex(s.gpr[3], ==, cr);
        g_assert_cmphex(s.cr, ==, cr);
        g_assert_cmphex(s.xer >> 31, ==, so);
        g_assert_cmpuint(s.gpr[16], ==, set);
    }
}

/* A snapshot has the CR with SO as it was compared, whatever XER[SO] is when it is loaded. */
static void test_snapshot(void)
{
    PowerPCCPU *cpu = ppc_machine_cpu();
    const VMStateDescription *vmsd = DEVICE_GET_CLASS(cpu)->vmsd;
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    VMStateReader reader;

    begin(0);
    s.gpr[5] = -1;
    s.gpr[6] = 1;
    s.xer = XER_SO;
    RUN(CMPW(0, 5, 6), CMPW(1, 6, 5), CMPW(2, 5, 5), MTCRF(1, 5), SC);
    g_assert_cmphex(s.cr >> 20, ==, 0x953);
    g_assert_cmpint(vmstate_save_state(bytes, vmsd, cpu, &error_abort), ==, 0);
    ppc_set_cr(&cpu->env, 0);
    ppc_set_xer(&cpu->env, 0);
    reader = (VMStateReader){ .data = bytes->data, .size = bytes->len };
    g_assert_cmpint(vmstate_load_state(&reader, vmsd, cpu, &error_abort), ==, 0);
    g_assert_cmphex(ppc_get_cr(&cpu->env), ==, s.cr);
    g_assert_cmphex(ppc_get_xer(&cpu->env), ==, s.xer);
}

#define RLWINM(a, s, sh, mb, me)                                                                   \
    (21u << 26 | (s) << 21 | (a) << 16 | (sh) << 11 | (mb) << 6 | (me) << 1)

static uint32_t rotated(uint32_t v, unsigned sh, unsigned mb, unsigned me)
{
    uint32_t mask = 0;

    for (unsigned bit = mb;; bit = (bit + 1) % 32) {
        mask |= 0x80000000u >> bit;
        if (bit == me) {
            return (v << sh | (sh ? v >> (32 - sh) : 0)) & mask;
        }
    }
}

/* Few bits of what mfcr reads: the others aren't gathered where nobody sees them. */
static void test_bits(void)
{
    for (unsigned n = 0; n < 400; n++) {
        unsigned sh = g_test_rand_int_range(0, 32), mb = g_test_rand_int_range(0, 32);
        unsigned me = n % 2 ? mb : (mb + g_test_rand_int_range(0, 4)) % 32, crf = n % 8;
        uint32_t cr;

        ppc_state_init(&s);
        choose_sources();
        s.gpr[5] = sources[0];
        s.gpr[6] = sources[1];
        s.cr = sources[2];
        s.xer = 0;
        cr = (int32_t)s.gpr[5] < (int32_t)s.gpr[6] ? 8 : s.gpr[5] == s.gpr[6] ? 2 : 4;
        cr = (s.cr & ~(0xf0000000u >> 4 * crf)) | cr << (28 - 4 * crf);
        RUN(CMPW(crf, 5, 6), MFCR(8), RLWINM(8, 8, sh, mb, me), MFCR(9), RLWINM(10, 9, sh, mb, me),
            MFCR(11), NOP, RLWINM(11, 11, sh, mb, me), MFCR(12));
        g_assert_cmphex(s.gpr[8], ==, rotated(cr, sh, mb, me));
        g_assert_cmphex(s.gpr[9], ==, cr);
        g_assert_cmphex(s.gpr[10], ==, rotated(cr, sh, mb, me));
        g_assert_cmphex(s.gpr[11], ==, rotated(cr, sh, mb, me));
        g_assert_cmphex(s.gpr[12], ==, cr);
    }
}

int main(int argc, char **argv)
{
    int result;

    g_test_init(&argc, &argv, NULL);
    ppc_machine_init(argc > 1 && !strcmp(argv[1], "interp"));
    g_test_add_func("/ppc/cr/logic-whatever-wrote-the-field", test_logic);
    g_test_add_func("/ppc/cr/sequences-with-mfcr-in-between", test_sequences);
    g_test_add_func("/ppc/cr/so-is-that-of-the-compare", test_so);
    g_test_add_func("/ppc/cr/so-in-sequences", test_so_sequences);
    g_test_add_func("/ppc/cr/snapshot-keeps-so", test_snapshot);
    g_test_add_func("/ppc/cr/single-bits-of-mfcr", test_bits);
    result = g_test_run();
    ppc_machine_exit();
    return result;
}
