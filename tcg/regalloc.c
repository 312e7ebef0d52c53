/*
 * Register allocation and emission, in one walk over the blocks in layout order.
 *
 * Relies on: liveness (tcg_liveness()) and the back end's constraints.
 * Guarantees: globals stay in host registers, unstored, until something needs them in env: an exit,
 * a helper that reads globals, or a shortage of registers. Guest accesses don't: their TCGSite
 * lists the globals whose env copy is stale. At block boundaries see regalloc-flow.c, at calls
 * regalloc-call.c.
 *
 * Registers are chosen greedily; when none is free, the value goes whose next use is farthest away.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "regalloc.h"

#define EVEN_BITS 0x5555555555555555ull

/* A v128 takes two slots, aligned. */
static uint64_t slot_bits(const TCGTemp *t, unsigned bit)
{
    return (type_size(t->type) > 8 ? 3ull : 1ull) << bit;
}

static int take_slot(RegAlloc *ra, const TCGTemp *t)
{
    bool pair = type_size(t->type) > 8;

    for (unsigned i = 0; i < ARRAY_SIZE(ra->slots); i++) {
        uint64_t free = ~ra->slots[i];

        free = pair ? free & free >> 1 & EVEN_BITS : free;
        if (free) {
            unsigned bit = __builtin_ctzll(free);

            ra->slots[i] |= slot_bits(t, bit);
            return i * 64 + bit;
        }
    }
    g_error("tcg: more than %d values to spill in one translation", FRAME_NB_SLOTS);
}

static void free_slot(TCGContext *s, TCGTemp *t)
{
    unsigned slot;

    if (t->kind != TEMP_LOCAL || t->offset == NO_SLOT || t->live_bit != NO_BIT) {
        return;
    }
    slot = (t->offset - FRAME_SLOTS_OFFSET) / 8;
    s->ra->slots[slot / 64] &= ~slot_bits(t, slot % 64);
    t->offset = NO_SLOT;
}

/*
 * Where t lives when it isn't in a register. Slots of temps that cross blocks are never given to
 * another
 * temp: layout order says nothing about which of two paths is taken.
 */
OperandKind ra_home(TCGContext *s, TempIdx t, int32_t *disp)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->kind == TEMP_LOCAL && temp->offset == NO_SLOT) {
        temp->offset = FRAME_SLOTS_OFFSET + take_slot(s->ra, temp) * 8;
    }
    *disp = temp->offset;
    return temp->kind == TEMP_LOCAL ? OPND_FRAME : OPND_ENV;
}

void ra_assign(TCGContext *s, TempIdx t, unsigned reg, bool dirty)
{
    TCGTemp *temp = &s->temps[t];

    temp->state = VAL_REG;
    temp->reg = reg;
    temp->dirty = dirty;
    s->ra->reg_temp[reg] = t;
    s->ra->used |= 1u << reg;
}

void ra_assign_const(TCGContext *s, TempIdx t, int64_t value, bool dirty)
{
    TCGTemp *temp = &s->temps[t];

    temp->state = VAL_CONST;
    temp->value = value;
    temp->dirty = dirty;
    temp->list_index = s->ra->nb_consts;
    s->ra->consts[s->ra->nb_consts++] = t;
}

void ra_share(TCGContext *s, TempIdx t, unsigned reg, bool dirty)
{
    TCGTemp *temp = &s->temps[t];

    temp->state = VAL_REG;
    temp->reg = reg;
    temp->dirty = dirty;
    temp->shares = true;
    temp->list_index = s->ra->nb_shares;
    s->ra->shares[s->ra->nb_shares++] = t;
}

static void remove_from(TCGContext *s, TempIdx *list, uint32_t *nb, TempIdx t)
{
    TempIdx last = list[--*nb];

    list[s->temps[t].list_index] = last;
    s->temps[last].list_index = s->temps[t].list_index;
}

/* One of those that share r, or TEMP_NONE. */
static TempIdx sharer(const TCGContext *s, unsigned r)
{
    for (uint32_t i = 0; i < s->ra->nb_shares; i++) {
        if (s->temps[s->ra->shares[i]].reg == r) {
            return s->ra->shares[i];
        }
    }
    return TEMP_NONE;
}

