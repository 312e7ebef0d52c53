/*
 * Interpreter back end: the byte code that host code is compared with (tcg/reference.h).
 *
 * It is made of the IR as the front end has left it, so that passes, register allocator and host
 * back end are all compared with something that none of them has touched, and lives outside of the
 * code buffer, by the address of its translation's record, until that is another one's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "interp.h"
#include "tcg/reference.h"
#include "tcg/table.h"

/* A place where the reference may stop. */
typedef struct Place {
    uint32_t code_offset;
    uint16_t insn;
} Place;

struct TCGReferenceCode {
    uint8_t *code;
    Place *places;
    uint32_t nb_places;
};

struct TCGReference {
    Interp in; /* first: handlers get this */
    const TCGReferenceOps *ops;
    const TCGReferenceCode *code;
    const uint8_t *at; /* the instruction that is being executed */
    TCGVector *slots;
    uint32_t slots_room;
    TCGStop stop;
};

TCGFault tcg_fault;

/* TranslationBlock -> TCGReferenceCode. tcg_lock() */
static GHashTable *codes;

/* ---- Making it ---- */

/* Longer ones have no reference. */
#define CODE_ROOM (1 * MiB)

static void free_code(void *data)
{
    TCGReferenceCode *c = data;

    g_free(c->code);
    g_free(c->places);
    g_free(c);
}

static TCGReferenceCode *copy_code(const TCGContext *s)
{
    TCGReferenceCode *c = g_new0(TCGReferenceCode, 1);
    uint32_t size = s->code_ptr - s->code;

    c->code = g_malloc(size);
    memcpy(c->code, s->code + tcg_write_distance, size);
    c->places = g_new(Place, s->nb_sites);
    c->nb_places = s->nb_sites;
    for (uint32_t i = 0; i < s->nb_sites; i++) {
        c->places[i] = (Place){ s->sites[i].code_offset, s->sites[i].insn };
    }
    return c;
}

static TCGOp *find_op(TCGContext *s, bool (*wanted)(const TCGContext *s, const TCGOp *op))
{
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            if (wanted(s, op)) {
                return op;
            }
        }
    }
    return NULL;
}

static bool is_sum(const TCGContext *s, const TCGOp *op)
{
    return op->opc == OP_add && op->out[0] != tcg_charged_global && op->out[0] != tcg_pc_global;
}

static bool is_plain_store(const TCGContext *s, const TCGOp *op)
{
    return op->opc == OP_qemu_st && op->type == TCG_TYPE_I32;
}

static bool is_branch(const TCGContext *s, const TCGOp *op)
{
    return op->opc == OP_brcond;
}

/* From here on the IR isn't what the reference was made of. */
static void commit_fault(TCGContext *s)
{
    static bool (*const kinds[NB_TCG_FAULTS])(const TCGContext *s, const TCGOp *op) = {
        [TCG_FAULT_REGISTER] = is_sum,
        [TCG_FAULT_STORE] = is_plain_store,
        [TCG_FAULT_BRANCH] = is_branch,
    };
    TCGOp *op = find_op(s, kinds[tcg_fault]);

    if (!op) {
        return;
    }
    switch (tcg_fault) {
    case TCG_FAULT_REGISTER:
        op->opc = OP_sub;
        break;
    case TCG_FAULT_STORE:
        op->in[0] = tcg_const_temp(s, TCG_TYPE_I32, 0x5a);
        break;
    default:
        op->cond ^= 1;
    }
}

void tcg_reference_translate(TCGContext *s)
{
    uint8_t *room = g_malloc(CODE_ROOM + 16), *code = s->code, *code_ptr = s->code_ptr,
            *limit = s->code_limit;

    s->code_ptr = (uint8_t *)ROUND_UP((uintptr_t)room, 16) - tcg_write_distance;
    s->code_limit = s->code_ptr + CODE_ROOM;
    s->nb_sites = s->nb_relocs = s->nb_exits = s->nb_ways_out = 0;
    s->overflow = false;
    g_clear_pointer(&s->reference, free_code);
    if (tcg_interp_gen_code(s)) {
        s->reference = copy_code(s);
    }
    for (uint32_t t = s->nb_globals; t < s->nb_temps; t++) {
        if (s->temps[t].kind == TEMP_LOCAL) {
            s->temps[t].offset = NO_SLOT; /* the allocator gives it one of its own */
        }
    }
    s->code = code;
    s->code_ptr = code_ptr;
    s->code_limit = limit;
    g_free(room);
    if (tcg_fault) {
        commit_fault(s);
    }
}

