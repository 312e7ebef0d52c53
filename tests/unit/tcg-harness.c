/*
 * A CPU that exists only for the translator's tests, see tcg-harness.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tcg-harness.h"
#include <sys/mman.h>
#include <ucontext.h>
#include "qapi/error.h"

TestCPU *test_cpu;
CPUArchState *test_env;
uint8_t *test_ram;
TestTrace trace;
TCGContext *test_ctx;
TCGv_i32 reg[NB_R];
TCGv_i64 qreg[NB_Q];
TCGv_vec vreg[NB_V], hreg[NB_V];
TCGv_f64 dreg[NB_D];
TCGv_f32 freg[NB_D];
TCGv_i32 pc_reg;
TranslationBlock *harness_tb;

static const void *exit_code[2];
static sigjmp_buf fault_env;
static uint8_t *window;
static uint32_t itlb[ITLB_SIZE];

#define NB_ENTRIES 4096
static CPUTLBEntry tlb_entries[NB_MMU_MODES][NB_ENTRIES];

void harness_raise(uintptr_t site)
{
    TranslationBlock *tb = tcg_tb_lookup(site);
    TCGSite s;

    g_assert_nonnull(tb);
    g_assert_true(tcg_restore_site(tb, site, test_env, &s));
    trace.at_fault = *test_env;
    trace.fault_insn = s.insn;
    trace.faulted = true;
    siglongjmp(fault_env, 1);
}

/* The bytes at addr, in guest order, as a number of the access's byte order. */
static uint64_t ram_load(uint64_t addr, MemOp op)
{
    unsigned size = memop_size(op);
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++) {
        uint64_t byte = test_ram[(addr + i) % RAM_SIZE];

        v |= byte << 8 * (op & MO_BE ? size - 1 - i : i);
    }
    if (op & MO_SIGN) {
        v = (int64_t)(v << (64 - 8 * size)) >> (64 - 8 * size);
    }
    return v;
}

static uint64_t runtime_load(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t site)
{
    g_assert_true(env == test_env);
    g_assert_true(addr <= UINT32_MAX || (get_memop(oi) & MO_WIDE));
    trace.loads++;
    trace.last_addr = addr;
    if (trace.countdown && !--trace.countdown) {
        harness_raise(site);
    }
    return ram_load(addr, get_memop(oi));
}

static void runtime_store(CPUArchState *env, uint64_t addr, uint64_t value, MemOpIdx oi,
                          uintptr_t site)
{
    MemOp op = get_memop(oi);
    unsigned size = memop_size(op);

    g_assert_true(env == test_env);
    g_assert_true(addr <= UINT32_MAX || (get_memop(oi) & MO_WIDE));
    trace.stores++;
    trace.last_addr = addr;
    if (trace.countdown && !--trace.countdown) {
        harness_raise(site);
    }
    for (unsigned i = 0; i < size; i++) {
        test_ram[(addr + i) % RAM_SIZE] = value >> 8 * (op & MO_BE ? size - 1 - i : i);
    }
}

static JitVector runtime_load_vector(CPUArchState *env, uint64_t addr, MemOpIdx oi, uintptr_t site)
{
    MemOp op = get_memop(oi);
    JitVector v = { { 0 } };

    g_assert_true((op & MO_VECTOR) && !(op & MO_BE));
    trace.loads++;
    trace.last_addr = addr;
    if (trace.countdown && !--trace.countdown) {
        harness_raise(site);
    }
    for (unsigned i = 0; i < memop_size(op); i++) {
        ((uint8_t *)&v)[i] = test_ram[(addr + i) % RAM_SIZE];
    }
    return v;
}

static void runtime_store_vector(CPUArchState *env, uint64_t addr, JitVector value, MemOpIdx oi,
                                 uintptr_t site)
{
    MemOp op = get_memop(oi);

    g_assert_true((op & MO_VECTOR) && !(op & MO_BE));
    trace.stores++;
    trace.last_addr = addr;
    if (trace.countdown && !--trace.countdown) {
        harness_raise(site);
    }
    for (unsigned i = 0; i < memop_size(op); i++) {
        test_ram[(addr + i) % RAM_SIZE] = ((uint8_t *)&value)[i];
    }
}