void ra_drop(TCGContext *s, TempIdx t)
{
    RegAlloc *ra = s->ra;
    TCGTemp *temp = &s->temps[t];

    if (temp->state == VAL_CONST) {
        remove_from(s, ra->consts, &ra->nb_consts, t);
    } else if (temp->state == VAL_REG && temp->shares) {
        remove_from(s, ra->shares, &ra->nb_shares, t);
    } else if (temp->state == VAL_REG) {
        TempIdx heir = sharer(s, temp->reg);

        ra->reg_temp[temp->reg] = heir;
        if (heir != TEMP_NONE) {
            remove_from(s, ra->shares, &ra->nb_shares, heir);
            s->temps[heir].shares = false;
        } else {
            ra->used &= ~(1u << temp->reg);
        }
    }
    temp->state = VAL_MEM;
    temp->shares = false;
    temp->dirty = false;
}

/* Stores what is in r, for all that have it there, and frees it. */
static void store_and_free(TCGContext *s, unsigned r)
{
    while (s->ra->reg_temp[r] != TEMP_NONE) {
        TempIdx t = s->ra->reg_temp[r];

        ra_clean(s, t);
        ra_drop(s, t);
    }
}

void ra_release(TCGContext *s, TempIdx t)
{
    ra_drop(s, t);
    free_slot(s, &s->temps[t]);
}

void ra_clean(TCGContext *s, TempIdx t)
{
    TCGTemp *temp = &s->temps[t];
    OperandKind kind;
    int32_t disp;

    if (!temp->dirty) {
        return;
    }
    kind = ra_home(s, t, &disp);
    if (temp->state == VAL_CONST) {
        host_store_imm(s, temp->type, temp->value, kind, disp);
    } else {
        host_store(s, temp->type, temp->reg, kind, disp);
    }
    temp->dirty = false;
}

static void sync_global(TCGContext *s, TempIdx t, bool with_pc)
{
    if (temp_is_global(s, t) && (with_pc || t != tcg_pc_global)) {
        ra_clean(s, t);
    }
}

void ra_sync_globals(TCGContext *s, bool with_pc)
{
    FOR_EACH_REG(r, s->ra->used) {
        sync_global(s, s->ra->reg_temp[r], with_pc);
    }
    for (uint32_t i = 0; i < s->ra->nb_shares; i++) {
        sync_global(s, s->ra->shares[i], with_pc);
    }
    for (uint32_t i = 0; i < s->ra->nb_consts; i++) {
        sync_global(s, s->ra->consts[i], with_pc);
    }
}

static uint32_t next_call_pos(const RegAlloc *ra)
{
    return ra->next_call < ra->nb_calls ? ra->calls[ra->next_call] : NEVER;
}

/* The free register of `candidates` that suits a value with this next use best, or NO_REG. */
static unsigned pick_free(RegAlloc *ra, uint32_t candidates, uint32_t next_use)
{
    bool crosses_call = next_use != NEVER && next_call_pos(ra) < next_use;
    uint32_t preferred = crosses_call ? ~host_call_clobbered : host_call_clobbered;

    candidates &= ~ra->used;
    candidates = candidates & ~ra->owned ? candidates & ~ra->owned : candidates;
    candidates = candidates & preferred ? candidates & preferred : candidates;
    for (unsigned i = 0; candidates && i < host_nb_reg_order; i++) {
        if (candidates >> host_reg_order[i] & 1) {
            return host_reg_order[i];
        }
    }
    return NO_REG;
}

/* How little it hurts to lose what is in r: distance of the next use, less if it must be stored. */
static uint64_t eviction_gain(const TCGContext *s, unsigned r)
{
    const TCGTemp *t = &s->temps[s->ra->reg_temp[r]];

    return 2 * (uint64_t)t->next_use + !t->dirty;
}

static unsigned pick_victim(const TCGContext *s, uint32_t candidates)
{
    unsigned best = NO_REG;

    FOR_EACH_REG(r, candidates) {
        if (best == NO_REG || eviction_gain(s, r) > eviction_gain(s, best)) {
            best = r;
        }
    }
    g_assert(best != NO_REG); /* an operation's constraints must be satisfiable */
    return best;
}

unsigned ra_alloc(TCGContext *s, uint32_t allowed, uint32_t next_use)
{
    RegAlloc *ra = s->ra;
    uint32_t candidates = allowed & host_allocatable & ~ra->pinned;
    unsigned reg = pick_free(ra, candidates, next_use);

    if (reg == NO_REG) {
        reg = pick_victim(s, candidates);
        store_and_free(s, reg);
    }
    ra->pinned |= 1u << reg;
    return reg;
}

