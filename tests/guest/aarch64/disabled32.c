/*
 * What AArch32 at EL0 is denied by higher levels that have AArch64. SCTLR_EL1.ITD and SED take IT blocks of more than one
 * instruction, or with others than the plain ones of 16 bits, and SETEND: each line has what the program ended by, a class of
 * ESR_EL1, for each value of both bits. HSTR_EL2 has coprocessor registers trapped: which, and with what syndrome.
 *
 * SPDX-License-Identifier: MIT
 */
#include "levels.h"

typedef unsigned short u16;

enum { SVC = 0xdf00, IT_EQ = 0xbf08, ITT_EQ = 0xbf04, IT_NE = 0xbf18, IT_AL = 0xbfe8, ITD = 1 << 7, SED = 1 << 8 };

static const struct {
    const char *name;
    u16 code[6]; /* SVC follows */
} pieces[] = {
    { "it; movs r0, #1", { IT_EQ, 0x2001, SVC } },
    { "itt; movs; movs", { ITT_EQ, 0x2001, 0x2102, SVC } },
    { "it ne, not taken; add r0, r1", { IT_NE, 0x4408, SVC } },
    { "it; mov r0, r8", { IT_EQ, 0x4640, SVC } },
    { "it; add r0, pc", { IT_EQ, 0x4478, SVC } },
    { "it; mov r0, pc", { IT_EQ, 0x4678, SVC } },
    { "it; mov pc, r9", { IT_NE, 0x46cf, SVC } },
    { "it; bx pc", { IT_NE, 0x4778, SVC } },
    { "it; bx r0", { IT_NE, 0x4700, SVC } },
    { "it; ldr r0, [pc]", { IT_EQ, 0x4800, SVC, SVC } },
    { "it; add r0, pc, #0", { IT_EQ, 0xa000, SVC } },
    { "it; add r0, sp, #0", { IT_EQ, 0xa800, SVC } },
    { "it; uxtb r0, r0", { IT_EQ, 0xb2c0, SVC } },
    { "it; b", { IT_NE, 0xe7fe, SVC } },
    { "it; mov.w r0, #1", { IT_EQ, 0xf04f, 0x0001, SVC } },
    { "it; ldr.w r0, [r1] not taken", { IT_NE, 0xf8d1, 0x0000, SVC } },
    { "it al; movs", { IT_AL, 0x2001, SVC } },
    { "nop", { 0xbf00, SVC } },
    { "mov.w r0, #1", { 0xf04f, 0x0001, SVC } },
    { "add r0, pc", { 0x4478, SVC } },
    { "setend be", { 0xb658, SVC } },
};

static const struct State el0_t32 = { "", 0x400001f0, 1 /* NS */ }; /* Z */

static const struct {
    const char *name;
    u16 code[4];
} coprocessor[] = {
    { "mrc c13, TPIDRURO", { 0xee1d, 0x0f70, SVC } }, { "mrc c13, TPIDRPRW", { 0xee1d, 0x0f90, SVC } },
    { "mcr c13, TPIDRURW", { 0xee0d, 0x1f50, SVC } }, { "mcr c7, CP15DMB", { 0xee07, 0x0fba, SVC } },
    { "mrrc c14, CNTVCT", { 0xec51, 0x0f1e, SVC } },  { "mrc c0, MIDR", { 0xee10, 0x0f10, SVC } },
    { "mrc c15", { 0xee1f, 0x0f10, SVC } },           { "not taken", { IT_NE, 0xee1d, 0x0f70, SVC } },
};

static void coprocessor_traps(void)
{
    MSR(sctlr_el1, MRS(sctlr_el1) | 1 << 5); /* CP15BEN */
    for (u64 bit = 0; bit < 16; bit++) {
        MSR(hstr_el2, 1ul << bit);
        for (u64 i = 0; i < sizeof(coprocessor) / sizeof(coprocessor[0]); i++) {
            put("HSTR ");
            hex(bit);
            run(&el0_t32, 0, 0x1c0, (void *)coprocessor[i].code, 0, 0);
            report(coprocessor[i].name, "", (void *)coprocessor[i].code);
        }
    }
    MSR(hstr_el2, 0);
}

void main(void)
{
    set_up_levels();
    MSR(cntkctl_el1, 3);
    for (u64 i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        put(pieces[i].name);
        put(":");
        for (u64 bits = 0; bits < 4; bits++) {
            u64 sctlr = MRS(sctlr_el1);

            MSR(sctlr_el1, (sctlr & ~(u64)(ITD | SED)) | bits << 7);
            run(&el0_t32, 0, 0x1c0, (void *)pieces[i].code, 0, 0);
            put(" ");
            hex(record.esr >> 26);
            hex(record.elr - (u64)pieces[i].code);
            MSR(sctlr_el1, sctlr);
        }
        put("\n");
    }
    coprocessor_traps();
    end_program();
}
