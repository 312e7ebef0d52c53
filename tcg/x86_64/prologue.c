/*
 * x86-64: how generated code is entered and left, and the thunks it calls.
 *
 * Frame, from the stack pointer up: spill slots (FRAME_NB_SLOTS), then what the prologue pushed.
 * The stack pointer is a multiple of 16 while generated code runs.
 *
 * SPDX-License-Identifier: MIT
 */
#include "qemu/osdep.h"
#include <cpuid.h>
#include "qapi/error.h"
#include "emit.h"

X86Features x86_features;
const uint8_t *x_exit_with_result, *x_thunk_leave, *x_thunk_load[2], *x_thunk_store[2];
const uint8_t *x_thunk_lookup, *x_thunk_lookup_from;
const int32_t host_env_bias = ENV_BIAS;
const uint8_t *x_thunk_guard;
const uint8_t *x_thunk_vector_guard;
const uint8_t *x_thunk_host_range[2];
const uint8_t *x_thunk_fill_slot[NB_PAGE_SLOT_MODES][2];
const uint8_t *x_thunk_load_vector[2], *x_thunk_store_vector[2];
uintptr_t (*host_prologue)(CPUArchState *env, const void *code);

const uint32_t host_allocatable = ~(1u << RSP | 1u << SCRATCH | 1u << ENV_REG | 1u << WINDOW_REG |
                                    1u << VECTOR_SCRATCH);
const uint32_t host_call_clobbered = 1 << RAX | 1 << RCX | 1 << RDX | 1 << RSI | 1 << RDI |
                                     1 << R8 | 1 << R9 | 1 << R10 | 1 << R11 | VECTOR_REGS;
const uint8_t host_call_args[TCG_MAX_CALL_ARGS] = { RDI, RSI, RDX, RCX, R8, R9 };
const uint8_t host_call_result[2] = { RAX, RDX };
const uint8_t host_scratch = SCRATCH, host_vector_scratch = VECTOR_SCRATCH;
const unsigned host_orders = TCG_MO_LD_LD | TCG_MO_LD_ST | TCG_MO_ST_ST;
#define XMM(n) (XMM0 + (n))
const uint8_t host_reg_order[] = {
    RBX, RBP, R12, R13, RSI, RDI, RAX, RCX, RDX, R8, R9, R10,
    XMM(0), XMM(1), XMM(2), XMM(3), XMM(4), XMM(5), XMM(6), XMM(7),
    XMM(8), XMM(9), XMM(10), XMM(11), XMM(12), XMM(13), XMM(14),
};
const unsigned host_nb_reg_order = ARRAY_SIZE(host_reg_order);
const uint32_t host_loop_regs = 1u << RBX | 1u << RBP | 1u << R12 | 1u << R13 | 1u << RSI |
                                1u << RDI | 1u << R8 | 1u << R9 | 0x3ffu << XMM0;

#define FRAME_SIZE (FRAME_NB_SLOTS * 8 + 8) /* + 8: six pushes and the return address make 56 */

static const uint8_t callee_saved[] = { RBX, RBP, R12, R13, R14, R15 };

static void detect_cpu(void)
{
    unsigned a, b, c, d;

    if (__get_cpuid(1, &a, &b, &c, &d)) {
        x86_features.movbe = c >> 22 & 1;
        x86_features.popcnt = c >> 23 & 1;
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        x86_features.bmi1 = b >> 3 & 1;
        x86_features.bmi2 = b >> 8 & 1;
    }
    if (__get_cpuid(0x80000001, &a, &b, &c, &d)) {
        x86_features.lzcnt = c >> 5 & 1;
    }
    /* these need the operating system's support, too */
    x86_features.avx = __builtin_cpu_supports("avx");
    x86_features.avx2 = __builtin_cpu_supports("avx2");
    x86_features.fma = __builtin_cpu_supports("fma");
}

/* uintptr_t prologue(env, code) */
static void emit_prologue(TCGContext *s)
{
    for (unsigned i = 0; i < ARRAY_SIZE(callee_saved); i++) {
        x_push(s, callee_saved[i]);
    }
    x_group1_ri(s, X_W, G1_SUB, RSP, FRAME_SIZE);
    x_rm(s, X_LEA | X_W, ENV_REG, x_mem(RDI, ENV_BIAS));
    x_rm(s, X_MOV | X_W, WINDOW_REG, x_jit(window_base));
    x_rr(s, 0xff, 4, RSI); /* jmp rsi */
}

