/*
 * Each instruction of the MPC755: results, flags, exceptions, and that nothing else changes.
 *
 * Reads the cases in ppc-insns.txt (format: ppc-case.h). From the row of insns.decode that a case's
 * word belongs to it knows what the instruction may write: a case that expects more is as wrong as
 * a result that differs. Every row must have a case.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-case.h"
#include "qemu/main-loop.h"
#include "target/ppc/ppc-decode.h"

typedef struct Case {
    unsigned line;
    uint32_t word;
    char *text; /* the instruction */
    char *before, *after;
} Case;

static GPtrArray *cases;

static void add_line(unsigned number, const char *line)
{
    g_auto(GStrv) parts = g_strsplit(line, "|", 3);
    Case *c = g_new0(Case, 1);
    char *end;

    if (g_strv_length(parts) != 3) {
        g_error("ppc-insns.txt:%u: expected word instruction | before | after", number);
    }
    c->line = number;
    c->word = strtoul(parts[0], &end, 16);
    c->text = g_strstrip(g_strdup(end));
    c->before = g_strdup(parts[1]);
    c->after = g_strdup(parts[2]);
    g_ptr_array_add(cases, c);
}

static void read_cases(const char *path)
{
    g_autofree char *text = NULL;
    g_autoptr(GError) error = NULL;
    g_auto(GStrv) lines = NULL;

    if (!g_file_get_contents(path, &text, NULL, &error)) {
        g_error("%s", error->message);
    }
    cases = g_ptr_array_new();
    lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; lines[i]; i++) {
        if (*g_strstrip(lines[i]) && lines[i][0] != '#') {
            add_line(i + 1, lines[i]);
        }
    }
}

static uint32_t field_value(const PPCInsnField *f, uint32_t word)
{
    return word >> f->low & ((1u << f->width) - 1);
}

static bool has_field_set(const PPCInsnRow *row, uint32_t word, const char *name)
{
    for (unsigned i = 0; i < row->nb_fields; i++) {
        if (!strcmp(row->fields[i].name, name)) {
            return field_value(&row->fields[i], word);
        }
    }
    return false;
}

static bool writes(const PPCInsnRow *row, uint32_t word, int item)
{
    uint64_t mask = row->writes;

    mask |= has_field_set(row, word, "rc") ? row->writes_rc : 0;
    mask |= has_field_set(row, word, "oe") ? row->writes_oe : 0;
    return mask >> item & 1;
}

/* Bit n: the instruction may write register n of the class that `items` are the operands of. */
static uint32_t written_registers(const PPCInsnRow *row, uint32_t word, int first, int last)
{
    uint32_t mask = 0;

    for (unsigned i = 0; i < row->nb_fields; i++) {
        const PPCInsnField *f = &row->fields[i];

        if (f->item >= first && f->item <= last && writes(row, word, f->item)) {
            mask |= 1u << field_value(f, word);
        }
    }
    /* Load multiple and string write more registers than they name. */
    return mask && row->mem_read == 0 ? UINT32_MAX : mask;
}

static uint32_t written_cr(const PPCInsnRow *row, uint32_t word)
{
    uint32_t fields = written_registers(row, word, PPC_ITEM_CRFD, PPC_ITEM_CRFS);
    uint32_t bits = written_registers(row, word, PPC_ITEM_CRBD, PPC_ITEM_CRBB);
    uint32_t mask = writes(row, word, PPC_ITEM_CR) ? UINT32_MAX : 0;

    for (int i = 0; i < 8; i++) {
        bool whole = (fields >> i & 1) || (i == 0 && writes(row, word, PPC_ITEM_CR0)) ||
                     (i == 1 && writes(row, word, PPC_ITEM_CR1));

        mask |= whole ? 0xf0000000u >> (4 * i) : 0;
    }
    for (int i = 0; i < 32; i++) {
        mask |= bits >> i & 1 ? 0x80000000u >> i : 0;
    }
    return mask;
}

static uint32_t written_xer(const PPCInsnRow *row, uint32_t word)
{
    return (writes(row, word, PPC_ITEM_SO) ? XER_SO : 0) |
           (writes(row, word, PPC_ITEM_OV) ? XER_OV : 0) |
           (writes(row, word, PPC_ITEM_CA) ? XER_CA : 0) |
           (writes(row, word, PPC_ITEM_XER) ? UINT32_MAX : 0);
}

