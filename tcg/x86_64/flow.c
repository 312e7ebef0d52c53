/*
 * x86-64: moves, branches, calls and exits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "emit.h"

static unsigned type_w(TCGType type)
{
    return type == TCG_TYPE_I64 ? X_W : 0;
}

static X86Mem home(OperandKind kind, int32_t disp)
{
    return kind == OPND_FRAME ? x_mem(RSP, disp) : x_env(disp);
}

/* Of a register to itself with type i32: clears the upper half. */
void host_mov(TCGContext *s, TCGType type, unsigned dst, unsigned src)
{
    bool flags = x_flags_survive(s, dst);

    if (type_is_vector(type)) {
        x_vector_mov(s, dst, src);
    } else {
        x_rr(s, X_MOV | type_w(type), dst, src);
    }
    x_flags_kept(s, flags);
}

void host_movi(TCGContext *s, TCGType type, unsigned dst, int64_t value, int64_t high)
{
    if (type_is_vector(type)) {
        x_vector_movi(s, type, dst, value, high);
    } else {
        x_movi(s, dst, type == TCG_TYPE_I32 ? (uint32_t)value : (uint64_t)value);
    }
}

void host_load(TCGContext *s, TCGType type, unsigned reg, OperandKind kind, int32_t disp)
{
    bool flags = x_flags_survive(s, reg);

    if (type_is_vector(type)) {
        x_vector_load(s, type, reg, home(kind, disp));
    } else {
        x_rm(s, X_MOV | type_w(type), reg, home(kind, disp));
    }
    x_flags_kept(s, flags);
}

void host_store(TCGContext *s, TCGType type, unsigned reg, OperandKind kind, int32_t disp)
{
    bool flags = x_flags_known(s);

    if (type_is_vector(type)) {
        x_vector_store(s, type, reg, home(kind, disp));
    } else {
        x_rm(s, X_MOV_R | type_w(type), reg, home(kind, disp));
    }
    x_flags_kept(s, flags);
}

void host_store_imm(TCGContext *s, TCGType type, int64_t value, OperandKind kind, int32_t disp)
{
    bool flags = x_flags_known(s);

    if (type == TCG_TYPE_I64 && !fits_i32(value)) {
        x_movi_keep_flags(s, SCRATCH, value);
        x_flags_kept(s, flags);
        host_store(s, type, SCRATCH, kind, disp);
        return;
    }
    x_rm(s, X_MOV_IMM | type_w(type), 0, home(kind, disp));
    x_imm32(s, value);
    x_flags_kept(s, flags);
}

void host_lea_env(TCGContext *s, unsigned dst)
{
    x_rm(s, X_LEA | X_W, dst, x_env(0));
}

void host_block_start(TCGContext *s)
{
    s->flags_end = NULL;
}

/* The jump before here. */
static void add_reloc(TCGContext *s, TCGBlock *target)
{
    ENSURE_ROOM(s->relocs, s->relocs_room, s->nb_relocs);
    s->relocs[s->nb_relocs++] = (TCGReloc){ code_offset(s), target };
}

void host_patch_reloc(TCGContext *s, const TCGReloc *r)
{
    x_set_jump(s, s->code + r->offset, s->code + r->target->code_offset);
}

void host_jump(TCGContext *s, TCGBlock *target)
{
    x_jmp_forward(s);
    add_reloc(s, target);
}

void host_branch(TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h,
                 TCGBlock *target)
{
    unsigned cc = x_compare(s, op, cond, h);

    x_jcc_forward(s, cc);
    add_reloc(s, target);
}

uint8_t *host_branch_skip(TCGContext *s, const TCGOp *op, TCGCond cond, const HostOperands *h)
{
    return x_jcc_forward(s, x_compare(s, op, cond, h));
}

void host_skip_end(TCGContext *s, uint8_t *skip)
{
    x_land(s, skip);
}

uint32_t host_call(TCGContext *s, const void *func, bool returns)
{
    uint32_t return_offset;

    x_call(s, func);
    return_offset = code_offset(s);
    if (!returns) { /* the return address must lie within the block */
        x_byte(s, 0x0f); /* ud2 */
        x_byte(s, 0x0b);
    }
    return return_offset;
}