static void emit_epilogue(TCGContext *s)
{
    uint8_t *to_exit;

    x_thunk_leave = s->code_ptr;
    x_pop(s, RAX);
    to_exit = x_jmp_short(s);
    tcg_exit_to_loop = s->code_ptr;
    x_rr(s, X_XOR, RAX, RAX);
    x_land_short(s, to_exit);
    x_exit_with_result = s->code_ptr;
    x_group1_ri(s, X_W, G1_ADD, RSP, FRAME_SIZE);
    for (unsigned i = ARRAY_SIZE(callee_saved); i-- > 0;) {
        x_pop(s, callee_saved[i]);
    }
    x_byte(s, 0xc3);
}

static X86Mem save_slot(unsigned reg)
{
    X86Mem m = x_jit(save_regs);

    m.disp += reg * 8;
    return m;
}

static void save_registers(TCGContext *s, bool save, bool vectors)
{
    for (unsigned r = 0; r < FIRST_VECTOR; r++) {
        if (host_allocatable >> r & 1) {
            x_rm(s, (save ? X_MOV_R : X_MOV) | X_W, r, save_slot(r));
        }
    }
    for (unsigned r = FIRST_VECTOR; vectors && r < NB_HOST_REGS; r++) {
        X86Mem m = x_jit(save_vectors);

        m.disp += (r - FIRST_VECTOR) * sizeof(JitVector);
        if (host_allocatable >> r & 1) {
            (save ? x_vector_store : x_vector_load)(s, TCG_TYPE_V128, r, m);
        }
    }
}

/* Takes what was pushed before the call off the stack, too. */
static void return_from_access(TCGContext *s)
{
    x_byte(s, 0xc2); /* ret 16 */
    x_byte(s, 16);
    x_byte(s, 0);
}

/*
 * Stack on entry: return address, site offset, a word whose lower half is the MemOpIdx (both popped
 * on return). r11: guest address, on return of a load the value; a vector's is in slow_value.
 * vectors: vector registers must survive. Returns "not equal": nothing behind the release of the
 * stack changes flags.
 */
static const uint8_t *emit_access_thunk(TCGContext *s, const void *func, bool store, bool wide,
                                        bool vectors)
{
    unsigned oi = store ? wide ? R8 : RCX : RDX, site = store ? wide ? R9 : R8 : RCX;
    X86Mem low = x_jit(slow_value), high = low;
    const uint8_t *start;

    high.disp += 8;

    x_align(s, 16);
    start = s->code_ptr;
    save_registers(s, true, vectors);
    x_rm(s, X_LEA | X_W, RDI, x_env(0));
    x_mov(s, X_W, RSI, SCRATCH);
    if (store) {
        x_rm(s, X_MOV | X_W, RDX, low);
    }
    if (store && wide) {
        x_rm(s, X_MOV | X_W, RCX, high);
    }
    x_rm(s, X_MOVZX16, oi, x_mem(RSP, 16));
    x_movi(s, site, (uintptr_t)tcg_buffer);
    x_rm(s, X_ADD | X_W, site, x_mem(RSP, 8));
    x_group1_ri(s, X_W, G1_SUB, RSP, 8);
    x_call(s, func);
    x_group1_ri(s, X_W, G1_ADD, RSP, 8);
    if (!store && wide) {
        x_rm(s, X_MOV_R | X_W, RAX, low);
        x_rm(s, X_MOV_R | X_W, RDX, high);
    }
    x_mov(s, X_W, SCRATCH, RAX);
    x_rm(s, X_MOV | X_W, WINDOW_REG, x_jit(window_base)); /* a paged one may be another by now */
    save_registers(s, false, vectors);
    return_from_access(s);
    return start;
}

/* Stack on entry: return address, site offset, argument; see emit.h. */
static const uint8_t *emit_host_range_thunk(TCGContext *s, bool vectors)
{
    const uint8_t *start;

    x_align(s, 16);
    start = s->code_ptr;
    save_registers(s, true, vectors);
    x_rm(s, X_LEA | X_W, RDI, x_env(0));
    x_rm(s, X_MOV | X_W, RSI, x_jit(host_address));
    x_rm(s, X_MOV, RDX, x_mem(RSP, 16));
    x_movi(s, RCX, (uintptr_t)tcg_buffer);
    x_rm(s, X_ADD | X_W, RCX, x_mem(RSP, 8));
    x_group1_ri(s, X_W, G1_SUB, RSP, 8);
    x_rr(s, 0xff, 2, SCRATCH); /* call r11 */
    x_group1_ri(s, X_W, G1_ADD, RSP, 8);
    x_mov(s, X_W, SCRATCH, RAX);
    x_rm(s, X_MOV | X_W, WINDOW_REG, x_jit(window_base));
    save_registers(s, false, vectors);
    return_from_access(s);
    return start;
}