void tcg_reference_keep(TCGContext *s, const TranslationBlock *tb)
{
    if (!codes) {
        codes = g_hash_table_new_full(NULL, NULL, NULL, free_code);
    }
    if (s->reference) {
        tcg_table_set(codes, (void *)tb, g_steal_pointer(&s->reference));
    } else {
        tcg_table_remove(codes, tb);
    }
}

void tcg_reference_forget(TCGContext *s)
{
    g_clear_pointer(&s->reference, free_code);
}

/* ---- Executing it ---- */

static TCGReference *reference(Interp *in)
{
    return (TCGReference *)in;
}

unsigned tcg_reference_insn(const TCGReference *r)
{
    uint32_t offset = r->at - r->in.tb_code;

    for (uint32_t i = 0; i < r->code->nb_places; i++) {
        if (r->code->places[i].code_offset == offset) {
            return r->code->places[i].insn;
        }
    }
    g_assert_not_reached();
}

/* The operation is done later, by host code: tcg_reference_pass() goes on behind it. */
static void stop(Interp *in, const Decoded *d, TCGStop stop)
{
    TCGReference *r = reference(in);

    in->pc = d->start;
    in->left = true;
    stop.insn = tcg_reference_insn(r);
    r->stop = stop;
}

static void put_general(Interp *in, const Decoded *d, uint64_t value)
{
    if (d->insn.nb_out) {
        interp_write(in, d->out[0],
                     (TCGVector){ { d->insn.type == TCG_TYPE_I32 ? (uint32_t)value : value } });
    }
}

static void put_loaded(Interp *in, const Decoded *d, MemOpIdx oi, JitVector value)
{
    if (get_memop(oi) & MO_VECTOR) {
        interp_write(in, d->out[0], value);
    } else {
        put_general(in, d, value.half[0]);
    }
}

static void ref_qemu_ld(Interp *in, const Decoded *d)
{
    uint64_t addr = d->in[0] + get_u64(in);
    MemOpIdx oi = get_u32(in);
    JitVector value = { { 0 } };

    addr = guest_address(addr, oi);
    if (reference(in)->ops->load((CPUArchState *)in->env, addr, oi, &value)) {
        put_loaded(in, d, oi, value);
    } else {
        stop(in, d, (TCGStop){ .kind = TCG_STOP_LOAD, .addr = addr, .oi = oi });
    }
}

static void ref_qemu_st(Interp *in, const Decoded *d)
{
    uint64_t addr = d->in[1] + get_u64(in);
    MemOpIdx oi = get_u32(in);
    JitVector value = { { d->in[0], d->in_high[0] } };

    addr = guest_address(addr, oi);
    if (!reference(in)->ops->store((CPUArchState *)in->env, addr, oi, value)) {
        stop(in, d, (TCGStop){ .kind = TCG_STOP_STORE, .addr = addr, .oi = oi, .value = value });
    }
}

static void ref_host_range(Interp *in, const Decoded *d)
{
    bool store = d->insn.opc == OP_host_st;
    bool unusual = store && d->in[d->insn.nb_in - 1];
    TCGStop s = { .kind = TCG_STOP_RANGE, .store = store };
    void *where = NULL;
    unsigned span;

    s.addr = d->in[store ? d->insn.nb_in - 2 : 0] + get_u64(in);
    s.oi = get_u32(in);
    s.addr = guest_address(s.addr, s.oi);
    s.slow = (TCGHostSlow *)(uintptr_t)get_u64(in);
    s.arg = get_u32(in);
    span = get_u32(in);
    if (!unusual) {
        where = reference(in)->ops->range((CPUArchState *)in->env, s.addr, s.oi, span, store);
    }
    if (where) {
        put_general(in, d, (uintptr_t)where);
        return;
    }
    for (int i = 0; store && i < d->insn.nb_in - 2; i++) {
        in->jit->host_values[i] = (TCGVector){ { d->in[i], d->in_high[i] } };
    }
    stop(in, d, s);
}

static void ref_call(Interp *in, const Decoded *d)
{
    const uint8_t *details = in->pc;
    const TCGHelperInfo *info = (const TCGHelperInfo *)(uintptr_t)get_u64(in);
    TCGStop s = { .kind = TCG_STOP_CALL, .call = info };

    if (info->flags & TCG_CALL_PURE) {
        in->pc = details;
        interp_handler(OP_call)(in, d);
        return;
    }
    memcpy(s.args, d->in, sizeof(s.args));
    stop(in, d, s);
}

static bool in_env(const Interp *in, const void *p)
{
    return (uintptr_t)p - (uintptr_t)in->env + sizeof(CPUJitState) <
           reference((Interp *)in)->ops->env_size + sizeof(CPUJitState);
}

