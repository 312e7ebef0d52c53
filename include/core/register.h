/*
 * Register blocks: a device's registers as rows of a table.
 *
 * Decoding, byte lanes, write masks, write-one-to-clear bits, reset, snapshots and the log lines
 * about what the guest touched and we lack all derive from the rows. A device keeps only what
 * differs: hooks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef CORE_REGISTER_H
#define CORE_REGISTER_H

#include "core/qdev-core.h"
#include "migration/vmstate.h"
#include "system/memory.h"

typedef struct RegisterBlock RegisterBlock;
typedef struct Register Register;

/* A named part of a register, for log lines. */
typedef struct RegisterField {
    const char *name;
    uint64_t mask;
} RegisterField;

struct Register {
    const char *name;
    hwaddr offset;
    unsigned size;       /* bytes: 1, 2, 4 or 8 */
    unsigned count;      /* so many registers in a row, `stride` apart; 0: one */
    hwaddr stride;       /* 0: size */
    uint64_t reset;
    uint64_t writable;   /* bits that a write changes; writes to others are ignored */
    uint64_t w1c;        /* bits that writing 1 clears */
    /*
     * bits that the hardware acts on and we don't: one `unimp` line when a write sets them
     * differently
     */
    uint64_t unmodelled;
    bool read_unmodelled;       /* reading it as such is worth an `unimp` line */
    bool write_only, read_only; /* the other access is a guest error */
    const RegisterField *fields; /* ends with a NULL name; may be NULL */

    /* What a read returns, instead of the stored value. */
    uint64_t (*read)(RegisterBlock *block, const Register *reg, uint64_t stored);
    /*
     * What to store, instead of applying the masks; `value` is what the guest wrote, bytes it
     * didn't write as stored.
     */
    uint64_t (*write)(RegisterBlock *block, const Register *reg, uint64_t value);
    /*
     * After a write has been stored; `value` is what the guest wrote, bytes it didn't write as
     * stored before.
     */
    void (*written)(RegisterBlock *block, const Register *reg, uint64_t value);
};

struct RegisterBlock {
    MemoryRegion mmio;
    DeviceState *owner;
    const char *name;
    const Register *regs; /* rows */
    unsigned nb_regs;
    enum device_endian endian;
    unsigned index;       /* in a hook: which of the row's `count` registers */
    uint32_t *first;      /* row -> its first value */
    uint16_t *sorted;     /* rows by offset */
    uint64_t *values;
    uint32_t nb_values;
    MemoryRegionOps ops;
};

/*
 * Sets up the block and its region `mmio` (the device then calls sysbus_init_mmio(dev,
 * &block->mmio)). The rows may be in any order but must not overlap, and stay valid. size: bytes of
 * the region, 0: up to the last register's end.
 */
void register_block_init(RegisterBlock *block, DeviceState *owner, const char *name,
                         const Register *regs, unsigned nb_regs, enum device_endian endian,
                         uint64_t size);
void register_block_finalize(RegisterBlock *block);
/* Every register to its reset value; no hooks. */
void register_block_reset(RegisterBlock *block);

/* The stored value of a row (its register number i); no hooks, no masks. */
uint64_t register_get(const RegisterBlock *block, unsigned row);
void register_set(RegisterBlock *block, unsigned row, uint64_t value);
uint64_t register_get_at(const RegisterBlock *block, unsigned row, unsigned i);
void register_set_at(RegisterBlock *block, unsigned row, unsigned i, uint64_t value);
/* The row's stored value, from a hook that was given reg. */
uint64_t *register_value(RegisterBlock *block, const Register *reg);

/* An access as the guest makes it, for devices that decode part of their region themselves. */
uint64_t register_block_read(RegisterBlock *block, hwaddr offset, unsigned size);
void register_block_write(RegisterBlock *block, hwaddr offset, uint64_t value, unsigned size);

/* For the MemoryRegionOps of such devices, where the region's opaque is the block. */
extern const MemoryRegionNames register_block_names;

extern const VMStateDescription vmstate_register_block;

/* In a device's field table. */
#define VMSTATE_REGISTER_BLOCK(_field, _state)                                                     \
    VMSTATE_STRUCT(_field, _state, 1, vmstate_register_block, RegisterBlock)

#endif
