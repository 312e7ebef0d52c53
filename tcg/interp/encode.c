/*
 * Interpreter back end: turns IR into byte code.
 *
 * Relies on: the flow graph. Works on optimized and unoptimized IR alike.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "interp.h"

static void put_u32(TCGContext *s, uint32_t v)
{
    tcg_code_append(s, &v, sizeof(v));
}

static void put_u64(TCGContext *s, uint64_t v)
{
    tcg_code_append(s, &v, sizeof(v));
}

static uint32_t offset(const TCGContext *s)
{
    return s->code_ptr - s->code;
}

/* Temps get slots in order of appearance; liveness isn't asked. */
static uint32_t slot_of(TCGContext *s, TempIdx t, uint32_t *nb_slots)
{
    TCGTemp *temp = &s->temps[t];

    if (temp->offset == NO_SLOT) {
        temp->offset = (*nb_slots)++;
    }
    return temp->offset;
}

static unsigned global_kind(TCGType type)
{
    switch (type_size(type)) {
    case 4:
        return OPERAND_GLOBAL_I32;
    case 8:
        return OPERAND_GLOBAL_I64;
    default:
        return OPERAND_GLOBAL_V128;
    }
}

static void put_operand(TCGContext *s, TempIdx t, uint32_t *nb_slots)
{
    const TCGTemp *temp = &s->temps[t];

    switch (temp->kind) {
    case TEMP_ENV:
        put_u32(s, OPERAND_ENV);
        break;
    case TEMP_CONST:
        put_u32(s, temp->type == TCG_TYPE_V128 ? OPERAND_CONST_V128 : OPERAND_CONST);
        put_u64(s, temp->value);
        if (temp->type == TCG_TYPE_V128) {
            put_u64(s, temp->value_high);
        }
        break;
    case TEMP_GLOBAL:
        put_u32(s, (uint32_t)temp->offset << OPERAND_KIND_BITS | global_kind(temp->type));
        break;
    default:
        put_u32(s, slot_of(s, t, nb_slots) << OPERAND_KIND_BITS | OPERAND_SLOT);
    }
}

static void put_site(TCGContext *s, const TCGOp *op)
{
    bool call = op->opc == OP_call;

    ENSURE_ROOM(s->sites, s->sites_room, s->nb_sites);
    s->sites[s->nb_sites++] = (TCGSite){
        .code_offset = offset(s),
        .insn = op->insn,
        .kind = call ? TCG_SITE_CALL : TCG_SITE_TLB,
        .store = op_is_guest_store(op),
        .oi = call ? 0 : op->mem.oi,
    };
}

static void put_goto_tb(TCGContext *s, const TCGOp *op)
{
    TBExit *exit = &s->exits[op->exit.n];
    uint32_t check_offset;
    uint64_t pc;

    if (tcg_is_plain_exit(s, op, &pc)) {
        s->ways_out[s->nb_ways_out++] = (TCGWayOut){ .exit = op->exit.n, .pc = pc };
    }

    s->nb_exits = MAX(s->nb_exits, op->exit.n + 1);
    put_u32(s, op->exit.checked);
    put_u32(s, op->exit.itlb_index);
    while ((uintptr_t)s->code_ptr % 8 && !s->overflow) { /* links change under others' eyes */
        tcg_code_append(s, &(uint8_t){ 0 }, 1);
    }
    check_offset = offset(s);
    put_u32(s, NO_TOKEN);
    put_u32(s, 0);
    exit->jump_offset = offset(s);
    exit->falls_through = true;
    exit->check_distance = op->exit.checked ? exit->jump_offset - check_offset : 0;
    put_u64(s, (uintptr_t)s->code_ptr); /* itself: not linked */
}

