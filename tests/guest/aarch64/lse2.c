/*
 * A bare program for `virt`, with any number of CPUs: accesses within 16 bytes (FEAT_LSE2). First what is ordered, exclusive or
 * atomic at each address of 16 bytes, by SCTLR_EL1.A and nAA: the syndrome of the exception, or what it has come to. Then, with two
 * CPUs, one of them stores pairs and words across doublewords that the other one loads; what is counted is what was torn.
 *
 * SPDX-License-Identifier: MIT
 */
#include "bare.h"

static unsigned char data[4096] __attribute__((aligned(4096)));

/* Two blocks of one gigabyte: devices; memory, write-back, shareable. */
static u64 table[512] __attribute__((aligned(4096)));

static void translation_on(void)
{
    table[0] = 0x401;
    table[1] = 0x40000000 | 0x705;
    MSR(mair_el1, 0xff00);
    MSR(tcr_el1, 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23);
    MSR(ttbr0_el1, table);
    MSR(sctlr_el1, MRS(sctlr_el1) | 1 << 0 | 1 << 2 | 1 << 12);
}

/* The vectors: the syndrome stays in x9, the instruction is left out. */
extern char start[], second[], vectors[];
__asm__(
    ".arch armv8.4-a+lse+rcpc\n"
    ".section .text.unlikely, \"ax\"\n" /* the linker has these first */
    ".globl start\n"
    "start: ldr x0, =stack_top\n"
    "  mov sp, x0\n"
    "  adr x0, vectors\n"
    "  msr vbar_el1, x0\n"
    "  b main\n"
    ".globl second\n"
    "second: ldr x1, =stack_top - 8192\n"
    "  mov sp, x1\n"
    "  b storing\n"
    ".balign 0x800\n"
    "vectors:\n"
    "  .rept 16\n"
    "  mrs x9, elr_el1\n"
    "  add x9, x9, #4\n"
    "  msr elr_el1, x9\n"
    "  mrs x9, esr_el1\n"
    "  eret\n"
    "  .balign 0x80\n"
    "  .endr\n"
    ".text\n"
    ".bss\n"
    ".balign 4096\n"
    ".space 16384\n"
    "stack_top:\n"
    ".text\n");

