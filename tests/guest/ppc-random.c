/*
 * Random PowerPC programs: prints the state that each one ends in, for comparison between back
 * ends.
 *
 *     ppc-random host|interp|host-step|interp-step SEED COUNT [show]
 *
 * With -step it runs by a debugger's single steps. The state includes how many instructions were
 * executed.
 *
 * Program n depends on SEED + n only; every second one runs with address translation. Instructions
 * come from the rows of insns.decode with random operands, within these limits: r26-r31 are
 * addresses and indices that only update forms change; branches go forward, but for a bdnz to the
 * start at the end, so that every program ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "ppc-random.h"
#include "qemu/main-loop.h"
#include "target/ppc/ppc-decode.h"

#define MAX_INSNS         40
#define FIRST_ADDRESS_REG 26
#define FIRST_INDEX_REG   29

/* Rows whose effect isn't the same in every run, or that leave the program. */
static const char *const excluded[] = {
    "sc",    "rfi",   "mftb",  "lmw",  "lswx",   "stswx", "b",
    "bclr",  "bcctr", "mtmsr", "mtsr", "mtsrin", "tlbld", "tlbli",
    "eciwx", "ecowx", "tw",    "twi",  "dcbi",   "fres",  "frsqrte",
};

/* Of these, the ones that change nothing but where a translated program's next access goes. */
static const char *const only_translated[] = { "mtsr", "mtsrin", "dcbi" };

static bool is_excluded(const PPCInsnRow *row, bool translated)
{
    for (size_t i = 0; translated && i < ARRAY_SIZE(only_translated); i++) {
        if (!strcmp(row->name, only_translated[i])) {
            return false;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(excluded); i++) {
        if (!strcmp(row->name, excluded[i])) {
            return true;
        }
    }
    return false;
}

static bool is_memory(const PPCInsnRow *row)
{
    return row->mem_read >= 0 || row->mem_write >= 0;
}

static uint32_t register_field(Random *r, const PPCInsnRow *row, const char *name)
{
    if (is_memory(row) && !strcmp(name, "ra")) {
        return FIRST_ADDRESS_REG + below(r, FIRST_INDEX_REG - FIRST_ADDRESS_REG);
    }
    if (is_memory(row) && !strcmp(name, "rb")) {
        return FIRST_INDEX_REG + below(r, 32 - FIRST_INDEX_REG);
    }
    return below(r, row->mem_read == 0 ? 12 : FIRST_ADDRESS_REG); /* lswi writes up to eight */
}

static uint32_t spr_field(Random *r)
{
    static const unsigned sprs[] = { SPR_XER, SPR_LR, SPR_SPRG0, SPR_SPRG0 + 1, SPR_SRR0, SPR_DAR };
    unsigned n = sprs[below(r, ARRAY_SIZE(sprs))];

    return (n & 31) << 5 | n >> 5;
}

static uint32_t field(Random *r, const PPCInsnRow *row, const PPCInsnField *f, unsigned left)
{
    if (f->item >= PPC_ITEM_RT && f->item <= PPC_ITEM_RB) {
        return register_field(r, row, f->name);
    }
    if (!strcmp(f->name, "d")) {
        return below(r, 16) ? 4 * below(r, 0x10) : below(r, 0x40);
    }
    if (!strcmp(f->name, "spr")) {
        return spr_field(r);
    }
    if (!strcmp(f->name, "bo")) {
        return 4 + 8 * below(r, 3);
    }
    if (!strcmp(f->name, "bd")) {
        return 1 + below(r, left);
    }
    return !strcmp(f->name, "aa") ? 0 : next_random(r) & ((1u << f->width) - 1);
}

/* `left`: instructions until the end of the program. */
static uint32_t random_insn(Random *r, unsigned left, bool translated)
{
    const PPCInsnRow *row;
    uint32_t word;

    do {
        row = &ppc_insns[below(r, PPC_NB_INSNS)];
    } while (is_excluded(row, translated));
    word = row->match;
    for (unsigned i = 0; i < row->nb_fields; i++) {
        word |= field(r, row, &row->fields[i], left) << row->fields[i].low;
    }
    return word;
}

/* Two instructions: those of a real-mode program change its MSR now and then. */
static void random_mtmsr(Random *r, uint32_t code[2])
{
    static const uint16_t values[] = {
        MSR_FP | MSR_ME,          MSR_FP | MSR_ME | MSR_RI,  MSR_ME,
        MSR_FP | MSR_ME | MSR_PM, MSR_FP | MSR_ME | MSR_FE0,
    };
    uint32_t rt = below(r, FIRST_ADDRESS_REG);

    code[0] = 14u << 26 | rt << 21 | values[below(r, ARRAY_SIZE(values))];
    code[1] = 31u << 26 | rt << 21 | 146u << 1;
}

static unsigned random_program(Random *r, uint32_t *code, bool translated)
{
    unsigned n = 4 + below(r, MAX_INSNS - 4);

    for (unsigned i = 0; i < n; i++) {
        code[i] = random_insn(r, n - i, translated);
        if (!translated && i + 2 < n && !below(r, 12)) {
            random_mtmsr(r, &code[i++]);
        }
    }
    code[n] = 0x42000000 | (-4 * n & 0xfffc); /* bdnz start */
    return n + 1;
}

static uint32_t hard_word(Random *r)
{
    static const uint32_t words[] = { 0, 1, 0xffffffff, 0x80000000, 0x7fffffff, 0x8000, 0xffff };

    return below(r, 3) ? next_random(r) : words[below(r, ARRAY_SIZE(words))];
}

static uint64_t hard_double(Random *r)
{
    static const uint64_t doubles[] = {
        0,
        1ull << 63,
        0x7ff0000000000000,
        0xfff0000000000000,
        0x7ff8000000000000,
        0x7ff0000000000001,
        0x3ff0000000000000,
        0x0010000000000000,
        0x0000000000000001,
        0x7fefffffffffffff,
        0x47efffffe0000000,
        0x36a0000000000000,
        0x41dfffffffc00000,
    };

    switch (below(r, 3)) {
    case 0:
        return doubles[below(r, ARRAY_SIZE(doubles))];
    case 1:
        return (uint64_t)(0x3f0 + below(r, 32)) << 52 | (uint64_t)next_random(r) << 20;
    default:
        return (uint64_t)next_random(r) << 32 | next_random(r);
    }
}

static void random_state(Random *r, PPCTestState *s)
{
    ppc_state_init(s);
    for (int i = 0; i < FIRST_ADDRESS_REG; i++) {
        s->gpr[i] = hard_word(r);
    }
    for (int i = FIRST_ADDRESS_REG; i < FIRST_INDEX_REG; i++) {
        s->gpr[i] = PPC_DATA + 0x400 + 4 * below(r, 0x200);
    }
    for (int i = FIRST_INDEX_REG; i < 32; i++) {
        s->gpr[i] = below(r, 16) ? 4 * below(r, 0x40) : below(r, 0x100);
    }
    for (int i = 0; i < 32; i++) {
        s->fpr[i] = hard_double(r);
    }
    s->cr = next_random(r);
    s->xer = hard_word(r) & 0xe000007f;
    s->ctr = 1 + below(r, 4);
}

/* Addresses near the border of two pages, most of them aligned. */
static void translate(Random *r, PPCTestState *s)
{
    uint32_t border = ppc_random_translation(r, s);

    for (int i = FIRST_ADDRESS_REG; i < FIRST_INDEX_REG; i++) {
        s->gpr[i] = border - 0x20 + (below(r, 4) ? 4 * below(r, 12) : below(r, 0x30));
    }
    for (int i = FIRST_INDEX_REG; i < 32; i++) {
        s->gpr[i] = 4 * below(r, 8) - 0x10;
    }
}

static void show(const PPCTestState *s, const uint32_t *code, unsigned n)
{
    for (unsigned i = 0; code && i < n; i++) {
        printf("  %08x %s\n", code[i], ppc_insns[ppc_decode(code[i])].name);
    }
    for (int i = 0; i < 32; i++) {
        printf("  r%d=%08x f%d=%016" PRIx64 "\n", i, s->gpr[i], i, s->fpr[i]);
    }
    printf("  nip=%08x cr=%08x xer=%08x lr=%08x ctr=%08x fpscr=%08x msr=%08x\n", s->nip, s->cr,
           s->xer, s->lr, s->ctr, s->fpscr, s->msr);
    printf("  insns=%" PRIu64 "\n", s->insns);
    printf("  srr0=%08x srr1=%08x dar=%08x dsisr=%08x\n", s->spr[SPR_SRR0], s->spr[SPR_SRR1],
           s->spr[SPR_DAR], s->spr[SPR_DSISR]);
}

/* Without an isync behind it: when it takes effect on fetches is the CPU's choice. */
static bool changes_segments(const uint32_t *code, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (g_str_has_prefix(ppc_insns[ppc_decode(code[i])].name, "mtsr")) {
            return true;
        }
    }
    return false;
}

