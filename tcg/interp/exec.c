/*
 * Interpreter back end: executes byte code.
 *
 * The reference for every other back end: nothing is cached, globals are always in env, every guest
 * access goes to TCGRuntime.load/store, pure operations are computed by the functions that constant
 * folding uses.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "interp.h"
#include "qemu/atomic.h"

/*
 * Temps of the block that runs. Per thread, so that an exception may leave by longjmp without
 * losing memory.
 */
static __thread TCGVector *slot_array;
static GPrivate slot_array_owner = G_PRIVATE_INIT(g_free); /* frees it with the thread */
static __thread uint32_t slots_room;

static uint64_t read_operand(Interp *in, uint64_t *high)
{
    uint32_t o = get_u32(in);
    int32_t n = (int32_t)o >> OPERAND_KIND_BITS; /* what belongs to the translator is below env */
    uint32_t v32;
    uint64_t v64;
    TCGVector v;

    switch (o & ((1 << OPERAND_KIND_BITS) - 1)) {
    case OPERAND_SLOT:
        *high = in->slots[n].half[1];
        return in->slots[n].half[0];
    case OPERAND_GLOBAL_I32:
        memcpy(&v32, in->env + n, sizeof(v32));
        return v32;
    case OPERAND_GLOBAL_I64:
        memcpy(&v64, in->env + n, sizeof(v64));
        return v64;
    case OPERAND_GLOBAL_V128:
        memcpy(&v, in->env + n, sizeof(v));
        *high = v.half[1];
        return v.half[0];
    case OPERAND_CONST:
        return get_u64(in);
    case OPERAND_CONST_V128:
        v64 = get_u64(in);
        *high = get_u64(in);
        return v64;
    default:
        return (uintptr_t)in->env;
    }
}

void interp_write(Interp *in, uint32_t o, TCGVector value)
{
    static const uint8_t sizes[] = {
        [OPERAND_GLOBAL_I32] = 4, [OPERAND_GLOBAL_I64] = 8, [OPERAND_GLOBAL_V128] = 16,
    };
    int32_t n = (int32_t)o >> OPERAND_KIND_BITS;
    uint32_t kind = o & ((1 << OPERAND_KIND_BITS) - 1);

    if (kind == OPERAND_SLOT) {
        in->slots[n] = value;
    } else {
        memcpy(in->env + n, &value, sizes[kind]);
    }
}

static void write_operand(Interp *in, uint32_t o, uint64_t value)
{
    interp_write(in, o, (TCGVector){ { value } });
}

static void enter(Interp *in, const void *code)
{
    InterpHead head;

    memcpy(&head, code, sizeof(head));
    if (head.nb_slots > slots_room) {
        slots_room = head.nb_slots + 256;
        slot_array = g_new0(TCGVector, slots_room);
        g_private_replace(&slot_array_owner, slot_array);
    }
    in->slots = slot_array;
    in->tb_code = code;
    in->pc = in->tb_code + sizeof(head);
}

static void set_result(Interp *in, const Decoded *d, uint64_t value)
{
    if (d->insn.nb_out) {
        write_operand(in, d->out[0], d->insn.type == TCG_TYPE_I32 ? (uint32_t)value : value);
    }
}

static void exec_pure(Interp *in, const Decoded *d)
{
    TCGOp op;
    uint64_t out[2];

    op.opc = d->insn.opc;
    op.type = d->insn.type;
    op.cond = d->insn.cond;
    op.nb_out = d->insn.nb_out;
    op.field.ofs = d->insn.ofs;
    op.field.len = d->insn.len;
    tcg_op_compute(&op, d->in, out);
    for (unsigned i = 0; i < d->insn.nb_out; i++) {
        write_operand(in, d->out[i], out[i]);
    }
}

static void exec_vector(Interp *in, const Decoded *d)
{
    TCGOp op = { .opc = d->insn.opc, .type = d->insn.type,
                 .vec = { .vece = d->insn.ofs, .imm = d->insn.len } };
    TCGVector v[3] = { { { 0 } } }, out;

    for (unsigned i = 0; i < d->insn.nb_in; i++) {
        v[i] = (TCGVector){ { d->in[i], d->in_high[i] } };
    }
    tcg_op_compute_vector(&op, v, &out);
    interp_write(in, d->out[0], out);
}

