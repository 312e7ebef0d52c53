/*
 * Decoding of x86 instructions: prefixes, opcode, ModRM, displacement and immediates; then what the
 * row says of the operands.
 *
 * Reference: SDM volume 2, 2.1 (formats), 2.2 (REX), 2.3 (VEX), appendix A.2 (operands).
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/memop.h"
#include "qemu/host-utils.h"
#include "target/i386/cpu.h"
#include "x86-opcodes.h"

typedef struct Cursor {
    const uint8_t *bytes;
    unsigned at, available;
    bool needs_more;
    X86CodeSize code;
    X86Insn *insn;
    uint8_t mandatory; /* X86_PREFIX_*: the one that may choose the instruction */
    bool address_size; /* prefix 67 */
    bool rex_w;        /* REX's or VEX's */
} Cursor;

enum { REX_B = 1, REX_X = 2, REX_R = 4, REX_W = 8 };

static uint64_t take(Cursor *c, unsigned size)
{
    uint64_t value = 0;

    if (c->available - c->at < size) {
        c->needs_more = true;
        c->at = c->available;
        return 0;
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)c->bytes[c->at++] << (8 * i);
    }
    return value;
}

static int64_t take_signed(Cursor *c, unsigned size)
{
    unsigned unused = 64 - 8 * size;

    return (int64_t)(take(c, size) << unused) >> unused;
}

static bool peek(const Cursor *c, uint8_t *byte)
{
    *byte = c->at < c->available ? c->bytes[c->at] : 0;
    return c->at < c->available;
}

/* ---- Prefixes ---- */

static void override_segment(Cursor *c, unsigned seg)
{
    if (c->code == X86_CODE_64 && seg < R_FS) {
        return; /* ignored, and an earlier one of FS or GS stays */
    }
    c->insn->segment = seg;
    c->insn->segment_overridden = true;
}

static bool take_legacy_prefix(Cursor *c, uint8_t byte)
{
    X86Insn *i = c->insn;

    switch (byte) {
    case 0x26:
        override_segment(c, R_ES);
        break;
    case 0x2e:
        override_segment(c, R_CS);
        break;
    case 0x36:
        override_segment(c, R_SS);
        break;
    case 0x3e:
        override_segment(c, R_DS);
        break;
    case 0x64:
        override_segment(c, R_FS);
        break;
    case 0x65:
        override_segment(c, R_GS);
        break;
    case 0x66:
        i->data16 = true;
        break;
    case 0x67:
        c->address_size = true;
        break;
    case 0xf0:
        i->lock = true;
        break;
    case 0xf2:
    case 0xf3:
        i->repeat = byte;
        break;
    default:
        return false;
    }
    return true;
}

static void take_prefixes(Cursor *c)
{
    X86Insn *i = c->insn;
    uint8_t byte;

    while (peek(c, &byte) && c->at < X86_MAX_INSN) {
        if (c->code == X86_CODE_64 && (byte & 0xf0) == 0x40) {
            i->has_rex = true;
            i->rex = byte & 15;
        } else if (take_legacy_prefix(c, byte)) {
            i->has_rex = false; /* REX counts directly before the opcode only */
            i->rex = 0;
        } else {
            break;
        }
        c->at++;
    }
    c->mandatory = i->repeat == 0xf2   ? X86_PREFIX_F2
                   : i->repeat == 0xf3 ? X86_PREFIX_F3
                   : i->data16         ? X86_PREFIX_66
                                       : X86_PREFIX_NP;
    c->rex_w = i->rex & REX_W;
}

/* ---- Opcode ---- */

/* Outside 64-bit mode C4 and C5 are LES and LDS if a memory operand follows. */
static bool is_vex(const Cursor *c, uint8_t byte)
{
    if ((byte != 0xc4 && byte != 0xc5) || c->at >= c->available) {
        return false;
    }
    return c->code == X86_CODE_64 || c->bytes[c->at] >= 0xc0;
}