void ra_copy_to(TCGContext *s, TempIdx t, unsigned reg)
{
    TCGTemp *temp = &s->temps[t];
    OperandKind kind;
    int32_t disp;

    if (temp->state == VAL_REG) {
        if (temp->reg != reg) {
            host_mov(s, temp->type, reg, temp->reg);
        }
    } else if (temp->state == VAL_CONST || temp->kind == TEMP_CONST) {
        host_movi(s, temp->type, reg, temp->value, temp->value_high);
    } else if (temp->kind == TEMP_ENV) {
        host_lea_env(s, reg);
    } else {
        kind = ra_home(s, t, &disp);
        host_load(s, temp->type, reg, kind, disp);
    }
}

/*
 * The register that is t's own, or that of the global that it becomes, free for it: who is there by
 * the way goes. NO_REG: it has none, or can't have it now.
 */
static unsigned own_reg(TCGContext *s, TempIdx t, uint32_t allowed)
{
    TempIdx global = s->temps[t].becomes;
    unsigned reg = s->temps[global != TEMP_NONE ? global : t].own_reg;
    TempIdx other;

    if (reg == NO_REG || !(allowed & ~s->ra->pinned & 1u << reg)) {
        return NO_REG;
    }
    other = s->ra->reg_temp[reg];
    if (other != TEMP_NONE && s->temps[other].own_reg == reg) {
        return NO_REG;
    }
    ra_vacate(s, reg, ~s->ra->owned);
    return reg;
}

unsigned ra_load(TCGContext *s, TempIdx t, uint32_t allowed)
{
    TCGTemp *temp = &s->temps[t];
    bool dirty = temp->dirty;
    unsigned reg;

    if (temp->state == VAL_REG && (allowed >> temp->reg & 1)) {
        s->ra->pinned |= 1u << temp->reg;
        return temp->reg;
    }
    allowed &= host_regs_of(temp->type);
    reg = own_reg(s, t, allowed);
    if (reg == NO_REG) {
        reg = ra_alloc(s, allowed, temp->next_use);
    }
    s->ra->pinned |= 1u << reg;
    ra_copy_to(s, t, reg);
    ra_drop(s, t);
    ra_assign(s, t, reg, dirty);
    return reg;
}

void ra_vacate(TCGContext *s, unsigned reg, uint32_t allowed)
{
    RegAlloc *ra = s->ra;
    TempIdx t = ra->reg_temp[reg];
    unsigned to;
    bool dirty;

    if (t == TEMP_NONE) {
        return;
    }
    to = pick_free(ra, allowed & host_regs_of(s->temps[t].type) & host_allocatable & ~ra->pinned &
                           ~(1u << reg),
                   s->temps[t].next_use);
    if (to == NO_REG || s->temps[t].next_use == NEVER) {
        store_and_free(s, reg);
        return;
    }
    host_mov(s, s->temps[t].type, to, reg);
    for (uint32_t i = 0; i < ra->nb_shares; i++) {
        TCGTemp *other = &s->temps[ra->shares[i]];

        other->reg = other->reg == reg ? to : other->reg;
    }
    dirty = s->temps[t].dirty;
    ra->reg_temp[reg] = TEMP_NONE;
    ra->used &= ~(1u << reg);
    ra_assign(s, t, to, dirty);
}

void ra_take_own_reg(TCGContext *s, TempIdx t)
{
    TCGTemp *temp = &s->temps[t];
    bool dirty = temp->dirty;
    unsigned reg;

    s->ra->pinned = 1u << temp->reg;
    reg = own_reg(s, t, UINT32_MAX);
    if (reg != NO_REG) {
        host_mov(s, temp->type, reg, temp->reg);
        ra_drop(s, t);
        ra_assign(s, t, reg, dirty);
    }
}

static void update_next_uses(TCGContext *s, const TCGOp *op)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        s->temps[op->in[i]].next_use = op->in_next[i];
    }
}

void ra_drop_dying(TCGContext *s, const TCGOp *op)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (op->dies >> i & 1) {
            ra_drop(s, op->in[i]);
        }
    }
}

/* Once the operation is emitted: it may have read them from their slots. */
void ra_free_dying_slots(TCGContext *s, const TCGOp *op)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        if ((op->dies >> i & 1) && s->temps[op->in[i]].state == VAL_MEM) {
            free_slot(s, &s->temps[op->in[i]]);
        }
    }
}