/* [rcx * 2^scale + displacement from env] */
static X86Mem by_slot(unsigned scale, int32_t offset)
{
    X86Mem m = x_mem_index(ENV_REG, RCX, offset - ENV_BIAS);

    m.scale = scale;
    return m;
}

/* Jumps if a FILL_* bit is set in [rsp + 16]. */
static uint8_t *jump_if_fill(TCGContext *s, unsigned bit)
{
    x_rm(s, 0xf6, G3_TEST, x_mem(RSP, 18)); /* a byte */
    x_byte(s, bit >> 16);
    return x_jcc_short(s, CC_NE);
}

static void jump_to_access_of(TCGContext *s, const uint8_t *const thunks[2])
{
    uint8_t *vectors = jump_if_fill(s, FILL_VECTORS);

    x_jmp(s, thunks[false]);
    x_land_short(s, vectors);
    x_jmp(s, thunks[true]);
}

/* Goes on as the thunk for the access itself. */
static void jump_to_access(TCGContext *s, bool store)
{
    uint8_t *vector_value = jump_if_fill(s, FILL_VECTOR_VALUE);

    jump_to_access_of(s, store ? x_thunk_store : x_thunk_load);
    x_land_short(s, vector_value);
    jump_to_access_of(s, store ? x_thunk_store_vector : x_thunk_load_vector);
}

static void pop_temporaries(TCGContext *s)
{
    x_pop(s, RDX);
    x_pop(s, RCX);
    x_pop(s, RAX);
}

static const uint8_t *emit_fill_slot_thunk(TCGContext *s, unsigned mode, bool store)
{
    int32_t table = JIT_OFFSET(tlb) + (int32_t)(mode * sizeof(CPUTLBTable));
    int32_t slots = JIT_OFFSET(page_slots) + (int32_t)((mode * 2 + store) * sizeof(CPUPageSlots));
    int32_t slot_0 = slots + (int32_t)offsetof(CPUPageSlots, slot);
    int32_t misses = slots + (int32_t)offsetof(CPUPageSlots, misses);
    int32_t filled = slots + (int32_t)offsetof(CPUPageSlots, filled);
    int32_t argument = 5 * 8; /* behind three registers, the return address and the site */
    X86Mem slot = x_mem(RSP, argument + FILL_SLOT_SHIFT / 8);
    X86Mem last_byte = x_mem(RSP, argument + FILL_LAST_BYTE_SHIFT / 8);
    const uint8_t *start;
    uint8_t *miss, *to_access;

    QEMU_BUILD_BUG_ON(sizeof(CPUPageSlot) != 16);
    x_align(s, 16);
    start = s->code_ptr;
    x_push(s, RAX);
    x_push(s, RCX);
    x_push(s, RDX);
    x_mov(s, X_W, RAX, SCRATCH);
    x_shift_i(s, X_W, SH_SHR, RAX, TARGET_PAGE_BITS - CPU_TLB_ENTRY_BITS);
    x_rm(s, X_AND | X_W, RAX, x_env(table + (int32_t)offsetof(CPUTLBTable, mask)));
    x_rm(s, X_ADD | X_W, RAX, x_env(table + (int32_t)offsetof(CPUTLBTable, entries)));
    x_rm(s, X_MOVZX8, RCX, last_byte);
    x_rr(s, X_ADD | X_W, RCX, SCRATCH);
    x_group1_ri(s, X_W, G1_AND, RCX, (int32_t)TARGET_PAGE_MASK);
    x_rm(s, X_OR | X_W, RCX, x_env(table + (int32_t)offsetof(CPUTLBTable, tag)));
    x_rm(s, X_CMP | X_W, RCX,
         x_mem(RAX, store ? offsetof(CPUTLBEntry, write) : offsetof(CPUTLBEntry, read)));
    miss = x_jcc_short(s, CC_NE);

    x_rm(s, X_MOV | X_W, RAX, x_mem(RAX, offsetof(CPUTLBEntry, addend)));
    x_rm(s, X_MOVZX8, RCX, slot);
    x_group1_ri(s, 0, G1_AND, RCX, NB_PAGE_SLOTS - 1);
    x_movi(s, RDX, 1);
    x_rr(s, X_SHIFT_CL | X_W, SH_SHL, RDX);
    x_rm(s, X_OR_R | X_W, RDX, x_env(filled));
    x_rm(s, X_MOVB_IMM, 0, x_jit(page_slots_used));
    x_byte(s, true);
    x_group1_mi(s, 0, G1_ADD, by_slot(2, misses), 1);
    x_shift_i(s, 0, SH_SHL, RCX, 4);
    x_mov(s, X_W, RDX, SCRATCH);
    x_group1_ri(s, X_W, G1_AND, RDX, (int32_t)TARGET_PAGE_MASK);
    x_rm(s, X_MOV_R | X_W, RDX, by_slot(0, slot_0 + (int32_t)offsetof(CPUPageSlot, page)));
    x_rr(s, X_ADD | X_W, RDX, RAX);
    x_rm(s, X_MOV_R | X_W, RDX, by_slot(0, slot_0 + (int32_t)offsetof(CPUPageSlot, host)));
    x_rr(s, X_ADD | X_W, SCRATCH, RAX);
    x_rr(s, X_XOR, RAX, RAX); /* equal */
    pop_temporaries(s);
    return_from_access(s);
    x_land_short(s, miss);
    pop_temporaries(s);
    QEMU_BUILD_BUG_ON(FILL_OR_RETURN != 0x80 << 8);
    x_rm(s, 0xf6, G3_TEST, x_mem(RSP, 17)); /* a byte */
    x_byte(s, FILL_OR_RETURN >> 8);
    to_access = x_jcc_short(s, CC_E);
    return_from_access(s);
    x_land_short(s, to_access);
    jump_to_access(s, store);
    return start;
}