static void run_program(uint64_t seed, bool verbose)
{
    Random r = { seed * 0x2545f4914f6cdd1dull };
    bool translated = seed & 1;
    uint32_t code[MAX_INSNS + 2];
    struct {
        PPCTestState s;
        uint32_t entries[2 * PPC_RANDOM_ENTRIES];
    } end = { 0 };
    PPCTestState *s = &end.s;
    g_autofree char *digest = NULL;
    unsigned n;

    random_state(&r, s);
    if (translated) {
        translate(&r, s);
    }
    n = random_program(&r, code, translated);
    if (verbose) {
        show(s, code, n);
    }
    ppc_machine_run(s, code, n);
    if (translated) {
        ppc_random_entries(end.entries);
    }
    s->nip = 0; /* somewhere behind the stop */
    s->spr[SPR_DEC] = s->spr[SPR_TBL] = s->spr[SPR_TBU] = 0;
    if (verbose) {
        show(s, NULL, 0);
    }
    digest = g_compute_checksum_for_data(G_CHECKSUM_SHA1, (const guchar *)&end, sizeof(end));
    printf("%" PRIu64 " stop %x after %" PRIu64 ": %s%s\n", seed, s->stop, s->insns, digest,
           changes_segments(code, n) ? " mtsr" : "");
}

int main(int argc, char **argv)
{
    uint64_t seed, count;

    if (argc < 4) {
        fprintf(stderr, "usage: ppc-random host|interp|host-step|interp-step SEED COUNT [show]\n");
        return 2;
    }
    seed = strtoull(argv[2], NULL, 0);
    count = strtoull(argv[3], NULL, 0);
    ppc_machine_init(g_str_has_prefix(argv[1], "interp"));
    ppc_machine_step(g_str_has_suffix(argv[1], "-step"));
    for (uint64_t i = 0; i < count; i++) {
        run_program(seed + i, argc > 4);
    }
    fflush(stdout);
    _exit(0);
}
