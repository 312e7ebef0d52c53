/*
 * Window or TLB: looks where a block's guest accesses will go, with the values that the CPU's
 * registers have now, since it is about to execute the block. What lies outside of the memory
 * window uses the TLB at once, instead of faulting first and going through a stub ever after.
 *
 * Relies on: displacements folded into accesses (pass-address.c), so that most addresses are a
 * register and a displacement. Guarantees: nothing but speed; so assignments are followed in layout
 * order, whatever the control flow, and an access whose address isn't known is left alone.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "tcg-internal.h"
#include "qemu/atomic.h"

static size_t nb_outside;

size_t tcg_accesses_outside_window(void)
{
    return qatomic_read(&nb_outside);
}

void tcg_use_registers(TCGContext *s, CPUArchState *env)
{
    s->registers = env;
}

void tcg_use_paged_windows(TCGContext *s, uint32_t modes)
{
    s->paged_modes = modes;
}

/* The address that the access would have now; false: not known. */
static bool foreseen_address(const TCGContext *s, const TCGOp *op, const bool *assigned,
                             uint32_t *addr)
{
    const TCGTemp *base = &s->temps[op->in[op->opc == OP_qemu_st]];
    uint32_t value;

    if (base->kind == TEMP_CONST) {
        value = base->value;
    } else if (assigned[base - s->temps] || base->type != TCG_TYPE_I32) {
        return false;
    } else {
        memcpy(&value, (const char *)s->registers + base->offset, sizeof(value));
    }
    *addr = value + op->mem.disp;
    return true;
}

static bool goes_outside(const TCGContext *s, const TCGOp *op, const bool *assigned)
{
    unsigned mode = get_mmuidx(op->mem.oi);
    uint32_t addr;

    return (s->window_modes >> mode & 1) && !(get_memop(op->mem.oi) & (MO_WIDE | MO_STACK)) &&
           foreseen_address(s, op, assigned, &addr) &&
           !tcg_runtime->in_window(s->registers, mode, addr);
}

void tcg_pass_window(TCGContext *s)
{
    bool *assigned; /* by temp: other than what the CPU has now */
    size_t found = 0;

    if (!s->registers || !s->window_modes || tcg_backend_kind != TCG_BACKEND_HOST) {
        return;
    }
    assigned = arena_alloc(&s->arena, s->nb_temps);
    memset(assigned + s->nb_globals, true, s->nb_temps - s->nb_globals);
    for (uint32_t b = 0; b < s->nb_blocks; b++) {
        for (TCGOp *op = s->blocks[b]->first; op; op = op->next) {
            if (op->opc == OP_qemu_ld || op->opc == OP_qemu_st) {
                op->mem.outside = goes_outside(s, op, assigned);
                found += op->mem.outside;
            }
            if (op_writes_globals(op)) {
                memset(assigned, true, s->nb_globals); /* what other code does isn't followed */
            }
            for (unsigned i = 0; i < op->nb_out; i++) {
                assigned[op->out[i]] = true;
            }
        }
    }
    qatomic_add(&nb_outside, found);
}
