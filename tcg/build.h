/*
 * Small helpers of the front-end functions (build*.c): from handles to operations.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_BUILD_H
#define TCG_BUILD_H

#include "tcg-internal.h"

static inline TempIdx handle_temp(const void *handle)
{
    return (uintptr_t)handle - 1;
}

static inline void *temp_handle(TempIdx t)
{
    return (void *)(uintptr_t)(t + 1);
}

/* Adds an operation; unused operands are NULL. */
static inline TCGOp *build(TCGOpcode opc, TCGType type, const void *out, const void *a,
                           const void *b)
{
    TCGOp *op = tcg_new_op(tcg_ctx, opc, type);

    op->out[0] = handle_temp(out);
    op->in[0] = handle_temp(a);
    op->in[1] = handle_temp(b);
    return op;
}

static inline void build_op(TCGOpcode opc, TCGType type, const void *out, const void *a,
                            const void *b)
{
    tcg_append_op(tcg_ctx, build(opc, type, out, a, b));
}

/* In build-flow.c: OP_qemu_ld or OP_qemu_st; `memop` is made canonical. */
void build_guest_access(TCGOpcode opc, TCGType type, const void *out, const void *value,
                        TCGv_addr addr, unsigned mmu_idx, MemOp memop);

#define TYPE_i32 TCG_TYPE_I32
#define TYPE_i64 TCG_TYPE_I64

#endif