/* A global or spilled value that is used once is better used from memory. */
static bool use_from_memory(const TCGContext *s, const TCGOp *op, unsigned i)
{
    const TCGTemp *t = &s->temps[op->in[i]];

    return t->state == VAL_MEM && (t->kind == TEMP_GLOBAL || t->offset != NO_SLOT) &&
           (t->kind == TEMP_GLOBAL || t->kind == TEMP_LOCAL) && op->in_next[i] == NEVER;
}

static bool const_value(const TCGContext *s, TempIdx t, int64_t *value)
{
    const TCGTemp *temp = &s->temps[t];

    *value = temp->value;
    return (temp->kind == TEMP_CONST || temp->state == VAL_CONST) && !type_is_vector(temp->type);
}

/* Operand for input i, according to what the constraint allows. */
static Operand input_operand(TCGContext *s, const TCGOp *op, unsigned i, unsigned kind,
                             uint32_t allowed)
{
    Operand o = { .kind = OPND_REG };
    int64_t value;

    if ((kind & IN_ENV) && op->in[i] == ENV_TEMP) {
        return (Operand){ .kind = OPND_ENV };
    }
    if ((kind & (IN_IMM | IN_IMM32)) && const_value(s, op->in[i], &value) &&
        host_imm_ok(op, kind, value)) {
        bool lower_half = op->type == TCG_TYPE_I32 && !(tcg_op_defs[op->opc].flags & OPF_MEMOP);

        return (Operand){ .kind = OPND_IMM, .imm = lower_half ? (uint32_t)value : value };
    }
    if ((kind & IN_MEM) && use_from_memory(s, op, i)) {
        o.kind = ra_home(s, op->in[i], &o.disp);
        return o;
    }
    o.reg = ra_load(s, op->in[i], allowed);
    return o;
}

/* Whether r holds exactly the fixed input that belongs there, needed by nothing afterwards. */
static bool dies_in_place(TCGContext *s, const TCGOp *op, const OpConstraint *c, unsigned r)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        if ((c->in[i] & IN_FIXED) && c->fixed_in[i] == r) {
            return s->ra->reg_temp[r] == op->in[i] && (op->dies >> i & 1) &&
                   sharer(s, r) == TEMP_NONE;
        }
    }
    return false;
}

/* Frees the registers that the operation needs for itself and puts the fixed inputs there. */
static uint32_t prepare_fixed(TCGContext *s, const TCGOp *op, const OpConstraint *c,
                              HostOperands *h)
{
    uint32_t fixed = c->clobbers;

    for (unsigned i = 0; i < op->nb_out; i++) {
        fixed |= c->out_fixed >> i & 1 ? 1u << c->fixed_out[i] : 0;
    }
    for (unsigned i = 0; i < op->nb_in; i++) {
        fixed |= c->in[i] & IN_FIXED ? 1u << c->fixed_in[i] : 0;
    }
    FOR_EACH_REG(r, fixed) {
        if (!dies_in_place(s, op, c, r)) {
            ra_vacate(s, r, ~fixed);
        }
    }
    s->ra->pinned |= fixed;
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (c->in[i] & IN_FIXED) {
            ra_copy_to(s, op->in[i], c->fixed_in[i]);
            h->in[i] = (Operand){ .kind = OPND_REG, .reg = c->fixed_in[i] };
        }
    }
    return fixed;
}

void ra_inputs(TCGContext *s, const TCGOp *op, const OpConstraint *c, HostOperands *h)
{
    uint32_t fixed = prepare_fixed(s, op, c, h);

    for (unsigned i = 0; i < op->nb_in; i++) {
        TempIdx t = op->in[i];

        if (s->temps[t].state == VAL_REG && !(fixed >> s->temps[t].reg & 1)) {
            s->ra->pinned |= 1u << s->temps[t].reg;
        }
    }
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (!(c->in[i] & IN_FIXED)) {
            h->in[i] = input_operand(s, op, i, c->in[i], ~fixed);
        }
    }
    for (unsigned i = 0; i < c->nb_scratch + c->nb_vector_scratch; i++) {
        uint32_t class = i < c->nb_scratch ? GENERAL_REGS : VECTOR_REGS;

        h->scratch[i] = ra_alloc(s, class & ~fixed, NEVER);
    }
    update_next_uses(s, op);
}

