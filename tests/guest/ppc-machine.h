/*
 * The smallest machine that runs PowerPC code: one CPU, RAM at 0, and a device that stops it.
 *
 * Tests give it instruction words and a state and get the state after them. Code runs in real mode
 * from CODE; exception vectors (also those at fff00000) and the word behind the code stop the
 * machine.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_PPC_MACHINE_H
#define TESTS_GUEST_PPC_MACHINE_H

#include "qemu/osdep.h"
#include "target/ppc/cpu.h"

#define PPC_RAM_SIZE  (4 * MiB)
#define PPC_CODE      0x4000u /* where code usually starts */
#define PPC_DATA      0x8000u /* compared and listed as memory contents */
#define PPC_DATA_SIZE 0x2000u

/* How a run ended. */
enum {
    PPC_STOP_END = 0,     /* the word behind the code was reached */
    PPC_STOP_TIMEOUT = 1, /* it didn't end within seconds */
    PPC_STOP_CHECKSTOP = 2,
    /* other values: the exception vector's offset; 0xc00 also for branches out of the code, see
       `nip` */
};

typedef struct PPCTestState {
    uint32_t gpr[32];
    uint64_t fpr[32];
    uint32_t cr, xer, lr, ctr, msr, fpscr, nip;
    uint32_t reserve;
    uint32_t sr[16];
    uint32_t spr[PPC_NB_SPRS]; /* plain storage */
    uint8_t data[PPC_DATA_SIZE];
    unsigned stop;
    uint64_t insns; /* completed until then; of the vector none */
} PPCTestState;

/* Makes the machine with a 755; once per process. `interpreter`: run the IR interpreter instead of
 * host code. */
void ppc_machine_init(bool interpreter);
/* The same with another CPU model, a name that -cpu takes. */
void ppc_machine_init_model(bool interpreter, const char *model);
PowerPCCPU *ppc_machine_cpu(void);

/* A state with a different value in each register, as a start for a test's own. */
void ppc_state_init(PPCTestState *s);

/*
 * Puts `code` at s->nip in a page otherwise full of sc instructions, loads `s`, runs, and leaves
 * the resulting state in *s. After a branch out of the code, stop is 0xc00 and srr0 the address
 * behind where it went.
 */
void ppc_machine_run(PPCTestState *s, const uint32_t *code, size_t nb_words);

/* From now on programs are run by a debugger's single steps. */
void ppc_machine_step(bool on);
/* A watchpoint for the next run, or with len 0 a breakpoint; taken away when it is met. */
void ppc_machine_stop_once(uint32_t addr, unsigned len);
/* How often the last run met the debugger. */
unsigned ppc_machine_debug_stops(void);

/* Ends the CPU thread. */
void ppc_machine_exit(void);

typedef struct PPCTest {
    const char *path;
    void (*run)(void);
} PPCTest;

/*
 * What main() returns of a program with these tests, which end with an empty one; its argument
 * names the back end, host or interp. `set_up`, if not NULL, is called once the machine is there.
 */
int ppc_machine_test(int argc, char **argv, void (*set_up)(void), const PPCTest *tests);
/* The same with another CPU model, a name that -cpu takes or a type's. */
int ppc_machine_test_model(int argc, char **argv, const char *model, void (*set_up)(void),
                           const PPCTest *tests);

#endif