static const void *runtime_lookup(CPUArchState *env)
{
    trace.lookups++;
    return trace.lookup_result ? trace.lookup_result : tcg_exit_to_loop;
}

static __uint128_t runtime_atomic(CPUArchState *env, const TCGAtomic *a, uintptr_t site)
{
    bool big = get_memop(a->oi) & MO_BE;
    __uint128_t old = 0, new;

    trace.atomics++;
    trace.last_addr = a->addr;
    if (trace.countdown && !--trace.countdown) {
        harness_raise(site);
    }
    for (unsigned i = 0; i < a->size; i++) {
        __uint128_t byte = test_ram[(a->addr + i) % RAM_SIZE];

        old |= byte << 8 * (big ? a->size - 1 - i : i);
    }
    new = tcg_atomic_result(a, old);
    for (unsigned i = 0; i < a->size; i++) {
        test_ram[(a->addr + i) % RAM_SIZE] = new >> 8 * (big ? a->size - 1 - i : i);
    }
    return old;
}

static bool runtime_in_window(CPUArchState *env, unsigned mode, uint32_t addr)
{
    return mode == MODE_WINDOW && addr - RAM_SIZE < RAM_SIZE;
}

static const TCGRuntime runtime = {
    .load = runtime_load, .store = runtime_store, .load_vector = runtime_load_vector,
    .store_vector = runtime_store_vector, .lookup_tb_ptr = runtime_lookup, .atomic = runtime_atomic,
    .in_window = runtime_in_window,
};

/* Registers of the interrupted code, by host register number. */
static void save_host_regs(const ucontext_t *uc)
{
    static const int numbers[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                     REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                     REG_R12, REG_R13, REG_R14, REG_R15 };

    for (unsigned i = 0; i < 16; i++) {
        test_cpu->jit.save_regs[i] = uc->uc_mcontext.gregs[numbers[i]];
    }
}

/* A window access failed: patch its site. */
static void on_segv(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uintptr_t pc = uc->uc_mcontext.gregs[REG_RIP];
    TranslationBlock *tb = tcg_in_code_buffer(pc) ? tcg_tb_lookup(pc) : NULL;
    TCGSite site;

    if (!tb || !tcg_find_site(tb, pc, &site) || site.kind != TCG_SITE_WINDOW) {
        signal(SIGSEGV, SIG_DFL);
        return;
    }
    save_host_regs(uc);
    uc->uc_mcontext.gregs[REG_RIP] = (uintptr_t)tcg_patch_site(tb, &site);
}