/* A register of an input that may become result 0's, or NO_REG. */
static unsigned reusable_reg(TCGContext *s, const TCGOp *op, const OpConstraint *c,
                             const HostOperands *h)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        if ((c->reuse >> i & 1) && h->in[i].kind == OPND_REG &&
            s->ra->reg_temp[h->in[i].reg] == TEMP_NONE &&
            (host_regs_of(s->temps[op->out[0]].type) >> h->in[i].reg & 1) &&
            (!c->out_regs || (c->out_regs >> h->in[i].reg & 1))) {
            return h->in[i].reg;
        }
    }
    return NO_REG;
}

/* Registers that hold an input which result 0 must not overwrite. */
static bool input_elsewhere(const TCGOp *op, const OpConstraint *c, const HostOperands *h,
                            unsigned reg)
{
    for (unsigned i = 0; i < op->nb_in; i++) {
        if (!(c->reuse >> i & 1) && h->in[i].kind == OPND_REG && h->in[i].reg == reg) {
            return true;
        }
    }
    return false;
}

static void place_output(TCGContext *s, const TCGOp *op, const OpConstraint *c, HostOperands *h,
                         unsigned i)
{
    TempIdx t = op->out[i];
    uint32_t allowed = host_regs_of(s->temps[t].type) & (c->out_regs ? c->out_regs : UINT32_MAX);
    unsigned reg = NO_REG;

    s->temps[t].next_use = op->out_next[i];
    if (c->out_fixed >> i & 1) {
        reg = c->fixed_out[i];
    } else {
        unsigned reusable = i == 0 ? reusable_reg(s, op, c, h) : NO_REG;

        if (reusable != NO_REG && input_elsewhere(op, c, h, reusable)) {
            reusable = NO_REG;
        }
        reg = own_reg(s, t, allowed);
        if (reg == NO_REG) {
            reg = reusable;
        }
    }
    if (reg == NO_REG) {
        reg = ra_alloc(s, allowed, op->out_next[i]);
    }
    s->ra->pinned |= 1u << reg;
    ra_assign(s, t, reg, true);
    h->out[i] = (Operand){ .kind = OPND_REG, .reg = reg };
}

static void place_outputs(TCGContext *s, const TCGOp *op, const OpConstraint *c, HostOperands *h)
{
    for (unsigned i = 0; i < op->nb_out; i++) {
        ra_drop(s, op->out[i]); /* the old value */
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        place_output(s, op, c, h, i);
    }
}

static void release_dead_outputs(TCGContext *s, const TCGOp *op)
{
    for (unsigned i = 0; i < op->nb_out; i++) {
        if (op->out_dead >> i & 1) {
            ra_release(s, op->out[i]);
        }
    }
}

/* What the site says about the operands of its access. */
static void describe_access(TCGSite *site, const TCGOp *op, const HostOperands *h)
{
    bool store = op_is_guest_store(op);
    const Operand *addr = &h->in[op_address(op)];
    const Operand *value = op->opc == OP_qemu_st ? &h->in[0] : &h->out[0];

    site->store = store;
    site->oi = op->mem.oi;
    site->disp = op->mem.disp;
    site->addr_kind = addr->kind == OPND_IMM ? TCG_LOC_CONST : TCG_LOC_REG;
    site->addr = addr->kind == OPND_IMM ? addr->imm : addr->reg;
    site->value_kind = value->kind == OPND_IMM ? TCG_LOC_CONST : TCG_LOC_REG;
    site->value = value->kind == OPND_IMM ? value->imm : value->reg;
    site->value_is_64 = op->type == TCG_TYPE_I64;
}

/* Globals whose last observer was op need neither their registers nor to be stored. */
void ra_drop_observed(TCGContext *s, const TCGOp *op)
{
    const uint64_t *dead = op->dead_after;

    for (uint32_t i = s->ra->nb_shares; dead && i-- > 0;) {
        TempIdx t = s->ra->shares[i];

        if (temp_is_global(s, t) && ra_in_set(s, dead, t)) {
            ra_drop(s, t);
        }
    }
    FOR_EACH_REG(r, dead ? s->ra->used : 0) {
        TempIdx t = s->ra->reg_temp[r];

        if (temp_is_global(s, t) && ra_in_set(s, dead, t)) {
            ra_drop(s, t);
        }
    }
    for (uint32_t i = s->ra->nb_consts; dead && i-- > 0;) {
        TempIdx t = s->ra->consts[i];

        if (temp_is_global(s, t) && ra_in_set(s, dead, t)) {
            ra_drop(s, t);
        }
    }
}

