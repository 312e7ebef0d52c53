/*
 * x86-64 instruction encoder.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "emit.h"

void x_byte(TCGContext *s, uint8_t v)
{
    tcg_code_append(s, &v, 1);
}

void x_imm32(TCGContext *s, int32_t v)
{
    tcg_code_append(s, &v, 4);
}

void x_imm64(TCGContext *s, uint64_t v)
{
    tcg_code_append(s, &v, 8);
}

/* Prefixes and opcode bytes. The arguments are register numbers, of which bit 3 goes into REX. */
static void opcode(TCGContext *s, unsigned op, unsigned reg, unsigned index, unsigned base,
                   bool byte_rm)
{
    unsigned rex = (op & X_W ? 8 : 0) | (reg >> 3 & 1) << 2 | (index >> 3 & 1) << 1 |
                   (base >> 3 & 1);

    if (op & X_66) {
        x_byte(s, 0x66);
    }
    if (op & (X_F2 | X_F3)) {
        x_byte(s, op & X_F2 ? 0xf2 : 0xf3);
    }
    if (rex || ((op & X_BYTE_REG) && reg >= RSP) || byte_rm) {
        x_byte(s, 0x40 | rex);
    }
    if (op & (X_0F | X_0F38 | X_0F3A)) {
        x_byte(s, 0x0f);
    }
    if (op & (X_0F38 | X_0F3A)) {
        x_byte(s, op & X_0F38 ? 0x38 : 0x3a);
    }
    x_byte(s, op);
}

static void modrm(TCGContext *s, unsigned mod, unsigned reg, unsigned rm)
{
    x_byte(s, mod << 6 | (reg & 7) << 3 | (rm & 7));
}

void x_rr(TCGContext *s, unsigned op, unsigned reg, unsigned rm)
{
    opcode(s, op, reg, 0, rm, (op & X_BYTE_RM) && rm >= RSP);
    modrm(s, 3, reg, rm);
}

static void modrm_mem(TCGContext *s, unsigned reg, X86Mem m)
{
    bool sib = m.index != NO_REG || (m.base & 7) == RSP;
    unsigned mod = 2;

    if (m.disp == 0 && !m.long_form && (m.base & 7) != RBP) {
        mod = 0;
    } else if (fits_i8(m.disp) && (!m.long_form || m.index != NO_REG)) {
        mod = 1;
    }
    modrm(s, mod, reg, sib ? RSP : m.base);
    if (sib) {
        x_byte(s, m.scale << 6 | (m.index == NO_REG ? RSP : m.index & 7) << 3 | (m.base & 7));
    }
    if (mod == 1) {
        x_byte(s, m.disp);
    } else if (mod == 2) {
        x_imm32(s, m.disp);
    }
}

void x_rm(TCGContext *s, unsigned op, unsigned reg, X86Mem m)
{
    opcode(s, op, reg, m.index == NO_REG ? 0 : m.index, m.base, false);
    modrm_mem(s, reg, m);
}

static int32_t distance(TCGContext *s, const void *target)
{
    return (const uint8_t *)target - (s->code_ptr + 4);
}

void x_r_code(TCGContext *s, unsigned op, unsigned reg, const void *address)
{
    opcode(s, op, reg, 0, 0, false);
    modrm(s, 0, reg, RBP); /* relative to the next instruction's address */
    x_imm32(s, distance(s, address));
}

static void vex(TCGContext *s, unsigned op, unsigned reg, unsigned vvvv, unsigned rm)
{
    unsigned map = op & X_0F38 ? 2 : op & X_0F3A ? 3 : 1;
    unsigned pp = op & X_66 ? 1 : op & X_F3 ? 2 : op & X_F2 ? 3 : 0;

    x_byte(s, 0xc4);
    x_byte(s, (~reg >> 3 & 1) << 7 | 1 << 6 | (~rm >> 3 & 1) << 5 | map);
    x_byte(s, (op & X_W ? 0x80 : 0) | (~vvvv & 15) << 3 | pp);
    x_byte(s, op);
}

void x_vex_rr(TCGContext *s, unsigned op, unsigned reg, unsigned vvvv, unsigned rm)
{
    vex(s, op, reg, vvvv, rm);
    modrm(s, 3, reg, rm);
}

void x_vex_r_code(TCGContext *s, unsigned op, unsigned reg, unsigned vvvv, const void *address)
{
    vex(s, op, reg, vvvv, 0);
    modrm(s, 0, reg, RBP); /* relative to the next instruction's address */
    x_imm32(s, distance(s, address));
}

void x_group1_ri(TCGContext *s, unsigned w, unsigned g1, unsigned rm, int32_t imm)
{
    if (fits_i8(imm)) {
        x_rr(s, X_GROUP1_IMM8 | w, g1, rm);
        x_byte(s, imm);
    } else {
        x_rr(s, X_GROUP1_IMM32 | w, g1, rm);
        x_imm32(s, imm);
    }
}

void x_group1_mi(TCGContext *s, unsigned w, unsigned g1, X86Mem m, int32_t imm)
{
    if (fits_i8(imm)) {
        x_rm(s, X_GROUP1_IMM8 | w, g1, m);
        x_byte(s, imm);
    } else {
        x_rm(s, X_GROUP1_IMM32 | w, g1, m);
        x_imm32(s, imm);
    }
}

