/*
 * The front end's memory accesses, labels, calls and exits.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "backend.h"
#include "build.h"

static void build_memory(TCGOpcode opc, TCGType type, const void *out, const void *in0,
                         const void *in1, int64_t disp, MemOpIdx oi)
{
    TCGOp *op = build(opc, type, out, in0, in1);

    op->mem.disp = disp;
    op->mem.oi = oi;
    tcg_append_op(tcg_ctx, op);
}

#define LOAD(name, T, memop)                                                                       \
    void tcg_gen_##name##_##T(TCGv_##T ret, TCGv_ptr base, intptr_t offset)                        \
    {                                                                                              \
        build_memory(OP_ld, TYPE_##T, ret, base, NULL, offset, memop);                             \
    }
#define STORE(name, T, memop)                                                                      \
    void tcg_gen_##name##_##T(TCGv_##T value, TCGv_ptr base, intptr_t offset)                      \
    {                                                                                              \
        build_memory(OP_st, TYPE_##T, NULL, value, base, offset, memop);                           \
    }
#define LOADS_AND_STORES(T, full)                                                                  \
    LOAD(ld8u, T, MO_8)                                                                            \
    LOAD(ld8s, T, MO_8 | MO_SIGN)                                                                  \
    LOAD(ld16u, T, MO_16)                                                                          \
    LOAD(ld16s, T, MO_16 | MO_SIGN)                                                                \
    LOAD(ld, T, full)                                                                              \
    STORE(st8, T, MO_8)                                                                            \
    STORE(st16, T, MO_16)                                                                          \
    STORE(st, T, full)

LOADS_AND_STORES(i32, MO_32)
LOADS_AND_STORES(i64, MO_64)
LOAD(ld32u, i64, MO_32)
LOAD(ld32s, i64, MO_32 | MO_SIGN)
STORE(st32, i64, MO_32)

void tcg_gen_ld_ptr(TCGv_ptr ret, TCGv_ptr base, intptr_t offset)
{
    build_memory(OP_ld, TCG_TYPE_I64, ret, base, NULL, offset, MO_64);
}

void tcg_gen_st_ptr(TCGv_ptr value, TCGv_ptr base, intptr_t offset)
{
    build_memory(OP_st, TCG_TYPE_I64, NULL, value, base, offset, MO_64);
}

/* Drops what makes no difference, so that equal accesses look equal. */
static MemOp canonical_memop(MemOp op, TCGType type, bool store)
{
    if ((op & MO_SIZE) == MO_8) {
        op &= ~(MO_BE | MO_ALIGN);
    }
    if ((op & (MO_SIZE | MO_PAIR)) != MO_64 || (op & MO_ALIGN)) {
        op &= ~MO_ALIGN_4;
    }
    if (store || (op & MO_SIZE) == (type == TCG_TYPE_I32 ? MO_32 : MO_64)) {
        op &= ~MO_SIGN;
    }
    return op;
}

void build_guest_access(TCGOpcode opc, TCGType type, const void *out, const void *value,
                        TCGv_addr addr, unsigned mmu_idx, MemOp memop)
{
    const void *address = addr.i32;

    g_assert(mmu_idx < NB_MMU_MODES);
    g_assert(type != TCG_TYPE_I32 || (memop & MO_SIZE) != MO_64);
    memop = canonical_memop(memop, type, opc == OP_qemu_st);
    if (tcg_ctx->temps[handle_temp(address)].type == TCG_TYPE_I64) {
        memop |= MO_WIDE;
    }
    build_memory(opc, type, out, value ? value : address, value ? address : NULL, 0,
                 make_memop_idx(memop, mmu_idx));
}

static TCGOp *build_host_range(TCGOpcode opc, TCGv_ptr ret, TCGv_addr addr, unsigned mmu_idx,
                               MemOp hint, const TCGHostRange *range)
{
    TCGOp *op = build(opc, TCG_TYPE_I64, ret, addr.i32, NULL);
    TCGHostRange *copy = arena_alloc(&tcg_ctx->arena, sizeof(*copy));
    bool wide = tcg_ctx->temps[handle_temp(addr.i32)].type == TCG_TYPE_I64;

    g_assert(mmu_idx < NB_MMU_MODES && range->span >= 1 && range->span <= TCG_HOST_SPAN);
    *copy = *range;
    op->mem.range = copy;
    op->mem.oi = make_memop_idx((hint & MO_STACK) | (wide ? MO_WIDE : 0), mmu_idx);
    return op;
}

void tcg_gen_host_ld(TCGv_ptr ret, TCGv_addr addr, unsigned mmu_idx, MemOp hint,
                     const TCGHostRange *range)
{
    tcg_append_op(tcg_ctx, build_host_range(OP_host_ld, ret, addr, mmu_idx, hint, range));
}