/* Calls the function in r11 with env and CPUJitState.guard_args; stores its result there. */
static void emit_guard_thunk(TCGContext *s)
{
    static const uint8_t regs[] = { RSI, RDX, RCX };

    x_align(s, 16);
    x_thunk_guard = s->code_ptr;
    save_registers(s, true, true);
    x_rm(s, X_LEA | X_W, RDI, x_env(0));
    for (unsigned i = 0; i < ARRAY_SIZE(regs); i++) {
        X86Mem m = x_jit(guard_args);

        m.disp += (int32_t)(i * sizeof(JitVector));
        x_rm(s, X_MOV | X_W, regs[i], m);
    }
    x_group1_ri(s, X_W, G1_SUB, RSP, 8);
    x_rr(s, 0xff, 2, SCRATCH); /* call r11 */
    x_group1_ri(s, X_W, G1_ADD, RSP, 8);
    x_rm(s, X_MOV_R | X_W, RAX, x_jit(guard_args));
    save_registers(s, false, true);
    x_byte(s, 0xc3);
}

/* Calls the function of the TCGVectorGuard in r11, with env, the arguments' address and itself. */
static void emit_vector_guard_thunk(TCGContext *s)
{
    QEMU_BUILD_BUG_ON(offsetof(TCGVectorGuard, func) != 0);
    x_align(s, 16);
    x_thunk_vector_guard = s->code_ptr;
    save_registers(s, true, true);
    x_rm(s, X_LEA | X_W, RDI, x_env(0));
    x_rm(s, X_LEA | X_W, RSI, x_jit(guard_args));
    x_rr(s, X_MOV | X_W, RDX, SCRATCH);
    x_group1_ri(s, X_W, G1_SUB, RSP, 8);
    x_rm(s, 0xff, 2, x_mem(SCRATCH, 0)); /* call [r11] */
    x_group1_ri(s, X_W, G1_ADD, RSP, 8);
    save_registers(s, false, true);
    x_byte(s, 0xc3);
}

/* rax = address of the jump cache's entry for the pc in r11, see jump_cache_index() */
static void emit_jump_cache_entry(TCGContext *s)
{
    QEMU_BUILD_BUG_ON(sizeof(CPUJumpCacheEntry) != 1 << (JUMP_CACHE_PC_SHIFT + 2));
    x_mov(s, 0, RAX, SCRATCH);
    x_shift_i(s, 0, SH_SHL, RAX, 2);
    x_group1_ri(s, 0, G1_AND, RAX, (JUMP_CACHE_SIZE - 1) * sizeof(CPUJumpCacheEntry));
    x_rm(s, X_LEA | X_W, RAX,
         x_mem_index(ENV_REG, RAX, JIT_OFFSET(jump_cache) - ENV_BIAS));
}