void ra_op(TCGContext *s, TCGOp *op)
{
    OpConstraint c = { 0 };
    HostOperands h = { 0 };
    TCGSite *site = NULL;
    uint32_t used = 0;

    host_constraint(s, op, &c);
    s->ra->pinned = 0;
    ra_inputs(s, op, &c, &h);
    if (op_is_guest_access(op)) {
        site = ra_new_site(s, op, TCG_SITE_TLB);
        used = s->ra->used; /* what the site knows of may be gone behind the access */
    }
    ra_drop_dying(s, op);
    place_outputs(s, op, &c, &h);
    if (site) {
        site->vectors = (used | s->ra->used) & VECTOR_REGS;
        describe_access(site, op, &h);
        host_emit_guest_access(s, op, &h, site);
    } else {
        host_emit_op(s, op, &h);
    }
    ra_free_dying_slots(s, op);
    release_dead_outputs(s, op);
    ra_drop_observed(s, op);
}

/* A move is mostly a change of mind about who owns a register. */
static void ra_mov(TCGContext *s, TCGOp *op)
{
    TempIdx in = op->in[0], out = op->out[0];
    TCGTemp *from = &s->temps[in], *to = &s->temps[out];
    int64_t value;
    unsigned reg;

    s->ra->pinned = 0;
    if (in == out) {
        update_next_uses(s, op);
        return;
    }
    ra_drop(s, out);
    if (const_value(s, in, &value)) {
        ra_assign_const(s, out, value, true);
    } else if ((op->dies & 1) && from->state == VAL_REG) {
        reg = from->reg;
        ra_drop(s, in);
        if (s->ra->reg_temp[reg] == TEMP_NONE) {
            ra_assign(s, out, reg, true);
        } else {
            ra_share(s, out, reg, true);
        }
    } else if (from->state == VAL_REG && temp_is_global(s, out) && op->out_next[0] == NEVER) {
        ra_share(s, out, from->reg, true);
    } else {
        if (from->state == VAL_MEM && op->in_next[0] != NEVER && !(op->dies & 1)) {
            ra_load(s, in, UINT32_MAX);
        } else if (from->state == VAL_REG) {
            s->ra->pinned = 1u << from->reg;
        }
        reg = own_reg(s, out, UINT32_MAX);
        if (reg == NO_REG) {
            reg = ra_alloc(s, host_regs_of(to->type), op->out_next[0]);
        }
        ra_copy_to(s, in, reg);
        ra_assign(s, out, reg, true);
    }
    update_next_uses(s, op);
    to->next_use = op->out_next[0];
    ra_drop_dying(s, op);
    ra_free_dying_slots(s, op);
    release_dead_outputs(s, op);
}

/* What its home has is as good as anything. */
static void ra_discard(TCGContext *s, TCGOp *op)
{
    ra_drop(s, op->out[0]);
    s->temps[op->out[0]].next_use = op->out_next[0];
}

static void ra_goto_tb(TCGContext *s, TCGOp *op)
{
    uint64_t pc = 0;

    s->ra->rest_is_done = tcg_is_plain_exit(s, op, &pc);
    ra_sync_globals(s, false);
    host_goto_tb(s, op, s->ra->rest_is_done ? &pc : NULL);
}

static void ra_exit_tb(TCGContext *s, TCGOp *op)
{
    ra_sync_globals(s, true);
    host_exit_tb(s, op->exit.tb, op->exit.n);
}

static void ra_lookup_ptr(TCGContext *s, TCGOp *op)
{
    Operand pc = { .kind = OPND_REG };
    int64_t value;

    s->ra->pinned = 0;
    ra_sync_globals(s, true);
    if (const_value(s, op->in[0], &value)) {
        pc = (Operand){ .kind = OPND_IMM, .imm = value };
    } else {
        pc.reg = ra_load(s, op->in[0], UINT32_MAX);
    }
    host_lookup_ptr(s, &pc, op->from);
}

static void ra_budget(TCGContext *s, TCGOp *op)
{
    uint32_t first = s->nb_locs;

    host_budget(s, op_charge(s, op), op->budget.pc, first, ra_record_locs(s));
}