void tcg_gen_host_st(TCGv_ptr ret, TCGv_addr addr, TCGv_i64 unusual, const TCGv_vec *values,
                     unsigned nb_values, unsigned mmu_idx, MemOp hint, const TCGHostRange *range)
{
    TCGOp *op = build_host_range(OP_host_st, ret, addr, mmu_idx, hint, range);

    QEMU_BUILD_BUG_ON(TCG_HOST_VALUES + 2 > TCG_MAX_CALL_ARGS);
    g_assert(nb_values <= TCG_HOST_VALUES);
    for (unsigned i = 0; i < nb_values; i++) {
        op->in[i] = handle_temp(values[i]);
    }
    op->in[nb_values] = handle_temp(addr.i32);
    op->in[nb_values + 1] = handle_temp(unusual);
    op->nb_in = nb_values + 2;
    tcg_append_op(tcg_ctx, op);
}

#define GUEST_ACCESS(T)                                                                            \
    void tcg_gen_qemu_ld_##T(TCGv_##T ret, TCGv_addr addr, unsigned mmu_idx, MemOp memop)          \
    {                                                                                              \
        build_guest_access(OP_qemu_ld, TYPE_##T, ret, NULL, addr, mmu_idx, memop);                 \
    }                                                                                              \
    void tcg_gen_qemu_st_##T(TCGv_##T value, TCGv_addr addr, unsigned mmu_idx, MemOp memop)        \
    {                                                                                              \
        build_guest_access(OP_qemu_st, TYPE_##T, NULL, value, addr, mmu_idx, memop);               \
    }

GUEST_ACCESS(i32)
GUEST_ACCESS(i64)

/* What the host doesn't order by itself: host_orders. */
void tcg_gen_mb(unsigned bar)
{
    if (bar & TCG_MO_ALL & ~host_orders) {
        tcg_append_op(tcg_ctx, tcg_new_op(tcg_ctx, OP_mb, TCG_TYPE_I32));
    }
}

TCGLabel *gen_new_label(void)
{
    TCGLabel *label = arena_alloc(&tcg_ctx->arena, sizeof(*label));

    label->id = tcg_ctx->nb_labels++;
    return label;
}

void gen_set_label(TCGLabel *label)
{
    TCGBlock *cur = tcg_ctx->cur;

    g_assert(!label->block);
    label->block = cur && !cur->first && cur->index + 1 == tcg_ctx->nb_blocks
                       ? cur : tcg_start_block(tcg_ctx);
}

void tcg_gen_br(TCGLabel *label)
{
    TCGOp *op = tcg_new_op(tcg_ctx, OP_br, TCG_TYPE_I32);

    op->label = label;
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_insn_start(uint64_t word0, uint64_t word1)
{
    TCGContext *s = tcg_ctx;
    uint32_t n = s->nb_insns++ * TARGET_INSN_START_WORDS;

    ENSURE_ROOM(s->insn_data, s->insns_room, n + 1);
    s->insn_data[n] = word0;
    s->insn_data[n + 1] = word1;
}

static uint32_t written_by(const TCGOp *op, const TCGv_i64 *globals, unsigned nb)
{
    uint32_t written = op_writes_globals(op) ? UINT32_MAX : 0;

    for (unsigned i = 0; i < op->nb_out; i++) {
        for (unsigned n = 0; n < nb && temp_is_global(tcg_ctx, op->out[i]); n++) {
            written |= (uint32_t)(op->out[i] == handle_temp(globals[n])) << n;
        }
    }
    return written;
}

uint32_t tcg_written_by_insn(const TCGv_i64 *globals, unsigned nb)
{
    const TCGContext *s = tcg_ctx;
    uint32_t written = 0;

    for (uint32_t b = s->nb_blocks; b-- > 0;) {
        for (const TCGOp *op = s->blocks[b]->last; op; op = op->prev) {
            if (op->insn + 1 != s->nb_insns) {
                return written;
            }
            written |= written_by(op, globals, nb);
        }
    }
    return written;
}

void tcg_gen_call(const TCGHelperInfo *info, void *ret, void *const *args)
{
    TCGContext *s = tcg_ctx;
    TCGOp *op = tcg_new_op(s, OP_call, info->ret == TCG_HELPER_I32 ? TCG_TYPE_I32 : TCG_TYPE_I64);

    op->call = info;
    op->nb_out = info->ret != TCG_HELPER_VOID;
    op->nb_in = info->nb_args;
    op->out[0] = handle_temp(ret);
    if (info->ret == TCG_HELPER_I128) {
        const TCGv_i128 *pair = ret;

        op->nb_out = 2;
        op->out[0] = handle_temp(pair->low);
        op->out[1] = handle_temp(pair->high);
    }
    for (unsigned i = 0; i < info->nb_args; i++) {
        op->in[i] = handle_temp(args[i]);
    }
    tcg_append_op(s, op);
}

static TCGv_i32 charged(void)
{
    return temp_handle(tcg_charged_global);
}

/* Adds what is known later to what has been charged. */
static TCGOp *build_count(unsigned n, bool rest, bool charge)
{
    TCGOp *op = build(OP_count, TCG_TYPE_I32, charged(), charged(), NULL);

    op->budget.n = n;
    op->budget.rest = rest;
    op->budget.charge = charge;
    tcg_append_op(tcg_ctx, op);
    return op;
}

void tcg_count_in_register(void)
{
    tcg_ctx->counts_in_register = true;
    tcg_gen_movi_i32(charged(), 0);
}

void tcg_gen_settle(void)
{
    if (tcg_ctx->counts_in_register) {
        build_op(OP_settle, TCG_TYPE_I32, NULL, charged(), NULL);
        tcg_gen_movi_i32(charged(), 0);
    }
}

void tcg_gen_budget(uint64_t pc, unsigned insn)
{
    TCGOp *op;

    g_assert(tcg_pc_global != TEMP_NONE);
    if (tcg_ctx->counts_in_register) {
        build_count(insn, false, true);
        op = build(OP_check, TCG_TYPE_I32, NULL, charged(), NULL);
    } else {
        op = tcg_new_op(tcg_ctx, OP_budget, TCG_TYPE_I32);
    }
    op->budget.pc = pc;
    op->budget.n = insn;
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_budget_or(TCGLabel *exhausted, unsigned insn)
{
    TCGv_i32 budget = tcg_temp_new_i32();

    g_assert(tcg_ctx->counts_in_register);
    tcg_gen_ld_i32(budget, tcg_env, JIT_OFFSET(budget));
    tcg_gen_brcond_i32(TCG_COND_LT, budget, charged(), exhausted);
    build_count(insn, false, true);
}

void tcg_end_budget_group(unsigned end)
{
    TCGContext *s = tcg_ctx;

    g_assert(s->nb_groups < TB_MAX_ELEMENTS &&
             (!s->nb_groups || s->group_ends[s->nb_groups - 1] < end));
    s->group_ends[s->nb_groups++] = end;
}

static TCGOp *build_refund(unsigned n, bool rest)
{
    TCGOp *op;

    if (tcg_ctx->counts_in_register) {
        return build_count(n, rest, false);
    }
    op = tcg_new_op(tcg_ctx, OP_refund, TCG_TYPE_I32);
    op->budget.n = n;
    op->budget.rest = rest;
    tcg_append_op(tcg_ctx, op);
    return op;
}

void tcg_gen_budget_skip(unsigned insns)
{
    build_refund(insns, false);
}

TCGOp *tcg_gen_budget_return(unsigned executed)
{
    return build_refund(executed, true);
}

void tcg_cancel_budget_return(TCGOp *op)
{
    op->budget.n = 0;
    op->budget.rest = false;
}

bool tcg_is_idle_since(const TCGLabel *start)
{
    const TCGContext *s = tcg_ctx;

    if (!s->cur || s->cur != (start ? start->block : s->blocks[0])) {
        return false;
    }
    for (const TCGOp *op = s->cur->first; op; op = op->next) {
        switch (op->opc) {
        case OP_budget:
        case OP_count:
        case OP_check:
            break;
        case OP_mov:
            if (!temp_is_const(s, op->in[0])) {
                return false;
            }
            break;
        default:
            return false;
        }
    }
    return true;
}

static void build_goto_tb(unsigned n, bool checked, unsigned itlb_index)
{
    TCGOp *op = tcg_new_op(tcg_ctx, OP_goto_tb, TCG_TYPE_I32);

    g_assert(n < TB_NB_EXITS && itlb_index < ITLB_SIZE);
    op->exit.n = n;
    op->exit.checked = checked;
    op->exit.itlb_index = itlb_index;
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_goto_tb(unsigned n)
{
    build_goto_tb(n, false, 0);
}

void tcg_gen_goto_tb_checked(unsigned n, unsigned itlb_index)
{
    build_goto_tb(n, true, itlb_index);
}

void tcg_gen_exit_tb(const TranslationBlock *tb, unsigned n)
{
    TCGOp *op = tcg_new_op(tcg_ctx, OP_exit_tb, TCG_TYPE_I32);

    op->exit.tb = tb;
    op->exit.n = n;
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_set_tb_flags(TCGv_i64 flags)
{
    tcg_gen_st_i64(flags, tcg_env, JIT_OFFSET(tb_flags));
}

void tcg_gen_lookup_and_goto_ptr_from(uint32_t from)
{
    TCGOp *op;

    g_assert(tcg_pc_global != TEMP_NONE);
    op = build(OP_lookup_ptr, tcg_global_info(tcg_pc_global)->type, NULL,
               temp_handle(tcg_pc_global), NULL);
    op->from = from;
    tcg_append_op(tcg_ctx, op);
}

void tcg_gen_lookup_and_goto_ptr(void)
{
    tcg_gen_lookup_and_goto_ptr_from(0);
}