static void put_details(TCGContext *s, const TCGOp *op)
{
    switch (op->opc) {
    case OP_ld:
    case OP_st:
    case OP_vld:
    case OP_vst:
    case OP_qemu_ld:
    case OP_qemu_st:
        put_u64(s, op->mem.disp);
        put_u32(s, op->mem.oi);
        break;
    case OP_host_ld:
    case OP_host_st:
        put_u64(s, op->mem.disp);
        put_u32(s, op->mem.oi);
        put_u64(s, (uintptr_t)op->mem.range->slow);
        put_u32(s, op->mem.range->arg);
        put_u32(s, op->mem.range->span);
        break;
    case OP_call:
        put_u64(s, (uintptr_t)op->call);
        break;
    case OP_guard:
        put_u32(s, op->guard.first_arg);
        put_u32(s, op->guard.bytes);
        put_u64(s, (uintptr_t)op->guard.func);
        break;
    case OP_br:
    case OP_brcond:
        ENSURE_ROOM(s->relocs, s->relocs_room, s->nb_relocs);
        s->relocs[s->nb_relocs++] = (TCGReloc){ offset(s), op->label->block };
        put_u32(s, 0);
        break;
    case OP_exit_tb:
        put_u64(s, op->exit.tb ? tcg_exit_result(op->exit.tb, op->exit.n) : 0);
        break;
    case OP_budget:
    case OP_check:
        put_u32(s, op_charge(s, op));
        put_u64(s, op->budget.pc);
        put_u64(s, tcg_exit_result(s->tb, TB_EXIT_REQUESTED));
        break;
    case OP_refund:
        put_u32(s, op_refund(s, op));
        break;
    case OP_lookup_ptr:
        put_u32(s, op->from);
        break;
    case OP_goto_tb:
        put_goto_tb(s, op);
        break;
    }
}

static void put_op(TCGContext *s, const TCGOp *op, uint32_t *nb_slots)
{
    InterpInsn i = { op->opc, op->type, op->cond, op->nb_out, op->nb_in, 0, 0 };

    if (tcg_op_defs[op->opc].flags & OPF_FIELD) {
        i.ofs = op->field.ofs;
        i.len = op->field.len;
    } else if (tcg_op_defs[op->opc].flags & (OPF_VECE | OPF_IMM)) {
        i.ofs = op->vec.vece;
        i.len = op->vec.imm;
    }
    if (op->opc == OP_call || (tcg_op_defs[op->opc].flags & OPF_OBSERVES)) {
        put_site(s, op);
    }
    tcg_code_append(s, &i, sizeof(i));
    for (unsigned n = 0; n < op->nb_out; n++) {
        put_operand(s, op->out[n], nb_slots);
    }
    for (unsigned n = 0; n < op->nb_in; n++) {
        put_operand(s, op->in[n], nb_slots);
    }
    put_details(s, op);
}

static void put_exit(TCGContext *s)
{
    InterpInsn i = { .opc = INTERP_EXIT };

    tcg_code_append(s, &i, sizeof(i));
}

static void resolve_relocs(TCGContext *s)
{
    for (uint32_t i = 0; i < s->nb_relocs; i++) {
        uint32_t target = s->relocs[i].target->code_offset;

        tcg_code_write(s->code + s->relocs[i].offset, &target, sizeof(target));
    }
}

bool tcg_interp_gen_code(TCGContext *s)
{
    uint32_t nb_slots = 0;

    s->code_ptr += -(uintptr_t)s->code_ptr & 15;
    s->code = s->code_ptr;
    put_u32(s, 0);
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        s->blocks[b]->code_offset = offset(s);
        for (const TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            if (s->code_limit - s->code_ptr < 1024) {
                return false;
            }
            put_op(s, op, &nb_slots);
        }
    }
    put_exit(s);
    tcg_code_write(s->code, &nb_slots, sizeof(nb_slots));
    resolve_relocs(s);
    return true;
}

/* Emits the code that lookup_tb_ptr() names to get back to the loop. */
void tcg_interp_init(void)
{
    TCGContext out = { 0 };

    out.code = out.code_ptr = tcg_code_begin(&out.code_limit);
    put_u32(&out, 0);
    put_exit(&out);
    tcg_exit_to_loop = out.code;
    tcg_code_commit(out.code_ptr);
    tcg_code_keep();
}

void tcg_interp_link(uint8_t *field, const void *target)
{
    __atomic_store_n((const void **)(field + tcg_write_distance), target, __ATOMIC_RELEASE);
}
