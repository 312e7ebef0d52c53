/*
 * Decoding of x86 instructions: bytes to a row of the opcode tables and its operands.
 *
 * Reference: SDM volume 2, chapter 2 (formats, prefixes, VEX) and appendix A (opcode maps, from where
 * the operands' letters are).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TARGET_I386_DECODE_H
#define TARGET_I386_DECODE_H

#include "qemu/osdep.h"

typedef struct DisasContext DisasContext;

#define X86_MAX_INSN     15 /* bytes */
#define X86_MAX_OPERANDS 4

typedef enum X86OperandKind {
    X86_OPERAND_NONE,
    X86_OPERAND_GPR,    /* general register `number` */
    X86_OPERAND_MEMORY, /* what ModRM or an offset addresses */
    X86_OPERAND_IMM,
    X86_OPERAND_SEG,
    X86_OPERAND_CR,
    X86_OPERAND_DR,
    X86_OPERAND_XMM,
    X86_OPERAND_MMX,
    X86_OPERAND_REL,    /* imm is the displacement from the next instruction */
    X86_OPERAND_FAR,    /* imm is the offset, imm2 the selector */
} X86OperandKind;

typedef struct X86Operand {
    uint8_t kind;   /* X86OperandKind */
    uint8_t number; /* of a register */
    uint8_t size;   /* MO_8 to MO_64; vectors and odd sizes: see bytes */
    uint8_t bytes;  /* 0: none of its own (M without size) */
} X86Operand;

typedef struct X86Row X86Row;

typedef struct X86Insn {
    const X86Row *row;  /* NULL: there is none */
    uint8_t length;     /* bytes */
    uint8_t opcode;
    uint8_t opsize;     /* MO_16, MO_32, MO_64: effective operand size */
    uint8_t adsize;     /* effective address size */
    uint8_t rex;        /* the prefix's low four bits; has_rex */
    bool has_rex;
    bool lock;
    bool data16;        /* 66 */
    uint8_t repeat;     /* 0, 0xf2, 0xf3 */
    bool vex, vex_l;
    uint8_t vvvv;
    uint8_t modrm;      /* 0 if there is none */
    uint8_t mod, reg, rm; /* reg and rm with REX's bits */
    /* The memory operand: seg:[base + (index << scale) + disp] */
    uint8_t segment;    /* overridden or default; for string instructions DS if not overridden */
    bool segment_overridden;
    int8_t base, index; /* -1: none */
    bool rip_relative;
    uint8_t scale;
    int64_t disp;
    uint64_t imm;       /* sign- or zero-extended to 64 bits as the row says */
    uint64_t imm2;      /* ENTER's second one; a far pointer's selector */
    X86Operand operands[X86_MAX_OPERANDS];
} X86Insn;

/* X86Row.attributes */
enum {
    X86_LOCK = 1 << 0,     /* LOCK may stand before it if its first operand is memory */
    X86_NO_64 = 1 << 1,    /* not in 64-bit mode */
    X86_ONLY_64 = 1 << 2,
    X86_DEFAULT_64 = 1 << 3, /* 64-bit mode: operand size 64 without prefix (66: 16) */
    X86_FORCE_64 = 1 << 4,   /* 64-bit mode: operand size 64, whatever prefixes say */
    X86_CPL_0 = 1 << 5,
    X86_PROTECTED = 1 << 6,  /* not in real or virtual-8086 mode: #UD */
    X86_FPU = 1 << 7,        /* #NM if CR0.EM or TS; pending x87 exceptions are the function's */
    X86_MMX = 1 << 8,        /* #UD if CR0.EM, #NM if TS */
    X86_SSE = 1 << 9,        /* #UD if CR0.EM or not CR4.OSFXSR, #NM if TS */
    X86_AVX = 1 << 10,       /* #UD unless CR4.OSXSAVE and XCR0 allow it, #NM if TS */
};

typedef struct X86OperandSpec {
    uint8_t where; /* X86_WHERE_*: x86-opcodes.h, which is generated */
    uint8_t size;  /* X86_LONG_* */
} X86OperandSpec;

/* One row of the tables. 255 stands for: whatever it is. */
struct X86Row {
    const char *name;
    bool (*translate)(DisasContext *ctx);
    uint16_t feature;    /* X86_FEATURE_*, X86_NO_FEATURE */
    uint16_t attributes; /* X86_* */
    X86OperandSpec operands[X86_MAX_OPERANDS];
    /* What of the encoding it is for. */
    uint8_t prefix; /* X86_PREFIX_* */
    uint8_t mod;    /* X86_MOD_* */
    uint8_t vex_l, w;
    uint8_t opsize, adsize; /* MO_* */
    uint8_t modrm_reg, modrm_rm;
};
#define X86_NO_FEATURE 0xffff

/* What the mode says: default sizes. */
typedef enum X86CodeSize { X86_CODE_16, X86_CODE_32, X86_CODE_64 } X86CodeSize;

/*
 * Decodes the instruction that begins with the `available` bytes. Returns its length, 0 if more
 * bytes are needed to know; above X86_MAX_INSN: it is too long (#GP). A row of NULL: undefined
 * (#UD); the length is then that of what was looked at.
 */
unsigned x86_decode(const uint8_t *bytes, unsigned available, X86CodeSize code, X86Insn *insn);

#endif
