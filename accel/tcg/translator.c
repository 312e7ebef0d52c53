/*
 * The loop that every guest translator shares: instruction by instruction until the block ends.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include "exec/translator.h"
#include "internal.h"
#include "qemu/bswap.h"
#include "system/ramblock.h"
#include "tcg/tcg-op.h"

static bool same_page(vaddr a, vaddr b)
{
    return ((a ^ b) & TARGET_PAGE_MASK) == 0;
}

void translator_loop(CPUState *cpu, TranslationBlock *tb, int max_insns, const TranslatorOps *ops,
                     DisasContextBase *db)
{
    db->tb = tb;
    db->cpu = cpu;
    db->pc_first = db->pc_next = tb->pc;
    db->is_jmp = DISAS_NEXT;
    db->num_insns = 0;
    db->max_insns = max_insns;

    ops->init_disas_context(db, cpu);
    tcg_gen_budget(tb->pc, 0);
    ops->tb_start(db, cpu);
    while (db->is_jmp == DISAS_NEXT) {
        db->num_insns++;
        ops->insn_start(db, cpu);
        ops->translate_insn(db, cpu);
        if (db->is_jmp == DISAS_NEXT &&
            (db->num_insns >= db->max_insns || !same_page(db->pc_next, db->pc_first) ||
             cpu_breakpoint_test(cpu, db->pc_next))) {
            db->is_jmp = DISAS_TOO_MANY;
        }
    }
    ops->tb_stop(db, cpu);
    tcg_end_budget_group(db->num_insns);
}

/*
 * Blocks of such code have one instruction, so the CPU's state is the one before it if the bus
 * reports an error.
 */
static uint32_t fetch_from_device(CPUState *cpu, vaddr pc, hwaddr addr)
{
    const TCGCPUOps *ops = cpu->tcg->ops;
    MemTxResult result;
    uint32_t insn = address_space_ldl_be(cpu->as, addr, MEMTXATTRS_UNSPECIFIED, &result);

    if (result != MEMTX_OK && ops->do_transaction_failed &&
        !cpu->ignore_memory_transaction_failures) {
        ops->do_transaction_failed(cpu, addr, pc, 4, MMU_INST_FETCH, ops->insn_mmu_index(cpu),
                                   MEMTXATTRS_UNSPECIFIED, result, 0);
    }
    return insn;
}

uint32_t translator_ldl_be(DisasContextBase *db, vaddr pc)
{
    bool io;
    ram_addr_t addr = tlb_code_address(db->cpu, pc, &io);

    if (io) { /* then it is a physical address */
        return fetch_from_device(db->cpu, pc, addr);
    }
    tcg_note_guest_code(tcg_ctx, addr, 4);
    return ldl_be_p(qemu_map_ram_ptr(NULL, addr));
}

void translator_goto_tb(DisasContextBase *db, unsigned n, vaddr dest, void (*store_pc)(vaddr dest))
{
    if (db->tb->cflags & CF_NO_GOTO_TB) {
        store_pc(dest);
        translator_exit_to_loop(db);
        return;
    }
    if (same_page(dest, db->pc_first)) {
        tcg_gen_goto_tb(n);
    } else {
        tcg_gen_goto_tb_checked(n, (dest >> TARGET_PAGE_BITS) & ITLB_MASK);
    }
    store_pc(dest);
    tcg_gen_exit_tb(db->tb, n);
    db->is_jmp = DISAS_NORETURN;
}

void translator_exit_to_loop(DisasContextBase *db)
{
    tcg_gen_exit_tb(NULL, 0);
    db->is_jmp = DISAS_NORETURN;
}

void translator_lookup_and_goto_ptr(DisasContextBase *db)
{
    if (db->tb->cflags & CF_NO_GOTO_TB) {
        translator_exit_to_loop(db);
        return;
    }
    tcg_gen_lookup_and_goto_ptr();
    db->is_jmp = DISAS_NORETURN;
}
