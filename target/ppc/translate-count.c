/*
 * PowerPC translator: counting instructions by kind for the performance monitor.
 *
 * Only blocks that are translated while a counter has such an event (PPC_HF_PERFMON in their key)
 * have this code. What is counted has completed: the count comes behind the instruction, unless
 * that one leaves the block but can't fail.
 *
 * Reference: MPC750UM 11.4; section 6.4 for which unit executes what.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "target/ppc/translate.h"

#define KIND(name)  (1u << PPC_PM_##name)
#define KIND_OTHER  (1u << 31) /* of no kind that is counted */
#define KIND_BEFORE (1u << 30) /* leaves the block: counted before */

/* Rows whose kinds can't be told from their effects. */
static const uint32_t special_kinds[PPC_NB_INSNS] = {
    [PPC_INSN_CRAND] = KIND(SYSTEM),   [PPC_INSN_CRANDC] = KIND(SYSTEM),
    [PPC_INSN_CREQV] = KIND(SYSTEM),   [PPC_INSN_CRNAND] = KIND(SYSTEM),
    [PPC_INSN_CRNOR] = KIND(SYSTEM),   [PPC_INSN_CROR] = KIND(SYSTEM),
    [PPC_INSN_CRORC] = KIND(SYSTEM),   [PPC_INSN_CRXOR] = KIND(SYSTEM),
    [PPC_INSN_MCRF] = KIND(SYSTEM),    [PPC_INSN_MCRXR] = KIND(SYSTEM),
    [PPC_INSN_MFCR] = KIND(SYSTEM),    [PPC_INSN_MTCRF] = KIND(SYSTEM),
    [PPC_INSN_MFMSR] = KIND(SYSTEM),   [PPC_INSN_MFSPR] = KIND(SYSTEM),
    [PPC_INSN_MTSPR] = KIND(SYSTEM),   [PPC_INSN_MFTB] = KIND(SYSTEM),
    [PPC_INSN_MFSR] = KIND(SYSTEM),    [PPC_INSN_MFSRIN] = KIND(SYSTEM),
    [PPC_INSN_MTSR] = KIND(SYSTEM),    [PPC_INSN_MTSRIN] = KIND(SYSTEM),
    [PPC_INSN_ISYNC] = KIND(SYSTEM),
    [PPC_INSN_SC] = KIND(SYSTEM) | KIND_BEFORE,
    [PPC_INSN_RFI] = KIND(SYSTEM) | KIND_BEFORE,
    [PPC_INSN_MTMSR] = KIND(SYSTEM) | KIND_BEFORE,
    [PPC_INSN_SYNC] = KIND(SYSTEM) | KIND(SYNC),
    [PPC_INSN_EIEIO] = KIND(SYSTEM) | KIND(EIEIO),
    [PPC_INSN_TLBSYNC] = KIND(SYSTEM) | KIND(TLBSYNC),
    [PPC_INSN_TLBIE] = KIND(TLBIE),
    [PPC_INSN_TLBLD] = KIND_OTHER,     [PPC_INSN_TLBLI] = KIND_OTHER,
    [PPC_INSN_DCBF] = KIND_OTHER,      [PPC_INSN_DCBST] = KIND_OTHER,
    [PPC_INSN_DCBT] = KIND_OTHER,      [PPC_INSN_DCBTST] = KIND_OTHER,
    [PPC_INSN_DCBZ] = KIND_OTHER,      [PPC_INSN_DCBI] = KIND_OTHER,
    [PPC_INSN_DCBA] = KIND_OTHER,      [PPC_INSN_ICBI] = KIND_OTHER,
    [PPC_INSN_LWARX] = KIND(LOAD_STORE) | KIND(LOAD) | KIND(LWARX),
    [PPC_INSN_STWCX_] = KIND(LOAD_STORE) | KIND(STWCX),
};

static uint32_t kinds_of(int index)
{
    const PPCInsnRow *row = &ppc_insns[index];

    if (special_kinds[index]) {
        return special_kinds[index];
    }
    if (row->flags & PPC_FLAG_BRANCH) {
        return KIND(BRANCH) | KIND_BEFORE;
    }
    if (row->mem_read >= 0 || row->mem_write >= 0) {
        return KIND(LOAD_STORE) | (row->mem_read >= 0 ? KIND(LOAD) : 0);
    }
    return row->flags & PPC_FLAG_FP ? KIND(FP) : KIND(INTEGER);
}

void gen_count(DisasContext *ctx, unsigned kind)
{
    size_t offset = offsetof(CPUPPCState, pm_counts) + kind * sizeof(uint64_t);
    TCGv_i64 count;

    if (ctx->hflags & PPC_HF_PERFMON) {
        count = tcg_temp_new_i64();
        tcg_gen_ld_i64(count, tcg_env, offset);
        tcg_gen_addi_i64(count, count, 1);
        tcg_gen_st_i64(count, tcg_env, offset);
    }
}

static void gen_count_kinds(DisasContext *ctx, uint32_t kinds)
{
    for (unsigned kind = 0; kind < PPC_PM_NB_KINDS; kind++) {
        if (kinds >> kind & 1) {
            gen_count(ctx, kind);
        }
    }
}

void gen_count_before(DisasContext *ctx, int index)
{
    if ((ctx->hflags & PPC_HF_PERFMON) && (kinds_of(index) & KIND_BEFORE)) {
        gen_count_kinds(ctx, kinds_of(index));
    }
}

void gen_count_after(DisasContext *ctx, int index)
{
    if ((ctx->hflags & PPC_HF_PERFMON) && ctx->base.is_jmp != DISAS_NORETURN &&
        !(kinds_of(index) & KIND_BEFORE)) {
        gen_count_kinds(ctx, kinds_of(index));
    }
}
