/*
 * The interpreter as a reference for host code: it executes what the front end has said of a
 * translation, before any pass, and stops before whatever may happen only once.
 *
 * There is such byte code for every translation while TCGRuntime.call isn't NULL. Pure helpers and
 * guards' helpers are called here, too; they must depend on env and their arguments alone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TCG_REFERENCE_H
#define TCG_REFERENCE_H

#include "tcg/tcg-op.h"

typedef struct TCGReference TCGReference;

/* Guest memory as the reference sees it. Each may refuse, and so have the reference stop there. */
typedef struct TCGReferenceOps {
    /* A load as TCGRuntime.load or .load_vector (lower half: the value). */
    bool (*load)(CPUArchState *env, uint64_t addr, MemOpIdx oi, JitVector *value);
    bool (*store)(CPUArchState *env, uint64_t addr, MemOpIdx oi, JitVector value);
    /* Where `span` bytes are that the code will load or store to by itself; NULL: refused. */
    void *(*range)(CPUArchState *env, uint64_t addr, MemOpIdx oi, unsigned span, bool store);
    /* Before that. Not called for what is in env. */
    void (*loads)(const void *host, unsigned size);
    void (*stores)(void *host, unsigned size);
    size_t env_size;
} TCGReferenceOps;

typedef enum TCGStopKind {
    TCG_STOP_EXIT, /* the code has been left */
    TCG_STOP_LOAD,
    TCG_STOP_STORE,
    TCG_STOP_RANGE, /* the slow path of tcg_gen_host_ld() or _st() */
    TCG_STOP_CALL,  /* a helper that isn't pure */
} TCGStopKind;

/* Where the reference is, and why. */
typedef struct TCGStop {
    TCGStopKind kind;
    unsigned insn; /* number of the guest instruction; unless it's an EXIT */
    uint64_t addr; /* LOAD, STORE, RANGE */
    MemOpIdx oi;
    JitVector value;   /* STORE */
    TCGHostSlow *slow; /* RANGE */
    uint32_t arg;
    bool store; /* RANGE: host_st, which has put its values into CPUJitState.host_values */
    const TCGHelperInfo *call;
    uint64_t args[TCG_MAX_CALL_ARGS];
    TCGLeft left; /* EXIT */
} TCGStop;

TCGReference *tcg_reference_new(const TCGReferenceOps *ops);
/* Begins with the translation's code; false: there is no byte code for it (it was too long). */
bool tcg_reference_start(TCGReference *r, const TranslationBlock *tb, CPUArchState *env);
/* Executes up to the next stop. */
const TCGStop *tcg_reference_run(TCGReference *r);
/* Where it stopped last. */
const TCGStop *tcg_reference_stop(const TCGReference *r);
/* Has it stand behind the operation that it stopped before, which has had this result. */
void tcg_reference_pass(TCGReference *r, JitVector result);
/* The guest instruction that is being executed, from within a TCGReferenceOps function. */
unsigned tcg_reference_insn(const TCGReference *r);

/* A register of the guest that code keeps in host registers; from 1 to tcg_nb_globals() - 1. */
typedef struct TCGGlobal {
    const char *name;
    int32_t offset; /* in env; below it stands what belongs to the translator */
    uint8_t size;
    bool is_pc;
} TCGGlobal;

unsigned tcg_nb_globals(void);
TCGGlobal tcg_global(unsigned n);

/*
 * Deliberate errors in host code, for tests of who looks for them: from now on the first operation
 * of that kind in each translation does something else.
 */
typedef enum TCGFault {
    TCG_FAULT_NONE,
    TCG_FAULT_REGISTER, /* a sum of guest registers */
    TCG_FAULT_STORE,    /* what is stored in memory */
    TCG_FAULT_BRANCH,   /* the direction of a branch */
    NB_TCG_FAULTS,
} TCGFault;
extern TCGFault tcg_fault;

#endif
