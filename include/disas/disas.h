/*
 * Disassembly of guest and host code (Capstone), for the monitor and for -d in_asm, out_asm.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef DISAS_DISAS_H
#define DISAS_DISAS_H

#include "qemu/osdep.h"

/* Guest code at virtual address `code`, `size` bytes, one line for each instruction, to `out`. */
void target_disas(FILE *out, CPUState *cpu, uint64_t code, size_t size);
/* The same from bytes at hand: `bytes` lies at guest address `pc`. */
void target_disas_bytes(FILE *out, CPUState *cpu, uint64_t pc, const void *bytes, size_t size);
/* Host code in our own memory. */
void disas(FILE *out, const void *code, size_t size);

/*
 * Appends `nb_insn` instructions from guest address `*pc` (physical: `is_physical`) to `out`, in the
 * layout of the monitor's x/i; *pc is behind them then. Where memory isn't readable, says so and
 * returns false.
 */
bool disas_guest_insns(GString *out, CPUState *cpu, uint64_t *pc, int nb_insn, bool is_physical);

/* The function that `addr` lies in, and *offset (may be NULL) how far in; NULL if unknown. Any
 * thread. */
const char *disas_symbol(uint64_t addr, uint64_t *offset);
/* Who knows symbols (the image loader) says so here: returns the name and offset or NULL. */
typedef const char *(*SymbolLookup)(uint64_t addr, uint64_t *offset);
void disas_set_symbol_lookup(SymbolLookup func);

#endif