static Operand register_or_const(TCGContext *s, const TCGOp *op)
{
    Operand o = { .kind = OPND_REG };

    s->ra->pinned = 0;
    if (const_value(s, op->in[0], &o.imm)) {
        o.kind = OPND_IMM;
    } else {
        o.reg = ra_load(s, op->in[0], UINT32_MAX);
    }
    update_next_uses(s, op);
    return o;
}

static void ra_check(TCGContext *s, TCGOp *op)
{
    Operand charged = register_or_const(s, op);
    uint32_t first = s->nb_locs;

    host_check(s, &charged, op_charge(s, op), op->budget.pc, first, ra_record_locs(s));
}

static void ra_settle(TCGContext *s, TCGOp *op)
{
    Operand charged = register_or_const(s, op);

    host_settle(s, &charged);
    ra_drop_dying(s, op);
}

static void ra_refund(TCGContext *s, TCGOp *op)
{
    unsigned insns = op_refund(s, op);

    if (insns) {
        host_refund(s, insns);
    }
}

static void (*const special_ops[NB_OPS])(TCGContext *s, TCGOp *op) = {
    [OP_mov] = ra_mov,
    [OP_discard] = ra_discard,
    [OP_call] = ra_call,
    [OP_br] = ra_br,
    [OP_brcond] = ra_brcond,
    [OP_goto_tb] = ra_goto_tb,
    [OP_exit_tb] = ra_exit_tb,
    [OP_lookup_ptr] = ra_lookup_ptr,
    [OP_budget] = ra_budget,
    [OP_refund] = ra_refund,
    [OP_check] = ra_check,
    [OP_settle] = ra_settle,
};

static void start_temp(TCGTemp *temp)
{
    temp->own_reg = NO_REG;
    temp->state = VAL_MEM;
    temp->shares = false;
    temp->dirty = false;
    temp->offset = temp->kind == TEMP_LOCAL ? NO_SLOT : temp->offset;
}

static void start(TCGContext *s)
{
    RegAlloc *ra = arena_alloc(&s->arena, sizeof(*ra));
    uint32_t calls = 0;

    for (unsigned r = 0; r < NB_HOST_REGS; r++) {
        ra->reg_temp[r] = TEMP_NONE;
    }
    /* There may have been an attempt before this one. */
    start_temp(&s->temps[0]);
    for (uint32_t i = 0; i < s->nb_used_globals; i++) {
        start_temp(&s->temps[s->used_globals[i]]);
    }
    for (TempIdx t = s->nb_globals; t < s->nb_temps; t++) {
        start_temp(&s->temps[t]);
    }
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        s->blocks[b]->entry = NULL;
        s->blocks[b]->placed = false;
        for (const TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            calls += op->opc == OP_call;
        }
    }
    ra->calls = arena_alloc(&s->arena, calls * sizeof(*ra->calls));
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (const TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            if (op->opc == OP_call) {
                ra->calls[ra->nb_calls++] = op->pos;
            }
        }
    }
    ra->consts = arena_alloc(&s->arena, s->nb_temps * sizeof(*ra->consts));
    ra->shares = arena_alloc(&s->arena, s->nb_temps * sizeof(*ra->shares));
    s->ra = ra;
}

/* Room that one operation may need at most: every global stored, and some. */
static bool room_left(const TCGContext *s)
{
    return s->code_limit - s->code_ptr > (ptrdiff_t)(4096 + 32 * s->nb_globals);
}

static void alloc_block(TCGContext *s, TCGBlock *b)
{
    RegAlloc *ra = s->ra;

    ra_block_start(s, b);
    for (TCGOp *op = b->first; op; op = op->next) {
        if (!room_left(s)) {
            s->overflow = true;
            return;
        }
        while (ra->next_call < ra->nb_calls && ra->calls[ra->next_call] <= op->pos) {
            ra->next_call++;
        }
        (special_ops[op->opc] ? special_ops[op->opc] : ra_op)(s, op);
        if (s->ra->rest_is_done) {
            s->ra->rest_is_done = false;
            return;
        }
    }
    ra_block_end(s, b);
}

void tcg_reg_alloc(TCGContext *s)
{
    start(s);
    if (s->has_loops) {
        ra_choose_for_loops(s);
    }
    for (uint32_t i = 0; i < s->nb_blocks && !s->overflow; i++) {
        alloc_block(s, s->blocks[i]);
    }
}