/* Returns the opcode map, or -1. */
static int take_vex(Cursor *c, bool three_bytes)
{
    static const uint8_t mandatory[] = { X86_PREFIX_NP, X86_PREFIX_66, X86_PREFIX_F3, X86_PREFIX_F2 };
    X86Insn *i = c->insn;
    uint8_t first = take(c, 1), last = first;
    int map = 1;
    /* REX, 66, F2, F3 and LOCK before VEX are #UD. */
    bool bad = i->has_rex || i->data16 || i->repeat || i->lock;

    i->vex = true;
    i->rex = first & 0x80 ? 0 : REX_R;
    if (three_bytes) {
        i->rex |= (first & 0x40 ? 0 : REX_X) | (first & 0x20 ? 0 : REX_B);
        map = first & 0x1f;
        last = take(c, 1);
        c->rex_w = last & 0x80;
    }
    if (c->code != X86_CODE_64) {
        i->rex = 0;
    }
    i->vvvv = (~last >> 3) & (c->code == X86_CODE_64 ? 15 : 7);
    i->vex_l = last & 4;
    c->mandatory = mandatory[last & 3];
    return bad || map < 1 || map > 3 ? -1 : map;
}

static void take_address(Cursor *c);

static bool fits(const Cursor *c, const X86Row *row, unsigned opsize)
{
    const X86Insn *i = c->insn;

    return (row->prefix == X86_PREFIX_ANY || row->prefix == c->mandatory) &&
           (row->mod == X86_MOD_ANY || (row->mod == X86_MOD_REG) == (i->mod == 3)) &&
           (row->vex_l == 255 || row->vex_l == i->vex_l) && (row->w == 255 || row->w == c->rex_w) &&
           (row->opsize == 255 || row->opsize == opsize) &&
           (row->adsize == 255 || row->adsize == i->adsize) &&
           (row->modrm_reg == 255 || row->modrm_reg == (i->modrm >> 3 & 7)) &&
           (row->modrm_rm == 255 || row->modrm_rm == (i->modrm & 7)) &&
           !(row->attributes & (c->code == X86_CODE_64 ? X86_NO_64 : X86_ONLY_64));
}

/* The operand size where the row has these attributes. */
static unsigned operand_size(const Cursor *c, unsigned attributes)
{
    bool data16 = c->insn->data16;

    if (c->code == X86_CODE_64) {
        if (c->rex_w || (attributes & X86_FORCE_64)) {
            return MO_64;
        }
        return data16 ? MO_16 : attributes & X86_DEFAULT_64 ? MO_64 : MO_32;
    }
    return (c->code == X86_CODE_32) != data16 ? MO_32 : MO_16;
}

static void find_row(Cursor *c)
{
    X86Insn *i = c->insn;
    int map = 0;
    X86OpcodeRows rows;

    i->opcode = take(c, 1);
    if (is_vex(c, i->opcode)) {
        map = take_vex(c, i->opcode == 0xc4);
        i->opcode = take(c, 1);
    } else if (i->opcode == 0x0f) {
        map = 1;
        i->opcode = take(c, 1);
        if (i->opcode == 0x38 || i->opcode == 0x3a) {
            map = i->opcode == 0x38 ? 2 : 3;
            i->opcode = take(c, 1);
        }
    }
    if (map < 0 || c->needs_more) {
        return;
    }
    rows = x86_opcode_rows[i->vex][map][i->opcode];
    if (rows.modrm) {
        take_address(c);
    }
    for (unsigned n = 0; n < rows.count; n++) {
        const X86Row *row = &x86_rows[rows.first + n];

        if (fits(c, row, operand_size(c, row->attributes))) {
            i->row = row;
            i->opsize = operand_size(c, row->attributes);
            return;
        }
    }
}

/* ---- ModRM ---- */

static void default_segment(X86Insn *i, unsigned seg)
{
    if (!i->segment_overridden) {
        i->segment = seg;
    }
}

static void take_address16(Cursor *c)
{
    static const struct {
        int8_t base, index;
    } forms[] = {
        { R_EBX, R_ESI }, { R_EBX, R_EDI }, { R_EBP, R_ESI }, { R_EBP, R_EDI },
        { R_ESI, -1 },    { R_EDI, -1 },    { R_EBP, -1 },    { R_EBX, -1 },
    };
    X86Insn *i = c->insn;
    unsigned rm = i->modrm & 7;

    if (i->mod == 0 && rm == 6) {
        i->disp = take_signed(c, 2);
        return;
    }
    i->base = forms[rm].base;
    i->index = forms[rm].index;
    default_segment(i, i->base == R_EBP ? R_SS : R_DS);
    i->disp = i->mod ? take_signed(c, i->mod) : 0;
}

