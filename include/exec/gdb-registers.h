/*
 * What a CPU model tells the GDB stub about its registers.
 *
 * A feature is a named group of registers, as GDB's target descriptions have it: the names
 * "org.gnu.gdb.*" are GDB's own and fix which registers there must be; other names are free.
 * Registers are numbered through all features in their order.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef EXEC_GDB_REGISTERS_H
#define EXEC_GDB_REGISTERS_H

#include "qemu/osdep.h"

#define GDB_MAX_BITS 512

typedef struct GdbRegister {
    const char *name;
    unsigned bits;     /* 8 to GDB_MAX_BITS, a multiple of 8 */
    const char *type;  /* GDB's type name, NULL: an integer */
    const char *group; /* for `info registers GROUP`, NULL: what the type implies */
    /*
     * Runs on by itself or steers the machine (clocks, translation, caches): what a function that
     * the debugger calls does to it stays done, where other registers are put back behind the call.
     */
    bool control;
} GdbRegister;

typedef struct GdbFeature GdbFeature;
struct GdbFeature {
    const char *name;
    bool general; /* part of the `g` packet; general features come first */
    unsigned nb_registers;
    const GdbRegister *registers;
    /*
     * Both on the CPU's thread, or with the CPU stopped. write: false if the register can't have
     * this value. Writing a value that was read leaves the CPU as it was at that reading, and
     * raises no interrupt.
     */
    uint64_t (*read)(CPUState *cpu, const GdbFeature *feature, unsigned n);
    bool (*write)(CPUState *cpu, const GdbFeature *feature, unsigned n, uint64_t value);
    /* The same for registers of more than 64 bits, value[0] being the low ones: as many as it has. */
    void (*read_wide)(CPUState *cpu, const GdbFeature *feature, unsigned n, uint64_t *value);
    bool (*write_wide)(CPUState *cpu, const GdbFeature *feature, unsigned n,
                       const uint64_t *value);
    const char *types; /* XML that defines types of registers; NULL: GDB has them all */
    const void *opaque; /* the model's own */
};

#endif
