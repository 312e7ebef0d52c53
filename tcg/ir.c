/*
 * The translation context and its IR: temps, constants, operations, basic blocks.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"

__thread TCGContext *tcg_ctx;
const TCGv_ptr tcg_env = (TCGv_ptr)(uintptr_t)(ENV_TEMP + 1);
TempIdx tcg_pc_global = TEMP_NONE, tcg_charged_global = TEMP_NONE;

/* Globals of all targets, registered once per process. Entry 0 is the env pointer. */
static TCGTemp *global_temps;
static uint32_t nb_global_temps, global_temps_room;

static void new_global(int kind, TCGType type, int32_t offset, const char *name)
{
    ENSURE_ROOM(global_temps, global_temps_room, nb_global_temps);
    global_temps[nb_global_temps++] =
        (TCGTemp){ .name = name, .type = type, .kind = kind, .offset = offset };
}

static void register_env(void)
{
    if (!nb_global_temps) {
        new_global(TEMP_ENV, TCG_TYPE_I64, 0, "env");
        tcg_charged_global = nb_global_temps;
        new_global(TEMP_GLOBAL, TCG_TYPE_I32, JIT_OFFSET(charged), "charged");
    }
}

static void *register_global(TCGv_ptr base, TCGType type, intptr_t offset, const char *name)
{
    g_assert(base == tcg_env);
    register_env();
    new_global(TEMP_GLOBAL, type, offset, name);
    return (void *)(uintptr_t)nb_global_temps;
}

TCGv_i32 tcg_global_mem_new_i32(TCGv_ptr base, intptr_t offset, const char *name)
{
    return register_global(base, TCG_TYPE_I32, offset, name);
}

TCGv_i64 tcg_global_mem_new_i64(TCGv_ptr base, intptr_t offset, const char *name)
{
    return register_global(base, TCG_TYPE_I64, offset, name);
}

TCGv_f32 tcg_global_mem_new_f32(TCGv_ptr base, intptr_t offset, const char *name)
{
    return register_global(base, TCG_TYPE_F32, offset, name);
}

TCGv_f64 tcg_global_mem_new_f64(TCGv_ptr base, intptr_t offset, const char *name)
{
    return register_global(base, TCG_TYPE_F64, offset, name);
}

TCGv_vec tcg_global_mem_new_vec(TCGType type, TCGv_ptr base, intptr_t offset, const char *name)
{
    return register_global(base, type, offset, name);
}

void tcg_set_pc_global_i32(TCGv_i32 pc)
{
    tcg_pc_global = (uintptr_t)pc - 1;
}

void tcg_set_pc_global_i64(TCGv_i64 pc)
{
    tcg_pc_global = (uintptr_t)pc - 1;
}

const TCGTemp *tcg_global_info(TempIdx t)
{
    return &global_temps[t];
}

unsigned tcg_nb_globals(void)
{
    register_env();
    return nb_global_temps;
}

TCGContext *tcg_context_new(void)
{
    return g_new0(TCGContext, 1);
}

void tcg_context_free(TCGContext *s)
{
    arena_free(&s->arena);
    g_free(s->temps);
    g_free(s->used_globals);
    g_free(s->blocks);
    g_free(s->insn_data);
    g_free(s->sites);
    g_free(s->locs);
    g_free(s->relocs);
    g_free(s->side_table);
    tcg_reference_forget(s);
    g_free(s);
}

/* What a translation has left in the globals that it used is forgotten. */
static void renew_globals(TCGContext *s)
{
    if (s->nb_globals != tcg_nb_globals()) {
        s->nb_globals = tcg_nb_globals();
        ENSURE_ROOM(s->temps, s->temps_room, s->nb_globals);
        memcpy(s->temps, global_temps, s->nb_globals * sizeof(TCGTemp));
    }
    for (uint32_t i = 0; i < s->nb_used_globals; i++) {
        s->temps[s->used_globals[i]] = global_temps[s->used_globals[i]];
    }
    s->nb_used_globals = 0;
    s->nb_temps = s->nb_globals;
}

