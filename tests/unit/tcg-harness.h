/*
 * A CPU that exists only for the translator's tests: registers, 64 KiB of guest memory, hooks that
 * record.
 *
 * Guest memory answers at every address modulo 64 KiB. MMU modes: 0 has a memory window, 1 a TLB.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_TCG_HARNESS_H
#define TESTS_UNIT_TCG_HARNESS_H

#include "qemu/osdep.h"
#include "tcg/tcg-internal.h"
#include "tcg/helper.h"

#define NB_R 12
#define NB_Q 6
#define NB_V 4
#define NB_D 3
#define RAM_SIZE (64 * KiB)

enum { MODE_WINDOW, MODE_TLB };

struct CPUArchState {
    uint32_t r[NB_R];
    uint64_t q[NB_Q];
    JitVector v[NB_V];
    uint64_t h[NB_V]; /* vectors of 64 bits */
    uint64_t d[NB_D];
    uint32_t f[NB_D];
    uint32_t pc;
    uint8_t field[32]; /* no globals */
    uint64_t in[4], out[4];
};

typedef struct TestCPU {
    CPUJitState jit;
    CPUArchState env;
} TestCPU;
CHECK_CPU_LAYOUT(TestCPU);

/* What the runtime's hooks saw. */
typedef struct TestTrace {
    unsigned loads, stores, atomics, lookups;
    uint64_t last_addr;
    unsigned countdown; /* the slow access that makes it 0 faults: restores globals and leaves */
    bool faulted;
    unsigned fault_insn;
    CPUArchState at_fault;
    const void *lookup_result;
} TestTrace;

extern TestCPU *test_cpu;
extern CPUArchState *test_env;
extern uint8_t *test_ram;
extern TestTrace trace;
extern TCGContext *test_ctx;
extern TCGv_i32 reg[NB_R];
extern TCGv_i64 qreg[NB_Q];
extern TCGv_vec vreg[NB_V], hreg[NB_V];
extern TCGv_f64 dreg[NB_D];
extern TCGv_f32 freg[NB_D];
extern TCGv_i32 pc_reg;

/* Once, first. */
void harness_init(void);
void harness_use(TCGBackendKind kind);
/* Forgets what was translated if the buffer gets full. */
void harness_start(void);
/* Generates code for the context; restarts are the caller's matter, so the buffer is big. */
TranslationBlock *harness_finish(void);
/* Runs it; false if it left by a fault. */
bool harness_run(const TranslationBlock *tb, uintptr_t *result);
/*
 * Leaves generated code as an exception does: globals restored for `site`, a helper's return
 * address or an access.
 */
G_NORETURN_ATTR void harness_raise(uintptr_t site);
/* Where 64-bit addresses are tried. */
#define HARNESS_HIGH 0xffff800000800000ull

/* Fills the TLB of both modes for guest address `addr`'s page. */
void harness_map(uint64_t addr, bool writable);
void harness_unmap_all(void);
/* The block that harness_start() began. */
extern TranslationBlock *harness_tb;

#endif