void host_note_called(TCGContext *s, const void *value)
{
    x_movi(s, SCRATCH, (uintptr_t)value);
    x_rm(s, X_MOV_R | X_W, SCRATCH, x_jit(called));
}

/* An exhausted budget's way out, put off to the end of the block. */
typedef struct BudgetMiss {
    struct BudgetMiss *next;
    uint8_t *jump;
    uint64_t pc;
    uint32_t insns, first_loc, nb_locs;
} BudgetMiss;

/* If the flags are so, leave by a stub behind the block (host_finish()). */
static void miss_if(TCGContext *s, unsigned cc, BudgetMiss what)
{
    BudgetMiss *miss = arena_alloc(&s->arena, sizeof(*miss));

    *miss = what;
    miss->next = s->budget_misses;
    miss->jump = x_jcc_forward(s, cc);
    s->budget_misses = miss;
}

/* budget -= insns; leaves if that makes it negative. */
void host_budget(TCGContext *s, unsigned insns, uint64_t pc, uint32_t first, uint32_t nb)
{
    x_group1_mi(s, 0, G1_SUB, x_jit(budget), insns);
    miss_if(s, CC_S, (BudgetMiss){ .pc = pc, .insns = insns, .first_loc = first, .nb_locs = nb });
}

void host_check(TCGContext *s, const Operand *charged, unsigned insns, uint64_t pc, uint32_t first,
                uint32_t nb)
{
    if (charged->kind == OPND_IMM) {
        x_group1_mi(s, 0, G1_CMP, x_jit(budget), charged->imm);
    } else {
        x_rm(s, X_CMP_R, charged->reg, x_jit(budget)); /* memory with register */
    }
    miss_if(s, CC_L, (BudgetMiss){ .pc = pc, .insns = insns, .first_loc = first, .nb_locs = nb });
}

void host_settle(TCGContext *s, const Operand *charged)
{
    if (charged->kind == OPND_IMM) {
        x_group1_mi(s, 0, G1_SUB, x_jit(budget), charged->imm);
    } else {
        x_rm(s, X_SUB_R, charged->reg, x_jit(budget));
    }
}

void host_refund(TCGContext *s, unsigned insns)
{
    x_group1_mi(s, 0, G1_ADD, x_jit(budget), insns);
}


static void store_loc(TCGContext *s, const TCGLoc *loc)
{
    const TCGTemp *g = tcg_global_info(loc->global);

    if (loc->kind == TCG_LOC_CONST) {
        host_store_imm(s, g->type, loc->value, OPND_ENV, g->offset);
    } else {
        host_store(s, g->type, loc->value, OPND_ENV, g->offset);
    }
}

/*
 * Leaves generated code in few bytes: the thunk's return address says which block this is, and its
 * side table what it stands for.
 */
static void leave_by_call(TCGContext *s, unsigned exit, uint64_t pc, unsigned insns)
{
    g_assert(s->nb_ways_out < ARRAY_SIZE(s->ways_out));
    x_call(s, x_thunk_leave);
    s->ways_out[s->nb_ways_out++] = (TCGWayOut){ code_offset(s), exit, pc, insns };
}

static void finish_budgets(TCGContext *s)
{
    for (const BudgetMiss *miss = s->budget_misses; miss; miss = miss->next) {
        if (s->code_limit - s->code_ptr < 256 + 32 * (ptrdiff_t)miss->nb_locs) {
            s->overflow = true;
            return;
        }
        x_land(s, miss->jump);
        for (uint32_t i = 0; i < miss->nb_locs; i++) {
            store_loc(s, &s->locs[miss->first_loc + i]);
        }
        leave_by_call(s, TB_EXIT_REQUESTED, miss->pc, miss->insns);
    }
}

/* Another page than expected at a checked exit; put off to the end of the block. */
typedef struct CheckMiss {
    struct CheckMiss *next;
    uint8_t *jump; /* that leads here */
    unsigned exit;
    uint64_t pc;
} CheckMiss;

static void finish_checks(TCGContext *s)
{
    for (const CheckMiss *miss = s->check_misses; miss; miss = miss->next) {
        if (s->code_limit - s->code_ptr < 256) {
            s->overflow = true;
            return;
        }
        x_land(s, miss->jump);
        leave_by_call(s, miss->exit, miss->pc, 0);
    }
}

void host_finish(TCGContext *s)
{
    finish_checks(s);
    finish_budgets(s);
    x_finish_slow_paths(s);
    x_finish_guards(s);
}