static void exec_mov(Interp *in, const Decoded *d)
{
    interp_write(in, d->out[0], (TCGVector){ { d->in[0], d->in_high[0] } });
}

static void exec_vld(Interp *in, const Decoded *d)
{
    const void *p = (const void *)(uintptr_t)(d->in[0] + get_u64(in));
    TCGVector v = { { 0 } };

    get_u32(in);
    memcpy(&v, p, type_size(d->insn.type));
    interp_write(in, d->out[0], v);
}

static void exec_vst(Interp *in, const Decoded *d)
{
    void *p = (void *)(uintptr_t)(d->in[1] + get_u64(in));
    TCGVector v = { { d->in[0], d->in_high[0] } };

    get_u32(in);
    memcpy(p, &v, type_size(d->insn.type));
}

static void exec_mb(Interp *in, const Decoded *d)
{
    smp_mb();
}

static void exec_discard(Interp *in, const Decoded *d)
{
}

static void exec_ld(Interp *in, const Decoded *d)
{
    const void *p = (const void *)(uintptr_t)(d->in[0] + get_u64(in));
    MemOp op = get_memop(get_u32(in));
    unsigned bits = 8 * memop_size(op);
    uint64_t v = 0;

    memcpy(&v, p, bits / 8);
    if (op & MO_SIGN) {
        v = (int64_t)(v << (64 - bits)) >> (64 - bits);
    }
    set_result(in, d, v);
}

static void exec_st(Interp *in, const Decoded *d)
{
    void *p = (void *)(uintptr_t)(d->in[1] + get_u64(in));

    memcpy(p, &d->in[0], memop_size(get_memop(get_u32(in))));
}

static void exec_qemu_ld(Interp *in, const Decoded *d)
{
    uint64_t addr = d->in[0] + get_u64(in);
    MemOpIdx oi = get_u32(in);

    in->jit->interp_pc = (uintptr_t)d->start;
    if (get_memop(oi) & MO_VECTOR) {
        interp_write(in, d->out[0],
                     tcg_runtime->load_vector((CPUArchState *)in->env, guest_address(addr, oi), oi,
                                              in->jit->interp_pc));
    } else {
        set_result(in, d, tcg_runtime->load((CPUArchState *)in->env, guest_address(addr, oi), oi,
                                            in->jit->interp_pc));
    }
    in->jit->interp_pc = 0;
}

static void exec_qemu_st(Interp *in, const Decoded *d)
{
    uint64_t addr = d->in[1] + get_u64(in);
    MemOpIdx oi = get_u32(in);

    in->jit->interp_pc = (uintptr_t)d->start;
    if (get_memop(oi) & MO_VECTOR) {
        tcg_runtime->store_vector((CPUArchState *)in->env, guest_address(addr, oi),
                                  (TCGVector){ { d->in[0], d->in_high[0] } }, oi,
                                  in->jit->interp_pc);
    } else {
        tcg_runtime->store((CPUArchState *)in->env, guest_address(addr, oi), d->in[0], oi,
                           in->jit->interp_pc);
    }
    in->jit->interp_pc = 0;
}

static void exec_host_range(Interp *in, const Decoded *d)
{
    bool store = d->insn.opc == OP_host_st;
    uint64_t addr = d->in[store ? d->insn.nb_in - 2 : 0] + get_u64(in);
    MemOpIdx oi = get_u32(in);
    TCGHostSlow *slow = (TCGHostSlow *)(uintptr_t)get_u64(in);
    uint32_t arg = get_u32(in);
    void *where;

    get_u32(in); /* the span */
    for (int i = 0; store && i < d->insn.nb_in - 2; i++) {
        in->jit->host_values[i] = (TCGVector){ { d->in[i], d->in_high[i] } };
    }
    in->jit->interp_pc = (uintptr_t)d->start;
    where = slow((CPUArchState *)in->env, guest_address(addr, oi), arg, in->jit->interp_pc);
    in->jit->interp_pc = 0;
    set_result(in, d, (uintptr_t)where);
}