static void note_used(TCGContext *s, TempIdx t)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->kind == TEMP_GLOBAL && !temp->used) {
        temp->used = true;
        ENSURE_ROOM(s->used_globals, s->used_globals_room, s->nb_used_globals);
        s->used_globals[s->nb_used_globals++] = t;
    }
}

void tcg_note_used_globals(TCGContext *s)
{
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (const TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            for (unsigned i = 0; i < op->nb_in; i++) {
                note_used(s, op->in[i]);
            }
            for (unsigned i = 0; i < op->nb_out; i++) {
                note_used(s, op->out[i]);
            }
        }
    }
}

void tcg_func_start(TCGContext *s, uint32_t window_modes, uint32_t stack_window_modes)
{
    arena_reset(&s->arena);
    s->generation++;
    s->window_modes = window_modes;
    s->stack_window_modes = stack_window_modes;
    renew_globals(s);
    s->nb_blocks = 0;
    s->nb_labels = 0;
    s->nb_insns = 0;
    s->nb_ranges = 0;
    s->nb_groups = 0;
    s->counts_in_register = false;
    s->bad_page_slots = (TCGPageSlotSet){ { 0 } };
    s->has_page_slots = s->has_stack_page_slot = false;
    s->registers = NULL;
    s->paged_modes = 0;
    s->cur = NULL;
    tcg_start_block(s);
}

TempIdx tcg_new_temp(TCGContext *s, TCGType type)
{
    ENSURE_ROOM(s->temps, s->temps_room, s->nb_temps);
    s->temps[s->nb_temps] = (TCGTemp){ .type = type, .kind = TEMP_LOCAL, .offset = NO_SLOT };
    return s->nb_temps++;
}

static TempIdx find_const(TCGContext *s, TCGType type, int64_t value, int64_t high)
{
    uint32_t h = (((uint64_t)value ^ (uint64_t)high << 1) * 0x9e3779b97f4a7c15ull + type) >> 54;
    ConstSlot *slot = &s->consts[h % CONST_HASH_SIZE];

    if (slot->generation != s->generation || slot->value != value || slot->value_high != high ||
        slot->type != type) {
        TempIdx t = tcg_new_temp(s, type);

        s->temps[t].kind = TEMP_CONST;
        s->temps[t].value = value;
        s->temps[t].value_high = high;
        *slot = (ConstSlot){ s->generation, type, t, value, high };
    }
    return slot->temp;
}

/* Constants of one value and type are one temp, so that passes can compare indices. */
TempIdx tcg_const_temp(TCGContext *s, TCGType type, int64_t value)
{
    return find_const(s, type, type_size(type) == 4 ? (uint32_t)value : value, 0);
}

TempIdx tcg_const_v128(TCGContext *s, int64_t low, int64_t high)
{
    return find_const(s, TCG_TYPE_V128, low, high);
}

static TCGOp *alloc_op(TCGContext *s, TCGOpcode opc, TCGType type)
{
    TCGOp *op = arena_alloc(&s->arena, sizeof(*op));

    op->opc = opc;
    op->type = type;
    op->nb_out = tcg_op_defs[opc].nb_out;
    op->nb_in = tcg_op_defs[opc].nb_in;
    return op;
}

/* An operation at the end of the current block; the caller fills it in before adding the next. */
TCGOp *tcg_new_op(TCGContext *s, TCGOpcode opc, TCGType type)
{
    TCGOp *op = alloc_op(s, opc, type);

    op->insn = s->nb_insns ? s->nb_insns - 1 : 0;
    return op;
}

static void link_last(TCGBlock *b, TCGOp *op)
{
    op->prev = b->last;
    *(b->last ? &b->last->next : &b->first) = op;
    b->last = op;
}

/* Adds op to the current block, or forgets it if control cannot get here. */
void tcg_append_op(TCGContext *s, TCGOp *op)
{
    TCGBlock *b = s->cur;

    if (!b) {
        return;
    }
    link_last(b, op);
    if (op_ends_block(op)) {
        s->cur = NULL;
        b->falls_through = op->opc == OP_brcond;
        if (b->falls_through) {
            tcg_start_block(s);
        }
    }
}