static void take_address(Cursor *c)
{
    X86Insn *i = c->insn;
    unsigned rm, b = i->rex & REX_B ? 8 : 0;

    i->modrm = take(c, 1);
    i->mod = i->modrm >> 6;
    rm = i->modrm & 7;
    i->reg = (i->modrm >> 3 & 7) | (i->rex & REX_R ? 8 : 0);
    i->rm = rm | b;
    if (i->mod == 3) {
        return;
    }
    if (i->adsize == MO_16) {
        take_address16(c);
        return;
    }
    i->base = i->rm;
    if (rm == 4) {
        uint8_t sib = take(c, 1);
        int index = (sib >> 3 & 7) | (i->rex & REX_X ? 8 : 0);

        i->scale = sib >> 6;
        i->index = index == 4 ? -1 : index;
        rm = sib & 7;
        i->base = rm | b;
    }
    if (rm == 5 && i->mod == 0) {
        i->base = -1;
        i->rip_relative = c->code == X86_CODE_64 && (i->modrm & 7) == 5;
        i->disp = take_signed(c, 4);
        return;
    }
    default_segment(i, i->base == R_ESP || i->base == R_EBP ? R_SS : R_DS);
    i->disp = i->mod ? take_signed(c, i->mod == 1 ? 1 : 4) : 0;
}

/* ---- Operands ---- */

/* In bytes; 0: an address. */
static unsigned operand_bytes(const Cursor *c, unsigned size)
{
    const X86Insn *i = c->insn;

    switch (size) {
    case X86_LONG_B:
    case X86_LONG_SB:
        return 1;
    case X86_LONG_W:
        return 2;
    case X86_LONG_D:
    case X86_LONG_SS:
        return 4;
    case X86_LONG_Q:
    case X86_LONG_SD:
        return 8;
    case X86_LONG_V:
        return 1 << i->opsize;
    case X86_LONG_Z:
        return i->opsize == MO_16 ? 2 : 4;
    case X86_LONG_Y:
        return i->opsize == MO_64 ? 8 : 4;
    case X86_LONG_P:
        return 2 + (1 << i->opsize);
    case X86_LONG_T:
        return 10;
    case X86_LONG_DQ:
        return 16;
    case X86_LONG_X:
    case X86_LONG_PS:
    case X86_LONG_PD:
        return i->vex_l ? 32 : 16;
    default:
        return 0;
    }
}

/* What an operand of ModRM.rm may be. */
static bool set_rm(X86Insn *i, X86Operand *o, unsigned reg_kind, bool reg_allowed, bool mem_allowed)
{
    if (i->mod == 3) {
        o->kind = reg_kind;
        o->number = reg_kind == X86_OPERAND_MMX ? i->rm & 7 : i->rm;
        return reg_allowed;
    }
    o->kind = X86_OPERAND_MEMORY;
    return mem_allowed;
}

static void set_immediate(Cursor *c, X86Operand *o, uint64_t value, unsigned *count)
{
    o->kind = X86_OPERAND_IMM;
    *((*count)++ ? &c->insn->imm2 : &c->insn->imm) = value;
}

static void take_immediate(Cursor *c, X86Operand *o, unsigned size, unsigned *count)
{
    bool is_signed = size == X86_LONG_SB || size == X86_LONG_Z;

    set_immediate(c, o, is_signed ? (uint64_t)take_signed(c, o->bytes) : take(c, o->bytes), count);
    if (size == X86_LONG_SB) { /* extended to the operand size */
        o->size = c->insn->opsize;
    }
}

