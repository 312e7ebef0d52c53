/*
 * The x86 decoder: lengths against Capstone's for random instructions; prefixes, addresses and
 * immediates of chosen ones.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <capstone/capstone.h>
#include "exec/memop.h"
#include "target/i386/cpu.h"
#include "target/i386/decode.h"

#define RANDOM_INSNS 60000

static const struct {
    X86CodeSize code;
    cs_mode mode;
    const char *name;
} modes[] = {
    { X86_CODE_16, CS_MODE_16, "16" },
    { X86_CODE_32, CS_MODE_32, "32" },
    { X86_CODE_64, CS_MODE_64, "64" },
};

static void check_random(gconstpointer data)
{
    unsigned mode = GPOINTER_TO_UINT(data), both = 0;
    uint8_t bytes[X86_MAX_INSN];
    g_autoptr(GRand) rnd = g_rand_new_with_seed(mode); /* the same ones each time */
    cs_insn *insn;
    csh handle;

    g_assert(cs_open(CS_ARCH_X86, modes[mode].mode, &handle) == CS_ERR_OK);
    insn = cs_malloc(handle);
    for (unsigned n = 0; n < RANDOM_INSNS; n++) {
        const uint8_t *code = bytes;
        size_t size = sizeof(bytes);
        uint64_t address = 0x1000;
        X86Insn ours;
        unsigned length;

        for (unsigned i = 0; i < sizeof(bytes); i++) {
            bytes[i] = g_rand_int(rnd);
        }
        if (n % 2) {
            bytes[0] = 0x0f;
        }
        length = x86_decode(bytes, sizeof(bytes), modes[mode].code, &ours);
        if (!cs_disasm_iter(handle, &code, &size, &address, insn) || !ours.row) {
            continue;
        }
        if (modes[mode].code == X86_CODE_64 && ours.data16 &&
            (ours.row->attributes & X86_FORCE_64)) {
            continue; /* near branches with 66: Intel's and AMD's CPUs differ */
        }
        if ((ours.rex & 8) && g_str_equal(ours.row->name, "RET")) {
            continue; /* Capstone gives RET with REX.W an immediate of 32 bits */
        }
        both++;
        if (length != insn->size) {
            g_test_message("%s bits: %02x %02x %02x %02x %02x %02x %02x: %s has %u bytes, \"%s %s\" %u",
                           modes[mode].name, bytes[0], bytes[1], bytes[2], bytes[3], bytes[4],
                           bytes[5], bytes[6], ours.row->name, length, insn->mnemonic, insn->op_str,
                           insn->size);
            g_test_fail();
        }
        /* One byte less isn't enough to know. */
        g_assert_cmpuint(x86_decode(bytes, length - 1, modes[mode].code, &ours), ==, 0);
    }
    cs_free(insn, 1);
    cs_close(&handle);
    g_assert_cmpuint(both, >, RANDOM_INSNS / 4);
}

typedef struct Case {
    const char *hex;
    X86CodeSize code;
    const char *name;
    unsigned opsize, adsize;
    int base, index;
    unsigned scale, segment;
    int64_t disp;
    uint64_t imm;
} Case;

static const Case cases[] = {
    /* mov eax, [rbx+rcx*4+0x10] */
    { "8b448b10", X86_CODE_64, "MOV", MO_32, MO_64, R_EBX, R_ECX, 2, R_DS, 0x10, 0 },
    /* mov rax, [r13] needs a displacement, and is in DS */
    { "498b4500", X86_CODE_64, "MOV", MO_64, MO_64, 13, -1, 0, R_DS, 0, 0 },
    /* mov ax, [bp+si-2]: SS */
    { "8b42fe", X86_CODE_16, "MOV", MO_16, MO_16, R_EBP, R_ESI, 0, R_SS, -2, 0 },
    /* the same with ES */
    { "268b42fe", X86_CODE_16, "MOV", MO_16, MO_16, R_EBP, R_ESI, 0, R_ES, -2, 0 },
    /* add dword [0x12345678], -1 */
    { "830578563412ff", X86_CODE_32, "ADD", MO_32, MO_32, -1, -1, 0, R_DS, 0x12345678,
      UINT64_MAX },
    /* 16-bit code with both size prefixes: mov eax, [esp+eax*8] */
    { "67668b04c4", X86_CODE_16, "MOV", MO_32, MO_32, R_ESP, R_EAX, 3, R_SS, 0, 0 },
    /* mov r10, imm64 */
    { "49ba8877665544332211", X86_CODE_64, "MOV", MO_64, MO_64, -1, -1, 0, R_DS, 0,
      0x1122334455667788 },
    /* REX before a prefix doesn't count: 48 66 8b c1 is mov ax, cx */
    { "48668bc1", X86_CODE_64, "MOV", MO_16, MO_64, -1, -1, 0, R_DS, 0, 0 },
    /* FS, then CS: in 64-bit mode the latter says nothing */
    { "642e8b00", X86_CODE_64, "MOV", MO_32, MO_64, R_EAX, -1, 0, R_FS, 0, 0 },
};

static void check_chosen(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const Case *c = &cases[i];
        uint8_t bytes[X86_MAX_INSN];
        unsigned size = strlen(c->hex) / 2;
        X86Insn insn;

        for (unsigned n = 0; n < size; n++) {
            bytes[n] = g_ascii_xdigit_value(c->hex[2 * n]) << 4 |
                       g_ascii_xdigit_value(c->hex[2 * n + 1]);
        }
        g_test_message("%s", c->hex);
        g_assert_cmpuint(x86_decode(bytes, size, c->code, &insn), ==, size);
        g_assert_nonnull(insn.row);
        g_assert_cmpstr(insn.row->name, ==, c->name);
        g_assert_cmpuint(insn.opsize, ==, c->opsize);
        g_assert_cmpuint(insn.adsize, ==, c->adsize);
        g_assert_cmpint(insn.base, ==, c->base);
        g_assert_cmpint(insn.index, ==, c->index);
        g_assert_cmpuint(insn.scale, ==, c->scale);
        g_assert_cmpuint(insn.segment, ==, c->segment);
        g_assert_cmpint(insn.disp, ==, c->disp);
        g_assert_cmphex(insn.imm, ==, c->imm);
    }
}

/* Fifteen prefixes and more: no such instruction, however many bytes follow. */
static void check_too_long(void)
{
    uint8_t bytes[X86_MAX_INSN];
    X86Insn insn;

    memset(bytes, 0x66, sizeof(bytes));
    g_assert_cmpuint(x86_decode(bytes, sizeof(bytes), X86_CODE_32, &insn), >, X86_MAX_INSN);
    g_assert_cmpuint(x86_decode(bytes, 3, X86_CODE_32, &insn), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (unsigned i = 0; i < ARRAY_SIZE(modes); i++) {
        g_autofree char *path = g_strdup_printf("/x86/decode/random/%s", modes[i].name);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), check_random);
    }
    g_test_add_func("/x86/decode/chosen", check_chosen);
    g_test_add_func("/x86/decode/too-long", check_too_long);
    return g_test_run();
}
