/*
 * Random integer instructions, a few in a row, against the host's CPU: registers, memory, and the
 * flags that are defined. Runs where that is Intel's, of 64 bits.
 *
 * The first instruction of a program may have memory operands, the later ones look at what it left
 * in flags and registers, and some programs end in a page fault. What the manual leaves undefined
 * is followed through the program, and neither used nor compared; but registers are, where Intel's
 * CPUs leave them alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#ifdef __x86_64__
#include <cpuid.h>
#endif
#include "qemu/bswap.h"
#include "x86-machine.h"

#define WINDOW      (X86_TEST_DATA + 0x800) /* what memory operands are in */
#define WINDOW_SIZE 0x400
#define STACK       (X86_TEST_DATA + 0x1800)
#define NOWHERE     (X86_TEST_RAM - 0x1000)
#define PROGRAMS    3000 /* of each mode */

#define CF FLAG_CF
#define PF FLAG_PF
#define AF FLAG_AF
#define ZF FLAG_ZF
#define SF FLAG_SF
#define OF FLAG_OF
#define ALL FLAGS_STATUS

/* Which sizes an instruction has; B: those of the opcode below, which is for bytes. */
enum { B = 1, W = 2, D = 4, Q = 8, V = W | D | Q, Y = D | Q, BV = B | V };

/* What its operands are, besides what ModRM addresses. */
typedef enum Kind {
    PLAIN,     /* ModRM, and an immediate */
    IMPLICIT,  /* no ModRM */
    IN_OPCODE, /* a register in the opcode */
    SHIFT_1, SHIFT_CL, SHIFT_IMM, /* with counts that decide about the flags */
    ROTATE_1, ROTATE_CL, ROTATE_IMM,
    DOUBLE_CL, DOUBLE_IMM,
    DIVIDE,
    BIT,       /* of memory: numbers that stay within reach */
    VEX,       /* a third register */
    STRING,
    CONDITION, /* one of 16 opcodes, by condition code */
    JUMP,
    STACK_OP,
} Kind;

enum { NO_MODRM = -2, REGISTER = -1 };
enum { MEM_ONLY = 1, REG_ONLY = 2, LOCKABLE = 4, ONLY_32 = 8, ONLY_64 = 16, READS_CARRY = 32,
       READS_AF = 64, NO_RSP = 128 };

typedef struct Template {
    const char *name;
    uint8_t prefix, map, opcode;
    int8_t reg;
    Kind kind;
    uint8_t sizes;
    uint8_t imm;      /* bytes; 'z': by operand size, at most 4; 'v' */
    uint16_t written; /* flags */
    uint16_t undefined;
    unsigned how;
} Template;

#define BINARY(name, base, reg, how)                                                               \
    { name, 0, 0, base, REGISTER, PLAIN, BV, 0, ALL, 0, LOCKABLE | (how) },                        \
    { name, 0, 0, (base) + 2, REGISTER, PLAIN, BV, 0, ALL, 0, how },                               \
    { name, 0, 0, (base) + 4, NO_MODRM, IMPLICIT, BV, 'z', ALL, 0, how },                          \
    { name, 0, 0, 0x80, reg, PLAIN, BV, 'z', ALL, 0, LOCKABLE | (how) },                           \
    { name, 0, 0, 0x83, reg, PLAIN, V, 1, ALL, 0, LOCKABLE | (how) }
#define LOGIC(name, base, reg)                                                                     \
    { name, 0, 0, base, REGISTER, PLAIN, BV, 0, ALL, AF, LOCKABLE },                               \
    { name, 0, 0, (base) + 2, REGISTER, PLAIN, BV, 0, ALL, AF, 0 },                                \
    { name, 0, 0, (base) + 4, NO_MODRM, IMPLICIT, BV, 'z', ALL, AF, 0 },                           \
    { name, 0, 0, 0x80, reg, PLAIN, BV, 'z', ALL, AF, LOCKABLE },                                  \
    { name, 0, 0, 0x83, reg, PLAIN, V, 1, ALL, AF, LOCKABLE }