/* What the case says changes must be what the row allows. */
static void check_effects(const Case *c, const PPCInsnRow *row, const PPCTestState *before,
                          const PPCTestState *after)
{
    uint32_t gprs = written_registers(row, c->word, PPC_ITEM_RT, PPC_ITEM_RB);
    uint32_t fprs = written_registers(row, c->word, PPC_ITEM_FRT, PPC_ITEM_FRC);

    for (int i = 0; i < 32; i++) {
        g_assert_true(before->gpr[i] == after->gpr[i] || (gprs >> i & 1));
        g_assert_true(before->fpr[i] == after->fpr[i] || (fprs >> i & 1));
    }
    g_assert_cmphex((before->cr ^ after->cr) & ~written_cr(row, c->word), ==, 0);
    g_assert_cmphex((before->xer ^ after->xer) & ~written_xer(row, c->word), ==, 0);
    g_assert_true(before->lr == after->lr || writes(row, c->word, PPC_ITEM_LR));
    g_assert_true(before->ctr == after->ctr || writes(row, c->word, PPC_ITEM_CTR));
    g_assert_true(before->fpscr == after->fpscr || writes(row, c->word, PPC_ITEM_FPSCR));
    g_assert_true(row->mem_write >= 0 || !memcmp(before->data, after->data, PPC_DATA_SIZE));
    g_assert_true(!after->stop || after->stop == PPC_EXCP_TRACE || after->stop == PPC_EXCP_IABR ||
                  (row->flags & (PPC_FLAG_TRAP | PPC_FLAG_PRIV | PPC_FLAG_FP)));
}

/* Registers that follow from how a run ended rather than from the instruction. */
static void settle_end(const PPCTestState *before, PPCTestState *expected, PPCTestState *actual,
                       PPCTestState *any)
{
    if (actual->stop == PPC_EXCP_SYSCALL && expected->stop == PPC_STOP_END) {
        actual->nip =
            actual->spr[SPR_SRR0] - 4; /* a branch to the filling, or the end with MSR[DR] set */
        actual->nip -= actual->nip == PPC_CODE + 4 ? 4 : 0;
        actual->stop = PPC_STOP_END;
        actual->msr = expected->msr;
        actual->spr[SPR_SRR0] = expected->spr[SPR_SRR0];
        actual->spr[SPR_SRR1] = expected->spr[SPR_SRR1];
    } else if (actual->stop == PPC_STOP_END && actual->nip == PPC_CODE + 8) {
        actual->nip = PPC_CODE;
    } else if (actual->stop > PPC_STOP_TIMEOUT) {
        actual->nip = actual->spr[SPR_SRR0];
        any->msr = any->spr[SPR_SRR0] = UINT32_MAX;
        if (expected->spr[SPR_SRR1] == before->spr[SPR_SRR1]) { /* the case doesn't say */
            any->spr[SPR_SRR1] = UINT32_MAX;
        }
    }
    any->spr[SPR_DEC] = UINT32_MAX;
    any->spr[SPR_TBL] = any->spr[SPR_TBU] = UINT32_MAX;
}

static void test_case(const void *data)
{
    const Case *c = data;
    int index = ppc_decode(c->word);
    PPCTestState before, expected, actual, any = { 0 };
    g_autofree char *differences = NULL;
    const char *bad;

    ppc_state_init(&before);
    if (!ppc_case_parse(c->before, &before, NULL, &bad)) {
        g_error("ppc-insns.txt:%u: bad setting before: %s", c->line, bad);
    }
    expected = before;
    if (!ppc_case_parse(c->after, &expected, &any, &bad)) {
        g_error("ppc-insns.txt:%u: bad setting after: %s", c->line, bad);
    }
    if (index >= 0) {
        check_effects(c, &ppc_insns[index], &before, &expected);
    }
    actual = before;
    ppc_machine_run(&actual, &c->word, 1);
    settle_end(&before, &expected, &actual, &any);
    differences = ppc_case_differences(&expected, &actual, &any);
    if (differences) {
        g_test_message("ppc-insns.txt:%u: %s: expected%s", c->line, c->text, differences);
        g_test_fail();
    }
}

static void test_coverage(void)
{
    bool covered[PPC_NB_INSNS] = { false };

    for (unsigned i = 0; i < cases->len; i++) {
        int index = ppc_decode(((Case *)cases->pdata[i])->word);

        if (index >= 0) {
            covered[index] = true;
        }
    }
    for (int i = 0; i < PPC_NB_INSNS; i++) {
        if (!covered[i]) {
            g_test_message("no case for %s", ppc_insns[i].name);
            g_test_fail();
        }
    }
}

int main(int argc, char **argv)
{
    bool interpreter = false;

    g_test_init(&argc, &argv, NULL);
    for (int i = 2; i < argc; i++) {
        interpreter |= !strcmp(argv[i], "interp");
    }
    g_assert_cmpint(argc, >=, 2);
    read_cases(argv[1]);
    ppc_machine_init(interpreter);
    g_test_add_func("/ppc/insns/every-row-has-a-case", test_coverage);
    for (unsigned i = 0; i < cases->len; i++) {
        const Case *c = cases->pdata[i];
        g_autofree char *path = g_strdup_printf("/ppc/insns/%u/%s", c->line, c->text);

        g_test_add_data_func(path, c, test_case);
    }
    return g_test_run();
}