/* x0: the address; x1 to x4: registers that it may use. */
#define TRY(name, insn)                                                                                                        \
    static u64 try_##name(u64 address, u64 *value)                                                                             \
    {                                                                                                                          \
        register u64 x0 __asm__("x0") = address, x1 __asm__("x1") = 0x1122334455667788ul, x2 __asm__("x2") = 0x99aabbccddeefful,\
                 x3 __asm__("x3") = 0, x4 __asm__("x4") = 0, x5 __asm__("x5") = 0, x9 __asm__("x9") = 0;                       \
                                                                                                                               \
        __asm__ volatile(insn : "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4), "+r"(x5), "+r"(x9) : "r"(x0) : "memory");             \
        *value = x1 + 3 * x2 + 5 * x3 + 7 * x4 + 11 * x5;                                                                      \
        return x9;                                                                                                             \
    }
TRY(ldarh, "ldarh w1, [x0]")
TRY(ldar, "ldar x1, [x0]")
TRY(stlr, "stlr x1, [x0]")
TRY(stlrw, "stlr w1, [x0]")
TRY(ldapr, "ldapr x1, [x0]")
TRY(ldapur, "ldapur w1, [x0, #4]")
TRY(ldxr, "ldxr w1, [x0]\n stxr w3, w2, [x0]\n clrex")
TRY(ldxrx, "ldaxr x1, [x0]\n stlxr w3, x2, [x0]\n clrex")
TRY(ldxp, "ldxp w1, w4, [x0]\n stxp w3, w2, w1, [x0]\n clrex")
TRY(ldxpx, "ldxp x1, x4, [x0]\n stxp w3, x2, x1, [x0]\n clrex")
TRY(ldadd, "ldaddal x1, x2, [x0]")
TRY(ldaddh, "ldaddh w1, w2, [x0]")
TRY(swp, "swp w1, w2, [x0]")
TRY(cas, "cas x3, x2, [x0]")
TRY(casp, "casp w4, w5, w2, w3, [x0]")
TRY(caspx, "casp x4, x5, x2, x3, [x0]")
TRY(ldp, "ldp x1, x2, [x0]")
TRY(ldpw, "ldp w1, w2, [x0]")
TRY(ldpsw, "ldpsw x1, x2, [x0]")
TRY(stp, "stp x1, x2, [x0]")
TRY(stpw, "stp w1, w2, [x0]")
TRY(ldr, "ldr x1, [x0]")

static const struct {
    const char *name;
    u64 (*run)(u64 address, u64 *value);
} pieces[] = {
    { "ldarh", try_ldarh }, { "ldar", try_ldar },     { "stlr", try_stlr },   { "stlr w", try_stlrw }, { "ldapr", try_ldapr },
    { "ldapur", try_ldapur }, { "ldxr", try_ldxr },   { "ldaxr x", try_ldxrx }, { "ldxp", try_ldxp },  { "ldxp x", try_ldxpx },
    { "ldadd", try_ldadd }, { "ldaddh", try_ldaddh }, { "swp", try_swp },     { "cas", try_cas },      { "casp", try_casp },
    { "casp x", try_caspx }, { "ldp", try_ldp },      { "ldp w", try_ldpw },  { "ldpsw", try_ldpsw },  { "stp", try_stp },
    { "stp w", try_stpw },  { "ldr", try_ldr },
};

static u64 sum_of_data(void)
{
    u64 sum = 0;

    for (int i = 0; i < 64; i++) {
        sum = sum * 31 + ((volatile unsigned char *)data)[i];
    }
    return sum;
}

static void alignment(u64 control)
{
    for (u64 i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        put(pieces[i].name);
        put(": ");
        for (int offset = 0; offset < 16; offset++) {
            u64 value, esr, sctlr = MRS(sctlr_el1);

            for (int n = 0; n < 64; n++) {
                ((volatile unsigned char *)data)[n] = n * 37 + 1;
            }
            MSR(sctlr_el1, (sctlr & ~0x42ul) | control);
            esr = pieces[i].run((u64)data + 16 + offset, &value);
            MSR(sctlr_el1, sctlr);
            if (esr) {
                digits(esr, 28);
            } else {
                digits(value + sum_of_data(), 28);
            }
        }
        put("\n");
    }
}

/* ---- Two CPUs ---- */

static volatile u64 round __attribute__((aligned(64)));
static u64 pair[2] __attribute__((aligned(64))), words[1] __attribute__((aligned(64))),
    across[2] __attribute__((aligned(64)));

/* The same number in both halves: pairs of doublewords and of words, a word across two doublewords. */
void storing(void)
{
    translation_on();
    for (u64 i = 1; round != 2; i++) {
        u32 w = (i & 0xffff) * 0x10001;

        __asm__ volatile("stp %0, %0, [%1]" : : "r"(i), "r"(pair) : "memory");
        __asm__ volatile("stp %w0, %w0, [%1]" : : "r"(w), "r"(words) : "memory");
        __asm__ volatile("str %w0, [%1]" : : "r"(w), "r"((u64)across + 6) : "memory");
        if (round == 0) {
            round = 1;
        }
    }
    for (;;) {
    }
}

static u64 call(u64 function, u64 a, u64 b, u64 c)
{
    register u64 x0 __asm__("x0") = function, x1 __asm__("x1") = a, x2 __asm__("x2") = b, x3 __asm__("x3") = c;

    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return x0;
}

static void look(void)
{
    u64 torn[3] = { 0 }, changes = 0, before = 0;

    if (call(0xc4000003, 1, (u64)second, 0)) { /* CPU_ON */
        put("one CPU\n");
        return;
    }
    while (!round) {
    }
    for (u64 i = 0; i < 3000000 || (changes < 1000 && i < 300000000); i++) {
        u64 a, b, c, d;
        u32 e;

        __asm__ volatile("ldp %0, %1, [%2]" : "=&r"(a), "=&r"(b) : "r"(pair) : "memory");
        __asm__ volatile("ldp %w0, %w1, [%2]" : "=&r"(c), "=&r"(d) : "r"(words) : "memory");
        __asm__ volatile("ldr %w0, [%1]" : "=r"(e) : "r"((u64)across + 6) : "memory");
        torn[0] += a != b;
        torn[1] += c != d;
        torn[2] += (e & 0xffff) != e >> 16;
        changes += a != before;
        before = a;
    }
    round = 2;
    put(changes >= 1000 ? "torn: " : "nothing has changed: ");
    for (int i = 0; i < 3; i++) {
        digits(torn[i], 28);
    }
    put("\n");
}

void main(void)
{
    enum { A = 2, NAA = 0x40 };

    translation_on();
    put("plain\n");
    alignment(0);
    put("nAA\n");
    alignment(NAA);
    put("A\n");
    alignment(A);
    look();
    put("end\n");
    call(0x84000008, 0, 0, 0); /* SYSTEM_OFF */
}