/* Integer and pointer arguments all travel in registers here, and unused ones do no harm. */
static void exec_call(Interp *in, const Decoded *d)
{
    typedef uint64_t Helper(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    typedef TCGVector HelperOfTwo(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
    const uintptr_t f = (uintptr_t)((const TCGHelperInfo *)(uintptr_t)get_u64(in))->func;

    in->jit->interp_pc = (uintptr_t)d->start;
    if (d->insn.nb_out == 2) {
        TCGVector pair = ((HelperOfTwo *)f)(d->in[0], d->in[1], d->in[2], d->in[3], d->in[4],
                                            d->in[5]);

        write_operand(in, d->out[0], pair.half[0]);
        write_operand(in, d->out[1], pair.half[1]);
    } else {
        set_result(in, d,
                   ((Helper *)f)(d->in[0], d->in[1], d->in[2], d->in[3], d->in[4], d->in[5]));
    }
    in->jit->interp_pc = 0;
}

static void exec_vector_guard(Interp *in, const Decoded *d, TCGOp *op)
{
    TCGVector v[2 + TCG_GUARD_ARGS] = { { { 0 } } };

    for (unsigned i = 0; i < d->insn.nb_in; i++) {
        v[i] = (TCGVector){ { d->in[i], d->in_high[i] } };
    }
    if (tcg_vector_guard_fails(op, v)) {
        op->guard.vectors->func((CPUArchState *)in->env, v + op->guard.first_arg,
                                op->guard.vectors);
        v[0] = v[op->guard.first_arg];
    }
    interp_write(in, d->out[0], v[0]);
}

static void exec_guard(Interp *in, const Decoded *d)
{
    TCGOp op = { .opc = OP_guard, .type = d->insn.type, .nb_in = d->insn.nb_in };
    uint64_t value = d->in[0], args[TCG_GUARD_ARGS] = { 0 };

    op.guard.vece = d->insn.ofs;
    op.guard.imm = d->insn.len;
    op.guard.first_arg = get_u32(in);
    op.guard.bytes = get_u32(in);
    op.guard.func = (TCGGuardHelper *)(uintptr_t)get_u64(in);
    if (d->insn.type == TCG_TYPE_V128) {
        exec_vector_guard(in, d, &op);
        return;
    }
    if (tcg_guard_fails(&op, d->in)) {
        memcpy(args, d->in + op.guard.first_arg,
               (d->insn.nb_in - op.guard.first_arg) * sizeof(*args));
        value = op.guard.func((CPUArchState *)in->env, args[0], args[1], args[2]);
    }
    set_result(in, d, value);
}

static void exec_br(Interp *in, const Decoded *d)
{
    in->pc = in->tb_code + get_u32(in);
}

static void exec_brcond(Interp *in, const Decoded *d)
{
    uint32_t target = get_u32(in);

    if (tcg_cond_holds(d->insn.cond, d->insn.type, d->in[0], d->in[1])) {
        in->pc = in->tb_code + target;
    }
}

static void exec_goto_tb(Interp *in, const Decoded *d)
{
    bool checked = get_u32(in);
    uint32_t index = get_u32(in);
    const uint8_t *check = (const uint8_t *)ROUND_UP((uintptr_t)in->pc, 8), *field = check + 8;
    const void *target = __atomic_load_n((const void *const *)field, __ATOMIC_ACQUIRE);
    uint32_t expected = __atomic_load_n((const uint32_t *)check, __ATOMIC_RELAXED);

    in->pc = field + 8;
    if (target != field && (!checked || in->jit->itlb[index] == expected)) {
        enter(in, target);
    }
}

static void exec_exit_tb(Interp *in, const Decoded *d)
{
    leave(in, get_u64(in));
}

static void note_branch(CPUJitState *jit, uint32_t from, uint64_t to)
{
    if (from && jit->branches_wanted) {
        jit->branches_wanted--;
        jit->branches[jit->next_branch++ % NB_LOGGED_BRANCHES] = (CPUBranch){ from, to };
    }
}

static void exec_lookup_ptr(Interp *in, const Decoded *d)
{
    uint64_t pc = d->in[0];
    const CPUJumpCacheEntry *e = &in->jit->jump_cache[jump_cache_index(pc)];
    const void *code = qatomic_load_acquire(&e->code); /* others may take it away */

    note_branch(in->jit, get_u32(in), pc);
    if (code && e->pc == pc && e->flags == in->jit->tb_flags &&
        e->context == in->jit->code_context) {
        enter(in, code);
    } else {
        enter(in, tcg_runtime->lookup_tb_ptr((CPUArchState *)in->env));
    }
}

static void leave_at(Interp *in, uint64_t guest_pc, uintptr_t result)
{
    const TCGTemp *pc = tcg_global_info(tcg_pc_global);

    memcpy(in->env + pc->offset, &guest_pc, type_size(pc->type));
    leave(in, result);
}

static void exec_budget(Interp *in, const Decoded *d)
{
    int32_t insns = get_u32(in);
    uint64_t guest_pc = get_u64(in), result = get_u64(in);

    qatomic_add_own_thread(&in->jit->budget, -insns); /* a kick may come at any place */
    if (qatomic_read(&in->jit->budget) < 0) {
        qatomic_add_own_thread(&in->jit->budget, insns);
        leave_at(in, guest_pc, result);
    }
}

static void exec_check(Interp *in, const Decoded *d)
{
    int32_t insns = get_u32(in);
    uint64_t guest_pc = get_u64(in), result = get_u64(in);

    if (qatomic_read(&in->jit->budget) < (int32_t)d->in[0]) {
        qatomic_add_own_thread(&in->jit->budget, insns);
        tcg_settle((CPUArchState *)in->env);
        leave_at(in, guest_pc, result);
    }
}

static void exec_settle(Interp *in, const Decoded *d)
{
    qatomic_add_own_thread(&in->jit->budget, -(int32_t)d->in[0]);
}

static void exec_refund(Interp *in, const Decoded *d)
{
    qatomic_add_own_thread(&in->jit->budget, (int32_t)get_u32(in));
}

static void exec_leave(Interp *in, const Decoded *d)
{
    leave(in, 0);
}

/* Operations that aren't pure functions. */
static void (*const handlers[NB_OPS + 1])(Interp *in, const Decoded *d) = {
    [OP_mov] = exec_mov,
    [OP_vld] = exec_vld,
    [OP_vst] = exec_vst,
    [OP_mb] = exec_mb,
    [OP_discard] = exec_discard,
    [OP_ld] = exec_ld,
    [OP_st] = exec_st,
    [OP_qemu_ld] = exec_qemu_ld,
    [OP_qemu_st] = exec_qemu_st,
    [OP_host_ld] = exec_host_range,
    [OP_host_st] = exec_host_range,
    [OP_call] = exec_call,
    [OP_guard] = exec_guard,
    [OP_br] = exec_br,
    [OP_brcond] = exec_brcond,
    [OP_goto_tb] = exec_goto_tb,
    [OP_exit_tb] = exec_exit_tb,
    [OP_lookup_ptr] = exec_lookup_ptr,
    [OP_budget] = exec_budget,
    [OP_refund] = exec_refund,
    [OP_check] = exec_check,
    [OP_settle] = exec_settle,
    [INTERP_EXIT] = exec_leave,
};

void interp_decode(Interp *in, Decoded *d)
{
    d->start = in->pc;
    memcpy(&d->insn, in->pc, sizeof(d->insn));
    in->pc += sizeof(d->insn);
    for (unsigned i = 0; i < d->insn.nb_out; i++) {
        d->out[i] = get_u32(in);
    }
    for (unsigned i = 0; i < d->insn.nb_in; i++) {
        d->in[i] = read_operand(in, &d->in_high[i]);
    }
}

InterpHandler *interp_handler(unsigned opc)
{
    if (handlers[opc]) {
        return handlers[opc];
    }
    return tcg_op_defs[opc].flags & OPF_VECTOR ? exec_vector : exec_pure;
}

uintptr_t tcg_interp_exec(CPUArchState *env, const void *code)
{
    Interp in = { .env = (char *)env, .jit = env_jit(env) };
    Decoded d = { 0 };

    enter(&in, code);
    while (!in.left) {
        interp_decode(&in, &d);
        interp_handler(d.insn.opc)(&in, &d);
    }
    return in.result;
}