TCGOp *tcg_insert_before(TCGContext *s, TCGBlock *b, TCGOp *at, TCGOpcode opc, TCGType type)
{
    TCGOp *op = alloc_op(s, opc, type);

    op->insn = at->insn;
    op->prev = at->prev;
    op->next = at;
    *(at->prev ? &at->prev->next : &b->first) = op;
    at->prev = op;
    return op;
}

TCGOp *tcg_insert_last(TCGContext *s, TCGBlock *b, TCGOpcode opc, TCGType type)
{
    TCGOp *op = alloc_op(s, opc, type);

    link_last(b, op);
    return op;
}

void tcg_remove_op(TCGBlock *b, TCGOp *op)
{
    *(op->prev ? &op->prev->next : &b->first) = op->next;
    *(op->next ? &op->next->prev : &b->last) = op->prev;
}

bool tcg_is_plain_exit(const TCGContext *s, const TCGOp *op, uint64_t *pc)
{
    const TCGOp *mov = op->next, *exit = mov ? mov->next : NULL;

    if (!exit || mov->opc != OP_mov || mov->out[0] != tcg_pc_global ||
        !temp_is_const(s, mov->in[0]) || exit->opc != OP_exit_tb || exit->exit.tb != s->tb ||
        exit->exit.n != op->exit.n) {
        return false;
    }
    *pc = s->temps[mov->in[0]].value;
    return true;
}

TCGBlock *tcg_start_block(TCGContext *s)
{
    TCGBlock *b = arena_alloc(&s->arena, sizeof(*b));

    b->index = s->nb_blocks;
    b->falls_through = true;
    ENSURE_ROOM(s->blocks, s->blocks_room, s->nb_blocks);
    s->blocks[s->nb_blocks++] = b;
    s->cur = b;
    return b;
}

TCGBlock *tcg_fall_through(TCGContext *s, TCGBlock *b)
{
    return b->falls_through && b->index + 1 < s->nb_blocks ? s->blocks[b->index + 1] : NULL;
}

static void add_edge(TCGBlock *from, TCGBlock *to)
{
    if (to) {
        to->nb_preds++;
        to->last_pred = MAX(to->last_pred, from->index);
    }
}

static void mark_reachable(TCGContext *s, TCGBlock *b)
{
    TCGBlock **stack = arena_alloc(&s->arena, (2 * s->nb_blocks + 1) * sizeof(*stack));
    unsigned n = 0;

    stack[n++] = b;
    while (n) {
        b = stack[--n];
        if (b && !b->reachable) {
            b->reachable = true;
            stack[n++] = b->taken;
            stack[n++] = tcg_fall_through(s, b);
        }
    }
}

static void compact_blocks(TCGContext *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        if (s->blocks[i]->reachable) {
            s->blocks[n++] = s->blocks[i];
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        s->blocks[i]->index = i;
    }
    s->nb_blocks = n;
}

/*
 * Works out edges from what ends the blocks and drops unreachable ones. Passes that change a
 * block's end call it again.
 */
void tcg_build_cfg(TCGContext *s)
{
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        TCGBlock *b = s->blocks[i];
        TCGOp *last = b->last;
        bool jumps = last && (last->opc == OP_br || last->opc == OP_brcond);

        b->reachable = false;
        b->nb_preds = 0;
        b->last_pred = 0;
        g_assert(!jumps || last->label->block); /* a label that was never set */
        b->taken = jumps ? last->label->block : NULL;
        b->falls_through = !last || !op_ends_block(last) || last->opc == OP_brcond;
    }
    mark_reachable(s, s->blocks[0]);
    compact_blocks(s);
    s->blocks[0]->nb_preds = 1; /* control comes from outside */
    for (uint32_t i = 0; i < s->nb_blocks; i++) {
        add_edge(s->blocks[i], s->blocks[i]->taken);
        add_edge(s->blocks[i], tcg_fall_through(s, s->blocks[i]));
    }
}