void x_shift_i(TCGContext *s, unsigned w, unsigned sh, unsigned rm, unsigned count)
{
    if (count) {
        x_rr(s, X_SHIFT_IMM | w, sh, rm);
        x_byte(s, count);
    }
}

void x_mov(TCGContext *s, unsigned w, unsigned dst, unsigned src)
{
    if (dst != src) {
        x_rr(s, X_MOV | w, dst, src);
    }
}

void x_movi_keep_flags(TCGContext *s, unsigned dst, uint64_t value)
{
    if (value == (uint32_t)value) {
        opcode(s, 0xb8 | (dst & 7), 0, 0, dst, false);
        x_imm32(s, value);
    } else if (fits_i32(value)) {
        x_rr(s, X_MOV_IMM | X_W, 0, dst);
        x_imm32(s, value);
    } else {
        opcode(s, 0xb8 | (dst & 7) | X_W, 0, 0, dst, false);
        x_imm64(s, value);
    }
}

void x_movi(TCGContext *s, unsigned dst, uint64_t value)
{
    if (value == 0) {
        x_rr(s, X_XOR, dst, dst);
    } else {
        x_movi_keep_flags(s, dst, value);
    }
}

void x_bswap(TCGContext *s, unsigned w, unsigned reg)
{
    opcode(s, 0xc8 | (reg & 7) | X_0F | w, 0, 0, reg, false);
}

void x_push(TCGContext *s, unsigned reg)
{
    opcode(s, 0x50 | (reg & 7), 0, 0, reg, false);
}

void x_pop(TCGContext *s, unsigned reg)
{
    opcode(s, 0x58 | (reg & 7), 0, 0, reg, false);
}

void x_push_imm(TCGContext *s, int32_t imm)
{
    x_byte(s, 0x68);
    x_imm32(s, imm);
}

void x_jmp(TCGContext *s, const void *target)
{
    x_byte(s, 0xe9);
    x_imm32(s, distance(s, target));
}

void x_call(TCGContext *s, const void *target)
{
    int64_t d = (intptr_t)target - (intptr_t)(s->code_ptr + 5);

    if (fits_i32(d)) {
        x_byte(s, 0xe8);
        x_imm32(s, d);
    } else {
        x_movi(s, SCRATCH, (uintptr_t)target);
        x_rr(s, 0xff, 2, SCRATCH);
    }
}

void x_jmp_back(TCGContext *s, const uint8_t *target)
{
    if (fits_i8(target - (s->code_ptr + 2))) {
        x_byte(s, 0xeb);
        x_byte(s, target - (s->code_ptr + 1));
    } else {
        x_jmp(s, target);
    }
}

void x_jcc_back(TCGContext *s, unsigned cc, const uint8_t *target)
{
    if (fits_i8(target - (s->code_ptr + 2))) {
        x_byte(s, 0x70 | cc);
        x_byte(s, target - (s->code_ptr + 1));
    } else {
        x_jcc(s, cc, target);
    }
}

void x_jcc(TCGContext *s, unsigned cc, const void *target)
{
    x_byte(s, 0x0f);
    x_byte(s, 0x80 | cc);
    x_imm32(s, distance(s, target));
}

uint8_t *x_jcc_short(TCGContext *s, unsigned cc)
{
    x_byte(s, 0x70 | cc);
    x_byte(s, 0);
    return s->code_ptr;
}

uint8_t *x_jmp_short(TCGContext *s)
{
    x_byte(s, 0xeb);
    x_byte(s, 0);
    return s->code_ptr;
}

void x_land_short(TCGContext *s, uint8_t *from)
{
    int8_t d = s->code_ptr - from;

    g_assert(s->code_ptr - from < 128);
    tcg_code_write(from - 1, &d, 1);
}

uint8_t *x_jcc_forward(TCGContext *s, unsigned cc)
{
    if (s->short_jumps) {
        return x_jcc_short(s, cc);
    }
    x_jcc(s, cc, s->code_ptr);
    return s->code_ptr;
}

uint8_t *x_jmp_forward(TCGContext *s)
{
    if (s->short_jumps) {
        return x_jmp_short(s);
    }
    x_jmp(s, s->code_ptr);
    return s->code_ptr;
}

void x_set_jump(TCGContext *s, uint8_t *from, const uint8_t *target)
{
    int32_t d = target - from;

    if (!s->short_jumps) {
        tcg_code_write(from - 4, &d, 4);
    } else if (fits_i8(d)) {
        tcg_code_write(from - 1, &d, 1);
    } else {
        s->too_far = true;
    }
}

void x_land(TCGContext *s, uint8_t *from)
{
    x_set_jump(s, from, s->code_ptr);
}

/* The recommended long no-operations: 0F 1F /0 with ever longer address forms. */
void x_nops(TCGContext *s, unsigned n)
{
    static const uint8_t nops[][8] = {
        { 0x90 },
        { 0x66, 0x90 },
        { 0x0f, 0x1f, 0x00 },
        { 0x0f, 0x1f, 0x40, 0x00 },
        { 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00 },
        { 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00 },
    };

    while (n) {
        unsigned len = MIN(n, 8);

        tcg_code_append(s, nops[len - 1], len);
        n -= len;
    }
}

void x_align(TCGContext *s, unsigned n)
{
    x_nops(s, -(uintptr_t)s->code_ptr & (n - 1));
}