static void map_memory(void)
{
    int fd = memfd_create("guest", 0);
    size_t guard = 2 * TCG_MAX_DISP;

    g_assert_cmpint(ftruncate(fd, RAM_SIZE), ==, 0);
    test_ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    window = mmap(NULL, 4 * GiB + 2 * guard, PROT_NONE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert_true(window != MAP_FAILED && test_ram != MAP_FAILED);
    window += guard;
    /* RAM shows at 0x10000; everything else is not mapped. */
    g_assert_true(mmap(window + RAM_SIZE, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
                       fd, 0) != MAP_FAILED);
    close(fd);
}

static void register_globals(void)
{
    static const char *const names[] = { "r0", "r1", "r2", "r3", "r4",  "r5",
                                         "r6", "r7", "r8", "r9", "r10", "r11" };
    static const char *const qnames[] = { "q0", "q1", "q2", "q3", "q4", "q5" };

    for (unsigned i = 0; i < NB_R; i++) {
        reg[i] = tcg_global_mem_new_i32(tcg_env, offsetof(CPUArchState, r) + 4 * i, names[i]);
    }
    for (unsigned i = 0; i < NB_Q; i++) {
        qreg[i] = tcg_global_mem_new_i64(tcg_env, offsetof(CPUArchState, q) + 8 * i, qnames[i]);
    }
    for (unsigned i = 0; i < NB_V; i++) {
        vreg[i] = tcg_global_mem_new_vec(TCG_TYPE_V128, tcg_env,
                                         offsetof(CPUArchState, v) + 16 * i, "v");
        hreg[i] = tcg_global_mem_new_vec(TCG_TYPE_V64, tcg_env, offsetof(CPUArchState, h) + 8 * i,
                                         "h");
    }
    for (unsigned i = 0; i < NB_D; i++) {
        dreg[i] = tcg_global_mem_new_f64(tcg_env, offsetof(CPUArchState, d) + 8 * i, "d");
        freg[i] = tcg_global_mem_new_f32(tcg_env, offsetof(CPUArchState, f) + 4 * i, "f");
    }
    pc_reg = tcg_global_mem_new_i32(tcg_env, offsetof(CPUArchState, pc), "pc");
    tcg_set_pc_global_i32(pc_reg);
}

void harness_init(void)
{
    struct sigaction sa = { .sa_sigaction = on_segv, .sa_flags = SA_SIGINFO | SA_NODEFER };
    void *p;

    map_memory();
    if (posix_memalign(&p, 64, sizeof(TestCPU))) {
        abort();
    }
    test_cpu = memset(p, 0, sizeof(TestCPU));
    test_env = &test_cpu->env;
    g_assert_true(tcg_init(TCG_BACKEND_HOST, 64 * MiB, &runtime, &error_abort));
    exit_code[TCG_BACKEND_HOST] = tcg_exit_to_loop;
    tcg_interp_init();
    exit_code[TCG_BACKEND_INTERP] = tcg_exit_to_loop;
    register_globals();
    test_ctx = tcg_context_new();
    tcg_ctx = test_ctx;
    test_cpu->jit.itlb = itlb;
    for (unsigned mode = 0; mode < NB_MMU_MODES; mode++) {
        test_cpu->jit.tlb[mode] = (CPUTLBTable){ tlb_entries[mode],
                                                 (NB_ENTRIES - 1) << CPU_TLB_ENTRY_BITS,
                                                 (mode + 0x12) << TLB_TAG_SHIFT };
    }
    test_cpu->jit.window_base = test_cpu->jit.window[MODE_WINDOW] = (uintptr_t)window;
    test_cpu->jit.budget = INT32_MAX;
    harness_unmap_all();
    sigaction(SIGSEGV, &sa, NULL);
    harness_use(TCG_BACKEND_HOST);
}

void harness_use(TCGBackendKind kind)
{
    tcg_backend_kind = kind;
    tcg_exit_to_loop = exit_code[kind];
}

void harness_start(void)
{
    static unsigned starts;
    uint8_t *limit, *next = tcg_code_begin(&limit);

    if (limit - next < (ptrdiff_t)MiB) {
        tcg_code_buffer_reset();
    }
    tcg_func_start(test_ctx, 1u << MODE_WINDOW, 1u << MODE_WINDOW);
    if (starts++ % 2) { /* what they hold then may have nothing to do with what they hold now */
        tcg_use_registers(test_ctx, test_env);
    }
    harness_tb = tcg_tb_alloc(test_ctx);
    harness_tb->pc = 0x1000;
}

TranslationBlock *harness_finish(void)
{
    g_assert_true(tcg_gen_code(test_ctx, harness_tb));
    return harness_tb;
}

bool harness_run(const TranslationBlock *tb, uintptr_t *result)
{
    TCGLeft left;

    trace.faulted = false;
    if (sigsetjmp(fault_env, 1)) {
        return false;
    }
    left = tcg_exec(test_env, tb_code(tb));
    *result = (uintptr_t)left.tb + left.exit;
    return true;
}

void harness_map(uint64_t addr, bool writable)
{
    uint64_t page = addr & ~(uint64_t)0xfff;

    for (unsigned mode = 0; mode < 2; mode++) {
        CPUTLBEntry *e = &tlb_entries[mode][(page >> 12) % NB_ENTRIES];

        e->read = page | test_cpu->jit.tlb[mode].tag;
        e->write = writable ? e->read : TLB_INVALID;
        e->addend = (uintptr_t)test_ram + page % RAM_SIZE - page;
    }
}

void harness_unmap_all(void)
{
    for (unsigned mode = 0; mode < NB_MMU_MODES; mode++) {
        for (unsigned i = 0; i < NB_ENTRIES; i++) {
            tlb_entries[mode][i].read = tlb_entries[mode][i].write = TLB_INVALID;
        }
    }
}
