/*
 * Host faults of generated code: what a memory window doesn't show, and stores to guarded pages.
 *
 * Runs as a SIGSEGV handler, but only for faults of generated code, at its access instructions: the
 * thread holds no lock and is in no library function there, so the handler may do what a function
 * called from that place may.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <sys/ucontext.h>
#include "internal.h"
#include "system/ramblock.h"

static struct sigaction old_action;

/*
 * A store hit a page that is write-protected, or was. True if nothing guards it any more, and not
 * soon again: the store can simply be repeated.
 */
static bool guarded_page_fault(CPUState *cpu, int mmu_idx, vaddr addr, unsigned size)
{
    ram_addr_t ram_addr = window_ram_addr(cpu, mmu_idx, addr), offset;
    RAMBlock *rb = qemu_ram_block_from_addr(ram_addr, &offset);

    if (!rb) {
        return false;
    }
    tcg_stats(cpu)->guarded_page_faults++;
    guard_note_store(rb, offset, MIN(size, -(ram_addr | TARGET_PAGE_MASK)));
    return !page_is_guarded(rb, offset) && !guard_page_churns(ram_addr & TARGET_PAGE_MASK) &&
           window_unprotect_page(cpu, ram_addr & TARGET_PAGE_MASK);
}

/* Keeps the interrupted code's registers, by host register number. */
static void save_registers(CPUState *cpu, const ucontext_t *uc)
{
#ifdef __x86_64__
    static const uint8_t places[] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                      REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                      REG_R12, REG_R13, REG_R14, REG_R15 };

    for (unsigned i = 0; i < ARRAY_SIZE(places); i++) {
        cpu->jit->save_regs[i] = uc->uc_mcontext.gregs[places[i]];
    }
    memcpy(cpu->jit->save_vectors, uc->uc_mcontext.fpregs->_xmm, sizeof(cpu->jit->save_vectors));
#endif
}

/*
 * No room for the site's stub: leaves the block as it was before the instruction, which is executed
 * again when there is room.
 */
static const void *leave_to_flush(CPUState *cpu, const ucontext_t *uc, uintptr_t host_pc)
{
    save_registers(cpu, uc);
    tcg_restore_to_leave(cpu, host_pc);
    cpu->tcg->room_wanted = true;
    return tcg_exit_to_loop;
}

/*
 * An address of 64 bits that stands for an empty page slot, or a store into its own block: a block
 * that is made for the one instruction, and has no slots, does the access.
 */
static const void *leave_to_do_it_alone(CPUState *cpu, const ucontext_t *uc, uintptr_t host_pc)
{
    save_registers(cpu, uc);
    tcg_restore_to_leave(cpu, host_pc);
    cpu->tcg->next_alone = true;
    return tcg_exit_to_loop;
}

/* Where to go on after the fault, or NULL if it isn't ours. */
static const void *handle_fault(CPUState *cpu, const ucontext_t *uc, uintptr_t host_pc,
                                uintptr_t host_addr)
{
    const void *stub;
    TranslationBlock *tb = tcg_tb_lookup(host_pc);
    TCGSite site;
    uint8_t *base;
    int mmu_idx;
    bool took_lock;

    if (!tb || !tcg_find_site(tb, host_pc, &site)) {
        return NULL;
    }
    if (site.kind == TCG_SITE_TLB && (get_memop(site.oi) & MO_WIDE) &&
        host_addr < TARGET_PAGE_SIZE) {
        return leave_to_do_it_alone(cpu, uc, host_pc);
    }
    if (site.kind == TCG_SITE_PAGED) {
        tcg_stats(cpu)->paged_faults++;
        return (const uint8_t *)tb_code(tb) + site.slow_offset;
    }
    if (site.kind != TCG_SITE_WINDOW) {
        return NULL;
    }
    mmu_idx = get_mmuidx(site.oi);
    base = cpu->tcg->window[mmu_idx].base;
    tcg_stats(cpu)->window_faults++;
    if (site.store &&
        tcg_store_needs_own_block(cpu, host_pc,
                                  window_ram_addr(cpu, mmu_idx, host_addr - (uintptr_t)base),
                                  memop_size(get_memop(site.oi)))) {
        return leave_to_do_it_alone(cpu, uc, host_pc);
    }
    if (site.store &&
        guarded_page_fault(cpu, mmu_idx, host_addr - (uintptr_t)base,
                           memop_size(get_memop(site.oi)))) {
        return (const void *)host_pc;
    }
    if (get_memop(site.oi) & MO_STACK) {
        cpu->tcg->stack_faults[mmu_idx]++;
    }
    took_lock = exclusive_begin();
    stub = tcg_patch_site(tb, &site);
    exclusive_end(took_lock);
    if (!stub) {
        return leave_to_flush(cpu, uc, host_pc);
    }
    tcg_stats(cpu)->sites_patched++;
    return stub;
}

uintptr_t *host_context_pc(void *context)
{
    ucontext_t *uc G_GNUC_UNUSED = context;

#if defined(__x86_64__)
    return (uintptr_t *)&uc->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t *)&uc->uc_mcontext.pc;
#else
    return NULL; /* no host back end, so no generated code to fault */
#endif
}

static void segv_handler(int sig, siginfo_t *info, void *context)
{
    uintptr_t *pc = host_context_pc(context);
    int saved_errno = errno;
    const void *resume = NULL;

    if (pc && current_cpu && tcg_in_code_buffer(*pc)) {
        resume = handle_fault(current_cpu, context, *pc, (uintptr_t)info->si_addr);
    }
    if (resume) {
        *pc = (uintptr_t)resume;
        errno = saved_errno;
        return;
    }
    /*
     * A bug of ours: let the fault happen again with what was there before (core dump, sanitizer).
     */
    sigaction(sig, &old_action, NULL);
    if (info->si_code <= 0) { /* no fault at all: somebody sent it */
        raise(sig);
    }
}

void fault_init(void)
{
    struct sigaction sa = { .sa_sigaction = segv_handler, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigemptyset(&sa.sa_mask);
    sigaction(SIGSEGV, &sa, &old_action);
}
