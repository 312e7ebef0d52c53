/*
 * The smallest machine that runs x86 code: one CPU, RAM, and a device that stops it.
 *
 * Tests give it machine code and a state and get the state after it. Segments are flat, paging is
 * off, the privilege level is 0. Exceptions and the end of the code stop the machine. On an x86-64
 * host the same code can be run by the host's CPU, at the same addresses.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_GUEST_X86_MACHINE_H
#define TESTS_GUEST_X86_MACHINE_H

#include "qemu/osdep.h"
#include "target/i386/cpu.h"

#define X86_TEST_RAM       0x10000000u
#define X86_TEST_RAM_SIZE  (1 * MiB)
#define X86_TEST_CODE      (X86_TEST_RAM + 0x10000)
#define X86_TEST_DATA      (X86_TEST_RAM + 0x20000) /* what a state's `data` is */
#define X86_TEST_DATA_SIZE 0x2000u
#define X86_TEST_MAX_CODE  256

/* A device of a page. A write there stops the machine, by its offset; what is read is never the
 * same. */
#define X86_TEST_DEVICE 0x20000000u

/* How a run ended, besides exceptions, which are their vectors. */
enum {
    X86_STOP_END = 256, /* the end of the code was reached */
    X86_STOP_TIMEOUT,   /* it didn't end within seconds */
    X86_STOP_SHUTDOWN,  /* the CPU has given up */
};

typedef struct X86TestState {
    uint64_t regs[X86_NB_REGS];
    uint64_t eflags; /* status flags and DF */
    unsigned bits;   /* mode: 64, 32 or 16 */
    unsigned stop;
    uint8_t data[X86_TEST_DATA_SIZE];
} X86TestState;

/* Makes the machine; once per process. `interpreter`: run the IR interpreter instead of host code.
 * `model`: as -cpu takes it. */
void x86_machine_init(bool interpreter, const char *model);
/* Ends the CPU thread. */
void x86_machine_exit(void);

/* What further changes the CPU's state when a program's has been loaded; NULL: nothing. Its caller
 * has x86_update_hflags() follow. */
void x86_machine_set_prepare(void (*prepare)(CPUX86State *env));
/* Guest memory, from outside. */
void x86_machine_write(uint32_t addr, const void *bytes, size_t n);
/* Paging, for `prepare`: RAM is where it is, user and writable, everything else isn't there. In
 * 32-bit modes RAM has small pages, whose entries can be changed afterwards. */
void x86_machine_page(CPUX86State *env);
void x86_machine_set_page(uint32_t addr, uint32_t entry);

X86CPU *x86_machine_cpu(void);

/* 64 KiB from X86_TEST_SMRAM on that only SMM sees; SMBASE after reset is there. */
#define X86_TEST_SMRAM 0x30000u
uint8_t *x86_machine_smram(void);
/* Code, whose translations have to go: at an offset from there. */
void x86_machine_write_smram(uint32_t offset, const void *bytes, size_t n);

/* Loads `s`, runs the code, and leaves the resulting state in *s; of an exception the registers as
 * its handler finds them, but the stack pointer and what is in memory below it. */
void x86_machine_run(X86TestState *s, const uint8_t *code, size_t bytes);

/* The same on the host's CPU; not with 16 bits. false: the host is another one. */
bool x86_native_run(X86TestState *s, const uint8_t *code, size_t bytes);
/* The host's CPU is Intel's: what the manuals leave open is as there. */
bool x86_host_is_intel(void);

#endif