/* What is loaded or stored by its host address: guest memory that a host_ld or host_st has found.
 */
static void ref_pointer(Interp *in, const Decoded *d)
{
    const uint8_t *details = in->pc;
    bool store = d->insn.opc == OP_st || d->insn.opc == OP_vst;
    void *p = (void *)(uintptr_t)(d->in[store] + get_u64(in));
    MemOp op = get_memop(get_u32(in));
    unsigned size =
        tcg_op_defs[d->insn.opc].flags & OPF_VECTOR ? type_size(d->insn.type) : memop_size(op);

    if (!in_env(in, p)) {
        if (store) {
            reference(in)->ops->stores(p, size);
        } else {
            reference(in)->ops->loads(p, size);
        }
    }
    in->pc = details;
    interp_handler(d->insn.opc)(in, d);
}

/* No translation leads to another one. */
static void ref_goto_tb(Interp *in, const Decoded *d)
{
    get_u32(in);
    get_u32(in);
    in->pc = (const uint8_t *)ROUND_UP((uintptr_t)in->pc, 8) + 16;
}

static void ref_lookup_ptr(Interp *in, const Decoded *d)
{
    leave(in, 0);
}

static InterpHandler *handler(unsigned opc)
{
    static InterpHandler *const own[NB_OPS + 1] = {
        [OP_qemu_ld] = ref_qemu_ld,
        [OP_qemu_st] = ref_qemu_st,
        [OP_host_ld] = ref_host_range,
        [OP_host_st] = ref_host_range,
        [OP_call] = ref_call,
        [OP_ld] = ref_pointer,
        [OP_st] = ref_pointer,
        [OP_vld] = ref_pointer,
        [OP_vst] = ref_pointer,
        [OP_goto_tb] = ref_goto_tb,
        [OP_lookup_ptr] = ref_lookup_ptr,
    };

    return own[opc] ? own[opc] : interp_handler(opc);
}

TCGReference *tcg_reference_new(const TCGReferenceOps *ops)
{
    TCGReference *r = g_new0(TCGReference, 1);

    r->ops = ops;
    return r;
}

bool tcg_reference_start(TCGReference *r, const TranslationBlock *tb, CPUArchState *env)
{
    InterpHead head;

    tcg_lock();
    r->code = codes ? g_hash_table_lookup(codes, tb) : NULL;
    tcg_unlock();
    if (!r->code) {
        return false;
    }
    memcpy(&head, r->code->code, sizeof(head));
    if (head.nb_slots > r->slots_room) {
        r->slots_room = head.nb_slots + 256;
        g_free(r->slots);
        r->slots = g_new0(TCGVector, r->slots_room);
    }
    r->in = (Interp){ .env = (char *)env,
                      .jit = env_jit(env),
                      .slots = r->slots,
                      .tb_code = r->code->code,
                      .pc = r->code->code + sizeof(head) };
    return true;
}

const TCGStop *tcg_reference_run(TCGReference *r)
{
    Decoded d = { 0 };

    r->in.left = false;
    r->stop.kind = TCG_STOP_EXIT;
    while (!r->in.left) {
        r->at = r->in.pc;
        interp_decode(&r->in, &d);
        handler(d.insn.opc)(&r->in, &d);
    }
    if (r->stop.kind == TCG_STOP_EXIT) {
        r->stop.left = (TCGLeft){ tcg_result_tb(r->in.result), tcg_result_exit(r->in.result) };
    }
    return &r->stop;
}

const TCGStop *tcg_reference_stop(const TCGReference *r)
{
    return &r->stop;
}

void tcg_reference_pass(TCGReference *r, JitVector result)
{
    static const uint8_t details[] = {
        [TCG_STOP_LOAD] = 12, [TCG_STOP_STORE] = 12, [TCG_STOP_RANGE] = 24, [TCG_STOP_CALL] = 8
    };
    Decoded d = { 0 };

    interp_decode(&r->in, &d);
    r->in.pc += details[r->stop.kind];
    if (r->stop.kind == TCG_STOP_LOAD) {
        put_loaded(&r->in, &d, r->stop.oi, result);
    } else if (d.insn.nb_out == 2) {
        interp_write(&r->in, d.out[0], (TCGVector){ { result.half[0] } });
        interp_write(&r->in, d.out[1], (TCGVector){ { result.half[1] } });
    } else {
        put_general(&r->in, &d, result.half[0]);
    }
}

TCGGlobal tcg_global(unsigned n)
{
    const TCGTemp *t = tcg_global_info(n);

    return (TCGGlobal){ t->name, t->offset, type_size(t->type), n == tcg_pc_global };
}