/* The branch log gets what is in rcx and r11. */
static void emit_note_branch(TCGContext *s)
{
    X86Mem entry;

    QEMU_BUILD_BUG_ON(sizeof(CPUBranch) != 16);
    QEMU_BUILD_BUG_ON(NB_LOGGED_BRANCHES & (NB_LOGGED_BRANCHES - 1));
    x_group1_mi(s, 0, G1_SUB, x_jit(branches_wanted), 1);
    x_rm(s, X_MOV, RAX, x_jit(next_branch));
    x_group1_mi(s, 0, G1_ADD, x_jit(next_branch), 1);
    x_group1_ri(s, 0, G1_AND, RAX, NB_LOGGED_BRANCHES - 1);
    x_shift_i(s, 0, SH_SHL, RAX, 4);
    entry = x_mem_index(ENV_REG, RAX, JIT_OFFSET(branches) - ENV_BIAS);
    x_rm(s, X_MOV_R | X_W, RCX, entry);
    entry.disp += (int32_t)offsetof(CPUBranch, to);
    x_rm(s, X_MOV_R | X_W, SCRATCH, entry);
}

/* Jumps to the code for the pc in r11 (which is in env, too). */
static void emit_lookup_thunk(TCGContext *s)
{
    uint8_t *miss[4];
    uint8_t *not_noted;

    x_align(s, 16);
    x_thunk_lookup_from = s->code_ptr;
    x_group1_mi(s, 0, G1_CMP, x_jit(branches_wanted), 0);
    not_noted = x_jcc_short(s, CC_E);
    emit_note_branch(s);
    x_land_short(s, not_noted);
    x_thunk_lookup = s->code_ptr;
    emit_jump_cache_entry(s);
    x_rm(s, X_CMP | X_W, SCRATCH, x_mem(RAX, offsetof(CPUJumpCacheEntry, pc)));
    miss[0] = x_jcc_short(s, CC_NE);
    x_rm(s, X_MOV | X_W, RCX, x_jit(tb_flags));
    x_rm(s, X_CMP | X_W, RCX, x_mem(RAX, offsetof(CPUJumpCacheEntry, flags)));
    miss[1] = x_jcc_short(s, CC_NE);
    x_rm(s, X_MOV | X_W, RCX, x_jit(code_context));
    x_rm(s, X_CMP | X_W, RCX, x_mem(RAX, offsetof(CPUJumpCacheEntry, context)));
    miss[2] = x_jcc_short(s, CC_NE);
    x_rm(s, X_MOV | X_W, RAX, x_mem(RAX, offsetof(CPUJumpCacheEntry, code)));
    x_rr(s, X_TEST | X_W, RAX, RAX);
    miss[3] = x_jcc_short(s, CC_E);
    x_rr(s, 0xff, 4, RAX); /* jmp rax */
    for (unsigned i = 0; i < ARRAY_SIZE(miss); i++) {
        x_land_short(s, miss[i]);
    }
    x_rm(s, X_LEA | X_W, RDI, x_env(0));
    x_call(s, tcg_runtime->lookup_tb_ptr);
    x_rm(s, X_MOV | X_W, WINDOW_REG, x_jit(window_base));
    x_rr(s, 0xff, 4, RAX);
}

bool host_init(Error **errp)
{
    TCGContext out = { 0 };

    detect_cpu();
    if (!x86_features.popcnt) {
        error_setg(errp, "tcg: this host CPU has no POPCNT (x86-64-v2 is needed); "
                         "use the interpreter");
        return false;
    }
    out.code = out.code_ptr = tcg_code_begin(&out.code_limit);
    host_prologue = (uintptr_t (*)(CPUArchState *, const void *))out.code_ptr;
    emit_prologue(&out);
    emit_epilogue(&out);
    for (unsigned vectors = 0; vectors < 2; vectors++) {
        x_thunk_load[vectors] = emit_access_thunk(&out, tcg_runtime->load, false, false, vectors);
        x_thunk_store[vectors] = emit_access_thunk(&out, tcg_runtime->store, true, false, vectors);
        x_thunk_load_vector[vectors] =
            emit_access_thunk(&out, tcg_runtime->load_vector, false, true, vectors);
        x_thunk_store_vector[vectors] =
            emit_access_thunk(&out, tcg_runtime->store_vector, true, true, vectors);
        x_thunk_host_range[vectors] = emit_host_range_thunk(&out, vectors);
    }
    for (unsigned mode = 0; mode < NB_PAGE_SLOT_MODES; mode++) {
        x_thunk_fill_slot[mode][false] = emit_fill_slot_thunk(&out, mode, false);
        x_thunk_fill_slot[mode][true] = emit_fill_slot_thunk(&out, mode, true);
    }
    emit_lookup_thunk(&out);
    emit_guard_thunk(&out);
    emit_vector_guard_thunk(&out);
    x_emit_masks(&out);
    tcg_code_commit(out.code_ptr);
    tcg_code_keep();
    return true;
}