/* false: undefined. */
static bool take_operand(Cursor *c, X86OperandSpec spec, X86Operand *o, unsigned *immediates)
{
    X86Insn *i = c->insn;

    o->bytes = operand_bytes(c, spec.size);
    o->size = o->bytes == 0 || o->bytes >= 8 ? MO_64 : ctz32(o->bytes);
    switch (spec.where) {
    case X86_WHERE_E:
        return set_rm(i, o, X86_OPERAND_GPR, true, true);
    case X86_WHERE_R:
        return set_rm(i, o, X86_OPERAND_GPR, true, false);
    case X86_WHERE_M:
        return set_rm(i, o, X86_OPERAND_GPR, false, true);
    case X86_WHERE_W:
        return set_rm(i, o, X86_OPERAND_XMM, true, true);
    case X86_WHERE_U:
        return set_rm(i, o, X86_OPERAND_XMM, true, false);
    case X86_WHERE_Q:
        return set_rm(i, o, X86_OPERAND_MMX, true, true);
    case X86_WHERE_N:
        return set_rm(i, o, X86_OPERAND_MMX, true, false);
    case X86_WHERE_G:
        *o = (X86Operand){ X86_OPERAND_GPR, i->reg, o->size, o->bytes };
        return true;
    case X86_WHERE_V:
        *o = (X86Operand){ X86_OPERAND_XMM, i->reg, o->size, o->bytes };
        return true;
    case X86_WHERE_P:
        *o = (X86Operand){ X86_OPERAND_MMX, i->reg & 7, o->size, o->bytes };
        return true;
    case X86_WHERE_S:
        *o = (X86Operand){ X86_OPERAND_SEG, i->reg & 7, MO_16, 2 };
        return (i->reg & 7) < X86_NB_SEGS;
    case X86_WHERE_C:
        /* AMD's way to CR8 outside of 64-bit mode */
        *o = (X86Operand){ X86_OPERAND_CR, i->lock && !i->reg ? 8 : i->reg, o->size, o->bytes };
        return true;
    case X86_WHERE_D:
        *o = (X86Operand){ X86_OPERAND_DR, i->reg, o->size, o->bytes };
        return i->reg < 8;
    case X86_WHERE_B:
        *o = (X86Operand){ X86_OPERAND_GPR, i->vvvv, o->size, o->bytes };
        return true;
    case X86_WHERE_H:
        *o = (X86Operand){ X86_OPERAND_XMM, i->vvvv, o->size, o->bytes };
        return true;
    case X86_WHERE_Z:
        *o = (X86Operand){ X86_OPERAND_GPR, (i->opcode & 7) | (i->rex & REX_B ? 8 : 0), o->size,
                           o->bytes };
        return true;
    case X86_WHERE_L:
        *o = (X86Operand){ X86_OPERAND_XMM, take(c, 1) >> 4 & (c->code == X86_CODE_64 ? 15 : 7),
                           o->size, o->bytes };
        return true;
    case X86_WHERE_I:
        take_immediate(c, o, spec.size, immediates);
        return true;
    case X86_WHERE_ONE:
        set_immediate(c, o, 1, immediates);
        return true;
    case X86_WHERE_J:
        o->kind = X86_OPERAND_REL;
        i->imm = take_signed(c, o->bytes);
        return true;
    case X86_WHERE_O:
        o->kind = X86_OPERAND_MEMORY;
        i->disp = take(c, 1 << i->adsize);
        return true;
    case X86_WHERE_A:
        o->kind = X86_OPERAND_FAR;
        i->imm = take(c, 1 << i->opsize);
        i->imm2 = take(c, 2);
        return true;
    default: /* registers that the row names */
        *o = (X86Operand){ X86_OPERAND_GPR,
                           spec.where == X86_WHERE_CL   ? R_ECX
                           : spec.where == X86_WHERE_DX ? R_EDX
                                                        : R_EAX,
                           o->size, o->bytes };
        return true;
    }
}

unsigned x86_decode(const uint8_t *bytes, unsigned available, X86CodeSize code, X86Insn *insn)
{
    Cursor c = { .bytes = bytes, .available = available, .code = code, .insn = insn };
    bool defined = true, uses_vvvv = false;
    unsigned immediates = 0;

    *insn = (X86Insn){ .segment = R_DS, .base = -1, .index = -1 };
    take_prefixes(&c);
    insn->adsize = code == X86_CODE_64 ? (c.address_size ? MO_32 : MO_64)
                   : (code == X86_CODE_32) != c.address_size ? MO_32
                                                             : MO_16;
    find_row(&c);
    for (unsigned n = 0; insn->row && n < X86_MAX_OPERANDS; n++) {
        X86OperandSpec spec = insn->row->operands[n];

        if (spec.where == X86_WHERE_NONE) {
            break;
        }
        defined &= take_operand(&c, spec, &insn->operands[n], &immediates);
        uses_vvvv |= spec.where == X86_WHERE_H || spec.where == X86_WHERE_B;
    }
    if (!defined || (insn->vvvv && !uses_vvvv)) { /* unused, it must be all ones in the code */
        insn->row = NULL;
    }
    insn->length = c.at;
    if (c.needs_more) {
        return available >= X86_MAX_INSN ? X86_MAX_INSN + 1 : 0;
    }
    return c.at;
}
