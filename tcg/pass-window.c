/*
 * Window or TLB: tries out where a block's guest accesses will go, with the values that the CPU's
 * registers have now, since it is about to execute the block. What lies outside of the memory window
 * uses the TLB at once, instead of faulting first and going through a stub ever after.
 *
 * Relies on: displacements folded into accesses (pass-address.c). Guarantees: nothing but speed; so
 * values are followed in layout order, whatever the control flow, and an access whose address isn't
 * known is left alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"
#include "qemu/atomic.h"
#include "ops.h"

static size_t nb_outside;

size_t tcg_accesses_outside_window(void)
{
    return qatomic_read(&nb_outside);
}

void tcg_use_registers(TCGContext *s, CPUArchState *env)
{
    s->registers = env;
}

typedef struct Value {
    uint64_t value;
    bool known;
} Value;

/* With the registers' present values. */
static void start_values(const TCGContext *s, Value *values)
{
    for (TempIdx t = 0; t < s->nb_temps; t++) {
        const TCGTemp *temp = &s->temps[t];

        if (type_is_vector(temp->type)) {
            continue;
        }
        if (temp->kind == TEMP_CONST) {
            values[t].value = temp->value;
        } else if (temp->kind == TEMP_GLOBAL) {
            memcpy(&values[t].value, (const char *)s->registers + temp->offset,
                   type_size(temp->type));
        }
        values[t].known = temp->kind == TEMP_CONST || temp->kind == TEMP_GLOBAL;
        if (temp->type == TCG_TYPE_I32) {
            values[t].value = (uint32_t)values[t].value;
        }
    }
}

/* Computes the operation, if all that it needs is known. */
static void follow(const TCGOp *op, Value *values)
{
    uint64_t in[TCG_MAX_CALL_ARGS], out[2] = { 0 };
    bool known = (tcg_op_defs[op->opc].flags & (OPF_PURE | OPF_VECTOR)) == OPF_PURE;

    for (unsigned i = 0; known && i < op->nb_in; i++) {
        known = values[op->in[i]].known;
        in[i] = values[op->in[i]].value;
    }
    if (known) {
        tcg_op_compute(op, in, out);
    }
    for (unsigned i = 0; i < op->nb_out; i++) {
        values[op->out[i]] = (Value){ out[i], known };
    }
}

static bool goes_outside(const TCGContext *s, const TCGOp *op, const Value *values)
{
    const Value *base = &values[op->in[op->opc == OP_qemu_st]];
    unsigned mode = get_mmuidx(op->mem.oi);

    return base->known && (s->window_modes >> mode & 1) &&
           !(get_memop(op->mem.oi) & (MO_WIDE | MO_STACK)) &&
           !tcg_runtime->in_window(s->registers, mode, (uint32_t)(base->value + op->mem.disp));
}

/* What other code does to registers isn't followed. */
static void forget_globals(const TCGContext *s, Value *values)
{
    for (TempIdx t = 0; t < s->nb_globals; t++) {
        values[t].known = false;
    }
}

void tcg_pass_window(TCGContext *s)
{
    Value *values;
    size_t found = 0;

    if (!s->registers || !s->window_modes || tcg_backend_kind != TCG_BACKEND_HOST) {
        return;
    }
    values = arena_alloc(&s->arena, s->nb_temps * sizeof(*values));
    start_values(s, values);
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            if ((op->opc == OP_qemu_ld || op->opc == OP_qemu_st) && goes_outside(s, op, values)) {
                op->mem.outside = true;
                found++;
            }
            if (op_writes_globals(op)) {
                forget_globals(s, values);
            }
            follow(op, values);
        }
    }
    qatomic_add(&nb_outside, found);
}