static void add_check_miss(TCGContext *s, unsigned exit, uint64_t pc, uint8_t *jump)
{
    CheckMiss *miss = arena_alloc(&s->arena, sizeof(*miss));

    *miss = (CheckMiss){ s->check_misses, jump, exit, pc };
    s->check_misses = miss;
}

#define LINK_BYTES 5 /* of a jump or a call */
#define JMP_REL32  0xe9
#define CALL_REL32 0xe8

/*
 * Five bytes within one doubleword, so that they change in one store: a jump when it is linked, and
 * until then the call that leaves.
 */
void host_goto_tb(TCGContext *s, const TCGOp *op, const uint64_t *leave_pc)
{
    TBExit *exit = &s->exits[op->exit.n];
    uint8_t *differs = NULL;
    uint32_t check_offset = 0;

    s->nb_exits = MAX(s->nb_exits, op->exit.n + 1);
    if (op->exit.checked) {
        x_rm(s, X_MOV | X_W, SCRATCH, x_jit(itlb));
        x_rm(s, X_GROUP1_IMM32, G1_CMP, x_mem(SCRATCH, op->exit.itlb_index * 4));
        check_offset = code_offset(s);
        x_imm32(s, NO_TOKEN);
        differs = x_jcc_forward(s, CC_NE);
    }
    if (((uintptr_t)s->code_ptr & 7) > 8 - LINK_BYTES) {
        x_align(s, 8);
    }
    exit->jump_offset = code_offset(s);
    exit->falls_through = !leave_pc;
    exit->check_distance = op->exit.checked ? exit->jump_offset - check_offset : 0;
    if (leave_pc) {
        leave_by_call(s, op->exit.n, *leave_pc, 0);
    } else {
        x_jmp(s, s->code_ptr + LINK_BYTES);
    }
    g_assert(code_offset(s) - exit->jump_offset == LINK_BYTES);
    if (differs && leave_pc) {
        add_check_miss(s, op->exit.n, *leave_pc, differs);
    } else if (differs) {
        x_land(s, differs);
    }
}

/* The lock of the code buffer is held, so nobody else changes the bytes beside it meanwhile. */
static void set_link(uint8_t *jump, uint8_t opcode, const void *target)
{
    int32_t d = (const uint8_t *)target - (jump + LINK_BYTES);
    uint8_t *word = (uint8_t *)ROUND_DOWN((uintptr_t)jump, 8);
    union {
        uint64_t all;
        uint8_t bytes[8];
    } now;

    memcpy(now.bytes, word, sizeof(now));
    now.bytes[jump - word] = opcode;
    memcpy(&now.bytes[jump - word + 1], &d, sizeof(d));
    tcg_code_write_word64(word, now.all);
}

void host_link(uint8_t *jump, const void *target)
{
    set_link(jump, JMP_REL32, target);
}

void host_unlink(uint8_t *jump, bool falls_through)
{
    if (falls_through) {
        set_link(jump, JMP_REL32, jump + LINK_BYTES);
    } else {
        set_link(jump, CALL_REL32, x_thunk_leave);
    }
}

void host_exit_tb(TCGContext *s, const TranslationBlock *tb, unsigned n)
{
    if (!tb) {
        x_jmp(s, tcg_exit_to_loop);
        return;
    }
    x_movi(s, RAX, tcg_exit_result(tb, n));
    x_jmp(s, x_exit_with_result);
}

void host_lookup_ptr(TCGContext *s, const Operand *pc, uint32_t from)
{
    if (pc->kind == OPND_IMM) {
        x_movi(s, SCRATCH, pc->imm);
    } else {
        x_rr(s, X_MOV | X_W, SCRATCH, pc->reg);
    }
    if (from) {
        x_movi(s, RCX, from);
        x_jmp(s, x_thunk_lookup_from);
    } else {
        x_jmp(s, x_thunk_lookup);
    }
}

/*
 * Decoded instructions are cached by windows of 32 bytes, and on some parts not where a jump
 * crosses into the next one: so a small loop has its place within one, wherever the block before it
 * ended. What doesn't repeat itself is better off close together.
 */
void host_align_entry(TCGContext *s)
{
    if (s->has_loops) {
        x_align(s, 32);
    }
}