#define SHIFTS(name, reg, kind, how)                                                               \
    { name, 0, 0, 0xd0, reg, kind##_1, BV, 0, 0, 0, how },                                         \
    { name, 0, 0, 0xd2, reg, kind##_CL, BV, 0, 0, 0, how },                                        \
    { name, 0, 0, 0xc0, reg, kind##_IMM, BV, 1, 0, 0, how }

static const Template templates[] = {
    BINARY("add", 0x00, 0, 0),
    LOGIC("or", 0x08, 1),
    BINARY("adc", 0x10, 2, READS_CARRY),
    BINARY("sbb", 0x18, 3, READS_CARRY),
    LOGIC("and", 0x20, 4),
    BINARY("sub", 0x28, 5, 0),
    LOGIC("xor", 0x30, 6),
    { "cmp", 0, 0, 0x38, REGISTER, PLAIN, BV, 0, ALL, 0, 0 },
    { "cmp", 0, 0, 0x3a, REGISTER, PLAIN, BV, 0, ALL, 0, 0 },
    { "cmp", 0, 0, 0x3c, NO_MODRM, IMPLICIT, BV, 'z', ALL, 0, 0 },
    { "cmp", 0, 0, 0x80, 7, PLAIN, BV, 'z', ALL, 0, 0 },
    { "cmp", 0, 0, 0x83, 7, PLAIN, V, 1, ALL, 0, 0 },
    { "test", 0, 0, 0x84, REGISTER, PLAIN, BV, 0, ALL, AF, 0 },
    { "test", 0, 0, 0xa8, NO_MODRM, IMPLICIT, BV, 'z', ALL, AF, 0 },
    { "test", 0, 0, 0xf6, 0, PLAIN, BV, 'z', ALL, AF, 0 },
    { "not", 0, 0, 0xf6, 2, PLAIN, BV, 0, 0, 0, LOCKABLE },
    { "neg", 0, 0, 0xf6, 3, PLAIN, BV, 0, ALL, 0, LOCKABLE },
    { "mul", 0, 0, 0xf6, 4, PLAIN, BV, 0, ALL, SF | ZF | AF | PF, 0 },
    { "imul", 0, 0, 0xf6, 5, PLAIN, BV, 0, ALL, SF | ZF | AF | PF, 0 },
    { "imul", 0, 1, 0xaf, REGISTER, PLAIN, V, 0, ALL, SF | ZF | AF | PF, 0 },
    { "imul", 0, 0, 0x69, REGISTER, PLAIN, V, 'z', ALL, SF | ZF | AF | PF, 0 },
    { "imul", 0, 0, 0x6b, REGISTER, PLAIN, V, 1, ALL, SF | ZF | AF | PF, 0 },
    { "div", 0, 0, 0xf6, 6, DIVIDE, BV, 0, ALL, ALL, 0 },
    { "idiv", 0, 0, 0xf6, 7, DIVIDE, BV, 0, ALL, ALL, 0 },
    { "inc", 0, 0, 0xfe, 0, PLAIN, BV, 0, ALL & ~CF, 0, LOCKABLE },
    { "dec", 0, 0, 0xfe, 1, PLAIN, BV, 0, ALL & ~CF, 0, LOCKABLE },
    { "inc", 0, 0, 0x40, NO_MODRM, IN_OPCODE, W | D, 0, ALL & ~CF, 0, ONLY_32 },
    { "dec", 0, 0, 0x48, NO_MODRM, IN_OPCODE, W | D, 0, ALL & ~CF, 0, ONLY_32 },
    { "daa", 0, 0, 0x27, NO_MODRM, IMPLICIT, D, 0, ALL, OF, ONLY_32 | READS_CARRY | READS_AF },
    { "das", 0, 0, 0x2f, NO_MODRM, IMPLICIT, D, 0, ALL, OF, ONLY_32 | READS_CARRY | READS_AF },
    { "aaa", 0, 0, 0x37, NO_MODRM, IMPLICIT, D, 0, ALL, OF | SF | ZF | PF, ONLY_32 | READS_AF },
    { "aas", 0, 0, 0x3f, NO_MODRM, IMPLICIT, D, 0, ALL, OF | SF | ZF | PF, ONLY_32 | READS_AF },
    { "aam", 0, 0, 0xd4, NO_MODRM, IMPLICIT, D, 1, ALL, OF | AF | CF, ONLY_32 },
    { "aad", 0, 0, 0xd5, NO_MODRM, IMPLICIT, D, 1, ALL, OF | AF | CF, ONLY_32 },
    { "salc", 0, 0, 0xd6, NO_MODRM, IMPLICIT, D, 0, 0, 0, ONLY_32 | READS_CARRY },
    { "cbw", 0, 0, 0x98, NO_MODRM, IMPLICIT, V, 0, 0, 0, 0 },
    { "cwd", 0, 0, 0x99, NO_MODRM, IMPLICIT, V, 0, 0, 0, 0 },
    { "mov", 0, 0, 0x88, REGISTER, PLAIN, BV, 0, 0, 0, 0 },
    { "mov", 0, 0, 0x8a, REGISTER, PLAIN, BV, 0, 0, 0, 0 },
    { "mov", 0, 0, 0xc6, 0, PLAIN, BV, 'z', 0, 0, 0 },
    { "mov", 0, 0, 0xb8, NO_MODRM, IN_OPCODE, V, 'v', 0, 0, 0 },
    { "mov", 0, 0, 0xb0, NO_MODRM, IN_OPCODE, B, 1, 0, 0, 0 },
    { "movzx", 0, 1, 0xb6, REGISTER, PLAIN, V, 0, 0, 0, 0 },
    { "movzx", 0, 1, 0xb7, REGISTER, PLAIN, V, 0, 0, 0, 0 },
    { "movsx", 0, 1, 0xbe, REGISTER, PLAIN, V, 0, 0, 0, 0 },
    { "movsx", 0, 1, 0xbf, REGISTER, PLAIN, V, 0, 0, 0, 0 },
    { "movsxd", 0, 0, 0x63, REGISTER, PLAIN, Y, 0, 0, 0, ONLY_64 },
    { "lea", 0, 0, 0x8d, REGISTER, PLAIN, V, 0, 0, 0, MEM_ONLY },
    { "xchg", 0, 0, 0x86, REGISTER, PLAIN, BV, 0, 0, 0, LOCKABLE },
    { "xchg", 0, 0, 0x90, NO_MODRM, IN_OPCODE, V, 0, 0, 0, 0 },
    { "xadd", 0, 1, 0xc0, REGISTER, PLAIN, BV, 0, ALL, 0, LOCKABLE },
    { "cmpxchg", 0, 1, 0xb0, REGISTER, PLAIN, BV, 0, ALL, 0, LOCKABLE },
    { "cmpxchg8b", 0, 1, 0xc7, 1, PLAIN, D, 0, ZF, 0, MEM_ONLY | LOCKABLE },
    { "cmpxchg16b", 0, 1, 0xc7, 1, PLAIN, Q, 0, ZF, 0, MEM_ONLY | LOCKABLE | ONLY_64 },
    { "bswap", 0, 1, 0xc8, NO_MODRM, IN_OPCODE, Y, 0, 0, 0, 0 },
    { "movbe", 0, 2, 0xf0, REGISTER, PLAIN, V, 0, 0, 0, MEM_ONLY },
    { "movbe", 0, 2, 0xf1, REGISTER, PLAIN, V, 0, 0, 0, MEM_ONLY },
    { "movnti", 0, 1, 0xc3, REGISTER, PLAIN, Y, 0, 0, 0, MEM_ONLY },
    { "cmov", 0, 1, 0x40, REGISTER, CONDITION, V, 0, 0, 0, 0 },
    { "set", 0, 1, 0x90, 0, CONDITION, D, 0, 0, 0, 0 },
    { "j", 0, 0, 0x70, NO_MODRM, JUMP, D, 0, 0, 0, 0 },
    SHIFTS("rol", 0, ROTATE, 0), SHIFTS("ror", 1, ROTATE, 0),
    SHIFTS("rcl", 2, ROTATE, READS_CARRY), SHIFTS("rcr", 3, ROTATE, READS_CARRY),
    SHIFTS("shl", 4, SHIFT, 0), SHIFTS("shr", 5, SHIFT, 0),
    SHIFTS("sal", 6, SHIFT, 0), SHIFTS("sar", 7, SHIFT, 0),
    { "shld", 0, 1, 0xa4, REGISTER, DOUBLE_IMM, V, 1, 0, 0, 0 },
    { "shld", 0, 1, 0xa5, REGISTER, DOUBLE_CL, Y, 0, 0, 0, 0 },
    { "shrd", 0, 1, 0xac, REGISTER, DOUBLE_IMM, V, 1, 0, 0, 0 },
    { "shrd", 0, 1, 0xad, REGISTER, DOUBLE_CL, Y, 0, 0, 0, 0 },
    { "bt", 0, 1, 0xa3, REGISTER, BIT, V, 0, ALL & ~ZF, ALL & ~(ZF | CF), 0 },
    { "bts", 0, 1, 0xab, REGISTER, BIT, V, 0, ALL & ~ZF, ALL & ~(ZF | CF), LOCKABLE },
    { "btr", 0, 1, 0xb3, REGISTER, BIT, V, 0, ALL & ~ZF, ALL & ~(ZF | CF), LOCKABLE },
    { "btc", 0, 1, 0xbb, REGISTER, BIT, V, 0, ALL & ~ZF, ALL & ~(ZF | CF), LOCKABLE },
    { "bt", 0, 1, 0xba, 4, PLAIN, V, 1, ALL & ~ZF, ALL & ~(ZF | CF), 0 },
    { "bts", 0, 1, 0xba, 5, PLAIN, V, 1, ALL & ~ZF, ALL & ~(ZF | CF), LOCKABLE },
    { "btr", 0, 1, 0xba, 6, PLAIN, V, 1, ALL & ~ZF, ALL & ~(ZF | CF), LOCKABLE },
    { "btc", 0, 1, 0xba, 7, PLAIN, V, 1, ALL & ~ZF, ALL & ~(ZF | CF), LOCKABLE },
    { "bsf", 0, 1, 0xbc, REGISTER, PLAIN, V, 0, ALL, ALL & ~ZF, 0 },
    { "bsr", 0, 1, 0xbd, REGISTER, PLAIN, V, 0, ALL, ALL & ~ZF, 0 },
    { "tzcnt", 0xf3, 1, 0xbc, REGISTER, PLAIN, V, 0, ALL, ALL & ~(ZF | CF), 0 },
    { "lzcnt", 0xf3, 1, 0xbd, REGISTER, PLAIN, V, 0, ALL, ALL & ~(ZF | CF), 0 },
    { "popcnt", 0xf3, 1, 0xb8, REGISTER, PLAIN, V, 0, ALL, 0, 0 },
    { "crc32", 0xf2, 2, 0xf0, REGISTER, PLAIN, Y, 0, 0, 0, 0 },
    { "crc32", 0xf2, 2, 0xf1, REGISTER, PLAIN, V, 0, 0, 0, 0 },
    { "adcx", 0x66, 2, 0xf6, REGISTER, PLAIN, Y, 0, CF, 0, READS_CARRY },
    { "adox", 0xf3, 2, 0xf6, REGISTER, PLAIN, Y, 0, OF, 0, READS_CARRY },
    { "andn", 0, 2, 0xf2, REGISTER, VEX, Y, 0, ALL, AF | PF, 0 },
    { "blsr", 0, 2, 0xf3, 1, VEX, Y, 0, ALL, AF | PF, 0 },
    { "blsmsk", 0, 2, 0xf3, 2, VEX, Y, 0, ALL, AF | PF, 0 },
    { "blsi", 0, 2, 0xf3, 3, VEX, Y, 0, ALL, AF | PF, 0 },
    { "bextr", 0, 2, 0xf7, REGISTER, VEX, Y, 0, ALL, AF | PF | SF, 0 },
    { "bzhi", 0, 2, 0xf5, REGISTER, VEX, Y, 0, ALL, AF | PF, 0 },
    { "mulx", 0xf2, 2, 0xf6, REGISTER, VEX, Y, 0, 0, 0, 0 },
    { "pdep", 0xf2, 2, 0xf5, REGISTER, VEX, Y, 0, 0, 0, 0 },
    { "pext", 0xf3, 2, 0xf5, REGISTER, VEX, Y, 0, 0, 0, 0 },
    { "shlx", 0x66, 2, 0xf7, REGISTER, VEX, Y, 0, 0, 0, 0 },
    { "sarx", 0xf3, 2, 0xf7, REGISTER, VEX, Y, 0, 0, 0, 0 },
    { "shrx", 0xf2, 2, 0xf7, REGISTER, VEX, Y, 0, 0, 0, 0 },
    { "clc", 0, 0, 0xf8, NO_MODRM, IMPLICIT, D, 0, CF, 0, 0 },
    { "stc", 0, 0, 0xf9, NO_MODRM, IMPLICIT, D, 0, CF, 0, 0 },
    { "cmc", 0, 0, 0xf5, NO_MODRM, IMPLICIT, D, 0, CF, 0, READS_CARRY },
    { "cld", 0, 0, 0xfc, NO_MODRM, IMPLICIT, D, 0, 0, 0, 0 },
    { "std", 0, 0, 0xfd, NO_MODRM, IMPLICIT, D, 0, 0, 0, 0 },
    { "sahf", 0, 0, 0x9e, NO_MODRM, IMPLICIT, D, 0, ALL & ~OF, 0, 0 },
    { "nop", 0, 1, 0x1f, 0, PLAIN, V, 0, 0, 0, 0 },
    { "movs", 0, 0, 0xa4, NO_MODRM, STRING, BV, 0, 0, 0, 0 },
    { "cmps", 0, 0, 0xa6, NO_MODRM, STRING, BV, 0, ALL, 0, 0 },
    { "stos", 0, 0, 0xaa, NO_MODRM, STRING, BV, 0, 0, 0, 0 },
    { "lods", 0, 0, 0xac, NO_MODRM, STRING, BV, 0, 0, 0, 0 },
    { "scas", 0, 0, 0xae, NO_MODRM, STRING, BV, 0, ALL, 0, 0 },
    { "push", 0, 0, 0x50, NO_MODRM, STACK_OP, W | D, 0, 0, 0, 0 },
    { "pop", 0, 0, 0x58, NO_MODRM, STACK_OP, W | D, 0, 0, 0, 0 },
    { "push", 0, 0, 0xff, 6, PLAIN, W | D, 0, 0, 0, 0 },
    { "pop", 0, 0, 0x8f, 0, PLAIN, W | D, 0, 0, 0, 0 },
    { "push", 0, 0, 0x68, NO_MODRM, IMPLICIT, W | D, 'z', 0, 0, 0 },
    { "push", 0, 0, 0x6a, NO_MODRM, IMPLICIT, W | D, 1, 0, 0, 0 },
    { "pusha", 0, 0, 0x60, NO_MODRM, IMPLICIT, W | D, 0, 0, 0, ONLY_32 },
    { "popa", 0, 0, 0x61, NO_MODRM, IMPLICIT, W | D, 0, 0, 0, ONLY_32 },
    { "enter", 0, 0, 0xc8, NO_MODRM, STACK_OP, W | D, 3, 0, 0, 0 },
    { "leave", 0, 0, 0xc9, NO_MODRM, STACK_OP, W | D, 0, 0, 0, 0 },
    { "loop", 0, 0, 0xe0, NO_MODRM, JUMP, D, 0, 0, 0, 0 },
    { "xlat", 0, 0, 0xd7, NO_MODRM, STRING, B, 0, 0, 0, 0 },
};

/* ---- Programs ---- */

typedef struct Program {
    X86TestState state;
    uint8_t code[X86_TEST_MAX_CODE];
    unsigned bytes;
    unsigned undefined; /* flags */
    GString *text;
} Program;

static GRand *generator;

static uint32_t random_word(void)
{
    return g_rand_int(generator);
}

static unsigned pick(unsigned n)
{
    return g_rand_int_range(generator, 0, n);
}

static uint64_t random_value(void)
{
    static const uint64_t special[] = {
        0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff,
        INT64_MAX, 1ull << 63, UINT64_MAX, 0x0f, 0x99, 0x9a,
    };
    uint64_t value = (uint64_t)random_word() << 32 | random_word();

    switch (pick(4)) {
    case 0:
        return special[pick(ARRAY_SIZE(special))];
    case 1:
        return value >> pick(64);
    case 2:
        return special[pick(ARRAY_SIZE(special))] ^ special[pick(ARRAY_SIZE(special))] << pick(64);
    default:
        return value;
    }
}

static void byte(Program *p, unsigned value)
{
    p->code[p->bytes++] = value;
}

/* The instruction that is being made. */
typedef struct Choice {
    const Template *t;
    unsigned size; /* log2 of bytes */
    bool memory;
    unsigned reg, rm, index, third; /* registers */
    bool lock, extra_rex;
    unsigned code;
    uint64_t imm;
    unsigned imm_bytes;
} Choice;

static void emit_immediate(Program *p, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++, value >>= 8) {
        byte(p, value);
    }
}

/* [base + index * 2 + 16], or the register. */
static void emit_modrm(Program *p, const Choice *c)
{
    unsigned reg = (c->reg & 7) << 3;

    if (!c->memory) {
        byte(p, 0xc0 | reg | (c->rm & 7));
        return;
    }
    byte(p, 0x44 | reg);
    byte(p, 1 << 6 | (c->index & 7) << 3 | (c->rm & 7));
    byte(p, 16);
}

static void emit_vex(Program *p, const Choice *c)
{
    uint8_t prefix = c->t->prefix;
    unsigned pp = prefix == 0x66 ? 1 : prefix == 0xf3 ? 2 : prefix == 0xf2 ? 3 : 0;

    byte(p, 0xc4);
    byte(p, (c->reg < 8) << 7 | (!c->memory || c->index < 8) << 6 | (c->rm < 8) << 5 | c->t->map);
    byte(p, (c->size == 3) << 7 | (~c->third & 15) << 3 | pp);
    byte(p, c->t->opcode);
    emit_modrm(p, c);
}

static void emit(Program *p, const Choice *c)
{
    static const uint8_t second[] = { 0, 0, 0x38, 0x3a };
    const Template *t = c->t;
    unsigned rex;

    if (t->kind == VEX) {
        emit_vex(p, c);
        return;
    }
    if (c->size == 1) {
        byte(p, 0x66);
    }
    if (c->lock) {
        byte(p, 0xf0);
    }
    if (t->prefix) {
        byte(p, t->prefix);
    }
    rex = (c->size == 3) << 3 | (c->reg > 7) << 2 | (c->memory && c->index > 7) << 1 | (c->rm > 7);
    if (p->state.bits == 64 && (rex || c->extra_rex)) {
        byte(p, 0x40 | rex);
    }
    if (t->map) {
        byte(p, 0x0f);
    }
    if (t->map > 1) {
        byte(p, second[t->map]);
    }
    if (t->kind == IN_OPCODE || (t->kind == STACK_OP && t->opcode < 0x60)) {
        byte(p, t->opcode | (c->rm & 7));
    } else {
        byte(p, (t->opcode + ((t->sizes & B) && c->size > 0)) | c->code);
    }
    if (t->reg != NO_MODRM) {
        emit_modrm(p, c);
    }
    emit_immediate(p, c->imm, c->imm_bytes);
}

/* A register that isn't the stack pointer. */
static unsigned some_register(const Program *p)
{
    unsigned reg = pick(p->state.bits == 64 ? 16 : 8);

    return reg == R_ESP ? R_EAX : reg;
}

/* The flags that a condition code looks at. */
static unsigned condition_flags(unsigned code)
{
    static const uint8_t high[] = { 0, CF, ZF, CF | ZF, SF, PF, SF, SF | ZF };

    return high[code >> 1] | (code < 2 || code >= 12 ? OF : 0);
}

/* A count of shifts decides about the flags. */
static void count_flags(Program *p, const Choice *c, unsigned count)
{
    unsigned bits = 8u << c->size, written, undefined = count == 1 ? 0 : OF;
    Kind kind = c->t->kind;

    count &= c->size == 3 ? 63 : 31;
    undefined = count == 1 ? 0 : OF;
    if (count == 0) {
        return;
    }
    if (kind >= ROTATE_1 && kind <= ROTATE_IMM) {
        written = CF | OF;
    } else {
        written = ALL;
        undefined |= AF;
        if (count >= bits && c->t->reg != 7) {
            undefined |= CF;
        }
    }
    p->undefined = (p->undefined & ~written) | undefined;
}

/* What makes an operand of memory: base and index, within the window. */
static void choose_memory(Program *p, Choice *c)
{
    c->rm = some_register(p);
    if (c->rm == R_EBP || c->rm == 13 || c->rm == 12) {
        c->rm = R_EBX;
    }
    do {
        c->index = some_register(p);
    } while (c->index == c->rm);
    p->state.regs[c->index] = pick(64);
    p->state.regs[c->rm] = WINDOW + WINDOW_SIZE / 2 + pick(64);
    if (c->t->map == 1 && c->t->opcode == 0xc7) {
        /* CMPXCHG16B wants it aligned */
        p->state.regs[c->index] &= ~7ull;
        p->state.regs[c->rm] &= ~15ull;
    }
}

static bool choose_size(Program *p, Choice *c)
{
    unsigned sizes = c->t->sizes & (p->state.bits == 64 ? 15 : 7);

    if (!sizes) {
        return false;
    }
    do {
        c->size = pick(4);
    } while (!(sizes & 1 << c->size));
    return true;
}

static void choose_immediate(Program *p, Choice *c)
{
    const Template *t = c->t;

    c->imm = random_value();
    c->imm_bytes = t->imm == 'z'   ? MIN(1u << c->size, 4)
                   : t->imm == 'v' ? 1u << c->size
                                   : t->imm;
}

/* Operands of shifts and their like; false: not these. */
static bool choose_count(Program *p, Choice *c, bool first)
{
    uint64_t *regs = p->state.regs;

    switch (c->t->kind) {
    case SHIFT_1:
    case ROTATE_1:
        count_flags(p, c, 1);
        return true;
    case DOUBLE_IMM:
        c->imm = c->size == 1 ? c->imm % 17 : c->imm;
        /* fall through */
    case SHIFT_IMM:
    case ROTATE_IMM:
        count_flags(p, c, c->imm);
        return true;
    case SHIFT_CL:
    case ROTATE_CL:
    case DOUBLE_CL:
        if (!first) {
            return false;
        }
        count_flags(p, c, regs[R_ECX]);
        return true;
    default:
        return true;
    }
}

static void choose_string(Program *p, Choice *c)
{
    uint64_t *regs = p->state.regs;

    p->state.eflags ^= pick(2) ? FLAG_DF : 0;
    regs[R_ESI] = WINDOW + WINDOW_SIZE / 2 + pick(64);
    regs[R_EDI] = regs[R_ESI] + (pick(2) ? pick(16) : pick(128)) - 8;
    regs[R_EBX] = regs[R_ESI];
    if (pick(3) && c->t->opcode != 0xd7) {
        regs[R_ECX] = pick(20);
        byte(p, pick(2) ? 0xf2 : 0xf3);
        if (c->t->written && regs[R_ECX] == 0) {
            regs[R_ECX] = 1; /* else the flags stay */
        }
    }
    if (p->state.bits == 64 && pick(4) == 0) {
        byte(p, 0x67);
    }
}

/* A short jump over an instruction that leaves a trace. */
static void emit_jump(Program *p, Choice *c)
{
    byte(p, c->t->opcode | c->code);
    byte(p, 2);
    byte(p, 0xb0);
    byte(p, 0x5a);
}

static bool choose_kind(Program *p, Choice *c, bool first)
{
    uint64_t *regs = p->state.regs;
    const Template *t = c->t;

    switch (t->kind) {
    case DIVIDE:
        if (!first) {
            return false;
        }
        if (c->memory && (c->rm == R_EDX || c->index == R_EDX)) {
            return false;
        }
        if (c->size < 3 || pick(8)) {
            int64_t topmost = regs[R_EAX] << (64 - (8 << c->size));

            regs[R_EDX] = pick(2) ? (uint64_t)(topmost >> 63) : pick(3);
        }
        return true;
    case BIT:
        if (c->memory) {
            if (c->reg == c->rm || c->reg == c->index) {
                return false;
            }
            regs[c->reg] = (int64_t)pick(2000) - 1000;
        }
        return true;
    case CONDITION:
        c->code = pick(16);
        return !(p->undefined & condition_flags(c->code));
    case JUMP:
        c->code = t->opcode == 0x70 ? pick(16) : pick(4);
        return t->opcode == 0x70 ? !(p->undefined & condition_flags(c->code))
                                 : c->code > 1 || !(p->undefined & ZF);
    case STRING:
        return first;
    case STACK_OP:
        if (t->opcode < 0x60) {
            return true;
        }
        if (first) { /* ENTER, LEAVE */
            regs[R_EBP] = STACK + 64;
            c->imm = pick(64) | pick(4) << 16;
        }
        return first;
    default:
        return choose_count(p, c, first);
    }
}

/* What Intel's CPUs of 64 bits may not have, by the feature of the same time. */
static bool host_has(const char *name)
{
#ifdef __x86_64__
    static const struct {
        const char *name;
        unsigned bit;
    } in_leaf7[] = {
        { "andn", 3 },  { "blsr", 3 },  { "blsmsk", 3 }, { "blsi", 3 },  { "bextr", 3 },
        { "tzcnt", 3 }, { "bzhi", 8 },  { "mulx", 8 },   { "pdep", 8 },  { "pext", 8 },
        { "shlx", 8 },  { "sarx", 8 },  { "shrx", 8 },   { "adcx", 19 }, { "adox", 19 },
        { "lzcnt", 3 }, { "movbe", 3 }, { "popcnt", 3 }, { "crc32", 3 },
    };
    unsigned a, b = 0, c, d;

    for (size_t i = 0; i < ARRAY_SIZE(in_leaf7); i++) {
        if (g_str_equal(name, in_leaf7[i].name)) {
            __get_cpuid_count(7, 0, &a, &b, &c, &d);
            return b >> in_leaf7[i].bit & 1;
        }
    }
#endif
    return true;
}

/* Adds an instruction, if this one can stand here. */
static bool add(Program *p, const Template *t, bool first)
{
    Choice c = { .t = t };
    unsigned reads = (t->how & READS_CARRY ? CF | OF : 0) | (t->how & READS_AF ? AF : 0);

    if ((t->how & (p->state.bits == 64 ? ONLY_32 : ONLY_64)) || (p->undefined & reads) ||
        (!first && (t->how & MEM_ONLY)) || !host_has(t->name) || !choose_size(p, &c)) {
        return false;
    }
    c.reg = t->reg >= 0 ? (unsigned)t->reg : some_register(p);
    c.rm = c.third = some_register(p);
    c.extra_rex = pick(2);
    choose_immediate(p, &c);
    if (t->reg != NO_MODRM && !(t->how & REG_ONLY) && first && (pick(2) || (t->how & MEM_ONLY))) {
        c.memory = true;
        choose_memory(p, &c);
        c.lock = (t->how & LOCKABLE) && pick(3) == 0 && !(t->map == 0 && t->opcode == 0x82);
    }
    if (t->reg == NO_MODRM && t->kind != IN_OPCODE && t->kind != STACK_OP) {
        c.reg = c.rm = 0;
    } else if (t->reg == NO_MODRM) {
        c.reg = 0;
    }
    if (!choose_kind(p, &c, first)) {
        return false;
    }
    g_string_append_printf(p->text, "%s%s/%u%s ", c.lock ? "lock " : "", t->name, 8u << c.size,
                           c.memory ? "m" : "");
    if (t->kind == STRING) {
        choose_string(p, &c);
        /* A segment or repeat prefix comes before 66 as well as behind it. */
    }
    if (t->kind == JUMP) {
        emit_jump(p, &c);
    } else {
        emit(p, &c);
    }
    p->undefined = (p->undefined & ~t->written) | t->undefined;
    return true;
}

/* mov eax, [NOWHERE]: whoever handles that finds what has been left in registers and flags. */
static void emit_fault(Program *p)
{
    byte(p, 0x8b);
    byte(p, p->state.bits == 64 ? 0x04 : 0x05);
    if (p->state.bits == 64) {
        byte(p, 0x25);
    }
    emit_immediate(p, NOWHERE, 4);
    g_string_append(p->text, "fault ");
}

static void make(Program *p, unsigned bits)
{
    unsigned length = 1 + pick(7);

    p->state.bits = bits;
    p->bytes = p->undefined = 0;
    p->text = g_string_new(NULL);
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        p->state.regs[i] = random_value();
        if (bits < 64) {
            p->state.regs[i] = (uint32_t)p->state.regs[i];
        }
    }
    p->state.regs[R_ESP] = STACK;
    p->state.eflags = random_word() & ALL;
    for (unsigned i = 0; i < X86_TEST_DATA_SIZE; i++) {
        p->state.data[i] = random_word();
    }
    while (!add(p, &templates[pick(ARRAY_SIZE(templates))], true)) {
    }
    for (unsigned i = 1; i < length;) {
        i += add(p, &templates[pick(ARRAY_SIZE(templates))], false);
    }
    if (pick(3) == 0) {
        emit_fault(p);
    }
}

/* ---- Comparison ---- */

static bool same(const Program *p, const X86TestState *ours, const X86TestState *host)
{
    bool wide = p->state.bits == 64, ended = ours->stop == X86_STOP_END;

    if (ours->stop != host->stop) {
        return false;
    }
    for (unsigned i = 0; i < (wide ? 16 : 8); i++) {
        if ((i != R_ESP || ended) &&
            (wide ? ours->regs[i] ^ host->regs[i] : (uint32_t)(ours->regs[i] ^ host->regs[i]))) {
            return false;
        }
    }
    /* What a division that faults would have left undefined isn't known here. */
    return (ours->stop == EXCP_DE ||
            !((ours->eflags ^ host->eflags) & (ALL | FLAG_DF) & ~p->undefined)) &&
           (!ended || memcmp(ours->data, host->data, sizeof(ours->data)) == 0);
}

static void report(const Program *p, const X86TestState *ours, const X86TestState *host)
{
    g_autoptr(GString) code = g_string_new(NULL);

    for (unsigned i = 0; i < p->bytes; i++) {
        g_string_append_printf(code, " %02x", p->code[i]);
    }
    g_test_message("%u bits: %s:%s", p->state.bits, p->text->str, code->str);
    g_test_message("stop %u, host %u; flags %04x, host %04x, before %04x, undefined %04x",
                   ours->stop, host->stop, (unsigned)ours->eflags & ALL,
                   (unsigned)host->eflags & ALL, (unsigned)p->state.eflags, p->undefined);
    for (unsigned i = 0; i < X86_NB_REGS; i++) {
        g_test_message("r%-2u %016" PRIx64 " %s %016" PRIx64 " before %016" PRIx64, i,
                       ours->regs[i], ours->regs[i] == host->regs[i] ? "==" : "!=",
                       host->regs[i], p->state.regs[i]);
    }
    for (unsigned i = 0; i < X86_TEST_DATA_SIZE; i++) {
        if (ours->stop == X86_STOP_END && ours->data[i] != host->data[i]) {
            g_test_message("%08x: %02x, host %02x, before %02x", X86_TEST_DATA + i, ours->data[i],
                           host->data[i], p->state.data[i]);
        }
    }
}

static void test_random(gconstpointer data)
{
    unsigned bits = GPOINTER_TO_UINT(data), different = 0;
    const char *wanted = g_getenv("X86_PROGRAMS");
    unsigned programs = wanted ? strtoul(wanted, NULL, 0) : PROGRAMS;
    g_autofree Program *p = g_new0(Program, 1);
    g_autofree X86TestState *ours = g_new0(X86TestState, 1), *host = g_new0(X86TestState, 1);

    if (!x86_host_is_intel()) {
        g_test_skip("the host's CPU isn't Intel's");
        return;
    }
    for (unsigned n = 0; n < programs && different < 10; n++) {
        make(p, bits);
        *ours = *host = p->state;
        x86_native_run(host, p->code, p->bytes);
        x86_machine_run(ours, p->code, p->bytes);
        if (!same(p, ours, host)) {
            report(p, ours, host);
            different++;
        }
        g_string_free(g_steal_pointer(&p->text), true);
    }
    g_assert_cmpuint(different, ==, 0);
}

int main(int argc, char **argv)
{
    const char *seed = g_getenv("X86_SEED");
    int result;

    g_test_init(&argc, &argv, NULL);
    generator = g_rand_new_with_seed(seed ? strtoul(seed, NULL, 0) : 1);
    x86_machine_init(argc > 1 && !strcmp(argv[1], "interp"), "max");
    x86_machine_set_prepare(x86_machine_page);
    g_test_add_data_func("/x86/integer/random/64", GUINT_TO_POINTER(64), test_random);
    g_test_add_data_func("/x86/integer/random/32", GUINT_TO_POINTER(32), test_random);
    result = g_test_run();
    x86_machine_exit();
    g_rand_free(generator);
    return result;
}
